"""The algebra of diagrams: composition, tensor product, adjoint, closing, binding of symbols, renaming.

Every function takes diagrams that obey their rules and returns a new one that does; nothing is changed in place. Maps are exact,
scalars included: ``K_m`` of ``then(a, b)`` is ``K_m(b) @ K_m(a)``, and so on for each function. The vertices of the result are
numbered so that what is causal stays causal; where an operation would turn time around for a measurement it is refused
(clauses AL-*). Names identify ends, so clashes are refused and never resolved by inventing names. Stands on ``ir.diagram``.

References
----------
Compact closed categories, adjoints and closing: Abramsky, Coecke, *A categorical semantics of quantum protocols*, LICS 2004.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from gossamer.diagnostics import InputError, UsageError
from gossamer.ir.diagram import Bit, BitKind, Diagram, Int, Register, VertexKind
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.scalar import ONE, SQRT2, ZERO, Scalar

_MULTIPLE = re.compile(r"(-?)\s*(?:([0-9]{1,40})\s*\*?\s*)?pi\s*(?:/\s*([0-9]{1,40}))?", re.ASCII)
_HALF = Scalar(-1)  # a spider of degree 1 has norm sqrt(2)


class State(Enum):
    """A state of one qubit that an end can be closed with; the value is (kind of spider, phase)."""

    ZERO = (VertexKind.X, Phase())
    ONE = (VertexKind.X, Phase(1))
    PLUS = (VertexKind.Z, Phase())
    MINUS = (VertexKind.Z, Phase(1))


# --- composition -----------------------------------------------------------------------------------------------------


def identity(names: Iterable[str]) -> Diagram:
    """Bare wires: the identity on as many qubits as there are names.

    Examples
    --------
    >>> identity("ab").num_edges
    2
    """
    listed = tuple(names)
    n = len(listed)
    wires = np.arange(n, dtype=np.int32)
    return Diagram(
        kind=np.repeat(np.array([VertexKind.INPUT, VertexKind.OUTPUT], np.uint8), n),
        phase=np.zeros(2 * n, np.int32),
        phases=(Phase(),),
        edges=np.stack([wires, wires + np.int32(n)], axis=1),
        hadamard=np.zeros(n, np.bool_),
        inputs=wires,
        outputs=wires + np.int32(n),
        input_names=listed,
        output_names=listed,
    )


def then(first: Diagram, second: Diagram) -> Diagram:
    """``first``, then ``second``: each output of the one is the input of the other at the same position.

    The vertices and bits of ``first`` come before those of ``second``, so the result is causal. The ends that meet lose their
    names. Associative as data, not only up to isomorphism.

    Raises
    ------
    InputError
        ``AL-1`` if the numbers of wires differ, ``AL-2`` if both have a register or a classical input of the same name.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rz(q, Phase(Fraction(1, 4))); _ = w.output(q, "q"); t = w.build()
    >>> then(t, t).num_vertices
    4
    """
    if len(first.outputs) != len(second.inputs):
        raise InputError(
            "AL-1", f"the first diagram has {len(first.outputs)} outputs, the second {len(second.inputs)} inputs"
        )
    both = _beside((first, second))
    start = first.num_vertices
    joined = {int(o): start + int(i) for o, i in zip(first.outputs, second.inputs, strict=True)}
    outer = replace(
        both,
        inputs=first.inputs,
        outputs=(second.outputs + start).astype(np.int32),
        input_names=first.input_names,
        output_names=second.output_names,
    )
    return _glue(outer, joined)


def tensor(*diagrams: Diagram) -> Diagram:
    """Diagrams side by side: the wires of the first come first. Without arguments the empty diagram, the number 1.

    Raises
    ------
    InputError
        ``AL-2`` if two inputs, outputs, registers or classical inputs have the same name.

    Examples
    --------
    >>> d = tensor(identity("a"), identity("b"))
    >>> d.input_names, d == tensor(d, tensor())
    (('a', 'b'), True)
    """
    both = _beside(diagrams)
    starts = np.cumsum([0, *(d.num_vertices for d in diagrams)])
    empty = np.zeros(0, np.int32)
    inputs = [empty, *(d.inputs + s for d, s in zip(diagrams, starts, strict=False))]
    outputs = [empty, *(d.outputs + s for d, s in zip(diagrams, starts, strict=False))]
    return replace(
        both,
        inputs=np.concatenate(inputs).astype(np.int32),
        outputs=np.concatenate(outputs).astype(np.int32),
        input_names=_distinct("input", (d.input_names for d in diagrams)),
        output_names=_distinct("output", (d.output_names for d in diagrams)),
    )


def adjoint(diagram: Diagram) -> Diagram:
    """The adjoint of the map: inputs and outputs change places, phases their sign, and the numbering runs backwards.

    A measurement has no adjoint that could be done: backwards, its effect would be a state that depends on an outcome nobody
    has drawn. (The maps ``K_m`` do have adjoints, which are branches of a postselected process: choose the branch with
    :func:`given`, then take the adjoint of that.)

    Raises
    ------
    InputError
        ``AL-3`` if the diagram has outcome bits.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("a"); w.rz(q, Phase(Fraction(1, 4))); _ = w.output(q, "b"); t = w.build()
    >>> d = adjoint(t)
    >>> str(d.phase_of(1)), d.input_names, adjoint(d) == t
    ('7/4', ('b',), True)
    """
    _refuse_outcomes("AL-3", diagram, "the adjoint")
    last = np.int32(diagram.num_vertices - 1)
    kind = diagram.kind[::-1].copy()
    kind[last - diagram.inputs] = VertexKind.OUTPUT
    kind[last - diagram.outputs] = VertexKind.INPUT
    return replace(
        diagram,
        kind=kind,
        phase=diagram.phase[::-1].copy(),
        phases=tuple(-p for p in diagram.phases),
        edges=(last - diagram.edges[::-1, ::-1]).astype(np.int32),
        hadamard=diagram.hadamard[::-1].copy(),
        inputs=(last - diagram.outputs).astype(np.int32),
        outputs=(last - diagram.inputs).astype(np.int32),
        input_names=diagram.output_names,
        output_names=diagram.input_names,
        scalar=diagram.scalar.conjugate(),
        spans={int(last) - v: span for v, span in diagram.spans.items()},
        delays={int(last) - v: delay for v, delay in diagram.delays.items()},
    )


# --- closing ---------------------------------------------------------------------------------------------------------


def plug(diagram: Diagram, states: Mapping[str, State]) -> Diagram:
    """Give inputs a state; the numbering stays.

    Raises
    ------
    InputError
        ``AL-4`` for a name that is no input.

    Examples
    --------
    >>> plug(identity("ab"), {"a": State.ZERO}).input_names
    ('b',)
    """
    return _close_ends(diagram, "input", states)


def project(diagram: Diagram, effects: Mapping[str, State]) -> Diagram:
    """Project outputs on states: a *postselection*, which the name of the state says and no outcome bit does.

    The result is one branch of a measurement, so its instrument gives probabilities less than 1 in all.

    Raises
    ------
    InputError
        ``AL-4`` for a name that is no output.

    Examples
    --------
    >>> project(identity("ab"), {"b": State.PLUS}).output_names
    ('a',)
    """
    return _close_ends(diagram, "output", effects)


def discard(diagram: Diagram, names: Iterable[str]) -> Diagram:
    """Trace outputs out: each is measured, and its outcome, a new bit, is forgotten.

    Raises
    ------
    InputError
        ``AL-4`` for a name that is no output.

    Examples
    --------
    >>> d = discard(identity("ab"), ["a"])
    >>> d.output_names, len(d.outcome_bits)
    (('b',), 1)
    """
    chosen = list(names)
    _positions(diagram, "output", chosen)
    first = len(diagram.bits)
    out = _close(diagram, "output", {name: (VertexKind.X, Phase.of_bit(first + i)) for i, name in enumerate(chosen)})
    vertex = dict(zip(diagram.output_names, diagram.outputs.tolist(), strict=True))
    return replace(out, bits=(*diagram.bits, *(Bit(BitKind.OUTCOME, vertex[name]) for name in chosen)))


def trace(diagram: Diagram, loops: Mapping[str, str]) -> Diagram:
    """Join outputs to inputs (output name -> input name): the partial trace of the map, ``Tr K`` if all are joined.

    That is a sum over a wire that runs back in time, no process; a process that forgets an output is :func:`discard`.

    Raises
    ------
    InputError
        ``AL-3`` if the diagram has outcome bits, ``AL-4`` for names that are no output and input.

    Examples
    --------
    >>> trace(identity("ab"), {"a": "a", "b": "b"}).scalar.value().real
    4.0
    """
    _refuse_outcomes("AL-3", diagram, "a trace")
    out = _positions(diagram, "output", loops)
    back = _positions(diagram, "input", loops.values())
    joined = {int(diagram.outputs[i]): int(diagram.inputs[j]) for i, j in zip(out, back, strict=True)}
    keep_in = [i for i in range(len(diagram.inputs)) if i not in set(back)]
    keep_out = [i for i in range(len(diagram.outputs)) if i not in set(out)]
    outer = replace(
        diagram,
        inputs=diagram.inputs[keep_in],
        outputs=diagram.outputs[keep_out],
        input_names=tuple(diagram.input_names[i] for i in keep_in),
        output_names=tuple(diagram.output_names[i] for i in keep_out),
    )
    return _glue(outer, joined)


def given(diagram: Diagram, outcomes: Mapping[int, bool]) -> Diagram:
    """One branch: outcome bits (by number) get a value; they stay as derived bits that are constant.

    The result is postselected on these outcomes; the probability is in the norm of its maps.

    Raises
    ------
    InputError
        ``AL-4`` for a number that is no outcome bit.

    Examples
    --------
    >>> d = discard(identity("q"), ["q"])
    >>> given(d, {0: True}).outcome_bits
    []
    """
    bits = list(diagram.bits)
    for i, value in outcomes.items():
        if not 0 <= i < len(bits) or bits[i].kind != BitKind.OUTCOME:
            raise InputError("AL-4", f"b{i} is no outcome bit of the diagram")
        bits[i] = Bit(BitKind.DERIVED, -1, BitExpr.const(value), bits[i].name)
    return replace(diagram, bits=tuple(bits))


def feed(diagram: Diagram, values: Mapping[str, BitExpr | bool]) -> Diagram:
    """Give classical inputs (by name) a value: a constant, or an expression over earlier bits.

    With :func:`then` this feeds the outcomes of one diagram forward into another one.

    Raises
    ------
    InputError
        ``AL-4`` for a name that is no classical input; ``IR-5`` or ``IR-8`` if a bit is used before it is known.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); c = w.builder.input_bit("c"); w.rx(q, Phase.of_bit(c)); _ = w.output(q, "q")
    >>> feed(w.build(), {"c": True}).bits[0].expr
    BitExpr(1)
    """
    number = {b.name: i for i, b in enumerate(diagram.bits) if b.kind == BitKind.INPUT}
    bits = list(diagram.bits)
    for name, value in values.items():
        if name not in number:
            raise InputError("AL-4", f"there is no classical input '{name[:80]}'", help=_known(number))
        expr = value if isinstance(value, BitExpr) else BitExpr.const(value)
        bits[number[name]] = Bit(BitKind.DERIVED, -1, expr, name)
    out = replace(diagram, bits=tuple(bits))
    out.verify()
    return out


# --- symbols and names -----------------------------------------------------------------------------------------------


def symbols(diagram: Diagram) -> frozenset[str]:
    """The symbols that phases of the diagram use.

    Examples
    --------
    >>> symbols(identity("a"))
    frozenset()
    """
    used = {diagram.phases[i] for i in np.unique(diagram.phase).tolist()} | {diagram.scalar.phase}
    return frozenset[str]().union(*(p.symbols for p in used))


def bind(diagram: Diagram, values: Mapping[str, int | Fraction | float]) -> Diagram:
    """Give symbols their values, in multiples of pi; the others stay. Floats are rounded as in :class:`Phase`.

    Raises
    ------
    InputError
        ``AL-5`` for a name that is no symbol of the diagram, or a value that is not finite; ``PH-4`` for one with too many digits.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rz(q, Phase.of_symbol("t", 2)); _ = w.output(q, "q")
    >>> str(bind(w.build(), {"t": Fraction(1, 8)}).phase_of(1))
    '1/4'
    """
    known = symbols(diagram)
    for name in values:
        if name not in known:
            raise InputError("AL-5", f"the diagram has no symbol '{name[:80]}'", help=_known(known))
    try:
        phases = [p.bind(values) for p in diagram.phases]
        scalar = replace(diagram.scalar, phase=diagram.scalar.phase.bind(values))
    except InputError:
        raise
    except (ValueError, OverflowError) as error:
        raise InputError("AL-5", str(error)) from None
    return replace(diagram, scalar=scalar, **_phase_columns(diagram.phase, phases))


def bind_angles(diagram: Diagram, values: Mapping[str, Any]) -> Diagram:
    """Give symbols their values as users write them: in radians, as numbers or as text such as ``"-3*pi/4"``, which is exact.

    Raises
    ------
    InputError
        See :func:`bind`.
    UsageError
        ``TL-7`` for what is no angle.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); q = w.add_input("q"); w.rz(q, Phase.of_symbol("t", 2)); _ = w.output(q, "q")
    >>> [str(bind_angles(w.build(), {"t": angle}).phase_of(1)) for angle in ("pi/8", math.pi)]
    ['1/4', '0']
    """
    return bind(diagram, {name: _in_turns(name, value) for name, value in values.items()})


def _in_turns(name: str, value: Any) -> Fraction | float:
    """The value of a symbol in multiples of pi, from one in radians; multiples of pi as text are exact."""
    if isinstance(value, str) and (found := _MULTIPLE.fullmatch(value.strip())) and int(found[3] or 1):
        return Fraction(int(found[2] or 1), int(found[3] or 1)) * (-1 if found[1] else 1)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(
            "TL-7",
            f"'{str(value)[:80]}' is not a value for '{name[:80]}'",
            help="for example pi/4, or a number of radians",
        )
    return number / math.pi


def renamed(
    diagram: Diagram,
    *,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    registers: Mapping[str, str] | None = None,
    bits: Mapping[str, str] | None = None,
) -> Diagram:
    """Other names for inputs, outputs, registers and classical inputs (old -> new); what is not named keeps its name.

    Raises
    ------
    InputError
        ``AL-4`` for a name that does not occur, ``AL-2`` if two ends get the same name.

    Examples
    --------
    >>> renamed(identity("a"), outputs={"a": "b"}).output_names
    ('b',)
    """

    def change(what: str, old: Sequence[str], new: Mapping[str, str] | None) -> tuple[str, ...]:
        mapping = new or {}
        for name in mapping:
            if name not in old:
                raise InputError("AL-4", f"there is no {what} '{name[:80]}'", help=_known(old))
        return _distinct(what, [[mapping.get(name, name) for name in old]])

    at = [i for i, b in enumerate(diagram.bits) if b.kind == BitKind.INPUT]
    classical = list(diagram.bits)
    for i, name in zip(at, change("classical input", [classical[i].name for i in at], bits), strict=True):
        classical[i] = replace(classical[i], name=name)
    names = change("register", [r.name for r in diagram.registers], registers)
    out = replace(
        diagram,
        input_names=change("input", diagram.input_names, inputs),
        output_names=change("output", diagram.output_names, outputs),
        registers=tuple(replace(r, name=name) for r, name in zip(diagram.registers, names, strict=True)),
        bits=tuple(classical),
    )
    out.verify()
    return out


# --- how it is done --------------------------------------------------------------------------------------------------


def _known(names: Iterable[str]) -> str | None:
    listed = sorted(names)[:12]
    return f"known: {', '.join(listed)}" if listed else None


def _distinct(what: str, groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    out = tuple(name for group in groups for name in group)
    seen: set[str] = set()
    for name in out:
        if name in seen:
            raise InputError("AL-2", f"two {what}s are named '{name[:80]}'", help="rename one of them first (renamed)")
        seen.add(name)
    return out


def _refuse_outcomes(code: str, diagram: Diagram, what: str) -> None:
    if diagram.outcome_bits:
        raise InputError(
            code,
            f"{what} of a diagram that measures (b{diagram.outcome_bits[0]}) is no process",
            help="choose a branch with given(), which postselects, or discard() outputs",
        )


def _phase_columns(phase: Int, phases: Sequence[Phase]) -> dict[str, Any]:
    """The columns ``phase`` and ``phases`` after the table got new, perhaps equal, entries."""
    table: dict[Phase, int] = {Phase(): 0}
    number = np.array([table.setdefault(p, len(table)) for p in phases], np.int32)
    return {"phase": number[phase] if phases else phase, "phases": tuple(table)}


def _beside(diagrams: Sequence[Diagram]) -> Diagram:
    """Diagrams side by side, vertices and bits renumbered, as yet without inputs and outputs."""
    kind, phase, edges, hadamard = [], [], [], []
    phases: list[Phase] = []
    bits: list[Bit] = []
    registers: list[Register] = []
    spans = {}
    delays = {}
    scalar = ONE
    vertex = 0
    for d in diagrams:
        move = _shift(len(bits))
        kind.append(d.kind)
        phase.append(d.phase + np.int32(len(phases)))
        edges.append(d.edges + np.int32(vertex))
        hadamard.append(d.hadamard)
        phases.extend(p.rename(move) for p in d.phases)
        scalar = scalar * replace(d.scalar, phase=d.scalar.phase.rename(move))
        registers.extend(replace(r, bits=tuple(e.rename(move) for e in r.bits)) for r in d.registers)
        spans.update({v + vertex: span for v, span in d.spans.items()})
        delays.update({v + vertex: delay for v, delay in d.delays.items()})
        bits.extend(
            replace(
                b,
                vertex=b.vertex + vertex if b.kind == BitKind.OUTCOME else -1,
                expr=None if b.expr is None else b.expr.rename(move),
            )
            for b in d.bits
        )
        vertex += d.num_vertices
    _distinct("register", [[r.name for r in registers]])
    _distinct("classical input", [[b.name for b in bits if b.kind == BitKind.INPUT]])
    columns = _phase_columns(np.concatenate([np.zeros(0, np.int32), *phase]), phases)
    return Diagram(
        kind=np.concatenate([np.zeros(0, np.uint8), *kind]),
        edges=np.concatenate([np.zeros((0, 2), np.int32), *edges]),
        hadamard=np.concatenate([np.zeros(0, np.bool_), *hadamard]),
        inputs=np.zeros(0, np.int32),
        outputs=np.zeros(0, np.int32),
        bits=tuple(bits),
        registers=tuple(registers),
        scalar=scalar,
        spans=spans,
        delays=delays,
        **columns,
    )


def _shift(by: int) -> Callable[[int], int]:
    return lambda bit: bit + by


def _glue(d: Diagram, joined: Mapping[int, int]) -> Diagram:
    """Take out pairs of boundary vertices and join what is at the other ends of their edges.

    Edges that become one stand where the first of them stood, from the smaller to the larger vertex: so the result does not
    depend on the order in which several pairs are joined. A closed circle is the number 2, or 0 with an odd number of Hadamards.
    """
    partner = {**joined, **{i: o for o, i in joined.items()}}
    gone = np.zeros(d.num_vertices, np.bool_)
    gone[list(partner)] = True
    touched = np.flatnonzero(gone[d.edges].any(axis=1)) if d.num_edges else np.zeros(0, np.int64)
    at: dict[int, int] = {}
    for e in touched.tolist():
        for v in d.edges[e].tolist():
            if v in partner:
                at[v] = e
    edges, hadamard = d.edges.copy(), d.hadamard.copy()
    drop = np.zeros(d.num_edges, np.bool_)
    scalar = d.scalar
    seen: set[int] = set()
    for start in touched.tolist():
        if start in seen:
            continue
        chain, ends = [start], []
        seen.add(start)
        for side in d.edges[start].tolist():  # walk on from both ends of the first edge
            v = side
            while v in partner:
                e = at[partner[v]]
                if e in seen:  # back at the start: a circle
                    break
                seen.add(e)
                chain.append(e)
                a, b = d.edges[e].tolist()
                v = b if a == partner[v] else a
            ends.append(v)
        drop[chain] = True
        odd = bool(d.hadamard[chain].sum() % 2)
        if ends[0] in partner:
            scalar = scalar * (ZERO if odd else SQRT2 * SQRT2)
            continue
        drop[start] = False  # the chain's first edge: edges are met in order
        edges[start], hadamard[start] = sorted(ends), odd
    number = (np.cumsum(~gone) - 1).astype(np.int32)
    return replace(
        d,
        kind=d.kind[~gone],
        phase=d.phase[~gone],
        edges=number[edges[~drop]].reshape(-1, 2),
        hadamard=hadamard[~drop],
        inputs=number[d.inputs],
        outputs=number[d.outputs],
        bits=tuple(replace(b, vertex=int(number[b.vertex])) if b.kind == BitKind.OUTCOME else b for b in d.bits),
        scalar=scalar,
        spans={int(number[v]): span for v, span in d.spans.items() if not gone[v]},
        delays={int(number[v]): delay for v, delay in d.delays.items()},
    )


def _positions(diagram: Diagram, what: str, names: Iterable[str]) -> list[int]:
    known = diagram.input_names if what == "input" else diagram.output_names
    at = {name: i for i, name in enumerate(known)}
    out = []
    for name in names:
        if name not in at:
            raise InputError("AL-4", f"there is no {what} '{name[:80]}'", help=_known(known))
        out.append(at[name])
    if len(set(out)) != len(out):
        raise InputError("AL-4", f"an {what} is named twice")
    return out


def _close_ends(diagram: Diagram, what: str, states: Mapping[str, State]) -> Diagram:
    return _close(diagram, what, {name: state.value for name, state in states.items()})


def _close(diagram: Diagram, what: str, spiders: Mapping[str, tuple[VertexKind, Phase]]) -> Diagram:
    """Turn boundary vertices into spiders of degree 1, each with the scalar that makes it a unit vector."""
    positions = _positions(diagram, what, spiders)
    listed = diagram.inputs if what == "input" else diagram.outputs
    names = diagram.input_names if what == "input" else diagram.output_names
    kind, phase, phases = diagram.kind.copy(), diagram.phase.copy(), list(diagram.phases)
    for i, (spider, angle) in zip(positions, spiders.values(), strict=True):
        kind[listed[i]], phase[listed[i]] = spider, len(phases)
        phases.append(angle)
    chosen = set(positions)
    keep = [i for i in range(len(listed)) if i not in chosen]
    scalar = diagram.scalar
    for _ in positions:
        scalar = scalar * _HALF
    ends: dict[str, Any] = {
        f"{what}s": listed[keep],
        f"{what}_names": tuple(names[i] for i in keep),
        **_phase_columns(phase, phases),
    }
    return replace(diagram, kind=kind, scalar=scalar, **ends)
