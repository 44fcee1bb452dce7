"""The text form: printing and parsing are inverse, errors have places, hostile text costs bounded work."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gossamer.conformance.strategies import diagrams, open_graphs, placements
from gossamer.diagnostics import InputError
from gossamer.ir import text as text_module
from gossamer.ir.diagram import BitKind, DiagramBuilder, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import ZERO, Scalar
from gossamer.ir.text import parse_text, print_text

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_inverse(level) -> None:
    level.verify()
    text = print_text(level)
    again = parse_text(text)
    assert again == level
    assert type(again) is type(level)
    assert print_text(again) == text


@SOME
@given(diagrams(symbols=("theta", "phi")))
def test_diagrams_come_back(diagram):
    check_inverse(diagram)


@SOME
@given(open_graphs())
def test_open_graphs_come_back(graph):
    check_inverse(graph)


@SOME
@given(placements())
def test_placements_come_back(placed):
    check_inverse(placed)


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.isprintable)


@SOME
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


@SOME
@given(st.text(alphabet='gosamerdi 10vbj=Z(X)/*"-~>\n.@^&é', max_size=80))
def test_no_text_raises_anything_else(tail):
    for text in (tail, "gossamer diagram 1\n" + tail, "gossamer placed 1\nnode n0 circuit data 3\n" + tail):
        try:
            check_inverse(parse_text(text))
        except InputError as error:
            assert error.diagnostic.span is not None


@SOME
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
