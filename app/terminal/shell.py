"""Runs a parsed script: expands words, connects pipes, keeps variables and files in memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace

from app.kinds import processes
from app.terminal import arithmetic, builtins, calls, feeding, programs, reading, streams, syntax
from app.terminal.calls import Call, Home, Pipe, Program, Sink, Stopped, World

MOST_WORDS = 10_000
MOST_JOBS = 20


@dataclass(slots=True)
class Streams:
    """Where input comes from and output goes while a command runs."""

    stdin: Pipe = field(default_factory=streams.given)
    out: Sink = field(default_factory=streams.Text)
    err: Sink = field(default_factory=streams.Text)


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
    jobs: list[asyncio.Task[int]] = field(default_factory=list)

    async def run(self, script: syntax.Script, own: Streams, *, tested: bool = False) -> int:
        """Run a script; returns the exit code of its last command."""
        limits = self.world.limits
        limits.depth += 1
        if limits.depth > calls.MOST_DEPTH:
            limits.depth -= 1
            raise Stopped(2, f"{self.name}: stopped: nested too deep\n")
        try:
            for joint, pipeline in script.steps:
                if (joint == "&&" and self.status) or (joint == "||" and not self.status):
                    continue
                self.status = await self._step(pipeline, own)
                guarded = tested or pipeline.negated or self._is_tested(script, pipeline)
                if self.stops_on_failure and self.status and not guarded:
                    raise Stopped(self.status)
        finally:
            limits.depth -= 1
        return self.status

    def _is_tested(self, script: syntax.Script, pipeline: syntax.Pipeline) -> bool:
        for position, (_, step) in enumerate(script.steps[:-1]):
            if step is pipeline:
                return script.steps[position + 1][0] != ";"
        return False

    async def _step(self, pipeline: syntax.Pipeline, own: Streams) -> int:
        if not pipeline.background:
            return await self._pipeline(pipeline, own)
        self.jobs = [job for job in self.jobs if not job.done()]
        if len(self.jobs) >= MOST_JOBS:
            raise Stopped(2, f"{self.name}: can't fork: Resource temporarily unavailable\n")
        aside = self._subshell()
        behind = Streams(streams.given(), own.out, own.err)
        self.jobs.append(asyncio.create_task(aside._aside(pipeline, behind)))
        return 0

    async def _aside(self, pipeline: syntax.Pipeline, own: Streams) -> int:
        try:
            return await self._pipeline(pipeline, own)
        except Stopped as stopped:
            return stopped.code
        except _Leave:
            return 0

    def _subshell(self) -> Shell:
        return replace(self, variables=dict(self.variables), arguments=list(self.arguments), jobs=[])

    async def _pipeline(self, pipeline: syntax.Pipeline, own: Streams) -> int:
        if len(pipeline.commands) == 1:
            code = await self._command(pipeline.commands[0], own)
        else:
            code = await self._connected(pipeline.commands, own)
        return int(not code) if pipeline.negated else code

    async def _connected(self, commands: Sequence[syntax.Command], own: Streams) -> int:
        """Run the commands at the same time, each in a shell of its own, as POSIX allows and ash does."""
        stdin, stages = own.stdin, []
        for command in commands[:-1]:
            pipe = Pipe()
            stages.append(self._stage(command, Streams(stdin, pipe, own.err), pipe, stdin))
            stdin = pipe
        stages.append(self._stage(commands[-1], Streams(stdin, own.out, own.err), None, stdin))
        codes = await together(stages)
        return codes[-1]

    async def _stage(self, command: syntax.Command, own: Streams, written: Pipe | None, read: Pipe) -> int:
        aside = self._subshell()
        try:
            return await aside._command(command, own)
        except Stopped as stopped:
            if stopped.message:
                raise
            return stopped.code
        except _Leave:
            return 0
        finally:
            end(aside.jobs)
            if written is not None:
                written.end()
            if written is None or read is not own.stdin:
                read.close()

    async def _command(self, command: syntax.Command, outer: Streams) -> int:
        await self.world.limits.command(self.name)
        own = await self._redirected(command.redirections, outer) if command.redirections else outer
        if own is None:
            return 1
        code = await self._inside(command, own)
        await outer.out.drained()
        return code

    async def _inside(self, command: syntax.Command, own: Streams) -> int:
        match command:
            case syntax.Simple():
                return await self._simple(command, own)
            case syntax.Branch():
                for condition, body in command.arms:
                    if not await self.run(condition, own, tested=True):
                        return await self.run(body, own) if body.steps else 0
                return await self.run(command.otherwise, own) if command.otherwise else 0
            case syntax.Each():
                return await self._each(command, own)
            case syntax.Repeat():
                return await self._repeat(command, own)
            case syntax.Group():
                return await self._group(command, own)

    async def _group(self, command: syntax.Group, own: Streams) -> int:
        if not command.own:
            return await self.run(command.body, own)
        aside = self._subshell()
        try:
            return await aside.run(command.body, own)
        except Stopped as stopped:
            if stopped.message:
                raise
            return stopped.code
        finally:
            end(aside.jobs)

    async def _each(self, command: syntax.Each, own: Streams) -> int:
        code = 0
        for word in await self.fields(command.words, own):
            self.variables[command.name] = word
            await self.world.limits.command(self.name)
            try:
                code = await self.run(command.body, own)
            except _Leave as leave:
                if _leaves(leave):
                    break
        return code

    async def _repeat(self, command: syntax.Repeat, own: Streams) -> int:
        code = 0
        while True:
            await self.world.limits.command(self.name)
            try:
                failed = await self.run(command.condition, own, tested=True)
                if bool(failed) is not command.until:
                    return code
                code = await self.run(command.body, own)
            except _Leave as leave:
                if _leaves(leave):
                    return 0

    # --- one program ---------------------------------------------------------------------------

    async def _simple(self, command: syntax.Simple, own: Streams) -> int:
        words = await self.fields(command.words, own)
        given = [(name, await self.joined(word, own)) for name, word in command.assignments]
        if self.traces:
            shown = [f"{name}={value}" for name, value in given] + words
            own.err.append(f"+ {' '.join(_quoted(word) for word in shown)}\n")
        if not words:
            self.variables.update(given)
            substituted = any(part.kind == "command" for _, word in command.assignments for part in word.parts)
            return self.status if substituted else 0
        variables = self.variables if not given else {**self.variables, **dict(given)}
        return await self.program(words, own, variables)

    async def program(self, words: list[str], own: Streams, variables: MutableMapping[str, str]) -> int:
        """Run one program by its words."""
        if words[0] in ("exit", "return"):
            raise Stopped(int(words[1]) & 255 if len(words) > 1 and words[1].isdecimal() else self.status)
        if words[0] in ("break", "continue"):
            raise _Leave(words[0], int(words[1]) if len(words) > 1 and words[1].isdecimal() else 1)
        if words[0] == "set":
            return self._set(words[1:])
        if words[0] in ("eval", ".", "source"):
            return await self.run(syntax.parse(" ".join(words[1:])), own)
        if words[0] == "exec" and len(words) > 1:
            raise Stopped(await self.program(words[1:], own, variables))
        if words[0] in ("command", "time", "nohup", "sudo") and len(words) > 1 and words[1] not in ("-v", "-V"):
            return await self.program(words[1:], own, variables)
        if words[0] == "wait":
            await asyncio.gather(*self.jobs)
            return 0
        call = Call(words, "", self.home, self.world, variables, own.out, own.err, own.stdin)
        found = builtins.BUILTINS.get(words[0])
        code = await found(call) if found is not None else await start(call, self.name)
        await call.flushed()
        return code

    def _set(self, flags: Sequence[str]) -> int:
        for flag in flags:
            if re.fullmatch(r"[-+][a-z]+", flag):
                if "x" in flag:
                    self.traces = flag[0] == "-"
                if "e" in flag:
                    self.stops_on_failure = flag[0] == "-"
        return 0

    # --- words ---------------------------------------------------------------------------------

    async def fields(self, words: Sequence[syntax.Word], own: Streams) -> list[str]:
        """Fill in words and split what is not quoted."""
        found: list[str] = []
        for word in words:
            found.extend(await self._split(word, own))
        return found

    async def _split(self, word: syntax.Word, own: Streams) -> list[str]:
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
            text = await self._fill(part, own)
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

    async def joined(self, word: syntax.Word, own: Streams) -> str:
        """Fill in a word without splitting it."""
        return "".join([await self._fill(part, own) for part in word.parts])

    async def _fill(self, part: syntax.Part, own: Streams) -> str:
        if part.kind == "text":
            return part.text
        if part.kind == "sum":
            inner = syntax.parse(f'x="{part.text}"')
            command = inner.steps[0][1].commands[0]
            assert isinstance(command, syntax.Simple)
            return str(arithmetic.value(await self.joined(command.assignments[0][1], own), self.variables))
        if part.kind == "command":
            assert part.body is not None
            said, aside = streams.Text(), self._subshell()
            try:
                self.status = await aside.run(part.body, Streams(own.stdin, said, own.err))
            except Stopped as stopped:
                if stopped.message:
                    raise
                self.status = stopped.code
            finally:
                end(aside.jobs)
            return str(said).rstrip("\n")
        text = await self._variable(part, own)
        self.world.limits.write(self.name, len(text))
        return text

    async def _variable(self, part: syntax.Part, own: Streams) -> str:
        name = part.text
        if len(name) > 1 and name.startswith("#"):
            return str(len(self._value(name[1:]) or ""))
        value = self._value(name)
        if not part.operator or part.operand is None:
            return value or ""
        operator = part.operator
        if operator[0] in "#%":
            return builtins.trimmed(value or "", operator, await self.joined(part.operand, own))
        lacks = value is None or (operator.startswith(":") and not value)
        if operator[-1] == "+":
            return "" if lacks else await self.joined(part.operand, own)
        if not lacks:
            return value or ""
        default = await self.joined(part.operand, own)
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
        if name.isdecimal():
            return self.arguments[int(name) - 1] if int(name) <= len(self.arguments) else None
        return self.variables.get(name)

    # --- redirections --------------------------------------------------------------------------

    async def _redirected(self, wanted: Sequence[syntax.Redirection], outer: Streams) -> Streams | None:
        """Return the streams with input and output redirected from left to right; None when a file is missing."""
        stdin, ends = outer.stdin, {"1": outer.out, "2": outer.err}
        for one in wanted:
            target = await self.joined(one.target, outer)
            if one.operator == "<":
                if target == "/dev/stdin":
                    continue
                text = self._files().read(target)
                if text is None:
                    outer.err.append(f"{self.name}: can't open {target}: no such file\n")
                    return None
                stdin = streams.given(text)
            elif one.operator == ">&":
                ends[one.descriptor] = ends.get(target, streams.Text())
            else:
                ends[one.descriptor] = self._opened(target, ends, outer, add=one.operator == ">>")
        return Streams(stdin, ends["1"], ends["2"])

    def _opened(self, path: str, ends: dict[str, Sink], outer: Streams, *, add: bool) -> Sink:
        if path in ("/dev/stdout", "/dev/stderr"):
            return ends["1" if path == "/dev/stdout" else "2"]
        if path in ("/proc/1/fd/1", "/proc/1/fd/2") and self.home.main is not None:
            return self.home.main
        if path == "/dev/null":
            return streams.Into(lambda text: None)
        files = self._files()
        files.write(path, "", add=add)
        return streams.Into(lambda text: files.write(path, text, add=True))

    def _files(self) -> Call:
        return Call([self.name], "", self.home, self.world, self.variables)


async def together(stages: Iterable[Awaitable[int]]) -> list[int]:
    """Run these at the same time; when one of them may not go on, none does."""
    tasks = [asyncio.ensure_future(stage) for stage in stages]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        end(tasks)
        await asyncio.gather(*tasks, return_exceptions=True)


def end(jobs: Iterable[asyncio.Future[int]]) -> None:
    """End what still runs."""
    for job in jobs:
        if not job.done():
            job.cancel()


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
    return [str(number) for number in numbers[:MOST_WORDS]]


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
    if base in ("timeout", "xargs", "nohup", "env", "watch") and (wrapped := await _wrapped(call, base)):
        return await (_within(call, wrapped, shell) if base == "timeout" else start(wrapped, shell))
    program: Program = programs.PROGRAMS[base]
    return await feeding.feed(call, program)


SHELLS = frozenset({"sh", "ash", "bash", "dash"})


async def _wrapped(call: Call, base: str) -> Call | None:
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
    stdin = call.input
    if base == "xargs":
        rest = [*(rest or ["echo"]), *(await call.input.rest()).split()]
        stdin = streams.given()
    if not rest:
        return None
    return Call(rest, "", call.home, call.world, variables, call.out, call.err, stdin)


async def _within(call: Call, wrapped: Call, shell: str) -> int:
    """Run a program until its time is up: 143 from busybox, 124 from the others, as the real ones tell it."""
    given = next((word for word in call.words[1:] if re.fullmatch(r"\d+(\.\d+)?[smhd]?", word)), "")
    seconds = processes.seconds_of(given)
    if call.world.waits is None or not 0 < seconds < float("inf"):
        return await start(wrapped, shell)
    running = asyncio.ensure_future(start(wrapped, shell))
    waiting = asyncio.ensure_future(call.world.sleep(seconds))
    try:
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else 143 if call.home.flavor == "busybox" else 124
    finally:
        for one in (running, waiting):
            one.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)


async def run_shell(call: Call) -> int:
    """Run `sh -c SCRIPT [NAME ARG…]`, `sh FILE`, or what comes on standard input."""
    rest = call.words[1:]
    flags = ""
    while rest and re.fullmatch(r"[-+][a-z]+", rest[0]) and rest[0] != "--":
        flags += rest.pop(0)[1:]
        if "c" in flags:
            break
    name, arguments, text = call.program, rest[1:], None
    if "c" in flags:
        if not rest:
            return call.complain(f"{name}: -c requires an argument\n", 2)
        text, (name, *arguments) = rest[0], rest[1:] or [name]
    elif rest and rest[0] not in ("-", "-s"):
        text, name = call.read(rest[0]), rest[0]
        if text is None:
            return call.complain(f"{call.program}: can't open '{rest[0]}': No such file or directory\n", 2)
    shell = Shell(call.home, call.world, dict(call.variables), name, arguments, "x" in flags, "e" in flags)
    own = Streams(call.input, call.out, call.err)
    try:
        if text is None:
            return await reading.run(call, lambda script: shell.run(script, own))
        return await shell.run(syntax.parse(text), own)
    except syntax.SyntaxFault as fault:
        return call.complain(f"{name}: {fault.message}\n", 2)
    except arithmetic.SumFault as fault:
        return call.complain(f"{name}: arithmetic syntax error: {fault.message}\n", 2)
    except _Leave:
        return 0
    except Stopped as stopped:
        call.err.append(stopped.message)
        return stopped.code
    finally:
        end(shell.jobs)
