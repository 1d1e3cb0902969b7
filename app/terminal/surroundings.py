"""What a container finds around itself: its files, environment, addresses, processes and clock."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from app.cluster import state
from app.dataplane import resolver, service_env
from app.dataplane.world import World as Seen
from app.kinds import resolvconf, tokens
from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import fields, mounts
from app.terminal.calls import Call, Program

SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def hostname(pod: Object, zone: str = "cluster.local") -> str:
    """Return what the container's hostname is: the pod's, cut to 63 characters; on the host's network the node's."""
    return resolvconf.hostname(pod, zone)


def files(view: Seen, pod: Object) -> dict[str, str]:
    """Return the files the kubelet puts into every container."""
    config = resolver.pod_config(view, pod)
    found = {
        "/etc/resolv.conf": config.file,
        "/etc/hosts": _hosts(view, pod),
        "/etc/hostname": hostname(pod, view.cluster_domain) + "\n",
    }
    if _mounts_token(view, pod):
        namespace = objects.namespace_of(pod)
        root = view.state.find(state.CONFIGMAPS, namespace, "kube-root-ca.crt")
        token = tokens.of_pod(view.state, pod)
        for folder in (SECRETS, SECRETS.removeprefix("/var")):
            found[f"{folder}/namespace"] = namespace
            found[f"{folder}/ca.crt"] = str(objects.dig(root, "data", "ca.crt") or "")
            found[f"{folder}/token"] = token
    return found


def _mounts_token(view: Seen, pod: Object) -> bool:
    """Say whether the kubelet mounts the account's token: the pod decides, then its ServiceAccount."""
    own = objects.spec_of(pod).get("automountServiceAccountToken")
    if own is not None:
        return bool(own)
    name = str(objects.spec_of(pod).get("serviceAccountName") or "default")
    account = view.state.find(state.SERVICE_ACCOUNTS, objects.namespace_of(pod), name) or {}
    return account.get("automountServiceAccountToken") is not False


def _hosts(view: Seen, pod: Object) -> str:
    spec = objects.spec_of(pod)
    address = next(iter(state.pod_ips(pod)), "")
    own = hostname(pod) if spec.get("hostNetwork") else resolvconf.short_hostname(pod)
    names = own
    if spec.get("subdomain"):
        names = f"{own}.{spec['subdomain']}.{objects.namespace_of(pod)}.svc.{view.cluster_domain}\t{own}"
    on_host = bool(spec.get("hostNetwork"))
    text = (
        f"# Kubernetes-managed hosts file{' (host network)' if on_host else ''}.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
    )
    text += f"{address}\t{names}\n" if address else ""
    aliases = spec.get("hostAliases") or ()
    if aliases:
        text += "\n# Entries added by HostAliases.\n"
        text += "".join(f"{one['ip']}\t{chr(9).join(one.get('hostnames') or ())}\n" for one in aliases)
    return text


def environment(view: Seen, pod: Object, container: Mapping[str, Any]) -> dict[str, str]:
    """Return the container's environment: the Services known when it started, then what its spec says."""
    found = {"PATH": _PATH, "HOSTNAME": hostname(pod, view.cluster_domain)}
    found.update(service_env.service_environment(view.state, pod))
    for one in container.get("envFrom") or ():
        texts = _keyed(view, pod, one.get("configMapRef"), one.get("secretRef"))
        found.update({f"{one.get('prefix') or ''}{name}": text for name, text in texts.items()})
    for one in container.get("env") or ():
        text = _value(view, pod, container, one, found)
        if text is not None:
            found[str(one.get("name"))] = text
    found["HOME"] = "/root"
    return found


def _keyed(view: Seen, pod: Object, config: Any, secret: Any) -> dict[str, str]:
    """Return what a ConfigMap or Secret of the pod's namespace holds."""
    if config:
        found = view.state.find(state.CONFIGMAPS, objects.namespace_of(pod), str(config.get("name")))
        return {name: str(text) for name, text in (objects.dig(found, "data") or {}).items()}
    if secret:
        found = view.state.find(mounts.SECRETS, objects.namespace_of(pod), str(secret.get("name")))
        return {name: mounts.decoded(text) for name, text in (objects.dig(found, "data") or {}).items()}
    return {}


def _value(
    view: Seen, pod: Object, container: Mapping[str, Any], one: Mapping[str, Any], known: Mapping[str, str]
) -> str | None:
    """Return a variable's text; None when its optional source has no such key."""
    source = one.get("valueFrom") or {}
    if "fieldRef" in source:
        return fields.of(view.state, pod, str(source["fieldRef"].get("fieldPath") or ""))
    if "resourceFieldRef" in source:
        return fields.of_resources(container, source["resourceFieldRef"])
    keyed = source.get("configMapKeyRef") or source.get("secretKeyRef")
    if keyed:
        return _keyed(view, pod, source.get("configMapKeyRef"), source.get("secretKeyRef")).get(str(keyed.get("key")))
    text = str(one.get("value") or "")
    return re.sub(r"\$\(([\w.-]+)\)", lambda found: known.get(found[1], found[0]), text)


async def _env(call: Call) -> int:
    names = [word for word in call.words[1:] if not word.startswith("-") and "=" not in word]
    if names and call.program == "printenv":
        values = [call.variables[name] for name in names if name in call.variables]
        call.say("".join(f"{value}\n" for value in values))
        return int(len(values) < len(names))
    call.say("".join(f"{name}={value}\n" for name, value in call.variables.items()))
    return 0


async def _hostname(call: Call) -> int:
    flag = call.words[1] if len(call.words) > 1 else ""
    view = await call.world.view()
    name = hostname(call.home.pod, view.cluster_domain)
    if flag in ("-i", "-I", "--all-ip-addresses", "--ip-address"):
        call.say(call.home.address + (" " if flag == "-I" else "") + "\n")
    elif flag in ("-f", "--fqdn"):
        domain = resolvconf.domain(call.home.pod, view.cluster_domain)
        short = resolvconf.short_hostname(call.home.pod)
        call.say(f"{short}.{domain}\n" if domain else f"{name}\n")
    else:
        call.say(f"{name}\n")
    return 0


async def _date(call: Call) -> int:
    moment = datetime.datetime.fromtimestamp(call.world.moment, datetime.UTC)
    form = next((word[1:] for word in call.words[1:] if word.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    form = form.replace("%s", str(int(moment.timestamp()))).replace("%N", f"{moment.microsecond * 1000:09}")
    call.say(moment.strftime(form) + "\n")
    return 0


async def _id(call: Call) -> int:
    call.say("root\n" if call.program == "whoami" else "uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


async def _uname(call: Call) -> int:
    name = hostname(call.home.pod)
    call.say(f"Linux {name} 6.12.0 #1 SMP x86_64 GNU/Linux\n" if "-a" in call.words else "Linux\n")
    return 0


async def _ls(call: Call) -> int:
    path = next((word for word in call.words[1:] if not word.startswith("-")), "/").rstrip("/") + "/"
    names = sorted({kept[len(path) :].partition("/")[0] for kept in call.home.files if kept.startswith(path)})
    if path == "/":
        names = sorted({*names, "bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var"})
    if not names:
        if call.read(path.rstrip("/")) is None:
            return call.complain(f"ls: {path.rstrip('/')}: No such file or directory\n")
        names = [path.rstrip("/")]
    call.say("".join(f"{name}\n" for name in names))
    return 0


async def _rm(call: Call) -> int:
    for word in call.words[1:]:
        call.home.files.pop(word if word.startswith("/") else f"/{word}", None)
    return 0


PROGRAMS: Mapping[str, Program] = {
    "env": _env,
    "printenv": _env,
    "hostname": _hostname,
    "date": _date,
    "id": _id,
    "whoami": _id,
    "uname": _uname,
    "ls": _ls,
    "rm": _rm,
}
