"""The channels of exec, and how a command's end is told."""

import pytest

from app.kubeapi import streaming
from app.terminal.running import ShellResult


@pytest.mark.parametrize(
    ("done", "reason", "cause"),
    [
        (ShellResult("", "", 3), "NonZeroExitCode", {"reason": "ExitCode", "message": "3"}),
        (ShellResult("", "", 126, 0, "no such program"), "InternalError", {"message": "no such program"}),
    ],
)
def test_a_failed_command_ends_with_its_status(done: ShellResult, reason: str, cause: dict[str, str]) -> None:
    told = streaming.ending(done.exit_code, done.refusal)
    assert (told["status"], told["reason"], told["details"]["causes"]) == ("Failure", reason, [cause])


def test_a_command_that_went_well_ends_with_success() -> None:
    assert streaming.ending(0) == {"metadata": {}, "status": "Success"}
