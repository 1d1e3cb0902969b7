"""Label selectors: every row says what upstream's selector does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.machinery import errors, labels

KEYS = st.sampled_from(["app", "tier", "env", "example.com/role"])
VALUES = st.sampled_from(["", "web", "db", "7", "a_b.c"])
LABELS = st.dictionaries(KEYS, VALUES)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("app=web", "app=web"),
        ("app==web", "app==web"),
        ("app!=web", "app!=web"),
        ("app", "app"),
        ("!app", "!app"),
        ("app in (web, db)", "app in (db,web)"),
        ("app notin (web)", "app notin (web)"),
        ("tier=a, app=b", "app=b,tier=a"),
        ("app=", "app="),
        ("app in ()", "app in ()"),
        ("app in (a,)", "app in (,a)"),
        ("n>3,m<4", "m<4,n>3"),
        ("example.com/role=x", "example.com/role=x"),
        ("in in (in)", "in in (in)"),
    ],
)
def test_selector_syntax_is_kubectls(text: str, written: str) -> None:
    assert labels.format(labels.parse(text)) == written
    assert labels.parse(labels.format(labels.parse(text))) == labels.parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a==!", "unable to parse requirement: found '!', expected: identifier"),
        ("n>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators"),
        ("-a=b", 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of'),
        ("a=-", 'unable to parse requirement: values[0][a]: Invalid value: "-": a valid label must be'),
    ],
)
def test_unreadable_selectors_are_refused_in_upstreams_words(text: str, words: str) -> None:
    with pytest.raises(errors.BadRequest) as refusal:
        labels.parse(text)
    assert refusal.value.message.startswith(words)


@pytest.mark.parametrize(
    ("selector", "pod", "expected"),
    [
        ("", {}, True),
        ("app=web", {"app": "web"}, True),
        ("app=web", {"app": "web", "extra": "x"}, True),
        ("app=web,tier=fe", {"app": "web"}, False),
        ("app!=web", {}, True),
        ("app!=web", {"app": "db"}, True),
        ("app in (web,db)", {"app": "db"}, True),
        ("app in (web,db)", {}, False),
        ("app notin (web)", {}, True),
        ("app notin (web)", {"app": "web"}, False),
        ("app", {"app": ""}, True),
        ("!app", {"app": ""}, False),
        ("n>3", {"n": "4"}, True),
        ("n>3", {"n": "three"}, False),
        ("n>3", {}, False),
        ("n<3", {"n": "2"}, True),
    ],
)
def test_requirements_are_anded_and_extra_labels_do_not_matter(
    selector: str, pod: dict[str, str], expected: bool
) -> None:
    assert labels.matches(labels.parse(selector), pod) is expected


def test_a_label_selector_joins_match_labels_and_expressions() -> None:
    selector = labels.from_label_selector(
        {
            "matchLabels": {"tier": "fe"},
            "matchExpressions": [
                {"key": "app", "operator": "In", "values": ["b", "a"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }
    )
    assert labels.format(selector) == "app in (a,b),!old,tier=fe"


def test_an_absent_label_selector_matches_nothing_and_an_empty_one_everything() -> None:
    assert not labels.matches(labels.from_label_selector(None), {})
    assert labels.matches(labels.from_label_selector({}), {"a": "b"})


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(errors.BadRequest, match='"Near" is not a valid label selector operator'):
        labels.from_label_selector({"matchExpressions": [{"key": "a", "operator": "Near"}]})


def test_each_pair_says_whether_the_key_is_missing_or_differs() -> None:
    verdicts = labels.explain({"app": "web", "tier": "fe", "env": "prod"}, {"app": "web", "tier": "be"})
    assert verdicts == [
        labels.KeyVerdict("app", "web", "web", True),
        labels.KeyVerdict("env", "prod", None, False),
        labels.KeyVerdict("tier", "fe", "be", False),
    ]


@pytest.mark.parametrize(
    ("pairs", "pod", "key"),
    [
        ({"app": "web", "tier": "fe"}, {"app": "web"}, "tier"),
        ({"app": "web", "tier": "fe"}, {"app": "web", "tier": "fe"}, None),
        ({"app": "web", "tier": "fe"}, {}, None),
        ({"app": "web"}, {"app": "wbe"}, "app"),
        ({"app": "web"}, {"name": "web"}, "app"),
        ({"app": "web"}, {"run": "db"}, None),
        ({"app": "web"}, {}, None),
    ],
)
def test_a_near_miss_is_one_pair_away(pairs: dict[str, str], pod: dict[str, str], key: str | None) -> None:
    verdict = labels.near_miss(pairs, pod)
    assert (verdict.key if verdict else None) == key


@given(pairs=LABELS, pod=LABELS)
def test_the_verdicts_agree_with_the_selector(pairs: dict[str, str], pod: dict[str, str]) -> None:
    selector = labels.from_equality(pairs)
    agreed = all(verdict.ok for verdict in labels.explain(pairs, pod))
    assert labels.matches(selector, pod) is labels.matches_pairs(pairs, pod) is agreed
    assert labels.parse(labels.format(selector)) == selector


@given(text=st.text(alphabet="ab!=<>(), \tin/-", max_size=20))
def test_reading_a_selector_ends_in_a_selector_or_a_refusal(text: str) -> None:
    try:
        selector = labels.parse(text)
    except errors.BadRequest:
        return
    assert labels.parse(labels.format(selector)) == selector
