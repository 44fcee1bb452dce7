"""JSON in pieces: the text of the standard library, whatever the value."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

import gossamer
from gossamer.formats import json_text

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


def _standard(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@given(_VALUES)
def test_the_text_is_that_of_the_standard_library(value: object) -> None:
    assert "".join(json_text.json_pieces(value)) == _standard(value)


@given(st.lists(_VALUES, max_size=7), st.integers(1, 3))
def test_long_lists_come_in_pieces(values: list[object], many: int) -> None:
    before, json_text._MANY = json_text._MANY, many
    try:
        pieces = list(json_text.json_pieces({"a": values, "b": 1}))
    finally:
        json_text._MANY = before
    assert "".join(pieces) == _standard({"a": values, "b": 1})
    assert len(values) <= many or len(pieces) > len(values) // many


def test_manifests_are_written_field_by_field() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; h q; cx q[0],q[1]; cx q[1],q[2]; measure q -> c;'
    manifest = gossamer.compile(text, "3:qubits=1", effort=0, check=False).manifest
    assert manifest.links
    assert manifest.messages
    assert "".join(json_text.json_pieces(manifest)) == _standard(manifest.model_dump(mode="json"))
