"""The checks: is a frontend, a pass, a backend, a node model what it says it is?

Each check takes a registration (or just the thing) and a value, and raises :class:`~gossamer.conformance.laws.LawBroken` with the
law's name and the value. Meaning is decided by the naive oracle, so examples have to be small; the strategies of
``gossamer.conformance.strategies`` draw such. Each ``check_*`` is one hypothesis test over its strategy and shows a minimal
example; ``each_*`` looks at one given value.

Examples
--------
>>> from gossamer.registry import find
>>> check_backend(find("backends", "circuit"), examples=3)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from gossamer.conformance import oracle
from gossamer.conformance.laws import LawBroken, columns, holding, refusing
from gossamer.conformance.strategies import circuits, diagrams, flow_graphs, networks, open_graphs, placements, programs
from gossamer.diagnostics import GossamerError, MissingPackage
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.network import Network
from gossamer.ir.open_graph import Label, OpenGraph
from gossamer.ir.phase import Phase as Angle
from gossamer.ir.placed import Assignment, Placed
from gossamer.ir.program import Distribution
from gossamer.registry import Registration, registered
from gossamer.specification import find_clause

Subject = Registration | Any
#: Larger ones than these are not given to the oracle.
MAX_VERTICES, MAX_OUTCOMES, MAX_LEGS = 14, 7, 8


def _settings(examples: int, *, derandomize: bool = True) -> settings:
    # Without the explain phase: a minimal example says it.
    phases = [p for p in Phase if p != Phase.explain]
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,  # the error shows the example in the text forms
        suppress_health_check=list(HealthCheck),
    )


def _name(subject: Subject, kind: str) -> str:
    name = (
        subject.name if isinstance(subject, Registration) else getattr(subject, "__qualname__", type(subject).__name__)
    )
    return f"{kind} '{name}'"


def _load(subject: Subject) -> Any:
    return subject.load() if isinstance(subject, Registration) else subject


def _instance(subject: Subject) -> Any:
    """The pass itself with its default options."""
    loaded = _load(subject)
    return loaded() if isinstance(loaded, type) and is_dataclass(loaded) else loaded


# ---- frontends ------------------------------------------------------------------------------------------------------

#: A source text and a diagram that means the same, made by other means.
Sample = tuple[str, Diagram]


def check_frontend(
    subject: Subject, samples: st.SearchStrategy[Sample] | None = None, *, examples: int = 30, derandomize: bool = True
) -> None:
    """Laws ``frontend/*``.

    Parameters
    ----------
    subject
        A registration, or the function ``(text, file) -> Diagram``.
    samples
        A strategy of source texts, each with a diagram that means the same and was made by other means. Without it the ``samples`` of
        the registration are taken; where there are none the law ``frontend/meaning`` is not checked.
    """
    if samples is None and isinstance(subject, Registration) and subject.samples:
        samples = subject.load("samples")()
    if samples is not None:
        _settings(examples, derandomize=derandomize)(given(samples)(lambda s: each_source(subject, *s)))()
    seeds = [""] if samples is None else samples.map(lambda s: s[0])
    base = st.sampled_from(seeds) if isinstance(seeds, list) else seeds
    _settings(examples, derandomize=derandomize)(given(_broken(base))(lambda t: each_source(subject, t)))()


@st.composite
def _broken(draw: st.DrawFn, sources: st.SearchStrategy[str]) -> str:
    """Text that is no source, or one with a part cut out or put in."""
    if draw(st.booleans()):
        return draw(st.text(max_size=40))
    text = draw(sources)
    at, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text[:at] + draw(st.text(max_size=4)) + text[end:]


def each_source(subject: Subject, text: str, meaning: Diagram | None = None) -> None:
    """The laws of frontends for one text; with ``meaning`` the text has to be read."""
    who, read = _name(subject, "frontend"), _load(subject)
    with refusing("frontend/refusal", who, text) as refused:
        d = read(text, "<text>")
    if refused:
        if isinstance(refused[0], MissingPackage):
            raise refused[0]
        _known_code("frontend/refusal", who, refused[0], text)
        if meaning is not None:
            raise LawBroken("frontend/meaning", who, f"a sample is refused: {refused[0]}", text)
        return
    if not isinstance(d, Diagram):
        raise LawBroken("frontend/valid", who, f"it gives a {type(d).__name__}", text)
    with holding("frontend/valid", who, text, d):
        d.verify()
    if read(text, "<text>") != d:
        raise LawBroken("frontend/deterministic", who, "two readings differ", text)
    if meaning is not None:
        why = _differ(_diagram_sides(meaning), _diagram_sides(d))
        if why:
            raise LawBroken("frontend/meaning", who, why, text, d)


# ---- passes ---------------------------------------------------------------------------------------------------------


def check_pass(subject: Subject, *, takes: Sequence[str] = (), examples: int = 30, derandomize: bool = True) -> None:
    """Laws ``pass/*``, for a pass with its default options.

    Parameters
    ----------
    subject
        A registration, or the pass; then ``takes`` names the levels that its ``run`` takes.
    """
    wanted = subject.takes if isinstance(subject, Registration) else tuple(takes)
    if isinstance(subject, Registration) and (wanted, subject.gives) == (("placed",), "distribution"):
        check_backend(subject, examples=examples, derandomize=derandomize)
        return
    done: list[bool] = []
    _settings(examples, derandomize=derandomize)(
        given(_inputs(wanted))(lambda v: done.append(each_value(subject, v)))
    )()
    if not any(done):
        raise LawBroken("pass/refusal", _name(subject, "pass"), "it refuses every example", "(all)")


@st.composite
def _inputs(draw: st.DrawFn, takes: tuple[str, ...]) -> tuple[Any, ...]:
    """A value of each level, that fit together."""
    placed = draw(placements(max_wires=2, max_steps=7, max_nodes=3, max_ebits=2))
    edge_place = [draw(st.sampled_from([placed.place[a], placed.place[b]])) for a, b in placed.graph.edges.tolist()]
    hubs = placed.graph.is_hub
    for e, (a, b) in enumerate(placed.graph.edges.tolist()):
        if hubs[a] or hubs[b]:
            edge_place[e] = placed.place[a if hubs[a] else b]
    made: dict[str, Callable[[], Any]] = {
        "diagram": lambda: draw(diagrams(max_wires=2, max_gates=7)),
        "graph": lambda: (
            placed.graph
            if "assignment" in takes
            else draw(open_graphs(max_wires=2, max_steps=8) | flow_graphs(max_vertices=6))
        ),
        "network": lambda: placed.network if "assignment" in takes else draw(networks(max_nodes=3)),
        "assignment": lambda: Assignment(placed.place, np.array(edge_place, np.int32)),
        "placed": lambda: placed,
        "distribution": lambda: draw(programs(max_nodes=2, max_steps=7, figures=True)),
    }
    return tuple(made[level]() for level in takes)


def each_value(subject: Subject, values: tuple[Any, ...]) -> bool:
    """The laws of passes for one tuple of inputs; False if they are refused."""
    who, one = _name(subject, "pass"), _instance(subject)
    before = [columns(v) for v in values]
    with refusing("pass/refusal", who, *values) as refused:
        out = one.run(*values)
    if refused:
        _known_code("pass/refusal", who, refused[0], *values)
        return False
    if [columns(v) for v in values] != before:
        raise LawBroken("pass/pure", who, "an input was changed", *values)
    if columns(out) != columns(one.run(*values)):
        raise LawBroken("pass/deterministic", who, "two runs differ", *values)
    with holding("pass/valid", who, *values, out):
        verify = getattr(out, "verify", None) or getattr(out, "verify_structure", None)
        if verify is not None:
            verify()
        if isinstance(out, Assignment):
            _realisable(out, values)
    programs_in = next((v for v in values if isinstance(v, Distribution)), None)
    if programs_in is not None and isinstance(out, Distribution):
        if not oracle.same_instrument(oracle.program_instrument(programs_in), oracle.program_instrument(out)):
            raise LawBroken("pass/meaning", who, "the programs are another instrument", *values, out)
        return True
    before_sides, after_sides = _sides(values), _sides((out,))
    if before_sides is None or after_sides is None:
        return True
    why = _differ_in_shape(before_sides, after_sides)
    if why:
        raise LawBroken("pass/interface", who, why, *values, out)
    why = _differ(before_sides, after_sides)
    if why:
        raise LawBroken("pass/meaning", who, why, *values, out)
    return True


def _known_code(law: str, who: str, error: GossamerError, *example: object) -> None:
    if find_clause(error.code) is None:
        raise LawBroken(law, who, f"the code {error.code} is no clause", *example)


def _realisable(assignment: Assignment, values: tuple[Any, ...]) -> None:
    """An assignment names a node for every vertex and every edge, and the edges of a rotated hub sit with it."""
    graph = next(v for v in values if isinstance(v, OpenGraph))
    network = next(v for v in values if isinstance(v, Network))
    for column, length in ((assignment.place, graph.num_vertices), (assignment.edge_place, graph.num_edges)):
        assert column.shape == (length,), f"a column has {column.shape} entries for {length}"
        assert ((column >= 0) & (column < network.size)).all(), "a node does not exist"
    for (a, b), at in zip(graph.edges.tolist(), assignment.edge_place.tolist(), strict=True):
        for hub in (a, b):
            if graph.is_hub[hub]:
                assert at == assignment.place[hub], f"a leg of hub {hub} is not realised where the hub is"


# ---- backends and node models ---------------------------------------------------------------------------------------


def check_backend(subject: Subject, *, examples: int = 30, derandomize: bool = True) -> None:
    """Laws ``backend/*``: what a backend makes of placed graphs, against the oracle and against the check of a compile."""
    models = _models(subject)
    # Where every vertex is measured, the runs double with each.
    steps = 8 if models == ("circuit",) else 5
    drawn = placements(max_wires=2, max_steps=steps, max_nodes=3, max_ebits=2, models=models)
    done: list[bool] = []
    _settings(examples, derandomize=derandomize)(given(drawn)(lambda p: done.append(each_placed(subject, p))))()
    if not any(done):
        raise LawBroken("backend/refusal", _name(subject, "backend"), "it refuses every example", "(all)")


def _models(subject: Subject) -> tuple[str, ...]:
    """The models of nodes that a backend serves: the one it is registered for, all of them for a pass that asks the registry."""
    backends = registered("backends")
    if isinstance(subject, Registration) and subject.writer:
        return (subject.load("writer").model,)
    if isinstance(subject, Registration) and subject.name not in backends:
        return tuple(name for name, backend in backends.items() if backend.writer)
    return ("circuit",)


def each_placed(subject: Subject, placed: Placed) -> bool:
    """The laws of backends for one placed graph; False if it is refused."""
    who, one = _name(subject, "backend"), _instance(subject)
    with refusing("backend/refusal", who, placed) as refused:
        out: Distribution = one.run(placed)
    if refused:
        _known_code("backend/refusal", who, refused[0], placed)
        return False
    with holding("backend/valid", who, placed, out):
        out.verify_structure()
    again = one.run(placed)
    if (again.programs, again.manifest) != (out.programs, out.manifest):
        raise LawBroken("backend/deterministic", who, "two runs differ", placed)
    graph, manifest = placed.graph, out.manifest
    names = (
        [p.name for p in manifest.inputs],
        [p.name for p in manifest.outputs],
        [(r.name, len(r.bits)) for r in manifest.registers],
    )
    wanted = (
        list(graph.input_names),
        list(graph.output_names),
        [(r.name, len(r.bits)) for r in graph.registers],
    )
    if names != wanted:
        raise LawBroken("backend/interface", who, f"{names} instead of {wanted}", placed, out)
    if graph.num_vertices <= MAX_VERTICES:
        _each_run(who, placed, out)
        _checked(who, placed, out)
    return True


def _checked(who: str, placed: Placed, out: Distribution) -> None:
    """The check that a compile makes must not object to what the oracle accepts."""
    from gossamer.checks import verify

    if any(b.kind == BitKind.INPUT for b in placed.graph.bits):
        return
    verdict = verify(out.programs, out.manifest, graph_diagram(placed.graph), network=placed.network)
    if verdict.holds is False:
        raise LawBroken("backend/checked", who, f"{verdict.method}: {verdict.detail}", placed, out)


def graph_diagram(graph: OpenGraph) -> Diagram:
    """An open graph as a diagram (clause SEM-3), vertices in the order of measurement."""
    b = DiagramBuilder()
    b.bits = list(graph.bits)
    names = dict(zip(graph.inputs.tolist(), graph.input_names, strict=True))
    ends = {v: b.input(names[v]) for v in graph.inputs.tolist()}
    made: dict[int, int] = {}
    for v in graph.order.tolist():
        own = {Label.YZ: Angle(), Label.Z: Angle(), Label.XZ: Angle(Fraction(1, 2))}.get(Label(int(graph.label[v])))
        made[v] = b.vertex(VertexKind.Z, graph.phase_of(v) if own is None else own)
        if own is not None:
            b.edge(made[v], b.vertex(VertexKind.Z, graph.phase_of(v)), hadamard=True)
    for v, end in ends.items():
        b.edge(end, made[v])
    for i, bit in enumerate(graph.bits):
        if bit.kind == BitKind.OUTCOME:
            b.bind_outcome(i, made[bit.vertex])
    for x, y in graph.edges.tolist():
        b.edge(made[x], made[y], hadamard=True)
    for v, name in zip(graph.outputs.tolist(), graph.output_names, strict=True):
        b.edge(made[v], b.output(name))
    for r in graph.registers:
        b.register(r.name, r.bits)
    return b.build()


def _each_run(who: str, placed: Placed, out: Distribution) -> None:
    """Every run of the programs is a branch of the graph, and all branches of the graph come with one weight."""
    graph = placed.graph
    outcomes = [i for i, b in enumerate(graph.bits) if b.kind == BitKind.OUTCOME]
    known = [i for i, w in zip(outcomes, out.manifest.outcomes, strict=True) if w is not None]
    if len(known) == len(outcomes):
        maps = {tuple(m.values()): oracle.graph_map(graph, m) for m in oracle.assignments(graph.bits, BitKind.OUTCOME)}
        weight = dict.fromkeys(maps, 0.0)
    with holding("backend/meaning", who, placed, out):
        runs = list(oracle.program_runs(out))
    for run in runs:
        for p in out.programs:
            if run.peak_data[p.node] > p.data or run.peak_comm[p.node] > p.comm:
                raise LawBroken("backend/capacity", who, f"{p.node} holds more than it has", placed, out)
        if len(known) < len(outcomes):
            continue
        m = tuple(bool(x) for x in run.outcomes)
        if not oracle.same_up_to_phase(maps[m], run.matrix):
            raise LawBroken(
                "backend/meaning",
                who,
                f"with {_bits(run.bits)} the outputs get another map than with the outcomes {_outcomes(m)} of the source",
                placed,
                out,
            )
        weight[m] += float(np.vdot(run.matrix, run.matrix).real)
        values = oracle.complete_bits(graph.bits, dict(zip(outcomes, m, strict=True)))
        for r, shown in zip(graph.registers, out.manifest.registers, strict=True):
            for expr, where in zip(r.bits, shown.bits, strict=True):
                if expr.evaluate(values) != bool(where is not None and run.bits[where.node][where.bit]):
                    raise LawBroken("backend/outcomes", who, f"{r.name} is wrong with {_bits(run.bits)}", placed, out)
    if len(known) < len(outcomes):
        wanted = oracle.graph_instrument(graph)
        if not oracle.same_instrument(wanted, oracle.program_instrument(out)):
            raise LawBroken("backend/meaning", who, "the instruments differ", placed, out)
        return
    ratios = [weight[m] / w for m, k in maps.items() if (w := float(np.vdot(k, k).real)) > 1e-9]
    if max(ratios) > min(ratios) * (1 + 1e-6):
        raise LawBroken("backend/meaning", who, "some outcomes occur with a wrong probability", placed, out)


def _bits(bits: dict[str, dict[int, int]]) -> str:
    return ", ".join(f"{node}.b{i} = {x}" for node, own in bits.items() for i, x in own.items()) or "no bits"


def _outcomes(m: tuple[bool, ...]) -> str:
    return "".join(str(int(x)) for x in m) or "(none)"


def check_node_model(subject: Registration, *, examples: int = 30, derandomize: bool = True) -> None:
    """Laws ``node-model/*`` of a backend's program format: printing, reading and lifting of any well-formed programs."""
    drawn = programs(max_nodes=3, max_steps=8, models=_models(subject))
    _settings(examples, derandomize=derandomize)(given(drawn)(lambda d: each_distribution(subject, d)))()


def each_distribution(subject: Registration, distribution: Distribution) -> None:
    """The laws of node models for one set of programs."""
    from gossamer.checks.stitch import lift_all, stitch

    who = _name(subject, "node model")
    distribution.verify_structure()
    if subject.prints and subject.reads:
        show, read = subject.load("prints"), subject.load("reads")
        for p in distribution.programs:
            with holding("node-model/print", who, distribution):
                text = show(p)
                back = read(text)
            if back != p:
                raise LawBroken("node-model/print", who, f"read back as {back}", text, distribution)
    runs = oracle.program_instrument(distribution)
    with holding("node-model/lift", who, distribution):
        whole = stitch(lift_all(distribution.programs, distribution.manifest), distribution.manifest).diagram
        lifted = None if len(whole.outcome_bits) > 9 else oracle.diagram_instrument(whole)
    if lifted is not None and not oracle.same_instrument(runs, lifted):
        raise LawBroken("node-model/lift", who, "the lifted diagram is another instrument", distribution, whole)


# ---- meanings -------------------------------------------------------------------------------------------------------


class _Side:
    """One side of a comparison: its shape, and its instrument by the oracle when it is asked for."""

    def __init__(self, value: Diagram | OpenGraph) -> None:
        self.value = value
        self.shape = (
            value.input_names,
            value.output_names,
            tuple((r.name, len(r.bits)) for r in value.registers),
            sorted(b.name for b in value.bits if b.kind == BitKind.INPUT),
        )

    @property
    def is_small(self) -> bool:
        outcomes = sum(b.kind == BitKind.OUTCOME for b in self.value.bits)
        legs = len(self.value.inputs) + len(self.value.outputs)
        few = isinstance(self.value, Diagram) or self.value.num_vertices <= MAX_VERTICES
        return few and outcomes <= MAX_OUTCOMES and legs <= MAX_LEGS

    def instrument(self, inputs: dict[str, bool]) -> oracle.Instrument:
        given = {i: inputs[b.name] for i, b in enumerate(self.value.bits) if b.kind == BitKind.INPUT}
        if isinstance(self.value, Diagram):
            return oracle.diagram_instrument(self.value, given)
        return oracle.graph_instrument(self.value, given)


def _diagram_sides(d: Diagram) -> _Side:
    return _Side(d)


def _sides(values: tuple[Any, ...]) -> _Side | None:
    for v in values:
        if isinstance(v, Placed):
            return _Side(v.graph)
        if isinstance(v, Diagram | OpenGraph):
            return _Side(v)
    return None


def _differ_in_shape(a: _Side, b: _Side) -> str | None:
    return (
        None if a.shape == b.shape else f"inputs, outputs, registers, classical inputs: {b.shape} instead of {a.shape}"
    )


def _differ(a: _Side, b: _Side) -> str | None:
    """What differs between two meanings; None too where they are too large to be written down."""
    shape = _differ_in_shape(a, b)
    if shape:
        return shape
    if not (a.is_small and b.is_small):
        return None
    names = a.shape[3]
    for k in range(2 ** len(names)):
        inputs = {name: bool(k >> i & 1) for i, name in enumerate(names)}
        left, right = a.instrument(inputs), b.instrument(inputs)
        if not oracle.same_instrument(left, right):
            return f"{_where(a, left, right)}{f', for classical inputs {inputs}' if inputs else ''}"
    return None


def _where(side: _Side, wanted: oracle.Instrument, found: oracle.Instrument) -> str:
    """In which result two instruments differ, and how: by its probability on a random input, or by what it does."""
    sizes = [sum(float(np.trace(x).real) for x in i.values()) or 1.0 for i in (wanted, found)]
    for key in sorted({*wanted, *found}):
        x, y = (i.get(key, np.zeros((1, 1))) / size for i, size in zip((wanted, found), sizes, strict=True))
        if np.abs(x - y).max() <= 1e-7:
            continue
        bits, shown = iter(key), []
        for r in side.value.registers:
            shown.append(f"{r.name} = {''.join(str(int(next(bits))) for _ in r.bits)} (index 0 first)")
        result = f"in the result {', '.join(shown)}" if shown else "(no results are reported)"
        p, q = (round(float(np.trace(z).real), 9) for z in (x, y))
        if abs(p - q) > 1e-7:
            return f"the instruments differ {result}: probability {q:.6g} instead of {p:.6g} on average over inputs"
        return f"the instruments differ {result}: it has the right probability, but another map"
    return "the instruments differ"


# ---- samples of the built-in frontends ------------------------------------------------------------------------------


def qasm_samples() -> st.SearchStrategy[Sample]:
    """OpenQASM 2, each with the diagram of its plain account. Every wire of these is an input and an output of both."""
    return circuits(max_wires=2, max_gates=8).filter(_keeps_wires).map(lambda c: (c.qasm(), c.diagram))


def qc_samples() -> st.SearchStrategy[Sample]:
    """Clifford+T circuits in the .qc format."""

    def quarters(circuit: Any) -> bool:
        return all(op[-2] * 4 % 1 == 0 for op in circuit.operations if op[0] in ("rz", "rx", "rzz"))

    drawn = circuits(max_wires=3, max_gates=8, measure=False).filter(quarters)
    return drawn.map(lambda c: (c.qc(), c.diagram))


def pytket_samples() -> st.SearchStrategy[Sample]:
    """pytket's JSON of circuits with measurements and conditions."""
    drawn = circuits(max_wires=2, max_gates=8).filter(_keeps_wires)
    return drawn.map(lambda c: (c.tket_json(), c.diagram))


def _keeps_wires(circuit: Any) -> bool:
    """No wire starts with a reset or ends with a measurement: there OpenQASM has fewer inputs and outputs than wires."""
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    for kind, *args in circuit.operations:
        for q in args[: 2 if kind in ("cx", "cz", "rzz") else 1]:
            first.setdefault(q, kind)
            last[q] = kind
    return "reset" not in first.values() and "measure" not in last.values()


def gsm_samples() -> st.SearchStrategy[Sample]:
    """Printed diagrams of any kind."""
    from gossamer.conformance.strategies import any_diagrams
    from gossamer.ir.text import print_text

    return any_diagrams(max_vertices=5, max_edges=5, input_bits=True).map(lambda d: (print_text(d), d))


def compact_samples() -> st.SearchStrategy[Sample]:
    """The same in the compact form."""
    from gossamer.conformance.strategies import any_diagrams
    from gossamer.ir.compact import print_compact

    return any_diagrams(max_vertices=5, max_edges=5, input_bits=True).map(lambda d: (print_compact(d), d))


def zx_samples() -> st.SearchStrategy[Sample]:
    """Diagrams of any kind in pyzx's JSON."""
    from gossamer.formats.zx_print import print_json

    return _with_a_vertex().map(lambda d: (print_json(d), d))


def tikz_samples() -> st.SearchStrategy[Sample]:
    """The same as pictures."""
    from gossamer.formats.zx_print import print_tikz

    return _with_a_vertex().map(lambda d: (print_tikz(d), d))


def pattern_samples() -> st.SearchStrategy[Sample]:
    """Patterns in our JSON, with the diagram that the oracle is held against in its own tests."""
    from gossamer.conformance.strategies import patterns
    from gossamer.formats.pattern_json import print_pattern
    from gossamer.ir.pattern import to_diagram

    return patterns(max_nodes=4, max_steps=8, input_bits=True).map(lambda p: (print_pattern(p), to_diagram(p)))


def ptn_samples() -> st.SearchStrategy[Sample]:
    """Pattern files of graphqomb: any graph, order and Pauli frame; the domains of their diagrams are written down node by node."""
    from fractions import Fraction

    from gossamer.ir import pattern as mbqc
    from gossamer.ir.phase import BitExpr, Phase

    @st.composite
    def drawn(draw: st.DrawFn) -> Sample:
        n = draw(st.integers(1, 5))
        inputs = list(range(draw(st.integers(0, min(n, 2)))))
        order = draw(st.permutations(range(n)))
        measured = order[: draw(st.integers(0, n))]
        left = sorted(order[len(measured) :])
        nodes = st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True)
        flips = {flow: {v: draw(nodes) for v in measured if draw(st.booleans())} for flow in ("xflow", "zflow")}
        lines = ["# drawn", ".version 2"]
        lines += [f".input {' '.join(f'{v}:{v}' for v in inputs)}"] if inputs else []
        lines += [f".output {' '.join(f'{v}:{v}' for v in left)}", "[0]"]
        commands: list[mbqc.Command] = []
        for v in range(len(inputs), n):
            lines.append(f"N {v} 0.0 {v}")
            commands.append(mbqc.Prepare(v))
        for a in range(n):
            for b in range(a):
                if draw(st.booleans()):
                    lines.append(f"E {a} {b}")
                    commands.append(mbqc.Entangle(a, b))

        def domain(flow: str, v: int, before: Sequence[int]) -> BitExpr:
            return BitExpr.xor(i for i, u in enumerate(before) if v in flips[flow].get(u, ()))

        for i, v in enumerate(measured):
            basis, k = draw(st.sampled_from(mbqc.Basis)), draw(st.integers(-7, 7))
            s, t = (domain(flow, v, measured[:i]) for flow in ("xflow", "zflow"))
            if basis.is_pauli:
                lines.append(f"M {v} {basis.value} {'-' if k % 2 else '+'}")
                commands.append(mbqc.Measure(v, basis, Phase(k % 2), s, t))
            else:
                lines.append(f"M {v} {basis.value} {k}pi/4  # radians")
                commands.append(mbqc.Measure(v, basis, Phase(Fraction(k, 4)), s, t))
        for v in left:
            commands.append(mbqc.CorrectX(v, domain("xflow", v, measured)))
            commands.append(mbqc.CorrectZ(v, domain("zflow", v, measured)))
        for flow, targets in flips.items():
            lines += [f".{flow} {v} -> {' '.join(map(str, found))}" for v, found in targets.items()]
        pattern = mbqc.Pattern(
            inputs=tuple(inputs),
            outputs=tuple(left),
            commands=tuple(commands),
            bits=mbqc.outcomes(measured),
            input_names=tuple(f"q{v}" for v in inputs),
            output_names=tuple(f"q{v}" for v in left),
        )
        return "\n".join(lines), mbqc.to_diagram(pattern)

    return drawn()


def walk_samples() -> st.SearchStrategy[Sample]:
    """Walks on a cycle of four, with the textbook circuit of adders that are controlled by the coin."""
    from fractions import Fraction

    from gossamer.frontends.qasm import read

    @st.composite
    def drawn(draw: st.DrawFn) -> Sample:
        angles = [Fraction(draw(st.integers(-8, 8)), 4) for _ in range(3)]
        steps, start, side = draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.integers(0, 1))
        text = f"walk: coined\ngraph: {{cycle: 4}}\ncoin: {{u: [{', '.join(map(str, angles))}]}}\nsteps: {steps}\n"
        text += f"start: {{position: {start}, coin: {side}}}\nmeasure: []\n"
        program = [
            "OPENQASM 3.0;",
            'include "stdgates.inc";',
            "qubit[2] position;",
            "qubit[1] coin;",
            "reset position;",
            "reset coin;",
        ]
        program += [f"x position[{i}];" for i in range(2) if start >> i & 1] + ["x coin[0];"] * side
        move = "ccx coin[0], position[0], position[1]; cx coin[0], position[0];"
        back = "cx coin[0], position[0]; ccx coin[0], position[0], position[1];"
        flip = f"u3({', '.join(f'{a}*pi' for a in angles)}) coin[0];"
        program += [flip, "x coin[0];", move, "x coin[0];", back] * steps
        return text, read("\n".join(program))

    return drawn()


def automaton_samples() -> st.SearchStrategy[Sample]:
    """Automata on three or four cells, with the circuit that names each gate of each block."""
    from gossamer.frontends.qasm import read

    @st.composite
    def drawn(draw: st.DrawFn) -> Sample:
        n = draw(st.sampled_from([3, 4]))
        one, two = st.sampled_from(["h", "x", "s", "t"]), st.sampled_from(["cx", "cz", "swap"])
        gates = [
            (draw(one), (draw(st.integers(0, 1)),)) if draw(st.booleans()) else (draw(two), (0, 1))
            for _ in range(draw(st.integers(0, 3)))
        ]
        steps, start = draw(st.integers(0, 3)), draw(st.text("01+-", min_size=n, max_size=n))
        text = f"automaton: partitioned\ncells: {n}\nblock: 2\nclosed: {'true' if n == 4 else 'false'}\nmeasure: []\n"
        rule = ", ".join(f"[{', '.join([g, *map(str, at)])}]" for g, at in gates)
        text += f'steps: {steps}\nstart: "{start}"\nrule: [{rule}]\n'
        program = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"qubit[{n}] cell;", "reset cell;"]
        program += [f"{g} cell[{i}];" for i, x in enumerate(start) for g in {"0": "", "1": "x", "+": "h", "-": "xh"}[x]]
        for t in range(steps):
            for left in range(t % 2, n if n == 4 else n - 1, 2):
                program += [f"{g} {', '.join(f'cell[{(left + i) % n}]' for i in at)};" for g, at in gates]
        return text, read("\n".join(program))

    return drawn()


def _with_a_vertex() -> st.SearchStrategy[Diagram]:
    from gossamer.conformance.strategies import any_diagrams

    return any_diagrams(max_vertices=5, max_edges=5, input_bits=True).filter(lambda d: d.num_vertices > 0)
