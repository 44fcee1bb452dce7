"""The mistakes. Each backend is the one for circuit nodes with one instruction changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gossamer.backends.circuit import lower
from gossamer.frontends.qasm import read as read_right
from gossamer.ir.diagram import Diagram
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Placed
from gossamer.ir.program import Conditional, Distribution, Gate, Instruction, Send


def read(text: str, file: str = "<text>") -> Diagram:
    """A frontend that takes u1 for its inverse."""
    return read_right(text.replace("u1(", "u1(-"), file)


@dataclass(frozen=True)
class Swap:
    """A pass that hands on the results in the wrong order."""

    def run(self, graph: OpenGraph) -> OpenGraph:
        return replace(graph, registers=tuple(replace(r, bits=r.bits[::-1]) for r in graph.registers))


def edit(
    made: Distribution, wanted: Callable[[Instruction], bool], change: Callable[[Instruction], list[Instruction]]
) -> Distribution:
    """Change the first instruction that is wanted, if there is one."""
    programs = list(made.programs)
    for i, p in enumerate(programs):
        for k, op in enumerate(p.instructions):
            if wanted(op):
                code = (*p.instructions[:k], *change(op), *p.instructions[k + 1 :])
                programs[i] = replace(p, instructions=code)
                return replace(made, programs=tuple(programs))
    return made


@dataclass(frozen=True)
class Sign:
    def run(self, placed: Placed) -> Distribution:
        def flip(op: Instruction) -> list[Instruction]:
            assert isinstance(op, Gate)
            assert op.angle is not None
            return [replace(op, angle=-op.angle)]

        return edit(lower(placed), lambda op: isinstance(op, Gate) and op.name == "rz", flip)


@dataclass(frozen=True)
class Correction:
    def run(self, placed: Placed) -> Distribution:
        return edit(lower(placed), lambda op: isinstance(op, Conditional), lambda op: [])


@dataclass(frozen=True)
class Message:
    def run(self, placed: Placed) -> Distribution:
        names = [n.name for n in placed.network.nodes]

        def elsewhere(op: Instruction) -> list[Instruction]:
            assert isinstance(op, Send)
            return [replace(op, peer=names[(names.index(op.peer) + 1) % len(names)])]

        return edit(lower(placed), lambda op: isinstance(op, Send), elsewhere)
