"""The manifest: its schema, and what the files of the programs say of it: enough to write it anew (PR-18).

The per-node circuits are read by Qiskit and by the reference parser of OpenQASM 3 too; what the reference parser keeps of the
annotations is read here a second time, by other means.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gossamer
from gossamer.cli import call
from gossamer.conformance.strategies import circuits, programs
from gossamer.diagnostics import GossamerError, InputError
from gossamer.ir.excerpts import assemble, check_excerpts, with_excerpts
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Distribution, Manifest
from gossamer.ir.wires import WireBuilder
from gossamer.registry import registered
from gossamer.runtime.validate import check_programs
from gossamer.specification import read_spec
from tests.shared import corpus, needs_shared
from tests.test_histograms import dynamic_circuit
from tests.test_postselection import fused

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NETWORKS = ("2", "2mbqc", "1+1mbqc", "2mixed", "1+1mixed", "line:3:comm=2", "2+2mbqc")
SCHEMA = json.loads(read_spec("manifest.schema.json"))


def folder(program: gossamer.CompiledProgram, where: Path) -> list[Path]:
    """The program saved; the files of its nodes."""
    program.save(where, force=True)
    return [where / node.program for node in program.manifest.nodes]


def check_against_the_schema(manifest: Manifest) -> None:
    import jsonschema

    jsonschema.validate(manifest.model_dump(mode="json"), SCHEMA)


def test_the_published_schema_is_the_one_of_the_model() -> None:
    import jsonschema

    assert Manifest.model_json_schema() == SCHEMA
    jsonschema.validators.validator_for(SCHEMA).check_schema(SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "gossamer-manifest/2"},
        {"gates": []},
        {"links": [{"id": "l0", "nodes": ["a"]}]},
        {"nodes": [{"name": "a"}]},
        {"registers": [{"name": "c", "bits": [3]}]},
        {"outcomes": None},
        {"source_digest": None},
    ],
)
def test_the_schema_refuses_what_the_model_refuses(change: dict[str, Any]) -> None:
    import jsonschema

    good = gossamer.compile(EXAMPLES / "teleportation.qasm", "2").manifest.model_dump(mode="json")
    Manifest.model_validate_json(json.dumps(good))
    bad = {key: value for key, value in (good | change).items() if value is not None}
    with pytest.raises(ValueError, match="validation error"):
        Manifest.model_validate_json(json.dumps(bad))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, SCHEMA)


# ---- written anew from the files --------------------------------------------------------------------------------------


@given(programs(max_nodes=3, max_steps=10, models=("circuit", "mbqc", "mixed")), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_texts_of_any_programs_give_their_manifest(drawn: Distribution, rng: random.Random) -> None:
    endings = {name: r.suffix for name, r in registered("backends").items()}
    nodes = [n.model_copy(update={"program": n.name + endings[n.model]}) for n in drawn.manifest.nodes]
    bits = [b for r in drawn.manifest.registers for b in r.bits]
    more = {"outcomes": bits, "postselected": [b for b in bits if b is not None][:1], "source_digest": 'a "digest"'}
    manifest = drawn.manifest.model_copy(update={"nodes": nodes, **more})
    told = []
    for p in with_excerpts(drawn.programs, manifest):
        backend = registered("backends")[p.model]
        told.append((backend.load("reads")(backend.load("prints")(p)), p.node + backend.suffix))
    assert [p for p, _ in told] == list(with_excerpts(drawn.programs, manifest))
    rng.shuffle(told)
    assert assemble([p for p, _ in told], [file for _, file in told]) == manifest
    check_against_the_schema(manifest)


@given(circuits(max_wires=3, max_gates=8), st.sampled_from(NETWORKS), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_files_of_a_compile_give_its_manifest(circuit, network: str, seed: int) -> None:
    program = gossamer.compile(circuit.diagram, network, effort=0, seed=seed, check=False)
    check_programs(program.programs, program.manifest)
    texts = program.texts()
    readers = {n.program: registered("backends")[n.model].load("reads") for n in program.manifest.nodes}
    again = assemble([readers[file](text) for file, text in texts.items()], list(texts))
    assert again == program.manifest
    check_against_the_schema(again)


@pytest.mark.parametrize("network", NETWORKS)
def test_from_files_to_the_very_bytes(network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = folder(gossamer.compile(dynamic_circuit(3), network, effort=0), tmp_path / "out")
    wanted = (tmp_path / "out" / "manifest.json").read_text()
    assert call(["manifest", *map(str, reversed(files))]) == 0
    assert capsys.readouterr().out == wanted
    (tmp_path / "out" / "manifest.json").unlink()
    assert call(["manifest", *map(str, files), "-o", str(tmp_path / "out" / "manifest.json")]) == 0
    assert (tmp_path / "out" / "manifest.json").read_text() == wanted
    assert call(["verify", str(tmp_path / "out")]) == 0


def test_strange_names_empty_registers_and_zeros_come_back(tmp_path: Path) -> None:
    w = WireBuilder()
    a, b = w.add_input('a "quoted" é\\ name'), w.add_input("b  b")
    w.cz(a, b)
    w.output(a, "out]")
    w.register("c", [BitExpr.bit(w.measure(b)), BitExpr()])
    w.register("empty", [])
    program = gossamer.compile(w.build(), "1+1mbqc:qubits=2")
    assert gossamer.rebuild_manifest(folder(program, tmp_path / "out")) == program.manifest
    assert program.manifest.registers[0].bits[1] is None


@pytest.mark.parametrize("network", ["2:qubits=3", "2mbqc:qubits=3"])
def test_postselected_bits_come_back(network: str, tmp_path: Path) -> None:
    program = gossamer.compile(fused(), network, postselect=True)
    assert program.manifest.postselected
    assert gossamer.rebuild_manifest(folder(program, tmp_path / "out")) == program.manifest


@needs_shared
@pytest.mark.nightly
@pytest.mark.parametrize(
    ("i", "path"), list(enumerate(corpus("qasm2/QASMBench/", max_qubits=12, label="valid"))), ids=str
)
def test_files_of_published_circuits_give_their_manifest(i: int, path: Path, tmp_path: Path) -> None:
    program = gossamer.compile(path, NETWORKS[i % len(NETWORKS)], effort=0, check=False)
    assert gossamer.rebuild_manifest(folder(program, tmp_path / "out")) == program.manifest
    check_against_the_schema(program.manifest)


# ---- files that were changed -----------------------------------------------------------------------------------------


def told(files: list[Path]) -> Manifest | str:
    """The manifest that files give, or the code with which they are refused."""
    try:
        return gossamer.rebuild_manifest(files)
    except GossamerError as error:
        return error.code


def changed(text: str, rng: random.Random) -> str:
    """One small change: a character, a line, a number or a word."""
    lines = text.split("\n")
    i = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[i]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[i])
        case 2:
            j = rng.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
        case 3:
            at = rng.randrange(len(text))
            return text[:at] + rng.choice('0123456789"[]{}@.,= \né\x00') + text[at + rng.randrange(2) :]
        case 4:
            numbers = list(re.finditer(r"\d+", text))
            m = rng.choice(numbers)
            return text[: m.start()] + rng.choice(["0", "1", "2", "7", "-1", "99999999", "9" * 40]) + text[m.end() :]
        case 5:
            noted = [k for k, line in enumerate(lines) if "@gossamer" in line or '"manifest"' in line] or [i]
            del lines[rng.choice(noted)]
    return "\n".join(lines)


@pytest.mark.parametrize("network", ["2", "1+1mbqc", "2mixed"])
def test_changed_files_are_refused_or_give_another_manifest(network: str, tmp_path: Path) -> None:
    """Never anything but a diagnostic or a manifest that its programs keep to; what changes the manifest is not passed over."""
    program = gossamer.compile(dynamic_circuit(3), network, effort=0, check=False)
    files = folder(program, tmp_path / "out")
    rng, seen = random.Random(network), set()
    for _ in range(60):
        file = rng.choice(files)
        before = file.read_text()
        after = changed(before, rng)
        file.write_text(after)
        found = told(files)
        if isinstance(found, Manifest):
            (tmp_path / "out" / "manifest.json").write_text(found.model_dump_json())
            check_programs(*gossamer.load(tmp_path / "out"))
            noted = [
                [line for line in t.split("\n") if "@gossamer" in line or '"manifest"' in line] for t in (before, after)
            ]
            if noted[0] == noted[1]:
                assert found.registers == program.manifest.registers
        seen.add(found if isinstance(found, str) else "changed" if found != program.manifest else "same")
        file.write_text(before)
    assert len(seen) >= 3, seen
    assert told(files) == program.manifest


SENTENCES: list[tuple[str, Callable[[str], str]]] = [
    ("no part", lambda t: re.sub(r"@gossamer\.(part|register|input|output|outcome).*\n| end=\w+", "", t)),
    ("another source", lambda t: t.replace('source="', 'source="0')),
    ("another order of nodes", lambda t: t.replace("part 0/2", "part 1/2")),
    ("more nodes", lambda t: t.replace("part 0/2", "part 0/3")),
    ("more outcomes", lambda t: re.sub(r"outcomes=(\d+)", r"outcomes=1\1", t)),
    ("another register", lambda t: t.replace('name="c"', 'name="d"')),
    ("a longer register", lambda t: t.replace('size=2 name="c"', 'size=3 name="c"')),
    ("another input", lambda t: re.sub(r"input (\d+)", r"input 1\1", t)),
    ("an output twice", lambda t: re.sub(r"(@gossamer\.output .*\n)", r"\1\1", t)),
    ("both ends first", lambda t: t.replace("end=second", "end=first")),
    ("no end first", lambda t: t.replace("end=first", "end=second")),
    ("another link", lambda t: t.replace("id=l0", "id=l7")),
    ("a link to itself", lambda t: t.replace("peer=n1", "peer=n0")),
    ("another message", lambda t: t.replace("id=m0 ", "id=m9 ")),
    ("an outcome that is not there", lambda t: re.sub(r"outcome \d+", "outcome 999", t)),
    ("an outcome twice", lambda t: re.sub(r"outcome \d+", "outcome 0", t)),
    ("a result that is not there", lambda t: re.sub(r"result c\[\d\]", "result c[77]", t)),
    ("a postselected bit without the first", lambda t: t.replace("@gossamer.outcome", "@gossamer.postselected 4\n@gossamer.outcome", 1)),
]  # fmt: skip

PAIRED = """OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[2]; h q[0]; cx q[0],q[1]; t q[1]; cx q[1],q[2]; h q[2];
measure q[0] -> c[0]; measure q[2] -> c[1];"""


@pytest.mark.clause("PR-18")
@pytest.mark.parametrize(("what", "change"), SENTENCES, ids=[what for what, _ in SENTENCES])
def test_contradictions_are_refused(what: str, change: Callable[[str], str], tmp_path: Path) -> None:
    program = gossamer.compile(PAIRED, "2:qubits=2", effort=0)
    files = folder(program, tmp_path / "out")
    texts = [(f, f.read_text()) for f in files]
    touched = [(f, t) for f, t in texts if change(t) != t]
    assert touched, f"{what}: nothing to change"
    for file, text in touched:
        file.write_text(change(text))
        with pytest.raises(InputError) as caught:
            gossamer.rebuild_manifest(files)
        assert caught.value.code in ("PR-18", "PR-11"), caught.value
        file.write_text(text)


@pytest.mark.clause("PR-18")
def test_the_files_of_all_programs_of_one_compile_are_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (
        folder(gossamer.compile(PAIRED + extra, "3:qubits=1", effort=0), tmp_path / name)
        for extra, name in (("", "one"), (" x q[0];", "two"))
    )
    for files, code, words in (
        (one[:2], 1, "2 programs of a distribution over 3 nodes: number 2 (from 0) is not there"),
        (one[1:], 1, "number 0 (from 0) is not there"),
        ([one[0], two[1], one[2]], 1, "disagree on the source digest"),
        ([*one, one[0]], 1, "error[PR-1]: two files are called 'n0.qasm'"),
        ([*one, tmp_path / "one" / "report.json"], 2, "error[TL-2]"),
        ([*one, tmp_path / "one" / "no.qasm"], 1, "error[TL-3]"),
        ([EXAMPLES / "grover.qasm"], 1, "error[PR-11]"),
        ([], 2, "Missing argument"),
    ):
        assert call(["manifest", *map(str, files)]) == code
        assert words in capsys.readouterr().err
    wrong = tmp_path / "n.mixed.json"
    wrong.write_text((folder(gossamer.compile(PAIRED, "1mbqc"), tmp_path / "p")[0]).read_text())
    assert told([wrong]) == "PR-1"


@pytest.mark.clause("PR-18")
def test_a_short_text_asks_for_no_long_list(tmp_path: Path) -> None:
    program = gossamer.compile(PAIRED, "1", effort=0)
    (file,) = folder(program, tmp_path / "out")
    text = file.read_text()
    file.write_text(
        text.replace(
            '@gossamer.register size=2 name="c"',
            "\n".join(f'@gossamer.register size=9999999 name="c{i}"' for i in range(50)),
        )
    )
    assert told([file]) == "PR-18"


@pytest.mark.clause("PR-18")
@pytest.mark.parametrize("network", ["2:qubits=2", "1+1mbqc:qubits=2"])
@pytest.mark.parametrize("field", ["links", "inputs", "outputs", "outcomes", "source_digest"])
def test_a_manifest_that_contradicts_its_programs_is_refused(field: str, network: str, tmp_path: Path) -> None:
    program = gossamer.compile(PAIRED, network, effort=0)
    folder(program, tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    m = json.loads(path.read_text())
    if field == "links":
        m[field][0]["nodes"].reverse()
    elif field == "source_digest":
        m[field] = "0" * 64
    elif field == "outcomes":
        m[field].reverse()
    else:
        m[field][0]["name"] = "other"
    path.write_text(json.dumps(m))
    programs, manifest = gossamer.load(tmp_path / "out")
    with pytest.raises(InputError) as caught:
        gossamer.run(tmp_path / "out", 10)
    assert caught.value.code == "PR-18"
    stripped = tuple(replace(p, excerpt=None) for p in programs)
    check_excerpts(stripped, manifest)  # without excerpts it stands alone
    with pytest.raises(InputError, match="says nothing of the manifest"):
        assemble(stripped, ["a", "b"])


# ---- readers from outside --------------------------------------------------------------------------------------------


def annotations(text: str) -> list[tuple[str, str]]:
    """Every annotation that the reference parser keeps, in order: keyword and text."""
    import openqasm3

    return [(n.keyword, (n.command or "").strip()) for s in openqasm3.parse(text).statements for n in s.annotations]


def check_outside(program: gossamer.CompiledProgram) -> int:
    """Qiskit loads each circuit node's program; the reference parser keeps the annotations, and these name the manifest's entries."""
    from qiskit import qasm3

    count = 0
    links: dict[str, dict[str, str]] = {}
    sent: dict[str, list[str]] = {}
    results: list[str] = []
    inputs: dict[int, tuple[str, str]] = {}
    for p, text in zip(program.programs, program.texts().values(), strict=True):
        if p.model != "circuit":
            continue
        count += 1
        circuit = qasm3.loads(text)
        assert circuit.num_qubits == p.data + p.comm
        assert circuit.num_clbits == p.bits
        notes = annotations(text)
        assert len(notes) == text.count("@gossamer")
        for keyword, rest in notes:
            fields = dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', rest))
            match keyword.removeprefix("gossamer."):
                case "node":
                    assert rest == p.node
                case "link":
                    links.setdefault(fields["id"], {})[fields["end"]] = p.node
                case "send":
                    sent[fields["id"]] = [p.node, fields["to"]]
                case "result":
                    results.append(rest)
                case "input":
                    inputs[int(rest.split()[0])] = (p.node, json.loads(fields["name"]))
    m = program.manifest
    if count == len(m.nodes):
        assert {k: (v["first"], v["second"]) for k, v in links.items()} == {x.id: x.nodes for x in m.links}
        assert sent == {x.id: [x.sender, x.receiver] for x in m.messages}
        assert sorted(results) == sorted(f"{r.name}[{i}]" for r in m.registers for i, b in enumerate(r.bits) if b)
        assert [inputs[i] for i in range(len(inputs))] == [(x.node, x.name) for x in m.inputs]
    return count


@pytest.mark.parametrize("seed", range(6))
def test_outside_readers_load_each_nodes_circuit(seed: int) -> None:
    network = ("2", "3", "1+1mbqc", "4", "line:3:comm=2", "1+1mixed")[seed]
    assert check_outside(gossamer.compile(dynamic_circuit(seed), network, seed=seed, effort=0, check=False))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(40, 70))
def test_outside_readers_load_each_nodes_circuit_nightly(seed: int) -> None:
    network = ("2", "3", "1+1mbqc", "4", "line:3:comm=2", "1+1mixed")[seed % 6]
    assert check_outside(gossamer.compile(dynamic_circuit(seed), network, seed=seed, effort=0, check=False))


@pytest.mark.nightly
@needs_shared
@pytest.mark.parametrize(
    ("i", "path"), list(enumerate(corpus("qasm2/QASMBench/", max_qubits=12, label="valid"))), ids=str
)
def test_outside_readers_load_published_circuits(i: int, path: Path) -> None:
    assert check_outside(gossamer.compile(path, ("2", "3", "4")[i % 3], effort=0, check=False))
