"""Every rule of every level has a value that violates it and nothing before it, and a clause in the specification."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gossamer.ir.rules
from gossamer.conformance.strategies import diagrams, flow_graphs, open_graphs, placements
from gossamer.diagnostics import InputError, Span
from gossamer.ir import pattern
from gossamer.ir.diagram import Bit, BitKind, Delay, DiagramBuilder, Register, VertexKind
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.open_graph import Label, OpenGraph, correction_columns
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.phase import MAX_NUMBER, BitExpr, Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.program import (
    Conditional,
    Distribution,
    Ebit,
    Gate,
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
from gossamer.ir.rules import links as link_rules
from gossamer.ir.rules.hardware import check_hardware
from gossamer.ir.scalar import Scalar
from gossamer.ir.text import parse_text
from gossamer.ir.verify import invert_gf2, live_peaks
from gossamer.specification import read_spec

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

EXAMPLES = re.findall(r"```gsm\n(.*?)```", read_spec("ir.md"), re.DOTALL)


def with_places(level):
    """The same with a place for each vertex, v3 in line 4."""
    return replace(level, spans={v: Span("x.src", v + 1, 2) for v in range(level.num_vertices)})


TELEPORT = with_places(parse_text(EXAMPLES[0]))
REMOTE_CZ = parse_text(EXAMPLES[1])
#: Two wires with a gadget: v0 -> v1 is a chain that ends in a reported measurement, v2 an output, h = v3 the hub.
GRAPH = with_places(
    parse_text("""gossamer open-graph 1
b0 = outcome v1
b1 = input "flag"
v0 = XY(1/4) -> v1 input 0 "p"
v1 = X(1*b0)
v2 = OUTPUT(1*b0) input 1 "q" output 0 "q"
v3 = YZ(1/4 + 1/2*b1) -> v3
v4 = XY(0) -> v5
v5 = OUTPUT(0) output 1 "r"
v0 ~ v1
v0 ~ v2
v0 ~ v3
v2 ~ v3
v4 ~ v5
order v3..v4 v0..v2 v5
register "c" 1
"c"[0] = b0
""")
)
#: A measurement of Y, whose outcome neither an X nor a Z may change once it is made.
AXIS = parse_text("""gossamer open-graph 1
v0 = Y(1/2) -> v1
v1 = XY(1/4) -> v2
v2 = OUTPUT(0) output 0 "q"
v0 ~ v1
v1 ~ v2
order v0..v2
""")
#: GRAPH on two nodes: the hub is a rotation on n0, a copy of v2 comes to it over a link; v4 steps on n1.
PLACED = parse_text("""gossamer placed 1
node n0 circuit data 2 comm 1
node n1 circuit data 2 comm 1
node n2 circuit data 1
channel n0 - n1
channel n1 - n2
b0 = outcome v1
b1 = input "flag"
v0 = XY(1/4) -> v1 input 0 "p" @ n0
v1 = X(1*b0) @ n0
v2 = OUTPUT(1*b0) input 1 "q" output 0 "q" @ n1
v3 = YZ(1/4 + 1/2*b1) -> v3 @ n0
v4 = XY(0) -> v5 @ n1
v5 = OUTPUT(0) output 1 "r" @ n1
v0 ~ v1
v0 ~ v2
v0 ~ v3
v2 ~ v3
v4 ~ v5
order v3..v4 v0..v2 v5
l0 = n0 - n1
j0 = v2 ~ l0.b
j1 = l0.a ~ v0
j2 = v0 ~ v3
j3 = l0.a ~ v3
j4 = v0 ~ v1
prepare v0
prepare v2
prepare v4
ebit l0
join j0
join j1
rotate v3
measure l0.a
measure l0.b
prepare v1
join j4
measure v0
measure v1
step v4
finish v2
finish v5
""")
PLACED = replace(PLACED, graph=with_places(PLACED.graph))

NODE = {"model": "circuit", "data": 1, "comm": 1, "bits": 3}
SHARED = (Gate("cz", (0, 1)), Gate("h", (1,)), Measure(1, 0))


def cz_program(node: str, peer: str, first: bool) -> NodeProgram:
    """A node's half of a remote CZ; then its data qubit is measured as ``c[0]`` or ``c[1]``."""
    code = [Ebit("l0", peer, 1), *([Gate("h", (1,))] if first else []), *SHARED]
    code += [Send(f"m_{node}", peer, (0,)), Recv(f"m_{peer}", peer, 1)]
    code += [Conditional(((1, True),), (Gate("z", (0,)),)), Gate("rz", (0,), Phase(1 / 4)), Measure(0, 2)]
    return NodeProgram(node, instructions=tuple(code), results=((2, f"c[{0 if first else 1}]"),), **NODE)


NET = Network(
    nodes=(Node(name="x", data=1, comm=1), Node(name="y", data=1, comm=1)), links=(NetworkLink(nodes=("x", "y")),)
)
MANIFEST = Manifest(
    nodes=[ManifestNode(name=n, model="circuit", program=f"{n}.qasm", data=1, comm=1) for n in "xy"],
    links=[ManifestLink(id="l0", nodes=("x", "y"))],
    messages=[ManifestMessage(id=f"m_{a}", sender=a, receiver=b) for a, b in ("xy", "yx")],
    inputs=[ManifestPlace(name=n, node=n, qubit=0) for n in "xy"],
    outputs=[],
    registers=[ManifestRegister(name="c", bits=[ManifestBit(node="x", bit=2), ManifestBit(node="y", bit=2), None])],
    outcomes=[ManifestBit(node="x", bit=2), None],
    source_digest="",
)
DIST = Distribution((cz_program("x", "y", True), cz_program("y", "x", False)), MANIFEST, NET)


# --- ways to break things ------------------------------------------------------------------------------------------------


def delayed(vertex: int):
    """Teleportation with a delay at a vertex."""
    return replace(TELEPORT, delays={vertex: Delay(Fraction(1), "dt")})


def waiting(delay):
    """A wire that waits."""
    b = DiagramBuilder()
    v = b.vertex(VertexKind.Z)
    b.edge(b.input("q"), v)
    b.edge(v, b.output("q"), hadamard=True)
    b.delays[v] = delay
    return b.build()


def with_column(value, name: str, index, new):
    column = getattr(value, name).copy()
    column[index] = new
    return replace(value, **{name: column})


def corrected(graph, vertex: int, members: list[int]):
    """The graph with another correction set."""
    sets = [graph.correction_set(v) for v in range(graph.num_vertices)]
    sets[vertex] = members
    start, flow = correction_columns(sets)
    return replace(graph, flow_start=start, flow=flow)


def diagram(**changes):
    return replace(TELEPORT, **changes)


def phase_at(value, vertex: int, phase: Phase):
    return with_column(replace(value, phases=(*value.phases, phase)), "phase", vertex, len(value.phases))


def bit_at(value, index: int, bit: Bit):
    return replace(value, bits=tuple(bit if i == index else b for i, b in enumerate(value.bits)))


def events(*rows: tuple[EventKind, int], drop: tuple[int, ...] = (), at: int | None = None) -> Placed:
    """PLACED with events dropped and others put in at a place (default: the end)."""
    old = [tuple(r) for i, r in enumerate(PLACED.events.tolist()) if i not in drop]
    k = len(old) if at is None else at
    return replace(PLACED, events=np.array([*old[:k], *((int(a), b) for a, b in rows), *old[k:]], np.int32))


def network(**nodes: dict[str, int]) -> Placed:
    """PLACED on a network with other capacities."""
    new = tuple(n.model_copy(update=nodes.get(n.name, {})) for n in PLACED.network.nodes)
    return replace(PLACED, network=Network(nodes=new, links=PLACED.network.links))


def joins(*rows: tuple[int, int]) -> Placed:
    return replace(PLACED, joins=np.array(rows, np.int32))


def program(node: int, edit: Callable[[list], list], **changes) -> Distribution:
    p = DIST.programs[node]
    p = replace(p, instructions=tuple(edit(list(p.instructions))), **changes)
    return replace(DIST, programs=tuple(p if i == node else q for i, q in enumerate(DIST.programs)))


def put(index: int, *ops) -> Callable[[list], list]:
    return lambda code: code[:index] + list(ops) + code[index:]


def swap(index: int, *ops) -> Callable[[list], list]:
    return lambda code: code[:index] + list(ops) + code[index + 1 :]


def manifest(**changes) -> Distribution:
    return replace(DIST, manifest=MANIFEST.model_copy(update=changes))


E = EventKind
XY, Z, Y = int(Label.XY), int(Label.Z), int(Label.Y)
HALF = PLACED.graph.num_vertices

VIOLATIONS: dict[str, list[Callable[[], object]]] = {
    "IR-1": [
        lambda: with_column(TELEPORT, "kind", 3, 9),
        lambda: with_column(TELEPORT, "edges", (0, 0), 99),
        lambda: with_column(TELEPORT, "phase", 3, -1),
        lambda: diagram(hadamard=TELEPORT.hadamard[:-1]),
        lambda: diagram(phase=TELEPORT.phase.astype(np.int64)),
        lambda: diagram(edges=TELEPORT.edges.ravel()),
    ],
    "IR-2": [
        lambda: with_column(TELEPORT, "edges", (0, 0), 0),
        lambda: phase_at(TELEPORT, 11, Phase(1)),
    ],
    "IR-3": [
        lambda: with_column(TELEPORT, "inputs", 0, 11),
        lambda: diagram(inputs=np.zeros(0, np.int32), input_names=()),
        lambda: diagram(outputs=np.array([11, 11], np.int32)),
        lambda: diagram(inputs=np.array([0, 0], np.int32)),
        lambda: diagram(outputs=np.zeros(0, np.int32), output_names=()),
        lambda: with_column(TELEPORT, "outputs", 0, 0),
    ],
    "IR-4": [
        lambda: diagram(input_names=("",)),
        lambda: diagram(output_names=()),
        lambda: diagram(output_names=("a\nb",)),
        lambda: diagram(registers=TELEPORT.registers * 2),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.INPUT), Bit(BitKind.INPUT))),
        lambda: replace(GRAPH, input_names=("q", "q")),
        lambda: diagram(input_names=("x" * 1025,)),
        lambda: diagram(output_names=("x" * 1025,)),
        lambda: diagram(output_names=("",)),
        lambda: diagram(input_names=("a", "b")),
        lambda: diagram(registers=(Register("", ()),)),
        lambda: bit_at(TELEPORT, 0, replace(TELEPORT.bits[0], name="x" * 1025)),
        lambda: bit_at(TELEPORT, 1, replace(TELEPORT.bits[1], name="\n")),
        lambda: replace(GRAPH, output_names=("q", "q")),
        lambda: replace(GRAPH, output_names=("q",)),
        lambda: replace(GRAPH, registers=GRAPH.registers * 2),
    ],
    "IR-5": [
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED, -1, BitExpr.bit(2)))),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED))),
        lambda: bit_at(TELEPORT, 0, Bit(BitKind.OUTCOME, 7, BitExpr())),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.INPUT, 3, None, "x"))),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED, 3, BitExpr.bit(0)))),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED, -1, BitExpr.bit(-1) ^ BitExpr.bit(0)))),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED, -1, BitExpr.xor((7, 9, 1))))),
        lambda: diagram(bits=(*TELEPORT.bits, Bit(BitKind.INPUT, 0, None, "x"))),
    ],
    "IR-6": [
        lambda: phase_at(TELEPORT, 10, Phase.of_bit(2)),
        lambda: diagram(scalar=Scalar(phase=Phase.of_bit(2))),
        lambda: diagram(registers=(Register("c", (BitExpr.bit(7),)),)),
        lambda: phase_at(GRAPH, 2, Phase.of_bit(2)),
        lambda: phase_at(TELEPORT, 10, Phase.of_bit(-1)),
        lambda: diagram(registers=(Register("c", (BitExpr.bit(1), BitExpr.bit(2))),)),
        lambda: diagram(registers=(Register("c", (BitExpr.bit(-1),)),)),
        lambda: replace(GRAPH, registers=(Register("c", (BitExpr.bit(2),)),)),
    ],
    "IR-7": [
        lambda: bit_at(TELEPORT, 0, Bit(BitKind.OUTCOME, -1)),
        lambda: bit_at(TELEPORT, 0, Bit(BitKind.OUTCOME, 8)),
        lambda: phase_at(TELEPORT, 7, Phase(1)),
        lambda: phase_at(TELEPORT, 7, Phase.of_bit(0) + Phase(1 / 2).times(BitExpr.bit(0) & BitExpr.bit(1))),
        lambda: with_column(TELEPORT, "kind", 7, 2),
        lambda: bit_at(TELEPORT, 1, Bit(BitKind.OUTCOME, 12)),
        lambda: phase_at(bit_at(TELEPORT, 1, Bit(BitKind.OUTCOME, 7)), 7, Phase.of_bit(0) + Phase.of_bit(1)),
        lambda: diagram(bits=(Bit(BitKind.INPUT, -1, None, "x"), Bit(BitKind.OUTCOME, 99))),
    ],
    "IR-8": [
        lambda: phase_at(TELEPORT, 3, Phase.of_bit(0)),
        lambda: phase_at(
            diagram(
                bits=(
                    *TELEPORT.bits,
                    Bit(BitKind.DERIVED, -1, BitExpr.bit(0)),
                    Bit(BitKind.DERIVED, -1, BitExpr.bit(2)),
                )
            ),
            3,
            Phase.of_bit(3),
        ),
        lambda: phase_at(
            diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED, -1, ~BitExpr.bit(0)))),
            7,
            Phase.of_bit(0) + Phase.of_bit(2),
        ),
    ],
    "IR-9": [
        *(
            lambda name=name: phase_at(TELEPORT, 3, Phase.of_symbol(name))
            for name in ("b1", "a b", "", "2x", "x" * 1025)
        ),
        lambda: diagram(scalar=Scalar(phase=Phase.of_symbol("b1"))),
        lambda: phase_at(GRAPH, 2, Phase.of_symbol("b1")),
    ],
    "IR-10": [
        lambda: diagram(scalar=Scalar(power=2**31)),
        lambda: diagram(scalar=Scalar(power=-(2**31))),
        lambda: diagram(scalar=Scalar(factor=Fraction(3**839))),
        lambda: diagram(scalar=Scalar(factor=Fraction(1, 3**839))),
        lambda: diagram(scalar=None),
    ],
    "IR-11": [
        lambda: delayed(-1),
        lambda: delayed(12),
        lambda: delayed(0),  # an input
        lambda: delayed(1),  # one leg
        lambda: delayed(3),  # three
        lambda: delayed(10),  # a phase
        lambda: delayed(9),  # an X-spider
        lambda: waiting(Delay(Fraction(-1, 10**9), "s")),
        lambda: waiting(Delay(Fraction(1), "ns")),
        lambda: waiting(Delay(1.5, "dt")),
        lambda: waiting(Delay(float("inf"), "s")),
        lambda: waiting(Fraction(1)),
        lambda: waiting(Delay(Fraction(3**839), "dt")),
        lambda: waiting(Delay(Fraction(1, 3**839), "s")),
    ],
    "OG-1": [
        lambda: with_column(GRAPH, "label", 0, 7),
        lambda: corrected(GRAPH, 0, [-2]),
        lambda: with_column(GRAPH, "flow_start", 6, 2),
        lambda: with_column(GRAPH, "flow_start", 1, 3),
        lambda: replace(GRAPH, postselected=np.array([4, 3], np.int32)),
        lambda: with_column(GRAPH, "outcome", 0, 2),
        lambda: replace(GRAPH, order=GRAPH.order[:-1]),
    ],
    "OG-2": [
        lambda: with_column(GRAPH, "edges", 0, (1, 0)),
        lambda: with_column(GRAPH, "edges", 0, (1, 1)),
        lambda: with_column(GRAPH, "edges", 1, (0, 1)),
        lambda: replace(GRAPH, edges=GRAPH.edges[::-1].copy()),
        lambda: with_column(GRAPH, "edges", 2, (0, 2)),
        lambda: with_column(GRAPH, "edges", 4, (5, 4)),
    ],
    "OG-3": [
        lambda: corrected(GRAPH, 0, []),
        lambda: corrected(GRAPH, 5, [4]),
        lambda: corrected(GRAPH, 1, [0]),
        lambda: replace(GRAPH, postselected=np.array([2], np.int32)),
        lambda: replace(GRAPH, postselected=np.array([4], np.int32)),
    ],
    "OG-4": [
        lambda: phase_at(GRAPH, 0, Phase.of_bit(0)),
        lambda: phase_at(GRAPH, 3, Phase.of_bit(0, 1)),
        lambda: phase_at(
            replace(GRAPH, bits=(*GRAPH.bits, Bit(BitKind.DERIVED, -1, ~BitExpr.bit(0)))), 4, Phase.of_bit(2)
        ),
        lambda: phase_at(
            replace(GRAPH, bits=(*GRAPH.bits, Bit(BitKind.DERIVED, -1, ~BitExpr.bit(0)))),
            1,
            Phase.of_bit(0) + Phase.of_bit(2),
        ),
    ],
    "OG-5": [
        lambda: phase_at(with_column(GRAPH, "label", 4, int(Label.X)), 4, Phase(1 / 4)),
        lambda: with_column(GRAPH, "label", 4, Y),
        lambda: with_column(GRAPH, "label", 3, Z),
        lambda: phase_at(with_column(GRAPH, "label", 4, Y), 4, Phase(1 / 4)),
    ],
    "OG-6": [
        lambda: replace(GRAPH, outputs=np.array([2, 4], np.int32)),
        lambda: replace(GRAPH, outputs=np.array([2, 2], np.int32)),
        lambda: replace(GRAPH, inputs=np.array([0, 0], np.int32)),
        lambda: replace(GRAPH, outputs=GRAPH.outputs[:1], output_names=("q",)),
        lambda: replace(GRAPH, outputs=np.array([4, 2], np.int32)),
    ],
    "OG-7": [
        lambda: corrected(GRAPH, 4, [1]),
        lambda: corrected(GRAPH, 0, [4]),
        *(lambda k=k: with_column(GRAPH, "label", 4, k) for k in (int(Label.YZ), int(Label.XZ), Z)),
        *(lambda k=k: with_column(GRAPH, "label", 3, k) for k in (XY, int(Label.XZ))),
        lambda: corrected(AXIS, 0, [0, 1]),
        lambda: corrected(AXIS, 0, [2]),
    ],
    "OG-8": [
        lambda: replace(GRAPH, inputs=np.array([0, 2, 5], np.int32), input_names=("a", "b", "c")),
        lambda: replace(GRAPH, inputs=np.array([0, 3], np.int32), input_names=("a", "b")),
        lambda: corrected(GRAPH, 0, [0]),
        lambda: replace(
            GRAPH, flow=GRAPH.flow[[0, 1, 2, 2]], flow_start=GRAPH.flow_start + (np.arange(7) > 4).astype(np.int32)
        ),
    ],
    "OG-9": [lambda: with_column(GRAPH, "order", 0, 4)],
    "OG-10": [lambda: replace(GRAPH, order=np.array([3, 0, 1, 2, 5, 4], np.int32))],
    "OG-11": [
        lambda: replace(
            GRAPH, edges=np.insert(GRAPH.edges, 4, (2, 5), axis=0), order=np.array([3, 0, 1, 2, 4, 5], np.int32)
        ),
        lambda: replace(GRAPH, order=np.array([0, 1, 3, 2, 4, 5], np.int32)),
    ],
    "OG-12": [
        lambda: corrected(AXIS, 1, [0]),
        lambda: replace(AXIS, edges=np.array([(0, 1), (0, 2), (1, 2)], np.int32)),
    ],
    "OG-13": [
        lambda: with_column(GRAPH, "outcome", 1, -1),
        lambda: phase_at(GRAPH, 1, Phase(1)),
        lambda: with_column(GRAPH, "label", 1, Z),
        lambda: bit_at(GRAPH, 0, Bit(BitKind.OUTCOME, 77)),
        lambda: with_column(GRAPH, "outcome", 0, 0),
        lambda: with_column(GRAPH, "label", 1, int(Label.YZ)),
        lambda: with_column(GRAPH, "label", 1, int(Label.XZ)),
    ],
    "PL-1": [
        lambda: with_column(PLACED, "place", 0, 3),
        lambda: with_column(PLACED, "joins", (0, 0), 8),
        lambda: with_column(PLACED, "links", (0, 0), -1),
        lambda: replace(PLACED, place=PLACED.place[1:]),
    ],
    "PL-2": [
        lambda: with_column(PLACED, "joins", 1, (0, 0)),
        lambda: with_column(PLACED, "joins", 1, (0, 2)),
        lambda: with_column(PLACED, "joins", 1, (1, 0)),
        lambda: with_column(PLACED, "joins", 0, (0, 0)),
        lambda: with_column(PLACED, "joins", 0, (0, 2)),
    ],
    "PL-3": [
        lambda: events((E.MEASURE, 99)),
        lambda: events((E.MEASURE_HALF, 0)),
        lambda: events((E.JOIN, 5)),
        lambda: replace(PLACED, events=np.array([[8, 0]], np.int32)),
        lambda: events((E.MEASURE, 5), drop=(15,)),
        lambda: events((E.FINISH, 1), drop=(12,)),
        lambda: events((E.ROTATE, 0), drop=(11,)),
        lambda: events((E.STEP, 1), drop=(12,)),
        lambda: events((E.STEP, 3), drop=(6,)),
        lambda: replace(PLACED, place=np.array([0, 0, 1, 0, 1, 2], np.int32)),
        lambda: events((E.PREPARE, 99), at=0),
        lambda: events((E.PREPARE, -1), at=0),
    ],
    "PL-4": [
        lambda: events(drop=(0,)),
        lambda: events((E.PREPARE, 0)),
        lambda: events((E.PREPARE, 5)),
        lambda: events((E.PREPARE, 3)),
    ],
    "PL-5": [
        lambda: events(drop=(12,)),
        lambda: events((E.MEASURE, 1)),
        lambda: events((E.MEASURE, 1), drop=(12,), at=0),
        lambda: events((E.FINISH, 5), drop=(15,), at=12),
    ],
    "PL-6": [
        lambda: events(drop=(5,)),
        lambda: events((E.JOIN, 1)),
        lambda: events((E.JOIN, 2), at=6),
        lambda: events((E.JOIN, 0), drop=(4,), at=0),
        lambda: events((E.JOIN, 0), drop=(4,), at=8),
        lambda: events((E.JOIN, 4), drop=(10,)),
        lambda: events((E.ROTATE, 3), drop=(6,), at=8),
        lambda: rotated_pair(),
        lambda: replace(rotated_pair(), joins=rotated_pair().joins[::-1].copy()),
        lambda: events(drop=(4,)),
    ],
    "PL-7": [
        lambda: without_join(1),
        lambda: with_extra_join(),
        lambda: without_step(),
    ],
    "PL-8": [
        lambda: network(n0={"data": 1}),
        lambda: network(n1={"data": 1}),
    ],
    "PL-9": [
        lambda: network(n0={"comm": 0}),
        lambda: network(n1={"comm": 0}),
    ],
    "LK-1": [
        lambda: with_column(PLACED, "links", (0, 1), 2),
        lambda: with_column(PLACED, "links", (0, 1), 0),
    ],
    "LK-2": [
        lambda: events((E.EBIT, 0)),
        lambda: events(drop=(7,)),
        lambda: events((E.MEASURE_HALF, HALF), drop=(7,), at=0),
        lambda: without_events(two_equal_links(()), (E.MEASURE_HALF, HALF + 3)),
        lambda: without_events(two_equal_links(()), (E.EBIT, 1)),
    ],
    "LK-3": [lambda: singular_links()],
    "LK-4": [],  # needs a graph too large for a test; see test_too_wide_links_are_refused
    "PR-1": [
        lambda: replace(DIST, programs=DIST.programs[::-1]),
        lambda: replace(DIST, programs=DIST.programs[:1] * 2),
        lambda: program(0, lambda c: c, comm=2),
        lambda: manifest(nodes=[MANIFEST.nodes[0], MANIFEST.nodes[1].model_copy(update={"program": "../x"})]),
        lambda: manifest(nodes=[MANIFEST.nodes[0], MANIFEST.nodes[1].model_copy(update={"program": "x.qasm"})]),
        lambda: replace(DIST, network=Network(nodes=(Node(name="x", data=0), NET.nodes[1]), links=NET.links)),
        lambda: replace(DIST, network=Network(nodes=(NET.nodes[0], Node(name="z", data=1)), links=())),
        lambda: program(1, lambda c: c, model="mbqc"),
        lambda: program(1, lambda c: c, data=0),
        lambda: manifest(nodes=MANIFEST.nodes[::-1]),
        *(
            lambda name=name: manifest(
                nodes=[MANIFEST.nodes[0], MANIFEST.nodes[1].model_copy(update={"program": name})]
            )
            for name in ("", ".", "..", "a/b", "a\\b")
        ),
        lambda: replace(
            program(1, lambda c: c, comm=2),
            manifest=MANIFEST.model_copy(
                update={"nodes": [MANIFEST.nodes[0], MANIFEST.nodes[1].model_copy(update={"comm": 2})]}
            ),
        ),
    ],
    "PR-2": [
        lambda: program(0, put(0, Gate("t", (0,)))),
        lambda: program(0, put(0, Gate("cz", (0, 0)))),
        lambda: program(0, put(0, Gate("z", (2,)))),
        lambda: program(0, put(0, Gate("rz", (0,)))),
        lambda: program(0, put(0, Gate("z", (0,), Phase(1)))),
        lambda: program(0, put(0, Gate("rz", (0,), Phase.of_bit(0)))),
        lambda: program(0, put(0, Conditional((), (Gate("z", (0,)),)))),
        lambda: program(0, put(0, Reset(2))),
        lambda: program(0, put(9, Measure(0, 3))),
        lambda: program(0, swap(5, Send("m_x", "y", (0, 0)))),
        lambda: program(0, swap(7, Conditional(((1, True), (1, False)), (Gate("z", (0,)),)))),
        lambda: program(1, put(0, Gate("h", (0, 1)))),
        lambda: program(1, put(0, Gate("cz", (0,)))),
        lambda: program(1, put(0, Gate("z", (-1,)))),
        lambda: program(1, put(0, Reset(-1))),
        lambda: program(1, put(0, Measure(2, 0))),
        lambda: program(1, swap(0, Ebit("l0", "x", 2))),
        lambda: program(1, put(9, Measure(0, -1))),
        lambda: program(1, put(9, Recv("m", "x", 3))),
        lambda: program(1, put(9, Send("m", "x", (0, 3)))),
        lambda: program(1, put(9, Conditional(((3, True),), (Gate("z", (0,)),)))),
        lambda: program(1, put(9, Conditional(((0, True),), (Gate("z", (0,)), Gate("t", (0,)))))),
    ],
    "PR-3": [
        lambda: program(0, put(0, Ebit("l1", "y", 1))),
        lambda: program(0, put(5, Ebit("l0", "y", 1), Gate("h", (1,)), Gate("h", (1,)), Measure(1, 1))),
        lambda: program(0, swap(0, Ebit("l0", "x", 1))),
        lambda: program(0, lambda c: c[5:]),
        lambda: manifest(links=MANIFEST.links * 2),
        lambda: manifest(links=[ManifestLink(id="l0", nodes=("x", "x"))]),
        lambda: manifest(links=[ManifestLink(id="l0", nodes=("z", "x"))]),
        lambda: manifest(links=[ManifestLink(id="l0", nodes=("x", "z"))]),
        lambda: replace(three_nodes(), manifest=three_nodes().manifest.model_copy(update={"links": [FAR]})),
        lambda: program(1, put(9, Ebit("l0", "x", 1))),
        lambda: program(1, lambda c: [Measure(1, 0), *c[5:]]),
    ],
    "PR-4": [
        lambda: program(0, swap(5)),
        lambda: program(0, put(5, Send("m_x", "y", (0,)))),
        lambda: program(0, put(5, Recv("m_q", "y", 2))),
        lambda: program(0, swap(5, Send("m_x", "x", (0,)))),
        lambda: manifest(messages=[*MANIFEST.messages, ManifestMessage(id="m", sender="x", receiver="x")]),
        lambda: manifest(messages=MANIFEST.messages * 2),
        lambda: program(1, swap(5)),
        lambda: program(1, put(9, Recv("m_x", "x", 1))),
        lambda: program(1, swap(5, Recv("m_x", "y", 1))),
    ],
    "PR-5": [
        lambda: program(0, lambda c: [*c[:6], c[7], c[6], *c[8:]]),
        lambda: program(0, swap(6, Recv("m_y", "y", 0))),
        lambda: program(0, put(0, Conditional(((2, True),), ()))),
        lambda: program(1, swap(4, Send("m_y", "x", (0, 1)))),
        lambda: program(1, put(9, Measure(0, 1))),
    ],
    "PR-6": [
        lambda: manifest(registers=[]),
        lambda: manifest(registers=MANIFEST.registers * 2),
        lambda: manifest(outcomes=[ManifestBit(node="x", bit=5)]),
        lambda: manifest(outcomes=[ManifestBit(node="z", bit=0)]),
        lambda: program(0, lambda c: c, results=()),
        lambda: program(0, lambda c: c, results=DIST.programs[0].results * 2),
        lambda: manifest(
            registers=[ManifestRegister(name="c", bits=[None, *MANIFEST.registers[0].bits[:1]])], outcomes=[]
        ),
        lambda: manifest(registers=[ManifestRegister(name="c", bits=[None, ManifestBit(node="x", bit=7)])]),
        lambda: manifest(outcomes=[None, ManifestBit(node="y", bit=3)]),
        lambda: program(1, lambda c: c, results=((2, "c[0]"),)),
        lambda: program(1, lambda c: c, results=((1, "c[1]"),)),
        lambda: program(1, lambda c: c, results=()),
    ],
    "PR-7": [
        lambda: program(0, swap(0, Ebit("l0", "y", 0))),
        lambda: program(0, swap(1)),
        lambda: program(1, put(1, Gate("h", (1,)))),
        lambda: program(0, put(2, Gate("rx", (1,), Phase(Fraction(1, 4))))),
        lambda: program(0, put(0, Gate("z", (1,)))),
        lambda: program(0, put(2, Reset(1))),
        lambda: program(1, put(1, Gate("cx", (0, 1)))),
        lambda: program(1, swap(2)),
        lambda: no_measurement(),
        lambda: twice_on_one_qubit(),
        lambda: conditional_on_a_half(Gate("h", (1,))),
        lambda: program(1, put(4, Gate("z", (1,)))),
        lambda: program(0, swap(3)),
        lambda: program(1, put(2, Gate("h", (1,)))),
        lambda: program(1, put(2, Gate("swap", (0, 1)))),
        lambda: program(1, put(2, Gate("ecr", (0, 1)))),
        lambda: program(
            1,
            put(
                2,
                Gate("u3", (1,), Phase(1), (Phase(), Phase(Fraction(1, 3)))),
                Gate("u3", (1,), Phase(Fraction(1, 3)), (Phase(), Phase())),
            ),
        ),
    ],
    "PR-8": [
        lambda: program(0, put(10, Gate("x", (0,)))),
        lambda: program(0, put(0, Reset(0))),
        lambda: manifest(outputs=[ManifestPlace(name="x", node="x", qubit=0)]),
        lambda: program(1, put(10, Measure(0, 3)), bits=4),
        lambda: program(1, put(10, Conditional(((0, True),), (Gate("x", (0,)),)))),
        lambda: program(1, put(10, Reset(0), Gate("x", (0,)), Measure(0, 3), Gate("x", (0,))), bits=4),
        lambda: manifest(outputs=[ManifestPlace(name="y", node="y", qubit=0)]),
    ],
    "PR-9": [
        lambda: manifest(inputs=[ManifestPlace(name="x", node="x", qubit=1)]),
        lambda: manifest(inputs=[ManifestPlace(name="x", node="z", qubit=0)]),
        lambda: manifest(inputs=[ManifestPlace(name=n, node="x", qubit=0) for n in "ab"]),
        lambda: manifest(inputs=[ManifestPlace(name="a", node=n, qubit=0) for n in "xy"]),
        lambda: manifest(inputs=[ManifestPlace(name="x", node="x", qubit=-1)]),
        lambda: unmeasured(outputs=[ManifestPlace(name="x", node="x", qubit=1)]),
        lambda: unmeasured(outputs=[ManifestPlace(name=n, node="x", qubit=0) for n in "ab"]),
        lambda: unmeasured(outputs=[ManifestPlace(name="a", node=n, qubit=0) for n in "xy"]),
    ],
    "PR-10": [
        lambda: program(0, lambda c: [c[6], *c[:6], *c[7:]]),
        lambda: replace(DIST, programs=tuple(replace(p, instructions=receive_first(p)) for p in DIST.programs)),
        lambda: links_crosswise(),
        lambda: replace(
            DIST,
            programs=(
                replace(DIST.programs[0], instructions=receive_first(DIST.programs[0])),
                program(1, lambda c: [c[0], c[5], *c[1:5], *c[6:]]).programs[1],
            ),
        ),
    ],
    "PR-14": [
        lambda: program(0, put(2, Prepare(0))),
        lambda: replace(program(0, lambda c: c, model="mbqc"), manifest=node_field("model", "mbqc")),
    ],
}


def node_field(field: str, value: object):
    """The manifest with a field of its first node changed."""
    first, *others = MANIFEST.nodes
    return MANIFEST.model_copy(update={"nodes": [first.model_copy(update={field: value}), *others]})


def receive_first(p: NodeProgram) -> tuple:
    code = list(p.instructions)
    send = next(i for i, op in enumerate(code) if isinstance(op, Send))
    code[send], code[send + 1] = code[send + 1], code[send]
    return tuple(code)


def rotated_pair() -> Placed:
    """Two hubs on one node, both rotated, and a join between them (the edge is in the graph's order, in no flow)."""
    g = parse_text("""gossamer open-graph 1
v0 = YZ(1/4) -> v0
v1 = YZ(1/4) -> v1
v2 = OUTPUT(0) output 0 "q"
v0 ~ v2
v1 ~ v2
order v0 v1 v2
""")
    order = [(E.PREPARE, 2), (E.ROTATE, 0), (E.ROTATE, 1), (E.FINISH, 2)]
    return Placed(
        g,
        Network(nodes=(Node(name="n", data=3),), links=()),
        np.zeros(3, np.int32),
        np.zeros((0, 2), np.int32),
        np.array([[0, 2], [1, 2], [0, 1]], np.int32),
        np.array([(int(a), b) for a, b in order], np.int32),
    )


def without_join(index: int) -> Placed:
    """PLACED without a join and its event."""
    rows = [r for i, r in enumerate(PLACED.joins.tolist()) if i != index]
    new = [(k, a - (k == E.JOIN and a > index)) for k, a in PLACED.events.tolist() if not (k == E.JOIN and a == index)]
    return replace(PLACED, joins=np.array(rows, np.int32), events=np.array(new, np.int32))


def with_extra_join() -> Placed:
    p = joins(*PLACED.joins.tolist(), (2, 4))
    return replace(p, events=np.array([*p.events.tolist()[:4], [int(E.JOIN), 5], *p.events.tolist()[4:]], np.int32))


def without_step() -> Placed:
    """The step of v4 becomes a preparation and a measurement without the CZ between them."""
    rows = PLACED.events.tolist()
    i = rows.index([int(E.STEP), 4])
    return replace(
        network(n1={"data": 3}),
        events=np.array([*rows[:i], [int(E.PREPARE), 5], [int(E.MEASURE), 4], *rows[i + 1 :]], np.int32),
    )


def singular_links() -> Placed:
    """Two links between the same nodes, joined a to a and b to b: a ring of four halves, whose adjacency has rank 2."""
    n = HALF
    rows = [*PLACED.joins.tolist(), [n, n + 2], [n + 1, n + 3]]
    old = PLACED.events.tolist()
    new = [
        *old[:4],
        [E.EBIT, 1],
        [E.JOIN, 5],
        [E.JOIN, 6],
        *old[4:9],
        [E.MEASURE_HALF, n + 2],
        [E.MEASURE_HALF, n + 3],
        *old[9:],
    ]
    links = np.array([[0, 1], [0, 1]], np.int32)
    p = network(n0={"comm": 2}, n1={"comm": 2})
    return replace(
        p, links=links, joins=np.array(rows, np.int32), events=np.array([[int(a), b] for a, b in new], np.int32)
    )


def no_measurement() -> Distribution:
    """The half is left as it is; the message takes another bit."""
    return program(1, lambda c: [c[0], c[1], c[5], Send("m_y", "x", (1,)), *c[6:]])


def twice_on_one_qubit() -> Distribution:
    two = [*MANIFEST.links, ManifestLink(id="l1", nodes=("x", "y"))]
    d = program(0, put(1, Ebit("l1", "y", 1)))
    y = d.programs[1]
    other = replace(y, bits=4, instructions=(*y.instructions, Ebit("l1", "x", 1), Gate("h", (1,)), Measure(1, 3)))
    return replace(d, programs=(d.programs[0], other), manifest=MANIFEST.model_copy(update={"links": two}))


FAR = ManifestLink(id="l0", nodes=("x", "z"))


def three_nodes() -> Distribution:
    """DIST on a line x - y - z; z has no program."""
    nodes = (*NET.nodes, Node(name="z", data=1))
    return replace(DIST, network=Network(nodes=nodes, links=(*NET.links, NetworkLink(nodes=("y", "z")))))


def conditional_on_a_half(*gates: Gate) -> Distribution:
    """y measures its data qubit first, and puts gates under that bit on its link half."""
    return program(1, lambda c: [Measure(0, 2), c[0], Conditional(((2, True),), gates), *c[2:6]])


def unmeasured(**changes) -> Distribution:
    """Without the last measurements, so that data qubits can be outputs."""
    manifest = MANIFEST.model_copy(update={"registers": [], "outcomes": [], **changes})
    programs = tuple(replace(p, instructions=p.instructions[:-1], results=()) for p in DIST.programs)
    return replace(DIST, programs=programs, manifest=manifest)


def links_crosswise() -> Distribution:
    """Two links that x asks for in one order and y in the other."""
    two = [*MANIFEST.links, ManifestLink(id="l1", nodes=("x", "y"))]
    wide = [n.model_copy(update={"comm": 2}) for n in MANIFEST.nodes]
    net = Network(nodes=tuple(n.model_copy(update={"comm": 2}) for n in NET.nodes), links=NET.links)
    x, y = DIST.programs
    more = {"l1": (Gate("h", (2,)), Measure(2, 3))}
    programs = (
        replace(
            x,
            comm=2,
            bits=4,
            instructions=(*x.instructions[:1], Ebit("l1", "y", 2), Gate("h", (2,)), *more["l1"], *x.instructions[1:]),
        ),
        replace(y, comm=2, bits=4, instructions=(Ebit("l1", "x", 2), *more["l1"], *y.instructions)),
    )
    return Distribution(programs, MANIFEST.model_copy(update={"links": two, "nodes": wide}), net)


def without_events(p: Placed, *dropped: tuple[EventKind, int]) -> Placed:
    rows = [r for r in p.events.tolist() if tuple(r) not in dropped]
    return replace(p, events=np.array(rows, np.int32))


def verify(value) -> None:
    if isinstance(value, Distribution):
        value.verify_structure()
    else:
        value.verify()


CASES = [(code, i) for code, cases in VIOLATIONS.items() for i in range(len(cases))]


def test_the_examples_hold():
    for value in (TELEPORT, REMOTE_CZ, GRAPH, PLACED, DIST):
        verify(value)


def golden() -> dict[str, str]:
    """The text of each refusal, with its place and its way out."""
    blocks = (Path(__file__).parent / "golden" / "rules.txt").read_text(encoding="utf-8").split("=== ")
    return {title: said.rstrip("\n") for title, _, said in (b.partition("\n") for b in blocks[1:])}


GOLDEN = golden()


@pytest.mark.parametrize(("code", "case"), CASES)
def test_violations_are_refused_with_their_clause(code, case):
    value = VIOLATIONS[code][case]()
    with pytest.raises(InputError) as caught:
        verify(value)
    assert caught.value.code == code, str(caught.value)
    assert str(caught.value) == GOLDEN[f"{code} {case}"]


def test_there_is_a_text_for_each_case():
    assert list(GOLDEN) == [f"{code} {case}" for code, case in CASES]


COLUMNS = [  # level, column, clause, type, entries are below this, shape
    (TELEPORT, "kind", "IR-1", "uint8", 5, None),
    (TELEPORT, "phase", "IR-1", "int32", 3, "(12)"),
    (TELEPORT, "edges", "IR-1", "int32", 12, "(any, 2)"),
    (TELEPORT, "hadamard", "IR-1", "bool", None, "(11)"),
    (TELEPORT, "inputs", "IR-1", "int32", 12, "(any)"),
    (TELEPORT, "outputs", "IR-1", "int32", 12, "(any)"),
    (GRAPH, "label", "OG-1", "uint8", 7, None),
    (GRAPH, "phase", "OG-1", "int32", 4, "(6)"),
    (GRAPH, "edges", "OG-1", "int32", 6, "(any, 2)"),
    (GRAPH, "inputs", "OG-1", "int32", 6, "(any)"),
    (GRAPH, "outputs", "OG-1", "int32", 6, "(any)"),
    (GRAPH, "order", "OG-1", "int32", 6, "(6)"),
    (GRAPH, "outcome", "OG-1", "int32", 2, "(6)"),
    (GRAPH, "flow", "OG-1", "int32", 6, "(any)"),
    (GRAPH, "flow_start", "OG-1", "int32", 4, "(7)"),
    (GRAPH, "postselected", "OG-1", "int32", None, "(any)"),
    (PLACED, "place", "PL-1", "int32", 3, "(6)"),
    (PLACED, "links", "PL-1", "int32", 3, "(any, 2)"),
    (PLACED, "joins", "PL-1", "int32", 8, "(any, 2)"),
    (PLACED, "events", "PL-1", "int32", None, "(any, 2)"),
]


@pytest.mark.parametrize(("level", "name", "clause", "dtype", "limit", "shape"), COLUMNS)
def test_columns_have_their_type_shape_and_range(level, name, clause, dtype, limit, shape):
    column = getattr(level, name)

    def said(new) -> str:
        with pytest.raises(InputError) as caught:
            replace(level, **{name: new}).verify()
        assert caught.value.code == clause
        return caught.value.diagnostic.message

    for wrong in (column.astype(np.int64), column.tolist(), tuple(column.tolist()), None, "zx"):
        assert said(wrong) == f"column '{name}' must be of type {dtype}"
    if shape is not None:
        wrong = [column.reshape(*column.shape, 1), column.ravel()] if column.ndim == 2 else [column.reshape(1, -1)]
        wrong += [np.zeros((4, 3), column.dtype)] if column.ndim == 2 else []
        wrong += [] if "any" in shape else [np.append(column, column[:1])]
        for new in wrong:
            assert said(new) == f"column '{name}' has shape {new.shape}, expected {shape}"
    if limit is not None:
        free = name == "outcome"  # -1: none
        for value in (limit, -2 if free else -1):
            new = column.copy()
            if new.dtype == np.uint8 and value < 0:
                continue
            new[(-1,) * new.ndim] = value
            if free:
                assert said(new) == f"column '{name}' holds a value outside -1..{limit - 1}"
            else:
                assert said(new) == f"column '{name}' holds {value}, which is not in 0..{limit - 1}"


def clauses(name: str) -> list[str]:
    return re.findall(r"^\[([A-Z]+-[0-9]+)\] ", read_spec(name), re.MULTILINE)


def test_rules_and_clauses_agree():
    sources = [p.read_text(encoding="utf-8") for p in Path(gossamer.ir.rules.__file__).parent.glob("*.py")]
    raised = {code for s in sources for code in re.findall(r'"((?:IR|OG|PL|LK|PR)-[0-9]+)"', s)}
    listed = clauses("ir.md") + clauses("program.md")
    assert len(set(listed)) == len(listed)
    assert raised == set(VIOLATIONS)
    without_rule = {
        "OG-14",
        "OG-15",
        "PR-11",
        "PR-12",
        "PR-13",
        "PR-15",
        "PR-16",
        "PR-17",
        "PR-18",
        "PR-19",
        "LK-5",
    }  # IR clauses again; diagrams; the text form; lowering; checks; patterns as text, merged; circuits merged; excerpts; stim; gathering
    assert {c for c in listed if c.split("-")[0] in ("IR", "OG", "PL", "LK", "PR")} == raised | without_rule


def rotation(n: int, k: int) -> np.ndarray:
    return (np.arange(n) + k) % n


def renumbered(level, to: np.ndarray):
    """The same with vertex v called ``to[v]``; what is no vertex stays as it is."""
    n = to.size

    def move(column: np.ndarray) -> np.ndarray:
        inside = (column >= 0) & (column < n)
        return np.where(inside, to[np.where(inside, column, 0)], column).astype(column.dtype)

    by = np.argsort(to)
    if isinstance(level, Placed):
        of_vertex = ~np.isin(level.events[:, 0], (E.JOIN, E.EBIT, E.MEASURE_HALF))
        events = level.events.copy()
        events[of_vertex, 1] = move(events[of_vertex, 1])
        graph = renumbered(level.graph, to)
        return replace(level, graph=graph, place=level.place[by], joins=move(level.joins), events=events)
    changes = {
        "phase": level.phase[by],
        "inputs": move(level.inputs),
        "outputs": move(level.outputs),
        "bits": tuple(replace(b, vertex=int(move(np.array([b.vertex]))[0])) for b in level.bits),
        "spans": {int(to[v]): span for v, span in level.spans.items()},
        "edges": move(level.edges),
    }
    if isinstance(level, OpenGraph):
        edges = np.sort(changes["edges"], axis=1)
        sets = [move(np.array(level.correction_set(v), np.int32)).tolist() for v in by]
        flow_start, flow = correction_columns(sets)
        changes |= {
            "edges": edges[np.lexsort((edges[:, 1], edges[:, 0]))],
            "label": level.label[by],
            "outcome": level.outcome[by],
            "flow_start": flow_start,
            "flow": flow,
            "postselected": np.sort(move(level.postselected)),
            "order": move(level.order),
        }
    else:
        changes |= {"kind": level.kind[by], "delays": {int(to[v]): x for v, x in level.delays.items()}}
    return replace(level, **changes)


#: Rules on the numbers themselves, and those of a diagram that come after the one on causal numbering.
IN_COLUMNS = {"IR-1", "IR-8", "IR-9", "IR-10", "IR-11", "OG-1", "OG-2", "PL-1"}


@pytest.mark.parametrize(("code", "case"), [x for x in CASES if x[0] not in IN_COLUMNS and x[0] < "PR"])
def test_a_flaw_is_found_whatever_its_number_is(code, case):
    value = VIOLATIONS[code][case]()
    n = (value.graph if isinstance(value, Placed) else value).num_vertices
    for k in range(n):
        with pytest.raises(InputError) as caught:
            renumbered(value, rotation(n, k)).verify()
        assert caught.value.code == code, (k, str(caught.value))


def test_what_holds_holds_whatever_its_numbers_are():
    for value in (GRAPH, PLACED):
        n = (value.graph if isinstance(value, Placed) else value).num_vertices
        for k in range(n):
            verify(renumbered(value, rotation(n, k)))


def test_what_is_just_allowed():
    """Values next to a violation that are none."""
    long = "x" * 1024
    for value in (
        diagram(input_names=(long,)),
        bit_at(TELEPORT, 0, replace(TELEPORT.bits[0], name=long)),
        *(phase_at(TELEPORT, 3, Phase.of_symbol(name)) for name in (long, "b", "bx", "x1", "b1x", "_")),
        diagram(scalar=Scalar(power=2**31 - 1)),
        waiting(Delay(Fraction(0), "s")),
        waiting(Delay(Fraction(MAX_NUMBER - 1), "dt")),
        waiting(Delay(Fraction(1, MAX_NUMBER - 1), "s")),
        diagram(scalar=Scalar(power=1 - 2**31)),
        diagram(scalar=Scalar(factor=Fraction(MAX_NUMBER - 1))),
        diagram(scalar=Scalar(factor=Fraction(1, MAX_NUMBER - 1))),
        diagram(bits=(*TELEPORT.bits, Bit(BitKind.DERIVED, -1, BitExpr.const(1), name="one"))),
        phase_at(with_column(with_column(GRAPH, "label", 4, Y), "phase", 4, 0), 4, Phase(1 / 2)),
        phase_at(with_column(GRAPH, "label", 4, Y), 4, Phase(3 / 2)),
        phase_at(with_column(GRAPH, "label", 4, int(Label.X)), 4, Phase(1)),
        phase_at(with_column(GRAPH, "label", 3, Z), 3, Phase.of_bit(1)),
        with_column(GRAPH, "label", 1, XY),
        phase_at(with_column(GRAPH, "label", 1, Y), 1, Phase(1 / 2) + Phase.of_bit(0)),
        replace(TELEPORT, registers=()),
        with_column(PLACED, "joins", 2, (3, 0)),
        with_column(PLACED, "joins", 3, (3, HALF)),
    ):
        verify(value)
    for value in (
        unmeasured(outputs=[ManifestPlace(name=n, node=n, qubit=0) for n in "xy"]),
        program(0, put(10, Reset(0), Gate("x", (0,)), Measure(0, 3)), bits=4),
        conditional_on_a_half(Gate("z", (1,)), Gate("rz", (1,), Phase(1 / 4))),
        replace(DIST, network=Network(nodes=tuple(Node(name=n, data=1) for n in "xy"), links=NET.links)),
        replace(DIST, network=Network(nodes=tuple(Node(name=n, data=9, comm=9) for n in "xy"), links=NET.links)),
        three_nodes(),
        manifest(inputs=[]),
        manifest(outcomes=[]),
    ):
        verify(value)
    first = DiagramBuilder()
    constant = first.derived(BitExpr.const(1))
    first.vertex(VertexKind.Z, Phase.of_bit(constant))
    first.build().verify()


def two_equal_links(second: tuple[tuple[int, int], ...]) -> Placed:
    """PLACED with a link l1 beside l0, made and measured at the same times; ``second`` are its joins."""
    first = PLACED.events.tolist()
    at = first.index([int(E.ROTATE), 3])
    made = [[E.EBIT, 1], *([E.JOIN, 5 + i] for i in range(len(second)))]
    rows = [*first[:at], *made, [E.MEASURE_HALF, HALF + 2], [E.MEASURE_HALF, HALF + 3], *first[at:]]
    p = network(n0={"comm": 2}, n1={"comm": 2})
    return replace(
        p,
        links=np.array([[0, 1], [0, 1]], np.int32),
        joins=np.array([*PLACED.joins.tolist(), *second], np.int32),
        events=np.array([[int(a), b] for a, b in rows], np.int32),
    )


@pytest.mark.clause("LK-3", "LK-4", "PL-7")
def test_too_wide_links_are_refused(monkeypatch):
    """The work is the sum over the links of |U| |W|; where links are joined, vertices squared plus halves cubed."""
    again = two_equal_links(((2, HALF + 3), (HALF + 2, 0)))
    for value, work, else_ in (
        (PLACED, 2 * 1, None),
        (two_equal_links(()), 2 * 1 + 0, None),
        (again, 2 * 1 + 1 * 1, "PL-7"),
        (singular_links(), 3**2 + 4**3, "LK-3"),
    ):
        monkeypatch.setattr(link_rules, "MAX_BLOCK", work)
        if else_ is None:
            value.verify()
        else:
            with pytest.raises(InputError) as caught:
                value.verify()
            assert caught.value.code == else_
        monkeypatch.setattr(link_rules, "MAX_BLOCK", work - 1)
        with pytest.raises(InputError) as caught:
            value.verify()
        assert str(caught.value).splitlines() == [
            "error[LK-4]: the links span too many pairs of vertices to check",
            "help: split the supports over several links",
        ]


# --- what random values must satisfy -------------------------------------------------------------------------------------


@SOME
@given(diagrams())
def test_drawn_diagrams_hold(d):
    d.verify()


@SOME
@given(open_graphs())
def test_flow_axioms_agree_with_their_definition(g):
    """A slow, literal reading of the axioms beside the vectorised rules."""
    g.verify()
    at = {v: i for i, v in enumerate(g.order.tolist())}
    assert all(at[v] < at[u] for v, u in late_pairs(g))
    for v in range(g.num_vertices):
        f = int(g.successor[v])
        if f >= 0:
            assert f in g.neighbours(v)
            assert at[v] < at[f]
            assert all(at[v] < at[u] for u in g.neighbours(f) if u != v)


def late_pairs(g) -> set[tuple[int, int]]:
    """``(v, u)``: v has to come before u, because its correction changes the outcome of u."""
    pairs = set()
    for v in range(g.num_vertices):
        x, z = set(g.correction_set(v)), set()
        for w in x:
            z ^= set(g.neighbours(w))
        for u in (x | z) - {v}:
            seen = {Label.X: u in z, Label.Y: (u in x) != (u in z), Label.Z: u in x}
            if seen.get(Label(int(g.label[u])), True):
                pairs.add((v, u))
    return pairs


@SOME
@given(flow_graphs())
def test_any_flow_agrees_with_its_definition(g):
    """As above: where each correction acts, and that it flips the outcome that it is for."""
    g.verify()
    at = {v: i for i, v in enumerate(g.order.tolist())}
    assert all(at[v] < at[u] for v, u in late_pairs(g))
    for v in range(g.num_vertices):
        x = set(g.correction_set(v))
        corrected = g.label[v] != Label.OUTPUT and g.outcome[v] < 0
        assert corrected or not x
        assert not x & set(g.inputs.tolist())
        odd = len(x & set(g.neighbours(v))) % 2 == 1
        flips = {Label.XY: (v not in x) and odd, Label.XZ: v in x and odd, Label.YZ: v in x and not odd,
                 Label.X: odd, Label.Y: (v in x) != odd, Label.Z: v in x}  # fmt: skip
        assert not corrected or flips[Label(int(g.label[v]))]


@SOME
@given(open_graphs(), st.data())
def test_a_shuffled_order_is_refused_unless_the_axioms_hold(g, data):
    order = data.draw(st.permutations(g.order.tolist()))
    at = {v: i for i, v in enumerate(order)}
    uses = {(g.bits[b].vertex, v) for v in range(g.num_vertices) for b in g.phase_of(v).bits if g.bits[b].vertex != v}
    good = all(at[a] < at[b] for a, b in late_pairs(g) | uses)
    shuffled = replace(g, order=np.array(order, np.int32))
    if good:
        shuffled.verify()
    else:
        with pytest.raises(InputError) as caught:
            shuffled.verify()
        assert caught.value.code in {"OG-4", "OG-10", "OG-11", "OG-12"}


def realised_edges(p: Placed) -> set[tuple[int, int]]:
    """Naive twin of PL-7: eliminate the halves one pair at a time by pivoting on an edge between them."""
    n = p.graph.num_vertices
    near: dict[int, set[int]] = {t: set() for t in range(n + 2 * p.num_links)}

    def toggle(a: int, b: int) -> None:
        near[a] ^= {b}
        near[b] ^= {a}

    for a, b in p.joins.tolist():
        toggle(a, b)
    for k in range(p.num_links):
        toggle(n + 2 * k, n + 2 * k + 1)
    for kind, v in p.events.tolist():
        if kind == E.STEP:
            toggle(v, int(p.graph.successor[v]))
    left = set(range(n, n + 2 * p.num_links))
    while left:
        a = min(left)
        b = min(near[a] & left)  # fails if the halves are singular
        na, nb = near[a] - {b}, near[b] - {a}
        for x in na:
            for y in nb:
                if x != y:
                    toggle(x, y)
        for x in (a, b):
            for y in list(near[x]):
                toggle(x, y)
            left.discard(x)
    return {(u, v) for u in range(n) for v in near[u] if u < v}


@SOME
@given(placements())
def test_links_realise_the_edges(p):
    p.verify()
    assert realised_edges(p) == {(u, v) for u, v in p.graph.edges.tolist()}


@SOME
@given(placements(), st.data())
def test_toggling_one_join_is_noticed(p, data):
    """Drop a join of a link half, with its event: never the same edges, unless the half reached nothing."""
    index = [
        i for i, (a, b) in enumerate(p.joins.tolist()) if any(k == E.JOIN and x == i for k, x in p.events.tolist())
    ]
    if not index:
        return
    drop = data.draw(st.sampled_from(index))
    rows = [r for i, r in enumerate(p.joins.tolist()) if i != drop]
    new = [(k, a - (k == E.JOIN and a > drop)) for k, a in p.events.tolist() if not (k == E.JOIN and a == drop)]
    broken = replace(p, joins=np.array(rows, np.int32).reshape(-1, 2), events=np.array(new, np.int32))
    with pytest.raises(InputError) as caught:
        broken.verify()
    assert caught.value.code in {"PL-7", "LK-3"}


@SOME
@given(placements())
def test_live_peaks_agree_with_a_replay(p):
    data, comm = np.zeros(p.network.size, int), np.zeros(p.network.size, int)
    most = data.copy(), comm.copy()
    for kind, arg in p.events.tolist():
        if kind == E.PREPARE:
            data[p.node_of(arg)] += 1
        elif kind == E.MEASURE:
            data[p.node_of(arg)] -= 1
        elif kind == E.EBIT:
            comm[p.links[arg]] += 1
        elif kind == E.MEASURE_HALF:
            comm[p.node_of(arg)] -= 1
        np.maximum(most[0], data, out=most[0])
        np.maximum(most[1], comm, out=most[1])
    got = live_peaks(p)
    assert got[0].tolist() == most[0].tolist()
    assert got[1].tolist() == most[1].tolist()


@SOME
@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_inverse_over_two_elements(size, random):
    m = np.array([[random.randint(0, 1) for _ in range(size)] for _ in range(size)], np.uint8)
    inverse = invert_gf2(m)
    if inverse is None:
        kernel = [x for x in range(1, 2**size) if not (m @ [(x >> i) & 1 for i in range(size)] % 2).any()]
        assert kernel
    else:
        assert ((m @ inverse) % 2 == np.eye(size)).all()


# ---- halves of links and their axis (PR-7), and the hardware of nodes (NW-15, NW-16) ------------------------------------------------


def half(first: bool, *gates) -> Distribution:
    """Gates on a half (qubit 1, beside data qubit 0) between its ebit and its measurement."""
    names = ("x", "y") if first else ("y", "x")
    code = (Ebit("l", "y", 1), *gates, Measure(1, 0))
    other = (Ebit("l", "x", 0), *((Gate("h", (0,)),) if first else ()), Measure(0, 0))
    parts = (NodeProgram("x", "circuit", 1, 1, 2, code), NodeProgram("y", "circuit", 0, 1, 1, other))
    manifest = Manifest(
        nodes=[
            ManifestNode(name="x", model="circuit", program="x", data=1, comm=1),
            ManifestNode(name="y", model="circuit", program="y", data=0, comm=1),
        ],
        links=[ManifestLink(id="l", nodes=names)],
        messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="",
    )  # fmt: skip
    net = Network(nodes=(Node(name="x", data=1), Node(name="y", data=0)), links=(NetworkLink(nodes=("x", "y")),))
    return Distribution(parts, manifest, net)


def on(word: str) -> tuple:
    """``h rz/3 cx:half,data``: gates on the half, or on it and the data qubit, with an angle 1/n."""
    out = []
    for text in word.split():
        name, _, place = text.partition(":")
        name, _, angle = name.partition("/")
        qubits = {"": (1,), "hd": (1, 0), "dh": (0, 1)}[place]
        out.append(Gate(name, qubits, Phase(Fraction(1, int(angle))) if angle else None))
    return tuple(out)


THIRD = Phase(Fraction(1, 3))


@pytest.mark.parametrize(
    "word",
    [
        "h", "sx", "ry/2", "rx/2", "h s", "h sdg", "h sx", "x h", "y h", "z h", "s h", "sdg h", "rz/3 h", "rz/2 h", "rz/1 h", "h rx/3",
        "h rz/2", "h ry/1", "sx ry/3", "cz:hd h", "cz:dh h", "rzz/3:hd h", "cx:hd h", "h cx:dh", "ecr:hd h", "h ecr:dh", "rzx/3:hd h", "h rzx/3:dh", "h ms:hd",
        "h ms:dh", "h rxx/3:hd", "h h h", "h cx:dh h cz:hd h", "ry/2 rx/5",
    ],
)  # fmt: skip
def test_what_a_half_takes_at_the_end_named_second(word):
    half(False, *on(word)).verify_structure()


@pytest.mark.parametrize(
    "word",
    [
        "", "h h", "x", "z", "s", "rz/3", "ry/1", "rx/1", "ry/3 h", "rx/3 h", "h rz/3", "h ry/3", "h cz:hd h", "cx:dh h", "h cx:hd", "ecr:dh h",
        "h ecr:hd", "ms:hd h", "rxx/3:hd h", "h rzz/3:dh", "rzx/3:dh h", "h rzx/3:hd", "swap:hd h", "h swap:hd", "sx rz/3", "sx sx",
    ],
)  # fmt: skip
def test_what_it_does_not_take(word):
    with pytest.raises(InputError) as caught:
        half(False, *on(word)).verify_structure()
    assert caught.value.code == "PR-7"


def test_the_end_that_is_named_first_begins_across():
    for word in ("h cz:hd h", "s", "h rz/3 h", "cx:dh", ""):
        half(True, *on(word)).verify_structure()
    for word in ("cz:hd", "h", "rz/3"):
        with pytest.raises(InputError):
            half(True, *on(word)).verify_structure()


def test_u3_is_its_three_turns():
    for angles in ((Phase(Fraction(1, 2)), Phase(), THIRD), (Phase(Fraction(3, 2)), Phase(Fraction(1, 2)), Phase())):
        half(False, Gate("u3", (1,), angles[0], angles[1:])).verify_structure()
    half(False, Gate("u3", (1,), Phase(1), (THIRD, THIRD)), *on("h")).verify_structure()
    for angles in ((THIRD, Phase(), Phase()), (Phase(Fraction(1, 2)), THIRD, Phase()), (Phase(1), Phase(), Phase())):
        with pytest.raises(InputError):
            half(False, Gate("u3", (1,), angles[0], angles[1:])).verify_structure()


def test_conditions_decide_what_acts_and_not_how_the_axis_lies():
    message = (Measure(0, 1),)
    for word in ("z", "rz/3", "x", "h h", "h rx/3 h", ""):
        half(False, *message, Conditional(((1, True),), on(word)), *on("h")).verify_structure()
    for word in ("h", "sx", "rx/3"):
        with pytest.raises(InputError) as caught:
            half(False, *message, Conditional(((1, True),), on(word)), *on("h")).verify_structure()
        assert caught.value.code == "PR-7"


def lone(*code, data=3, comm=1, **fields) -> Distribution:
    parts = (NodeProgram("x", "circuit", data, comm, 1, code),)
    return Distribution(parts, MANIFEST, Network(nodes=(Node(name="x", data=3, comm=1, **fields),), links=()))


def test_programs_keep_to_the_gates_and_the_map_of_their_node():
    when = Conditional(((0, True),), (Gate("x", (0,)), Gate("cz", (2, 0))))
    native = {"gates": ("x", {"name": "cz"})}
    coupled = {"coupling": ((0, 1), (1, 2), (2, 3))}
    for fields in ({}, native, {"coupling": ((0, 1), (1, 2), (2, 3), (0, 2))}):
        check_hardware(lone(Gate("x", (1,)), when, Gate("cz", (1, 2)), Measure(0, 0), **fields))
    check_hardware(lone(Gate("h", (0,)), Gate("cz", (3, 2)), **coupled))
    check_hardware(lone(data=2))
    for bad, said in (
        (lone(Gate("x", (0,)), Gate("h", (0,)), **native), "error[NW-15]: x, instruction 1: h is no gate of the node\nhelp: its gates are cz, x; the pass native rewrites programs to them"),
        (lone(Conditional(((0, True),), (Gate("x", (0,)), Gate("s", (0,)))), **native), "error[NW-15]: x, instruction 0: s is no gate of the node\nhelp: its gates are cz, x; the pass native rewrites programs to them"),
        (lone(Gate("h", (0,)), when, **coupled), "error[NW-16]: x, instruction 1: cz on qubits 2 and 0, which are not coupled\nhelp: the pass route brings qubits together"),
        (lone(data=2, **coupled), "error[NW-16]: the program of x does not number the qubits of its node, whose coupling map does"),
        (lone(comm=0, **coupled), "error[NW-16]: the program of x does not number the qubits of its node, whose coupling map does"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            check_hardware(bad)
        assert str(caught.value) == said
    other = replace(lone().programs[0], model="other", instructions=(Gate("h", (0,)),))
    check_hardware(replace(lone(**native), programs=(other,)))


def commanding(model, op) -> Distribution:
    program = replace(lone().programs[0], model=model, instructions=(op,))
    return replace(lone(gates=("x", "cz")), programs=(program,))


@pytest.mark.clause("NW-15")
@pytest.mark.parametrize("model", ["mbqc", "mixed"])
def test_commands_are_gates_too(model):
    for op in (
        Entangle(0, 1),
        Observe(pattern.Measure(0), 0),
        Prepare(0),
        CorrectX(0, BitExpr.bit(0)),
        Clifford(0, ("x",)),
    ):
        check_hardware(commanding(model, op))
    for op, said in (
        (CorrectZ(0, BitExpr.bit(0)), "z (Z) is no gate of the node"),
        (Clifford(0, ("x", "h")), "h (C) is no gate of the node"),
    ):
        with pytest.raises(InputError, match=re.escape(said)) as caught:
            check_hardware(commanding(model, op))
        assert caught.value.code == "NW-15"
