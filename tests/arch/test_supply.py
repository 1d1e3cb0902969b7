"""What is installed is locked and named for a reason, and nothing tells of the machine it was made on."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import differs

ROOT = Path(__file__).resolve().parents[2]
PYTHON_LOCKS = ("run.txt", "dev.txt", "schemas.txt", "kubectl-others.txt")
TEXTS = {".py", ".js", ".html", ".css", ".md", ".toml", ".json", ".yaml", ".yml", ".txt", ".sh", ""}
OWN_FOLDERS = ("app", "benchmarks", "docs", "requirements", "static", "templates", "tests", "tools", ".ci", "deploy")
# Written in halves, so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(["/wo" + r"rk/\w", "/ro" + "ot/", "/op" + "t/", "/tm" + "p/bash", "site-" + "packages/.*/ho" + "me"])
)
REGISTRIES = re.compile(r"https?://(?!github\.com/sponsors/)|--(extra-)?index-url|--find-links|\"resolved\"")


@pytest.mark.parametrize("name", [*(f"requirements/{name}" for name in PYTHON_LOCKS), "package-lock.json"])
def test_no_host_in_locks(name: str) -> None:
    # npm copies a package's own "funding" address, which nothing ever calls.
    text = re.sub(r'"funding": \{[^}]*\}', "", (ROOT / name).read_text())
    assert not REGISTRIES.search(text)


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_locked_package_has_an_exact_version_and_a_hash(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text().strip())
    loose = [block.splitlines()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block]
    assert not loose


def test_every_locked_npm_package_has_a_checksum() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if name and "integrity" not in package]


def test_npm_versions_are_exact() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert not [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    run = {*project["project"]["dependencies"], *groups["build"]}
    wanted_in = {"run.txt": run, "dev.txt": run | set(groups["dev"]), "schemas.txt": set(groups["schemas"])}
    wanted_in["kubectl-others.txt"] = set(groups["kubectls"])
    for name, wanted in wanted_in.items():
        locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "requirements" / name).read_text()))
        missing = {bare for need in wanted if (bare := bare_name(need)) not in locked}
        assert not missing, f"run `make lock`: requirements/{name} lacks them"


def bare_name(requirement: str) -> str:
    matched = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert matched is not None
    return re.sub(r"[._]", "-", matched.group()).lower()


def test_each_dependency_says_what_it_saves() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    blocks = re.findall(r"(?ms)^(?:dependencies|build|schemas|kubectls|dev) = \[\n(.*?)^\]", text)
    assert len(blocks) == 5
    for block in blocks:
        assert block.lstrip().startswith("# "), "the first dependency has no sentence"
        comments = [line for line in block.splitlines() if line.lstrip().startswith("#")]
        assert all(line.rstrip().endswith(".") for line in comments)


def test_nothing_names_the_machine_it_was_made_on() -> None:
    guilty = {
        path.relative_to(ROOT).as_posix(): found.group()
        for path in own_texts()
        if (found := MACHINE.search(read(path)))
    }
    assert not guilty


def own_texts() -> list[Path]:
    """The project's own text files, without what is generated or installed."""
    # In a linked worktree .git is a file.
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    for folder in OWN_FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    ignored = {"vendor", "artifacts", "__pycache__", "node_modules", "results"}
    return [path for path in found if path.suffix in TEXTS and not ignored & set(path.relative_to(ROOT).parts)]


def read(path: Path) -> str:
    return path.read_text(errors="replace")


def test_the_list_of_deviations_is_current() -> None:
    assert (ROOT / "docs" / "differs.md").read_text() == differs.page(), "run `make fix`"


def test_a_second_setup_has_nothing_to_do() -> None:
    asked = subprocess.run(
        ["make", "--question", "setup", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, "a file that setup depends on is newer than what was installed: run `make setup`"


def test_ci_runs_what_the_readme_says() -> None:
    assert re.search(r"(?m)^exec make test$", (ROOT / ".ci" / "run").read_text())


def test_every_import_wall_stands() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    asked = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stdout + asked.stderr
