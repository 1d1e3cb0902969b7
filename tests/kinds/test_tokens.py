"""Tokens of ServiceAccounts, as functions of the state."""

from app.cluster import clock, state
from app.engine import commands
from app.kinds import tokens
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

SECRET = "not told to anybody"
PODS = "".join(
    f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: nginx}}]}}\n"
    for name in ("a", "b")
)


def test_a_pods_token_is_its_own_and_lives_as_long_as_it() -> None:
    cluster = Cluster(nodes=1)
    cluster.held.settings = {**cluster.held.settings, tokens.SETTING: SECRET}
    cluster.apply(PODS)
    first, second = (tokens.of_pod(cluster.held, cluster.get(state.PODS, name)) for name in ("a", "b"))
    assert first == tokens.of_pod(cluster.held, cluster.get(state.PODS, "a")) != second
    assert tokens.is_signed(SECRET, first)
    assert not tokens.is_signed("another", first)
    now = clock.seconds(cluster.get(state.PODS, "a")["metadata"]["creationTimestamp"])
    found = tokens.holder(cluster.held, first, now)
    assert found is not None
    assert found.user == "system:serviceaccount:default:default"
    assert tokens.holder(cluster.held, first, now + tokens.POD_SECONDS) is None
    cluster.say(commands.Delete("you", Key(*state.PODS, "default", "a"), grace_seconds=0))
    assert tokens.holder(cluster.held, first, now) is None
    assert tokens.holder(cluster.held, second, now) is not None


def test_without_a_secret_there_is_no_token() -> None:
    cluster = Cluster(nodes=1)
    cluster.apply(PODS)
    assert tokens.of_pod(cluster.held, cluster.get(state.PODS, "a")) == ""
