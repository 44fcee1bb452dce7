"""Our JSON of patterns: printing and reading are inverse, and what has another form is refused where it stands."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given

from gossamer.conformance.strategies import patterns
from gossamer.diagnostics import InputError
from gossamer.formats.pattern_json import print_pattern, read_pattern
from gossamer.ir.pattern import Basis, CorrectZ, Measure
from gossamer.ir.phase import BitExpr, Phase
from gossamer.specification import read_spec
from tests.profiles import NIGHTLY, QUICK


def check_inverse(pattern):
    text = print_pattern(pattern)
    again = read_pattern(text)
    assert again == pattern
    assert print_pattern(again) == text
    lines = text.split("\n")
    for i, span in again.spans.items():  # the place of each command is its line
        command = json.loads(lines[span.line - 1][span.column - 1 : span.end_column - 1])
        assert command["kind"] in "NEMXZC"
        assert len(again.spans) == len(again.commands) > i


@QUICK
@given(patterns(input_bits=True, symbols=("theta", "φ")))
def test_printing_and_reading_are_inverse(pattern):
    check_inverse(pattern)


@pytest.mark.nightly
@NIGHTLY
@given(patterns(input_bits=True, symbols=("theta", "φ")))
def test_printing_and_reading_are_inverse_nightly(pattern):
    check_inverse(pattern)


def test_the_example_of_the_specification():
    text = re.search(r"```json\n(.*?)```", read_spec("pattern.md"), re.DOTALL)[1]
    pattern = read_pattern(text)
    check_inverse(pattern)
    assert print_pattern(pattern) == text
    b = [BitExpr.bit(i) for i in range(4)]
    assert Measure(1, Basis.X, Phase(), b[0], b[2]) in pattern.commands
    assert CorrectZ(2, b[0] & b[1] ^ BitExpr.const(1)) in pattern.commands


GOOD = '{"gossamer": "pattern", "version": 1, "inputs": [[0, "q"]], "outputs": [[1, "q"]], "bits": [{"kind": "outcome", "node": 0}], "commands": [\n%s]}'
LINE = '{"kind": "N", "node": 1},\n{"kind": "E", "nodes": [0, 1]},\n%s'
M = '{"kind": "M", "node": 0, "basis": "XY"%s}'

#: Code, text, line and column of the caret, and words of the message.
BAD = [
    ("PT-12", "{", 1, 2, "no JSON"),
    ("PT-12", "[" * 100_000, 1, 1, "nested"),
    ("PT-12", '{"a": 1, "a": 2}', 1, 1, "'a' is there twice"),
    ("PT-12", "1" * 5000, 1, 1, "no JSON"),
    ("PT-12", " " * (2**26 + 1), 1, 1, "characters"),
    ("PT-13", "[]", 1, 1, "no object"),
    ("PT-13", '{"gossamer": "pattern"}', 1, 1, "no 'version'"),
    ("PT-13", GOOD.replace("1,", "2,", 1) % "", 1, 36, "version"),
    ("PT-13", GOOD.replace('"pattern"', '"diagram"') % "", 1, 14, "diagram"),
    ("PT-13", GOOD.replace('[[0, "q"]]', '[[0]]') % "", 1, 50, "list of two"),
    ("PT-13", GOOD.replace('"node": 0}', '"node": 0, "expr": "b0"}') % "", 1, 93, "derived"),
    ("PT-13", GOOD % '{"node": 1}', 2, 1, "no 'kind'"),
    ("PT-13", GOOD % '{"kind": "T", "node": 1}', 2, 10, "'T'"),
    ("PT-13", GOOD % '{"kind": "N", "node": 1, "color": 3}', 2, 35, "color"),
    ("PT-13", GOOD % '{"kind": "N", "node": 1.5}', 2, 23, "whole number"),
    ("PT-13", GOOD % '{"kind": "N", "node": true}', 2, 23, "whole number"),
    ("PT-13", GOOD % '{"kind": "N", "node": -1}', 2, 23, "-1"),
    ("PT-13", GOOD % (LINE % (M % ', "angle": "1/0"')), 4, 50, "1/0"),
    ("PT-13", GOOD % (LINE % (M % ', "angle": "a*b"')), 4, 50, "product of the symbols"),
    ("PT-13", GOOD % (LINE % (M % ', "angle": "1/4 + +"')), 4, 50, "''"),
    ("PT-13", GOOD % (LINE % (M % ', "angle": [1]')), 4, 50, "no text"),
    ("PT-13", GOOD % (LINE % (M % ', "s": "b0 ^ a"')), 4, 46, "'a'"),
    ("PT-13", GOOD % (LINE % (M % ', "s": [0]')), 4, 46, "no text"),
    ("PT-13", GOOD % (LINE % '{"kind": "C", "node": 0, "gates": ["t"]}'), 4, 36, "'t'"),
    ("PT-9", GOOD % (LINE % (M % ', "angle": NaN')), 4, 50, "nan"),
    ("PT-9", GOOD % (LINE % (M % ', "angle": 1e999')), 4, 50, "inf"),
    ("PT-8", GOOD % (LINE % (M % ', "t": "b0"')), 4, 1, "its own outcome"),
    ("PT-4", GOOD % '{"kind": "E", "nodes": [0, 1]}', 2, 1, "node 1"),
    ("PT-2", GOOD % '{"kind": "N", "node": 1},\n{"kind": "N", "node": 1}', 3, 1, "second time"),
    ("IR-6", GOOD % (LINE % (M % ', "t": "b7"')), 4, 1, "b7"),
    ("PH-4", GOOD % (LINE % (M % f', "angle": "{"9" * 399} + 1/{"9" * 397} + 1/{"7" * 397}"')), 4, 50, "angle"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "line", "column", "words"), BAD, ids=range(len(BAD)))
def test_what_has_another_form_is_refused_where_it_stands(code, text, line, column, words):
    with pytest.raises(InputError) as caught:
        read_pattern(text, "x.pattern.json")
    d = caught.value.diagnostic
    assert d.code == code, str(caught.value)
    assert (d.span.file, d.span.line, d.span.column) == ("x.pattern.json", line, column), str(caught.value)
    assert words in d.message
    assert len(str(caught.value)) < 1000


def test_the_good_text_of_the_refusals_is_good():
    assert len(read_pattern(GOOD % (LINE % (M % ', "angle": 0.25, "s": "0"'))).commands) == 3
