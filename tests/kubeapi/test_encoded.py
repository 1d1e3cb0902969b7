import json
from collections.abc import Mapping
from typing import Any

from app.kinds import registry
from app.kubeapi import encoded
from app.machinery.objects import Key

PODS = registry.kind_for_key(Key("", "pods", "", ""))


def pod(name: str) -> Mapping[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"é": ['"', None]}}


def test_a_list_is_the_same_from_memory_and_anew() -> None:
    memory, found = encoded.Encoded(), [pod("a"), pod("b")]
    first = memory.listed(PODS, found, {"resourceVersion": "7"})
    assert memory.listed(PODS, found, {"resourceVersion": "7"}) == first
    assert json.loads(first) == {
        "kind": "PodList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7"},
        "items": [{"metadata": obj["metadata"], "spec": obj["spec"]} for obj in found],
    }
    assert json.loads(memory.listed(PODS, [], {}))["items"] == []
    assert len(json.loads(memory.listed(PODS, found * 100, {}))["items"]) == 200


def test_an_object_that_takes_the_place_of_another_in_memory_is_not_taken_for_it() -> None:
    memory = encoded.Encoded()
    for number in range(3_000):
        assert json.loads(memory.bare(pod(str(number))))["metadata"]["name"] == str(number)


def test_what_was_used_lately_is_kept_within_the_bound() -> None:
    kept: encoded.Bounded[int, str] = encoded.Bounded(100)
    for number in range(1_000):
        kept.put(number, f"n{number}", 4)
        assert kept.get(0) == "n0" and kept.get(number) == f"n{number}"
        assert kept.held <= 50
    found = [number for number in range(1_000) if kept.get(number) is not None]
    assert 12 <= len(found) <= 25 and found[-1] == 999


def test_what_is_larger_than_the_bound_is_kept_alone() -> None:
    kept: encoded.Bounded[str, str] = encoded.Bounded(10)
    kept.put("a", "A", 4)
    kept.put("whale", "W", 50)
    assert kept.get("whale") == "W" and kept.held == 50
    kept.put("b", "B", 4)
    assert (kept.get("b"), kept.get("a"), kept.held) == ("B", None, 4)


def test_a_frame_is_made_once_for_all_who_see_it_alike() -> None:
    memory, made = encoded.Encoded(), []

    def make() -> bytes:
        made.append(1)
        return b"frame"

    for _ in range(500):
        assert memory.frame("whole ADDED", "p", 7, make) == b"frame"
    assert len(made) == 1
    memory.frame("whole ADDED", "q", 7, make)
    memory.frame("metadata ADDED", "p", 7, make)
    memory.frame("whole ADDED", "p", 8, make)
    assert len(made) == 4
