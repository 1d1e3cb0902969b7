"""label, annotate, taint, cordon, uncordon, scale, patch, set: one field of existing objects (release 1.36)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from app.terminal.kubectl import api, get, kube, patching
from app.terminal.kubectl.flags import Flag, Given, duration, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
RESOURCE = (
    "You must provide one or more resources by argument or filename.\n"
    "Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'"
)
DRY = text("dry-run", default="none", alone="unchanged")
COMMON: tuple[Flag, ...] = (
    text("selector", "l"),
    text("field-selector"),
    switch("all"),
    switch("all-namespaces", "A"),
    several("filename", "f"),
    switch("recursive", "R"),
    switch("local"),
    DRY,
    text("output", "o"),
    text("field-manager"),
    switch("show-managed-fields"),
    text("template"),
)
LABEL_FLAGS = (*COMMON, switch("overwrite"), switch("list"), text("resource-version"))
SCALE_FLAGS = (
    *COMMON,
    number("replicas"),
    number("current-replicas", default="-1"),
    text("resource-version"),
    duration("timeout"),
)
PATCH_FLAGS = (*COMMON, text("patch", "p"), text("patch-file"), text("type", default="strategic"), text("subresource"))
SET_FLAGS = (
    *COMMON,
    switch("overwrite", default="true"),
    switch("list"),
    text("containers", "c", "*"),
    several("env", "e", split=False),
    text("resource-version"),
)


def ending(given: Given) -> str:
    """Return what stands behind a message of a dry run."""
    match given.text("dry-run"):
        case "client" | "unchanged":
            return " (dry run)"
        case "server":
            return " (server dry run)"
        case "none" | "":
            return ""
        case other:
            raise api.error(f'Invalid dry-run value ({other}). Must be "none", "server", or "client".')


def query(given: Given, writer: str = "") -> dict[str, str]:
    """Return the query of a write."""
    found = {"dryRun": "All"} if given.text("dry-run") == "server" else {}
    writer = (given.text("field-manager") if "field-manager" in given.known else "") or writer
    return {**found, "fieldManager": writer} if writer else found


def is_client_dry(given: Given) -> bool:
    """Say whether nothing may be sent."""
    return given.text("dry-run") in ("client", "unchanged")


def say(kubectl: Kube, given: Given, one: Meant, done: str, obj: Any) -> None:
    """Tell what became of an object: a message, its name, or all of it."""
    form, argument = get.output(given)
    if form in ("", "wide"):
        kubectl.out(f"{one.label} {done}{ending(given)}\n")
    elif form == "name":
        kubectl.out(f"{one.label}\n")
    else:
        shown = {"apiVersion": one.resource.api_version, "kind": one.resource.kind, **get.without_managed(obj)}
        kubectl.out(get.print_object(shown, form, argument))


async def _targets(kubectl: Kube, given: Given, words: Sequence[str]) -> list[Meant]:
    if not words:
        raise api.error("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    return await _read_named(kubectl, given, words)


async def _read_named(kubectl: Kube, given: Given, words: Sequence[str]) -> list[Meant]:
    return await kube.read_all(kubectl, await kube.named(kubectl, words, given), given)


# --- labels and annotations ----------------------------------------------------------------------


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    for place, word in enumerate(words):
        if "=" in word or word.endswith("-"):
            return list(words[:place]), list(words[place:])
    return list(words), []


async def label(kubectl: Kube, given: Given) -> int:
    """Write labels."""
    return await _metadata(kubectl, given, "labels", "label")


async def annotate(kubectl: Kube, given: Given) -> int:
    """Write annotations."""
    return await _metadata(kubectl, given, "annotations", "annotation")


async def _metadata(kubectl: Kube, given: Given, field: str, word: str) -> int:
    objects, pairs = _split(given.words)
    if not objects:
        raise api.error("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if not pairs and not given.on("list"):
        raise api.error(f"at least one {word} update is required")
    wanted: dict[str, str | None] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if sign:
            wanted[name] = value
        elif pair.endswith("-"):
            wanted[pair[:-1]] = None
        else:
            raise api.error(f"unknown {word} pair {pair}" if word == "label" else f"unexpected {word} format: {pair}")
    for one in await _targets(kubectl, given, objects):
        await _write_metadata(kubectl, given, one, (field, wanted))
    return 0


async def _write_metadata(kubectl: Kube, given: Given, one: Meant, told: tuple[str, Mapping[str, str | None]]) -> None:
    field, wanted = told
    present = ((one.obj or {}).get("metadata") or {}).get(field) or {}
    if given.on("list"):
        kubectl.out("".join(f"{name}={present[name]}\n" for name in sorted(present)))
        return
    taken = [name for name, value in wanted.items() if value is not None and present.get(name, value) != value]
    if taken and not given.on("overwrite"):
        found = "; ".join(f"'{name}' already has a value ({present[name]})" for name in taken)
        if field == "labels":
            found = f"'{taken[0]}' already has a value ({present[taken[0]]})"
            raise api.error(f"{found}, and --overwrite is false")
        raise api.error(f"--overwrite is false but found the following declared annotation(s): {found}")
    changes = {name: value for name, value in wanted.items() if present.get(name) != value}
    obj = one.obj
    if field == "labels":
        for name, value in wanted.items():
            if value is None and name not in present:
                kubectl.out(f'label "{name}" not found.\n')
    if changes and not is_client_dry(given):
        writer = "kubectl-label" if field == "labels" else "kubectl-annotate"
        obj = await kubectl.ask(
            "PATCH", one.path, {"metadata": {field: changes}}, query=query(given, writer), kind=MERGE
        )
    if field == "annotations":
        say(kubectl, given, one, "annotated", obj)
    else:
        say(kubectl, given, one, _labeled(wanted, changes), obj)


def _labeled(wanted: Mapping[str, str | None], changes: Mapping[str, str | None]) -> str:
    if not changes:
        return "not labeled"
    if all(value is None for value in wanted.values()):
        return "unlabeled"
    return "labeled"


# --- nodes ---------------------------------------------------------------------------------------


async def cordon(kubectl: Kube, given: Given) -> int:
    """Close a node for new pods."""
    return await _schedulable(kubectl, given, unschedulable=True)


async def uncordon(kubectl: Kube, given: Given) -> int:
    """Open a node for new pods again."""
    return await _schedulable(kubectl, given, unschedulable=False)


async def _schedulable(kubectl: Kube, given: Given, *, unschedulable: bool) -> int:
    word = "cordon" if unschedulable else "uncordon"
    if not given.words and not kube.selecting(given):
        raise api.usage(f"kubectl {word}", f"USAGE: {word} NODE [flags]")
    for one in await nodes(kubectl, given):
        await close_node(kubectl, given, one, unschedulable=unschedulable)
    return 0


async def nodes(kubectl: Kube, given: Given) -> list[Meant]:
    """Read the nodes that the words name, with or without their type."""
    words = given.words if any("/" in one for one in given.words) else ["nodes", *given.words]
    return await kube.read_all(kubectl, await kube.meant(kubectl, words, given), given)


async def close_node(kubectl: Kube, given: Given, one: Meant, *, unschedulable: bool) -> None:
    """Close or open one node, and say so."""
    word = "cordoned" if unschedulable else "uncordoned"
    now = bool(((one.obj or {}).get("spec") or {}).get("unschedulable"))
    if now == unschedulable:
        kubectl.out(f"{one.label} already {word}{ending(given)}\n")
        return
    if not is_client_dry(given):
        patch = {"spec": {"unschedulable": True if unschedulable else None}}
        await kubectl.ask("PATCH", one.path, patch, query=query(given), kind=STRATEGIC)
    kubectl.out(f"{one.label} {word}{ending(given)}\n")


async def taint(kubectl: Kube, given: Given) -> int:
    """Write taints of nodes."""
    words = [word for word in given.words if not _is_taint(word)]
    wanted = [word for word in given.words if _is_taint(word)]
    if not words or (len(words) < 2 and "/" not in words[0] and not (given.on("all") or kube.selecting(given))):
        raise api.error("one or more resources must be specified as <resource> <name>")
    if not wanted:
        raise api.error("at least one taint update is required")
    for one in await _targets(kubectl, given, words):
        await _taint(kubectl, given, one, wanted)
    return 0


def _is_taint(word: str) -> bool:
    return "=" in word or ":" in word or word.endswith("-")


def _read_taint(word: str) -> dict[str, str]:
    pair, sign, effect = word.partition(":")
    name, _, value = pair.partition("=")
    if sign and effect not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
        raise api.usage("kubectl taint", f"invalid taint effect: {effect}, unsupported taint effect")
    return {"key": name, **({"value": value} if value else {}), **({"effect": effect} if effect else {})}


async def _taint(kubectl: Kube, given: Given, one: Meant, wanted: Sequence[str]) -> None:
    present = list(((one.obj or {}).get("spec") or {}).get("taints") or ())
    kept, added, removed, changed = list(present), False, False, False
    for word in wanted:
        if word.endswith("-"):
            gone = _read_taint(word[:-1])
            before = len(kept)
            kept = [t for t in kept if t["key"] != gone["key"] or ("effect" in gone and t["effect"] != gone["effect"])]
            if len(kept) == before:
                shown = f"{gone['key']}:{gone['effect']}" if "effect" in gone else gone["key"]
                raise api.error(f'taint "{shown}" not found')
            removed = True
            continue
        new = _read_taint(word)
        same = [t for t in kept if t["key"] == new["key"] and t["effect"] == new.get("effect")]
        if same and not given.on("overwrite"):
            raise api.error(
                f"node {one.name} already has {new['key']} taint(s) with same effect(s) and --overwrite is false"
            )
        kept = [t for t in kept if t not in same] + [new]
        changed, added = changed or bool(same), added or not same
    done = "tainted" if added and not changed else "untainted" if removed and not (added or changed) else "modified"
    patch = {"spec": {"taints": kept or None}}
    obj = one.obj
    if not is_client_dry(given):
        obj = await kubectl.ask("PATCH", one.path, patch, query=query(given, "kubectl-taint"), kind=MERGE)
    say(kubectl, given, one, done, obj)


# --- scale, patch --------------------------------------------------------------------------------


async def scale(kubectl: Kube, given: Given) -> int:
    """Set how many replicas a workload has."""
    if not given.has("replicas"):
        raise api.error('required flag(s) "replicas" not set')
    if given.number("replicas") < 0:
        raise api.error("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    if not given.words:
        raise api.error(RESOURCE)
    found = await _read_named(kubectl, given, given.words)
    if not found:
        raise api.error("no objects passed to scale")
    for one in found:
        await _scale(kubectl, given, one)
    return 0


async def _scale(kubectl: Kube, given: Given, one: Meant) -> None:
    if "scale" not in one.resource.subresources:
        raise api.Failed("Error from server (NotFound): the server could not find the requested resource")
    present = ((one.obj or {}).get("spec") or {}).get("replicas", 1)
    expected = given.number("current-replicas", -1)
    if expected >= 0 and present != expected:
        raise api.error(f"Expected replicas to be {expected}, was {present}")
    if not is_client_dry(given):
        path = one.resource.path(one.namespace, one.name, "scale")
        await kubectl.ask(
            "PATCH", path, {"spec": {"replicas": given.number("replicas")}}, query=query(given), kind=MERGE
        )
    say(kubectl, given, one, "scaled", one.obj)


TYPES = {"strategic": STRATEGIC, "merge": MERGE, "json": "application/json-patch+json"}


async def patch(kubectl: Kube, given: Given) -> int:
    """Change fields of an object by a patch."""
    if not given.has("patch") and not given.has("patch-file"):
        raise api.error("must specify --patch or --patch-file containing the contents of the patch")
    kind = TYPES.get(given.text("type").lower())
    if kind is None:
        raise api.error(f'--type must be one of [json merge strategic], not "{given.text("type")}"')
    wanted: Any
    try:
        wanted = _written(given.text("patch"))
    except (yaml.YAMLError, TypeError, ValueError) as fault:
        raise api.error(f'unable to parse "{given.text("patch")}": yaml: {_first(fault)}') from None
    for one in await _patched(kubectl, given):
        path = one.resource.path(one.namespace, one.name, given.text("subresource"))
        if is_client_dry(given):
            obj = patching.applied(one.obj or {}, wanted, given.text("type").lower())
        else:
            obj = await kubectl.ask("PATCH", path, wanted, query=query(given, "kubectl-patch"), kind=kind)
        before = {**(one.obj or {}), "apiVersion": None, "kind": None}
        same = before == {**obj, "apiVersion": None, "kind": None}
        say(kubectl, given, one, "patched (no change)" if same else "patched", obj)
    return 0


def _written(text_of: str) -> Any:
    """Read a patch: JSON goes to the server as it was written, YAML is made JSON (yaml.ToJSON)."""
    if text_of.lstrip().startswith("{"):
        try:
            return json.loads(text_of)
        except ValueError:
            return text_of.encode()
    found = yaml.safe_load(text_of)
    json.dumps(found)
    return found


def _first(fault: Exception) -> str:
    return str(fault).split("\n")[0]


async def _patched(kubectl: Kube, given: Given) -> list[Meant]:
    if not given.words:
        raise api.error(RESOURCE)
    wanted = await kube.meant(kubectl, given.words, given)
    if any(not one.name for one in wanted):
        raise api.error(kube.NAMELESS)
    return await kube.read_all(kubectl, wanted, given)


# --- set -----------------------------------------------------------------------------------------


async def set_image(kubectl: Kube, given: Given) -> int:
    """Give containers other images."""
    words = [word for word in given.words if "=" not in word]
    pairs = dict(word.split("=", 1) for word in given.words if "=" in word)
    if not words:
        raise api.error(RESOURCE)
    if not pairs:
        raise api.error("at least one image update is required")
    for one in await _read_named(kubectl, given, words):
        place, spec = _template(one)
        names = [
            container["name"] for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        ]
        missing = [name for name in pairs if name != "*" and name not in names]
        if missing:
            raise api.error(f'unable to find container named "{missing[0]}"')
        wanted = {name: pairs.get(name, pairs.get("*")) for name in names}
        changed = _changed(spec, functools.partial(_with_image, wanted))
        await _set(kubectl, given, one, (place, changed, "image updated"))
    return 0


def _with_image(wanted: Mapping[str, str | None], container: Mapping[str, Any]) -> dict[str, Any]:
    image = wanted.get(container["name"])
    return {**container, "image": image} if image else dict(container)


def _changed(spec: Mapping[str, Any], change: Any) -> dict[str, Any]:
    found = {**spec, "containers": [change(one) for one in spec.get("containers") or ()]}
    if spec.get("initContainers"):
        found["initContainers"] = [change(one) for one in spec["initContainers"]]
    return found


def _template(one: Meant) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    spec = (one.obj or {}).get("spec") or {}
    if one.resource.name == "pods":
        return ("spec",), spec
    if one.resource.name == "cronjobs":
        return ("spec", "jobTemplate", "spec", "template", "spec"), spec["jobTemplate"]["spec"]["template"]["spec"]
    if "template" not in spec:
        raise api.error(f"the object is not a pod or does not have a pod template: {one.resource.kind}")
    return ("spec", "template", "spec"), spec["template"].get("spec") or {}


async def _set(kubectl: Kube, given: Given, one: Meant, told: tuple[tuple[str, ...], Any, str]) -> None:
    place, wanted, done = told
    patch_body = patching.strategic(one.obj or {}, patching.put(one.obj or {}, place, wanted))
    if not patch_body:
        return
    obj = patching.put(one.obj or {}, place, wanted)
    if not is_client_dry(given):
        obj = await kubectl.ask("PATCH", one.path, patch_body, query=query(given, "kubectl-set"), kind=STRATEGIC)
    say(kubectl, given, one, done, obj)


async def set_selector(kubectl: Kube, given: Given) -> int:
    """Give a Service another selector."""
    *words, expression = given.words or [""]
    if not words:
        raise api.error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>"
            if expression and "=" in expression
            else RESOURCE
        )
    pairs: dict[str, str] = {}
    for part in expression.split(","):
        name, sign, value = part.partition("=")
        if not sign:
            raise api.error(f"invalid selector {expression}")
        pairs[name.strip()] = value.lstrip("=").strip()
    for one in await _read_named(kubectl, given, words):
        if one.resource.name != "services":
            raise api.error("setting a selector is only supported for Services")
        changed = patching.put(one.obj or {}, ("spec", "selector"), pairs)
        obj: Any = changed
        if not is_client_dry(given):
            body = patching.strategic(one.obj or {}, changed)
            obj = await kubectl.ask("PATCH", one.path, body, query=query(given, "kubectl-set"), kind=STRATEGIC)
        say(kubectl, given, one, "selector updated", obj)
    return 0


async def set_env(kubectl: Kube, given: Given) -> int:
    """Write environment variables of containers."""
    words = [word for word in given.words if "=" not in word and not _is_removal(word)]
    pairs = [word for word in given.words if "=" in word or _is_removal(word)] + given.list("env")
    if not words:
        raise api.error("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if not pairs and not given.on("list"):
        raise api.error("at least one environment variable must be provided")
    for one in await _read_named(kubectl, given, words):
        place, spec = _template(one)
        if given.on("list"):
            for container in spec.get("containers") or ():
                kubectl.out(f"# {one.resource.kind} {one.name}, container {container['name']}\n")
                kubectl.out("".join(f"{v['name']}={v.get('value', '')}\n" for v in container.get("env") or ()))
            continue
        await _set(kubectl, given, one, (place, _changed(spec, lambda c: _with_env(c, pairs)), "env updated"))
    return 0


def _is_removal(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*-", word) is not None and word.upper() == word


def _with_env(container: Mapping[str, Any], pairs: Sequence[str]) -> dict[str, Any]:
    variables = [dict(one) for one in container.get("env") or ()]
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            variables = [one for one in variables if one["name"] != pair[:-1]]
            continue
        known = next((one for one in variables if one["name"] == name), None)
        if known is None:
            variables.append({"name": name, "value": value})
        else:
            known.pop("valueFrom", None)
            known["value"] = value
    return {**{k: v for k, v in container.items() if k != "env"}, **({"env": variables} if variables else {})}
