"""The short words of the pages, from the template folder: no sentence for people stands in Python."""

from __future__ import annotations

from typing import Any

from app.web import render


def say(*path: str, **values: Any) -> str:
    """Return the words at the path, with the values filled in."""
    found: Any = render.words_file()
    for step in path:
        found = found[step]
    return str(found).format(**values) if values else str(found)


def lookup(group: str, word: str) -> str:
    """Return the words for one of a group, or the word itself."""
    return str(render.words_file()[group].get(word, word))
