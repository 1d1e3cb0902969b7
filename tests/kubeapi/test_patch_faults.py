"""What a patch is refused with, to the character, in each of its kinds."""

import json
from typing import Any

import pytest

from tests.playground import Playground

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
WEB = "/api/v1/namespaces/default/services/web"
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web"
REFUSED = [
    (WEB, STRATEGIC, {"spec": {"ports": {"port": 80}}}, "map[spec:map[ports:map[port:80]]]", "cannot restore slice from map"),
    (WEB, STRATEGIC, {"metadata": {"labels": {"a": 1}}}, "map[metadata:map[labels:map[a:1]]]", "cannot convert int64 to string"),
    (WEB, STRATEGIC, {"spec": {"selector": "x"}}, "map[spec:map[selector:x]]", "cannot restore map from string"),
    (WEB, STRATEGIC, {"spec": ["x"]}, "map[spec:[x]]", "cannot restore struct from: slice"),
    (WEB, STRATEGIC, {"spec": {"type": True}}, "map[spec:map[type:true]]", "unrecognized type: string"),
    (DEPLOYMENT, STRATEGIC, {"spec": {"replicas": "3"}}, "map[spec:map[replicas:3]]", "unrecognized type: int32"),
    (WEB, STRATEGIC, {"spec": {"nope": None, "other": 1}}, "map[spec:map[nope:<nil> other:1]]", 'strict decoding error: unknown field "spec.other"'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "form", "patch", "shown", "detail"), REFUSED, ids=[row[4] for row in REFUSED])
def test_a_strategic_patch_is_named_as_go_prints_it(
    first_steps: Playground, path: str, form: str, patch: Any, shown: str, detail: str
) -> None:
    refused = first_steps.api(f"{path}?fieldValidation=Strict", "PATCH", patch, {"Content-Type": form})
    body = f'Invalid value: "{shown}": {detail}'
    assert refused.status == 422
    told = refused.json()
    assert told["message"] == f' "" is invalid: patch: {body}'
    assert told["details"] == {"causes": [{"reason": "FieldValueInvalid", "message": body, "field": "patch"}]}


@pytest.mark.parametrize(
    ("form", "patch"),
    [(MERGE, {"spec": {"ports": 3}}), (JSON, [{"op": "replace", "path": "/spec/ports", "value": 3}])],
    ids=["merge", "json"],
)
def test_other_patches_are_refused_with_what_they_would_have_made(
    first_steps: Playground, form: str, patch: Any
) -> None:
    refused = first_steps.api(WEB, "PATCH", patch, {"Content-Type": form}).json()
    head, _, tail = refused["message"].partition("{")
    assert head == ' "" is invalid: patch: Invalid value: "'
    assert tail.endswith(
        '}": json: cannot unmarshal number into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort'
    )
    assert json.loads(f'"{{{tail.rpartition(chr(34) + ": json")[0]}"').startswith('{"')


def test_a_patch_that_leaves_no_object_is_refused(first_steps: Playground) -> None:
    patch = [{"op": "replace", "path": "", "value": 3}]
    refused = first_steps.api(WEB, "PATCH", patch, {"Content-Type": JSON})
    assert refused.status == 422
    assert refused.json()["message"] == (
        ' "" is invalid: patch: Invalid value: "3": json: cannot unmarshal number into Go value of type v1.Service'
    )


def test_an_unknown_field_is_warned_of_or_dropped_silently(first_steps: Playground) -> None:
    kind = {"Content-Type": STRATEGIC}
    warned = first_steps.api(f"{WEB}?fieldValidation=Warn", "PATCH", {"spec": {"nope": 1}}, kind)
    assert (warned.status, warned.headers["warning"]) == (200, '299 - "unknown field \\"spec.nope\\""')
    ignored = first_steps.api(f"{WEB}?fieldValidation=Ignore", "PATCH", {"spec": {"nope": 1}}, kind)
    assert (ignored.status, ignored.headers.get("warning")) == (200, None)


def test_kubectl_says_that_the_request_is_invalid(first_steps: Playground) -> None:
    refused = first_steps.kubectl("patch", "svc", "web", "-p", '{"spec":{"ports":{"port":80}}}')
    assert (refused.returncode, refused.stderr) == (
        1,
        'The request is invalid: patch: Invalid value: "map[spec:map[ports:map[port:80]]]": cannot restore slice from '
        "map\n",
    )
