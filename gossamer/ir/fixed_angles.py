"""A pattern whose angles are numbers: what depends on bits goes into domains, on more nodes where it has to.

A pattern of ours may have angles that depend on outcomes in any way; elsewhere a domain adapts an angle by a sign and by half a turn. An angle that is a
function of bits is a sum of numbers, each with a sign that is a parity of bits (its Fourier series over the bits). A measurement in the plane XY at the angle
``a + b`` is one at ``a``, one at 0 and one at ``b``, along a wire of two more nodes: the first two move the state on, turned by ``-a``. Other planes are turned into XY first. The pattern means the
same; the outcome is that of the last node. Used where a pattern leaves the house (``gossamer.formats.pattern_graphix``).

References
----------
The wires of J(a) = H exp(i a Z / 2): Danos, Kashefi, Panangaden, J. ACM 54(2), 8 (2007), section 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from gossamer.ir.diagram import Bit, BitKind
from gossamer.ir.pattern import Basis, Clifford, Command, Entangle, Measure, Pattern, Prepare
from gossamer.ir.phase import BitExpr, Phase

#: A product of more bits in an angle is left as it is: it would have 2^bits signs.
MAX_FACTORS = 8


@dataclass
class _Series:
    """``constant + sum of number * (-1)^parity``, and the bits by whose parity half a turn is added."""

    constant: Fraction
    signed: dict[frozenset[int], Fraction]
    turned: BitExpr


def with_fixed_angles(pattern: Pattern) -> Pattern:
    """The same pattern with numbers as angles, except those with symbols or long products of bits.

    Examples
    --------
    >>> from gossamer.ir.pattern import outcomes
    >>> angle = Phase(Fraction(1, 8)) + Phase.of_bit(0, Fraction(1, 4))
    >>> p = Pattern((), (), (Prepare(0), Prepare(1), Measure(0), Measure(1, angle=angle)), outcomes([0, 1]))
    >>> for c in with_fixed_angles(p).commands:
    ...     if isinstance(c, Measure):
    ...         print(c.node, c.angle, c.s_domain, c.t_domain)
    0 0 0 0
    1 1/4 0 0
    2 0 0 0
    3 15/8 b0 ^ b3 b2
    """
    commands: list[Command] = []
    bits = list(pattern.bits)
    bit_of = {bit.vertex: i for i, bit in enumerate(bits) if bit.kind == BitKind.OUTCOME}
    nodes = {*pattern.inputs, *(c.node for c in pattern.commands if isinstance(c, Prepare))}
    fresh = max(nodes, default=-1) + 1

    def observe(m: Measure) -> int:
        """A measurement whose outcome is a new bit."""
        commands.append(m)
        bits.append(Bit(BitKind.OUTCOME, m.node))
        return len(bits) - 1

    for c in pattern.commands:
        series = _series(c) if isinstance(c, Measure) and not c.angle.is_constant else None
        if not isinstance(c, Measure) or series is None:
            commands.append(c)
            continue
        m = c
        if series.signed and c.basis in _TO_XY:
            commands.append(Clifford(c.node, _TO_XY[c.basis]))
            m = _in_xy(c)
            series = _series(m)
            assert series is not None, "its angle is the same up to its sign"
        m = _with_half_turn(replace(m, angle=Phase(series.constant)), series.turned)
        parts = [(angle, BitExpr.xor(parity)) for parity, angle in series.signed.items()]
        on_wire = (
            m.s_domain
        )  # the X that is to be taken off before the wire goes on; behind the E it is a Z on the next node
        if parts and not m.angle.constant:  # the first of them stands alone
            angle, sign = parts.pop(0)
            m = replace(m, angle=Phase(angle), s_domain=on_wire ^ sign)
        for angle, sign in parts:
            middle, last = fresh, fresh + 1
            fresh += 2
            commands += [Prepare(middle), Prepare(last), Entangle(m.node, middle), Entangle(middle, last)]
            z, x = observe(m), observe(Measure(middle, t_domain=on_wire))
            on_wire = BitExpr.bit(x)
            m = Measure(last, Basis.XY, Phase(angle), on_wire ^ sign, BitExpr.bit(z))
        commands.append(m)
        bits[bit_of[c.node]] = replace(bits[bit_of[c.node]], vertex=m.node)
    return replace(pattern, commands=tuple(commands), bits=tuple(bits), spans={})


#: What turns a plane into XY: Z and Y into X and -Y, Z and X into X and Y.
_TO_XY = {Basis.YZ: ("h",), Basis.XZ: ("sdg", "h")}


def _in_xy(m: Measure) -> Measure:
    """The measurement that is ``m`` behind the Clifford of its plane; the corrections are turned as well."""
    if m.basis == Basis.YZ:
        return replace(m, basis=Basis.XY, angle=-m.angle, s_domain=m.t_domain, t_domain=m.s_domain)
    return replace(m, basis=Basis.XY, s_domain=m.s_domain ^ m.t_domain, t_domain=m.s_domain)


def _with_half_turn(m: Measure, when: BitExpr) -> Measure:
    """Half a turn is a Pauli before the measurement: Z about the axis of XY, X about that of YZ, both about that of XZ."""
    by_x = m.basis in (Basis.YZ, Basis.XZ, Basis.Z)
    by_z = m.basis not in (Basis.YZ, Basis.Z)
    return replace(
        m,
        s_domain=m.s_domain ^ when if by_x else m.s_domain,
        t_domain=m.t_domain ^ when if by_z else m.t_domain,
    )


def _series(m: Measure) -> _Series | None:
    """The angle of a measurement as a sum with signs; None where that is not done."""
    out = _Series(Fraction(0), {}, BitExpr())
    for bits, value, symbols in m.angle.terms:
        if symbols or len(bits) > MAX_FACTORS:
            return None
        number = value - 2 if value > 1 else value  # the angle is the same; a + (-1)^b a' often has a = 0 this way
        # a product of k bits is 2^-k times the sum over all sets of them of (-1)^(size + parity)
        for size in range(len(bits) + 1):
            for chosen in combinations(bits, size):
                share = number * Fraction((-1) ** size, 2 ** len(bits))
                out.signed[frozenset(chosen)] = out.signed.get(frozenset(chosen), Fraction(0)) + share
    out.constant = out.signed.pop(frozenset(), Fraction(0))
    for parity, angle in list(out.signed.items()):
        if (angle * 2).denominator == 1:  # a sign on quarters of a turn: a constant, and half a turn
            out.constant += angle
            if angle * 2 % 2:
                out.turned = out.turned ^ BitExpr.xor(parity)
            del out.signed[parity]
    out.constant %= 2
    return out
