"""Programs that wait, or read a line at a time: sleep, tail -f, head, tee; and tar, which is not there to be waited for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.kinds import processes
from app.terminal import texts
from app.terminal.calls import Call, Program

LOOKS_EVERY = 1.0
"""Simulated seconds between two looks at a file that is followed."""


async def _sleep(call: Call) -> int:
    """Let simulated time pass; where the clock does not run by itself, `date` in the same script goes on at once."""
    if len(call.words) < 2:
        return call.complain("sleep: missing operand\n")
    seconds = 0.0
    for word in call.words[1:]:
        if not re.fullmatch(r"(\d+(\.\d*)?|\.\d+)[smhd]?|infinity|inf", word):
            return call.complain(f"sleep: invalid number '{word}'\n")
        seconds += processes.seconds_of(word)
    await call.world.sleep(seconds)
    return 0


async def _tail(call: Call) -> int:
    code = await texts.PROGRAMS["tail"](call)
    followed = any(re.fullmatch(r"-\w*[fF]\w*|--follow\S*|--retry", word) for word in call.words[1:])
    paths = [word for word in call.words[1:] if word.startswith("/") or re.fullmatch(r"[\w.][\w./-]*", word)]
    if not followed or call.world.waits is None:
        return code
    path = paths[-1] if paths else "/dev/null"
    seen = len(call.read(path) or "")
    while True:
        await call.world.sleep(LOOKS_EVERY if path != "/dev/null" else float("inf"))
        text = call.read(path) or ""
        if len(text) > seen:
            call.say(text[seen:])
            await call.flushed()
        seen = len(text)


async def _head(call: Call) -> int:
    """Pass the first lines on as they come, then read no more."""
    told = re.fullmatch(r"-n?(\d+)", "".join(call.words[1:])) if len(call.words) < 4 else None
    if len(call.words) > 1 and told is None:
        if not any(word.startswith("/") for word in call.words):
            call.stdin = await call.input.rest()
        return await texts.PROGRAMS["head"](call)
    for _ in range(int(told[1][:9]) if told else 10):
        line = await call.input.line()
        if not line:
            break
        call.say(line)
        await call.flushed()
    return 0


async def _tee(call: Call) -> int:
    paths = [word for word in call.words[1:] if not word.startswith("-")]
    for path in paths:
        call.write(path, "", add="-a" in call.words[1:])
    while text := await call.input.some():
        for path in paths:
            call.write(path, text, add=True)
        call.say(text)
        await call.flushed()
    return 0


async def _tar(call: Call) -> int:
    """Say what `kubectl cp` cannot do here.

    DIFFERS: files of a simulated container are text in memory; nothing can be copied in or out as an archive.
    """
    return call.complain(
        "tar: kubectl cp is not simulated: the files of a simulated container are text that its programs wrote. "
        "Use: kubectl exec POD -- cat FILE, or: kubectl exec -i POD -- sh -c 'cat > FILE'\n",
        2,
    )


PROGRAMS: Mapping[str, Program] = {"sleep": _sleep, "tail": _tail, "head": _head, "tee": _tee, "tar": _tar}
