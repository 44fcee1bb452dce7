"""Circuits of other libraries, and pytket's JSON, by way of OpenQASM, which their own exporters write.

Nothing is imported before an object of that library is given. What an exporter leaves out is refused by it (a gate without a definition) or
has no part in the meaning (names, layouts, a global phase). The module guarantees that the diagram is that of the exported text.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from gossamer.diagnostics import InputError, MissingPackage
from gossamer.frontends.qasm import read_qasm
from gossamer.ir.diagram import Diagram


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
        return read_qasm(_exported("cirq", "qasm", source), "<cirq circuit>")
    return None


def _exported(module: str, function: str, source: Any, **options: Any) -> str:
    try:
        text: str = getattr(import_module(module), function)(source, **options)
    except Exception as error:
        message = (str(error) or type(error).__name__).split("\n")[0][:200]
        raise InputError(
            "TL-2",
            f"{module} cannot write this circuit: {message}",
            help="decompose the circuit to standard gates first",
        ) from error
    return text


def _pytket(circuit: Any) -> Diagram:
    copy = circuit.copy()
    import_module("pytket.passes").DecomposeBoxes().apply(copy)
    copy.replace_implicit_wire_swaps()
    return read_qasm(
        _exported("pytket.qasm", "circuit_to_qasm_str", copy, header="hqslib1").replace("hqslib1.inc", "qelib1.inc"),
        "<pytket circuit>",
    )


def read_pytket_json(text: str, file: str = "<text>") -> Diagram:
    """Frontend for the JSON of pytket's circuits.

    Raises
    ------
    InputError
        TL-2 if the text is not such a circuit.
    MissingPackage
        TL-9 without pytket.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("TL-2", f"'{file}' is not JSON") from None
    try:
        circuits = import_module("pytket.circuit")
    except ModuleNotFoundError as error:
        raise MissingPackage(
            "TL-9", "reading pytket's JSON needs the package 'pytket'", help="install it: pip install pytket"
        ) from error
    try:
        circuit = circuits.Circuit.from_dict(value)
    except Exception as error:
        message = (str(error) or type(error).__name__).split("\n")[0][:200]
        raise InputError("TL-2", f"'{file}' is not a circuit of pytket: {message}") from error
    return _pytket(circuit)
