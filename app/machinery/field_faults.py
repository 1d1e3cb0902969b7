"""Refusals of a kind's own rules (422): where the field stands, what it means in plain words, and how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.machinery import documents, edits, formats, plain
from app.machinery.documents import Document, Path
from app.machinery.validation import FieldError, FieldErrorType
from app.machinery.yamldoc import Mark, Node

_NAMED_PORTS = {80: "http", 443: "https", 53: "dns", 8080: "http", 5432: "postgres", 3306: "mysql", 6379: "redis"} | {
    9090: "metrics",
    27017: "mongodb",
}


def locate(document: Document, error: FieldError) -> Mark:
    """Return where the refused field stands; inside a mapping of labels, the very pair."""
    steps = documents.steps_of(_as_written(document, error.field))
    node = documents.node_at(document.root, steps)
    if node is not None and node.members and isinstance(error.value, str):
        for key, member in node.members.items():
            if error.value in (key, member.node.value):
                return member.key.start
    return documents.locate_steps(document, steps)


def explain(kind: str, error: FieldError) -> str:
    """Say in plain words what the rule wants."""
    return plain.field_error(kind, error)


def mended(document: Document, errors: Sequence[FieldError]) -> str | None:
    """Return the whole text with every one of the errors mended that can be; None when none can."""
    text = document.text
    for error in errors:
        for edit in edits_for(document, error):
            current = documents.at(text, document.source, document.index)
            text = (edits.apply(current, edit) if current else None) or text
    return text if text != document.text else None


def edits_for(document: Document, error: FieldError) -> Sequence[edits.Edit]:
    """Find the edits that a person would make for this error; none when that is for them to decide."""
    steps = documents.steps_of(_as_written(document, error.field))
    match error.type:
        case FieldErrorType.NOT_SUPPORTED:
            return _supported(document, steps, error)
        case FieldErrorType.DUPLICATE if error.field.endswith(".name") and isinstance(error.value, str):
            return _renumbered(document, steps, error.value)
        case FieldErrorType.REQUIRED:
            return _supplied(document, steps, error)
        case FieldErrorType.FORBIDDEN | FieldErrorType.INVALID if re.fullmatch(_DROPPED, error.field):
            return _dropped(document, steps, error)
        case FieldErrorType.INVALID:
            return _corrected(document, steps, error)
        case _:
            return ()


_DROPPED = (
    r"spec\.(ports\[\d+\]\.nodePort|clusterIPs?(\[\d+\])?|externalTrafficPolicy|internalTrafficPolicy"
    r"|healthCheckNodePort|loadBalancerClass|allocateLoadBalancerNodePorts|LoadBalancerSourceRanges)"
)


def _as_written(document: Document, field: str) -> str:
    """Turn the API server's path into the one of the text: clusterIPs may stand there as clusterIP."""
    spec = document.obj.get("spec")
    if field.startswith("spec.clusterIPs") and isinstance(spec, Mapping) and "clusterIPs" not in spec:
        return "spec.clusterIP"
    return field.replace("spec.LoadBalancerSourceRanges", "spec.loadBalancerSourceRanges")


def _value(document: Document, steps: Path) -> Any:
    node = documents.node_at(document.root, steps)
    return node.value if node else None


def _node(document: Document, steps: Path) -> Node | None:
    return documents.node_at(document.root, steps)


def _supported(document: Document, steps: Path, error: FieldError) -> Sequence[edits.Edit]:
    choices = re.findall(r'"([^"]+)"', error.detail)
    wanted = str(error.value)
    same = [choice for choice in choices if choice.lower() == wanted.lower()]
    by_fold = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(wanted.lower(), list(by_fold), 1, 0.7)
    meant = same[0] if same else by_fold[close[0]] if close else _alias(steps, wanted, choices)
    return [edits.Replace(steps, meant)] if meant and _node(document, steps) else []


def _alias(steps: Path, wanted: str, choices: Sequence[str]) -> str:
    if steps and steps[-1] == "protocol" and wanted.lower() in ("http", "https", "http2", "grpc", "tls"):
        return "TCP" if "TCP" in choices else ""
    return ""


def _renumbered(document: Document, steps: Path, name: str) -> Sequence[edits.Edit]:
    if not _node(document, steps) or len(steps) < 2 or not isinstance(steps[-2], int):
        return []
    return [edits.Replace(steps, _free_name(document, steps[:-2], name))]


def _free_name(document: Document, ports: Path, name: str) -> str:
    listed = _value(document, ports)
    taken = {port.get("name") for port in listed if isinstance(port, Mapping)} if isinstance(listed, list) else set()
    if name not in taken:
        return name
    return next(f"{name}-{number}" for number in range(2, 1000) if f"{name}-{number}" not in taken)


def _supplied(document: Document, steps: Path, error: FieldError) -> Sequence[edits.Edit]:
    if re.fullmatch(r"spec\.ports\[\d+\]\.name", error.field):
        port = _value(document, steps[:-1])
        number = port.get("port") if isinstance(port, Mapping) else None
        if not isinstance(port, Mapping) or not isinstance(number, int):
            return []
        name = f"port-{number}" if _is_shared(document, number) else _NAMED_PORTS.get(number, f"port-{number}")
        return [edits.Insert(steps[:-1], "name", _free_name(document, steps[:-2], name))]
    if error.field == "spec.selector":
        found = _value(document, ("spec", "template", "metadata", "labels"))
        return [edits.Insert(("spec",), "selector", {"matchLabels": dict(found)})] if found else []
    return []


def _is_shared(document: Document, number: int) -> bool:
    """Say whether another unnamed port would be given the same well-known name."""
    listed = _value(document, ("spec", "ports"))
    numbers = [port.get("port") for port in listed or () if isinstance(port, Mapping) and not port.get("name")]
    names = [_NAMED_PORTS.get(found) for found in numbers if isinstance(found, int)]
    return names.count(_NAMED_PORTS.get(number)) > 1


def _dropped(document: Document, steps: Path, error: FieldError) -> Sequence[edits.Edit]:
    if error.field.endswith("nodePort") and "`type` is 'ClusterIP'" in error.detail:
        node = _node(document, ("spec", "type"))
        return [edits.Replace(("spec", "type"), "NodePort") if node else edits.Insert(("spec",), "type", "NodePort")]
    if error.field.startswith("spec.LoadBalancerSourceRanges[") or not _node(document, steps):
        return []
    return [edits.Remove(steps)]


def _corrected(document: Document, steps: Path, error: FieldError) -> Sequence[edits.Edit]:
    value = error.value
    if error.field == "spec.template.metadata.labels":
        wanted = _value(document, ("spec", "selector", "matchLabels"))
        present = _value(document, steps)
        return [edits.Replace(steps, {**(present or {}), **wanted})] if isinstance(wanted, Mapping) else []
    if not _node(document, steps):
        return []
    if error.field.endswith("timeoutSeconds"):
        return [edits.Replace(steps, 10800)]
    if isinstance(value, str):
        fixed = _corrected_text(error, value)
        return [edits.Replace(steps, fixed)] if fixed is not None else []
    return []


def _corrected_text(error: FieldError, value: str) -> str | int | None:
    if error.field.endswith(".targetPort"):
        return _target_port(value)
    if "RFC 1123 label" in error.detail or "DNS-1035 label" in error.detail or error.detail == "must not contain dots":
        slug = re.sub("-+", "-", re.sub("[^a-z0-9-]", "-", value.lower())).strip("-")[: formats.LABEL_LENGTH]
        return slug if slug and not formats.dns1123_label(slug) else None
    if "RFC 1123 subdomain" in error.detail:
        host = re.sub(r"^[a-z]+://", "", value.strip().lower())
        host = re.sub("[_ ]", "-", re.split("[/:]", host)[0])
        return host if host and not formats.dns1123_subdomain(host) else None
    if error.detail.startswith("must be a valid CIDR value") and not formats.ip_address(value):
        return f"{value}/{128 if ':' in value else 32}"
    return None


def _target_port(value: str) -> str | int | None:
    if re.fullmatch("[0-9]{1,5}", value) and not formats.port_number(int(value)):
        return int(value)
    lowered = re.sub("[^a-z0-9-]", "-", value.lower())
    return lowered if lowered != value and not formats.iana_svc_name(lowered) else None
