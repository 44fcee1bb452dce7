"""The same source on circuit, MBQC and mixed nodes and back: each program is checked against it, and so is what each program becomes as a source again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.strategies import circuits, flow_graphs
from gossamer.formats.pattern_json import print_pattern
from gossamer.ir.diagram import Diagram
from gossamer.ir.equality import equal_instruments
from gossamer.ir.graph_diagram import graph_as_diagram
from tests.backends.test_mbqc import DYNAMIC

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
#: Two nodes of one model each, and all three models.
TARGETS = ("2", "2mbqc", "2mixed", "1+1mbqc+1mixed")
#: The way round: to patterns, to circuits, to both, and to patterns again.
ROUND = ("2mbqc", "2", "2mixed", "2mbqc")
GUARDED = "simplify{strategy=guarded}"
#: Up to so many outcomes sources are compared by their instruments too, without any program.
FEW = 13

CNOT = "OPENQASM 2.0; qreg q[2]; CX q[0], q[1];"
T_AND_CX = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; t q[0]; cx q[0],q[1]; rx(pi/8) q[1]; cx q[1],q[0];'


def rewritten(text: str) -> Diagram:
    """A ZX-diagram that is no circuit any more, by way of the text that others read."""
    return gossamer.read(gossamer.convert(gossamer.rewrite(text), "zx"), "zx")


SOURCES = {
    "circuit": lambda: gossamer.read(T_AND_CX),
    "circuit with measurements": lambda: gossamer.read(DYNAMIC),
    "grover": lambda: gossamer.read(EXAMPLES / "grover2.qasm"),
    "teleportation": lambda: gossamer.read(EXAMPLES / "teleportation.qasm"),
    "pattern": lambda: gossamer.read(EXAMPLES / "cnot.pattern.json"),
    "open graph": lambda: gossamer.read(EXAMPLES / "cnot.opengraph.json"),
    "diagram": lambda: rewritten(T_AND_CX),
    "diagram with measurements": lambda: rewritten(DYNAMIC),
}


def check(source: Diagram, again: Diagram) -> None:
    """What came back means what the source does."""
    assert (again.input_names, again.output_names) == (source.input_names, source.output_names)
    assert [r.name for r in again.registers] == [r.name for r in source.registers]
    if len(again.outcome_bits) <= FEW and len(source.outcome_bits) <= FEW:
        assert equal_instruments(again, source)


def compiled(form: Diagram, network: str, source: Diagram, seed: int) -> gossamer.CompiledProgram:
    """A form of the source on a network, checked against the source itself."""
    program = gossamer.compile(form, network, effort=0, seed=seed, check=False)
    models = {"2": {"circuit"}, "2mbqc": {"mbqc"}, "2mixed": {"mixed"}}.get(network, {"circuit", "mbqc", "mixed"})
    assert {p.model for p in program.programs} == models
    verdict = program.verify(against=source)
    assert verdict.holds is True, (network, verdict)
    return program


def as_source(program: gossamer.CompiledProgram, source: Diagram) -> Diagram:
    """All nodes' programs as one text of their model, read again: a pattern of MBQC nodes, else a circuit."""
    if {p.model for p in program.programs} == {"mbqc"}:
        return gossamer.read(print_pattern(program.pattern()), "pattern")
    return from_circuit(program.circuit(), source)


def from_circuit(text: str, source: Diagram) -> Diagram:
    """A circuit as a source. OpenQASM has inputs and outputs in order, but no names of outputs, and every bit of it is reported."""
    found = gossamer.read(text)
    names = [r.name for r in source.registers]
    return replace(
        found,
        input_names=source.input_names,
        output_names=source.output_names,
        registers=tuple(r for r in found.registers if r.name in names),
    )


def go_round(
    form: Diagram, way: tuple[str, ...], seed: int = 0, *, source: Diagram, passes: str | None = GUARDED
) -> None:
    """A form of the source on networks of the way, each program read again as the source of the next one."""
    check(source, form)
    for network in way:
        form = as_source(compiled(form, network, source, seed), source)
        check(source, form)
        if passes is not None:  # a lap adds links and outcomes, which are rewritten away
            form = gossamer.rewrite(form, passes)
            check(source, form)
    for format in ("gsm", "gsmj", "zx"):
        assert gossamer.read(gossamer.convert(form, format), format) == form
    compiled(from_circuit(gossamer.convert(form, "qasm"), source), "2", source, seed)


@pytest.mark.parametrize("network", TARGETS)
@pytest.mark.parametrize("name", SOURCES)
def test_every_source_on_every_model(name: str, network: str) -> None:
    source = SOURCES[name]()
    compiled(source, network, source, 0)


#: These grow on their way, so that each takes a minute.
LONG = ("circuit", "diagram", "open graph", "pattern")


@pytest.mark.parametrize(
    "name",
    [pytest.param(x, marks=[pytest.mark.nightly] * (x in LONG)) for x in SOURCES if x != "teleportation"],
)
def test_round_trips(name: str) -> None:
    """Conditions of a Clifford program and its flow after rewriting can form a cycle (OG-4), so Grover's goes round as it is, and seeds are such that the others have none."""
    form = SOURCES[name]()
    source = form
    if name == "pattern":  # the map that it has for all outcomes; what became a circuit cannot be asked for these
        source = replace(gossamer.read(CNOT), input_names=form.input_names, output_names=form.output_names)
    seed = 2 if name == "diagram with measurements" else 0
    go_round(form, ROUND, seed, source=source, passes=None if name == "grover" else GUARDED)


def test_another_program_is_noticed() -> None:
    """The comparisons of these tests can fail: an angle is lost, two outputs change places."""
    source = gossamer.read(T_AND_CX)
    for wrong in (T_AND_CX.replace("t q[0];", ""), T_AND_CX.replace("cx q[1],q[0];", "swap q[0],q[1];")):
        form = gossamer.read(wrong)
        assert not equal_instruments(form, source)
        assert gossamer.compile(form, "2mbqc", effort=0).verify(against=source).holds is False


DRAWN = st.one_of(
    circuits(max_wires=2, max_gates=6).map(lambda c: c.diagram),
    flow_graphs(min_vertices=3, max_vertices=5).map(graph_as_diagram),
    circuits(max_wires=2, max_gates=6, measure=False).map(lambda c: gossamer.rewrite(c.diagram)),
)


@given(DRAWN, st.permutations(["2", "2mbqc", "2mixed"]), st.integers(0, 99))
@settings(max_examples=6, deadline=None)
def test_random_sources_go_round(source: Diagram, way: list[str], seed: int) -> None:
    go_round(source, tuple(way), seed, source=source)


@pytest.mark.nightly
@given(DRAWN, st.permutations(TARGETS), st.integers(0, 99))
@settings(max_examples=300, deadline=None)
def test_many_random_sources_go_round(source: Diagram, way: list[str], seed: int) -> None:
    go_round(source, tuple(way), seed, source=source)
