"""A process killed at any moment has lost nothing that it acknowledged, and left nothing half done."""

import os
import subprocess
import sys
from pathlib import Path

from app.runtime.host import Host
from app.store import database
from app.store import journal as stored
from tests.runtime import hosting

KILLS = int(os.environ.get("PODLANE_KILLS", "8"))
"""`make soak` kills a thousand times."""
ROOT = Path(__file__).parent.parent.parent


def test_nothing_acknowledged_is_lost_to_kill_9(tmp_path: Path) -> None:
    url = hosting.sqlite(tmp_path)
    playground, acknowledged = "", {}
    for number in range(KILLS):
        playground, done = killed(url, playground, number, number * 37 % 120 + 1)
        assert done
        acknowledged.update(done)
    check(url, playground, acknowledged)


def killed(url: str, playground: str, number: int, after: int) -> tuple[str, dict[str, int]]:
    """Lets a process write, kills it after so many acknowledgements, and returns what it had acknowledged."""
    command = [sys.executable, "-m", "tests.runtime.writer_process", url, playground, str(number)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    done: dict[str, int] = {}
    with process.stdout as lines:
        for line in lines:
            word, *rest = line.split()
            if word == "playground":
                playground = rest[0]
            elif line.endswith("\n"):
                done[rest[1]] = int(rest[0])
            if len(done) == after:
                process.kill()
    process.wait()
    return playground, done


def check(url: str, playground: str, acknowledged: dict[str, int]) -> None:
    async def work(host: Host) -> dict[str, int]:
        held = await host.read(playground)
        found = {}
        for obj in held.list(("", "configmaps"), "default"):
            found[obj["metadata"]["name"]] = int(obj["metadata"]["resourceVersion"])
        return found

    found = hosting.run(url, work, real_time=True)
    assert {name: found.get(name) for name in acknowledged} == acknowledged
    db = database.Database(url)
    batches = db.read(lambda c: stored.batches_after(c, playground, 0, limit=1_000_000))
    assert db.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar()) == "ok"
    db.close()
    ends = [0, *(batch.last for batch in batches)]
    assert [batch.first for batch in batches] == [end + 1 for end in ends[:-1]]
