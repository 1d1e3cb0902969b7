"""Field errors to the character, as a real 1.36 API server wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from app.machinery import validation
from app.machinery.validation import FieldError

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
    "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LABEL_KEY = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' "
    "(e.g. 'example.com/MyName')"
)
DNS1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
LOOPBACK = "may not be in the loopback range (127.0.0.0/8, ::1/128)"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            validation.invalid("spec.ports[0].port", 0, "must be between 1 and 65535, inclusive"),
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (validation.required("spec.ports"), "spec.ports: Required value"),
        (validation.required("spec.ports", "why"), "spec.ports: Required value: why"),
        (
            validation.not_supported("spec.ports[0].protocol", "tcp", ["SCTP", "TCP", "UDP"]),
            'spec.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
        ),
        (validation.duplicate("spec.ports[1].name", "a"), 'spec.ports[1].name: Duplicate value: "a"'),
        (
            validation.forbidden("spec.clusterIPs", "may not be set for ExternalName services"),
            "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
        ),
        (
            validation.invalid("spec.clusterIPs[0]", ["10.96.0.77"], "may not change once set"),
            'spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set',
        ),
        (
            validation.invalid("spec.template.metadata.labels", {"a": "c"}, "no"),
            'spec.template.metadata.labels: Invalid value: {"a":"c"}: no',
        ),
        (validation.invalid("spec", None, "no"), "spec: Invalid value: null: no"),
        (validation.invalid("a", 'x"\n\x01é', "no"), 'a: Invalid value: "x\\"\\n\\x01é": no'),
        (validation.invalid("a", True, "no"), "a: Invalid value: true: no"),
        (validation.not_found("a", "x"), 'a: Not found: "x"'),
        (validation.too_long("a", "x" * 99, 63), "a: Too long: may not be more than 63 bytes"),
        (validation.too_many("a", 3, 2), "a: Too many: 3: must have at most 2 items"),
        (validation.type_invalid("a", "x", "no"), 'a: Invalid value: "x": no'),
        (validation.internal_error("a", "broken"), "a: Internal error: broken"),
    ],
)
def test_an_error_reads_as_the_api_server_writes_it(error: FieldError, text: str) -> None:
    assert str(error) == text


def test_causes_carry_reason_message_and_field() -> None:
    assert validation.causes([validation.required("spec.ports")]) == [
        {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.ports"}
    ]


def test_kubectl_puts_one_error_on_the_line_and_stars_several() -> None:
    one, two = validation.required("a"), validation.required("b")
    assert validation.kubectl_sentence("Service", "bad", [one]) == 'The Service "bad" is invalid: a: Required value'
    assert validation.kubectl_sentence("Service", "bad", [one, two]) == (
        'The Service "bad" is invalid: \n* a: Required value\n* b: Required value'
    )


@pytest.mark.parametrize(
    ("rule", "value", "complaints"),
    [
        (validation.dns1123_label, "web", []),
        (validation.dns1123_label, "1web", []),
        (validation.dns1123_label, "Web", [LABEL]),
        (validation.dns1123_label, "my_web", [LABEL]),
        (validation.dns1123_label, "web\n", [LABEL]),
        (validation.dns1123_label, "my.web", ["must not contain dots"]),
        (validation.dns1123_label, "a" * 64, ["must be no more than 63 characters"]),
        (validation.dns1123_subdomain, "my.web", []),
        (validation.dns1123_subdomain, "10.0.0.1", []),
        (validation.dns1123_subdomain, "http://example.com", [SUBDOMAIN]),
        (validation.dns1035_label, "web", []),
        (validation.dns1035_label, "1web", [DNS1035]),
        (validation.qualified_name, "app", []),
        (validation.qualified_name, "app.kubernetes.io/name", []),
        (validation.qualified_name, "app/x/y", [LABEL_KEY]),
        (validation.qualified_name, "/x", ["prefix part must be non-empty"]),
        (validation.label_value, "", []),
        (validation.label_value, "a b", [LABEL_VALUE]),
        (validation.label_value, "not valid", [LABEL_VALUE]),
        (validation.iana_svc_name, "http", []),
        (validation.iana_svc_name, "a-very-long-port-name", ["must be no more than 15 characters"]),
        (validation.iana_svc_name, "8080", ["must contain at least one letter (a-z)"]),
        (
            validation.iana_svc_name,
            "HTTP",
            [
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "must contain at least one letter (a-z)",
            ],
        ),
        (validation.iana_svc_name, "a--b", ["must not contain consecutive hyphens"]),
        (validation.iana_svc_name, "-a", ["must not begin or end with a hyphen"]),
        (validation.ip_address, "10.9.8.7", []),
        (validation.ip_address, "2001:db8::ffff", []),
        (validation.ip_address, "foo", [IP]),
        (validation.ip_address, "", [IP]),
        (validation.ip_address, "10.1.2.300", [IP]),
        (validation.ip_address, "010.000.000.005", ["must not have leading 0s"]),
        (validation.ip_address, "::ffff:1.2.3.4", ["must not be an IPv4-mapped IPv6 address"]),
        (validation.ip_address, "fe80::1%eth0", [IP]),
        (validation.special_range, "10.0.0.1", []),
        (validation.special_range, "127.0.0.1", [LOOPBACK]),
        (validation.special_range, "::1", [LOOPBACK]),
        (validation.special_range, "0.0.0.0", ["may not be unspecified (0.0.0.0)"]),
        (
            validation.special_range,
            "169.254.1.1",
            ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
        ),
        (
            validation.special_range,
            "224.0.0.5",
            ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
        ),
        (validation.cidr, "10.0.0.0/8", []),
        (validation.cidr, "2001:db8::/64", []),
        (validation.cidr, "10.0.0.1", [CIDR]),
        (validation.cidr, "10.0.0.0/33", [CIDR]),
        (validation.cidr, "10.0.0.1/24", ["must not have bits set beyond the prefix length"]),
        (validation.cidr, "010.0.0.0/8", ["must not have leading 0s in IP or prefix length"]),
        (validation.port_number, 65535, []),
        (validation.port_number, 65536, ["must be between 1 and 65535, inclusive"]),
        (validation.config_map_key, "nginx.conf", []),
        (validation.config_map_key, "..", ["must not be '..'"]),
        (validation.env_var_name, "MY_ENV", []),
    ],
)
def test_shapes_are_judged_to_the_character(rule: Any, value: Any, complaints: list[str]) -> None:
    assert rule(value) == complaints


def test_a_bad_label_key_names_the_part_that_is_wrong() -> None:
    (complaint,) = validation.qualified_name("a b")
    assert complaint.startswith("name part must consist of alphanumeric characters, '-', '_' or '.', and must start")
    assert validation.qualified_name("A_/x")[0].startswith("prefix part a lowercase RFC 1123 subdomain must")
    assert "name part must be no more than 63 characters" in validation.qualified_name("a" * 64)


def meta(**fields: Any) -> dict[str, Any]:
    return {"name": "web", "namespace": "default", **fields}


@pytest.mark.parametrize(
    ("metadata", "texts"),
    [
        (meta(), []),
        (meta(name=""), ["metadata.name: Required value: name or generateName is required"]),
        (meta(name="", generateName="web-"), []),
        (meta(name="My_Service"), [f'metadata.name: Invalid value: "My_Service": {LABEL}']),
        (meta(namespace=""), ["metadata.namespace: Required value"]),
        (meta(namespace="a.b"), ['metadata.namespace: Invalid value: "a.b": must not contain dots']),
        (meta(labels={"app": "not valid"}), [f'metadata.labels: Invalid value: "not valid": {LABEL_VALUE}']),
        (meta(labels={"app/x/y": "a"}), [f'metadata.labels: Invalid value: "app/x/y": {LABEL_KEY}']),
        (meta(annotations={"a": "x" * 262144}), ["metadata.annotations: Too long: may not be more than 262144 bytes"]),
        (meta(annotations={"Example.com/Key": "anything at all"}), []),
        (
            meta(finalizers=["mine"]),
            [
                'metadata.finalizers: Invalid value: "mine": '
                "name is neither a standard finalizer name nor is it fully qualified"
            ],
        ),
        (meta(finalizers=["example.com/mine", "orphan"]), []),
        (
            meta(ownerReferences=[{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]),
            ['metadata.ownerReferences.uid: Invalid value: "": uid must not be empty'],
        ),
    ],
)
def test_metadata_rules_hold_for_every_kind(metadata: dict[str, Any], texts: list[str]) -> None:
    found = validation.validate_object_meta(metadata, True, validation.dns1123_label)
    assert [str(error) for error in found] == texts


def test_a_cluster_scoped_kind_has_no_namespace() -> None:
    found = validation.validate_object_meta(meta(), False, validation.dns1123_subdomain)
    assert [str(error) for error in found] == ["metadata.namespace: Forbidden: not allowed on this type"]


def test_two_controllers_are_refused() -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1", "controller": True}
    found = validation.validate_object_meta(
        meta(ownerReferences=[owner, {**owner, "name": "q"}]), True, validation.dns1123_label
    )
    assert found[0].detail == (
        'Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/q'
    )


def test_lists_are_judged_member_by_member() -> None:
    assert [str(error) for error in validation.each("a", ["10.0.0.1", "x"], validation.ip_address)] == [
        f'a[1]: Invalid value: "x": {IP}'
    ]
    assert [str(error) for error in validation.unique("a", ["x", "y", "x"])] == ['a[2]: Duplicate value: "x"']
