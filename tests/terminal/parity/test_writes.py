"""Lines that change things, typed into the page's terminal of one playground and into the real kubectl of its twin."""
# ruff: noqa: E501

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import Playground
from tests.served import Served, served
from tests.terminal.parity import typing

SCENES = {
    "a Deployment is made, exposed and shown": [
        "kubectl create deployment api --image=nginx --replicas=2",
        "kubectl get deploy,rs,pods -l app=api",
        "kubectl expose deployment api --port=80",
        "kubectl expose deployment api --name=api2 --port=8080 --target-port=80 --type=NodePort",
        "kubectl get svc -o wide",
        "kubectl get svc api -o yaml",
        "kubectl describe svc api2",
        "kubectl describe deploy api",
        "kubectl expose deployment api --port=80",
        "kubectl create deployment api --image=nginx",
    ],
    "Services of every type": [
        "kubectl create service clusterip cip --tcp=80:8080 --tcp=443",
        "kubectl create service nodeport np --tcp=80 --node-port=30090",
        "kubectl create service loadbalancer lb --tcp=80",
        "kubectl create service externalname en --external-name=example.com",
        "kubectl create svc clusterip hl --clusterip=None",
        "kubectl get svc",
        "kubectl describe svc cip lb en np",
        "kubectl describe svc en",
        "kubectl describe svc lb",
        "kubectl describe svc hl",
        "kubectl create service nodeport np2 --tcp=80 --node-port=30090",
        "kubectl create service nodeport np3 --tcp=80 --node-port=1",
    ],
    "a namespace and what is in it": [
        "kubectl create namespace shop",
        "kubectl create configmap cm1 --from-literal=a=b -n shop",
        "kubectl get cm -n shop cm1 -o yaml",
        "kubectl describe cm cm1 -n shop",
        "kubectl create sa robot -n shop",
        "kubectl get cm,sa -n shop",
        "kubectl delete ns shop",
        "kubectl get ns",
        "kubectl create ns 'Bad_Name'",
        "kubectl create namespace default",
    ],
    "stored kinds": [
        "kubectl create secret generic s1 --from-literal=a=b",
        "kubectl describe secret s1",
        "kubectl create ingress i --rule='a.b/c*=web:80' --rule='a.b/d=nope:80'",
        "kubectl describe ingress i",
        "kubectl get ingress,secret",
    ],
    "pods are run": [
        "kubectl run tmp --image=busybox --restart=Never -- sleep 3600",
        "kubectl get pod tmp -o yaml",
        "kubectl describe pod tmp",
        "kubectl run rr --image=nginx --port=80 --expose",
        "kubectl describe svc rr",
        "kubectl run e --image=nginx --env=A=b --labels=x=y,z=1",
        "kubectl get pods --show-labels",
        "kubectl delete pod tmp",
        "kubectl delete pod/rr svc/rr",
        "kubectl run tmp",
        "kubectl delete pod tmp",
    ],
    "labels": [
        "kubectl label pod client tier=front",
        "kubectl label pod client tier=back --overwrite",
        "kubectl label pod client tier=back",
        "kubectl label pod client tier-",
        "kubectl label pod client tier-",
        "kubectl label pods -l app=web x=y",
        "kubectl label pods --all z=1",
        "kubectl label node node-1 disk=ssd",
        "kubectl label svc web a=b c=d -o name",
        "kubectl get pods --show-labels",
        "kubectl label pod client app=other",
        "kubectl label pod client 'bad key=1'",
    ],
    "annotations": [
        "kubectl annotate pod client podlane.dev/ready=false",
        "kubectl get pods",
        "kubectl describe svc web",
        "kubectl annotate pod client podlane.dev/ready=true --overwrite",
        "kubectl annotate pod client podlane.dev/ready-",
        "kubectl annotate svc web a=b c-",
        "kubectl annotate svc web a=c",
    ],
    "a broken and mended readiness": [
        "kubectl annotate pods -l app=web podlane.dev/ready=false",
        "kubectl get ep web",
        "kubectl describe svc web",
        "kubectl describe endpointslices",
        "kubectl exec client -- curl -sS http://web",
        "kubectl annotate pods -l app=web podlane.dev/ready-",
        "kubectl get endpointslices",
    ],
    "scale": [
        "kubectl scale deployment web --replicas=5",
        "kubectl scale deploy/web --replicas=2",
        "kubectl scale deploy web --current-replicas=2 --replicas=3",
        "kubectl get deploy",
        "kubectl scale deploy web --current-replicas=9 --replicas=3",
        "kubectl scale deploy --all --replicas=1",
        "kubectl get deploy,rs",
    ],
    "a rollout": [
        "kubectl set image deployment/web nginx=nginx:1.28",
        "kubectl set image deployment/web nginx=nginx:1.28",
        "kubectl set image deploy/web '*=nginx:1.29'",
        "kubectl rollout status deploy/web",
        "kubectl rollout history deploy/web",
        "kubectl rollout history deploy/web --revision=2",
        "kubectl rollout undo deploy/web",
        "kubectl rollout history deploy/web",
        "kubectl rollout undo deploy/web --to-revision=1",
        "kubectl rollout history deploy/web",
        "kubectl get rs",
        "kubectl rollout undo deploy/web --to-revision=9",
    ],
    "a rollout that waits": [
        "kubectl rollout pause deploy/web",
        "kubectl set image deploy/web nginx=nginx:1.28",
        "kubectl get rs",
        "kubectl rollout resume deploy/web",
        "kubectl get rs",
        "kubectl rollout pause deploy/web",
        "kubectl rollout pause deploy/web",
        "kubectl rollout undo deploy/web",
        "kubectl rollout restart deploy/web",
        "kubectl rollout resume deploy/web",
        "kubectl rollout resume deploy/web",
    ],
    "a restart": ["kubectl rollout restart deploy/web", "kubectl rollout status deploy/web", "kubectl get deploy,svc"],
    "environment": [
        "kubectl set env deploy/web COLOR=blue SIZE=1",
        "kubectl set env deploy/web --list",
        "kubectl set env deploy/web SIZE-",
        "kubectl describe deploy web --show-events=false",
        "kubectl exec deploy/web -- env | grep COLOR",
    ],
    "a selector that matches something else": [
        "kubectl set selector svc web app=api",
        "kubectl get endpointslices",
        "kubectl describe svc web",
        "kubectl set selector svc web app=web,tier=x",
        "kubectl get ep web",
        'kubectl patch svc web -p \'{"spec":{"selector":{"tier":null}}}\'',
        'kubectl patch svc web -p \'{"spec":{"selector":{"tier":null}}}\'',
        "kubectl get ep web",
    ],
    "patches": [
        'kubectl patch svc web --type=json -p \'[{"op":"replace","path":"/spec/ports/0/targetPort","value":8080}]\'',
        'kubectl patch svc web --type=merge -p \'{"metadata":{"labels":{"q":"r"}}}\'',
        "kubectl patch deploy web -p 'spec: {replicas: 1}'",
        "kubectl get svc web -o yaml",
        "kubectl exec client -- curl -sS http://web",
        "kubectl patch svc web --type=frob -p '{}'",
        'kubectl patch svc web -p \'{"spec":{"ports":[{"port":99999}]}}\'',
        'kubectl patch svc web --type=json -p \'[{"op":"remove","path":"/spec/nope"}]\'',
        "kubectl patch svc web -p '{\"spec\":'",
    ],
    "apply": [
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: s\\nspec:\\n  selector: {app: web}\\n  ports:\\n  - port: 80\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: s\\nspec:\\n  selector: {app: web}\\n  ports:\\n  - port: 80\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: s\\nspec:\\n  selector: {app: web}\\n  ports:\\n  - port: 81\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: s\\nspec:\\n  ports:\\n  - port: 81\\n' | kubectl apply -f - --dry-run=server",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: s\\nspec:\\n  ports:\\n  - port: 81\\n' | kubectl apply -f - --dry-run=client",
        "kubectl get svc s -o yaml",
    ],
    "apply to what was made otherwise": [
        "kubectl create service clusterip api --tcp=81",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: api\\nspec:\\n  selector: {app: api}\\n  ports:\\n  - port: 81\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: api\\nspec:\\n  selector: {app: api}\\n  ports:\\n  - port: 81\\n' | kubectl apply -f -",
    ],
    "apply of what is wrong": [
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: bad\\nspec:\\n  ports:\\n  - port: 80\\nselector:\\n  app: web\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: bad\\nspec:\\n  ports: []\\n  type: NodePort\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: s\\nspec:\\n  ports:\\n  - port: 0\\n' | kubectl apply -f -",
        "printf 'kind: Service\\nmetadata:\\n  name: bad\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nmetadata:\\n  name: bad\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: Service\\n\\tmetadata:\\n' | kubectl apply -f -",
        "printf '' | kubectl apply -f -",
        "kubectl get svc",
    ],
    "files": [
        "printf 'apiVersion: v1\\nkind: Namespace\\nmetadata:\\n  name: n2\\n---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c\\n  namespace: n2\\ndata:\\n  a: b\\n' | kubectl apply -f -",
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c\\n  namespace: n2\\n' | kubectl apply -n shop -f -",
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c3\\ndata:\\n  a: b\\n' | kubectl create -f -",
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c3\\ndata:\\n  a: b\\n' | kubectl create -f -",
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c3\\ndata:\\n  a: c\\n' | kubectl replace -f -",
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c9\\ndata:\\n  a: c\\n' | kubectl replace -f -",
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: c3\\n' | kubectl delete -f -",
        "kubectl delete ns n2",
        "kubectl delete ns n2",
        "cat > svc.yaml <<'EOF'\napiVersion: v1\nkind: Service\nmetadata:\n  name: filed\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\nEOF\nkubectl apply -f svc.yaml",
        "kubectl apply -f svc.yaml",
        "kubectl delete -f svc.yaml",
        "kubectl apply -f - <<EOF\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: here\nEOF",
        "kubectl apply -f nope.yaml",
    ],
    "nodes": [
        "kubectl cordon node-1",
        "kubectl cordon node-1",
        "kubectl get nodes",
        "kubectl describe node node-1",
        "kubectl uncordon node-1",
        "kubectl uncordon node/node-1",
        "kubectl taint nodes node-1 dedicated=db:NoSchedule",
        "kubectl taint nodes node-1 dedicated=x:NoSchedule --overwrite",
        "kubectl describe node node-1",
        "kubectl taint nodes node-1 dedicated-",
        "kubectl taint nodes node-1 dedicated=db:NoSchedule",
        "kubectl taint nodes node-1 dedicated=db:NoSchedule",
        "kubectl taint nodes node-1 nope:NoSchedule-",
    ],
    "drain": [
        "kubectl drain node-1",
        "kubectl get nodes",
        "kubectl uncordon node-1",
        "kubectl drain node-1 --dry-run=client --force",
    ],
    "deletion": [
        "kubectl delete pods -l app=web --wait=false",
        "kubectl get deploy",
        "kubectl delete pod client --force --grace-period=0",
        "kubectl delete svc web --dry-run=client",
        "kubectl delete svc web --dry-run=server",
        "kubectl delete svc web -o name",
        "kubectl delete deploy --all",
        "kubectl delete deploy --all",
        "kubectl get all",
        "kubectl delete svc,cm -l nope=1",
        "kubectl delete svc web nope",
    ],
    "the namespace of the context": [
        "kubectl create ns shop",
        "kubectl config set-context --current --namespace=shop",
        "kubectl create configmap here --from-literal=a=b",
        "kubectl get cm",
        "kubectl get svc",
        "kubectl get svc -n default",
        "kubectl config set-context --current --namespace default",
        "kubectl get svc",
    ],
    "waiting": [
        "kubectl scale deploy web --replicas=4",
        "kubectl wait --for=condition=Available deploy/web --timeout=10s",
        "kubectl wait --for=jsonpath='{.status.readyReplicas}'=4 deploy/web",
        "kubectl delete pod client --wait=false",
        "kubectl wait --for=delete pod/client --timeout=10s",
        "kubectl wait --for=condition=Ready pod -l app=web --timeout=5s",
        "kubectl wait --for=create svc/web",
        "kubectl wait --for=condition=Frob deploy/web --timeout=1s",
    ],
    "a run that is attached": [
        "kubectl run once --image=busybox --restart=Never --rm -i -- echo hello",
        "kubectl get pods",
    ],
}
TWIN = {"scenario": "first-steps", "time": "instant", "seed": 7}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("writes") / "podlane.db") as running:
        yield running


@pytest.mark.parametrize("scene", SCENES)
def test_twins_fare_the_same(server: Served, tmp_path: Path, scene: str) -> None:
    here = Playground(server.url, tmp_path / "here", TWIN)
    there = Playground(server.url, tmp_path / "there", TWIN)
    terminal = typing.Terminal(here)
    for line in SCENES[scene]:
        assert (line, told(terminal.type(line))) == (line, told(typing.really(there, line)))
    if scene in ("a restart", "drain"):
        return  # The moment of a restart is in its pods' names; kubectl evicts in an order of its own.
    everything = "kubectl get all,cm,secrets,sa,ingress,endpointslices -A -o wide"
    assert settled(typing.really(here, everything)) == settled(typing.really(there, everything))


def settled(printed: typing.Printed) -> typing.Printed:
    """Leave out where equal pods run too.

    A ReplicaSet that shrinks ranks its pods by their age in whole seconds. Twins do not cross a second at the same
    line, so they may keep different ones of equal pods, and what comes after is placed elsewhere.
    """
    shape = told(printed)
    text = re.sub(r"\b10\.244\.\d+\.\d+\b", "POD-IP", shape.stdout)
    text = re.sub(r"(?m)^(.*-xxxxx .*)\bnode-\d+\b", r"\1NODE", text)
    return typing.Printed(re.sub(r" +", " ", text), shape.stderr, shape.code).unordered()


def told(printed: typing.Printed) -> typing.Printed:
    """Leave out what chance gave: which of equal pods was named, placed or evicted first; equal events."""
    shape = printed.shape()
    text = re.sub(r"(?m)^  (?:Normal|Warning) +\w+ +AGE .*\n", "", shape.stdout)
    text = re.sub(r"\b(\w[\w.-]*-[0-9a-f]{6,10})-[a-z0-9]{5}\b", r"\1-xxxxx", text)
    text = re.sub(r"podlane-[a-z0-9]{18}", "podlane-ID", text)
    evicted = re.compile(r"evicting pod |pod/.* evicted")
    lines = text.splitlines(keepends=True)
    if any(evicted.match(line) for line in lines):
        lines.sort()
    return typing.Printed("".join(lines), shape.stderr, shape.code)
