"""The state of one cluster: objects by key with their indexes, a revision, timers, and what each proxy has synced.

A fold of the journal: `apply(entry)` is the only way an object gets in, and `rewind` takes entries back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cluster import affinity, clock, connections, history, indexes, journal, lag, ordering, queue
from app.machinery import objects
from app.machinery.objects import Key, Object

PODS = ("", "pods")
SERVICES = ("", "services")
NODES = ("", "nodes")
NAMESPACES = ("", "namespaces")
EVENTS = ("", "events")
ENDPOINTS = ("", "endpoints")
CONFIGMAPS = ("", "configmaps")
SERVICE_ACCOUNTS = ("", "serviceaccounts")
REPLICATION_CONTROLLERS = ("", "replicationcontrollers")
REPLICASETS = ("apps", "replicasets")
DEPLOYMENTS = ("apps", "deployments")
STATEFULSETS = ("apps", "statefulsets")
DAEMONSETS = ("apps", "daemonsets")
JOBS = ("batch", "jobs")
ENDPOINTSLICES = ("discovery.k8s.io", "endpointslices")

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
SELECTING = (SERVICES, REPLICASETS, REPLICATION_CONTROLLERS, DEPLOYMENTS)
"""Resources whose equality selector is indexed for `selecting`."""

Resource = tuple[str, str]
"""(API group, plural name)."""

Objects = list[Object]
Entries = list[journal.Entry]


@dataclass(slots=True)
class Collection:
    """The objects of one resource."""

    objects: dict[Key, Object] = field(default_factory=dict)
    by_namespace: dict[str, dict[Key, None]] = field(default_factory=dict)
    labels: indexes.LabelIndex = field(default_factory=indexes.LabelIndex)
    order: ordering.Order | None = None
    """The keys as the API lists them; made by the first reader who wants them so."""


@dataclass(slots=True)
class Addresses:
    """Who holds which address and node port."""

    services: indexes.MultiIndex[str] = field(default_factory=indexes.MultiIndex)
    """ClusterIPs, external IPs and load balancer IPs."""
    cluster_ips: dict[str, Key] = field(default_factory=dict)
    node_ports: indexes.MultiIndex[int] = field(default_factory=indexes.MultiIndex)
    pods: indexes.MultiIndex[str] = field(default_factory=indexes.MultiIndex)
    nodes: dict[str, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where to rewind to when a command is refused half way."""

    revision: int
    proxies_head: int
    actor: str
    stacks: history.Stacks | None


@dataclass(slots=True)
class ClusterState:
    """One cluster as a value that entries change in place. Objects in it are never mutated."""

    mode: clock.TimeMode = clock.TimeMode.LIVE
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the playground was created with: `nodes` (int), `load_balancer` ("simulated" | "none")."""
    revision: int = 0
    now: float = 0.0
    collections: dict[Resource, Collection] = field(default_factory=dict)
    timers: clock.Timers = field(default_factory=clock.Timers)
    proxies: lag.ProxyLag = field(default_factory=lag.ProxyLag)
    addresses: Addresses = field(default_factory=Addresses)
    affinity: affinity.Affinity = field(default_factory=affinity.Affinity)
    connections: connections.Connections = field(default_factory=connections.Connections)
    undo: history.UndoStacks = field(default_factory=history.UndoStacks)
    cursors: dict[str, int] = field(default_factory=dict)
    """Allocation cursors by name, such as the next pod address of a node."""
    work: queue.WorkQueue = field(default_factory=queue.WorkQueue)
    """What controllers still have to look at; empty in a quiet state."""
    created: dict[str, int] = field(default_factory=dict)
    """From uid to the revision that added the object."""
    writers: dict[Key, str] = field(default_factory=dict)
    """From key to the actor of its newest change."""
    unbound: dict[Key, None] = field(default_factory=dict)
    """Pods without a node."""
    bare_pods: int = 0
    """Pods that no controller owns."""
    records: dict[tuple[str, ...], Key] = field(default_factory=dict)
    """From what an Event says (see `record_terms`) to the newest Event that says it."""
    unsaved_timers: dict[clock.TimerId, journal.TimerChange] = field(default_factory=dict)
    unsaved_cursors: dict[str, int] = field(default_factory=dict)
    owned: indexes.MultiIndex[str] = field(default_factory=indexes.MultiIndex)
    uids: dict[str, Key] = field(default_factory=dict)
    pods_by_node: indexes.MultiIndex[str] = field(default_factory=indexes.MultiIndex)
    selectors: dict[Resource, indexes.SelectorIndex] = field(
        default_factory=lambda: {resource: indexes.SelectorIndex() for resource in SELECTING}
    )

    # --- reading -------------------------------------------------------------------------------

    def get(self, key: Key) -> Object | None:
        """Return the object at the key, None when absent."""
        collection = self.collections.get(key[:2])
        return collection.objects.get(key) if collection else None

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return the object of that resource, namespace and name, None when absent."""
        return self.get(Key(*resource, namespace, name))

    def list(self, resource: Resource, namespace: str | None = None) -> Iterator[Object]:
        """Yield the objects of a resource, in order of creation; of one namespace, or of all (None)."""
        collection = self.collections.get(resource)
        if collection is None:
            return
        if namespace is None:
            yield from collection.objects.values()
        else:
            for key in collection.by_namespace.get(namespace, ()):
                yield collection.objects[key]

    def in_order(self, resource: Resource, namespace: str = "", start: str = "") -> Objects:
        """Return a resource's objects by namespace and name, of one namespace or of all (""), from a place on."""
        collection = self.collections.get(resource)
        if collection is None:
            return []
        if collection.order is None:
            collection.order = ordering.Order.of(collection.objects)
        found = collection.objects
        return [found[key] for key in collection.order.between(namespace, start)]

    def keys(self, resource: Resource, namespace: str | None = None) -> Iterable[Key]:
        """Return the keys of a resource, in order of creation."""
        collection = self.collections.get(resource)
        if collection is None:
            return ()
        if namespace is None:
            return collection.objects
        return collection.by_namespace.get(namespace, {})

    def count(self, resource: Resource) -> int:
        """Return how many objects of the resource there are."""
        collection = self.collections.get(resource)
        return len(collection.objects) if collection else 0

    def by_labels(self, resource: Resource, namespace: str, selector: Mapping[str, str]) -> Objects:
        """Return the objects in the namespace that carry every pair of a non-empty equality selector."""
        collection = self.collections.get(resource)
        if collection is None:
            return []
        return [collection.objects[key] for key in collection.labels.matching(namespace, selector)]

    def pods_of(self, namespace: str, selector: Mapping[str, str]) -> Objects:
        """Return the pods a Service selector matches: all pairs equal (AND), extra labels ignored."""
        return self.by_labels(PODS, namespace, selector)

    def selecting(self, resource: Resource, namespace: str, labels: Mapping[str, str]) -> Objects:
        """Return the objects of a resource in SELECTING whose equality pairs all stand in the labels."""
        found = self.selectors[resource].matching(namespace, labels)
        return [self.collections[resource].objects[key] for key in found]

    def slices_of(self, namespace: str, service: str) -> Objects:
        """Return the EndpointSlices that carry the Service's name as label."""
        return self.by_labels(ENDPOINTSLICES, namespace, {SERVICE_NAME_LABEL: service})

    def owned_by(self, uid: str) -> Objects:
        """Return the objects with an owner reference to the uid."""
        return [found for key in self.owned.get(uid) if (found := self.get(key)) is not None]

    def pods_on(self, node: str) -> Objects:
        """Return the pods bound to the node."""
        return [self.collections[PODS].objects[key] for key in self.pods_by_node.get(node)]

    def service_view(self, namespace: str, name: str, node: str | None = None) -> lag.ServiceView:
        """Return a Service with its slices as the node's proxy knows them; without a node, as they are."""
        if node is not None and node in self.proxies.synced:
            kept = self.proxies.view_at((namespace, name), self.proxies.synced[node])
            if kept is not None:
                return kept
        return lag.ServiceView(self.find(SERVICES, namespace, name), tuple(self.slices_of(namespace, name)))

    # --- changing ------------------------------------------------------------------------------

    def apply(self, entry: journal.Entry) -> None:
        """Take in the next entry: its revision must be the next one."""
        if entry.revision != self.revision + 1:
            raise ValueError(f"entry {entry.revision} does not follow revision {self.revision}")
        self.revision = entry.revision
        self.now = max(self.now, entry.at)
        body = entry.body
        match body:
            case journal.ObjectChanged():
                self._change(body.key, body.before, body.after)
                self.undo.observe(entry)
                self._note_writer(body, entry.cause.actor)
            case journal.RequestCompleted():
                self.affinity.remember(body.request.get("affinity") or (), entry.at)
                self.connections.remember(body.request.get("connections") or (), entry.at)
            case journal.RulesSynced():
                for node in body.nodes:
                    self.proxies.sync(node, body.upto)
            case _:
                pass

    def checkpoint(self, actor: str) -> Checkpoint:
        """Remember what `rewind` needs to take back writes of this actor that no controller has seen."""
        stacks = self.undo.actors.get(actor)
        copied = history.Stacks(list(stacks.done), list(stacks.undone)) if stacks else None
        return Checkpoint(self.revision, self.proxies.head, actor, copied)

    def rewind(self, point: Checkpoint, entries: Entries) -> None:
        """Take back these object changes, made since the checkpoint and before any controller ran."""
        for entry in reversed(entries):
            body = entry.body
            if isinstance(body, journal.ObjectChanged):
                self._index(body.key, body.after, body.before)
                self._note_writer(journal.ObjectChanged(body.type, body.key, body.after, body.before), "")
        self.revision = point.revision
        self.proxies.rewind(point.revision, point.proxies_head)
        self.work.clear()
        if point.stacks is None:
            self.undo.actors.pop(point.actor, None)
        else:
            self.undo.actors[point.actor] = point.stacks

    def set_timer(self, timer_id: clock.TimerId, due: float, kind: clock.TimerKind) -> None:
        """Set or move a wake-up; it is stored with the next commit."""
        timer = self.timers.put(timer_id, due, kind)
        self.unsaved_timers[timer_id] = journal.TimerChange(*timer_id, timer.due, kind.value)

    def drop_timer(self, timer_id: clock.TimerId) -> None:
        """Forget a wake-up; that is stored with the next commit."""
        if self.timers.drop(timer_id) is not None:
            self.unsaved_timers[timer_id] = journal.TimerChange(*timer_id, None, "")

    def set_cursor(self, name: str, value: int) -> None:
        """Move an allocation cursor; it is stored with the next commit."""
        self.cursors[name] = value
        self.unsaved_cursors[name] = value

    def take_in(self, batch: journal.Batch) -> None:
        """Fold a batch that another process or an earlier life of this one has committed."""
        for entry in batch.entries:
            self.apply(entry)
        for change in batch.timers:
            timer_id = clock.TimerId(change.owner, change.key)
            if change.due is None:
                self.timers.drop(timer_id)
            else:
                self.timers.put(timer_id, change.due, clock.TimerKind(change.kind))
        self.cursors.update(batch.cursors)

    def _note_writer(self, body: journal.ObjectChanged, actor: str) -> None:
        if body.after is None:
            self.writers.pop(body.key, None)
            if body.before is not None:
                self.created.pop(objects.uid_of(body.before), None)
            return
        self.writers[body.key] = actor
        if body.before is None:
            self.created[objects.uid_of(body.after)] = self.revision

    def load(self, obj: Object, key: Key) -> None:
        """Put an object of a snapshot in; its revision is already counted."""
        self._index(key, None, obj)

    def _change(self, key: Key, before: Object | None, after: Object | None) -> None:
        if self.mode is not clock.TimeMode.INSTANT:
            self._note_lag(key, before, after)
        self._index(key, before, after)
        if key[:2] == SERVICES:
            self.affinity.changed(f"{key.namespace}/{key.name}", before, after)

    def _note_lag(self, key: Key, before: Object | None, after: Object | None) -> None:
        resource = key[:2]
        if resource == SERVICES:
            name = (key.namespace, key.name)
        elif resource == ENDPOINTSLICES:
            present = after if after is not None else before
            assert present is not None
            service = objects.labels_of(present).get(SERVICE_NAME_LABEL)
            if not service:
                return
            name = (key.namespace, service)
        else:
            if resource == NODES and after is None:
                self.proxies.forget(key.name)
            return
        self.proxies.changed(name, self.revision, self.service_view(*name))

    def _index(self, key: Key, before: Object | None, after: Object | None) -> None:
        resource = key[:2]
        collection = self.collections.get(resource)
        if collection is None:
            collection = self.collections[resource] = Collection()
        if before is not None:
            self._unindex_one(resource, collection, key, before)
        if after is None:
            collection.objects.pop(key, None)
            names = collection.by_namespace.get(key.namespace)
            if names is not None:
                names.pop(key, None)
            if collection.order is not None:
                collection.order.remove(key)
            return
        if collection.order is not None and key not in collection.objects:
            collection.order.add(key)
        collection.objects[key] = after
        collection.by_namespace.setdefault(key.namespace, {})[key] = None
        self._index_one(resource, collection, key, after)

    def _index_one(self, resource: Resource, collection: Collection, key: Key, obj: Object) -> None:
        collection.labels.add(key, objects.labels_of(obj))
        uid = objects.uid_of(obj)
        if uid:
            self.uids[uid] = key
        for owner in objects.owner_references(obj):
            self.owned.add(owner["uid"], key)
        if resource in self.selectors:
            self._index_selector(resource, key, obj)
        if resource == PODS:
            self._index_pod(key, obj)
        elif resource == SERVICES:
            for ip in service_addresses(obj):
                self.addresses.services.add(ip, key)
            for ip in cluster_ips(obj):
                self.addresses.cluster_ips[ip] = key
            for port in node_ports(obj):
                self.addresses.node_ports.add(port, key)
        elif resource == NODES:
            for ip in node_addresses(obj):
                self.addresses.nodes[ip] = key
        elif resource == EVENTS:
            self.records[record_terms(obj)] = key

    def _unindex_one(self, resource: Resource, collection: Collection, key: Key, obj: Object) -> None:
        collection.labels.remove(key, objects.labels_of(obj))
        self.uids.pop(objects.uid_of(obj), None)
        for owner in objects.owner_references(obj):
            self.owned.remove(owner["uid"], key)
        if resource in self.selectors:
            self.selectors[resource].remove(key)
        if resource == PODS:
            node = objects.spec_of(obj).get("nodeName")
            if node:
                self.pods_by_node.remove(node, key)
            else:
                self.unbound.pop(key, None)
            self.bare_pods -= objects.controller_of(obj) is None
            for ip in pod_ips(obj):
                self.addresses.pods.remove(ip, key)
        elif resource == SERVICES:
            for ip in service_addresses(obj):
                self.addresses.services.remove(ip, key)
            for ip in cluster_ips(obj):
                self.addresses.cluster_ips.pop(ip, None)
            for port in node_ports(obj):
                self.addresses.node_ports.remove(port, key)
        elif resource == NODES:
            for ip in node_addresses(obj):
                self.addresses.nodes.pop(ip, None)
        elif resource == EVENTS:
            self.records.pop(record_terms(obj), None)

    def _index_pod(self, key: Key, obj: Object) -> None:
        node = objects.spec_of(obj).get("nodeName")
        if node:
            self.pods_by_node.add(node, key)
        else:
            self.unbound[key] = None
        self.bare_pods += objects.controller_of(obj) is None
        for ip in pod_ips(obj):
            self.addresses.pods.add(ip, key)

    def _index_selector(self, resource: Resource, key: Key, obj: Object) -> None:
        selector = equality_selector(obj)
        if selector is None:
            return
        pods = self.collections.get(PODS)
        rarest: indexes.Pair | None = None
        if selector:
            pairs = list(selector.items())
            rarest = min(pairs, key=lambda p: pods.labels.count(key.namespace, p)) if pods else pairs[0]
        self.selectors[resource].add(key, selector, rarest)


def equality_selector(obj: Object) -> Mapping[str, str] | None:
    """Return the equality pairs an object selects pods by; None when it selects nothing."""
    selector = objects.spec_of(obj).get("selector")
    if not selector:
        return None
    if obj.get("kind") in ("Service", "ReplicationController"):
        return dict(selector)
    pairs = selector.get("matchLabels") or {}
    if not pairs and not selector.get("matchExpressions"):
        return None
    return dict(pairs)


def cluster_ips(service: Object) -> list[str]:
    """Return the Service's ClusterIPs, none when headless or ExternalName."""
    spec = objects.spec_of(service)
    found = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])
    return [ip for ip in found if ip and ip != "None"]


def load_balancer_ips(service: Object) -> list[str]:
    """Return the addresses in `status.loadBalancer.ingress`."""
    ingress = objects.dig(service, "status", "loadBalancer", "ingress") or ()
    return [point["ip"] for point in ingress if point.get("ip")]


def service_addresses(service: Object) -> list[str]:
    """Return every address a packet to this Service may carry: ClusterIPs, external IPs, load balancer IPs."""
    external = objects.spec_of(service).get("externalIPs") or ()
    return [*cluster_ips(service), *external, *load_balancer_ips(service)]


def node_ports(service: Object) -> list[int]:
    """Return the node ports the Service holds, its health check node port included."""
    spec = objects.spec_of(service)
    ports = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    if spec.get("healthCheckNodePort"):
        ports.append(spec["healthCheckNodePort"])
    return list(dict.fromkeys(ports))


def pod_ips(pod: Object) -> list[str]:
    """Return the pod's addresses."""
    status = objects.status_of(pod)
    found = [entry["ip"] for entry in status.get("podIPs") or () if entry.get("ip")]
    if not found and status.get("podIP"):
        found = [status["podIP"]]
    return found


def node_addresses(node: Object) -> list[str]:
    """Return the node's internal and external addresses."""
    addresses = objects.status_of(node).get("addresses") or ()
    return [a["address"] for a in addresses if a.get("type") in ("InternalIP", "ExternalIP")]


def record_terms(record: Object) -> tuple[str, ...]:
    """Return what makes two Events the same statement: the object and part, type, reason, message, component, host."""
    regarding = record.get("involvedObject") or {}
    source = record.get("source") or {}
    return (
        str(regarding.get("uid") or regarding.get("name") or ""),
        str(regarding.get("fieldPath") or ""),
        str(record.get("type") or ""),
        str(record.get("reason") or ""),
        str(record.get("message") or ""),
        str(source.get("component") or record.get("reportingComponent") or ""),
        str(source.get("host") or ""),
    )
