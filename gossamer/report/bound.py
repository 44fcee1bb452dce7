"""Lower bounds on the ebits of a program: what no compiler can go below, for the first and last places of its qubits.

Let ``K`` be the map of a source for one value of its reported bits, every outcome being reported (no outcome at all: a circuit or any
other isometry). Let S be some of the nodes. Programs that exchange e ebits with the others, and any number of classical bits, end each
of their branches in a map of Schmidt rank at most ``2**e`` between the legs (inputs and outputs of the source, at their places) on S
and those elsewhere: Choi's state of the identity has rank 1, an ebit doubles the rank, and local operations and messages do not
raise it. All branches that report the same value are multiples of ``K``, so ``e >= log2 Sch(K)``. Memory, effort and the number of
messages do not help, and neither does throwing runs away.

**Rank of a cut.** Rewriting (`gossamer.rewriting`) leaves spiders with an end each and, between them, Hadamard edges and what is not
Clifford. An end is a leg, and what acts on one leg, or on legs of one side only, and can be undone does not change the rank. What is left is
``M[x, y] = (-1)**(x E y) * product of factors``, x the legs of one side and y those of the other. A Clifford source has no factors: the
rank is ``2**rank(E)`` over GF(2), exactly. Otherwise setting some legs to 0 takes a submatrix; on few legs its rank is found over a
prime field that has the roots of unity in question (a ring homomorphism: a minor that is not 0 there is not 0), which is again a lower bound.
What is left with other spiders is written down as a matrix if it is small, with some inputs in a product state if need be: a local map before ``K``
does not raise its rank.

**Nodes.** The uses ``u`` of the network's links satisfy, for each set S of nodes, ``sum of u over the links that leave S >= b(S)``. Weights
``w(S) >= 0`` such that no link leaves sets of more than weight 1 in all give ``sum of u >= sum of w(S) b(S)``: weak duality of linear
programs. The best weights are looked for by the simplex method; what is printed is computed from weights scaled until
they hold in exact arithmetic. (Half the sum over single nodes is the case w = 1/2.)

References
----------
Lo, Popescu, PRA 63, 022301 (2001), and Terhal, Horodecki, PRA 61, 040301 (2000), for the rank under local operations; M. A. Nielsen et
al., PRA 67, 052301 (2003), for operator Schmidt ranks; Stahlke, Griffiths, PRA 84, 032316 (2011), for the ebits that they ask for;
Fattal, Cubitt, Yamamoto, Bravyi, Chuang, quant-ph/0406168, for stabiliser states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InternalError
from gossamer.ir.diagram import BitKind, Diagram, VertexKind
from gossamer.ir.matching import greatest_matching
from gossamer.ir.network import Network
from gossamer.ir.program import Manifest
from gossamer.ir.semantics import kraus
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.strategies import reduce

#: The most legs that rewriting may look at (a microsecond each, or less) before it gives up: at Clifford sources, which it always brings to a
#: form if it comes to an end, and at others, of which it leaves too much between the legs if they are so large.
MAX_WORK, MAX_MIXED_WORK = 10_000_000, 2_000_000
#: So often at least rewriting looks at each leg of a circuit; with less in hand it need not begin.
_LOOKS = 4
#: Up to so many nodes every set of them is a cut; above, single nodes and the sets of nodes near one only.
MAX_ALL_CUTS = 6
#: Legs on each side of a factor's submatrix.
MAX_SIDE = 7
#: A matrix or state is written down if it has so many entries, and vertices times entries are so many.
MAX_ENTRIES, MAX_SWEEP = 1 << 16, 64_000_000
#: Roots of unity of a higher order than this are not looked for in prime fields below 2**31.
MAX_ORDER = 1 << 24
#: A singular value counts if it is so large a part of the largest; rounding errors are smaller by far.
_CLEARLY = 1e-9


@dataclass(frozen=True)
class Bound:
    """A lower bound on ebits.

    Attributes
    ----------
    ebits : the bound; None if none is known
    note : how it was found, or why there is none
    """

    ebits: int | None
    note: str


def find_bound(source: Diagram, manifest: Manifest, network: Network) -> Bound:
    """The best lower bound known on the ebits of any programs with the places of ``manifest`` on ``network``.

    Examples
    --------
    >>> import gossamer
    >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0],q[1];'
    >>> program = gossamer.compile(bell, "2:qubits=1")
    >>> find_bound(program.source, program.manifest, program.distribution.network)
    Bound(ebits=1, note='operator Schmidt rank, exact on each cut (Clifford)')
    """
    index = {node.name: i for i, node in enumerate(network.nodes)}
    places = [index[place.node] for place in (*manifest.inputs, *manifest.outputs)]
    if network.size == 1:
        return Bound(0, "a single node")
    why = _no_branch(source)
    if why:
        return Bound(None, why)
    try:
        ranks = _Ranks(source)
    except _Unknown as reason:
        return Bound(None, str(reason))
    cuts = {}
    for cut in find_cuts(network):
        inside = [place in cut for place in places]
        cuts[cut] = ranks.rank(inside)
    return Bound(combine(cuts, network), ranks.note)


def _no_branch(source: Diagram) -> str:
    """Why no value of the reported bits is known to stand for one map; empty if each does."""
    reported = {bit for register in source.registers for e in register.bits if len(e.bits) == 1 for bit in e.bits}
    for i, bit in enumerate(source.bits):
        if bit.kind == BitKind.INPUT:
            return "the source has classical inputs"
        if bit.kind == BitKind.OUTCOME and i not in reported:
            return "an outcome of the source is not reported as it is"
    if any(phase.symbols for phase in source.phases):
        return "the source has symbols"
    return ""


# ---- from cuts to the network ---------------------------------------------------------------------------------------


def find_cuts(network: Network) -> list[frozenset[int]]:
    """Sets of nodes, one of each pair of complements: all, or those that are single or near a node.

    Examples
    --------
    >>> from gossamer.ir.network_text import resolve_network
    >>> [sorted(cut) for cut in find_cuts(resolve_network("line:3:qubits=1"))]
    [[1], [2], [1, 2]]
    """
    k = network.size
    everything = frozenset(range(k))
    if k <= MAX_ALL_CUTS:
        return [frozenset(c) for size in range(1, k) for c in combinations(range(1, k), size)]
    found: dict[frozenset[int], None] = {}
    for centre in range(k):
        for reach in range(int(network.distance.max())):
            near = frozenset(np.flatnonzero(network.distance[centre] <= reach).tolist())
            cut = everything - near if 0 in near else near
            if 0 < len(cut) < k:
                found[cut] = None
    return list(found)


def combine(bounds: Mapping[frozenset[int], int], network: Network) -> int:
    """The least number of link uses that the bounds of all cuts allow for, by weights on the cuts.

    Examples
    --------
    Three nodes that each need one ebit with the rest need two in all, not three halves; on a line cuts add up.

    >>> from gossamer.ir.network_text import resolve_network
    >>> one = {frozenset({i}): 1 for i in range(3)}
    >>> combine(one, resolve_network("3:qubits=1")), combine(one, resolve_network("line:3:qubits=1"))
    (2, 2)
    """
    cuts = [cut for cut, bound in bounds.items() if bound > 0]
    if not cuts:
        return 0
    links = [(a, b) for b in range(network.size) for a in network.neighbours[b] if a < b]
    leaves = np.array([[(a in cut) != (b in cut) for cut in cuts] for a, b in links], np.float64)
    value = np.array([bounds[cut] for cut in cuts], np.float64)
    weights = [Fraction(float(w)) for w in _simplex(leaves, value)]
    most = max(sum((w for w, there in zip(weights, row, strict=True) if there), Fraction(0)) for row in leaves)
    total = sum((w * bounds[cut] for w, cut in zip(weights, cuts, strict=True)), Fraction(0))
    return max(math.ceil(total / max(most, Fraction(1))), max(bounds.values()))


def _simplex(rows: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights >= 0 with ``rows @ weights <= 1`` (up to rounding) whose ``value @ weights`` is large; Bland's rule."""
    m, n = rows.shape
    table = np.zeros((m + 1, n + m + 1))
    table[:m, :n], table[:m, n : n + m], table[:m, -1], table[m, :n] = rows, np.eye(m), 1, -value
    basis = list(range(n, n + m))
    for _ in range(50 * (m + n)):  # any basis gives weights that are allowed
        enter = np.flatnonzero(table[m, :-1] < -1e-9)
        if not len(enter):
            break
        column = int(enter[0])
        fits = np.flatnonzero(table[:m, column] > 1e-9)
        if not len(fits):
            break  # a cut that no link leaves
        ratios = table[fits, -1] / table[fits, column]
        row = min(fits[ratios <= ratios.min() + 1e-12].tolist(), key=basis.__getitem__)
        table[row] /= table[row, column]
        others = np.arange(m + 1) != row
        table[others] -= np.outer(table[others, column], table[row])
        basis[row] = column
    weights = np.zeros(n + m)
    weights[basis] = table[:m, -1]
    return np.maximum(weights[:n], 0)


# ---- the rank of a cut ----------------------------------------------------------------------------------------------


class _Unknown(Exception):
    """No bound is known."""


@dataclass(frozen=True)
class _Factor:
    """``exp(i pi angle p)`` for a gadget, ``1 + exp(i pi angle) (-1)**p`` for a spider that is summed over; p the parity of the legs."""

    legs: frozenset[int]
    angle: Fraction
    summed: bool


@dataclass
class _Form:
    """A map as a product: legs with Hadamard edges between them, and factors; each leg is a spider and an end of the source."""

    place: list[int] = field(default_factory=list)  # leg -> position among the inputs and outputs
    edges: set[tuple[int, int]] = field(default_factory=set)
    factors: list[_Factor] = field(default_factory=list)


class _Ranks:
    """Ranks of the cuts of one source."""

    def __init__(self, source: Diagram) -> None:
        self.matrix: NDArray[np.complex128] | None = None
        self.shown = np.ones(len(source.inputs) + len(source.outputs), np.bool_)  # the legs that the matrix has
        self.form, why = None, "with H-boxes"
        if not bool((source.kind == VertexKind.H).any()):
            self.form, why = _read_form(source)
        if self.form is not None and not self.form.factors:
            self.note = "operator Schmidt rank, exact on each cut (Clifford)"
            return
        if any(bit.kind == BitKind.OUTCOME for bit in source.bits):
            raise _Unknown("no bound is known: not Clifford, and with outcomes")
        if self.form is not None:
            self.note = "operator Schmidt rank, of a part of the map"
            return
        open_inputs = _room(source) - len(source.outputs)
        if open_inputs < 0:
            raise _Unknown(f"no bound is known: not Clifford, {why}, and too large to be written down")
        self.matrix, self.shown = _written_down(source, open_inputs)
        self.note = "operator Schmidt rank, of the matrix" + (
            "" if self.shown.all() else ", some inputs in given states"
        )

    def rank(self, inside: Sequence[bool]) -> int:
        """A number that the logarithm of the rank is at least, rounded up."""
        if all(inside) or not any(inside):
            return 0
        if self.form is not None:
            return _rank_of_form(self.form, [inside[p] for p in self.form.place])
        assert self.matrix is not None
        return _rank_of_matrix(self.matrix, np.array(inside)[self.shown])


def _room(source: Diagram) -> int:
    """How many legs a matrix may have."""
    return min(MAX_ENTRIES, MAX_SWEEP // max(1, source.num_vertices)).bit_length() - 1


def _written_down(source: Diagram, open_inputs: int) -> tuple[NDArray[np.complex128], NDArray[np.bool_]]:
    """The map with at most so many inputs open and the others in a product state; which legs that leaves.

    The states have no symmetry, a different angle each; open inputs are taken from both ends of the register.
    """
    n = len(source.inputs)
    order = [i for pair in zip(range(n), reversed(range(n)), strict=True) for i in pair][:n]
    free = set(list(dict.fromkeys([*order, *range(n)]))[:open_inputs])
    columns: NDArray[np.complex128] = np.ones((1, 1), np.complex128)
    for i in range(n):
        turn = 0.7 + 0.31 * i
        state = np.array([[math.cos(turn)], [math.sin(turn) * np.exp(1j * (0.4 + 0.17 * i))]])
        columns = np.kron(columns, np.eye(2) if i in free else state).astype(np.complex128)
    shown = np.array([i in free for i in range(n)] + [True] * len(source.outputs), np.bool_)
    return kraus(source, {}, columns).T.reshape(-1), shown


def _rank_of_matrix(amplitudes: NDArray[np.complex128], inside: NDArray[np.bool_]) -> int:
    axes = amplitudes.reshape((2,) * len(inside)).transpose([*np.flatnonzero(inside), *np.flatnonzero(~inside)])
    values = np.linalg.svd(axes.reshape(1 << int(inside.sum()), -1), compute_uv=False)
    return _log(int((values > _CLEARLY * values[0]).sum())) if values[0] > 0 else 0


def _log(rank: int) -> int:
    """``log2(rank)``, rounded up."""
    return max(0, rank - 1).bit_length()


def _read_form(source: Diagram) -> tuple[_Form | None, str]:
    """The source as a `_Form`, or why rewriting does not give one."""
    limit = MAX_WORK if source.is_clifford else MAX_MIXED_WORK
    if _LOOKS * 2 * source.num_edges > limit:
        return None, "too large to be reduced"
    graph = WorkGraph.from_diagram(source, modulus=True)
    if not reduce(graph, "full", limit=limit):
        return None, "too large to be reduced"
    if any(graph.plain.values()):
        return None, "spiders are left between spiders"
    position = {int(v): i for i, v in enumerate((*source.inputs.tolist(), *source.outputs.tolist()))}
    form, leg_of = _Form(), {}
    for v in graph.spiders():
        if graph.signed.get(v) or v in graph.rest:
            return None, "with phases under conditions"
        for i, end in enumerate(graph.ends.get(v, ())):
            # What is on an end is local. The first one shows its spider; another one is a spider of its own with an edge to it.
            form.place.append(position[graph.anchor[end]])
            leg = len(form.place) - 1
            if i == 0:
                leg_of[v] = leg
            else:
                form.edges.add((leg_of[v], leg))
    for v in graph.spiders():
        near = graph.adj[v]
        if v in leg_of:
            form.edges |= {(leg_of[v], leg_of[w]) for w in near if v < w and w in leg_of}
            continue
        inner = [w for w in near if w not in leg_of]
        angle = Fraction(graph.const[v], graph.unit)
        if not inner:
            if not graph.is_pauli(v):
                form.factors.append(_Factor(frozenset(leg_of[w] for w in near), angle, summed=True))
            elif near:
                return None, "with legs that depend on each other"
        elif len(inner) == 1 and len(near) == 1:
            hub = inner[0]
            rest = graph.adj[hub] - {v}
            if not graph.is_pauli(hub) or any(w not in leg_of for w in rest):
                return None, "spiders are left between spiders"
            angle = -angle if graph.const[hub] else angle  # a pi on the hub turns the parity over
            form.factors.append(_Factor(frozenset(leg_of[w] for w in rest), angle, summed=False))
        elif not any(len(graph.adj[w]) == 1 for w in inner):
            return None, "spiders are left between spiders"
    return form, ""


def _rank_of_form(form: _Form, inside: Sequence[bool]) -> int:
    """The logarithm of the rank, exact without factors, else a lower bound."""
    crossing = [(a, b) if inside[a] else (b, a) for a, b in form.edges if inside[a] != inside[b]]
    factors = [f for f in form.factors if len({inside[leg] for leg in f.legs}) == 2]
    if not factors:
        return _rank_of_edges(crossing)
    best = 0
    for pairs in (_coarse_pairs(crossing, factors, inside), _most_pairs(crossing, factors, inside)):
        found = 0
        for part in _parts(pairs, crossing, factors):
            found += _rank_of_part(part, crossing, factors, inside)
        best = max(best, found)
    return best


def _candidates(
    crossing: Iterable[tuple[int, int]], factors: Iterable[_Factor], inside: Sequence[bool]
) -> dict[tuple[int, int], int]:
    """Pairs of legs that something joins over the cut, the inner one first, with the order of its phase."""
    out = dict.fromkeys(sorted(crossing), 1)
    for f in factors:
        for a in sorted(leg for leg in f.legs if inside[leg]):
            for b in sorted(leg for leg in f.legs if not inside[leg]):
                out[a, b] = min(out.get((a, b), f.angle.denominator), f.angle.denominator)
    return out


def _coarse_pairs(
    crossing: Iterable[tuple[int, int]], factors: Iterable[_Factor], inside: Sequence[bool]
) -> list[tuple[int, int]]:
    """Disjoint pairs, those of large angles first."""
    candidates = _candidates(crossing, factors, inside)
    taken: set[int] = set()
    out = []
    for pair in sorted(candidates, key=lambda pair: (candidates[pair], pair)):
        if taken.isdisjoint(pair):
            taken.update(pair)
            out.append(pair)
    return out


def _most_pairs(
    crossing: Iterable[tuple[int, int]], factors: Iterable[_Factor], inside: Sequence[bool]
) -> list[tuple[int, int]]:
    """As many disjoint pairs as there can be."""
    meet: dict[int, list[int]] = {}
    for a, b in _candidates(crossing, factors, inside):
        meet.setdefault(a, []).append(b)
    return sorted((a, b) for b, a in greatest_matching(meet).items())


def _parts(
    pairs: Sequence[tuple[int, int]], crossing: Iterable[tuple[int, int]], factors: Iterable[_Factor]
) -> Iterable[list[tuple[int, int]]]:
    """The pairs in parts that nothing joins, all other legs being 0: the rank of a product is the product of the ranks."""
    parent = {leg: leg for pair in pairs for leg in pair}

    def root(leg: int) -> int:
        while parent[leg] != leg:
            parent[leg] = leg = parent[parent[leg]]
        return leg

    for group in (*crossing, *(f.legs for f in factors)):
        there = [leg for leg in group if leg in parent]
        for leg in there[1:]:
            parent[root(leg)] = root(there[0])
    out: dict[int, list[tuple[int, int]]] = {}
    for pair in pairs:
        out.setdefault(root(pair[0]), []).append(pair)
    return out.values()


def _rank_of_part(
    part: Sequence[tuple[int, int]],
    crossing: Sequence[tuple[int, int]],
    factors: Sequence[_Factor],
    inside: Sequence[bool],
) -> int:
    """The rank on the legs of a part, all others 0; of its first pairs only where phases are in it and it is large."""
    inner = {leg for pair in part for leg in pair}
    edges = [(a, b) for a, b in crossing if a in inner and b in inner]
    products = [f for f in factors if len({inside[leg] for leg in f.legs & inner}) == 2]
    if not products:
        return _rank_of_edges(edges)
    return _rank_of_product([[pair[s] for pair in part[:MAX_SIDE]] for s in (0, 1)], edges, products, inside)


def _rank_of_edges(edges: Iterable[tuple[int, int]]) -> int:
    rows: dict[int, int] = {}
    for a, b in edges:
        rows[a] = rows.get(a, 0) ^ 1 << b
    return rank_gf2(rows.values())


def rank_gf2(rows: Iterable[int]) -> int:
    """The rank over GF(2) of rows given as bit masks.

    Examples
    --------
    >>> rank_gf2([0b011, 0b110, 0b101])
    2
    """
    by_top: dict[int, int] = {}
    for row in rows:
        while row:
            top = row.bit_length()
            if top not in by_top:
                by_top[top] = row
                break
            row ^= by_top[top]
    return len(by_top)


def _rank_of_product(
    sides: Sequence[Sequence[int]], pairs: Sequence[tuple[int, int]], factors: Sequence[_Factor], inside: Sequence[bool]
) -> int:
    """The rank of ``M`` on the legs of ``sides``, all others 0."""
    bits = [(np.arange(1 << len(side))[:, None] >> np.arange(len(side))) & 1 for side in sides]
    column = {leg: (s, i) for s, side in enumerate(sides) for i, leg in enumerate(side)}
    live = [f for f in factors if len({inside[leg] for leg in f.legs if leg in column}) == 2]
    order = math.lcm(2, *(2 * f.angle.denominator for f in live))  # all phases are powers of this root of unity
    exact = order <= MAX_ORDER

    def steps(angles: Iterable[Fraction]) -> NDArray[Any]:
        """Exponents of the root of unity; where it has too high an order, parts of the whole circle."""
        return (
            np.array([int(a * order / 2) for a in angles], np.int64)
            if exact
            else np.array([a / 2 for a in angles], np.float64)
        )

    def parities(side: int, some: Sequence[_Factor]) -> NDArray[np.int64]:
        """For each row (or column) of the matrix and each factor the parity of its legs there."""
        takes = np.zeros((len(sides[side]), len(some)), np.int64)
        for j, f in enumerate(some):
            for leg in f.legs:
                if leg in column and column[leg][0] == side:
                    takes[column[leg][1], j] = 1
        return bits[side] @ takes & 1

    gadgets, sums = [f for f in live if not f.summed], [f for f in live if f.summed]
    weight, rows, columns = steps(f.angle for f in gadgets), parities(0, gadgets), parities(1, gadgets)
    # the parity of both sides is u + v - 2 u v
    exponent = (rows @ weight)[:, None] + (columns @ weight)[None, :] - 2 * (rows * weight) @ columns.T
    joined = np.zeros((len(sides[0]), len(sides[1])), np.int64)
    for a, b in pairs:
        if a in column and b in column:
            joined[column[a][1], column[b][1]] = 1
    exponent = exponent + steps([Fraction(1)]) * (bits[0] @ joined @ bits[1].T)
    odd = [parities(0, [f]) ^ parities(1, [f]).T for f in sums]
    if not exact:
        turn = [np.exp(2j * math.pi * float(f.angle / 2)) for f in sums]
        matrix = math.prod(
            (np.where(p, 1 - w, 1 + w) for p, w in zip(odd, turn, strict=True)), start=np.exp(2j * math.pi * exponent)
        )
        values = np.linalg.svd(matrix, compute_uv=False)
        return _log(int((values > _CLEARLY * values[0]).sum()))
    prime = _field(order)[0]
    matrix = _powers(order, exponent)
    for p, step in zip(odd, steps(f.angle for f in sums), strict=True):
        root = int(_powers(order, step))
        matrix = matrix * np.where(p, 1 - root, 1 + root) % prime
    return _log_rank_mod(matrix, prime)


def _powers(order: int, exponents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Powers of a root of unity of that order, in `_field`."""
    exponents = exponents % order
    low, high = _tables(order)
    return low[exponents % len(low)] * high[exponents // len(low)] % _field(order)[0]


@cache
def _tables(order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first powers of the root, and those of the power that comes after them."""
    prime, root = _field(order)
    size = math.isqrt(order) + 1
    low, high = [1], [1]
    for _ in range(size - 1):
        low.append(low[-1] * root % prime)
    for _ in range(order // size):
        high.append(high[-1] * low[-1] * root % prime)
    return np.array(low, np.int64), np.array(high, np.int64)


@cache
def _field(order: int) -> tuple[int, int]:
    """A prime below 2**31 whose field has an element of that order, and the element."""
    factors = {q for q in range(2, math.isqrt(order) + 1) if order % q == 0}
    factors |= {order // q for q in factors} | {order}
    for prime in range(((1 << 31) - 2) // order * order + 1, order, -order):
        if _is_prime(prime):
            for base in range(2, prime):
                root = pow(base, (prime - 1) // order, prime)
                if all(pow(root, order // q, prime) != 1 for q in factors):
                    return prime, root
    raise InternalError("TL-14", f"no prime field below 2**31 has roots of unity of order {order}")


def _is_prime(n: int) -> bool:
    """Whether an odd number below 2**31 is prime: Miller's test, which no composite below 3 215 031 751 passes for the bases 2, 3, 5, 7 (Jaeschke, 1993)."""
    if n in (3, 5, 7):
        return True
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    for base in (2, 3, 5, 7):
        x = pow(base, (n - 1) >> twos, n)
        if x != 1 and all(pow(x, 1 << i, n) != n - 1 for i in range(twos)):
            return False
    return True


def _log_rank_mod(matrix: NDArray[np.int64], prime: int) -> int:
    """The logarithm of the rank, rounded up; of a bit more than half of the rows first, which says it already where they are independent."""
    enough = len(matrix) // 2 + 1
    if enough < len(matrix) <= matrix.shape[1] and _rank_mod(matrix[:enough], prime) == enough:
        return _log(enough)
    return _log(_rank_mod(matrix, prime))


def _rank_mod(matrix: NDArray[np.int64], prime: int) -> int:
    matrix, rank = matrix.copy(), 0
    for column in range(matrix.shape[1]):
        (there,) = np.nonzero(matrix[rank:, column])
        if not len(there):
            continue
        pivot = rank + int(there[0])
        matrix[[rank, pivot]] = matrix[[pivot, rank]]
        row = matrix[rank, column:] * pow(int(matrix[rank, column]), -1, prime) % prime
        below = rank + 1
        matrix[below:, column:] = (matrix[below:, column:] - matrix[below:, column, None] * row) % prime
        rank += 1
        if rank == len(matrix):
            break
    return rank
