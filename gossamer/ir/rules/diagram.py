"""Rules of the first level, `Diagram` (clauses IR-1 to IR-11)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from gossamer.ir.diagram import UNITS, Delay, Diagram, VertexKind
from gossamer.ir.phase import MAX_NUMBER, Phase
from gossamer.ir.rules.classical import (
    check_bit_uses,
    check_bits,
    check_bits_known,
    check_names,
    check_outcomes,
    check_symbols,
)
from gossamer.ir.rules.shared import check_column, fail, first_true, repeated
from gossamer.ir.scalar import Scalar

#: The largest power of the square root of 2 in a scalar, of either sign.
MAX_POWER = 2**31 - 1


def _phases(d: Diagram) -> tuple[Phase, ...]:
    return (*d.phases, d.scalar.phase) if isinstance(d.scalar, Scalar) else d.phases


def _diagram_columns(d: Diagram) -> None:
    check_column("IR-1", "kind", d.kind, np.uint8, (None,), len(VertexKind))
    n = d.num_vertices
    check_column("IR-1", "phase", d.phase, np.int32, (n,), len(d.phases))
    check_column("IR-1", "edges", d.edges, np.int32, (None, 2), n)
    check_column("IR-1", "hadamard", d.hadamard, np.bool_, (d.num_edges,), None)
    check_column("IR-1", "inputs", d.inputs, np.int32, (None,), n)
    check_column("IR-1", "outputs", d.outputs, np.int32, (None,), n)


def _diagram_boundary_degree(d: Diagram) -> None:
    boundary = (d.kind == VertexKind.INPUT) | (d.kind == VertexKind.OUTPUT)
    degree = np.bincount(d.edges.ravel(), minlength=d.num_vertices)
    v = first_true(boundary & (degree != 1))
    if v >= 0:
        fail("IR-2", f"boundary vertex v{v} has {int(degree[v])} edges, not one", span=d.spans.get(v))
    zero = np.array([p.is_zero for p in d.phases], np.bool_)
    v = first_true(boundary & ~zero[d.phase])
    if v >= 0:
        fail(
            "IR-2",
            f"boundary vertex v{v} has a phase",
            help="put the phase on a Z-spider beside it",
            span=d.spans.get(v),
        )


def _diagram_boundary_lists(d: Diagram) -> None:
    for what, listed, kind in (("input", d.inputs, VertexKind.INPUT), ("output", d.outputs, VertexKind.OUTPUT)):
        v = repeated(listed)
        if v >= 0:
            fail("IR-3", f"v{v} is listed twice among the {what}s")
        i = first_true(d.kind[listed] != kind)
        if i >= 0:
            fail("IR-3", f"v{int(listed[i])} is listed as {what} but is not of that kind")
        if listed.size != int((d.kind == kind).sum()):
            missing = np.setdiff1d(np.flatnonzero(d.kind == kind), listed)
            fail("IR-3", f"v{int(missing[0])} is of kind {what} but is not listed")


def _diagram_names(d: Diagram) -> None:
    check_names("input", d.input_names, d.inputs.size)
    check_names("output", d.output_names, d.outputs.size)
    check_names("register", [r.name for r in d.registers], len(d.registers))


def _diagram_bits(d: Diagram) -> None:
    check_bits(d.bits)


def _diagram_bit_uses(d: Diagram) -> None:
    check_bit_uses(d.bits, _phases(d), d.registers)


def _diagram_outcomes(d: Diagram) -> None:
    check_outcomes("IR-7", d)
    for i in d.outcome_bits:
        v = d.bits[i].vertex
        if d.kind[v] not in (VertexKind.Z, VertexKind.X):
            fail("IR-7", f"outcome b{i} is bound to v{v}, which is not a spider", span=d.spans.get(v))


def _diagram_causal(d: Diagram) -> None:
    check_bits_known("IR-8", d.bits, d.phases, d.phase, np.arange(d.num_vertices, dtype=np.int32), d.spans)


def _diagram_symbols(d: Diagram) -> None:
    check_symbols(_phases(d))


def _diagram_scalar(d: Diagram) -> None:
    if not isinstance(d.scalar, Scalar) or abs(d.scalar.power) > MAX_POWER:
        fail("IR-10", f"the power of the square root of 2 in the scalar is not in -{MAX_POWER}..{MAX_POWER}")
    if max(d.scalar.factor.numerator, d.scalar.factor.denominator) >= MAX_NUMBER:
        fail("IR-10", "the factor of the scalar has too many digits", help="round it before you set it")


def _diagram_delays(d: Diagram) -> None:
    if not d.delays:
        return
    legs = np.bincount(d.edges.ravel(), minlength=d.num_vertices)
    for v, delay in d.delays.items():
        if not 0 <= v < d.num_vertices:
            fail("IR-11", f"v{v} has a delay but does not exist")
        span = d.spans.get(v)
        if d.kind[v] != VertexKind.Z or not d.phase_of(v).is_zero or legs[v] != 2:
            fail(
                "IR-11",
                f"v{v} has a delay but is not a Z-spider of phase 0 with two legs",
                help="put a Z-spider of phase 0 on the wire and give the delay to that",
                span=span,
            )
        if not isinstance(delay, Delay) or not isinstance(delay.value, Fraction) or delay.unit not in UNITS:
            fail("IR-11", f"the delay of v{v} is not an exact number of {' or '.join(UNITS)}", span=span)
        if delay.value < 0:
            fail("IR-11", f"the delay of v{v} is negative", help="nothing waits for less than no time", span=span)
        if max(delay.value.numerator, delay.value.denominator) >= MAX_NUMBER:
            fail("IR-11", f"the delay of v{v} has too many digits", help="round it before you set it", span=span)


DIAGRAM_RULES: tuple[Callable[[Diagram], None], ...] = (
    _diagram_columns,
    _diagram_boundary_degree,
    _diagram_boundary_lists,
    _diagram_names,
    _diagram_bits,
    _diagram_bit_uses,
    _diagram_outcomes,
    _diagram_causal,
    _diagram_symbols,
    _diagram_scalar,
    _diagram_delays,
)
