"""`GET pods/NAME/log`: what a container has logged, and with follow what it goes on to log, as plain text."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

from app.cluster import clock
from app.kubeapi import lasting, podcontainers, reading
from app.kubeapi.call import Call, flag
from app.machinery import errors, objects, validation
from app.terminal import logs
from app.terminal.boxes import Line
from app.terminal.containers import Containers

MOST_FOLLOWED = 100
"""Logs of a playground that are followed at the same time."""
_followed = lasting.Open(
    MOST_FOLLOWED, f"{MOST_FOLLOWED} logs of this playground are being followed: end one of them first."
)
LONGEST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """What of the log is wanted: PodLogOptions, checked as upstream's validation does (release 1.36)."""

    follow: bool
    previous: bool
    timestamps: bool
    tail: int | None
    limit: int | None
    seconds: int | None
    since: float | None


async def answer(call: Call) -> Response:
    """Answer with the log; 204 while no node runs the pod."""
    query = call.request.query_params
    assert call.target is not None
    options = read_options(query, call.target.name)
    chosen = await podcontainers.chosen(call, query.get("container", ""))
    if not objects.spec_of(chosen.pod).get("nodeName"):
        return Response(status_code=204)
    run = logs.run_of(chosen.pod, chosen.container, chosen.status, options.previous)
    containers: Containers = call.scope["app"].state.containers
    log = logs.Log(containers, call.playground, run)
    lines = wanted(await log.history(), options, await reading.now(call))
    written = _Writer(options)
    text = written.text(lines)
    headers = {"Cache-Control": "no-cache, private"}
    if not options.follow or run.ended is not None or written.is_full:
        return Response(text, 200, headers, "text/plain")
    _followed.check(call.playground)
    return StreamingResponse(_followed_lines(call, log, written, text), 200, headers, "text/plain")


async def _followed_lines(call: Call, log: logs.Log, written: _Writer, text: bytes) -> AsyncGenerator[bytes, None]:
    """Yield the log and what comes, until the container ends, the client goes, or its key opens nothing any more."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=16)

    async def pump() -> None:
        async for piece in _comes(log, written):
            await queue.put(piece)

    async def whole() -> None:
        try:
            await lasting.until_ended(call.scope, pump())
        finally:
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    with _followed.counted(call.playground):
        task = asyncio.create_task(whole())
        try:
            yield text
            while not (task.done() and queue.empty()):
                try:
                    async with asyncio.timeout(LONGEST_WAIT):
                        piece = await queue.get()
                except TimeoutError:
                    continue
                if piece:
                    yield piece
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _comes(log: logs.Log, written: _Writer) -> AsyncIterator[bytes]:
    """Yield what the log goes on with, in order of arrival."""
    queue: asyncio.Queue[tuple[Sequence[Line], bool]] = asyncio.Queue(maxsize=16)

    async def served() -> None:
        with contextlib.suppress(errors.NotFound, errors.Expired):
            async for entries in log.commits():
                await queue.put((log.lines_of(entries), log.is_over(entries)))
        await queue.put(((), True))

    async def printed() -> None:
        while True:
            bell = log.box.bell
            lines = log.printed()
            if lines:
                await queue.put((lines, False))
                continue
            if log.box.exit_code is not None:
                return
            await bell.wait()

    async def counted() -> None:
        while True:
            await asyncio.sleep(LONGEST_WAIT)
            lines = log.counted()
            if lines:
                await queue.put((lines, False))

    tasks = [asyncio.create_task(one) for one in (served(), printed(), counted())]
    try:
        over = False
        while not (over or written.is_full):
            lines, over = await queue.get()
            if over:
                lines = [*lines, *log.printed()]
            text = written.text(lines)
            if text:
                yield text
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Writer:
    """Writes lines as bytes, up to the limit."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._left = options.limit

    @property
    def is_full(self) -> bool:
        """Say whether nothing more may be written."""
        return self._left is not None and self._left <= 0

    def text(self, lines: Sequence[Line]) -> bytes:
        """Write lines, each with its moment if that is wanted."""
        shown = self._options.timestamps
        made = "".join(f"{_stamp(line.at)} {line.text}\n" if shown else f"{line.text}\n" for line in lines).encode()
        if self._left is not None:
            made = made[: max(self._left, 0)]
            self._left -= len(made)
        return made


def wanted(lines: Sequence[Line], options: Options, now: float) -> Sequence[Line]:
    """Return the lines since the moment, and of those the last."""
    since = options.since if options.seconds is None else now - options.seconds
    if since is not None:
        lines = [line for line in lines if line.at >= since]
    if options.tail is not None:
        lines = lines[len(lines) - min(options.tail, len(lines)) :]
    return lines


def _stamp(at: float) -> str:
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def read_options(query: Mapping[str, str], name: str) -> Options:
    """Read PodLogOptions from the query."""
    tail, limit = _number(query, "tailLines"), _number(query, "limitBytes")
    seconds, moment = _number(query, "sinceSeconds"), query.get("sinceTime")
    broken: list[validation.FieldError] = []
    if tail is not None and tail < 0:
        broken.append(validation.invalid("tailLines", tail, "must be greater than or equal to 0"))
    if limit is not None and limit < 1:
        broken.append(validation.invalid("limitBytes", limit, "must be greater than 0"))
    if seconds is not None and moment:
        broken.append(validation.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    elif seconds is not None and seconds < 1:
        broken.append(validation.invalid("sinceSeconds", seconds, "must be greater than 0"))
    if broken:
        raise errors.Invalid("PodLogOptions", name, broken)
    return Options(
        follow=flag(query.get("follow")),
        previous=flag(query.get("previous")),
        timestamps=flag(query.get("timestamps")),
        tail=tail,
        limit=limit,
        seconds=seconds,
        since=_moment(moment) if moment else None,
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    try:
        return int(text[:19])
    except ValueError:
        raise errors.BadRequest(f'strconv.ParseInt: parsing "{text[:40]}": invalid syntax') from None


def _moment(text: str) -> float:
    try:
        return clock.seconds(text)
    except ValueError:
        raise errors.BadRequest(f'parsing time "{text[:60]}" as "2006-01-02T15:04:05Z07:00": cannot parse') from None
