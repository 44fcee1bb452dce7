"""Clifford circuits with feed-forward, read by Qiskit, as their stabiliser flows: two circuits are the same iff these are.

The flows are those of stim. Kept are the ones from inputs to reported results (and outputs, where there are any), in a form that is unique.

McEwen, Bacon and Gidney, "Relaxing hardware requirements for surface code circuits using time-dynamics", Quantum 7, 1172 (2023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import stim
from qiskit import QuantumCircuit
from qiskit.circuit import Clbit
from qiskit.circuit.classical import expr

NAMES = {
    "h": "H", "x": "X", "y": "Y", "z": "Z", "s": "S", "sdg": "S_DAG", "sx": "SQRT_X", "sxdg": "SQRT_X_DAG", "cx": "CX", "cz": "CZ", "cy": "CY",
    "swap": "SWAP", "id": "I",
}  # fmt: skip
TURNS = {"rz": "Z", "rx": "X", "ry": "Y", "p": "Z", "u1": "Z"}
#: A reported bit: register, index. A flow: inputs, outputs with the sign, reported bits.
Result = tuple[str, int]
Flow = tuple[str, str, tuple[Result, ...]]


def to_stim(circuit: QuantumCircuit) -> tuple[stim.Circuit, dict[Clbit, int]]:
    """The circuit, and for each bit the measurement that wrote it last.

    Raises
    ------
    NotImplementedError
        For what is no Clifford gate, or no Pauli under a condition on one bit.
    """
    out = stim.Circuit()
    last: dict[Clbit, int] = {}
    index = {q: i for i, q in enumerate(circuit.qubits)}

    def gate(op: Any, targets: list[int], out: stim.Circuit) -> None:
        quarters = op.params[0] / (math.pi / 2) if op.name in TURNS else 0
        if op.name in NAMES:
            out.append(NAMES[op.name], targets)
        elif op.name in TURNS and abs(quarters - round(quarters)) < 1e-9:
            axis = TURNS[op.name]
            names = ("I", "S" if axis == "Z" else f"SQRT_{axis}", axis, "S_DAG" if axis == "Z" else f"SQRT_{axis}_DAG")
            out.append(names[round(quarters) % 4], targets)
        elif op.name == "rzz" or op.definition is None:
            raise NotImplementedError(f"{op.name} is not Clifford")
        else:
            for inner in op.definition.data:
                gate(inner.operation, [targets[op.definition.find_bit(q).index] for q in inner.qubits], out)

    def step(op: Any, targets: list[int], clbits: list[Clbit]) -> None:
        match op.name:
            case "barrier":
                pass
            case "measure":
                last[clbits[0]] = out.num_measurements
                out.append("M", targets)
            case "reset":
                out.append("R", targets)
            case "if_else":
                bit, wanted = one_bit(op.condition)
                body = stim.Circuit()
                for inner in op.blocks[0].data:
                    if inner.operation.name == "if_else":
                        raise NotImplementedError("a condition on several bits")
                    gate(inner.operation, [op.blocks[0].find_bit(q).index for q in inner.qubits], body)
                try:
                    pauli = body.to_tableau().to_pauli_string()
                except ValueError:
                    raise NotImplementedError("something else than a Pauli under a condition") from None
                for k, value in enumerate(pauli):
                    if value and not wanted:
                        out.append("_XYZ"[value], [targets[k]])
                    if value and bit in last:
                        out.append(f"C{'_XYZ'[value]}", [stim.target_rec(last[bit] - out.num_measurements), targets[k]])
            case _:
                gate(op, targets, out)

    for item in circuit.data:
        step(item.operation, [index[q] for q in item.qubits], list(item.clbits))
    return out, last


def one_bit(condition: Any) -> tuple[Clbit, bool]:
    if isinstance(condition, expr.Var):
        return condition.var, True
    if isinstance(condition, expr.Unary) and isinstance(condition.operand, expr.Var):
        return condition.operand.var, False
    where, value = condition if isinstance(condition, tuple) else (None, 0)
    if isinstance(where, Clbit):
        return where, bool(value)
    if where is not None and len(where) == 1:
        return where[0], bool(value)
    raise NotImplementedError("a condition on several bits")


def flows(
    circuit: QuantumCircuit, inputs: Sequence[int], registers: Sequence[tuple[str, int]], outputs: Sequence[int] = ()
) -> list[Flow]:
    """The canonical generators of the flows from these qubits (all others begin in ``|0>``) to the results and to the outputs.

    Examples
    --------
    >>> bell = QuantumCircuit.from_qasm_str('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; cx q[0],q[1]; x q[1]; measure q->c;')
    >>> flows(bell, [0, 1], [("c", 2)])
    [('Z_', '+', (('c', 0),)), ('_Z', '-', (('c', 0), ('c', 1)))]
    """
    body, last = to_stim(circuit)
    total = max(circuit.num_qubits, 1)
    text = stim.Circuit()
    text.append("I", range(total))
    if others := sorted(set(range(total)) - set(inputs)):
        text.append("R", others)
    found = {r.name: r for r in circuit.cregs}
    results: dict[Result, int] = {}
    for name, size in registers:
        for i in range(size):
            record = last.get(found[name][i]) if name in found else None
            if record is not None:
                results[name, i] = record
    text += body
    # A result that is never written is 0, and so is one that is written twice the same: each has a record of its own.
    for name, size in registers:
        for i in range(size):
            text.append("R", [total])
            if (name, i) in results:
                text.append("CX", [stim.target_rec(results[name, i] - text.num_measurements), total])
            text.append("M", [total])
    told = [(name, i) for name, size in registers for i in range(size)]
    first = text.num_measurements - len(told)
    rows = [(f, _columns(f, first, total + 1, inputs, outputs, len(told))) for f in text.flow_generators()]
    kept = [(flow, both) for flow, both in _reduced(rows, 0) if not both[0] and both[1]]
    out = []
    for flow, _ in _reduced(kept, 1):
        inp, res = flow.input_copy(), flow.output_copy()
        before = "".join("_XYZ"[_at(inp, q)] for q in inputs)
        after = "".join("_XYZ"[_at(res, q)] for q in outputs)
        sign = "-" if complex(res.sign).real < 0 else "+"
        out.append((before, sign + after, tuple(told[r - first] for r in flow.measurements_copy() if r >= first)))
    return out


def _at(pauli: stim.PauliString, qubit: int) -> int:
    """0 to 3: I, X, Y, Z."""
    return pauli[qubit] if qubit < len(pauli) else 0


def _columns(
    flow: stim.Flow, first: int, qubits: int, inputs: Sequence[int], outputs: Sequence[int], told: int
) -> tuple[int, int]:
    """What of a flow nobody is told, and what is seen, as numbers."""
    secret = shown = 0
    for pauli, seen in ((flow.input_copy(), inputs), (flow.output_copy(), outputs)):
        for q in (*seen, *(q for q in range(qubits) if q not in seen)):
            value = _at(pauli, q)
            bits = (value in (1, 2)) | (value in (2, 3)) << 1
            if q in seen:
                shown = shown << 2 | bits
            else:
                secret = secret << 2 | bits
    records = set(flow.measurements_copy())
    for r in range(first):
        secret = secret << 1 | (r in records)
    for r in range(first, first + told):
        shown = shown << 1 | (r in records)
    return secret, shown


def _reduced(rows: list[tuple[stim.Flow, tuple[int, int]]], column: int) -> list[tuple[stim.Flow, tuple[int, int]]]:
    """Reduced echelon form by one of the two numbers; flows are multiplied along, so that signs are right."""
    rows, done = list(rows), 0
    width = max((c[column].bit_length() for _, c in rows), default=0)
    for bit in reversed(range(width)):
        at = next((i for i in range(done, len(rows)) if rows[i][1][column] >> bit & 1), None)
        if at is None:
            continue
        rows[done], rows[at] = rows[at], rows[done]
        flow, mine = rows[done]
        for i, (other, theirs) in enumerate(rows):
            if i != done and theirs[column] >> bit & 1:
                rows[i] = other * flow, (theirs[0] ^ mine[0], theirs[1] ^ mine[1])
        done += 1
    return rows
