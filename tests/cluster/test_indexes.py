"""Label and selector indexes answer what a plain scan answers, in the same order everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster import indexes, queue
from app.machinery.objects import Key

NAMES = st.sampled_from(["app", "tier", "track"])
VALUES = st.sampled_from(["web", "api", "db", ""])
LABELS = st.dictionaries(NAMES, VALUES, max_size=3)


def key(name: str, namespace: str = "shop") -> Key:
    return Key("", "pods", namespace, name)


@given(st.lists(LABELS, max_size=12), st.dictionaries(NAMES, VALUES, min_size=1, max_size=3))
def test_label_index_finds_what_a_scan_finds(pods: list[dict[str, str]], selector: dict[str, str]) -> None:
    index = indexes.LabelIndex()
    for number, labels in enumerate(pods):
        index.add(key(f"p{number}"), labels)
    scanned = [key(f"p{n}") for n, labels in enumerate(pods) if selector.items() <= labels.items()]
    assert list(index.matching("shop", selector)) == scanned
    assert list(index.matching("other", selector)) == []


@given(st.lists(LABELS, max_size=12), LABELS)
def test_selector_index_finds_every_selector_the_labels_satisfy(
    selectors: list[dict[str, str]], labels: dict[str, str]
) -> None:
    index = indexes.SelectorIndex()
    for number, selector in enumerate(selectors):
        index.add(key(f"s{number}"), selector, next(iter(selector.items()), None))
    matching = {key(f"s{n}") for n, selector in enumerate(selectors) if selector.items() <= labels.items()}
    found = list(index.matching("shop", labels))
    assert set(found) == matching
    assert len(found) == len(set(found))
    for number in range(len(selectors)):
        index.remove(key(f"s{number}"))
    assert list(index.matching("shop", labels)) == []
    assert not index.filed.terms and not index.unfiled.terms


def test_forgetting_labels_leaves_nothing_behind() -> None:
    index = indexes.LabelIndex()
    index.add(key("a"), {"app": "web"})
    index.remove(key("a"), {"app": "web"})
    assert index.pairs.terms == {}


def test_a_key_waits_once_and_a_lane_is_emptied_before_the_next() -> None:
    work = queue.WorkQueue()
    work.add(1, key("late"), 5)
    work.add(0, key("first"), 6)
    work.add(1, key("late"), 7, fired=True)
    work.add(1, key("later"), 8)
    assert work
    assert work.pop() == queue.Work(0, key("first"), 6, False)
    assert work.pop() == queue.Work(1, key("late"), 7, True)
    work.add(0, key("again"), 9)
    assert work.pop() == queue.Work(1, key("later"), 8, False)
    assert work.pop() == queue.Work(0, key("again"), 9, False)
    assert work.pop() is None
    assert not work


@pytest.mark.parametrize("count", [3, 3_000])
def test_keys_leave_in_the_order_they_came(count: int) -> None:
    work = queue.WorkQueue()
    for number in range(count):
        work.add(0, key(str(number)), number)
    assert [work.pop().key.name for _ in range(count)] == [str(n) for n in range(count)]  # type: ignore[union-attr]
