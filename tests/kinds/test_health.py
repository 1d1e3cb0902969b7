"""What containers answer to probes: by path and protocol, for as long as the real programs do."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.kinds import catalogue, health, images, podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

ONE = Key("", "pods", "default", "one")
MOUNT = {"volumeMounts": [{"name": "site", "mountPath": "/usr/share/nginx/html"}]}
TUTORIAL = ["sh", "-c", "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"]
CAT = {"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 5, "periodSeconds": 5}


@pytest.mark.parametrize(
    ("image", "path", "status"),
    [
        ("nginx", "/", 200),
        ("nginx:1.29", "/index.html?x=1", 200),
        ("nginx", "/healthz", 404),
        ("httpd:2.4", "/health", 404),
        ("stefanprodan/podinfo", "/readyz", 200),
        ("stefanprodan/podinfo", "/nope", 404),
        ("stefanprodan/podinfo", "/status/503", 503),
        ("kennethreitz/httpbin", "/status/500", 500),
        ("traefik/whoami", "/health", 200),
        ("hashicorp/http-echo", "/anything", 200),
        ("docker.io/istio/examples-bookinfo-productpage-v1:1.20.3", "/health", 200),
        ("docker.io/istio/examples-bookinfo-productpage-v1:1.20.3", "/nope", 404),
        ("docker.io/istio/examples-bookinfo-reviews-v2:1.20.3", "/reviews/0", 200),
        ("gcr.io/kuar-demo/kuard-amd64:blue", "/healthy", 200),
        ("nobody/knows-this", "/any/thing", 200),
    ],
)
def test_a_path_is_answered_as_the_image_does(image: str, path: str, status: int) -> None:
    container = {"name": "c", "image": image}
    assert health.status(container, images.page_of(container), path) == status


@pytest.mark.parametrize("more", [MOUNT, {"command": ["nginx", "-g", "daemon off;"]}], ids=["mount", "command"])
def test_a_server_with_files_of_its_own_may_answer_anything(more: dict[str, Any]) -> None:
    assert health.status({"name": "c", "image": "nginx", **more}, "nginx", "/healthz") == 200


def start(cluster: Cluster, **container: Any) -> Object:
    spec = {"containers": [{"name": "c", "image": "nginx", **container}]}
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": spec}))
    return cluster.get(state.PODS, "one")


def said(cluster: Cluster, reason: str) -> list[str]:
    return [e["message"] for e in cluster.held.list(state.EVENTS, "default") if e["reason"] == reason]


@pytest.mark.parametrize(
    ("container", "sentence"),
    [
        ({"readinessProbe": {"httpGet": {"port": 80, "path": "/ready"}}}, "HTTP probe failed with statuscode: 404"),
        (
            {"readinessProbe": {"httpGet": {"port": 80, "scheme": "HTTPS"}}},
            'Get "https://{ip}:80/": http: server gave HTTP response to HTTPS client',
        ),
        ({"image": "redis", "readinessProbe": {"httpGet": {"port": 6379}}}, 'Get "http://{ip}:6379/": EOF'),
        (
            {"readinessProbe": {"httpGet": {"port": 8080}}},
            'Get "http://{ip}:8080/": dial tcp {ip}:8080: connect: connection refused',
        ),
        ({"readinessProbe": {"grpc": {"port": 9000}}}, "dial tcp {ip}:9000: connect: connection refused"),
    ],
)
def test_a_probe_that_asks_for_what_is_not_there_fails(container: dict[str, Any], sentence: str) -> None:
    cluster = Cluster()
    pod = start(cluster, **container)
    assert not podstatus.is_ready(pod)
    ip = objects.status_of(pod)["podIP"]
    assert said(cluster, "Unhealthy") == [f"Readiness probe failed: {sentence.format(ip=ip)}"]


@pytest.mark.parametrize(
    ("container", "seconds"),
    [
        ({"image": "busybox", "command": TUTORIAL, "livenessProbe": CAT}, 45),
        (
            {
                "image": "registry.k8s.io/e2e-test-images/agnhost:2.40",
                "args": ["liveness"],
                "livenessProbe": {
                    "httpGet": {"port": 8080, "path": "/healthz"},
                    "initialDelaySeconds": 3,
                    "periodSeconds": 3,
                },
            },
            19,
        ),
    ],
    ids=["cat /tmp/healthy", "agnhost liveness"],
)
def test_what_stops_being_alive_is_restarted_again_and_again(container: dict[str, Any], seconds: int) -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster, **container)
    counted = []
    for passed in (seconds - 1, 4, seconds - 6, 7):
        cluster.advance(passed)
        counted.append(podstatus.restarts(cluster.get(state.PODS, "one")))
    assert counted == [0, 1, 1, 2]
    assert said(cluster, "Killing") == ["Container c failed liveness probe, will be restarted"]


def test_a_fault_does_not_wait_for_the_end_that_was_coming_anyway() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    script = ["sh", "-c", "touch /tmp/h; sleep 900; rm /tmp/h; sleep 600"]
    probe = {"exec": {"command": ["cat", "/tmp/h"]}, "periodSeconds": 5}
    web = {"name": "web", "image": "nginx", "livenessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 5}}
    spec = {"containers": [{"name": "c", "image": "busybox", "command": script, "livenessProbe": probe}, web]}
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": spec}))
    cluster.advance(5)
    cluster.patch(ONE, {"metadata": {"annotations": {"podlane.dev/listen": ""}}})
    cluster.advance(20)
    assert podstatus.restarts(cluster.get(state.PODS, "one")) == 1


def test_a_file_that_is_put_back_keeps_the_container_alive() -> None:
    script = ["sh", "-c", "touch /tmp/healthy; sleep 30; rm /tmp/healthy; sleep 1; touch /tmp/healthy; sleep 600"]
    assert health.lasts({"name": "c", "image": "busybox", "command": script}, CAT) is None


@pytest.mark.parametrize(
    ("image", "ports"),
    [
        ("gcr.io/kuar-demo/kuard-amd64:1", ("8080",)),
        ("luksa/kubia:v2", ("8080",)),
        ("kicbase/echo-server:1.0", ("8080",)),
        ("dockersamples/examplevotingapp_vote", ("80",)),
        ("dockersamples/examplevotingapp_worker", ()),
        ("eclipse-mosquitto:2", ("1883",)),
        ("bitnami/rabbitmq", ("5672", "15672", "25672", "4369")),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.15.0", ("9200", "9300")),
        ("mcr.microsoft.com/mssql/server:2022-latest", ("1433",)),
        ("quay.io/prometheus/prometheus", ("9090",)),
    ],
)
def test_images_of_tutorials_listen_where_they_really_do(image: str, ports: tuple[str, ...]) -> None:
    found = images.known(image)
    assert isinstance(found, catalogue.Image)
    assert found.ports == ports
