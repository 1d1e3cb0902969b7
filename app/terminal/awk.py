"""awk: the half of it that troubleshooting pages use: patterns, fields, sums, arrays, print and printf.

DIFFERS: no loops but `for (k in a)`, no functions of one's own, no getline; what it does not know it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.terminal.calls import Call

Value = str | float
Code = Callable[["_Run"], Value]

_TOKEN = re.compile(
    r'\s*(?:(#[^\n]*)|("(?:\\.|[^"\\])*")|(\d+\.?\d*)|([A-Za-z_]\w*)'
    r"|(\+\+|--|[-+*/%]=|&&|\|\||[<>=!]=|!~|[-+*/%=<>!~?:(){}\[\],;$])|(\n))"
)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "/": "/", "r": "\r"}
_MOST_RULES = 50
_RESERVED = frozenset(
    ("while", "do", "function", "func", "getline", "delete", "split", "gsub", "sub", "match", "sprintf", "in", "else")
)


class _Unknown(Exception):
    """The script holds what this awk does not know."""


class _Next(Exception):
    """`next` or `exit`; `code` is None for next."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__()
        self.code = code


@dataclass(slots=True)
class _Run:
    """The state of a running script."""

    call: Call
    variables: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, dict[str, Value]] = field(default_factory=dict)
    fields: list[str] = field(default_factory=lambda: [""])

    def take(self, line: str) -> None:
        """Read a line into fields."""
        separator = str(self.variables.get("FS", " "))
        if separator == " ":
            parts = line.split()
        elif len(separator) == 1:
            parts = line.split(separator) if line else []
        else:
            parts = re.split(separator[:100], line) if line else []
        self.fields = [line, *parts]
        self.variables["NF"] = float(len(parts))
        self.variables["NR"] = _number(self.variables.get("NR", 0.0)) + 1


def _number(value: Value) -> float:
    if isinstance(value, float):
        return value
    found = re.match(r"\s*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+)", value)
    return float(found[0]) if found else 0.0


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else f"{value:.6g}"


def _is_true(value: Value) -> bool:
    if isinstance(value, str) and not _looks_numeric(value):
        return bool(value)
    return _number(value) != 0


def _looks_numeric(text: str) -> bool:
    return bool(re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", text))


class _Parser:
    """Turns the script into code, by descent."""

    def __init__(self, script: str) -> None:
        self.tokens = list(_tokens(script))
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, *wanted: str) -> bool:
        if self.peek() in wanted:
            self.at += 1
            return True
        return False

    def expect(self, wanted: str) -> None:
        if not self.accept(wanted):
            raise _Unknown(self.peek() or "the end")

    # --- rules and statements ------------------------------------------------------------------

    def rules(self) -> list[tuple[str, Code | None, list[Code] | None]]:
        found: list[tuple[str, Code | None, list[Code] | None]] = []
        while self.peek():
            if self.accept("\n", ";"):
                continue
            kind = self.next() if self.peek() in ("BEGIN", "END") else ""
            pattern = self.expression() if not kind and self.peek() != "{" else None
            body = self.block() if self.peek() == "{" else None
            found.append((kind, pattern, body))
            if len(found) > _MOST_RULES:
                raise _Unknown("so many rules")
        return found

    def block(self) -> list[Code]:
        self.expect("{")
        found = []
        while not self.accept("}"):
            if self.accept(";", "\n"):
                continue
            found.append(self.statement())
        return found

    def body(self) -> list[Code]:
        while self.accept("\n"):
            pass
        return self.block() if self.peek() == "{" else [self.statement()]

    def statement(self) -> Code:
        match self.peek():
            case "print" | "printf":
                return self.printing(self.next())
            case "if":
                return self.branch()
            case "for":
                return self.each()
            case "next":
                self.next()
                return _leave(None)
            case "exit":
                self.next()
                code = self.expression() if self.peek() not in (";", "\n", "}", "") else None
                return _leave(code or (lambda run: 0.0))
            case _:
                return self.expression()

    def printing(self, how: str) -> Code:
        grouped = self.peek() == "(" and self._closes_before_end()
        if grouped:
            self.next()
        parts: list[Code] = []
        while self.peek() not in (";", "\n", "}", ")", ""):
            parts.append(self.expression())
            if not self.accept(","):
                break
        if grouped:
            self.expect(")")

        def show(run: _Run) -> Value:
            if how == "printf":
                run.call.say(_formatted(_text(parts[0](run)), [part(run) for part in parts[1:]]))
            else:
                joint = str(run.variables.get("OFS", " "))
                run.call.say((joint.join(_text(part(run)) for part in parts) if parts else run.fields[0]) + "\n")
            return ""

        return show

    def _closes_before_end(self) -> bool:
        depth = 0
        for position in range(self.at, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.tokens[position], 0)
            if depth == 0:
                following = self.tokens[position + 1] if position + 1 < len(self.tokens) else ""
                return following in (";", "\n", "}", "")
        return False

    def branch(self) -> Code:
        self.next()
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        then, other = self.body(), list[Code]()
        mark = self.at
        while self.accept(";", "\n"):
            pass
        if self.accept("else"):
            other = self.body()
        else:
            self.at = mark

        def run_branch(run: _Run) -> Value:
            _do(then if _is_true(condition(run)) else other, run)
            return ""

        return run_branch

    def each(self) -> Code:
        self.next()
        self.expect("(")
        name = self.next()
        self.expect("in")
        array = self.next()
        self.expect(")")
        body = self.body()

        def run_each(run: _Run) -> Value:
            for key in list(run.arrays.get(array, {})):
                run.variables[name] = key
                _do(body, run)
            return ""

        return run_each

    # --- expressions ---------------------------------------------------------------------------

    def expression(self) -> Code:
        mark = self.at
        place = self.place()
        if place is not None and self.peek() in ("=", "+=", "-=", "*=", "/=", "%="):
            return _assigned(place, self.next(), self.expression())
        self.at = mark
        value = self.either()
        if self.accept("?"):
            yes = self.expression()
            self.expect(":")
            no = self.expression()
            return lambda run: yes(run) if _is_true(value(run)) else no(run)
        return value

    def place(self) -> tuple[str, Any] | None:
        if self.accept("$"):
            return "field", self.primary()
        name = self.peek()
        if name in _RESERVED:
            raise _Unknown(name)
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in _FUNCTIONS:
            return None
        self.next()
        if self.accept("["):
            key = self.expression()
            self.expect("]")
            return "array", (name, key)
        return "variable", name

    def either(self) -> Code:
        left = self.both()
        while self.accept("||"):
            left = _logic(left, self.both(), either=True)
        return left

    def both(self) -> Code:
        left = self.compared()
        while self.accept("&&"):
            left = _logic(left, self.compared(), either=False)
        return left

    def compared(self) -> Code:
        left = self.joined()
        if self.peek() in ("<", "<=", "==", "!=", ">", ">=", "~", "!~"):
            return _comparison(left, self.next(), self.joined())
        return left

    def joined(self) -> Code:
        left = self.sum()
        while self.peek() and (self.peek()[0] in '"$(!' or self.peek()[0].isalnum() or self.peek()[0] == "_"):
            if self.peek() in ("in", "else", "!~", "!="):
                break
            left = _together(left, self.sum())
        return left

    def sum(self) -> Code:
        left = self.product()
        while self.peek() in ("+", "-"):
            left = _reckoned(left, self.next(), self.product())
        return left

    def product(self) -> Code:
        left = self.unary()
        while self.peek() in ("*", "/", "%"):
            left = _reckoned(left, self.next(), self.unary())
        return left

    def unary(self) -> Code:
        if self.accept("!"):
            value = self.unary()
            return lambda run: float(not _is_true(value(run)))
        if self.accept("-"):
            value = self.unary()
            return lambda run: -_number(value(run))
        return self.primary()

    def primary(self) -> Code:
        token = self.peek()
        if self.accept("("):
            value = self.expression()
            self.expect(")")
            return value
        if token.startswith('"'):
            text = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), self.next()[1:-1])
            return lambda run: text
        if token[:1].isdecimal():
            number = float(self.next())
            return lambda run: number
        if token.startswith("\0"):
            pattern = _pattern(self.next()[1:])
            return lambda run: float(bool(pattern.search(run.fields[0])))
        if token in _FUNCTIONS:
            return self.function(self.next())
        if self.accept("++", "--"):
            place = self.place()
            if place is None:
                raise _Unknown(token)
            return _assigned(place, f"{token[0]}=", lambda run: 1.0)
        place = self.place()
        if place is None:
            raise _Unknown(token or "the end")
        if self.peek() in ("++", "--"):
            sign = self.next()[0]
            step, read = _assigned(place, f"{sign}=", lambda run: 1.0), _read(place)

            def after(run: _Run) -> Value:
                before = _number(read(run))
                step(run)
                return before

            return after
        return _read(place)

    def function(self, name: str) -> Code:
        parts: list[Code] = []
        if self.accept("("):
            while not self.accept(")"):
                parts.append(self.expression())
                self.accept(",")
        elif name != "length":
            raise _Unknown(name)

        def called(run: _Run) -> Value:
            values = [part(run) for part in parts] or [run.fields[0]]
            try:
                return _FUNCTIONS[name](values)
            except IndexError:
                raise _Unknown(name) from None

        return called


def _substr(values: Sequence[Value]) -> Value:
    first = max(int(_number(values[1])), 1) - 1
    return _text(values[0])[first : first + int(_number(values[2]))] if len(values) > 2 else _text(values[0])[first:]


_FUNCTIONS: dict[str, Callable[[Sequence[Value]], Value]] = {
    "length": lambda values: float(len(_text(values[0]))),
    "substr": _substr,
    "tolower": lambda values: _text(values[0]).lower(),
    "toupper": lambda values: _text(values[0]).upper(),
    "int": lambda values: float(int(_number(values[0]))),
    "index": lambda values: float(_text(values[0]).find(_text(values[1])) + 1),
}


def _tokens(script: str) -> Iterator[str]:
    """Yield the words of a script; a pattern between slashes begins with a zero byte."""
    at, before = 0, ""
    while at < len(script):
        slash = re.match(r"\s*/((?:\\.|[^/\\\n])+)/", script[at:])
        if slash and (not before or before in ("(", ",", "~", "!~", "!", "&&", "||", "{", ";", "\n", "}")):
            before = "\0" + slash[1]
            at += slash.end()
            yield before
            continue
        found = _TOKEN.match(script, at)
        if found is None:
            if script[at:].strip():
                raise _Unknown(script[at:].strip()[:20])
            return
        at = found.end()
        if not found[1]:
            before = found[0].strip(" \t\r") if not found[6] else "\n"
            yield before.strip() or "\n"


def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > 200 or re.search(r"[+*}]\)?[+*{]", text):
        raise _Unknown("this pattern")
    try:
        return re.compile(text.replace("\\/", "/"))
    except re.error:
        raise _Unknown("this pattern") from None


def _do(body: Sequence[Code], run: _Run) -> None:
    for code in body:
        code(run)


def _leave(code: Code | None) -> Code:
    def leave(run: _Run) -> Value:
        raise _Next(None if code is None else int(_number(code(run))))

    return leave


def _read(place: tuple[str, Any]) -> Code:
    kind, what = place
    if kind == "field":

        def of_line(run: _Run) -> Value:
            at = int(_number(what(run)))
            return run.fields[at] if 0 <= at < len(run.fields) else ""

        return of_line
    if kind == "array":
        return lambda run: run.arrays.get(what[0], {}).get(_text(what[1](run)), "")
    return lambda run: run.variables.get(what, "")


def _assigned(place: tuple[str, Any], sign: str, value: Code) -> Code:
    kind, what = place
    read = _read(place)

    def assign(run: _Run) -> Value:
        after = value(run) if sign == "=" else _reckoned(read, sign[0], value)(run)
        if kind == "field":
            at = int(_number(what(run)))
            if not 0 <= at < 1000:
                raise _Unknown("such a field")
            run.fields += [""] * (at + 1 - len(run.fields))
            run.fields[at] = _text(after)
            if at:
                run.fields[0] = str(run.variables.get("OFS", " ")).join(run.fields[1:])
        elif kind == "array":
            run.arrays.setdefault(what[0], {})[_text(what[1](run))] = after
        else:
            run.variables[what] = after
        return after

    return assign


def _logic(left: Code, right: Code, *, either: bool) -> Code:
    if either:
        return lambda run: float(_is_true(left(run)) or _is_true(right(run)))
    return lambda run: float(_is_true(left(run)) and _is_true(right(run)))


def _comparison(left: Code, sign: str, right: Code) -> Code:
    def compare(run: _Run) -> Value:
        one, two = left(run), right(run)
        if sign in ("~", "!~"):
            return float(bool(_pattern(_text(two)).search(_text(one))) is (sign == "~"))
        numeric = all(isinstance(value, float) or _looks_numeric(value) for value in (one, two))
        a, b = (_number(one), _number(two)) if numeric else (_text(one), _text(two))
        order = (a > b) - (a < b)  # type: ignore[operator]
        return float(
            {"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">": order > 0}.get(sign, order >= 0)
        )

    return compare


def _together(left: Code, right: Code) -> Code:
    return lambda run: _text(left(run)) + _text(right(run))


def _reckoned(left: Code, sign: str, right: Code) -> Code:
    def reckon(run: _Run) -> Value:
        one, two = _number(left(run)), _number(right(run))
        if sign in ("/", "%") and not two:
            raise _Unknown("division by zero")
        match sign:
            case "+":
                return one + two
            case "-":
                return one - two
            case "*":
                return one * two
            case "/":
                return one / two
            case _:
                return one - two * int(one / two)

    return reckon


def _formatted(form: str, values: Sequence[Value]) -> str:
    rest = iter(values)

    def fill(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if any(int(number) > 1000 for number in re.findall(r"\d+", found[1])):
            return ""
        value = next(rest, "")
        if found[2] == "s":
            return f"%{found[1]}s" % _text(value)
        if found[2] == "c":
            return _text(value)[:1]
        number = _number(value)
        return f"%{found[1]}{found[2]}" % (int(number) if found[2] in "dixXo" else number)

    return re.sub(r"%([-+ 0-9.]*)([sdicxXofeg])|%%", fill, form)


async def awk(call: Call) -> int:
    """Run a script over files or the standard input."""
    run, rest, words = _Run(call), list[str](), iter(call.words[1:])
    for word in words:
        if word.startswith("-F") and not rest:
            run.variables["FS"] = (word[2:] or next(words, " ")).replace("\\t", "\t").replace("\\|", "|")
        elif word.startswith("-v") and not rest:
            name, _, value = (word[2:] or next(words, "")).partition("=")
            run.variables[name] = value
        elif word != "--":
            rest.append(word)
    if not rest:
        return call.complain("Usage: awk [-F SEP] [-v VAR=VALUE] 'PROGRAM' [FILE]...\n", 2)
    text = call.stdin
    for number, path in enumerate(rest[1:]):
        found = call.read(path)
        if found is None:
            return call.complain(f"awk: {path}: No such file or directory\n", 2)
        text = found if number == 0 else text + found
    try:
        return _through(run, _Parser(rest[0]).rules(), text)
    except _Unknown as unknown:
        return call.complain(f"awk: the simulated awk does not know {unknown}\n", 2)


def _through(run: _Run, rules: Sequence[tuple[str, Code | None, list[Code] | None]], text: str) -> int:
    code = 0
    try:
        for kind, _, body in rules:
            if kind == "BEGIN":
                _do(body or (), run)
        only_begin = all(kind == "BEGIN" for kind, _, _ in rules)
        for line in () if only_begin else text.splitlines():
            _one_line(run, rules, line)
    except _Next as left:
        code = left.code or 0
    try:
        for kind, _, body in rules:
            if kind == "END":
                _do(body or (), run)
    except _Next as left:
        code = left.code or 0
    return code


def _one_line(run: _Run, rules: Sequence[tuple[str, Code | None, list[Code] | None]], line: str) -> None:
    run.take(line)
    try:
        for kind, pattern, body in rules:
            if kind or (pattern is not None and not _is_true(pattern(run))):
                continue
            if body is None:
                run.call.say(run.fields[0] + "\n")
            else:
                _do(body, run)
    except _Next as left:
        if left.code is not None:
            raise
