"""Who may open what: keys and sign-ins, asked of the store once and remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from app.kinds import tokens
from app.runtime import moments, shelf
from app.store import database, keys, people, playgrounds
from app.store.keys import Role

T = TypeVar("T")
REMEMBERED_SECONDS = 60.0
REMEMBERED_WHEN_SHARED = 1.0
"""Another process may revoke a key; this long it still opens here."""
MOST_REMEMBERED = 20_000
TOUCH_EVERY = 3_600.0


class _Memory(Generic[T]):
    """Answers that hold for a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.known: dict[tuple[str, str], tuple[float, T]] = {}

    async def of(self, place: tuple[str, str], ask: Callable[[], Awaitable[T]]) -> T:
        now = time.monotonic()
        found = self.known.get(place)
        if found is not None and now - found[0] < self.seconds:
            return found[1]
        if len(self.known) >= MOST_REMEMBERED:
            self.forget()
        # What was asked before the memory was cleared is not remembered after it.
        known = self.known
        answer = await ask()
        known[place] = (now, answer)
        return answer

    def forget(self) -> None:
        self.known = {}


class Doors:
    """Keys and the browsers that hold them."""

    def __init__(self, kept: shelf.Shelf) -> None:
        self._shelf = kept
        seconds = REMEMBERED_WHEN_SHARED if kept.db.is_shared else REMEMBERED_SECONDS
        self._keys: _Memory[keys.Found | None] = _Memory(seconds)
        self._secrets: _Memory[str] = _Memory(seconds)
        self._roles: _Memory[Role | None] = _Memory(seconds)
        self._touched: dict[str, float] = {}
        self._bell = asyncio.Event()

    async def key(self, text: str) -> keys.Found | None:
        """Return what the store knows of a key's text."""
        digest = keys.digest(text)
        return await self._keys.of((digest, ""), lambda: self._shelf.read(lambda c: keys.find(c, digest)))

    async def token_secret(self, playground: str) -> str:
        """Return what signs the playground's ServiceAccount tokens; empty when there is none."""

        def work(connection: database.Connection) -> str:
            row = playgrounds.find(connection, playground)
            return "" if row is None else str(row.settings.get(tokens.SETTING) or "")

        return await self._secrets.of((playground, ""), lambda: self._shelf.read(work))

    async def role_held(self, sign_in: str, playground: str) -> Role | None:
        """Return what the browser may do with the playground."""
        await self._touch(sign_in)
        return await self._roles.of(
            (sign_in, playground), lambda: self._shelf.read(lambda c: people.role_held(c, sign_in, playground))
        )

    async def is_signed_in(self, sign_in: str) -> bool:
        """Say whether the store knows this browser."""
        return await self._shelf.read(lambda c: people.is_signed_in(c, sign_in))

    async def sign_in(self) -> str:
        """Make a browser's sign-in; returns the token for its cookie."""
        token = keys.new_token()
        await self._shelf.write(lambda c: people.sign_in(c, keys.digest(token), self._shelf.wall()))
        return token

    async def hold(self, sign_in: str, key_hash: str) -> None:
        """Put a key into the browser's hands."""
        await self._shelf.write(lambda c: people.hold(c, sign_in, key_hash, self._shelf.wall()))
        self._forget()

    async def held(self, sign_in: str) -> list[people.HeldPlayground]:
        """Return the playgrounds the browser can open."""
        await self._touch(sign_in)
        return await self._shelf.read(lambda c: people.held(c, sign_in))

    async def add_key(self, playground: str, role: Role) -> str:
        """Make one more key of the playground; returns its text."""
        text = keys.new_token()
        new = keys.NewKey(keys.digest(text), role)
        await self._shelf.write(lambda c: keys.add(c, playground, new, self._shelf.wall()))
        return text

    async def rotate(self, playground: str, role: Role) -> str:
        """Replace the playground's keys of that role by a new one; returns its text."""
        text = keys.new_token()
        new = keys.NewKey(keys.digest(text), role)

        def work(connection: database.Connection) -> None:
            keys.revoke(connection, playground, role, self._shelf.wall())
            keys.add(connection, playground, new, self._shelf.wall())

        await self._shelf.write(work)
        self._forget()
        self._bell.set()
        self._bell = asyncio.Event()
        return text

    def changes(self) -> Callable[[], Awaitable[None]]:
        """Return what waits until a key may have been replaced since this call: the bell, or a look now and then."""
        bell = self._bell

        return lambda: moments.wait_for(bell, self._keys.seconds)

    async def forget_old(self, unused_since: float) -> None:
        """Forget browsers and revoked keys that nobody came back with."""

        def work(connection: database.Connection) -> None:
            people.forget_unused(connection, unused_since)
            keys.forget_revoked(connection, unused_since)

        await self._shelf.write(work)
        self._forget()

    def _forget(self) -> None:
        self._keys.forget()
        self._roles.forget()

    async def _touch(self, sign_in: str) -> None:
        now = self._shelf.wall()
        if now - self._touched.get(sign_in, 0.0) > TOUCH_EVERY:
            if len(self._touched) >= MOST_REMEMBERED:
                self._touched.clear()
            self._touched[sign_in] = now
            await self._shelf.write(lambda c: people.touch(c, sign_in, now))
