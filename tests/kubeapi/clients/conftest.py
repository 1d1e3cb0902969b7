"""The official client, pointed at a playground by the kubeconfig that a learner downloads."""

from collections.abc import Iterator

import pytest
from kubernetes import client, config

from tests.left_open import dropped as dropped
from tests.playground import Playground


@pytest.fixture(scope="module")
def official(first_steps: Playground) -> Iterator[client.ApiClient]:
    """An ApiClient of the official library, for the playground of the first visit."""
    with config.new_client_from_config(str(first_steps.kubeconfig)) as made:
        yield made
