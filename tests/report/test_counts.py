"""The counters of the report against programs that are small enough to count by hand, and against a naive second count."""

from __future__ import annotations

import re

import pytest

import gossamer
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.program import (
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Manifest,
    ManifestLink,
    ManifestNode,
    Measure,
    NodeProgram,
    Recv,
    Reset,
    Send,
)
from gossamer.report.counts import count_node, longest_chain, make_report
from tests.report import naive_counts

H = Gate("h", (0,))


def _program(node: str, data: int, comm: int, *instructions: object) -> NodeProgram:
    return NodeProgram(node, "circuit", data, comm, 9, instructions)  # type: ignore[arg-type]


#: A remote CZ between data qubit 0 of a and data qubit 0 of b.
A = _program(
    "a",
    1,
    1,
    H,
    Ebit("l0", "b", 1),
    Gate("h", (1,)),
    Gate("cz", (0, 1)),
    Gate("h", (1,)),
    Measure(1, 0),
    Send("m0", "b", (0,)),
    Recv("m1", "b", 1),
)
B = _program(
    "b",
    1,
    1,
    Ebit("l0", "a", 1),
    Gate("cz", (0, 1)),
    Gate("h", (1,)),
    Measure(1, 0),
    Send("m1", "a", (0,)),
    Recv("m0", "a", 1),
)


def test_a_remote_gate_counted_by_hand() -> None:
    manifest = Manifest(
        nodes=[ManifestNode(name=n, model="circuit", program=f"{n}.qasm", data=1, comm=1) for n in "ab"],
        links=[ManifestLink(id="l0", nodes=("a", "b"))],
        messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest="",
    )  # fmt: skip
    network = Network(nodes=tuple(Node(name=n, data=1) for n in "ab"), links=(NetworkLink(nodes=("a", "b")),))
    report = make_report(Distribution((A, B), manifest, network))
    assert (report["ebits"], report["messages"], report["local_2q"]) == (1, 2, 0)
    assert report["links"][0]["vertices"] == [1, 1]
    assert report["peak_qubits"] == report["peak_comm"] == {"a": 1, "b": 1}
    assert report["depth"] == 4  # h, cz, h, measure on a's half
    assert report["steps"] == 5  # the same after the ebit


@pytest.mark.parametrize(
    ("instructions", "peak"),
    [
        ((H, Gate("h", (1,))), 1),  # neither is an output: the first is let go before the second begins
        ((H, Measure(0, 0), Gate("h", (1,)), Measure(1, 1)), 1),
        ((H, Measure(0, 0), Reset(0), H, Measure(0, 1)), 1),
        ((Reset(0), Reset(1)), 0),
        ((H, Gate("cz", (0, 1)), Gate("cz", (1, 2)), Measure(0, 0)), 3),
        ((H, Gate("cz", (0, 1)), Measure(0, 0), Gate("cz", (1, 2))), 2),
    ],
)
def test_peaks(instructions: tuple[object, ...], peak: int) -> None:
    assert count_node(_program("a", 3, 0, *instructions)).peak_qubits == peak


def test_inputs_are_held_from_the_start_and_outputs_to_the_end() -> None:
    program = _program("a", 2, 0, H, Measure(0, 0), Gate("h", (1,)))
    assert count_node(program).peak_qubits == 1
    assert count_node(program, inputs=frozenset({1})).peak_qubits == 2
    assert count_node(program, inputs=frozenset({0}), outputs=frozenset({1})).peak_qubits == 1


def test_programs_that_wait_for_each_other_are_found() -> None:
    first = _program("a", 1, 0, Recv("m0", "b", 0), Send("m1", "b", (0,)))
    second = _program("b", 1, 0, Recv("m1", "a", 0), Send("m0", "a", (0,)))
    with pytest.raises(ValueError, match="wait for each other"):
        longest_chain((first, second))


def test_the_counters_agree_with_the_printed_programs() -> None:
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[6]; creg c[6]; h q; '
        + "".join(f"cx q[{i}],q[{j}]; t q[{j}];" for i in range(6) for j in range(6) if i != j)
        + "measure q -> c;"
    )
    program = gossamer.compile(text, "line:3:qubits=3,comm=2", effort=0, check=False)
    texts = program.texts().values()
    assert program.report["ebits"] * 2 == sum(t.count("@gossamer.link") for t in texts)
    assert program.report["messages"] == sum(t.count("@gossamer.send") for t in texts)
    two = [
        m for t in texts for m in re.findall(r"^\s*(?:cz|rzz\([^)]*\)) (\w+)\[\d+\], (\w+)\[\d+\];", t, re.MULTILINE)
    ]
    assert program.report["local_2q"] == sum(pair == ("data", "data") for pair in two)
    assert program.report["steps"] > program.report["depth"] > 0


@pytest.mark.parametrize("network", ["3:qubits=3", "line:3:qubits=3,comm=2", "3mbqc:qubits=4", "2+1mbqc"])
def test_the_counters_agree_with_a_count_instruction_by_instruction(network: str) -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[6]; creg c[6]; h q; ' + "".join(
        f"cx q[{i}],q[{j}]; t q[{j}]; rzz(0.3) q[{j}],q[{i}];"
        for i in range(6)
        for j in range(6)
        if (i + j) % 3 != 1 and i != j
    )
    programs = gossamer.compile(text + "reset q[0]; h q[0]; measure q -> c;", network, effort=0, check=False)
    for program in programs.programs:
        for inputs, outputs in ((frozenset[int](), frozenset[int]()), (frozenset({0}), frozenset({1, 2}))):
            assert count_node(program, inputs, outputs) == naive_counts.count_node(program, inputs, outputs)
    for ebit in (0, 1, 3):
        assert longest_chain(programs.programs, ebit=ebit) == naive_counts.longest_chain(programs.programs, ebit=ebit)
    partners = naive_counts.partners(programs.programs)
    assert programs.links
    for link in programs.links:
        assert link["vertices"] == [partners[link["id"], node] for node in link["nodes"]]


def test_gates_of_a_body_wait_for_each_other_and_for_the_condition() -> None:
    both = Conditional(((0, True),), (Gate("x", (0,)), Gate("cz", (0, 1)), Gate("x", (2,))))
    program = _program("a", 4, 0, Gate("h", (3,)), Measure(3, 0), both, Gate("h", (1,)))
    assert longest_chain((program,)) == naive_counts.longest_chain((program,)) == 5
    assert count_node(program) == naive_counts.count_node(program)
