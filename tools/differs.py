"""Lists every deviation from Kubernetes that the code marks with DIFFERS, as docs/differs.md."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "differs.md"
HEAD = """# Where Podlane differs from Kubernetes

Written by `tools/differs.py` (part of `make fix`) from the `DIFFERS:` marks in the code; a test keeps it current.
"""
MARK = re.compile(r"DIFFERS:\s*")
END_OF_DOCSTRING = re.compile(r'"""')


@dataclass(frozen=True, slots=True)
class Deviation:
    """One marked deviation: the module that has it and its sentence."""

    module: str
    sentence: str


def deviations() -> Iterator[Deviation]:
    """Every mark in app/, in the order of files and lines."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if MARK.search(line):
                yield Deviation(path.relative_to(ROOT).as_posix(), sentence(lines[number:]))


def sentence(lines: list[str]) -> str:
    """The text after the mark up to the end of its comment or paragraph, joined to one line."""
    comment = lines[0].lstrip().startswith("#") or "  # " in lines[0]
    first, *rest = [MARK.split(lines[0], maxsplit=1)[1], *lines[1:]]
    words = []
    for line in [first, *rest]:
        text = line.strip()
        if words and (not text or MARK.search(text) or (comment and not text.startswith("#"))):
            break
        closed = END_OF_DOCSTRING.search(text)
        words.append((text[: closed.start()] if closed else text).lstrip("# ").strip())
        if closed:
            break
    return " ".join(word for word in words if word)


def page() -> str:
    """The page as it should be now."""
    rows = [f"- {deviation.sentence} (`{deviation.module}`)" for deviation in deviations()]
    return HEAD + "\n" + "".join(f"{row}\n" for row in rows)


def main() -> int:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
