"""Hypothesis strategies for the values of the IR: phases, diagrams, circuits, patterns, open graphs, placements, networks, programs.

Import them to test a frontend, a pass or a backend of your own against all of the IR. What they draw passes its level's
rules; it is made by a plain construction that shares no code with the passes. What they shrink to is small: fewer vertices
first, then Clifford angles, then no outcomes. Hypothesis must be installed (the extra ``conformance``).

References
----------
MacIver et al., Hypothesis: A new approach to property-based testing, JOSS 4(43), 1891 (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gossamer.conformance.circuits import CircuitBuilder, GateList
from gossamer.ir import pattern as mbqc
from gossamer.ir.diagram import UNITS, Bit, BitKind, Delay, Diagram, DiagramBuilder, Register, VertexKind
from gossamer.ir.network import (
    SPARE,
    ClassicalChannel,
    Figures,
    NativeGate,
    Network,
    NetworkLink,
    Node,
    QuantumChannel,
)
from gossamer.ir.open_graph import Label, OpenGraph, causal_columns
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.program import (
    GATES,
    Compute,
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Instruction,
    Manifest,
    ManifestBit,
    ManifestLink,
    ManifestMessage,
    ManifestNode,
    ManifestPlace,
    ManifestRegister,
    Measure,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
)
from gossamer.ir.scalar import Scalar
from gossamer.ir.wires import WireBuilder

Draw = st.DrawFn


def _more(draw: Draw, mean: int) -> bool:
    """Whether to go on: stops after ``mean`` rounds on average. A round is one stretch of choices, so shrinking can cut it out."""
    return draw(st.integers(0, mean)) > 0


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


def delays() -> st.SearchStrategy[Delay]:
    """Times that a wire waits."""
    times = st.one_of(st.integers(0, 3).map(Fraction), st.fractions(0, 1, max_denominator=10**9))
    return st.builds(Delay, times, st.sampled_from(UNITS))


@st.composite
def diagrams(
    draw: Draw,
    *,
    min_wires: int = 1,
    max_wires: int = 4,
    min_gates: int = 0,
    max_gates: int = 20,
    clifford: bool = False,
    conditions: bool = True,
    symbols: tuple[str, ...] = (),
) -> Diagram:
    """Random circuits with gates, gadgets, measurements, resets and conditions, drawn gate by gate."""
    w = WireBuilder()
    count = draw(st.integers(min_wires, max_wires))
    wires = [w.add_zero() if draw(st.booleans()) else w.add_input(f"q[{i}]") for i in range(count)]
    known: list[int] = []  # bits that a condition may use
    left = max_gates

    def phase() -> Phase:
        out = draw(phases(0, clifford=clifford, symbols=symbols))
        if conditions and known and draw(st.integers(0, 3)) == 0:
            out = out.times(draw(bit_expressions(len(known))).rename(known.__getitem__))
        return out

    while left and (max_gates - left < min_gates or _more(draw, max_gates)):
        left -= 1
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
            known.append(w.measure(wire))
        else:
            w.output(wire, f"q[{i}]")
    reported = draw(st.lists(st.sampled_from(known), max_size=4, unique=True)) if known else []
    if reported:
        w.register("c", [BitExpr.bit(b) for b in reported])
    return w.build()


@st.composite
def any_diagrams(
    draw: Draw, *, max_vertices: int = 8, max_edges: int = 8, clifford: bool = False, input_bits: bool = False
) -> Diagram:
    """Any small diagrams: loops, parallel edges, H-boxes, bare wires, delays, bits in phases and in the scalar. Most have no flow."""
    b = DiagramBuilder()
    known: list[int] = []
    if input_bits and draw(st.booleans()):
        known.append(b.input_bit("a"))
    ends = [b.input(f"i{i}") for i in range(draw(st.integers(0, 2)))]
    spiders: list[int] = []
    kinds = [VertexKind.Z, VertexKind.X] if clifford else [VertexKind.Z, VertexKind.X, VertexKind.H]
    while len(spiders) < max_vertices and (not spiders or _more(draw, max_vertices)):
        kind = draw(st.sampled_from(kinds))
        phase = Phase(draw(angles(clifford=clifford)))
        if len(known) > 0 and draw(st.booleans()):
            condition = draw(bit_expressions(len(known))).rename(known.__getitem__)
            if draw(st.booleans()):
                known.append(b.derived(condition))
            phase = phase + Phase(draw(angles(clifford=clifford))).times(condition)
        if kind != VertexKind.H and draw(st.booleans()) and draw(st.booleans()):
            bit = b.outcome()
            spiders.append(b.vertex(kind, phase + Phase.of_bit(bit)))
            b.bind_outcome(bit, spiders[-1])
            known.append(bit)
        else:
            spiders.append(b.vertex(kind, phase))
    ends += [b.output(f"o{i}") for i in range(draw(st.integers(0, 2)))]
    while ends:
        end = ends.pop()
        other = draw(st.sampled_from([*spiders, *ends]))
        if other in ends:
            ends.remove(other)
        b.edge(end, other, hadamard=draw(st.booleans()))
    while len(b.edge_list) < max_edges and _more(draw, max_edges):
        b.edge(draw(st.sampled_from(spiders)), draw(st.sampled_from(spiders)), hadamard=draw(st.booleans()))
    draw_delays(draw, b)
    if len(known) > 0 and draw(st.booleans()):
        b.register(
            "c", draw(st.lists(bit_expressions(len(known)).map(lambda e: e.rename(known.__getitem__)), max_size=2))
        )
    if draw(st.booleans()):
        turned = Phase(draw(angles(clifford=clifford)))
        b.scalar = Scalar(
            draw(st.integers(-3, 3)), turned, draw(st.sampled_from([Fraction(1), Fraction(3), Fraction(1, 5)]))
        )
    return b.build()


def draw_delays(draw: Draw, b: DiagramBuilder) -> None:
    """Give some of the Z-spiders of phase 0 with two legs, loops counting as two, a delay."""
    legs = [v for edge in b.edge_list for v in edge]
    for v, (kind, phase) in enumerate(zip(b.kinds, b.phase_ids, strict=True)):
        if kind == VertexKind.Z and phase == 0 and legs.count(v) == 2 and draw(st.booleans()):
            b.delays[v] = draw(delays())


@st.composite
def circuits(
    draw: Draw,
    *,
    min_wires: int = 1,
    max_wires: int = 3,
    min_gates: int = 0,
    max_gates: int = 12,
    clifford: bool = False,
    measure: bool = True,
) -> GateList:
    """Circuits told twice, as a diagram and as plain operations; conditions are one measured bit or its negation."""
    b = CircuitBuilder(draw(st.integers(min_wires, max_wires)))
    kinds = ["h", "rz", "rx", "cz", "cx", "rzz", *(["measure", "reset"] if measure else [])]
    for i in range(max_gates):
        if i >= min_gates and not _more(draw, max_gates):
            break
        kind = draw(st.sampled_from(kinds))
        q = draw(st.integers(0, b.wires - 1))
        if kind in ("cz", "cx", "rzz"):
            if b.wires == 1:
                continue
            qubits = [q, (q + draw(st.integers(1, b.wires - 1))) % b.wires]
        else:
            qubits = [q]
        if kind in ("rz", "rx", "rzz"):
            condition = BitExpr.const(1)
            if len(b.measured) > 0 and draw(st.booleans()):
                bit = BitExpr.bit(draw(st.sampled_from(b.measured)))
                condition = ~bit if draw(st.booleans()) else bit
            exact = st.sampled_from([Fraction(k, 2) for k in range(1, 4)])
            angle = draw(
                exact
                if clifford
                else st.one_of(exact, st.sampled_from([Fraction(1, 4), Fraction(5, 4), Fraction(1, 3)]))
            )
            b.rotate(kind, qubits, angle, condition)
        elif kind == "measure":
            b.measure(q)
        elif kind == "reset":
            b.reset(q)
        else:
            b.gate(kind, *qubits)
    return b.build()


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
    left = max_steps
    while left and _more(draw, max_steps):
        left -= 1
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
    flow_start, flow = causal_columns(np.array(successor, np.int32))
    return OpenGraph(
        label=np.array(label, np.uint8),
        phase=np.array([table[p] for p in phase], np.int32),
        phases=tuple(table),
        edges=np.array(sorted(edges), np.int32).reshape(-1, 2),
        inputs=np.array(inputs, np.int32),
        outputs=np.array(ends, np.int32),
        outcome=outcome,
        flow_start=flow_start,
        flow=flow,
        order=np.array(order, np.int32),
        bits=tuple(bits),
        registers=registers,
        input_names=tuple(f"q[{i}]" for i in range(len(inputs))),
        output_names=tuple(f"q[{i}]" for i in range(len(ends))),
    )


@st.composite
def flow_graphs(draw: Draw, *, min_vertices: int = 1, max_vertices: int = 7, clifford: bool = False) -> OpenGraph:
    """Open graphs with a Pauli flow of any kind: all planes and axes, correction sets of any size.

    They grow against the order of measurement (Browne, Kashefi, Mhalla, Perdrix, NJP 9, 250 (2007), definition 5): each new vertex is
    measured before all others, so its correction set may do anything to them. What is chosen for it are its neighbours: an even number
    in each correction set so far, which then does nothing to it, unless it is measured along Z.
    """
    label: list[Label] = []
    near: list[set[int]] = []  # neighbours that were there before
    correction: list[set[int]] = []
    inputs: list[int] = []
    sources: list[int] = []
    for v in range(draw(st.integers(min_vertices, max_vertices))):
        may_correct = [w for w in range(v) if w not in inputs]
        is_input = draw(st.integers(0, 2)) == 0
        kinds = [Label.OUTPUT, Label.XY, Label.X, Label.Y]
        kinds += [] if is_input else [Label.XZ, Label.YZ, Label.Z]
        kind = Label.OUTPUT if v == 0 else draw(st.sampled_from(kinds))
        is_source = kind in (Label.XY, Label.X, Label.Y) and draw(st.integers(0, 4)) == 0
        needs_odd = not is_source and kind in (Label.XY, Label.X, Label.Y, Label.XZ)
        neighbours = [
            subset
            for subset in ({w for w in range(v) if chosen >> w & 1} for chosen in range(1 << v))
            if (kind == Label.Z or all(len(subset & g) % 2 == 0 for g in correction))
            and (not needs_odd or subset & set(may_correct))
        ]
        if not neighbours:
            kind, is_source = Label.OUTPUT, False
            neighbours = [set()]
        label.append(kind)
        near.append(draw(st.sampled_from(neighbours)))
        correction.append(set())
        if is_input:
            inputs.append(v)
        if is_source:
            sources.append(v)
        elif kind != Label.OUTPUT:
            correction[v] = _correction(draw, v, kind, near[v], may_correct, is_input=is_input)
    n = len(label)
    order = list(range(n - 1, -1, -1))
    sources.reverse()
    phase: dict[int, Phase] = {}
    for v in order:
        known = [i for i, u in enumerate(sources) if u > v]
        phase[v] = _labelled_phase(draw, label[v], len(known), clifford=clifford)
        if v in sources:
            phase[v] = phase[v] + Phase.of_bit(sources.index(v))
    table = {p: i for i, p in enumerate(dict.fromkeys([Phase(), *phase.values()]))}
    outcome = np.full(n, -1, np.int32)
    outcome[sources] = np.arange(len(sources))
    outputs = [v for v in range(n) if label[v] == Label.OUTPUT]
    bits = tuple(Bit(BitKind.OUTCOME, v) for v in sources)
    return OpenGraph(
        label=np.array(label, np.uint8),
        phase=np.array([table[phase[v]] for v in range(n)], np.int32),
        phases=tuple(table),
        edges=np.array(sorted((w, v) for v in range(n) for w in near[v]), np.int32).reshape(-1, 2),
        inputs=np.array(inputs, np.int32),
        outputs=np.array(outputs, np.int32),
        outcome=outcome,
        flow_start=np.cumsum([0, *(len(g) for g in correction)]).astype(np.int32),
        flow=np.array([w for g in correction for w in sorted(g)], np.int32),
        order=np.array(order, np.int32),
        bits=bits,
        registers=(Register("c", tuple(BitExpr.bit(i) for i in range(len(bits)))),) if bits else (),
        input_names=tuple(f"i[{i}]" for i in range(len(inputs))),
        output_names=tuple(f"o[{i}]" for i in range(len(outputs))),
    )


def _correction(draw: Draw, v: int, kind: Label, near: set[int], others: list[int], *, is_input: bool) -> set[int]:
    """A set that flips the outcome of ``v`` (and what is measured after it anyhow)."""
    own = kind in (Label.XZ, Label.YZ, Label.Z) or (kind in (Label.X, Label.Y) and not is_input and draw(st.booleans()))
    found = {w for w in others if draw(st.booleans())}
    odd = {Label.XY: True, Label.XZ: True, Label.YZ: False, Label.X: True, Label.Y: not own}.get(kind)
    if odd is not None and len(found & near) % 2 != odd:  # along Z it is all the same
        able = sorted(near & set(others))
        if not able:  # only along Y: v itself does it
            return {*found, v}
        found ^= {draw(st.sampled_from(able))}
    return {*found, v} if own else found


def _labelled_phase(draw: Draw, label: Label, bits: int, *, clifford: bool) -> Phase:
    if label in (Label.X, Label.Y, Label.Z):
        sign = Phase(1).times(draw(bit_expressions(bits))) if bits and draw(st.booleans()) else Phase()
        return Phase(Fraction(draw(st.integers(0, 1))) + (Fraction(1, 2) if label == Label.Y else 0)) + sign
    return draw(phases(bits, clifford=clifford))


@st.composite
def patterns(
    draw: Draw,
    *,
    max_nodes: int = 6,
    min_steps: int = 0,
    max_steps: int = 12,
    clifford: bool = False,
    input_bits: bool = False,
    symbols: tuple[str, ...] = (),
) -> mbqc.Pattern:
    """Measurement patterns that can be run: every basis, any domains, corrections and Cliffords in any place, most without a flow."""
    bits: list[Bit] = []
    commands: list[mbqc.Command] = []
    if input_bits and draw(st.booleans()):
        bits.append(Bit(BitKind.INPUT, name="a"))
    inputs = list(range(draw(st.integers(0, min(2, max_nodes)))))
    alive = list(inputs)
    made, fresh = len(inputs), len(inputs)

    def condition() -> BitExpr:
        return draw(bit_expressions(len(bits)))

    def measure(node: int) -> None:
        basis = draw(st.sampled_from(mbqc.Basis))
        if basis.is_pauli:
            angle = Phase(draw(st.integers(0, 1))) + Phase(1).times(condition())
        else:
            angle = draw(phases(len(bits), clifford=clifford, symbols=symbols))
        commands.append(mbqc.Measure(node, basis, angle, condition(), condition()))
        bits.append(Bit(BitKind.OUTCOME, node))
        alive.remove(node)

    for step in range(max_steps):
        if step >= min_steps and not _more(draw, max_steps):
            break
        kind = draw(st.sampled_from(["prepare", "entangle", "correct", "clifford", "measure", "derive"]))
        if kind == "prepare" and made < max_nodes:
            node = fresh + draw(st.integers(0, 2))  # numbers may have gaps
            made, fresh = made + 1, node + 1
            commands.append(mbqc.Prepare(node))
            if len(alive) > 0 and draw(st.booleans()):
                commands.append(mbqc.Entangle(draw(st.sampled_from(alive)), node))
            alive.append(node)
        elif kind == "entangle" and len(alive) > 1:
            a = draw(st.sampled_from(alive))
            commands.append(mbqc.Entangle(a, draw(st.sampled_from([v for v in alive if v != a]))))
        elif kind == "correct" and alive:
            correct = mbqc.CorrectX if draw(st.booleans()) else mbqc.CorrectZ
            commands.append(correct(draw(st.sampled_from(alive)), condition()))
        elif kind == "clifford" and alive:
            word = draw(st.lists(st.sampled_from(mbqc.GATES), max_size=4))
            commands.append(mbqc.Clifford(draw(st.sampled_from(alive)), tuple(word)))
        elif kind == "measure" and alive:
            measure(draw(st.sampled_from(alive)))
        elif kind == "derive" and len(bits) > 1:
            bits.append(Bit(BitKind.DERIVED, expr=draw(bit_expressions(len(bits)))))
    for node in list(alive):
        if draw(st.booleans()):
            measure(node)
    outputs = draw(st.permutations(alive))
    shown = draw(st.lists(bit_expressions(len(bits)), max_size=2)) if bits else []
    return mbqc.Pattern(
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        commands=tuple(commands),
        bits=tuple(bits),
        registers=(Register("c", tuple(shown)),) if shown else (),
        input_names=tuple(f"q[{i}]" for i in range(len(inputs))),
        output_names=tuple(f"q[{i}]" for i in range(len(outputs))),
    )


@st.composite
def hardware(draw: Draw, *, data: int = 64, comm: int | None = None, model: str = "circuit") -> dict[str, Any]:
    """Fields of a node that say what its hardware is: native gates that make everything, figures, times, couplings; each may be absent."""
    times = st.none() | st.integers(0, 10**7).map(lambda n: Fraction(n, 10**9))
    fidelities = st.none() | st.floats(0.5, 1)
    figures = st.none() | st.builds(Figures, duration=times, fidelity=fidelities)
    names = draw(st.none() | st.sampled_from(COMMAND_SETS if model == "mbqc" else GATE_SETS))
    gates = None if names is None else tuple(
        NativeGate(name=name, duration=draw(times), fidelity=draw(fidelities)) for name in names
    )  # fmt: skip
    t1 = draw(st.none() | st.integers(1, 10**9).map(lambda n: Fraction(n, 10**6)))
    t2 = draw(st.none() | st.integers(1, 8).map(lambda n: Fraction(n, 4) * (t1 or 1)))
    coupled = model == "circuit" and comm is not None and 1 <= data <= 8 and draw(st.booleans())
    coupling = draw(couplings(data, comm)) if coupled and comm is not None else None
    return {"gates": gates, "t1": t1, "t2": t2, "coupling": coupling} | {
        key: draw(figures) for key in ("preparation", "measurement", "reset")
    }


@st.composite
def couplings(draw: Draw, data: int, comm: int) -> tuple[tuple[int, int], ...]:
    """Maps of a node with so many data qubits, at least one, which are coupled to each other, and communication qubits that each are to one of these."""
    pairs = {(draw(st.integers(0, q - 1)), q) for q in range(1, data)}
    pairs |= {(draw(st.integers(0, data - 1)), q) for q in range(data, data + comm)}
    more = st.tuples(st.integers(0, data + comm - 1), st.integers(0, data + comm - 1)).map(sorted)
    pairs |= {(a, b) for a, b in draw(st.lists(more, max_size=2)) if a < b}
    return tuple(sorted(pairs))


#: Sets of native gates, each of which makes everything.
GATE_SETS = (
    ("cx", "rz", "sx", "x"),
    ("cz", "u3"),
    ("ecr", "rz", "sx", "x"),
    ("ms", "rx", "ry", "rz"),
    ("rxx", "rx", "ry"),
    ("rzx", "rx", "ry", "rz"),
    ("rzz", "h", "rx", "z"),
)
#: Sets of gates of an MBQC node, each of which makes every command.
COMMAND_SETS = (
    ("cz", "h", "x", "y", "z", "s", "sdg"),
    ("cz", "h", "s", "z"),
    ("cz", "h", "sdg", "x"),
)


@st.composite
def channels(draw: Draw, *, classical: bool) -> dict[str, Any]:
    """Fields of a quantum link, and of a classical one where ``classical``."""
    latency = st.none() | st.integers(0, 10**6).map(lambda n: Fraction(n, 10**9))
    quantum = st.builds(
        QuantumChannel,
        rate=st.none() | st.floats(1e-3, 1e9),
        fidelity=st.none() | st.floats(0.5, 1),
        latency=latency,
    )
    if classical:
        return {"quantum": draw(quantum), "classical": ClassicalChannel(latency=draw(latency))}
    return {"quantum": draw(st.none() | quantum)}


@st.composite
def networks(
    draw: Draw,
    *,
    min_nodes: int = 1,
    max_nodes: int = 4,
    data: int = 64,
    comm: int | None = None,
    figures: bool = False,
    models: Sequence[str] = ("circuit",),
) -> Network:
    """Connected networks: a random tree and some more links; with ``figures`` of any hardware, and with classical links or without.

    ``data`` is without what a model needs for itself.
    """
    size = draw(st.integers(min_nodes, max_nodes))
    pairs = {(draw(st.integers(0, i - 1)), i) for i in range(1, size)}
    if size > 2:
        extra = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=3))
        pairs |= {(a, b) for a, b in extra if a < b}
    classical = figures and draw(st.booleans())
    drawn = [draw(st.sampled_from(models)) for _ in range(size)]
    return Network(
        nodes=tuple(
            _node(f"n{i}", model, data, comm, draw(hardware(data=data, comm=comm, model=model)) if figures else {})
            for i, model in enumerate(drawn)
        ),
        links=tuple(
            NetworkLink(nodes=(f"n{a}", f"n{b}"), **(draw(channels(classical=classical)) if figures else {}))
            for a, b in sorted(pairs)
        ),
    )


def _node(name: str, model: str, room: int, comm: int | None = None, more: dict[str, Any] = {}) -> Node:  # noqa: B006
    return Node(name=name, model=model, data=room + SPARE.get(model, 0), comm=comm, **more)


def _alone(graph: OpenGraph, model: str) -> Placed:
    """The whole graph on one node, every vertex with a qubit of its own."""
    n = graph.num_vertices
    joins = graph.edges.tolist()
    events = [(EventKind.PREPARE, v) for v in range(n)] + [(EventKind.JOIN, j) for j in range(len(joins))]
    outputs = set(graph.outputs.tolist())
    events += [(EventKind.FINISH if v in outputs else EventKind.MEASURE, v) for v in graph.order.tolist()]
    return Placed(
        graph=graph,
        network=Network(nodes=(_node("n0", model, max(1, n)),), links=()),
        place=np.zeros(n, np.int32),
        links=np.zeros((0, 2), np.int32),
        joins=np.array(joins, np.int32).reshape(-1, 2),
        events=np.array(events, np.int32).reshape(-1, 2),
    )


@st.composite
def placements(
    draw: Draw,
    *,
    max_wires: int = 3,
    max_steps: int = 15,
    max_nodes: int = 4,
    max_ebits: int | None = None,
    clifford: bool = False,
    models: Sequence[str] = ("circuit",),
) -> Placed:
    """Open graphs on random nodes; each crossing edge is one link, or a chain of swaps where nodes are no neighbours.

    With ``max_ebits`` the nodes of further vertices are chosen so that no more ebits are needed.
    """
    graph = draw(open_graphs(max_wires=max_wires, max_steps=max_steps, clifford=clifford))
    network = draw(networks(max_nodes=max_nodes, data=max(1, graph.num_vertices), models=models))
    n = graph.num_vertices
    place: list[int] = []
    spent = 0
    for v in range(n):
        chosen = draw(st.integers(0, network.size - 1))
        cost = {
            c: sum(int(network.distance[c, place[u]]) for u in graph.neighbours(v) if u < v) for c in (chosen, *place)
        }
        if max_ebits is not None and spent + cost[chosen] > max_ebits:
            chosen = min(cost, key=lambda c: cost[c])
        if max_ebits is not None and spent + cost[chosen] > max_ebits:
            return _alone(graph, network.nodes[0].model)
        place.append(chosen)
        spent += cost[chosen]
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
        if graph.is_hub[v] and draw(st.booleans()):
            chains = [entangle(u, v, rotated=True) for u in near]
            # The outcomes of the halves that face away from the hub turn its angle around, so they come first.
            measure([t for chain in chains for t in chain[0::2]])
            events.append((EventKind.ROTATE, v))
            measure([t for chain in chains for t in chain[1::2]])
            continue
        prepare(v)
        for u in near:
            measure(entangle(u, v))
        if graph.label[v] == Label.OUTPUT:
            events.append((EventKind.FINISH, v))
        elif after < 0:
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


@st.composite
def programs(
    draw: Draw,
    *,
    max_nodes: int = 3,
    max_steps: int = 12,
    max_data: int = 2,
    clifford: bool = False,
    figures: bool = False,
    models: Sequence[str] = ("circuit",),
) -> Distribution:
    """Node programs that obey every clause of ``spec/program.md``, and mean nothing in particular.

    They are grown in one order for all nodes, so no circle can wait for itself. Reset qubits, qubits left behind, messages that
    nobody reads and links that carry no gate are among them.
    """
    data = draw(st.integers(1, max_data))
    network = draw(networks(max_nodes=max_nodes, data=data, comm=1, models=models))
    network = network.with_nodes(
        [
            n.model_copy(update=draw(hardware(data=n.data, comm=n.comm, model=n.model))) if figures else n
            for n in network.nodes
        ]
    )
    k = network.size
    models_of = [node.model for node in network.nodes]

    def commanded(i: int) -> bool:
        """Whether the next word of a node is a command of a pattern; a mixed node has both kinds."""
        return models_of[i] == "mbqc" or (models_of[i] == "mixed" and draw(st.booleans()))

    code: list[list[Instruction]] = [[] for _ in range(k)]
    bits: list[list[int]] = [[] for _ in range(k)]
    dead: set[tuple[int, int]] = set()
    links: list[ManifestLink] = []
    messages: list[ManifestMessage] = []
    measured: list[ManifestBit] = []
    every = [(i, q) for i in range(k) for q in range(data)]
    inputs = [x for x in every if draw(st.booleans())]
    dead.update(x for x in every if models_of[x[0]] != "circuit" and x not in inputs)  # until it is prepared
    touched: set[tuple[int, int]] = set()
    exact = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(3, 2)])
    turns = exact if clifford else st.one_of(exact, st.sampled_from([Fraction(1, 4), Fraction(5, 4), Fraction(1, 3)]))

    def name(i: int) -> str:
        return network.nodes[i].name

    def gate(kinds: list[str], i: int, first: int | None = None) -> Gate | None:
        """A gate on live data qubits of a node (and first of all on ``first``)."""
        live = [q for q in range(data) if (i, q) not in dead]
        kind = draw(st.sampled_from(kinds))
        arity, angles = GATES[kind]
        chosen = [] if first is None else [first]
        if len(live) < arity - len(chosen):
            return None
        while len(chosen) < arity:
            chosen.append(draw(st.sampled_from([q for q in live if q not in chosen])))
        touched.update((i, q) for q in chosen)
        drawn = [Phase(draw(turns)) for _ in range(angles)]
        return Gate(kind, tuple(chosen), drawn[0] if drawn else None, tuple(drawn[1:]))

    def write(i: int) -> int:
        bits[i].append(len(bits[i]))
        return bits[i][-1]

    def domain(i: int) -> BitExpr:
        """An expression over what is known on a node."""
        known = list(bits[i])
        return draw(bit_expressions(len(known))).rename(known.__getitem__)

    def observe(i: int, q: int) -> None:
        basis = draw(st.sampled_from(mbqc.Basis))
        if basis.is_pauli:
            angle = Phase(1).times(domain(i))
        else:
            angle = draw(phases(len(bits[i]), clifford=clifford)).rename(list(bits[i]).__getitem__)
        command = mbqc.Measure(q, basis, angle, domain(i), domain(i))
        bit = write(i)
        code[i].append(Observe(command, bit))
        measured.append(ManifestBit(node=name(i), bit=bit))

    def command(i: int, kind: str) -> None:
        """A command of a pattern on a node."""
        live = [q for q in range(data) if (i, q) not in dead]
        free = [q for q in range(data) if (i, q) in dead]
        if kind == "gate" and free:
            q = draw(st.sampled_from(free))
            code[i].append(mbqc.Prepare(q))
            dead.discard((i, q))
        elif kind == "reset" and len(live) > 1:
            code[i].append(mbqc.Entangle(live[0], live[1]))
        elif kind == "if" and live:
            correct = mbqc.CorrectX if draw(st.booleans()) else mbqc.CorrectZ
            code[i].append(correct(draw(st.sampled_from(live)), domain(i)))
        elif kind == "measure" and live:
            q = draw(st.sampled_from(live))
            observe(i, q)
            dead.add((i, q))
        elif kind == "clifford" and live:
            word = draw(st.lists(st.sampled_from(mbqc.GATES), max_size=4))
            code[i].append(mbqc.Clifford(draw(st.sampled_from(live)), tuple(word)))
        elif kind == "derive" and bits[i]:
            value = domain(i)
            code[i].append(Compute(write(i), value))

    def link(i: int, j: int) -> None:
        ident = f"l{len(links)}"
        links.append(ManifestLink(id=ident, nodes=(name(i), name(j))))
        for a, b in ((i, j), (j, i)):
            code[a].append(Ebit(ident, name(b), data))
            if commanded(a):
                if a == i:
                    code[a].append(mbqc.Clifford(data, ("h",)))
                live = [q for q in range(data) if (a, q) not in dead]
                code[a] += [mbqc.Entangle(data, q) for q in live if draw(st.booleans())]
                code[a].append(Observe(mbqc.Measure(data, mbqc.Basis.X), write(a)))
                continue
            if a == i:
                code[a].append(Gate("h", (data,)))
            while draw(st.booleans()):
                one = gate(["cz", "rz", "z", "rzz", "s"], a, data)
                if one is not None:
                    code[a].append(one)
            bit = write(a)
            code[a] += [Gate("h", (data,)), Measure(data, bit)]
            measured.append(ManifestBit(node=name(a), bit=bit))

    for _ in range(max_steps):
        if not _more(draw, max_steps):
            break
        i = draw(st.integers(0, k - 1))
        commands = commanded(i)
        words = ["clifford", "derive"] if commands else []
        kind = draw(st.sampled_from(["gate", "measure", "message", "if", "reset", "link", *words]))
        if commands and kind not in ("link", "message"):
            command(i, kind)
        elif kind in ("gate", "if"):
            one = gate(list(GATES), i)
            if one is None:
                continue
            if kind == "gate" or not bits[i]:
                code[i].append(one)
            else:
                tests = draw(st.lists(st.sampled_from(bits[i]), min_size=1, max_size=2, unique=True))
                code[i].append(Conditional(tuple((b, draw(st.booleans())) for b in tests), (one,)))
        elif kind == "link" and network.neighbours[i]:
            link(i, draw(st.sampled_from(network.neighbours[i])))
        elif kind == "message" and bits[i] and k > 1:
            j = (i + draw(st.integers(1, k - 1))) % k
            ident = f"m{len(messages)}"
            messages.append(ManifestMessage(id=ident, sender=name(i), receiver=name(j)))
            sent = draw(st.lists(st.sampled_from(bits[i]), min_size=1, max_size=2, unique=True))
            code[i].append(Send(ident, name(j), tuple(sent)))
            code[j].append(Recv(ident, name(i), write(j)))
        elif kind in ("measure", "reset"):
            q = draw(st.integers(0, data - 1))
            if kind == "measure" and (i, q) not in dead:
                bit = write(i)
                code[i].append(Measure(q, bit))
                dead.add((i, q))
                measured.append(ManifestBit(node=name(i), bit=bit))
                touched.add((i, q))
            elif kind == "reset" and ((i, q) not in inputs or (i, q) in touched):
                code[i].append(Reset(q))
                dead.discard((i, q))
                touched.add((i, q))
    outputs = [x for x in every if x not in dead and draw(st.booleans())]
    shown = draw(st.lists(st.sampled_from([None, *measured]), max_size=3)) if measured else []
    results: list[list[tuple[int, str]]] = [[] for _ in range(k)]
    for n, where in enumerate(shown):
        if where is not None:
            results[network.index[where.node]].append((where.bit, f"c[{n}]"))
    manifest = Manifest(
        nodes=[
            ManifestNode(name=name(i), model=network.nodes[i].model, program=f"{name(i)}.txt", data=data, comm=1)
            for i in range(k)
        ],
        links=links,
        messages=messages,
        inputs=[ManifestPlace(name=f"q[{n}]", node=name(i), qubit=q) for n, (i, q) in enumerate(inputs)],
        outputs=[ManifestPlace(name=f"q[{n}]", node=name(i), qubit=q) for n, (i, q) in enumerate(outputs)],
        registers=[ManifestRegister(name="c", bits=list(shown))] if shown else [],
        outcomes=[],
        source_digest="",
    )
    parts = tuple(
        NodeProgram(name(i), network.nodes[i].model, data, 1, len(bits[i]), tuple(code[i]), tuple(sorted(results[i])))
        for i in range(k)
    )
    return Distribution(parts, manifest, network)


__all__ = [
    "angles",
    "any_diagrams",
    "bit_expressions",
    "circuits",
    "couplings",
    "delays",
    "diagrams",
    "flow_graphs",
    "networks",
    "open_graphs",
    "patterns",
    "phases",
    "placements",
    "programs",
]
