"""Writes app/machinery/schemas/v1.36.json from the published Kubernetes schemas.

Facts only: which kinds there are, which fields they have and of which type. The source is the package
kubernetes-validate (a development dependency). Run: .venv/bin/python tools/schemas.py
"""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

RELEASE = "v1.36"
TARGET = Path(__file__).parent.parent / "app" / "machinery" / "schemas" / f"{RELEASE}.json"

KINDS = [
    "v1/Namespace",
    "v1/Node",
    "v1/Pod",
    "v1/PodTemplate",
    "v1/ReplicationController",
    "v1/Service",
    "v1/Endpoints",
    "v1/Event",
    "v1/ConfigMap",
    "v1/Secret",
    "v1/ServiceAccount",
    "v1/PersistentVolumeClaim",
    "v1/PersistentVolume",
    "v1/LimitRange",
    "v1/ResourceQuota",
    "apps/v1/Deployment",
    "apps/v1/ReplicaSet",
    "apps/v1/StatefulSet",
    "apps/v1/DaemonSet",
    "apps/v1/ControllerRevision",
    "batch/v1/Job",
    "batch/v1/CronJob",
    "discovery.k8s.io/v1/EndpointSlice",
    "events.k8s.io/v1/Event",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/IngressClass",
    "networking.k8s.io/v1/NetworkPolicy",
    "networking.k8s.io/v1/IPAddress",
    "networking.k8s.io/v1/ServiceCIDR",
    "rbac.authorization.k8s.io/v1/Role",
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "rbac.authorization.k8s.io/v1/ClusterRole",
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    "autoscaling/v1/HorizontalPodAutoscaler",
    "autoscaling/v2/HorizontalPodAutoscaler",
    "autoscaling/v1/Scale",
    "policy/v1/PodDisruptionBudget",
    "policy/v1/Eviction",
    "scheduling.k8s.io/v1/PriorityClass",
    "storage.k8s.io/v1/StorageClass",
    "coordination.k8s.io/v1/Lease",
    "v1/Binding",
    "authentication.k8s.io/v1/SelfSubjectReview",
    "authentication.k8s.io/v1/TokenRequest",
    "authentication.k8s.io/v1/TokenReview",
    "authorization.k8s.io/v1/LocalSubjectAccessReview",
    "authorization.k8s.io/v1/SelfSubjectAccessReview",
    "authorization.k8s.io/v1/SelfSubjectRulesReview",
    "authorization.k8s.io/v1/SubjectAccessReview",
]
# What calls and answers are made of besides kinds.
ALSO = [f"io.k8s.apimachinery.pkg.apis.meta.v1.{name}" for name in ("DeleteOptions", "ListMeta", "Status")]

CLUSTER_SCOPED = [
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "IngressClass",
    "IPAddress",
    "ServiceCIDR",
    "PriorityClass",
    "RuntimeClass",
    "CSIDriver",
    "CSINode",
    "VolumeAttachment",
    "VolumeAttributesClass",
    "APIService",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "CertificateSigningRequest",
    "ClusterTrustBundle",
    "ResourceSlice",
    "DeviceClass",
    "StorageVersion",
    "StorageVersionMigration",
    "ComponentStatus",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
    "TokenReview",
    "SelfSubjectReview",
]

# Fields whose Go type is a named string: an error message about them names that type.
NAMED = {
    "core.v1.ServiceSpec": {
        "type": "v1.ServiceType",
        "sessionAffinity": "v1.ServiceAffinity",
        "externalTrafficPolicy": "v1.ServiceExternalTrafficPolicy",
        "internalTrafficPolicy": "v1.ServiceInternalTrafficPolicy",
        "ipFamilyPolicy": "v1.IPFamilyPolicy",
        "ipFamilies": "v1.IPFamily",
    },
    "core.v1.ServicePort": {"protocol": "v1.Protocol"},
    "core.v1.EndpointPort": {"protocol": "v1.Protocol"},
    "core.v1.LoadBalancerIngress": {"ipMode": "v1.LoadBalancerIPMode"},
    "discovery.v1.EndpointPort": {"protocol": "v1.Protocol"},
    "discovery.v1.EndpointSlice": {"addressType": "v1.AddressType"},
    "core.v1.ContainerPort": {"protocol": "v1.Protocol"},
    "core.v1.Container": {
        "imagePullPolicy": "v1.PullPolicy",
        "terminationMessagePolicy": "v1.TerminationMessagePolicy",
        "restartPolicy": "v1.ContainerRestartPolicy",
    },
    "core.v1.PodSpec": {"restartPolicy": "v1.RestartPolicy", "dnsPolicy": "v1.DNSPolicy"},
    "core.v1.PodStatus": {"phase": "v1.PodPhase", "qosClass": "v1.PodQOSClass"},
    "core.v1.PodCondition": {"type": "v1.PodConditionType", "status": "v1.ConditionStatus"},
    "core.v1.PodReadinessGate": {"conditionType": "v1.PodConditionType"},
    "core.v1.NodeCondition": {"type": "v1.NodeConditionType", "status": "v1.ConditionStatus"},
    "core.v1.NodeAddress": {"type": "v1.NodeAddressType"},
    "core.v1.NamespaceStatus": {"phase": "v1.NamespacePhase"},
    "core.v1.NamespaceSpec": {"finalizers": "v1.FinalizerName"},
    "core.v1.Toleration": {"operator": "v1.TolerationOperator", "effect": "v1.TaintEffect"},
    "core.v1.Taint": {"effect": "v1.TaintEffect"},
    "core.v1.HTTPGetAction": {"scheme": "v1.URIScheme"},
    "core.v1.Secret": {"type": "v1.SecretType"},
    "core.v1.PersistentVolumeClaimSpec": {"accessModes": "v1.PersistentVolumeAccessMode"},
    "apps.v1.DeploymentStrategy": {"type": "v1.DeploymentStrategyType"},
    "apps.v1.StatefulSetSpec": {"podManagementPolicy": "v1.PodManagementPolicyType"},
    "batch.v1.CronJobSpec": {"concurrencyPolicy": "v1.ConcurrencyPolicy"},
    "meta.v1.ObjectMeta": {"uid": "types.UID"},
    "meta.v1.OwnerReference": {"uid": "types.UID"},
    "meta.v1.LabelSelectorRequirement": {"operator": "v1.LabelSelectorOperator"},
    "networking.v1.HTTPIngressPath": {"pathType": "v1.PathType"},
    "networking.v1.NetworkPolicySpec": {"policyTypes": "v1.PolicyType"},
    "networking.v1.NetworkPolicyPort": {"protocol": "v1.Protocol"},
}

LEAVES = {
    "IntOrString": "x",
    "Quantity": "q",
    "Time": "t",
    "MicroTime": "u",
    "FieldsV1": "o",
    "RawExtension": "o",
}


def main() -> None:
    """Write the compact schema file and say how large it is."""
    text = compact()
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(text)} bytes")


def compact() -> str:
    """Return the compact schema file as the published schemas make it."""
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"{RELEASE}.0-local"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_text())["$defs"]
    by_kind = dict(kinds(definitions))
    missing = [kind for kind in KINDS if kind not in by_kind]
    if missing:
        raise SystemExit(f"not in the published schemas: {missing}")
    types = reachable(definitions, roots(by_kind))
    others: dict[str, list[str]] = {}
    for kind in sorted(set(by_kind) - set(KINDS)):
        api_version, _, name = kind.rpartition("/")
        others.setdefault(api_version, []).append(name)
    return render({kind: short(by_kind[kind]) for kind in KINDS}, types, others)


def roots(by_kind: dict[str, str]) -> list[str]:
    """List the definitions that the others are reached from."""
    return [*(by_kind[kind] for kind in KINDS), *ALSO]


def kinds(definitions: dict[str, Any]) -> list[tuple[str, str]]:
    """Find every served kind that has metadata, as (apiVersion/Kind, definition)."""
    found = []
    for name, definition in definitions.items():
        gvks = definition.get("x-kubernetes-group-version-kind", ())
        if len(gvks) == 1 and "metadata" in definition.get("properties", {}) and not name.endswith("List"):
            gvk = gvks[0]
            api_version = "/".join(part for part in (gvk["group"], gvk["version"]) if part)
            found.append((f"{api_version}/{gvk['kind']}", name))
    return found


def reachable(definitions: dict[str, Any], roots: list[str]) -> dict[str, dict[str, str]]:
    """Write out each definition that the roots lead to, fields sorted."""
    found: dict[str, dict[str, str]] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if short(name) in found:
            continue
        properties = definitions[name].get("properties", {})
        found[short(name)] = {field: code(name, field, properties[field]) for field in sorted(properties)}
        waiting += [
            reference
            for reference in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(properties))
            if reference.rpartition(".")[2] not in LEAVES
        ]
    return dict(sorted(found.items()))


def code(owner: str, field: str, schema: dict[str, Any]) -> str:
    """Write one field's type in the notation that app/machinery/schema.py reads."""
    text = plain_code(schema)
    named = NAMED.get(short(owner), {}).get(field)
    if named:
        text = f"{text}:{named}"
    strategy = schema.get("x-kubernetes-patch-strategy", "")
    if strategy:
        text += f"|{schema.get('x-kubernetes-patch-merge-key', '')};{strategy}"
    return text


def plain_code(schema: dict[str, Any]) -> str:
    reference = schema.get("$ref", "")
    if not reference and len(schema.get("allOf", ())) == 1:
        reference = schema["allOf"][0].get("$ref", "")
    if reference:
        name = reference.rpartition("/")[2]
        return LEAVES.get(name.rpartition(".")[2]) or f"@{short(name)}"
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    match kind:
        case "array":
            return f"[]{plain_code(schema['items'])}"
        case "object":
            return f"{{}}{plain_code(schema['additionalProperties'])}" if "additionalProperties" in schema else "o"
        case "string":
            return {"byte": "y", "date-time": "t"}.get(schema.get("format", ""), "s")
        case "integer":
            return "i32" if schema.get("format") == "int32" else "i64"
        case "number":
            return "f"
        case "boolean":
            return "b"
        case _:
            raise SystemExit(f"no notation for {schema}")


def short(name: str) -> str:
    """`io.k8s.api.core.v1.Service` -> `core.v1.Service`."""
    return ".".join(name.split(".")[-3:])


def render(roots: dict[str, str], types: dict[str, dict[str, str]], others: dict[str, list[str]]) -> str:
    """Write the file one type to a line, so that a new release shows as a readable difference."""
    rows = ",\n".join(f"{json.dumps(name)}:{dense(fields)}" for name, fields in types.items())
    return (
        f'{{"release":{json.dumps(RELEASE)},\n"kinds":{dense(roots)},\n'
        f'"cluster_scoped":{dense(sorted(CLUSTER_SCOPED))},\n'
        f'"others":{dense(others)},\n"types":{{\n{rows}\n}}}}\n'
    )


def dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
