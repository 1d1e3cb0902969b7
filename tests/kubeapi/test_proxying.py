"""The API's proxy to pods, Services and nodes: kubectl get --raw, kubectl proxy with curl, and plain HTTP."""

import json
import re
import subprocess
import urllib.request

import pytest
from kubernetes import client, config

from app.kubeapi import proxying
from tests.playground import KUBECTL, Playground, call

OBJECTS = """
apiVersion: v1
kind: Pod
metadata: {name: porter, labels: {app: porter}}
spec:
  containers:
  - name: main
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    command: [/agnhost, porter]
    env:
    - {name: SERVE_PORT_80, value: '<a href="/rewriteme">test</a>'}
    - {name: SERVE_PORT_1080, value: '<a href="/rewriteme">test</a>'}
    - {name: SERVE_PORT_160, value: foo}
    - {name: SERVE_PORT_162, value: bar}
    - {name: SERVE_TLS_PORT_443, value: '<a href="/tlsrewriteme">test</a>'}
    - {name: SERVE_TLS_PORT_460, value: tls baz}
    - {name: SERVE_TLS_PORT_462, value: tls qux}
    ports:
    - {name: dest, containerPort: 80}
    - {name: dest1, containerPort: 160}
    - {name: tlsdest1, containerPort: 460}
---
apiVersion: v1
kind: Service
metadata: {name: porter}
spec:
  selector: {app: porter}
  ports:
  - {name: portname1, port: 80, targetPort: dest1}
  - {name: portname2, port: 81, targetPort: 162}
  - {name: tlsportname1, port: 443, targetPort: tlsdest1}
  - {name: tlsportname2, port: 444, targetPort: 462}
---
apiVersion: v1
kind: Pod
metadata: {name: agnhost, labels: {test: response}}
spec:
  containers:
  - name: agnhost
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    command: [/agnhost, porter, --json-response]
    env: [{name: SERVE_PORT_80, value: foo}]
---
apiVersion: v1
kind: Service
metadata: {name: test-service}
spec: {selector: {test: response}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: net}
spec: {containers: [{name: main, image: "registry.k8s.io/e2e-test-images/agnhost:2.53", args: [netexec], ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec: {containers: [{name: main, image: "redis:8", ports: [{containerPort: 6379}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stuck}
spec: {nodeSelector: {no: such}, containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Node
metadata: {name: ghost}
---
apiVersion: v1
kind: Node
metadata: {name: still}
status: {addresses: [{type: InternalIP, address: 10.0.0.200}]}
"""
HERE = "/api/v1/namespaces/default"


@pytest.fixture(scope="module")
def place(first_steps: Playground) -> Playground:
    done = first_steps.kubectl("apply", "-f", "-", typed=OBJECTS)
    assert done.returncode == 0, done
    patch = {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.200"}]}}
    headers = {"Content-Type": "application/merge-patch+json"}
    assert first_steps.api("/api/v1/nodes/still/status", "PATCH", patch, headers).status == 200
    return first_steps


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("services/porter:portname1/proxy/", "foo"),
        ("services/http:porter:portname1/proxy/", "foo"),
        ("services/porter:portname2/proxy/", "bar"),
        ("services/porter:80/proxy/", "foo"),
        ("services/https:porter:tlsportname1/proxy/", "tls baz"),
        ("services/https:porter:tlsportname2/proxy/", "tls qux"),
        ("services/https:porter:444/proxy/", "tls qux"),
        ("pods/porter/proxy/", f'<a href="{HERE}/pods/porter/proxy/rewriteme">test</a>'),
        ("pods/porter:1080/proxy/", f'<a href="{HERE}/pods/porter:1080/proxy/rewriteme">test</a>'),
        ("pods/http:porter:1080/proxy/", f'<a href="{HERE}/pods/http:porter:1080/proxy/rewriteme">test</a>'),
        ("pods/porter:160/proxy/", "foo"),
        ("pods/http:porter:162/proxy/", "bar"),
        ("pods/https:porter:443/proxy/", f'<a href="{HERE}/pods/https:porter:443/proxy/tlsrewriteme">test</a>'),
        ("pods/https:porter:460/proxy/", "tls baz"),
        ("pods/https:porter:462/proxy/", "tls qux"),
        ("pods/net/proxy/hostname", "net"),
        ("pods/net/proxy/echo?msg=a%20b", "a b"),
        ("pods/net:8080/proxy/header?key=X-Forwarded-Uri", f"{HERE}/pods/net:8080/proxy/header"),
        ("pods/net:8080/proxy/header?key=Authorization", ""),
    ],
)
def test_a_request_goes_through_a_service_and_a_pod(place: Playground, path: str, body: str) -> None:
    answer = place.api(f"{HERE}/{path}", headers={"Authorization": f"Bearer {place.made['edit_key']}"})
    assert (answer.status, answer.body.decode()) == (200, body)


METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CARRIED = [("proxy/some/path/with/", method) for method in METHODS]
# Without a path, GET and HEAD are redirected: see below.
CARRIED += [("proxy?method=", method) for method in METHODS if method not in ("GET", "HEAD")]


@pytest.mark.parametrize("where", ["pods/agnhost", "services/test-service"])
@pytest.mark.parametrize(("path", "method"), CARRIED)
def test_every_method_is_carried_on(place: Playground, where: str, path: str, method: str) -> None:
    answer = place.api(f"{HERE}/{where}/{path}{method}", method)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    if method != "HEAD":
        assert answer.body == b'{"Method":"%s","Body":"foo"}' % method.encode()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("pods/agnhost/proxy", "proxy/"),
        ("services/test-service/proxy?method=GET", "proxy/?method=GET"),
        ("pods/net/proxy/redirect?location=/hostname", "hostname"),
        ("pods/net/proxy/a/redirect?location=/hostname", None),
        ("pods/net/proxy/redirect?location=http://example.com/", "http://example.com/"),
    ],
)
def test_redirects_stay_inside_the_proxy(place: Playground, method: str, path: str, location: str | None) -> None:
    opener = urllib.request.build_opener(NoRedirect)
    request = urllib.request.Request(f"{place.server}{HERE}/{path}", method=method)
    if location is None:
        with opener.open(request, timeout=20) as answer:
            assert answer.status == 200
        return
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(request, timeout=20)
    with caught.value as error:
        assert (error.code, error.headers["Location"]) == (301 if "redirect" not in path else 302, location)


def test_a_redirect_is_followed_to_its_end(place: Playground) -> None:
    answer = place.api(f"{HERE}/pods/net/proxy/redirect?location=/hostname")
    assert (answer.status, answer.body) == (200, b"net")
    assert place.api(f"{HERE}/pods/agnhost/proxy").json() == {"Method": "GET", "Body": "foo"}


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("pods/nope/proxy/", 404, 'pods "nope" not found'),
        ("services/nope/proxy/", 404, 'services "nope" not found'),
        ("services/empty/proxy/", 503, 'no endpoints available for service "empty"'),
        ("services/porter/proxy/", 503, 'no endpoints available for service "porter"'),
        ("services/porter:nope/proxy/", 503, 'no endpoints available for service "porter:nope"'),
        ("services/porter:99/proxy/", 503, 'no service port 99 found for service "porter"'),
        (
            "pods/net:81/proxy/",
            503,
            r"error trying to reach service: dial tcp 10\.244\.\d+\.\d+:81: connect: connection refused",
        ),
        ("pods/net:http/proxy/", 503, "error trying to reach service: dial tcp: lookup tcp/http: unknown port"),
        (
            "pods/https:net:8080/proxy/",
            503,
            "error trying to reach service: http: server gave HTTP response to HTTPS client",
        ),
        ("pods/cache/proxy/", 503, "error trying to reach service: EOF"),
        ("pods/stuck/proxy/", 400, "address not allowed"),
        ("pods/ftp:net:80/proxy/", 400, 'invalid pod request "ftp:net:80"'),
        ("services/a:b:c:d/proxy/", 400, 'invalid service request "a:b:c:d"'),
    ],
)
def test_what_cannot_be_reached_is_said_as_the_api_server_says_it(
    place: Playground, path: str, code: int, says: str
) -> None:
    answer = place.api(f"{HERE}/{path}")
    told = answer.json()
    assert (answer.status, told["kind"], told["code"]) == (code, "Status", code)
    assert re.fullmatch(says, told["message"])
    done = place.kubectl("get", "--raw", f"{HERE}/{path}")
    assert done.returncode == 1
    assert re.search(says, done.stderr) or "unable to handle the request" in done.stderr, done


def test_an_answer_of_the_server_is_passed_on_whatever_its_status(place: Playground) -> None:
    web = place.kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}").stdout
    answer = place.api(f"{HERE}/pods/{web}:80/proxy/nope")
    assert (answer.status, b"<h1>404 Not Found</h1>" in answer.body) == (404, True)


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("node-1/proxy/healthz", 200, "ok"),
        ("node-1:10250/proxy/healthz", 200, "ok"),
        ("node-1/proxy/stats", 404, "404 page not found"),
        ("nope/proxy/healthz", 404, 'nodes "nope" not found'),
        ("ghost/proxy/healthz", 400, "no preferred addresses found; known addresses: []"),
        ("still/proxy/healthz", 503, "dial tcp 10.0.0.200:10250: connect: no route to host"),
    ],
)
def test_a_node_answers_for_its_health(place: Playground, path: str, code: int, says: str) -> None:
    answer = place.api(f"/api/v1/nodes/{path}")
    assert (answer.status, says in answer.body.decode().replace('\\"', '"')) == (code, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["pods/net/proxy/hostname", "services/test-service/proxy/"])
def test_a_view_key_reaches_nothing(place: Playground, method: str, path: str) -> None:
    server = place.server.replace(place.made["edit_key"], place.made["view_key"])
    answer = call(f"{server}{HERE}/{path}", method, b"x" if method == "POST" else None)
    assert (answer.status, answer.json()["reason"]) == (403, "Forbidden")


def test_a_proxied_request_is_in_the_journal_with_its_sender(place: Playground) -> None:
    before = call(place.own, headers={"Authorization": f"Bearer {place.made['edit_key']}"}).json()["revision"]
    assert place.api(f"{HERE}/pods/net/proxy/clientip").status == 200
    headers = {"Authorization": f"Bearer {place.made['edit_key']}", "Last-Event-ID": str(before)}
    with urllib.request.urlopen(urllib.request.Request(f"{place.own}/entries", headers=headers), timeout=20) as stream:
        told = next(json.loads(line[5:]) for line in stream if line.startswith(b"data:"))
    assert told["type"] == "request"
    assert told["body"]["asked"]["from"] == {"api_server": "proxy"}
    result = told["body"]["results"][0]
    assert (result["served_by"]["name"], result["client_ip"]) == ("net", "10.0.0.10")


def test_kubectl_reads_a_service_raw(place: Playground) -> None:
    assert "<title>Welcome to nginx!</title>" in place.kubectl("get", "--raw", f"{HERE}/services/web/proxy/").stdout


def test_kubectl_proxy_with_curl(place: Playground) -> None:
    process = subprocess.Popen(
        [KUBECTL, "proxy", "--port=0", "--append-server-path"],
        env=place.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:\d+", line)
        assert found, line
        base = f"http://{found[0]}{HERE}"
        for path, says in (("services/web/proxy/", "Welcome to nginx"), ("pods/agnhost/proxy", '"Method":"GET"')):
            done = subprocess.run(
                ["curl", "-sSL", f"{base}/{path}"], capture_output=True, text=True, timeout=20, check=False
            )
            assert says in done.stdout, done
    finally:
        process.kill()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize(
    ("page", "rewritten"),
    [
        ('<a href="/x">', '<a href="/p/x">'),
        ("<a href='/x/'>", '<a href="/p/x/">'),
        ("<a class=b href=/x?y=/../z#w>", '<a class=b href="/p/x?y=/../z#w">'),
        ('<img src="/a.png" alt="/b"/>', '<img src="/p/a.png" alt="/b"/>'),
        ('<a href="x"><a href="//b/x"><a href="http://b/x"><a href="/p/x">', None),
        ('<p title="/x">text /x</p>', None),
        ('<a href="/x', None),
        ("< a " + " " * 5_000, None),
    ],
)
def test_links_of_a_page_lead_through_the_proxy(page: str, rewritten: str | None) -> None:
    assert proxying.rewritten(page, "/p") == (rewritten or page)


RESULTS = """
apiVersion: v1
kind: Pod
metadata: {name: dns-test}
spec:
  volumes: [{name: results, emptyDir: {}}]
  containers:
  - name: webserver
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [test-webserver]
    ports: [{name: http, containerPort: 80}]
    volumeMounts: [{name: results, mountPath: /results}]
  - name: querier
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    command: [sh, -c]
    args:
    - >-
      for i in `seq 1 3`; do check="$(dig +notcp +noall +answer +search kubernetes.default A)" && test -n "$check"
      && echo OK > /results/udp@kubernetes.default; sleep 1; done
    volumeMounts: [{name: results, mountPath: /results}]
"""


def test_a_result_file_of_another_container_is_read_through_the_proxy(place: Playground) -> None:
    assert place.kubectl("apply", "-f", "-", typed=RESULTS).returncode == 0
    answer = place.api(f"{HERE}/pods/dns-test/proxy/results/udp@kubernetes.default")
    assert (answer.status, answer.body) == (200, b"OK\n")
    assert place.api(f"{HERE}/pods/dns-test/proxy/results/none").status == 404


def test_the_python_client_reads_through_the_proxy(place: Playground) -> None:
    api = client.CoreV1Api(config.new_client_from_config(str(place.kubeconfig)))
    assert api.connect_get_namespaced_pod_proxy_with_path("net:8080", "default", "hostname") == "net"
    assert api.connect_get_namespaced_service_proxy("porter:portname1", "default") == "foo"
    api.api_client.close()
