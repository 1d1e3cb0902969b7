"""What a container does, known from its image and its command line."""

from __future__ import annotations

from typing import Any

import pytest

from app.kinds import images


def pod(image: str, annotation: str | None = None, **container: Any) -> dict[str, Any]:
    annotations = {} if annotation is None else {"podlane.dev/listen": annotation}
    return {
        "metadata": {"name": "web-1", "annotations": annotations},
        "spec": {"containers": [{"name": "c", "image": image, **container}]},
        "status": {"podIP": "10.244.1.7"},
    }


def ports(found: dict[str, Any]) -> list[str]:
    return [f"{one.port}/{one.protocol}" for one in images.listeners(found)]


@pytest.mark.parametrize(
    ("image", "repository", "tag"),
    [
        ("nginx", "nginx", "latest"),
        ("nginx:1.29-alpine", "nginx", "1.29-alpine"),
        ("docker.io/library/nginx", "nginx", "latest"),
        ("index.docker.io/nginx:1", "nginx", "1"),
        ("public.ecr.aws/docker/library/nginx:1", "nginx", "1"),
        ("localhost:5000/team/app", "team/app", "latest"),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", "e2e-test-images/agnhost", "2.53"),
        (f"redis@sha256:{'0' * 64}", "redis", ""),
    ],
)
def test_image_names_are_taken_apart(image: str, repository: str, tag: str) -> None:
    name = images.parse_name(image)
    assert (name.repository, name.tag) == (repository, tag)


@pytest.mark.parametrize(
    ("image", "more", "listening"),
    [
        ("nginx", {}, ["80/TCP"]),
        ("docker.io/library/httpd:2.4", {}, ["80/TCP"]),
        ("redis:7.2", {}, ["6379/TCP"]),
        ("redis", {"args": ["--port", "6380"]}, ["6380/TCP"]),
        ("postgres:16", {}, ["5432/TCP"]),
        ("mysql:8", {}, ["3306/TCP"]),
        ("mongo", {}, ["27017/TCP"]),
        ("memcached", {}, ["11211/TCP"]),
        ("gcr.io/google-samples/cassandra:v14", {}, ["9042/TCP", "7000/TCP", "7001/TCP", "7199/TCP"]),
        ("hashicorp/http-echo", {"args": ["-text=hi"]}, ["5678/TCP"]),
        ("hashicorp/http-echo", {"args": ["-text=hi", "-listen=:8080"]}, ["8080/TCP"]),
        ("traefik/whoami", {}, ["80/TCP"]),
        ("traefik/whoami", {"args": ["--port", "8081"]}, ["8081/TCP"]),
        ("gcr.io/google-samples/hello-app:1.0", {"env": [{"name": "PORT", "value": "9000"}]}, ["9000/TCP"]),
        ("registry.istio.io/release/examples-bookinfo-reviews-v1:1.20.3", {}, ["9080/TCP"]),
        ("docker.io/istio/examples-bookinfo-details-v1:1.18.0", {}, ["9080/TCP"]),
        ("registry.k8s.io/guestbook:v3", {}, ["3000/TCP"]),
        ("registry.k8s.io/redis-slave:v2", {}, ["6379/TCP"]),
        ("registry.k8s.io/echoserver:1.4", {}, ["8080/TCP"]),
        ("jmalloc/echo-server", {}, ["8080/TCP"]),
        ("stefanprodan/podinfo", {}, ["9898/TCP", "9999/TCP"]),
        ("registry.k8s.io/coredns/coredns:v1.12.0", {}, ["53/UDP", "53/TCP", "9153/TCP", "8080/TCP", "8181/TCP"]),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", {"args": ["netexec"]}, ["8080/TCP", "8081/UDP"]),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", {"args": ["netexec", "--http-port=80"]}, ["80/TCP", "8081/UDP"]),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", {"args": ["serve-hostname"]}, ["9376/TCP"]),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", {"command": ["/agnhost", "serve-hostname", "--port", "80"]}, ["80/TCP"]),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", {}, []),
        ("registry.k8s.io/pause:3.10", {}, []),
        ("busybox", {"command": ["sh", "-c", "httpd -f -p 8080"]}, ["8080/TCP"]),
        ("busybox", {"command": ["busybox", "httpd", "-f"]}, ["80/TCP"]),
        ("busybox", {"args": ["nc", "-lk", "-p", "7000", "-e", "cat"]}, ["7000/TCP"]),
        ("busybox", {"command": ["sh", "-c", "while true; do echo hi | nc -l -p 8080; done"]}, ["8080/TCP"]),
        ("alpine", {"command": ["sh", "-c", "nc -ul 5353"]}, ["5353/UDP"]),
        ("python:3.12", {"command": ["python3", "-m", "http.server", "8000"]}, ["8000/TCP"]),
        ("python:3.12", {"command": ["sh", "-c", "cd /srv && python -m http.server"]}, ["8000/TCP"]),
        ("nginx", {"command": ["sleep", "3600"]}, []),
        ("nginx", {"command": ["nginx", "-g", "daemon off;"]}, ["80/TCP"]),
        ("acme/shop:1", {"ports": [{"containerPort": 3000}, {"containerPort": 53, "protocol": "UDP"}]}, ["3000/TCP", "53/UDP"]),
        ("acme/shop:1", {}, []),
        ("acme/shop:1", {"command": ["sleep", "infinity"], "ports": [{"containerPort": 3000}]}, []),
    ],
)  # fmt: skip
def test_an_image_listens_where_the_real_one_does(image: str, more: dict[str, Any], listening: list[str]) -> None:
    assert ports(pod(image, **more)) == listening


@pytest.mark.parametrize(
    ("annotation", "listening"),
    [
        ("", []),
        ("8080", [(8080, "TCP", "")]),
        ("8080,9090/udp,127.0.0.1:7000", [(8080, "TCP", ""), (9090, "UDP", ""), (7000, "TCP", "127.0.0.1")]),
        ("nonsense, 80, 70000, 0", [(80, "TCP", "")]),
    ],
)
def test_the_annotation_says_where_a_pod_listens(annotation: str, listening: list[Any]) -> None:
    found = images.listeners(pod("nginx", annotation))
    assert [(one.port, one.protocol, one.address) for one in found] == listening


@pytest.mark.parametrize(("address", "reached"), [("", False), ("10.244.1.7", False), ("127.0.0.1", True)])
def test_a_loopback_port_is_reached_from_inside_only(address: str, reached: bool) -> None:
    assert (images.listens(pod("x", "127.0.0.1:7000"), 7000, "TCP", address) is not None) is reached


@pytest.mark.parametrize(
    ("image", "more", "run"),
    [
        ("nginx", {}, (True, 0)),
        ("curlimages/curl", {}, (False, 2)),
        ("curlimages/curl", {"command": ["sleep", "infinity"]}, (True, 0)),
        ("curlimages/curl", {"args": ["http://web"]}, (False, 0)),
        ("busybox", {}, (False, 0)),
        ("busybox", {"stdin": True, "tty": True}, (True, 0)),
        ("busybox", {"command": ["sh"], "stdin": True, "tty": True}, (True, 0)),
        ("alpine:3", {}, (False, 0)),
        ("ubuntu", {"args": ["sleep", "3600"]}, (True, 0)),
        ("debian", {"command": ["sleep", "5"]}, (False, 0)),
        ("busybox", {"command": ["sh", "-c", "echo hello; sleep 1d"]}, (True, 0)),
        ("busybox", {"command": ["sh", "-c", "echo hello && exit 3"]}, (False, 3)),
        ("busybox", {"command": ["sh", "-c", "until nslookup db; do sleep 2; done"]}, (False, 0)),
        ("busybox", {"command": ["/bin/sh", "-exc", "for i in 1 2; do\n wget x && exit 0\ndone\nexit 1"]}, (False, 0)),
        ("busybox", {"command": ["sh", "-c", "while true; do date; sleep 1; done"]}, (True, 0)),
        ("busybox", {"command": ["tail", "-f", "/dev/null"]}, (True, 0)),
        ("busybox", {"command": ["false"]}, (False, 1)),
        ("nicolaka/netshoot", {}, (False, 0)),
        ("hello-world", {}, (False, 0)),
        ("registry.k8s.io/pause:3.10", {}, (True, 0)),
        ("python:3", {}, (False, 0)),
        ("acme/shop:1", {}, (True, 0)),
        ("acme/shop:1", {"command": ["/server", "--flag"]}, (True, 0)),
    ],
)
def test_a_container_stays_or_exits_as_the_real_one_does(
    image: str, more: dict[str, Any], run: tuple[bool, int]
) -> None:
    found = images.run_of({"name": "c", "image": image, **more})
    assert (found.stays, found.exit_code) == run


@pytest.mark.parametrize(
    ("image", "fails"),
    [
        ("nginx:1.29", False),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", False),
        (f"busybox:1.38.0@sha256:{'f' * 64}", False),
        ("Nginx", True),
        ("nginx:", True),
        ("ngnix", True),
        ("nginx:doesnotexist", True),
        ("", True),
    ],
)
def test_impossible_images_cannot_be_pulled(image: str, fails: bool) -> None:
    assert bool(images.pull_fails({"image": image})) is fails


@pytest.mark.parametrize(
    ("found", "port", "protocol", "answer"),
    [
        (pod("nginx"), 80, "TCP", (True, 200)),
        (pod("nginx"), 81, "TCP", None),
        (pod("nginx"), 80, "UDP", None),
        (pod("redis"), 6379, "TCP", (False, 0)),
        (pod("acme/shop:1", ports=[{"containerPort": 3000}]), 3000, "TCP", (True, 200)),
        (pod("acme/shop:1", "7070"), 7070, "TCP", (True, 200)),
        (pod("nginx", ""), 80, "TCP", None),
        (pod("redis", "6379"), 6379, "TCP", (False, 0)),
    ],
)
def test_a_port_answers_as_the_program_behind_it(
    found: dict[str, Any], port: int, protocol: str, answer: tuple[bool, int] | None
) -> None:
    responder = images.responds(found, port, protocol)
    assert (None if responder is None else (responder.http, responder.status)) == answer


@pytest.mark.parametrize(
    ("found", "port", "words"),
    [
        (pod("hashicorp/http-echo", args=["-text=hello there"]), 5678, "hello there\n"),
        (pod("traefik/whoami"), 80, "Hostname: web-1\nIP: 10.244.1.7\n"),
        (pod("registry.k8s.io/e2e-test-images/agnhost:2.53", args=["serve-hostname"]), 9376, "web-1\n"),
    ],
)
def test_servers_that_name_themselves_name_the_pod(found: dict[str, Any], port: int, words: str) -> None:
    responder = images.responds(found, port)
    assert responder is not None
    assert responder.body == words
