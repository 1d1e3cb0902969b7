"""The settle loop: dirty keys to controllers, their writes to entries, until quiet or until the slice is full."""

from __future__ import annotations

import app.controllers as controllers
from app.cluster import clock, journal, queue, state, surroundings
from app.controllers import controller
from app.engine import admission, deletion, owning, records, run
from app.machinery import errors, objects

SLICE_ENTRIES = 500
"""Entries after which a slice ends and is committed; other playgrounds run between."""

REACTION = 0.1
"""Seconds of simulated time within which due timers are met together: controllers take up to that long to react."""

TURNS = 1_000
"""How often one key may be reconciled within one command before it counts as a loop."""


def enqueue_all(of: state.ClusterState) -> None:
    """Mark every key of every controller dirty, as after a load: controllers are level-triggered."""
    is_slow = surroundings.controller_delay(of) > 0
    for place, one in enumerate(controllers.CONTROLLERS):
        for key in one.every(of):
            if is_slow and clock.TimerId(controllers.late(one), objects.key_text(key)) in of.timers.pending:
                continue
            of.work.add(place, key, of.revision)


def settle(under_way: run.Run, target: float | None = None) -> bool:
    """Run controllers until nothing is dirty and no timer is due; say False when the slice is full before that.

    With a target, simulated time passes up to it: timers fire in their order, each at its own due time.
    """
    held, env = under_way.state, under_way.env
    until = env.now if target is None else target
    synced: dict[str, None] = {}
    while True:
        work = held.work.pop()
        if work is not None:
            _turn(under_way, work, synced)
            if len(under_way.entries) >= SLICE_ENTRIES:
                _sync(under_way, synced)
                return False
            continue
        if synced:
            _sync(under_way, synced)
            continue
        if not _fire_due(held, env, until):
            env.now = max(env.now, until)
            return True


def _fire_due(held: state.ClusterState, env: clock.Env, until: float) -> bool:
    """Fire the next timer, and those that follow it within a reaction's time; say False when none is to fire."""
    first = _next_timer(held, env, until)
    if first is None:
        return False
    horizon = first.due + REACTION
    timer: clock.Timer | None = first
    while timer is not None and timer.due <= horizon:
        if timer.kind is clock.TimerKind.CLOCK or env.mode is not clock.TimeMode.INSTANT:
            env.now = max(env.now, timer.due)
        held.drop_timer(timer.id)
        for place, one in enumerate(controllers.CONTROLLERS):
            if timer.id.owner in (one.name, controllers.late(one)):
                fired = timer.id.owner == one.name
                held.work.add(place, objects.key_from_text(timer.id.key), held.revision, fired=fired)
        timer = _next_timer(held, env, until)
    return True


def _next_timer(held: state.ClusterState, env: clock.Env, until: float) -> clock.Timer | None:
    if env.mode is clock.TimeMode.INSTANT:
        delay = held.timers.next_delay()
        if delay is not None:
            return delay
    return held.timers.due(until)


def _turn(under_way: run.Run, work: queue.Work, synced: dict[str, None]) -> None:
    held, env = under_way.state, under_way.env
    turns = under_way.turns[work[:2]] = under_way.turns.get(work[:2], 0) + 1
    one = controllers.CONTROLLERS[work.controller]
    if turns > TURNS:
        raise RuntimeError(f"{one.name} does not come to rest on {work.key}")
    for write in one.reconcile(held, work.key, controller.Turn(env, work.fired)):
        _carry_out(under_way, one, work, write, synced)


def _carry_out(
    under_way: run.Run,
    one: controller.Controller,
    work: queue.Work,
    write: controller.Write,
    synced: dict[str, None],
) -> None:
    held, env = under_way.state, under_way.env
    provoked = work.provoked_by
    match write:
        case controller.Create(obj):
            _create(under_way, one, obj, provoked)
        case controller.Update(key, obj):
            before = held.get(key)
            if before is not None and not run.same(before, obj):
                obj = owning.by_controller(one.name, before, obj, env.timestamp())
                admission.store_update(under_way, key, before, obj, actor=one.name, provoked_by=provoked)
        case controller.Delete(key, final):
            if held.get(key) is not None:
                grace = 0 if final else None
                deletion.delete(under_way, key, grace_seconds=grace, actor=one.name, provoked_by=provoked)
        case controller.Record():
            records.record(under_way, write, provoked)
        case controller.Cursor(name, value):
            held.set_cursor(name, value)
        case controller.SyncRules(nodes):
            synced.update(dict.fromkeys(nodes))
        case controller.Requeue(after, kind, move):
            timer_id = clock.TimerId(one.name, objects.key_text(work.key))
            if after is None:
                held.drop_timer(timer_id)
            elif move or timer_id not in held.timers.pending:
                held.set_timer(timer_id, env.now + after, kind)


def _create(under_way: run.Run, one: controller.Controller, obj: objects.Draft, provoked_by: int) -> None:
    try:
        admission.create(under_way, obj, actor=one.name, provoked_by=provoked_by)
    except errors.ApiError as refusal:
        owner = objects.controller_of(obj)
        regarding = under_way.state.uids.get(owner["uid"]) if owner else None
        present = under_way.state.get(regarding) if regarding else None
        if present is not None:
            failed = controller.Record(
                present, "Warning", "FailedCreate", f"Error creating: {refusal.message}", one.name
            )
            records.record(under_way, failed, provoked_by)


def _sync(under_way: run.Run, synced: dict[str, None]) -> None:
    if synced:
        nodes = tuple(synced)
        synced.clear()
        upto = under_way.state.revision
        under_way.append(journal.RulesSynced(nodes, upto), actor="kube-proxy", provoked_by=upto)
