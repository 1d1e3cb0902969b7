"""Session affinity is part of the state: it holds from one request to the next, over restarts, until its time is up."""

from app.cluster import state
from app.engine import snapshot
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
"""
CLIENT = {"pod": "default/client"}
WEB = Key(*state.SERVICES, "default", "web")


def cluster() -> Cluster:
    made = Cluster()
    made.apply(MANIFEST)
    return made


def served(made: Cluster, times: int = 1) -> set[str]:
    return {made.send(CLIENT, "http://web")["results"][0]["served_by"]["name"] for _ in range(times)}


def test_one_client_stays_with_one_pod_from_request_to_request() -> None:
    assert len(served(cluster(), 12)) == 1


def test_a_restart_and_a_snapshot_remember() -> None:
    made = cluster()
    first = served(made)
    assert made.replayed().affinity.rows() == made.held.affinity.rows() != []
    made.held = snapshot.restore(snapshot.dump(made.held))
    assert served(made, 8) == first


def test_each_connection_starts_the_time_anew() -> None:
    made = cluster()
    first = served(made)
    for _ in range(5):
        made.advance(40)
        assert served(made) == first


def test_after_its_time_the_client_is_a_new_one() -> None:
    made = cluster()
    found = set()
    for _ in range(12):
        found |= served(made)
        made.advance(61)
    assert len(found) > 1


def test_a_pod_that_is_gone_is_replaced() -> None:
    made = cluster()
    (first,) = served(made)
    made.patch(Key(*state.PODS, "default", first), {"metadata": {"labels": {"app": "other"}}})
    (second,) = served(made)
    assert second != first
    assert served(made, 8) == {second}


def test_affinity_switched_off_forgets() -> None:
    made = cluster()
    served(made)
    made.patch(WEB, {"spec": {"sessionAffinity": "None", "sessionAffinityConfig": None}})
    assert made.held.affinity.rows() == []
    assert len(served(made, 16)) > 1
    made.patch(WEB, {"spec": {"sessionAffinity": "ClientIP"}})
    assert len(served(made, 12)) == 1
