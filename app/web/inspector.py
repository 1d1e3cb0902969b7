"""The inspector: the tab that is open, on a request, on an object, or on the whole cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.cluster import clock, journal, state
from app.dataplane import rulesets
from app.kinds import columns
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.web import asking, editing, history, matching, refs, results, summaries
from app.web.contexts import Panel
from app.web.inspected import Happening, Rules

TABS = ("main", "yaml", "events", "selects", "rules")
MOST_HAPPENINGS = 60

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """What the inspector is open on."""

    tab: str = "main"
    ref: str = ""
    request: int = 0


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the panel's forms and what was said about it; empty for a fresh panel."""

    asked: Json | None = None
    problem: str = ""
    plain: str = ""
    form: str = ""
    values: Mapping[str, str] | None = None


NOTHING_TYPED = Typed()


def panel(
    held: state.ClusterState, place: Place, shown: Json | None, typed: Typed = NOTHING_TYPED, *, can_edit: bool = True
) -> Panel:
    """Return the panel; `shown` is the request of the journal that `place.request` names."""
    tab = place.tab if place.tab in TABS else "main"
    key, obj = _object(held, place.ref)
    base: dict[str, Any] = {
        "tab": tab,
        "ref": place.ref if key else "",
        "label": refs.label(place.ref) if key else "",
        "kind": place.ref.partition("/")[0] if key else "",
        "request": place.request,
        "gone": key is not None and obj is None,
    }
    if key is not None and obj is None:
        return Panel(**base)
    match tab:
        case "yaml":
            base["editing"] = editing.of_object(obj, place.ref) if obj else editing.pasted("")
        case "events":
            base["happenings"] = happenings(held, key)
        case "selects":
            base["selects"] = matching.selects(held, key, obj)
        case "rules" if key is not None and key[:2] == state.NODES:
            base["rules"] = rules(held, key.name)
        case _ if key is not None and obj is not None:
            base["summary"] = summaries.summary(held, key, obj, typed.form, typed.values, typed.problem, typed.plain)
        case _:
            base["asking"] = asking.form(held, typed.asked, typed.problem, typed.plain) if can_edit else None
            base["watching"] = not can_edit and not shown
            base["result"] = results.result(shown, place.request) if shown else None
    return Panel(**base)


def tells_changes(made: Panel) -> bool:
    """Say whether a panel tells the changes of its object: under Events, and of what is gone."""
    return bool(made.ref) and (made.gone or made.tab == "events")


def tells_leaving(made: Panel) -> bool:
    """Say whether a panel tells which endpoint left last: the summary of a Service or a slice."""
    return bool(made.ref) and made.tab == "main" and refs.key(made.ref)[:2] in (state.SERVICES, state.ENDPOINTSLICES)


def with_history(made: Panel, entries: Sequence[journal.Entry]) -> Panel:
    """Return the panel with what it tells of the history of its object."""
    if tells_changes(made):
        return replace(made, changes=history.changes(entries, refs.key(made.ref)))
    if tells_leaving(made):
        return replace(made, left=history.gone(entries, refs.key(made.ref)))
    return made


def rules(held: state.ClusterState, node: str) -> Rules:
    """Return all rules that a node's kube-proxy has programmed."""
    found = rulesets.of_node(held, node)
    count = sum(line.startswith(("-A ", "TCP ", "UDP ", "SCTP ", "\t\t")) for line in found.text.splitlines())
    return Rules(found.mode, found.tool, found.text, count, found.is_behind)


def _object(held: state.ClusterState, ref: str) -> tuple[Key | None, Object | None]:
    if not ref:
        return None, None
    try:
        key = refs.key(ref)
    except errors.BadRequest:
        return None, None
    return key, held.get(key)


def happenings(held: state.ClusterState, key: Key | None) -> tuple[Happening, ...]:
    """Return the Kubernetes Events, newest first: about one object, or all."""
    found = [
        event
        for event in held.list(state.EVENTS, key.namespace if key and key.namespace else None)
        if key is None or _is_about(event, key)
    ]
    found.sort(key=_last, reverse=True)
    return tuple(_happening(held, event) for event in found[:MOST_HAPPENINGS])


def _is_about(event: Object, key: Key) -> bool:
    about = event.get("involvedObject") or event.get("regarding") or {}
    ref = refs.of_json(about)
    return ref == refs.of_key(key)


def _last(event: Object) -> str:
    made = objects.metadata(event).get("creationTimestamp")
    return str(event.get("lastTimestamp") or event.get("eventTime") or made or "")


def _happening(held: state.ClusterState, event: Object) -> Happening:
    about = event.get("involvedObject") or {}
    ref, last = refs.of_json(about), _last(event)
    source = event.get("reportingComponent") or objects.dig(event, "source", "component") or ""
    return Happening(
        type=str(event.get("type") or "Normal"),
        reason=str(event.get("reason") or ""),
        message=str(event.get("message") or ""),
        source=str(source),
        age=columns.human_duration(max(0.0, held.now - clock.seconds(last))) if last else "",
        count=int(event.get("count") or 1),
        ref=ref,
        about=f"{about.get('kind', '')} {refs.label(ref)}",
    )
