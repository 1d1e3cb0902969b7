"""A node's rules: in the inspector and over the API, in the words of its kube-proxy's mode."""

import pytest

from app.dataplane import rulesets
from app.machinery import errors
from app.machinery.objects import Key
from app.web import inspector
from tests.cluster_driver import Cluster

WEB = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}"
POD = "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: c, image: nginx}]}"


def cluster(mode: str = "iptables") -> Cluster:
    made = Cluster()
    made.apply(WEB + POD)
    annotations = {"podlane.dev/kube-proxy": mode or None}
    made.patch(Key("", "nodes", "", "node-1"), {"metadata": {"annotations": annotations}})
    return made


@pytest.mark.parametrize(
    ("mode", "tool", "line"),
    [
        ("iptables", "iptables-save", '-m comment --comment "default/web cluster IP"'),
        ("nftables", "nft list table ip kube-proxy", "goto service-"),
        ("ipvs", "ipvsadm -Ln", ":80 rr"),
    ],
)
def test_each_mode_prints_its_own_way(mode: str, tool: str, line: str) -> None:
    found = rulesets.of_node(cluster(mode).held, "node-1")
    assert (found.mode, found.tool) == (mode, tool)
    assert line in found.text


def test_the_inspector_of_a_node_shows_them() -> None:
    panel = inspector.panel(cluster().held, inspector.Place("rules", "Node//node-1"), None)
    assert panel.rules is not None
    assert panel.rules.count == panel.rules.text.count("\n-A ")


def test_a_node_without_kube_proxy_has_none() -> None:
    panel = inspector.panel(cluster("").held, inspector.Place("rules", "Node//node-1"), None)
    assert panel.rules is not None
    assert panel.rules.mode == panel.rules.text == ""


def test_of_another_object_the_tab_is_its_summary() -> None:
    panel = inspector.panel(cluster().held, inspector.Place("rules", "Service/default/web"), None)
    assert panel.rules is None
    assert panel.summary is not None


def test_a_node_that_is_not_there_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        rulesets.of_node(cluster().held, "nope")
