"""Files in the .qc format."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.diagnostics import InputError
from gossamer.frontends.qasm import read_qasm
from gossamer.frontends.qc import read
from tests.frontends.linear_map import linear_map, proportional

CORPUS = Path(__file__).resolve().parents[3] / "shared/corpus/qc"


def test_gates() -> None:
    body = "H a\ntof a b c\nZd b c a\ncnot b a\nT* c\nS a\nswap a c\nX b\nZ b c\n"
    want = read_qasm(
        'include "qelib1.inc"; qreg q[3]; h q[0]; ccx q[0],q[1],q[2]; ccz q[0],q[1],q[2]; cx q[1],q[0]; tdg q[2]; s q[0]; swap q[0],q[2];'
        " x q[1]; cz q[1],q[2];"
    )
    got = read(f".v a b c\n.i a b c\nBEGIN # here\n{body}END\n")
    assert proportional(linear_map(got, {}), linear_map(want, {}))


@pytest.mark.clause("QASM-16")
@pytest.mark.parametrize(
    "text",
    ["", ".v a\nBEGIN\n", ".v a\nBEGIN\nH b\nEND", ".v a\nBEGIN\nG a\nEND", ".v a a", "END", ".v a\nBEGIN\nH\nEND"],
)
def test_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, "a.qc")
    assert caught.value.code == "QASM-16"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of circuits is not beside the checkout")
def test_corpus() -> None:
    refused = set()
    for path in sorted(CORPUS.glob("*/*.qc")):
        if path.stat().st_size > 20_000:
            continue
        try:
            read(path.read_text(encoding="utf-8"), path.name)
        except InputError:
            refused.add(path.name)
    assert refused == {
        "circuits__broken__cycle_17_3.qc",
        "circuits__feyn_bench__big__cycle_17_3.qc",
    }  # a gate on one wire twice


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (".v a b\nBEGIN\ntof a, a\nEND", "3:8"),
        (".v a b\nBEGIN\nH c # there is none\nEND", "3:3"),
        (".v a a", "1:6"),
        (".v a\n.i b", "2:4"),
    ],
)
def test_the_caret_is_under_the_wire_that_is_wrong(text: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, "a.qc")
    assert f"--> a.qc:{place}\n" in str(caught.value)
    assert "\nhelp: " in str(caught.value)
