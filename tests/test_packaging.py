"""What the wheel would hold: every package, and every file of spec/ that is read at run time."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"

pytestmark = pytest.mark.skipif(not PROJECT.exists(), reason="not a checkout")


def test_every_package_is_listed() -> None:
    setuptools = tomllib.loads(PROJECT.read_text())["tool"]["setuptools"]
    there = {".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / "gossamer").rglob("__init__.py")}
    assert set(setuptools["packages"]) == there | {"gossamer.spec"}


def test_every_file_of_the_specification_is_shipped() -> None:
    patterns = tomllib.loads(PROJECT.read_text())["tool"]["setuptools"]["package-data"]["gossamer.spec"]
    for path in (ROOT / "spec").rglob("*"):
        if path.is_file():
            name = path.relative_to(ROOT / "spec").as_posix()
            assert any(fnmatch(name, p) or fnmatch(name, p.removeprefix("**/")) for p in patterns), name


@pytest.mark.parametrize("name", ["ir", "frontends", "passes", "backends"])
def test_the_front_doors_are_relative_links(name: str) -> None:
    assert (ROOT / name).is_symlink()
    assert (ROOT / name).readlink() == Path("gossamer") / name
