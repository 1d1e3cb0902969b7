"""What the inspector's fragments are given of an object: one frozen dataclass each, gathered again in `contexts`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that is kept and not acted on, where it stands in the text (0: nowhere), and its row in the passport."""

    field: str
    line: int
    message: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a summary; `mono` for addresses and names; `help` explains the field."""

    label: str
    value: str
    mono: bool = False
    ref: str = ""
    help: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """An object belonging to the one shown: a pod behind a Service, a ReplicaSet of a Deployment."""

    ref: str
    label: str
    detail: str
    state: str
    mark: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """A form for labels or a selector: the text as typed, and what is wrong with it."""

    text: str
    help: str
    count: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PortRow:
    """One port of a Service in its form."""

    index: int
    name: str
    port: str
    target: str
    node: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports form of a Service, with the words beside its fields."""

    rows: tuple[PortRow, ...]
    type: str
    types: tuple[str, ...]
    port_help: str
    target_help: str
    node_help: str
    problem: str = ""
    plain: str = ""


@dataclass(frozen=True, slots=True)
class NodeWork:
    """What can be done with a node: close or open it, stop or start its kubelet, choose how its kube-proxy works."""

    is_open: bool
    is_kubelet_stopped: bool
    mode: str
    modes: tuple[str, ...]
    delay: str
    drain: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One object: what it is, how it is, what can be done with it."""

    ref: str
    kind: str
    namespace: str
    name: str
    state: str
    mark: str
    help: str
    stored: bool
    rows: tuple[Row, ...]
    labels: Pairs | None
    selector: Pairs | None
    ports: Ports | None
    replicas: int | None
    ready: bool | None
    node: NodeWork | None
    members_title: str
    members: tuple[Member, ...]
    environment: tuple[Row, ...]
    environment_note: str
    resolv: str
    can_delete: bool
    can_send: bool
    command: str
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a manifest, where, in the server's words and in plain ones."""

    document: int
    line: int
    column: int
    message: str
    plain: str
    excerpt: tuple[tuple[int, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference: sign is "+", "-" or " "."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Editing:
    """A YAML form: its text, what is wrong, what is mended, and what somebody else wrote meanwhile."""

    key: str
    text: str
    ref: str = ""
    resource_version: str = ""
    faults: tuple[Fault, ...] = ()
    mended: str = ""
    difference: tuple[DiffLine, ...] = ()
    theirs: str = ""
    theirs_difference: tuple[DiffLine, ...] = ()
    theirs_version: str = ""
    note: str = ""
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """One Kubernetes Event."""

    type: str
    reason: str
    message: str
    source: str
    age: str
    count: int
    ref: str
    about: str


@dataclass(frozen=True, slots=True)
class KeyView:
    """One pair of a selector held against one pod."""

    key: str
    wanted: str
    found: str
    ok: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One pod held against one selector."""

    ref: str
    label: str
    matches: bool
    near: bool
    keys: tuple[KeyView, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Selecting:
    """One Service and the pods of its namespace."""

    ref: str
    label: str
    selector: str
    matched: int
    of: int
    verdicts: tuple[Verdict, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Selects:
    """The tab Who selects whom."""

    services: tuple[Selecting, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a node: its kube-proxy's mode (empty: none), the tool that prints them so, text and number."""

    mode: str
    tool: str
    text: str
    count: int
    is_behind: bool


@dataclass(frozen=True, slots=True)
class Ref:
    """An object that can be selected: `Kind/namespace/name`, how it is called, and the field that decided."""

    ref: str
    label: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class FixView:
    """The nearest fix: what it changes and the kubectl line that does the same."""

    description: str
    command: str
    code: str
    tried: str = ""
    worked: bool = False


@dataclass(frozen=True, slots=True)
class FindingView:
    """One thing that is wrong: who meets it, the fields that decided, and the fix with its proof or the remedy."""

    code: str
    mark: str
    title: str
    message: str
    who: str
    causes: tuple[Ref, ...]
    remedy: str
    fix: FixView | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with the Service behind the ref, found without sending."""

    ref: str
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class Because:
    """One step of a cause chain: what was done before, to which object, by whom."""

    revision: int
    ref: str
    said: str
    actor: str
    who: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an object: what it was, by whom, what differs, and why, the command that started it last."""

    revision: int
    at: float
    type: str
    ref: str
    what: str
    actor: str
    who: str
    differences: tuple[str, ...]
    why: tuple[Because, ...]
