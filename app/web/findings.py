"""A diagnosis as the inspector tells it: each finding with its proof, or that nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.web import refs, results, words
from app.web.inspected import Diagnosis, FindingView, Ref

MARKS = {"error": "fail", "warning": "warn", "info": "off"}


def of_service(ref: str, found: Iterable[Mapping[str, Any]]) -> Diagnosis:
    """Tell what the engine found about the Service behind the ref."""
    return Diagnosis(ref, tuple(_finding(one) for one in found))


def _finding(one: Mapping[str, Any]) -> FindingView:
    fix = results.fix(one.get("fix"))
    abouts = [(refs.of_json(about), str(about.get("field") or "")) for about in one["refs"]]
    return FindingView(
        code=one["code"],
        mark=MARKS[one["severity"]],
        title=str(one.get("title") or words.lookup("findings", one["code"])),
        message=one["message"],
        who=_who(one),
        causes=tuple(Ref(ref, refs.label(ref), field) for ref, field in abouts),
        remedy="" if fix else one["remedy"],
        fix=fix,
    )


def _who(one: Mapping[str, Any]) -> str:
    if "share" not in one:
        return ""
    way = "always" if one["share"] > 0.999 else "sometimes"
    return words.say("diagnosis", way, who=one["from"], to=one["to"], share=f"{one['share'] * 100:.3g}")
