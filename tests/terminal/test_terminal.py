"""Command lines of troubleshooting pages, run inside simulated pods."""

import asyncio

import pytest

from app.cluster import state
from app.terminal import messages, running
from tests.cluster_driver import Cluster
from tests.terminal import worlds

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: curlimages/curl, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {containers: [{name: c, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [netexec]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bare}
spec: {containers: [{name: c, image: traefik/whoami}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.50, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {clusterIP: 10.96.0.51, selector: {app: nobody}, ports: [{port: 80}]}
"""


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    made.apply(MANIFEST)
    return made


def run(cluster: Cluster, pod: str, *argv: str, stdin: str = "") -> running.ShellResult:
    async def api(asked: messages.Ask) -> messages.Reply:
        return messages.Reply(200, f'{{"path": "{asked.target}"}}\n')

    world = worlds.around(cluster, api)
    return asyncio.run(running.execute(argv, cluster.get(state.PODS, pod), world, stdin=stdin))


@pytest.mark.parametrize(
    ("line", "stdout", "code"),
    [
        ("echo one && echo two; false || echo three", "one\ntwo\nthree\n", 0),
        ("for i in $(seq 3); do echo -n $i; done; echo", "123\n", 0),
        ("for i in 1 2 3; do if [ $i -eq 2 ]; then continue; fi; echo $i; done | wc -l", "2\n", 0),
        ("x=5; while [ $x -gt 3 ]; do x=$((x - 1)); done; echo ${x} ${y:-none} '$x'", "3 none $x\n", 0),
        ("echo b > /tmp/f; echo a >> /tmp/f; sort /tmp/f | tr a-z A-Z", "A\nB\n", 0),
        ("until true; do echo never; done; exit 3", "", 3),
        ("echo hello | sed 's/l/L/g' | cut -c1-4", "heLL\n", 0),
        ("nosuch 2>&1", "sh: nosuch: not found\n", 127),
        ("cat /etc/resolv.conf | grep nameserver", "nameserver 10.96.0.10\n", 0),
        ("curl -s web/hostname", "web-1", 0),
        ("curl -s -o /dev/null -w '%{http_code}\\n' http://web/hostname", "200\n", 0),
        ("for i in $(seq 0 1); do echo; curl -q -s --max-time 60 http://web/hostname; done", "\nweb-1\nweb-1", 0),
        ("curl -s empty || echo failed $?", "failed 7\n", 0),
        ("curl -s nosuchname", "", 6),
        ("curl -s http://10.96.0.50:81 --max-time 1", "", 28),
        ("getent hosts web", "10.96.0.50      web.default.svc.cluster.local\n", 0),
        ("wget -qO- http://web/hostname", "web-1", 0),
        ("ping -c 1 10.96.0.50 > /dev/null", "", 1),
        ("nc -zv -w 2 web 80 2>&1", "web (10.96.0.50:80) open\n", 0),
        ("cat /var/run/secrets/kubernetes.io/serviceaccount/namespace", "default", 0),
        (
            "T=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token); "
            'curl -sk -H "Authorization: Bearer $T" https://kubernetes.default.svc/apis',
            '{"path": "/apis"}\n',
            0,
        ),
    ],
)
def test_a_line_prints_what_it_prints_in_a_pod(cluster: Cluster, line: str, stdout: str, code: int) -> None:
    done = run(cluster, "client", "sh", "-c", line)
    assert (done.stdout, done.exit_code) == (stdout, code), done


def test_a_refused_connection_is_told_as_curl_tells_it(cluster: Cluster) -> None:
    done = run(cluster, "client", "curl", "-sS", "http://empty")
    assert done.exit_code == 7
    assert done.stderr.startswith("curl: (7) Failed to connect to empty port 80 after ")


def test_a_raw_line_gets_an_answer_over_nc(cluster: Cluster) -> None:
    done = run(cluster, "web-1", "/bin/sh", "-x", "-c", "echo hostName | nc -v -t -w 2 web 80")
    assert done.exit_code == 0 and "400 Bad Request" in done.stdout and done.stderr.startswith("+ echo hostName\n")


def test_an_image_without_a_shell_refuses_in_the_runtimes_words(cluster: Cluster) -> None:
    assert 'exec: "sh": executable file not found in $PATH' in run(cluster, "bare", "sh").refusal


@pytest.mark.parametrize(
    "line", ["while true; do :; done", "x=aaaaaaaa; for i in $(seq 900); do x=$x$x; echo $x; done"]
)
def test_a_script_without_end_is_stopped(cluster: Cluster, line: str) -> None:
    assert run(cluster, "client", "sh", "-c", line).exit_code == 124


@pytest.mark.parametrize("line", ["if true", "echo 'open", "for do", "a | | b", "$(", "((" * 500])
def test_a_broken_line_is_refused_as_a_shell_refuses_it(cluster: Cluster, line: str) -> None:
    done = run(cluster, "client", "sh", "-c", line)
    assert done.exit_code == 2 and "syntax error" in done.stderr
