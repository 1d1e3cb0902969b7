"""Parts of sentences: counts, lists, names of places. The sentences themselves are the reasons'."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from app.machinery import labels, objects
from app.machinery.objects import Object


def counted(count: int, word: str) -> str:
    """Write a count with its noun: 1 pod, 3 pods, 2 addresses."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word}es" if word.endswith("s") else f"{count} {word}s"


def listed(words: Sequence[str], most: int = 3, joint: str = "and") -> str:
    """Write a list: a, b and c; beyond `most`, how many more."""
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def selector(pairs: Mapping[str, str]) -> str:
    """Write a selector as one types it: app=web,tier=front."""
    return ",".join(f"{key}={value}" for key, value in sorted(pairs.items()))


def close_to(word: str, known: Iterable[str]) -> str:
    """Write the hint at a similar known word, or nothing."""
    found = closest(word, known)
    return f"; there is {found}" if found else ""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like this one, empty when none is close."""
    found = difflib.get_close_matches(word, sorted(set(known) - {word}), n=1, cutoff=0.6)
    return found[0] if found else ""


def none_of(count: int) -> str:
    """Write the subject and verb of "… ready" for so many pods of which none is."""
    return "it is not" if count == 1 else "none of them is"


def pod_state(pod: Object) -> str:
    """Write what holds a pod back, in Kubernetes' words: the first waiting or terminated reason, else its phase."""
    if objects.is_terminating(pod):
        return "Terminating"
    status = objects.status_of(pod)
    for container in status.get("containerStatuses") or ():
        reason = container_state(container)
        if reason:
            return reason
    phase = status.get("phase") or "Pending"
    if phase == "Running" and not objects.condition_is_true(pod, "Ready"):
        return "not ready"
    return str(phase)


def container_state(status: Mapping[str, object]) -> str:
    """Return the reason why a container is waiting or ended, empty when it runs."""
    for name in ("waiting", "terminated"):
        reason = objects.dig(status, "state", name, "reason")
        if reason:
            return str(reason)
    return ""


def pods_with_state(pods: Sequence[Object]) -> str:
    """Write pods with what holds each back: web-1 (not ready) and web-2 (CrashLoopBackOff)."""
    return listed([f"{objects.name_of(pod)} ({pod_state(pod)})" for pod in pods])


def near_misses(found: Sequence[tuple[Object, labels.KeyVerdict]]) -> str:
    """Write which pods came close to a selector, and by which key they missed it."""
    if not found:
        return ""
    by_label: dict[str, list[str]] = {}
    for pod, verdict in found:
        have = f"{verdict.key}={verdict.found}" if verdict.found is not None else other_key(pod, verdict)
        by_label.setdefault(f"{have}, the selector wants {verdict.key}={verdict.wanted}", []).append(
            objects.name_of(pod)
        )
    label, pods = max(by_label.items(), key=lambda group: len(group[1]))
    verb = "carries" if len(pods) == 1 else "carry"
    came = "One pod came" if len(pods) == 1 else f"{len(pods)} pods came"
    return f" {came} close: {listed(pods)} {verb} {label}."


def other_key(pod: Object, verdict: labels.KeyVerdict) -> str:
    """Write the label that carries the wanted value under another key, or that the key is missing."""
    for key, value in objects.labels_of(pod).items():
        if value == verdict.wanted:
            return f"{key}={value}"
    return f"no label {verdict.key}"
