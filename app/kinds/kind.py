"""The record every kind's file fills in: names, defaults, preparation, validation, columns, field help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.cluster import clock, state
from app.machinery import objects, validation
from app.machinery.objects import Draft, Key, Object

KEPT = "Kept and shown, not simulated."
"""What the help of kinds says that are stored."""


@dataclass(slots=True)
class Admission:
    """What a kind may look at while it prepares an object: the state (read only) and the command's Env.

    `warnings` collects the sentences the API server would send as Warning headers.
    `cursors` are allocation cursors that the engine stores with the commit.
    """

    state: state.ClusterState
    env: clock.Env
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the server-side table: priority 0 is always shown, 1 only with `-o wide`."""

    name: str
    type: str
    cell: Callable[[Object, float], Any]
    """(object, simulated now) -> cell value, as `kubectl get` prints it."""
    priority: int = 0
    format: str = ""
    description: str = ""


def _nothing(draft: Draft) -> None:
    """Default nothing."""


def _prepare_nothing(draft: Draft, admission: Admission) -> None:
    """Prepare nothing."""


def _keep(draft: Draft, old: Object, admission: Admission) -> None:
    """Carry nothing over."""


def _valid(obj: Object) -> list[validation.FieldError]:
    """Find no fault."""
    return []


def _valid_update(obj: Object, old: Object) -> list[validation.FieldError]:
    """Find no fault."""
    return []


@dataclass(frozen=True, slots=True)
class Version:
    """Another API version of a kind: the same objects, kept as the kind's own, read and shown in another form."""

    of: Kind
    show: Callable[[Object], Object]
    """From an object as it is kept to this version's form."""
    keep: Callable[[Draft], Draft]
    """From what a client wrote in this version to the form that is kept."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything the house knows about one kind; `strategy` functions are upstream's, per kind.

    Order on create: `default`, `prepare_create`, `validate`. On update: `default`, `prepare_update`, `validate`,
    `validate_update`. They may mutate the draft they are given and nothing else.
    `stored` marks kinds that are kept and shown but not simulated.
    """

    group: str
    version: str
    kind: str
    resource: str
    singular: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    namespaced: bool = True
    has_generation: bool = False
    has_status: bool = False
    stored: bool = False
    name_rule: Callable[[str], Sequence[str]] = validation.dns1123_subdomain
    default: Callable[[Draft], None] = _nothing
    prepare_create: Callable[[Draft, Admission], None] = _prepare_nothing
    prepare_update: Callable[[Draft, Object, Admission], None] = _keep
    validate: Callable[[Object], list[validation.FieldError]] = _valid
    validate_update: Callable[[Object, Object], list[validation.FieldError]] = _valid_update
    version_of: Version | None = None
    columns: tuple[Column, ...] = ()
    help: str = ""
    field_help: Mapping[str, str] = field(default_factory=dict)
    """From a dotted field path to one sentence a learner reads beside the form field."""

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource_key(self) -> state.Resource:
        """(group, plural): what the state files objects under."""
        return (self.group, self.resource) if self.version_of is None else self.version_of.of.resource_key

    @property
    def home(self) -> Kind:
        """The kind as whose objects they are kept: itself, unless it is another version of one."""
        return self if self.version_of is None else self.version_of.of

    def shown(self, obj: Object) -> Object:
        """Return a kept object in this version's form."""
        return obj if self.version_of is None else self.version_of.show(obj)

    def kept(self, draft: Draft) -> Draft:
        """Return what a client wrote in this version's form, in the form that is kept."""
        return draft if self.version_of is None else self.version_of.keep(draft)

    def key(self, namespace: str, name: str) -> Key:
        """Return the key of an object of this kind."""
        return Key(*self.resource_key, namespace if self.namespaced else "", name)

    def key_of(self, obj: Object) -> Key:
        """Return the key of this object."""
        return self.key(objects.namespace_of(obj), objects.name_of(obj))
