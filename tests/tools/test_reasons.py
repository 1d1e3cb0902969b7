"""The page of reasons says what the registry says."""

from tools import reasons


def test_the_page_is_as_its_registry_is_now() -> None:
    assert reasons.PAGE.read_text() == reasons.page()
