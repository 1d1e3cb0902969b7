"""The quick loop: format, lint, types of both languages and the pure tests (import walls among them), side by side."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import node

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PURE = ("arch", "machinery", "cluster", "kinds", "controllers", "dataplane", "engine")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said and how long it took."""

    name: str
    passed: bool
    text: str
    seconds: float


def checks() -> dict[str, list[str]]:
    """Name and command of each check, the longest first so that two cores are well used."""
    folders = [f"tests/{name}" for name in PURE if (ROOT / "tests" / name).is_dir()]
    return {
        "tests": [str(BIN / "python"), "-m", "pytest", "-q", "-x", "--no-header", *folders],
        "mypy": [str(BIN / "mypy")],
        "tsc": [str(node.home() / "node"), "node_modules/typescript/bin/tsc", "--project", "tsconfig.json"],
        "node": [str(BIN / "python"), "tools/node.py", "--test", "tests/js/**/*.test.{js,mjs}"],
        "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    }


def run(name: str, command: list[str]) -> Outcome:
    start = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=node.environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Outcome(name, done.returncode == 0, done.stdout, time.monotonic() - start)


def main(arguments: list[str]) -> int:
    chosen = {name: command for name, command in checks().items() if not arguments or name in arguments}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(run, chosen.keys(), chosen.values()))
    for outcome in outcomes:
        print(f"{outcome.name:<8} {'ok' if outcome.passed else 'FAILED':<6} {outcome.seconds:5.1f} s")
    for outcome in outcomes:
        if not outcome.passed:
            print(f"\n--- {outcome.name} ---\n{outcome.text}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
