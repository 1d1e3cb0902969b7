"""Services: defaults, the common mistakes to the character, allocation, updates and type changes."""

from __future__ import annotations

from typing import Any

import pytest

from app.kinds import registry, service

LABEL_1123 = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_1123 = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LABEL_KEY = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
RANGE = "must be between 1 and 65535, inclusive"
ONLY_LB = "may only be used when `type` is 'LoadBalancer'"
PORT = {"port": 80}


def make(name: str = "bad", **spec: Any) -> dict[str, Any]:
    spec.setdefault("selector", {"a": "b"})
    spec.setdefault("ports", [dict(PORT)])
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


MISTAKES = [
    ("no ports", {"ports": None}, ["spec.ports: Required value"]),
    (
        "port 0",
        {"ports": [{"port": 0}]},
        [f"spec.ports[0].port: Invalid value: 0: {RANGE}", f"spec.ports[0].targetPort: Invalid value: 0: {RANGE}"],
    ),
    (
        "port 65536",
        {"ports": [{"port": 65536}]},
        [f"spec.ports[0].port: Invalid value: 65536: {RANGE}", f"spec.ports[0].targetPort: Invalid value: 65536: {RANGE}"],
    ),
    ("port missing", {"ports": [{"targetPort": 80}]}, [f"spec.ports[0].port: Invalid value: 0: {RANGE}"]),
    (
        "targetPort 70000",
        {"ports": [{"port": 80, "targetPort": 70000}]},
        [f"spec.ports[0].targetPort: Invalid value: 70000: {RANGE}"],
    ),
    (
        "two unnamed ports",
        {"ports": [{"port": 80}, {"port": 81}]},
        ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ),
    (
        "one of two ports unnamed",
        {"ports": [{"name": "http", "port": 80}, {"port": 81}]},
        ["spec.ports[1].name: Required value"],
    ),
    (
        "duplicate port name",
        {"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]},
        ['spec.ports[1].name: Duplicate value: "a"'],
    ),
    (
        "same port and protocol twice",
        {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80}]},
        [
            'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,'
            '"NodePort":0}'
        ],
    ),
    (
        "port name with capitals",
        {"ports": [{"name": "HTTP", "port": 80}]},
        [f'spec.ports[0].name: Invalid value: "HTTP": {LABEL_1123}'],
    ),
    (
        "targetPort name too long",
        {"ports": [{"port": 80, "targetPort": "this-is-a-very-long-name"}]},
        ['spec.ports[0].targetPort: Invalid value: "this-is-a-very-long-name": must be no more than 15 characters'],
    ),
    (
        "targetPort with capitals",
        {"ports": [{"port": 80, "targetPort": "HTTP"}]},
        [
            'spec.ports[0].targetPort: Invalid value: "HTTP": must contain only alpha-numeric characters (a-z, 0-9), and '
            "hyphens (-)",
            'spec.ports[0].targetPort: Invalid value: "HTTP": must contain at least one letter (a-z)',
        ],
    ),
    (
        "targetPort a quoted number",
        {"ports": [{"port": 80, "targetPort": "8080"}]},
        ['spec.ports[0].targetPort: Invalid value: "8080": must contain at least one letter (a-z)'],
    ),
    (
        "protocol in small letters",
        {"ports": [{"port": 80, "protocol": "tcp"}]},
        ['spec.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
    ),
    (
        "type misspelt",
        {"type": "Loadbalancer"},
        [
            'spec.type: Unsupported value: "Loadbalancer": supported values: "ClusterIP", "ExternalName", "LoadBalancer", '
            '"NodePort"'
        ],
    ),
    (
        "nodePort on ClusterIP",
        {"ports": [{"port": 80, "nodePort": 30080}]},
        ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ),
    (
        "nodePort 80",
        {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]},
        [
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is "
            "30000-32767"
        ],
    ),
    (
        "nodePort twice",
        {"type": "NodePort", "ports": [{"name": "a", "port": 80, "nodePort": 31313}, {"name": "b", "port": 81, "nodePort": 31313}]},
        ["spec.ports[1].nodePort: Invalid value: 31313: provided port is already allocated"],
    ),
    (
        "clusterIP outside the range",
        {"clusterIP": "10.1.2.3"},
        [
            'spec.clusterIPs: Invalid value: ["10.1.2.3"]: failed to allocate IP 10.1.2.3: the provided network does not '
            "match the current range"
        ],
    ),
    (
        "clusterIP taken",
        {"clusterIP": "10.96.0.1"},
        [
            'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated'
        ],
    ),
    (
        "clusterIP no address",
        {"clusterIP": "foo"},
        ['spec.clusterIPs[0]: Invalid value: "foo": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ),
    (
        "clusterIP with leading zeros",
        {"clusterIP": "10.096.0.1"},
        ['spec.clusterIPs[0]: Invalid value: "10.096.0.1": must not have leading 0s'],
    ),
    (
        "headless NodePort",
        {"clusterIP": "None", "type": "NodePort"},
        ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ),
    (
        "headless LoadBalancer",
        {"clusterIP": "None", "type": "LoadBalancer"},
        ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services'],
    ),
    ("ExternalName without name", {"type": "ExternalName"}, ["spec.externalName: Required value"]),
    (
        "externalName a URL",
        {"type": "ExternalName", "externalName": "http://example.com"},
        [f'spec.externalName: Invalid value: "http://example.com": {SUBDOMAIN_1123}'],
    ),
    (
        "ExternalName with clusterIP",
        {"type": "ExternalName", "externalName": "example.com", "clusterIP": "10.96.0.9"},
        ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
    ),
    (
        "headless ExternalName",
        {"type": "ExternalName", "externalName": "example.com", "clusterIP": "None"},
        ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
    ),
    (
        "externalTrafficPolicy on ClusterIP",
        {"externalTrafficPolicy": "Local"},
        ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ),
    (
        "externalTrafficPolicy in small letters",
        {"type": "NodePort", "externalTrafficPolicy": "local"},
        ['spec.externalTrafficPolicy: Unsupported value: "local": supported values: "Cluster", "Local"'],
    ),
    (
        "internalTrafficPolicy in small letters",
        {"internalTrafficPolicy": "local"},
        ['spec.internalTrafficPolicy: Unsupported value: "local": supported values: "Cluster", "Local"'],
    ),
    (
        "sessionAffinity in small letters",
        {"sessionAffinity": "clientIP"},
        ['spec.sessionAffinity: Unsupported value: "clientIP": supported values: "ClientIP", "None"'],
    ),
    (
        "affinity timeout 0",
        {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}}},
        [
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than "
            "86400"
        ],
    ),
    (
        "affinity timeout 86401",
        {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}}},
        [
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than "
            "86400"
        ],
    ),
    (
        "trafficDistribution unknown",
        {"trafficDistribution": "PreferLocal"},
        [
            'spec.trafficDistribution: Unsupported value: "PreferLocal": supported values: "PreferClose", "PreferSameZone", '
            '"PreferSameNode"'
        ],
    ),
    (
        "source ranges without load balancer",
        {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
        [f"spec.LoadBalancerSourceRanges: Forbidden: {ONLY_LB}"],
    ),
    (
        "source range no network",
        {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.1"]},
        [
            'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or '
            "2001:db8::/64)"
        ],
    ),
    (
        "health check port without Local",
        {"type": "LoadBalancer", "healthCheckNodePort": 30999},
        [
            "spec.healthCheckNodePort: Invalid value: 30999: may only be set when `type` is 'LoadBalancer' and "
            "`externalTrafficPolicy` is 'Local'"
        ],
    ),
    (
        "external IP loopback",
        {"externalIPs": ["127.0.0.1"]},
        ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ),
    ("selector value illegal", {"selector": {"a": "a b"}}, [f'spec.selector: Invalid value: "a b": {LABEL_VALUE}']),
    ("selector key illegal", {"selector": {"app/x/y": "a"}}, [f'spec.selector: Invalid value: "app/x/y": {LABEL_KEY}']),
    ("load balancer class without load balancer", {"loadBalancerClass": "a.b/c"}, [f"spec.loadBalancerClass: Forbidden: {ONLY_LB}"]),
    (
        "allocate node ports without load balancer",
        {"allocateLoadBalancerNodePorts": False},
        [f"spec.allocateLoadBalancerNodePorts: Forbidden: {ONLY_LB}"],
    ),
    ("the same family twice", {"ipFamilies": ["IPv4", "IPv4"]}, ['spec.ipFamilies[1]: Duplicate value: "IPv4"']),
    (
        "a family the cluster lacks",
        {"ipFamilies": ["IPv6"]},
        ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    ),
    (
        "two families demanded",
        {"ipFamilyPolicy": "RequireDualStack"},
        [
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "spec", "sentences"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_refused_in_the_servers_words(
    cluster: Any, mistake: str, spec: dict[str, Any], sentences: list[str]
) -> None:
    assert cluster.faults(make(**spec)) == sentences


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Web", f'metadata.name: Invalid value: "Web": {LABEL_1123}'),
        ("my_web", f'metadata.name: Invalid value: "my_web": {LABEL_1123}'),
        ("my.web", 'metadata.name: Invalid value: "my.web": must not contain dots'),
        ("a" * 64, f'metadata.name: Invalid value: "{"a" * 64}": must be no more than 63 characters'),
    ],
)
def test_a_name_must_be_a_dns_label(cluster: Any, name: str, sentence: str) -> None:
    assert cluster.faults(make(name)) == [sentence]


@pytest.mark.parametrize(
    "spec",
    [
        {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86400}}},
        {"type": "ExternalName", "externalName": "10.0.0.1", "ports": None},
        {"type": "ExternalName", "externalName": "example.com.", "ports": None},
        {"clusterIP": "None", "ports": None},
        {"ports": [{"port": 80, "targetPort": "http"}]},
        {"ports": [{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "UDP"}]},
        {"type": "NodePort", "ports": [{"port": 8080, "nodePort": 30050}]},
        {"type": "LoadBalancer", "loadBalancerSourceRanges": [" 10.0.0.0/8 "], "loadBalancerClass": "a.b/c"},
        {"ipFamilyPolicy": "PreferDualStack"},
    ],
)
def test_what_the_server_accepts_is_accepted(cluster: Any, spec: dict[str, Any]) -> None:
    assert cluster.faults(make("1web", **spec)) == []


def test_a_minimal_service_is_stored_as_the_server_stores_it(cluster: Any) -> None:
    stored = cluster.create(make("web", selector={"app": "web"}))
    ip = stored["spec"].pop("clusterIP")
    assert stored["spec"] == {
        "clusterIPs": [ip],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "selector": {"app": "web"},
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    assert stored["status"] == {"loadBalancer": {}}


@pytest.mark.parametrize(
    ("spec", "stored"),
    [
        ({"type": "NodePort"}, {"externalTrafficPolicy": "Cluster"}),
        ({"type": "LoadBalancer"}, {"externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": True}),
        ({"externalIPs": ["192.0.2.1"]}, {"externalTrafficPolicy": "Cluster"}),
        ({"selector": {}}, {"selector": None}),
        ({"sessionAffinity": "ClientIP"}, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}),
        ({"clusterIP": "None", "selector": {}}, {"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]}),
        ({"clusterIP": "None"}, {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"], "clusterIPs": ["None"]}),
        ({"ipFamilyPolicy": "PreferDualStack"}, {"ipFamilies": ["IPv4"]}),
        (
            {"type": "ExternalName", "externalName": "a.example", "ports": None},
            {"clusterIP": None, "ipFamilies": None, "internalTrafficPolicy": None},
        ),
        ({"ports": [{"port": 80, "targetPort": ""}]}, {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}),
    ],
)
def test_defaults_depend_on_the_type(cluster: Any, spec: dict[str, Any], stored: dict[str, Any]) -> None:
    found = cluster.create(make("web", **spec))["spec"]
    assert {name: found.get(name) for name in stored} == stored


def test_a_client_cannot_write_the_status(cluster: Any) -> None:
    asked = make("web") | {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}}
    assert cluster.create(asked)["status"] == {"loadBalancer": {}}


def test_node_ports_are_chosen_from_the_upper_band(cluster: Any) -> None:
    ports = [cluster.create(make(f"s{i}", type="NodePort"))["spec"]["ports"][0]["nodePort"] for i in range(40)]
    assert len(set(ports)) == 40
    assert all(30086 <= port <= 32767 for port in ports)


def test_cluster_ips_are_chosen_from_the_upper_band(cluster: Any) -> None:
    found = [cluster.create(make(f"s{i}"))["spec"]["clusterIP"] for i in range(40)]
    assert len(set(found)) == 40
    assert not any(ip.startswith("10.96.0.") for ip in found)


def test_tcp_and_udp_on_one_port_share_a_node_port(cluster: Any) -> None:
    ports = [{"name": "dns", "port": 53}, {"name": "dns-udp", "port": 53, "protocol": "UDP"}]
    stored = cluster.create(make("dns", type="NodePort", ports=ports))["spec"]["ports"]
    assert stored[0]["nodePort"] == stored[1]["nodePort"]


def test_a_node_port_may_serve_two_protocols(cluster: Any) -> None:
    ports = [
        {"name": "a", "port": 53, "nodePort": 30053},
        {"name": "b", "port": 53, "nodePort": 30053, "protocol": "UDP"},
    ]
    assert cluster.faults(make("dns", type="NodePort", ports=ports)) == []


def test_a_node_port_of_another_service_is_taken(cluster: Any) -> None:
    cluster.create(make("first", type="NodePort", ports=[{"port": 80, "nodePort": 31313}]))
    assert cluster.faults(make("second", type="NodePort", ports=[{"port": 80, "nodePort": 31313}])) == [
        "spec.ports[0].nodePort: Invalid value: 31313: provided port is already allocated"
    ]


def test_a_local_load_balancer_gets_a_health_check_port(cluster: Any) -> None:
    spec = cluster.create(make("lb", type="LoadBalancer", externalTrafficPolicy="Local"))["spec"]
    assert 30086 <= spec["healthCheckNodePort"] <= 32767
    assert spec["healthCheckNodePort"] != spec["ports"][0]["nodePort"]


def test_a_load_balancer_may_go_without_node_ports(cluster: Any) -> None:
    spec = cluster.create(make("lb", type="LoadBalancer", allocateLoadBalancerNodePorts=False))["spec"]
    assert "nodePort" not in spec["ports"][0]


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            {"trafficDistribution": "PreferClose"},
            'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
        ),
        (
            {"externalIPs": ["192.0.2.1"]},
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        ),
        (
            {"clusterIP": "None", "sessionAffinity": "ClientIP"},
            "spec.SessionAffinity is ignored for headless services",
        ),
        ({"clusterIP": "None", "loadBalancerIP": "192.0.2.1"}, "spec.loadBalancerIP is ignored for headless services"),
        ({"externalName": "a.example"}, 'spec.externalName is ignored when spec.type is not "ExternalName"'),
    ],
)
def test_what_is_ignored_is_warned_about(cluster: Any, spec: dict[str, Any], sentence: str) -> None:
    cluster.create(make("web", **spec))
    assert sentence in cluster.warnings


def test_leaving_out_what_was_allocated_keeps_it(cluster: Any) -> None:
    before = cluster.create(make("web", type="NodePort"))
    after = cluster.replace(make("web", type="NodePort", selector={"app": "other"}))
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    assert after["spec"]["clusterIPs"] == before["spec"]["clusterIPs"]
    assert after["spec"]["ports"] == before["spec"]["ports"]


def test_node_ports_are_kept_by_port_name(cluster: Any) -> None:
    two = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    before = cluster.create(make("web", type="NodePort", ports=two))["spec"]["ports"]
    after = cluster.replace(make("web", type="NodePort", ports=two[::-1]))["spec"]["ports"]
    assert {port["name"]: port["nodePort"] for port in after} == {port["name"]: port["nodePort"] for port in before}


@pytest.mark.parametrize(("was", "now"), [("10.96.0.55", "10.96.0.77"), ("10.96.0.55", "None"), ("None", "10.96.0.77")])
def test_a_cluster_ip_never_changes(cluster: Any, was: str, now: str) -> None:
    cluster.create(make("web", clusterIP=was))
    assert cluster.update_faults(make("web", clusterIP=now)) == [
        f'spec.clusterIPs[0]: Invalid value: ["{now}"]: may not change once set'
    ]


def test_becoming_a_cluster_ip_service_releases_node_ports(cluster: Any) -> None:
    before = cluster.create(make("web", type="LoadBalancer", externalTrafficPolicy="Local"))
    edited = {**before, "spec": {**before["spec"], "type": "ClusterIP"}}
    after = cluster.replace(edited)["spec"]
    gone = ("externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts")
    assert "nodePort" not in after["ports"][0]
    assert not any(name in after for name in gone)
    assert after["clusterIP"] == before["spec"]["clusterIP"]
    back = cluster.replace(make("web", type="NodePort"))["spec"]
    assert back["clusterIP"] == before["spec"]["clusterIP"]
    assert back["ports"][0]["nodePort"] not in (0, None)


def test_no_longer_a_load_balancer_has_no_outside_address(cluster: Any) -> None:
    before = cluster.create(make("web", type="LoadBalancer"))
    cluster.put({**before, "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}})
    assert cluster.replace(make("web", type="NodePort"))["status"] == {"loadBalancer": {}}


def test_becoming_an_external_name_gives_the_address_back(cluster: Any) -> None:
    before = cluster.create(make("web"))
    edited = {**before, "spec": {**before["spec"], "type": "ExternalName", "externalName": "a.example"}}
    after = cluster.replace(edited)["spec"]
    assert not any(name in after for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"))
    again = cluster.replace(make("web", externalName="a.example"))["spec"]
    assert again["clusterIP"] not in (None, "", before["spec"]["clusterIP"])


def test_a_health_check_port_stays_while_it_is_needed(cluster: Any) -> None:
    before = cluster.create(make("lb", type="LoadBalancer", externalTrafficPolicy="Local"))["spec"]
    kept = cluster.replace(make("lb", type="LoadBalancer", externalTrafficPolicy="Local"))["spec"]
    assert kept["healthCheckNodePort"] == before["healthCheckNodePort"]
    assert cluster.update_faults(
        make("lb", type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=30001)
    ) == [
        "spec.healthCheckNodePort: Invalid value: 30001: cannot change healthCheckNodePort on loadBalancer service with "
        "externalTraffic=Local during update"
    ]


def test_a_load_balancer_class_never_changes(cluster: Any) -> None:
    cluster.create(make("lb", type="LoadBalancer", loadBalancerClass="a.b/c"))
    assert cluster.update_faults(make("lb", type="LoadBalancer", loadBalancerClass="a.b/d")) == [
        'spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set'
    ]


def test_an_outside_address_is_virtual_unless_said_otherwise() -> None:
    draft = make("lb", type="LoadBalancer") | {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}}
    service.default(draft)
    assert draft["status"]["loadBalancer"]["ingress"] == [{"ip": "203.0.113.10", "ipMode": "VIP"}]


def test_defaulting_again_changes_nothing(cluster: Any) -> None:
    for spec in ({}, {"type": "LoadBalancer"}, {"clusterIP": "None"}, {"type": "ExternalName", "externalName": "a.b"}):
        stored = cluster.create(make(f"s{len(str(spec))}", **spec))
        assert cluster.replace(stored) == stored


def cells(obj: dict[str, Any]) -> dict[str, Any]:
    return {column.name: column.cell(obj, 0.0) for column in registry.of(obj).columns if column.name != "Age"}


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        (
            {"type": "ClusterIP", "clusterIPs": ["10.96.0.9"], "ports": [{"port": 80, "protocol": "TCP"}], "selector": {"b": "2", "a": "1"}},
            {},
            ("ClusterIP", "10.96.0.9", "<none>", "80/TCP", "a=1,b=2"),
        ),
        (
            {"type": "NodePort", "clusterIP": "10.96.0.9", "ports": [{"port": 80, "nodePort": 31717, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]},
            {},
            ("NodePort", "10.96.0.9", "<none>", "80:31717/TCP,53/UDP", "<none>"),
        ),
        ({"type": "LoadBalancer", "clusterIP": "10.96.0.9"}, {}, ("LoadBalancer", "10.96.0.9", "<pending>", "<none>", "<none>")),
        (
            {"type": "LoadBalancer", "clusterIP": "10.96.0.9", "externalIPs": ["192.0.2.1"]},
            {"loadBalancer": {"ingress": [{"ip": "203.0.113.11"}, {"ip": "203.0.113.10"}]}},
            ("LoadBalancer", "10.96.0.9", "203.0.113.10,203.0.113.11,192.0.2.1", "<none>", "<none>"),
        ),
        ({"type": "ExternalName", "externalName": "a.example"}, {}, ("ExternalName", "<none>", "a.example", "<none>", "<none>")),
        ({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}, {}, ("ClusterIP", "None", "<none>", "<none>", "<none>")),
    ],
)  # fmt: skip
def test_the_table_shows_what_kubectl_shows(
    spec: dict[str, Any], status: dict[str, Any], shown: tuple[str, ...]
) -> None:
    obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec, "status": status}
    assert tuple(cells(obj).values()) == ("web", *shown)


def test_every_field_of_the_forms_is_explained() -> None:
    for name in ("spec.type", "spec.selector", "spec.ports[].port", "spec.ports[].targetPort", "spec.ports[].nodePort",
                 "spec.clusterIP", "spec.externalTrafficPolicy", "spec.sessionAffinity"):  # fmt: skip
        assert service.FIELD_HELP[name].endswith(".")
