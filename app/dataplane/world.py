"""What a walk sees: the state, each node's proxy as it has programmed itself, and the draws of chance. For one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field

import msgspec

from app.cluster import clock, state, surroundings
from app.cluster.affinity import Pin, PinKey
from app.cluster.lag import ServiceView
from app.dataplane import candidates, dialects, networks, policies, proxy
from app.dataplane.packet import Protocol
from app.machinery import objects
from app.machinery.objects import Object

PROXY_ANNOTATION = "podlane.dev/kube-proxy"
FIREWALL_ANNOTATION = "podlane.dev/firewall"


class Matched(msgspec.Struct, frozen=True, gc=False):
    """A service port and the way a packet reached it: ClusterIP, NodePort, LoadBalancerIP or ExternalIP."""

    port: proxy.ServicePort
    by: str
    address: str


class Picked(msgspec.Struct, frozen=True, gc=False):
    """The outcome of one draw: which of how many, and whether it was chance, a pin, or a connection kept open."""

    index: int
    of: int
    how: str


class Draw(msgspec.Struct, frozen=True, gc=False):
    """A question to chance: one of how many, what remembers the answer, and by which names it does."""

    of: int
    names: tuple[str, ...] = ()
    """Of all that can be drawn; only a pin asks for them."""
    pin: PinKey | None = None
    patience: float = 0.0
    """Seconds without a new connection after which the pin is forgotten."""
    turn: str = ""
    """Where answers are given in turn instead of at random: what counts the turns."""


@dataclass(slots=True)
class Chance:
    """Answers draws from the command's generator, remembers pins, and keeps what was drawn in this walk."""

    env: clock.Env
    remembered: Callable[[PinKey], Pin | None] = lambda key: None
    """What session affinity remembers from before this run."""
    pins: MutableMapping[PinKey, str] = field(default_factory=dict)
    """What it remembers anew: every new connection sets or refreshes a pin."""
    turns: MutableMapping[str, int] = field(default_factory=dict)
    """How many draws each place that answers in turn has answered after this run's."""
    counted: Callable[[str], int] = lambda place: 0
    """And before this run."""
    drawn: list[tuple[Draw, Picked]] = field(default_factory=list)
    given: list[Picked] = field(default_factory=list)
    """Answers drawn already, for the walk that follows."""

    def pick(self, draw: Draw) -> Picked:
        """Answer a draw; one of one asks nobody."""
        found = self._answer(draw)
        self.drawn.append((draw, found))
        return found

    def _answer(self, draw: Draw) -> Picked:
        place = len(self.drawn)
        if place < len(self.given):
            return self.given[place]
        return self.ask(draw)

    def ask(self, draw: Draw) -> Picked:
        """Answer a draw without writing it down: a pin first, then the generator."""
        if draw.pin is not None:
            name = self.pins.get(draw.pin) or self._pinned(draw)
            if name in draw.names:
                self.pins[draw.pin] = name
                return Picked(draw.names.index(name), draw.of, "pinned")
        index, how = self._drawn(draw)
        if draw.pin is not None:
            self.pins[draw.pin] = draw.names[index]
        return Picked(index, draw.of, how)

    def _drawn(self, draw: Draw) -> tuple[int, str]:
        if draw.turn:
            number = self.turns.get(draw.turn, self.counted(draw.turn))
            self.turns[draw.turn] = number + 1
            return number % draw.of, "turn"
        return (self.env.rng.randrange(draw.of) if draw.of > 1 else 0), "random"

    def _pinned(self, draw: Draw) -> str:
        assert draw.pin is not None
        found = self.remembered(draw.pin)
        return found.endpoint if found is not None and self.env.now - found.at < draw.patience else ""


@dataclass(slots=True)
class NodeProxy:
    """One node's kube-proxy: the state as of the revision it has synced."""

    world: World
    name: str
    labels: Mapping[str, str]
    mode: str
    addresses: tuple[str, ...]
    kept: dict[tuple[str, str], ServiceView]
    _considered: dict[tuple[proxy.ServicePort, str], candidates.Candidates] = field(default_factory=dict)
    _ports: dict[tuple[str, str], tuple[proxy.ServicePort, ...]] = field(default_factory=dict)
    _known: dict[proxy.ServicePort, tuple[tuple[proxy.Endpoint, ...], proxy.Categorized]] = field(default_factory=dict)

    @property
    def dialect(self) -> dialects.Dialect:
        """How this proxy writes its rules."""
        return dialects.DIALECTS.get(self.mode, dialects.IPTABLES)

    @property
    def address(self) -> str:
        """The node's first address, which it writes as source."""
        return self.addresses[0] if self.addresses else ""

    def owns(self, address: str) -> bool:
        """Say whether the address is local to the node."""
        return address in self.addresses or networks.LOOPBACK.holds(address)

    def view(self, namespace: str, name: str) -> ServiceView:
        """Return a Service as this proxy knows it."""
        kept = self.kept.get((namespace, name))
        return kept if kept is not None else self.world.state.service_view(namespace, name)

    def is_stale(self, namespace: str, name: str) -> bool:
        """Say whether the Service changed since this proxy last programmed itself."""
        return (namespace, name) in self.kept

    def services(self) -> list[tuple[str, str]]:
        """Return the Services that this proxy knows, by namespace and name."""
        present = {(key.namespace, key.name) for key in self.world.state.keys(state.SERVICES)}
        gone = {name for name, view in self.kept.items() if view.service is None}
        return sorted((present | self.kept.keys()) - gone)

    def ports(self, namespace: str, name: str) -> tuple[proxy.ServicePort, ...]:
        """Return the service ports of a Service as this proxy knows it."""
        found = self._ports.get((namespace, name))
        if found is None:
            found = self._ports[namespace, name] = proxy.service_ports(self.view(namespace, name).service)
        return found

    def endpoints(self, port: proxy.ServicePort) -> tuple[tuple[proxy.Endpoint, ...], proxy.Categorized]:
        """Return all endpoints of a service port, and the usable ones on this node."""
        found = self._known.get(port)
        if found is None:
            kept = self.kept.get((port.namespace, port.name))
            every = self.world.endpoints(port) if kept is None else proxy.endpoints_of(kept, port)
            found = every, proxy.categorize_endpoints(every, port, self.name, self.labels)
            self._known[port] = found
        return found

    def considered(
        self, port: proxy.ServicePort, usable: tuple[proxy.Endpoint, ...], local: str
    ) -> candidates.Candidates:
        """Return who could get a packet for the port and what rules each out; nobody where no trace is wanted."""
        if not self.world.explains:
            return candidates.NOBODY
        found = self._considered.get((port, local))
        if found is None:
            zone = self.labels.get(proxy.ZONE_LABEL, "")
            choice = candidates.Choice(self.endpoints(port)[0], usable, self.name, zone, local)
            view = self.view(port.namespace, port.name)
            found = self._considered[port, local] = candidates.of(self.world.state, view, port, choice)
        return found

    def match(self, address: str, protocol: Protocol, dport: int) -> Matched | None:
        """Return the service port that the rules match a destination to, if any."""
        for namespace, name in self.holders(address):
            for port in self.ports(namespace, name):
                if port.port == dport and port.protocol is protocol:
                    by = address_kind(port, address)
                    if by:
                        return Matched(port, by, address)
        return self._match_node_port(address, protocol, dport) if self.takes_node_ports(address) else None

    def takes_node_ports(self, address: str) -> bool:
        """Say whether node ports are open there: any local address in iptables, the node's own in ipvs and nftables."""
        if self.mode == "nftables":
            return address == self.address
        return address in self.addresses if self.mode == "ipvs" else self.owns(address)

    def _match_node_port(self, address: str, protocol: Protocol, dport: int) -> Matched | None:
        for namespace, name in self.node_port_holders(dport):
            for port in self.ports(namespace, name):
                if port.node_port == dport and port.protocol is protocol:
                    return Matched(port, "NodePort", address)
        return None

    def holders(self, address: str) -> Iterator[tuple[str, str]]:
        """Yield the Services that hold the address, as this proxy knows them."""
        for key in self.world.state.addresses.services.get(address):
            if (key.namespace, key.name) not in self.kept:
                yield key.namespace, key.name
        for name, view in self.kept.items():
            if view.service is not None and address in state.service_addresses(view.service):
                yield name

    def node_port_holders(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield the Services that hold the node port, as this proxy knows them."""
        for key in self.world.state.addresses.node_ports.get(number):
            if (key.namespace, key.name) not in self.kept:
                yield key.namespace, key.name
        for name, view in self.kept.items():
            if view.service is not None and number in state.node_ports(view.service):
                yield name


def address_kind(port: proxy.ServicePort, address: str) -> str:
    """Say as what a Service holds the address a packet came to."""
    if address == port.cluster_ip:
        return "ClusterIP"
    if address in port.load_balancer_ips:
        return "LoadBalancerIP"
    if address in port.external_ips:
        return "ExternalIP"
    return ""


@dataclass(slots=True)
class World:
    """The state with what one run computes of it only once."""

    state: state.ClusterState
    chance: Chance
    explains: bool = False
    """Whether choices name those who were not chosen: for traces only."""
    _proxies: dict[str, NodeProxy] = field(default_factory=dict)
    _endpoints: dict[proxy.ServicePort, tuple[proxy.Endpoint, ...]] = field(default_factory=dict)
    _policies: dict[tuple[str, str, policies.Direction], tuple[Object, ...]] = field(default_factory=dict)

    def node(self, name: str) -> Object | None:
        """Return the node of that name."""
        return self.state.find(state.NODES, "", name)

    def endpoints(self, port: proxy.ServicePort) -> tuple[proxy.Endpoint, ...]:
        """Return all endpoints of a service port as they are now: the same for every proxy that is up to date."""
        found = self._endpoints.get(port)
        if found is None:
            view = self.state.service_view(port.namespace, port.name)
            found = self._endpoints[port] = proxy.endpoints_of(view, port)
        return found

    def proxy(self, node: str) -> NodeProxy:
        """Return the proxy of a node; its mode is empty when the node has none."""
        found = self._proxies.get(node)
        if found is None:
            found = self._proxies[node] = self._make_proxy(node)
        return found

    def _make_proxy(self, name: str) -> NodeProxy:
        node = self.node(name) or {}
        proxies = self.state.proxies
        kept = dict(proxies.kept(proxies.synced[name])) if name in proxies.synced else {}
        mode = objects.annotations_of(node).get(PROXY_ANNOTATION, "")
        return NodeProxy(
            world=self,
            name=name,
            labels=objects.labels_of(node),
            mode=mode if mode in dialects.DIALECTS else "iptables" if mode else "",
            addresses=tuple(state.node_addresses(node)),
            kept=kept,
        )

    def node_at(self, address: str) -> str:
        """Return the name of the node with the address, empty when there is none."""
        key = self.state.addresses.nodes.get(address)
        return key.name if key else ""

    def pods_at(self, address: str) -> list[Object]:
        """Return the pods that live at the address: finished ones have given it back."""
        found = (self.state.get(key) for key in self.state.addresses.pods.get(address))
        return [pod for pod in found if pod is not None and not is_finished(pod)]

    def pod(self, namespace: str, name: str) -> Object | None:
        """Return the pod of that name."""
        return self.state.find(state.PODS, namespace, name)

    def isolating(self, pod: Object, direction: policies.Direction) -> tuple[Object, ...]:
        """Return the NetworkPolicies that isolate a pod for a direction."""
        place = (objects.namespace_of(pod), objects.name_of(pod), direction)
        found = self._policies.get(place)
        if found is None:
            found = self._policies[place] = policies.isolating(self.state, pod, direction)
        return found

    def service(self, namespace: str, name: str) -> Object | None:
        """Return the Service of that name as it is now."""
        return self.state.find(state.SERVICES, namespace, name)

    def setting(self, name: str) -> str:
        """Return a value of the ConfigMap that describes the world around, empty when absent."""
        return surroundings.setting(self.state, name)

    def is_off(self, name: str) -> bool:
        """Say whether a setting switches something off."""
        return self.setting(name).lower() in surroundings.OFF

    @property
    def cluster_domain(self) -> str:
        """The zone of the cluster's DNS."""
        return surroundings.cluster_domain(self.state)

    def api_server_addresses(self) -> dict[str, int]:
        """Return the addresses behind default/kubernetes, with their ports."""
        found: dict[str, int] = {}
        for piece in self.state.slices_of("default", "kubernetes"):
            number = proxy.slice_port(piece, "https", Protocol.TCP)
            for endpoint in piece.get("endpoints") or ():
                if number is not None and not endpoint.get("targetRef"):
                    found[endpoint["addresses"][0]] = number
        return found


def is_finished(pod: Object) -> bool:
    """Say whether all containers of the pod are done: its phase is Succeeded or Failed."""
    return objects.status_of(pod).get("phase") in ("Succeeded", "Failed")


def is_ready(pod: Object) -> bool:
    """Say whether the pod's condition Ready is true."""
    return objects.condition_is_true(pod, "Ready")
