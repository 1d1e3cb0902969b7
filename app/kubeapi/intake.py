"""The body of a call on its way in: bounded, and unpacked when it came compressed."""

from __future__ import annotations

import zlib

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from app.kubeapi import status
from app.machinery import errors

LIMIT = 2 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def bounded(scope: Scope, receive: Receive) -> Receive:
    """Return a receive that refuses a body over the limit, before all of it is read, and unpacks gzip."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 12 or int(length) > LIMIT):
        raise _too_large()
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise status.Refusal(415, "UnsupportedMediaType", f"the encoding {encoding[:64]} of the body is not supported")
    return _counted(receive, zlib.decompressobj(_GZIP) if encoding == "gzip" else None)


def _counted(receive: Receive, unpacking: zlib._Decompress | None) -> Receive:
    size = 0

    async def received() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] != "http.request":
            return message
        body = message.get("body", b"")
        if unpacking is not None and body:
            body = _unpacked(unpacking, body, LIMIT + 1 - size)
            message = {**message, "body": body}
        if unpacking is not None and not message.get("more_body") and not unpacking.eof and size + len(body) <= LIMIT:
            raise errors.BadRequest("the body of the request cannot be unpacked: unexpected EOF")
        size += len(body)
        if size > LIMIT:
            raise _too_large()
        return message

    return received


def _unpacked(unpacking: zlib._Decompress, body: bytes, room: int) -> bytes:
    try:
        return unpacking.decompress(body, room)
    except zlib.error as error:
        raise errors.BadRequest(f"the body of the request cannot be unpacked: {error}") from None


def _too_large() -> errors.TooLarge:
    return errors.TooLarge(f"Request entity too large: limit is {LIMIT}")
