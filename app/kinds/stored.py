"""Kinds that a network playground keeps and shows, but does not simulate; kinds it never heard of among them."""

from __future__ import annotations

import base64
import functools

from app.kinds import columns
from app.kinds.kind import Column, Kind
from app.machinery import objects
from app.machinery.objects import Draft, Object

_CLUSTER_SCOPED = frozenset(
    {
        "APIService", "CSIDriver", "CSINode", "ComponentStatus", "CustomResourceDefinition", "DeviceClass", "FlowSchema",
        "GatewayClass", "IPAddress", "MutatingWebhookConfiguration", "PersistentVolume", "PriorityClass",
        "PriorityLevelConfiguration", "RuntimeClass", "ServiceCIDR", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment",
    }
)  # fmt: skip
_NAME_AGE = (columns.NAME, columns.AGE)
_STORED_WORDS = "Kept and shown, not simulated."


def is_cluster_scoped(kind: str) -> bool:
    """Say whether a kind that no file describes has no namespace, as far as its name tells."""
    return kind in _CLUSTER_SCOPED or kind.startswith("Cluster")


@functools.lru_cache(maxsize=256)
def unknown(api_version: str, kind: str, namespaced: bool) -> Kind:
    """Make the stored kind of an object whose kind no file describes."""
    group, slash, version = api_version.rpartition("/")
    return _generic(group if slash else "", version, kind, plural(kind), namespaced)


@functools.lru_cache(maxsize=256)
def unknown_resource(group: str, resource: str, namespaced: bool) -> Kind:
    """Make the stored kind behind a resource name that no file describes; its kind's capitals are guessed."""
    return _generic(group, "v1", singular(resource).capitalize(), resource, namespaced)


def _generic(group: str, version: str, kind: str, resource: str, namespaced: bool) -> Kind:
    return Kind(
        group=group,
        version=version,
        kind=kind,
        resource=resource,
        singular=kind.lower(),
        namespaced=namespaced,
        has_generation=bool(group),
        stored=True,
        columns=_NAME_AGE,
        help=f"Podlane does not know {kind} objects. {_STORED_WORDS}",
    )


def plural(kind: str) -> str:
    """Guess a kind's resource name (meta.UnsafeGuessKindToResource, release 1.36).

    DIFFERS: a vowel keeps its y, as in the names that CRDs really declare: gateways.
    """
    lowered = kind.lower()
    if lowered.endswith("endpoints"):
        return lowered
    if lowered.endswith("s"):
        return f"{lowered}es"
    return f"{lowered[:-1]}ies" if lowered.endswith("y") and lowered[-2:-1] not in "aeiou" else f"{lowered}s"


def singular(resource: str) -> str:
    """Guess back what `plural` made."""
    if resource.endswith("ies"):
        return f"{resource[:-3]}y"
    if resource.endswith("sses"):
        return resource[:-2]
    return resource.removesuffix("s")


def _secret_defaults(draft: Draft) -> None:
    """Fold stringData into data and set the type (SetDefaults_Secret and the secret strategy)."""
    draft["type"] = draft.get("type") or "Opaque"
    plain = draft.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
        draft["data"] = {**(draft.get("data") or {}), **encoded}


def _storage_class_defaults(draft: Draft) -> None:
    draft.setdefault("reclaimPolicy", "Delete")
    draft.setdefault("volumeBindingMode", "Immediate")


def _ready_of(desired: str, default: int) -> columns.Cell:
    def cell(obj: Object, now: float) -> str:
        wanted = objects.spec_of(obj).get(desired, default)
        return f"{objects.status_of(obj).get('readyReplicas', 0)}/{wanted}"

    return cell


def _ingress_hosts(obj: Object, now: float) -> str:
    hosts = [rule["host"] for rule in objects.spec_of(obj).get("rules") or () if rule.get("host")]
    return columns.more(hosts) if hosts else "*"


def _ingress_address(obj: Object, now: float) -> str:
    points = objects.dig(obj, "status", "loadBalancer", "ingress") or ()
    return ",".join(point.get("ip") or point.get("hostname") or "" for point in points)


def _ingress_ports(obj: Object, now: float) -> str:
    return "80, 443" if objects.spec_of(obj).get("tls") else "80"


def _is_default_class(obj: Object, now: float) -> str:
    marked = objects.annotations_of(obj).get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{objects.name_of(obj)} (default)" if marked else objects.name_of(obj)


def _pod_selector(obj: Object, now: float) -> str:
    return columns.selector(objects.spec_of(obj).get("podSelector"))


def _role_ref(obj: Object, now: float) -> str:
    return f"{objects.dig(obj, 'roleRef', 'kind')}/{objects.dig(obj, 'roleRef', 'name')}"


def _completions(obj: Object, now: float) -> str:
    return f"{objects.status_of(obj).get('succeeded', 0)}/{objects.spec_of(obj).get('completions', 1)}"


def _data_count(obj: Object, now: float) -> int:
    return len(obj.get("data") or {})


def _created(obj: Object, now: float) -> str:
    return str(objects.metadata(obj).get("creationTimestamp") or "")


def _scale_target(obj: Object, now: float) -> str:
    target = objects.spec_of(obj).get("scaleTargetRef") or {}
    return f"{target.get('kind', '')}/{target.get('name', '')}"


def _parameters(obj: Object, now: float) -> str:
    found = objects.spec_of(obj).get("parameters")
    return f"{found.get('kind', '')}/{found.get('name', '')}" if found else columns.NONE


def _text(name: str, cell: columns.Cell, priority: int = 0) -> Column:
    return Column(name, "string", cell, priority=priority)


def _count(name: str, *path: str) -> Column:
    return Column(name, "integer", columns.field(*path, default=0))


_TEMPLATE = columns.workload("spec", "template", "spec")
_SELECTOR = _text("Selector", columns.label_selector("spec", "selector"), priority=1)
_ALL = ("all",)

SECRET = Kind(
    group="",
    version="v1",
    kind="Secret",
    resource="secrets",
    singular="secret",
    stored=True,
    default=_secret_defaults,
    columns=(
        columns.NAME,
        _text("Type", columns.field("type")),
        Column("Data", "string", _data_count),
        columns.AGE,
    ),
    help=f"Small confidential values for pods. {_STORED_WORDS}",
)
PERSISTENT_VOLUME_CLAIM = Kind(
    group="",
    version="v1",
    kind="PersistentVolumeClaim",
    resource="persistentvolumeclaims",
    singular="persistentvolumeclaim",
    short_names=("pvc",),
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Status", columns.field("status", "phase", default="Pending")),
        _text("Volume", columns.field("spec", "volumeName")),
        _text("Capacity", columns.field("status", "capacity", "storage")),
        _text("Access Modes", columns.field("spec", "accessModes", 0)),
        _text("StorageClass", columns.field("spec", "storageClassName")),
        columns.AGE,
    ),
    help=f"A pod's request for storage. {_STORED_WORDS}",
)
STATEFUL_SET = Kind(
    group="apps",
    version="v1",
    kind="StatefulSet",
    resource="statefulsets",
    singular="statefulset",
    short_names=("sts",),
    categories=_ALL,
    has_generation=True,
    has_status=True,
    stored=True,
    columns=(columns.NAME, _text("Ready", _ready_of("replicas", 1)), columns.AGE, *_TEMPLATE),
    help=f"Pods with stable names and their own storage. {_STORED_WORDS}",
)
DAEMON_SET = Kind(
    group="apps",
    version="v1",
    kind="DaemonSet",
    resource="daemonsets",
    singular="daemonset",
    short_names=("ds",),
    categories=_ALL,
    has_generation=True,
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _count("Desired", "status", "desiredNumberScheduled"),
        _count("Current", "status", "currentNumberScheduled"),
        _count("Ready", "status", "numberReady"),
        _count("Up-to-date", "status", "updatedNumberScheduled"),
        _count("Available", "status", "numberAvailable"),
        _text(
            "Node Selector",
            lambda obj, now: columns.selector(
                {"matchLabels": objects.dig(obj, "spec", "template", "spec", "nodeSelector") or {}}
            ),
        ),
        columns.AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    help=f"One pod on every node. {_STORED_WORDS}",
)
JOB = Kind(
    group="batch",
    version="v1",
    kind="Job",
    resource="jobs",
    singular="job",
    categories=_ALL,
    has_generation=True,
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Status", lambda obj, now: "Suspended" if objects.spec_of(obj).get("suspend") else "Running"),
        _text("Completions", _completions),
        _text("Duration", lambda obj, now: ""),
        columns.AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    help=f"Pods that run to completion. {_STORED_WORDS}",
)
CRON_JOB = Kind(
    group="batch",
    version="v1",
    kind="CronJob",
    resource="cronjobs",
    singular="cronjob",
    short_names=("cj",),
    categories=_ALL,
    has_generation=True,
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Schedule", columns.field("spec", "schedule")),
        _text("Timezone", columns.field("spec", "timeZone", default=columns.NONE)),
        _text("Suspend", lambda obj, now: "True" if objects.spec_of(obj).get("suspend") else "False"),
        Column("Active", "integer", lambda obj, now: len(objects.status_of(obj).get("active") or ())),
        _text("Last Schedule", lambda obj, now: columns.NONE),
        columns.AGE,
        *columns.workload("spec", "jobTemplate", "spec", "template", "spec"),
        _text("Selector", columns.label_selector("spec", "jobTemplate", "spec", "selector"), priority=1),
    ),
    help=f"Jobs on a schedule. {_STORED_WORDS}",
)
INGRESS = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="Ingress",
    resource="ingresses",
    singular="ingress",
    short_names=("ing",),
    has_generation=True,
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Class", columns.field("spec", "ingressClassName", default=columns.NONE)),
        _text("Hosts", _ingress_hosts),
        _text("Address", _ingress_address),
        _text("Ports", _ingress_ports),
        columns.AGE,
    ),
    help=f"Routes HTTP by host and path to Services, which a Service itself cannot. {_STORED_WORDS}",
)
INGRESS_CLASS = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="IngressClass",
    resource="ingressclasses",
    singular="ingressclass",
    namespaced=False,
    has_generation=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Controller", columns.field("spec", "controller")),
        _text("Parameters", _parameters),
        columns.AGE,
    ),
    help=f"Names the controller that serves an Ingress. {_STORED_WORDS}",
)
NETWORK_POLICY = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="NetworkPolicy",
    resource="networkpolicies",
    singular="networkpolicy",
    short_names=("netpol",),
    has_generation=True,
    stored=True,
    columns=(columns.NAME, _text("Pod-Selector", _pod_selector), columns.AGE),
    help=f"Says which traffic pods may send and receive. {_STORED_WORDS}",
)
ROLE = Kind(
    group="rbac.authorization.k8s.io",
    version="v1",
    kind="Role",
    resource="roles",
    singular="role",
    stored=True,
    name_rule=lambda value: [],
    columns=(columns.NAME, _text("Created At", _created)),
    help=f"Permissions inside one namespace. {_STORED_WORDS}",
)
ROLE_BINDING = Kind(
    group="rbac.authorization.k8s.io",
    version="v1",
    kind="RoleBinding",
    resource="rolebindings",
    singular="rolebinding",
    stored=True,
    name_rule=lambda value: [],
    columns=(columns.NAME, _text("Role", _role_ref), columns.AGE),
    help=f"Gives a Role to users or service accounts. {_STORED_WORDS}",
)
CLUSTER_ROLE = Kind(
    group="rbac.authorization.k8s.io",
    version="v1",
    kind="ClusterRole",
    resource="clusterroles",
    singular="clusterrole",
    namespaced=False,
    stored=True,
    name_rule=lambda value: [],
    columns=(columns.NAME, _text("Created At", _created)),
    help=f"Permissions in the whole cluster. {_STORED_WORDS}",
)
CLUSTER_ROLE_BINDING = Kind(
    group="rbac.authorization.k8s.io",
    version="v1",
    kind="ClusterRoleBinding",
    resource="clusterrolebindings",
    singular="clusterrolebinding",
    namespaced=False,
    stored=True,
    name_rule=lambda value: [],
    columns=(columns.NAME, _text("Role", _role_ref), columns.AGE),
    help=f"Gives a ClusterRole to users or service accounts. {_STORED_WORDS}",
)
HORIZONTAL_POD_AUTOSCALER = Kind(
    group="autoscaling",
    version="v2",
    kind="HorizontalPodAutoscaler",
    resource="horizontalpodautoscalers",
    singular="horizontalpodautoscaler",
    short_names=("hpa",),
    categories=_ALL,
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Reference", _scale_target),
        _text("Targets", lambda obj, now: columns.UNKNOWN),
        _text("MinPods", columns.field("spec", "minReplicas", default="1")),
        _text("MaxPods", columns.field("spec", "maxReplicas")),
        _text("Replicas", columns.field("status", "currentReplicas", default=0)),
        columns.AGE,
    ),
    help=f"Scales a workload by its load. {_STORED_WORDS}",
)
POD_DISRUPTION_BUDGET = Kind(
    group="policy",
    version="v1",
    kind="PodDisruptionBudget",
    resource="poddisruptionbudgets",
    singular="poddisruptionbudget",
    short_names=("pdb",),
    has_generation=True,
    has_status=True,
    stored=True,
    columns=(
        columns.NAME,
        _text("Min Available", columns.field("spec", "minAvailable", default="N/A")),
        _text("Max Unavailable", columns.field("spec", "maxUnavailable", default="N/A")),
        _count("Allowed Disruptions", "status", "disruptionsAllowed"),
        columns.AGE,
    ),
    help=f"Limits how many pods may be evicted at once. {_STORED_WORDS}",
)
STORAGE_CLASS = Kind(
    group="storage.k8s.io",
    version="v1",
    kind="StorageClass",
    resource="storageclasses",
    singular="storageclass",
    short_names=("sc",),
    namespaced=False,
    stored=True,
    default=_storage_class_defaults,
    columns=(
        Column("Name", "string", _is_default_class, format="name"),
        _text("Provisioner", columns.field("provisioner")),
        _text("ReclaimPolicy", columns.field("reclaimPolicy")),
        _text("VolumeBindingMode", columns.field("volumeBindingMode")),
        Column("AllowVolumeExpansion", "boolean", columns.field("allowVolumeExpansion", default=False)),
        columns.AGE,
    ),
    help=f"A kind of storage that claims can ask for. {_STORED_WORDS}",
)

KINDS: tuple[Kind, ...] = (
    SECRET,
    PERSISTENT_VOLUME_CLAIM,
    STATEFUL_SET,
    DAEMON_SET,
    JOB,
    CRON_JOB,
    INGRESS,
    INGRESS_CLASS,
    NETWORK_POLICY,
    ROLE,
    ROLE_BINDING,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    HORIZONTAL_POD_AUTOSCALER,
    POD_DISRUPTION_BUDGET,
    STORAGE_CLASS,
)
