"""The gates that a circuit node's program may hold: names, arities, and what each that is not elementary is made of.

The table is data. The elementary gates are those that lowering emits; the others are native gates of machines, and
:data:`MADE_OF` says what each of them does, up to a global phase: that is their definition, in ``spec/program.md`` too.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

#: Name -> (number of qubits, number of angles). Angles are in multiples of pi. ``rz(t)``, ``rx(t)``, ``ry(t)`` are rotations, ``rzz(t)``
#: is exp(-i pi t/2 Z Z): diag(1, e^{i pi t}, e^{i pi t}, 1) up to a global phase, ``rxx(t)`` the same of X X,
#: ``rzx(t)`` of Z X.
GATES: dict[str, tuple[int, int]] = {
    "h": (1, 0),
    "x": (1, 0),
    "z": (1, 0),
    "s": (1, 0),
    "sdg": (1, 0),
    "rz": (1, 1),
    "rx": (1, 1),
    "cz": (2, 0),
    "rzz": (2, 1),
    "y": (1, 0),
    "sx": (1, 0),
    "ry": (1, 1),
    "u3": (1, 3),
    "cx": (2, 0),
    "ecr": (2, 0),
    "ms": (2, 0),
    "rxx": (2, 1),
    "rzx": (2, 1),
    "swap": (2, 0),
}

#: An elementary gate: name, positions of its qubits among those of the gate that it is a part of, its angle. The angle is a number, or
#: ``(i, constant)``: the gate's own angle i plus a constant.
Part: TypeAlias = tuple[str, tuple[int, ...], "Fraction | tuple[int, Fraction] | None"]

_HALF, _ZERO = Fraction(1, 2), Fraction(0)

#: Each gate that is not elementary as elementary gates, the first to act first, up to a global phase.
MADE_OF: dict[str, tuple[Part, ...]] = {
    "y": (("z", (0,), None), ("x", (0,), None)),
    "sx": (("rx", (0,), _HALF),),
    "ry": (("rz", (0,), -_HALF), ("rx", (0,), (0, _ZERO)), ("rz", (0,), _HALF)),
    # u3(theta, phi, lambda) = rz(phi) ry(theta) rz(lambda), the last factor first
    "u3": (("rz", (0,), (2, -_HALF)), ("rx", (0,), (0, _ZERO)), ("rz", (0,), (1, _HALF))),
    "cx": (("h", (1,), None), ("cz", (0, 1), None), ("h", (1,), None)),
    # x on the first qubit after exp(-i pi/4 Z X)
    "ecr": (("h", (1,), None), ("rzz", (0, 1), _HALF), ("h", (1,), None), ("x", (0,), None)),
    # exp(-i pi/4 X X)
    "ms": (("h", (0,), None), ("h", (1,), None), ("rzz", (0, 1), _HALF), ("h", (0,), None), ("h", (1,), None)),
    "rxx": (
        ("h", (0,), None), ("h", (1,), None), ("rzz", (0, 1), (0, _ZERO)), ("h", (0,), None), ("h", (1,), None),
    ),
    "rzx": (("h", (1,), None), ("rzz", (0, 1), (0, _ZERO)), ("h", (1,), None)),
    "swap": tuple(
        part
        for target in (1, 0, 1)
        for part in (("h", (target,), None), ("cz", (0, 1), None), ("h", (target,), None))
    ),
}  # fmt: skip
