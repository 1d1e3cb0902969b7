"""Each proxy sees Services as they were at the revision it has synced, and nothing more is kept than the slowest needs."""

from app.cluster import lag

WEB = ("shop", "web")


def view(name: str) -> lag.ServiceView:
    return lag.ServiceView({"metadata": {"name": name}}, ())


def test_a_slow_proxy_sees_the_view_before_the_first_change_it_missed() -> None:
    proxies = lag.ProxyLag(synced={"fast": 10, "slow": 10}, head=10)
    proxies.changed(WEB, 11, view("v10"))
    proxies.changed(WEB, 14, view("v11"))
    assert proxies.view_at(WEB, 10) == view("v10")
    assert proxies.view_at(WEB, 12) == view("v11")
    assert proxies.view_at(WEB, 14) is None
    assert proxies.is_behind("slow")


def test_views_are_dropped_when_the_slowest_proxy_has_passed_them() -> None:
    proxies = lag.ProxyLag(synced={"fast": 10, "slow": 10}, head=10)
    proxies.changed(WEB, 11, view("v10"))
    proxies.sync("fast", 11)
    assert proxies.before
    proxies.sync("slow", 11)
    assert not proxies.before
    assert not proxies.is_behind("slow")


def test_a_node_that_is_gone_holds_nothing_back() -> None:
    proxies = lag.ProxyLag(synced={"gone": 1, "here": 11}, head=11)
    proxies.changed(WEB, 12, view("v11"))
    proxies.sync("here", 12)
    proxies.forget("gone")
    assert not proxies.before


def test_without_proxies_nothing_is_kept() -> None:
    proxies = lag.ProxyLag()
    proxies.changed(WEB, 1, view("v0"))
    assert not proxies.before
    assert proxies.head == 1
