"""SPDY/3.1 frames, read and written without any I/O: what `kubectl port-forward` speaks inside its WebSocket.

Mirrors the SPDY/3.1 draft as moby/spdystream (v0.5) speaks it, the client's side of every `kubectl`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

VERSION = 3
FIN = 0x01
MOST_DATA = 1 << 20
"""Bytes of one DATA frame; the protocol allows 16 MiB, clients send 32 KiB."""
MOST_CONTROL = 1 << 16
MOST_HEADERS = 1 << 16
"""Bytes of a header block once it is inflated."""
INITIAL_WINDOW = 64 * 1024
_LAST_STREAM = 0x7FFFFFFF


class Kind(IntEnum):
    """Control frames by number. 5 was NOOP once; 10 (CREDENTIAL) left in SPDY/3.1."""

    SYN_STREAM = 1
    SYN_REPLY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7
    HEADERS = 8
    WINDOW_UPDATE = 9


class Status(IntEnum):
    """Why a stream was reset."""

    PROTOCOL_ERROR = 1
    INVALID_STREAM = 2
    REFUSED_STREAM = 3
    UNSUPPORTED_VERSION = 4
    CANCEL = 5
    INTERNAL_ERROR = 6
    FLOW_CONTROL_ERROR = 7
    STREAM_IN_USE = 8
    STREAM_ALREADY_CLOSED = 9
    FRAME_TOO_LARGE = 11


SETTINGS_INITIAL_WINDOW_SIZE = 7
GOAWAY_OK, GOAWAY_PROTOCOL_ERROR = 0, 1


class Broken(Exception):
    """The peer sent what no frame can be: the whole connection is over."""


@dataclass(frozen=True, slots=True)
class SynStream:
    """The peer opens a stream."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class SynReply:
    """A stream is accepted; with `fin` and nothing else, refused as Kubernetes does it."""

    stream: int
    headers: Mapping[str, str] = field(default_factory=dict)
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Headers:
    """More headers of an open stream."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes of a stream; `fin` half-closes it."""

    stream: int
    content: bytes
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """A stream is over at once, in both directions."""

    stream: int
    status: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Values by their number."""

    values: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Ping:
    """To be sent back as it is, when its number is odd: the client's."""

    number: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """No stream after this one will be looked at."""

    last: int
    status: int = GOAWAY_OK


@dataclass(frozen=True, slots=True)
class WindowUpdate:
    """The receiver took so many bytes; stream 0 stands for the connection."""

    stream: int
    delta: int


Frame = SynStream | SynReply | Headers | Data | Reset | Settings | Ping | GoAway | WindowUpdate


class Framer:
    """Bytes to frames and back. Header blocks share one compression state each way, for the connection's whole life."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._held = bytearray()

    def feed(self, content: bytes) -> Iterator[Frame]:
        """Take bytes as they come, and give the frames that are complete; raises Broken."""
        self._held += content
        while len(self._held) >= 8:
            first, second = struct.unpack_from("!II", self._held)
            length = second & 0xFFFFFF
            if length > (MOST_CONTROL if first & 0x80000000 else MOST_DATA):
                raise Broken(f"a frame of {length} bytes")
            if len(self._held) < 8 + length:
                return
            payload = bytes(self._held[8 : 8 + length])
            del self._held[: 8 + length]
            frame = self._read(first, second >> 24, payload)
            if frame is not None:
                yield frame

    def _read(self, first: int, flags: int, payload: bytes) -> Frame | None:
        if not first & 0x80000000:
            if first == 0:
                raise Broken("data for stream 0")
            return Data(first, payload, bool(flags & FIN))
        if first >> 16 & 0x7FFF != VERSION:
            raise Broken(f"SPDY version {first >> 16 & 0x7FFF}")
        try:
            return self._control(first & 0xFFFF, bool(flags & FIN), payload)
        except struct.error:
            raise Broken("a frame shorter than its kind") from None

    def _control(self, kind: int, fin: bool, payload: bytes) -> Frame | None:
        match kind:
            case Kind.SYN_STREAM:
                stream, _, priority = struct.unpack_from("!IIB", payload)
                return SynStream(_named(stream), self._headers(payload[10:]), fin, priority >> 5)
            case Kind.SYN_REPLY:
                return SynReply(_named(*struct.unpack_from("!I", payload)), self._headers(payload[4:]), fin)
            case Kind.HEADERS:
                return Headers(_named(*struct.unpack_from("!I", payload)), self._headers(payload[4:]), fin)
            case Kind.RST_STREAM:
                stream, status = struct.unpack_from("!II", payload)
                return Reset(_named(stream), status)
            case Kind.SETTINGS:
                return Settings(_settings(payload))
            case Kind.PING:
                return Ping(*struct.unpack_from("!I", payload))
            case Kind.GOAWAY:
                last, status = struct.unpack_from("!II", payload)
                return GoAway(last & _LAST_STREAM, status)
            case Kind.WINDOW_UPDATE:
                stream, delta = struct.unpack_from("!II", payload)
                return WindowUpdate(stream & _LAST_STREAM, delta & _LAST_STREAM)
        # The draft: a kind nobody knows is passed over.
        return None

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            plain = self._inflate.decompress(block, MOST_HEADERS)
        except zlib.error as error:
            raise Broken(f"a header block that does not inflate: {error}") from None
        if self._inflate.unconsumed_tail:
            raise Broken("a header block too large")
        return dict(_pairs(plain))

    def write(self, frame: Frame) -> bytes:
        """Write one frame. Frames with headers must go out in the order they were written in."""
        match frame:
            case Data():
                return struct.pack("!II", frame.stream, _length(frame.content, frame.fin)) + frame.content
            case SynStream():
                start = struct.pack("!IIBB", frame.stream, 0, frame.priority << 5, 0)
                return _control(Kind.SYN_STREAM, start + self._block(frame.headers), frame.fin)
            case SynReply():
                return _control(Kind.SYN_REPLY, _number(frame.stream) + self._block(frame.headers), frame.fin)
            case Headers():
                return _control(Kind.HEADERS, _number(frame.stream) + self._block(frame.headers), frame.fin)
            case Reset():
                return _control(Kind.RST_STREAM, struct.pack("!II", frame.stream, frame.status))
            case Settings():
                values = b"".join(struct.pack("!II", number, value) for number, value in frame.values.items())
                return _control(Kind.SETTINGS, _number(len(frame.values)) + values)
            case Ping():
                return _control(Kind.PING, _number(frame.number))
            case GoAway():
                return _control(Kind.GOAWAY, struct.pack("!II", frame.last, frame.status))
            case WindowUpdate():
                return _control(Kind.WINDOW_UPDATE, struct.pack("!II", frame.stream, frame.delta))

    def _block(self, headers: Mapping[str, str]) -> bytes:
        plain = _number(len(headers)) + b"".join(
            _counted(name.lower().encode("latin-1")) + _counted(value.encode("latin-1"))
            for name, value in headers.items()
        )
        return self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


def _control(kind: Kind, payload: bytes, fin: bool = False) -> bytes:
    return struct.pack("!HHI", 0x8000 | VERSION, kind, _length(payload, fin)) + payload


def _length(payload: bytes, fin: bool) -> int:
    return (FIN << 24 if fin else 0) | len(payload)


def _named(stream: int) -> int:
    if not stream & _LAST_STREAM:
        raise Broken("a frame about stream 0")
    return stream & _LAST_STREAM


def _number(value: int) -> bytes:
    return struct.pack("!I", value)


def _counted(text: bytes) -> bytes:
    return _number(len(text)) + text


def _pairs(plain: bytes) -> Iterator[tuple[str, str]]:
    """Read a header block; several values of a name are joined by NUL on the wire, the first is what counts here."""
    (count,) = struct.unpack_from("!I", plain)
    place = 4
    for _ in range(count):
        name, place = _text(plain, place)
        value, place = _text(plain, place)
        yield name.lower(), value.partition("\0")[0]


def _text(plain: bytes, place: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("!I", plain, place)
    end = place + 4 + length
    if end > len(plain):
        raise Broken("a header block shorter than it says")
    return plain[place + 4 : end].decode("latin-1"), end


def _settings(payload: bytes) -> dict[int, int]:
    (count,) = struct.unpack_from("!I", payload)
    if len(payload) != 4 + 8 * count:
        raise Broken("settings shorter than they say")
    pairs: Iterable[tuple[int, int]] = struct.iter_unpack("!II", payload[4:])
    return {number & 0xFFFFFF: value for number, value in pairs}


_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_REST = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = b"".join(_counted(word.replace("_", " ").encode()) for word in _WORDS.split(" ")) + _REST.encode()
"""The header dictionary of SPDY/3: both ends begin with it, and its Adler-32 is in every first block."""
