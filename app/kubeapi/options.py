"""What a list or a watch is asked for in its query, read and checked.

Mirrors staging/src/k8s.io/apimachinery/pkg/apis/internalversion/validation/validation.go (release 1.36).
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.kubeapi import status
from app.kubeapi.call import flag
from app.machinery import errors

SHORTEST, LONGEST = 1_800, 3_600
"""Between these many seconds a watch ends that did not say how long it may last."""
_MATCH = "resourceVersionMatch"
_MATCHES = ("Exact", "NotOlderThan")
_INCLUDES = ("", "Metadata", "None", "Object")
Fault = tuple[str, str, str]
"""(field, reason, detail)"""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options of one call. `version` is the resourceVersion as a number, 0 for unset and for "0"."""

    labels: str = ""
    fields: str = ""
    limit: int = 0
    token: str = ""
    version: int = 0
    is_any: bool = False
    """resourceVersion=0: whatever is at hand will do."""
    match: str = ""
    include: str = "Metadata"
    bookmarks: bool = False
    initial: bool | None = None
    """sendInitialEvents, None when the caller did not say."""
    seconds: float = 0.0


def read(query: Mapping[str, str], *, is_watch: bool) -> ListOptions:
    """Read the options of a list or a watch; refuses what makes no sense, in the API server's words."""
    initial = query.get("sendInitialEvents")
    told = ListOptions(
        labels=query.get("labelSelector", ""),
        fields=query.get("fieldSelector", ""),
        limit=max(0, _number(query.get("limit", ""))),
        token=query.get("continue", ""),
        version=_version(query.get("resourceVersion", ""), is_watch=is_watch),
        is_any=query.get("resourceVersion") == "0",
        match=query.get("resourceVersionMatch", ""),
        include=_include(query.get("includeObject", "")),
        bookmarks=flag(query.get("allowWatchBookmarks")),
        initial=None if initial is None else flag(initial),
        seconds=float(max(0, _number(query.get("timeoutSeconds", "")))),
    )
    faults = _of_watch(told) if is_watch else _of_list(told, query.get("resourceVersion", ""))
    if faults:
        raise invalid(faults)
    if not is_watch and told.token and told.version:
        raise errors.BadRequest("specifying resource version is not allowed when using continue")
    return told


def lasting(told: ListOptions) -> float:
    """Return how many seconds a watch lasts; chance decides where the caller did not, so that not all come back at once."""
    return told.seconds or float(random.randint(SHORTEST, LONGEST))


def invalid(faults: Sequence[Fault], name: str = "ListOptions") -> status.Refusal:
    """Refuse options, each fault with its reason."""
    told = [f"{field}: {detail}" for field, _, detail in faults]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    causes = [{"reason": reason, "message": detail, "field": field} for field, reason, detail in faults]
    details = {"group": "meta.k8s.io", "kind": name, "causes": causes}
    return status.Refusal(422, "Invalid", f'{name}.meta.k8s.io "" is invalid: {text}', details)


def too_large(asked: int, current: int) -> status.Refusal:
    """Say that this revision is still to come (storage.NewTooLargeResourceVersionError)."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Too large resource version: {asked}, current: {current}"
    return status.Refusal(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def _of_list(told: ListOptions, version: str) -> list[Fault]:
    faults = []
    if told.match:
        if not version:
            faults.append(_forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if told.token:
            faults.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
        if told.match not in _MATCHES:
            faults.append(unsupported(_MATCH, json.dumps(told.match), (*_MATCHES, "")))
        if told.match == "Exact" and version == "0":
            faults.append(_forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if told.initial is not None:
        faults.append(_forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents"))
    return faults


def _of_watch(told: ListOptions) -> list[Fault]:
    faults = []
    if told.initial is not None and told.match != "NotOlderThan":
        faults.append(_forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    if told.match:
        if told.initial is None:
            faults.append(
                _forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
            )
        if told.match != "NotOlderThan":
            faults.append(unsupported(_MATCH, json.dumps(told.match), ("NotOlderThan",)))
        if told.token:
            faults.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
    return faults


def _forbidden(detail: str, field: str = _MATCH) -> Fault:
    return field, "FieldValueForbidden", f"Forbidden: {detail}"


def unsupported(field: str, shown: str, supported: Sequence[str]) -> Fault:
    """Find fault with a value, shown as Go prints it, that is none of those supported."""
    known = ", ".join(json.dumps(one) for one in supported)
    return field, "FieldValueNotSupported", f"Unsupported value: {shown}: supported values: {known}"


def _number(text: str) -> int:
    sign = text[:1] in ("-", "+")
    digits = text[1:] if sign else text
    if text and not (digits.isascii() and digits.isdecimal()):
        raise errors.BadRequest(f"strconv.ParseInt: parsing {json.dumps(text[:64])}: invalid syntax")
    if len(digits) > 18:
        raise errors.BadRequest(f"strconv.ParseInt: parsing {json.dumps(text[:64])}: value out of range")
    return int(text or 0)


def _version(text: str, *, is_watch: bool) -> int:
    if not text:
        return 0
    if text.isascii() and text.isdecimal() and len(text) <= 18:
        return int(text)
    fault = "value out of range" if text.isascii() and text.isdecimal() else "invalid syntax"
    message = f"strconv.ParseUint: parsing {json.dumps(text[:64])}: {fault}"
    if is_watch:
        raise status.Refusal(500, "InternalError", f"Internal error occurred: {message}")
    raise errors.BadRequest(f"invalid resource version: {message}")


def _include(text: str) -> str:
    if text not in _INCLUDES:
        raise errors.BadRequest(f"unrecognized includeObject value: {json.dumps(text[:64])}")
    return text or "Metadata"
