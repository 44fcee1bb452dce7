"""Pictures: well-formed, complete, the same each time, and text from the source is text."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.cli import call
from gossamer.conformance.strategies import any_diagrams, diagrams, placements
from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import Placed
from gossamer.ir.wires import WireBuilder
from gossamer.report.drawing import draw_diagram, draw_placed, phase_text
from gossamer.report.layout import place_by_springs, place_diagram, place_on_wires
from gossamer.report.picture import Band, Dot, Line, Picture, Shape, Stroke, to_html, to_svg

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.qasm"))
SVG = "{http://www.w3.org/2000/svg}"
BELL = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'


def drawn(svg: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Numbers of the dots, and the pairs of the lines, read back from the document."""
    root = ElementTree.fromstring(svg)
    dots = [int(g.attrib["data-dot"]) for g in root.iter(f"{SVG}g")]
    pairs = [e.attrib["data-edge"].split() for e in root.iter() if "data-edge" in e.attrib]
    return dots, [(int(a), int(b)) for a, b in pairs]


@settings(max_examples=60)
@given(st.one_of(any_diagrams(input_bits=True), diagrams(max_wires=4, max_gates=20)))
def test_every_vertex_and_edge_is_there_and_nothing_changes_from_time_to_time(d: Diagram) -> None:
    svg = to_svg(draw_diagram(d))
    dots, lines = drawn(svg)
    assert dots == list(range(d.num_vertices))
    assert lines == [tuple(e) for e in d.edges.tolist()]
    assert svg.count('class="hadamard"') == int(d.hadamard.sum())
    assert to_svg(draw_diagram(d)) == svg


@settings(max_examples=40)
@given(placements(max_wires=2, max_steps=8, max_nodes=3, max_ebits=2))
def test_every_terminal_step_join_and_link_is_there(p: Placed) -> None:
    picture = draw_placed(p)
    dots, lines = drawn(to_svg(picture))
    n = p.graph.num_vertices
    assert len(dots) == n + 2 * p.num_links
    assert [b.text.split(" ")[0] for b in picture.bands] == [node.name for node in p.network.nodes]
    for a, b in p.joins.tolist():
        assert (a, b) in lines
    assert [(x.a, x.b) for x in picture.lines if x.stroke == Stroke.LINK] == [
        (n + 2 * k, n + 2 * k + 1) for k in range(p.num_links)
    ]
    for number, dot in enumerate(picture.dots):
        band = picture.bands[p.node_of(number)]
        assert band.top <= dot.y <= band.bottom
    assert to_svg(draw_placed(p)) == to_svg(picture)


@settings(max_examples=60)
@given(diagrams(max_wires=4, max_gates=20))
def test_dots_are_apart_and_circuits_run_from_left_to_right(d: Diagram) -> None:
    places = place_on_wires(d)
    if places is None:
        places = place_by_springs(d)
    else:
        assert all(places[v][0] == 0 for v in d.inputs.tolist())
    assert len(set(places)) == d.num_vertices
    for v in d.outputs.tolist():
        assert places[v][0] == max(x for x, _ in places)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_examples_are_drawn_as_circuits(path: Path) -> None:
    d = gossamer.read(path)
    places = place_on_wires(d)
    assert places is not None
    assert places == place_diagram(d)
    for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
        if not h:  # along a wire or upright
            assert places[a][0] == places[b][0] or places[a][1] == places[b][1]


def test_no_upright_line_passes_through_a_dot() -> None:
    w = WireBuilder()
    wires = [w.add_input(f"q{i}") for i in range(4)]
    w.cx(wires[0], wires[3])
    w.rz(wires[1], Phase(Fraction(1, 4)))
    w.cx(wires[1], wires[2])
    w.rz(wires[2], Phase(1))
    for i, q in enumerate(wires):
        w.output(q, f"q{i}")
    d = w.build()
    places = place_on_wires(d)
    assert places is not None
    for a, b in d.edges.tolist():
        (x, y), (u, v) = places[a], places[b]
        if x == u:
            assert not any(p == x and min(y, v) < q < max(y, v) for p, q in places)


def test_springs_keep_the_ends_in_order_on_their_sides() -> None:
    b = DiagramBuilder()
    ends = [b.input(f"i{k}") for k in range(3)]
    mid = [b.vertex(VertexKind.Z, Phase(Fraction(k, 4))) for k in range(6)]
    ends += [b.output(f"o{k}") for k in range(3)]
    for k in range(3):
        b.edge(ends[k], mid[k])
        b.edge(ends[3 + k], mid[3 + k])
        for j in range(3):
            b.edge(mid[k], mid[3 + j], hadamard=True)
    d = b.build()
    assert place_on_wires(d) is None
    places = place_diagram(d)
    assert {places[v][0] for v in ends[:3]} == {0.0}
    assert len({places[v][0] for v in ends[3:]}) == 1
    assert [places[v][1] for v in ends[:3]] == sorted(places[v][1] for v in ends[:3])


@given(st.text(max_size=40))
def test_text_is_escaped_and_the_document_well_formed(text: str) -> None:
    picture = Picture(
        [Dot(0, 0, shape, text, text, text) for shape in Shape],
        [Line(0, 1, Stroke.LINK, text, 0.2), Line(2, 3, Stroke.PLAIN)],
        [Band(0, 1, text)],
        text,
        [text],
    )
    svg = to_svg(picture)
    allowed = {f"{SVG}{tag}" for tag in ("svg", "title", "style", "rect", "line", "path", "g", "circle", "text")}
    assert {e.tag for e in ElementTree.fromstring(svg).iter()} <= allowed
    assert svg in to_html(picture)


def test_a_hostile_name_stays_a_name() -> None:
    evil = '"><script>alert(1)</script>'
    w = WireBuilder()
    q = w.add_input(evil)
    w.register("<b>&", [BitExpr.bit(w.measure(q))])
    page = gossamer.draw(w.build(), page=True)
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    root = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    assert evil[:10] in "".join(root.itertext())


def test_bits_registers_and_classical_parts_are_named() -> None:
    w = WireBuilder()
    a = w.add_input("a")
    key = w.builder.input_bit("key")
    m = w.measure(a, keep=True)
    n = w.builder.derived(BitExpr.bit(m) ^ BitExpr.bit(key))
    w.rz(a, Phase(Fraction(1, 4)).times(BitExpr.bit(n)))
    w.output(a, "a")
    w.register("c", [BitExpr.bit(m), BitExpr.bit(n), ~BitExpr.bit(m)])
    picture = draw_diagram(w.build())
    assert [dot.tag for dot in picture.dots if dot.tag] == [f"b{m} → c[0]"]
    assert f"π·b{n}/4" in [dot.text for dot in picture.dots]
    assert list(picture.notes) == [
        f"b{key} = classical input key",
        f"b{n} = b{min(m, key)} ^ b{max(m, key)}",
        f"c[1] = b{n}",
        f"c[2] = 1 ^ b{m}",
    ]


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        (Phase(), ""),
        (Phase(1), "π"),
        (Phase(Fraction(7, 4)), "7π/4"),
        (Phase.of_symbol("x", -2), "−2π·x"),
        (Phase(Fraction(1, 3)) + Phase.of_bit(0), "π/3+π·b0"),
        (Phase(Fraction(1, 2**40)), "9.095e-13π"),
    ],
)
def test_phases_are_written_as_people_do(phase: Phase, text: str) -> None:
    assert phase_text(phase) == text


@pytest.mark.clause("DRAW-1")
def test_what_no_one_could_read_is_refused() -> None:
    gates = "h q[0]; t q[0]; " * 2001
    with pytest.raises(InputError, match="too many for a picture"):
        gossamer.draw(f'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; {gates}')


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "bell.qasm", tmp_path / "out"
    source.write_text(BELL)
    assert call(["draw", str(source), "-o", str(tmp_path / "a.svg")]) == 0
    assert (tmp_path / "a.svg").read_text() == gossamer.draw(BELL)
    assert call(["draw", str(source), "-o", str(tmp_path / "a.html")]) == 0
    assert (tmp_path / "a.html").read_text() == gossamer.draw(BELL, page=True)
    assert call(["compile", str(source), "-n", "2:qubits=1", "-o", str(out)]) == 0
    assert call(["draw", str(out), "-o", str(tmp_path / "b.svg")]) == 0
    program = gossamer.compile(BELL, "2:qubits=1")
    ElementTree.fromstring(program.draw())
    links = len(json.loads((out / "report.json").read_text())["links"])
    assert len(re.findall('class="link"', (tmp_path / "b.svg").read_text())) == links > 0
    capsys.readouterr()
    assert call(["draw", str(source), "-o", str(tmp_path / "a.png")]) == 2
    assert "known endings: .svg, .html" in capsys.readouterr().err
    (out / "placed.gsm").unlink()
    assert call(["draw", str(out), "-o", str(tmp_path / "c.svg")]) == 1
    assert not (tmp_path / "c.svg").exists()


@pytest.mark.clause("GSM-3")
def test_a_folder_without_a_placed_graph_is_refused(tmp_path: Path) -> None:
    gossamer.compile(BELL, "2:qubits=1").save(tmp_path / "out")
    (tmp_path / "out" / "placed.gsm").write_text(gossamer.convert(BELL))
    with pytest.raises(InputError, match="holds no placed graph"):
        gossamer.draw(tmp_path / "out")
