"""StatefulSets, DaemonSets, Jobs (pkg/describe, release 1.36)."""

from __future__ import annotations

from app.cluster import clock
from app.kinds import columns
from app.terminal.kubectl.describing import words, workloads
from app.terminal.kubectl.describing.words import Subject

_LONGEST_INDEXES = 50


async def stateful_set(about: Subject) -> str:
    """Describe a StatefulSet with its claims (StatefulSetDescriber)."""
    spec, meta = about.spec, about.meta
    text = f"Name:\t{meta['name']}\nNamespace:\t{meta['namespace']}\n"
    text += f"CreationTimestamp:\t{words.when(meta.get('creationTimestamp'))}\n"
    text += f"Selector:\t{words.selector(spec.get('selector'))}\n"
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    text += f"Replicas:\t{spec.get('replicas', 1)} desired | {about.status.get('replicas', 0)} total\n"
    strategy = spec.get("updateStrategy") or {}
    text += f"Update Strategy:\t{strategy.get('type', '')}\n"
    rolling = strategy.get("rollingUpdate") or {}
    if rolling.get("partition") is not None:
        text += f"  Partition:\t{rolling['partition']}\n"
    if rolling.get("maxUnavailable") is not None:
        text += f"  MaxUnavailable:\t{rolling['maxUnavailable']}\n"
    text += f"Pods Status:\t{await workloads.phases(about)}\n" + words.template(spec.get("template") or {})
    return text + _claims(about) + await words.events(about)


def _claims(about: Subject) -> str:
    claims = about.spec.get("volumeClaimTemplates") or ()
    text = "Volume Claims:\n" if claims else "Volume Claims:\t<none>\n"
    for claim in claims:
        meta, spec = claim.get("metadata") or {}, claim.get("spec") or {}
        size = ((spec.get("resources") or {}).get("requests") or {}).get("storage") or "<default>"
        text += f"  Name:\t{meta.get('name', '')}\n  StorageClass:\t{spec.get('storageClassName') or ''}\n"
        text += words.labels("  Labels", meta.get("labels")) + words.notes("  Annotations", meta.get("annotations"))
        text += f"  Capacity:\t{size}\n  Access Modes:\t[{' '.join(spec.get('accessModes') or ())}]\n"
    return text


async def daemon_set(about: Subject) -> str:
    """Describe a DaemonSet (DaemonSetDescriber)."""
    spec, meta, status = about.spec, about.meta, about.status
    text = (
        f"Name:\t{meta['name']}\nNamespace:\t{meta['namespace']}\nSelector:\t{words.selector(spec.get('selector'))}\n"
    )
    template = spec.get("template") or {}
    text += f"Node-Selector:\t{words.pairs((template.get('spec') or {}).get('nodeSelector'))}\n"
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    for title, field in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        text += f"{title}: {status.get(field, 0)}\n"
    return (
        text + f"Pods Status:\t{await workloads.phases(about)}\n" + words.template(template) + await words.events(about)
    )


async def job(about: Subject) -> str:
    """Describe a Job (JobDescriber)."""
    spec, meta, status = about.spec, about.meta, about.status
    text = f"Name:\t{meta['name']}\nNamespace:\t{meta['namespace']}\n"
    if spec.get("selector"):
        text += f"Selector:\t{words.selector(spec['selector'])}\n"
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    owner = workloads.owner(meta)
    rows = [f"Controlled By:\t{owner}"] if owner else []
    if spec.get("parallelism") is not None:
        rows.append(f"Parallelism:\t{spec['parallelism']}")
    rows.append(f"Completions:\t{spec.get('completions', '<unset>')}")
    if spec.get("completionMode"):
        rows.append(f"Completion Mode:\t{spec['completionMode']}")
    if spec.get("suspend") is not None:
        rows.append(f"Suspend:\t{str(bool(spec['suspend'])).lower()}")
    if spec.get("backoffLimit") is not None:
        rows.append(f"Backoff Limit:\t{spec['backoffLimit']}")
    if spec.get("ttlSecondsAfterFinished") is not None:
        rows.append(f"TTL Seconds After Finished:\t{spec['ttlSecondsAfterFinished']}")
    begun, ended = status.get("startTime"), status.get("completionTime")
    rows += [f"Start Time:\t{words.when(begun)}"] if begun else []
    rows += [f"Completed At:\t{words.when(ended)}"] if ended else []
    if begun and ended:
        rows.append(f"Duration:\t{columns.human_duration(clock.seconds(ended) - clock.seconds(begun))}")
    if spec.get("activeDeadlineSeconds") is not None:
        rows.append(f"Active Deadline Seconds:\t{spec['activeDeadlineSeconds']}s")
    ready = f" ({status['ready']} Ready)" if status.get("ready") is not None else ""
    rows.append(
        f"Pods Statuses:\t{status.get('active', 0)} Active{ready} / {status.get('succeeded', 0)} Succeeded / "
        f"{status.get('failed', 0)} Failed"
    )
    if status.get("completedIndexes") or spec.get("completionMode") == "Indexed":
        rows.append(f"Completed Indexes:\t{_indexes(str(status.get('completedIndexes') or ''))}")
    text += "".join(f"{row}\n" for row in rows)
    return text + words.template(spec.get("template") or {}) + await words.events(about)


def _indexes(found: str) -> str:
    if len(found) <= _LONGEST_INDEXES:
        return found or "<none>"
    return found[: found.rfind(",", 0, _LONGEST_INDEXES + 1) + 1] + "..."
