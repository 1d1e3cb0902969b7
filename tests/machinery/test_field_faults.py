"""What a kind's own rules refuse: the place, a plain sentence, and one click that mends it."""

from __future__ import annotations

import pytest

from app.machinery import manifests, validation

HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"


def spec(text: str) -> str:
    return f"{HEAD}spec:\n{text}"


@pytest.mark.parametrize(
    ("text", "error", "place", "plain", "mended"),
    [
        (
            spec("  ports:\n  - port: 80\n    protocol: tcp # x\n"),
            validation.not_supported("spec.ports[0].protocol", "tcp", ["SCTP", "TCP", "UDP"]),
            (8, 5),
            "in capitals",
            spec("  ports:\n  - port: 80\n    protocol: TCP # x\n"),
        ),
        (
            spec("  ports:\n  - port: 80\n    protocol: HTTP\n"),
            validation.not_supported("spec.ports[0].protocol", "HTTP", ["SCTP", "TCP", "UDP"]),
            (8, 5),
            "HTTP runs over TCP",
            spec("  ports:\n  - port: 80\n    protocol: TCP\n"),
        ),
        (
            spec("  type: Loadbalancer\n"),
            validation.not_supported(
                "spec.type", "Loadbalancer", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
            ),
            (6, 3),
            "written exactly so",
            spec("  type: LoadBalancer\n"),
        ),
        (
            spec("  ports:\n  - nodePort: 80\n    port: 80\n"),
            validation.invalid(
                "spec.ports[0].nodePort",
                80,
                "provided port is not in the valid range. The range of valid ports is 30000-32767",
            ),
            (7, 5),
            "between 30000 and 32767",
            spec("  ports:\n  - port: 80\n"),
        ),
        (
            spec("  ports:\n  - port: 80\n    nodePort: 30080\n"),
            validation.forbidden("spec.ports[0].nodePort", "may not be used when `type` is 'ClusterIP'"),
            (8, 5),
            "set `type: NodePort`",
            spec("  ports:\n  - port: 80\n    nodePort: 30080\n  type: NodePort\n"),
        ),
        (
            spec("  ports:\n  - name: http\n    port: 80\n  - name: http\n    port: 81\n"),
            validation.duplicate("spec.ports[1].name", "http"),
            (9, 5),
            "must differ",
            spec("  ports:\n  - name: http\n    port: 80\n  - name: http-2\n    port: 81\n"),
        ),
        (
            spec("  ports:\n  - name: http\n    port: 80\n  - port: 443\n"),
            validation.required("spec.ports[1].name"),
            (9, 5),
            "needs a name of its own",
            spec("  ports:\n  - name: http\n    port: 80\n  - port: 443\n    name: https\n"),
        ),
        (
            spec('  ports:\n  - port: 80\n    targetPort: "8080"\n'),
            validation.invalid("spec.ports[0].targetPort", "8080", "must contain at least one letter (a-z)"),
            (8, 5),
            "without quotes",
            spec("  ports:\n  - port: 80\n    targetPort: 8080\n"),
        ),
        (
            spec("  clusterIP: 10.1.2.3\n  ports:\n  - port: 80\n"),
            validation.invalid(
                "spec.clusterIPs",
                ["10.1.2.3"],
                "failed to allocate IP 10.1.2.3: the provided network does not match the current range",
            ),
            (6, 3),
            "leave `clusterIP` out",
            spec("  ports:\n  - port: 80\n"),
        ),
        (
            spec("  type: ExternalName\n  externalName: http://example.com/x\n"),
            validation.invalid(
                "spec.externalName", "http://example.com/x", validation.dns1123_subdomain("http://example.com/x")[0]
            ),
            (7, 3),
            "no http://",
            spec("  type: ExternalName\n  externalName: example.com\n"),
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: My_Service\n",
            validation.invalid("metadata.name", "My_Service", validation.dns1123_label("My_Service")[0]),
            (4, 3),
            "small letters, digits and hyphens",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: my-service\n",
        ),
        (
            spec("  ports: []\n"),
            validation.required("spec.ports"),
            (6, 3),
            "at least one port",
            None,
        ),
        (
            spec("  ports:\n  - port: 0\n"),
            validation.invalid("spec.ports[0].port", 0, "must be between 1 and 65535, inclusive"),
            (7, 5),
            "between 1 and 65535",
            None,
        ),
        (
            HEAD.replace("web\n", "web\n  labels:\n    a: fine\n    app: not valid\n"),
            validation.invalid("metadata.labels", "not valid", validation.label_value("not valid")[0]),
            (7, 5),
            "Labels consist of letters",
            None,
        ),
        (
            spec("  sessionAffinity: clientIP\n"),
            validation.not_supported("spec.sessionAffinity", "clientIP", ["ClientIP", "None"]),
            (6, 3),
            "ClientIP",
            spec("  sessionAffinity: ClientIP\n"),
        ),
        (
            spec("  loadBalancerSourceRanges: [10.0.0.1]\n"),
            validation.invalid("spec.LoadBalancerSourceRanges[0]", "10.0.0.1", validation.cidr("10.0.0.1")[0]),
            (6, 30),
            "prefix length",
            spec("  loadBalancerSourceRanges: [10.0.0.1/32]\n"),
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  template:\n    metadata:\n"
            "      labels:\n        app: c\n  selector:\n    matchLabels:\n      app: a\n",
            validation.invalid(
                "spec.template.metadata.labels", {"app": "c"}, "`selector` does not match template `labels`"
            ),
            (8, 7),
            "every label that `spec.selector` asks for",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  template:\n    metadata:\n"
            "      labels:\n        app: a\n  selector:\n    matchLabels:\n      app: a\n",
        ),
    ],
)
def test_what_a_kinds_rules_refuse_is_located_explained_and_mended(
    text: str, error: validation.FieldError, place: tuple[int, int], plain: str, mended: str | None
) -> None:
    (document,) = manifests.parse(text).documents
    (diagnosis,) = manifests.diagnose_field_errors(document, "Service", "bad", [error])
    assert diagnosis.message == f'The Service "bad" is invalid: {error}'
    assert (diagnosis.line, diagnosis.column) == place
    assert plain in diagnosis.plain
    assert diagnosis.mended == mended


def test_one_click_mends_all_field_errors_at_once() -> None:
    text = spec("  ports:\n  - port: 80\n    protocol: tcp\n  - port: 81\n")
    (document,) = manifests.parse(text).documents
    found = manifests.diagnose_field_errors(
        document,
        "Service",
        "web",
        [
            validation.required("spec.ports[0].name"),
            validation.not_supported("spec.ports[0].protocol", "tcp", ["SCTP", "TCP", "UDP"]),
            validation.required("spec.ports[1].name"),
        ],
    )
    mended = spec("  ports:\n  - port: 80\n    protocol: TCP\n    name: http\n  - port: 81\n    name: port-81\n")
    assert {diagnosis.mended for diagnosis in found} == {mended}
