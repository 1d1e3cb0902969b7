"""The pods of a StatefulSet: their names, what is stamped into them, and which revision each should have.

Mirrors pkg/controller/statefulset/stateful_set_utils.go, release 1.36.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kinds import podstatus, replicas, revisions
from app.machinery import objects
from app.machinery.objects import Draft, Object

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
_NAME = re.compile(r"(.*)-(\d+)")


def ordinal_of(owner: Object, pod_name: str) -> int | None:
    """Return the ordinal in a pod's name, None when it is no name of this set."""
    found = _NAME.fullmatch(pod_name)
    return int(found[2]) if found and found[1] == objects.name_of(owner) else None


def pod_name(owner: Object, ordinal: int) -> str:
    """Return the name of the pod of an ordinal."""
    return f"{objects.name_of(owner)}-{ordinal}"


def start_of(owner: Object) -> int:
    """Return the first ordinal."""
    return int(objects.dig(owner, "spec", "ordinals", "start") or 0)


def ordinals(owner: Object) -> range:
    """Return the ordinals that should have a pod."""
    start = start_of(owner)
    return range(start, start + replicas.desired(owner))


def is_parallel(owner: Object) -> bool:
    """Say whether pods need not wait for each other."""
    return bool(objects.spec_of(owner).get("podManagementPolicy") == "Parallel")


def partition_of(owner: Object) -> int | None:
    """Return from which place on pods are updated; None without a rolling update's partition."""
    found = objects.dig(owner, "spec", "updateStrategy", "rollingUpdate", "partition")
    return None if found is None else int(found)


def is_rolling(owner: Object) -> bool:
    """Say whether the set replaces pods of an old template by itself."""
    return bool((objects.dig(owner, "spec", "updateStrategy", "type") or "RollingUpdate") == "RollingUpdate")


def is_healthy(pod: Object) -> bool:
    """Say whether a pod runs, is ready and not being deleted."""
    return podstatus.phase_of(pod) == "Running" and podstatus.is_ready(pod) and not objects.is_terminating(pod)


def keeps_current(owner: Object, ordinal: int) -> bool:
    """Say whether a pod made now at that ordinal has the current, not the update revision (isCurrentRevisionNeeded)."""
    if not is_rolling(owner):
        return False
    partition = partition_of(owner)
    if not partition:
        return ordinal < start_of(owner) + int(objects.status_of(owner).get("currentReplicas") or 0)
    return ordinal < start_of(owner) + partition


def pod_for(owner: Object, revision: Object, ordinal: int) -> Draft:
    """Stamp the pod of an ordinal from a revision's template (newVersionedStatefulSetPod)."""
    name = pod_name(owner, ordinal)
    made = replicas.pod_from_template(owner, revisions.template_of(revision), name)
    labels: dict[str, str] = made["metadata"].get("labels") or {}
    made["metadata"]["labels"] = {
        **labels,
        POD_NAME: name,
        POD_INDEX: str(ordinal),
        revisions.HASH_LABEL: objects.labels_of(revision)[revisions.HASH_LABEL],
    }
    spec: Draft = {**made["spec"], "hostname": name}
    subdomain = objects.spec_of(owner).get("serviceName")
    if subdomain:
        spec["subdomain"] = subdomain
    volumes = claimed_volumes(owner, name)
    if volumes:
        own = {volume["name"] for volume in volumes}
        spec["volumes"] = [*volumes, *(v for v in spec.get("volumes") or () if v.get("name") not in own)]
    made["spec"] = spec
    return made


def claimed_volumes(owner: Object, pod_name: str) -> list[dict[str, Any]]:
    """Return the volumes that lead to the pod's own claims."""
    return [
        {"name": _claim_name(claim), "persistentVolumeClaim": {"claimName": f"{_claim_name(claim)}-{pod_name}"}}
        for claim in objects.spec_of(owner).get("volumeClaimTemplates") or ()
    ]


def claims_for(owner: Object, pod_name: str) -> list[Draft]:
    """Return the claims of a pod, made once and kept when the pod goes."""
    labels = dict((objects.spec_of(owner).get("selector") or {}).get("matchLabels") or {})
    return [
        _claim(owner, claim, pod_name, labels) for claim in objects.spec_of(owner).get("volumeClaimTemplates") or ()
    ]


def _claim_name(template: Mapping[str, Any]) -> str:
    return str((template.get("metadata") or {}).get("name") or "")


def _claim(owner: Object, template: Mapping[str, Any], pod_name: str, labels: Mapping[str, str]) -> Draft:
    meta = template.get("metadata") or {}
    made: Draft = {
        "name": f"{_claim_name(template)}-{pod_name}",
        "namespace": objects.namespace_of(owner),
        "labels": {**(meta.get("labels") or {}), **labels},
    }
    if meta.get("annotations"):
        made["annotations"] = dict(meta["annotations"])
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": made,
        "spec": dict(template.get("spec") or {}),
    }
