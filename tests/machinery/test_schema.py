"""Strict decoding in the words of a real 1.36 API server."""

from __future__ import annotations

from typing import Any

import pytest

from app.machinery import errors, quantities, schema
from tools import schemas


def service(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def pod(**container: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c", **container}]}}


@pytest.mark.parametrize(
    ("obj", "unknown"),
    [
        (service(ports=[{"port": 80}]), ()),
        ({**service(), "selector": {"app": "x"}}, ("selector",)),
        (
            service(ports=[{"port": 80, "targetport": 1}], selectors={}),
            ("spec.ports[0].targetport", "spec.selectors"),
        ),
        ({**service(), "Spec": {}}, ("Spec",)),
        ({**service(), "metadata": {"nam": "x"}}, ("metadata.nam",)),
        (service(selector={"anything": "goes"}), ()),
        (pod(ports=[{"containerPort": 1, "port": 2}]), ("spec.containers[0].ports[0].port",)),
    ],
)
def test_unknown_fields_are_named_with_their_path(obj: dict[str, Any], unknown: tuple[str, ...]) -> None:
    decoded = schema.decode(obj, obj["apiVersion"], obj["kind"])
    assert decoded.known
    assert decoded.unknown == unknown


def test_the_strict_sentence_joins_the_unknown_fields() -> None:
    sentence = schema.strict_sentence(("spec.ports[0].targetport", "spec.selectors"))
    assert sentence == 'strict decoding error: unknown field "spec.ports[0].targetport", unknown field "spec.selectors"'
    assert schema.bad_request("v1", "Service", 'strict decoding error: unknown field "selector"') == (
        'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "selector"'
    )


@pytest.mark.parametrize(
    ("obj", "path", "words"),
    [
        (
            service(selector={"app": 1}),
            "spec.selector.app",
            "json: cannot unmarshal number into Go struct field ServiceSpec.spec.selector of type string",
        ),
        (
            service(selector={"true": True}),
            "spec.selector.true",
            "json: cannot unmarshal bool into Go struct field ServiceSpec.spec.selector of type string",
        ),
        (
            service(selector={"matchLabels": {"app": "x"}}),
            "spec.selector.matchLabels",
            "json: cannot unmarshal object into Go struct field ServiceSpec.spec.selector of type string",
        ),
        (
            service(ports=[{"port": "80"}]),
            "spec.ports[0].port",
            "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            service(ports={"port": 80}),
            "spec.ports",
            "json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
        ),
        (
            {**service(), "metadata": {"name": True}},
            "metadata.name",
            "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string",
        ),
        (
            {**service(), "metadata": "x"},
            "metadata",
            "json: cannot unmarshal string into Go struct field Service.metadata of type v1.ObjectMeta",
        ),
        (
            service(type=5),
            "spec.type",
            "json: cannot unmarshal number into Go struct field ServiceSpec.spec.type of type v1.ServiceType",
        ),
        (
            service(ports=[{"port": 4294967296}]),
            "spec.ports[0].port",
            "json: cannot unmarshal number 4294967296 into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            service(ports=[{"port": 80.5}]),
            "spec.ports[0].port",
            "json: cannot unmarshal number 80.5 into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            service(ports=[{"port": 80, "targetPort": True}]),
            "spec.ports[0].targetPort",
            "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32",
        ),
        (
            pod(env=[{"name": "A", "value": 1}]),
            "spec.containers[0].env[0].value",
            "json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string",
        ),
        (pod(resources={"limits": {"cpu": "lots"}}), "spec.containers[0].resources.limits.cpu", quantities.WRONG_FORM),
        (
            {"apiVersion": "v1", "kind": "Secret", "data": {"a": "###"}},
            "data.a",
            "illegal base64 data at input byte 0",
        ),
    ],
)
def test_a_wrong_type_is_told_in_gos_words(obj: dict[str, Any], path: str, words: str) -> None:
    decoded = schema.decode(obj, obj["apiVersion"], obj["kind"])
    assert decoded.fault is not None
    assert (decoded.fault.path, decoded.type_error) == (path, words)


@pytest.mark.parametrize(
    "obj",
    [
        service(ports=[{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8080}]),
        service(selector=None, ports=None),
        pod(resources={"limits": {"cpu": 1, "memory": "64Mi"}, "requests": {"cpu": "250m"}}),
        {"apiVersion": "v1", "kind": "Secret", "data": {"a": "aGk="}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"}},
    ],
)
def test_what_the_api_takes_decodes_cleanly(obj: dict[str, Any]) -> None:
    assert schema.decode(obj, obj["apiVersion"], obj["kind"]).ok


def test_an_object_that_cannot_be_decoded_is_a_bad_request() -> None:
    schema.require(service(ports=[{"port": 80}]))
    with pytest.raises(errors.BadRequest, match="cannot be handled as a Service: json: cannot unmarshal number"):
        schema.require(service(selector={"app": 1}))
    with pytest.raises(errors.BadRequest, match=r'unknown field "spec\.selectors"'):
        schema.require(service(selectors={}))
    schema.require(service(selectors={}), strict=False)


def test_a_custom_kind_is_not_known_and_nothing_is_said_about_it() -> None:
    decoded = schema.decode({"spec": {"x": 1}}, "example.com/v1", "Widget")
    assert not decoded.known
    assert decoded.ok


def test_kinds_know_their_versions_and_scope() -> None:
    assert schema.api_versions_of("Service") == ("v1",)
    assert schema.api_versions_of("Event") == ("v1", "events.k8s.io/v1")
    assert schema.api_versions_of("Nonsense") == ()
    assert "Deployment" in schema.kinds_of("apps/v1")
    assert schema.kinds_of("example.com/v1") == ()
    assert schema.is_namespaced("Service")
    assert not schema.is_namespaced("Node")
    assert [schema.plural(kind) for kind in ("Service", "Endpoints", "Ingress", "NetworkPolicy")] == [
        "services",
        "endpoints",
        "ingresses",
        "networkpolicies",
    ]


def test_fields_are_found_below_lists() -> None:
    assert "targetPort" in schema.fields_at("v1", "Service", ("spec", "ports"))
    ports = schema.field_at("v1", "Service", ("spec", "ports"))
    assert ports is not None
    assert (ports.go, ports.merge_key) == ("[]v1.ServicePort", "port")
    assert schema.fields_at("v1", "Service", ("spec", "nowhere")) == {}
    assert schema.fields_at("example.com/v1", "Widget") == {}


@pytest.mark.parametrize(
    ("text", "amount"),
    [("250m", "0.25"), ("64Mi", "67108864"), ("1e3", "1000"), ("2", "2"), ("1.5Gi", "1610612736"), ("-1k", "-1000")],
)
def test_quantities_are_amounts(text: str, amount: str) -> None:
    assert quantities.parse(text) == quantities.parse(amount)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("lots", quantities.WRONG_FORM),
        ("1Q", quantities.WRONG_FORM),
        ("1mm", quantities.WRONG_SUFFIX),
        (True, quantities.WRONG_FORM),
    ],
)
def test_what_is_no_quantity_is_told(value: Any, words: str) -> None:
    assert quantities.complaint(value) == words


def test_the_schema_file_is_what_the_published_schemas_say() -> None:
    assert schemas.TARGET.read_text() == schemas.compact()
