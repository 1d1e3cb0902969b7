"""What the control plane keeps for itself: default/kubernetes, ServiceCIDRs, an IPAddress for each ClusterIP."""

import pytest

from app.cluster import state
from app.controllers import api_server
from app.engine import commands
from app.kinds import serviceaddresses
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster


@pytest.mark.parametrize("key", [api_server.SERVICE, api_server.ENDPOINTS, api_server.SLICE])
def test_what_the_api_server_made_comes_back(key: Key) -> None:
    cluster = Cluster(nodes=0)
    before = cluster.held.get(key)
    assert before is not None
    cluster.say(commands.Delete("you", key))
    after = cluster.held.get(key)
    assert after is not None
    assert after.get("spec") == before.get("spec")
    assert objects.uid_of(after) != objects.uid_of(before)


def test_its_addresses_are_nobody_elses_to_change() -> None:
    cluster = Cluster(nodes=0)
    cluster.patch(api_server.SLICE, {"endpoints": [{"addresses": ["192.0.2.1"]}]})
    found = cluster.held.get(api_server.SLICE)
    assert found is not None
    assert [one["addresses"] for one in found["endpoints"]] == [[api_server.ADDRESS]]


def addresses(cluster: Cluster) -> dict[str, str]:
    return {
        objects.name_of(found): found["spec"]["parentRef"]["name"]
        for found in cluster.held.list(serviceaddresses.IPADDRESSES)
    }


def test_each_cluster_ip_has_its_ip_address() -> None:
    cluster = Cluster(nodes=0)
    assert addresses(cluster) == {"10.96.0.1": "kubernetes"}
    cluster.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}"
    )
    assert addresses(cluster) == {"10.96.0.1": "kubernetes", "10.96.0.7": "web"}
    found = cluster.get(serviceaddresses.IPADDRESSES, "10.96.0.7", "")
    assert objects.labels_of(found) == {
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
        "ipaddress.kubernetes.io/ip-family": "IPv4",
    }
    cluster.say(commands.Delete("you", Key(*serviceaddresses.IPADDRESSES, "", "10.96.0.7")))
    assert "10.96.0.7" in addresses(cluster)
    cluster.say(commands.Delete("you", Key(*state.SERVICES, "default", "web")))
    assert addresses(cluster) == {"10.96.0.1": "kubernetes"}
    cluster.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: new}\nspec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}"
    )
    assert addresses(cluster)["10.96.0.7"] == "new"


def test_an_address_that_somebody_keeps_is_not_given_away() -> None:
    cluster = Cluster(nodes=0)
    cluster.apply(
        "apiVersion: networking.k8s.io/v1\nkind: IPAddress\nmetadata: {name: 10.96.0.9}\n"
        "spec: {parentRef: {resource: vips, name: mine}}"
    )
    with pytest.raises(errors.Invalid, match="provided IP is already allocated"):
        cluster.apply(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.0.9, ports: [{port: 80}]}"
        )
    assert addresses(cluster)["10.96.0.9"] == "mine"


def ready(cluster: Cluster, name: str) -> tuple[str, str]:
    found = objects.condition(cluster.get(serviceaddresses.SERVICECIDRS, name, ""), "Ready")
    assert found is not None
    return str(found["status"]), str(found["reason"])


def test_a_service_cidr_is_ready_and_goes_once_nothing_in_it_is_taken() -> None:
    cluster = Cluster(nodes=0)
    key = Key(*serviceaddresses.SERVICECIDRS, "", "kubernetes")
    assert ready(cluster, "kubernetes") == ("True", "")
    cluster.say(commands.Delete("you", key))
    assert ready(cluster, "kubernetes") == ("False", "Terminating")
    cluster.apply(
        "apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: spare}\nspec: {cidrs: [10.200.0.0/24]}"
    )
    assert ready(cluster, "spare") == ("True", "")
    cluster.say(commands.Delete("you", Key(*serviceaddresses.SERVICECIDRS, "", "spare")))
    assert cluster.held.find(serviceaddresses.SERVICECIDRS, "", "spare") is None
