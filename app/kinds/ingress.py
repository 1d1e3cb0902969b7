"""Ingress: which host and path leads to which Service; IngressClass: which controller serves it.

Mirrors pkg/apis/networking/{v1/defaults.go,validation/validation.go} and the admission plugin defaultingressclass
(release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kinds import columns
from app.kinds.kind import Admission, Column, Kind
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
INGRESSES = ("networking.k8s.io", "ingresses")
INGRESS_CLASSES = ("networking.k8s.io", "ingressclasses")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NEVER_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_NEVER_AT_THE_END = ("/..", "/.")
CONTROLLER_LENGTH = 250

Part = Mapping[str, Any]


# --- Ingress -----------------------------------------------------------------------------------


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Begin without a status, served by the default class when none is named."""
    draft.pop("status", None)
    draft["status"] = {"loadBalancer": {}}
    if CLASS_ANNOTATION in objects.annotations_of(draft):
        admission.warnings.append(
            f"annotation {validation.quote(CLASS_ANNOTATION)} is deprecated, please use 'spec.ingressClassName' instead"
        )
        return
    if not objects.spec_of(draft).get("ingressClassName"):
        chosen = _default_class(admission)
        if chosen:
            draft["spec"] = {**objects.spec_of(draft), "ingressClassName": chosen}


def _default_class(admission: Admission) -> str:
    """Return the default class: the newest of several, then the first by name."""
    marked = [
        found
        for found in admission.state.list(INGRESS_CLASSES)
        if objects.annotations_of(found).get(DEFAULT_ANNOTATION) == "true"
    ]
    if not marked:
        return ""
    newest = max(str(objects.metadata(found).get("creationTimestamp")) for found in marked)
    return min(objects.name_of(f) for f in marked if objects.metadata(f).get("creationTimestamp") == newest)


def validate(obj: Object) -> list[FieldError]:
    """Check an Ingress (ValidateIngressSpec)."""
    spec = objects.spec_of(obj)
    rules, backend = spec.get("rules") or (), spec.get("defaultBackend")
    found: list[FieldError] = []
    if not rules and backend is None:
        detail = "either `defaultBackend` or `rules` must be specified"
        found.append(validation.invalid("spec", spec.get("rules") or [], detail))
    if backend is not None:
        found += _validate_backend(backend, "spec.defaultBackend")
    for position, rule in enumerate(rules):
        found += _validate_rule(rule, f"spec.rules[{position}]")
    for position, tls in enumerate(spec.get("tls") or ()):
        for place, host in enumerate(tls.get("hosts") or ()):
            found += _host(host, f"spec.tls[{position}].hosts[{place}]")
    named = spec.get("ingressClassName")
    if named is not None:
        found += validation.invalid_each("spec.ingressClassName", named, validation.dns1123_subdomain(named))
        said = objects.annotations_of(obj).get(CLASS_ANNOTATION)
        if said is not None and "uid" in objects.metadata(obj) and "resourceVersion" not in objects.metadata(obj):
            detail = "can not be set when the class field is also set"
            found.append(validation.invalid(f"annotations.{CLASS_ANNOTATION}", said, detail))
    return found


def _validate_rule(rule: Part, path: str) -> list[FieldError]:
    found = _host(rule["host"], f"{path}.host") if rule.get("host") else []
    http = rule.get("http")
    if http is None:
        return found
    paths = http.get("paths") or ()
    if not paths:
        return [*found, validation.required(f"{path}.http.paths")]
    for position, one in enumerate(paths):
        found += _validate_path(one, f"{path}.http.paths[{position}]")
    return found


def _validate_path(one: Part, path: str) -> list[FieldError]:
    text, kind = str(one.get("path") or ""), one.get("pathType")
    if kind is None:
        return [validation.required(f"{path}.pathType", "pathType must be specified")]
    found: list[FieldError] = []
    if kind in ("Exact", "Prefix"):
        if not text.startswith("/"):
            found.append(validation.invalid(f"{path}.path", text, "must be an absolute path"))
        if text:
            found += [
                validation.invalid(f"{path}.path", text, f"must not contain '{part}'")
                for part in _NEVER_IN_PATHS
                if part in text
            ]
            found += [
                validation.invalid(f"{path}.path", text, f"cannot end with '{part}'")
                for part in _NEVER_AT_THE_END
                if text.endswith(part)
            ]
    elif kind == "ImplementationSpecific":
        if text and not text.startswith("/"):
            found.append(validation.invalid(f"{path}.path", text, "must be an absolute path"))
    else:
        found.append(validation.not_supported(f"{path}.pathType", kind, _PATH_TYPES))
    return [*found, *_validate_backend(one.get("backend") or {}, f"{path}.backend")]


def _validate_backend(backend: Part, path: str) -> list[FieldError]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        return [validation.invalid(path, "", "cannot set both resource and service backends")]
    if resource is not None:
        return [validation.required(f"{path}.resource.{name}") for name in ("kind", "name") if not resource.get(name)]
    if service is None:
        return [validation.invalid(path, "", "resource or service backend is required")]
    name = str(service.get("name") or "")
    found = (
        validation.invalid_each(f"{path}.service.name", name, validation.dns1035_label(name))
        if name
        else [validation.required(f"{path}.service.name")]
    )
    port = service.get("port") or {}
    port_name, number = port.get("name") or "", port.get("number") or 0
    if port_name and number:
        found.append(validation.invalid(path, "", "cannot set both port name & port number"))
    elif port_name:
        found += validation.invalid_each(f"{path}.service.port.name", port_name, validation.iana_svc_name(port_name))
    elif number:
        found += validation.invalid_each(f"{path}.service.port.number", number, validation.port_number(number))
    else:
        found.append(validation.required(path, "port name or number is required"))
    return found


def _host(host: str, path: str) -> list[FieldError]:
    if validation.ip_address(host) == []:
        return [validation.invalid(path, host, "must be a DNS name, not an IP address")]
    if "*" in host:
        bare = host.removeprefix("*.")
        if bare == host or validation.dns1123_subdomain(bare):
            detail = (
                "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character "
                "(e.g. '*.example.com', regex used for validation is "
                "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            )
            return [validation.invalid(path, host, detail)]
        return []
    return validation.invalid_each(path, host, validation.dns1123_subdomain(host))


def _hosts(obj: Object, now: float) -> str:
    hosts = [rule["host"] for rule in objects.spec_of(obj).get("rules") or () if rule.get("host")]
    return columns.more(hosts) if hosts else "*"


def _address(obj: Object, now: float) -> str:
    points = objects.dig(obj, "status", "loadBalancer", "ingress") or ()
    return ",".join(sorted({str(point.get("ip") or point.get("hostname") or "") for point in points} - {""}))


def _ports(obj: Object, now: float) -> str:
    return "80, 443" if objects.spec_of(obj).get("tls") else "80"


INGRESS = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="Ingress",
    resource="ingresses",
    singular="ingress",
    short_names=("ing",),
    has_generation=True,
    has_status=True,
    prepare_create=prepare_create,
    validate=validate,
    columns=(
        columns.NAME,
        columns.text("Class", columns.field("spec", "ingressClassName", default=columns.NONE)),
        columns.text("Hosts", _hosts),
        columns.text("Address", _address),
        columns.text("Ports", _ports),
        columns.AGE,
    ),
    help="Routes HTTP by host and path to Services, which a Service itself cannot; it needs an Ingress controller.",
)


# --- IngressClass ------------------------------------------------------------------------------


def class_defaults(draft: Draft) -> None:
    """Say that parameters are of the cluster where they do not say (SetDefaults_IngressClass)."""
    parameters = objects.spec_of(draft).get("parameters")
    if parameters and parameters.get("scope") is None:
        draft["spec"] = {**draft["spec"], "parameters": {**parameters, "scope": "Cluster"}}


def validate_class(obj: Object) -> list[FieldError]:
    """Check an IngressClass (validateIngressClassSpec)."""
    spec = objects.spec_of(obj)
    name = str(spec.get("controller") or "")
    found: list[FieldError] = []
    if not name:
        found.append(validation.required("spec.controller"))
    elif len(name) > CONTROLLER_LENGTH:
        found.append(validation.too_long("spec.controller", name, CONTROLLER_LENGTH))
    else:
        found += _domain_prefixed(name, "spec.controller")
    parameters = spec.get("parameters")
    if parameters is not None:
        path = "spec.parameters"
        found += [validation.required(f"{path}.{part}") for part in ("kind", "name") if not parameters.get(part)]
        scope, namespace = parameters.get("scope"), parameters.get("namespace")
        if scope not in ("Cluster", "Namespace"):
            found.append(validation.not_supported(f"{path}.scope", scope or "", ("Cluster", "Namespace")))
        elif scope == "Namespace" and not namespace:
            detail = "parameters.namespace must be set when parameters.scope is 'Namespace'"
            found.append(validation.required(f"{path}.namespace", detail))
        elif scope == "Cluster" and namespace is not None:
            detail = "parameters.namespace must not be set when parameters.scope is 'Cluster'"
            found.append(validation.forbidden(f"{path}.namespace", detail))
    return found


def _domain_prefixed(name: str, path: str) -> list[FieldError]:
    prefix, slash, rest = name.partition("/")
    if not prefix or not slash or not rest:
        return [validation.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    return validation.invalid_each(path, prefix, validation.dns1123_subdomain(prefix))


def validate_class_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a changed controller."""
    now, before = objects.spec_of(obj).get("controller"), objects.spec_of(old).get("controller")
    return [] if now == before else [validation.invalid("spec.controller", now, "field is immutable")]


def _parameters(obj: Object, now: float) -> str:
    found = objects.spec_of(obj).get("parameters")
    if not found:
        return columns.NONE
    group = f".{found['apiGroup']}" if found.get("apiGroup") is not None else ""
    return f"{found.get('kind', '')}{group}/{found.get('name', '')}"


INGRESS_CLASS = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="IngressClass",
    resource="ingressclasses",
    singular="ingressclass",
    namespaced=False,
    has_generation=True,
    default=class_defaults,
    validate=validate_class,
    validate_update=validate_class_update,
    columns=(
        columns.NAME,
        Column("Controller", "string", columns.field("spec", "controller")),
        columns.text("Parameters", _parameters),
        columns.AGE,
    ),
    help="Names the controller that serves an Ingress.",
)
