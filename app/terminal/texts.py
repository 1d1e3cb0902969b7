"""Programs that turn text into text: echo, printf, grep, head, cut, sort, sed and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.terminal.calls import Call, Program, Stopped

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "0": "\0", "e": "\x1b"}


def _escaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text)


def _options(call: Call, taking: str = "") -> tuple[dict[str, str], list[str]]:
    """Split words into single-letter options and the rest; letters in `taking` have a value."""
    options: dict[str, str] = {}
    rest: list[str] = []
    words = iter(call.words[1:])
    for word in words:
        if word == "--":
            rest.extend(words)
        elif not word.startswith("-") or word == "-" or word.startswith("--"):
            rest.append(word)
        else:
            _letters(word[1:], taking, options, words)
    return options, rest


def _letters(letters: str, taking: str, options: dict[str, str], words: Iterator[str]) -> None:
    for position, letter in enumerate(letters):
        if letter in taking:
            options[letter] = letters[position + 1 :] or next(words, "")
            return
        options[letter] = letters[position:] if letter.isdecimal() else ""
        if letter.isdecimal():
            options["n"] = letters[position:]
            return


def _input(call: Call, paths: list[str]) -> tuple[str, int]:
    """Return what the files hold, or the standard input; missing ones are complained about."""
    if not paths:
        return call.stdin, 0
    texts, code = [], 0
    for path in paths:
        text = call.read(path)
        if text is None:
            code = call.complain(f"{call.program}: {path}: No such file or directory\n")
        else:
            texts.append(text)
    return "".join(texts), code


async def _echo(call: Call) -> int:
    words, ends, escapes = call.words[1:], "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        flags = words.pop(0)
        ends, escapes = "" if "n" in flags else ends, escapes or "e" in flags
    text = " ".join(words)
    call.say((_escaped(text) if escapes else text) + ends)
    return 0


async def _printf(call: Call) -> int:
    if len(call.words) < 2:
        return call.complain("printf: usage: printf FORMAT [ARG]...\n", 2)
    form, given = call.words[1], call.words[2:]
    wanted = len(re.findall(r"%[-0-9.]*[sdicxXf]", form))
    while True:
        call.say(_formatted(form, given))
        given = given[wanted:]
        if not given or not wanted:
            return 0


def _formatted(form: str, given: list[str]) -> str:
    arguments = iter(given)

    def fill(found: re.Match[str]) -> str:
        if found[0].startswith("\\"):
            return _ESCAPES.get(found[1], found[0])
        if found[0] == "%%":
            return "%"
        width = found[2]
        if any(int(number) > 1000 for number in re.findall(r"\d+", width)):
            return ""
        value = next(arguments, "")
        if found[3] == "s":
            return f"%{width}s" % value
        number = float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else 0
        return f"%{width}{found[3]}" % (number if found[3] == "f" else int(number))

    return re.sub(r"\\(.)|%([-0-9.]*)([sdicxXf])|%%", fill, form)


async def _cat(call: Call) -> int:
    options, paths = _options(call)
    text, code = "", 0
    for path in paths or ["-"]:
        found = call.read(path)
        if found is None:
            said = "can't open '%s': No such file or directory" if call.home.flavor == "busybox" else ""
            said = said % path if said else f"{path}: No such file or directory"
            code = call.complain(f"cat: {said}\n")
        else:
            text += found
    if "n" in options:
        text = "".join(f"{at:6}\t{line}\n" for at, line in enumerate(text.splitlines(), 1))
    call.say(text)
    return code


async def _grep(call: Call) -> int:
    options, rest = _options(call, "emABC")
    pattern = options.get("e") or (rest.pop(0) if rest else "")
    if "F" in options or call.program == "fgrep":
        pattern = re.escape(pattern)
    elif "E" not in options and "P" not in options and call.program != "egrep":
        pattern = re.sub(r"\\([|(){}+?])|([|(){}+?])", lambda f: f[1] or "\\" + f[2], pattern)
    if "w" in options:
        pattern = rf"\b(?:{pattern})\b"
    if len(pattern) > 200 or re.search(r"[+*}]\)?[+*{]", pattern):
        return call.complain("grep: this pattern is more than the simulated grep reads\n", 2)
    try:
        wanted = re.compile(pattern, re.IGNORECASE if "i" in options else 0)
    except re.error:
        return call.complain(f"grep: bad regex '{pattern}'\n", 2)
    text, code = _input(call, rest)
    lines = [line for line in text.splitlines() if bool(wanted.search(line[:4096])) is not ("v" in options)]
    if "m" in options and options["m"].isdecimal():
        lines = lines[: int(options["m"])]
    if "c" in options:
        call.say(f"{len(lines)}\n")
    elif "o" in options:
        call.say("".join(f"{found[0]}\n" for line in lines for found in wanted.finditer(line) if found[0]))
    elif "q" not in options:
        call.say("".join(f"{line}\n" for line in lines))
    return code or int(not lines)


async def _head(call: Call) -> int:
    options, rest = _options(call, "nc")
    text, code = _input(call, rest)
    if "c" in options:
        count = _number(options["c"])
        call.say(text[:count] if call.program == "head" else text[-count:])
        return code
    told = options.get("n", "10")
    lines, count = text.splitlines(keepends=True), _number(told)
    if call.program == "head":
        chosen = lines[:count] if not told.startswith("-") else lines[: max(0, len(lines) - count)]
    else:
        chosen = lines[count - 1 :] if told.startswith("+") else lines[len(lines) - min(count, len(lines)) :]
    call.say("".join(chosen))
    return code


def _number(text: str) -> int:
    digits = re.sub(r"\D", "", text)
    return int(digits[:9] or 0)


async def _wc(call: Call) -> int:
    options, rest = _options(call)
    text, code = _input(call, rest)
    counts = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode())}
    chosen = [counts[letter] for letter in "lwc" if letter in options] or list(counts.values())
    names = f" {rest[0]}" if rest else ""
    call.say((str(chosen[0]) if len(chosen) == 1 else "".join(f"{one:8}" for one in chosen)) + names + "\n")
    return code


async def _cut(call: Call) -> int:
    options, rest = _options(call, "dfc")
    text, code = _input(call, rest)
    fields = "f" in options
    spans = _spans(options.get("f") or options.get("c") or "1")
    sign = options.get("d") or "\t"
    for line in text.splitlines():
        if fields and sign not in line:
            call.say(f"{line}\n")
            continue
        pieces = line.split(sign) if fields else list(line)
        chosen = [one for at, one in enumerate(pieces, 1) if any(low <= at <= high for low, high in spans)]
        call.say((sign if fields else "").join(chosen) + "\n")
    return code


def _spans(text: str) -> list[tuple[int, int]]:
    found = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        found.append((_number(low) or 1, (_number(high) or 1 << 30) if dash else _number(low)))
    return found


async def _tr(call: Call) -> int:
    options, rest = _options(call)
    sets = [_signs(word) for word in rest]
    if not sets:
        return call.complain("tr: missing operand\n")
    text, first = call.stdin, sets[0]
    if "d" in options:
        text = "".join(sign for sign in text if (sign in first) is ("c" in options))
    elif len(sets) > 1 and sets[1]:
        second = sets[1].ljust(len(first), sets[1][-1])
        text = text.translate({ord(old): new for old, new in zip(first, second, strict=False)})
    if "s" in options:
        squeezed = "".join(re.escape(sign) for sign in sets[-1])
        text = re.sub(rf"([{squeezed}])\1+", r"\1", text)
    call.say(text)
    return 0


def _signs(text: str) -> str:
    named = {"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9", "[:space:]": " \t\n\r"}
    for name, signs in named.items():
        text = text.replace(name, signs)
    text = _escaped(text)
    return re.sub(r"(.)-(.)", lambda f: "".join(map(chr, range(ord(f[1]), ord(f[2]) + 1))), text, flags=re.DOTALL)


async def _sort(call: Call) -> int:
    options, rest = _options(call, "kt")
    text, code = _input(call, rest)
    column = _number(options.get("k", "").partition(",")[0])

    def key(line: str) -> tuple[float, str]:
        pieces = line.split(options.get("t"))
        shown = pieces[column - 1] if 0 < column <= len(pieces) else line
        found = re.match(r"\s*(-?\d+(?:\.\d+)?)", shown)
        is_number = "n" in options or "n" in options.get("k", "")
        return (float(found[1]) if found else 0.0, line) if is_number else (0.0, shown)

    lines = sorted(text.splitlines(), key=key, reverse="r" in options or "r" in options.get("k", ""))
    if "u" in options:
        lines = list(dict.fromkeys(lines))
    call.say("".join(f"{line}\n" for line in lines))
    return code


async def _uniq(call: Call) -> int:
    options, rest = _options(call)
    text, code = _input(call, rest)
    runs: list[tuple[str, int]] = []
    for line in text.splitlines():
        if runs and runs[-1][0] == line:
            runs[-1] = (line, runs[-1][1] + 1)
        else:
            runs.append((line, 1))
    for line, count in runs:
        if ("d" in options and count < 2) or ("u" in options and count > 1):
            continue
        call.say(f"{count:7} {line}\n" if "c" in options else f"{line}\n")
    return code


async def _sed(call: Call) -> int:
    options, rest = _options(call, "e")
    script = options.get("e") or (rest.pop(0) if rest else "")
    text, code = _input(call, rest)
    found = re.fullmatch(r"s(.)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1([gip]*)", script.strip())
    lines = text.splitlines()
    if found:
        pattern = found[2]
        if "E" not in options and "r" not in options:
            pattern = re.sub(r"\\([|(){}+?])|([|(){}+?])", lambda f: f[1] or "\\" + f[2], pattern)
        if len(pattern) > 200 or re.search(r"[+*}]\)?[+*{]", pattern):
            return call.complain("sed: this pattern is more than the simulated sed reads\n")
        with_ = re.sub(r"(?<!\\)&", r"\\g<0>", found[3].replace("\\/", "/"))
        try:
            wanted = re.compile(pattern, re.IGNORECASE if "i" in found[4] else 0)
            lines = [wanted.sub(with_, line[:4096], count=0 if "g" in found[4] else 1) for line in lines]
        except re.error:
            return call.complain(f"sed: bad regex '{found[2]}'\n")
    elif span := re.fullmatch(r"(\d+)(?:,(\d+|\$))?([pd])", script):
        last = len(lines) if span[2] == "$" else int(span[2] or span[1])
        inside = [int(span[1]) <= at <= last for at in range(1, len(lines) + 1)]
        lines = [line for line, hit in zip(lines, inside, strict=True) if hit is (span[3] == "p")]
    else:
        return call.complain(f"sed: the simulated sed knows s/old/new/ and 1,3p, not {script}\n")
    call.say("".join(f"{line}\n" for line in lines))
    return code


async def _seq(call: Call) -> int:
    words = [word for word in call.words[1:] if not re.fullmatch(r"-[ws].*", word)]
    if not words or not all(re.fullmatch(r"-?\d{1,9}", word) for word in words):
        return call.complain(f"seq: invalid number '{words[-1] if words else ''}'\n")
    numbers = [int(word) for word in words]
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) > 2 else 1
    count = range(first, numbers[-1] + (1 if step > 0 else -1), step or 1)
    if len(count) > 100_000:
        raise Stopped(124, "seq: stopped: more than 100000 numbers\n")
    call.say("".join(f"{number}\n" for number in count))
    return 0


async def _true(call: Call) -> int:
    return 0


async def _false(call: Call) -> int:
    return 1


PROGRAMS: Mapping[str, Program] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "grep": _grep,
    "egrep": _grep,
    "fgrep": _grep,
    "head": _head,
    "tail": _head,
    "wc": _wc,
    "cut": _cut,
    "tr": _tr,
    "sort": _sort,
    "uniq": _uniq,
    "sed": _sed,
    "seq": _seq,
    "true": _true,
    "false": _false,
    "touch": _true,
    "mkdir": _true,
    "clear": _true,
}
