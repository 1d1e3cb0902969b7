"""Defaults of pods and pod templates, copied on write: parts that lack nothing are shared, not copied.

Mirrors pkg/apis/core/v1/defaults.go (release 1.36).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from app.cluster import clock

Part = Mapping[str, Any]

_SPEC = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")
_MODE = 420
"""0644, the mode of files in volumes."""
_FILE_VOLUMES = ("secret", "configMap", "downwardAPI", "projected")
_VOLUME_FIELDS = frozenset({"name"})


def template_defaults(template: Part) -> Part:
    """Return the template with the defaults of its pod spec; the very same one when it lacks nothing."""
    spec = template.get("spec")
    if not isinstance(spec, Mapping):
        return template
    filled = spec_defaults(spec)
    return template if filled is spec else {**template, "spec": filled}


def spec_defaults(spec: Part) -> Part:
    """Return the pod spec with its defaults; the very same one when it lacks nothing."""
    found = _with_missing(spec, _SPEC)
    account = found.get("serviceAccountName") or found.get("serviceAccount")
    if account:
        found = _with_missing(found, {"serviceAccountName": account, "serviceAccount": account})
    for name in _CONTAINER_LISTS:
        found = _each(found, name, container_defaults)
    return _each(found, "volumes", _volume_defaults)


def host_ports(spec: Part) -> Part:
    """Give each container port of a pod on the host's network its hostPort (Pods only, not templates)."""
    for name in ("containers", "initContainers"):
        spec = _each(spec, name, lambda container: _each(container, "ports", _host_port))
    return spec


def container_defaults(container: Part) -> Part:
    """Return the container with its defaults; the very same one when it lacks nothing."""
    found = container
    if not found.get("imagePullPolicy"):
        found = {**found, "imagePullPolicy": pull_policy(str(found.get("image") or ""))}
    found = _with_missing(found, _CONTAINER)
    found = _each(found, "ports", _port_defaults)
    found = _each(found, "env", _env_defaults)
    for name in _PROBES:
        found = _child(found, name, _probe_defaults)
    return _child(found, "lifecycle", _lifecycle_defaults)


def pull_policy(image: str) -> str:
    """Return Always for the tag latest or none, IfNotPresent for others and for digests."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if digest and not tag:
        return "IfNotPresent"
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _port_defaults(port: Part) -> Part:
    return port if port.get("protocol") else {**port, "protocol": "TCP"}


def _host_port(port: Part) -> Part:
    return port if port.get("hostPort") else {**port, "hostPort": port.get("containerPort")}


def _env_defaults(variable: Part) -> Part:
    return _child(variable, "valueFrom", _source_defaults)


def _source_defaults(source: Part) -> Part:
    return _child(source, "fieldRef", _field_ref_defaults)


def _field_ref_defaults(reference: Part) -> Part:
    return _with_missing(reference, {"apiVersion": "v1"})


def _probe_defaults(probe: Part) -> Part:
    found = _with_missing(probe, _PROBE)
    return _action_defaults(found)


def _action_defaults(action: Part) -> Part:
    found = _child(action, "httpGet", lambda get: _with_missing(get, {"path": "/", "scheme": "HTTP"}))
    return _child(found, "grpc", lambda grpc: _with_missing(grpc, {"service": ""}, empty_is_missing=False))


def _lifecycle_defaults(lifecycle: Part) -> Part:
    for name in _HOOKS:
        lifecycle = _child(lifecycle, name, _action_defaults)
    return lifecycle


def _volume_defaults(volume: Part) -> Part:
    if not volume.keys() - _VOLUME_FIELDS:
        return {**volume, "emptyDir": {}}
    for name in _FILE_VOLUMES:
        volume = _child(volume, name, lambda source: _with_missing(source, {"defaultMode": _MODE}))
    volume = _child(volume, "hostPath", lambda path: _with_missing(path, {"type": ""}, empty_is_missing=False))
    return _child(volume, "projected", lambda source: _each(source, "sources", _projection_defaults))


def _projection_defaults(source: Part) -> Part:
    return _child(source, "serviceAccountToken", lambda token: _with_missing(token, {"expirationSeconds": 3600}))


def _with_missing(part: Part, defaults: Part, *, empty_is_missing: bool = True) -> Part:
    """Return the part with the defaults it lacks; null and, for text, empty count as lacking."""
    lacking = {
        name: value
        for name, value in defaults.items()
        if (present := part.get(name)) is None or (present == "" and empty_is_missing)
    }
    return {**part, **lacking} if lacking else part


def _child(part: Part, name: str, fill: Callable[[Part], Part]) -> Part:
    child = part.get(name)
    if not isinstance(child, Mapping):
        return part
    filled = fill(child)
    return part if filled is child else {**part, name: filled}


def _each(part: Part, name: str, fill: Callable[[Part], Part]) -> Part:
    children = part.get(name)
    if not children:
        return part
    filled = [fill(child) for child in children]
    if all(new is old for new, old in zip(filled, children, strict=True)):
        return part
    return {**part, name: filled}


def requests_from_limits(spec: Part) -> Part:
    """Ask for as much as is allowed where only a limit is given (Pods only, not templates)."""
    for name in ("containers", "initContainers"):
        spec = _each(spec, name, lambda container: _child(container, "resources", _requests))
    return spec


def _requests(resources: Part) -> Part:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    if limits.keys() <= requests.keys():
        return resources
    return {**resources, "requests": {**limits, **requests}}


@functools.lru_cache(maxsize=4096)
def suffix_of(uid: str) -> str:
    """Return a five-letter name suffix that is the same for the same uid."""
    number = 0
    for char in uid:
        number = (number * 31 + ord(char)) & 0xFFFFFFFF
    letters = []
    for _ in range(5):
        number, place = divmod(number, len(clock.NAME_ALPHABET))
        letters.append(clock.NAME_ALPHABET[place])
    return "".join(letters)
