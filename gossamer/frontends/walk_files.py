"""Frontends for ``.walk.yaml`` and ``.qca.yaml``: quantum walks and cellular automata as files, and their definitions as objects.

A file is the definition of :class:`~gossamer.frontends.walk.CoinedWalk` or :class:`~gossamer.frontends.automaton.PartitionedAutomaton`, field by field, in
the form of ``spec/walk.md``; angles are multiples of pi. What the definition's own rules refuse is shown at the field that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn

from gossamer.diagnostics import InputError
from gossamer.formats.json_places import Json
from gossamer.formats.yaml_places import YamlText
from gossamer.frontends import walk as walks
from gossamer.frontends.automaton import LocalGate, PartitionedAutomaton
from gossamer.frontends.walk import Coin, CoinedWalk, Shift
from gossamer.ir.diagram import Diagram

#: Largest side of a graph in a file; the walk has its own bound on qubits.
MAX_SIDE = 1024
_NUMBER = re.compile(r"-?[0-9]{1,18}(/[0-9]{1,18}|\.[0-9]{1,18})?", re.ASCII)


def read_walk(text: str, file: str = "<text>") -> Diagram:
    """Read a coined quantum walk.

    Raises
    ------
    InputError
        WK-1 to WK-6, with the place.

    Examples
    --------
    >>> d = read_walk("walk: coined\\ngraph: {cycle: 4}\\ncoin: hadamard\\nsteps: 3\\n")
    >>> d.registers[0].name, len(d.inputs), d.output_names
    ('position', 0, ('coin[0]',))
    """
    return _diagram(text, file, _walk)


def read_automaton(text: str, file: str = "<text>") -> Diagram:
    """Read a quantum cellular automaton.

    Raises
    ------
    InputError
        WK-1, WK-2, QA-1 to QA-3, with the place.

    Examples
    --------
    >>> d = read_automaton("automaton: partitioned\\ncells: 4\\nblock: 2\\nrule:\\n- [cx, 0, 1]\\n- {gate: rx, cells: [0], angles: [1/4]}\\n")
    >>> len(d.registers[0].bits)
    4
    """
    return _diagram(text, file, _automaton)


def read_object(source: Any) -> Diagram | None:
    """The diagram of a definition; None for any other object.

    Examples
    --------
    >>> read_object(CoinedWalk(walks.cycle(4))).num_vertices > 0
    True
    """
    return source.diagram() if isinstance(source, CoinedWalk | PartitionedAutomaton) else None


def _diagram(text: str, file: str, make: Callable[[Json], CoinedWalk | PartitionedAutomaton]) -> Diagram:
    try:
        top = YamlText(text.removeprefix("\ufeff"), file, "WK-1", "WK-2").parse()
        definition = make(top)
        try:
            return definition.diagram()
        except InputError as error:
            if error.diagnostic.span is not None:
                raise
            d = error.diagnostic
            keys = [key for key in _FIELDS[d.code] if key in top.value]
            span = (top.members()[keys[0]] if keys else top).span
            raise InputError(d.code, d.message, span=span, help=d.help) from None
    except InputError as error:
        error.with_source(text)
        raise


#: The field that a clause is most likely about.
_FIELDS = {
    "WK-3": ("graph",), "WK-4": ("steps", "graph"), "WK-5": ("coin",), "WK-6": ("start", "marked", "measure"),
    "QA-1": ("block", "cells"), "QA-2": ("rule",), "QA-3": ("start", "measure"),
}  # fmt: skip


# --- walks -----------------------------------------------------------------------------------------------------------


def _walk(top: Json) -> CoinedWalk:
    m = top.members("the walk", ("walk", "graph"), ("coin", "steps", "start", "marked", "measure"))
    m["walk"].one_of("the kind of the walk", ("coined",))
    start = m["start"].members("the start", (), ("position", "coin")) if "start" in m else {}
    fields: dict[str, Any] = {"shift": _graph(m["graph"])}
    if "coin" in m:
        fields["coin"] = _coin(m["coin"])
    if "steps" in m:
        fields["steps"] = m["steps"].whole("the number of steps")
    for key, field in (("position", "position"), ("coin", "coin_state")):
        if key in start:
            at = start[key]
            fields[field] = (
                at.whole(f"the {key} of the start") if type(at.value) is int else at.text(f"the {key} of the start")
            )
    if "marked" in m:
        fields["marked"] = tuple(
            x.whole("a marked position") for x in m["marked"].items("the list of marked positions")
        )
    if "measure" in m:
        fields["measure"] = tuple(
            x.text("what is measured") for x in m["measure"].items("the list of what is measured")
        )
    return CoinedWalk(**fields)


def _coin(form: Json) -> Coin:
    if isinstance(form.value, str):
        return form.value
    angles = form.members("the coin", ("u",), ())["u"].items("the angles of the coin")
    if len(angles) != 3:
        form.fail("a coin of angles has three", help="for example {u: [1/2, 0, 1]}, in multiples of pi")
    a, b, c = (_number(x, "an angle of the coin") for x in angles)
    return a, b, c


def _graph(form: Json) -> Shift:
    m = form.members("the graph", (), ("cycle", "line", "torus", "hypercube", "complete", "edges", "shift"))
    if len(m) != 1:
        form.fail("a graph is one thing", help="for example {cycle: 8}, {torus: [2, 4]} or {edges: [[0, 1], [1, 2]]}")
    ((kind, value),) = m.items()
    if kind == "shift":
        return tuple(
            tuple(
                (a.whole("a position"), b.whole("a coin"))
                for a, b in (x.pair("an end") for x in ports.items("the coins of a position"))
            )
            for ports in value.items("the shift")
        )
    if kind == "edges":
        edges = [
            (a.whole("a position", MAX_SIDE), b.whole("a position", MAX_SIDE))
            for a, b in (x.pair("an edge") for x in value.items("the list of edges"))
        ]
        for entry, (a, b) in zip(value.items(), edges, strict=True):
            if a == b:
                entry.fail(f"an edge joins position {a} with itself", code="WK-3")
        return walks.flip_flop(edges)
    if kind == "torus":
        rows, columns = map(_side, value.pair("the size of a torus"))
        if rows * columns > MAX_SIDE:
            value.fail(f"a torus of more than {MAX_SIDE} positions", code="WK-4")
        return walks.torus(rows, columns)
    if kind == "hypercube":
        return walks.hypercube(value.whole("the dimension of the hypercube", 10))
    return {"cycle": walks.cycle, "line": walks.line, "complete": walks.complete}[kind](
        _side(value, 64 if kind == "complete" else MAX_SIDE)
    )


def _side(form: Json, limit: int = MAX_SIDE) -> int:
    return form.whole("the size of the graph", limit)


def _number(form: Json, what: str) -> Fraction:
    """A whole number, a fraction or a decimal, exact."""
    text = str(form.value)
    if isinstance(form.value, dict | list) or not _NUMBER.fullmatch(text):
        form.fail(f"{what} is {text[:40]!r}", help="angles are multiples of pi: 1/4, 0.25, -3")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        form.fail(f"{what} has the denominator 0")


# --- automata --------------------------------------------------------------------------------------------------------


def _automaton(top: Json) -> PartitionedAutomaton:
    may = ("odd_rule", "steps", "start", "closed", "measure")
    m = top.members("the automaton", ("automaton", "cells", "block", "rule"), may)
    m["automaton"].one_of("the kind of the automaton", ("partitioned",))
    fields: dict[str, Any] = {"cells": _sides(m["cells"]), "block": _sides(m["block"]), "rule": _rule(m["rule"])}
    if "odd_rule" in m:
        fields["odd_rule"] = _rule(m["odd_rule"])
    if "steps" in m:
        fields["steps"] = m["steps"].whole("the number of steps")
    if "start" in m:
        if not isinstance(m["start"].value, str):
            _quote(m["start"])
        fields["start"] = m["start"].value
    if "closed" in m:
        fields["closed"] = m["closed"].one_of("closed", ("true", "false")) == "true"
    if "measure" in m and m["measure"].value != "all":
        fields["measure"] = tuple(x.whole("a measured cell") for x in m["measure"].items("the list of measured cells"))
    return PartitionedAutomaton(**fields)


def _quote(form: Json) -> NoReturn:
    form.fail("the start is no text", help='quote it: "0100"')


def _sides(form: Json) -> tuple[int, ...]:
    if isinstance(form.value, list):
        return tuple(x.whole("a side") for x in form.items())
    return (form.whole("the number of cells"),)


def _rule(form: Json) -> tuple[LocalGate, ...]:
    return tuple(map(_local_gate, form.items("the rule")))


def _local_gate(form: Json) -> LocalGate:
    """``[cx, 0, 1]``, or ``{gate: rx, cells: [0], angles: [1/4]}``."""
    if isinstance(form.value, list):
        if not form.value:
            form.fail("a gate without a name")
        name, *cells = form.items()
        return LocalGate(name.text("the name of a gate"), tuple(c.whole("a cell of a gate") for c in cells))
    m = form.members("a gate", ("gate", "cells"), ("angles",))
    angles = m["angles"].items("the angles of a gate") if "angles" in m else []
    return LocalGate(
        m["gate"].text("the name of a gate"),
        tuple(c.whole("a cell of a gate") for c in m["cells"].items("the cells of a gate")),
        tuple(_number(a, "an angle of a gate") for a in angles),
    )
