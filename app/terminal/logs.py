"""What a container has logged: derived from its image, its command and the journal, never made up for the asker.

One more reader of the journal: the access log of a server is the requests that it really served.
DIFFERS: access lines reach back 10,000 entries; what scripts printed is lost when the server restarts, and a script
that had ended by then is run again for its output.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import journal
from app.controllers.kubelet import parts, statuses
from app.kinds import podstatus
from app.machinery import errors, objects
from app.machinery.objects import Object
from app.runtime import hub
from app.terminal import accesslines, crews, startlines
from app.terminal.boxes import Box, Line
from app.terminal.containers import Containers

REACH = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a container: from its start to its end, if it has ended."""

    pod: Object
    container: Mapping[str, Any]
    identity: str
    began: float
    ended: float | None

    @property
    def name(self) -> str:
        """The container's name."""
        return str(self.container.get("name"))


def run_of(pod: Object, container: Mapping[str, Any], status: Mapping[str, Any], previous: bool) -> Run:
    """Return the run that `kubectl logs` means; raises what the kubelet says when there is none.

    Mirrors validateContainerLogStatus (pkg/kubelet/kubelet_pods.go, release 1.36).
    """
    name, shown = str(container.get("name")), status.get("state") or {}
    where = f'container "{name}" in pod "{objects.name_of(pod)}"'
    last = (status.get("lastState") or {}).get("terminated")
    identity = str(status.get("containerID") or "")
    if previous:
        if last is None:
            raise errors.BadRequest(f"previous terminated {where} not found")
        if "waiting" not in shown:
            identity = statuses.container_id(pod, name, max(int(status.get("restartCount") or 0) - 1, 0))
        return _ended(pod, container, identity, last)
    if "running" in shown:
        began = podstatus.instant(shown["running"].get("startedAt"))
        return Run(pod, container, identity, began, None)
    if "terminated" in shown:
        return _ended(pod, container, identity, shown["terminated"])
    if last is not None:
        return _ended(pod, container, identity, last)
    reason = (shown.get("waiting") or {}).get("reason") or "ContainerCreating"
    told = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }.get(reason, reason)
    raise errors.BadRequest(f"{where} is waiting to start: {told}")


def _ended(pod: Object, container: Mapping[str, Any], identity: str, told: Mapping[str, Any]) -> Run:
    began, ended = podstatus.instant(told.get("startedAt")), podstatus.instant(told.get("finishedAt"))
    return Run(pod, container, identity, began, ended)


class Log:
    """The log of one run of a container: what is there, then what comes."""

    def __init__(self, containers: Containers, playground: str, run: Run) -> None:
        self._containers = containers
        self._playground = playground
        self._run = run
        self._revision = 0
        self._count = 0
        self._told: dict[tuple[str, str, str, float], int] = {}
        """How much of each edge of continuous traffic has been told."""
        self._box: Box | None = None

    async def history(self) -> list[Line]:
        """Return the lines there are, oldest first."""
        run, host = self._run, self._containers.host
        await self._containers.settle(self._playground, run.pod)
        box = await self._containers.box(self._playground, run.pod, run.container, run.identity)
        if box.task is None and crews.command_of(run.container):
            box.time = run.began
            await self._containers.replay(self._playground, box)
        self._box, self._count = box, box.dropped + len(box.lines)
        head = (await host.read(self._playground)).revision
        access = [*await self._access(head), *self.counted()]
        self._revision = head
        begun: list[Line] = []
        if not crews.command_of(run.container):
            begun = [Line(run.began, text) for text in startlines.lines(run.pod, run.container, run.began)]
        return begun + sorted([*access, *box.lines], key=lambda line: line.at)

    async def _access(self, head: int) -> list[Line]:
        run = self._run
        if accesslines.format_of(run.pod, run.container) is None:
            return []
        since = max(0, head - REACH)
        if run.ended is None:
            started = objects.annotations_of(run.pod).get(parts.STARTED_AT, "")
            since = max(since, int(started) if started.isdecimal() else 0)
        found: list[Line] = []
        if since >= head:
            return found
        commits = self._containers.host.follow(self._playground, since)
        with contextlib.suppress(errors.Expired):
            async with contextlib.aclosing(commits):
                async for entries in commits:
                    found.extend(line for entry in entries for line in self._of(entry))
                    if entries[-1].revision >= head:
                        break
        return found

    def _of(self, entry: journal.Entry) -> list[Line]:
        run = self._run
        if run.ended is not None and not run.began <= entry.at <= run.ended + 1:
            return []
        if isinstance(entry.body, journal.TrafficSampled):
            return self._new(entry.body.sample.get("edges") or ())
        return list(accesslines.of_entry(entry, run.pod, run.container))

    async def commits(self) -> AsyncGenerator[hub.Entries, None]:
        """Yield what is written to the journal after the history."""
        async with contextlib.aclosing(self._containers.host.follow(self._playground, self._revision)) as commits:
            async for entries in commits:
                yield entries

    def lines_of(self, entries: hub.Entries) -> list[Line]:
        """Return the lines that these entries mean."""
        return [line for entry in entries for line in self._of(entry)]

    def counted(self) -> list[Line]:
        """Return the lines of continuous traffic that no entry tells yet, since the last look."""
        return self._new(self._containers.counted(self._playground))

    def _new(self, edges: Iterable[Mapping[str, Any]]) -> list[Line]:
        found: list[Line] = []
        for edge in edges:
            place = (str(edge.get("from")), str(edge.get("to")), str(edge.get("outcome")), float(edge["first"]))
            told = self._told.get(place, 0)
            entry = journal.Entry(0, edge["last"], journal.Cause(""), journal.TrafficSampled({"edges": [edge]}))
            lines = list(accesslines.of_entry(entry, self._run.pod, self._run.container))
            found.extend(lines[told:])
            if lines:
                self._told[place] = len(lines)
        return sorted(found, key=lambda line: line.at)

    def printed(self) -> list[Line]:
        """Return what the container's process has printed since the last look."""
        box = self._box
        assert box is not None
        new = box.dropped + len(box.lines) - self._count
        self._count += max(new, 0)
        return list(box.lines)[max(len(box.lines) - new, 0) :] if new > 0 else []

    @property
    def box(self) -> Box:
        """What is remembered of the container's run."""
        assert self._box is not None
        return self._box

    def is_over(self, entries: hub.Entries) -> bool:
        """Say whether these entries tell that the run has ended."""
        uid = objects.uid_of(self._run.pod)
        for entry in entries:
            body = entry.body
            if not isinstance(body, journal.ObjectChanged) or body.key.resource != "pods":
                continue
            if body.after is None and body.before is not None and objects.uid_of(body.before) == uid:
                return True
            if body.after is not None and objects.uid_of(body.after) == uid:
                return not self._goes_on(body.after)
        return False

    def _goes_on(self, pod: Object) -> bool:
        for part in ("containerStatuses", "initContainerStatuses"):
            found = parts.named_statuses(pod, part).get(self._run.name)
            if found is not None:
                return "running" in found["state"] and found.get("containerID") == self._run.identity
        return False
