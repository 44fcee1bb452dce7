"""A slow, obvious second opinion on what diagrams, open graphs and node programs mean, outcome by outcome.

It imports the data classes only and shares nothing with the compiler, the runtime or the checks: tensors are multiplied out with
plain loops over edges, open graphs are summed over all values of their vertices, programs are run on a dense state once
for each sequence of measurement outcomes. Everything is exponential, so it is for small things; the tests hold every fast
implementation against it.

References
----------
Tensors of spiders and H-boxes: van de Wetering, *ZX-calculus for the working quantum computer scientist* (2020), sec. 3 and 8.
"""

from __future__ import annotations

import cmath
import itertools
import math
import random
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gossamer.ir import pattern as mbqc
from gossamer.ir.diagram import Bit, BitKind, Diagram, Register, VertexKind
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.program import (
    Compute,
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Instruction,
    Measure,
    Observe,
    Recv,
    Reset,
    Send,
    bits_read,
)

Matrix: TypeAlias = NDArray[np.complex128]
#: Values of the registers, in order, index 0 first -> Choi matrix with rows (outputs, inputs).
Instrument: TypeAlias = dict[tuple[bool, ...], Matrix]

HADAMARD: Matrix = np.array([[1, 1], [1, -1]], np.complex128) / math.sqrt(2)
_IDENTITY: Matrix = np.eye(2, dtype=np.complex128)
_DIAGONAL = {"z": Fraction(1), "s": Fraction(1, 2), "sdg": Fraction(-1, 2)}
#: Branches of less weight than this are rounding errors.
_NOTHING = 1e-18


def turn(angle: Fraction) -> complex:
    """``exp(i pi angle)``.

    Examples
    --------
    >>> turn(Fraction(1))
    (-1+1.2246467991473532e-16j)
    """
    return cmath.exp(1j * math.pi * float(angle))


# ---- diagrams -------------------------------------------------------------------------------------------------------


def diagram_map(diagram: Diagram, bits: Mapping[int, bool]) -> Matrix:
    """``K_m`` of a diagram: every spider a tensor, every edge a sum over its two ends (clause SEM-1).

    Parameters
    ----------
    bits
        A value for each outcome and each classical input.

    Returns
    -------
    complex128[2**outputs, 2**inputs], the first output and input most significant

    Examples
    --------
    >>> from gossamer.ir.diagram import DiagramBuilder
    >>> b = DiagramBuilder(); b.edge(b.input("q"), b.output("q"), hadamard=True)
    >>> bool(np.allclose(diagram_map(b.build(), {}), HADAMARD))
    True
    """
    values = complete_bits(diagram.bits, bits)
    ends: list[list[tuple[int, int]]] = [[] for _ in range(diagram.num_vertices)]
    for e, (a, b) in enumerate(diagram.edges.tolist()):
        ends[a].append((e, 0))
        ends[b].append((e, 1))
    boundary = {ends[v][0]: ("out", i) for i, v in enumerate(diagram.outputs.tolist())}
    boundary |= {ends[v][0]: ("in", i) for i, v in enumerate(diagram.inputs.tolist())}
    state = State()
    for v in range(diagram.num_vertices):
        state.multiply(
            _spider(VertexKind(int(diagram.kind[v])), len(ends[v]), diagram.phase_of(v).evaluate(values)), ends[v]
        )
        for e, side in ends[v]:
            matrix = HADAMARD if diagram.hadamard[e] else _IDENTITY
            if (e, 1 - side) in state.qubits and (e, side) in state.qubits:
                state.join((e, side), (e, 1 - side), matrix)
    order: list[Hashable] = [("leg", "out", i) for i in range(len(diagram.outputs))]
    order += [("leg", "in", i) for i in range(len(diagram.inputs))]
    state.qubits = [("leg", *boundary[q[1]]) if isinstance(q, tuple) and q[0] == "open" else q for q in state.qubits]
    matrix = state.vector(order).reshape(2 ** len(diagram.outputs), 2 ** len(diagram.inputs))
    scalar = diagram.scalar
    if scalar.is_zero:
        return np.zeros_like(matrix)
    return matrix * (math.sqrt(2) ** scalar.power * float(scalar.factor) * turn(scalar.phase.evaluate(values)))


def _spider(kind: VertexKind, legs: int, angle: Fraction) -> Matrix:
    """The tensor of a vertex; a boundary is the identity between its edge and an open leg, which comes last."""
    if kind in (VertexKind.INPUT, VertexKind.OUTPUT):
        return _IDENTITY.copy()
    if legs == 0:
        return np.array(turn(angle) if kind == VertexKind.H else 1 + turn(angle), np.complex128)
    tensor = np.zeros((2,) * legs, np.complex128)
    if kind == VertexKind.H:
        tensor[...] = 1
        tensor[(1,) * legs] = turn(angle)
        return tensor
    tensor[(0,) * legs] = 1
    tensor[(1,) * legs] = turn(angle)
    if kind == VertexKind.X:
        for leg in range(legs):
            tensor = np.moveaxis(np.tensordot(HADAMARD, tensor, (1, leg)), 0, leg)
    return tensor


def complete_bits(bits: Sequence[Bit], given: Mapping[int, bool]) -> dict[int, bool]:
    """The values of all bits, derived ones included."""
    values = {i: bool(x) for i, x in given.items()}
    for i, b in enumerate(bits):
        if b.kind == BitKind.DERIVED:
            assert b.expr is not None
            values[i] = b.expr.evaluate(values)
    return values


def assignments(bits: Sequence[Bit], *kinds: BitKind) -> Iterator[dict[int, bool]]:
    """All values of the bits of these kinds."""
    chosen = [i for i, b in enumerate(bits) if b.kind in kinds]
    for values in itertools.product((False, True), repeat=len(chosen)):
        yield dict(zip(chosen, values, strict=True))


def _instrument(
    bits: Sequence[Bit],
    registers: Sequence[Register],
    operator: Callable[[Mapping[int, bool]], Matrix],
    inputs: Mapping[int, bool],
) -> Instrument:
    out: Instrument = {}
    for outcomes in assignments(bits, BitKind.OUTCOME):
        values = complete_bits(bits, {**inputs, **outcomes})
        _add(out, tuple(e.evaluate(values) for r in registers for e in r.bits), operator({**inputs, **outcomes}))
    return out


def _add(instrument: Instrument, key: tuple[bool, ...], operator: Matrix) -> None:
    v = operator.reshape(-1)
    choi = np.outer(v, v.conj())
    instrument[key] = instrument[key] + choi if key in instrument else choi


def diagram_instrument(diagram: Diagram, inputs: Mapping[int, bool] | None = None) -> Instrument:
    """The instrument of a diagram (clause SEM-2), scalars included; ``inputs`` are the classical ones."""
    return _instrument(diagram.bits, diagram.registers, lambda m: diagram_map(diagram, m), inputs or {})


# ---- open graphs ----------------------------------------------------------------------------------------------------


def graph_map(graph: OpenGraph, bits: Mapping[int, bool]) -> Matrix:
    """``K_m`` of an open graph, as the sum over all values of its vertices (clause SEM-3).

    A path has the factor -1 for each edge whose ends are both 1, ``exp(i pi a)`` for a vertex of value 1, and for a vertex
    with a leaf (YZ, Z, XZ) the sum over that. Without the powers of the square root of 2.
    """
    values = complete_bits(graph.bits, bits)
    n = graph.num_vertices
    factor = []
    for v in range(n):
        z = turn(graph.phase_of(v).evaluate(values))
        leaf = {Label.YZ: 1, Label.Z: 1, Label.XZ: 1j}.get(Label(int(graph.label[v])))
        factor.append((1, z) if leaf is None else (1 + z, leaf * (1 - z)))
    inputs, outputs, edges = graph.inputs.tolist(), graph.outputs.tolist(), graph.edges.tolist()
    # All 2**n paths at once: path p gives vertex v the value of its bit v.
    path = np.arange(2**n, dtype=np.int64)
    amplitude = np.ones(2**n, np.complex128)
    for v in range(n):
        amplitude *= np.array(factor[v], np.complex128)[path >> v & 1]
    for a, b in edges:
        amplitude *= 1 - 2 * ((path >> a) & (path >> b) & 1)
    row = np.zeros_like(path)
    for v in outputs:
        row = 2 * row + (path >> v & 1)
    column = np.zeros_like(path)
    for v in inputs:
        column = 2 * column + (path >> v & 1)
    out = np.zeros((2 ** len(outputs), 2 ** len(inputs)), np.complex128)
    np.add.at(out, (row, column), amplitude)
    return out


def graph_instrument(graph: OpenGraph, inputs: Mapping[int, bool] | None = None) -> Instrument:
    """The instrument of an open graph, up to one positive factor."""
    return _instrument(graph.bits, graph.registers, lambda m: graph_map(graph, m), inputs or {})


# ---- states ---------------------------------------------------------------------------------------------------------


class State:
    """A dense state over named qubits, not normalised; measured qubits are gone."""

    def __init__(self) -> None:
        self.amplitudes: Matrix = np.ones((), np.complex128)
        self.qubits: list[Hashable] = []

    def copy(self) -> State:
        other = State()
        other.amplitudes, other.qubits = self.amplitudes, list(self.qubits)
        return other

    def add(self, qubit: Hashable, vector: tuple[complex, complex] = (1, 0)) -> None:
        self.multiply(np.array(vector, np.complex128), [qubit])

    def add_bell(self, a: Hashable, b: Hashable) -> None:
        self.multiply(_IDENTITY / math.sqrt(2), [a, b])

    def multiply(self, tensor: Matrix, qubits: Sequence[Hashable]) -> None:
        """Put a tensor beside the state; a leg without a name is an open one, named after the first."""
        names = list(qubits)
        if tensor.ndim > len(names):
            names.append(("open", names[0]))
        self.amplitudes = np.multiply.outer(self.amplitudes, tensor)
        self.qubits += names

    def join(self, a: Hashable, b: Hashable, matrix: Matrix) -> None:
        """Sum over the values of two legs that an edge joins."""
        axes = (self.qubits.index(a), self.qubits.index(b))
        psi = np.moveaxis(self.amplitudes, axes, (0, 1))
        self.amplitudes = sum((matrix[x, y] * psi[x, y] for x in (0, 1) for y in (0, 1)), np.zeros((), np.complex128))
        self.qubits = [q for q in self.qubits if q not in (a, b)]

    def apply(self, qubit: Hashable, matrix: NDArray[Any]) -> None:
        i = self.qubits.index(qubit)
        self.amplitudes = np.moveaxis(np.tensordot(matrix, self.amplitudes, (1, i)), 0, i)

    def apply_diagonal(self, a: Hashable, b: Hashable, diagonal: Sequence[complex]) -> None:
        axes = (self.qubits.index(a), self.qubits.index(b))
        psi = np.moveaxis(self.amplitudes, axes, (0, 1)).copy()
        for x in (0, 1):
            for y in (0, 1):
                psi[x, y] *= diagonal[2 * x + y]
        self.amplitudes = np.moveaxis(psi, (0, 1), axes)

    def apply_matrix(self, a: Hashable, b: Hashable, matrix: NDArray[Any]) -> None:
        axes = (self.qubits.index(a), self.qubits.index(b))
        out = np.tensordot(matrix.reshape(2, 2, 2, 2), self.amplitudes, ((2, 3), axes))
        self.amplitudes = np.moveaxis(out, (0, 1), axes)

    def gate(self, name: str, qubits: Sequence[Hashable], *angles: Fraction) -> None:
        """One gate of a node program (clause PR-2)."""
        z = turn(angles[0]) if angles else 1
        if name == "h":
            self.apply(qubits[0], HADAMARD)
        elif name == "x":
            self.apply(qubits[0], np.array([[0, 1], [1, 0]]))
        elif name in _DIAGONAL:
            self.apply(qubits[0], np.diag([1, turn(_DIAGONAL[name])]))
        elif name == "rz":
            self.apply(qubits[0], np.diag([1, z]))
        elif name == "rx":
            self.apply(qubits[0], HADAMARD @ np.diag([1, z]) @ HADAMARD)
        elif name == "cz":
            self.apply_diagonal(qubits[0], qubits[1], [1, 1, 1, -1])
        elif name == "cx":
            self.apply(qubits[1], HADAMARD)
            self.apply_diagonal(qubits[0], qubits[1], [1, 1, 1, -1])
            self.apply(qubits[1], HADAMARD)
        elif name == "rzz":
            self.apply_diagonal(qubits[0], qubits[1], [1, z, z, 1])
        elif name in ("y", "sx", "ry", "u3"):
            self.apply(qubits[0], _one_qubit(name, *map(float, angles)))
        elif name in ("ecr", "ms", "rxx", "rzx", "swap"):
            self.apply_matrix(qubits[0], qubits[1], _two_qubits(name, *map(float, angles)))
        else:
            raise AssertionError(f"no gate {name}")

    def project(self, qubit: Hashable, outcome: int) -> None:
        """Measure in Z with this outcome; the norm is its probability."""
        i = self.qubits.index(qubit)
        self.amplitudes = np.moveaxis(self.amplitudes, i, 0)[int(outcome)]
        self.qubits.pop(i)

    @property
    def weight(self) -> float:
        return float(np.vdot(self.amplitudes, self.amplitudes).real)

    def vector(self, order: Sequence[Hashable]) -> Matrix:
        assert sorted(map(str, self.qubits)) == sorted(map(str, order)), "qubits are left over"
        return np.transpose(self.amplitudes, [self.qubits.index(q) for q in order]).reshape(-1)


def _one_qubit(name: str, theta: float = 0, phi: float = 0, lam: float = 0) -> Matrix:
    """Native gates of one qubit, as their makers' papers and OpenQASM 3 write them; angles in multiples of pi."""
    c, s = np.cos(np.pi * theta / 2), np.sin(np.pi * theta / 2)
    if name == "sx":
        return np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]], np.complex128)
    if name == "y":
        return _Y
    left, right = np.exp(1j * np.pi * phi), np.exp(1j * np.pi * lam)
    return np.array([[c, -right * s], [left * s, left * right * c]], np.complex128)


def _two_qubits(name: str, theta: float = 0.5) -> Matrix:
    if name == "swap":
        return np.asarray(np.eye(4)[[0, 2, 1, 3]], np.complex128)
    if name == "ecr":
        return np.asarray((np.kron(_X, np.eye(2)) - np.kron(_Y, _X)) / np.sqrt(2), np.complex128)
    c, s = np.cos(np.pi * theta / 2), np.sin(np.pi * theta / 2)
    return np.asarray(c * np.eye(4) - 1j * s * np.kron(_Z if name == "rzx" else _X, _X), np.complex128)


# ---- patterns -------------------------------------------------------------------------------------------------------


_X: Matrix = np.array([[0, 1], [1, 0]], np.complex128)
_Y: Matrix = np.array([[0, -1j], [1j, 0]], np.complex128)
_Z: Matrix = np.array([[1, 0], [0, -1]], np.complex128)
#: The observable at angle 0, that at 1/2, and the angle that is added to the one that is given.
_OBSERVABLE = {
    mbqc.Basis.XY: (_X, _Y, 0.0),
    mbqc.Basis.YZ: (_Z, _Y, 0.0),
    mbqc.Basis.XZ: (_Z, _X, 0.0),
    mbqc.Basis.X: (_X, _Y, 0.0),
    mbqc.Basis.Y: (_X, _Y, 0.5),
    mbqc.Basis.Z: (_Z, _Y, 0.0),
}


def _to_z(basis: mbqc.Basis, angle: Fraction) -> Matrix:
    """The unitary after which a measurement in Z is one in ``basis`` at ``angle`` (in multiples of pi)."""
    first, second, added = _OBSERVABLE[basis]
    turned = math.pi * (float(angle) + added)
    _, vectors = np.linalg.eigh(math.cos(turned) * first + math.sin(turned) * second)
    # Eigenvalues come in ascending order: -1, the outcome 1, is the first.
    return np.asarray(vectors[:, ::-1].conj().T, np.complex128)


def pattern_map(pattern: mbqc.Pattern, bits: Mapping[int, bool]) -> Matrix:
    """``K_m`` of a pattern, each command on a dense state and each measurement a projector (clause PT-11).

    Parameters
    ----------
    bits
        A value for each outcome and each classical input.

    Returns
    -------
    complex128[2**outputs, 2**inputs], up to a phase; its squared norm over all outcomes is that of the identity

    Examples
    --------
    >>> p = mbqc.Pattern((0,), (1,), (mbqc.Prepare(1), mbqc.Entangle(0, 1), mbqc.Measure(0)), mbqc.outcomes([0]), (), ("q",), ("q",))
    >>> same_up_to_phase(pattern_map(p, {0: False}), HADAMARD), same_up_to_phase(pattern_map(p, {0: True}), HADAMARD)
    (True, False)
    """
    values = complete_bits(pattern.bits, bits)
    outcome = {b.vertex: values[i] for i, b in enumerate(pattern.bits) if b.kind == BitKind.OUTCOME}
    columns = 2 ** len(pattern.inputs)
    state = State()
    state.amplitudes = np.eye(columns, dtype=np.complex128).reshape((2,) * len(pattern.inputs) + (columns,))
    state.qubits = [*pattern.inputs, "column"]
    for c in pattern.commands:
        match c:
            case mbqc.Prepare(node):
                state.add(node, (1 / math.sqrt(2), 1 / math.sqrt(2)))
            case mbqc.Entangle(a, b):
                state.gate("cz", (a, b))
            case mbqc.CorrectX(node, domain):
                if domain.evaluate(values):
                    state.apply(node, _X)
            case mbqc.CorrectZ(node, domain):
                if domain.evaluate(values):
                    state.apply(node, _Z)
            case mbqc.Clifford(node, gates):
                for gate in gates:
                    state.gate(gate, [node])
            case mbqc.Measure(node, basis, angle, s, t):
                if s.evaluate(values):
                    state.apply(node, _X)
                if t.evaluate(values):
                    state.apply(node, _Z)
                state.apply(node, _to_z(basis, angle.evaluate(values)))
                state.project(node, outcome[node])
    order: list[Hashable] = [*pattern.outputs, "column"]
    return state.vector(order).reshape(-1, columns)


def pattern_instrument(pattern: mbqc.Pattern, inputs: Mapping[int, bool] | None = None) -> Instrument:
    """The instrument of a pattern, exact; ``inputs`` are the classical ones."""
    return _instrument(pattern.bits, pattern.registers, lambda m: pattern_map(pattern, m), inputs or {})


# ---- node programs --------------------------------------------------------------------------------------------------


#: Gives the outcome of a measurement: (state before, qubit, whether the outcome is one of the source) -> 0 or 1.
Chooser: TypeAlias = Callable[[State, Hashable, bool], int]


@dataclass
class Run:
    """One run of node programs.

    Attributes
    ----------
    matrix : complex[2**outputs, columns of the inputs], not normalised: its squared norm is the weight of all outcomes
    bits : node -> bit -> value
    outcomes : values of the outcomes of the source that the manifest lists
    forgotten : outcomes of resets of live qubits and of qubits left behind
    measured : how many outcomes there were
    peak_comm, peak_data : most live qubits of each node
    """

    matrix: Matrix
    bits: dict[str, dict[int, int]]
    outcomes: list[int]
    forgotten: list[int]
    measured: int
    peak_comm: dict[str, int] = field(default_factory=dict)
    peak_data: dict[str, int] = field(default_factory=dict)


class Stuck(AssertionError):
    """The programs do something that cannot be run; the text says what."""


def run_programs(distribution: Distribution, inputs: Matrix, choose: Chooser) -> Run:
    """Run the node programs against each other, one instruction at a time.

    Parameters
    ----------
    inputs
        Columns are states of the inputs in the order of the manifest, first input most significant.
    choose
        Gives the outcome of each measurement.

    Raises
    ------
    Stuck
        If the programs wait for each other, or use a bit, a qubit or a message that is not there.
    """
    manifest = distribution.manifest
    columns = int(inputs.shape[1])
    state = State()
    state.amplitudes = inputs.reshape((2,) * len(manifest.inputs) + (columns,)).astype(np.complex128)
    state.qubits = [*(("input", i) for i in range(len(manifest.inputs))), "column"]
    programs = {p.node: p for p in distribution.programs}
    where: dict[tuple[str, int], Hashable] = {(p.node, p.qubit): ("input", i) for i, p in enumerate(manifest.inputs)}
    bits: dict[str, dict[int, int]] = {n: {} for n in programs}
    counter = dict.fromkeys(programs, 0)
    letters: dict[tuple[str, str, str], int] = {}
    half: dict[str, Hashable] = {}
    asked: dict[str, set[str]] = {}
    witnesses = {(b.node, b.bit) for b in manifest.outcomes if b is not None}
    forgotten: list[int] = []
    measured, fresh = 0, 0
    peak_comm, peak_data = dict.fromkeys(programs, 0), dict.fromkeys(programs, 0)

    def need(condition: bool, why: str) -> None:
        if not condition:
            raise Stuck(why)

    def qubit(node: str, index: int) -> Hashable:
        nonlocal fresh
        if (node, index) not in where:
            need(index < programs[node].data, f"{node}: communication qubit {index} is used without an ebit")
            fresh += 1
            where[node, index] = ("fresh", fresh)
            state.add(where[node, index])
        return where[node, index]

    def measure(node: str, index: int, of_source: bool) -> int:
        nonlocal measured
        name = qubit(node, index)
        outcome = choose(state, name, of_source)
        measured += 1
        state.project(name, outcome)
        del where[node, index]
        return outcome

    def gate(node: str, g: Gate) -> None:
        state.gate(g.name, [qubit(node, q) for q in g.qubits], *(angle.constant for angle in g.angles))

    def command(node: str, ins: Instruction) -> None:
        """A command of a pattern that is no measurement."""
        match ins:
            case mbqc.Prepare(q):
                need((node, q) not in where, f"{node}: qubit {q} is prepared while it is in use")
                state.apply(qubit(node, q), HADAMARD)
            case mbqc.Entangle(a, b):
                state.gate("cz", (qubit(node, a), qubit(node, b)))
            case mbqc.CorrectX(q, domain) | mbqc.CorrectZ(q, domain):
                if domain.evaluate(bits[node]):
                    state.apply(qubit(node, q), _X if isinstance(ins, mbqc.CorrectX) else _Z)
            case mbqc.Clifford(q, letters):
                for letter in letters:
                    state.apply(qubit(node, q), _Y) if letter == "y" else state.gate(letter, [qubit(node, q)])

    moved = True
    while moved:
        moved = False
        for node, program in programs.items():
            mine = bits[node]
            while counter[node] < len(program.instructions):
                ins = program.instructions[counter[node]]
                if isinstance(ins, Gate):
                    gate(node, ins)
                elif isinstance(ins, Conditional):
                    need(
                        all(b in mine for b, _ in ins.conditions),
                        f"{node}: a condition reads a bit before it is written",
                    )
                    if all(mine[b] == v for b, v in ins.conditions):
                        for g in ins.body:
                            gate(node, g)
                elif isinstance(ins, Measure):
                    need(ins.bit not in mine, f"{node}: bit {ins.bit} is written twice")
                    mine[ins.bit] = measure(node, ins.qubit, (node, ins.bit) in witnesses)
                elif isinstance(ins, Reset):
                    if (node, ins.qubit) in where:
                        forgotten.append(measure(node, ins.qubit, False))
                    qubit(node, ins.qubit)
                elif isinstance(ins, Send):
                    need(
                        all(b in mine for b in ins.bits),
                        f"{node}: message {ins.message} reads a bit before it is written",
                    )
                    letters[ins.message, node, ins.peer] = sum(mine[b] for b in ins.bits) % 2
                elif isinstance(ins, Recv):
                    if (ins.message, ins.peer, node) not in letters:
                        break
                    need(ins.bit not in mine, f"{node}: bit {ins.bit} is written twice")
                    mine[ins.bit] = letters.pop((ins.message, ins.peer, node))
                elif not isinstance(ins, Ebit):
                    need(all(b in mine for b in bits_read(ins)), f"{node}: {ins} reads a bit before it is written")
                    if isinstance(ins, Compute):
                        need(ins.bit not in mine, f"{node}: bit {ins.bit} is written twice")
                        mine[ins.bit] = int(ins.value.evaluate(mine))
                    elif isinstance(ins, Observe):
                        m = ins.command
                        need((node, m.node) in where, f"{node}: qubit {m.node} is measured before it is prepared")
                        need(ins.bit not in mine, f"{node}: bit {ins.bit} is written twice")
                        for pauli, domain in ((_X, m.s_domain), (_Z, m.t_domain)):
                            if domain.evaluate(mine):
                                state.apply(qubit(node, m.node), pauli)
                        state.apply(qubit(node, m.node), _to_z(m.basis, m.angle.evaluate(mine)))
                        mine[ins.bit] = measure(node, m.node, (node, ins.bit) in witnesses)
                    else:
                        command(node, ins)
                else:
                    asked.setdefault(ins.link, set()).add(node)
                    if asked[ins.link] != {node, ins.peer}:
                        break
                    need((node, ins.qubit) not in where, f"{node}: communication qubit {ins.qubit} is in use")
                    if ins.link not in half:
                        state.add_bell(("half", ins.link, 0), ("half", ins.link, 1))
                        half[ins.link] = ("half", ins.link, 1)
                        where[node, ins.qubit] = ("half", ins.link, 0)
                    else:
                        where[node, ins.qubit] = half[ins.link]
                counter[node] += 1
                moved = True
                live = [i for n, i in where if n == node]
                peak_comm[node] = max(peak_comm[node], sum(1 for i in live if i >= program.data))
                peak_data[node] = max(peak_data[node], sum(1 for i in live if i < program.data))
    waiting = {n: i for n, i in counter.items() if i < len(programs[n].instructions)}
    need(not waiting, f"the programs wait for each other; next instructions: {waiting}")
    order = [qubit(o.node, o.qubit) for o in manifest.outputs]
    for node, index in [k for k, name in where.items() if name not in order]:
        forgotten.append(measure(node, index, False))
    outcomes = [bits[b.node][b.bit] for b in manifest.outcomes if b is not None]
    matrix = state.vector([*order, "column"]).reshape(2 ** len(order), columns)
    return Run(matrix, bits, outcomes, forgotten, measured, peak_comm, peak_data)


def program_runs(distribution: Distribution, inputs: Matrix | None = None) -> Iterator[Run]:
    """All runs with a weight above 0, one for each sequence of outcomes; without ``inputs`` on all basis states at once."""
    start = np.eye(2 ** len(distribution.manifest.inputs), dtype=np.complex128) if inputs is None else inputs
    todo: list[list[int]] = [[]]
    while todo:
        prefix = todo.pop()
        taken: list[int] = []

        def choose(
            state: State, qubit: Hashable, of_source: bool, prefix: list[int] = prefix, taken: list[int] = taken
        ) -> int:
            if len(taken) < len(prefix):
                taken.append(prefix[len(taken)])
                return taken[-1]
            possible = []
            for r in (0, 1):
                after = state.copy()
                after.project(qubit, r)
                if after.weight > _NOTHING:
                    possible.append(r)
            if len(possible) == 2:
                todo.append([*taken, 1])
            taken.append(possible[0])
            return possible[0]

        yield run_programs(distribution, start, choose)


def program_instrument(distribution: Distribution) -> Instrument:
    """The instrument of node programs: results in the order of the manifest's registers."""
    out: Instrument = {}
    for run in program_runs(distribution):
        registers = distribution.manifest.registers
        key = tuple(bool(w is not None and run.bits[w.node][w.bit]) for r in registers for w in r.bits)
        _add(out, key, run.matrix)
    return out


def distribution_of_results(distribution: Distribution) -> dict[tuple[bool, ...], float]:
    """Probability of each value of the registers, all inputs in ``|0>``."""
    out: dict[tuple[bool, ...], float] = {}
    start = np.zeros((2 ** len(distribution.manifest.inputs), 1), np.complex128)
    start[0, 0] = 1
    for run in program_runs(distribution, start):
        registers = distribution.manifest.registers
        key = tuple(bool(w is not None and run.bits[w.node][w.bit]) for r in registers for w in r.bits)
        out[key] = out.get(key, 0.0) + float(np.vdot(run.matrix, run.matrix).real)
    return out


# ---- comparing ------------------------------------------------------------------------------------------------------


def same_instrument(a: Instrument, b: Instrument, tol: float = 1e-7) -> bool:
    """Whether two instruments are equal up to one positive scalar for all results together.

    Examples
    --------
    >>> coin = {(False,): np.eye(1) / 4, (True,): np.eye(1) * 3 / 4}
    >>> same_instrument(coin, {k: 2 * v for k, v in coin.items()})
    True
    >>> same_instrument(coin, {(False,): np.eye(1), (True,): np.eye(1)})  # a scalar for each outcome hides a wrong probability
    False
    """
    sizes = [sum(float(np.trace(x).real) for x in side.values()) for side in (a, b)]
    if min(sizes) < _NOTHING:
        return max(sizes) < _NOTHING
    for key in {*a, *b}:
        x, y = (side.get(key, np.zeros(1)) / size for side, size in zip((a, b), sizes, strict=True))
        if x.shape != y.shape and 1 not in (x.size, y.size):
            return False
        if np.abs(x - y).max() > tol:
            return False
    return True


def same_up_to_phase(a: Matrix, b: Matrix, tol: float = 1e-7) -> bool:
    """Whether two maps are equal up to one complex factor: what is left of ``b`` beside its part along ``a`` is small."""
    na, nb = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if a.shape != b.shape or min(na, nb) < tol:
        return a.shape == b.shape and max(na, nb) < tol
    return bool(np.linalg.norm(b - np.vdot(a, b) / na**2 * a) < tol * nb)


def symbols_of(phases: Sequence[Phase]) -> frozenset[str]:
    """The symbols in a table of phases: what has some has no meaning until they are bound."""
    return frozenset().union(*(p.symbols for p in phases)) if phases else frozenset()


@dataclass
class Branch:
    """One random run on a state.

    Attributes
    ----------
    vector : complex[2**outputs], normalised
    outcomes : true values of the source's outcomes
    probability : of those, all other outcomes counted as fair coins
    peak_comm, peak_data : most live qubits of each node
    """

    vector: Matrix
    outcomes: list[int]
    probability: float
    peak_comm: dict[str, int]
    peak_data: dict[str, int]


def run_at_random(distribution: Distribution, inputs: Matrix, rng: random.Random) -> Branch:
    """Run node programs on one state of the inputs, outcomes drawn with their probabilities."""
    probability = 1.0

    def choose(state: State, qubit: Hashable, of_source: bool) -> int:
        nonlocal probability
        zero = state.copy()
        zero.project(qubit, 0)
        p = zero.weight / state.weight
        r = 0 if rng.random() < p else 1
        p = p if r == 0 else 1 - p
        probability *= p if of_source else 2 * p
        return r

    run = run_programs(distribution, inputs.reshape(-1, 1), choose)
    vector = run.matrix.reshape(-1)
    return Branch(vector / np.linalg.norm(vector), run.outcomes, probability, run.peak_comm, run.peak_data)
