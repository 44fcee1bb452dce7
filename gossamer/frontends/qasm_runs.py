"""Runs of plain gates, and the text between them: a run is appended to a circuit by array operations.

The reader of each language says what a distinct statement of a run means; it is asked once for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm_circuit import Circuit
from gossamer.frontends.qasm_flat import CODES, PlainGate, Run, coded
from gossamer.frontends.qasm_gates import Step
from gossamer.ir.phase import Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a statement does: steps whose places are among ``qubits``, numbers of the circuit; it counts as ``count`` steps."""

    steps: Sequence[Step]
    qubits: Sequence[int]
    count: int


def append_run(
    circuit: Circuit, file: str, text: str, run: Run, meaning: Callable[[PlainGate], Meaning | None]
) -> bool:
    """Append a run to a circuit.

    ``meaning`` gives None, or raises InputError, where the grammar's reading has more to say; then the answer is False, and nothing is done.
    """
    places: dict[int, int] = {}
    waiting: dict[int, list[Step]] = {}
    counts: dict[int, int] = {}
    for n in sorted(set(run.which)):
        try:
            meant = meaning(run.distinct[n])
        except InputError:
            return False
        if meant is None or len(set(meant.qubits)) != len(meant.qubits) or not coded(meant.steps):
            return False
        at = [places.setdefault(q, len(places)) for q in meant.qubits]
        waiting[n] = [(kind, tuple(at[p] for p in to), angle) for kind, to, angle in meant.steps]
        counts[n] = meant.count
    total = sum(counts[n] for n in run.which)
    if circuit.steps + total > circuit.most_steps:
        return False
    number = circuit.wires.builder.phase_number
    phases: dict[Phase, int] = {}
    for n in dict.fromkeys(run.which):  # phases are numbered in the order of their first use
        for _, _, angle in waiting[n]:
            if angle not in phases and not angle.is_zero:
                phases[angle] = number(angle)
    table: list[tuple[int, int, int, int]] = []
    rows: list[list[int]] = [[] for _ in run.distinct]
    for n, steps in waiting.items():
        for kind, to, angle in steps:
            rows[n].append(len(table))
            table.append((CODES[kind], to[0], to[1] if len(to) > 1 else -1, phases.get(angle, 0)))
    before = len(circuit.wires.builder.kinds)
    order = list(chain.from_iterable(map(rows.__getitem__, run.which)))
    first = circuit.append(table, order, list(places))
    if first is None:
        return False
    circuit.steps += total
    spans = RunSpans(file, text, run, first, [len(rows[n]) for n in run.which], before)
    circuit.wires.builder.spans.later.append((before, len(circuit.wires.builder.kinds), spans.get))
    return True


class RunSpans:
    """Places of the vertices of a run, made when they are asked for."""

    def __init__(self, file: str, text: str, run: Run, steps: NDArray, counts: list[int], base: int) -> None:  # type: ignore[type-arg]
        self.file, self.text, self.run = file, text, run
        self.steps = steps  # the first vertex of each step
        self.counts, self.base = counts, base  # steps of each statement; the first vertex of the run
        self.statements: list[int] | None = None  # the number of steps before each
        self.lines: list[int] = []

    def get(self, vertex: int) -> Span | None:
        from bisect import bisect_right
        from itertools import accumulate

        if self.statements is None:
            self.statements = list(accumulate(self.counts, initial=0))[:-1]
        step = int(self.steps.searchsorted(vertex, "right")) - 1
        i = bisect_right(self.statements, step) - 1
        if step < 0 or i < 0:
            return None
        if not self.lines:
            self.lines = [m.start() for m in re.finditer("\n", self.text)]
        at = self.run.offsets[i]
        while at < len(self.text) and (self.text[at].isspace() or self.text.startswith("//", at)):
            at = self.text.find("\n", at) if self.text.startswith("//", at) else at + 1
        line = bisect_right(self.lines, at - 1)
        column = at - (self.lines[line - 1] + 1 if line else 0) + 1
        return Span(self.file, line + 1, column, column + len(self.run.distinct[self.run.which[i]].gate))


def left_over(text: str, runs: Sequence[Run]) -> Iterator[tuple[str, Run | None]]:
    """The text between the runs, each part in its place, and the run that follows it."""
    at = 0
    for run in (*runs, None):
        yield in_place(text, at, len(text) if run is None else run.start), run
        if run is not None:
            at = run.end


def in_place(text: str, start: int, end: int) -> str:
    """A part of the text, after blanks that keep its line and column."""
    line_start = text.rfind("\n", 0, start) + 1
    return "\n" * text.count("\n", 0, start) + " " * (start - line_start) + text[start:end]
