"""Puts the published descriptions of the Kubernetes kinds into app/kubeapi/published/, as `make setup` calls it.

They come from a locked package that ships the upstream schemas of many releases; one of its files is read, and nothing
of it is committed. Fields and their types are facts, which are committed: see tools/schemas.py.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import schemas  # the sibling tool: which release, and how structs are named

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "schemas.txt"
FOLDER = ROOT / "app" / "kubeapi" / "published"
SOURCE = f"kubernetes_validate/kubernetes-json-schema/{schemas.RELEASE}.0-local/_definitions.json"
DOWNLOAD = ("download", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:")
NO_TIME = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *DOWNLOAD]
        subprocess.run([*command, "--dest", folder, "--requirement", str(LOCK)], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as package:
            definitions: dict[str, Any] = json.loads(package.read(SOURCE))["$defs"]
            licence = licence_of(package)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    write(FOLDER / f"{schemas.RELEASE}.zip", told(definitions), licence)
    (FOLDER / ".stamp").touch()
    return 0


def licence_of(package: zipfile.ZipFile) -> str:
    """The licence text that the package comes with."""
    found = [name for name in package.namelist() if re.search(r"\.dist-info/(licenses/)?LICEN[CS]E", name)]
    if not found:
        raise SystemExit("the package of the published schemas comes without a licence text; it cannot be served")
    return package.read(found[0]).decode()


def told(definitions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is said of each struct and its fields, by package (`core.v1`)."""
    found: dict[str, dict[str, Any]] = {}
    for name, definition in definitions.items():
        struct = schemas.short(name)
        fields = definition.get("properties", {})
        said = {field: schema["description"] for field, schema in fields.items() if "description" in schema}
        found.setdefault(struct.rpartition(".")[0], {})[struct] = [definition.get("description", ""), said]
    return found


def write(path: Path, packages: dict[str, dict[str, Any]], licence: str) -> None:
    """Write one member for each package, so that a document reads only those it needs."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as target:
        for name, content in {**packages, "LICENSE": licence}.items():
            member = zipfile.ZipInfo(name if name == "LICENSE" else f"{name}.json", NO_TIME)
            text = content if isinstance(content, str) else schemas.dense(content)
            target.writestr(member, text, zipfile.ZIP_LZMA)


if __name__ == "__main__":
    sys.exit(main())
