"""The text form: printing and parsing are inverse, errors have places, hostile text costs bounded work."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.conformance.strategies import any_diagrams, diagrams, open_graphs, placements
from gossamer.diagnostics import InputError, Span
from gossamer.ir import text as text_module
from gossamer.ir.diagram import Bit, BitKind, Delay, DiagramBuilder, Register, VertexKind
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.placed import EventKind
from gossamer.ir.scalar import ZERO, Scalar
from gossamer.ir.text import parse_text, print_text
from gossamer.passes.graph_like import to_open_graph
from tests.profiles import NIGHTLY, QUICK

LEVELS = {
    "diagram": st.one_of(diagrams(symbols=("theta", "phi")), any_diagrams(input_bits=True)),
    "open graph": open_graphs(),
    "placed graph": placements(),
}


def check_inverse(level) -> None:
    level.verify()
    text = print_text(level)
    again = parse_text(text)
    assert again == level
    assert type(again) is type(level)
    assert print_text(again) == text


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_comes_back(level):
    QUICK(given(LEVELS[level])(check_inverse))()


@pytest.mark.nightly
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_comes_back_nightly(level):
    NIGHTLY(given(LEVELS[level])(check_inverse))()


DELAYED = """\
gossamer diagram 1

v0 = input 0 "q"
v1 = Z(0) delay 3/2 s
v2 = Z(0) delay 7 dt
v3 = output 0 "q"

v0 - v1
v1 ~ v2
v2 - v3
"""


def test_what_stands_after_a_vertex_comes_back():
    delayed = parse_text(DELAYED)
    assert delayed.delays == {1: Delay(Fraction(3, 2), "s"), 2: Delay(Fraction(7), "dt")}
    assert print_text(delayed) == DELAYED
    b = DiagramBuilder()
    joined = b.vertex(VertexKind.Z, Phase(Fraction(1, 4)))
    for end in (b.input("a"), b.input("b"), b.output("c")):
        b.edge(joined, end)
    graph = to_open_graph(b.build(), postselect=True)
    lines = print_text(graph).splitlines()
    marked = [i for i, line in enumerate(lines) if line.endswith(" postselect")]
    assert [lines[i].split(" = ")[0] for i in marked] == [f"v{v}" for v in graph.postselected]
    assert marked
    assert parse_text("\n".join(lines)) == graph
    for more in (" postselect", " delay 1 s"):
        with pytest.raises(InputError, match="GSM-4"):
            parse_text("\n".join(line + more if i in marked else line for i, line in enumerate(lines)))


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.isprintable)


@QUICK
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES)
def test_any_printable_name_comes_back(names, register):
    b = DiagramBuilder()
    for name in names:
        b.edge(b.input(name), b.output(name), hadamard=True)
    bit = b.input_bit(register)
    b.derived(~BitExpr.bit(bit), name=names[0])
    b.register(register, [BitExpr.const(0), BitExpr.bit(bit)])
    check_inverse(b.build())


def test_order_of_inputs_is_not_order_of_vertices():
    b = DiagramBuilder()
    first = b.vertex(VertexKind.H, Phase(1))
    b.edge(b.input("x"), first)
    b.edge(b.input("y"), first)
    d = b.build()
    d = type(d)(
        **{
            **{f: getattr(d, f) for f in d.__dataclass_fields__},
            "inputs": d.inputs[::-1].copy(),
            "input_names": ("y", "x"),
        }
    )
    check_inverse(d)


def test_comments_blank_lines_and_line_ends():
    text = 'gossamer diagram 1 // a comment\r\n\r\n// one more\r\nv0 = input 0 "a//b"   // "quoted"\nv1 = output 0 "q"\n\tv0  ~\tv1'
    d = parse_text(text)
    assert d.input_names == ("a//b",)
    assert d.hadamard.tolist() == [True]


def test_bare_factors_and_zero_terms():
    d = parse_text('gossamer diagram 1\nb0 = input "x"\nb1 = b0 & b0 ^ 0 ^ 1\nv0 = Z(b0 + -1/2*b1 + theta*b0 + b0)\n')
    assert d.bits[1].expr == ~BitExpr.bit(0)
    assert d.bits[1].kind == BitKind.DERIVED
    assert d.phase_of(0).symbols == {"theta"}
    assert d.phase_of(0).evaluate({0: 1, 1: 1}, {"theta": Fraction(0)}) == Fraction(3, 2)


BAD = [
    ("GSM-3", "", 1, 1),
    ("GSM-3", "v0 = Z(0)", 1, 1),
    ("GSM-3", "gossamer diagram 2", 1, 18),
    ("GSM-3", "gossamer diagram 1\ngossamer diagram 1", 2, 1),
    ("GSM-2", "gossamer diagramm 1", 1, 17),
    ("GSM-2", "gossamer diagram1", 1, 17),
    ("GSM-2", "gossamer placed 1\nnoden0 circuit data 1", 2, 5),
    ("GSM-2", "gossamer diagram 1\nv0 = W(0)", 2, 6),
    ("GSM-2", "gossamer diagram 1\nv0 = Z(0", 2, 9),
    ("GSM-2", "gossamer diagram 1\nv0 = Z(1/2.5)", 2, 11),
    ("GSM-2", 'gossamer diagram 1\nv0 = input 0 "q', 2, 14),
    ("GSM-2", "gossamer diagram 1\nv0 = Z(0) v1 = Z(0)", 2, 11),
    ("GSM-2", "gossamer diagram 1\n§", 2, 1),
    ("GSM-2", 'gossamer diagram 1\nregister "c" 1ss', 2, 14),
    ("GSM-3", "gossamer diagram 1\nv1 = Z(0)", 2, 1),
    ("GSM-3", "gossamer diagram 1\nv0 = Z(0)\nv0 = Z(0)", 3, 1),
    ("GSM-3", "gossamer diagram 1\nv0 = Z(0)\nv0 - v7\nv0 - v3", 3, 1),
    ("GSM-3", "gossamer diagram 1\nv0 = Z(1*b0)", 2, 1),
    ("GSM-3", 'gossamer diagram 1\nv0 = input 1 "q"\nv1 = output 0 "q"\nv0 - v1', 2, 1),
    ("GSM-3", 'gossamer diagram 1\n"c"[0] = 1', 2, 1),
    ("GSM-3", 'gossamer diagram 1\nregister "c" 1\n"c"[1] = 1', 3, 5),
    ("GSM-3", 'gossamer diagram 1\nregister "c" 1\nregister "c" 1', 3, 10),
    ("GSM-3", "gossamer open-graph 1\nv0 = XY(0)\norder v0..v1", 3, 11),
    ("GSM-3", "gossamer open-graph 1\nv0 = XY(0)\norder v0 v0", 3, 10),
    ("GSM-3", 'gossamer placed 1\nnode n0 circuit data 1\nv0 = OUTPUT(0) output 0 "q" @ n1\norder v0', 3, 1),
    ("GSM-3", "gossamer placed 1\nnode n0 circuit data 1\nl0 = n0 - n1", 3, 1),
    ("GSM-4", "gossamer diagram 1\norder v0", 2, 1),
    ("GSM-4", "gossamer diagram 1\nv0 = XY(0)", 2, 1),
    ("GSM-4", "gossamer diagram 1\nv0 = Z(0) -> v0", 2, 1),
    ("GSM-4", "gossamer open-graph 1\nv0 = H(0)", 2, 1),
    ("GSM-4", "gossamer open-graph 1\nv0 = XY(0) delay 1 s", 2, 1),
    ("GSM-4", "gossamer diagram 1\nv0 = Z(0) delay 1 s delay 1 s", 2, 1),
    ("GSM-2", "gossamer diagram 1\nv0 = Z(0) delay 1 ns", 2, 19),
    ("GSM-5", "gossamer diagram 1\nv0 = Z(0) delay 1/0 s", 2, 19),
    ("IR-11", "gossamer diagram 1\nv0 = Z(0)\nv1 = Z(0) delay -1 s\nv0 - v1\nv0 - v1", 3, 1),
    ("IR-11", 'gossamer diagram 1\nv0 = input 0 "q" delay 1 s\nv1 = output 0 "q"\nv0 - v1', 2, 1),
    ("GSM-4", "gossamer open-graph 1\nv0 = XY(0)\nv0 - v0", 3, 1),
    ("GSM-4", "gossamer open-graph 1\nv0 = XY(0) -> v1 -> v2", 2, 1),
    ("GSM-5", "gossamer diagram 1\nv0 = Z(1/0)", 2, 10),
    ("GSM-5", "gossamer diagram 1\nv0 = Z(2*a*b)", 2, 1),
    ("GSM-5", f"gossamer diagram 1\nv0 = Z({'9' * 5000})", 2, 8),
    ("GSM-5", "gossamer diagram 1\nv0 - v99999999999999", 2, 6),
    ("GSM-5", "gossamer diagram 1\nb0 = 2", 2, 6),
    ("GSM-5", 'gossamer diagram 1\nv0 = input 0 "\\q"', 2, 14),
    ("GSM-5", "gossamer placed 1\nnode n0 circuit data 99999999", 2, 1),
    ("GSM-1", 'gossamer diagram 1\nregister "c" 99999999', 2, 14),
    ("GSM-1", "gossamer diagram 1\nv0 = Z(" + "1+" * 600_000 + "1)", 2, 1),
    ("GSM-1", "gossamer diagram 1\nv0 = Z(" + "1+" * 45_000 + "1)", 2, 1),
    ("GSM-3", "gossamer diagram 1\n" + "scalar 1 * sqrt2^0 * exp(0)\n" * 2, 3, 1),
    ("GSM-4", "gossamer open-graph 1\nscalar 1 * sqrt2^0 * exp(0)", 2, 1),
    ("GSM-5", "gossamer diagram 1\nscalar -1 * sqrt2^0 * exp(0)", 2, 1),
    ("GSM-5", "gossamer diagram 1\nscalar 1/0 * sqrt2^0 * exp(0)", 2, 10),
    ("GSM-5", "gossamer diagram 1\nscalar 1 * sqrt2^3000000000 * exp(0)", 2, 18),
    ("GSM-3", "gossamer diagram 1\nscalar 1 * sqrt2^0 * exp(b0)", 2, 1),
    ("IR-5", "gossamer diagram 1\nv0 = Z(0)\nb0 = 1\nb1 = b2\nb2 = b1", 4, 1),
    ("PH-4", "gossamer diagram 1\nv0 = Z(" + "+".join(f"1/{3**600 + 2 * i}" for i in range(9)) + ")", 2, 1),
    ("IR-2", 'gossamer diagram 1\nv0 = Z(0)\nv1 = input 0 "q"', 3, 1),
    ("IR-4", 'gossamer diagram 1\nv0 = input 0 "\\ud800"\nv1 = output 0 "q"\nv0 - v1', 1, 1),
    ("OG-10", 'gossamer open-graph 1\nv0 = XY(0) -> v1\nv1 = OUTPUT(0) output 0 "q"\nv0 ~ v1\norder v1 v0', 2, 1),
]


@pytest.mark.parametrize(("code", "text", "line", "column"), BAD)
def test_bad_text_is_refused_with_its_place(code, text, line, column):
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.gsm")
    d = caught.value.diagnostic
    assert (d.code, d.span.file, d.span.line, d.span.column) == (code, "x.gsm", line, column), d.render()[:500]
    if line > 1 or code == "GSM-2":
        assert "^" in d.render()


def test_a_syntax_error_says_what_was_expected():
    with pytest.raises(InputError) as caught:
        parse_text("gossamer diagram 1\nv0 = Z(0)\nv0 v1\n", "x.gsm")
    assert caught.value.diagnostic.render().splitlines() == [
        "error[GSM-2]: unexpected 'v1'",
        "  --> x.gsm:3:4",
        "  |",
        "3 | v0 v1",
        "  |    ^^",
        "help: expected '-', '=', '~'",
    ]


@QUICK
@given(st.text(alphabet='gosamerdi 10vbj=Z(X)/*"-~>\n.@^&é', max_size=80))
def test_no_text_raises_anything_else(tail):
    for text in (tail, "gossamer diagram 1\n" + tail, "gossamer placed 1\nnode n0 circuit data 3\n" + tail):
        try:
            check_inverse(parse_text(text))
        except InputError as error:
            assert error.diagnostic.span is not None


@QUICK
@given(diagrams(max_gates=8), st.data())
def test_one_wrong_character_is_an_error_or_another_diagram(diagram, data):
    text = print_text(diagram)
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.sampled_from('0 v9=("~-b/\n^x')) + text[at + 1 :]
    try:
        check_inverse(parse_text(broken))
    except InputError as error:
        assert error.diagnostic.span is not None


def test_shapes_share_a_tree_but_not_their_numbers(monkeypatch):
    """With no room for shapes every line is parsed by the grammar; the result is the same."""
    lines = [f"v{i} = Z({i}/{i + 8} + 1/3*b{i % 2} + {i}*x{i})" for i in range(50)]
    text = "\n".join(["gossamer diagram 1", 'b0 = input "s1"', 'b1 = input "s2"', *lines])
    cached = parse_text(text)
    monkeypatch.setattr(text_module, "_MAX_SHAPES", 0)
    assert parse_text(text) == cached
    assert cached.phase_of(9).evaluate({0: 0, 1: 1}, {"x9": Fraction(0)}) == Fraction(9, 17) + Fraction(1, 3)


def test_a_hundred_thousand_lines_have_few_shapes(monkeypatch):
    """The grammar parses one line of each shape; so long files take time by the line, not by the word. Seconds: benchmarks/."""
    n = 50_000
    lines = [
        "gossamer diagram 1",
        *(f"v{i} = Z({i % 8}/4)" for i in range(n)),
        *(f"v{i} ~ v{i + 1}" for i in range(n - 1)),
    ]
    parsed = []
    real = text_module._syntax_tree
    monkeypatch.setattr(text_module, "_syntax_tree", lambda line, *rest: parsed.append(line) or real(line, *rest))
    d = parse_text("\n".join(lines))
    assert parsed == [lines[0], lines[1], lines[n + 1]]
    assert d.num_edges == n - 1
    assert np.array_equal(parse_text(print_text(d)).edges, d.edges)


def test_what_is_kept_is_bounded(monkeypatch):
    """Neither shapes nor phases are kept beyond a number of words; the result is the same."""
    lines = [f"v{i} = Z({' + '.join(f'{k}*s{i}' for k in range(1, i + 2))})" for i in range(30)]
    text = "\n".join(["gossamer diagram 1", *lines, *(x.replace(f"v{i} ", f"v{i + 30} ") for i, x in enumerate(lines))])
    kept = parse_text(text)
    monkeypatch.setattr(text_module, "_MAX_KEPT", 40)
    assert parse_text(text) == kept


def test_lines_are_those_of_split():
    for text in ("", "a", "\n", "a\n\nb\r\n", "\x0b\u2028a\nb"):
        assert list(text_module._lines(text)) == text.split("\n")


def test_scalars_are_printed_first_and_only_when_they_say_something():
    b = DiagramBuilder()
    b.input_bit("x")
    assert "scalar" not in print_text(b.build())
    b.scalar = Scalar(-3, Phase.of_bit(0) + Phase.of_symbol("t"), Fraction(5, 7))
    assert print_text(b.build()).splitlines()[2] == "scalar 5/7 * sqrt2^-3 * exp(1*t + 1*b0)"
    check_inverse(b.build())
    b.scalar = ZERO
    check_inverse(b.build())
    assert print_text(b.build()).splitlines()[2] == "scalar 0 * sqrt2^0 * exp(0)"


# --- the form itself ------------------------------------------------------------------------------------------------------

DIAGRAM = """gossamer diagram 1

scalar 5/7 * sqrt2^-3 * exp(1/4 + 1*b0)

b0 = outcome v3 "m"
b1 = outcome v4
b2 = input "flag"
b3 = 1 ^ b2 ^ b0&b2
b4 = 0 "never"

v0 = input 1 "p"
v1 = input 0 "q \\"\\" ä"
v2 = Z(0)
v3 = Z(1*b0)
v4 = X(1/4 + -2/3*alpha + 1*b1 + 1/2*b2 + 1*alpha*b0*b2)
v5 = H(1)
v6 = output 0 "r"
v7 = output 1 "s"

v0 - v2
v1 ~ v2
v2 ~ v2
v2 - v3
v2 ~ v4
v4 - v5
v4 - v6
v5 ~ v7

register "c" 3
"c"[1] = b3
"c"[2] = 1 ^ b0
register "empty" 0
"""
GRAPH = """gossamer open-graph 1

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
"""
PLACED = """gossamer placed 1

node n0 circuit data 2 comm 1
node n1 mbqc data 3
node n2 circuit data 1 comm 0

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

register "c" 1
"c"[0] = b0

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
"""


def test_a_diagram_is_read_as_it_is_written():
    d = parse_text(DIAGRAM)
    assert print_text(d) == DIAGRAM
    a, c = BitExpr.bit(0), BitExpr.bit(2)
    assert d.scalar == Scalar(-3, Phase(Fraction(1, 4)) + Phase.of_bit(0), Fraction(5, 7))
    assert d.bits == (
        Bit(BitKind.OUTCOME, 3, None, "m"),
        Bit(BitKind.OUTCOME, 4),
        Bit(BitKind.INPUT, name="flag"),
        Bit(BitKind.DERIVED, -1, ~(c ^ (a & c))),
        Bit(BitKind.DERIVED, -1, BitExpr(), "never"),
    )
    assert d.kind.tolist() == [3, 3, 0, 0, 1, 2, 4, 4]
    alpha = Phase.of_symbol("alpha")
    assert d.phase_of(4) == (
        Phase(Fraction(1, 4))
        + Phase.of_symbol("alpha", Fraction(-2, 3))
        + Phase.of_bit(1)
        + Phase.of_bit(2, Fraction(1, 2))
        + alpha.times(a & c)
    )
    assert (d.inputs.tolist(), d.input_names) == ([1, 0], ('q "" ä', "p"))
    assert (d.outputs.tolist(), d.output_names) == ([6, 7], ("r", "s"))
    assert d.edges.tolist() == [[0, 2], [1, 2], [2, 2], [2, 3], [2, 4], [4, 5], [4, 6], [5, 7]]
    assert d.hadamard.tolist() == [False, True, True, False, True, False, False, True]
    assert d.registers == (Register("c", (BitExpr(), BitExpr.bit(3), ~a)), Register("empty", ()))
    assert [x.dtype.name for x in (d.kind, d.phase, d.edges, d.hadamard)] == ["uint8", "int32", "int32", "bool"]


def test_a_graph_and_a_placed_graph_are_read_as_they_are_written():
    p = parse_text(PLACED)
    g = p.graph
    assert print_text(p) == PLACED
    assert print_text(g) == GRAPH
    assert parse_text(GRAPH) == g
    assert g.label.tolist() == [Label.XY, Label.X, Label.OUTPUT, Label.YZ, Label.XY, Label.OUTPUT]
    assert (g.flow_start.tolist(), g.flow.tolist(), g.outcome.tolist()) == (
        [0, 1, 1, 1, 2, 3, 3],
        [1, 3, 5],
        [-1, 0, -1, -1, -1, -1],
    )
    assert g.order.tolist() == [3, 4, 0, 1, 2, 5]
    assert p.network == Network(
        nodes=(
            Node(name="n0", data=2, comm=1),
            Node(name="n1", model="mbqc", data=3),
            Node(name="n2", data=1, comm=0),
        ),
        links=(NetworkLink(nodes=("n0", "n1")), NetworkLink(nodes=("n1", "n2"))),
    )
    assert (p.place.tolist(), p.links.tolist()) == ([0, 0, 1, 0, 1, 1], [[0, 1]])
    assert p.joins.tolist() == [[2, 7], [6, 0], [0, 3], [6, 3], [0, 1]]
    e = EventKind
    assert p.events.tolist() == [
        *([e.PREPARE, 0], [e.PREPARE, 2], [e.PREPARE, 4], [e.EBIT, 0], [e.JOIN, 0], [e.JOIN, 1], [e.ROTATE, 3]),
        *([e.MEASURE_HALF, 6], [e.MEASURE_HALF, 7], [e.PREPARE, 1], [e.JOIN, 4], [e.MEASURE, 0], [e.MEASURE, 1]),
        *([e.STEP, 4], [e.FINISH, 2], [e.FINISH, 5]),
    ]


def test_a_long_order_is_broken_into_lines_of_twelve():
    n = 26
    even = [2 * i for i in range(n // 2)] + [2 * i + 1 for i in range(n // 2)]
    lines = [f'v{v} = OUTPUT(0) output {v} "q{v}"' for v in range(n)]
    g = parse_text("\n".join(["gossamer open-graph 1", *lines, "order " + " ".join(f"v{v}" for v in even)]))
    assert g.order.tolist() == even
    assert [len(x.split()) - 1 for x in print_text(g).splitlines() if x.startswith("order")] == [12, 12, 2]
    assert parse_text(print_text(g)) == g


def test_a_hub_may_be_the_first_vertex():
    text = """gossamer open-graph 1

v0 = YZ(1/4) -> v0
v1 = OUTPUT(0) output 0 "q"

v0 ~ v1

order v0..v1
"""
    assert print_text(parse_text(text)) == text


def test_small_levels():
    assert print_text(DiagramBuilder().build()) == "gossamer diagram 1\n"
    assert parse_text("gossamer diagram 1").num_vertices == 0
    assert parse_text("gossamer open-graph 1").num_vertices == 0
    alone = parse_text("gossamer placed 1\nnode n0 circuit data 0")
    assert (alone.place.size, alone.links.shape, alone.joins.shape, alone.events.shape) == (0, (0, 2), (0, 2), (0, 2))


def cases() -> list[tuple[str, str, str]]:
    blocks = (Path(__file__).parent / "golden" / "gsm.txt").read_text(encoding="utf-8")[len("=== ") :].split("\n=== ")
    return [(title, *rest.split("\n---\n")) for title, _, rest in (b.partition("\n") for b in blocks)]


@pytest.mark.parametrize(("text", "said"), [pytest.param(*rest, id=title) for title, *rest in cases()])
def test_refusals_read_well(text, said):
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.gsm")
    assert str(caught.value) == said.rstrip("\n")


# --- limits: the last value that is taken and the first that is refused ----------------------------------------------------


def refused(text: str) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.gsm")
    d = caught.value.diagnostic
    assert d.span is not None
    assert d.span.file == "x.gsm"
    return d.code, d.message


def test_characters_of_a_text(monkeypatch):
    text = "gossamer diagram 1\n"
    monkeypatch.setattr(text_module, "MAX_TEXT", len(text))
    parse_text(text)
    assert refused(text + "\n") == ("GSM-1", f"the text has more than {len(text)} characters")
    with pytest.raises(InputError) as caught:
        parse_text(text + "\n", "x.gsm")
    assert caught.value.diagnostic.span == Span("x.gsm", 1, 1)


def test_characters_and_words_of_a_line(monkeypatch):
    monkeypatch.setattr(text_module, "MAX_LINE", 25)
    parse_text("gossamer diagram 1\nv0 = Z(1 + 1 + 1 + 10000)     // spaces and comments do not count")
    assert refused("gossamer diagram 1\nv0 = Z(1 + 1 + 1 + 100000)") == ("GSM-1", "a line of more than 25 characters")
    monkeypatch.setattr(text_module, "MAX_LINE", 1000)
    monkeypatch.setattr(text_module, "MAX_WORDS", 5)
    parse_text("gossamer diagram 1\nv0 = Z(1 + 1 + 10000)")
    assert refused("gossamer diagram 1\nv0 = Z(1 + 1 + 1 + 1)") == ("GSM-1", "a line of more than 5 words")


def test_digits_of_a_number(monkeypatch):
    monkeypatch.setattr(text_module, "MAX_DIGITS", 3)
    d = parse_text("gossamer diagram 1\nv0 = Z(999/998)\nv1 = Z(1/999)\n")
    assert [d.phase_of(v) for v in (0, 1)] == [Phase(Fraction(999, 998)), Phase(Fraction(1, 999))]
    for wrong in ("1000", "0001", "1/1000", "1/0001"):
        assert refused(f"gossamer diagram 1\nv0 = Z({wrong})") == ("GSM-5", "a number that is larger than 1000")
    big = 2**31 - 1
    monkeypatch.undo()
    assert parse_text(f"gossamer diagram 1\nscalar 1 * sqrt2^-{big} * exp(0)").scalar.power == -big
    assert parse_text(f"gossamer diagram 1\nscalar 1 * sqrt2^{big} * exp(0)").scalar.power == big
    assert refused(f"gossamer diagram 1\nscalar 1 * sqrt2^{big + 1} * exp(0)")[0] == "GSM-5"
    assert parse_text("gossamer diagram 1\nscalar 0 * sqrt2^0 * exp(0)").scalar.is_zero


def test_bits_of_all_registers(monkeypatch):
    monkeypatch.setattr(text_module, "MAX_REGISTER_BITS", 5)
    d = parse_text('gossamer diagram 1\nregister "a" 2\nregister "b" 3')
    assert [len(r.bits) for r in d.registers] == [2, 3]
    for sizes in ((6,), (2, 4)):
        lines = [f'register "{n}" {k}' for n, k in zip("ab", sizes, strict=False)]
        assert refused("\n".join(["gossamer diagram 1", *lines])) == ("GSM-1", "registers with more than 5 bits")


def test_number_of_nodes(monkeypatch):
    monkeypatch.setattr(text_module, "MAX_NODES", 2)
    text = "gossamer placed 1\nnode a circuit data 1\nnode b circuit data 1\nchannel a - b\n"
    assert parse_text(text).network.size == 2
    assert refused(text + "node c circuit data 1") == ("GSM-1", "more than 2 nodes")


@pytest.mark.parametrize(("of", "end"), [("phase", ")"), ("expression", "")])
def test_what_is_too_large_is_refused_at_its_line(of, end):
    """PH-4 from within a phase and from within a bit expression."""
    start = "v0 = Z(" if of == "phase" else "b4100 = "
    sign = " + " if of == "phase" else " ^ "
    bits = [f'b{i} = input "i{i}"' for i in range(4100)]
    text = "\n".join(["gossamer diagram 1", *bits, start + sign.join(f"b{i}" for i in range(4100)) + end])
    code, message = refused(text)
    assert (code, "more than 4096 terms; use a derived bit" in message) == ("PH-4", True)


def test_expressions_in_their_loose_form():
    text = """gossamer diagram 1
b0 = input "x"
b1 = b0 & 1 ^ b0 & 0 ^ 1 & 1 ^ 0 ^ b0 & b0 & b0
b2 = 0 & 1 ^ 1 & 0
b3 = 1 ^ 1
v0 = Z(-1/2 + -3*b0 + 1/4*b0*b0 + 2*t + t*b0 + 0*u)
"""
    d = parse_text(text)
    assert [b.expr for b in d.bits[1:]] == [BitExpr.const(1), BitExpr(), BitExpr()]
    t = Phase.of_symbol("t")
    want = Phase(Fraction(-1, 2)) + Phase.of_bit(0, -3) + Phase.of_bit(0, Fraction(1, 4)) + t.scaled(2)
    assert d.phase_of(0) == want + t.times(BitExpr.bit(0))


def test_names_that_look_like_indices_are_names():
    p = parse_text(PLACED.replace("n0", "v0").replace("n1 mbqc", "l2 b7").replace("n1", "l2").replace("n2", "input"))
    assert [(n.name, n.model) for n in p.network.nodes] == [("v0", "circuit"), ("l2", "b7"), ("input", "circuit")]
    assert p == replace(parse_text(PLACED), network=p.network)
