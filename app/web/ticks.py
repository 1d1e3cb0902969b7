"""The timeline: one tick for each command and each request, made of the entries alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.cluster import journal
from app.kinds import registry
from app.web import refs, results, words

MOST = 80

Tick = dict[str, Any]


def tick(entry: journal.Entry) -> Tick | None:
    """Return the tick of an entry: of a request, a refusal, or the first change of a command; None for what follows.

    What a program did is told with its word: `kubectl scale: Deployment web changed`.
    """
    made, client = _told(entry), entry.cause.client
    if made is not None and client:
        made["name"] = words.say("ticks", "client", client=client, what=made["name"])
    return made


def _told(entry: journal.Entry) -> Tick | None:
    body, cause = entry.body, entry.cause
    match body:
        case journal.RequestCompleted():
            return _request(entry.revision, body.request, cause.actor)
        case journal.CommandRefused():
            said = words.say("ticks", "refused", reason=body.reason)
            return {
                "revision": entry.revision,
                "mark": "warn",
                "name": said,
                "ref": "",
                "request": 0,
                "actor": cause.actor,
            }
        case journal.ObjectChanged() if not cause.provoked_by and entry.revision == (cause.command or entry.revision):
            return _change(entry.revision, body, cause)
        case _:
            return None


def ticks(entries: Iterable[journal.Entry]) -> list[Tick]:
    """Return the newest ticks, oldest first."""
    return [made for entry in entries if (made := tick(entry)) is not None][-MOST:]


def _request(revision: int, request: Any, actor: str) -> Tick:
    asked, by_outcome = request.get("asked") or {}, request["summary"].get("by_outcome") or {}
    failed = next((outcome for outcome in by_outcome if outcome != "ok"), "ok")
    said = words.say(
        "ticks",
        "request",
        **{
            "from": results.who(asked.get("from") or {}),
            "to": asked.get("to", ""),
            "outcome": results.headline(failed),
        },
    )
    mark = results.MARKS.get(failed, "fail")
    return {"revision": revision, "mark": mark, "name": said, "ref": "", "request": revision, "actor": actor}


def _change(revision: int, body: journal.ObjectChanged, cause: journal.Cause) -> Tick:
    kind = registry.kind_for_key(body.key).kind
    said = words.say("ticks", body.type.value, kind=kind, name=body.key.name)
    if cause.undoes:
        said = f"{words.say('ticks', 'undo')}: {said}"
    elif cause.redoes:
        said = f"{words.say('ticks', 'redo')}: {said}"
    ref = refs.of_key(body.key)
    return {"revision": revision, "mark": "pass", "name": said, "ref": ref, "request": 0, "actor": cause.actor}
