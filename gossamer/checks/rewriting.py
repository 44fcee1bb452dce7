"""The check by rewriting: the programs, followed by the adjoint of the source, reduce to bare wires.

It proves or it says nothing. Every outcome of the source becomes a wire (a measurement is a copy onto a wire that nobody looks at
again; Stinespring), so the source is one map ``S``; the programs are a family ``L_m`` over their other outcomes. If rewriting takes
``S^+ L_m`` to ``c`` times the identity, and ``S^+ S`` to ``c'``, and ``L_m^+ L_m`` to ``c''``, for all m at once and with
``|c|^2 = c' c''``, then ``L_m`` is a multiple of ``S`` (Cauchy and Schwarz), by the same factor for every m: the instruments are equal.

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

#: A phase that depends on more source outcomes at once is not turned into gadgets.
MAX_CONTROLS = 4

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
        source = dilate(case.source, {s: i for i, s in enumerate(wires)})
        target = dilate(case.target, {t: i for i, t in enumerate(wires.values())})
        ratio = _identity(source, target, limit, "the programs after the adjoint of the source")
        own = _identity(source, source, limit, "the source after its adjoint")
        proved = 2
        if len(source.inputs) != len(source.outputs):
            theirs = _identity(target, target, limit, "the programs after their adjoint")
            proved = 3
            if (ratio[0] ** 2, 2 * ratio[1]) != (own[0] * theirs[0], own[1] + theirs[1]):
                raise NotApplicable("the programs and the source overlap, but not fully")
    except TooLarge as error:
        raise NotApplicable(str(error)) from None
    return True, proved, "reduced to bare wires by rewriting, for all outcomes at once"


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
    parities of the wires and the spider; the result has no bit of ``wires`` in it.

    Raises
    ------
    NotApplicable
        If a phase depends on more than `MAX_CONTROLS` of the bits at once, or an H-box on one.
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
    power = 0
    for v in range(d.num_vertices):
        value = phase[v]
        if not value.bits or value.bits.isdisjoint(wires.keys() | opened.keys()):
            continue
        if kind[v] == VertexKind.H:
            raise NotApplicable("an H-box under a condition")
        if not value.bits.isdisjoint(opened):
            value = value.substitute(lambda b: opened.get(b, BitExpr.bit(b)))
        crossed = kind[v] == VertexKind.Z
        kept = []
        for mono, c, symbols in value.terms:
            controls = [b for b in mono if b in wires]
            others = tuple(b for b in mono if b not in wires)
            if not controls:
                kept.append((mono, c, symbols))
            elif len(mono) == 1 and c == 1 and not symbols:
                edge(v, spider[controls[0]], crossed)
                power += 1  # a Hadamard edge is smaller than the sign that it stands for
            else:
                if len(controls) > MAX_CONTROLS:
                    raise NotApplicable(f"a phase under {len(controls)} outcomes at once")
                scale = 2 ** len(controls)
                everything = [(spider[b], True) for b in controls] + [(v, crossed)]
                parts = chain.from_iterable(combinations(everything, k) for k in range(1, len(everything) + 1))
                for part in parts:  # the product of bits is the alternating sum of parities, over a power of two
                    sign = 1 if len(part) % 2 else -1
                    share = Phase.from_terms(
                        [(others, sign * c / scale, tuple((n, sign * x / scale) for n, x in symbols))]
                    )
                    leaf, hub = vertex(VertexKind.Z, share), vertex(VertexKind.Z, Phase())
                    edge(hub, leaf, True)
                    for w, by_hadamard in part:
                        edge(hub, w, by_hadamard)
                    # A gadget is its phase times sqrt(2)^(2 - edges), the leaf's edge included.
                    power += len(part) - 1
        phase[v] = Phase.from_terms(kept)
    for value in phase:
        phases.setdefault(value, len(phases))
    bits = tuple(
        Bit(BitKind.INPUT, -1, None, f"{i}") if i in wires or bit.kind == BitKind.OUTCOME else bit
        for i, bit in enumerate(d.bits)
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
        bits=bits,
        registers=(),
        scalar=replace(d.scalar, power=d.scalar.power + power),
        spans={},
        delays={},
    )


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
    graph = WorkGraph.from_diagram(sandwich(target, source))
    if not reduce(graph, "full", limit=limit):
        raise NotApplicable(f"{what}: more than {limit} steps")
    wires = {
        frozenset((int(a), target.num_vertices + int(b))) for a, b in zip(target.inputs, source.inputs, strict=True)
    }
    left = 0
    for v in graph.spiders():
        ends = graph.ends.get(v, [])
        anchors = frozenset(graph.anchor[e] for e in ends)
        bare = len(ends) == 2 and not any(graph.end_hadamard[e] for e in ends) and graph.is_zero(v)
        left += not (bare and anchors in wires and not graph.adj[v] and v not in graph.plain)
    if left:
        raise NotApplicable(f"{what}: {left} spiders are left")
    if graph.factor == 0:
        raise NotApplicable(f"{what}: zero")
    return graph.factor, graph.power
