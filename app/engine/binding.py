"""How a pod gets its node when a client says so (pkg/registry/core/pod/storage BindingREST, release 1.36)."""

from __future__ import annotations

from app.cluster import state
from app.engine import admission, commands, run
from app.kinds import pod as pod_kind
from app.machinery import errors, objects
from app.machinery.objects import Draft, Object


def bind(under_way: run.Run, command: commands.Bind) -> Object:
    """Set the pod's node and its PodScheduled condition; a pod that has a node, or is going, is refused."""
    key = command.key
    pod = under_way.state.get(key)
    if pod is None:
        raise errors.not_found(key)
    present = objects.spec_of(pod).get("nodeName")
    refusal = ""
    if objects.is_terminating(pod):
        refusal = f"pod {key.name} is being deleted, cannot be assigned to a host"
    elif present:
        refusal = f'pod {key.name} is already assigned to node "{present}"'
    if refusal:
        raise errors.Conflict(
            f'Operation cannot be fulfilled on pods/binding "{key.name}": {refusal}',
            details={"name": key.name, "kind": "pods/binding"},
        )
    bound: Draft = objects.draft_of(objects.with_path(pod, ("spec", "nodeName"), command.node))
    taken = pod_kind.topology_of(under_way.state.find(state.NODES, "", command.node))
    if taken:
        bound["metadata"]["labels"] = {**objects.labels_of(pod), **taken}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": under_way.env.timestamp()}
    return admission.store_update(under_way, key, pod, objects.with_condition(bound, scheduled))
