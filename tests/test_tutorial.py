"""The tutorial is true: each command that it shows runs in a shell, and prints what the page says that it prints."""

from __future__ import annotations

import difflib
import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"


def commands(page: str) -> list[tuple[str, str]]:
    """Each command of the page's console blocks, and the output that stands below it."""
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    return [
        (command, shown)
        for block in blocks
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]


def output(command: str, folder: Path) -> str:
    """What a terminal shows, standard error included."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if command.startswith("python"):
        environment["NUMBA_DISABLE_JIT"] = "1"  # graphix would compile its simulators, which nothing here needs
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, check=False, text=True, timeout=600,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def test_each_command_prints_what_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    found = commands(PAGE.read_text(encoding="utf-8"))
    assert len(found) > 20
    same = doctest.OutputChecker()
    for command, shown in found:
        printed = output(command, tmp_path)
        assert same.check_output(shown, printed, doctest.ELLIPSIS), f"$ {command}\n" + "\n".join(
            difflib.ndiff(shown.splitlines(), printed.splitlines())
        )


def test_every_block_of_the_page_is_executed() -> None:
    """A block in another language would be shown and never tried."""
    assert set(re.findall(r"^```(\S+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)) == {"console"}
