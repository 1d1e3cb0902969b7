"""curl and wget: a request over the simulated network, printed and failing as the real ones do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.machinery import errors
from app.terminal import replies
from app.terminal.calls import Call
from app.terminal.replies import Reply

_TAKES = {
    "-H": "header", "--header": "header", "-o": "output", "--output": "output", "-w": "write", "--write-out": "write",
    "-m": "patience", "--max-time": "patience", "--connect-timeout": "connect", "-X": "method", "--request": "method",
    "-d": "body", "--data": "body", "--cacert": "ca", "-A": "agent", "--user-agent": "agent", "--retry": "retry",
    "--interface": "interface", "-u": "user", "--resolve": "resolve", "--retry-delay": "", "-e": "", "-b": "",
    "-O": "output", "-T": "patience", "--timeout": "patience", "-t": "retry", "--tries": "retry", "-U": "agent",
    "--url": "url", "--ca-certificate": "ca", "--data-raw": "body", "--oauth2-bearer": "bearer",
}  # fmt: skip
_LONG = {
    "--silent": "s", "--show-error": "S", "--include": "i", "--head": "I", "--insecure": "k", "--verbose": "v",
    "--fail": "f", "--location": "L", "--globoff": "g", "--disable": "q", "--spider": "P", "--quiet": "q",
    "--no-check-certificate": "k", "--server-response": "S",
}  # fmt: skip


@dataclass(slots=True)
class Asked:
    """The words of a curl or wget line, understood."""

    urls: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)


def understand(words: list[str], wget: bool) -> Asked:
    """Read the words; options nobody knows are passed over."""
    asked, rest = Asked(), iter(words)
    for word in rest:
        name, sign, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _TAKES and not (name == "-O" and not wget):
            _take(asked, _TAKES[name], value if sign else next(rest, ""))
        elif name in _LONG:
            asked.flags.add(_LONG[name])
        elif word.startswith("-") and len(word) > 1 and not word.startswith("--"):
            _bundle(asked, word[1:], rest, wget)
        elif not word.startswith("--"):
            asked.urls.append(word)
    return asked


def _bundle(asked: Asked, letters: str, rest: Any, wget: bool) -> None:
    for position, letter in enumerate(letters):
        name = _TAKES.get(f"-{letter}")
        if name is not None and not (letter == "O" and not wget):
            _take(asked, name, letters[position + 1 :] or next(rest, ""))
            return
        asked.flags.add(letter)


def _take(asked: Asked, name: str, value: str) -> None:
    if name == "header":
        title, _, text = value.partition(":")
        asked.headers[title.strip()] = text.strip()
    elif name == "bearer":
        asked.headers["Authorization"] = f"Bearer {value}"
    elif name == "url":
        asked.urls.append(value)
    else:
        asked.given[name] = value


@dataclass(frozen=True, slots=True)
class Url:
    """A URL taken apart as curl does: a scheme is guessed, a port is the scheme's."""

    scheme: str
    host: str
    port: int
    path: str


def read_url(text: str) -> Url | None:
    """Take a URL apart; None when curl would call it malformed."""
    found = re.fullmatch(r"(?:(https?)://)?([^/:?#\s]+)(?::(\d{1,5}))?([/?][^#\s]*)?(?:#\S*)?", text)
    if found is None:
        return None
    scheme = found[1] or "http"
    port = int(found[3] or (443 if scheme == "https" else 80))
    path = found[4] or "/"
    return Url(scheme, found[2], port, path if path.startswith("/") else f"/{path}")


@dataclass(frozen=True, slots=True)
class Got:
    """What came of one request: an answer, or the outcome without one."""

    outcome: str
    took_ms: float
    answer: Reply | None = None
    address: str = ""


async def fetch(call: Call, url: Url, headers: Mapping[str, str]) -> Got:
    """Send the request over the simulated network and read what the server at the far end says."""
    to = f"{url.scheme}://{url.host}:{url.port}{url.path}"
    kept = {name: text for name, text in headers.items() if name and text}
    result = await call.world.ask({"from": call.home.origin, "to": to, "headers": kept})
    hops = result.get("trace", {}).get("hops") or ()
    address = hops[0]["steps"][0]["before"]["dst"] if hops else ""
    if "http_status" not in result:
        return Got(result["outcome"], result["took_ms"], None, address)
    if (result.get("served_by") or {}).get("name") == "kube-apiserver" and url.scheme == "https":
        return Got("ok", result["took_ms"], await _from_api(call, url, result["http_status"]), address)
    body = await replies.served(call.world, result, url.path)
    kind = "text/html" if body.startswith("<") else "text/plain; charset=utf-8"
    return Got(result["outcome"], result["took_ms"], Reply(result["http_status"], body, kind), address)


async def _from_api(call: Call, url: Url, status: int) -> Reply:
    if status >= 400:
        path = url.path.partition("?")[0]
        message = f'forbidden: User "system:anonymous" cannot get path "{path}"'
        body = (
            '{\n  "kind": "Status",\n  "apiVersion": "v1",\n  "metadata": {},\n  "status": "Failure",\n'
            f'  "message": "{message.replace(chr(34), chr(92) + chr(34))}",\n'
            '  "reason": "Forbidden",\n  "details": {},\n  "code": 403\n}'
        )
        return Reply(403, body, "application/json")
    # DIFFERS: the token of any ServiceAccount may read; upstream, the default account may not list anything.
    code, body = await call.world.api(url.path)
    return Reply(code, body, "application/json")


async def curl(call: Call) -> int:
    """Fetch each URL; the exit code is that of the last."""
    if call.words[1:2] in (["--version"], ["-V"]):
        call.say("curl 8.17.0 (x86_64-pc-linux-musl) libcurl/8.17.0\n")
        return 0
    asked = understand(call.words[1:], wget=False)
    if not asked.urls:
        return call.complain("curl: (2) no URL specified\n", 2)
    code = 0
    for text in asked.urls:
        code = await _curl_one(call, asked, text)
    return code


async def _curl_one(call: Call, asked: Asked, text: str) -> int:
    quiet = "s" in asked.flags and "S" not in asked.flags

    def fail(code: int, sentence: str) -> int:
        _write_out(call, asked, Got("", 0.0), text)
        return call.complain("" if quiet else f"curl: ({code}) {sentence}\n", code)

    url = read_url(text)
    if url is None:
        return fail(3, "URL rejected: Malformed input to a URL function")
    try:
        got = await fetch(call, url, asked.headers)
    except errors.ApiError as refusal:
        return fail(3, f"URL rejected: {refusal.message}")
    if got.answer is None:
        return fail(*_curl_failure(got, url, asked))
    if url.scheme == "https" and not ({"k"} & asked.flags or "ca" in asked.given):
        return fail(60, "SSL certificate problem: unable to get local issuer certificate")
    _verbose(call, asked, url, got)
    if "f" in asked.flags and got.answer.status >= 400:
        return fail(22, f"The requested URL returned error: {got.answer.status}")
    _deliver(call, asked, got.answer)
    _write_out(call, asked, got, text)
    return 0


def _curl_failure(got: Got, url: Url, asked: Asked) -> tuple[int, str]:
    if got.outcome == "name_not_found":
        return 6, f"Could not resolve host: {url.host}"
    if got.outcome == "reset":
        return (
            (35, "TLS connect error: wrong version number")
            if url.scheme == "https"
            else (1, "Received HTTP/0.9 when not allowed")
        )
    where = f"Failed to connect to {url.host} port {url.port} after {max(1, round(got.took_ms))} ms"
    if got.outcome == "timeout":
        patience = asked.given.get("connect") or asked.given.get("patience")
        waited = round(float(patience) * 1000) if patience and re.fullmatch(r"\d+(\.\d+)?", patience) else 0
        if waited:
            return 28, f"Connection timed out after {waited + 1} milliseconds"
        return 28, f"Failed to connect to {url.host} port {url.port} after 134000 ms: Could not connect to server"
    return 7, f"{where}: Could not connect to server"


def _head_of(answer: Reply) -> str:
    return replies.http(answer).partition("\r\n\r\n")[0] + "\r\n\r\n"


def _verbose(call: Call, asked: Asked, url: Url, got: Got) -> None:
    if "v" not in asked.flags or got.answer is None:
        return
    sent = "".join(f"> {name}: {text}\r\n" for name, text in asked.headers.items() if name.lower() != "authorization")
    shown = "\n".join(f"< {line}" for line in _head_of(got.answer).strip().split("\r\n"))
    call.err.append(
        f"*   Trying {got.address}:{url.port}...\n* Connected to {url.host} ({got.address}) port {url.port}\n"
        f"> GET {url.path} HTTP/1.1\r\n> Host: {url.host}\r\n> User-Agent: curl/8.17.0\r\n> Accept: */*\r\n{sent}> \r\n"
        f"{shown}\n< \n* Connection #0 to host {url.host} left intact\n"
    )


def _deliver(call: Call, asked: Asked, answer: Reply) -> None:
    body = "" if "I" in asked.flags else answer.body
    text = (_head_of(answer) if asked.flags & {"i", "I"} else "") + body
    if "output" in asked.given:
        call.write(asked.given["output"], text)
    else:
        call.say(text)


def _write_out(call: Call, asked: Asked, got: Got, text: str) -> None:
    form = asked.given.get("write")
    if not form:
        return
    size = len(got.answer.body.encode()) if got.answer else 0
    seconds = f"{got.took_ms / 1000:.6f}"
    values = {
        "http_code": f"{got.answer.status if got.answer else 0:03}",
        "response_code": f"{got.answer.status if got.answer else 0:03}",
        "time_total": seconds,
        "time_connect": seconds,
        "size_download": str(size),
        "remote_ip": got.address,
        "url_effective": text,
    }
    shown = re.sub(r"%\{(\w+)\}", lambda found: values.get(found[1], ""), form)
    call.say(shown.replace("\\n", "\n").replace("\\t", "\t"))


async def wget(call: Call) -> int:
    """Fetch as busybox's wget does: into a file unless -O - or --spider."""
    asked = understand(call.words[1:], wget=True)
    quiet = "q" in asked.flags or "-q" in call.words
    text = asked.urls[0] if asked.urls else ""
    url = read_url(text)
    if url is None:
        return call.complain("wget: bad address or missing URL\n")
    try:
        got = await fetch(call, url, asked.headers)
    except errors.ApiError:
        return call.complain(f"wget: bad address '{url.host}'\n")
    if got.outcome == "name_not_found":
        return call.complain(f"wget: bad address '{url.host}{'' if url.port == 80 else f':{url.port}'}'\n")
    if not quiet:
        call.err.append(
            f"Connecting to {url.host}{'' if url.port == 80 else f':{url.port}'} ({got.address}:{url.port})\n"
        )
    if got.answer is None:
        if got.outcome == "timeout" and "patience" in asked.given:
            return call.complain("wget: download timed out\n")
        said = {"refused": "Connection refused", "no_route": "Host is unreachable", "timeout": "Operation timed out"}
        if got.outcome == "reset":
            return call.complain("wget: error getting response\n")
        return call.complain(
            f"wget: can't connect to remote host ({got.address}): {said.get(got.outcome, got.outcome)}\n"
        )
    if got.answer.status >= 400:
        reason = replies.REASONS.get(got.answer.status, "Error")
        return call.complain(f"wget: server returned error: HTTP/1.1 {got.answer.status} {reason}\n")
    if "P" in asked.flags or "--spider" in call.words:
        call.err.append("" if quiet else "remote file exists\n")
        return 0
    path = asked.given.get("output") or url.path.rpartition("/")[2].partition("?")[0] or "index.html"
    call.write(path, got.answer.body)
    if not quiet and path != "-":
        call.err.append(f"saving to '{path}'\n'{path}' saved\n")
    return 0
