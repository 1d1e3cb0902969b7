"""Node: a machine that pods run on; its kubelet starts them, its kube-proxy sends Service traffic on.

Mirrors pkg/registry/core/node/strategy.go and what a kubelet registers (release 1.36).
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

from app.cluster import clock
from app.kinds import allocators, columns
from app.kinds.kind import Admission, Column, Kind
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

KUBELET = "podlane.dev/kubelet"
KUBE_PROXY = "podlane.dev/kube-proxy"
KUBE_PROXY_DELAY = "podlane.dev/kube-proxy-delay"
FIREWALL = "podlane.dev/firewall"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
HOSTNAME = "kubernetes.io/hostname"
PROXY_MODES = ("iptables", "nftables", "ipvs")
PODS_A_NODE = 110
VERSION = "v1.36.0"

_FIRST_ADDRESS = int(ipaddress.IPv4Address("10.0.0.10"))
_CAPACITY = {"cpu": "4", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": str(PODS_A_NODE)}
_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


def make_node(index: int, zone: str = "", now: float = 0.0) -> Draft:
    """Make the playground's own node of that number (from 1): ready, with an address and a pod range of its own."""
    name = f"node-{index}"
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        HOSTNAME: name,
        "kubernetes.io/os": "linux",
    }
    if zone:
        labels[ZONE] = zone
    pods = pod_range(index)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {KUBELET: "simulated", KUBE_PROXY: PROXY_MODES[0]},
        },
        "spec": {"podCIDR": pods, "podCIDRs": [pods]},
        "status": _status(name, address(index), clock.timestamp(now)),
    }


def address(index: int) -> str:
    """Return the internal address of the playground's own node of that number: 10.0.0.11 for the first."""
    return str(ipaddress.IPv4Address(_FIRST_ADDRESS + index))


def pod_range(index: int) -> str:
    """Return the pod CIDR of that node, 10.244.1.0/24 for the first; past 255 nodes it goes on in 10.245 and so forth."""
    first = int(allocators.POD_CIDR.network_address) + index * 256
    return f"{ipaddress.IPv4Address(first)}/24"


def _status(name: str, ip: str, at: str) -> dict[str, Any]:
    conditions = [_condition(kind, "False", reason, message, at) for kind, reason, message in _PRESSURES]
    conditions.append(_condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", at))
    return {
        "addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}],
        "allocatable": dict(_CAPACITY),
        "capacity": dict(_CAPACITY),
        "conditions": conditions,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": _identity("boot", name),
            "containerRuntimeVersion": "podlane://simulated",
            "kernelVersion": "simulated",
            "kubeProxyVersion": VERSION,
            "kubeletVersion": VERSION,
            "machineID": _identity("machine", name).replace("-", ""),
            "operatingSystem": "linux",
            "osImage": "Podlane simulated node",
            "systemUUID": _identity("system", name),
        },
    }


def _identity(what: str, name: str) -> str:
    """Return an id of a simulated machine: clients insist that there is one."""
    digits = hashlib.sha256(f"{what}/{name}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _condition(kind: str, status: str, reason: str, message: str, at: str) -> dict[str, str]:
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": at,
        "lastTransitionTime": at,
        "reason": reason,
        "message": message,
    }


def default(draft: Draft) -> None:
    """Keep podCIDR and podCIDRs in step, and count allocatable from capacity where only that is said."""
    spec = dict(draft.get("spec") or {})
    single, several = spec.get("podCIDR"), spec.get("podCIDRs")
    if single and not several:
        spec["podCIDRs"] = [single]
    elif several and not single:
        spec["podCIDR"] = several[0]
    draft["spec"] = spec
    status = draft.get("status") or {}
    if status.get("capacity") and status.get("allocatable") is None:
        draft["status"] = {**status, "allocatable": status["capacity"]}


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Give a node with a simulated kubelet what that kubelet would register, where it is not said."""
    annotations = objects.annotations_of(draft)
    if annotations.get(KUBELET) == "simulated":
        _register(draft, admission)
    elif not objects.condition_is_true(draft, "Ready"):
        taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
        taints = list(draft["spec"].get("taints") or ())
        if not any(present.get("key") == taint["key"] for present in taints):
            draft["spec"]["taints"] = [*taints, taint]
    draft.setdefault("status", {})


def _register(draft: Draft, admission: Admission) -> None:
    held, name = admission.state, objects.name_of(draft)
    index = 1
    while address(index) in held.addresses.nodes or pod_range(index) in _pod_ranges(admission):
        index += 1
    meta, spec = draft["metadata"], draft["spec"]
    said = meta.get("labels") or {}
    meta["labels"] = {"kubernetes.io/arch": "amd64", HOSTNAME: name, "kubernetes.io/os": "linux", **said}
    if not spec.get("podCIDR"):
        spec["podCIDR"], spec["podCIDRs"] = pod_range(index), [pod_range(index)]
    ready = _status(name, address(index), admission.env.timestamp())
    present = {key: value for key, value in (draft.get("status") or {}).items() if value and key != "conditions"}
    draft["status"] = {**ready, **present}


def _pod_ranges(admission: Admission) -> set[str]:
    return {str(objects.spec_of(node).get("podCIDR")) for node in admission.state.list(("", "nodes"))}


def prepare_update(draft: Draft, old: Object, admission: Admission) -> None:
    """Keep the pod range, which is given once."""
    for name in ("podCIDR", "podCIDRs"):
        if not draft["spec"].get(name) and objects.spec_of(old).get(name):
            draft["spec"][name] = objects.spec_of(old)[name]


def validate(obj: Object) -> list[FieldError]:
    """Check taints and pod ranges."""
    spec = objects.spec_of(obj)
    found: list[FieldError] = []
    for position, text in enumerate(spec.get("podCIDRs") or ()):
        found += validation.invalid_each(f"spec.podCIDRs[{position}]", text, validation.cidr(text))
    for position, taint in enumerate(spec.get("taints") or ()):
        field = f"spec.taints[{position}]"
        key, effect = str(taint.get("key") or ""), taint.get("effect")
        found += validation.invalid_each(f"{field}.key", key, validation.qualified_name(key))
        effects = ("NoSchedule", "PreferNoSchedule", "NoExecute")
        if not effect:
            found.append(validation.required(f"{field}.effect"))
        elif effect not in effects:
            found.append(validation.not_supported(f"{field}.effect", effect, effects))
    return found


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a changed pod range."""
    new, was = objects.spec_of(obj).get("podCIDRs"), objects.spec_of(old).get("podCIDRs")
    if was and new != was:
        return [validation.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')]
    return []


# --- columns -----------------------------------------------------------------------------------


def _status_word(obj: Object, now: float) -> str:
    ready = objects.condition(obj, "Ready")
    word = "Unknown" if ready is None else ("Ready" if ready.get("status") == "True" else "NotReady")
    return f"{word},SchedulingDisabled" if objects.spec_of(obj).get("unschedulable") else word


def _roles(obj: Object, now: float) -> str:
    prefix = "node-role.kubernetes.io/"
    found = {key.removeprefix(prefix) for key in objects.labels_of(obj) if key.startswith(prefix)}
    role = objects.labels_of(obj).get("kubernetes.io/role")
    return ",".join(sorted((found | {role or ""}) - {""})) or columns.NONE


def _address(kind: str) -> columns.Cell:
    def cell(obj: Object, now: float) -> str:
        addresses = objects.status_of(obj).get("addresses") or ()
        return next((a["address"] for a in addresses if a.get("type") == kind and a.get("address")), columns.NONE)

    return cell


def _kernel(obj: Object, now: float) -> str:
    known = objects.status_of(obj).get("nodeInfo") or {}
    kernel, arch = known.get("kernelVersion"), known.get("architecture")
    if not kernel:
        return columns.UNKNOWN
    return f"{kernel} ({arch})" if arch else str(kernel)


def _known(name: str) -> columns.Cell:
    return columns.field("status", "nodeInfo", name, default=columns.UNKNOWN)


KIND = Kind(
    group="",
    version="v1",
    kind="Node",
    resource="nodes",
    singular="node",
    short_names=("no",),
    namespaced=False,
    has_status=True,
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    validate_update=validate_update,
    columns=(
        columns.NAME,
        Column("Status", "string", _status_word, description="Whether the node takes pods."),
        Column("Roles", "string", _roles, description="What the node is for."),
        columns.AGE,
        Column("Version", "string", columns.field("status", "nodeInfo", "kubeletVersion")),
        Column("Internal-IP", "string", _address("InternalIP"), priority=1),
        Column("External-IP", "string", _address("ExternalIP"), priority=1),
        Column("OS-Image", "string", _known("osImage"), priority=1),
        Column("Kernel-Version", "string", _kernel, priority=1),
        Column("Container-Runtime", "string", _known("containerRuntimeVersion"), priority=1),
    ),
    help="A machine that pods run on. Its kube-proxy sends Service traffic to the pods.",
    field_help={
        "metadata.name": "The node's name.",
        "metadata.labels": "Labels such as topology.kubernetes.io/zone, which Services can prefer.",
        "spec.unschedulable": "While true, no new pods are put here; those that run stay.",
        "spec.taints": "Keep pods away that do not tolerate them.",
        "spec.podCIDR": "The range that this node's pods get their addresses from.",
    },
)
