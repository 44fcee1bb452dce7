"""`OpenForm`: a diagram as what extraction works on: Z-spiders, Hadamard edges, phase gadgets, and ends that are measured or open.

Plain edges fuse, parallel Hadamard edges cancel, a leaf on a spider of Pauli phase is a gadget (one vertex, a *hub*). Outcomes
of the source are ends like outputs, for nothing may correct them.
Equal to the diagram up to a scalar of the same modulus for all outcomes. Stands on ``ir``.

References
----------
Graph-like form: Duncan, Kissinger, Perdrix, van de Wetering, Quantum 4, 279 (2020), section 3.
Gadgets as YZ vertices: Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import BitKind, Diagram, VertexKind
from gossamer.ir.phase import BitExpr, Phase

_PI = Phase(1)
CODE = "EX-1"


@dataclass
class End:
    """Where a wire ends: output ``number`` of the diagram, or the measurement in X of outcome ``bit``."""

    vertex: int
    hadamard: bool = False
    number: int = -1
    bit: int = -1


@dataclass
class OpenForm:
    """The graph.

    Attributes
    ----------
    near : vertex -> its neighbours (all by Hadamard edges)
    phase : vertex -> its phase; that of a hub is the phase of the gadget (of its leaf)
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

    def isolate(self, v: int) -> None:
        """Take away every edge of a vertex."""
        for w in self.near[v]:
            self.near[w].discard(v)
        self.near[v] = set()


def add_z(form: OpenForm, v: int, phase: Phase) -> None:
    """A phase of 0 or pi arrives at a vertex."""
    if v in form.hubs:
        form.flip[v] += phase
    else:
        form.phase[v] += phase


def pauli_part(phase: Phase) -> BitExpr:
    """``k`` of a phase ``k * pi``."""
    return BitExpr(frozenset(m) for m, c, _ in phase.terms if c % 2)


def to_open_form(diagram: Diagram, *, states: bool = False) -> OpenForm:
    """Bring a diagram into the form.

    Parameters
    ----------
    states
        Whether a leaf that is numbered before the spider it sits on stays a vertex: it is a state that a wire starts in, which can do
        without being a gadget.

    Raises
    ------
    InputError
        ``EX-2`` for H-boxes; ``EX-1`` if the diagram is zero, or is weighted by a scalar that depends on outcomes.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.cx(a, b)
    >>> _ = w.output(a, "a"), w.output(b, "b")
    >>> len(to_open_form(w.build()).ends)
    2
    """
    kinds = diagram.kind.tolist()
    if VertexKind.H in kinds:
        v = kinds.index(VertexKind.H)
        raise InputError("EX-2", f"vertex v{v} is an H-box; circuits are extracted from Z- and X-spiders",
                         span=diagram.spans.get(v), help="turn H-boxes into phase gadgets first")  # fmt: skip
    if diagram.scalar.is_zero:
        raise InputError(CODE, "the diagram is zero: no circuit does that")
    root = list(range(len(kinds)))

    def find(v: int) -> int:
        while root[v] != v:
            root[v] = root[root[v]]
            v = root[v]
        return v

    boundary = [k in (VertexKind.INPUT, VertexKind.OUTPUT) for k in kinds]
    edges = []
    for (a, b), h in zip(diagram.edges.tolist(), diagram.hadamard.tolist(), strict=True):
        h ^= (kinds[a] == VertexKind.X) ^ (kinds[b] == VertexKind.X)
        edges.append((a, b, h))
        if not h and not boundary[a] and not boundary[b]:
            ra, rb = find(a), find(b)
            root[max(ra, rb)] = min(ra, rb)
    form = OpenForm()
    number: dict[int, int] = {}
    legs: dict[int, list[End]] = {}  # ends by the vertex that they meet
    latest: dict[int, int] = {}
    for v in range(len(kinds)):
        if not boundary[v]:
            r = find(v)
            if r not in number:
                number[r] = form.vertex(Phase(), r)
            form.phase[number[r]] += diagram.phase_of(v)
            latest[number[r]] = v
    for i, bit in enumerate(diagram.bits):
        if bit.kind == BitKind.OUTCOME:
            at = number[find(bit.vertex)]
            form.phase[at] += Phase.of_bit(i)  # the effect is no part of the spider
            legs.setdefault(at, []).append(End(at, bit=i))
    number_in = {v: i for i, v in enumerate(diagram.inputs.tolist())}
    number_out = {v: i for i, v in enumerate(diagram.outputs.tolist())}
    form.starts = [(-1, False)] * len(number_in)
    for a, b, h in edges:
        if boundary[a] and boundary[b]:  # a bare wire gets a spider
            at = form.vertex(Phase(), a)
            for v, hadamard in ((a, h), (b, False)):
                _boundary(form, v, at, hadamard, number_in, number_out, legs)
        elif boundary[a] or boundary[b]:
            v, other = (a, b) if boundary[a] else (b, a)
            _boundary(form, v, number[find(other)], h, number_in, number_out, legs)
        elif h:
            x, y = number[find(a)], number[find(b)]
            if x == y:
                form.phase[x] += _PI
            else:
                form.toggle(x, y)
    for at, ends in legs.items():
        for end in ends:
            if len(ends) > 1:  # each end at a vertex of its own
                middle = form.vertex(Phase(), form.name[at])
                end.vertex = form.vertex(Phase(), form.name[at])
                form.toggle(at, middle)
                form.toggle(middle, end.vertex)
            form.ends.append(end)
    form.ends.sort(key=lambda end: (end.bit, end.number))
    _find_gadgets(form, latest if states else {})
    return form


def _boundary(
    form: OpenForm,
    v: int,
    at: int,
    hadamard: bool,
    number_in: dict[int, int],
    number_out: dict[int, int],
    legs: dict[int, list[End]],
) -> None:
    if v in number_out:
        legs.setdefault(at, []).append(End(at, hadamard, number=number_out[v]))
        return
    start = form.vertex(Phase(), v)  # two Hadamards are none: a vertex that stands for the input alone
    form.toggle(start, at)
    form.starts[number_in[v]] = (start, not hadamard)


def _find_gadgets(form: OpenForm, latest: dict[int, int]) -> None:
    special = {e.vertex for e in form.ends} | {v for v, _ in form.starts}
    for leaf, legs in enumerate(form.near):
        if leaf in special or len(legs) != 1 or leaf in form.hubs:
            continue
        (hub,) = legs
        early = latest.get(hub, -1) > form.name[leaf]
        if early or hub in special or hub in form.hubs or not form.phase[hub].is_pauli:
            continue
        form.flip[hub], form.phase[hub] = form.phase[hub], form.phase[leaf]
        form.phase[leaf] = Phase()
        form.isolate(leaf)
        form.hubs.add(hub)
        form.name[leaf] = -1  # gone
    for hub in sorted(form.hubs):
        if form.phase[hub].is_pauli:  # pi on a parity is pi on each leg
            for v in form.near[hub]:
                add_z(form, v, form.phase[hub])
            form.isolate(hub)
    for hub in [h for h in form.hubs if not form.near[h]]:  # a phase of the whole diagram
        form.phase[hub] = form.flip[hub] = Phase()
        form.hubs.discard(hub)
        form.name[hub] = -1
    for v, legs in enumerate(form.near):
        if legs or v in special or form.name[v] < 0:
            continue
        if form.phase[v].bits:
            raise InputError(CODE, f"vertex v{form.name[v]} is a scalar that depends on outcomes: no circuit does that")
        if form.phase[v] == _PI:
            raise InputError(CODE, f"vertex v{form.name[v]} makes the diagram zero: no circuit does that")
        form.name[v] = -1
