"""What a host acknowledged is stored, told to every reader in order, and there again after any end of the process."""

import asyncio
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.cluster import journal, state
from app.engine import commands, snapshot
from app.machinery import errors, objects
from app.runtime import creation, loading, writer
from app.runtime import host as hosts
from app.runtime.clocks import ClockChange
from app.runtime.creation import NewPlayground
from app.runtime.host import Host
from app.store import database
from app.store import journal as stored
from app.store.tables import BATCHES
from tests.runtime import hosting
from tests.runtime.hosting import Wall, config_map, create, key, new, pod, run, service

DAY = 86_400.0


@pytest.fixture
def url(tmp_path: Path) -> str:
    return hosting.sqlite(tmp_path)


async def taken(host: Host, playground: str, since: int, count: int) -> list[journal.Entry]:
    """Reads so many entries, as a stream does."""
    found: list[journal.Entry] = []
    stream = host.follow(playground, since)
    async for entries in stream:
        found.extend(entries)
        if len(found) >= count:
            break
    await stream.aclose()
    return found


def unpacked(held: state.ClusterState) -> Any:
    """Everything that a snapshot holds."""
    return msgspec.msgpack.decode(zlib.decompress(snapshot.dump(held)))


def test_a_new_playground_holds_what_the_contract_says_and_is_at_rest(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        held = await host.read(made.id)
        assert made.revision == held.revision > 0
        shown = await host.describe(made.id)
        assert [name for name, _ in shown.nodes] == ["node-1", "node-2"]
        assert shown.nodes[0][1] == "10.0.0.11"
        assert shown.counts["namespaces"] == 4
        assert held.find(("", "services"), "default", "kubernetes") is not None

    run(url, work)


def test_looking_writes_nothing(url: str) -> None:
    async def work(host: Host) -> tuple[str, int]:
        made = await new(host, manifests=(pod("a", app="a"), service("a", app="a")))
        for _ in range(3):
            await host.read(made.id)
            assert (await host.describe(made.id)).revision == made.revision
        return made.id, made.revision

    playground, revision = run(url, work)

    async def again(host: Host) -> None:
        assert (await host.describe(playground)).revision == revision

    run(url, again, Wall(hosting.START + 5))


def test_the_state_is_the_same_after_a_restart(url: str) -> None:
    async def work(host: Host) -> tuple[str, Any]:
        made = await new(host, manifests=(pod("a", app="a"), service("a", app="a")))
        await host.execute(made.id, create(pod("b", app="a")))
        await host.execute(made.id, commands.Delete("ann", key("pods", "a")))
        return made.id, unpacked(await host.read(made.id))

    playground, before = run(url, work)

    async def again(host: Host) -> Any:
        return unpacked(await host.read(playground))

    assert run(url, again) == before


def test_a_refused_beginning_leaves_nothing_behind(url: str) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(errors.ApiError):
            await new(host, manifests=(service("ok", app="a"), service("Not_A_Name", app="a")))
        assert len(host.shelf) == 0
        assert host.db.read(lambda c: stored.head(c, "")) is None

    run(url, work)


@pytest.mark.parametrize("wrong", [{"nodes": 501}, {"nodes": -1}, {"title": "x" * 201}, {"seed": 2**63}])
def test_what_no_playground_can_be_is_refused(url: str, wrong: dict[str, Any]) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(errors.BadRequest):
            await host.create(NewPlayground(**wrong))

    run(url, work)


def test_the_same_seed_gives_the_same_cluster(tmp_path: Path) -> None:
    async def work(host: Host) -> list[Any]:
        made = await new(host, manifests=(pod("a", app="a"), service("a", app="a")))
        await host.execute(made.id, create(service("b", app="a")))
        held = await host.read(made.id)
        return [objects.spec_of(found).get("clusterIP") for found in held.list(("", "services"))]

    first = run(hosting.sqlite(tmp_path), work)
    (tmp_path / "other").mkdir()
    assert run(hosting.sqlite(tmp_path / "other"), work, Wall(hosting.START + 999)) == first


def test_nodes_follow_the_pods_of_the_manifests() -> None:
    deployment = {"kind": "Deployment", "spec": {"replicas": 250}}
    assert creation.pods_of(deployment) == 250
    assert [creation.pods_of({"kind": kind}) for kind in ("Pod", "Deployment", "Service")] == [1, 1, 0]


def test_a_refusal_changes_no_object_and_is_noted_once_a_second(url: str) -> None:
    wall = Wall()

    async def work(host: Host) -> list[str]:
        made = await new(host, "live")
        for _ in range(3):
            with pytest.raises(errors.ApiError):
                await host.execute(made.id, create(service("Bad_Name", app="a")))
        with pytest.raises(errors.ApiError):
            await host.execute(made.id, create(service("Bad_Name", app="a"), actor="bob"))
        wall.now += 1.5
        with pytest.raises(errors.ApiError):
            await host.execute(made.id, create(service("Bad_Name", app="a")))
        found = await taken(host, made.id, made.revision, 3)
        assert (await host.describe(made.id)).revision == made.revision + 3
        assert {entry.type for entry in found} == {"refused"}
        return [entry.cause.actor for entry in found]

    assert run(url, work, wall) == ["ann", "bob", "ann"]


def test_a_reader_gets_every_entry_once_and_in_order_from_its_cursor_on(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        reader = asyncio.create_task(taken(host, made.id, 0, made.revision + 40))
        for number in range(40):
            await host.execute(made.id, create(config_map(f"c{number}")))
        found = await reader
        assert [entry.revision for entry in found] == list(range(1, len(found) + 1))
        late = await taken(host, made.id, made.revision + 7, 3)
        assert late[0].revision == made.revision + 8

    run(url, work)


def test_a_reader_below_the_ring_reads_the_journal(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.runtime.hub.RING", 20)
    monkeypatch.setattr(loading, "TAIL", 10)
    monkeypatch.setattr(writer, "SNAPSHOT_EVERY", 60)

    async def work(host: Host) -> tuple[str, list[dict[str, Any]]]:
        made = await new(host)
        for number in range(150):
            await host.execute(made.id, create(config_map(f"c{number}", "x" * number)))
        found = await taken(host, made.id, 0, made.revision + 150)
        assert [entry.revision for entry in found] == list(range(1, made.revision + 151))
        return made.id, [journal.to_json(entry) for entry in found]

    playground, told = run(url, work)

    async def again(host: Host) -> None:
        assert [journal.to_json(entry) for entry in await taken(host, playground, 0, len(told))] == told
        middle = await taken(host, playground, 100, 5)
        assert [journal.to_json(entry) for entry in middle[:5]] == told[100:105]
        assert host.db.read(lambda c: stored.last_snapshot(c, playground)) >= 60

    run(url, again)


def test_a_cursor_above_the_head_has_expired(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        with pytest.raises(errors.Expired):
            await taken(host, made.id, made.revision + 1, 1)

    run(url, work)


def test_readers_of_a_deleted_playground_end(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        reader = asyncio.create_task(taken(host, made.id, made.revision, 1))
        await asyncio.sleep(0)
        await host.delete(made.id)
        with pytest.raises(errors.NotFound):
            await reader
        with pytest.raises(errors.NotFound):
            await host.describe(made.id)

    run(url, work)


def test_a_command_meets_what_another_process_did_first(url: str) -> None:
    async def work(host: Host) -> None:
        other = Host(database.Database(url), wall=Wall())
        made = await new(host)
        await other.execute(made.id, create(config_map("theirs")))
        await host.execute(made.id, create(config_map("mine")))
        await other.execute(made.id, create(config_map("theirs-too")))
        held = await other.read(made.id)
        names = [objects.name_of(found) for found in held.list(("", "configmaps"), "default")]
        assert names[-3:] == ["theirs", "mine", "theirs-too"]
        assert host.measures.conflicts._value.get() == 1.0
        await other.stop()

    run(url, work)


def test_a_reader_goes_on_without_gap_when_memory_was_dropped(url: str) -> None:
    async def work(host: Host) -> None:
        other = Host(database.Database(url), wall=Wall())
        made = await new(host)
        reader = asyncio.create_task(taken(host, made.id, made.revision, 3))
        await host.execute(made.id, create(config_map("a")))
        await other.execute(made.id, create(config_map("b")))
        await host.execute(made.id, create(config_map("c")))
        found = await reader
        assert [entry.revision for entry in found] == [made.revision + n for n in (1, 2, 3)]
        assert [entry.body.key.name for entry in found] == ["a", "b", "c"]  # type: ignore[union-attr]
        await other.stop()

    run(url, work)


def test_a_change_that_cannot_be_stored_was_not_made(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(host: Host) -> None:
        made = await new(host)

        def full(*_: Any) -> bool:
            raise OSError("no space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(stored, "append", full)
            with pytest.raises(errors.Unavailable):
                await host.execute(made.id, create(config_map("lost")))
        held = await host.read(made.id)
        assert held.revision == made.revision
        assert held.find(("", "configmaps"), "default", "lost") is None
        await host.execute(made.id, create(config_map("kept")))

    run(url, work)


def test_commands_at_once_are_all_stored_one_after_the_other(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        done = await asyncio.gather(
            *(host.execute(made.id, create(config_map(f"c{number}"), actor=f"a{number}")) for number in range(30))
        )
        assert sorted(d.revision for d in done) == [made.revision + n for n in range(1, 31)]

    run(url, work)


def test_the_past_is_as_it_was(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        for number in range(5):
            await host.execute(made.id, create(config_map(f"c{number}")))
        held = await host.past(made.id, made.revision + 2)
        assert held.revision == made.revision + 2
        assert held.find(("", "configmaps"), "default", "c1") is not None
        assert held.find(("", "configmaps"), "default", "c2") is None
        for beyond in (0, made.revision + 6):
            with pytest.raises(errors.BadRequest):
                await host.past(made.id, beyond)

    run(url, work)


def test_a_renamed_playground_keeps_its_name_and_revision(url: str) -> None:
    async def work(host: Host) -> str:
        made = await new(host)
        await host.rename(made.id, "  Another  ")
        assert (await host.describe(made.id)).revision == made.revision
        with pytest.raises(errors.BadRequest):
            await host.rename(made.id, "   ")
        return made.id

    playground = run(url, work)

    async def again(host: Host) -> None:
        assert (await host.describe(playground)).title == "Another"

    run(url, again)


def test_playgrounds_unused_for_30_days_go_and_used_ones_stay(url: str) -> None:
    wall = Wall()

    async def work(host: Host) -> None:
        old, used = await new(host), await new(host)
        wall.now += 29 * DAY
        await host.touch(used.id)
        await host.writer.stop()
        wall.now += 2 * DAY
        assert await host.expire(wall.now) == 1
        await host.describe(used.id)
        with pytest.raises(errors.NotFound):
            await host.describe(old.id)

    run(url, work, wall)


def test_a_playground_deleted_while_it_is_read_is_not_shown_by_half(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        for number in range(3):
            await host.execute(made.id, create(config_map(f"c{number}")))
        rows = BATCHES.c.playground == made.id
        last = BATCHES.c["last"] > made.revision + 1
        await host.shelf.write(lambda c: c.execute(BATCHES.delete().where(rows & last)))
        for loaded in host.shelf:
            host.shelf.drop(loaded)
        with pytest.raises(errors.NotFound):
            await host.read(made.id)

    run(url, work)


# --- time ----------------------------------------------------------------------------------------


def phase(found: objects.Object | None) -> str:
    return str(objects.status_of(found or {}).get("phase", ""))


async def phase_of(host: Host, playground: str, name: str) -> str:
    return phase((await host.read(playground)).find(("", "pods"), "default", name))


def test_instant_time_has_everything_done_when_a_call_returns(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host)
        await host.execute(made.id, create(pod("a")))
        assert await phase_of(host, made.id, "a") == "Running"

    run(url, work)


def test_live_time_passes_with_the_wall_and_before_anybody_reads(url: str) -> None:
    wall = Wall()

    async def work(host: Host) -> None:
        made = await new(host, "live")
        await host.execute(made.id, create(pod("a")))
        assert await phase_of(host, made.id, "a") == "Pending"
        wall.now += 5
        assert await phase_of(host, made.id, "a") == "Running"

    run(url, work, wall)


def test_live_time_passes_by_itself_for_who_watches(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host, "live")
        await host.execute(made.id, create(pod("a")))

        async def running() -> None:
            async for entries in host.follow(made.id, made.revision):
                for entry in entries:
                    if isinstance(entry.body, journal.ObjectChanged) and phase(entry.body.after) == "Running":
                        return

        await asyncio.wait_for(running(), 10)

    run(url, work, real_time=True)


def test_a_playground_asleep_stands_and_wakes_where_it_stopped(url: str) -> None:
    wall = Wall()

    async def work(host: Host) -> str:
        made = await new(host, "live")
        wall.now += 10_000
        assert (await host.describe(made.id)).clock.now == hosting.START + 600
        wall.now += 60
        assert (await host.describe(made.id)).clock.now == hosting.START + 660
        return made.id

    playground = run(url, work, wall)
    wall.now += 300

    async def again(host: Host) -> None:
        assert (await host.describe(playground)).clock.now == pytest.approx(hosting.START + 960, abs=61)

    run(url, again, wall)


def test_a_paused_clock_stands_and_a_faster_one_runs(url: str) -> None:
    wall = Wall()

    async def work(host: Host) -> str:
        made = await new(host, "live")
        await host.clock(made.id, ClockChange(pause=True))
        await host.execute(made.id, create(pod("a")))
        wall.now += 100
        assert await phase_of(host, made.id, "a") == "Pending"
        shown = await host.clock(made.id, ClockChange(resume=True, speed=4))
        assert (shown.clock.now, shown.clock.speed, shown.clock.paused) == (hosting.START, 4, False)
        wall.now += 2
        assert await phase_of(host, made.id, "a") == "Running"
        assert (await host.describe(made.id)).clock.now == hosting.START + 8
        return made.id

    playground = run(url, work, wall)

    async def again(host: Host) -> None:
        wall.now += 1
        assert (await host.describe(playground)).clock.now == hosting.START + 12

    run(url, again, wall)


def test_manual_time_moves_by_the_clock_call_only(url: str) -> None:
    wall = Wall()

    async def work(host: Host) -> str:
        made = await new(host, "manual")
        await host.execute(made.id, create(pod("a")))
        wall.now += 10_000
        assert await phase_of(host, made.id, "a") == "Pending"
        moved = await host.clock(made.id, ClockChange(advance_ms=2_500))
        assert moved.clock.now == hosting.START + 2.5
        assert await phase_of(host, made.id, "a") == "Running"
        return made.id

    playground = run(url, work, wall)

    async def again(host: Host) -> None:
        assert (await host.describe(playground)).clock.now == hosting.START + 2.5

    run(url, again, wall)


def test_a_step_goes_to_the_next_thing_that_is_due(url: str) -> None:
    async def work(host: Host) -> None:
        made = await new(host, "manual")
        await host.execute(made.id, create(pod("a")))
        before = (await host.describe(made.id)).clock.now
        for _ in range(10):
            if await phase_of(host, made.id, "a") == "Running":
                break
            await host.clock(made.id, ClockChange(step=1))
        assert before < (await host.describe(made.id)).clock.now <= before + 5
        assert await phase_of(host, made.id, "a") == "Running"

    run(url, work)


def test_constants_say_what_the_contract_says() -> None:
    assert hosts.UNUSED_SECONDS == 30 * DAY


def test_where_calls_decide_what_comes_every_refusal_is_noted(url: str) -> None:
    async def work(host: Host) -> int:
        made = await new(host)
        for _ in range(3):
            with pytest.raises(errors.ApiError):
                await host.execute(made.id, create(service("Bad_Name", app="a")))
        return (await host.describe(made.id)).revision - made.revision

    assert run(url, work) == 3
