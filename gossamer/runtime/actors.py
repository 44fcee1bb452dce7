"""Actors: one for each node program, run side by side in one process until all are done or none can move.

A receive blocks where it stands until the message is there, an ebit request blocks until the peer asks for the same link, a
send never blocks. Each actor executes its own program strictly in order; which actor moves next is chosen so that few qubits
are live. Since no control flow depends on data, the joint run is recorded once (`Trace`) and replayed by an engine for all shots. Every
interleaving gives the same distribution of results, because instructions of different nodes act on different qubits and bits.

The recording drops what has no effect: a diagonal gate on a qubit in |0>, and a qubit that nothing will touch before its reset or
the end is observed and forgotten at once (no signalling: it cannot change the statistics of the rest).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gossamer.diagnostics import InputError
from gossamer.ir import program
from gossamer.ir.elementary import spell_out
from gossamer.ir.pattern import Basis, Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import (
    Compute,
    Conditional,
    Ebit,
    Gate,
    Instruction,
    Manifest,
    Measure,
    NodeProgram,
    Recv,
    Reset,
    Send,
    gates_of,
    qubits_of,
)
from gossamer.runtime.trace import (
    Apply,
    Conditions,
    Evaluate,
    Join,
    Observe,
    Operation,
    Pair,
    Parity,
    Trace,
    measured_cost,
)
from gossamer.runtime.validate import at, check_programs

_ZERO, _LONE, _JOINT = range(3)  # in |0>; a factor of its own; part of the joint state
_DIAGONAL = frozenset({"z", "s", "sdg", "rz"})
_NONE = 1 << 60  # rank of an actor that asks for no more links


class _Actor:
    """A program, where it stands, and what its next instruction would cost."""

    def __init__(
        self, index: int, program: NodeProgram, first_qubit: int, first_slot: int, rank: dict[str, int]
    ) -> None:
        self.index = index
        self.program = program
        self.at = 0
        self.first_qubit = first_qubit
        self.first_slot = first_slot
        self.cost = 0  # live qubits that the next instruction adds
        # dead_after[i]: qubits (own numbers) that are not touched after instruction i before a reset or the end.
        self.dead_after: dict[int, list[int]] = {}
        # next_link[i]: the place in the manifest of the first link asked for at or after instruction i.
        self.next_link = [_NONE] * (len(program.instructions) + 1)
        needed: set[int] = set()
        for i in range(len(program.instructions) - 1, -1, -1):
            op = program.instructions[i]
            self.next_link[i] = rank[op.link] if isinstance(op, Ebit) else self.next_link[i + 1]
            if isinstance(op, Reset):
                needed.discard(op.qubit)
                continue
            touched = qubits_of(op)
            last = sorted({q for q in touched if q not in needed})
            if last:
                self.dead_after[i] = last
            needed.update(touched)
            if isinstance(op, (Ebit, Prepare)):
                needed.difference_update(touched)

    @property
    def next(self) -> Instruction | None:
        return self.program.instructions[self.at] if self.at < len(self.program.instructions) else None


class _Stage:
    """The shared world: qubit states, mailboxes, and the record."""

    def __init__(self, programs: Sequence[NodeProgram], manifest: Manifest) -> None:
        self.operations: list[Operation] = []
        self.slot_of: dict[tuple[str, int], int] = {}
        self.actors: list[_Actor] = []
        rank = {link.id: k for k, link in enumerate(manifest.links)}
        qubits = slots = 0
        for k, p in enumerate(programs):
            self.actors.append(_Actor(k, p, qubits, slots, rank))
            self.slot_of.update(((p.node, b), slots + b) for b in range(p.bits))
            qubits += p.data + p.comm
            slots += p.bits
        self.mailbox = {m.id: slots + k for k, m in enumerate(manifest.messages)}
        self.slots = slots + len(manifest.messages)
        self.qubits = [_ZERO] * qubits
        self.actor_of = {p.node: self.actors[k] for k, p in enumerate(programs)}
        self.delivered: set[str] = set()

    # -- what an instruction would do to the qubits

    def plan(self, actor: _Actor, op: Instruction) -> tuple[list[Apply], list[int], dict[int, int]]:
        """The gates that are left after |0> is taken into account, the qubits that must join first, the new qubit states."""
        state: dict[int, int] = {}
        gates: list[Apply] = []
        joins: list[int] = []
        for gate in applied(op, actor.first_qubit, actor.first_slot):
            name, targets = gate.name, gate.qubits
            if len(targets) == 2:
                rest = tuple(q for q in targets if state.get(q, self.qubits[q]) != _ZERO)
                if len(rest) == 2:
                    for q in rest:
                        if state.get(q, self.qubits[q]) == _LONE:
                            joins.append(q)
                            state[q] = _JOINT
                    gates.append(gate)
                    continue
                if name == "cz" or not rest:
                    continue  # the control is 0
                name, targets = "rz", rest  # rzz with a |0>: diag(1, e^{i pi t}) on the other qubit
            q = targets[0]
            if state.get(q, self.qubits[q]) == _ZERO:
                if name in _DIAGONAL:
                    continue
                state[q] = _LONE
            gates.append(Apply(name, targets, gate.angle, gate.conditions))
        return gates, joins, state

    def cost(self, actor: _Actor) -> int:
        op = actor.next
        if isinstance(op, Ebit):
            return 2
        return len(self.plan(actor, op)[1]) if op is not None else 0

    # -- doing it

    def observe(self, qubit: int, slot: int | None) -> None:
        if self.qubits[qubit] == _ZERO:
            if slot is not None:
                self.operations.append(Parity(slot, ()))
            return
        self.operations.append(Observe(qubit, slot))
        self.qubits[qubit] = _ZERO

    def can_move(self, actor: _Actor) -> bool:
        op = actor.next
        if isinstance(op, Recv):
            return op.message in self.delivered
        if isinstance(op, Ebit):
            other = self.actor_of[op.peer].next
            return isinstance(other, Ebit) and other.link == op.link
        return op is not None

    def step(self, actor: _Actor) -> list[_Actor]:
        """Execute the next instruction; gives the other actors that may be able to move because of it."""
        op = actor.next
        assert op is not None
        woken: list[_Actor] = []
        gates, joins, state = self.plan(actor, op)
        for q in joins:
            self.operations.append(Join(q))
        for q, new in state.items():
            self.qubits[q] = new
        self.operations.extend(gates)
        if isinstance(op, Measure | program.Observe):
            self.observe(actor.first_qubit + op.qubit, actor.first_slot + op.bit)
        elif isinstance(op, Reset):
            self.observe(actor.first_qubit + op.qubit, None)
        elif isinstance(op, Send):
            self.operations.append(Parity(self.mailbox[op.message], tuple(actor.first_slot + b for b in op.bits)))
            self.delivered.add(op.message)
            woken.append(self.actor_of[op.peer])
        elif isinstance(op, Recv):
            self.operations.append(Parity(actor.first_slot + op.bit, (self.mailbox[op.message],)))
        elif isinstance(op, Compute):
            terms = tuple(tuple(actor.first_slot + b for b in term) for term in op.value.sorted_monomials())
            self.operations.append(Evaluate(actor.first_slot + op.bit, terms))
        elif isinstance(op, Ebit):
            peer = self.actor_of[op.peer]
            other = peer.next
            assert isinstance(other, Ebit)
            halves = (actor.first_qubit + op.qubit, peer.first_qubit + other.qubit)
            self.operations.append(Pair(*halves))
            for half in halves:
                self.qubits[half] = _JOINT
            self.retire(peer)
            woken.append(peer)
        self.retire(actor)
        return woken

    def retire(self, actor: _Actor) -> None:
        for q in actor.dead_after.get(actor.at, ()):
            self.observe(actor.first_qubit + q, None)
        actor.at += 1


def applied(op: Instruction, first_qubit: int, first_slot: int) -> list[Apply]:
    """The gates that an instruction applies, on qubits and slots numbered from those of its node.

    A measurement of a pattern is its corrections, one for each term of its domains, and the turn that makes it one in Z.

    Examples
    --------
    >>> [(g.name, g.conditions) for g in applied(CorrectX(0, BitExpr.xor([0, 2])), 5, 10)]
    [('x', ((10, True),)), ('x', ((12, True),))]
    """
    out: list[Apply] = []

    def apply(name: str, qubits: tuple[int, ...], angle: Fraction = _NO_TURN, on: Conditions = ()) -> None:
        out.append(Apply(name, tuple(first_qubit + q for q in qubits), angle, on))

    def when(name: str, qubit: int, domain: BitExpr) -> None:
        for term in domain.sorted_monomials():
            apply(name, (qubit,), on=tuple((first_slot + b, True) for b in term))

    def turn(name: str, qubit: int, phase: Phase) -> None:
        for bits, c, _ in phase.terms:
            apply(name, (qubit,), c, tuple((first_slot + b, True) for b in bits))

    match op:
        case Gate() | Conditional():
            conditions: Conditions = ()
            if isinstance(op, Conditional):
                conditions = tuple(sorted({(first_slot + b, value) for b, value in op.conditions}))
                if len({slot for slot, _ in conditions}) != len(conditions):
                    return []  # a bit and its negation: never
            for gate in spell_out(gates_of(op)):
                angle = gate.angle.constant if gate.angle is not None else _NO_TURN
                if gate.angle is None or angle:
                    apply(gate.name, gate.qubits, angle, conditions)
        case Prepare(q):
            apply("h", (q,))
        case Entangle(a, b):
            apply("cz", (a, b))
        case CorrectX(q, domain):
            when("x", q, domain)
        case CorrectZ(q, domain):
            when("z", q, domain)
        case Clifford(q, letters):
            for letter in letters:
                for name in "zx" if letter == "y" else (letter,):
                    apply(name, (q,))
        case program.Observe(m):
            when("x", m.node, m.s_domain)
            when("z", m.node, m.t_domain)
            if m.basis in (Basis.XY, Basis.X, Basis.Y):  # cos X + sin Y
                turn("rz", m.node, -m.angle - (_QUARTER if m.basis == Basis.Y else Phase()))
                apply("h", (m.node,))
            else:  # cos Z + sin Y; a quarter turn about Z takes X to Y
                if m.basis == Basis.XZ:
                    turn("rz", m.node, _QUARTER)
                turn("rx", m.node, m.angle)
    return out


_NO_TURN = Fraction(0)
_QUARTER = Phase(Fraction(1, 2))


def run_actors(programs: Sequence[NodeProgram], manifest: Manifest) -> Trace:
    """Check the programs, run them side by side and give the joint trace.

    Parameters
    ----------
    programs
        One for each node of the manifest, in any order.

    Raises
    ------
    InputError
        A broken clause of PR-1 to PR-9 (see :mod:`gossamer.runtime.validate`), or PR-10: a deadlock, with who waits for whom.

    Examples
    --------
    >>> from gossamer.ir.program import ManifestNode
    >>> program = NodeProgram("a", "circuit", 2, 0, 1, (Gate("h", (0,)), Gate("cz", (0, 1)), Measure(0, 0)))
    >>> node = ManifestNode(name="a", model="circuit", program="a.qasm", data=2, comm=0)
    >>> manifest = Manifest(nodes=[node], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[],
    ...                     source_digest="")
    >>> trace = run_actors([program], manifest)
    >>> trace.peak, [type(op).__name__ for op in trace.operations]  # cz with a |0> does nothing
    (0, ['Apply', 'Observe'])
    """
    check_programs(programs, manifest)
    stage = _Stage(programs, manifest)
    awake = list(reversed(stage.actors))
    costly: set[int] = set()  # actors whose next instruction adds live qubits
    while awake or costly:
        while awake:  # whatever adds no live qubit is done at once, so measurements come as early as they can
            actor = awake.pop()
            while stage.can_move(actor):
                actor.cost = stage.cost(actor)
                if actor.cost:
                    costly.add(actor.index)
                    break
                awake.extend(stage.step(actor))
        if costly:
            best = min(costly, key=lambda k: _preference(stage.actors[k]))
            actor = stage.actors[best]
            costly.discard(best)
            woken = stage.step(actor)
            costly.difference_update(other.index for other in woken)
            awake.extend([*woken, actor])
    _check_finished(stage)
    return measured_cost(Trace(tuple(stage.operations), len(stage.qubits), stage.slots, stage.slot_of, 0, 0))


def _preference(actor: _Actor) -> tuple[int, int, int]:
    """Links in the order of the manifest first (the compiler lists them in its own order of time), then cheap instructions."""
    return actor.next_link[actor.at], actor.cost, actor.index


def _check_finished(stage: _Stage) -> None:
    waiting = []
    for actor in stage.actors:
        op = actor.next
        if isinstance(op, Recv):
            waiting.append(f"{at(actor.program, actor.at)} waits for message {op.message} from {op.peer}")
        elif isinstance(op, Ebit):
            waiting.append(f"{at(actor.program, actor.at)} waits for {op.peer} at link {op.link}")
    if waiting:
        more = f"; and {len(waiting) - 8} more" if len(waiting) > 8 else ""
        raise InputError(
            "PR-10",
            "deadlock: " + "; ".join(waiting[:8]) + more,
            help="each of these waits for an instruction that stands behind another wait",
        )
