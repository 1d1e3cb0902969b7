"""A command is carried out whole or not at all, and every entry knows its cause."""

import pytest

from app.cluster import clock, journal, state
from app.engine import commands
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster, contents

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: curl, image: curlimages/curl, command: [sleep, infinity]}]}
"""
SERVICE = Key("", "services", "default", "web")
DEPLOYMENT = Key("apps", "deployments", "default", "web")


@pytest.fixture
def web() -> Cluster:
    cluster = Cluster()
    cluster.apply(WEB)
    return cluster


def ready_ips(cluster: Cluster, service: str = "web") -> set[str]:
    return {
        address
        for one in cluster.held.slices_of("default", service)
        for endpoint in one["endpoints"] or ()
        if endpoint["conditions"]["ready"]
        for address in endpoint["addresses"]
    }


def test_a_new_playground_holds_what_the_contract_says() -> None:
    cluster = Cluster()
    assert {k.name for k in cluster.held.keys(state.NAMESPACES)} == {
        "default",
        "kube-system",
        "kube-public",
        "kube-node-lease",
    }
    for namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
        assert cluster.held.find(state.SERVICE_ACCOUNTS, namespace, "default")
        assert cluster.held.find(state.CONFIGMAPS, namespace, "kube-root-ca.crt")
    assert cluster.get(state.SERVICES, "kubernetes")["spec"]["clusterIP"] == "10.96.0.1"
    assert cluster.get(state.SERVICES, "kube-dns", "kube-system")["spec"]["clusterIP"] == "10.96.0.10"
    assert [objects.name_of(n) for n in cluster.held.list(state.NODES)] == ["node-1", "node-2"]
    assert state.node_addresses(cluster.get(state.NODES, "node-1", "")) == ["10.0.0.11"]
    dns = cluster.held.pods_of("kube-system", {"k8s-app": "kube-dns"})
    assert [objects.condition_is_true(pod, "Ready") for pod in dns] == [True, True]


def test_a_bare_control_plane_has_no_node_and_no_dns() -> None:
    cluster = Cluster(nodes=0, load_balancer="none")
    assert cluster.held.count(state.NODES) == 0
    assert cluster.held.find(state.SERVICES, "kube-system", "kube-dns") is None
    cluster.apply(WEB)
    assert all(not objects.spec_of(p).get("nodeName") for p in cluster.held.list(state.PODS))


def test_a_deployment_becomes_ready_pods_with_endpoints(web: Cluster) -> None:
    pods = web.held.pods_of("default", {"app": "web"})
    assert len(pods) == 3
    assert ready_ips(web) == {ip for pod in pods for ip in state.pod_ips(pod)}
    assert web.get(state.DEPLOYMENTS, "web")["status"]["readyReplicas"] == 3


def test_a_deleted_pod_is_replaced_under_a_new_address_and_the_service_stays(web: Cluster) -> None:
    before = ready_ips(web)
    cluster_ip = web.get(state.SERVICES, "web")["spec"]["clusterIP"]
    victim = web.held.pods_of("default", {"app": "web"})[0]
    web.say(commands.Delete("you", Key("", "pods", "default", objects.name_of(victim))))
    after = ready_ips(web)
    assert len(after) == 3
    assert state.pod_ips(victim)[0] not in after
    assert len(after - before) == 1
    assert web.get(state.SERVICES, "web")["spec"]["clusterIP"] == cluster_ip
    assert web.send({"pod": "default/client"}, "http://web")["results"][0]["outcome"] == "ok"


def test_a_refused_manifest_leaves_nothing_of_its_documents() -> None:
    cluster = Cluster()
    before, revision = contents(cluster.held), cluster.held.revision
    bad = WEB + "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: []}\n"
    with pytest.raises(errors.Invalid, match=r"spec\.ports: Required value"):
        cluster.apply(bad)
    assert contents(cluster.held) == before
    assert cluster.held.revision == revision
    assert not cluster.held.work
    assert cluster.held.undo.to_undo("you") is None
    cluster.apply(WEB)
    assert contents(cluster.replayed()) == contents(cluster.held)


def test_every_entry_names_its_actor_command_and_what_provoked_it(web: Cluster) -> None:
    revisions = set(range(1, web.held.revision + 1))
    assert [e.revision for e in web.entries] == sorted(revisions)
    for entry in web.entries:
        assert entry.cause.actor
        assert entry.cause.provoked_by < entry.revision
        assert entry.cause.command in revisions
    slices = [e for e in web.entries if e.cause.actor == "endpointslice-controller" and e.cause.provoked_by]
    assert slices


def test_the_stored_object_carries_its_revision(web: Cluster) -> None:
    for entry in web.entries:
        if isinstance(entry.body, journal.ObjectChanged) and entry.body.after is not None:
            assert entry.body.after["metadata"]["resourceVersion"] == str(entry.revision)


def test_applying_again_writes_nothing(web: Cluster) -> None:
    revision = web.held.revision
    assert {a.verb for a in web.apply(WEB)} == {"unchanged"}
    assert web.held.revision == revision


def test_a_patch_that_changes_nothing_writes_nothing(web: Cluster) -> None:
    revision = web.held.revision
    web.patch(SERVICE, {"spec": {"selector": {"app": "web"}}})
    assert web.held.revision == revision


def test_a_stale_writer_is_told_and_nothing_is_lost(web: Cluster) -> None:
    seen = objects.resource_version_of(web.get(state.SERVICES, "web"))
    web.patch(SERVICE, {"metadata": {"labels": {"a": "first"}}})
    with pytest.raises(errors.Conflict, match="the object has been modified"):
        web.say(commands.Patch("other", SERVICE, {"metadata": {"labels": {"a": "second"}}}, resource_version=seen))
    assert objects.labels_of(web.get(state.SERVICES, "web")) == {"a": "first"}


def test_scaling_changes_the_endpoints(web: Cluster) -> None:
    web.patch(DEPLOYMENT, {"spec": {"replicas": 5}})
    assert len(ready_ips(web)) == 5
    web.patch(DEPLOYMENT, {"spec": {"replicas": 1}})
    assert len(ready_ips(web)) == 1


def test_twenty_thousand_and_one_pods_are_refused_whole(web: Cluster) -> None:
    with pytest.raises(errors.TooLarge, match="at most 20,000"):
        web.patch(DEPLOYMENT, {"spec": {"replicas": 20_000}})
    assert web.get(state.DEPLOYMENTS, "web")["spec"]["replicas"] == 3


def test_a_namespace_that_is_not_there_is_named() -> None:
    cluster = Cluster()
    with pytest.raises(errors.NotFound, match='namespaces "nope" not found'):
        cluster.apply(
            "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: nope}, spec: {ports: [{port: 1}]}}"
        )


def test_deleting_a_namespace_takes_everything_in_it() -> None:
    cluster = Cluster()
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")
    cluster.apply(WEB.replace("metadata: {name: web", "metadata: {namespace: shop, name: web"))
    cluster.say(commands.Delete("you", Key("", "namespaces", "", "shop")))
    assert [k for k in contents(cluster.held) if k.namespace == "shop" and k.resource != "events"] == []
    assert cluster.held.find(state.NAMESPACES, "", "shop") is None


def test_kept_namespaces_are_kept() -> None:
    with pytest.raises(errors.Forbidden, match="this namespace may not be deleted"):
        Cluster().say(commands.Delete("you", Key("", "namespaces", "", "default")))


def test_unknown_kinds_are_stored() -> None:
    cluster = Cluster()
    (applied,) = cluster.apply("{apiVersion: example.com/v1, kind: Gizmo, metadata: {name: g}, spec: {size: 3}}")
    stored = cluster.held.get(applied.key)
    assert stored is not None and stored["spec"] == {"size": 3}


def test_live_time_starts_pods_after_a_while_and_proxies_follow() -> None:
    cluster = Cluster(mode=clock.TimeMode.LIVE)
    cluster.apply(WEB)
    assert ready_ips(cluster) == set()
    cluster.advance(2.0)
    assert len(ready_ips(cluster)) == 3
    assert not any(cluster.held.proxies.is_behind(n) for n in ("node-1", "node-2")) or cluster.held.proxies.before
    cluster.advance(1.0)
    assert not any(cluster.held.proxies.is_behind(n) for n in ("node-1", "node-2"))
    assert not cluster.held.proxies.before


def test_a_load_balancer_is_pending_until_the_cloud_answers() -> None:
    lb = "{apiVersion: v1, kind: Service, metadata: {name: lb}, spec: {type: LoadBalancer, ports: [{port: 80}], selector: {app: web}}}"
    cluster = Cluster(mode=clock.TimeMode.LIVE)
    cluster.apply(lb)
    cluster.advance(3.0)
    assert state.load_balancer_ips(cluster.get(state.SERVICES, "lb")) == []
    cluster.advance(2.0)
    (ip,) = state.load_balancer_ips(cluster.get(state.SERVICES, "lb"))
    assert ip.startswith("203.0.113.")
    without = Cluster(mode=clock.TimeMode.LIVE, load_balancer="none")
    without.apply(lb)
    without.advance(60.0)
    assert state.load_balancer_ips(without.get(state.SERVICES, "lb")) == []


def test_the_same_seed_and_calls_give_the_same_everything() -> None:
    first, second = Cluster(), Cluster()
    for cluster in (first, second):
        cluster.apply(WEB)
        cluster.send({"pod": "default/client"}, "http://web", count=20)
    assert first.rows == second.rows
    assert contents(first.held) == contents(second.held)


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        (
            {"spec": {"selector": {"app": 1}}},
            "cannot unmarshal number into Go struct field ServiceSpec.spec.selector of type string",
        ),
        ({"spec": {"selectors": {"app": "web"}}}, r"strict decoding error: unknown field \"spec.selectors\""),
        (
            {"spec": {"ports": {"port": 80}}},
            r"cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type \[\]v1.ServicePort",
        ),
    ],
)
def test_a_patch_that_cannot_be_decoded_is_refused(web: Cluster, patch: dict[str, object], words: str) -> None:
    before = web.get(state.SERVICES, "web")
    with pytest.raises(errors.Invalid, match=words):
        web.patch(SERVICE, patch)
    assert web.get(state.SERVICES, "web") == before


def test_a_label_that_no_selector_asks_for_wakes_no_endpoints_controller(web: Cluster) -> None:
    pod = web.held.pods_of("default", {"app": "web"})[0]
    before = len(web.entries)
    web.patch(Key("", "pods", "default", objects.name_of(pod)), {"metadata": {"labels": {"track": "canary"}}})
    assert [e.cause.actor for e in web.entries[before:]] == ["you"]


def test_what_controllers_create_warns_nobody() -> None:
    cluster = Cluster()
    applied = cluster.apply(WEB)
    assert [a.warnings for a in applied] == [(), (), ()]
