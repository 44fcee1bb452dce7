"""Delays (IR-11) through passes that do not know them: as rotations by angles that no source has, taken back from the program.

A delay is an identity, so a pass is free to move gates across it. :func:`marked` puts ``rz(p) rx(p) rz(q) rx(p) rz(p)`` in its place, which
nothing moves across, not even a Pauli gate; :func:`taken_back` finds ``rz(q)`` in the program of a node, says which delay it is, and
takes the angles out again. The angles are multiples of ``1/P`` and ``1/Q`` for large numbers that have no factor in common with each other and
the denominators of the diagram, so that the part of a sum that is theirs is known exactly. That the delays stand at their places is checked as all else is: the program with the
rotations has to do what the diagram with them does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import TypeAlias

import numpy as np

from gossamer.ir.diagram import Bit, Delay, Diagram, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, Gate, Instruction

#: Where the search for the two numbers begins: primes, which no angle has in its denominator by chance.
_NUMBER, _BESIDE = 2**61 - 1, 2**31 - 1
#: Marks are multiples of it, because a pass may halve an angle a few times.
_EVEN = 1 << 21
_NAMED = {Fraction(1, 2): "s", Fraction(1): "z", Fraction(3, 2): "sdg"}


@dataclass(frozen=True, slots=True)
class Wait:
    """A qubit of the node waits."""

    qubit: int
    delay: Delay


Step: TypeAlias = Instruction | Wait


@dataclass(frozen=True, slots=True)
class Marks:
    """The delays of a diagram in the order of their numbers, and the denominators that mark them: of their numbers, and beside them."""

    delays: tuple[Delay, ...]
    number: int
    beside: int


def marked(d: Diagram) -> tuple[Diagram, Marks]:
    """The diagram with a rotation in the place of each delay.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder()
    >>> q = w.add_input("q")
    >>> w.delay(q, Delay(Fraction(10), "dt"))
    >>> _ = w.output(q, "q")
    >>> d, marks = marked(w.build())
    >>> d.num_vertices, len(d.delays), marks.delays
    (7, 0, (Delay(value=Fraction(10, 1), unit='dt'),))
    """
    denominators = {c.denominator for phase in d.phases for _, c, _ in phase.terms}
    number = _coprime(_NUMBER, denominators)
    beside = _coprime(_BESIDE, denominators | {number})
    at = np.array(sorted(d.delays), np.int64)
    before = np.searchsorted(at, np.arange(d.num_vertices))  # delays at earlier vertices
    middle = np.arange(d.num_vertices) + 4 * before
    middle[at] += 2
    new: list[int] = middle.tolist()
    size = d.num_vertices + 4 * len(at)
    kind, phase = np.full(size, VertexKind.Z, np.uint8), np.zeros(size, np.int32)
    kind[middle], phase[middle] = d.kind, d.phase
    first = len(d.phases)
    phases = [*d.phases, Phase(Fraction(_EVEN, beside))]
    edges: list[tuple[int, int]] = []
    hadamard: list[bool] = []
    used: set[int] = set()

    def end(v: int) -> int:
        """The vertex that an edge to ``v`` ends at: of a delay, the first of its five for the first edge, the last for the second."""
        if v not in d.delays:
            return new[v]
        side = 2 if v in used else -2
        used.add(v)
        return new[v] + side

    for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
        edges.append((end(a), end(b)))
        hadamard.append(h)
    for i, v in enumerate(at.tolist()):
        phase[new[v]] = len(phases)
        phases.append(Phase(Fraction(_EVEN * (i + 1), number)))
        for k in (-2, -1, 1, 2):
            phase[new[v] + k] = first
        edges += [
            (new[v] + k, new[v] + k + 1) for k in (-2, -1, 0, 1)
        ]  # Z-spiders between Hadamard edges turn about Z and X in turn
        hadamard += [True] * 4
    out = replace(
        d,
        kind=kind,
        phase=phase,
        phases=tuple(phases),
        edges=np.array(edges, np.int32).reshape(-1, 2),
        hadamard=np.array(hadamard, np.bool_),
        inputs=middle[d.inputs].astype(np.int32),
        outputs=middle[d.outputs].astype(np.int32),
        bits=tuple(b if b.vertex < 0 else Bit(b.kind, new[b.vertex], b.expr, b.name) for b in d.bits),
        spans={new[v]: span for v in range(d.num_vertices) if (span := d.spans.get(v)) is not None},
        delays={},
    )
    return out, Marks(tuple(d.delays[v] for v in at.tolist()), number, beside)


def taken_back(instructions: Sequence[Instruction], marks: Marks) -> list[Step]:
    """The program without the rotations of ``marks``, with the delays that stand for one rotation each, which is always made, in their place.

    Examples
    --------
    >>> ten = Delay(Fraction(10), "dt")
    >>> marks = Marks((ten,), 2**61 - 1, 2**31 - 1)
    >>> p, q = Fraction(1 << 21, marks.beside), Fraction(1 << 21, marks.number)
    >>> rz = lambda angle: Gate("rz", (0,), Phase(angle))
    >>> steps = taken_back([rz(p + 1), Gate("h", (0,)), rz(q), Gate("h", (0,)), rz(p)], marks)
    >>> [step.delay.unit if isinstance(step, Wait) else step.name for step in steps]
    ['z', 'h', 'dt', 'h']
    """
    found: dict[int, int] = {}
    for op in instructions:
        number = _number(op, marks)
        if number is not None:
            found[number] = found.get(number, 0) + 1
    out: list[Step] = []
    for op in instructions:
        match op:
            case Gate():
                number = _number(op, marks)
                if number is not None and found[number] == 1:
                    out.append(Wait(op.qubits[0], marks.delays[number]))
                else:
                    out += _without(op, marks)
            case Conditional(conditions, body):
                left = tuple(g for gate in body for g in _without(gate, marks))
                if left:
                    out.append(Conditional(conditions, left))
            case _:
                out.append(op)
    return out


def _number(op: Instruction, marks: Marks) -> int | None:
    """Which delay a rotation by nothing but its mark stands for."""
    if not isinstance(op, Gate) or op.name != "rz" or op.angle is None:
        return None
    half = op.angle.constant / 2
    if marks.number % half.denominator:
        return None
    i = int(half * marks.number) * pow(_EVEN // 2, -1, marks.number) % marks.number - 1
    return i if 0 <= i < len(marks.delays) else None


def _without(gate: Gate, marks: Marks) -> list[Gate]:
    """The gate without the part of its angle that marks have made."""
    if gate.angle is None:
        return [gate]
    half = gate.angle.constant / 2  # modulo 1
    theirs = gcd(half.denominator, marks.number * marks.beside)
    if theirs == 1:
        return [gate]
    rest = half.denominator // theirs  # n / (rest * theirs) = x / rest + y / theirs
    angle = Fraction(2 * (half.numerator * pow(theirs, -1, rest) % rest), rest)
    if not angle:
        return []
    if gate.name == "rz" and angle in _NAMED:
        return [Gate(_NAMED[angle], gate.qubits)]
    return [replace(gate, angle=Phase(angle))]


def _coprime(start: int, numbers: set[int]) -> int:
    """The first odd number from ``start`` on without a factor in common with one of ``numbers``."""
    while any(gcd(start, n) != 1 for n in numbers):
        start += 2
    return start
