"""The whole rules of one node, as the tool of its kube-proxy's mode prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from app.cluster import clock, state
from app.dataplane import iptables_save, ipvs_list, nft_list
from app.dataplane.world import Chance, NodeProxy, World
from app.machinery import errors
from app.machinery.objects import Key


class Ruleset(msgspec.Struct, frozen=True, gc=False):
    """A node's rules: its mode (empty: no kube-proxy), the tool that prints them so, and their text."""

    mode: str
    tool: str
    text: str
    is_behind: bool
    """Whether something has changed that this node has not programmed yet."""


_WRITERS: Mapping[str, tuple[str, Callable[[NodeProxy], str]]] = {
    "iptables": ("iptables-save", iptables_save.save),
    "nftables": ("nft list table ip kube-proxy", nft_list.listing),
    "ipvs": ("ipvsadm -Ln", ipvs_list.listing),
}


def of_node(held: state.ClusterState, name: str) -> Ruleset:
    """Return the rules that a node has programmed; raises NotFound."""
    if held.find(state.NODES, "", name) is None:
        raise errors.not_found(Key(*state.NODES, "", name))
    env = clock.env_for(0, held.revision, held.now, held.mode)
    own = World(held, Chance(env)).proxy(name)
    if not own.mode:
        return Ruleset("", "", "", False)
    tool, write = _WRITERS[own.mode]
    return Ruleset(own.mode, tool, write(own), bool(own.kept))
