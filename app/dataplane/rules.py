"""The rule that decided, as the real tool prints it: `iptables-save`, or `nft list ruleset` for nftables nodes.

Mirrors pkg/proxy/iptables/proxier.go and pkg/proxy/nftables/proxier.go (release 1.36).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from app.dataplane import networks
from app.dataplane.proxy import Endpoint, ServicePort

MARK_MASQ = "KUBE-MARK-MASQ"
POSTROUTING = (
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully'
)
NFT_MASQUERADE = "meta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00004000 masquerade fully-random"
NFT_HAIRPIN = (
    "ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random"
)
NFT_OFF_CLUSTER = (
    f"ip daddr @cluster-ips ip saddr != {networks.PODS.text} meta mark set meta mark | 0x00004000 "
    'comment "masquerade clusterIP traffic from outside cluster"'
)
NFT_WRONG_PORT = 'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"'
NFT_UNALLOCATED = f'ip daddr {networks.SERVICES.text} drop comment "Drop traffic to unallocated ClusterIPs"'


def chain_hash(text: str) -> str:
    """Hash a chain's subject: base32 of SHA-256, 16 characters."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:16]


def chain(prefix: str, port: ServicePort, endpoint: Endpoint | None = None) -> str:
    """Name a chain: prefix SVC, SVL, EXT, FW, or SEP with an endpoint."""
    subject = port.text + port.protocol.lower() + (endpoint.text if endpoint else "")
    return f"KUBE-{prefix}-{chain_hash(subject)}"


def _to(port: ServicePort, address: str, comment: str, dport: int, target: str, before: str = "") -> str:
    proto = port.protocol.lower()
    return f'{before}-d {address}/32 -p {proto} -m comment --comment "{comment}" -m {proto} --dport {dport} -j {target}'


REJECT = "REJECT --reject-with icmp-port-unreachable"


def cluster_ip(port: ServicePort) -> str:
    """The rule that matches a packet to the ClusterIP."""
    target = chain("SVL" if port.internal_local else "SVC", port)
    return "-A KUBE-SERVICES " + _to(port, port.cluster_ip, f"{port.text} cluster IP", port.port, target)


def external_ip(port: ServicePort, address: str) -> str:
    """The rule that matches a packet to an external IP."""
    return "-A KUBE-SERVICES " + _to(port, address, f"{port.text} external IP", port.port, chain("EXT", port))


def load_balancer_ip(port: ServicePort, address: str) -> str:
    """The rule that matches a packet to a load balancer address."""
    target = chain("FW" if port.source_ranges else "EXT", port)
    return "-A KUBE-SERVICES " + _to(port, address, f"{port.text} loadbalancer IP", port.port, target)


def node_port(port: ServicePort) -> str:
    """The rule that matches a packet to the node port."""
    proto = port.protocol.lower()
    return (
        f'-A KUBE-NODEPORTS -p {proto} -m comment --comment "{port.text}" -m {proto} --dport {port.node_port} '
        f"-j {chain('EXT', port)}"
    )


def node_port_on_loopback(port: ServicePort) -> str:
    """The same for a node port asked for at 127.0.0.1, counted by the kernel (two blanks: the tool prints them)."""
    proto = port.protocol.lower()
    return (
        f'-A KUBE-NODEPORTS -d 127.0.0.0/8 -p {proto} -m comment --comment "{port.text}" -m {proto} '
        f"--dport {port.node_port} -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j {chain('EXT', port)}"
    )


def health_check(port: ServicePort) -> str:
    """The rule that lets questions to the health check node port in."""
    return (
        f'-A KUBE-NODEPORTS -p tcp -m comment --comment "{port.namespace}/{port.name} health check node port" '
        f"-m tcp --dport {port.health_check_node_port} -j ACCEPT"
    )


def firewall_allow(port: ServicePort, source: str) -> str:
    """The rule that lets a source range pass the load balancer's firewall."""
    comment = f"{port.text} loadbalancer IP"
    return f'-A {chain("FW", port)} -s {source} -m comment --comment "{comment}" -j {chain("EXT", port)}'


def firewall_rest(port: ServicePort) -> str:
    """The rule that only says what becomes of all others."""
    comment = f"other traffic to {port.text} will be dropped by KUBE-PROXY-FIREWALL"
    return f'-A {chain("FW", port)} -m comment --comment "{comment}"'


def firewall_drop(port: ServicePort, address: str) -> str:
    """The rule that drops what loadBalancerSourceRanges do not list."""
    comment = f"{port.text} traffic not accepted by {chain('FW', port)}"
    return "-A KUBE-PROXY-FIREWALL " + _to(port, address, comment, port.port, "DROP")


def no_endpoints(port: ServicePort, address: str, by: str, local: bool = False) -> str:
    """The filter rule that rejects (no endpoints) or drops (no local ones); `by` is how the packet came."""
    comment = f"{port.text} has no {'local ' if local else ''}endpoints"
    target = "DROP" if local else REJECT
    if by == "NodePort":
        proto = port.protocol.lower()
        return (
            f'-A KUBE-EXTERNAL-SERVICES -p {proto} -m comment --comment "{comment}" -m addrtype --dst-type LOCAL '
            f"-m {proto} --dport {port.node_port} -j {target}"
        )
    table = "KUBE-SERVICES" if by == "ClusterIP" else "KUBE-EXTERNAL-SERVICES"
    return f"-A {table} " + _to(port, address, comment, port.port, target)


def balance(port: ServicePort, endpoints: Sequence[Endpoint], picked: int, prefix: str) -> str:
    """The rule that picked this endpoint: probability 1/(n-i), the last one without condition."""
    endpoint = endpoints[picked]
    left = len(endpoints) - picked
    chance = f"-m statistic --mode random --probability {probability(left)} " if left > 1 else ""
    comment = f'-m comment --comment "{port.text} -> {endpoint.text}"'
    return f"-A {chain(prefix, port)} {comment} {chance}-j {chain('SEP', port, endpoint)}"


def probability(left: int) -> str:
    """Print 1/left as the kernel keeps it: the written ten digits, in steps of 2^-31."""
    written = float(f"{1 / left:.10f}")
    return f"{round(written * 0x80000000) / 0x80000000:.11f}"


def affinity(port: ServicePort, endpoint: Endpoint, prefix: str) -> str:
    """The rule that sends a known client to the endpoint it had before."""
    name = chain("SEP", port, endpoint)
    return (
        f'-A {chain(prefix, port)} -m comment --comment "{port.text} -> {endpoint.text}" -m recent --rcheck '
        f"--seconds {port.affinity_seconds} --reap --name {name} --mask 255.255.255.255 --rsource -j {name}"
    )


def dnat(port: ServicePort, endpoint: Endpoint) -> str:
    """The rule that rewrites the destination to the endpoint."""
    proto = port.protocol.lower()
    name = chain("SEP", port, endpoint)
    remember = f"-m recent --set --name {name} --mask 255.255.255.255 --rsource " if port.affinity_seconds else ""
    return (
        f'-A {name} -p {proto} -m comment --comment "{port.text}" {remember}-m {proto} '
        f"-j DNAT --to-destination {endpoint.text}"
    )


def hairpin(port: ServicePort, endpoint: Endpoint) -> str:
    """The rule that marks a packet from the endpoint to itself."""
    return f'-A {chain("SEP", port, endpoint)} -s {endpoint.ip}/32 -m comment --comment "{port.text}" -j {MARK_MASQ}'


def off_cluster(port: ServicePort) -> str:
    """The rule that marks a packet to the ClusterIP whose source is no pod."""
    name = chain("SVL" if port.internal_local else "SVC", port)
    inside = f"! -s {networks.PODS.text} "
    return f"-A {name} " + _to(port, port.cluster_ip, f"{port.text} cluster IP", port.port, MARK_MASQ, inside)


def external_masquerade(port: ServicePort) -> str:
    """The rule that marks every packet from outside when the policy is Cluster."""
    comment = f"masquerade traffic for {port.text} external destinations"
    return f'-A {chain("EXT", port)} -m comment --comment "{comment}" -j {MARK_MASQ}'


def local_masquerade(port: ServicePort) -> str:
    """The rule that marks a packet from the node itself when the policy is Local."""
    comment = f"masquerade LOCAL traffic for {port.text} external destinations"
    return f'-A {chain("EXT", port)} -m comment --comment "{comment}" -m addrtype --src-type LOCAL -j {MARK_MASQ}'


def pod_traffic(port: ServicePort) -> str:
    """The rule that spares pods the policy Local."""
    comment = f"pod traffic for {port.text} external destinations"
    return f'-A {chain("EXT", port)} -s {networks.PODS.text} -m comment --comment "{comment}" -j {chain("SVC", port)}'


def local_traffic(port: ServicePort) -> str:
    """The rule that spares the node itself the policy Local."""
    comment = f"route LOCAL traffic for {port.text} external destinations"
    return (
        f'-A {chain("EXT", port)} -m comment --comment "{comment}" -m addrtype --src-type LOCAL -j {chain("SVC", port)}'
    )


def to_policy_chain(port: ServicePort) -> str:
    """The rule that sends the rest of what comes from outside to the endpoints its policy allows."""
    return f"-A {chain('EXT', port)} -j {chain('SVL' if port.external_local else 'SVC', port)}"


# --- nftables ----------------------------------------------------------------------------------


def nft_base(port: ServicePort) -> str:
    """Name the common part of a service port's nftables chains: hash, then what was hashed."""
    subject = f"{port.namespace}/{port.name}/{port.protocol.lower()}/{port.port_name}"
    return f"{chain_hash(subject)[:8]}-{subject}"


def nft_match(port: ServicePort, address: str, by: str) -> str:
    """The map element that matches a packet to a Service."""
    proto = port.protocol.lower()
    if by == "NodePort":
        return f"elements = {{ {proto} . {port.node_port} : goto external-{nft_base(port)} }}"
    own = "local" if port.internal_local else "service"
    prefix = own if by == "ClusterIP" else "external"
    return f"elements = {{ {address} . {proto} . {port.port} : goto {prefix}-{nft_base(port)} }}"


def nft_no_endpoints(port: ServicePort, address: str, by: str, local: bool = False) -> str:
    """The map element that rejects or drops a packet to a Service without endpoints."""
    proto = port.protocol.lower()
    verdict = "drop" if local else "goto reject-chain"
    target = f"{proto} . {port.node_port}" if by == "NodePort" else f"{address} . {proto} . {port.port}"
    return f'elements = {{ {target} comment "{port.text}" : {verdict} }}'


def nft_source_refused(port: ServicePort) -> str:
    """The rule of a firewall chain that drops every source but those of loadBalancerSourceRanges."""
    return f"ip saddr != {{ {', '.join(port.source_ranges)} }} drop"


def nft_endpoint(port: ServicePort, endpoint: Endpoint) -> str:
    """Name the common part of one endpoint's nftables chain and affinity set."""
    subject = f"{port.namespace}/{port.name}/{port.protocol.lower()}/{port.port_name}__{endpoint.ip}/{endpoint.port}"
    return f"{chain_hash(subject)[:8]}-{subject}"


def nft_balance(port: ServicePort, endpoints: Sequence[Endpoint]) -> str:
    """The rule that picks an endpoint; without affinity it rewrites the destination in one go."""
    if not port.affinity_seconds:
        return nft_dnat(port, endpoints)
    targets = ", ".join(f"{n} : goto endpoint-{nft_endpoint(port, e)}" for n, e in enumerate(endpoints))
    return f"numgen random mod {len(endpoints)} vmap {{ {targets} }}"


def nft_affinity(port: ServicePort, endpoint: Endpoint) -> str:
    """The rule that sends a known client to the endpoint it had before."""
    name = nft_endpoint(port, endpoint)
    return f"ip saddr @affinity-{name} goto endpoint-{name}"


def nft_rewrite(port: ServicePort, endpoints: Sequence[Endpoint], picked: int) -> str:
    """The rule that rewrites the destination."""
    if not port.affinity_seconds:
        return nft_dnat(port, endpoints)
    return f"meta l4proto {port.protocol.lower()} dnat to {endpoints[picked].text}"


def nft_dnat(port: ServicePort, endpoints: Sequence[Endpoint]) -> str:
    """The rule that picks an endpoint and rewrites the destination in one go."""
    targets = ", ".join(f"{number} : {e.ip} . {e.port}" for number, e in enumerate(endpoints))
    proto = port.protocol.lower()
    return f"meta l4proto {proto} dnat ip to numgen random mod {len(endpoints)} map {{ {targets} }}"
