"""Every command this kubectl knows: what runs it, its flags, and a line that shows it. docs/terminal.md is written from here.

DIFFERS: in the page, `-h` is one sentence with an example, go-template output and kustomizations are left to the real
kubectl, and what needs a machine of one's own (port-forward, cp, a shell without a command) is answered with what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from app.terminal.kubectl import about, api, changing, get, making, manifests, rollouts, running, waiting
from app.terminal.kubectl.describing import describe
from app.terminal.kubectl.flags import Flag, Given, parse, switch, text
from app.terminal.kubectl.kube import Kube

Run = Callable[[Kube, Given], Awaitable[int]]
RunWithFiles = Callable[[Kube, Given, Mapping[str, str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, what it does in a sentence, its flags, an example."""

    words: tuple[str, ...]
    says: str
    example: str
    flags: tuple[Flag, ...] = ()
    run: Run | None = None
    with_files: RunWithFiles | None = None
    aliases: tuple[str, ...] = ()
    group: str = "Objects"

    @property
    def name(self) -> str:
        """The command as it is typed."""
        return " ".join(("kubectl", *self.words))


async def _create(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    if given.words:
        raise api.usage("kubectl create", f"Unexpected args: [{' '.join(given.words)}]")
    if not given.list("filename"):
        raise api.error("must specify one of -f and -k")
    return await manifests.create(kubectl, given, files)


def _service(kind: str) -> Run:
    async def run(kubectl: Kube, given: Given) -> int:
        return await making.service(kubectl, given, kind)

    return run


COMMANDS: tuple[Command, ...] = (
    Command(("get",), "Show objects.", "kubectl get pods -o wide", get.FLAGS, get.get, group="Looking"),
    Command(("describe",), "Show an object, what belongs to it, and its events.", "kubectl describe service web", describe.FLAGS, describe.describe, group="Looking"),
    Command(("explain",), "Say what a kind or a field is.", "kubectl explain service.spec.selector", (switch("recursive"), text("api-version"), text("output", default="plaintext")), about.explain, group="Looking"),
    Command(("events",), "List what happened.", "kubectl events --for pod/client", about.EVENTS_FLAGS, about.events, group="Looking"),
    Command(("logs",), "Show what a container printed.", "kubectl logs deploy/web --tail=20", running.LOGS_FLAGS, running.logs, group="Inside pods"),
    Command(("exec",), "Run a command in a pod.", "kubectl exec client -- curl -s http://web", running.EXEC_FLAGS, running.execute, group="Inside pods"),
    Command(("run",), "Start a pod.", "kubectl run tmp --image=busybox --restart=Never -- sleep 3600", making.RUN_FLAGS, making.run, group="Making"),
    Command(("expose",), "Put a Service before pods.", "kubectl expose deployment web --name=web-2 --port=80", making.EXPOSE_FLAGS, making.expose, group="Making"),
    Command(("create",), "Create the objects of a file or of pasted text.", "kubectl create -f -", manifests.FILES, None, _create, group="Making"),
    Command(("create", "namespace"), "Create a namespace.", "kubectl create namespace shop", making.BASE, making.namespace, aliases=("ns",), group="Making"),
    Command(("create", "deployment"), "Create a Deployment.", "kubectl create deployment api --image=nginx --replicas=2", making.DEPLOYMENT_FLAGS, making.deployment, aliases=("dep", "deploy"), group="Making"),
    Command(("create", "service", "clusterip"), "Create a ClusterIP Service.", "kubectl create service clusterip api --tcp=80:8080", making.SERVICE_FLAGS["clusterip"], _service("clusterip"), group="Making"),
    Command(("create", "service", "nodeport"), "Create a NodePort Service.", "kubectl create service nodeport api --tcp=80", making.SERVICE_FLAGS["nodeport"], _service("nodeport"), group="Making"),
    Command(("create", "service", "loadbalancer"), "Create a LoadBalancer Service.", "kubectl create service loadbalancer api --tcp=80", making.SERVICE_FLAGS["loadbalancer"], _service("loadbalancer"), group="Making"),
    Command(("create", "service", "externalname"), "Create an ExternalName Service.", "kubectl create service externalname db --external-name=db.example.com", making.SERVICE_FLAGS["externalname"], _service("externalname"), group="Making"),
    Command(("create", "configmap"), "Create a ConfigMap.", "kubectl create configmap settings --from-literal=color=blue", making.CONFIG_FLAGS, None, making.config_map, ("cm",), "Making"),
    Command(("create", "secret", "generic"), "Create a Secret.", "kubectl create secret generic login --from-literal=user=ann", making.CONFIG_FLAGS, None, making.secret, group="Making"),
    Command(("create", "serviceaccount"), "Create a ServiceAccount.", "kubectl create serviceaccount robot", making.BASE, making.service_account, aliases=("sa",), group="Making"),
    Command(("create", "ingress"), "Create an Ingress.", "kubectl create ingress shop --rule='shop.example/*=web:80'", making.INGRESS_FLAGS, making.ingress, aliases=("ing",), group="Making"),
    Command(("create", "job"), "Create a Job.", "kubectl create job once --image=busybox -- date", making.DEPLOYMENT_FLAGS, making.job, group="Making"),
    Command(("apply",), "Make the cluster hold what a manifest says.", "kubectl apply -f -", manifests.APPLY_FLAGS, None, manifests.apply, group="Making"),
    Command(("replace",), "Put an object in the place of the one there is.", "kubectl replace -f -", manifests.REPLACE_FLAGS, None, manifests.replace, group="Changing"),
    Command(("delete",), "Delete objects.", "kubectl delete pod client", manifests.DELETE_FLAGS, None, manifests.delete, group="Changing"),
    Command(("edit",), "Open an object in the page's YAML editor.", "kubectl edit service web", (*manifests.FILES,), manifests.edit, group="Changing"),
    Command(("label",), "Write labels.", "kubectl label pod client tier=front", changing.LABEL_FLAGS, changing.label, group="Changing"),
    Command(("annotate",), "Write annotations.", "kubectl annotate pod client podlane.dev/ready=false", changing.LABEL_FLAGS, changing.annotate, group="Changing"),
    Command(("scale",), "Set how many replicas there are.", "kubectl scale deployment web --replicas=5", changing.SCALE_FLAGS, changing.scale, group="Changing"),
    Command(("patch",), "Change fields by a patch.", "kubectl patch service web -p '{\"spec\":{\"type\":\"NodePort\"}}'", changing.PATCH_FLAGS, changing.patch, group="Changing"),
    Command(("set", "image"), "Give containers another image.", "kubectl set image deployment/web nginx=nginx:1.28", changing.SET_FLAGS, changing.set_image, group="Changing"),
    Command(("set", "selector"), "Give a Service another selector.", "kubectl set selector service web app=web", changing.SET_FLAGS, changing.set_selector, group="Changing"),
    Command(("set", "env"), "Write environment variables.", "kubectl set env deployment/web COLOR=blue", changing.SET_FLAGS, changing.set_env, group="Changing"),
    Command(("rollout", "status"), "Say how far a rollout has come.", "kubectl rollout status deployment/web", rollouts.STATUS_FLAGS, rollouts.status, group="Rollouts"),
    Command(("rollout", "history"), "List a workload's revisions.", "kubectl rollout history deployment/web", rollouts.HISTORY_FLAGS, rollouts.history, group="Rollouts"),
    Command(("rollout", "undo"), "Go back to an earlier revision.", "kubectl rollout undo deployment/web", rollouts.UNDO_FLAGS, rollouts.undo, group="Rollouts"),
    Command(("rollout", "restart"), "Replace all pods, one after the other.", "kubectl rollout restart deployment/web", rollouts.FLAGS, rollouts.restart, group="Rollouts"),
    Command(("rollout", "pause"), "Let template changes wait.", "kubectl rollout pause deployment/web", rollouts.FLAGS, rollouts.pause, group="Rollouts"),
    Command(("rollout", "resume"), "Let them take effect again.", "kubectl rollout resume deployment/web", rollouts.FLAGS, rollouts.resume, group="Rollouts"),
    Command(("wait",), "Wait for a condition, a field or a deletion.", "kubectl wait --for=condition=Ready pod/client", waiting.FLAGS, waiting.wait, group="Rollouts"),
    Command(("cordon",), "Close a node for new pods.", "kubectl cordon node-1", about.DRAIN_FLAGS, changing.cordon, group="Nodes"),
    Command(("uncordon",), "Open a node again.", "kubectl uncordon node-1", about.DRAIN_FLAGS, changing.uncordon, group="Nodes"),
    Command(("drain",), "Close a node and evict its pods.", "kubectl drain node-1 --ignore-daemonsets --force", about.DRAIN_FLAGS, about.drain, group="Nodes"),
    Command(("taint",), "Write taints.", "kubectl taint nodes node-1 dedicated=db:NoSchedule", changing.LABEL_FLAGS, changing.taint, group="Nodes"),
    Command(("auth", "can-i"), "Ask whether you may do something.", "kubectl auth can-i create pods", (switch("list"), switch("quiet", "q"), switch("all-namespaces", "A"), text("subresource"), switch("no-headers")), about.can_i, group="Cluster"),
    Command(("auth", "whoami"), "Say who you are to the server.", "kubectl auth whoami", (text("output", "o"),), about.whoami, group="Cluster"),
    Command(("api-resources",), "List what the server serves.", "kubectl api-resources", about.RESOURCES_FLAGS, about.api_resources, group="Cluster"),
    Command(("api-versions",), "List the API versions.", "kubectl api-versions", (), about.api_versions, group="Cluster"),
    Command(("version",), "Print the versions.", "kubectl version", (switch("client"), text("output", "o")), about.version, group="Cluster"),
    Command(("cluster-info",), "Say where the control plane is.", "kubectl cluster-info", (), about.cluster_info, group="Cluster"),
    Command(("config", "get-contexts"), "List the contexts.", "kubectl config get-contexts", (switch("no-headers"), text("output", "o")), about.get_contexts, group="Cluster"),
    Command(("config", "current-context"), "Print the context's name.", "kubectl config current-context", (), about.current_context, group="Cluster"),
    Command(("config", "set-context"), "Choose the namespace.", "kubectl config set-context --current --namespace=kube-system", (switch("current"),), about.set_context, group="Cluster"),
    Command(("config", "use-context"), "Change to a context.", "kubectl config use-context NAME", (), about.use_context, group="Cluster"),
    Command(("config", "view"), "Say how to get the kubeconfig.", "kubectl config view", (switch("minify"), switch("raw"), text("output", "o")), about.view, group="Cluster"),
)  # fmt: skip

REAL = (
    "annotate", "api-resources", "api-versions", "apply", "attach", "auth", "autoscale", "certificate", "cluster-info", "completion",
    "config", "cordon", "cp", "create", "debug", "delete", "describe", "diff", "drain", "edit", "events", "exec", "explain", "expose",
    "get", "kustomize", "label", "logs", "options", "patch", "plugin", "port-forward", "proxy", "replace", "rollout", "run", "scale",
    "set", "taint", "top", "uncordon", "version", "wait",
)  # fmt: skip
"""What the real kubectl knows; what is not among `COMMANDS` is answered with what to do instead."""
INSTEAD = {
    "port-forward": "This terminal forwards no ports to your machine: `kubectl exec client -- curl …` asks from inside",
    "attach": "This terminal attaches to no running process: `kubectl logs -f` shows what it prints",
    "diff": "This terminal does not diff: `kubectl apply --dry-run=server -f -` says what would change",
    "autoscale": "Autoscaling is not simulated: `kubectl scale` sets the number of replicas",
    "cp": "Copying files is not simulated: `kubectl exec POD -- cat FILE` shows one",
    "top": "Usage of CPU and memory is not simulated: `kubectl describe node` shows what pods ask for",
    "debug": "Debug containers are not simulated: `kubectl run tmp --image=nicolaka/netshoot -- sleep 3600`, then `kubectl exec tmp -- …`",
}
_TREE: dict[tuple[str, ...], Command] = {}
for _command in COMMANDS:
    for _last in (_command.words[-1], *_command.aliases):
        _words = (*_command.words[:-1], _last)
        if _words in _TREE:
            raise ValueError(f"two commands are called {_words}")
        _TREE[_words] = _command
for _kind in ("clusterip", "nodeport", "loadbalancer", "externalname"):
    _TREE[("create", "svc", _kind)] = _TREE[("create", "service", _kind)]
_GROUPS = {words[:depth] for words in _TREE for depth in range(1, len(words)) if words[:depth] not in _TREE}


def find(words: Sequence[str]) -> tuple[Command, list[str]] | None:
    """Return the command that a line begins with, and the rest of the line; flags may stand before its words."""
    named, rest = _leading(words)
    deep = any(tuple(named[:depth]) in _TREE for depth in (2, 3))
    if not deep and (tuple(named[:1]) in _GROUPS or tuple(named[:2]) in _GROUPS):
        return None
    for depth in (3, 2, 1):
        found = _TREE.get(tuple(named[:depth]))
        if found is not None and len(named) >= depth:
            return found, [*rest[0], *named[depth:], *rest[1]]
    return None


def _leading(words: Sequence[str]) -> tuple[list[str], tuple[list[str], list[str]]]:
    """Take the words before the first flag behind a word; flags before it are kept."""
    flags: list[str] = []
    left = list(words)
    while left and left[0].startswith("-") and left[0] != "--":
        word = left.pop(0)
        flags.append(word)
        if (
            word in ("-n", "--namespace", "--context", "--kubeconfig", "-s", "--server", "--request-timeout", "-v")
            and left
        ):
            flags.append(left.pop(0))
    named = []
    while left and not left[0].startswith("-"):
        named.append(left.pop(0))
    if (
        len(named) == 1
        and (named[0],) in {key[:1] for key in _TREE if len(key) > 1}
        and left
        and left[0] in ("-n", "--namespace")
        and len(left) > 2
    ):
        flags += [left.pop(0), left.pop(0)]
        while left and not left[0].startswith("-"):
            named.append(left.pop(0))
    return named, (flags, left)


def unknown(words: Sequence[str]) -> api.Failed:
    """Say what is wrong with a line that begins with no command of ours."""
    named, _ = _leading(words)
    first = named[0] if named else ""
    if first in INSTEAD:
        return api.Failed(f"{INSTEAD[first]}; `help kubeconfig` says how to use the real kubectl.")
    if tuple(named[:1]) in _GROUPS or tuple(named[:2]) in _GROUPS:
        return _in_group(named)
    if first in REAL:
        return api.Failed(
            f"This terminal does not know `kubectl {first}`; `help` lists what it knows, `help kubeconfig` says how to use the real kubectl."
        )
    near = (
        sorted({name for name in REAL if _distance(first, name) <= 2 or name.startswith(first)}, key=REAL.index)
        if first
        else []
    )
    hint = "\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near) if near else ""
    return api.Failed(f'error: unknown command "{first}" for "kubectl"\n{hint}')


def _in_group(named: Sequence[str]) -> api.Failed:
    depth = 2 if len(named) > 1 and tuple(named[:2]) in _GROUPS else 1
    group, rest = tuple(named[:depth]), named[depth:]
    if rest:
        return api.Failed(
            f"error: unknown command \"{' '.join(rest)}\"\nSee 'kubectl {' '.join(group)} -h' for help and examples"
        )
    known = sorted({words[depth] for words in _TREE if words[:depth] == group and len(words) > depth})
    return api.Failed(f"`kubectl {' '.join(group)}` goes on with one of: {', '.join(known)}")


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for place, sign in enumerate(left, 1):
        before, row[0] = row[0], place
        for other, wanted in enumerate(right, 1):
            before, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, before + (sign != wanted))
    return row[-1]


async def run(kubectl: Kube, words: Sequence[str], files: Mapping[str, str]) -> int:
    """Run one kubectl line; what fails is told on standard error and by the exit code."""
    try:
        return await _run(kubectl, words, files)
    except api.Refused as refused:
        kubectl.err(refused.text)
        return 1
    except api.Failed as failed:
        kubectl.err(failed.text)
        return failed.code


async def _run(kubectl: Kube, words: Sequence[str], files: Mapping[str, str]) -> int:
    if not words or list(words) in (["-h"], ["--help"], ["help"]):
        kubectl.out(overview())
        return 0
    found = find(words)
    if found is None:
        raise unknown(words)
    command, rest = found
    given = parse(rest, command.flags, command.name)
    if given.on("help"):
        kubectl.out(
            f"{command.says}\n\nExample:\n  {command.example}\n\nFlags: {', '.join('--' + flag.name for flag in command.flags)}\n"
        )
        return 0
    for name in ("kubeconfig", "server", "token", "cluster", "user", "as"):
        if given.text(name):
            raise api.Failed(
                f"This terminal speaks to this playground only, so it takes no --{name}; `help kubeconfig` says how to use the real kubectl."
            )
    if given.text("context") and given.text("context") != kubectl.context:
        raise api.error(f'context "{given.text("context")}" does not exist')
    if command.words[:1] != ("config",):
        kubectl = kubectl.within(given.text("namespace"))
    if command.with_files is None and "filename" in given.known and given.list("filename"):
        kubectl = await manifests.named(kubectl, given, files)
    if command.with_files is not None:
        return await command.with_files(kubectl, given, files)
    assert command.run is not None
    return await command.run(kubectl, given)


def overview() -> str:
    """List what this kubectl knows, by group."""
    out = "kubectl in this terminal knows:\n"
    for group in dict.fromkeys(command.group for command in COMMANDS):
        out += f"\n{group}:\n"
        out += "".join(f"  {' '.join(c.words):<28} {c.says}\n" for c in COMMANDS if c.group == group)
    return out + "\nAn example of each: `kubectl COMMAND -h`. `help kubeconfig` says how to use the real kubectl.\n"
