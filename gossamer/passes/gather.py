"""`gather`: a Clifford program on a network for the rank of its cuts, however deep it was.

In a graph all of whose measurements are along an axis no measurement waits for another one, so everything may be done at one
time. What a node has to do with the rest of the network is a matrix over GF(2) between its vertices and the others, and by the link theorem as
many links as its rank carry all of it: each is a copy of a *parity* of the node's vertices. The nodes form a tree; each node hands the
parities of what stands below it on to its parent, and edges between what comes from different children are realised where the copies
meet. So a cut of the tree costs its cut-rank: for two nodes the least that is possible for these places of inputs and outputs, and with
k nodes at most 2 n (k - 1) / k ebits for n wires that are spread evenly. The places are chosen so that the ranks are small.

A copy stays when its vertices have been measured, so communication qubits are what holds the program together; the data qubits of a
node hold its inputs first and its outputs then. The edges between these two, on one node, are a matrix too: its factors, lower and upper
triangular, become two rows of vertices that take over from each other one by one, with one data qubit to spare.

References
----------
Graph states and Clifford circuits: Van den Nest, Dehaene, De Moor, PRA 69, 022316 (2004). Cut-rank and entanglement: Hein, Eisert,
Briegel, PRA 69, 062311 (2004). Pauli flow: Browne et al., NJP 9, 250 (2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.ir.diagram import Int
from gossamer.ir.flow import FlowKind, find_flow
from gossamer.ir.network import Network
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.passes.ends import Ends, split_outputs
from gossamer.passes.search_options import SearchOptions
from gossamer.passes.weights import Weights, weigh

#: The moves of the search for places are shared by so many searches at least: several short ones find more than a long one.
ROUNDS = 4
#: Moves, by effort; and to how many operations on words of bit rows they are held.
MOVES = (20_000, 1_600_000, 8_000_000, 32_000_000)
WORK = (50_000_000, 4_000_000_000, 20_000_000_000, 80_000_000_000)


@dataclass(frozen=True)
class Gather(SearchOptions):
    """Pass: ``OpenGraph``, ``Network`` -> ``Placed``, for graphs whose measurements are all along an axis.

    Attributes
    ----------
    effort : 0 to 3, how many moves the search for places makes
    seed : of its random numbers
    objective : what is made small
    least : the narrowest search to make
    anneal : whether places are searched for; without it vertices are spread over the nodes in their order
    roots : whether trees from several roots are tried
    place, end, final : where qubits begin and end
    """

    anneal: bool = True
    roots: bool = True

    def run(self, graph: OpenGraph, network: Network) -> Placed:
        rows = graph.num_vertices // network.size + 1
        each = rows * rows * (1 + graph.num_vertices // 64)
        ends = Ends.of(graph, network, self.place, self.end, self.final) if self.fixes_ends else None
        found = []
        for level in self.levels:
            moves = min(MOVES[level], WORK[level] // each) if self.anneal else 0
            found.append(
                gather(
                    graph, network, moves=moves, seed=self.seed, objective=self.objective, ends=ends, roots=self.roots
                )
            )
        return min(found, key=weigh(network, self.objective).of)


def gather(
    graph: OpenGraph,
    network: Network,
    *,
    moves: int = MOVES[1],
    seed: int = 0,
    objective: str = "ebits",
    ends: Ends | None = None,
    roots: bool = True,
) -> Placed:
    """Place a graph and link it by parities; ``ends`` are the wishes of where inputs and outputs stand, ``roots``: see `Gather`.

    Raises
    ------
    InputError
        ``LK-5`` if a measurement is along no axis or an angle depends on outcomes.
    NetworkInfeasible
        ``NW-13`` if a node has too few communication qubits, or the network too few data qubits: one more on each node than its inputs
        take, and than its outputs take.

    Examples
    --------
    Two wires, any number of gates: four ebits suffice on two nodes, and these need two.

    >>> from gossamer.ir.network_text import parse_network
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.passes.graph_like import to_open_graph
    >>> from gossamer.passes.simplify import Simplify
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b")
    >>> for _ in range(9): w.cx(a, b); w.h(a); w.cx(b, a)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> net = parse_network("nodes: [{name: x, data: 2}, {name: y, data: 2}]\\nlinks: [{nodes: [x, y]}]")
    >>> gather(to_open_graph(Simplify("clifford").run(w.build())), net).num_links <= 2
    True
    """
    if ends is not None:
        graph = split_outputs(graph, _crossing(graph, ends))
    axes = along_axes(graph)
    shape = _Shape.of(axes)
    kinds = _Kinds.of(axes, shape, ends)
    weights = weigh(network, objective)
    best: tuple[int, Int, list[int]] | None = None
    trees = _trees(network, weights)[: None if roots else 1]
    rounds = max(len(trees), ROUNDS)
    first = _first_places(kinds, network)
    for i in range(rounds):
        parent, place = trees[i % len(trees)], first.copy()
        cost = _search(shape, kinds, place, network, weights, parent, moves // rounds, seed * rounds + i)
        if best is None or cost < best[0]:
            best = cost, place, parent
    assert best is not None
    _, place, parent = best
    return _Gatherer(axes, shape, place, parent, network).run()


def along_axes(graph: OpenGraph) -> OpenGraph:
    """The graph with its measurements in the plane XY by multiples of pi/2 labelled as along an axis, and a Pauli flow for that.

    Raises
    ------
    InputError
        ``LK-5`` if a measurement is along no axis or an angle depends on outcomes.
    """
    label = graph.label.copy()
    ends = _ends(graph)
    if len(graph.postselected):
        raise InputError("LK-5", "a graph with postselected vertices is not gathered")
    for v in range(graph.num_vertices):
        phase = graph.phase_of(v)
        if graph.outcome[v] >= 0:
            phase = phase - Phase.of_bit(int(graph.outcome[v]))
        axis = label[v] in (Label.XY, Label.X, Label.Y) and phase.is_constant and phase.constant.denominator <= 2
        if phase.bits or not (axis or v in ends):
            raise InputError("LK-5", f"v{v} is measured along no axis, or its angle depends on outcomes",
                             span=graph.spans.get(v), help="only Clifford programs without conditions are gathered")  # fmt: skip
        if label[v] == Label.XY and axis:
            label[v] = Label.X if phase.is_pauli else Label.Y
    return _with_flow(replace(graph, label=label))


def _ends(graph: OpenGraph) -> set[int]:
    """The outputs, and the outcomes of the source, which may be measured in any way at the end."""
    return {*graph.outputs.tolist(), *np.flatnonzero(graph.outcome >= 0).tolist()}


def _with_flow(graph: OpenGraph) -> OpenGraph:
    flow = find_flow(FlowKind.PAULI, graph.label, graph.edges, graph.inputs, sorted(_ends(graph)))
    if flow is None:
        raise InputError("LK-5", "the graph has no Pauli flow along its axes")
    return replace(graph, flow_start=flow.start, flow=flow.members, order=flow.order())


# ---- where things stand ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Shape:
    """Bit rows of a graph and when its vertices take a data qubit.

    An input or output that has one edge, to a vertex that is neither, is a Hadamard on a wire: the two stand on one node, take turns on
    its data qubits, and count as one vertex, the inner one.

    Attributes
    ----------
    rows : the neighbours of each vertex, as a bit mask; none of the outer ones
    outer : inner vertex -> the input or output (or outcome) that belongs to it
    early : measured, from the start (inputs) or in the first half; ``late``: outputs and outcomes, to the end. Both: an input that is
        one; neither: outer vertices
    """

    rows: list[int]
    outer: dict[int, int]
    early: NDArray[np.bool_]
    late: NDArray[np.bool_]

    @classmethod
    def of(cls, graph: OpenGraph) -> _Shape:
        rows = [0] * graph.num_vertices
        for u, v in graph.edges.tolist():
            rows[u] |= 1 << v
            rows[v] |= 1 << u
        late = graph.outcome >= 0
        late[graph.outputs] = True
        early = ~late
        early[graph.inputs] = True
        outer: dict[int, int] = {}
        inputs = set(graph.inputs.tolist())
        for v in [*inputs, *np.flatnonzero(late).tolist()]:
            if rows[v].bit_count() != 1:
                continue
            inner = rows[v].bit_length() - 1
            if inner in inputs or late[inner] or inner in outer:
                continue
            outer[inner] = v
            early[inner], late[inner] = early[v], late[v]
            early[v] = late[v] = False
            rows[inner] ^= 1 << v
            rows[v] = 0
        return cls(rows, outer, early, late)

    def words(self, vertices: list[int]) -> NDArray[np.uint64]:
        """The rows of some vertices, in these vertices, as uint64[n, W]."""
        number = {v: i for i, v in enumerate(vertices)}
        width = max(1, -(-len(vertices) // 64))
        masks = [sum(1 << number[w] for w in _bits(self.rows[v])) for v in vertices]
        data = b"".join(mask.to_bytes(8 * width, "little") for mask in masks)
        return np.frombuffer(data, "<u8").astype(np.uint64).reshape(-1, width)


@dataclass(frozen=True, eq=False)
class _Kinds:
    """What the search for places knows of the vertices.

    Attributes
    ----------
    early, late : as in the shape, but a vertex that has a partner takes the room of both, and the partner none
    fixed : int32[n], the node where a vertex has to stand, or -1
    partner : int32[n], the vertex that goes wherever this one does, or -1
    """

    early: NDArray[np.bool_]
    late: NDArray[np.bool_]
    fixed: Int
    partner: Int

    @classmethod
    def of(cls, graph: OpenGraph, shape: _Shape, ends: Ends | None) -> _Kinds:
        early, late = shape.early.copy(), shape.late.copy()
        fixed, partner = np.full(len(early), -1, np.int32), np.full(len(early), -1, np.int32)
        if ends is not None:
            inner = {outer: v for v, outer in shape.outer.items()}
            inputs, outputs = ([inner.get(v, v) for v in x.tolist()] for x in (graph.inputs, graph.outputs))
            for vertices, column in ((outputs, ends.end), (inputs, ends.begin)):
                wish = column >= 0
                fixed[np.array(vertices, np.int32)[wish]] = column[wish]
            for i, j in ends.ties:
                v, w = inputs[i], outputs[j]
                if v != w:
                    partner[v] = w
                    early[v] = late[v] = True
                    early[w] = late[w] = False
        return cls(early, late, fixed, partner)

    @property
    def free(self) -> NDArray[np.bool_]:
        return np.asarray((self.early | self.late) & (self.fixed < 0))


def _crossing(graph: OpenGraph, ends: Ends) -> list[int]:
    """The outputs, by number, whose vertex is an input that is wanted on another node."""
    begin = {v: b for v, b in zip(graph.inputs.tolist(), ends.begin.tolist(), strict=True) if b >= 0}
    wanted = zip(graph.outputs.tolist(), ends.end.tolist(), strict=True)
    return [j for j, (v, b) in enumerate(wanted) if b >= 0 and begin.get(v, b) != b]


def _trees(network: Network, weights: Weights) -> list[list[int]]:
    """Trees of paths of least weight, one from each node, as the parent of each node (-1: the root); equal sets of cuts once.

    Where all nodes are alike and neighbours of each other, a few do for all. Where links weigh differently, the tree whose links weigh
    least is one too.
    """
    alike = (
        len({node.room for node in network.nodes}) == 1 and weights.alike and int(network.distance.max(initial=0)) <= 1
    )
    seen: set[frozenset[frozenset[int]]] = set()
    out = []
    found = [[-1 if node == root else weights.path(node, root)[1] for node in range(network.size)]
             for root in range(min(network.size, ROUNDS) if alike else network.size)]  # fmt: skip
    if not weights.alike:
        found.append(_lightest_tree(weights))
    for parent in found:
        edges = frozenset(frozenset((node, p)) for node, p in enumerate(parent) if p >= 0)
        if edges not in seen:
            seen.add(edges)
            out.append(parent)
    return out


def _lightest_tree(weights: Weights) -> list[int]:
    """The spanning tree of least weight from node 0, as the parent of each node (Prim, Bell Syst. Tech. J. 36, 1389, 1957)."""
    parent = [-1] * len(weights.node)
    joined = {0}
    while len(joined) < len(parent):
        _, node, at = min(
            (int(weights.link[at, node]), node, at)
            for at in joined
            for node in weights.neighbours[at]
            if node not in joined
        )
        parent[node] = at
        joined.add(node)
    return parent


def _below(parent: list[int]) -> list[list[int]]:
    """For each node those whose way to the root goes through it, itself included."""
    out: list[list[int]] = [[] for _ in parent]
    for node in range(len(parent)):
        at = node
        while at >= 0:
            out[at].append(node)
            at = parent[at]
    return out


def _room(network: Network) -> Int:
    return np.array([node.room - 1 for node in network.nodes], np.int32)


def _first_places(shape: _Kinds, network: Network) -> Int:
    """Those with a fixed place there, the others in their order, each kind on the nodes from the first to the last, in proportion to their sizes."""
    room = _room(network)
    place = np.maximum(shape.fixed, 0)
    loose = shape.fixed < 0
    left = [
        room - np.bincount(shape.fixed[kind & ~loose], minlength=network.size).astype(np.int32)
        for kind in (shape.early, shape.late)
    ]
    for i, spare in enumerate(np.minimum(*left).tolist()):
        if spare < 0:
            one = network.nodes[i]
            raise NetworkInfeasible(
                "NW-13", f"more qubits are to begin or to end on node {one.name} than it can gather: it keeps one to spare",
                lacks=(one.name, "data", -spare),
            )  # fmt: skip
    both = np.flatnonzero(shape.early & shape.late & loose)
    early, late = (
        np.flatnonzero(one & ~other & loose) for one, other in ((shape.early, shape.late), (shape.late, shape.early))
    )
    kinds = [(both, (0, 1)), (early, (0,)), (late, (1,))]
    for vertices, takes in kinds:
        free = np.minimum.reduce([left[t] for t in takes])
        lacking = len(vertices) - int(np.maximum(free, 0).sum())
        if lacking > 0:
            raise NetworkInfeasible(
                "NW-13", f"to gather the program {lacking} more data qubits are needed: each node keeps one to spare",
                lacks=(None, "data", lacking),
            )  # fmt: skip
        share = np.floor(np.maximum(free, 0) * (len(vertices) / max(1, int(np.maximum(free, 0).sum())))).astype(
            np.int32
        )
        for node in range(network.size):
            share[node] += min(len(vertices) - int(share.sum()), int(free[node] - share[node]))
        place[vertices] = np.repeat(np.arange(network.size), share)
        for t in takes:
            left[t] -= share
    paired = shape.partner >= 0
    place[shape.partner[paired]] = place[paired]
    return place


def _search(
    shape: _Shape, kinds: _Kinds, place: Int, network: Network, weights: Weights, parent: list[int], moves: int, seed: int
) -> int:  # fmt: skip
    """Improve ``place``; return the weight of what it takes: the sum of the ranks of the cuts, times their links' weights, and the nodes'."""
    below = _below(parent)
    inside = np.zeros((network.size - 1, network.size), bool)
    of_cut = np.zeros(network.size - 1, np.int64)
    for t, node in enumerate(node for node in range(network.size) if parent[node] >= 0):
        inside[t, below[node]] = True
        of_cut[t] = weights.link[node, parent[node]] + weights.node[parent[node]]
    core = np.flatnonzero(shape.early | shape.late)
    if not len(inside) or not len(core):
        return 0
    from gossamer.passes import gather_kernels

    kernel: Any = gather_kernels.anneal
    found, words = place[core], shape.words(core.tolist())
    hot, cold = 1.5 * weights.typical, 0.12 * weights.least
    number = np.append(np.cumsum(shape.early | shape.late, dtype=np.int32) - 1, np.int32(-1))  # -1 stays -1
    cost = int(kernel(words, kinds.early[core], kinds.late[core], kinds.free[core], number[kinds.partner[core]], found,
                      _room(network), inside, of_cut, weights.node, hot, cold, moves, seed))  # fmt: skip
    place[core] = found
    for inner, outer in shape.outer.items():
        place[outer] = place[inner]
    return cost


# ---- edges between early and late vertices of one node ---------------------------------------------------------------


@dataclass(frozen=True)
class _Stair:
    """Two vertices ``lower`` and ``upper``, joined, that stand for edges between all of ``tread`` and all of ``rise``, on one node.

    ``first`` in ``tread`` is in no tread of a later stair of the node, ``last`` in ``rise`` in no rise of a later one.
    """

    lower: int
    upper: int
    tread: list[int]
    rise: list[int]
    first: int
    last: int


def _factor(matrix: dict[int, int]) -> Iterator[tuple[int, int, list[int], int]]:
    """A matrix (row -> bit mask of columns) as a sum of products of a column and a row: ``(row pivot, column pivot, rows, columns)``.

    Each pivot row and column is zero in all later summands.

    Examples
    --------
    >>> list(_factor({0: 0b11, 1: 0b01}))
    [(0, 0, [0, 1], 3), (1, 1, [1], 2)]
    """
    left = {row: columns for row, columns in sorted(matrix.items()) if columns}
    while left:
        pivot = next(iter(left))
        columns = left[pivot]
        low = columns & -columns
        rows = [row for row in left if left[row] & low]
        yield pivot, low.bit_length() - 1, rows, columns
        for row in rows:
            left[row] ^= columns
            if not left[row]:
                del left[row]


def _with_stairs(graph: OpenGraph, shape: _Shape, place: list[int], nodes: int) -> tuple[OpenGraph, list[list[_Stair]]]:
    """The graph with stairs in place of the edges between early and late vertices of one node; the stairs of each node."""
    number = graph.num_vertices
    edges = {(u, v) for u, v in graph.edges.tolist()}
    stairs: list[list[_Stair]] = [[] for _ in range(nodes)]
    for node in range(nodes):
        late = sum(
            1 << v for v in range(graph.num_vertices) if place[v] == node and shape.late[v] and not shape.early[v]
        )
        early = [v for v in range(graph.num_vertices) if place[v] == node and shape.early[v] and not shape.late[v]]
        for first, last, tread, columns in _factor({v: shape.rows[v] & late for v in early}):
            stairs[node].append(_Stair(number, number + 1, tread, list(_bits(columns)), first, last))
            number += 2
        edges -= {(min(u, v), max(u, v)) for u in early for v in _bits(shape.rows[u] & late)}
    for stair in (stair for own in stairs for stair in own):
        edges.add((stair.lower, stair.upper))
        edges |= {(v, stair.lower) for v in stair.tread} | {(v, stair.upper) for v in stair.rise}
    more = number - graph.num_vertices
    if not more:
        return graph, stairs
    phases = graph.phases if Phase() in graph.phases else (*graph.phases, Phase())
    phase = np.concatenate([graph.phase, np.full(more, phases.index(Phase()), np.int32)])
    wider = replace(
        graph, label=np.concatenate([graph.label, np.full(more, Label.X, np.uint8)]), phase=phase, phases=phases,
        edges=np.array(sorted(edges), np.int32).reshape(-1, 2),
        outcome=np.concatenate([graph.outcome, np.full(more, -1, np.int32)]),
    )  # fmt: skip
    return _with_flow(wider), stairs


def _bits(mask: int) -> Iterator[int]:
    """The positions of the ones, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# ---- links and events ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parity:
    """A link from a node to its parent.

    Attributes
    ----------
    members : the vertices at or below the node whose parity it carries, as a bit mask
    pivot : the one of them that is in no other parity of the node
    near, far : its terminals at the node and at the parent
    """

    members: int
    pivot: int
    near: int
    far: int


def _basis(vectors: Iterable[int]) -> list[tuple[int, int]]:
    """The reduced basis of what the bit rows span, each with its pivot, the lowest bit, which no other one has.

    Examples
    --------
    >>> _basis([0b110, 0b011, 0b101])
    [(5, 0), (6, 1)]
    """
    basis: dict[int, int] = {}
    for vector in vectors:
        for pivot, row in basis.items():
            if vector >> pivot & 1:
                vector ^= row
        if vector:
            low = (vector & -vector).bit_length() - 1
            basis = {pivot: row ^ vector if row >> low & 1 else row for pivot, row in basis.items()}
            basis[low] = vector
    return [(basis[pivot], pivot) for pivot in sorted(basis)]


class _Gatherer:
    """Builds links, joins and events node by node, children before their parents."""

    def __init__(self, graph: OpenGraph, shape: _Shape, place: Int, parent: list[int], network: Network) -> None:
        self.shape, self.network, self.parent = shape, network, parent
        self.place: list[int] = place.tolist()
        self.size = graph.num_vertices  # without stairs
        self.graph, self.stairs = _with_stairs(graph, shape, self.place, network.size)
        for node, own in enumerate(self.stairs):
            self.place.extend([node] * (2 * len(own)))
        self.n = self.graph.num_vertices
        self.below = _below(parent)
        self.inputs = set(graph.inputs.tolist())
        self.parities: list[list[_Parity]] = [[] for _ in network.nodes]
        self.links: list[tuple[int, int]] = []
        self.joins: list[tuple[int, int]] = []
        self.events: list[tuple[int, int]] = [(EventKind.PREPARE, v) for v in graph.inputs.tolist()]

    def run(self) -> Placed:
        for node in sorted(range(self.network.size), key=lambda node: len(self.below[node])):
            self.visit(node)
        outputs = set(self.graph.outputs.tolist())
        for v in self.graph.order.tolist():
            if v in outputs:
                self.events.append((EventKind.FINISH, v))
            elif self.graph.outcome[v] >= 0:
                self.events.append((EventKind.MEASURE, v))
        placed = Placed.of_rows(self.graph, self.network, self.place, self.links, self.joins, self.events)
        return replace(placed, notes={"partitioner": "gather"})

    def visit(self, node: int) -> None:
        rows, early, late = self.shape.rows, self.shape.early, self.shape.late
        own = [v for v in range(self.size) if self.place[v] == node]
        first = [v for v in own if early[v]]
        last = [v for v in own if late[v] and not early[v]]
        children = [self.parities[child] for child, up in enumerate(self.parent) if up == node]
        up = self.open(node, sum(len(child) for child in children))
        for v in first:
            if v not in self.inputs:
                self.events.append((EventKind.PREPARE, v))
            if v in self.shape.outer:
                self.join(v, [self.shape.outer[v]])
                self.events.append((EventKind.MEASURE, self.shape.outer[v]))
        self.join_all(first, children, up)
        for i, u in enumerate(first):
            self.join(u, [v for v in first[:i] if rows[u] >> v & 1])
        self.hand_over(node, [v for v in first if not late[v]], last)
        self.join_all(last, children, up)
        for i, u in enumerate(last):
            self.join(u, [v for v in (*last[:i], *(v for v in first if late[v])) if rows[u] >> v & 1])
        for v in last:
            if v in self.shape.outer:
                self.events.append((EventKind.PREPARE, self.shape.outer[v]))
                self.join(v, [self.shape.outer[v]])
                self.events.append((EventKind.MEASURE, v))
        for i, child in enumerate(children):
            for p in child:
                others = (q for other in children[:i] for q in other)
                self.join(p.far, [q.far for q in others if rows[p.pivot] >> q.pivot & 1])
                self.join(p.far, [q.near for q in up if q.members >> p.pivot & 1])
        if len(children) + bool(up) > 1 and not self.network.nodes[node].joins_halves:
            raise NetworkInfeasible(
                "NW-13", f"node {self.network.nodes[node].name} cannot join communication qubits, as gathering needs"
            )
        self.events += [(EventKind.MEASURE_HALF, p.far) for child in children for p in child]
        self.events += [(EventKind.MEASURE_HALF, p.near) for p in up]

    def open(self, node: int, copies: int) -> list[_Parity]:
        """The links of a node to its parent; beside them it holds so many ``copies``."""
        up = self.parent[node]
        if up >= 0:
            inside = {*self.below[node]}
            mask = sum(1 << v for v in range(self.size) if self.place[v] in inside)
            outside = (self.shape.rows[v] & mask for v in range(self.size) if not mask >> v & 1)
            for members, pivot in _basis(outside):
                near = self.n + 2 * len(self.links)
                self.events.append((EventKind.EBIT, len(self.links)))
                self.links.append((node, up))
                self.parities[node].append(_Parity(members, pivot, near, near + 1))
        limit, held = self.network.nodes[node].comm, copies + len(self.parities[node])
        if limit is not None and held > limit:
            name = self.network.nodes[node].name
            raise NetworkInfeasible(
                "NW-13", f"node {name} has {limit} communication qubits, but {held} are needed there to gather the program",
                lacks=(name, "comm", held - limit),
            )  # fmt: skip
        return self.parities[node]

    def join_all(self, vertices: list[int], children: list[list[_Parity]], up: list[_Parity]) -> None:
        """Join vertices to the copies that have come and to the links that leave."""
        for v in vertices:
            self.join(v, [p.far for child in children for p in child if self.shape.rows[v] >> p.pivot & 1])
            self.join(v, [p.near for p in up if p.members >> v & 1])

    def hand_over(self, node: int, first: list[int], last: list[int]) -> None:
        """Measure the early vertices and begin the late ones, stair by stair."""
        stairs = self.stairs[node]
        for i, stair in enumerate(stairs):
            self.events.append((EventKind.PREPARE, stair.lower))
            self.join(stair.first, [s.lower for s in stairs[: i + 1] if stair.first in s.tread])
            self.events.append((EventKind.MEASURE, stair.first))
        for v in sorted({*first} - {stair.first for stair in stairs}):
            self.join(v, [s.lower for s in stairs if v in s.tread])
            self.events.append((EventKind.MEASURE, v))
        for stair in stairs:
            self.events.append((EventKind.PREPARE, stair.upper))
            self.join(stair.lower, [stair.upper])
            self.events.append((EventKind.MEASURE, stair.lower))
        for v in sorted({*last} - {stair.last for stair in stairs}):
            self.events.append((EventKind.PREPARE, v))
            self.join(v, [s.upper for s in stairs if v in s.rise])
        for i, stair in reversed([*enumerate(stairs)]):
            self.events.append((EventKind.PREPARE, stair.last))
            self.join(stair.last, [s.upper for s in stairs[: i + 1] if stair.last in s.rise])
            self.events.append((EventKind.MEASURE, stair.upper))

    def join(self, one: int, others: list[int]) -> None:
        for other in others:
            self.events.append((EventKind.JOIN, len(self.joins)))
            self.joins.append((one, other))
