"""Strategies: which rules are applied in which order. A worklist drives them, so work is done only where something changed.

Rules stand in groups; a vertex that changed is tried with the rules of the first group again, and a later group is used only when
nothing is left to do in the earlier ones. Every strategy ends, because each step removes a spider, or turns a spider into a part of
a gadget or an end for good, or (``nodes``) takes the Hadamard off an end and leaves no more Clifford spiders inside than there were;
results do not depend on anything but the diagram.

References
----------
Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020), section 5 (``clifford``). Kissinger, van de Wetering, PRA 102,
022406 (2020), section 5 (``full``). Staudacher, Guggemos, Grundner-Culemann, Gehrke, QPL 2023, EPTCS 394 (``guarded``: steps chosen by
what they cost). Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021), section 4 (``nodes``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from gossamer.diagnostics import UsageError
from gossamer.ir.diagram import Diagram, VertexKind
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.rules import RULES, Rule, check_gadget_fusion
from gossamer.rewriting.writer import write_diagram

Strategy = Literal["fuse", "clifford", "full", "nodes", "guarded"]
#: What a step costs; ``guarded`` takes steps that cost nothing or less. Arguments: the graph, the rule's name, the match.
Cost = Callable[[WorkGraph, str, Any], int]

#: Steps that only make things smaller come first; gadgets on the same legs are added up before a pivot can take them apart.
_FUSE = ("fuse", "identity", "scalar")
_SMALLER = (*_FUSE, "copy", "push", "hub")
_CLIFFORD = ("clifford-gadget", "complement", "pivot")
_FULL = (_SMALLER, ("gadget-fusion",), _CLIFFORD, ("gadget-pivot",), ("boundary-pivot",))
_GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "fuse": (_FUSE,),
    "clifford": (_SMALLER, _CLIFFORD, ("boundary-pivot",)),
    "full": _FULL,
    "nodes": (*_FULL, ("end-complement", "end-pivot")),
    "guarded": _FULL,
}
STRATEGIES = tuple(_GROUPS)


def _rules(strategy: str, cost: Cost | None) -> list[list[Rule]]:
    """The rules of a strategy, group by group; with a cost, only their steps that cost nothing or less."""
    known: dict[frozenset[int], int] = {}  # legs -> the gadget last seen on them
    table = {rule.name: rule for rule in RULES}
    table["gadget-fusion"] = replace(
        table["gadget-fusion"], check=lambda graph, v: check_gadget_fusion(graph, v, known)
    )
    if cost is not None:
        table = {name: replace(rule, check=_guarded(rule, cost)) for name, rule in table.items()}
    return [[table[name] for name in group] for group in _GROUPS[strategy]]


def simplify(
    diagram: Diagram, strategy: Strategy = "full", *, cost: Cost | None = None, dissolve: bool = True
) -> Diagram:
    """Rewrite a diagram; its maps ``K_m`` stay the same, exactly.

    Parameters
    ----------
    strategy
        ``fuse``: fusion and identities, circuit structure and any flow kept. ``clifford``: interior Clifford spiders removed, the
        pseudo normal form of Clifford diagrams. ``full``: phase gadgets too, the reduction behind T-count optimisation. ``nodes``:
        Clifford spiders behind Hadamards of inputs and outputs too, for measurement patterns of few nodes. ``guarded``: the rules
        of ``full``, but only steps that do not raise the number of edges (or a ``cost`` given by the caller).
    cost
        For ``guarded``; see `edge_cost`, which is the default.
    dissolve
        Whether outcomes may be seen through: one whose spider a rule removes becomes a coin, if nothing depends on it any more.
        Outcomes on which something still depends stay where they are.

    Raises
    ------
    UsageError
        ``TL-7`` for an unknown strategy.

    Examples
    --------
    >>> from gossamer.ir.phase import Phase
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q")
    >>> for _ in range(4): w.h(q); w.rz(q, Phase(1)); w.h(q)
    >>> _ = w.output(q, "q")
    >>> simplify(w.build(), "clifford").num_vertices
    2
    """
    if strategy not in STRATEGIES:
        raise UsageError("TL-7", f"there is no strategy '{strategy}'", help=f"known: {', '.join(STRATEGIES)}")
    protected: set[int] = set()
    if not dissolve or strategy == "fuse":
        protected = set(diagram.outcome_bits)
    while True:
        graph = WorkGraph.from_diagram(diagram)
        graph.fixed = {v for v, bit in graph.owner.items() if bit in protected}
        reduce(graph, strategy, cost=cost)
        needed = _lost_but_needed(graph, diagram) - protected
        if not needed:
            return write_diagram(graph, diagram)
        protected |= needed


def _lost_but_needed(graph: WorkGraph, diagram: Diagram) -> set[int]:
    """Outcome bits that no spider shows any more although phases still depend on them."""
    lost = set(diagram.outcome_bits) - set(graph.owner.values())
    if not lost:
        return lost
    used: set[int] = set()
    for v in {*graph.flip, *graph.rest, *graph.signed}:
        used |= graph.phase_of(v).bits
    for v in np.flatnonzero(diagram.kind == VertexKind.H).tolist():
        used |= diagram.phase_of(v).bits
    for i in reversed(range(len(graph.bits))):
        expr = graph.bits[i].expr
        if expr is not None and i in used:
            used |= expr.bits
    return lost & used


def reduce(
    graph: WorkGraph, strategy: Strategy = "full", *, cost: Cost | None = None, limit: int | None = None
) -> bool:
    """Apply a strategy to a working graph, in place.

    Parameters
    ----------
    limit
        The most legs that may be looked at, up to a microsecond each; then the graph is left as far as it got.

    Returns
    -------
    bool
        Whether the strategy came to its end.
    """
    return _run(graph, _rules(strategy, (cost or edge_cost) if strategy == "guarded" else None), limit)


def _run(graph: WorkGraph, groups: Sequence[Sequence[Rule]], limit: int | None) -> bool:
    """Apply the first rule that matches, group by group, until nothing matches (True) or the limit is reached (False)."""
    start = graph.spiders()
    left = -1 if limit is None else limit
    queues: list[deque[int]] = [deque(start), *(deque[int]() for _ in groups[1:])]
    waiting = bytearray(len(graph.adj))
    for v in queues[0]:
        waiting[v] = 1
    alive, adj = graph.alive, graph.adj
    first, last = queues[0], len(groups) - 1
    while True:
        level = 0
        while level <= last and not queues[level]:
            level += 1
        if level > last:
            return True
        v = queues[level].popleft()
        if level == 0:
            waiting[v] = 0
        if not alive[v]:
            continue
        if left >= 0:
            left -= 1 + len(adj[v])
            if left < 0:
                return False
        for rule in groups[level]:
            match = rule.check(graph, v)
            if match is not None:
                touched = rule.apply(graph, match)
                if len(adj) > len(waiting):
                    waiting.extend(bytes(len(adj) - len(waiting)))
                for w in (v, *touched):
                    if alive[w] and not waiting[w]:
                        waiting[w] = 1
                        first.append(w)
                break
        else:
            if level < last:
                queues[level + 1].append(v)


# ---- costs ----------------------------------------------------------------------------------------------------------


def edge_cost(graph: WorkGraph, rule: str, match: Any) -> int:
    """By how much a step raises the number of edges between spiders; fusion and other steps that cannot are 0."""
    if rule == "complement":
        return _complement_cost(graph, match)
    if rule == "clifford-gadget":
        leaf, hub = match
        return _complement_cost(graph, hub, without=leaf) - 1
    if rule == "end-complement":
        return _complement_cost(graph, match, extra=1)
    if rule in ("pivot", "gadget-pivot", "boundary-pivot", "end-pivot"):
        u, v = match
        gadget = not graph.is_pauli(v)
        more_u, more_v = (len(graph.ends.get(w, ())) for w in match)
        return _pivot_cost(graph, u, v, more_u, more_v + gadget) + gadget  # a gadget's leaf is an edge too
    return 0


def _complement_cost(graph: WorkGraph, v: int, *, without: int = -1, extra: int = 0) -> int:
    """``extra``: how many neighbours ``v`` gets for the step."""
    near = graph.adj[v] - {without}
    d = len(near)
    pairs = (d + extra) * (d + extra - 1) // 2
    return pairs - sum(len(graph.adj[n] & near) for n in near) - d


def _pivot_cost(graph: WorkGraph, u: int, v: int, more_u: int, more_v: int) -> int:
    """``more_u``, ``more_v``: how many neighbours the two get for the step."""
    adj = graph.adj
    both = adj[u] & adj[v]
    only_u, only_v = adj[u] - both - {v}, adj[v] - both - {u}
    a, b, c = len(only_u) + more_u, len(only_v) + more_v, len(both)
    pairs = a * b + a * c + b * c
    there = sum(len(adj[n] & only_v) + len(adj[n] & both) for n in only_u) + sum(len(adj[n] & both) for n in only_v)
    return pairs - 2 * there - (len(only_u) + len(only_v) + 2 * c + 1)


def _guarded(rule: Rule, cost: Cost) -> Callable[[WorkGraph, int], Any]:
    def check(graph: WorkGraph, v: int) -> Any:
        match = rule.check(graph, v)
        return match if match is not None and cost(graph, rule.name, match) <= 0 else None

    return check
