"""The two halves of the suite together are the whole suite, and nothing runs twice."""

import pytest

from tools import suite


def test_what_one_half_runs_the_other_leaves_out() -> None:
    waiting, rest = suite.commands(["-q"])
    assert [f"--ignore={folder}" for folder in waiting[4:]] == rest[4:]
    assert waiting[:4] == rest[:4]


@pytest.mark.parametrize("folder", suite.WAITING)
def test_the_folders_are_there(folder: str) -> None:
    assert (suite.ROOT / folder).is_dir()
