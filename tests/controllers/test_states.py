"""Named states and the endpoints they must have, reached by every way there is: what counts is the state, not the way."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest
import yaml

from app.cluster import clock, state
from app.engine import commands, execute
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster, contents

HERE = pathlib.Path(__file__).parent / "states"
ROWS = [row for path in sorted(HERE.glob("*.yaml")) for row in yaml.safe_load(path.read_text())]
NODES = {"node-a1": "zone-a", "node-a2": "zone-a", "node-b1": "zone-b"}
WORDS = {
    (True, True, False): "ready",
    (False, False, False): "unready",
    (False, True, True): "draining",
    (False, False, True): "leaving",
    (True, False, False): "listed",
    (True, False, True): "listed-leaving",
}

Step = Callable[[Cluster], object]
Chain = list[Step]
"""Steps that must keep their order: of one pod, or of one Service."""


def bare_cluster(mode: clock.TimeMode = clock.TimeMode.INSTANT) -> Cluster:
    cluster = Cluster(mode=mode, nodes=0)
    for name, zone in NODES.items():
        labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}
        cluster.say(
            commands.Create("you", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
        )
    return cluster


# --- from a row to steps -----------------------------------------------------------------------


def chains(row: Mapping[str, Any]) -> list[Chain]:
    return [*(service_chain(one) for one in row["services"]), *(pod_chain(one) for one in row["pods"])]


def service_chain(row: Mapping[str, Any]) -> Chain:
    spec = {name: value for name, value in row.items() if name != "name"}
    return [lambda cluster: create(cluster, "v1", "Service", {"name": row["name"]}, spec)]


def pod_chain(row: Mapping[str, Any]) -> Chain:
    spec: dict[str, Any] = {"containers": [{"name": "c", "image": "nginx", "ports": row.get("ports", [])}]}
    spec.update({name: row[name] for name in ("hostname", "subdomain") if name in row})
    spec["nodeName"] = row["node"]
    meta = {"name": row["name"], "labels": row["labels"]}
    key = Key("", "pods", "default", row["name"])
    chain: Chain = [lambda cluster: create(cluster, "v1", "Pod", meta, spec), lambda cluster: set_status(cluster, row)]
    if row.get("terminating"):
        chain.append(lambda cluster: cluster.say(commands.Delete("you", key)))
    return chain


def create(cluster: Cluster, version: str, kind: str, meta: Mapping[str, Any], spec: Mapping[str, Any]) -> Object:
    manifest = {"apiVersion": version, "kind": kind, "metadata": {**meta}, "spec": yaml.safe_load(yaml.safe_dump(spec))}
    made: Object = cluster.say(commands.Create("you", manifest))
    return made


def set_status(cluster: Cluster, row: Mapping[str, Any]) -> None:
    ready = "True" if row.get("ready", True) else "False"
    status: dict[str, Any] = {"phase": row.get("phase", "Running" if row.get("ip") else "Pending")}
    if row.get("ip"):
        status |= {"podIP": row["ip"], "podIPs": [{"ip": row["ip"]}]}
        status["conditions"] = [{"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-23T02:11:34Z"}]
    key = Key("", "pods", "default", row["name"])
    cluster.say(commands.Patch("you", key, {"status": status}, subresource="status"))


# --- the ways to get there ---------------------------------------------------------------------


def in_order(row: Mapping[str, Any]) -> Iterable[Step]:
    return [step for chain in chains(row) for step in chain]


def reversed_order(row: Mapping[str, Any]) -> Iterable[Step]:
    return [step for chain in reversed(chains(row)) for step in chain]


def interleaved(row: Mapping[str, Any]) -> Iterable[Step]:
    waiting = chains(row)
    while waiting:
        yield from [chain.pop(0) for chain in waiting]
        waiting = [chain for chain in waiting if chain]


def pods_first(row: Mapping[str, Any]) -> Iterable[Step]:
    found = chains(row)
    count = len(row["services"])
    return [step for chain in [*found[count:], *found[:count]] for step in chain]


def doubled(row: Mapping[str, Any]) -> Iterable[Step]:
    yield from in_order(row)
    for pod in row["pods"]:
        if not pod.get("terminating"):
            yield lambda cluster, pod=pod: set_status(cluster, pod)


def with_detours(row: Mapping[str, Any]) -> Iterable[Step]:
    """Every pod loses its labels and gets them back; every Service looks elsewhere for a while."""
    yield from in_order(row)
    for pod in row["pods"]:
        key = Key("", "pods", "default", pod["name"])
        gone = {"metadata": {"labels": dict.fromkeys(pod["labels"])}}
        yield lambda cluster, key=key, gone=gone: cluster.patch(key, gone)
        yield lambda cluster, key=key, pod=pod: cluster.patch(key, {"metadata": {"labels": pod["labels"]}})
    for service in row["services"]:
        if "selector" not in service or service.get("type") == "ExternalName":
            continue
        key = Key("", "services", "default", service["name"])
        elsewhere = {"spec": {"selector": {**dict.fromkeys(service["selector"]), "no": "body"}}}
        back = {"spec": {"selector": {**service["selector"], "no": None}}}
        yield lambda cluster, key=key, elsewhere=elsewhere: cluster.patch(key, elsewhere)
        yield lambda cluster, key=key, back=back: cluster.patch(key, back)


def emptied_between(row: Mapping[str, Any]) -> Iterable[Step]:
    """The slices and Endpoints that controllers made are deleted under their hands."""
    yield from in_order(row)
    yield delete_lists


def delete_lists(cluster: Cluster) -> None:
    for resource in (state.ENDPOINTSLICES, state.ENDPOINTS):
        for key in list(cluster.held.keys(resource, "default")):
            if key.name != "kubernetes":
                cluster.say(commands.Delete("you", key))


def strangers_come_and_go(row: Mapping[str, Any]) -> Iterable[Step]:
    """A pod that every selector takes comes before all others and leaves after them."""
    labels = {name: value for service in row["services"] for name, value in service.get("selector", {}).items()}
    stranger = {"name": "stranger", "labels": {**labels, "x": "y"}, "node": "node-a2", "ip": "10.244.2.99"}
    yield from pod_chain(stranger)
    yield from in_order(row)
    key = Key("", "pods", "default", "stranger")
    yield lambda cluster: cluster.say(commands.Delete("you", key, grace_seconds=0))


WAYS = (
    in_order,
    reversed_order,
    interleaved,
    pods_first,
    doubled,
    with_detours,
    emptied_between,
    strangers_come_and_go,
)


# --- what is there -----------------------------------------------------------------------------


def slices_shown(held: state.ClusterState) -> list[dict[str, Any]]:
    shown = []
    for found in held.list(state.ENDPOINTSLICES, "default"):
        labels = objects.labels_of(found)
        if objects.name_of(found) == "kubernetes":
            continue
        endpoints = {one["targetRef"]["name"]: one for one in found["endpoints"] or ()}
        shown.append(
            {
                "service": labels["kubernetes.io/service-name"],
                "ports": ports_shown(found["ports"] or ()),
                "endpoints": {name: word(one) for name, one in endpoints.items()},
                "headless": "service.kubernetes.io/headless" in labels,
                "hostnames": {name: one["hostname"] for name, one in endpoints.items() if "hostname" in one},
                "hints": {name: one["hints"] for name, one in endpoints.items() if "hints" in one},
            }
        )
    return ordered(shown)


def word(endpoint: Mapping[str, Any]) -> str:
    conditions = endpoint["conditions"]
    return WORDS[(conditions["ready"], conditions["serving"], conditions["terminating"])]


def ports_shown(ports: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(
        f"{p['name']}:{p['port']}/{p['protocol']}".lstrip(":") if p.get("name") else f"{p['port']}/{p['protocol']}"
        for p in ports
    )


def subsets_shown(held: state.ClusterState) -> dict[str, list[dict[str, Any]]]:
    shown = {}
    for found in held.list(state.ENDPOINTS, "default"):
        if objects.name_of(found) == "kubernetes":
            continue
        subsets = [
            {
                "ports": ports_shown(one.get("ports") or ()),
                "addresses": sorted(address["targetRef"]["name"] for address in one.get("addresses") or ()),
                "notReady": sorted(address["targetRef"]["name"] for address in one.get("notReadyAddresses") or ()),
            }
            for one in found.get("subsets") or ()
        ]
        shown[objects.name_of(found)] = ordered(subsets)
    return shown


def ordered(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda one: (one.get("service", ""), one["ports"]))


def slices_wanted(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    empty: dict[str, Any] = {"headless": False, "hostnames": {}, "hints": {}}
    return ordered([{**empty, **one, "ports": sorted(one["ports"])} for one in row["slices"]])


def subsets_wanted(row: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: ordered(
            [
                {
                    "ports": sorted(one["ports"]),
                    "addresses": sorted(one.get("addresses", ())),
                    "notReady": sorted(one.get("notReady", ())),
                }
                for one in subsets
            ]
        )
        for name, subsets in row["endpoints"].items()
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"].replace(" ", "-"))
def test_every_way_to_a_state_ends_in_its_endpoints(row: Mapping[str, Any], way: Any) -> None:
    cluster = bare_cluster()
    for step in way(row):
        step(cluster)
    assert slices_shown(cluster.held) == slices_wanted(row)
    assert subsets_shown(cluster.held) == subsets_wanted(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"].replace(" ", "-"))
def test_a_quiet_state_writes_nothing(row: Mapping[str, Any]) -> None:
    cluster = bare_cluster()
    for step in in_order(row):
        step(cluster)
    before, revision = contents(cluster.held), cluster.held.revision
    execute.resume(cluster.held)
    cluster.go_on()
    assert cluster.held.revision == revision
    assert contents(cluster.held) == before
