"""`PlacedExtraction`: circuit extraction where wires stand on nodes, and gates within a node cost less than gates between two.

The choices of :mod:`gossamer.rewriting.extract` (which rows to add, which wire moves on, what waits) are the same; what differs is what they
are judged by. Stands on ``ir``.

References
----------
Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021). CNOTs priced by where they act, as for machines whose
qubits are not all coupled: Kissinger, Meijer-van de Griend, Quantum Inf. Comput. 20, 581 (2020).
"""

from __future__ import annotations

from collections.abc import Sequence

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram
from gossamer.rewriting.circuit import Framed, cancel, fold, take_frames
from gossamer.rewriting.circuit_form import to_circuit_form
from gossamer.rewriting.extract import Extraction, Weights, bit_sources, turn_form, turn_gates
from gossamer.rewriting.row_space import bits_of


def extract_placed(
    diagram: Diagram, ends: Sequence[int], *, near: float, weights: Weights, seed: int, backwards: bool = False
) -> list[Framed] | None:
    """One extraction, without Hadamards and with gadgets of two legs; None if there is none.

    Parameters
    ----------
    ends
        The node on which each output stands; with ``backwards`` each input. Measured wires have none.
    near
        What a two-qubit gate within a node costs; between two it costs 1.
    backwards
        Whether to begin at the inputs.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.cx(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> gates = extract_placed(w.build(), [0, 1], near=0.25, weights=Weights(), seed=0)
    >>> [(g.op.value, g.wires, g.bases) for g in gates if len(g.wires) == 2]
    [('cz', (0, 1), (0, 1))]
    """
    form = to_circuit_form(diagram)
    if backwards:
        if len(form.ends) != len(form.starts) or any(end.bit >= 0 for end in form.ends):
            return None
        form = turn_form(form)
    nodes = [ends[end.number] if end.number >= 0 else -1 for end in form.ends]
    extraction = PlacedExtraction(form, bit_sources(diagram), weights, seed)
    extraction.nodes, extraction.price = nodes, near
    try:
        gates = extraction.run()
    except InputError:
        return None
    return cancel(fold(cancel(take_frames(turn_gates(gates) if backwards else gates))))


class PlacedExtraction(Extraction):
    """``nodes[w]``: the node of wire w; ``price``: what a gate within a node costs."""

    nodes: Sequence[int]
    price: float

    def _cost(self, rows: int, column: int) -> float:
        members = total = 0
        wires = list(bits_of(rows))
        for w in wires:
            v = self.at[w]
            total ^= self.near[v]
            members |= 1 << v
        here = {self.nodes[w] for w in wires}
        now = total & self.front & ~members
        cost = len(here) - 1 + self.price * (len(wires) - len(here)) + self._gates(now, here)
        if column:
            cost += self.weights.ahead * self._gates(
                self.near[column.bit_length() - 1] & self.front & ~members & ~now, here
            )
        for h in bits_of(total & self.ready):
            cost += max(self.price, self._gates(self.near[h], here) - self.price)
        if cost and self.weights.noise:
            cost += self.weights.noise * self.rng.random()
        return cost

    def _gates(self, vertices: int, here: set[int]) -> float:
        """The cost of a gate with each of the vertices of the frontier, where one of the nodes ``here`` may be chosen."""
        return sum(self.price if self.nodes[self.wire[v]] in here else 1.0 for v in bits_of(vertices))

    def _merge(self, members: list[int]) -> int:
        """As in general, but first within the nodes."""
        near = self.near
        while len(members) > 1:
            c, t = max(
                ((c, t) for c in members for t in members if c != t),
                key=lambda p: (
                    self.nodes[self.wire[p[0]]] == self.nodes[self.wire[p[1]]],
                    near[p[0]].bit_count() - (near[p[0]] ^ near[p[1]]).bit_count(),
                ),
            )
            self.add_row(c, t)
            members.remove(t)
        return members[0]
