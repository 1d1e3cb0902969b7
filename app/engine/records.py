"""Kubernetes Event objects: equal statements are counted, only the newest are kept."""

from __future__ import annotations

from app.cluster import clock, state
from app.controllers import controller
from app.engine import run
from app.machinery import objects
from app.machinery.objects import Draft, Object

QUIET_OVER = 500
"""A command that has made more entries than this records Warnings only.

DIFFERS: upstream records all; thousands of equal Normal Events teach nothing and fill the journal.
"""


def record(under_way: run.Run, said: controller.Record, provoked_by: int) -> None:
    """Record what a controller says about an object: a new Event, or one more count of an equal one."""
    if said.type == "Normal" and len(under_way.entries) > QUIET_OVER:
        return
    held, env = under_way.state, under_way.env
    fresh = _event(said, env)
    known = held.records.get(state.record_terms(fresh))
    present = held.get(known) if known else None
    if known is not None and present is not None:
        counted: Draft = {
            **present,
            "count": int(present.get("count") or 1) + 1,
            "lastTimestamp": env.timestamp(),
        }
        under_way.write(known, counted, actor=said.component, provoked_by=provoked_by)
        return
    key = objects.Key("", "events", fresh["metadata"]["namespace"], fresh["metadata"]["name"])
    under_way.write(key, fresh, actor=said.component, provoked_by=provoked_by)
    if held.count(state.EVENTS) > run.EVENTS_KEPT:
        oldest = next(iter(held.keys(state.EVENTS)))
        under_way.write(oldest, None, actor=said.component, provoked_by=provoked_by)


def _event(said: controller.Record, env: clock.Env) -> Draft:
    regarding: Object = said.regarding
    name, namespace = objects.name_of(regarding), objects.namespace_of(regarding)
    now = env.timestamp()
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{name}.{env.rng.getrandbits(64):016x}",
            "namespace": namespace or "default",
            "uid": env.new_uid(),
            "creationTimestamp": now,
        },
        "involvedObject": {
            **({"fieldPath": said.part} if said.part else {}),
            "kind": regarding.get("kind"),
            "namespace": namespace,
            "name": name,
            "uid": objects.uid_of(regarding),
            "apiVersion": regarding.get("apiVersion"),
            "resourceVersion": objects.metadata(regarding).get("resourceVersion"),
        },
        "reason": said.reason,
        "message": said.message,
        "source": {"component": said.component, **({"host": said.host} if said.host else {})},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "type": said.type,
        "eventTime": None,
        "reportingComponent": said.component,
        "reportingInstance": said.host,
    }
