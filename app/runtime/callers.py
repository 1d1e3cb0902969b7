"""Which program the present call comes from, as it names itself: kept beside the call, for the journal to say."""

from __future__ import annotations

import contextvars

LONGEST = 40

_client: contextvars.ContextVar[str] = contextvars.ContextVar("client", default="")


def note(word: str) -> None:
    """Say which program calls, for the length of the present task and those it starts."""
    _client.set("".join(sign for sign in word if sign.isascii() and sign.isprintable())[:LONGEST].strip())


def client() -> str:
    """Return the word of the program that calls: `kubectl apply`; empty when none was noted."""
    return _client.get()
