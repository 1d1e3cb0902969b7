"""`podlane serve` says where it is, says in a sentence why it cannot serve, and ends cleanly when asked."""

import json
import socket
import stat
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from app import cli
from tests.served import served

PODLANE = Path(sys.executable).parent / "podlane"


def complaint(*arguments: str, status: int) -> str:
    done = subprocess.run([str(PODLANE), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_prints_its_address_answers_there_and_exits_0_on_sigterm(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as running:
        with urllib.request.urlopen(f"{running.url}/healthz") as answer:
            assert answer.status == 200
        assert running.stop() == 0
    assert (tmp_path / "podlane.db").is_file()


def test_an_open_stream_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as running:
        request = urllib.request.Request(f"{running.url}/api/v1/playgrounds", data=b"{}", method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            made = json.load(answer)
        stream = urllib.request.Request(f"{running.url}/api/v1/playgrounds/{made['id']}/entries")
        stream.add_header("Authorization", f"Bearer {made['view_key']}")
        with urllib.request.urlopen(stream) as lines:
            assert lines.readline()
            rest = threading.Thread(target=lines.read)
            rest.start()
            assert running.stop() == 0
            rest.join(5)
            assert not rest.is_alive()
        assert "Cancel" not in running.log.read_text()


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = complaint("serve", "--port", str(port), status=1)
    assert f"Port {port} on 127.0.0.1 is already in use." in told
    assert f"--port {port + 1}" in told


@pytest.mark.parametrize(
    ("arguments", "told", "status"),
    [
        (("serve", "--port", "70000"), "from 0 to 65535", 2),
        (("serve", "--port", "many"), "invalid int value", 2),
        (("serve", "--database-url", "here.db"), "sqlite:///path.db", 2),
        (("serve", "--host", "192.0.2.1", "--port", "0"), "Give an address of this machine", 1),
        (("dance",), "invalid choice", 2),
    ],
)
def test_a_wrong_option_is_refused_with_what_to_write(arguments: tuple[str, ...], told: str, status: int) -> None:
    assert told in complaint(*arguments, status=status)


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    cli.make_data_folder(f"sqlite:///{tmp_path}/new/deep/podlane.db")
    assert (tmp_path / "new" / "deep").is_dir()


def test_migrating_twice_is_migrating_once(tmp_path: Path) -> None:
    for _ in range(2):
        assert cli.main(["migrate", "--database-url", f"sqlite:///{tmp_path}/podlane.db"]) == 0
    assert (tmp_path / "podlane.db").is_file()


def test_a_place_that_cannot_hold_the_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch(stat.S_IRUSR)
    told = complaint("serve", "--port", "0", "--database-url", f"sqlite:///{tmp_path}/file/x.db", status=1)
    assert "Choose another place" in told


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("lab.example", "http://lab.example:8000"),
    ],
)
def test_the_address_can_be_opened_as_printed(host: str, url: str) -> None:
    assert cli.address(host, 8000) == url
