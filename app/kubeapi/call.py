"""One call of the Kubernetes API, as every part of this room gets it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.types import Receive, Scope, Send

from app.kubeapi.paths import Target
from app.runtime.host import Host
from app.store.keys import Role


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks what of which playground. `path` is the API path, without playground and key."""

    scope: Scope
    receive: Receive
    send: Send
    host: Host
    playground: str
    role: Role
    actor: str
    path: str
    target: Target | None
    account: str = ""

    @property
    def request(self) -> Request:
        """The call as a starlette request (HTTP only)."""
        made: Request = self.scope.setdefault("podlane.request", Request(self.scope, self.receive))
        return made

    @property
    def connection(self) -> HTTPConnection:
        """The call's headers and query, HTTP or WebSocket."""
        return HTTPConnection(self.scope)

    @property
    def user(self) -> str:
        """The user name that the key or token stands for."""
        return self.account or f"podlane:{self.role.value}"


def flag(text: str | None) -> bool:
    """Read a boolean query parameter: absent, `false` and `0` say no, whatever else is there says yes.

    Mirrors staging/src/k8s.io/apimachinery/pkg/runtime/conversion.go (release 1.36).
    """
    return text is not None and text.lower() not in ("0", "false")
