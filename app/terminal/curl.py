"""curl: a request over the simulated network, printed and failing as the real one does.

Its words are those recorded from curl 7.88.1 (tests/terminal/recorded), and those of 8.x where an image has that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kinds import images
from app.machinery import errors
from app.terminal import curl_words, fetching, tty
from app.terminal.calls import Call
from app.terminal.curl_words import Line
from app.terminal.fetching import Got, Url, Want
from app.terminal.surroundings import SECRETS

NEWEST = "8.17.0"
_DEBIAN = "7.88.1"
_MOST_HOPS = 50
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_METER = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
_METER += "                                 Dload  Upload   Total   Spent    Left  Speed\n"
_API_NAMES = re.compile(r"kubernetes(\.default(\.svc(\.[a-z0-9.-]+)?)?)?|10\.96\.0\.1")


def version_of(image: str) -> str:
    """Return which curl an image has: curl's own images say it by their tag, Debian's have what Debian has."""
    name = images.parse_name(image)
    if name.repository in ("curlimages/curl", "curl/curl", "alpine/curl"):
        return name.tag if re.fullmatch(r"\d+\.\d+\.\d+", name.tag) else NEWEST
    return _DEBIAN if name.repository in ("nginx", "debian", "python", "buildpack-deps") else NEWEST


@dataclass(slots=True)
class _Run:
    """One curl on its way."""

    call: Call
    line: Line
    version: str
    said: list[str] = field(default_factory=list)
    sent: int = 0

    @property
    def is_new(self) -> bool:
        """Say whether it is of the 8 series."""
        return int(self.version.partition(".")[0]) >= 8

    @property
    def shows_meter(self) -> bool:
        """Say whether it prints its progress: not when told to be silent, not on a terminal."""
        line = self.line
        shown_on_terminal = isinstance(self.call.input, tty.Tty) and not line.outputs
        return not line.flags & {"s", "#"} and not shown_on_terminal

    def meter(self, size: int = 0, sent: int = 0, total: int | None = None, spent: float = 0.0) -> None:
        """Print the state of the transfer over the line before."""
        if self.shows_meter:
            if not self.said:
                self.said.append(_METER)
                self.call.complain(_METER)
            whole = size + sent if total is None else total
            done = 100 if total is None and whole else 0
            speed = int(size / max(spent, 0.001))
            upload = int(sent / max(spent, 0.001))
            clock = (
                f"{int(spent) // 3600:2}:{int(spent) // 60 % 60:02}:{int(spent) % 60:02}" if spent >= 1 else "--:--:--"
            )
            self.call.complain(
                f"\r{done:3} {whole:5}  {100 if size else 0:3} {size:5}  {100 if sent else 0:3} {sent:5}  "
                f"{speed:5}  {upload:5} --:--:-- {clock} --:--:-- {speed + upload:5}"
            )

    def trace(self, text: str) -> None:
        """Print a line of -v."""
        if "v" in self.line.flags:
            self.call.complain(text + "\n")

    @property
    def shows_errors(self) -> bool:
        """Say whether it complains: not when told to be silent, unless -S asks for it."""
        return "s" not in self.line.flags or "S" in self.line.flags

    def fail(self, code: int, sentence: str) -> int:
        """Complain, unless it is to be silent."""
        if self.shows_errors:
            self.call.complain(f"curl: ({code}) {sentence}\n")
        return code


async def curl(call: Call) -> int:
    """Fetch each URL; the exit code is that of the last."""
    version = version_of(str(call.home.container.get("image") or ""))
    try:
        line = curl_words.understand(call.words[1:])
    except curl_words.Misused as misused:
        return call.complain(f"curl: {misused}\ncurl: try 'curl --help' or 'curl --manual' for more information\n", 2)
    if "V" in line.flags:
        call.say(f"curl {version} (x86_64-pc-linux-musl) libcurl/{version} OpenSSL/3.5.4 zlib/1.3.1\n")
        call.say("Protocols: file http https telnet\nFeatures: alt-svc AsynchDNS HSTS HTTPS-proxy IPv6 SSL\n")
        return 0
    if not line.urls:
        first = "curl: (2) no URL specified\n" if int(version.partition(".")[0]) >= 8 else ""
        return call.complain(f"{first}curl: try 'curl --help' or 'curl --manual' for more information\n", 2)
    if "proxy" in line.given or "form" in line.given or "upload" in line.given:
        return call.complain("curl: the simulated curl uses no proxy and sends no forms or files; -d sends text\n", 2)
    code = 0
    for position, text in enumerate(line.urls):
        code = await _with_retries(_Run(call, line, version), text, position)
    return code


async def _with_retries(run: _Run, text: str, position: int) -> int:
    retry = run.line.given.get("retry", "0")
    left = min(int(retry), 20) if retry.isdecimal() else 0
    while True:
        code, status = await _one(run, text, position)
        refused = code == 7 and "R" in run.line.flags
        if not left or not (code == 28 or refused or status in _RETRIED):
            return code
        why = "connection refused" if refused else "timeout" if code == 28 else "HTTP error"
        if run.shows_errors:
            run.call.complain(_warning(run, why, left))
        left -= 1
        delay = run.line.given.get("delay", "1")
        await run.call.world.sleep(float(delay) if re.fullmatch(r"\d+(\.\d+)?", delay) else 1.0)


def _warning(run: _Run, why: str, left: int) -> str:
    if run.is_new:
        retries = "1 retry" if left == 1 else f"{left} retries"
        return f"Warning: Problem : {why}. Will retry in 1 second. {retries} left.\n"
    return f"Warning: Problem : {why}. Will retry in 1 seconds. {left} retries \nWarning: left.\n"


async def _one(run: _Run, text: str, position: int) -> tuple[int, int]:
    """Fetch one URL once, with the places it is sent on to; returns the exit code and the HTTP status."""
    url = fetching.read_url(text)
    if url is None:
        return run.fail(3, _malformed(run, text)), 0
    if url.scheme not in ("http", "https", "telnet"):
        said = f'Protocol "{url.scheme}" not supported'
        return run.fail(1, said if run.is_new else f"{said} or disabled in libcurl"), 0
    if run.line.texts and "G" in run.line.flags:
        joint = "&" if "?" in url.path else "?"
        url = Url(url.scheme, url.host, url.port, f"{url.path}{joint}{_sent_text(run)}", url.shown_port)
    method, hops = _method(run), 0
    while True:
        run.meter()
        got, code = await _exchange(run, url, method)
        if got.answer is None or code:
            _write_out(run, url, got, hops, code)
            return code, got.answer.status if got.answer else 0
        location = got.answer.headers.get("Location", "")
        following = fetching.joined(url, location) if location and "L" in run.line.flags else None
        if following is None or not 300 <= got.answer.status < 400 or hops >= _MOST_HOPS:
            break
        if run.line.flags & {"i", "I"}:
            _deliver(run, fetching.head_of(run.call, got.answer), position)
        run.trace(f"* Issue another request to this URL: '{following.text}'")
        run.meter()
        _end_meter(run)
        url, hops = following, hops + 1
        method = "GET" if got.answer.status in (301, 302, 303) and method == "POST" else method
    return _end(run, url, got, (position, hops)), got.answer.status


def _malformed(run: _Run, text: str) -> str:
    if not run.is_new:
        return "URL using bad/illegal format or missing URL"
    port = re.search(r":(\d+)(?:/|$)", text.partition("://")[2] or text)
    if port is not None and not 0 < int(port[1]) < 65536:
        return "URL rejected: Port number was not a decimal number between 0 and 65535"
    return (
        "URL rejected: No host part in the URL"
        if text.endswith("://")
        else "URL rejected: Malformed input to a URL function"
    )


def _method(run: _Run) -> str:
    if "method" in run.line.given:
        return run.line.given["method"]
    if "I" in run.line.flags:
        return "HEAD"
    return "POST" if run.line.texts and "G" not in run.line.flags else "GET"


def _sent_text(run: _Run) -> str:
    parts = []
    for piece in run.line.texts:
        value = piece[1:]
        if piece[0] == ":" and value.startswith("@"):
            value = (run.call.read(value[1:]) or "").replace("\n", "")
        parts.append(value)
    return "&".join(parts)


async def _exchange(run: _Run, url: Url, method: str) -> tuple[Got, int]:
    """Send one request; the code is that of a failure, 0 when there is an answer."""
    line, call = run.line, run.call
    if "ca" in line.given and url.scheme == "https" and call.read(line.given["ca"]) is None:
        sentence = f"error setting certificate verify locations:  CAfile: {line.given['ca']} CApath: /etc/ssl/certs"
        return Got("", 0.0), run.fail(77, sentence)
    if "6" in line.flags:
        return Got("", 0.0), run.fail(6, f"Could not resolve host: {url.host}")
    body = "" if "G" in line.flags else _sent_text(run)
    headers = {"Host": url.authority, "User-Agent": f"curl/{run.version}", "Accept": "*/*", **line.headers}
    if body:
        headers["Content-Length"] = str(len(body.encode()))
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    sent = {name: text for name, text in headers.items() if name.lower() not in line.dropped}
    try:
        got = await fetching.fetch(call, url, Want(method, sent, body, line.pins))
    except errors.ApiError as refusal:
        return Got("", 0.0), run.fail(3, f"URL rejected: {refusal.message}")
    run.sent = len(body.encode())
    late = _too_late(run, got)
    if late:
        _told_of_connection(run, url, got)
        run.meter(spent=got.took_ms / 1000)
        _end_meter(run)
        return Got("", got.took_ms, None, got.address), run.fail(28, late)
    if url.scheme == "telnet" and got.outcome == "ok":
        _told_of_connection(run, url, got)
        _end_meter(run)
        return got, 0
    if got.answer is None:
        return got, _failed(run, url, got)
    _told_of_connection(run, url, got)
    distrust = _distrust(run, url, got)
    if distrust:
        _end_meter(run)
        return Got("", got.took_ms, None, got.address), run.fail(60, distrust)
    _told_of_exchange(run, url, got, (method, sent, body))
    return got, 0


def _too_late(run: _Run, got: Got) -> str:
    patience = _seconds(run, "patience")
    if got.answer is None or not patience or got.took_ms <= patience * 1000:
        return ""
    return f"Operation timed out after {round(patience * 1000) + 1} milliseconds with 0 bytes received"


def _seconds(run: _Run, name: str) -> float:
    text = run.line.given.get(name, "")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def _distrust(run: _Run, url: Url, got: Got) -> str:
    """Say why the certificate of the far end is not good enough; empty when it is."""
    if url.scheme != "https" or "k" in run.line.flags or got.is_trusted:
        return ""
    named = got.is_cluster_api and run.call.read(run.line.given.get("ca", "")) == run.call.read(f"{SECRETS}/ca.crt")
    if got.is_cluster_api and named and "ca" in run.line.given:
        if _API_NAMES.fullmatch(url.host):
            return ""
        return f"SSL: no alternative certificate subject name matches target host name '{url.host}'"
    page = "webpage" if run.is_new else "web page"
    return (
        "SSL certificate problem: unable to get local issuer certificate\n"
        "More details here: https://curl.se/docs/sslcerts.html\n\n"
        "curl failed to verify the legitimacy of the server and therefore could not\n"
        "establish a secure connection to it. To learn more about this situation and\n"
        f"how to fix it, please visit the {page} mentioned above."
    )


# --- failing -----------------------------------------------------------------------------------------------


def _end_meter(run: _Run) -> None:
    if run.shows_meter:
        run.call.complain("\n")


def _failed(run: _Run, url: Url, got: Got) -> int:
    if got.outcome == "name_not_found":
        run.trace(f"* Could not resolve host: {url.host}")
        run.trace("* shutting down connection #0" if run.is_new else "* Closing connection 0")
        return run.fail(6, f"Could not resolve host: {url.host}")
    if got.outcome == "reset":
        _told_of_connection(run, url, got)
        run.meter()
        _end_meter(run)
        return run.fail(*_broken_off(run, url, got))
    patience = _seconds(run, "connect") or _seconds(run, "patience") if got.outcome == "timeout" else 0.0
    run.trace(f"*   Trying {got.address}:{url.port}...")
    run.meter(spent=patience)
    _end_meter(run)
    could_not = "Could not connect to server" if run.is_new else "Couldn't connect to server"
    took = max(1, round(got.took_ms))
    code, sentence = 7, f"Failed to connect to {url.host} port {url.port} after {took} ms: {could_not}"
    if got.outcome == "timeout":
        waited = round(patience * 1000) + 1 if patience else 134_000
        sentence = f"Failed to connect to {url.host} port {url.port} after {waited} ms: "
        code, sentence = 28, sentence + ("Timeout was reached" if patience else could_not)
        if not run.line.given.get("connect") and patience:
            sentence = f"Connection timed out after {waited} milliseconds"
    else:
        why = "No route to host" if got.outcome == "no_route" else "Connection refused"
        origin = f" from {got.client.replace(':', ' port ')}" if run.is_new else ""
        run.trace(f"* connect to {got.address} port {url.port}{origin} failed: {why}")
    run.trace(f"* {sentence}")
    run.trace("* closing connection #0" if run.is_new else "* Closing connection 0")
    return run.fail(code, sentence)


def _broken_off(run: _Run, url: Url, got: Got) -> tuple[int, str]:
    if url.scheme == "https":
        wrong = "error:0A00010B:SSL routines::wrong version number"
        return 35, f"TLS connect error: {wrong}" if run.is_new else f"OpenSSL/3.0.19: {wrong}"
    return (1, "Received HTTP/0.9 when not allowed") if got.speaks else (52, "Empty reply from server")


# --- telling -----------------------------------------------------------------------------------------------


def _told_of_connection(run: _Run, url: Url, got: Got) -> None:
    if not run.is_new:
        run.trace(f"*   Trying {got.address}:{url.port}...")
        run.trace(f"* Connected to {url.host} ({got.address}) port {url.port} (#0)")
        return
    if got.address != url.host:
        run.trace(f"* Host {url.host}:{url.port} was resolved.\n* IPv6: (none)\n* IPv4: {got.address}")
    run.trace(f"*   Trying {got.address}:{url.port}...")
    run.trace(f"* Connected to {url.host} ({got.address}) port {url.port}")


def _told_of_exchange(run: _Run, url: Url, got: Got, sent: tuple[str, Mapping[str, str], str]) -> None:
    method, headers, body = sent
    assert got.answer is not None
    if "v" not in run.line.flags:
        return
    if "user" in run.line.given:
        run.trace(f"* Server auth using Basic with user '{run.line.given['user']}'")
    if run.is_new:
        run.trace("* using HTTP/1.x")
    first = ["Host", "Authorization", "User-Agent", "Accept"]
    order = [*(name for name in first if name in headers), *(name for name in headers if name not in first)]
    shown = "".join(f"> {name}: {headers[name]}\r\n" for name in order)
    run.call.complain(f"> {method} {url.path} HTTP/1.1\r\n{shown}> \r\n")
    if run.is_new:
        run.trace("* upload completely sent off: " + f"{len(body)} bytes" if body else "* Request completely sent off")
    elif body:
        run.trace(f"}} [{len(body.encode())} bytes data]")
    for text in fetching.head_of(run.call, got.answer).strip().split("\r\n"):
        run.call.complain(f"< {text}\r\n")
    run.call.complain("< \r\n")


def _end(run: _Run, url: Url, got: Got, places: tuple[int, int]) -> int:
    """Print the answer and what -w asks for; returns the exit code."""
    answer, (position, hops) = got.answer, places
    assert answer is not None
    size = len(answer.body.encode())
    bad = answer.status >= 400 and bool(run.line.flags & {"f", "F"})
    if bad and "F" not in run.line.flags:
        run.meter(total=size)
        _end_meter(run)
        code = run.fail(22, f"The requested URL returned error: {answer.status}")
        _write_out(run, url, got, hops, code)
        return code
    head = fetching.head_of(run.call, answer) if run.line.flags & {"i", "I"} else ""
    body = "" if _method(run) == "HEAD" else answer.body
    if body and "v" in run.line.flags:
        run.trace(f"{{ [{size} bytes data]")
    if body:
        run.meter(size, run.sent, spent=got.took_ms / 1000)
    else:
        run.meter(total=size)
    _end_meter(run)
    run.trace(f"* Connection #0 to host {url.host} left intact")
    _deliver(run, head + body, position)
    code = run.fail(22, f"The requested URL returned error: {answer.status}") if bad else 0
    _write_out(run, url, got, hops, code)
    return code


def _deliver(run: _Run, text: str, position: int) -> None:
    if "dump" in run.line.given and position == 0:
        run.call.write(run.line.given["dump"], text.partition("\r\n\r\n")[0])
    if position < len(run.line.outputs):
        run.call.write(run.line.outputs[position], text)
    elif "O" in run.line.flags:
        run.call.write(run.line.urls[position].rpartition("/")[2] or "curl_response", text)
    else:
        run.call.say(text)


def _write_out(run: _Run, url: Url, got: Got, hops: int, code: int) -> None:
    form = run.line.given.get("write")
    if not form:
        return
    if form.startswith("@"):
        form = run.call.read(form[1:]) or ""
    answer = got.answer
    head = len(fetching.head_of(run.call, answer).encode()) if answer else 0
    total = got.took_ms / 1000
    values = {
        "http_code": f"{answer.status if answer else 0:03}",
        "response_code": f"{answer.status if answer else 0:03}",
        "size_download": str(len(answer.body.encode()) if answer and _method(run) != "HEAD" else 0),
        "size_header": str(head),
        "size_request": "0",
        "size_upload": str(run.sent),
        "speed_download": str(int(len(answer.body.encode()) / max(total, 0.001)) if answer else 0),
        "remote_ip": got.address if answer else "",
        "remote_port": str(url.port) if answer else "0",
        "local_ip": got.client.rpartition(":")[0] if answer else "",
        "local_port": got.client.rpartition(":")[2] if answer else "0",
        "num_connects": str(int(answer is not None)),
        "num_redirects": str(hops),
        "redirect_url": answer.headers.get("Location", "") if answer and "L" not in run.line.flags else "",
        "url_effective": url.text if answer or "://" in run.line.urls[0] else f"http://{run.line.urls[0]}/",
        "url": run.line.urls[0],
        "content_type": answer.type if answer else "",
        "scheme": url.scheme.upper() if not run.is_new else url.scheme,
        "method": _method(run),
        "exitcode": str(code),
        "errormsg": "",
        "http_version": "1.1" if answer else "0",
        "ssl_verify_result": "0",
        "time_namelookup": f"{total * 0.4:.6f}",
        "time_connect": f"{total * 0.7:.6f}" if answer else "0.000000",
        "time_appconnect": "0.000000" if url.scheme != "https" or not answer else f"{total * 0.8:.6f}",
        "time_pretransfer": f"{total * 0.8:.6f}" if answer else "0.000000",
        "time_starttransfer": f"{total * 0.95:.6f}" if answer else "0.000000",
        "time_redirect": "0.000000",
        "time_total": f"{total:.6f}",
        "stdout": "",
        "stderr": "",
        "onerror": "",
    }
    shown = re.sub(r"%\{([\w]+)\}", lambda found: values.get(found[1], ""), form)
    header = r"%header\{([\w-]+)\}"
    shown = re.sub(header, lambda found: answer.headers.get(found[1].title(), "") if answer else "", shown)
    shown = shown.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("%%", "%")
    run.call.say(shown)
