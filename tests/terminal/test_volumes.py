"""Which files a container finds where a volume is mounted, and who sees what it writes there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app.cluster import state
from app.kinds import tokens
from app.terminal import mounts
from app.terminal.mounts import Volume
from tests.cluster_driver import Cluster

OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue, size: large}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
data: {word: c2VzYW1l, other: b3Blbg==}
"""


class Containers:
    """Containers of one cluster: the volumes that they share live here."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.cluster.apply(OBJECTS)
        self.shared: dict[str, Volume] = {}

    def files(self, name: str, volume: dict[str, Any], **mount: str) -> mounts.Files:
        mounted = {"name": "v", "mountPath": "/v", **mount}
        container = {"name": "c", "image": "busybox", "command": ["sleep", "infinity"], "volumeMounts": [mounted]}
        container["resources"] = {"limits": {"cpu": "500m", "memory": "64Mi"}}
        spec = {"containers": [container], "volumes": [{"name": "v", **volume}]}
        self.cluster.apply(
            yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
        )
        pod = self.cluster.get(state.PODS, name)
        return mounts.files_of(
            self.cluster.held, pod, pod["spec"]["containers"][0], lambda key: self.shared.setdefault(key, {})
        )


def beneath(files: mounts.Files, folder: str = "/v") -> dict[str, str]:
    return {path.removeprefix(f"{folder}/"): files[path] for path in files if path.startswith(f"{folder}/")}


@pytest.mark.parametrize(
    ("volume", "found"),
    [
        ({"configMap": {"name": "settings"}}, {"color": "blue", "size": "large"}),
        ({"configMap": {"name": "settings", "items": [{"key": "size", "path": "a/b"}]}}, {"a/b": "large"}),
        ({"secret": {"secretName": "password"}}, {"word": "sesame", "other": "open"}),
        ({"secret": {"secretName": "password", "items": [{"key": "word", "path": "w"}]}}, {"w": "sesame"}),
        (
            {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}},
            {"name": "one"},
        ),
        (
            {
                "downwardAPI": {
                    "items": [
                        {"path": "memory", "resourceFieldRef": {"containerName": "c", "resource": "limits.memory"}},
                        {
                            "path": "mi",
                            "resourceFieldRef": {"containerName": "c", "resource": "limits.memory", "divisor": "1Mi"},
                        },
                    ]
                }
            },
            {"memory": "67108864", "mi": "64"},
        ),
        (
            {
                "projected": {
                    "sources": [
                        {"configMap": {"name": "settings", "items": [{"key": "color", "path": "its/color"}]}},
                        {"secret": {"name": "password"}},
                    ]
                }
            },
            {"its/color": "blue", "word": "sesame", "other": "open"},
        ),
        ({"emptyDir": {}}, {}),
    ],
    ids=lambda given: next(iter(given), "nothing"),
)
def test_a_volume_holds_what_its_source_says(volume: dict[str, Any], found: dict[str, str]) -> None:
    assert beneath(Containers().files("one", volume)) == found


def test_a_projected_token_is_a_file_of_its_own() -> None:
    source = {"serviceAccountToken": {"path": "vault"}}
    containers = Containers()
    containers.cluster.held.settings = {**containers.cluster.held.settings, tokens.SETTING: "a secret"}
    files = beneath(containers.files("one", {"projected": {"sources": [source]}}))
    assert list(files) == ["vault"]
    assert files["vault"].count(".") == 2


@pytest.mark.parametrize(
    ("first", "second", "is_shared"),
    [
        ({"persistentVolumeClaim": {"claimName": "a"}}, {"persistentVolumeClaim": {"claimName": "a"}}, True),
        ({"persistentVolumeClaim": {"claimName": "a"}}, {"persistentVolumeClaim": {"claimName": "b"}}, False),
        ({"emptyDir": {}}, {"emptyDir": {}}, False),
    ],
    ids=["one claim", "two claims", "emptyDir"],
)
def test_two_pods_share_what_they_claim_and_nothing_else(
    first: dict[str, Any], second: dict[str, Any], is_shared: bool
) -> None:
    containers = Containers()
    containers.files("one", first)["/v/note"] = "hello"
    assert beneath(containers.files("two", second)) == ({"note": "hello"} if is_shared else {})


def test_a_host_path_is_shared_by_the_pods_of_one_node() -> None:
    containers = Containers()
    volume = {"hostPath": {"path": "/var/data"}}
    written = {}
    for name in ("one", "two", "three"):
        files = containers.files(name, volume)
        node = containers.cluster.get(state.PODS, name)["spec"]["nodeName"]
        assert beneath(files) == written.get(node, {})
        files[f"/v/{name}"] = node
        written.setdefault(node, {})[name] = node
    assert len(written) == 2
    assert beneath(containers.files("four", {"hostPath": {"path": "/elsewhere"}})) == {}


def test_a_sub_path_mounts_a_part_of_the_volume() -> None:
    containers = Containers()
    claim = {"persistentVolumeClaim": {"claimName": "a"}}
    containers.files("one", claim)["/v/inside/note"] = "hello"
    assert beneath(containers.files("two", claim, subPath="inside")) == {"note": "hello"}
    containers.files("three", claim, subPath="other")["/v/note"] = "apart"
    assert beneath(containers.files("four", claim)) == {"inside/note": "hello", "other/note": "apart"}
