"""A completed request as the inspector tells it: outcome, one sentence why, the steps, the spread, the nearest fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.web import forms, refs, render, words
from app.web.contexts import Bar, Candidate, Excluded, HopView, Lookup, Naming, PacketLine, Result, StepView
from app.web.inspected import FixView, Ref

Json = Mapping[str, Any]

MARKS = {"ok": "ok", "timeout": "silent", "http_error": "warn"}
"""The shape of each outcome; any other is a failure."""
DNS_KINDS = frozenset({"DNSQuery", "DNSAnswer"})


def result(request: Json, revision: int) -> Result:
    """Tell one request of the journal, or one just answered."""
    asked, summary = request.get("asked") or {}, request["summary"]
    found: Sequence[Json] = request.get("results") or ()
    by_outcome: dict[str, int] = dict(summary.get("by_outcome") or {})
    first = _telling(found, by_outcome)
    outcome = str(first.get("outcome") or max(by_outcome, key=by_outcome.__getitem__, default="ok"))
    naming = _naming(first)
    before = sum(len(hop.steps) for hop in naming.hops) if naming else 0
    hops = _hops(first.get("trace"), 1 if naming else 0, before)
    sent = int(summary.get("sent") or 1)
    spread = _spread(summary.get("by_pod") or {})
    served = first.get("served_by")
    return Result(
        revision=revision,
        source=forms.source_value(asked.get("from") or {}),
        to=str(asked.get("to", "")),
        outcome=outcome,
        headline=_headline(outcome, first, by_outcome, sent),
        mark=MARKS.get(outcome, "fail"),
        sentence="" if sent > 1 and outcome == "ok" else _sentence(first),
        asked=f"{who(asked.get('from') or {})} → {asked.get('to', '')}",
        naming=naming,
        hops=hops,
        server=_server(served) if served and sent == 1 else None,
        server_address=f"{served.get('ip', '')}:{served.get('port', '')}" if served else "",
        client_ip=str(first.get("client_ip") or ""),
        took=f"{first.get('took_ms', 0):g} ms",
        sent=sent,
        outcomes=tuple(_outcomes(by_outcome)),
        spread=spread if sent > 1 else (),
        ideal=words.say("even", share=f"{100 / len(spread):.3g} %") if len(spread) > 1 and sent > 1 else "",
        ideal_width=_ideal(summary.get("by_pod") or {}) if sent > 1 else 0,
        fix=fix(request.get("fix")),
        excluded=tuple(_excluded(first)),
        remedy=str(_traces(first)[-1].get("remedy") or "") if _traces(first) else "",
        play=render.seed(request),
    )


def who(asked_from: Json) -> str:
    """Return the short name of where a request started."""
    if asked_from.get("pod"):
        return str(asked_from["pod"]).removeprefix("default/")
    if asked_from.get("node"):
        return str(asked_from["node"])
    if asked_from.get("port_forward"):
        return words.say("ends", "port_forward")
    return words.say("ends", "api_server" if asked_from.get("api_server") else "external")


def headline(outcome: str) -> str:
    """Return an outcome in words."""
    return words.lookup("outcomes", outcome)


def _telling(found: Sequence[Json], by_outcome: Mapping[str, int]) -> Json:
    """Return the result to tell: the first that failed, if any did."""
    failed = next((one for one in found if one.get("outcome") != "ok"), None)
    if failed is not None and by_outcome.get("ok", 0) < sum(by_outcome.values()):
        return failed
    return found[0] if found else {}


def _headline(outcome: str, first: Json, by_outcome: Mapping[str, int], sent: int) -> str:
    if sent > 1:
        return words.say("many", arrived=by_outcome.get("ok", 0), sent=sent)
    status = first.get("http_status")
    if status and outcome in ("ok", "http_error"):
        return words.say("answered_with", status=status)
    return headline(outcome)


def _traces(first: Json) -> list[Json]:
    return [trace for trace in (first.get("dns_trace"), first.get("trace")) if trace]


def _sentence(first: Json) -> str:
    traces = _traces(first)
    steps = [step for hop in traces[-1].get("hops") or () for step in hop["steps"]] if traces else []
    return str(steps[-1].get("why", "")) if steps else ""


def _naming(first: Json) -> Naming | None:
    trace = first.get("dns_trace")
    if not trace:
        return None
    lookups = tuple(_lookups(trace))
    found = next((lookup for lookup in lookups if lookup.ok), None)
    failed = not first.get("trace") and first.get("outcome") == "name_not_found"
    hops = _hops(trace, 0, 0)
    steps = [step for hop in hops for step in hop.steps]
    return Naming(
        title=words.say("steps", "DNSAnswer"),
        mark="fail" if failed else "dns",
        why=steps[-1].why if steps and (failed or not found) else "",
        answer=f"{found.name} {found.answer}" if found else "",
        tries=words.say("tries", n=len(lookups), of=len(lookups)) if lookups else "",
        lookups=lookups if failed or len(lookups) > 1 else (),
        hops=hops,
        failed=failed,
    )


def _hops(trace: Json | None, number: int, index: int) -> tuple[HopView, ...]:
    """Return the hops of a trace; its steps are numbered from `number` + 1 and counted from `index`."""
    found: list[HopView] = []
    first = True
    for hop in (trace or {}).get("hops") or ():
        steps = []
        for step in hop["steps"]:
            number += 1
            steps.append(_step(step, number, index, shows_packet=first))
            index, first = index + 1, False
        place, ref = _place(hop.get("at") or {})
        found.append(HopView(place, ref, tuple(steps)))
    return tuple(found)


def _place(at: Json) -> tuple[str, str]:
    kind, name = str(at.get("kind", "")), str(at.get("name", ""))
    said = words.lookup("places", kind)
    if kind == "pod":
        ref = refs.text("Pod", str(at.get("namespace") or "default"), name)
        return f"{said} {refs.label(ref)}", ref
    if kind == "node":
        return f"{said} {name}", refs.text("Node", "", name)
    return said, ""


def _step(step: Json, number: int, index: int, *, shows_packet: bool) -> StepView:
    action, kind = str(step.get("action", "")), str(step.get("kind", ""))
    shows = shows_packet or action == "Translated"
    return StepView(
        number=number,
        index=index,
        title=words.lookup("steps", kind) if action not in ("Rejected", "Dropped") else _ending(kind, action),
        mark=_mark(kind, action),
        reason=str(step.get("reason", "")),
        why=str(step.get("why", "")),
        packet=_packet(step) if shows and step.get("before") else (),
        because=tuple(_because(step.get("because") or ())),
        rule=str(step.get("rule") or ""),
        candidates=tuple(_candidates(step)),
        more=int((step.get("candidates") or {}).get("more", 0)),
    )


def _candidates(step: Json) -> Iterable[Candidate]:
    for one in (step.get("candidates") or {}).get("named") or ():
        ref = refs.text("Pod", one["namespace"], one["name"]) if one["name"] else ""
        why = one["why"] or words.say("candidate_open")
        yield Candidate(ref, refs.label(ref), one["address"], "ok" if one["usable"] else "off", why)


def _ending(kind: str, action: str) -> str:
    if kind in DNS_KINDS:
        return words.lookup("steps", kind)
    return words.lookup("endings", action)


def _mark(kind: str, action: str) -> str:
    match action:
        case "Rejected":
            return "fail"
        case "Dropped":
            return "silent"
        case _:
            return "dns" if kind in DNS_KINDS else "ok"


def _packet(step: Json) -> tuple[PacketLine, ...]:
    before, after = step["before"], step.get("after") or step["before"]
    lines = []
    for name, ip, port in (("src", "src", "sport"), ("dst", "dst", "dport")):
        was, now = f"{before[ip]}:{before[port]}", f"{after[ip]}:{after[port]}"
        lines.append(PacketLine(name, was, now if now != was else ""))
    return tuple(lines)


def _because(causes: Iterable[Json]) -> Iterable[Ref]:
    for cause in causes:
        ref = refs.of_json(cause)
        yield Ref(ref, f"{cause.get('kind', '')} {refs.label(ref)}", str(cause.get("field") or ""))


def _lookups(trace: Json) -> Iterable[Lookup]:
    for query in trace.get("queries") or ():
        found = ", ".join(str(answer.get("data", "")) for answer in query.get("answers") or ())
        rcode = str(query.get("rcode") or "")
        yield Lookup(
            f"{query.get('name', '')} {query.get('type', '')}", found or words.lookup("names", rcode), bool(found)
        )


def _server(served: Json) -> Ref:
    ref = refs.text("Pod", str(served.get("namespace", "")), str(served.get("name", "")))
    return Ref(ref, refs.label(ref))


def _spread(by_pod: Mapping[str, int]) -> tuple[Bar, ...]:
    total, top = sum(by_pod.values()), max(by_pod.values(), default=0)
    return tuple(
        Bar(
            ref=refs.text("Pod", *pod.split("/", 1)) if "/" in pod else "",
            label=pod.split("/", 1)[-1],
            sent=count,
            share=f"{100 * count / total:.3g} %",
            width=round(1000 * count / top),
        )
        for pod, count in sorted(by_pod.items())
    )


def _ideal(by_pod: Mapping[str, int]) -> int:
    """Return where the even share stands on bars that are scaled to the largest one."""
    if len(by_pod) < 2:
        return 0
    return min(994, round(1000 * (sum(by_pod.values()) / len(by_pod)) / max(by_pod.values())))


def _outcomes(by_outcome: Mapping[str, int]) -> Iterable[Bar]:
    for outcome, count in sorted(by_outcome.items(), key=lambda pair: -pair[1]):
        yield Bar("", headline(outcome), count, "", 0)


def fix(found: Json | None) -> FixView | None:
    """Tell a fix and how its trial went; None for none."""
    if not found:
        return None
    tried = words.say("tried", arrived=found["arrived"], sent=found["sent"]) if found.get("sent") else ""
    changes = "patch" if found.get("target") else "request" if found.get("request") else ""
    return FixView(
        str(found["description"]), str(found.get("command") or ""), changes, tried, bool(found.get("arrived"))
    )


def _excluded(first: Json) -> Iterable[Excluded]:
    traces = _traces(first)
    for other in traces[-1].get("ruled_out") or () if traces else ():
        yield Excluded(str(other.get("title", "")), str(other.get("why", "")))
