"""rollout status, history, undo, restart, pause, resume (pkg/cmd/rollout, pkg/polymorphichelpers, release 1.36)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cluster import clock
from app.terminal.kubectl import api, changing, kube, patching, revisions, tabs
from app.terminal.kubectl.describing import words, workloads
from app.terminal.kubectl.flags import Flag, Given, duration, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

REVISION = "deployment.kubernetes.io/revision"
FLAGS: tuple[Flag, ...] = (
    text("selector", "l"), several("filename", "f"), switch("recursive", "R"), text("output", "o"), text("field-manager"),
    changing.DRY, text("template"), switch("show-managed-fields"),
)  # fmt: skip
STATUS_FLAGS = (*FLAGS, switch("watch", "w", "true"), duration("timeout", "0s"), number("revision", default="0"))
HISTORY_FLAGS = (*FLAGS, number("revision", default="0"))
UNDO_FLAGS = (*FLAGS, number("to-revision", default="0"))


async def _targets(kubectl: Kube, given: Given, command: str) -> list[Meant]:
    if not given.words:
        raise api.error("required resource not specified")
    found = await kube.read_all(kubectl, await kube.meant(kubectl, given.words, given), given)
    for one in found:
        if command == "undo":
            _warn(kubectl, one)
        if one.resource.name != "deployments" and not (
            one.resource.name in revisions.KEPT and command in ("status", "history", "undo", "restart")
        ):
            raise _not_for(one, command)
    return found


def _warn(kubectl: Kube, one: Meant) -> None:
    if patching.LAST_APPLIED in (((one.obj or {}).get("metadata") or {}).get("annotations") or {}):
        kubectl.err(
            f"Warning: resource {one.resource.name}/{one.name} was previously managed with 'kubectl apply'. Rolling back will not update "
            "the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' "
            "operations. Consider using 'kubectl apply' with your previous configuration file instead.\n"
        )


def _not_for(one: Meant, command: str) -> api.Failed:
    kind = one.resource.kind
    match command:
        case "status":
            return api.error(f"no status viewer has been implemented for {kind}")
        case "history":
            return api.error(f"no history viewer has been implemented for {kind}")
        case "undo":
            return api.error(
                f'error retrieving rollbacker for "{kind}", no visitor method exists for {{{one.resource.group} {kind}}}'
            )
        case _:
            return api.error(f'{one.resource.group_resource} "{one.name}" {_ing(command)} is not supported')


def _ing(command: str) -> str:
    return {"restart": "restarting", "pause": "pausing", "resume": "resuming"}.get(command, command)


async def status(kubectl: Kube, given: Given) -> int:
    """Say how far a rollout has come, and wait until it is complete."""
    for one in await _targets(kubectl, given, "status"):
        told, done = _status(one.resource.name, one.obj or {})
        kubectl.out(told)
        if done or not given.on("watch"):
            continue
        version = str((one.obj or {})["metadata"]["resourceVersion"])
        query = {"fieldSelector": f"metadata.name={one.name}", "resourceVersion": version}
        async for event in kubectl.events(one.resource.path(one.namespace), query):
            if event.get("type") == "DELETED":
                raise api.error("object has been deleted")
            if event.get("type") not in ("ADDED", "MODIFIED"):
                continue
            told, done = _status(one.resource.name, event["object"])
            kubectl.out(told)
            if done:
                break
    return 0


def _status(kind: str, obj: Mapping[str, Any]) -> tuple[str, bool]:
    """Return what the kind's StatusViewer says, and whether that was the end."""
    match kind:
        case "statefulsets":
            return revisions.stateful_status(obj)
        case "daemonsets":
            return revisions.daemon_status(obj)
        case _:
            return _deployment_status(obj)


def _deployment_status(obj: Mapping[str, Any]) -> tuple[str, bool]:
    meta, spec, found = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    name, wanted = meta["name"], spec.get("replicas")
    if int(meta.get("generation") or 0) > int(found.get("observedGeneration") or 0):
        return "Waiting for deployment spec update to be observed...\n", False
    for condition in found.get("conditions") or ():
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise api.error(f'deployment "{name}" exceeded its progress deadline')
    updated, total, available = (int(found.get(f) or 0) for f in ("updatedReplicas", "replicas", "availableReplicas"))
    begins = f'Waiting for deployment "{name}" rollout to finish: '
    if wanted is not None and updated < wanted:
        return f"{begins}{updated} out of {wanted} new replicas have been updated...\n", False
    if total > updated:
        return f"{begins}{total - updated} old replicas are pending termination...\n", False
    if available < updated:
        return f"{begins}{available} of {updated} updated replicas are available...\n", False
    return f'deployment "{name}" successfully rolled out\n', True


async def history(kubectl: Kube, given: Given) -> int:
    """List a workload's revisions, or show one."""
    for one in await _targets(kubectl, given, "history"):
        found = await _revisions(kubectl, one)
        wanted = given.number("revision")
        if wanted:
            if wanted not in found:
                raise api.error("unable to find the specified revision")
            template = revisions.template_of(one, found[wanted])
            cause = ((found[wanted]["metadata"].get("annotations")) or {}).get("kubernetes.io/change-cause")
            if cause:
                notes = {
                    **((template.get("metadata") or {}).get("annotations") or {}),
                    "kubernetes.io/change-cause": cause,
                }
                template = {**template, "metadata": {**template["metadata"], "annotations": notes}}
            told = words.template(template)
            kubectl.out(f"{one.label} with revision #{wanted}\n{told}\n")
            continue
        rows = [["REVISION", "CHANGE-CAUSE"]]
        for number_of in sorted(found):
            cause = (found[number_of]["metadata"].get("annotations") or {}).get(
                "kubernetes.io/change-cause"
            ) or "<none>"
            rows.append([str(number_of), cause])
        text = "".join("\t".join(row) + "\n" for row in rows)
        kubectl.out(f"{one.label} \n{tabs.aligned(text, 0, 2)}\n")
    return 0


async def _revisions(kubectl: Kube, one: Meant) -> dict[int, Mapping[str, Any]]:
    if one.resource.name in revisions.KEPT:
        return await revisions.of(kubectl, one)
    found = {}
    for replica_set in await workloads.owned_replica_sets(kubectl, one.obj or {}):
        revision = (replica_set["metadata"].get("annotations") or {}).get(REVISION)
        if revision:
            found[int(revision)] = replica_set
    return found


async def undo(kubectl: Kube, given: Given) -> int:
    """Go back to an earlier revision."""
    for one in await _targets(kubectl, given, "undo"):
        obj = one.obj or {}
        found = await _revisions(kubectl, one)
        wanted = given.number("to-revision")
        if wanted and wanted not in found:
            raise api.error(f"unable to find specified revision {wanted} in history")
        if one.resource.name in revisions.KEPT:
            await _undo_kept(kubectl, given, one, found)
            continue
        if not wanted:
            before = sorted(found)[:-1]
            if not before:
                raise api.error(f'no rollout history found for deployment "{one.name}"')
            wanted = before[-1]
        if (obj.get("spec") or {}).get("paused"):
            raise api.error(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
            )
        template = found[wanted]["spec"]["template"]
        labels = {k: v for k, v in template["metadata"]["labels"].items() if k != "pod-template-hash"}
        template = {**template, "metadata": {**template["metadata"], "labels": labels}}
        if workloads.plain_template(template) == workloads.plain_template(obj["spec"]["template"]):
            kubectl.out(f"{one.label} skipped rollback (current template already matches revision {wanted})\n")
            continue
        notes = {
            name: value
            for name, value in (found[wanted]["metadata"].get("annotations") or {}).items()
            if name not in _KEPT and name != REVISION
        }
        notes |= {name: value for name, value in (obj["metadata"].get("annotations") or {}).items() if name in _KEPT}
        body = [
            {"op": "replace", "path": "/spec/template", "value": template},
            {"op": "replace", "path": "/metadata/annotations", "value": notes},
        ]
        if not changing.is_client_dry(given):
            await kubectl.ask("PATCH", one.path, body, query=changing.query(given), kind="application/json-patch+json")
        changing.say(kubectl, given, one, "rolled back", obj)
    return 0


async def _undo_kept(kubectl: Kube, given: Given, one: Meant, found: Mapping[int, Mapping[str, Any]]) -> None:
    """Apply what a ControllerRevision kept (DaemonSetRollbacker, StatefulSetRollbacker)."""
    wanted = given.number("to-revision")
    if not wanted:
        if len(found) < 2:
            raise api.error("no last revision to roll back to")
        wanted = sorted(found)[-2]
    if revisions.matches(one, found[wanted]):
        kubectl.out(f"{one.label} skipped rollback (current template already matches revision {wanted})\n")
        return
    if not changing.is_client_dry(given):
        body = found[wanted]["data"]
        await kubectl.ask("PATCH", one.path, body, query=changing.query(given), kind=changing.STRATEGIC)
    changing.say(kubectl, given, one, "rolled back", one.obj)


_KEPT = frozenset(
    {
        patching.LAST_APPLIED,
        REVISION,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)


async def restart(kubectl: Kube, given: Given) -> int:
    """Replace all pods one after the other."""
    for one in await _targets(kubectl, given, "restart"):
        if ((one.obj or {}).get("spec") or {}).get("paused"):
            raise api.error(
                f'{one.resource.group_resource} "{one.name}" can\'t restart paused deployment (run rollout resume first)'
            )
        stamp = clock.timestamp(kubectl.moment())
        body = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": stamp}}}}}
        await _change(kubectl, given, one, (body, "restarted"))
    return 0


async def pause(kubectl: Kube, given: Given) -> int:
    """Let template changes wait."""
    for one in await _targets(kubectl, given, "pause"):
        if ((one.obj or {}).get("spec") or {}).get("paused"):
            raise api.error(f'{one.resource.group_resource} "{one.name}" is already paused')
        await _change(kubectl, given, one, ({"spec": {"paused": True}}, "paused"))
    return 0


async def resume(kubectl: Kube, given: Given) -> int:
    """Let template changes take effect again."""
    for one in await _targets(kubectl, given, "resume"):
        if not ((one.obj or {}).get("spec") or {}).get("paused"):
            raise api.error(f'{one.resource.group_resource} "{one.name}" is not paused')
        await _change(kubectl, given, one, ({"spec": {"paused": None}}, "resumed"))
    return 0


async def _change(kubectl: Kube, given: Given, one: Meant, told: tuple[Any, str]) -> None:
    body, done = told
    obj = one.obj
    if not changing.is_client_dry(given):
        query = changing.query(given, "kubectl-rollout")
        obj = await kubectl.ask("PATCH", one.path, body, query=query, kind=changing.STRATEGIC)
    changing.say(kubectl, given, one, done, obj)
