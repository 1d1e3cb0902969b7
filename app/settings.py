"""How this process was told to run: environment and command line become one frozen Settings."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})


class SettingsError(ValueError):
    """A setting that cannot be understood; its text tells the reader what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between two installations."""

    database_url: str
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    public: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"The port must be a number from 0 to 65535, not {self.port}.")
        if "://" not in self.database_url:
            raise SettingsError(
                f"{self.database_url!r} is no database URL. "
                "Write sqlite:///path.db or postgresql+psycopg://user@host/name."
            )


def from_environment(environment: Mapping[str, str], platform: str = sys.platform) -> Settings:
    """Reads PODLANE_HOST, PODLANE_PORT, PODLANE_DATABASE_URL and PODLANE_PUBLIC; what is absent has its default."""
    return Settings(
        database_url=environment.get("PODLANE_DATABASE_URL") or default_database_url(environment, platform),
        host=environment.get("PODLANE_HOST") or DEFAULT_HOST,
        port=port(environment.get("PODLANE_PORT") or str(DEFAULT_PORT)),
        public=truth("PODLANE_PUBLIC", environment.get("PODLANE_PUBLIC", "")),
    )


def port(text: str) -> int:
    """Reads a port number as people type it."""
    try:
        return int(text)
    except ValueError:
        raise SettingsError(f"The port must be a number from 0 to 65535, not {text!r}.") from None


def truth(name: str, text: str) -> bool:
    """Reads a yes or no; anything else is refused rather than guessed."""
    word = text.strip().lower()
    if word not in YES | NO:
        raise SettingsError(f"{name} must be 1 or 0, not {text!r}.")
    return word in YES


def default_database_url(environment: Mapping[str, str], platform: str) -> str:
    """The SQLite file in the folder where this platform keeps a user's program data."""
    return f"sqlite:///{data_folder(environment, platform) / 'podlane.db'}"


def data_folder(environment: Mapping[str, str], platform: str) -> Path:
    """The folder for a user's program data: XDG on Linux, Application Support on macOS, LOCALAPPDATA on Windows."""
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    if platform == "darwin":
        return home / "Library" / "Application Support" / "Podlane"
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Podlane"
    # The XDG specification has relative paths ignored.
    told = Path(environment.get("XDG_DATA_HOME") or "")
    return (told if told.is_absolute() else home / ".local" / "share") / "podlane"


def sqlite_file(database_url: str) -> Path | None:
    """The file that an SQLite URL names; None for a database in memory or on a server."""
    scheme, _, rest = database_url.partition("://")
    if scheme.partition("+")[0] != "sqlite":
        return None
    path = rest.partition("?")[0].removeprefix("/")
    return None if path in ("", ":memory:") else Path(path)
