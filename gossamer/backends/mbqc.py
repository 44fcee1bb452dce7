"""The `mbqc` node model: a measurement pattern on the node's qubits, N E M X Z C, with messages in its domains.

A vertex is a pattern node: it is prepared, entangled and measured in the plane or along the axis of its label, with its frames as
s- and t-domains; nothing is applied to it before. A half of a link enters as one more input of the pattern, and outcomes
of other nodes are bits like the own ones. A step onto the next vertex and a gadget take one qubit more than on a circuit node while they
happen, and so does the phase of an output where it is no multiple of pi/2: the output is turned by a gadget of one leg.

A phase that depends on bits is an angle that does, over the node's bits; a derived bit of the source is computed on each node that
needs it, once. What is the same for all models is in ``gossamer.backends.lowering``.

With ``shift`` signals are shifted: a correction that only flips an outcome is no domain, it says what the outcome is worth, and a
measurement waits for nothing but the sign of an angle that is no multiple of pi/2. Fewer rounds, longer parities.

References
----------
Danos, Kashefi, Panangaden, J. ACM 54, 8 (2007); planes and axes: Browne, Kashefi, Mhalla, Perdrix, NJP 9, 250 (2007).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from gossamer.backends.lowering import Lowering, Writer, lower
from gossamer.diagnostics import InputError, InternalError
from gossamer.ir import pattern
from gossamer.ir.open_graph import Label
from gossamer.ir.pattern import Basis, Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import Placed
from gossamer.ir.program import Compute, Distribution, Observe

_BASES = {Label.XY: Basis.XY, Label.YZ: Basis.YZ, Label.XZ: Basis.XZ, Label.X: Basis.X, Label.Y: Basis.Y, Label.Z: Basis.Z}  # fmt: skip
_HALF = Fraction(1, 2)
#: A parity of more bits than this is computed in pieces.
_LONG = 256


@dataclass(frozen=True)
class Mbqc:
    """Backend: ``Placed`` -> ``Distribution`` of MBQC nodes, whose programs are printed as JSON.

    Attributes
    ----------
    shift : shift signals, so that fewer measurements wait for others
    """

    shift: bool = False

    def run(self, placed: Placed) -> Distribution:
        return lower(placed, {"mbqc": ShiftingWriter if self.shift else PatternWriter})


class PatternWriter(Writer):
    """The program of an MBQC node."""

    model = "mbqc"
    suffix = ".pattern.json"
    shifts: ClassVar[bool] = False

    def __init__(self, lowering: Lowering, at: int) -> None:
        super().__init__(lowering, at)
        self.derived: dict[int, int] = {}  # derived bit of the source -> own bit

    def start(self, qubit: int) -> None:
        self.dirty.discard(qubit)
        self.emit(Prepare(qubit))

    def join(self, a: int, b: int) -> None:
        self.emit(Entangle(self.address(a), self.address(b)))

    def step(self, v: int) -> None:
        after = self.all.successor[v]
        if not self.has_room:
            self.turn_over(v, after)
            return
        self.prepare(after)
        self.join(v, after)
        self.all.realise_edge(v, after)
        self.measure(v)

    def turn_over(self, v: int, after: int) -> None:
        """A step where no other qubit is free: by a Clifford on its own. Only vertices along X are placed where that happens."""
        _, angle = self.observable(v)
        if self.all.graph.label[v] != Label.X or not self.all.is_folded(v) or not angle.is_constant:
            raise InternalError("TL-14", f"there is no data qubit for the step of vertex {v}")
        self.emit(Clifford(self.address(v), ("h",) if angle.is_zero else ("z", "h")))
        self.all.realise_edge(v, after)
        self.all.qubit[after], self.all.qubit[v] = self.all.qubit[v], None
        self.all.ended[v] = True
        self.all.correct(v, self.all.worth(v))

    def measure(self, v: int) -> None:
        basis, angle = self.observable(v)
        s, t, flipped = self.signals(v, basis, angle)
        command = pattern.Measure(self.address(v), basis, self.own_angle(angle), self.parity(s), self.parity(t))
        self.all.note_outcome(v, self.ended(v, self.observe(command)), flipped)

    def signals(self, v: int, basis: Basis, angle: Phase) -> tuple[Set[int], Set[int], Set[int]]:
        """The s-domain, the t-domain, and the parity that is not waited for: the true outcome is the raw one and this."""
        s, t = self.all.s[v], self.all.t[v]
        if self.all.is_folded(v):
            return set(), set(), self.all.worth(v)
        if not self.shifts or self.all.outcome[v] >= 0 or v in self.all.postselected:
            return s, t, set()
        # A plane's angle has its sign turned by one of the signals, and its outcome is flipped by the other.
        sign = {Basis.XY: s, Basis.YZ: t, Basis.XZ: s ^ t}[basis]
        flip = t if basis == Basis.XY else s
        if angle.is_constant and angle.is_clifford:  # a quarter turn and its inverse differ by the outcome
            return set(), set(), flip ^ sign if angle.constant.denominator == 2 else flip
        return (sign, set(), flip) if basis == Basis.XY else (set(), sign, flip)

    def rotate(self, hub: int) -> None:
        self.prepare(hub)
        for leg in sorted(self.all.pending[hub]):
            self.join(leg, hub)
            self.all.realise_edge(leg, hub)
        self.measure(hub)

    def finish(self, v: int) -> None:
        q = self.address(v)
        x, z = self.parity(self.all.s[v]), self.parity(self.all.t[v])
        if v in self.all.extra_z:
            z = ~z
        rest = Phase()
        for mono, c, symbols in self.own_angle(self.all.own_phase(v)).terms:
            if c == 1 and not symbols:
                z = z ^ BitExpr((frozenset(mono),))
            else:
                rest = rest + Phase.from_terms([(mono, c, symbols)])
        if not x.is_zero:
            self.emit(CorrectX(q, x))
        if rest.is_constant and rest.is_clifford and not rest.is_zero:
            self.emit(Clifford(q, ("s",) if rest.constant == _HALF else ("sdg",)))
        elif not rest.is_zero:  # a gadget of one leg
            hub = self.allocate("data")
            self.start(hub)
            self.emit(Entangle(hub, q))
            bit = self.observe(pattern.Measure(hub, Basis.YZ, rest))
            self.give_back(hub)
            z = z ^ BitExpr.bit(bit)
        if not z.is_zero:
            self.emit(CorrectZ(q, z))

    def open_half(self, qubit: int) -> None:
        self.emit(Clifford(qubit, ("h",)))

    def close_half(self, qubit: int) -> int:
        return self.observe(pattern.Measure(qubit, Basis.X))

    # ---- measurements ----------------------------------------------------------------------------------------------

    def observe(self, command: pattern.Measure) -> int:
        bit = self.new_bit()
        self.emit(Observe(command, bit))
        return bit

    def observable(self, v: int) -> tuple[Basis, Phase]:
        """What a vertex is measured in, its angle over the source's bits; the Z that links have always left on it is in the angle."""
        basis, phase, flipped = (
            _BASES[Label(self.all.label[v])],
            self.all.own_phase(v),
            v in self.all.extra_z,
        )
        match basis:
            case Basis.XY | Basis.X:
                return basis, -phase + Phase(int(flipped))
            case Basis.Y:
                return basis, -phase - Phase(_HALF) + Phase(int(flipped))
            case Basis.YZ | Basis.XZ:
                return basis, -phase if flipped else phase
            case Basis.Z:
                return basis, phase

    def own_angle(self, phase: Phase) -> Phase:
        """A phase over the source's bits as one over own bits."""
        if phase.symbols:
            raise InputError(
                "PR-12", f"parameter '{min(phase.symbols)}' has no value", help="bind all parameters before compiling"
            )
        own = {b: self.own_bit(b) for b in sorted(phase.bits)}
        return phase.rename(own.__getitem__)

    def own_bit(self, b: int) -> int:
        """The node's bit that holds a bit of the source; derived ones are computed where they are first needed."""
        definition = self.all.graph.bits[b].expr
        if definition is None:
            return self.local_bits((self.all.source_raw[b],))[0]
        if b not in self.derived:
            own = {x: self.own_bit(x) for x in sorted(definition.bits)}
            self.derived[b] = self.new_bit()
            self.emit(Compute(self.derived[b], definition.rename(own.__getitem__)))
        return self.derived[b]

    def parity(self, raws: Set[int]) -> BitExpr:
        """The parity of raw outcomes over own bits."""
        bits = self.local_bits(raws)
        while len(bits) > _LONG:
            piece, bits = bits[:_LONG], bits[_LONG:]
            bits.append(self.new_bit())
            self.emit(Compute(bits[-1], BitExpr.xor(piece)))
        return BitExpr.xor(bits)


class ShiftingWriter(PatternWriter):
    """The same with signals shifted."""

    shifts = True


__all__ = ["Mbqc", "PatternWriter", "ShiftingWriter"]
