"""What client libraries leave open, collected before another test is blamed for it."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def dropped() -> Iterator[None]:
    """Collects after each test what the libraries left open: they close no socket of a stream."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
