"""Pages work under the strict CSP and fetch nothing from outside."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))

# What the browser loads by itself; a link that a reader may follow is no load.
LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object|use)\b[^>]*\b(?:src|data|srcset|href)\s*=\s*["']?(?:https?:)?//"""
    r"""|<link\b[^>]*\bhref\s*=\s*["']?(?:https?:)?//""",
    re.IGNORECASE,
)
INLINE_STYLE = re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE)
INLINE_CALL = re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE)
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE)
SINKS = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseHTMLUnsafe|document\.write|createContextualFragment)\b"
    r"|\beval\(|new Function\(|setAttribute\(\s*[\"']style[\"']"
)
OUTSIDE = re.compile(
    r"""(?m)^\s*import\b[^;"'()]*["'](?!\.{1,2}/)|^\s*export\s*\*[^"']*["'](?!\.{1,2}/)|\}\s*from\s*["'](?!\.{1,2}/)"""
    r"""|\bimport\(\s*["'](?!\.{1,2}/)|(?:fetch|EventSource|Worker)\(\s*["'`]https?:"""
)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "rule",
    [LOADS, INLINE_STYLE, INLINE_CALL, INLINE_SCRIPT, UNESCAPED],
    ids=[
        "loads from outside",
        "inline style",
        "inline call",
        "inline script",
        "unescaped",
    ],
)
def test_templates_are_clean(rule: re.Pattern[str]) -> None:
    assert not {shown(path): found.group() for path in TEMPLATES if (found := rule.search(path.read_text()))}


@pytest.mark.parametrize("rule", [SINKS, OUTSIDE], ids=["unsafe sink", "import or fetch from outside"])
def test_scripts_are_clean(rule: re.Pattern[str]) -> None:
    assert not {shown(path): found.group() for path in SCRIPTS if (found := rule.search(path.read_text()))}


def test_styles_load_nothing_from_outside() -> None:
    outside = re.compile(r"url\(\s*[\"']?(?:https?:)?//|@import\s+[\"'](?:https?:)?//")
    assert not [shown(path) for path in STYLES if outside.search(path.read_text())]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (LOADS, '<script src="https://cdn.example/x.js">'),
        (LOADS, '<link rel="stylesheet" href="//cdn.example/x.css">'),
        (INLINE_STYLE, '<div style="left: 3px">'),
        (INLINE_CALL, '<button onclick="go()">'),
        (INLINE_SCRIPT, "<script>go()</script>"),
        (UNESCAPED, "{{ name | safe }}"),
        (SINKS, "el.innerHTML = name"),
        (SINKS, 'el.setAttribute("style", "left: 0")'),
        (OUTSIDE, 'import {x} from "htmx.org"'),
        (OUTSIDE, 'import {\n  x,\n} from "htmx.org"'),
        (OUTSIDE, 'import "htmx.org"'),
        (OUTSIDE, 'export * from "htmx.org"'),
        (OUTSIDE, 'await import("https://cdn.example/x.js")'),
    ],
)
def test_each_rule_sees_what_it_forbids(rule: re.Pattern[str], text: str) -> None:
    assert rule.search(text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (LOADS, '<a href="https://kubernetes.io/docs/">'),
        (LOADS, '<script type="module" src="/static/js/main.js">'),
        (INLINE_SCRIPT, '<script type="application/json" id="seed">'),
        (OUTSIDE, 'import {x} from "./model.js"'),
        (OUTSIDE, 'import {\n  x,\n} from "../model.js";\nconst far = "x";'),
        (OUTSIDE, 'label("send from", "x")'),
        (INLINE_CALL, '<form hx-on="no" data-on="x">'),
    ],
)
def test_each_rule_lets_the_rest_pass(rule: re.Pattern[str], text: str) -> None:
    assert not rule.search(text)
