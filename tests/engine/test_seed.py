"""The same seed and commands give the same entries in instant time, at whatever moment they are said."""

import pytest

from app.engine import commands
from app.lessons import scenarios
from tests.cluster_driver import START, Cluster


def told(now: float) -> list[tuple[str, str]]:
    """What happens when the first scenario is applied and scaled at that moment: kinds of change and names, in order."""
    cluster = Cluster(now=now)
    cluster.say(commands.Apply("you", tuple(scenarios.get("first-steps").manifests)))
    cluster.apply(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 5\n"
        "  selector: {matchLabels: {app: api}}\n  template:\n    metadata: {labels: {app: api}}\n"
        "    spec: {containers: [{name: main, image: nginx}]}\n"
    )
    return [
        (str(getattr(entry.body, "type", "")), str(getattr(getattr(entry.body, "key", None), "name", "")))
        for entry in cluster.entries
    ]


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.37, 0.5, 0.731, 0.9, 17.03])
def test_the_moment_decides_nothing(fraction: float) -> None:
    assert told(START + fraction) == told(START)
