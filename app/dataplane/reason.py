"""What a reason is: the record behind a code in a step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from app.dataplane.trace import Disposition


class Stage(IntEnum):
    """How far a packet came before this reason could apply."""

    START = 0
    NAME = 1
    PATH = 2
    RULES = 3
    LEAVING = 4
    NODE = 5
    POD = 6
    APPLICATION = 7


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause: its code, a headline, the sentence with its blanks, what to do, and where upstream decides it.

    `ends` are the fates it can end a trace with, none for a decision on the way.
    `rules_out` is the sentence that excludes it when a trace came exactly as far and ended otherwise;
    reasons without it are not offered as alternatives.
    """

    code: str
    title: str
    explanation: str
    stage: Stage
    remedy: str = ""
    source: str = ""
    ends: tuple[Disposition, ...] = ()
    rules_out: str = ""
