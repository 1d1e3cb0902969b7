"""CustomResourceDefinitions: there are none, which kubectl wants to hear before it says that a kind is unknown."""

from __future__ import annotations

from typing import Any

from app.kubeapi.paths import Target

GROUP, RESOURCE = "apiextensions.k8s.io", "customresourcedefinitions"


def are_asked_for(target: Target, method: str) -> bool:
    """Say that the call lists the definitions."""
    return (target.group, target.resource, target.name) == (GROUP, RESOURCE, "") and method in ("GET", "HEAD")


def none() -> dict[str, Any]:
    """Return the empty list."""
    return {
        "kind": "CustomResourceDefinitionList",
        "apiVersion": f"{GROUP}/v1",
        "metadata": {"resourceVersion": "1"},
        "items": [],
    }
