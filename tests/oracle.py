"""A slow, obvious second opinion: runs node programs and gate lists on a dense state, outcome by outcome.

It imports the data classes only and shares nothing with the compiler, the runtime or the checks.
"""

from __future__ import annotations

import cmath
import math
import random
from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Conditional, Distribution, Ebit, Gate, Measure, Recv, Reset, Send
from gossamer.ir.wires import WireBuilder

HADAMARD = np.array([[1, 1], [1, -1]]) / math.sqrt(2)
DIAGONAL = {"z": 1.0, "s": 0.5, "sdg": -0.5}


class State:
    """A dense state over named qubits."""

    def __init__(self) -> None:
        self.amplitudes = np.ones((), complex)
        self.qubits: list[Hashable] = []

    def add(self, qubit: Hashable, vector: tuple[complex, complex] = (1, 0)) -> None:
        self.amplitudes = np.multiply.outer(self.amplitudes, np.array(vector, complex))
        self.qubits.append(qubit)

    def add_bell(self, a: Hashable, b: Hashable) -> None:
        self.amplitudes = np.multiply.outer(self.amplitudes, np.eye(2) / math.sqrt(2))
        self.qubits += [a, b]

    def apply(self, qubit: Hashable, matrix: np.ndarray) -> None:
        i = self.qubits.index(qubit)
        self.amplitudes = np.moveaxis(np.tensordot(matrix, self.amplitudes, (1, i)), 0, i)

    def apply_diagonal(self, a: Hashable, b: Hashable, diagonal: list[complex]) -> None:
        axes = (self.qubits.index(a), self.qubits.index(b))
        psi = np.moveaxis(self.amplitudes, axes, (0, 1)).copy()
        for x in (0, 1):
            for y in (0, 1):
                psi[x, y] *= diagonal[2 * x + y]
        self.amplitudes = np.moveaxis(psi, (0, 1), axes)

    def gate(self, name: str, qubits: list[Hashable], angle: Fraction | None = None) -> None:
        turn = cmath.exp(1j * math.pi * float(angle)) if angle is not None else 1
        if name == "h":
            self.apply(qubits[0], HADAMARD)
        elif name == "x":
            self.apply(qubits[0], np.array([[0, 1], [1, 0]]))
        elif name in DIAGONAL:
            self.apply(qubits[0], np.diag([1, cmath.exp(1j * math.pi * DIAGONAL[name])]))
        elif name == "rz":
            self.apply(qubits[0], np.diag([1, turn]))
        elif name == "rx":
            self.apply(qubits[0], HADAMARD @ np.diag([1, turn]) @ HADAMARD)
        elif name == "cz":
            self.apply_diagonal(*qubits, [1, 1, 1, -1])
        elif name == "rzz":
            self.apply_diagonal(*qubits, [1, turn, turn, 1])
        else:
            raise AssertionError(name)

    def measure(self, qubit: Hashable, rng: random.Random, forced: int | None = None) -> tuple[int, float]:
        """Remove the qubit; the outcome and its probability."""
        i = self.qubits.index(qubit)
        psi = np.moveaxis(self.amplitudes, i, 0)
        p0 = float(np.vdot(psi[0], psi[0]).real)
        r = (0 if rng.random() < p0 else 1) if forced is None else forced
        p = p0 if r == 0 else 1 - p0
        self.amplitudes = psi[r] / math.sqrt(max(p, 1e-300))
        self.qubits.pop(i)
        return r, p

    def vector(self, order: list[Hashable]) -> np.ndarray:
        assert sorted(map(str, self.qubits)) == sorted(map(str, order)), "qubits are left over"
        return np.transpose(self.amplitudes, [self.qubits.index(q) for q in order]).reshape(-1)


@dataclass
class Branch:
    """One run: final state of the outputs, true values of the source's outcomes, probability without the other outcomes."""

    vector: np.ndarray
    outcomes: list[int]
    probability: float
    peak_comm: dict[str, int]
    peak_data: dict[str, int]


def run_distribution(distribution: Distribution, inputs: np.ndarray, rng: random.Random) -> Branch:
    """Run the node programs against each other with random outcomes; counts live qubits on the way."""
    manifest = distribution.manifest
    state = State()
    state.amplitudes = inputs.reshape((2,) * len(manifest.inputs)).astype(complex)
    state.qubits = [("input", i) for i in range(len(manifest.inputs))]
    programs = {p.node: p for p in distribution.programs}
    where: dict[tuple[str, int], Hashable] = {(p.node, p.qubit): ("input", i) for i, p in enumerate(manifest.inputs)}
    bits: dict[str, dict[int, int]] = {n: {} for n in programs}
    counter = dict.fromkeys(programs, 0)
    letters: dict[str, int] = {}
    half: dict[str, tuple[str, Hashable]] = {}
    asked: dict[str, set[str]] = {}
    witnesses = {(b.node, b.bit) for b in manifest.outcomes if b is not None}
    probability, fresh = 1.0, 0
    peak_comm, peak_data = dict.fromkeys(programs, 0), dict.fromkeys(programs, 0)

    def qubit(node: str, index: int) -> Hashable:
        nonlocal fresh
        if (node, index) not in where:
            assert index < programs[node].data, "a communication qubit without an ebit"
            fresh += 1
            where[node, index] = ("fresh", fresh)
            state.add(where[node, index])
        return where[node, index]

    moved = True
    while moved:
        moved = False
        for node, program in programs.items():
            while counter[node] < len(program.instructions):
                ins = program.instructions[counter[node]]
                if isinstance(ins, Gate):
                    angle = ins.angle.constant if ins.angle is not None else None
                    state.gate(ins.name, [qubit(node, q) for q in ins.qubits], angle)
                elif isinstance(ins, Conditional):
                    if all(bits[node][b] == v for b, v in ins.conditions):
                        for g in ins.body:
                            angle = g.angle.constant if g.angle is not None else None
                            state.gate(g.name, [qubit(node, q) for q in g.qubits], angle)
                elif isinstance(ins, Measure):
                    r, p = state.measure(qubit(node, ins.qubit), rng)
                    del where[node, ins.qubit]
                    assert ins.bit not in bits[node]
                    bits[node][ins.bit] = r
                    probability *= p if (node, ins.bit) in witnesses else 2 * p
                elif isinstance(ins, Reset):
                    assert (node, ins.qubit) not in where
                elif isinstance(ins, Send):
                    letters[ins.message] = sum(bits[node][b] for b in ins.bits) % 2
                elif isinstance(ins, Recv):
                    if ins.message not in letters:
                        break
                    bits[node][ins.bit] = letters.pop(ins.message)
                elif isinstance(ins, Ebit):
                    asked.setdefault(ins.link, set()).add(node)
                    if len(asked[ins.link]) < 2:
                        break
                    if ins.link not in half:
                        state.add_bell(("half", ins.link, node), ("half", ins.link, ins.peer))
                        half[ins.link] = (ins.peer, ("half", ins.link, ins.peer))
                        mine: Hashable = ("half", ins.link, node)
                    else:
                        assert half[ins.link][0] == node
                        mine = half[ins.link][1]
                    assert (node, ins.qubit) not in where, "the communication qubit is in use"
                    where[node, ins.qubit] = mine
                counter[node] += 1
                moved = True
                live = [i for n, i in where if n == node]
                peak_comm[node] = max(peak_comm[node], sum(1 for i in live if i >= program.data))
                peak_data[node] = max(peak_data[node], sum(1 for i in live if i < program.data))
    assert all(counter[n] == len(p.instructions) for n, p in programs.items()), f"deadlock at {counter}"
    order = [qubit(o.node, o.qubit) for o in manifest.outputs]
    outcomes = [bits[b.node][b.bit] for b in manifest.outcomes if b is not None]
    return Branch(state.vector(order), outcomes, probability, peak_comm, peak_data)


@dataclass
class GateList:
    """A random circuit, twice: as a diagram and as a list of plain operations."""

    diagram: Diagram
    operations: list[tuple]
    wires: int

    def run(self, inputs: np.ndarray, outcomes: list[int]) -> tuple[np.ndarray, float]:
        """The branch with the given outcomes: state and probability."""
        state = State()
        state.amplitudes, state.qubits = inputs.reshape((2,) * self.wires).astype(complex), list(range(self.wires))
        value = dict(zip(self.diagram.outcome_bits, outcomes, strict=True))
        for i, b in enumerate(self.diagram.bits):
            if b.expr is not None:
                value[i] = int(b.expr.evaluate(value))
        probability = 1.0
        rng = random.Random(0)
        for op in self.operations:
            kind, *args = op
            if kind in ("h", "cz"):
                state.gate(kind, args)
            elif kind == "cx":
                state.gate("h", args[1:])
                state.gate("cz", args)
                state.gate("h", args[1:])
            elif kind in ("rz", "rx", "rzz"):
                *qubits, angle, condition = args
                if condition.evaluate(value):
                    state.gate(kind, qubits, angle)
            else:
                qubit, bit = args
                r, p = state.measure(qubit, rng, value[bit])
                probability *= p
                state.add(qubit, (0, 1) if kind == "measure" and r else (1, 0))
        return state.vector(list(range(self.wires))), probability


ANGLES = [Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(7, 4), Fraction(1, 3)]


def random_circuit(rng: random.Random, wires: int, length: int, *, measure: bool, clifford: bool = False) -> GateList:
    """Gates, mid-circuit measurements and resets, conditions on products and parities of outcomes."""
    w = WireBuilder()
    for i in range(wires):
        w.add_input(f"q[{i}]")
    angles = [a for a in ANGLES if not clifford or a.denominator <= 2]
    operations: list[tuple] = []
    measured: list[int] = []

    def condition() -> BitExpr:
        if not measured or rng.random() < 0.6:
            return BitExpr.const(1)
        chosen = rng.sample(measured, min(len(measured), rng.randint(1, 2)))
        if rng.random() < 0.4:
            expr = BitExpr.xor(chosen)
        else:
            expr = BitExpr.const(1)
            for b in chosen:
                expr = expr & (BitExpr.bit(b) if rng.random() < 0.6 else ~BitExpr.bit(b))
        return BitExpr.bit(w.builder.derived(expr)) if rng.random() < 0.3 else expr

    for _ in range(length):
        kind = rng.choices(["h", "rz", "rx", "two", "measure"], [4, 3, 3, 8, 2 if measure else 0])[0]
        q = rng.randrange(wires)
        if kind == "h":
            w.h(q)
            operations.append(("h", q))
        elif kind in ("rz", "rx"):
            angle, when = rng.choice(angles), condition()
            getattr(w, kind)(q, Phase(angle).times(when))
            operations.append((kind, q, angle, when))
        elif kind == "two" and wires > 1:
            a, b = rng.sample(range(wires), 2)
            two = rng.choice(["cz", "cx", "rzz"])
            if two == "rzz":
                angle, when = rng.choice(angles), condition()
                w.gadget([a, b], Phase(angle).times(when))
                operations.append(("rzz", a, b, angle, when))
            else:
                getattr(w, two)(a, b)
                operations.append((two, a, b))
        elif kind == "measure" and rng.random() < 0.6:
            measured.append(w.measure(q, keep=True))
            operations.append(("measure", q, measured[-1]))
        elif kind == "measure":
            operations.append(("reset", q, len(w.builder.bits)))
            w.reset(q)
    for i in range(wires):
        w.output(i, f"q[{i}]")
    w.register("c", [BitExpr.bit(b) for b in measured])
    return GateList(w.build(), operations, wires)


def random_state(rng: random.Random, qubits: int) -> np.ndarray:
    psi = np.array([complex(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(2**qubits)])
    return psi / np.linalg.norm(psi)
