"""Flags as pflag reads them: anywhere on the line, `--name=x`, `--name x`, `-nx`, `-n=x`, until `--`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.terminal.kubectl import api

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. `kind` is bool, string, int or list (repeatable, comma lists split); `alone` is its value without one."""

    name: str
    short: str = ""
    kind: str = "string"
    default: str = ""
    alone: str = ""
    split: bool = True


def text(name: str, short: str = "", default: str = "", alone: str = "") -> Flag:
    """Make a flag that takes a text."""
    return Flag(name, short, "string", default, alone)


def switch(name: str, short: str = "", default: str = "false") -> Flag:
    """Make a flag that is on or off."""
    return Flag(name, short, "bool", default, "true")


def number(name: str, short: str = "", default: str = "") -> Flag:
    """Make a flag that takes a whole number."""
    return Flag(name, short, "int", default)


def duration(name: str, default: str = "0s") -> Flag:
    """Make a flag that takes a span of time."""
    return Flag(name, "", "duration", default)


def several(name: str, short: str = "", *, split: bool = True) -> Flag:
    """Make a flag that may stand several times."""
    return Flag(name, short, "list", split=split)


GLOBAL = (
    text("namespace", "n"),
    switch("help", "h"),
    text("context"),
    text("cluster"),
    text("user"),
    text("kubeconfig"),
    text("server", "s"),
    text("token"),
    text("request-timeout", default="0"),
    text("cache-dir"),
    text("v", "v", "0"),
    text("as"),
    switch("warnings-as-errors"),
    switch("insecure-skip-tls-verify"),
    switch("match-server-version"),
)


@dataclass(slots=True)
class Given:
    """A command line taken apart."""

    words: list[str] = field(default_factory=list)
    dash: int = -1
    """How many words stood before `--`; -1 without one."""
    values: dict[str, list[str]] = field(default_factory=dict)
    known: Mapping[str, Flag] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Say whether the flag stood on the line."""
        return name in self.values

    def text(self, name: str) -> str:
        """Return a flag's value."""
        found = self.values.get(name)
        return found[-1] if found else self.known[name].default

    def on(self, name: str) -> bool:
        """Say whether a switch is on."""
        return self.text(name) in _TRUE

    def number(self, name: str, default: int = 0) -> int:
        """Return a number, the default when it was not given and has none of its own."""
        found = self.text(name)
        return int(found) if found else default

    def list(self, name: str) -> list[str]:
        """Return all values of a repeatable flag."""
        found = self.values.get(name, [])
        return [one for value in found for one in value.split(",")] if self.known[name].split else list(found)


def parse(words: Sequence[str], flags: Iterable[Flag], command: str) -> Given:
    """Take a command line apart; fails in pflag's words."""
    known = {flag.name: flag for flag in (*GLOBAL, *flags)}
    shorts = {flag.short: flag for flag in known.values() if flag.short}
    given = Given(known=known)
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            given.dash = len(given.words)
            given.words += rest
            break
        if word.startswith("--"):
            _long(word, rest, given, command)
        elif word.startswith("-") and len(word) > 1:
            _short(word, rest, given, (shorts, command))
        else:
            given.words.append(word)
    return given


def _wrong(command: str, text: str) -> api.Failed:
    return api.Failed(f"error: {text}\nSee '{command} --help' for usage.")


def _long(word: str, rest: list[str], given: Given, command: str) -> None:
    name, sign, value = word[2:].partition("=")
    flag = given.known.get(name)
    if flag is None:
        raise _wrong(command, f"unknown flag: --{name}")
    if not sign:
        if flag.alone:
            value = flag.alone
        elif rest:
            value = rest.pop(0)
        else:
            raise _wrong(command, f"flag needs an argument: --{name}")
    _set(given, flag, value, command)


def _short(word: str, rest: list[str], given: Given, told: tuple[Mapping[str, Flag], str]) -> None:
    shorts, command = told
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = shorts.get(letter)
        if flag is None:
            raise _wrong(command, f"unknown shorthand flag: '{letter}' in {word}")
        if len(letters) > 1 and letters[0] == "=":
            return _set(given, flag, letters[1:], command)
        if flag.alone:
            _set(given, flag, flag.alone, command)
        elif letters:
            return _set(given, flag, letters, command)
        elif rest:
            return _set(given, flag, rest.pop(0), command)
        else:
            raise _wrong(command, f"flag needs an argument: '{letter}' in {word}")
    return None


def _set(given: Given, flag: Flag, value: str, command: str) -> None:
    shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
    if flag.kind == "bool" and value not in _TRUE | _FALSE:
        raise _wrong(
            command,
            f'invalid argument "{value}" for "{shown}" flag: strconv.ParseBool: parsing "{value}": invalid syntax',
        )
    if flag.kind == "duration" and (fault := _duration_fault(value)):
        raise _wrong(command, f'invalid argument "{value}" for "{shown}" flag: {fault}')
    if flag.kind == "int" and not value.lstrip("+-").isdecimal():
        raise _wrong(
            command,
            f'invalid argument "{value}" for "{shown}" flag: strconv.ParseInt: parsing "{value}": invalid syntax',
        )
    given.values.setdefault(flag.name, []).append(value)


def _duration_fault(value: str) -> str:
    """Return time.ParseDuration's complaint, empty when there is none."""
    if value == "0" or re.fullmatch(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+", value):
        return ""
    if re.fullmatch(r"[-+]?\d+\.?\d*", value):
        return f'time: missing unit in duration "{value}"'
    return f'time: invalid duration "{value}"'
