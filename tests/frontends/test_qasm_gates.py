"""Each gate means what Qiskit says it means, also under a classical condition and inside a definition."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit
from qiskit.circuit import library as lib
from qiskit.quantum_info import Operator

from gossamer.frontends.qasm import read_qasm
from gossamer.frontends.qasm_gates import BUILT_IN, STANDARD
from tests.frontends.linear_map import assignments, linear_map, proportional

QISKIT = {
    "u3": lib.U3Gate, "u2": lib.U2Gate, "u1": lib.U1Gate, "u": lib.UGate, "U": lib.UGate, "p": lib.PhaseGate,
    "phase": lib.PhaseGate, "r": lib.RGate, "cx": lib.CXGate, "CX": lib.CXGate, "id": lib.IGate, "x": lib.XGate,
    "y": lib.YGate, "z": lib.ZGate, "h": lib.HGate, "s": lib.SGate, "sdg": lib.SdgGate, "t": lib.TGate,
    "tdg": lib.TdgGate, "rx": lib.RXGate, "ry": lib.RYGate, "rz": lib.RZGate, "sx": lib.SXGate, "sxdg": lib.SXdgGate,
    "cz": lib.CZGate, "cy": lib.CYGate, "ch": lib.CHGate, "ccx": lib.CCXGate, "crz": lib.CRZGate, "cu1": lib.CU1Gate,
    "cu3": lib.CU3Gate, "swap": lib.SwapGate, "iswap": lib.iSwapGate, "dcx": lib.DCXGate, "ecr": lib.ECRGate,
    "cp": lib.CPhaseGate, "cphase": lib.CPhaseGate, "cs": lib.CSGate, "csdg": lib.CSdgGate, "csx": lib.CSXGate,
    "crx": lib.CRXGate, "cry": lib.CRYGate, "cu": lib.CUGate, "rxx": lib.RXXGate, "ryy": lib.RYYGate, "rzz": lib.RZZGate,
    "rzx": lib.RZXGate, "ccz": lib.CCZGate, "cswap": lib.CSwapGate, "rccx": lib.RCCXGate, "rc3x": lib.RC3XGate,
    "rcccx": lib.RC3XGate, "c3x": lib.C3XGate, "c3sqrtx": lib.C3SXGate, "c4x": lib.C4XGate,
}  # fmt: skip
GATES = {**BUILT_IN, **STANDARD}
#: In multiples of pi/4: generic, right angles, beyond one turn (halves of which differ from halves of the reduced angle).
ANGLES = (
    [0.3, 1.7, -2.9, 0.4],
    [2, 1, 3, 0],
    [-2, 4, 0, 8],
    [8, 0, 0, 1],
    [9, 8, -8, 12],
    [4, 8, 12, 2],
    [16, 4, 4, 4],
)


def _unitary(name: str, angles: list[float]) -> np.ndarray:
    gate = GATES[name]
    if name == "u0":
        return np.eye(2)
    circuit = QuantumCircuit(gate.qubits)
    circuit.append(QISKIT[name](*[a * np.pi / 4 for a in angles[: gate.parameters]]), range(gate.qubits))
    return Operator(circuit.reverse_bits()).data


def _call(name: str, angles: list[float], qubits: str) -> str:
    given = ", ".join(f"{a}*pi/4" for a in angles[: GATES[name].parameters])
    return f"{name}({given}) {qubits};" if given else f"{name} {qubits};"


def _source(body: str, qubits: int) -> str:
    return f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{qubits}];\n{body}'


CASES = [(name, angles) for name, g in GATES.items() for angles in (ANGLES if g.parameters else ANGLES[:1])]


@pytest.mark.parametrize(("name", "angles"), CASES)
def test_gate_has_its_matrix(name: str, angles: list[float]) -> None:
    n = GATES[name].qubits
    places = ", ".join(f"q[{i}]" for i in range(n))
    d = read_qasm(_source(_call(name, angles, places), n))
    assert proportional(linear_map(d, {}), _unitary(name, angles))


@pytest.mark.parametrize("name", [name for name, g in GATES.items() if g.qubits <= 3])
def test_gate_in_a_definition_on_permuted_qubits(name: str) -> None:
    n, angles = GATES[name].qubits, ANGLES[0]
    formals = [f"a{i}" for i in range(n)]
    definition = f"gate mine(x, y) {', '.join(formals)} {{ {_scaled(name, angles, ', '.join(reversed(formals)))} }}"
    d = read_qasm(_source(f"{definition}\nmine(pi/2, pi) {', '.join(f'q[{i}]' for i in range(n))};", n))
    want = QuantumCircuit(n)
    want.unitary(Operator(_unitary(name, angles)).reverse_qargs(), range(n)[::-1])
    assert proportional(linear_map(d, {}), Operator(want.reverse_bits()).data)


def _scaled(name: str, angles: list[float], qubits: str) -> str:
    given = ", ".join(f"{a}*x/2 + y - 2*x" for a in angles[: GATES[name].parameters])
    return f"{name}({given}) {qubits};" if given else f"{name} {qubits};"


@pytest.mark.parametrize("name", [name for name, g in GATES.items() if g.qubits <= 3])
def test_conditional_gate(name: str) -> None:
    n, angles = GATES[name].qubits, ANGLES[0]
    call = _call(name, angles, ", ".join(f"q[{i}]" for i in range(n)))
    d = read_qasm(_source(f"qreg a[1]; creg c[1]; h a[0]; measure a -> c; if (c==1) {call}", n))
    assert d.output_names == tuple(f"q[{i}]" for i in range(n))
    seen = set()
    for bits in assignments(d):
        on = d.registers[0].bits[0].evaluate(bits)
        want = _unitary(name, angles) if on else np.eye(2**n)
        zero = linear_map(d, bits).reshape(2**n, 2**n, 2)[:, :, 0]  # the measured qubit starts in |0>
        assert proportional(zero, want)
        seen.add(on)
    assert seen == {False, True}


def test_the_table_of_this_test_is_complete() -> None:
    assert set(QISKIT) | {"u0"} == set(GATES)
