"""All virtual servers of a node whose kube-proxy is in ipvs mode, as `ipvsadm -Ln` prints them.

DIFFERS: written by rule (pkg/proxy/ipvs, release 1.36), never compared with a recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.dataplane import dialects
from app.dataplane.proxy import Endpoint, ServicePort
from app.dataplane.world import NodeProxy

_HEAD = (
    "IP Virtual Server version 1.2.1 (size=4096)",
    "Prot LocalAddress:Port Scheduler Flags",
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
)


def listing(own: NodeProxy) -> str:
    """Write the virtual servers of a node with their destinations."""
    lines = list(_HEAD)
    for namespace, name in own.services():
        for port in own.ports(namespace, name):
            usable = own.endpoints(port)[1]
            for address, by, endpoints in _servers(own, port, usable.cluster, usable.local):
                lines.append(dialects.IPVS.matched(port, address, by))
                lines += [f"  -> {one.text:<28} Masq    1      0          0" for one in endpoints]
    return "\n".join(lines) + "\n"


def _servers(
    own: NodeProxy, port: ServicePort, cluster: Sequence[Endpoint], local: Sequence[Endpoint]
) -> Iterator[tuple[str, str, Sequence[Endpoint]]]:
    """Yield each address with what it is and its endpoints; policy Local falls back to all of them."""
    yield port.cluster_ip, "ClusterIP", (local or cluster) if port.internal_local else cluster
    outside = (local or cluster) if port.external_local else cluster
    for address in port.external_ips:
        yield address, "ExternalIP", outside
    for address in port.load_balancer_ips:
        yield address, "LoadBalancerIP", outside
    if port.node_port:
        for address in own.addresses:
            yield address, "NodePort", outside
