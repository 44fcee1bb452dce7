"""Mixed nodes: each vertex in the cheaper way, verified beside nodes of every model; their programs as text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.diagnostics import InputError
from gossamer.formats.pattern_program import print_program, read_program
from gossamer.ir.network import Network, Node
from gossamer.ir.pattern import Prepare
from gossamer.ir.phase import Phase
from gossamer.ir.program import LETTERS, Conditional, Gate, Measure, NodeProgram, Reset
from gossamer.ir.wires import WireBuilder
from tests.backends.test_mbqc import CIRCUITS, DYNAMIC, UNITARY, compile_on

NETWORKS = ("1mixed", "2mixed", "1+1mixed", "1mixed+1mbqc", "line:1mixed+1+1mbqc:comm=1")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("source", [UNITARY, DYNAMIC], ids=["unitary", "dynamic"])
def test_circuits_compile_and_verify(source: str, network: str) -> None:
    compile_on(source, network)


@given(CIRCUITS, st.sampled_from(NETWORKS), st.integers(0, 999))
@settings(max_examples=20, deadline=None)
def test_random_circuits(circuit, network: str, seed: int) -> None:
    program = compile_on(circuit.diagram, network, seed=seed, effort=0)
    for p in program.programs:
        if p.model == "mixed":
            assert read_program(print_program(p)) == p


@pytest.mark.nightly
@given(CIRCUITS, st.sampled_from(NETWORKS), st.integers(0, 999))
@settings(max_examples=1000, deadline=None)
def test_many_random_circuits(circuit, network: str, seed: int) -> None:
    compile_on(circuit.diagram, network, seed=seed, effort=0)


def gadget() -> gossamer.Diagram:
    """A rotation about the parity of four wires, and a turn of each."""
    w = WireBuilder()
    wires = [w.add_input(f"q[{i}]") for i in range(4)]
    w.gadget(wires, Phase(Fraction(1, 4)))
    for i, q in enumerate(wires):
        w.rx(q, Phase(Fraction(1, 8)))
        w.output(q, f"q[{i}]")
    return w.build()


def words(data: int, backend: str = "mixed") -> list[str]:
    network = Network(nodes=(Node(name="a", model="mixed", data=data),), links=())
    program = compile_on(gadget(), network, pipeline=f"graph-like,partition{{effort=0}},links,{backend}")
    return [LETTERS.get(type(op), getattr(op, "name", type(op).__name__)) for op in program.programs[0].instructions]


def test_a_wide_gadget_is_measured_where_a_qubit_is_free() -> None:
    """Four E, N and M are fewer than the eleven gates that collect a parity and take it apart; wires stay where they are."""
    made = words(5)
    assert (made.count("N"), made.count("E"), made.count("M")) == (1, 4, 1)
    assert "h" in made
    assert "M" not in words(4)


def test_costs_decide() -> None:
    """Where gates are dear, steps are measured too; where a measurement is, nothing is that need not be."""
    made = words(6, "mixed{gate=8,measurement=1}")
    assert "rz" not in made  # a turn and an h cost more than E and M; an h alone does not
    assert made.count("M") == 5
    assert "M" not in words(6, "mixed{measurement=50}")


@pytest.mark.clause("TL-7")
def test_a_cost_is_not_negative() -> None:
    with pytest.raises(gossamer.UsageError) as caught:
        words(6, "mixed{gate=-1}")
    assert caught.value.code == "TL-7"


def test_every_word_is_printed_and_read() -> None:
    code = (
        Gate("h", (0,)),
        Gate("u3", (0,), Phase(Fraction(1, 4)), (Phase(Fraction(1, 3)), Phase(1))),
        Measure(0, 0),
        Reset(0),
        Conditional(((0, True),), (Gate("x", (0,)), Gate("rz", (0,), Phase(Fraction(1, 8))))),
        Prepare(1),
    )
    program = NodeProgram("a", "mixed", 2, 0, 1, code)
    assert read_program(print_program(program)) == program


@pytest.mark.clause("PR-15")
@pytest.mark.parametrize(
    "command",
    [
        '{"kind": "gate", "name": "t", "nodes": [0]}',
        '{"kind": "gate", "name": "h", "nodes": [0, 1]}',
        '{"kind": "gate", "name": "rz", "nodes": [0]}',
        '{"kind": "measure", "node": 0}',
        '{"kind": "reset", "node": "0"}',
        '{"kind": "if", "bits": [[0, 2]], "gates": []}',
        '{"kind": "if", "bits": [], "gates": [{"kind": "reset", "node": 0}]}',
    ],
)
def test_other_texts_are_refused(command: str) -> None:
    head = '"version": 1, "node": "a", "data": 2, "comm": 0, "bits": 1, "results": []'
    with pytest.raises(InputError) as caught:
        read_program(f'{{"gossamer": "mixed-program", {head}, "commands": [{command}]}}')
    assert caught.value.code == "PR-15"
    with pytest.raises(InputError) as caught:  # no command of an MBQC node in any form
        read_program(f'{{"gossamer": "pattern-program", {head}, "commands": [{command}]}}')
    assert caught.value.code == "PR-15"
