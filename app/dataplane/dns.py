"""Cluster DNS: what is answered to one question, from Services and EndpointSlices.

Mirrors CoreDNS plugin/kubernetes and kubernetes/dns docs/specification.md 1.1.0.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from app.cluster import state
from app.dataplane import phrases
from app.dataplane.world import World
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef

TTL = 30
"""Of kubeadm's Corefile; the cache plugin is off for the cluster's own zone, so changes show at once."""
VERSION_TTL = 28800
NOERROR = "NOERROR"
NXDOMAIN = "NXDOMAIN"
TYPES = ("A", "AAAA", "SRV", "PTR", "CNAME", "TXT", "NS", "SOA", "MX")
REVERSE = ".in-addr.arpa"
_REVERSE_6 = ".ip6.arpa"
_NIBBLES = 32
_KNOWN_OUTSIDE = frozenset({"com", "org", "net", "edu", "gov", "io", "example"})


class Record(msgspec.Struct, frozen=True, gc=False):
    """One resource record; `value` is its content as dig prints it."""

    name: str
    type: str
    ttl: int
    value: str


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What came back for one question: the rcode, the records, and for a failure its reason with its words.

    `exact` says that the name asks for a Service itself, not for something below it.
    `headless` is the Service whose endpoints the addresses are.
    """

    rcode: str
    records: tuple[Record, ...] = ()
    code: str = ""
    words: Mapping[str, Any] = {}
    because: tuple[ObjectRef, ...] = ()
    exact: bool = False
    headless: tuple[str, str] = ("", "")


def answer(world: World, question: str, kind: str) -> Answer | None:
    """Answer a question about the cluster's zone or an address of it; None when it is the business of the world outside."""
    name = normal(question)
    zone = world.cluster_domain
    if name.endswith((REVERSE, _REVERSE_6)):
        return _reverse(world, name, kind)
    if name != zone and not name.endswith(f".{zone}"):
        return None
    parts = name[: -len(zone)].rstrip(".").split(".") if name != zone else []
    return _in_zone(world, _Question(name, kind, zone), parts)


def normal(name: str) -> str:
    """Write a name in lower case without its final dot."""
    return name.lower().rstrip(".")


def outside(world: World, question: str, kind: str) -> Answer:
    """Answer for the world outside: nodes by name, and a stand-in address for what could be a public name."""
    name = normal(question)
    node = world.node(name)
    if node is not None:
        addresses = state.node_addresses(node)[:1]
        return _found(name, kind, [("A", address) for address in addresses], ObjectRef("Node", "", name))
    parts = name.split(".")
    if len(parts) > 3 and parts[2] == "svc":
        strange = _other_zone(world, name, parts)
        if strange is not None:
            return strange
    if len(parts) > 1 and parts[-1] in _KNOWN_OUTSIDE and all(parts):
        return _found(name, kind, [("A", stand_in(name))])
    return Answer(NXDOMAIN, (), "NameUnknownOutside", {"name": name})


def _other_zone(world: World, name: str, parts: Sequence[str]) -> Answer | None:
    """Answer for a Service's whole name that ends in a domain which is not this cluster's."""
    service = world.service(parts[1], parts[0])
    if service is None:
        return None
    zone = world.cluster_domain
    right = f"{parts[0]}.{parts[1]}.svc.{zone}"
    words = {"name": name, "typed": ".".join(parts[3:]), "zone": zone, "right": right, "service": parts[0]}
    return Answer(NXDOMAIN, (), "WrongClusterDomain", words, (_ref(service, "metadata.name"),), exact=True)


def stand_in(name: str) -> str:
    """Return the stand-in address of a public name: always the same one."""
    return f"192.0.2.{sum(position * ord(sign) for position, sign in enumerate(name, 1)) % 254 + 1}"


class _Question(msgspec.Struct, frozen=True, gc=False):
    name: str
    kind: str
    zone: str


def _in_zone(world: World, asked: _Question, parts: Sequence[str]) -> Answer:
    if parts == ["ns", "dns"]:
        dns = world.service("kube-system", "kube-dns")
        return _found(asked.name, asked.kind, _addresses(state.cluster_ips(dns)) if dns else [])
    if parts == ["dns-version"]:
        version = _found(asked.name, asked.kind, [("TXT", '"1.1.0"')])
        lasting = tuple(msgspec.structs.replace(record, ttl=VERSION_TTL) for record in version.records)
        return msgspec.structs.replace(version, records=lasting)
    if not parts and asked.kind in ("NS", "SOA"):
        soa = f"ns.dns.{asked.zone}. hostmaster.{asked.zone}. {int(world.state.now)} 7200 1800 86400 {TTL}"
        return _found(asked.name, asked.kind, [("NS", f"ns.dns.{asked.zone}."), ("SOA", soa)])
    if parts in ([], ["svc"], ["pod"]):
        return _no_data(asked)
    if parts[-1] not in ("svc", "pod"):
        return Answer(NXDOMAIN, (), "NotAClusterName", {"name": asked.name, "zone": asked.zone})
    namespace = parts[-2]
    if world.state.find(state.NAMESPACES, "", namespace) is None:
        close = phrases.close_to(namespace, (key.name for key in world.state.keys(state.NAMESPACES)))
        words = {"namespace": namespace, "close": close}
        return Answer(NXDOMAIN, (), "NoSuchNamespace", words, exact=len(parts) == 3)
    if len(parts) == 2:
        return _no_data(asked)
    if parts[-1] == "pod":
        return _pod_name(asked, parts[:-2])
    return _service_name(world, asked, namespace, parts[-3], parts[:-3])


def _pod_name(asked: _Question, parts: Sequence[str]) -> Answer:
    address = _undashed(parts[-1])
    if len(parts) != 1 or not address:
        return Answer(NXDOMAIN, (), "NotAClusterName", {"name": asked.name, "zone": asked.zone})
    return _found(asked.name, asked.kind, _addresses([address]))


def _undashed(label: str) -> str:
    """Read an address written with dashes, empty when it is none: 10-244-1-5, or fd00--1."""
    text = label.replace("-", "." if label.count("-") == 3 and "--" not in label else ":")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _dashed(address: str) -> str:
    """Write an address as a label: an IPv6 address that ends in a colon gets a zero behind (object/endpoint.go)."""
    label = address.replace(".", "-").replace(":", "-")
    return f"{label}0" if label.endswith("-") else label


def _addresses(ips: Iterable[str]) -> list[tuple[str, str]]:
    return [("AAAA" if ":" in ip else "A", ip) for ip in ips]


def _service_name(world: World, asked: _Question, namespace: str, name: str, left: Sequence[str]) -> Answer:
    service = world.service(namespace, name)
    if service is None:
        return _no_service(world, namespace, name, exact=not left)
    spec = objects.spec_of(service)
    if spec.get("type") == "ExternalName":
        return _external_name(asked, service, left)
    if left and len(left) == 2 and left[0].startswith("_") and left[1].startswith("_"):
        return _port_name(world, asked, service, left[0][1:], left[1][1:])
    if len(left) > 1:
        return Answer(NXDOMAIN, (), "NotAClusterName", {"name": asked.name, "zone": asked.zone})
    if left:
        return _endpoint_name(world, asked, service, left[0])
    if asked.kind == "SRV":
        return _port_name(world, asked, service, "", "")
    if spec.get("clusterIP") == "None":
        return _headless(world, asked, service)
    found = _found(asked.name, asked.kind, _addresses(state.cluster_ips(service)), _ref(service))
    return msgspec.structs.replace(found, exact=True)


def _no_service(world: World, namespace: str, name: str, exact: bool) -> Answer:
    elsewhere = [key.namespace for key in world.state.keys(state.SERVICES) if key.name == name]
    if elsewhere and exact:
        words = {"namespace": namespace, "service": name, "other": elsewhere[0]}
        because = (ObjectRef("Service", elsewhere[0], name, "metadata.namespace"),)
        return Answer(NXDOMAIN, (), "ServiceInAnotherNamespace", words, because, exact)
    close = phrases.close_to(name, (key.name for key in world.state.keys(state.SERVICES, namespace)))
    words = {"namespace": namespace, "service": name, "close": close}
    because = (ObjectRef("Namespace", "", namespace),)
    return Answer(NXDOMAIN, (), "NoSuchService", words, because, exact)


def _external_name(asked: _Question, service: Object, left: Sequence[str]) -> Answer:
    target = str(objects.spec_of(service).get("externalName") or "").rstrip(".")
    because = (_ref(service, "spec.externalName"),)
    if left:
        words = {"service": objects.name_of(service), "hostname": ".".join(left)}
        return Answer(NXDOMAIN, (), "NoSuchEndpointName", words, because)
    if _is_address(target):
        words = {"service": objects.name_of(service), "target": target}
        return Answer(NXDOMAIN, (), "ExternalNameIsAddress", words, because, exact=True)
    if asked.kind not in ("A", "AAAA", "CNAME"):
        return _no_data(asked, because)
    return Answer(NOERROR, (Record(asked.name, "CNAME", TTL, f"{target}."),), because=because, exact=True)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _headless(world: World, asked: _Question, service: Object) -> Answer:
    addresses = list(dict.fromkeys(address for _, address, _, _ in ready_addresses(world, service)))
    because = (_ref(service, "spec.clusterIP"),)
    if not addresses:
        words = {"service": objects.name_of(service)}
        return Answer(NXDOMAIN, (), "HeadlessWithoutReadyPods", words, because, exact=True)
    found = _found(asked.name, asked.kind, _addresses(addresses))
    headless = (objects.namespace_of(service), objects.name_of(service))
    return msgspec.structs.replace(found, because=because, exact=True, headless=headless)


def _endpoint_name(world: World, asked: _Question, service: Object, hostname: str) -> Answer:
    held = [address for name, address, _, _ in ready_addresses(world, service) if name == hostname]
    if not held:
        words = {"service": objects.name_of(service), "hostname": hostname}
        return Answer(NXDOMAIN, (), "NoSuchEndpointName", words, (_ref(service),))
    found = _found(asked.name, asked.kind, _addresses(dict.fromkeys(held)))
    headless = (objects.namespace_of(service), objects.name_of(service))
    return msgspec.structs.replace(found, because=(_ref(service),), headless=headless)


def _port_name(world: World, asked: _Question, service: Object, port: str, protocol: str) -> Answer:
    """Answer SRV questions, and address questions about a port's name."""
    if objects.spec_of(service).get("clusterIP") == "None":
        targets = _headless_targets(world, asked, service, port, protocol)
    else:
        targets = [
            (entry["port"], f"{_fqdn(asked, service)}.", ip)
            for entry in objects.spec_of(service).get("ports") or ()
            if _is_port(entry, port, protocol)
            for ip in state.cluster_ips(service)
        ]
    if not targets:
        words = {"service": objects.name_of(service), "port": port, "protocol": protocol.upper()}
        return Answer(NXDOMAIN, (), "NoSuchPortName", words, (_ref(service, "spec.ports"),))
    if asked.kind == "SRV":
        weight = max(1, 100 // len(targets))
        values = [("SRV", f"0 {weight} {number} {target}") for number, target, _ in targets]
        return _found(asked.name, "SRV", values, _ref(service))
    ips = dict.fromkeys(ip for _, _, ip in targets)
    return _found(asked.name, asked.kind, _addresses(ips), _ref(service))


def _headless_targets(
    world: World, asked: _Question, service: Object, port: str, protocol: str
) -> list[tuple[int, str, str]]:
    return [
        (entry["port"], f"{hostname}.{_fqdn(asked, service)}.", address)
        for hostname, address, piece, _ in ready_addresses(world, service)
        for entry in piece.get("ports") or ()
        if entry.get("port") and _is_port(entry, port, protocol)
    ]


def _is_port(entry: Mapping[str, Any], port: str, protocol: str) -> bool:
    named = not port or (entry.get("name") or "") == port
    return named and (not protocol or str(entry.get("protocol") or "TCP").lower() == protocol)


def _fqdn(asked: _Question, service: Object) -> str:
    return f"{objects.name_of(service)}.{objects.namespace_of(service)}.svc.{asked.zone}"


def ready_addresses(world: World, service: Object) -> Iterator[tuple[str, str, Object, Mapping[str, Any]]]:
    """Yield (hostname or dashed address, address, slice, endpoint) of the Service's ready endpoints."""
    for piece in world.state.slices_of(objects.namespace_of(service), objects.name_of(service)):
        if piece.get("addressType") == "FQDN":
            continue
        for endpoint in piece.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is False:
                continue
            for address in endpoint.get("addresses") or ():
                yield endpoint.get("hostname") or _dashed(address), address, piece, endpoint


def _unreversed(name: str) -> str:
    """Read the address of a pointer's name: octets, or the nibbles of an IPv6 address, the last first."""
    if name.endswith(REVERSE):
        return ".".join(reversed(name[: -len(REVERSE)].split(".")))
    nibbles = "".join(reversed(name[: -len(_REVERSE_6)].split(".")))
    groups = ":".join(nibbles[at : at + 4] for at in range(0, _NIBBLES, 4))
    return str(ipaddress.ip_address(groups)) if len(nibbles) == _NIBBLES and _is_address(groups) else ""


def _reverse(world: World, name: str, kind: str) -> Answer | None:
    address = _unreversed(name)
    zone = world.cluster_domain
    key = world.state.addresses.cluster_ips.get(address)
    if key is not None:
        return _found(name, kind, [("PTR", f"{key.name}.{key.namespace}.svc.{zone}.")])
    names = [
        f"{hostname}.{objects.name_of(service)}.{objects.namespace_of(service)}.svc.{zone}."
        for service in world.state.list(state.SERVICES)
        for hostname, held, _, _ in ready_addresses(world, service)
        if held == address
    ]
    if names:
        return _found(name, kind, [("PTR", target) for target in dict.fromkeys(names)])
    return None


def _found(name: str, kind: str, values: Sequence[tuple[str, str]], *because: ObjectRef) -> Answer:
    records = tuple(Record(name, record_kind, TTL, value) for record_kind, value in values if record_kind == kind)
    if not records:
        return _no_data(_Question(name, kind, ""), because)
    return Answer(NOERROR, records, because=because)


def _no_data(asked: _Question, because: tuple[ObjectRef, ...] = ()) -> Answer:
    return Answer(NOERROR, (), "NoRecordOfThatType", {"name": asked.name, "type": asked.kind}, because)


def _ref(service: Object, field_path: str = "") -> ObjectRef:
    return ObjectRef("Service", objects.namespace_of(service), objects.name_of(service), field_path)
