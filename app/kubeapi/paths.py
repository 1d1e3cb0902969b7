"""Where a call points: the parts of a Kubernetes API path."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds import KINDS
from app.kinds.kind import Kind

SUBRESOURCES = {
    ("", "pods"): (
        "attach",
        "binding",
        "ephemeralcontainers",
        "eviction",
        "exec",
        "log",
        "portforward",
        "proxy",
        "status",
    ),
    ("", "services"): ("proxy", "status"),
    ("", "nodes"): ("proxy", "status"),
    ("", "namespaces"): ("finalize", "status"),
    ("", "replicationcontrollers"): ("scale", "status"),
    ("", "serviceaccounts"): ("token",),
    ("apps", "deployments"): ("scale", "status"),
    ("apps", "replicasets"): ("scale", "status"),
    ("apps", "statefulsets"): ("scale", "status"),
}
"""Subresources by (group, resource); other kinds with a status have `status` only."""

REVIEWS = {
    ("authentication.k8s.io", "selfsubjectreviews"): "SelfSubjectReview",
    ("authentication.k8s.io", "tokenreviews"): "TokenReview",
    ("authorization.k8s.io", "localsubjectaccessreviews"): "LocalSubjectAccessReview",
    ("authorization.k8s.io", "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    ("authorization.k8s.io", "selfsubjectrulesreviews"): "SelfSubjectRulesReview",
    ("authorization.k8s.io", "subjectaccessreviews"): "SubjectAccessReview",
}
"""Questions that are asked by creating them, and kept nowhere."""
NAMESPACED_REVIEWS = frozenset({"localsubjectaccessreviews"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a call is about: a collection (no name), an object, or a subresource of one."""

    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    is_watch: bool = False
    """Asked in the old way, `/api/v1/watch/…`."""

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """`deployments.apps`, or `services` in the core group."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def kind(self) -> Kind | None:
        """The kind served there, if any."""
        return _SERVED.get((self.group, self.version, self.resource))


def parse(path: str) -> Target | None:
    """Read `/api/v1/…` or `/apis/{group}/{version}/…` down to a resource; None for any other path."""
    steps = [step for step in path.split("/") if step]
    if steps[:1] == ["api"] and len(steps) >= 3:
        return _target("", steps[1], steps[2:])
    if steps[:1] == ["apis"] and len(steps) >= 4:
        return _target(steps[1], steps[2], steps[3:])
    return None


def subresources_of(kind: Kind) -> tuple[str, ...]:
    """List the subresources of a kind."""
    found = SUBRESOURCES.get(kind.resource_key)
    if found is not None:
        return found
    return ("status",) if kind.has_status else ()


def _target(group: str, version: str, steps: list[str]) -> Target:
    namespace = ""
    is_watch = steps[0] == "watch" and len(steps) > 1
    steps = steps[1:] if is_watch else steps
    if steps[0] == "namespaces" and len(steps) >= 3 and not (group == "" and steps[2] in ("status", "finalize")):
        namespace, steps = steps[1], steps[2:]
    resource, name, subresource, *rest = [*steps, "", "", ""][: max(3, len(steps))]
    return Target(
        group, version, resource, namespace, name, subresource, "/".join(part for part in rest if part), is_watch
    )


_SERVED = {(kind.group, kind.version, kind.resource): kind for kind in KINDS}
