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
from gossamer.ir.network_text import parse_network
from gossamer.ir.pattern import Prepare
from gossamer.ir.phase import Phase
from gossamer.ir.program import LETTERS, Conditional, Gate, Measure, NodeProgram, Observe, Reset
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


#: A mixed node; of its figures a test gives what it is about.
HARDWARE = """
nodes:
  - name: a
    model: mixed
    data: 6
    gates:
      - {name: cz, CZ}
      - {name: u3, U3}
    preparation: {PREPARATION}
    measurement: {MEASUREMENT}
    MORE
"""


def measured(cz: str = "", u3: str = "", preparation: str = "", measurement: str = "", more: str = "") -> int:
    """How many vertices of the gadget's program are measured on a node with such figures."""
    text = HARDWARE
    for key, value in (
        ("CZ", cz),
        ("U3", u3),
        ("PREPARATION", preparation),
        ("MEASUREMENT", measurement),
        ("MORE", more),
    ):
        text = text.replace(key, value)
    program = compile_on(gadget(), parse_network(text), effort=0)
    assert {g.name for g in program.programs[0].instructions if isinstance(g, Gate)} <= {"cz", "u3"}
    return sum(type(op) is Observe for op in program.programs[0].instructions)


#: The vertices of the gadget's program: a hub and two steps on each of four wires. Counted in operations, the hub alone is cheaper measured.
COUNTED, ALL, NONE = 1, 9, 0


def test_durations_decide() -> None:
    """Where a turn is slow, steps are measured; where a measurement is, nothing is; where one is not known, operations count."""
    quick, slow = "duration: 1us", "duration: 500us"
    assert measured(quick, slow, quick, quick) == ALL
    assert measured(quick, quick, quick, slow) == NONE
    assert measured(quick, quick, slow, quick) == NONE
    assert measured(quick, slow, quick) == COUNTED
    assert measured() == COUNTED


def test_fidelities_decide_before_durations() -> None:
    figures = ["duration: 1us, fidelity: 0.999", "duration: 500us, fidelity: 0.9999", "duration: 1us, fidelity: 1"]
    cz, u3, perfect = figures
    assert measured(cz, u3, perfect, perfect) == COUNTED  # four E lose less than the six gates about a wide parity
    assert measured(cz, u3.replace("0.9999", "0.99"), perfect, perfect) == ALL
    assert measured(cz, cz, perfect, "duration: 1us, fidelity: 0.9") == NONE


def test_coherence_decides() -> None:
    """The same figures: on a node whose qubits keep, a measurement that loses little is better, on one that forgets, not."""
    figures = (
        "duration: 1us, fidelity: 1",
        "duration: 1us, fidelity: 0.999",
        "duration: 1us, fidelity: 1",
        "duration: 500us, fidelity: 1",
    )
    assert measured(*figures) == ALL
    assert measured(*figures, "t2: 100s") == ALL
    assert measured(*figures, "t2: 10ms") == NONE


def test_a_way_that_the_gates_do_not_have_is_not_taken() -> None:
    """No gate turns by this angle; a measurement does."""
    text = "nodes: [{name: a, model: mixed, data: DATA, gates: [cz, h, s, z, x]}]"
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0]; rz(pi/8) q[0]; h q[0];'
    program = compile_on(source, parse_network(text.replace("DATA", "2")))
    assert [type(op) for op in program.programs[0].instructions].count(Observe) == 1
    with pytest.raises(gossamer.NetworkInfeasible) as caught:
        gossamer.compile(source, parse_network(text.replace("DATA", "1")))
    assert caught.value.code == "NW-15"


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
