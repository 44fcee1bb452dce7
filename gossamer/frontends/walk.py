"""Coined quantum walks on a graph as source programs: `CoinedWalk`, a definition that becomes a `Diagram`.

A walker stands at a position and holds a coin, which names one of the edges there. A step flips the coin (a unitary on the coin alone) and
moves the walker along the edge that the coin names: a permutation of the pairs (position, coin), because every edge end is reached
from exactly one. The module guarantees that the program is unitary on all basis states, those that stand for no position included: they stay where they
are. Clauses WK-2 to WK-6 of ``spec/walk.md``.

References
----------
Coined walks: Aharonov, Ambainis, Kempe, Vazirani, STOC 2001; flip-flop shift and search: Ambainis, Kempe, Rivosh, SODA 2005.
Permutations as gates: Miller, Maslov, Dueck, DAC 2003, algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn, TypeAlias

from gossamer.diagnostics import InputError, Span
from gossamer.frontends.qasm3_modifiers import Unitary, controlled, inverse, moved, standard
from gossamer.frontends.qasm_circuit import Circuit
from gossamer.frontends.qasm_gates import STANDARD, Step
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr

#: Most qubits of position and coin together, steps of the walk, and gates of one step times steps.
MAX_WALK_QUBITS, MAX_WALK_STEPS, MAX_GATES = 10, 10_000, 100_000

#: Where each edge end leads: ``shift[position][coin]`` is a position and a coin.
Shift: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
#: ``"hadamard"``, ``"grover"``, ``"fourier"``, or the three angles of a U gate, in multiples of pi.
Coin: TypeAlias = "str | tuple[Fraction, Fraction, Fraction]"

COINS = ("hadamard", "grover", "fourier")
REGISTERS = ("position", "coin")
_HERE = Span("<walk>", 1, 1)


# --- graphs ----------------------------------------------------------------------------------------------------------


def cycle(size: int) -> Shift:
    """A cycle; coin 0 goes up by one, coin 1 down, and the coin stays as it is.

    Examples
    --------
    >>> cycle(3)
    (((1, 0), (2, 1)), ((2, 0), (0, 1)), ((0, 0), (1, 1)))
    """
    return tuple((((p + 1) % size, 0), ((p - 1) % size, 1)) for p in range(size))


def line(size: int) -> Shift:
    """A line whose ends reflect: what would leave turns its coin around.

    Examples
    --------
    >>> line(2)
    (((1, 0), (0, 0)), ((1, 1), (0, 1)))
    """
    return tuple(((p + 1, 0) if p + 1 < size else (p, 1), (p - 1, 1) if p else (p, 0)) for p in range(size))


def torus(rows: int, columns: int) -> Shift:
    """A grid that is closed in both directions; coins 0 and 1 change the column, 2 and 3 the row.

    Examples
    --------
    >>> torus(2, 2)[0]
    ((1, 0), (1, 1), (2, 2), (2, 3))
    """

    def at(row: int, column: int) -> int:
        return row % rows * columns + column % columns

    return tuple(
        ((at(r, c + 1), 0), (at(r, c - 1), 1), (at(r + 1, c), 2), (at(r - 1, c), 3))
        for r in range(rows)
        for c in range(columns)
    )


def hypercube(dimension: int) -> Shift:
    """The hypercube: coin ``c`` flips bit ``c`` of the position.

    Examples
    --------
    >>> hypercube(2)[1]
    ((0, 0), (3, 1))
    """
    return tuple(tuple((p ^ 1 << c, c) for c in range(dimension)) for p in range(1 << dimension))


def flip_flop(edges: Sequence[tuple[int, int]]) -> Shift:
    """Any graph, by its edges: the coin names a neighbour, and after the move it names the way back.

    Neighbours are numbered in the order of their numbers. All positions have as many coins as the largest degree; a coin that names no
    neighbour leaves the walker where it is.

    Examples
    --------
    >>> flip_flop([(0, 1), (1, 2)])
    (((1, 0), (0, 1)), ((0, 0), (2, 0)), ((1, 1), (2, 1)))
    """
    near: dict[int, set[int]] = {}
    for a, b in edges:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    ports = [sorted(near.get(p, ())) for p in range(max(near, default=-1) + 1)]
    degree = max(map(len, ports), default=0)
    return tuple(
        tuple((q, ports[q].index(p)) for q in ports[p]) + tuple((p, c) for c in range(len(ports[p]), degree))
        for p in range(len(ports))
    )


def complete(size: int) -> Shift:
    """The complete graph, flip-flop.

    Examples
    --------
    >>> complete(3)[0]
    ((1, 0), (2, 0))
    """
    return flip_flop([(a, b) for a in range(size) for b in range(a)])


# --- the walk --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CoinedWalk:
    """A coined quantum walk.

    Attributes
    ----------
    shift : where each pair of position and coin leads; the functions of this module make those of usual graphs
    coin : the unitary of the coin. ``"hadamard"`` is H on each of its qubits; ``"grover"`` is ``2 |s><s| - 1`` for the uniform state s;
        ``"fourier"`` is the discrete Fourier transform; three angles in multiples of pi are those of a U gate
    steps : how many
    position, coin_state : where the walk starts: numbers, or ``"uniform"``; the coin also ``"symmetric"``, (|0> + i |1>) / sqrt(2)
    marked : positions whose amplitudes change sign before each step, as in search
    measure : which of ``"position"`` and ``"coin"`` is measured in the end, into a register of that name whose index 0 is the lowest bit; what
        is not measured is a quantum output

    Examples
    --------
    Three steps on a cycle of four from position 0 end at position 1 with certainty:

    >>> import gossamer
    >>> walk = CoinedWalk(cycle(4), steps=3)
    >>> program = gossamer.compile(walk, "2:qubits=2")
    >>> program.run(shots=20).counts, program.verdict.holds
    ({'01': 20}, True)
    """

    shift: Shift
    coin: Coin = "hadamard"
    steps: int = 1
    position: int | str = 0
    coin_state: int | str = 0
    marked: tuple[int, ...] = ()
    measure: tuple[str, ...] = ("position",)

    @property
    def positions(self) -> int:
        return len(self.shift)

    @property
    def coins(self) -> int:
        return len(self.shift[0]) if self.shift else 0

    def verify(self) -> None:
        """Check clauses WK-3 to WK-6.

        Raises
        ------
        InputError
            With the id of the first clause that is violated.

        Examples
        --------
        >>> CoinedWalk((((0, 0),), ((0, 0),))).verify()
        Traceback (most recent call last):
        gossamer.diagnostics.InputError: error[WK-3]: (0, 0) is reached from two pairs of position and coin...
        """
        n, d = self.positions, self.coins
        if not n or not d:
            _fail("WK-3", "a walk has at least one position and one coin")
        seen: set[tuple[int, int]] = set()
        for p, ports in enumerate(self.shift):
            if len(ports) != d:
                _fail("WK-3", f"position {p} has {len(ports)} coins, and position 0 has {d}")
            for q, c in ports:
                if not (0 <= q < n and 0 <= c < d):
                    _fail("WK-3", f"({q}, {c}) is no pair of one of {n} positions and one of {d} coins")
                if (q, c) in seen:
                    _fail(
                        "WK-3", f"({q}, {c}) is reached from two pairs of position and coin", "a shift is a permutation"
                    )
                seen.add((q, c))
        if _width(n) + _width(d) > MAX_WALK_QUBITS:
            _fail("WK-4", f"{n} positions and {d} coins take more than {MAX_WALK_QUBITS} qubits")
        if not 0 <= self.steps <= MAX_WALK_STEPS:
            _fail("WK-4", f"{self.steps} steps; a walk has 0 to {MAX_WALK_STEPS}")
        self._verify_coin(d)
        for what, value, size in (("position", self.position, n), ("coin", self.coin_state, d)):
            known = ("uniform", "symmetric") if what == "coin" and d == 2 else ("uniform",)
            if value not in known and not (isinstance(value, int) and 0 <= value < size):
                _fail(
                    "WK-6",
                    f"the walk starts with the {what} {str(value)[:40]!r}",
                    f"0 to {size - 1}, or {', '.join(known)}",
                )
        if len(set(self.marked)) != len(self.marked) or not all(0 <= p < n for p in self.marked):
            _fail("WK-6", f"what is marked are different positions from 0 to {n - 1}")
        if len(set(self.measure)) != len(self.measure) or not set(self.measure) <= set(REGISTERS):
            _fail("WK-6", "what is measured is the position, the coin, or both", f"known: {', '.join(REGISTERS)}")

    def _verify_coin(self, d: int) -> None:
        if isinstance(self.coin, str):
            if self.coin not in COINS:
                _fail("WK-5", f"no coin is called {self.coin[:40]!r}", f"known: {', '.join(COINS)}; or three angles")
            if self.coin != "grover" and d & (d - 1):
                _fail(
                    "WK-5",
                    f"the coin '{self.coin}' has 2, 4, 8, ... sides, and this walk {d}",
                    "the coin grover has any number",
                )
        elif d != 2 or len(self.coin) != 3:
            _fail("WK-5", f"a coin of three angles has 2 sides, and this walk {d}")

    def diagram(self) -> Diagram:
        """The diagram of the walk.

        Raises
        ------
        InputError
            WK-3 to WK-6.

        Examples
        --------
        >>> CoinedWalk(hypercube(2), measure=()).diagram().output_names
        ('position[0]', 'position[1]', 'coin[0]')
        """
        self.verify()
        k, c = _width(self.positions), _width(self.coins)
        place, coin = list(range(k)), list(range(k, k + c))
        step = [
            *(s for p in self.marked for s in _sign(p, place)),
            *moved(_coin(self.coin, self.coins), coin),
            *_shift(self.shift, k, c),
        ]
        if len(step) * self.steps > MAX_GATES:
            _fail("WK-4", f"the walk takes more than {MAX_GATES} gates", "fewer steps, or a graph of fewer positions")
        circuit = Circuit()
        for name, qubits in (("position", place), ("coin", coin)):
            for i, _ in enumerate(qubits):
                circuit.reset(circuit.add_qubit(f"{name}[{i}]", _HERE), BitExpr.const(1))
        circuit.wires.span = None
        circuit.apply(_start(self.position, self.positions, place), place + coin, None)
        circuit.apply(_start(self.coin_state, self.coins, coin), place + coin, None)
        for _ in range(self.steps):
            circuit.apply(step, place + coin, None)
        for name, qubits in (("position", place), ("coin", coin)):
            if name in self.measure:
                circuit.register(name, [circuit.measure(q, BitExpr.const(1)) for q in qubits])
        return circuit.finish()


def _fail(code: str, message: str, help: str | None = None) -> NoReturn:
    raise InputError(code, message, help=help)


def _width(size: int) -> int:
    """Qubits for so many values."""
    return max(size - 1, 0).bit_length()


# --- gates -----------------------------------------------------------------------------------------------------------


def _gate(name: str, places: Sequence[int], *angles: Fraction) -> list[Step]:
    return moved(standard(STANDARD[name], angles).steps, places)


def _start(value: int | str, size: int, qubits: list[int]) -> list[Step]:
    """From |0...0> to the state that the walk starts in."""
    if value == "uniform":
        return moved(_uniform(size).steps, qubits)
    if value == "symmetric":
        return [*_gate("h", qubits), *_gate("s", qubits)]
    return [s for i, q in enumerate(qubits) if int(value) >> i & 1 for s in _gate("x", [q])]


def _uniform(size: int) -> Unitary:
    """A unitary that takes |0...0> to the uniform state of the values below ``size``; the qubit 0 is the lowest bit."""
    width = _width(size)
    if size == 1 << width:
        return Unitary(width, tuple(s for q in range(width) for s in _gate("h", [q])))
    half = 1 << width - 1  # the top qubit says whether the value is in the full lower half or in the rest
    top = width - 1
    angle = Fraction(2 * math.atan2(math.sqrt(size - half), math.sqrt(half)) / math.pi)
    steps = list(_gate("ry", [top], angle))
    order = [top, *range(top)]
    steps += _gate("x", [top])
    steps += moved(controlled(_uniform(half), 1, negative=False, span=_HERE).steps, order)
    steps += _gate("x", [top])
    rest = _uniform(size - half)
    if rest.qubits:
        steps += moved(controlled(rest, 1, negative=False, span=_HERE).steps, order)
    return Unitary(width, tuple(steps))


def _coin(coin: Coin, size: int) -> list[Step]:
    width = _width(size)
    qubits = range(width)
    if not isinstance(coin, str):
        return _gate("u3", [0], *coin)
    if coin == "hadamard":
        return [s for q in qubits for s in _gate("h", [q])]
    if coin == "grover":  # the reflection about the uniform state, up to its sign
        prepare = _uniform(size)
        return [*inverse(prepare).steps, *_sign(0, list(qubits)), *prepare.steps]
    steps: list[Step] = []  # the Fourier transform
    for q in reversed(qubits):
        steps += _gate("h", [q])
        for lower in range(q):
            steps += _gate("cp", [lower, q], Fraction(1, 1 << q - lower))
    return steps + [s for i in range(width // 2) for s in _gate("swap", [i, width - 1 - i])]


def _sign(value: int, qubits: list[int]) -> list[Step]:
    """Change the sign of one basis state."""
    if not qubits:
        return []
    flips = [s for i, q in enumerate(qubits) if not value >> i & 1 for s in _gate("x", [q])]
    z = standard(STANDARD["z"], ())
    core = z if len(qubits) == 1 else controlled(z, len(qubits) - 1, negative=False, span=_HERE)
    return [*flips, *moved(core.steps, qubits), *flips]


def _shift(shift: Shift, place: int, coin: int) -> list[Step]:
    """The permutation as multiply controlled X gates, by the transformation of Miller, Maslov and Dueck.

    Values are counted up; each is mapped to itself by gates that leave all smaller ones alone, because they act only where at least
    its own ones are set.
    """
    width = place + coin
    image = list(range(1 << width))
    for p, ports in enumerate(shift):
        for c, (q, after) in enumerate(ports):
            image[p | c << place] = q | after << place
    gates: list[tuple[int, int]] = []  # (controls, target bit), in the order from the output back

    def apply(controls: int, target: int) -> None:
        gates.append((controls, target))
        for x, y in enumerate(image):
            if y & controls == controls:
                image[x] = y ^ target

    for x in range(1 << width):
        for bit in range(width):
            if (x & ~image[x]) >> bit & 1:
                apply(image[x], 1 << bit)
        for bit in range(width):
            if (image[x] & ~x) >> bit & 1:
                apply(x, 1 << bit)
    return [s for controls, target in reversed(gates) for s in _flip(controls, target)]


def _flip(controls: int, target: int) -> list[Step]:
    on = [i for i in range(controls.bit_length()) if controls >> i & 1]
    x = standard(STANDARD["x"], ())
    core = x if not on else controlled(x, len(on), negative=False, span=_HERE)
    return moved(core.steps, [*on, target.bit_length() - 1])


__all__ = ["COINS", "CoinedWalk", "Shift", "complete", "cycle", "flip_flop", "hypercube", "line", "torus"]
