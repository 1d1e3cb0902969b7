"""The answer of a request as JSON, exactly in the contract's shape; what the page adds comes after it."""

from __future__ import annotations

from typing import Any

from app.dataplane import dns, reasons
from app.dataplane.lookup import Lookup
from app.dataplane.packet import Packet, Place
from app.dataplane.sending import Completed, Result
from app.dataplane.trace import Outcome, Step, Trace
from app.machinery.objects import ObjectRef

MOST_CONSIDERED = 50
"""Results whose choices name all candidates; those after them would only say the same."""


def to_json(completed: Completed) -> dict[str, Any]:
    """Write the answer: results with traces, results without, or the summary alone, as was asked."""
    request, summary = completed.request, completed.summary
    body: dict[str, Any] = {}
    if request.trace or request.results:
        body["results"] = [
            result_json(result, request.trace, number < MOST_CONSIDERED)
            for number, result in enumerate(completed.results)
        ]
    body["summary"] = {
        "sent": summary.sent,
        "by_outcome": dict(summary.by_outcome),
        "by_pod": dict(summary.by_pod),
    }
    return body


def result_json(result: Result, traces: bool = True, considered: bool = True) -> dict[str, Any]:
    """Write one result; what does not apply is left out."""
    written: dict[str, Any] = {"outcome": result.outcome.value, "took_ms": result.took_ms}
    if result.http_status:
        written["http_status"] = result.http_status
    if result.served_by is not None:
        by = result.served_by
        written["served_by"] = {
            "namespace": by.namespace,
            "name": by.name,
            "ip": by.ip,
            "port": by.port,
            "node": by.node,
        }
        written["client_ip"] = result.client_ip
    if result.body:
        written["body"] = result.body
    if result.lookup is not None and result.trace is None:
        written["answers"] = [_record(record) for record in result.lookup.records]
    if traces:
        failed = result.outcome is not Outcome.OK
        if result.lookup is not None:
            written["dns_trace"] = _lookup_json(result.lookup, failed and result.trace is None)
        if result.trace is not None:
            written["trace"] = trace_json(result.trace, failed, considered)
    return written


def _lookup_json(found: Lookup, failed: bool) -> dict[str, Any]:
    written = trace_json(found.trace, failed)
    written["queries"] = [
        {
            "name": query.name,
            "type": query.type,
            "rcode": query.rcode,
            "answers": [_record(record) for record in query.answers],
        }
        for query in found.queries
    ]
    return written


def _record(record: dns.Record) -> dict[str, Any]:
    return {"name": record.name, "type": record.type, "ttl": record.ttl, "data": record.value}


def trace_json(trace: Trace, failed: bool, considered: bool = True) -> dict[str, Any]:
    """Write a trace; a failed one carries its headline, its remedy, and what else it could have been."""
    reason = reasons.REASONS[trace.reason]
    written: dict[str, Any] = {
        "disposition": trace.disposition.value,
        "reason": trace.reason,
        "title": reason.title,
        "why": trace.hops[-1].steps[-1].why,
    }
    if failed:
        written["remedy"] = reason.remedy
        written["ruled_out"] = [
            {"reason": other.reason, "title": other.title, "why": other.why} for other in reasons.ruled_out(trace)
        ]
    written["hops"] = [
        {"at": _place(hop.at), "steps": [_step(step, considered) for step in hop.steps]} for hop in trace.hops
    ]
    return written


def _place(place: Place) -> dict[str, str]:
    written = {"kind": place.kind.value, "name": place.name}
    if place.namespace:
        written["namespace"] = place.namespace
    return written


def _step(step: Step, considered: bool) -> dict[str, Any]:
    written: dict[str, Any] = {
        "kind": step.kind.value,
        "action": step.action.value,
        "reason": step.reason,
        "title": reasons.REASONS[step.reason].title,
        "why": step.why,
        "before": _packet(step.before),
        "after": _packet(step.after),
        "because": [reference(ref) for ref in step.because],
    }
    if step.rule:
        written["rule"] = step.rule
    if considered and step.candidates.named:
        written["candidates"] = step.candidates.to_json()
    return written


def reference(ref: ObjectRef) -> dict[str, str]:
    """Write a pointer to an object; one to the whole object has no field."""
    written = {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    if ref.field:
        written["field"] = ref.field
    return written


def _packet(packet: Packet) -> dict[str, Any]:
    return {
        "proto": packet.proto.value,
        "src": packet.src,
        "sport": packet.sport,
        "dst": packet.dst,
        "dport": packet.dport,
    }
