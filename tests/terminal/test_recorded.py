"""Command lines whose output was recorded from the real programs: the simulated ones print the same, but for times and ids."""

import asyncio
import json
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.cluster import state
from app.terminal import messages, running
from tests.cluster_driver import Cluster
from tests.terminal import worlds

HERE = pathlib.Path(__file__).parent / "recorded"
IMAGES = {"curl": "nginx:1.27", "gnu": "python:3.12", "busybox": "busybox:1.37", "netshoot": "nicolaka/netshoot"}
MANIFEST = """
{clients}
---
apiVersion: v1
kind: Pod
metadata: {{name: web-1, labels: {{app: web}}}}
spec:
  nodeName: node-2
  containers: [{{name: c, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [serve-hostname]}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: page-1, labels: {{app: page}}}}
spec: {{nodeName: node-2, containers: [{{name: c, image: nginx}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: hl-1, labels: {{app: hl}}}}
spec: {{nodeName: node-1, containers: [{{name: c, image: nginx}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: hl-2, labels: {{app: hl}}}}
spec: {{nodeName: node-2, containers: [{{name: c, image: nginx}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: cache-1, labels: {{app: cache}}}}
spec: {{nodeName: node-2, containers: [{{name: c, image: redis}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{clusterIP: 10.96.0.50, selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: 9376}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: page}}
spec: {{clusterIP: 10.96.0.60, selector: {{app: page}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: cache}}
spec: {{clusterIP: 10.96.0.61, selector: {{app: cache}}, ports: [{{port: 6379}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: empty}}
spec: {{clusterIP: 10.96.0.51, selector: {{app: nobody}}, ports: [{{name: a, port: 80}}, {{name: b, port: 8080}}, {{name: d, port: 53, protocol: UDP}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: gone}}
spec:
  clusterIP: 10.96.0.52
  internalTrafficPolicy: Local
  selector: {{app: web}}
  ports: [{{name: a, port: 80, targetPort: 9376}}, {{name: dns, port: 53, protocol: UDP}}]
---
apiVersion: v1
kind: Service
metadata: {{name: hl}}
spec: {{clusterIP: None, selector: {{app: hl}}, ports: [{{name: http, port: 8080}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: ext}}
spec: {{type: ExternalName, externalName: example.com}}
"""
CLIENT = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec: {{nodeName: node-1, containers: [{{name: c, image: "{image}", command: [sleep, infinity]}}]}}
"""


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    clients = "---".join(CLIENT.format(name=name, image=image) for name, image in IMAGES.items())
    made.apply(MANIFEST.format(clients=clients))
    return made


def run(cluster: Cluster, pod: str, line: str) -> running.ShellResult:
    async def api(asked: messages.Ask) -> messages.Reply:
        return messages.Reply(404, "")

    world = worlds.around(cluster, api)
    return asyncio.run(running.execute(["sh", "-c", line], cluster.get(state.PODS, pod), world))


REDIRECTED = {"http://web/missing": "http://page/missing", "http://web:6379/": "http://cache:6379/"}
"""In the recording one server did all; here each does what it is for."""


def rows() -> Iterator[Any]:
    for path in sorted(HERE.glob("*.json")):
        for row in json.loads(path.read_text())["rows"]:
            yield pytest.param(path.stem, row, id=f"{path.stem}: {row['line']}")


def plain(text: str) -> str:
    """Leave out what differs from run to run: times, rates, numbers of queries, and the cookie that CoreDNS echoes."""
    text = re.sub(r"^; COOKIE: .*\n", "", text, flags=re.M)
    for pattern, said in (
        (r"DiG 9\.18\.\S+", "DiG"),
        (r", id: \d+", ", id"),
        (r"rcvd: \d+", "rcvd"),
        (r"WHEN: .*", "WHEN"),
        (r"Query time: \d+", "Query time"),
        (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE"),
        (r"after \d+ ms", "after N ms"),
        (r"time=?[ \d.]+ ?ms", "time"),
        (r"\d+\.\d+/\d+\.\d+/\d+\.\d+(/\d+\.\d+)?", "times"),
        (r"ttl=\d+", "ttl"),
        (r"SOA\tns\.dns\.cluster\.local\. hostmaster\.cluster\.local\. \d+", "SOA"),
        (r"192\.0\.2\.\d+ *", "192.0.2.x "),
        (r"\d: eth0@\w+", "eth0"),
        (r"(100 +\d+ +100 +\d+ +\d+ +\d+ ).*", r"\1 rates"),
    ):
        text = re.sub(pattern, said, text)
    return text


def expected(cluster: Cluster, text: str, line: str, asked: str) -> str:
    """Write the recording with the addresses that pods have here."""
    if asked != line:
        text = text.replace("http://web/", "http://page/").replace("web (10.96.0.50:80)", "page (10.96.0.60:80)")
        text = (
            text.replace("web (web)", "page (page)").replace("10.96.0.50", "10.96.0.60").replace("0    19", "0   153")
        )
    if line.partition(" ip ")[1] or line.startswith("ip "):
        return text.replace(
            "10.244.1.5", cluster.get(state.PODS, "busybox" if "busybox" in line else "netshoot")["status"]["podIP"]
        )
    for number, name in (("1", "hl-1"), ("2", "hl-2")):
        own = cluster.get(state.PODS, name)["status"]["podIP"]
        text = text.replace(f"10.244.{number}.5", own).replace(f"10-244-{number}-5", own.replace(".", "-"))
    return text


@pytest.mark.parametrize(("pod", "row"), list(rows()))
def test_a_line_prints_what_the_real_program_printed(cluster: Cluster, pod: str, row: Mapping[str, Any]) -> None:
    line = str(row["line"])
    asked = line
    for real, here in REDIRECTED.items():
        asked = asked.replace(real, here)
    done = run(cluster, pod, expected(cluster, asked, "", ""))
    said = [plain(text) for text in (done.stdout, done.stderr)]
    wanted = [plain(expected(cluster, row[name], line, asked)) for name in ("stdout", "stderr")]
    if "hl" in line:
        said, wanted = ([sorted(text.splitlines()) for text in pair] for pair in (said, wanted))
    assert [*said, done.exit_code] == [*wanted, row["code"]]
