"""What could stand at the end of a line: commands, kinds, names, namespaces, flags and their values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.cluster import state
from app.kinds import KINDS, registry
from app.kinds.kind import Kind
from app.terminal.kubectl import commands
from app.terminal.kubectl.commands import Command
from app.terminal.kubectl.flags import GLOBAL

MOST = 200
_TAKING = frozenset(
    {"-n", "--namespace", "-o", "--output", "-l", "--selector", "-c", "--container", "-f", "--filename", "--for"}
)
FORMATS = ("custom-columns=", "json", "jsonpath=", "name", "wide", "yaml")
_POD_FIRST = frozenset({"logs", "exec"})
_NODE_FIRST = frozenset({"cordon", "uncordon", "drain"})
_OF_DEPLOYMENTS = frozenset({"rollout"})
_NO_OBJECTS = frozenset(
    {
        "create",
        "run",
        "apply",
        "replace",
        "config",
        "auth",
        "version",
        "api-resources",
        "api-versions",
        "cluster-info",
        "events",
    }
)


@dataclass(frozen=True, slots=True)
class Choices:
    """The words that fit, and how many characters at the end of the line they stand for."""

    words: tuple[str, ...]
    typed: int


def complete(held: state.ClusterState, line: str, namespace: str) -> Choices:
    """Return what could stand at the end of the line."""
    *done, last = line.rpartition("|")[2].lstrip().split(" ") if line.strip() else [""]
    done = [word for word in done if word]
    return _choices(_found(held, done, last, _namespace(done, namespace)), last)


def _choices(found: Iterable[str], last: str) -> Choices:
    words = sorted(dict.fromkeys(word for word in found if word.startswith(last)))
    return Choices(tuple(words[:MOST]), len(last))


def _namespace(done: Sequence[str], namespace: str) -> str:
    for place, word in enumerate(done):
        if word in ("-n", "--namespace") and place + 1 < len(done):
            return done[place + 1]
        if word.startswith(("--namespace=", "-n=")):
            return word.partition("=")[2]
    return namespace


def _found(held: state.ClusterState, done: Sequence[str], last: str, namespace: str) -> Iterable[str]:
    if not done:
        return ("kubectl ", "help ", "clear", "history", "watch ")
    if done[0] == "watch":
        return _found(held, done[1:], last, namespace)
    if done[0] == "help":
        return ("kubectl", "kubeconfig")
    if done[0] not in ("kubectl", "k"):
        return ()
    if done[-1] in ("-n", "--namespace"):
        return (f"{name} " for name in _names(held, registry.by_name("ns"), ""))
    if done[-1] in ("-o", "--output"):
        return (form if form.endswith("=") else f"{form} " for form in FORMATS)
    named = _plain(done[1:])
    found = commands.find(named or [""])
    if last.startswith("-"):
        return _flags(found[0] if found else None)
    deeper = _deeper(named)
    if deeper and (found is None or not found[1]):
        more = [f"{word} " for word in deeper]
        return more if found is None else [*more, *_objects(held, found[0], (found[1], last), namespace)]
    if found is None:
        return ()
    rest = found[1] if "--" not in done else [*found[1], "--"]
    return _objects(held, found[0], (rest, last), namespace)


def _plain(done: Sequence[str]) -> list[str]:
    """Leave out flags and their values."""
    found: list[str] = []
    for place, word in enumerate(done):
        if not word.startswith("-") and (not place or done[place - 1] not in _TAKING):
            found.append(word)
    return found


def _deeper(named: Sequence[str]) -> list[str]:
    depth = len(named)
    return sorted(
        {c.words[depth] for c in commands.COMMANDS if c.words[:depth] == tuple(named) and len(c.words) > depth}
    )


def _flags(command: Command | None) -> list[str]:
    flags = [*(command.flags if command else ()), *GLOBAL[:2]]
    return [f"--{flag.name}" + (" " if flag.alone else "=") for flag in flags]


def _objects(
    held: state.ClusterState, command: Command, told: tuple[Sequence[str], str], namespace: str
) -> Iterable[str]:
    rest, last = told
    word = command.words[0]
    if "--" in rest or word in _NO_OBJECTS:
        return ()
    if word == "explain":
        return _kinds()
    if "/" in last:
        kind = last.partition("/")[0]
        return (f"{kind}/{name} " for name in _names(held, registry.by_name(kind), namespace))
    if word in _POD_FIRST:
        return (
            ()
            if rest
            else [*(f"{name} " for name in _names(held, registry.by_name("pod"), namespace)), "deployment/", "service/"]
        )
    if word in _NODE_FIRST:
        return (f"{name} " for name in _names(held, registry.by_name("node"), ""))
    if word in _OF_DEPLOYMENTS and not rest:
        return (f"deployment/{name} " for name in _names(held, registry.by_name("deploy"), namespace))
    if not rest:
        return _kinds()
    return (
        f"{name} " for name in _names(held, registry.by_name(rest[0].partition(",")[0]), namespace) if name not in rest
    )


def _kinds() -> list[str]:
    return [f"{name} " for kind in KINDS for name in (kind.resource, kind.singular, *kind.short_names)]


def _names(held: state.ClusterState, kind: Kind | None, namespace: str) -> Iterable[str]:
    if kind is None:
        return ()
    keys = held.keys(kind.resource_key)
    return [key.name for key in keys if not kind.namespaced or key.namespace == namespace]
