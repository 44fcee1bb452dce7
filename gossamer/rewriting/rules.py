"""The rewrite rules: pairs ``check(graph, vertex) -> match or None`` and ``apply(graph, match) -> touched vertices``.

Each rule keeps the map ``K_m`` exactly, for all values of bits and symbols, scalar included; `RULES` lists them with what they keep
of a flow. A check is pure. ``apply`` may only be called with a match of the graph as it is, and returns the spiders whose phase or
edges it changed. Outcomes of measurements are spiders like others unless they are `fixed`.

What is said of flow holds for spiders that are measured and corrected: rules that remove a spider with an outcome of the source
turn that outcome into a coin (see `WorkGraph.to_diagram`).

References
----------
[DKPW] Duncan, Kissinger, Perdrix, van de Wetering, Graph-theoretic simplification of quantum circuits, Quantum 4, 279 (2020).
[KW] Kissinger, van de Wetering, Reducing the number of non-Clifford gates, PRA 102, 022406 (2020).
[BMFLW] Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, There and back again, Quantum 5, 421 (2021).
[CD] Coecke, Duncan, Interacting quantum observables, New J. Phys. 13, 043016 (2011).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from gossamer.ir.phase import BitExpr, Phase
from gossamer.rewriting.graph import Pauli, WorkGraph, as_expression

#: What a rule keeps: a causal flow stays one; a gflow (a Pauli flow) exists after it if one existed before.
Keeps = Literal["causal", "gflow", "pauli"]


def _may_go(g: WorkGraph, v: int) -> bool:
    """Whether the spider is interior, with Hadamard edges only, and not fixed."""
    return v not in g.ends and v not in g.fixed and v not in g.plain


# ---- fusion, identities ---------------------------------------------------------------------------------------------


def check_fuse(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """Two spiders joined by a plain edge; not if both are fixed or both show an outcome."""
    for w in g.plain.get(v, ()):
        if (v in g.fixed and w in g.fixed) or (v in g.owner and w in g.owner):
            continue
        return v, w
    return None


def apply_fuse(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """The spider fusion law of [CD]: phases add, parallel Hadamard edges cancel, a Hadamard edge between the two is a pi."""
    a, b = match
    if len(g.adj[a]) < len(g.adj[b]):
        a, b = b, a
    adj = g.adj
    near = adj[b]
    loop = a in near
    if loop:
        near.discard(a)
        adj[a].discard(b)
        g.add_const(a, g.unit)
    mine = adj[a]
    for n in near:
        other = adj[n]
        other.discard(b)
        if n in mine:
            mine.discard(n)
            other.discard(a)
        else:
            mine.add(n)
            other.add(a)
        if len(other) == 1:
            g.note_leaf(n)
    if len(mine) == 1:
        g.note_leaf(a)
    touched = [a, *near]
    adj[b] = set()
    for n in g.plain.pop(b):
        g.plain[n].discard(b)
        if n != a:
            g.add_plain(a, n)
        if not g.plain[n]:
            del g.plain[n]
    g.move_ends(b, a)
    g.give_phase(a, g.take_phase(b))
    g.merge_origins(a, b)
    if b in g.owner:
        g.owner[a] = g.owner.pop(b)
    if b in g.fixed:
        g.fixed.discard(b)
        g.fixed.add(a)
    g.rank[a] = min(g.rank[a], g.rank[b])
    g.remove(b)
    return touched


def check_identity(g: WorkGraph, v: int) -> int | None:
    """A spider of phase 0 with two legs: two neighbours, one and an end, or two Hadamard ends."""
    size = len(g.adj[v])
    if size > 2 or not g.is_zero(v) or v in g.fixed or v in g.plain:
        return None
    ends = g.ends.get(v, ())
    if size + len(ends) != 2:
        return None
    if size == 0:
        return v if all(g.end_hadamard[e] for e in ends) else None
    if size == 2:
        a, b = g.adj[v]
        if (a in g.fixed and b in g.fixed) or (a in g.owner and b in g.owner):
            return None
    return v


def apply_identity(g: WorkGraph, v: int) -> Iterable[int]:
    """[CD]: the wire goes through. Two Hadamard edges are a plain one."""
    near = sorted(g.adj[v])
    if len(near) == 2:
        a, b = near
        g.multiply(2)
        g.remove(v)
        g.add_plain(a, b)
        return near
    if len(near) == 1:
        (e,) = g.ends[v]
        if g.end_hadamard[e]:
            g.multiply(2)
        g.move_ends(v, near[0], flip=True)
        g.remove(v)
        return near
    g.multiply(2)
    for e in g.ends[v]:
        g.end_hadamard[e] = False
    return ()


def check_scalar(g: WorkGraph, v: int) -> int | None:
    """An isolated spider whose value is a number that the scalar can hold for every value of the bits."""
    if g.adj[v] or not _may_go(g, v):
        return None
    if g.is_half(v):
        return v
    return v if g.is_pauli(v) and v not in g.flip else None


def apply_scalar(g: WorkGraph, v: int) -> Iterable[int]:
    """``1 + exp(i pi a)``: 2, 0, or a root of i times the square root of 2."""
    if g.is_half(v):
        g.multiply(1, _eighth(g, v))
    elif g.const[v]:
        g.factor = Fraction(0)
    else:
        g.multiply(2)
    g.remove(v)
    return ()


# ---- Clifford spiders -----------------------------------------------------------------------------------------------


def check_copy(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """A Pauli state: a spider with one leg and a phase ``pi * k``, on a spider that may go."""
    if len(g.adj[v]) != 1 or not g.is_pauli(v) or not _may_go(g, v):
        return None
    (w,) = g.adj[v]
    if w in g.fixed or w in g.plain:
        return None
    return v, w


def apply_copy(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """[CD]: the neighbour has the value k, which its own neighbours get as ``pi * k``; its phase becomes a number."""
    v, w = match
    k = g.pauli(v)
    g.multiply(2, _times(g, w, k))
    g.remove(v)
    near = set(g.adj[w])
    ends = g.ends.pop(w, [])
    rank = g.rank[w]
    g.remove(w)
    for n in near:
        g.add_pauli(n, k)
    for e in ends:  # a value on an end is a state of its own: the spider of phase pi k behind one Hadamard more
        state = g.new_spider(rank)
        g.add_pauli(state, k)
        g.ends[state] = [e]
        g.end_at[e] = state
        if not g.end_hadamard[e]:
            g.multiply(-2)
        g.end_hadamard[e] ^= True
        near.add(state)
    return near


def check_push(g: WorkGraph, v: int) -> tuple[int, int, int] | None:
    """A Pauli spider with two neighbours, one of which may go: (spider, the one that stays, the one that goes)."""
    if len(g.adj[v]) != 2 or not g.is_pauli(v) or not _may_go(g, v):
        return None
    a, b = sorted(g.adj[v], key=lambda w: (not _may_go(g, w), len(g.adj[w]), w))
    return (v, b, a) if _may_go(g, a) and b not in g.plain else None


def apply_push(g: WorkGraph, match: tuple[int, int, int]) -> Iterable[int]:
    """pi-push [CD]: a Pauli between two Hadamards moves through a spider onto its other legs, and the spider fuses."""
    v, a, b = match
    k = g.pauli(v)
    g.remove(v)
    g.multiply(2, _times(g, b, k))
    g.negate_if(b, k)
    if b in g.adj[a]:  # an edge between the two is a loop, and sees the flip
        g.add_edge(a, b)
        g.add_const(a, g.unit)
        g.add_pauli(a, k)
    near = list(g.adj[b])
    for n in near:
        g.add_pauli(n, k)
    g.add_plain(a, b)
    return {*near, *apply_fuse(g, (a, b))}


def _times(g: WorkGraph, v: int, k: Pauli) -> Phase | None:
    """The phase of a spider where k is 1; None for 0, and where the graph keeps no phase of its scalar."""
    if g.phases is None or (k.is_zero if isinstance(k, BitExpr) else not k):
        return None
    return g.phase_of(v).times(g.short(k)) if isinstance(k, BitExpr) else g.phase_of(v)


def _eighth(g: WorkGraph, v: int) -> Phase | None:
    """The phase of ``1 + exp(i pi a)``, a being the phase of a half; None where the graph keeps none."""
    return None if g.phases is None else Phase(Fraction(1, 4)).negated_if(g.short(as_expression(g.half_sign(v))))


def check_complement(g: WorkGraph, v: int) -> int | None:
    """An interior spider of phase ``pi/2 + pi * k`` that is no leaf of a gadget."""
    if not g.is_half(v) or not _may_go(g, v):
        return None
    return None if check_clifford_gadget(g, v) is not None else v


def apply_complement(g: WorkGraph, v: int) -> Iterable[int]:
    """Local complementation [DKPW, lemma 5.2]: the spider goes, its neighbours are complemented and lose its phase."""
    g.multiply(1, _eighth(g, v))
    near = g.adj[v]
    adj = g.adj
    g.adj[v] = set()
    for n in near:
        g.subtract(n, v)
        other = adj[n]
        other.discard(v)
        other ^= near
        other.discard(n)
        if len(other) == 1:
            g.note_leaf(n)
    g.remove(v)
    return near


def check_pivot(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """An interior Pauli spider beside another one; the neighbour with the fewest legs is chosen."""
    if not g.is_pauli(v) or not _may_go(g, v):
        return None
    best = -1
    for w in g.adj[v]:
        if (best < 0 or (len(g.adj[w]), w) < (len(g.adj[best]), best)) and g.is_pauli(w) and _may_go(g, w):
            best = w
    return (v, best) if best >= 0 else None


def apply_pivot(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """Pivoting [DKPW, lemma 5.3]: both spiders go; between their own and their common neighbours all edges are complemented."""
    u, v = match
    adj = g.adj
    ku, kv = g.pauli(u), g.pauli(v)
    both = adj[u] & adj[v]
    only_u = adj[u] - both
    only_v = adj[v] - both
    only_u.discard(v)
    only_v.discard(u)
    g.remove(u)
    g.remove(v)
    g.multiply(2, _and(g, ku, kv))
    v_or_both, u_or_both, one = only_v | both, only_u | both, only_u | only_v
    for a in only_u:
        adj[a] ^= v_or_both
    for b in only_v:
        adj[b] ^= u_or_both
    for c in both:
        adj[c] ^= one
    if kv != 0:
        for a in u_or_both:
            g.add_pauli(a, kv)
    if ku != 0:
        for b in v_or_both:
            g.add_pauli(b, ku)
    for c in both:
        g.add_const(c, g.unit)
    for w in one | both:
        if len(adj[w]) == 1:
            g.note_leaf(w)
    return one | both


def _and(g: WorkGraph, a: Pauli, b: Pauli) -> Phase | None:
    """``pi * a * b`` as a phase; None for 0, and where the graph keeps no phase of its scalar."""
    if g.phases is None or a == 0 or b == 0:
        return None
    return Phase(1).times(g.short(as_expression(a)) & g.short(as_expression(b)))


# ---- phase gadgets --------------------------------------------------------------------------------------------------


def leaf_of(g: WorkGraph, v: int) -> int | None:
    """The leaf of the gadget whose hub is ``v``: an interior neighbour with no other leg."""
    return None if v in g.ends else next((w for w in g.leaves(v) if _may_go(g, w)), None)


def make_gadget(g: WorkGraph, v: int) -> tuple[int, int]:
    """Move the phase of ``v`` onto a gadget with the one leg ``v`` [KW, section 4]; hub and leaf."""
    hub, leaf = g.new_spider(g.rank[v]), g.new_spider(g.rank[v])
    g.give_phase(leaf, g.take_phase(v))
    g.add_edge(v, hub)
    g.add_edge(hub, leaf)
    g.multiply(-2)
    if g.origins is not None and v in g.origins:
        g.origins[leaf] = g.origins.pop(v)
    return hub, leaf


def check_gadget_pivot(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """An interior Pauli spider that is no hub, beside an interior spider that is neither Pauli nor a leaf."""
    if not g.is_pauli(v) or not _may_go(g, v) or leaf_of(g, v) is not None:
        return None
    best = -1
    for w in g.adj[v]:
        if (
            len(g.adj[w]) > 1
            and (best < 0 or (len(g.adj[w]), w) < (len(g.adj[best]), best))
            and not g.is_pauli(w)
            and _may_go(g, w)
        ):
            best = w
    return (v, best) if best >= 0 else None


def apply_gadget_pivot(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """[KW, section 4]: the phase in the way becomes a gadget, then pivot; the hub takes the place of the spider."""
    u, v = match
    hub, leaf = make_gadget(g, v)
    return {hub, leaf, *apply_pivot(g, (u, v))}


def check_boundary_pivot(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """An interior Pauli spider that is no hub, beside a spider with ends."""
    if not g.is_pauli(v) or not _may_go(g, v) or leaf_of(g, v) is not None:
        return None
    best = -1
    for w in g.adj[v]:
        fits = w in g.ends and w not in g.fixed and w not in g.plain
        if fits and (best < 0 or _end_key(g, w) < _end_key(g, best)):
            best = w
    return (v, best) if best >= 0 else None


def _end_key(g: WorkGraph, w: int) -> tuple[int, bool, int, int]:
    return len(g.ends[w]), not g.is_pauli(w), len(g.adj[w]), w


def apply_boundary_pivot(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """[DKPW, section 5; BMFLW]: the ends move behind spiders of phase 0 (and a phase onto a gadget), then pivot."""
    u, v = match
    new = _move_ends_out(g, v)
    if not g.is_pauli(v):
        new += make_gadget(g, v)
    return {*new, *apply_pivot(g, (u, v))}


def _move_ends_out(g: WorkGraph, v: int) -> list[int]:
    """Put each end of a spider behind two Hadamard edges, with a spider of phase 0 between them; the new spiders."""
    new: list[int] = []
    for e in g.ends.pop(v, ()):
        w = g.new_spider(g.rank[v])
        g.ends[w] = [e]
        g.end_at[e] = w
        if not g.end_hadamard[e]:
            g.multiply(-2)  # a plain wire is two Hadamard edges
        g.end_hadamard[e] ^= True
        g.add_edge(v, w)
        new.append(w)
    return new


def check_clifford_gadget(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """The leaf, of phase ``pi/2 + pi * k``, of a gadget."""
    if len(g.adj[v]) != 1 or not g.is_half(v) or not _may_go(g, v):
        return None
    (hub,) = g.adj[v]
    return (v, hub) if g.is_pauli(hub) and _may_go(g, hub) else None


def apply_clifford_gadget(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """[KW, section 4]: a gadget of a Clifford phase is a local complementation of its legs: of the leaf, then of the hub."""
    leaf, hub = match
    apply_complement(g, leaf)
    return apply_complement(g, hub)


def check_hub(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """A hub with a phase ``pi * k`` that is not 0, or with one leg beside its leaf."""
    if g.is_zero(v) or not g.is_pauli(v) or v in g.fixed or v in g.plain:
        return None
    leaf = leaf_of(g, v)
    return None if leaf is None else (v, leaf)


def apply_hub(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """pi-push through a gadget [KW]: the leaf changes its sign, and its phase becomes a number where k is 1."""
    hub, leaf = match
    k = g.pauli(hub)
    g.multiply(0, _times(g, leaf, k))
    g.negate_if(leaf, k)
    g.take_phase(hub)
    return hub, leaf


def check_gadget_fusion(g: WorkGraph, v: int, known: dict[frozenset[int], int]) -> tuple[int, int] | None:
    """Two gadgets of hub phase 0 on the same legs; ``known`` says which hub was last seen on some legs."""
    if not g.is_zero(v) or not _may_go(g, v):
        return None
    leaf = leaf_of(g, v)
    if leaf is None:
        return None
    legs = frozenset(g.adj[v] - {leaf})
    other = known.get(legs, -1)
    if other < 0 or other == v or not g.alive[other] or not g.is_zero(other) or not _may_go(g, other):
        known[legs] = v
        return None
    far = leaf_of(g, other)
    if far is None or g.adj[other] - {far} != legs:
        known[legs] = v
        return None
    return other, v


def apply_gadget_fusion(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """[KW, section 4]: phases on the same parity add."""
    stays, goes = match
    leaf, gone = leaf_of(g, stays), leaf_of(g, goes)
    if leaf is None or gone is None:
        raise ValueError("no gadgets")
    g.give_phase(leaf, g.take_phase(gone))
    g.merge_origins(leaf, gone)
    near = set(g.adj[goes])
    near.discard(gone)
    g.remove(gone)
    g.remove(goes)
    g.multiply(2)
    return {stays, leaf, *near}


# ---- spiders behind a Hadamard end ----------------------------------------------------------------------------------
#
# An input or output with a Hadamard edge is a vertex of its own in an open graph, and the spider behind it one more. Such a
# spider goes like an interior one: the end keeps its vertex, which is all that is left of the two.


def _behind_hadamard_end(g: WorkGraph, v: int) -> bool:
    """Whether the spider has one end, with a Hadamard, and nothing else keeps it."""
    ends = g.ends.get(v, ())
    return len(ends) == 1 and g.end_hadamard[ends[0]] and v not in g.fixed and v not in g.plain


def check_end_complement(g: WorkGraph, v: int) -> int | None:
    """A spider of phase ``pi/2 + pi * k`` behind a Hadamard end."""
    return v if g.is_half(v) and _behind_hadamard_end(g, v) else None


def apply_end_complement(g: WorkGraph, v: int) -> Iterable[int]:
    """The end moves out, where it needs no Hadamard, and the spider is complemented away [DKPW, lemma 5.2; BMFLW, section 4]."""
    return {*_move_ends_out(g, v), *apply_complement(g, v)}


def check_end_pivot(g: WorkGraph, v: int) -> tuple[int, int] | None:
    """A Pauli spider behind a Hadamard end, beside one that is interior and no leaf, or behind a Hadamard end as well."""
    if not g.is_pauli(v) or not _behind_hadamard_end(g, v):
        return None
    best = -1
    for w in g.adj[v]:
        if best >= 0 and (len(g.adj[w]), w) > (len(g.adj[best]), best):
            continue
        if _behind_hadamard_end(g, w) or (len(g.adj[w]) > 1 and _may_go(g, w)):
            best = w
    return (v, best) if best >= 0 else None


def apply_end_pivot(g: WorkGraph, match: tuple[int, int]) -> Iterable[int]:
    """The ends move out, where they need no Hadamard, then pivot [BMFLW, section 4]: a vertex of the open graph less, or two.

    A phase in the way becomes a gadget; a gadget in the way becomes a spider with the phase of its leaf.
    """
    u, v = match
    new = _move_ends_out(g, u) + _move_ends_out(g, v)
    if not g.is_pauli(v):
        new += make_gadget(g, v)
    return {*new, *apply_pivot(g, (u, v))}


# ---- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule, and what it keeps: the kind of flow that exists after it if it existed before."""

    name: str
    check: Callable[..., Any]
    apply: Callable[[WorkGraph, Any], Iterable[int]]
    keeps: Keeps


RULES: tuple[Rule, ...] = (
    Rule("fuse", check_fuse, apply_fuse, "causal"),
    Rule("identity", check_identity, apply_identity, "causal"),
    Rule("scalar", check_scalar, apply_scalar, "causal"),
    Rule("copy", check_copy, apply_copy, "pauli"),
    Rule("push", check_push, apply_push, "causal"),
    Rule("clifford-gadget", check_clifford_gadget, apply_clifford_gadget, "gflow"),
    Rule("complement", check_complement, apply_complement, "gflow"),
    Rule("pivot", check_pivot, apply_pivot, "gflow"),
    Rule("gadget-pivot", check_gadget_pivot, apply_gadget_pivot, "gflow"),
    Rule("boundary-pivot", check_boundary_pivot, apply_boundary_pivot, "gflow"),
    Rule("end-complement", check_end_complement, apply_end_complement, "gflow"),
    Rule("end-pivot", check_end_pivot, apply_end_pivot, "gflow"),
    Rule("hub", check_hub, apply_hub, "gflow"),
    Rule("gadget-fusion", check_gadget_fusion, apply_gadget_fusion, "gflow"),
)
