"""What else is made of a source: another text format, a rewritten diagram, figures, a picture.

Formats of circuits are printed from the verified program of a single node, so this stands on :mod:`gossamer.api`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.api import COMPILE_CHECK_SECONDS, compile, kept_source, refuse_wrong, with_digest
from gossamer.compiled import application_files, drawn, load, merged, verify_programs
from gossamer.diagnostics import InputError, LeftOut, UsageError
from gossamer.registry import find
from gossamer.sources import count_wires, read, read_text

if TYPE_CHECKING:
    from gossamer.ir.delays import Step
    from gossamer.ir.diagram import Diagram
    from gossamer.ir.placed import Placed
    from gossamer.ir.program import Distribution
    from gossamer.rewriting.open_form import OpenForm


def rewrite(source: Any, pipeline: str = "simplify", format: str | None = None) -> Diagram:
    """The diagram of a source after passes that rewrite diagrams, such as ``simplify{strategy=full},extract``.

    Examples
    --------
    >>> hh = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0]; t q[0]; tdg q[0]; h q[0];'
    >>> rewrite(hh).num_vertices, rewrite(hh, "simplify{strategy=fuse}").num_vertices
    (2, 2)
    """
    from gossamer.pipeline import rewrite as run

    diagram = read(source, format)
    diagram.verify()
    return run(diagram, pipeline)


def convert(
    source: Any,
    to: str = "gsm",
    format: str | None = None,
    *,
    pipeline: str | None = None,
    merge: bool = False,
    link_noise: float | None = None,
) -> str:
    """The source in another text format.

    Parameters
    ----------
    to
        The name of a printer: ``gsm`` and ``gsmj`` print the diagram; ``qasm`` (OpenQASM 3), ``qasm2`` and ``stim`` the verified program of a
        single node. A diagram without causal flow becomes a circuit first (``extract``), or, if it has a Pauli flow only, measures on the way.
    pipeline
        Passes that rewrite the diagram first, see :func:`rewrite`.
    merge
        ``source`` is an output folder: the programs of all its nodes as one circuit (``qasm``, ``qasm2``, ``stim``), see
        :meth:`CompiledProgram.circuit`.
    link_noise
        With ``merge``, of a circuit of stim: the probability of a depolarising error on each Bell pair.

    Raises
    ------
    InputError
        The codes of :func:`compile`; ``PR-17`` for programs that are no circuit; ``PR-11`` for what OpenQASM 2 cannot say, ``PR-19`` for
        what stim cannot.

    Warns
    -----
    LeftOut
        If delays of the source (IR-11) are left out: in a format that has none, behind a pass that drops them, or off every qubit.

    Examples
    --------
    >>> print(convert('OPENQASM 3; include "stdgates.inc"; qubit q; h q; delay[20ns] q; h q;', "qasm"))
    OPENQASM 3.0;
    include "stdgates.inc";
    qubit[1] q;
    h q[0];
    delay[20ns] q[0];
    h q[0];
    <BLANKLINE>
    >>> read(convert("OPENQASM 2.0; qreg q[1];")) == read("OPENQASM 2.0; qreg q[1];")
    True
    >>> print(convert('OPENQASM 3; include "stdgates.inc"; qubit[2] q; x q[0]; ctrl @ z q[0], q[1];', "qasm2"))
    OPENQASM 2.0;
    include "qelib1.inc";
    qreg q[2];
    x q[0];
    cz q[0], q[1];
    <BLANKLINE>
    """
    from gossamer.ir.delays import Wait

    registration = find("printers", to)
    if merge:
        if pipeline is not None:
            raise UsageError("TL-7", "node programs are merged as they are; passes rewrite diagrams")
        return merged(*load(source), registration, link_noise)
    if link_noise is not None:
        raise UsageError(
            "TL-7", "a source has no links that could be noisy", help="name an output folder, and add --merge"
        )
    if isinstance(source, str | Path) and "\n" not in str(source) and os.path.isdir(source):
        raise UsageError(
            "TL-2", f"'{source}' is a folder", help="for the programs of all its nodes as one circuit, add --merge"
        )
    diagram = read(source, format)
    diagram.verify()
    wanted = len(diagram.delays)
    if pipeline is not None:
        diagram = rewrite(diagram, pipeline)
    kept = len(diagram.delays) if registration.delays else 0
    printer = registration.load()
    text: str
    if registration.takes != ("distribution",):
        text = printer(diagram)
    elif kept:
        distribution, steps = _with_delays(diagram)
        kept = sum(isinstance(step, Wait) for step in steps)
        text = printer(distribution, steps)
    else:
        text = printer(_one_node(diagram))
    if kept < wanted:
        from warnings import warn

        reason = "the format has none" if not registration.delays else "they stand on no wire of the result"
        warn(f"{wanted - kept} of {wanted} delays are left out: {reason}", LeftOut, stacklevel=2)
    return text


def application(directory: str | Path, to: str = "netqasm") -> dict[str, str]:
    """Name and text of each file of the folder that another system runs, for the programs of an output folder.

    See :meth:`CompiledProgram.application`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as here:
    ...     compile('OPENQASM 2.0; qreg q[1]; creg c[1]; measure q -> c;', "1").save(here)
    ...     print(application(here)["roles.yaml"])
    "n0": "n0"
    <BLANKLINE>
    """
    if not os.path.isdir(directory):
        raise UsageError(
            "TL-2",
            f"'{directory}' is no output folder, and an application is made of the programs in one",
            help="compile it first",
        )
    return application_files(*load(directory), to)


def _one_node(diagram: Diagram) -> Distribution:
    """The program of one node. What follows no wires becomes a circuit again, if it has a gflow; else vertices are measured on the way."""
    from gossamer.ir.open_graph import Label
    from gossamer.pipeline import default_pipeline

    program = compile(diagram, "1")
    assert program.placed is not None
    graph = program.placed.graph
    on_wires = (graph.successor >= 0) | graph.is_hub | (graph.outcome >= 0) | (graph.label == Label.OUTPUT)
    if not on_wires.all():
        try:
            program = compile(diagram, "1", pipeline="extract," + default_pipeline(1, 0))
        except InputError as error:
            if error.code != "EX-1":
                raise
    return program.distribution


def _with_delays(diagram: Diagram) -> tuple[Distribution, list[Step]]:
    """The program of one node, and its instructions with the delays of the diagram between them.

    It is compiled with a rotation in the place of each delay. Two checks: with the rotations it does what the diagram with them does, so the
    delays are where they belong; without them it does what the diagram does.
    """
    from gossamer.ir.delays import Wait, marked, taken_back

    with_rotations, marks = marked(diagram)
    distribution = compile(with_rotations, "1").distribution
    (program,) = distribution.programs
    steps = taken_back(program.instructions, marks)
    program = replace(program, instructions=tuple(step for step in steps if not isinstance(step, Wait)))
    distribution = with_digest(replace(distribution, programs=(program,)), diagram)
    verdict = verify_programs(
        distribution.programs, distribution.manifest, diagram, None, distribution.network, COMPILE_CHECK_SECONDS
    )
    refuse_wrong(verdict)
    return distribution, steps


def to_pyzx(source: Any, format: str | None = None) -> Any:
    """The source as a graph of pyzx: bits and symbols are variables, outcomes are marked in the data of their vertices.

    Raises
    ------
    InputError
        ``ZX-6`` for what pyzx cannot hold.
    MissingPackage
        ``TL-9`` without pyzx.

    Examples
    --------
    >>> cx = "OPENQASM 2.0; qreg q[2]; CX q[0], q[1];"
    >>> graph = to_pyzx(cx)
    >>> graph.num_vertices(), read(graph) == read(cx)
    (6, True)
    """
    from gossamer.formats.zx_pyzx import to_pyzx as make

    diagram = read(source, format)
    diagram.verify()
    return make(diagram)


def inspect(source: Any, format: str | None = None) -> dict[str, Any]:
    """Figures of a source or of an output folder.

    ``flow`` is the first of ``causal`` (gadgets correct themselves), ``gflow`` and ``pauli`` that exists, ``none`` if there is none,
    and None, with a ``flow_note``, where that was not determined: for diagrams that have no graph-like form (H-boxes), and for those without
    causal flow that are too large for GF(2) algebra. ``depth`` is the number of layers of that flow, for a folder the depth of
    its programs. ``t_count`` counts the phases that are no multiples of pi/2; a gadget has one.

    Examples
    --------
    >>> figures = inspect('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; t q[0]; cx q[0],q[1];')
    >>> figures["qubits"], figures["t_count"], figures["clifford"], figures["flow"]
    (2, 1, False, 'causal')
    """
    if isinstance(source, str | Path) and "\n" not in str(source) and os.path.isdir(source):
        return _inspect_folder(Path(source))
    return _inspect_diagram(read(source, format))


def _inspect_diagram(diagram: Diagram) -> dict[str, Any]:
    import numpy as np

    from gossamer.ir.diagram import BitKind, VertexKind
    from gossamer.report.shape import Shape, find_shape
    from gossamer.rewriting.open_form import OpenForm

    diagram.verify()
    form: OpenForm | None = None
    try:
        form = OpenForm(diagram)  # read once, for the flow and for the qubits
        shape = find_shape(form)
    except InputError as error:
        shape = Shape(None, None, error.diagnostic.message)
    clifford = [phase.is_clifford for phase in diagram.phases]
    kinds = np.bincount(diagram.kind, minlength=len(VertexKind)).tolist()
    hadamards = int(diagram.hadamard.sum())
    return {
        "kind": "diagram",
        "qubits": count_wires(diagram, form),
        "inputs": len(diagram.inputs),
        "outputs": len(diagram.outputs),
        "vertices": diagram.num_vertices,
        "vertex_kinds": {kind.name.lower(): kinds[kind] for kind in VertexKind},
        "edges": diagram.num_edges,
        "edge_kinds": {"hadamard": hadamards, "plain": diagram.num_edges - hadamards},
        "bits": len(diagram.bits),
        "bit_kinds": {kind.name.lower(): sum(bit.kind == kind for bit in diagram.bits) for kind in BitKind},
        "results": [[register.name, len(register.bits)] for register in diagram.registers],
        "delays": len(diagram.delays),
        "t_count": sum(not clifford[i] for i in diagram.phase.tolist()),
        "clifford": diagram.is_clifford,
        "flow": shape.flow,
        "depth": shape.depth,
    } | ({"flow_note": shape.note} if shape.note else {})


def _inspect_folder(directory: Path) -> dict[str, Any]:
    from gossamer.ir.network import Network, Node
    from gossamer.ir.program import Distribution
    from gossamer.report.counts import make_report
    from gossamer.runtime.validate import check_programs

    programs, manifest = load(directory)
    check_programs(programs, manifest)
    out = _inspect_diagram(kept_source(directory))
    nodes = tuple(Node(name=n.name, model=n.model, data=n.data, comm=n.comm) for n in manifest.nodes)
    report = make_report(Distribution(programs, manifest, Network(nodes=nodes, links=())))
    keep = ("ebits", "messages", "peak_qubits", "peak_comm", "local_2q", "depth", "steps", "nodes")
    return out | {"kind": "distribution"} | {key: report[key] for key in keep}


def draw(source: Any, format: str | None = None, *, page: bool = False) -> str:
    """A picture of a source as it stands, or of the placed graph in an output folder; the same input gives the same text.

    Parameters
    ----------
    page
        A page of HTML that holds the SVG and needs nothing else, instead of the SVG alone.

    Raises
    ------
    InputError
        ``DRAW-1`` for what is too large to be read; the codes of :func:`read`.

    Examples
    --------
    >>> svg = draw('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; t q[0]; cx q[0],q[1];')
    >>> svg[:4], "π/4" in svg
    ('<svg', True)
    """
    if isinstance(source, str | Path) and "\n" not in str(source) and os.path.isdir(source):
        return drawn(_kept_placed(Path(source)), "placed graph", page)
    diagram = read(source, format)
    diagram.verify()
    return drawn(diagram, "diagram", page)


def _kept_placed(directory: Path) -> Placed:
    """The placed graph that an output folder keeps."""
    from gossamer.ir.placed import Placed
    from gossamer.ir.text import parse_text

    path = directory / "placed.gsm"
    placed = parse_text(read_text(path), str(path))
    if not isinstance(placed, Placed):
        raise InputError("GSM-3", f"'{path}' holds no placed graph", help="compile again")
    return placed
