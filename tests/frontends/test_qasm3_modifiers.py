"""Gate modifiers with their global phases, against dense matrices built from Qiskit's."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from qiskit.quantum_info import Operator
from scipy.linalg import fractional_matrix_power

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm import read_qasm
from gossamer.frontends.qasm3_modifiers import standard
from tests.frontends.linear_map import HADAMARD, linear_map, proportional
from tests.frontends.test_qasm_gates import ANGLES, CASES, GATES, _unitary

SPAN = Span("<text>", 1, 1)


def dense(u: object, qubits: int) -> np.ndarray:
    """The exact matrix of steps and phase, the first place most significant."""
    out = np.eye(2**qubits, dtype=complex)
    for kind, places, angle in u.steps:  # type: ignore[attr-defined]
        a = np.exp(1j * np.pi * float(angle.constant))
        matrix = {
            "h": lambda a: HADAMARD,
            "rz": lambda a: np.diag([1, a]),
            "rx": lambda a: HADAMARD @ np.diag([1, a]) @ HADAMARD,
            "cx": lambda a: np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
            "cz": lambda a: np.diag([1, 1, 1, -1]),
            "swap": lambda a: np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]),
            "gadget": lambda a, n=len(places): np.diag([a if x.bit_count() % 2 else 1 for x in range(2**n)]),
        }[kind](a)
        n = len(places)
        tensor = out.reshape((2,) * qubits + (-1,))
        tensor = np.tensordot(matrix.reshape((2,) * (2 * n)), tensor, (range(n, 2 * n), places))
        out = np.moveaxis(tensor, range(n), places).reshape(2**qubits, -1)
    return out * np.exp(1j * np.pi * float(u.phase.constant))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "angles"), CASES)
def test_standard_gates_have_their_global_phase(name: str, angles: list[float]) -> None:
    gate = GATES[name]
    given = tuple(Fraction(a).limit_denominator(10**6) / 4 for a in angles[: gate.parameters])
    assert np.allclose(dense(standard(gate, given), gate.qubits), _unitary(name, angles), atol=1e-9)


def matrix(body: str, qubits: int, head: str = "") -> np.ndarray:
    text = f'OPENQASM 3.0; include "stdgates.inc"; {head} qubit[{qubits}] q; {body}'
    return linear_map(read_qasm(text), {})


def ctrl(u: np.ndarray) -> np.ndarray:
    n = len(u)
    return np.block([[np.eye(n), np.zeros((n, n))], [np.zeros((n, n)), u]])


ONE = [
    ("rx(0.7)", "rx"),
    ("rz(0.7)", "rz"),
    ("y", "y"),
    ("h", "h"),
    ("sx", "sx"),
    ("U(0.3, 0.7, 1.9)", "U"),
    ("ry(0.7)", "ry"),
]


def single(call: str) -> np.ndarray:
    name, _, rest = call.partition("(")
    angles = [float(x) / np.pi * 4 for x in rest.rstrip(")").split(",")] if rest else []
    return _unitary(name, [*angles, 0, 0, 0, 0])


@pytest.mark.parametrize("call", [c for c, _ in ONE])
def test_controls_and_inverses(call: str) -> None:
    u = single(call)
    x = np.kron(np.array([[0, 1], [1, 0]]), np.eye(2))
    assert proportional(matrix(f"ctrl @ {call} q[0], q[1];", 2), ctrl(u))
    assert proportional(matrix(f"negctrl @ inv @ {call} q[0], q[1];", 2), x @ ctrl(u.conj().T) @ x)
    assert proportional(matrix(f"ctrl(2) @ {call} q[0], q[1], q[2];", 3), ctrl(ctrl(u)))
    assert proportional(
        matrix(f"inv @ ctrl @ pow(3) @ {call} q[0], q[1];", 2), ctrl(np.linalg.matrix_power(u, 3).conj().T)
    )


@pytest.mark.parametrize("call", [c for c, _ in ONE])
@pytest.mark.parametrize("power", ["1/2", "-0.3", "2.5"])
def test_fractional_powers(call: str, power: str) -> None:
    want = fractional_matrix_power(single(call), eval(power))
    assert proportional(matrix(f"ctrl @ pow({power}) @ {call} q[0], q[1];", 2), ctrl(want))
    assert proportional(matrix(f"pow({power}) @ ctrl @ {call} q[0], q[1];", 2), ctrl(want))


def test_user_gates_and_global_phases() -> None:
    head = "gate g(t) a, b { gphase(t/2); rx(t) a; ctrl @ ry(2*t) a, b; inv @ s b; }"
    g = matrix("g(0.8) q[0], q[1];", 2, head)
    circuit = np.exp(0.4j) * np.kron(np.eye(2), np.diag([1, -1j])) @ ctrl(_unitary("ry", [1.6 / np.pi * 4, 0, 0, 0]))
    want = circuit @ np.kron(_unitary("rx", [0.8 / np.pi * 4, 0, 0, 0]), np.eye(2))
    assert proportional(g, want)
    assert proportional(matrix("ctrl @ g(0.8) q[0], q[1], q[2];", 3, head), ctrl(want))
    assert proportional(matrix("ctrl @ gphase(pi/3) q[0];", 1), np.diag([1, np.exp(1j * np.pi / 3)]))


@pytest.mark.parametrize("n", range(2, 11))
def test_many_controls(n: int) -> None:
    qubits = ", ".join(f"q[{i}]" for i in range(n))
    d = read_qasm(f'OPENQASM 3.0; include "stdgates.inc"; qubit[{n}] q; ctrl({n - 1}) @ p(0.3) {qubits};')
    assert d.num_vertices < 6000
    if n <= 8:
        from gossamer.frontends.qasm3_modifiers import Unitary, controlled

        u = controlled(Unitary(1, standard(GATES["p"], (Fraction(1, 3),)).steps), n - 1, negative=False, span=SPAN)
        want = np.eye(2**n, dtype=complex)
        want[-1, -1] = np.exp(1j * np.pi / 3)
        assert np.allclose(dense(u, n), want, atol=1e-9)


def test_large_integer_powers_cost_little() -> None:
    d = read_qasm('OPENQASM 3.0; include "stdgates.inc"; qubit q; pow(1000000001) @ t q;')
    assert d.num_vertices == 3
    with pytest.raises(InputError) as caught:
        read_qasm('OPENQASM 3.0; include "stdgates.inc"; qubit q; gate g a { h a; t a; } pow(1000000000) @ g q;')
    assert caught.value.code == "QASM-12"


def test_operator_of_qiskit_is_what_the_table_says() -> None:
    assert np.allclose(Operator(_unitary("rx", ANGLES[0])).data, single(f"rx({0.3 * np.pi / 4})"))
