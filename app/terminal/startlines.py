"""What the programs of known images print when they start, in their own formats."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.cluster import state
from app.kinds import images
from app.machinery.objects import Object

Lines = Callable[[Object, Mapping[str, Any], float], list[str]]


def lines(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    """Return what a container of that image prints when it starts at the moment; nothing for images nobody knows."""
    image = images.known(str(container.get("image") or ""))
    repository = images.parse_name(str(container.get("image") or "")).repository
    if image is None:
        return []
    make = _BY_PAGE.get(image.page) or _BY_NAME.get(repository.rpartition("/")[2])
    return make(pod, container, at) if make is not None else []


def utc(at: float, form: str) -> str:
    """Write a moment in a strftime format, in UTC."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime(form)


def klog(at: float) -> str:
    """Return the head of an informational klog line of Go's standard log, as agnhost redirects it."""
    return f"{utc(at, 'I%m%d %H:%M:%S.%f')}       1 log.go:245] "


def ports_of(container: Mapping[str, Any]) -> list[str]:
    """Return the ports that the container's program listens on, `8080` or `8081/udp`, in its own order."""
    found = images.listeners({"spec": {"containers": [container]}})
    return [str(one.port) if one.protocol == "TCP" else f"{one.port}/{one.protocol.lower()}" for one in found]


def _version(container: Mapping[str, Any], default: str) -> str:
    tag = images.parse_name(str(container.get("image") or "")).tag
    found = re.match(r"v?(\d+\.\d+\.\d+)", tag)
    return found[1] if found else default


def _nginx(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    head = f"{utc(at, '%Y/%m/%d %H:%M:%S')} [notice] 1#1: "
    start = "/docker-entrypoint.sh: "
    folder = "/docker-entrypoint.d/"
    ipv6 = "10-listen-on-ipv6-by-default.sh: info: "
    return [
        f"{start}{folder} is not empty, will attempt to perform configuration",
        f"{start}Looking for shell scripts in {folder}",
        f"{start}Launching {folder}10-listen-on-ipv6-by-default.sh",
        f"{ipv6}Getting the checksum of /etc/nginx/conf.d/default.conf",
        f"{ipv6}Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf",
        f"{start}Sourcing {folder}15-local-resolvers.envsh",
        f"{start}Launching {folder}20-envsubst-on-templates.sh",
        f"{start}Launching {folder}30-tune-worker-processes.sh",
        f"{start}Configuration complete; ready for start up",
        f'{head}using the "epoll" event method',
        f"{head}nginx/{_version(container, '1.29.3')}",
        f"{head}OS: Linux 6.12.0",
        f"{head}getrlimit(RLIMIT_NOFILE): 1048576:1048576",
        f"{head}start worker processes",
        f"{head}start worker process 29",
    ]


def _httpd(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    address = next(iter(state.pod_ips(pod)), "127.0.0.1")
    moment = utc(at, "%a %b %d %H:%M:%S.%f %Y")
    unnamed = (
        "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using "
        f"{address}. Set the 'ServerName' directive globally to suppress this message"
    )
    return [
        unnamed,
        unnamed,
        f"[{moment}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/{_version(container, '2.4.65')} (Unix) configured "
        "-- resuming normal operations",
        f"[{moment}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'",
    ]


def _redis(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    moment = utc(at, "%d %b %Y %H:%M:%S.%f")[:-3]
    port = (ports_of(container) or ["6379"])[0]
    return [
        f"1:C {moment} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        f"1:C {moment} * Redis version={_version(container, '8.2.1')}, bits=64, commit=00000000, modified=0, pid=1, "
        "just started",
        f"1:C {moment} # Warning: no config file specified, using the default config. In order to specify a config "
        "file use redis-server /path/to/redis.conf",
        f"1:M {moment} * monotonic clock: POSIX clock_gettime",
        f"1:M {moment} * Running mode=standalone, port={port}.",
        f"1:M {moment} * Server initialized",
        f"1:M {moment} * Ready to accept connections tcp",
    ]


def _postgres(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    head = f"{utc(at, '%Y-%m-%d %H:%M:%S.%f')[:-3]} UTC [1] LOG:  "
    port = (ports_of(container) or ["5432"])[0]
    return [
        "",
        "PostgreSQL init process complete; ready for start up.",
        "",
        f"{head}starting PostgreSQL {_version(container, '18.0')} on x86_64-pc-linux-gnu, compiled by gcc, 64-bit",
        f'{head}listening on IPv4 address "0.0.0.0", port {port}',
        f'{head}listening on IPv6 address "::", port {port}',
        f'{head}listening on Unix socket "/var/run/postgresql/.s.PGSQL.{port}"',
        f"{head}database system is ready to accept connections",
    ]


def _mysql(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    moment = utc(at, "%Y-%m-%dT%H:%M:%S.%fZ")
    version, port = _version(container, "9.4.0"), (ports_of(container) or ["3306"])[0]
    return [
        f"{utc(at, '%Y-%m-%d %H:%M:%S+00:00')} [Note] [Entrypoint]: Entrypoint script for MySQL Server {version}-1.el9 "
        "started.",
        f"{moment} 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld {version}) starting as process 1",
        f"{moment} 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '{version}'  "
        f"socket: '/var/run/mysqld/mysqld.sock'  port: {port}  MySQL Community Server - GPL.",
    ]


def _agnhost(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    words = [str(word) for word in [*(container.get("command") or ()), *(container.get("args") or ())]]
    role = next((word for word in words if not word.endswith("agnhost")), "pause")
    ports, head = ports_of(container), klog(at)
    tcp = [port for port in ports if "/" not in port]
    if role == "netexec":
        udp = [port.partition("/")[0] for port in ports if "/" in port]
        return [
            *(f"{head}Started HTTP server on port {port}" for port in tcp),
            *(f"{head}Started UDP server on port  {port}" for port in udp),
        ]
    if role == "serve-hostname":
        return [f"{head}Serving on port {port.partition('/')[0]}." for port in ports]
    return ["Paused"] if role == "pause" else []


def _http_echo(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    port = (ports_of(container) or ["5678"])[0]
    return [f"{utc(at, '%Y/%m/%d %H:%M:%S')} [INFO] server is listening on :{port}"]


def _whoami(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    port = (ports_of(container) or ["80"])[0]
    return [f"{utc(at, '%Y/%m/%d %H:%M:%S')} Starting up on port {port}"]


def _hello(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    port = (ports_of(container) or ["8080"])[0]
    return [f"{utc(at, '%Y/%m/%d %H:%M:%S')} Server listening on port {port}"]


def _bootcamp(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    name = str((pod.get("metadata") or {}).get("name"))
    return [
        f"Kubernetes Bootcamp App Started At: {utc(at, '%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z | Running On:  {name} ",
        "",
    ]


def _coredns(pod: Object, container: Mapping[str, Any], at: float) -> list[str]:
    return [
        ".:53",
        "[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961"
        "c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908",
        f"CoreDNS-{_version(container, '1.12.1')}",
        "linux/amd64, go1.24.1, 707c7c1",
    ]


_BY_PAGE: Mapping[str, Lines] = {
    "nginx": _nginx,
    "httpd": _httpd,
    "agnhost": _agnhost,
    "http-echo": _http_echo,
    "bootcamp": _bootcamp,
    "hello": _hello,
}
_BY_NAME: Mapping[str, Lines] = {
    "redis": _redis,
    "valkey": _redis,
    "postgres": _postgres,
    "mysql": _mysql,
    "whoami": _whoami,
    "coredns": _coredns,
}
