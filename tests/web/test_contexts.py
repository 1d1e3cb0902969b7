"""Templates use what their contexts have and nothing else; every context field is used."""

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta, nodes

from app.web import certified, contexts, inspected, render

FOLDER = render.templates_folder()
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
FOLDER_LOADER = jinja2.FileSystemLoader(FOLDER)
# One YAML form stands in two places: its include names it `edit`.
ROOTS = {**contexts.ROOTS, "edit": inspected.Editing}
KNOWN = {**vars(certified), **vars(inspected), **vars(contexts)}
SHAPES = [shape for shape in KNOWN.values() if isinstance(shape, type) and dataclasses.is_dataclass(shape)]
# Read by scripts and tests of the page, or by Python between two contexts.
NOT_IN_TEMPLATES = {
    "Result.source",
    "Result.to",
    "StepView.reason",
    "Naming.failed",
    "FixView.worked",
    "Fault.document",
    "Attempt.sentence",
    # Told by the JSON API.
    "Because.actor",
    "Change.actor",
    "Change.at",
}


def parsed(template: str) -> nodes.Template:
    source, _, _ = FOLDER_LOADER.get_source(render.environment(), template)
    return render.environment().parse(source)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_uses_only_known_roots(template: str) -> None:
    tree = parsed(template)
    macros = {name for found in tree.find_all(nodes.FromImport) for name in found.names}
    macros |= {found.name for found in tree.find_all(nodes.Macro)}
    unknown = meta.find_undeclared_variables(tree) - set(ROOTS) - macros
    assert not unknown, f"{template} uses {sorted(unknown)}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_asks_a_context_only_for_fields_it_has(template: str) -> None:
    wrong = []
    for name, field in attributes(parsed(template)):
        shape = ROOTS.get(name)
        if shape is not None and field not in fields_of(shape):
            wrong.append(f"{name}.{field}")
    assert not wrong


def attributes(tree: nodes.Template) -> Iterator[tuple[str, str]]:
    """Yields (variable, attribute) for each `variable.attribute`."""
    for found in tree.find_all(nodes.Getattr):
        if isinstance(found.node, nodes.Name):
            yield found.node.name, found.attr


def fields_of(shape: type) -> set[str]:
    return {field.name for field in dataclasses.fields(shape)}


def test_every_field_of_a_context_is_shown() -> None:
    text = "\n".join((FOLDER / template).read_text() for template in TEMPLATES)
    used = set(re.findall(r"\.(\w+)", text))
    unused = {
        f"{shape.__name__}.{field.name}"
        for shape in SHAPES
        for field in dataclasses.fields(shape)
        if field.name not in used
    }
    # Tuples are unpacked by position.
    assert unused <= NOT_IN_TEMPLATES, sorted(unused - NOT_IN_TEMPLATES)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_contexts_are_frozen_and_hold_nothing_that_changes(shape: type) -> None:
    assert shape.__dataclass_params__.frozen  # type: ignore[attr-defined]
    for name, hint in typing.get_type_hints(shape).items():
        kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        assert not {typing.get_origin(kind) or kind for kind in kinds} & {list, dict, set}, name


def test_words_that_python_says_are_all_there() -> None:
    known = render.words_file()
    missing = []
    for path in (Path(render.__file__).parent).rglob("*.py"):
        for groups in re.findall(r'words\.say\(((?:"[a-z_A-Z]+"(?:, )?)+)', path.read_text()):
            found: typing.Any = known
            for step in re.findall(r'"([^"]+)"', groups):
                found = found.get(step) if isinstance(found, dict) else None
            if found is None:
                missing.append(f"{path.name}: {groups}")
    assert not missing
