"""Admission without the engine: default, prepare, validate, in a cluster that holds what a test puts there."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.cluster import clock, state
from app.kinds import kind, registry
from app.machinery import errors, objects, validation


@dataclass
class Cluster:
    """A state and what admission needs; `stored` puts objects in without asking."""

    held: state.ClusterState = field(default_factory=state.ClusterState)
    env: clock.Env = field(default_factory=lambda: clock.env_for(7, 1, 1_800_000_000.0, clock.TimeMode.INSTANT))
    warnings: list[str] = field(default_factory=list)

    def create(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Admit an object and store it; refused, it raises what the engine would raise."""
        draft, of_kind, admission = self._draft(obj)
        of_kind.default(draft)
        of_kind.prepare_create(draft, admission)
        faults = [
            *validation.validate_object_meta(draft["metadata"], of_kind.namespaced, of_kind.name_rule),
            *of_kind.validate(draft),
        ]
        return self._finish(of_kind, draft, faults, admission)

    def replace(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Admit an update and store it."""
        draft, of_kind, admission = self._draft(obj)
        key = of_kind.key_of(draft)
        old = self.held.get(key)
        assert old is not None
        if of_kind.has_status and "status" in old:
            draft["status"] = old["status"]
        of_kind.default(draft)
        of_kind.prepare_update(draft, old, admission)
        faults = [*of_kind.validate(draft), *of_kind.validate_update(draft, old)]
        return self._finish(of_kind, draft, faults, admission)

    def put(self, obj: Mapping[str, Any]) -> None:
        """Store an object as it is."""
        of_kind = registry.of(obj)
        key = of_kind.key_of(obj)
        self.held._index(key, self.held.get(key), dict(obj))

    def faults(self, obj: Mapping[str, Any]) -> list[str]:
        """Return the sentences with which creating is refused, none when it is not."""
        try:
            self.create(obj)
        except errors.Invalid as refusal:
            return [str(fault) for fault in refusal.field_errors]
        return []

    def update_faults(self, obj: Mapping[str, Any]) -> list[str]:
        """Return the sentences with which an update is refused."""
        try:
            self.replace(obj)
        except errors.Invalid as refusal:
            return [str(fault) for fault in refusal.field_errors]
        return []

    def _draft(self, obj: Mapping[str, Any]) -> tuple[dict[str, Any], kind.Kind, kind.Admission]:
        of_kind = registry.of(obj)
        draft = copy.deepcopy(dict(obj))
        draft["metadata"] = dict(draft.get("metadata") or {})
        if of_kind.namespaced:
            draft["metadata"].setdefault("namespace", "default")
        self.warnings = []
        return draft, of_kind, kind.Admission(self.held, self.env, self.warnings)

    def _finish(
        self, of_kind: kind.Kind, draft: dict[str, Any], faults: list[Any], admission: kind.Admission
    ) -> dict[str, Any]:
        if faults:
            raise errors.Invalid(of_kind.kind, objects.name_of(draft), faults)
        self.put(draft)
        return draft


@pytest.fixture
def cluster() -> Cluster:
    """An empty cluster with the kubernetes Service in it."""
    made = Cluster()
    made.put(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default"},
            "spec": {
                "clusterIP": "10.96.0.1",
                "clusterIPs": ["10.96.0.1"],
                "ports": [{"port": 443}],
                "type": "ClusterIP",
            },
        }
    )
    return made
