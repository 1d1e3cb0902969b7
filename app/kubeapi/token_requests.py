"""POST serviceaccounts/NAME/token: a token for whoever asks (pkg/registry/core/serviceaccount/storage/token.go, release 1.36).

It is written from the playground's secret and kept nowhere: asking adds no entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from app.cluster import clock, state
from app.kinds import tokens
from app.kinds.kind import Kind
from app.kubeapi import bodies, reading, status, writing
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, objects, schema, validation
from app.machinery.objects import Key, Object

KIND, API_VERSION = "TokenRequest", "authentication.k8s.io/v1"
_LONGEST = 2**32
_SHOWN = ("name", "namespace")


async def create(call: Call, target: Target, kind: Kind) -> Response:
    """Answer with a new token of the account."""
    found = await writing.body_of(call)
    asked = bodies.as_object(found if found is not None else {}, target, KIND, API_VERSION)
    schema.require(asked, strict=False)
    now = await reading.now(call)
    held = await call.host.read(call.playground)
    account = reading.present(held, target, kind)
    secret = held.settings.get(tokens.SETTING)
    if not secret:
        raise status.Refusal(501, "NotImplemented", "this playground was made before tokens: make a new one for them")
    spec = dict(objects.spec_of(asked))
    seconds = _seconds(spec)
    audiences = [str(one) for one in spec.get("audiences") or tokens.AUDIENCES]
    bound = _bound(held, target.namespace, spec.get("boundObjectRef"))
    token = tokens.issue(str(secret), account, tokens.Term(now, now + seconds, audiences, bound))
    answered: dict[str, Any] = {
        "kind": KIND,
        "apiVersion": API_VERSION,
        "metadata": {**{name: objects.metadata(account)[name] for name in _SHOWN}, "creationTimestamp": clock.timestamp(now)},
        "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
        "status": {"token": token, "expirationTimestamp": clock.timestamp(now + seconds)},
    }  # fmt: skip
    return reading.answer(answered, 201)


def _seconds(spec: Mapping[str, Any]) -> int:
    wanted = spec.get("expirationSeconds")
    seconds = tokens.DEFAULT_SECONDS if wanted is None else int(wanted)
    faults = []
    if seconds < tokens.SHORTEST_SECONDS:
        faults = ["may not specify a duration less than 10 minutes"]
    elif seconds > _LONGEST:
        faults = ["may not specify a duration larger than 2^32 seconds"]
    if faults:
        raise errors.Invalid(KIND, "", validation.invalid_each("spec.expirationSeconds", seconds, faults))
    return seconds


def _bound(held: state.ClusterState, namespace: str, reference: Mapping[str, Any] | None) -> Object | None:
    """Return the pod a token is to be bound to."""
    if not reference:
        return None
    if reference.get("kind") != "Pod":
        raise errors.BadRequest(f"cannot bind token to object of type {reference.get('kind')}: only to a Pod")
    name = str(reference.get("name") or "")
    pod = held.find(state.PODS, namespace, name)
    if pod is None:
        raise errors.not_found(Key(*state.PODS, namespace, name))
    if reference.get("uid") and reference["uid"] != objects.uid_of(pod):
        raise errors.Conflict(
            f'Operation cannot be fulfilled on pods "{name}": the UID in the bound object reference '
            f"({reference['uid']}) does not match the UID in record. "
            "The object might have been deleted and then recreated",
            details={"name": name, "kind": "pods"},
        )
    return pod
