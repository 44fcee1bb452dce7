"""`--objective time|fidelity`: what is kept is never worse than what the fewest ebits give, by the report, and it is the same program."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.strategies import circuits
from gossamer.diagnostics import UsageError
from gossamer.ir.network import Network
from gossamer.ir.network_text import parse_network
from tests.profiles import QUICK

HEADER = 'OPENQASM 2.0; include "qelib1.inc"; '
NODE = (
    "  - {{name: {name}, data: 2{more}, gates: [{{name: cz, fidelity: {cz}, duration: {time}us}}, {{name: u3, fidelity: 0.9999, duration: 1us}}],"
    " measurement: {{fidelity: 0.999, duration: 20us}}, reset: {{fidelity: 0.999, duration: 20us}}}}\n"
)
LINK = "  - {{nodes: [{a}, {b}], quantum: {{rate: {rate}, fidelity: {fidelity}}}, classical: {{latency: 1us}}}}\n"
ALL_PAIRS = "".join(f"cx q[{a}],q[{b}]; rx(0.3) q[{b}];" for a in range(6) for b in range(a + 1, 6))
DENSE = HEADER + "qreg q[6];" + "".join(f"h q[{i}];" for i in range(6)) + ALL_PAIRS


def triangle(rate: float = 1000, fidelity: float = 0.98, cz: float = 0.999, time: int = 10, more: str = "") -> Network:
    """Three nodes, the link of the first two and the gates of the first as given."""
    nodes = NODE.format(name="a", cz=cz, time=time, more=more) + "".join(
        NODE.format(name=name, cz=0.999, time=10, more=more) for name in "bc"
    )
    links = LINK.format(a="a", b="b", rate=rate, fidelity=fidelity)
    links += "".join(LINK.format(a=a, b="c", rate=1000, fidelity=0.98) for a in "ab")
    return parse_network("nodes:\n" + nodes + "links:\n" + links)


def uses(program: gossamer.CompiledProgram, *pair: str) -> int:
    return sum(set(link["nodes"]) == set(pair) for link in program.links)


@pytest.mark.parametrize("forms", [None, "given"])
@pytest.mark.parametrize(
    ("objective", "figure", "network"),
    [("fidelity", "fidelity", triangle(fidelity=0.6)), ("time", "makespan", triangle(rate=3))],
    ids=["bad link", "slow link"],
)
def test_a_link_that_is_bad_for_the_objective_is_avoided(
    objective: str, figure: str, network: Network, forms: str | None
) -> None:
    """From a seed with which the fewest ebits go over that link; the three are alike to them."""
    by_seed = ((seed, gossamer.compile(DENSE, network, forms=forms, seed=seed)) for seed in range(8))
    seed, default = next((seed, default) for seed, default in by_seed if uses(default, "a", "b"))
    program = gossamer.compile(DENSE, network, forms=forms, seed=seed, objective=objective)
    assert uses(program, "a", "b") == 0
    better = program.report[figure] > 1.3 * default.report[figure]
    assert better if figure == "fidelity" else program.report[figure] < 0.1 * default.report[figure]
    assert program.report["objective"] == objective
    assert program.report["verified"]["holds"] is True
    (kept,) = [row for row in program.report["forms"] if row["kept"]]
    assert (kept["placed_for"], kept[figure]) == (objective, program.report[figure])


@pytest.mark.parametrize("bad", "abc")
@pytest.mark.parametrize(("objective", "better", "worse"), [("fidelity", "0.999", "0.9"), ("time", "10us", "500us")])
def test_a_node_with_bad_gates_is_avoided(objective: str, better: str, worse: str, bad: str) -> None:
    """Two qubits that fit on any one node of three, without an ebit, whatever the default prefers."""
    source = HEADER + "qreg q[2];" + "h q[0]; cx q[0],q[1]; rx(0.2) q[1];" * 5
    nodes = [NODE.format(name=name, cz=0.999, time=10, more="") for name in "abc"]
    nodes["abc".index(bad)] = nodes["abc".index(bad)].replace(
        f"{objective if objective == 'fidelity' else 'duration'}: {better}",
        f"{objective if objective == 'fidelity' else 'duration'}: {worse}",
        1,
    )
    links = "".join(LINK.format(a=a, b=b, rate=1000, fidelity=0.98) for a, b in ("ab", "bc", "ac"))
    program = gossamer.compile(
        source, parse_network("nodes:\n" + "".join(nodes) + "links:\n" + links), objective=objective
    )
    assert bad not in {place.node for place in program.manifest.outputs}


@st.composite
def figures(draw: st.DrawFn) -> Network:
    return triangle(
        rate=draw(st.sampled_from([1, 20, 1000])),
        fidelity=draw(st.sampled_from([0.5, 0.9, 1])),
        cz=draw(st.sampled_from([0.9, 0.999, 1])),
        time=draw(st.sampled_from([0, 10, 2000])),
        more=draw(st.sampled_from(["", ", t1: 5ms", ", t2: 1ms, comm: 2"])),
    )


@pytest.mark.parametrize("effort", [0, 1])
@settings(QUICK, max_examples=6)
@given(circuit=circuits(min_wires=3, max_wires=4, max_gates=14), network=figures(), seed=st.integers(0, 3))
def test_never_worse_than_the_fewest_ebits(circuit, network: Network, seed: int, effort: int) -> None:
    """With the same effort and seed; and what is kept is the same instrument."""
    text = circuit.qasm()
    default = gossamer.compile(text, network, effort=effort, seed=seed, check=False)
    for objective, figure, sign in (("time", "makespan", 1), ("fidelity", "fidelity", -1)):
        program = gossamer.compile(text, network, effort=effort, seed=seed, objective=objective, check=False)
        assert sign * program.report[figure] <= sign * default.report[figure] + 2e-9
        assert program.verify(method="exact").holds is True


def test_equal_arguments_give_equal_files() -> None:
    once, again = (gossamer.compile(DENSE, triangle(fidelity=0.6), objective="fidelity").files() for _ in range(2))
    assert {name: text for name, text in once.items() if name != "timings.json"} == {
        name: text for name, text in again.items() if name != "timings.json"
    }


@pytest.mark.clause("NW-18")
@pytest.mark.parametrize(
    ("objective", "cut", "message"),
    [
        ("fidelity", "measurement: {fidelity: 0.999, duration: 20us}, ", "gives no fidelity of"),
        ("time", ", classical: {latency: 1us}", "a latency"),
        ("time", "name: cz, fidelity: 0.999, duration: 10us", "gives no duration of cz"),
    ],
)
def test_a_figure_that_programs_need_is_named(objective: str, cut: str, message: str) -> None:
    text = "nodes:\n" + "".join(NODE.format(name=n, cz=0.999, time=10, more="") for n in "ab")
    text += "links:\n" + LINK.format(a="a", b="b", rate=10, fidelity=0.9)
    assert cut in text
    network = parse_network(text.replace(cut, "name: cz" if "cz" in cut else ""))
    with pytest.raises(UsageError, match=message) as caught:
        gossamer.compile(
            HEADER + "qreg q[3]; h q[0]; cx q[0],q[1]; h q[1]; cx q[1],q[2];", network, objective=objective
        )
    assert (caught.value.code, caught.value.exit_code) == ("NW-18", 2)


def test_the_objective_belongs_to_the_default_pipeline() -> None:
    for more in ({"pipeline": "min-space"}, {"postselect": True}):
        with pytest.raises(UsageError, match="default pipeline"):
            gossamer.compile(HEADER + "qreg q[1];", "1", objective="time", **more)
    with pytest.raises(UsageError, match="no objective 'speed'"):
        gossamer.compile(HEADER + "qreg q[1];", "1", objective="speed")


def test_passes_take_the_objective_as_an_option() -> None:
    steps = "graph-like,partition{objective=fidelity},links{objective=fidelity},circuit,native"
    program = gossamer.compile(DENSE, triangle(fidelity=0.6), pipeline=steps)
    assert uses(program, "a", "b") == 0
    with pytest.raises(UsageError, match="there is no objective 'speed'"):
        gossamer.compile(DENSE, triangle(), pipeline="graph-like,partition{objective=speed},links,circuit,native")
