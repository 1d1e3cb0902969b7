"""A process that changes one playground for ever and says each revision once it is acknowledged. It is there to be killed."""

import asyncio
import sys

from app.cluster import clock
from app.engine import commands
from app.runtime.creation import NewPlayground
from app.runtime.doors import Doors
from app.runtime.host import Host
from app.store import database


async def main(url: str, playground: str, number: int) -> None:
    host = Host(database.Database(url))
    await host.start(Doors(host.shelf))
    if not playground:
        playground = (await host.create(NewPlayground(time=clock.TimeMode.INSTANT))).id
    print(f"playground {playground}", flush=True)

    async def write(lane: int) -> None:
        count = 0
        while True:
            count += 1
            name = f"run-{number}-{lane}-{count}"
            made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"x": "y" * 500}}
            done = await host.execute(playground, commands.Create("writer", made))
            print(f"done {done.revision} {name}", flush=True)

    await asyncio.gather(*(write(lane) for lane in range(4)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
