"""SPDY/3.1 on the wire: frames as bytes, and one tunnel's streams without a network."""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable, Coroutine

import pytest

from app.kubeapi import spdy, tunnel

FRAMES: list[spdy.Frame] = [
    spdy.SynStream(1, {"streamtype": "error", "port": "80", "requestid": "0"}, fin=True, priority=3),
    spdy.SynStream(3, {"streamtype": "data", "port": "80", "requestid": "0"}),
    spdy.SynReply(1, {}, fin=True),
    spdy.Headers(3, {"later": "1"}),
    spdy.Data(3, b"GET / HTTP/1.1\r\n\r\n"),
    spdy.Data(3, b"", fin=True),
    spdy.Reset(3, spdy.Status.CANCEL),
    spdy.Settings({spdy.SETTINGS_INITIAL_WINDOW_SIZE: 1024, 4: 100}),
    spdy.Ping(7),
    spdy.GoAway(3, spdy.GOAWAY_OK),
    spdy.WindowUpdate(0, 4096),
]


def test_the_dictionary_is_the_one_of_the_draft() -> None:
    assert (len(spdy.DICTIONARY), zlib.adler32(spdy.DICTIONARY)) == (1423, 0xE3C6A7C2)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_frames_come_out_as_they_went_in_however_they_are_cut(size: int) -> None:
    writer, reader = spdy.Framer(), spdy.Framer()
    wire = b"".join(writer.write(frame) for frame in FRAMES)
    found = [frame for start in range(0, len(wire), size) for frame in reader.feed(wire[start : start + size])]
    assert found == FRAMES


def test_a_frame_of_an_unknown_kind_is_passed_over() -> None:
    unknown = struct.pack("!HHI", 0x8003, 11, 4) + b"what"
    assert list(spdy.Framer().feed(unknown + spdy.Framer().write(spdy.Ping(1)))) == [spdy.Ping(1)]


BLOCK = zlib.compressobj(zdict=spdy.DICTIONARY)
BOMB = BLOCK.compress(b"\0" * 10_000_000) + BLOCK.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (struct.pack("!II", 0, 1) + b"x", "stream 0"),
        (struct.pack("!HHI", 0x8002, 1, 10) + bytes(10), "version 2"),
        (struct.pack("!HHI", 0x8003, 6, 2) + bytes(2), "shorter"),
        (struct.pack("!HHI", 0x8003, 4, 8) + struct.pack("!II", 9, 0), "settings"),
        (struct.pack("!HHI", 0x8003, 1, 14) + struct.pack("!IIBB", 1, 0, 0, 0) + b"junk", "inflate"),
        (struct.pack("!HHI", 0x8003, 1, 10 + len(BOMB)) + struct.pack("!IIBB", 1, 0, 0, 0) + BOMB, "too large"),
        (struct.pack("!HHI", 0x8003, 1, 0xFFFFFF), "bytes"),
        (struct.pack("!II", 1, 0xFFFFFF), "bytes"),
        (struct.pack("!HHI", 0x8003, 3, 8) + struct.pack("!II", 0, 1), "stream 0"),
    ],
)
def test_what_no_frame_can_be_breaks_the_connection(broken: bytes, says: str) -> None:
    with pytest.raises(spdy.Broken, match=says):
        list(spdy.Framer().feed(broken))


# --- the tunnel ---------------------------------------------------------------------------------


class Client:
    """The far end of a tunnel: puts frames in, sees the frames that come out."""

    def __init__(self) -> None:
        self.framer = spdy.Framer()
        self.reader = spdy.Framer()
        self.to_server: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.seen: asyncio.Queue[spdy.Frame] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()

    async def receive(self) -> bytes | None:
        return await self.to_server.get()

    async def send(self, content: bytes) -> None:
        await self.open.wait()
        for frame in self.reader.feed(content):
            self.seen.put_nowait(frame)

    def say(self, *frames: spdy.Frame) -> None:
        self.to_server.put_nowait(b"".join(self.framer.write(frame) for frame in frames))

    async def next(self) -> spdy.Frame:
        return await asyncio.wait_for(self.seen.get(), 5)


Script = Callable[[Client], Awaitable[None]]


async def echo(stream: tunnel.Stream) -> None:
    try:
        while content := await stream.read():
            await stream.write(content)
        await stream.finish()
    except OSError:
        return


def played(script: Script) -> None:
    """Runs a script against a tunnel whose streams echo."""

    async def run() -> None:
        client = Client()

        def accept(stream: tunnel.Stream) -> Callable[[], Coroutine[None, None, None]]:
            if stream.headers.get("refuse"):
                raise tunnel.Refused("as asked")
            return lambda: echo(stream)

        serving = asyncio.ensure_future(tunnel.Tunnel(client, accept).run())
        await script(client)
        client.to_server.put_nowait(None)
        await asyncio.wait_for(serving, 5)

    asyncio.run(run())


def test_a_stream_is_replied_to_echoed_and_half_closed_on_each_side() -> None:
    async def script(client: Client) -> None:
        client.say(spdy.SynStream(1, {}), spdy.Data(1, b"one"), spdy.Data(1, b"two", fin=True))
        assert [await client.next() for _ in range(4)] == [
            spdy.SynReply(1),
            spdy.Data(1, b"one"),
            spdy.Data(1, b"two"),
            spdy.Data(1, b"", fin=True),
        ]

    played(script)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([spdy.Ping(3)], spdy.Ping(3)),
        ([spdy.SynStream(2, {})], spdy.Reset(2, spdy.Status.PROTOCOL_ERROR)),
        ([spdy.SynStream(1, {"refuse": "yes"})], spdy.SynReply(1, fin=True)),
        ([spdy.SynReply(1)], spdy.Reset(1, spdy.Status.INVALID_STREAM)),
        ([spdy.Data(9, b"to nobody"), spdy.Ping(5)], spdy.Ping(5)),
        ([spdy.GoAway(0), spdy.SynStream(1, {}), spdy.Ping(5)], spdy.Ping(5)),
        ([spdy.Ping(2), spdy.Ping(1)], spdy.Ping(1)),
    ],
)
def test_frames_about_the_connection_are_answered(said: list[spdy.Frame], answer: spdy.Frame) -> None:
    async def script(client: Client) -> None:
        client.say(*said)
        assert await client.next() == answer

    played(script)


def test_a_client_that_never_moves_a_window_gets_all_the_same() -> None:
    async def script(client: Client) -> None:
        client.say(spdy.SynStream(1, {}))
        assert await client.next() == spdy.SynReply(1)
        sent = [bytes([n]) * tunnel.PIECE for n in range(8)]
        client.say(*(spdy.Data(1, piece) for piece in sent))
        got = b""
        while len(got) < 8 * tunnel.PIECE:
            frame = await client.next()
            got += frame.content if isinstance(frame, spdy.Data) else b""
        assert got == b"".join(sent)

    played(script)


def test_a_client_with_a_window_is_sent_no_more_than_it_allows() -> None:
    async def script(client: Client) -> None:
        client.say(spdy.Settings({spdy.SETTINGS_INITIAL_WINDOW_SIZE: 10}), spdy.SynStream(1, {}))
        assert await client.next() == spdy.SynReply(1)
        client.say(spdy.Data(1, b"0123456789abcdef"), spdy.Ping(1))
        assert {await client.next(), await client.next()} == {spdy.Data(1, b"0123456789"), spdy.Ping(1)}
        client.say(spdy.WindowUpdate(1, 100))
        assert await client.next() == spdy.Data(1, b"abcdef")

    played(script)


def test_what_the_server_took_is_credited_to_stream_and_connection() -> None:
    async def script(client: Client) -> None:
        client.say(spdy.SynStream(1, {}), spdy.Data(1, bytes(40_000)))
        credits = []
        while len(credits) < 2:
            frame = await client.next()
            credits += [frame] if isinstance(frame, spdy.WindowUpdate) else []
        assert credits == [spdy.WindowUpdate(1, 40_000), spdy.WindowUpdate(0, 40_000)]

    played(script)


def test_a_client_that_does_not_read_is_read_no_further() -> None:
    async def script(client: Client) -> None:
        client.say(spdy.SynStream(1, {}))
        assert await client.next() == spdy.SynReply(1)
        client.open.clear()
        for _ in range(40):
            client.say(spdy.Data(1, bytes(tunnel.PIECE)))
        for _ in range(200):
            await asyncio.sleep(0)
        assert client.to_server.qsize() > 20
        client.open.set()

    played(script)


def test_a_broken_frame_ends_the_connection_with_goaway() -> None:
    async def script(client: Client) -> None:
        client.to_server.put_nowait(struct.pack("!II", 0, 1) + b"x")
        assert await client.next() == spdy.GoAway(0, spdy.GOAWAY_PROTOCOL_ERROR)

    played(script)


def test_a_reset_ends_a_stream_and_no_other() -> None:
    async def script(client: Client) -> None:
        client.say(spdy.SynStream(1, {}), spdy.SynStream(3, {}), spdy.Reset(1, spdy.Status.CANCEL))
        assert [await client.next() for _ in range(2)] == [spdy.SynReply(1), spdy.SynReply(3)]
        client.say(spdy.Data(1, b"lost"), spdy.Data(3, b"kept"))
        assert await client.next() == spdy.Data(3, b"kept")

    played(script)
