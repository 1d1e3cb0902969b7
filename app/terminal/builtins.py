"""What the shell itself can do: test, export, cd, read, and trimming of variables."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping

from app.terminal.calls import Call, Program


async def _nothing(call: Call) -> int:
    return 0


async def _export(call: Call) -> int:
    for word in call.words[1:]:
        name, sign, value = word.partition("=")
        if sign:
            call.variables[name] = value
    return 0


async def _unset(call: Call) -> int:
    for word in call.words[1:]:
        call.variables.pop(word, None)
    return 0


async def _pwd(call: Call) -> int:
    call.say("/\n")
    return 0


async def _read(call: Call) -> int:
    names = [word for word in call.words[1:] if not word.startswith("-")] or ["REPLY"]
    line, found, _ = (await call.input.line()).partition("\n")
    pieces = line.split(None, len(names) - 1)
    for position, name in enumerate(names):
        call.variables[name] = pieces[position] if position < len(pieces) else ""
    return 0 if found or line else 1


async def _command(call: Call) -> int:
    name = call.words[-1]
    if name in BUILTINS:
        call.say(f"{name}\n")
        return 0
    if name.rpartition("/")[2] in call.home.programs:
        call.say(f"/usr/bin/{name}\n")
        return 0
    return 127


async def _test(call: Call) -> int:
    words = call.words[1:]
    if call.words[0] in ("[", "[["):
        closing = "]" * len(call.words[0])
        if not words or words[-1] != closing:
            return call.complain(f"sh: {call.words[0]}: missing {closing}\n", 2)
        words = words[:-1]
    try:
        return int(not holds(words, call))
    except ValueError as fault:
        return call.complain(f"sh: {fault}: bad number\n", 2)


_COMPARED = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}


def holds(words: list[str], call: Call) -> bool:
    """Say whether a condition of test holds."""
    for joint in ("-o", "||"):
        if joint in words[1:-1]:
            at = words.index(joint)
            return holds(words[:at], call) or holds(words[at + 1 :], call)
    for joint in ("-a", "&&"):
        if joint in words[1:-1]:
            at = words.index(joint)
            return holds(words[:at], call) and holds(words[at + 1 :], call)
    if words and words[0] == "!":
        return not holds(words[1:], call)
    if len(words) == 3:
        left, sign, right = words
        if sign in _COMPARED:
            return bool(_COMPARED[sign](_number(left), _number(right)))
        if sign in ("=", "=="):
            return left == right or (call.words[0] == "[[" and fnmatch.fnmatchcase(left, right))
        return sign == "!=" and left != right
    if len(words) == 2:
        return _unary(words[0], words[1], call)
    return len(words) == 1 and bool(words[0])


def _unary(flag: str, word: str, call: Call) -> bool:
    if flag == "-z":
        return not word
    if flag == "-n":
        return bool(word)
    text = call.read(word)
    if flag == "-d":
        return word == "/" or any(path.startswith(word.rstrip("/") + "/") for path in call.home.files)
    if flag == "-s":
        return bool(text)
    return text is not None


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(text) from None


def trimmed(value: str, sign: str, pattern: str) -> str:
    """Cut what matches a pattern off a value's front (#) or back (%), the most of it when the sign is doubled."""
    cuts = range(len(value) + 1)
    front = sign[0] == "#"
    shortest = cuts if front else reversed(cuts)
    for cut in shortest if len(sign) == 1 else (reversed(cuts) if front else cuts):
        piece = value[:cut] if front else value[cut:]
        if fnmatch.fnmatchcase(piece, pattern):
            return value[cut:] if front else value[:cut]
    return value


BUILTINS: Mapping[str, Program] = {
    ":": _nothing,
    "cd": _nothing,
    "wait": _nothing,
    "trap": _nothing,
    "local": _export,
    "export": _export,
    "unset": _unset,
    "pwd": _pwd,
    "read": _read,
    "command": _command,
    "type": _command,
    "which": _command,
    "test": _test,
    "[": _test,
    "[[": _test,
}
