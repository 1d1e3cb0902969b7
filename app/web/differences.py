"""The deviations that the code declares, from the page that tools/differs.py writes."""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from app.web import render

_LINE = re.compile(r"- (?P<sentence>.+) \(`(?P<module>[\w./]+)`\)")


@dataclass(frozen=True, slots=True)
class Declared:
    """One deviation; `id` stays while its sentence stays."""

    id: str
    module: str
    sentence: str


@functools.cache
def declared() -> tuple[Declared, ...]:
    """Return every deviation, in the order of the code."""
    found = (_LINE.fullmatch(line) for line in page().read_text(encoding="utf-8").splitlines())
    return tuple(_declared(match["module"], match["sentence"]) for match in found if match)


def page() -> Path:
    """Return the checkout's page, or the one packed beside the package."""
    return render.root() / "docs" / "differs.md"


def _declared(module: str, sentence: str) -> Declared:
    return Declared(hashlib.sha256(f"{module} {sentence}".encode()).hexdigest()[:10], module, sentence)
