"""Who owns which field: `kubectl apply --server-side` and what a client sees of managedFields."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.playground import Answer, Playground

APPLY = "application/apply-patch+yaml"
SERVICES = "/api/v1/namespaces/default/services"
HTTP = 'k:{"port":80,"protocol":"TCP"}'
ADVICE = "Please review the fields above--they currently have other managers."


def service(name: str, selector: str = "web", target: int = 8080, **meta: Any) -> dict[str, Any]:
    spec = {"selector": {"app": selector}, "ports": [{"name": "http", "port": 80, "targetPort": target}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, **meta}, "spec": spec}


def applied(at: Playground, body: Mapping[str, Any], query: str = "fieldManager=ann", path: str = "") -> Answer:
    where = path or f"{SERVICES}/{body['metadata']['name']}"
    return at.api(f"{where}?{query}", "PATCH", body, {"Content-Type": APPLY})


def owners(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Who owns what: `manager operation [subresource]` to FieldsV1."""
    found = {}
    for entry in obj["metadata"].get("managedFields") or ():
        name = " ".join(filter(None, (entry["manager"], entry["operation"], entry.get("subresource"))))
        found[name] = entry["fieldsV1"]
    return found


def test_what_is_not_there_is_created_and_owned_by_who_applied(first_steps: Playground) -> None:
    made = applied(first_steps, service("new", labels={"team": "a"}))
    assert made.status == 201
    (entry,) = made.json()["metadata"]["managedFields"]
    assert entry["fieldsV1"] == {
        "f:metadata": {"f:labels": {"f:team": {}}},
        "f:spec": {
            "f:ports": {HTTP: {".": {}, "f:name": {}, "f:port": {}, "f:targetPort": {}}},
            "f:selector": {},
        },
    }
    assert {name: entry[name] for name in ("manager", "operation", "apiVersion", "fieldsType")} == {
        "manager": "ann", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
    }  # fmt: skip


def test_the_same_again_changes_nothing(first_steps: Playground) -> None:
    made = applied(first_steps, service("again")).json()
    again = applied(first_steps, service("again"))
    assert (again.status, again.json()) == (200, made)


def test_a_conflict_names_the_other_manager_and_the_field(first_steps: Playground) -> None:
    applied(first_steps, service("one"))
    refused = applied(first_steps, service("one", "other"), "fieldManager=bob")
    assert refused.status == 409
    assert refused.json() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'Apply failed with 1 conflict: conflict with "ann": .spec.selector',
        "reason": "Conflict",
        "details": {
            "causes": [{"reason": "FieldManagerConflict", "message": 'conflict with "ann"', "field": ".spec.selector"}]
        },
        "code": 409,
    }


def test_several_conflicts_are_listed_by_manager(first_steps: Playground) -> None:
    applied(first_steps, service("many"))
    applied(first_steps, service("many", "other"), "fieldManager=carl&force=true")
    refused = applied(first_steps, service("many", "third", 9090), "fieldManager=bob")
    assert refused.json()["message"] == (
        'Apply failed with 3 conflicts: conflicts with "ann":\n- .spec.ports[port=80,protocol="TCP"].targetPort\n'
        'conflicts with "carl":\n- .spec.selector\n- .spec.ports[port=80,protocol="TCP"].targetPort'
    )
    assert [cause["field"] for cause in refused.json()["details"]["causes"]] == [
        '.spec.ports[port=80,protocol="TCP"].targetPort',
        ".spec.selector",
        '.spec.ports[port=80,protocol="TCP"].targetPort',
    ]


def test_a_client_that_updated_is_named_with_its_version(first_steps: Playground) -> None:
    applied(first_steps, service("edited"))
    patch = {"spec": {"selector": {"app": "edited"}}}
    kind = {"Content-Type": "application/merge-patch+json"}
    first_steps.api(f"{SERVICES}/edited?fieldManager=kubectl-edit", "PATCH", patch, kind)
    refused = applied(first_steps, service("edited"))
    assert refused.json()["message"] == (
        'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .spec.selector'
    )


def test_force_takes_the_field_from_its_owner(first_steps: Playground) -> None:
    applied(first_steps, service("taken"))
    done = applied(first_steps, service("taken", "other"), "fieldManager=bob&force=true").json()
    assert done["spec"]["selector"] == {"app": "other"}
    assert "f:selector" not in owners(done)["ann Apply"]["f:spec"]
    assert "f:selector" in owners(done)["bob Apply"]["f:spec"]


def test_who_applies_the_same_value_shares_the_field(first_steps: Playground) -> None:
    applied(first_steps, service("shared"))
    done = applied(first_steps, service("shared"), "fieldManager=bob").json()
    assert owners(done)["ann Apply"] == owners(done)["bob Apply"]
    left = applied(first_steps, {**service("shared"), "spec": {"ports": service("x")["spec"]["ports"]}}).json()
    assert left["spec"]["selector"] == {"app": "web"}
    assert "f:selector" not in owners(left)["ann Apply"]["f:spec"]


def test_what_is_no_longer_applied_goes_when_nobody_else_owns_it(first_steps: Playground) -> None:
    applied(first_steps, service("less", labels={"a": "1", "b": "2"}))
    done = applied(first_steps, service("less", labels={"a": "1"})).json()
    assert done["metadata"]["labels"] == {"a": "1"}
    more = service("less", labels={"a": "1"})
    more["spec"]["ports"].append({"name": "tls", "port": 443})
    assert len(applied(first_steps, more).json()["spec"]["ports"]) == 2
    assert [port["port"] for port in applied(first_steps, service("less")).json()["spec"]["ports"]] == [80]


def test_addresses_stay_when_the_rest_is_applied_anew(first_steps: Playground) -> None:
    made = applied(first_steps, service("kept")).json()
    done = applied(first_steps, service("kept", "other", 9090)).json()
    assert done["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert done["spec"]["type"] == "ClusterIP"


REFUSED = [
    (
        "no manager",
        service("x"),
        "",
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ),
    (
        "a long manager",
        service("x"),
        f"fieldManager={'m' * 129}",
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    ),
    (
        "an unknown field",
        {**service("x"), "selector": {}},
        "fieldManager=ann",
        500,
        "failed to create typed patch object (default/x; /v1, Kind=Service): .selector: field not declared in schema",
    ),
    (
        "a port without a number",
        {**service("x"), "spec": {"ports": [{"name": "http"}]}},
        "fieldManager=ann",
        500,
        "failed to create typed patch object (default/x; /v1, Kind=Service): .spec.ports: element 0: associative list "
        'with keys has an element that omits key field "port" (and doesn\'t have default value)',
    ),
    (
        "a port twice",
        {**service("x"), "spec": {"ports": [{"port": 80}, {"port": 80, "protocol": "TCP"}]}},
        "fieldManager=ann",
        500,
        "failed to create typed patch object (default/x; /v1, Kind=Service): .spec.ports: duplicate entries for key "
        '[port=80,protocol="TCP"]',
    ),
    (
        "owners",
        service("x", managedFields=[]),
        "fieldManager=ann",
        400,
        "metadata.managedFields must be nil",
    ),
    (
        "another version",
        {**service("x"), "apiVersion": "v2"},
        "fieldManager=ann",
        400,
        "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1",
    ),
    (
        "another kind",
        {**service("x"), "kind": "Pod"},
        "fieldManager=ann",
        400,
        "the kind in the data (Pod) does not match the expected kind (Service)",
    ),
    (
        "another namespace",
        service("x", namespace="kube-system"),
        "fieldManager=ann",
        400,
        "the namespace of the provided object does not match the namespace sent on the request",
    ),
    (
        "an invalid value",
        service("x", target=70_000),
        "fieldManager=ann",
        422,
        'Service "x" is invalid: spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ),
]


@pytest.mark.parametrize(
    ("body", "query", "code", "message"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_cannot_be_applied_is_refused(
    first_steps: Playground, body: dict[str, Any], query: str, code: int, message: str
) -> None:
    refused = applied(first_steps, body, query)
    assert (refused.status, refused.json()["message"]) == (code, message)
    assert first_steps.api(f"{SERVICES}/x").status == 404


def test_yaml_is_read_as_go_reads_it(first_steps: Playground) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dated}\ndata: {on: 2026-01-02, 2: x}\n"
    where = "/api/v1/namespaces/default/configmaps/dated?fieldManager=ann"
    done = first_steps.api(where, "PATCH", text, {"Content-Type": APPLY})
    assert (done.status, done.json().get("data")) == (201, {"true": "2026-01-02", "2": "x"})


def test_only_an_application_can_be_forced(first_steps: Playground) -> None:
    kind = {"Content-Type": "application/merge-patch+json"}
    refused = first_steps.api(f"{SERVICES}/web?force=true", "PATCH", {}, kind)
    assert refused.json()["message"] == (
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'
    )


def test_a_dry_run_answers_and_keeps_nothing(first_steps: Playground) -> None:
    assert applied(first_steps, service("dry"), "fieldManager=ann&dryRun=All").status == 201
    assert first_steps.api(f"{SERVICES}/dry").status == 404


def test_clients_own_what_they_create_and_change(first_steps: Playground) -> None:
    browser = {"User-Agent": "tool/1.0 (linux)"}
    first_steps.api(SERVICES, "POST", service("made"), browser)
    kind = {"Content-Type": "application/merge-patch+json"}
    first_steps.api(f"{SERVICES}/made?fieldManager=label", "PATCH", {"metadata": {"labels": {"a": "b"}}}, kind)
    found = owners(first_steps.api(f"{SERVICES}/made").json())
    assert found["label Update"] == {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}
    assert found["tool Update"] == {
        "f:spec": {
            "f:internalTrafficPolicy": {},
            "f:ports": {
                ".": {},
                HTTP: {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}},
            },
            "f:selector": {},
            "f:sessionAffinity": {},
            "f:type": {},
        }
    }


def test_no_change_is_no_write(first_steps: Playground) -> None:
    applied(first_steps, service("still"))
    before = first_steps.api(f"{SERVICES}/still").json()
    kind = {"Content-Type": "application/merge-patch+json"}
    first_steps.api(f"{SERVICES}/still?fieldManager=bob", "PATCH", {"spec": {"selector": {"app": "web"}}}, kind)
    first_steps.api(f"{SERVICES}/still?fieldManager=bob", "PUT", before)
    assert first_steps.api(f"{SERVICES}/still").json() == before


def test_an_empty_list_forgets_the_owners_until_the_next_application(first_steps: Playground) -> None:
    applied(first_steps, service("reset"))
    kind = {"Content-Type": "application/merge-patch+json"}
    emptied = first_steps.api(f"{SERVICES}/reset", "PATCH", {"metadata": {"managedFields": [{}]}}, kind)
    assert "managedFields" not in emptied.json()["metadata"]
    refused = applied(first_steps, service("reset", "other"), "fieldManager=bob").json()
    assert refused["message"] == (
        'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .spec.selector'
    )


def test_the_status_is_owned_apart(first_steps: Playground) -> None:
    applied(first_steps, service("balanced"))
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "balanced"}, "status": status}
    first_steps.api(
        f"{SERVICES}/balanced", "PATCH", {"spec": {"type": "LoadBalancer"}},
        {"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    done = applied(first_steps, body, "fieldManager=lb&force=true", f"{SERVICES}/balanced/status")
    assert done.status == 200, done
    assert owners(done.json())["lb Apply status"] == {"f:status": {"f:loadBalancer": {"f:ingress": {}}}}
    assert done.json()["status"] == {"loadBalancer": {"ingress": [{"ip": "203.0.113.9", "ipMode": "VIP"}]}}


def test_replicas_are_owned_by_who_scales(first_steps: Playground) -> None:
    first_steps.kubectl("create", "deployment", "scaled", "--image=nginx")
    first_steps.kubectl("scale", "deployment", "scaled", "--replicas=2")
    where = "/apis/apps/v1/namespaces/default/deployments/scaled"
    found = owners(first_steps.api(where).json())
    assert found["kubectl Update scale"] == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in found["kubectl-create Update"]["f:spec"]
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "scaled"}, "spec": {"replicas": 3}}
    refused = applied(first_steps, scale, "fieldManager=ann", f"{where}/scale").json()
    assert refused["message"] == (
        'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas'
    )
    done = applied(first_steps, scale, "fieldManager=ann&force=true", f"{where}/scale").json()
    assert (done["kind"], done["spec"]) == ("Scale", {"replicas": 3})
    assert owners(first_steps.api(where).json())["ann Apply scale"] == {"f:spec": {"f:replicas": {}}}


def test_components_own_what_they_make(first_steps: Playground) -> None:
    pods = first_steps.api("/api/v1/namespaces/default/pods?labelSelector=app%3Dweb").json()["items"]
    found = owners(pods[0])
    assert list(found) == ["kube-controller-manager Update", "kubelet Update status"]
    spec = found["kube-controller-manager Update"]["f:spec"]
    assert "f:nodeName" not in spec and "f:volumes" not in spec and "f:serviceAccountName" not in spec
    assert 'k:{"type":"Ready"}' in found["kubelet Update status"]["f:status"]["f:conditions"]
    name = pods[0]["metadata"]["name"]
    first_steps.kubectl("label", "pod", name, "who=me")
    labelled = owners(first_steps.api(f"/api/v1/namespaces/default/pods/{name}").json())
    assert labelled.pop("kubectl-label Update") == {"f:metadata": {"f:labels": {"f:who": {}}}}
    assert labelled == found
    slices = first_steps.api("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices").json()["items"]
    assert [list(owners(one)) for one in slices if one["metadata"]["name"].startswith("web-")] == [
        ["kube-controller-manager Update"]
    ]


def test_what_a_controller_keeps_cannot_be_applied_unawares(first_steps: Playground) -> None:
    (one,) = first_steps.api("/apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Dweb").json()["items"]
    name = one["metadata"]["name"]
    where = f"/apis/apps/v1/namespaces/default/replicasets/{name}"
    body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name}, "spec": {"replicas": 9}}
    refused = applied(first_steps, body, "fieldManager=ann", where).json()
    assert refused["message"] == (
        'Apply failed with 1 conflict: conflict with "kube-controller-manager" using apps/v1: .spec.replicas'
    )


def test_kubectl_shows_a_conflict_and_forces_it(first_steps: Playground) -> None:
    text = json.dumps(service("typed"))
    other = json.dumps(service("typed", "other"))
    assert first_steps.kubectl("apply", "--server-side", "-f", "-", typed=text).stdout == (
        "service/typed serverside-applied\n"
    )
    refused = first_steps.kubectl("apply", "--server-side", "--field-manager=bob", "-f", "-", typed=other)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f'error: Apply failed with 1 conflict: conflict with "kubectl": .spec.selector\n{ADVICE}'
    )
    forced = first_steps.kubectl(
        "apply", "--server-side", "--field-manager=bob", "--force-conflicts", "-f", "-", typed=other
    )
    assert forced.stdout == "service/typed serverside-applied\n"


def test_kubectl_moves_from_client_side_to_server_side(first_steps: Playground) -> None:
    first_steps.kubectl("apply", "-f", "-", typed=json.dumps(service("moved")))
    refused = first_steps.kubectl("apply", "--server-side", "-f", "-", typed=json.dumps(service("moved", "other")))
    assert refused.stderr.startswith(
        'error: Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .spec.selector\n'
    )
    done = first_steps.kubectl("apply", "--server-side", "-f", "-", typed=json.dumps(service("moved")))
    assert (done.returncode, done.stdout) == (0, "service/moved serverside-applied\n"), done
    found = owners(first_steps.api(f"{SERVICES}/moved").json())
    assert "kubectl-client-side-apply Update" not in found
    assert found["kubectl-last-applied Apply"] == {
        "f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}}
    }
    changed = first_steps.kubectl("apply", "--server-side", "-f", "-", typed=json.dumps(service("moved", "other", 9)))
    assert changed.returncode == 0, changed
    moved = first_steps.api(f"{SERVICES}/moved").json()
    assert moved["spec"]["selector"] == {"app": "other"}
    assert [port["targetPort"] for port in moved["spec"]["ports"]] == [9]


def test_kubectl_hides_the_owners_unless_asked(first_steps: Playground) -> None:
    applied(first_steps, service("hidden"))
    assert "managedFields" not in first_steps.kubectl("get", "svc", "hidden", "-o", "yaml").stdout
    assert "f:selector" in first_steps.kubectl("get", "svc", "hidden", "-o", "yaml", "--show-managed-fields").stdout


def test_an_undone_application_gives_the_fields_back(first_steps: Playground) -> None:
    before = applied(first_steps, service("undone")).json()
    applied(first_steps, service("undone", "other"), "fieldManager=bob&force=true")
    assert first_steps.send({}, "undo").status == 200
    after = first_steps.api(f"{SERVICES}/undone").json()
    assert (after["spec"], owners(after)) == (before["spec"], owners(before))
