"""The test vectors of the specification hold; a wrong one is noticed."""

from __future__ import annotations

import json

import pytest

from gossamer.conformance.vectors import Vector, check_vector, json_schema, load_vectors, parse_vector
from gossamer.diagnostics import GossamerError, InputError
from gossamer.specification import find_clause, read_spec, spec_folder

VECTORS = load_vectors()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v.name)
def test_vector(vector: Vector) -> None:
    check_vector(vector)


def test_there_are_vectors_of_every_kind() -> None:
    assert sum(v.expect.error is not None for v in VECTORS) >= 8
    assert sum(v.expect.unitary is not None for v in VECTORS) >= 5
    assert sum(v.expect.distribution is not None for v in VECTORS) >= 8
    assert {v.source.format for v in VECTORS} >= {"qasm", "gsm"}
    assert all(find_clause(v.expect.error) for v in VECTORS if v.expect.error)


def test_the_published_schema_is_the_one_of_the_model() -> None:
    assert json.loads(read_spec("vectors/schema.json")) == json_schema()


BELL = (spec_folder() / "vectors" / "bell.yaml").read_text()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("VEC-1", "- 1"),
        ("VEC-1", "vector: [1"),
        ("VEC-1", BELL + "colour: red\n"),
        ("VEC-1", BELL.replace("vector: 1", "vector: 2")),
        ("VEC-1", BELL.replace("about: ", "about: &a ")),
        ("VEC-1", BELL + "# " + "x" * 1_000_000),
        ("VEC-2", BELL.replace("  ebits: 1", "  error: QASM-1")),
        ("VEC-2", BELL.split("expect:")[0] + "expect: {}\n"),
    ],
)
def test_what_is_no_vector_is_refused(code: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_vector(text)
    assert caught.value.code == code


CZ = (spec_folder() / "vectors" / "remote-cz.yaml").read_text()
ERROR = (spec_folder() / "vectors" / "error-unknown-gate.yaml").read_text()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("VEC-3", BELL.replace("ebits: 1", "ebits: 0")),
        ("VEC-3", BELL.replace("- - c", "- - d").replace("[[c, 2]]", "[[d, 2]]")),
        ("VEC-3", BELL.replace("'00': 1/2", "'00': 0.4999")),
        ("VEC-3", BELL.replace("'11'", "'10'")),
        ("VEC-3", BELL.replace("cx q[0],q[1];", "cx q[0],q[7];")),
        ("VEC-3", CZ.replace("[-1, 0]", "[0, 1]")),
        ("VEC-3", ERROR.replace("error: QASM-7", "error: QASM-6")),
        ("VEC-3", ERROR.replace("hh q[0]", "h q[0]")),
    ],
)
def test_a_vector_that_does_not_hold_is_noticed(code: str, text: str) -> None:
    assert text not in (BELL, CZ, ERROR)
    with pytest.raises(GossamerError) as caught:
        check_vector(parse_vector(text))
    assert caught.value.code == code
