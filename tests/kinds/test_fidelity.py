"""The passport is honest: what is claimed is read and witnessed, and what is read is not called stored."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.kinds import KINDS, registry
from app.kinds.fidelity import behaviours, others, passport
from app.kinds.fidelity.claim import Claim, Status
from app.kinds.kind import Kind
from tests.cluster_driver import Cluster

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
APP = ROOT / "app"
EVERY = "every kind"
LISTS = {"services": "Service", "svcs": "Service", "endpoints": "Endpoints", "endpointslices": "EndpointSlice"}

# Fields that share their name with something else that is read; what reads that is named.
NAMESAKES = {
    "action": "what a step of a trace does",
    "mode": "the mode of a node's kube-proxy",
}


ALONE = {"spec.volumes.emptyDir"}
"""Claimed without the fields below them."""


def claims() -> list[Any]:
    rows = [pytest.param(EVERY, claim, id=f"{EVERY}: {claim.paths[0]}") for claim in others.EVERY_KIND]
    for kind, found in passport.CLAIMS.items():
        rows += [pytest.param(kind, claim, id=f"{kind}: {claim.paths[0]}") for claim in found]
    return rows


def leaf(path: str) -> str:
    return path.removesuffix(".*").rpartition(".")[2]


def names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text()


@pytest.mark.parametrize(("kind", "claim"), claims())
def test_a_claimed_field_is_in_the_schema(kind: str, claim: Claim) -> None:
    of = registry.by_kind(*(("v1", "Service") if kind == EVERY else key_of(kind)))
    assert of is not None
    known = set(passport.fields_of(of))
    for path in claim.paths:
        wide = path.removesuffix(".*")
        assert any(
            field == wide or ((path != wide or path in ALONE) and field.startswith(f"{wide}.")) for field in known
        ), path


def key_of(kind: str) -> tuple[str, str]:
    return next((one.api_version, kind) for one in KINDS if one.kind == kind and one.version_of is None)


@pytest.mark.parametrize(("kind", "claim"), claims())
def test_a_claimed_field_is_named_by_the_module_that_acts_on_it(kind: str, claim: Claim) -> None:
    text = text_of(APP / claim.reader)
    missing = [path for path in claim.paths if not names(text, leaf(path))]
    assert not missing, f"{claim.reader} does not name them"


@pytest.mark.parametrize(("kind", "claim"), claims())
def test_a_claimed_field_stands_in_its_witness(kind: str, claim: Claim) -> None:
    match claim.status:
        case Status.RECORDED:
            seen = recorded(TESTS / claim.witness)
            missing = [path for path in claim.paths if not is_seen(seen, kind, path)]
        case Status.RULED:
            text = text_of(TESTS / claim.witness)
            missing = [path for path in claim.paths if not names(text, leaf(path))]
        case _:
            missing = []
    assert not missing, f"{claim.witness} does not have them"


def is_seen(seen: frozenset[tuple[str, str]], kind: str, path: str) -> bool:
    if kind == EVERY:
        return any(field == path for _, field in seen)
    return (kind, path) in seen or (kind == "Pod" and ("Deployment", f"spec.template.{path}") in seen)


@functools.cache
def recorded(place: Path) -> frozenset[tuple[str, str]]:
    """Every (kind, field) of the objects in a recording, texts of manifests included."""
    files = [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
    found: set[tuple[str, str]] = set()
    for path in files:
        read = [json.loads(text_of(path))] if path.suffix == ".json" else list(yaml.safe_load_all(text_of(path)))
        for kind, obj in objects_in(read, ""):
            found |= {(kind, field) for field in fields_in(obj, "")}
    return frozenset(found)


def objects_in(value: Any, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        found = value.get("kind") if "apiVersion" in value else kind
        if found and "metadata" in value:
            yield found, value
        else:
            for name, below in value.items():
                yield from objects_in(below, LISTS.get(name, ""))
    elif isinstance(value, list):
        for below in value:
            yield from objects_in(below, kind)
    elif isinstance(value, str) and "apiVersion: " in value:
        yield from objects_in(list(yaml.safe_load_all(value)), "")


def fields_in(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from fields_in(below, here)
    elif isinstance(value, list):
        for below in value:
            yield from fields_in(below, path)


def simulated_kinds() -> list[Kind]:
    return [kind for kind in passport.kinds() if kind.kind in passport.CLAIMS and not kind.stored]


@pytest.mark.parametrize("kind", simulated_kinds(), ids=lambda kind: kind.kind)
def test_a_field_that_something_reads_is_not_called_stored(kind: Kind) -> None:
    """Field names that are claimed of another kind, or mean something else, cannot tell by themselves."""
    paths = {path for found in passport.CLAIMS.values() for claim in found for path in claim.paths}
    claimed = {part for path in paths for part in path.split(".")}
    stored = {row.path.rpartition(".")[2] for row in passport.rows_of(kind) if row.status is Status.STORED}
    read = {name for name in stored - claimed if name in quoted()}
    assert read <= set(NAMESAKES), "claim them, or say in NAMESAKES what else has the name"


@functools.cache
def quoted() -> frozenset[str]:
    """Every word in quotes in the rooms that act."""
    found: set[str] = set()
    for room in ("controllers", "dataplane"):
        for path in (APP / room).rglob("*.py"):
            found |= set(re.findall(r'"([A-Za-z]+)"', text_of(path)))
    return frozenset(found)


@pytest.mark.parametrize("kind", passport.kinds(), ids=lambda kind: kind.kind)
def test_every_field_has_exactly_one_place_in_the_passport(kind: Kind) -> None:
    rows = (*passport.shared_rows(), *passport.rows_of(kind))
    for field in passport.fields_of(kind):
        above = [row for row in rows if field == row.path or field.startswith(f"{row.path}.")]
        assert above, field
        nearest = max(above, key=lambda row: len(row.path))
        assert all(row.below == 0 for row in above if row is not nearest), "it is counted twice"
        if not nearest.alike:
            assert nearest.status is passport.claim_for(kind.kind, field).status, field
    paths = [row.path for row in rows]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("behaviour", behaviours.BEHAVIOURS, ids=lambda behaviour: behaviour.slug)
def test_the_witnesses_of_a_behaviour_are_there(behaviour: behaviours.Behaviour) -> None:
    assert bool(behaviour.witnesses) is (behaviour.status is not Status.UNKNOWN)
    assert all((TESTS / witness).exists() for witness in behaviour.witnesses)
    if behaviour.status is Status.RECORDED:
        assert any("recorded" in witness for witness in behaviour.witnesses)
    assert behaviour.sentence.endswith(".")


def test_every_recording_witnesses_something() -> None:
    cited = {claim.witness for found in passport.CLAIMS.values() for claim in found}
    cited |= {witness for behaviour in behaviours.BEHAVIOURS for witness in behaviour.witnesses}
    cited |= {claim.witness for claim in others.EVERY_KIND}
    places = [*(TESTS / "conformance/recorded").iterdir(), *(TESTS / "dataplane/recorded").glob("*.json")]
    missing = {path.relative_to(TESTS).as_posix() for path in places} - cited
    assert not missing


def test_no_behaviour_is_listed_twice() -> None:
    assert not [slug for slug, times in Counter(one.slug for one in behaviours.BEHAVIOURS).items() if times > 1]


@pytest.mark.parametrize(
    ("obj", "stored"),
    [
        (
            {"kind": "Pod", "spec": {"volumes": [{"name": "a", "emptyDir": {"medium": "Memory"}}]}},
            ["spec.volumes.emptyDir.medium"],
        ),
        ({"kind": "Pod", "spec": {"volumes": [{"name": "a", "emptyDir": {}}]}}, []),
        ({"kind": "Pod", "spec": {"priority": 0, "securityContext": {}}}, []),
        ({"kind": "Pod", "spec": {"priority": 7, "containers": [{"name": "a", "image": "nginx"}]}}, ["spec.priority"]),
        ({"kind": "Pod", "spec": {"containers": [{"name": "a", "workingDir": "/"}]}}, ["spec.containers.workingDir"]),
        ({"kind": "Pod", "spec": {"initContainers": [{"name": "a", "image": "nginx"}]}}, []),
        ({"kind": "Pod", "spec": {"securityContext": {"runAsUser": 7}}}, ["spec.securityContext"]),
        ({"kind": "Service", "spec": {"selector": {"securityContext": "a"}, "ports": [{"port": 80}]}}, []),
        ({"kind": "Service", "metadata": {"selfLink": "x"}, "status": {"conditions": [{"type": "x"}]}}, []),
        ({"kind": "ConfigMap", "data": {"a": "b"}, "binaryData": {"a": "Yg=="}}, ["binaryData"]),
        (
            {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"tty": True, "workingDir": "/"}]}}}},
            ["spec.template.spec.containers.workingDir"],
        ),
        ({"kind": "Job", "spec": {"ttlSecondsAfterFinished": 5}}, ["spec.ttlSecondsAfterFinished"]),
        ({"kind": "CronJob", "spec": {"schedule": "* * * * *"}}, []),
        ({"kind": "Unheard", "spec": {"of": 1}}, []),
        ({"kind": "Pod", "spec": {"containers": "not a list", "priority": 1}}, ["spec.priority"]),
        ({"kind": "Pod", "spec": None}, []),
    ],
)
def test_only_what_nothing_acts_on_and_no_default_explains_is_stored(obj: dict[str, Any], stored: list[str]) -> None:
    versions = {"Deployment": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    whole = {"apiVersion": versions.get(str(obj["kind"]), "v1"), **obj}
    assert [passport.dotted(path) for path in passport.stored_fields(whole)] == stored


ORDINARY = """\
apiVersion: v1
kind: Pod
metadata: {name: bare, labels: {app: bare}}
spec:
  containers:
    - {name: web, image: nginx, ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx}]
      volumes: [{name: shared, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: postgres}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: hello-world}]}}}
"""


def test_what_the_api_server_fills_in_by_itself_is_not_marked() -> None:
    cluster = Cluster()
    cluster.apply(ORDINARY)
    marked = {
        f"{obj['kind']}/{obj['metadata']['name']}": [passport.dotted(place) for place in found]
        for collection in cluster.held.collections.values()
        for obj in collection.objects.values()
        if (found := passport.stored_fields(obj))
    }
    assert not marked
