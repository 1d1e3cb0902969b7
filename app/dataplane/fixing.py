"""What a fix is, and what its makers look at: the failed request, whom it blames, and the words of a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cluster import state
from app.cluster.state import ClusterState
from app.dataplane.sending import Completed, Result
from app.dataplane.trace import Step, Trace
from app.machinery import objects
from app.machinery.objects import Key, Object, ObjectRef

GENERATED = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "kubernetes.io/hostname",
    }
)
"""Labels that nobody chose."""
TELLING = ("app", "app.kubernetes.io/name")
"""Labels that say what a pod is, where it has them."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that may let a request arrive: what it does, and the command that does it.

    `target` and `patch` (a JSON merge patch) change an object; `request` replaces fields of the request. It may be both.
    """

    description: str
    command: str
    target: Key | None = None
    patch: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One failed request in its cluster."""

    cluster: ClusterState
    completed: Completed
    failed: Result
    trace: Trace

    @property
    def last(self) -> Step:
        """The step that ended it."""
        return self.trace.hops[-1].steps[-1]

    def blamed(self, kind: str) -> ObjectRef | None:
        """Return the first object of a kind that the last step blames."""
        return next((ref for ref in self.last.because if ref.kind == kind), None)

    def service(self) -> Object | None:
        """Return the Service that the last step blames."""
        ref = self.blamed("Service")
        return self.cluster.find(state.SERVICES, ref.namespace, ref.name) if ref else None

    def pods(self) -> Iterator[Object]:
        """Yield the pods that the last step blames."""
        for ref in self.last.because:
            pod = self.cluster.find(state.PODS, ref.namespace, ref.name) if ref.kind == "Pod" else None
            if pod is not None:
                yield pod

    def port_index(self) -> int:
        """Return which port of the Service the last step blames."""
        ref = self.blamed("Service")
        found = ref.field.partition("[")[2].partition("]")[0] if ref else ""
        return int(found) if found.isdecimal() else 0


def key_of(obj: Object, resource: state.Resource) -> Key:
    """Return the key of an object of that resource."""
    return Key(*resource, objects.namespace_of(obj), objects.name_of(obj))


def kubectl(obj: Object, words: str) -> str:
    """Write the command line that does something in the object's namespace."""
    namespace = objects.namespace_of(obj)
    return f"kubectl -n {namespace} {words}" if namespace else f"kubectl {words}"


def merged(obj: Object, resource: state.Resource, patch: Mapping[str, Any], description: str) -> Fix:
    """Make the fix that merges a patch into an object, with the command that does it."""
    words = f"patch {obj['kind'].lower()} {objects.name_of(obj)} --type merge -p {shlex.quote(json_text(patch))}"
    return Fix(description, kubectl(obj, words), key_of(obj, resource), patch)


def json_text(value: Any) -> str:
    """Write a patch as short as one types it."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f'"{name}":{json_text(inner)}' for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(json_text(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else f'"{value}"'


def telling_labels(pod: Object) -> dict[str, str]:
    """Return the labels that tell a pod from others: the usual ones, else all that somebody chose."""
    chosen = {key: value for key, value in objects.labels_of(pod).items() if key not in GENERATED}
    telling = [key for key in TELLING if key in chosen] or list(chosen)
    return {key: chosen[key] for key in telling}
