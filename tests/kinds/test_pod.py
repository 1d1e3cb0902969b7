"""Pods: stored as the server stores them, refused in its words, shown as kubectl shows them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.kinds import pod, pod_columns, pod_defaults, registry
from app.machinery import errors

LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def make(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    first = {"name": "c", "image": "nginx", **(container or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [first], **spec},
    }


def test_a_minimal_pod_is_stored_as_the_server_stores_it(cluster: Any) -> None:
    stored = cluster.create(make({"ports": [{"containerPort": 8080}]}))
    spec = stored["spec"]
    volume = spec["volumes"][0]["name"]
    assert volume.startswith("kube-api-access-")
    assert len(volume) == len("kube-api-access-") + 5
    assert spec.pop("volumes") == [
        {
            "name": volume,
            "projected": {
                "defaultMode": 420,
                "sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
                    {
                        "downwardAPI": {
                            "items": [
                                {
                                    "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                                    "path": "namespace",
                                }
                            ]
                        }
                    },
                ],
            },
        }
    ]
    assert spec == {
        "containers": [
            {
                "name": "c",
                "image": "nginx",
                "imagePullPolicy": "Always",
                "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "volumeMounts": [
                    {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": volume, "readOnly": True}
                ],
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300},
            {"effect": "NoExecute", "key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 300},
        ],
    }  # fmt: skip
    assert stored["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.29", "IfNotPresent"),
        ("localhost:5000/nginx", "Always"),
        ("localhost:5000/nginx:1", "IfNotPresent"),
        (f"nginx@sha256:{'a' * 64}", "IfNotPresent"),
        (f"busybox:1.38.0@sha256:{'a' * 64}", "IfNotPresent"),
    ],
)
def test_the_tag_decides_when_to_pull(image: str, policy: str) -> None:
    assert pod_defaults.pull_policy(image) == policy


def test_probes_volumes_and_hooks_get_their_defaults() -> None:
    spec = pod_defaults.spec_defaults(
        {
            "containers": [
                {
                    "name": "c",
                    "image": "nginx:1",
                    "readinessProbe": {"httpGet": {"port": 80}},
                    "livenessProbe": {"grpc": {"port": 8080}},
                    "lifecycle": {"preStop": {"httpGet": {"port": 80}}},
                    "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                }
            ],
            "serviceAccountName": "web",
            "volumes": [
                {"name": "a"},
                {"name": "b", "configMap": {"name": "c"}},
                {"name": "h", "hostPath": {"path": "/"}},
            ],
        }
    )
    container = spec["containers"][0]
    numbers = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    assert container["readinessProbe"] == {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, **numbers}
    assert container["livenessProbe"] == {"grpc": {"port": 8080, "service": ""}, **numbers}
    assert container["lifecycle"]["preStop"]["httpGet"] == {"port": 80, "path": "/", "scheme": "HTTP"}
    assert container["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert spec["serviceAccount"] == "web"
    assert spec["volumes"] == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "configMap": {"name": "c", "defaultMode": 420}},
        {"name": "h", "hostPath": {"path": "/", "type": ""}},
    ]


def test_defaulting_what_lacks_nothing_returns_the_same_parts() -> None:
    template = pod_defaults.template_defaults({"metadata": {"labels": {"a": "b"}}, "spec": make()["spec"]})
    assert pod_defaults.template_defaults(template) is template


def test_defaulting_leaves_the_manifest_alone() -> None:
    template = {"spec": make({"ports": [{"containerPort": 80}]})["spec"]}
    before = copy.deepcopy(template)
    pod_defaults.template_defaults(template)
    assert template == before


def owned(spec: dict[str, Any], name: str) -> dict[str, Any]:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u1", "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": [owner]},
        "spec": spec,
    }


def test_pods_of_one_template_share_their_containers(cluster: Any) -> None:
    spec = pod_defaults.spec_defaults(make()["spec"])
    kinds_pod, stored = registry.by_kind("v1", "Pod"), []
    assert kinds_pod is not None
    for name in ("a", "b"):
        draft = owned(spec, name)
        draft["metadata"]["namespace"] = "default"
        kinds_pod.default(draft)
        kinds_pod.prepare_create(draft, pod.Admission(cluster.held, cluster.env))
        stored.append(draft["spec"])
    assert stored[0]["containers"] is stored[1]["containers"]
    assert stored[0]["tolerations"] is stored[1]["tolerations"]
    assert "volumeMounts" not in spec["containers"][0]


def test_host_network_pods_hold_the_ports_of_their_node(cluster: Any) -> None:
    stored = cluster.create(make({"ports": [{"containerPort": 80}]}, hostNetwork=True))
    assert stored["spec"]["containers"][0]["ports"][0]["hostPort"] == 80


def test_a_pod_may_do_without_its_token(cluster: Any) -> None:
    assert "volumes" not in cluster.create(make(automountServiceAccountToken=False))["spec"]


def test_own_tolerations_stay_and_are_not_doubled(cluster: Any) -> None:
    own = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
    keys = [t["key"] for t in cluster.create(make(tolerations=[own]))["spec"]["tolerations"]]
    assert keys == ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]


def test_a_missing_service_account_forbids_the_pod(cluster: Any) -> None:
    with pytest.raises(errors.Forbidden) as refused:
        cluster.create(make(serviceAccountName="nobody"))
    assert refused.value.message == (
        'pods "p" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found'
    )


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
def test_requests_and_limits_decide_the_quality_of_service(
    cluster: Any, resources: dict[str, Any], quality: str
) -> None:
    assert cluster.create(make({"resources": resources}))["status"]["qosClass"] == quality


MISTAKES = [
    ({"name": ""}, {}, ["spec.containers[0].name: Required value"]),
    ({"image": ""}, {}, ["spec.containers[0].image: Required value"]),
    (
        {"image": " nginx"},
        {},
        ['spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace'],
    ),
    ({"ports": [{"containerPort": 0}]}, {}, ["spec.containers[0].ports[0].containerPort: Required value"]),
    (
        {"ports": [{"containerPort": 70000}]},
        {},
        ["spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
    ),
    (
        {"ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81, "name": "http"}]},
        {},
        ['spec.containers[0].ports[1].name: Duplicate value: "http"'],
    ),
    (
        {"ports": [{"containerPort": 80, "protocol": "tcp"}]},
        {},
        ['spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
    ),
    (
        {"readinessProbe": {"periodSeconds": 1}},
        {},
        ["spec.containers[0].readinessProbe: Required value: must specify a handler type"],
    ),
    (
        {"livenessProbe": {"tcpSocket": {"port": 80}, "successThreshold": 2}},
        {},
        ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ),
    ({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, {}, ['spec.containers[0].volumeMounts[0].name: Not found: "v"']),
    (
        {},
        {"restartPolicy": "Sometimes"},
        ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ),
    ({}, {"containers": []}, ["spec.containers: Required value"]),
    (
        {},
        {"containers": [{"name": "a", "image": "x"}, {"name": "a", "image": "x"}]},
        ['spec.containers[1].name: Duplicate value: "a"'],
    ),
    (
        {},
        {"volumes": [{"name": "v"}, {"name": "v"}]},
        ['spec.volumes[1].name: Duplicate value: "v"'],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("container", "spec", "sentences"), MISTAKES)
def test_a_mistake_is_refused_in_the_servers_words(
    cluster: Any, container: dict[str, Any], spec: dict[str, Any], sentences: list[str]
) -> None:
    assert cluster.faults(make(container, **spec)) == sentences


def test_a_label_with_a_space_is_refused(cluster: Any) -> None:
    asked = make()
    asked["metadata"]["labels"] = {"app": "not valid"}
    assert cluster.faults(asked) == [f'metadata.labels: Invalid value: "not valid": {LABEL_VALUE}']


def edited(stored: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {**stored, "spec": {**stored["spec"], **spec}}


def test_images_and_labels_of_a_pod_may_change(cluster: Any) -> None:
    stored = cluster.create(make())
    containers = [{**stored["spec"]["containers"][0], "image": "httpd"}]
    more = [*stored["spec"]["tolerations"], {"key": "a", "operator": "Exists"}]
    changed = edited(stored, containers=containers, tolerations=more, activeDeadlineSeconds=5)
    changed["metadata"] = {**stored["metadata"], "labels": {"new": "label"}}
    assert cluster.update_faults(changed) == []


def test_other_fields_of_a_pod_never_change(cluster: Any) -> None:
    stored = cluster.create(make())
    [sentence] = cluster.update_faults(edited(stored, dnsPolicy="Default"))
    assert sentence.startswith(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
        "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
        "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
    )
    assert '"ClusterFirst" -> "Default"' in sentence


def test_containers_are_neither_added_nor_removed(cluster: Any) -> None:
    stored = cluster.create(make())
    more = [*stored["spec"]["containers"], {"name": "d", "image": "x"}]
    assert cluster.update_faults(edited(stored, containers=more)) == [
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    ]


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "c", "state": state, "restartCount": 0, "ready": False, **more}


RUNNING = container({"running": {}}, ready=True)


def shown(status: dict[str, Any], **spec: Any) -> tuple[str, str, str]:
    obj = make(**spec) | {"status": status}
    deleted = spec.get("deleted")
    if deleted:
        obj["metadata"] = {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
    table = {column.name: column.cell(obj, 1_767_225_900.0) for column in pod_columns.COLUMNS}
    return table["Ready"], table["Status"], table["Restarts"]


def statuses(*found: dict[str, Any], phase: str = "Running", **more: Any) -> dict[str, Any]:
    return {"phase": phase, "containerStatuses": list(found), **more}


@pytest.mark.parametrize(
    ("status", "spec", "cells"),
    [
        ({"phase": "Pending"}, {}, ("0/1", "Pending", "0")),
        (
            statuses(container({"waiting": {"reason": "ContainerCreating"}}), phase="Pending"),
            {},
            ("0/1", "ContainerCreating", "0"),
        ),
        (statuses(RUNNING), {}, ("1/1", "Running", "0")),
        (statuses(container({"running": {}})), {}, ("0/1", "Running", "0")),
        (statuses(RUNNING), {"deleted": True}, ("1/1", "Terminating", "0")),
        (statuses(RUNNING, reason="NodeLost"), {"deleted": True}, ("1/1", "Unknown", "0")),
        (
            statuses(container({"terminated": {"reason": "Completed", "exitCode": 0}}), phase="Succeeded"),
            {"deleted": True},
            ("0/1", "Completed", "0"),
        ),
        (statuses(container({"terminated": {"exitCode": 3}}), phase="Failed"), {}, ("0/1", "ExitCode:3", "0")),
        (statuses(container({"terminated": {"signal": 9}}), phase="Failed"), {}, ("0/1", "Signal:9", "0")),
        (
            statuses(
                container(
                    {"waiting": {"reason": "CrashLoopBackOff"}},
                    restartCount=2,
                    lastState={"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}},
                )
            ),
            {},
            ("0/1", "CrashLoopBackOff", "2 (5m ago)"),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [container({"running": {}}, name="i")]},
            {"initContainers": [{"name": "i"}, {"name": "j"}]},
            ("0/1", "Init:0/2", "0"),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [container({"waiting": {"reason": "CrashLoopBackOff"}}, name="i")]},
            {"initContainers": [{"name": "i"}]},
            ("0/1", "Init:CrashLoopBackOff", "0"),
        ),
        (
            {**statuses(RUNNING), "initContainerStatuses": [container({"running": {}}, name="s", started=True, ready=True)]},
            {"initContainers": [{"name": "s", "restartPolicy": "Always"}]},
            ("2/2", "Running", "0"),
        ),
        (
            statuses(
                container({"terminated": {"reason": "Completed"}}),
                RUNNING,
                conditions=[{"type": "Ready", "status": "False"}],
            ),
            {"containers": [{"name": "c"}, {"name": "d"}]},
            ("1/2", "NotReady", "0"),
        ),
        (
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]},
            {},
            ("0/1", "SchedulingGated", "0"),
        ),
    ],
)  # fmt: skip
def test_the_table_shows_what_kubectl_shows(
    status: dict[str, Any], spec: dict[str, Any], cells: tuple[str, str, str]
) -> None:
    assert shown(status, **spec) == cells


def test_wide_columns_are_none_until_known() -> None:
    wide = [column.cell(make(), 0.0) for column in pod_columns.COLUMNS if column.priority]
    assert wide == ["<none>"] * 4
