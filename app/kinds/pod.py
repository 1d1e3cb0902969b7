"""Pod: containers that share one address; what Services send traffic to.

Mirrors pkg/registry/core/pod/strategy.go and the admission plugins that every cluster runs
(ServiceAccount, DefaultTolerationSeconds, Priority), release 1.36.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import clock, state
from app.kinds import memo, pod_columns, pod_defaults, pod_validation, quality
from app.kinds.kind import Admission, Kind
from app.machinery import errors, objects
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

LISTEN = "podlane.dev/listen"
READY = "podlane.dev/ready"
CRASH = "podlane.dev/crash"
SLOW = "podlane.dev/slow"
STARTED_AT_REVISION = "podlane.dev/started-at-revision"

Part = Mapping[str, Any]

_TOKEN_PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"
_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]
_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


_DEFAULTED: memo.Memo[Part] = memo.Memo(512)
_PREPARED: memo.Memo[tuple[Part, Part]] = memo.Memo(512)
_FAULTS: memo.Memo[list[FieldError]] = memo.Memo(512)


def _is_stamped(draft: Object) -> bool:
    """Say whether the pod is just being made from a workload's template, whose parts are frozen and shared."""
    return objects.controller_of(draft) is not None and not objects.resource_version_of(draft)


def default(draft: Draft) -> None:
    """Fill in the defaults of a pod, sharing what lacks nothing with its template."""
    spec = draft.get("spec")
    if isinstance(spec, Mapping):
        stamped = _is_stamped(draft)
        draft["spec"] = _DEFAULTED.get(spec, (), lambda: _with_defaults(spec)) if stamped else _with_defaults(spec)


def _with_defaults(spec: Part) -> Part:
    filled = pod_defaults.spec_defaults(spec)
    if filled.get("enableServiceLinks") is None:
        filled = {**filled, "enableServiceLinks": True}
    if filled.get("hostNetwork"):
        filled = pod_defaults.host_ports(filled)
    return pod_defaults.requests_from_limits(filled)


TOPOLOGY_LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


def topology_of(node: Object | None) -> Mapping[str, str]:
    """Return the labels a pod takes over from its node (plugin/pkg/admission/podtopologylabels, release 1.36)."""
    have = objects.labels_of(node) if node is not None else {}
    return {label: have[label] for label in TOPOLOGY_LABELS if have.get(label)}


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Give the pod its service account, its tolerations and its first status."""
    spec = draft.get("spec") or {}
    if spec.get("nodeName"):
        taken = topology_of(admission.state.find(state.NODES, "", str(spec["nodeName"])))
        if taken:
            draft["metadata"]["labels"] = {**(draft["metadata"].get("labels") or {}), **taken}
    name = str(spec.get("serviceAccountName") or "default")
    suffix = _suffix(draft, admission.env) if _mounts_token(spec, _account(draft, name, admission)) else ""
    key = (name, suffix) if _is_stamped(draft) else None
    draft["spec"], draft["status"] = (
        _prepared(spec, name, suffix)
        if key is None
        else _PREPARED.get(spec, key, lambda: _prepared(spec, name, suffix))
    )


def _prepared(spec: Part, account: str, suffix: str) -> tuple[Part, Part]:
    """Return the spec as admission leaves it, and the first status."""
    filled = {**spec, "serviceAccountName": account, "serviceAccount": account}
    _set_priority(filled)
    if suffix:
        _mount_token(filled, suffix)
    filled["tolerations"] = _tolerations(spec.get("tolerations"))
    return filled, {"phase": "Pending", "qosClass": quality.of_service(filled)}


def _set_priority(spec: Draft) -> None:
    spec["priority"] = _PRIORITIES.get(str(spec.get("priorityClassName")), 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _account(draft: Draft, name: str, admission: Admission) -> Object | None:
    """Return the pod's service account.

    DIFFERS: the account `default` need not be there yet, for it is made by the same command that made the namespace.
    """
    namespace = objects.namespace_of(draft)
    account = admission.state.find(state.SERVICE_ACCOUNTS, namespace, name)
    if account is None and name != "default":
        raise errors.forbidden(
            objects.Key("", "pods", namespace, objects.name_of(draft)),
            f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found',
            plain=f"Create the ServiceAccount {name} in namespace {namespace} first, or remove serviceAccountName.",
        )
    return account


def _mounts_token(spec: Part, account: Object | None) -> bool:
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None and account is not None:
        wanted = account.get("automountServiceAccountToken")
    return wanted is not False


def _suffix(draft: Draft, env: clock.Env) -> str:
    """Return the random part of the token volume's name.

    DIFFERS: upstream draws it for each pod; here the pods of one owner have the same, so that they share their containers.
    """
    owner = objects.controller_of(draft)
    return pod_defaults.suffix_of(owner["uid"]) if owner is not None else env.name_suffix()


def _mount_token(spec: Draft, suffix: str) -> None:
    name = f"kube-api-access-{suffix}"
    mount = {"name": name, "readOnly": True, "mountPath": _TOKEN_PLACE}
    mounted = False
    for field in ("initContainers", "containers"):
        before = spec.get(field) or ()
        after = [_with_mount(container, mount) for container in before]
        if any(new is not old for new, old in zip(after, before, strict=True)):
            spec[field] = after
            mounted = True
    if mounted:
        spec["volumes"] = [*(spec.get("volumes") or ()), _token_volume(name)]


def _with_mount(container: Part, mount: Part) -> Part:
    mounts = container.get("volumeMounts") or ()
    if any(present.get("mountPath") == _TOKEN_PLACE for present in mounts):
        return container
    return {**container, "volumeMounts": [*mounts, mount]}


def _token_volume(name: str) -> Part:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    root = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    return {
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": root},
                {"downwardAPI": {"items": [namespace]}},
            ],
            "defaultMode": 420,
        },
    }


def _tolerations(present: Sequence[Part] | None) -> Sequence[Part]:
    """Add the 300 s tolerations that are not there (DefaultTolerationSeconds)."""
    if not present:
        return _TOLERATIONS
    missing = [wanted for wanted in _TOLERATIONS if not any(_tolerates(own, wanted) for own in present)]
    return [*present, *missing] if missing else present


def _tolerates(own: Part, wanted: Part) -> bool:
    return own.get("key") in (None, "", wanted["key"]) and own.get("effect") in (None, "", wanted["effect"])


def validate(obj: Object) -> list[FieldError]:
    """Check the pod spec; once for all pods that share it."""
    spec = objects.spec_of(obj)
    if _is_stamped(obj):
        return _FAULTS.get(spec, (), lambda: pod_validation.validate_spec(spec, "spec"))
    return pod_validation.validate_spec(spec, "spec")


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse changes of what a running pod cannot change."""
    return pod_validation.validate_update(objects.spec_of(obj), objects.spec_of(old))


FIELD_HELP = {
    "metadata.name": "The pod's name, unique in its namespace; lower-case letters, digits and hyphens.",
    "metadata.labels": "What Services and ReplicaSets find the pod by. Extra labels never hurt.",
    "spec.containers[].name": "The container's name inside the pod.",
    "spec.containers[].image": "What runs. The playground knows the ports of the images that tutorials use.",
    "spec.containers[].ports[].containerPort": (
        "A note for people: which port the program listens on. Leaving it out blocks nothing."
    ),
    "spec.containers[].ports[].name": "A name that a Service's targetPort can use instead of the number.",
    "spec.containers[].ports[].protocol": "TCP unless said otherwise; UDP and SCTP are the others.",
    "spec.containers[].command": "Replaces the program the image would start.",
    "spec.containers[].args": "Arguments for the program the image starts.",
    "spec.containers[].readinessProbe": "While it fails, Services send the pod no new traffic.",
    "spec.containers[].livenessProbe": "When it fails, the container is restarted; the pod keeps its address.",
    "spec.restartPolicy": "What happens when a container exits: Always, OnFailure or Never start it again.",
    "spec.nodeName": "The node the pod is bound to; the scheduler fills it in.",
    "spec.hostname": "The pod's own name inside the cluster's DNS, with subdomain.",
    "spec.subdomain": "The headless Service under whose name the pod's hostname appears in DNS.",
    "spec.hostNetwork": "The pod uses its node's address instead of one of its own.",
    "spec.terminationGracePeriodSeconds": "How long a deleted pod may take to finish what it is doing.",
    "spec.readinessGates": "Conditions beyond the containers' readiness that must be True before traffic comes.",
    "spec.enableServiceLinks": "Whether the Services that exist when the pod starts become environment variables.",
}

KIND = Kind(
    group="",
    version="v1",
    kind="Pod",
    resource="pods",
    singular="pod",
    short_names=("po",),
    categories=("all",),
    has_generation=True,
    has_status=True,
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=validate_update,
    columns=pod_columns.COLUMNS,
    help="One or more containers that share an address. Pods come and go; a Service stays.",
    field_help=FIELD_HELP,
)
