"""Kinds that a network playground keeps and shows, but does not simulate; kinds it never heard of among them."""

from __future__ import annotations

import base64
import functools

from app.kinds import columns, workloads
from app.kinds.kind import KEPT, Column, Kind
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
        help=f"Podlane does not know {kind} objects. {KEPT}",
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


def _data_count(obj: Object, now: float) -> int:
    return len(obj.get("data") or {})


def _template_labels(obj: Object, now: float) -> str:
    return columns.selector({"matchLabels": objects.dig(obj, "template", "metadata", "labels") or {}})


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
        columns.text("Type", columns.field("type")),
        Column("Data", "string", _data_count),
        columns.AGE,
    ),
    help=f"Small confidential values for pods. {KEPT}",
)
LEASE = Kind(
    group="coordination.k8s.io",
    version="v1",
    kind="Lease",
    resource="leases",
    singular="lease",
    stored=True,
    columns=(columns.NAME, columns.text("Holder", columns.field("spec", "holderIdentity")), columns.AGE),
    help=f"Who holds a role for a while: nodes and leading controllers renew theirs. {KEPT}",
)
POD_TEMPLATE = Kind(
    group="",
    version="v1",
    kind="PodTemplate",
    resource="podtemplates",
    singular="podtemplate",
    has_generation=True,
    stored=True,
    default=workloads.default_template,
    columns=(
        columns.NAME,
        columns.text("Containers", columns.containers("template", "spec")),
        columns.text("Images", columns.images("template", "spec")),
        columns.text("Pod Labels", _template_labels),
    ),
    help=f"A form for pods. {KEPT}",
)

KINDS: tuple[Kind, ...] = (
    SECRET,
    LEASE,
    POD_TEMPLATE,
)
