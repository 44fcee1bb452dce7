"""The gates that OpenQASM files take for granted, as steps of the few gates that a wire builder knows.

One table, one line for each gate: all of qelib1.inc and stdgates.inc, and common neighbours. Diagonal gates stay diagonal (rotations,
CZ, phase gadgets), a swap is an exchange of wires. The steps of a gate are right up to a global phase, which stands beside them (it
counts under ``ctrl @``); controlled gates control the phases of qelib1.inc (``u1(t)`` is diag(1, e^{it})), and ``U`` is the matrix of
the language's paper, with cos(theta/2) in its corner. The OpenQASM frontends stand on it.

References
----------
qelib1.inc: A. Cross et al., arXiv:1707.03429, and its later extensions. The 6-CX form of ``ccx``: M. Nielsen and I. Chuang,
*Quantum Computation and Quantum Information*, fig. 4.9. Products of bits as parities (``ccz``): P. Selinger, arXiv:1210.0974.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import combinations
from typing import TypeAlias

from gossamer.frontends.qasm_polynomial import AnglePolynomial
from gossamer.ir.phase import Phase

#: (kind, places, angle): ``h cz cx swap`` have no angle, ``rz rx gadget`` have one. Places count the gate's own qubits from 0.
Step: TypeAlias = tuple[str, tuple[int, ...], Phase]
Steps: TypeAlias = tuple[Step, ...]
#: In multiples of pi, not reduced: half of it must have a meaning. ``% 2`` of one with symbols or bits equals no number.
Angle: TypeAlias = "Fraction | AnglePolynomial"

_NONE = Phase()
_HALF, _QUARTER, _EIGHTH = Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)


def phase_of(angle: Angle) -> Phase:
    return angle.phase() if isinstance(angle, AnglePolynomial) else Phase(angle)


def _h(q: int) -> Steps:
    return (("h", (q,), _NONE),)


def _cx(a: int, b: int) -> Steps:
    return (("cx", (a, b), _NONE),)


def _cz(a: int, b: int) -> Steps:
    return (("cz", (a, b), _NONE),)


def _swap(a: int, b: int) -> Steps:
    return (("swap", (a, b), _NONE),)


def _rotation(kind: str, places: tuple[int, ...], angle: Angle) -> Steps:
    phase = phase_of(angle)
    return () if phase.is_zero else ((kind, places, phase),)


def _rz(angle: Angle, q: int) -> Steps:
    return _rotation("rz", (q,), angle)


def _rx(angle: Angle, q: int) -> Steps:
    return _rotation("rx", (q,), angle)


def _gadget(angle: Angle, *places: int) -> Steps:
    return _rotation("gadget", places, angle)


def _u(theta: Angle, phi: Angle, lam: Angle, q: int) -> Steps:
    """Rz(phi) Ry(theta) Rz(lam); a quarter turn ``theta`` is a single Hadamard between two Rz."""
    turn = theta % 2
    if turn == 0:
        return _rz(phi + lam, q)
    if turn == _HALF:
        return _rz(lam - 1, q) + _h(q) + _rz(phi, q)
    if turn == 1 + _HALF:
        return _rz(lam, q) + _h(q) + _rz(phi + 1, q)
    return _rz(lam - _HALF, q) + _rx(theta, q) + _rz(phi + _HALF, q)


def _ry(theta: Angle, q: int) -> Steps:
    return _u(theta, Fraction(0), Fraction(0), q)


def _y(q: int) -> Steps:
    return _rz(Fraction(1), q) + _rx(Fraction(1), q)


def _cp(angle: Angle, a: int, b: int) -> Steps:
    """diag(1, 1, 1, e^{i pi angle}), since 2 ab = a + b - (a xor b)."""
    if angle % 2 == 1:
        return _cz(a, b)
    if angle % 2 == 0:
        return ()
    return _rz(angle / 2, a) + _rz(angle / 2, b) + _gadget(-angle / 2, a, b)


def _crz(angle: Angle, a: int, b: int) -> Steps:
    """diag(1, 1, e^{-i pi angle/2}, e^{i pi angle/2}): of period 4, so it is halved before it is reduced."""
    return _rz(angle / 2, b) + _gadget(-angle / 2, a, b)


def _crx(angle: Angle, a: int, b: int) -> Steps:
    return _h(b) + _crz(angle, a, b) + _h(b)


def _cry(angle: Angle, a: int, b: int) -> Steps:
    return _rz(-_HALF, b) + _crx(angle, a, b) + _rz(_HALF, b)


def _cy(a: int, b: int) -> Steps:
    return _rz(-_HALF, b) + _cx(a, b) + _rz(_HALF, b)


def _ch(a: int, b: int) -> Steps:
    """H = Ry(pi/4) Z Ry(-pi/4)."""
    return _ry(-_QUARTER, b) + _cz(a, b) + _ry(_QUARTER, b)


def _cu3(theta: Angle, phi: Angle, lam: Angle, c: int, t: int) -> Steps:
    """Controlled u3, with the phase e^{i(phi+lam)/2} of u3 against Rz Ry Rz on the control."""
    if theta % 4 == 0:
        return _cp(phi + lam, c, t)
    return (
        _rz((lam + phi) / 2, c)
        + _rz((lam - phi) / 2, t)
        + _cx(c, t)
        + _u(-theta / 2, Fraction(0), -(phi + lam) / 2, t)
        + _cx(c, t)
        + _u(theta / 2, phi, Fraction(0), t)
    )


def _cu(theta: Angle, phi: Angle, lam: Angle, gamma: Angle, c: int, t: int) -> Steps:
    return _rz(gamma, c) + _cu3(theta, phi, lam, c, t)


def _rxx(angle: Angle, a: int, b: int) -> Steps:
    return _h(a) + _h(b) + _gadget(angle, a, b) + _h(a) + _h(b)


def _ryy(angle: Angle, a: int, b: int) -> Steps:
    return _rz(-_HALF, a) + _rz(-_HALF, b) + _rxx(angle, a, b) + _rz(_HALF, a) + _rz(_HALF, b)


def _rzx(angle: Angle, a: int, b: int) -> Steps:
    return _h(b) + _gadget(angle, a, b) + _h(b)


def _cx_power(angle: Angle, a: int, b: int) -> Steps:
    """The power X^angle = H diag(1, e^{i pi angle}) H, under one control."""
    return _h(b) + _cp(angle, a, b) + _h(b)


def _iswap(a: int, b: int) -> Steps:
    return _rz(_HALF, a) + _rz(_HALF, b) + _cz(a, b) + _swap(a, b)


def _ecr(a: int, b: int) -> Steps:
    return _rzx(_QUARTER, a, b) + _rx(Fraction(1), a) + _rzx(-_QUARTER, a, b)


def _ccz(*places: int) -> Steps:
    """The product of n bits is a sum over parities of their subsets, with alternating signs and weight 2^(1-n)."""
    weight = Fraction(1, 2 ** (len(places) - 1))
    out: Steps = ()
    for size in range(1, len(places) + 1):
        for subset in combinations(places, size):
            angle = weight if size % 2 else -weight
            out += _rz(angle, subset[0]) if size == 1 else _gadget(angle, *subset)
    return out


def _ccx(a: int, b: int, c: int) -> Steps:
    t, tdg = _QUARTER, -_QUARTER
    return (
        _h(c) + _cx(b, c) + _rz(tdg, c) + _cx(a, c) + _rz(t, c) + _cx(b, c) + _rz(tdg, c) + _cx(a, c)
        + _rz(t, b) + _rz(t, c) + _h(c) + _cx(a, b) + _rz(t, a) + _rz(tdg, b) + _cx(a, b)
    )  # fmt: skip


def _cswap(a: int, b: int, c: int) -> Steps:
    return _cx(c, b) + _ccx(a, b, c) + _cx(c, b)


def _rccx(a: int, b: int, c: int) -> Steps:
    t, tdg = _QUARTER, -_QUARTER
    return (
        _h(c) + _rz(t, c) + _cx(b, c) + _rz(tdg, c) + _cx(a, c) + _rz(t, c) + _cx(b, c) + _rz(tdg, c) + _h(c)
    )  # fmt: skip


def _rc3x(a: int, b: int, c: int, d: int) -> Steps:
    t, tdg = _rz(_QUARTER, d), _rz(-_QUARTER, d)
    ends = _h(d) + t + _cx(c, d) + tdg + _h(d)
    middle = _cx(a, d) + t + _cx(b, d) + tdg
    return ends + middle + middle + ends


def _c3x(a: int, b: int, c: int, d: int) -> Steps:
    p, m = _EIGHTH, -_EIGHTH
    return (
        _h(d) + _rz(p, a) + _rz(p, b) + _rz(p, c) + _rz(p, d) + _cx(a, b) + _rz(m, b) + _cx(a, b)
        + _cx(b, c) + _rz(m, c) + _cx(a, c) + _rz(p, c) + _cx(b, c) + _rz(m, c) + _cx(a, c)
        + _cx(c, d) + _rz(m, d) + _cx(b, d) + _rz(p, d) + _cx(c, d) + _rz(m, d) + _cx(a, d) + _rz(p, d)
        + _cx(c, d) + _rz(m, d) + _cx(b, d) + _rz(p, d) + _cx(c, d) + _rz(m, d) + _cx(a, d) + _h(d)
    )  # fmt: skip


def _c3sqrtx(a: int, b: int, c: int, d: int) -> Steps:
    """X^(1/2) under three controls, as X^(+-1/8) under each parity of them."""
    p, m = _EIGHTH, -_EIGHTH
    return (
        _cx_power(p, a, d) + _cx(a, b) + _cx_power(m, b, d) + _cx(a, b) + _cx_power(p, b, d)
        + _cx(b, c) + _cx_power(m, c, d) + _cx(a, c) + _cx_power(p, c, d) + _cx(b, c) + _cx_power(m, c, d) + _cx(a, c) + _cx_power(p, c, d)
    )  # fmt: skip


def _c4x(a: int, b: int, c: int, d: int, e: int) -> Steps:
    return (
        _cx_power(_HALF, d, e) + _c3x(a, b, c, d) + _cx_power(-_HALF, d, e) + _c3x(a, b, c, d) + _c3sqrtx(a, b, c, e)
    )  # fmt: skip


@dataclass(frozen=True)
class StandardGate:
    """A gate with ``parameters`` angles on ``qubits`` qubits; ``fixed`` ones cannot be defined anew where they are known."""

    name: str
    parameters: int
    qubits: int
    expand: Callable[..., Steps]
    fixed: bool = False
    phase: Callable[..., Angle] | None = None  # of the gate against its steps, a rz being diag(1, e^{it}); None: 0

    @cached_property
    def size(self) -> int:
        """How many steps it has at most."""
        return max(1, len(self.expand(*[Fraction(k + 1, 7) for k in range(self.parameters)], *range(self.qubits))))

    def steps(self, angles: tuple[Angle, ...]) -> Steps:
        """Its steps; ``angles`` in multiples of pi.

        Examples
        --------
        >>> STANDARD["cp"].steps((Fraction(1, 2),))
        (('rz', (0,), Phase(1/4)), ('rz', (1,), Phase(1/4)), ('gadget', (0, 1), Phase(7/4)))
        """
        return _cached_steps(self, angles)


@lru_cache(maxsize=1 << 14)
def _cached_steps(gate: StandardGate, angles: tuple[Angle, ...]) -> Steps:
    return gate.expand(*angles, *range(gate.qubits))


def _fixed(
    name: str,
    parameters: int,
    qubits: int,
    expand: Callable[..., Steps],
    phase: Callable[..., Angle] | None = None,
) -> StandardGate:
    return StandardGate(name, parameters, qubits, expand, fixed=True, phase=phase)


def _gate(
    name: str,
    parameters: int,
    qubits: int,
    expand: Callable[..., Steps],
    phase: Callable[..., Angle] | None = None,
) -> StandardGate:
    return StandardGate(name, parameters, qubits, expand, phase=phase)


def _half_turn(angle: Angle, *rest: Angle) -> Angle:
    """Of Rz, Rx, Rzz, ...: they have determinant 1."""
    return -angle / 2


def _u_phase(theta: Angle, *rest: Angle) -> Angle:
    turn = theta % 2
    if turn == 0:
        return theta / 2
    if turn == _HALF:
        return (theta - _HALF) / 2
    if turn == 1 + _HALF:
        return 1 + (theta - 1 - _HALF) / 2
    return -theta / 2


def _cu3_phase(theta: Angle, *rest: Angle) -> Angle:
    return Fraction(0) if theta % 4 == 0 else _u_phase(-theta / 2) + _u_phase(theta / 2)


#: Known without any include.
BUILT_IN: dict[str, StandardGate] = {g.name: g for g in (_fixed("U", 3, 1, _u, _u_phase), _fixed("CX", 0, 2, _cx))}

#: Known after ``include "qelib1.inc";`` or ``include "stdgates.inc";``. The fixed ones are those of the published qelib1.inc.
STANDARD: dict[str, StandardGate] = {
    g.name: g
    for g in (
        _fixed("u3", 3, 1, _u, _u_phase),
        _fixed("u2", 2, 1, lambda phi, lam, q: _u(_HALF, phi, lam, q)),
        _fixed("u1", 1, 1, _rz),
        _fixed("cx", 0, 2, _cx),
        _fixed("id", 0, 1, lambda q: ()),
        _fixed("x", 0, 1, lambda q: _rx(Fraction(1), q)),
        _fixed("y", 0, 1, _y, lambda: _HALF),
        _fixed("z", 0, 1, lambda q: _rz(Fraction(1), q)),
        _fixed("h", 0, 1, _h),
        _fixed("s", 0, 1, lambda q: _rz(_HALF, q)),
        _fixed("sdg", 0, 1, lambda q: _rz(-_HALF, q)),
        _fixed("t", 0, 1, lambda q: _rz(_QUARTER, q)),
        _fixed("tdg", 0, 1, lambda q: _rz(-_QUARTER, q)),
        _fixed("rx", 1, 1, _rx, _half_turn),
        _fixed("ry", 1, 1, _ry, _u_phase),
        _fixed("rz", 1, 1, _rz, _half_turn),
        _fixed("cz", 0, 2, _cz),
        _fixed("cy", 0, 2, _cy),
        _fixed("ch", 0, 2, _ch),
        _fixed("ccx", 0, 3, _ccx),
        _fixed("crz", 1, 2, _crz),
        _fixed("cu1", 1, 2, _cp),
        _fixed("cu3", 3, 2, _cu3, _cu3_phase),
        _gate("u0", 1, 1, lambda duration, q: ()),
        _gate("u", 3, 1, _u, _u_phase),
        _gate("p", 1, 1, _rz),
        _gate("phase", 1, 1, _rz),
        _gate("r", 2, 1, lambda t, p, q: _u(t, p - _HALF, _HALF - p, q), _u_phase),
        _gate("sx", 0, 1, lambda q: _rx(_HALF, q)),
        _gate("sxdg", 0, 1, lambda q: _rx(-_HALF, q)),
        _gate("swap", 0, 2, _swap),
        _gate("iswap", 0, 2, _iswap),
        _gate("dcx", 0, 2, lambda a, b: _cx(a, b) + _cx(b, a)),
        _gate("ecr", 0, 2, _ecr),
        _gate("cp", 1, 2, _cp),
        _gate("cphase", 1, 2, _cp),
        _gate("cs", 0, 2, lambda a, b: _cp(_HALF, a, b)),
        _gate("csdg", 0, 2, lambda a, b: _cp(-_HALF, a, b)),
        _gate("csx", 0, 2, lambda a, b: _cx_power(_HALF, a, b)),
        _gate("crx", 1, 2, _crx),
        _gate("cry", 1, 2, _cry),
        _gate("cu", 4, 2, _cu, _cu3_phase),
        _gate("rxx", 1, 2, _rxx, _half_turn),
        _gate("ryy", 1, 2, _ryy, _half_turn),
        _gate("rzz", 1, 2, _gadget, _half_turn),
        _gate("rzx", 1, 2, _rzx, _half_turn),
        _gate("ccz", 0, 3, _ccz),
        _gate("cswap", 0, 3, _cswap),
        _gate("rccx", 0, 3, _rccx),
        _gate("rc3x", 0, 4, _rc3x),
        _gate("rcccx", 0, 4, _rc3x),
        _gate("c3x", 0, 4, _c3x),
        _gate("c3sqrtx", 0, 4, _c3sqrtx),
        _gate("c4x", 0, 5, _c4x),
    )
}

#: The gates of the published stdgates.inc: only these are declared by it.
STANDARD_3 = frozenset(
    "p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu CX phase cphase id u1 u2 u3".split()  # noqa: SIM905
)
#: The gates that each library's published text declares; a source cannot define them anew where it is included.
DECLARED = {"qelib1.inc": frozenset(g.name for g in STANDARD.values() if g.fixed), "stdgates.inc": STANDARD_3}
#: Names that some tools give to standard gates; a source may give them another meaning.
OTHER_NAMES = {
    "cnot": "cx", "ccnot": "ccx", "toffoli": "ccx", "i": "id", "si": "sdg", "ti": "tdg", "v": "sx", "vi": "sxdg", "cv": "csx", "phaseshift": "p",
    "cphaseshift": "cp", "xx": "rxx", "yy": "ryy", "zz": "rzz", "prx": "r",
}  # fmt: skip
