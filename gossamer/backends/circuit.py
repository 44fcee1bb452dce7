"""The `circuit` node model: persistent qubits, gates, measurement with feed-forward.

Along a chain on one node a wire stays on one physical qubit (a step is the unitary ``H Rz``); a vertex without a successor
there is prepared, entangled and measured like an ancilla, in the plane or along the axis of its label; a gadget whose legs are all
present is a native rotation. Frames are applied physically as soon as that cannot disturb anything:

* a Z^t right before the vertex ends, an X^s right before the next entangling gate of the vertex or before it ends;
* a physical X on v commutes to the end of v's life at the price of a Z on every neighbour whose edge is not realised yet
  (link terminals too: their outcome is then read with that flip), so a frame is exact at any time;
* on a vertex that is measured along an axis nothing is applied: the frame only says what its outcome is worth.

Conditions are single bits. What is the same for all models is in ``gossamer.backends.lowering``.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction

from gossamer.backends.lowering import Lowering, Writer
from gossamer.backends.lowering import lower as lower_nodes
from gossamer.diagnostics import InputError, InternalError, NetworkInfeasible
from gossamer.ir.diagram import BitKind
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import Placed
from gossamer.ir.program import Conditional, Distribution, Gate, Measure, Reset

#: A condition that needs more branches than this is refused.
MAX_BRANCHES = 1024
#: So many gates with angles are kept, to be used again.
MAX_KEPT = 100_000
#: A condition on a parity of more bits than this is not opened into branches, of which it has 2^(bits - 1).
NARROW = 4

#: Labels whose angle sits on a leaf behind a Hadamard edge, and the phase of the vertex itself.
_LEAVES = {Label.YZ: Phase(), Label.Z: Phase(), Label.XZ: Phase(Fraction(1, 2))}

_NAMED = {Fraction(1): "z", Fraction(1, 2): "s", Fraction(3, 2): "sdg"}


def lower(placed: Placed, *, source_digest: str = "") -> Distribution:
    """Lower every node's part to a program; all nodes are circuit nodes.

    Raises
    ------
    NetworkInfeasible
        ``NW-8`` if a node's model is not ``circuit``.
    InputError
        ``PR-12`` for an angle without a value or a condition with too many branches.
    """
    return lower_nodes(placed, {"circuit": CircuitWriter}, source_digest=source_digest)


@dataclass(frozen=True)
class Circuit:
    """Backend: ``Placed`` -> ``Distribution`` of circuit nodes, whose programs are printed as OpenQASM 3."""

    def run(self, placed: Placed) -> Distribution:
        return lower(placed)


class CircuitWriter(Writer):
    """The program of a circuit node."""

    model = "circuit"
    suffix = ".qasm"

    def __init__(self, lowering: Lowering, at: int) -> None:
        super().__init__(lowering, at)
        self.parities: dict[int, tuple[frozenset[int], bool] | None] = {}  # see parity_of
        self.turns: dict[tuple[Phase, tuple[int, ...]], Gate] = {}  # gates that were needed before

    def start(self, qubit: int) -> None:
        self.clean(qubit)
        self.emit(self.plain_gate("h", qubit))

    def clean(self, qubit: int) -> None:
        """Into |0>, if something was measured there."""
        if qubit in self.dirty:
            self.dirty.discard(qubit)
            self.emit(Reset(qubit))

    def join(self, a: int, b: int) -> None:
        for x in (a, b):
            if x < self.all.n and not self.all.is_folded(x):
                self.apply_x(x)
        self.emit(self.plain_gate("cz", self.address(a), self.address(b)))

    def step(self, v: int) -> None:
        after = self.all.successor[v]
        flipped = self.settle(v)
        self.emit_phase((self.address(v),), self.turned(v))
        self.emit(self.plain_gate("h", self.address(v)))
        self.all.realise_edge(v, after)
        self.all.qubit[after], self.all.qubit[v] = self.all.qubit[v], None
        self.all.ended[v] = True
        self.all.correct(v, flipped)  # the raw outcome is 0 by construction

    def measure(self, v: int) -> None:
        flipped = self.settle(v)
        q = self.address(v)
        label = self.all.label[v]
        if label in _LEAVES:  # the angle sits behind an H
            own, flip = _LEAVES[Label(label)], v in self.all.extra_z
            self.emit_phase((q,), own + Phase(1) if flip else own)
            self.emit(self.plain_gate("h", q))
            self.emit_phase((q,), self.all.graph.phase_of(v))
        else:
            self.emit_phase((q,), self.turned(v))
        self.all.note_outcome(v, self.ended(v, self.close_half(q)), flipped)

    def rotate(self, hub: int) -> None:
        legs = sorted(self.all.pending[hub])
        for leg in legs:
            if leg < self.all.n and not self.all.is_folded(leg):
                self.apply_x(leg)
        for leg in legs:
            self.all.realise_edge(leg, hub)
        self.all.ended[hub] = True
        phase = self.all.graph.phase_of(hub)
        if hub in self.all.extra_z:
            phase = -phase
        if legs:
            self.rotate_parity(tuple(self.address(leg) for leg in legs), phase, self.local_bits(self.all.t[hub]))
        self.all.correct(hub, self.all.s[hub])

    def finish(self, v: int) -> None:
        self.settle(v)
        self.emit_phase((self.address(v),), self.turned(v))

    def open_half(self, qubit: int) -> None:
        self.emit(self.plain_gate("h", qubit))

    def close_half(self, qubit: int) -> int:
        bit = self.new_bit()
        self.emit(self.plain_gate("h", qubit), Measure(qubit, bit))
        return bit

    # ---- gadgets ---------------------------------------------------------------------------------------------------

    def rotate_parity(self, qubits: tuple[int, ...], phase: Phase, signs: list[int]) -> None:
        """``exp(i phase)`` on odd parity of the qubits; each of the bits ``signs`` turns the angle around."""
        data = next((q for q in qubits if q >= 0), None)
        if len(qubits) > 2:  # collect the parity on one qubit; the others only see CZs, as communication qubits must
            target = self.borrow_zero() if data is None else data
            others = [q for q in qubits if q != target]
            h = self.plain_gate("h", target)
            collect = [h, *(self.plain_gate("cz", q, target) for q in others), h]
            self.emit(*collect)
            self.rotate_parity((target,), phase, signs)
            self.emit(*collect)
            if data is None:
                self.free["data"].append(target)
        elif not signs:
            self.emit_phase(qubits, phase)
        elif data is not None:  # X on one leg flips the sign of the rotation
            flip = [Conditional(((b, True),), (self.plain_gate("x", data),)) for b in signs]
            self.emit(*flip)
            self.emit_phase(qubits, phase)
            self.emit(*flip)
        else:  # communication qubits take diagonal gates only: choose the sign by cases
            if len(signs) > 6:
                raise InternalError("TL-14", "too many signs on one rotation")
            for k in range(1 << len(signs)):
                values = tuple((b, bool(k >> i & 1)) for i, b in enumerate(signs))
                self.emit_phase(qubits, -phase if k.bit_count() % 2 else phase, values)

    def borrow_zero(self) -> int:
        """A data qubit in |0> that is given back in |0>."""
        q = self.allocate("data")
        if self.size["data"] > self.all.placed.network.nodes[self.at].data:
            raise NetworkInfeasible("NW-13", f"node {self.name} has no data qubit left to collect a parity on",
                                    help="rotate where one of the gadget's legs stands", lacks=(self.name, "data", 1))  # fmt: skip
        self.clean(q)
        return q

    # ---- frames ----------------------------------------------------------------------------------------------------

    def apply_x(self, v: int) -> None:
        """Apply the X signal physically; edges still to come would have carried it as Z to the other end."""
        signal = self.all.s[v]
        if not signal:
            return
        q = self.address(v)
        for b in self.local_bits(signal):
            self.emit(Conditional(((b, True),), (self.plain_gate("x", q),)))
        for z in self.all.pending[v]:
            self.all.flip_z(z, signal)
        del self.all.s[v]

    def apply_z(self, v: int) -> None:
        q = self.address(v)
        for b in self.local_bits(self.all.t[v]):
            self.emit(Conditional(((b, True),), (self.plain_gate("z", q),)))
        self.all.t.pop(v, None)

    def settle(self, v: int) -> Set[int]:
        """The corrections of a vertex that ends: applied, or the parity by which they flip its outcome."""
        if self.all.is_folded(v):
            return self.all.worth(v)
        self.apply_x(v)
        self.apply_z(v)
        return frozenset()

    def turned(self, v: int) -> Phase:
        """The vertex's own phase, and the Z that links have always left on it."""
        phase = self.all.own_phase(v)
        return phase + Phase(1) if v in self.all.extra_z else phase

    # ---- phases ----------------------------------------------------------------------------------------------------

    def emit_phase(self, qubits: tuple[int, ...], phase: Phase, given: tuple[tuple[int, bool], ...] = ()) -> None:
        """Rz or rzz by a phase; terms with bits become conditional gates."""
        if not phase.terms:
            return
        if not given and phase.is_constant:
            gate = self.turns.get((phase, qubits))
            if gate is None:
                gate = self.turn(qubits, phase.constant)
                if len(self.turns) < MAX_KEPT:
                    self.turns[phase, qubits] = gate
            self.emit(gate)
            return
        for mono, c, symbols in phase.terms:
            if symbols:
                raise InputError(
                    "PR-12",
                    f"parameter '{symbols[0][0]}' has no value",
                    help=f"give it one when compiling, for example --bind {symbols[0][0]}=pi/4",
                )
            self.emit_term(qubits, c, mono, given)

    def emit_term(
        self, qubits: tuple[int, ...], c: Fraction, mono: tuple[int, ...], given: tuple[tuple[int, bool], ...]
    ) -> None:
        """Rz or rzz by ``c`` where all bits of ``mono`` are 1; a condition on a wide parity takes one gate for each of its bits."""
        data = next((q for q in qubits if q >= 0), None)  # communication qubits take diagonal gates only
        for wide in mono:
            parity = self.parity_of(wide)
            if data is None or parity is None or len(parity[0]) <= NARROW:
                continue
            raws, negated = parity
            rest = tuple(b for b in mono if b != wide)
            if negated:  # c (1 - p) = c - c p
                self.emit_term(qubits, c, rest, given)
                c = -c % 2
            bits = self.local_bits(raws)
            if c == 1:
                for b in bits:
                    self.emit_term(qubits, c, rest, (*given, (b, True)))
                return
            # X^p Rz(-c/2) X^p Rz(c/2) = Rz(c p), up to a phase
            flip = [Conditional(((b, True),), (self.plain_gate("x", data),)) for b in bits]
            self.emit_term(qubits, c / 2, rest, given)
            self.emit(*flip)
            self.emit_term(qubits, -c / 2 % 2, rest, given)
            self.emit(*flip)
            return
        gate = self.turn(qubits, c)
        if not mono and not given:
            self.emit(gate)
            return
        for case in self.cases([(BitExpr.bit(b), True) for b in mono]):
            local = [(self.local_bits((self.all.source_raw[b],))[0], value) for b, value in sorted(case.items())]
            conditions = (*given, *local)  # none, if the bits are constants
            self.emit(Conditional(conditions, (gate,)) if conditions else gate)

    def turn(self, qubits: tuple[int, ...], angle: Fraction) -> Gate:
        """Rz or rzz by a constant."""
        if len(qubits) == 2:
            return Gate("rzz", qubits, Phase(angle))
        return self.plain_gate(_NAMED[angle], *qubits) if angle in _NAMED else Gate("rz", qubits, Phase(angle))

    def parity_of(self, bit: int) -> tuple[frozenset[int], bool] | None:
        """The raw outcomes whose parity a bit is, and whether it is negated; None if it is no parity."""
        if bit not in self.parities:
            definition = self.all.graph.bits[bit].expr
            raws: frozenset[int] = frozenset()
            if definition is None:
                self.parities[bit] = frozenset((self.all.source_raw[bit],)), False
            elif not definition.is_parity:
                self.parities[bit] = None
            else:
                negated = frozenset() in definition.monomials
                for x in definition.bits:
                    inner = self.parity_of(x)
                    if inner is None:
                        break
                    raws, negated = raws ^ inner[0], negated ^ inner[1]
                else:
                    self.parities[bit] = raws, negated
                self.parities.setdefault(bit, None)
        return self.parities[bit]

    def cases(self, constraints: list[tuple[BitExpr, bool]]) -> list[dict[int, bool]]:
        """All assignments of source outcomes (as decision paths) under which every constraint holds."""
        bits = self.all.graph.bits
        out: list[dict[int, bool]] = []
        stack: list[tuple[dict[int, bool], list[tuple[BitExpr, bool]]]] = [({}, constraints)]
        while stack:
            fixed, todo = stack.pop()
            rest: list[tuple[BitExpr, bool]] = []
            for expr, target in todo:
                e = expr.substitute(lambda i, fixed=fixed: BitExpr.const(fixed[i]) if i in fixed else BitExpr.bit(i))  # type: ignore[misc]
                if e.is_zero or e.is_one:
                    if e.is_one != target:
                        break
                else:
                    rest.append((e, target))
            else:
                if not rest:
                    out.append({b: x for b, x in fixed.items() if bits[b].kind == BitKind.OUTCOME})
                    if len(out) > MAX_BRANCHES:
                        raise InputError("PR-12", f"a condition with more than {MAX_BRANCHES} branches")
                    continue
                expr, _ = rest[0]
                b = max(expr.bits)  # later bits first: a derived bit is opened before what it is made of
                for value in (False, True):
                    more = list(rest)
                    definition = bits[b].expr
                    if definition is not None:
                        more.append((definition, value))
                    stack.append(({**fixed, b: value}, more))
        return out


__all__ = ["Circuit", "CircuitWriter", "Lowering", "lower"]
