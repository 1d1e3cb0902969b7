"""All rules of a node whose kube-proxy is in nftables mode, as `nft list table ip kube-proxy` prints them.

Mirrors syncProxyRules of pkg/proxy/nftables/proxier.go (release 1.36).

DIFFERS: the order of elements and chains is by name; the real tool prints them as the kernel's hash holds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.dataplane import networks, rules
from app.dataplane.proxy import Categorized, Endpoint, ServicePort
from app.dataplane.world import NodeProxy

_TRIPLE = "ipv4_addr . inet_proto . inet_service"
_SETS = (
    (
        "set",
        "hairpin-connections",
        "ipv4_addr . ipv4_addr . inet_proto . inet_service",
        "service hairpin connections",
    ),
    ("set", "cluster-ips", "ipv4_addr", "Active ClusterIPs"),
    ("set", "nodeport-ips", "ipv4_addr", "IPs that accept NodePort traffic"),
    (
        "map",
        "no-endpoint-services",
        f"{_TRIPLE} : verdict",
        "vmap to drop or reject packets to services with no endpoints",
    ),
    (
        "map",
        "no-endpoint-nodeports",
        "inet_proto . inet_service : verdict",
        "vmap to drop or reject packets to service nodeports with no endpoints",
    ),
    ("map", "firewall-ips", f"{_TRIPLE} : verdict", "destinations that are subject to LoadBalancerSourceRanges"),
    ("map", "service-ips", f"{_TRIPLE} : verdict", "ClusterIP, ExternalIP and LoadBalancer IP traffic"),
    ("map", "service-nodeports", "inet_proto . inet_service : verdict", "NodePort traffic"),
)
_BASE = (
    (
        "filter-prerouting-pre-dnat",
        "filter hook prerouting priority dstnat - 10",
        ("ct state new jump firewall-check",),
    ),
    ("filter-output-pre-dnat", "filter hook output priority -110", ("ct state new jump firewall-check",)),
    (
        "filter-input",
        "filter hook input priority filter",
        ("ct state new jump nodeport-endpoints-check", "ct state new jump service-endpoints-check"),
    ),
    (
        "filter-forward",
        "filter hook forward priority filter",
        ("ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"),
    ),
    (
        "filter-output",
        "filter hook output priority filter",
        ("ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"),
    ),
    ("nat-prerouting", "nat hook prerouting priority dstnat", ("jump services",)),
    ("nat-output", "nat hook output priority -100", ("jump services",)),
    ("nat-postrouting", "nat hook postrouting priority srcnat", ("jump masquerading",)),
)
_FIXED: tuple[tuple[str, Sequence[str]], ...] = (
    (
        "nodeport-endpoints-check",
        ("ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports",),
    ),
    ("service-endpoints-check", ("ip daddr . meta l4proto . th dport vmap @no-endpoint-services",)),
    ("firewall-check", ("ip daddr . meta l4proto . th dport vmap @firewall-ips",)),
    (
        "services",
        (
            rules.NFT_OFF_CLUSTER,
            "ip daddr . meta l4proto . th dport vmap @service-ips",
            "ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
        ),
    ),
    ("masquerading", (rules.NFT_MASQUERADE, rules.NFT_HAIRPIN)),
    ("cluster-ips-check", (rules.NFT_WRONG_PORT, rules.NFT_UNALLOCATED)),
    ("reject-chain", ('comment "helper for @no-endpoint-services / @no-endpoint-nodeports"', "reject")),
)
_MARK = "meta mark set meta mark | 0x00004000"


@dataclass(slots=True)
class Listing:
    """What a table holds besides its fixed chains: elements by set or map, chains, and the sets of session affinity."""

    elements: dict[str, dict[str, None]] = field(default_factory=dict)
    chains: dict[str, list[str]] = field(default_factory=dict)
    affinities: dict[str, int] = field(default_factory=dict)

    def put(self, name: str, element: str) -> None:
        """Add an element to a set or map, once."""
        self.elements.setdefault(name, {})[element] = None


def listing(own: NodeProxy) -> str:
    """Write the table of a node."""
    found = table(own)
    lines = ["table ip kube-proxy {", '\tcomment "rules for kube-proxy"']
    for sort, name, kind, comment in _SETS:
        lines += [f"\t{sort} {name} {{", f"\t\ttype {kind}", f'\t\tcomment "{comment}"']
        lines += _elements(found.elements.get(name, {}))
        lines += ["\t}", ""]
    for name, seconds in sorted(found.affinities.items()):
        lines += [f"\tset {name} {{", "\t\ttype ipv4_addr", "\t\tsize 65535", "\t\tflags dynamic,timeout"]
        lines += [f"\t\ttimeout {_duration(seconds)}", "\t}", ""]
    for name, hook, jumps in _BASE:
        lines += _chain(name, (f"type {hook}; policy accept;", *jumps))
    for name, content in (*_FIXED, *sorted(found.chains.items())):
        lines += _chain(name, content)
    return "\n".join([*lines[:-1], "}"]) + "\n"


def _elements(found: Iterable[str]) -> list[str]:
    text = ",\n\t\t\t     ".join(found)
    return [f"\t\telements = {{ {text} }}"] if text else []


def _chain(name: str, content: Iterable[str]) -> list[str]:
    return [f"\tchain {name} {{", *(f"\t\t{line}" for line in content), "\t}", ""]


def _duration(seconds: int) -> str:
    """Write a timeout as nft does: 3h, 1m30s."""
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def table(own: NodeProxy) -> Listing:
    """Return what the node's Services put into the table."""
    found = Listing()
    if own.address:
        found.put("nodeport-ips", own.address)
    for namespace, name in own.services():
        for port in own.ports(namespace, name):
            _Port(own, port, own.endpoints(port)[1], found).write()
    return found


@dataclass(frozen=True, slots=True)
class _Port:
    """One service port on its way into the table."""

    own: NodeProxy
    port: ServicePort
    usable: Categorized
    into: Listing

    @property
    def base(self) -> str:
        return rules.nft_base(self.port)

    @property
    def proto(self) -> str:
        return self.port.protocol.lower()

    def write(self) -> None:
        port = self.port
        in_cluster = self.usable.cluster if port.uses_cluster_endpoints else ()
        in_local = self.usable.local if port.uses_local_endpoints else ()
        self.into.put("cluster-ips", port.cluster_ip)
        inside = in_local if port.internal_local else in_cluster
        if inside:
            self._to("service-ips", rules.nft_match(port, port.cluster_ip, "ClusterIP"))
        else:
            self._refuse("no-endpoint-services", port.cluster_ip, "ClusterIP")
        if port.externally_accessible:
            self._from_outside(in_local if port.external_local else in_cluster)
        if in_cluster:
            self._balance("service", in_cluster)
        if in_local:
            self._balance("local", in_local)
        every = sorted({*in_cluster, *in_local}, key=lambda one: one.text)
        for endpoint in every:
            if endpoint.node == self.own.name:
                self.into.put("hairpin-connections", f"{endpoint.ip} . {endpoint.ip} . {self.proto} . {endpoint.port}")
        if port.affinity_seconds:
            self._remember(every)

    def _to(self, name: str, rule: str) -> None:
        self.into.put(name, rule.removeprefix("elements = { ").removesuffix(" }"))

    def _refuse(self, name: str, address: str, by: str) -> None:
        self._to(name, rules.nft_no_endpoints(self.port, address, by, self.usable.has_endpoints))

    def _from_outside(self, outside: Sequence[Endpoint]) -> None:
        port = self.port
        addresses = [(one, "ExternalIP") for one in port.external_ips]
        addresses += [(one, "LoadBalancerIP") for one in port.load_balancer_ips]
        if self.usable.has_endpoints:
            for address, by in addresses:
                self._to("service-ips", rules.nft_match(port, address, by))
            if port.node_port:
                self._to("service-nodeports", rules.nft_match(port, "", "NodePort"))
            self.into.chains[f"external-{self.base}"] = self._external(outside)
        if not outside:
            for address, by in addresses:
                self._refuse("no-endpoint-services", address, by)
            if port.node_port:
                self._refuse("no-endpoint-nodeports", "", "NodePort")
        if port.source_ranges and port.load_balancer_ips:
            for address in port.load_balancer_ips:
                target = f"{address} . {self.proto} . {port.port}"
                self.into.put("firewall-ips", f'{target} comment "{port.text}" : goto firewall-{self.base}')
            self.into.chains[f"firewall-{self.base}"] = [rules.nft_source_refused(port)]

    def _external(self, outside: Sequence[Endpoint]) -> list[str]:
        base = self.base
        if self.port.external_local:
            found = [
                f'ip saddr {networks.PODS.text} goto service-{base} comment "short-circuit pod traffic"',
                f'fib saddr type local {_MARK} comment "masquerade local traffic"',
                f'fib saddr type local goto service-{base} comment "short-circuit local traffic"',
            ]
        else:
            found = [f'{_MARK} comment "masquerade"']
        if outside:
            found.append(f"goto {'local' if self.port.external_local else 'service'}-{base}")
        return found

    def _balance(self, prefix: str, endpoints: Sequence[Endpoint]) -> None:
        found = []
        if self.port.affinity_seconds:
            found += [rules.nft_affinity(self.port, endpoint) for endpoint in endpoints]
        self.into.chains[f"{prefix}-{self.base}"] = [*found, rules.nft_balance(self.port, endpoints)]

    def _remember(self, endpoints: Sequence[Endpoint]) -> None:
        for number, endpoint in enumerate(endpoints):
            name = rules.nft_endpoint(self.port, endpoint)
            self.into.affinities[f"affinity-{name}"] = self.port.affinity_seconds
            self.into.chains[f"endpoint-{name}"] = [
                f"update @affinity-{name} {{ ip saddr }}",
                rules.nft_rewrite(self.port, endpoints, number),
            ]
