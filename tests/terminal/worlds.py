"""The world of a program in a pod of a cluster that tests drive."""

from collections.abc import Mapping
from typing import Any

from app.cluster import state
from app.terminal import calls
from tests.cluster_driver import Cluster


def around(cluster: Cluster, api: calls.Api) -> calls.World:
    """Read the cluster, send through it, and ask this API."""

    async def read() -> state.ClusterState:
        return cluster.held

    async def send(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        origin = dict(asked)
        return cluster.send(origin.pop("from"), origin.pop("to"), **origin)

    return calls.World(read, send, api, cluster.now)
