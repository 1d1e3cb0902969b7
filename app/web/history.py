"""An object's history: what changed, by whom, and why, back along the causes to the command that started it.

Made of the newest entries alone, as far back as the timeline reaches; nothing is kept for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.cluster import journal, state
from app.kinds import registry
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.runtime.host import Host
from app.runtime.loaded import Playground
from app.web import refs, words
from app.web.inspected import Because, Change

REMEMBERED = 2_000
"""Revisions back from now in which the timeline and histories look."""
MOST = 40
MOST_DIFFERENCES = 8
MOST_LINKS = 12
LONGEST = 60
BOOKKEEPING = frozenset(
    {"metadata.resourceVersion", "metadata.managedFields", "metadata.generation", "status.observedGeneration"}
)

Index = Mapping[int, journal.Entry]


async def recent(host: Host, about: Playground) -> list[journal.Entry]:
    """Return the newest entries, as far back as the timeline may need them."""
    found: list[journal.Entry] = []
    if about.revision <= about.base:
        return found
    with contextlib.suppress(errors.Expired):
        follow = host.follow(about.id, max(about.base, about.revision - REMEMBERED))
        async with contextlib.aclosing(follow) as commits:
            async for entries in commits:
                found += entries
                if entries[-1].revision >= about.revision:
                    break
    return found


def changes(entries: Sequence[journal.Entry], key: Key) -> tuple[Change, ...]:
    """Return the changes of an object, newest first; a Service's are also those of its EndpointSlices."""
    index = {entry.revision: entry for entry in entries}
    told = (_change(index, entry) for entry in reversed(entries) if _is_of(entry, key))
    return tuple(change for _, change in zip(range(MOST), (c for c in told if c is not None), strict=False))


def gone(entries: Sequence[journal.Entry], key: Key) -> Change | None:
    """Return the last change of a Service's or slice's endpoints if it took an address away."""
    for entry in reversed(entries):
        body = entry.body
        if not isinstance(body, journal.ObjectChanged) or body.key[:2] != state.ENDPOINTSLICES:
            continue
        if _is_of(entry, key) and body.before is not None:
            left = set(_addresses(body.before)) - set(_addresses(body.after or {}))
            return _change({one.revision: one for one in entries}, entry) if left else None
    return None


def _is_of(entry: journal.Entry, key: Key) -> bool:
    body = entry.body
    if not isinstance(body, journal.ObjectChanged):
        return False
    if body.key == key:
        return True
    if key[:2] != state.SERVICES or body.key[:2] != state.ENDPOINTSLICES or body.key.namespace != key.namespace:
        return False
    return objects.labels_of(body.after or body.before or {}).get(state.SERVICE_NAME_LABEL) == key.name


def _change(index: Index, entry: journal.Entry) -> Change | None:
    """Tell one change; None where only bookkeeping differs."""
    body = entry.body
    assert isinstance(body, journal.ObjectChanged)
    found = tuple(differences(body.before, body.after)) if body.type is journal.ChangeType.MODIFIED else ()
    if body.type is journal.ChangeType.MODIFIED and not found:
        return None
    lines = found[:MOST_DIFFERENCES]
    if len(found) > MOST_DIFFERENCES:
        lines = (*lines, words.say("history", "more", n=len(found) - MOST_DIFFERENCES))
    return Change(
        revision=entry.revision,
        at=entry.at,
        type=body.type.value,
        ref=refs.of_key(body.key),
        what=_name(body),
        actor=entry.cause.actor,
        who=who(entry.cause),
        differences=lines,
        why=tuple(_chain(index, entry)),
    )


def _chain(index: Index, entry: journal.Entry) -> Iterator[Because]:
    """Yield what provoked an entry, step by step, the command that started it last."""
    for _ in range(MOST_LINKS):
        cause = entry.cause
        before = cause.provoked_by or (cause.command if cause.command != entry.revision else 0)
        found = index.get(before) or index.get(cause.command)
        if not before or found is None or found.revision >= entry.revision:
            return
        entry = found
        yield _link(entry)


def _link(entry: journal.Entry) -> Because:
    body, said = entry.body, ""
    ref = ""
    if isinstance(body, journal.ObjectChanged):
        ref = refs.of_key(body.key)
        first = next(iter(differences(body.before, body.after)), "") if body.before and body.after else ""
        said = f"{_name(body)}: {first}" if first else _name(body)
    return Because(entry.revision, ref, said or words.say("history", "time"), entry.cause.actor, who(entry.cause))


def _name(body: journal.ObjectChanged) -> str:
    return words.say("ticks", body.type.value, kind=registry.kind_for_key(body.key).kind, name=body.key.name)


def who(cause: journal.Cause) -> str:
    """Name who made an entry, in words."""
    if cause.client and not cause.provoked_by:
        return cause.client
    kind, _, _ = cause.actor.partition(":")
    return words.lookup("actors", kind if kind in ("browser", "api") else cause.actor)


def differences(before: Object | None, after: Object | None) -> Iterator[str]:
    """Yield what differs between two states of an object, a sentence for each field."""
    yield from _differences(before or {}, after or {}, "")


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if before == after or path in BOOKKEEPING:
        return
    if path == "endpoints":
        yield from _endpoints(before or (), after or ())
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _differences(before.get(name), after.get(name), f"{path}.{name}" if path else str(name))
    elif _are_alike(before, after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, f"{path}[{number}]")
    elif before is None:
        yield words.say("history", "added", path=path, after=_short(after))
    elif after is None:
        yield words.say("history", "removed", path=path, before=_short(before))
    else:
        yield words.say("history", "set", path=path, before=_short(before), after=_short(after))


def _are_alike(before: Any, after: Any) -> bool:
    return isinstance(before, list | tuple) and isinstance(after, list | tuple) and len(before) == len(after)


def _endpoints(before: Iterable[Any], after: Iterable[Any]) -> Iterator[str]:
    old, new = _addresses({"endpoints": before}), _addresses({"endpoints": after})
    for address in [*old, *(address for address in new if address not in old)]:
        one = new.get(address) or old[address]
        named = {"address": address, "target": str(objects.dig(one, "targetRef", "name") or "")}
        if address not in new:
            yield words.say("history", "address_gone", **named)
        elif address not in old:
            yield words.say("history", "address_new", **named)
        else:
            yield from _differences(old[address], new[address], address)


def _addresses(endpoint_slice: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = endpoint_slice.get("endpoints") or ()
    return {str(address): one for one in found for address in (one.get("addresses") or ())[:1]}


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}={_short(inner)}" for name, inner in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(_short(inner) for inner in value)
    else:
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
