"""Two circuits as one unitary circuit that is the identity if, and only if, they do the same: for checkers of unitary circuits without discarded qubits.

Written on Qiskit alone, so nothing of ours takes part. Measurements, resets and conditions are deferred: a reset is a fresh qubit in ``|0>``, a
measurement leaves its outcome on a qubit that is only a control from then on, a gate under a condition is a controlled gate.

Nielsen and Chuang, "Quantum Computation and Quantum Information", section 4.4, principle of deferred measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qiskit import AncillaRegister, QuantumCircuit, QuantumRegister, qasm2, qasm3, transpile
from qiskit.circuit import Clbit, Qubit
from qiskit.circuit.classical import expr
from qiskit.circuit.library import CXGate, HGate

#: What decision diagrams are made of.
BASIS = ["h", "x", "z", "s", "sdg", "t", "tdg", "p", "rx", "rz", "u", "cx", "cz", "cp"]


class _Deferred:
    def __init__(self, circuit: QuantumCircuit, inputs: Sequence[int]) -> None:
        self.circuit = circuit
        self.wires: dict[Qubit, Any] = {}
        self.fresh = 0
        self.gates: list[tuple[Any, list[Any]]] = []
        self.holder: dict[Clbit, Any] = {}  # the qubit that holds a bit; none: 0
        self.left: dict[Qubit, list[str]] = {q: [] for q in circuit.qubits}  # what is still to come on each qubit
        for item in circuit.data:
            for q in item.qubits:
                self.left[q].append(item.operation.name)
        for i, q in enumerate(circuit.qubits):
            self.wires[q] = ("q", inputs.index(i)) if i in inputs else self.new()
        self.touched = {w for w in self.wires.values() if w[0] == "q"}

    def new(self) -> tuple[str, int]:
        self.fresh += 1
        return "a", self.fresh - 1

    def add(self, gate: Any, wires: list[Any]) -> None:
        self.gates.append((gate, wires))
        self.touched.update(wires)

    def run(self) -> None:
        for item in self.circuit.data:
            for q in item.qubits:
                self.left[q].pop(0)
            self.step(item.operation, list(item.qubits), list(item.clbits), [], 0)

    def step(self, op: Any, qubits: list[Qubit], clbits: list[Clbit], controls: list[Any], values: int) -> None:
        if op.name == "barrier":
            return
        if op.name == "if_else":
            assert len(op.blocks) == 1, "no else in these files"
            bits, wanted = self.condition(op.condition)
            known = [(b, wanted >> i & 1) for i, b in enumerate(bits)]
            if any(v and b not in self.holder for b, v in known):
                return
            for b, v in known:
                if b in self.holder:
                    values |= v << len(controls)
                    controls = [*controls, self.holder[b]]
            (body,) = op.blocks
            outer = dict(zip(body.qubits, qubits, strict=True)) | dict(zip(body.clbits, clbits, strict=True))
            for inner in body.data:
                self.step(
                    inner.operation,
                    [outer[q] for q in inner.qubits],
                    [outer[c] for c in inner.clbits],
                    controls,
                    values,
                )
            return
        if op.name in ("measure", "reset") and controls:
            raise NotImplementedError("a measurement or a reset under a condition")
        if op.name == "reset":
            if self.wires[qubits[0]] in self.touched:
                self.wires[qubits[0]] = self.new()
        elif op.name == "measure":
            wire = self.wires[qubits[0]]
            if self.left[qubits[0]] and self.left[qubits[0]][0] != "reset":
                copy = self.new()
                self.add(CXGate(), [wire, copy])
                wire = copy
            self.touched.add(wire)
            self.holder[clbits[0]] = wire
        else:
            gate = op.control(len(controls), ctrl_state=values) if controls else op
            self.add(gate, [*controls, *(self.wires[q] for q in qubits)])

    def condition(self, condition: Any) -> tuple[list[Clbit], int]:
        if isinstance(condition, expr.Expr):
            if isinstance(condition, expr.Var):
                return [condition.var], 1
            assert isinstance(condition, expr.Unary)
            assert isinstance(condition.operand, expr.Var)
            return [condition.operand.var], 0
        where, value = condition
        return ([where] if isinstance(where, Clbit) else list(where)), int(value)


def miter(pair: dict[str, Any], *, turned: bool = False) -> QuantumCircuit:
    """The circuit for a source that measures at its end only: a unitary V, and the merged circuit, deferred: U on more qubits.

    A basis state x of the qubits that V ends on is copied, taken back by the inverse of V, and given to U, of whose results the copy of x is
    subtracted; then all is undone. It is the identity on fresh qubits in ``|0>`` iff U reports x with certainty, for all x. Then, as
    probabilities sum up to 1, U reports x as often as V does, whatever the input. Outputs are compared like results; ``turned``, they are
    compared in X. Maps that agree on the projectors of both bases agree on the algebra that these generate (Choi 1974), which is all of it.

    Raises
    ------
    NotImplementedError
        If the source measures on the way.
    """
    source, merged = (_Deferred(c, pair["inputs"][i]) for i, c in enumerate(read(pair)))
    for d in (source, merged):
        d.run()
    if len(pair["inputs"][0]) < source.circuit.num_qubits or any(w[0] == "a" for _, ws in source.gates for w in ws):
        raise NotImplementedError("the source measures, or resets, on the way")
    results = [held(d, pair["registers"]) for d in (source, merged)]
    ends = [[d.wires[d.circuit.qubits[q]] for q in pair["outputs"][i]] for i, d in enumerate((source, merged))]
    if turned:
        for d, wires in zip((source, merged), ends, strict=True):
            for wire in wires:
                d.add(HGate(), [wire])
    compared = [(a, b) for a, b in zip(results[0] + ends[0], results[1] + ends[1], strict=True) if a or b]
    n, fresh = len(pair["inputs"][0]), merged.fresh
    out = QuantumCircuit(QuantumRegister(n, "q"), AncillaRegister(fresh + len(compared), "a"))
    index = {("q", i): i for i in range(n)} | {("a", i): n + i for i in range(fresh)}
    v, u = QuantumCircuit(n), QuantumCircuit(n + fresh)
    for circuit, d in ((v, source), (u, merged)):
        for gate, wires in d.gates:
            circuit.append(gate, [index[w] for w in wires])
    v, u = (transpile(c, basis_gates=BASIS, optimization_level=0) for c in (v, u))
    there = QuantumCircuit(n + fresh).compose(v.inverse(), range(n)).compose(u)
    for k, (a, _) in enumerate(compared):
        if a:
            out.cx(index[a], n + fresh + k)
    out.compose(there, range(n + fresh), inplace=True)
    for k, (_, b) in enumerate(compared):
        if b:
            out.cx(index[b], n + fresh + k)
    out.compose(there.inverse(), range(n + fresh), inplace=True)
    return out


def held(d: _Deferred, registers: Sequence[tuple[str, int]]) -> list[Any]:
    """The qubit of each bit of the registers; None for a bit that is 0."""
    found = {r.name: r for r in d.circuit.cregs}
    return [d.holder.get(found[name][i]) if name in found else None for name, size in registers for i in range(size)]


def read(pair: dict[str, Any]) -> tuple[QuantumCircuit, QuantumCircuit]:
    """Source and merged circuit, read by Qiskit."""
    source = qasm2.loads(pair["source"], custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    return source, qasm3.loads(pair["merged"])
