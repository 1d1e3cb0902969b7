"""What is wrong with a manifest, in one plain sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.machinery.schema import Shape
from app.machinery.validation import FieldError, FieldErrorType

NOT_AN_OBJECT = (
    "This document is no Kubernetes object: it must consist of fields such as apiVersion, kind, metadata and spec."
)
TAB = "Line {line} is indented with a tab character. YAML allows only spaces there: put two spaces for each level instead."
HELM = (
    "Line {line} looks like a Helm template: what stands in double braces must be filled in first "
    "(helm template), or quoted if it is meant as text."
)

_SYNTAX = (
    (
        "found character that cannot start any token",
        "A value on line {line} begins with a character that has a meaning "
        "of its own in YAML (such as a tab, @, % or a backtick): put the value in quotes.",
    ),
    ("a tab character", TAB),
    (
        "did not find expected key",
        "The indentation of line {line} or just above does not fit: fields of one block must begin in the same column.",
    ),
    (
        "did not find expected '-' indicator",
        "Line {line} does not fit the list above it: list members begin with a dash "
        "in the same column, other fields belong further left.",
    ),
    (
        "mapping values are not allowed",
        "On line {line} a second colon begins a value where none can be: check the "
        "indentation, or put the text in quotes if the colon belongs to it.",
    ),
    (
        "could not find expected ':'",
        "On or above line {line} a field name has no colon with a space after it: write `name: value`.",
    ),
    ("unexpected end of stream", "A quotation mark or bracket is opened and never closed."),
    (
        "did not find expected ',' or",
        "A bracket or brace is opened and not closed, or a comma is missing near line {line}.",
    ),
    ("unknown escape character", "In double quotes a backslash begins an escape: write two, or use single quotes."),
    (
        "block sequence entries are not allowed",
        "A dash begins a list member on line {line} where no list can be: put the "
        "list on a line of its own, or the value in quotes.",
    ),
    ("control characters are not allowed", "Line {line} contains an invisible control character: delete it."),
    ("invalid Unicode", "Line {line} contains a character that is no valid Unicode: delete it."),
    (
        "unknown anchor",
        "Line {line} refers to an anchor (*name) that is defined nowhere above (&name); if the star "
        "belongs to the text, put the text in quotes.",
    ),
    ("contains itself", "The anchor on line {line} refers to itself."),
    ("excessive aliasing", "The aliases (*name) multiply to far more than Podlane takes: write the values out."),
    ("exceeded max depth", "The manifest is nested more than 64 levels deep: no Kubernetes object needs that."),
    ("invalid map key", HELM),
    ("unsupported map key", "The field name on line {line} is empty or null: give it a name, or quote it."),
    ("unsupported value", "Line {line} has a number that JSON cannot write (infinity or not-a-number)."),
    (
        "invalid Yaml document separator",
        "A line of three dashes separates documents and has nothing after it but a "
        "comment: put the rest on a line of its own.",
    ),
    ("more than", "The manifest is larger than Podlane takes: split it up."),
    ("longer than", "One value of the manifest is longer than Podlane takes."),
)


def unreadable(words: str, line: int, *, tabbed: bool = False) -> str:
    """Explain what the YAML reader says; `tabbed` when the line begins with a tab."""
    if tabbed:
        return TAB.format(line=line)
    for part, sentence in _SYNTAX:
        if part in words:
            return sentence.format(line=line)
    return f"Line {line} is not valid YAML."


def too_much(words: str) -> str:
    """Explain a limit of size."""
    return f"This is more than Podlane takes at once: {words}. Split it into several parts."


def and_more(sentence: str, count: int) -> str:
    """Say that further mistakes are not listed."""
    return f"{sentence} There are {count} more mistakes that are not listed here."


def doubled(key: str, first_line: int) -> str:
    """Explain a key that stands twice."""
    return f"`{key}` stands twice here, first on line {first_line}. kubectl keeps the last one and drops the first: delete one."


def nameless(kind: str) -> str:
    """Explain a missing name."""
    return f"This {kind} has no name: give it one under `metadata:` as `name: …`."


def unset(missing: Sequence[str], guessed: Mapping[str, str]) -> str:
    """Explain a missing apiVersion or kind."""
    shown = " and ".join(f"`{name}`" for name in missing)
    known = " and ".join(f"`{name}: {guessed[name]}`" for name in missing if name in guessed)
    advice = f" By its fields it looks as if {known} were meant." if known else ""
    return f"The document does not say its {shown}, so nobody can tell what it is.{advice}"


def kind_case(kind: str, meant: str) -> str:
    """Explain a kind that is written wrongly."""
    return f"There is no kind `{kind}`; `{meant}` is meant, written exactly so."


def wrong_version(kind: str, api_version: str, versions: Sequence[str]) -> str:
    """Explain a kind looked for in the wrong API group."""
    return f"`{kind}` does not belong to `{api_version}`: write `apiVersion:` {choices(versions)}."


def no_kind(kind: str, api_version: str) -> str:
    """Explain a kind that does not exist."""
    return f"Kubernetes has no kind `{kind}` in `{api_version}`: check the spelling of both."


def misplaced(name: str, kind: str, found_in: str, home: str, line: int) -> str:
    """Explain a field that stands in the wrong place."""
    here = f"in `{found_in}`" if found_in else "at the left edge, outside every block"
    there = f"inside `{home}`" if home else "at the left edge"
    effect = _EFFECTS.get((kind, name), "")
    return f"`{name}` on line {line} stands {here}; a {kind} has it {there}: move it there.{effect}"


_EFFECTS = {
    ("Service", "selector"): " Without it the Service would select no pods.",
    ("Service", "ports"): " Without it the Service would have no ports.",
}


def misspelt(name: str, meant: str, kind: str) -> str:
    """Explain a field whose name is nearly right."""
    return f"A {kind} has no field `{name}` here; `{meant}` is meant. Upper and lower case count."


def unknown(name: str, kind: str, place: str, siblings: Sequence[str]) -> str:
    """Explain a field that does not exist."""
    where = f"in `{place}`" if place else "at the left edge"
    known = f" The fields here are {choices(siblings)}." if siblings and len(siblings) <= 12 else ""
    return f"A {kind} has no field `{name}` {where}: delete it, or check its name and indentation.{known}"


_WANTED = {
    Shape.TEXT: "text",
    Shape.TIME: "a time",
    Shape.MICRO_TIME: "a time",
    Shape.BYTES: "text in base64",
    Shape.INT32: "a whole number",
    Shape.INT64: "a whole number",
    Shape.INT_OR_TEXT: "a number or a name",
    Shape.NUMBER: "a number",
    Shape.QUANTITY: "an amount such as 250m or 64Mi",
    Shape.FLAG: "true or false",
    Shape.LIST: "a list",
    Shape.MAP: "a block of fields",
    Shape.STRUCT: "a block of fields",
    Shape.ANYTHING: "something else",
}
_FOUND = {
    "string": "text",
    "number": "a number",
    "bool": "true or false",
    "object": "a block of fields",
    "array": "a list",
}
_ADVICE = {
    ("number", Shape.TEXT): " Put it in quotes.",
    ("bool", Shape.TEXT): " YAML reads words such as yes, no, on, off and y as true or false: put it in quotes.",
    ("string", Shape.INT32): " Write it without quotes.",
    ("object", Shape.LIST): " Begin each member with a dash.",
    ("array", Shape.MAP): " Take the dashes away.",
    ("array", Shape.STRUCT): " Take the dashes away.",
    ("number", Shape.INT32): " It may have no fraction and at most nine digits.",
}


def wrong_type(path: str, found: str, wanted: Shape) -> str:
    """Explain a value of the wrong type."""
    if found == "object" and path.endswith("selector.matchLabels"):
        return "This selector consists of labels alone: write them directly under `selector:`, without `matchLabels`."
    advice = _ADVICE.get((found, wanted), "")
    return f"`{path}` must be {_WANTED[wanted]}, and {_FOUND[found]} stands there.{advice}"


def choices(names: Sequence[str]) -> str:
    """Join names as a person would: `a, b or c`."""
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}" if shown else ""


_PORT_FIELDS = {
    "port": "`port` is the Service's own port, the one that clients use",
    "targetPort": "`targetPort` is the port of the pod that the Service sends to",
    "nodePort": "`nodePort` is the port that every node opens",
    "containerPort": "`containerPort` is the port that the container listens on",
}

_RULES: tuple[tuple[str, str, str], ...] = (
    # (pattern of the field, part of the message, sentence)
    (
        r"spec\.ports",
        "Required value",
        "A Service needs at least one port: add `ports:` with `- port: 80` under `spec`.",
    ),
    (r"spec\.ports\[\d+\]\.name", "Required value", "With more than one port, each port needs a name of its own."),
    (r"spec\.ports\[\d+\]\.name", "Duplicate value", "Two ports have the same name: names of ports must differ."),
    (r"spec\.ports\[\d+\]", "Duplicate value", "The same port with the same protocol stands twice: delete one."),
    (
        r".*\.nodePort",
        "not in the valid range",
        "Node ports lie between 30000 and 32767: choose one of these, or leave `nodePort` out and one is given.",
    ),
    (
        r".*\.nodePort",
        "already allocated",
        "Another Service has this node port: choose another, or leave `nodePort` out and a free one is given.",
    ),
    (
        r".*\.nodePort",
        "`type` is 'ClusterIP'",
        "Only Services of type NodePort or LoadBalancer open a port on the nodes: "
        "set `type: NodePort`, or leave `nodePort` out.",
    ),
    (
        r".*\.targetPort",
        "must contain at least one letter",
        "In quotes, `targetPort` is the name of a container port, "
        "and names have a letter: write a number without quotes.",
    ),
    (
        r".*\.targetPort",
        "no more than 15 characters",
        "As text, `targetPort` is the name of a container port, and those have at most 15 characters.",
    ),
    (
        r".*\.targetPort",
        "must contain only",
        "As text, `targetPort` is the name of a container port: small letters, digits and hyphens.",
    ),
    (r".*\.protocol", "Unsupported value", "The protocol is TCP, UDP or SCTP, in capitals; HTTP runs over TCP."),
    (
        r"spec\.type",
        "Unsupported value",
        "The type of a Service is ClusterIP, NodePort, LoadBalancer or ExternalName, written exactly so.",
    ),
    (
        r"spec\.clusterIPs?.*",
        "does not match the current range",
        "Cluster IPs lie in the Service range, here 10.96.0.0/12: leave `clusterIP` out and one is given.",
    ),
    (
        r"spec\.clusterIPs?.*",
        "already allocated",
        "Another Service has this cluster IP: leave `clusterIP` out and a free one is given.",
    ),
    (
        r"spec\.clusterIPs?.*",
        "may not change once set",
        "A Service keeps its cluster IP for life: to change it, delete the Service and create it again.",
    ),
    (
        r"spec\.clusterIPs?.*",
        "may not be set to 'None'",
        "A headless Service (`clusterIP: None`) has no address, so it "
        "cannot be NodePort or LoadBalancer: leave `clusterIP` out.",
    ),
    (
        r"spec\.clusterIPs?.*",
        "ExternalName",
        "An ExternalName Service is only a DNS alias and has no cluster IP: leave `clusterIP` out.",
    ),
    (
        r"spec\.externalName",
        "Required value",
        "An ExternalName Service needs `externalName`, the DNS name it stands for.",
    ),
    (r"spec\.externalName", "subdomain", "`externalName` is a plain DNS name: no http://, no path, no port."),
    (
        r"spec\.externalTrafficPolicy",
        "externally-accessible",
        "`externalTrafficPolicy` is about traffic from outside, "
        "which only NodePort and LoadBalancer Services (or external IPs) receive: leave it out.",
    ),
    (
        r"spec\.(ex|in)ternalTrafficPolicy",
        "Unsupported value",
        "The policy is Cluster or Local, with a capital letter.",
    ),
    (
        r"spec\.sessionAffinity",
        "Unsupported value",
        "Session affinity is None or ClientIP; a Service knows no cookies.",
    ),
    (r".*timeoutSeconds", "must be greater than 0", "The affinity timeout is between 1 and 86400 seconds, one day."),
    (
        r"spec\.trafficDistribution",
        "Unsupported value",
        "Choose PreferSameZone or PreferSameNode (PreferClose is the old name of the first).",
    ),
    (r"spec\.[lL]oadBalancer.*", "'LoadBalancer'", "This field belongs to Services of type LoadBalancer only."),
    (
        r"spec\.allocateLoadBalancerNodePorts",
        "'LoadBalancer'",
        "This field belongs to Services of type LoadBalancer only.",
    ),
    (
        r"spec\.healthCheckNodePort",
        "",
        "A health check port exists only for type LoadBalancer with `externalTrafficPolicy: Local`: leave it out.",
    ),
    (
        r"spec\.externalIPs.*",
        "range",
        "An external IP is an address by which clients outside reach a node; this range "
        "cannot be reached from elsewhere.",
    ),
    (
        r"spec\.selector",
        "valid label",
        "A selector consists of label keys and values: letters, digits, `-`, `_` and `.`.",
    ),
    (r"spec\.selector", "immutable", "The selector of this kind cannot change: delete the object and create it again."),
    (
        r"spec\.selector",
        "Required value",
        "It needs `spec.selector`, and the labels in it must be those of the pod template.",
    ),
    (
        r"spec\.template\.metadata\.labels",
        "selector",
        "The pod template must carry every label that `spec.selector` "
        "asks for, or the pods made from it would not be its own.",
    ),
    (r"metadata\.name", "Required value", "The object needs a name, under `metadata:`."),
    (
        r"metadata\.name",
        "must not contain dots",
        "This name becomes part of a DNS name, where a dot separates: leave dots out.",
    ),
    (
        r"(metadata\.name|metadata\.namespace|.*\.name)",
        "RFC 1123",
        "Names here are small letters, digits and hyphens, and begin and end with a letter or digit.",
    ),
    (r"metadata\.name", "no more than", "A name has at most 63 characters here."),
    (
        r".*labels",
        "valid label",
        "Labels consist of letters, digits, `-`, `_` and `.`, at most 63 characters, and begin "
        "and end with a letter or digit.",
    ),
    (r".*", "must not have leading 0s", "An address is written without leading zeros."),
    (r".*", "must be a valid IP address", "This is no IP address."),
    (r".*", "must be a valid CIDR value", "This is no address range: write an address, a slash and the prefix length."),
    (r".*", "may not be in the", "No pod or client can be reached at an address of this range."),
)

_GENERAL = {
    FieldErrorType.REQUIRED: "`{field}` is missing: a {kind} needs it.",
    FieldErrorType.INVALID: "`{field}` has a value that the API does not take: {detail}.",
    FieldErrorType.NOT_SUPPORTED: "`{field}` takes only certain values, written exactly so; {detail}.",
    FieldErrorType.DUPLICATE: "`{field}` says the same as one before it: each must differ.",
    FieldErrorType.FORBIDDEN: "`{field}` may not be set here: {detail}.",
    FieldErrorType.NOT_FOUND: "`{field}` points at something that does not exist.",
    FieldErrorType.TOO_LONG: "`{field}` is too long: {detail}.",
    FieldErrorType.TOO_MANY: "`{field}` has too many members: {detail}.",
    FieldErrorType.TYPE_INVALID: "`{field}` has a value of the wrong type: {detail}.",
    FieldErrorType.INTERNAL: "Something of Podlane's own failed at `{field}`; the manifest is not to blame.",
}


def field_error(kind: str, error: FieldError) -> str:
    """Explain what a kind's rules refuse."""
    body = error.body
    for pattern, part, sentence in _RULES:
        if part in body and re.fullmatch(pattern, error.field):
            return sentence
    last = error.field.rpartition(".")[2]
    if last in _PORT_FIELDS and error.type is not FieldErrorType.FORBIDDEN:
        return f"{_PORT_FIELDS[last]}: a number between 1 and 65535."
    return _GENERAL[error.type].format(field=error.field, kind=kind, detail=error.detail or "see the message")
