"""Rules of the classical part, shared by diagrams and open graphs: names, bits in SSA order, uses, outcomes (IR-4 to IR-9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import Span
from gossamer.ir.diagram import Bit, BitKind, Diagram, Register
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.phase import Phase
from gossamer.ir.rules.shared import fail

_MAX_NAME = 1024


def check_names(what: str, names: Sequence[str], count: int) -> None:
    if len(names) != count:
        fail("IR-4", f"{count} {what}s, but {len(names)} names for them")
    seen: set[str] = set()
    for name in names:
        if not name or len(name) > _MAX_NAME or not name.isprintable():
            fail("IR-4", f"{what} name {name[:40]!r} is empty, too long or not printable")
        if name in seen:
            fail(
                "IR-4",
                f"two {what}s are named '{name}'",
                help="names identify the ends of a program; make them distinct",
            )
        seen.add(name)


def check_bits(bits: Sequence[Bit]) -> None:
    for i, bit in enumerate(bits):
        if len(bit.name) > _MAX_NAME or not (bit.name.isprintable() or not bit.name):
            fail("IR-4", f"the name of b{i} is too long or not printable")
        if bit.kind == BitKind.DERIVED:
            if bit.expr is None or bit.vertex != -1:
                fail("IR-5", f"b{i} is derived: it needs an expression and has no vertex")
            late = [x for x in bit.expr.bits if x >= i or x < 0]
            if late:
                fail(
                    "IR-5", f"derived bit b{i} uses b{min(late)}, which is not an earlier bit", help="order bits by use"
                )
        elif bit.expr is not None:
            fail("IR-5", f"b{i} is not derived and may not have an expression")
        elif bit.kind == BitKind.INPUT and bit.vertex != -1:
            fail("IR-5", f"b{i} is a classical input and has no vertex")
    check_names(
        "classical input", [b.name for b in bits if b.kind == BitKind.INPUT], sum(b.kind == BitKind.INPUT for b in bits)
    )


def check_bit_uses(bits: Sequence[Bit], phases: Iterable[Phase], registers: Sequence[Register]) -> None:
    n = len(bits)
    for phase in phases:
        for x in phase.bits:
            if not 0 <= x < n:
                fail("IR-6", f"phase {str(phase)[:60]} uses b{x}, but the bits are b0..b{n - 1}")
    for register in registers:
        for i, expr in enumerate(register.bits):
            for x in expr.bits:
                if not 0 <= x < n:
                    fail("IR-6", f"{register.name}[{i}] reports b{x}, but the bits are b0..b{n - 1}")


def check_symbols(phases: Iterable[Phase]) -> None:
    for phase in phases:
        for name in phase.symbols:
            digits = name[1:]
            if not name.isidentifier() or len(name) > _MAX_NAME or (name[0] == "b" and digits.isdecimal()):
                fail(
                    "IR-9",
                    f"'{name[:40]}' cannot name a symbol",
                    help="use an identifier that does not look like a bit (b0, b1, ...)",
                )


def _holds_own_bit(phase: Phase, bit: int) -> bool:
    """Whether the phase is ``pi * bit`` plus terms without the bit."""
    own = [(m, c, s) for m, c, s in phase.terms if bit in m]
    return own == [((bit,), Fraction(1), ())]


def check_outcomes(code: str, d: Diagram | OpenGraph) -> None:
    owner: dict[int, int] = {}
    for i, bit in enumerate(d.bits):
        if bit.kind != BitKind.OUTCOME:
            continue
        v = bit.vertex
        if not 0 <= v < d.num_vertices:
            fail(
                code,
                f"outcome b{i} is bound to no vertex (v{v})",
                help="bind every outcome to the vertex that is its effect",
            )
        if v in owner:
            fail(code, f"v{v} carries two outcomes, b{owner[v]} and b{i}", span=d.spans.get(v))
        owner[v] = i
        if not _holds_own_bit(d.phase_of(v), i):
            fail(
                code,
                f"outcome b{i} is bound to v{v}, whose phase {str(d.phase_of(v))[:60]} is not pi*b{i} plus terms without it",
                span=d.spans.get(v),
            )


def _bit_times(bits: Sequence[Bit], time_of_vertex: Callable[[int], int]) -> list[int]:
    """For each bit the time from which its value is known: the latest outcome it depends on, -1 if none."""
    out: list[int] = []
    for bit in bits:
        if bit.kind == BitKind.OUTCOME:
            out.append(time_of_vertex(bit.vertex))
        elif bit.kind == BitKind.DERIVED and bit.expr is not None:
            out.append(max((out[x] for x in bit.expr.bits), default=-1))
        else:
            out.append(-1)
    return out


def check_bits_known(
    code: str,
    bits: Sequence[Bit],
    phases: Sequence[Phase],
    phase: NDArray[np.int32],
    position: NDArray[np.int32],
    spans: dict[int, Span],
) -> None:
    """No vertex uses a bit before the outcome it depends on; a vertex's own bit may occur in its own phase."""
    times = _bit_times(bits, lambda v: int(position[v]))
    need = np.array([max((times[x] for x in p.bits), default=-1) for p in phases], np.int64)
    bad = need[phase] >= position
    for v in np.flatnonzero(bad):
        p = phases[int(phase[v])]
        for x in sorted(p.bits):
            if bits[x].kind == BitKind.OUTCOME and bits[x].vertex == v:
                continue
            if times[x] >= position[v]:
                fail(
                    code,
                    f"v{v} uses b{x} before the outcome that b{x} depends on is known",
                    help="an outcome's vertex must come before every vertex whose phase uses the bit",
                    span=spans.get(int(v)),
                )
