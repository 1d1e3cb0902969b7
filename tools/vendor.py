"""Puts the locked front-end libraries into static/vendor/, and with --dev only the test tools into node_modules/.

Nothing is downloaded when node_modules/ already is what package-lock.json says; nothing third-party is committed.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import node

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
MARK = MODULES / ".podlane"

# From the package, to the name under static/vendor/.
COPIES = {
    "htmx.org/dist/htmx.esm.min.js": "htmx.js",
    "htmx.org/dist/htmx.d.ts": "htmx.d.ts",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2": "jetbrains-mono-latin.woff2",
}


def fingerprint() -> str:
    """What decides the contents of node_modules/, as one hash."""
    parts = (ROOT / name for name in ("package-lock.json", "package.json", ".npmrc"))
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def installed() -> tuple[str, str]:
    """(fingerprint, "run" or "dev") of what node_modules/ holds, or two empty texts."""
    if not MARK.is_file():
        return "", ""
    print_of_lock, _, kind = MARK.read_text().partition(" ")
    return print_of_lock, kind


def install(kind: str) -> None:
    """Makes node_modules/ what the lock says; "dev" holds all that "run" does and the test tools."""
    held = installed()
    if held in ((fingerprint(), kind), (fingerprint(), "dev")):
        return
    omit = ["--omit=dev"] if kind == "run" else []
    # An unreachable registry costs minutes of retries when the cache is not preferred.
    command = [*node.npm(), "ci", "--prefer-offline", "--loglevel=error", *omit]
    subprocess.run(command, cwd=ROOT, env=node.environment(), check=True, stdout=subprocess.DEVNULL)
    MARK.write_text(f"{fingerprint()} {kind}")


def copy() -> set[str]:
    """Copies the files that need no bundling; returns the packages they come from."""
    for source, target in COPIES.items():
        shutil.copyfile(MODULES / source, VENDOR / target)
    return {package_of(source) for source in COPIES}


def bundle() -> set[str]:
    """Bundles the editor into one file; returns the packages that went in.

    Two copies of @codemirror/state would break it, so it cannot be served unbundled.
    """
    entry = ROOT / "tools" / "editor-entry.js"
    (binary,) = MODULES.glob("@esbuild/*/bin/esbuild")
    report = MODULES / ".editor-bundle.json"
    command = [
        *(str(binary), str(entry), "--bundle", "--format=esm", "--minify", "--target=es2022", "--log-level=warning"),
        *("--legal-comments=none", f"--metafile={report}", f"--outfile={VENDOR / 'editor.js'}"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    # The entry is nothing but exports, so it is the bundle's type declaration as well.
    shutil.copyfile(entry, VENDOR / "editor.d.ts")
    inputs = json.loads(report.read_text())["inputs"]
    return {package_of(path.partition("node_modules/")[2]) for path in inputs if "node_modules/" in path}


def package_of(path: str) -> str:
    """The package that a path below node_modules/ belongs to."""
    parts = path.split("/")
    return "/".join(parts[:2] if path.startswith("@") else parts[:1])


def licences(packages: set[str]) -> str:
    """The licence texts of everything that is served, as their licences ask."""
    chapters = []
    for package in sorted(packages):
        version = json.loads((MODULES / package / "package.json").read_text())["version"]
        texts = sorted((MODULES / package).glob("LICENSE*"))
        if not texts:
            raise SystemExit(f"{package} {version} comes without a licence text; it cannot be served")
        chapters.append(f"{package} {version}\n\n" + "\n".join(text.read_text().strip() for text in texts))
    return ("\n\n" + "=" * 72 + "\n\n").join(chapters) + "\n"


def main(arguments: list[str]) -> int:
    if "--dev" in arguments:
        install("dev")
        return 0
    install("run")
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    (VENDOR / "LICENSES.txt").write_text(licences(copy() | bundle()))
    (VENDOR / ".stamp").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
