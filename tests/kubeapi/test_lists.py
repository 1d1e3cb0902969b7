"""LIST as client-go and kubectl rely on it: revisions, pages, selectors, in the API server's own words."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.playground import Playground
from tests.served import Served

NAMES = [f"m{number:02d}" for number in range(10)]
MAPS = "/api/v1/namespaces/lists/configmaps"


@pytest.fixture(scope="module")
def lists(server: Served, home: Any) -> Playground:
    """A playground with ten ConfigMaps in one namespace, and nothing that moves."""
    made = Playground(server.url, home, {"time": "instant", "nodes": 0})
    for namespace in ("lists", "lists-b"):
        made.api("/api/v1/namespaces", "POST", {"metadata": {"name": namespace}})
    for name in reversed(NAMES):
        odd = str(int(name[1:]) % 2)
        made.api(MAPS, "POST", {"metadata": {"name": name, "labels": {"odd": odd}}})
    made.api("/api/v1/namespaces/lists-b/configmaps", "POST", {"metadata": {"name": "other"}})
    return made


def names(listed: dict[str, Any]) -> list[str]:
    return [obj["metadata"]["name"] for obj in listed["items"] if obj["metadata"]["name"] != "kube-root-ca.crt"]


def head(playground: Playground) -> int:
    return int(playground.api("/api/v1/namespaces").json()["metadata"]["resourceVersion"])


REFUSED = [
    ("resourceVersion=x", 400, 'invalid resource version: strconv.ParseUint: parsing "x": invalid syntax'),
    ("resourceVersion=-1", 400, 'invalid resource version: strconv.ParseUint: parsing "-1": invalid syntax'),
    (
        "resourceVersionMatch=Exact",
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
        "resourceVersionMatch is forbidden unless resourceVersion is provided",
    ),
    (
        "resourceVersion=1&resourceVersionMatch=Newest",
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Newest": '
        'supported values: "Exact", "NotOlderThan", ""',
    ),
    (
        "resourceVersion=0&resourceVersionMatch=Exact",
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: '
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ),
    (
        "sendInitialEvents=true",
        422,
        'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ),
    ("limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("continue=nonsense", 400, "invalid continue token: "),
    (
        "continue=" + base64.urlsafe_b64encode(b'{"v":"v0","rv":3,"start":"a"}').decode(),
        400,
        "invalid continue token: ",
    ),
    ("labelSelector=a b", 400, "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ("labelSelector=a in b", 400, "unable to parse requirement: "),
    ("fieldSelector=data.a=b", 400, "field label not supported: data.a"),
    ("fieldSelector=metadata.name", 400, "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
    ("includeObject=All", 400, 'unrecognized includeObject value: "All"'),
]


@pytest.mark.parametrize(("query", "code", "message"), REFUSED, ids=[row[0][:40] for row in REFUSED])
def test_what_makes_no_sense_is_refused_in_the_servers_words(
    lists: Playground, query: str, code: int, message: str
) -> None:
    found = lists.api(f"{MAPS}?{query.replace(' ', '%20')}")
    assert found.status == code, found
    status = found.json()
    assert status["kind"] == "Status" and status["code"] == code
    assert status["message"].startswith(message), status


def test_a_revision_still_to_come_is_a_timeout_that_says_when_to_ask_again(lists: Playground) -> None:
    for path in (MAPS, f"{MAPS}/m00"):
        found = lists.api(f"{path}?resourceVersion=99999999")
        status = found.json()
        assert (found.status, status["reason"]) == (504, "Timeout")
        assert status["message"] == f"Too large resource version: 99999999, current: {head(lists)}"
        assert status["details"]["retryAfterSeconds"] == 1
        assert status["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


@pytest.mark.parametrize("query", ["", "resourceVersion=0", "resourceVersion=1", "resourceVersion=", "foo=bar"])
def test_the_present_is_listed_in_the_order_of_names(lists: Playground, query: str) -> None:
    listed = lists.api(f"{MAPS}?{query}").json()
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert names(listed) == NAMES
    assert int(listed["metadata"]["resourceVersion"]) == head(lists)
    assert not any("kind" in obj or "apiVersion" in obj for obj in listed["items"])


def test_namespaces_follow_each_other_as_their_storage_keys_do(lists: Playground) -> None:
    listed = lists.api("/api/v1/configmaps").json()
    places = [f"{obj['metadata']['namespace']}/{obj['metadata']['name']}" for obj in listed["items"]]
    assert places == sorted(places)
    assert places.index("lists-b/other") < places.index("lists/m00")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("labelSelector=odd=1", NAMES[1::2]),
        ("labelSelector=odd!=1", NAMES[0::2]),
        ("labelSelector=odd in (0,2)", NAMES[0::2]),
        ("labelSelector=!odd", []),
        ("fieldSelector=metadata.name=m03", ["m03"]),
        ("fieldSelector=metadata.name=nope", []),
        ("fieldSelector=metadata.name=m03,metadata.namespace=lists", ["m03"]),
        ("fieldSelector=metadata.name!=m03", [name for name in NAMES if name != "m03"]),
        ("fieldSelector=metadata.name=m03&labelSelector=odd=0", []),
    ],
)
def test_selectors_choose(lists: Playground, query: str, expected: list[str]) -> None:
    assert names(lists.api(f"{MAPS}?{query.replace(' ', '%20')}").json()) == expected


def pages(playground: Playground, path: str, between: Callable[[int], None] = lambda _: None) -> list[dict[str, Any]]:
    """All pages of a list; `between` is called with the number of pages read so far."""
    found = [playground.api(path).json()]
    while token := found[-1]["metadata"].get("continue"):
        between(len(found))
        found.append(playground.api(f"{path}&continue={token}").json())
    return found


def test_pages_show_the_state_of_the_first_whatever_happens_meanwhile(lists: Playground) -> None:
    def disturb(count: int) -> None:
        lists.api(MAPS, "POST", {"metadata": {"name": f"m{count:02d}-new"}})
        lists.api(f"{MAPS}/m09", "PATCH", {"data": {"n": str(count)}}, {"Content-Type": "application/merge-patch+json"})

    found = pages(lists, f"{MAPS}?limit=3", disturb)
    lists.api(f"{MAPS}?labelSelector=!odd", "DELETE")
    assert [len(page["items"]) for page in found] == [3, 3, 3, 2]
    assert [page["metadata"].get("remainingItemCount") for page in found] == [8, 5, 2, None]
    assert [name for page in found for name in names(page)] == NAMES
    assert len({page["metadata"]["resourceVersion"] for page in found}) == 1
    assert "n" not in found[-1]["items"][-1].get("data", {})


def test_pages_of_a_selection_do_not_count_what_remains(lists: Playground) -> None:
    found = pages(lists, f"{MAPS}?limit=2&labelSelector=odd=1")
    assert [name for page in found for name in names(page)] == NAMES[1::2]
    assert not any("remainingItemCount" in page["metadata"] for page in found)


def test_a_list_from_whatever_is_at_hand_is_not_cut(lists: Playground) -> None:
    assert "continue" not in lists.api(f"{MAPS}?limit=2&resourceVersion=0").json()["metadata"]


def test_a_page_does_not_say_which_revision_it_wants(lists: Playground) -> None:
    first = lists.api(f"{MAPS}?limit=2").json()["metadata"]
    found = lists.api(f"{MAPS}?limit=2&continue={first['continue']}&resourceVersion={first['resourceVersion']}")
    assert found.status == 400
    assert found.json()["message"] == "specifying resource version is not allowed when using continue"


def test_an_exact_revision_is_listed_as_it_was(lists: Playground) -> None:
    before = head(lists)
    lists.api(MAPS, "POST", {"metadata": {"name": "later"}})
    query = f"resourceVersion={before}&resourceVersionMatch="
    assert names(lists.api(f"{MAPS}?{query}Exact").json()) == NAMES
    assert names(lists.api(f"{MAPS}?{query}NotOlderThan").json()) == ["later", *NAMES]
    first = lists.api(f"{MAPS}?limit=4&{query}Exact").json()
    rest = lists.api(f"{MAPS}?limit=40&continue={first['metadata']['continue']}").json()
    assert names(first) + names(rest) == NAMES
    assert rest["metadata"]["resourceVersion"] == str(before)
    lists.api(f"{MAPS}/later", "DELETE")


def test_a_table_has_the_same_pages(lists: Playground) -> None:
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    first = lists.api(f"{MAPS}?limit=4", headers=table).json()
    assert first["kind"] == "Table" and len(first["rows"]) == 4
    assert first["metadata"]["remainingItemCount"] == 7
    rest = lists.api(f"{MAPS}?limit=40&continue={first['metadata']['continue']}", headers=table).json()
    assert [row["cells"][0] for page in (first, rest) for row in page["rows"]] == ["kube-root-ca.crt", *NAMES]


def test_metadata_alone_is_listed_too(lists: Playground) -> None:
    accept = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"}
    listed = lists.api(MAPS, headers=accept).json()
    assert (listed["kind"], listed["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert {obj["kind"] for obj in listed["items"]} == {"PartialObjectMetadata"}
    assert names(listed) == NAMES


def test_a_token_can_be_taken_apart_as_the_real_one(lists: Playground) -> None:
    listed = lists.api("/api/v1/namespaces?limit=2").json()
    token = listed["metadata"]["continue"]
    raw = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert raw["v"] == "meta.k8s.io/v1" and raw["start"].endswith("\0")
    assert raw["rv"] == int(listed["metadata"]["resourceVersion"])


MERGE = {"Content-Type": "application/merge-patch+json"}


def test_who_writes_what_has_changed_meanwhile_is_refused(lists: Playground) -> None:
    stale = lists.api(f"{MAPS}/m05").json()
    fresh = lists.api(f"{MAPS}/m05", "PATCH", {"data": {"a": "1"}}, MERGE).json()
    version = stale["metadata"]["resourceVersion"]
    message = (
        'Operation cannot be fulfilled on configmaps "m05": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    patch = {"metadata": {"resourceVersion": version}, "data": {"a": "2"}}
    for refused in (lists.api(f"{MAPS}/m05", "PUT", stale), lists.api(f"{MAPS}/m05", "PATCH", patch, MERGE)):
        assert refused.status == 409, refused
        assert refused.json()["reason"] == "Conflict" and refused.json()["message"] == message
    assert lists.api(f"{MAPS}/m05", "PUT", {**fresh, "data": {"a": "3"}}).json()["data"] == {"a": "3"}
    del stale["metadata"]["resourceVersion"]
    assert lists.api(f"{MAPS}/m05", "PUT", stale).status == 200


@pytest.mark.parametrize(
    ("preconditions", "says"),
    [
        ({"uid": "no-such"}, "the UID in the precondition (no-such) does not match the UID in record"),
        ({"resourceVersion": "1"}, "the ResourceVersion in the precondition (1) does not match the ResourceVersion in"),
    ],
)
def test_a_deletion_on_a_condition_that_does_not_hold_is_refused(
    lists: Playground, preconditions: dict[str, str], says: str
) -> None:
    refused = lists.api(f"{MAPS}/m05", "DELETE", {"preconditions": preconditions})
    assert refused.status == 409 and says in refused.json()["message"], refused
    assert lists.api(f"{MAPS}/m05").status == 200


def test_a_write_that_changes_nothing_is_no_revision(lists: Playground) -> None:
    before = head(lists)
    same = lists.api(f"{MAPS}/m06").json()
    assert lists.api(f"{MAPS}/m06", "PUT", same).json() == same
    assert lists.api(f"{MAPS}/m06", "PATCH", {"metadata": {"labels": {"odd": "0"}}}, MERGE).json() == same
    assert head(lists) == before
