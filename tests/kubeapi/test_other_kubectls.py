"""One smoke test with the oldest and the newest kubectl that people use: the same lines, the same answers."""

import platform
import re
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from tests.playground import Playground
from tests.served import Served

FOLDER = Path(sys.prefix) / "kubectls"
# The only package with kubectl 1.32 carries no other platform's.
RELEASES = ["1.32", "1.37"] if (sys.platform, platform.machine()) == ("linux", "x86_64") else ["1.37"]

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: applied}
spec: {selector: {app: web}, ports: [{port: %d}]}
"""

# The words, what is typed, the exit code, and what is said.
LINES = [
    (["version"], "", r"Client Version: v{release}\.\d+[\s\S]*Server Version: v1\.36\.0"),
    (["get", "svc", "web"], "", r"NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +10\."),
    (["get", "pods", "-o", "jsonpath={.items[*].status.phase}"], "", r"Running Running"),
    (["describe", "svc", "web"], "", r"Endpoints: +10\.244\.\S+:80,10\.244\.\S+:80,10\.244\.\S+:80\n"),
    (["explain", "service.spec.selector"], "", r"FIELD: selector <map\[string\]string>"),
    (["apply", "-f", "-"], SERVICE % 80, r"^service/applied created\n$"),
    (["apply", "-f", "-"], SERVICE % 81, r"^service/applied configured\n$"),
    (["apply", "--server-side", "--force-conflicts", "-f", "-"], SERVICE % 81, r"service/applied serverside-applied"),
    (["create", "deployment", "made", "--image=nginx", "--replicas=2"], "", r"deployment.apps/made created"),
    (["rollout", "status", "deployment/made", "--timeout=20s"], "", r"successfully rolled out"),
    (["expose", "deployment", "made", "--port=80"], "", r"service/made exposed"),
    (["scale", "deployment", "made", "--replicas=3"], "", r"deployment.apps/made scaled"),
    (["wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/made", "--timeout=20s"], "", r"condition met"),
    (["exec", "client", "--", "curl", "-s", "http://made"], "", r"Welcome to nginx"),
    (["exec", "-i", "client", "--", "cat"], "typed\n", r"^typed\n$"),
    (["logs", "deployment/made"], "", r"start worker process|Configuration complete|GET / HTTP"),
    (["label", "svc", "made", "team=a"], "", r"service/made labeled"),
    (["patch", "svc", "made", "-p", '{"spec":{"type":"NodePort"}}'], "", r"service/made patched"),
    (["auth", "can-i", "create", "pods"], "", r"yes"),
    (["delete", "deployment,svc", "made"], "", r'deployment.apps "made" deleted[\s\S]*service "made" deleted'),
]


@pytest.fixture(scope="module", params=RELEASES)
def kubectl(request: pytest.FixtureRequest) -> str:
    found = FOLDER / request.param / "kubectl"
    assert found.is_file(), "run `make setup-dev`"
    return str(found)


@pytest.fixture(scope="module")
def place(server: Served, kubectl: str, tmp_path_factory: pytest.TempPathFactory) -> Playground:
    home = tmp_path_factory.mktemp("other")
    return Playground(server.url, home, {"scenario": "first-steps", "time": "instant", "seed": 7})


def test_the_lines_of_every_day_work(place: Playground, kubectl: str) -> None:
    release = Path(kubectl).parent.name
    for words, typed, says in LINES:
        done = place.kubectl(*words, typed=typed, kubectl=kubectl)
        assert done.returncode == 0, done
        assert re.search(says.replace("{release}", re.escape(release)), done.stdout), done


def test_a_watch_tells_what_happens(place: Playground, kubectl: str) -> None:
    command = [kubectl, "get", "svc", "-w", "--watch-only", "-o", "name"]
    process = subprocess.Popen(command, env=place.environment(), stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    assert process.stdout is not None
    with process.stdout:
        number = 0
        # The watch may begin after a Service was made, so one after the other is made until it is told of one.
        told = threading.Event()

        def make() -> None:
            nonlocal number
            while not told.wait(0.5) and number < 40:
                number += 1
                place.kubectl("create", "service", "clusterip", f"seen-{number}", "--tcp=80", kubectl=kubectl)

        making = threading.Thread(target=make)
        making.start()
        line = process.stdout.readline()
        told.set()
        making.join(30)
        process.kill()
        process.wait(20)
        watchdog.cancel()
    assert re.fullmatch(r"service/seen-\d+\n", line)


def test_a_port_is_forwarded(place: Playground, kubectl: str) -> None:
    command = [kubectl, "port-forward", "svc/web", ":80"]
    process = subprocess.Popen(command, env=place.environment(), stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    assert process.stdout is not None
    with process.stdout:
        found = re.match(r"Forwarding from 127\.0\.0\.1:(\d+) -> 80", process.stdout.readline())
        assert found
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/", timeout=20) as answer:
            page = answer.read()
        process.kill()
        process.wait(20)
        watchdog.cancel()
    assert b"Welcome to nginx" in page
