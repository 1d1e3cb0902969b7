"""What two clusters may answer differently: widths of columns, the order of rows, and how sparse slices were filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

FULL_SLICE = 100
_ADDRESS = r"\d+\.\d+\.\d+\.\d+"
_ADDRESSES = re.compile(rf"((?:<clusterIP-\d+>|{_ADDRESS})(?::\d+)?(?:,{_ADDRESS}(?::\d+)?)+)( \+ \d+ more\.\.\.)?")


def comparable(answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the answers without what a real cluster leaves to chance."""
    return [
        _sizes({name: _text(value) if name in ("stdout", "stderr") else value for name, value in one.items()})
        for one in answers
    ]


def _text(shown: str) -> str:
    lines = [_squeezed(line) for line in shown.split("\n")]
    if lines[0].startswith("NAME"):
        lines = [lines[0], *sorted(lines[1:])]
    text = _ADDRESSES.sub(_sorted_addresses, "\n".join(lines))
    if "\nAddressType:" not in text:
        return text
    return "\n\n\n".join(sorted(_described(block.strip("\n")) for block in text.split("\n\n\n")))


def _squeezed(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return " " * indent + re.sub(r" {2,}", "  ", line.strip())


def _sorted_addresses(found: re.Match[str]) -> str:
    members = found[1].split(",")
    return f"<{len(members)} addresses>{found[2]}" if found[2] else ",".join(sorted(members))


def _described(block: str) -> str:
    """Puts the port rows and the endpoints of a described slice into a fixed order."""
    head, heading, rest = block.partition("\nEndpoints:\n")
    if not heading:
        return block
    before, ports_heading, ports = head.partition("\nPorts:\n")
    rows = ports.split("\n")
    entries = re.split(r"(?m)^(?=  - Addresses:)", rest)
    last = entries[-1].split("\n")
    end = next((n for n, line in enumerate(last) if n and line and not line.startswith(" ")), len(last))
    entries[-1], tail = "\n".join(last[:end]), "\n".join(last[end:])
    endpoints = "\n".join(sorted(entry.strip("\n") for entry in entries if entry.strip()))
    return "".join([before, ports_heading, "\n".join(rows[:2] + sorted(rows[2:])), heading, endpoints, "\n", tail])


def _sizes(answer: dict[str, Any]) -> dict[str, Any]:
    sizes = answer.get("sliceSizes")
    if sizes is None or all(size == FULL_SLICE for size in sizes[:-1]):
        return answer
    slices = [
        {**one, "endpoints": "<endpoints>"} if isinstance(one.get("endpoints"), str) else one
        for one in answer["endpointslices"]
    ]
    return {**answer, "sliceSizes": f"{len(sizes)} slices, {sum(sizes)} endpoints", "endpointslices": slices}
