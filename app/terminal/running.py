"""The one door of the room: run a command line in a container of a simulated pod."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.machinery import errors, objects
from app.machinery.objects import Object
from app.terminal import shell, streams, surroundings, toolboxes, tty
from app.terminal.calls import Call, Home, Sink, Stopped, World
from app.terminal.mounts import Files
from app.terminal.shell import Streams

KILLED = 137


@dataclass(frozen=True, slots=True)
class ShellResult:
    """What a command line left behind; `refusal` is the runtime's sentence when it could not start."""

    stdout: str
    stderr: str
    exit_code: int
    sends: int = 0
    refusal: str = ""


@dataclass(slots=True)
class Job:
    """A command line to run in a container; `files` are those that programs wrote there and will write."""

    argv: Sequence[str]
    pod: Object
    container: Mapping[str, Any]
    own: Streams = field(default_factory=Streams)
    files: Files | None = None
    main: Sink | None = None


async def execute(
    argv: Sequence[str], pod: Object, world: World, container: Mapping[str, Any] | None = None, stdin: str = ""
) -> ShellResult:
    """Run a command line in a container of the pod, the first one unless told, and return all it printed."""
    out, err = streams.Text(), streams.Text()
    own = container or objects.spec_of(pod)["containers"][0]
    code, refusal = await run(Job(argv, pod, own, Streams(streams.given(stdin), out, err)), world)
    return ShellResult(str(out), str(err), code, world.sent, refusal)


async def run(job: Job, world: World) -> tuple[int, str]:
    """Run a command line on its streams; returns its exit code, or why it could not start."""
    view = await world.view()
    tools, flavor = toolboxes.of(str(job.container.get("image") or ""))
    given = surroundings.files(view, job.pod)
    files: MutableMapping[str, str] = given
    if job.files is not None:
        job.files.give(given)
        files = job.files
    home = Home(job.pod, job.container, files, tools, flavor, job.main)
    words = [str(word) for word in job.argv]
    refusal = _refusal(words, tools, job.pod)
    if refusal:
        return 126, refusal
    variables = surroundings.environment(view, job.pod, job.container)
    call = Call(words, "", home, world, variables, job.own.out, job.own.err, job.own.stdin)
    try:
        return await _on_terminal(call), ""
    except Stopped as stopped:
        job.own.err.append(stopped.message)
        return stopped.code, ""
    except errors.ApiError as gone:
        # The pod went while its program ran.
        job.own.err.append(f"{gone.message}\n")
        return KILLED, ""


async def _on_terminal(call: Call) -> int:
    """On a terminal, Ctrl-C ends a program; a shell there minds itself."""
    if not isinstance(call.input, tty.Tty) or (call.program in shell.SHELLS and "-c" not in call.words):
        return await shell.start(call)
    return await call.input.foreground(shell.start(call))


def _refusal(words: Sequence[str], tools: frozenset[str], pod: Object) -> str:
    """Say in the container runtime's words that there is no such program in the image; empty when there is."""
    program = words[0] if words else ""
    if program.rpartition("/")[2] in tools:
        return ""
    mark = hashlib.sha256(f"{objects.uid_of(pod)} {program}".encode()).hexdigest()
    why = f'exec: "{program}": '
    why += f"stat {program}: no such file or directory" if "/" in program else "executable file not found in $PATH"
    return (
        f'Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "{mark}": '
        f"OCI runtime exec failed: exec failed: unable to start container process: {why}"
    )
