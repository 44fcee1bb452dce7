"""Equality of meaning of two `Diagram`s by their maps, in three strengths, for diagrams small enough to write these down.

*Strict*: every ``K_m`` is the same map, scalar included. *Branch-wise*: every ``K_m`` is the same up to a phase and one positive
weight that all outcomes share (one for each outcome would hide a wrong probability). *As instruments*: the Choi matrices of all
results agree up to one positive weight; outcomes that are not reported may differ. Each implies the next. All three hold for
all values of classical inputs, the weight being one for all of them. Stands on ``ir.semantics``; ``gossamer.checks.equality`` goes
beyond small diagrams.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Bit, BitKind, Diagram, VertexKind
from gossamer.ir.phase import BitExpr
from gossamer.ir.scalar import ONE
from gossamer.ir.semantics import branches, results_of

Matrix = NDArray[np.complex128]
TOLERANCE = 1e-9
#: More inputs and outputs, outcomes or classical inputs than these are not written down [SEM-2].
MAX_LEGS, MAX_OUTCOMES, MAX_INPUTS = 12, 16, 8
_NOTHING = 1e-12
#: A branch whose amplitudes are known less well than this, relatively, has about 1e-22 of the weight: it is not compared.
_LOST = 1e-3


@dataclass(frozen=True)
class Difference:
    """Why two diagrams differ: ``reason`` in words, and the bits of the second one where it shows (empty: everywhere)."""

    reason: str
    bits: dict[int, bool]

    def __str__(self) -> str:
        at = ", ".join(f"b{i}={int(x)}" for i, x in sorted(self.bits.items()))
        return f"{self.reason} at {at}" if at else self.reason


def equal_strict(a: Diagram, b: Diagram, tol: float = TOLERANCE) -> bool:
    """Whether ``K_m`` of ``a`` and of ``b`` are the same number by number, for all bits, the i-th outcome of the one being that of the
    other, and the results are the same.

    Examples
    --------
    >>> from gossamer.ir.scalar import SQRT2
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); _ = w.output(w.add_input("q"), "q"); d = w.build()
    >>> equal_strict(d, d), equal_strict(d, replace(d, scalar=SQRT2)), equal_branches(d, replace(d, scalar=SQRT2))
    (True, False, True)
    """
    return find_strict_difference(a, b, tol) is None


def equal_branches(
    a: Diagram, b: Diagram, witness: Mapping[int, BitExpr] | None = None, tol: float = TOLERANCE
) -> bool:
    """Whether every branch of ``b`` is the one of ``a`` that the witness names, up to a phase and one weight for all.

    Parameters
    ----------
    witness
        For each outcome of ``a`` an expression over the bits of ``b``; without it the i-th outcome of ``b`` is that of ``a``.
        Where ``b`` has more outcomes than ``a``, each branch of ``a`` has to be met equally often.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); m = w.measure(q, keep=True); _ = w.output(q, "q"); d = w.build()
    >>> equal_branches(d, d), equal_branches(d, d, {m: ~BitExpr.bit(m)})
    (True, False)
    """
    return find_branch_difference(a, b, witness, tol) is None


def equal_instruments(a: Diagram, b: Diagram, tol: float = TOLERANCE) -> bool:
    """Whether the instruments are equal up to one positive weight (clause SEM-2). Registers are compared by position.

    Examples
    --------
    Measuring and throwing the outcome away is a discard; reporting it is not.

    >>> from gossamer.ir.wires import WireBuilder
    >>> v, w = WireBuilder(), WireBuilder()
    >>> _ = v.measure(v.add_input("q"))
    >>> q = w.add_input("q"); w.h(q); _ = w.measure(q)
    >>> equal_instruments(v.build(), w.build()), equal_branches(v.build(), w.build())
    (True, False)
    """
    return find_instrument_difference(a, b, tol) is None


def find_strict_difference(a: Diagram, b: Diagram, tol: float = TOLERANCE) -> Difference | None:
    """The first branch in which the maps differ, or None."""
    shape = _shapes(a, b) or _same_outcomes(a, b)
    if shape:
        return Difference(shape, {})
    for inputs, x, y in _contexts(a, b):
        left = _by_outcomes(x)
        right = _by_outcomes(y)
        for key in {**left, **right}:
            k, r = left.get(key, (None, None))
            other, results = right.get(key, (None, None))
            bits = {**dict(zip(b.outcome_bits, key, strict=True)), **inputs}
            size = max(float(np.abs(m).max(initial=0.0)) for m in (k, other) if m is not None)
            if k is None or other is None:
                if size > tol:
                    return Difference("one of the maps is zero", bits)
            elif np.abs(k - other).max(initial=0.0) > tol * max(1.0, size):
                return Difference("the maps differ", bits)
            elif r != results:
                return Difference("the results differ", bits)
    return None


def find_branch_difference(
    a: Diagram, b: Diagram, witness: Mapping[int, BitExpr] | None = None, tol: float = TOLERANCE
) -> Difference | None:
    """The first branch that differs by more than a phase and the weight that all share, or None."""
    shape = _shapes(a, b) or (None if witness is not None else _same_outcomes(a, b))
    if shape:
        return Difference(shape, {})
    if witness is None:
        witness = {i: BitExpr.bit(j) for i, j in zip(a.outcome_bits, b.outcome_bits, strict=True)}
    exact = bool(_input_bits(a))  # one factor for all contexts
    least, most, times = (
        0.0,
        math.inf,
        set[int](),
    )  # bounds of the weight that all branches share; how often each is met
    for inputs, x, y in _contexts(a, b):
        wanted = {tuple(bits[i] for i in x.outcome_bits): (k, results_of(x, bits)) for bits, k in _maps(x, exact)}
        met = dict.fromkeys(wanted, 0)
        strays: list[tuple[dict[int, bool], float]] = []
        # A rare branch carries the rounding errors of the whole: what is left of its digits decides how closely it is compared.
        whole = math.fsum(_weight(k) for k, _ in wanted.values()) * 2.0 ** max(
            0, len(b.outcome_bits) - len(a.outcome_bits)
        )
        for bits, k in _maps(y, exact):
            key = tuple(witness[i].evaluate(bits) for i in a.outcome_bits)
            nv = _weight(k)
            if key not in wanted:
                strays.append((bits, nv))
                continue
            u, results = wanted[key]
            met[key] += 1
            nu = _weight(u)
            blur = _rounding(nu, whole)
            if blur > _LOST:
                continue
            slack = tol + blur
            # What is left of k beside its part along u: linear in a small difference, which the overlap would be quadratic in.
            if u.shape != k.shape or math.sqrt(_weight(k - np.vdot(u, k) / nu * u) / nv) > slack:
                return Difference("the maps differ", bits)
            least, most = max(least, nv / nu * (1 - slack)), min(most, nv / nu * (1 + slack))
            if least > most:
                return Difference("an outcome has a wrong probability", bits)
            if results != results_of(y, bits):
                return Difference("the results differ", bits)
        for bits, nv in strays:
            if least == 0 or _rounding(nv / least, whole) <= _LOST:
                return Difference("an outcome occurs that the first diagram cannot have", bits)
        counted = {key: n for key, n in met.items() if _rounding(_weight(wanted[key][0]), whole) <= _LOST}
        times |= set(counted.values())
        if 0 in times:
            missing = next(key for key, n in counted.items() if n == 0)
            return Difference(f"outcomes {''.join('01'[x] for x in missing)} of the first diagram never occur", inputs)
    return None if len(times) <= 1 else Difference("some outcomes occur more often than others", {})


def find_instrument_difference(a: Diagram, b: Diagram, tol: float = TOLERANCE) -> Difference | None:
    """What differs between the two tables of Choi matrices, or None."""
    shape = _shapes(a, b)
    if shape:
        return Difference(shape, {})
    legs = len(a.inputs) + len(a.outputs)
    if legs > MAX_LEGS:
        raise InputError(
            "SEM-2", f"the instrument of a diagram with {legs} inputs and outputs is too large to write down"
        )
    exact = bool(_input_bits(a))
    tables = [(inputs, _choi(x, exact), _choi(y, exact)) for inputs, x, y in _contexts(a, b)]
    weights = [sum(float(np.trace(m).real) for t in tables for m in t[side].values()) for side in (1, 2)]
    if min(weights) == 0:
        return None if max(weights) == 0 else Difference("one of the diagrams is zero", {})
    for inputs, left, right in tables:
        for key in {**left, **right}:
            x = left[key] / weights[0] if key in left else 0.0
            y = right[key] / weights[1] if key in right else 0.0
            if np.abs(x - y).max() > tol:
                return Difference(f"the maps of result {''.join('01'[r] for r in key) or 'none'} differ", inputs)
    return None


# ---- parts ----------------------------------------------------------------------------------------------------------


def _shapes(a: Diagram, b: Diagram) -> str | None:
    """What of the two boundaries does not fit."""
    for d in (a, b):
        free = {n for p in (*d.phases, d.scalar.phase) for n in p.symbols}
        if free:
            raise InputError("SEM-1", f"the symbol {min(free)} has no value", help="bind it first")
        for what, count, most in (
            ("outcomes", len(d.outcome_bits), MAX_OUTCOMES),
            ("classical inputs", len(_input_bits(d)), MAX_INPUTS),
        ):
            if count > most:
                raise InputError("SEM-2", f"a diagram with {count} {what} is too large to compare map by map")
    if (len(a.inputs), len(a.outputs)) != (len(b.inputs), len(b.outputs)):
        return "the numbers of inputs or outputs differ"
    if [len(r.bits) for r in a.registers] != [len(r.bits) for r in b.registers]:
        return "the registers differ"
    if sorted(_input_bits(a).values()) != sorted(_input_bits(b).values()):
        return "the classical inputs differ"
    return None


def _same_outcomes(a: Diagram, b: Diagram) -> str | None:
    return None if len(a.outcome_bits) == len(b.outcome_bits) else "the numbers of outcomes differ"


def _input_bits(d: Diagram) -> dict[int, str]:
    return {i: b.name for i, b in enumerate(d.bits) if b.kind == BitKind.INPUT}


def _contexts(a: Diagram, b: Diagram) -> Iterator[tuple[dict[int, bool], Diagram, Diagram]]:
    """Both diagrams under all values of the classical inputs, which are matched by name; the values as bits of ``b``."""
    at = {name: i for i, name in _input_bits(a).items()}
    names = _input_bits(b)
    for values in product((False, True), repeat=len(names)):
        given = dict(zip(names, values, strict=True))
        yield given, _fixed(a, {at[names[i]]: x for i, x in given.items()}), _fixed(b, given)


def _fixed(d: Diagram, values: Mapping[int, bool]) -> Diagram:
    """Classical inputs become constants."""
    if not values:
        return d
    bits = (Bit(BitKind.DERIVED, -1, BitExpr.const(values[i])) if i in values else x for i, x in enumerate(d.bits))
    return replace(d, bits=tuple(bits))


def _by_outcomes(d: Diagram) -> dict[tuple[bool, ...], tuple[Matrix, tuple[bool, ...]]]:
    try:
        maps = list(branches(d, exact_scalar=True))
    except OverflowError:
        raise InputError("SEM-2", "the scalar is too large to compare map by map") from None
    return {tuple(bits[i] for i in d.outcome_bits): (k, results_of(d, bits)) for bits, k in maps}


def _maps(d: Diagram, exact: bool) -> Iterator[tuple[dict[int, bool], Matrix]]:
    """The maps that are not zero, without the scalar, which is the same for all but for a phase.

    Those of large diagrams are multiplied by one factor to keep them in range, unless they have to be ``exact``. In small ones, where a map is a sum of few paths of
    equal size, one that is smaller than rounding leaves of such a path is zero.
    """
    if d.scalar.is_zero:
        return
    bare = replace(d, scalar=ONE)
    halves = int(d.hadamard.sum()) + int((d.kind[d.edges.reshape(-1)] == VertexKind.X).sum())
    small = halves <= 400 and d.num_vertices <= 400
    for bits, k in branches(bare, exact_scalar=small or exact):
        if not small or np.abs(k).max() > _NOTHING * 2.0 ** (-halves / 2):
            yield bits, k


def _choi(d: Diagram, exact: bool) -> dict[tuple[bool, ...], Matrix]:
    out: dict[tuple[bool, ...], Matrix] = {}
    for bits, k in _maps(d, exact):
        v, key = k.reshape(-1), results_of(d, bits)
        choi = np.outer(v, v.conj())
        out[key] = out[key] + choi if key in out else choi
    return out


def _weight(k: Matrix) -> float:
    return float(np.vdot(k, k).real)


def _rounding(weight: float, whole: float) -> float:
    """Relative rounding error of the amplitudes of a branch that has ``weight`` of ``whole``."""
    return 1e-14 * math.sqrt(whole / weight)
