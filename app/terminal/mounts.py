"""The files of one container: its own, and those of the volumes it shares with others."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from app.cluster import state
from app.kinds import tokens
from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import fields

Volume = MutableMapping[str, str]
"""Files of a volume by their path inside it, which begins with /."""

SECRETS: state.Resource = ("", "secrets")


class Files(MutableMapping[str, str]):
    """Files by absolute path; a path below a mount lies in its volume."""

    def __init__(self, mounts: Mapping[str, tuple[Volume, str]]) -> None:
        self._own: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._mounts = sorted(mounts.items(), key=lambda mount: -len(mount[0]))

    def renew(self, other: Files) -> None:
        """Take the volumes as they are now; what was written beside them stays."""
        self._mounts = other._mounts

    def give(self, files: Mapping[str, str]) -> None:
        """Put in what the kubelet keeps up to date, except where a program has written since."""
        for path, text in files.items():
            if self.get(path) == self._given.get(path):
                self[path] = text
                self._given[path] = text

    def _place(self, path: str) -> tuple[Volume, str]:
        for prefix, (volume, within) in self._mounts:
            if path == prefix or path.startswith(f"{prefix.rstrip('/')}/"):
                return volume, within + path[len(prefix.rstrip("/")) :]
        return self._own, path

    def __getitem__(self, path: str) -> str:
        volume, place = self._place(path)
        return volume[place]

    def __setitem__(self, path: str, text: str) -> None:
        volume, place = self._place(path)
        volume[place] = text

    def __delitem__(self, path: str) -> None:
        volume, place = self._place(path)
        del volume[place]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        for prefix, (volume, within) in self._mounts:
            for place in volume:
                if place == within or place.startswith(f"{within}/"):
                    yield prefix.rstrip("/") + place[len(within) :]

    def __len__(self) -> int:
        return sum(1 for _ in self)


def files_of(
    held: state.ClusterState, pod: Object, container: Mapping[str, Any], shared: Callable[[str], Volume]
) -> Files:
    """Return a container's files; `shared(name)` gives what all containers that mount the same volume see."""
    volumes = {str(one.get("name")): one for one in objects.spec_of(pod).get("volumes") or ()}
    mounts: dict[str, tuple[Volume, str]] = {}
    for mount in container.get("volumeMounts") or ():
        path, source = str(mount.get("mountPath") or ""), volumes.get(str(mount.get("name")))
        if path.startswith("/") and source is not None:
            within = f"/{mount['subPath'].strip('/')}" if mount.get("subPath") else ""
            mounts[path] = (_volume(held, pod, source, shared), within)
    return Files(mounts)


def _volume(
    held: state.ClusterState, pod: Object, source: Mapping[str, Any], shared: Callable[[str], Volume]
) -> Volume:
    namespace = objects.namespace_of(pod)
    if source.keys() & {"configMap", "secret", "downwardAPI"}:
        return _filled(held, pod, source)
    if source.get("projected"):
        filled = [_filled(held, pod, one) for one in source["projected"].get("sources") or ()]
        return {path: text for one in filled for path, text in one.items()}
    if "persistentVolumeClaim" in source:
        return shared(f"claim/{namespace}/{source['persistentVolumeClaim'].get('claimName')}")
    if "hostPath" in source:
        return shared(f"host/{objects.spec_of(pod).get('nodeName')}/{source['hostPath'].get('path')}")
    # An emptyDir, and whatever else has no files of its own, is a folder that the pod's containers share.
    return shared(f"pod/{objects.uid_of(pod)}/{source.get('name')}")


def _filled(held: state.ClusterState, pod: Object, source: Mapping[str, Any]) -> Volume:
    """Return the files that the kubelet writes from an object: keys of a ConfigMap or Secret, fields, a token."""
    namespace = objects.namespace_of(pod)
    if source.get("configMap"):
        wanted = source["configMap"]
        found = held.find(state.CONFIGMAPS, namespace, str(wanted.get("name")))
        return _written(objects.dig(found, "data") or {}, wanted)
    if source.get("secret"):
        wanted = source["secret"]
        found = held.find(SECRETS, namespace, str(wanted.get("secretName") or wanted.get("name")))
        coded = objects.dig(found, "data") or {}
        return _written({name: decoded(text) for name, text in coded.items()}, wanted)
    if source.get("serviceAccountToken"):
        return {f"/{source['serviceAccountToken'].get('path')}": tokens.of_pod(held, pod)}
    containers = {str(one.get("name")): one for one in objects.spec_of(pod).get("containers") or ()}
    written: Volume = {}
    for one in (source.get("downwardAPI") or {}).get("items") or ():
        if one.get("fieldRef"):
            written[f"/{one.get('path')}"] = fields.of(held, pod, str(one["fieldRef"].get("fieldPath") or ""))
        elif one.get("resourceFieldRef"):
            own = containers.get(str(one["resourceFieldRef"].get("containerName"))) or {}
            written[f"/{one.get('path')}"] = fields.of_resources(own, one["resourceFieldRef"])
    return written


def _written(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Volume:
    chosen = wanted.get("items")
    if chosen:
        return {f"/{one.get('path')}": str(found[one["key"]]) for one in chosen if one.get("key") in found}
    return {f"/{name}": str(text) for name, text in found.items()}


def decoded(text: Any) -> str:
    """Read what a Secret holds; what is no base64 is nothing."""
    try:
        return base64.b64decode(str(text)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
