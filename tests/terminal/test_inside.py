"""What a container finds around itself, and what servers in pods answer."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.cluster import state
from app.machinery.objects import Key
from app.terminal import calls, messages, mounts, running
from app.terminal.shell import Streams
from app.terminal.streams import Text, given
from tests.cluster_driver import Cluster
from tests.terminal import worlds

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue, app.conf: "listen 80\\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
data: {word: c2VzYW1l}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client, tier: front}}
spec:
  hostname: front
  subdomain: hl
  containers:
  - name: c
    image: nicolaka/netshoot
    command: [sleep, infinity]
    resources: {limits: {cpu: 500m, memory: 64Mi}}
    envFrom: [{configMapRef: {name: settings}, prefix: CONF_}]
    env:
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
    - {name: TIER, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
    - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
    - {name: WORD, valueFrom: {secretKeyRef: {name: password, key: word}}}
    - {name: LESS, valueFrom: {secretKeyRef: {name: password, key: other, optional: true}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: SAID, value: "$(COLOR) on $(NODE)"}
    volumeMounts:
    - {name: config, mountPath: /etc/app}
    - {name: secret, mountPath: /etc/secret}
    - {name: about, mountPath: /etc/podinfo}
    - {name: all, mountPath: /projected}
    - {name: scratch, mountPath: /scratch}
  volumes:
  - {name: config, configMap: {name: settings}}
  - {name: secret, secret: {secretName: password}}
  - {name: about, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
  - name: all
    projected:
      sources:
      - {configMap: {name: settings, items: [{key: color, path: its/color}]}}
      - {secret: {name: password}}
      - {downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}
  - {name: scratch, emptyDir: {}}
---
apiVersion: v1
kind: Pod
metadata: {name: closed}
spec:
  automountServiceAccountToken: false
  dnsPolicy: None
  dnsConfig: {nameservers: [1.1.1.1, 9.9.9.9], searches: [resolv.conf.local], options: [{name: edns0}, {name: timeout, value: "2"}]}
  containers: [{name: c, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [pause]}]
---
apiVersion: v1
kind: Pod
metadata: {name: netexec, labels: {app: netexec}}
spec: {containers: [{name: c, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [netexec, --http-port=8080, --udp-port=8081]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: porter}
spec:
  containers:
  - name: c
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [porter, --json-response]
    env: [{name: SERVE_PORT_80, value: foo}, {name: SERVE_PORT_1080, value: bar}]
---
apiVersion: v1
kind: Pod
metadata: {name: plain-porter}
spec:
  containers:
  - name: c
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [porter]
    env: [{name: SERVE_PORT_80, value: '<a href="/rewriteme">test</a>'}]
---
apiVersion: v1
kind: Pod
metadata: {name: over-tcp}
spec: {containers: [{name: c, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [serve-hostname, --http=false, --tcp, --port=9000]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: nginx}
spec: {containers: [{name: c, image: "nginx:1.27.0"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: whoami}
spec: {containers: [{name: c, image: traefik/whoami}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hello}
spec: {containers: [{name: c, image: "gcr.io/google-samples/hello-app:2.0"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: httpbin}
spec: {containers: [{name: c, image: kennethreitz/httpbin}]}
---
apiVersion: v1
kind: Pod
metadata: {name: podinfo}
spec: {containers: [{name: c, image: stefanprodan/podinfo}]}
---
apiVersion: v1
kind: Pod
metadata: {name: echo}
spec: {containers: [{name: c, image: hashicorp/http-echo, args: [-text=hello, -listen=:8080]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: source}
spec: {containers: [{name: c, image: "registry.k8s.io/echoserver:1.10"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec: {containers: [{name: c, image: redis}]}
"""


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    made.apply(MANIFEST)
    return made


def address(cluster: Cluster, pod: str) -> str:
    return str(cluster.get(state.PODS, pod)["status"]["podIP"])


def run(cluster: Cluster, pod: str, line: str | list[str]) -> tuple[str, str, int]:
    async def api(asked: messages.Ask) -> messages.Reply:
        return messages.Reply(200 if asked.headers.get("Authorization") else 403, asked.target)

    own = cluster.get(state.PODS, pod)
    container = own["spec"]["containers"][0]
    out, err, volumes = Text(), Text(), dict[str, dict[str, str]]()
    files = mounts.files_of(cluster.held, own, container, lambda name: volumes.setdefault(name, {}))
    argv = ["sh", "-c", line] if isinstance(line, str) else line
    job = running.Job(argv, own, container, Streams(given(""), out, err), files)
    code, refusal = asyncio.run(running.run(job, worlds.around(cluster, api)))
    return str(out), str(err) + refusal, code


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("echo $CONF_color $COLOR $WORD $TIER $MEMORY", "blue blue sesame front 64\n"),
        ("echo ${LESS-unset}", "unset\n"),
        ("cat /etc/app/app.conf", "listen 80\n"),
        ("cat /etc/secret/word", "sesame"),
        ("head -2 /etc/podinfo/labels", 'app="client"\ntier="front"\n'),
        ("cat /projected/its/color /projected/word /projected/name", "bluesesameclient"),
        ("echo hi > /scratch/f && cat /scratch/f", "hi\n"),
        ("hostname -f", "front.hl.default.svc.cluster.local\n"),
        ("tail -1 /etc/hosts | cut -f2", "front.hl.default.svc.cluster.local\n"),
        ("expr 3 '*' 4 + 1", "13\n"),
        ('echo \'{"a": [{"b": 1}, {"b": 2}]}\' | jq -c \'.a[].b\'', "1\n2\n"),
        ("echo -n hello | base64", "aGVsbG8=\n"),
        ("echo aGVsbG8= | base64 -d", "hello"),
        ("basename /a/b.txt .txt; dirname /a/b.txt", "b\n/a\n"),
    ],
)
def test_a_container_finds_what_its_spec_says(cluster: Cluster, line: str, stdout: str) -> None:
    assert run(cluster, "client", line) == (stdout, "", 0)


def test_its_environment_knows_where_it_runs(cluster: Cluster) -> None:
    pod = cluster.get(state.PODS, "client")
    node = pod["spec"]["nodeName"]
    (host,) = [
        a["address"] for a in cluster.get(state.NODES, node, "")["status"]["addresses"] if a["type"] == "InternalIP"
    ]
    wanted = f"{node} {pod['status']['podIP']} {host} blue on {node}\n"
    assert run(cluster, "client", "echo $NODE $POD_IP $HOST_IP $SAID")[0] == wanted


def test_a_pod_with_its_own_resolver_has_it_in_resolv_conf(cluster: Cluster) -> None:
    said = "search resolv.conf.local\nnameserver 1.1.1.1\nnameserver 9.9.9.9\noptions edns0 timeout:2\n"
    assert run(cluster, "closed", "cat /etc/resolv.conf")[0] == said
    assert run(cluster, "closed", ["/agnhost", "dns-suffix"])[0] == "resolv.conf.local\n"
    assert run(cluster, "closed", ["/agnhost", "dns-server-list"])[0] == "1.1.1.1,9.9.9.9\n"


def test_a_pod_that_mounts_no_token_has_none(cluster: Cluster) -> None:
    _, err, code = run(cluster, "closed", "cat /var/run/secrets/kubernetes.io/serviceaccount/token")
    assert (code, err) == (1, "cat: /var/run/secrets/kubernetes.io/serviceaccount/token: No such file or directory\n")


API = "https://kubernetes.default.svc/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.mark.parametrize(
    ("line", "stdout", "stderr", "code"),
    [
        (f"curl -sS {API}", "", "curl: (60) SSL certificate problem: unable to get local issuer certificate", 60),
        (f"curl -s --cacert {SECRETS}/ca.crt -o /dev/null -w '%{{http_code}}' {API}", "403", "", 0),
        (f'curl -s --cacert {SECRETS}/ca.crt -H "Authorization: Bearer x" {API}', API[30:], "", 0),
        (f'curl -sk -H "Authorization: Bearer x" {API}', API[30:], "", 0),
        ('curl -sk -H "Authorization: Bearer x" https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api', "/api", "", 0),
        ("curl -sS --cacert /nosuch https://kubernetes.default", "", "curl: (77) error setting certificate verify", 77),
        ("curl -s http://kubernetes.default:443", "Client sent an HTTP request to an HTTPS server.\n", "", 0),
    ],
)  # fmt: skip
def test_the_api_is_reached_as_in_a_cluster(cluster: Cluster, line: str, stdout: str, stderr: str, code: int) -> None:
    out, err, ended = run(cluster, "client", line)
    assert (out, ended) == (stdout, code) and err.startswith(stderr), err


@pytest.mark.parametrize(
    ("pod", "where", "said"),
    [
        ("netexec", ":8080/hostName", "netexec"),
        ("netexec", ":8080/echo?msg=hi", "hi"),
        ("netexec", ":8080/header?key=user-agent", "curl/8.17.0"),
        ("netexec", ":8080/nosuch", "NOW: "),
        ("porter", ":80/", '{"Method":"GET","Body":"foo"}'),
        ("porter", ":1080/x?method=GET", '{"Method":"GET","Body":"bar"}'),
        ("plain-porter", ":80/", '<a href="/rewriteme">test</a>'),
        ("nginx", "", "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>"),
        ("nginx", "/nosuch", "<html>\r\n<head><title>404 Not Found</title></head>"),
        ("whoami", "/x", "Hostname: whoami\nIP: 127.0.0.1\nIP: ::1\nIP: "),
        ("hello", ":8080", "Hello, world!\nVersion: 2.0.0\nHostname: hello\n"),
        ("httpbin", "/user-agent", '{\n  "user-agent": "curl/8.17.0"\n}\n'),
        ("podinfo", ":9898/status/503", '{\n  "status": 503\n}'),
        ("echo", ":8080", "hello\n"),
        ("source", ":8080", "\n\nHostname: source\n\nPod Information:\n"),
    ],
)
def test_a_server_answers_as_its_image_does(cluster: Cluster, pod: str, where: str, said: str) -> None:
    assert run(cluster, "client", f"curl -s 'http://{address(cluster, pod)}{where}'")[0].startswith(said)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/echo?msg=x&code=418", "418"), ("/redirect?location=/hostname&code=307", "307"), ("/", "200")],
)
def test_netexec_answers_with_the_status_it_is_asked_for(cluster: Cluster, path: str, status: str) -> None:
    line = f"curl -s -o /dev/null -w '%{{http_code}}' 'http://{address(cluster, 'netexec')}:8080{path}'"
    assert run(cluster, "client", line)[0] == status


def test_curl_goes_where_it_is_sent(cluster: Cluster) -> None:
    line = f"curl -sL 'http://{address(cluster, 'netexec')}:8080/redirect?location=/hostname'"
    assert run(cluster, "client", line)[0] == "netexec"


def test_a_method_and_a_body_reach_the_server(cluster: Cluster) -> None:
    line = f"curl -s -X PUT -d hello -H 'X-Mine: yes' http://{address(cluster, 'httpbin')}/anything"
    seen = json.loads(run(cluster, "client", line)[0])
    assert (seen["method"], seen["data"], seen["headers"]["X-Mine"]) == ("PUT", "hello", "yes")


def test_dial_asks_another_server_over_http_and_udp(cluster: Cluster) -> None:
    own = address(cluster, "netexec")
    for protocol, port in (("http", 8080), ("udp", 8081)):
        dial = f"http://{own}:8080/dial?request=hostname&protocol={protocol}&host={own}&port={port}&tries=2"
        assert run(cluster, "client", f"curl -g -q -s '{dial}'")[0] == '{"responses":["netexec","netexec"]}'
    dial = f"http://{own}:8080/dial?request=hostname&protocol=http&host={own}&port=1&tries=1"
    assert json.loads(run(cluster, "client", f"curl -s '{dial}'")[0])["errors"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo hostName | nc -w 1 -u {netexec} 8081", "netexec"),
        ("echo echo hello | nc -w 1 -u {netexec} 8081", "hello"),
        ("echo | nc -w 1 {over-tcp} 9000", "over-tcp"),
        ("redis-cli -h {cache} ping", "PONG\n"),
        ("echo hostName | nc -w 1 {netexec} 8080 | head -1", "HTTP/1.1 400 Bad Request\r\n"),
    ],
)
def test_text_over_a_bare_connection_is_answered(cluster: Cluster, line: str, said: str) -> None:
    for pod in ("netexec", "over-tcp", "cache"):
        line = line.replace(f"{{{pod}}}", address(cluster, pod))
    assert run(cluster, "client", line)[0] == said


def test_a_clusterip_answers_no_ping_and_a_pod_does(cluster: Cluster) -> None:
    assert run(cluster, "client", "ping -c 1 10.96.0.1")[2] == 1
    out, _, code = run(cluster, "client", f"ping -c 2 {address(cluster, 'nginx')}")
    assert code == 0 and "2 packets transmitted, 2 received, 0% packet loss" in out


def test_a_clusterip_that_rejects_a_ping_says_so() -> None:
    nftables = Cluster()
    nftables.apply(MANIFEST)
    for node in ("node-1", "node-2"):
        mode = {"metadata": {"annotations": {"podlane.dev/kube-proxy": "nftables"}}}
        nftables.patch(Key("", "nodes", "", node), mode)
    out, _, code = run(nftables, "client", "ping -c 2 10.96.0.1")
    assert code == 1
    assert "icmp_seq=2 Destination Port Unreachable\n" in out
    assert "2 packets transmitted, 0 received, +2 errors, 100% packet loss" in out


def test_a_whole_name_as_hostname_is_what_the_kernel_says() -> None:
    whole = Cluster()
    whole.apply(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: client}\nspec:\n  subdomain: hl\n  setHostnameAsFQDN: true\n"
        "  containers: [{name: c, image: nicolaka/netshoot, command: [sleep, infinity]}]\n"
    )
    name = "client.hl.default.svc.cluster.local"
    assert run(whole, "client", "hostname")[0] == f"{name}\n"
    assert run(whole, "client", "hostname -f")[0] == f"{name}\n"
    assert f"\t{name}\tclient\n" in run(whole, "client", "cat /etc/hosts")[0]


def test_listening_sockets_are_those_of_the_pod(cluster: Cluster) -> None:
    assert run(cluster, "closed", "netstat -tln")[0].splitlines()[2:] == []
    wanted = "LISTEN 0      4096         0.0.0.0:80        0.0.0.0:*          \n"
    assert wanted in run_in(cluster, "nginx", "ss -tln")


def run_in(cluster: Cluster, pod: str, line: str) -> str:
    """Runs a program of the network tools in the pod, as a debug container would."""
    own = cluster.get(state.PODS, pod)
    twin = {**own, "metadata": {**own["metadata"], "name": "client"}}

    async def read() -> state.ClusterState:
        return cluster.held

    async def send(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        raise AssertionError("nothing is sent")

    async def api(asked: messages.Ask) -> messages.Reply:
        raise AssertionError("nothing is asked")

    container = {"name": "debug", "image": "nicolaka/netshoot"}
    done = running.execute(["sh", "-c", line], twin, calls.World(read, send, api, cluster.now), container)
    return asyncio.run(done).stdout


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("""awk '{print $2}'""", "default.svc.cluster.local\n10.96.0.10\nndots:5\n"),
        ("""awk '{print NR": "$2}'""", "1: default.svc.cluster.local\n2: 10.96.0.10\n3: ndots:5\n"),
        ("""awk -F. 'NR==2{print $1,$NF; exit}'""", "nameserver 10 10\n"),
        ("""awk 'END{print NR}'""", "3\n"),
        ("""awk '/nameserver/ {print $2}'""", "10.96.0.10\n"),
        ("""awk '$1 == "options" { sub_ = $2 } END { printf "%s|%5.1f\\n", sub_, 7/2 }'""", "ndots:5|  3.5\n"),
        ("""awk '!/search/ && NF>1'""", "nameserver 10.96.0.10\noptions ndots:5\n"),
        ("""awk '{n[$1]++} END {for (k in n) print k, n[k]}'""", "search 1\nnameserver 1\noptions 1\n"),
        ("""awk 'BEGIN { x = 2; x += 3; if (x > 4) print "more"; else print "less" }'""", "more\n"),
        ("""awk -v t=3 '{ s += length($1) } END { print s * t, toupper(substr("abc", 2)) }'""", "69 BC\n"),
    ],
)  # fmt: skip
def test_awk_does_what_pages_ask_of_it(cluster: Cluster, line: str, stdout: str) -> None:
    search = "sed 's/ svc.cluster.local cluster.local//' /etc/resolv.conf"
    assert run(cluster, "client", f"{search} | {line}") == (stdout, "", 0)


def test_an_awk_beyond_this_one_says_so(cluster: Cluster) -> None:
    _, err, code = run(cluster, "client", "awk 'BEGIN { while (1) x++ }'")
    assert code == 2 and "does not know" in err


def test_what_cannot_be_installed_is_said(cluster: Cluster) -> None:
    _, err, code = run(cluster, "client", "apk add curl")
    assert code == 1 and "no internet to install from" in err
