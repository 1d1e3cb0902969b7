"""wget in its two kinds: busybox's and GNU's. Their words are recorded in tests/terminal/recorded."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field

from app.machinery import errors
from app.terminal import fetching, messages
from app.terminal.calls import Call
from app.terminal.fetching import Got, Url, Want

_VALUED = {
    "-O": "output", "--output-document": "output", "-T": "patience", "--timeout": "patience", "-t": "tries",
    "--tries": "tries", "-U": "agent", "--user-agent": "agent", "--header": "header", "--post-data": "post",
    "--ca-certificate": "ca", "-P": "folder", "-o": "log", "--connect-timeout": "patience", "-Y": "-", "-e": "-",
    "--read-timeout": "patience", "--method": "method", "--body-data": "post", "--wait": "-", "--waitretry": "-",
    "--bind-address": "-", "--max-redirect": "-", "--http-user": "-", "--http-password": "-", "--dns-timeout": "-",
}  # fmt: skip
_SWITCHES = {
    "--quiet": "q", "--spider": "P", "--server-response": "S", "--no-check-certificate": "k", "--no-verbose": "n",
    "--continue": "c", "--verbose": "v", "--content-on-error": "E", "--no-cache": "-", "--no-proxy": "-",
    "--retry-connrefused": "-", "--inet4-only": "-", "--progress": "-", "--show-progress": "-", "--help": "h",
}  # fmt: skip
_HOPS = 5


@dataclass(slots=True)
class Line:
    """A wget line, understood."""

    urls: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    given: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, value: str) -> None:
        """Take an option's value."""
        if name == "header":
            title, _, text = value.partition(":")
            self.headers[title.strip()] = text.strip()
        else:
            self.given[name] = value


def understand(words: list[str]) -> Line:
    """Read the words behind wget; options nobody knows are passed over."""
    line, rest = Line(), iter(words)
    for word in rest:
        name, sign, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _VALUED:
            line.take(_VALUED[name], value if sign else next(rest, ""))
        elif name in _SWITCHES:
            line.flags.add(_SWITCHES[name])
        elif word.startswith("-") and len(word) > 1 and not word.startswith("--"):
            for position, letter in enumerate(word[1:], 2):
                if f"-{letter}" in _VALUED:
                    line.take(_VALUED[f"-{letter}"], word[position:] or next(rest, ""))
                    break
                line.flags.add(letter)
        elif not word.startswith("--"):
            line.urls.append(word)
    return line


async def wget(call: Call) -> int:
    """Fetch as the image's wget does: into a file unless -O - or --spider."""
    line = understand(call.words[1:])
    is_gnu = call.home.flavor == "gnu"
    if not line.urls:
        usage = "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n"
        return call.complain(usage if is_gnu else "Usage: wget [-cqS] [--spider] [-O FILE] [--header STR] URL...\n")
    code = 0
    for text in line.urls:
        url = fetching.read_url(text)
        if url is None or url.scheme not in ("http", "https"):
            return call.complain(
                f"{text}: Unsupported scheme.\n" if is_gnu else f"wget: not an http or ftp url: {text}\n"
            )
        code = await (_gnu if is_gnu else _busybox)(call, line, url)
    return code


async def _get(call: Call, line: Line, url: Url, agent: str) -> Got:
    method = line.given.get("method") or ("POST" if "post" in line.given else "GET")
    if "P" in line.flags and method == "GET":
        method = "HEAD"
    headers = {"Host": url.authority, "User-Agent": line.given.get("agent", agent), "Accept": "*/*", **line.headers}
    try:
        return await fetching.fetch(call, url, Want(method, headers, line.given.get("post", "")))
    except errors.ApiError:
        return Got("name_not_found", 0.0)


def _patience(line: Line) -> float:
    text = line.given.get("patience", "")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


# --- busybox -----------------------------------------------------------------------------------------------


async def _busybox(call: Call, line: Line, url: Url) -> int:
    hops = 0
    while True:
        got = await _get(call, line, url, "Wget")
        if got.outcome == "name_not_found":
            return call.complain(f"wget: bad address '{url.authority}'\n")
        if "q" not in line.flags:
            call.complain(f"Connecting to {url.authority} ({got.address}:{url.port})\n")
        answer = got.answer
        if answer is None or (_patience(line) and got.took_ms > _patience(line) * 1000):
            return call.complain(f"wget: {_busybox_failure(line, got)}\n")
        if "S" in line.flags:
            call.complain(_indented(call, answer) + "  \n")
        location = answer.headers.get("Location", "")
        following = fetching.joined(url, location) if 300 <= answer.status < 400 and location else None
        if following is None or hops >= _HOPS:
            break
        url, hops = following, hops + 1
    if answer.status >= 400:
        said = f"HTTP/1.1 {answer.status} {messages.reason(answer.status)}"
        return call.complain(f"wget: server returned error: {said}\n")
    quiet = "q" in line.flags
    if "P" in line.flags:
        call.complain("" if quiet else "remote file exists\n")
        return 0
    path = _file(line, url)
    if not quiet:
        shown = "stdout" if path == "-" else f"'{path}'"
        call.complain(f"{'writing' if path == '-' else 'saving'} to {shown}\n")
        size = len(answer.body.encode())
        call.complain(f"{path:<20} 100% |********************************| {size:5}  0:00:00 ETA\n")
    call.write(path, answer.body)
    if not quiet:
        call.complain("written to stdout\n" if path == "-" else f"'{path}' saved\n")
    return 0


def _busybox_failure(line: Line, got: Got) -> str:
    if got.outcome == "reset":
        return "error getting response: Connection reset by peer"
    if got.answer is not None or (got.outcome == "timeout" and _patience(line)):
        return "download timed out"
    said = {"refused": "Connection refused", "no_route": "Host is unreachable"}.get(got.outcome, "Operation timed out")
    return f"can't connect to remote host ({got.address}): {said}"


def _file(line: Line, url: Url) -> str:
    name = url.path.partition("?")[0].rpartition("/")[2] or "index.html"
    folder = line.given.get("folder", "")
    return line.given.get("output") or (f"{folder}/{name}" if folder else name)


def _indented(call: Call, answer: messages.Reply) -> str:
    return "".join(f"  {text}\n" for text in fetching.head_of(call, answer).strip().split("\r\n"))


# --- GNU ---------------------------------------------------------------------------------------------------


async def _gnu(call: Call, line: Line, url: Url) -> int:
    """DIFFERS: rates and times are not measured: they are shown as the simulation counts them."""
    quiet = "q" in line.flags
    say = (lambda text: None) if quiet else call.complain
    if "P" in line.flags:
        say("Spider mode enabled. Check if remote file exists.\n")
    moment = _moment(call)
    say(f"--{moment}--  {url.text}\n")
    got = await _get(call, line, url, "Wget/1.21.3")
    is_name = got.address != url.host
    if got.outcome == "name_not_found":
        say(f"Resolving {url.host} ({url.host})... failed: Name or service not known.\n")
        say(f"wget: unable to resolve host address ‘{url.host}’\n")
        return 4
    if is_name:
        say(f"Resolving {url.host} ({url.host})... {got.address}\n")
    where = f"{url.host} ({url.host})|{got.address}|:{url.port}" if is_name else f"{url.host}:{url.port}"
    answer = got.answer
    if answer is None and got.outcome != "reset":
        said = {"refused": "Connection refused", "no_route": "No route to host"}.get(
            got.outcome, "Connection timed out"
        )
        say(f"Connecting to {where}... failed: {said}.\n")
        if got.outcome != "refused":
            say("Giving up.\n\n")
        return 4
    say(f"Connecting to {where}... connected.\nHTTP request sent, awaiting response... ")
    if answer is None:
        say("Read error (Connection reset by peer) in headers.\nGiving up.\n\n")
        return 4
    say("" if "S" in line.flags else f"{answer.status} {messages.reason(answer.status)}\n")
    if "S" in line.flags:
        call.complain(("\n" if not quiet else "") + _indented(call, answer))
    if answer.status >= 400:
        say(f"{moment} ERROR {answer.status}: {messages.reason(answer.status)}.\n\n")
        return 8
    size = len(answer.body.encode())
    say(f"Length: {size} [{answer.type.partition(';')[0] or 'application/octet-stream'}]\n")
    if "P" in line.flags:
        say("Remote file exists.\n\n")
        return 0
    path = _file(line, url)
    shown = "STDOUT" if path == "-" else path
    say(f"Saving to: ‘{shown}’\n\n     0K{' ' * 55}100% 1.59M=0s\n\n")
    call.write(path, answer.body)
    verb = "written to stdout" if path == "-" else f"‘{path}’ saved"
    say(f"{moment} (1.59 MB/s) - {verb} [{size}/{size}]\n\n")
    return 0


def _moment(call: Call) -> str:
    return datetime.datetime.fromtimestamp(call.world.moment, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
