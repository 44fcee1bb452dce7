"""Programs on coupling maps: each gate on a coupled pair, the meaning kept, communication qubits never moved, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import assume, given, settings

import gossamer
from gossamer.checks import verify
from gossamer.conformance import oracle
from gossamer.conformance.strategies import programs
from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.ir.network import Network
from gossamer.ir.network_text import parse_network
from gossamer.ir.program import Conditional, Distribution, Gate, Measure, NodeProgram
from gossamer.ir.rules.hardware import check_hardware
from gossamer.passes.route import Route

#: Five data qubits in a row and a communication qubit at the far end, and a star with two communication qubits that are coupled.
NETWORK = """
nodes:
  - {name: row, data: 5, comm: 1, coupling: [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]}
  - {name: star, data: 4, comm: 2, coupling: [[0, 1], [0, 2], [0, 3], [1, 4], [2, 5], [4, 5]]}
links: [{nodes: [row, star]}]
"""
HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[8]; creg c[8]; '
ALL_PAIRS = (
    HEAD
    + "h q; "
    + " ".join(f"cp(pi/{a + b + 2}) q[{a}],q[{b}]; h q[{b}];" for a in range(4) for b in range(4) if a != b)
)
MEASURED = HEAD + (
    "h q; cx q[0],q[4]; measure q[0] -> c[0]; reset q[0]; if (c==1) cx q[1],q[3]; cx q[0],q[2]; cz q[2],q[7]; t q[7];"
    "cx q[7],q[4]; h q[4]; cx q[4],q[1]; measure q[4] -> c[4]; cx q[0],q[6]; cx q[5],q[6]; cx q[3],q[6]; cx q[2],q[0];"
)


def pairs_of(p: NodeProgram) -> set[frozenset[int]]:
    gates = (
        g for op in p.instructions for g in (op.body if isinstance(op, Conditional) else [op]) if isinstance(g, Gate)
    )
    return {frozenset(g.qubits) for g in gates if len(g.qubits) == 2}


@pytest.mark.parametrize("source", [ALL_PAIRS, MEASURED], ids=["pairs", "measured"])
@pytest.mark.parametrize("gates", ["", "gates: [cx, rz, sx], "])
def test_compiled_programs_respect_the_map(source: str, gates: str) -> None:
    network = parse_network(NETWORK.replace("name: row, ", "name: row, " + gates))
    program = gossamer.compile(source, network, effort=0)
    for p, node in zip(program.programs, network.nodes, strict=True):
        assert pairs_of(p) <= {frozenset(pair) for pair in node.coupling or ()}
        assert (p.data, p.comm) == (node.data, node.comm)
    assert program.report["verified"]["holds"] is True
    assert verify(program.programs, program.manifest, program.source, network=network).holds is True
    assert program.report["pipeline"].endswith(",route,native" if gates else ",route")
    plain = gossamer.compile(source, "2:qubits=5,comm=2", effort=0)
    assert set(program.report["swaps"]) == {"row", "star"}
    assert sum(program.report["swaps"].values()) > 0
    assert "swaps" not in plain.report
    if not gates:
        swaps = sum(g.name == "swap" for p in program.programs for g in p.instructions if isinstance(g, Gate))
        assert swaps == sum(program.report["swaps"].values())


def test_ebits_do_not_change() -> None:
    network = parse_network(NETWORK)
    free = Network(nodes=tuple(n.model_copy(update={"coupling": None}) for n in network.nodes), links=network.links)
    # The same pipeline to the links: only the swaps differ.
    with_map, without = (gossamer.compile(ALL_PAIRS, n, effort=0) for n in (network, free))
    assert with_map.report["ebits"] == without.report["ebits"]
    assert with_map.report["messages"] == without.report["messages"]
    assert gossamer.compile(ALL_PAIRS, network, effort=0).files().keys() == with_map.files().keys()
    again = gossamer.compile(ALL_PAIRS, network, effort=0)
    assert again.programs == with_map.programs


@settings(deadline=None, max_examples=12)
@given(programs(max_nodes=1, max_steps=7, max_data=3, figures=True))
def test_any_programs_keep_their_meaning(distribution: Distribution) -> None:
    assume(any(node.coupling is not None for node in distribution.network.nodes))
    out = Route().run(distribution)
    out.verify_structure()
    for p in out.programs:
        coupling = distribution.network.nodes[distribution.network.index[p.node]].coupling
        assert coupling is None or pairs_of(p) <= {frozenset(pair) for pair in coupling}
        measured = [op for op in p.instructions if isinstance(op, Measure) and op.qubit >= p.data]
        given = next(x for x in distribution.programs if x.node == p.node)
        assert measured == [op for op in given.instructions if isinstance(op, Measure) and op.qubit >= p.data]
    assert oracle.same_instrument(oracle.program_instrument(distribution), oracle.program_instrument(out))


@pytest.mark.clause("NW-16")
def test_a_gate_on_uncoupled_qubits_is_a_violation() -> None:
    network = parse_network(NETWORK)
    plain = gossamer.compile(ALL_PAIRS, "2:qubits=5,comm=2", pipeline="graph-like,partition{effort=0},links,circuit")
    row = plain.programs[0]
    bad = Distribution(
        (NodeProgram("row", "circuit", 5, 1, 0, (Gate("cz", (0, 2)),)),), plain.manifest, network
    )  # fmt: skip
    with pytest.raises(InputError, match="cz on qubits 0 and 2, which are not coupled") as caught:
        check_hardware(bad)
    assert caught.value.code == "NW-16"
    other = Distribution((NodeProgram("row", "circuit", row.data - 1, 1, 0, ()),), plain.manifest, network)
    with pytest.raises(InputError, match="does not number the qubits of its node"):
        check_hardware(other)


@pytest.mark.clause("NW-16")
def test_a_relay_whose_communication_qubits_are_not_coupled() -> None:
    text = """
nodes:
  - {name: a, data: 1, comm: 1}
  - {name: relay, data: 1, comm: 2, coupling: COUPLING}
  - {name: b, data: 1, comm: 1}
links: [{nodes: [a, relay]}, {nodes: [relay, b]}]
"""
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q; ' + "".join(
        f"crz(pi/{a + b + 3}) q[{a}],q[{b}]; h q[{a}];" for a in range(3) for b in range(3) if a != b
    )
    with pytest.raises(NetworkInfeasible, match=r"relay.*communication qubits 1 and 2") as caught:
        gossamer.compile(source, parse_network(text.replace("COUPLING", "[[0, 1], [0, 2]]")))
    assert caught.value.code == "NW-16"
    waits = text.replace("relay, data: 1", "relay, data: 2").replace("COUPLING", "[[0, 1], [0, 2], [1, 3]]")
    for other in (waits, text.replace("COUPLING", "[[0, 1], [0, 2], [1, 2]]")):
        assert gossamer.compile(source, parse_network(other)).report["verified"]["holds"] is True


def test_without_qiskit_the_exit_code_is_5(tmp_path: Any) -> None:
    (tmp_path / "net.yaml").write_text("nodes: [{name: a, data: 3, comm: 0, coupling: [[0, 1], [1, 2]]}]")
    (tmp_path / "far.qasm").write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; cx q[0],q[1]; cx q[1],q[2]; cx q[0],q[2];'
    )
    code = (
        "import sys; sys.modules['qiskit'] = None; from gossamer.cli import call; "
        "sys.exit(call(['compile', 'far.qasm', '-n', 'net.yaml', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "error[TL-9]" in done.stderr, "gossamer[engines]" in done.stderr) == (5, True, True), (
        done.stderr
    )
    (tmp_path / "far.qasm").write_text('OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; cx q[0],q[1]; cx q[1],q[2];')
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "a program that respects the map as it is needs no router"
    assert json.loads(done.stdout)["swaps"] == {"a": 0}
