"""Circuits of other libraries, and pytket's JSON, by way of OpenQASM, which their own exporters write.

Nothing is imported before an object of that library is given. What an exporter leaves out is refused by it (a gate without a definition) or
has no part in the meaning (names, layouts, a global phase). The module guarantees that the diagram is that of the exported text.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gossamer.diagnostics import InputError, MissingPackage
from gossamer.frontends.qasm import read_qasm
from gossamer.frontends.qasm_circuit import MAX_QUBITS
from gossamer.ir.diagram import Diagram

#: How long pytket may take for a file.
PYTKET_SECONDS = 60
#: How much memory pytket may take for a file.
PYTKET_BYTES = 4 << 30


def read_object(source: Any) -> Diagram | None:
    """The diagram of a circuit of qiskit, pytket or cirq; None for anything else.

    Raises
    ------
    InputError
        TL-2 if the library's exporter refuses the circuit; QASM-* where its meaning is not expressible.

    Examples
    --------
    >>> read_object(3) is None
    True
    """
    library = type(source).__module__.partition(".")[0]
    name = type(source).__name__
    if library == "qiskit" and hasattr(source, "data") and hasattr(source, "qregs"):
        return read_qasm(_exported("qiskit.qasm3", "dumps", source), "<qiskit circuit>")
    if library == "pytket" and name == "Circuit":
        return _pytket(source)
    if library == "cirq" and hasattr(source, "all_operations"):
        return read_qasm(_of_cirq(source), "<cirq circuit>")
    return None


def _of_cirq(source: Any) -> str:
    if not import_module("cirq").is_parameterized(source):
        return _written(source.to_qasm, "cirq", precision=17)
    raise InputError(
        "TL-2", "the circuit of cirq has parameters without a value", help="give them values: cirq.resolve_parameters"
    )


def _exported(module: str, function: str, source: Any, **options: Any) -> str:
    return _written(getattr(import_module(module), function), module, source, **options)


def _written(write: Callable[..., Any], library: str, *arguments: Any, **options: Any) -> str:
    try:
        return str(write(*arguments, **options))
    except Exception as error:
        message = (str(error) or type(error).__name__).split("\n")[0][:200]
        raise InputError(
            "TL-2",
            f"{library} cannot write this circuit as OpenQASM: {message}",
            help="decompose the circuit to standard gates first",
        ) from error


#: Gates of pytket that its exporter writes by their usual names; all others are rewritten to CX, H, Rx and Rz.
_PLAIN = frozenset(
    "H X Y Z S Sdg T Tdg SX SXdg Rx Ry Rz U1 U2 U3 CX CY CZ CH CRx CRy CRz CU1 CU3 CCX SWAP CSWAP Measure Reset Barrier".split()  # noqa: SIM905
)


def _pytket(circuit: Any) -> Diagram:
    return read_qasm(_of_pytket(circuit), "<pytket circuit>")


def _of_pytket(circuit: Any) -> str:
    """OpenQASM 3: the classical operations that pytket writes, and its symbols, have a meaning there."""
    passes = import_module("pytket.passes")
    kinds = import_module("pytket.circuit").OpType
    copy = circuit.copy()
    passes.DecomposeBoxes().apply(copy)
    operations = [_bare(command.op) for command in copy.get_commands()]
    if not all(op.type.name in _PLAIN for op in operations if op.is_gate()):
        passes.AutoRebase({kinds.CX, kinds.H, kinds.Rx, kinds.Rz}).apply(copy)
    copy.replace_implicit_wire_swaps()
    text = _exported("pytket.qasm", "circuit_to_qasm_str", copy, header="hqslib1")
    inputs = "".join(f"input float {symbol};" for symbol in sorted(map(str, copy.free_symbols())))
    head = 'OPENQASM 2.0;\ninclude "hqslib1.inc";\n'
    if not text.startswith(head):
        raise InputError(
            "TL-2",
            "pytket wrote OpenQASM in a form that is not known here",
            help="convert the circuit to OpenQASM first",
        )
    return f'OPENQASM 3.0;include "qelib1.inc";\n{inputs}\n{text.removeprefix(head)}'


def _bare(op: Any) -> Any:
    """The operation, without its conditions."""
    while hasattr(op, "width") and hasattr(op, "op"):
        op = op.op
    return op


def answer_of_pytket(text: bytes) -> tuple[int, bytes]:
    """The return code and the output of a process that runs :func:`translate` on ``text``."""
    command, environment = own_process(f"from {__name__} import translate; translate()")
    done = subprocess.run(
        command, input=text, capture_output=True, check=False, timeout=PYTKET_SECONDS, env=environment
    )
    return done.returncode, done.stdout


def own_process(code: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of a process that runs ``code`` and finds modules where they are found here."""
    path = os.pathsep.join(p or os.getcwd() for p in sys.path)
    return [sys.executable, "-c", code], {**os.environ, "PYTHONPATH": path}


def read_pytket_json(
    text: str, file: str = "<text>", *, process: Callable[[bytes], tuple[int, bytes]] = answer_of_pytket
) -> Diagram:
    """Frontend for the JSON of pytket's circuits.

    pytket reads it in a process of its own, because a circuit that breaks one of its invariants ends the process it is read in;
    ``process`` gives that process's return code and output.

    Raises
    ------
    InputError
        TL-2 if the text is not such a circuit, QASM-12 for registers beyond the limit.
    MissingPackage
        TL-9 without pytket.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("TL-2", f"'{file}' is not JSON") from None
    if not all(abs(index) <= MAX_QUBITS for index in _indices(value)):
        raise InputError(
            "QASM-12",
            f"'{file}' has a register of more than {MAX_QUBITS} elements",
            help="number qubits and bits from 0 on",
        )
    if find_spec("pytket") is None:
        raise MissingPackage(
            "TL-9", "reading pytket's JSON needs the package 'pytket'", help="install it: pip install pytket"
        )
    try:
        code, output = process(text.encode())
    except subprocess.TimeoutExpired:
        raise InputError("TL-2", f"pytket takes more than {PYTKET_SECONDS} s to read '{file}'") from None
    if code:
        raise InputError("TL-2", f"'{file}' is no sound circuit: reading it ends pytket's process")
    kind, answer = json.loads(output.splitlines()[-1])
    if kind == "refused":
        raise InputError("TL-2", f"'{file}' is not a circuit of pytket: {answer}")
    return read_qasm(answer, "<pytket circuit>")


def _indices(circuit: Any) -> Iterator[float]:
    """The numbers in the names of a circuit's units: a register is written as long as the highest of them says."""
    work = [circuit.get("qubits"), circuit.get("bits")] if isinstance(circuit, dict) else []
    while work:
        value = work.pop()
        if isinstance(value, list):
            work += value
        elif isinstance(value, int | float):
            yield value


def translate() -> None:
    """In a process of its own: pytket's JSON on standard input to OpenQASM, as one line of JSON, on standard output."""
    bound_memory()
    try:
        circuit = import_module("pytket.circuit").Circuit.from_dict(json.loads(sys.stdin.buffer.read()))
        answer = ["read", _of_pytket(circuit)]
    except InputError as error:
        answer = ["refused", error.diagnostic.message]
    except Exception as error:
        answer = ["refused", (str(error) or type(error).__name__).split("\n")[0][:200]]
    print(json.dumps(answer))


def bound_memory() -> None:
    """From now on this process may take :data:`PYTKET_BYTES` more; on Linux only, which alone says how much it has."""
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY or most > now + PYTKET_BYTES:
            resource.setrlimit(resource.RLIMIT_AS, (now + PYTKET_BYTES, most))
