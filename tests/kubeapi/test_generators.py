"""Every generator of the real `kubectl create`: its protobuf body is stored, and its YAML applies to the same object."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.playground import Playground

# What is typed after `kubectl create`, the object it makes, and what that must hold.
ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("namespace team", "namespace/team", {"status": {"phase": "Active"}}),
    ("configmap c --from-literal=a=b --from-literal=empty=", "configmap/c", {"data": {"a": "b", "empty": ""}}),
    ("configmap f --from-file=bin", "configmap/f", {"binaryData": {"bin": "AP8="}}),
    ("secret generic s --from-literal=user=me", "secret/s", {"type": "Opaque", "data": {"user": "bWU="}}),
    ("secret tls t --cert=tls.crt --key=tls.key", "secret/t", {"type": "kubernetes.io/tls"}),
    (
        "secret docker-registry d --docker-server=r.example --docker-username=u --docker-password=p",
        "secret/d",
        {"type": "kubernetes.io/dockerconfigjson"},
    ),
    (
        "service clusterip ci --tcp=80:8080",
        "service/ci",
        {"spec": {"type": "ClusterIP", "ports": [{"name": "80-8080", "port": 80, "targetPort": 8080}]}},
    ),
    ("service clusterip none --clusterip=None", "service/none", {"spec": {"clusterIP": "None"}}),
    (
        "service nodeport np --tcp=443 --node-port=30443",
        "service/np",
        {"spec": {"type": "NodePort", "ports": [{"name": "443", "port": 443, "nodePort": 30443}]}},
    ),
    ("service loadbalancer lb --tcp=80:http", "service/lb", {"spec": {"ports": [{"targetPort": "http"}]}}),
    ("service externalname en --external-name=a.example", "service/en", {"spec": {"externalName": "a.example"}}),
    (
        "deployment d --image=nginx --replicas=0 --port=80",
        "deployment/d",
        {"spec": {"replicas": 0, "selector": {"matchLabels": {"app": "d"}}}},
    ),
    ("serviceaccount bot", "serviceaccount/bot", {}),
    (
        "ingress i --class=nginx --rule=a.example/x*=web:80,tls=cert --default-backend=web:http",
        "ingress/i",
        {
            "spec": {
                "ingressClassName": "nginx",
                "defaultBackend": {"service": {"name": "web", "port": {"name": "http"}}},
                "tls": [{"hosts": ["a.example"], "secretName": "cert"}],
                "rules": [
                    {
                        "host": "a.example",
                        "http": {
                            "paths": [
                                {
                                    "path": "/x",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "web", "port": {"number": 80}}},
                                }
                            ]
                        },
                    }
                ],
            }
        },
    ),
    ("cronjob cj --image=busybox --schedule=*/5_*_*_*_* -- date", "cronjob/cj", {"spec": {"schedule": "*/5 * * * *"}}),
    ("job j --image=busybox -- date -u", "job/j", {"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}),
    ("job from --from=cronjob/cj", "job/from", {"metadata": {"annotations": {"cronjob.kubernetes.io/instantiate": "manual"}}}),
    (
        "role r --verb=get,list --resource=services,deployments.apps --resource-name=web",
        "role/r",
        {"rules": [{"verbs": ["get", "list"], "resources": ["services"], "resourceNames": ["web"]}, {"apiGroups": ["apps"]}]},
    ),
    ("clusterrole cr --verb=get --non-resource-url=/healthz", "clusterrole/cr", {"rules": [{"nonResourceURLs": ["/healthz"]}]}),
    (
        "clusterrole agg --aggregation-rule=team=a",
        "clusterrole/agg",
        {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"team": "a"}}]}},
    ),
    (
        "rolebinding rb --role=r --user=jane --serviceaccount=default:bot --group=devs",
        "rolebinding/rb",
        {"roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User"}, {"kind": "Group"}, {"name": "bot"}]},
    ),
    ("clusterrolebinding crb --clusterrole=cr --user=jane", "clusterrolebinding/crb", {"roleRef": {"name": "cr"}}),
    ("quota q --hard=pods=3,services=1 --scopes=BestEffort", "quota/q", {"spec": {"hard": {"pods": "3", "services": "1"}}}),
    (
        "poddisruptionbudget pdb --selector=app=web --min-available=50%",
        "pdb/pdb",
        {"spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}}},
    ),
    ("poddisruptionbudget zero --selector=app=web --max-unavailable=0", "pdb/zero", {"spec": {"maxUnavailable": 0}}),
    (
        "priorityclass pc --value=0 --description=low --preemption-policy=Never",
        "priorityclass/pc",
        {"value": 0, "preemptionPolicy": "Never", "description": "low"},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def playground(first_steps: Playground) -> Playground:
    (first_steps.home / "bin").write_bytes(b"\x00\xff")
    for name, text in (("tls.crt", CERTIFICATE), ("tls.key", KEY)):
        (first_steps.home / name).write_text(text)
    return first_steps


def arguments(line: str, home: Path) -> list[str]:
    """What is typed, blanks within a word as underscores; files are in the home folder."""
    words = [word.replace("_", " ") for word in line.split()]
    return [
        f"{option}={home / name}"
        if (option := word.partition("=")[0]) in FILES and (name := word.partition("=")[2])
        else word
        for word in words
    ]


FILES = ("--from-file", "--cert", "--key")


def holds(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(holds(found.get(name), inner) for name, inner in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(holds, found, wanted))
    return bool(found == wanted)


MADE_ANEW = ("clusterIP", "clusterIPs", "selector", "template", "jobTemplate")


def lasting(obj: dict[str, Any]) -> dict[str, Any]:
    """The object without what differs from one making to the next."""
    meta = {name: obj["metadata"][name] for name in ("name", "namespace", "labels") if name in obj["metadata"]}
    spec = {name: value for name, value in obj.get("spec", {}).items() if name not in MADE_ANEW}
    spec["ports"] = [{k: v for k, v in port.items() if k != "nodePort"} for port in spec.get("ports", [])]
    return {
        **{name: value for name, value in obj.items() if name not in ("metadata", "status")},
        "metadata": meta,
        "spec": spec,
    }


@pytest.mark.parametrize(("line", "made", "wanted"), ROWS, ids=[row[0] for row in ROWS])
def test_what_kubectl_create_makes_is_what_it_says(
    playground: Playground, line: str, made: str, wanted: dict[str, Any]
) -> None:
    typed = arguments(line, playground.home)
    before_command = typed.index("--") if "--" in typed else len(typed)
    dry = playground.kubectl(
        "create", *typed[:before_command], "--dry-run=server", "-o", "name", *typed[before_command:]
    )
    assert dry.returncode == 0, dry.stderr
    assert playground.kubectl("get", made).returncode == 1
    created = playground.kubectl("create", *typed)
    assert created.returncode == 0, created.stderr
    found = json.loads(playground.kubectl("get", made, "-o", "json").stdout)
    assert holds(found, wanted), found

    written = playground.kubectl(
        "create", *typed[:before_command], "--dry-run=client", "-o", "yaml", *typed[before_command:]
    )
    assert written.returncode == 0, written.stderr
    if made.startswith("job/"):
        return  # its template cannot be changed, and carries the labels of the first making
    assert playground.kubectl("delete", made, "--wait=true").returncode == 0
    applied = playground.kubectl("apply", "-f", "-", typed=written.stdout)
    assert applied.returncode == 0, applied.stderr
    again = json.loads(playground.kubectl("get", made, "-o", "json").stdout)
    assert lasting(again) == lasting(found)


CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUaGhNEFDX8gBp4tAuip78+6O9d5EwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYS5leGFtcGxlMCAXDTI2MTEyNTE2MTMxOVoYDzIxMjYxMTAx
MTYxMzE5WjAUMRIwEAYDVQQDDAlhLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS+XNT+inN8XvsdXV088SmQGU2Gg4zPC29jemiFzdbTTK+DhXcSxdnv
c0LxGO/yiqd0zt/zzYoZ07d6HA8OWbT1o1MwUTAdBgNVHQ4EFgQUrqGmPKGc1IZa
VdIi1CpU0NRheMYwHwYDVR0jBBgwFoAUrqGmPKGc1IZaVdIi1CpU0NRheMYwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAQFW0CjMHnjgqmNsoDjPiw
1NodtNjbRTQf4yx9W06jCQIhAJLzuprtcvtGQ1frHg7tNNnTOki90WI/ah1JaE38
aogb
-----END CERTIFICATE-----
"""
KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghTyGiBzc2eP1XXrv
23KXg0JNyeR2rOCIf+/4G30LZkmhRANCAAS+XNT+inN8XvsdXV088SmQGU2Gg4zP
C29jemiFzdbTTK+DhXcSxdnvc0LxGO/yiqd0zt/zzYoZ07d6HA8OWbT1
-----END PRIVATE KEY-----
"""
"""Of a certificate that nobody trusts: kubectl only checks that the two belong together."""
