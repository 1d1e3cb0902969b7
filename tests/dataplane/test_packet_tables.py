"""Packet tables in upstream's row format, through the rules a node prints and through the walk: both say the same.

The rows' columns are those of the packet-flow tests of pkg/proxy/iptables/proxier_test.go (release 1.36).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.cluster.state import ClusterState
from app.dataplane import asking, iptables_save, networks, nft_list, sending, ways
from app.dataplane.trace import Action
from app.dataplane.world import Chance, World
from tests.dataplane import clusters, nft_tracer
from tests.dataplane.iptables_tracer import Traced, Tracer, read

TABLES = clusters.load("packets")
RULES = frozenset({"-A KUBE-SERVICES", "-A KUBE-EXTERNAL-SERVICES", "-A KUBE-PROXY-FIREWALL"})


def as_described(described: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    return described


def backwards(described: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Pods and Services made in the opposite order."""
    turned = {name: list(reversed(described[name])) for name in ("pods", "services")}
    return {**described, **turned}


def alone(described: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only the Service that the packet is for, of all the Services."""
    return {**described, "services": [one for one in described["services"] if _is_meant(one, row)]}


def _is_meant(service: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    addresses = [service.get("clusterIP"), service.get("load_balancer"), *service.get("externalIPs", ())]
    return row["destIP"] in addresses or any(port.get("nodePort") == row["destPort"] for port in service["ports"])


def among_strangers(described: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """With Services beside them that select the same pods and take no part."""
    ports = [{"port": 80, "targetPort": 8080}]
    strangers = [
        {"name": f"stranger-{number}", "clusterIP": f"10.96.30.{number}", "selector": selector, "ports": ports}
        for number, selector in enumerate(({"app": "web"}, {"app": "near"}, {"app": "nobody"}), 1)
    ]
    return {**described, "services": [strangers[0], *described["services"], *strangers[1:]]}


EXPANDERS = (as_described, backwards, alone, among_strangers)
MODES = ("iptables", "nftables")


def rows() -> Iterator[Any]:
    for table in TABLES:
        for row, expander, mode in itertools.product(table["rows"], EXPANDERS, MODES):
            yield pytest.param(in_mode(table, mode), row, expander, id=f"{row['name']} {expander.__name__} {mode}")


def in_mode(table: Mapping[str, Any], mode: str) -> Mapping[str, Any]:
    return {**table, "mode": mode, "node_annotations": {n: {"podlane.dev/kube-proxy": mode} for n in table["nodes"]}}


def wanted(table: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[set[str], bool]:
    """What the row says, with what the mode has of its own."""
    said = {**row, **row.get(table["mode"], {})}
    return {text.strip() for text in said["output"].split(",")}, said["masq"]


def node_of(row: Mapping[str, Any]) -> str:
    return str(row.get("node", "node-1"))


# --- through the rules -------------------------------------------------------------------------


def through_the_rules(cluster: ClusterState, row: Mapping[str, Any]) -> list[Traced]:
    own = World(cluster, Chance(clusters.env())).proxy(node_of(row))
    local = frozenset({*own.addresses, "127.0.0.1"})
    packet = Traced(row.get("protocol", "TCP"), row["sourceIP"], row["destIP"], row["destPort"])
    if own.mode == "nftables":
        return nft_tracer.Tracer(nft_tracer.read(nft_list.listing(own)), local).trace(packet)
    tracer = Tracer(read(iptables_save.save(own)), local)
    found = tracer.trace(packet)
    assert not tracer.unknown
    return found


@pytest.mark.parametrize(("table", "row", "expander"), list(rows()))
def test_the_rules_treat_a_packet_as_its_row_says(
    table: Mapping[str, Any], row: Mapping[str, Any], expander: Any
) -> None:
    found = through_the_rules(clusters.build(expander(table, row)), row)
    assert ({one.output for one in found}, any(one.masqueraded for one in found)) == wanted(table, row)
    assert abs(sum(one.share for one in found) - 1.0) < 1e-6
    if len(found) > 1:
        assert max(one.share for one in found) - min(one.share for one in found) < 1e-6


# --- through the walk --------------------------------------------------------------------------


def origin(cluster: ClusterState, row: Mapping[str, Any]) -> dict[str, Any]:
    world, source = World(cluster, Chance(clusters.env())), row["sourceIP"]
    if world.node_at(source) or networks.LOOPBACK.holds(source):
        return {"from": {"node": world.node_at(source) or node_of(row)}}
    for pod in world.pods_at(source):
        return {"from": {"pod": f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"}}
    return {"from": {"external": source}, "via": {"node": node_of(row)}}


def through_the_walk(cluster: ClusterState, row: Mapping[str, Any]) -> tuple[set[str], bool, float]:
    to = f"{row.get('protocol', 'TCP').lower()}://{row['destIP']}:{row['destPort']}"
    world = sending.world_of(cluster, clusters.env(), explains=True)
    every = ways.walk_all(world, asking.parse({**origin(cluster, row), "to": to}))
    outputs, masqueraded = set(), False
    for way in every:
        assert way.result.trace is not None
        steps = [step for hop in way.result.trace.hops for step in hop.steps]
        moved = [step for step in steps if step.kind == "DNAT"]
        masqueraded |= any(_is_masqueraded(step) for step in steps)
        outputs.add(f"{moved[0].after.dst}:{moved[0].after.dport}" if moved else _filtered(steps[-1]))
    return outputs, masqueraded, sum(way.share for way in every)


def _is_masqueraded(step: Any) -> bool:
    """A node's own packet is masqueraded to the address it has already: the walk then says that the source is kept."""
    if step.kind != "Masquerade" or step.reason == "MasqueradedLeaving":
        return False
    return step.reason != "SourceKept" or networks.NODES.holds(step.before.src)


def _filtered(last: Any) -> str:
    is_filtered = last.rule.startswith(tuple(RULES)) or re.search(r"reject|drop", last.rule)
    if not is_filtered:
        return ""
    return "REJECT" if last.action is Action.REJECTED else "DROP"


@pytest.mark.parametrize(("table", "row", "expander"), list(rows()))
def test_the_walk_treats_it_the_same(table: Mapping[str, Any], row: Mapping[str, Any], expander: Any) -> None:
    cluster = clusters.build(expander(table, row))
    outputs, masqueraded, shares = through_the_walk(cluster, row)
    assert (outputs, masqueraded) == wanted(table, row)
    assert abs(shares - 1.0) < 1e-6
