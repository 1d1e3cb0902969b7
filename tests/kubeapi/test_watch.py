import pytest

from app.cluster import journal
from app.kubeapi import paths, reading, watch
from app.machinery import objects

KEY = objects.Key("", "pods", "default", "a")
TYPES = journal.ChangeType


def pod(version: int, app: str) -> objects.Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "default", "resourceVersion": str(version), "labels": {"app": app}},
    }


@pytest.mark.parametrize(
    ("type_", "before", "after", "told", "app"),
    [
        (TYPES.ADDED, None, "web", TYPES.ADDED, "web"),
        (TYPES.ADDED, None, "db", None, ""),
        (TYPES.MODIFIED, "web", "web", TYPES.MODIFIED, "web"),
        (TYPES.MODIFIED, "db", "web", TYPES.ADDED, "web"),
        (TYPES.MODIFIED, "web", "db", TYPES.DELETED, "web"),
        (TYPES.MODIFIED, "db", "db", None, ""),
        (TYPES.DELETED, "web", None, TYPES.DELETED, "web"),
        (TYPES.DELETED, "db", None, None, ""),
    ],
)
def test_a_selector_decides_what_a_change_looks_like(
    type_: TYPES, before: str | None, after: str | None, told: TYPES | None, app: str
) -> None:
    target = paths.parse("/api/v1/namespaces/default/pods")
    assert target is not None and target.kind is not None
    body = journal.ObjectChanged(type_, KEY, pod(4, before) if before else None, pod(9, after) if after else None)
    seen = watch.change_of(body, target, reading.selecting(target.kind, "app=web", ""), 9)
    if told is None:
        assert seen is None
    else:
        assert seen is not None and seen[0] is told
        assert objects.labels_of(seen[1]) == {"app": app}
        assert objects.resource_version_of(seen[1]) == 9


@pytest.mark.parametrize("path", ["/api/v1/namespaces/other/pods", "/api/v1/namespaces/default/services"])
def test_what_is_elsewhere_is_not_told(path: str) -> None:
    target = paths.parse(path)
    assert target is not None
    body = journal.ObjectChanged(TYPES.ADDED, KEY, None, pod(9, "web"))
    assert watch.change_of(body, target, lambda _: True, 9) is None
