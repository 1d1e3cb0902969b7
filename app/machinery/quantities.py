"""Resource quantities: `250m`, `64Mi`, `1e3`.

Mirrors staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go (release 1.36) as far as a playground compares them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?")
_FORM = re.compile(r"([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

WRONG_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
WRONG_SUFFIX = "unable to parse quantity's suffix"


def parse(value: str | float) -> Decimal:
    """Return the amount in units; raises ValueError with upstream's words."""
    text = str(value).strip()
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(WRONG_SUFFIX if _FORM.fullmatch(text) and text.count(".") < 2 else WRONG_FORM)
    sign, number, suffix = match[1], Decimal(match[2]), match[3] or ""
    if suffix in _BINARY:
        number *= 1024 ** _BINARY[suffix]
    elif suffix in _DECIMAL:
        number = number.scaleb(_DECIMAL[suffix])
    else:
        number = number.scaleb(int(suffix[1:]))
    return -number if sign == "-" else number


def complaint(value: Any) -> str:
    """Return upstream's words when the JSON value is no quantity, else ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return WRONG_FORM
    try:
        parse(value)
    except ValueError as wrong:
        return str(wrong)
    return ""
