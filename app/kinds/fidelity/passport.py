"""Reads the claims: how far each field of each kind is simulated, and which fields of an object nothing acts on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.kinds import KINDS, registry
from app.kinds.fidelity import others, pods, services, workloads
from app.kinds.fidelity.claim import Claim, Status
from app.kinds.kind import Kind
from app.machinery import objects, schema
from app.machinery.objects import Object

CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    "Service": services.SERVICE,
    "EndpointSlice": services.ENDPOINT_SLICE,
    "Endpoints": services.ENDPOINTS,
    "Pod": pods.POD,
    "Node": pods.NODE,
    "Namespace": others.NAMESPACE,
    "Event": others.EVENT,
    "Deployment": workloads.DEPLOYMENT,
    "ReplicaSet": workloads.REPLICA_SET,
    "ReplicationController": workloads.REPLICATION_CONTROLLER,
    "StatefulSet": workloads.STATEFUL_SET,
    "DaemonSet": workloads.DAEMON_SET,
    "Job": workloads.JOB,
    "Ingress": services.INGRESS,
    "IngressClass": services.INGRESS_CLASS,
    "NetworkPolicy": services.NETWORK_POLICY,
    "ConfigMap": others.CONFIG_MAP,
    "Secret": others.SECRET,
    "ServiceAccount": others.SERVICE_ACCOUNT,
    "IPAddress": services.IP_ADDRESS,
    "ServiceCIDR": services.SERVICE_CIDR,
    "PodDisruptionBudget": workloads.POD_DISRUPTION_BUDGET,
    "ControllerRevision": others.CONTROLLER_REVISION,
}
"""By kind, in the order in which the passport shows them; kinds that are not here are stored."""

TEMPLATED = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job")
"""Kinds whose `spec.template` becomes pods."""

_ALIKE = (("spec.initContainers", "spec.containers"), ("status.initContainerStatuses", "status.containerStatuses"))
"""Fields of a Pod that are claimed under another name."""

_BOOKKEEPING = ("apiVersion", "kind", "metadata", "status")
"""What a learner does not set to make something happen; it is never marked."""

_ADMITTED = {"spec.priority": 0, "spec.preemptionPolicy": "PreemptLowerPriority"}
"""What admission gives every pod."""

_OWN_VOLUME = "kube-api-access-"

_NO_CLAIM = Claim(Status.STORED, "", "nothing", ("",))


Place = tuple[str | int, ...]
"""Where something stands in an object: names of fields, and indexes of lists."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a kind, or a field with all below it when nothing more is to be told apart; `alike` names another row.

    `below` counts the fields below it that the row stands for. Only a row that is alike has no status.
    """

    kind: str
    path: str
    status: Status | None
    reader: str = ""
    witness: str = ""
    below: int = 0
    alike: str = ""


def claim_for(kind: str, path: str) -> Claim:
    """Return the claim that covers a field (dots, no indexes); what nobody claims is stored."""
    kind, path = _home(kind, path)
    exact, wide = _claimed(kind)
    found = exact.get(path)
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if found is None:
            found = wide.get(".".join(parts[:length]))
    return found or _NO_CLAIM


def rows_of(kind: Kind) -> tuple[FieldRow, ...]:
    """Return a kind's fields in the schema's order, told apart as far as their claims differ; without metadata."""
    return tuple(row for row in _all_rows(kind.api_version, kind.kind) if not _is_shared(row.path))


def row_for(kind: str, path: str) -> FieldRow:
    """Return the row that stands for a field: its own, that of what it is in, or that of the Pod it is like."""
    kind, path = _home(kind, path)
    api_version = next((one.api_version for one in KINDS if one.kind == kind and one.version_of is None), "")
    above = [row for row in _all_rows(api_version, kind) if path == row.path or path.startswith(f"{row.path}.")]
    inside = [row for row in _all_rows(api_version, kind) if row.path.startswith(f"{path}.")]
    return max(above or inside[:1], key=lambda row: len(row.path), default=FieldRow(kind, path, Status.STORED))


def shared_rows() -> tuple[FieldRow, ...]:
    """Return the fields that every kind has: apiVersion, kind and metadata."""
    return tuple(replace(row, kind="") for row in _all_rows("v1", "Service") if _is_shared(row.path))


def _is_shared(path: str) -> bool:
    return path.split(".")[0] in ("apiVersion", "kind", "metadata")


@functools.cache
def _all_rows(api_version: str, kind: str) -> tuple[FieldRow, ...]:
    return tuple(row for branch in _branches(api_version, kind) for row in branch.folded())


def kinds() -> tuple[Kind, ...]:
    """List the kinds of the passport, those with claims first."""
    own = [kind for kind in KINDS if kind.version_of is None]
    order = list(CLAIMS)
    return tuple(sorted(own, key=lambda kind: order.index(kind.kind) if kind.kind in CLAIMS else len(order)))


def fields_of(kind: Kind) -> Iterator[str]:
    """Yield the path of every field of a kind that holds a value itself, one level of any recursion."""
    for branch in _branches(kind.api_version, kind.kind):
        yield from branch.leaves()


def stored_fields(obj: Object) -> tuple[Place, ...]:
    """Return where an object sets a field that nothing acts on, the outermost ones only; lists are entered by index.

    What is empty or as the defaults would make it says nothing, so it is left out; so is what the ServiceAccount
    brings into every pod. A kind that is stored as a whole is not walked: `is_stored` says so of the kind.
    """
    kind = registry.by_kind(str(obj.get("apiVersion") or ""), str(obj.get("kind") or ""))
    if kind is None or is_stored(obj):
        return ()
    found = [
        place
        for name, value in obj.items()
        if name not in _BOOKKEEPING
        for place in _stored(kind.kind, value, (name,), name)
    ]
    filled = _defaults_without(kind, obj, found) if found else {}
    return tuple(place for place in found if not _says_nothing(kind.kind, obj, place, filled))


def is_stored(obj: Object) -> bool:
    """Say whether an object's whole kind is kept and shown, and no more."""
    kind = registry.by_kind(str(obj.get("apiVersion") or ""), str(obj.get("kind") or ""))
    return kind is None or kind.kind not in CLAIMS


def _says_nothing(kind: str, obj: Object, place: Place, filled: Object) -> bool:
    value = _at(obj, place)
    if value in (None, "", [], {}) or value == _at(filled, place):
        return True
    _, inner = _home(kind, dotted(place))
    if inner in _ADMITTED and value == _ADMITTED[inner]:
        return True
    return any(
        str(objects.dig(_mapping(_at(obj, place[:length])), "name") or "").startswith(_OWN_VOLUME)
        for length in range(1, len(place))
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _at(value: Any, place: Place) -> Any:
    for step in place:
        found = enumerate(value) if isinstance(value, (list, tuple)) else _mapping(value).items()
        value = dict(found).get(step)
    return value


def _defaults_without(kind: Kind, obj: Object, places: Sequence[Place]) -> Object:
    """Return the object as its defaults would make it, had nobody set these fields."""
    draft = objects.draft_of(_without(obj, places))
    try:
        kind.default(draft)
    except (TypeError, ValueError, KeyError, AttributeError):
        # Defaults expect what the decoder lets pass; half-typed text may be anything.
        return {}
    return draft


def _without(value: Any, places: Sequence[Place]) -> Any:
    """Return a copy of the value without what stands at these places."""
    heads = {place[0] for place in places if len(place) == 1}
    if isinstance(value, Mapping):
        return {
            name: _without(below, [place[1:] for place in places if len(place) > 1 and place[0] == name])
            for name, below in value.items()
            if name not in heads
        }
    if isinstance(value, (list, tuple)):
        return [
            _without(below, [place[1:] for place in places if len(place) > 1 and place[0] == index])
            for index, below in enumerate(value)
        ]
    return value


def dotted(path: Place) -> str:
    """Write a place in an object as claims and learners write it."""
    return ".".join(step for step in path if isinstance(step, str))


def _stored(kind: str, value: Any, at: Place, path: str) -> Iterator[Place]:
    if not _has_claims(kind, path):
        yield at
    elif claim_for(kind, path).status is not Status.STORED and not _is_claimed_alone(kind, path):
        return
    elif isinstance(value, (list, tuple)):
        for index, below in enumerate(value):
            yield from _members(kind, below, (*at, index), path)
    else:
        yield from _members(kind, value, at, path)


def _members(kind: str, value: Any, at: Place, path: str) -> Iterator[Place]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _stored(kind, below, (*at, str(name)), f"{path}.{name}")


def _has_claims(kind: str, path: str) -> bool:
    """Say whether the field, one above or one below it is claimed."""
    if kind in TEMPLATED and path == "spec.template":
        return True
    kind, path = _home(kind, path)
    return path in _within(kind) or claim_for(kind, path).status is not Status.STORED


def _is_claimed_alone(kind: str, path: str) -> bool:
    """Say whether a claim covers a field that has fields, and not those."""
    kind, path = _home(kind, path)
    return path in _alone(kind)


@functools.cache
def _alone(kind: str) -> frozenset[str]:
    exact, _ = _claimed(kind)
    api_version = next(one.api_version for one in KINDS if one.kind == kind and one.version_of is None)
    return frozenset(path for path in exact if schema.fields_at(api_version, kind, path.split(".")))


def _home(kind: str, path: str) -> tuple[str, str]:
    """Return the kind and the path a field is claimed under: a template's are a Pod's, some of which go by another name."""
    if kind in TEMPLATED and path.startswith("spec.template."):
        kind, path = "Pod", path.removeprefix("spec.template.")
    return kind, _own_name(path) if kind == "Pod" else path


def _own_name(path: str) -> str:
    for alias, name in _ALIKE:
        if path == alias or path.startswith(f"{alias}."):
            return name + path.removeprefix(alias)
    return path


@functools.cache
def _claimed(kind: str) -> tuple[Mapping[str, Claim], Mapping[str, Claim]]:
    exact: dict[str, Claim] = {}
    wide: dict[str, Claim] = {}
    for claim in (*others.EVERY_KIND, *CLAIMS.get(kind, ())):
        for path in claim.paths:
            target, name = (wide, path.removesuffix(".*")) if path.endswith(".*") else (exact, path)
            if name in target:
                raise ValueError(f"{kind} {path} is claimed twice")
            target[name] = claim
    return exact, wide


@functools.cache
def _within(kind: str) -> frozenset[str]:
    """Return every path above a claimed one, itself included."""
    exact, wide = _claimed(kind)
    parts = [path.split(".") for path in (*exact, *wide)]
    return frozenset(".".join(steps[:length]) for steps in parts for length in range(1, len(steps) + 1))


@dataclass(frozen=True, slots=True)
class _Branch:
    """A field with what is below it."""

    kind: str
    path: str
    below: tuple[_Branch, ...] = ()
    alike: str = ""

    def leaves(self) -> Iterator[str]:
        """Yield the fields that hold values."""
        if not self.below:
            yield self.path
        for branch in self.below:
            yield from branch.leaves()

    def folded(self) -> list[FieldRow]:
        """Return one row where a single claim covers everything, otherwise the rows of what is below."""
        claim = claim_for(self.kind, self.path)
        if self.alike:
            return [FieldRow(self.kind, self.path, None, alike=self.alike)]
        if not self.below:
            return [_row(self.kind, self.path, claim)]
        rows = [row for branch in self.below for row in branch.folded()]
        if self.path in _claimed(self.kind)[0]:
            return [_row(self.kind, self.path, claim), *rows]
        first = rows[0]
        if len(rows) == 1:
            return rows
        if any((row.status, row.reader, row.witness, row.alike) != _same(first) for row in rows):
            return rows
        if self.path.count(".") == 0 and first.status is not Status.STORED:
            return rows
        found = claim_for(self.kind, next(self.leaves()))
        return [_row(self.kind, self.path, found, sum(1 for _ in self.leaves()))]


def _same(row: FieldRow) -> tuple[Status | None, str, str, str]:
    return (row.status, row.reader, row.witness, row.alike)


def _row(kind: str, path: str, claim: Claim, below: int = 0) -> FieldRow:
    if claim is _NO_CLAIM:
        return FieldRow(kind, path, Status.STORED, below=below)
    return FieldRow(kind, path, claim.status, claim.reader, claim.witness, below)


@functools.cache
def _branches(api_version: str, kind: str) -> tuple[_Branch, ...]:
    root = schema.root_of(api_version, kind)
    return _grown(kind, root, "", (root,))


def _grown(kind: str, struct: str, path: str, seen: tuple[str, ...]) -> tuple[_Branch, ...]:
    found = []
    for name, type_ in schema.fields_of(struct).items():
        here, inner = f"{path}.{name}" if path else name, schema.innermost(type_)
        alike = _alike(kind, here)
        nested = inner.struct and not alike and inner.struct not in seen
        below = _grown(kind, inner.struct, here, (*seen, inner.struct)) if nested else ()
        found.append(_Branch(kind, here, below, alike))
    return tuple(found)


def _alike(kind: str, path: str) -> str:
    if kind in TEMPLATED and path == "spec.template":
        return "Pod"
    return dict(_ALIKE).get(path, "") if kind == "Pod" else ""
