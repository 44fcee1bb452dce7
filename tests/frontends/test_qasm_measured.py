"""Measurements, resets and conditions keep their meaning: all branches against a direct simulation of the source."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest
import qiskit.qasm2
import qiskit.qasm3
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

from gossamer.frontends.qasm import read_qasm
from tests.frontends.linear_map import assignments, linear_map

Instrument = dict[str, np.ndarray]


def of_diagram(text: str) -> Instrument:
    """Register values -> unnormalised state of the outputs, for inputs in |0>; the first output most significant."""
    d = read_qasm(text)
    d.verify()
    out: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((2 ** len(d.outputs),) * 2, complex))
    for bits in assignments(d):
        key = " ".join("".join(str(int(b.evaluate(bits))) for b in reversed(r.bits)) for r in reversed(d.registers))
        vector = linear_map(d, bits)[:, 0]
        out[key] += np.outer(vector, vector.conj())
    total = sum(np.trace(rho).real for rho in out.values())
    return {key: rho / total for key, rho in out.items() if np.trace(rho).real > 1e-9 * total}


def of_circuit(circuit: QuantumCircuit, outputs: list[int]) -> Instrument:
    """The same, by running Qiskit's circuit branch by branch."""
    start = (Statevector.from_label("0" * circuit.num_qubits), (0,) * circuit.num_clbits)
    branches = _run(circuit, [start], list(range(circuit.num_qubits)), list(range(circuit.num_clbits)))
    out: dict[str, np.ndarray] = {}
    for state, bits in branches:
        key = " ".join(
            "".join(str(bits[circuit.find_bit(b).index]) for b in reversed(r)) for r in reversed(circuit.cregs)
        )
        tensor = state.data.reshape((2,) * circuit.num_qubits)
        rest = [q for q in range(circuit.num_qubits) if q not in outputs]
        axes = [circuit.num_qubits - 1 - q for q in (*outputs, *rest)]
        matrix = np.transpose(tensor, axes).reshape(2 ** len(outputs), -1)
        out[key] = out.get(key, 0) + matrix @ matrix.conj().T
    return {key: rho for key, rho in out.items() if np.trace(rho).real > 1e-9}


def _run(circuit: QuantumCircuit, branches: list, qubits: list[int], clbits: list[int]) -> list:
    for item in circuit.data:
        op = item.operation
        at = [qubits[circuit.find_bit(q).index] for q in item.qubits]
        to = [clbits[circuit.find_bit(c).index] for c in item.clbits]
        new = []
        for state, bits in branches:
            if op.name == "barrier":
                new.append((state, bits))
            elif op.name in ("measure", "reset"):
                for value in (0, 1):
                    tensor = state.data.copy().reshape(-1)
                    tensor[(np.arange(tensor.size) >> at[0] & 1) != value] = 0
                    if np.linalg.norm(tensor) < 1e-9:
                        continue
                    branch = Statevector(tensor)
                    if op.name == "reset":
                        new.append((branch.evolve(_X, at) if value else branch, bits))
                    else:
                        new.append((branch, tuple(value if i == to[0] else b for i, b in enumerate(bits))))
            elif op.name == "if_else":
                target, value = op.condition
                names = [target] if not hasattr(target, "__len__") else list(target)
                # conditions are over bits of the outermost circuit
                number = sum(bits[_OUTER[0].find_bit(b).index] << i for i, b in enumerate(names))
                body = op.blocks[0] if number == value else op.blocks[1] if len(op.blocks) > 1 else None
                new += [(state, bits)] if body is None else _run(body, [(state, bits)], at, to)
            else:
                new.append((state.evolve(op, at), bits))
        branches = new
    return branches


_X = QuantumCircuit(1)
_X.x(0)
_X = _X.to_gate()
_OUTER: list[QuantumCircuit] = []


def check(text: str) -> None:
    circuit = qiskit.qasm2.loads(text, custom_instructions=qiskit.qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    names = {f"{r.name}[{i}]": circuit.find_bit(q).index for r in circuit.qregs for i, q in enumerate(r)}
    _OUTER[:] = [circuit]
    got, want = of_diagram(text), of_circuit(circuit, [names[n] for n in read_qasm(text).output_names])
    assert set(got) == set(want)
    for key in want:
        assert np.allclose(got[key], want[key], atol=1e-9), key


HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncreg c[2];\ncreg d[3];\n'


@pytest.mark.parametrize(
    "body",
    [
        "h q[0]; measure q[0] -> c[0]; x q[0]; measure q[0] -> c[1];",
        "h q[0]; measure q[0] -> c[0]; h q[0]; measure q[0] -> c[0];",  # the last write counts
        "h q[0]; measure q[0] -> c[0]; measure q[0] -> c[1];",
        "h q[0]; cx q[0], q[1]; reset q[0]; h q[0]; measure q[1] -> c[0];",
        "reset q[0]; reset q[0]; ry(0.3) q[0]; measure q[0] -> c[0];",
        "h q[0]; measure q[0] -> c[0]; reset q[0]; cx q[0], q[1];",
        "h q; measure q[0] -> c[0]; measure q[1] -> c[1]; if (c==2) u3(0.1,0.2,0.3) q[2];",
        "h q; measure q[0] -> c[0]; measure q[1] -> c[1]; if (c==3) cu3(0.1,0.2,0.3) q[0], q[2]; if (c==0) ccx q[0],q[1],q[2];",
        "ry(0.4) q[0]; measure q[0] -> c[0]; if (c==1) swap q[1], q[2]; ry(1) q[1]; if (c==0) swap q[1], q[0];",
        "ry(0.4) q[0]; ry(1) q[1]; cx q[0],q[1]; measure q[0] -> c[0]; if (c==1) measure q[1] -> c[1]; ry(0.3) q[1];",
        "ry(0.4) q[0]; ry(1) q[1]; measure q[0] -> c[0]; if (c==1) measure q[1] -> c[0]; if (c==1) x q[2];",
        "ry(0.4) q[0]; ry(1) q[1]; cx q[1], q[2]; measure q[0] -> c[0]; if (c==1) reset q[1];",
        "ry(0.4) q[0]; measure q[0] -> c[0]; if (c==1) reset q[0]; h q[0];",
        "h q; measure q -> d; if (d==5) x q; if (d==7) h q; if (c==0) z q[0]; if (c==1) x q[1]; if (d==8) x q[2];",
        "swap q[0], q[1]; ry(0.3) q[0]; cx q[0], q[2]; swap q[0], q[2]; measure q[0] -> c[0]; swap q[0], q[1];",
        "h q; measure q -> d; if (d==0) h q[0]; if (d==1) ry(0.7) q[0]; barrier q; measure q[0] -> c[1]; if (c==2) y q[1];",
    ],
)
def test_measured_circuit(body: str) -> None:
    check(HEAD + body)


@pytest.mark.parametrize("seed", range(12))
def test_random_measured_circuit(seed: int) -> None:
    rng = random.Random(seed)
    lines = []
    for _ in range(14):
        a, b = rng.sample(range(3), 2)
        kind = rng.choice(["ry(0.7)", "t", "h", "cx", "cp(0.4)", "crz(2.1)", "measure", "reset", "swap"])
        guard = rng.choice(["", "", "if (c==1) ", "if (c==2) "]) if lines else ""
        if kind == "measure":
            line = f"measure q[{a}] -> c[{rng.randrange(2)}];"
        elif kind == "reset":
            line = f"reset q[{a}];"
        else:
            two = kind[:2] in ("cx", "cp", "cr", "sw")
            line = f"{kind} q[{a}], q[{b}];" if two else f"{kind} q[{a}];"
        lines.append(guard + line)
    text = HEAD + "\n".join(lines)
    if len(read_qasm(text).outcome_bits) > 9:
        text = HEAD + "\n".join(x for i, x in enumerate(lines) if i % 2)
    check(text)


def test_openqasm3_conditions() -> None:
    text = """OPENQASM 3.0;
include "stdgates.inc";
gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }
qubit[3] q;
bit[2] c;
/* block
   comment */
ry(0.4) q[0];
ry(0.9) q[1];
c[0] = measure q[0];
if (c[0]) { x q[0]; rzz(pi/3) q[0], q[1]; } else { h q[2]; }
c[1] = measure q[1];
if (!c[1]) { if (c[0]) { ry(0.3) q[2]; c[0] = measure q[2]; x q[2]; } }
if (c == 2) { h q[0]; }
"""
    circuit = qiskit.qasm3.loads(text)
    _OUTER[:] = [circuit]
    d = read_qasm(text)
    got, want = of_diagram(text), of_circuit(circuit, [int(n[2]) for n in d.output_names])
    assert set(got) == set(want)
    for key in want:
        assert np.allclose(got[key], want[key], atol=1e-9), key
