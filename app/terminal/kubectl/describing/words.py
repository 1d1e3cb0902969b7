"""What describers share: labels, annotations, times, events, pod templates."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock
from app.kinds import columns
from app.terminal.kubectl import patching, tabs
from app.terminal.kubectl.kube import Kube, Resource

FLUSH = "\x00"
LONGEST = 140


@dataclass(frozen=True, slots=True)
class Subject:
    """The object to describe, and who asks."""

    kube: Kube
    resource: Resource
    obj: Mapping[str, Any]
    shows_events: bool = True

    @property
    def meta(self) -> Mapping[str, Any]:
        """Its metadata."""
        found: Mapping[str, Any] = self.obj.get("metadata") or {}
        return found

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its spec."""
        found: Mapping[str, Any] = self.obj.get("spec") or {}
        return found

    @property
    def status(self) -> Mapping[str, Any]:
        """Its status."""
        found: Mapping[str, Any] = self.obj.get("status") or {}
        return found


def aligned(text: str) -> str:
    """Set a describer's text, block by block."""
    return "".join(tabs.described(block) for block in text.split(FLUSH))


def head(about: Subject) -> str:
    """Write name, namespace, labels and annotations."""
    text = f"Name:\t{about.meta.get('name', '')}\nNamespace:\t{about.meta.get('namespace', '')}\n"
    text += labels("Labels", about.meta.get("labels"))
    return text + notes("Annotations", about.meta.get("annotations"))


def labels(title: str, found: Mapping[str, Any] | None, indent: str = "") -> str:
    """Write labels, one a line."""
    kept = [f"{name}={value}" for name, value in sorted((found or {}).items())]
    return f"{indent}{title}:\t" + ("\n\t".join(kept) if kept else "<none>") + "\n"


def notes(title: str, found: Mapping[str, Any] | None, indent: str = "") -> str:
    """Write annotations, long ones under their names."""
    names = sorted(name for name in found or {} if name != patching.LAST_APPLIED)
    if not names:
        return f"{indent}{title}:\t<none>\n"
    text = f"{indent}{title}:\t"
    for place, name in enumerate(names):
        text += f"{indent}\t" if place else ""
        value = str((found or {})[name]).removesuffix("\n")
        if len(name) + len(value) + 2 > LONGEST or "\n" in value:
            text += f"{name}:\n"
            text += "".join(f"{indent}\t  {_short(line)}\n" for line in value.split("\n"))
        else:
            text += f"{name}: {value}\n"
    return text


def _short(line: str) -> str:
    return line[: LONGEST - 2] + "..." if len(line) > LONGEST - 2 else line


def pairs(found: Mapping[str, Any] | None) -> str:
    """Write labels in one line, `<none>` without any."""
    return ",".join(f"{name}={value}" for name, value in sorted((found or {}).items())) or "<none>"


def when(text: Any) -> str:
    """Write a timestamp as RFC 1123 does."""
    return moment(text, "%a, %d %b %Y %H:%M:%S +0000") if text else "<unset>"


def moment(text: Any, form: str) -> str:
    """Write a timestamp in a strftime format, in UTC."""
    return datetime.datetime.fromtimestamp(int(clock.seconds(text)), datetime.UTC).strftime(form)


async def events(about: Subject, **more: str) -> str:
    """Write the events about an object."""
    if not about.shows_events:
        return ""
    meta = about.meta
    terms = {
        "involvedObject.name": str(meta.get("name", "")),
        "involvedObject.namespace": str(meta.get("namespace", "")),
        "involvedObject.kind": about.resource.kind,
        "involvedObject.uid": str(more.get("uid", meta.get("uid", ""))),
    }
    selector = ",".join(f"{name}={value}" for name, value in terms.items() if value)
    namespace = str(meta.get("namespace") or "")
    path = f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"
    listed = await about.kube.ask("GET", path, query={"fieldSelector": selector, "limit": "500"})
    return event_lines(listed.get("items", ()), about.kube.moment())


def event_lines(found: Sequence[Mapping[str, Any]], now: float) -> str:
    """Write a list of events."""
    if not found:
        return "Events:\t<none>\n"
    lines = ["Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n"]
    for one in sorted(found, key=lambda event: str(event.get("lastTimestamp") or "")):
        source = (one.get("source") or {}).get("component") or one.get("reportingComponent") or ""
        part = (one.get("involvedObject") or {}).get("fieldPath")
        message = str(one.get("message", "")).strip()
        lines.append(
            f"  {one.get('type', '')}\t{one.get('reason', '')}\t{interval(one, now)}\t{source}\t"
            f"{f'{part}: ' if part else ''}{message}\n"
        )
    return FLUSH + "".join(lines)


def interval(event: Mapping[str, Any], now: float) -> str:
    """Say how long ago an event happened, and how often (getInterval)."""
    first = event.get("firstTimestamp") or event.get("eventTime")
    since = columns.since(first, now)
    series = event.get("series")
    if series:
        return f"{columns.since(series.get('lastObservedTime'), now)} (x{series.get('count')} over {since})"
    if int(event.get("count") or 0) > 1:
        return f"{columns.since(event.get('lastTimestamp'), now)} (x{event['count']} over {since})"
    return since


def template(found: Mapping[str, Any]) -> str:
    """Write a pod template (DescribePodTemplate)."""
    meta, spec = found.get("metadata") or {}, found.get("spec") or {}
    text = "Pod Template:\n" + labels("Labels", meta.get("labels"), "  ")
    if meta.get("annotations"):
        text += notes("Annotations", meta["annotations"], "  ")
    if spec.get("serviceAccountName"):
        text += f"  Service Account:\t{spec['serviceAccountName']}\n"
    if spec.get("initContainers"):
        text += containers("Init Containers", spec["initContainers"], {}, "  ")
    text += containers("Containers", spec.get("containers") or (), {}, "  ")
    text += volumes(spec.get("volumes") or (), "  ")
    if spec.get("priorityClassName"):
        text += f"  Priority Class Name:\t{spec['priorityClassName']}\n"
    text += node_selectors(spec, "  ")
    return text


def node_selectors(spec: Mapping[str, Any], indent: str = "") -> str:
    """Write node selectors and tolerations."""
    text = labels("Node-Selectors", spec.get("nodeSelector"), indent)
    return text + tolerations(spec.get("tolerations") or (), indent)


def tolerations(found: Sequence[Mapping[str, Any]], indent: str = "") -> str:
    """Write tolerations, one a line."""
    lines = []
    for one in sorted(found, key=lambda toleration: str(toleration.get("key") or "")):
        line = str(one.get("key") or "")
        if one.get("value"):
            line += f"={one['value']}"
        if one.get("effect"):
            line += f":{one['effect']}"
        if one.get("operator") == "Exists" and not one.get("value"):
            line += " op=Exists" if one.get("key") or one.get("effect") else "op=Exists"
        if one.get("tolerationSeconds") is not None:
            line += f" for {one['tolerationSeconds']}s"
        lines.append(line)
    return f"{indent}Tolerations:\t" + (f"\n{indent}\t".join(lines) if lines else "<none>") + "\n"


def containers(title: str, found: Sequence[Mapping[str, Any]], states: Mapping[str, Any], indent: str = "") -> str:
    """Write containers; with their statuses where there are any."""
    text = f"{indent}{title}:\n" if found else f"{indent}{title}:\t<none>\n"
    inner = " " if indent else "  "
    for one in found:
        text += container(one, states.get(str(one.get("name"))), indent + inner)
    return text


def container(one: Mapping[str, Any], state: Mapping[str, Any] | None, name_indent: str) -> str:
    """Write one container."""
    indent = "    "
    rows: list[str] = []
    if state:
        rows.append(f"Container ID:\t{state.get('containerID', '')}")
    rows.append(f"Image:\t{one.get('image', '')}")
    if state:
        rows.append(f"Image ID:\t{state.get('imageID', '')}")
    ports = one.get("ports") or ()
    plural = "s" if len(ports) > 1 else ""
    shown = [
        f"{port['containerPort']}/{port.get('protocol', 'TCP')}" + (f" ({port['name']})" if port.get("name") else "")
        for port in ports
    ]
    hosts = [
        f"{port.get('hostPort', 0)}/{port.get('protocol', 'TCP')}" + (f" ({port['name']})" if port.get("name") else "")
        for port in ports
    ]
    rows.append(f"Port{plural}:\t{', '.join(shown) or '<none>'}")
    rows.append(f"Host Port{plural}:\t{', '.join(hosts) or '<none>'}")
    if one.get("securityContext", {}).get("seccompProfile"):
        rows.append(f"SeccompProfile:\t{one['securityContext']['seccompProfile'].get('type', '')}")
    for title, words in (("Command", one.get("command")), ("Args", one.get("args"))):
        if words:
            rows.append(f"{title}:")
            rows += [f"  {line}" for word in words for line in str(word).split("\n")]
    if state:
        rows += _state("State", state.get("state") or {})
        if (state.get("lastState") or {}).get("terminated"):
            rows += _state("Last State", state["lastState"])
        rows.append(f"Ready:\t{'True' if state.get('ready') else 'False'}")
        rows.append(f"Restart Count:\t{state.get('restartCount', 0)}")
    for title, which in (("Limits", "limits"), ("Requests", "requests")):
        amounts = (one.get("resources") or {}).get(which)
        if amounts:
            rows.append(f"{title}:")
            rows += [f"  {name}:\t{amounts[name]}" for name in sorted(amounts)]
    rows += _probes(one)
    rows += _environment(one)
    mounts = one.get("volumeMounts") or ()
    rows.append("Mounts:" if mounts else "Mounts:\t<none>")
    for mount in sorted(mounts, key=lambda m: str(m.get("mountPath", ""))):
        flags = "ro" if mount.get("readOnly") else "rw"
        path = f',path="{mount["subPath"]}"' if mount.get("subPath") else ""
        rows.append(f"  {mount.get('mountPath', '')} from {mount.get('name', '')} ({flags}{path})")
    return f"{name_indent}{one.get('name', '')}:\n" + "".join(f"{indent}{row}\n" for row in rows)


def _state(title: str, state: Mapping[str, Any]) -> list[str]:
    if "running" in state:
        return [f"{title}:\tRunning", f"  Started:\t{when(state['running'].get('startedAt'))}"]
    if "waiting" in state:
        rows = [f"{title}:\tWaiting"]
        if state["waiting"].get("reason"):
            rows.append(f"  Reason:\t{state['waiting']['reason']}")
        return rows
    if "terminated" in state:
        ended = state["terminated"]
        rows = [f"{title}:\tTerminated"]
        rows += [f"  Reason:\t{ended['reason']}"] if ended.get("reason") else []
        rows += [f"  Message:\t{ended['message']}"] if ended.get("message") else []
        rows.append(f"  Exit Code:\t{ended.get('exitCode', 0)}")
        rows += [f"  Signal:\t{ended['signal']}"] if ended.get("signal") else []
        return [*rows, f"  Started:\t{when(ended.get('startedAt'))}", f"  Finished:\t{when(ended.get('finishedAt'))}"]
    return [f"{title}:\tWaiting"]


def _probes(one: Mapping[str, Any]) -> list[str]:
    return [
        f"{title}:\t{probe(one[name])}"
        for title, name in (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe"))
        if one.get(name)
    ]


def probe(found: Mapping[str, Any]) -> str:
    """Write a probe (DescribeProbe)."""
    attributes = (
        f"delay={found.get('initialDelaySeconds', 0)}s timeout={found.get('timeoutSeconds', 0)}s "
        f"period={found.get('periodSeconds', 0)}s #success={found.get('successThreshold', 0)} "
        f"#failure={found.get('failureThreshold', 0)}"
    )
    if "exec" in found:
        return f"exec [{' '.join(found['exec'].get('command') or ())}] {attributes}"
    if "httpGet" in found:
        asked = found["httpGet"]
        port = asked.get("port", "")
        host = asked.get("host", "")
        where = f"{host}:{port}" if port != "" else host
        path = str(asked.get("path") or "")
        return f"http-get {str(asked.get('scheme', 'HTTP')).lower()}://{where}{path} {attributes}"
    if "tcpSocket" in found:
        return f"tcp-socket {found['tcpSocket'].get('host', '')}:{found['tcpSocket'].get('port', '')} {attributes}"
    if "grpc" in found:
        return f"grpc <pod>:{found['grpc'].get('port', '')} {found['grpc'].get('service', '')} {attributes}"
    return f"unknown {attributes}"


def _environment(one: Mapping[str, Any]) -> list[str]:
    rows: list[str] = []
    if one.get("envFrom"):
        rows.append("Environment Variables from:")
        for source in one["envFrom"]:
            kind, which = (
                ("ConfigMap", source["configMapRef"])
                if "configMapRef" in source
                else ("Secret", source.get("secretRef") or {})
            )
            prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
            rows.append(
                f"  {which.get('name', '')}\t{kind}{prefix}\tOptional: {str(bool(which.get('optional'))).lower()}"
            )
    variables = one.get("env") or ()
    rows.append("Environment:" if variables else "Environment:\t<none>")
    for variable in variables:
        origin = variable.get("valueFrom")
        if not origin:
            first, *more = str(variable.get("value", "")).split("\n")
            rows.append(f"  {variable['name']}:\t{first}")
            rows += [f"  \t{line}" for line in more]
        elif "fieldRef" in origin:
            path = origin["fieldRef"]
            rows.append(f"  {variable['name']}:\t ({path.get('apiVersion', 'v1')}:{path.get('fieldPath', '')})")
        else:
            key = origin.get("configMapKeyRef") or origin.get("secretKeyRef") or {}
            what = "config map" if "configMapKeyRef" in origin else "secret"
            rows.append(
                f"  {variable['name']}:\t<set to the key '{key.get('key', '')}' of {what} '{key.get('name', '')}'>\t"
                f"Optional: {str(bool(key.get('optional'))).lower()}"
            )
    return rows


def volumes(found: Sequence[Mapping[str, Any]], indent: str = "") -> str:
    """Write volumes."""
    if not found:
        return f"{indent}Volumes:\t<none>\n"
    inner = "   " if indent else "  "
    text = f"{indent}Volumes:\n"
    for one in found:
        text += f"{inner}{one.get('name', '')}:\n"
        text += "".join(f"    {row}\n" for row in _volume(one))
    return text


def _volume(one: Mapping[str, Any]) -> list[str]:
    if "projected" in one:
        rows = ["Type:\tProjected (a volume that contains injected data from multiple sources)"]
        for source in one["projected"].get("sources") or ():
            if "secret" in source:
                rows += [f"SecretName:\t{source['secret'].get('name', '')}", f"Optional:\t{_flag(source['secret'])}"]
            elif "downwardAPI" in source:
                rows.append("DownwardAPI:\ttrue")
            elif "configMap" in source:
                rows += [
                    f"ConfigMapName:\t{source['configMap'].get('name', '')}",
                    f"Optional:\t{_flag(source['configMap'])}",
                ]
            elif "serviceAccountToken" in source:
                rows.append(f"TokenExpirationSeconds:\t{source['serviceAccountToken'].get('expirationSeconds', 3600)}")
        return rows
    if "configMap" in one:
        return [
            "Type:\tConfigMap (a volume populated by a ConfigMap)",
            f"Name:\t{one['configMap'].get('name', '')}",
            f"Optional:\t{_flag(one['configMap'])}",
        ]
    if "secret" in one:
        return [
            "Type:\tSecret (a volume populated by a Secret)",
            f"SecretName:\t{one['secret'].get('secretName', '')}",
            f"Optional:\t{_flag(one['secret'])}",
        ]
    if "emptyDir" in one:
        limit = one["emptyDir"].get("sizeLimit") or "<unset>"
        return [
            "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
            f"Medium:\t{one['emptyDir'].get('medium', '')}",
            f"SizeLimit:\t{limit}",
        ]
    if "hostPath" in one:
        return [
            "Type:\tHostPath (bare host directory volume)",
            f"Path:\t{one['hostPath'].get('path', '')}",
            f"HostPathType:\t{one['hostPath'].get('type', '')}",
        ]
    if "persistentVolumeClaim" in one:
        claim = one["persistentVolumeClaim"]
        return [
            "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            f"ClaimName:\t{claim.get('claimName', '')}",
            f"ReadOnly:\t{str(bool(claim.get('readOnly'))).lower()}",
        ]
    return ["<unknown>"]


def _flag(one: Mapping[str, Any]) -> str:
    return str(bool(one.get("optional"))).lower()


def selector(found: Mapping[str, Any] | None) -> str:
    """Write a label selector."""
    return columns.selector(found)


Describer = Callable[[Subject], Any]
