"""A node's inspector: what its buttons do is undone by undo, and what cannot be read is refused in words."""

import json
import urllib.parse
from pathlib import Path

import pytest

from app.machinery.objects import Key
from app.web import forms, nodework
from tests.playground import Playground, call
from tests.served import served

NODE = "/api/v1/nodes/node-1"
KEY = Key("", "nodes", "", "node-1")


def posted(ground: Playground, path: str, form: dict[str, str]) -> int:
    headers = {
        "Authorization": f"Bearer {ground.made['edit_key']}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return call(f"{ground.url}/p/{ground.id}/{path}", "POST", urllib.parse.urlencode(form).encode(), headers).status


def test_every_button_of_a_node_is_undone_by_undo(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as server:
        ground = Playground(server.url, tmp_path, {"scenario": "first-steps", "time": "instant", "seed": 7})

        def told() -> str:
            node = ground.api(NODE).json()
            return json.dumps([node["spec"], node["metadata"]["annotations"]], sort_keys=True)

        before = told()
        for path, form in (
            ("node", {"open": "false"}),
            ("node", {"kubelet": "stopped"}),
            ("proxy", {"mode": "ipvs", "delay": "stopped"}),
        ):
            assert posted(ground, path, {"ref": "Node//node-1", **form}) == 204
            assert told() != before
            assert posted(ground, "undo", {}) == 204
            assert told() == before


def test_a_node_is_opened_again_and_its_delay_taken_away(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as server:
        ground = Playground(server.url, tmp_path, {"scenario": "first-steps", "time": "instant", "seed": 7})
        for path, form in (
            ("node", {"open": "false"}),
            ("node", {"open": "true"}),
            ("proxy", {"mode": "iptables", "delay": "5s"}),
            ("proxy", {"mode": "iptables", "delay": ""}),
        ):
            assert posted(ground, path, {"ref": "Node//node-1", **form}) == 204
        node = ground.api(NODE).json()
        assert "unschedulable" not in node["spec"]
        assert "podlane.dev/kube-proxy-delay" not in node["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("mode", "delay", "word"), [("userspace", "", "iptables"), ("ipvs", "soon", "soon"), ("ipvs", "5", "5")]
)
def test_what_cannot_be_read_is_refused_in_words(mode: str, delay: str, word: str) -> None:
    with pytest.raises(forms.Unreadable, match=word):
        nodework.proxy(KEY, {}, {"mode": mode, "delay": delay})
