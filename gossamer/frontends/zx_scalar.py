"""The scalar of a ZX-diagram of pyzx as ours: exact where it can be written, as spiders without legs where only those are exact.

pyzx keeps ``sqrt(2)^n exp(i pi a) * prod(1 + exp(i pi b)) * sum(c exp(i pi d)) * f``. A factor ``1 + exp(i pi b)`` is a spider of
phase b, the sums that pyzx makes are pairs of spiders. The module guarantees that a scalar is 0 only if it is exactly 0.
"""

from __future__ import annotations

import cmath
import math
import re
from fractions import Fraction

from gossamer.diagnostics import InputError, Span
from gossamer.formats.zx import ZxScalar
from gossamer.frontends.zx_spiders import Node, Spiders
from gossamer.frontends.zx_variables import Variables
from gossamer.ir.diagram import VertexKind
from gossamer.ir.phase import Phase

#: A sum that has cancelled to this part of its terms cannot be told from 0 by its value.
_TINY = 1e-9


def multiply_scalar(
    made: Spiders, at: list[Node], scalar: ZxScalar, variables: Variables, file: str, exact: object = None
) -> None:
    """Multiply what has been made by a scalar; spiders of its own are put into ``at``.

    ``exact`` is the floating factor as a fraction, if an annotation gives it; it counts if it fits the float.

    Raises
    ------
    InputError
        ZX-9 for a factor that is not finite and for sums that have no form here.

    Examples
    --------
    >>> from gossamer.formats.zx import ZxGraph
    >>> made = Spiders()
    >>> multiply_scalar(made, [], ZxScalar(power=3, nodes=[{(): Fraction(1, 2)}]), Variables(ZxGraph(), ""), "")
    >>> made.scalar.power, str(made.scalar.phase)  # 1 + i is sqrt(2) exp(i pi / 4)
    (4, '1/4')
    """

    def fail(message: str, help: str | None = None) -> InputError:
        return InputError("ZX-9", message, span=Span(file, 1, 1), help=help)

    if not cmath.isfinite(scalar.floating):
        raise fail("the factor of the scalar is not finite")
    made.times(scalar.power, variables.phase(scalar.phase))
    factor = _fitting(exact, scalar.floating)
    if factor is None:
        _complex(made, scalar.floating)
    else:
        made.times(factor=factor)
    for node in scalar.nodes:
        _one_plus(made, at, variables.phase(node))
    if scalar.terms:
        terms: dict[Phase, Fraction] = {}
        for value, c in scalar.terms:
            phase = variables.phase(value)
            terms[phase] = terms.get(phase, Fraction(0)) + c
        if not _sum(made, at, {p: c for p, c in terms.items() if c}):
            raise fail(
                "a scalar that is a sum of phases with variables, or too near to 0 to be told from it",
                help="without its scalar the diagram means the same instrument, unless the scalar is 0",
            )
    if scalar.zero:
        made.times(factor=Fraction(0))


def _fitting(exact: object, value: complex) -> Fraction | None:
    if isinstance(exact, str) and re.fullmatch(r"[0-9]{1,400}/[0-9]{1,400}", exact) and value.imag == 0:
        top, bottom = map(int, exact.split("/"))
        if bottom and float(Fraction(top, bottom)) == value.real:
            return Fraction(top, bottom)
    return None


def _complex(made: Spiders, value: complex) -> None:
    if value.imag == 0:
        made.times(phase=Phase(int(value.real < 0)), factor=Fraction(abs(value.real)))
    else:
        made.times(phase=Phase(cmath.phase(value) / math.pi), factor=Fraction(abs(value)))


def _one_plus(made: Spiders, at: list[Node], phase: Phase) -> None:
    """``1 + exp(i pi phase)``: in closed form for multiples of pi/2, else a spider without legs."""
    if not (phase.is_constant and phase.is_clifford):
        made.node(at, VertexKind.Z, phase)
    elif phase.is_zero:
        made.times(2)
    elif phase.constant == 1:
        made.times(factor=Fraction(0))
    else:
        made.times(1, Phase(Fraction(1, 4) if phase.constant == Fraction(1, 2) else Fraction(7, 4)))


def _sum(made: Spiders, at: list[Node], terms: dict[Phase, Fraction]) -> bool:
    """Multiply by ``sum(c exp(i pi phase))``; False where that has no form."""
    if not terms:
        made.times(factor=Fraction(0))
        return True
    phases = list(terms)
    first = terms[phases[0]]
    if len(terms) == 1 or (len(terms) == 2 and abs(first) == abs(terms[phases[1]])):
        made.times(phase=phases[0] + Phase(int(first < 0)), factor=abs(first))
        if len(terms) == 2:
            _one_plus(made, at, phases[1] - phases[0] + Phase(int(first != terms[phases[1]])))
        return True
    pair = _pair(terms)
    if pair is not None:
        a, b = made.node(at, VertexKind.Z, pair[0]), made.node(at, VertexKind.Z, pair[1])
        made.edge(a, b, hadamard=True)
        c = terms[Phase()]
        made.times(1, Phase(int(c < 0)), abs(c))
        return True
    if not all(p.is_constant for p in terms):
        return False
    if _is_zero(terms):
        made.times(factor=Fraction(0))
        return True
    value = sum(float(c) * cmath.exp(1j * math.pi * float(p.constant)) for p, c in terms.items())
    if abs(value) < _TINY * float(sum(abs(c) for c in terms.values())):
        return False
    _complex(made, value)
    return True


def _pair(terms: dict[Phase, Fraction]) -> tuple[Phase, Phase] | None:
    """The phases of two spiders that a Hadamard edge joins, if the sum is ``c (1 + exp a + exp b - exp(a + b))``."""
    c = terms.get(Phase())
    if c is None:
        return None
    rest = {p: k for p, k in terms.items() if not p.is_zero}
    singles = [p for p, k in rest.items() if k == c]
    doubles = [p for p, k in rest.items() if k == 2 * c]
    a, b = (doubles * 2 if len(doubles) == 1 and not singles else singles if len(singles) == 2 else [None, None])[:2]
    if a is None or b is None or rest.get(a + b) != -c or len(rest) != len({a, b, a + b}):
        return None
    return a, b


def _is_zero(terms: dict[Phase, Fraction]) -> bool:
    """Whether a sum of roots of unity of an order that is a power of two is 0: those of the first half-turn are independent."""
    total: dict[Fraction, Fraction] = {}
    for p, c in terms.items():
        angle = p.constant
        if angle.denominator & (angle.denominator - 1):
            return False
        total[angle % 1] = total.get(angle % 1, Fraction(0)) + (c if angle < 1 else -c)
    return not any(total.values())
