"""The page of terminal lines says what the registry says, and every command stands the comparison with kubectl."""

import pytest

from app.terminal.kubectl import commands
from tests.terminal.parity import test_reads, test_writes
from tools import lines

TYPED = [*test_reads.LINES, *(line for scene in test_writes.SCENES.values() for line in scene)]
OURS_ALONE = {"edit": "opens the page's editor", "config view": "says how to get the kubeconfig"}


def test_the_page_is_as_its_registry_is_now() -> None:
    assert lines.PLACE.read_text() == lines.text()


@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda command: command.name)
def test_a_command_is_compared_with_the_real_one(command: commands.Command) -> None:
    if " ".join(command.words) in OURS_ALONE:
        return
    found = [commands.find(line.partition("kubectl ")[2].split()) for line in TYPED if "kubectl " in line]
    assert any(one is not None and one[0] is command for one in found)
