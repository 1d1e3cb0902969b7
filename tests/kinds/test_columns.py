"""The cells of tables, to the character."""

from __future__ import annotations

from typing import Any

import pytest

from app.kinds import KINDS, columns, node, registry

MINUTE, HOUR, DAY = 60, 3600, 86400
YEAR = 365 * DAY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-0.5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (150, "2m30s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (8 * HOUR, "8h"),
        (47 * HOUR + 59 * MINUTE, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + 3 * HOUR, "2d3h"),
        (8 * DAY, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + 10 * DAY, "2y10d"),
        (8 * YEAR + 10 * DAY, "8y"),
    ],
)
def test_ages_are_written_as_kubectl_writes_them(seconds: float, text: str) -> None:
    assert columns.human_duration(seconds) == text


def shown(obj: dict[str, Any], now: float = 0.0) -> list[Any]:
    return [column.cell(obj, now) for column in registry.of(obj).columns]


def endpoints(*subsets: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}, "subsets": list(subsets)}


def points(*ips: str) -> list[dict[str, str]]:
    return [{"ip": ip} for ip in ips]


@pytest.mark.parametrize(
    ("subsets", "cell"),
    [
        ((), "<none>"),
        (({"notReadyAddresses": points("10.0.0.1"), "ports": [{"port": 80}]},), ""),
        (({"addresses": points("10.0.0.1", "10.0.0.2"), "ports": [{"port": 80}]},), "10.0.0.1:80,10.0.0.2:80"),
        (
            ({"addresses": points("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"), "ports": [{"port": 80}]},),
            "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...",
        ),
    ],
)  # fmt: skip
def test_endpoints_show_the_ready_addresses(subsets: tuple[dict[str, Any], ...], cell: str) -> None:
    assert shown(endpoints(*subsets))[1] == cell


@pytest.mark.parametrize(
    ("ports", "found", "cells"),
    [
        (None, [], ["<unset>", "<unset>"]),
        ([{"port": 8080}], [{"addresses": ["10.0.0.1"]}], ["8080", "10.0.0.1"]),
        ([{"port": None}], [{"addresses": [f"10.0.0.{i}"]} for i in range(1, 6)], ["*", "10.0.0.1,10.0.0.2,10.0.0.3 + 2 more..."]),
    ],
)  # fmt: skip
def test_slices_show_all_addresses(ports: Any, found: list[Any], cells: list[str]) -> None:
    obj = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "web-1"},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": found,
    }
    assert shown(obj)[2:4] == cells


def test_an_own_node_is_ready() -> None:
    made = node.make_node(1, "zone-a", 1_767_225_600.0)
    assert shown(made)[:3] == ["node-1", "Ready", "<none>"]
    assert shown(made)[5:7] == ["10.0.0.11", "<none>"]


@pytest.mark.parametrize(
    ("ready", "unschedulable", "word"),
    [("True", True, "Ready,SchedulingDisabled"), ("False", False, "NotReady"), ("Unknown", False, "NotReady"), (None, False, "Unknown")],
)  # fmt: skip
def test_a_nodes_status_is_one_word(ready: str | None, unschedulable: bool, word: str) -> None:
    conditions = [] if ready is None else [{"type": "Ready", "status": ready}]
    obj = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n", "labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/a": ""}},
        "spec": {"unschedulable": unschedulable},
        "status": {"conditions": conditions},
    }
    assert shown(obj)[1:3] == [word, "a,worker"]


def test_an_event_shows_what_it_is_about() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p"},
        "source": {"component": "kubelet", "host": "node-1"},
        "type": "Normal",
        "reason": "Started",
        "message": "Container started\n",
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:01:00Z",
        "count": 2,
    }
    assert shown(obj, 1_767_225_690.0) == [
        "30s", "Normal", "Started", "pod/p", "", "kubelet, node-1", "Container started", "90s", 2, "e",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_can_be_shown_however_bare(kind: Any) -> None:
    obj = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x"}}
    cells = [column.cell(obj, 0.0) for column in kind.columns]
    assert "x" in cells
    assert kind.help.endswith(".")


def test_a_revision_names_its_owner_with_the_group() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "u", "controller": True}
    obj = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r", "ownerReferences": [owner]}}
    assert shown(obj)[1] == "statefulset.apps/web"
