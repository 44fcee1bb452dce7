"""`canonical` and `digest`: one numbering for all diagrams that differ in their numbering only.

Two diagrams are *isomorphic* if vertices, bits and edges can be renumbered so that one becomes the other (names of ends and of
classical inputs, registers and the scalar included; names of other bits, spans and delays left out). Isomorphic diagrams have
equal canonical forms and equal digests; others have different canonical forms, and digests that differ unless SHA-256 collides.
The numbering obeys IR-8, so the result is a diagram, but it knows nothing of the order in which a program was written: it is for
comparing and printing, not for drawing outcomes along it. Stands on ``ir.diagram``.

How: vertices, bits and the monomials that join them are the nodes of one coloured graph. Colours are refined until they are stable
(from the boundary, whose nodes are told apart by position). What is left falls into components that do not touch except through
nodes already told apart; each is numbered by itself, and components that are alike may stand in any order. In a component whose
nodes still look alike, one is singled out, every choice is tried, and the least result counts; choices that an automorphism found
on the way exchanges are tried once. The work is bounded (AL-6): refusing is better than two digests for one diagram.

References
----------
Individualisation and refinement: McKay, Piperno, *Practical graph isomorphism II*, J. Symb. Comput. 60 (2014).
Refinement by the smaller parts: Paige, Tarjan, SIAM J. Comput. 16 (1987).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram
from gossamer.ir.phase import BitExpr, Phase

#: Edges looked at, for each node and edge of the graph and at least, before a diagram is refused as too symmetric [AL-6].
WORK_PER_ITEM = 200
LEAST_WORK = 4_000_000

#: Weights of the kinds of edges of the coloured graph; sums of fewer than 2**40 of each kind can be told apart.
_PLAIN, _HADAMARD = 1, 1 << 40


def canonical(diagram: Diagram) -> Diagram:
    """The representative of all diagrams isomorphic to this one.

    Raises
    ------
    InputError
        ``AL-6`` if the diagram is too symmetric for the bound on work.

    Examples
    --------
    >>> from gossamer.ir.compose import identity, tensor
    >>> a, b = identity("a"), identity("b")
    >>> d = tensor(a, b)
    >>> d.edges.tolist() == canonical(d).edges.tolist(), canonical(canonical(d)) == canonical(d)
    (False, True)
    """
    diagram.verify()
    graph = _Graph(diagram)
    try:
        order = graph.numbering()
    except RecursionError:  # one choice within the other, hundreds deep
        raise _too_symmetric() from None
    rank = {node: i for i, node in enumerate(order)}
    n = diagram.num_vertices
    bits = _bit_order(diagram, [rank[n + i] for i in range(len(diagram.bits))])
    vertices = _vertex_order(diagram, [rank[v] for v in range(n)])
    return _renumbered(diagram, vertices, bits)


def digest(diagram: Diagram) -> str:
    """SHA-256 of the text form of the canonical form, in hexadecimal.

    Examples
    --------
    >>> from gossamer.ir.compose import identity
    >>> digest(identity("a")) == digest(identity("b"))
    False
    """
    from gossamer.ir.text import print_text

    return sha256(print_text(canonical(diagram)).encode()).hexdigest()


# --- the coloured graph ----------------------------------------------------------------------------------------------


class _Graph:
    """Nodes 0..n-1 are vertices, then come bits, then monomials; ``near[u]`` lists (node, weight), weights adding up."""

    def __init__(self, d: Diagram) -> None:
        self.n, self.bits = d.num_vertices, len(d.bits)
        self.near: list[list[tuple[int, int]]] = [[] for _ in range(self.n + self.bits)]
        position = {int(v): i for listed in (d.inputs, d.outputs) for i, v in enumerate(listed)}
        plain = [_without_bits(p) for p in d.phases]
        loops: dict[int, list[int]] = {}
        for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
            if a == b:
                loops.setdefault(a, [0, 0])[h] += 1
            else:
                self.join(a, b, _HADAMARD if h else _PLAIN)
        self.colour: list[Any] = [
            (0, kind, position.get(v, -1), plain[p], tuple(loops.get(v, ())))
            for v, (kind, p) in enumerate(zip(d.kind.tolist(), d.phase.tolist(), strict=True))
        ]
        for bit in d.bits:
            one = bit.expr is not None and frozenset() in bit.expr.monomials
            self.colour.append((1, int(bit.kind), bit.name if bit.kind == BitKind.INPUT else "", one))
        for i, bit in enumerate(d.bits):
            if bit.kind == BitKind.OUTCOME:
                self.join(self.n + i, bit.vertex, _PLAIN)
            if bit.expr is not None:
                for m in bit.expr.monomials - {frozenset()}:
                    self.join(self.monomial(m, (2,)), self.n + i, _HADAMARD)
        terms = [[t for t in p.terms if t[0]] for p in d.phases]
        for v, p in enumerate(d.phase.tolist()):
            for mono, c, s in terms[p]:
                self.join(self.monomial(mono, (3, c, s)), v, _HADAMARD)
        for r, register in enumerate(d.registers):
            for i, expr in enumerate(register.bits):
                for m in expr.monomials - {frozenset()}:
                    self.monomial(m, (4, r, i))
        for mono, c, s in d.scalar.phase.terms:
            if mono:
                self.monomial(mono, (5, c, s))
        self.budget = LEAST_WORK + WORK_PER_ITEM * (len(self.near) + sum(map(len, self.near)))

    def join(self, a: int, b: int, weight: int) -> None:
        self.near[a].append((b, weight))
        self.near[b].append((a, weight))

    def monomial(self, bits: Iterable[int], colour: tuple[Any, ...]) -> int:
        """A node for a product of bits, joined to them."""
        node = len(self.near)
        self.near.append([])
        self.colour.append(colour)
        for bit in bits:
            self.join(node, self.n + bit, _PLAIN)
        return node

    def numbering(self) -> list[int]:
        names = {colour: i for i, colour in enumerate(sorted(set(self.colour), key=_sort_key))}
        return self.number(range(len(self.near)), {v: names[c] for v, c in enumerate(self.colour)})[0]

    # ---- refinement ------------------------------------------------------------------------------------------------

    def number(self, nodes: Sequence[int] | range, start: dict[int, int]) -> tuple[list[int], tuple[Any, ...]]:
        """The nodes in canonical order, and a certificate: equal for two sets if an isomorphism takes one order to the other.

        Edges that leave the set of nodes do not count; ``start`` gives the colours.
        """
        cell, members = self.refine(nodes, start)
        order = [next(iter(m)) for m in members if len(m) == 1]
        certificate: list[Any] = [self.written(order, cell)]
        for part in self.parts(cell, members):
            numbered = [self.single_out(p, cell) for p in part]
            numbered.sort(key=lambda x: x[1])
            for found, written in numbered:
                order.extend(found)
                certificate.append(written)
        return order, tuple(certificate)

    def spend(self, work: int) -> None:
        self.budget -= work
        if self.budget < 0:
            raise _too_symmetric()

    def refine(self, nodes: Sequence[int] | range, start: dict[int, int]) -> tuple[dict[int, int], list[set[int]]]:
        """The coarsest stable partition below ``start``; cells are numbered in an order that no numbering enters."""
        members: list[set[int]] = []
        cell: dict[int, int] = {}
        groups: dict[int, set[int]] = {}
        for v in nodes:
            groups.setdefault(start[v], set()).add(v)
        for colour in sorted(groups):
            for v in groups[colour]:
                cell[v] = len(members)
            members.append(groups[colour])
        queue = deque(range(len(members)))
        queued = [True] * len(members)
        near = self.near
        while queue:
            splitter = queue.popleft()
            queued[splitter] = False
            weight: dict[int, int] = {}
            for v in members[splitter]:
                for u, w in near[v]:
                    if u in cell:
                        weight[u] = weight.get(u, 0) + w
                self.spend(len(near[v]) + 1)
            touched: dict[int, dict[int, list[int]]] = {}
            for u, w in weight.items():
                c = cell[u]
                if len(members[c]) > 1:
                    touched.setdefault(c, {}).setdefault(w, []).append(u)
            for c in sorted(touched):
                found = touched[c]
                rest = len(members[c]) - sum(map(len, found.values()))
                if rest == 0 and len(found) == 1:
                    continue
                # The largest part keeps the number of the cell; of two that are as large, the one of smaller weight.
                sizes = [(-len(us), w) for w, us in found.items()] + ([(-rest, 0)] if rest else [])
                largest = min(sizes)[1]
                old = members[c]
                for w in sorted(found):
                    if w != largest:
                        old.difference_update(found[w])
                        new = len(members)
                        members.append(set(found[w]))
                        queued.append(True)
                        queue.append(new)
                        for u in found[w]:
                            cell[u] = new
                if rest and largest != 0:  # the untouched nodes move out, the largest touched part stays
                    stay = set(found[largest])
                    old.difference_update(stay)
                    new = len(members)
                    for u in old:
                        cell[u] = new
                    members.append(old)
                    members[c] = stay
                    queued.append(True)
                    queue.append(new)
        return cell, members

    def parts(self, cell: dict[int, int], members: list[set[int]]) -> list[list[list[int]]]:
        """Components of what is not told apart, grouped by their colours; groups and nodes in an order free of numbering.

        An edge between two cells that are joined completely and in one way is no connection: any exchange keeps it.
        """
        uniform: dict[tuple[int, int], bool] = {}
        loose = [v for m in members if len(m) > 1 for v in m]
        for v in (
            loose
        ):  # all of them: nodes of one cell are joined to another with the same sum of weights, not in the same way
            ways: dict[int, dict[int, int]] = {}
            self.spend(len(self.near[v]) + 1)
            for u, w in self.near[v]:
                if u in cell:
                    ways.setdefault(cell[u], {}).setdefault(u, 0)
                    ways[cell[u]][u] += w
            for c, ends in ways.items():
                full = len(members[c]) - (c == cell[v])
                same = len(ends) == full and len(set(ends.values())) == 1
                uniform[cell[v], c] = same and uniform.get((cell[v], c), True)
        seen: set[int] = set()
        out: dict[tuple[int, ...], list[list[int]]] = {}
        for v in loose:
            if v in seen:
                continue
            seen.add(v)
            component, stack = [], [v]
            while stack:
                x = stack.pop()
                component.append(x)
                self.spend(len(self.near[x]) + 1)
                for u, _ in self.near[x]:
                    if u in cell and u not in seen and len(members[cell[u]]) > 1 and not uniform[cell[x], cell[u]]:
                        seen.add(u)
                        stack.append(u)
            out.setdefault(tuple(sorted(cell[x] for x in component)), []).append(component)
        return [out[colours] for colours in sorted(out)]

    def single_out(self, component: list[int], cell: dict[int, int]) -> tuple[list[int], tuple[Any, ...]]:
        """Number a component: try every node of its smallest cell as the first one, and keep the least certificate."""
        cells: dict[int, list[int]] = {}
        for v in component:
            cells.setdefault(cell[v], []).append(v)
        if all(len(m) == 1 for m in cells.values()):
            order = [cells[c][0] for c in sorted(cells)]
            return order, (self.written(order, cell),)
        _, chosen = min((len(m), c) for c, m in cells.items() if len(m) > 1)
        same = {v: v for v in component}  # orbits of the automorphisms found so far

        def find(v: int) -> int:
            while same[v] != v:
                same[v] = same[same[v]]
                v = same[v]
            return v

        best: tuple[list[int], tuple[Any, ...]] | None = None
        tried: set[int] = set()
        for v in cells[chosen]:
            if any(find(v) == find(u) for u in tried):
                continue
            tried.add(v)
            colours = {u: 2 * cell[u] for u in component}
            colours[v] -= 1
            order, certificate = self.number(component, colours)
            certificate = (tuple(sorted(cell[u] for u in component)), self.written(order, cell), *certificate)
            if best is None or certificate < best[1]:
                best = order, certificate
            elif certificate == best[1]:
                for a, b in zip(best[0], order, strict=True):
                    same[find(a)] = find(b)
        assert best is not None
        return best

    def written(self, order: list[int], cell: dict[int, int]) -> tuple[Any, ...]:
        """Colours and edges of the nodes in this order: all there is to know of the graph they span, in plain numbers."""
        at = {v: i for i, v in enumerate(order)}
        edges: dict[tuple[int, int], int] = {}
        for v in order:
            for u, w in self.near[v]:
                if u in at and at[v] <= at[u]:
                    edges[at[v], at[u]] = edges.get((at[v], at[u]), 0) + w
        return tuple(cell[v] for v in order), tuple(sorted((a, b, w) for (a, b), w in edges.items()))


def _too_symmetric() -> InputError:
    return InputError(
        "AL-6",
        "the diagram is too symmetric to be numbered in a bounded time",
        help="give its parts different phases, or compare it by its maps",
    )


def _without_bits(phase: Phase) -> tuple[Any, ...]:
    """The part of a phase that no bit enters, as something that can be sorted."""
    return tuple((c, s) for m, c, s in phase.terms if not m)


def _sort_key(colour: tuple[Any, ...]) -> tuple[int, str]:
    return colour[0], repr(colour)


# --- the order of bits and vertices ----------------------------------------------------------------------------------


def _bit_order(d: Diagram, rank: list[int]) -> list[int]:
    """Bits by rank, each after those it is derived from (IR-5)."""
    needs = [set(b.expr.bits) if b.expr is not None else set() for b in d.bits]
    return _sorted_by_need(needs, rank)


def _vertex_order(d: Diagram, rank: list[int]) -> list[int]:
    """Vertices by rank, each after the outcomes that its phase depends on (IR-8)."""
    sources: list[frozenset[int]] = []  # vertices of the outcomes that a bit depends on
    for bit in d.bits:
        if bit.kind == BitKind.OUTCOME:
            sources.append(frozenset((bit.vertex,)))
        elif bit.expr is not None:
            sources.append(frozenset().union(*(sources[x] for x in bit.expr.bits)))
        else:
            sources.append(frozenset())
    of_phase = [frozenset[int]().union(*(sources[x] for x in p.bits)) for p in d.phases]
    needs = [set(of_phase[p]) - {v} for v, p in enumerate(d.phase.tolist())]
    return _sorted_by_need(needs, rank)


def _sorted_by_need(needs: list[set[int]], rank: list[int]) -> list[int]:
    """The topological order in which the item of the least rank goes first whenever it may."""
    waits = [len(x) for x in needs]
    users: dict[int, list[int]] = {}
    for i, xs in enumerate(needs):
        for x in xs:
            users.setdefault(x, []).append(i)
    heap = [(rank[i], i) for i, k in enumerate(waits) if not k]
    heapq.heapify(heap)
    out = []
    while heap:
        _, i = heapq.heappop(heap)
        out.append(i)
        for user in users.get(i, ()):
            waits[user] -= 1
            if not waits[user]:
                heapq.heappush(heap, (rank[user], user))
    return out


def _renumbered(d: Diagram, vertices: list[int], bits: list[int]) -> Diagram:
    """The diagram with the vertices and bits in these orders, edges sorted, phases in the order of their first use."""
    to = np.empty(d.num_vertices, np.int32)
    to[vertices] = np.arange(d.num_vertices, dtype=np.int32)
    place = {old: new for new, old in enumerate(bits)}
    ends = np.sort(to[d.edges].reshape(-1, 2), axis=1)
    order = np.lexsort((d.hadamard, ends[:, 1], ends[:, 0]))
    table: dict[Phase, int] = {Phase(): 0}
    number: dict[int, int] = {}
    phase = np.zeros(d.num_vertices, np.int32)
    for new, p in enumerate(d.phase[vertices].tolist()):
        if p not in number:
            number[p] = table.setdefault(d.phases[p].rename(place.__getitem__), len(table))
        phase[new] = number[p]

    def moved(expr: BitExpr) -> BitExpr:
        return expr.rename(place.__getitem__)

    def bit(b: Bit) -> Bit:
        if b.kind == BitKind.OUTCOME:
            return Bit(BitKind.OUTCOME, int(to[b.vertex]))
        return Bit(b.kind, -1, None if b.expr is None else moved(b.expr), b.name if b.kind == BitKind.INPUT else "")

    return replace(
        d,
        kind=d.kind[vertices],
        phase=phase,
        phases=tuple(table),
        edges=ends[order].astype(np.int32),
        hadamard=d.hadamard[order],
        inputs=to[d.inputs],
        outputs=to[d.outputs],
        bits=tuple(bit(d.bits[i]) for i in bits),
        registers=tuple(replace(r, bits=tuple(moved(e) for e in r.bits)) for r in d.registers),
        scalar=replace(d.scalar, phase=d.scalar.phase.rename(place.__getitem__)),
        spans={int(to[v]): span for v, span in d.spans.items()},
        delays={},
    )
