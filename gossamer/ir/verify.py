"""What must hold of a value of each data level before a pass, a backend or a check may touch it.

Each level's rules are a tuple of small functions in ``gossamer.ir.rules``; each raises
:class:`~gossamer.diagnostics.InputError` with the clause of ``spec/ir.md`` or ``spec/program.md`` that is violated. Passing
them means that the value is well formed, that its flow and its order are causal, and that links and joins realise exactly
the edges of the graph; it does not mean that the value computes what some source says (that is what ``gossamer.checks`` is
for). Rules are vectorised: a graph with a million edges takes about a second. Later rules may rely on earlier ones.
"""

from __future__ import annotations

from gossamer.ir.diagram import Diagram
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Placed
from gossamer.ir.program import Distribution
from gossamer.ir.rules.diagram import DIAGRAM_RULES
from gossamer.ir.rules.events import EVENT_RULES, live_peaks
from gossamer.ir.rules.links import invert_gf2, placed_edges
from gossamer.ir.rules.open_graph import GRAPH_RULES
from gossamer.ir.rules.programs import PROGRAM_RULES

__all__ = ["invert_gf2", "live_peaks", "verify_diagram", "verify_distribution", "verify_open_graph", "verify_placed"]


def verify_diagram(diagram: Diagram) -> None:
    """Check clauses IR-1 to IR-11.

    Raises
    ------
    InputError
        With the id of the first clause that is violated.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder()
    >>> q = w.add_input("q"); w.h(q); _ = w.output(q, "q")
    >>> verify_diagram(w.build())
    """
    for rule in DIAGRAM_RULES:
        rule(diagram)


def verify_open_graph(graph: OpenGraph) -> None:
    """Check clauses OG-1 to OG-13 (and IR-4, IR-5, IR-6, IR-9 for the classical part).

    The flow is ``g(v) = {f(v)}`` for chain vertices and ``g(h) = {h}`` for hubs; OG-7 and OG-10 to OG-12 are the axioms
    of Danos and Kashefi, and of Browne et al. for the YZ plane.
    """
    for rule in GRAPH_RULES:
        rule(graph)


def verify_placed(placed: Placed) -> None:
    """Check the graph, clauses PL-1 to PL-9 and LK-1 to LK-4.

    That a measurement does not need an outcome of a later event is checked on the node programs (PR-5), where every bit has
    become explicit.
    """
    verify_open_graph(placed.graph)
    for rule in (*EVENT_RULES, placed_edges):
        rule(placed)


def verify_distribution(distribution: Distribution) -> None:
    """Check clauses PR-1 to PR-10: what can be said of node programs without running them."""
    for rule in PROGRAM_RULES:
        rule(distribution)
