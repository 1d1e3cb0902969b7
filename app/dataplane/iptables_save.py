"""All rules of a node whose kube-proxy is in iptables mode, as `iptables-save` prints them.

Mirrors syncProxyRules of pkg/proxy/iptables/proxier.go (release 1.36): which chains and rules there are, in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.dataplane import networks, rules
from app.dataplane.proxy import Categorized, Endpoint, ServicePort
from app.dataplane.world import NodeProxy

_NAT_ENTRIES = (
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
)
_NEW = "-m conntrack --ctstate NEW -m comment --comment"
_FILTER_ENTRIES = (
    "-A INPUT -j KUBE-FIREWALL",
    f'-A INPUT {_NEW} "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
    f'-A INPUT {_NEW} "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    f'-A FORWARD {_NEW} "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    f'-A FORWARD {_NEW} "kubernetes service portals" -j KUBE-SERVICES',
    f'-A FORWARD {_NEW} "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    "-A OUTPUT -j KUBE-FIREWALL",
    f'-A OUTPUT {_NEW} "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    f'-A OUTPUT {_NEW} "kubernetes service portals" -j KUBE-SERVICES',
)
_MARKS = (
    "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
    "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
    rules.POSTROUTING,
)
_MARK_MASQ = f"-A {rules.MARK_MASQ} -j MARK --set-xmark 0x4000/0x4000"
_LAST = (
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" '
    "-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS"
)
_LOCALNET = (
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" '
    "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"
)
_FORWARD = (
    # Two blanks: the tool prints them.
    "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP",
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" '
    "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
)
_NAT_CHAINS = ("KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-PROXY-CANARY", "KUBE-SERVICES")
_FILTER_CHAINS = (
    "KUBE-EXTERNAL-SERVICES",
    "KUBE-FIREWALL",
    "KUBE-FORWARD",
    "KUBE-NODEPORTS",
    "KUBE-PROXY-CANARY",
    "KUBE-PROXY-FIREWALL",
    "KUBE-SERVICES",
)


@dataclass(slots=True)
class Table:
    """One table: its chains in the order they are printed, and each chain's rules in theirs."""

    chains: dict[str, list[str]] = field(default_factory=dict)

    def add(self, *found: str) -> None:
        """Append rules to the chains they name; an empty one is none."""
        for rule in found:
            if rule:
                self.chains.setdefault(rule.split(" ", 2)[1], []).append(rule)

    def lines(self, built_in: Sequence[str], entries: Sequence[str]) -> list[str]:
        """Write the table as `iptables-save` does."""
        heads = [f":{name} ACCEPT [0:0]" for name in built_in]
        names = sorted(self.chains)
        return [
            *heads,
            *(f":{name} - [0:0]" for name in names),
            *entries,
            *(rule for name in names for rule in self.chains[name]),
            "COMMIT",
        ]


def save(own: NodeProxy) -> str:
    """Write both tables of a node."""
    nat, filters = tables(own)
    nat_lines = nat.lines(("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), _NAT_ENTRIES)
    filter_lines = filters.lines(("INPUT", "FORWARD", "OUTPUT"), _FILTER_ENTRIES)
    return "\n".join(["*nat", *nat_lines, "*filter", *filter_lines]) + "\n"


def tables(own: NodeProxy) -> tuple[Table, Table]:
    """Return the nat and the filter table of a node, without the entries from the built-in chains."""
    nat = Table({name: [] for name in _NAT_CHAINS})
    filters = Table({name: [] for name in _FILTER_CHAINS})
    nat.add(*_MARKS, _MARK_MASQ)
    filters.add(_LOCALNET, *_FORWARD)
    for namespace, name in own.services():
        for port in own.ports(namespace, name):
            _Port(own, port, own.endpoints(port)[1], nat, filters).write()
    nat.add(_LAST)
    return nat, filters


@dataclass(frozen=True, slots=True)
class _Port:
    """One service port on its way into the tables."""

    own: NodeProxy
    port: ServicePort
    usable: Categorized
    nat: Table
    filters: Table

    @property
    def in_cluster(self) -> tuple[Endpoint, ...]:
        return self.usable.cluster if self.port.uses_cluster_endpoints else ()

    @property
    def in_local(self) -> tuple[Endpoint, ...]:
        return self.usable.local if self.port.uses_local_endpoints else ()

    def write(self) -> None:
        port = self.port
        inside = self.in_local if port.internal_local else self.in_cluster
        if inside:
            self.nat.add(rules.cluster_ip(port), rules.off_cluster(port))
        else:
            self._refuse(port.cluster_ip, "ClusterIP")
        if port.externally_accessible:
            self._from_outside()
        if port.health_check_node_port and not any(
            f"--dport {port.health_check_node_port} " in rule for rule in self.filters.chains["KUBE-NODEPORTS"]
        ):
            self.filters.add(rules.health_check(port))
        if self.in_cluster:
            self._balance(self.in_cluster, "SVC")
        if self.in_local:
            self._balance(self.in_local, "SVL")
        for endpoint in sorted({*self.in_cluster, *self.in_local}, key=lambda one: one.text):
            self.nat.add(rules.hairpin(port, endpoint), rules.dnat(port, endpoint))

    def _refuse(self, address: str, by: str) -> None:
        self.filters.add(rules.no_endpoints(self.port, address, by, self.usable.has_endpoints))

    def _from_outside(self) -> None:
        port = self.port
        outside = self.in_local if port.external_local else self.in_cluster
        if self.usable.has_endpoints:
            self.nat.add(*(rules.external_ip(port, address) for address in port.external_ips))
            for address in port.load_balancer_ips:
                self.nat.add(rules.load_balancer_ip(port, address))
                if port.source_ranges:
                    self.filters.add(rules.firewall_drop(port, address))
            if port.node_port:
                self.nat.add(rules.node_port_on_loopback(port), rules.node_port(port))
            self._to_outside_chain(outside)
        if not outside:
            for address in port.external_ips:
                self._refuse(address, "ExternalIP")
            for address in port.load_balancer_ips:
                self._refuse(address, "LoadBalancerIP")
            if port.node_port:
                self._refuse("", "NodePort")

    def _to_outside_chain(self, outside: Sequence[Endpoint]) -> None:
        port = self.port
        if port.external_local:
            self.nat.add(rules.pod_traffic(port), rules.local_masquerade(port), rules.local_traffic(port))
        else:
            self.nat.add(rules.external_masquerade(port))
        if outside:
            self.nat.add(rules.to_policy_chain(port))
        if port.load_balancer_ips and port.source_ranges:
            from_node = any(
                (found := networks.parse(text)) is not None and found.holds(self.own.address)
                for text in port.source_ranges
            )
            own = [f"{address}/32" for address in port.load_balancer_ips] if from_node else []
            self.nat.add(*(rules.firewall_allow(port, text) for text in (*port.source_ranges, *own)))
            self.nat.add(rules.firewall_rest(port))

    def _balance(self, endpoints: Sequence[Endpoint], prefix: str) -> None:
        if self.port.affinity_seconds:
            self.nat.add(*(rules.affinity(self.port, endpoint, prefix) for endpoint in endpoints))
        self.nat.add(*(rules.balance(self.port, endpoints, number, prefix) for number in range(len(endpoints))))
