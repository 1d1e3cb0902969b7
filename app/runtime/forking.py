"""A fork: a playground of its own that begins as another stood at a revision, and shares the bytes of that state.

The same seed goes on from the same revision: what was called on the one gives, called on the other, the same names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.cluster import state
from app.engine import snapshot
from app.kinds import tokens
from app.runtime import creation
from app.runtime.creation import Created
from app.store import database, keys, playgrounds
from app.store import journal as stored


@dataclass(frozen=True, slots=True)
class Forked:
    """A fork ready to be stored."""

    row: playgrounds.Row
    base: stored.StoredSnapshot
    created: Created

    def begin(self, connection: database.Connection) -> None:
        """Store it: all of it, or nothing."""
        playgrounds.fork(connection, self.row, self.base, creation.new_keys(self.created))


def make(source: playgrounds.Row, held: state.ClusterState, now: float, wall: float) -> Forked:
    """Make a fork of the source out of a copy of its state; its clock goes on from `now`.

    It has its own id, keys and token secret, so that nothing which opens the one opens the other,
    and nobody's undo reaches behind its beginning.
    """
    base = stored.StoredSnapshot(held.revision, snapshot.dump(held))
    settings = {**source.settings, tokens.SETTING: keys.new_token(), playgrounds.BASE: held.revision}
    row = replace(
        source,
        id=creation.new_id(),
        head=held.revision,
        settings=settings,
        created_at=wall,
        used_at=wall,
        clock=replace(source.clock, sim=now, wall=wall),
    )
    return Forked(row, base, Created(row.id, held.revision, keys.new_token(), keys.new_token()))
