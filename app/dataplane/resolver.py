"""The resolver inside a client: its resolv.conf, and the names it tries one after the other.

Mirrors pkg/kubelet/network/dns/dns.go (release 1.36) and glibc's search list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import state
from app.dataplane import dns
from app.dataplane.flow import Client
from app.dataplane.world import World
from app.kinds import resolvconf
from app.machinery import objects
from app.machinery.objects import Object

NDOTS = 5


@dataclass(frozen=True, slots=True)
class Config:
    """A resolv.conf: whether its nameserver is cluster DNS, the search list, ndots, and who decided so."""

    nameserver: str
    asks_cluster: bool
    search: tuple[str, ...] = ()
    ndots: int = 1
    code: str = ""
    words: Mapping[str, Any] | None = None
    nameservers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The text of the resolv.conf."""
        lines = [f"search {' '.join(self.search)}"] if self.search else []
        lines += [f"nameserver {server}" for server in self.nameservers]
        lines += [f"options {' '.join(self.options)}"] if self.options else []
        return "".join(f"{line}\n" for line in lines)

    @property
    def sentence(self) -> str:
        """The part of a sentence that says whom it asks and how."""
        whom = f"nameserver {self.nameserver}" if self.nameserver else "the resolver of its network"
        return f"{whom}, search {' '.join(self.search)}, ndots {self.ndots}" if self.search else whom


def config_of(world: World, client: Client) -> Config:
    """Return the resolv.conf of a client."""
    if client.kind != "pod":
        code = "NodeDoesNotAskClusterDNS" if client.kind == "node" else "ClusterNameAskedOutside"
        return Config("", False, code=code, words={"node": client.name, "client": client.words})
    pod = world.pod(client.namespace, client.name)
    assert pod is not None
    return pod_config(world, pod)


def pod_config(world: World, pod: Object) -> Config:
    """Return a pod's resolv.conf by its dnsPolicy and dnsConfig."""
    spec = objects.spec_of(pod)
    policy = spec.get("dnsPolicy") or "ClusterFirst"
    on_host = bool(spec.get("hostNetwork")) and policy == "ClusterFirst"
    service = world.service("kube-system", "kube-dns")
    cluster_dns = next(iter(state.cluster_ips(service)), "") if service else ""
    file = resolvconf.resolv_conf(pod, cluster_dns, world.cluster_domain)
    servers = file.nameservers
    options = dict(file.options)
    asks_cluster = resolvconf.asks_cluster(pod) or bool(cluster_dns and cluster_dns in servers[:1])
    ndots = options.get("ndots", "1")
    words = {
        "client": objects.name_of(pod),
        "dns_policy": policy,
        "host_network": " with hostNetwork" if on_host else "",
    }
    return Config(
        nameserver=servers[0] if servers else "",
        asks_cluster=asks_cluster,
        search=file.searches,
        ndots=int(ndots) if ndots.isdecimal() else NDOTS,
        code="PodDoesNotAskClusterDNS",
        words=words,
        nameservers=servers,
        options=tuple(f"{name}:{value}" if value else name for name, value in options.items()),
    )


def candidates(name: str, config: Config) -> tuple[str, ...]:
    """Return the names a resolver tries, in order: enough dots or a final dot come before the search list."""
    if name.endswith("."):
        return (dns.normal(name),)
    bare = dns.normal(name)
    searched = [f"{bare}.{domain}" for domain in config.search]
    return (bare, *searched) if bare.count(".") >= config.ndots else (*searched, bare)


def hosts_file(world: World, client: Client, name: str) -> str:
    """Return the address that the client's own /etc/hosts has for a name, empty when none."""
    name = dns.normal(name)
    if name == "localhost":
        return "127.0.0.1"
    if client.kind == "node":
        return client.address if name == client.name else ""
    pod = world.pod(client.namespace, client.name) if client.kind == "pod" else None
    if pod is None:
        return ""
    spec = objects.spec_of(pod)
    short, domain = resolvconf.short_hostname(pod), resolvconf.domain(pod, world.cluster_domain)
    names = {short.lower(), f"{short}.{domain}".lower()} if not spec.get("hostNetwork") else {str(spec.get("nodeName"))}
    if name in names:
        return client.address
    for alias in spec.get("hostAliases") or ():
        if name in (alias.get("hostnames") or ()):
            return str(alias["ip"])
    return ""


def is_cluster_name(world: World, name: str) -> bool:
    """Say whether a name would mean something inside the cluster: in its zone, or a Service's short name."""
    bare = dns.normal(name)
    zone = world.cluster_domain
    if bare == zone or bare.endswith(f".{zone}"):
        return True
    service, _, rest = bare.partition(".")
    namespace = rest.removesuffix(".svc")
    return any(key.name == service and namespace in ("", key.namespace) for key in world.state.keys(state.SERVICES))
