"""Makespan and fidelity against small cases that are worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import gossamer
from gossamer.ir import pattern
from gossamer.ir.network import Network
from gossamer.ir.network_text import parse_network
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import (
    Compute,
    Conditional,
    Distribution,
    Ebit,
    Gate,
    Manifest,
    ManifestLink,
    ManifestNode,
    ManifestPlace,
    Measure,
    NodeProgram,
    Observe,
    Recv,
    Reset,
    Send,
)
from gossamer.report.timing import estimate, make_schedule

NETWORK = """
nodes:
  - {name: a, data: 2, comm: 1, gates: GATES, measurement: {duration: 10us, fidelity: 0.9}, reset: {duration: 3us, fidelity: 0.95}}
  - {name: b, data: 2, comm: 1, gates: GATES, measurement: {duration: 20us, fidelity: 0.8}}
links:
  - {nodes: [a, b], quantum: {rate: 10000, fidelity: 0.7, latency: 5us}, classical: {latency: 7us}}
""".replace(
    "GATES",
    "[{name: h, duration: 1us, fidelity: 0.99}, {name: cz, duration: 2us, fidelity: 0.98}, {name: z, duration: 0s, fidelity: 1}]",
)


def distribution(a: list[Any], b: list[Any], text: str = NETWORK, links: int = 1, **more: Any) -> Distribution:
    manifest = Manifest(
        nodes=[ManifestNode(name=n, model="circuit", program=f"{n}.qasm", data=2, comm=1) for n in "ab"],
        links=[ManifestLink(id=f"l{k}", nodes=("a", "b")) for k in range(links)],
        **{"messages": [], "inputs": [], "outputs": [], "registers": [], "outcomes": [], "source_digest": "", **more},
    )
    programs = tuple(NodeProgram(n, "circuit", 2, 1, 9, tuple(code)) for n, code in (("a", a), ("b", b)))
    return Distribution(programs, manifest, parse_network(text))


def micro(time: Fraction) -> Fraction:
    return time * 10**6


def test_local_gates_run_side_by_side() -> None:
    d = distribution(
        [Gate("h", (0,)), Gate("h", (1,)), Gate("cz", (0, 1)), Measure(0, 0), Gate("h", (1,))], [], links=0
    )
    plan = make_schedule(d)
    assert micro(plan.makespan) == 1 + 2 + 10
    assert estimate(d)["fidelity"] == pytest.approx(0.99**3 * 0.98 * 0.9)


def test_a_remote_cz_by_hand() -> None:
    """Both ask at once (a after its h on data): 1 us; pair after 100 + 5; h, cz, h, measurement on a; cz, h, measurement on b."""
    a = [
        Ebit("l0", "b", 2), Gate("h", (2,)), Gate("cz", (0, 2)), Gate("h", (2,)), Measure(2, 0), Send("m0", "b", (0,)),
        Recv("m1", "a", 1), Conditional(((1, True),), (Gate("z", (0,)),)),
    ]  # fmt: skip
    b = [
        Ebit("l0", "a", 2), Gate("cz", (0, 2)), Gate("h", (2,)), Measure(2, 0), Send("m1", "a", (0,)), Recv("m0", "a", 1),
        Conditional(((1, True),), (Gate("z", (0,)), Gate("h", (0,)))),
    ]  # fmt: skip
    ends = {
        "inputs": [ManifestPlace(name="p", node="a", qubit=0)],
        "outputs": [ManifestPlace(name="p", node="a", qubit=0)],
    }
    d = distribution(a, b, **ends)
    plan = make_schedule(d)
    # a measures at 105 + 1 + 2 + 1 + 10 = 119, b has its message at 126; b measures at 105 + 2 + 1 + 20 = 128, a has its message at 135
    assert micro(plan.makespan) == 135
    # a's data qubit waits from 0 to its cz at 106 and from 108 to its z at 135; its half does not wait
    assert [micro(t) for t in plan.waits["a"] if t] == [106 + 27]
    # b's data qubit starts with the cz at 105 and waits from 107 to 128, when b has its own outcome, then its message (126) is there
    assert [micro(t) for t in plan.waits["b"] if t] == [19]
    wanted = 0.99**2 * 0.98 * 0.9 * 0.98 * 0.99 * 0.8 * 0.99 * 0.7
    assert estimate(d)["fidelity"] == pytest.approx(wanted)
    assert estimate(d)["makespan"] == pytest.approx(135e-6)


def test_a_link_makes_one_pair_after_the_other() -> None:
    a = [Ebit("l0", "b", 2), Gate("h", (2,)), Measure(2, 0), Ebit("l1", "b", 2), Gate("h", (2,)), Measure(2, 1)]
    b = [Ebit("l0", "a", 2), Measure(2, 0), Ebit("l1", "a", 2), Measure(2, 1)]
    d = distribution(a, b, links=2)
    # pair at 105, b measures until 125 and asks again; the second pair at 230, measured by b at 250
    assert micro(make_schedule(d).makespan) == 250
    assert estimate(d)["fidelity"] == pytest.approx(0.7**2 * 0.99**2 * 0.9**2 * 0.8**2)


def test_waiting_costs_what_relaxation_and_dephasing_take() -> None:
    text = NETWORK.replace("reset: {duration", "t1: 1ms, t2: 500us, reset: {duration")
    a = [Gate("h", (0,)), Gate("h", (1,)), Measure(1, 0), Conditional(((0, True),), (Gate("z", (0,)),)), Reset(1)]
    d = distribution(a, [], text, links=0)
    wait = 10e-6  # qubit 0 waits for the measurement
    decay = (3 + math.exp(-wait / 1e-3) + 2 * math.exp(-wait / 0.5e-3)) / 6
    assert estimate(d)["fidelity"] == pytest.approx(0.99**2 * 0.9 * 0.95 * decay)
    only_t1 = replace(d, network=parse_network(text.replace("t2: 500us, ", "")))
    decay = (3 + math.exp(-wait / 1e-3) + 2 * math.exp(-wait / 2e-3)) / 6
    assert estimate(only_t1)["fidelity"] == pytest.approx(0.99**2 * 0.9 * 0.95 * decay)


@pytest.mark.parametrize(
    ("old", "new", "makespan", "fidelity"),
    [
        ("duration: 2us, fidelity: 0.98", "fidelity: 0.98", "no duration of cz", None),
        ("duration: 2us, fidelity: 0.98", "duration: 2us", None, "no fidelity of cz"),
        ("measurement: {duration: 20us, ", "measurement: {", "'b' gives no duration of measurement", None),
        ("rate: 10000, ", "", "no rate for link l0", None),
        ("fidelity: 0.7, ", "", None, "no fidelity of the pairs"),
        ("classical: {latency: 7us}", "classical: {}", "does not name classical links with a latency", None),
        (", classical: {latency: 7us}", "", "does not name classical links with a latency", None),
        (
            "name: b, data: 2, comm: 1, gates: [{name: h, duration: 1us, ",
            "name: b, data: 2, comm: 1, t2: 1s, gates: [{name: h, ",
            "'b' gives no duration of h",
            "how long the qubits of 'b' wait is not known",
        ),
    ],
)
def test_a_figure_that_is_absent_is_named(old: str, new: str, makespan: str | None, fidelity: str | None) -> None:
    a = [Ebit("l0", "b", 2), Gate("h", (2,)), Gate("cz", (0, 2)), Gate("h", (2,)), Measure(2, 0), Send("m0", "b", (0,))]
    b = [Ebit("l0", "a", 2), Gate("cz", (0, 2)), Gate("h", (2,)), Measure(2, 0), Recv("m0", "a", 1)]
    assert old in NETWORK
    found = estimate(distribution(a, b, NETWORK.replace(old, new)))
    for key, note in (("makespan", makespan), ("fidelity", fidelity)):
        assert (found[key] is None) == (note is not None)
        assert (note or "") in found.get(f"{key}_note", "")


PATTERN = """
nodes:
  - name: a
    model: mbqc
    data: 3
    gates:
      - {name: cz, duration: 2us, fidelity: 0.98}
      - {name: x, duration: 1us, fidelity: 0.99}
      - {name: h, duration: 3us, fidelity: 0.97}
      - {name: z, duration: 0s, fidelity: 1}
    preparation: {duration: 4us, fidelity: 0.96}
    measurement: {duration: 10us, fidelity: 0.9}
    t2: 1ms
"""


def commanded(text: str = PATTERN, model: str = "mbqc") -> Distribution:
    """A step of a pattern: node 0 is measured, and 1, an output, is corrected by the outcome; 2 is measured by an angle of the outcome."""
    bit = BitExpr.bit(0)
    code = (
        pattern.Prepare(0),
        pattern.Prepare(1),
        pattern.Entangle(0, 1),
        Observe(pattern.Measure(0), 0),
        pattern.CorrectX(1, bit),
        pattern.Clifford(1, ("h", "z")),
        pattern.Prepare(2),
        Compute(1, bit),
        Observe(pattern.Measure(2, angle=Phase(Fraction(1, 4)).times(BitExpr.bit(1))), 2),
    )
    manifest = Manifest(
        nodes=[ManifestNode(name="a", model=model, program="a.json", data=3, comm=0)],
        links=[], messages=[], inputs=[], registers=[], outcomes=[], source_digest="",
        outputs=[ManifestPlace(name="q", node="a", qubit=1)],
    )  # fmt: skip
    network = parse_network(text.replace("model: mbqc", f"model: {model}"))
    return Distribution((NodeProgram("a", model, 3, 0, 3, code),), manifest, network)


@pytest.mark.parametrize("model", ["mbqc", "mixed"])
def test_commands_of_a_pattern_by_hand(model: str) -> None:
    d = commanded(model=model)
    plan = make_schedule(d)
    # N at 0 to 4, E to 6, M to 16, X to 17, h and z to 20; the other N to 4, its M waits for the outcome, 16 to 26
    assert micro(plan.makespan) == 26
    # 1 waits for the outcome and at the end, 2 for its measurement
    assert sorted(micro(t) for t in plan.waits["a"]) == [0, 12, 10 + 6]
    decay = math.prod((4 + 2 * math.exp(-wait / 1000)) / 6 for wait in (12, 16))
    assert estimate(d)["makespan"] == pytest.approx(26e-6)
    assert estimate(d)["fidelity"] == pytest.approx(0.96**3 * 0.98 * 0.9**2 * 0.99 * 0.97 * decay)


@pytest.mark.parametrize(
    ("old", "note"),
    [
        ("    preparation: {duration: 4us, fidelity: 0.96}\n", "preparation"),
        ("    measurement: {duration: 10us, fidelity: 0.9}\n", "measurement"),
        ("      - {name: cz, duration: 2us, fidelity: 0.98}\n", "cz"),
        ("      - {name: x, duration: 1us, fidelity: 0.99}\n", "x"),
        ("      - {name: h, duration: 3us, fidelity: 0.97}\n", "h"),
    ],
)
def test_figures_of_commands_that_are_absent_are_named(old: str, note: str) -> None:
    assert old in PATTERN
    found = estimate(commanded(PATTERN.replace(old, "")))
    assert (found["makespan"], found["fidelity"]) == (None, None)
    assert found["makespan_note"] == f"node 'a' gives no duration of {note}"
    assert found["fidelity_note"] == f"node 'a' gives no fidelity of {note}"


@pytest.mark.parametrize("model", ["mbqc", "mixed"])
def test_programs_of_every_model_get_their_figures(model: str) -> None:
    """Compiled, over a link, beside a circuit node."""
    gates = "[{name: cz, F}, {name: h, F}, {name: x, F}, {name: z, F}, {name: s, F}, {name: sdg, F}, {name: rz, F}]"
    other = gates.replace(", {name: rz, F}", "") if model == "mbqc" else gates
    text = f"""
nodes:
  - {{name: a, model: {model}, data: {3 if model == "mbqc" else 2}, comm: 1, gates: {other}, preparation: {{F}}, measurement: {{F}}}}
  - {{name: b, data: 2, comm: 1, gates: {gates}, measurement: {{F}}, reset: {{F}}}}
links: [{{nodes: [a, b], quantum: {{rate: 1000, fidelity: 0.9}}, classical: {{latency: 1us}}}}]
""".replace("F}", "duration: 1us, fidelity: 0.999}")
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; h q; cx q[0],q[1]; cx q[1],q[2]; t q[2]; h q[2]; cx q[2],q[3]; h q[3];'
    program = gossamer.compile(source, parse_network(text), effort=0)
    assert program.report["ebits"] >= 1
    assert program.report["makespan"] > 1e-3 * program.report["ebits"]
    assert 0.5 < program.report["fidelity"] < 0.9 ** program.report["ebits"]
    assert not {"makespan_note", "fidelity_note"} & program.report.keys()


def test_messages_add_the_latencies_of_their_path() -> None:
    text = """
nodes: [{name: a, data: 2, comm: 1}, {name: b, data: 2, comm: 1}, {name: c, data: 1}]
links:
  - {nodes: [a, b], quantum: {}, classical: {latency: 9us}}
  - {nodes: [a, c], classical: {latency: 1us}}
  - {nodes: [b, c], quantum: {}, classical: {latency: 2us}}
"""
    d = distribution([Send("m0", "b", ())], [Recv("m0", "a", 0)], text, links=0)
    assert micro(make_schedule(d).makespan) == 3


def test_a_network_without_figures_has_no_estimate_and_no_notes() -> None:
    program = gossamer.compile('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0],q[1];', "2:qubits=1", effort=0)
    assert (program.report["makespan"], program.report["fidelity"]) == (None, None)
    assert not {"makespan_note", "fidelity_note"} & program.report.keys()


def test_the_estimate_of_a_compiled_program() -> None:
    """The third example of the specification: three kinds of hardware in a row."""
    network: Network = parse_network("""
nodes:
  - name: a
    data: 2
    gates: [{name: ms, duration: 200us, fidelity: 0.99}, {name: rx, duration: 5us, fidelity: 1}, {name: rz, duration: 0s, fidelity: 1}]
    measurement: {duration: 100us, fidelity: 1}
    reset: {duration: 1us, fidelity: 1}
links: []
""")
    program = gossamer.compile('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0],q[1];', network, effort=0)
    used = [g for g in program.programs[0].instructions if isinstance(g, Gate)]
    assert [g.name for g in used].count("ms") == 1
    assert program.report["fidelity"] == pytest.approx(0.99)
    assert 200e-6 <= program.report["makespan"] <= 200e-6 + 5e-6 * len(used)
