"""What kubectl or the API server refuses in a document before any rule of its kind is asked: identity and decoding.

Each fault carries the edits that would mend it, where that is known.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.machinery import documents, edits, plain, scalars, schema
from app.machinery.documents import Document, Fault, Path
from app.machinery.schema import Decoded, FieldType, Shape

_METADATA = ("name", "namespace", "labels", "annotations", "generateName", "finalizers", "ownerReferences")


def of(document: Document) -> tuple[Fault, ...]:
    """List what is wrong with a document's identity, or else with its fields; empty when it can be created."""
    obj = document.obj
    found = identity(document)
    if found:
        return found
    decoded = schema.decode(obj, obj["apiVersion"], obj["kind"])
    return decoding(document, decoded) or nameless(document)


def identity(document: Document) -> tuple[Fault, ...]:
    """Check apiVersion and kind: there, text, and known together."""
    unset = _unset(document)
    if unset:
        return (unset,)
    kind, api_version = str(document.obj["kind"]), str(document.obj["apiVersion"])
    if kind in schema.kinds_of(api_version) or not _is_builtin(api_version, kind):
        return ()
    return (_unmatched(document, api_version, kind),)


def decoding(document: Document, decoded: Decoded) -> tuple[Fault, ...]:
    """Tell what a strict decoder refused: the first wrong type, or every unknown field."""
    api_version, kind = str(document.obj["apiVersion"]), str(document.obj["kind"])
    if decoded.fault is not None:
        detail = decoded.fault.message
        return (_wrong_type(document, decoded.fault, _server_words(document, api_version, kind, detail)),)
    if not decoded.unknown:
        return ()
    message = _server_words(document, api_version, kind, schema.strict_sentence(decoded.unknown))
    return tuple(_unknown(document, path, message) for path in decoded.unknown)


def nameless(document: Document) -> tuple[Fault, ...]:
    """Refuse an object without a name, in the words of kubectl apply."""
    metadata = document.obj.get("metadata")
    meta: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    if meta.get("name") or meta.get("generateName"):
        return ()
    api_version, kind = str(document.obj["apiVersion"]), str(document.obj["kind"])
    named = f"{api_version}, " if "/" in api_version else f"/{api_version}, "
    namespace = str(meta.get("namespace") or "default") if schema.is_namespaced(kind) else ""
    message = (
        "error: error when retrieving current configuration of:\n"
        f'Resource: "{named}Resource={schema.plural(kind)}", GroupVersionKind: "{named}Kind={kind}"\n'
        f'Name: "", Namespace: "{namespace}"\nfrom server for: "{document.source}": resource name may not be empty'
    )
    return (Fault(document.index, documents.locate(document, "metadata.name"), message, plain.nameless(kind)),)


def _server_words(document: Document, api_version: str, kind: str, detail: str) -> str:
    words = schema.bad_request(api_version, kind, detail)
    return f'Error from server (BadRequest): error when creating "{document.source}": {words}'


def _unset(document: Document) -> Fault | None:
    obj = document.obj
    complaints = []
    for name in ("apiVersion", "kind"):
        if obj.get(name) is None:
            complaints.append(f"{name} not set")
        elif not isinstance(obj[name], str):
            complaints.append(f"{name} isn't string type")
        elif not obj[name]:
            complaints.append(f"{name} not set")
    if not complaints:
        return None
    shown = complaints[0] if len(complaints) == 1 else f"[{', '.join(complaints)}]"
    message = (
        f'error: error validating "{document.source}": error validating data: {shown}; '
        "if you choose to ignore these errors, turn validation off with --validate=false"
    )
    guessed = _guess(obj)
    missing = [name for name in ("apiVersion", "kind") if not isinstance(obj.get(name), str) or not obj[name]]
    mends = tuple(_say(obj, name, guessed[name]) for name in reversed(missing) if name in guessed)
    return Fault(document.index, document.root.start, message, plain.unset(missing, guessed), mends)


def _say(obj: Mapping[str, Any], name: str, value: str) -> edits.Edit:
    return edits.Replace((name,), value) if name in obj else edits.Insert((), name, value, first=True)


def _guess(obj: Mapping[str, Any]) -> dict[str, str]:
    """Guess apiVersion and kind from each other and from the fields."""
    kind, api_version = obj.get("kind"), obj.get("apiVersion")
    if not isinstance(kind, str) or not kind:
        kind = _kind_by_fields(obj)
    versions = schema.api_versions_of(kind) if kind else ()
    if isinstance(api_version, str) and versions and api_version not in versions:
        return {}
    return {"kind": kind, "apiVersion": versions[0]} if kind and versions else {}


def _kind_by_fields(obj: Mapping[str, Any]) -> str:
    spec = obj.get("spec")
    fields = set(spec) if isinstance(spec, Mapping) else set()
    if "containers" in fields:
        return "Pod"
    if "template" in fields and "serviceName" not in fields:
        return "Deployment" if obj.get("apiVersion") in (None, "", "apps/v1") else ""
    if "ports" in fields and fields <= set(schema.fields_at("v1", "Service", ("spec",))):
        return "Service"
    return "ConfigMap" if "data" in obj and "spec" not in obj else ""


def _is_builtin(api_version: str, kind: str) -> bool:
    """Say whether a pair that is not served is a mistake rather than a custom kind: those have a dotted group."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group.endswith(".k8s.io") or bool(schema.kinds_of(api_version))


def _unmatched(document: Document, api_version: str, kind: str) -> Fault:
    served = schema.kinds_of(api_version)
    same = next((other for other in served if other.lower() == kind.lower()), "")
    mark = documents.locate(document, "kind")
    if same:
        version = api_version.rpartition("/")[2]
        detail = (
            f'no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/api/legacyscheme/scheme.go:30"'
        )
        words = f'{kind} in version "{version}" cannot be handled as a {same}: {detail}'
        message = f'Error from server (BadRequest): error when creating "{document.source}": {words}'
        return Fault(document.index, mark, message, plain.kind_case(kind, same), (edits.Replace(("kind",), same),))
    message = _no_match(document, api_version, kind)
    versions = schema.api_versions_of(_proper_case(kind))
    if versions:
        mends = [edits.Replace(("apiVersion",), versions[0])]
        mends += [edits.Replace(("kind",), _proper_case(kind))] if _proper_case(kind) != kind else []
        place = documents.locate(document, "apiVersion")
        return Fault(document.index, place, message, plain.wrong_version(kind, api_version, versions), tuple(mends))
    close = difflib.get_close_matches(kind, schema.all_kinds(), 1, 0.75)
    if close:
        found = close[0]
        mends = [edits.Replace(("kind",), found)]
        if found not in served:
            mends.append(edits.Replace(("apiVersion",), schema.api_versions_of(found)[0]))
        return Fault(document.index, mark, message, plain.kind_case(kind, found), tuple(mends))
    return Fault(document.index, mark, message, plain.no_kind(kind, api_version))


def _proper_case(kind: str) -> str:
    return next((other for other in schema.all_kinds() if other.lower() == kind.lower()), kind)


def _no_match(document: Document, api_version: str, kind: str) -> str:
    metadata = document.obj.get("metadata")
    meta = metadata if isinstance(metadata, Mapping) else {}
    name, namespace = (meta.get(part) if isinstance(meta.get(part), str) else "" for part in ("name", "namespace"))
    return (
        f'error: resource mapping not found for name: "{name}" namespace: "{namespace}" from "{document.source}": '
        f'no matches for kind "{kind}" in version "{api_version}"\nensure CRDs are installed first'
    )


def _unknown(document: Document, path: str, message: str) -> Fault:
    """Tell one unknown field, and where it belongs."""
    steps = _known_steps(document, path)
    name = str(steps[-1])
    siblings = _fields(document, steps[:-1])
    mark = documents.locate_steps(document, steps)
    kind = str(document.obj["kind"])
    home = _home(document, steps)
    if home is not None:
        sentence = plain.misplaced(name, kind, _shown(steps[:-1]), _shown(home), mark.line + 1)
        return Fault(document.index, mark, message, sentence, (edits.Move(steps, home),))
    meant = close_name(name, siblings)
    if meant:
        here = _value(document, steps[:-1])
        mends = () if meant in here else (edits.Rename(steps, meant),)
        return Fault(document.index, mark, message, plain.misspelt(name, meant, kind), mends)
    return Fault(document.index, mark, message, plain.unknown(name, kind, _shown(steps[:-1]), sorted(siblings)))


def _known_steps(document: Document, path: str) -> Path:
    """Split a decoder's path by what the document really has, since keys may hold dots."""
    steps = documents.steps_of(path)
    found: list[documents.Step] = []
    node = document.root
    position = 0
    while position < len(steps):
        taken, _, child = documents.descend(node, steps[position:])
        step = steps[position]
        found.append(
            step if isinstance(step, int) else ".".join(str(part) for part in steps[position : position + taken])
        )
        node = child or node
        position += taken
    return tuple(found)


def _names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def _fields(document: Document, path: Path) -> Mapping[str, FieldType]:
    return schema.fields_at(str(document.obj["apiVersion"]), str(document.obj["kind"]), _names(path))


def _value(document: Document, path: Path) -> Mapping[str, Any]:
    node = documents.node_at(document.root, path)
    return node.value if node is not None and isinstance(node.value, Mapping) else {}


def _home(document: Document, steps: Path) -> Path | None:
    """Find the mapping that a misplaced field belongs into: a block beside it, one around it, or the only list member."""
    name, parent = str(steps[-1]), steps[:-1]
    for home in _homes(document, steps):
        fields = _fields(document, home)
        fits = name in fields or (not parent and close_name(name, fields))
        if fits and not set(_value(document, home)) & {name, close_name(name, fields)}:
            return home
    return None


def _homes(document: Document, steps: Path) -> Iterable[Path]:
    name, parent = str(steps[-1]), steps[:-1]
    if not parent and name in _METADATA:
        yield ("metadata",)
    if "spec" in _fields(document, parent):
        yield (*parent, "spec")
    if "metadata" in _fields(document, parent) and name in _METADATA:
        yield (*parent, "metadata")
    for length in range(len(parent) - 1, -1, -1):
        if not isinstance(parent[length], int):
            yield parent[:length]
    for beside, value in _value(document, parent).items():
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
            yield (*parent, beside, 0)


def close_name(name: str, choices: Iterable[str]) -> str:
    """Return the choice that the name was probably meant to be, or ""."""
    folded = _folded(name)
    listed = sorted(choices)
    for choice in listed:
        if _folded(choice) == folded or _folded(choice) in (f"{folded}s", folded.removesuffix("s")):
            return choice
    close = difflib.get_close_matches(folded, [_folded(choice) for choice in listed], 1, 0.72)
    return next((choice for choice in listed if close and _folded(choice) == close[0]), "")


def _folded(name: str) -> str:
    return re.sub("[-_ ]", "", name).lower()


def _shown(path: Path) -> str:
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown


def _wrong_type(document: Document, fault: schema.TypeFault, message: str) -> Fault:
    steps = _known_steps(document, fault.path)
    mark = documents.locate_steps(document, steps)
    sentence = plain.wrong_type(_shown(steps), schema.json_type(fault.value), fault.wanted.shape)
    return Fault(document.index, mark, message, sentence, tuple(_retyped(document, steps, fault)))


def _retyped(document: Document, steps: Path, fault: schema.TypeFault) -> Sequence[edits.Edit]:
    """Find the edit that gives a value the wanted type."""
    value, wanted = fault.value, fault.wanted
    match wanted.shape:
        case Shape.TEXT if isinstance(value, bool | int | float):
            return _quoted(document, steps)
        case Shape.TEXT if isinstance(value, Mapping) and steps[-1] == "matchLabels":
            return [edits.Hoist(steps)]
        case Shape.INT32 | Shape.INT64 if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value.strip()):
            return [edits.Replace(steps, int(value))]
        case Shape.FLAG if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
            return [edits.Replace(steps, value.lower() in ("true", "yes"))]
        case Shape.LIST if isinstance(value, Mapping) and wanted.of and wanted.of.shape is Shape.STRUCT:
            return [edits.Wrap(steps)]
        case Shape.LIST if isinstance(value, str) and wanted.of and wanted.of.shape is Shape.TEXT:
            return [edits.Replace(steps, [value])]
        case Shape.STRUCT if isinstance(value, str):
            return _spaced(steps, value)
        case Shape.MAP | Shape.STRUCT if isinstance(value, list) and _is_split_mapping(value):
            return [edits.Replace(steps, {key: member for part in value for key, member in part.items()})]
        case _:
            return []


def _spaced(steps: Path, value: str) -> Sequence[edits.Edit]:
    """Put the missing space into `port:80`."""
    found = re.fullmatch(r"([A-Za-z]+):([^\s:/]+)", value)
    if found is None:
        return []
    return [edits.Replace(steps, {found[1]: scalars.resolve(found[2], None, True)}, f"{found[1]}: {found[2]}")]


def _is_split_mapping(value: list[Any]) -> bool:
    """Say whether a list is a mapping with a dash before each pair: `- app: web`."""
    keys = [key for part in value if isinstance(part, Mapping) for key in part]
    return bool(keys) and all(isinstance(part, Mapping) for part in value) and len(keys) == len(set(keys))


def _quoted(document: Document, steps: Path) -> Sequence[edits.Edit]:
    """Quote a number or a yes/no as it is written, and its key too when that is no text either."""
    node = documents.node_at(document.root, steps)
    if node is None or node.start.line != node.end.line:
        return []
    written = document.text.split("\n")[node.start.line][node.start.column : node.end.column]
    if document.is_json or not written:
        written = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
    found: list[edits.Edit] = [edits.Replace(steps, written, f'"{written}"')]
    parent = documents.node_at(document.root, steps[:-1])
    member = parent.members.get(str(steps[-1])) if parent else None
    if member is not None and not isinstance(member.key.value, str) and not document.is_json:
        key = member.key
        found.append(edits.Rename(steps, document.text.split("\n")[key.start.line][key.start.column : key.end.column]))
    return found
