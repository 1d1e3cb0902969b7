"""Verbs that change workloads and nodes, typed into the real kubectl: its words, line by line, and what they do."""

import re
from pathlib import Path

import pytest

from tests.playground import Done, Playground
from tests.served import Served

# Each story is typed top to bottom into one playground: the line, what it prints (a pattern for the whole), its exit code.
Story = list[tuple[str, str, int]]

ROLLOUTS: Story = [
    ("create deployment d --image=nginx:1.27 --replicas=2", r"deployment.apps/d created\n", 0),
    ("rollout status deploy/d", r'deployment "d" successfully rolled out\n', 0),
    ("set image deploy/d nginx=nginx:1.28", r"deployment.apps/d image updated\n", 0),
    ("rollout status deploy/d", r'deployment "d" successfully rolled out\n', 0),
    (
        "rollout history deploy/d",
        r"deployment.apps/d \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n",
        0,
    ),
    (
        "rollout history deploy/d --revision=1",
        r"deployment.apps/d with revision #1\nPod Template:\n  Labels:\tapp=d\n\tpod-template-hash=\w+\n(.*\n)*"
        r"    Image:\tnginx:1.27\n(.*\n)*",
        0,
    ),
    ("rollout history deploy/d --revision=9", r"error: unable to find the specified revision\n", 1),
    ("rollout undo deploy/d", r"deployment.apps/d rolled back\n", 0),
    ("get deploy d -o jsonpath={.spec.template.spec.containers[0].image}", r"nginx:1.27", 0),
    (
        "rollout history deploy/d",
        r"deployment.apps/d \nREVISION  CHANGE-CAUSE\n2         <none>\n3         <none>\n\n",
        0,
    ),
    ("rollout undo deploy/d --to-revision=9", r"error: unable to find specified revision 9 in history\n", 1),
    ("rollout pause deploy/d", r"deployment.apps/d paused\n", 0),
    ("rollout pause deploy/d", r"error: deployments.apps \"d\" is already paused\n", 1),
    ("set env deploy/d A=b", r"deployment.apps/d env updated\n", 0),
    (
        "rollout status deploy/d --timeout=1s",
        r'(Waiting for deployment "d" rollout to finish: 0 out of 2 new replicas have been updated...\n)+'
        r"error: timed out waiting for the condition\n",
        1,
    ),
    ("rollout resume deploy/d", r"deployment.apps/d resumed\n", 0),
    ("rollout resume deploy/d", r"error: deployments.apps \"d\" is not paused\n", 1),
    ("rollout status deploy/d", r'deployment "d" successfully rolled out\n', 0),
    ("set env deploy/d --list", r"# Deployment d, container nginx\nA=b\n", 0),
    ("rollout restart deploy/d", r"deployment.apps/d restarted\n", 0),
    ("rollout status deploy/d", r'deployment "d" successfully rolled out\n', 0),
    (
        "get deploy d -o jsonpath={.spec.template.metadata.annotations}",
        r'{"kubectl.kubernetes.io/restartedAt":"20\d\d-.*"}',
        0,
    ),
    ("rollout status deploy/nope", r'Error from server \(NotFound\): deployments.apps "nope" not found\n', 1),
    ("get rs -l app=d --no-headers", r"(d-\w+ +0 +0 +0 +\w+\n){3}d-\w+ +2 +2 +2 +\w+\n|(d-\w+ .*\n){4}", 0),
]
SIZES: Story = [
    ("create deployment s --image=nginx", r"deployment.apps/s created\n", 0),
    ("scale deploy s --replicas=3", r"deployment.apps/s scaled\n", 0),
    ("get deploy s", r"NAME   READY   UP-TO-DATE   AVAILABLE   AGE\ns      3/3     3            3           \w+\n", 0),
    ("scale deploy/s --current-replicas=1 --replicas=2", r"error: Expected replicas to be 1, was 3\n", 1),
    ("scale deploy/s --current-replicas=3 --replicas=2", r"deployment.apps/s scaled\n", 0),
    ("scale deploy/nope --replicas=2", r'Error from server \(NotFound\): deployments.apps "nope" not found\n', 1),
    ("scale deploy s --replicas=-1", r"error: The --replicas=COUNT flag is required, and COUNT must be .*\n", 1),
    ("get pods -l app=s -o name", r"(pod/s-\w+-\w{5}\n){2}", 0),
    ("expose deploy s --port=80 --target-port=8080 --name=front", r"service/front exposed\n", 0),
    (
        "get svc front",
        r"NAME    TYPE        CLUSTER-IP +EXTERNAL-IP   PORT\(S\)   AGE\nfront   ClusterIP   10\.\S+ +<none> +80/TCP    \w+\n",
        0,
    ),
    (
        "expose deploy s --port=80 --name=front",
        r'Error from server \(AlreadyExists\): services "front" already exists\n',
        1,
    ),
    ("expose deploy s --port=80 --type=NodePort --name=out", r"service/out exposed\n", 0),
    ("get svc out -o jsonpath={.spec.type}:{.spec.ports[0].nodePort}", r"NodePort:3\d{4}", 0),
    ("set selector svc front app=other", r"service/front selector updated\n", 0),
    (
        "get endpoints front --no-headers",
        r"Warning: v1 Endpoints is deprecated in v1.33\+; use discovery.k8s.io/v1 EndpointSlice\nfront +<none> +\w+\n",
        0,
    ),
    ("run r --image=nginx --port=80 --expose", r"service/r created\npod/r created\n", 0),
    (
        "get pod r --show-labels --no-headers",
        r"r +1/1 +Running +0 +\w+ +run=r,topology.kubernetes.io/zone=zone-\w\n",
        0,
    ),
    ("expose pod r --port=81 --name=r2", r"service/r2 exposed\n", 0),
    ("label pod r tier=front", r"pod/r labeled\n", 0),
    ("label pod r tier=back", r"error: 'tier' already has a value \(front\), and --overwrite is false\n", 1),
    ("label pod r tier=back --overwrite", r"pod/r labeled\n", 0),
    ("label pod r tier-", r"pod/r unlabeled\n", 0),
    ("label pods --all seen=yes", r"(pod/\S+ labeled\n)+", 0),
    ("label pod r x=a_b/c", r"The Pod \"r\" is invalid: metadata.labels: Invalid value: .*\n|error: .*\n", 1),
    ("annotate svc front note=hello", r"service/front annotated\n", 0),
    ("annotate svc front note-", r"service/front annotated\n", 0),
]
NODES: Story = [
    ("cordon node-2", r"node/node-2 cordoned\n", 0),
    ("cordon node-2", r"node/node-2 already cordoned\n", 0),
    (
        "get nodes",
        r"NAME     STATUS +ROLES    AGE +VERSION\nnode-1   Ready +<none> .*\nnode-2   Ready,SchedulingDisabled   <none> .*\n",
        0,
    ),
    ("uncordon node-2", r"node/node-2 uncordoned\n", 0),
    ("taint node node-2 a=b:NoSchedule", r"node/node-2 tainted\n", 0),
    ("taint node node-2 a=b:NoSchedule", r"error: node node-2 already has a taint\(s\) with same effect\(s\) .*\n", 1),
    ("get node node-2 -o jsonpath={.spec.taints}", r'\[{"effect":"NoSchedule","key":"a","value":"b"}\]', 0),
    ("taint node node-2 a-", r"node/node-2 untainted\n", 0),
    ("taint node node-2 a-", r'error: taint "a" not found\n', 1),
    ('run lone --image=nginx --overrides={"spec":{"nodeName":"node-2"}}', r"pod/lone created\n", 0),
    (
        "drain node-2",
        r"node/node-2 cordoned\nerror: unable to drain node \"node-2\" due to error: cannot delete Pods that declare no "
        r"controller \(use --force to override\): (default/client, )?default/lone, continuing command...\nThere are pending nodes to be drained:\n"
        r" node-2\ncannot delete Pods that declare no controller \(use --force to override\): (default/client, )?default/lone\n",
        1,
    ),
    (
        "drain node-2 --force",
        r"Warning: deleting Pods that declare no controller: (default/client, )?default/lone\nnode/node-2 already cordoned\n"
        r"(evicting pod \S+\n)+(pod/\S+ evicted\n)+node/node-2 drained\n",
        0,
    ),
    ("get pods -A --field-selector spec.nodeName=node-2", r"No resources found\n", 0),
    ("uncordon node-2", r"node/node-2 uncordoned\n", 0),
    ("drain nope", r'Error from server \(NotFound\): nodes "nope" not found\n', 1),
]
DELETIONS: Story = [
    ("create deployment d --image=nginx --replicas=2", r"deployment.apps/d created\n", 0),
    ("delete deploy d --cascade=orphan", r'deployment.apps "d" deleted from default namespace\n', 0),
    ("get rs,pods -l app=d -o name", r"replicaset.apps/d-\w+\n(pod/d-\S+\n){2}", 0),
    ("get rs -l app=d -o jsonpath={.items[0].metadata.ownerReferences}", r"", 0),
    ("delete rs -l app=d --cascade=foreground", r'replicaset.apps "d-\w+" deleted from default namespace\n', 0),
    ("get pods -l app=d", r"No resources found in default namespace.\n", 0),
    ("create deployment e --image=nginx", r"deployment.apps/e created\n", 0),
    ("delete deploy e", r'deployment.apps "e" deleted from default namespace\n', 0),
    ("get pods -l app=e", r"No resources found in default namespace.\n", 0),
    ("run f --image=nginx", r"pod/f created\n", 0),
    ('patch pod f -p {"metadata":{"finalizers":["example.com/keep"]}}', r"pod/f patched\n", 0),
    (
        "delete pod f --timeout=2s",
        r'pod "f" deleted from default namespace\nerror: timed out waiting for the condition on pods/f\n',
        1,
    ),
    ("get pod f -o jsonpath={.metadata.finalizers}", r'\["example.com/keep"\]', 0),
    (
        'patch pod f --type=json -p [{"op":"remove","path":"/metadata/finalizers"}]',
        r"pod/f patched\n",
        0,
    ),
    ("get pod f", r'Error from server \(NotFound\): pods "f" not found\n', 1),
    ("run g --image=nginx", r"pod/g created\n", 0),
    ("delete pod g --grace-period=1", r'pod "g" deleted from default namespace\n', 0),
    ("run h --image=nginx", r"pod/h created\n", 0),
    ("delete pod h --now", r'pod "h" deleted from default namespace\n', 0),
    ("run i --image=nginx", r"pod/i created\n", 0),
    (
        "delete pod i --force --grace-period=0",
        r"Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
        r"The resource may continue to run on the cluster indefinitely.\npod \"i\" force deleted from default namespace\n",
        0,
    ),
    (
        "delete pods,svc -l app=client --dry-run=server",
        r'pod "client" deleted from default namespace \(server dry run\)\n',
        0,
    ),
    ("delete pods --all --dry-run=client", r'(pod "\S+" deleted from default namespace \(dry run\)\n)+', 0),
    ("delete svc nope", r'Error from server \(NotFound\): services "nope" not found\n', 1),
    ("delete svc nope --ignore-not-found", r"", 0),
    (
        "delete ns default",
        r'Error from server \(Forbidden\): namespaces "default" is forbidden: this namespace may not be deleted\n',
        1,
    ),
    ("create ns t", r"namespace/t created\n", 0),
    ("create deployment x -n t --image=nginx", r"deployment.apps/x created\n", 0),
    ("delete ns t", r'namespace "t" deleted\n', 0),
    ("get all -n t", r"No resources found in t namespace.\n", 0),
]
EVENTS: Story = [
    (
        "events --for pod/client",
        r"LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n(?s:.*)Normal +Scheduled +Pod/client +Successfully assigned default/client to node-\d\n(?s:.*)",
        0,
    ),
    (
        "get events --field-selector involvedObject.name=client,reason=Scheduled",
        r"LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\w+ +Normal +Scheduled +pod/client +Successfully assigned .*\n",
        0,
    ),
    ("events --types=Warning", r"No events found in default namespace.\n", 0),
    ("get events -n nope", r"No resources found in nope namespace.\n", 0),
]


@pytest.mark.parametrize(
    "story", [ROLLOUTS, SIZES, NODES, DELETIONS, EVENTS], ids=["rollouts", "sizes", "nodes", "deletions", "events"]
)
def test_kubectl_says_and_does_what_it_does_elsewhere(server: Served, tmp_path: Path, story: Story) -> None:
    playground = Playground(server.url, tmp_path, {"scenario": "first-steps", "time": "instant", "seed": 7})
    for line, says, code in story:
        done = playground.kubectl(*line.split(" "))
        assert re.fullmatch(says, printed(done)), (line, printed(done))
        assert done.returncode == code, (line, done)


def printed(done: Done) -> str:
    """What a terminal would show of a short run, without kubectl's own log lines (a watch that it ended itself)."""
    told = re.sub(r"(?m)^[IWE]\d{4} .*\n", "", done.stderr)
    return told + done.stdout if told.startswith("Warning:") else done.stdout + told
