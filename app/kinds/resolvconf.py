"""What a pod's containers are called and whom they ask for names: hostname, domain, /etc/resolv.conf.

Mirrors pkg/kubelet/network/dns/dns.go and pkg/kubelet/kubelet_pods.go (release 1.36).
"""

from __future__ import annotations

from dataclasses import dataclass

from app.machinery import objects
from app.machinery.objects import Object

NDOTS = "5"
MOST_NAMESERVERS = 3
MOST_SEARCHES = 32
MOST_SEARCH_LETTERS = 2048
MOST_HOSTNAME_LETTERS = 63


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """The file's lines, and what the kubelet says when some did not fit."""

    nameservers: tuple[str, ...]
    searches: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    exceeded: tuple[str, ...] = ()


def asks_cluster(pod: Object) -> bool:
    """Say whether the policy leads to cluster DNS: ClusterFirst does not on the host's network."""
    spec = objects.spec_of(pod)
    policy = spec.get("dnsPolicy") or "ClusterFirst"
    return policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not spec.get("hostNetwork"))


def resolv_conf(pod: Object, cluster_dns: str, zone: str) -> ResolvConf:
    """Merge what the policy gives with dnsConfig: servers and domains appended once, options by name, limits applied."""
    own = objects.spec_of(pod).get("dnsConfig") or {}
    servers: list[str] = []
    searches: list[str] = []
    options: dict[str, str] = {}
    if asks_cluster(pod):
        servers = [cluster_dns] if cluster_dns else []
        searches = [f"{objects.namespace_of(pod)}.svc.{zone}", f"svc.{zone}", zone]
        options["ndots"] = NDOTS
    servers = list(dict.fromkeys([*servers, *(own.get("nameservers") or ())]))
    searches = list(dict.fromkeys([*searches, *(name.rstrip(".") for name in own.get("searches") or ())]))
    searches = [name for name in searches if name]
    options.update({option["name"]: option.get("value") or "" for option in own.get("options") or ()})
    kept, said = _fitting(searches)
    if len(servers) > MOST_NAMESERVERS:
        line = " ".join(servers[:MOST_NAMESERVERS])
        told = "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: "
        said = (*said, told + line)
    return ResolvConf(tuple(servers[:MOST_NAMESERVERS]), kept, tuple(options.items()), said)


def _fitting(searches: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kept = searches[:MOST_SEARCHES]
    while len(" ".join(kept)) > MOST_SEARCH_LETTERS:
        kept.pop()
    if len(kept) == len(searches):
        return tuple(kept), ()
    told = "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: "
    return tuple(kept), (told + " ".join(kept),)


def short_hostname(pod: Object) -> str:
    """Return the first label of what the pod is called, cut to what a label may be (truncatePodHostnameIfNeeded)."""
    spec = objects.spec_of(pod)
    name = str(spec.get("hostname") or objects.name_of(pod))
    return name[:MOST_HOSTNAME_LETTERS].rstrip("-.")


def domain(pod: Object, zone: str) -> str:
    """Return the domain of the pod's own name, empty without a subdomain."""
    subdomain = objects.spec_of(pod).get("subdomain")
    return f"{subdomain}.{objects.namespace_of(pod)}.svc.{zone}" if subdomain else ""


def hostname(pod: Object, zone: str) -> str:
    """Return what the kernel says the container is called: on the host's network the node's name, and the whole name with
    setHostnameAsFQDN."""
    spec = objects.spec_of(pod)
    if spec.get("hostNetwork") and spec.get("nodeName"):
        return str(spec["nodeName"])
    short, rest = short_hostname(pod), domain(pod, zone)
    return f"{short}.{rest}" if rest and spec.get("setHostnameAsFQDN") else short
