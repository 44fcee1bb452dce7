"""Gate modifiers: the inverse, a power and controlled versions of a gate that is given as steps and a global phase.

The module guarantees exact global phases (``ctrl @`` makes them visible), integer powers of diagonal gates in constant size,
fractional powers by the principal branch, and that what has no exact or bounded form is refused. ``gossamer.frontends.qasm3``
stands on it.

References
----------
Phases of products of bits as parities: P. Selinger, arXiv:1210.0974. Many controls without clean ancillas: A. Barenco et al.,
arXiv:quant-ph/9503016, lemmas 7.2, 7.3 and 7.5.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm_circuit import MAX_STEPS
from gossamer.frontends.qasm_gates import STANDARD, StandardGate, Step, phase_of
from gossamer.frontends.qasm_polynomial import AnglePolynomial
from gossamer.ir.phase import Phase

_NONE = Phase()
_PI = Phase(1)
#: Phases of products of more bits are built from smaller ones; powers of larger diagonal gates are refused.
_MAX_PARITIES = 6


@dataclass(frozen=True, slots=True)
class Unitary:
    """``exp(i pi phase)`` times the product of ``steps``, where ``rz`` is diag(1, e^{it}) and ``rx`` is H rz H."""

    qubits: int
    steps: tuple[Step, ...]
    phase: Phase = _NONE


def standard(gate: StandardGate, angles: tuple[Fraction | AnglePolynomial, ...]) -> Unitary:
    """A gate of the libraries with its angles, in multiples of pi.

    Examples
    --------
    >>> str(standard(STANDARD["rz"], (Fraction(1, 2),)).phase)
    '7/4'
    """
    phase = _NONE if gate.phase is None else phase_of(gate.phase(*angles))
    return Unitary(gate.qubits, gate.steps(angles), phase)


def inverse(u: Unitary) -> Unitary:
    return Unitary(u.qubits, tuple(_inverse(s) for s in reversed(u.steps)), -u.phase)


def _inverse(step: Step) -> Step:
    kind, places, angle = step
    return kind, places, -angle


def moved(steps: Iterable[Step], places: Sequence[int]) -> list[Step]:
    """The steps on other places."""
    return [(kind, tuple([places[p] for p in at]), angle) for kind, at, angle in steps]


def controlled(u: Unitary, controls: int, *, negative: bool, span: Span) -> Unitary:
    """``u`` where the first ``controls`` qubits are all 1 (all 0, if ``negative``).

    Examples
    --------
    >>> controlled(Unitary(1, STANDARD["x"].steps(())), 1, negative=False, span=Span("", 1, 1)).steps
    (('h', (1,), Phase(0)), ('cz', (0, 1), Phase(0)), ('h', (1,), Phase(0)))
    """
    places = tuple(range(controls))
    before, core, after = _peeled(moved(u.steps, range(controls, controls + u.qubits)))
    steps = before
    for step in core:
        steps += _controlled(step, places)
        _bounded(len(steps), span)
    steps += after
    if not u.phase.is_zero:
        steps += _product_phase(places, u.phase)
    if negative:
        flips = [("rx", (p,), _PI) for p in places]
        steps = [*flips, *steps, *flips]
    _bounded(len(steps), span)
    return Unitary(controls + u.qubits, tuple(steps))


def _bounded(count: int, span: Span) -> None:
    if count > MAX_STEPS:
        raise InputError(
            "QASM-12",
            f"a gate stands for more than {MAX_STEPS} elementary steps",
            span=span,
            help="use fewer controls, a smaller power, or a gate with fewer steps",
        )


def _peeled(steps: list[Step]) -> tuple[list[Step], list[Step], list[Step]]:
    """``a b a^-1`` as its three parts, ``a`` as long as possible."""
    i = 0
    while 2 * i + 1 < len(steps) and _inverse(steps[i]) == steps[-1 - i]:
        i += 1
    return steps[:i], steps[i : len(steps) - i], steps[len(steps) - i :]


def _controlled(step: Step, controls: tuple[int, ...]) -> list[Step]:
    kind, places, angle = step
    outer, inner, phase = _diagonal(step)
    if kind == "gadget":
        chain: list[Step] = [("cx", (p, places[-1]), _NONE) for p in places[:-1]]
        return [*chain, *_product_phase((*controls, places[-1]), angle), *chain[::-1]]
    undo = [_inverse(s) for s in reversed(outer)]
    return [*outer, *_product_phase((*controls, *inner), phase), *undo]


def _diagonal(step: Step) -> tuple[list[Step], tuple[int, ...], Phase]:
    """A step that is no gadget as ``a d a^-1``: a, the places and the angle of the phase ``d`` of a product of bits."""
    kind, places, angle = step
    if kind == "h":  # Ry(pi/4) Z Ry(-pi/4)
        q = places[0]
        turn = [
            ("rz", (q,), Phase(Fraction(-1, 2))),
            ("rx", (q,), Phase(Fraction(-1, 4))),
            ("rz", (q,), Phase(Fraction(1, 2))),
        ]
        return turn, places, _PI  # type: ignore[return-value]
    if kind == "rx":
        return [("h", places, _NONE)], places, angle
    if kind == "cx":
        return [("h", places[1:], _NONE)], places, _PI
    if kind == "swap":
        a, b = places
        return [("cx", (b, a), _NONE), ("h", (b,), _NONE)], places, _PI
    return [], places, _PI if kind == "cz" else angle


def _product_phase(places: tuple[int, ...], phase: Phase) -> list[Step]:
    """exp(i pi phase) where all of ``places`` are 1."""
    n = len(places)
    if n == 1:
        return [("rz", places, phase)]
    if n == 2 and phase == _PI:
        return [("cz", places, _NONE)]
    if n <= _MAX_PARITIES:
        weight = _divided(phase, 2 ** (n - 1))
        out: list[Step] = []
        for size in range(1, n + 1):
            for subset in combinations(places, size):
                out.append(("rz" if size == 1 else "gadget", subset, weight if size % 2 else -weight))
        return out
    out = []
    while len(places) > _MAX_PARITIES:
        *rest, last, target = places
        phase = _divided(phase, 2)
        flip = _many_controls(rest, last, [target])
        out += [*_product_phase((last, target), phase), *flip, *_product_phase((last, target), -phase), *flip]
        places = (*rest, target)
    return out + _product_phase(places, phase)


def _divided(phase: Phase, k: int) -> Phase:
    """An angle whose ``k``-fold is ``phase``."""
    return Phase.from_terms((m, c / k, tuple((n, x / k) for n, x in s)) for m, c, s in phase.terms)


def _many_controls(controls: Sequence[int], target: int, borrowed: Sequence[int]) -> list[Step]:
    """X on ``target`` where all controls are 1; ``borrowed`` qubits, at least one, come back as they were."""
    m = len(controls)
    if m < _MAX_PARITIES:
        flip: Step = ("h", (target,), _NONE)
        return [flip, *_product_phase((*controls, target), _PI), flip]
    if len(borrowed) >= m - 2:
        free = list(borrowed[: m - 2])
        down = [(controls[i], free[i - 2], target if i == m - 1 else free[i - 1]) for i in range(m - 1, 1, -1)]
        middle = (controls[0], controls[1], free[0])
        triples = [*down, middle, *down[::-1], *down[1:], middle, *down[:0:-1]]
        return [s for t in triples for s in moved(STANDARD["ccx"].steps(()), t)]
    half = (m + 1) // 2
    first, second = list(controls[:half]), list(controls[half:])
    one = _many_controls(first, borrowed[0], [*second, target])
    two = _many_controls([*second, borrowed[0]], target, first)
    return [*one, *two, *one, *two]


def power(u: Unitary, exponent: Fraction | float, span: Span) -> Unitary:
    """``u`` to a constant power; a fractional one by the principal branch.

    Examples
    --------
    >>> power(Unitary(1, STANDARD["z"].steps(())), Fraction(1, 2), Span("", 1, 1)).steps
    (('rz', (0,), Phase(1/2)),)
    """
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _integer_power(u, exponent.numerator, span)
    before, core, after = _peeled(list(u.steps))
    if len(core) == 1 and core[0][0] not in _DIAGONAL:
        outer, places, phase = _diagonal(core[0])
        before = before + outer
        core = _product_phase(places, phase)
        after = [_inverse(s) for s in reversed(before)]
    if all(kind in _DIAGONAL for kind, _, _ in core) and all(angle.is_constant for _, _, angle in core):
        places = tuple(sorted({p for _, at, _ in core for p in at}))
        if len(places) <= _MAX_PARITIES and u.phase.is_constant:
            core, phase = _diagonal_power(core, places, u.phase.constant, Fraction(exponent))
            return Unitary(u.qubits, (*before, *core, *after), phase)
    if u.qubits == 1 and u.phase.is_constant and all(angle.is_constant for _, _, angle in u.steps):
        return _numeric_power(u, float(exponent))
    raise InputError(
        "QASM-15",
        "this fractional power is not expressible: the gate is neither diagonal up to a change of basis nor on one qubit",
        span=span,
        help="write the root of the gate as a gate definition",
    )


_DIAGONAL = frozenset({"rz", "cz", "gadget"})


def _integer_power(u: Unitary, k: int, span: Span) -> Unitary:
    if k < 0:
        u, k = inverse(u), -k
    before, core, after = _peeled(list(u.steps))
    if len(core) == 1 and core[0][0] in ("h", "cx", "swap"):
        core = core * (k % 2)
    elif len(core) == 1 or all(kind in _DIAGONAL for kind, _, _ in core):
        core = [s for s in (_times(s, k) for s in core) if s is not None]
    else:
        _bounded(len(core) * k, span)
        core = core * k
    return Unitary(u.qubits, (*before, *core, *after), u.phase.scaled(k))


def _times(step: Step, k: int) -> Step | None:
    kind, places, angle = step
    if kind == "cz":
        return step if k % 2 else None
    return kind, places, angle.scaled(k)


def _diagonal_power(
    core: list[Step], places: tuple[int, ...], phase: Fraction, k: Fraction
) -> tuple[list[Step], Phase]:
    """Each entry of a diagonal gate to the power ``k``; then its angles as sums over parities (a Walsh transform)."""
    n = len(places)
    bit = {p: i for i, p in enumerate(places)}
    entries = []
    for x in range(1 << n):
        total = phase
        for kind, at, angle in core:
            ones = sum(x >> bit[p] & 1 for p in at)
            if kind == "cz":
                total += int(ones == 2)
            elif ones % 2:
                total += angle.constant
        total %= 2
        entries.append(k * (total - 2 if total > 1 else total))
    out: list[Step] = []
    for mask in range(1, 1 << n):
        weight = -sum((-1) ** (mask & x).bit_count() * a for x, a in enumerate(entries)) / Fraction(2 ** (n - 1))
        angle = Phase(weight)
        if not angle.is_zero:
            at = tuple(p for i, p in enumerate(places) if mask >> i & 1)
            out.append(("rz" if len(at) == 1 else "gadget", at, angle))
    return out, Phase(entries[0])


def _numeric_power(u: Unitary, k: float) -> Unitary:
    """A power of a gate on one qubit, by its two eigenvalues, as three rotations."""
    import numpy as np

    matrix = np.eye(2, dtype=complex)
    hadamard = np.array([[1, 1], [1, -1]]) / math.sqrt(2)
    for kind, _, angle in u.steps:
        turn = np.diag([1, cmath.exp(1j * math.pi * float(angle.constant))])
        matrix = (hadamard if kind == "h" else turn if kind == "rz" else hadamard @ turn @ hadamard) @ matrix
    matrix = matrix * cmath.exp(1j * math.pi * float(u.phase.constant))
    values, vectors = np.linalg.eig(matrix)
    if abs(values[0] - values[1]) < 1e-12:
        return Unitary(1, (), Phase(k * cmath.phase(values[0]) / math.pi))
    vectors, _ = np.linalg.qr(vectors)
    angles = [math.pi if abs(cmath.phase(v) + math.pi) < 1e-12 else cmath.phase(v) for v in values]
    root = vectors @ np.diag([cmath.exp(1j * k * a) for a in angles]) @ vectors.conj().T
    theta = 2 * math.atan2(abs(root[1, 0]), abs(root[0, 0]))
    phase = cmath.phase(root[0, 0]) if abs(root[0, 0]) > 1e-9 else 0.0
    phi = cmath.phase(root[1, 0]) - phase if abs(root[1, 0]) > 1e-9 else 0.0
    lam = cmath.phase(root[1, 1]) - phase - phi if abs(root[0, 0]) > 1e-9 else cmath.phase(-root[0, 1]) - phase
    exact = standard(STANDARD["u3"], tuple(Phase(x / math.pi).constant for x in (theta, phi, lam)))
    return Unitary(1, exact.steps, exact.phase + Phase(phase / math.pi))
