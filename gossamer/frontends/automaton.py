"""Quantum cellular automata as source programs: `PartitionedAutomaton`, a definition that becomes a `Diagram`.

Cells, one qubit each, lie on a line, a ring, a grid or a torus. The grid is cut into blocks of equal shape, and one local unitary acts on all blocks
at the same time; in the next step the blocks are moved by half their size, so that neighbouring blocks exchange what they hold (the scheme of Margolus; in one
dimension a brickwork). The module guarantees that every step is synchronous, since the blocks of a step do not overlap. Clauses QA-1 to QA-3 of
``spec/walk.md``.

References
----------
Partitioned quantum cellular automata: Watrous, FOCS 1995; Schumacher, Werner, quant-ph/0405174 (the Margolus scheme); a review: Farrelly,
Quantum 4, 368 (2020).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import NoReturn

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm3_modifiers import moved, standard
from gossamer.frontends.qasm_circuit import Circuit
from gossamer.frontends.qasm_gates import STANDARD, Step
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr

#: Most cells, steps, and gates in all.
MAX_CELLS, MAX_STEPS, MAX_GATES = 4096, 10_000, 200_000

#: What a cell can start in: |0>, |1>, and the eigenstates of X.
STATES = ("0", "1", "+", "-")
_HERE = Span("<automaton>", 1, 1)


@dataclass(frozen=True)
class LocalGate:
    """One gate of a local rule: a standard gate of OpenQASM on cells of the block, with angles in multiples of pi.

    The cells of a block are numbered row by row.

    Examples
    --------
    >>> LocalGate("rx", (1,), (Fraction(1, 4),))
    LocalGate(name='rx', cells=(1,), angles=(Fraction(1, 4),))
    """

    name: str
    cells: tuple[int, ...]
    angles: tuple[Fraction, ...] = ()


@dataclass(frozen=True)
class PartitionedAutomaton:
    """A quantum cellular automaton with partitioned updates.

    Attributes
    ----------
    cells : the size of the grid in each of one or two dimensions
    block : the size of a block; each side divides that of the grid if the grid is closed
    rule : the gates of the local unitary, in order
    odd_rule : those of the steps 1, 3, ... if they differ
    steps : how many; step ``t`` uses the partition moved by half a block if ``t`` is odd
    start : a text of ``0``, ``1``, ``+`` and ``-``, one for each cell, row by row
    closed : whether opposite ends are joined; else blocks that would stick out are left out
    measure : the cells that are measured in the end into the register ``cells``, in this order; None: all. Others are quantum outputs

    Examples
    --------
    A Clifford automaton on a ring of four cells:

    >>> import gossamer
    >>> rule = (LocalGate("h", (0,)), LocalGate("cx", (0, 1)))
    >>> automaton = PartitionedAutomaton((4,), (2,), rule, steps=2, start="1000")
    >>> gossamer.compile(automaton, "2:qubits=2").verdict.holds
    True
    """

    cells: tuple[int, ...]
    block: tuple[int, ...]
    rule: tuple[LocalGate, ...]
    odd_rule: tuple[LocalGate, ...] | None = None
    steps: int = 1
    start: str = ""
    closed: bool = True
    measure: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        return math.prod(self.cells)

    def verify(self) -> None:
        """Check clauses QA-1 to QA-3.

        Raises
        ------
        InputError
            With the id of the first clause that is violated.

        Examples
        --------
        >>> PartitionedAutomaton((5,), (2,), ()).verify()
        Traceback (most recent call last):
        gossamer.diagnostics.InputError: error[QA-1]: blocks of 2 do not fill a closed side of 5 cells...
        """
        if len(self.cells) not in (1, 2) or len(self.block) != len(self.cells):
            _fail("QA-1", "a grid has one or two sides, and a block as many")
        for side, block in zip(self.cells, self.block, strict=True):
            if side < 1 or block < 2 or block > side:
                _fail(
                    "QA-1",
                    f"a side of {side} cells has no blocks of {block}",
                    "a block has at least 2 cells on each side",
                )
            if self.closed and side % block:
                _fail(
                    "QA-1",
                    f"blocks of {block} do not fill a closed side of {side} cells",
                    "make the grid open, or its size a multiple",
                )
        if self.size > MAX_CELLS or not 0 <= self.steps <= MAX_STEPS:
            _fail("QA-1", f"{self.size} cells and {self.steps} steps; at most {MAX_CELLS} cells and {MAX_STEPS} steps")
        inside = math.prod(self.block)
        for gate in (*self.rule, *(self.odd_rule or ())):
            known = STANDARD.get(gate.name)
            if known is None:
                _fail(
                    "QA-2",
                    f"no gate is called '{gate.name[:40]}'",
                    "gates are those of the standard library of OpenQASM 3",
                )
            if len(gate.cells) != known.qubits or len(gate.angles) != known.parameters:
                _fail("QA-2", f"the gate '{gate.name}' takes {known.qubits} cells and {known.parameters} angles")
            if len(set(gate.cells)) != len(gate.cells) or not all(0 <= c < inside for c in gate.cells):
                _fail("QA-2", f"the gate '{gate.name}' acts on different cells from 0 to {inside - 1} of a block")
        if self.start and (len(self.start) != self.size or not set(self.start) <= set(STATES)):
            _fail("QA-3", f"the start is a text of {self.size} letters", f"letters are {' '.join(STATES)}")
        chosen = self.measure or ()
        if len(set(chosen)) != len(chosen) or not all(0 <= c < self.size for c in chosen):
            _fail("QA-3", f"what is measured are different cells from 0 to {self.size - 1}")

    def blocks(self, step: int) -> Iterator[tuple[int, ...]]:
        """The blocks of a step, each as its cells, row by row.

        Examples
        --------
        >>> list(PartitionedAutomaton((4,), (2,), ()).blocks(1)), list(PartitionedAutomaton((4,), (2,), (), closed=False).blocks(1))
        ([(1, 2), (3, 0)], [(1, 2)])
        """
        offset = [b // 2 if step % 2 else 0 for b in self.block]
        starts = [range(o, side, b) for o, side, b in zip(offset, self.cells, self.block, strict=True)]
        for corner in product(*starts):
            inside = list(product(*(range(x, x + b) for x, b in zip(corner, self.block, strict=True))))
            if self.closed or all(x < side for cell in inside for x, side in zip(cell, self.cells, strict=True)):
                yield tuple(map(self._number, inside))

    def _number(self, cell: tuple[int, ...]) -> int:
        out = 0
        for x, side in zip(cell, self.cells, strict=True):
            out = out * side + x % side
        return out

    def diagram(self) -> Diagram:
        """The diagram of the automaton.

        Raises
        ------
        InputError
            QA-1 to QA-3.

        Examples
        --------
        >>> PartitionedAutomaton((2,), (2,), (LocalGate("h", (0,)),), measure=(1,)).diagram().output_names
        ('cell[0]',)
        """
        self.verify()
        rules = [_steps(self.rule), _steps(self.rule if self.odd_rule is None else self.odd_rule)]
        if max(1, *map(len, rules)) * self.steps * max(1, self.size // math.prod(self.block)) > MAX_GATES:
            _fail("QA-1", f"the automaton takes more than {MAX_GATES} gates", "fewer steps, or a smaller grid")
        circuit = Circuit()
        for cell in range(self.size):
            circuit.reset(circuit.add_qubit(f"cell[{cell}]", _HERE), BitExpr.const(1))
        circuit.wires.span = None
        for cell, state in enumerate(self.start):
            for name in ("x",) * (state in "1-") + ("h",) * (state in "+-"):
                circuit.apply(standard(STANDARD[name], ()).steps, [cell], None)
        for t in range(self.steps):
            for block in self.blocks(t):
                circuit.apply(rules[t % 2], block, None)
        measured = range(self.size) if self.measure is None else self.measure
        if measured:
            circuit.register("cells", [circuit.measure(cell, BitExpr.const(1)) for cell in measured])
        return circuit.finish()


def _fail(code: str, message: str, help: str | None = None) -> NoReturn:
    raise InputError(code, message, help=help)


def _steps(rule: tuple[LocalGate, ...]) -> list[Step]:
    return [s for gate in rule for s in moved(standard(STANDARD[gate.name], gate.angles).steps, gate.cells)]


__all__ = ["LocalGate", "PartitionedAutomaton"]
