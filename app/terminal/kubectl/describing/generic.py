"""IngressClasses, claims, disruption budgets, and every kind without a describer of its own (pkg/describe, release 1.36)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kinds import columns
from app.terminal.kubectl.describing import words
from app.terminal.kubectl.describing.words import Subject

OWN = frozenset(
    {
        "certificatesigningrequests", "clusterrolebindings", "clusterroles", "cronjobs", "csinodes",
        "horizontalpodautoscalers", "ipaddresses", "limitranges", "persistentvolumes", "priorityclasses",
        "replicationcontrollers", "resourcequotas", "rolebindings", "roles", "servicecidrs", "storageclasses",
        "volumeattributesclasses",
    }
)  # fmt: skip
"""Resources that kubectl describes in words of their own, which this terminal leaves to it."""

_HIDDEN = frozenset({".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"})  # fmt: skip
_ACRONYMS = frozenset({"API", "URL", "UID", "OSB", "GUID"})


async def ingress_class(about: Subject) -> str:
    """Describe an IngressClass."""
    text = f"Name:\t{about.meta['name']}\n" + words.labels("Labels", about.meta.get("labels"))
    text += words.notes("Annotations", about.meta.get("annotations"))
    text += f"Controller:\t{about.spec.get('controller', '')}\n"
    given = about.spec.get("parameters")
    if given:
        text += "Parameters:\n"
        text += f"  APIGroup:\t{given['apiGroup']}\n" if given.get("apiGroup") else ""
        text += f"  Kind:\t{given.get('kind', '')}\n  Name:\t{given.get('name', '')}\n"
    return text + await words.events(about)


async def claim(about: Subject) -> str:
    """Describe a PersistentVolumeClaim and the pods that use it."""
    spec, meta, status = about.spec, about.meta, about.status
    text = (
        f"Name:\t{meta['name']}\nNamespace:\t{meta['namespace']}\nStorageClass:\t{spec.get('storageClassName') or ''}\n"
    )
    if meta.get("deletionTimestamp"):
        text += f"Status:\tTerminating (lasts {columns.since(meta['deletionTimestamp'], about.kube.moment())})\n"
    else:
        text += f"Status:\t{status.get('phase', '')}\n"
    text += f"Volume:\t{spec.get('volumeName') or ''}\n"
    text += words.labels("Labels", meta.get("labels")) + words.notes("Annotations", meta.get("annotations"))
    is_bound = bool(spec.get("volumeName"))
    modes = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    shown = (
        ",".join(short for mode, short in modes.items() if mode in (status.get("accessModes") or ()))
        if is_bound
        else ""
    )
    size = (status.get("capacity") or {}).get("storage", "") if is_bound else ""
    text += f"Finalizers:\t[{' '.join(meta.get('finalizers') or ())}]\nCapacity:\t{size}\nAccess Modes:\t{shown}\n"
    if spec.get("volumeMode"):
        text += f"VolumeMode:\t{spec['volumeMode']}\n"
    text += "Used By:\t" + ("\n\t".join(await _users(about)) or "<none>") + "\n"
    return text + await words.events(about)


async def _users(about: Subject) -> list[str]:
    listed = await about.kube.ask("GET", f"/api/v1/namespaces/{about.meta['namespace']}/pods")
    return sorted(
        pod["metadata"]["name"]
        for pod in listed.get("items", ())
        if any(
            (volume.get("persistentVolumeClaim") or {}).get("claimName") == about.meta["name"]
            for volume in (pod.get("spec") or {}).get("volumes") or ()
        )
    )


async def disruption_budget(about: Subject) -> str:
    """Describe a PodDisruptionBudget."""
    spec, status = about.spec, about.status
    text = f"Name:\t{about.meta['name']}\nNamespace:\t{about.meta['namespace']}\n"
    if spec.get("minAvailable") is not None:
        text += f"Min available:\t{spec['minAvailable']}\n"
    elif spec.get("maxUnavailable") is not None:
        text += f"Max unavailable:\t{spec['maxUnavailable']}\n"
    text += f"Selector:\t{words.selector(spec['selector']) if spec.get('selector') else '<unset>'}\nStatus:\n"
    for title, field in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        text += f"    {title}:\t{status.get(field, 0)}\n"
    return text + await words.events(about)


async def anything(about: Subject) -> str:
    """Describe an object of any kind: all its fields, under readable names (genericDescriber)."""
    obj = {"apiVersion": about.resource.api_version, "kind": about.resource.kind, **about.obj}
    return words.head(about) + _fields(obj, 0, "") + await words.events(about)


def _fields(found: Mapping[str, Any], level: int, place: str) -> str:
    text, indent = "", "  " * level
    for name in sorted(found):
        here, value = f"{place}.{name}", found[name]
        if here in _HIDDEN:
            continue
        if isinstance(value, dict):
            text += f"{indent}{_title(name)}:\n" + _fields(value, level + 1, here)
        elif isinstance(value, list):
            text += f"{indent}{_title(name)}:\n"
            for child in value:
                text += _fields(child, level + 1, here) if isinstance(child, dict) else f"{indent}  {_written(child)}\n"
        else:
            text += f"{indent}{_title(name)}:\t{_written(value)}\n"
    return text


def _written(value: Any) -> str:
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _title(name: str) -> str:
    """Write a field's name as words (smartLabelFor): dnsPolicy is Dns Policy, apiVersion API Version."""
    if re.search(r"[^A-Za-z-]", name):
        return name
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|-+", name)
    return " ".join(part.upper() if part.upper() in _ACRONYMS else part[:1].upper() + part[1:] for part in parts)
