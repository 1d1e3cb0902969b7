"""How each mode of kube-proxy writes the rule behind a decision: iptables-save, nft list ruleset, ipvsadm -Ln.

DIFFERS: ipvs could not be recorded from a real node; its rules and outcomes follow pkg/proxy/ipvs and ipvsadm's manual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.dataplane import rules
from app.dataplane.proxy import Endpoint, ServicePort


@dataclass(frozen=True, slots=True)
class Dialect:
    """One mode's way to write rules; an empty text where it has no rule of its own."""

    matched: Callable[[ServicePort, str, str], str]
    """(port, address, by what it was matched)"""
    balanced: Callable[[ServicePort, Sequence[Endpoint], int, str], str]
    """(port, usable endpoints, picked, chain prefix)"""
    pinned: Callable[[ServicePort, Endpoint, str], str]
    rewritten: Callable[[ServicePort, Sequence[Endpoint], int], str]
    filtered: Callable[[ServicePort, str, str, bool], str]
    """(port, address, by, because none is local)"""
    off_cluster: Callable[[ServicePort], str]
    external: Callable[[ServicePort], str]
    local: Callable[[ServicePort], str]
    hairpin: Callable[[ServicePort, Endpoint], str]
    source_refused: Callable[[ServicePort, str], str]
    wrong_port: str = ""
    unallocated: str = ""
    refuses_wrong_port: bool = False
    """Whether a packet to a port that the ClusterIP lacks is answered; otherwise nobody does."""
    falls_back: bool = False
    """Whether policy Local without a local endpoint uses all endpoints instead of dropping."""
    in_turn: bool = False
    """Whether endpoints are taken in turn instead of at random."""
    checks_source_first: bool = True
    """Whether the firewall of source ranges stands even where there is no endpoint."""


def _iptables_matched(port: ServicePort, address: str, by: str) -> str:
    match by:
        case "ClusterIP":
            return rules.cluster_ip(port)
        case "NodePort":
            return rules.node_port(port)
        case "LoadBalancerIP":
            return rules.load_balancer_ip(port, address)
        case _:
            return rules.external_ip(port, address)


IPTABLES = Dialect(
    matched=_iptables_matched,
    balanced=rules.balance,
    pinned=rules.affinity,
    rewritten=lambda port, usable, picked: rules.dnat(port, usable[picked]),
    filtered=rules.no_endpoints,
    off_cluster=rules.off_cluster,
    external=rules.external_masquerade,
    local=rules.local_masquerade,
    hairpin=rules.hairpin,
    source_refused=rules.firewall_drop,
    checks_source_first=False,
)
NFTABLES = Dialect(
    matched=rules.nft_match,
    balanced=lambda port, usable, picked, prefix: rules.nft_balance(port, usable),
    pinned=lambda port, endpoint, prefix: rules.nft_affinity(port, endpoint),
    rewritten=rules.nft_rewrite,
    filtered=rules.nft_no_endpoints,
    off_cluster=lambda port: rules.NFT_OFF_CLUSTER,
    external=lambda port: rules.NFT_MASQUERADE,
    local=lambda port: rules.NFT_MASQUERADE,
    hairpin=lambda port, endpoint: rules.NFT_HAIRPIN,
    source_refused=lambda port, address: rules.nft_source_refused(port),
    wrong_port=rules.NFT_WRONG_PORT,
    unallocated=rules.NFT_UNALLOCATED,
    refuses_wrong_port=True,
)


# --- ipvs --------------------------------------------------------------------------------------


def _server(port: ServicePort, address: str, by: str) -> str:
    number = port.node_port if by == "NodePort" else port.port
    kept = f" persistent {port.affinity_seconds}" if port.affinity_seconds else ""
    return f"{port.protocol.value}  {address}:{number} rr{kept}"


def _destination(endpoint: Endpoint) -> str:
    return f"  -> {endpoint.text:<28} Masq    1"


IPVS = Dialect(
    matched=_server,
    balanced=lambda port, usable, picked, prefix: _destination(usable[picked]),
    pinned=lambda port, endpoint, prefix: _destination(endpoint),
    rewritten=lambda port, usable, picked: _destination(usable[picked]),
    filtered=lambda port, address, by, local: _server(port, address, by),
    off_cluster=lambda port: (
        "-A KUBE-SERVICES ! -s 10.244.0.0/16 -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ"
    ),
    external=lambda port: "-A KUBE-NODE-PORT -p tcp -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ",
    local=lambda port: "-A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER-LOCAL dst,dst -j KUBE-MARK-MASQ",
    hairpin=lambda port, endpoint: "-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE",
    source_refused=lambda port, address: (
        "-A KUBE-LOAD-BALANCER -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-FIREWALL"
    ),
    wrong_port="-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT",
    refuses_wrong_port=True,
    falls_back=True,
    in_turn=True,
)

DIALECTS: Mapping[str, Dialect] = {"iptables": IPTABLES, "nftables": NFTABLES, "ipvs": IPVS}
"""By the mode that a node's annotation names; an unknown mode is iptables, kube-proxy's default."""
