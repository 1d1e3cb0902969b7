"""Field selectors."""

from __future__ import annotations

import pytest

from app.machinery import errors, fields


@pytest.mark.parametrize(
    ("text", "pod", "expected"),
    [
        ("", {}, True),
        ("metadata.name=web", {"metadata.name": "web"}, True),
        ("metadata.name==web", {"metadata.name": "web"}, True),
        ("metadata.name!=web", {"metadata.name": "web"}, False),
        ("status.phase!=Running", {}, True),
        ("metadata.name=web,status.phase=Running", {"metadata.name": "web", "status.phase": "Running"}, True),
        ("metadata.name=web,status.phase=Running", {"metadata.name": "web"}, False),
        (r"reason=a\,b\=c", {"reason": "a,b=c"}, True),
    ],
)
def test_terms_are_anded(text: str, pod: dict[str, str], expected: bool) -> None:
    selector = fields.parse(text)
    assert fields.matches(selector, lambda field: pod.get(field, "")) is expected
    assert fields.parse(fields.format(selector)) == selector


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "invalid selector: 'a'; can't understand 'a'"),
        ("a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"),
        ("a=b=c", "invalid field selector: unescaped character in value: a=b=c"),
    ],
)
def test_unreadable_field_selectors_are_refused(text: str, words: str) -> None:
    with pytest.raises(errors.BadRequest) as refusal:
        fields.parse(text)
    assert refusal.value.message == words


def test_a_field_that_the_kind_cannot_be_selected_by_is_named() -> None:
    with pytest.raises(errors.BadRequest, match=r"field label not supported: spec\.foo"):
        fields.check_supported(fields.parse("spec.foo=1"), {"metadata.name"})


def test_the_pinned_value_is_known() -> None:
    selector = fields.parse("metadata.name=web,status.phase!=Running")
    assert fields.required_value(selector, "metadata.name") == "web"
    assert fields.required_value(selector, "status.phase") is None
