"""How simulated time follows the clock on the wall: running, paused, faster, asleep, by hand, or instant."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.cluster import clock, state
from app.machinery import errors
from app.store.playgrounds import ClockRow

ASLEEP_AFTER = 600.0
"""Seconds without reader or call after which a live playground's clock stands."""
SLOWEST, FASTEST = 0.05, 100.0
FARTHEST_MS = 366 * 86_400_000
MOST_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What the clock call asks for; several may come together and are done in this order."""

    pause: bool = False
    resume: bool = False
    speed: float | None = None
    advance_ms: float | None = None
    step: int | None = None


def now(row: ClockRow, mode: clock.TimeMode, wall: float, awake_until: float) -> float:
    """Return the simulated now; a live clock stands from the moment the playground fell asleep."""
    if mode is clock.TimeMode.MANUAL or (mode is clock.TimeMode.LIVE and row.paused):
        return row.sim
    if mode is clock.TimeMode.LIVE:
        wall = min(wall, max(awake_until, row.wall))
    return row.sim + max(0.0, wall - row.wall) * row.speed


def wall_of(row: ClockRow, due: float) -> float:
    """Return when a running live clock will show the simulated time."""
    return row.wall + max(0.0, due - row.sim) / row.speed


def check(change: ClockChange, mode: clock.TimeMode) -> None:
    """Refuse a change that this playground's clock cannot make."""
    for_live = change.pause or change.resume or change.speed is not None
    if for_live and mode is not clock.TimeMode.LIVE:
        raise errors.Forbidden(
            f"The clock of this playground is {mode.value}: it has no speed and cannot be paused. "
            "Move it with advance_ms or step."
        )
    if change.pause and change.resume:
        raise errors.BadRequest("Ask either to pause or to resume, not both at once.")
    if change.speed is not None and not SLOWEST <= change.speed <= FASTEST:
        raise errors.BadRequest(f"The speed must be from {SLOWEST} to {FASTEST:.0f} times, not {change.speed}.")
    if change.advance_ms is not None and not 0 <= change.advance_ms <= FARTHEST_MS:
        raise errors.BadRequest(f"advance_ms must be from 0 to {FARTHEST_MS:,} (a year); time cannot go back.")
    if change.step is not None and not 1 <= change.step <= MOST_STEPS:
        raise errors.BadRequest(f"step must be from 1 to {MOST_STEPS:,}.")


def changed(row: ClockRow, change: ClockChange, at: float, wall: float) -> ClockRow:
    """Return the clock after pause, resume, speed and advance, which happen at the simulated time `at`."""
    sim = at + (change.advance_ms or 0.0) / 1000
    anchored = replace(row, sim=sim, wall=wall)
    if change.pause:
        anchored = replace(anchored, paused=True)
    if change.resume:
        anchored = replace(anchored, paused=False)
    if change.speed is not None:
        anchored = replace(anchored, speed=change.speed)
    return anchored


def hold_clock_timers(held: state.ClusterState, at: float) -> None:
    """Move what waits for the clock alone along with an instant clock: wall time passing by does not make it due."""
    passed = at - held.now
    if passed <= 0:
        return
    waiting = sorted((t for t in held.timers if t.kind is clock.TimerKind.CLOCK), key=lambda t: (t.due, t.number))
    for timer in waiting:
        held.set_timer(timer.id, timer.due + passed, timer.kind)
    held.now = at
