"""What a forwarded connection looks like to the pod, whatever carries it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from app.terminal import serving


class Pipe(serving.Connection, Protocol):
    """One forwarded connection."""

    async def fail(self, text: str) -> None:
        """Tell the client why there is no connection."""


Carry = Callable[[int, Pipe], Awaitable[None]]
"""Carries one connection to a port of the pod until it is over; raises nothing."""
