"""The page's terminal: one typed line, run as a shell on a learner's own machine would, with kubectl in process.

Pipes, loops, variables, here-documents and files are those of `shell`; what a line leaves behind (the namespace, files,
variables) is returned, and comes back with the next line.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cluster import state
from app.terminal import arithmetic, builtins, shell, streams, syntax, texts, tools
from app.terminal.calls import Home, Stopped, World
from app.terminal.kubectl import api, commands
from app.terminal.kubectl.kube import Kube
from app.terminal.messages import Ask, Reply

Say = Callable[[str, str], None]
"""Takes ("out" | "err", text)."""
INSIDE = frozenset(
    {
        *(
            "curl",
            "wget",
            "nslookup",
            "dig",
            "host",
            "ping",
            "nc",
            "telnet",
            "ss",
            "netstat",
            "ip",
            "ifconfig",
            "getent",
        ),
        *("traceroute", "hostname", "printenv", "env", "ps", "top", "sh", "bash"),
    }
)
"""Programs that belong inside a pod."""
TOOLS = (
    frozenset(texts.PROGRAMS)
    | frozenset(tools.TEXT)
    | {"awk", "date", "sleep", "ls", "touch", "mkdir", "rm", "tee", "timeout", "xargs"}
)
_SHELL_WORDS = frozenset(
    {"exit", "return", "break", "continue", "set", "eval", ".", "source", "exec", "command", "time", "nohup"}
)
"""Words that the shell itself runs."""
MOST_FILES = 200_000
LONGEST = 100_000
HELP = """\
This terminal runs kubectl against this playground. Try:
  kubectl get pods -o wide
  kubectl describe service web
  kubectl exec client -- curl -s http://web
  kubectl scale deployment web --replicas=5
Pipes work (kubectl get pods | grep web | wc -l), and so do loops and here-documents:
  kubectl apply -f - <<EOF
  …
  EOF
Tab completes, ↑ and ↓ go through what was typed, Ctrl+C stops a line, Ctrl+L clears. `k` is short for kubectl.
help kubectl       what kubectl knows here
help kubeconfig    how to use the kubectl on your own machine
"""
KUBECONFIG = """\
The kubectl on your own machine works with this playground too. Download its kubeconfig with the button above this terminal
(or with curl and your key, below), then:
  export KUBECONFIG=$PWD/podlane.kubeconfig
  kubectl get pods
With a key (what stands behind #k= in the link):
  curl -H "Authorization: Bearer KEY" {base}/api/v1/playgrounds/{playground}/kubeconfig > podlane.kubeconfig
"""


@dataclass(slots=True)
class Desk:
    """What a terminal keeps between lines; it travels with them."""

    namespace: str = "default"
    files: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    code: int = 0


@dataclass(slots=True)
class Around:
    """What lies around the terminal: the API, the playground's name, the state's clock, where this server is."""

    api: api.Api
    playground: str
    base: str
    clock: Callable[[], float]
    waits: bool
    can_edit: bool


@dataclass(slots=True)
class Terminal(shell.Shell):
    """A shell that knows kubectl and has no network of its own."""

    around: Around | None = None
    desk: Desk = field(default_factory=Desk)
    chosen: dict[str, str] = field(default_factory=dict)

    async def program(self, words: list[str], own: shell.Streams, variables: Any) -> int:
        """Run one program by its words."""
        name = words[0].rpartition("/")[2]
        if name in ("kubectl", "k", "oc"):
            return await self._kubectl(words[1:], own)
        if name == "watch":
            return await self._watch(words[1:], own, variables)
        if name == "help":
            own.out.append(self._help(words[1:]))
            return 0
        if name in ("clear", "history", "reset"):
            return 0
        if name in INSIDE:
            own.err.append(_from_inside(name, words))
            return 127
        if name not in self.home.programs and name not in builtins.BUILTINS and name not in _SHELL_WORDS:
            return self._not_here(name, own)
        return await shell.Shell.program(self, words, own, variables)

    async def _kubectl(self, words: list[str], own: shell.Streams) -> int:
        around = self.around
        assert around is not None
        kubectl = Kube(
            door=around.api,
            namespace=self.desk.namespace,
            out=own.out.append,
            err=own.err.append,
            moment=around.clock,
            stdin=await own.stdin.rest() if _reads(words) else "",
            server=f"{around.base}/clusters/{around.playground}",
            context=f"podlane-{around.playground}",
            chosen=self.chosen,
        )
        code = await commands.run(kubectl, words, self.home.files)
        self.desk.namespace = self.chosen.pop("namespace", self.desk.namespace)
        return code

    async def _watch(self, words: list[str], own: shell.Streams, variables: Any) -> int:
        pause = 2.0
        while words and words[0].startswith("-"):
            flag = words.pop(0)
            if flag in ("-n", "--interval") and words:
                pause = _seconds(words.pop(0)) or 2.0
            elif flag.startswith("-n"):
                pause = _seconds(flag[2:]) or 2.0
        if not words:
            own.err.append("watch: say what to watch, as in `watch kubectl get pods`\n")
            return 1
        last = None
        while True:
            out, err = streams.Text(), streams.Text()
            inside = shell.Streams(streams.given(), out, err)
            if len(words) == 1 and " " in words[0]:
                await shell.Shell.run(self, syntax.parse(words[0]), inside)
            else:
                await self.program(list(words), inside, variables)
            told = str(out) + str(err)
            if told != last:
                own.out.append(f"\f{told}")
                last = told
            await asyncio.sleep(max(pause, 0.5))

    def _help(self, words: list[str]) -> str:
        assert self.around is not None
        if words[:1] == ["kubeconfig"]:
            return KUBECONFIG.format(base=self.around.base, playground=self.around.playground)
        return commands.overview() if words else HELP

    def _not_here(self, name: str, own: shell.Streams) -> int:
        own.err.append(
            f"{name}: not in this terminal, which knows kubectl, grep, head, tail, wc, sort, awk, sed and the shell; `help` says more.\n"
        )
        return 127


def _reads(words: list[str]) -> bool:
    """Say whether a kubectl line reads its standard input."""
    before = words[: words.index("--")] if "--" in words else words
    flags = [word for word in before if word.startswith("-")]
    return bool(
        "-" in before
        or any(word in ("--filename=-", "-f-", "-f=-", "--stdin") for word in flags)
        or ({"exec", "run"} & set(before) and any(re.fullmatch(r"-[a-z]*i[a-z]*", word) for word in flags))
    )


def _seconds(word: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", word)
    return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else None


def _from_inside(name: str, words: list[str]) -> str:
    line = " ".join(shell._quoted(word) for word in words)
    return (
        f"{name}: this terminal is outside the cluster, where cluster addresses and names mean nothing. Ask from inside a pod:\n"
        f"  kubectl exec client -- {line}\n"
    )


_HERE = re.compile(r"<<(-?)\s*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([A-Za-z_][\w.]*))")


def without_here_documents(text: str, files: dict[str, str]) -> str | None:
    """Return a script whose here-documents have become files; None while one has not ended yet."""
    lines = text.split("\n")
    out: list[str] = []
    while lines:
        line = lines.pop(0)
        for found in list(_HERE.finditer(line)):
            word = found[2] or found[3] or found[4]
            body: list[str] = []
            while True:
                if not lines:
                    return None
                one = lines.pop(0)
                if (one.lstrip("\t") if found[1] else one).rstrip() == word:
                    break
                body.append(one.lstrip("\t") if found[1] else one)
            path = f"/dev/fd/here-{len([name for name in files if name.startswith('/dev/fd/here-')])}"
            files[path] = "".join(f"{one}\n" for one in body)
            line = line.replace(found[0], f"< {path}", 1)
        out.append(line)
    return "\n".join(out)


async def run(line: str, desk: Desk, around: Around, say: Say) -> tuple[Desk, dict[str, str]]:
    """Run a line; returns the desk it leaves and what the page is to do besides (`edit`)."""
    if len(line) > LONGEST:
        say("err", f"A line has at most {LONGEST} characters.\n")
        return Desk(desk.namespace, desk.files, desk.variables, 1), {}
    home = Home({"metadata": {"name": "you"}, "spec": {}, "status": {}}, {}, dict(desk.files), TOOLS, "gnu")
    out, err = streams.Into(lambda text: say("out", text)), streams.Into(lambda text: say("err", text))
    terminal = Terminal(home, _world(around), {"HOME": "/", "PWD": "/", "?": "0", **desk.variables}, "sh")
    terminal.around, terminal.status = around, desk.code
    terminal.desk = Desk(desk.namespace, desk.files, desk.variables, desk.code)
    code = await _run(terminal, line, shell.Streams(streams.given(), out, err))
    files = {path: text for path, text in home.files.items() if not path.startswith("/dev/")}
    if sum(len(text) for text in files.values()) > MOST_FILES:
        say("err", f"Files of more than {MOST_FILES} characters together are not kept.\n")
        files = desk.files
    kept = {k: v for k, v in terminal.variables.items() if k not in ("HOME", "PWD", "?") and len(v) < 4000}
    return Desk(terminal.desk.namespace, files, dict(list(kept.items())[:100]), code), terminal.chosen


async def _run(terminal: Terminal, line: str, own: shell.Streams) -> int:
    prepared = without_here_documents(line, terminal.home.files)  # type: ignore[arg-type]
    if prepared is None:
        own.err.append("The here-document has no end: write its word alone on the last line.\n")
        return 2
    try:
        return await terminal.run(syntax.parse(prepared), own)
    except syntax.SyntaxFault as fault:
        own.err.append(f"sh: {fault.message}\n")
        return 2
    except arithmetic.SumFault as fault:
        own.err.append(f"sh: arithmetic syntax error: {fault.message}\n")
        return 2
    except Stopped as stopped:
        own.err.append(stopped.message)
        return stopped.code
    except shell._Leave:
        return 0
    finally:
        shell.end(terminal.jobs)


def _world(around: Around) -> World:
    async def read() -> state.ClusterState:
        raise Stopped(1, "this terminal is outside the cluster\n")

    async def send(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        raise Stopped(1, "this terminal is outside the cluster\n")

    async def ask(asked: Ask) -> Reply:
        raise Stopped(1, "this terminal is outside the cluster\n")

    return World(read, send, ask, around.clock(), waits=asyncio.sleep if around.waits else None)
