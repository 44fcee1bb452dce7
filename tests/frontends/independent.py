"""Circuits as other libraries read them, and their instruments, computed here from matrices alone.

A circuit of qiskit, pytket or pyzx becomes a plain list of events: a gate with its matrix, a measurement, a reset, a choice between lists by the
bits that were measured. The matrices are those that the library itself gives. What a converter does not know is :class:`NotComparable`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gossamer.ir.diagram import Diagram
from gossamer.ir.semantics import branches

MAX_BRANCHES = 1 << 13

Bits = dict[Hashable, int]


class NotComparable(Exception):
    """The other reader refuses the file, or its circuit is too large or holds what is not known here."""


@dataclass(frozen=True)
class Gate:
    """``matrix`` on ``qubits``, the first the most significant."""

    matrix: Any
    qubits: tuple[int, ...]


@dataclass(frozen=True)
class Measure:
    qubit: int
    bit: Hashable


@dataclass(frozen=True)
class Reset:
    qubit: int


@dataclass(frozen=True)
class Choice:
    """``which`` says from the bits which of the lists happens; a number beyond them: none."""

    which: Callable[[Bits], int]
    events: tuple[tuple[Any, ...], ...]


@dataclass
class Reading:
    """``registers`` gives the bits of each, the first the least significant; ``zeroed``: qubits that are no inputs start in |0>."""

    qubits: list[str]
    registers: dict[str, list[Hashable]]
    events: list[Any] = field(default_factory=list)
    zeroed: bool = False


# ---- instruments ----------------------------------------------------------------------------------------------------

Instrument = dict[tuple[Any, ...], list[Any]]


def _run(events: Sequence[Any], start: Any) -> Iterator[tuple[Any, Bits]]:
    """All branches: tensors with one axis for each qubit and one for the columns, and the bits."""
    work = [(start, Bits(), list(reversed(events)))]
    while work:
        state, bits, todo = work.pop()
        while todo:
            match todo.pop():
                case Gate(matrix, places):
                    k = len(places)
                    tensor = np.tensordot(matrix.reshape((2,) * (2 * k)), state, (range(k, 2 * k), places))
                    state = np.moveaxis(tensor, range(k), places)
                case Choice(which, lists):
                    i = which(bits)
                    todo.extend(reversed(lists[i] if i < len(lists) else ()))
                case Measure() | Reset() as event:
                    moved = np.moveaxis(state, event.qubit, 0)
                    for value in (1, 0):
                        kept = np.zeros_like(moved)
                        kept[0 if isinstance(event, Reset) else value] = moved[value]
                        if np.abs(kept).max(initial=0.0) > 1e-10:
                            new = {**bits, event.bit: value} if isinstance(event, Measure) else bits
                            work.append((np.moveaxis(kept, 0, event.qubit), new, list(todo)))
                    break
        else:
            yield state, bits


def their_instrument(reading: Reading, start: Any, outputs: Sequence[int], names: Sequence[str]) -> Instrument:
    """For each value of the registers ``names`` the Kraus operators to ``outputs``; ``start`` has one axis for each qubit, and the columns."""
    out: Instrument = {}
    for count, (state, bits) in enumerate(_run(reading.events, start)):
        if count > MAX_BRANCHES:
            raise NotComparable("more than 8192 branches")
        key = tuple(tuple(bits.get(b, 0) for b in reading.registers[name]) for name in names)
        kept = np.moveaxis(state, outputs, range(len(outputs))).reshape(2 ** len(outputs), -1, start.shape[-1])
        # a qubit that is no output is forgotten: each of its values is a branch of its own
        out.setdefault(key, []).extend(k for i in range(kept.shape[1]) if np.abs(k := kept[:, i]).max() > 1e-10)
    return out


def our_instrument(diagram: Diagram, inputs: Any, others: int, names: Sequence[str]) -> Instrument:
    """The Kraus operators of a diagram, which forgets ``others`` more inputs; ``inputs`` as for :func:`branches`."""
    registers = {r.name: r.bits for r in diagram.registers}
    out: Instrument = {}
    for bits, matrix in branches(diagram, inputs, exact_scalar=False):
        key = tuple(tuple(int(e.evaluate(bits)) for e in registers[name]) for name in names)
        rows = np.eye(2**others)
        out.setdefault(key, []).extend(np.kron(matrix, row) for row in rows)
    return out


def distance(a: Instrument, b: Instrument) -> float:
    """The distance of two instruments, each scaled to weight 1: the root of the summed squares of what their Choi matrices differ in."""
    scales = [sum(np.vdot(k, k).real for ks in x.values() for k in ks) for x in (a, b)]
    if min(scales) < 1e-12:
        return float(max(scales) >= 1e-12)
    square = 0.0
    for key in a.keys() | b.keys():
        columns = [(k / np.sqrt(s)).reshape(-1) for x, s in zip((a, b), scales, strict=True) for k in x.get(key, ())]
        sign = np.array([1.0] * len(a.get(key, ())) + [-1.0] * len(b.get(key, ())))
        v = np.stack(columns, 1)
        # Choi matrices have the size of v squared; in the basis of the columns they are small
        q_r = np.linalg.qr(v, mode="r") if v.shape[0] > v.shape[1] else v
        square += float(np.sum(np.abs((q_r * sign) @ q_r.conj().T) ** 2))
    return float(np.sqrt(square))


def compare_reading(diagram: Diagram, reading: Reading) -> bool:
    """Whether a diagram means what the other library reads: the whole instrument, for all registers that the other one has."""
    n = len(reading.qubits)
    if any(p.symbols for p in diagram.phases):
        raise NotComparable("a parameter")
    if not n:
        raise NotComparable("no qubits")
    named = {r.name for r in diagram.registers}
    names = [name for name in reading.registers if name in named]
    if len(names) < len(reading.registers):
        raise NotComparable("a register that is not reported")
    index = {name: i for i, name in enumerate(reading.qubits)}
    places = [[index.get(name, -1) for name in side] for side in (diagram.input_names, diagram.output_names)]
    if any(-1 in side for side in places):
        if any(len(side) != n for side in places):
            raise NotComparable("names of qubits")
        places = [list(range(n))] * 2
    inputs, outputs = places
    rest = [q for q in range(n) if q not in inputs]
    full = is_small(diagram, n)
    if full:
        columns = [*inputs, *(() if reading.zeroed else rest)]
        given = np.eye(2 ** len(columns), dtype=complex)
        ours = our_instrument(diagram, None, 0 if reading.zeroed else len(rest), names)
    else:
        # a generic state tells any two linear maps apart
        rng = np.random.default_rng(1)
        columns, given = inputs, rng.normal(size=(2 ** len(inputs), 2)) @ np.array([[1], [1j]])
        ours = our_instrument(diagram, given / np.linalg.norm(given), 0, names)
    start = np.zeros((*given.shape[1:], *(2,) * n), complex)
    for i, numbers in enumerate(given):
        place = [0] * n
        for k, q in enumerate(reversed(columns)):
            place[q] = i >> k & 1
        start[(slice(None), *place)] = numbers
    theirs = their_instrument(reading, np.moveaxis(start, 0, -1), outputs, names)
    return distance(ours, theirs) < 1e-7


def is_small(diagram: Diagram, qubits: int) -> bool:
    """Whether the whole instrument is compared; otherwise what it does to a random state."""
    return 2 * qubits + len(diagram.outcome_bits) <= 20


# ---- qiskit ---------------------------------------------------------------------------------------------------------


def of_qiskit(circuit: Any) -> Reading:
    from qiskit.circuit import Qubit

    if circuit.parameters:
        raise NotComparable("a parameter")
    index: dict[Qubit, int] = {q: i for i, q in enumerate(circuit.qubits)}
    names = [f"${i}" for i in range(len(index))]
    for register in circuit.qregs:
        for i, q in enumerate(register):
            names[index[q]] = f"{register.name}[{i}]"
    registers = {r.name: list(r) for r in circuit.cregs}
    return Reading(names, registers, _qiskit_events(circuit, index, {}))


def _qiskit_events(circuit: Any, index: Mapping[Any, int], renamed: Mapping[Any, Any]) -> list[Any]:
    from qiskit.quantum_info import Operator

    out: list[Any] = []
    for item in circuit.data:
        op, name = item.operation, item.operation.name
        qubits = tuple(index[q] for q in item.qubits)
        clbits = [renamed.get(c, c) for c in item.clbits]

        def block(body: Any, qubits: Sequence[int] = qubits, clbits: Sequence[Any] = clbits) -> tuple[Any, ...]:
            if body is None:
                return ()
            inner = dict(zip(body.qubits, qubits, strict=True))
            return tuple(_qiskit_events(body, inner, dict(zip(body.clbits, clbits, strict=True))))

        if name in ("barrier", "delay"):
            continue
        if name == "measure":
            out.append(Measure(qubits[0], clbits[0]))
        elif name == "reset":
            out.append(Reset(qubits[0]))
        elif name == "if_else":
            test = _qiskit_value(op.condition, renamed)
            out.append(Choice(lambda bits, test=test: 0 if test(bits) else 1, tuple(map(block, op.blocks))))
        elif name == "for_loop" and op.params[1] is None:
            for _ in op.params[0]:
                out.extend(block(op.blocks[0]))
        elif name == "switch_case":
            out.append(_qiskit_switch(op, block, renamed))
        elif getattr(op, "blocks", None) or op.is_parameterized():
            raise NotComparable(name)
        else:
            try:
                matrix = Operator(op).data
            except Exception as error:
                raise NotComparable(name) from error
            out.append(Gate(matrix, qubits[::-1]))  # qiskit's first qubit is the least significant
    return out


def _qiskit_switch(op: Any, block: Callable[[Any], tuple[Any, ...]], renamed: Mapping[Any, Any]) -> Choice:
    from qiskit.circuit import CASE_DEFAULT

    value = _qiskit_value(op.target, renamed)
    cases = list(op.cases_specifier())

    def which(bits: Bits) -> int:
        x = int(value(bits))
        return next(
            (i for i, (labels, _) in enumerate(cases) if any(v is CASE_DEFAULT or v == x for v in labels)), len(cases)
        )

    return Choice(which, tuple(block(body) for _, body in cases))


def _qiskit_value(node: Any, renamed: Mapping[Any, Any]) -> Callable[[Bits], int]:
    """A classical expression of Qiskit as a function of the bits."""
    from qiskit.circuit import ClassicalRegister, Clbit
    from qiskit.circuit.classical import expr, types

    def inner(x: Any) -> Callable[[Bits], int]:
        return _qiskit_value(x, renamed)

    def width(x: Any) -> int:
        return 1 if isinstance(x.type, types.Bool) else x.type.width

    if isinstance(node, tuple):
        target, number = inner(node[0]), int(node[1])
        return lambda bits: int(target(bits) == number)
    if isinstance(node, Clbit):
        return lambda bits: bits.get(renamed.get(node, node), 0)
    if isinstance(node, ClassicalRegister):
        return lambda bits: sum(bits.get(renamed.get(b, b), 0) << i for i, b in enumerate(node))
    if isinstance(node, expr.Var):
        return inner(node.var)
    if isinstance(node, expr.Value):
        return lambda bits: int(node.value)
    if isinstance(node, expr.Cast):
        operand = inner(node.operand)
        if isinstance(node.type, types.Bool):
            return lambda bits: int(bool(operand(bits)))
        return lambda bits: operand(bits) & ((1 << width(node)) - 1)
    if isinstance(node, expr.Index):
        target, index = inner(node.target), inner(node.index)
        return lambda bits: target(bits) >> index(bits) & 1
    if isinstance(node, expr.Unary):
        operand = inner(node.operand)
        if node.op == expr.Unary.Op.LOGIC_NOT:
            return lambda bits: int(not operand(bits))
        return lambda bits: ~operand(bits) & ((1 << width(node)) - 1)
    if isinstance(node, expr.Binary):
        x, y = inner(node.left), inner(node.right)
        op = _BINARY.get(node.op.name)
        if op is None:
            raise NotComparable(node.op.name)
        return lambda bits: int(op(x(bits), y(bits))) & ((1 << width(node)) - 1)
    raise NotComparable(type(node).__name__)


_BINARY: dict[str, Callable[[int, int], int]] = {
    "BIT_AND": lambda x, y: x & y, "BIT_OR": lambda x, y: x | y, "BIT_XOR": lambda x, y: x ^ y, "LOGIC_AND": lambda x, y: bool(x and y),
    "LOGIC_OR": lambda x, y: bool(x or y), "EQUAL": lambda x, y: x == y, "NOT_EQUAL": lambda x, y: x != y, "LESS": lambda x, y: x < y,
    "LESS_EQUAL": lambda x, y: x <= y, "GREATER": lambda x, y: x > y, "GREATER_EQUAL": lambda x, y: x >= y,
    "SHIFT_LEFT": lambda x, y: x << y, "SHIFT_RIGHT": lambda x, y: x >> y, "ADD": lambda x, y: x + y, "SUB": lambda x, y: x - y,
    "MUL": lambda x, y: x * y,
}  # fmt: skip


# ---- pytket ---------------------------------------------------------------------------------------------------------


def of_pytket(circuit: Any) -> Reading:
    from pytket.passes import DecomposeBoxes

    if circuit.free_symbols():
        raise NotComparable("a parameter")
    circuit = circuit.copy()
    DecomposeBoxes().apply(circuit)
    circuit.replace_implicit_wire_swaps()
    index = {q: i for i, q in enumerate(circuit.qubits)}

    def name(unit: Any) -> str:
        return f"{unit.reg_name}[{unit.index[0]}]" if len(unit.index) == 1 else str(unit)

    registers: dict[str, list[Hashable]] = {}
    for bit in circuit.bits:
        registers.setdefault(bit.reg_name, []).append(bit)
    registers = {k: v for k, v in registers.items() if not k.startswith("tk_SCRATCH")}
    events = [e for command in circuit.get_commands() for e in _pytket_events(command.op, command.args, index)]
    return Reading([name(q) for q in circuit.qubits], registers, events)


def _pytket_events(op: Any, arguments: Sequence[Any], index: Mapping[Any, int]) -> list[Any]:
    kind = op.type.name
    if kind == "Conditional":
        controls, value = list(arguments[: op.width]), op.value
        body = tuple(_pytket_events(op.op, arguments[op.width :], index))
        return [
            Choice(lambda bits: 0 if sum(bits.get(b, 0) << i for i, b in enumerate(controls)) == value else 1, (body,))
        ]
    if kind in ("Barrier", "Phase"):
        return []
    if kind == "Measure":
        return [Measure(index[arguments[0]], arguments[1])]
    if kind == "Reset":
        return [Reset(index[arguments[0]])]
    if not op.is_gate():
        raise NotComparable(kind)
    return [Gate(op.get_unitary(), tuple(index[q] for q in arguments))]


# ---- readers --------------------------------------------------------------------------------------------------------


def readers(kind: str) -> dict[str, Callable[[str], Reading]]:
    """The readers for a kind of file, in the order in which they are asked; each raises NotComparable if it refuses."""
    known: dict[str, dict[str, Callable[[str], Any]]] = {
        "qasm2": {
            "qiskit": _qiskit2,
            "qiskit, legacy gates": _qiskit2_legacy,
            "pytket": _pytket_qasm,
            "pyqasm": _pyqasm,
        },
        "qasm3": {"qiskit": _qiskit3, "pyqasm": _pyqasm},
        "qc": {"pyzx": _pyzx_qc, "plain matrices": _naive_qc},
        "tketjson": {"pytket": _pytket_json},
    }
    return {name: _asked(read) for name, read in known[kind].items()}


def _asked(read: Callable[[str], Reading]) -> Callable[[str], Reading]:
    def asked(text: str) -> Reading:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return read(text)
        except NotComparable:
            raise
        except BaseException as error:  # a panic of Rust is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise NotComparable("refused") from error

    return asked


def _qiskit2(text: str) -> Reading:
    from qiskit import qasm2

    return of_qiskit(qasm2.loads(text))


def _qiskit2_legacy(text: str) -> Reading:
    """With the gates that files use without a definition; they override those that a file defines, so this comes second."""
    return of_qiskit(_loaded2(text))


def _loaded2(text: str) -> Any:
    from qiskit import qasm2

    return qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


def _qiskit3(text: str) -> Reading:
    from qiskit import qasm3

    return of_qiskit(qasm3.loads(text))


def _pytket_qasm(text: str) -> Reading:
    from pytket.qasm import circuit_from_qasm_str

    return of_pytket(circuit_from_qasm_str(text, maxwidth=64))


def _pytket_json(text: str) -> Reading:
    import json

    from pytket.circuit import Circuit

    return of_pytket(Circuit.from_dict(json.loads(text)))


def _pyqasm(text: str) -> Reading:
    """pyqasm unrolls a source to plain gates; qiskit reads those."""
    import pyqasm
    from qiskit import qasm3

    module = pyqasm.loads(text)
    module.unroll()
    flat = pyqasm.dumps(module)
    if "OPENQASM 2" in flat:
        return _qiskit2_legacy(flat)
    return of_qiskit(qasm3.loads(flat))


def _pyzx_qc(text: str) -> Reading:
    """pyzx reads the file and writes plain gates, which qiskit reads; wires that the file does not call inputs start in |0>."""
    import pyzx

    wires = next(line.split()[1:] for line in text.splitlines() if line.strip().startswith(".v"))
    plain = of_qiskit(_loaded2(pyzx.Circuit.from_qc(text).to_qasm()))
    if len(plain.qubits) != len(wires):
        raise NotComparable("names of qubits")
    return Reading(wires, {}, plain.events, zeroed=True)


_HALF = np.exp(0.25j * np.pi)
_QC = {
    "H": np.array([[1, 1], [1, -1]]) / np.sqrt(2), "X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1]),
    "S": np.diag([1, 1j]), "P": np.diag([1, 1j]), "S*": np.diag([1, -1j]), "P*": np.diag([1, -1j]), "T": np.diag([1, _HALF]),
    "T*": np.diag([1, _HALF.conj()]), "tof": np.array([[0, 1], [1, 0]]), "cnot": np.array([[0, 1], [1, 0]]), "Zd": np.diag([1, -1]),
}  # fmt: skip


def _naive_qc(text: str) -> Reading:
    """Line by line: the last wire is acted on where all others are 1."""
    wires: list[str] = []
    events: list[Any] = []
    inside = False
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words[:1] == [".v"]:
            wires = words[1:]
        elif words[:1] in (["BEGIN"], ["END"]):
            inside = words[0] == "BEGIN"
        elif inside and words:
            places = tuple(wires.index(w) for w in words[1:])
            matrix = np.eye(2 ** len(places), dtype=complex)
            matrix[-2:, -2:] = _QC[words[0]]
            events.append(Gate(matrix, places))
    return Reading(wires, {}, events, zeroed=True)
