"""Hypothesis strategies for the values of the IR: phases, diagrams, open graphs, placed graphs, networks.

Import them to test a frontend, a pass or a backend of your own against all of the IR. What they draw passes its level's
rules; it is made by a plain construction that shares no code with the passes. Hypothesis must be installed (the extra
``test``).

References
----------
MacIver et al., Hypothesis: A new approach to property-based testing, JOSS 4(43), 1891 (2019).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from gossamer.ir.diagram import Bit, BitKind, Diagram, Register
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.wires import WireBuilder

Draw = st.DrawFn


def bit_expressions(bits: int, *, max_terms: int = 3) -> st.SearchStrategy[BitExpr]:
    """Expressions over the bits ``0 .. bits-1``."""
    if bits == 0:
        return st.sampled_from([BitExpr.const(0), BitExpr.const(1)])
    monomial = st.frozensets(st.integers(0, bits - 1), max_size=3)
    return st.frozensets(monomial, max_size=max_terms).map(BitExpr)


def angles(*, clifford: bool = False) -> st.SearchStrategy[Fraction]:
    """Constants in multiples of pi: of pi/2 if ``clifford``, else also of pi/4, pi/3, and rounded floats."""
    quarters = st.integers(0, 3).map(lambda k: Fraction(k, 2))
    if clifford:
        return quarters
    eighths = st.integers(0, 7).map(lambda k: Fraction(k, 4))
    return st.one_of(
        quarters,
        eighths,
        st.integers(0, 5).map(lambda k: Fraction(k, 3)),
        st.floats(0, 2).map(lambda x: Phase(x).constant),
    )


@st.composite
def phases(draw: Draw, bits: int = 0, *, clifford: bool = False, symbols: tuple[str, ...] = ()) -> Phase:
    """Phases over the bits ``0 .. bits-1`` and the given symbols."""
    phase = Phase(draw(angles(clifford=clifford)))
    if bits:
        for _ in range(draw(st.integers(0, 2))):
            phase = phase + Phase(draw(angles(clifford=clifford))).times(draw(bit_expressions(bits)))
    for name in symbols:
        if draw(st.booleans()):
            term = Phase.of_symbol(name, draw(st.fractions(-2, 2, max_denominator=8)))
            phase = phase + (term.times(draw(bit_expressions(bits))) if bits else term)
    return phase


@st.composite
def diagrams(
    draw: Draw,
    *,
    max_wires: int = 4,
    max_gates: int = 20,
    clifford: bool = False,
    conditions: bool = True,
    symbols: tuple[str, ...] = (),
) -> Diagram:
    """Random circuits with gates, gadgets, measurements, resets and conditions, drawn gate by gate."""
    w = WireBuilder()
    count = draw(st.integers(1, max_wires))
    wires = [w.add_input(f"q[{i}]") if draw(st.booleans()) else w.add_zero() for i in range(count)]
    known: list[int] = []  # bits that a condition may use

    def phase() -> Phase:
        out = draw(phases(0, clifford=clifford, symbols=symbols))
        if conditions and known and draw(st.integers(0, 3)) == 0:
            out = out.times(draw(bit_expressions(len(known))).rename(known.__getitem__))
        return out

    for _ in range(draw(st.integers(0, max_gates))):
        gate = draw(st.sampled_from(["h", "rz", "rx", "cz", "cx", "gadget", "measure", "reset", "derive"]))
        a = draw(st.sampled_from(wires))
        others = [x for x in wires if x != a]
        if gate in ("cz", "cx", "gadget") and not others:
            continue
        if gate == "h":
            w.h(a)
        elif gate == "rz":
            w.rz(a, phase())
        elif gate == "rx":
            w.rx(a, phase())
        elif gate in ("cz", "cx"):
            (w.cz if gate == "cz" else w.cx)(a, draw(st.sampled_from(others)))
        elif gate == "gadget":
            legs = draw(st.lists(st.sampled_from(others), min_size=1, max_size=3, unique=True))
            w.gadget([a, *legs], phase())
        elif gate == "measure":
            known.append(w.measure(a, keep=True))
        elif gate == "reset":
            w.reset(a)
        elif len(known) > 1:
            known.append(w.builder.derived(draw(bit_expressions(len(known))).rename(known.__getitem__)))
    for i, wire in enumerate(wires):
        if draw(st.booleans()):
            w.output(wire, f"q[{i}]")
        else:
            known.append(w.measure(wire))
    reported = draw(st.lists(st.sampled_from(known), max_size=4, unique=True)) if known else []
    if reported:
        w.register("c", [BitExpr.bit(b) for b in reported])
    return w.build()


@st.composite
def open_graphs(draw: Draw, *, max_wires: int = 3, max_steps: int = 15, clifford: bool = False) -> OpenGraph:
    """Open graphs with causal flow and gadget hubs, grown along wires in the order of measurement."""
    label: list[int] = []
    phase: list[Phase] = []
    successor: list[int] = []
    order: list[int] = []
    edges: set[tuple[int, int]] = set()
    bits: list[Bit] = []

    def vertex(kind: Label) -> int:
        label.append(int(kind))
        phase.append(draw(phases(len(bits), clifford=clifford)))
        successor.append(-1)
        return len(label) - 1

    def join(u: int, v: int) -> None:
        edges.add((min(u, v), max(u, v)))

    ends = [vertex(Label.XY) for _ in range(draw(st.integers(1, max_wires)))]
    inputs = [v for v in ends if draw(st.booleans())]
    for _ in range(draw(st.integers(0, max_steps))):
        k = draw(st.integers(0, len(ends) - 1))
        v = ends[k]
        match draw(st.sampled_from(["next", "next", "cz", "hub", "measure"])):
            case "next":
                ends[k] = vertex(Label.XY)
                successor[v] = ends[k]
                join(v, ends[k])
                order.append(v)
            case "cz":
                others = [x for x in ends if x != v]
                if others:
                    join(v, draw(st.sampled_from(others)))
            case "hub":
                hub = vertex(Label.YZ)
                successor[hub] = hub
                for leg in draw(st.lists(st.sampled_from(ends), min_size=1, unique=True)):
                    join(hub, leg)
                order.append(hub)
            case _:
                label[v] = Label.X
                phase[v] = Phase.of_bit(len(bits))
                bits.append(Bit(BitKind.OUTCOME, v))
                order.append(v)
                ends[k] = vertex(Label.XY)
    for v in ends:
        label[v] = Label.OUTPUT
    order.extend(ends)
    # A vertex drew its phase when it was made, so the bits in it belong to vertices that are measured before it.
    table = {p: i for i, p in enumerate(dict.fromkeys([Phase(), *phase]))}
    outcome = np.full(len(label), -1, np.int32)
    for i, bit in enumerate(bits):
        outcome[bit.vertex] = i
    registers = (Register("c", tuple(BitExpr.bit(i) for i in range(len(bits)))),) if bits else ()
    return OpenGraph(
        label=np.array(label, np.uint8),
        phase=np.array([table[p] for p in phase], np.int32),
        phases=tuple(table),
        edges=np.array(sorted(edges), np.int32).reshape(-1, 2),
        inputs=np.array(inputs, np.int32),
        outputs=np.array(ends, np.int32),
        outcome=outcome,
        successor=np.array(successor, np.int32),
        order=np.array(order, np.int32),
        bits=tuple(bits),
        registers=registers,
        input_names=tuple(f"q[{i}]" for i in range(len(inputs))),
        output_names=tuple(f"q[{i}]" for i in range(len(ends))),
    )


@st.composite
def networks(draw: Draw, *, max_nodes: int = 4, data: int = 64, comm: int | None = None) -> Network:
    """Connected networks: a random tree and some more links."""
    size = draw(st.integers(1, max_nodes))
    pairs = {(draw(st.integers(0, i - 1)), i) for i in range(1, size)}
    if size > 2:
        extra = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=3))
        pairs |= {(a, b) for a, b in extra if a < b}
    return Network(
        nodes=tuple(Node(name=f"n{i}", data=data, comm=comm) for i in range(size)),
        links=tuple(NetworkLink(nodes=(f"n{a}", f"n{b}")) for a, b in sorted(pairs)),
    )


@st.composite
def placed_graphs(draw: Draw, *, clifford: bool = False) -> Placed:
    """Open graphs on random nodes; each crossing edge is one link, or a chain of swaps where nodes are no neighbours."""
    graph = draw(open_graphs(clifford=clifford))
    network = draw(networks(data=max(1, graph.num_vertices)))
    n = graph.num_vertices
    place = [draw(st.integers(0, network.size - 1)) for _ in range(n)]
    links: list[tuple[int, int]] = []
    joins: list[tuple[int, int]] = []
    events: list[tuple[EventKind, int]] = []
    born: set[int] = set()
    done: set[frozenset[int]] = set()

    def prepare(v: int) -> None:
        if v not in born:
            born.add(v)
            events.append((EventKind.PREPARE, v))

    def join(s: int, t: int, *, silent: bool = False) -> None:
        joins.append((s, t))
        if not silent:
            events.append((EventKind.JOIN, len(joins) - 1))

    def entangle(u: int, v: int, *, rotated: bool = False) -> list[int]:
        """Realise the edge; return the link halves that are still to be measured. ``rotated``: v is a rotated hub."""
        done.add(frozenset((u, v)))
        path = network.path(place[u], place[v])
        at, halves = u, []
        for a, b in pairwise(path):
            links.append((a, b))
            events.append((EventKind.EBIT, len(links) - 1))
            near = n + 2 * (len(links) - 1)
            join(at, near)
            halves += [near, near + 1]
            at = near + 1
        join(at, v, silent=rotated)
        return halves

    def measure(halves: list[int]) -> None:
        events.extend((EventKind.MEASURE_HALF, t) for t in halves)

    for v in graph.order.tolist():
        after = int(graph.successor[v])
        near = [u for u in graph.neighbours(v) if u != after and frozenset((u, v)) not in done]
        for u in near:
            prepare(u)
        if after == v and draw(st.booleans()):
            halves = [t for u in near for t in entangle(u, v, rotated=True)]
            events.append((EventKind.ROTATE, v))
            measure(halves)
            continue
        prepare(v)
        for u in near:
            measure(entangle(u, v))
        if graph.label[v] == Label.OUTPUT:
            events.append((EventKind.FINISH, v))
        elif after in (-1, v):
            events.append((EventKind.MEASURE, v))
        elif place[after] == place[v] and draw(st.booleans()):
            born.add(after)
            done.add(frozenset((v, after)))
            events.append((EventKind.STEP, v))
        else:
            prepare(after)
            measure(entangle(v, after))
            events.append((EventKind.MEASURE, v))
    return Placed(
        graph=graph,
        network=network,
        place=np.array(place, np.int32),
        links=np.array(links, np.int32).reshape(-1, 2),
        joins=np.array(joins, np.int32).reshape(-1, 2),
        events=np.array(events, np.int32).reshape(-1, 2),
    )
