"""First and last places: the programs keep to what is wanted, whatever the form, the pipeline and the network, and mean the same."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.strategies import circuits, networks, open_graphs
from gossamer.diagnostics import GossamerError, NetworkInfeasible, UsageError
from gossamer.ir.equality import equal_instruments
from gossamer.ir.graph_diagram import graph_as_diagram
from gossamer.ir.network_text import resolve_network
from gossamer.passes.ends import split_outputs
from gossamer.pipeline import parse_pipeline
from tests.profiles import QUICK

HEADER = 'OPENQASM 2.0; include "qelib1.inc"; '
MIXED = HEADER + "qreg q[4];" + "".join(
    f"h q[{a}]; cx q[{a}],q[{b}]; t q[{b}]; h q[{b}];" for a in range(4) for b in range(4) if a != b
)  # fmt: skip
CLIFFORD = MIXED.replace("t q", "s q")


def places(program: gossamer.CompiledProgram) -> tuple[dict[str, str], dict[str, str]]:
    return tuple({x.name: x.node for x in one} for one in (program.manifest.inputs, program.manifest.outputs))


def check(program: gossamer.CompiledProgram, place: dict[str, str], end: dict[str, str], final: str) -> None:
    first, last = places(program)
    assert place.items() <= first.items()
    assert end.items() <= last.items()
    if final == "same":
        assert all(last[name] == first[name] for name in last.keys() & first.keys() - end.keys())
    assert program.verify().holds is True


@st.composite
def wishes(draw: st.DrawFn, names: list[str], nodes: list[str]) -> dict[str, dict[str, str] | str]:
    some = st.dictionaries(st.sampled_from(names), st.sampled_from(nodes)) if names else st.just({})
    return {"place": draw(some), "end": draw(some), "final": draw(st.sampled_from(["free", "same"]))}


@pytest.mark.parametrize("mode", [None, "min-space", "min-nodes", "clifford"])
@settings(QUICK, max_examples=12)
@given(data=st.data())
def test_random_circuits_begin_and_end_where_they_should(mode: str | None, data: st.DataObject) -> None:
    """With room to spare every wish can be met: circuits on all models of nodes, as they stand, gathered and in named pipelines."""
    circuit = data.draw(circuits(max_wires=3, max_gates=10, clifford=mode == "clifford", measure=mode != "clifford"))
    network = data.draw(networks(min_nodes=2, max_nodes=3, data=5, models=("circuit", "mbqc", "mixed")))
    names = list(gossamer.read(circuit.qasm()).input_names)
    wish = data.draw(wishes(names, [node.name for node in network.nodes]))
    lasting = set(gossamer.read(circuit.qasm()).output_names)
    wish["end"] = {name: node for name, node in wish["end"].items() if name in lasting}
    how = {"forms": "gathered"} if mode == "clifford" else {"pipeline": mode}
    program = gossamer.compile(circuit.qasm(), network, effort=0, check=False, **how, **wish)
    check(program, wish["place"], wish["end"], wish["final"])
    assert ("places" in program.report) == bool(wish["place"] or wish["end"] or wish["final"] == "same")


EVERY = list(itertools.product(["2:qubits=3", "line:3:qubits=3"], ["T gates", "Clifford"], ["", ",comm=2", ",comm=1"]))
#: Each network, program and limit once; the other combinations are nightly.
QUICK_ONES = (EVERY[2], EVERY[3], EVERY[7], EVERY[11])


@pytest.mark.parametrize(
    ("shape", "source", "comm"), [pytest.param(*x, marks=[pytest.mark.nightly] * (x not in QUICK_ONES)) for x in EVERY]
)
def test_four_qubits_in_every_form(source: str, shape: str, comm: str) -> None:
    """One qubit to spare on each node, and they all change places."""
    source = {"T gates": MIXED, "Clifford": CLIFFORD}[source]
    place = {"q[0]": "n0", "q[1]": "n0", "q[2]": "n1", "q[3]": "n1"}
    end = {"q[0]": "n1", "q[1]": "n1", "q[2]": "n0", "q[3]": "n0"}
    program = gossamer.compile(source, shape + comm, place=place, end=end, check=False)
    check(program, place, end, "free")
    same = gossamer.compile(source, shape + comm, final="same", check=False)
    check(same, {}, {}, "same")
    both = gossamer.compile(source, shape + comm, place={"q[0]": "n1"}, end={"q[3]": "n1"}, final="same", check=False)
    check(both, {"q[0]": "n1"}, {"q[3]": "n1"}, "same")
    assert len({row["form"] for row in both.report["forms"]}) > 3


def test_a_wire_with_no_gate_moves_too() -> None:
    """Its input is its output; only two more steps can carry it over. One ebit does."""
    program = gossamer.compile(HEADER + "qreg q[1];", "2:qubits=2", place={"q[0]": "n0"}, end={"q[0]": "n1"})
    check(program, {"q[0]": "n0"}, {"q[0]": "n1"}, "free")
    assert program.report["ebits"] == 1
    stays = gossamer.compile(HEADER + "qreg q[1]; t q[0];", "2:qubits=2", place={"q[0]": "n1"}, final="same")
    assert (stays.report["ebits"], stays.report["local_2q"]) == (0, 0)
    assert "\nh " not in "".join(stays.texts().values()), "steps that move nothing are taken back"


def test_a_swap_of_two_nodes_needs_one_qubit_to_spare() -> None:
    crossed = {"place": {"q[0]": "n0", "q[1]": "n1"}, "end": {"q[0]": "n1", "q[1]": "n0"}}
    program = gossamer.compile(HEADER + "qreg q[2];", "2:qubits=2", **crossed)
    check(program, crossed["place"], crossed["end"], "free")
    assert program.report["ebits"] == 2
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(HEADER + "qreg q[2];", "2:qubits=1", **crossed)
    assert (caught.value.code, caught.value.exit_code) == ("NW-13", 3)
    assert "keeps the fixed places" in str(caught.value)


def test_to_end_where_it_began_costs_no_more_than_to_bring_back() -> None:
    """The tie is a part of what is searched for: never more ebits than free last places and a way back for each qubit that moved."""
    free = gossamer.compile(MIXED, "2:qubits=3", forms="given")
    first, last = places(free)
    same = gossamer.compile(MIXED, "2:qubits=3", forms="given", final="same")
    assert same.report["ebits"] <= free.report["ebits"] + sum(first[name] != last[name] for name in first)


def test_a_register_stands_for_its_qubits() -> None:
    source = HEADER + "qreg a[2]; qreg b[2]; cx a[0],b[0]; h b[0]; cx a[1],b[1]; h a;"
    program = gossamer.compile(source, "2:qubits=3", place={"a": "n1", "b": "n0"}, end={"a": "n1"})
    check(program, {"a[0]": "n1", "a[1]": "n1", "b[0]": "n0", "b[1]": "n0"}, {"a[0]": "n1", "a[1]": "n1"}, "free")
    assert program.report["places"] == {"place": {"a": "n1", "b": "n0"}, "end": {"a": "n1"}, "final": "free"}
    assert 'place="a=n1,b=n0"' in program.report["pipeline"]


@pytest.mark.parametrize(
    ("wish", "message", "help"),
    [
        ({"place": {"q[9]": "n0"}}, "no quantum input is called 'q[9]'", "did you mean 'q[1]'?"),
        ({"place": {"q[0]": "N1"}}, "which is no node of the network", "did you mean 'n1'?"),
        ({"end": {"q[1]": "n0"}}, "no quantum output is called 'q[1]'", "did you mean 'q[0]'?"),
        ({"place": {"q": "n0", "q[0]": "n1"}}, "'q[0]' is given two places", "name it once"),
        ({"place": {"a,b": "n0"}}, "these are no places of qubits", "write q[0]=alice"),
        ({"place": {'a"': "n0"}}, "these are no places of qubits", "write q[0]=alice"),
        ({"final": "back"}, "last places are not 'back'", "known: free, same"),
        ({"final": "same", "pipeline": "graph-like,partition,links,circuit"}, "options of the default pipeline", "in your own"),
    ],
)  # fmt: skip
def test_a_wish_without_sense_is_refused(wish: dict, message: str, help: str) -> None:
    source = HEADER + "qreg q[2]; creg c[1]; h q; cx q[0],q[1]; measure q[1] -> c[0];"
    with pytest.raises(UsageError) as caught:
        gossamer.compile(source, "2:qubits=2", **wish)
    assert caught.value.code == "TL-7"
    assert message in caught.value.diagnostic.message
    assert help in (caught.value.diagnostic.help or "")


def test_more_qubits_than_a_node_holds() -> None:
    """The message counts them, and the hint is a change of the network that does."""
    with pytest.raises(NetworkInfeasible, match="3 qubits are to begin on node n1, which has 2 data qubits") as caught:
        gossamer.compile(HEADER + "qreg q[3]; h q;", "2:qubits=2", place={"q": "n1"})
    assert caught.value.code == "NW-13"
    assert "data: 3 on n1 (now 2)" in (caught.value.diagnostic.help or "")
    with pytest.raises(
        NetworkInfeasible, match="2 qubits are to end on node n0, which has 2 data qubits, one of them for its steps"
    ):
        gossamer.compile(HEADER + "qreg q[2]; h q;", "2mbqc:qubits=2", end={"q": "n0"})


def test_in_a_pipeline_of_ones_own() -> None:
    text = 'graph-like,partition{place="q[0]=n1, q[1]=n0",final=same},links,circuit'
    program = gossamer.compile(MIXED, "2:qubits=3", pipeline=text)
    check(program, {"q[0]": "n1", "q[1]": "n0"}, {}, "same")
    assert str(parse_pipeline(text)[1]) == 'partition{place="q[0]=n1, q[1]=n0",final=same}'
    with pytest.raises(UsageError, match="is no place of a qubit"):
        gossamer.compile(MIXED, "2:qubits=3", pipeline=text.replace("=n0", ""))


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from gossamer.cli import call

    source = tmp_path / "a.qasm"
    source.write_text(MIXED)
    line = ["compile", str(source), "-n", "2:qubits=3", "-o", str(tmp_path / "out"), "--json", "--effort", "0"]
    assert call([*line, "--place", "q[0]=n1", "--end", "q[1]=n0", "--end", "q[2]=n1", "--final", "same"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["places"] == {"place": {"q[0]": "n1"}, "end": {"q[1]": "n0", "q[2]": "n1"}, "final": "same"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    last = {x["name"]: x["node"] for x in manifest["outputs"]}
    assert (last["q[0]"], last["q[1]"], last["q[2]"]) == ("n1", "n0", "n1")
    assert call(["verify", str(tmp_path / "out")]) == 0
    assert call([*line, "--place", "q[0]"]) == 2
    assert call([*line, "--place", "q[0]=n7"]) == 2


@settings(QUICK, max_examples=60)
@given(graph=open_graphs(), data=st.data())
def test_split_outputs_keep_the_meaning(graph, data: st.DataObject) -> None:
    which = (
        data.draw(st.lists(st.integers(0, max(0, len(graph.outputs) - 1)), unique=True)) if len(graph.outputs) else []
    )
    longer = split_outputs(graph, which)
    longer.verify()
    assert longer.num_vertices == graph.num_vertices + 2 * len(which)
    assert equal_instruments(graph_as_diagram(longer), graph_as_diagram(graph))


def test_equal_arguments_give_equal_files() -> None:
    how = {"place": {"q[0]": "n1"}, "final": "same"}
    once, again = (gossamer.compile(MIXED, "2:qubits=3", **how).files() for _ in range(2))
    assert once["manifest.json"] == again["manifest.json"]
    assert once["report.json"] == again["report.json"]


def test_objective_and_places_together() -> None:
    text = "nodes: [{name: a, data: 3}, {name: b, data: 3}, {name: c, data: 3}]\nlinks: "
    text += "[{nodes: [a, b], quantum: {cost: 9}}, {nodes: [b, c]}, {nodes: [a, c]}]"
    from gossamer.ir.network_text import parse_network

    program = gossamer.compile(HEADER + "qreg q[2];", parse_network(text), place={"q[0]": "a"}, end={"q[0]": "b"})
    assert (program.report["ebits"], program.report["cost"]) == (2, 2)
    assert np.all([set(link["nodes"]) != {"a", "b"} for link in program.links])
    assert resolve_network("2:qubits=1").size == 2
    assert issubclass(NetworkInfeasible, GossamerError)
