"""Writes docs/terminal.md: the lines that the page's terminal knows, from its own registry."""

from __future__ import annotations

import sys
from pathlib import Path

from app.terminal import typed
from app.terminal.kubectl import commands

PLACE = Path(__file__).resolve().parents[1] / "docs" / "terminal.md"
HEAD = """\
# The terminal in the page

<!-- Written by tools/lines.py from app/terminal/kubectl/commands.py; change it there and run `make fix`. -->

Under the timeline stands a terminal. It speaks kubectl without any kubectl on the server: each line below, and some three
hundred more, is typed into it and into the real kubectl 1.36 in the tests, and both must print the same. For everything
else, *kubeconfig* above the terminal (or `help kubeconfig` in it) gives you a file for the kubectl on your own machine.

* **Shell**: pipes, `&&`, `;`, loops, variables, `$(…)`, here-documents (`kubectl apply -f - <<EOF`), files (`> x.yaml`,
  kept until the tab closes), and {tools}.
* **Keys**: Tab completes, ↑ ↓ go through earlier lines, Ctrl+R searches them, Ctrl+C stops a line, Ctrl+L clears,
  Ctrl+` shows or hides the terminal. A manifest that is pasted becomes the line that applies it.
* Names in what is printed select the object in the diagram. What you do by a click appears as the line that does the same.
* `watch kubectl get pods`, `kubectl get pods -w`, `kubectl logs -f` run until Ctrl+C, ten minutes at most.
* Programs that belong inside a pod (`curl`, `nslookup`, …) say how to run them there.

"""


def text() -> str:
    """Returns what docs/terminal.md has to say."""
    shown = sorted(
        {"grep", "head", "tail", "wc", "sort", "uniq", "cut", "awk", "sed", "tr", "seq", "cat", "echo"} & typed.TOOLS
    )
    out = HEAD.replace("{tools}", ", ".join(f"`{tool}`" for tool in shown))
    for group in dict.fromkeys(command.group for command in commands.COMMANDS):
        out += f"## {group}\n\n| line | what it does | for example |\n| --- | --- | --- |\n"
        for command in commands.COMMANDS:
            if command.group == group:
                example = command.example.replace("|", "\\|")
                out += f"| `{command.name}` | {command.says} | `{example}` |\n"
        out += "\n"
    out += "## Not here\n\n"
    out += "".join(
        f"* `kubectl {name}`: {sentence.partition(': ')[0]}; {sentence.partition(': ')[2]}.\n"
        for name, sentence in commands.INSTEAD.items()
    )
    return out


def main() -> int:
    PLACE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
