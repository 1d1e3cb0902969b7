"""Runs a parsed script: expands words, connects pipes, keeps variables and files in memory."""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field

from app.terminal import arithmetic, builtins, calls, programs, syntax
from app.terminal.calls import Call, Home, Program, Stopped, World

MOST_ROUNDS = 1_000


@dataclass(slots=True)
class Streams:
    """Where output goes while a command runs."""

    stdin: str = ""
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)


class _Leave(Exception):
    """break or continue, so many loops up."""

    def __init__(self, word: str, levels: int) -> None:
        super().__init__(word)
        self.word = word
        self.levels = levels


@dataclass(slots=True)
class Shell:
    """One shell process in a container."""

    home: Home
    world: World
    variables: MutableMapping[str, str]
    name: str = "sh"
    arguments: list[str] = field(default_factory=list)
    traces: bool = False
    stops_on_failure: bool = False
    status: int = 0
    commands: int = 0
    written: int = 0

    async def run(self, script: syntax.Script, streams: Streams, *, tested: bool = False) -> int:
        """Run a script; returns the exit code of its last command."""
        for joint, pipeline in script.steps:
            if (joint == "&&" and self.status) or (joint == "||" and not self.status):
                continue
            self.status = await self._pipeline(pipeline, streams)
            guarded = tested or pipeline.negated or self._is_tested(script, pipeline)
            if self.stops_on_failure and self.status and not guarded:
                raise Stopped(self.status)
        return self.status

    def _is_tested(self, script: syntax.Script, pipeline: syntax.Pipeline) -> bool:
        for position, (_, step) in enumerate(script.steps[:-1]):
            if step is pipeline:
                return script.steps[position + 1][0] != ";"
        return False

    async def _pipeline(self, pipeline: syntax.Pipeline, streams: Streams) -> int:
        given, code = streams.stdin, 0
        for command in pipeline.commands[:-1]:
            between = Streams(given, [], streams.err)
            await self._command(command, between)
            given = "".join(between.out)
            self._measure(given)
        code = await self._command(pipeline.commands[-1], Streams(given, streams.out, streams.err))
        return int(not code) if pipeline.negated else code

    def _measure(self, text: str) -> None:
        self.written += len(text)
        if self.written > calls.MOST_OUTPUT:
            raise Stopped(124, f"{self.name}: stopped after {calls.MOST_OUTPUT} characters of output\n")

    async def _command(self, command: syntax.Command, streams: Streams) -> int:
        self.commands += 1
        if self.commands > calls.MOST_COMMANDS:
            raise Stopped(124, f"{self.name}: stopped after {calls.MOST_COMMANDS} commands\n")
        own = Streams(streams.stdin, [], [])
        ends = await self._redirect(command.redirections, own)
        if ends is None:
            streams.err.extend(own.err)
            return 1
        try:
            code = await self._inside(command, own)
        finally:
            self._deliver(ends, own, streams)
        return code

    async def _inside(self, command: syntax.Command, streams: Streams) -> int:
        match command:
            case syntax.Simple():
                return await self._simple(command, streams)
            case syntax.Branch():
                for condition, body in command.arms:
                    if not await self.run(condition, streams, tested=True):
                        return await self.run(body, streams) if body.steps else 0
                return await self.run(command.otherwise, streams) if command.otherwise else 0
            case syntax.Each():
                return await self._each(command, streams)
            case syntax.Repeat():
                return await self._repeat(command, streams)
            case syntax.Group():
                return await self._group(command, streams)

    async def _group(self, command: syntax.Group, streams: Streams) -> int:
        if not command.own:
            return await self.run(command.body, streams)
        kept = dict(self.variables)
        try:
            return await self.run(command.body, streams)
        except Stopped as stopped:
            if stopped.message:
                raise
            return stopped.code
        finally:
            self.variables.clear()
            self.variables.update(kept)

    async def _each(self, command: syntax.Each, streams: Streams) -> int:
        code = 0
        words = await self.fields(command.words, streams)
        for word in words[:MOST_ROUNDS]:
            self.variables[command.name] = word
            try:
                code = await self.run(command.body, streams)
            except _Leave as leave:
                if _leaves(leave):
                    break
        if len(words) > MOST_ROUNDS:
            raise Stopped(124, f"{self.name}: stopped after {MOST_ROUNDS} rounds of a loop\n")
        return code

    async def _repeat(self, command: syntax.Repeat, streams: Streams) -> int:
        code = 0
        for _ in range(MOST_ROUNDS):
            failed = await self.run(command.condition, streams, tested=True)
            if bool(failed) is not command.until:
                return code
            try:
                code = await self.run(command.body, streams)
            except _Leave as leave:
                if _leaves(leave):
                    return 0
        raise Stopped(124, f"{self.name}: stopped after {MOST_ROUNDS} rounds of a loop\n")

    # --- one program ---------------------------------------------------------------------------

    async def _simple(self, command: syntax.Simple, streams: Streams) -> int:
        words = await self.fields(command.words, streams)
        given = [(name, await self.joined(word, streams)) for name, word in command.assignments]
        if self.traces:
            shown = [f"{name}={value}" for name, value in given] + words
            streams.err.append(f"+ {' '.join(_quoted(word) for word in shown)}\n")
        if not words:
            self.variables.update(given)
            substituted = any(part.kind == "command" for _, word in command.assignments for part in word.parts)
            return self.status if substituted else 0
        variables = self.variables if not given else {**self.variables, **dict(given)}
        return await self.program(words, streams, variables)

    async def program(self, words: list[str], streams: Streams, variables: MutableMapping[str, str]) -> int:
        """Run one program by its words."""
        if words[0] in ("exit", "return"):
            raise Stopped(int(words[1]) & 255 if len(words) > 1 and words[1].isdigit() else self.status)
        if words[0] in ("break", "continue"):
            raise _Leave(words[0], int(words[1]) if len(words) > 1 and words[1].isdigit() else 1)
        if words[0] == "set":
            return self._set(words[1:])
        if words[0] in ("eval", ".", "source"):
            return await self.run(syntax.parse(" ".join(words[1:])), streams)
        if words[0] == "exec" and len(words) > 1:
            raise Stopped(await self.program(words[1:], streams, variables))
        if words[0] in ("command", "time", "nohup", "sudo") and len(words) > 1 and words[1] not in ("-v", "-V"):
            return await self.program(words[1:], streams, variables)
        call = Call(words, streams.stdin, self.home, self.world, variables, streams.out, streams.err)
        found = builtins.BUILTINS.get(words[0])
        if found is not None:
            return await found(call)
        return await start(call, self.name)

    def _set(self, flags: Sequence[str]) -> int:
        for flag in flags:
            if re.fullmatch(r"[-+][a-z]+", flag):
                if "x" in flag:
                    self.traces = flag[0] == "-"
                if "e" in flag:
                    self.stops_on_failure = flag[0] == "-"
        return 0

    # --- words ---------------------------------------------------------------------------------

    async def fields(self, words: Sequence[syntax.Word], streams: Streams) -> list[str]:
        """Fill in words and split what is not quoted."""
        found: list[str] = []
        for word in words:
            found.extend(await self._split(word, streams))
        return found

    async def _split(self, word: syntax.Word, streams: Streams) -> list[str]:
        fields: list[str] = []
        current, begun = "", False
        for part in word.parts:
            if part.kind == "variable" and part.text == "@" and part.quoted:
                for position, argument in enumerate(self.arguments):
                    if position and begun:
                        fields.append(current)
                        current = ""
                    current, begun = current + argument, True
                continue
            text = await self._fill(part, streams)
            if part.quoted or part.kind == "text":
                current, begun = current + text, True
                continue
            pieces = text.split()
            if not pieces:
                continue
            if begun and text[:1].isspace():
                fields.append(current)
                current = ""
            fields.extend([current + pieces[0], *pieces[1:]] if begun else pieces)
            current, begun = fields.pop(), True
            if text[-1:].isspace():
                fields.append(current)
                current, begun = "", False
        if begun:
            fields.append(current)
        return [one for field in fields for one in _braces(field, word)]

    async def joined(self, word: syntax.Word, streams: Streams) -> str:
        """Fill in a word without splitting it."""
        return "".join([await self._fill(part, streams) for part in word.parts])

    async def _fill(self, part: syntax.Part, streams: Streams) -> str:
        if part.kind == "text":
            return part.text
        if part.kind == "sum":
            inner = syntax.parse(f'x="{part.text}"')
            command = inner.steps[0][1].commands[0]
            assert isinstance(command, syntax.Simple)
            return str(arithmetic.value(await self.joined(command.assignments[0][1], streams), self.variables))
        if part.kind == "command":
            assert part.body is not None
            inside = Streams(streams.stdin, [], streams.err)
            kept = dict(self.variables)
            try:
                await self.run(part.body, inside)
            except Stopped as stopped:
                if stopped.message:
                    raise
                self.status = stopped.code
            self.variables.clear()
            self.variables.update(kept)
            text = "".join(inside.out)
            self._measure(text)
            return text.rstrip("\n")
        text = await self._variable(part, streams)
        self._measure(text)
        return text

    async def _variable(self, part: syntax.Part, streams: Streams) -> str:
        name = part.text
        if len(name) > 1 and name.startswith("#"):
            return str(len(self._value(name[1:]) or ""))
        value = self._value(name)
        if not part.operator or part.operand is None:
            return value or ""
        operator = part.operator
        if operator[0] in "#%":
            return builtins.trimmed(value or "", operator, await self.joined(part.operand, streams))
        lacks = value is None or (operator.startswith(":") and not value)
        if operator[-1] == "+":
            return "" if lacks else await self.joined(part.operand, streams)
        if not lacks:
            return value or ""
        default = await self.joined(part.operand, streams)
        if operator[-1] == "?":
            raise Stopped(2, f"{self.name}: {name}: {default or 'parameter not set'}\n")
        if operator[-1] == "=":
            self.variables[name] = default
        return default

    def _value(self, name: str) -> str | None:
        special = {"?": str(self.status), "#": str(len(self.arguments)), "$": "7", "!": "", "0": self.name}
        if name in special:
            return special[name]
        if name in "@*":
            return " ".join(self.arguments)
        if name.isdigit():
            return self.arguments[int(name) - 1] if int(name) <= len(self.arguments) else None
        return self.variables.get(name)

    # --- redirections --------------------------------------------------------------------------

    async def _redirect(
        self, wanted: Sequence[syntax.Redirection], streams: Streams
    ) -> dict[str, tuple[str, str]] | None:
        """Return where descriptors 1 and 2 end: ("out", ""), ("err", "") or ("file", path)."""
        ends = {"1": ("out", ""), "2": ("err", "")}
        for one in wanted:
            target = await self.joined(one.target, streams)
            if one.operator == "<":
                text = Call(["sh"], streams.stdin, self.home, self.world, self.variables).read(target)
                if text is None:
                    streams.err.append(f"{self.name}: can't open {target}: no such file\n")
                    return None
                streams.stdin = text
            elif one.operator == ">&":
                ends[one.descriptor] = ends.get(target, ("file", "/dev/null"))
            else:
                ends[one.descriptor] = ("file", target)
                self._open(target, streams, add=one.operator == ">>")
        return ends

    def _open(self, path: str, streams: Streams, *, add: bool) -> None:
        call = Call([self.name], "", self.home, self.world, self.variables)
        call.write(path, "", add=add)

    def _deliver(self, ends: dict[str, tuple[str, str]], own: Streams, streams: Streams) -> None:
        for descriptor, chunks in (("1", own.out), ("2", own.err)):
            kind, path = ends[descriptor]
            text = "".join(chunks)
            if kind == "out":
                streams.out.append(text)
            elif kind == "err":
                streams.err.append(text)
            elif path in ("/dev/stdout", "/dev/stderr"):
                (streams.out if path == "/dev/stdout" else streams.err).append(text)
            else:
                Call([self.name], "", self.home, self.world, self.variables).write(path, text, add=True)
        self._measure("".join(own.out))


def _leaves(leave: _Leave) -> bool:
    """Say whether this loop ends; raises on when an outer one is meant."""
    if leave.levels > 1:
        raise _Leave(leave.word, leave.levels - 1)
    return leave.word == "break"


def _braces(text: str, word: syntax.Word) -> list[str]:
    """Fill in `{1..5}` as bash does, where nothing is quoted."""
    found = re.fullmatch(r"\{(\d{1,6})\.\.(\d{1,6})\}", text) if word.plain else None
    if found is None:
        return [text]
    first, last = int(found[1]), int(found[2])
    numbers = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return [str(number) for number in numbers[: MOST_ROUNDS + 1]]


def _quoted(word: str) -> str:
    if word and re.fullmatch(r"[\w@%+=:,./?&-]+", word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


async def start(call: Call, shell: str = "sh") -> int:
    """Start a program by name, as far as the image has it."""
    name = call.words[0]
    base = name.rpartition("/")[2]
    if base == "busybox" and len(call.words) > 1 and base in call.home.programs:
        call.words = call.words[1:]
        return await start(call, shell)
    if base not in call.home.programs:
        return call.complain(f"{shell}: {name}: not found\n", 127)
    if base in SHELLS:
        return await run_shell(call)
    if base in ("timeout", "xargs", "nohup", "env", "watch") and (wrapped := _wrapped(call, base)):
        return await start(wrapped, shell)
    program: Program = programs.PROGRAMS[base]
    return await program(call)


SHELLS = frozenset({"sh", "ash", "bash", "dash"})


def _wrapped(call: Call, base: str) -> Call | None:
    """Return the call that timeout, xargs or env stands before."""
    rest, variables = call.words[1:], call.variables
    if base == "env":
        while rest and "=" in rest[0]:
            name, _, value = rest.pop(0).partition("=")
            variables = {**variables, name: value}
    while rest and rest[0].startswith("-"):
        takes = rest[0] in ("-n", "-I", "-s", "-k", "-u", "-P", "-L", "-d")
        rest = rest[2:] if takes else rest[1:]
    if base == "timeout":
        rest = rest[1:]
    if base == "xargs":
        rest = [*(rest or ["echo"]), *call.stdin.split()]
    if not rest:
        return None
    return Call(rest, "" if base == "xargs" else call.stdin, call.home, call.world, variables, call.out, call.err)


async def run_shell(call: Call) -> int:
    """Run `sh -c SCRIPT [NAME ARG…]`, `sh FILE`, or what comes on standard input."""
    rest = call.words[1:]
    flags = ""
    while rest and re.fullmatch(r"[-+][a-z]+", rest[0]) and rest[0] != "--":
        flags += rest.pop(0)[1:]
        if "c" in flags:
            break
    name, arguments, stdin = call.program, rest[1:], call.stdin
    if "c" in flags:
        if not rest:
            return call.complain(f"{name}: -c requires an argument\n", 2)
        text, (name, *arguments) = rest[0], rest[1:] or [name]
    elif rest and rest[0] != "-":
        script = call.read(rest[0])
        if script is None:
            return call.complain(f"{name}: can't open '{rest[0]}': No such file or directory\n", 2)
        text, name = script, rest[0]
    else:
        text, stdin = call.stdin, ""
    shell = Shell(call.home, call.world, dict(call.variables), name, arguments, "x" in flags, "e" in flags)
    streams = Streams(stdin, call.out, call.err)
    try:
        return await shell.run(syntax.parse(text), streams)
    except syntax.SyntaxFault as fault:
        return call.complain(f"{name}: {fault.message}\n", 2)
    except arithmetic.SumFault as fault:
        return call.complain(f"{name}: arithmetic syntax error: {fault.message}\n", 2)
    except _Leave:
        return 0
    except Stopped as stopped:
        call.err.append(stopped.message)
        return stopped.code
