"""Counters over emitted node programs: ebits, messages, peaks, local gates, depth.

Everything is read off the programs and the manifest, never off what a pass believed, so the numbers are those of what the
nodes really run. Depth counts one unit for a gate, a command of a pattern, a measurement, a reset, and in ``steps`` an ebit, none for a computed bit; times are the matter of
``gossamer.report.timing``. The module stands beside the backends and knows none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.diagram import Int
from gossamer.ir.pattern import Prepare
from gossamer.ir.program import Distribution, Ebit, Instruction, NodeProgram, Recv, Send
from gossamer.ir.program_columns import (
    COMMAND,
    COMPUTE,
    CONDITIONAL,
    EBIT,
    GATE,
    MEASURE,
    OBSERVE,
    OTHER,
    RECV,
    RESET,
    SEND,
    Columns,
    columns_of,
)

_MEASURING = (MEASURE, OBSERVE)


@dataclass
class NodeCounts:
    """Counters of one node's program.

    Attributes
    ----------
    peak_qubits, peak_comm : most data and communication qubits in use at one time. A qubit is in use from its first instruction
        (or the start, for an input place) to its measurement (or the end, for an output place)
    local_2q : two-qubit gates between data qubits; gates on a communication qubit belong to a link
    link_2q : two-qubit gates with a communication qubit
    measurements, resets, gates : how often
    """

    peak_qubits: int = 0
    peak_comm: int = 0
    local_2q: int = 0
    link_2q: int = 0
    gates: int = 0
    measurements: int = 0
    resets: int = 0


def count_node(
    program: NodeProgram,
    inputs: frozenset[int] = frozenset(),
    outputs: frozenset[int] = frozenset(),
    columns: Columns | None = None,
) -> NodeCounts:
    """Count one program; ``inputs`` and ``outputs`` are the data qubits that the manifest names as places.

    ``columns`` are the tables of the program, if they have been made.

    Examples
    --------
    >>> from gossamer.ir.program import Gate, Measure, Reset
    >>> p = NodeProgram("a", "circuit", 2, 0, 1, (Gate("h", (0,)), Gate("cz", (0, 1)), Measure(1, 0), Reset(1)))
    >>> counts = count_node(p)
    >>> counts.peak_qubits, counts.local_2q, counts.gates
    (2, 1, 2)
    """
    c = columns_of(program) if columns is None else columns
    first, size = _first_of_group(c.at, c.part), _group_sizes(c)
    gate = first & np.isin(c.kind[c.at], (GATE, CONDITIONAL, COMMAND))
    pair = gate & (size == 2)
    at_link = pair & (np.maximum(c.qubit, np.roll(c.qubit, -1)) >= program.data)
    prepared = sum(type(program.instructions[i]) is Prepare for i in c.where(COMMAND))
    stretches = _stretches(program, c, inputs, outputs)
    data = stretches[0] < program.data
    return NodeCounts(
        peak_qubits=_most(*(column[data] for column in stretches[1:])),
        peak_comm=_most(*(column[~data] for column in stretches[1:])),
        local_2q=int(pair.sum() - at_link.sum()),
        link_2q=int(at_link.sum()),
        gates=int(gate.sum()) - prepared,
        measurements=int(np.isin(c.kind, _MEASURING).sum()),
        resets=int((c.kind == RESET).sum()),
    )


def _first_of_group(*keys: NDArray[Any]) -> NDArray[np.bool_]:
    """Where another value of a key begins."""
    first = np.ones(len(keys[0]), np.bool_)
    if len(first):
        first[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return first


def _stretches(
    program: NodeProgram, c: Columns, inputs: frozenset[int], outputs: frozenset[int]
) -> tuple[Int, Int, Int]:
    """The stretches in which a qubit carries a state: the qubit, the first and the last instruction.

    A measurement is the last of its stretch. What a qubit held before a reset is not used again, and |0> costs nothing yet.
    """
    held, kept = (np.array(sorted(qubits), np.int32) for qubits in (inputs, outputs))
    end = len(program.instructions)
    at = np.concatenate([np.full(len(held), -1, np.int32), c.at, np.full(len(kept), end, np.int32)])
    qubit = np.concatenate([held, c.qubit, kept])
    kind = np.concatenate([np.full(len(held), OTHER, np.uint8), c.kind[c.at], np.full(len(kept), OTHER, np.uint8)])
    by = np.argsort(qubit, kind="stable")
    at, qubit, kind = at[by], qubit[by], kind[by]
    closes = np.isin(kind, (*_MEASURING, RESET))
    number: NDArray[np.int64] = (
        np.cumsum(_first_of_group(qubit)) + np.cumsum(closes) - closes
    )  # of the stretch that a touch belongs to
    state = kind != RESET
    at, qubit, number = at[state], qubit[state], number[state]
    first = _first_of_group(number)
    last = np.append(first[1:], True)[: len(first)]
    return qubit[first], at[first], at[last]


def _most(first: Int, last: Int) -> int:
    """The largest number of closed intervals that share a point."""
    if not len(first):
        return 0
    change = np.zeros(int(last.max()) + 3, np.int32)
    np.add.at(change, first + 1, 1)  # an input begins at -1
    np.add.at(change, last + 2, -1)
    return int(np.cumsum(change).max())


def longest_chain(programs: tuple[NodeProgram, ...], *, ebit: int = 1, columns: Sequence[Columns] | None = None) -> int:
    """Length of the longest chain of dependent instructions over all programs; an ebit takes ``ebit`` units.

    The programs are run side by side as far as they get, as the actors of the runtime do; programs that deadlock raise
    ValueError (the structural check reports who waits for whom).
    """
    tables = list(map(columns_of, programs)) if columns is None else columns
    return _Chains(programs, tables).longest(ebit)


class _Chains:
    """The tables of all programs, one after the other, as `gossamer.report.chain_kernel` takes them."""

    def __init__(self, programs: tuple[NodeProgram, ...], columns: Sequence[Columns]) -> None:
        from gossamer.report import chain_kernel as kernel

        self.kernel = kernel
        self.qubits, self.bits = (sum(p.data + p.comm for p in programs), sum(p.bits for p in programs))
        self.begin = np.cumsum([0, *(len(p.instructions) for p in programs)], dtype=np.int32)
        total = int(self.begin[-1])
        word_of = np.full(OTHER + 1, kernel.ACT, np.uint8)
        word_of[[SEND, RECV, EBIT, COMPUTE]] = kernel.SEND, kernel.RECV, kernel.EBIT, kernel.COMPUTE
        self.word = np.concatenate([np.zeros(0, np.uint8), *(word_of[c.kind] for c in columns)])
        self.partner, self.written = np.full(total, -1, np.int32), np.full(total, -1, np.int32)
        self.names: dict[str, int] = {}
        touches, reads, qubits, bits = [], [], 0, 0
        for p, c, begin in zip(programs, columns, self.begin.tolist(), strict=False):
            self.written[begin + c.write_at] = c.written + bits
            met = c.where(SEND, RECV, EBIT)
            self.partner[np.array(met, np.int64) + begin] = [self.number(p.instructions[i]) for i in met]
            touches.append((c.at + begin, c.part, c.qubit + qubits))
            reads.append((c.read_at + begin, c.read + bits))
            qubits, bits = qubits + p.data + p.comm, bits + p.bits
        at, self.part, self.qubit = _joined(touches, 3)
        self.touch_start = np.searchsorted(at, np.arange(total + 1)).astype(np.int32)
        at, self.read = _joined(reads, 2)
        self.read_start = np.searchsorted(at, np.arange(total + 1)).astype(np.int32)

    def number(self, op: Instruction) -> int:
        """Of the message or the link; no name is both, since that of a message is marked."""
        name = f" {op.message}" if isinstance(op, Send | Recv) else op.link  # type: ignore[union-attr]
        return self.names.setdefault(name, len(self.names))

    def longest(self, ebit: int) -> int:
        free, known = np.zeros(self.qubits, np.int32), np.zeros(self.bits, np.int32)
        sent, asked = (np.full(len(self.names), -1, np.int32) for _ in range(2))
        if not self.kernel.run(
            self.word, self.partner, self.written, self.touch_start, self.part, self.qubit, self.read_start, self.read,
            self.begin, free, known, sent, asked, ebit,
        ):  # fmt: skip
            raise ValueError("the programs wait for each other")
        return int(max(free.max(initial=0), known.max(initial=0)))


def _joined(tables: Sequence[tuple[Int, ...]], width: int) -> tuple[Int, ...]:
    empty = np.zeros(0, np.int32)
    return tuple(np.concatenate([empty, *(table[i] for table in tables)]) for i in range(width))


def make_report(distribution: Distribution) -> dict[str, Any]:
    """The counted part of ``report.json``: plain data without times, the same for the same programs.

    ``cost`` is the sum of what the ebits cost, given where not all links of the network cost 1. ``makespan`` and ``fidelity`` come from the
    figures of the network and are None where they do not suffice; ``shot_overhead`` is 1 while every link is a real one.
    """
    from gossamer.report.timing import estimate

    manifest = distribution.manifest
    columns = list(map(columns_of, distribution.programs))  # not those that the distribution keeps: they take much room
    counts = {
        program.node: count_node(
            program,
            frozenset(p.qubit for p in manifest.inputs if p.node == program.node),
            frozenset(p.qubit for p in manifest.outputs if p.node == program.node),
            table,
        )
        for program, table in zip(distribution.programs, columns, strict=True)
    }
    chains = _Chains(distribution.programs, columns)
    links = _links(distribution, columns)
    return (
        {
            "depth": chains.longest(0),
            "ebits": len(links),
            "links": links,
            "local_2q": sum(c.local_2q for c in counts.values()),
            "steps": chains.longest(1),
            "messages": sum(int((c.kind == SEND).sum()) for c in columns),
            "nodes": [
                {"name": p.node, "model": p.model, "data": p.data, "comm": p.comm, "instructions": len(p.instructions)}
                | {
                    "gates": counts[p.node].gates,
                    "local_2q": counts[p.node].local_2q,
                    "measurements": counts[p.node].measurements,
                }
                for p in distribution.programs
            ],
            "peak_comm": {name: c.peak_comm for name, c in counts.items()},
            "peak_qubits": {name: c.peak_qubits for name, c in counts.items()},
            "shot_overhead": 1,
        }
        | _cost(distribution)
        | estimate(distribution)
    )


def _cost(distribution: Distribution) -> dict[str, Any]:
    """``cost``: what the ebits cost together [NW-17]; nothing where each costs 1."""
    costs = {frozenset(link.nodes): link.cost for link in distribution.network.links if link.is_quantum}
    if all(cost == 1 for cost in costs.values()):
        return {}
    used = {one.link for program in distribution.programs for one in program.instructions if isinstance(one, Ebit)}
    pairs = [frozenset(link.nodes) for link in distribution.manifest.links if link.id in used]
    total = sum((Fraction(str(costs[pair])) for pair in pairs), Fraction(0))
    return {"cost": int(total) if total.denominator == 1 else float(total)}


def _links(distribution: Distribution, columns: Sequence[Columns]) -> list[dict[str, Any]]:
    """The links that are used; ``vertices`` are the two-qubit gates that its halves take part in, on each side.

    There may be a million: equal lists among them are one object.
    """
    links = distribution.manifest.links
    index = {link.id: i for i, link in enumerate(links)}
    first = [link.nodes[0] for link in links]
    vertices = np.full((len(links), 2), -1, np.int32)
    for program, c in zip(distribution.programs, columns, strict=True):
        at, number = _partners(program, c)
        for i, n in zip(at.tolist(), number.tolist(), strict=True):
            half = program.instructions[i]
            assert isinstance(half, Ebit)
            k = index[half.link]
            vertices[k, int(first[k] != program.node)] = n
    shared: dict[Any, list[Any]] = {}
    out = []
    for link, (a, b) in zip(links, vertices.tolist(), strict=True):
        if max(a, b) >= 0:
            ends = shared.setdefault(link.nodes, list(link.nodes))
            sides = shared.setdefault((a, b), [max(a, 0), max(b, 0)])
            out.append({"id": link.id, "nodes": ends, "path": ends, "kind": link.kind, "vertices": sides})
    return out


def _partners(program: NodeProgram, c: Columns) -> tuple[Int, NDArray[np.int64]]:
    """Where each link half enters, and in how many two-qubit gates it takes part."""
    comm = c.qubit >= program.data
    by = np.argsort(c.qubit[comm], kind="stable")
    at, qubit, size = c.at[comm][by], c.qubit[comm][by], _group_sizes(c)[comm][by]
    kind = c.kind[at]
    begins = kind == EBIT
    # the last ebit or measurement before each touch
    event = np.maximum.accumulate(np.where(begins | np.isin(kind, _MEASURING), np.arange(len(at)), 0))
    counts = (size == 2) & np.isin(kind, (GATE, CONDITIONAL, COMMAND)) & begins[event] & (qubit[event] == qubit)
    return at[begins], np.bincount(event[counts], minlength=len(at))[begins]


def _group_sizes(c: Columns) -> NDArray[np.int64]:
    """For each touch the number of qubits of its gate."""
    group = np.cumsum(_first_of_group(c.at, c.part)) - 1
    sizes: NDArray[np.int64] = np.bincount(group)[group] if len(group) else group
    return sizes
