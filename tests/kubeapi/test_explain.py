"""`kubectl explain` tells what upstream says, for every kind that is served."""

import re

import pytest

from app.kinds import KINDS
from app.kinds.kind import Kind
from app.kubeapi.openapi import published
from app.machinery import schema
from tests.playground import Playground, call

DESCRIBED = [kind for kind in KINDS if schema.root_of(kind.api_version, kind.kind)]


def words(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())


def said(kind: Kind) -> str:
    return words(published.read().of(schema.root_of(kind.api_version, kind.kind))[0])


def named(kind: Kind) -> str:
    return f"{kind.resource}.{kind.group}" if kind.group else kind.resource


@pytest.mark.parametrize("kind", DESCRIBED, ids=named)
@pytest.mark.parametrize("output", ["plaintext", "plaintext-openapiv2"])
def test_every_kind_is_explained_in_upstreams_words(first_steps: Playground, kind: Kind, output: str) -> None:
    asked = ["explain", kind.resource, f"--api-version={kind.api_version}", f"--output={output}"]
    done = first_steps.kubectl(*asked)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"KIND: +{kind.kind}\n", done.stdout)
    assert said(kind)[:60] in words(done.stdout)
    assert "<no description>" not in done.stdout
    assert "<empty>" not in done.stdout


@pytest.mark.parametrize("kind", DESCRIBED, ids=named)
def test_every_kind_is_explained_with_all_that_is_below_it(first_steps: Playground, kind: Kind) -> None:
    done = first_steps.kubectl("explain", kind.resource, f"--api-version={kind.api_version}", "--recursive")
    assert done.returncode == 0, done.stderr
    for name in schema.fields_of(schema.root_of(kind.api_version, kind.kind)):
        assert re.search(rf"\n  {name}\t<", done.stdout), name


@pytest.mark.parametrize("output", ["plaintext", "plaintext-openapiv2"])
@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("service.spec.ports", "<[]ServicePort>"),
        ("service.spec.ports.targetPort", "Number or name of the port to access on the pods"),
        ("service.spec.selector", "Route service traffic to pods with label keys and values"),
        ("pod.spec.containers.readinessProbe.httpGet", "HTTPGet specifies"),
        ("deploy.spec.strategy.rollingUpdate.maxSurge", "The maximum number of pods that can be scheduled above"),
        ("endpointslices.endpoints.conditions", "conditions contains information about the current status"),
        ("networkpolicy.spec.podSelector", "podSelector selects the pods"),
    ],
)
def test_a_field_is_explained(first_steps: Playground, field: str, told: str, output: str) -> None:
    done = first_steps.kubectl("explain", field, f"--output={output}")
    assert done.returncode == 0, done.stderr
    shown = words(done.stdout)
    assert told in shown or told in shown.replace("<[]Object>", "<[]ServicePort>")


@pytest.mark.parametrize("path", ["/openapi/v2", "/openapi/v3", "/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1"])
def test_a_document_is_not_sent_again_to_who_has_it(first_steps: Playground, path: str) -> None:
    first = first_steps.api(path)
    assert first.status == 200
    again = first_steps.api(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_document_of_a_known_hash_is_kept_for_ever(first_steps: Playground) -> None:
    listed = first_steps.api("/openapi/v3").json()["paths"]["apis/apps/v1"]["serverRelativeURL"]
    kept = call(first_steps.url + listed)
    assert "immutable" in kept.headers["cache-control"]
    stale = call(first_steps.url + listed.partition("?")[0] + "?hash=0")
    assert stale.status == 200
    assert stale.body == kept.body


def test_a_document_travels_compressed_for_who_takes_it(first_steps: Playground) -> None:
    found = first_steps.api("/openapi/v3/api/v1", headers={"Accept-Encoding": "gzip"})
    assert found.headers["content-encoding"] == "gzip"
    assert found.body.startswith(b"\x1f\x8b")


@pytest.mark.parametrize("path", ["/openapi", "/openapi/v3/apis/nope/v1", "/openapi/v4"])
def test_no_other_document_is_there(first_steps: Playground, path: str) -> None:
    assert first_steps.api(path).status == 404
