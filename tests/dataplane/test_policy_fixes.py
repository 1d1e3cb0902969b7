"""Each fix of a request that a NetworkPolicy stopped lets it arrive; what it changes is the policy that is to blame."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.dataplane import fixes, policy_fixes, requests
from tests.dataplane import clusters
from tests.dataplane.test_flows import asked

[FLOWS] = [file for file in clusters.load("flows") if file["title"].startswith("NetworkPolicy at both doors")]


def rows() -> Iterator[Any]:
    for row in FLOWS["rows"]:
        if row["outcome"] != "ok":
            yield pytest.param(row, id=row["name"])


@pytest.mark.parametrize("row", list(rows()))
def test_a_fix_lets_the_request_arrive(row: dict[str, Any]) -> None:
    body = {**asked(row), "count": 5}
    failed = requests.run(clusters.build(FLOWS), requests.parse(body), clusters.env())
    offered = fixes.candidates(clusters.build(FLOWS), failed)
    assert offered
    for fix in offered:
        assert fix.command.startswith("kubectl -n default patch networkpolicy ")
        described = {**FLOWS, "patches": [(fix.target, fix.patch)]}
        again = requests.run(clusters.build(described), requests.parse(body), clusters.env())
        if again.summary.by_outcome == {"ok": 5}:
            return
    pytest.fail(f"none of {[fix.description for fix in offered]} helps")


def test_every_reason_of_a_policy_has_a_fix_that_a_row_proves() -> None:
    assert {row["reason"] for row in FLOWS["rows"] if "reason" in row} == set(policy_fixes.MAKERS)
