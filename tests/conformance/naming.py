"""Stable names for what a cluster allocates or makes up: addresses, node ports, uids, times, random suffixes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

STRIPPED = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink")
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PATTERNS = (
    (r"(?<=\s)(<invalid>|(\d+d)?(\d+h)?(\d+m)?\d+(\.\d+)?s)(?=\s|$)", "<age>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
)


class Names:
    """The names given so far in one scenario; what its manifests themselves say keeps its own."""

    def __init__(self, namespace: str, said: str) -> None:
        self.namespace = namespace
        self.said = set(re.findall(r"[0-9a-f:.]+", said))
        self.given: dict[tuple[str, str], str] = {}

    def learn(self, services: Iterable[Mapping[str, Any]]) -> None:
        """Names what these Services were allocated."""
        for service in sorted(services, key=lambda one: str(one["metadata"]["name"])):
            spec = service["spec"]
            for ip in spec.get("clusterIPs") or ():
                if ip not in ("None", ""):
                    self._name("clusterIPv6" if ":" in ip else "clusterIP", ip)
            for port in spec.get("ports") or ():
                self._name("nodePort", str(port.get("nodePort") or ""))
            self._name("healthCheckNodePort", str(spec.get("healthCheckNodePort") or ""))

    def _name(self, kind: str, value: str) -> None:
        if value and value not in self.said and (kind, value) not in self.given:
            number = 1 + sum(1 for known, _ in self.given if known == kind)
            self.given[kind, value] = f"<{kind}-{number}>"

    def text(self, shown: str) -> str:
        """Puts names into a text."""
        shown = shown.replace(self.namespace, "test-ns")
        for (kind, value), name in sorted(self.given.items(), key=lambda row: -len(row[0][1])):
            edges = (r"(?<![0-9.:a-f])", r"(?![0-9.:])") if "IP" in kind else (r"(?<![0-9.])", r"(?![0-9.])")
            shown = re.sub(edges[0] + re.escape(value) + edges[1], name, shown)
        for pattern, name in _PATTERNS:
            shown = re.sub(pattern, name, shown)
        return shown

    def value(self, found: Any) -> Any:
        """Puts names into every text and node port of a JSON value."""
        if isinstance(found, dict):
            return {name: self.value(child) for name, child in found.items()}
        if isinstance(found, list):
            return [self.value(child) for child in found]
        if isinstance(found, str):
            return self.text(found)
        if isinstance(found, int) and not isinstance(found, bool):
            ports = (self.given.get((kind, str(found))) for kind in ("nodePort", "healthCheckNodePort"))
            return next(filter(None, ports), found)
        return found

    def snapshot(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Writes an object of a snapshot: without what is never twice the same, its parts in a fixed order."""
        meta = {name: value for name, value in obj["metadata"].items() if name not in STRIPPED}
        annotations = {
            k: v for k, v in (meta.pop("annotations", None) or {}).items() if k not in (TRIGGER, LAST_APPLIED)
        }
        if annotations:
            meta["annotations"] = annotations
        if "deletionTimestamp" in meta:
            meta["deletionTimestamp"] = "<time>"
        if meta.get("ownerReferences"):
            meta["ownerReferences"] = [_without_uid(one) for one in meta["ownerReferences"]]
        if meta.get("generateName") and meta["name"].startswith(meta["generateName"]):
            meta["name"] = f"{meta['generateName']}<rand>"
        made = {**obj, "metadata": meta}
        if "addressType" in made:
            made["endpoints"] = sorted(map(_with_bare_target, made.get("endpoints") or ()), key=_endpoint_place)
            if made.get("ports") is not None:
                made["ports"] = sorted(made["ports"], key=lambda one: (one.get("name") or "", one.get("port") or 0))
        if made.get("subsets"):
            made["subsets"] = sorted((_subset(one) for one in made["subsets"]), key=_subset_place)
        named: dict[str, Any] = self.value(made)
        return named


def _without_uid(reference: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reference.items() if name != "uid"}


def _with_bare_target(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    target = endpoint.get("targetRef")
    return {**endpoint, "targetRef": _without_uid(target)} if target else dict(endpoint)


def _endpoint_place(endpoint: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    return str((endpoint.get("targetRef") or {}).get("name") or ""), endpoint["addresses"]


def _subset(subset: Mapping[str, Any]) -> dict[str, Any]:
    lists = {
        name: [_with_bare_target(one) for one in subset[name]]
        for name in ("addresses", "notReadyAddresses")
        if name in subset
    }
    return {**subset, **lists}


def _subset_place(subset: Mapping[str, Any]) -> str:
    return json.dumps(subset, sort_keys=True)
