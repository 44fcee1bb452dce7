"""`Pattern`: a measurement pattern (one-way computation) as plain data, and the diagram that it means.

A pattern is a list of commands N, E, M, X, Z and C on numbered *pattern nodes* (one qubit each, no nodes of a network), with
inputs, outputs and the classical part that diagrams have: bits in SSA order and reported registers. It need not have a flow, and
its outcomes need not be corrected: whatever can be run is an instrument, and :func:`to_diagram` gives it. Frontends for pattern files
build this class; the strategies and the oracle of the conformance kit know it. Clauses PT-* of ``spec/pattern.md``.

References
----------
The measurement calculus: Danos, Kashefi, Panangaden, J. ACM 54(2), 8 (2007). Planes other than XY: Browne, Kashefi, Mhalla,
Perdrix, NJP 9, 250 (2007).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import TypeAlias

from gossamer.diagnostics import InputError, Span
from gossamer.ir.diagram import Bit, BitKind, Diagram, Register, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import Scalar
from gossamer.ir.wires import WireBuilder

#: An expression of more terms than this becomes a derived bit before it multiplies a phase.
SHORT = 2


class Basis(Enum):
    """What a measurement measures: a plane, with an angle in it, or a Pauli axis, with a sign."""

    XY = "XY"
    YZ = "YZ"
    XZ = "XZ"
    X = "X"
    Y = "Y"
    Z = "Z"

    @property
    def is_pauli(self) -> bool:
        return len(self.value) == 1


_NEVER = BitExpr.const(0)


@dataclass(frozen=True, slots=True)
class Prepare:
    """N: the node comes into being as ``|+>``."""

    node: int


@dataclass(frozen=True, slots=True)
class Entangle:
    """E: a CZ between two nodes."""

    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Measure:
    """M: apply ``X`` if ``s_domain`` holds and ``Z`` if ``t_domain`` does, then measure in ``basis`` at ``angle``.

    The observable is ``cos(angle) A + sin(angle) B`` with A, B = X, Y in the plane XY, Z, Y in YZ and Z, X in XZ; the axes X and Y
    are the angles 0 and 1/2 of XY, Z is the angle 0 of YZ, and the angle that is given is added. Outcome 0 is the eigenvalue +1.
    """

    node: int
    basis: Basis = Basis.XY
    angle: Phase = field(default_factory=Phase)
    s_domain: BitExpr = _NEVER
    t_domain: BitExpr = _NEVER


@dataclass(frozen=True, slots=True)
class CorrectX:
    """X: a Pauli X if ``domain`` holds."""

    node: int
    domain: BitExpr


@dataclass(frozen=True, slots=True)
class CorrectZ:
    """Z: a Pauli Z if ``domain`` holds."""

    node: int
    domain: BitExpr


@dataclass(frozen=True, slots=True)
class Clifford:
    """C: a single-qubit Clifford, as a word of ``GATES`` whose first letter acts first."""

    node: int
    gates: tuple[str, ...]


#: The letters of a Clifford.
GATES = ("h", "s", "sdg", "x", "y", "z")

Command: TypeAlias = Prepare | Entangle | Measure | CorrectX | CorrectZ | Clifford


@dataclass(frozen=True)
class Pattern:
    """A measurement pattern.

    Attributes
    ----------
    inputs, outputs : nodes in order, named by ``input_names`` and ``output_names``; a node may be both
    commands : in the order in which they are done
    bits : as in a diagram, but ``vertex`` of an outcome is the pattern node whose measurement it is
    registers : what is reported; an outcome that is neither reported nor used is forgotten
    spans : side table from the position of a command to its place in the source; no part of equality

    Examples
    --------
    Teleportation along a wire of three nodes; the outcome of node 0 is ``b0``, that of node 1 is ``b1``:

    >>> b0, b1 = BitExpr.bit(0), BitExpr.bit(1)
    >>> pattern = Pattern(
    ...     inputs=(0,), outputs=(2,), input_names=("q",), output_names=("q",),
    ...     commands=(
    ...         Prepare(1), Prepare(2), Entangle(0, 1), Entangle(1, 2), Measure(0), Measure(1, s_domain=b0),
    ...         CorrectX(2, b1), CorrectZ(2, b0),
    ...     ),
    ...     bits=outcomes([0, 1]),
    ... )
    >>> pattern.verify()
    >>> print(pattern)
    input 0 "q"
    N 1
    N 2
    E 0 1
    E 1 2
    M 0 XY 0 -> b0
    M 1 XY 0 s: b0 -> b1
    X 2 b1
    Z 2 b0
    output 2 "q"
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    commands: tuple[Command, ...]
    bits: tuple[Bit, ...] = ()
    registers: tuple[Register, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    spans: dict[int, Span] = field(default_factory=dict, repr=False, compare=False)

    def verify(self) -> None:
        """Raise :class:`~gossamer.diagnostics.InputError` with the clause that is violated, if any is."""
        from gossamer.ir.rules.pattern import verify_pattern

        verify_pattern(self)

    def __str__(self) -> str:
        """One command on each line, for readers; no file format."""
        bit_of = {b.vertex: i for i, b in enumerate(self.bits) if b.kind == BitKind.OUTCOME}
        lines = [f'input {v} "{name}"' for v, name in zip(self.inputs, self.input_names, strict=False)]
        for i, bit in enumerate(self.bits):
            if bit.kind == BitKind.INPUT:
                lines.append(f'b{i} = input "{bit.name}"')
            elif bit.kind == BitKind.DERIVED:
                lines.append(f"b{i} = {bit.expr}")
        lines += [_show(c, bit_of) for c in self.commands]
        lines += [f'output {v} "{name}"' for v, name in zip(self.outputs, self.output_names, strict=False)]
        lines += [f'register "{r.name}": {", ".join(map(str, r.bits))}' for r in self.registers]
        return "\n".join(lines)


def _show(c: Command, bit_of: dict[int, int]) -> str:
    match c:
        case Prepare(node):
            return f"N {node}"
        case Entangle(a, b):
            return f"E {a} {b}"
        case Measure(node, basis, angle, s, t):
            domains = "".join(f" {name}: {d}" for name, d in (("s", s), ("t", t)) if not d.is_zero)
            return f"M {node} {basis.value} {angle}{domains} -> b{bit_of.get(node, '?')}"
        case CorrectX(node, domain):
            return f"X {node} {domain}"
        case CorrectZ(node, domain):
            return f"Z {node} {domain}"
        case Clifford(node, gates):
            return f"C {node} {' '.join(gates)}"


def outcomes(nodes: Iterable[int]) -> tuple[Bit, ...]:
    """The bits of a pattern whose i-th bit is the outcome of the i-th of these nodes.

    Examples
    --------
    >>> outcomes([4])[0].vertex
    4
    """
    return tuple(Bit(BitKind.OUTCOME, node) for node in nodes)


def read_angle(value: int | Fraction | float) -> Phase:
    """An angle of a file, in multiples of pi; a float is rounded to a multiple of 2^-40 (clause PH-2).

    Raises
    ------
    InputError
        ``PT-9`` if it is infinite or no number.

    Examples
    --------
    >>> str(read_angle(1.75))
    '7/4'
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError("PT-9", f"an angle of a measurement is {value}", help="angles are finite, in multiples of pi")
    return Phase(value)


def to_diagram(pattern: Pattern) -> Diagram:
    """The diagram of a pattern: each command a few spiders in the order of the commands, each measurement an effect with its outcome.

    Bits keep their numbers; derived bits for long domains come after them. The scalar is exact: the weights of all branches add up to
    that of the input. The pattern has to obey its rules (:meth:`Pattern.verify`).

    Examples
    --------
    >>> pattern = Pattern((0,), (), (Measure(0, Basis.Z),), outcomes([0]), input_names=("q",))
    >>> d = to_diagram(pattern)
    >>> d.num_vertices, d.bits[0].vertex, str(d.phase_of(1))
    (2, 1, '1*b0')
    """
    wires = WireBuilder()
    builder = wires.builder
    wire = {node: wires.add_input(name) for node, name in zip(pattern.inputs, pattern.input_names, strict=True)}
    builder.bits = list(pattern.bits)
    bit_of = {b.vertex: i for i, b in enumerate(pattern.bits) if b.kind == BitKind.OUTCOME}
    shortened: dict[BitExpr, BitExpr] = {}
    power = 0

    def short(domain: BitExpr) -> BitExpr:
        """The same condition in few terms: a derived bit instead of a long expression."""
        if len(domain.monomials) <= SHORT:
            return domain
        if domain not in shortened:
            shortened[domain] = BitExpr.bit(builder.derived(domain))
        return shortened[domain]

    for position, command in enumerate(pattern.commands):
        wires.span = pattern.spans.get(position)
        match command:
            case Prepare(node):
                wire[node] = wires.add_dead()
                wires.attach(wire[node], builder.vertex(VertexKind.Z, span=wires.span))
                power -= 1
            case Entangle(a, b):
                wires.cz(wire[a], wire[b])
                power += 1
            case Measure(node):
                bit = bit_of[node]
                kind, phase, turned = effect(command, short(command.s_domain), short(command.t_domain))
                if turned:
                    wires.rz(wire[node], Phase(Fraction(1, 2)))
                builder.bind_outcome(bit, wires.spider(wire[node], kind, phase + Phase.of_bit(bit)))
                wires.take_end(wire[node])
                power -= 1
            case CorrectX(node, domain):
                wires.rx(wire[node], Phase(1).times(short(domain)))
            case CorrectZ(node, domain):
                wires.rz(wire[node], Phase(1).times(short(domain)))
            case Clifford(node, gates):
                for gate in gates:
                    _gate(wires, wire[node], gate)
    wires.span = None
    for node, name in zip(pattern.outputs, pattern.output_names, strict=True):
        wires.output(wire[node], name)
    builder.registers = list(pattern.registers)
    builder.scalar = Scalar(power)
    return wires.build()


def effect(m: Measure, s: BitExpr, t: BitExpr) -> tuple[VertexKind, Phase, bool]:
    """The effect of outcome 0: the spider's kind and phase, and whether an S comes before it (plane XZ).

    In XY the effect is ``<0| + exp(-i pi angle) <1|``, a Z-spider; in YZ an X-spider; XZ is YZ turned about Z by a quarter.
    """
    half = Phase(Fraction(1, 2))
    flip_s, flip_t = Phase(1).times(s), Phase(1).times(t)
    match m.basis:
        case Basis.XY:
            return VertexKind.Z, -m.angle.negated_if(s) + flip_t, False
        case Basis.YZ:
            return VertexKind.X, m.angle.negated_if(t) + flip_s, False
        case Basis.XZ:
            return VertexKind.X, m.angle.negated_if(s ^ t) + flip_s, True
        case Basis.X:
            return VertexKind.Z, -m.angle + flip_t, False
        case Basis.Y:
            return VertexKind.Z, -(half + m.angle) + flip_s + flip_t, False
        case Basis.Z:
            return VertexKind.X, m.angle + flip_s, False


def _gate(wires: WireBuilder, wire: int, gate: str) -> None:
    if gate == "h":
        wires.h(wire)
        return
    if gate in ("x", "y"):
        wires.rx(wire, Phase(1))
    if gate != "x":
        wires.rz(wire, Phase({"s": Fraction(1, 2), "sdg": Fraction(3, 2)}.get(gate, Fraction(1))))


__all__ = [
    "GATES",
    "Basis",
    "Clifford",
    "Command",
    "CorrectX",
    "CorrectZ",
    "Entangle",
    "Measure",
    "Pattern",
    "Prepare",
    "outcomes",
    "read_angle",
    "to_diagram",
]
