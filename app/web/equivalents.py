"""The kubectl line that does what was just done by a click; each has the same effect, and a test that says so."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from app.cluster import state
from app.kinds import registry
from app.machinery import objects
from app.machinery.objects import Draft, Key
from app.terminal import toolboxes

LONGEST = 4_000
"""Characters a line may have to travel in a header; a longer one is not shown."""


def _kubectl(namespace: str, words: str) -> str:
    place = f"-n {namespace} " if namespace not in ("", "default") else ""
    return f"kubectl {place}{words}"


def _named(key: Key) -> str:
    kind = registry.kind_for_key(key)
    return f"{kind.singular} {key.name}"


def scale(key: Key, replicas: int) -> str:
    """Return the line that sets how many replicas there are."""
    return _kubectl(key.namespace, f"scale {_named(key)} --replicas={replicas}")


def delete(key: Key) -> str:
    """Return the line that deletes an object."""
    return _kubectl(key.namespace, f"delete {_named(key)}")


def labels(key: Key, patch: Mapping[str, str | None]) -> str:
    """Return the line that writes labels."""
    return _kubectl(key.namespace, f"label {_named(key)} {_pairs(patch)}")


def notes(key: Key, patch: Mapping[str, str | None]) -> str:
    """Return the line that writes annotations."""
    return _kubectl(key.namespace, f"annotate {_named(key)} {_pairs(patch)}")


def _pairs(patch: Mapping[str, str | None]) -> str:
    words = [f"{name}-" if value is None else shlex.quote(f"{name}={value}") for name, value in patch.items()]
    return " ".join(words) + (" --overwrite" if any(value is not None for value in patch.values()) else "")


def selector(key: Key, wanted: Mapping[str, str]) -> str:
    """Return the line that gives a Service its selector."""
    if not wanted:
        return patch(key, {"spec": {"selector": None}})
    pairs = ",".join(f"{name}={value}" for name, value in wanted.items())
    return _kubectl(key.namespace, f"set selector {_named(key)} {shlex.quote(pairs)}")


def patch(key: Key, wanted: Mapping[str, Any]) -> str:
    """Return the line that merges a patch into an object."""
    text = json.dumps(wanted, separators=(",", ":"), ensure_ascii=False)
    return _kubectl(key.namespace, f"patch {_named(key)} --type=merge -p {shlex.quote(text)}")


def create(draft: Draft) -> str:
    """Return the line that creates an object: a generator's where one makes just that, else its manifest."""
    meta, spec = draft["metadata"], draft.get("spec") or {}
    match draft["kind"]:
        case "Namespace":
            return f"kubectl create namespace {meta['name']}"
        case "Pod":
            return _run(meta, spec["containers"][0])
        case "Deployment" if meta.get("labels") == {"app": meta["name"]}:
            (container,) = spec["template"]["spec"]["containers"]
            port = f" --port={container['ports'][0]['containerPort']}" if container.get("ports") else ""
            words = f"create deployment {meta['name']} --image={shlex.quote(container['image'])} --replicas={spec['replicas']}{port}"
            return _kubectl(meta["namespace"], words)
    return manifest("create", yaml.safe_dump(draft, sort_keys=False))


def _run(meta: Mapping[str, Any], container: Mapping[str, Any]) -> str:
    pairs = ",".join(f"{name}={value}" for name, value in (meta.get("labels") or {}).items())
    words = f"run {meta['name']} --image={shlex.quote(container['image'])}"
    words += f" --labels={shlex.quote(pairs)}" if pairs else ""
    if container.get("command"):
        words += f" --command -- {shlex.join(container['command'])}"
    return _kubectl(meta["namespace"], words)


def manifest(verb: str, text: str) -> str:
    """Return the line that hands a manifest to kubectl."""
    end = "EOF"
    while any(line.strip() == end for line in text.splitlines()):
        end += "F"
    return f"kubectl {verb} -f - <<'{end}'\n{text.rstrip()}\n{end}"


def send(held: state.ClusterState, asked: Mapping[str, Any]) -> str:
    """Return the line that sends a request from inside its pod; empty where no line can."""
    pod_name = str((asked.get("from") or {}).get("pod") or "")
    namespace, _, name = pod_name.partition("/")
    pod = held.find(state.PODS, namespace, name) if pod_name else None
    if pod is None:
        return ""
    tools, _ = toolboxes.of(str(objects.spec_of(pod)["containers"][0].get("image") or ""))
    program = _program(tools, asked)
    if not program:
        return ""
    line = _kubectl(namespace, f"exec {name} -- {program}")
    count = int(asked.get("count") or 1)
    return f"for i in $(seq {count}); do {line}; done" if count > 1 else line


def _program(tools: frozenset[str], asked: Mapping[str, Any]) -> str:
    to = str(asked["to"])
    url = urlsplit(to)
    host = (asked.get("headers") or {}).get("Host", "")
    if url.scheme in ("http", "https"):
        if "curl" in tools:
            header = f"-H {shlex.quote(f'Host: {host}')} " if host else ""
            return f"curl -s {header}{shlex.quote(to)}"
        if "wget" in tools:
            header = f"--header {shlex.quote(f'Host: {host}')} " if host else ""
            return f"wget -qO- {header}{shlex.quote(to)}"
    if url.scheme == "icmp" and "ping" in tools and url.hostname:
        return f"ping -c 1 {shlex.quote(url.hostname)}"
    if url.scheme in ("tcp", "udp") and "nc" in tools and url.hostname and url.port:
        return f"nc -z{'u' if url.scheme == 'udp' else ''}v {shlex.quote(url.hostname)} {url.port}"
    if url.scheme == "dns" and "nslookup" in tools:
        kind = url.query.partition("type=")[2]
        return f"nslookup {f'-type={shlex.quote(kind)} ' if kind else ''}{shlex.quote(url.netloc)}"
    return ""


def told(line: str) -> dict[str, Any]:
    """Return the signal that shows a line in the terminal; nothing for one that is too long or not there."""
    return {"command": {"line": line}} if line and len(line) <= LONGEST else {}
