"""What really goes wrong with Services: each situation is brought about by ordinary commands, seen as a client sees it,
named by its reason, found by the diagnosis, and mended by the fix that is offered.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import commands, diagnosing
from app.machinery.objects import Key
from tests.cluster_driver import Cluster
from tests.engine.situations import SITUATIONS, Situation, brought_about


def sent(cluster: Cluster, situation: Situation, **more: Any) -> dict[str, Any]:
    asked = {"to": situation.to, "count": 20, **more}
    return cluster.send(situation.origin, asked.pop("to"), **asked)


@pytest.mark.parametrize("situation", list(SITUATIONS.values()), ids=list(SITUATIONS))
def test_a_client_sees_it_and_the_reason_names_the_cause(situation: Situation) -> None:
    answer = sent(brought_about(situation), situation)
    assert set(answer["summary"]["by_outcome"]) == {situation.outcome}
    reasons = {(result.get("trace") or result["dns_trace"])["reason"] for result in answer["results"]}
    assert reasons == {situation.reason}


@pytest.mark.parametrize("situation", list(SITUATIONS.values()), ids=list(SITUATIONS))
def test_the_diagnosis_finds_it_without_a_request(situation: Situation) -> None:
    if not situation.diagnosed:
        # Nothing is wrong with the cluster: the asker is.
        return
    cluster = brought_about(situation)
    codes = {found["code"] for found in diagnosing.findings(cluster.held, cluster.env())}
    assert situation.diagnosed in codes


@pytest.mark.parametrize(
    "situation",
    [one for one in SITUATIONS.values() if one.fixed],
    ids=[name for name, one in SITUATIONS.items() if one.fixed],
)
def test_the_offered_fix_makes_the_request_succeed(situation: Situation) -> None:
    cluster = brought_about(situation)
    fix = sent(cluster, situation)["fix"]
    if fix["target"]:
        cluster.say(commands.Patch("you", Key(**fix["target"]), fix["patch"]))
    again = sent(cluster, situation, **(fix["request"] or {}))
    assert set(again["summary"]["by_outcome"]) == {"ok"}, fix
