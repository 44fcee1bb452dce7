"""A third opinion on Clifford programs: signed stabiliser flows of stim, on circuits built straight from the instructions."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
import stim

from gossamer.backends.circuit import lower
from gossamer.checks import verify
from gossamer.conformance.circuits import GateList, random_circuit
from gossamer.ir.program import Conditional, Distribution, Ebit, Gate, Measure, Recv, Reset, Send
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.links import realise
from tests.test_distribution import complete, random_assignment

QUARTER = {Fraction(1, 2): "S", Fraction(1): "Z", Fraction(3, 2): "S_DAG"}


def put(c: stim.Circuit, name: str, qubits: list[int], angle: Fraction | None = None) -> None:
    if name in ("h", "x", "z", "s", "cz", "cx"):
        c.append(name.upper(), qubits)
    elif name == "sdg":
        c.append("S_DAG", qubits)
    elif name == "rz" and angle:
        c.append(QUARTER[angle % 2], qubits)
    elif name == "rx" and angle:
        c.append("H", qubits)
        c.append(QUARTER[angle % 2], qubits)
        c.append("H", qubits)
    elif name == "rzz" and angle:
        c.append("CX", qubits)
        c.append(QUARTER[angle % 2], qubits[1:])
        c.append("CX", qubits)


def source_circuit(source: GateList) -> stim.Circuit:
    c = stim.Circuit()
    c.append("I", range(source.wires))
    for kind, *args in source.operations:
        if kind in ("rz", "rx", "rzz"):
            *qubits, angle, _ = args
            put(c, kind, qubits, angle)
        else:
            put(c, kind, args)
    return c


def program_circuit(d: Distribution) -> tuple[stim.Circuit, list[int]]:
    """Run the instructions in an order in which nobody waits; feedback of Paulis only. The circuit and the output qubits."""
    c = stim.Circuit()
    where = {(p.node, p.qubit): i for i, p in enumerate(d.manifest.inputs)}
    bits: dict[tuple[str, int], set[int]] = {}  # parities of records
    letters: dict[str, set[int]] = {}
    halves: dict[str, tuple[str, int]] = {}
    fresh = len(where)
    at = {p.node: 0 for p in d.programs}

    def qubit(node: str, q: int) -> int:
        nonlocal fresh
        if (node, q) not in where:
            where[node, q] = fresh
            c.append("R", [fresh])
            fresh += 1
        return where[node, q]

    moved = True
    while moved:
        moved = False
        for p in d.programs:
            while at[p.node] < len(p.instructions):
                op = p.instructions[at[p.node]]
                if isinstance(op, Gate):
                    put(c, op.name, [qubit(p.node, q) for q in op.qubits], op.angle.constant if op.angle else None)
                elif isinstance(op, Conditional):
                    assert all(value for _, value in op.conditions)
                    assert len(op.conditions) == 1
                    for gate in op.body:
                        for record in bits[p.node, op.conditions[0][0]]:
                            target = stim.target_rec(record - c.num_measurements)
                            c.append({"x": "CX", "z": "CZ"}[gate.name], [target, qubit(p.node, gate.qubits[0])])
                elif isinstance(op, Measure):
                    bits[p.node, op.bit] = {c.num_measurements}
                    c.append("M", [qubit(p.node, op.qubit)])
                    del where[p.node, op.qubit]
                elif isinstance(op, Send):
                    letters[op.message] = set()
                    for b in op.bits:
                        letters[op.message] ^= bits[p.node, b]
                elif isinstance(op, Recv):
                    if op.message not in letters:
                        break
                    bits[p.node, op.bit] = letters[op.message]
                elif isinstance(op, Ebit):
                    if op.link in halves and halves[op.link][0] == p.node:
                        where[p.node, op.qubit] = halves.pop(op.link)[1]
                    elif next(x for x in d.programs if x.node == op.peer).instructions[at[op.peer]] == Ebit(
                        op.link, p.node, next_qubit(d, op.peer, at[op.peer])
                    ):
                        mine, theirs = fresh, fresh + 1
                        fresh += 2
                        c.append("R", [mine, theirs])
                        c.append("H", [mine])
                        c.append("CX", [mine, theirs])
                        where[p.node, op.qubit] = mine
                        halves[op.link] = (op.peer, theirs)
                    else:
                        break
                else:
                    assert isinstance(op, Reset)
                at[p.node] += 1
                moved = True
    assert all(at[p.node] == len(p.instructions) for p in d.programs)
    return c, [qubit(o.node, o.qubit) for o in d.manifest.outputs]


def next_qubit(d: Distribution, node: str, position: int) -> int:
    code = next(p for p in d.programs if p.node == node).instructions
    op = code[position] if position < len(code) else None
    return op.qubit if isinstance(op, Ebit) else -1


def flows_hold(source: GateList, d: Distribution) -> bool:
    circuit, outputs = program_circuit(d)
    size = max(circuit.num_qubits, source.wires)

    def spread(pauli: stim.PauliString, to: list[int]) -> stim.PauliString:
        out = stim.PauliString(size)
        for i, q in enumerate(to):
            if i < len(pauli):
                out[q] = pauli[i]
        return out * pauli.sign

    for flow in source_circuit(source).flow_generators():
        start = spread(flow.input_copy(), list(range(source.wires)))
        end = spread(flow.output_copy(), outputs)
        if not circuit.has_flow(stim.Flow(input=start, output=end)):
            return False
    return True


@pytest.mark.parametrize("seed", range(12))
def test_stim_agrees(seed):
    rng = random.Random(seed)
    wires, nodes = rng.randint(2, 6), rng.randint(2, 4)
    source = random_circuit(rng, wires, rng.randint(10, 40), measure=False, clifford=True)
    graph = to_open_graph(source.diagram)
    good = lower(realise(graph, random_assignment(rng, graph, nodes, third=True), complete(nodes, None)))
    assert flows_hold(source, good)
    assert verify(good.programs, good.manifest, source.diagram, method="stabiliser").holds is True
    candidates = [
        (k, i)
        for k, p in enumerate(good.programs)
        for i, op in enumerate(p.instructions)
        if isinstance(op, Conditional)
    ]
    for k, i in rng.sample(candidates, min(4, len(candidates))):
        programs = list(good.programs)
        code = programs[k].instructions
        programs[k] = replace(programs[k], instructions=code[:i] + code[i + 1 :])
        bad = replace(good, programs=tuple(programs))
        found = verify(bad.programs, bad.manifest, source.diagram, method="stabiliser").holds
        assert found == flows_hold(source, bad)
