"""Requests are read strictly, counted fairly and quickly, and answered in the contract's shape."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.dataplane import reason, reasons, requests
from app.machinery import errors
from tests.dataplane import clusters

WEB: dict[str, Any] = {
    "pods": [
        {"name": f"web-{number}", "node": f"node-{number}", "labels": {"app": "web"}, "listen": 8080}
        for number in (1, 2, 3)
    ],
    "services": [
        {
            "name": "web",
            "clusterIP": "10.96.41.7",
            "selector": {"app": "web"},
            "ports": [{"port": 80, "targetPort": 8080}],
        },
        {
            "name": "sticky",
            "clusterIP": "10.96.41.8",
            "selector": {"app": "web"},
            "sessionAffinity": "ClientIP",
            "ports": [{"port": 80, "targetPort": 8080}],
        },
        {"name": "hl", "clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 8080}]},
    ],
}
BODY: dict[str, Any] = {"from": {"pod": "default/client"}, "to": "http://web"}


def answer(body: dict[str, Any], seed: int = 7) -> dict[str, Any]:
    completed = requests.run(clusters.build(WEB), requests.parse(body), clusters.env(seed))
    return requests.to_json(completed, body)


BAD = [
    ([], "JSON object"),
    ({**BODY, "form": 1}, 'Unknown field "form"'),
    ({"to": "http://web"}, "`from` must be one of"),
    ({**BODY, "from": {}}, "`from` must be one of"),
    ({**BODY, "from": {"pod": "a/b", "node": "c"}}, "`from` must be one of"),
    ({**BODY, "from": {"robot": "x"}}, "`from` must be one of"),
    ({**BODY, "from": {"pod": 7}}, "`from` must be one of"),
    ({**BODY, "from": {"pod": "a/b/c"}}, "namespace/name"),
    ({**BODY, "from": {"external": "outside"}}, "IPv4 address"),
    ({**BODY, "to": None}, "`to` must be an address"),
    ({**BODY, "to": ""}, "`to` must be an address"),
    ({**BODY, "to": "http://"}, "cannot be read"),
    ({**BODY, "to": "http://we b"}, "cannot be read"),
    ({**BODY, "to": "ftp://web"}, "use one of http, https, tcp, udp, sctp, icmp, dns"),
    ({**BODY, "to": "tcp://web"}, "needs a port"),
    ({**BODY, "to": "http://web:0"}, "between 1 and 65535"),
    ({**BODY, "to": "http://web:http"}, "between 1 and 65535"),
    ({**BODY, "to": "http://web:99999999999999999999"}, "between 1 and 65535"),
    ({**BODY, "to": "http://10.96.41.300"}, "neither a DNS name nor an IPv4 address"),
    ({**BODY, "to": "http://-web"}, "neither a DNS name nor an IPv4 address"),
    ({**BODY, "to": "dns://web?type=ANY"}, "record type"),
    ({**BODY, "count": "3"}, "whole number"),
    ({**BODY, "count": True}, "whole number"),
    ({**BODY, "trace": "no"}, "true or false"),
    ({**BODY, "headers": ["Host"]}, "`headers` must be an object"),
    ({**BODY, "headers": {"Host": 3}}, "header name with a text"),
    ({**BODY, "headers": {"Host": "a\r\nb"}}, "one line"),
    ({**BODY, "via": "node-1"}, "`via` must be"),
]


@pytest.mark.parametrize(("body", "words"), BAD, ids=[words + str(number) for number, (_, words) in enumerate(BAD)])
def test_what_cannot_be_read_is_refused_in_words_to_act_on(body: Any, words: str) -> None:
    with pytest.raises(errors.BadRequest) as refusal:
        requests.parse(body)
    assert words in refusal.value.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**BODY, "count": 0}, "count: Invalid value: 0: must be between 1 and 100000"),
        ({**BODY, "count": 100_001, "trace": False}, "count: Invalid value: 100001"),
        ({**BODY, "count": 1001}, "trace: Invalid value: true: must be false when count is over 1000"),
        ({**BODY, "count": 1001, "trace": False, "results": True}, "results: Invalid value"),
        ({**BODY, "via": {"node": "node-1"}}, "via: Invalid value"),
    ],
)
def test_limits_are_said(body: dict[str, Any], words: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        requests.parse(body)
    assert words in refusal.value.message


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({**BODY, "from": {"pod": "default/nobody"}}, errors.NotFound, 'pods "nobody" not found'),
        ({**BODY, "from": {"node": "nowhere"}}, errors.NotFound, 'nodes "nowhere" not found'),
        (
            {**BODY, "from": {"external": "198.51.100.7"}, "via": {"node": "nowhere"}},
            errors.NotFound,
            'nodes "nowhere" not found',
        ),
    ],
)
def test_who_is_not_there_cannot_send(body: dict[str, Any], kind: type[errors.ApiError], words: str) -> None:
    with pytest.raises(kind) as refusal:
        answer(body)
    assert words in refusal.value.message


def test_a_pod_that_does_not_run_cannot_send() -> None:
    cluster = clusters.build({"pods": [{"name": "new", "phase": "Pending", "ip": ""}]})
    with pytest.raises(errors.BadRequest) as refusal:
        requests.run(cluster, requests.parse({**BODY, "from": {"pod": "default/new"}}), clusters.env())
    assert refusal.value.message == "Pod new cannot send a request: its phase is Pending and has no address."


@pytest.mark.parametrize(
    "url", ["http://web", "http://sticky", "http://hl:8080", "tcp://10.96.41.7:80", "http://web:81"]
)
@pytest.mark.parametrize("keep_alive", [False, True])
def test_counting_only_gives_the_same_sums_as_walking_each(url: str, keep_alive: bool) -> None:
    body = {**BODY, "to": url, "count": 500, "keep_alive": keep_alive}
    assert answer({**body, "trace": False})["summary"] == answer(body)["summary"]


def test_the_answer_has_the_shape_of_the_contract() -> None:
    written = answer(BODY)
    result = written["results"][0]
    assert set(result) >= {"outcome", "http_status", "took_ms", "served_by", "client_ip", "dns_trace", "trace"}
    assert set(result["served_by"]) == {"namespace", "name", "ip", "port", "node"}
    assert written["summary"] == {
        "sent": 1,
        "by_outcome": {"ok": 1},
        "by_pod": {f"default/{result['served_by']['name']}": 1},
    }
    assert set(result["trace"]) >= {"disposition", "reason", "hops"}
    step = result["trace"]["hops"][1]["steps"][2]
    assert set(step) >= {"kind", "action", "reason", "why", "before", "after", "because", "rule"}
    assert set(step["before"]) == {"proto", "src", "sport", "dst", "dport"}
    assert (step["before"]["dst"], step["after"]["dport"]) == ("10.96.41.7", 8080)


def test_without_trace_only_the_summary_comes_back_unless_results_are_wanted() -> None:
    assert set(answer({**BODY, "trace": False})) == {"summary"}
    results = answer({**BODY, "trace": False, "results": True, "count": 3})["results"]
    assert len(results) == 3
    assert not {"trace", "dns_trace"} & set(results[0])


def test_a_failed_name_has_no_trace() -> None:
    result = answer({**BODY, "to": "http://nosuch"})["results"][0]
    assert "trace" not in result
    assert result["dns_trace"]["disposition"] == "NameError"
    assert [query["name"] for query in result["dns_trace"]["queries"]] == [
        "nosuch.default.svc.cluster.local",
        "nosuch.svc.cluster.local",
        "nosuch.cluster.local",
        "nosuch",
    ]


def test_the_same_seed_draws_the_same_pods() -> None:
    body = {**BODY, "count": 50}
    assert answer(body, seed=3) == answer(body, seed=3)
    assert answer(body, seed=3) != answer(body, seed=4)


def test_a_hundred_thousand_requests_are_fair_and_quick() -> None:
    began = time.process_time()
    by_pod = answer({**BODY, "count": 100_000, "trace": False})["summary"]["by_pod"]
    assert time.process_time() - began < 2
    assert len(by_pod) == 3
    assert all(abs(count - 33_333) < 1_000 for count in by_pod.values())


def test_the_state_stays_as_it_is() -> None:
    cluster = clusters.build(WEB)
    before = cluster.revision
    requests.run(cluster, requests.parse({**BODY, "count": 20}), clusters.env())
    assert cluster.revision == before


def test_affinity_is_handed_back_and_taken_up_again() -> None:
    cluster, body = clusters.build(WEB), {**BODY, "to": "http://sticky", "count": 5}
    first = requests.run(cluster, requests.parse(body), clusters.env(1))
    assert len(first.summary.by_pod) == 1
    cluster.affinity.remember([[*key, endpoint] for key, endpoint in first.pins.items()], clusters.env(1).now)
    for seed in range(10):
        again = requests.run(cluster, requests.parse(body), clusters.env(seed))
        assert again.summary.by_pod == first.summary.by_pod


def test_two_reasons_never_share_a_code() -> None:
    one = reason.Reason("A", "a", "a.", reason.Stage.START)
    with pytest.raises(ValueError, match="two reasons"):
        reasons.register((one, one))


def test_ruled_out_reasons_fit_how_far_the_packet_came() -> None:
    excluded = {
        other["reason"]: other["why"]
        for other in answer({**BODY, "to": "http://10.244.1.5:81"})["results"][0]["trace"]["ruled_out"]
    }
    assert excluded["SelectorMatchesNothing"] == "no Service was involved"
    assert excluded["WrongTargetPort"]
