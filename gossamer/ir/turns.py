"""Gates on one qubit, rewritten to a set of native gates exactly: a shortest path over Clifford frames.

A word of gates is, up to a global phase, a Clifford after rotations by less than a quarter turn about Pauli axes. Writing it in other
gates is a walk: a state is the Clifford that the gates so far have added and the number of rotations done; a native gate moves it on,
and a native rotation may do the next rotation of the word on the way where its axis is the one that the frame has turned that
rotation's to. No angle is ever rounded, because none is computed but by adding quarter turns and changing signs. Steps about Z cost
next to nothing, as hardware does them in software; Rz-SX-Rz-SX-Rz and U3 are what the shortest walks come to.

References
----------
Pauli rotations in front of a Clifford: Litinski, Quantum 3, 128 (2019). Rz-SX-Rz-SX-Rz: McKay et al., PRA 96, 022330 (2017).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

from gossamer.ir.phase import Phase
from gossamer.ir.program import Gate

#: What a Clifford makes of X, Y and Z: each is one of 1, 2, 3 (X, Y, Z) with a sign.
Frame: TypeAlias = tuple[int, int, int]
IDENTITY: Frame = (1, 2, 3)
_X, _Y, _Z = 1, 2, 3
_QUARTER: dict[int, Frame] = {_X: (1, 3, -2), _Y: (-3, 2, 1), _Z: (2, -1, 3)}
#: Gates as turns: axis, and half turns (None: the gate's angle); ``h`` is three of them. The first acts first.
_HALF = Fraction(1, 2)
_FIXED: dict[str, tuple[tuple[int, Fraction], ...]] = {
    "h": ((_Z, _HALF), (_X, _HALF), (_Z, _HALF)),
    "x": ((_X, Fraction(1)),),
    "y": ((_Y, Fraction(1)),),
    "z": ((_Z, Fraction(1)),),
    "s": ((_Z, _HALF),),
    "sdg": ((_Z, -_HALF),),
    "sx": ((_X, _HALF),),
}
_FREE = {"rx": _X, "ry": _Y, "rz": _Z}
#: The three turns of u3, in time: axis, and which of its angles (theta, phi, lambda) it is.
_U3 = ((_Z, 2), (_Y, 0), (_Z, 1))
#: Longer words are written piece by piece.
MAX_WORD = 48
#: Prices of a native gate, and of one that only turns about Z.
_PRICE, _SOFT = 16, 1


def after(second: Frame, first: Frame) -> Frame:
    """The Clifford that does ``first`` and then ``second``.

    Examples
    --------
    >>> after(_QUARTER[_Z], _QUARTER[_Z])
    (-1, -2, 3)
    """
    a, b, c = (second[abs(x) - 1] * (1 if x > 0 else -1) for x in first)
    return a, b, c


def _quarters(axis: int, number: int) -> Frame:
    out = IDENTITY
    for _ in range(number % 4):
        out = after(_QUARTER[axis], out)
    return out


def _back(frame: Frame, axis: int) -> int:
    """The axis that the frame turns to ``axis``."""
    at = next(i for i, x in enumerate(frame) if abs(x) == axis)
    return (at + 1) * (1 if frame[at] > 0 else -1)


def turns_of(gate: Gate) -> Iterator[tuple[int, Fraction]]:
    """A gate on one qubit as turns about axes, in multiples of pi, the first to act first."""
    if gate.name == "u3":
        yield from ((axis, gate.angles[i].constant) for axis, i in _U3)
    elif gate.name in _FREE:
        yield _FREE[gate.name], gate.angles[0].constant
    else:
        yield from _FIXED[gate.name]


class Word:
    """Gates on one qubit as small rotations and a Clifford after them; gates are added one by one."""

    def __init__(self, gates: Iterable[Gate] = ()) -> None:
        self.frame = IDENTITY
        self.axes: list[int] = []
        self.angles: list[Fraction] = []  # above 0 and below 1/2
        for gate in gates:
            self.add(gate)

    def add(self, gate: Gate) -> None:
        """Let a gate act after the others."""
        for axis, angle in turns_of(gate):
            self._turn(axis, angle)

    def _turn(self, axis: int, angle: Fraction) -> None:
        quarters, rest = divmod(angle, _HALF)
        if rest:
            first = _back(self.frame, axis)  # the axis of the same turn before the Clifford
            if first < 0:
                first, rest = -first, -rest
            if self.axes and self.axes[-1] == first:
                rest += self.angles.pop()
                self.axes.pop()
            more, rest = divmod(rest, _HALF)
            self.frame = after(self.frame, _quarters(first, int(more)))
            if rest:
                self.axes.append(first)
                self.angles.append(rest)
        self.frame = after(_quarters(axis, int(quarters)), self.frame)

    def is_empty(self) -> bool:
        """Whether nothing is left of the gates but a global phase."""
        return not self.axes and self.frame == IDENTITY

    def written(self, native: frozenset[str]) -> list[tuple[str, tuple[Phase, ...]]] | None:
        """The word in native gates: names and angles; None if they cannot make it."""
        out: list[tuple[str, tuple[Phase, ...]]] = []
        for start in range(0, max(1, len(self.axes)), MAX_WORD):
            axes = tuple(self.axes[start : start + MAX_WORD])
            last = start + MAX_WORD >= len(self.axes)
            walk = find_walk(axes, self.frame if last else IDENTITY, native)
            if walk is None:
                return None
            angles = self.angles[start : start + MAX_WORD]
            out += [(name, tuple(_angle(step, angles) for step in steps)) for name, steps in walk]
        return out


#: An angle of a native gate: quarter turns, and the rotation of the word that it does as well, with the sign, or None.
Step: TypeAlias = tuple[int, "tuple[int, int] | None"]


def _angle(step: Step, angles: list[Fraction]) -> Phase:
    quarters, does = step
    return Phase(quarters * _HALF + (0 if does is None else does[1] * angles[does[0]]))


@lru_cache(maxsize=4096)
def find_walk(
    axes: tuple[int, ...], goal: Frame, native: frozenset[str]
) -> tuple[tuple[str, tuple[Step, ...]], ...] | None:
    """The cheapest native gates that do rotations about ``axes`` and then ``goal``; None if there are none.

    Examples
    --------
    >>> find_walk((), Word([Gate("h", (0,))]).frame, frozenset({"rz", "sx"}))
    (('rz', ((1, None),)), ('sx', ()), ('rz', ((1, None),)))
    >>> find_walk((1,), IDENTITY, frozenset({"h", "s", "cz"})) is None
    True
    """
    # A state: frame, rotations done, and how many of the turns of a u3 that is being put together are done (0: between gates).
    State: TypeAlias = tuple[Frame, int, int]
    start: State = (IDENTITY, 0, 0)
    best: dict[State, int] = {start: 0}
    came: dict[State, tuple[State, str, Step | None]] = {}
    ticket = count()
    todo = [(0, next(ticket), start)]

    def turns(axis: int, frame: Frame, done: int) -> Iterator[tuple[Step, Frame, int]]:
        for quarters in range(4):
            yield (quarters, None), after(_quarters(axis, quarters), frame), done
        if done < len(axes) and abs(frame[axes[done] - 1]) == axis:
            sign = 1 if frame[axes[done] - 1] > 0 else -1
            for quarters in range(4):
                yield (quarters, (done, sign)), after(_quarters(axis, quarters), frame), done + 1

    def moves(state: State) -> Iterator[tuple[int, State, str, Step | None]]:
        frame, done, inside = state
        if inside:
            axis, _ = _U3[inside]
            for step, turned, now in turns(axis, frame, done):
                yield 0, (turned, now, (inside + 1) % 3), "u3", step
            return
        for name in sorted(native):
            if name in _FIXED:
                turned = frame
                for axis, angle in _FIXED[name]:
                    turned = after(_quarters(axis, int(angle * 2)), turned)
                yield _SOFT if name in ("z", "s", "sdg") else _PRICE, (turned, done, 0), name, None
            elif name in _FREE:
                for step, turned, now in turns(_FREE[name], frame, done):
                    yield _SOFT if name == "rz" else _PRICE, (turned, now, 0), name, step
            elif name == "u3":
                for step, turned, now in turns(_Z, frame, done):
                    yield _PRICE, (turned, now, 1), name, step

    while todo:
        cost, _, state = heappop(todo)
        if cost > best[state]:
            continue
        if state == (goal, len(axes), 0):
            return tuple(_unwind(came, state))
        for price, reached, name, step in moves(state):
            if cost + price < best.get(reached, cost + price + 1):
                best[reached] = cost + price
                came[reached] = (state, name, step)
                heappush(todo, (cost + price, next(ticket), reached))
    return None


def _unwind(
    came: dict[tuple[Frame, int, int], tuple[tuple[Frame, int, int], str, Step | None]], state: tuple[Frame, int, int]
) -> list[tuple[str, tuple[Step, ...]]]:
    """The gates of a walk, in time; the three turns of a u3 are put together, in the order of its angles."""
    moves: list[tuple[str, Step | None]] = []
    while state in came:
        state, name, step = came[state]
        moves.append((name, step))
    moves.reverse()
    out: list[tuple[str, tuple[Step, ...]]] = []
    at = 0
    while at < len(moves):
        name, step = moves[at]
        if name == "u3":
            angles = {_U3[i][1]: moves[at + i][1] for i in range(3)}
            out.append((name, tuple(angles[i] or (0, None) for i in range(3))))
            at += 3
        else:
            out.append((name, () if step is None else (step,)))
            at += 1
    return out
