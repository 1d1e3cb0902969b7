"""What a pod spec must obey, in pods and in templates, and what may change after creation.

Mirrors pkg/apis/core/validation/validation.go (release 1.36) for the fields a network playground can meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.machinery import validation
from app.machinery.validation import FieldError

Part = Mapping[str, Any]

_RESTART = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PULL = ("Always", "IfNotPresent", "Never")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_PROBES = ("livenessProbe", "startupProbe", "readinessProbe")


def validate_spec(spec: Part, path: str) -> list[FieldError]:
    """Check a pod spec (ValidatePodSpec)."""
    volumes, found = _validate_volumes(spec.get("volumes") or (), f"{path}.volumes")
    found += _validate_containers(spec, volumes, path)
    found += _choice(spec, "restartPolicy", _RESTART, path)
    found += _choice(spec, "dnsPolicy", _DNS, path)
    found += _validate_names(spec, path)
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        found += validation.invalid_each(f"{path}.terminationGracePeriodSeconds", grace, validation.non_negative(grace))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        field = f"{path}.activeDeadlineSeconds"
        found += validation.invalid_each(field, deadline, validation.in_range(deadline, 1, 2**31 - 1))
    found += _validate_tolerations(spec.get("tolerations") or (), f"{path}.tolerations")
    found += validation.validate_labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    return found


def _validate_names(spec: Part, path: str) -> list[FieldError]:
    found: list[FieldError] = []
    rules = (
        ("hostname", validation.dns1123_label),
        ("subdomain", validation.dns1123_label),
        ("serviceAccountName", validation.dns1123_subdomain),
        ("nodeName", validation.dns1123_subdomain),
    )
    for name, rule in rules:
        if spec.get(name):
            found += validation.invalid_each(f"{path}.{name}", spec[name], rule(str(spec[name])))
    for position, gate in enumerate(spec.get("readinessGates") or ()):
        kind = str(gate.get("conditionType") or "")
        field = f"{path}.readinessGates[{position}].conditionType"
        found += validation.invalid_each(field, kind, validation.qualified_name(kind))
    return found


def _validate_containers(spec: Part, volumes: set[str], path: str) -> list[FieldError]:
    containers = spec.get("containers") or ()
    found: list[FieldError] = []
    names: set[str] = set()
    if not containers:
        found.append(validation.required(f"{path}.containers"))
    for position, container in enumerate(containers):
        found += _validate_container(container, names, volumes, f"{path}.containers[{position}]")
    found += _host_port_conflicts(containers, f"{path}.containers")
    for position, container in enumerate(spec.get("initContainers") or ()):
        at = f"{path}.initContainers[{position}]"
        found += _validate_container(container, names, volumes, at)
        if container.get("restartPolicy") not in (None, "", "Always"):
            found.append(validation.not_supported(f"{at}.restartPolicy", container["restartPolicy"], ("Always",)))
        if not container.get("restartPolicy"):
            for name in _PROBES:
                if container.get(name):
                    detail = "may not be set for init containers without restartPolicy=Always"
                    found.append(validation.forbidden(f"{at}.{name}", detail))
    return found


def _validate_container(container: Part, names: set[str], volumes: set[str], path: str) -> list[FieldError]:
    found = _validate_container_name(str(container.get("name") or ""), names, f"{path}.name")
    image = container.get("image") or ""
    if not image:
        found.append(validation.required(f"{path}.image"))
    elif image != str(image).strip():
        found.append(validation.invalid(f"{path}.image", image, "must not have leading or trailing whitespace"))
    found += _validate_ports(container.get("ports") or (), f"{path}.ports")
    found += _validate_env(container.get("env") or (), f"{path}.env")
    found += _validate_mounts(container.get("volumeMounts") or (), volumes, f"{path}.volumeMounts")
    for name in _PROBES:
        if container.get(name):
            found += _validate_probe(container[name], f"{path}.{name}", only_once=name != "readinessProbe")
    found += _choice(container, "imagePullPolicy", _PULL, path)
    return found


def _validate_container_name(name: str, names: set[str], field: str) -> list[FieldError]:
    if not name:
        return [validation.required(field)]
    found = validation.invalid_each(field, name, validation.dns1123_label(name))
    if name in names:
        found.append(validation.duplicate(field, name))
    names.add(name)
    return found


def _validate_ports(ports: Sequence[Part], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    names: set[str] = set()
    for position, port in enumerate(ports):
        at = f"{path}[{position}]"
        name = port.get("name") or ""
        if name:
            complaints = validation.iana_svc_name(name)
            found += validation.invalid_each(f"{at}.name", name, complaints)
            if not complaints:
                if name in names:
                    found.append(validation.duplicate(f"{at}.name", name))
                names.add(name)
        number = port.get("containerPort") or 0
        if not number:
            found.append(validation.required(f"{at}.containerPort"))
        else:
            found += validation.invalid_each(f"{at}.containerPort", number, validation.port_number(number))
        host = port.get("hostPort") or 0
        if host:
            found += validation.invalid_each(f"{at}.hostPort", host, validation.port_number(host))
        if not port.get("protocol"):
            found.append(validation.required(f"{at}.protocol"))
        else:
            found += _choice(port, "protocol", _PROTOCOLS, at)
    return found


def _host_port_conflicts(containers: Sequence[Part], path: str) -> list[FieldError]:
    seen: set[str] = set()
    found: list[FieldError] = []
    for place, container in enumerate(containers):
        for position, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort")
            if not host:
                continue
            shown = f"{port.get('protocol')}/{port.get('hostIP') or ''}/{host}"
            if shown in seen:
                found.append(validation.duplicate(f"{path}[{place}].ports[{position}].hostPort", shown))
            seen.add(shown)
    return found


def _validate_env(variables: Sequence[Part], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    for position, variable in enumerate(variables):
        at = f"{path}[{position}]"
        name = str(variable.get("name") or "")
        if not name:
            found.append(validation.required(f"{at}.name"))
        else:
            found += validation.invalid_each(f"{at}.name", name, validation.env_var_name(name))
        if variable.get("value") and variable.get("valueFrom"):
            detail = "may not be specified when `value` is not empty"
            found.append(validation.invalid(f"{at}.valueFrom", "", detail))
    return found


def _validate_mounts(mounts: Sequence[Part], volumes: set[str], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    places: set[str] = set()
    for position, mount in enumerate(mounts):
        at = f"{path}[{position}]"
        name, place = str(mount.get("name") or ""), str(mount.get("mountPath") or "")
        if not name:
            found.append(validation.required(f"{at}.name"))
        if name not in volumes:
            found.append(validation.not_found(f"{at}.name", name))
        if not place:
            found.append(validation.required(f"{at}.mountPath"))
        if place in places:
            found.append(validation.invalid(f"{at}.mountPath", place, "must be unique"))
        places.add(place)
    return found


def _validate_volumes(volumes: Sequence[Part], path: str) -> tuple[set[str], list[FieldError]]:
    names: set[str] = set()
    found: list[FieldError] = []
    for position, volume in enumerate(volumes):
        name, at = str(volume.get("name") or ""), f"{path}[{position}].name"
        if not name:
            found.append(validation.required(at))
            continue
        found += validation.invalid_each(at, name, validation.dns1123_label(name))
        if name in names:
            found.append(validation.duplicate(at, name))
        names.add(name)
    return names, found


def _validate_probe(probe: Part, path: str, *, only_once: bool) -> list[FieldError]:
    found = _validate_handler(probe, path)
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        value = probe.get(name)
        if value is not None:
            found += validation.invalid_each(f"{path}.{name}", value, validation.non_negative(value))
    if only_once and probe.get("successThreshold") not in (None, 0, 1):
        found.append(validation.invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1"))
    return found


def _validate_handler(probe: Part, path: str) -> list[FieldError]:
    handlers = [name for name in _HANDLERS if probe.get(name) is not None]
    if not handlers:
        return [validation.required(path, "must specify a handler type")]
    found = [
        validation.forbidden(f"{path}.{name}", "may not specify more than 1 handler type") for name in handlers[1:]
    ]
    name = handlers[0]
    if name != "exec":
        found += port_or_name(probe[name].get("port"), f"{path}.{name}.port")
    elif not probe[name].get("command"):
        found.append(validation.required(f"{path}.exec.command"))
    return found


def port_or_name(value: Any, field: str) -> list[FieldError]:
    """Check a port given by number or by name (ValidatePortNumOrName)."""
    if isinstance(value, str):
        return validation.invalid_each(field, value, validation.iana_svc_name(value))
    number = value if isinstance(value, int) else 0
    return validation.invalid_each(field, number, validation.port_number(number))


def _validate_tolerations(tolerations: Sequence[Part], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    for position, toleration in enumerate(tolerations):
        at = f"{path}[{position}]"
        key, operator = str(toleration.get("key") or ""), toleration.get("operator") or ""
        if key:
            found += validation.invalid_each(f"{at}.key", key, validation.qualified_name(key))
        elif operator != "Exists":
            detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            found.append(validation.invalid(f"{at}.operator", operator, detail))
        if operator == "Exists" and toleration.get("value"):
            detail = "value must be empty when `operator` is 'Exists'"
            found.append(validation.invalid(f"{at}.operator", toleration, detail))
    return found


def _choice(part: Part, name: str, allowed: tuple[str, ...], path: str) -> list[FieldError]:
    value = part.get(name)
    if value is None or value == "":
        return [validation.required(f"{path}.{name}")]
    return [] if value in allowed else [validation.not_supported(f"{path}.{name}", value, allowed)]


MAY_NOT_CHANGE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def validate_update(spec: Part, old: Part) -> list[FieldError]:
    """Refuse changes of a pod spec beyond images, deadline, more tolerations and grace (ValidatePodUpdate).

    DIFFERS: what changed is shown field by field; upstream prints Go's own comparison of its structs.
    """
    if spec is old or spec == old:
        return []
    found: list[FieldError] = []
    for name in ("containers", "initContainers"):
        if len(spec.get(name) or ()) != len(old.get(name) or ()):
            return [validation.forbidden(f"spec.{name}", "pod updates may not add or remove containers")]
    if not _only_adds(spec.get("tolerations") or [], old.get("tolerations") or []):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        found.append(validation.forbidden("spec.tolerations", detail))
    if _fixed(spec, old) != _fixed(old, old):
        found.append(validation.forbidden("spec", f"{MAY_NOT_CHANGE}\n{_difference(spec, old)}"))
    return found


def _only_adds(new: Sequence[Part], old: Sequence[Part]) -> bool:
    def bare(toleration: Part) -> dict[str, Any]:
        return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}

    kept = [bare(toleration) for toleration in new]
    return all(bare(toleration) in kept for toleration in old)


def _fixed(spec: Part, old: Part) -> dict[str, Any]:
    """Return the spec with everything that may change taken from the old one."""
    found = dict(spec)
    for name in ("activeDeadlineSeconds", "tolerations"):
        found.pop(name, None)
        if name in old:
            found[name] = old[name]
    was = old.get("terminationGracePeriodSeconds")
    if was is not None and was < 0 and spec.get("terminationGracePeriodSeconds") == 1:
        found["terminationGracePeriodSeconds"] = was
    for name in ("containers", "initContainers"):
        if spec.get(name):
            pairs = zip(spec[name], old.get(name) or (), strict=False)
            found[name] = [{**container, "image": kept.get("image")} for container, kept in pairs]
    return found


def _difference(spec: Part, old: Part) -> str:
    fixed = _fixed(spec, old)
    names = sorted(name for name in fixed.keys() | old.keys() if fixed.get(name) != old.get(name))
    return "\n".join(f"  spec.{name}: {_shown(old.get(name))} -> {_shown(fixed.get(name))}" for name in names)


def _shown(value: Any) -> str:
    text = validation.render_value(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
