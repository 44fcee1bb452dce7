"""How work and memory grow with the program, counted in calls and objects, never by a clock: close to linearly."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import gossamer
from gossamer.compiled import CompiledProgram
from gossamer.ir import text as gsm
from gossamer.ir.program import Conditional, Gate

_SCALE = Path(__file__).parents[1] / "benchmarks" / "scale.py"
#: The steepest slope of log(calls) over log(gates).
MAX_EXPONENT = 1.2


def _scale() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scale", _SCALE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compile(shape: str, gates: int, qubits: int = 24) -> CompiledProgram:
    return gossamer.compile(_scale().source(shape, gates, qubits), "4", effort=0)


def _calls(shape: str, gates: int) -> int:
    """How many functions, compiled ones of Python included, are called by a compile."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        _compile(shape, gates)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", ["random", pytest.param("adder", marks=pytest.mark.nightly)])
def test_calls_grow_with_the_gates_and_hardly_faster(shape: str) -> None:
    _compile(shape, 50)  # what is imported and compiled once
    few, many = _calls(shape, 300), _calls(shape, 1200)
    assert math.log(many / few) / math.log(4) < MAX_EXPONENT


def test_equal_gates_are_one_object() -> None:
    for program in _compile("random", 600).programs:
        gates = [
            gate
            for op in program.instructions
            for gate in (op.body if isinstance(op, Conditional) else (op,) if isinstance(op, Gate) else ())
            if gate.angle is None
        ]
        distinct = {id(gate): (gate.name, gate.qubits) for gate in gates}
        assert len(distinct) == len(set(distinct.values())) < len(gates) / 3


def test_texts_come_in_pieces_of_bounded_length(monkeypatch: pytest.MonkeyPatch) -> None:
    program = _compile("random", 300)
    assert program.placed is not None
    whole = gsm.print_text(program.placed)
    monkeypatch.setattr(gsm, "_MANY_LINES", 50)
    pieces = list(gsm.text_pieces(program.placed))
    assert "".join(pieces) == whole
    assert max(piece.count("\n") for piece in pieces) <= 51
