"""The list of deviations holds each marked sentence whole."""

import pytest

from tools import differs


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("# DIFFERS: upstream waits 50 s.\nx = 1", "upstream waits 50 s."),
        ("    # DIFFERS: upstream waits\n    # 50 s.\n    x = 1", "upstream waits 50 s."),
        ('    """Promise.\n\n    DIFFERS: one\n    thing.\n\n    More.\n    """', "one thing."),
        ('    """Promise.\n\n    DIFFERS: one thing."""', "one thing."),
        ('    """Promise. DIFFERS: one\n    thing.\n    """\n    return 1', "one thing."),
        ("# DIFFERS: one.\n# DIFFERS: two.", "one."),
        ("x = 1  # DIFFERS: upstream has 2\ny = 2", "upstream has 2"),
    ],
)
def test_a_sentence_ends_where_its_paragraph_does(source: str, sentence: str) -> None:
    lines = source.splitlines()
    first = next(number for number, line in enumerate(lines) if differs.MARK.search(line))
    assert differs.sentence(lines[first:]) == sentence
