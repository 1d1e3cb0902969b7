"""What kubectl can ask for and Podlane does not do: refused with a sentence that says so and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

from app.kubeapi import status
from app.kubeapi.paths import Target

AUTOSCALE = (
    "Podlane simulates no load on pods, so kubectl autoscale would change nothing. Use kubectl scale; a "
    "HorizontalPodAutoscaler that is applied from a manifest is kept and shown."
)
DEBUG = (
    "Podlane simulates no ephemeral containers, so kubectl debug cannot add one to a pod. Use kubectl exec, or kubectl "
    "run for a pod of your own beside it."
)
_AUTOSCALER = "kubectl-autoscale"


def check(target: Target, method: str, query: Mapping[str, str]) -> None:
    """Refuse what would look as if it worked."""
    if target.group_resource == "horizontalpodautoscalers.autoscaling" and method == "POST":
        if query.get("fieldManager") == _AUTOSCALER:
            refusal = status.Refusal(405, "MethodNotAllowed", AUTOSCALE)
            # kubectl goes on to v1 and then tells of that only, so the sentence comes as a warning too.
            refusal.warnings = () if target.version == "v1" else (AUTOSCALE,)
            raise refusal
    if target.group_resource == "pods" and target.subresource == "ephemeralcontainers" and method != "GET":
        raise status.Refusal(405, "MethodNotAllowed", DEBUG)
