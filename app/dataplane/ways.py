"""Every way one request can take: each answer that chance could give, followed once, with how likely it is."""

from __future__ import annotations

import itertools

import msgspec

from app.dataplane import sending
from app.dataplane.asking import Request
from app.dataplane.sending import Result
from app.dataplane.world import Picked, World

MOST = 64
"""Ways followed of one request."""
_CHANCE = frozenset({"random", "turn"})


class Way(msgspec.Struct, frozen=True, gc=False):
    """One way: what came of it, and its share of all requests."""

    share: float
    result: Result


def walk_all(world: World, request: Request, most: int = MOST) -> list[Way]:
    """Follow every way of a request; past `most` ways the rest is left out. The next request starts from the same state."""
    sender = sending.sender_of(world, request)
    chance = world.chance
    chance.turns.clear()
    waiting: list[list[Picked]] = [[]]
    found: list[Way] = []
    while waiting and len(found) < most:
        given = waiting.pop(0)
        chance.pins.clear()
        chance.given = given
        result = sender.walk_one()
        share = 1.0
        for place, (draw, picked) in enumerate(chance.drawn):
            if picked.how not in _CHANCE or draw.of < 2:
                continue
            share /= draw.of
            if place >= len(given):
                before = [answer for _, answer in chance.drawn[:place]]
                others = (index for index in range(draw.of) if index != picked.index)
                # More than `most` of one draw would never be followed.
                few = itertools.islice(others, most)
                waiting += [[*before, Picked(index, draw.of, picked.how)] for index in few]
        found.append(Way(share, result))
    chance.given = []
    return found
