"""Sources: the diagram that a path, a text or another package's object stands for, by the registered frontend.

Inputs are hostile: a file is a regular file of bounded size, and only a path may include others, from its own folder and those below.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.collector import resting_collector
from gossamer.diagnostics import InputError, Span, UsageError
from gossamer.registry import by_extension, by_object, find, registered

if TYPE_CHECKING:
    from gossamer.ir.diagram import Diagram
    from gossamer.rewriting.open_form import OpenForm

MAX_SOURCE_BYTES = 256_000_000
#: Up to so many vertices a diagram's qubits are counted along its flow, whatever it looks like.
SMALL_DIAGRAM = 2000


@resting_collector()
def read(
    source: Any,
    format: str | None = None,
    *,
    name: str = "<text>",
    bind: Mapping[str, Any] | None = None,
    opaque: Mapping[str, str | Path] | None = None,
) -> Diagram:
    """The diagram that ``source`` stands for.

    Parameters
    ----------
    source
        A `Diagram`, a path, program text (text that holds a line break or a semicolon), or a circuit of qiskit, pytket or cirq. Only a
        path may include files, and only from its folder and the folders below.
    format
        The name of a frontend; without it a file's ending, or the first word of a text, decides.
    name
        What diagnostics call a text.
    bind
        Values of the inputs of a program, or of the symbols of a diagram, by name: numbers (angles in radians), or text that holds an
        expression (``"pi/4"``).
    opaque
        For opaque gates of OpenQASM 2, by name, the definition: a path, or text that defines a gate of that name.

    Raises
    ------
    InputError
        ``TL-3`` if a file cannot be read; the codes of the format.
    UsageError
        ``TL-2`` for a source of no known kind, ``TL-7`` for values and definitions that the source or its format has no use for.

    Examples
    --------
    >>> read("OPENQASM 2.0; qreg q[3];").num_edges
    3
    >>> turn = 'OPENQASM 3; include "stdgates.inc"; input angle t; qubit q; rz(t) q;'
    >>> [str(p) for p in read(turn, bind={"t": "pi/4"}).phases]
    ['0', '1/4']
    """
    from gossamer.ir.compose import bind_angles
    from gossamer.ir.diagram import Diagram

    if not isinstance(source, str | Path):
        if opaque:
            raise UsageError("TL-7", f"a {type(source).__name__} takes no definitions")
        diagram = source if isinstance(source, Diagram) else _read_object(source)
        return bind_angles(diagram, bind) if bind else diagram
    if isinstance(source, str) and ("\n" in source or ";" in source):
        return _parse(source, format or _guess(source), name, None, bind, opaque)
    path = Path(source)
    if os.path.isdir(path):
        read_text(path)  # says so
    chosen = format or by_extension("frontends", path.name).name
    return _parse(read_text(path), chosen, str(path), path.parent, bind, opaque)


def _read_object(source: Any) -> Diagram:
    registration = by_object(source)
    found: Diagram | None = None if registration is None else registration.load("objects")(source)
    if found is None:
        libraries = ", ".join(library for r in registered("frontends").values() for library in r.libraries)
        raise UsageError(
            "TL-2",
            f"a source is a path, text, a Diagram or a circuit, not {type(source).__name__}",
            help=f"circuits of these packages are read: {libraries}",
        )
    return found


def read_text(path: Path) -> str:
    """The text of a source file; InputError [TL-3] if it cannot be had.

    A pipe or a device in its place would block or never end; standard input is read by the command line.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            what = "a folder" if path.is_dir() else "not a regular file"
            raise InputError("TL-3", f"'{path}' is {what}", help="name a file, or - for standard input")
        data = bytearray()
        with path.open("rb") as file:  # piece by piece: one read of the limit would ask for that much memory
            while len(data) <= MAX_SOURCE_BYTES and (piece := file.read(1 << 20)):
                data += piece
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise InputError("TL-3", f"cannot read '{path}': {getattr(error, 'strerror', None) or error}") from error
    return decode(bytes(data), str(path))


def decode(data: bytes, name: str) -> str:
    """UTF-8 text, without a byte order mark, or InputError [TL-3]."""
    if len(data) > MAX_SOURCE_BYTES:
        raise InputError("TL-3", f"'{name}' is larger than {MAX_SOURCE_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise InputError("TL-3", f"'{name}' is not UTF-8 text", span=Span(name, line, column)) from error


def _parse(
    text: str,
    format: str,
    name: str,
    folder: Path | None,
    bind: Mapping[str, Any] | None,
    opaque: Mapping[str, str | Path] | None,
) -> Diagram:
    from gossamer.ir.compose import bind_angles

    registration = find("frontends", format)
    options: dict[str, Any] = {}
    if bind and "bind" in registration.options:
        options["bind"] = dict(bind)
    if opaque:
        options["opaque"] = {key: _definition(value) for key, value in opaque.items()}
    for option in options:
        if option not in registration.options:
            raise UsageError("TL-7", f"sources in the format '{format}' know no --{option}")
    if folder is not None and "folder" in registration.options:
        options["folder"] = folder
    diagram: Diagram = registration.load()(text, name, **options)
    return bind_angles(diagram, bind) if bind and "bind" not in options else diagram


def _definition(value: str | Path) -> str:
    """Text, or the file that a path names."""
    if isinstance(value, str) and "{" in value:
        return value
    return read_text(Path(value))


def _guess(text: str) -> str:
    start = text.lstrip()[:200]
    if start.startswith("{"):
        if re.match(r'\{\s*"(gossamer"\s*:\s*"pattern"|format"\s*:\s*"(graphix-pattern|opengraph)-json)', start):
            return "pattern"
        return "gsmj" if start[1:].lstrip().startswith('"gossamer"') else "zx"
    if start.startswith(("\\begin{tikzpicture}", "% pyzx-metadata:", "% gossamer:")):
        return "tikz"
    for words, format in (("walk:", "walk"), ("automaton:", "qca"), ("# GraphQOMB", "ptn"), (".version", "ptn")):
        if start.startswith(words):
            return format
    return "gsm" if start.startswith("gossamer ") else "qasm"


def count_wires(diagram: Diagram, form: OpenForm | None = None) -> int:
    """The number of quantum wires: the most that are live at one time, every input counted from the start.

    ``form`` is what the diagram has been read as, if that has been done already.

    For a diagram that is no circuit these are the vertices alive at one time in the order of measurement that was found for it. What has a
    vertex that is neither an input nor the state of a new wire nor joined to an earlier one, is no circuit; small diagrams are looked at in both ways.

    Examples
    --------
    >>> count_wires(read("OPENQASM 2.0; qreg q[3]; creg c[1]; measure q[0] -> c[0]; reset q[0];"))
    3
    """
    import numpy as np

    from gossamer.ir.diagram import VertexKind

    degree = np.bincount(diagram.edges.ravel(), minlength=diagram.num_vertices)
    change = np.zeros(diagram.num_vertices, np.int64)
    change[(degree == 1) & (diagram.kind == VertexKind.X)] = 1  # a state, unless an outcome is bound to it
    for i in diagram.outcome_bits:
        change[diagram.bits[i].vertex] = -1
    live = np.cumsum(change)
    wires = len(diagram.inputs) + max(0, int(live.max(initial=0)))
    begins = np.ones(diagram.num_vertices, np.bool_)
    begins[diagram.edges.max(axis=1, initial=0)] = False
    wire_starts = (diagram.kind == VertexKind.INPUT) | ((degree == 1) & (diagram.kind == VertexKind.X))
    if diagram.num_vertices > SMALL_DIAGRAM and not (begins & ~wire_starts).any():
        return wires
    from gossamer.passes.graph_like import to_open_graph
    from gossamer.passes.steps import count_live

    try:
        return max(wires, count_live(to_open_graph(diagram, postselect=True, form=form)))
    except InputError:  # the pass says so
        return wires


def measured(diagram: Diagram) -> Diagram:
    """The diagram with every quantum output measured in Z into a new register ``meas``.

    Examples
    --------
    >>> measured(read("OPENQASM 2.0; qreg q[2];")).registers[0].name
    'meas'
    """
    import numpy as np

    from gossamer.ir.diagram import Bit, BitKind, Diagram, Register, VertexKind
    from gossamer.ir.phase import BitExpr, Phase

    if not len(diagram.outputs):
        return diagram
    taken = {register.name for register in diagram.registers}
    name = next(n for n in ("meas", *(f"meas{i}" for i in range(len(taken) + 1))) if n not in taken)
    kind, phase = diagram.kind.copy(), diagram.phase.copy()
    phases, bits = list(diagram.phases), list(diagram.bits)
    new = []
    for vertex, output in zip(diagram.outputs.tolist(), diagram.output_names, strict=True):
        new.append(BitExpr.bit(len(bits)))
        kind[vertex], phase[vertex] = VertexKind.X, len(phases)
        phases.append(Phase.of_bit(len(bits)))
        bits.append(Bit(BitKind.OUTCOME, vertex, None, output))
    return Diagram(
        kind=kind,
        phase=phase,
        phases=tuple(phases),
        edges=diagram.edges,
        hadamard=diagram.hadamard,
        inputs=diagram.inputs,
        outputs=np.array([], np.int32),
        bits=tuple(bits),
        registers=(*diagram.registers, Register(name, tuple(new))),
        input_names=diagram.input_names,
        output_names=(),
        scalar=diagram.scalar,
        spans=diagram.spans,
        delays=diagram.delays,
    )
