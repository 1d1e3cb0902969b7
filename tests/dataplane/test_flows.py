"""Requests as rows: given a cluster, who asks for what, and what comes of it, down to the field to blame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.cluster.state import ClusterState
from app.dataplane import reasons, requests
from tests.dataplane import clusters

TIMES = 60
FILES = clusters.load("flows")


def rows() -> Iterator[Any]:
    for file in FILES:
        for row in file["rows"]:
            yield pytest.param(file, row, id=f"{file['title']}: {row['name']}")


def origin(text: str) -> dict[str, str]:
    kind, _, name = text.partition(":")
    if kind == "outside":
        return {"external": name or "198.51.100.7"}
    if kind in ("node", "port_forward", "api_server"):
        return {kind: name}
    return {"pod": text if "/" in text else f"default/{text}"}


def asked(row: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"from": origin(row["from"]), "to": row["to"], "count": TIMES}
    if "via" in row:
        body["via"] = {"node": row["via"]}
    body |= {name: row[name] for name in ("headers", "keep_alive") if name in row}
    return body


def send(cluster: ClusterState, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    completed = requests.run(cluster, requests.parse(asked(row)), clusters.env())
    results: list[dict[str, Any]] = requests.to_json(completed, asked(row))["results"]
    return results


def steps_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    traces = [result[name] for name in ("dns_trace", "trace") if name in result]
    return [step for trace in traces for hop in trace["hops"] for step in hop["steps"]]


def verdict(result: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = result.get("trace") or result["dns_trace"]
    return found


@pytest.mark.parametrize(("file", "row"), list(rows()))
def test_a_request_fares_as_its_row_says(file: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    results = send(clusters.build(file), row)
    assert {result["outcome"] for result in results} == set(row.get("outcomes", [row.get("outcome")]))
    last = [steps_of(result)[-1] for result in results]
    if "reason" in row:
        assert {verdict(result)["reason"] for result in results} == {row["reason"]}
    if "reason_of_failure" in row:
        failed = {verdict(result)["reason"] for result in results if result["outcome"] != "ok"}
        assert failed == {row["reason_of_failure"]}
    if "reasons_of_failure" in row:
        assert {verdict(result)["reason"] for result in results} == set(row["reasons_of_failure"])
    if "by" in row:
        assert {result["served_by"]["name"] for result in results} == set(row["by"])
    if "pods" in row:
        assert len({result["served_by"]["name"] for result in results}) == row["pods"]
    if "client_ip" in row:
        assert {result["client_ip"] for result in results} == {row["client_ip"]}
    if "port" in row:
        assert {result["served_by"]["port"] for result in results} == {row["port"]}
    if "because" in row:
        assert all(row["because"] == reference(step["because"][0]) for step in last)
    if "says" in row:
        assert all(row["says"] in step["why"] for step in last)
    if "rule" in row:
        assert all(row["rule"] in step.get("rule", "") for step in last)
    if "rules" in row:
        assert any(row["rules"] in step.get("rule", "") for step in steps_of(results[0]))
    if "slower_than" in row:
        assert all(result["took_ms"] > row["slower_than"] for result in results)
    passed = {step["reason"] for result in results for step in steps_of(result)}
    assert set(row.get("passes", ())) <= passed
    assert not set(row.get("lacks", ())) & passed


def reference(ref: Mapping[str, str]) -> str:
    field = f":{ref['field']}" if "field" in ref else ""
    return f"{ref['kind']}/{ref['namespace']}/{ref['name']}{field}"


@pytest.fixture(scope="module")
def everything_seen() -> list[dict[str, Any]]:
    return [result for file in FILES for row in file["rows"] for result in send(clusters.build(file), row)]


def test_every_reason_is_reached_by_a_row(everything_seen: list[dict[str, Any]]) -> None:
    reached = {step["reason"] for result in everything_seen for step in steps_of(result)}
    assert sorted(set(reasons.REASONS) - reached) == []


def test_what_fails_names_a_cause_a_remedy_and_an_end_its_reason_allows(everything_seen: list[dict[str, Any]]) -> None:
    for result in everything_seen:
        last = verdict(result)
        reason = reasons.REASONS[last["reason"]]
        assert last["disposition"] in reason.ends
        if result["outcome"] != "ok":
            assert reason.code in reasons.FAILURES
            assert last["remedy"]
            assert steps_of(result)[-1]["why"] == last["why"]


def test_what_arrives_has_no_fault(everything_seen: list[dict[str, Any]]) -> None:
    for result in everything_seen:
        if result["outcome"] == "ok":
            assert verdict(result)["reason"] not in reasons.FAILURES


def test_sentences_have_no_blank_left_open_and_end_as_sentences_do(everything_seen: list[dict[str, Any]]) -> None:
    for result in everything_seen:
        for step in steps_of(result):
            assert "{" not in step["why"].replace("{ 0", "")
            assert step["why"][-1] == "."
            assert "  " not in step["why"]
            assert ".." not in step["why"]


def test_a_reason_ruled_out_is_never_the_reason(everything_seen: list[dict[str, Any]]) -> None:
    for result in everything_seen:
        excluded = verdict(result).get("ruled_out", [])
        assert verdict(result)["reason"] not in {other["reason"] for other in excluded}
        assert all(other["why"] for other in excluded)


def test_titles_and_remedies_have_no_blanks() -> None:
    for found in reasons.REASONS.values():
        assert not {"{", "}"} & set(found.title + found.remedy + found.rules_out)
        assert found.remedy or found.code not in reasons.FAILURES
