"""Each of the three clocks follows the wall as the contract says."""

import pytest

from app.cluster import clock, state
from app.machinery import errors
from app.runtime import clocks
from app.runtime.clocks import ClockChange
from app.store.playgrounds import ClockRow

LIVE, INSTANT, MANUAL = clock.TimeMode.LIVE, clock.TimeMode.INSTANT, clock.TimeMode.MANUAL
FOREVER = float("inf")


@pytest.mark.parametrize(
    ("mode", "row", "wall", "awake_until", "expected"),
    [
        pytest.param(LIVE, ClockRow(100, 1000), 1007, FOREVER, 107, id="live follows the wall"),
        pytest.param(LIVE, ClockRow(100, 1000, 4), 1007, FOREVER, 128, id="four times as fast"),
        pytest.param(LIVE, ClockRow(100, 1000, 1, True), 1007, FOREVER, 100, id="paused stands"),
        pytest.param(LIVE, ClockRow(100, 1000), 5000, 1600, 700, id="asleep stands"),
        pytest.param(LIVE, ClockRow(100, 1000), 900, FOREVER, 100, id="a wall set back does not turn time back"),
        pytest.param(INSTANT, ClockRow(100, 1000), 5000, 1600, 4100, id="instant shows the wall and never sleeps"),
        pytest.param(MANUAL, ClockRow(100, 1000), 5000, 1600, 100, id="manual stands"),
    ],
)
def test_the_simulated_now(
    mode: clock.TimeMode, row: ClockRow, wall: float, awake_until: float, expected: float
) -> None:
    assert clocks.now(row, mode, wall, awake_until) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (ClockChange(pause=True), ClockRow(150, 1050, 2, True)),
        (ClockChange(speed=8), ClockRow(150, 1050, 8)),
        (ClockChange(advance_ms=2500), ClockRow(152.5, 1050, 2)),
        (ClockChange(pause=True, speed=8, advance_ms=1), ClockRow(150.001, 1050, 8, True)),
    ],
)
def test_a_change_starts_from_the_moment_it_is_made(change: ClockChange, expected: ClockRow) -> None:
    assert clocks.changed(ClockRow(50, 1000, 2), change, 150, 1050) == expected


def test_a_resumed_clock_goes_on_where_it_stood() -> None:
    resumed = clocks.changed(ClockRow(50, 1000, 1, True), ClockChange(resume=True), 50, 4000)
    assert clocks.now(resumed, LIVE, 4010, FOREVER) == 60


@pytest.mark.parametrize("mode", [INSTANT, MANUAL])
@pytest.mark.parametrize("change", [ClockChange(pause=True), ClockChange(resume=True), ClockChange(speed=2)])
def test_only_a_live_clock_can_be_paused_or_hastened(mode: clock.TimeMode, change: ClockChange) -> None:
    with pytest.raises(errors.Forbidden, match="advance_ms or step"):
        clocks.check(change, mode)


@pytest.mark.parametrize(
    "change",
    [
        ClockChange(speed=0),
        ClockChange(speed=float("nan")),
        ClockChange(speed=1e9),
        ClockChange(advance_ms=-1),
        ClockChange(advance_ms=float("inf")),
        ClockChange(step=0),
        ClockChange(step=10**9),
        ClockChange(pause=True, resume=True),
    ],
)
def test_a_clock_refuses_what_it_cannot_do(change: ClockChange) -> None:
    with pytest.raises(errors.BadRequest):
        clocks.check(change, LIVE)


def test_what_waits_for_the_clock_alone_is_not_made_due_by_the_wall() -> None:
    held = state.ClusterState(mode=INSTANT, now=100.0)
    probe, pull = clock.TimerId("kubelet", "probe"), clock.TimerId("kubelet", "pull")
    held.set_timer(probe, 110.0, clock.TimerKind.CLOCK)
    held.set_timer(pull, 110.0, clock.TimerKind.DELAY)
    clocks.hold_clock_timers(held, 1_000.0)
    assert held.timers.pending[probe].due == 1_010.0
    assert held.timers.pending[pull].due == 110.0
    clocks.hold_clock_timers(held, 1_000.0)
    assert held.timers.pending[probe].due == 1_010.0
