"""What a YAML scalar means to kubectl: YAML 1.1 as Go reads it, then JSON.

Mirrors go.yaml.in/yaml/v2 resolve.go and sigs.k8s.io/yaml (as of kubectl 1.36): `y`, `on` and `no` are booleans, `017`
and `0o17` are octal, dates and `12:30` stay text, and a whole float such as `1e3` becomes a JSON integer.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from typing import Any

_PREFIX = "tag:yaml.org,2002:"
_WORDS: dict[str, tuple[str, Any]] = {"": ("null", None), "~": ("null", None), "<<": ("merge", "<<")}
for _words, _meaning in (
    ("y Y yes Yes YES true True TRUE on On ON", ("bool", True)),
    ("n N no No NO false False FALSE off Off OFF", ("bool", False)),
    ("null Null NULL", ("null", None)),
    (".nan .NaN .NAN", ("float", math.nan)),
    (".inf .Inf .INF +.inf +.Inf +.INF", ("float", math.inf)),
    ("-.inf -.Inf -.INF", ("float", -math.inf)),
):
    _WORDS |= dict.fromkeys(_words.split(), _meaning)

_INT = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
_WHOLE_BELOW = 1e21


class BadScalar(ValueError):
    """A scalar that Go refuses, with its words."""


def resolve(text: str, tag: str | None, plain: bool) -> Any:
    """Return the JSON value of a scalar; raises BadScalar in Go's words."""
    short = tag.removeprefix(_PREFIX) if tag and tag.startswith(_PREFIX) else ""
    if short == "binary":
        return _binary(text)
    if short == "str" or (tag and not short) or (not plain and not short):
        return text
    found, value = _resolve_plain(text)
    if short and short != found:
        if short == "float" and found == "int":
            return value
        if short == "timestamp" and found == "str":
            return text
        raise BadScalar(f"cannot decode !!{found} `{text}` as a !!{short}")
    return _json_number(value) if isinstance(value, float) else value


def key_text(value: Any) -> str:
    """Return the JSON object key that a resolved scalar becomes; raises BadScalar for null."""
    if isinstance(value, str):
        return value
    if value is None:
        raise BadScalar("unsupported map key of type: null")
    return json.dumps(value)


def is_plain_text(text: str) -> bool:
    """Say whether the text, written without quotes, is read back as that very text."""
    return bool(text) and _resolve_plain(text)[0] == "str" and bool(re.fullmatch(r"[A-Za-z0-9_./-]+", text))


def quoted(text: str) -> str:
    """Write text as a YAML scalar: bare where that is safe, else in double quotes."""
    return text if is_plain_text(text) and not text.startswith("-") else json.dumps(text, ensure_ascii=False)


def _resolve_plain(text: str) -> tuple[str, Any]:
    if text in _WORDS:
        return _WORDS[text]
    if (not text[0].isdecimal() and text[0] not in "+-.") or len(text) > _LONGEST_NUMBER:
        return "str", text
    bare = text if text[0] == "." else text.replace("_", "")
    number = _whole(bare)
    if number is not None:
        return "int", number
    if _FLOAT.fullmatch(bare) and math.isfinite(float(bare)):
        return "float", float(bare)
    return "str", text


def _whole(text: str) -> int | None:
    match = _INT.fullmatch(text)
    if match is None:
        return None
    sign, *digits = match.groups()
    number = next(int(found, base) for found, base in zip(digits, (16, 2, 8, 10), strict=True) if found)
    number = -number if sign == "-" else number
    return number if -(2**63) <= number < 2**64 else None


def _json_number(value: float) -> int | float:
    if not math.isfinite(value):
        shown = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
        raise BadScalar(f"json: unsupported value: {shown}")
    return int(value) if value.is_integer() and abs(value) < _WHOLE_BELOW else value


def _binary(text: str) -> str:
    try:
        return base64.b64decode(re.sub(r"\s", "", text), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise BadScalar("!!binary value contains invalid base64 data") from None
