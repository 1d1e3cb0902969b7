"""Pods, Deployments, ReplicaSets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import columns, quality
from app.terminal.kubectl.describing import words
from app.terminal.kubectl.describing.words import Subject


async def pod(about: Subject) -> str:
    """Describe a Pod."""
    spec, status, meta = about.spec, about.status, about.meta
    rows = [f"Name:\t{meta['name']}", f"Namespace:\t{meta.get('namespace', '')}"]
    if spec.get("priority") is not None:
        rows.append(f"Priority:\t{spec['priority']}")
        if spec.get("priorityClassName"):
            rows.append(f"Priority Class Name:\t{spec['priorityClassName']}")
    if spec.get("runtimeClassName"):
        rows.append(f"Runtime Class Name:\t{spec['runtimeClassName']}")
    rows.append(f"Service Account:\t{spec.get('serviceAccountName', '')}")
    if spec.get("nodeName"):
        rows.append(f"Node:\t{spec['nodeName']}/{status.get('hostIP', '')}")
    else:
        rows.append("Node:\t<none>")
    if status.get("startTime"):
        rows.append(f"Start Time:\t{words.when(status['startTime'])}")
    text = "".join(f"{row}\n" for row in rows)
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    rows = []
    if meta.get("deletionTimestamp") and status.get("phase") not in ("Failed", "Succeeded"):
        rows.append(f"Status:\tTerminating (lasts {columns.since(meta['deletionTimestamp'], about.kube.moment())})")
        rows.append(f"Termination Grace Period:\t{meta.get('deletionGracePeriodSeconds', 0)}s")
    else:
        rows.append(f"Status:\t{status.get('phase', '')}")
    for title, field in (("Reason", "reason"), ("Message", "message")):
        if status.get(field):
            rows.append(f"{title}:\t{status[field]}")
    rows.append(f"IP:\t{status.get('podIP', '')}")
    ips = status.get("podIPs") or ()
    rows.append("IPs:" if ips else "IPs:\t<none>")
    rows += [f"  IP:\t{one.get('ip', '')}" for one in ips]
    if owner(meta):
        rows.append(f"Controlled By:\t{owner(meta)}")
    if status.get("nominatedNodeName"):
        rows.append(f"NominatedNodeName:\t{status['nominatedNodeName']}")
    text += "".join(f"{row}\n" for row in rows)
    if spec.get("initContainers"):
        text += words.containers("Init Containers", spec["initContainers"], _states(status, "initContainerStatuses"))
    text += words.containers("Containers", spec.get("containers") or (), _states(status, "containerStatuses"))
    if spec.get("readinessGates"):
        conditions = {one["type"]: one["status"] for one in status.get("conditions") or ()}
        text += "Readiness Gates:\n  Type\tStatus\n"
        for gate in spec["readinessGates"]:
            text += f"  {gate['conditionType']}\t{conditions.get(gate['conditionType'], '<none>')} \n"
    if status.get("conditions"):
        text += "Conditions:\n  Type\tStatus\n"
        text += "".join(f"  {one['type']} \t{one['status']} \n" for one in status["conditions"])
    text += words.volumes(spec.get("volumes") or ())
    text += f"QoS Class:\t{status.get('qosClass') or quality.of_service(spec)}\n"
    text += words.node_selectors(spec)
    return text + await words.events(about)


def _states(status: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {one["name"]: one for one in status.get(field) or ()}


def owner(meta: Mapping[str, Any]) -> str:
    """Name what controls an object."""
    for one in meta.get("ownerReferences") or ():
        if one.get("controller"):
            return f"{one['kind']}/{one['name']}"
    return ""


async def deployment(about: Subject) -> str:
    """Describe a Deployment and its ReplicaSets."""
    spec, status, meta = about.spec, about.status, about.meta
    text = f"Name:\t{meta['name']}\nNamespace:\t{meta['namespace']}\n"
    text += f"CreationTimestamp:\t{words.when(meta.get('creationTimestamp'))}\n"
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    text += f"Selector:\t{words.selector(spec.get('selector'))}\n"
    count = {
        name: int(status.get(name) or 0)
        for name in ("updatedReplicas", "replicas", "availableReplicas", "unavailableReplicas")
    }
    text += (
        f"Replicas:\t{spec.get('replicas', 1)} desired | {count['updatedReplicas']} updated | {count['replicas']} total | "
        f"{count['availableReplicas']} available | {count['unavailableReplicas']} unavailable\n"
    )
    strategy = spec.get("strategy") or {}
    text += f"StrategyType:\t{strategy.get('type', '')}\nMinReadySeconds:\t{spec.get('minReadySeconds', 0)}\n"
    if strategy.get("rollingUpdate"):
        rolling = strategy["rollingUpdate"]
        text += f"RollingUpdateStrategy:\t{rolling.get('maxUnavailable')} max unavailable, {rolling.get('maxSurge')} max surge\n"
    text += words.template(spec.get("template") or {})
    text += _conditions(status)
    old, new = await _replica_sets(about)
    text += f"OldReplicaSets:\t{_named(old)}\nNewReplicaSet:\t{_named(new)}\n"
    return text + await words.events(about)


def _conditions(status: Mapping[str, Any]) -> str:
    found = status.get("conditions")
    if not found:
        return ""
    head = "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n"
    return head + "".join(f"  {one['type']} \t{one['status']}\t{one.get('reason', '')}\n" for one in found)


async def _replica_sets(about: Subject) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the ReplicaSets of other revisions that still have pods, and that of this template."""
    owned = await owned_replica_sets(about.kube, about.obj)
    template = plain_template(about.spec.get("template") or {})
    new = [one for one in owned if plain_template(one["spec"]["template"]) == template][:1]
    old = [one for one in owned if one not in new]
    return old, new


async def owned_replica_sets(kubectl: Any, deployment_object: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a Deployment's ReplicaSets, the oldest first."""
    meta, spec = deployment_object["metadata"], deployment_object["spec"]
    listed = await kubectl.ask(
        "GET",
        f"/apis/apps/v1/namespaces/{meta['namespace']}/replicasets",
        query={"labelSelector": columns.selector(spec.get("selector"))},
    )
    found = [
        one
        for one in listed.get("items", ())
        if any(
            ref.get("uid") == meta["uid"] and ref.get("controller")
            for ref in one["metadata"].get("ownerReferences") or ()
        )
    ]
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))


def plain_template(found: Mapping[str, Any]) -> Any:
    """Return a template without what the controller adds to it."""
    meta = dict(found.get("metadata") or {})
    meta["labels"] = {name: value for name, value in (meta.get("labels") or {}).items() if name != "pod-template-hash"}
    meta.pop("creationTimestamp", None)
    return {"metadata": meta, "spec": found.get("spec")}


def _named(found: Sequence[Mapping[str, Any]]) -> str:
    return (
        ", ".join(
            f"{one['metadata']['name']} ({(one.get('status') or {}).get('replicas', 0)}/{one['spec'].get('replicas', 0)} replicas created)"
            for one in found
        )
        or "<none>"
    )


async def replica_set(about: Subject) -> str:
    """Describe a ReplicaSet."""
    spec, status, meta = about.spec, about.status, about.meta
    text = (
        f"Name:\t{meta['name']}\nNamespace:\t{meta['namespace']}\nSelector:\t{words.selector(spec.get('selector'))}\n"
    )
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    text += f"Controlled By:\t{owner(meta)}\n" if owner(meta) else ""
    text += f"Replicas:\t{status.get('replicas', 0)} current / {spec.get('replicas', 0)} desired\n"
    text += f"Pods Status:\t{await phases(about)}\n"
    text += words.template(spec.get("template") or {})
    return text + _conditions(status) + await words.events(about)


async def phases(about: Subject) -> str:
    """Count the pods an object controls by their phase."""
    listed = await about.kube.ask(
        "GET",
        f"/api/v1/namespaces/{about.meta['namespace']}/pods",
        query={"labelSelector": words.selector(about.spec.get("selector"))},
    )
    uid = about.meta["uid"]
    phases = [
        (one.get("status") or {}).get("phase", "")
        for one in listed.get("items", ())
        if any(ref.get("uid") == uid for ref in one["metadata"].get("ownerReferences") or ())
    ]
    count = {name: phases.count(name) for name in ("Running", "Pending", "Succeeded", "Failed")}
    return f"{count['Running']} Running / {count['Pending']} Waiting / {count['Succeeded']} Succeeded / {count['Failed']} Failed"
