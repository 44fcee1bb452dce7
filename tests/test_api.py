"""The Python API: what it takes for a source and a network, and what its values hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gossamer
from gossamer import sources
from gossamer.diagnostics import GossamerError

TEXT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; measure q -> c;'


def test_a_source_is_a_path_a_text_or_a_diagram(tmp_path: Path) -> None:
    path = tmp_path / "a.qasm"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    diagram = gossamer.read(TEXT)
    assert gossamer.read(path) == gossamer.read(str(path)) == gossamer.read(diagram) == diagram
    assert gossamer.read(gossamer.convert(TEXT)) == diagram
    text = tmp_path / "a.txt"
    text.write_text(TEXT)
    assert gossamer.read(text, "qasm") == diagram
    for source in (3, None, [TEXT]):
        with pytest.raises(GossamerError) as caught:
            gossamer.read(source)
        assert (caught.value.code, caught.value.exit_code) == ("TL-2", 2)


def test_a_network_is_a_name_a_file_or_a_value(tmp_path: Path) -> None:
    from gossamer.ir.network_text import print_network

    network = gossamer.resolve_network("line:3:qubits=1")
    path = tmp_path / "net.yaml"
    path.write_text(print_network(network))
    reports = [gossamer.compile(TEXT, n, check=False).report for n in (network, "line:3:qubits=1", path, str(path))]
    assert all(report == reports[0] for report in reports)
    broken = gossamer.Network(nodes=network.nodes, links=())
    with pytest.raises(GossamerError) as caught:
        gossamer.compile(TEXT, broken)
    assert caught.value.code == "NW-12"


def test_the_same_arguments_give_the_same_files() -> None:
    first, second = (gossamer.compile(TEXT, "3:qubits=1", seed=4).files() for _ in range(2))
    assert {**first, "timings.json": ""} == {**second, "timings.json": ""}


def test_the_manifest_names_the_source() -> None:
    digests = {
        gossamer.compile(t, "3:qubits=1", check=False).manifest.source_digest
        for t in (TEXT, TEXT, TEXT.replace("h", "x", 1))
    }
    assert len(digests) == 2
    assert all(len(d) == 64 for d in digests)


def test_a_compiled_program_shows_itself() -> None:
    program = gossamer.compile(TEXT, "3:qubits=1")
    assert repr(program) == f"<CompiledProgram: 3 nodes, 2 ebits, verified: {program.report['verified']}>"
    assert program._repr_html_().startswith("<table>")
    assert "<td>2 (at least " in program._repr_html_()
    assert len(program.links) == 2
    assert [p.node for p in program.programs] == ["n0", "n1", "n2"]
    assert json.loads(program.files()["report.json"]) == json.loads(json.dumps(program.report))
    assert sum(program.run(shots=100).counts.values()) == 100
    assert program.verify(TEXT).holds is True
    assert program.verify(TEXT.replace("h q[0]", "x q[0]")).holds is False


@pytest.mark.parametrize(
    ("statements", "wires"),
    [
        ("", 5),
        ("reset q[0];", 5),
        ("measure q[0] -> c[0]; reset q[0];", 5),
        ("measure q[0] -> c[0]; reset q[0]; measure q[0] -> c[0]; reset q[0];", 5),
        ("h q; measure q -> c;", 5),
    ],
)
def test_wires_are_counted_where_qubits_are_reused(statements: str, wires: int) -> None:
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[5]; creg c[5]; {statements}'
    assert sources.count_wires(gossamer.read(text)) == wires


def test_measuring_all_keeps_what_was_measured() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg meas[1]; x q; measure q[0] -> meas[0];'
    diagram = sources.measured(gossamer.read(text))
    diagram.verify()
    assert [(r.name, len(r.bits)) for r in diagram.registers] == [("meas", 1), ("meas0", 2)]
    assert gossamer.compile(diagram, "2").run(shots=5).counts == {"11 1": 5}
    assert sources.measured(diagram) is diagram


@pytest.mark.parametrize(
    ("options", "code"),
    [({"objective": "luck"}, "TL-7"), ({"effort": 4}, "TL-7"), ({"seed": -1}, "TL-7"), ({"pipeline": "links"}, "TL-8")],
)
def test_wrong_options(options: dict[str, object], code: str) -> None:
    with pytest.raises(GossamerError) as caught:
        gossamer.compile(TEXT, "2", **options)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.exit_code) == (code, 2)


@pytest.mark.clause("TL-13")
def test_a_program_that_is_wrong_is_never_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compile fails where the check finds another meaning: here the backend is made to lose a gate."""
    from dataclasses import replace

    from gossamer.backends.circuit import Circuit
    from gossamer.ir.placed import Placed
    from gossamer.ir.program import Distribution, Gate

    true = Circuit.run

    def lossy(self: Circuit, placed: Placed) -> Distribution:
        made = true(self, placed)
        first = made.programs[0]
        at = next(i for i, one in enumerate(first.instructions) if isinstance(one, Gate) and one.name == "h")
        short = replace(first, instructions=first.instructions[:at] + first.instructions[at + 1 :])
        return replace(made, programs=(short, *made.programs[1:]))

    monkeypatch.setattr(Circuit, "run", lossy)
    with pytest.raises(GossamerError) as caught:
        gossamer.compile(TEXT, "1:qubits=3")
    assert (caught.value.code, caught.value.exit_code) == ("TL-13", 4)
