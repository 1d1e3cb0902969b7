"""What is true of every Service, one sentence each, with a demonstration in the learner's own cluster.

A demonstration is at most one command that can be undone, then a request to send or an object to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import state
from app.engine import commands
from app.lessons import cast
from app.machinery import errors, objects
from app.machinery.objects import Key, Object

OUTSIDE: Mapping[str, Any] = {"external": "198.51.100.7"}
NEEDS_SERVICE = "For this, add a Service with a selector first."
NEEDS_CLIENT = "For this, add a Service with a selector and a running pod first."
LATER = "later"


@dataclass(frozen=True, slots=True)
class Plan:
    """A demonstration: a command to run (by this actor), then a request body to send or a ref and tab to show."""

    command: commands.Command | None = None
    request: Mapping[str, Any] | None = None
    show: Key | None = None
    tab: str = "main"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a demonstration plays with."""

    held: state.ClusterState
    service: Object
    client: Object | None
    actor: str

    @property
    def service_key(self) -> Key:
        """The Service's key."""
        return Key(*state.SERVICES, objects.namespace_of(self.service), objects.name_of(self.service))

    def patched(self, spec: Mapping[str, Any]) -> commands.Patch:
        """Return the command that changes the Service's spec."""
        return commands.Patch(self.actor, self.service_key, {"spec": spec})

    def asked(self, to: str = "", **more: Any) -> dict[str, Any]:
        """Return a request from the client, to the Service by name unless told otherwise."""
        assert self.client is not None
        url = to or cast.url_of(self.service, objects.namespace_of(self.client))
        return {"from": {"pod": cast.path_of(self.client)}, "to": url, "count": 1, **more}


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence, the label of its button, and how it is shown; `needs_client`: a pod must be there to ask."""

    slug: str
    sentence: str
    action: str
    plan: Callable[[Scene], Plan]
    needs_client: bool = True


def _stable(scene: Scene) -> Plan:
    spec = objects.spec_of(scene.service)
    pods = scene.held.pods_of(objects.namespace_of(scene.service), spec["selector"])
    owned = next((pod for pod in pods if objects.controller_of(pod) and not objects.is_terminating(pod)), None)
    key = Key(*state.PODS, objects.namespace_of(owned), objects.name_of(owned)) if owned else None
    return Plan(commands.Delete(scene.actor, key) if key else None, scene.asked())


def _balances(scene: Scene) -> Plan:
    return Plan(request=scene.asked(count=100))


def _no_paths(scene: Scene) -> Plan:
    url = cast.url_of(scene.service, objects.namespace_of(scene.client or scene.service))
    return Plan(request=scene.asked(f"{url}/any/path", headers={"Host": "other.example"}))


def _selectors(scene: Scene) -> Plan:
    return Plan(show=scene.service_key, tab="selects")


def _slices(scene: Scene) -> Plan:
    found = scene.held.slices_of(objects.namespace_of(scene.service), objects.name_of(scene.service))
    key = Key(*state.ENDPOINTSLICES, objects.namespace_of(found[0]), objects.name_of(found[0])) if found else None
    return Plan(show=key or scene.service_key, tab="yaml" if key else "main")


def _by_name(scene: Scene) -> Plan:
    return Plan(request=scene.asked())


def _inside_only(scene: Scene) -> Plan:
    ip = objects.spec_of(scene.service).get("clusterIP")
    return Plan(request={"from": OUTSIDE, "to": f"http://{ip}{cast.port_suffix(scene.service)}", "count": 1})


def _node_port(scene: Scene) -> Plan:
    is_open = next(cast.urls_by_node(scene.held, scene.service), "")
    if is_open:
        return Plan(request={"from": OUTSIDE, "to": is_open, "count": 1})
    return Plan(scene.patched({"type": "NodePort"}), show=scene.service_key)


def _load_balancer(scene: Scene) -> Plan:
    url = next(cast.urls_from_outside(scene.service), "")
    if url:
        return Plan(request={"from": OUTSIDE, "to": url, "count": 1})
    return Plan(scene.patched({"type": "LoadBalancer"}), show=scene.service_key)


def _wrong_port(scene: Scene) -> Plan:
    url = cast.url_of(scene.service, objects.namespace_of(scene.client or scene.service))
    bare = url.removesuffix(cast.port_suffix(scene.service))
    return Plan(request=scene.asked(f"{bare}:{cast.unused_port(scene.service)}"))


def _wrong_target(scene: Scene) -> Plan:
    first, *rest = objects.spec_of(scene.service)["ports"]
    wrong = 8081 if first.get("targetPort") != 8081 else 8082
    return Plan(scene.patched({"ports": [{**first, "targetPort": wrong}, *rest]}), scene.asked())


def _wrong_node_port(scene: Scene) -> Plan:
    taken = {port for service in scene.held.list(state.SERVICES) for port in state.node_ports(service)}
    closed = next(port for port in range(32767, 29999, -1) if port not in taken)
    address = next((a for node in scene.held.list(state.NODES) for a in state.node_addresses(node)), "10.0.0.11")
    return Plan(request={"from": OUTSIDE, "to": f"http://{address}:{closed}", "count": 1})


def _environment(scene: Scene) -> Plan:
    assert scene.client is not None
    namespace = objects.namespace_of(scene.client)
    spec = {"selector": dict(objects.spec_of(scene.service)["selector"]), "ports": [{"port": 80}]}
    draft = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": LATER, "namespace": namespace}, "spec": spec}
    is_there = scene.held.find(state.SERVICES, namespace, LATER) is not None
    key = Key(*state.PODS, namespace, objects.name_of(scene.client))
    return Plan(None if is_there else commands.Create(scene.actor, draft), show=key)


def _dns_in_pods(scene: Scene) -> Plan:
    assert scene.client is not None
    return Plan(show=Key(*state.PODS, objects.namespace_of(scene.client), objects.name_of(scene.client)))


FACTS = (
    Fact(
        "stable",
        "A Service is a stable name, address and port. Pods come and go behind it.",
        "Delete a pod, then ask again",
        _stable,
    ),
    Fact("balances", "It balances load over its pods.", "Ask a hundred times", _balances),
    Fact(
        "paths",
        "It cannot route by host name or path: it never looks at them.",
        "Ask with another Host and path",
        _no_paths,
    ),
    Fact(
        "selectors",
        "All labels of a selector must match. Extra labels on a pod do not matter.",
        "Show who selects whom",
        _selectors,
        needs_client=False,
    ),
    Fact(
        "slices",
        "Its Endpoints and EndpointSlices list the ready pods. Any program can read them instead of asking DNS.",
        "Show its EndpointSlice",
        _slices,
        needs_client=False,
    ),
    Fact(
        "name",
        "Cluster DNS answers a name with the ClusterIP. The packet then goes to one pod of the list.",
        "Follow one request",
        _by_name,
    ),
    Fact(
        "inside",
        "A ClusterIP is reachable only from inside the cluster.",
        "Ask from outside",
        _inside_only,
        needs_client=False,
    ),
    Fact(
        "node-port",
        "A NodePort opens one port, 30000–32767, on every node.",
        "Open one, then ask through it",
        _node_port,
        needs_client=False,
    ),
    Fact(
        "load-balancer",
        "A LoadBalancer is <pending> until a cloud gives it an external IP. Without a cloud it stays so.",
        "Ask the cloud for one",
        _load_balancer,
        needs_client=False,
    ),
    Fact("port", "port is the Service's. Ask on another one, and nothing answers.", "Ask on a wrong port", _wrong_port),
    Fact(
        "target-port",
        "targetPort is the pod's. Set it wrong, and the pod refuses.",
        "Set it wrong and ask",
        _wrong_target,
    ),
    Fact(
        "closed-node-port",
        "nodePort is the node's. A node answers only on the ports it opened.",
        "Ask on a closed one",
        _wrong_node_port,
        needs_client=False,
    ),
    Fact(
        "dns", "DNS is set up in every pod: it asks cluster DNS, with a search path.", "Look into the pod", _dns_in_pods
    ),
    Fact(
        "environment",
        "Service environment variables are fixed when a pod starts: a later Service is not among them.",
        "Add a Service, look into the pod",
        _environment,
    ),
)

_BY_SLUG = {fact.slug: fact for fact in FACTS}


def missing(held: state.ClusterState, fact: Fact) -> str:
    """Say what the cluster lacks for the demonstration, nothing when it can be shown."""
    if cast.first_service(held) is None:
        return NEEDS_CLIENT if fact.needs_client else NEEDS_SERVICE
    return NEEDS_CLIENT if fact.needs_client and cast.first_client(held) is None else ""


def plan(held: state.ClusterState, slug: str, actor: str) -> Plan:
    """Plan the demonstration of a fact in this cluster."""
    fact = _BY_SLUG.get(slug)
    service = cast.first_service(held)
    if fact is None:
        raise errors.NotFound(f"There is no demonstration {slug!r}.")
    lack = missing(held, fact)
    if lack or service is None:
        raise errors.BadRequest(lack)
    return fact.plan(Scene(held, service, cast.first_client(held), actor))
