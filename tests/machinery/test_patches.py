"""Patches: what goes in stays as it was, what comes out is what the RFCs and upstream say."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.machinery import errors, merge_keys, patches

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2, allow_nan=False) | st.sampled_from("abc")
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)
SERVICE = merge_keys.of("v1", "Service")
DEPLOYMENT = merge_keys.of("apps/v1", "Deployment")
POD = merge_keys.of("v1", "Pod")
BUDGET = merge_keys.of("policy/v1", "PodDisruptionBudget")


def exact(value: Any) -> str:
    """Write JSON so that 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


@given(before=JSON, after=JSON)
def test_a_delta_restores_every_json_value_exactly(before: Any, after: Any) -> None:
    witness = copy.deepcopy((before, after))
    delta = json.loads(json.dumps(patches.diff(before, after)))
    assert exact(patches.undiff(before, delta)) == exact(after)
    assert exact(witness) == exact((before, after))


@given(value=JSON)
def test_no_change_is_the_empty_delta(value: Any) -> None:
    assert patches.diff(value, copy.deepcopy(value)) == []
    assert patches.undiff(value, []) is value


def test_a_delta_shares_what_it_does_not_touch() -> None:
    before = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}, {"port": 81}], "type": "ClusterIP"}}
    after = {**before, "spec": {**before["spec"], "type": "NodePort"}}
    restored = patches.undiff(before, patches.diff(before, after))
    assert restored["metadata"] is before["metadata"]
    assert restored["spec"]["ports"] is before["spec"]["ports"]


@pytest.mark.parametrize(
    ("before", "after", "delta"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, {"b": 0}),
        ({"a": 1}, {"a": None}, {"a": [None]}),
        ({"a": 1}, {"a": True}, {"a": [True]}),
        ({"a": [1, 2, 3]}, {"a": [1, 2, 3, 4]}, {"a": [3, 0, [4]]}),
        ({"a": [1, 2, 3]}, {"a": [2, 3]}, {"a": [0, 2, []]}),
        ({"a": [{"x": 1, "y": 2}, 5]}, {"a": [{"x": 1, "y": 3}, 5]}, {"a": [0, [{"y": [3]}]]}),
        ({}, {"a": 1}, [{"a": 1}]),
        ({"a": 1}, {}, [{}]),
        ([], {}, [{}]),
    ],
)
def test_a_delta_is_compact(before: Any, after: Any, delta: Any) -> None:
    assert patches.diff(before, after) == delta
    assert exact(patches.undiff(before, delta)) == exact(after)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_is_rfc_7386(target: Any, patch: Any, result: Any) -> None:
    before = copy.deepcopy(target)
    assert patches.merge_patch(target, patch) == result
    assert target == before


@given(target=JSON, patch=JSON)
def test_merge_patch_twice_is_merge_patch_once(target: Any, patch: Any) -> None:
    once = patches.merge_patch(target, patch)
    assert exact(patches.merge_patch(once, patch)) == exact(once)


@pytest.mark.parametrize(
    ("target", "operations", "result"),
    [
        ({}, [{"op": "add", "path": "/a", "value": 1}], {"a": 1}),
        ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
        ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
        ({"a": 1}, [{"op": "remove", "path": "/a"}], {}),
        ({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ({"a": 1}, [{"op": "replace", "path": "/a", "value": None}], {"a": None}),
        ({"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/c"}], {"a": {}, "c": 1}),
        ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
        ({"a/b": 1, "c~d": 2}, [{"op": "remove", "path": "/a~1b"}, {"op": "remove", "path": "/c~0d"}], {}),
        ({"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
    ],
)
def test_json_patch_is_rfc_6902(target: Any, operations: list[dict[str, Any]], result: Any) -> None:
    before = copy.deepcopy(target)
    assert patches.json_patch(target, operations) == result
    assert target == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/a", "value": True},
        {"op": "remove", "path": "/nope"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/nope", "value": 1},
        {"op": "add", "path": "/b/7", "value": 1},
        {"op": "add", "path": "/b/01", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "add", "path": "/c"},
        {"op": "add", "path": "c", "value": 1},
        {"op": "move", "from": "/o", "path": "/o/x"},
        {"op": "copy", "from": "/nope", "path": "/x"},
    ],
)
def test_an_operation_that_does_not_apply_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(patches.PatchRefused, match="the server rejected our request") as refusal:
        patches.json_patch({"a": 1, "b": [1], "o": {}}, [operation])
    assert (refusal.value.code, refusal.value.reason) == (422, "Invalid")


@pytest.mark.parametrize("operation", [{"op": "shake", "path": "/a"}, {"path": "/a"}, "remove"])
def test_what_is_no_operation_is_a_bad_request(operation: Any) -> None:
    with pytest.raises(errors.BadRequest):
        patches.json_patch({"a": 1}, [operation])


def test_copies_that_double_themselves_are_refused() -> None:
    operations = [{"op": "copy", "from": "/a", "path": f"/a/{number}"} for number in range(60)]
    with pytest.raises(errors.TooLarge):
        patches.json_patch({"a": {"x": "y" * 100}}, operations)


def ports(*numbers: int, **fields: Any) -> dict[str, Any]:
    return {"spec": {"ports": [{"port": number, **fields} for number in numbers]}}


@pytest.mark.parametrize(
    ("lookup", "target", "patch", "result"),
    [
        (SERVICE, ports(80), ports(90), ports(90, 80)),
        (SERVICE, ports(80, name="a"), ports(80, nodePort=1), ports(80, name="a", nodePort=1)),
        (SERVICE, ports(80, 81), {"spec": {"ports": [{"port": 80, "$patch": "delete"}]}}, ports(81)),
        (SERVICE, ports(80, 81), {"spec": {"ports": [{"port": 90}, {"$patch": "replace"}]}}, ports(90)),
        (SERVICE, {"spec": {"a": 1, "b": 2}}, {"spec": {"$patch": "replace", "c": 3}}, {"spec": {"c": 3}}),
        (SERVICE, {"spec": {"a": 1}}, {"spec": {"$patch": "delete"}}, {"spec": {}}),
        (SERVICE, {"spec": {"selector": {"a": "b"}}}, {"spec": {"selector": None}}, {"spec": {}}),
        (
            SERVICE,
            ports(80, 81),
            {"spec": {"$setElementOrder/ports": [{"port": 81}, {"port": 80}]}},
            ports(81, 80),
        ),
        (
            SERVICE,
            ports(80),
            {
                "spec": {
                    "$setElementOrder/ports": [{"port": 81}],
                    "ports": [{"port": 81}, {"$patch": "delete", "port": 80}],
                }
            },
            ports(81),
        ),
        (SERVICE, {"spec": {"externalIPs": ["a"]}}, {"spec": {"externalIPs": ["b"]}}, {"spec": {"externalIPs": ["b"]}}),
        (
            SERVICE,
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["c"]}},
            {"metadata": {"finalizers": ["c", "a", "b"]}},
        ),
        (
            SERVICE,
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}},
            {"metadata": {"finalizers": ["b"]}},
        ),
        (
            DEPLOYMENT,
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}},
            {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
            {"spec": {"strategy": {"type": "Recreate"}}},
        ),
        (
            POD,
            {"spec": {"containers": [{"name": "a", "image": "x", "ports": [{"containerPort": 80}]}, {"name": "b"}]}},
            {"spec": {"containers": [{"name": "a", "image": "y", "ports": [{"containerPort": 81}]}]}},
            {
                "spec": {
                    "containers": [
                        {"name": "a", "image": "y", "ports": [{"containerPort": 81}, {"containerPort": 80}]},
                        {"name": "b"},
                    ]
                }
            },
        ),
        (merge_keys.replace_all, ports(80), ports(90), ports(90)),
        (
            BUDGET,
            {"spec": {"selector": {"matchLabels": {"app": "a"}}, "minAvailable": 1}},
            {"spec": {"selector": {"matchLabels": {"tier": "b"}}}},
            {"spec": {"selector": {"matchLabels": {"tier": "b"}}, "minAvailable": 1}},
        ),
        (SERVICE, {}, {"spec": {"ports": [{"port": 80, "$patch": "delete"}], "type": None}}, {"spec": {"ports": []}}),
    ],
)
def test_strategic_merge_merges_lists_by_their_key(
    lookup: merge_keys.MergeKeys, target: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]
) -> None:
    before = copy.deepcopy((target, patch))
    assert patches.strategic_merge(target, patch, lookup) == result
    assert (target, patch) == before


def test_a_member_without_its_merge_key_is_a_bad_request() -> None:
    with pytest.raises(errors.BadRequest, match=r"map: map\[name:x\] does not contain declared merge key: port"):
        patches.strategic_merge(ports(80), {"spec": {"ports": [{"name": "x"}]}}, SERVICE)


def test_an_unknown_directive_is_a_bad_request() -> None:
    with pytest.raises(errors.BadRequest):
        patches.strategic_merge({"spec": {}}, {"spec": {"$patch": "shake"}}, SERVICE)


def test_apply_sends_the_patch_that_kubectl_sends() -> None:
    assert patches.three_way_patch(ports(80), ports(81), ports(80, protocol="TCP"), SERVICE) == {
        "spec": {
            "$setElementOrder/ports": [{"port": 81}],
            "ports": [{"port": 81}, {"$patch": "delete", "port": 80}],
        }
    }


@pytest.mark.parametrize(
    ("original", "modified", "current", "result"),
    [
        (ports(80), ports(81), ports(80, protocol="TCP"), ports(81)),
        (ports(80), ports(80), ports(80, protocol="TCP"), ports(80, protocol="TCP")),
        (
            {"spec": {"selector": {"a": "1", "b": "2"}}},
            {"spec": {"selector": {"a": "1"}}},
            {"spec": {"selector": {"a": "1", "b": "2", "c": "3"}, "clusterIP": "10.96.0.5"}},
            {"spec": {"selector": {"a": "1", "c": "3"}, "clusterIP": "10.96.0.5"}},
        ),
        ({}, {"spec": {"type": "NodePort"}}, {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "NodePort"}}),
        (
            ports(80),
            ports(80, 90),
            ports(80, nodePort=1),
            {"spec": {"ports": [{"port": 80, "nodePort": 1}, {"port": 90}]}},
        ),
        (
            ports(80, name="a", targetPort=1),
            ports(80, name="a"),
            ports(80, name="a", targetPort=1, protocol="TCP"),
            ports(80, name="a", protocol="TCP"),
        ),
        (ports(80, 81), ports(81, 80), ports(80, 81), ports(81, 80)),
        (
            {"metadata": {"labels": {"a": "b"}}},
            {"metadata": {}},
            {"metadata": {"labels": {"a": "b"}}},
            {"metadata": {}},
        ),
    ],
)
def test_apply_removes_what_left_the_file_and_keeps_what_others_set(
    original: dict[str, Any], modified: dict[str, Any], current: dict[str, Any], result: dict[str, Any]
) -> None:
    before = copy.deepcopy((original, modified, current))
    assert patches.three_way(original, modified, current, SERVICE) == result
    assert (original, modified, current) == before


def test_apply_of_the_same_file_is_an_empty_patch() -> None:
    file = {"metadata": {"name": "web"}, **ports(80, 81)}
    live = {"metadata": {"name": "web", "uid": "1"}, **ports(80, 81, protocol="TCP")}
    assert patches.three_way_patch(file, file, live, SERVICE) == {}


@given(numbers=st.lists(st.integers(1, 9), unique=True), file=st.lists(st.integers(1, 9), unique=True, min_size=1))
def test_apply_makes_the_live_ports_those_of_the_file(numbers: list[int], file: list[int]) -> None:
    result = patches.three_way(ports(*numbers), ports(*file), ports(*numbers), SERVICE)
    assert result == ports(*file)


@given(target=MAPPINGS, patch=MAPPINGS)
def test_a_strategic_merge_without_keys_is_a_merge_patch(target: dict[str, Any], patch: dict[str, Any]) -> None:
    merged = patches.strategic_merge(target, patch, merge_keys.replace_all)
    assert set(merged) == set(patches.merge_patch(target, patch))
