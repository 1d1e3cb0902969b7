"""What a controller is: keys to look at when something changed, and a reconcile that returns its writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.cluster import clock, journal, state
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object


@dataclass(frozen=True, slots=True)
class Create:
    """Create an object; the engine fills uid, timestamps, a generated name, defaults and allocations."""

    obj: Draft


@dataclass(frozen=True, slots=True)
class Update:
    """Store this whole object in place of the present one; equal to it, nothing is written."""

    key: Key
    obj: Draft


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete as a client would (grace period, finalizers), or at once with `final`."""

    key: Key
    final: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Record a Kubernetes Event about an object; equal ones are counted by the engine.

    `type` is "Normal" or "Warning". `part` is the field of the object it is about, `host` where the component runs.
    """

    regarding: Object
    type: str
    reason: str
    message: str
    component: str
    part: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Requeue:
    """Reconcile this key again when `after` seconds of simulated time have passed.

    Without `move`, a timer that already waits for the key stays as it is. A DELAY is 0 in instant time.
    `after` None drops the timer.
    """

    after: float | None
    kind: clock.TimerKind = clock.TimerKind.DELAY
    move: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Move an allocation cursor of the state (such as the next pod address of a node)."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class SyncRules:
    """These nodes' proxies have programmed everything up to now."""

    nodes: tuple[str, ...]


Write = Create | Update | Delete | Record | Requeue | Cursor | SyncRules


def owners(change: journal.ObjectChanged, resource: state.Resource, kind: str) -> dict[Key, None]:
    """Return the keys of the owners of that kind that a changed object had or has, in that order."""
    found: dict[Key, None] = {}
    for owned in (change.before, change.after):
        owner = objects.controller_of(owned) if owned is not None else None
        if owner is not None and owner.get("kind") == kind:
            found[Key(*resource, change.key.namespace, owner["name"])] = None
    return found


def pod_key(pod: Object) -> Key:
    """Return the pod's key."""
    return Key(*state.PODS, objects.namespace_of(pod), objects.name_of(pod))


def put(held: state.ClusterState, key: Key, obj: Draft) -> Create | Update:
    """Return the write that stores the object, whether it is there already or not."""
    return Create(obj) if held.get(key) is None else Update(key, obj)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a reconcile is given besides the state: the command's Env, and whether a timer of this key just fired."""

    env: clock.Env
    fired: bool = False


@dataclass(frozen=True, slots=True)
class Controller:
    """One level-triggered controller.

    `interested(state, change)` names the keys to reconcile after a change (the state already holds `change.after`).
    `reconcile(state, key, turn)` compares what is with what should be, reads only, and returns writes; called twice in a
    quiet state it returns none. A key may be of an object that is gone.
    `every(state)` names all keys, enqueued when a playground is loaded.
    `name` is the actor of its entries, as the real component is called.
    """

    name: str
    interested: Callable[[state.ClusterState, journal.ObjectChanged], Iterable[Key]]
    reconcile: Callable[[state.ClusterState, Key, Turn], Sequence[Write]]
    every: Callable[[state.ClusterState], Iterable[Key]]
