"""Rules of node programs against the hardware of their nodes, where a network gives it: native gates (NW-15)."""

from __future__ import annotations

from collections.abc import Callable

from gossamer.ir.network import Node
from gossamer.ir.program import Conditional, Distribution, Gate, NodeProgram
from gossamer.ir.rules.shared import fail


def check_hardware(d: Distribution) -> None:
    """Raise ``InputError`` with the clause if a program asks its node for what it does not have."""
    for p in d.programs:
        node = d.network.nodes[d.network.index[p.node]]
        if p.model == "circuit":
            for rule in _RULES:
                rule(p, node)


def _gates(p: NodeProgram, node: Node) -> None:
    if node.gates is None:
        return
    native = {gate.name for gate in node.gates}
    for i, op in enumerate(p.instructions):
        for gate in op.body if isinstance(op, Conditional) else (op,) if isinstance(op, Gate) else ():
            if gate.name not in native:
                help = f"its gates are {', '.join(sorted(native))}; the pass native rewrites programs to them"
                fail("NW-15", f"{p.node}, instruction {i}: {gate.name} is no gate of the node", help=help)


_RULES: tuple[Callable[[NodeProgram, Node], None], ...] = (_gates,)
