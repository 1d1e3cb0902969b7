"""Each fix of a request that a policy or an Ingress stopped lets it arrive."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.dataplane import fixes, ingress_fixes, policy_fixes, requests
from tests.dataplane import clusters
from tests.dataplane.test_flows import asked

FLOWS = {file["title"]: file for file in clusters.load("flows")}
POLICIES = FLOWS["NetworkPolicy at both doors, after the translation"]
INGRESSES = (
    FLOWS["An Ingress controller reads what a Service never looks at"],
    FLOWS["A controller serves only its own class"],
)


def rows() -> Iterator[Any]:
    for file in (POLICIES, *INGRESSES):
        for row in file["rows"]:
            if row.get("reason") in {**policy_fixes.MAKERS, **ingress_fixes.MAKERS} and row.get("fixable", True):
                yield pytest.param(file, row, id=row["name"])


@pytest.mark.parametrize(("file", "row"), list(rows()))
def test_a_fix_lets_the_request_arrive(file: dict[str, Any], row: dict[str, Any]) -> None:
    body = {**asked(row), "count": 5}
    failed = requests.run(clusters.build(file), requests.parse(body), clusters.env())
    offered = fixes.candidates(clusters.build(file), failed)
    assert offered
    for fix in offered:
        assert fix.command.startswith(("kubectl -n default patch ", "curl "))
        described = {**file, "patches": [(fix.target, fix.patch)] if fix.target else []}
        again = requests.run(clusters.build(described), requests.parse({**body, **fix.request}), clusters.env())
        if again.summary.by_outcome == {"ok": 5}:
            return
    pytest.fail(f"none of {[fix.description for fix in offered]} helps")


def test_every_reason_of_a_policy_has_a_fix_that_a_row_proves() -> None:
    assert {row["reason"] for row in POLICIES["rows"] if "reason" in row} == set(policy_fixes.MAKERS)


def test_every_ingress_fix_has_a_row() -> None:
    assert set(ingress_fixes.MAKERS) <= {row.get("reason") for file in INGRESSES for row in file["rows"]}
