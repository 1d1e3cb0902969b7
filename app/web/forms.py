"""What people type into forms, read into drafts, patches and requests; nothing typed is lost on a refusal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from app.machinery import objects
from app.machinery.objects import Draft, Object
from app.terminal.kubectl import making
from app.web import words

OUTSIDE = "198.51.100.7"
COUNTS = (1, 10, 100)
READY = "podlane.dev/ready"

Form = Mapping[str, str]


class Unreadable(ValueError):
    """A field that cannot be read; `field` is its name, the text says what to write instead."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def pairs(text: str, field: str = "text") -> dict[str, str]:
    """Read `app=web, tier=front`: commas, spaces or lines between the pairs; `app: web` is understood too."""
    found: dict[str, str] = {}
    for word in re.split(r"[,\s]+", re.sub(r"\s*[=:]\s*", "=", text.strip())):
        if not word:
            continue
        key, sign, value = word.partition("=")
        if not sign:
            raise Unreadable(field, words.say("fields", "no_pair", word=word))
        if not key:
            raise Unreadable(field, words.say("fields", "no_key", word=word))
        if key in found:
            raise Unreadable(field, words.say("fields", "twice", key=key))
        found[key] = value.strip("\"'")
    return found


def pairs_text(found: Mapping[str, Any]) -> str:
    """Write pairs as the form shows them."""
    return ", ".join(f"{key}={value}" for key, value in found.items())


def pairs_patch(before: Mapping[str, Any], after: Mapping[str, str]) -> dict[str, str | None]:
    """Return what a merge patch must hold to turn the pairs before into those after."""
    gone: dict[str, str | None] = {key: None for key in before if key not in after}
    return gone | {key: value for key, value in after.items() if before.get(key) != value}


def number(form: Form, name: str, label: str) -> int:
    """Read a whole number."""
    text = form.get(name, "").strip()
    try:
        return int(text)
    except ValueError:
        raise Unreadable(name, words.say("fields", "no_number", field=label, word=repr(text))) from None


def text(form: Form, name: str, label: str) -> str:
    """Read a text that may not be empty."""
    found = form.get(name, "").strip()
    if not found:
        raise Unreadable(name, words.say("fields", "empty", label=label))
    return found


def asked(form: Form) -> dict[str, Any]:
    """Read the request form into the body of the requests route."""
    to = form.get("to", "").strip()
    if to and "://" not in to:
        to = f"http://{to}"
    count = form.get("count", "1")
    body: dict[str, Any] = {
        "from": source(form.get("source", "")),
        "to": to,
        "count": int(count) if count.isdecimal() else 1,
    }
    host = form.get("host", "").strip()
    if host:
        body["headers"] = {"Host": host}
    return body


def source(value: str) -> dict[str, str]:
    """Read where a request starts: `pod:default/client`, `node:node-1`, or outside."""
    kind, _, name = value.partition(":")
    if kind in ("pod", "node") and name:
        return {kind: name}
    return {"external": OUTSIDE}


def source_value(asked_from: Mapping[str, Any]) -> str:
    """Write where a request started as the form's option; a port-forward is told from the pod it goes into."""
    if asked_from.get("port_forward"):
        return f"pod:{asked_from['port_forward']}"
    for kind in ("pod", "node"):
        if asked_from.get(kind):
            return f"{kind}:{asked_from[kind]}"
    return "outside"


def ports_patch(service: Object, form: Form) -> dict[str, Any]:
    """Read the ports form of a Service into a merge patch of its spec."""
    spec = objects.spec_of(service)
    type_ = form.get("type") or spec.get("type") or "ClusterIP"
    rows = [_port(dict(port), form, index, type_) for index, port in enumerate(spec.get("ports") or ())]
    return {"spec": {"type": type_, "ports": rows}}


def _port(port: Draft, form: Form, index: int, type_: str) -> Draft:
    port["port"] = number(form, f"port-{index}", "port")
    target = form.get(f"target-{index}", "").strip()
    if target:
        port["targetPort"] = int(target) if target.isdecimal() else target
    else:
        port.pop("targetPort", None)
    node = form.get(f"node-{index}", "").strip()
    if type_ not in ("NodePort", "LoadBalancer"):
        port.pop("nodePort", None)
    elif node:
        port["nodePort"] = number(form, f"node-{index}", "nodePort")
    elif f"node-{index}" in form:
        port.pop("nodePort", None)
    return port


def pod(form: Form) -> Draft:
    """Read the form that adds a pod."""
    container: Draft = {"name": text(form, "name", "name"), "image": text(form, "image", "image")}
    command = form.get("command", "").strip()
    if command:
        try:
            container["command"] = shlex.split(command)
        except ValueError:
            container["command"] = command.split()
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata(form), "spec": {"containers": [container]}}


def deployment(form: Form) -> Draft:
    """Read the form that adds a Deployment."""
    labels = pairs(form.get("labels", ""), "labels") or {"app": text(form, "name", "name")}
    image = text(form, "image", "image")
    container: Draft = {"name": making.container_name(image), "image": image}
    if form.get("container_port", "").strip():
        container["ports"] = [{"containerPort": number(form, "container_port", "containerPort")}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**metadata(form), "labels": labels},
        "spec": {
            "replicas": number(form, "replicas", "replicas"),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}},
        },
    }


def service(form: Form) -> Draft:
    """Read the form that adds a Service."""
    port: Draft = {"port": number(form, "port", "port")}
    target = form.get("target", "").strip()
    if target:
        port["targetPort"] = int(target) if target.isdecimal() else target
    spec: Draft = {"type": form.get("type") or "ClusterIP", "ports": [port]}
    selector = pairs(form.get("selector", ""), "selector")
    if selector:
        spec["selector"] = selector
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(form), "spec": spec}


def namespace(form: Form) -> Draft:
    """Read the form that adds a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": text(form, "name", "name")}}


def metadata(form: Form) -> Draft:
    """Read the name and the namespace of what a form adds."""
    made: Draft = {"name": text(form, "name", "name"), "namespace": form.get("namespace") or "default"}
    labels = pairs(form.get("labels", ""), "labels")
    return {**made, "labels": labels} if labels else made
