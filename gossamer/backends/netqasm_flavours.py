"""Gates of node programs in the instructions of NetQASM's flavours, up to global phases.

``vanilla`` is the flavour of simulators: named gates, rotations, ``cnot`` and ``cphase``; Clifford gates stay named gates. ``nv``: rotations of single
qubits, and a rotation about X of a nucleus, conditioned by the electron (virtual qubit 0), which is the only one that is measured and takes halves of
pairs; the state of a nucleus is swapped with the electron's where it has to take that part. ``trapped_ion``: a rotation of one ion about Z, rotations of
all ions, and one Moelmer-Soerensen interaction of all pairs of ions, ``exp(-i t/2 sum X X)``. One ion is turned by a rotation about Z between two of all;
two ions interact alone when the signs of the others are flipped on the way, in the pattern of a Hadamard matrix. "All" are those in use.

References
----------
NetQASM's Python package, ``netqasm.lang.instr`` and ``netqasm.sdk.transpile``, for the instructions; the simulator qoala-sim for what ``bichromatic``
does. Decoupling by Hadamard matrices: Leung, Chuang, Yamaguchi, Yamamoto, Phys. Rev. A 61, 042310 (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

from gossamer.formats.netqasm import Flavour
from gossamer.ir.elementary import spell_out
from gossamer.ir.gates import GATES
from gossamer.ir.phase import Phase
from gossamer.ir.program import Gate

_HALF, _ONE = Fraction(1, 2), Fraction(1)
_QUARTERS = {Fraction(0): (), _HALF: ("s",), _ONE: ("z",), Fraction(3, 2): ("z", "s")}

#: The electron of a node of flavour ``nv``.
ELECTRON = 0


@dataclass(frozen=True, slots=True)
class Op:
    """An instruction: its mnemonic, the virtual qubits, the angle (in multiples of pi)."""

    name: str
    qubits: tuple[int, ...] = ()
    angle: Fraction | None = None


def flavour_of(gates: Collection[str]) -> Flavour:
    """The flavour whose instructions the gates of a node are: the gates of two qubits decide.

    Examples
    --------
    >>> flavour_of(["ms", "rx", "rz"]), flavour_of(["rzx", "ry"]), flavour_of(["cz", "ms"]), flavour_of(["h"])
    ('trapped_ion', 'nv', 'vanilla', 'vanilla')
    """
    entanglers = {name for name in gates if GATES[name][0] == 2}
    if entanglers and entanglers <= {"ms", "rxx"}:
        return "trapped_ion"
    return "nv" if entanglers == {"rzx"} else "vanilla"


def written(flavour: Flavour, gate: Gate, held: Collection[int]) -> Iterator[Op]:
    """The instructions for a gate; ``held`` are the virtual qubits in use.

    Examples
    --------
    >>> [op.name for op in written("vanilla", Gate("sdg", (0,)), {0})]
    ['z', 's']
    >>> [op.name for op in written("trapped_ion", Gate("ms", (0, 1)), {0, 1})]
    ['bichromatic']
    """
    yield from _WRITERS[flavour](gate, held)


def measured(flavour: Flavour, qubit: int, held: Collection[int]) -> Iterator[Op]:
    """The instructions for a measurement, after which the qubit is free."""
    if flavour != "nv" or qubit == ELECTRON:
        yield from (Op("meas", (qubit,)), Op("qfree", (qubit,)))
        return
    swap = Op("swp", (ELECTRON, qubit))
    if ELECTRON in held:
        yield from (swap, Op("meas", (ELECTRON,)), swap, Op("qfree", (qubit,)))
    else:
        yield from (*_fresh(ELECTRON), swap, Op("meas", (ELECTRON,)), Op("qfree", (ELECTRON,)), Op("qfree", (qubit,)))


def _fresh(qubit: int) -> tuple[Op, Op]:
    return Op("qalloc", (qubit,)), Op("init", (qubit,))


def _angle(gate: Gate, i: int = 0) -> Fraction:
    return Fraction(gate.angles[i].constant) % 2


def _vanilla(gate: Gate, held: Collection[int]) -> Iterator[Op]:
    q = gate.qubits
    match gate.name:
        case "h" | "x" | "y" | "z" | "s":
            yield Op(gate.name, q)
        case "sdg":
            yield from (Op("z", q), Op("s", q))
        case "rz" if _angle(gate) in _QUARTERS:
            yield from (Op(name, q) for name in _QUARTERS[_angle(gate)])
        case "rz" if _angle(gate) == Fraction(1, 4):
            yield Op("t", q)
        case "rx" if _angle(gate) == 1:
            yield Op("x", q)
        case "rx" if _angle(gate) in _QUARTERS:
            inner = _QUARTERS[_angle(gate)]
            yield from (Op(name, q) for name in (("h", *inner, "h") if inner else ()))
        case "ry" if _angle(gate) == 1:
            yield Op("y", q)
        case "ry" if _angle(gate) in _QUARTERS:
            names = {Fraction(0): (), _HALF: ("z", "h"), Fraction(3, 2): ("h", "z")}[_angle(gate)]
            yield from (Op(name, q) for name in names)
        case "rz" | "rx" | "ry":
            yield Op(f"rot_{gate.name[1]}", q, _angle(gate))
        case "u3":
            yield from _euler(_vanilla, gate, held)
        case "cx":
            yield Op("cnot", q)
        case "cz":
            yield Op("cphase", q)
        case "rzz" if _angle(gate) in _QUARTERS:
            turn = _angle(gate)
            if turn.denominator == 2:  # diag(1, i, i, 1) is a cphase with a quarter turn of each
                yield Op("cphase", q)
            for one in q:
                yield from (Op(name, (one,)) for name in _QUARTERS[turn])
        case "rzz":
            yield from (Op("cnot", q), Op("rot_z", q[1:], _angle(gate)), Op("cnot", q))
        case _:
            for part in spell_out([gate]):
                yield from _vanilla(part, held)


def _nv(gate: Gate, held: Collection[int]) -> Iterator[Op]:
    q = gate.qubits
    match gate.name:
        case "rx" | "ry" | "rz":
            yield from _turn(f"rot_{gate.name[1]}", q, _angle(gate))
        case "x" | "y" | "z":
            yield Op(f"rot_{gate.name}", q, _ONE)
        case "s" | "sdg":
            yield Op("rot_z", q, _HALF if gate.name == "s" else Fraction(3, 2))
        case "sx":
            yield Op("rot_x", q, _HALF)
        case "h":
            yield from (Op("rot_y", q, _HALF), Op("rot_x", q, _ONE))
        case "u3":
            yield from _euler(_nv, gate, held)
        case "rzx" if q[1] != ELECTRON:
            yield from _by_electron(q[0], q[1], _angle(gate), held)
        case "cx" if q[1] != ELECTRON:  # exp(i pi/4 (1 - Z)(1 - X))
            yield from _by_electron(q[0], q[1], _HALF, held)
            yield from (Op("rot_z", q[:1], Fraction(3, 2)), Op("rot_x", q[1:], Fraction(3, 2)))
        case "rzz" if _angle(gate):
            control, target = q if q[1] != ELECTRON else (q[1], q[0])
            yield Op("rot_y", (target,), _HALF)
            yield from _by_electron(control, target, _angle(gate), held)
            yield Op("rot_y", (target,), Fraction(3, 2))
        case "rzz":
            return
        case "cz":
            yield from _nv(Gate("rzz", q, Phase(_HALF)), held)
            yield from (Op("rot_z", (one,), Fraction(3, 2)) for one in q)
        case _:
            for part in spell_out([gate]):
                yield from _nv(part, held)


def _by_electron(control: int, target: int, angle: Fraction, held: Collection[int]) -> Iterator[Op]:
    """``exp(-i pi angle/2 Z X)`` on two qubits, of which the target is a nucleus."""
    if not angle:
        return
    turn = Op("crot_x", (ELECTRON, target), angle)
    if control == ELECTRON:
        yield turn
        return
    swap = Op("swp", (ELECTRON, control))
    if ELECTRON in held:
        yield from (swap, turn, swap)
    else:
        yield from (*_fresh(ELECTRON), swap, turn, swap, Op("qfree", (ELECTRON,)))


def _ion(gate: Gate, held: Collection[int]) -> Iterator[Op]:
    q = gate.qubits
    match gate.name:
        case "rz":
            yield from _turn("rot_z", q, _angle(gate))
        case "z" | "s" | "sdg":
            yield Op("rot_z", q, {"z": _ONE, "s": _HALF, "sdg": Fraction(3, 2)}[gate.name])
        case "rx" | "ry" if set(held) == {q[0]}:
            yield from _turn(f"rot_{gate.name[1]}_all", (), _angle(gate))
        case "rx" | "ry":  # X is Z turned about Y by a quarter, Y is Z turned about X by three
            if _angle(gate):
                axis, there, back = ("y", Fraction(3, 2), _HALF) if gate.name == "rx" else ("x", _HALF, Fraction(3, 2))
                yield from (Op(f"rot_{axis}_all", (), there), Op("rot_z", q, _angle(gate)))
                yield Op(f"rot_{axis}_all", (), back)
        case "x" | "y":
            yield from _ion(Gate("r" + gate.name, q, Phase(_ONE)), held)
        case "h":
            yield Op("rot_z", q, _ONE)
            yield from _ion(Gate("ry", q, Phase(_HALF)), held)
        case "u3":
            yield from _euler(_ion, gate, held)
        case "ms":
            yield from _two_ions(q, _HALF, held)
        case "rxx":
            yield from _two_ions(q, _angle(gate), held)
        case "rzz" if _angle(gate):
            yield Op("rot_y_all", (), _HALF)
            yield from _two_ions(q, _angle(gate), held)
            yield Op("rot_y_all", (), Fraction(3, 2))
        case "rzz":
            return
        case "cz":
            yield from _ion(Gate("rzz", q, Phase(_HALF)), held)
            yield from (Op("rot_z", (one,), Fraction(3, 2)) for one in q)
        case _:
            for part in spell_out([gate]):
                yield from _ion(part, held)


def _two_ions(pair: tuple[int, ...], angle: Fraction, held: Collection[int]) -> Iterator[Op]:
    """``exp(-i pi angle/2 X X)`` on two ions: in segment j ion number m of the others has the sign of the entry (m, j) of a Hadamard matrix."""
    if not angle:
        return
    others = dict(enumerate(sorted(set(held) - set(pair)), 1))
    segments = 1 << len(others).bit_length()

    def flipped(before: int, now: int) -> Iterator[Op]:
        return (Op("rot_z", (ion,), _ONE) for m, ion in others.items() if (m & (before ^ now)).bit_count() % 2)

    for j in range(segments):
        yield from flipped(max(j - 1, 0), j)
        yield Op("bichromatic", (), angle / segments)
    yield from flipped(segments - 1, 0)


def _turn(name: str, qubits: tuple[int, ...], angle: Fraction) -> Iterator[Op]:
    if angle:
        yield Op(name, qubits, angle)


_Writer = Callable[[Gate, Collection[int]], Iterator[Op]]


def _euler(writer: _Writer, gate: Gate, held: Collection[int]) -> Iterator[Op]:
    """``u3(a, b, c)`` is ``rz(b) ry(a) rz(c)``, the last factor first."""
    for name, i in (("rz", 2), ("ry", 0), ("rz", 1)):
        yield from writer(Gate(name, gate.qubits, Phase(_angle(gate, i))), held)


_WRITERS: dict[Flavour, _Writer] = {"vanilla": _vanilla, "nv": _nv, "trapped_ion": _ion}
