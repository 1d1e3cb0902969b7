"""A namespace of a real playground for each spec, the official client and the real kubectl, as the upstream suite has them."""

import itertools
from collections.abc import Iterator

import pytest
from kubernetes import client, config

from tests.conformance_specs.in_pod.cluster import Namespace
from tests.playground import Playground
from tests.served import Served

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def playground(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Playground:
    """Two nodes in instant time."""
    return Playground(server.url, tmp_path_factory.mktemp("home"), {"time": "instant", "nodes": 2, "seed": 47})


@pytest.fixture
def space(playground: Playground) -> Iterator[Namespace]:
    """A namespace of the spec's own, deleted when it is over."""
    with config.new_client_from_config(str(playground.kubeconfig)) as api:
        name = f"spec-{next(NUMBERS)}"
        client.CoreV1Api(api).create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
        yield Namespace(playground, api, name)
        client.CoreV1Api(api).delete_namespace(name)
