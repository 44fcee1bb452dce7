"""Strategies: the instrument stays, protocols are seen through, structure is kept where that is promised."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance import oracle
from gossamer.conformance.strategies import any_diagrams, diagrams
from gossamer.diagnostics import UsageError
from gossamer.ir.compose import adjoint, identity, then
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.equality import equal_instruments
from gossamer.ir.phase import Phase
from gossamer.rewriting import rules
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.open_form import OpenForm
from gossamer.rewriting.strategies import STRATEGIES, Strategy, edge_cost, reduce, simplify
from gossamer.rewriting.teleport import teleport_phases
from gossamer.rewriting.writer import write_diagram
from tests.rewriting.test_rules import DRAWN, same_maps
from tests.shared import corpus, needs_shared

HEADER = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def check_strategy(source: Diagram, strategy: Strategy, dissolve: bool) -> None:
    out = simplify(source, strategy, dissolve=dissolve)
    out.verify()
    assert same_maps(source, out)
    assert out.registers == source.registers
    assert (out.input_names, out.output_names) == (source.input_names, source.output_names)


@given(DRAWN, st.sampled_from(STRATEGIES), st.booleans())
@settings(max_examples=80, deadline=None)
def test_strategies_keep_every_map(source: Diagram, strategy: Strategy, dissolve: bool) -> None:
    check_strategy(source, strategy, dissolve)


@pytest.mark.nightly
@given(DRAWN, st.sampled_from(STRATEGIES), st.booleans())
@settings(max_examples=10_000, deadline=None)
def test_strategies_keep_every_map_nightly(source: Diagram, strategy: Strategy, dissolve: bool) -> None:
    check_strategy(source, strategy, dissolve)


def check_teleport(source: Diagram) -> None:
    out = teleport_phases(source)
    out.verify()
    for bits in oracle.assignments(source.bits, BitKind.OUTCOME, BitKind.INPUT):
        want = oracle.diagram_map(source, oracle.complete_bits(source.bits, bits))
        have = oracle.diagram_map(out, oracle.complete_bits(out.bits, bits))
        assert oracle.same_up_to_phase(want, have)
    assert t_count(out) <= t_count(source)


def t_count(d: Diagram) -> int:
    return sum(not d.phases[i].is_clifford for i in d.phase.tolist())


PLAIN = st.one_of(diagrams(max_wires=3, max_gates=12), any_diagrams())


@given(PLAIN)
@settings(max_examples=60, deadline=None)
def test_phase_teleportation_keeps_the_instrument(source: Diagram) -> None:
    check_teleport(source)


@pytest.mark.nightly
@given(PLAIN)
@settings(max_examples=2_000, deadline=None)
def test_phase_teleportation_keeps_the_instrument_nightly(source: Diagram) -> None:
    check_teleport(source)


@given(diagrams(max_wires=3, max_gates=14))
@settings(max_examples=60, deadline=None)
def test_fuse_and_teleport_add_no_two_qubit_gate(source: Diagram) -> None:
    before = WorkGraph.from_diagram(source)
    reduce(before, "fuse")
    for out in (simplify(source, "fuse"), teleport_phases(source)):
        assert WorkGraph.from_diagram(out).num_edges <= before.num_edges


def random_circuit(seed: int, qubits: int, gates: int) -> str:
    """Clifford+T, OpenQASM 2."""
    rng = random.Random(seed)
    lines = []
    for _ in range(gates):
        a, b = rng.sample(range(qubits), 2)
        lines.append(rng.choice([f"cx q[{a}],q[{b}];", f"cz q[{a}],q[{b}];", f"h q[{a}];", f"t q[{a}];", f"s q[{a}];"]))
    return f"{HEADER}qreg q[{qubits}]; {' '.join(lines)}"


@pytest.mark.parametrize("seed", range(20))
def test_fuse_and_teleport_keep_the_causal_flow(seed: int) -> None:
    source = gossamer.read(random_circuit(seed, 5, 60))
    for out in (simplify(source, "fuse"), teleport_phases(source)):
        assert gossamer.inspect(out)["flow"] == "causal"
        assert equal_instruments(source, out)


def test_phases_move_across_a_circuit() -> None:
    """Two T on the same parity with Hadamards between them on other wires become one S."""
    text = HEADER + "qreg q[3]; cx q[0],q[1]; t q[1]; cx q[0],q[1]; h q[2]; cx q[2],q[0]; cx q[2],q[0]; h q[2];"
    text += "cx q[0],q[1]; t q[1]; cx q[0],q[1];"
    source = gossamer.read(text)
    out = teleport_phases(source)
    assert (t_count(source), t_count(out)) == (2, 0)
    assert equal_instruments(source, out)


# ---- protocols ------------------------------------------------------------------------------------------------------

SWAPPING = (
    HEADER
    + """
qreg q[4]; creg m[2];
reset q;
h q[0]; cx q[0],q[1]; h q[2]; cx q[2],q[3];
cx q[1],q[2]; h q[1]; measure q[1] -> m[0]; measure q[2] -> m[1];
if (m == 1) z q[3];
if (m == 2) x q[3];
if (m == 3) y q[3];
"""
)


def quantum_part(d: Diagram) -> tuple[Diagram, int]:
    """What is left when the coins (isolated outcomes) are taken away, and how many there were; fails if a bit is still used."""
    coins = {b.vertex for b in d.bits if b.kind == BitKind.OUTCOME}
    touched = set(d.edges.ravel().tolist())
    assert not coins & touched, "an outcome is still bound to a vertex with edges"
    out = DiagramBuilder()
    new = {}
    for v in range(d.num_vertices):
        if v not in coins:
            assert not d.phase_of(v).bits
            new[v] = out.vertex(VertexKind(int(d.kind[v])), d.phase_of(v))
    for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
        out.edge(new[a], new[b], hadamard=h)
    built = out.build()
    built = replace(
        built,
        inputs=np.array([new[v] for v in d.inputs.tolist()], np.int32),
        outputs=np.array([new[v] for v in d.outputs.tolist()], np.int32),
        input_names=d.input_names,
        output_names=d.output_names,
    )
    return built, len(coins)


def same_unitary(d: Diagram, gates: str, qubits: int) -> bool:
    want = gossamer.read(f"{HEADER}qreg q[{qubits}]; {gates}")
    assert (len(d.inputs), len(d.outputs)) == (len(want.inputs), len(want.outputs))
    return equal_instruments(d, want)


PROTOCOLS = {
    "teleportation_2node": ("", 1, 2, 0),
    "eisert_remote_cx": ("cx q[0],q[1];", 2, 2, 1),
    "oxford_remote_cz": ("cz q[0],q[1];", 2, 2, 1),
    "oxford_remote_swap": ("swap q[0],q[1];", 2, 6, 0),
}


@needs_shared
@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_reduce_to_the_plain_wire_or_gate(name: str) -> None:
    gates, qubits, outcomes, edges = PROTOCOLS[name]
    (path,) = [p for p in corpus("qasm2/dqc-papers") if p.stem == name]
    reduced, coins = quantum_part(simplify(gossamer.read(path), "full"))
    assert coins == outcomes
    crossing = [e for e, h in zip(reduced.edges.tolist(), reduced.hadamard.tolist(), strict=True) if h]
    assert len(crossing) == edges + (
        2 if name == "eisert_remote_cx" else 0
    )  # CX has a Hadamard on both sides of its target
    assert same_unitary(reduced, gates, qubits)


def test_entanglement_swapping_reduces_to_a_bell_pair() -> None:
    source = gossamer.read(SWAPPING)
    reduced, coins = quantum_part(simplify(source, "full"))
    assert coins == 2
    assert reduced.num_edges == 1  # one wire between the two outputs
    assert [int(k) for k in reduced.kind] == [VertexKind.OUTPUT, VertexKind.OUTPUT]


def test_a_measurement_that_matters_is_left_alone() -> None:
    source = gossamer.read(
        HEADER + "qreg q[2]; creg c[1]; h q[0]; cx q[0],q[1]; t q[0]; measure q[0] -> c[0]; if (c == 1) t q[1];"
    )
    out = simplify(source, "full")
    (bit,) = (b for b in out.bits if b.kind == BitKind.OUTCOME)
    assert bit.vertex in set(out.edges.ravel().tolist())
    assert equal_instruments(source, out)


# ---- the rest -------------------------------------------------------------------------------------------------------


def test_unknown_strategy() -> None:
    with pytest.raises(UsageError) as error:
        simplify(identity("q"), "everything")  # type: ignore[arg-type]
    assert error.value.code == "TL-7"


def test_guarded_never_raises_the_number_of_edges() -> None:
    source = gossamer.read(random_circuit(5, 16, 700))
    plain, full, guarded = (WorkGraph.from_diagram(source) for _ in range(3))
    reduce(plain, "fuse")
    reduce(full, "full")
    reduce(guarded, "guarded")
    assert guarded.num_edges <= plain.num_edges < full.num_edges
    assert guarded.num_spiders < plain.num_spiders


def test_clifford_spiders_behind_hadamard_ends_go_as_well() -> None:
    """Vertices of the open graph: never more than by the full reduction, and no Pauli or Clifford one that could have gone."""
    saved = 0
    for seed in range(12):
        turns = " ".join(f"h q[{i}];" for i in range(4))
        text = random_circuit(seed, 4, 30).replace("qreg q[4];", f"qreg q[4]; {turns}") + f" {turns}"
        source = gossamer.read(text)
        full, nodes = (len(OpenForm(simplify(source, strategy)).near) for strategy in ("full", "nodes"))
        assert nodes <= full
        saved += full - nodes
        g = WorkGraph.from_diagram(source)
        assert reduce(g, "nodes")
        assert not any(rule.check(g, v) for rule in END_RULES for v in g.spiders())
    assert saved > 0


def test_guarded_takes_the_cost_of_the_caller() -> None:
    seen: list[str] = []

    def never(graph: WorkGraph, rule: str, match: object) -> int:
        seen.append(rule)
        return 1

    source = gossamer.read(f"{HEADER}qreg q[2]; h q[0]; s q[0]; h q[0]; cx q[0],q[1]; h q[1]; s q[1]; h q[1];")
    out = simplify(source, "guarded", cost=never)
    assert seen
    assert out.num_edges == write_diagram(WorkGraph.from_diagram(source), source).num_edges


END_RULES = [rule for rule in rules.RULES if rule.name.startswith("end-")]
#: Rules that can add edges.
COSTLY = ("clifford-gadget", "complement", "pivot", "gadget-pivot", "boundary-pivot", "end-complement", "end-pivot")


@given(any_diagrams())
@settings(max_examples=60, deadline=None)
def test_the_cost_of_a_step_is_what_it_adds(source: Diagram) -> None:
    for rule in rules.RULES:
        if rule.name not in COSTLY:
            continue
        g = WorkGraph.from_diagram(source)
        for v in g.spiders():
            match = rule.check(g, v)
            if match is not None:
                before, cost = g.num_edges, edge_cost(g, rule.name, match)
                rule.apply(g, match)
                assert g.num_edges - before == cost
                break


def test_the_adjoint_undoes_a_circuit() -> None:
    text = (
        HEADER
        + "qreg q[4]; "
        + "h q[0]; t q[0]; cx q[0],q[1]; cu1(pi/8) q[1],q[2]; h q[2]; ccx q[0],q[2],q[3]; rz(0.3) q[3];" * 3
    )
    d = gossamer.read(text)
    out = simplify(then(d, adjoint(d)), "full")
    assert out.num_edges == 4
    assert not out.hadamard.any()
    assert out.scalar.phase.is_zero


def test_an_impossible_diagram_has_the_scalar_zero() -> None:
    b = DiagramBuilder()
    b.vertex(VertexKind.Z, Phase(1))
    b.vertex(VertexKind.Z, Phase(Fraction(1, 4)))
    out = simplify(b.build(), "full")
    assert out.scalar.is_zero


# ---- as passes ------------------------------------------------------------------------------------------------------


def test_rewriting_from_the_api_and_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from gossamer.cli import main

    source = tmp_path / "in.qasm"
    source.write_text(random_circuit(3, 3, 30))
    for strategy in (*STRATEGIES, "teleport"):
        pipeline = f"simplify{{strategy={strategy}}}"
        with pytest.raises(SystemExit) as end:
            main(["convert", str(source), str(tmp_path / "out.gsm"), "-p", pipeline])
        assert not end.value.code
        out = gossamer.read(tmp_path / "out.gsm")
        assert out == gossamer.rewrite(source, pipeline)
        assert equal_instruments(out, gossamer.read(source))


@pytest.mark.clause("TL-8")
def test_only_passes_on_diagrams_rewrite() -> None:
    with pytest.raises(UsageError) as error:
        gossamer.rewrite(HEADER + "qreg q[1];", "simplify,graph-like")
    assert "simplify" in str(error.value.diagnostic.help)


@pytest.mark.clause("TL-7")
def test_the_pass_knows_its_strategies() -> None:
    with pytest.raises(UsageError):
        gossamer.rewrite(HEADER + "qreg q[1];", "simplify{strategy=everything}")


@pytest.mark.clause("TL-7")
@pytest.mark.parametrize("options", ["strategy=guarded,slack=-1", "strategy=full,slack=1", "slack=2"])
def test_a_slack_belongs_to_guarded_steps(options: str) -> None:
    with pytest.raises(UsageError, match="slack"):
        gossamer.rewrite(HEADER + "qreg q[1];", f"simplify{{{options}}}")


@pytest.mark.parametrize("seed", range(6))
def test_slack_lets_more_steps_through(seed: int) -> None:
    """With any slack the program is the same, and with enough of it guarded steps are those of the full reduction."""
    source = gossamer.read(random_circuit(seed, 4, 50))
    for slack in (1, 4):
        assert equal_instruments(source, gossamer.rewrite(source, f"simplify{{strategy=guarded,slack={slack}}}"))
    full = gossamer.rewrite(source, "simplify{strategy=full}")
    assert gossamer.rewrite(source, "simplify{strategy=guarded,slack=1000}") == full


def test_the_default_pipeline_takes_rewritten_diagrams() -> None:
    text = random_circuit(8, 4, 40)
    pipeline = "simplify{strategy=teleport},graph-like,partition,links,circuit"
    program = gossamer.compile(text, "2:qubits=3", pipeline=pipeline)
    assert program.verify(text).holds is True
