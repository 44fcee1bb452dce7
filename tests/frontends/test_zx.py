"""ZX-diagrams in: boxes, scalars, variables, measurements and grounds against pyzx's own numbers; refusals with their clauses."""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gossamer
from gossamer.diagnostics import GossamerError, InputError
from gossamer.formats.zx_json import parse_json
from gossamer.formats.zx_phase import parse_label, parse_phase
from gossamer.frontends.zx import read_json, read_tikz
from gossamer.frontends.zx_spiders import Spiders
from gossamer.ir.compose import bind
from gossamer.ir.diagram import BitKind, Diagram, VertexKind
from gossamer.ir.equality import equal_instruments
from gossamer.ir.phase import Phase
from gossamer.ir.semantics import kraus
from gossamer.ir.wires import WireBuilder
from gossamer.sources import read
from tests.shared import SHARED, needs_shared

pyzx = pytest.importorskip("pyzx")
Z, X, H = pyzx.VertexType.Z, pyzx.VertexType.X, pyzx.VertexType.H_BOX
PLAIN, HADAMARD, W_IO = pyzx.EdgeType.SIMPLE, pyzx.EdgeType.HADAMARD, pyzx.EdgeType.W_IO


def graph_json(
    vertices: list[dict[str, Any]], edges: list[list[int]], inputs: list[int] | None = None, **more: Any
) -> str:
    outputs = more.pop("outputs", [])
    return json.dumps(
        {"version": 2, "backend": "simple", "vertices": vertices, "edges": edges, "inputs": inputs or [], "outputs": outputs, **more}
    )  # fmt: skip


def spider(number: int, kind: int = 1, phase: str | None = None, row: float = 0, **more: Any) -> dict[str, Any]:
    return {"id": number, "t": kind, "pos": [row, 0], **({} if phase is None else {"phase": phase}), **more}


def wire(*middle: dict[str, Any], **more: Any) -> str:
    """A wire from input 0 through the given vertices, which are numbered from 1, to an output."""
    last = len(middle) + 1
    vertices = [spider(0, 0), *middle, spider(last, 0, row=last)]
    return graph_json(vertices, [[i, i + 1, 1] for i in range(last)], [0], outputs=[last], **more)


def tikz(nodes: str, edges: str = "") -> str:
    return textwrap.dedent(f"""\
        \\begin{{tikzpicture}}
        \\begin{{pgfonlayer}}{{nodelayer}}
        {nodes}
        \\end{{pgfonlayer}}
        \\begin{{pgfonlayer}}{{edgelayer}}
        {edges}
        \\end{{pgfonlayer}}
        \\end{{tikzpicture}}
        """)


# ---- maps -----------------------------------------------------------------------------------------------------------


def random_graph(rng: random.Random) -> Any:
    """Spiders, H-boxes, Z-boxes and W nodes with loops, parallel edges and open ends, of a scalar."""
    g = pyzx.Graph("multigraph")
    g.set_auto_simplify(False)
    spots: list[int] = []
    angle = lambda: Fraction(rng.randrange(8), rng.choice([1, 3, 4]))  # noqa: E731
    for row in range(rng.randint(1, 5)):
        kind = rng.choice(["Z", "X", "H", "H", "label", "Z-box", "W"])
        if kind == "W":
            w = g.add_vertex(pyzx.VertexType.W_INPUT, 0, 2 * row)
            out = g.add_vertex(pyzx.VertexType.W_OUTPUT, 0, 2 * row + 1)
            g.add_edge((w, out), W_IO)
            other = rng.choice(spots) if spots else g.add_vertex(Z, 1, 2 * row, angle())
            g.add_edge((w, other), rng.choice([PLAIN, HADAMARD]))
            if other not in spots:
                spots.append(other)
            spots.append(out)
            continue
        ty = {"Z": Z, "X": X, "Z-box": pyzx.VertexType.Z_BOX}.get(kind, H)
        v = g.add_vertex(ty, 0, 2 * row, angle() if kind in ("Z", "X", "H") else 0)
        if kind == "H" and rng.random() < 0.3:
            g.set_phase(v, 1)
        label = rng.choice([0, 1, -1, 0.5, 2, -3, 1j, -0.25j, complex(rng.gauss(0, 1), rng.gauss(0, 1))])
        if kind == "label":
            pyzx.utils.set_h_box_label(g, v, label)
        if kind == "Z-box":
            pyzx.utils.set_z_box_label(g, v, complex(label))
        spots.append(v)
    degree = dict.fromkeys(g.vertices(), 0)
    for _ in range(rng.randint(0, 6)):
        a, b = rng.choice(spots), rng.choice(spots)
        if max(degree[a], degree[b]) < 4:
            degree[a] += 1
            degree[b] += 1
            g.add_edge((a, b), rng.choice([PLAIN, HADAMARD]))
    ends = [
        g.add_vertex(pyzx.VertexType.BOUNDARY, i, row) for i, row in ((0, -1), (1, -1), (0, 99))[: rng.randint(0, 3)]
    ]
    for v in ends:
        g.add_edge((v, rng.choice(spots)), rng.choice([PLAIN, HADAMARD]))
    g.set_inputs(tuple(ends[:2]))
    g.set_outputs(tuple(ends[2:]))
    g.scalar.add_power(rng.randint(-3, 3))
    g.scalar.add_phase(angle())
    for _ in range(rng.randint(0, 2)):
        g.scalar.add_node(angle())
    if rng.random() < 0.5:
        g.scalar.add_spider_pair(angle(), angle())
    if rng.random() < 0.3:
        g.scalar.add_float(rng.choice([0.5, -2.0, 0.3 + 0.4j]))
    return g


def same_map(d: Diagram, g: Any) -> None:
    tensor = g.to_tensor(strategy="naive").reshape(2 ** len(g.outputs()), 2 ** len(g.inputs()))
    ours = kraus(d, {})
    assert ours.shape == tensor.shape
    assert np.abs(ours - tensor).max() <= 1e-8 * max(1.0, float(np.abs(tensor).max()))


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs_of_pyzx_keep_their_map(seed: int) -> None:
    g = random_graph(random.Random(seed))
    ends = [v for e in g.edges() for v in g.edge_st(e)]  # a loop has both
    crowded = [v for v in g.vertices() if g.type(v) == H and g.vdata(v, "label") is not None and ends.count(v) > 5]
    if crowded:
        with pytest.raises(InputError, match="too many legs"):
            read(g)
        return
    same_map(read(g), g)
    same_map(read_json(g.to_json()), g)


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(150, 4000, 50))
def test_many_random_graphs_of_pyzx_keep_their_map(start: int) -> None:
    for seed in range(start, start + 50):
        test_random_graphs_of_pyzx_keep_their_map(seed)


def test_an_h_box_is_gadgets_up_to_six_legs_and_stays_one_beyond() -> None:
    for legs in range(9):
        g = pyzx.Graph()
        box = g.add_vertex(H, 0, 1, Fraction(1, 4))
        outputs = [g.add_vertex(pyzx.VertexType.BOUNDARY, i, 3) for i in range(legs)]
        for v in outputs:
            middle = g.add_vertex(Z, 0, 2)
            g.add_edge((box, middle))
            g.add_edge((middle, v))
        g.set_outputs(tuple(outputs))
        d = read(g)
        assert (VertexKind.H in d.kind) == (legs > 6)
        same_map(d, g)


def test_a_controlled_z_of_three_is_four_gadgets_and_three_phases() -> None:
    made = Spiders()
    at: list[Any] = []
    legs = [made.node([], VertexKind.Z) for _ in range(3)]
    made.phase_of_product(at, legs, Phase(1))
    assert [str(v.phase) for v in legs] == ["1/4"] * 3
    assert sorted(str(v.phase) for v in at if not v.phase.is_zero) == ["1/4", "7/4", "7/4", "7/4"]


def test_two_hadamard_boxes_in_a_row_are_a_plain_wire_and_the_number_two() -> None:
    d = read_json(wire(spider(1, 3, "pi", 1), spider(2, 3, "pi", 2)))
    assert d.num_edges == 1
    assert not d.hadamard[0]
    assert (d.scalar.power, d.scalar.factor) == (2, 1)


def test_circles_of_points_and_hadamards_are_numbers() -> None:
    nodes = "\n".join(f"\\node [style={s}] ({i}) at ({i}, 0) {{}};" for i, s in enumerate(["none", "none", "hadamard"]))
    assert read_tikz(tikz(nodes, "\\draw (0) to (1);\\draw (1) to (2);\\draw (2) to (0);")).scalar.is_zero
    both = read_tikz(tikz(nodes, "\\draw (0) to (1);\\draw (1) to (2);\\draw [style=hadamard edge] (2) to (0);"))
    assert both.scalar.value() == pytest.approx(2 * 2**0.5)


def test_labels_of_exact_angles_are_exact() -> None:
    for label, angle in (("0", 2), ("0.5", 3), ("2", 3)):
        d = read_json(wire(spider(1, 6, row=1, data={"label": label})))
        assert all(p.constant.denominator <= angle for p in d.phases)
        np.testing.assert_allclose(kraus(d, {}), np.diag([1, float(label)]), atol=1e-12)


# ---- scalars --------------------------------------------------------------------------------------------------------


def test_a_sum_that_is_exactly_zero_is_zero_and_one_that_is_not_is_not() -> None:
    text = wire(scalar={"power2": 0, "phase": "0", "sum_of_phases": {"0": 1, "1/2": 1, "1": 1, "3/2": 1}})
    assert read_json(text).scalar.is_zero
    text = wire(scalar={"power2": 0, "phase": "0", "sum_of_phases": {"0": 1, "1/4": 1, "1/2": 1}})
    assert read_json(text).scalar.value() == pytest.approx(1 + 1j + (1 + 1j) / 2**0.5)
    assert read_json(wire(scalar={"power2": 3, "phase": "1/4", "is_zero": True})).scalar.is_zero


def test_a_scalar_with_variables_depends_on_them() -> None:
    """A pair of spiders whose phases hold a bit: its modulus depends on the bit, so it has to be in the diagram."""
    g = pyzx.Graph()
    b = pyzx.symbolic.new_var("a", True, g.var_registry)
    g.scalar.add_spider_pair(b * Fraction(1, 4), Fraction(1, 3))
    g.scalar.add_node(b * Fraction(1, 4))
    d = read(g)
    for value in (0, 1):
        fixed = g.scalar.substitute_variables({b.terms[0][1].vars[0][0]: Fraction(value)})
        assert kraus(d, {0: bool(value)})[0, 0] == pytest.approx(fixed.to_number())


# ---- variables, measurements, grounds -------------------------------------------------------------------------------


def test_boolean_variables_are_input_bits_and_others_symbols() -> None:
    types = {"a": True, "c[0]": True, "theta": False, "unused": True}
    d = read_json(wire(spider(1, 1, "1/2 + a*c[0] + 3/4⋅theta⋅a - b0/2", 1), variable_types=types))
    assert [(b.kind, b.name) for b in d.bits] == [(BitKind.INPUT, "a"), (BitKind.INPUT, "c[0]")]
    assert str(d.phase_of(1)) == "1/2 + -1/2*_b0 + 3/4*theta*b0 + 1*b0*b1"


def test_variables_without_the_registry_of_their_graph_keep_their_kind() -> None:
    g = pyzx.Graph()
    g.add_vertex(Z, phase=pyzx.symbolic.new_var("a", True) + pyzx.symbolic.new_var("t", False))
    d = read(g)
    assert [b.name for b in d.bits] == ["a"]
    assert d.phase_of(0).symbols == {"t"}


PROGRAMS = [
    "qreg q[2]; creg c[1]; h q[0]; cx q[0],q[1]; measure q[0] -> c[0]; if(c==1) x q[1];",
    "qreg q[2]; creg c[1]; h q[0]; measure q[0] -> c[0]; reset q[0]; h q[0]; t q[0]; cx q[0],q[1]; if(c==1) t q[1];",
    "qreg q[3]; creg c[2]; h q[1]; cx q[1],q[2]; cx q[0],q[1]; h q[0]; measure q[0] -> c[0]; measure q[1] -> c[1]; "
    "if(c==1) z q[2]; if(c==2) x q[2]; if(c==3) x q[2]; if(c==3) z q[2];",
]


@pytest.mark.parametrize("body", PROGRAMS)
def test_measurements_of_circuits_of_pyzx_are_outcomes(body: str) -> None:
    text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\n{body}\n'
    circuit = pyzx.Circuit.from_qasm(text)
    theirs, ours = read(circuit), read(text)
    assert all(b.kind == BitKind.OUTCOME for b in theirs.bits)
    assert [(r.name, len(r.bits)) for r in theirs.registers] == [(r.name, len(r.bits)) for r in ours.registers]
    assert equal_instruments(ours, theirs)
    assert equal_instruments(ours, read_json(circuit.to_graph().to_json()))


def test_a_ground_is_a_forgotten_measurement() -> None:
    w = WireBuilder()
    a, b = w.add_input("q0"), w.add_input("q1")
    w.cx(a, b)
    w.discard(b)
    w.output(a, "q0")
    d = read_json(
        graph_json(
            [spider(0, 0), spider(1, 0), spider(2, row=1), spider(3, 2, row=1, is_ground=True), spider(4, 0, row=2)],
            [[0, 2, 1], [1, 3, 1], [2, 3, 1], [2, 4, 1]],
            [0, 1],
            outputs=[4],
        )
    )
    assert d.registers == ()
    assert equal_instruments(d, w.build())


def test_a_classical_wire_that_goes_straight_through_is_left_out() -> None:
    c = pyzx.Circuit(1, bit_amount=1)
    c.add_gate("HAD", 0)
    d = read(c)
    assert (len(d.inputs), len(d.outputs)) == (1, 1)


# ---- ends -----------------------------------------------------------------------------------------------------------


def test_ends_without_a_mark_are_found_by_the_direction_of_their_wires() -> None:
    nodes = (
        "\n".join(
            f"\\node [style=none] ({i}) at ({x}, {y}) {{}};"
            for i, (x, y) in enumerate([(0, -1), (0, 1), (2, 1), (2, -1)])
        )
        + "\n\\node [style=x dot] (4) at (1, 0) {$\\frac{\\pi}{4}$};"
    )
    d = read_tikz(tikz(nodes, "\\draw (4) to (0);\\draw (4) to (1.center);\\draw (2) to (4);\\draw (3) to (4);"))
    number = {0: 0, 1: 1, 4: 2, 2: 3, 3: 4}  # by rows
    assert d.inputs.tolist() == [number[1], number[0]]  # from top to bottom
    assert d.outputs.tolist() == [number[2], number[3]]
    assert d.spans[number[4]].line == 7


def test_nodes_in_one_place_stay_two() -> None:
    nodes = "\\node [style=z dot] (0) at (0, 0) {$\\pi$};\n\\node [style=x dot] (1) at (0, 0) {};"
    assert read_tikz(tikz(nodes)).num_vertices == 2


def test_quantomatic_marks_ends_by_true_and_hadamards_without_a_word() -> None:
    text = json.dumps(
        {
            "wire_vertices": {
                "b0": {"annotation": {"boundary": True, "coord": [0, 0], "input": True, "output": False}},
                "b1": {"annotation": {"boundary": True, "coord": [2, 0], "input": False, "output": True}},
            },
            "node_vertices": {
                "v0": {"annotation": {"coord": [1, 0]}, "data": {"type": "hadamard"}},
                "v1": {"annotation": {"coord": [1, 0]}, "data": {"type": "Z", "value": "\\pi/4"}},
                "h": {"annotation": {"coord": [1, 0]}, "data": {"type": "hadamard", "is_edge": "true"}},
            },
            "undir_edges": {
                "e0": {"src": "b0", "tgt": "v0"},
                "e1": {"src": "v0", "tgt": "v1"},
                "e2": {"src": "v1", "tgt": "h"},
                "e3": {"src": "h", "tgt": "b1"},
            },
        }
    )
    d = read_json(text)
    had = np.array([[1, 1], [1, -1]]) / 2**0.5
    np.testing.assert_allclose(kraus(d, {}), 2**0.5 * had @ np.diag([1, np.exp(0.25j * np.pi)]) @ had, atol=1e-12)


# ---- phases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3*pi/4", "3/4"), ("π", "1"), ("-π/2", "-1/2"), ("\\frac{\\pi}{4}", "1/4"), ("\\frac{3}{2}\\pi", "3/2"), ("~1.5", "3/2"), ("7\\pi/4", "7/4"),
        ("1/2pi", "1/2"), ("2(1/4+1/8)", "3/4"), ("1e-3", "1/1000"), ("", "0"), ("1/4 + -1/8", "1/8"), ("1 - -1", "2"), ("0.1", "1/10"),
    ],
)  # fmt: skip
def test_numbers_are_multiples_of_pi(text: str, value: str) -> None:
    assert parse_phase(text).get((), Fraction(0)) == Fraction(value)


def test_names_are_those_of_pyzx_and_of_latex() -> None:
    assert parse_phase("pi*a + x[0]⋅\\alpha_{12}/2 - spin") == {
        ("a",): 1,
        ("alpha_12", "x[0]"): Fraction(1, 2),
        ("spin",): -1,
    }
    assert parse_label("(0.5+1j)") == 0.5 + 1j
    assert parse_label("π/2") == 0.5  # as pyzx has it: a label is a number


@pytest.mark.parametrize(
    "text",
    ["bad(", "1/0", "a/b", "1/pi", "pi*pi", "__import__('os')", "1e99999", "9" * 401, "(a+b+c)^64", "(" * 50_000, "x" * 200_001,
     "((a+b+c+d)^9+1)((a+b+c+d)^9+1)((a+b+c+d)^9+1)", "1/" + "9" * 300 + "/" + "9" * 300],
    ids=lambda t: t[:12],
)  # fmt: skip
@pytest.mark.clause("ZX-3")
def test_what_is_no_phase_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_json(wire(spider(1, 1, text, 1)))
    assert caught.value.code == "ZX-3"


# ---- refusals -------------------------------------------------------------------------------------------------------

W_IN, W_OUT = spider(1, 4, row=1), spider(2, 5, row=2)
REFUSALS = {
    "nothing": ("ZX-1", ""),
    "NaN": ("ZX-1", '{"version": NaN}'),
    "deep": ("ZX-1", "[" * 100_000),
    "long number": ("ZX-1", '{"version": 2, "vertices": [' + "9" * 5000 + "]}"),
    "version": ("ZX-2", '{"version": 3, "vertices": []}'),
    "rule": ("ZX-2", '{"lhs_graph": {}, "rhs_graph": {}}'),
    "other JSON": ("ZX-2", '{"bits": [], "commands": []}'),
    "XML": ("ZX-2", "<?xml version='1.0'?><graph/>"),
    "product of symbols": ("ZX-3", wire(spider(1, 1, "a*b", 1))),
    "square of a symbol": ("ZX-3", wire(spider(1, 1, "a^2", 1))),
    "type": ("ZX-4", wire(spider(1, 7, row=1))),
    "type that is true": ("ZX-4", wire(spider(1, True, row=1))),  # type: ignore[arg-type]
    "twice": ("ZX-4", graph_json([spider(1), spider(1)], [])),
    "missing": ("ZX-4", graph_json([spider(1)], [[1, 2, 1]])),
    "edge type": ("ZX-4", graph_json([spider(1)], [[1, 1, 4]])),
    "edge type list": ("ZX-4", graph_json([spider(1)], [[1, 1, []]])),  # type: ignore[list-item]
    "position": ("ZX-4", graph_json([{"id": 0, "t": 1, "pos": ["a", 0]}], [])),
    "position far away": ("ZX-4", graph_json([{"id": 0, "t": 1, "pos": [10**400, 0]}], [])),
    "caption with an edge": ("ZX-4", graph_json([spider(0, 99), spider(1)], [[0, 1, 1]])),
    "boundary of two edges": ("ZX-5", graph_json([spider(0, 0), spider(1)], [[0, 1, 1], [0, 1, 1]], [0])),
    "boundary alone": ("ZX-5", graph_json([spider(0, 0)], [], [0])),
    "boundary with a loop": ("ZX-5", graph_json([spider(0, 0)], [[0, 0, 1]], [0])),
    "boundary with a phase": ("ZX-5", graph_json([spider(0, 0, "1"), spider(1)], [[0, 1, 1]], [0])),
    "boundary not listed": ("ZX-5", graph_json([spider(0, 0), spider(1, 0)], [[0, 1, 1]], [0])),
    "spider listed": ("ZX-5", graph_json([spider(0), spider(1, 0)], [[0, 1, 1]], [0], outputs=[1])),
    "listed twice": ("ZX-5", graph_json([spider(0, 0), spider(1, 0)], [[0, 1, 1]], [0, 0], outputs=[1])),
    "classical wire": ("ZX-5", wire(spider(1, row=1)).replace('"t": 0,', '"t": 0, "data": {"is_classical": true},')),
    "label with a symbol": ("ZX-7", wire(spider(1, 6, row=1, data={"label": "alpha"}))),
    "half a W node": ("ZX-7", wire(W_IN)),
    "W node by a plain edge": ("ZX-7", wire(W_IN, W_OUT)),
    "W node with a phase": ("ZX-7", wire({**W_IN, "phase": "1"}, W_OUT).replace("[1, 2, 1]", "[1, 2, 3]")),
    "W edge elsewhere": ("ZX-7", graph_json([spider(0), spider(1)], [[0, 1, 3]])),
    "ground on a box": ("ZX-7", wire(spider(1, 3, "1", 1, is_ground=True))),
    "label on many legs": ("ZX-7", graph_json([spider(0, 3, data={"label": "2"}), *(spider(i + 1) for i in range(6))],
                                              [[0, i + 1, 1] for i in range(6)])),
    "one variable measured twice": ("ZX-8", wire(*(spider(i, 2, "m", i, data={"outcome_type": "measurement", "result_symbol": "m"}) for i in (1, 2)))),
    "annotation": ("ZX-8", wire(spider(1, row=1, data={"gossamer": {"bits": [["m", "outcome", "", None]]}}))),
    "annotation of no sense": ("ZX-8", wire(spider(1, row=1, data={"gossamer": {"bits": [[1]]}}))),
    "register of no size": ("ZX-8", wire(spider(1, row=1, data={"gossamer": {"registers": [["c", 10**12, []]]}}))),
    "huge register": ("ZX-8", wire(spider(1, 2, "c[9999999]", 1, data={"outcome_type": "measurement", "result_symbol": "c[9999999]"}))),
    "outcome not in the phase": ("IR-7", wire(spider(1, 2, "1/2", 1, data={"outcome_type": "measurement", "result_symbol": "m"}))),
    "infinite factor": ("ZX-9", wire(scalar={"power2": 0, "phase": "0", "floatfactor": "1e999"})),
    "factor that is no number": ("ZX-9", wire(scalar={"power2": 0, "phase": "0", "floatfactor": "x"})),
    "power": ("ZX-9", wire(scalar={"power2": 0.5, "phase": "0"})),
    "sum with variables": ("ZX-9", wire(scalar={"power2": 0, "phase": "0", "sum_of_phases": {"0": 1, "a": 2, "1/2": 3}})),
    "sum near zero": ("ZX-9", wire(scalar={"power2": 0, "phase": "0", "sum_of_phases": {"0": 1, "2/3": 1, "4/3": 1}})),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), list(REFUSALS.values()), ids=list(REFUSALS))
def test_refusals(code: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_json(text, "file.zxg")
    assert caught.value.code == code


PICTURES = {
    "no picture": ("ZX-1", "hello"),
    "a command": ("ZX-1", tikz("\\input{/etc/passwd}")),
    "no number": ("ZX-1", tikz("\\node [style=z dot] (0) at (x, 0) {};")),
    "deep braces": ("ZX-1", tikz("\\node [style=z dot] (0) at (0, 0) {" + "{" * 9000 + "}" * 9000 + "};")),
    "unclosed brace": ("ZX-1", tikz("\\node [style=z dot] (0) at (0, 0) {" + "{}" * 90_000)),
    "phase": ("ZX-3", tikz("\\node [style=z dot] (0) at (0, 0) {$1/0$};")),
    "style": ("ZX-4", tikz("\\node [style=banana] (0) at (0, 0) {};")),
    "no style": ("ZX-4", tikz("\\node (0) at (0, 0) {};")),
    "edge style": ("ZX-4", tikz("\\node [style=z dot] (0) at (0, 0) {};", "\\draw [style=dashed] (0) to (0);")),
    "missing": ("ZX-4", tikz("\\node [style=z dot] (0) at (0, 0) {};", "\\draw (0) to (1);")),
    "twice": ("ZX-4", tikz("\\node [style=z dot] (0) at (0, 0) {};\\node [style=z dot] (0) at (1, 0) {};")),
    "infinite": ("ZX-4", tikz("\\node [style=z dot] (0) at (1e999, 0) {};")),
    "words that hang in the air": ("ZX-4", tikz("\\node [style=none] (0) at (0, 0) {$\\vdots$};")),
    "boundary with a text": ("ZX-4", tikz("\\node [style=none] (0) at (0, 0) {$1$};\\node [style=z dot] (1) at (1, 0) {};", "\\draw (0) to (1);")),
    "three wires in a point": ("ZX-5", tikz("\\node [style=none] (0) at (0, 0) {};\\node [style=z dot] (1) at (1, 0) {};", "\\draw (0) to (1);" * 3)),
    "label": ("ZX-7", tikz("\\node [style=z box] (0) at (0, 0) {$\\alpha$};")),
    "types": ("ZX-8", "% pyzx-metadata: !!\n" + tikz("")),
    "annotation": ("ZX-8", tikz("").replace("\n", " % gossamer: {}\n", 1)),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), list(PICTURES.values()), ids=list(PICTURES))
def test_refusals_of_pictures(code: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_tikz(text, "file.tikz")
    assert caught.value.code == code
    assert caught.value.diagnostic.span is not None


def test_objects_of_pyzx_are_refused_with_the_same_clauses() -> None:
    g = pyzx.Graph()
    v = g.add_vertex(pyzx.VertexType.Z_BOX)
    pyzx.utils.set_z_box_label(g, v, pyzx.symbolic.new_var("a", False))
    for code, graph in (("ZX-7", g), ("ZX-3", pyzx.Graph())):
        if code == "ZX-3":
            a, b = (pyzx.symbolic.new_var(n, False, graph.var_registry) for n in "ab")
            graph.add_vertex(Z, phase=a * b)
        with pytest.raises(InputError) as caught:
            read(graph)
        assert caught.value.code == code


@pytest.mark.clause("ZX-7")
def test_boxes_do_not_multiply_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gossamer.frontends.zx.MAX_GADGETS", 100)
    boxes = [spider(i, 3, "1/3") for i in range(5)]
    legs = [spider(10 + i) for i in range(6)]
    with pytest.raises(InputError) as caught:
        read_json(graph_json([*boxes, *legs], [[b, 10 + i, 1] for b in range(5) for i in range(6)]))
    assert caught.value.code == "ZX-7"


# ---- hostile files --------------------------------------------------------------------------------------------------

_CHILD = """
import json, sys, time
from gossamer.sources import read
from gossamer.diagnostics import GossamerError
read("OPENQASM 2.0; qreg q[1];")
out = {}
for path in sys.argv[1:]:
    start = time.process_time()
    try:
        d = read(path)
        d.verify()
        verdict = "accept"
    except GossamerError as error:
        verdict = "reject"
        str(error)
    out[path] = [verdict, time.process_time() - start]
with open("/proc/self/status") as status:  # the peak that getrusage tells is inherited from the parent
    out["memory"] = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps(out))
"""


@needs_shared
def test_hostile_files_do_as_their_manifest_says(tmp_path: Path) -> None:
    with (SHARED / "corpus/invalid/manifest.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.reader(handle) if row[0].startswith("zx/")]
    assert len(rows) == 33
    files = {str(SHARED / "corpus/invalid" / row[0]): row[1] for row in rows}
    ran = subprocess.run([sys.executable, "-c", _CHILD, *files], capture_output=True, cwd=tmp_path, check=True)
    found = json.loads(ran.stdout)
    assert found.pop("memory") < 512 * 1024  # KiB, the interpreter included; the manifest allows 256 MB each
    for path, (verdict, seconds) in found.items():
        assert files[path] in (verdict, "either"), path
        assert seconds < 5, path  # 1 in the manifest; the machine may be busy
    assert list(tmp_path.iterdir()) == []  # nothing in a file was run
    assert read(str(SHARED / "corpus/invalid/zx/scalar_zero.zxg")).scalar.is_zero


def test_a_short_file_cannot_ask_for_much_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    d = read_json(graph_json([spider(10**12), spider(-5, 2)], [[10**12, -5, 2]]))
    assert d.num_vertices == 2
    for text in ("(a+b+c+d+e+f+g+h)^64", "a^64" * 20_000):
        with pytest.raises(InputError):
            parse_phase(text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_files_are_read_by_their_endings(tmp_path: Path) -> None:
    for ending, text in (
        (".zxg", wire()),
        (".json", wire()),
        (".tikz", tikz("\\node [style=z dot] (0) at (0, 0) {};")),
    ):
        path = tmp_path / f"x{ending}"
        path.write_text(text)
        assert read(path).num_vertices in (1, 2)
        assert read(text + "\n").num_vertices in (1, 2)  # by its first word
    with pytest.raises(GossamerError) as caught:
        read("{}\n")
    assert caught.value.code == "ZX-2"


def test_a_proof_gives_the_diagram_that_it_starts_from() -> None:
    assert parse_json(json.dumps({"initial_graph": wire(), "proof_steps": []})).inputs == [0]
    assert gossamer.read(json.dumps({"initial_graph": json.loads(wire()), "proof_steps": []}) + "\n").num_edges == 1


def test_symbols_can_be_bound() -> None:
    d = bind(read_json(wire(spider(1, 1, "theta/2", 1))), {"theta": Fraction(1, 2)})
    assert str(d.phase_of(1)) == "1/4"
