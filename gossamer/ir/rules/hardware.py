"""Rules of node programs against the hardware of their nodes, where a network gives it: native gates (NW-15), coupled qubits (NW-16)."""

from __future__ import annotations

from collections.abc import Callable

from gossamer.ir.figures import NO_GATES, components
from gossamer.ir.network import NATIVE, Node
from gossamer.ir.program import LETTERS, Conditional, Distribution, Gate, NodeProgram
from gossamer.ir.rules.shared import fail


def check_hardware(d: Distribution) -> None:
    """Raise ``InputError`` with the clause if a program asks its node for what it does not have."""
    for p in d.programs:
        node = d.network.nodes[d.network.index[p.node]]
        for rule in _RULES:
            rule(p, node)


def _gates(p: NodeProgram, node: Node) -> None:
    if node.gates is None or p.model not in NATIVE:
        return
    native = {gate.name for gate in node.gates}
    for i, op in enumerate(p.instructions):
        for name in components(op):
            if name not in native and name not in NO_GATES:
                help = f"its gates are {', '.join(sorted(native))}; the pass native rewrites programs to them"
                what = f"{name} ({LETTERS[type(op)]})" if type(op) in LETTERS else name
                fail("NW-15", f"{p.node}, instruction {i}: {what} is no gate of the node", help=help)


def _coupling(p: NodeProgram, node: Node) -> None:
    if node.coupling is None or p.model != "circuit":
        return
    pairs = {frozenset(pair) for pair in node.coupling}
    if (p.data, p.comm) != (node.data, node.comm):
        fail("NW-16", f"the program of {p.node} does not number the qubits of its node, whose coupling map does")
    for i, op in enumerate(p.instructions):
        for gate in op.body if isinstance(op, Conditional) else (op,) if isinstance(op, Gate) else ():
            if len(gate.qubits) == 2 and frozenset(gate.qubits) not in pairs:
                help = "the pass route brings qubits together"
                a, b = gate.qubits
                fail(
                    "NW-16",
                    f"{p.node}, instruction {i}: {gate.name} on qubits {a} and {b}, which are not coupled",
                    help=help,
                )


_RULES: tuple[Callable[[NodeProgram, Node], None], ...] = (_gates, _coupling)
