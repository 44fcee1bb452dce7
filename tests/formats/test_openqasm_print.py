"""A program for one node, printed as plain OpenQASM, is read by others and means what the source means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from gossamer import compile, convert
from gossamer.conformance.strategies import circuits
from gossamer.diagnostics import InputError
from gossamer.formats.openqasm_print import print_openqasm3
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.diagram import Diagram
from gossamer.ir.semantics import branches

SOURCES = [
    'include "qelib1.inc"; qreg q[3]; h q[0]; cx q[0],q[1]; ccx q[0],q[1],q[2]; rz(0.3) q[1]; rzz(pi/8) q[0],q[2];',
    'include "qelib1.inc"; qreg a[2]; qreg b[2]; swap a[0],b[1]; h a[1]; swap a[1],b[1]; t b[0]; cx b[0],b[1];',
    'include "qelib1.inc"; qreg q[3]; creg c[2]; creg d[1]; h q[0]; measure q[0] -> c[1]; if (c == 2) x q[1]; h q[1]; measure q[1] -> d[0]; if (d == 0) z q[2];',
    'include "qelib1.inc"; qreg q[4]; creg c[2]; h q; measure q[0] -> c[0]; measure q[1] -> c[1]; if (c == 1) rx(pi/3) q[2]; if (c == 2) cu1(pi/8) q[2],q[3];',
    'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; reset q; h q[0]; cx q[0], q[1]; c = measure q;',
    'OPENQASM 3.0; include "stdgates.inc"; qubit q; qubit[2] gate_; bit[2] x; h q; x[1] = measure q; reset q; if (x[1]) { h q; cx q, gate_[0]; } swap q, gate_[1];',
    'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; reset q; swap q[0], q[2]; x q[0]; h q[1]; x q[1]; h q[1];',
    "OPENQASM 3.0; qubit[2] q;",
    'OPENQASM 3.0; include "stdgates.inc"; bit[3] c; qubit[2] q; h q[0]; c[2] = measure q[0]; reset q[0]; c[0] = measure q[0]; measure q[1];',
]


def meaning(diagram: Diagram, names: list[str]) -> dict[tuple[int, ...], np.ndarray]:
    """The state of the outputs for each value of the registers ``names``, from a random product state."""
    rng = np.random.default_rng(3)
    column = np.ones(1)
    for _ in diagram.inputs:
        column = np.kron(column, rng.normal(size=2) + 1j * rng.normal(size=2))
    out: dict[tuple[int, ...], np.ndarray] = {}
    for bits, matrix in branches(diagram, column):
        values = {r.name: [int(e.evaluate(bits)) for e in r.bits] for r in diagram.registers}
        key = tuple(x for name in names for x in values[name])
        out[key] = out.get(key, 0) + matrix.reshape(-1, 1) @ matrix.reshape(1, -1).conj()
    total = sum(np.trace(m).real for m in out.values())
    return {key: m / total for key, m in out.items()}


def check(source: str, version: int) -> str:
    text = convert(source, f"qasm{version}")
    again, wanted = read_qasm(text), read_qasm(source)
    names = [r.name for r in wanted.registers]
    assert {r.name for r in again.registers} >= set(names)
    ours, theirs = meaning(wanted, names), meaning(again, names)
    assert again.output_names == wanted.output_names or len(again.output_names) == len(wanted.output_names)
    for key in {*ours, *theirs}:
        assert np.allclose(ours.get(key, 0), theirs.get(key, 0), atol=1e-9), (text, key)
    return text


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("version", [2, 3])
def test_round_trip(source: str, version: int) -> None:
    text = check(source, version)
    if version == 2:
        import pyzx
        from pytket.qasm import circuit_from_qasm_str
        from qiskit import qasm2

        assert qasm2.loads(text).num_qubits
        circuit_from_qasm_str(text)
        if "reset" not in text:  # which pyzx does not know
            pyzx.Circuit.from_qasm(text)
    else:
        import openqasm3
        import pyqasm
        from qiskit import qasm3

        assert openqasm3.parse(text).statements
        assert qasm3.loads(text).num_qubits
        pyqasm.loads(text).validate()


@given(circuits(max_wires=3, max_gates=10))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_round_trip_of_drawn_circuits(circuit) -> None:  # type: ignore[no-untyped-def]
    for version in (2, 3):
        check(circuit.qasm(), version)


def test_names_stay() -> None:
    text = convert(
        'include "qelib1.inc"; qreg a[2]; qreg b[1]; creg c[1]; cx a[1],b[0]; measure b[0] -> c[0];', "qasm2"
    )
    assert "qreg a[2];\nqreg b[1];\ncreg c[1];" in text
    assert "cx a[1], b[0];\nmeasure b[0] -> c[0];" in text


@pytest.mark.clause("PR-11")
def test_programs_of_several_nodes_are_refused() -> None:
    made = compile(SOURCES[0], "3:qubits=1", check=False)
    with pytest.raises(InputError) as caught:
        print_openqasm3(made.distribution)
    assert caught.value.code == "PR-11"
