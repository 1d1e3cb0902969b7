"""How a program gets its standard input: none, all of it, or line by line, so that pipelines flow.

Programs that turn text into text take it whole from `Call.stdin`. What goes line by line anyway is run for the lines
that are there, again and again, which looks the same and does not wait for the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.terminal.calls import Call, Program

_TAKING: Mapping[str, tuple[str, int]] = {
    "cat": ("", 0), "wc": ("", 0), "cut": ("dfcb", 0), "sort": ("kto", 0), "uniq": ("", 0), "tail": ("nc", 0),
    "grep": ("emABCf", 1), "egrep": ("emABCf", 1), "fgrep": ("emABCf", 1), "sed": ("ef", 1), "awk": ("Fvf", 1),
    "rev": ("", 0), "tac": ("", 0), "nl": ("", 0), "od": ("", 0), "hexdump": ("", 0), "base64": ("w", 0),
    "md5sum": ("", 0), "sha1sum": ("", 0), "sha256sum": ("", 0), "fold": ("w", 0), "less": ("", 0), "more": ("", 0),
    "jq": ("", 1),
}  # fmt: skip
"""Programs that read standard input unless they are given files: options with a value, words before the files."""
_ALWAYS = frozenset({"tr"})
_LINEWISE = frozenset({"cat", "grep", "egrep", "fgrep", "sed", "tr", "cut", "awk"})


async def feed(call: Call, program: Program) -> int:
    """Run a program with the input it reads, and no other: what it leaves is there for the next."""
    name = call.program
    if not reads(name, call.words[1:]):
        return await program(call)
    if not _is_linewise(name, call.words[1:]):
        call.stdin = await call.input.rest()
        return await program(call)
    code: int | None = None
    while text := await call.input.lines():
        call.stdin = text
        got = await program(call)
        code = got if code is None else min(code, got)
        await call.flushed()
        if "grep" in name and not got and any(re.fullmatch(r"-[a-zA-Z]*q[a-zA-Z]*", word) for word in call.words):
            return 0
    call.stdin = ""
    return await program(call) if code is None else code


def reads(name: str, words: Sequence[str]) -> bool:
    """Say whether a program with these words reads its standard input."""
    if name in ("nc", "ncat", "netcat", "telnet"):
        return not any(re.fullmatch(r"-[a-zA-Z]*[zl][a-zA-Z]*", word) for word in words)
    if name in _ALWAYS or any(word == "-" or word.endswith("@-") for word in words):
        return name not in ("wget",)
    taking = _TAKING.get(name)
    return taking is not None and not _files(words, *taking)


def _files(words: Sequence[str], taking: str, leading: int) -> list[str]:
    rest, before, waiting = [], leading, False
    for word in words:
        if waiting:
            waiting = False
        elif word.startswith("-") and len(word) > 1 and not word.startswith("--"):
            waiting = word[-1] in taking
            before -= leading if re.search("[ef]", word[1:]) and leading else 0
        elif not word.startswith("--"):
            rest.append(word)
    return rest[max(before, 0) :]


def _is_linewise(name: str, words: Sequence[str]) -> bool:
    if name not in _LINEWISE or (name == "cat" and "-n" in words):
        return False
    if name in ("grep", "egrep", "fgrep"):
        flags = "".join(word[1:] for word in words if re.fullmatch(r"-[a-zA-Z0-9]+", word))
        return not re.search(r"[cmnABCLl0-9]", flags)
    if name == "sed":
        return any(re.match(r"s\W", word) for word in words)
    if name == "awk":
        return not any(re.search(r"NR|BEGIN|END|\+\+|--|=|exit|\[", word) for word in words)
    return name != "tr" or "-s" not in words
