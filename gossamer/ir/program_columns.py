"""`Columns`: a node program as tables of numbers, for rules and counters over millions of instructions.

An instruction of a program is an object, and one look at each object takes as long as a thousand additions. What most rules and all counters ask
is which qubits and bits an instruction touches and in which order; that is read off the objects once and kept in arrays. The tables
hold what ``qubits_of``, ``bits_read``, ``bits_written`` and ``gates_of`` say of each instruction, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.diagram import Int
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
    qubits_of,
)

#: The kinds of instructions, by their number in ``Columns.kind``; commands of a pattern (but M) are one kind, what no program may hold another.
GATE, CONDITIONAL, MEASURE, RESET, EBIT, SEND, RECV, OBSERVE, COMPUTE, COMMAND, OTHER = range(11)
_NUMBER: tuple[tuple[type, int], ...] = (
    (Gate, GATE),
    (Conditional, CONDITIONAL),
    (Measure, MEASURE),
    (Reset, RESET),
    (Ebit, EBIT),
    (Send, SEND),
    (Recv, RECV),
    (Observe, OBSERVE),
    (Compute, COMPUTE),
    *((kind, COMMAND) for kind in LETTERS),
)


@dataclass(frozen=True, eq=False)
class Columns:
    """The tables of one program; I instructions. Rows of a table are in the order of the program.

    Attributes
    ----------
    kind : uint8[I], the numbers above
    at, part, qubit : int32[T], the touches: an instruction, the gate of its body (0 but for conditionals), a qubit
    read_at, read : int32[R], an instruction and a bit that it reads
    write_at, written : int32[W], an instruction and the bit that it writes
    gates : each gate object once, those in bodies too
    """

    kind: NDArray[np.uint8]
    at: Int
    part: Int
    qubit: Int
    read_at: Int
    read: Int
    write_at: Int
    written: Int
    gates: tuple[Gate, ...]

    def where(self, *kinds: int) -> list[int]:
        """The instructions of some kinds, in order."""
        found: list[int] = np.flatnonzero(np.isin(self.kind, kinds)).tolist()
        return found

    def touching(self, least: int, *kinds: int) -> list[int]:
        """The instructions that touch a qubit from ``least`` on, and those of some kinds, in order."""
        chosen = np.isin(self.kind, kinds)
        chosen[self.at[self.qubit >= least]] = True
        found: list[int] = np.flatnonzero(chosen).tolist()
        return found


def columns_of(program: NodeProgram) -> Columns:
    """The tables of a program.

    Examples
    --------
    >>> program = NodeProgram("a", "circuit", 2, 0, 1, (Gate("cz", (1, 0)), Measure(1, 0), Conditional(((0, True),), (Gate("x", (0,)),))))
    >>> c = columns_of(program)
    >>> c.kind.tolist(), c.at.tolist(), c.qubit.tolist(), c.read_at.tolist(), c.written.tolist()
    ([0, 2, 1], [0, 0, 1, 2], [1, 0, 1, 0], [2], [0])
    """
    code = program.instructions
    types = list(map(type, code))
    numbers = {t: next((n for kind, n in _NUMBER if issubclass(t, kind)), OTHER) for t in set(types)}
    kind = np.fromiter(map(numbers.__getitem__, types), np.uint8, len(code))
    del types
    touches: list[tuple[Int, Int, Int]] = []
    reads: list[tuple[Int, Int]] = []
    writes: list[tuple[Int, Int]] = []

    def of(number: int) -> tuple[Int, list[Any]]:
        at = np.flatnonzero(kind == number).astype(np.int32)
        return at, [code[i] for i in at.tolist()]

    plain_at, plain = of(GATE)
    under_at, under = of(CONDITIONAL)
    sizes = [len(op.body) for op in under]
    plain.extend(chain.from_iterable([op.body for op in under]))
    which, gates = _distinct(plain)
    del plain
    part = np.zeros(len(which), np.int32)
    part[len(plain_at) :] = _counting(sizes)
    gate_at = np.concatenate([plain_at, np.repeat(under_at, sizes)])
    row, qubit = _ragged([gate.qubits for gate in gates], which)
    touches.append((gate_at[row], part[row], qubit))
    reads.append(_rows(under_at, [[b for b, _ in op.conditions] for op in under]))
    for number in (MEASURE, RESET, EBIT, OBSERVE):
        at, ops = of(number)
        touches.append((at, np.zeros(len(at), np.int32), _column(op.qubit for op in ops)))
    for number in (MEASURE, RECV, OBSERVE, COMPUTE):
        at, ops = of(number)
        writes.append((at, _column(op.bit for op in ops)))
    at, ops = of(SEND)
    reads.append(_rows(at, [op.bits for op in ops]))
    at, ops = of(COMMAND)
    rows, qubit = _rows(at, [qubits_of(op) for op in ops])
    touches.append((rows, np.zeros(len(rows), np.int32), qubit))
    for number in (OBSERVE, COMPUTE, COMMAND):
        at, ops = of(number)
        reads.append(_rows(at, [bits_read(op) for op in ops]))
    at, part, qubit = _in_order(touches)
    read_at, read = _in_order(reads)
    write_at, written = _in_order(writes)
    return Columns(kind, at, part, qubit, read_at, read, write_at, written, gates)


def _distinct(objects: list[Gate]) -> tuple[Int, tuple[Gate, ...]]:
    """The objects by identity: which of the distinct ones each is, and those."""
    names = np.fromiter(map(id, objects), np.int64, len(objects))
    _, first, which = np.unique(names, return_index=True, return_inverse=True)
    return which.astype(np.int32), tuple([objects[i] for i in first.tolist()])


def _column(values: Iterable[int]) -> Int:
    return np.fromiter(values, np.int32)


def _counting(sizes: Sequence[int]) -> Int:
    """0, 1, ... up to each of the sizes, one after the other."""
    ends = np.cumsum(sizes, dtype=np.int64)
    return (np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)).astype(np.int32)


def _rows(at: Int, lists: list[Any]) -> tuple[Int, Int]:
    """A row for each member of the list of each instruction."""
    return np.repeat(at, [len(x) for x in lists]), _column(chain.from_iterable(lists))


def _ragged(lists: list[Any], which: Int) -> tuple[Int, Int]:
    """For each i the members of ``lists[which[i]]``: rows (i, member)."""
    size = np.fromiter(map(len, lists), np.int64, len(lists))
    start = np.cumsum(size) - size
    members = _column(chain.from_iterable(lists))
    wanted = size[which]
    row = np.repeat(np.arange(len(which), dtype=np.int32), wanted)
    return row, members[np.repeat(start[which], wanted) + _counting(wanted)]  # type: ignore[arg-type]


def _in_order(tables: Sequence[tuple[Int, ...]]) -> tuple[Int, ...]:
    """The rows of all tables by instruction; those of one instruction stay as they are."""
    columns = tuple(map(np.concatenate, zip(*tables, strict=True)))
    by = np.argsort(columns[0], kind="stable")
    return tuple(column[by] for column in columns)
