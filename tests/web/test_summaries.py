"""What a pod's summary says of its surroundings is what its containers find."""

import pytest

from app.cluster import clock
from app.dataplane import world
from app.machinery.objects import Key
from app.terminal import surroundings
from app.web import summaries
from tests.cluster_driver import Cluster

CONFIG = "dnsConfig: {nameservers: [10.9.9.9], searches: [corp.example], options: [{name: ndots, value: '2'}, {name: edns0}]}"


@pytest.mark.parametrize(
    "spec", ["", f"{CONFIG},", f"dnsPolicy: None, {CONFIG},", "dnsPolicy: Default,", "hostNetwork: true,"]
)
def test_the_resolver_is_the_file_in_the_container(spec: str) -> None:
    cluster = Cluster()
    cluster.apply(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
        f"spec: {{{spec} containers: [{{name: c, image: nginx}}]}}\n"
    )
    key = Key("", "pods", "default", "web")
    pod = cluster.held.get(key)
    assert pod is not None
    env = clock.env_for(0, cluster.held.revision, cluster.held.now, clock.TimeMode.INSTANT)
    file = surroundings.files(world.World(cluster.held, world.Chance(env)), pod)["/etc/resolv.conf"]
    assert summaries.summary(cluster.held, key, pod).resolv == file.rstrip("\n")
