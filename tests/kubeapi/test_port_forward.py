"""kubectl port-forward and the Python client's: real HTTP to the servers in simulated pods."""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import websocket
from kubernetes import client, config
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward

from app.kubeapi import forwarding
from tests.playground import KUBECTL, Playground, call
from tests.served import Served

SECONDS = 30
"""A kubectl that has not begun to forward by then is ended."""

OBJECTS = """
apiVersion: v1
kind: Node
metadata: {name: ghost}
---
apiVersion: v1
kind: Pod
metadata: {name: local, labels: {app: local}, annotations: {podlane.dev/listen: "127.0.0.1:7000"}}
spec: {containers: [{name: main, image: nginx, ports: [{name: http, containerPort: 7000}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec: {containers: [{name: main, image: "redis:8"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db}
spec: {containers: [{name: main, image: "postgres:18"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stuck}
spec: {nodeSelector: {no: such}, containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: done}
spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: ["true"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: far}
spec: {nodeName: ghost, containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: named}
spec: {selector: {app: local}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


@pytest.fixture(scope="module")
def place(first_steps: Playground) -> Playground:
    done = first_steps.kubectl("apply", "-f", "-", typed=OBJECTS)
    assert done.returncode == 0, done
    return first_steps


class Forward:
    """A running kubectl port-forward: local ports by the pod's port, and what it says until it ends."""

    def __init__(self, place: Playground, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [KUBECTL, "port-forward", *arguments],
            env=place.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.ports: dict[int, int] = {}
        self.said = ""
        self.reader: threading.Thread | None = None
        watchdog = threading.Timer(SECONDS, self.process.kill)
        watchdog.start()
        wanted = len([word for word in arguments if ":" in word or word.isdigit()])
        while len(self.ports) < wanted and (line := self._line()):
            if found := re.match(r"Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)", line):
                self.ports[int(found[2])] = int(found[1])
        watchdog.cancel()
        assert len(self.ports) == wanted, self.said
        self.reader = threading.Thread(target=self._rest, daemon=True)
        self.reader.start()

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.said += line
        return line

    def _rest(self) -> None:
        while self._line():
            pass

    def ended(self) -> str:
        """Waits for kubectl to end by itself, and returns all it said."""
        self.process.wait(20)
        assert self.reader is not None
        self.reader.join(20)
        return self.said

    def get(self, port: int, path: str = "/") -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()


@contextlib.contextmanager
def forwarded(place: Playground, *arguments: str) -> Iterator[Forward]:
    made = Forward(place, *arguments)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait(20)
        if made.reader is not None:
            made.reader.join(20)
        assert made.process.stdout is not None
        made.process.stdout.close()


def web_pod(place: Playground) -> str:
    return place.kubectl("get", "pods", "-l", "app=web", "-o", "name").stdout.split()[0]


@pytest.mark.parametrize(
    ("target", "wanted", "port"),
    [
        ("deploy/web", ":80", 80),
        ("svc/web", ":80", 80),
        ("pod/local", ":7000", 7000),
        ("pod/local", ":http", 7000),
        ("svc/named", ":80", 7000),
    ],
)
def test_kubectl_reaches_the_server_in_the_pod(place: Playground, target: str, wanted: str, port: int) -> None:
    with forwarded(place, target, wanted) as made:
        code, page = made.get(port)
        assert (code, "<title>Welcome to nginx!</title>" in page) == (200, True)


def test_several_ports_are_forwarded_at_once(place: Playground) -> None:
    with forwarded(place, web_pod(place), ":80", ":8080") as made:
        assert made.get(80)[0] == 200
        assert set(made.ports) == {80, 8080}


def test_curl_keeps_one_connection_for_head_post_and_chunks(place: Playground) -> None:
    with forwarded(place, web_pod(place), ":80") as made:
        web = http.client.HTTPConnection("127.0.0.1", made.ports[80], timeout=20)
        seen = []
        for method, body, chunked in (
            ("GET", None, False),
            ("HEAD", None, False),
            ("POST", b"a=b" * 50_000, False),
            ("POST", iter([b"a", b"b"]), True),
            ("GET", None, False),
        ):
            web.request(
                method, "/x", body, encode_chunked=chunked, headers={"Transfer-Encoding": "chunked"} if chunked else {}
            )
            answer = web.getresponse()
            seen.append((answer.version, bool(answer.read()), answer.getheader("content-length") is not None))
        assert seen == [(11, method != "HEAD", True) for method in ("GET", "HEAD", "POST", "POST", "GET")]
        web.close()
        done = subprocess.run(
            ["curl", "-sv", f"http://127.0.0.1:{made.ports[80]}/", f"http://127.0.0.1:{made.ports[80]}/"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.stdout.count("<title>Welcome to nginx!") == 2
        assert re.search(r"Re-?using existing", done.stderr)


def test_requests_may_be_pipelined_and_the_client_may_close_its_half(place: Playground) -> None:
    with forwarded(place, web_pod(place), ":80") as made:
        with socket.create_connection(("127.0.0.1", made.ports[80]), 20) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
            line.shutdown(socket.SHUT_WR)
            got = b""
            while chunk := line.recv(65_536):
                got += chunk
        assert got.count(b"HTTP/1.1 200 OK") == 5


def test_many_connections_at_once_each_get_their_answer(place: Playground) -> None:
    with forwarded(place, web_pod(place), ":80") as made, ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda n: made.get(80, f"/?{n}")[0], range(60))) == [200] * 60


def test_a_client_that_never_reads_holds_up_nobody_else(place: Playground) -> None:
    with (
        forwarded(place, web_pod(place), ":80") as made,
        socket.create_connection(("127.0.0.1", made.ports[80])) as deaf,
    ):
        deaf.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        assert made.get(80)[0] == 200
        with forwarded(place, web_pod(place), ":80") as other:
            assert other.get(80)[0] == 200


@pytest.mark.parametrize(
    ("pod", "port", "said", "got"),
    [
        ("cache", 6379, b"PING\r\nQUIT\r\n", b"+PONG\r\n+OK\r\n"),
        ("db", 5432, b"", b""),
        ("db", 5432, b"\0\0\0\x08", b""),
    ],
)
def test_servers_of_other_protocols_answer_as_far_as_they_are_known(
    place: Playground, pod: str, port: int, said: bytes, got: bytes
) -> None:
    with (
        forwarded(place, f"pod/{pod}", f":{port}") as made,
        socket.create_connection(("127.0.0.1", made.ports[port]), 20) as line,
    ):
        line.sendall(said)
        line.shutdown(socket.SHUT_WR)
        found = b""
        while chunk := line.recv(4096):
            found += chunk
    assert found == got


def test_a_port_nobody_listens_on_is_refused_in_the_runtimes_words(place: Playground) -> None:
    with forwarded(place, web_pod(place), ":81") as made:
        with pytest.raises(OSError):
            made.get(81)
        said = made.ended()
    assert re.search(
        r"an error occurred forwarding \d+ -> 81: error forwarding port 81 to pod [0-9a-f]{64}, uid : failed to execute "
        r"portforward in network namespace \W+/var/run/netns/cni-[0-9a-f-]{36}\W+: failed to connect to localhost:81 "
        r"inside namespace \W+[0-9a-f]{64}\W+, IPv4: dial tcp4 127\.0\.0\.1:81: connect: connection refused",
        said,
    ), said
    assert "error: lost connection to pod" in said
    last = entries(place)[-1]
    assert last["results"][0]["outcome"] == "refused"
    assert last["results"][0]["trace"]["reason"] == "NothingListensOnLocalhost"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("pod/stuck", "error: unable to forward port because pod is not running. Current status=Pending"),
        ("pod/done", "error: unable to forward port because pod is not running. Current status=Succeeded"),
        ("pod/nope", 'Error from server (NotFound): pods "nope" not found'),
        ("svc/nope", 'Error from server (NotFound): services "nope" not found'),
    ],
)
def test_kubectl_says_why_nothing_is_forwarded(place: Playground, target: str, says: str) -> None:
    done = place.kubectl("port-forward", target, ":80")
    assert (done.returncode, done.stderr.strip()) == (1, says)


def entries(place: Playground) -> list[dict[str, object]]:
    """The requests of the journal, as the entries stream tells them."""
    key = {"Authorization": f"Bearer {place.made['edit_key']}", "Last-Event-ID": "0"}
    request = urllib.request.Request(f"{place.own}/entries", headers=key)
    found = []
    head = call(place.own, headers=key).json()["revision"]
    with urllib.request.urlopen(request, timeout=20) as stream:
        for line in stream:
            if line.startswith(b"data:"):
                told = json.loads(line[5:])
                if told["type"] == "request":
                    found.append(told["body"])
                if told["revision"] >= head:
                    break
    return found


def test_a_forwarded_request_is_in_the_journal_as_what_it_was(place: Playground) -> None:
    pod = web_pod(place).removeprefix("pod/")
    with forwarded(place, f"pod/{pod}", ":80") as made:
        made.get(80, "/?x=1")
    told = entries(place)[-1]
    assert told["asked"] == {
        "from": {"port_forward": f"default/{pod}"},
        "to": "http://127.0.0.1:80/?x=1",
        "headers": {"Host": f"127.0.0.1:{made.ports[80]}", "User-Agent": told["asked"]["headers"]["User-Agent"]},
        "trace": True,
    }
    logs = place.kubectl("logs", pod).stdout
    assert re.search(r'127\.0\.0\.1 - - \[.*\] "GET /\?x=1 HTTP/1\.1" 200 ', logs), logs
    first = told["results"][0]
    assert (first["http_status"], first["served_by"]["name"], first["client_ip"]) == (200, pod, "127.0.0.1")
    assert first["trace"]["hops"][0]["steps"][0]["reason"] == "PortForwardConnects"


def test_a_pod_that_is_gone_is_reached_no_more(place: Playground) -> None:
    assert place.kubectl("run", "brief", "--image=nginx").returncode == 0
    with forwarded(place, "pod/brief", ":80") as made:
        assert made.get(80)[0] == 200
        assert place.kubectl("delete", "pod", "brief", "--now").returncode == 0
        with pytest.raises(OSError):
            made.get(80)
        assert "lost connection to pod" in made.ended()


# --- what is refused before anything is upgraded ------------------------------------------------

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
TUNNEL = {**UPGRADE, "Sec-WebSocket-Protocol": "SPDY/3.1+portforward.k8s.io"}
V4 = {**UPGRADE, "Sec-WebSocket-Protocol": "v4.channel.k8s.io"}


@pytest.mark.parametrize(
    ("path", "headers", "code", "says"),
    [
        ("pods/nope/portforward", TUNNEL, 404, 'pods "nope" not found'),
        ("pods/stuck/portforward", TUNNEL, 400, "pod stuck does not have a host assigned"),
        ("pods/far/portforward", TUNNEL, 500, "error dialing backend: dial tcp"),
        ("pods/local/portforward", {**UPGRADE, "Sec-WebSocket-Protocol": "v9"}, 400, "unable to upgrade"),
        ("pods/local/portforward", V4, 400, 'query parameter "ports" is required'),
        ("pods/local/portforward?ports=0", V4, 400, 'unable to parse "0" as a port'),
        ("pods/local/portforward", {}, 400, "Upgrade request required"),
        ("pods/nope/portforward", {}, 404, 'pods "nope" not found'),
        ("services/named/portforward", {}, 404, "the server could not find the requested resource"),
    ],
)
def test_what_cannot_be_forwarded_is_refused_with_a_status(
    place: Playground, path: str, headers: dict[str, str], code: int, says: str
) -> None:
    answer = raw(place, f"{place.server}/api/v1/namespaces/default/{path}", "GET", headers)
    assert (answer[0], answer[1]["code"]) == (code, code)
    assert says in answer[1]["message"]


@pytest.mark.parametrize(("method", "headers"), [("GET", TUNNEL), ("GET", {}), ("POST", {})])
def test_a_view_key_forwards_nothing(place: Playground, method: str, headers: dict[str, str]) -> None:
    server = place.server.replace(place.made["edit_key"], place.made["view_key"])
    code, told = raw(place, f"{server}/api/v1/namespaces/default/pods/local/portforward", method, headers)
    assert (code, told["reason"]) == (403, "Forbidden")
    assert told["message"] == (
        'pods "local" is forbidden: User "podlane:view" cannot create resource "pods/portforward" in API group "" '
        'in the namespace "default"'
    )


def raw(place: Playground, url: str, method: str, headers: dict[str, str]) -> tuple[int, dict[str, object]]:
    host, _, path = url.removeprefix("http://").partition("/")
    web = http.client.HTTPConnection(host, timeout=20)
    web.request(method, f"/{path}", headers=headers)
    answer = web.getresponse()
    body = json.loads(answer.read())
    web.close()
    return answer.status, body


def test_the_older_upgrade_is_refused_with_what_to_use_instead(place: Playground) -> None:
    environment = {**place.environment(), "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
    done = subprocess.run(
        [KUBECTL, "port-forward", "pod/local", ":7000"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert "this API server forwards ports over WebSockets only" in done.stderr


# --- the Python client --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def core(place: Playground) -> client.CoreV1Api:
    return client.CoreV1Api(config.new_client_from_config(str(place.kubeconfig)))


def test_the_python_client_forwards_two_ports(place: Playground, core: client.CoreV1Api) -> None:
    pod = web_pod(place).removeprefix("pod/")
    made = portforward(core.connect_get_namespaced_pod_portforward, pod, "default", ports="80,81")
    line = made.socket(80)
    line.setblocking(True)
    line.settimeout(20)
    line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    got = b""
    while chunk := line.recv(65_536):
        got += chunk
    assert got.startswith(b"HTTP/1.1 200 OK")
    assert made.error(80) is None
    assert "connect: connection refused" in made.error(81)
    made.close()
    # Closed by the server, the client's thread leaves its socket open.
    made.websocket.shutdown()


def test_the_python_client_is_told_of_a_pod_that_is_not_there(core: client.CoreV1Api) -> None:
    with pytest.raises(ApiException, match="404"):
        portforward(core.connect_get_namespaced_pod_portforward, "nope", "default", ports="80")


def test_more_forwards_than_a_playground_may_have_open_are_refused(place: Playground) -> None:
    url = f"{place.server.replace('http', 'ws', 1)}/api/v1/namespaces/default/pods/local/portforward"
    with contextlib.ExitStack() as opened:
        for _ in range(forwarding.MOST_OPEN):
            made = websocket.create_connection(url, subprotocols=[forwarding.TUNNEL], timeout=20)
            opened.callback(made.shutdown)
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            websocket.create_connection(url, subprotocols=[forwarding.TUNNEL], timeout=20)
        assert caught.value.status_code == 429


def test_a_forward_left_open_does_not_keep_the_server_from_stopping(server: Served, place: Playground) -> None:
    with forwarded(place, web_pod(place), ":80") as made:
        assert made.get(80)[0] == 200
        assert server.stop() == 0
        assert "lost connection to pod" in made.ended()
