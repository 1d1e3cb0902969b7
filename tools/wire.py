"""Writes app/machinery/schemas/wire-v1.36.json: the protobuf number of each field of the kinds known in detail.

Read from the real kubectl (a development dependency): a Go program carries the types it reflects on, and their
fields carry the tags that its protobuf marshallers were generated from. Run: .venv/bin/python tools/wire.py
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import schemas  # the sibling tool, whose file this one completes

TARGET = schemas.TARGET.with_name(f"wire-{schemas.RELEASE}.json")
KUBECTL = Path(sys.executable).parent / "kubectl"

POINTER, STRUCT = 22, 25  # reflect.Kind
HEAD = 48  # of internal/abi.Type; a StructType is 80 bytes, and what is uncommon about it (its package) follows
PACKAGES = {"k8s.io/api/": "", "k8s.io/apimachinery/pkg/apis/meta/": "meta."}
TAG = re.compile(r'protobuf:"[a-z0-9]+,(\d+),[^"]*"')
JSON = re.compile(r'json:"([^",]*)([^"]*)"')


@dataclass(frozen=True)
class Field:
    """One field: its name in JSON (empty when inlined), its number, and whether a pointer holds it."""

    name: str
    number: int
    is_pointer: bool
    inlined: str


class Program:
    """The read-only data of a Go program for 64-bit Linux, where its types lie."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes()
        sections, entry, count = *struct.unpack_from("<Q", whole, 0x28), *struct.unpack_from("<HH", whole, 0x3A)
        headers = [struct.unpack_from("<IIQQQQ", whole, sections + at * entry) for at in range(count)]
        names = headers[struct.unpack_from("<H", whole, 0x3E)[0]][4]
        for name, _, _, address, offset, size in headers:
            if whole.startswith(b".rodata\0", names + name):
                self.base, self.data = address, whole[offset : offset + size]

    def number(self, form: str, at: int) -> int:
        """Read one number at an offset of the section."""
        found: int = struct.unpack_from(form, self.data, at)[0]
        return found

    def text(self, at: int) -> tuple[str, str]:
        """Read a name and its tag (internal/abi.Name)."""
        flags, at = self.data[at], at + 1
        found = []
        for wanted in (True, bool(flags & 2)):
            size = shift = 0
            while wanted:
                byte, at = self.data[at], at + 1
                size |= (byte & 0x7F) << shift
                shift += 7
                wanted = byte >= 0x80
            found.append(self.data[at : at + size].decode("utf-8", "replace"))
            at += size
        return found[0], found[1]

    def place(self, at: int) -> int:
        """Follow the pointer at an offset; -1 when it leads out of the section."""
        address = self.number("<Q", at)
        return address - self.base if self.base <= address < self.base + len(self.data) else -1

    def kind(self, at: int) -> int:
        """Return the reflect.Kind of the type at an offset."""
        return self.data[at + 23] & 0x1F

    def name(self, at: int) -> str:
        """Return the name that our schemas give a struct, such as core.v1.Service; empty for one of other packages."""
        if self.kind(at) != STRUCT or not self.data[at + 20] & 1:
            return ""
        shown = self.text(self.number("<i", at + 40))[0].removeprefix("*").rpartition(".")[2]
        package = self.text(self.number("<i", at + HEAD + 32))[0]
        for prefix, ours in PACKAGES.items():
            if package.startswith(prefix):
                return f"{ours}{package.removeprefix(prefix).replace('/', '.')}.{shown}"
        return ""

    def structs(self) -> Iterator[tuple[str, int]]:
        """Find the structs of the API's packages as (name, offset): whatever reads as one."""
        end = len(self.data) - HEAD - 48
        for at in range(0, end, 8):
            if self.data[at + 23] & 0x1F != STRUCT or self.data[at + 21] not in (1, 2, 4, 8):
                continue
            count, room = struct.unpack_from("<QQ", self.data, at + HEAD + 16)
            if count != room or not 0 < count < 200 or self.place(at + HEAD + 8) < 0:
                continue
            if not 0 < self.number("<i", at + 40) < len(self.data):
                continue
            try:
                found = self.name(at)
            except (struct.error, IndexError):
                continue
            if found:
                yield found, at

    def fields(self, at: int) -> Iterator[Field]:
        """Read the fields of a struct that have a number."""
        first = self.place(at + HEAD + 8)
        for place in range(first, first + 24 * self.number("<Q", at + HEAD + 16), 24):
            name, kind = self.place(place), self.place(place + 8)
            tag = self.text(name)[1]
            numbered, shown = TAG.search(tag), JSON.search(tag)
            if numbered is None or shown is None:
                continue
            is_inlined = "inline" in shown[2] and not shown[1]
            inlined = self.name(kind) if is_inlined else ""
            yield Field(shown[1], int(numbered[1]), self.kind(kind) == POINTER, inlined)


def main() -> None:
    """Write the file and say how large it is."""
    text = compact()
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(text)} bytes")


def compact() -> str:
    """Return the file's text: a row for each struct, `name=number`, with `*` when unset and zero are two things."""
    program = Program(KUBECTL)
    known = json.loads(schemas.TARGET.read_text())["types"]
    found = dict(program.structs())
    rows: dict[str, str] = {}
    waiting = [*known]
    while waiting:
        name = waiting.pop()
        if name in rows or name not in found:
            continue
        fields = list(program.fields(found[name]))
        waiting += [field.inlined for field in fields if field.inlined]
        rows[name] = " ".join(map(written, sorted(fields, key=lambda field: field.number)))
    missing = [name for name in known if name not in rows]
    if missing:
        raise SystemExit(f"not in {KUBECTL.name}: {missing}")
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(row)}" for name, row in sorted(rows.items()))
    return f"{{\n{lines}\n}}\n"


def written(field: Field) -> str:
    """Write one field; an inlined message stands behind `~`."""
    if field.inlined:
        return f"~={field.number}/{field.inlined}"
    return f"{field.name}={field.number}{'*' * field.is_pointer}"


if __name__ == "__main__":
    main()
