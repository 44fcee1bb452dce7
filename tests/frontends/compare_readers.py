"""Compare the meaning of the corpus's circuits with Qiskit's readers, measured branches included.

For each file that both read, of up to ten qubits: a random product state is sent through both, for each combination of
outcomes of the measurements, and the classical results and the states must agree. `python -m tests.frontends.compare_readers` prints
the counts; the nightly test runs it.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from gossamer.diagnostics import GossamerError
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.diagram import Diagram
from gossamer.ir.semantics import branches

SHARED = Path(__file__).resolve().parents[3] / "shared"


LIMIT = 10  # qubits
MAX_BRANCHING = 12  # measurements and resets


class NotComparable(Exception):
    """The other reader refuses the file, or its circuit holds what this script does not simulate."""


def _circuit(text: str, version: str):  # type: ignore[no-untyped-def]
    import qiskit.qasm2
    import qiskit.qasm3

    try:
        if version == "qasm2":
            try:  # the legacy names override definitions of the source, so they come second
                return qiskit.qasm2.loads(text)
            except qiskit.qasm2.QASM2ParseError:
                return qiskit.qasm2.loads(text, custom_instructions=qiskit.qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
        return qiskit.qasm3.loads(text)
    except Exception as error:
        raise NotComparable from error


def _expression(node, bits):  # type: ignore[no-untyped-def]
    """The value of a classical expression of Qiskit."""
    from qiskit.circuit import Clbit
    from qiskit.circuit.classical import expr

    def register(r):  # type: ignore[no-untyped-def]
        return int(bits[r]) if isinstance(r, Clbit) else sum(bits[b] << i for i, b in enumerate(r))

    if isinstance(node, tuple):
        return register(node[0]) == int(node[1])
    if isinstance(node, expr.Var):
        return register(node.var)
    if isinstance(node, expr.Value):
        return int(node.value)
    if isinstance(node, expr.Cast):
        return _expression(node.operand, bits)
    if isinstance(node, expr.Unary):
        x = _expression(node.operand, bits)
        return not x if node.op == expr.Unary.Op.LOGIC_NOT or node.type.kind.__name__ == "Bool" else ~x
    if isinstance(node, expr.Binary):
        x, y = _expression(node.left, bits), _expression(node.right, bits)
        ops = {
            "BIT_AND": lambda: x & y, "BIT_OR": lambda: x | y, "BIT_XOR": lambda: x ^ y, "LOGIC_AND": lambda: bool(x and y),
            "LOGIC_OR": lambda: bool(x or y), "EQUAL": lambda: x == y, "NOT_EQUAL": lambda: x != y, "LESS": lambda: x < y,
            "LESS_EQUAL": lambda: x <= y, "GREATER": lambda: x > y, "GREATER_EQUAL": lambda: x >= y,
        }  # fmt: skip
        return ops[node.op.name]()
    raise NotComparable(type(node).__name__)


def _simulate(circuit, state):  # type: ignore[no-untyped-def]
    """All branches: unnormalised states (the first qubit the last axis, as Qiskit orders them) with values of the bits."""
    from qiskit.quantum_info import Operator

    n = circuit.num_qubits
    done = []
    work = [(state, dict.fromkeys(circuit.clbits, 0), [(i, None, None) for i in reversed(circuit.data)])]
    while work:
        state, bits, todo = work.pop()
        while todo:
            item, qmap, cmap = todo.pop()
            op = item.operation
            qubits = [circuit.find_bit(q if qmap is None else qmap[q]).index for q in item.qubits]
            clbits = [c if cmap is None else cmap[c] for c in item.clbits]
            name = op.name
            if name in ("barrier", "delay"):
                continue
            axes = [n - 1 - q for q in qubits]
            if name in ("measure", "reset"):
                moved = np.moveaxis(state, axes[0], 0)
                for value in (1, 0):
                    kept = np.zeros_like(moved)
                    kept[0 if name == "reset" else value] = moved[value]
                    new = {**bits, clbits[0]: value} if name == "measure" else bits
                    if np.linalg.norm(kept) > 1e-9:
                        work.append((np.moveaxis(kept, 0, axes[0]), new, list(todo)))
                break
            if name in ("if_else", "switch_case", "for_loop"):
                inner_q = [circuit.qubits[q] for q in qubits]

                def enter(block, todo=todo, inner_q=inner_q, clbits=clbits):  # type: ignore[no-untyped-def]
                    q, c = dict(zip(block.qubits, inner_q, strict=True)), dict(zip(block.clbits, clbits, strict=True))
                    todo.extend((i, q, c) for i in reversed(block.data))

                if name == "if_else":
                    if cmap is not None and not isinstance(op.condition, tuple):
                        raise NotComparable("a nested expression")
                    branch = 0 if _expression(op.condition, bits) else 1
                    if branch < len(op.blocks) and op.blocks[branch] is not None:
                        enter(op.blocks[branch])
                elif name == "for_loop" and op.params[1] is None:
                    for _ in op.params[0]:
                        enter(op.blocks[0])
                else:
                    raise NotComparable(name)
                continue
            if getattr(op, "blocks", None) or op.is_parameterized():
                raise NotComparable(name)
            try:
                matrix = Operator(op).data
            except Exception as error:
                raise NotComparable(name) from error
            k = len(qubits)
            back = axes[::-1]
            tensor = np.tensordot(matrix.reshape((2,) * (2 * k)), state, (range(k, 2 * k), back))
            state = np.moveaxis(tensor, range(k), back)
        else:
            done.append((state, bits))
    return done


def _theirs(circuit, vector, outputs):  # type: ignore[no-untyped-def]
    """The density matrix of the named outputs for each value of the registers."""
    n = circuit.num_qubits
    index = {}
    for register in circuit.qregs:
        for i, q in enumerate(register):
            index[f"{register.name}[{i}]"] = circuit.find_bit(q).index
    places = [index.get(name) for name in outputs]
    if None in places:
        if len(circuit.qubits) != n or len(outputs) != n:
            raise NotComparable("names")
        places = list(range(n))
    axes = [n - 1 - q for q in places]
    out = {}
    for state, bits in _simulate(circuit, vector):
        key = tuple(sorted((r.name, tuple(bits[b] for b in r)) for r in circuit.cregs))
        kept = np.moveaxis(state, axes, range(len(axes))).reshape(2 ** len(axes), -1)
        out[key] = out.get(key, 0) + kept @ kept.conj().T
    return out


def _ours(diagram: Diagram, inputs, registers):  # type: ignore[no-untyped-def]
    out = {}
    for bits, matrix in branches(diagram, inputs):
        named = {r.name: tuple(int(e.evaluate(bits)) for e in r.bits) for r in diagram.registers}
        key = tuple(sorted((name, named[name]) for name in registers))
        out[key] = out.get(key, 0) + matrix @ matrix.conj().T
    return out


def compare(text: str, version: str) -> bool:
    """Whether the meanings agree; NotComparable if there is nothing to compare with."""
    diagram = read_qasm(text)
    if any(p.symbols for p in diagram.phases):
        raise NotComparable("symbols")
    return compare_circuit(diagram, _circuit(text, version))


def compare_circuit(diagram: Diagram, circuit) -> bool:  # type: ignore[no-untyped-def]
    """Whether a diagram means what a circuit of Qiskit means."""
    n = circuit.num_qubits
    if not 0 < n <= LIMIT or len(diagram.outcome_bits) > MAX_BRANCHING or circuit.parameters:
        raise NotComparable("size")
    named = {r.name for r in diagram.registers}
    registers = [r.name for r in circuit.cregs if r.name in named]
    if circuit.cregs and not registers:
        raise NotComparable("names")
    rng = np.random.default_rng(1)
    single = rng.normal(size=(n, 2)) + 1j * rng.normal(size=(n, 2))
    single /= np.linalg.norm(single, axis=1)[:, None]
    index = {f"{r.name}[{i}]": circuit.find_bit(q).index for r in circuit.qregs for i, q in enumerate(r)}
    try:
        fed = [index[name] for name in diagram.input_names]
    except KeyError:
        if len(diagram.input_names) != n:
            raise NotComparable("names") from None
        fed = list(range(n))
    ours_in, theirs_in = np.ones(1), np.ones(1)
    for q in fed:
        ours_in = np.kron(ours_in, single[q])
    for q in reversed(range(n)):
        theirs_in = np.kron(theirs_in, single[q])
    theirs = {}
    for key, rho in _theirs(circuit, theirs_in.reshape((2,) * n), diagram.output_names).items():
        key = tuple(sorted((k, v) for k, v in key if k in registers))
        theirs[key] = theirs.get(key, 0) + rho
    ours = _ours(diagram, ours_in, registers)
    scale = sum(np.trace(x).real for x in ours.values())
    keys = set(ours) | set(theirs)
    return all(np.allclose(ours.get(k, 0) / scale, theirs.get(k, 0), atol=1e-7) for k in keys)


def main(kinds: tuple[str, ...] = ("qasm2", "qasm3")) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    different: list[str] = []
    with (SHARED / "corpus/manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] in kinds]
    for row in rows:
        if int(row["bytes"] or 0) > 60_000 or not (row["qubits"] or "1").isdigit() or int(row["qubits"] or 1) > LIMIT:
            continue
        text = (SHARED / "corpus" / row["path"]).read_text(encoding="utf-8")
        try:
            same = compare(text, row["kind"])
        except (NotComparable, GossamerError) as why:
            counts[f"{row['kind']} {'refused' if isinstance(why, GossamerError) else 'not comparable'}"] += 1
            continue
        counts[f"{row['kind']} {'same' if same else 'different'}"] += 1
        if not same:
            different.append(row["path"])
    return counts, different


if __name__ == "__main__":
    result = main(tuple(sys.argv[1:]) or ("qasm2", "qasm3"))
    print(*sorted(result[0].items()), *result[1], sep="\n")
