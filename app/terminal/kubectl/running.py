"""exec, attach and logs: what goes on inside pods (pkg/cmd/exec, attach, logs, release 1.36)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.terminal.kubectl import api, kube
from app.terminal.kubectl.flags import Flag, Given, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

EXEC_FLAGS: tuple[Flag, ...] = (
    text("container", "c"), switch("stdin", "i"), switch("tty", "t"), switch("quiet", "q"), several("filename", "f"),
    text("pod-running-timeout", default="1m0s"),
)  # fmt: skip
LOGS_FLAGS: tuple[Flag, ...] = (
    text("container", "c"), switch("follow", "f"), switch("previous", "p"), number("tail", default="-1"), text("since", default="0s"),
    text("since-time"), switch("timestamps"), switch("prefix"), text("selector", "l"), switch("all-containers"), switch("ignore-errors"),
    number("limit-bytes", default="0"), number("max-log-requests", default="5"), switch("all-pods"), text("pod-running-timeout"),
    switch("insecure-skip-tls-verify-backend"),
)  # fmt: skip


async def pod_of(kubectl: Kube, word: str) -> Mapping[str, Any]:
    """Return the pod that `NAME` or `TYPE/NAME` means: of a workload or Service, its first one."""
    if "/" not in word:
        found: Mapping[str, Any] = await kubectl.ask("GET", f"/api/v1/namespaces/{kubectl.namespace}/pods/{word}")
        return found
    given = Given(known={})
    (one,) = await kube.meant(kubectl, [word], given)
    obj = await kubectl.ask("GET", one.path)
    if one.resource.name == "pods":
        return dict(obj)
    pods = await pods_of(kubectl, one, obj)
    return pods[0]


async def pods_of(kubectl: Kube, one: Meant, obj: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the pods behind an object, the likeliest first (polymorphichelpers.AttachablePodForObject)."""
    spec = obj.get("spec") or {}
    selector = spec.get("selector")
    if one.resource.name in ("services", "replicationcontrollers"):
        pairs = selector or {}
        if not pairs:
            raise api.error(f"invalid service '{one.name}': Service is defined without a selector")
    elif isinstance(selector, dict) and "matchLabels" in selector:
        pairs = selector["matchLabels"]
    else:
        raise api.error(f"cannot attach to *{one.resource.kind}: selector for {one.resource.kind} not implemented")
    text_of = ",".join(f"{name}={value}" for name, value in sorted(pairs.items()))
    listed = await kubectl.ask("GET", f"/api/v1/namespaces/{one.namespace}/pods", query={"labelSelector": text_of})
    found = sorted(listed.get("items", ()), key=_rank)
    if not found:
        raise api.error("timed out waiting for the condition")
    return found


def _rank(pod: Mapping[str, Any]) -> Any:
    """Order pods as podutils.ActivePods reversed does: running, ready, for longest."""
    status = pod.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    return (not (pod.get("spec") or {}).get("nodeName"), status.get("phase") != "Running", not ready)


async def execute(kubectl: Kube, given: Given) -> int:
    """Run a command in a container."""
    if given.dash < 0 and len(given.words) > 1:
        raise api.usage(
            "kubectl exec", "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"
        )
    words = given.words if given.dash < 0 else given.words[: given.dash]
    command = [] if given.dash < 0 else given.words[given.dash :]
    if not words:
        raise api.error("pod, type/name or --filename must be specified")
    if not command:
        raise api.error("you must specify at least one command for the container")
    pod = await pod_of(kubectl, words[0])
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise api.error(f"cannot exec into a container in a completed pod; current phase is {phase}")
    container = _container(kubectl, pod, given)
    if given.on("tty") and not given.on("quiet"):
        if command in (["sh"], ["bash"], ["/bin/sh"], ["/bin/bash"], ["ash"]):
            raise api.Failed(
                f"This terminal has no screen of its own inside a pod: give the command with it, as in `kubectl exec {pod['metadata']['name']} -- "
                f"{command[0]} -c 'hostname; env'`, or use kubectl with the kubeconfig."
            )
        kubectl.err("Unable to use a TTY - input is not a terminal or the right kind of file\n")
    query = [("command", word) for word in command]
    query += [("container", container), ("stdout", "true"), ("stderr", "true")]
    if given.on("stdin"):
        query.append(("stdin", "true"))
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/exec?{urlencode(query)}"
    return await _channels(kubectl, path, kubectl.stdin.encode() if given.on("stdin") else b"")


def _container(kubectl: Kube, pod: Mapping[str, Any], given: Given) -> str:
    names = [one["name"] for one in pod["spec"]["containers"]]
    wanted = given.text("container")
    if wanted:
        every = names + [one["name"] for one in pod["spec"].get("initContainers") or ()]
        if wanted not in every:
            raise api.error(
                f"container {wanted} is not valid for pod {pod['metadata']['name']} out of: {', '.join(every)}"
            )
        return wanted
    chosen = ((pod["metadata"].get("annotations")) or {}).get("kubectl.kubernetes.io/default-container")
    if chosen in names:
        return str(chosen)
    if len(names) > 1 and not given.on("quiet" if "quiet" in given.known else "help"):
        kubectl.err(f'Defaulted container "{names[0]}" out of: {", ".join(names)}\n')
    return str(names[0])


async def _channels(kubectl: Kube, path: str, stdin: bytes) -> int:
    ending: dict[str, Any] = {}
    chunks = kubectl.door.converse(path, stdin)
    try:
        async for channel, content in chunks:
            text_of = content.decode("utf-8", "replace")
            if channel == 1 and content:
                kubectl.out(text_of)
            elif channel == 2 and content:
                kubectl.err(text_of)
            elif channel == 3 and content:
                ending = json.loads(content)
    finally:
        await chunks.aclose()
    if ending.get("status") == "Success" or not ending:
        return 0
    for cause in (ending.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            raise api.Failed(f"command terminated with exit code {cause['message']}", int(cause["message"]))
    raise api.error(str(ending.get("message") or "the command could not be run"))


async def attached(kubectl: Kube, given: Given, pod: Mapping[str, Any]) -> int:
    """Show what a pod that was just started prints, until it ends (kubectl run -i / --attach)."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    path = f"/api/v1/namespaces/{namespace}/pods"
    code = 0
    try:
        held = await _ended_or_running(kubectl, pod)
        if held is not None:
            code = await _shown(kubectl, given, held)
    finally:
        if given.on("rm"):
            await kubectl.ask("DELETE", f"{path}/{name}", {"propagationPolicy": "Background"})
            kubectl.out(f'pod "{name}" deleted from {namespace} namespace\n')
    if code:
        raise api.Failed(f"pod {namespace}/{name} terminated (Error)", code)
    return 0


async def _shown(kubectl: Kube, given: Given, pod: Mapping[str, Any]) -> int:
    """Show what a pod printed, to its end unless it is to run for ever; returns its exit code."""
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
    runs = (pod.get("status") or {}).get("phase") == "Running"
    if given.on("tty") and runs and not given.words[1:]:
        kubectl.err(
            "This terminal has no screen of its own inside a pod: the pod runs on, `kubectl exec` reaches it.\n"
        )
        return 0
    kubectl.out(await kubectl.text(f"{path}/log", {"container": pod["spec"]["containers"][0]["name"]}))
    return _code(await _ended(kubectl, pod) if runs and given.text("restart") != "Always" else pod)


def _code(pod: Mapping[str, Any]) -> int:
    for one in (pod.get("status") or {}).get("containerStatuses") or ():
        ended = (one.get("state") or {}).get("terminated")
        if ended:
            return int(ended.get("exitCode") or 0)
    return 0


async def _ended_or_running(kubectl: Kube, pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return await _until(kubectl, pod, ("Running", "Succeeded", "Failed"))


async def _ended(kubectl: Kube, pod: Mapping[str, Any]) -> Mapping[str, Any]:
    return await _until(kubectl, pod, ("Succeeded", "Failed")) or pod


async def _until(kubectl: Kube, pod: Mapping[str, Any], phases: tuple[str, ...]) -> Mapping[str, Any] | None:
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    held: Mapping[str, Any] | None = await kubectl.maybe(f"/api/v1/namespaces/{namespace}/pods/{name}")
    if held is None or (held.get("status") or {}).get("phase") in phases:
        return held
    query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": str(held["metadata"]["resourceVersion"])}
    async for event in kubectl.events(f"/api/v1/namespaces/{namespace}/pods", query):
        if event.get("type") == "DELETED":
            return None
        if ((event.get("object") or {}).get("status") or {}).get("phase") in phases:
            found: Mapping[str, Any] = event["object"]
            return found
    return None


# --- logs ----------------------------------------------------------------------------------------


async def logs(kubectl: Kube, given: Given) -> int:
    """Show what containers printed."""
    if not given.words and not given.text("selector"):
        raise api.usage(
            "kubectl logs",
            "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
        )
    if given.words and given.text("selector"):
        raise api.error("only a selector (-l) or a POD name is allowed")
    if len(given.words) == 2 and not given.has("container"):
        given.values["container"] = [given.words[1]]
    pods = await _log_pods(kubectl, given)
    prefix = given.on("prefix") or given.on("all-pods")
    single = len(pods) == 1
    for pod in pods:
        names = [one["name"] for one in pod["spec"]["containers"]]
        if not given.on("all-containers"):
            names = [_container(kubectl, pod, given)]
        for name in names:
            mark = f"[pod/{pod['metadata']['name']}/{name}] " if prefix else ""
            await _log(kubectl, given, (pod, name, mark), follow=given.on("follow") and single)
    return 0


async def _log_pods(kubectl: Kube, given: Given) -> list[Mapping[str, Any]]:
    if given.text("selector"):
        path = f"/api/v1/namespaces/{kubectl.namespace}/pods"
        listed = await kubectl.ask("GET", path, query={"labelSelector": given.text("selector")})
        if not listed.get("items"):
            kubectl.err(f"No resources found in {kubectl.namespace} namespace.\n")
        return list(listed.get("items", ()))
    word = given.words[0]
    if "/" in word and not word.startswith(("pod/", "pods/", "po/")):
        (one,) = await kube.meant(kubectl, [word], Given(known={}))
        obj = await kubectl.ask("GET", one.path)
        pods = await pods_of(kubectl, one, obj)
        if len(pods) > 1 and not given.on("all-pods"):
            kubectl.err(f"Found {len(pods)} pods, using pod/{pods[0]['metadata']['name']}\n")
        return pods if given.on("all-pods") else pods[:1]
    try:
        return [await pod_of(kubectl, word)]
    except api.Refused as refused:
        if refused.code != 404:
            raise
        raise api.error(f'error from server (NotFound): {refused.message} in namespace "{kubectl.namespace}"') from None


async def _log(kubectl: Kube, given: Given, told: tuple[Mapping[str, Any], str, str], *, follow: bool) -> None:
    pod, container, mark = told
    query = {"container": container}
    tail = given.number("tail", -1)
    if tail < 0 and given.text("selector") and not follow:
        tail = 10
    if tail >= 0:
        query["tailLines"] = str(tail)
    for flag in ("previous", "timestamps"):
        if given.on(flag):
            query[flag] = "true"
    if given.text("since") not in ("", "0s", "0"):
        query["sinceSeconds"] = str(int(seconds(given.text("since"))))
    if given.number("limit-bytes"):
        query["limitBytes"] = str(given.number("limit-bytes"))
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/log"
    if not follow:
        kubectl.out(_marked(await kubectl.text(path, query), mark))
        return
    chunks = kubectl.door.follow(kube.asked(path, {**query, "follow": "true"}), "*/*")
    try:
        async for chunk in chunks:
            kubectl.out(_marked(chunk.decode("utf-8", "replace"), mark))
    finally:
        await chunks.aclose()


def _marked(text_of: str, mark: str) -> str:
    return "".join(f"{mark}{line}" for line in text_of.splitlines(keepends=True)) if mark else text_of


def seconds(text_of: str) -> float:
    """Read a Go duration such as 1h30m, 10s or 500ms."""
    sizes = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}
    if text_of in ("0", ""):
        return 0.0
    if not re.fullmatch(r"-?(\d+(\.\d+)?(h|ms|m|s|us|ns))+", text_of):
        raise api.error(
            f'invalid argument "{text_of}": time: {"missing unit in" if text_of.lstrip("-").isdecimal() else "invalid"} duration "{text_of}"'
        )
    total = sum(float(found[1]) * sizes[found[3]] for found in re.finditer(r"(\d+(\.\d+)?)(h|ms|m|s|us|ns)", text_of))
    return -total if text_of.startswith("-") else total
