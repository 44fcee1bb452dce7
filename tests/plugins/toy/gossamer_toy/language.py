"""The toy language: one gate a line."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gossamer.diagnostics import InputError, Span
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.wires import WireBuilder

GATES = {"h": 1, "t": 1, "cz": 2, "measure": 1}


def read(text: str, file: str = "<text>") -> Diagram:
    """Read a program; its qubits are all that it names, 0 first. A measured qubit ends and is reported."""
    lines: list[tuple[int, str, list[int]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words:
            continue
        gate, qubits = words[0], [int(w) for w in words[1:] if w.isascii() and w.isdigit() and len(w) < 3]
        if GATES.get(gate) != len(qubits) or len(set(qubits)) != len(words) - 1:
            raise InputError("QASM-1", f"no line of the toy language: '{line[:40]}'", span=Span(file, number, 1))
        lines.append((number, gate, qubits))
    w = WireBuilder()
    wires = [w.add_input(f"q{i}") for i in range(1 + max((q for _, _, qs in lines for q in qs), default=-1))]
    bits: list[int] = []
    for number, gate, qubits in lines:
        if not all(w.is_live(wires[q]) for q in qubits):
            raise InputError("QASM-1", "a qubit is used after its measurement", span=Span(file, number, 1))
        if gate == "t":
            w.rz(wires[qubits[0]], Phase(Fraction(1, 4)))
        elif gate == "measure":
            bits.append(w.measure(wires[qubits[0]]))
        else:
            getattr(w, gate)(*(wires[q] for q in qubits))
    for i, wire in enumerate(wires):
        if w.is_live(wire):
            w.output(wire, f"q{i}")
    if bits:
        w.register("m", [BitExpr.bit(b) for b in bits])
    return w.build()


def samples() -> Any:
    """Programs, each with what it means, drawn by hypothesis."""
    from hypothesis import strategies as st

    @st.composite
    def drawn(draw: st.DrawFn) -> tuple[str, Diagram]:
        w = WireBuilder()
        wires = [w.add_input(f"q{i}") for i in range(2)]
        lines, bits = ["h 1", "h 1"], []
        for kind in draw(st.lists(st.sampled_from(["h", "t", "cz", "measure"]), max_size=6)):
            live = [i for i in (0, 1) if w.is_live(wires[i])]
            if len(live) < GATES[kind]:
                continue
            i = draw(st.sampled_from(live))
            if kind == "h":
                w.h(wires[i])
            elif kind == "t":
                w.gadget([wires[i]], Phase(0.25))
            elif kind == "cz":
                w.h(wires[1])
                w.cx(wires[0], wires[1])
                w.h(wires[1])
            else:
                bits.append(w.measure(wires[i]))
            lines.append("cz 0 1" if kind == "cz" else f"{kind} {i}")
        for i in (0, 1):
            if w.is_live(wires[i]):
                w.output(wires[i], f"q{i}")
        if bits:
            w.register("m", [BitExpr.bit(b) for b in bits])
        return "\n".join(lines), w.build()

    return drawn()
