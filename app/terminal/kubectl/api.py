"""The Kubernetes API as this room is handed it, and refusals in kubectl's words (pkg/cmd/util/helpers.go, release 1.36)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered; header names in lower case, each with all its values."""

    status: int
    headers: Mapping[str, Sequence[str]]
    body: bytes


class Api(Protocol):
    """One playground's Kubernetes API, asked as somebody who was already let in. Paths carry their query."""

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = ...) -> Answer:
        """Ask and return the whole answer."""

    def follow(self, path: str, accept: str) -> AsyncGenerator[bytes, None]:
        """Ask with GET and yield the answer's body as it comes; a refusal raises `Refused`."""

    def converse(self, path: str, stdin: bytes) -> AsyncGenerator[tuple[int, bytes], None]:
        """Open the channels of exec or attach and yield (channel, bytes) until they close."""


class Failed(Exception):
    """The command ends with this text on standard error."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.text = text if not text or text.endswith("\n") else f"{text}\n"
        self.code = code


def error(text: str) -> Failed:
    """Fail as kubectl does with an error of its own."""
    return Failed(f"error: {text}")


def usage(command: str, text: str) -> Failed:
    """Fail as cmdutil.UsageErrorf does."""
    return Failed(f"error: {text}\nSee '{command} -h' for help and examples")


@dataclass(slots=True)
class Refused(Exception):
    """The server said no, with a Status; `prefix` says what kubectl was doing (cmdutil.AddSourceToErr)."""

    status: Mapping[str, Any]
    prefix: str = ""
    code: int = field(init=False)

    def __post_init__(self) -> None:
        self.code = int(self.status.get("code") or 500)

    @property
    def reason(self) -> str:
        """The Status's reason."""
        return str(self.status.get("reason") or "")

    @property
    def message(self) -> str:
        """The Status's message."""
        return str(self.status.get("message") or "")

    @property
    def text(self) -> str:
        """What kubectl prints of it."""
        details = self.status.get("details") or {}
        if self.reason == "Unauthorized":
            return "error: You must be logged in to the server (Unauthorized)\n"
        if self.reason == "Invalid":
            return _invalid(details, self.message)
        if self.prefix:
            return f"Error from server ({self.reason}): {self.prefix}: {self.message}\n"
        if self.reason:
            return f"Error from server ({self.reason}): {self.message}\n"
        return f"Error from server: {self.message}\n"


def _invalid(details: Mapping[str, Any], message: str) -> str:
    kind, name = str(details.get("kind") or ""), str(details.get("name") or "")
    begins = f'The {kind} "{name}" is invalid' if kind else "The request is invalid"
    causes = details.get("causes") or ()
    lines = list(dict.fromkeys(_cause(cause) for cause in causes))
    if not lines:
        return f"{begins}: {message}\n"
    if len(lines) == 1:
        return f"{begins}: {lines[0]}\n"
    return f"{begins}: \n" + "".join(f"* {line}\n" for line in lines)


def _cause(cause: Mapping[str, Any]) -> str:
    where = str(cause.get("field") or "")
    return f"{where}: {cause.get('message', '')}" if where else str(cause.get("message", ""))
