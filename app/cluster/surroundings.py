"""The world around a cluster: the ConfigMap kube-system/podlane, in which kubectl, undo and links carry it."""

from __future__ import annotations

import re

from app.cluster import state
from app.machinery import objects
from app.machinery.objects import Key

SETTINGS = Key("", "configmaps", "kube-system", "podlane")
OFF = frozenset({"false", "off", "none", "disabled", "ignored", "no"})
PROVISIONING = 4.0
"""Seconds a cloud takes to give a load balancer its address, unless told otherwise."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def setting(held: state.ClusterState, name: str) -> str:
    """Return a value of the ConfigMap, empty when absent."""
    return str(objects.dig(held.get(SETTINGS), "data", name) or "").strip()


def duration(text: str) -> float | None:
    """Read a duration such as "5s", "300ms" or "2m" as seconds; None when it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text.strip())
    return float(found[1]) * _UNITS[found[2]] if found else None


def provisioning(held: state.ClusterState) -> float | None:
    """Return how many seconds the cloud takes for a load balancer; None when there is no cloud.

    `loadBalancer` says `simulated`, `none` or a delay such as `30s`; without it the playground's own setting holds.
    """
    told = setting(held, "loadBalancer").lower()
    if told in OFF:
        return None
    if told:
        delay = duration(told)
        return PROVISIONING if delay is None else delay
    given = held.settings.get("load_balancer", "simulated") == "simulated" and held.settings.get("nodes") != 0
    return PROVISIONING if given else None


def cluster_domain(held: state.ClusterState) -> str:
    """Return the zone of the cluster's DNS."""
    return setting(held, "clusterDomain").strip(". ").lower() or "cluster.local"


def controller_delay(held: state.ClusterState) -> float:
    """Return how many seconds controllers let pass before they act on a change, 0 unless `controllerDelay` says so."""
    return duration(setting(held, "controllerDelay")) or 0.0
