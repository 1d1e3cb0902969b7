"""The official client, pointed at a playground by the kubeconfig that a learner downloads."""

import gc
import warnings
from collections.abc import Iterator

import pytest
from kubernetes import client, config

from tests.playground import Playground


@pytest.fixture(scope="module")
def official(first_steps: Playground) -> Iterator[client.ApiClient]:
    """An ApiClient of the official library, for the playground of the first visit."""
    with config.new_client_from_config(str(first_steps.kubeconfig)) as made:
        yield made


@pytest.fixture(autouse=True)
def dropped() -> Iterator[None]:
    """Collects what the libraries leave open before another test is blamed for it: they close no socket of a stream."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
