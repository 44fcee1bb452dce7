"""The sweep: a diagram contracted vertex by vertex, in its numbering, which is causal.

A spider is a *variable* with values 0 and 1 (an X-spider is a Z-spider whose edges all change their kind); a plain edge makes
two variables one, a Hadamard edge is the sign ``(-1)**(x y)``, a phase is a factor where x is 1, and a variable all of whose
edges are done is summed over. Signs and phases wait until a sum needs them, and a variable gets an axis of the dense state
only when something entangles it for good: a gate on a wire is one pass over the state, a CZ is none, and the axes are the
live qubits. An outcome that is not given is drawn at its vertex by the squared norms of both branches.

References
----------
Sums over variables: Amy, *Towards large-scale functional verification of universal quantum circuits* (2018). ZX-diagrams:
van de Wetering, *ZX-calculus for the working quantum computer scientist* (2020).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from gossamer.diagnostics import InputError
from gossamer.ir.dense import LARGE, Array, DryState, LargeState, SmallState, State
from gossamer.ir.diagram import BitKind, Diagram, VertexKind

#: More live axes than this are refused (complex64: 2 GiB).
MAX_AXES = 28
_QUARTERS = {Fraction(0): 1 + 0j, Fraction(1, 2): 1j, Fraction(1): -1 + 0j, Fraction(3, 2): -1j}
_CLOSE = 1e-12
_R = 0.5**0.5


def unit(angle: Fraction) -> complex:
    """``exp(i pi angle)``, exact for quarter turns.

    Examples
    --------
    >>> unit(Fraction(1, 2))
    1j
    """
    exact = _QUARTERS.get(angle % 2)
    return cmath.exp(1j * math.pi * float(angle)) if exact is None else exact


class Plan:
    """Per vertex: its edges to earlier vertices, loops, the number of edges to later ones, phase and outcome bit."""

    def __init__(self, d: Diagram) -> None:
        self.diagram = d
        self.n = n = d.num_vertices
        names = sorted(set().union(*(d.phases[i].symbols for i in set(d.phase.tolist())), d.scalar.phase.symbols))
        if names:
            raise InputError("SEM-1", f"parameter '{names[0]}' has no value", help="bind all parameters first")
        kind = d.kind.tolist()
        self.kind = kind
        self.back: list[list[tuple[int, bool]]] = [[] for _ in range(n)]
        self.loops: list[list[bool]] = [[] for _ in range(n)]
        self.later = [0] * n
        x = int(VertexKind.X)
        for (a, b), h in zip(d.edges.tolist(), d.hadamard.tolist(), strict=True):
            if a == b:
                self.loops[a].append(h)
                continue
            u, v = (a, b) if a < b else (b, a)
            self.back[v].append((u, h ^ (kind[u] == x) ^ (kind[v] == x)))
            self.later[u] += 1
        self.outcome = [-1] * n
        for i in d.outcome_bits:
            self.outcome[d.bits[i].vertex] = i
        units = [unit(p.constant) if p.is_constant else None for p in d.phases]
        self.fixed = [units[i] for i in d.phase.tolist()]  # exp(i pi phase), None where it holds bits
        self.users: dict[int, list[int]] = {}  # bit -> derived bits that use it
        self.parts: dict[int, list[int]] = {}  # derived bit -> what it is made of, the bits that come late first
        for i, b in enumerate(d.bits):
            if b.expr is not None:
                self.parts[i] = sorted(b.expr.bits, reverse=True)
                for j in self.parts[i]:
                    self.users.setdefault(j, []).append(i)


class Sweep:
    """The state of a sweep; variables are numbered as they come.

    A variable is *constant* (in ``const``), *placed* (has an axis) or *virtual* (neither: it is in the state
    ``f0 |0> + f1 |1>`` but for the waiting signs ``cz``).
    """

    def __init__(
        self,
        plan: Plan,
        bits: Mapping[int, bool],
        state: State,
        *,
        open_inputs: bool,
        measure: bool,
        uncounted: frozenset[int] = frozenset(),
        prefer: Mapping[int, bool] | None = None,
        least: float = 0.01,
    ) -> None:
        self.plan, self.measure, self.uncounted = plan, measure, uncounted
        self.prefer = prefer or {}
        self.least = least
        self.at = 0
        self.f0: dict[int, complex] = {}
        self.f1: dict[int, complex] = {}
        self.cz: dict[int, set[int]] = {}
        self.open: dict[int, int] = {}
        self.const: dict[int, int] = {}
        self.axis: dict[int, int] = {}
        self.vars: list[int] = []  # axis -> variable
        self.of: dict[int, int] = {}  # vertex -> variable
        self.legs: dict[int, list[int]] = {}  # H-box -> a variable for each later edge
        self.alias: dict[int, int] = {}
        self.next = 0
        self.log = 0.0  # log2 of the modulus of the scalar
        self.turn = 1 + 0j
        self.zero = False
        self.drift = 0
        self.log2_probability = 0.0
        self.values: dict[int, bool] = {}
        for i, b in enumerate(plan.diagram.bits):
            if b.kind == BitKind.INPUT:
                if i not in bits:
                    raise InputError("SEM-1", f"no value for the input bit b{i} ('{b.name}')")
                self.set_bit(i, bool(bits[i]))
            elif b.expr is not None and not b.expr.bits:
                self.set_bit(i, b.expr.evaluate({}))
        self.state = state
        self.kept: list[int] = []  # variables of open inputs and of references, in order
        self.start: dict[int, int] = {}  # input vertex -> variable
        inputs = plan.diagram.inputs.tolist()
        if open_inputs:
            for v in inputs:
                self.start[v] = x = self.new()
                self.open[x] += 1
                self.kept.append(x)
        else:  # the axes that are more than the inputs are a reference system
            k = state.k
            self.vars = [0] * k
            for i in range(k):
                x = self.new()
                self.axis[x] = k - 1 - i
                self.vars[k - 1 - i] = x
                if i < len(inputs):
                    self.start[inputs[i]] = x
                else:
                    self.open[x] += 1
                    self.kept.append(x)

    def copy(self) -> Sweep:
        out = object.__new__(Sweep)
        out.__dict__.update(self.__dict__)
        for name in ("f0", "f1", "open", "const", "axis", "of", "alias", "values"):
            setattr(out, name, dict(getattr(self, name)))
        out.cz = {x: set(s) for x, s in self.cz.items()}
        out.legs = {v: list(s) for v, s in self.legs.items()}
        out.vars = list(self.vars)
        out.state = self.state.copy()
        return out

    def set_bit(self, bit: int, value: bool) -> None:
        """Give a bit its value, and the derived bits that can now be computed theirs."""
        self.values[bit] = value
        todo = [bit]
        while todo:
            for user in self.plan.users.get(todo.pop(), ()):
                expr = self.plan.diagram.bits[user].expr
                known = all(j in self.values for j in self.plan.parts[user])
                if user not in self.values and expr is not None and known:
                    self.values[user] = expr.evaluate(self.values)
                    todo.append(user)

    # ---- variables -------------------------------------------------------------------------------------------------

    def new(self) -> int:
        x = self.next
        self.next += 1
        self.f0[x] = self.f1[x] = 1 + 0j
        self.cz[x] = set()
        self.open[x] = 0
        return x

    def find(self, x: int) -> int:
        while x in self.alias:
            x = self.alias[x]
        return x

    def scale(self, z: complex) -> None:
        size = abs(z)
        if size == 0:
            self.zero = True
            return
        self.log += math.log2(size)
        self.turn *= z / size

    def multiply(self, x: int, g0: complex, g1: complex) -> None:
        """Multiply by ``g_x``."""
        if x in self.const:
            self.scale(g1 if self.const[x] else g0)
            return
        a, b = self.f0[x] * g0, self.f1[x] * g1
        if a == 0 or b == 0:
            self.f0[x], self.f1[x] = a, b
            self.fix(x, 0 if b == 0 else 1)
        elif abs(abs(a) - abs(b)) <= _CLOSE * abs(a):
            self.scale(a)
            self.f0[x], self.f1[x] = 1 + 0j, b / a
        elif x in self.axis:
            self.state.phase(self.axis[x], a, b)
            self.f0[x] = self.f1[x] = 1 + 0j
        else:
            self.f0[x], self.f1[x] = a, b

    def fix(self, x: int, value: int) -> None:
        """The variable is constant from now on: only its value has a non-zero factor."""
        f = self.f1[x] if value else self.f0[x]
        self.scale(f)
        neighbours = self.cz[x]
        self.cz[x] = set()
        if x in self.axis:
            self.reduce(x, 0, 0 if value else 1, 1 if value else 0)
        self.const[x] = value
        for w in neighbours:
            self.cz[w].discard(x)
        if value:
            for w in neighbours:
                self.multiply(w, 1, -1)

    def sign(self, x: int, y: int) -> None:
        """Multiply by ``(-1)**(x y)``."""
        if x == y:
            self.multiply(x, 1, -1)
        elif x in self.const:
            if self.const[x]:
                self.multiply(y, 1, -1)
        elif y in self.const:
            if self.const[y]:
                self.multiply(x, 1, -1)
        else:
            self.cz[x] ^= {y}
            self.cz[y] ^= {x}

    def mask(self, variables: set[int]) -> int:
        return sum(1 << self.axis[x] for x in variables)

    def place(self, x: int) -> None:
        """Give a virtual variable an axis."""
        a, b = self.f0[x], self.f1[x]
        uniform = a == 1 and abs(abs(b) - 1) <= 2 * _CLOSE
        if len(self.vars) >= MAX_AXES and not isinstance(self.state, DryState):
            raise InputError(
                "SEM-1", f"more than {MAX_AXES} live qubits", help="use a method that does not sweep the state"
            )
        # Normalised, so that amplitudes neither grow nor vanish in single precision.
        self.state.double(*((_R, _R) if uniform else (a * _R, b * _R)))
        self.log += 0.5
        if not uniform:
            self.f0[x] = self.f1[x] = 1 + 0j
        if isinstance(self.state, SmallState) and self.state.k > LARGE:
            self.state = LargeState(self.state.a)
        self.axis[x] = len(self.vars)
        self.vars.append(x)

    def reduce(self, x: int, mask: int, f0: complex, f1: complex) -> None:
        p = self.axis.pop(x)
        self.state.reduce(p, mask, f0, f1)
        del self.vars[p]
        for i in range(p, len(self.vars)):
            self.axis[self.vars[i]] = i
        self.drift += 1
        if self.drift >= 32:  # each projection halves the norm or so: keep single precision in its range
            self.drift = 0
            norm = self.state.norm()
            if norm > 0:
                self.state.parity_phase(0, norm**-0.5, 1)
                self.log += math.log2(norm) / 2

    def merge(self, x: int, y: int) -> int:
        """Make two variables one (a plain edge); the one that stays."""
        if x == y:
            return x
        if x in self.const or y in self.const:
            x, y = (x, y) if x in self.const else (y, x)
            self.multiply(y, 0 if self.const[x] else 1, 1 if self.const[x] else 0)
            self.open[x] += self.open[y]
            self.alias[y] = x
            return x
        if x not in self.axis:
            x, y = y, x
        if x in self.axis and y in self.axis:
            if self.axis[x] < self.axis[y]:
                x, y = y, x
            p = self.axis.pop(y)
            self.state.merge(p, self.axis[x])
            del self.vars[p]
            for i in range(p, len(self.vars)):
                self.axis[self.vars[i]] = i
        signs = self.cz.pop(y)
        for w in signs:
            self.cz[w].discard(y)
        self.open[x] += self.open[y]
        self.alias[y] = x
        self.multiply(x, self.f0[y], self.f1[y])
        for w in signs:
            self.sign(x, w)
        return x

    def close(self, x: int) -> None:
        """Sum over a variable all of whose edges are done."""
        if self.open[x] or x not in self.cz:
            return
        signs = self.cz.pop(x)
        if x in self.const:
            return
        for w in signs:
            self.cz[w].discard(x)
        f0, f1 = self.f0.pop(x), self.f1.pop(x)
        virtual = sorted(w for w in signs if w not in self.axis)
        if x in self.axis:
            if virtual:  # a Hadamard: x's axis becomes y's
                y = virtual[0]
                for w in virtual[1:]:
                    self.place(w)
                p = self.axis[x]
                self.state.step(p, self.mask(signs - {y}), f0, f1)
                self.log += 0.5
                del self.axis[x]
                self.axis[y], self.vars[p] = p, y
                a, b = self.f0[y], self.f1[y]
                self.f0[y] = self.f1[y] = 1 + 0j
                self.multiply(y, a, b)
            else:
                self.reduce(x, self.mask(signs), f0, f1)
            return
        g0, g1 = f0 + f1, f0 - f1
        if not signs:
            self.scale(g0)
        elif len(signs) == 1:
            self.multiply(next(iter(signs)), g0, g1)
        else:
            for w in virtual:
                self.place(w)
            if abs(abs(g0) - abs(g1)) <= _CLOSE * abs(g0):
                self.scale(g0)
                g0, g1 = 1 + 0j, g1 / g0
                if len(signs) == 2:  # g**(y xor z) = g**y g**z g**(-2 y z): only a quarter of the amplitudes is touched
                    if abs(g1 + 1) > _CLOSE:
                        self.state.and_phase(self.mask(signs), 1 / (g1 * g1))
                    for w in signs:
                        self.multiply(w, 1, g1)
                    return
            self.state.parity_phase(self.mask(signs), g0, g1)

    # ---- vertices --------------------------------------------------------------------------------------------------

    def run(self, given: Mapping[int, bool], rng: np.random.Generator | None) -> None:
        plan = self.plan
        while self.at < plan.n:
            bit = plan.outcome[self.at]
            if bit >= 0 and bit not in self.values:
                if not self.measure:
                    self.set_bit(bit, bool(given[bit]))
                    self.vertex()
                else:
                    self.vertex((bit, bool(given[bit]) if bit in given else None, rng))
            else:
                self.vertex()
            if self.zero:
                if self.measure:
                    raise InputError("SEM-1", "the given outcomes have probability 0")
                return

    def end(self, u: int) -> int:
        """The variable at the other end of an edge to the earlier vertex u."""
        if u in self.legs:
            return self.find(self.legs[u].pop())
        return self.find(self.of[u])

    def vertex(self, draw: tuple[int, bool | None, np.random.Generator | None] | None = None) -> None:
        """Contract the next vertex; ``draw`` is the outcome bit that is measured here, and its value if it is given."""
        v, plan = self.at, self.plan
        self.at += 1
        if plan.kind[v] == VertexKind.H:
            self.h_box(v)
            return
        back = plan.back[v]
        touched: list[int] = []
        x = self.start.get(v, -1)
        for u, h in back:
            if not h:
                y = self.end(u)
                self.open[y] -= 1
                x = y if x < 0 else self.merge(x, y)
        if x < 0:
            x = self.new()
        x = self.find(x)
        self.open[x] += plan.later[v] + (plan.kind[v] == VertexKind.OUTPUT)
        for u, h in back:
            if h:
                y = self.end(u)
                self.open[y] -= 1
                self.sign(x, y)
                self.log -= 0.5
                if y != x:
                    touched.append(y)
        for h in plan.loops[v]:
            if h:
                self.sign(x, x)
                self.log -= 0.5
        self.of[v] = x
        if draw is not None:
            self.draw(v, x, draw)
        else:
            f = plan.fixed[v]
            if f is None:
                f = unit(plan.diagram.phase_of(v).evaluate(self.values))
            if f != 1:
                self.multiply(x, 1, f)
        # The vertex itself before its neighbours: an effect of degree 1 becomes a factor on the wire it ends.
        if not self.open[x] and x not in self.axis:
            self.close(x)
        for y in touched:
            self.close(y)
        self.close(x)

    def h_box(self, v: int) -> None:
        legs: list[int] = []
        passing: list[int] = []
        for u, h in self.plan.back[v]:
            y = self.end(u)
            self.open[y] -= 1
            passing.append(y)
            if h:
                x = self.new()
                self.sign(x, y)
                self.log -= 0.5
                y = x
            legs.append(y)
        for h in self.plan.loops[v]:
            legs.append(self.new())
            if h:
                legs.append(self.new())
                self.sign(legs[-1], legs[-2])
                self.log -= 0.5
        later = [self.new() for _ in range(self.plan.later[v])]
        for x in later:
            self.open[x] += 1
        self.legs[v] = later
        f = self.plan.fixed[v]
        if f is None:
            f = unit(self.plan.diagram.phase_of(v).evaluate(self.values))
        self.all_ones({*legs, *later}, f)
        for x in {*legs, *passing}:
            self.close(x)

    def all_ones(self, variables: set[int], f: complex) -> None:
        """Multiply by ``f`` where all the variables are 1."""
        if any(self.const.get(x) == 0 for x in variables):
            return
        free = sorted(x for x in variables if x not in self.const)
        if not free:
            self.scale(f)
        elif len(free) == 1:
            self.multiply(free[0], 1, f)
        elif len(free) == 2 and f == -1:
            self.sign(*free)
        elif f != 1:
            for x in free:
                if x not in self.axis:
                    self.place(x)
            self.state.and_phase(self.mask(set(free)), f)

    # ---- outcomes --------------------------------------------------------------------------------------------------

    def draw(self, v: int, x: int, draw: tuple[int, bool | None, np.random.Generator | None]) -> None:
        """Choose the outcome bound to vertex v (variable x) by the squared norms of both branches, and apply it."""
        bit, given, rng = draw
        phase = self.plan.diagram.phase_of(v)
        saved = dict(self.values)
        factors = []
        for m in (False, True):
            self.values = dict(saved)
            self.set_bit(bit, m)
            factors.append((1 + 0j, unit(phase.evaluate(self.values))))
        self.values = saved
        target = x
        if not self.open[x] and x not in self.axis and x not in self.const and len(self.cz[x]) == 1:
            (target,) = self.cz[x]  # an effect of degree 1: a factor on its neighbour
            f0, f1 = self.f0[x], self.f1[x]
            factors = [(f0 * a + f1 * b, f0 * a - f1 * b) for a, b in factors]
        weights = self.weights(target, factors, set(self.cz[target]) - {x})
        total = weights[0] + weights[1]
        if not total > 0:
            self.zero = True
            return
        wish = self.prefer.get(bit)
        if given is None and wish is not None and weights[wish] > self.least * total:
            value = wish
        elif given is None:
            if rng is None:
                raise InputError("SEM-1", f"no value for outcome b{bit}")
            value = bool(rng.random() * total >= weights[0])
        else:
            value = given
        self.set_bit(bit, value)
        if weights[value] <= self.state.impossible * total:
            self.zero = True
            return
        if bit not in self.uncounted:
            self.log2_probability += math.log2(weights[value] / total) if weights[value] else 0.0
        self.multiply(x, 1, unit(phase.evaluate(self.values)))

    def weights(self, t: int, factors: list[tuple[complex, complex]], signs: set[int]) -> tuple[float, float]:
        """Squared norms, up to a common factor, after each pair of factors on variable t (summed over if it is done).

        ``signs`` are the variables that still wait with a sign on t, but for those that are in the factors already.
        """
        if t in self.const:
            c = self.const[t]
            return abs(factors[0][c]) ** 2, abs(factors[1][c]) ** 2
        pairs = [(self.f0[t] * a, self.f1[t] * b) for a, b in factors]
        if self.open[t]:
            n0, n1 = self.state.marginal(1 << self.axis[t]) if t in self.axis else (1.0, 1.0)
            return self._two(pairs, n0, n1, 0j)
        for w in [w for w in signs if w not in self.axis and abs(abs(self.f0[w]) - abs(self.f1[w])) > _CLOSE]:
            self.place(w)
        loose = any(w not in self.axis for w in signs)  # a uniform variable makes both parities equally likely
        if t in self.axis:
            if any(a == 0 or b == 0 for a, b in pairs) or loose:
                n0, n1 = self.state.marginal(1 << self.axis[t])
                return self._two(pairs, n0, n1, 0j)
            return self._two(pairs, *self.state.overlap(self.axis[t], self.mask(signs)))
        if not signs:
            return self._two([(a + b, 0j) for a, b in pairs], 1.0, 0.0, 0j)
        n0, n1 = (1.0, 1.0) if loose else self.state.marginal(self.mask(signs))
        return self._two([(a + b, a - b) for a, b in pairs], n0, n1, 0j)

    @staticmethod
    def _two(pairs: list[tuple[complex, complex]], n0: float, n1: float, inner: complex) -> tuple[float, float]:
        out = [abs(a) ** 2 * n0 + abs(b) ** 2 * n1 + 2 * (a.conjugate() * b * inner).real for a, b in pairs]
        return max(out[0], 0.0), max(out[1], 0.0)

    # ---- the end ---------------------------------------------------------------------------------------------------

    def finish(self, *, scaled: bool = True) -> Array:
        """The amplitudes over (outputs, kept inputs), the first most significant; with the scalar if ``scaled``."""
        outputs = self.plan.diagram.outputs.tolist()
        if self.zero:
            return np.zeros(2 ** (len(outputs) + len(self.kept)), np.complex128)
        legs = [self.find(self.of[v]) for v in outputs] + [self.find(x) for x in self.kept]
        distinct = [x for x in dict.fromkeys(legs) if x not in self.const]
        for x in distinct:
            if x not in self.axis:
                self.place(x)
        left = set(self.vars) - set(distinct)
        if left:  # cannot happen in a diagram that obeys IR-2: every other variable is closed by its last edge
            raise InputError("IR-2", "a boundary vertex has no place among the inputs and outputs")
        for x in distinct:
            mask = self.mask({w for w in self.cz[x] if self.axis[w] < self.axis[x]})
            if mask:
                self._controlled_sign(x, mask)
            if self.f1[x] != 1:
                self.state.phase(self.axis[x], self.f0[x], self.f1[x])
        out = self.state.permuted([self.axis[x] for x in distinct])
        if isinstance(self.state, DryState):
            return out
        if len(distinct) != len(legs):
            at = np.zeros(out.size, np.int64)  # where an amplitude stands among those of all legs
            index, bit = np.arange(out.size), {x: len(distinct) - 1 - i for i, x in enumerate(distinct)}
            for x in legs:
                at = at << 1 | (self.const[x] if x in self.const else index >> bit[x] & 1)
            full = np.zeros(1 << len(legs), out.dtype)
            full[at] = out
            out = full
        return out * (2.0**self.log * self.turn) if scaled else out

    def _controlled_sign(self, x: int, mask: int) -> None:
        """``(-1)**(x parity(mask))`` as one pass: the parity with x, without x, and x alone, each a quarter turn."""
        # (-1)**(x y) = i**(x + y - (x ^ y)) for the bit y = parity(mask)
        own = 1 << self.axis[x]
        self.state.parity_phase(mask, 1, 1j)
        self.state.phase(self.axis[x], 1, 1j)
        self.state.parity_phase(mask | own, 1, -1j)
