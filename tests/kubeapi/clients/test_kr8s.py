"""kr8s works with a playground: listing, waiting, patching, watching and running commands, in both its styles."""

import asyncio
from collections.abc import Iterator

import kr8s
import pytest
from kr8s._async_utils import Portal
from kr8s.asyncio import objects as later
from kr8s.objects import Deployment, Pod, Service

from tests.playground import Playground, call

pytestmark = pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning")


@pytest.fixture(scope="module")
def api(first_steps: Playground) -> Iterator[kr8s.Api]:
    """kr8s with the kubeconfig of the playground; it never closes its connections by itself."""
    with pytest.warns(UserWarning, match="Kubernetes version"):
        made = kr8s.api(kubeconfig=str(first_steps.kubeconfig))
    yield made
    if made._session is not None:
        Portal().call(made._session.aclose)


def service(name: str) -> dict[str, object]:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def test_what_is_there_is_listed_and_chosen(api: kr8s.Api) -> None:
    assert api.version()["minor"] == "36"
    assert {pod.labels["app"] for pod in api.get("pods", namespace="default")} == {"client", "web"}
    assert len(list(api.get("pods", namespace=kr8s.ALL, label_selector={"k8s-app": "kube-dns"}))) == 2
    assert len(list(api.get("pods", namespace="default", field_selector="metadata.name=client"))) == 1
    assert Service.get("web", namespace="default", api=api).spec.clusterIP.startswith("10.")


def test_an_object_lives_from_creation_to_deletion(api: kr8s.Api) -> None:
    one = Service(service("kr8s"), api=api)
    one.create()
    assert one.exists() and one.spec.clusterIP
    one.label({"team": "a"})
    one.patch({"spec": {"ports": [{"port": 81}]}})
    one.refresh()
    assert one.labels == {"team": "a"} and one.spec.ports[0].port == 81
    one.delete()
    one.wait("delete", timeout=20)
    assert not one.exists()


def test_a_deployment_scales_and_its_pods_get_ready(api: kr8s.Api) -> None:
    web = Deployment.get("web", namespace="default", api=api)
    web.scale(4)
    web.wait("condition=Available", timeout=20)
    assert len(web.pods()) == 4 and all(pod.ready() for pod in web.pods())
    web.scale(3)


def test_a_command_runs_in_a_pod(api: kr8s.Api) -> None:
    done = Pod.get("client", namespace="default", api=api).exec(["curl", "-s", "http://web"])
    assert b"Welcome to nginx" in done.stdout and done.returncode == 0


def test_a_log_is_read_and_a_port_is_forwarded(api: kr8s.Api) -> None:
    pod = next(iter(api.get("pods", namespace="default", label_selector={"app": "web"})))
    assert any("ready for start up" in line for line in pod.logs())
    for place in (pod, Service.get("web", namespace="default", api=api)):
        # kr8s offers no subprotocol at all.
        with place.portforward(remote_port=80, local_port="auto") as port:
            assert b"Welcome to nginx" in call(f"http://127.0.0.1:{port}/").body


def test_everything_works_while_other_things_happen(first_steps: Playground) -> None:
    async def work() -> list[tuple[str, str]]:
        api = await kr8s.asyncio.api(kubeconfig=str(first_steps.kubeconfig))
        seen: list[tuple[str, str]] = []

        async def follow() -> None:
            async for kind, found in api.watch("services", namespace="default", field_selector="metadata.name=kr8s"):
                seen.append((kind, found.name))
                if kind == "DELETED":
                    return

        following = asyncio.create_task(follow())
        one = await later.Service(service("kr8s"), api=api)
        await one.create()
        while not seen:
            await asyncio.sleep(0)
        await one.label({"a": "b"})
        await one.delete()
        await asyncio.wait_for(following, 20)
        await api._session.aclose()
        return seen

    seen = asyncio.run(work())
    assert [kind for kind, _ in seen] == ["ADDED", "MODIFIED", "DELETED"]
