"""The pages of the servers that tutorials run: nginx, whoami, echo servers, podinfo, httpbin and their like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from app.cluster import state
from app.kinds import images
from app.machinery.objects import Object
from app.terminal import lines, messages, netexec, surroundings
from app.terminal.messages import Ask, Reply, Serving

Page = Callable[[Serving, Ask], Reply]

_NGINX = "1.29.3"
_HTML = "text/html"
_JSON = "application/json"


def answer(serving: Serving, ask: Ask) -> Reply:
    """Answer as the image's program does; a program nobody knows says which pod it is in."""
    return _PAGES.get(serving.page.partition(":")[0], _plain)(serving, ask)


def _plain(serving: Serving, ask: Ask) -> Reply:
    return _kind_of(serving.body if serving.file is None else serving.file)


def _kind_of(body: str, status: int = 200) -> Reply:
    return Reply(status, body, "text/html; charset=utf-8" if body.lstrip().startswith("<") else messages.PLAIN)


def _hostname(serving: Serving, ask: Ask) -> Reply:
    return Reply(200, surroundings.hostname(serving.pod))


def raw(pod: Object, container: str, text: str) -> str:
    """Answer text that comes over a bare TCP connection: a store's PING, or the name of the pod."""
    own = next((one for one in images.serving_containers(pod) if one.get("name") == container), {})
    if netexec.role_of(own) == "serve-hostname":
        return surroundings.hostname(pod)
    protocol = lines.protocol_of_image(str(own.get("image") or ""))
    return lines.talk(protocol, text) if protocol and text.strip() else ""


# --- servers of files --------------------------------------------------------------------------------------


def _type_of(path: str) -> str:
    bare = urlsplit(path).path
    ending = bare.rpartition(".")[2].lower() if "." in bare.rpartition("/")[2] else "html"
    kinds = {
        "html": _HTML,
        "htm": _HTML,
        "txt": "text/plain",
        "json": _JSON,
        "css": "text/css",
        "js": "text/javascript",
    }
    return kinds.get(ending, "application/octet-stream")


def _nginx(serving: Serving, ask: Ask) -> Reply:
    found = re.match(r"\d+\.\d+\.\d+", images.parse_name(serving.image).tag)
    server = f"nginx/{found[0] if found else _NGINX}"
    headers = {"Server": server, "Connection": "keep-alive"}
    if ask.method not in ("GET", "HEAD"):
        return Reply(405, _nginx_error(405, "Not Allowed", server), _HTML, headers)
    body = serving.file
    if body is None and urlsplit(ask.target).path in ("/", "/index.html"):
        body = _WELCOME
    if body is None:
        return Reply(404, _nginx_error(404, "Not Found", server), _HTML, headers)
    return Reply(200, body, _type_of(ask.target), {**headers, "Accept-Ranges": "bytes"})


def _nginx_error(status: int, title: str, server: str) -> str:
    return (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    )


_WELCOME = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
"""


def _httpd(serving: Serving, ask: Ask) -> Reply:
    headers = {"Server": "Apache/2.4.65 (Unix)"}
    body = serving.file
    if body is None and urlsplit(ask.target).path in ("/", "/index.html"):
        body = "<html><body><h1>It works!</h1></body></html>\n"
    if body is None:
        page = (
            '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n'
            "</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n"
        )
        return Reply(404, page, "text/html; charset=iso-8859-1", headers)
    return Reply(200, body, _type_of(ask.target), {**headers, "Accept-Ranges": "bytes"})


def _test_webserver(serving: Serving, ask: Ask) -> Reply:
    if serving.file is not None:
        return Reply(200, serving.file)
    if urlsplit(ask.target).path != "/":
        return Reply(404, "404 page not found\n")
    return Reply(200, "<!doctype html>\n<pre>\n</pre>\n", "text/html; charset=utf-8")


# --- servers that show who was asked what ------------------------------------------------------------------


def _address(serving: Serving) -> str:
    return next(iter(state.pod_ips(serving.pod)), "")


def _head(ask: Ask) -> list[str]:
    host = ask.headers.get("Host", "")
    others = sorted((name, text) for name, text in ask.headers.items() if name != "Host")
    first = [f"{ask.method} {ask.target} HTTP/1.1", f"Host: {host}"]
    return [*first, *(f"{name}: {text}" for name, text in others)]


def _whoami(serving: Serving, ask: Ask) -> Reply:
    path = urlsplit(ask.target).path
    if path == "/health":
        return Reply(200, "")
    lines = [
        f"Hostname: {surroundings.hostname(serving.pod)}",
        "IP: 127.0.0.1",
        "IP: ::1",
        f"IP: {_address(serving)}",
        f"RemoteAddr: {ask.client}",
        *_head(ask),
        "",
    ]
    return Reply(200, "".join(f"{line}\n" for line in lines))


def _echo(serving: Serving, ask: Ask) -> Reply:
    """Echo servers: the one of Kubernetes' tutorials by its two formats, all others as jmalloc's."""
    repository, tag = images.parse_name(serving.image).repository, images.parse_name(serving.image).tag
    if repository.endswith("echoserver"):
        return Reply(200, _old_echo(ask) if re.fullmatch(r"1\.[0-4]", tag) else _new_echo(serving, ask), "text/plain")
    if repository == "ealen/echo-server":
        return Reply(200, _as_json(_echoed(serving, ask), 0), _JSON)
    first, host, *others = _head(ask)
    shown = "\n".join([first, "", host, *others])
    body = f"\n{ask.body.decode('utf-8', 'replace')}\n" if ask.body else ""
    return Reply(200, f"Request served by {surroundings.hostname(serving.pod)}\n\n{shown}\n{body}", "text/plain")


def _lower(ask: Ask, indent: str) -> str:
    return "".join(f"{indent}{name.lower()}={text}\n" for name, text in sorted(ask.headers.items()))


def _old_echo(ask: Ask) -> str:
    path, _, query = ask.target.partition("?")
    return (
        f"CLIENT VALUES:\nclient_address={ask.client.rpartition(':')[0]}\ncommand={ask.method}\nreal path={ask.target}\n"
        f"query={query or 'nil'}\nrequest_version=1.1\nrequest_uri=http://{ask.headers.get('Host', '')}:8080{path}\n\n"
        f"SERVER VALUES:\nserver_version=nginx: 1.10.0 - lua: 10001\n\nHEADERS RECEIVED:\n{_lower(ask, '')}"
        f"BODY:\n{ask.body.decode('utf-8', 'replace') or '-no body in request-'}"
    )


def _new_echo(serving: Serving, ask: Ask) -> str:
    path, _, query = ask.target.partition("?")
    return (
        f"\n\nHostname: {surroundings.hostname(serving.pod)}\n\nPod Information:\n\t-no pod information available-\n\n"
        "Server values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n\nRequest Information:\n"
        f"\tclient_address={ask.client.rpartition(':')[0]}\n\tmethod={ask.method}\n\treal path={ask.target}\n"
        f"\tquery={query}\n\trequest_version=1.1\n\trequest_scheme=http\n"
        f"\trequest_uri=http://{ask.headers.get('Host', '')}:8080{path}\n\nRequest Headers:\n{_lower(ask, chr(9))}\n"
        f"Request Body:\n\t{ask.body.decode('utf-8', 'replace') or '-no body in request-'}\n\n"
    )


def _echoed(serving: Serving, ask: Ask) -> Mapping[str, object]:
    path, _, query = ask.target.partition("?")
    return {
        "host": {"hostname": ask.headers.get("Host", ""), "ip": ask.client.rpartition(":")[0], "ips": []},
        "http": {"method": ask.method, "baseUrl": "", "originalUrl": ask.target, "protocol": "http"},
        "request": {
            "params": {"0": path},
            "query": _query(query),
            "cookies": {},
            "body": {},
            "headers": {name.lower(): text for name, text in ask.headers.items()},
        },
        "environment": {"HOSTNAME": surroundings.hostname(serving.pod)},
    }


def _query(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


# --- demo programs -----------------------------------------------------------------------------------------


def _http_echo(serving: Serving, ask: Ask) -> Reply:
    headers = {"X-App-Name": "http-echo", "X-App-Version": "1.0.0"}
    if ask.target == "/health":
        return Reply(200, '{"status":"ok"}\n', _JSON)
    return Reply(200, serving.page.partition(":")[2] + "\n", headers=headers)


def _hello(serving: Serving, ask: Ask) -> Reply:
    name = images.parse_name(serving.image)
    if name.repository.endswith("node-hello"):
        return Reply(200, "Hello Kubernetes!", "")
    if not name.repository.endswith("hello-app"):
        title = f"<title>Hello Kubernetes!</title>\n<h1>Hello world!</h1>\n<p>pod: {surroundings.hostname(serving.pod)}</p>\n"
        return Reply(200, f"<!DOCTYPE html>\n{title}", "text/html; charset=utf-8")
    version = f"{name.tag}.0" if re.fullmatch(r"\d+\.\d+", name.tag) else "1.0.0"
    return Reply(200, f"Hello, world!\nVersion: {version}\nHostname: {surroundings.hostname(serving.pod)}\n")


def _bootcamp(serving: Serving, ask: Ask) -> Reply:
    version = images.parse_name(serving.image).tag.removeprefix("v")
    number = version if version.isdecimal() else "1"
    return Reply(
        200,
        f"Hello Kubernetes bootcamp! | Running on: {surroundings.hostname(serving.pod)} | v={number}\n",
        "text/plain",
    )


def _as_json(body: object, indent: int = 2) -> str:
    return json.dumps(body, indent=indent or None, separators=None if indent else (",", ":"))


def _podinfo(serving: Serving, ask: Ask) -> Reply:
    tag = images.parse_name(serving.image).tag
    version = tag if tag[:1].isdecimal() else "6.9.2"
    path = urlsplit(ask.target).path
    pages: Mapping[str, object] = {
        "/": {
            "hostname": surroundings.hostname(serving.pod),
            "version": version,
            "color": "#34577c",
            "message": f"greetings from podinfo v{version}",
            "goos": "linux",
            "goarch": "amd64",
            "runtime": "go1.25.1",
            "num_goroutine": "8",
            "num_cpu": "2",
        },
        "/healthz": {"status": "OK"},
        "/readyz": {"status": "OK"},
        "/version": {"commit": "unknown", "version": version},
        "/headers": {name: [text] for name, text in sorted(ask.headers.items())},
    }
    status = re.fullmatch(r"/status/([1-5]\d\d)", path)
    if status is not None:
        return Reply(int(status[1]), _as_json({"status": int(status[1])}), "application/json; charset=utf-8")
    if path == "/echo":
        return Reply(202, ask.body.decode("utf-8", "replace"))
    if path not in pages:
        return Reply(404, "404 page not found\n")
    return Reply(200, _as_json(pages[path]), "application/json; charset=utf-8")


def _httpbin(serving: Serving, ask: Ask) -> Reply:
    path, _, query = ask.target.partition("?")
    headers = dict(sorted(ask.headers.items()))
    origin = ask.client.rpartition(":")[0]
    url = f"http://{ask.headers.get('Host', '')}{ask.target}"
    seen = {"args": _query(query), "headers": headers, "origin": origin, "url": url}
    sent: dict[str, object] = {"data": ask.body.decode("utf-8", "replace"), "files": {}, "form": {}, "json": None}
    status = re.fullmatch(r"/status/([1-5]\d\d)", path)
    extra = {"Server": "gunicorn/19.9.0", "Access-Control-Allow-Origin": "*"}
    if status is not None:
        return Reply(int(status[1]), "", "text/html; charset=utf-8", extra)
    pages: Mapping[str, object] = {
        "/get": seen,
        "/post": {**seen, **sent},
        "/put": {**seen, **sent},
        "/anything": {**seen, **sent, "method": ask.method},
        "/ip": {"origin": origin},
        "/headers": {"headers": headers},
        "/user-agent": {"user-agent": ask.headers.get("User-Agent", "")},
    }
    if path == "/hostname":
        return Reply(200, _as_json({"hostname": surroundings.hostname(serving.pod)}) + "\n", _JSON, extra)
    if re.fullmatch(r"/delay/\d+(\.\d+)?", path):
        return Reply(200, _as_json(seen) + "\n", _JSON, extra)
    if path in ("/", "/index.html"):
        return Reply(200, "<!DOCTYPE html>\n<title>httpbin.org</title>\n", "text/html; charset=utf-8", extra)
    if path not in pages:
        body = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
        return Reply(404, body, "text/html; charset=utf-8", extra)
    return Reply(200, json.dumps(pages[path], indent=2, sort_keys=True) + "\n", _JSON, extra)


_PAGES: Mapping[str, Page] = {
    "nginx": _nginx,
    "httpd": _httpd,
    "hostname": _hostname,
    "serve-hostname": _hostname,
    "whoami": _whoami,
    "echo": _echo,
    "http-echo": _http_echo,
    "hello": _hello,
    "bootcamp": _bootcamp,
    "podinfo": _podinfo,
    "httpbin": _httpbin,
    "test-webserver": _test_webserver,
}
