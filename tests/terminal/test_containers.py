"""Containers that run their own commands, in a real host: what they write, print and send, and within what bounds."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from app.cluster import journal, state
from app.engine import commands
from app.machinery import objects
from app.runtime.clocks import ClockChange
from app.runtime.host import Host
from app.terminal import boxes, logs
from app.terminal.containers import Containers
from tests.runtime import hosting

T = TypeVar("T")

PROBED = "dns-test.default.svc.cluster.local"
PROBES = (
    "for i in `seq 1 600`; do "
    f'check="$$(dig +notcp +noall +answer +search dns-test A)" && test -n "$$check" && echo OK > /results/udp@dns-test; '
    f'check="$$(dig +tcp +noall +answer +search {PROBED} A)" && test -n "$$check" && echo OK > /results/tcp@{PROBED}; '
    f'test -n "$$(getent hosts {PROBED})" && echo OK > /results/hosts@{PROBED}; '
    'podARec=$$(hostname -i| awk -F. \'{print $$1"-"$$2"-"$$3"-"$$4".default.pod.cluster.local"}\');'
    'check="$$(dig +notcp +noall +answer +search $${podARec} A)" && test -n "$$check" && echo OK > /results/PodARecord; '
    "sleep 1; done"
)
DNS = f"""
apiVersion: v1
kind: Service
metadata: {{name: dns-test}}
spec: {{clusterIP: 10.96.7.7, selector: {{dns: "true"}}, ports: [{{port: 80, name: http}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: prober, labels: {{dns: "true"}}}}
spec:
  volumes: [{{name: results, emptyDir: {{}}}}]
  containers:
  - name: webserver
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [test-webserver]
    volumeMounts: [{{name: results, mountPath: /results}}]
  - name: querier
    image: registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7
    command: [sh, -c, {json.dumps(PROBES)}]
    volumeMounts: [{{name: results, mountPath: /results}}]
"""
LOOP = """
apiVersion: v1
kind: Pod
metadata: {name: looper}
spec: {containers: [{name: c, image: busybox, command: [sh, -c, "while true; do wget -qO- http://web && echo served; sleep 1; done"]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.50, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: hashicorp/http-echo, args: ["-listen=:80"]}]}
"""


async def asks(playground: str, path: str) -> tuple[int, str]:
    return 200, path


class Kept:
    """One playground with the containers that run in it."""

    def __init__(self, host: Host, containers: Containers, playground: str) -> None:
        self.host, self.containers, self.id = host, containers, playground

    async def pod(self, name: str) -> objects.Object:
        found = (await self.host.read(self.id)).find(state.PODS, "default", name)
        assert found is not None
        return found

    async def log(self, pod_name: str, container: str) -> list[str]:
        pod = await self.pod(pod_name)
        found = boxes.containers_of(pod)[container]
        run = logs.run_of(pod, found, boxes.statuses_of(pod)[container], False)
        return [line.text for line in await logs.Log(self.containers, self.id, run).history()]

    async def entries(self) -> list[journal.Entry]:
        head = (await self.host.read(self.id)).revision
        found: list[journal.Entry] = []
        async with contextlib.aclosing(self.host.follow(self.id, 0)) as commits:
            async for commit in commits:
                found.extend(commit)
                if commit[-1].revision >= head:
                    return found
        return found

    async def traffic(self) -> Counter[str]:
        return Counter(entry.type for entry in await self.entries() if entry.type in ("request", "traffic"))

    async def advance(self, seconds: float) -> None:
        await self.host.clock(self.id, ClockChange(advance_ms=seconds * 1000))


@contextlib.asynccontextmanager
async def kept(host: Host, manifests: str, time: str) -> AsyncIterator[Kept]:
    containers = Containers(host, asks)
    try:
        made = await hosting.new(host, time)
        documents = tuple(yaml.safe_load_all(manifests))
        await host.execute(made.id, commands.Apply("you", documents))
        yield Kept(host, containers, made.id)
    finally:
        await containers.stop()


def run(folder: Path, work: Callable[[Host], Awaitable[T]], wall: hosting.Wall | None = None) -> T:
    return hosting.run(hosting.sqlite(folder), work, wall)


@pytest.mark.parametrize("path", ["udp@dns-test", f"tcp@{PROBED}", f"hosts@{PROBED}", "PodARecord"])
def test_the_dns_probers_of_the_conformance_suite_leave_their_results(tmp_path: Path, path: str) -> None:
    async def work(host: Host) -> tuple[str | None, str]:
        async with kept(host, DNS, "instant") as one:
            pod = await one.pod("prober")
            read = one.containers.world(one.id, _none, _api).file
            return await read(pod, "webserver", f"/results/{path}"), str(objects.status_of(pod)["phase"])

    assert run(tmp_path, work) == ("OK\n", "Running")


async def _none(asked: Any) -> Any:
    raise AssertionError(asked)


async def _api(path: str) -> tuple[int, str]:
    raise AssertionError(path)


def test_in_instant_time_a_loop_goes_on_with_the_clock_and_when_read_after_a_change(tmp_path: Path) -> None:
    async def work(host: Host) -> list[int]:
        async with kept(host, LOOP, "instant") as one:
            counts = [len(await one.log("looper", "c")), len(await one.log("looper", "c"))]
            await host.execute(one.id, commands.Create("you", hosting.pod("another")))
            counts.append(len(await one.log("looper", "c")))
            await one.advance(5)
            counts.append(len(await one.log("looper", "c")))
            return counts

    lines = run(tmp_path, work)
    assert [later - sooner for sooner, later in zip([0, *lines], lines, strict=False)] == [2, 0, 2, 10]


def test_a_loop_writes_what_is_new_and_sums_up_the_rest(tmp_path: Path) -> None:
    async def work(host: Host) -> tuple[Counter[str], int, int]:
        async with kept(host, LOOP, "manual") as one:
            await one.advance(5)
            for _ in range(5):
                await one.advance(10)
                await one.log("looper", "c")
            rounds = len([line for line in await one.log("looper", "c") if line == "served"])
            served = [line for line in await one.log("web", "web") if '"GET / HTTP/1.1" 200' in line]
            return await one.traffic(), rounds, len(served)

    traffic, rounds, served = run(tmp_path, work)
    assert 50 <= rounds <= 56 and served == rounds
    assert traffic["request"] <= 4 and 1 <= traffic["traffic"] <= 6, traffic


def test_a_loop_does_not_keep_its_playground_awake(tmp_path: Path) -> None:
    wall = hosting.Wall()

    async def settled(one: Kept) -> None:
        for _ in range(20):
            await asyncio.sleep(0.01)

    async def work(host: Host) -> tuple[int, int, int]:
        async with kept(host, LOOP, "live") as one:
            wall.now += 5
            first = len(await one.log("looper", "c"))
            crew = one.containers._crews[one.id]
            box = next(box for box in crew.boxes.values() if box.task is not None)
            wall.now += 3_600
            await settled(one)
            crew.ring()
            await settled(one)
            asleep = len(box.lines)
            await host.read(one.id)
            wall.now += 2
            crew.ring()
            await settled(one)
            return first, asleep, len(box.lines)

    first, asleep, awake = run(tmp_path, work, wall)
    assert first > 0 and asleep <= first + 2 and awake > asleep


def test_a_short_script_ends_with_its_real_exit_code_in_live_time(tmp_path: Path) -> None:
    wall = hosting.Wall()
    script = "wget -q http://nosuch || exit 9"
    manifest = f"""
apiVersion: v1
kind: Pod
metadata: {{name: short}}
spec: {{restartPolicy: Never, containers: [{{name: c, image: busybox, command: [sh, -c, "{script}"]}}]}}
"""

    async def work(host: Host) -> tuple[str, int]:
        async with kept(host, manifest, "live") as one:
            for _ in range(8):
                wall.now += 0.25
                await one.containers.settle(one.id, await one.pod("short"))
            status = objects.status_of(await one.pod("short"))
            return str(status["phase"]), int(
                objects.dig(status["containerStatuses"][0], "state", "terminated", "exitCode")
            )

    assert run(tmp_path, work, wall) == ("Failed", 9)


def test_what_a_deleted_pods_command_does_ends_with_it(tmp_path: Path) -> None:
    async def work(host: Host) -> tuple[bool, int]:
        async with kept(host, LOOP, "instant") as one:
            await one.log("looper", "c")
            crew = one.containers._crews[one.id]
            box = next(box for box in crew.boxes.values() if box.task is not None)
            key = objects.Key(*state.PODS, "default", "looper")
            await host.execute(one.id, commands.Delete("you", key, grace_seconds=0))
            assert box.task is not None
            await asyncio.gather(box.task, return_exceptions=True)
            return box.id in crew.boxes, sum(1 for _ in crew.running)

    assert run(tmp_path, work) == (False, 0)
