"""Runs every test as two pytest processes side by side, so that two cores are well used.

What waits for other programs (kubectl, the browser) goes with the Kubernetes API; the other half is everything else. A folder
that is new belongs to the other half by itself.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAITING = ("tests/kubeapi", "tests/e2e")


def commands(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the command of each half: what waits for other programs, and the rest."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    return [*pytest, *WAITING], [*pytest, *(f"--ignore={folder}" for folder in WAITING)]


def main(arguments: list[str]) -> int:
    """Print the rest's progress as it comes, then what the waiting half said; fail if either failed."""
    waiting, rest = commands(arguments)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        beside = subprocess.Popen(waiting, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            results = [subprocess.run(rest, cwd=ROOT, check=False).returncode, beside.wait()]
        finally:
            beside.terminate()
        said.seek(0)
        sys.stdout.write(said.read())
    return int(any(results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
