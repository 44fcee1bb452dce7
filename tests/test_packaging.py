"""What the wheel would hold: every package, and every file of spec/ that is read at run time."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"

pytestmark = pytest.mark.skipif(not PROJECT.exists(), reason="not a checkout")


def _setuptools() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(PROJECT.read_text())["tool"]["setuptools"]
    return found


def test_every_package_is_listed() -> None:
    listed = set(_setuptools()["packages"])
    code = {".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / "gossamer").rglob("__init__.py")}
    assert listed == code | {"gossamer.ir.presets", "gossamer.spec", "gossamer.spec.grammar", "gossamer.spec.vectors"}


@pytest.mark.parametrize(
    ("folder", "package"), [("spec", "gossamer.spec"), ("gossamer/ir/presets", "gossamer.ir.presets")]
)
def test_every_file_that_is_read_at_run_time_is_shipped(folder: str, package: str) -> None:
    found, data = 0, _setuptools()["package-data"]
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            name = ".".join((package, *path.parent.relative_to(ROOT / folder).parts))
            assert name in _setuptools()["packages"]
            assert any(fnmatch(path.name, pattern) for pattern in data[name]), path
            found += 1
    assert found


@pytest.mark.parametrize("name", ["ir", "frontends", "passes", "backends"])
def test_the_front_doors_are_relative_links(name: str) -> None:
    assert (ROOT / name).is_symlink()
    assert (ROOT / name).readlink() == Path("gossamer") / name
