"""The meaning of the corpus equals that of Qiskit's readers, measured branches included."""

from __future__ import annotations

import pytest

from tests.frontends import compare_readers


@pytest.mark.nightly
@pytest.mark.skipif(not compare_readers.SHARED.is_dir(), reason="the corpus of circuits is not beside the checkout")
def test_nothing_differs() -> None:
    counts, different = compare_readers.main()
    assert different == []
    assert counts["qasm2 same"] > 200
    assert counts["qasm3 same"] > 120


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_wrong_reading_is_found(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[1];\n'
    if version == "3":
        head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[1] c;\n'
    measure = "measure q[0] -> c[0];" if version == "2" else "c[0] = measure q[0];"
    text = head + "h q[0];\ncx q[0], q[1];\n" + measure + "\nt q[1];\n"
    assert compare_readers.compare(text, f"qasm{version}")
    read = compare_readers.read_qasm
    monkeypatch.setattr(compare_readers, "read_qasm", lambda t: read(t.replace("t q[1]", "tdg q[1]")))
    assert not compare_readers.compare(text, f"qasm{version}")
