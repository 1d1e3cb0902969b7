"""The first figures: start, playground, one pod change, requests a second. Ratios are to a peer of the same run."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.cluster import state  # noqa: E402
from app.engine import commands  # noqa: E402
from app.kinds import registry  # noqa: E402
from app.kubeapi import encoded  # noqa: E402
from app.machinery import objects  # noqa: E402
from app.machinery.objects import Key  # noqa: E402
from tests.cluster_driver import Cluster  # noqa: E402

ROUNDS = 15


def main() -> None:
    """Run every measurement and print one table."""
    rows = [*served(), *one_pod_change(), *walks(), *reads()]
    width = max(len(name) for name, _ in rows)
    for name, figure in rows:
        print(f"{name:<{width}}  {figure}")


def median_ms(work: Callable[[], Any], rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median time of `work` in milliseconds, on the wall or by another clock."""
    taken = []
    for _ in range(rounds):
        begun = clock()
        work()
        taken.append((clock() - begun) * 1000)
    return statistics.median(taken)


def workload(pods: int, services: int = 10) -> tuple[dict[str, Any], ...]:
    """Make a Deployment of so many pods, and Services of which one selects them."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": pods, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    made: list[dict[str, Any]] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    ]
    for number in range(services):
        selector = {"app": "web"} if number == 0 else {"app": f"other-{number}"}
        ports = [{"port": 80}]
        made.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": f"web-{number}"},
                "spec": {"selector": selector, "ports": ports},
            }
        )
    return tuple(made)


def cluster_of(pods: int) -> Cluster:
    """Make a settled cluster with so many ready pods."""
    cluster = Cluster(nodes=max(2, -(-pods // 100)))
    cluster.say(commands.Apply("bench", workload(pods)))
    return cluster


def one_pod_change() -> list[tuple[str, str]]:
    """Measure a label edit of one pod until endpoints are written, at 100 and at 1,000 pods."""
    figures = {}
    for pods in (100, 1_000):
        begun = time.perf_counter()
        cluster = cluster_of(pods)
        made = time.perf_counter() - begun
        key = Key("", "pods", "default", objects.name_of(cluster.held.pods_of("default", {"app": "web"})[0]))
        labels = iter(["x" if n % 2 else None for n in range(1, 10_000)])

        def relabel(cluster: Cluster = cluster, key: Key = key, labels: Any = labels) -> None:
            cluster.say(commands.Patch("bench", key, {"metadata": {"labels": {"track": next(labels)}}}))

        figures[pods] = (median_ms(relabel, 40), made)
    naive = median_ms(lambda: naive_match(cluster.held))
    indexed = median_ms(lambda: [cluster.held.pods_of("default", s) for s in selectors(cluster.held)])
    ratio = figures[1_000][0] / figures[100][0]
    return [
        ("one pod change at 100 pods", f"{figures[100][0]:.2f} ms"),
        ("one pod change at 1,000 pods", f"{figures[1_000][0]:.2f} ms ({ratio:.1f}x of 100 pods)"),
        ("0 to 1,000 ready pods", f"{figures[1_000][1]:.2f} s"),
        ("all selectors at 1,000 pods", f"{indexed:.2f} ms ({naive / indexed:.0f}x faster than a scan)"),
    ]


def selectors(held: state.ClusterState) -> list[dict[str, str]]:
    """Return the selectors of the Services in namespace default."""
    found = [objects.spec_of(s).get("selector") for s in held.list(state.SERVICES, "default")]
    return [dict(selector) for selector in found if selector]


def naive_match(held: state.ClusterState) -> list[list[Any]]:
    """Match every selector by looking at every pod: the peer of the label index."""
    pods = list(held.list(state.PODS, "default"))
    return [[p for p in pods if selector.items() <= dict(objects.labels_of(p)).items()] for selector in selectors(held)]


def walks() -> list[tuple[str, str]]:
    """Measure explained requests and counted requests in the engine."""
    cluster = cluster_of(100)
    client = {"containers": [{"name": "c", "image": "curlimages/curl", "command": ["sleep", "infinity"]}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client"}, "spec": client}
    cluster.say(commands.Apply("bench", (pod,)))
    origin = {"pod": "default/client"}
    explained = median_ms(lambda: cluster.send(origin, "http://web-0", count=100), 5)
    counted = median_ms(lambda: cluster.send(origin, "http://web-0", count=100_000, trace=False), 3)
    return [
        ("explained requests, engine", f"{100_000 / explained:,.0f} /s"),
        ("counted requests, engine", f"{100_000_000 / counted:,.0f} /s"),
    ]


def reads() -> list[tuple[str, str]]:
    """Measure the Kubernetes API's bytes for 10,000 pods and for 500 watchers of one change, in CPU time.

    The peer, in the same run: sort, strip and `json.dumps` at every call, as a straightforward server does.
    """
    held = cluster_of(10_000).held
    kind, memory = registry.kind_for_key(Key("", "pods", "", "")), encoded.Encoded()
    meta = {"resourceVersion": str(held.revision)}

    def listed() -> bytes:
        return memory.listed(kind, held.in_order(state.PODS), meta)

    def plain() -> bytes:
        found = sorted(held.list(state.PODS), key=objects.name_of)
        bare = [{name: part for name, part in pod.items() if name not in ("apiVersion", "kind")} for pod in found]
        return json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": meta, "items": bare}).encode()

    first = median_ms(listed, 1, time.process_time)
    again, peer = median_ms(listed, 9, time.process_time), median_ms(plain, 3, time.process_time)
    pod = next(held.list(state.PODS))

    def line() -> bytes:
        return json.dumps({"type": "MODIFIED", "object": pod}).encode()

    def fan_out() -> None:
        revisions.append(revisions[-1] + 1)
        for _ in range(500):
            memory.frame("whole MODIFIED", "bench", revisions[-1], line)

    revisions = [held.revision]
    shared = median_ms(fan_out, 15, time.process_time)
    alone = median_ms(lambda: [line() for _ in range(500)], 3, time.process_time)
    return [
        ("list of 10,000 pods, first time, CPU", f"{first:.0f} ms"),
        ("list of 10,000 pods, again, CPU", f"{again:.1f} ms ({peer / again:.0f}x faster than json.dumps)"),
        ("one change for 500 watchers, CPU", f"{shared:.2f} ms ({alone / shared:.0f}x faster than one by one)"),
    ]


def served() -> list[tuple[str, str]]:
    """Measure a real server: start, a playground, requests over HTTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        command = [str(Path(sys.executable).parent / "podlane"), "serve", "--port", str(port)]
        env = {**os.environ, "PODLANE_DATABASE_URL": f"sqlite:///{folder}/bench.db"}
        server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"{url}/readyz")
            started = time.perf_counter() - begun
            made = median_ms(lambda: call(f"{url}/api/v1/playgrounds", {"title": "bench"}))
            playground = call(
                f"{url}/api/v1/playgrounds", {"title": "bench", "time": "instant", "scenario": "first-steps"}
            )
            ask = {"from": {"pod": "default/client"}, "to": "http://web"}
            where = f"{url}/api/v1/playgrounds/{playground['id']}/requests"
            one = median_ms(lambda: call(where, ask, playground["edit_key"]), 100)
        finally:
            server.terminate()
            server.wait(timeout=10)
    return [
        ("start until ready", f"{started:.2f} s"),
        ("new playground over HTTP", f"{made:.1f} ms"),
        ("one durable, explained request over HTTP", f"{one:.2f} ms ({1000 / one:,.0f} /s, one client waiting)"),
    ]


def wait_for(url: str) -> None:
    """Wait until the server answers, at most 30 s."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"no answer from {url}")


def call(url: str, body: dict[str, Any], key: str = "") -> Any:
    """POST JSON and return the answer."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
