"""The Python API of the main job: compile a source, run and verify what came out.

Thin over the pipeline and the packages below it; the command line is thin over this. The module guarantees that the same source,
network, options, version and dependencies give the same files, byte for byte (``timings.json`` aside), and that nothing is
written unless the whole of it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from gossamer.collector import resting_collector
from gossamer.compiled import CompiledProgram, as_of, digest, load, run_programs, verify_programs
from gossamer.diagnostics import InternalError, NetworkInfeasible, UsageError, VerificationFailed
from gossamer.progress import Listener
from gossamer.registry import registered
from gossamer.sources import count_wires, measured, read

if TYPE_CHECKING:
    from gossamer.checks import Verdict
    from gossamer.ir.diagram import Diagram
    from gossamer.ir.network import Network
    from gossamer.ir.program import Distribution
    from gossamer.runtime.run import RunResult

#: Predicted seconds that a check may take as a part of compiling.
COMPILE_CHECK_SECONDS = 5.0
#: The same at effort 0, where another method decides as well; of samples more than two.
QUICK_CHECK_SECONDS = 0.25


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
    place: Mapping[str, str] | None = None,
    end: Mapping[str, str] | None = None,
    final: str = "free",
    measure_all: bool = False,
    bind: Mapping[str, Any] | None = None,
    opaque: Mapping[str, str | Path] | None = None,
    postselect: bool = False,
    check: bool = True,
    progress: Listener | None = None,
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
        What decides: ``ebits`` (how many, or what they cost where the network says), ``time`` (the makespan) or ``fidelity``, both as the report
        estimates them from the figures of the network.
    effort
        0 to 3: how many moves the search may make.
    forms
        The forms of the program to compare, by name, with commas between them (:data:`gossamer.portfolio.FORMS`); those of the effort by default.
    place, end
        The nodes on which quantum inputs begin and outputs end, by name; a register's name stands for all its elements.
    final
        Where the other outputs end: ``free``, or ``same``: on the node where the input of the same name begins.
    measure_all
        Measure every quantum output into the register ``meas``.
    bind, opaque
        Values of inputs and definitions of opaque gates; see :func:`read`.
    postselect
        Realise a diagram without flow by throwing runs away: as few vertices as can be have to have the outcome 0. The report says how
        often that is (``success_probability``). Without it such a diagram is refused.
    check
        Verify the result with the strongest method that is quick enough.
    progress
        Called with what is being done, with the best so far while a search runs, and with how much of that search is done: 0 to 1, or None.

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
    from gossamer.passes.weights import OBJECTIVES
    from gossamer.pipeline import MODES, default_pipeline, parse_pipeline, run_pipeline, with_hardware
    from gossamer.remedy import find_change, find_mode

    begin = perf_counter()
    if objective not in OBJECTIVES:
        raise UsageError("TL-7", f"there is no objective '{objective[:80]}'", help=f"known: {', '.join(OBJECTIVES)}")
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
    if objective != "ebits" and (postselect or pipeline is not None):
        raise UsageError("TL-7", "the objective is an option of the default pipeline, without postselection",
                         help=f"write partition{{objective={objective}}},links{{objective={objective}}} in your own")  # fmt: skip
    places = _options_of_places(place, end, final)
    mode = pipeline if pipeline in MODES else None
    pipeline = None if mode is not None else pipeline
    steps = None if pipeline is None else parse_pipeline(pipeline)
    if places and steps is not None:
        raise UsageError("TL-7", "first and last places are options of the default pipeline and of those with a name",
                         help='write partition{place="q[0]=alice",final=same} in your own')  # fmt: skip
    if progress is not None:
        progress("read", None)
    diagram = read(source, bind=bind, opaque=opaque)
    if measure_all:
        diagram = measured(diagram)
    diagram.verify()
    if not isinstance(network, str | Path):
        network.verify(registered("backends"))
    else:
        network = resolve_network(network, lambda: count_wires(diagram))
    if steps is None:
        text = default_pipeline(
            effort, seed, postselect=postselect, network=network, mode=mode, forms=forms, objective=objective,
            places=places,
        )  # fmt: skip
        steps = parse_pipeline(text)
    steps = with_hardware(steps, network, given=pipeline is not None)
    seconds = {"read": perf_counter() - begin}
    try:
        _check_fit(diagram, network)
        outcome = run_pipeline(steps, diagram, network, progress)
    except NetworkInfeasible as error:
        if progress is not None:
            progress("find a change of the network", None)
        change = find_change(steps, diagram, network, error)
        ways = [] if change is None else [f"the smallest change found that does: {change}"]
        if pipeline is None and not postselect:
            other = find_mode(diagram, network, error, effort=effort, seed=seed, used=mode, places=places)
            ways += [] if other is None else [f"with -p {other} the program fits into the network as it is"]
        if ways:
            error.diagnostic = replace(error.diagnostic, help="; or ".join(ways))
        raise
    seconds |= outcome.seconds
    distribution = with_digest(outcome.distribution, diagram)
    del outcome.values["distribution"]  # which keeps tables of its programs
    verdict = None
    if check:
        if progress is not None:
            progress("verify", None)
        start = perf_counter()
        verdict = verify_programs(
            distribution.programs, distribution.manifest, diagram, None, network, COMPILE_CHECK_SECONDS,
            quick=None if effort else QUICK_CHECK_SECONDS, ruled=True,
        )  # fmt: skip
        seconds["verify"] = perf_counter() - start
        refuse_wrong(verdict)
    if progress is not None:
        progress("bound", None)
    start = perf_counter()
    report = _report(outcome.values, distribution, verdict, [str(step) for step in steps])
    report["objective"] = objective
    if places:
        report["places"] = _kept_places(places, distribution)
    report |= _bound(diagram, distribution, report["ebits"])
    seconds["bound"] = perf_counter() - start
    seconds["total"] = perf_counter() - begin
    return CompiledProgram(distribution, diagram, outcome.placed, report, seconds, verdict)


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


def refuse_wrong(verdict: Verdict) -> None:
    if verdict.holds is False:
        raise VerificationFailed(
            "TL-13",
            f"the programs do not compute what the source does ({verdict.method}: {verdict.detail})",
            help="this is a bug of the compiler; please report it with the source and the command",
        )


def with_digest(distribution: Distribution, diagram: Diagram) -> Distribution:
    """Say in the manifest which source the programs are of, and in each program what the manifest says of it."""
    from gossamer.ir.excerpts import with_excerpts

    manifest = distribution.manifest.model_copy(update={"source_digest": digest(diagram)})
    return replace(distribution, manifest=manifest, programs=with_excerpts(distribution.programs, manifest))


def _options_of_places(place: Mapping[str, str] | None, end: Mapping[str, str] | None, final: str) -> dict[str, str]:
    """The options of passes that stand for first and last places; none where nothing is said of them."""
    from gossamer.passes.ends import FINAL, parse_places, print_places

    if final not in FINAL:
        raise UsageError("TL-7", f"last places are not '{final[:80]}'", help=f"known: {', '.join(FINAL)}")
    out = {"final": final} if final != "free" else {}
    for key, places in (("end", end), ("place", place)):
        if not places:
            continue
        text = print_places(places)
        try:
            same = parse_places(text) == dict(places) and '"' not in text and text.isprintable()
        except ValueError:
            same = False
        if not same:
            raise UsageError("TL-7", f"these are no places of qubits: {text[:80]}",
                             help="names hold neither commas nor quotes; write q[0]=alice")  # fmt: skip
        out = {key: text} | out
    return out


def _kept_places(places: Mapping[str, str], distribution: Distribution) -> dict[str, Any]:
    """What was wanted of first and last places, for the report; that the programs keep to it is made sure of.

    Raises
    ------
    InternalError
        ``TL-14`` if they do not.
    """
    from gossamer.passes.ends import find_places, parse_places

    nodes = [node.name for node in distribution.manifest.nodes]
    first = {x.name: x.node for x in distribution.manifest.inputs}
    last = {x.name: x.node for x in distribution.manifest.outputs}
    place, end = parse_places(places.get("place", "")), parse_places(places.get("end", ""))
    final = places.get("final", "free")
    ends = {name: node for name, node in first.items() if name in last} if final == "same" else {}
    ends |= find_places(end, list(last), nodes, "output")
    if not find_places(place, list(first), nodes, "input").items() <= first.items() or not ends.items() <= last.items():
        raise InternalError("TL-14", f"qubits begin or end elsewhere than they should: {first}, {last}")
    return {"place": place, "end": end, "final": final}


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
    return run_programs(programs, manifest, shots, seed, engine, measure_all)


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
    source = kept_source(Path(directory)) if against is None else read(against)
    if isinstance(network, str | Path):
        network = resolve_network(network, lambda: count_wires(source))
    if measure_all:
        source = measured(source)
    return verify_programs(*as_of(programs, manifest, source), source, method, network)


def kept_source(directory: Path) -> Diagram:
    """The diagram that an output folder keeps."""
    return read(directory / "source.gsm")
