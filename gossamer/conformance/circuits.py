"""Circuits told twice: as a `Diagram` and as a list of plain operations that runs on a dense state.

The two accounts are made side by side, so that a frontend, a pass or a backend can be held against the plain one. Uses the
oracle's states and, for the diagram, :class:`gossamer.ir.wires.WireBuilder`; nothing of the compiler.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from gossamer.conformance.oracle import Matrix, State, complete_bits
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder

#: ``("h", q)``, ``("cx" | "cz", a, b)``, ``("rz" | "rx", q, angle, condition)``, ``("rzz", a, b, angle, condition)``,
#: ``("measure" | "reset", q, bit)``; a condition is an expression over the diagram's bits.
Operation: TypeAlias = tuple[Any, ...]


@dataclass
class GateList:
    """A circuit, twice. All wires are inputs and outputs; a measured wire goes on in the state that was found."""

    diagram: Diagram
    operations: list[Operation]
    wires: int

    def run(self, inputs: Matrix, outcomes: list[int]) -> tuple[Matrix, float]:
        """The branch with the given outcomes: normalised state and probability."""
        state = State()
        state.amplitudes, state.qubits = (
            inputs.reshape((2,) * self.wires).astype(np.complex128),
            list(range(self.wires)),
        )
        given = dict(zip(self.diagram.outcome_bits, map(bool, outcomes), strict=True))
        value = complete_bits(self.diagram.bits, given)
        for kind, *args in self.operations:
            if kind in ("h", "cz", "cx"):
                state.gate(kind, args)
            elif kind in ("rz", "rx", "rzz"):
                *qubits, angle, condition = args
                if condition.evaluate(value):
                    state.gate(kind, qubits, angle)
            else:
                qubit, bit = args
                state.project(qubit, value[bit])
                state.add(qubit, (0, 1) if kind == "measure" and value[bit] else (1, 0))
        psi = state.vector(list(range(self.wires)))
        norm = float(np.linalg.norm(psi))
        return psi / max(norm, 1e-150), norm**2

    def qasm(self) -> str:
        """OpenQASM 2 with one register ``c<bit>`` for each measurement. Conditions are at most one bit or its negation."""
        lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{self.wires}];"]
        lines += [f"creg c{op[2]}[1];" for op in self.operations if op[0] == "measure"]
        for kind, *args in self.operations:
            if kind in ("rz", "rx", "rzz"):
                *qubits, angle, condition = args
                lines.append(f"{_if(condition)}{_gate(kind, qubits, angle)}")
            elif kind == "measure":
                lines.append(f"measure q[{args[0]}] -> c{args[1]}[0];")
            elif kind == "reset":
                lines.append(f"reset q[{args[0]}];")
            else:
                lines.append(f"{kind} {','.join(f'q[{q}]' for q in args)};")
        return "\n".join(lines) + "\n"

    def qc(self) -> str:
        """The .qc format. Unitary circuits with multiples of pi/4 only."""
        wires = " ".join(f"q[{i}]" for i in range(self.wires))
        lines = [f".v {wires}", f".i {wires}", "", "BEGIN"]
        for kind, *args in self.operations:
            if kind in ("h", "cz", "cx"):
                word = {"h": "H", "cz": "Z", "cx": "tof"}[kind]
                lines.append(" ".join([word, *(f"q[{q}]" for q in args)]))
                continue
            *qubits, angle, _ = args
            target = f"q[{qubits[-1]}]"
            before = {"rz": [], "rx": [f"H {target}"], "rzz": [f"cnot q[{qubits[0]}] {target}"]}[kind]
            lines += [*before, *[f"T {target}"] * int(angle % 2 * 4), *before]
        return "\n".join([*lines, "END", ""])

    def tket_json(self) -> str:
        """pytket's JSON."""
        commands = []
        for kind, *args in self.operations:
            condition = BitExpr.const(1)
            op: dict[str, object] = {"type": _TKET[kind]}
            qubits = args
            if kind in ("rz", "rx", "rzz"):
                *qubits, angle, condition = args
                op["params"] = [f"{angle.numerator}/{angle.denominator}"]
            names = [["q", [q]] for q in (qubits[:1] if kind in ("measure", "reset") else qubits)]
            if kind == "measure":
                names.append([f"c{args[1]}", [0]])
            if not condition.is_one:
                (bit,) = condition.bits
                names.insert(0, [f"c{bit}", [0]])
                wanted = int(condition == BitExpr.bit(bit))
                op = {"type": "Conditional", "conditional": {"op": op, "width": 1, "value": wanted}}
            commands.append({"op": op, "args": names})
        wires = [["q", [i]] for i in range(self.wires)]
        bits = [[f"c{op[2]}", [0]] for op in self.operations if op[0] == "measure"]
        value = {
            "qubits": wires,
            "bits": bits,
            "commands": commands,
            "implicit_permutation": [[w, w] for w in wires],
            "phase": "0.0",
        }
        return json.dumps(value)


_TKET = {
    "h": "H",
    "cz": "CZ",
    "cx": "CX",
    "rz": "U1",
    "rx": "Rx",
    "rzz": "ZZPhase",
    "measure": "Measure",
    "reset": "Reset",
}


def _gate(kind: str, qubits: list[int], angle: Fraction) -> str:
    name = {"rz": "u1"}.get(kind, kind)  # the phase of a conditional gate counts for nothing here, u1 is the plain one
    return f"{name}({angle.numerator}*pi/{angle.denominator}) {','.join(f'q[{q}]' for q in qubits)};"


def _if(condition: BitExpr) -> str:
    if condition.is_one:
        return ""
    (bit,) = condition.bits
    return f"if(c{bit}=={int(condition == BitExpr.bit(bit))}) "


ANGLES = [Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(7, 4), Fraction(1, 3)]


class CircuitBuilder:
    """Grows both accounts of a circuit together.

    Examples
    --------
    >>> b = CircuitBuilder(1); b.gate("h", 0); m = b.measure(0); b.rotate("rx", [0], Fraction(1), BitExpr.bit(m))
    >>> print(b.build().qasm().split("\\n", 3)[3], end="")
    creg c0[1];
    h q[0];
    measure q[0] -> c0[0];
    if(c0==1) rx(1*pi/1) q[0];
    """

    def __init__(self, wires: int) -> None:
        self.wires, self.operations, self.measured = wires, list[Operation](), list[int]()
        self.builder = WireBuilder()
        for i in range(wires):
            self.builder.add_input(f"q[{i}]")

    def gate(self, kind: str, *qubits: int) -> None:
        getattr(self.builder, kind)(*qubits)
        self.operations.append((kind, *qubits))

    def rotate(self, kind: str, qubits: list[int], angle: Fraction, condition: BitExpr) -> None:
        phase = Phase(angle).times(condition)
        if kind == "rzz":
            self.builder.gadget(qubits, phase)
        else:
            getattr(self.builder, kind)(*qubits, phase)
        self.operations.append((kind, *qubits, angle, condition))

    def measure(self, qubit: int) -> int:
        bit = self.builder.measure(qubit, keep=True)
        self.measured.append(bit)
        self.operations.append(("measure", qubit, bit))
        return bit

    def reset(self, qubit: int) -> None:
        self.operations.append(("reset", qubit, len(self.builder.builder.bits)))
        self.builder.reset(qubit)

    def build(self, *, registers: str = "each") -> GateList:
        """``registers``: ``each`` bit in one of its own, as in :meth:`GateList.qasm`, or all in ``one`` named c."""
        for i in range(self.wires):
            self.builder.output(i, f"q[{i}]")
        if registers == "one":
            self.builder.register("c", [BitExpr.bit(b) for b in self.measured])
        else:
            for b in self.measured:
                self.builder.register(f"c{b}", [BitExpr.bit(b)])
        return GateList(self.builder.build(), self.operations, self.wires)


def random_circuit(rng: random.Random, wires: int, length: int, *, measure: bool, clifford: bool = False) -> GateList:
    """Gates, mid-circuit measurements and resets, conditions on products and parities of outcomes."""
    b = CircuitBuilder(wires)
    angles = [a for a in ANGLES if not clifford or a.denominator <= 2]

    def condition() -> BitExpr:
        if not b.measured or rng.random() < 0.6:
            return BitExpr.const(1)
        chosen = rng.sample(b.measured, min(len(b.measured), rng.randint(1, 2)))
        if rng.random() < 0.4:
            expr = BitExpr.xor(chosen)
        else:
            expr = BitExpr.const(1)
            for bit in chosen:
                expr = expr & (BitExpr.bit(bit) if rng.random() < 0.6 else ~BitExpr.bit(bit))
        return BitExpr.bit(b.builder.builder.derived(expr)) if rng.random() < 0.3 else expr

    for _ in range(length):
        kind = rng.choices(["h", "rz", "rx", "two", "measure"], [4, 3, 3, 8, 2 if measure else 0])[0]
        q = rng.randrange(wires)
        if kind == "h":
            b.gate("h", q)
        elif kind in ("rz", "rx"):
            b.rotate(kind, [q], rng.choice(angles), condition())
        elif kind == "two" and wires > 1:
            pair = rng.sample(range(wires), 2)
            two = rng.choice(["cz", "cx", "rzz"])
            if two == "rzz":
                b.rotate("rzz", pair, rng.choice(angles), condition())
            else:
                b.gate(two, *pair)
        elif kind == "measure" and rng.random() < 0.6:
            b.measure(q)
        elif kind == "measure":
            b.reset(q)
    return b.build(registers="one")


def random_state(rng: random.Random, qubits: int) -> Matrix:
    """A random state vector, normalised."""
    psi = np.array([complex(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(2**qubits)])
    unit: Matrix = psi / np.linalg.norm(psi)
    return unit
