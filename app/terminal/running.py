"""The one door of the room: run a command line in a container of a simulated pod."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import shell, surroundings, toolboxes
from app.terminal.calls import Call, Home, Stopped, World


@dataclass(frozen=True, slots=True)
class ShellResult:
    """What a command line left behind; `refusal` is the runtime's sentence when it could not start."""

    stdout: str
    stderr: str
    exit_code: int
    sends: int = 0
    refusal: str = ""


async def execute(
    argv: Sequence[str], pod: Object, world: World, container: Mapping[str, Any] | None = None, stdin: str = ""
) -> ShellResult:
    """Run a command line in a container of the pod, the first one unless told."""
    own = container or objects.spec_of(pod)["containers"][0]
    view = await world.view()
    tools, flavor = toolboxes.of(str(own.get("image") or ""))
    home = Home(pod, own, surroundings.files(view, pod), tools, flavor)
    words = [str(word) for word in argv]
    refusal = _refusal(words, tools, pod)
    if refusal:
        return ShellResult("", "", 126, 0, refusal)
    call = Call(words, stdin, home, world, surroundings.environment(view, pod, own))
    try:
        code = await shell.start(call)
    except Stopped as stopped:
        call.err.append(stopped.message)
        code = stopped.code
    return ShellResult("".join(call.out), "".join(call.err), code, world.sent)


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
