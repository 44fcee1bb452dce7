"""Pattern files: real ones compile and verify, what has another form is refused where it stands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.conformance.oracle import assignments, complete_bits, diagram_map, pattern_map
from gossamer.conformance.strategies import patterns
from gossamer.diagnostics import InputError, UsageError
from gossamer.formats.graphix_json import graphix_open_graph, graphix_pattern
from gossamer.formats.json_places import JsonText
from gossamer.formats.pattern_json import read_pattern
from gossamer.frontends.pattern import measured_reports, read
from gossamer.ir.diagram import BitKind
from gossamer.ir.flow import find_flow
from gossamer.ir.open_graph import Label
from gossamer.ir.pattern import to_diagram
from gossamer.ir.simple import resolve_edges
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.steps import count_live
from tests.profiles import NIGHTLY, QUICK
from tests.shared import SHARED, needs_shared

HERE = Path(__file__).parent / "patterns"
ROOT = Path(__file__).parents[2]
PATTERNS = sorted(HERE.glob("*.pattern.json"))
GRAPHS = sorted(HERE.glob("*.opengraph.json"))
#: No Pauli flow, as the test suite of graphix has it too, and the axiom that fails.
NO_FLOW = {"og_flow_08": "PF-9", "og_flow_15": "PF-4", "og_flow_16": "PF-4", "og_flow_17": "PF-4"}
CORPUS = SHARED / "corpus" / "mbqc" / "graphix-generated"


def top(text: str):
    return JsonText(text, "x.json", "PT-12", "PT-13").parse()


def compile_and_verify(path: Path, network: str = "2", *, method: str | None = None, **options: object) -> None:
    program = gossamer.compile(path, network, check=False, **options)
    assert program.verify(gossamer.read(path, bind=options.get("bind")), method=method).holds is True


# --- files that compile ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATTERNS, ids=lambda p: p.stem)
def test_patterns_compile_and_verify(path):
    compile_and_verify(path)


@pytest.mark.parametrize("path", [p for p in GRAPHS if p.name.partition(".")[0] not in NO_FLOW], ids=lambda p: p.stem)
def test_open_graphs_with_a_flow_compile_and_verify(path):
    check_open_graph(path, "2")


def check_open_graph(path: Path, network: str) -> None:
    measured = json.loads(path.read_text())["measurements"]
    values = {f"angle_{v}": f"{k + 1}*pi/7" for k, v in enumerate(measured) if measured[v]["type"] == "plane"}
    compile_and_verify(path, network, bind=values)


@pytest.mark.clause("OG-3")
@pytest.mark.parametrize("path", [p for p in GRAPHS if p.name.partition(".")[0] in NO_FLOW], ids=lambda p: p.stem)
def test_open_graphs_without_a_flow_are_refused_with_the_axiom(path):
    check_refused(path)


def check_refused(path):
    with pytest.raises(InputError) as caught:
        gossamer.compile(path, "2")
    d = caught.value.diagnostic
    assert d.code == "OG-3"
    assert f"obeys {NO_FLOW[path.name.partition('.')[0]]} " in d.help
    program = gossamer.compile(path, "2", postselect=True)
    assert program.verdict.holds is True
    assert 0 < program.report["success_probability"] < 1


@pytest.mark.parametrize("name", ["lit_dkp_cnot4", "lit_tame_deutsch4", "pat_og_14"])
@pytest.mark.parametrize("network", ["2mbqc", "1+1mbqc"])
def test_patterns_compile_for_nodes_of_other_models(name, network):
    compile_and_verify(HERE / f"{name}.pattern.json", network)


@needs_shared
@pytest.mark.nightly
@pytest.mark.parametrize("network", ["2", "2mbqc", "1+1mbqc"])
@pytest.mark.parametrize("name", sorted(p.name for p in CORPUS.glob("*.pattern.json")))
def test_every_pattern_of_the_corpus_compiles_and_verifies(name, network):
    diagram = gossamer.read(CORPUS / name)
    assert count_live(to_open_graph(diagram)) <= 14
    # the programs of other models have an outcome for each vertex: a proof by rewriting can take minutes
    compile_and_verify(CORPUS / name, network, method=None if network == "2" or len(diagram.bits) < 12 else "sampled")


@needs_shared
@pytest.mark.nightly
@pytest.mark.parametrize("network", ["2", "2mbqc", "1+1mbqc"])
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.opengraph.json")), ids=lambda p: p.stem)
def test_every_open_graph_of_the_corpus(path, network):
    data = json.loads(path.read_text())
    if path.name.partition(".")[0] in NO_FLOW:
        assert data["has_pflow"] is False
        check_refused(path)
    else:
        assert data.get("has_pflow", True)
        check_open_graph(path, network)


@needs_shared
def test_the_whole_corpus_is_read():
    assert len(list(CORPUS.glob("*.pattern.json"))) == 81
    for path in CORPUS.glob("*.json"):
        gossamer.read(path).verify()


def check_any_pattern(pattern, network: str) -> None:
    """Whatever can be run compiles: outcomes reported, used or forgotten, with a flow or without."""
    diagram = resolve_edges(to_diagram(measured_reports(pattern)))
    program = gossamer.compile(diagram, network, check=False, effort=0)
    verdict = program.verify(diagram)
    assert verdict.holds is True, verdict


NETWORKS = st.sampled_from(["1:qubits=8", "2", "3", "line:3", "2:qubits=7,comm=1"])


@settings(QUICK, max_examples=12)
@given(patterns(max_nodes=5), NETWORKS)
def test_any_pattern_on_any_network(pattern, network):
    check_any_pattern(pattern, network)


@pytest.mark.nightly
@settings(NIGHTLY, max_examples=2000)
@given(patterns(max_nodes=7, max_steps=18), NETWORKS)
def test_any_pattern_on_any_network_nightly(pattern, network):
    check_any_pattern(pattern, network)


# --- the CNOT of Raussendorf and Briegel -------------------------------------------------------------------------------

CNOT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])


def test_the_cnot_on_fifteen_qubits():
    """Raussendorf, Browne, Briegel, PRA 68, 022312 (2003), section IV.B: a Pauli flow, and no gflow."""
    path = ROOT / "examples" / "cnot.pattern.json"
    pattern = read_pattern(path.read_text())
    rng = np.random.default_rng(5)
    for _ in range(8):
        k = pattern_map(pattern, {i: bool(rng.integers(2)) for i in range(13)}).reshape(4, 4)
        overlap = max(abs(np.vdot(k, c)) for c in (CNOT, CNOT.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)))
        assert overlap == pytest.approx(2 * np.linalg.norm(k))
    program = gossamer.compile(path, "2")
    assert program.verdict.holds is True
    labels = [Label.X if v in (1, 9, 10, 11, 13, 14) else Label.Y for v in range(16)]
    labels[7] = labels[15] = Label.OUTPUT
    edges = [(v, v + 1) for v in (*range(1, 7), *range(9, 15))] + [(4, 8), (8, 12)]
    columns = ([labels[v] for v in range(1, 16)], np.array([(a - 1, b - 1) for a, b in edges]), [0, 8], [6, 14])
    assert find_flow("gflow", *columns) is None
    assert find_flow("pauli", *columns) is not None


# --- the meaning of single commands ------------------------------------------------------------------------------------


def maps(*commands: dict, inputs=(), outputs=()) -> list[np.ndarray]:
    text = {"format": "graphix-pattern-json/1", "input_nodes": list(inputs), "output_nodes": list(outputs)}
    d = read(json.dumps(text | {"commands": list(commands)}))
    return [diagram_map(d, complete_bits(d.bits, m)) for m in assignments(d.bits, BitKind.OUTCOME)]


def close(found: np.ndarray, wanted: list) -> bool:
    found, wanted = found.ravel(), np.array(wanted, complex).ravel()
    return abs(np.vdot(found, wanted)) == pytest.approx(np.linalg.norm(found) * np.linalg.norm(wanted))


@pytest.mark.parametrize("plane", ["XY", "YZ", "XZ"])
@pytest.mark.parametrize("angle", [0, 0.5, 1, 1.5, -0.5, 0.3, -1.7])
def test_states_of_the_planes(plane, angle):
    a = np.pi * angle
    wanted = {
        "XY": [1, np.exp(1j * a)],
        "YZ": [np.cos(a / 2), 1j * np.sin(a / 2)],
        "XZ": [np.cos(a / 2), np.sin(a / 2)],
    }[plane]
    state = f"graphix.states.PlanarState(Plane.{plane}, {angle})"
    found = maps({"kind": "N", "node": 4, "state": state}, outputs=[4])
    assert len(found) == (1 if 2 * angle % 1 == 0 else 2)
    assert all(close(k, wanted) for k in found)


def test_a_clifford_is_a_word_whose_first_letter_acts_first():
    h, s = np.array([[1, 1], [1, -1]]), np.diag([1, 1j])
    (found,) = maps({"kind": "C", "node": 0, "clifford": ["H", "S"]}, inputs=[0], outputs=[0])
    assert close(found, s @ h)
    (found,) = maps({"kind": "C", "node": 0, "clifford": "SDG"}, {"kind": "T"}, inputs=[0], outputs=[0])
    assert close(found, s.conj())


def test_a_shifted_signal_is_an_xor():
    line = [
        {"kind": "N", "node": 1},
        {"kind": "N", "node": 2},
        {"kind": "E", "nodes": [0, 1]},
        {"kind": "E", "nodes": [1, 2]},
    ]
    x = {"type": "pauli", "axis": "X", "sign": 1}
    measured = [{"kind": "M", "node": v, "measurement": x} for v in (0, 1)]
    shifted = maps(
        *line,
        *measured,
        {"kind": "S", "node": 1, "domain": [0]},
        {"kind": "X", "node": 2, "domain": [1]},
        inputs=[0],
        outputs=[2],
    )
    plain = maps(*line, *measured, {"kind": "X", "node": 2, "domain": [0, 1]}, inputs=[0], outputs=[2])
    assert all(np.allclose(a, b) for a, b in zip(shifted, plain, strict=True))


def test_a_condition_on_a_wide_parity():
    """Five outcomes turn the angle of a sixth measurement around: 2^4 branches if they were opened."""
    commands = [{"kind": "N", "node": v} for v in range(1, 8)] + [{"kind": "E", "nodes": [v, v + 1]} for v in range(7)]
    plane = {"type": "bloch", "plane": "XY", "angle_over_pi": 0.3}
    commands += [{"kind": "M", "node": v, "measurement": plane} for v in range(5)]
    commands += [{"kind": "M", "node": 5, "measurement": plane, "s_domain": list(range(5)), "t_domain": [0, 2, 4]}]
    commands += [{"kind": "M", "node": 6, "measurement": plane | {"plane": "YZ"}, "t_domain": list(range(5))}]
    commands += [{"kind": "Z", "node": 7, "domain": [0, 1, 2, 3, 5]}]
    text = {"format": "graphix-pattern-json/1", "input_nodes": [0], "output_nodes": [7], "commands": commands}
    program = gossamer.compile(json.dumps(text) + "\n", "2:qubits=4", check=False)
    assert program.verify(method="exact").holds is True


def own(commands: list[str], bits: list[str], registers: str = "", inputs: str = "", outputs: str = "") -> str:
    head = f'{{"gossamer": "pattern", "version": 1, "inputs": [{inputs}], "outputs": [{outputs}], "bits": [{", ".join(bits)}], '
    return head + f'{registers}"commands": [\n{",".join(commands)}]}}\n'


def test_products_of_wide_parities():
    """An angle times a parity of five bits, turned around by the negation of another."""
    bits = [f'{{"kind": "outcome", "node": {v}}}' for v in range(7)]
    wide = [" ^ ".join(f"b{i}" for i in range(k, k + 5)) for k in (0, 1)]
    bits += [f'{{"kind": "derived", "expr": "{wide[0]}"}}', f'{{"kind": "derived", "expr": "1 ^ {wide[1]}"}}']
    commands = [f'{{"kind": "N", "node": {v}}}' for v in range(8)] + [
        f'{{"kind": "E", "nodes": [{v}, {v + 1}]}}' for v in range(7)
    ]
    commands += [f'{{"kind": "M", "node": {v}, "basis": "YZ", "angle": "1/3"}}' for v in range(6)]
    commands += ['{"kind": "M", "node": 6, "basis": "XY", "angle": "1/8 + 1/3*b7", "s": "b8", "t": "b7&b8 ^ b0"}']
    commands += ['{"kind": "X", "node": 7, "domain": "b6&b8"}']
    program = gossamer.compile(own(commands, bits, outputs='[7, "q"]'), "2:qubits=4", check=False)
    assert program.verify(method="exact").holds is True


def test_reported_expressions_and_classical_inputs():
    """Two halves of a pair measured in Z: their parity is the input bit."""
    bits = ['{"kind": "outcome", "node": 0}', '{"kind": "outcome", "node": 1}', '{"kind": "input", "name": "flip"}']
    commands = [
        '{"kind": "N", "node": 0}',
        '{"kind": "N", "node": 1}',
        '{"kind": "E", "nodes": [0, 1]}',
        '{"kind": "C", "node": 1, "gates": ["h"]}',
    ]
    commands += [
        '{"kind": "X", "node": 1, "domain": "b2"}',
        '{"kind": "M", "node": 0, "basis": "Z"}',
        '{"kind": "M", "node": 1, "basis": "Z"}',
    ]
    text = own(commands, bits, '"registers": [{"name": "c", "bits": ["b0 ^ b1", "b2 ^ 1", "b1"]}], ')
    for value in (0, 1):
        program = gossamer.compile(text, "2:qubits=2", bind={"flip": value})
        assert program.verdict.holds is True
        assert set(program.run(shots=60, seed=1).counts) == {f"{b}{1 - value}{value}" for b in "01"}
    with pytest.raises(InputError, match="--bind flip="):
        gossamer.compile(text, "2")
    with pytest.raises(UsageError) as caught:
        gossamer.compile(text, "2", bind={"flip": 2})
    assert caught.value.code == "TL-7"


# --- refusals ----------------------------------------------------------------------------------------------------------

FORM = '{"format": "graphix-pattern-json/1", "input_nodes": [0], "output_nodes": [0], "commands": [\n%s]}'
GRAPH = '{"format": "opengraph-json/1", "nodes": [0, 1], "edges": %s, "input_nodes": [0], "output_nodes": [1], "measurements":\n%s}'
X = '{"0": {"type": "pauli", "axis": "X", "sign": 1}}'
BAD = [
    ("PT-12", "{,}", "no JSON"),
    ("PT-13", "{}", 'begins with "gossamer"'),
    ("PT-13", '{"format": "qasm"}', "'qasm'"),
    ("PT-13", FORM % '{"kind": "U", "node": 0}', "'U'"),
    ("PT-13", FORM % '{"kind": "C", "node": 0, "clifford": ["T"]}', "'T'"),
    ("PT-13", FORM % '{"kind": "N", "node": 1, "state": "__import__(1)"}', "__import__"),
    ("PT-13", FORM % '{"kind": "N", "node": 1, "state": "PlanarState(Plane.XY, 1.2.3)"}', "1.2.3"),
    ("PT-9", FORM % '{"kind": "N", "node": 1, "state": "PlanarState(Plane.XY, 1e999)"}', "inf"),
    ("PT-13", FORM % '{"kind": "M", "node": 0, "plane": "AB", "angle": 0}', "'AB'"),
    ("PT-13", FORM % '{"kind": "M", "node": 0, "measurement": {"type": "plane", "plane": "XY"}}', "without an angle"),
    ("PT-13", FORM % '{"kind": "M", "node": 0, "angle": 0, "measurement": {"type": "plane", "plane": "XY"}}', "of its own"),
    ("PT-13", FORM % '{"kind": "M", "node": 0, "measurement": {"type": "pauli", "axis": "X", "sign": 0}}', "sign"),
    ("PT-13", FORM % '{"kind": "X", "node": 0, "domain": 1}', "no list"),
    ("PT-8", FORM % '{"kind": "X", "node": 0, "domain": [5]}', "never measured"),
    ("PT-8", FORM % '{"kind": "S", "node": 0, "domain": []}', "never measured"),
    ("PT-9", FORM % '{"kind": "M", "node": 0, "plane": "XY", "angle": NaN}', "nan"),
    ("PT-6", FORM % '{"kind": "M", "node": 0, "plane": "XY", "angle": 0}', "is measured"),
    ("IR-9", FORM % '{"kind": "M", "node": 0, "plane": "XY", "angle": "1/4*b77777777777"}', "b77777777777"),
    ("PT-14", GRAPH.replace("[0, 1]", "[0, 1, 1]", 1) % ("[]", X), "twice"),
    ("PT-14", GRAPH % ("[[0, 2]]", X), "no node"),
    ("PT-14", GRAPH % ("[[0, 0]]", X), "two different"),
    ("PT-14", GRAPH % ("[[0, 1], [1, 0]]", X), "two different"),
    ("PT-14", GRAPH % ("[[0, 1]]", "{}"), "node 0 is neither"),
    ("PT-14", GRAPH % ("[[0, 1]]", X.replace('"0"', '"00"')), "'00'"),
    ("PT-14", GRAPH % ("[[0, 1]]", X[:-1] + ', "1": {"type": "plane", "plane": "XY"}}'), "and an output"),
    ("PT-14", GRAPH.replace("[0], ", "[0, 0], ") % ("[[0, 1]]", X), "twice among the inputs"),
    ("PT-14", GRAPH.replace('"nodes"', '"output_cliffords": {"0": "H"}, "nodes"') % ("[[0, 1]]", X), "no output"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "words"), BAD, ids=range(len(BAD)))
def test_refusals(code, text, words):
    with pytest.raises(InputError) as caught:
        read(text, "x.pattern.json")
    d = caught.value.diagnostic
    assert (d.code, d.span is None or d.span.file) in ((code, "x.pattern.json"), (code, True)), str(caught.value)
    assert words in d.message, str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_refusal_shows_the_place():
    with pytest.raises(InputError) as caught:
        read(FORM % '{"kind": "E", "nodes": [0, 7]}', "x.pattern.json")
    assert str(caught.value).split("\n")[1:5] == [
        "  --> x.pattern.json:2:1",
        "  |",
        '2 | {"kind": "E", "nodes": [0, 7]}]}',
        "  | " + "^" * 30,
    ]


@needs_shared
def test_hostile_patterns_are_refused():
    wanted = {
        "cyclic_dependency": "PT-8",
        "domain_future_node": "PT-8",
        "domain_self": "PT-8",
        "domain_unknown_node": "PT-8",
        "entangle_after_measure": "PT-4",
        "entangle_self": "PT-5",
        "measure_before_prepare": "PT-4",
        "measure_twice": "PT-4",
        "nan_angle": "PT-9",
        "not_measured_not_output": "PT-6",
        "output_measured": "PT-6",
        "prepare_input": "PT-3",
        "prepare_twice": "PT-2",
        "unknown_command": "PT-13",
        "unknown_plane": "PT-13",
        # Not wrong: one can be run without a flow.
        "missing_correction": None,
        "ok_control": None,
    }
    found = {}
    for path in (SHARED / "corpus" / "invalid" / "mbqc").glob("*.json"):
        try:
            read(path.read_text(), path.name)
            found[path.stem] = None
        except InputError as error:
            found[path.stem] = error.code
    assert found == wanted


# --- values of symbols, and how files are found --------------------------------------------------------------------------


def test_values_of_symbols():
    text = '{"gossamer": "pattern", "version": 1, "inputs": [[0, "q"]], "outputs": [], "bits": [{"kind": "outcome", "node": 0}],\n'
    text += '"commands": [{"kind": "M", "node": 0, "basis": "XY", "angle": "1/4 + 2*t"}]}'
    for value in ("pi/8", np.pi / 8, str(np.pi / 8)):
        d = gossamer.read(text, bind={"t": value})
        assert "3/2 + 1*b0" in map(str, d.phases)
    with pytest.raises(InputError, match="no symbol 'u'"):
        gossamer.read(text, bind={"u": 1})
    for value in ("soon", "pi/0", float("nan")):
        with pytest.raises(UsageError) as caught:
            gossamer.read(text, bind={"t": value})
        assert caught.value.code == "TL-7"


def test_text_without_a_name_is_known_by_its_first_key():
    for path in (PATTERNS[0], GRAPHS[0], ROOT / "examples" / "cnot.pattern.json"):
        assert gossamer.read(path.read_text() + "\n") == gossamer.read(path)
    assert gossamer.read((HERE / "jcz_s0.ptn").read_text()) == gossamer.read(HERE / "jcz_s0.ptn")
    for name in ("search.walk.yaml", "brickwork.qca.yaml"):
        lines = [x for x in (ROOT / "examples" / name).read_text().split("\n") if x[:1] != "#"]
        assert gossamer.read("\n".join(lines)) == gossamer.read(ROOT / "examples" / name)
    assert graphix_pattern(top(PATTERNS[0].read_text())).commands
    assert graphix_open_graph(top(GRAPHS[0].read_text())).nodes
