"""The `podlane` command: reads its options, binds the port and serves until told to stop; or migrates."""

import argparse
import dataclasses
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

import uvicorn

from app import settings

DRAIN_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})


class CannotServe(Exception):
    """Serving cannot begin; the text says why and what to do."""


class Server(uvicorn.Server):
    """Says where it is once it serves; on SIGTERM it ends open streams, lets requests finish and exits 0."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], drain: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready
        self.drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.drain()
        await super().shutdown(sockets)

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Asks for the end, also before serving began.

        uvicorn raises the signal again after it has drained; the default handler would then end us with 143.
        """
        self.should_exit = True


def serve(chosen: settings.Settings) -> None:
    """Serves until SIGTERM or Ctrl-C; everything acknowledged by then is stored."""
    with listen(chosen.host, chosen.port) as listener:
        make_data_folder(chosen.database_url)
        # Imported late: a taken port or an unknown option is told at once.
        from app import main

        port = listener.getsockname()[1]
        app = main.create_app(dataclasses.replace(chosen, port=port))
        config = uvicorn.Config(
            app,
            # uvicorn's own choice refuses the subprotocol header of `kubectl port-forward`.
            ws="wsproto",
            # A line of the usual access log holds the path, and so a playground's key.
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        server = Server(
            config,
            ready=lambda: print(f"Podlane is ready: {address(chosen.host, port)}", flush=True),
            drain=getattr(app.state, "drain", lambda: None),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.ask_to_stop)
        server.run(sockets=[listener])


def migrate(chosen: settings.Settings) -> None:
    """Brings the database to the newest migration and ends; serving does it as well, this is for before many serve."""
    make_data_folder(chosen.database_url)
    from app.store import database

    database.Database(chosen.database_url).close()
    print("The database is at the newest version.")


def address(host: str, port: int) -> str:
    """The URL to open in a browser on this machine."""
    shown = settings.DEFAULT_HOST if host in EVERY_ADDRESS else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Opens the port, or says in a sentence why it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as problem:
        raise CannotServe(why_not(problem, host, port)) from problem


def why_not(problem: OSError, host: str, port: int) -> str:
    """What to do about a port that does not open."""
    if problem.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is already in use. If Podlane runs there already, open {address(host, port)}; "
            f"otherwise choose another port: podlane serve --port {port + 1 if port < 65535 else 8001}"
        )
    if problem.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be opened by this user. Choose one above 1023: podlane serve --port 8000"
    # Python adds the address in parentheses, which the sentence already has.
    words = (problem.strerror or str(problem)).partition(" (")[0]
    return f"Cannot listen on {host}, port {port}: {words}. Give an address of this machine with --host."


def make_data_folder(database_url: str) -> None:
    """Makes the folder of an SQLite file, so that the first start needs no preparation."""
    file = settings.sqlite_file(database_url)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CannotServe(
            f"The folder {file.parent} for the database cannot be made: {problem.strerror}. "
            "Choose another place: podlane serve --database-url sqlite:///path.db"
        ) from problem


def parser() -> argparse.ArgumentParser:
    """The options, each of which may be given as an environment variable instead."""
    root = argparse.ArgumentParser(prog="podlane", description="A visual playground for Kubernetes Service networking.")
    commands = root.add_subparsers(dest="command", required=True, metavar="command")
    serving = commands.add_parser("serve", help="start Podlane and print its address")
    serving.add_argument("--host", help=f"address to listen on (PODLANE_HOST, default {settings.DEFAULT_HOST})")
    serving.add_argument("--port", type=int, help=f"port to listen on (PODLANE_PORT, default {settings.DEFAULT_PORT})")
    migrating = commands.add_parser("migrate", help="bring the database to the newest version and end")
    for command in (serving, migrating):
        command.add_argument(
            "--database-url",
            help="sqlite:///path.db or postgresql+psycopg://… (PODLANE_DATABASE_URL, default: a file in your data folder)",
        )
    return root


COMMANDS: Mapping[str, Callable[[settings.Settings], None]] = {"serve": serve, "migrate": migrate}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    given = vars(parser().parse_args(arguments))
    command = COMMANDS[given.pop("command")]
    told = {name: value for name, value in given.items() if value is not None}
    try:
        command(dataclasses.replace(settings.from_environment(os.environ), **told))
    except settings.SettingsError as problem:
        print(f"podlane: {problem}", file=sys.stderr)
        return 2
    except CannotServe as problem:
        print(f"podlane: {problem}", file=sys.stderr)
        return 1
    return 0
