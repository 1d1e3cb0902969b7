"""Undo takes back what the command itself wrote, and says so when somebody changed it since."""

import pytest

from app.cluster import state
from app.engine import commands
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster
from tests.engine.test_execute import DEPLOYMENT, SERVICE, WEB


@pytest.fixture
def web() -> Cluster:
    cluster = Cluster()
    cluster.apply(WEB, actor="setup")
    return cluster


def undo(cluster: Cluster, actor: str = "you") -> str:
    return str(cluster.say(commands.Undo(actor))["undid"])


def redo(cluster: Cluster, actor: str = "you") -> str:
    return str(cluster.say(commands.Redo(actor))["redid"])


def selector(cluster: Cluster) -> dict[str, str]:
    return dict(cluster.get(state.SERVICES, "web")["spec"].get("selector") or {})


def test_a_selector_edit_goes_back_and_forth(web: Cluster) -> None:
    web.patch(SERVICE, {"spec": {"selector": {"app": "wrong"}}})
    undo(web)
    assert selector(web) == {"app": "web"}
    redo(web)
    assert selector(web) == {"app": "wrong"}
    undo(web)
    assert selector(web) == {"app": "web"}


def test_steps_are_undone_newest_first(web: Cluster) -> None:
    web.patch(SERVICE, {"spec": {"selector": {"tier": "x"}}})
    web.patch(DEPLOYMENT, {"spec": {"replicas": 5}})
    undo(web)
    assert web.get(state.DEPLOYMENTS, "web")["spec"]["replicas"] == 3
    assert selector(web) == {"app": "web", "tier": "x"}
    undo(web)
    assert selector(web) == {"app": "web"}
    with pytest.raises(errors.Conflict, match="nothing to undo"):
        undo(web)


def test_a_deleted_service_comes_back_with_its_address_and_a_new_uid(web: Cluster) -> None:
    before = web.get(state.SERVICES, "web")
    web.say(commands.Delete("you", SERVICE))
    assert web.held.get(SERVICE) is None
    undo(web)
    after = web.get(state.SERVICES, "web")
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    assert objects.uid_of(after) != objects.uid_of(before)


def test_a_service_whose_address_was_taken_comes_back_under_another(web: Cluster) -> None:
    ip = web.get(state.SERVICES, "web")["spec"]["clusterIP"]
    web.say(commands.Delete("you", SERVICE))
    web.apply(
        f"{{apiVersion: v1, kind: Service, metadata: {{name: thief}}, spec: {{clusterIP: {ip}, ports: [{{port: 1}}]}}}}",
        actor="other",
    )
    undo(web)
    assert web.get(state.SERVICES, "web")["spec"]["clusterIP"] != ip


def test_a_deleted_deployment_comes_back_with_its_pods(web: Cluster) -> None:
    web.say(commands.Delete("you", DEPLOYMENT))
    assert web.held.pods_of("default", {"app": "web"}) == []
    undo(web)
    assert len(web.held.pods_of("default", {"app": "web"})) == 3


def test_a_created_object_goes_when_undone_and_returns_when_redone(web: Cluster) -> None:
    web.apply("{apiVersion: v1, kind: Service, metadata: {name: new}, spec: {ports: [{port: 1}]}}")
    undo(web)
    assert web.held.find(state.SERVICES, "default", "new") is None
    redo(web)
    assert web.held.find(state.SERVICES, "default", "new") is not None


def test_a_deleted_bare_pod_comes_back(web: Cluster) -> None:
    web.say(commands.Delete("you", Key("", "pods", "default", "client")))
    undo(web)
    assert objects.condition_is_true(web.get(state.PODS, "client"), "Ready")


def test_a_controllers_pod_is_left_to_its_controller(web: Cluster) -> None:
    pod = web.held.pods_of("default", {"app": "web"})[0]
    web.say(commands.Delete("you", Key("", "pods", "default", objects.name_of(pod))))
    with pytest.raises(errors.Conflict, match="nothing to undo"):
        undo(web)
    assert len(web.held.pods_of("default", {"app": "web"})) == 3


def test_undo_does_not_overwrite_somebody_elses_change_and_names_them(web: Cluster) -> None:
    web.patch(SERVICE, {"spec": {"selector": {"app": "mine"}}})
    web.patch(SERVICE, {"spec": {"selector": {"app": "theirs"}}}, actor="other")
    with pytest.raises(errors.Conflict, match="was changed since by other"):
        undo(web)
    assert selector(web) == {"app": "theirs"}


def test_each_actor_has_a_stack_of_its_own(web: Cluster) -> None:
    web.patch(SERVICE, {"spec": {"selector": {"a": "1"}}})
    web.patch(DEPLOYMENT, {"spec": {"replicas": 4}}, actor="other")
    undo(web)
    assert selector(web) == {"app": "web"}
    assert web.get(state.DEPLOYMENTS, "web")["spec"]["replicas"] == 4


def test_something_new_ends_what_could_be_redone(web: Cluster) -> None:
    web.patch(SERVICE, {"spec": {"selector": {"a": "1"}}})
    undo(web)
    web.patch(DEPLOYMENT, {"spec": {"replicas": 4}})
    with pytest.raises(errors.Conflict, match="nothing to redo"):
        redo(web)


def test_undo_survives_a_restart(web: Cluster) -> None:
    web.patch(SERVICE, {"spec": {"selector": {"app": "wrong"}}})
    web.held = web.replayed()
    undo(web)
    assert selector(web) == {"app": "web"}
