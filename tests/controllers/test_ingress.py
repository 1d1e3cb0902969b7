"""An Ingress shows the address of the controller that serves its class."""

from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

CONTROLLER = """
apiVersion: v1
kind: Pod
metadata: {name: controller, labels: {app: controller}}
spec: {containers: [{name: c, image: registry.k8s.io/ingress-nginx/controller:v1.13.0}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: other}
spec: {controller: example.com/other}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: own}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: foreign}
spec: {ingressClassName: other, defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
FRONT = """
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {type: LoadBalancer, selector: {app: controller}, ports: [{port: 80}]}
"""
INGRESSES = ("networking.k8s.io", "ingresses")


def addresses(cluster: Cluster, name: str) -> list[str]:
    found = objects.dig(cluster.get(INGRESSES, name), "status", "loadBalancer", "ingress") or ()
    return [point["ip"] for point in found]


def test_without_a_load_balancer_it_is_the_nodes_address() -> None:
    cluster = Cluster(nodes=1)
    cluster.apply(CONTROLLER)
    assert addresses(cluster, "own") == ["10.0.0.11"]
    assert addresses(cluster, "foreign") == []


def test_the_load_balancers_address_once_there_is_one() -> None:
    cluster = Cluster()
    cluster.apply(CONTROLLER)
    cluster.apply(FRONT)
    assert addresses(cluster, "own") == ["203.0.113.10"]


def test_host_and_path_lead_through_the_load_balancer_to_a_pod() -> None:
    cluster = Cluster()
    cluster.apply(CONTROLLER + "---" + FRONT)
    cluster.apply(
        """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
    )
    result = cluster.send({"external": "198.51.100.7"}, "http://203.0.113.10/")["results"][0]
    assert (result["outcome"], result["served_by"]["name"]) == ("ok", "web")
    cluster.say(commands.Delete("you", Key("", "pods", "default", "controller")))
    lost = cluster.send({"external": "198.51.100.7"}, "http://203.0.113.10/")["results"][0]
    assert lost["outcome"] == "refused"
