"""JSON and YAML as kubectl prints them (encoding/json with HTML escaping; sigs.k8s.io/yaml over go-yaml v2)."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def compact(value: Any) -> str:
    """Write JSON in one line, keys in order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).translate(_HTML)


def indented(value: Any) -> str:
    """Write JSON over several lines, four spaces a level."""
    return json.dumps(value, sort_keys=True, indent=4, ensure_ascii=False).translate(_HTML) + "\n"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """A dumper that quotes as go-yaml does: double quotes for what would be read as something else."""

    def ignore_aliases(self, value: Any) -> bool:
        """Write everything out."""
        return True


_LOOKS = re.compile(
    r"^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE|null|Null|NULL|~|"
    r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|"
    r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.[\d_]+)(?:[eE][-+]?\d+)?)|"
    r"[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?|"
    r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?|<<|=)?$"
)


def _text(dumper: Any, value: str) -> Any:
    style = None
    if _LOOKS.match(value):
        style = '"'
    elif "\n" in value:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: Any) -> str:
    """Write YAML, keys in order, lists not indented."""
    return str(
        yaml.dump(value, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, width=2**30, sort_keys=True)
    )


def scalar(value: Any) -> str:
    """Write a value as fmt.Fprint does inside a template: maps and lists as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return compact(value)
    return str(value)


def syntax(value: Any) -> str:
    """Write a value as fmt's %#v does."""
    if isinstance(value, dict):
        return "map[string]interface {}{" + ", ".join(f"{_quoted(k)}:{syntax(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(syntax(one) for one in value) + "}"
    if isinstance(value, str):
        return _quoted(value)
    return "interface {}(nil)" if value is None else scalar(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
