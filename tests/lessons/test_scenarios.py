"""Every scenario begins in a real cluster, and every fact can be shown there."""

import pytest

from app.cluster import clock, state
from app.engine import commands, execute, genesis
from app.lessons import cast, facts, scenarios
from app.machinery import errors, manifests

WITH_SERVICE = [scenario for scenario in scenarios.all() if scenario.slug != "empty"]


def cluster(slug: str) -> state.ClusterState:
    """A cluster in instant time with the scenario applied."""
    held = state.ClusterState(mode=clock.TimeMode.INSTANT, settings={"nodes": 2, "load_balancer": "simulated"})
    genesis.found(held, clock.env_for(1, 0, 1_000_000.0, clock.TimeMode.INSTANT))
    drafts = scenarios.get(slug).manifests
    if drafts:
        run(held, commands.Apply("scenario", drafts))
    return held


def run(held: state.ClusterState, command: commands.Command) -> object:
    env = clock.env_for(1, held.revision, 1_000_000.0, clock.TimeMode.INSTANT)
    outcome = execute.execute(held, command, env)
    while not outcome.settled:
        outcome = execute.go_on(held, env)
    return outcome.result


@pytest.mark.parametrize("scenario", scenarios.all(), ids=lambda scenario: scenario.slug)
def test_a_scenario_is_a_manifest_without_fault(scenario: scenarios.Scenario) -> None:
    checked = manifests.check(scenario.text)
    assert not checked.errors
    assert not checked.warnings
    assert len(checked.documents) == len(scenario.manifests)


@pytest.mark.parametrize("scenario", WITH_SERVICE, ids=lambda scenario: scenario.slug)
def test_a_scenario_has_its_cast(scenario: scenarios.Scenario) -> None:
    held = cluster(scenario.slug)
    service, client = cast.first_service(held), cast.first_client(held)
    assert service is not None
    assert client is not None
    assert client["metadata"]["name"] == "client"


@pytest.mark.parametrize(
    ("slug", "outcome"),
    [
        (scenarios.FIRST, "ok"),
        ("selector-typo", "refused"),
        ("wrong-targetport", "refused"),
        ("two-deployments-one-service", "ok"),
        ("nodeport", "ok"),
    ],
)
def test_the_request_of_a_scenario_shows_its_point(slug: str, outcome: str) -> None:
    request = scenarios.get(slug).request
    assert request is not None
    answer = run(cluster(slug), commands.Send("learner", request))
    assert isinstance(answer, dict)
    assert set(answer["summary"]["by_outcome"]) == {outcome}


def test_manifests_of_a_scenario_are_fresh_each_time() -> None:
    first = scenarios.get(scenarios.FIRST).manifests
    first[0]["metadata"]["name"] = "changed"
    assert scenarios.get(scenarios.FIRST).manifests[0]["metadata"]["name"] == "web"


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(errors.NotFound) as refused:
        scenarios.get("nope")
    assert "first-steps" in refused.value.plain


def test_facts_have_slugs_of_their_own() -> None:
    slugs = [fact.slug for fact in facts.FACTS]
    assert len(set(slugs)) == len(slugs)


@pytest.mark.parametrize("fact", facts.FACTS, ids=lambda fact: fact.slug)
@pytest.mark.parametrize("slug", [scenario.slug for scenario in WITH_SERVICE])
def test_a_fact_is_shown_by_what_can_be_done(fact: facts.Fact, slug: str) -> None:
    held = cluster(slug)
    plan = facts.plan(held, fact.slug, "learner")
    assert (plan.request is None) != (plan.show is None)
    if plan.command is not None:
        run(held, plan.command)
    if plan.request is not None:
        run(held, commands.Send("learner", plan.request))
    if plan.show is not None:
        assert held.get(plan.show) is not None


@pytest.mark.parametrize(
    ("fact", "outcomes"),
    [
        ("stable", {"ok"}),
        ("balances", {"ok"}),
        ("paths", {"ok"}),
        ("name", {"ok"}),
        ("inside", {"timeout"}),
        ("port", {"timeout"}),
        ("target-port", {"refused"}),
        ("closed-node-port", {"refused"}),
    ],
)
def test_a_fact_is_true_where_it_is_shown(fact: str, outcomes: set[str]) -> None:
    held = cluster(scenarios.FIRST)
    plan = facts.plan(held, fact, "learner")
    if plan.command is not None:
        run(held, plan.command)
    assert plan.request is not None
    answer = run(held, commands.Send("learner", plan.request))
    assert isinstance(answer, dict)
    assert set(answer["summary"]["by_outcome"]) == outcomes


@pytest.mark.parametrize("fact", ["node-port", "load-balancer"])
def test_a_way_in_is_opened_first_and_leads_in_then(fact: str) -> None:
    held = cluster(scenarios.FIRST)
    opening = facts.plan(held, fact, "learner")
    assert opening.command is not None
    run(held, opening.command)
    asking = facts.plan(held, fact, "learner")
    assert asking.request is not None
    answer = run(held, commands.Send("learner", asking.request))
    assert isinstance(answer, dict)
    assert answer["summary"]["by_outcome"] == {"ok": 1}


def test_a_fact_says_what_is_missing() -> None:
    held = cluster("empty")
    with pytest.raises(errors.BadRequest, match="add a Service"):
        facts.plan(held, "name", "learner")
