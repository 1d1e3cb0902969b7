"""What the real kubectl shows of a playground: tables to the character, every way to print, watch, wait, describe."""

import re
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.playground import KUBECTL, Playground
from tests.served import Served

MANIFESTS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {tier: back}}
spec: {selector: {app: cart, tier: back}, ports: [{name: http, port: 80, targetPort: web}, {name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: cart}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: open, namespace: shop}
spec: {type: NodePort, selector: {app: cart}, externalIPs: [198.51.100.9], ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart, tier: back}}
    spec: {containers: [{name: main, image: "nginx:1.27", ports: [{name: web, containerPort: 80}]}, {name: side, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: picky, namespace: shop}
spec: {nodeSelector: {no: such}, containers: [{name: c, image: nginx}], readinessGates: [{conditionType: example.com/gate}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: prices, namespace: shop}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Secret
metadata: {name: token, namespace: shop}
type: Opaque
stringData: {a: "1"}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example], secretName: token}]
  rules:
  - {host: shop.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: cart, port: {name: http}}}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: cart}, matchExpressions: [{key: tier, operator: In, values: [back, front]}]}, policyTypes: [Ingress]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: many, namespace: shop}
subsets: [{addresses: [{ip: 192.0.2.1}, {ip: 192.0.2.2}, {ip: 192.0.2.3}, {ip: 192.0.2.4}], ports: [{port: 80}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: bare, namespace: shop}
addressType: IPv4
endpoints: []
ports: []
"""


@pytest.fixture(scope="module")
def shop(server: Served, home: Path) -> Playground:
    """A playground of instant time with one of everything in namespace shop."""
    made = Playground(server.url, home / "shop", {"time": "instant", "seed": 7, "nodes": 2})
    done = made.kubectl("apply", "-f", "-", typed=MANIFESTS)
    assert done.returncode == 0, done
    return made


AGE = r"\d+m?\d*s"
RS = r"[0-9a-z]{8,10}"
"""A ReplicaSet's hash. In the tables below `AGE` and `RS` and what looks like `10.*` stand for what differs each time."""

TABLES = [
    (
        "svc", ["-o", "wide"],
        """\
        NAME       TYPE           CLUSTER-IP   EXTERNAL-IP    PORT(S)         AGE   SELECTOR
        cart       ClusterIP      10.*         <none>         80/TCP,53/UDP   AGE   app=cart,tier=back
        headless   ClusterIP      None         <none>         80/TCP          AGE   app=cart
        open       NodePort       10.*         198.51.100.9   80:30080/TCP    AGE   app=cart
        outside    ExternalName   <none>       example.com    <none>          AGE   <none>
        """,
    ),
    (
        "svc", ["-l", "tier=back", "--show-labels"],
        """\
        NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)         AGE   LABELS
        cart   ClusterIP   10.*         <none>        80/TCP,53/UDP   AGE   tier=back
        """,
    ),
    (
        "svc", ["--field-selector", "spec.type=NodePort", "-L", "tier"],
        """\
        NAME   TYPE       CLUSTER-IP   EXTERNAL-IP    PORT(S)        AGE   TIER
        open   NodePort   10.*         198.51.100.9   80:30080/TCP   AGE
        """,
    ),
    (
        "pods", ["-l", "app=cart"],
        """\
        NAME            READY   STATUS    RESTARTS   AGE
        cart-RS-*   2/2     Running   0          AGE
        cart-RS-*   2/2     Running   0          AGE
        """,
    ),
    (
        "pods", ["-o", "wide"],
        """\
        NAME            READY   STATUS    RESTARTS   AGE   IP   NODE   NOMINATED NODE   READINESS GATES
        cart-RS-*   2/2     Running   0          AGE   10.*   node-*   <none>           <none>
        cart-RS-*   2/2     Running   0          AGE   10.*   node-*   <none>           <none>
        picky   0/1     Pending   0          AGE   <none>   <none>   <none>           0/1
        """,
    ),
    (
        "deploy,rs", ["-o", "wide"],
        """\
        NAME   READY   UP-TO-DATE   AVAILABLE   AGE   CONTAINERS   IMAGES   SELECTOR
        deployment.apps/cart   2/2     2            2           AGE   main,side   nginx:1.27,busybox   app=cart

        NAME   DESIRED   CURRENT   READY   AGE   CONTAINERS   IMAGES   SELECTOR
        replicaset.apps/cart-RS   2         2         2       AGE   main,side   nginx:1.27,busybox   app=cart,pod-template-hash=RS
        """,
    ),
    (
        "endpointslices", [],
        """\
        NAME   ADDRESSTYPE   PORTS   ENDPOINTS   AGE
        bare   IPv4          <unset>   <unset>   AGE
        cart-*   IPv4          53,80   10.*,10.*   AGE
        headless-*   IPv4          80   10.*,10.*   AGE
        open-*   IPv4          80   10.*,10.*   AGE
        """,
    ),
    (
        "ep/many", [],
        """\
        NAME   ENDPOINTS                                            AGE
        many   192.0.2.1:80,192.0.2.2:80,192.0.2.3:80 + 1 more...   AGE
        """,
    ),
    (
        "cm,secret", [],
        """\
        NAME                         DATA   AGE
        configmap/kube-root-ca.crt   1      AGE
        configmap/prices             2      AGE

        NAME           TYPE     DATA   AGE
        secret/token   Opaque   1      AGE
        """,
    ),
    (
        "ing", [],
        """\
        NAME    CLASS   HOSTS          ADDRESS   PORTS     AGE
        front   nginx   shop.example             80, 443   AGE
        """,
    ),
    (
        "netpol", [],
        """\
        NAME     POD-SELECTOR                   AGE
        closed   app=cart,tier in (back,front)   AGE
        """,
    ),
    (
        "sa", [],
        """\
        NAME      AGE
        default   AGE
        """,
    ),
    (
        "ns", ["shop", "default"],
        """\
        NAME      STATUS   AGE
        shop      Active   AGE
        default   Active   AGE
        """,
    ),
    (
        "nodes", ["-o", "wide"],
        """\
        NAME     STATUS   ROLES    AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE   KERNEL-VERSION   CONTAINER-RUNTIME
        node-1   Ready    <none>   AGE   v1.36.0   10.0.0.11     <none>        Podlane simulated node   simulated (amd64)   podlane://simulated
        node-2   Ready    <none>   AGE   v1.36.0   10.0.0.12     <none>        Podlane simulated node   simulated (amd64)   podlane://simulated
        """,
    ),
]  # fmt: skip


def pattern(table: str) -> str:
    """A table as a pattern: runs of blanks match runs of blanks, AGE, RS, `*` and `10.*` what stands there."""
    rows = []
    for line in table.splitlines():
        cells = [re.escape(cell).replace("10\\.\\*", r"10\.[\d.]+").replace("\\*", r"\S+") for cell in line.split()]
        if cells[:1] != ["NAME"]:
            cells = [AGE if cell == "AGE" else cell.replace("RS", RS) for cell in cells]
        rows.append(" +".join(cells) + " *")
    return "\n".join(rows).strip(" ")


@pytest.mark.parametrize(("what", "how", "table"), TABLES, ids=[" ".join([row[0], *row[1]]) for row in TABLES])
def test_a_table_is_as_kubectl_prints_it_of_a_real_cluster(
    shop: Playground, what: str, how: list[str], table: str
) -> None:
    done = shop.kubectl("get", what, "-n", "shop", *how)
    assert done.returncode == 0, done
    assert re.fullmatch(pattern(table), done.stdout), done.stdout
    for block in done.stdout.split("\n\n"):
        assert_aligned(block.splitlines())


def assert_aligned(lines: list[str]) -> None:
    """Every column begins where its heading does, three blanks after the longest cell before it."""
    head = lines[0]
    begins = [0] + [match.end() for match in re.finditer(r" {3,}", head)]
    for line in lines[1:]:
        for begin in begins[1:]:
            assert line[begin - 3 : begin] in ("   ", ""), (begin, line)


def test_all_namespaces_come_with_a_column_of_their_own(shop: Playground) -> None:
    done = shop.kubectl("get", "svc", "-A")
    assert done.stdout.startswith("NAMESPACE     NAME         TYPE           CLUSTER-IP")
    places = [tuple(line.split()[:2]) for line in done.stdout.splitlines()[1:]]
    assert places == [
        ("default", "kubernetes"), ("kube-system", "kube-dns"),
        ("shop", "cart"), ("shop", "headless"), ("shop", "open"), ("shop", "outside"),
    ]  # fmt: skip


COLUMNS = "N:.metadata.name,T:.spec.type,P:.spec.ports[0].nodePort"
DEPRECATED = r"Warning: v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io/v1 EndpointSlice\n"
AS_YAML = (
    r"apiVersion: v1\nkind: Service\nmetadata:\n(?s:.*)\nspec:\n  clusterIP: 10(?s:.*)\nstatus:\n  loadBalancer: \{\}\n"
)
AS_JSON = r'\{\n    "apiVersion": "v1",\n    "items": \[(?s:.*)"kind": "List",\n    "metadata": \{\n +"resourceVersion": ""\n    \}\n\}\n'
PRINTED = [
    (["get", "svc", "-n", "shop", "-o", "name"], r"(service/\w+\n){4}"),
    (["get", "svc", "cart", "-n", "shop", "-o", "jsonpath={.spec.ports[*].port}"], r"80 53"),
    (["get", "svc", "-n", "shop", "-o", "jsonpath={range .items[*]}{.metadata.name}={.spec.type};{end}"], r"(\w+=(ClusterIP|NodePort|ExternalName);){4}"),
    (["get", "svc", "cart", "-n", "shop", "-o", "go-template={{range .spec.ports}}{{.name}} {{end}}"], r"http dns "),
    (["get", "svc", "-n", "shop", "-o", f"custom-columns={COLUMNS}"], r"N +T +P\n(\w+ +(ClusterIP|ExternalName) +<none>\n|open +NodePort +30080\n){4}"),
    (["get", "svc", "-n", "shop", "--sort-by=.spec.type", "-o", "name"], r"service/cart\nservice/headless\nservice/outside\nservice/open\n"),
    (["get", "svc", "-n", "shop", "--chunk-size=1", "-o", "name"], r"service/cart\nservice/headless\nservice/open\nservice/outside\n"),
    (["get", "pods", "-A", "--chunk-size=2", "--no-headers"], r"(\S+ +\S+ +\d/\d +(Running|Pending) .*\n){5}"),
    (["get", "svc", "cart", "-n", "shop", "-o", "yaml"], AS_YAML),
    (["get", "svc", "-n", "shop", "-o", "json"], AS_JSON),
    (["get", "svc", "-n", "nowhere"], r"No resources found in nowhere namespace\.\n"),
    (["get", "ing", "-A", "-l", "no=such"], r"No resources found\n"),
    (["get", "svc/cart", "deploy/cart", "-n", "shop", "-o", "name"], r"service/cart\ndeployment\.apps/cart\n"),
    (["get", "svc", "nope", "-n", "shop", "--ignore-not-found"], r""),
    (["get", "--raw", "/api/v1/namespaces/shop/services/cart"], r'\{.*"kind":"Service".*'),
    (["get", "pods", "-n", "shop", "--field-selector=status.phase!=Running", "-o", "name"], r"pod/picky\n"),
    (["get", "pods", "-n", "shop", "--field-selector=spec.nodeName=node-1", "-o", "name"], r"pod/cart-\S+\n"),
    (["get", "ep", "kubernetes"], rf"NAME +ENDPOINTS +AGE\nkubernetes +10\.0\.0\.10:6443 +{AGE}\n{DEPRECATED}"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "says"), PRINTED, ids=[" ".join(row[0])[:60] for row in PRINTED])
def test_every_way_to_print_works(shop: Playground, line: list[str], says: str) -> None:
    done = shop.kubectl(*line)
    assert done.returncode == 0, done
    assert re.fullmatch(says, done.stdout + done.stderr), done


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["get", "svc", "-l", "a b"], "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        (["get", "pods", "--field-selector", "spec.foo=1"], "field label not supported: spec.foo"),
        (
            ["get", "endpointslices", "--field-selector", "addressType=IPv4"],
            '"addressType" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        (["get", "foo"], 'error: the server doesn\'t have a resource type "foo"\n'),
        (["get", "svc", "nope"], 'Error from server (NotFound): services "nope" not found\n'),
    ],
)
def test_what_cannot_be_read_is_said_as_a_real_cluster_says_it(shop: Playground, line: list[str], says: str) -> None:
    done = shop.kubectl(*line)
    assert done.returncode == 1 and says in done.stderr, done


def test_a_slice_is_described_with_the_address_of_each_pod(shop: Playground) -> None:
    wanted = ["get", "pods", "-n", "shop", "-l", "app=cart", "-o"]
    ips = shop.kubectl(*wanted, "jsonpath={.items[*].status.podIP}").stdout.split()
    names = shop.kubectl(*wanted, "jsonpath={.items[*].metadata.name}").stdout.split()
    shown = shop.kubectl("describe", "endpointslice", "-n", "shop", "-l", "kubernetes.io/service-name=cart").stdout
    assert len(ips) == 2
    for ip, name in zip(ips, names, strict=True):
        told = rf"  - Addresses:  {re.escape(ip)}\n    Conditions:\n      Ready: +true\n    Hostname: +<unset>\n    TargetRef: +Pod/{name}\n"
        assert re.search(told, shown), shown
    assert re.search(r"Ports:\n  Name +Port +Protocol\n  -+ +-+ +-+\n  dns +53 +UDP\n  http +80 +TCP\n", shown), shown
    assert "Endpoints: <none>" in shop.kubectl("describe", "endpointslice", "bare", "-n", "shop").stdout


def test_a_service_is_described_line_by_line(shop: Playground) -> None:
    shown = shop.kubectl("describe", "svc", "cart", "-n", "shop").stdout
    words = [line.partition(":")[0].strip() for line in shown.splitlines() if ":" in line and line[0] != " "]
    assert words == [
        "Name", "Namespace", "Labels", "Annotations", "Selector", "Type", "IP Family Policy", "IP Families", "IP", "IPs",
        "Port", "TargetPort", "Endpoints", "Port", "TargetPort", "Endpoints", "Session Affinity",
        "Internal Traffic Policy", "Events",
    ]  # fmt: skip
    assert re.search(r"Port: +http  80/TCP\nTargetPort: +web/TCP\nEndpoints: +10\.\S+:80,10\.\S+:80\n", shown), shown


Start = Callable[..., IO[str]]


@pytest.fixture
def living(server: Served, home: Path) -> Playground:
    """A playground whose time passes by itself."""
    return Playground(server.url, home / "living", {"scenario": "first-steps", "time": "live", "seed": 7})


@pytest.fixture
def start(living: Playground) -> Iterator[Start]:
    """Starts a kubectl that goes on; gives what it prints, line by line. It ends with the test."""
    running = []

    def begin(*arguments: str) -> IO[str]:
        one = subprocess.Popen(
            [KUBECTL, *arguments],
            env=living.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        running.append(one)
        assert one.stdout is not None
        return one.stdout

    yield begin
    for one in running:
        one.kill()
        with one:
            pass


def test_a_watch_shows_the_external_address_come(living: Playground, start: Start) -> None:
    lines = start("get", "svc", "--watch")
    assert [lines.readline().split()[0] for _ in range(3)] == ["NAME", "kubernetes", "web"]
    made = living.kubectl("expose", "pod", "client", "--name=lb", "--port=80", "--type=LoadBalancer")
    assert made.stdout == "service/lb exposed\n"
    seen: list[str] = []
    for line in lines:
        if line.startswith("lb"):
            seen.append(line.split()[3])
        if seen and seen[-1] != "<pending>":
            break
    assert seen[0] == "<pending>" and re.fullmatch(r"203\.0\.113\.\d+", seen[-1]), seen


def test_a_watch_prints_its_headings_once_and_then_each_change(living: Playground, start: Start) -> None:
    living.kubectl("wait", "--for=condition=Available", "deploy/web", "--timeout=30s")
    lines = start("get", "deploy", "web", "-w")
    assert lines.readline().split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert lines.readline().split()[:2] == ["web", "3/3"]
    living.kubectl("scale", "deploy", "web", "--replicas=4")
    ready = []
    while "4/4" not in ready:
        ready.append(lines.readline().split()[1])
    assert ready[0] in ("3/3", "3/4") and set(ready) <= {"3/3", "3/4", "4/4"}


def test_a_watch_alone_tells_only_what_is_new(living: Playground, start: Start) -> None:
    lines = start("get", "configmaps", "--watch-only", "-o", "name")
    for number in range(5_000):
        if select.select([lines], [], [], 0)[0]:
            break
        living.api("/api/v1/namespaces/default/configmaps", "POST", {"metadata": {"name": f"c{number}"}})
    assert re.fullmatch(r"configmap/c\d+\n", lines.readline())


WAITS = [
    (["pod/client", "--for=condition=Ready"], "pod/client condition met\n"),
    (["deploy/web", "--for=condition=Available"], "deployment.apps/web condition met\n"),
    (["svc/web", "--for=jsonpath={.spec.type}=ClusterIP"], "service/web condition met\n"),
    (["pods", "-l", "app=web", "--for=condition=Ready"], r"(pod/web-\S+ condition met\n){3}"),
    (["pod/never", "--for=delete"], ""),
]


@pytest.mark.parametrize(("line", "says"), WAITS, ids=[row[0][0] for row in WAITS])
def test_waiting_ends_when_it_is_so(living: Playground, line: list[str], says: str) -> None:
    living.kubectl("rollout", "status", "deploy/web", "--timeout=30s")
    done = living.kubectl("wait", *line, "--timeout=30s")
    assert done.returncode == 0 and re.fullmatch(says, done.stdout), done


def test_waiting_for_creation_and_deletion_sees_them_come(living: Playground, start: Start) -> None:
    created = start("wait", "pod/late", "--for=create", "--timeout=30s")
    assert living.kubectl("run", "late", "--image=nginx").returncode == 0
    assert created.read() == "pod/late condition met\n"
    gone = start("wait", "pod/late", "--for=delete", "--timeout=60s")
    assert living.kubectl("delete", "pod", "late", "--grace-period=1").returncode == 0
    assert gone.read() in ("pod/late condition met\n", "")


def test_waiting_in_vain_says_so(living: Playground) -> None:
    done = living.kubectl("wait", "svc/web", "--for=jsonpath={.spec.type}=NodePort", "--timeout=1s")
    assert done.returncode == 1
    assert done.stderr == "error: timed out waiting for the condition on services/web\n"
