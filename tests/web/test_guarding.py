"""The inspector says which policies guard a pod or a Service, whom a policy isolates, and where an Ingress leads."""

from pathlib import Path

from tests.playground import Playground, call
from tests.served import served

MANIFESTS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: quiet}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
  - host: shop.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


def panel(ground: Playground, ref: str) -> str:
    headers = {"Authorization": f"Bearer {ground.made['edit_key']}"}
    answer = call(f"{ground.url}/p/{ground.id}/panel?ref={ref}", headers=headers)
    assert answer.status == 200, answer
    return " ".join(answer.body.decode().split())


def test_the_inspector_says_who_is_guarded_and_where_an_ingress_leads(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as server:
        asked = {"scenario": "first-steps", "time": "instant", "seed": 7}
        ground = Playground(server.url, tmp_path, asked)
        ground.kubectl("apply", "-f", "-", typed=MANIFESTS)
        pod = next(
            one["metadata"]["name"]
            for one in ground.api("/api/v1/namespaces/default/pods?labelSelector=app%3Dweb").json()["items"]
        )
        assert "its way in is guarded by" in panel(ground, f"Pod/default/{pod}")
        assert "guarded by" not in panel(ground, "Pod/default/client")
        assert "the way to its pods is guarded by" in panel(ground, "Service/default/web")
        policy = panel(ground, "NetworkPolicy/default/quiet")
        assert "app=web" in policy and "3 pods" in policy and "its way" not in policy
        ingress = panel(ground, "Ingress/default/shop")
        assert "shop.example/" in ingress and "web:80" in ingress
