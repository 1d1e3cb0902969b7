"""The house stays readable: small files, door plates, honest names, pure rooms."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CEILING = 600
CODE = {
    "app": "*.py",
    "tools": "*.py",
    "tests": "*.py",
    "tests/js": "*js",
    "static/js": "*.js",
    "static/css": "*.css",
    "templates": "*.html",
}
BANNED = frozenset({"instance", "item", "data", "info", "manager", "helper", "utils", "session"})
BANNED_PARTS = ("Manager", "Helper", "Utils", "Info")
# Where our entries live, "event" would be taken for one; elsewhere it is the Kubernetes kind, or YAML's own word.
ENTRIES = ("app/cluster", "app/dataplane", "app/runtime", "app/store")
PURE_JS = ("layout.js", "model.js", "levels.js", "packets.js", "match.js", "state.js")


def files(folder: str, pattern: str) -> list[Path]:
    found = (ROOT / folder).rglob(pattern)
    return sorted(path for path in found if not {"vendor", "artifacts", "__pycache__"} & set(path.parts))


def modules() -> list[Path]:
    return files("app", "*.py")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(("folder", "pattern"), CODE.items(), ids=list(CODE))
def test_no_file_passes_the_ceiling(folder: str, pattern: str) -> None:
    long = {
        shown(path): lines for path in files(folder, pattern) if (lines := len(path.read_text().splitlines())) > CEILING
    }
    assert not long, f"split these, {CEILING} lines are the limit"


@pytest.mark.parametrize("path", [ROOT / "app/__init__.py", *sorted((ROOT / "app").glob("*/__init__.py"))], ids=shown)
def test_each_room_has_a_door_plate_of_two_to_six_lines(path: Path) -> None:
    plate = ast.get_docstring(ast.parse(path.read_text()))
    assert plate is not None
    assert 2 <= len([line for line in plate.splitlines() if line.strip()]) <= 6


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_each_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "begin the file with a docstring"


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_names_say_what_a_thing_is(path: Path) -> None:
    bad = sorted({name for name in defined_names(ast.parse(path.read_text())) if is_banned(name, shown(path))})
    assert not bad, "see the glossary for the banned words"


def defined_names(tree: ast.AST) -> Iterator[str]:
    """Every name that the module itself gives to something."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def is_banned(name: str, path: str) -> bool:
    """Tells whether the glossary bans this name in this file."""
    bare = name.strip("_")
    if bare in BANNED or bare.startswith("handle_"):
        return True
    if bare[:1].isupper() and any(part in bare for part in BANNED_PARTS):
        return True
    return bare == "event" and path.startswith(ENTRIES)


@pytest.mark.parametrize(
    ("name", "path", "banned"),
    [
        ("handle_click", "app/web/pages.py", True),
        ("PodManager", "app/engine/execute.py", True),
        ("data", "app/store/journal.py", True),
        ("event", "app/cluster/journal.py", True),
        ("event", "app/kinds/event.py", False),
        ("session_affinity", "app/kinds/service.py", False),
        ("metadata", "app/machinery/objects.py", False),
    ],
)
def test_the_check_of_names_itself(name: str, path: str, banned: bool) -> None:
    assert is_banned(name, path) is banned


def test_a_module_is_no_drawer() -> None:
    drawers = {"utils", "helpers", "helper", "misc", "manager", "managers"}
    assert not [shown(path) for path in modules() if path.stem in drawers]


def test_digits_are_those_that_make_a_number() -> None:
    # Of bytes only those of ASCII are digits.
    of_bytes = {"app/terminal/lines.py"}
    guilty = {shown(path) for path in modules() if ".isdigit()" in path.read_text()} - of_bytes
    assert not guilty, "`int` refuses some of them, such as ²: ask isdecimal"


def test_only_the_command_line_reads_the_environment() -> None:
    readers = [shown(path) for path in modules() if re.search(r"os\.(environ|getenv)", path.read_text())]
    assert set(readers) <= {"app/cli.py"}


def test_pure_modules_of_the_page_do_not_name_the_document() -> None:
    pure = [path for path in files("static/js", "*.js") if path.name in PURE_JS]
    impure = [shown(path) for path in pure if re.search(r"\b(document|window|localStorage)\b", without_comments(path))]
    assert not impure, "these run under node --test; hand them what they need"


def without_comments(path: Path) -> str:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def test_no_test_is_skipped_or_sleeps() -> None:
    words = re.compile(
        r"\b(pytest\.(skip|xfail|importorskip)|mark\.(skip|skipif|xfail)|time\.sleep|asyncio\.sleep\([^0)])"
    )
    guilty = [
        shown(path) for path in files("tests", "*.py") if path != Path(__file__) and words.search(path.read_text())
    ]
    assert not guilty
