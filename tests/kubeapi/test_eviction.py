"""Evictions over the API, and what the real kubectl drain makes of a disruption budget."""

from __future__ import annotations

import json
from pathlib import Path

from tests.playground import Playground
from tests.served import Served

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


def test_drain_waits_for_the_budget_and_goes_on_when_it_allows(server: Served, home: Path) -> None:
    play = Playground(server.url, home, {"scenario": "first-steps", "time": "instant", "seed": 7})
    made = play.kubectl("create", "pdb", "web", "--selector=app=web", "--max-unavailable=0")
    assert made.returncode == 0, made.stderr
    pods = json.loads(play.kubectl("get", "pods", "-l", "app=web", "-o", "json").stdout)["items"]
    name, node = pods[0]["metadata"]["name"], pods[0]["spec"]["nodeName"]
    asked = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "default"}}
    answer = play.api(f"/api/v1/namespaces/default/pods/{name}/eviction", "POST", asked)
    assert answer.status == 429
    assert "retry-after" not in answer.headers
    told = answer.json()
    assert (told["message"], told["reason"], told["code"]) == (REFUSED, "TooManyRequests", 429)
    count = len(pods)
    cause = f"The disruption budget web needs {count} healthy pods and has {count} currently"
    assert told["details"] == {"causes": [{"reason": "DisruptionBudget", "message": cause}]}

    arguments = ("drain", node, "--ignore-daemonsets", "--force", "--delete-emptydir-data")
    waited = play.kubectl(*arguments, "--timeout=3s")
    assert waited.returncode == 1
    assert f'error when evicting pods/"{name}" -n "default" (will retry after 5s): {REFUSED}' in waited.stderr
    assert play.kubectl("patch", "pdb", "web", "-p", '{"spec":{"maxUnavailable":1}}').returncode == 0
    done = play.kubectl(*arguments)
    assert done.returncode == 0, done.stderr
    assert f"node/{node} drained" in done.stdout
