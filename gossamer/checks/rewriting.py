"""The check by rewriting: the programs, followed by the adjoint of the source, reduce to bare wires.

It proves or it says nothing. Every outcome of the source becomes a wire (a measurement is a copy onto a wire that nobody looks at
again; Stinespring), so the source is one map ``S``; the programs are a family ``L_m`` over their other outcomes. If rewriting takes
``S^+ L_m`` to ``c`` times the identity, and ``S^+ S`` to ``c'``, and ``L_m^+ L_m`` to ``c''``, for all m at once and with
``|c|^2 = c' c''``, then ``L_m`` is a multiple of ``S`` (Cauchy and Schwarz), by the same factor for every m: the instruments are equal.

That asks for equal phases in all branches of the source. Where a source has none that are random by themselves (a pattern with flow), its outcomes
stay bits instead, and the same identities are proved of its maps ``S_s`` and ``L_(s, m)``, for all s and m.

The rules are those of `gossamer.rewriting`, each of which the tests hold against a naive oracle. The passes of the default pipeline
do not use them; where a pipeline has the pass `simplify`, this check shares its rules with the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations

import numpy as np

from gossamer.checks.case import Case, NotApplicable
from gossamer.ir.diagram import Bit, BitKind, Diagram, VertexKind
from gossamer.ir.phase import BitExpr, Phase, TooLarge
from gossamer.rewriting.graph import WorkGraph
from gossamer.rewriting.strategies import reduce

#: A phase under the product of more source outcomes, or parities of them, is not turned into gadgets.
MAX_CONTROLS = 4
#: An expression with more terms is a bit of its own where it would be multiplied out.
MAX_SIGN_TERMS = 2

Norm = tuple[Fraction, int]  # factor, power of the square root of 2


def check_rewriting(case: Case, limit: int | None = None) -> tuple[bool, int, str]:
    """True, the number of identities proved, and what was found.

    Parameters
    ----------
    limit
        See `gossamer.rewriting.strategies.reduce`; for each identity.

    Raises
    ------
    NotApplicable
        If rewriting does not get to bare wires; that says nothing about the programs.
    """
    wires = _witness_bits(case)
    try:
        _check_registers(case)
        try:
            source = dilate(case.source, {s: i for i, s in enumerate(wires)})
            target = dilate(case.target, {t: i for i, t in enumerate(wires.values())})
            return True, _prove(source, target, limit), "reduced to bare wires by rewriting, for all outcomes at once"
        except NotApplicable as error:
            if not wires:
                raise
            together = error
        try:
            proved = _prove(*_branches(case, wires), limit)
        except NotApplicable as error:
            raise NotApplicable(f"{together}; each branch by itself: {error}") from None
        return True, proved, "reduced to bare wires by rewriting, for each branch by itself"
    except TooLarge as error:
        raise NotApplicable(str(error)) from None


def _prove(source: Diagram, target: Diagram, limit: int | None) -> int:
    """Prove that the target is a multiple of the source, of the same modulus for all bits; the number of identities that this took."""
    ratio = _identity(source, target, limit, "the programs after the adjoint of the source")
    own = _identity(source, source, limit, "the source after its adjoint")
    if len(source.inputs) == len(source.outputs):
        return 2
    theirs = _identity(target, target, limit, "the programs after their adjoint")
    if (ratio[0] ** 2, 2 * ratio[1]) != (own[0] * theirs[0], own[1] + theirs[1]):
        raise NotApplicable("the programs and the source overlap, but not fully")
    return 3


def _witness_bits(case: Case) -> dict[int, int]:
    """Source outcome -> the outcome of the programs that is it."""
    if case.postselected:
        raise NotApplicable("postselected programs are no isometry")
    if not case.complete:
        raise NotApplicable("some outcomes of the source have no witness")
    if any(bit.kind == BitKind.INPUT for bit in case.source.bits):
        raise NotApplicable("classical inputs")
    out: dict[int, int] = {}
    for s, expr in case.witness.items():
        if len(expr.monomials) != 1 or len(expr.bits) != 1:
            raise NotApplicable("an outcome of the source is computed from several outcomes")
        (t,) = expr.bits
        if t in out.values() or case.target.bits[t].kind != BitKind.OUTCOME:
            raise NotApplicable("two outcomes of the source are one outcome of the programs")
        out[s] = t
    return out


def _check_registers(case: Case) -> None:
    theirs, ours = _open_bits(case.target), _open_bits(case.source)
    for a, b in zip(case.source.registers, case.target.registers, strict=True):
        for x, y in zip(a.bits, b.bits, strict=True):
            want = x.substitute(lambda i: ours.get(i, BitExpr.bit(i))).substitute(lambda i: case.witness[i])
            have = y.substitute(lambda i: theirs.get(i, BitExpr.bit(i)))
            if want != have:
                raise NotApplicable(f"register {a.name} is not reported as the outcomes that it is made of")


def _open_bits(d: Diagram, needed: frozenset[int] | None = None) -> dict[int, BitExpr]:
    """Derived bits over bits that are not derived; with ``needed``, only those that depend on one of these."""
    out: dict[int, BitExpr] = {}
    depends: set[int] = set()
    for i, bit in enumerate(d.bits):
        if bit.expr is None:
            continue
        if needed is None or any(b in needed or b in depends for b in bit.expr.bits):
            depends.add(i)
            out[i] = bit.expr.substitute(lambda b: out.get(b, BitExpr.bit(b)))
    return out


# ---- diagrams as maps -----------------------------------------------------------------------------------------------


def dilate(d: Diagram, wires: Mapping[int, int]) -> Diagram:
    """Make outcomes into output wires: ``sum over s of |s> K_s``.

    Parameters
    ----------
    wires
        Outcome bit -> position of its wire behind the outputs that are there.

    A phase of pi under the bit is a Hadamard edge to the wire's spider, any other phase is expanded into phase gadgets on the
    parities of the wires and the spider; the result has no bit of ``wires`` in it. The sign of an angle is a parity in patterns,
    however long: two gadgets.

    Raises
    ------
    NotApplicable
        If a phase depends on the product of more than `MAX_CONTROLS` of the bits, or of parities of them, or an H-box on one.
    """
    kind, phase = d.kind.tolist(), [d.phases[i] for i in d.phase.tolist()]
    phases: dict[Phase, int] = {}
    opened = _open_bits(d, frozenset(wires))
    edges, hadamard = d.edges.tolist(), d.hadamard.tolist()
    ends: dict[int, int] = {}
    outputs = d.outputs.tolist()

    def vertex(of: VertexKind, value: Phase) -> int:
        kind.append(of)
        phase.append(value)
        return len(kind) - 1

    def edge(a: int, b: int, crossed: bool) -> None:
        edges.append([a, b])
        hadamard.append(crossed)

    spider: dict[int, int] = {}
    for bit in sorted(wires, key=lambda b: wires[b]):
        spider[bit] = vertex(VertexKind.Z, Phase())
        ends[bit] = vertex(VertexKind.OUTPUT, Phase())
        edge(spider[bit], ends[bit], False)
        outputs.append(ends[bit])
    bits = list(d.bits)

    def short(k: BitExpr) -> BitExpr:
        """A bit for a long expression, which would be multiplied out under an angle."""
        if len(k.monomials) <= MAX_SIGN_TERMS:
            return k
        bits.append(Bit(BitKind.DERIVED, -1, k))
        return BitExpr.bit(len(bits) - 1)

    power, turns = 0, []
    for v in range(d.num_vertices):
        value = phase[v]
        if not value.bits or value.bits.isdisjoint(wires.keys() | opened.keys()):
            continue
        if kind[v] == VertexKind.H:
            raise NotApplicable("an H-box under a condition")
        products = {b: opened[b] for b in value.bits & opened.keys() if not opened[b].is_parity}
        if products:
            value = value.substitute(lambda b, products=products: products.get(b, BitExpr.bit(b)))
        crossed = kind[v] == VertexKind.Z
        phase[v], odd, shares = _as_parities(value, wires, opened)
        for b in sorted(odd):
            edge(v, spider[b], crossed)
            power += 1  # a Hadamard edge is smaller than the sign that it stands for
        for (legs, turned), share in shares.items():
            ends_at = [(v, crossed) if b < 0 else (spider[b], True) for b in sorted(legs)]
            angle = share.negated_if(short(turned))  # exp(i a (p ^ k)) is exp(i a k) exp(i (-1)^k a p)
            if not turned.is_zero:
                turns.append(share.times(short(turned)))
            if len(ends_at) == 1:
                phase[ends_at[0][0]] += angle
            elif ends_at:
                leaf, hub = vertex(VertexKind.Z, angle), vertex(VertexKind.Z, Phase())
                edge(hub, leaf, True)
                for w, by_hadamard in ends_at:
                    edge(hub, w, by_hadamard)
                # A gadget is its phase times sqrt(2)^(2 - edges), the leaf's edge included.
                power += len(ends_at) - 1
    for value in phase:
        phases.setdefault(value, len(phases))
    free = tuple(
        Bit(BitKind.INPUT, -1, None, f"{i}") if i in wires or bit.kind == BitKind.OUTCOME else bit
        for i, bit in enumerate(bits)
    )
    return replace(
        d,
        kind=np.array(kind, np.uint8),
        phase=np.array([phases[p] for p in phase], np.int32),
        phases=tuple(phases),
        edges=np.array(edges, np.int32).reshape(-1, 2),
        hadamard=np.array(hadamard, np.bool_),
        outputs=np.array(outputs, np.int32),
        output_names=(*d.output_names, *(f"\N{MIDDLE DOT}{b}" for b in ends)),
        bits=free,
        registers=(),
        scalar=replace(d.scalar, power=d.scalar.power + power, phase=sum(turns, d.scalar.phase)),
        spans={},
        delays={},
    )


def _as_parities(
    value: Phase, wires: Mapping[int, int], opened: Mapping[int, BitExpr]
) -> tuple[Phase, frozenset[int], dict[tuple[frozenset[int], BitExpr], Phase]]:
    """A phase of a spider with the value x: what does not depend on ``wires``, the bits whose parity is under a pi, and angles
    under the parity of other bits, x among them as -1, and of an expression without bits of ``wires``.

    A product of k parities is the alternating sum of the parities of its parts, over ``2**(k - 1)``.
    """
    kept = Phase()
    odd: frozenset[int] = frozenset()
    shares: dict[tuple[frozenset[int], BitExpr], Phase] = {}
    for mono, c, symbols in value.terms:
        factors: list[tuple[frozenset[int], BitExpr]] = []
        others = []
        for b in mono:
            k = BitExpr.bit(b) if b in wires else opened.get(b)
            if k is None:
                others.append(b)
                continue
            inside = frozenset(i for m in k.monomials for i in m if i in wires)
            factors.append((inside, BitExpr(m for m in k.monomials if not m & inside)))
        if not factors:
            kept += Phase.from_terms([(mono, c, symbols)])
        elif len(factors) == 1 and c == 1 and not others and not symbols:
            inside, rest = factors[0]
            odd ^= inside
            kept += Phase(1).times(rest)
        else:
            if len(factors) > MAX_CONTROLS:
                raise NotApplicable(f"a phase under {len(factors)} outcomes at once")
            scale = 2 ** len(factors)
            near = c if c <= 1 else c - 2  # the sum of signs that this may be part of cancels only so
            factors.append((frozenset((-1,)), BitExpr()))
            for part in chain.from_iterable(combinations(factors, k) for k in range(1, len(factors) + 1)):
                sign = 1 if len(part) % 2 else -1
                legs, turned = frozenset[int](), BitExpr()
                for inside, rest in part:
                    legs, turned = legs ^ inside, turned ^ rest
                more = Phase.from_terms(
                    [(tuple(others), sign * near / scale, tuple((n, sign * x / scale) for n, x in symbols))]
                )
                shares[legs, turned] = shares.get((legs, turned), Phase()) + more
    return kept, odd, {key: share for key, share in shares.items() if not share.is_zero}


def _branches(case: Case, wires: Mapping[int, int]) -> tuple[Diagram, Diagram]:
    """Source and programs over the same bits: those of the programs, and what the source derives from its outcomes."""
    bits = [
        Bit(BitKind.INPUT, -1, None, f"{i}") if b.kind == BitKind.OUTCOME else b for i, b in enumerate(case.target.bits)
    ]
    number: dict[int, int] = dict(wires)
    for i, bit in enumerate(case.source.bits):
        if bit.expr is not None:
            bits.append(Bit(BitKind.DERIVED, -1, bit.expr.rename(number.__getitem__)))
            number[i] = len(bits) - 1
    scalar = case.source.scalar
    renamed = replace(
        case.source,
        phases=tuple(phase.rename(number.__getitem__) for phase in case.source.phases),
        scalar=replace(scalar, phase=scalar.phase.rename(number.__getitem__)),
    )
    source, target = (replace(d, bits=tuple(bits), registers=(), spans={}, delays={}) for d in (renamed, case.target))
    return source, target


def sandwich(first: Diagram, second: Diagram) -> Diagram:
    """``first``, then the adjoint of ``second``; bits of the same number are the same bit (``second`` may have none)."""
    n = first.num_vertices
    kind = np.concatenate([first.kind, second.kind])
    kind[first.outputs] = VertexKind.Z
    kind[n + second.outputs] = VertexKind.Z
    kind[n + second.inputs] = VertexKind.OUTPUT
    glue = np.stack([first.outputs, n + second.outputs], axis=1).astype(np.int32)
    return replace(
        first,
        kind=kind,
        phase=np.concatenate([first.phase, second.phase + len(first.phases)]).astype(np.int32),
        phases=(*first.phases, *(-p for p in second.phases)),
        edges=np.concatenate([first.edges, second.edges + n, glue]).astype(np.int32),
        hadamard=np.concatenate([first.hadamard, second.hadamard, np.zeros(len(glue), np.bool_)]),
        outputs=(n + second.inputs).astype(np.int32),
        output_names=first.input_names,
        scalar=first.scalar * second.scalar.conjugate(),
        delays={},
    )


def _identity(source: Diagram, target: Diagram, limit: int | None, what: str) -> Norm:
    """The modulus of the number c, if the target after the source's adjoint is c times the identity."""
    graph = WorkGraph.from_diagram(sandwich(target, source), modulus=True)
    if not reduce(graph, "full", limit=limit):
        raise NotApplicable(f"{what}: more than {limit} steps")
    wires = {
        frozenset((int(a), target.num_vertices + int(b))) for a, b in zip(target.inputs, source.inputs, strict=True)
    }
    left = 0
    for v in graph.spiders():
        ends = graph.ends.get(v, [])
        anchors = frozenset(graph.anchor[e] for e in ends)
        bare = len(ends) == 2 and not any(graph.end_hadamard[e] for e in ends) and graph.phase_of(v).is_zero
        left += not (bare and anchors in wires and not graph.adj[v] and v not in graph.plain)
    if left:
        raise NotApplicable(f"{what}: {left} spiders are left")
    if graph.factor == 0:
        raise NotApplicable(f"{what}: zero")
    return graph.factor, graph.power
