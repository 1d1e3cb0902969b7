"""Rates of a public server: token buckets per caller, and generous ones per address (a school is one address)."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from app.machinery import errors
from app.store import keys

MOST_CALLERS = 50_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls a second, and so many at once after a rest."""

    per_second: float
    burst: float


COMMANDS = Rate(20.0, 60.0)
CREATIONS = Rate(10 / 60, 10.0)
BY_ADDRESS = Rate(200.0, 400.0)
CREATIONS_BY_ADDRESS = Rate(2.0, 120.0)


class Rates:
    """Who has called how often of late."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def check(self, scope: Scope, headers: Headers) -> None:
        """Refuse a change that comes too soon after the caller's others."""
        if scope["method"] in SAFE:
            return
        caller = _caller(headers)
        address = str((scope.get("client") or ("", 0))[0])
        creates = scope["path"] in ("/playgrounds", "/api/v1/playgrounds") or scope["path"].endswith("/fork")
        self.take("address", address, BY_ADDRESS)
        if creates:
            self.take("creations at", address, CREATIONS_BY_ADDRESS)
        if caller:
            self.take("commands", caller, COMMANDS)
            if creates:
                self.take("creations", caller, CREATIONS)

    def take(self, what: str, whose: str, rate: Rate) -> None:
        """Take one token out of a bucket, or say when there will be one."""
        now = time.monotonic()
        tokens, at = self._buckets.get((what, whose), (rate.burst, now))
        tokens = min(rate.burst, tokens + (now - at) * rate.per_second)
        if tokens < 1.0:
            wait = (1.0 - tokens) / rate.per_second
            raise errors.TooManyRequests(
                f"That was a lot at once. Try again in {max(1, round(wait))} s.", retry_after=wait
            )
        self._buckets[(what, whose)] = (tokens - 1.0, now)
        self._buckets.move_to_end((what, whose))
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)


def _caller(headers: Headers) -> str:
    shown = headers.get("authorization") or headers.get("cookie") or ""
    return keys.digest(shown) if shown else ""
