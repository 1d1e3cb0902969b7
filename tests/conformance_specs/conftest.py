"""The playgrounds that the specs run in: a bare control plane, and one with nodes of its own."""

from collections.abc import Iterator

import pytest

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster, FakeKubelet
from tests.left_open import dropped as dropped
from tests.playground import Playground
from tests.served import Served, served


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for all specs."""
    with served(tmp_path_factory.mktemp("specs") / "podlane.db") as running:
        yield running


@pytest.fixture(scope="session")
def bare(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A bare control plane, as the specs were run against upstream's."""
    return cluster.of(Playground(server.url, tmp_path_factory.mktemp("bare"), {"time": "live", "nodes": 0}))


@pytest.fixture(scope="session")
def with_nodes(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A playground with three nodes."""
    return cluster.of(Playground(server.url, tmp_path_factory.mktemp("nodes"), {"time": "instant", "nodes": 3}))


@pytest.fixture(scope="session")
def hollow(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A bare control plane where a client plays the kubelet."""
    made = cluster.of(Playground(server.url, tmp_path_factory.mktemp("hollow"), {"time": "live", "nodes": 0}))
    kubelet = FakeKubelet(made, "hollow-node")
    yield made
    kubelet.end()


@pytest.fixture(params=["with_nodes", "hollow"])
def running(request: pytest.FixtureRequest) -> Cluster:
    """A cluster whose pods run: by the playground's own kubelets, and by a client that plays one."""
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def ns(bare: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """The spec's namespace."""
    spec = request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-")
    with cluster.namespace(bare, spec) as name:
        yield name
