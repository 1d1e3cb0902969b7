"""In ipvs mode each node gives the endpoints of a Service in turn, from one request to the next."""

from app.machinery.objects import Key
from tests.cluster_driver import Cluster, contents
from tests.engine.situations import GOOD, deployment, pod, service

WEB = deployment("containers: [{name: web, image: nginx}]", replicas=3) + service(GOOD) + pod()


def in_ipvs() -> Cluster:
    cluster = Cluster()
    cluster.apply(WEB)
    for number in (1, 2):
        mode = {"metadata": {"annotations": {"podlane.dev/kube-proxy": "ipvs"}}}
        cluster.patch(Key("", "nodes", "", f"node-{number}"), mode)
    return cluster


def servers(cluster: Cluster, times: int) -> list[str]:
    return [
        cluster.send({"pod": "default/client"}, "http://web")["results"][0]["served_by"]["name"] for _ in range(times)
    ]


def test_endpoints_take_turns_over_requests() -> None:
    seen = servers(in_ipvs(), 6)
    assert len(set(seen[:3])) == 3
    assert seen[3:] == seen[:3]


def test_a_hundred_are_shared_evenly_whether_traced_or_counted() -> None:
    for trace in (True, False):
        answer = in_ipvs().send({"pod": "default/client"}, "http://web", count=99, trace=trace)
        assert set(answer["summary"]["by_pod"].values()) == {33}


def test_whose_turn_it_is_survives_a_restart() -> None:
    cluster = in_ipvs()
    first = servers(cluster, 2)
    again = cluster.replayed()
    assert contents(again) == contents(cluster.held)
    cluster.held = again
    assert servers(cluster, 1)[0] not in first
