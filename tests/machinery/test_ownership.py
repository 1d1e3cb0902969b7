"""Field ownership as rules: sets, merges, and what any sequence of applications and updates keeps to."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.machinery import errors, fieldsets, ownership, structured, typed_faults
from app.machinery.ownership import APPLY, UPDATE, Managed, Owner, Writer

NODE = structured.root("v1", "Service")
NAMES = st.sampled_from(["ann", "bob", "carl"])
LABELS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]), max_size=3)
PORT = st.fixed_dictionaries(
    {"port": st.sampled_from([80, 443, 53])},
    optional={"name": st.sampled_from(["x", "y"]), "protocol": st.sampled_from(["TCP", "UDP"])},
)


def _config(
    labels: dict[str, str], finalizers: list[str], ports: list[dict[str, Any]], selector: Any
) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if ports:
        spec["ports"] = ports
    if selector is not None:
        spec["selector"] = selector
    meta: dict[str, Any] = {"name": "s"}
    if labels:
        meta["labels"] = labels
    if finalizers:
        meta["finalizers"] = finalizers
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


CONFIGS = st.builds(
    _config,
    LABELS,
    st.lists(st.sampled_from(["f.io/1", "f.io/2"]), unique=True),
    st.lists(PORT, max_size=3, unique_by=lambda port: (port["port"], port.get("protocol", "TCP"))),
    st.none() | LABELS.filter(bool),
)
STEPS = st.lists(st.tuples(st.sampled_from([APPLY, UPDATE]), NAMES, CONFIGS, st.booleans()), min_size=1, max_size=6)
EMPTY: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {}}


def _after(steps: list[tuple[str, str, dict[str, Any], bool]]) -> tuple[dict[str, Any], Managed]:
    live, managed = EMPTY, {}
    for operation, name, config, force in steps:
        live, managed = _step(live, managed, (operation, name, config, force))
    return live, managed


def _step(
    live: dict[str, Any], managed: Managed, step: tuple[str, str, dict[str, Any], bool]
) -> tuple[dict[str, Any], Managed]:
    operation, name, config, force = step
    if operation == UPDATE:
        return config, ownership.update(managed, live, config, Writer(name, "now"))
    try:
        merged = ownership.apply(managed, live, config, Writer(name, "now"), force=force)
    except errors.Conflict:
        return live, managed
    return merged.obj, merged.managed


def _owned(managed: Managed) -> fieldsets.Tree:
    everything: fieldsets.Tree = {}
    for held in managed.values():
        everything = fieldsets.union(everything, held.fields)
    return everything


@given(STEPS, NAMES, CONFIGS)
@settings(deadline=None)
def test_applying_twice_changes_nothing_more(steps: Any, name: str, config: dict[str, Any]) -> None:
    live, managed = _step(*_after(steps), (APPLY, name, config, True))
    assert _step(live, managed, (APPLY, name, config, False)) == (live, managed)


@given(STEPS, NAMES, CONFIGS)
@settings(deadline=None)
def test_what_was_applied_holds_and_is_the_appliers(steps: Any, name: str, config: dict[str, Any]) -> None:
    live, managed = _step(*_after(steps), (APPLY, name, config, True))
    assert structured.compare(live, structured.merge(live, config, NODE), NODE).same
    mine = ownership.stripped(structured.fields(config, NODE))
    held = managed.get(Owner(name, APPLY, "", ""))
    assert (held.fields if held else {}) == mine


@given(STEPS, NAMES, CONFIGS)
@settings(deadline=None)
def test_a_field_goes_only_when_its_applier_drops_it_and_nobody_else_owns_it(
    steps: Any, name: str, config: dict[str, Any]
) -> None:
    before, managed = _after(steps)
    me = Owner(name, APPLY, "", "")
    after, _ = _step(before, managed, (APPLY, name, config, True))
    gone = ownership.stripped(structured.compare(before, after, NODE).removed)
    mine = structured.with_named(managed[me].fields if me in managed else {}, NODE)
    assert fieldsets.without(gone, mine) == {}
    others = _owned({owner: held for owner, held in managed.items() if owner != me})
    for path in fieldsets.paths(fieldsets.intersection(gone, others)):
        # What others own goes only with a list member that the applier owned as a whole, or as a list left empty.
        emptied = any(lost[: len(path)] == path and lost != path for lost in fieldsets.paths(mine))
        assert emptied or any(element[0] in "kv" for element in path[:-1])


@given(STEPS, NAMES, CONFIGS)
@settings(deadline=None)
def test_without_force_others_keep_their_values(steps: Any, name: str, config: dict[str, Any]) -> None:
    before, managed = _after(steps)
    kept = copy.deepcopy((before, managed))
    after, then = _step(before, managed, (APPLY, name, config, False))
    assert (before, managed) == kept
    me = Owner(name, APPLY, "", "")
    found = structured.compare(before, after, NODE)
    for owner, held in managed.items():
        if owner != me:
            assert fieldsets.intersection(held.fields, found.modified) == {}
            lost = fieldsets.difference(held.fields, then[owner].fields if owner in then else {})
            assert fieldsets.difference(lost, found.removed) == {}


@given(STEPS, NAMES, CONFIGS)
@settings(deadline=None)
def test_an_update_owns_alone_what_it_sets(steps: Any, name: str, config: dict[str, Any]) -> None:
    before, managed = _after(steps)
    after, then = _step(before, managed, (UPDATE, name, config, False))
    found = structured.compare(before, after, NODE)
    changed = ownership.stripped(fieldsets.union(found.modified, found.added))
    me = Owner(name, UPDATE, "v1", "")
    assert fieldsets.difference(changed, then[me].fields if me in then else {}) == {}
    others = _owned({owner: held for owner, held in then.items() if owner != me})
    assert fieldsets.intersection(others, changed) == {}
    assert fieldsets.intersection(_owned(then), ownership.stripped(found.removed)) == {}


@given(STEPS)
@settings(deadline=None)
def test_every_owned_field_is_there(steps: Any) -> None:
    live, managed = _after(steps)
    there = structured.with_named(structured.fields(live, NODE), NODE)
    whole = structured.compare({"metadata": {}}, live, NODE).added
    assert fieldsets.difference(_owned(managed), fieldsets.union(there, whole)) == {}


@given(STEPS)
@settings(deadline=None)
def test_what_is_made_is_all_that_is_added(steps: Any) -> None:
    live, _ = _after(steps)
    assert structured.made(live, NODE) == structured.compare({}, live, NODE).added


@given(STEPS)
@settings(deadline=None)
def test_the_list_says_it_all(steps: Any) -> None:
    _, managed = _after(steps)
    assert ownership.read(ownership.write(managed)) == managed


@given(STEPS, STEPS)
@settings(deadline=None)
def test_sets_are_sets(one: Any, other: Any) -> None:
    left, right = _owned(_after(one)[1]), _owned(_after(other)[1])
    members = {side: set(fieldsets.paths(tree)) for side, tree in (("l", left), ("r", right))}
    assert set(fieldsets.paths(fieldsets.union(left, right))) == members["l"] | members["r"]
    assert set(fieldsets.paths(fieldsets.difference(left, right))) == members["l"] - members["r"]
    assert set(fieldsets.paths(fieldsets.intersection(left, right))) == members["l"] & members["r"]
    assert fieldsets.decode_root(fieldsets.encode(left)) == left


@given(STEPS, NAMES, CONFIGS, st.booleans())
@settings(deadline=None)
def test_a_step_taken_back_leaves_the_owners_of_before(
    steps: Any, name: str, config: dict[str, Any], applies: bool
) -> None:
    live, managed = _after(steps)
    _, then = _step(live, managed, (APPLY if applies else UPDATE, name, config, True))
    assert ownership.taken_back(then, then, managed) == managed


def test_the_oldest_updaters_become_one() -> None:
    live, managed = EMPTY, {}
    for number in range(14):
        labels = {**live["metadata"].get("labels", {}), f"l{number}": "x"}
        after = {**live, "metadata": {"name": "s", "labels": labels}}
        managed = ownership.update(managed, live, after, Writer(f"tool-{number:02}", f"2026-01-01T00:00:{number:02}Z"))
        live = after
    assert len(managed) == ownership.MOST_UPDATERS
    oldest = managed[Owner(ownership.ANCIENT, UPDATE, "v1", "")]
    assert sorted(oldest.fields["f:metadata"]["f:labels"]) == [".", *(f"f:l{number}" for number in range(5))]
    assert set(fieldsets.paths(_owned(managed))) >= {("f:metadata", "f:labels", f"f:l{n}") for n in range(14)}


LISTS = [
    ("the applied order holds for shared members", [80, 443], [443, 80], [443, 80]),
    ("what others have stays where it stood", [80, 53], [443], [80, 53, 443]),
    ("new members come in the applied order", [80], [443, 80, 53], [443, 80, 53]),
]


@pytest.mark.parametrize(("live", "applied", "wanted"), [row[1:] for row in LISTS], ids=[row[0] for row in LISTS])
def test_lists_merge_by_their_keys(live: list[int], applied: list[int], wanted: list[int]) -> None:
    def ports(numbers: list[int]) -> dict[str, Any]:
        return {"spec": {"ports": [{"port": number} for number in numbers]}}

    assert structured.merge(ports(live), ports(applied), NODE) == ports(wanted)


FAULTS = [
    ({"selector": {}}, ".selector: field not declared in schema"),
    ({"spec": {"ports": {"port": 80}}}, ".spec.ports: expected list, got &{map[port:80]}"),
    ({"spec": {"type": 3}}, ".spec.type: expected string, got &value.valueUnstructured{Value:3}"),
    ({"spec": {"ports": [{"port": "80"}]}}, '.spec.ports[port="80",protocol="TCP"].port: expected numeric (int or float), got string'),
    ({"a": 1, "spec": {"b": 2}}, "errors:\n  .a: field not declared in schema\n  .spec.b: field not declared in schema"),
    ({"spec": {"selector": "x"}}, ".spec.selector: expected map, got &{x}"),
    ({"metadata": {"finalizers": ["a", "a"]}}, '.metadata.finalizers: duplicate entries for key [="a"]'),
    ({"spec": {"selector": None}}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("body", "sentence"), FAULTS, ids=[str(row[0]) for row in FAULTS])
def test_a_body_of_the_wrong_type_is_named(body: dict[str, Any], sentence: str) -> None:
    assert typed_faults.sentence(body, NODE) == sentence
