"""A shell that reads its commands from standard input: as they come from a script, or at a prompt from a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from app.terminal import arithmetic, syntax, tty
from app.terminal.calls import Call

MOST_LINES = 200
"""Lines of one unfinished command after which a script is read to its end before it is looked at again."""

Runs = Callable[[syntax.Script], Awaitable[int]]


async def run(call: Call, runs: Runs) -> int:
    """Run each command once its last line has come; returns the exit code of the last one."""
    if isinstance(call.input, tty.Tty):
        return await _at_prompt(call, call.input, runs)
    text, code, lines = "", 0, 0
    while line := await call.input.line():
        text, lines = text + line, lines + 1
        if lines > MOST_LINES:
            text += await call.input.rest()
        try:
            script = syntax.parse(text)
        except syntax.Unfinished:
            continue
        text, lines = "", 0
        if script.steps:
            code = await runs(script)
    return await runs(syntax.parse(text)) if text else code


async def _at_prompt(call: Call, terminal: tty.Tty, runs: Runs) -> int:
    """Ask for a line, run it so that Ctrl-C ends it and not the shell, and ask again."""
    code, text = 0, ""
    while line := await terminal.ask("> " if text else prompt(call)):
        text = line if line == tty.DISCARDED else text + line
        if text == tty.DISCARDED:
            text = ""
            continue
        try:
            script = syntax.parse(text)
        except syntax.Unfinished:
            continue
        except syntax.SyntaxFault as fault:
            code, text = call.complain(f"{call.program}: {fault.message}\n", 2), ""
            continue
        text = ""
        try:
            if script.steps:
                code = await terminal.foreground(runs(script))
        except arithmetic.SumFault as fault:
            code = call.complain(f"{call.program}: arithmetic syntax error: {fault.message}\n", 2)
        except syntax.SyntaxFault as fault:
            code = call.complain(f"{call.program}: {fault.message}\n", 2)
        call.world.limits.passed(1e9)
    call.say("\n" if call.home.flavor == "busybox" else "exit\n" if call.program == "bash" else "")
    return code


def prompt(call: Call) -> str:
    """Return the prompt of the image's shell, for root at /."""
    if call.program == "bash":
        return f"root@{call.variables.get('HOSTNAME', '')}:/# "
    return "# " if call.home.flavor == "gnu" else "/ # "
