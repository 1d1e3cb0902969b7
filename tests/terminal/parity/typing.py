"""One line, typed into the page's terminal and into the real kubectl: what each prints, and its exit code."""

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.playground import KUBECTL, Playground

SHAPE = [
    (re.compile(r"http://127\.0\.0\.1:\d+/clusters/(\w+)(?:/keys/[\w-]+)?"), r"SERVER/\1"),
    (re.compile(r"(?<![\w.-])(?:\d+[smhd]){1,2}(?![\w.-])"), "AGE"),
    (re.compile(r"AGE +"), "AGE "),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000"), "MOMENT"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "MOMENT"),
    (re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"), "MOMENT"),
    (re.compile(r'resourceVersion: "\d+"'), "resourceVersion: N"),
    (re.compile(r"(started-at-revision)(: \"?| already has a value \()\d+"), r"\1\2N"),
]
"""What two runs of one line cannot share: ages, uids, moments, revisions."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a line printed and ended with."""

    stdout: str
    stderr: str
    code: int

    def shape(self) -> "Printed":
        """The same without what differs from run to run."""
        return Printed(_shape(self.stdout), _shape(self.stderr), self.code)

    def unordered(self) -> "Printed":
        """The same with its lines sorted, for what is printed in an order of chance."""
        return Printed("".join(sorted(self.stdout.splitlines(keepends=True))), self.stderr, self.code)


def _shape(text: str) -> str:
    for pattern, word in SHAPE:
        text = pattern.sub(word, text)
    return text


class Terminal:
    """The page's terminal of one playground, through its form; it keeps its desk as the page does."""

    def __init__(self, ground: Playground, role: str = "edit") -> None:
        self.ground = ground
        self.key = ground.made[f"{role}_key"]
        self.desk = "{}"
        self.edit = ""

    def type(self, line: str) -> Printed:
        """Types a line and reads what comes until it ended."""
        body = urllib.parse.urlencode({"line": line, "desk": self.desk}).encode()
        headers = {"Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(f"{self.ground.url}/p/{self.ground.id}/terminal", body, headers)
        out: dict[str, list[str]] = {"out": [], "err": [], "note": []}
        event, code = "", None
        with urllib.request.urlopen(request, timeout=60) as answer:
            for raw in answer:
                text = raw.decode().rstrip("\n")
                if text.startswith("event: "):
                    event = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    told = json.loads(text.removeprefix("data: "))
                    if event == "told":
                        out[told["kind"]] += [part[0] for part in told["parts"]]
                    else:
                        code, self.desk, self.edit = told["code"], json.dumps(told["desk"]), told.get("edit", "")
        assert code is not None, f"{line}: the stream ended without an end"
        return Printed("".join(out["out"]), "".join(out["err"]) + "".join(out["note"]), code)


def really(ground: Playground, line: str) -> Printed:
    """Types the line into a real shell with the real kubectl."""
    home: Path = ground.home
    environment = {**ground.environment(), "PATH": f"{Path(KUBECTL).parent}:{os.defpath}"}
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        cwd=home,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Printed(done.stdout, done.stderr, done.returncode)
