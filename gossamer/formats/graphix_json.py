"""Patterns and open graphs of graphix as JSON: the formats ``graphix-pattern-json/1`` and ``opengraph-json/1``.

graphix has no file format of its own; these two write its objects down, command by command, and our reader of graphix's objects goes the same
way. Domains are sets of nodes, angles multiples of pi. The module guarantees that what is read means what graphix computes, preparations in
other states than ``|+>`` and shifted signals included. Clauses PT-12 to PT-14 of ``spec/pattern.md``.

References
----------
graphix: Sunami, Fukushima, arXiv:2212.11975. Signal shifting: Danos, Kashefi, Panangaden, J. ACM 54(2), 8 (2007), section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gossamer.diagnostics import InputError, Span
from gossamer.formats.json_places import Json
from gossamer.formats.pattern_json import read_phase
from gossamer.ir.pattern import (
    Basis,
    Clifford,
    Command,
    CorrectX,
    CorrectZ,
    Entangle,
    Measure,
    Pattern,
    Prepare,
    outcomes,
    read_angle,
)
from gossamer.ir.phase import BitExpr, Phase

PATTERN, OPEN_GRAPH = "graphix-pattern-json/1", "opengraph-json/1"

KINDS = ("N", "E", "M", "X", "Z", "C", "S", "T")
PLANES, AXES, TYPES = ("XY", "YZ", "XZ"), ("X", "Y", "Z"), ("bloch", "pauli", "plane")
#: Names of Clifford gates in files, and our letters.
CLIFFORDS = {"I": (), "H": ("h",), "S": ("s",), "SDG": ("sdg",), "X": ("x",), "Y": ("y",), "Z": ("z",)}

#: Most terms of all domains and shifts together: a shift is written once and used any number of times.
MAX_WORK = 20_000_000
_NOTHING: frozenset[frozenset[int]] = frozenset()
_STATE = re.compile(
    r"(?:graphix\.states\.)?PlanarState\((?:Plane\.)?(XY|YZ|XZ), (-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)\)",
    re.ASCII,
)
#: diag(1, exp(i pi k/2)) as a word.
_TURNS: tuple[tuple[str, ...], ...] = ((), ("s",), ("z",), ("sdg",))
#: A state of a plane is diag(1, exp(i pi sign*angle))|+> and then a word.
_AFTER: dict[str, tuple[int, tuple[str, ...]]] = {"XY": (1, ()), "YZ": (-1, ("h",)), "XZ": (-1, ("h", "sdg"))}


# --- patterns --------------------------------------------------------------------------------------------------------


def graphix_pattern(top: Json) -> Pattern:
    """The pattern that a value of the format stands for; its rules are not checked yet.

    Outcomes are numbered in the order of measurement, none is reported; ends are called ``q0``, ``q1``, ... in their order.

    Examples
    --------
    >>> from gossamer.formats.json_places import JsonText
    >>> text = '''{"format": "graphix-pattern-json/1", "input_nodes": [0], "output_nodes": [1], "commands": [
    ... {"kind": "N", "node": 1}, {"kind": "E", "nodes": [0, 1]},
    ... {"kind": "M", "node": 0, "measurement": {"type": "bloch", "plane": "XY", "angle_over_pi": 0.25}},
    ... {"kind": "X", "node": 1, "domain": [0]}]}'''
    >>> print(graphix_pattern(JsonText(text, "x.pattern.json", "PT-12", "PT-13").parse()))
    input 0 "q0"
    N 1
    E 0 1
    M 0 XY 1/4 -> b0
    X 1 b0
    output 1 "q0"
    """
    m = top.members("the pattern", ("format", "input_nodes", "output_nodes", "commands"), ("name", "source"))
    inputs, outputs = _nodes(m["input_nodes"], "the inputs"), _nodes(m["output_nodes"], "the outputs")
    commands = m["commands"].items("the list of commands")
    reader = _Commands(commands, m["commands"].spans(), inputs)
    for form, span in zip(commands, reader.places, strict=True):
        reader.add(form, span)
    return Pattern(
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        commands=tuple(reader.made),
        bits=outcomes(reader.bit_of),
        input_names=names(inputs),
        output_names=names(outputs),
        spans=reader.spans,
    )


def names(ends: Iterable[int]) -> tuple[str, ...]:
    """Names for ends that have none.

    Examples
    --------
    >>> names([7, 3])
    ('q0', 'q1')
    """
    return tuple(f"q{k}" for k, _ in enumerate(ends))


def _nodes(form: Json, what: str) -> list[int]:
    return [x.whole(f"a node of {what}") for x in form.items(what)]


class _Commands:
    """Collects commands; ``bit_of`` numbers the outcomes of nodes, ``shift`` holds what signals were shifted by."""

    def __init__(self, forms: list[Json], places: list[Span], inputs: list[int]) -> None:
        self.places = places
        self.made: list[Command] = []
        self.spans: dict[int, Span] = {}
        kinds = [form.members("a command", ("kind",))["kind"].one_of("the kind of a command", KINDS) for form in forms]
        prepared = [_node(form) for form, kind in zip(forms, kinds, strict=True) if kind == "N"]
        measured = [_node(form) for form, kind in zip(forms, kinds, strict=True) if kind == "M"]
        self.bit_of = {node: i for i, node in enumerate(dict.fromkeys(measured))}
        self.shift: dict[int, frozenset[frozenset[int]]] = {}
        self.work = 0
        self.fresh = max([*inputs, *prepared], default=-1) + 1

    def put(self, span: Span, *commands: Command) -> None:
        for command in commands:
            self.spans[len(self.made)] = span
            self.made.append(command)

    def domain(self, form: Json | None, what: str) -> BitExpr:
        """The XOR of the outcomes of a set of nodes, as they are after signal shifting."""
        terms: set[frozenset[int]] = set()
        for entry in [] if form is None else form.items(what):
            node = entry.whole(f"a node of {what}")
            if node not in self.bit_of:
                entry.fail(
                    f"{what} holds node {node}, which is never measured",
                    code="PT-8",
                    help="a domain holds outcomes of measurements that come before it",
                )
            shift = self.shift.get(node, _NOTHING)
            self.work += 1 + len(shift)
            if self.work > MAX_WORK:
                entry.fail(f"domains and shifts of more than {MAX_WORK} terms", code="PT-12")
            terms ^= {frozenset((self.bit_of[node],))}
            terms ^= shift
        try:
            return BitExpr(terms)
        except InputError as error:
            if form is None:
                raise
            form.fail(f"{what}: {error.diagnostic.message}", code=error.code)

    def add(self, form: Json, span: Span) -> None:
        m = form.members("a command", ("kind",))
        match m["kind"].value:
            case "N":
                form.members("the command N", ("kind", "node"), ("state",))
                self.prepare(_node(form), m.get("state"), span)
            case "E":
                form.members("the command E", ("kind", "nodes"), ())
                a, b = m["nodes"].pair("the nodes of an E")
                self.put(span, Entangle(a.whole("a node of an E"), b.whole("a node of an E")))
            case "M":
                form.members(
                    "the command M", ("kind", "node"), ("measurement", "plane", "angle", "s_domain", "t_domain")
                )
                s, t = (self.domain(m.get(key), f"the {key} of an M") for key in ("s_domain", "t_domain"))
                self.put(span, Measure(_node(form), *_measurement_of(form, m), s, t))
            case "X" | "Z" as kind:
                form.members(f"the command {kind}", ("kind", "node"), ("domain",))
                domain = self.domain(m.get("domain"), f"the domain of the command {kind}")
                self.put(span, (CorrectX if kind == "X" else CorrectZ)(_node(form), domain))
            case "C":
                form.members("the command C", ("kind", "node", "clifford"), ())
                self.put(span, Clifford(_node(form), _word(m["clifford"])))
            case "S":
                form.members("the command S", ("kind", "node"), ("domain",))
                node = _node(form)
                if node not in self.bit_of:
                    m["node"].fail(
                        f"the command S shifts the signal of node {node}, which is never measured", code="PT-8"
                    )
                domain = self.domain(m.get("domain"), "the domain of the command S")
                self.shift[node] = self.shift.get(node, _NOTHING) ^ domain.monomials
            case "T":
                form.members("the command T", ("kind",), ())  # a tick of the clock: no operation

    def prepare(self, node: int, state: Json | None, span: Span) -> None:
        """Prepare in a state of a plane: ``|+>``, a rotation about Z, a Clifford.

        The rotation by an angle of general position is the measurement, in the plane YZ, of a node that is joined to this one.
        """
        self.put(span, Prepare(node))
        if state is None:
            return
        found = _STATE.fullmatch(state.text("the state of an N"))
        if found is None:
            state.fail(f"the state {state.value[:60]!r}", help="known: PlanarState(PLANE, ANGLE), planes XY, YZ and XZ")
        sign, after = _AFTER[found[1]]
        try:
            angle = read_angle(float(found[2])).scaled(sign)
        except InputError as error:
            state.fail(f"the state {state.value[:60]!r}: {error.diagnostic.message}", code=error.code)
        quarters = angle.constant * 2
        if quarters.denominator == 1:
            word = _TURNS[int(quarters)] + after
        else:
            hub, self.fresh = self.fresh, self.fresh + 1
            bit = self.bit_of.setdefault(hub, len(self.bit_of))
            self.put(
                span, Prepare(hub), Entangle(node, hub), Measure(hub, Basis.YZ, angle), CorrectZ(node, BitExpr.bit(bit))
            )
            word = after
        if word:
            self.put(span, Clifford(node, word))


def _node(form: Json) -> int:
    m = form.members("a command", ("node",))
    return m["node"].whole("the node of a command")


def _word(form: Json) -> tuple[str, ...]:
    """A Clifford: the name of one gate, or a list of names of which the first acts first."""
    gates = [form] if isinstance(form.value, str) else form.items("a Clifford")
    return tuple(x for g in gates for x in CLIFFORDS[g.one_of("a gate of a Clifford", tuple(CLIFFORDS))])


def _measurement_of(form: Json, m: dict[str, Json]) -> tuple[Basis, Phase]:
    """The basis and the angle of an M, which stand in it or in a ``measurement`` of its own."""
    if "measurement" in m:
        if "plane" in m or "angle" in m:
            form.fail("an M with a measurement and with a plane or an angle of its own")
        basis, angle = _measurement(m["measurement"])
        return basis, m["measurement"].fail("a measurement without an angle") if angle is None else angle
    form.members("the command M", ("plane", "angle"))
    return Basis(m["plane"].one_of("the plane of an M", PLANES)), read_phase(m["angle"], "the angle of an M")


def _measurement(form: Json) -> tuple[Basis, Phase | None]:
    """The basis and the angle; None: a plane alone."""
    m = form.members("a measurement", ("type",))
    match m["type"].one_of("the type of a measurement", TYPES):
        case "bloch":
            form.members("a measurement in a plane", ("type", "plane", "angle_over_pi"), ())
            return _plane(m), read_phase(m["angle_over_pi"], "the angle of a measurement")
        case "plane":
            form.members("a measurement in a plane", ("type", "plane"), ())
            return _plane(m), None
        case _:
            form.members("a measurement along an axis", ("type", "axis", "sign"), ())
            if m["sign"].value not in (1, -1) or isinstance(m["sign"].value, bool):
                m["sign"].fail("the sign of a measurement is neither 1 nor -1")
            return Basis(m["axis"].one_of("the axis of a measurement", AXES)), Phase((1 - int(m["sign"].value)) // 2)


def _plane(m: dict[str, Json]) -> Basis:
    return Basis(m["plane"].one_of("the plane of a measurement", PLANES))


# --- open graphs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeasuredGraph:
    """A graph with inputs, outputs, and for each other node how it is measured; the corrections are whoever's business it runs.

    Attributes
    ----------
    measured : basis and angle by node; an angle that the file leaves open is the symbol ``angle_<node>``
    cliffords : what is done to outputs in the end, as words
    spans : places of the nodes, of their measurements where they have one
    """

    nodes: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    measured: dict[int, tuple[Basis, Phase]]
    cliffords: dict[int, tuple[str, ...]] = field(default_factory=dict)
    spans: dict[int, Span] = field(default_factory=dict, repr=False, compare=False)


def graphix_open_graph(top: Json) -> MeasuredGraph:
    """The open graph that a value of the format stands for.

    Raises
    ------
    InputError
        PT-13 for another form, PT-14 for what is no open graph, PT-9 for an angle that is not finite.

    Examples
    --------
    >>> from gossamer.formats.json_places import JsonText
    >>> text = '''{"format": "opengraph-json/1", "nodes": [0, 1], "edges": [[0, 1]], "input_nodes": [0], "output_nodes": [1],
    ... "measurements": {"0": {"type": "pauli", "axis": "X", "sign": -1}}}'''
    >>> graphix_open_graph(JsonText(text, "x.opengraph.json", "PT-12", "PT-13").parse()).measured
    {0: (<Basis.X: 'X'>, Phase(1))}
    """
    need = ("format", "nodes", "edges", "input_nodes", "output_nodes", "measurements")
    labels = ("name", "source", "kind", "has_cflow", "has_gflow", "has_pflow")
    m = top.members("the open graph", need, (*labels, "output_cliffords"))
    spans: dict[int, Span] = {}
    for entry, span in zip(m["nodes"].items("the list of nodes"), m["nodes"].spans(), strict=True):
        node = entry.whole("a node")
        if node in spans:
            entry.fail(f"node {node} is listed twice", code="PT-14")
        spans[node] = span

    def known(entry: Json, what: str) -> int:
        node = entry.whole(what)
        if node not in spans:
            entry.fail(f"{what} is {node}, which is no node of the graph", code="PT-14")
        return node

    edges: dict[tuple[int, int], None] = {}
    for entry in m["edges"].items("the list of edges"):
        a, b = (known(x, "an end of an edge") for x in entry.pair("an edge"))
        if a == b or (a, b) in edges or (b, a) in edges:
            entry.fail("an edge joins two different nodes, and no two edges the same", code="PT-14")
        edges[a, b] = None
    ends: dict[str, list[int]] = {"input": [], "output": []}
    for what, listed in ends.items():
        for entry in m[f"{what}_nodes"].items(f"the list of {what}s"):
            node = known(entry, f"an {what}")
            if node in listed:
                entry.fail(f"node {node} is listed twice among the {what}s", code="PT-14")
            listed.append(node)
    measured: dict[int, tuple[Basis, Phase]] = {}
    for key, entry in m["measurements"].members("the measurements").items():
        node = _number(key, entry, spans)
        if node in ends["output"]:
            entry.fail(f"node {node} is measured, and an output", code="PT-14")
        basis, angle = _measurement(entry)
        measured[node] = basis, Phase.of_symbol(f"angle_{node}") if angle is None else angle
    for node in spans:
        if node not in measured and node not in ends["output"]:
            m["measurements"].fail(f"node {node} is neither measured nor an output", code="PT-14")
    for entry, span in zip(m["measurements"].members().values(), m["measurements"].spans(), strict=True):
        spans[int(entry.path[-1])] = span
    cliffords = {}
    for key, entry in m["output_cliffords"].members("the Cliffords").items() if "output_cliffords" in m else ():
        node = _number(key, entry, spans)
        if node not in ends["output"]:
            entry.fail(f"a Clifford on node {node}, which is no output", code="PT-14")
        cliffords[node] = _word(entry)
    return MeasuredGraph(
        tuple(sorted(spans)), tuple(edges), tuple(ends["input"]), tuple(ends["output"]), measured, cliffords, spans
    )


def _number(key: str, entry: Json, spans: dict[int, Span]) -> int:
    node = int(key) if re.fullmatch("[0-9]{1,10}", key, re.ASCII) else -1
    if node not in spans or str(node) != key:
        entry.fail(f"the key '{key[:40]}' is no node of the graph", code="PT-14")
    return node


__all__ = ["MeasuredGraph", "graphix_open_graph", "graphix_pattern", "names"]
