"""The meaning of the corpus equals that of other libraries' readers: whole instruments, measured branches and conditions included."""

from __future__ import annotations

import pytest

from gossamer.frontends.qasm import read_qasm
from tests.frontends import compare_readers
from tests.frontends.independent import NotComparable, compare_reading, readers
from tests.shared import needs_shared


@needs_shared
def test_nothing_differs_in_a_sample() -> None:
    result = compare_readers.main(step=16, max_bytes=4000)
    assert result.different == []
    assert result.count("qasm2") > 5
    assert result.count("qasm3") > 3


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize(("kind", "least"), [("qasm2", 220), ("qasm3", 145), ("qc", 15), ("tketjson", 5)])
def test_nothing_differs(kind: str, least: int) -> None:
    result = compare_readers.main((kind,))
    assert result.different == []
    assert result.count(kind) >= least


HEADS = {
    "qasm2": 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n',
    "qasm3": 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n',
}


@pytest.mark.parametrize("kind", ["qasm2", "qasm3"])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("t q[1];", "tdg q[1];"),
        ("rz(0.3) q[1];", "rz(0.300001) q[1];"),
        ("if (c == 1) x q[1];", "if (c == 2) x q[1];"),
        ("reset q[1];", "id q[1];"),
        ("measure q[1] -> c[1];", "measure q[1] -> c[1]; x q[1];"),
        ("if (c == 1) z q[1];", "if (c == 1) s q[1];"),
    ],
)
def test_a_wrong_reading_is_found(kind: str, right: str, wrong: str) -> None:
    head = HEADS[kind] + "h q[0];\ncx q[0], q[1];\nmeasure q[0] -> c[0];\n"
    tail = "\nh q[1];\n" if "reset" in right or "measure" not in right else "\n"
    for name, read in readers(kind).items():
        if name in ("pytket", "pyqasm") and kind == "qasm3":
            continue  # measured conditions on registers are not for pyqasm
        try:
            reading = read(head + right + tail)
        except NotComparable:
            assert name != "qiskit"
            continue
        assert compare_reading(read_qasm(head + right + tail), reading)
        assert not compare_reading(read_qasm(head + wrong + tail), reading)


def test_an_input_that_is_forgotten_counts() -> None:
    """A reset that only one of the two makes at the start is a difference."""
    head = HEADS["qasm2"]
    reading = readers("qasm2")["qiskit"](head + "reset q[0]; h q[0]; cx q[0], q[1];")
    assert compare_reading(read_qasm(head + "reset q[0]; h q[0]; cx q[0], q[1];"), reading)
    assert not compare_reading(read_qasm(head + "h q[0]; cx q[0], q[1];"), reading)
