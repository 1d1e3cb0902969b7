"""The watch over pages sees what it must: otherwise every green browser test would prove little."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

POLICY = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src 'self'\">"
HEAD = "<!doctype html><meta charset=utf-8><title>x</title><link rel=icon href=data:,>"
PAGES = {
    "quiet.html": HEAD,
    "console.html": f"{HEAD}<script>console.error('so it is')</script>",
    "uncaught.html": f"{HEAD}<script>throw new Error('nobody caught me')</script>",
    "policy.html": f"<!doctype html><meta charset=utf-8>{POLICY}<title>x</title><p style='color: red'>x</p>",
    "outside.html": f"{HEAD}<img alt='' src='http://192.0.2.1/x.png'>",
    "missing.html": f"{HEAD}<script src=/nowhere.js></script>",
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each on the terminal."""

    def log_message(self, format: str, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("site")
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("console.html", "so it is"),
        ("uncaught.html", "nobody caught me"),
        ("policy.html", "Content Security Policy"),
        ("outside.html", "request to the outside: http://192.0.2.1/x.png"),
        ("missing.html", "404"),
    ],
)
def test_a_page_that_complains_is_heard(page: Page, site: str, complaints: list[str], name: str, told: str) -> None:
    page.goto(f"{site}/{name}", wait_until="load")
    assert any(told in complaint for complaint in complaints), complaints
    complaints.clear()


def test_a_quiet_page_passes(page: Page, site: str) -> None:
    page.goto(f"{site}/quiet.html", wait_until="load")
    assert page.title() == "x"
