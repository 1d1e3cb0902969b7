"""A cluster made of a few lines, without the engine: statuses are given, EndpointSlices follow from the pods."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from app.cluster import clock, journal, state
from app.dataplane import policies
from app.kinds import ingress as ingress_kind
from app.machinery import objects, patches
from app.machinery.objects import Draft, Key

HERE = pathlib.Path(__file__).parent

NODES = (("node-1", "10.0.0.11", "zone-a"), ("node-2", "10.0.0.12", "zone-a"), ("node-3", "10.0.0.13", "zone-b"))
NAMESPACES = ("default", "kube-system", "shop", "prod")

RESOURCES = {
    "Namespace": state.NAMESPACES,
    "Node": state.NODES,
    "Pod": state.PODS,
    "Service": state.SERVICES,
    "EndpointSlice": state.ENDPOINTSLICES,
    "ReplicaSet": state.REPLICASETS,
    "Deployment": state.DEPLOYMENTS,
    "ConfigMap": state.CONFIGMAPS,
    "Ingress": ingress_kind.INGRESSES,
    "IngressClass": ingress_kind.INGRESS_CLASSES,
    "NetworkPolicy": policies.NETWORK_POLICIES,
}


class Builder:
    """Collects objects, then makes a state of them."""

    def __init__(self) -> None:
        self.objects: dict[Key, Draft] = {}
        self.by_hand: set[tuple[str, str]] = set()
        self.addresses = {name: 0 for name, _, _ in NODES}

    def add(self, obj: Draft) -> Draft:
        meta = obj.setdefault("metadata", {})
        if obj["kind"] not in ("Node", "Namespace", "IngressClass"):
            meta.setdefault("namespace", "default")
        meta.setdefault("uid", f"uid-{len(self.objects)}")
        key = Key(*RESOURCES[obj["kind"]], meta.get("namespace", ""), meta["name"])
        self.objects[key] = obj
        return obj

    def node(self, name: str, address: str = "", zone: str = "", **annotations: str) -> None:
        self.add(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": name,
                    "labels": {"topology.kubernetes.io/zone": zone} if zone else {},
                    "annotations": {"podlane.dev/kube-proxy": "iptables", **annotations},
                },
                "status": {
                    "addresses": [{"type": "InternalIP", "address": address}],
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            }
        )

    def pod(self, row: Mapping[str, Any]) -> None:
        """A running, ready pod of few words; `status` and `spec` are merged over it."""
        node = row.get("node", "node-1")
        address = row["ip"] if "ip" in row else self.next_address(node)
        annotations = dict(row.get("annotations", {}))
        if "listen" in row:
            annotations["podlane.dev/listen"] = str(row["listen"])
        meta: Draft = {
            "name": row["name"],
            "namespace": row.get("namespace", "default"),
            "labels": row.get("labels", {}),
        }
        if annotations:
            meta["annotations"] = annotations
        if row.get("terminating"):
            meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        container: Draft = {"name": "main", "image": row.get("image", "example.test/app")}
        if "ports" in row:
            container["ports"] = row["ports"]
        ready = "True" if row.get("ready", True) else "False"
        status: Draft = {
            "phase": row.get("phase", "Running"),
            "conditions": [{"type": "Ready", "status": ready}],
            **row.get("status", {}),
        }
        if address:
            status |= {"podIP": address, "podIPs": [{"ip": address}]}
        spec: Draft = {"nodeName": node, "containers": [container], **row.get("spec", {})}
        self.add({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status})

    def next_address(self, node: str) -> str:
        self.addresses[node] = self.addresses.get(node, 0) + 1
        return f"10.244.{node.rpartition('-')[2]}.{self.addresses[node] + 4}"

    def service(self, row: Mapping[str, Any]) -> None:
        """A Service of few words: everything but name, namespace and load_balancer is its spec."""
        spec = {
            name: value for name, value in row.items() if name not in ("name", "namespace", "load_balancer", "ip_mode")
        }
        meta = {"name": row["name"], "namespace": row.get("namespace", "default")}
        obj: Draft = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
        if "load_balancer" in row:
            point = {"ip": row["load_balancer"], "ipMode": row.get("ip_mode", "VIP")}
            obj["status"] = {"loadBalancer": {"ingress": [point]}}
        self.add(obj)

    def slice(self, obj: Draft) -> None:
        """An EndpointSlice written by hand: its Service gets no others."""
        meta = obj["metadata"]
        self.by_hand.add((meta.get("namespace", "default"), meta["labels"][state.SERVICE_NAME_LABEL]))
        self.add({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", **obj})

    def cluster_dns(self) -> None:
        """Two CoreDNS pods behind kube-dns."""
        for number in (1, 2):
            self.pod(
                {
                    "name": f"coredns-{number}",
                    "namespace": "kube-system",
                    "node": f"node-{number}",
                    "ip": f"10.244.{number}.3",
                    "labels": {"k8s-app": "kube-dns"},
                    "listen": "53/udp,53",
                }
            )
        ports = [
            {"name": "dns", "port": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        ]
        self.service(
            {
                "name": "kube-dns",
                "namespace": "kube-system",
                "clusterIP": "10.96.0.10",
                "selector": {"k8s-app": "kube-dns"},
                "ports": ports,
            }
        )

    def api_server(self) -> None:
        """default/kubernetes with the slice that names the API server."""
        self.service(
            {
                "name": "kubernetes",
                "clusterIP": "10.96.0.1",
                "ports": [{"name": "https", "port": 443, "targetPort": 6443}],
            }
        )
        self.slice(
            {
                "metadata": {"name": "kubernetes", "labels": {state.SERVICE_NAME_LABEL: "kubernetes"}},
                "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
                "endpoints": [{"addresses": ["172.18.0.2"], "conditions": {"ready": True}}],
            }
        )

    def slices(self) -> None:
        """Write what the EndpointSlice controller would: one slice a Service and set of port numbers."""
        for key, service in list(self.objects.items()):
            name = (key.namespace, key.name)
            if key[:2] != state.SERVICES or name in self.by_hand or not service["spec"].get("selector"):
                continue
            groups: dict[tuple[Any, ...], list[Draft]] = {}
            for pod in self.selected(service):
                ports = tuple(port_of(pod, port) for port in service["spec"].get("ports", ()))
                groups.setdefault(ports, []).append(endpoint_of(pod, service, self.objects))
            for number, (ports, endpoints) in enumerate(groups.items()):
                self.add(
                    {
                        "apiVersion": "discovery.k8s.io/v1",
                        "kind": "EndpointSlice",
                        "addressType": "IPv4",
                        "metadata": {
                            "name": f"{key.name}-{number}",
                            "namespace": key.namespace,
                            "labels": {state.SERVICE_NAME_LABEL: key.name},
                        },
                        "ports": [port for port in ports_json(service, ports) if port] or None,
                        "endpoints": endpoints,
                    }
                )

    def selected(self, service: Draft) -> Iterable[Draft]:
        selector = service["spec"]["selector"]
        for key, pod in list(self.objects.items()):
            if key[:2] != state.PODS or key.namespace != service["metadata"]["namespace"]:
                continue
            if pod["status"]["phase"] in ("Succeeded", "Failed") or not pod["status"].get("podIP"):
                continue
            if all(pod["metadata"]["labels"].get(name) == value for name, value in selector.items()):
                yield pod

    def build(self) -> state.ClusterState:
        self.slices()
        made = state.ClusterState(mode=clock.TimeMode.INSTANT)
        for key, obj in self.objects.items():
            made.revision += 1
            made.load(obj, key)
        return made


def port_of(pod: Draft, port: Mapping[str, Any]) -> int | None:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for declared in container.get("ports", ()):
            if declared.get("name") == target:
                return int(declared["containerPort"])
    return None


def ports_json(service: Draft, numbers: Iterable[int | None]) -> Iterable[Draft | None]:
    for port, number in zip(service["spec"].get("ports", ()), numbers, strict=True):
        if number is None:
            yield None
        else:
            yield {"name": port.get("name", ""), "port": number, "protocol": port.get("protocol", "TCP")}


def endpoint_of(pod: Draft, service: Draft, everything: Mapping[Key, Draft]) -> Draft:
    serving = any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])
    terminating = "deletionTimestamp" in pod["metadata"]
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    node = pod["spec"]["nodeName"]
    endpoint: Draft = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": published or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": node,
        "targetRef": {"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"]},
    }
    subdomain = pod["spec"].get("subdomain")
    if pod["spec"].get("hostname") and subdomain == service["metadata"]["name"]:
        endpoint["hostname"] = pod["spec"]["hostname"]
    wish = service["spec"].get("trafficDistribution")
    if wish:
        labels = everything[Key(*state.NODES, "", node)]["metadata"]["labels"]
        endpoint["hints"] = {"forZones": [{"name": labels["topology.kubernetes.io/zone"]}]}
        if wish == "PreferSameNode":
            endpoint["hints"]["forNodes"] = [{"name": node}]
    return endpoint


def build(described: Mapping[str, Any]) -> state.ClusterState:
    """Make a cluster of what a YAML file describes; DNS and API server are there unless `bare` is said."""
    builder = Builder()
    for name in (*NAMESPACES, *described.get("namespaces", ())):
        builder.add(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            }
        )
    for name, address, zone in NODES:
        annotations = described.get("node_annotations", {}).get(name, {})
        if name not in described.get("without_nodes", ()):
            builder.node(name, address, zone, **annotations)
    for name in described.get("without_proxy", ()):
        del builder.objects[Key(*state.NODES, "", name)]["metadata"]["annotations"]["podlane.dev/kube-proxy"]
    if not described.get("bare"):
        builder.cluster_dns()
        builder.api_server()
    if not described.get("without_client"):
        builder.pod({"name": "client", "ip": "10.244.1.100", "labels": {"app": "client"}, "listen": ""})
    for row in described.get("pods", ()):
        builder.pod(row)
    for row in described.get("services", ()):
        builder.service(row)
    for row in described.get("policies", ()):
        meta = {"name": row["name"], "namespace": row.get("namespace", "default")}
        spec = {name: value for name, value in row.items() if name not in meta}
        builder.add({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec})
    for obj in described.get("others", ()):
        builder.add({"apiVersion": "networking.k8s.io/v1", **obj})
    for obj in described.get("slices", ()):
        builder.slice(obj)
    if "settings" in described:
        meta = {"name": "podlane", "namespace": "kube-system"}
        builder.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": described["settings"]})
    for key, patch in described.get("patches", ()):
        builder.objects[key] = patches.merge_patch(builder.objects[key], patch)
    made = builder.build()
    made.connections.remember(described.get("connections", ()), 0.0)
    if "unseen" in described:
        made.mode = clock.TimeMode.LIVE
        for node in made.list(state.NODES):
            made.proxies.sync(objects.name_of(node), made.revision)
    for change in described.get("unseen", ()):
        leave_unseen(made, change)
    return made


def leave_unseen(cluster: state.ClusterState, change: Mapping[str, Any]) -> None:
    """Change or delete an object so that the proxy of `node` has not seen it yet."""
    kind, namespace, name = change["object"].split("/")
    key = Key(*RESOURCES[kind], namespace, name)
    before = cluster.get(key)
    after = change.get("after")
    if after is not None and before is not None:
        after = {**before, **after}
    change_type = journal.ChangeType.DELETED if after is None else journal.ChangeType.MODIFIED
    body = journal.ObjectChanged(change_type, key, before, after)
    cluster.apply(journal.Entry(cluster.revision + 1, 0.0, journal.Cause("test"), body))
    for node in cluster.list(state.NODES):
        if objects.name_of(node) != change["node"]:
            cluster.proxies.sync(objects.name_of(node), cluster.revision)


def env(seed: int = 7) -> clock.Env:
    """An environment with a generator of its own."""
    return clock.env_for(seed, 1, 0.0, clock.TimeMode.INSTANT)


def load(folder: str) -> list[Any]:
    """Read the YAML files of a folder beside this one."""
    return [yaml.safe_load(path.read_text()) for path in sorted((HERE / folder).glob("*.yaml"))]
