"""Random sources of every model on random networks of different hardware: they compile, verify, run, and keep to each node's qubits and gates."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.cli import call
from gossamer.conformance.oracle import assignments, complete_bits, diagram_map
from gossamer.conformance.strategies import (
    any_diagrams,
    circuits,
    couplings,
    diagrams,
    flow_graphs,
    networks,
    patterns,
)
from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.frontends.pattern import measured_reports
from gossamer.ir.diagram import BitKind, Diagram
from gossamer.ir.graph_diagram import graph_as_diagram
from gossamer.ir.network import SPARE, Network
from gossamer.ir.pattern import to_diagram
from gossamer.ir.simple import resolve_edges
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.steps import count_live
from tests.profiles import NIGHTLY, QUICK
from tests.test_remedy import apply

#: Sources that cannot be distributed: H-boxes, no flow, no order of measurement, zero.
NO_FLOW = ("OG-1", "OG-3", "OG-4", "OG-15")
#: Runs are compared with all outcomes of the source, so it may not have many.
MAX_OUTCOMES, MAX_RESULTS = 8, 6


def measured_results(diagram: Diagram) -> Diagram:
    """The diagram with those of its results that are single outcomes: node programs report nothing else."""
    outcomes = set(diagram.outcome_bits)

    def is_measured(expr: object) -> bool:
        return any(str(expr) == f"b{i}" for i in outcomes)

    return replace(
        diagram,
        registers=tuple(replace(r, bits=tuple(filter(is_measured, r.bits))) for r in diagram.registers),
    )


#: Circuits with measurements, conditions and resets, told gate by gate and in terms of the IR; patterns of every plane and axis; diagrams of
#: graphs with a Pauli flow; any other diagrams, most of which have no flow. None is a trifle but by shrinking.
SOURCES = {
    "gates": circuits(min_wires=2, max_wires=4, min_gates=6, max_gates=16).map(lambda c: c.diagram),
    "wires": diagrams(min_wires=2, max_wires=4, min_gates=6, max_gates=14).map(measured_results),
    "pattern": patterns(max_nodes=6, min_steps=8, max_steps=16).map(
        lambda p: resolve_edges(to_diagram(measured_reports(p)))
    ),
    "graph": flow_graphs(min_vertices=4, max_vertices=7).map(graph_as_diagram),
    "diagram": any_diagrams(clifford=True).map(measured_results),
}


@st.composite
def sized_networks(draw: st.DrawFn, vertices: int) -> Network:
    """Networks of all models that hold so many vertices at one time, hardly more or many more, and any number of communication qubits."""
    drawn = networks(
        min_nodes=draw(st.sampled_from([1, 2, 2, 2, 3])),
        max_nodes=4,
        figures=draw(st.integers(0, 3)) == 3,
        models=("circuit", "mbqc", "mixed"),
    )
    network = draw(drawn)
    slack = draw(st.sampled_from([0, 0, 0, 0, 1, 64]))
    rooms = draw(st.permutations([len(range(i, vertices + slack, network.size)) for i in range(network.size)]))
    return with_qubits(
        network, [room + SPARE.get(node.model, 0) for node, room in zip(network.nodes, rooms, strict=True)]
    )


def with_qubits(network: Network, data: list[int], comm: int | None = None) -> Network:
    return network.with_nodes(
        [
            node.model_copy(update={"data": number, "comm": comm})
            for node, number in zip(network.nodes, data, strict=True)
        ]
    )


@st.composite
def spare_networks(draw: st.DrawFn, network: Network, peaks: dict[str, int]) -> Network:
    """The network with one data qubit more than a schedule took on each node, and one communication qubit; or two, and maps of the qubits."""
    coupled = draw(st.booleans())
    comm = draw(st.sampled_from([1, 1, 2])) if coupled else 1
    spare = with_qubits(network, [peaks[node.name] + 1 for node in network.nodes], comm)
    return spare.with_nodes(
        [
            node.model_copy(update={"coupling": draw(couplings(node.data, comm))})
            if coupled and node.model == "circuit"
            else node
            for node in spare.nodes
        ]
    )


def compile_and_verify(diagram: Diagram, network: Network, seed: int) -> gossamer.CompiledProgram:
    program = gossamer.compile(diagram, network, effort=0, seed=seed, check=False)
    verdict = program.verify()
    assert verdict.holds is True, verdict
    for node in network.nodes:
        assert program.report["peak_qubits"][node.name] <= node.data
        assert node.comm is None or program.report["peak_comm"][node.name] <= node.comm
    return program


def compile_or_take_the_hint(diagram: Diagram, network: Network, seed: int) -> gossamer.CompiledProgram:
    try:
        return compile_and_verify(diagram, network, seed)
    except NetworkInfeasible as error:
        assert error.code == "NW-13"
        help = (error.diagnostic.help or "").partition(";")[0]
        assert help.startswith("the smallest change found that does: "), error
        changed, _ = apply(network, help)
        return compile_and_verify(diagram, changed, seed)


def exact_distribution(d: Diagram) -> dict[str, float]:
    """How often each string of results is counted, all inputs in |0>, outputs measured; by the naive oracle."""
    found: Counter[str] = Counter()
    for outcomes in assignments(d.bits, BitKind.OUTCOME):
        values = complete_bits(d.bits, outcomes)
        results = ["".join("01"[b.evaluate(values)] for b in reversed(r.bits)) for r in reversed(d.registers) if r.bits]
        state = diagram_map(d, outcomes).reshape(2 ** len(d.outputs), -1)[:, 0]
        for row, amplitude in enumerate(state):
            outputs = [f"{row:0{len(d.outputs)}b}"[::-1]] if len(d.outputs) else []
            found[" ".join([*outputs, *results])] += abs(amplitude) ** 2
    return {key: weight / found.total() for key, weight in found.items()}


def check_run(program: gossamer.CompiledProgram, seed: int) -> None:
    """From the files of its folder alone, the program gives the results of the source as often."""
    with TemporaryDirectory() as here:
        program.save(Path(here, "out"))
        result = gossamer.run(Path(here, "out"), shots=400, seed=seed, measure_all=len(program.manifest.outputs) > 0)
    exact = exact_distribution(program.source)
    assert fits(result.counts, exact), (result.counts, exact)


def fits(counts: Mapping[str, int], exact: Mapping[str, float]) -> bool:
    """Whether each key is as frequent as it is probable: by Chernoff's bound, a key that is deviates so far once in 10^9 runs."""
    shots = sum(counts.values())

    def surprise(seen: int, p: float) -> float:
        parts = ((seen / shots, p), (1 - seen / shots, 1 - p))
        return shots * sum(q * math.log(q / max(x, 1e-15)) for q, x in parts if q > 0)

    return all(surprise(counts.get(key, 0), exact.get(key, 0)) < 21 for key in {*counts, *exact})


@pytest.mark.parametrize(
    ("counts", "holds"),
    [({"0": 399, "1": 1}, True), ({"0": 380, "1": 20}, False), ({"0": 399, "2": 1}, False), ({"0": 400}, True)],
)
def test_what_fits(counts: dict[str, int], holds: bool) -> None:
    assert fits(counts, {"0": 0.999, "1": 0.001}) is holds


def check_everywhere(data: st.DataObject, seen: Counter[str]) -> None:
    kind = data.draw(st.sampled_from(sorted(SOURCES)))
    diagram = data.draw(SOURCES[kind])
    try:
        vertices = count_live(to_open_graph(diagram))
    except InputError as error:
        assert error.code in NO_FLOW
        assume(False)
    network, seed = data.draw(sized_networks(vertices)), data.draw(st.integers(0, 999))
    program = compile_and_verify(diagram, network, seed)
    has_spare = data.draw(st.booleans())
    if has_spare:
        # With a data qubit to spare there is no excuse: what one communication qubit cannot hold waits there.
        tight = data.draw(spare_networks(network, program.report["peak_qubits"]))
        program = compile_and_verify(diagram, tight, seed)
    else:
        tight = with_qubits(network, [node.data for node in network.nodes], comm=data.draw(st.integers(1, 2)))
        program = compile_or_take_the_hint(diagram, tight, seed)
    assert program.verify(method="sampled").holds is not False  # the checks agree with each other
    report = program.report
    assert report["fidelity"] is None or 0 < report["fidelity"] <= 1
    assert report["makespan"] is None or report["makespan"] >= 0
    results = len(diagram.outputs) + sum(len(r.bits) for r in diagram.registers)
    has_run = 0 < results <= MAX_RESULTS and len(diagram.outcome_bits) <= MAX_OUTCOMES
    if has_run:
        check_run(program, seed)
    what = {"linked": report["ebits"] > 0, "spare": has_spare, "run": has_run}
    what["coupled"] = any(node.coupling for node in tight.nodes)
    what["several models"] = len({node.model for node in tight.nodes}) > 1
    seen.update([kind, *{node.model for node in tight.nodes}, *(key for key, is_so in what.items() if is_so)])


def check_many(how: settings) -> Counter[str]:
    """Draw examples; gives how many of them had what."""
    seen: Counter[str] = Counter()

    @how
    @given(st.data())
    def each(data: st.DataObject) -> None:
        check_everywhere(data, seen)

    each()
    return seen


def test_any_source_on_any_network() -> None:
    seen = check_many(settings(QUICK, max_examples=30))
    assert seen["linked"] >= 3
    assert seen["run"] >= 8


@pytest.mark.nightly
def test_any_source_on_any_network_nightly() -> None:
    seen = check_many(settings(NIGHTLY, max_examples=2000))
    print(dict(seen.most_common()))
    few = {what: n for what, n in seen.items() if n < (20 if what == "diagram" else 100)}
    assert not few, few
    assert {*SOURCES, "circuit", "mbqc", "mixed", "linked", "spare", "run", "coupled", "several models"} == seen.keys()


# --- what does not fit ---------------------------------------------------------------------------------------------------


@settings(QUICK, max_examples=15)
@given(st.one_of(*SOURCES.values()), st.data())
def test_the_hint_of_a_refusal_does(diagram: Diagram, data: st.DataObject) -> None:
    """Networks of any sizes: where the qubits do not suffice, the change that the diagnostic names is one that does."""
    size, comm = data.draw(st.integers(1, 3)), data.draw(st.sampled_from([None, 1, 2]))
    network = data.draw(networks(max_nodes=3, data=size, comm=comm, models=("circuit", "mbqc", "mixed")))
    try:
        compile_or_take_the_hint(diagram, network, 0)
    except InputError as error:
        assert error.code in NO_FLOW


# --- the lab of the examples ---------------------------------------------------------------------------------------------

LAB = Path(__file__).parent.parent / "examples" / "lab.yaml"


@pytest.mark.parametrize("source", ["grover.qasm", "adder.qasm", "teleportation.qasm"])
def test_the_lab_of_the_examples(source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the file to programs in each node's gates, a report with its figures, a run, and a check against the network."""
    out = str(tmp_path / "out")
    path = str(LAB.parent / source)
    assert call(["compile", path, "-n", str(LAB), "-o", out, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verified"]["holds"] is True
    assert 0 < report["makespan"] < 1
    assert 0 < report["fidelity"] < 1
    assert report["swaps"].keys() == {"chip"}
    assert call(["verify", out, "--against", path, "-n", str(LAB)]) == 0
    assert call(["verify", out, "--against", path, "-n", "2:qubits=5"]) == 4
    assert call(["run", out, "--shots", "20"]) == 0
    text = (tmp_path / "out" / "ions.qasm").read_text()
    assert not {line.split()[0].split("(")[0] for line in text.splitlines() if " data[" in line} & {
        "h",
        "cz",
        "x",
        "sx",
    }


def test_network_check_counts_kinds_of_links(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["network", "check", str(LAB)]) == 0
    assert (
        capsys.readouterr().out == "ok: 2 nodes, 1 quantum and 1 classical links, 9 data qubits, at most 1 hops apart\n"
    )
