"""The compiled program: node programs with their manifest and report, and what can be done with them in any way they were come by.

The functions take the programs of all nodes and the manifest, whether they were just made or loaded from a folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.collector import resting_collector
from gossamer.diagnostics import InputError, UsageError
from gossamer.registry import Registration, find, registered
from gossamer.sources import read, read_text

if TYPE_CHECKING:
    from gossamer.checks import Verdict
    from gossamer.ir.diagram import Diagram
    from gossamer.ir.network import Network
    from gossamer.ir.pattern import Pattern
    from gossamer.ir.placed import Placed
    from gossamer.ir.program import Distribution, Manifest, NodeProgram
    from gossamer.runtime.run import RunResult

#: Predicted seconds that a check may take where it is asked for.
CHECK_SECONDS = 60.0


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
    >>> from gossamer import compile
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
        return run_programs(self.programs, self.manifest, shots, seed, engine, measure_all)

    def verify(self, against: Any = None, *, method: str | None = None) -> Verdict:
        """Check the programs against ``against``, or against the source that was compiled; see :func:`verify`."""
        if against is None:
            return verify_programs(self.programs, self.manifest, self.source, method, self.distribution.network)
        source = read(against)
        return verify_programs(*as_of(self.programs, self.manifest, source), source, method, self.distribution.network)

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
        >>> from gossamer import compile
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

    def circuit(self, to: str = "qasm", *, link_noise: float | None = None) -> str:
        """The programs of all nodes as one circuit in OpenQASM 3 (``qasm2``: 2; ``stim``: a circuit of stim), links as Bell pairs, messages as bits.

        Parameters
        ----------
        link_noise
            For ``stim``: the probability of a depolarising error on each Bell pair.

        Raises
        ------
        InputError
            ``PR-17`` if an outcome is postselected; ``PR-19`` for stim, if the programs are not Clifford.

        Examples
        --------
        >>> from gossamer import compile
        >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
        >>> text = compile(bell, "2:qubits=1").circuit()
        >>> print("\\n".join(text.splitlines()[:5]))
        OPENQASM 3.0;
        include "stdgates.inc";
        // n0: q[0] n0_comm[0]
        // n1: q[1] n1_comm[0]
        qubit[2] q;
        """
        return merged(self.programs, self.manifest, find("printers", to), link_noise)

    def application(self, to: str = "netqasm") -> dict[str, str]:
        """Name and text of each file of a folder that another system runs: host parts and subroutines for each node.

        Parameters
        ----------
        to
            The name of an application, with options: ``netqasm{bits=8,digits=2}``.

        Raises
        ------
        InputError
            The codes of the application, such as ``NQ-1``.
        UsageError
            ``TL-7`` for a name or an option that is not there.

        Warns
        -----
        Rounded
            If angles are not exact.

        Examples
        --------
        >>> from gossamer import compile
        >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
        >>> files = compile(bell, "2:qubits=1").application()
        >>> sorted(files)
        ['README.md', 'app_n0.py', 'app_n1.py', 'gossamer.json', 'n0.nqasm', 'n1.nqasm', 'network.yaml', 'results_config.json', 'roles.yaml']
        """
        return application_files(self.programs, self.manifest, to)

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
            return {name: "".join(pieces) for name, pieces in self._printed(merge)}

    def _printed(self, merge: bool) -> Iterator[tuple[str, Iterable[str]]]:
        """The files one by one, in pieces where they are long: all at one time take much room."""
        from gossamer.folder import MANIFEST, MERGED
        from gossamer.formats.json_text import json_pieces
        from gossamer.ir.text import text_pieces

        yield MANIFEST, json_pieces(self.manifest)
        for node, program in zip(self.manifest.nodes, self.programs, strict=True):
            yield node.program, [find("backends", node.model).load("prints")(program)]
        yield "source.gsm", text_pieces(self.source)
        if self.placed is not None:
            yield "placed.gsm", text_pieces(self.placed)
        yield "report.json", json_pieces(self.report)
        if merge:
            from gossamer.formats.pattern_json import print_pattern

            yield MERGED, [print_pattern(self.pattern())]
        yield "timings.json", json_pieces({key: round(value, 6) for key, value in self.seconds.items()})

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
        return drawn(self.source if self.placed is None else self.placed, "compiled program", page)

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
        "cost",
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
        rows["forms"] = {_name_of_form(row): _form_in_words(row) for row in report["forms"]}
    return rows


def _name_of_form(row: Mapping[str, Any]) -> str:
    return f"{row['form']} for {row['placed_for']}" if "placed_for" in row else str(row["form"])


def _form_in_words(row: Mapping[str, Any]) -> str:
    if "same_as" in row:
        return f"as {row['same_as']}"
    if row["ebits"] is None:
        return f"refused ({row['refused'].partition(':')[0]})"
    figures = "".join(f", {name} {row[name]:.4g}" for name in ("makespan", "fidelity") if name in row)
    return f"{row['ebits']} ebits{figures}" + (", kept" if row["kept"] else "")


def load(directory: str | Path) -> tuple[tuple[NodeProgram, ...], Manifest]:
    """The node programs and the manifest of a folder; nothing else in it is opened."""
    from gossamer.runtime.run import load as load_folder

    programs, manifest = load_folder(Path(directory))
    return tuple(programs), manifest


def rebuild_manifest(files: Iterable[str | Path]) -> Manifest:
    """The manifest of a distribution from the files of its programs alone, as ``manifest.json`` has it (clause PR-18).

    Parameters
    ----------
    files
        The programs of all nodes, in any order; the ending of a name says of which model each is.

    Raises
    ------
    InputError
        ``PR-18`` if programs are missing, contradict each other or are of two compiles; ``PR-1`` for two files of one name, ``TL-3`` for one
        that cannot be read; the clauses of program formats and of programs.
    UsageError
        ``TL-2`` for a file that is no node's program by its name.

    Examples
    --------
    >>> import tempfile
    >>> from gossamer import compile
    >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    >>> with tempfile.TemporaryDirectory() as here:
    ...     program = compile(text, "1+1mbqc")
    ...     program.save(here)
    ...     rebuild_manifest([f"{here}/n1.pattern.json", f"{here}/n0.qasm"]) == program.manifest
    True
    """
    from gossamer.ir.excerpts import assemble
    from gossamer.runtime.validate import check_programs

    programs, names = [], []
    endings = {r.suffix: r for r in registered("backends").values() if r.suffix and r.reads}
    for path in map(Path, files):
        fitting = max((e for e in endings if path.name.endswith(e)), key=len, default=None)
        if fitting is None:
            known = ", ".join(endings)
            raise UsageError(
                "TL-2", f"'{str(path)[-80:]}' is no node's program by its name", help=f"known endings: {known}"
            )
        if path.name in names:
            raise InputError("PR-1", f"two files are called '{path.name}'")
        program: NodeProgram = endings[fitting].load("reads")(read_text(path), str(path))
        if program.model != endings[fitting].name:
            raise InputError("PR-1", f"'{path}' is a program of model '{program.model}', which has another ending")
        programs.append(program)
        names.append(path.name)
    manifest = assemble(programs, names)
    check_programs(programs, manifest)
    return manifest


def run_programs(
    programs: tuple[NodeProgram, ...], manifest: Manifest, shots: int, seed: int, engine: str | None, measure_all: bool
) -> RunResult:
    from gossamer.runtime.run import run as run_actors

    outside = None
    if engine is not None:
        registration = find("engines", engine)
        outside = None if registration.takes == ("trace",) else registration.load()
    return run_actors(
        programs, manifest, shots=shots, seed=seed, engine=engine, measure_all=measure_all, outside=outside
    )


def verify_programs(
    programs: tuple[NodeProgram, ...],
    manifest: Manifest,
    source: Diagram,
    method: str | None,
    network: Network | None = None,
    budget: float = CHECK_SECONDS,
    *,
    quick: float | None = None,
    ruled: bool = False,
) -> Verdict:
    from gossamer.checks import verify as check

    return check(programs, manifest, source, method=method, network=network, budget=budget, quick=quick, ruled=ruled)


def digest(diagram: Diagram) -> str:
    """The SHA-256 of the diagram's text form."""
    from hashlib import sha256

    from gossamer.ir.text import text_pieces

    found = sha256()
    for piece in text_pieces(diagram):
        found.update(piece.encode())
    return found.hexdigest()


def as_of(
    programs: tuple[NodeProgram, ...], manifest: Manifest, source: Diagram
) -> tuple[tuple[NodeProgram, ...], Manifest]:
    """Programs and manifest for a comparison with ``source``: outcomes are known by their places if it is what was compiled, else by the results."""
    from gossamer.checks import by_results

    if manifest.source_digest == digest(source):
        return programs, manifest
    return tuple(replace(p, excerpt=None) for p in programs), by_results(manifest, source)


def merged(
    programs: tuple[NodeProgram, ...], manifest: Manifest, registration: Registration, link_noise: float | None = None
) -> str:
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
    options = {} if link_noise is None else {"link_noise": link_noise}
    if not options.keys() <= set(registration.options):
        raise UsageError("TL-7", f"circuits in the format '{registration.name}' have no noise", help="-t stim has it")
    check_programs(programs, manifest)
    text: str = registration.load()(merge(programs, manifest), **options)
    return text


def application_files(programs: tuple[NodeProgram, ...], manifest: Manifest, to: str) -> dict[str, str]:
    """Name and text of each file of an application folder."""
    from gossamer.pipeline import parse_application
    from gossamer.runtime.validate import check_programs

    application = parse_application(to).make()
    check_programs(programs, manifest)
    files: dict[str, str] = application.run(programs, manifest)
    return files


def drawn(value: Diagram | Placed, title: str, page: bool) -> str:
    from gossamer.ir.diagram import Diagram
    from gossamer.report.drawing import draw_diagram, draw_placed
    from gossamer.report.picture import to_html, to_svg

    picture = draw_diagram(value, title) if isinstance(value, Diagram) else draw_placed(value, title)
    return to_html(picture) if page else to_svg(picture)


def print_manifest(manifest: Manifest) -> str:
    """The text of ``manifest.json``."""
    from gossamer.formats.json_text import json_pieces

    return "".join(json_pieces(manifest))
