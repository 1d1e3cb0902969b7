"""A reader with a cursor gets every entry above it once, in order, whatever the ring still holds."""

import asyncio

import pytest

from app.cluster import journal
from app.runtime import hub


def entries(first: int, count: int = 1) -> hub.Entries:
    return tuple(
        journal.Entry(revision, 0.0, journal.Cause("t"), journal.RulesSynced((), revision))
        for revision in range(first, first + count)
    )


def ring(*sizes: int, head: int = 0) -> hub.Ring:
    async def make() -> hub.Ring:
        made = hub.Ring(head)
        for size in sizes:
            made.push(entries(made.head + 1, size))
        return made

    return asyncio.run(make())


def revisions(commits: list[hub.Entries] | None) -> list[int] | None:
    return None if commits is None else [entry.revision for commit in commits for entry in commit]


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, [1, 2, 3, 4, 5, 6]), (1, [2, 3, 4, 5, 6]), (3, [4, 5, 6]), (5, [6]), (6, []), (9, [])],
)
def test_a_reader_gets_what_lies_above_its_cursor(after: int, expected: list[int]) -> None:
    assert revisions(ring(3, 2, 1).after(after)) == expected


def test_a_reader_below_the_ring_is_sent_to_the_journal() -> None:
    made = ring(2, 2, head=10)
    assert made.after(9) is None
    assert revisions(made.after(10)) == [11, 12, 13, 14]


def test_a_ring_keeps_whole_commits_and_at_least_its_size() -> None:
    made = ring(*[400] * 40)
    first = next(n for n in range(made.head) if made.after(n) is not None)
    assert first % 400 == 0
    assert hub.RING <= made.head - first < hub.RING + 400


def test_every_waiting_reader_hears_the_bell() -> None:
    async def main() -> list[list[int] | None]:
        made = hub.Ring(0)
        seen: list[list[int] | None] = []

        async def read() -> None:
            await made.more()
            seen.append(revisions(made.after(0)))

        readers = [asyncio.create_task(read()) for _ in range(3)]
        await asyncio.sleep(0)
        made.push(entries(1, 2))
        await asyncio.gather(*readers)
        return seen

    assert asyncio.run(main()) == [[1, 2]] * 3


def test_a_commit_is_encoded_once_for_all_readers_of_a_kind() -> None:
    frames, calls = hub.Frames(), []

    def encode(commit: hub.Entries) -> bytes:
        calls.append(commit)
        return b"%d" % len(calls)

    commit = entries(1, 3)
    assert [frames.of("json", "p", commit, encode) for _ in range(3)] == [b"1"] * 3
    assert frames.of("diagram", "p", commit, encode) == b"2"
    assert frames.of("json", "q", commit, encode) == b"3"
