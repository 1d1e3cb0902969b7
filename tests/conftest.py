"""What all tests share: the Hypothesis profile, and the browser's tests at the end."""

import pathlib

import hypothesis
import pytest

E2E = pathlib.Path(__file__).parent / "e2e"

hypothesis.settings.register_profile(
    "ci", deadline=None, max_examples=60, derandomize=True, print_blob=True, database=None
)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="search properties longer, with fresh chance")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--long"):
        hypothesis.settings.load_profile("long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the browser's tests last: Playwright leaves a running loop in the thread, where asyncio.run then refuses."""
    items.sort(key=lambda test: E2E in test.path.parents)
