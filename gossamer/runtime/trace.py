"""`Trace`: what the actors did together, as one list of operations on the shared state.

Control flow does not depend on data, so one trace serves every shot; the engines replay it. A trace is free of nodes: qubits and
bit slots are numbered over the whole network. It guarantees that every qubit enters the joint state by exactly one `Join` or
`Pair` before a two-qubit gate uses it and leaves it by one `Observe`, so ``peak`` is the number of qubits that a statevector must hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: A conjunction: every slot has the value.
Conditions: TypeAlias = tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """An elementary gate of :data:`gossamer.ir.gates.GATES` where all ``conditions`` hold; ``angle`` in multiples of pi (0 if it has none)."""

    name: str
    qubits: tuple[int, ...]
    angle: Fraction
    conditions: Conditions = ()


@dataclass(frozen=True, slots=True)
class Join:
    """A qubit that was a factor of its own becomes part of the joint state (its first entangling gate follows)."""

    qubit: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two qubits in |0> become |Phi+>: a link."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Observe:
    """Measure in Z, write the outcome to ``slot`` (None: forget it) and drop the qubit; its next use finds |0>."""

    qubit: int
    slot: int | None


@dataclass(frozen=True, slots=True)
class Parity:
    """``slot`` becomes the XOR of ``sources`` (of none: 0). Messages are made and delivered this way."""

    slot: int
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """``slot`` becomes the XOR over ``terms`` of the AND of a term's slots (of none: 1)."""

    slot: int
    terms: tuple[tuple[int, ...], ...]


Operation: TypeAlias = Apply | Join | Pair | Observe | Parity | Evaluate


@dataclass(frozen=True, slots=True)
class Trace:
    """The operations in order, over ``qubits`` qubits (all start in |0>) and ``slots`` bits.

    ``slot_of`` maps (node, bit) to its slot. ``peak`` is the largest number of qubits in the joint state at one time,
    ``work`` the sum over the operations of the size of the state they touch (saturated at 2**62): what one shot costs.
    """

    operations: tuple[Operation, ...]
    qubits: int
    slots: int
    slot_of: dict[tuple[str, int], int]
    peak: int
    work: int


def evaluate(bits: NDArray[np.uint8], op: Evaluate) -> NDArray[np.uint8]:
    """The values of ``op`` for bits of shape (slots, branches).

    Examples
    --------
    >>> evaluate(np.array([[0, 1, 1], [1, 0, 1]], np.uint8), Evaluate(2, ((), (0, 1)))).tolist()
    [1, 1, 0]
    """
    out = np.zeros(bits.shape[1], np.uint8)
    for term in op.terms:
        out ^= np.bitwise_and.reduce(bits[list(term)], axis=0) if term else np.uint8(1)
    return out


def qubits_of(op: Operation) -> tuple[int, ...]:
    """The qubits that an operation touches."""
    if isinstance(op, Apply):
        return op.qubits
    if isinstance(op, Pair):
        return (op.first, op.second)
    return (op.qubit,) if isinstance(op, (Join, Observe)) else ()


def measured_cost(trace: Trace) -> Trace:
    """The trace with ``peak`` and ``work`` counted from its operations."""
    held: set[int] = set()
    peak = work = 0
    for op in trace.operations:
        if isinstance(op, Join):
            held.add(op.qubit)
        elif isinstance(op, Pair):
            held |= {op.first, op.second}
        elif isinstance(op, Parity | Evaluate) or (
            isinstance(op, (Apply, Observe)) and not held.issuperset(qubits_of(op))
        ):
            continue
        peak = max(peak, len(held))
        work = min(work + (1 << min(len(held), 61)), 1 << 62)
        if isinstance(op, Observe):
            held.discard(op.qubit)
    return replace(trace, peak=peak, work=work)
