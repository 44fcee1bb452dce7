"""`extract_circuit`: from a ZX-diagram with gflow back to a circuit, with few two-qubit gates.

The circuit grows from its end: the frontier is the vertex that each wire has reached. Sums of frontier rows of the adjacency
matrix are CNOTs, edges inside the frontier are CZs, a row with one vertex left is a Hadamard and a step; a gadget whose legs all lie in the
frontier is a term of a phase polynomial, one with legs beyond it is turned by a pivot. CZs and gadgets wait until their
wire has to move on, so that CNOTs made for one purpose serve others. Of several extractions (weights of the choice, both directions
of time) the one with the fewest two-qubit gates counts. Outcomes stay measurements, each after which nothing
happens to its wire and before which nothing depends on it. Stands on ``ir``.

References
----------
Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, *There and back again: a circuit extraction tale*, Quantum 5, 421 (2021).
CNOTs chosen by the fewest rows that sum to one vertex: Staudacher, Guggemos, Gharibian, Grundner-Culemann, QPL 2022, EPTCS 394.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import BitKind, Diagram
from gossamer.ir.phase import Phase
from gossamer.rewriting.circuit import Gate, Op, circuit_to_diagram, simplify_gates, two_qubit_count
from gossamer.rewriting.circuit_form import CODE, CircuitForm, End, to_circuit_form
from gossamer.rewriting.open_form import pauli_bits
from gossamer.rewriting.row_space import RowSpace, bits_of

_PI = Phase(1)
_QUARTER = Phase(Fraction(1, 2))


#: Tries times vertices that one extraction may take: large diagrams get fewer tries.
MAX_WORK = 24_000


@dataclass(frozen=True)
class Weights:
    """What a choice is judged by beside the two-qubit gates that it needs at once.

    Attributes
    ----------
    ahead : cost of each CZ that a step leaves behind
    pivot : cost of each edge that a pivot may make
    noise : amplitude of a random cost that makes one try differ from the next
    """

    ahead: float = 0.25
    pivot: float = 0.1
    noise: float = 0.0


#: The first tries, each the best one on some of the benchmarks; those after them are drawn.
PLANS = (Weights(), Weights(1.0, 0.02), Weights(0.0, 0.02), Weights(1.5, 0.02), Weights(0.75, 0.02), Weights(0.0, 0.3))


def extract_circuit(diagram: Diagram, *, tries: int = 12, seed: int = 0) -> Diagram:
    """A diagram of circuit shape (with causal flow) that means the same, up to a positive scalar and a phase in each branch.

    Bits, registers and the names of the ends stay; every outcome of the source is measured on a wire of its own, before what depends on
    it. There may be more outputs than inputs: wires then start in a fixed state.

    Parameters
    ----------
    tries
        How many extractions to compare, at least 1; those backwards in time come on top. Large diagrams get fewer.
    seed
        Of the weights and choices of the tries after the first six.

    Raises
    ------
    InputError
        ``EX-1`` if the diagram has no gflow that respects its outcomes (with the vertices that stay), or is weighted by a scalar that
        depends on outcomes; ``EX-2`` for H-boxes; ``OG-15`` if it is zero, or has a component without ends of which that cannot be told.

    Notes
    -----
    Each step costs about ``wires * vertices / 64`` word operations.

    Examples
    --------
    A CZ between two Hadamards on one of its wires is a CNOT:

    >>> from gossamer.ir.equality import equal_branches
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b")
    >>> w.h(b); w.cz(a, b); w.h(b); _ = w.output(a, "a"), w.output(b, "b")
    >>> d = w.build(); e = extract_circuit(d)
    >>> equal_branches(d, e), e.num_edges
    (True, 5)
    """
    return circuit_to_diagram(extract_gates(diagram, tries=tries, seed=seed), diagram)


def extract_gates(diagram: Diagram, *, tries: int = 12, seed: int = 0) -> list[Gate]:
    """The gates behind :func:`extract_circuit`, in the order of time.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a = w.add_input("a"); w.rx(a, Phase(1)); _ = w.output(a, "a")
    >>> [g.op.value for g in extract_gates(w.build())]
    ['input', 'h', 'rz', 'h', 'output']
    """
    if tries < 1:
        raise ValueError("at least one try is needed")
    form = to_circuit_form(diagram)
    uses = bit_sources(diagram)
    tries = max(1, min(tries, MAX_WORK // (len(form.near) + 1)))
    rng = random.Random(seed)
    plans = [*PLANS[:tries], *(Weights(rng.random(), 0.2 * rng.random(), 0.3) for _ in range(tries - len(PLANS)))]
    forms = [form]
    if len(form.near) * 2 <= MAX_WORK and len(form.ends) == len(form.starts) and all(e.bit < 0 for e in form.ends):
        forms.append(turn_form(form))
    best: list[Gate] = []
    refused: InputError | None = None
    for i, weights in enumerate(plans):
        for back, one in enumerate(forms):
            try:
                gates = Extraction(one, uses, weights, seed + i).run()
            except InputError as error:
                refused = refused or error
                continue
            gates = simplify_gates(turn_gates(gates) if back else gates)
            if not best or two_qubit_count(gates) < two_qubit_count(best):
                best = gates
        if refused is not None and not best:  # what can be extracted does not depend on the weights
            raise refused
    return best


def bit_sources(diagram: Diagram) -> list[frozenset[int]]:
    """For each bit the outcomes that its value depends on."""
    out: list[frozenset[int]] = []
    for i, bit in enumerate(diagram.bits):
        if bit.kind == BitKind.DERIVED and bit.expr is not None:
            out.append(frozenset().union(*(out[b] for b in bit.expr.bits)))
        else:
            out.append(frozenset((i,)) if bit.kind == BitKind.OUTCOME else frozenset())
    return out


def turn_form(form: CircuitForm) -> CircuitForm:
    """The transposed map: inputs are outputs."""
    out = CircuitForm(
        [set(x) for x in form.near], list(form.phase), list(form.flip), form.hubs, [], [], list(form.name)
    )
    for i, (v, h) in enumerate(form.starts):
        out.ends.append(End(v, h, number=i))
    out.starts = [(-1, False)] * len(form.ends)
    for e in form.ends:
        middle = out.vertex(Phase(), out.name[e.vertex])
        out.toggle(e.vertex, middle)
        out.starts[e.number] = (middle, not e.hadamard)
    return out


def turn_gates(gates: Sequence[Gate]) -> list[Gate]:
    """All gates are symmetric matrices, so the transposed circuit is the circuit backwards."""
    swap = {Op.INPUT: Op.OUTPUT, Op.OUTPUT: Op.INPUT}
    return [Gate(swap.get(g.op, g.op), g.wires, g.phase, g.number) for g in reversed(gates)]


class Extraction:
    """One extraction; ``gates`` are collected from the end of the circuit to its start."""

    def __init__(self, form: CircuitForm, sources: list[frozenset[int]], weights: Weights, seed: int) -> None:
        self.near = [sum(1 << w for w in legs) for legs in form.near]  # bit sets, as those of vertices below
        self.phase = list(form.phase)
        self.flip = list(form.flip)
        self.name = list(form.name)
        self.form, self.sources, self.weights = form, sources, weights
        self.rng = random.Random(seed)
        self.gates: list[Gate] = []
        self.at: dict[int, int] = {}  # wire -> its vertex in the frontier
        self.wire: dict[int, int] = {}  # and back
        self.front = 0
        self.hubs = sum(1 << h for h in form.hubs)  # with a leg beyond the frontier
        self.ready = 0  # hubs with all legs in the frontier
        self.rows = RowSpace()
        self.start = {v: (i, h) for i, (v, h) in enumerate(form.starts)}
        self.waiting: dict[int, int] = {}  # outcome -> number of phases ahead that depend on it
        self.ends: dict[int, int] = {}  # vertices of outcomes whose wire is not open yet -> wire
        self.blocked = 0  # their bit set
        for phase in (*self.phase, *self.flip):
            self._count(phase, 1)
        for w, end in enumerate(form.ends):
            if end.bit < 0:
                self._open(w)
            else:
                self.ends[end.vertex] = w
                self.blocked |= 1 << end.vertex

    # ---- the classical order -----------------------------------------------------------------------------------------

    def _outcomes(self, phase: Phase) -> frozenset[int]:
        return frozenset().union(*(self.sources[b] for b in phase.bits)) if phase.bits else frozenset()

    def _count(self, phase: Phase, step: int) -> None:
        for bit in self._outcomes(phase):
            self.waiting[bit] = self.waiting.get(bit, 0) + step

    def _set_phase(self, v: int, phase: Phase) -> None:
        if phase.bits or self.phase[v].bits:
            self._count(self.phase[v], -1)
            self._count(phase, 1)
        self.phase[v] = phase

    def _set_flip(self, h: int, flip: Phase) -> None:
        if flip.bits or self.flip[h].bits:
            self._count(self.flip[h], -1)
            self._count(flip, 1)
        self.flip[h] = flip

    def _add_z(self, v: int, phase: Phase) -> None:
        """A phase of 0 or pi arrives at a vertex."""
        if self.hubs >> v & 1:
            self._set_flip(v, self.flip[v] + phase)
        else:
            self._set_phase(v, self.phase[v] + phase)

    def _open_measured(self) -> bool:
        """Backwards in time, a wire that is measured begins once all that depends on its outcome is done; whether one did."""
        ready = [v for v, w in self.ends.items() if not self.waiting.get(self.form.ends[w].bit)]
        for v in ready:
            w = self.ends.pop(v)
            self.blocked &= ~(1 << v)
            self._open(w)
        return bool(ready)

    # ---- wires -------------------------------------------------------------------------------------------------------

    def emit(self, op: Op, *wires: int, phase: Phase = Phase(), number: int = -1) -> None:
        self.gates.append(Gate(op, wires, phase, number))

    def _open(self, w: int) -> None:
        end = self.form.ends[w]
        if end.bit >= 0:
            self.emit(Op.MEASURE, w, number=end.bit)
            self.emit(Op.H, w)
        else:
            self.emit(Op.OUTPUT, w, number=end.number)
            if end.hadamard:
                self.emit(Op.H, w)
        self._enter(w, end.vertex)

    def _enter(self, w: int, v: int) -> None:
        """Vertex ``v`` becomes the frontier's on wire ``w``."""
        self.at[w], self.wire[v] = v, w
        self.front |= 1 << v
        self.rows.clear(v)
        self.rows.insert(w, self.near[v] & ~self.front & ~self.ready)
        for h in bits_of(self.near[v] & self.hubs):
            self._look(h)
        self.settle(v)

    def _look(self, h: int) -> None:
        """A hub whose legs have all come into the frontier blocks no one any more."""
        legs = self.near[h]
        if not legs & ~self.front:
            self.hubs &= ~(1 << h)
            self.ready |= 1 << h
            self.rows.clear(h)
            self._set_phase(h, self.phase[h].negated_if(pauli_bits(self.flip[h])))
            self._set_flip(h, Phase())
            for other in bits_of(self.ready & ~(1 << h)):
                if self.near[other] == legs:
                    self._set_phase(other, self.phase[other] + self.phase[h])
                    self._drop(h)
                    h = other
                    break
            self._emit_if_free(h)

    def _drop(self, h: int) -> None:
        mark = ~(1 << h)
        for v in bits_of(self.near[h]):
            self.near[v] &= mark
        self.near[h] = 0
        self.ready &= mark
        self._set_phase(h, Phase())

    def _emit_if_free(self, h: int) -> None:
        """A gadget with one leg is a rotation, one of phase pi a rotation on each leg."""
        legs, phase = self.near[h], self.phase[h]
        if legs.bit_count() > 1 and not phase.is_pauli:
            return
        self._drop(h)
        if not phase.is_zero:
            for v in bits_of(legs):
                self.emit(Op.RZ, self.wire[v], phase=phase)

    def settle(self, v: int) -> None:
        """Phases of the frontier are rotations, at once."""
        if not self.phase[v].is_zero:
            self.emit(Op.RZ, self.wire[v], phase=self.phase[v])
            self._set_phase(v, Phase())

    def add_row(self, c: int, t: int) -> None:
        """A CNOT with control ``c`` and target ``t`` (vertices): the row of ``t`` is added to that of ``c``."""
        near = self.near
        self.emit(Op.CX, self.wire[c], self.wire[t])
        mark = 1 << c
        if near[t] & mark:
            self.emit(Op.RZ, self.wire[c], phase=_PI)
        change = near[t] & ~mark
        near[c] ^= change
        for x in bits_of(change):
            near[x] ^= mark
        self.rows.add(self.wire[c], self.wire[t])
        for h in bits_of(change & self.ready):
            self._emit_if_free(h)
        for h in bits_of(change & self.hubs):
            self._look(h)

    def clear(self, v: int) -> None:
        """Make all gates that keep a wire from moving on: its CZs, and the gadgets with a leg on it."""
        near, front = self.near, self.front
        row = near[v] & ~front & ~self.ready
        for c in list(bits_of(near[v] & front)):
            w = self.wire[c]
            if row and near[c] & row:  # takes the edge behind along
                self.emit(Op.RZ, self.wire[v], phase=_QUARTER)
                self.emit(Op.RZ, w, phase=_QUARTER)
                self._cut(v, c)
                self.add_row(c, v)
                self.emit(Op.RZ, self.wire[v], phase=-_QUARTER)
        for c in list(bits_of(near[v] & front)):
            self.emit(Op.CZ, self.wire[v], self.wire[c])
            self._cut(v, c)
        mark = 1 << v
        while gadgets := near[v] & self.ready:
            h = min(bits_of(gadgets), key=lambda h: (near[h].bit_count(), h))
            for c in list(bits_of(near[h] & ~mark)):
                self.add_row(c, v)

    def _cut(self, a: int, b: int) -> None:
        self.near[a] &= ~(1 << b)
        self.near[b] &= ~(1 << a)

    # ---- steps -------------------------------------------------------------------------------------------------------

    def run(self) -> list[Gate]:
        while True:
            while self._open_measured():
                pass
            if not self.at:
                break
            if not (self._step() or self._release() or self._pivot()):
                self._refuse()
        if self.ends or self.start or any(self._is_left(v) for v in range(len(self.near))):
            self._refuse()
        return self.gates[::-1]

    def _step(self) -> bool:
        """Move one wire on, the one for which least has to be done."""
        best: tuple[float, int, int] | None = None  # cost, rows, column
        for column, rows in self.rows.units():
            if (self.hubs | self.blocked) >> column & 1:
                continue
            rows = self._shorter(rows)
            cost = self._cost(rows, 1 << column)
            if best is None or cost < best[0]:
                best = cost, rows, column
                if cost <= 0:
                    break
        if best is None or best[0] > 0:
            for rows in self.rows.relations:
                cost = self._cost(rows, 0)
                if best is None or cost < best[0]:
                    best = cost, rows, -1
        if best is None:
            return False
        self._advance(best[1], best[2])
        return True

    def _shorter(self, rows: int) -> int:
        for relation in self.rows.relations:
            if (rows ^ relation).bit_count() < rows.bit_count():
                rows ^= relation
        return rows

    def _cost(self, rows: int, column: int) -> float:
        total = members = legs = 0
        for w in bits_of(rows):
            v = self.at[w]
            total ^= self.near[v]
            members |= 1 << v
        now = total & self.front & ~members
        behind = 0
        if column:
            v = column.bit_length() - 1
            behind = self.near[v] & self.front & ~members & ~now
        for h in bits_of(total & self.ready):
            legs += max(1, self.near[h].bit_count() - 1)
        cost = rows.bit_count() - 1 + now.bit_count() + legs + self.weights.ahead * behind.bit_count()
        if cost and self.weights.noise:
            cost += self.weights.noise * self.rng.random()
        return cost

    def _advance(self, rows: int, column: int) -> None:
        v = self._merge([self.at[w] for w in bits_of(rows)])
        self.clear(v)
        w = self.wire[v]
        start = self._start_of(column)
        if start is not None:
            for c in list(bits_of(self.near[column] & ~(1 << v))):
                self.add_row(c, v)
        self._leave(v)
        if column < 0:
            self.emit(Op.PLUS, w)
            return
        self.emit(Op.H, w)
        if start is None:
            self._enter(w, column)
            return
        if start[1]:
            self.emit(Op.H, w)
        self.emit(Op.INPUT, w, number=start[0])
        del self.start[column]
        self.rows.clear(column)
        self.near[column] = 0

    def _merge(self, members: list[int]) -> int:
        """Add rows until one of them is the sum of all; whichever addition makes a row shortest comes first."""
        near = self.near
        while len(members) > 1:
            c, t = max(
                ((c, t) for c in members for t in members if c != t),
                key=lambda p: near[p[0]].bit_count() - (near[p[0]] ^ near[p[1]]).bit_count(),
            )
            self.add_row(c, t)
            members.remove(t)
        return members[0]

    def _start_of(self, column: int) -> tuple[int, bool] | None:
        """The input that a vertex stands for, if the wire can end there.

        Pivots may have joined it to vertices that are not in the frontier; then it is one like others, and a new one stands for the input.
        """
        if column not in self.start or not self.near[column] & ~self.front:
            return self.start.get(column)
        number, hadamard = self.start.pop(column)
        self.near.append(1 << column)
        self.phase.append(Phase())
        self.flip.append(Phase())
        self.name.append(self.name[column])
        new = len(self.near) - 1
        self.near[column] |= 1 << new
        self.start[new] = number, not hadamard
        return None

    def _leave(self, v: int) -> None:
        w = self.wire.pop(v)
        del self.at[w]
        self.front &= ~(1 << v)
        for x in bits_of(self.near[v]):
            self.near[x] &= ~(1 << v)
        self.near[v] = 0
        self.rows.remove(w)

    def _release(self) -> bool:
        """Make a gadget that could wait, but that a measured wire waits for."""
        for h in bits_of(self.ready):
            if self._outcomes(self.phase[h]):
                v, *others = sorted(bits_of(self.near[h]), key=lambda v: self.near[v].bit_count())
                for c in others:
                    self.add_row(c, v)
                return True
        return False

    # ---- gadgets that lie behind -----------------------------------------------------------------------------------

    def _pivot(self) -> bool:
        """Turn a gadget with a leg in the frontier into an ordinary vertex."""
        best: tuple[float, int, int] | None = None
        for v in self.wire:
            row = self.near[v]
            behind = row & ~self.front & ~self.ready
            base: float = (row & self.front).bit_count() + (row & self.ready).bit_count()
            for h in bits_of(row & self.hubs):
                legs = self.near[h]
                cost = base + (legs & self.front).bit_count()
                cost += self.weights.pivot * legs.bit_count() * behind.bit_count()
                cost += self.weights.noise * self.rng.random()
                if best is None or cost < best[0]:
                    best = cost, v, h
        if best is None:
            return False
        _, v, h = best
        self.clear(v)
        if not (self.hubs & self.near[v]) >> h & 1:
            return True  # the gates have already taken the leg away or the hub along
        near = self.near
        mark_v, mark_h = 1 << v, 1 << h
        legs, row = near[h] & ~mark_v, near[v] & ~mark_h
        w = self.wire[v]
        self.emit(Op.H, w)
        # the frontier's other legs get the row of v, as if by row operations
        for x in list(bits_of(legs & self.front)):
            self.rows.add(self.wire[x], w)
        self.rows.remove(w)
        for x in bits_of(legs):
            near[x] ^= row & ~(1 << x)
        for x in bits_of(row):
            near[x] ^= legs & ~(1 << x)
        for x in bits_of(legs & row):
            self._add_z(x, _PI)
        for x in bits_of(row):
            self._add_z(x, self.flip[h])
        if not self.flip[h].is_zero:
            self.emit(Op.RZ, w, phase=self.flip[h])
            self._set_flip(h, Phase())
        for x in bits_of(legs):  # the legs go to v, the row to h
            near[x] = near[x] & ~mark_h | mark_v
        for x in bits_of(row & ~legs):
            near[x] = near[x] & ~mark_v | mark_h
        for x in bits_of(legs & row):
            near[x] |= mark_v | mark_h
        near[v], near[h] = legs | mark_h, row | mark_v
        self.hubs &= ~mark_h
        self.rows.insert(w, near[v] & ~self.front & ~self.ready)
        for x in bits_of((legs | row) & self.hubs):
            self._look(x)
        return True

    def _refuse(self) -> None:
        left = sorted({self.name[v] for v in range(len(self.near)) if self._is_left(v)})
        names = ", ".join(f"v{v}" for v in left[:8]) + (" ..." if len(left) > 8 else "")
        raise InputError(CODE, f"no circuit can be extracted: no order of measurements corrects {names or 'the ends'}",
                         help="the diagram has no gflow that respects the order of its outcomes")  # fmt: skip

    def _is_left(self, v: int) -> bool:
        if self.front >> v & 1:
            return False
        return bool(self.near[v]) or v in self.ends or v in self.start
