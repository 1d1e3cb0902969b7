"""Settings come from the environment, have defaults that work, and refuse what they do not understand."""

import pytest

from app import settings

HOME = {"HOME": "/home/ada"}


def test_without_any_word_it_is_local_and_embedded() -> None:
    told = settings.from_environment(HOME, "linux")
    assert told == settings.Settings(
        database_url="sqlite:////home/ada/.local/share/podlane/podlane.db", host="127.0.0.1", port=8000, public=False
    )


@pytest.mark.parametrize(
    ("platform", "environment", "file"),
    [
        ("linux", HOME, "/home/ada/.local/share/podlane/podlane.db"),
        ("linux", {**HOME, "XDG_DATA_HOME": "/data"}, "/data/podlane/podlane.db"),
        ("linux", {**HOME, "XDG_DATA_HOME": "relative"}, "/home/ada/.local/share/podlane/podlane.db"),
        ("darwin", HOME, "/home/ada/Library/Application Support/Podlane/podlane.db"),
        ("win32", {**HOME, "LOCALAPPDATA": "/users/ada/local"}, "/users/ada/local/Podlane/podlane.db"),
    ],
)
def test_the_file_is_in_the_users_data_folder(platform: str, environment: dict[str, str], file: str) -> None:
    assert settings.from_environment(environment, platform).database_url == f"sqlite:///{file}"


def test_every_option_has_a_variable() -> None:
    told = settings.from_environment(
        {
            "PODLANE_HOST": "0.0.0.0",
            "PODLANE_PORT": "8080",
            "PODLANE_DATABASE_URL": "postgresql+psycopg://db/podlane",
            "PODLANE_PUBLIC": "1",
        }
    )
    assert told == settings.Settings("postgresql+psycopg://db/podlane", host="0.0.0.0", port=8080, public=True)


def test_an_empty_variable_is_an_absent_one() -> None:
    empty = dict.fromkeys(("PODLANE_HOST", "PODLANE_PORT", "PODLANE_DATABASE_URL", "PODLANE_PUBLIC"), "")
    assert settings.from_environment({**HOME, **empty}) == settings.from_environment(HOME)


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("PODLANE_PORT", "http", "'http'"),
        ("PODLANE_PORT", "65536", "65536"),
        ("PODLANE_PORT", "-1", "-1"),
        ("PODLANE_PUBLIC", "maybe", "PODLANE_PUBLIC must be 1 or 0"),
        ("PODLANE_DATABASE_URL", "podlane.db", "sqlite:///path.db"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_to_write(variable: str, text: str, told: str) -> None:
    with pytest.raises(settings.SettingsError, match=told):
        settings.from_environment({**HOME, variable: text})


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///podlane.db", "podlane.db"),
        ("sqlite:////data/podlane.db?timeout=5", "/data/podlane.db"),
        ("sqlite+pysqlite:///x/y.db", "x/y.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://db/podlane", None),
    ],
)
def test_the_file_of_a_url(url: str, file: str | None) -> None:
    found = settings.sqlite_file(url)
    assert (None if found is None else str(found)) == file
