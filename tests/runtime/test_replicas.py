"""Two processes on one PostgreSQL: one history, whoever writes, and each sees what the other did."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from app.cluster import state
from app.machinery import errors, objects
from app.runtime.host import Host
from app.store import database
from app.store import journal as stored
from tests import postgres
from tests.runtime.hosting import Wall, config_map, create, new, run


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], str]]:
    with postgres.served() as made:
        yield made


@pytest.fixture
def url(fresh: Callable[[], str]) -> str:
    return fresh()


def names(held: state.ClusterState) -> list[str]:
    found = held.list(("", "configmaps"), "default")
    return sorted(objects.name_of(one) for one in found if not objects.name_of(one).startswith("kube-"))


def test_each_process_reads_what_the_other_wrote(url: str) -> None:
    async def work(host: Host) -> None:
        other = Host(database.Database(url), wall=Wall())
        made = await new(host)
        await other.execute(made.id, create(config_map("b")))
        await host.execute(made.id, create(config_map("a")))
        assert names(await other.read(made.id)) == ["a", "b"]
        assert (await other.describe(made.id)).revision == (await host.describe(made.id)).revision
        await other.rename(made.id, "Theirs")
        assert (await host.describe(made.id)).title == "Theirs"
        await other.delete(made.id)
        with pytest.raises(errors.NotFound):
            await host.read(made.id)
        await other.stop()

    run(url, work)


def test_a_reader_here_gets_what_is_written_there(url: str) -> None:
    async def work(host: Host) -> None:
        other = Host(database.Database(url), wall=Wall())
        made = await new(host)

        async def read() -> list[int]:
            found: list[int] = []
            async for entries in host.follow(made.id, made.revision):
                found.extend(entry.revision for entry in entries)
                if len(found) >= 5:
                    break
            return found

        reader = asyncio.create_task(read())
        for number in range(5):
            await other.execute(made.id, create(config_map(f"c{number}")))
        assert await asyncio.wait_for(reader, 10) == [made.revision + n for n in range(1, 6)]
        await other.stop()

    run(url, work)


def test_processes_that_write_at_once_lose_nothing_and_leave_no_gap(url: str) -> None:
    async def work(host: Host) -> None:
        other = Host(database.Database(url), wall=Wall())
        made = await new(host)

        async def write(by: Host, lane: str) -> list[int]:
            return [(await by.execute(made.id, create(config_map(f"{lane}{n}"), lane))).revision for n in range(12)]

        lanes = await asyncio.gather(write(host, "a"), write(other, "b"), write(host, "c"))
        done = sorted(revision for lane in lanes for revision in lane)
        assert done == [made.revision + n for n in range(1, 37)]
        assert len(names(await host.read(made.id))) == 36
        batches = host.db.read(lambda c: stored.batches_after(c, made.id, 0))
        assert [b.first for b in batches[1:]] == [b.last + 1 for b in batches[:-1]]
        await other.stop()

    run(url, work)
