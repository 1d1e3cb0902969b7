"""Services, EndpointSlices, Endpoints, Ingresses, NetworkPolicies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import columns
from app.terminal.kubectl.describing import words
from app.terminal.kubectl.describing.words import FLUSH, Subject


async def service(about: Subject) -> str:
    """Describe a Service; its endpoints come from the EndpointSlices, port by port."""
    spec, name = about.spec, about.meta["name"]
    slices = await _slices(about, name)
    rows = [f"Selector:\t{words.pairs(spec.get('selector'))}", f"Type:\t{spec.get('type', '')}"]
    if spec.get("ipFamilyPolicy"):
        rows.append(f"IP Family Policy:\t{spec['ipFamilyPolicy']}")
    rows.append(f"IP Families:\t{','.join(spec.get('ipFamilies') or ()) or '<none>'}")
    rows.append(f"IP:\t{spec.get('clusterIP', '')}")
    rows.append(f"IPs:\t{','.join(spec.get('clusterIPs') or ()) or '<none>'}")
    for title, value in (
        ("External IPs", ",".join(spec.get("externalIPs") or ())),
        ("Desired LoadBalancer IP", spec.get("loadBalancerIP")),
        ("External Name", spec.get("externalName")),
        ("LoadBalancer Ingress", _ingress((about.status.get("loadBalancer") or {}).get("ingress") or ())),
    ):
        if value:
            rows.append(f"{title}:\t{value}")
    for port in spec.get("ports") or ():
        rows += _port(port, slices)
    rows.append(f"Session Affinity:\t{spec.get('sessionAffinity', '')}")
    for title, field in (
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("HealthCheck NodePort", "healthCheckNodePort"),
    ):
        if spec.get(field):
            rows.append(f"{title}:\t{spec[field]}")
    if spec.get("loadBalancerSourceRanges"):
        rows.append(f"LoadBalancer Source Ranges:\t{','.join(spec['loadBalancerSourceRanges'])}")
    if spec.get("trafficDistribution"):
        rows.append(f"Traffic Distribution:\t{spec['trafficDistribution']}")
    return words.head(about) + "".join(f"{row}\n" for row in rows) + await words.events(about)


async def _slices(about: Subject, service_name: str) -> Sequence[Mapping[str, Any]]:
    listed = await about.kube.ask(
        "GET",
        f"/apis/discovery.k8s.io/v1/namespaces/{about.meta['namespace']}/endpointslices",
        query={"labelSelector": f"kubernetes.io/service-name={service_name}"},
    )
    found: Sequence[Mapping[str, Any]] = listed.get("items") or ()
    return found


def _ingress(found: Sequence[Mapping[str, Any]]) -> str:
    shown = []
    for one in found:
        if one.get("ip"):
            shown.append(one["ip"] + (f" ({one['ipMode']})" if one.get("ipMode") else ""))
        else:
            shown.append(str(one.get("hostname", "")))
    return ", ".join(shown)


def _port(port: Mapping[str, Any], slices: Sequence[Mapping[str, Any]]) -> list[str]:
    name, protocol = port.get("name") or "<unset>", port.get("protocol", "TCP")
    rows = [f"Port:\t{name}\t{port['port']}/{protocol}", f"TargetPort:\t{port.get('targetPort', 0)}/{protocol}"]
    if port.get("appProtocol"):
        rows.append(f"AppProtocol:\t{port['appProtocol']}")
    if port.get("nodePort"):
        rows.append(f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    return [*rows, f"Endpoints:\t{_endpoints(slices, port.get('name') or '')}"]


def _endpoints(slices: Sequence[Mapping[str, Any]], name: str) -> str:
    if not slices:
        return "<none>"
    found = []
    for one in slices:
        for port in one.get("ports") or ():
            if (port.get("name") or "") != name:
                continue
            for endpoint in one.get("endpoints") or ():
                if (endpoint.get("conditions") or {}).get("ready") is not False:
                    found += [_joined(address, port.get("port")) for address in endpoint.get("addresses") or ()]
    return columns.more(found)


def _joined(address: str, port: Any) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


async def endpoint_slice(about: Subject) -> str:
    """Describe an EndpointSlice."""
    obj = about.obj
    text = words.head(about) + f"AddressType:\t{obj.get('addressType', '')}\n"
    ports = obj.get("ports") or ()
    if ports:
        text += FLUSH + "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------\n"
        for port in ports:
            text += f"  {port.get('name') or '<unset>'}\t{port.get('port', '<unset>')}\t{port.get('protocol', 'TCP')}\n"
    else:
        text += "Ports:\t<unset>\n"
    endpoints = obj.get("endpoints") or ()
    if not endpoints:
        text += "Endpoints:\t<none>\n"
    else:
        text += "Endpoints:\n"
    for one in endpoints:
        text += f"  - Addresses:\t{','.join(one.get('addresses') or ())}\n    Conditions:\n"
        ready = (one.get("conditions") or {}).get("ready")
        text += f"      Ready:\t{'<unset>' if ready is None else str(ready).lower()}\n"
        text += f"    Hostname:\t{one.get('hostname') or '<unset>'}\n"
        target = one.get("targetRef")
        if target:
            text += f"    TargetRef:\t{target.get('kind', '')}/{target.get('name', '')}\n"
        text += f"    NodeName:\t{one.get('nodeName') or '<unset>'}\n    Zone:\t{one.get('zone') or '<unset>'}\n"
    return text + await words.events(about)


async def endpoints(about: Subject) -> str:
    """Describe an Endpoints object."""
    text = words.head(about) + "Subsets:\n"
    for subset in about.obj.get("subsets") or ():
        for title, field in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
            found = ",".join(str(one.get("ip", "")) for one in subset.get(field) or ())
            text += f"  {title}:\t{found or '<none>'}\n"
        if subset.get("ports"):
            text += "  Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------\n"
            for port in subset["ports"]:
                text += f"    {port.get('name') or '<unset>'}\t{port.get('port')}\t{port.get('protocol', 'TCP')}\n"
        text += "\n"
    return text + await words.events(about)


async def ingress(about: Subject) -> str:
    """Describe an Ingress with its backends' endpoints."""
    spec = about.spec
    text = f"Name:\t{about.meta['name']}\n" + words.labels("Labels", about.meta.get("labels"))
    text += f"Namespace:\t{about.meta.get('namespace', '')}\n"
    text += f"Address:\t{_balanced((about.status.get('loadBalancer') or {}).get('ingress') or ())}\n"
    text += f"Ingress Class:\t{spec.get('ingressClassName') or '<none>'}\n"
    default = spec.get("defaultBackend")
    default_backend = await _backend(about, default) if default else "<default>"
    text += f"Default backend:\t{default_backend}\n"
    if spec.get("tls"):
        text += "TLS:\n"
        for one in spec["tls"]:
            hosts = ",".join(one.get("hosts") or ())
            text += (
                f"  {one['secretName']} terminates {hosts}\n" if one.get("secretName") else f"  SNI routes {hosts}\n"
            )
    text += "Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n"
    count = 0
    for rule in spec.get("rules") or ():
        if not rule.get("http"):
            continue
        count += 1
        text += f"  {rule.get('host') or '*'}\t\n"
        for path in rule["http"].get("paths") or ():
            text += f"    \t{path.get('path', '')} \t{await _backend(about, path.get('backend') or {})}\n"
    if not count:
        text += f"  *\t*\t{default_backend}\n"
    return text + words.notes("Annotations", about.meta.get("annotations")) + await words.events(about)


def _balanced(found: Sequence[Mapping[str, Any]]) -> str:
    return ",".join(str(one.get("ip") or one.get("hostname") or "") for one in found)


async def _backend(about: Subject, backend: Mapping[str, Any]) -> str:
    if "service" not in backend:
        found = backend.get("resource") or {}
        return f"APIGroup: {found.get('apiGroup', '')}, Kind: {found.get('kind', '')}, Name: {found.get('name', '')}"
    wanted = backend["service"]
    port = wanted.get("port") or {}
    shown = str(port.get("number") or port.get("name") or "")
    made = f"{wanted['name']}:{shown}"
    held = await about.kube.maybe(f"/api/v1/namespaces/{about.meta['namespace']}/services/{wanted['name']}")
    if held is None:
        return f'{made} (<error: services "{wanted["name"]}" not found>)'
    names = [
        one.get("name") or ""
        for one in (held.get("spec") or {}).get("ports") or ()
        if shown in (str(one.get("port")), one.get("name"))
    ]
    return f"{made} ({_endpoints(await _slices(about, wanted['name']), names[0] if names else '')})"


async def network_policy(about: Subject) -> str:
    """Describe a NetworkPolicy."""
    spec = about.spec
    text = f"Name:\t{about.meta['name']}\nNamespace:\t{about.meta.get('namespace', '')}\n"
    text += f"Created on:\t{_created(about.meta.get('creationTimestamp'))}\n"
    text += words.labels("Labels", about.meta.get("labels")) + words.notes("Annotations", about.meta.get("annotations"))
    selector = words.selector(spec.get("podSelector"))
    everything = "<none> (Allowing the specific traffic to all pods in this namespace)"
    text += f"Spec:\n  PodSelector:     {everything if selector == '<none>' else selector}\n"
    types = spec.get("policyTypes") or ["Ingress"]
    for kind, field, peers in (("Ingress", "ingress", "from"), ("Egress", "egress", "to")):
        if kind in types:
            text += f"  Allowing {kind.lower()} traffic:\n" + _rules(spec.get(field) or (), kind, peers)
        else:
            text += f"  Not affecting {kind.lower()} traffic\n"
    return text + f"  Policy Types: {', '.join(types)}\n"


def _created(text: Any) -> str:
    return words.moment(text, "%Y-%m-%d %H:%M:%S +0000 UTC") if text else ""


def _rules(found: Sequence[Mapping[str, Any]], kind: str, peers: str) -> str:
    if not found:
        blocked = f"Selected pods are isolated for {kind.lower()} connectivity"
        return f"    <none> ({blocked})\n"
    parts = []
    for rule in found:
        ports = rule.get("ports") or ()
        text = "" if ports else "    To Port: <any> (traffic allowed to all ports)\n"
        for port in ports:
            text += f"    To Port: {port.get('port', '<any>')}/{port.get('protocol', 'TCP')}\n"
        side = peers.capitalize()
        given = rule.get(peers) or ()
        if not given:
            text += f"    {side}: <any> (traffic not restricted by {'source' if peers == 'from' else 'destination'})\n"
        for peer in given:
            text += f"    {side}:\n"
            if "namespaceSelector" in peer:
                text += f"      NamespaceSelector: {words.selector(peer['namespaceSelector'])}\n"
            if "podSelector" in peer:
                text += f"      PodSelector: {words.selector(peer['podSelector'])}\n"
            if "ipBlock" in peer:
                text += f"      IPBlock:\n        CIDR: {peer['ipBlock'].get('cidr', '')}\n"
                text += f"        Except: {', '.join(peer['ipBlock'].get('except') or ())}\n"
        parts.append(text)
    return "    ----------\n".join(parts)
