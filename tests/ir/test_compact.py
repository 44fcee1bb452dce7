"""The compact form: inverse of its printer, and every clause of it has text that violates it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.conformance.strategies import diagrams
from gossamer.diagnostics import InputError
from gossamer.ir.compact import parse_compact, print_compact
from gossamer.ir.diagram import DiagramBuilder
from gossamer.ir.phase import BitExpr
from gossamer.ir.text import parse_text, print_text
from gossamer.registry import by_extension
from gossamer.specification import read_spec
from tests.ir.drawn import zx_diagrams
from tests.profiles import NIGHTLY, QUICK

SOURCES = st.one_of(zx_diagrams(symbols=("t", "u"), size=7), diagrams(symbols=("t",)))


def check_both_forms(d) -> None:
    compact, text = print_compact(d), print_text(d)
    assert parse_compact(compact) == d
    assert print_compact(parse_compact(compact)) == compact
    assert parse_text(text) == d
    assert print_text(parse_text(text)) == text
    assert print_text(parse_compact(compact)) == text


@QUICK
@given(SOURCES)
def test_diagrams_come_back(d):
    check_both_forms(d)


@pytest.mark.nightly
@NIGHTLY
@given(SOURCES)
def test_diagrams_come_back_nightly(d):
    check_both_forms(d)


def test_wide_columns_and_long_registers():
    b = DiagramBuilder()
    for i in range(70_000):
        b.edge(b.input(f"i{i}"), b.output(f"o{i}"), hadamard=i % 3 == 0)
    bit = b.input_bit("é\U0001f40d")
    b.register("c", [BitExpr.const(0)] * 1000 + [BitExpr.bit(bit)])
    d = b.build()
    assert '"edges":"u4:' in print_compact(d)
    assert parse_compact(print_compact(d)) == d


def base() -> dict:
    return json.loads(
        print_compact(
            parse_text(
                'gossamer diagram 1\nscalar 1/3 * sqrt2^1 * exp(1/4)\nb0 = outcome v1\nb1 = b0\nv0 = input 0 "q"\nv1 = X(1*b0)\n'
                'v0 - v1\nregister "c" 2\n"c"[1] = b1\n'
            )
        )
    )


def with_key(key, value):
    return {**base(), key: value}


BAD = [
    ("GSMJ-1", ""),
    ("GSMJ-1", "[" * 100_000),
    ("GSMJ-1", '{"kind": 1' + "0" * 100_000 + "}"),
    ("GSMJ-2", '{"gossamer": "\ud800"}'),
    ("GSMJ-1", with_key("registers", [["c", 2**31 - 1, []]])),
    ("GSMJ-2", "[]"),
    ("GSMJ-2", "{}"),
    ("GSMJ-2", with_key("more", 1)),
    ("GSMJ-2", with_key("version", 2)),
    ("GSMJ-2", with_key("inputs", [[-1, "q"]])),
    ("GSMJ-2", with_key("inputs", [[2**31, "q"]])),
    ("GSMJ-2", with_key("kind", "u8:AAAA")),
    ("GSMJ-2", with_key("phases", [[[[], "1.5", []]]])),
    ("GSMJ-2", with_key("phases", [[[[], "1" * 401, []]]])),
    ("GSMJ-2", with_key("scalar", ["1", 2**31, []])),
    ("GSMJ-2", with_key("bits", [{"kind": "random"}])),
    ("GSMJ-2", with_key("delays", [[1, "1", "ns"]])),
    ("GSMJ-2", with_key("delays", [[1, "1e400", "s"]])),
    ("GSMJ-3", with_key("delays", [[1, "1/0", "s"]])),
    ("GSMJ-3", with_key("delays", [[1, "1", "s"], [1, "1", "s"]])),
    ("IR-11", with_key("delays", [[1, "1", "s"]])),
    ("GSMJ-3", with_key("kind", "u1:A*==")),
    ("GSMJ-3", with_key("kind", "u2:AAAA")),
    ("GSMJ-3", with_key("kind", "u2://8=")),
    ("GSMJ-3", with_key("edges", "u4://///w==")),
    ("GSMJ-3", with_key("edges", "u1:AAAA")),
    ("GSMJ-3", with_key("hadamard", "")),
    ("GSMJ-3", with_key("hadamard", "gA==")),
    ("GSMJ-3", with_key("phases", [[[[], "1/0", []]]])),
    ("GSMJ-3", with_key("scalar", ["-1", 0, []])),
    ("GSMJ-3", with_key("bits", [{"kind": "outcome"}])),
    ("GSMJ-3", with_key("bits", [{"kind": "input", "expr": [], "name": "x"}])),
    ("GSMJ-3", with_key("registers", [["c", 1, [[1, [[]]]]]])),
    ("GSMJ-3", with_key("registers", [["c", 1, [[0, [[]]], [0, [[]]]]]])),
    ("PH-4", with_key("phases", [[[[], f"1/{3**600 + 2 * i}", []] for i in range(9)], []])),
    ("IR-1", with_key("kind", "u1:BwE=")),
    ("IR-3", with_key("inputs", [])),
    ("IR-5", with_key("bits", [{"kind": "outcome", "vertex": 1}, {"kind": "derived", "expr": [[1]]}])),
    ("IR-10", with_key("scalar", ["1" + "0" * 399, 2**31 - 1, []])),
]


@pytest.mark.parametrize(("code", "value"), BAD)
def test_bad_text_is_refused(code, value):
    with pytest.raises(InputError) as caught:
        parse_compact(value if isinstance(value, str) else json.dumps(value), "x.gsmj")
    assert caught.value.code == code, str(caught.value)
    assert caught.value.diagnostic.span.file == "x.gsmj"
    assert len(caught.value.diagnostic.message) < 400


def test_every_clause_of_the_form_is_violated():
    clauses = set(re.findall(r"^\[(GSMJ-[0-9]+)\] ", read_spec("ir.md"), re.MULTILINE))
    assert clauses == {code for code, _ in BAD if code.startswith("GSMJ")} | {"GSMJ-4"}  # the inverse: above


@QUICK
@given(diagrams(max_gates=8), st.data())
def test_one_wrong_character_is_an_error_or_another_diagram(d, data):
    text = print_compact(d)
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.sampled_from('0"[]{},:uA=/-')) + text[at + 1 :]
    try:
        check_both_forms(parse_compact(broken))
    except InputError as error:
        assert error.diagnostic.span is not None


def test_frontends_resolve_on_entry_and_printers_answer_to_the_ending():
    d = parse_text('gossamer diagram 1\nv0 = Z(0)\nv1 = input 0 "q"\nv2 = output 0 "q"\nv0 - v1\nv0 - v2\nv0 ~ v0\n')
    for ending in (".gsm", ".gsmj"):
        text = by_extension("printers", ending).load()(d)
        read = by_extension("frontends", ending).load()(text, "x")
        assert (read.num_edges, str(read.phase_of(0)), read.scalar.power) == (2, "1", -1)
