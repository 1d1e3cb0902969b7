"""Finds a Chromium that starts, installing one where that is possible, and prints its path.

The order: the one named by PODLANE_CHROMIUM, `chromium` on PATH, Debian's package (as root), Playwright's own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a Chromium: what a reader is told about it, and how to look."""

    name: str
    look: Callable[[], str | None]


class NoChromium(Exception):
    """No candidate starts; the text lists the ways and what became of each."""


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a browser: with the system's folders on PATH, as Debian's start script needs them."""
    folders = [folder for folder in (given.get("PATH"), SYSTEM_PATH) if folder]
    return {**given, "PATH": os.pathsep.join(folders)}


def trouble(program: str) -> str:
    """Why the browser does not start and render an empty page; "" when it does. Installed is not enough."""
    command = [program, *FLAGS, "--dump-dom", "about:blank"]
    try:
        done = subprocess.run(
            command, env=environment(os.environ), capture_output=True, text=True, timeout=START_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    if done.returncode == 0 and "<html" in done.stdout:
        return ""
    said = done.stderr.strip().splitlines()
    return said[-1][:200] if said else f"it ended with status {done.returncode} and rendered nothing"


def find(ways: Iterable[Way]) -> str:
    """Returns the first candidate that starts; raises NoChromium with every way tried."""
    tried = []
    for way in ways:
        program = way.look()
        if program is None:
            tried.append(f"  - {way.name}: nothing found")
        elif problem := trouble(program):
            tried.append(f"  - {way.name}: {program} does not start ({problem})")
        else:
            return program
    raise NoChromium(
        "The browser tests need a Chromium that starts, and none does:\n"
        + "\n".join(tried)
        + "\nInstall one (on Debian: apt-get install chromium), or name one with PODLANE_CHROMIUM=/path/to/chromium."
    )


def ways(given: Mapping[str, str], root: bool) -> Iterator[Way]:
    """All ways in their order; each looks only when the ones before it led nowhere."""
    yield Way("PODLANE_CHROMIUM", lambda: named(given))
    yield Way("chromium on PATH", lambda: on_path(given))
    if root:
        yield Way("apt-get install chromium", lambda: from_apt(given))
    yield Way("playwright install chromium", lambda: from_playwright(given))


def named(given: Mapping[str, str]) -> str | None:
    return given.get("PODLANE_CHROMIUM") or None


def on_path(given: Mapping[str, str]) -> str | None:
    return shutil.which("chromium", path=given.get("PATH", os.defpath))


def from_apt(given: Mapping[str, str]) -> str | None:
    """Installs Debian's package. The system's folders join PATH: dpkg's scripts need them."""
    whole = {**environment(given), "DEBIAN_FRONTEND": "noninteractive"}
    apt = shutil.which("apt-get", path=whole["PATH"])
    if apt is None:
        return None
    print("Installing chromium with apt-get …", flush=True)
    run([apt, "update", "-qq"], whole)
    run([apt, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"], whole)
    return on_path(whole)


def from_playwright(given: Mapping[str, str]) -> str | None:
    """Downloads the build that Playwright was made for; it counts on libraries that a bare system may lack."""
    print("Asking Playwright for its own Chromium …", flush=True)
    if not run([sys.executable, "-m", "playwright", "install", "chromium"], dict(given)):
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def run(command: list[str], environment: dict[str, str]) -> bool:
    """Runs a command quietly; tells whether it succeeded."""
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def chromium() -> str:
    """The Chromium of this machine, for this user."""
    return find(ways(os.environ, root=hasattr(os, "geteuid") and os.geteuid() == 0))


def main() -> int:
    try:
        print(f"Chromium: {chromium()}")
    except NoChromium as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
