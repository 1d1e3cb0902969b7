"""How long a script runs before it exits, as far as its words say, and how `$` is filled in for it."""

import pytest

from app.kinds import images, processes


@pytest.mark.parametrize(
    ("script", "stays", "seconds", "code"),
    [
        ("echo hi; sleep 3; exit 4", False, 3.0, 4),
        ("sleep 2; sleep 3", False, 5.0, 0),
        ("for i in $(seq 5); do date; sleep 2; done", False, 10.0, 0),
        ("for i in `seq 3 4`; do sleep 1; done", False, 2.0, 0),
        ("for i in {1..4}; do sleep 1; done", False, 4.0, 0),
        ("for i in a b c; do sleep 1; done", False, 3.0, 0),
        ("for i in $(seq 1 600); do dig web; sleep 1; done", True, 0.0, 0),
        ("while true; do date; sleep 1; done", True, 0.0, 0),
        ("sleep 3600", True, 0.0, 0),
    ],
)
def test_a_script_ends_when_its_sleeps_are_over(script: str, stays: bool, seconds: float, code: int) -> None:
    found = processes.understand(["sh", "-c", script])
    assert (found.stays, found.seconds, found.exit_code) == (stays, seconds, code)


@pytest.mark.parametrize(
    ("word", "filled"),
    [
        ("$(NAME)", "value"),
        ("$$(NAME)", "$(NAME)"),
        ("$(NONE)", "$(NONE)"),
        ('"$$(dig +short web A)" $$i $HOME', '"$(dig +short web A)" $i $HOME'),
    ],
)
def test_commands_are_filled_in_as_the_kubelet_does(word: str, filled: str) -> None:
    assert images.expanded([word], {"env": [{"name": "NAME", "value": "value"}]}) == [filled]
