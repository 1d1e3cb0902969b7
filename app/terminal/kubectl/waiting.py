"""kubectl wait: until a condition, a field or a deletion has come (pkg/cmd/wait, release 1.36)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from app.terminal.kubectl import api, changing, gotext, kube, paths, running
from app.terminal.kubectl.flags import Flag, Given, duration, several, switch, text
from app.terminal.kubectl.kube import Holds, Kube

FLAGS: tuple[Flag, ...] = (
    several("for", split=False), text("selector", "l"), text("field-selector"), switch("all"), switch("all-namespaces", "A"),
    duration("timeout", "30s"), several("filename", "f"), switch("recursive", "R"), text("output", "o"), switch("local"),
)  # fmt: skip


async def wait(kubectl: Kube, given: Given) -> int:
    """Wait for objects."""
    wanted_for = given.list("for")
    holds = _condition(wanted_for[-1]) if wanted_for else None
    if holds is None:
        shown = f'"{wanted_for[-1]}"' if wanted_for else "[]"
        raise api.error(f"unrecognized condition: {shown}")
    if not given.words:
        raise api.error(changing.RESOURCE)
    wanted = await kube.named(kubectl, given.words, given)
    timeout = running.seconds(given.text("timeout"))
    timeout = 7 * 86400 if timeout < 0 else timeout
    check, done = holds
    found, refusals = await kube.read(kubectl, wanted, given)
    deleting = wanted_for[-1].lower() == "delete"
    creating = wanted_for[-1].lower() == "create"
    if deleting:
        refusals = [one for one in refusals if one.code != 404]
    if creating:
        found, refusals = list(wanted), [one for one in refusals if one.code != 404]
    kube.refuse_all(refusals)
    if not found and not deleting:
        raise api.error("no matching resources found")
    for one in found:
        try:
            await asyncio.wait_for(kube.until(kubectl, one, check), max(timeout, 0.05))
        except TimeoutError:
            raise api.error(f"timed out waiting for the condition on {one.resource.name}/{one.name}") from None
        kubectl.out(f"{one.label} {done}\n")
    return 0


def _condition(text_of: str) -> tuple[Holds, str] | None:
    kind, sign, rest = text_of.partition("=")
    match kind.lower():
        case "delete" if not sign:
            return (lambda obj: obj is None), "condition met"
        case "create" if not sign:
            return (lambda obj: obj is not None), "condition met"
        case "condition" if sign:
            name, _, value = rest.partition("=")
            return _has(name, value.strip("\"'") or "true"), "condition met"
        case "jsonpath" if sign:
            return _path(rest), "condition met"
    return None


def _has(name: str, value: str) -> Holds:
    def holds(obj: Mapping[str, Any] | None) -> bool:
        status = (obj or {}).get("status") or {}
        generation, observed = (
            int((obj or {}).get("metadata", {}).get("generation") or 0),
            status.get("observedGeneration"),
        )
        for one in status.get("conditions") or ():
            if str(one.get("type", "")).lower() == name.lower():
                if observed is not None and int(observed) < generation:
                    return False
                return str(one.get("status", "")).lower() == value.lower()
        return False

    return holds


def _path(text_of: str) -> Holds:
    path, sign, value = text_of.rpartition("=") if not text_of.endswith("}") else (text_of, "", "")
    try:
        path = paths.relaxed(path.strip("'\""))
        paths.parse(path)
    except paths.PathFault as fault:
        raise api.error(str(fault)) from None

    def holds(obj: Mapping[str, Any] | None) -> bool:
        if obj is None:
            return False
        try:
            found = paths.values(path, obj)
        except paths.PathFault:
            return False
        return any(gotext.scalar(one) == value.strip("'\"") for one in found) if sign else bool(found)

    return holds
