"""The Python API: compile, run, verify, convert and inspect, on files, text or values.

Thin over the pipeline and the packages below it; the command line is thin over this. The module guarantees that the same source,
network, options, version and dependencies give the same files, byte for byte (``timings.json`` aside), and that nothing is
written unless the whole of it is.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from gossamer.collector import resting_collector
from gossamer.diagnostics import (
    InputError,
    InternalError,
    LeftOut,
    NetworkInfeasible,
    Span,
    UsageError,
    VerificationFailed,
)
from gossamer.registry import Registration, by_extension, by_object, find, registered

if TYPE_CHECKING:
    from gossamer.checks import Verdict
    from gossamer.ir.delays import Step
    from gossamer.ir.diagram import Diagram
    from gossamer.ir.network import Network
    from gossamer.ir.pattern import Pattern
    from gossamer.ir.placed import Placed
    from gossamer.ir.program import Distribution, Manifest, NodeProgram
    from gossamer.rewriting.open_form import OpenForm
    from gossamer.runtime.run import RunResult

MAX_SOURCE_BYTES = 256_000_000
OBJECTIVES = ("ebits",)
#: Predicted seconds that a check may take where it is asked for, and where it is a part of compiling.
CHECK_SECONDS = 60.0
COMPILE_CHECK_SECONDS = 5.0
#: Up to so many vertices a diagram's qubits are counted along its flow, whatever it looks like.
SMALL_DIAGRAM = 2000


@dataclass(frozen=True, eq=False)
class CompiledProgram:
    """What :func:`compile` returns: the node programs, the manifest and the report.

    Attributes
    ----------
    distribution : the programs and the manifest
    source : the diagram that was compiled
    placed : the placed graph, None if the pipeline had none
    report : plain data, as in ``report.json``
    seconds : wall-clock seconds of each step
    verdict : of the check that was made while compiling, None if it was switched off

    Examples
    --------
    >>> program = compile('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0],q[1];', "2:qubits=2")
    >>> [p.node for p in program.programs], len(program.links)
    (['n0', 'n1'], 0)
    >>> program.verify().holds
    True
    """

    distribution: Distribution
    source: Diagram
    placed: Placed | None
    report: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None

    @property
    def programs(self) -> tuple[NodeProgram, ...]:
        return self.distribution.programs

    @property
    def manifest(self) -> Manifest:
        return self.distribution.manifest

    @property
    def links(self) -> list[dict[str, Any]]:
        """The links that the programs use, as in the report."""
        links: list[dict[str, Any]] = self.report["links"]
        return links

    def texts(self) -> dict[str, str]:
        """The printed program of each node, by file name."""
        out = {}
        for node, program in zip(self.manifest.nodes, self.programs, strict=True):
            text: str = find("backends", node.model).load("prints")(program)
            out[node.program] = text
        return out

    def run(
        self, shots: int = 1024, *, seed: int = 0, engine: str | None = None, measure_all: bool = False
    ) -> RunResult:
        """Run the programs against each other and count the reported bits; see :func:`run`."""
        return _run(self.programs, self.manifest, shots, seed, engine, measure_all)

    def verify(self, against: Any = None, *, method: str | None = None) -> Verdict:
        """Check the programs against ``against``, or against the source that was compiled; see :func:`verify`."""
        if against is None:
            return _verify(self.programs, self.manifest, self.source, method, self.distribution.network)
        source = read(against)
        return _verify(self.programs, _as_of(self.manifest, source), source, method, self.distribution.network)

    def pattern(self, node: str | None = None, given: Mapping[str, int] | None = None) -> Pattern:
        """The programs of MBQC nodes as one measurement pattern; links are nodes and edges of it.

        Parameters
        ----------
        node
            The node whose program alone is wanted. Half-ebits are inputs of its pattern then, named ``link ID``, bits that it
            receives are classical inputs, and bits that it sends are registers, named ``message ID``.
        given
            The values of messages that the node receives, by their id, in place of classical inputs.

        Raises
        ------
        InputError
            ``PR-16`` if a node is no MBQC node or an outcome is postselected.
        UsageError
            ``TL-7`` for a node or a message that is not there.

        Examples
        --------
        >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0],q[1];'
        >>> pattern = compile(bell, "2mbqc").pattern()
        >>> len(pattern.outputs), pattern.output_names
        (2, ('q[0]', 'q[1]'))
        >>> part = compile(bell, "2mbqc:qubits=2").pattern("n1")
        >>> part.input_names, part.output_names
        (('q[1]', 'link l0'), ('q[1]',))
        """
        from gossamer.backends.mbqc_merge import merge
        from gossamer.backends.mbqc_part import part

        if node is not None:
            return part(self.programs, self.manifest, node, given)
        if given:
            raise UsageError("TL-7", "messages have values for a node, and none is named",
                             help="in the pattern of all programs each message is a parity of outcomes")  # fmt: skip
        return merge(self.programs, self.manifest)

    def circuit(self, to: str = "qasm") -> str:
        """The programs of all nodes as one circuit in OpenQASM 3 (``qasm2``: 2), links as Bell pairs and messages as bits.

        Raises
        ------
        InputError
            ``PR-17`` if an outcome is postselected.

        Examples
        --------
        >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
        >>> text = compile(bell, "2:qubits=1").circuit()
        >>> print("\\n".join(text.splitlines()[:5]))
        OPENQASM 3.0;
        include "stdgates.inc";
        // n0: q[0] n0_comm[0]
        // n1: q[1] n1_comm[0]
        qubit[2] q;
        """
        return _merged(self.programs, self.manifest, find("printers", to))

    def to_graphix(self, node: str | None = None, given: Mapping[str, int] | None = None) -> Any:
        """The merged :meth:`pattern` as a ``Pattern`` of graphix, or that of one node.

        There are a few more nodes where angles depend on outcomes in ways that graphix does not have (:mod:`gossamer.ir.fixed_angles`).

        Parameters
        ----------
        node, given
            As for :meth:`pattern`. graphix has no classical inputs, so messages that the node uses need values.

        Raises
        ------
        InputError
            ``PR-16`` for programs that are no pattern, and for angles and domains that graphix does not have.
        UsageError
            ``TL-7`` for a node or a message that is not there.
        MissingPackage
            ``TL-9`` without graphix.
        """
        from gossamer.formats.pattern_graphix import to_graphix
        from gossamer.ir.fixed_angles import with_fixed_angles

        return to_graphix(with_fixed_angles(self.pattern(node, given)))

    def files(self, *, merge: bool = False) -> dict[str, str]:
        """Name and text of each file that :meth:`save` writes."""
        with resting_collector():
            return dict(self._printed(merge))

    def _printed(self, merge: bool) -> Iterator[tuple[str, str]]:
        """The files one by one: all of them at one time take much room."""
        from gossamer.folder import MANIFEST, MERGED
        from gossamer.ir.text import print_text

        yield MANIFEST, _json(self.manifest.model_dump(mode="json"))
        for node, program in zip(self.manifest.nodes, self.programs, strict=True):
            yield node.program, find("backends", node.model).load("prints")(program)
        yield "source.gsm", print_text(self.source)
        if self.placed is not None:
            yield "placed.gsm", print_text(self.placed)
        yield "report.json", _json(self.report)
        if merge:
            from gossamer.formats.pattern_json import print_pattern

            yield MERGED, print_pattern(self.pattern())
        yield "timings.json", _json({key: round(value, 6) for key, value in self.seconds.items()})

    def save(self, directory: str | Path, *, force: bool = False, merge: bool = False) -> None:
        """Write the folder, all or nothing; with ``merge`` also :meth:`pattern`, as ``merged.pattern.json``.

        Raises
        ------
        InputError
            ``TL-4`` if the folder exists and holds anything but an earlier output, unless ``force``.
        """
        from gossamer.folder import write_folder

        with resting_collector():
            write_folder(Path(directory), self._printed(merge), force=force)

    def draw(self, *, page: bool = False) -> str:
        """An SVG of the placed graph: nodes as bands, links as thick lines; of the source if there is none. See :func:`draw`."""
        return _drawn(self.source if self.placed is None else self.placed, "compiled program", page)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(key)}</th><td>{escape(value if isinstance(value, str) else json.dumps(value))}</td></tr>"
            for key, value in summary(self.report).items()
        )
        return f"<table>{rows}</table>"

    def __repr__(self) -> str:
        r = self.report
        return f"<CompiledProgram: {len(self.programs)} nodes, {r['ebits']} ebits, verified: {r['verified']}>"


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report without its long lists, in the order in which people read it; ``ebits`` with the bound.

    Examples
    --------
    >>> summary({"ebits": 6, "bound": 5, "messages": 12})
    {'ebits': '6 (at least 5, ratio 1.20)', 'messages': 12}
    """
    keys = (
        "ebits",
        "messages",
        "peak_qubits",
        "peak_comm",
        "local_2q",
        "swaps",
        "depth",
        "steps",
        "makespan",
        "fidelity",
        "success_probability",
        "partitioner",
        "verified",
    )
    rows = {key: report[key] for key in keys if key in report}
    bound = report.get("bound")
    if bound is not None:
        ratio = f", ratio {report['ebits'] / bound:.2f}" if bound else ""
        rows["ebits"] = f"{report['ebits']} (at least {bound}{ratio})"
    if "forms" in report:
        rows["forms"] = {row["form"]: _form_in_words(row) for row in report["forms"]}
    return rows


def _form_in_words(row: Mapping[str, Any]) -> str:
    if "same_as" in row:
        return f"as {row['same_as']}"
    if row["ebits"] is None:
        return f"refused ({row['refused'].partition(':')[0]})"
    return f"{row['ebits']} ebits" + (", kept" if row["kept"] else "")


@resting_collector()
def compile(
    source: Any,
    network: str | Path | Network,
    *,
    pipeline: str | None = None,
    objective: str = "ebits",
    effort: int = 1,
    seed: int = 0,
    forms: str | None = None,
    measure_all: bool = False,
    bind: Mapping[str, Any] | None = None,
    opaque: Mapping[str, str | Path] | None = None,
    postselect: bool = False,
    check: bool = True,
    progress: Callable[[str], None] | None = None,
) -> CompiledProgram:
    """Distribute a program over the nodes of a network.

    Parameters
    ----------
    source
        A path, program text, a `Diagram`, a circuit of qiskit, pytket or cirq, a graph of pyzx, or a pattern or open graph of graphix.
    network
        A network file, a preset's name, a shorthand (``4``, ``line:4``), or a `Network`.
    pipeline
        The passes, as text, or the name of one of :data:`gossamer.pipeline.MODES`; the default is
        :func:`gossamer.pipeline.default_pipeline`. ``effort`` and ``seed`` set options of those that have a name and of the default.
    objective
        What to make small; ``ebits`` is the only one so far.
    effort
        0 to 3: how many moves the search may make.
    forms
        The forms of the program to compare, by name, with commas between them (:data:`gossamer.portfolio.FORMS`); those of the effort by default.
    measure_all
        Measure every quantum output into the register ``meas``.
    bind, opaque
        Values of inputs and definitions of opaque gates; see :func:`read`.
    postselect
        Realise a diagram without flow by throwing runs away: as few vertices as can be have to have the outcome 0. The report says how
        often that is (``success_probability``). Without it such a diagram is refused.
    check
        Verify the result with the strongest method that is quick enough.

    Raises
    ------
    InputError, UsageError
        For a source, network or option without meaning.
    NetworkInfeasible
        If the program does not fit the network.
    VerificationFailed
        If the check finds that the programs differ from the source.

    Examples
    --------
    >>> ghz = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3];'
    >>> program = compile(ghz, "4:qubits=1")
    >>> program.report["ebits"], program.report["verified"]["holds"]
    (3, True)
    """
    from gossamer.pipeline import MODES, default_pipeline, parse_pipeline, run_pipeline, with_hardware
    from gossamer.remedy import find_change, find_mode

    begin = perf_counter()
    if objective not in OBJECTIVES:
        raise UsageError("TL-7", f"there is no objective '{objective}'", help=f"known: {', '.join(OBJECTIVES)}")
    if not 0 <= effort <= 3:
        raise UsageError("TL-7", f"effort is 0 to 3, not {effort}")
    if not 0 <= seed < 2**31:
        raise UsageError("TL-7", f"a seed is 0 to {2**31 - 1}, not {seed}")
    if postselect and pipeline is not None:
        raise UsageError("TL-7", "postselection is an option of the default pipeline",
                         help="write graph-like{postselect=true} in your own")  # fmt: skip
    if forms is not None and (postselect or pipeline is not None):
        raise UsageError("TL-7", "the forms to compare are an option of the default pipeline, without postselection",
                         help="write forms{only=given.teleported} in your own")  # fmt: skip
    mode = pipeline if pipeline in MODES else None
    pipeline = None if mode is not None else pipeline
    steps = None if pipeline is None else parse_pipeline(pipeline)
    if progress is not None:
        progress("read")
    diagram = read(source, bind=bind, opaque=opaque)
    if measure_all:
        diagram = measured(diagram)
    diagram.verify()
    if not isinstance(network, str | Path):
        network.verify(registered("backends"))
    else:
        network = resolve_network(network, lambda: count_wires(diagram))
    if steps is None:
        text = default_pipeline(effort, seed, postselect=postselect, network=network, mode=mode, forms=forms)
        steps = parse_pipeline(text)
    steps = with_hardware(steps, network, given=pipeline is not None)
    seconds = {"read": perf_counter() - begin}
    try:
        _check_fit(diagram, network)
        outcome = run_pipeline(steps, diagram, network, progress)
    except NetworkInfeasible as error:
        if progress is not None:
            progress("find a change of the network")
        change = find_change(steps, diagram, network, error)
        ways = [] if change is None else [f"the smallest change found that does: {change}"]
        if pipeline is None and not postselect:
            other = find_mode(diagram, network, error, effort=effort, seed=seed, used=mode)
            ways += [] if other is None else [f"with -p {other} the program fits into the network as it is"]
        if ways:
            error.diagnostic = replace(error.diagnostic, help="; or ".join(ways))
        raise
    seconds |= outcome.seconds
    distribution = _with_digest(outcome.distribution, diagram)
    verdict = None
    if check:
        if progress is not None:
            progress("verify")
        start = perf_counter()
        verdict = _verify(
            distribution.programs, distribution.manifest, diagram, None, network, COMPILE_CHECK_SECONDS, ruled=True
        )
        seconds["verify"] = perf_counter() - start
        _refuse_wrong(verdict)
    if progress is not None:
        progress("bound")
    start = perf_counter()
    report = _report(outcome.values, distribution, verdict, [str(step) for step in steps])
    report |= _bound(diagram, distribution, report["ebits"])
    seconds["bound"] = perf_counter() - start
    seconds["total"] = perf_counter() - begin
    return CompiledProgram(distribution, diagram, outcome.placed, report, seconds, verdict)


def _refuse_wrong(verdict: Verdict) -> None:
    if verdict.holds is False:
        raise VerificationFailed(
            "TL-13",
            f"the programs do not compute what the source does ({verdict.method}: {verdict.detail})",
            help="this is a bug of the compiler; please report it with the source and the command",
        )


def _with_digest(distribution: Distribution, diagram: Diagram) -> Distribution:
    """Say in the manifest which source the programs are of."""
    manifest = distribution.manifest.model_copy(update={"source_digest": _digest(diagram)})
    return replace(distribution, manifest=manifest)


def _digest(diagram: Diagram) -> str:
    """The SHA-256 of the diagram's text form."""
    from hashlib import sha256

    from gossamer.ir.text import print_text

    return sha256(print_text(diagram).encode()).hexdigest()


def _as_of(manifest: Manifest, source: Diagram) -> Manifest:
    """The manifest for a comparison with ``source``: outcomes are known by their places if it is what was compiled, else by the results."""
    from gossamer.checks import by_results

    return manifest if manifest.source_digest == _digest(source) else by_results(manifest, source)


def _report(
    values: Mapping[str, Any], distribution: Distribution, verdict: Verdict | None, steps: list[str]
) -> dict[str, Any]:
    from gossamer.report.counts import make_report

    report = make_report(distribution)
    report["pipeline"] = ",".join(steps)
    if "swaps" in distribution.report:
        report["swaps"] = distribution.report["swaps"]
    report["partitioner"] = getattr(values.get("assignment"), "partitioner", None)
    placed = values.get("placed")
    if placed is not None:
        report |= placed.notes
    if distribution.manifest.postselected:
        from gossamer.report.success import success_probability

        report["success_probability"], why = success_probability(values["placed"].graph)
        if why:
            report["success_note"] = why
    report["verified"] = None
    if verdict is not None:
        report["verified"] = {key: value for key, value in verdict.as_dict().items() if key != "seconds"}
    return report


def _bound(diagram: Diagram, distribution: Distribution, ebits: int) -> dict[str, Any]:
    from gossamer.report.bound import find_bound

    found = find_bound(diagram, distribution.manifest, distribution.network)
    if found.ebits is not None and found.ebits > ebits:
        raise InternalError(
            "TL-14",
            f"{ebits} ebits are fewer than the bound, {found.ebits} ({found.note})",
            help="this is a bug of the compiler; please report it with the source and the command",
        )
    return {"bound": found.ebits, "bound_note": found.note}


def _check_fit(diagram: Diagram, network: Network) -> None:
    room = sum(node.data for node in network.nodes)
    needed = max(len(diagram.inputs), len(diagram.outputs))
    if needed > room:
        raise NetworkInfeasible(
            "NW-13",
            f"the program holds {needed} qubits at one time, and the nodes of the network {room} data qubits together",
            help=f"add nodes, or at least {needed - room} more data qubits (qubits=, or data: in the file)",
            lacks=(None, "data", needed - room),
        )


def resolve_network(network: str | Path, wires: int | Callable[[], int] | None = None) -> Network:
    """The network that a path, the name of a preset or a shorthand stands for; the models of its nodes are registered ones.

    Parameters
    ----------
    wires
        Number of quantum wires of the program, or what counts them: a shorthand without ``qubits`` needs it.

    Raises
    ------
    InputError
        With a clause of ``spec/network.md`` and, for a file, the place.

    Examples
    --------
    >>> [node.data for node in resolve_network("4", wires=10).nodes]
    [4, 4, 4, 4]
    """
    from gossamer.ir.network_text import resolve_network as resolve

    return resolve(str(network), wires, models=registered("backends"))


# ---- sources --------------------------------------------------------------------------------------------------------


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


# ---- folders --------------------------------------------------------------------------------------------------------


def load(directory: str | Path) -> tuple[tuple[NodeProgram, ...], Manifest]:
    """The node programs and the manifest of a folder; nothing else in it is opened."""
    from gossamer.runtime.run import load as load_folder

    programs, manifest = load_folder(Path(directory))
    return tuple(programs), manifest


def run(
    directory: str | Path, shots: int = 1024, *, seed: int = 0, engine: str | None = None, measure_all: bool = False
) -> RunResult:
    """Run the programs of a folder as actors over a shared simulator and count the reported bits.

    Quantum inputs start in |0>. With ``measure_all`` the quantum outputs are measured into a register ``meas``. ``engine`` is the name of an engine
    (``gossamer engines``); those from outside, such as ``aer``, are given the programs of all nodes merged into one.

    Examples
    --------
    >>> import tempfile
    >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; cx q[0],q[1]; measure q -> c;'
    >>> with tempfile.TemporaryDirectory() as here:
    ...     compile(text, "2:qubits=1").save(here)
    ...     run(here, shots=10).counts
    {'11': 10}
    """
    programs, manifest = load(directory)
    return _run(programs, manifest, shots, seed, engine, measure_all)


def _run(
    programs: tuple[NodeProgram, ...], manifest: Manifest, shots: int, seed: int, engine: str | None, measure_all: bool
) -> RunResult:
    from gossamer.runtime.run import run as run_programs

    outside = None
    if engine is not None:
        registration = find("engines", engine)
        outside = None if registration.takes == ("trace",) else registration.load()
    return run_programs(
        programs, manifest, shots=shots, seed=seed, engine=engine, measure_all=measure_all, outside=outside
    )


@resting_collector()
def verify(
    directory: str | Path,
    against: Any = None,
    *,
    method: str | None = None,
    measure_all: bool = False,
    network: str | Path | Network | None = None,
) -> Verdict:
    """Check the programs of a folder against a source; without ``against``, against the folder's own ``source.gsm``.

    The source may be another form of what was compiled, such as the circuit of which a pattern was made: inputs, outputs and registers have
    to be the same, and measurement outcomes are compared where the registers report them.

    Parameters
    ----------
    method
        ``exact``, ``stabiliser``, ``sampled`` or ``structural``; without it the strongest that fits.
    network
        Where given, the programs have to keep to its links, its qubits and the hardware of its nodes as well.

    Returns
    -------
    Verdict
        ``holds`` is None where only the structure could be checked.

    Examples
    --------
    >>> import tempfile
    >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0],q[1];'
    >>> with tempfile.TemporaryDirectory() as here:
    ...     compile(text, "2:qubits=1").save(here)
    ...     verify(here, text).holds, verify(here, text.replace("h q[0]", "x q[0]")).holds
    (True, False)
    """
    programs, manifest = load(directory)
    source = _kept_source(Path(directory)) if against is None else read(against)
    if isinstance(network, str | Path):
        network = resolve_network(network, lambda: count_wires(source))
    if measure_all:
        source = measured(source)
    return _verify(programs, _as_of(manifest, source), source, method, network)


def _verify(
    programs: tuple[NodeProgram, ...],
    manifest: Manifest,
    source: Diagram,
    method: str | None,
    network: Network | None = None,
    budget: float = CHECK_SECONDS,
    *,
    ruled: bool = False,
) -> Verdict:
    from gossamer.checks import verify as check

    return check(programs, manifest, source, method=method, network=network, budget=budget, ruled=ruled)


def _kept_source(directory: Path) -> Diagram:
    """The diagram that an output folder keeps."""
    return read(directory / "source.gsm")


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
    source: Any, to: str = "gsm", format: str | None = None, *, pipeline: str | None = None, merge: bool = False
) -> str:
    """The source in another text format.

    Parameters
    ----------
    to
        The name of a printer: ``gsm`` and ``gsmj`` print the diagram; ``qasm`` (OpenQASM 3) and ``qasm2`` the verified program of a single
        node. A diagram without causal flow becomes a circuit first (``extract``), or, if it has a Pauli flow only, measures on the way.
    pipeline
        Passes that rewrite the diagram first, see :func:`rewrite`.
    merge
        ``source`` is an output folder: the programs of all its nodes as one circuit (``qasm``, ``qasm2``), see :meth:`CompiledProgram.circuit`.

    Raises
    ------
    InputError
        The codes of :func:`compile`; ``PR-17`` for programs that are no circuit; ``PR-11`` for what OpenQASM 2 cannot say.

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
        return _merged(*load(source), registration)
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


def _merged(programs: tuple[NodeProgram, ...], manifest: Manifest, registration: Registration) -> str:
    """The programs as one circuit, in the format of a printer of node programs."""
    from gossamer.backends.circuit_merge import merge
    from gossamer.runtime.validate import check_programs

    if registration.takes != ("distribution",):
        able = [name for name, r in registered("printers").items() if r.takes == ("distribution",)]
        raise UsageError(
            "TL-2",
            f"the format '{registration.name}' holds no circuit of several nodes",
            help=f"known: {', '.join(able)}",
        )
    check_programs(programs, manifest)
    text: str = registration.load()(merge(programs, manifest))
    return text


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
    distribution = _with_digest(replace(distribution, programs=(program,)), diagram)
    verdict = _verify(
        distribution.programs, distribution.manifest, diagram, None, distribution.network, COMPILE_CHECK_SECONDS
    )
    _refuse_wrong(verdict)
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
    out = _inspect_diagram(_kept_source(directory))
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
        return _drawn(_kept_placed(Path(source)), "placed graph", page)
    diagram = read(source, format)
    diagram.verify()
    return _drawn(diagram, "diagram", page)


def _kept_placed(directory: Path) -> Placed:
    """The placed graph that an output folder keeps."""
    from gossamer.ir.placed import Placed
    from gossamer.ir.text import parse_text

    path = directory / "placed.gsm"
    placed = parse_text(read_text(path), str(path))
    if not isinstance(placed, Placed):
        raise InputError("GSM-3", f"'{path}' holds no placed graph", help="compile again")
    return placed


def _drawn(value: Diagram | Placed, title: str, page: bool) -> str:
    from gossamer.ir.diagram import Diagram
    from gossamer.report.drawing import draw_diagram, draw_placed
    from gossamer.report.picture import to_html, to_svg

    picture = draw_diagram(value, title) if isinstance(value, Diagram) else draw_placed(value, title)
    return to_html(picture) if page else to_svg(picture)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
