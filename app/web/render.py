"""Templates in, HTML out: whole pages, or one block of a page for htmx."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import markupsafe
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
NO_STORE = {"Cache-Control": "no-store"}


def root() -> Path:
    """Return the checkout, or the package, which carries the same files beside its rooms."""
    package = Path(__file__).resolve().parent.parent
    checkout = package.parent
    return checkout if (checkout / "pyproject.toml").exists() else package


def templates_folder() -> Path:
    """Return the folder of the templates."""
    return root() / "templates"


@functools.cache
def environment() -> jinja2.Environment:
    """Return the one Jinja environment: autoescape on, an unknown name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["counted"] = counted
    made.filters["coded"] = coded
    return made


@functools.cache
def words_file() -> Mapping[str, Any]:
    """Return the short words that Python needs, from the template folder."""
    found: Mapping[str, Any] = json.loads((templates_folder() / "cluster" / "words.json").read_text(encoding="utf-8"))
    return found


def words_of(group: str) -> Mapping[str, str]:
    """Return one group of words."""
    found: Mapping[str, str] = words_file()[group]
    return found


def theme_of(request: Request) -> str:
    """Return the theme this browser chose: light, dark, or empty for the system's."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def page(template: str, roots: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """Render a whole page."""
    return HTMLResponse(environment().get_template(template).render(roots), status, headers=NO_STORE)


def block(template: str, name: str, roots: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """Render one block of a page alone."""
    return HTMLResponse(block_text(template, name, roots), status, headers=NO_STORE)


def block_text(template: str, name: str, roots: Mapping[str, Any]) -> str:
    """Return one block of a page as text."""
    found = environment().get_template(template)
    return "".join(found.blocks[name](found.new_context(dict(roots))))


def nothing(**says: Any) -> Response:
    """Answer 204: the stream will bring the change. `says` are page signals, such as a toast."""
    headers = dict(NO_STORE)
    if says:
        headers["HX-Trigger"] = json.dumps({f"podlane:{name}": detail for name, detail in says.items()})
    return Response(status_code=204, headers=headers)


def seed(value: Any) -> markupsafe.Markup:
    """Write JSON that may stand inside a script element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for sign, code in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(sign, code)
    return markupsafe.Markup(text)


def coded(text: str) -> markupsafe.Markup:
    """Escape a sentence and set what stands between backticks as code."""
    parts = [markupsafe.escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return markupsafe.escape(text)
    spans = (f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
    return markupsafe.Markup("".join(spans))


def counted(number: int, word: str, plural: str = "") -> str:
    """Write `1 pod` or `3 pods`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
