"""Deployments, ReplicaSets and ReplicationControllers: defaults, selectors, hashes, tables."""

from __future__ import annotations

from typing import Any

import pytest

from app.kinds import registry, sets_and_jobs, workloads

TEMPLATE = {
    "metadata": {"labels": {"app": "dep"}},
    "spec": {"containers": [{"name": "nginx", "image": "nginx", "ports": [{"containerPort": 8080}]}]},
}
MISMATCH = "spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`"


def make(kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    core = kind == "ReplicationController"
    spec.setdefault("template", TEMPLATE)
    if not core:
        spec.setdefault("selector", {"matchLabels": {"app": "dep"}})
    return {
        "apiVersion": "v1" if core else "apps/v1",
        "kind": kind,
        "metadata": {"name": "dep"},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


def test_a_minimal_deployment_is_stored_as_the_server_stores_it(cluster: Any) -> None:
    assert cluster.create(make(replicas=10))["spec"] == {
        "progressDeadlineSeconds": 600,
        "replicas": 10,
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": {"app": "dep"}},
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"},
        "template": {
            "metadata": {"labels": {"app": "dep"}},
            "spec": {
                "containers": [
                    {
                        "image": "nginx",
                        "imagePullPolicy": "Always",
                        "name": "nginx",
                        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                        "resources": {},
                        "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File",
                    }
                ],
                "dnsPolicy": "ClusterFirst",
                "restartPolicy": "Always",
                "schedulerName": "default-scheduler",
                "securityContext": {},
                "terminationGracePeriodSeconds": 30,
            },
        },
    }


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "ReplicationController"])
def test_one_pod_is_wanted_unless_said_otherwise(cluster: Any, kind: str) -> None:
    assert cluster.create(make(kind))["spec"]["replicas"] == 1


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
@pytest.mark.parametrize(
    ("spec", "sentences"),
    [
        ({"selector": None}, ["spec.selector: Required value", MISMATCH.format('{"app":"dep"}')]),
        ({"selector": {"matchLabels": {"app": "x"}}}, [MISMATCH.format('{"app":"dep"}')]),
        ({"selector": {}}, ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]),
        (
            {"replicas": -1},
            ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"template": {"metadata": {"labels": {"app": "dep"}}, "spec": {"containers": []}}},
            ["spec.template.spec.containers: Required value"],
        ),
        (
            {"template": {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}},
            ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
        ),
    ],
)
def test_a_mistake_is_refused_in_the_servers_words(
    cluster: Any, kind: str, spec: dict[str, Any], sentences: list[str]
) -> None:
    assert cluster.faults(make(kind, **spec)) == sentences


@pytest.mark.parametrize(
    ("strategy", "sentences"),
    [
        (
            {"type": "Rolling"},
            ['spec.strategy: Unsupported value: {"type":"Rolling"}: supported values: "Recreate", "RollingUpdate"'],
        ),
        (
            {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
            ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
        ),
        (
            {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
            ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
        ),
        ({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, []),
        ({"type": "Recreate"}, []),
    ],
)
def test_the_strategy_is_checked(cluster: Any, strategy: dict[str, Any], sentences: list[str]) -> None:
    assert cluster.faults(make(strategy=strategy)) == sentences


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_the_selector_never_changes(cluster: Any, kind: str) -> None:
    cluster.create(make(kind))
    template = {**TEMPLATE, "metadata": {"labels": {"app": "x"}}}
    changed = make(kind, selector={"matchLabels": {"app": "x"}}, template=template)
    assert cluster.update_faults(changed) == [
        'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable'
    ]


def test_a_replication_controller_takes_selector_and_labels_from_its_template(cluster: Any) -> None:
    stored = cluster.create(make("ReplicationController"))
    assert stored["spec"]["selector"] == {"app": "dep"}
    assert stored["metadata"]["labels"] == {"app": "dep"}


def test_a_replication_controllers_selector_must_fit_its_template(cluster: Any) -> None:
    assert cluster.faults(make("ReplicationController", selector={"app": "x"})) == [MISMATCH.format('{"app":"dep"}')]


def test_the_hash_names_a_template_and_nothing_else() -> None:
    first = workloads.pod_template_hash(TEMPLATE)
    assert first == workloads.pod_template_hash({"spec": TEMPLATE["spec"], "metadata": TEMPLATE["metadata"]})
    assert first != workloads.pod_template_hash({**TEMPLATE, "metadata": {"labels": {"app": "other"}}})
    assert 1 <= len(first) <= 10
    assert set(first) <= set("bcdfghjklmnpqrstvwxz2456789")


@pytest.mark.parametrize(("octets", "number"), [(b"", 0x811C9DC5), (b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)])
def test_the_hash_is_fnv_1a(octets: bytes, number: int) -> None:
    assert workloads.fnv1a_32(octets) == number


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        (
            "Deployment",
            {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
            ["dep", "2/3", 3, 1, "<unknown>", "nginx", "nginx", "app=dep"],
        ),
        ("Deployment", {}, ["dep", "0/3", 0, 0, "<unknown>", "nginx", "nginx", "app=dep"]),
        (
            "ReplicaSet",
            {"replicas": 3, "readyReplicas": 2},
            ["dep", 3, 3, 2, "<unknown>", "nginx", "nginx", "app=dep"],
        ),
        (
            "ReplicationController",
            {"replicas": 3},
            ["dep", 3, 3, 0, "<unknown>", "nginx", "nginx", "app=dep"],
        ),
    ],
)
def test_the_table_shows_what_kubectl_shows(cluster: Any, kind: str, status: dict[str, Any], shown: list[Any]) -> None:
    stored = cluster.create(make(kind, replicas=3)) | {"status": status}
    assert [column.cell(stored, 0.0) for column in registry.of(stored).columns] == shown


def test_a_stateful_sets_claims_count_as_its_pods_volumes() -> None:
    spec = {
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": {
            "metadata": {"labels": {"app": "db"}},
            "spec": {
                "containers": [{"name": "c", "image": "x", "volumeMounts": [{"name": "disk", "mountPath": "/d"}]}]
            },
        },
        "volumeClaimTemplates": [{"metadata": {"name": "disk"}, "spec": {"accessModes": ["ReadWriteOnce"]}}],
    }
    obj: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    sets_and_jobs.STATEFUL_SET.default(obj)
    assert sets_and_jobs.STATEFUL_SET.validate(obj) == []
    obj["spec"] = {**obj["spec"], "volumeClaimTemplates": []}
    assert [fault.field for fault in sets_and_jobs.STATEFUL_SET.validate(obj)] == [
        "spec.template.spec.containers[0].volumeMounts[0].name"
    ]
