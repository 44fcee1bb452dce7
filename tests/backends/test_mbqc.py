"""MBQC nodes, alone and beside circuit nodes: every compile is verified, and programs are what the model allows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.checks import verify
from gossamer.conformance.strategies import circuits, patterns
from gossamer.diagnostics import GossamerError, NetworkInfeasible
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle, to_diagram
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import LETTERS, WORDS, Conditional, Ebit, Observe

NETWORKS = ("2", "2mbqc", "1+1mbqc", "2+1mbqc", "2mbqc:comm=1")
HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; creg c[2]; '
UNITARY = (
    HEAD + "h q[0]; cx q[0],q[1]; t q[1]; cx q[1],q[2]; h q[2]; t q[2]; cx q[2],q[3]; cu1(0.3) q[0],q[3]; ry(0.4) q[1];"
)
DYNAMIC = (
    HEAD + "h q[0]; cx q[0],q[1]; t q[1]; measure q[0] -> c[0]; if(c==1) rx(0.7) q[1]; if(c==1) h q[2]; reset q[0]; "
    "cx q[2],q[3]; cx q[1],q[2]; measure q[3] -> c[1]; if(c==3) x q[0]; rz(0.2) q[2];"
)


def compile_on(source, network, **options):
    """Compile and check that the meaning was checked, and that no node uses more than it has."""
    program = gossamer.compile(source, network, check=False, **options)
    program.distribution.verify_structure()
    verdict = verify(program.programs, program.manifest, program.source, budget=0.3)
    if verdict.holds is None:
        verdict = program.verify()
    assert verdict.holds is True, verdict
    for node, p in zip(program.distribution.network.nodes, program.programs, strict=True):
        assert p.data <= node.data
        assert p.model == node.model
        assert all(isinstance(op, WORDS[node.model]) for op in p.instructions)
    return program


@pytest.mark.parametrize("network", [*NETWORKS, "1mbqc", "line:1+1mbqc+1", "3mbqc:comm=1"])
@pytest.mark.parametrize("source", [UNITARY, DYNAMIC], ids=["unitary", "dynamic"])
def test_circuits_compile_and_verify(source: str, network: str) -> None:
    program = compile_on(source, network)
    assert program.report["ebits"] == len(program.manifest.links)


CIRCUITS = circuits(max_wires=3, max_gates=10)


def check_circuit(circuit, network: str, seed: int) -> None:
    compile_on(circuit.diagram, network, seed=seed, effort=0)


@given(CIRCUITS, st.sampled_from(NETWORKS[1:]), st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_random_circuits(circuit, network: str, seed: int) -> None:
    check_circuit(circuit, network, seed)


@pytest.mark.nightly
@given(CIRCUITS, st.sampled_from(NETWORKS), st.integers(0, 999))
@settings(max_examples=2000, deadline=None)
def test_many_random_circuits(circuit, network: str, seed: int) -> None:
    check_circuit(circuit, network, seed)


@given(CIRCUITS, st.sampled_from(NETWORKS[1:]), st.sampled_from(["min-space", "min-nodes", "min-depth"]))
@settings(max_examples=20, deadline=None)
def test_random_circuits_in_every_mode(circuit, network: str, mode: str) -> None:
    if mode == "min-nodes":  # for what is not measured one by one, more qubits are alive than the shorthand has
        network += f"{',' if ':' in network else ':'}qubits=8"
    compile_on(circuit.diagram, network, pipeline=mode)


def test_few_nodes_can_take_more_qubits_than_the_shorthand_has() -> None:
    source = (
        HEAD.replace("q[4]", "q[2]")
        + "h q[1]; cz q[0],q[1]; h q[1]; s q[0]; rx(pi/4) q[0]; s q[0]; cz q[0],q[1]; h q[1];"
    )
    compile_on(source, "2mbqc")
    with pytest.raises(NetworkInfeasible) as caught:
        compile_on(source, "2mbqc", pipeline="min-nodes")
    assert "the smallest change found that does" in str(caught.value)
    compile_on(source, "2mbqc:qubits=8", pipeline="min-nodes")


@given(patterns(max_nodes=5, max_steps=9), st.sampled_from(NETWORKS[1:]))
@settings(max_examples=15, deadline=None)
def test_random_patterns(pattern, network: str) -> None:
    """A runnable pattern is an instrument; what it reports has to be single outcomes (PR-12)."""
    diagram = to_diagram(replace(pattern, registers=()))
    try:
        compile_on(diagram, network, effort=0)
    except GossamerError as error:
        assert error.code in ("PR-12", "SEM-2"), error


def test_a_remote_cz_between_models() -> None:
    """Neither end knows the other's model: the circuit node's half is the one that it has beside a circuit node."""
    source = HEAD.replace("q[4]", "q[2]") + "cz q[0],q[1];"
    nodes = (Node(name="n0", data=1), Node(name="n1", model="mbqc", data=2))
    mixed = compile_on(source, Network(nodes=nodes, links=(NetworkLink(nodes=("n0", "n1")),)))
    plain = compile_on(source, "2:qubits=1")
    assert [sum(isinstance(op, Ebit) for op in p.programs[0].instructions) for p in (mixed, plain)] == [1, 1]
    own = {"n0.qasm": 0, "n1.pattern.json": 1}
    assert list(mixed.texts()) == list(own)
    kinds = [type(op) for op in mixed.programs[1].instructions]
    assert {Ebit, Entangle, Observe} <= set(kinds)
    assert Conditional in {type(op) for op in mixed.programs[0].instructions}


def test_the_phase_of_an_output_takes_a_gadget() -> None:
    """An MBQC node cannot turn a qubit: pi/4 on an output is a measured hub, pi/2 a Clifford, pi a Z."""
    for angle, words in (("pi/4", {"N", "E", "M", "Z"}), ("pi/2", {"C"}), ("-pi/2", {"C"}), ("pi", {"Z"})):
        program = compile_on(HEAD.replace("q[4]", "q[1]") + f"rz({angle}) q[0];", "1mbqc:qubits=2")
        assert {LETTERS[type(op)] for op in program.programs[0].instructions} == words
        assert program.programs[0].data == (2 if angle == "pi/4" else 1)


def test_a_step_takes_one_qubit_more_and_a_node_without_it_is_refused() -> None:
    source = HEAD.replace("q[4]", "q[2]") + "h q[0]; h q[1]; cx q[0],q[1]; h q[0]; t q[1]; h q[1];"
    assert compile_on(source, "1mbqc:qubits=3").programs[0].data == 3
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(source, "1mbqc:qubits=2")
    assert caught.value.code == "NW-13"
    assert "the network has 1 (n0, beside one for its steps: 1): 1 too few" in caught.value.diagnostic.message


@pytest.mark.clause("NW-8")
@pytest.mark.parametrize(("backend", "network"), [("circuit", "1+1mbqc"), ("mbqc", "1+1mbqc"), ("circuit", "2mbqc")])
def test_a_backend_takes_no_nodes_of_another_model(backend: str, network: str) -> None:
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(UNITARY, network, pipeline=f"graph-like,partition{{effort=0}},links,{backend}")
    assert caught.value.code == "NW-8"


def test_saved_programs_are_read_back(tmp_path) -> None:
    program = compile_on(DYNAMIC, "1+1mbqc")
    program.save(tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"n0.qasm", "n1.pattern.json"}
    assert gossamer.verify(tmp_path / "out", DYNAMIC).holds is True
    assert gossamer.run(tmp_path / "out", shots=300, seed=5).counts == program.run(300, seed=5).counts


def test_every_change_of_a_program_is_noticed() -> None:
    """Lifting and checking know what each word of a pattern means: no single change of one passes."""
    nodes = (Node(name="n0", data=1), Node(name="n1", model="mbqc", data=2))
    network = Network(nodes=nodes, links=(NetworkLink(nodes=("n0", "n1")),))
    program = compile_on(HEAD.replace("q[4]", "q[2]") + "t q[0]; h q[0]; cx q[0],q[1]; t q[1]; ry(0.3) q[1];", network)
    code = program.programs[1].instructions
    tried = 0
    for i, op in enumerate(code):
        other = list(code)
        match op:
            case CorrectX() | CorrectZ() | Entangle() | Clifford():
                del other[i]
            case Observe(m, bit) if not m.angle.is_clifford:
                other[i] = Observe(replace(m, angle=-m.angle), bit)
            case Observe(m, bit) if not m.s_domain.is_zero:
                other[i] = Observe(replace(m, s_domain=BitExpr()), bit)
            case Observe(m, bit) if not m.t_domain.is_zero:
                other[i] = Observe(replace(m, t_domain=~m.t_domain), bit)
            case _:
                continue
        tried += 1
        programs = (program.programs[0], replace(program.programs[1], instructions=tuple(other)))
        assert verify(programs, program.manifest, program.source).holds is False, op
    assert tried >= 6


def layers(pattern) -> int:
    """Rounds of measurements, each of which waits for outcomes of earlier ones only."""
    bit_of = {bit.vertex: i for i, bit in enumerate(pattern.bits)}
    layer: dict[int, int] = {}
    for c in pattern.commands:
        if hasattr(c, "s_domain"):
            waits = c.s_domain.bits | c.t_domain.bits | c.angle.bits
            layer[bit_of[c.node]] = 1 + max((layer[b] for b in waits), default=0)
    return max(layer.values(), default=0)


def test_modes_trade_nodes_and_rounds() -> None:
    """Shifted signals leave fewer rounds and the same commands; without Pauli measurements there are fewer nodes."""
    turns = "".join(f"h q[{i}]; s q[{i}]; h q[{i}]; cx q[{i}],q[{(i + 1) % 4}]; h q[{i}]; " for i in range(4))
    source = HEAD + turns + "t q[0]; t q[2]; " + turns + "t q[1]; h q[1];"
    made = {
        mode: compile_on(source, "1mbqc:qubits=12", pipeline=mode).pattern()
        for mode in ("min-space", "min-nodes", "min-depth")
    }
    assert len(made["min-depth"].commands) <= len(made["min-space"].commands)
    assert layers(made["min-depth"]) < layers(made["min-space"])
    assert len(made["min-nodes"].bits) < len(made["min-space"].bits)


@pytest.mark.clause("TL-7")
def test_a_mode_of_patterns_is_none_of_circuit_nodes() -> None:
    with pytest.raises(gossamer.UsageError) as caught:
        gossamer.compile(UNITARY, "2", pipeline="min-depth")
    assert caught.value.code == "TL-7"
