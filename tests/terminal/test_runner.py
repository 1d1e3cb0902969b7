"""Programs as they run: output that flows, input that comes bit by bit, terminals, limits that come back with time."""

import asyncio

import pytest

from app.cluster import state
from app.terminal import calls, feeding, messages, running, streams, tty
from app.terminal.shell import Streams
from tests.cluster_driver import Cluster
from tests.terminal import worlds

POD = "{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {containers: [{name: c, image: busybox, command: [sleep, infinity]}]}}"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    made.apply(POD)
    return made


class Typist:
    """A program under way in the pod, typed to and read from as it goes."""

    def __init__(self, cluster: Cluster, *argv: str, terminal: bool = False) -> None:
        async def api(asked: messages.Ask) -> messages.Reply:
            return messages.Reply(200, asked.target)

        self.world = worlds.around(cluster, api)
        self.out, self.err = streams.Text(), streams.Text()
        self.screen = tty.Screen(self.out)
        self.terminal = tty.Tty(self.screen)
        self.pipe = streams.Pipe()
        own = Streams(self.terminal, self.screen, self.screen) if terminal else Streams(self.pipe, self.out, self.err)
        pod = cluster.get(state.PODS, "client")
        self.job = running.Job(argv, pod, pod["spec"]["containers"][0], own)
        self.task: asyncio.Task[tuple[int, str]] | None = None

    async def begin(self) -> None:
        self.task = asyncio.create_task(running.run(self.job, self.world))
        await self.rest()

    async def rest(self) -> str:
        """Lets the program do what it does now; returns what it has printed so far."""
        for _ in range(60):
            await asyncio.sleep(0)
        return str(self.out)

    async def code(self) -> int:
        assert self.task is not None
        async with asyncio.timeout(10):
            return (await self.task)[0]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("echo hi\r", "/ # echo hi\r\nhi\r\n/ # "),
        ("echo hx\x7fi\r", "hi\r\n/ # "),
        ("rubbish\x15echo ok\r", "ok\r\n/ # "),
        ("echo one two\x17three\r", "one three\r\n/ # "),
        ("echo b\x1b[Da\r", "ab\r\n/ # "),
        ("echo again\r\x1b[A\r", "again\r\n/ # echo again\r\nagain\r\n/ # "),
        ("junk\x03echo ok\r", "^C\r\n/ # echo ok\r\nok\r\n/ # "),
        ("for i in 1 2\rdo echo $i\rdone\r", "1\r\n2\r\n/ # "),
        ("false\recho $?\r", "1\r\n/ # "),
        ("cat\rx\r\x04echo on\r", "x\r\nx\r\n/ # echo on\r\non\r\n/ # "),
        ("echo ')'oops(\r", "syntax error"),
        ("nosuch\r", "sh: nosuch: not found\r\n/ # "),
    ],
)
def test_a_shell_on_a_terminal_answers_what_is_typed(cluster: Cluster, typed: str, shown: str) -> None:
    async def go() -> tuple[str, int]:
        one = Typist(cluster, "sh", terminal=True)
        await one.begin()
        for key in typed:
            one.terminal.type(key)
            await one.rest()
        seen = await one.rest()
        one.terminal.type("exit 3\r")
        return seen, await one.code()

    seen, code = asyncio.run(go())
    # What is redrawn in place looks the same as what was typed in a row.
    assert shown in seen or shown in seen.replace("\x1b[K", "").replace("/ # \r/ # ", "/ # ")
    assert code == 3


@pytest.mark.parametrize("ending", ["\x04", "exit\r"])
def test_a_shell_on_a_terminal_ends(cluster: Cluster, ending: str) -> None:
    async def go() -> int:
        one = Typist(cluster, "sh", terminal=True)
        await one.begin()
        one.terminal.type(ending)
        return await one.code()

    assert asyncio.run(go()) == 0


@pytest.mark.parametrize(("argv", "code"), [(("cat",), 130), (("sh", "-c", "cat; echo never"), 130)])
def test_ctrl_c_ends_a_program_on_a_terminal(cluster: Cluster, argv: tuple[str, ...], code: int) -> None:
    async def go() -> int:
        one = Typist(cluster, *argv, terminal=True)
        await one.begin()
        one.terminal.type("\x03")
        return await one.code()

    assert asyncio.run(go()) == code


def test_ctrl_c_ends_what_runs_and_not_the_shell(cluster: Cluster) -> None:
    async def go() -> tuple[str, int]:
        one = Typist(cluster, "sh", terminal=True)
        await one.begin()
        one.terminal.type("cat\r")
        await one.rest()
        one.terminal.type("\x03")
        await one.rest()
        one.terminal.type("echo here\r")
        seen = await one.rest()
        one.terminal.type("exit\r")
        return seen, await one.code()

    seen, code = asyncio.run(go())
    assert seen.endswith("^C\r\n/ # echo here\r\nhere\r\n/ # ") and code == 0


@pytest.mark.parametrize(
    ("argv", "steps"),
    [
        (("cat",), [("one\n", "one\n"), ("two\n", "one\ntwo\n")]),
        (("sh",), [("echo 1\n", "1\n"), ("if true\n", "1\n"), ("then echo 2; fi\n", "1\n2\n")]),
        (("sh", "-c", "while read x; do echo got $x; done"), [("a\n", "got a\n"), ("b\n", "got a\ngot b\n")]),
        (("sh", "-c", "cat | grep a | sed s/a/A/"), [("a\n", "A\n"), ("b\n", "A\n"), ("ca\n", "A\ncA\n")]),
        (("sh", "-c", "tee /tmp/t; cat /tmp/t"), [("x\n", "x\n"), ("y\n", "x\ny\n")]),
    ],
)
def test_what_comes_in_is_answered_before_more_comes(
    cluster: Cluster, argv: tuple[str, ...], steps: list[tuple[str, str]]
) -> None:
    async def go() -> list[str]:
        one = Typist(cluster, *argv)
        await one.begin()
        seen = []
        for typed, _ in steps:
            one.pipe.append(typed)
            seen.append(await one.rest())
        one.pipe.end()
        assert await one.code() == 0
        return seen

    assert asyncio.run(go()) == [shown for _, shown in steps]


def run(cluster: Cluster, script: str, stdin: str = "") -> tuple[str, str, int]:
    async def go() -> tuple[str, str, int]:
        one = Typist(cluster, "sh", "-c", script)
        one.pipe.append(stdin)
        one.pipe.end()
        await one.begin()
        code = await one.code()
        return str(one.out), str(one.err), code

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("script", "stdin", "out"),
    [
        ("while true; do echo y; done | head -2", "", "y\ny\n"),
        ("{ read a; read b; cat; echo $b$a; }", "1\n2\n3\n", "3\n21\n"),
        ("while read x; do true; echo $x; done | wc -l", "a\nb\nc\n", "3\n"),
        ("echo a | { read x; echo in $x; }; echo out $x", "", "in a\nout\n"),
        ("(exit 3); echo $?; (x=1); echo ${x:-unset}", "", "3\nunset\n"),
        ("echo out; echo err >&2", "", "out\n"),
        ("{ echo out; echo err >&2; } 2>&1 | sort", "", "err\nout\n"),
        ("echo x > /tmp/a 2>&1; cat /tmp/a; echo y >> /tmp/a; wc -l < /tmp/a", "", "x\n2\n"),
        ("sleep 5 & wait; echo done", "", "done\n"),
        ("seq 5 | tail -2 | tr '\\n' ,", "", "4,5,"),
        ("timeout 5 echo fast", "", "fast\n"),
        ("sh -c 'exit 4' | true; echo $?", "", "0\n"),
        ("date +%s > /tmp/t; sleep 30; echo $(($(date +%s) - $(cat /tmp/t)))", "", "30\n"),
    ],
)
def test_a_script_flows_as_it_does_in_a_pod(cluster: Cluster, script: str, stdin: str, out: str) -> None:
    assert run(cluster, script, stdin)[0] == out


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("while true; do :; done", "stopped after 10000 commands"),
        ("echo 'sh /tmp/a' > /tmp/a; sh /tmp/a", "nested too deep"),
        ('x=\'eval "$x"\'; eval "$x"', "nested too deep"),
        ("x=a; while true; do x=$x$x; done", "characters of output"),
        ("for i in $(seq 40); do sleep 100 & done", "can't fork"),
    ],
)
def test_a_script_without_end_is_stopped_with_a_reason(cluster: Cluster, script: str, said: str) -> None:
    _, err, code = run(cluster, script)
    assert said in err and code != 0


@pytest.mark.parametrize(
    ("name", "words", "reads"),
    [
        ("grep", ["x"], True),
        ("grep", ["-e", "x"], True),
        ("grep", ["x", "/etc/hosts"], False),
        ("grep", ["-A", "3", "x", "/etc/hosts"], False),
        ("cat", [], True),
        ("cat", ["-"], True),
        ("cat", ["/etc/hosts"], False),
        ("tail", ["-n", "3"], True),
        ("tail", ["-n", "3", "/etc/hosts"], False),
        ("nc", ["web", "80"], True),
        ("nc", ["-zv", "web", "80"], False),
        ("curl", ["web"], False),
        ("curl", ["-d", "@-", "web"], True),
        ("wget", ["-O", "-", "web"], False),
        ("echo", ["x"], False),
    ],
)
def test_only_who_reads_standard_input_waits_for_it(name: str, words: list[str], reads: bool) -> None:
    assert feeding.reads(name, words) is reads


def test_limits_come_back_with_time() -> None:
    limits = calls.Limits(sends=0)
    limits.passed(calls.REFILL / 2)
    assert limits.sends == calls.MOST_SENDS / 2


def test_a_writer_waits_for_its_reader() -> None:
    async def go() -> bool:
        pipe = streams.Pipe()
        pipe.append("x" * (streams.FULL + 1))
        waits = asyncio.create_task(pipe.drained())
        await asyncio.sleep(0)
        before = waits.done()
        await pipe.some()
        await asyncio.sleep(0)
        return not before and waits.done()

    assert asyncio.run(go())
