"""Which zone each endpoint is hinted to when a Service asks for topology mode Auto: in proportion to the zones' CPU.

Mirrors staging/src/k8s.io/endpointslice/topologycache, release 1.36.

DIFFERS: hints are shared out anew each time, in the order of the endpoints; upstream leaves unchanged slices alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.cluster import state
from app.machinery import objects, quantities
from app.machinery.objects import Object

ANNOTATIONS = ("service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints")
ZONE = "topology.kubernetes.io/zone"
OVERLOAD = 0.2
ENABLED = "Topology Aware Hints has been enabled"
_NO_NODES = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
_ONE_ZONE = "Nodes only ready in one zone"
_NO_ZONE = "One or more endpoints do not have a zone specified"
_NOTHING = "No hints allocated for zones"
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def is_auto(service: Object) -> bool:
    """Say whether the Service asks for hints by annotation (hintsEnabled)."""
    annotations = objects.annotations_of(service)
    found = next((annotations[name] for name in ANNOTATIONS if name in annotations), "")
    return found in ("Auto", "auto")


@dataclass(frozen=True, slots=True)
class Shares:
    """The zones' shares of all CPU; `refusal` says why there are none."""

    of_zone: Mapping[str, float]
    refusal: str = ""


def shares(nodes: Iterable[Object]) -> Shares:
    """Add up the CPU of ready nodes by zone (SetNodes)."""
    cpus: dict[str, float] = {}
    for node in nodes:
        labels = objects.labels_of(node)
        if any(name in labels for name in _CONTROL_PLANE) or not objects.condition_is_true(node, "Ready"):
            continue
        zone, cpu = labels.get(ZONE), cpu_of(node)
        if not zone or not cpu:
            return Shares({}, _NO_NODES)
        cpus[zone] = cpus.get(zone, 0.0) + cpu
    if len(cpus) < 2:
        return Shares({}, _ONE_ZONE)
    total = sum(cpus.values())
    return Shares({zone: cpu / total for zone, cpu in cpus.items()})


def cpu_of(node: Object) -> float:
    """Return the node's allocatable CPU, 0 when it does not say."""
    found = objects.dig(node, "status", "allocatable", "cpu") or 0
    return 0.0 if quantities.complaint(found) else float(quantities.parse(found))


def counts(node: Object) -> tuple[str, bool, float, bool]:
    """Return what of a node the hints depend on."""
    labels = objects.labels_of(node)
    return (
        str(labels.get(ZONE) or ""),
        objects.condition_is_true(node, "Ready"),
        cpu_of(node),
        any(name in labels for name in _CONTROL_PLANE),
    )


def hinted(found: Shares, zones: Sequence[str]) -> tuple[list[str], str]:
    """Return the zone that each of the ready endpoints, of which these are the zones, is hinted to; or why none is."""
    if found.refusal:
        return [], found.refusal
    desired, refusal = _allocations(found.of_zone, len(zones))
    if refusal:
        return [], refusal
    if any(not zone for zone in zones):
        return [], _NO_ZONE
    own: dict[str, int] = {}
    for zone in zones:
        own[zone] = own.get(zone, 0) + 1
    giving, receiving = _moves(desired, own)
    hints: list[str] = []
    for zone in zones:
        taker = next((one for one, count in receiving.items() if count), "") if giving.get(zone) else ""
        if taker:
            giving[zone] -= 1
            receiving[taker] -= 1
        hints.append(taker or zone)
    return (hints, "") if hints else ([], _NOTHING)


def _allocations(ratios: Mapping[str, float], count: int) -> tuple[dict[str, float], str]:
    """Return how many endpoints each zone should have (getAllocations)."""
    if count < len(ratios):
        return {}, f"Insufficient number of endpoints ({count} endpoints, {len(ratios)} zones)"
    desired: dict[str, float] = {}
    left = count
    for zone, ratio in ratios.items():
        least = math.ceil(ratio * count / (1 + OVERLOAD))
        desired[zone] = max(ratio * count, least)
        left -= least
    if left < 0:
        return {}, (
            "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold "
            f"({count} endpoints, {len(ratios)} zones)"
        )
    return desired, ""


def _moves(desired: Mapping[str, float], own: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many endpoints zones give away and how many others get (getGivingAndReceivingZones)."""
    spare = {zone: own.get(zone, 0) - wanted for zone, wanted in desired.items() if own.get(zone, 0) > wanted}
    lack = {zone: wanted - own.get(zone, 0) for zone, wanted in desired.items() if own.get(zone, 0) < wanted}
    giving, receiving = dict.fromkeys(spare, 0), dict.fromkeys(lack, 0)
    while spare and lack:
        giver, taker = max(spare, key=spare.__getitem__), max(lack, key=lack.__getitem__)
        gives, takes = spare[giver], lack[taker]
        if (gives < 1.0 and takes < 1.0) or gives < 0.5 or takes < 0.5:
            break
        spare[giver] -= 1
        lack[taker] -= 1
        giving[giver] += 1
        receiving[taker] += 1
    return giving, receiving


def nodes_of(held: state.ClusterState) -> Shares:
    """Return the shares of the zones that the cluster has."""
    return shares(held.list(state.NODES))
