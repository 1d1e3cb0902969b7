"""Timers fire in the order (due, number), one per owner and key; chance comes from seed and revision alone."""

import uuid

import pytest

from app.cluster import clock
from app.cluster.clock import TimeMode, TimerId, TimerKind


def env(seed: int = 7, revision: int = 3) -> clock.Env:
    return clock.env_for(seed, revision, 1_000.0, TimeMode.LIVE)


def test_the_same_seed_and_revision_make_the_same_chance() -> None:
    assert [env().new_uid(), env().name_suffix()] == [env().new_uid(), env().name_suffix()]
    assert env(seed=8).new_uid() != env().new_uid() != env(revision=4).new_uid()


def test_uids_are_version_4() -> None:
    parsed = uuid.UUID(env().new_uid())
    assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)


def test_name_suffixes_use_the_safe_alphabet() -> None:
    suffix = env().name_suffix(200)
    assert len(suffix) == 200
    assert set(suffix) <= set(clock.NAME_ALPHABET)


@pytest.mark.parametrize(
    ("at", "text"),
    [(0.0, "1970-01-01T00:00:00Z"), (1_795_000_000.9, "2026-11-18T11:06:40Z")],
)
def test_timestamps_are_whole_seconds_in_utc(at: float, text: str) -> None:
    assert clock.timestamp(at) == text
    assert clock.seconds(text) == int(at)


def test_timers_fire_by_due_time_then_by_number() -> None:
    timers = clock.Timers()
    for name, due in [("b", 2.0), ("a", 1.0), ("c", 2.0)]:
        timers.put(TimerId("kubelet", name), due, TimerKind.DELAY)
    fired = []
    while timer := timers.due(10.0):
        fired.append(timer.id.key)
        timers.drop(timer.id)
    assert fired == ["a", "b", "c"]
    assert timers.next_due() is None


def test_a_timer_is_moved_not_doubled() -> None:
    timers = clock.Timers()
    timers.put(TimerId("kubelet", "a"), 1.0, TimerKind.DELAY)
    timers.put(TimerId("kubelet", "a"), 5.0, TimerKind.CLOCK)
    assert timers.due(4.0) is None
    assert timers.next_delay() is None
    assert timers.next_due() == 5.0
    assert len(list(timers)) == 1


def test_instant_time_fires_delays_whatever_their_due_time() -> None:
    timers = clock.Timers()
    timers.put(TimerId("cloud", "lb"), 4_000.0, TimerKind.DELAY)
    timers.put(TimerId("kubelet", "probe"), 1.0, TimerKind.CLOCK)
    first = timers.next_delay()
    assert first is not None and first.id.key == "lb"
