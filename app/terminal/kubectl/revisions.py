"""Revisions kept as ControllerRevisions: how StatefulSets and DaemonSets are rolled out (pkg/polymorphichelpers, release 1.36)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.terminal.kubectl import api
from app.terminal.kubectl.kube import Kube, Meant

KEPT = frozenset({"statefulsets", "daemonsets"})
_ONLY = "rollout status is only available for RollingUpdate strategy type"


async def of(kubectl: Kube, one: Meant) -> dict[int, Mapping[str, Any]]:
    """Return the revisions of a workload by number."""
    uid = (one.obj or {})["metadata"]["uid"]
    listed = await kubectl.ask("GET", f"/apis/apps/v1/namespaces/{one.namespace}/controllerrevisions")
    return {
        int(found["revision"]): found
        for found in listed.get("items", ())
        if any(
            ref.get("uid") == uid and ref.get("controller") for ref in found["metadata"].get("ownerReferences") or ()
        )
    }


def template_of(one: Meant, revision: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pod template that a ReplicaSet or a ControllerRevision kept."""
    kept = revision["data"] if one.resource.name in KEPT else revision
    return {name: value for name, value in kept["spec"]["template"].items() if name != "$patch"}


def matches(one: Meant, revision: Mapping[str, Any]) -> bool:
    """Say whether a workload already holds the template of a revision."""
    return bool(_plain((one.obj or {})["spec"]["template"]) == _plain(template_of(one, revision)))


def _plain(template: Mapping[str, Any]) -> Any:
    meta = {name: value for name, value in (template.get("metadata") or {}).items() if value not in (None, {})}
    return {"metadata": meta, "spec": template.get("spec")}


def _counts(obj: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any], int]:
    spec, found = obj.get("spec") or {}, obj.get("status") or {}
    if ((spec.get("updateStrategy") or {}).get("type") or "RollingUpdate") != "RollingUpdate":
        raise api.error(_ONLY)
    return spec, found, int(found.get("observedGeneration") or 0)


def stateful_status(obj: Mapping[str, Any]) -> tuple[str, bool]:
    """Return what StatefulSetStatusViewer.Status says."""
    spec, found, observed = _counts(obj)
    if observed == 0 or int(obj["metadata"].get("generation") or 0) > observed:
        return "Waiting for statefulset spec update to be observed...\n", False
    wanted, ready, updated = (
        spec.get("replicas", 1),
        int(found.get("readyReplicas") or 0),
        int(found.get("updatedReplicas") or 0),
    )
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods to be ready...\n", False
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate")
    if rolling is not None:
        due = wanted - int(rolling.get("partition") or 0)
        if rolling.get("partition") is not None and updated < due:
            return (
                f"Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been updated...\n",
                False,
            )
        return f"partitioned roll out complete: {updated} new pods have been updated...\n", True
    if found.get("updateRevision") != found.get("currentRevision"):
        return (
            f"waiting for statefulset rolling update to complete {updated} pods at revision {found.get('updateRevision', '')}...\n",
            False,
        )
    current = int(found.get("currentReplicas") or 0)
    return (
        f"statefulset rolling update complete {current} pods at revision {found.get('currentRevision', '')}...\n",
        True,
    )


def daemon_status(obj: Mapping[str, Any]) -> tuple[str, bool]:
    """Return what DaemonSetStatusViewer.Status says."""
    _, found, observed = _counts(obj)
    if int(obj["metadata"].get("generation") or 0) > observed:
        return "Waiting for daemon set spec update to be observed...\n", False
    begins = f'Waiting for daemon set "{obj["metadata"]["name"]}" rollout to finish: '
    due, updated = int(found.get("desiredNumberScheduled") or 0), int(found.get("updatedNumberScheduled") or 0)
    available = int(found.get("numberAvailable") or 0)
    if updated < due:
        return f"{begins}{updated} out of {due} new pods have been updated...\n", False
    if available < due:
        return f"{begins}{available} of {due} updated pods are available...\n", False
    return f'daemon set "{obj["metadata"]["name"]}" successfully rolled out\n', True
