"""Writes every reason a step can name, with its sentence and its remedy, as docs/reasons.md."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.dataplane import reasons  # noqa: E402  (the checkout comes first on the path)
from app.dataplane.reason import Reason  # noqa: E402

PAGE = ROOT / "docs" / "reasons.md"
HEAD = """# Reasons

Every step of a trace names a reason; every request that fails ends in one, and two faults never share one.
Written by `tools/reasons.py` from the registry in `app/dataplane/reasons.py`; a test keeps it current.
"""
SEEN = {
    "Answered": "an answer",
    "Delivered": "an answer, or an HTTP error",
    "Refused": "connection refused",
    "Dropped": "a timeout",
    "NoRoute": "no route to host",
    "NameError": "could not resolve host",
    "Reset": "connection reset",
}


def failing(reason: Reason) -> str:
    """One reason of a failure, as a paragraph."""
    seen = " or ".join(SEEN[end.value] for end in reason.ends)
    source = f" Decided in {reason.source}." if reason.source else ""
    return (
        f"### {reason.code}\n\n**{reason.title}.** {plain(reason.explanation)}\n\n"
        f"The client sees {seen}. {reason.remedy}{source}\n"
    )


def passing(listed: Sequence[Reason]) -> str:
    """The reasons of steps on the way, as a table."""
    rows = [f"| {reason.code} | {reason.title} | {plain(reason.explanation)} |" for reason in listed]
    return "\n".join(["| reason | title | sentence |", "| --- | --- | --- |", *rows]) + "\n"


def plain(template: str) -> str:
    """A sentence with its blanks as words in italics."""
    return re.sub(r"\{(\w+)\}", r"*\1*", template)


def page() -> str:
    """The page as it should be now."""
    failures = [failing(reason) for reason in reasons.FAILURES.values()]
    others = [reason for code, reason in reasons.REASONS.items() if code not in reasons.FAILURES]
    return "\n".join([HEAD, "## What goes wrong\n", *failures, "## What happens on the way\n", passing(others)])


def main() -> int:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
