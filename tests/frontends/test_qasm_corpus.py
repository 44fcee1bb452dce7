"""Real files: what other readers accept is accepted, the benchmark circuits are read quickly, broken files are refused cleanly."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from gossamer.diagnostics import GossamerError
from gossamer.frontends.qasm import read_qasm

SHARED = Path(__file__).resolve().parents[3] / "shared"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus of circuits is not beside the checkout")

#: Valid for other readers, refused here with reason: the code says which.
REFUSED = {
    "Qiskit+qiskit__test_python_qasm2_test_circuit_methods__test_opaque_gate_L205.qasm": "QASM-14",
    "Qiskit+qiskit__test_python_qasm2_test_export__test_opaque_output_L741.qasm": "QASM-14",
    "Qiskit+qiskit__test_python_qasm2_test_structure__test_can_define_builtin_as_opaque_L1589.qasm": "QASM-14",
    "Qiskit+qiskit__test_python_qasm2_test_structure__test_simple_L745.qasm": "QASM-14",
    "Qiskit+qiskit__test_python_qasm2_test_structure__test_broadcast_against_empty_register_L212.qasm": "QASM-6",
    "Qiskit+qiskit__test_python_qasm2_test_structure__test_conditioned_broadcast_against_empty_register_L1006.qasm": "QASM-6",
}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def test_valid_openqasm2_files_are_read() -> None:
    rows = [r for r in _rows(SHARED / "corpus/manifest.csv") if r["kind"] == "qasm2" and r["label"] == "valid"]
    assert len(rows) > 300
    refused = {}
    for row in rows:
        path = SHARED / "corpus" / row["path"]
        try:
            diagram = read_qasm(_text(path), path.name)
        except GossamerError as error:
            refused[path.name] = error.code
            continue
        assert diagram.num_vertices >= len(diagram.inputs)
    assert refused == REFUSED


def test_benchmark_circuits_are_read_quickly() -> None:
    files = sorted((SHARED / "baselines/qasm").glob("*.qasm"))
    assert len(files) > 20
    for path in files:
        text = _text(path)
        start = time.perf_counter()
        diagram = read_qasm(text, path.name)
        assert time.perf_counter() - start < 6, path.name  # about one second on an idle machine
        assert len(diagram.inputs) == int(path.stem.split("_")[-1])


def _accepted(rows: list[dict[str, str]]) -> tuple[int, list[str]]:
    refused = []
    for row in rows:
        path = SHARED / "corpus" / row["path"]
        try:
            read_qasm(_text(path), path.name, folder=path.parent)
        except GossamerError:
            refused.append(path.name)
    return len(rows) - len(refused), refused


def test_openqasm3_files_are_read() -> None:
    rows = [
        r for r in _rows(SHARED / "corpus/manifest.csv") if r["kind"] == "qasm3" and r["negative_test_context"] == "0"
    ]
    valid = [r for r in rows if r["label"] == "valid"]
    assert len(valid) == 144
    assert _accepted(valid) == (144, [])
    disputed = [r for r in rows if r["label"] == "disputed"]
    accepted, refused = _accepted(disputed)
    assert accepted >= 0.9 * len(disputed), refused


def test_official_examples_with_a_finite_meaning() -> None:
    folder = SHARED / "corpus/qasm3/openqasm"
    for name in ("arrays", "cphase", "dd", "qec", "qpt", "rb", "teleport", "varteleport"):
        read_qasm(_text(folder / f"examples__{name}.qasm")).verify()
    for name in ("gateteleport", "msd", "rus", "scqec", "t1", "vqe"):
        with pytest.raises(GossamerError):
            read_qasm(_text(folder / f"examples__{name}.qasm"))
