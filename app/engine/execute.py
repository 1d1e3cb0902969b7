"""Command in, entries out: admit, apply, settle. The only door through which a cluster changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_never

from app.cluster import clock, journal, state
from app.engine import (
    admission,
    applying,
    binding,
    commands,
    deletion,
    evicting,
    exiting,
    patching,
    run,
    sending,
    settle,
    undo,
)
from app.machinery import errors, ownership

PAGE = "podlane"
"""The field manager of what is changed without one: on the page, or through the JSON API."""

APPLIED = "kubectl-client-side-apply"
"""The field manager of manifests, which are applied as `kubectl apply` does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to: the batch to commit (None when nothing changed), the caller's result, and whether
    controllers are at rest; while they are not, commit and call `go_on`."""

    batch: journal.Batch | None
    result: Any
    settled: bool
    warnings: tuple[str, ...] = ()


def execute(held: state.ClusterState, command: commands.Command, env: clock.Env) -> Outcome:
    """Carry out a command on the state. Refused, it raises an ApiError and the state is as it was."""
    if isinstance(command, commands.Advance):
        return go_on(held, env, actor=command.actor)
    under_way = run.Run(held, env, command.actor, held.revision + 1)
    under_way.writer = _writer(command, env)
    point = held.checkpoint(command.actor)
    try:
        result = _dispatch(under_way, command)
    except errors.ApiError:
        held.rewind(point, under_way.entries)
        raise
    if getattr(command, "dry_run", False):
        held.rewind(point, under_way.entries)
        return Outcome(None, result, True, tuple(under_way.warnings))
    return _outcome(under_way, result, None)


def _writer(command: commands.Command, env: clock.Env) -> ownership.Writer | None:
    """Return who owns what the command sets: the field manager it names, or the page."""
    match command:
        case commands.Create():
            return ownership.Writer(command.field_manager or PAGE, env.timestamp())
        case commands.Replace() | commands.Patch() | commands.ServerSideApply():
            return ownership.Writer(command.field_manager or PAGE, env.timestamp(), command.subresource)
        case commands.Apply():
            return ownership.Writer(APPLIED, env.timestamp())
        case commands.Undo() | commands.Redo():
            return ownership.Writer(PAGE, env.timestamp())
        case _:
            return None


def go_on(held: state.ClusterState, env: clock.Env, *, actor: str = "clock") -> Outcome:
    """Let simulated time pass up to the Env's now and controllers come to rest, one slice at a time."""
    target, env.now = env.now, held.now or env.now
    under_way = run.Run(held, env, actor, held.revision + 1)
    return _outcome(under_way, None, target)


def resume(held: state.ClusterState) -> None:
    """Make every controller look at everything, as after a load. A quiet state then writes nothing."""
    settle.enqueue_all(held)


def refused(held: state.ClusterState, actor: str, error: errors.ApiError, env: clock.Env) -> Outcome:
    """Leave a note in the journal that a command was refused. No object changes."""
    under_way = run.Run(held, env, actor, held.revision + 1)
    under_way.append(journal.CommandRefused(error.reason, error.message, error.plain))
    return Outcome(under_way.batch(), None, True)


def _outcome(under_way: run.Run, result: Any, target: float | None) -> Outcome:
    settled = settle.settle(under_way, target)
    return Outcome(under_way.batch(), result, settled, tuple(under_way.warnings))


def _dispatch(under_way: run.Run, command: commands.Command) -> Any:
    match command:
        case commands.Create():
            return admission.create(under_way, command.obj, strictness=command.validation)
        case commands.Replace():
            return admission.replace(
                under_way,
                command.key,
                command.obj,
                subresource=command.subresource,
                strictness=command.validation,
            )
        case commands.Patch():
            return patching.patch(under_way, command)
        case commands.ServerSideApply():
            return applying.apply(under_way, command)
        case commands.Delete():
            return deletion.checked(under_way, command)
        case commands.DeleteCollection():
            return deletion.delete_all(under_way, command)
        case commands.Evict():
            return evicting.evict(under_way, command)
        case commands.Bind():
            return binding.bind(under_way, command)
        case commands.Apply():
            return patching.apply(under_way, command.manifests)
        case commands.Send():
            return sending.send(under_way, command)
        case commands.Sample():
            return exiting.sample(under_way, command)
        case commands.Exit():
            return exiting.ended(under_way, command)
        case commands.Undo():
            return undo.undo(under_way)
        case commands.Redo():
            return undo.redo(under_way)
        case commands.Advance():
            raise AssertionError("Advance is carried out by go_on")
        case _:
            assert_never(command)
