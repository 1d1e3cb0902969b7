"""kubectl get (pkg/cmd/get, release 1.36): tables from the server, other forms printed here."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.terminal.kubectl import api, gotext, kube, paths, tabs
from app.terminal.kubectl.flags import Flag, Given, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

FLAGS: tuple[Flag, ...] = (
    text("output", "o"),
    text("selector", "l"),
    text("field-selector"),
    switch("all-namespaces", "A"),
    switch("watch", "w"),
    switch("watch-only"),
    switch("output-watch-events"),
    switch("show-labels"),
    several("label-columns", "L"),
    text("sort-by"),
    switch("no-headers"),
    switch("show-kind"),
    switch("show-managed-fields"),
    switch("ignore-not-found"),
    number("chunk-size", default="500"),
    text("template"),
    text("subresource"),
    several("filename", "f"),
    switch("recursive", "R"),
    switch("server-print", default="true"),
    switch("allow-missing-template-keys", default="true"),
    text("raw"),
)
FORMATS = (
    "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,"
    "kyaml,name,template,templatefile,wide,yaml"
)
WITH_ARGUMENT = ("jsonpath", "custom-columns", "jsonpath-as-json", "go-template", "template")


@dataclass(slots=True)
class Grid:
    """Rows that are set together, with the widths they had before."""

    widths: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def flush(self) -> str:
        """Set the rows that came since the last time."""
        text = tabs.table(self.rows, self.widths)
        self.rows.clear()
        return text


@dataclass(frozen=True, slots=True)
class Style:
    """How rows are shown."""

    wide: bool = False
    headers: bool = True
    kind: bool = False
    namespace: bool = False
    labels: bool = False
    columns: tuple[str, ...] = ()
    events: bool = False


async def get(kubectl: Kube, given: Given) -> int:
    """Show one or many resources."""
    if given.text("raw"):
        kubectl.out(await kubectl.text(given.text("raw")))
        return 0
    form, argument = output(given)
    if not given.words and not given.list("filename"):
        kubectl.err(
            'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported '
            "resources.\n\n"
        )
        raise api.Failed(
            'error: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that '
            "resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples"
        )
    wanted = await kube.meant(kubectl, given.words, given)
    if given.on("watch") or given.on("watch-only"):
        return await _watch(kubectl, given, wanted, form)
    if form in ("", "wide"):
        return await _tables(kubectl, given, wanted, wide=form == "wide")
    return await _printed(kubectl, given, wanted, (form, argument))


def output(given: Given) -> tuple[str, str]:
    """Return the form asked for and its argument; fails on an unknown one."""
    form, sign, argument = given.text("output").partition("=")
    if not form and given.text("template"):
        return "go-template", given.text("template")
    if sign and form not in WITH_ARGUMENT:
        form = given.text("output")
    if form and form not in ("wide", "yaml", "json", "name", *WITH_ARGUMENT):
        raise api.error(
            f'unable to match a printer suitable for the output format "{form}", allowed formats are: {FORMATS}'
        )
    if form in WITH_ARGUMENT and not argument:
        if given.text("template"):
            return form, given.text("template")
        if form == "custom-columns":
            raise api.error("custom-columns format specified but no custom columns given")
        raise api.error("template format specified but no template given")
    return form, argument


# --- tables --------------------------------------------------------------------------------------


def style_of(given: Given, wanted: Sequence[Meant], *, wide: bool) -> Style:
    """Return how the flags want rows shown."""
    kinds = {one.resource for one in wanted}
    several_kinds = len(kinds) > 1 or given.on("show-kind")
    return Style(
        wide=wide,
        headers=not given.on("no-headers"),
        kind=several_kinds or (bool(given.words) and given.words[0].split(",")[0] == "all"),
        namespace=given.on("all-namespaces"),
        labels=given.on("show-labels"),
        columns=tuple(given.list("label-columns")),
        events=given.on("output-watch-events"),
    )


async def _tables(kubectl: Kube, given: Given, wanted: Sequence[Meant], *, wide: bool) -> int:
    style = style_of(given, wanted, wide=wide)
    grid, last, shown = Grid(), None, 0
    refusals: list[api.Refused] = []
    sort_by = given.text("sort-by")
    pages: list[tuple[Meant, Any]] = []
    for one in wanted:
        query = dict(kube.selecting(given))
        if not one.name and given.number("chunk-size"):
            query["limit"] = str(given.number("chunk-size"))
        if sort_by:
            query["includeObject"] = "Object"
        try:
            pages.append((one, await _pages(kubectl, one, query)))
        except api.Refused as refused:
            if not (refused.code == 404 and given.on("ignore-not-found")):
                refusals.append(refused if one.name else kube.not_listed(one, given, refused))
    for one, table in pages:
        rows = table.get("rows") or []
        if sort_by:
            rows = sorted_rows(rows, sort_by)
        if not rows:
            continue
        if last is not None and last != one.resource:
            kubectl.out(grid.flush() + "\n")
            grid = Grid()
        own = replace(style, namespace=style.namespace and one.resource.namespaced)
        grid.rows += _rows(table, rows, own, one, headers=last != one.resource and style.headers)
        last, shown = one.resource, shown + len(rows)
    kubectl.out(grid.flush())
    kube.refuse_all(refusals)
    if not shown and not given.on("ignore-not-found"):
        namespaced = any(one.resource.namespaced for one in wanted) and not given.on("all-namespaces")
        kubectl.err(f"No resources found in {kubectl.namespace} namespace.\n" if namespaced else "No resources found\n")
    return 0


async def _pages(kubectl: Kube, one: Meant, query: Mapping[str, str]) -> Any:
    table = await kubectl.table(one.path, {} if one.name else query)
    rest = (table.get("metadata") or {}).get("continue")
    while rest and not one.name:
        more = await kubectl.table(one.path, {**query, "continue": rest})
        table["rows"] = [*table.get("rows", ()), *more.get("rows", ())]
        rest = (more.get("metadata") or {}).get("continue")
    return table


def _rows(
    table: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], style: Style, one: Meant, *, headers: bool
) -> list[list[str]]:
    columns = table.get("columnDefinitions") or []
    kept = [place for place, column in enumerate(columns) if style.wide or not column.get("priority")]
    made: list[list[str]] = []
    if headers:
        head = [columns[place]["name"].upper() for place in kept]
        head += [name.rpartition("/")[2].upper() for name in style.columns]
        head = (["NAMESPACE"] if style.namespace else []) + head + (["LABELS"] if style.labels else [])
        made.append((["EVENT"] if style.events else []) + head)
    for row in rows:
        cells = [_cell(row["cells"][place]) for place in kept]
        if style.kind and kept and columns[kept[0]].get("name") == "Name":
            cells[0] = f"{one.resource.group_kind}/{cells[0]}"
        elif style.kind:
            cells = [
                f"{one.resource.group_kind}/{cell}" if columns[kept[at]].get("format") == "name" else cell
                for at, cell in enumerate(cells)
            ]
        meta = (row.get("object") or {}).get("metadata") or {}
        labels = meta.get("labels") or {}
        cells += [labels.get(name, "") for name in style.columns]
        if style.namespace:
            cells = [meta.get("namespace", ""), *cells]
        if style.labels:
            cells.append(",".join(f"{name}={labels[name]}" for name in sorted(labels)) or "<none>")
        made.append(cells)
    return made


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        cut = min((place for place in (value.find(sign) for sign in "\f\n\r") if place >= 0), default=-1)
        return value if cut < 0 else value[:cut] + "..."
    return gotext.scalar(value)


def sorted_rows(rows: Sequence[Any], expression: str) -> list[Any]:
    """Sort table rows by a field of their objects (get.SortObjects)."""
    path = _path(expression)

    def key(row: Any) -> Any:
        found = paths.values(path, row.get("object", row))
        return found[0] if found else None

    return sorted_by(rows, key, expression) if any(key(row) is not None for row in rows) else []


def _path(expression: str) -> str:
    try:
        return paths.relaxed(expression)
    except paths.PathFault as fault:
        raise api.error(str(fault)) from None


def sorted_by(rows: Sequence[Any], key: Any, expression: str) -> list[Any]:
    """Sort, what lacks the field first; fails when no object has it."""
    keyed = [(key(row), row) for row in rows]
    if rows and all(one is None for one, _ in keyed):
        raise api.error(f'couldn\'t find any field with path "{_path(expression)}" in the list of objects')

    def compare(left: Any, right: Any) -> int:
        first, second = left[0], right[0]
        if first is None or second is None:
            return (second is None) - (first is None)
        if isinstance(first, str) and isinstance(second, str):
            return _natural(first, second)
        if isinstance(first, dict | list) or type(first) is not type(second):
            return 0
        return int(first > second) - int(first < second)

    return [row for _, row in sorted(keyed, key=functools.cmp_to_key(compare))]


def _natural(first: str, second: str) -> int:
    def pieces(text: str) -> list[Any]:
        return [(0, int(one), one) if one.isdecimal() else (1, 0, one) for one in re.findall(r"\d+|\D+", text)]

    left, right = pieces(first), pieces(second)
    return (left > right) - (left < right)


# --- watching ------------------------------------------------------------------------------------


async def _watch(kubectl: Kube, given: Given, wanted: Sequence[Meant], form: str) -> int:
    if len(wanted) != 1:
        raise api.error("you may only specify a single resource type")
    (one,) = wanted
    style = style_of(given, wanted, wide=form == "wide")
    style = replace(style, namespace=style.namespace and one.resource.namespaced)
    grid = Grid()
    whole = replace(one, name="")
    query = dict(kube.selecting(given))
    if one.name:
        query["fieldSelector"] = f"metadata.name={one.name}"
    table = await kubectl.table(one.path, {} if one.name else query)
    version = str((table.get("metadata") or {}).get("resourceVersion") or "")
    headed = False
    rows = table.get("rows") or []
    objects_form = form not in ("", "wide")
    if not given.on("watch-only") and rows:
        if objects_form:
            obj = await kubectl.ask("GET", one.path, query=query if not one.name else None)
            for member in obj.get("items", [obj]):
                kubectl.out(_whole(one, member, form, given.text("output").partition("=")[2]))
        else:
            made = _rows(table, rows, style, one, headers=style.headers)
            grid.rows += [made[0], *[["ADDED", *cells] for cells in made[1:]]] if style.events else made
            kubectl.out(grid.flush())
        headed = True
    accept = api.JSON if objects_form else api.TABLE
    columns = table.get("columnDefinitions") or []
    async for event in kubectl.events(whole.path, {**query, "resourceVersion": version}, accept):
        told = event.get("object") or {}
        if event.get("type") in ("BOOKMARK", "ERROR"):
            if event["type"] == "ERROR":
                raise api.Refused(told)
            continue
        if objects_form:
            kubectl.out(_whole(one, told, form, given.text("output").partition("=")[2]))
            continue
        columns = told.get("columnDefinitions") or columns
        made = _rows(
            {"columnDefinitions": columns}, told.get("rows") or [], style, one, headers=not headed and style.headers
        )
        skip = 0 if headed or not style.headers else 1
        grid.rows += made[:skip] + [([event["type"]] if style.events else []) + cells for cells in made[skip:]]
        headed = True
        kubectl.out(grid.flush())
    return 0


# --- other forms ---------------------------------------------------------------------------------


def _whole(one: Meant, obj: Mapping[str, Any], form: str, argument: str) -> str:
    full = {"apiVersion": one.resource.api_version, "kind": one.resource.kind, **obj}
    return print_object(full, form, argument)


def without_managed(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without its managedFields."""
    meta = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "managedFields"}
    return {**obj, "metadata": meta}


async def _printed(kubectl: Kube, given: Given, wanted: Sequence[Meant], told: tuple[str, str]) -> int:
    form, argument = told
    found, refusals = await kube.read(kubectl, wanted, given)
    if given.on("ignore-not-found"):
        refusals = [one for one in refusals if one.code != 404]
    shown = [one.obj or {} for one in found]
    if form in ("yaml", "json") and not given.on("show-managed-fields"):
        shown = [without_managed(obj) for obj in shown]
    if given.text("sort-by"):
        path = _path(given.text("sort-by"))
        shown = sorted_by(shown, lambda obj: next(iter(paths.values(path, obj)), None), given.text("sort-by"))
    single = len(wanted) == 1 and bool(wanted[0].name)
    if form == "name":
        by = {id(one.obj): one.label for one in found}
        labels = [by.get(id(obj)) or _label(obj) for obj in shown]
        kubectl.out("".join(f"{label}\n" for label in labels))
    elif form == "custom-columns":
        kubectl.out(custom_columns(shown, argument, headers=not given.on("no-headers")))
    elif single:
        if shown:
            kubectl.out(print_object(shown[0], form, argument))
    elif shown or form in ("json", "yaml") or not refusals:
        listed = {"apiVersion": "v1", "items": shown, "kind": "List", "metadata": {"resourceVersion": ""}}
        if shown or not refusals:
            kubectl.out(print_object(listed, form, argument))
    kube.refuse_all(refusals)
    return 0


def _label(obj: Mapping[str, Any]) -> str:
    version, kind = str(obj.get("apiVersion") or ""), str(obj.get("kind") or "").lower()
    group = version.partition("/")[0] if "/" in version else ""
    return f"{kind}.{group}/{obj['metadata']['name']}" if group else f"{kind}/{obj['metadata']['name']}"


def print_object(obj: Mapping[str, Any], form: str, argument: str = "") -> str:
    """Print one object in a form."""
    if form == "yaml":
        return gotext.as_yaml(obj)
    if form == "json":
        return gotext.indented(obj)
    if form == "name":
        return _label(obj) + "\n"
    try:
        paths.parse(argument)
    except paths.PathFault as fault:
        raise api.error(f"error parsing jsonpath {argument}, {fault}") from None
    try:
        if form == "jsonpath":
            return paths.render(argument, obj)
        if form == "jsonpath-as-json":
            return gotext.indented(paths.values(argument, obj))
    except paths.PathFault as fault:
        raise api.Failed(
            f'error: error executing jsonpath "{argument}": Error executing template: {fault}. Printing more information for '
            f"debugging the template:\n\ttemplate was:\n\t\t{argument}\n\tobject given to jsonpath engine was:\n\t\t{gotext.syntax(obj)}\n\n\n"
        ) from None
    raise api.error(f"this terminal does not print with {form}; jsonpath and custom-columns do the same")


def custom_columns(shown: Sequence[Mapping[str, Any]], spec: str, *, headers: bool) -> str:
    """Print columns of one's own: `NAME:.metadata.name,IP:.status.podIP`."""
    columns = []
    for part in spec.split(","):
        head, sign, path = part.partition(":")
        if not sign:
            raise api.error(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        columns.append((head, _path(path)))
    rows = [[head for head, _ in columns]] if headers else []
    for obj in shown:
        cells = []
        for _, path in columns:
            found = paths.values(path, obj)
            cells.append(",".join(_column(one) for one in found) if found else "<none>")
        rows.append(cells)
    return tabs.table(rows)


def _column(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{_column(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_column(one) for one in value) + "]"
    return gotext.scalar(value)
