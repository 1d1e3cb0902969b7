"""Claims about metadata, which every kind has, and about the small kinds."""

from __future__ import annotations

from app.kinds.fidelity.claim import recorded, ruled, unknown

EVERY_KIND = (
    recorded("kinds/registry.py", "conformance/recorded/09-selectorless", "apiVersion", "kind"),
    recorded("machinery/objects.py", "conformance/recorded/01-selector-and", "metadata.name"),
    recorded("machinery/objects.py", "conformance/recorded/01-selector-and", "metadata.namespace"),
    recorded("machinery/objects.py", "conformance/recorded/01-selector-and", "metadata.labels"),
    ruled("machinery/objects.py", "kubeapi/test_kubectl_changes.py", "metadata.annotations"),
    recorded("engine/admission.py", "conformance/recorded/11-slice-splitting", "metadata.generateName"),
    ruled("engine/admission.py", "controllers/test_replica_sets.py", "metadata.uid", "metadata.creationTimestamp"),
    ruled("machinery/objects.py", "kubeapi/test_watches.py", "metadata.resourceVersion"),
    ruled("engine/admission.py", "engine/test_generation.py", "metadata.generation"),
    ruled("engine/deletion.py", "kubeapi/clients/test_kopf.py", "metadata.finalizers", "metadata.deletionTimestamp"),
    unknown("engine/deletion.py", "metadata.deletionGracePeriodSeconds"),
    recorded(
        "machinery/objects.py",
        "conformance/recorded/11-slice-splitting",
        "metadata.ownerReferences.name",
        "metadata.ownerReferences.kind",
        "metadata.ownerReferences.apiVersion",
        "metadata.ownerReferences.controller",
        "metadata.ownerReferences.blockOwnerDeletion",
    ),
    ruled("controllers/garbage_collector.py", "engine/test_machine.py", "metadata.ownerReferences.uid"),
    ruled("engine/owning.py", "engine/test_owning.py", "metadata.managedFields.*"),
)

NAMESPACE = (
    ruled("kinds/namespace.py", "controllers/test_surroundings.py", "status.phase"),
    unknown("kinds/namespace.py", "spec.finalizers"),
)

EVENT = (
    ruled("engine/records.py", "kinds/test_columns.py", "reason", "message", "type", "count"),
    ruled("engine/records.py", "kinds/test_columns.py", "involvedObject.kind", "involvedObject.name"),
    unknown("engine/records.py", "involvedObject.namespace", "involvedObject.uid", "involvedObject.apiVersion"),
    unknown("engine/records.py", "involvedObject.resourceVersion", "firstTimestamp", "lastTimestamp"),
    ruled("engine/records.py", "kubeapi/test_kubelet_events.py", "source.component", "source.host"),
    ruled("engine/records.py", "kubeapi/test_kubelet_events.py", "involvedObject.fieldPath"),
    ruled("engine/records.py", "kubeapi/test_kubelet_events.py", "reportingComponent", "reportingInstance"),
)

CONFIG_MAP = (
    ruled("terminal/mounts.py", "terminal/test_inside.py", "data"),
    ruled("kinds/configmap.py", "kinds/test_other_kinds.py", "immutable"),
)

SECRET = (
    ruled("terminal/mounts.py", "terminal/test_inside.py", "data"),
    ruled("kinds/stored.py", "kinds/test_other_kinds.py", "stringData", "type"),
)

SERVICE_ACCOUNT = (ruled("terminal/surroundings.py", "terminal/test_inside.py", "automountServiceAccountToken"),)

CONTROLLER_REVISION = (unknown("kinds/revisions.py", "data", "revision"),)
