"""Reordering a trace so that fewer qubits are live at one time; the distribution of results stays what it was.

The actors interleave whole programs and cannot look behind a node's next instruction. Here the joint trace is taken as a partial order:
an operation needs those that write the bits it reads and those on its qubits that it does not commute with (diagonal gates commute
with each other). Greedily, the observation that can be reached with the fewest new live qubits is made next, with just what it needs.
The result is a topological order of the same operations, hence the same program; it is used only if it costs less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import compress

from gossamer.runtime.trace import (
    Apply,
    Evaluate,
    Join,
    Observe,
    Operation,
    Pair,
    Parity,
    Trace,
    measured_cost,
    qubits_of,
)

#: A trace with more observations times operations is left as it is, so that the search takes no more than seconds.
MAX_SEARCH = 10**7

_DIAGONAL = frozenset({"z", "s", "sdg", "rz", "cz", "rzz"})


def reorder(trace: Trace) -> Trace:
    """The trace in an order with less work for a statevector, or as it was; ``peak`` and ``work`` are those of the order.

    Examples
    --------
    >>> from fractions import Fraction
    >>> h, cz = (lambda q: Apply("h", (q,), Fraction(0))), (lambda q: Apply("cz", (q, q + 1), Fraction(0)))
    >>> chain = [h(0), h(1), h(2), Join(0), Join(1), cz(0), Join(2), cz(1), Observe(0, 0), Observe(1, 1), Observe(2, 2)]
    >>> trace = measured_cost(Trace(tuple(chain), 3, 3, {}, 0, 0))
    >>> trace.peak, reorder(trace).peak
    (3, 2)
    """
    todo = [i for i, op in enumerate(trace.operations) if isinstance(op, Observe)]
    if len(todo) * len(trace.operations) > MAX_SEARCH:
        return trace
    needs = _find_needs(trace)
    ancestors: list[int] = []  # as bit sets, the operation itself included
    for i, direct in enumerate(needs):
        bits = 1 << i
        for k in direct:
            bits |= ancestors[k]
        ancestors.append(bits)
    joins = sum(1 << i for i, op in enumerate(trace.operations) if isinstance(op, Join))
    pairs = sum(1 << i for i, op in enumerate(trace.operations) if isinstance(op, Pair))
    # A qubit that was never joined is observed at no cost and without effect on the others.
    held: set[int] = set()
    ends = 0
    for i, op in enumerate(trace.operations):
        if isinstance(op, Join):
            held.add(op.qubit)
        elif isinstance(op, Pair):
            held |= {op.first, op.second}
        elif isinstance(op, Observe) and op.qubit in held:
            held.discard(op.qubit)
            ends |= 1 << i
    candidates = [trace]
    for key in (_cheapest, _closest):
        order = _search(todo, ancestors, joins, pairs, ends, key)
        candidates.append(measured_cost(replace(trace, operations=tuple(trace.operations[i] for i in order))))
    return min(candidates, key=lambda t: (t.work, t.peak))


def _cheapest(grows: int, net: int) -> tuple[int, int, int]:
    """Observations that leave no more qubits live than before come first, those that need the fewest new ones in front."""
    return (1, net, grows) if net > 0 else (0, grows, net)


def _closest(grows: int, net: int) -> tuple[int, int, int]:
    """A compromise between the height of the step and what stays of it; better on deep programs."""
    return (0, 2 * grows + net, grows)


def _search(
    todo: Sequence[int],
    ancestors: Sequence[int],
    joins: int,
    pairs: int,
    ends: int,
    key: Callable[[int, int], tuple[int, int, int]],
) -> list[int]:
    """A topological order of the operations: observation by observation, each with what it needs, the least ``key`` first."""
    left = (1 << len(ancestors)) - 1
    order: list[int] = []
    todo = list(todo)
    while todo:
        best, best_key = todo[0], None
        for i in todo:
            cone = ancestors[i] & left
            grows = (cone & joins).bit_count() + 2 * (cone & pairs).bit_count()
            rank = key(grows, grows - (cone & ends).bit_count())
            if best_key is None or rank < best_key:
                best, best_key = i, rank
            if grows == 0:
                best = i
                break
        cone = ancestors[best] & left
        order.extend(_members(cone))
        left &= ~cone
        todo = [i for i in todo if left >> i & 1]
    order.extend(_members(left))
    return order


def _members(bits: int) -> list[int]:
    """The elements of a bit set, ascending."""
    text = bin(bits)[:1:-1]
    return list(compress(range(len(text)), map(int, text)))


def _find_needs(trace: Trace) -> list[set[int]]:
    """For each operation, operations that must come before it (the transitive closure is what counts)."""
    needs: list[set[int]] = []
    writer: dict[int, int] = {}  # slot -> operation; each slot is written once
    last: dict[int, int] = {}  # qubit -> the last operation that is not diagonal
    since: dict[int, list[int]] = {}  # qubit -> diagonal operations after that
    for i, op in enumerate(trace.operations):
        need: set[int] = set()
        for slot in _reads(op):
            if slot in writer:
                need.add(writer[slot])
        written = op.slot if isinstance(op, Parity | Evaluate | Observe) else None
        if written is not None:
            writer[written] = i
        diagonal = isinstance(op, Apply) and op.name in _DIAGONAL
        for q in qubits_of(op):
            if q in last:
                need.add(last[q])
            if diagonal:
                since.setdefault(q, []).append(i)
            else:
                need.update(since.pop(q, ()))
                last[q] = i
        needs.append(need)
    return needs


def _reads(op: Operation) -> tuple[int, ...]:
    if isinstance(op, Apply):
        return tuple(slot for slot, _ in op.conditions)
    if isinstance(op, Evaluate):
        return tuple({slot for term in op.terms for slot in term})
    return op.sources if isinstance(op, Parity) else ()
