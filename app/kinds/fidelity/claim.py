"""What is claimed of a field or a behaviour: how far it is simulated, by whom, and what witnesses it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How far Podlane can be trusted about something; the strongest first."""

    RECORDED = "recorded"
    """Simulated, and checked against what a real Kubernetes answered."""
    RULED = "ruled"
    """Simulated, and checked by rows that were written from upstream's rules."""
    STORED = "stored"
    """Kept and given back as it was written; nothing acts on it."""
    UNKNOWN = "unknown"
    """Acted on, but neither a recording nor a row holds it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Fields of one kind that one module acts on, or that it fills in, with the witness under tests/.

    A path is written with dots and without indexes; `.*` at its end covers the field and everything below it.
    """

    status: Status
    reader: str
    witness: str
    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        """Hold that only what nobody compared comes without a witness."""
        if bool(self.witness) is (self.status is Status.UNKNOWN):
            raise ValueError(f"{self.paths[0]}: a witness goes with what was compared, and only with that")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something that Kubernetes does and no single field stands for."""

    slug: str
    area: str
    title: str
    status: Status
    sentence: str
    witnesses: tuple[str, ...] = ()


def recorded(reader: str, witness: str, *paths: str) -> Claim:
    """Claim fields that stand in recorded answers of a real control plane or proxy, which tests compare whole."""
    return Claim(Status.RECORDED, reader, witness, paths)


def ruled(reader: str, witness: str, *paths: str) -> Claim:
    """Claim fields whose effect is held by rows written from upstream's rules."""
    return Claim(Status.RULED, reader, witness, paths)


def unknown(reader: str, *paths: str) -> Claim:
    """Claim fields that something acts on, with nothing to hold it against."""
    return Claim(Status.UNKNOWN, reader, "", paths)
