"""Long lists of plain gates in OpenQASM 2 and 3, read without the grammar: the same diagram, many times faster.

Files of 10^5 gates are almost all statements like ``cx q[0], q[1];`` and ``rz(3*pi/4) q[2];``. This module finds runs of them, looks each
distinct statement up once, and appends the spiders of a run to the diagram by array operations. It guarantees to read nothing but
what it is sure of: anything else is left to the grammar, which stays normative (a property test holds the two readings equal).

The spiders of a step stand in the order in which :class:`gossamer.ir.wires.WireBuilder` makes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from gossamer.diagnostics import InputError, Span
from gossamer.formats.openqasm_angles import Exact, Value, decimal
from gossamer.frontends.qasm_gates import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Shorter runs are not worth it.
SHORTEST = 64
#: Texts that change between gates and other statements more often are left to the grammar.
MOST_RUNS = 200

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_OPERAND = rf"{_NAME}[ \t]*\[[ \t]*[0-9]{{1,9}}[ \t]*\]"
_GAP = r"[ \t\n]*"
_GATE = re.compile(
    rf"{_GAP}({_NAME})(?:{_GAP}\(([^()\[\]{{}};\"']*)\){_GAP}|[ \t\n]+)({_OPERAND}(?:{_GAP},{_GAP}{_OPERAND})*){_GAP}",
    re.ASCII,
)
_ONE_OPERAND = re.compile(rf"({_NAME})[ \t]*\[[ \t]*([0-9]+)[ \t]*\]", re.ASCII)
_ANGLE = re.compile(
    rf"{_GAP}(-?){_GAP}(?:(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+){_GAP}\*{_GAP})?(pi)|((?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?))"
    rf"{_GAP}(?:/{_GAP}([0-9]{{1,15}}))?{_GAP}",
    re.ASCII,
)
#: What a line can hold that the pieces between semicolons do not show: strings, block comments, pragmas, annotations.
_OPAQUE = re.compile(r"[\"'@#]|/\*|\bpragma\b")
_LIBRARY = re.compile(r"""include[ \t]*(?:"(?:qelib1|stdgates)\.inc"|'(?:qelib1|stdgates)\.inc')""")
_RESERVED = frozenset(
    {"qreg", "creg", "gate", "opaque", "barrier", "measure", "reset", "if", "include", "OPENQASM", "pi"}
)
_NOWHERE = Span("<text>", 1, 1)


@dataclass(frozen=True, slots=True)
class PlainGate:
    """A statement: gate, arguments, and operands as (register, index); ``terms`` is the number of values it is written with."""

    gate: str
    arguments: tuple[Value, ...]
    operands: tuple[tuple[str, int], ...]
    terms: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run of plain gates from ``start`` to ``end`` in the text; ``which[i]`` numbers statement ``i`` among the distinct ones."""

    start: int
    end: int
    distinct: Sequence[PlainGate]
    which: list[int]
    offsets: list[int]


def find_runs(text: str) -> list[Run]:
    """The runs of plain gates, outside of gate definitions; none where the grammar should read all.

    Examples
    --------
    >>> runs = find_runs("qreg q[2];" + "h q[0]; cx q[0], q[1];" * 50 + "measure q -> c;")
    >>> len(runs), len(runs[0].which), len(runs[0].distinct)
    (1, 100, 2)
    """
    if "//" in text:
        text = re.sub(r"//[^\n]*", lambda m: " " * len(m.group()), text)
    begin = text.rfind("}") + 1
    if "/*" in text or _OPAQUE.search(_LIBRARY.sub("", text[begin:])):
        return []
    known: dict[str, int] = {}
    distinct: list[PlainGate] = []
    out: list[Run] = []
    which: list[int] = []
    offsets: list[int] = []
    at = start = begin
    pieces = text[begin:].split(";")
    pieces.pop()  # what follows the last semicolon
    for piece in pieces:
        number = known.get(piece)
        if number is None:
            gate = _plain(piece)
            number = -1 if gate is None else len(distinct)
            if gate is not None:
                distinct.append(gate)
            known[piece] = number
        if number >= 0:
            if not which:
                start = at
            which.append(number)
            offsets.append(at)
        elif which:
            if len(which) >= SHORTEST:
                out.append(Run(start, at, distinct, which, offsets))
                if len(out) > MOST_RUNS:
                    return []
            which, offsets = [], []
        at += len(piece) + 1
    if len(which) >= SHORTEST:
        out.append(Run(start, at, distinct, which, offsets))
    if (
        out and text.rfind("OPENQASM") > out[0].start
    ):  # a header at the beginning of what is left would pass for the first
        return []
    return out


def _plain(piece: str) -> PlainGate | None:
    match = _GATE.fullmatch(piece)
    if match is None or match[1] in _RESERVED:
        return None
    try:
        return _looked_up(match)
    except InputError:  # a number that is too large: the grammar's reading says where
        return None


def _looked_up(match: re.Match[str]) -> PlainGate | None:
    arguments = []
    operands = tuple((name, int(index)) for name, index in _ONE_OPERAND.findall(match[3]))
    terms = len(operands)
    if match[2] is not None and match[2].strip():
        for part in match[2].split(","):
            angle = _ANGLE.fullmatch(part)
            value = None if angle is None or len(part) > 40 else _value(angle)
            if angle is None or value is None:
                return None
            arguments.append(value)
            terms += 1 + bool(angle[1]) + 2 * bool(angle[2]) + 2 * bool(angle[5])
    return PlainGate(match[1], tuple(arguments), operands, terms)


def _value(match: re.Match[str]) -> Value | None:
    """The value of one of the forms that programs print; None where the grammar's arithmetic should say."""
    sign, factor, pi, number, divisor = match.groups()
    if divisor is not None and not int(divisor):
        return None
    if pi:
        scale = decimal(factor, _NOWHERE) if factor else Exact(Fraction(1))
        if not isinstance(scale, Exact):
            return None
        part = scale.rational / int(divisor or 1)
        return Exact(Fraction(0), -part if sign else part)
    value = decimal(number, _NOWHERE)
    if not isinstance(value, Exact):
        return None if divisor else (-value if sign else value)
    part = value.rational / int(divisor or 1)
    return Exact(-part if sign else part)


#: Numbers of the kinds of steps that are appended as arrays; gadgets have two legs.
CODES = {"h": 0, "rz": 1, "rx": 2, "cz": 3, "cx": 4, "gadget": 5}


def coded(steps: Sequence[Step]) -> bool:
    """Whether all steps have a number."""
    return all(kind in CODES and (kind != "gadget" or len(places) == 2) for kind, places, _ in steps)


@dataclass(frozen=True, slots=True)
class Appended:
    """Columns of new vertices and edges, and the ends of the wires after them."""

    kinds: NDArray  # type: ignore[type-arg]
    phases: NDArray  # type: ignore[type-arg]
    edges: NDArray  # type: ignore[type-arg]
    hadamards: NDArray  # type: ignore[type-arg]
    end: list[int]
    pending: list[bool]
    first_vertex: NDArray  # type: ignore[type-arg]  # of each step


def append_steps(
    table: Sequence[Sequence[int]], order: Sequence[int], base: int, end: Sequence[int], pending: Sequence[bool]
) -> Appended:
    """The spiders of many steps.

    Parameters
    ----------
    table
        Distinct steps: code, wire, second wire (or -1), number of the phase.
    order
        The steps, as numbers into ``table``.
    base
        The number of the next vertex.
    end, pending
        Last vertex of each wire, and whether a Hadamard waits there.
    """
    import numpy as np

    columns = np.array(table, np.int64).reshape(-1, 4)[np.asarray(order, np.int64)]
    code, a, b, phase = columns.T
    new_vertices = np.array([0, 1, 1, 2, 2, 4])[code]
    new_edges = np.array([0, 1, 1, 3, 3, 5])[code]
    vertex = base + np.concatenate(([0], np.cumsum(new_vertices)))
    edge = np.concatenate(([0], np.cumsum(new_edges)))
    total, first = int(vertex[-1] - base), vertex[:-1]
    kinds = np.zeros(total, np.uint8)
    phases = np.zeros(total, np.int32)
    kinds[(first - base)[code == 2]] = 1
    kinds[(first - base)[code == 4] + 1] = 1
    single = (code == 1) | (code == 2)
    phases[(first - base)[single]] = phase[single]
    gadget = code == 5
    phases[(first - base)[gadget] + 3] = phase[gadget]
    edges = np.empty((int(edge[-1]), 2), np.int32)
    hadamards = np.zeros(int(edge[-1]), bool)
    two = code >= 3
    inner = edge[:-1][two & ~gadget] + 2
    edges[inner, 0] = first[two & ~gadget]
    edges[inner, 1] = first[two & ~gadget] + 1
    hadamards[inner] = code[two & ~gadget] == 3
    for k, (x, y) in enumerate(((0, 2), (1, 2), (2, 3))):
        at = edge[:-1][gadget] + 2 + k
        edges[at, 0], edges[at, 1], hadamards[at] = first[gadget] + x, first[gadget] + y, True
    # what happens on each wire, in order: a vertex, or (-1) a Hadamard
    steps = np.arange(len(code))
    wire = np.concatenate((a, b[two]))
    place = np.concatenate((2 * steps, 2 * steps[two] + 1))
    spider = np.concatenate((np.where(code == 0, -1, first), first[two] + 1))
    target = np.concatenate((edge[:-1], edge[:-1][two] + 1))
    by_wire = np.lexsort((place, wire))
    wire, spider, target = wire[by_wire], spider[by_wire], target[by_wire]
    flips = np.cumsum(spider < 0)
    starts = np.flatnonzero(np.concatenate(([True], wire[1:] != wire[:-1]))) if len(wire) else np.zeros(0, np.int64)
    before = np.zeros(len(end), np.int64)
    before[wire[starts]] = flips[starts] - (spider[starts] < 0)
    ends, waits = np.array(end, np.int64), np.array(pending, np.int64)
    real = np.flatnonzero(spider >= 0)
    w, v, f = wire[real], spider[real], flips[real]
    fresh = np.concatenate(([True], w[1:] != w[:-1])) if len(w) else np.zeros(0, bool)
    previous = np.where(fresh, ends[w], np.concatenate(([0], v[:-1])) if len(v) else v)
    turned = np.where(fresh, waits[w] + f - before[w], f - (np.concatenate(([0], f[:-1])) if len(f) else f)) & 1
    edges[target[real], 0], edges[target[real], 1], hadamards[target[real]] = previous, v, turned
    # the ends that are left
    last_flip = np.zeros(len(end), np.int64)
    stops = np.flatnonzero(np.concatenate((wire[1:] != wire[:-1], [True]))) if len(wire) else starts
    last_flip[wire[stops]] = flips[stops]
    at_last = before.copy()
    if len(w):
        final = np.flatnonzero(np.concatenate((w[1:] != w[:-1], [True])))
        ends[w[final]] = v[final]
        waits[w[final]] = 0
        at_last[w[final]] = f[final]
    touched = wire[starts]
    waits[touched] = (waits[touched] + last_flip[touched] - at_last[touched]) & 1
    return Appended(kinds, phases, edges, hadamards, ends.tolist(), [bool(x) for x in waits], first)
