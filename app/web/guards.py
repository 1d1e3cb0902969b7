"""The forms that add an Ingress and a NetworkPolicy, read into drafts."""

from __future__ import annotations

from typing import Any

from app.machinery.objects import Draft
from app.web import forms

WAYS = ("Ingress", "Egress", "both")


def ingress(form: forms.Form) -> Draft:
    """Read the form that adds an Ingress with one rule."""
    port = forms.text(form, "port", "port")
    service: Draft = {
        "name": forms.text(form, "service", "Service"),
        "port": {"number": int(port)} if port.isdecimal() else {"name": port},
    }
    path: Draft = {"path": form.get("path") or "/", "pathType": "Prefix", "backend": {"service": service}}
    host = form.get("host", "").strip()
    rule: Draft = {**({"host": host} if host else {}), "http": {"paths": [path]}}
    chosen = form.get("ingress_class", "").strip()
    spec: Draft = {**({"ingressClassName": chosen} if chosen else {}), "rules": [rule]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": forms.metadata(form), "spec": spec}


def policy(form: forms.Form) -> Draft:
    """Read the form that adds a NetworkPolicy: whom it guards, which way, and who may pass."""
    guarded = forms.pairs(form.get("guards", ""), "guards")
    way = form.get("way") or WAYS[0]
    types = ["Ingress", "Egress"] if way == "both" else [way]
    spec: Draft = {"podSelector": {"matchLabels": guarded} if guarded else {}, "policyTypes": types}
    rule = _rule(form)
    for kind, field, peers in (("Ingress", "ingress", "from"), ("Egress", "egress", "to")):
        if rule and kind in types:
            spec[field] = [{peers if name == "peers" else name: value for name, value in rule.items()}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": forms.metadata(form),
        "spec": spec,
    }


def _rule(form: forms.Form) -> dict[str, Any]:
    allowed = forms.pairs(form.get("allowed", ""), "allowed")
    rule: dict[str, Any] = {"peers": [{"podSelector": {"matchLabels": allowed}}]} if allowed else {}
    port = form.get("allowed_port", "").strip()
    if port:
        rule["ports"] = [{"protocol": "TCP", "port": int(port) if port.isdecimal() else port}]
    return rule
