"""The programs of all nodes in one order, for whoever writes down what they do together.

Each program keeps its own order; a message is received after it was sent, and the two ends of a link come one right after the other. What is
merged this way (:mod:`gossamer.backends.mbqc_merge`, :mod:`gossamer.backends.circuit_merge`) means what the programs mean, since instructions of
different nodes act on different qubits and bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gossamer.diagnostics import InputError
from gossamer.ir.program import Ebit, Instruction, NodeProgram, Recv, Send


def side_by_side(programs: Sequence[NodeProgram]) -> Iterator[tuple[NodeProgram, Instruction]]:
    """The instructions of all programs, each with its program; a program goes on for as long as it need not wait.

    Raises
    ------
    InputError
        ``PR-10`` if the programs wait for each other.

    Examples
    --------
    >>> from gossamer.ir.program import Reset
    >>> a = NodeProgram("a", "circuit", 1, 0, 1, (Recv("m", "b", 0), Reset(0)))
    >>> b = NodeProgram("b", "circuit", 1, 0, 0, (Reset(0), Send("m", "a", ())))
    >>> [(p.node, type(op).__name__) for p, op in side_by_side([a, b])]
    [('b', 'Reset'), ('b', 'Send'), ('a', 'Recv'), ('a', 'Reset')]
    """
    at = dict.fromkeys((p.node for p in programs), 0)
    by_name = {p.node: p for p in programs}
    sent: set[str] = set()

    def instruction(p: NodeProgram) -> Instruction | None:
        return p.instructions[at[p.node]] if at[p.node] < len(p.instructions) else None

    moved = True
    while moved:
        moved = False
        for p in programs:
            while (op := instruction(p)) is not None:
                if isinstance(op, Recv) and op.message not in sent:
                    break
                if isinstance(op, Ebit):
                    peer = by_name.get(op.peer)
                    other = None if peer is None else instruction(peer)
                    if peer is None or not isinstance(other, Ebit) or other.link != op.link:
                        break
                    yield p, op
                    yield peer, other
                    at[peer.node] += 1
                else:
                    yield p, op
                if isinstance(op, Send):
                    sent.add(op.message)
                at[p.node] += 1
                moved = True
    stuck = [p.node for p in programs if instruction(p) is not None]
    if stuck:
        raise InputError("PR-10", f"deadlock: the programs of {', '.join(stuck)} wait for each other")
