"""Smaller tools of a shell's page: expr, sums, base64, paths, jq's common half, and package managers that say no."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.machinery import objects
from app.terminal.calls import Call, Program


async def _expr(call: Call) -> int:
    """Reckon with whole numbers, compare, and match from the start of a text."""
    try:
        value = _value(list(call.words[1:]))
    except (ValueError, IndexError):
        return call.complain("expr: syntax error\n", 2)
    except ZeroDivisionError:
        return call.complain("expr: division by zero\n", 2)
    call.say(f"{value}\n")
    return int(value in ("0", ""))


_LEVELS = (("|",), ("&",), ("<", "<=", "=", "==", "!=", ">=", ">"), ("+", "-"), ("*", "/", "%"), (":",))


def _value(words: list[str], level: int = 0) -> str:
    if level == len(_LEVELS):
        return _single(words)
    left = _value(words, level + 1)
    while words and words[0] in _LEVELS[level]:
        sign = words.pop(0)
        left = _joined(left, sign, _value(words, level + 1))
    if level == 0 and words and words != [")"]:
        raise ValueError(words[0])
    return left


def _single(words: list[str]) -> str:
    word = words.pop(0)
    if word == "length":
        return str(len(words.pop(0)))
    if word != "(":
        return word
    end = words.index(")")
    inner = words[:end]
    del words[: end + 1]
    return _value(inner)


def _joined(left: str, sign: str, right: str) -> str:
    if sign == ":":
        form = re.sub(r"\\([(){}+?|])|([(){}+?|])", lambda found: found[1] or "\\" + found[2], right[:200])
        matched = re.match(form, left[:10_000])
        if matched is None:
            return "" if "\\(" in right else "0"
        return matched[1] or "" if matched.re.groups else str(matched.end())
    if sign in ("|", "&"):
        is_empty = left in ("", "0")
        if sign == "|":
            return right if is_empty else left
        return "0" if is_empty or right in ("", "0") else left
    if sign in _LEVELS[2]:
        return str(int(_compared(left, sign, right)))
    one, two = int(left), int(right)
    if sign in ("/", "%"):
        whole = abs(one) // abs(two) * (1 if (one < 0) == (two < 0) else -1)
        return str(whole if sign == "/" else one - whole * two)
    return str({"+": one + two, "-": one - two, "*": one * two}[sign])


def _compared(left: str, sign: str, right: str) -> bool:
    numeric = re.fullmatch(r"-?\d+", left) and re.fullmatch(r"-?\d+", right)
    one: Any = int(left) if numeric else left
    two: Any = int(right) if numeric else right
    match sign:
        case "<":
            return bool(one < two)
        case "<=":
            return bool(one <= two)
        case ">":
            return bool(one > two)
        case ">=":
            return bool(one >= two)
        case "!=":
            return bool(one != two)
        case _:
            return bool(one == two)


def _contents(call: Call, paths: Sequence[str]) -> list[tuple[str, str]] | None:
    found = []
    for path in paths or ["-"]:
        text = call.read(path)
        if text is None:
            shown = f"can't open '{path}'" if call.home.flavor == "busybox" else path
            call.complain(f"{call.program}: {shown}: No such file or directory\n")
            return None
        found.append((path, text))
    return found


async def _base64(call: Call) -> int:
    decodes, width, paths = False, 76, []
    words = iter(call.words[1:])
    for word in words:
        if word in ("-d", "-D", "--decode"):
            decodes = True
        elif word.startswith("-w"):
            text = word[2:] or next(words, "0")
            width = int(text) if text.isdecimal() else 0
        else:
            paths.append(word)
    found = _contents(call, paths)
    if found is None:
        return 1
    text = "".join(text for _, text in found)
    if decodes:
        try:
            call.say(base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace"))
        except (binascii.Error, ValueError):
            return call.complain(
                "base64: truncated input\n" if call.home.flavor == "busybox" else "base64: invalid input\n"
            )
        return 0
    coded = base64.b64encode(text.encode()).decode()
    lines = [coded[at : at + width] for at in range(0, len(coded), width)] if width else [coded]
    call.say("".join(f"{line}\n" for line in lines) if width else coded)
    return 0


async def _sum(call: Call) -> int:
    found = _contents(call, [word for word in call.words[1:] if not word.startswith("-") or word == "-"])
    for path, text in found or ():
        digest = hashlib.new(call.program.removesuffix("sum"), text.encode(), usedforsecurity=False).hexdigest()
        call.say(f"{digest}  {path}\n")
    return int(found is None)


async def _basename(call: Call) -> int:
    words = call.words[1:]
    if not words:
        return call.complain(f"{call.program}: missing operand\n")
    path = words[0].rstrip("/") or "/"
    if call.program == "dirname":
        call.say((path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")) + "\n")
        return 0
    name = path.rpartition("/")[2] or "/"
    call.say((name.removesuffix(words[1]) if len(words) > 1 and name != words[1] else name) + "\n")
    return 0


async def _lines(call: Call) -> int:
    """rev, tac and nl."""
    found = _contents(call, [word for word in call.words[1:] if not word.startswith("-")])
    lines = [line for _, text in found or () for line in text.splitlines()]
    if call.program == "rev":
        lines = [line[::-1] for line in lines]
    elif call.program == "tac":
        lines.reverse()
    else:
        lines = [f"{number:6}\t{line}" for number, line in enumerate(lines, 1)]
    call.say("".join(f"{line}\n" for line in lines))
    return int(found is None)


async def _nproc(call: Call) -> int:
    call.say("2\n")
    return 0


# --- jq ----------------------------------------------------------------------------------------------------


async def _jq(call: Call) -> int:
    """Take JSON apart: .a.b, .a[0], .a[], length, keys, and pipes of these."""
    flags = "".join(word[1:] for word in call.words[1:] if re.fullmatch(r"-[a-zA-Z]+", word))
    rest = [word for word in call.words[1:] if not word.startswith("-")]
    program = rest[0] if rest else "."
    found = _contents(call, rest[1:])
    if found is None:
        return 2
    try:
        values = [json.loads("".join(text for _, text in found))]
    except ValueError as fault:
        return call.complain(f"jq: parse error: {fault}\n", 2)
    for step in re.split(r"\s*\|\s*", program.strip()):
        try:
            values = [out for value in values for out in _stepped(value, step)]
        except (KeyError, IndexError, TypeError, ValueError):
            return call.complain(
                f"jq: error: the simulated jq knows .a.b[0], .a[], length, keys and |, not {step}\n", 3
            )
    for value in values:
        is_raw = "r" in flags and isinstance(value, str)
        shown = value if is_raw else json.dumps(value, indent=None if "c" in flags else 2, ensure_ascii=False)
        call.say(f"{shown}\n")
    return int("e" in flags and (not values or values[-1] in (None, False)))


def _stepped(value: Any, step: str) -> list[Any]:
    if step == "length":
        return [0 if value is None else len(value)]
    if step == "keys":
        return [sorted(value) if isinstance(value, Mapping) else list(range(len(value)))]
    if not re.fullmatch(r"(\.|(\.[A-Za-z_][\w-]*|\.?\[\"[^\"]+\"\]|\.?\[-?\d*\])\??)+", step):
        raise ValueError(step)
    values = [value]
    for piece in re.findall(r'\.([A-Za-z_][\w-]*)|\["([^"]+)"\]|\[(-?\d*)\]', step):
        name, number = piece[0] or piece[1], piece[2]
        values = [out for one in values for out in _taken(one, name, number)]
    return values


def _taken(value: Any, name: str, number: str) -> list[Any]:
    if name:
        return (
            [None if value is None else objects.dig({"": value}, "", name)]
            if value is None or isinstance(value, Mapping)
            else _no(name)
        )
    if number:
        return [None if value is None or not -len(value) <= int(number) < len(value) else value[int(number)]]
    return list(value.values()) if isinstance(value, Mapping) else list(value)


def _no(name: str) -> list[Any]:
    raise TypeError(name)


# --- package managers --------------------------------------------------------------------------------------


async def _install(call: Call) -> int:
    """DIFFERS: nothing can be installed: a playground has no way out, and its images hold what they hold."""
    failed = {
        "apt-get": "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n",
        "apt": "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n",
        "apk": "ERROR: unable to select packages:\n",
        "yum": "Error: Failed to download metadata for repo 'baseos'\n",
        "dnf": "Error: Failed to download metadata for repo 'baseos'\n",
        "pip": "ERROR: No matching distribution found\n",
    }
    said = "a playground has no internet to install from: use an image that has the tool, such as nicolaka/netshoot\n"
    return call.complain(
        f"{failed.get(call.program, '')}{call.program}: {said}", 100 if call.program.startswith("apt") else 1
    )


PROGRAMS: Mapping[str, Program] = {
    "expr": _expr,
    "base64": _base64,
    **dict.fromkeys(("md5sum", "sha1sum", "sha256sum", "sha512sum"), _sum),
    "basename": _basename,
    "dirname": _basename,
    **dict.fromkeys(("rev", "tac", "nl"), _lines),
    "nproc": _nproc,
    "jq": _jq,
    **dict.fromkeys(("apt-get", "apt", "apk", "yum", "dnf", "pip"), _install),
}

TEXT = ("expr", "base64", "md5sum", "sha256sum", "basename", "dirname", "rev", "tac", "nl", "jq")
"""Those that need nothing but their words and their input: the terminal in the page has them too."""
