"""Networks from files, presets and shorthands: every clause of spec/network.md and an example that violates it."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.cli import call
from gossamer.conformance.strategies import networks
from gossamer.diagnostics import GossamerError, InputError
from gossamer.ir.durations import parse_time, print_time
from gossamer.ir.network import MAX_NODES, Network, NetworkLink, Node
from gossamer.ir.network_text import parse_network, presets, print_network, read_network, resolve_network
from gossamer.ir.text import parse_text, print_text
from gossamer.specification import read_spec

THREE = "nodes: [{name: a, data: 1}, {name: b, data: 1}, {name: c, data: 1}]\n"
NODES = "nodes:\n  - {name: a, data: 1}\n  - {name: b, data: 1}\n"

#: text, code, line, column
BAD_FILES = [
    ("", "NW-3", 1, 1),
    ("nodes: [", "NW-1", 2, 1),
    ("nodes: &x [1]\nlinks: *x\n", "NW-1", 1, 8),
    ("nodes: !!python/object:os.system []\n", "NW-1", 1, 8),
    ("nodes: []\nnodes: []\n", "NW-1", 2, 1),
    ("? [a]\n: 1\n", "NW-1", 1, 3),
    ("nodes: " + "[" * 40 + "]" * 40, "NW-1", 1, 23),
    ("- 1\n", "NW-3", 1, 1),
    ("links: []\n", "NW-3", 1, 1),
    ("nodes:\n  - {name: a, data: 1, colour: red}\n", "NW-3", 2, 24),
    ("nodes:\n  - {name: a}\n", "NW-3", 2, 5),
    ("nodes:\n  - {name: 3, data: 1}\n", "NW-3", 2, 12),
    ("nodes:\n  - {name: 'a b', data: 1}\n", "NW-3", 2, 12),
    ("nodes:\n  - {name: a, data: -1}\n", "NW-3", 2, 21),
    ("nodes:\n  - {name: a, data: '4'}\n", "NW-3", 2, 21),
    ("nodes:\n  - {name: a, data: true}\n", "NW-3", 2, 21),
    ("nodes:\n  - {name: a, data: 1.5}\n", "NW-3", 2, 21),
    ("nodes:\n  - {name: a, data: 1e999}\n", "NW-3", 2, 21),
    ("nodes:\n  - {name: a, data: 99999999999999999999999999}\n", "NW-3", 2, 21),
    ("nodes: []\n", "NW-10", 1, 8),
    ("nodes: [{name: a, data: 1}, {name: a, data: 1}]\n", "NW-10", 1, 36),
    (NODES + "links: [{nodes: [a, c]}]\n", "NW-11", 4, 21),
    (NODES + "links: [{nodes: [a, a]}]\n", "NW-11", 4, 17),
    (NODES + "links: [{nodes: [a, b]}, {nodes: [b, a]}]\n", "NW-11", 4, 34),
    (NODES + "links: [{nodes: [a, b, a]}]\n", "NW-3", 4, 17),
    (NODES, "NW-12", 1, 1),
    (NODES + "links: []\n", "NW-12", 4, 8),
    (NODES + "links: [{nodes: [a, b], classical: {}}]\n", "NW-12", 4, 8),
    (THREE + "links: [{nodes: [a, b], quantum: {}, classical: {}}, {nodes: [b, c]}]\n", "NW-12", 2, 8),
    ("nodes: [{name: a, data: 1, gates: []}]\n", "NW-15", 1, 35),
    ("nodes: [{name: a, data: 1, gates: [cz, {nam: rz}]}]\n", "NW-3", 1, 40),
    ("nodes: [{name: a, data: 1, gates: [cz, {name: rz, fidelity: 1.5}]}]\n", "NW-3", 1, 61),
    ("nodes: [{name: a, data: 1, gates: [cz, {name: rz, fidelity: 0}]}]\n", "NW-3", 1, 61),
    ("nodes: [{name: a, data: 1, gates: [cz, ccx]}]\n", "NW-15", 1, 40),
    ("nodes: [{name: a, data: 1, gates: [cz, rz, {name: cz}]}]\n", "NW-15", 1, 44),
    ("nodes: [{name: a, data: 1, model: mbqc, gates: [cz, rz]}]\n", "NW-15", 1, 53),
    ("nodes: [{name: a, data: 1, model: other, gates: [cz]}]\n", "NW-15", 1, 49),
    ("nodes: [{name: a, data: 1, model: mbqc, comm: 0, coupling: []}]\n", "NW-16", 1, 60),
    ("nodes: [{name: a, data: 1, t1: 5}]\n", "NW-3", 1, 32),
    ("nodes: [{name: a, data: 1, t1: 5 us}]\n", "NW-3", 1, 32),
    ("nodes: [{name: a, data: 1, t1: -5us}]\n", "NW-3", 1, 32),
    ("nodes: [{name: a, data: 1, t1: 0us}]\n", "NW-14", 1, 32),
    ("nodes: [{name: a, data: 1, t1: 1us, t2: 3us}]\n", "NW-14", 1, 41),
    ("nodes: [{name: a, data: 1, measurement: 5us}]\n", "NW-3", 1, 41),
    ("nodes: [{name: a, data: 3, comm: 1, coupling: [[0, 1], [1, 5]]}]\n", "NW-16", 1, 56),
    ("nodes: [{name: a, data: 3, comm: 1, coupling: [[0, 1], [1, 1]]}]\n", "NW-16", 1, 56),
    ("nodes: [{name: a, data: 3, comm: 1, coupling: [[0, 1], [-1, 1]]}]\n", "NW-16", 1, 56),
    ("nodes: [{name: a, data: 2, comm: 0, coupling: [[0, 1], [1, 0]]}]\n", "NW-16", 1, 56),
    ("nodes: [{name: a, data: 3, comm: 1, coupling: [[0, 1], [2, 3], [1, 3]]}]\n", "NW-16", 1, 47),
    ("nodes: [{name: a, data: 2, comm: 2, coupling: [[0, 1], [1, 2], [2, 3]]}]\n", "NW-16", 1, 47),
    ("nodes: [{name: a, data: 2, coupling: [[0, 1]]}]\n", "NW-16", 1, 38),
    ("nodes: [{name: a, data: 999999, comm: 1, coupling: []}]\n", "NW-16", 1, 52),
    ("nodes: [{name: a, data: 2, comm: 0, coupling: [[0, 1, 1]]}]\n", "NW-3", 1, 48),
    (NODES + "links: [{nodes: [a, b], quantum: {rate: 0}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], quantum: {rate: .inf}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], quantum: {rate: 1e400}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], quantum: {rate: '5'}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], classical: {rate: 5}}]\n", "NW-3", 4, 37),
    (NODES + "links: [{nodes: [a, b], classical: {cost: 5}}]\n", "NW-3", 4, 37),
    (NODES + "links: [{nodes: [a, b], cost: 5}]\n", "NW-3", 4, 25),
    (NODES + "links: [{nodes: [a, b], quantum: {cost: 0}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], quantum: {cost: -1}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], quantum: {cost: 1e7}}]\n", "NW-3", 4, 41),
    (NODES + "links: [{nodes: [a, b], quantum: {cost: cheap}}]\n", "NW-3", 4, 41),
    ("nodes: [{name: a, data: 1, cost: -0.5}]\n", "NW-3", 1, 34),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), BAD_FILES)
def test_a_bad_file_is_refused_at_its_place(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(InputError) as caught:
        parse_network(text, "net.yaml")
    span = caught.value.diagnostic.span
    assert span is not None
    assert (caught.value.code, span.file, span.line, span.column) == (code, "net.yaml", line, column)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "NW-2"),
        ("missing.yaml", "NW-2"),
        ("4:", "NW-5"),
        ("line:", "NW-5"),
        ("blob:4", "NW-5"),
        ("grid:4", "NW-5"),
        ("line:2x3", "NW-5"),
        ("4:qubits=2,qubits=3", "NW-5"),
        ("4:speed=3", "NW-5"),
        ("4:qubits=-1", "NW-5"),
        ("2+", "NW-5"),
        ("2+2xmbqc", "NW-5"),
        ("2+mbqc", "NW-5"),
        ("grid:2+2", "NW-5"),
        ("200+100mbqc:qubits=1", "NW-10"),
        ("0+0mbqc:qubits=1", "NW-10"),
        ("4", "NW-6"),
        ("2:qubits=9999999", "NW-7"),
        ("0:qubits=1", "NW-10"),
        ("9999999:qubits=1", "NW-10"),
        ("grid:100x100:qubits=1", "NW-10"),
    ],
)
def test_a_bad_name_is_refused(text: str, code: str) -> None:
    with pytest.raises(GossamerError) as caught:
        resolve_network(text)
    assert caught.value.code == code


@pytest.mark.clause("NW-8")
def test_an_unknown_model_is_shown_at_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("nodes: [{name: a, data: 1, model: foo, gates: [cz]}]\n")
    for command in (["network", "check"], ["network", "show"]):
        assert call([*command, str(path)]) == 1
        said = capsys.readouterr().err
        assert said.startswith("error[NW-8]: node 'a' has the unknown model 'foo'\n")
        assert ":1:35\n" in said
        assert "circuit, mbqc, mixed" in said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("data: two", "nodes[0].data: this has to be a whole number"),
        ("data: -1", "nodes[0].data: this has to be at least 0"),
        ("data: 2000000", "nodes[0].data: this has to be at most 1000000"),
        ("comm: 1", "nodes[0] has no field 'data'"),
        ("data: 1, name: a b", "nodes[0].name: a name is a letter or underscore, then letters, digits or underscores"),
        ("data: 1, t1: 5", "nodes[0].t1: a time is a number with a unit (s, ms, us or ns), for example 250us"),
        ("data: 1, gates: cz", "nodes[0].gates: this has to be a list"),
        ("data: 1, gates: [{name: cz, fidelity: 2}]", "nodes[0].gates[0].fidelity: this has to be at most 1"),
        ("data: 1, gates: [{name: cz, fidelity: 0}]", "nodes[0].gates[0].fidelity: this has to be more than 0"),
        ("data: 1, measurement: 5us", "nodes[0].measurement: this has to be a map"),
        ("data: 1, model: 3", "nodes[0].model: this has to be text"),
        ("data: 1, name: ''", "nodes[0].name: this has to have at least 1 characters"),
        ("data: 1, gates: []", "'a' has no gate at all"),
        ("data: 1, dta: 1", "unknown field 'dta'"),
    ],
)
def test_what_is_wrong_is_said_plainly(fields: str, said: str) -> None:
    named = fields if "name: " in fields.replace("{name: cz", "") else "name: a, " + fields
    with pytest.raises(InputError) as caught:
        parse_network(f"nodes: [{{{named}}}]\n")
    assert caught.value.diagnostic.message == said


def test_bytes_that_are_no_text_and_too_large_a_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xff\xfe\x00nodes")
    with pytest.raises(InputError, match="not UTF-8"):
        read_network(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="larger than"):
        read_network(path)


@pytest.mark.parametrize(
    ("text", "nodes", "links"),
    [
        ("4", 4, 6),
        ("line:4", 4, 3),
        ("ring:4", 4, 4),
        ("ring:2", 2, 1),
        ("star:5", 5, 4),
        ("grid:2x3", 6, 7),
        ("1", 1, 0),
    ],
)
def test_shapes(text: str, nodes: int, links: int) -> None:
    network = resolve_network(text, wires=10)
    network.verify()
    assert (network.size, len(network.links)) == (nodes, links)
    assert {node.data for node in network.nodes} == {-(-10 // nodes) + 1}
    assert {node.comm for node in network.nodes} == {None}


def test_groups_of_models_stand_in_order() -> None:
    models = [(n.name, n.model) for n in resolve_network("2+1mbqc+1circuit:qubits=1").nodes]
    assert models == [("n0", "circuit"), ("n1", "circuit"), ("n2", "mbqc"), ("n3", "circuit")]
    assert {n.data for n in resolve_network("line:1mbqc+2", wires=10).nodes} == {5}
    assert len(resolve_network("line:1mbqc+2", wires=10).links) == 2


def test_settings() -> None:
    network = resolve_network("line:4:comm=2", wires=8)
    assert {(node.data, node.comm) for node in network.nodes} == {(3, 2)}
    assert {(node.data, node.comm) for node in resolve_network("4:qubits=8,comm=2").nodes} == {(8, 2)}


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_a_network_and_says_what_it_is(name: str) -> None:
    resolve_network(name).verify()
    assert presets()[name].endswith(".")


EXAMPLES = Path(__file__).parent.parent / "examples"


TRIED = {
    "two-ions": ["grover2"],
    "ion-square": ["adder", "ghz", "grover", "teleportation"],
    "photonic-modules": ["grover", "qft", "remote_cx"],
}


@pytest.mark.parametrize(("name", "sources"), TRIED.items())
def test_presets_compile_the_examples(name: str, sources: list[str]) -> None:
    """They keep to the gates, and figures that are not published are named and not filled in."""
    network = resolve_network(name)
    for source in sources:
        program = gossamer.compile(EXAMPLES / f"{source}.qasm", name, effort=0)
        assert program.report["verified"]["holds"] is True
        checked = gossamer.checks.verify(program.programs, program.manifest, program.source, network=network)
        assert checked.holds is True
        for figure in ("makespan", "fidelity"):
            assert (program.report[figure] is None) == (f"{figure}_note" in program.report)


def test_every_preset_is_tried() -> None:
    assert set(TRIED) == set(presets())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_print_and_read_are_inverse(data: st.DataObject) -> None:
    k = data.draw(st.integers(1, 6))
    capacity = st.integers(0, 9)
    nodes = tuple(
        Node(name=f"{name}{i}", data=data.draw(capacity), comm=data.draw(st.none() | capacity))
        for i, name in enumerate(
            data.draw(st.lists(st.sampled_from(["no", "null", "yes", "_"]), min_size=k, max_size=k))
        )
    )
    links = tuple(NetworkLink(nodes=(nodes[i].name, nodes[data.draw(st.integers(0, i - 1))].name)) for i in range(1, k))
    network = Network(nodes=nodes, links=links)
    network.verify()
    assert parse_network(print_network(network)) == network


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(figures=True, models=("circuit", "mbqc", "mixed")))
def test_figures_are_printed_and_read(network: Network) -> None:
    network.verify()
    assert parse_network(print_network(network)) == network
    assert parse_network(json.dumps(network.model_dump(mode="json"))) == network
    assert hash(parse_network(print_network(network))) == hash(network)


@given(st.fractions(0, 10**6, max_denominator=10**9).map(lambda t: Fraction(int(t * 10**12), 10**12)))
def test_times_are_exact(time: Fraction) -> None:
    assert parse_time(print_time(time)) == time


def test_a_link_of_messages_only_carries_no_ebits() -> None:
    text = THREE + "links: [{nodes: [a, b]}, {nodes: [b, c]}, {nodes: [a, c], classical: {}}]\n"
    with pytest.raises(InputError, match="no path of classical links joins 'a' and 'b'"):
        parse_network(text)
    network = parse_network(text.replace("[a, b]}", "[a, b], quantum: {}, classical: {}}"))
    assert network.distance[0].tolist() == [0, 1, 2]
    assert network.neighbours == ((1,), (0, 2), (1,))
    ghz = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q[0]; cx q[0],q[1]; cx q[0],q[2];'
    program = gossamer.compile(ghz, network, effort=0)
    assert {tuple(sorted(link["nodes"])) for link in program.links} == {("a", "b"), ("b", "c")}
    assert program.verify().holds


def test_the_placed_graph_names_what_placing_depends_on() -> None:
    """Figures of the hardware are no part of a placed graph's text, and of its equality neither."""
    network = parse_network("nodes: [{name: a, data: 2, gates: [cz, u3], t1: 1s}]")
    program = gossamer.compile('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0],q[1];', network, effort=0)
    assert program.placed is not None
    back = parse_text(print_text(program.placed))
    assert back == program.placed
    assert back.network == network.outline != network


def test_too_many_nodes() -> None:
    nodes = tuple(Node(name=f"n{i}", data=1) for i in range(MAX_NODES + 1))
    with pytest.raises(InputError, match="1 to 256"):
        Network(nodes=nodes, links=()).verify()


def test_the_published_schema_is_the_one_of_the_model() -> None:
    assert json.loads(read_spec("network.schema.json")) == Network.model_json_schema()


def test_the_examples_of_the_specification_are_networks() -> None:
    text = read_spec("network.md")
    files = re.findall(r"```(?:yaml|json)\n(.*?)```", text, re.DOTALL)
    assert len(files) == 4
    assert parse_network(files[0]) == parse_network(files[1])
    assert parse_network(print_network(parse_network(files[2]))) == parse_network(files[2])
    rows = re.findall(r"^\| `([^`]+)` \| (\d+) \| (\d+) \|", text, re.MULTILINE)
    assert len(rows) == 5
    for shorthand, nodes, links in rows:
        network = resolve_network(shorthand, wires=12)
        assert (network.size, len(network.links)) == (int(nodes), int(links))


def test_paths_and_distances_on_a_ring() -> None:
    network = resolve_network("ring:6:qubits=1")
    assert network.distance[0].tolist() == [0, 1, 2, 3, 2, 1]
    assert network.path(1, 4) == [1, 0, 5, 4]


def test_wires_are_counted_only_where_they_are_needed() -> None:
    asked: list[str] = []

    def count() -> int:
        asked.append("asked")
        return 10

    resolve_network("2:qubits=1", count)
    resolve_network("two-ions", count)
    assert not asked
    assert [node.data for node in resolve_network("4", count).nodes] == [4, 4, 4, 4]
    assert asked == ["asked"]
