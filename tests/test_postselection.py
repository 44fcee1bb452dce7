"""Postselection: diagrams without flow, realised by throwing runs away; meaning, probability, and what the tools say of it."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from typer.testing import CliRunner

import gossamer
from gossamer.checks import verify
from gossamer.cli import app
from gossamer.diagnostics import GossamerError, InputError, UsageError
from gossamer.ir.diagram import Diagram, DiagramBuilder, VertexKind
from gossamer.ir.excerpts import with_excerpts
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, ManifestBit, Measure
from gossamer.runtime.run import run
from tests.passes.test_any_flow import random_diagram

T = Phase(Fraction(1, 4))


def fused(angle: Phase = T) -> Diagram:
    """Two inputs that have to agree, and one output."""
    b = DiagramBuilder()
    z = b.vertex(VertexKind.Z, angle)
    b.edge(b.input("a"), z)
    b.edge(b.input("b"), z)
    b.edge(z, b.output("c"))
    return b.build()


def test_without_the_option_it_is_refused():
    with pytest.raises(InputError) as caught:
        gossamer.compile(fused(), "2")
    assert caught.value.code == "OG-3"
    assert "--postselect" in (caught.value.diagnostic.help or "")


def test_a_fused_pair():
    program = gossamer.compile(fused(), "2:qubits=3", postselect=True)
    assert program.report["success_probability"] == 0.5
    assert len(program.manifest.postselected) == 1
    assert program.verdict.holds is True
    result = program.run(2000, measure_all=True)
    assert result.accepted is not None
    assert (
        abs(result.accepted - 2000) < 1e-9 or abs(result.accepted - 1000) < 150
    )  # inputs run in |0>: they may always agree
    assert sum(result.counts.values()) == result.accepted


def test_diagrams_with_flow_are_not_postselected():
    b = DiagramBuilder()
    b.edge(b.input("q"), b.output("q"), hadamard=True)
    program = gossamer.compile(b.build(), "1", postselect=True)
    assert program.manifest.postselected == []
    assert "success_probability" not in program.report


@pytest.mark.parametrize("batch", range(3))
def test_what_is_accepted_is_the_diagram(batch):
    seen = {"verified": 0, "links": 0, "methods": set()}
    for seed in range(40):
        rng = random.Random(500 * batch + seed)
        diagram = random_diagram(rng, rng.randint(2, 6))
        nodes = rng.choice((1, 2, 3))
        try:
            program = gossamer.compile(
                diagram, f"{nodes}:qubits={rng.choice((1, 2, 4))}", postselect=True, effort=0, seed=seed
            )
        except GossamerError as error:
            assert error.code in ("OG-15", "OG-4", "NW-13"), str(error)
            continue
        if not program.manifest.postselected:
            continue
        verdict = program.verdict
        assert verdict.holds is True, (seed, verdict)
        chance = program.report["success_probability"]
        assert 0 < chance < 1 + 1e-9
        seen["verified"] += 1
        seen["links"] += program.report["ebits"]
        seen["methods"].add(verdict.method)
    assert seen["verified"] >= 8
    assert seen["links"] >= 1


@pytest.mark.parametrize("seed", range(12))
def test_the_probability_is_how_often_runs_are_accepted(seed):
    """For diagrams without inputs, in 20,000 runs, within five standard deviations."""
    for attempt in range(600):
        rng = random.Random(10_000 * seed + attempt)
        diagram = random_diagram(rng, rng.randint(3, 8))
        if len(diagram.inputs) or not len(diagram.outputs):
            continue
        try:
            program = gossamer.compile(diagram, "2:qubits=4", postselect=True, effort=0, check=False)
        except GossamerError:
            continue
        if not program.manifest.postselected or program.report["success_probability"] > 0.99:
            continue
        chance = program.report["success_probability"]
        result = program.run(20_000, seed=seed, measure_all=True)
        assert abs(result.accepted - 20_000 * chance) <= 5 * math.sqrt(20_000 * chance * (1 - chance)) + 1
        assert sum(result.counts.values()) == result.accepted
        return
    pytest.fail("no example was drawn")


@pytest.mark.parametrize("method", ["exact", "sampled", "stabiliser"])
def test_wrong_programs_are_caught(method):
    """Without its postselection, or without a correction, the program is another one; so is one of another angle."""
    clifford = method == "stabiliser"
    angle = Phase(Fraction(1, 2)) if clifford else T
    program = gossamer.compile(fused(angle), "2:qubits=3", postselect=True, check=False)
    good = verify(program.programs, program.manifest, fused(angle), method=method)
    assert good.holds is True, good
    free = program.manifest.model_copy(update={"postselected": []})
    verdict = verify(program.programs, free, fused(angle), method=method)
    assert verdict.holds is not True, verdict
    other = verify(program.programs, program.manifest, fused(angle + Phase(Fraction(1, 2))), method=method)
    assert other.holds is not True, other
    caught = 0
    for at, p in enumerate(program.programs):
        for i, op in enumerate(p.instructions):
            if isinstance(op, Conditional):
                code = (*p.instructions[:i], *p.instructions[i + 1 :])
                mutant = list(program.programs)
                mutant[at] = replace(p, instructions=code)
                caught += verify(mutant, program.manifest, fused(angle), method=method).holds is False
    assert caught or clifford or not any(isinstance(op, Conditional) for p in program.programs for op in p.instructions)


@pytest.mark.clause("PR-13")
def test_only_outcomes_are_postselected():
    """A bit that came in a message is none of this node's measurements."""
    for seed in range(50):
        program = gossamer.compile(fused(), "3:qubits=1", postselect=True, check=False, seed=seed)
        received = [
            ManifestBit(node=p.node, bit=op.bit)
            for p in program.programs
            for op in p.instructions
            if hasattr(op, "peer") and hasattr(op, "bit")
        ]
        if received:
            break
    wrong = program.manifest.model_copy(update={"postselected": received[:1]})
    verdict = verify(with_excerpts(program.programs, wrong), wrong, fused(), method="exact")
    assert verdict.holds is False
    assert "PR-13" in verdict.detail


@pytest.mark.clause("PR-6")
def test_a_postselected_bit_has_to_exist():
    program = gossamer.compile(fused(), "2:qubits=3", postselect=True, check=False)
    wrong = program.manifest.model_copy(update={"postselected": [ManifestBit(node="n0", bit=99)]})
    with pytest.raises(InputError) as caught:
        run(program.programs, wrong, measure_all=True)
    assert caught.value.code == "PR-6"
    with pytest.raises(InputError) as caught:
        replace(program.distribution, manifest=wrong).verify_structure()
    assert caught.value.code == "PR-6"


@pytest.mark.clause("TL-7")
def test_the_option_is_of_the_default_pipeline():
    with pytest.raises(UsageError) as caught:
        gossamer.compile(fused(), "2", postselect=True, pipeline="graph-like,partition,links,circuit")
    assert caught.value.code == "TL-7"
    own = "graph-like{postselect=true},partition,links,circuit"
    assert gossamer.compile(fused(), "2", pipeline=own).report["success_probability"] == 0.5


def test_a_probability_that_is_not_computed_says_why():
    """30 pairs that have to agree: too many inputs for a number."""
    b = DiagramBuilder()
    for i in range(10):
        z = b.vertex(VertexKind.Z, T)
        b.edge(b.input(f"a{i}"), z)
        b.edge(b.input(f"b{i}"), z)
        b.edge(z, b.output(f"c{i}"))
    report = gossamer.compile(b.build(), "1", postselect=True, effort=0, check=False).report
    assert report["success_probability"] is None
    assert "qubits" in report["success_note"]


def test_the_command_line(tmp_path):
    runner = CliRunner()
    source, out = tmp_path / "d.gsm", tmp_path / "out"
    source.write_text(gossamer.convert(fused()), encoding="utf-8")
    refused = runner.invoke(app, ["compile", str(source), "-n", "2:qubits=3", "-o", str(out)])
    assert refused.exit_code == 1
    done = runner.invoke(app, ["compile", str(source), "-n", "2:qubits=3", "-o", str(out), "--postselect", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["success_probability"] == 0.5
    assert json.loads((out / "manifest.json").read_text())["postselected"]
    ran = runner.invoke(app, ["run", str(out), "--measure-all", "--shots", "100", "--json"])
    found = json.loads(ran.stdout)
    assert 0 < found["accepted"] <= 100
    assert sum(found["counts"].values()) == found["accepted"]
    shown = runner.invoke(app, ["run", str(out), "--measure-all", "--shots", "100"])
    assert "runs were accepted" in shown.stderr
    checked = runner.invoke(app, ["verify", str(out), "--json"])
    assert json.loads(checked.stdout)["holds"] is True
    assert any(isinstance(op, Measure) for p in gossamer.load(out)[0] for op in p.instructions)
