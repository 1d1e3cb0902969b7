"""Takes the README's pictures: a real server, a real Chromium, a playground that has just sent a request."""

import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path

from playwright import sync_api

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.served import served
from tools import chromium

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "img"
SIZE: sync_api.ViewportSize = {"width": 1440, "height": 900}
SCHEMES = ("light", "dark")
# Pods get ready within seconds; then a request travels to its end.
READY_MS = 5000
ARRIVED_MS = 4000


def call(url: str, body: object, key: str = "") -> dict[str, object]:
    """Posts JSON and returns the JSON answered."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request) as answer:
        return dict(json.load(answer))


def page_of(server: str) -> str:
    """The address of a new playground's page, its key in the fragment."""
    made = call(f"{server}/api/v1/playgrounds", {"title": "shop", "scenario": "selector-typo", "seed": 7})
    return f"{server}/p/{made['id']}#k={made['edit_key']}"


def take(browser: sync_api.Browser, address: str, scheme: str) -> Path:
    """Stores the page in one colour scheme."""
    context = browser.new_context(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector('[data-island="diagram"]')
    page.wait_for_timeout(READY_MS)
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_timeout(ARRIVED_MS)
    path = PICTURES / f"playground-{scheme}.png"
    page.screenshot(path=path)
    context.close()
    return path


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    program = chromium.chromium()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "podlane.db") as server,
        sync_api.sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=program, args=list(chromium.FLAGS), env={**chromium.environment(os.environ)}
        )
        for scheme in SCHEMES:
            print(take(browser, page_of(server.url), scheme).relative_to(ROOT))
        browser.close()
        return server.stop()


if __name__ == "__main__":
    sys.exit(main())
