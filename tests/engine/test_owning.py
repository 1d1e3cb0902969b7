"""Field owners in the engine: shared in memory, kept through undo, restart and what controllers write."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import state
from app.engine import commands, snapshot
from app.kinds import components
from app.machinery import fieldsets, objects, ownership
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

SERVICE = Key("", "services", "default", "s")


def _service(selector: str, **labels: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": "s", **({"labels": labels} if labels else {})}
    spec = {"selector": {"app": selector}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def _apply(cluster: Cluster, owner: str, config: dict[str, Any], actor: str = "you") -> Object:
    done: commands.Applied = cluster.say(commands.ServerSideApply(actor, SERVICE, config, owner, force=True))
    return done.obj


def _owned(cluster: Cluster) -> dict[str, Any]:
    held = cluster.held.get(SERVICE)
    assert held is not None
    return {owner.name: found.fields for owner, found in ownership.of(held).items()}


def _pods(count: int) -> tuple[dict[str, Any], ...]:
    spec = {"containers": [{"name": "c", "image": "nginx"}]}
    return tuple({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{n}"}, "spec": spec} for n in range(count))


def test_objects_of_one_making_share_their_field_sets_also_after_a_restart() -> None:
    cluster = Cluster()
    cluster.say(commands.Apply("you", _pods(3)))
    for held in (cluster.held, cluster.replayed(), snapshot.restore(snapshot.dump(cluster.held))):
        pods = list(held.list(state.PODS, "default"))
        sets = {id(objects.metadata(pod)["managedFields"][0]["fieldsV1"]) for pod in pods}
        assert len(pods) == 3 and len(sets) == 1


def test_nothing_is_stored_for_what_controllers_make() -> None:
    cluster = Cluster()
    cluster.apply(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 2\n"
        "  selector: {matchLabels: {app: d}}\n"
        "  template: {metadata: {labels: {app: d}}, spec: {containers: [{name: c, image: nginx}]}}\n"
    )
    for resource in (state.PODS, state.REPLICASETS):
        for obj in cluster.held.list(resource, "default"):
            assert "managedFields" not in objects.metadata(obj)
            assert next(iter(components.everybody(obj))).name == components.CONTROLLER_MANAGER


def test_a_step_undone_gives_fields_back_and_keeps_what_others_took_since() -> None:
    cluster = Cluster()
    _apply(cluster, "ann", _service("web", team="a"))
    before = _owned(cluster)
    _apply(cluster, "bob", _service("other"), "bob")
    cluster.patch(SERVICE, {"metadata": {"annotations": {"by": "you"}}}, "you")
    cluster.say(commands.Undo("bob"))
    assert objects.spec_of(cluster.get(state.SERVICES, "s"))["selector"] == {"app": "web"}
    after = _owned(cluster)
    assert fieldsets.encode(after.pop("podlane")) == {"f:metadata": {"f:annotations": {".": {}, "f:by": {}}}}
    assert after == before


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_deleted_object_comes_back_with_its_owners(who: str) -> None:
    cluster = Cluster()
    _apply(cluster, "ann", _service("web"))
    before = _owned(cluster)
    cluster.say(commands.Delete(who, SERVICE))
    cluster.say(commands.Undo(who))
    assert _owned(cluster) == before


def test_a_controllers_change_of_an_owned_object_is_the_controllers() -> None:
    cluster = Cluster()
    key = Key("apps", "deployments", "default", "d")
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}
    cluster.say(commands.ServerSideApply("you", key, config, "ann"))
    held = cluster.held.get(key)
    assert held is not None
    found = {(m.name, m.subresource): tree.fields for m, tree in ownership.of(held).items()}
    annotations = found[components.CONTROLLER_MANAGER, "status"]["f:metadata"]["f:annotations"]
    assert set(annotations) == {".", "f:deployment.kubernetes.io/revision"}
    again = cluster.say(commands.ServerSideApply("you", key, config, "ann"))
    assert again.verb == "unchanged"
