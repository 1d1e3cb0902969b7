"""The whole state of a cluster as bytes, and back: what the store keeps every thousand entries and forks share."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from app.cluster import clock, journal, state
from app.machinery import ownership
from app.machinery.objects import Key

FORMAT = 1
_ENCODER = msgspec.msgpack.Encoder(order="deterministic")


def dump(held: state.ClusterState) -> bytes:
    """Write a state: the same state gives the same bytes."""
    packed = {
        "format": FORMAT,
        "mode": held.mode.value,
        "settings": dict(held.settings),
        "revision": held.revision,
        "now": held.now,
        "objects": [
            [list(key), obj, held.created.get(obj["metadata"].get("uid", ""), 0), held.writers.get(key, "")]
            for resource in sorted(held.collections)
            for key, obj in held.collections[resource].objects.items()
        ],
        "timers": [
            [t.id.owner, t.id.key, t.due, t.kind.value] for t in sorted(held.timers, key=lambda t: (t.due, t.number))
        ],
        "cursors": dict(sorted(held.cursors.items())),
        "synced": dict(sorted(held.proxies.synced.items())),
        "proxies_head": held.proxies.head,
        "affinity": held.affinity.rows(),
        "connections": held.connections.rows(),
    }
    return zlib.compress(_ENCODER.encode(packed), 3)


def restore(body: bytes) -> state.ClusterState:
    """Read what `dump` wrote. Proxies that were behind count as synced: only the newest rules are kept."""
    packed: dict[str, Any] = msgspec.msgpack.decode(zlib.decompress(body))
    held = state.ClusterState(mode=clock.TimeMode(packed["mode"]), settings=packed["settings"])
    held.revision = packed["revision"]
    held.now = packed["now"]
    for raw_key, obj, created, writer in packed["objects"]:
        key = Key(*raw_key)
        ownership.share(obj)
        held.load(obj, key)
        uid = obj["metadata"].get("uid")
        if uid and created:
            held.created[uid] = created
        if writer:
            held.writers[key] = writer
    for owner, key_text, due, kind in packed["timers"]:
        held.timers.put(clock.TimerId(owner, key_text), due, clock.TimerKind(kind))
    held.cursors.update(packed["cursors"])
    for *words, at in packed.get("affinity", ()):
        held.affinity.remember([words], at)
    for *words, at in packed.get("connections", ()):
        held.connections.remember([words], at)
    held.proxies.head = packed["proxies_head"]
    held.proxies.synced.update(dict.fromkeys(packed["synced"], held.proxies.head))
    return held


def replay(held: state.ClusterState, rows: list[bytes]) -> None:
    """Fold stored batches, in their order, into a state."""
    for row in rows:
        held.take_in(journal.decode_batch(row, held.get))
