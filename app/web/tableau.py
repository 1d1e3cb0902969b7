"""The table view: the same objects as the diagram, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.cluster import state
from app.kinds import KINDS
from app.lessons import cast
from app.machinery import objects
from app.machinery.objects import Object
from app.web import contexts, forms, marks, refs, summaries, words
from app.web.contexts import Cell, Table, TableRow
from app.web.inspected import Member

MOST_ROWS = 500
MOST_FOUND = 20


def tables(held: state.ClusterState, selected: str = "") -> contexts.Tables:
    """Return the tables, the system's own namespaces left out."""
    made = [_table(held, kind, selected) for kind in _CELLS]
    return contexts.Tables(tuple(table for table in made if table.rows or table.empty))


def _table(held: state.ClusterState, kind: str, selected: str) -> Table:
    resource, columns, cells = _CELLS[kind]
    found = [obj for obj in held.list(resource) if cast.is_own(obj)]
    rows = tuple(
        TableRow(refs.of(obj), refs.label(refs.of(obj)), tuple(cells(held, obj)), refs.of(obj) == selected)
        for obj in found[:MOST_ROWS]
    )
    title = next(k for k in KINDS if k.kind == kind).kind
    empty = words.lookup("empty", kind)
    return Table(f"{title}s", columns, rows, empty if empty != kind else "", max(0, len(found) - MOST_ROWS))


def _state(obj: Object) -> Cell:
    word, mark = marks.of(obj)
    return Cell(word, mark=mark)


def _labels(obj: Object) -> Cell:
    return Cell(forms.pairs_text(objects.labels_of(obj)) or "–", mono=True)


def _service(held: state.ClusterState, obj: Object) -> Iterator[Cell]:
    spec = objects.spec_of(obj)
    external = ", ".join([*state.load_balancer_ips(obj), *(spec.get("externalIPs") or ())])
    yield _state(obj)
    yield Cell(str(spec.get("clusterIP") or spec.get("externalName") or "–"), mono=True)
    yield Cell(external or "–", mono=bool(external))
    yield Cell(", ".join(_port(port) for port in spec.get("ports") or ()) or "–", mono=True)
    yield Cell(forms.pairs_text(spec.get("selector") or {}) or "–", mono=True)
    ready = sum(
        1
        for one in held.slices_of(objects.namespace_of(obj), objects.name_of(obj))
        for endpoint in one.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True) is not False
    )
    yield Cell(f"{ready} ready", mark="ok" if ready else "fail")


def _port(port: dict[str, object]) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node} → {port.get('targetPort', port.get('port'))}"


def _pod(held: state.ClusterState, obj: Object) -> Iterator[Cell]:
    yield _state(obj)
    yield Cell(", ".join(state.pod_ips(obj)) or "–", mono=True)
    yield Cell(str(objects.spec_of(obj).get("nodeName") or "–"))
    yield _labels(obj)
    yield Cell(summaries.age(held, obj))


def _workload(held: state.ClusterState, obj: Object) -> Iterator[Cell]:
    yield _state(obj)
    yield Cell(
        ", ".join(str(c.get("image")) for c in objects.dig(obj, "spec", "template", "spec", "containers") or ()),
        mono=True,
    )
    yield Cell(forms.pairs_text(state.equality_selector(obj) or {}) or "–", mono=True)


def _node(held: state.ClusterState, obj: Object) -> Iterator[Cell]:
    yield _state(obj)
    yield Cell(", ".join(state.node_addresses(obj)), mono=True)
    yield Cell(str(len(held.pods_on(objects.name_of(obj)))))


def _slice(held: state.ClusterState, obj: Object) -> Iterator[Cell]:
    yield Cell(objects.labels_of(obj).get(state.SERVICE_NAME_LABEL, "–"))
    yield _state(obj)
    yield Cell(", ".join(str(port.get("port")) for port in obj.get("ports") or ()) or "<unset>", mono=True)
    addresses = [a for endpoint in obj.get("endpoints") or () for a in endpoint.get("addresses") or ()]
    more = f" + {len(addresses) - 6} more" if len(addresses) > 6 else ""
    yield Cell(", ".join(addresses[:6]) + more or "–", mono=True)


def _namespace(held: state.ClusterState, obj: Object) -> Iterator[Cell]:
    yield _state(obj)
    yield Cell(str(sum(1 for _ in held.keys(state.PODS, objects.name_of(obj)))))


Cells = Callable[[state.ClusterState, Object], Iterator[Cell]]
_CELLS: dict[str, tuple[state.Resource, tuple[str, ...], Cells]] = {
    "Service": (state.SERVICES, ("type", "ClusterIP", "external IP", "ports", "selector", "endpoints"), _service),
    "Pod": (state.PODS, ("state", "IP", "node", "labels", "age"), _pod),
    "Deployment": (state.DEPLOYMENTS, ("state", "image", "selector"), _workload),
    "EndpointSlice": (state.ENDPOINTSLICES, ("Service", "state", "ports", "addresses"), _slice),
    "Node": (state.NODES, ("state", "address", "pods"), _node),
    "ReplicaSet": (state.REPLICASETS, ("state", "image", "selector"), _workload),
    "ReplicationController": (state.REPLICATION_CONTROLLERS, ("state", "image", "selector"), _workload),
    "Namespace": (state.NAMESPACES, ("state", "pods"), _namespace),
}


def search(held: state.ClusterState, query: str) -> contexts.Found:
    """Find objects whose kind, name, labels or addresses contain every word."""
    asked = query.lower().split()
    if not asked:
        return contexts.Found(query, (), 0)
    found: list[Object] = []
    for kind in KINDS:
        if kind.kind == "Event":
            continue
        for obj in held.list(kind.resource_key):
            text = _searchable(kind.kind, obj)
            if all(word in text for word in asked):
                found.append(obj)
    found.sort(key=lambda obj: _far_from(obj, asked[0]))
    members = tuple(_found(obj) for obj in found[:MOST_FOUND])
    return contexts.Found(query, members, max(0, len(found) - MOST_FOUND))


_SOUGHT = ("Service", "Deployment", "Pod", "Node", "Namespace", "EndpointSlice")


def _far_from(obj: Object, word: str) -> tuple[bool, bool, bool, int]:
    """Order what was found: one's own first, then by name, then by what people look for."""
    name, kind = objects.name_of(obj).lower(), str(obj.get("kind"))
    rank = _SOUGHT.index(kind) if kind in _SOUGHT else len(_SOUGHT)
    return (not cast.is_own(obj), name != word, not name.startswith(word), rank)


def _found(obj: Object) -> Member:
    line = summaries.member(obj)
    return Member(line.ref, refs.label(line.ref), line.detail, str(obj.get("kind")), line.mark)


def _searchable(kind: str, obj: Object) -> str:
    addresses = [*state.pod_ips(obj), *state.node_addresses(obj)]
    if kind == "Service":
        addresses += state.service_addresses(obj) + [str(port) for port in state.node_ports(obj)]
    labels = forms.pairs_text(objects.labels_of(obj))
    return f"{kind} {objects.namespace_of(obj)}/{objects.name_of(obj)} {labels} {' '.join(addresses)}".lower()
