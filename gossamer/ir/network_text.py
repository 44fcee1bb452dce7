"""From text to `Network`: YAML and JSON files, presets and shorthands, as ``spec/network.md`` defines them.

The module guarantees that what it returns passes ``Network.verify``, that every refusal names a clause and, for a file, the
line and column, and that hostile files cost bounded time and memory (size, depth, no anchors, no tags).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gossamer.diagnostics import GossamerError, InputError, UsageError
from gossamer.ir.network import (
    MAX_NODES,
    MAX_QUBITS,
    ClassicalChannel,
    Figures,
    NativeGate,
    Network,
    NetworkLink,
    Node,
    QuantumChannel,
)
from gossamer.ir.yaml_places import Path as Keys
from gossamer.ir.yaml_places import YamlPlaces

if TYPE_CHECKING:
    from lark import Lark

MAX_BYTES = 1_000_000
#: A shorthand is typed by hand.
MAX_SHORTHAND = 1000
#: Words that YAML takes for something else than text.
_WORDS = {
    "": None, "~": None, "null": None, "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False,
}  # fmt: skip
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_SUFFIXES = (".yaml", ".yml", ".json")
_PRESETS = Path(__file__).resolve().parent / "presets"


def resolve_network(
    text: str, wires: int | Callable[[], int] | None = None, *, models: Collection[str] | None = None
) -> Network:
    """The network that ``text`` names: a file, a preset, or a shorthand, tried in this order [NW-2].

    Parameters
    ----------
    text
        A path that ends in ``.yaml``, ``.yml`` or ``.json``, the name of a preset, or a shorthand.
    wires
        Number of quantum wires of the program, or what counts them; sets the default of a shorthand: ``ceil(wires / k) + 1`` data qubits.
        Counting can take as long as a pass, so it is asked for only where it is needed.
    models
        The computational models that there are; without it any name is one.

    Raises
    ------
    InputError
        With a clause of ``spec/network.md`` and the place in the file.

    Examples
    --------
    >>> [node.data for node in resolve_network("4", wires=10).nodes]
    [4, 4, 4, 4]
    >>> [link.nodes for link in resolve_network("line:3:qubits=2").links]
    [('n0', 'n1'), ('n1', 'n2')]
    >>> resolve_network("two-ions").nodes[0].name
    'alice'
    """
    text = text.strip()
    if text.lower().endswith(_SUFFIXES):
        return read_network(Path(text), models=models)
    if text in presets():
        return parse_network((_PRESETS / f"{text}.yaml").read_text(encoding="utf-8"), text, models=models)
    if text[:1].isdigit() or ":" in text:
        network = _shorthand(text, wires)
        network.verify(models)
        return network
    raise InputError(
        "NW-2",
        f"no network is called '{text[:80]}'",
        help=f"give a .yaml or .json file, a shorthand such as 4 or line:4, or a preset: {', '.join(presets())}",
    )


@cache
def presets() -> dict[str, str]:
    """Names of the presets and the one line that describes each.

    Examples
    --------
    >>> sorted(presets())
    ['ion-square', 'photonic-modules', 'two-ions']
    """
    return {
        path.stem: path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
        for path in sorted(_PRESETS.glob("*.yaml"))
    }


def read_network(path: Path, *, models: Collection[str] | None = None) -> Network:
    """The network in a YAML or JSON file, which is a regular one: a pipe could block, a device never end."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(
                "NW-2", f"the network file '{path}' is not a regular file", help="name a .yaml or .json file"
            )
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise InputError("NW-2", f"cannot read the network file '{path}': {reason}") from error
    if len(data) > MAX_BYTES:
        raise InputError("NW-1", f"the network file '{path}' is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("NW-1", f"the network file '{path}' is not UTF-8 text (byte {error.start})") from error
    return parse_network(text, str(path), models=models)


def parse_network(text: str, file: str = "<network>", *, models: Collection[str] | None = None) -> Network:
    """The network that YAML or JSON ``text`` defines; ``file`` is its name in diagnostics.

    ``models`` are the computational models that there are; without it any name is one.

    Examples
    --------
    >>> parse_network("nodes: [{name: a, data: 2}]").size
    1
    >>> parse_network("nodes: [{name: a, data: -1}]", "net.yaml")
    Traceback (most recent call last):
    gossamer.diagnostics.InputError: error[NW-3]: nodes[0].data: this has to be at least 0
      --> net.yaml:1:25
      |
    1 | nodes: [{name: a, data: -1}]
      |                         ^^
    """
    document = YamlPlaces(text, file, "NW-1", "NW-3", _scalar)

    def refused(code: str, message: str, path: Keys, help: str | None, *, key: bool = False) -> GossamerError:
        return InputError(code, message, span=document.place(path, key=key), help=help).with_source(text)

    try:
        value = document.read()
    except InputError as error:
        raise error.with_source(text) from error.__cause__
    try:
        network = Network.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = tuple(first["loc"])
        unknown = first["type"] == "extra_forbidden"
        message = f"unknown field '{path[-1]}'" if unknown else _reason(path, first)
        known = f"the fields here are {', '.join(_fields_at(path[:-1]))}" if unknown else None
        raise refused("NW-3", message, path, known, key=unknown) from error
    flaw = network.find_flaw(models)
    if flaw is not None:
        raise refused(flaw.code, flaw.message, flaw.path, flaw.help)
    return network


def print_network(network: Network) -> str:
    """The network as YAML that :func:`parse_network` reads back.

    Examples
    --------
    >>> net = resolve_network("ring:3:qubits=2,comm=1")
    >>> parse_network(print_network(net)) == net
    True
    """
    lines = ["nodes:"]
    for node in network.nodes:
        lines += _item(node.model_dump(mode="json", exclude_defaults=True))
    lines.append("links:" if network.links else "links: []")
    for link in network.links:
        lines += _item(link.model_dump(mode="json", exclude_defaults=True))
    return "\n".join(lines) + "\n"


def _item(fields: dict[str, Any]) -> list[str]:
    """An item of a list: on one line if it is short and flat, else a line for each field, and for each item of a list in it."""
    flat = "  - " + _flow(fields)
    if len(flat) <= 100 and "gates" not in fields:
        return [flat]
    lines = []
    for key, value in fields.items():
        if key == "gates" and any(len(gate) > 1 for gate in value):
            lines += [f"    {key}:", *(f"      - {_flow(gate)}" for gate in value)]
        else:
            lines.append(f"    {key}: {_flow(value)}")
    return ["  - " + lines[0].lstrip(), *lines[1:]]


def _flow(value: Any) -> str:
    """YAML on one line; a map with nothing but a name, as gates without figures are, is that name."""
    if isinstance(value, dict):
        if list(value) == ["name"]:
            return str(value["name"])
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, float) and value.is_integer() and value < 1e15:
        return str(int(value))
    if isinstance(value, str) and value.isascii() and value.lower() not in {*_WORDS, "y", "n"}:
        return value  # a name or a time
    return json.dumps(value)


def _fields_at(path: Keys) -> list[str]:
    """The names of the fields that the map at ``path`` may have."""
    here: Any = Network
    inside = {
        "nodes": Node, "links": NetworkLink, "gates": NativeGate, "measurement": Figures, "reset": Figures,
        "quantum": QuantumChannel, "classical": ClassicalChannel,
    }  # fmt: skip
    for part in path:
        here = inside.get(str(part), here)
    return list(here.model_fields)


def _reason(path: Keys, error: Mapping[str, Any]) -> str:
    """What is wrong with a value, in the words of the specification."""
    kind, bounds = error["type"], error.get("ctx", {})
    if kind == "missing":
        return f"{_dotted(path[:-1])} has no field '{path[-1]}'"
    if kind == "string_pattern_mismatch":
        return f"{_dotted(path)}: a name is a letter or underscore, then letters, digits or underscores"
    if kind == "value_error":
        return f"{_dotted(path)}: {bounds['error']}"
    text = _REASONS.get(kind, "this has no meaning here")
    return f"{_dotted(path)}: {text.format_map({key: _flow(value) for key, value in bounds.items()})}"


#: What to say for the kinds of errors of the data model.
_REASONS = {
    "int_type": "this has to be a whole number",
    "float_type": "this has to be a number",
    "string_type": "this has to be text",
    "greater_than_equal": "this has to be at least {ge}",
    "greater_than": "this has to be more than {gt}",
    "less_than_equal": "this has to be at most {le}",
    "finite_number": "this has to be a finite number",
    "string_too_short": "this has to have at least {min_length} characters",
    "string_too_long": "this has to have at most {max_length} characters",
    "too_short": "this list has to have at least {min_length} entries",
    "too_long": "this list has to have at most {max_length} entries",
    "tuple_type": "this has to be a list",
    "model_type": "this has to be a map",
    "model_attributes_type": "this has to be a map",
    "dict_type": "this has to be a map",
}


def _dotted(path: Keys) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else ("." if out else "") + str(part)
    return out or "the file"


def _scalar(text: str, plain: bool) -> Any:
    """What a scalar of a network file means: null, a boolean, a number as JSON has them (YAML 1.1 does not know 1e6), or text."""
    if not plain:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text  # dates and odd numbers have no place in a network: the model will refuse the text


# ---- shorthands -----------------------------------------------------------------------------------------------------


@cache
def _shorthand_parser() -> Lark:
    from lark import Lark

    from gossamer.specification import read_spec

    return Lark(read_spec("grammar/network.lark"), parser="lalr")


def _shorthand(text: str, wires: int | Callable[[], int] | None) -> Network:
    from lark import Token
    from lark.exceptions import UnexpectedInput

    if len(text) > MAX_SHORTHAND:
        raise InputError("NW-5", f"'{text[:80]}...' is longer than a shorthand can be ({MAX_SHORTHAND} characters)")
    try:
        tree = _shorthand_parser().parse(text)
    except UnexpectedInput as error:
        raise InputError(
            "NW-5",
            f"'{text[:80]}' is no network shorthand (column {max(getattr(error, 'column', 1), 1)})",
            help="examples: 4, line:4, ring:4, star:5, grid:2x3, 2+2mbqc, 4:qubits=8,comm=2",
        ) from error
    shape = next((str(t) for t in tree.children if isinstance(t, Token)), "all")
    size, models = _size(tree)
    settings: dict[str, int] = {}
    for setting in tree.find_data("setting"):
        key, value = (str(t) for t in setting.children)
        if key in settings:
            raise InputError("NW-5", f"'{key}' is given twice in '{text[:80]}'")
        settings[key] = int(value)
    if (len(size) == 2) != (shape == "grid"):
        raise InputError("NW-5", f"only a grid has two sizes: '{text[:80]}'", help="write grid:2x3 or line:4")
    k = size[0] * (size[1] if len(size) == 2 else 1)
    if not 1 <= k <= MAX_NODES:
        raise InputError("NW-10", f"a network has 1 to {MAX_NODES} nodes, not {k}")
    model_of = [model for model, count in models for _ in range(count)]
    if "qubits" in settings:
        data = settings["qubits"]
    elif wires is not None:
        data = -(-(wires() if callable(wires) else wires) // k) + 1
    else:
        raise UsageError(
            "NW-6",
            f"'{text}' leaves the number of data qubits to the program",
            help="add :qubits=N, or say how many wires",
        )
    if max(data, settings.get("comm", 0)) > MAX_QUBITS:
        raise InputError("NW-7", f"a node has at most {MAX_QUBITS} qubits of each kind")
    nodes = tuple(
        Node(name=f"n{i}", model=model, data=data, comm=settings.get("comm")) for i, model in enumerate(model_of)
    )
    links = tuple(NetworkLink(nodes=(f"n{a}", f"n{b}")) for a, b in _pairs(shape, size))
    return Network(nodes=nodes, links=links)


def _size(tree: Any) -> tuple[list[int], list[tuple[str, int]]]:
    """The size of the shape, and how many nodes of which model come after one another."""
    for grid in tree.find_data("grid"):
        rows, columns = (int(str(t)) for t in grid.children)
        return [rows, columns], [("circuit", rows * columns)]
    models: list[tuple[str, int]] = []
    for group in next(tree.find_data("groups")).children:
        count, model = (*group.children, None)[:2]
        models.append((str(model or "circuit"), int(str(count))))
    return [sum(count for _, count in models)], models


def _pairs(shape: str, size: list[int]) -> list[tuple[int, int]]:
    k = size[0]
    if shape == "line":
        return [(i, i + 1) for i in range(k - 1)]
    if shape == "ring":
        return [(i, i + 1) for i in range(k - 1)] + ([(0, k - 1)] if k > 2 else [])
    if shape == "star":
        return [(0, i) for i in range(1, k)]
    if shape == "grid":
        rows, columns = size
        cells = range(rows * columns)
        right = [(i, i + 1) for i in cells if (i + 1) % columns]
        return sorted(right + [(i, i + columns) for i in cells if i + columns < rows * columns])
    return list(combinations(range(k), 2))
