"""All programs as one pattern: it means what the source does, here and in graphix itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.backends.mbqc_merge import merge
from gossamer.checks.equality import equal
from gossamer.cli import call
from gossamer.conformance.strategies import circuits
from gossamer.diagnostics import InputError
from gossamer.formats.pattern_graphix import to_graphix
from gossamer.ir.pattern import Measure, Pattern, Prepare, outcomes, to_diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import ManifestBit
from tests.backends.test_mbqc import DYNAMIC, UNITARY
from tests.graphix_process import graphix_says

CHILD = Path(__file__).parent / "merge_child.py"


@given(circuits(max_wires=2, max_gates=6), st.sampled_from(["1mbqc", "2mbqc", "line:3mbqc:comm=1"]))
@settings(max_examples=15, deadline=None)
def test_the_merged_pattern_means_what_the_source_does(circuit, network: str) -> None:
    program = gossamer.compile(circuit.diagram, network, effort=0, check=False)
    pattern = program.pattern()
    pattern.verify()
    if len(pattern.bits) <= 12:
        assert equal(to_diagram(pattern), circuit.diagram)


def test_links_are_edges_and_messages_parities() -> None:
    program = gossamer.compile(UNITARY, "2mbqc", seed=1)
    pattern = program.pattern()
    made = sum(isinstance(c, Prepare) for c in pattern.commands) + len(pattern.inputs)
    own = sum(isinstance(op, Prepare) for p in program.programs for op in p.instructions)
    assert program.report["ebits"] > 0
    assert made == own + len(pattern.inputs) + 2 * program.report["ebits"]


@pytest.mark.parametrize("network", ["2", "1+1mbqc", "2mixed"])
def test_a_merged_file_is_a_source_for_nodes_of_every_model(tmp_path, network: str) -> None:
    """Retargeting: a circuit becomes patterns on two nodes, these one pattern, and that programs for other nodes."""
    source = DYNAMIC[: DYNAMIC.index("reset")].replace("q[4]", "q[3]") + "cx q[1],q[2];"
    first = gossamer.compile(source, "2mbqc", effort=0)
    first.save(tmp_path / "out", merge=True)
    again = gossamer.compile(tmp_path / "out" / "merged.pattern.json", network, effort=0)
    assert again.verdict.holds is True
    assert (
        again.verify(source).holds is True
    )  # the circuit, which has other outcomes than the pattern that was compiled
    assert again.verify(source.replace("h q[0]", "x q[0]")).holds is False
    shots = 4000
    want, found = (p.run(shots, seed=3).counts for p in (first, again))
    assert want.keys() == found.keys()
    assert all(abs(want[key] - found[key]) < 6 * (want[key] + 1) ** 0.5 for key in want)


def test_a_merged_file_is_read(tmp_path) -> None:
    """What ``compile --merge`` writes is read by our own frontend."""
    program = gossamer.compile(DYNAMIC, "2mbqc")
    program.save(tmp_path / "out", merge=True)
    again = gossamer.read(tmp_path / "out" / "merged.pattern.json")
    assert [r.name for r in again.registers] == ["c"]
    assert len(again.outcome_bits) == sum(isinstance(c, Measure) for c in program.pattern().commands)
    program.save(tmp_path / "out")  # the merged file is ours and may be replaced
    assert not (tmp_path / "out" / "merged.pattern.json").exists()


@pytest.mark.clause("PR-16")
@pytest.mark.parametrize("network", ["2", "1+1mbqc:qubits=2", "two-ions"])
def test_nodes_of_other_models_are_refused_before_the_work(
    network: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def compiled(*given: object, **options: object) -> None:
        raise AssertionError("it was compiled first")

    monkeypatch.setattr("gossamer.api.compile", compiled)
    source = tmp_path / "a.qasm"
    source.write_text("OPENQASM 2.0; qreg q[2];\n")
    assert call(["compile", str(source), "-n", network, "-o", str(tmp_path / "out"), "--merge"]) == 1
    assert "error[PR-16]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.clause("PR-16")
def test_what_is_no_pattern_is_not_merged() -> None:
    mixed = gossamer.compile(UNITARY, "1+1mbqc")
    with pytest.raises(InputError, match="is of model 'circuit'"):
        mixed.pattern()
    program = gossamer.compile(DYNAMIC, "1mbqc")
    manifest = program.manifest.model_copy(update={"postselected": [ManifestBit(node="n0", bit=0)]})
    with pytest.raises(InputError, match="throw runs away") as caught:
        merge(program.programs, manifest)
    assert caught.value.code == "PR-16"


@pytest.mark.clause("PR-16")
@pytest.mark.parametrize(
    "measure",
    [
        Measure(1, angle=Phase.of_bit(0)),
        Measure(1, angle=Phase.of_symbol("a")),
        Measure(1, s_domain=BitExpr.bit(0) & BitExpr.bit(2)),
    ],
)
def test_graphix_has_no_such_angles_and_domains(measure: Measure) -> None:
    commands = (Prepare(0), Prepare(1), Prepare(2), Measure(0), Measure(2), measure)
    pattern = Pattern((), (), commands, outcomes([0, 1, 2]))
    pattern.verify()
    with pytest.raises(InputError) as caught:
        to_graphix(pattern)
    assert caught.value.code == "PR-16"


def check_lines(lines: list, count: int) -> None:
    assert len(lines) == count
    for source, _, _, _, overlap in lines:
        assert overlap == pytest.approx(1, abs=1e-6), source


def test_graphix_ends_in_the_source_state() -> None:
    check_lines(graphix_says(CHILD, 0, 2), 2)


@pytest.mark.nightly
def test_graphix_ends_in_the_source_state_nightly() -> None:
    check_lines(graphix_says(CHILD, 1, 60), 60)
