"""Sending a request: the walk, its record in the journal, and the nearest fix of one that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.cluster import journal
from app.dataplane import requests
from app.engine import commands, run, trials

KEPT_RESULTS = 3
"""Results of one call that its entry keeps; the summary counts them all."""

PATIENCE = 5_000
"""Objects in a cluster up to which a failed request looks for its nearest fix at once."""


def send(under_way: run.Run, command: commands.Send) -> dict[str, Any]:
    """Walk the request, record it, and return the answer of the requests route."""
    request = requests.parse(command.asked)
    if command.known is not None:
        request = replace(request, origin=replace(request.origin, by_container=True))
    completed = requests.run(under_way.state, request, under_way.env)
    answer = requests.to_json(completed, command.asked)
    if command.known is not None and kind_of(command.asked, answer) in command.known:
        return answer
    if _failed(answer) and _small(under_way):
        proof = trials.nearest_fix(under_way.state, completed, command.asked, under_way.env)
        if proof is not None:
            answer["fix"] = proof.to_json()
    if command.record:
        for place, number in completed.turns.items():
            under_way.state.set_cursor(place, number)
        under_way.append(journal.RequestCompleted(_kept(answer, completed, command)))
    return answer


def kind_of(asked: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Name what a request came to: two of the same name differ in nothing that a learner would look at twice."""
    result = answer["results"][0]
    verdict = result.get("trace") or result.get("dns_trace") or {}
    served = result.get("served_by") or {}
    parts = (asked.get("to"), result["outcome"], result.get("http_status"), verdict.get("reason"), served.get("name"))
    return " ".join(str(part or "-") for part in parts)


def _failed(answer: dict[str, Any]) -> bool:
    summary = answer["summary"]
    return bool(summary["by_outcome"].get("ok", 0) < summary["sent"])


def _small(under_way: run.Run) -> bool:
    return sum(len(c.objects) for c in under_way.state.collections.values()) <= PATIENCE


def _kept(answer: dict[str, Any], completed: requests.Completed, command: commands.Send) -> dict[str, Any]:
    kept = {**answer, "asked": dict(command.asked)}
    if completed.pins:
        kept["affinity"] = [[*key, endpoint] for key, endpoint in completed.pins.items()]
    if completed.connection is not None:
        kept["connections"] = [[*completed.connection]]
    if "results" in kept:
        kept["results"] = kept["results"][:KEPT_RESULTS]
    return kept
