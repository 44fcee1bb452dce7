"""Patterns and open graphs of graphix, as the JSON that :mod:`gossamer.formats.graphix_json` reads.

An object is taken apart by its attributes, as graphix 0.4 has them; nothing of graphix is imported. The module guarantees that what it does not know
is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from numbers import Real
from typing import Any, NoReturn

from gossamer.diagnostics import InputError
from gossamer.formats.graphix_json import OPEN_GRAPH, PATTERN


def print_graphix(source: Any) -> str | None:
    """The JSON of a ``Pattern`` or an ``OpenGraph`` of graphix; None for any other object.

    Raises
    ------
    InputError
        TL-2 for a part that is none of graphix's own.

    Examples
    --------
    >>> print_graphix(3) is None
    True
    """
    name = type(source).__name__
    if not all(hasattr(source, key) for key in ("input_nodes", "output_nodes")):
        return None
    if name == "Pattern" and hasattr(source, "__iter__"):
        return _lines(_pattern(source), "commands")
    if name == "OpenGraph" and hasattr(source, "graph"):
        return _lines(_open_graph(source), "measurements")
    return None


def _lines(value: dict[str, Any], last: str) -> str:
    """One line for each command, so that places in messages say which."""
    rest = json.dumps({key: x for key, x in value.items() if key != last})[:-1]
    entries = value[last]
    if isinstance(entries, list):
        opening, closing, lines = "[", "]", [json.dumps(x) for x in entries]
    else:
        opening, closing, lines = "{", "}", [f"{json.dumps(key)}: {json.dumps(x)}" for key, x in entries.items()]
    inner = ",\n".join(lines)
    return f'{rest}, "{last}": {opening}\n{inner}{closing}}}\n'


def _pattern(source: Any) -> dict[str, Any]:
    return {
        "format": PATTERN,
        "input_nodes": list(map(_node, source.input_nodes)),
        "output_nodes": list(map(_node, source.output_nodes)),
        "commands": [_command(c) for c in source],
    }


def _open_graph(source: Any) -> dict[str, Any]:
    cliffords = getattr(source, "output_cliffords", {})
    return {
        "format": OPEN_GRAPH,
        "nodes": list(map(_node, source.graph.nodes)),
        "edges": [[_node(a), _node(b)] for a, b in source.graph.edges],
        "input_nodes": list(map(_node, source.input_nodes)),
        "output_nodes": list(map(_node, source.output_nodes)),
        "output_cliffords": {str(_node(v)): _clifford(c) for v, c in cliffords.items()},
        "measurements": {str(_node(v)): _measurement(m) for v, m in source.measurements.items()},
    }


def _unknown(what: str, value: Any) -> NoReturn:
    raise InputError(
        "TL-2", f"{what} of graphix is a {type(value).__name__}, which is not known here", help="graphix 0.4 is read"
    )


def _node(value: Any) -> int:
    return int(value) if hasattr(value, "__index__") and not isinstance(value, bool) else _unknown("a node", value)


def _nodes(values: Any) -> list[int]:
    return sorted(map(_node, values))


def _command(c: Any) -> dict[str, Any]:
    kind = getattr(getattr(c, "kind", None), "name", "")
    form = _COMMANDS.get(kind)
    return {"kind": kind, **form(c)} if form is not None else _unknown("a command", c)


def _preparation(c: Any) -> dict[str, Any]:
    return {"node": _node(c.node), "state": repr(c.state)} if hasattr(c, "state") else _unknown("a preparation", c)


def _measured(c: Any) -> dict[str, Any]:
    if not hasattr(c, "measurement"):
        _unknown("a measurement command", c)
    domains = {"s_domain": _nodes(c.s_domain), "t_domain": _nodes(c.t_domain)}
    return {"node": _node(c.node), "measurement": _measurement(c.measurement), **domains}


def _corrected(c: Any) -> dict[str, Any]:
    return {"node": _node(c.node), "domain": _nodes(c.domain)}


_COMMANDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "N": _preparation,
    "E": lambda c: {"nodes": list(map(_node, c.nodes))},
    "M": _measured,
    "X": _corrected,
    "Z": _corrected,
    "S": _corrected,
    "C": lambda c: {"node": _node(c.node), "clifford": _clifford(c.clifford)},
    "T": lambda _: {},
}


def _measurement(m: Any) -> dict[str, Any]:
    """A measurement in a plane or along an axis; open graphs may have a plane or an axis alone."""
    name = getattr(m, "name", "")
    if hasattr(m, "plane") and hasattr(m, "angle"):
        return {"type": "bloch", "plane": m.plane.name, "angle_over_pi": _angle(m.angle)}
    if hasattr(m, "axis") and hasattr(m, "sign"):
        return {"type": "pauli", "axis": m.axis.name, "sign": int(m.sign.value)}
    if name in ("XY", "YZ", "XZ"):
        return {"type": "plane", "plane": name}
    if name in ("X", "Y", "Z"):
        return {"type": "pauli", "axis": name, "sign": 1}
    return _unknown("a measurement", m)


def _angle(value: Any) -> float | str:
    """A number, or an affine expression ``a * x + b`` of one parameter."""
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    if all(hasattr(value, key) for key in ("a", "x", "b")) and hasattr(value.x, "name"):
        return f"{_rounded(value.b)} + {_rounded(value.a)}*{value.x.name}"
    return _unknown("an angle", value)


def _rounded(value: Any) -> Fraction:
    """The nearest multiple of 2^-40, as floats are rounded everywhere (PH-2)."""
    return Fraction(round(float(value) * 2**40), 2**40)


def _clifford(c: Any) -> list[str]:
    """Gates in the order in which they act; graphix writes them as a product of matrices."""
    kind = type(c)
    if not all(hasattr(kind, g) for g in "IHSZ"):
        _unknown("a Clifford", c)
    letters = {getattr(kind, g): g for g in "IHSZ"}
    return [letters[g] for g in reversed(c.hsz)]


__all__ = ["print_graphix"]
