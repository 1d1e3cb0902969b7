"""The YAML reader: limits that hold, scalars as Go reads them, lines as Go counts them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.machinery import scalars, yamldoc
from app.machinery.yamldoc import Mark

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{last}'] * 10)}]\n" for last, name in zip("abcdef", "bcdefg", strict=True)
)


def read(text: str) -> list[Any]:
    return [root.value for root in yamldoc.read(text, 0, yamldoc.Budget()).roots]


@pytest.mark.parametrize(
    "make",
    ["'['*100000", "'{a: '*32000", "'- '*100000", "'? '*50000", "'[{'*50000", "'a: &a [' * 100"],
)
def test_deep_nesting_is_refused_without_harm(make: str) -> None:
    """In a process of its own: the C loader would crash it."""
    program = (
        "from app.machinery import manifests\n"
        f"parsed = manifests.check({make})\n"
        "assert parsed.errors and not parsed.documents\n"
        "assert parsed.errors[0].plain\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "yaml: document contains excessive aliasing"),
        ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
        ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: " + "x" * (yamldoc.MAX_SCALAR + 1), f"yaml: a value is longer than {yamldoc.MAX_SCALAR} characters"),
        ("[" * 65 + "]" * 65, "yaml: exceeded max depth of 64"),
        ("a: .inf", "json: unsupported value: +Inf"),
        ("null: 1", "unsupported map key of type: null"),
        ("a: !!int x", "yaml: cannot decode !!str `x` as a !!int"),
        ("<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: {{ .Values.x }}", 'yaml: invalid map key: map[interface {}]interface {}{".Values.x":interface {}(nil)}'),
        ("a: \x01", "yaml: control characters are not allowed"),
        ("a: \ud800", "yaml: invalid Unicode character"),
    ],
)
def test_what_goes_too_far_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(yamldoc.Unreadable) as refusal:
        read(text)
    assert refusal.value.words == words


def test_values_are_counted_over_all_documents_of_a_text() -> None:
    budget = yamldoc.Budget(nodes=20)
    yamldoc.read("- a\n" * 10, 0, budget)
    with pytest.raises(yamldoc.Unreadable, match="more than"):
        yamldoc.read("- a\n" * 10, 0, budget)


def test_sixty_four_levels_are_read() -> None:
    assert read("[" * 64 + "]" * 64)


@pytest.mark.parametrize(
    ("text", "words", "mark"),
    [
        ("metadata:\n\tname: x\n", "yaml: line 2: found character that cannot start any token", Mark(1, 0)),
        ("\ta: b", "yaml: found character that cannot start any token", Mark(0, 0)),
        ("a:\n  b: c\n\td: e\n", "yaml: line 3: found a tab character that violates indentation", Mark(2, 0)),
        ("a: 1\nb:\n  c: d\n e: f\n", "yaml: line 3: did not find expected key", Mark(3, 1)),
        ("a: b: c\n", "yaml: mapping values are not allowed in this context", Mark(0, 4)),
        ("x: 1\na: b: c\n", "yaml: line 2: mapping values are not allowed in this context", Mark(1, 4)),
        ("- a\nb: c\n", "yaml: line 1: did not find expected '-' indicator", Mark(1, 0)),
    ],
)
def test_lines_are_counted_as_gos_parser_counts(text: str, words: str, mark: Mark) -> None:
    with pytest.raises(yamldoc.Unreadable) as refusal:
        read(text)
    assert (refusal.value.words, refusal.value.mark) == (words, mark)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True),
        ("on", True),
        ("No", False),
        ("off", False),
        ("yEs", "yEs"),
        ("~", None),
        ("", None),
        ("017", 15),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", 3),
        ("08", 8),
        ("1_000", 1000),
        ("+5", 5),
        ("-0", 0),
        ("1e3", 1000),
        ("10.10", 10.1),
        ("80.0", 80),
        (".5", 0.5),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("18446744073709551615", 18446744073709551615),
        ("1e400", "1e400"),
        ("9" * 5000, "9" * 5000),
        ("64Mi", "64Mi"),
        ("!!str 5", "5"),
        ("!mine 5", "5"),
        ('"5"', "5"),
        ("!!binary aGk=", "hi"),
        ("!!float 5", 5),
    ],
)
def test_scalars_mean_what_they_mean_to_kubectl(text: str, value: Any) -> None:
    (found,) = read(f"a: {text}\n")
    assert (type(found["a"]), found["a"]) == (type(value), value)


def test_keys_become_json_keys() -> None:
    assert read("on: 1\n5: 2\nx: 3\n") == [{"true": 1, "5": 2, "x": 3}]


def test_merge_keys_and_aliases_are_copied_in() -> None:
    (found,) = read("base: &b {x: 1, z: 2}\nall:\n  <<: *b\n  x: 3\nlist: [*b, *b]\n")
    assert found["all"] == {"x": 3, "z": 2}
    assert found["list"][0] == found["list"][1] == {"x": 1, "z": 2}
    assert found["list"][0] is not found["list"][1]


def test_the_last_of_two_equal_keys_counts_and_both_places_are_known() -> None:
    tree = yamldoc.read("a: 1\nb: 2\na: 3\n", 10, yamldoc.Budget())
    assert tree.roots[0].value == {"a": 3, "b": 2}
    assert tree.duplicates == (yamldoc.Duplicate("a", Mark(12, 0), Mark(10, 0)),)


def test_blocks_end_where_their_last_content_ends() -> None:
    tree = yamldoc.read("a:\n  b: |\n    x\n\n\n# c\nd: 1\n", 0, yamldoc.Budget())
    members = tree.roots[0].members
    assert members["a"].node.end == Mark(2, 5)
    assert members["d"].key.start == Mark(6, 0)


@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@`,? \n\t01.~<"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = None
    try:
        yamldoc.read(text, 0, yamldoc.Budget())
    except yamldoc.Unreadable as refusal:
        refused = refusal
    assert refused is None or (refused.words and refused.mark.line >= 0)


@given(text=st.text(max_size=30))
def test_quoted_text_is_read_back(text: str) -> None:
    if all(char.isprintable() for char in text):
        assert read(f"a: {scalars.quoted(text)}") == [{"a": text}]
