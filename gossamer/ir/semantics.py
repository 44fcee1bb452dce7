"""What a `Diagram` means: the maps ``K_m``, sampled branches, the instrument (clauses SEM-1, SEM-2).

All of it rests on one sweep over the vertices (:mod:`gossamer.ir.sweep`). Scalars are exact (no positive factor is dropped),
so the squared norm of ``K_m psi`` is a probability if the diagram is one of an experiment, up to one factor that all outcomes
share.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InputError
from gossamer.ir.dense import LARGE, Array, DryState, LargeState, SmallState, State
from gossamer.ir.diagram import BitKind, Diagram
from gossamer.ir.sweep import Plan, Sweep

#: From this number of axes on, branches are swept in single precision.
SINGLE = 25
#: Amplitudes below this, where the state had norm 1 before the outcomes, are rounding errors.
_ZERO = 1e-13
#: Branches with less than this part of the weight are not compared: a sweep leaves out what it takes for impossible (1e-20).
_RARE = 1e-18

# ---- the public functions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Branch:
    """One branch of a diagram.

    Attributes
    ----------
    state : complex[2**outputs], normalised; the first output is the most significant
    bits : the value of every bit
    log2_probability : of the outcomes, each given the ones before it; those in ``uncounted`` left out
    log2_weight : of the squared norm of ``K_m psi`` (scalars included)
    """

    state: Array
    bits: dict[int, bool]
    log2_probability: float
    log2_weight: float

    @property
    def probability(self) -> float:
        return math.pow(2, self.log2_probability)


def kraus(diagram: Diagram, bits: Mapping[int, bool], inputs: Array | None = None) -> NDArray[np.complex128]:
    """``K_m`` for an assignment of the outcome and input bits.

    Parameters
    ----------
    bits
        A value for each outcome bit and each input bit; derived bits are computed.
    inputs
        A state vector of the inputs (first input most significant), or a matrix whose columns are such vectors (the column
        index is a reference system). Without it the whole matrix is given.

    Returns
    -------
    complex128[2**outputs, 2**inputs], or ``K_m @ inputs``

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); m = w.measure(q); d = w.build()
    >>> kraus(d, {m: True}).round(6).tolist()
    [[0j, (1.414214+0j)]]
    """
    missing = [i for i, b in enumerate(diagram.bits) if b.kind == BitKind.OUTCOME and i not in bits]
    if missing:
        raise InputError("SEM-1", f"no value for outcome b{missing[0]}", help="give every outcome bit a value")
    sweep = Sweep(Plan(diagram), bits, _start(diagram, inputs), open_inputs=inputs is None, measure=False)
    sweep.run(dict(bits), None)
    columns = 2 ** len(diagram.inputs) if inputs is None else inputs.shape[1] if inputs.ndim == 2 else 1
    out = sweep.finish().reshape(-1, columns) * diagram.scalar.value(sweep.values)
    return out.reshape(-1) if inputs is not None and inputs.ndim == 1 else out


def branch(
    diagram: Diagram,
    inputs: Array | None = None,
    outcomes: Mapping[int, bool] | None = None,
    rng: np.random.Generator | None = None,
    *,
    uncounted: frozenset[int] = frozenset(),
    prefer: Mapping[int, bool] | None = None,
    least: float = 0.01,
    single: bool = False,
) -> Branch:
    """Sweep one branch: outcomes that are not given are drawn with their probabilities.

    Drawing at the vertex of the outcome is right because the numbering is causal: what comes after preserves the trace.

    Parameters
    ----------
    inputs
        A state vector of the inputs; not needed where there are none.
    outcomes
        Values of input bits and of those outcomes that shall not be drawn.
    uncounted
        Outcome bits whose probability is left out of ``log2_probability``.
    prefer
        Values that outcomes take instead of being drawn, wherever their probability is above ``least``: to reach branches that
        are rare together. The probability of the branch is computed as ever.
    single
        Use complex64.

    Raises
    ------
    InputError
        ``SEM-1`` if the given outcomes have probability 0.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_zero(); w.h(q); _ = w.measure(q, keep=True); _ = w.output(q, "q")
    >>> b = branch(w.build(), outcomes={0: True})
    >>> b.probability, abs(b.state).tolist()
    (0.5, [0.0, 1.0])
    """
    given = dict(outcomes or {})
    if inputs is None and len(diagram.inputs):
        raise InputError("SEM-1", "a branch needs a state of the inputs")
    dtype = np.complex64 if single else np.complex128
    start = None if inputs is None else np.array(inputs, dtype)
    state: State = SmallState(np.ones(1, dtype)) if start is None else _dense(start)
    if isinstance(state, SmallState):
        state.a = state.a.astype(dtype)
    sweep = Sweep(Plan(diagram), given, state, open_inputs=False, measure=True, uncounted=uncounted, prefer=prefer,
                  least=least)  # fmt: skip
    sweep.run(given, rng or np.random.default_rng())
    vector = sweep.finish(scaled=False)
    norm = float(np.linalg.norm(vector.astype(dtype, copy=False)))
    if norm == 0:
        raise InputError("SEM-1", "the given outcomes have probability 0")
    vector /= dtype(norm)
    weight = 2 * (sweep.log + math.log2(norm))
    return Branch(vector, {i: bool(x) for i, x in sweep.values.items()}, sweep.log2_probability, weight)


def branches(
    diagram: Diagram, inputs: Array | None = None, *, exact_scalar: bool = True
) -> Iterator[tuple[dict[int, bool], NDArray[np.complex128]]]:
    """All assignments of the outcome bits with their ``K_m``, sharing the work of common beginnings; zero maps are left out.

    Without ``exact_scalar`` all maps are multiplied by one positive factor and by phases, which keeps the numbers of large
    diagrams in range.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_zero(); m = w.measure(q)
    >>> [bits for bits, _ in branches(w.build())]
    [{0: False}]
    """
    sweep = Sweep(Plan(diagram), {}, _start(diagram, inputs), open_inputs=inputs is None, measure=False)
    columns = 2 ** len(diagram.inputs) if inputs is None else inputs.size // 2 ** len(diagram.inputs)
    shift: float | None = 0.0 if exact_scalar else None
    stack = [] if diagram.scalar.is_zero else [sweep]
    while stack:
        sweep = stack.pop()
        while sweep.at < sweep.plan.n and not sweep.zero:
            bit = sweep.plan.outcome[sweep.at]
            if bit >= 0 and bit not in sweep.values:
                other = sweep.copy()
                other.vertex((bit, True, None))
                stack.append(other)
                sweep.vertex((bit, False, None))
            else:
                sweep.vertex()
        if sweep.zero:
            continue
        matrix = sweep.finish(scaled=False)
        if np.abs(matrix).max(initial=0.0) > _ZERO:
            shift = sweep.log if shift is None else shift
            scalar = diagram.scalar.value(sweep.values) if exact_scalar else 1
            matrix = (matrix * (2.0 ** (sweep.log - shift) * sweep.turn * scalar)).reshape(-1, columns)
            yield {i: bool(x) for i, x in sweep.values.items()}, matrix


def results_of(diagram: Diagram, bits: Mapping[int, bool]) -> tuple[bool, ...]:
    """The reported bits: registers in order, index 0 first."""
    return tuple(e.evaluate(bits) for r in diagram.registers for e in r.bits)


def instrument(diagram: Diagram) -> dict[tuple[bool, ...], NDArray[np.complex128]]:
    """The Choi matrix ``sum over m of vec(K_m) vec(K_m)^dagger`` for each value of the registers that can occur.

    Rows of ``vec`` are (outputs, inputs). For small diagrams: the matrices have ``4**(inputs + outputs)`` entries.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> from gossamer.ir.phase import BitExpr
    >>> w = WireBuilder(); q = w.add_input("q"); m = w.measure(q); w.register("c", [BitExpr.bit(m)])
    >>> sorted(instrument(w.build()))
    [(False,), (True,)]
    """
    legs = len(diagram.inputs) + len(diagram.outputs)
    if legs > 12:
        raise InputError(
            "SEM-2", f"the instrument of a diagram with {legs} inputs and outputs is too large to write down"
        )
    out: dict[tuple[bool, ...], NDArray[np.complex128]] = {}
    for bits, matrix in branches(diagram, exact_scalar=False):
        v = matrix.reshape(-1)
        key = results_of(diagram, bits)
        choi = np.outer(v, v.conj())
        out[key] = out[key] + choi if key in out else choi
    return out


def sweep_cost(diagram: Diagram, *, open_inputs: bool = False) -> tuple[int, float]:
    """Most axes at one time and amplitudes touched by a sweep of one branch, found without amplitudes.

    With ``open_inputs`` the inputs stay open too (a column of ``K_m`` for each input), else they hold some state.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.cz(a, b); _ = w.output(a, "a"); _ = w.output(b, "b")
    >>> sweep_cost(w.build())[0]
    2
    """
    n = len(diagram.inputs)
    given = {i: False for i, b in enumerate(diagram.bits) if b.kind == BitKind.INPUT}
    plan, rng = Plan(diagram), np.random.default_rng(0)
    peak, work = 0, 0.0
    for _ in range(8):  # a diagram that is no circuit may have branches that end in a number 0
        state = DryState(0 if open_inputs else n)
        sweep = Sweep(plan, given, state, open_inputs=open_inputs, measure=True)
        try:
            sweep.run(given, rng)
            sweep.finish()
        except InputError:
            peak, work = max(peak, state.peak), max(work, state.work)
            continue
        return state.peak, state.work
    return peak, work


# ---- starting states ------------------------------------------------------------------------------------------------


def _dense(amplitudes: Array) -> State:
    return LargeState(amplitudes) if amplitudes.size > 1 << LARGE else SmallState(amplitudes)


def _start(diagram: Diagram, inputs: Array | None) -> State:
    """The state of the inputs and of a reference system; of nothing where the inputs stay open."""
    if inputs is None:
        return SmallState(np.ones(1, np.complex128))
    size = 2 ** len(diagram.inputs)
    if inputs.size % size or inputs.ndim > 2 or inputs.shape[0] != size:
        raise InputError("SEM-1", f"the state of {len(diagram.inputs)} inputs has {size} rows, not {inputs.shape}")
    return _dense(inputs.astype(np.complex128).reshape(-1))


__all__ = [
    "SINGLE",
    "Branch",
    "branch",
    "branches",
    "instrument",
    "kraus",
    "results_of",
    "sweep_cost",
]
