"""What a click shows as its kubectl line does the same: clicked in one playground, typed in its twin."""

import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import Playground, call
from tests.served import Served, served
from tests.terminal.parity import typing

TWIN = {"scenario": "first-steps", "time": "instant", "seed": 7}
NODE = "Node//node-1"
POD, SERVICE, DEPLOYMENT = "Pod/default/client", "Service/default/web", "Deployment/default/web"
CLICKS = [
    ("scale", {"ref": DEPLOYMENT, "replicas": "5"}, "kubectl scale deployment web --replicas=5"),
    ("scale", {"ref": DEPLOYMENT, "step": "-1"}, "kubectl scale deployment web --replicas=2"),
    ("labels", {"ref": POD, "text": "app=client, tier=front"}, "kubectl label pod client topology.kubernetes.io/zone- tier=front --overwrite"),
    ("labels", {"ref": POD, "text": ""}, "kubectl label pod client app- topology.kubernetes.io/zone-"),
    ("selector", {"ref": SERVICE, "text": "app=web,tier=x"}, "kubectl set selector service web app=web,tier=x"),
    ("selector", {"ref": SERVICE, "text": "tier=x"}, "kubectl set selector service web tier=x"),
    ("selector", {"ref": SERVICE, "text": ""}, "kubectl patch service web --type=merge -p '{\"spec\":{\"selector\":null}}'"),
    ("ports", {"ref": SERVICE, "type": "NodePort", "port-0": "81", "target-0": "80"}, "kubectl patch service web --type=merge -p "),
    ("ready", {"ref": POD, "ready": "false"}, "kubectl annotate pod client podlane.dev/ready=false --overwrite"),
    ("node", {"ref": NODE, "open": "false"}, "kubectl cordon node-1"),
    ("node", {"ref": NODE, "kubelet": "stopped"}, "kubectl annotate node node-1 podlane.dev/kubelet=stopped --overwrite"),
    ("proxy", {"ref": NODE, "mode": "ipvs", "delay": ""}, "kubectl annotate node node-1 podlane.dev/kube-proxy=ipvs --overwrite"),
    (
        "proxy",
        {"ref": NODE, "mode": "nftables", "delay": "2s"},
        "kubectl annotate node node-1 podlane.dev/kube-proxy=nftables podlane.dev/kube-proxy-delay=2s --overwrite",
    ),
    ("delete", {"ref": POD}, "kubectl delete pod client"),
    ("delete", {"ref": "Node//node-2"}, "kubectl delete node node-2"),
    ("add/namespace", {"name": "shop"}, "kubectl create namespace shop"),
    (
        "add/pod",
        {"name": "p", "namespace": "default", "image": "busybox", "command": "sleep 60", "labels": "app=p"},
        "kubectl run p --image=busybox --labels=app=p --command -- sleep 60",
    ),
    (
        "add/deployment",
        {"name": "api", "namespace": "default", "image": "nginx:1.27", "replicas": "2", "labels": "app=api", "container_port": "80"},
        "kubectl create deployment api --image=nginx:1.27 --replicas=2 --port=80",
    ),
    (
        "add/deployment",
        {"name": "api", "namespace": "default", "image": "nginx", "replicas": "1", "labels": "a=b"},
        "kubectl create -f - <<'EOF'\napiVersion: apps/v1\n",
    ),
    (
        "add/service",
        {"name": "s", "namespace": "default", "type": "ClusterIP", "selector": "app=web", "port": "80", "target": "80"},
        "kubectl create -f - <<'EOF'\napiVersion: v1\nkind: Service\n",
    ),
    (
        "add/ingress",
        {"name": "shop", "namespace": "default", "ingress_class": "", "host": "shop.example", "path": "/", "service": "web", "port": "80"},
        "kubectl create -f - <<'EOF'\napiVersion: networking.k8s.io/v1\nkind: Ingress\n",
    ),
    (
        "add/policy",
        {"name": "guard", "namespace": "default", "guards": "app=web", "way": "both", "allowed": "app=client", "allowed_port": "80"},
        "kubectl create -f - <<'EOF'\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n",
    ),
    ("add/policy", {"name": "guard", "way": "Ingress"}, "kubectl create -f - <<'EOF'\napiVersion: networking.k8s.io/v1\n"),
    ("add/node", {"zone": "zone-c"}, "kubectl create -f - <<'EOF'\napiVersion: v1\nkind: Node\n"),
    ("apply", {"text": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b\n"}, "kubectl apply -f - <<'EOF'\n"),
    ("requests", {"source": "pod:default/client", "to": "http://web", "count": "1"}, "kubectl exec client -- curl -s http://web"),
    (
        "requests",
        {"source": "pod:default/client", "to": "http://web", "count": "10", "host": "shop.example"},
        "for i in $(seq 10); do kubectl exec client -- curl -s -H 'Host: shop.example' http://web; done",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("clicks") / "podlane.db") as running:
        yield running


def clicked(ground: Playground, path: str, form: dict[str, str]) -> str:
    """Posts a form as the page does; returns the line it shows."""
    headers = {
        "Authorization": f"Bearer {ground.made['edit_key']}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urllib.parse.urlencode(form).encode()
    done = call(f"{ground.url}/p/{ground.id}/{path}", "POST", body, headers)
    assert done.status == 204, done
    told = json.loads(done.headers.get("hx-trigger", "{}"))
    return str((told.get("podlane:command") or {}).get("line", ""))


@pytest.mark.parametrize(("path", "form", "line"), CLICKS, ids=[f"{row[0]} {row[2][:40]}" for row in CLICKS])
def test_a_click_shows_the_line_that_does_the_same(
    server: Served, tmp_path: Path, path: str, form: dict[str, str], line: str
) -> None:
    here, there = Playground(server.url, tmp_path / "here", TWIN), Playground(server.url, tmp_path / "there", TWIN)
    shown = clicked(here, path, form)
    assert shown.startswith(line)
    done = typing.Terminal(there).type(shown)
    assert done.code == 0, done
    if not line.startswith("for "):
        assert requests_of(here) == requests_of(there)
    assert contents(here) == contents(there)


def contents(ground: Playground) -> str:
    """Everything a playground holds, without what differs from twin to twin."""
    kinds = "pods,svc,deploy,nodes,cm,endpointslices,ns,ingress,netpol"
    paths = (
        *(
            ".kind",
            ".metadata.name",
            ".metadata.labels",
            ".spec.type",
            ".spec.selector",
            ".spec.ports",
            ".spec.replicas",
        ),
        *(".spec.template.spec.containers[*].name", ".spec.containers[*].name", ".spec.containers[*].image"),
        *(".endpoints[*].conditions.ready", ".data", ".spec.unschedulable", ".spec.rules"),
        *(".spec.podSelector", ".spec.policyTypes", ".spec.ingress", ".spec.egress"),
        *(
            rf".metadata.annotations.podlane\.dev/{name}"
            for name in ("ready", "kubelet", "kube-proxy", "kube-proxy-delay")
        ),
    )
    columns = ",".join(f"C{place}:{path}" for place, path in enumerate(paths))
    table = typing.really(ground, f"kubectl get {kinds} -A --no-headers -o custom-columns='{columns}'").stdout
    words = (" ".join(line.split()) for line in table.splitlines())
    return "\n".join(sorted(re.sub(r"-[a-z0-9]{5}\b", "-x", line) for line in words))


def requests_of(ground: Playground) -> int:
    """How many requests a playground's history has."""
    page = call(f"{ground.url}/p/{ground.id}", headers={"Authorization": f"Bearer {ground.made['edit_key']}"})
    return page.body.decode().count('"request":')
