"""What upstream says of each struct and field, out of the file that `make setup` makes (tools/published.py)."""

from __future__ import annotations

import functools
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from importlib import resources
from io import BytesIO

_FILE = "v1.36.zip"
MISSING = (
    "The descriptions of the Kubernetes kinds are not installed, so the API describes its fields without them: "
    "run `make setup`."
)
Said = tuple[str, Mapping[str, str]]
_NOTHING: Said = ("", {})
_LOG = logging.getLogger("podlane")


class Told:
    """One reading of the file: each package is unpacked when it is first asked for, and goes with the reading."""

    def __init__(self, packed: bytes) -> None:
        self._file = zipfile.ZipFile(BytesIO(packed)) if packed else None
        self._members = set(self._file.namelist()) if self._file else set()
        self._read: dict[str, Mapping[str, Sequence[object]]] = {}

    def of(self, struct: str) -> Said:
        """Return what is said of a struct (`core.v1.Service`) and of its fields by name."""
        package = struct.rpartition(".")[0]
        member = f"{package}.json"
        if self._file is None or member not in self._members:
            return _NOTHING
        if package not in self._read:
            self._read[package] = json.loads(self._file.read(member))
        found = self._read[package].get(struct)
        if found is None:
            return _NOTHING
        said, fields = found
        return str(said), dict(fields) if isinstance(fields, dict) else {}


def read() -> Told:
    """Open the file; without it nothing is said of anything, and the log says so once."""
    found = resources.files("app.kubeapi").joinpath("published", _FILE)
    if not found.is_file():
        _warn()
        return Told(b"")
    return Told(found.read_bytes())


@functools.cache
def _warn() -> None:
    _LOG.warning(MISSING)
