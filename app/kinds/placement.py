"""Whether a pod may be on a node: taints and tolerations, node selector and required node affinity.

Read by the scheduler, which chooses a node, and by the DaemonSet controller, which asks it of every node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.machinery import labels, objects
from app.machinery.objects import Object


def tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    """Say whether a toleration covers the taint (v1helper.ToleratesTaint, release 1.36)."""
    for toleration in tolerations:
        if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
            continue
        if toleration.get("key") and toleration["key"] != taint.get("key"):
            continue
        if toleration.get("operator") == "Exists":
            return True
        if toleration.get("key") and (toleration.get("value") or "") == (taint.get("value") or ""):
            return True
    return False


def untolerated(node: Object, tolerations: Sequence[Mapping[str, Any]], effects: Sequence[str]) -> bool:
    """Say whether a taint of one of these effects keeps the pod away."""
    taints = objects.spec_of(node).get("taints") or ()
    return any(taint.get("effect") in effects and not tolerates(tolerations, taint) for taint in taints)


def wants(spec: Mapping[str, Any], node: Object) -> bool:
    """Say whether a pod spec's node selector and required node affinity hold on the node."""
    if not labels.matches_pairs(spec.get("nodeSelector") or {}, objects.labels_of(node)):
        return False
    required = objects.dig(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if not required:
        return True
    return any(_term_holds(term, node) for term in required.get("nodeSelectorTerms") or ())


def _term_holds(term: Mapping[str, Any], node: Object) -> bool:
    expressions, by_field = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not by_field:
        return False
    known = {"metadata.name": objects.name_of(node)}
    return all(_expression_holds(one, objects.labels_of(node)) for one in expressions) and all(
        _expression_holds(one, known) for one in by_field
    )


def _expression_holds(expression: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    found = known.get(str(expression.get("key")))
    values: list[str] = expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt" as operator:
            return found is not None and _compares(operator, found, values)
        case _:
            return False


def _compares(operator: str, found: str, values: Sequence[str]) -> bool:
    if len(values) != 1 or not found.isdecimal() or not values[0].isdecimal():
        return False
    return int(found) > int(values[0]) if operator == "Gt" else int(found) < int(values[0])
