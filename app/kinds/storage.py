"""Storage kinds: kept and shown, not simulated.

Mirrors pkg/apis/{core,storage}/v1/defaults.go and pkg/apis/core/v1/helper (release 1.36).
"""

from __future__ import annotations

from app.kinds import columns
from app.kinds.kind import KEPT, Admission, Column, Kind
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def claim_defaults(draft: Draft) -> None:
    """Ask for a file system where a claim does not say."""
    draft["spec"] = {**objects.spec_of(draft), "volumeMode": objects.spec_of(draft).get("volumeMode") or "Filesystem"}


def begin_pending(draft: Draft, admission: Admission) -> None:
    """Begin pending: nobody here binds volumes."""
    draft["status"] = {"phase": "Pending"}


def validate_claim(obj: Object) -> list[FieldError]:
    """Check what a claim must say (ValidatePersistentVolumeClaimSpec, in part)."""
    spec = objects.spec_of(obj)
    found = _validate_modes(spec)
    if not ((spec.get("resources") or {}).get("requests") or {}).get("storage"):
        found.append(validation.required("spec.resources[storage]"))
    return found


def volume_defaults(draft: Draft) -> None:
    """Fill in what becomes of a volume whose claim goes (SetDefaults_PersistentVolume)."""
    spec = dict(objects.spec_of(draft))
    spec["persistentVolumeReclaimPolicy"] = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    spec["volumeMode"] = spec.get("volumeMode") or "Filesystem"
    draft["spec"] = spec


def validate_volume(obj: Object) -> list[FieldError]:
    """Check what a volume must say (ValidatePersistentVolumeSpec, in part)."""
    spec = objects.spec_of(obj)
    found = _validate_modes(spec)
    if not (spec.get("capacity") or {}).get("storage"):
        found.append(validation.required("spec.capacity"))
    return found


def _validate_modes(spec: Object) -> list[FieldError]:
    modes = spec.get("accessModes") or ()
    if not modes:
        return [validation.required("spec.accessModes", "at least 1 access mode is required")]
    known = sorted(_MODES)
    return [validation.not_supported("spec.accessModes", mode, known) for mode in modes if mode not in _MODES]


def class_defaults(draft: Draft) -> None:
    """Fill in what a class does not say (SetDefaults_StorageClass)."""
    draft.setdefault("reclaimPolicy", "Delete")
    draft.setdefault("volumeBindingMode", "Immediate")


def validate_class(obj: Object) -> list[FieldError]:
    """Check that a class says who provides its volumes."""
    return [] if obj.get("provisioner") else [validation.required("provisioner")]


def _modes(obj: Object, now: float) -> str:
    """Write the access modes in their short form (GetAccessModesAsString)."""
    found = objects.spec_of(obj).get("accessModes") or ()
    return ",".join(short for mode, short in _MODES.items() if mode in found)


def _claim_capacity(obj: Object, now: float) -> str:
    bound = objects.spec_of(obj).get("volumeName")
    return str(objects.dig(obj, "status", "capacity", "storage") or "") if bound else ""


def _claim_modes(obj: Object, now: float) -> str:
    return _modes(obj, now) if objects.spec_of(obj).get("volumeName") else ""


def _claim_status(obj: Object, now: float) -> str:
    return "Terminating" if objects.is_terminating(obj) else str(objects.status_of(obj).get("phase") or "")


def _bound_claim(obj: Object, now: float) -> str:
    claim = objects.spec_of(obj).get("claimRef")
    return f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""


def _class_name(obj: Object, now: float) -> str:
    marked = objects.annotations_of(obj).get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{objects.name_of(obj)} (default)" if marked else objects.name_of(obj)


_ATTRIBUTES = columns.text(
    "VolumeAttributesClass", columns.field("spec", "volumeAttributesClassName", default=columns.UNSET)
)
_MODE = columns.text("VolumeMode", columns.field("spec", "volumeMode", default=columns.UNSET), priority=1)

PERSISTENT_VOLUME_CLAIM = Kind(
    group="",
    version="v1",
    kind="PersistentVolumeClaim",
    resource="persistentvolumeclaims",
    singular="persistentvolumeclaim",
    short_names=("pvc",),
    has_status=True,
    stored=True,
    default=claim_defaults,
    prepare_create=begin_pending,
    validate=validate_claim,
    columns=(
        columns.NAME,
        columns.text("Status", _claim_status),
        columns.text("Volume", columns.field("spec", "volumeName")),
        columns.text("Capacity", _claim_capacity),
        columns.text("Access Modes", _claim_modes),
        columns.text("StorageClass", columns.field("spec", "storageClassName")),
        _ATTRIBUTES,
        columns.AGE,
        _MODE,
    ),
    help=f"A pod's request for storage. {KEPT}",
)
PERSISTENT_VOLUME = Kind(
    group="",
    version="v1",
    kind="PersistentVolume",
    resource="persistentvolumes",
    singular="persistentvolume",
    short_names=("pv",),
    namespaced=False,
    has_status=True,
    stored=True,
    default=volume_defaults,
    prepare_create=begin_pending,
    validate=validate_volume,
    columns=(
        columns.NAME,
        columns.text("Capacity", columns.field("spec", "capacity", "storage")),
        columns.text("Access Modes", _modes),
        columns.text("Reclaim Policy", columns.field("spec", "persistentVolumeReclaimPolicy")),
        columns.text("Status", _claim_status),
        columns.text("Claim", _bound_claim),
        columns.text("StorageClass", columns.field("spec", "storageClassName")),
        _ATTRIBUTES,
        columns.text("Reason", columns.field("status", "reason")),
        columns.AGE,
        _MODE,
    ),
    help=f"A piece of storage in the cluster. {KEPT}",
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
    default=class_defaults,
    validate=validate_class,
    columns=(
        Column("Name", "string", _class_name, format="name"),
        columns.text("Provisioner", columns.field("provisioner")),
        columns.text("ReclaimPolicy", columns.field("reclaimPolicy")),
        columns.text("VolumeBindingMode", columns.field("volumeBindingMode")),
        Column("AllowVolumeExpansion", "boolean", columns.field("allowVolumeExpansion", default=False)),
        columns.AGE,
    ),
    help=f"A kind of storage that claims can ask for. {KEPT}",
)

KINDS: tuple[Kind, ...] = (PERSISTENT_VOLUME_CLAIM, PERSISTENT_VOLUME, STORAGE_CLASS)
