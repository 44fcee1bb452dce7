"""The counters of the report once more, instruction by instruction: slow and obvious."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gossamer.ir.pattern import Entangle, Prepare
from gossamer.ir.program import (
    LETTERS,
    Compute,
    Conditional,
    Ebit,
    Gate,
    Measure,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
    bits_read,
    gates_of,
    qubits_of,
)
from gossamer.report.counts import NodeCounts

_GATES = (Gate, Conditional)
_MEASURING = (Measure, Observe)


@dataclass
class _Use:
    """From the first to the last instruction of each stretch in which a qubit carries a state."""

    start: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    stretches: list[tuple[int, int, int]] = field(default_factory=list)  # qubit, first, last

    def touch(self, qubit: int, at: int) -> None:
        self.start.setdefault(qubit, at)
        self.last[qubit] = at

    def end(self, qubit: int, at: int) -> None:
        if qubit in self.start:
            self.stretches.append((qubit, self.start.pop(qubit), at))
            self.last.pop(qubit, None)


def count_node(
    program: NodeProgram, inputs: frozenset[int] = frozenset(), outputs: frozenset[int] = frozenset()
) -> NodeCounts:
    """Count one program; ``inputs`` and ``outputs`` are the data qubits that the manifest names as places."""
    counts = NodeCounts()
    use = _Use()
    for qubit in inputs:
        use.touch(qubit, -1)
    for at, one in enumerate(program.instructions):
        if isinstance(one, _GATES):
            for gate in (one,) if isinstance(one, Gate) else one.body:
                counts.gates += 1
                if len(gate.qubits) == 2:
                    if max(gate.qubits) < program.data:
                        counts.local_2q += 1
                    else:
                        counts.link_2q += 1
                for qubit in gate.qubits:
                    use.touch(qubit, at)
        elif isinstance(one, _MEASURING):
            counts.measurements += 1
            use.touch(one.qubit, at)
            use.end(one.qubit, at)
        elif isinstance(one, Reset):
            counts.resets += 1
            use.end(
                one.qubit, use.last.get(one.qubit, at)
            )  # what it held before is not used again; |0> costs nothing yet
        elif isinstance(one, Ebit):
            use.touch(one.qubit, at)
        elif type(one) in LETTERS:
            counts.gates += not isinstance(one, Prepare)
            if isinstance(one, Entangle):
                counts.local_2q += max(one.a, one.b) < program.data
                counts.link_2q += max(one.a, one.b) >= program.data
            for qubit in qubits_of(one):
                use.touch(qubit, at)
    end = len(program.instructions)
    for qubit in outputs:
        use.touch(qubit, end)
    for qubit in list(use.start):
        use.end(qubit, use.last[qubit])
    counts.peak_qubits = _most([(a, b) for q, a, b in use.stretches if q < program.data])
    counts.peak_comm = _most([(a, b) for q, a, b in use.stretches if q >= program.data])
    return counts


def _most(stretches: list[tuple[int, int]]) -> int:
    """The largest number of closed intervals that share a point."""
    ends = sorted([(a, 0, 1) for a, _ in stretches] + [(b, 1, -1) for _, b in stretches])
    most = now = 0
    for _, _, step in ends:
        now += step
        most = max(most, now)
    return most


def longest_chain(programs: tuple[NodeProgram, ...], *, ebit: int = 1) -> int:
    """Length of the longest chain of dependent instructions over all programs; an ebit takes ``ebit`` units.

    The programs are run side by side as far as they get, as the actors of the runtime do; programs that deadlock raise
    ValueError (the structural check reports who waits for whom).
    """
    at = [0] * len(programs)
    free = [[0] * (p.data + p.comm) for p in programs]  # the time from which each qubit is free
    known = [[0] * p.bits for p in programs]  # the time from which each bit is known
    sent: dict[str, int] = {}
    waiting: dict[str, tuple[int, int, int]] = {}  # link -> (node, qubit, time) of the end that came first
    progress = True
    while progress:
        progress = False
        for i, program in enumerate(programs):
            qubit, bit = free[i], known[i]
            begin, end = at[i], len(program.instructions)
            while at[i] < end:
                one = program.instructions[at[i]]
                if isinstance(one, Gate):
                    _together(one.qubits, qubit, 0)
                elif isinstance(one, Conditional):
                    waits = max([bit[b] for b, _ in one.conditions], default=0)
                    for gate in one.body:
                        waits = _together(gate.qubits, qubit, waits)
                elif isinstance(one, Measure):
                    qubit[one.qubit] = bit[one.bit] = qubit[one.qubit] + 1
                elif isinstance(one, Recv):
                    if one.message not in sent:
                        break
                    bit[one.bit] = sent[one.message]
                elif isinstance(one, Send):
                    sent[one.message] = max([bit[b] for b in one.bits], default=0)
                elif isinstance(one, Ebit):
                    now = qubit[one.qubit]
                    if one.link not in waiting:
                        waiting[one.link] = (i, one.qubit, now)
                        break
                    first, peer, other = waiting[one.link]
                    if first == i:
                        break
                    qubit[one.qubit] = free[first][peer] = max(now, other) + ebit
                    at[first] += 1  # it stands at its ebit until the second end comes
                elif isinstance(one, Compute):
                    bit[one.bit] = max([bit[b] for b in bits_read(one)], default=0)
                else:
                    _together(qubits_of(one), qubit, max([bit[b] for b in bits_read(one)], default=0))
                    if isinstance(one, Observe):
                        bit[one.bit] = qubit[one.qubit]
                at[i] += 1
            progress |= at[i] > begin
    if any(at[i] < len(p.instructions) for i, p in enumerate(programs)):
        raise ValueError("the programs wait for each other")
    return max([0, *(max(times, default=0) for times in (*free, *known))])


def _together(qubits: Sequence[int], free: list[int], waits: int) -> int:
    """One more unit on some qubits, from when all of them are free and not before ``waits``; gives its end."""
    for q in qubits:
        if free[q] > waits:
            waits = free[q]
    for q in qubits:
        free[q] = waits + 1
    return waits + 1


def partners(programs: tuple[NodeProgram, ...]) -> dict[tuple[str, str], int]:
    """For each link and end: how many two-qubit gates its half takes part in there (vertices on that side)."""
    out: dict[tuple[str, str], int] = {}
    for program in programs:
        holds: dict[int, str] = {}
        for one in program.instructions:
            if isinstance(one, Gate) and (len(one.qubits) < 2 or max(one.qubits) < program.data):
                continue
            if isinstance(one, Ebit):
                holds[one.qubit] = one.link
                out[one.link, program.node] = 0
            elif isinstance(one, _MEASURING):
                holds.pop(one.qubit, None)
            else:
                pairs = [qubits_of(one)] if isinstance(one, Entangle) else [g.qubits for g in gates_of(one)]
                for qubit in (q for pair in pairs if len(pair) == 2 for q in pair):
                    if qubit in holds:
                        out[holds[qubit], program.node] += 1
    return out
