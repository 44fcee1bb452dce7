"""The gates that an extraction gives: cancelling them, counting them, and making a diagram of circuit shape of them.

Gates are in the order of time. Hadamards only change the frame of a wire, so that a two-qubit gate is a pair of wires with a basis
on each (CZ and CNOT are the same gate in different frames): two equal ones between which everything commutes are none, and
rotations in one basis are one. A rotation between two equal CNOTs is one about the parity of two wires, a phase gadget with two
legs. Stands on ``ir``.

References
----------
Cancellation through commuting gates: Nam, Ross, Su, Childs, Maslov, npj Quantum Information 4, 23 (2018), section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from gossamer.ir.diagram import Diagram, VertexKind
from gossamer.ir.phase import Phase
from gossamer.ir.wires import WireBuilder

NO_PHASE = Phase()


class Op(Enum):
    INPUT = "input"
    PLUS = "plus"
    H = "h"
    RZ = "rz"
    CX = "cx"
    CZ = "cz"
    GADGET = "gadget"
    MEASURE = "measure"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate; ``number`` is the input, output or outcome bit that an end belongs to. A CX has its control first; a GADGET has two wires."""

    op: Op
    wires: tuple[int, ...]
    phase: Phase = NO_PHASE
    number: int = -1


def two_qubit_count(gates: Iterable[Gate]) -> int:
    return sum(len(g.wires) == 2 for g in gates)


#: Gates that commute with all others of them that have the same basis on each common wire.
DIAGONAL = (Op.RZ, Op.CZ, Op.GADGET)


@dataclass(slots=True)
class Framed:
    """A gate without Hadamards: the basis on each wire is Z (0) or X (1), in the frame in which the wire starts."""

    op: Op
    wires: tuple[int, ...]
    bases: tuple[int, ...]
    phase: Phase
    number: int


def simplify_gates(gates: Sequence[Gate]) -> list[Gate]:
    """Cancel and merge gates; the map stays the same up to a phase."""
    return give_frames(cancel(take_frames(gates)))


def cancel(gates: list[Framed]) -> list[Framed]:
    """Cancel and merge gates that only commuting ones stand between, until none are left."""
    while True:
        shorter = _cancel(gates)
        if len(shorter) == len(gates):
            return shorter
        gates = shorter


def take_frames(gates: Sequence[Gate]) -> list[Framed]:
    """The same circuit without Hadamards; an OUTPUT in basis 1 stands behind one.

    Examples
    --------
    >>> [(g.op.value, g.bases) for g in take_frames([Gate(Op.H, (0,)), Gate(Op.CZ, (0, 1)), Gate(Op.CX, (0, 1))])]
    [('cz', (1, 0)), ('cz', (1, 1))]
    """
    frame: dict[int, int] = {}
    out = []
    for g in gates:
        if g.op == Op.H:
            frame[g.wires[0]] = frame.get(g.wires[0], 0) ^ 1
            continue
        bases = tuple(frame.get(w, 0) for w in g.wires)
        if g.op == Op.CX:
            bases = bases[0], bases[1] ^ 1
        op = Op.CZ if g.op == Op.CX else g.op
        if len(g.wires) == 2 and g.wires[0] > g.wires[1]:
            out.append(Framed(op, g.wires[::-1], bases[::-1], g.phase, g.number))
        else:
            out.append(Framed(op, g.wires, bases, g.phase, g.number))
    return out


def _cancel(gates: list[Framed]) -> list[Framed]:
    """One pass: each gate looks back for a partner along the wires that it shares."""
    out: list[Framed | None] = []
    on: dict[int, list[int]] = {}  # wire -> places of its gates in ``out``
    for g in gates:
        if g.op in DIAGONAL:
            at = _partner(g, out, on)
            if at >= 0:
                other = out[at]
                assert other is not None
                out[at] = None
                for w in other.wires:
                    on[w].remove(at)
                if g.op == Op.CZ:
                    continue
                g = Framed(g.op, g.wires, g.bases, other.phase + g.phase, -1)  # later, where all its bits are known
            if g.op != Op.CZ and g.phase.is_zero:
                continue
        for w in g.wires:
            on.setdefault(w, []).append(len(out))
        out.append(g)
    return [g for g in out if g is not None]


def _partner(g: Framed, out: list[Framed | None], on: dict[int, list[int]]) -> int:
    """The place of an earlier gate of the same kind, wires and bases such that all between on these wires commutes with ``g``; or -1."""
    w, basis = g.wires[0], g.bases[0]
    for at in reversed(on.get(w, ())):
        other = out[at]
        assert other is not None
        if other.op == g.op and other.wires == g.wires and other.bases == g.bases:
            if all(_passes(g, i, at, out, on) for i in range(1, len(g.wires))):
                return at
            return -1
        if not _agrees(other, w, basis):
            return -1
    return -1


def _passes(g: Framed, i: int, until: int, out: list[Framed | None], on: dict[int, list[int]]) -> bool:
    w, basis = g.wires[i], g.bases[i]
    for at in reversed(on.get(w, ())):
        if at == until:
            return True
        other = out[at]
        assert other is not None
        if not _agrees(other, w, basis):
            return False
    return False


def _agrees(other: Framed, w: int, basis: int) -> bool:
    return other.op in DIAGONAL and other.bases[other.wires.index(w)] == basis


def fold(gates: Sequence[Framed]) -> list[Framed]:
    """Make a gadget of each rotation between two equal two-qubit gates in the other basis of its wire.

    A wire of the gadget keeps one basis where it had three runs, and each of the two may be taken to the other's node.

    Examples
    --------
    >>> rzz = [Gate(Op.CX, (0, 1)), Gate(Op.RZ, (1,), Phase(1 / 4)), Gate(Op.CX, (0, 1))]
    >>> [(g.op.value, g.bases) for g in fold(take_frames(rzz))]
    [('gadget', (0, 0))]
    """
    out: list[Framed | None] = list(gates)
    on: dict[int, list[int]] = {}  # wire -> places of its gates
    for at, g in enumerate(gates):
        for w in g.wires:
            on.setdefault(w, []).append(at)
    for at, g in enumerate(gates):
        if g.op != Op.CZ or out[at] is None:
            continue
        for i, w in enumerate(g.wires):
            behind = [x for x in on[w] if x > at][:2]
            if len(behind) < 2:
                continue
            turn, back = (out[x] for x in behind)
            if turn is None or back is None or turn.op != Op.RZ or turn.bases[0] == g.bases[i]:
                continue
            if (back.op, back.wires, back.bases) != (Op.CZ, g.wires, g.bases):
                continue
            if not _passes(back, 1 - i, at, out, {v: [x for x in on[v] if x < behind[1]] for v in g.wires}):
                continue
            bases = (1 - g.bases[0], g.bases[1]) if i == 0 else (g.bases[0], 1 - g.bases[1])
            out[at], out[behind[0]], out[behind[1]] = Framed(Op.GADGET, g.wires, bases, turn.phase, -1), None, None
            for x in behind:
                on[w].remove(x)
            on[g.wires[1 - i]].remove(behind[1])
            break
    return [g for g in out if g is not None]


def give_frames(gates: Iterable[Framed]) -> list[Gate]:
    """Back to gates, with Hadamards where the basis changes."""
    frame: dict[int, int] = {}
    out: list[Gate] = []

    def bring(w: int, basis: int) -> None:
        if frame.get(w, 0) != basis:
            out.append(Gate(Op.H, (w,)))
            frame[w] = basis

    for g in gates:
        if g.op in (Op.INPUT, Op.PLUS):
            out.append(Gate(g.op, g.wires, g.phase, g.number))
        elif g.op in (Op.OUTPUT, Op.MEASURE):
            bring(g.wires[0], g.bases[0])
            out.append(Gate(g.op, g.wires, g.phase, g.number))
        elif g.op == Op.RZ:
            bring(g.wires[0], g.bases[0])
            out.append(Gate(g.op, g.wires, g.phase))
        elif g.op == Op.GADGET:
            for w, basis in zip(g.wires, g.bases, strict=True):
                bring(w, basis)
            out.append(Gate(g.op, g.wires, g.phase))
        else:
            off = [b ^ frame.get(w, 0) for w, b in zip(g.wires, g.bases, strict=True)]
            if off == [1, 1]:
                bring(g.wires[0], g.bases[0])
                off[0] = 0
            if off == [0, 0]:
                out.append(Gate(Op.CZ, g.wires))
            else:
                control = off.index(0)
                out.append(Gate(Op.CX, (g.wires[control], g.wires[1 - control])))
    return out


def circuit_to_diagram(gates: Sequence[Gate], like: Diagram) -> Diagram:
    """The diagram of the gates, with the names, bits and registers of ``like``."""
    w = WireBuilder()
    w.builder.bits = list(like.bits)
    at: dict[int, int] = {}
    for i, name in enumerate(like.input_names):
        at[-1 - i] = w.add_input(name)
    ends: dict[int, int] = {}
    for g in gates:
        match g.op:
            case Op.INPUT:
                at[g.wires[0]] = at.pop(-1 - g.number)
            case Op.PLUS:
                at[g.wires[0]] = w.add_zero()
                w.h(at[g.wires[0]])
            case Op.H:
                w.h(at[g.wires[0]])
            case Op.RZ:
                w.rz(at[g.wires[0]], g.phase)
            case Op.CX:
                w.cx(at[g.wires[0]], at[g.wires[1]])
            case Op.CZ:
                w.cz(at[g.wires[0]], at[g.wires[1]])
            case Op.GADGET:
                w.gadget([at[v] for v in g.wires], g.phase)
            case Op.MEASURE:
                v = w.spider(at[g.wires[0]], VertexKind.X, Phase.of_bit(g.number))
                w.builder.bind_outcome(g.number, v)
                w.take_end(at[g.wires[0]])
            case Op.OUTPUT:
                ends[g.number] = at[g.wires[0]]
    for i, name in enumerate(like.output_names):
        w.output(ends[i], name)
    w.builder.registers = list(like.registers)
    return w.build()
