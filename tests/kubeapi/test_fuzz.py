"""Requests made up from the served OpenAPI documents: whatever they ask, the server answers and does not stumble.

`make fuzz` runs the same with more requests for each operation and over every document.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.playground import Playground

EXAMPLES = int(os.environ.get("PODLANE_EXAMPLES", "2"))
FEW = {"api/v1", "apis/apps/v1", "apis/discovery.k8s.io/v1", "apis/authorization.k8s.io/v1"}
BUSY = ("services", "endpoints", "deployments", "endpointslices", "namespaces", "pods/{name}/", "reviews")
"""What a short run asks of the large documents: the kinds whose writes set something going."""
MEANT = "resourceVersion should not be set on objects to be created"
"""A refusal that upstream too gives the code 500."""
ENDLESS = ("watch", "follow")


def places(playground: Playground) -> list[str]:
    found = list(playground.api("/openapi/v3").json()["paths"])
    return found if EXAMPLES > 2 else [place for place in found if place in FEW]


def operations(playground: Playground, place: str) -> list[Any]:
    document = playground.api(f"/openapi/v3/{place}").json()
    found = [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]
    return found if EXAMPLES > 2 else [one for one in found if any(word in one.path for word in BUSY)]


def aim(case: Any, name: str) -> None:
    """Point a made-up call at what is there, so that it gets further than to a 404."""
    if case.path_parameters:
        known = {"namespace": "default", "name": name}
        case.path_parameters = {key: known.get(key, value) for key, value in case.path_parameters.items()}
    if case.query:
        case.query = {key: value for key, value in case.query.items() if key not in ENDLESS}
    if isinstance(case.body, dict) and "metadata" in case.body:
        case.body["metadata"] = {"name": name}
        for field in ("apiVersion", "kind"):
            case.body.pop(field, None)


@pytest.mark.filterwarnings("default")
def test_no_request_makes_the_server_stumble(first_steps: Playground) -> None:
    stumbled: dict[str, str] = {}
    answered = 0
    for place in places(first_steps):
        for operation in operations(first_steps, place):

            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(), name=st.sampled_from(["web", "client", "made-up", ""]))
            def ask(case: Any, name: str) -> None:
                nonlocal answered
                if name:
                    aim(case, name)
                elif case.query:
                    case.query = {key: value for key, value in case.query.items() if key not in ENDLESS}
                answer = case.call(base_url=first_steps.server, timeout=60)
                answered += 1
                if answer.status_code >= 500 and MEANT not in answer.text and answer.status_code not in (501, 503, 504):
                    stumbled[case.operation.label] = f"{answer.text[:300]} {str(case.body)[:300]}"

            ask()
    assert answered > 100
    assert not stumbled
    assert first_steps.kubectl("get", "pods").returncode == 0
