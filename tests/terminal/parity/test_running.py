"""What runs besides Deployments, and objects named by files: typed into the terminal and into the real kubectl."""
# ruff: noqa: E501

from pathlib import Path

import pytest

from tests.playground import Playground
from tests.served import Served, served
from tests.terminal.parity import test_writes, typing

TEMPLATE = "template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: nginx}]}}"
CLAIMS = "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]"
STATEFUL = f"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec: {{serviceName: db, replicas: 2, selector: {{matchLabels: {{app: db}}}}, {TEMPLATE}, {CLAIMS}}}"
DAEMON = (
    STATEFUL.replace("StatefulSet", "DaemonSet")
    .replace("serviceName: db, replicas: 2, ", "")
    .replace(f", {CLAIMS}", "")
)
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [echo, hi]}]}}}"
STORED = """apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: fine}
spec: {controller: example.com/c}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: pdb}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}"""


def applied(text: str, verb: str = "apply") -> str:
    return f"kubectl {verb} -f - <<'EOF'\n{text}\nEOF"


def rolled(word: str) -> list[str]:
    return [
        f"kubectl rollout status {word}/db",
        f"kubectl rollout history {word}/db",
        f"kubectl rollout undo {word}/db",
        f"kubectl rollout restart {word}/db",
        f"kubectl rollout status {word} db",
        f"kubectl rollout history {word}/db",
        f"kubectl rollout history {word}/db --revision=1",
        f"kubectl rollout history {word} db --revision=2",
        f"kubectl rollout history {word} db --revision=9",
        f"kubectl rollout undo {word}/db --to-revision=9",
        f"kubectl rollout undo {word}/db --to-revision=2",
        f"kubectl rollout undo {word}/db",
        f"kubectl rollout history {word}/db",
        f"kubectl rollout pause {word}/db",
        f"kubectl describe {word} db",
    ]


SCENES = {
    "a StatefulSet": [applied(STATEFUL), "kubectl describe sts", *rolled("sts"), "kubectl describe pvc data-db-0", "kubectl scale sts db --replicas=1"],
    "a DaemonSet": [applied(DAEMON), "kubectl describe ds", *rolled("ds")],
    "a Job": [applied(JOB), "kubectl describe job j --show-events=false", "kubectl get job"],
    "kept kinds": [applied(STORED), "kubectl describe ingressclass fine", "kubectl describe pvc data", "kubectl describe pdb"],
    "a kind without words of its own": [applied(DAEMON), "kubectl describe controllerrevisions", "kubectl describe leases -n kube-node-lease"],
    "objects named by a file": [
        f"cat > db.yaml <<'EOF'\n{STATEFUL}\nEOF",
        "kubectl get -f db.yaml",
        "kubectl apply -f db.yaml",
        "kubectl get -f db.yaml",
        "kubectl get -f db.yaml -o name",
        "kubectl describe -f db.yaml",
        "kubectl label -f db.yaml tier=back",
        "kubectl annotate -f db.yaml note=x",
        "kubectl scale -f db.yaml --replicas=3",
        "kubectl rollout status -f db.yaml",
        applied(STATEFUL, "get"),
        applied(STATEFUL, "label") .replace(" <<", " tier=front --overwrite <<"),
        applied(STATEFUL, "delete"),
    ],
    "what one may do": ["kubectl auth can-i --list", "kubectl auth can-i --list --no-headers", "kubectl auth can-i --list -n kube-system"],
}  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_twins_fare_the_same(scene: str, tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as server:
        here, there = _twins(server, tmp_path)
        terminal = typing.Terminal(here)
        for line in SCENES[scene]:
            typed, really = terminal.type(line), typing.really(there, line)
            assert (line, test_writes.told(typed)) == (line, test_writes.told(really))


def _twins(server: Served, home: Path) -> tuple[Playground, Playground]:
    return Playground(server.url, home / "here", test_writes.TWIN), Playground(
        server.url, home / "there", test_writes.TWIN
    )
