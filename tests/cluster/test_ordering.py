import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster import ordering
from app.machinery.objects import Key

NAMES = st.text("ab-0.", min_size=1, max_size=3)
KEYS = st.builds(lambda namespace, name: Key("", "pods", namespace, name), NAMES, NAMES)


@given(begun=st.sets(KEYS, max_size=8), turns=st.lists(st.tuples(st.booleans(), KEYS), max_size=30))
def test_an_order_kept_while_keys_come_and_go_is_the_order_made_anew(
    begun: set[Key], turns: list[tuple[bool, Key]]
) -> None:
    present, order = set(begun), ordering.Order.of(begun)
    for comes, key in turns:
        (present.add if comes else present.discard)(key)
        (order.add if comes else order.remove)(key)
    fresh = ordering.Order.of(present)
    assert (order.places, order.keys) == (fresh.places, fresh.keys)
    assert order.places == sorted(order.places) and order.between() == order.keys


@given(keys=st.sets(KEYS, max_size=12), namespace=NAMES, start=NAMES)
def test_a_part_of_an_order_is_what_belongs_to_it(keys: set[Key], namespace: str, start: str) -> None:
    found = ordering.Order.of(keys).between(namespace, f"{namespace}/{start}")
    assert set(found) == {key for key in keys if key.namespace == namespace and key.name >= start}


@pytest.mark.parametrize(
    "places",
    [["a-b/x", "a.b/x", "a/x", "ab/x"], ["kube-node-lease", "kube-public", "kube-system"]],
)
def test_places_stand_as_their_storage_keys_do(places: list[str]) -> None:
    keys = [Key("", "pods", *place.rsplit("/", 1)) if "/" in place else Key("", "nodes", "", place) for place in places]
    assert ordering.Order.of(reversed(keys)).places == places
