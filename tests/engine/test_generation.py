"""What metadata.generation counts, and that the kubelet says which generation it has seen."""

import pytest

from app.cluster import state
from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

POD = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: nginx}]}
"""
HELD = POD.replace("{name: p}", "{name: p, finalizers: [example.com/keep]}")
KEY = Key("", "pods", "default", "p")


def generation(pod: Object) -> int:
    return int(objects.metadata(pod)["generation"])


@pytest.mark.parametrize("mode", ["bound", "labelled"])
def test_neither_a_node_nor_a_label_is_a_new_generation_of_a_pod(mode: str) -> None:
    cluster = Cluster()
    cluster.apply(POD)
    if mode == "labelled":
        cluster.patch(KEY, {"metadata": {"labels": {"a": "b"}}})
    pod = cluster.get(state.PODS, "p")
    assert objects.spec_of(pod)["nodeName"]
    assert generation(pod) == objects.status_of(pod)["observedGeneration"] == 1


def test_a_new_image_is_a_new_generation() -> None:
    cluster = Cluster()
    cluster.apply(POD)
    cluster.apply(POD.replace("nginx", "nginx:1.28"))
    pod = cluster.get(state.PODS, "p")
    assert generation(pod) == objects.status_of(pod)["observedGeneration"] == 2


def test_a_deletion_that_waits_is_a_new_generation_once() -> None:
    cluster = Cluster()
    cluster.apply(HELD)
    cluster.say(commands.Delete("you", KEY))
    cluster.say(commands.Delete("you", KEY))
    assert generation(cluster.get(state.PODS, "p")) == 2
