"""What the page loads is there, with the licences of everything that went into it."""

from pathlib import Path

import pytest

from tools import vendor

SERVED = (*vendor.COPIES.values(), "editor.js", "editor.d.ts", "LICENSES.txt", ".stamp")


@pytest.mark.parametrize("name", SERVED)
def test_setup_put_each_library_where_the_page_looks(name: str) -> None:
    assert (vendor.VENDOR / name).is_file()


@pytest.mark.parametrize(
    ("path", "package"),
    [("htmx.org/dist/htmx.esm.min.js", "htmx.org"), ("@codemirror/view/dist/index.js", "@codemirror/view")],
)
def test_a_file_belongs_to_its_package(path: str, package: str) -> None:
    assert vendor.package_of(path) == package


def test_everything_served_comes_with_its_licence() -> None:
    text = (vendor.VENDOR / "LICENSES.txt").read_text()
    served = {vendor.package_of(source) for source in vendor.COPIES} | {"@codemirror/view", "@lezer/yaml", "codemirror"}
    assert not [package for package in served if f"{package} " not in text]


def test_a_package_without_a_licence_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "package.json").write_text('{"version": "1.0.0"}')
    monkeypatch.setattr(vendor, "MODULES", tmp_path)
    with pytest.raises(SystemExit, match="without a licence"):
        vendor.licences({"bare"})


def test_the_editor_is_one_copy_without_outside_imports() -> None:
    text = (vendor.VENDOR / "editor.js").read_text()
    assert "setDiagnostics" in text
    assert 'from"@' not in text


def test_node_modules_is_what_the_lock_says() -> None:
    assert vendor.installed()[0] == vendor.fingerprint()
