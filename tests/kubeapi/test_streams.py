"""exec, attach and logs on a real server: the real kubectl, typed at and interrupted, and a raw WebSocket client."""

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import websocket

from tests.playground import KUBECTL, Playground, call
from tests.served import Served
from tests.typing_at import Typed

MANIFESTS = """
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: two, annotations: {kubectl.kubernetes.io/default-container: b}}
spec:
  volumes: [{name: results, emptyDir: {}}]
  initContainers: [{name: setup, image: busybox, command: [sh, -c, "echo ready"]}]
  containers:
  - name: a
    image: busybox
    command: [sh, -c, "i=0; while true; do i=$((i+1)); echo round $i; wget -qO /results/page http://web; sleep 1; done"]
    volumeMounts: [{name: results, mountPath: /results}]
  - name: b
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [test-webserver]
    volumeMounts: [{name: results, mountPath: /elsewhere}]
---
apiVersion: v1
kind: Pod
metadata: {name: once}
spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, "echo out; echo err >&2; exit 4"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec: {containers: [{name: c, image: busybox, command: [sh, -c, "echo going down; exit 1"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: imageless}
spec: {containers: [{name: c, image: "nosuchimage:nosuchtag"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: nowhere}
spec: {nodeSelector: {none: such}, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.50, selector: {app: web}, ports: [{port: 80}]}
"""

WAITING = (
    r'container "c" in pod "imageless" is waiting to start: '
    "(image can't be pulled|trying and failing to pull image)\n"
)


@pytest.fixture(scope="module")
def live(server: Served, home: Path) -> Playground:
    made = Playground(server.url, home / "live", {"manifests": MANIFESTS, "seed": 7})
    ready = made.kubectl("wait", "--for=condition=Ready", "pod/client", "pod/web", "pod/two", "--timeout=30s")
    assert ready.returncode == 0, ready
    reason = "{.status.containerStatuses[0].state.waiting.reason}"
    looping = made.kubectl("wait", f"--for=jsonpath={reason}=CrashLoopBackOff", "pod/crash", "--timeout=30s")
    assert looping.returncode == 0, looping
    return made


@pytest.fixture(scope="module")
def instant(server: Served, home: Path) -> Playground:
    return Playground(server.url, home / "instant", {"manifests": MANIFESTS, "seed": 7, "time": "instant"})


# --- exec --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "out", "err"),
    [
        (["client", "--", "sh", "-c", "echo hi; exit 3"], "", 3, "hi\n", "command terminated with exit code 3\n"),
        (["-i", "client", "--", "cat"], "a\nb", 0, "a\nb", ""),
        (["-i", "client", "--", "sh"], "read x\nword\necho $x\nexit 5\n", 5, "word\n", "command terminated with exit code 5\n"),
        (["-i", "client", "--", "sh", "-c", "cat > /tmp/in; wc -l < /tmp/in"], "1\n2\n", 0, "2\n", ""),
        (["client", "--", "cat", "/tmp/in"], "", 0, "1\n2\n", ""),
        (["two", "--", "sh", "-c", "echo $HOSTNAME"], "", 0, "two\n", ""),
        (["two", "-c", "a", "--", "sh", "-c", "echo x > /results/x"], "", 0, "", ""),
        (["two", "--", "cat", "/elsewhere/x"], "", 0, "x\n", ""),
        (["crash", "--", "ls"], "", 1, "", 'error: Internal error occurred: unable to upgrade connection: container not found ("c")\n'),
        (["nowhere", "--", "ls"], "", 1, "", "error: unable to upgrade connection: pod nowhere does not have a host assigned\n"),
        (["once", "--", "ls"], "", 1, "", "error: cannot exec into a container in a completed pod; current phase is Failed\n"),
        (["nope", "--", "ls"], "", 1, "", 'Error from server (NotFound): pods "nope" not found\n'),
        (["web", "--", "ping"], "", 1, "", None),
    ],
)  # fmt: skip
def test_exec_prints_and_exits_as_in_a_cluster(
    live: Playground, arguments: list[str], typed: str, code: int, out: str, err: str | None
) -> None:
    done = live.kubectl("exec", *arguments, typed=typed)
    assert (done.returncode, done.stdout) == (code, out), done
    if err is None:
        assert 'exec: "ping": executable file not found in $PATH' in done.stderr
    else:
        assert done.stderr == err


def test_a_loop_prints_a_line_a_second_in_live_time(live: Playground) -> None:
    script = "for i in 1 2 3; do date +%s; sleep 1; done"
    with subprocess.Popen(
        [KUBECTL, "exec", "client", "--", "sh", "-c", script],
        env=live.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = int(process.stdout.readline())
        assert process.poll() is None, "the first line comes before the last is written"
        rest = [int(line) for line in process.stdout]
    assert process.returncode == 0 and len(rest) == 2
    assert 2 <= rest[-1] - first <= 4


def test_a_sleep_takes_no_time_in_instant_time(instant: Playground) -> None:
    done = instant.kubectl("exec", "client", "--", "sh", "-c", "date +%s; sleep 3600; date +%s", seconds=20)
    first, second = (int(line) for line in done.stdout.split())
    assert second - first == 3600


def test_a_shell_on_a_terminal_is_interrupted_and_left(live: Playground) -> None:
    with Typed(live, "exec", "-it", "client", "--", "sh") as shell:
        shell.until("/ # ")
        shell.type("echo one\r")
        assert shell.until("/ # ") == "echo one\r\none\r\n/ # "
        shell.type("echo go; sleep 600\r")
        shell.until("\r\ngo\r\n")
        shell.type("\x03")
        assert shell.until("/ # ") == "^C\r\n/ # "
        shell.type("exit 7\r")
        assert shell.code() == 7


def test_a_program_on_a_terminal_ends_with_130(live: Playground) -> None:
    with Typed(live, "exec", "-it", "client", "--", "sh", "-c", "echo go; sleep 600") as program:
        program.until("go")
        program.type("\x03")
        assert program.code() == 130


def test_who_goes_ends_what_runs(live: Playground) -> None:
    script = "while true; do echo beat | tee -a /tmp/beats; sleep 0.2; done"
    with subprocess.Popen(
        [KUBECTL, "exec", "client", "--", "sh", "-c", script], env=live.environment(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"beat\n"
        process.kill()
    count = "a=$(wc -l < /tmp/beats); sleep 1; b=$(wc -l < /tmp/beats); [ $a = $b ]"
    assert any(live.kubectl("exec", "client", "--", "sh", "-c", count).returncode == 0 for _ in range(5))


def test_a_client_that_reads_nothing_holds_up_nobody(live: Playground) -> None:
    stuck = connected(live, "exec", "?command=sh&command=-c&command=while+true;do+seq+9999;done&stdout=true")
    try:
        done = live.kubectl("exec", "client", "--", "echo", "here", seconds=10)
        assert done.stdout == "here\n"
    finally:
        stuck.close()


def test_cp_says_what_to_do_instead(live: Playground, tmp_path: Path) -> None:
    done = live.kubectl("cp", "client:/etc/hosts", str(tmp_path / "hosts"))
    assert done.returncode != 0 and "kubectl cp is not simulated" in done.stdout + done.stderr


# --- the wire ----------------------------------------------------------------------------------


def connected(
    at: Playground,
    what: str,
    query: str,
    protocol: str = "v5.channel.k8s.io",
    key: str = "edit_key",
    pod: str = "client",
) -> websocket.WebSocket:
    server = at.server.replace("http://", "ws://").replace(at.made["edit_key"], at.made[key])
    made = websocket.WebSocket()
    made.settimeout(20)
    try:
        made.connect(f"{server}/api/v1/namespaces/default/pods/{pod}/{what}{query}", subprotocols=[protocol])
    except websocket.WebSocketException:
        made.shutdown()
        raise
    assert made.getsubprotocol() == protocol
    return made


def frames(of: websocket.WebSocket, is_text: bool = False) -> dict[int, str]:
    """Everything that comes, by channel."""
    found: dict[int, str] = {}
    while True:
        code, frame = of.recv_data()
        if code == websocket.ABNF.OPCODE_CLOSE:
            of.shutdown()
            return found
        channel = int(chr(frame[0])) if is_text else frame[0]
        content = base64.b64decode(frame[1:]) if is_text else frame[1:]
        found[channel] = found.get(channel, "") + content.decode()


@pytest.mark.parametrize(
    "protocol",
    ["v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io", "v4.base64.channel.k8s.io"],
)
def test_every_protocol_carries_both_outputs_and_the_end(live: Playground, protocol: str) -> None:
    query = "?command=sh&command=-c&command=echo+a;+echo+b+%3E%262;+exit+3&stdout=true&stderr=true"
    found = frames(connected(live, "exec", query, protocol), "base64" in protocol)
    assert (found[1], found[2]) == ("a\n", "b\n")
    if protocol.startswith("v"):
        told = json.loads(found[3])
        assert told["reason"] == "NonZeroExitCode" and told["details"]["causes"] == [
            {"reason": "ExitCode", "message": "3"}
        ]
    else:
        assert found[3].startswith("command terminated with non-zero exit code")


def test_the_close_signal_ends_the_input_and_resizing_is_taken(live: Playground) -> None:
    made = connected(live, "exec", "?command=cat&stdin=true&stdout=true")
    made.send_binary(b'\x04{"Width":80,"Height":24}')
    made.send_binary(b"\x00gr\xc3")
    made.send_binary(b"\x00\xbcn")
    made.send_binary(b"\xff\x00")
    found = frames(made)
    assert found[1] == "grün" and json.loads(found[3])["status"] == "Success"


@pytest.mark.parametrize("frame", [b"", b"\x09x", b"\xff", b"\x00\xff\xfe"])
def test_broken_frames_end_nothing(live: Playground, frame: bytes) -> None:
    made = connected(live, "exec", "?command=cat&stdin=true&stdout=true")
    made.send_binary(frame)
    made.send_binary(b"\x00ok\n")
    made.send_binary(b"\xff\x00")
    assert frames(made)[1].endswith("ok\n")


@pytest.mark.parametrize(
    ("what", "query", "key", "code", "says"),
    [
        ("exec", "?command=ls&stdout=true", "view_key", 403, "cannot create resource"),
        ("exec", "?stdout=true", "edit_key", 400, "you must specify at least 1 command for the container"),
        ("exec", "?command=ls", "edit_key", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("exec", "?command=ls&stdout=true&container=x", "edit_key", 400, "container x is not valid for pod client"),
    ],
)
def test_a_refused_upgrade_is_a_status(live: Playground, what: str, query: str, key: str, code: int, says: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connected(live, what, query, key=key)
    told = json.loads(refused.value.resp_body or b"{}")
    assert refused.value.status_code == code == told["code"] and says in told["message"]


def test_a_pod_with_several_containers_has_to_be_told_which(live: Playground) -> None:
    found = call(f"{live.server}/api/v1/namespaces/default/pods/two/log")
    assert found.status == 400
    assert found.json()["message"] == (
        "a container name must be specified for pod two, choose one of: [a b] or one of the init containers: [setup]"
    )


def test_exec_without_an_upgrade_is_refused(live: Playground) -> None:
    found = call(f"{live.server}/api/v1/namespaces/default/pods/client/exec?command=ls&stdout=1", "POST")
    assert (found.status, found.json()["message"]) == (400, "Upgrade request required")


# --- logs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["once"], 0, "out\nerr\n", ""),
        (["crash"], 0, "going down\n", ""),
        (["crash", "-p"], 0, "going down\n", ""),
        (["two", "-c", "setup"], 0, "ready\n", ""),
        (["nowhere"], 0, "", ""),
        (["imageless"], 1, "", re.compile(WAITING)),
        (["client", "-p"], 1, "", 'Error from server (BadRequest): previous terminated container "c" in pod "client" not found\n'),
        (["client", "-c", "x"], 1, "", "error: container x is not valid for pod client out of: c\n"),
        (["nope"], 1, "", 'error: error from server (NotFound): pods "nope" not found in namespace "default"\n'),
        (["once", "--tail=1"], 0, "err\n", ""),
        (["once", "--limit-bytes=2"], 0, "ou", ""),
        (["once", "--prefix"], 0, "[pod/once/c] out\n[pod/once/c] err\n", ""),
        (["two", "-c", "a", "--since=-1s"], 1, "", re.compile("must be greater than 0")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("time", ["live", "instant"])
def test_logs_are_what_the_container_printed(
    request: pytest.FixtureRequest, time: str, arguments: list[str], code: int, out: str, err: str | re.Pattern[str]
) -> None:
    playground: Playground = request.getfixturevalue(time)
    done = playground.kubectl("logs", *arguments)
    assert (done.returncode, done.stdout) == (code, out), done
    assert done.stderr == err if isinstance(err, str) else err.search(done.stderr), done


def test_a_servers_log_is_the_requests_it_served(instant: Playground) -> None:
    before = instant.kubectl("logs", "web").stdout
    assert before.startswith("/docker-entrypoint.sh: ") and "start worker processes" in before
    instant.kubectl("exec", "client", "--", "sh", "-c", "for i in 1 2 3; do wget -qO- http://web/hello; done")
    new = instant.kubectl("logs", "web").stdout.removeprefix(before).splitlines()
    assert len([line for line in new if '"GET /hello HTTP/1.1" 200 ' in line]) == 3
    answer = call(
        f"{instant.own}/requests",
        "POST",
        json.dumps({"from": {"pod": "default/client"}, "to": "http://web/many", "count": 50, "trace": False, "results": True}).encode(),
        {"Authorization": f"Bearer {instant.made['edit_key']}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status == 200
    assert instant.kubectl("logs", "web").stdout.count("GET /many ") == 50


def test_reading_a_log_writes_no_entry(instant: Playground) -> None:
    def revision() -> Any:
        return call(instant.own, headers={"Authorization": f"Bearer {instant.made['edit_key']}"}).json()["revision"]

    instant.kubectl("logs", "web")
    before = revision()
    done = instant.kubectl("logs", "once")
    assert done.stdout == "out\nerr\n" and revision() == before


def test_timestamps_and_since_go_by_simulated_time(live: Playground) -> None:
    with Typed(live, "logs", "-f", "two", "-c", "a", "--tail=0") as followed:
        followed.until("round ")
        followed.interrupt()
    lines = live.kubectl("logs", "two", "-c", "a", "--timestamps", "--since=2s").stdout.splitlines()
    assert 1 <= len(lines) <= 4
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z round \d+", line) for line in lines), lines


@pytest.mark.parametrize("arguments", [["-l", "app=web"], ["pod/web", "--all-containers"]])
def test_logs_by_selector_and_of_all_containers(live: Playground, arguments: list[str]) -> None:
    assert "start worker processes" in live.kubectl("logs", *arguments, "--tail=-1").stdout


def test_a_followed_log_goes_on_and_ends_with_its_container(live: Playground) -> None:
    manifest = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "brief"},
            "spec": {
                "restartPolicy": "Never",
                "containers": [
                    {
                        "name": "c",
                        "image": "busybox",
                        "command": ["sh", "-c", "for i in 1 2 3; do echo tick $i; sleep 1; done; exit 2"],
                    }
                ],
            },
        }
    )
    assert live.kubectl("apply", "-f", "-", typed=manifest).returncode == 0
    live.kubectl("wait", "--for=condition=Ready", "pod/brief", "--timeout=10s")
    done = live.kubectl("logs", "-f", "brief", seconds=30)
    assert (done.returncode, done.stdout) == (0, "tick 1\ntick 2\ntick 3\n")
    assert live.kubectl("get", "pod", "brief", "-o", "jsonpath={.status.phase}").stdout == "Failed"
    code = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
    assert live.kubectl("get", "pod", "brief", "-o", code).stdout == "2"


def test_a_followed_log_shows_what_is_served_meanwhile(live: Playground) -> None:
    with Typed(live, "logs", "-f", "web", "--tail=1") as followed:
        followed.until("\n")
        live.kubectl("exec", "client", "--", "wget", "-qO-", "http://web/just-now")
        assert '"GET /just-now HTTP/1.1" 200' in followed.until('/just-now HTTP/1.1" 200', 10)
        followed.interrupt()
        followed.code()


# --- attach and run ----------------------------------------------------------------------------


def test_attach_shows_what_the_program_goes_on_to_print(live: Playground) -> None:
    with Typed(live, "attach", "two", "-c", "a") as attached:
        attached.until("round ")
        attached.until("round ")
        attached.interrupt()
        attached.code()


def test_a_shell_run_for_a_moment_is_typed_at_and_gone(live: Playground) -> None:
    with Typed(live, "run", "tmp", "--rm", "-it", "--image=busybox", "--restart=Never", "--", "sh") as shell:
        shell.until("try pressing enter.")
        shell.type("\r")
        shell.until("/ # ")
        shell.type("wget -qO- http://web | grep title\r")
        shell.until("<title>Welcome to nginx!</title>")
        shell.type("exit 3\r")
        shell.until('pod "tmp" deleted')
        assert shell.code() == 3
    assert "NotFound" in live.kubectl("get", "pod", "tmp").stderr


@pytest.mark.parametrize("time", ["live", "instant"])
def test_a_command_run_for_a_moment_prints_and_is_gone(request: pytest.FixtureRequest, time: str) -> None:
    playground: Playground = request.getfixturevalue(time)
    done = playground.kubectl(
        "run", "ask", "--rm", "-i", "--image=busybox", "--restart=Never", "--", "wget", "-qO-", "http://web"
    )
    assert done.returncode == 0 and "nginx" in done.stdout, done


def test_attach_to_what_has_ended_is_refused(live: Playground) -> None:
    done = live.kubectl("attach", "once")
    assert done.returncode == 1 and "cannot attach a container in a completed pod" in done.stderr
    found = frames(connected(live, "attach", "?stdout=true", pod="crash"))
    assert json.loads(found[3])["message"].endswith('container not found ("c")')
