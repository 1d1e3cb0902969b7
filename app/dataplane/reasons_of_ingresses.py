"""The reasons of Ingress controllers: where host and path lead, and why they lead nowhere."""

from __future__ import annotations

from app.dataplane.reason import Reason, Stage
from app.dataplane.trace import Disposition

_SPEC = "networking.k8s.io/v1 Ingress"
_ANSWERED = (Disposition.DELIVERED,)

PASSING = (
    Reason(
        "IngressRouted",
        "Host and path chose the backend",
        "{pod} reads host and path: Ingress {ingress} sends {rule} to Service {service}. It picks one of {of} ready "
        "endpoints and connects to {endpoint} itself, past the Service's address.",
        Stage.APPLICATION,
        source=_SPEC,
    ),
    Reason(
        "IngressRedirectsToTLS",
        "Told to come back with https",
        "{pod} answers 308: Ingress {ingress} has TLS for {host}, so plain HTTP is sent to https://{host}.",
        Stage.APPLICATION,
        source="ingress-nginx, ssl-redirect",
        ends=_ANSWERED,
    ),
)

FAILING = (
    Reason(
        "NoIngressOfThisClass",
        "No Ingress is for this controller",
        "{pod} answers 404: no Ingress has a class whose controller is {controller}.",
        Stage.APPLICATION,
        "Set spec.ingressClassName to an IngressClass of this controller.",
        _SPEC,
        _ANSWERED,
        "an Ingress of the controller's class is there",
    ),
    Reason(
        "IngressHostUnknown",
        "No rule for this host",
        "{pod} answers 404: no Ingress rule is for host {host}; there are rules for {hosts}.",
        Stage.APPLICATION,
        "Ask with a host that a rule names (the Host header decides), or add a rule.",
        _SPEC,
        _ANSWERED,
        "a rule for the host was found",
    ),
    Reason(
        "IngressPathUnknown",
        "No rule for this path",
        "{pod} answers 404: a rule is for host {host}, but none of its paths matches {path}.",
        Stage.APPLICATION,
        "Add a path; type Prefix matches whole elements, Exact the very path.",
        _SPEC,
        _ANSWERED,
    ),
    Reason(
        "IngressBackendMissing",
        "The Ingress names a Service that is not there",
        "{pod} answers 503: Ingress {ingress} sends {rule} to Service {service}, which does not exist.",
        Stage.APPLICATION,
        "Name a Service of the Ingress's own namespace.",
        _SPEC,
        _ANSWERED,
    ),
    Reason(
        "IngressPortMissing",
        "The Ingress names a port that the Service lacks",
        "{pod} answers 503: Ingress {ingress} sends {rule} to port {port} of Service {service}, which has {ports}.",
        Stage.APPLICATION,
        "Write the Service's port, not the pod's.",
        _SPEC,
        _ANSWERED,
    ),
    Reason(
        "IngressWithoutEndpoints",
        "No pod behind the Ingress's Service",
        "{pod} answers 503: Service {service}, to which Ingress {ingress} sends {rule}, has no ready endpoint.",
        Stage.APPLICATION,
        "Ask the Service directly: it says why it has no endpoints.",
        _SPEC,
        _ANSWERED,
    ),
)
