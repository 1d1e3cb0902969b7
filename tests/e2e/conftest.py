"""A real Chromium and a real server; a page that logs an error, breaks the CSP or calls outside fails its test."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright import sync_api

from tests.served import Served, served
from tools import chromium

ARTIFACTS = Path(__file__).parent.parent / "artifacts"
SCREENS = ARTIFACTS / "screens"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# No name and no address but the loopback's resolves: nothing can be fetched from outside even unseen.
CLOSED = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
# A refused form answers 409 or 422, which Chromium logs as a failed load; the page shows the reason.
REFUSED = re.compile(r"^Failed to load resource: the server responded with a status of (409|422)\b")
VIEWPORT: sync_api.ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """One Chromium for all tests, started as tools/chromium.py found that it starts."""
    program = chromium.chromium()
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=[*chromium.FLAGS, CLOSED], env={**chromium.environment(os.environ)}
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that need not end it; each test makes its own playground."""
    with served(tmp_path_factory.mktemp("server") / "podlane.db") as running:
        yield running
        assert running.stop() == 0


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts servers on this test's own database: serve(), kill it, serve(port=the same) again."""
    started: list[Served] = []

    def start(port: int = 0) -> Served:
        started.append(Served(tmp_path / "podlane.db", port))
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def complaints() -> list[str]:
    """What pages complained of. A test that provokes a complaint on purpose asserts it and clears the list."""
    return []


@pytest.fixture
def context(
    browser: sync_api.Browser, complaints: list[str], request: pytest.FixtureRequest
) -> Iterator[sync_api.BrowserContext]:
    """A fresh profile. Its pages must not complain; where the test fails, their pictures are kept."""
    fresh = browser.new_context(viewport=VIEWPORT, reduced_motion=None)
    watch(fresh, complaints)
    yield fresh
    if request.node.stash.get(FAILED, False) or complaints:
        keep_pictures(fresh, request.node.name)
    fresh.close()
    assert not complaints, "the page complained:\n" + "\n".join(complaints)


@pytest.fixture
def page(context: sync_api.BrowserContext) -> sync_api.Page:
    """A tab in the fresh profile."""
    return context.new_page()


@pytest.fixture
def shot() -> Callable[[sync_api.Page, str], Path]:
    """shot(page, "home") keeps a picture of a main screen as tests/artifacts/screens/home.png."""
    return take


def take(page: sync_api.Page, name: str) -> Path:
    """Stores a picture of the page under the name."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    path = SCREENS / f"{name}.png"
    page.screenshot(path=path)
    return path


def watch(context: sync_api.BrowserContext, complaints: list[str]) -> None:
    """Collects console errors (CSP violations among them), uncaught errors and requests to the outside."""

    def console(message: sync_api.ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED.match(message.text):
            complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def request(sent: sync_api.Request) -> None:
        url = urlsplit(sent.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.hostname not in LOOPBACK:
            complaints.append(f"request to the outside: {sent.url}")

    context.on("console", console)
    context.on("request", request)
    context.on("weberror", lambda problem: complaints.append(f"uncaught: {problem.error}"))


def keep_pictures(context: sync_api.BrowserContext, name: str) -> None:
    """Stores what each open tab shows, for whoever reads the failure."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^a-zA-Z0-9_-]+", "-", name)
    for number, page in enumerate(context.pages):
        page.screenshot(path=ARTIFACTS / f"failed-{stem}-{number}.png")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
