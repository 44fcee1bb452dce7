"""Each file of ``golden/`` is refused with the very text beside it, which names the place, the problem and the way out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gossamer.diagnostics import InputError
from gossamer.frontends.qasm import read_qasm

FILES = sorted((Path(__file__).parent / "golden").glob("*.qasm"))
ROOT = Path(__file__).parents[2] / "gossamer"
MODULES = sorted(
    [
        *ROOT.glob("frontends/qasm*.py"),
        *ROOT.glob("formats/openqasm*.py"),
        ROOT / "frontends/qc.py",
        ROOT / "formats/grammar.py",
    ]
)


def test_there_are_enough() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_qasm(path.read_text(encoding="utf-8"), path.name)
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_place_problem_and_way_out(path: Path) -> None:
    """One line each: the message, the place, the line of the source, a caret under a word of it, and a help."""
    message, place, _, line, carets, help_line = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"error\[QASM-\d+\]: [^A-Z\s].*[^.!?]", message)
    found = re.fullmatch(rf" +--> {re.escape(path.name)}:(\d+):(\d+)", place)
    assert found is not None
    row, column = int(found[1]), int(found[2])
    source = path.read_text(encoding="utf-8").split("\n")[row - 1]
    assert line == f"{row} | {source}"
    start = len(f"{row} | ") + column - 1
    assert carets[start:].strip("^") == ""
    assert carets[start:]
    under = source[column - 1 : column - 1 + len(carets) - start]
    assert under == under.strip() or "end of file" in message
    assert re.fullmatch(r"help: [^A-Z\s].*[^.]", help_line)


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.stem)
def test_every_refusal_has_a_way_out(module: Path) -> None:
    """What a reader of OpenQASM raises has a help, whether a golden file shows it or not."""
    calls = [node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    raised = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("InputError", "UsageError")]
    without = [c.lineno for c in raised if not any(k.arg == "help" for k in c.keywords)]
    assert not without, f"{module.name}, lines {without}"
