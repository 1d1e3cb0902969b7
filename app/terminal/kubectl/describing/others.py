"""Nodes, namespaces, ConfigMaps, Secrets, ServiceAccounts, events."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import columns
from app.machinery import quantities
from app.terminal.kubectl import api
from app.terminal.kubectl.describing import words
from app.terminal.kubectl.describing.words import Subject

_SIZES = (("Pi", 2**50), ("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


async def namespace(about: Subject) -> str:
    """Describe a Namespace."""
    text = f"Name:\t{about.meta['name']}\n" + words.labels("Labels", about.meta.get("labels"))
    text += words.notes("Annotations", about.meta.get("annotations")) + f"Status:\t{about.status.get('phase', '')}\n"
    if about.status.get("conditions"):
        text += "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  ----\t------\t------------------\t------\t-------\n"
        for one in about.status["conditions"]:
            text += f"  {one['type']}\t{one['status']}\t{words.when(one.get('lastTransitionTime'))}\t{one.get('reason', '')}\t{one.get('message', '')}\n"
    return text + await _limits(about)


async def _limits(about: Subject) -> str:
    """Say that nothing is limited, where the server knows limits at all."""
    text = ""
    for resource, none in (
        ("resourcequotas", "\nNo resource quota.\n"),
        ("limitranges", "\nNo LimitRange resource.\n"),
    ):
        held = await about.kube.maybe(f"/api/v1/namespaces/{about.meta['name']}/{resource}")
        if held is not None and not held.get("items"):
            text += none
    return text


async def config_map(about: Subject) -> str:
    """Describe a ConfigMap."""
    text = words.head(about) + "\nData\n====\n"
    for name, value in sorted((about.obj.get("data") or {}).items()):
        text += f"{name}:\n----\n{value}\n\n"
    text += "\nBinaryData\n====\n"
    for name, value in sorted((about.obj.get("binaryData") or {}).items()):
        text += f"{name}: {len(base64.b64decode(value))} bytes\n"
    return text + "\n" + await words.events(about)


async def secret(about: Subject) -> str:
    """Describe a Secret, its values as sizes only."""
    text = words.head(about) + f"\nType:\t{about.obj.get('type', '')}\n\nData\n====\n"
    for name, value in sorted((about.obj.get("data") or {}).items()):
        text += f"{name}:\t{len(base64.b64decode(value))} bytes\n"
    return text


async def service_account(about: Subject) -> str:
    """Describe a ServiceAccount."""
    text = words.head(about)
    pulls = ", ".join(str(one.get("name")) for one in about.obj.get("imagePullSecrets") or ())
    return text + f"Image pull secrets:\t{pulls or '<none>'}\n" + await words.events(about)


async def node(about: Subject) -> str:
    """Describe a Node with the pods on it."""
    meta, spec, status = about.meta, about.spec, about.status
    roles = sorted(
        name.partition("/")[2] for name in meta.get("labels") or {} if name.startswith("node-role.kubernetes.io/")
    )
    text = f"Name:\t{meta['name']}\nRoles:\t{','.join(roles) or '<none>'}\n"
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    text += f"CreationTimestamp:\t{words.when(meta.get('creationTimestamp'))}\n"
    text += _taints(spec.get("taints") or ())
    text += f"Unschedulable:\t{str(bool(spec.get('unschedulable'))).lower()}\n"
    text += await _lease(about)
    if status.get("conditions"):
        text += (
            "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n"
            "  ----\t------\t-----------------\t------------------\t------\t-------\n"
        )
        for one in status["conditions"]:
            text += (
                f"  {one['type']} \t{one['status']} \t{words.when(one.get('lastHeartbeatTime'))} \t"
                f"{words.when(one.get('lastTransitionTime'))} \t{one.get('reason', '')} \t{one.get('message', '')}\n"
            )
    text += "Addresses:\n" + "".join(f"  {one['type']}:\t{one['address']}\n" for one in status.get("addresses") or ())
    for title, field in (("Capacity", "capacity"), ("Allocatable", "allocatable")):
        if status.get(field):
            text += f"{title}:\n" + "".join(f"  {name}:\t{status[field][name]}\n" for name in sorted(status[field]))
    system = status.get("nodeInfo") or {}
    text += "System Info:\n" + "".join(
        f"  {title}:\t{system.get(field, '')}\n"
        for title, field in (
            ("Machine ID", "machineID"),
            ("System UUID", "systemUUID"),
            ("Boot ID", "bootID"),
            ("Kernel Version", "kernelVersion"),
            ("OS Image", "osImage"),
            ("Operating System", "operatingSystem"),
            ("Architecture", "architecture"),
            ("Container Runtime Version", "containerRuntimeVersion"),
            ("Kubelet Version", "kubeletVersion"),
        )
    )
    if spec.get("podCIDR"):
        text += f"PodCIDR:\t{spec['podCIDR']}\n"
    if spec.get("podCIDRs"):
        text += f"PodCIDRs:\t{','.join(spec['podCIDRs'])}\n"
    if spec.get("providerID"):
        text += f"ProviderID:\t{spec['providerID']}\n"
    listed = await about.kube.ask(
        "GET",
        "/api/v1/pods",
        query={"fieldSelector": f"spec.nodeName={meta['name']},status.phase!=Failed,status.phase!=Succeeded"},
    )
    text += _resources(
        listed.get("items") or (), status.get("allocatable") or status.get("capacity") or {}, about.kube.moment()
    )
    return text + await _node_events(about)


async def _node_events(about: Subject) -> str:
    text = await words.events(about, uid=str(about.meta["name"]))
    return text if "<none>" not in text else await words.events(about)


def _taints(found: Sequence[Mapping[str, Any]]) -> str:
    shown = []
    for one in sorted(found, key=lambda taint: str(taint.get("key"))):
        value = f"={one['value']}" if one.get("value") else ""
        shown.append(f"{one['key']}{value}:{one.get('effect', '')}")
    return "Taints:\t" + ("\n\t".join(shown) or "<none>") + "\n"


async def _lease(about: Subject) -> str:
    try:
        held = await about.kube.ask(
            "GET", f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{about.meta['name']}"
        )
    except api.Refused as refused:
        return f"Lease:\tFailed to get lease: {refused.message}\n"
    spec = held.get("spec") or {}
    return (
        f"Lease:\n  HolderIdentity:\t{spec.get('holderIdentity') or '<unset>'}\n"
        f"  AcquireTime:\t{words.when(spec.get('acquireTime'))}\n  RenewTime:\t{words.when(spec.get('renewTime'))}\n"
    )


def _resources(pods: Sequence[Mapping[str, Any]], allocatable: Mapping[str, Any], now: float) -> str:
    text = (
        f"Non-terminated Pods:\t({len(pods)} in total)\n"
        "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n"
        "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n"
    )
    cpu, memory = amount(allocatable.get("cpu", "0")) or 1, amount(allocatable.get("memory", "0")) or 1
    sums = {(name, which): 0.0 for name in ("cpu", "memory", "ephemeral-storage") for which in ("requests", "limits")}
    for pod in pods:
        own = {key: _of_pod(pod, *key) for key in sums}
        for key, value in own.items():
            sums[key] += value
        text += f"  {pod['metadata']['namespace']}\t{pod['metadata']['name']}\t\t"
        text += "\t".join(
            f"{_shown(name, own[(name, which)])} ({int(own[(name, which)] / whole * 100)}%)"
            for name, which, whole in (
                ("cpu", "requests", cpu),
                ("cpu", "limits", cpu),
                ("memory", "requests", memory),
                ("memory", "limits", memory),
            )
        )
        text += f"\t{columns.since(pod['metadata'].get('creationTimestamp'), now)}\n"
    text += (
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n"
        "  Resource\tRequests\tLimits\n  --------\t--------\t------\n"
    )
    for name in ("cpu", "memory", "ephemeral-storage"):
        whole = amount(allocatable.get(name, "0")) or 1
        text += f"  {name}\t" + "\t".join(
            f"{_shown(name, sums[(name, which)])} ({int(sums[(name, which)] / whole * 100)}%)"
            for which in ("requests", "limits")
        )
        text += "\n"
    return text


def _of_pod(pod: Mapping[str, Any], name: str, which: str) -> float:
    found = 0.0
    for one in (pod.get("spec") or {}).get("containers") or ():
        found += amount(((one.get("resources") or {}).get(which) or {}).get(name, "0"))
    return found


def amount(text: Any) -> float:
    """Read a quantity as a number."""
    return float(quantities.parse(text))


def _shown(name: str, value: float) -> str:
    if name == "cpu":
        return f"{round(value * 1000)}m" if value != int(value) else str(int(value))
    whole = int(value)
    for sign, size in _SIZES:
        if whole and whole % size == 0:
            return f"{whole // size}{sign}"
    return str(whole)
