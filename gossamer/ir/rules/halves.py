"""The rule of communication qubits: each carries one link half and nothing else (PR-7).

A half has one axis along which it may be joined to others: X where its node is named first (an ``h`` makes it the Z that follows),
Z at the other end. Clifford gates on it alone turn that axis; whatever else acts on it has to act along the axis, so that it commutes
with all the rest; at the end it is measured across it. So the rule does not depend on which native gates a program is written in.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from gossamer.ir import pattern
from gossamer.ir.pattern import Basis, Clifford, Entangle
from gossamer.ir.phase import Phase
from gossamer.ir.program import (
    LETTERS,
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Instruction,
    Measure,
    NodeProgram,
    Observe,
    Reset,
    qubits_of,
)
from gossamer.ir.program_columns import EBIT
from gossamer.ir.rules.shared import fail

X, Y, Z = "XYZ"
#: Gates of one qubit as turns: axis and quarters, None where the quarters are the gate's angle. The first acts first.
_TURNS: dict[str, tuple[tuple[str, int | None], ...]] = {
    "h": ((Z, 1), (X, 1), (Z, 1)),
    "x": ((X, 2),),
    "y": ((Y, 2),),
    "z": ((Z, 2),),
    "s": ((Z, 1),),
    "sdg": ((Z, 3),),
    "sx": ((X, 1),),
    "rx": ((X, None),),
    "ry": ((Y, None),),
    "rz": ((Z, None),),
}
#: Gates of two qubits: the axis along which they act on each.
_AXES = {"cz": (Z, Z), "rzz": (Z, Z), "cx": (Z, X), "ecr": (Z, X), "rzx": (Z, X), "ms": (X, X), "rxx": (X, X)}
_HELP = "a link half takes gates along its axis, turns of that axis, and a measurement across it"


def programs_comm(d: Distribution) -> None:
    """A communication qubit carries one link half at a time, from its ebit to its measurement."""
    first = {link.id: link.nodes[0] for link in d.manifest.links}
    for p, c in zip(d.programs, d.columns, strict=True):
        axis: dict[int, str] = {}  # communication qubit with a half -> its axis
        for i in range(len(p.instructions)) if c is None else c.touching(p.data, EBIT):
            op = p.instructions[i]
            if isinstance(op, Ebit):
                if op.qubit < p.data:
                    help = "link halves live on communication qubits"
                    fail("PR-7", f"{_at(p, i)}: an ebit on data qubit {op.qubit}", help=help)
                if op.qubit in axis:
                    fail("PR-7", f"{_at(p, i)}: communication qubit {op.qubit} already holds a link half")
                axis[op.qubit] = X if first[op.link] == p.node else Z
            elif isinstance(op, Reset) and op.qubit >= p.data:
                help = "a new ebit starts it; a reset would break the pair"
                fail("PR-7", f"{_at(p, i)}: reset of a communication qubit", help=help)
            elif isinstance(op, Gate):
                _act(p, i, op, axis)
            elif isinstance(op, Conditional):
                held = [q for gate in op.body for q in gate.qubits if q >= p.data]
                before = {q: axis.get(q) for q in held}
                for gate in op.body:
                    _act(p, i, gate, axis)
                for q in held:
                    if axis[q] != before[q]:
                        fail(
                            "PR-7", f"{_at(p, i)}: a condition decides the axis of communication qubit {q}", help=_HELP
                        )
            elif isinstance(op, Measure) and op.qubit >= p.data:
                if axis.get(op.qubit, Z) == Z:
                    fail("PR-7", f"{_at(p, i)}: a link half is measured along its axis, not across it", help=_HELP)
                del axis[op.qubit]
            elif type(op) in LETTERS:
                for q in qubits_of(op):
                    if q >= p.data:
                        _command(p, i, op, q, axis)
        if axis:
            fail("PR-7", f"{p.node}: communication qubit {min(axis)} still holds a link half at the end")


def _at(p: NodeProgram, index: int) -> str:
    return f"{p.node}, instruction {index}"


def _act(p: NodeProgram, index: int, gate: Gate, axis: dict[int, str]) -> None:
    for position, q in enumerate(gate.qubits):
        if q < p.data:
            continue
        if q not in axis:
            fail(
                "PR-7", f"{_at(p, index)}: {gate.name} on communication qubit {q}, which holds no link half", help=_HELP
            )
        if len(gate.qubits) > 1:
            along = _AXES.get(gate.name, ("none", "none"))[position]
            if along != axis[q]:
                fail(
                    "PR-7", f"{_at(p, index)}: {gate.name} acts on communication qubit {q} across its axis", help=_HELP
                )
            continue
        turned = _turned(gate.name, gate.angles, axis[q])
        if turned is None:
            fail("PR-7", f"{_at(p, index)}: {gate.name} turns communication qubit {q} off its axis", help=_HELP)
        axis[q] = turned


def _command(p: NodeProgram, index: int, op: Instruction, q: int, axis: dict[int, str]) -> None:
    """Commands of a pattern: C h where the axis is X, E where it is Z, then M along X, which nothing corrects."""
    state = axis.get(q)
    if isinstance(op, Observe) and state == Z and _is_plain_x(op.command):
        del axis[q]
    elif isinstance(op, Clifford) and op.gates == ("h",) and state == X:
        axis[q] = Z
    elif not (isinstance(op, Entangle) and state == Z):
        what = "holds no link half" if state is None else f"has its axis along {state}"
        help = "a link half takes C h on the first-named end, E, and M X at angle 0 without domains"
        fail("PR-7", f"{_at(p, index)}: {LETTERS[type(op)]} on communication qubit {q}, which {what}", help=help)


def _is_plain_x(m: pattern.Measure) -> bool:
    return m.basis == Basis.X and m.angle.is_zero and m.s_domain.is_zero and m.t_domain.is_zero


@lru_cache(1000)
def _turned(name: str, angles: tuple[Phase, ...], axis: str) -> str | None:
    """What a gate of one qubit makes of an axis; None if that is none of the three."""
    if name == "u3":
        theta, phi, lam = (angle.constant for angle in angles)
        turns = [(Z, lam), (Y, theta), (Z, phi)]
    else:
        angle = angles[0].constant if angles else Fraction(0)
        turns = [(a, angle if n is None else Fraction(n, 2)) for a, n in _TURNS[name]]
    for around, turn in turns:  # the first to act first
        quarters = turn * 2
        if around == axis:
            continue
        if quarters.denominator != 1:
            return None
        if quarters % 2:
            axis = next(a for a in (X, Y, Z) if a not in (around, axis))
    return axis
