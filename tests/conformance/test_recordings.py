"""What a real control plane (v1.36) answered to kubectl 1.36, and what a playground answers to the same steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import comparing, replaying
from tests.playground import Playground
from tests.served import served

RECORDED = Path(__file__).with_name("recorded")
SCENARIOS = sorted(path.name for path in RECORDED.iterdir())


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A bare control plane, as the recordings were made on: no node of its own, no scheduler, no cloud."""
    home = tmp_path_factory.mktemp("conformance")
    with served(home / "podlane.db") as server:
        made = Playground(server.url, home, {"time": "instant", "nodes": 0})
        replaying.make_nodes(made)
        yield made


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_playground_answers_as_the_recorded_cluster(bare: Playground, scenario: str) -> None:
    wanted = comparing.comparable(_recorded(scenario))
    found = comparing.comparable(replaying.replay(bare, RECORDED / scenario))
    for number, (want, got) in enumerate(zip(wanted, found, strict=True)):
        assert got == want, f"answer {number} of {scenario}"


def _recorded(scenario: str) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = json.loads((RECORDED / scenario / "expected.json").read_text())["results"]
    return answers


def test_a_difference_is_seen() -> None:
    table = "NAME   READY\nb      1\na      2\n"
    assert comparing.comparable([{"stdout": table}]) == comparing.comparable([{"stdout": "NAME  READY\na  2\nb  1\n"}])
    assert comparing.comparable([{"stdout": table}]) != comparing.comparable([{"stdout": table.replace("2", "3")}])
