"""The grammar of the shell: what a line such as `for i in $(seq 3); do curl -s web; done` is made of.

Only the part of POSIX sh that troubleshooting pages use; anything else is a `SyntaxFault` with the shell's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from app.machinery import errors

MOST_CHARACTERS = 65_536
MOST_DEPTH = 40
_OPERATORS = ("&&", "||", ";;", ">>", "&>", ";", "|", "&", "(", ")", "\n", "<", ">")
_META = frozenset(" \t\n;|&()<>")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_CLOSERS = frozenset({"then", "do", "done", "fi", "else", "elif", "}", "esac"})


class SyntaxFault(errors.BadRequest):
    """The line cannot be read; the message is what a shell says about it."""


class Unfinished(SyntaxFault):
    """The text ends in the middle of a command: more lines may complete it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word: kind is text, variable, command or sum; `quoted` pieces are not split."""

    kind: str
    text: str
    quoted: bool
    body: Script | None = None
    operator: str = ""
    operand: Word | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word before its variables are filled in."""

    parts: tuple[Part, ...]

    @property
    def plain(self) -> str | None:
        """The word's text when nothing in it is quoted or filled in, as reserved words must be."""
        if len(self.parts) == 1 and self.parts[0].kind == "text" and not self.parts[0].quoted:
            return self.parts[0].text
        return None


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where a file descriptor goes: to a file, from a file, or to where another one goes."""

    descriptor: str
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """A program with its words."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """if … then … elif … else … fi."""

    arms: tuple[tuple[Script, Script], ...]
    otherwise: Script | None
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """for NAME in WORDS; do … done."""

    name: str
    words: tuple[Word, ...]
    body: Script
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeat:
    """while … do … done, or until."""

    condition: Script
    body: Script
    until: bool
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """{ … } or ( … )."""

    body: Script
    own: bool
    redirections: tuple[Redirection, ...] = ()


Command = Simple | Branch | Each | Repeat | Group


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose output feeds the next; `negated` by a leading !; nobody waits for one in the `background`."""

    commands: tuple[Command, ...]
    negated: bool = False
    background: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """Pipelines with what joins each to the one before: ;, && or ||."""

    steps: tuple[tuple[str, Pipeline], ...]


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    word: Word | None = None


def parse(text: str, depth: int = 0) -> Script:
    """Read a script; raises SyntaxFault."""
    if len(text) > MOST_CHARACTERS:
        raise SyntaxFault("syntax error: the script is too long")
    if depth > MOST_DEPTH:
        raise SyntaxFault("syntax error: nested too deep")
    reader = _Parser(_Scanner(text, depth).tokens(), depth)
    script = reader.script(frozenset())
    if reader.here is not None:
        raise _unexpected(reader.here)
    return script


def _unexpected(token: _Token | None) -> SyntaxFault:
    if token is None:
        return Unfinished("syntax error: unexpected end of file")
    shown = "newline" if token.text == "\n" else f'"{token.text}"'
    return SyntaxFault(f"syntax error: unexpected {shown}")


@dataclass(slots=True)
class _Scanner:
    """Cuts a line into words and operators."""

    text: str
    depth: int
    at: int = 0

    def tokens(self) -> list[_Token]:
        found: list[_Token] = []
        while (token := self._next()) is not None:
            found.append(token)
        return found

    def _next(self) -> _Token | None:
        text = self.text
        while self.at < len(text):
            if text[self.at] in " \t\r":
                self.at += 1
            elif text.startswith("\\\n", self.at):
                self.at += 2
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                break
        if self.at >= len(text):
            return None
        redirected = re.compile(r"(\d?)(>>|>|<)(&\d|&-)?").match(text, self.at)
        if redirected and not text.startswith("<(", self.at):
            self.at = redirected.end()
            return _Token("redirect", redirected[0])
        for operator in _OPERATORS:
            if text.startswith(operator, self.at):
                self.at += len(operator)
                return _Token("operator", operator)
        start = self.at
        word = Word(tuple(self._parts(_META)))
        return _Token("word", text[start : self.at], word)

    def _parts(self, ends: frozenset[str], quoted: bool = False) -> list[Part]:
        parts: list[Part] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                parts.append(Part("text", "".join(plain), quoted))
                plain.clear()

        text = self.text
        while self.at < len(text) and text[self.at] not in ends:
            sign = text[self.at]
            if sign == "\\":
                following = text[self.at + 1 : self.at + 2]
                self.at += 2
                if following == "\n":
                    continue
                if quoted and following not in '$`"\\':
                    plain.append("\\" + following)
                elif quoted:
                    plain.append(following)
                else:
                    flush()
                    parts.append(Part("text", following, True))
            elif sign == "'" and not quoted:
                flush()
                parts.append(Part("text", self._until("'"), True))
            elif sign == '"' and not quoted:
                flush()
                self.at += 1
                inner = self._parts(frozenset('"'), quoted=True)
                self._close('"')
                parts.extend(inner or [Part("text", "", True)])
            elif sign == "$" or sign == "`":
                part = self._dollar(quoted)
                if part is None:
                    plain.append(sign)
                    self.at += 1
                else:
                    flush()
                    parts.append(part)
            else:
                plain.append(sign)
                self.at += 1
        flush()
        return parts

    def _until(self, sign: str) -> str:
        end = self.text.find(sign, self.at + 1)
        if end < 0:
            raise Unfinished("syntax error: unterminated quoted string")
        found = self.text[self.at + 1 : end]
        self.at = end + 1
        return found

    def _close(self, sign: str) -> None:
        if self.at >= len(self.text):
            raise Unfinished("syntax error: unterminated quoted string")
        self.at += len(sign)

    def _dollar(self, quoted: bool) -> Part | None:
        text = self.text
        if text[self.at] == "`":
            return Part("command", "", quoted, parse(self._until("`"), self.depth + 1))
        if text.startswith("$((", self.at):
            return Part("sum", self._balanced(3, "))"), quoted)
        if text.startswith("$(", self.at):
            return Part("command", "", quoted, parse(self._balanced(2, ")"), self.depth + 1))
        if text.startswith("${", self.at):
            return self._braced(quoted)
        name = _NAME.match(text, self.at + 1)
        if name:
            self.at = name.end()
            return Part("variable", name[0], quoted)
        if text[self.at + 1 : self.at + 2] in tuple("?#@*$!0123456789"):
            self.at += 2
            return Part("variable", text[self.at - 1], quoted)
        return None

    def _braced(self, quoted: bool) -> Part:
        found = re.compile(r"\$\{(#?[A-Za-z_0-9?@*]+)(:?[-+=?]|##?|%%?)?").match(self.text, self.at)
        if found is None:
            raise SyntaxFault("syntax error: bad substitution")
        self.at = found.end()
        operand = Word(tuple(self._parts(frozenset("}"), quoted)))
        self._close("}")
        return Part("variable", found[1], quoted, None, found[2] or "", operand)

    def _balanced(self, opening: int, closing: str) -> str:
        depth, start = 1, self.at + opening
        self.at = start
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign in "'\"":
                self._skip(sign)
                continue
            if sign == "\\":
                self.at += 1
            elif sign == "(":
                depth += 1
            elif sign == ")":
                depth -= 1
                if depth == 0 and self.text.startswith(closing, self.at):
                    found = self.text[start : self.at]
                    self.at += len(closing)
                    return found
            self.at += 1
        raise Unfinished('syntax error: unexpected end of file (expecting ")")')

    def _skip(self, sign: str) -> None:
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != sign:
            if sign == '"' and self.text.startswith("$(", self.at):
                self._balanced(2, ")")
                continue
            self.at += 2 if sign == '"' and self.text[self.at] == "\\" else 1
        self.at += 1


@dataclass(slots=True)
class _Parser:
    """Puts tokens together."""

    tokens: list[_Token]
    depth: int
    at: int = 0
    levels: list[str] = field(default_factory=list)

    @property
    def here(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self.here
        return token is not None and token.kind == "operator" and token.text in texts

    def _reserved(self) -> str:
        token = self.here
        if token is None or token.word is None:
            return ""
        return token.word.plain or ""

    def _expect(self, word: str) -> None:
        if self._reserved() != word:
            raise _unexpected(self.here)
        self.at += 1

    def _newlines(self) -> None:
        while self._is("\n"):
            self.at += 1

    def script(self, ends: frozenset[str]) -> Script:
        """Read pipelines until one of these words, a closing bracket or the end."""
        if len(self.levels) > MOST_DEPTH:
            raise SyntaxFault("syntax error: nested too deep")
        steps: list[tuple[str, Pipeline]] = []
        joint = ";"
        self.levels.append("")
        while True:
            self._newlines()
            if self._is_over(ends):
                break
            steps.append((joint, self._pipeline()))
            joint = ";"
            if self._is("&&", "||"):
                joint = self.tokens[self.at].text
                self.at += 1
                self._newlines()
                if self.here is None:
                    raise _unexpected(None)
            elif self._is(";", "&", "\n"):
                if self._is("&"):
                    steps[-1] = (steps[-1][0], replace(steps[-1][1], background=True))
                self.at += 1
            elif not self._is_over(ends):
                raise _unexpected(self.here)
        self.levels.pop()
        return Script(tuple(steps))

    def _is_over(self, ends: frozenset[str]) -> bool:
        return self.here is None or self._is(")") or self._reserved() in ends

    def _pipeline(self) -> Pipeline:
        negated = self._reserved() == "!"
        if negated:
            self.at += 1
        commands = [self._command()]
        while self._is("|"):
            self.at += 1
            self._newlines()
            if self.here is None:
                raise _unexpected(None)
            commands.append(self._command())
        return Pipeline(tuple(commands), negated)

    def _command(self) -> Command:
        word = self._reserved()
        if self._is("("):
            self.at += 1
            body = self.script(frozenset())
            if not self._is(")"):
                raise _unexpected(self.here)
            self.at += 1
            return Group(body, True, self._redirections())
        if word == "{":
            self.at += 1
            body = self.script(frozenset({"}"}))
            self._expect("}")
            return Group(body, False, self._redirections())
        if word == "if":
            return self._branch()
        if word == "for":
            return self._each()
        if word in ("while", "until"):
            self.at += 1
            condition = self.script(frozenset({"do"}))
            return Repeat(condition, self._body(), word == "until", self._redirections())
        if word in _CLOSERS or word in ("case", "function"):
            raise _unexpected(self.here)
        return self._simple()

    def _branch(self) -> Branch:
        arms: list[tuple[Script, Script]] = []
        otherwise = None
        word = "if"
        while word in ("if", "elif"):
            self.at += 1
            condition = self.script(frozenset({"then"}))
            self._expect("then")
            arms.append((condition, self.script(frozenset({"elif", "else", "fi"}))))
            word = self._reserved()
        if word == "else":
            self.at += 1
            otherwise = self.script(frozenset({"fi"}))
        self._expect("fi")
        return Branch(tuple(arms), otherwise, self._redirections())

    def _each(self) -> Each:
        self.at += 1
        name = self._reserved()
        if not _NAME.fullmatch(name):
            raise SyntaxFault("syntax error: bad for loop variable")
        self.at += 1
        self._newlines()
        words: list[Word] = []
        if self._reserved() == "in":
            self.at += 1
            while (token := self.here) is not None and token.word is not None:
                words.append(token.word)
                self.at += 1
        if self._is(";"):
            self.at += 1
        self._newlines()
        return Each(name, tuple(words), self._body(), self._redirections())

    def _body(self) -> Script:
        self._expect("do")
        body = self.script(frozenset({"done"}))
        self._expect("done")
        return body

    def _simple(self) -> Simple:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while (token := self.here) is not None:
            if token.kind == "redirect":
                redirections.append(self._redirection())
                continue
            if token.word is None:
                break
            assigned = _assignment(token.word) if not words else None
            if assigned is not None:
                assignments.append(assigned)
            else:
                words.append(token.word)
            self.at += 1
        if not (assignments or words or redirections):
            raise _unexpected(self.here)
        return Simple(tuple(assignments), tuple(words), tuple(redirections))

    def _redirections(self) -> tuple[Redirection, ...]:
        found = []
        while (token := self.here) is not None and token.kind == "redirect":
            found.append(self._redirection())
        return tuple(found)

    def _redirection(self) -> Redirection:
        text = self.tokens[self.at].text
        self.at += 1
        found = re.fullmatch(r"(\d?)(>>|>|<)(?:&(.))?", text)
        assert found is not None
        descriptor = found[1] or ("0" if found[2] == "<" else "1")
        if found[3]:
            return Redirection(descriptor, ">&", Word((Part("text", found[3], True),)))
        token = self.here
        if token is None or token.word is None:
            raise _unexpected(token)
        self.at += 1
        return Redirection(descriptor, found[2], token.word)


def _assignment(word: Word) -> tuple[str, Word] | None:
    if not word.parts:
        return None
    first = word.parts[0]
    if first.kind != "text" or first.quoted:
        return None
    found = _ASSIGNED.match(first.text)
    if found is None:
        return None
    rest = first.text[found.end() :]
    parts = ((Part("text", rest, False),) if rest else ()) + word.parts[1:]
    return found[1], Word(parts)
