"""A fork begins as its source stood, goes its own way, and opens with nothing of its source."""

import contextlib
from pathlib import Path

import pytest

from app.engine import commands, snapshot
from app.kinds import tokens
from app.machinery import errors
from app.machinery.objects import Key
from app.runtime.clocks import ClockChange
from app.runtime.creation import Created
from app.runtime.host import Host
from tests.runtime import hosting

POD = "pods"


def names(held: object) -> list[str]:
    return sorted(key.name for key in held.collections[("", "pods")].objects if key.namespace == "default")  # type: ignore[attr-defined]


async def add(host: Host, made: Created, name: str, actor: str = "me") -> int:
    return (await host.execute(made.id, commands.Apply(actor, (hosting.pod(name),)))).revision


async def revisions(host: Host, made: Created, since: int) -> list[int]:
    found: list[int] = []
    head = (await host.describe(made.id)).revision
    async with contextlib.aclosing(host.follow(made.id, since)) as commits:
        async for entries in commits:
            found += [entry.revision for entry in entries]
            if found[-1] >= head:
                break
    return found


def test_a_fork_is_the_state_of_its_moment_and_goes_on_alone(tmp_path: Path) -> None:
    async def work(host: Host) -> None:
        made = await hosting.new(host)
        then = await add(host, made, "one")
        await add(host, made, "two")
        forked = await host.fork(made.id, then)
        assert (forked.revision, names(await host.read(forked.id))) == (then, ["one"])
        await add(host, forked, "three")
        assert names(await host.read(made.id)) == ["one", "two"]
        assert names(await host.read(forked.id)) == ["one", "three"]
        assert (await revisions(host, forked, then))[0] == then + 1

    hosting.run(hosting.sqlite(tmp_path), work)


def test_a_fork_survives_a_restart_and_forks_again(tmp_path: Path) -> None:
    async def first(host: Host) -> Created:
        made = await hosting.new(host)
        await add(host, made, "one")
        forked = await host.fork(made.id, None)
        await add(host, forked, "two")
        return forked

    async def second(host: Host) -> None:
        assert names(await host.read(forked.id)) == ["one", "two"]
        again = await host.fork(forked.id, None)
        assert names(await host.read(again.id)) == ["one", "two"]
        assert names(await host.past(forked.id, forked.revision)) == ["one"]

    forked = hosting.run(hosting.sqlite(tmp_path), first)
    hosting.run(hosting.sqlite(tmp_path), second)


def test_what_lies_before_a_fork_has_expired(tmp_path: Path) -> None:
    async def work(host: Host) -> None:
        made = await hosting.new(host)
        forked = await host.fork(made.id, None)
        await add(host, forked, "one")
        assert await host.is_compacted(forked.id, forked.revision - 1)
        assert not await host.is_compacted(forked.id, forked.revision)
        with pytest.raises(errors.Expired):
            await host.past(forked.id, forked.revision - 1)
        with pytest.raises(errors.Expired):
            await revisions(host, forked, forked.revision - 1)

    hosting.run(hosting.sqlite(tmp_path), work)


def test_nobody_undoes_what_was_done_before_the_fork(tmp_path: Path) -> None:
    async def work(host: Host) -> None:
        made = await hosting.new(host)
        await add(host, made, "one")
        forked = await host.fork(made.id, None)
        with pytest.raises(errors.Conflict):
            await host.execute(forked.id, commands.Undo("me"))
        await add(host, forked, "two")
        await host.execute(forked.id, commands.Undo("me"))
        assert names(await host.read(forked.id)) == ["one"]

    hosting.run(hosting.sqlite(tmp_path), work)


def test_a_fork_has_keys_and_a_token_secret_of_its_own(tmp_path: Path) -> None:
    async def work(host: Host) -> None:
        made = await hosting.new(host)
        forked, other = await host.fork(made.id, None), await host.fork(made.id, None)
        secrets = {(await host.read(one.id)).settings[tokens.SETTING] for one in (made, forked, other)}
        assert len(secrets) == 3
        assert len({key for one in (made, forked, other) for key in (one.edit_key, one.view_key)}) == 6

    hosting.run(hosting.sqlite(tmp_path), work)


def test_the_same_calls_give_the_same_cluster_in_a_fork(tmp_path: Path) -> None:
    """The seed goes on: a fork and its source, called alike, stay alike."""

    async def work(host: Host) -> None:
        made = await hosting.new(host)
        forked = await host.fork(made.id, None)
        for one in (made, forked):
            await add(host, one, "one")
        uids = [
            (await host.read(one.id)).get(Key("", POD, "default", "one"))["metadata"]["uid"]  # type: ignore[index]
            for one in (made, forked)
        ]
        assert uids[0] == uids[1]

    hosting.run(hosting.sqlite(tmp_path), work)


def test_forking_writes_nothing_to_the_source(tmp_path: Path) -> None:
    async def work(host: Host) -> None:
        made = await hosting.new(host)
        before = snapshot.dump(await host.read(made.id))
        await host.fork(made.id, None)
        assert snapshot.dump(await host.read(made.id)) == before
        assert (await host.describe(made.id)).revision == made.revision

    hosting.run(hosting.sqlite(tmp_path), work)


@pytest.mark.parametrize("beyond", [0, -1, 10_000])
def test_there_is_no_fork_from_a_moment_that_never_was(tmp_path: Path, beyond: int) -> None:
    async def work(host: Host) -> None:
        made = await hosting.new(host)
        with pytest.raises(errors.BadRequest, match="history goes from 1"):
            await host.fork(made.id, beyond)

    hosting.run(hosting.sqlite(tmp_path), work)


def test_a_fork_of_a_pod_that_was_starting_starts_it(tmp_path: Path) -> None:
    async def work(host: Host) -> str:
        made = await hosting.new(host, "manual")
        await add(host, made, "one")
        forked = await host.fork(made.id, None)
        await host.clock(forked.id, ClockChange(advance_ms=60_000))
        return str((await host.read(forked.id)).get(Key("", POD, "default", "one"))["status"]["phase"])  # type: ignore[index]

    assert hosting.run(hosting.sqlite(tmp_path), work) == "Running"
