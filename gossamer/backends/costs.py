"""What a piece of a node's program costs on the node's hardware: how a mixed node chooses between two ways to the same end.

A piece is written in the node's native gates and priced by the figures that the report is made from (``gossamer.ir.figures``): the loss of
fidelity, with the decay of what has to wait inside the piece where the node has coherence times, and the time. Where figures are
absent, operations are counted. The module guarantees nothing about meaning; the ways that are compared have the same.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.figures import components, figures_of, memory_fidelity
from gossamer.ir.native import to_native
from gossamer.ir.network import Node
from gossamer.ir.pattern import Prepare
from gossamer.ir.program import Instruction, Measure, NodeProgram, Observe, qubits_of


@dataclass(frozen=True)
class Cost:
    """What a piece costs.

    Attributes
    ----------
    loss : minus the logarithm of its fidelity; None where a figure is absent
    time : seconds; None where a figure is absent
    operations : their number, weighted
    """

    loss: float | None
    time: Fraction | None
    operations: int

    def is_less(self, other: Cost) -> bool:
        """By loss, then time, then operations; what is not known of both does not count.

        Examples
        --------
        >>> quick, good = Cost(0.02, Fraction(1, 1000), 3), Cost(0.01, Fraction(2, 1000), 4)
        >>> good.is_less(quick), quick.is_less(Cost(None, Fraction(2, 1000), 1)), quick.is_less(Cost(None, None, 4))
        (True, True, True)
        """
        if self.loss is not None and other.loss is not None and not math.isclose(self.loss, other.loss, abs_tol=1e-12):
            return self.loss < other.loss
        if self.time is not None and other.time is not None and self.time != other.time:
            return self.time < other.time
        return self.operations < other.operations


def price(
    node: Node,
    piece: Sequence[Instruction],
    before: Collection[int],
    after: Collection[int],
    *,
    gate: int = 1,
    measurement: int = 1,
) -> Cost | None:
    """The cost of a piece of a mixed node's program; None if the node's gates cannot make it.

    Parameters
    ----------
    before, after : the qubits whose states are there when the piece begins, and those whose states are there when it ends
    gate, measurement : the weight of an operation; a preparation has the weight 1

    Examples
    --------
    >>> from gossamer.ir.network import Figures, NativeGate
    >>> from gossamer.ir.program import Gate
    >>> gates = (NativeGate(name="cx", duration="3us"), NativeGate(name="rz", duration="0s"), NativeGate(name="sx", duration="1us"))
    >>> node = Node(name="a", model="mixed", data=2, gates=gates)
    >>> price(node, [Gate("h", (0,)), Gate("cz", (0, 1))], {0, 1}, {0, 1})
    Cost(loss=None, time=Fraction(1, 200000), operations=2)
    """
    weights = {Prepare: 1, Measure: measurement, Observe: measurement}
    operations = sum(weights.get(type(one), gate) for one in piece)
    if node.gates is not None:
        data = 1 + max((q for one in piece for q in qubits_of(one)), default=0)
        try:
            piece = to_native(NodeProgram(node.name, "mixed", data, 0, len(piece), tuple(piece)), node).instructions
        except NetworkInfeasible:
            return None
    used = [figures_of(node, component) for one in piece for component in components(one)]
    loss = 0.0
    for figures in used:
        loss -= math.log(figures.fidelity) if figures.fidelity is not None else math.nan
    if any(figures.duration is None for figures in used):
        time = None
        loss = math.nan if node.t1 is not None or node.t2 is not None else loss
    else:
        time, waits = _schedule(node, piece, before, after)
        loss -= sum(math.log(memory_fidelity(node, wait)) for wait in waits)
    return Cost(None if math.isnan(loss) else loss, time, operations)


def _schedule(
    node: Node, piece: Sequence[Instruction], before: Collection[int], after: Collection[int]
) -> tuple[Fraction, list[Fraction]]:
    """How long the piece takes, each instruction as soon as its qubits are free, and the times that states wait."""
    free = dict.fromkeys(before, Fraction(0))
    waits: list[Fraction] = []
    for one in piece:
        qubits = qubits_of(one)
        start = max((free.get(q, Fraction(0)) for q in qubits), default=Fraction(0))
        waits += [start - free[q] for q in qubits if q in free]
        done = start + sum(figures_of(node, component).duration or 0 for component in components(one))
        free |= dict.fromkeys(qubits, done)
    end = max(free.values(), default=Fraction(0))
    waits += [end - free[q] for q in after]
    return end, waits
