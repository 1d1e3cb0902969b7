"""What can be asked of a cluster. Every change is one of these, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.machinery.objects import Draft, Key


class PatchType(StrEnum):
    """The patch formats of the Kubernetes API, by content type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True, slots=True)
class Create:
    """Create one object; result: the object as stored. A dry run is carried out in full and kept nowhere.

    `validation` is fieldValidation: Strict refuses unknown fields, Warn drops them with a warning, Ignore silently.
    """

    actor: str
    obj: Draft
    dry_run: bool = False
    validation: str = "Strict"
    field_manager: str = ""


@dataclass(frozen=True, slots=True)
class Replace:
    """Store this object in place of the present one; with `metadata.resourceVersion`, only if it is still that one."""

    actor: str
    key: Key
    obj: Draft
    subresource: str = ""
    dry_run: bool = False
    validation: str = "Strict"
    field_manager: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """Patch one object; a stale `resource_version` (0: not checked) is refused with a Conflict."""

    actor: str
    key: Key
    patch: Any
    type: PatchType = PatchType.MERGE
    resource_version: int = 0
    subresource: str = ""
    dry_run: bool = False
    validation: str = "Strict"
    field_manager: str = ""


@dataclass(frozen=True, slots=True)
class ServerSideApply:
    """Apply a configuration, whose fields are then the manager's; result: `Applied`.

    Where others own fields that it would change it is refused with a Conflict, or takes them with `force`.
    """

    actor: str
    key: Key
    config: Draft
    field_manager: str
    force: bool = False
    subresource: str = ""
    dry_run: bool = False
    validation: str = "Strict"


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete one object, with the grace period in seconds (None: the object's own).

    `uid` and `resource_version`, where given, must be those of the present object.
    """

    actor: str
    key: Key
    grace_seconds: int | None = None
    propagation: str = "Background"
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class DeleteCollection:
    """Delete all these objects that are there; result: a tuple of the objects as they are then."""

    actor: str
    keys: tuple[Key, ...]
    grace_seconds: int | None = None
    propagation: str = "Background"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Evict:
    """Delete a pod as `deletion` says, if its PodDisruptionBudget allows that; result: as of the deletion."""

    actor: str
    deletion: Delete
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    """Give a pod its node, as a scheduler does; result: the pod."""

    actor: str
    key: Key
    node: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply manifests as `kubectl apply` does: create, or three-way merge; all or none.

    Result: a tuple of `Applied`, in the order of the documents.
    """

    actor: str
    manifests: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one manifest: "created", "configured" or "unchanged"."""

    key: Key
    kind: str
    verb: str
    obj: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Send requests; `asked` is the body of the JSON API's requests route, checked by `dataplane.requests.parse`.

    Result: {"results", "summary"} as that route answers.
    """

    actor: str
    asked: Mapping[str, Any]
    record: bool = True
    known: frozenset[str] | None = None
    """A container sends by itself: what comes out as one of these `sending.kind_of` is left to `Sample`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Record what a container's continuous traffic came to since the last sample; nothing is sent."""

    actor: str
    sample: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exit:
    """A container's own process has ended: result: the pod, None when that container does not run any more."""

    actor: str
    key: Key
    container: str
    container_id: str
    code: int


@dataclass(frozen=True, slots=True)
class Advance:
    """Let simulated time pass up to the Env's now: due timers fire."""

    actor: str = "clock"


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the actor's last command; result: {"undid": sentence}."""

    actor: str


@dataclass(frozen=True, slots=True)
class Redo:
    """Do the actor's last undone command again; result: {"redid": sentence}."""

    actor: str


Command = (
    Create
    | Replace
    | Patch
    | ServerSideApply
    | Delete
    | DeleteCollection
    | Evict
    | Bind
    | Apply
    | Send
    | Sample
    | Exit
    | Advance
    | Undo
    | Redo
)
