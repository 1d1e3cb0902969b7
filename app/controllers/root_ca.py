"""Keeps the ConfigMap `kube-root-ca.crt` in every namespace (pkg/controller/certificates/rootcacertpublisher, release 1.36)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Draft, Key

NAME = "kube-root-ca.crt"
DESCRIPTION = "The CA by which pods recognise the API server at its in-cluster address; nothing else is promised."
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUE/HJ9TomRbtC5x7VdvpW8kFbYlwwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjMwOTE5NTNaGA8yMTI2MTAz
MDA5MTk1M1owFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABItss/cSRsw1UnN/ntQDkHmJ0Uo2Odx79B9gm+RG6YDn9YTf/XER
PyfDrWgm6AxSXAngJa3YgTshyHd5f4ArqCWjUzBRMB0GA1UdDgQWBBS1P9E/dbcx
uqfX0SkcrU0i3Q3DkjAfBgNVHSMEGDAWgBS1P9E/dbcxuqfX0SkcrU0i3Q3DkjAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIHAPL40pWDAqPgFLq4VW
O47mTpLadI0xlL+njxV+cZmxAiEApfgyO5B+RvOi6qzKRKtZGyydCdJxoCKeZkS8
xgOujNU=
-----END CERTIFICATE-----
"""
"""The public certificate of a CA whose key was thrown away: nothing in a playground is verified with it."""


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.NAMESPACES:
        return (key,)
    if key[:2] == state.CONFIGMAPS and key.name == NAME:
        return (Key(*state.NAMESPACES, "", key.namespace),)
    return ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    namespace = held.get(key)
    if namespace is None or objects.is_terminating(namespace):
        return ()
    present = held.find(state.CONFIGMAPS, key.name, NAME)
    if present is None:
        return (controller.Create(_published(key.name)),)
    if (present.get("data") or {}).get("ca.crt") != CERTIFICATE:
        mended = {**present, "data": {"ca.crt": CERTIFICATE}}
        return (controller.Update(Key(*state.CONFIGMAPS, key.name, NAME), mended),)
    return ()


def _published(namespace: str) -> Draft:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": DESCRIPTION},
        },
        "data": {"ca.crt": CERTIFICATE},
    }


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.NAMESPACES))


CONTROLLER = controller.Controller("root-ca-certificate-publisher", _interested, _reconcile, _every)
