"""What people type is read as they mean it, or refused in a sentence that says what to write."""

import pytest

from app.web import editing, forms, render

SERVICE = {
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "NodePort", "ports": [{"port": 80, "targetPort": "http", "nodePort": 30080, "protocol": "TCP"}]},
}


@pytest.mark.parametrize(
    ("typed", "pairs"),
    [
        ("app=web", {"app": "web"}),
        ("app=web, tier=front", {"app": "web", "tier": "front"}),
        ("app=web tier=front", {"app": "web", "tier": "front"}),
        ("app: web\ntier: front", {"app": "web", "tier": "front"}),
        ("app = web", {"app": "web"}),
        ('app="web"', {"app": "web"}),
        ("app=", {"app": ""}),
        ("app.kubernetes.io/name=web,", {"app.kubernetes.io/name": "web"}),
        ("", {}),
    ],
)
def test_pairs_are_read_as_people_write_them(typed: str, pairs: dict[str, str]) -> None:
    assert forms.pairs(typed) == pairs


@pytest.mark.parametrize(
    ("typed", "says"),
    [("app", "app is no pair"), ("=web", "has no key"), ("app=a, app=b", "stands there twice")],
)
def test_what_is_no_pair_is_refused_with_what_to_write(typed: str, says: str) -> None:
    with pytest.raises(forms.Unreadable) as refused:
        forms.pairs(typed)
    assert says in refused.value.sentence


@pytest.mark.parametrize("pairs", [{}, {"app": "web"}, {"a": "1", "b": "2"}])
def test_pairs_survive_being_shown_and_read_again(pairs: dict[str, str]) -> None:
    assert forms.pairs(forms.pairs_text(pairs)) == pairs


def test_a_patch_names_what_goes_and_what_changes_only() -> None:
    assert forms.pairs_patch({"a": "1", "b": "2"}, {"b": "3", "c": "4"}) == {"a": None, "b": "3", "c": "4"}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"source": "pod:default/client", "to": "http://web"}, {"from": {"pod": "default/client"}, "to": "http://web"}),
        ({"source": "node:node-1", "to": "web:8080"}, {"from": {"node": "node-1"}, "to": "http://web:8080"}),
        (
            {"source": "outside", "to": "tcp://1.2.3.4:5"},
            {"from": {"external": "198.51.100.7"}, "to": "tcp://1.2.3.4:5"},
        ),
        (
            {"source": "outside", "to": "http://x", "count": "100", "host": "shop.example"},
            {"from": {"external": "198.51.100.7"}, "to": "http://x", "count": 100, "headers": {"Host": "shop.example"}},
        ),
    ],
)
def test_the_request_form_becomes_the_body_of_the_requests_route(
    typed: dict[str, str], asked: dict[str, object]
) -> None:
    assert forms.asked(typed) == {"count": 1, **asked}


@pytest.mark.parametrize("value", ["pod:shop/cart", "node:node-2", "outside"])
def test_where_a_request_started_is_the_option_it_came_from(value: str) -> None:
    assert forms.source_value(forms.source(value)) == value


@pytest.mark.parametrize(
    ("typed", "port"),
    [
        ({"port-0": "8080", "target-0": "9090"}, {"port": 8080, "targetPort": 9090, "nodePort": 30080}),
        ({"port-0": "80", "target-0": "web", "node-0": "30500"}, {"port": 80, "targetPort": "web", "nodePort": 30500}),
        ({"port-0": "80", "target-0": "80", "node-0": ""}, {"port": 80, "targetPort": 80}),
        ({"type": "ClusterIP", "port-0": "80", "target-0": "80"}, {"port": 80, "targetPort": 80}),
    ],
)
def test_the_ports_form_keeps_what_it_does_not_show(typed: dict[str, str], port: dict[str, object]) -> None:
    patch = forms.ports_patch(SERVICE, typed)
    assert patch["spec"]["ports"] == [{"protocol": "TCP", **port}]
    assert patch["spec"]["type"] == typed.get("type", "NodePort")


def test_a_port_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(forms.Unreadable) as refused:
        forms.ports_patch(SERVICE, {"port-0": "http"})
    assert refused.value.sentence == "port must be a number, not 'http'."


def test_a_pod_form_becomes_a_manifest() -> None:
    made = forms.pod(
        {"name": "client", "image": "curlimages/curl", "command": "sleep infinity", "labels": "app=client"}
    )
    assert made["metadata"] == {"name": "client", "namespace": "default", "labels": {"app": "client"}}
    assert made["spec"]["containers"] == [
        {"name": "client", "image": "curlimages/curl", "command": ["sleep", "infinity"]}
    ]


def test_a_deployment_without_labels_selects_by_its_name() -> None:
    made = forms.deployment({"name": "api", "image": "nginx", "replicas": "2"})
    assert made["spec"]["selector"] == {"matchLabels": {"app": "api"}}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "api"}


def test_a_seed_cannot_end_the_script_it_stands_in() -> None:
    assert "</" not in render.seed({"name": "</script><script>alert(1)</script>"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("put `app` here", "put <code>app</code> here"),
        ("an odd ` stays", "an odd ` stays"),
        ("`<b>` is <i>", "<code>&lt;b&gt;</code> is &lt;i&gt;"),
    ],
)
def test_backticks_become_code_and_nothing_else_becomes_html(text: str, shown: str) -> None:
    assert render.coded(text) == shown


def test_a_difference_shows_both_sides_and_makes_tabs_visible() -> None:
    lines = [(line.sign, line.text) for line in editing.difference_of("a: 1\n\tb: 2\n", "a: 1\n  b: 2\n")]
    assert lines == [(" ", "a: 1"), ("-", "→   b: 2"), ("+", "  b: 2")]
