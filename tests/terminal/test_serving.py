"""HTTP/1.1 and other protocols as bytes, at a server in a pod."""

import asyncio

import pytest

from app.terminal import lines, serving
from app.terminal.replies import Ask, Reply


class Bytes:
    """A connection whose client has said everything already."""

    def __init__(self, said: bytes, piece: int = 1_000_000) -> None:
        self.said = [said[start : start + piece] for start in range(0, len(said), piece)]
        self.got = b""

    async def read(self) -> bytes:
        return self.said.pop(0) if self.said else b""

    async def write(self, content: bytes) -> None:
        self.got += content


async def mirror(ask: Ask) -> Reply | None:
    if ask.target == "/gone":
        return None
    status = int(ask.target[1:]) if ask.target[1:].isdigit() else 200
    return Reply(status, f"{ask.method} {ask.target} {ask.headers.get('Host')} {ask.body.decode()}")


def talked(said: bytes, piece: int = 1_000_000, room: serving.Room | None = None) -> str:
    connection = Bytes(said, piece)
    asyncio.run(serving.speak_http(connection, mirror, lambda: 1.0, room or serving.Room()))
    return connection.got.decode()


GET = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD_OF = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:01 GMT\r\n"

ROWS = [
    (
        "one request",
        GET % b"x",
        [HEAD_OF + "Content-Length: 9\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGET /x a "],
        1,
    ),
    ("two, one after the other", GET % b"x" + GET % b"y", ["GET /x a ", "GET /y a "], 2),
    (
        "asked to close",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET % b"y",
        ["Connection: close"],
        1,
    ),
    ("HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", ["Connection: close", "GET / None"], 1),
    (
        "HEAD has no body",
        b"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + GET % b"y",
        ["Content-Length: 10\r\n", "HTTP/1.1 200"],
        2,
    ),
    ("a body of known length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", ["POST / a abc"], 1),
    (
        "a chunked body",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" + GET % b"y",
        ["PUT / a abc", "GET /y a"],
        2,
    ),
    ("a target with scheme and host", b"GET http://b/x?y HTTP/1.1\r\nHost: b\r\n\r\n", ["GET /x?y b"], 1),
    ("a status without a body", GET % b"204", ["HTTP/1.1 204 No Content\r\n"], 1),
    ("no HTTP at all", b"hello\r\n\r\n", ["HTTP/1.1 400 Bad Request", "Connection: close"], 1),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", ["HTTP/1.1 400 Bad Request"], 1),
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", ["HTTP/1.1 400 Bad Request"], 1),
    ("half a request", b"GET / HTTP/1.1\r\nHo", ["HTTP/1.1 400 Bad Request"], 1),
    ("a header without end", b"GET / HTTP/1.1\r\nHost: " + b"a" * 100_000, ["HTTP/1.1 431 "], 1),
    ("a tunnel", b"CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n", ["HTTP/1.1 400 Bad Request"], 1),
    ("a program that closes", GET % b"gone" + GET % b"y", [], 0),
    ("nothing", b"", [], 0),
]


@pytest.mark.parametrize("piece", [1, 1_000_000])
@pytest.mark.parametrize(("said", "has", "answers"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_http_is_spoken_as_web_servers_do(said: bytes, has: list[str], answers: int, piece: int) -> None:
    got = talked(said, piece)
    place = 0
    for part in has:
        assert part in got[place:], got
        place = got.index(part, place)
    assert got.count("HTTP/1.1 ") == answers


def test_a_client_that_waits_before_it_sends_its_body_is_told_to_go_on() -> None:
    said = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"
    got = talked(said, len(said) - 3)
    assert got.startswith("HTTP/1.1 100 ")
    assert got.endswith("POST / a abc")


def test_a_body_beyond_the_limit_is_refused_before_it_is_kept() -> None:
    size = serving.MOST_BODY + 1
    got = talked(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + bytes(size), 1 << 16)
    assert got.startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("protocol", "said", "got"),
    [
        ("redis", b"PING\r\n", "+PONG\r\n"),
        ("redis", b"\r\nping\r\n", "+PONG\r\n"),
        ("redis", b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n", "+PONG\r\n$2\r\nhi\r\n"),
        ("redis", b"QUIT\r\nPING\r\n", "+OK\r\n"),
        ("redis", b"GET a\r\n", "-ERR unknown command 'GET', with args beginning with: 'a' \r\n"),
        ("redis", b"*1\r\n$9999999\r\nPI", ""),
        ("memcached", b"version\r\nquit\r\n", "VERSION 1.6.39\r\n"),
    ],
)
def test_lines_are_answered_as_far_as_they_are_known(protocol: str, said: bytes, got: str) -> None:
    for piece in (1, 1_000):
        connection = Bytes(said, piece)
        asyncio.run(serving.speak_lines(connection, protocol))
        assert connection.got.decode() == got
    assert lines.take("redis", b"PI") is None


def test_many_bodies_together_are_refused_and_room_is_given_back() -> None:
    room = serving.Room(10)
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
    assert talked(post % (11, b"x" * 11), room=room).startswith("HTTP/1.1 503 ")
    assert talked((post % (10, b"x" * 10)) * 2, room=room).count("HTTP/1.1 200 ") == 2
    assert room.left == 10
