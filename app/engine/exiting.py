"""What a container does by itself, told to the engine by who runs it: that it ended, and what traffic it caused."""

from __future__ import annotations

from app.cluster import journal
from app.controllers.kubelet import exits
from app.engine import admission, commands, run
from app.machinery.objects import Object


def ended(under_way: run.Run, command: commands.Exit) -> Object | None:
    """Let the kubelet see that a container's process has ended."""
    pod = under_way.state.get(command.key)
    if pod is None:
        return None
    now = under_way.env.timestamp()
    told = exits.exited(pod, command.container, command.container_id, command.code, now)
    if told is None:
        return None
    return admission.store_update(under_way, command.key, pod, told, actor="kubelet")


def sample(under_way: run.Run, command: commands.Sample) -> None:
    """Record continuous traffic."""
    under_way.append(journal.TrafficSampled(command.sample))
