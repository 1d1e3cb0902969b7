"""Requests of the JSON API: what was asked, checked; what came of it; and the answer in the contract's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.dataplane import answers
from app.dataplane.asking import Request, parse
from app.dataplane.sending import Completed, Result, ServedBy, Summary, run

__all__ = ["Completed", "Request", "Result", "ServedBy", "Summary", "parse", "run", "to_json"]


def to_json(completed: Completed, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Write the answer to what was asked."""
    return answers.to_json(completed)
