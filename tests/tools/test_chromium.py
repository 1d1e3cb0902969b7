"""The browser tests take the first Chromium that starts, and say the ways when none does."""

import os
from pathlib import Path

import pytest

from tools import chromium

STARTS = "#!/bin/sh\necho '<html></html>'\n"
BREAKS = "#!/bin/sh\necho 'error while loading shared libraries' >&2\nexit 127\n"
SILENT = "#!/bin/sh\nexit 0\n"


def program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A PATH of its own with the shell's tools, and an apt-get that finds nothing to install."""
    program(tmp_path / "bin" / "apt-get", BREAKS)
    return tmp_path / "bin"


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(folder), **more}


def test_the_named_one_wins_over_path(tmp_path: Path, folder: Path) -> None:
    named = program(tmp_path / "mine", STARTS)
    program(folder / "chromium", STARTS)
    ways = chromium.ways(environment(folder, PODLANE_CHROMIUM=named), root=False)
    assert chromium.find(ways) == named


@pytest.mark.parametrize("text", [BREAKS, SILENT], ids=["breaks", "renders nothing"])
def test_a_candidate_that_does_not_start_is_passed_over(tmp_path: Path, folder: Path, text: str) -> None:
    named = program(tmp_path / "mine", text)
    right = program(folder / "chromium", STARTS)
    ways = chromium.ways(environment(folder, PODLANE_CHROMIUM=named), root=False)
    assert chromium.find(ways) == right


def test_a_named_file_that_is_not_there_is_passed_over(tmp_path: Path, folder: Path) -> None:
    right = program(folder / "chromium", STARTS)
    ways = chromium.ways(environment(folder, PODLANE_CHROMIUM=str(tmp_path / "gone")), root=False)
    assert chromium.find(ways) == right


def test_root_installs_the_package_when_nothing_is_there(folder: Path) -> None:
    source = program(folder.parent / "package", STARTS)
    program(folder / "apt-get", f'#!/bin/sh\n[ "$1" = install ] && /bin/cp {source} {folder}/chromium || true\n')
    assert chromium.find(chromium.ways(environment(folder), root=True)) == str(folder / "chromium")


def test_only_root_asks_the_package_manager(folder: Path) -> None:
    names = [way.name for way in chromium.ways(environment(folder), root=False)]
    assert names == ["PODLANE_CHROMIUM", "chromium on PATH", "playwright install chromium"]
    names = [way.name for way in chromium.ways(environment(folder), root=True)]
    assert names[2] == "apt-get install chromium"


def test_when_none_starts_every_way_is_told(tmp_path: Path) -> None:
    broken = program(tmp_path / "mine", BREAKS)
    tried = [chromium.Way("PODLANE_CHROMIUM", lambda: broken), chromium.Way("chromium on PATH", lambda: None)]
    with pytest.raises(chromium.NoChromium) as refusal:
        chromium.find(tried)
    text = str(refusal.value)
    assert f"PODLANE_CHROMIUM: {broken} does not start" in text
    assert "chromium on PATH: nothing found" in text
    assert "apt-get install chromium" in text


def test_later_ways_are_not_tried_once_one_starts(tmp_path: Path) -> None:
    right = program(tmp_path / "mine", STARTS)
    looked: list[str] = []
    tried = [chromium.Way("first", lambda: right), chromium.Way("second", lambda: looked.append("second"))]
    assert chromium.find(tried) == right
    assert looked == []


def test_the_chromium_of_this_machine_renders_a_page() -> None:
    assert os.access(chromium.chromium(), os.X_OK)
