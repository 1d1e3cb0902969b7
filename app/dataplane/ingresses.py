"""Which Ingress rule a request's host and path lead to.

Semantics of networking.k8s.io/v1 Ingress (release 1.36): an exact host before a wildcard before none; the longest path
first, Exact before Prefix. What no rule takes goes to a default backend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import state
from app.kinds.ingress import CLASS_ANNOTATION, DEFAULT_ANNOTATION, INGRESS_CLASSES, INGRESSES
from app.machinery import objects
from app.machinery.objects import Object


@dataclass(frozen=True, slots=True)
class Route:
    """A backend of an Ingress, with the field that names it and the rule's host and path in words."""

    ingress: Object
    field: str
    backend: Mapping[str, Any]
    words: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    rank: tuple[int, int, int]
    route: Route


def classes_of(held: state.ClusterState, controller: str) -> dict[str, bool]:
    """Return the names of the IngressClasses of a controller, each with whether it is the default."""
    return {
        objects.name_of(found): objects.annotations_of(found).get(DEFAULT_ANNOTATION) == "true"
        for found in held.list(INGRESS_CLASSES)
        if objects.spec_of(found).get("controller") == controller
    }


def served_by(held: state.ClusterState, controller: str) -> list[Object]:
    """Return the Ingresses whose class is one of the controller's, oldest first."""
    own = classes_of(held, controller)
    found = [one for one in held.list(INGRESSES) if class_of(one) in own]
    return sorted(found, key=lambda one: (objects.metadata(one).get("creationTimestamp") or "", objects.name_of(one)))


def class_of(ingress: Object) -> str:
    """Return the class an Ingress names, by its field or by the old annotation."""
    named = objects.spec_of(ingress).get("ingressClassName")
    return str(named or objects.annotations_of(ingress).get(CLASS_ANNOTATION) or "")


def route(ingresses: Sequence[Object], host: str, path: str) -> Route | None:
    """Return the backend that host and path lead to, a default backend if no rule takes them, else None."""
    name = host.partition(":")[0].rstrip(".").lower()
    found = max(_candidates(ingresses, name, path), key=lambda one: one.rank, default=None)
    if found is not None:
        return found.route
    for ingress in ingresses:
        backend = objects.spec_of(ingress).get("defaultBackend")
        if backend:
            return Route(ingress, "spec.defaultBackend", backend, "its default backend")
    return None


def hosts(ingresses: Sequence[Object]) -> list[str]:
    """Return the hosts that rules name, each once; `*` for a rule without one."""
    rules = [rule for ingress in ingresses for rule in objects.spec_of(ingress).get("rules") or ()]
    return list(dict.fromkeys(str(rule.get("host") or "*") for rule in rules))


def takes_host(ingresses: Sequence[Object], host: str) -> bool:
    """Say whether some rule is for this host, whatever the path."""
    name = host.partition(":")[0].lower()
    return any(
        _host_rank(str(rule.get("host") or ""), name) >= 0
        for ingress in ingresses
        for rule in objects.spec_of(ingress).get("rules") or ()
    )


def is_secured(ingresses: Sequence[Object], host: str) -> Object | None:
    """Return the Ingress that has TLS for the host, if any."""
    name = host.partition(":")[0].lower()
    for ingress in ingresses:
        for entry in objects.spec_of(ingress).get("tls") or ():
            if any(_host_rank(str(one), name) >= 0 for one in entry.get("hosts") or ()):
                return ingress
    return None


def _candidates(ingresses: Sequence[Object], host: str, path: str) -> Iterator[_Candidate]:
    for age, ingress in enumerate(ingresses):
        for number, rule in enumerate(objects.spec_of(ingress).get("rules") or ()):
            host_rank = _host_rank(str(rule.get("host") or ""), host)
            if host_rank < 0:
                continue
            for place, one in enumerate((rule.get("http") or {}).get("paths") or ()):
                path_rank = _path_rank(one, path)
                if path_rank >= 0:
                    field = f"spec.rules[{number}].http.paths[{place}]"
                    words = f"{rule.get('host') or '*'}{one.get('path') or '/'}"
                    yield _Candidate((host_rank, path_rank, -age), Route(ingress, field, one["backend"], words))


def _host_rank(wanted: str, host: str) -> int:
    """Rank how well a rule's host fits: 2 exact, 1 wildcard (one label), 0 for any host, -1 not at all."""
    if not wanted:
        return 0
    if wanted.lower() == host:
        return 2
    first, _, rest = host.partition(".")
    return 1 if wanted.startswith("*.") and first and rest == wanted[2:].lower() else -1


def _path_rank(rule: Mapping[str, Any], path: str) -> int:
    """Rank how well a rule's path fits: by length, Exact before Prefix; -1 when it does not."""
    wanted, asked = str(rule.get("path") or "/"), path.partition("?")[0] or "/"
    if rule.get("pathType") == "Exact":
        return 2 * len(wanted) + 1 if asked == wanted else -1
    wanted = wanted.rstrip("/")
    return 2 * len(wanted) if not wanted or asked == wanted or asked.startswith(f"{wanted}/") else -1
