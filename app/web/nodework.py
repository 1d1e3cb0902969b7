"""What a node's inspector can do: cordon it, stop its kubelet, choose its kube-proxy's mode and delay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cluster import surroundings
from app.kinds import node
from app.machinery import objects
from app.machinery.objects import Key, Object
from app.web import equivalents, forms, inspected, words

STOPPED, SIMULATED = "stopped", "simulated"


def of(obj: Object) -> inspected.NodeWork:
    """Return what the inspector offers for a node."""
    notes = objects.annotations_of(obj)
    return inspected.NodeWork(
        is_open=not objects.spec_of(obj).get("unschedulable"),
        is_kubelet_stopped=notes.get(node.KUBELET) == STOPPED,
        mode=notes.get(node.KUBE_PROXY, ""),
        modes=node.PROXY_MODES,
        delay=notes.get(node.KUBE_PROXY_DELAY, ""),
        drain=f"kubectl drain {objects.name_of(obj)} --ignore-daemonsets --delete-emptydir-data --force",
    )


def schedulable(key: Key, *, is_open: bool) -> tuple[dict[str, Any], str]:
    """Return the patch that opens or closes a node, and its kubectl line."""
    line = f"kubectl {'uncordon' if is_open else 'cordon'} {key.name}"
    return {"spec": {"unschedulable": None if is_open else True}}, line


def kubelet(key: Key, *, is_stopped: bool) -> tuple[dict[str, Any], str]:
    """Return the patch that stops or starts a node's kubelet, and its kubectl line."""
    return _annotated(key, {node.KUBELET: STOPPED if is_stopped else SIMULATED})


def proxy(key: Key, obj: Object, form: forms.Form) -> tuple[dict[str, Any], str]:
    """Read the form of a node's kube-proxy; nothing is written of what already is so."""
    mode, delay = form.get("mode", ""), form.get("delay", "").strip()
    if mode not in node.PROXY_MODES:
        raise forms.Unreadable("mode", words.say("fields", "no_mode", modes=", ".join(node.PROXY_MODES)))
    if delay and delay != STOPPED and surroundings.duration(delay) is None:
        raise forms.Unreadable("delay", words.say("fields", "no_delay", word=delay))
    notes = objects.annotations_of(obj)
    wanted: dict[str, str | None] = {node.KUBE_PROXY: mode, node.KUBE_PROXY_DELAY: delay or None}
    changes = {name: value for name, value in wanted.items() if notes.get(name) != value}
    return _annotated(key, changes) if changes else ({}, "")


def _annotated(key: Key, changes: Mapping[str, str | None]) -> tuple[dict[str, Any], str]:
    return {"metadata": {"annotations": dict(changes)}}, equivalents.notes(key, changes)
