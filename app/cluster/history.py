"""What each actor could undo and redo: the direct writes of its commands, folded from the journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.cluster import journal
from app.machinery import objects

DEPTH = 100
"""Commands an actor can take back; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One command's own writes, in order; not what controllers did in answer."""

    command: int
    changes: tuple[journal.ObjectChanged, ...]


@dataclass(slots=True)
class Stacks:
    """One actor's commands: done and not yet undone, and undone and not yet redone."""

    done: list[Deed] = field(default_factory=list)
    undone: list[Deed] = field(default_factory=list)


@dataclass(slots=True)
class UndoStacks:
    """Undo and redo of every actor of one cluster."""

    actors: dict[str, Stacks] = field(default_factory=dict)

    def observe(self, entry: journal.Entry) -> None:
        """Fold one object change: a command's own write is pushed, an undo or redo moves its command."""
        cause, body = entry.cause, entry.body
        if cause.provoked_by or not isinstance(body, journal.ObjectChanged) or _is_replaced(body):
            return
        stacks = self.actors.setdefault(cause.actor, Stacks())
        if cause.undoes:
            self._move(stacks.done, stacks.undone, cause.undoes)
        elif cause.redoes:
            self._move(stacks.undone, stacks.done, cause.redoes)
        elif stacks.done and stacks.done[-1].command == cause.command:
            last = stacks.done[-1]
            stacks.done[-1] = Deed(last.command, (*last.changes, body))
        else:
            stacks.undone.clear()
            stacks.done.append(Deed(cause.command, (body,)))
            del stacks.done[:-DEPTH]

    @staticmethod
    def _move(source: list[Deed], target: list[Deed], command: int) -> None:
        if source and source[-1].command == command:
            target.append(source.pop())

    def to_undo(self, actor: str) -> Deed | None:
        """Return the actor's last command not yet undone."""
        stacks = self.actors.get(actor)
        return stacks.done[-1] if stacks and stacks.done else None

    def to_redo(self, actor: str) -> Deed | None:
        """Return the actor's last undone command, unless something new was done since."""
        stacks = self.actors.get(actor)
        return stacks.undone[-1] if stacks and stacks.undone else None


def _is_replaced(change: journal.ObjectChanged) -> bool:
    """A deleted pod that its controller replaces: there is nothing to take back."""
    before, after = change.before, change.after
    deleted = after is None or objects.is_terminating(after)
    return before is not None and deleted and objects.controller_of(before) is not None
