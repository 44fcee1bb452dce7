"""`CircuitForm`: an open graph as what extraction works on: arrays of vertices, phase gadgets, and wires that start and end somewhere.

It is the `OpenForm` of a diagram, numbered through, with a vertex in front of each input. A leaf on a vertex of Pauli phase is
a gadget (one vertex, a *hub*); on any other vertex it is a vertex again, for in a circuit there is no plane XZ. Stands on ``ir``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Diagram, VertexKind
from gossamer.ir.phase import Phase
from gossamer.rewriting.open_form import OpenForm

CODE = "EX-1"


@dataclass
class End:
    """Where a wire ends: output ``number`` of the diagram, or the measurement in X of outcome ``bit``."""

    vertex: int
    hadamard: bool = False
    number: int = -1
    bit: int = -1


@dataclass
class CircuitForm:
    """The graph.

    Attributes
    ----------
    near : vertex -> its neighbours (all by Hadamard edges)
    phase : vertex -> its phase; that of a hub is the phase of the gadget (of its leaf); an outcome's own term is left out
    flip : hub -> its own phase, 0 or pi: the sign of the gadget's phase. It stays apart, because a state that a wire starts in may
        be known long before what turns its sign
    hubs : the vertices that are gadgets
    ends : outputs and outcomes, each at a vertex of its own
    starts : for each input the vertex that stands before it, and whether the edge between them is a Hadamard edge
    name : vertex -> a vertex of the diagram that it comes from
    """

    near: list[set[int]] = field(default_factory=list)
    phase: list[Phase] = field(default_factory=list)
    flip: list[Phase] = field(default_factory=list)
    hubs: set[int] = field(default_factory=set)
    ends: list[End] = field(default_factory=list)
    starts: list[tuple[int, bool]] = field(default_factory=list)
    name: list[int] = field(default_factory=list)

    def vertex(self, phase: Phase, name: int) -> int:
        self.near.append(set())
        self.phase.append(phase)
        self.flip.append(Phase())
        self.name.append(name)
        return len(self.near) - 1

    def toggle(self, a: int, b: int) -> None:
        self.near[a] ^= {b}
        self.near[b] ^= {a}


def to_circuit_form(diagram: Diagram) -> CircuitForm:
    """Bring a diagram into the form.

    Raises
    ------
    InputError
        ``EX-2`` for H-boxes; ``EX-1`` if the diagram is weighted by a scalar that depends on outcomes; ``OG-15`` if it is zero, or
        has a component without ends of which that cannot be told.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.cx(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> len(to_circuit_form(w.build()).ends)
    2
    """
    kinds = diagram.kind.tolist()
    if VertexKind.H in kinds:
        v = kinds.index(VertexKind.H)
        raise InputError("EX-2", f"vertex v{v} is an H-box; circuits are extracted from Z- and X-spiders",
                         span=diagram.spans.get(v), help="turn H-boxes into phase gadgets first")  # fmt: skip
    form = OpenForm(diagram)
    _refuse_weights(form)
    out = CircuitForm()
    at = {v: out.vertex(form.phase[v], form.name[v]) for v in sorted(form.near)}
    for v, around in form.near.items():
        out.near[at[v]] = {at[w] for w in around}
    for v, angle in form.leaf.items():
        hub = at[v]
        if not form.phase[v].is_pauli:
            out.toggle(hub, out.vertex(angle, form.name[v]))
        elif form.near[v]:  # else it is a phase of the whole diagram
            out.hubs.add(hub)
            out.flip[hub], out.phase[hub] = form.phase[v], angle
    for bit, v in sorted((bit, v) for v, bit in form.outcome.items()):
        out.phase[at[v]] += Phase.of_bit(bit)  # the effect is no part of the spider
    out.ends = [End(at[v], number=i) for i, v in enumerate(form.outputs)]
    out.ends += [End(at[v], bit=bit) for bit, v in sorted((bit, v) for v, bit in form.outcome.items())]
    open_ends = {end.vertex for end in out.ends}
    for v in (at[v] for v in form.inputs):
        if v not in open_ends and out.phase[v].is_zero and len(out.near[v]) == 1:
            out.starts.append((v, False))
        else:
            start = out.vertex(Phase(), out.name[v])  # two Hadamards are none: a vertex that stands for the input alone
            out.toggle(start, v)
            out.starts.append((start, True))
    return out


def _refuse_weights(form: OpenForm) -> None:
    """A component without ends is left only if it depends on bits; a gadget on nothing is worth the same for all of them."""
    joined = {v for v in form.near if form.is_end(v)}
    todo = list(joined)
    while todo:
        fresh = form.near[todo.pop()] - joined
        joined |= fresh
        todo.extend(fresh)
    lone = [
        v
        for v in sorted(form.near.keys() - joined)
        if not (v in form.leaf and form.phase[v].is_pauli and not form.near[v])
    ]
    if lone:
        names = ", ".join(f"v{form.name[v]}" for v in lone[:8]) + (" ..." if len(lone) > 8 else "")
        raise InputError(CODE, f"the component of {names} is a scalar that depends on outcomes: no circuit does that")
