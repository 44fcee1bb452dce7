"""The examples of the specification run: they parse, print back as they stand, and mean what the text says."""

from __future__ import annotations

import doctest
import json
import re
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from gossamer.conformance.circuits import CircuitBuilder, GateList
from gossamer.formats.circuit_program import read_program
from gossamer.ir.diagram import BitKind, Diagram, DiagramBuilder, VertexKind
from gossamer.ir.network import Network, NetworkLink, Node
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.program import Distribution, Manifest, ManifestLink, ManifestMessage, ManifestNode, ManifestPlace
from gossamer.ir.text import parse_text, print_text
from gossamer.specification import read_spec, spec_folder

GSM = re.findall(r"```gsm\n(.*?)```", read_spec("ir.md"), re.DOTALL)
QASM = re.findall(r"```qasm\n(.*?)```", read_spec("program.md"), re.DOTALL)


def kraus(d: Diagram, bits: dict[int, int]) -> np.ndarray:
    """K_m as [SEM-1] defines it, one tensor for each vertex, contracted vertex by vertex; columns are inputs."""
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    wires: dict[int, list[int]] = {v: [] for v in range(d.num_vertices)}
    for e, (a, b) in enumerate(d.edges.tolist()):
        wires[a].append(2 * e)
        wires[b].append(2 * e + 1)
    args: list = []
    for e in range(d.num_edges):
        args += [hadamard if d.hadamard[e] else np.eye(2), [2 * e, 2 * e + 1]]
    ends = {}
    for v in range(d.num_vertices):
        kind, legs = VertexKind(int(d.kind[v])), wires[v]
        if kind in (VertexKind.INPUT, VertexKind.OUTPUT):
            ends[v] = legs[0]
            continue
        factor = np.exp(1j * np.pi * float(d.phase_of(v).evaluate(bits)))
        if kind == VertexKind.H:
            tensor = np.ones([2] * len(legs), complex)
            tensor[(1,) * len(legs)] = factor
        else:
            tensor = np.zeros([2] * len(legs), complex)
            tensor[(0,) * len(legs)] = 1
            tensor[(1,) * len(legs)] += factor
            for axis in range(len(legs) if kind == VertexKind.X else 0):
                tensor = np.moveaxis(np.tensordot(hadamard, tensor, ([1], [axis])), 0, axis)
        args += [tensor, legs]
    outside = [ends[int(v)] for v in (*d.outputs, *d.inputs)]
    return np.einsum(*args, outside, optimize="greedy").reshape(2 ** len(d.outputs), 2 ** len(d.inputs))


@pytest.mark.parametrize(
    "path", [*sorted(spec_folder().glob("*.md")), Path(__file__).parents[2] / "CONTRIBUTING.md"], ids=lambda p: p.name
)
def test_sessions_in_the_text_run(path):
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(path.read_text(), {}, path.name, str(path), 0)
    assert doctest.DocTestRunner(optionflags=options).run(test).failed == 0


ORDER = ["Encoding", "Grammar", "Semantics", "Invariants", "Examples"]


@pytest.mark.parametrize("name", ["ir.md", "network.md", "program.md", "diagnostics.md", "pattern.md"])
def test_a_text_goes_from_encoding_to_examples(name):
    parts = re.findall(r"^## (.*)$", read_spec(name), re.MULTILINE)
    assert parts[-5:] == ORDER
    assert parts[:-5] in ([], ["Conventions"])


def test_links_between_the_texts_lead_somewhere():
    for path in spec_folder().glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (spec_folder() / target).exists(), (path.name, target)


def test_commands_in_the_text_say_what_it_says(tmp_path, monkeypatch, capsys):
    from gossamer.cli import call

    text = read_spec("diagnostics.md")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "typo.qasm").write_text(re.search(r"```openqasm\n(.*?)```", text, re.DOTALL)[1])
    sessions = re.findall(r"```console\n\$ gossamer (.*?)\n(.*?)```", text, re.DOTALL)
    assert len(sessions) == 1
    for command, shown in sessions:
        call(command.split())
        out = capsys.readouterr()
        assert (out.out + out.err).strip() == shown.strip()
    assert not (tmp_path / "out").exists()


def test_examples_print_back_as_they_stand():
    assert len(GSM) == 3
    for text in GSM:
        value = parse_text(text)
        value.verify()
        assert print_text(value) == text


def test_teleportation_is_the_identity_for_every_outcome():
    d = parse_text(GSM[0])
    maps = [kraus(d, {0: a, 1: b}) for a, b in product((0, 1), repeat=2)]
    assert abs(maps[0][0, 0]) > 1e-6
    for m in maps:
        assert np.allclose(m * np.exp(-1j * np.angle(m[0, 0])), abs(maps[0][0, 0]) * np.eye(2))


def test_a_reset_and_a_conditional_t():
    """Against the plain account of the same program."""
    d = parse_text(GSM[1])
    b = CircuitBuilder(2)
    b.operations += [("reset", 0, 0), ("rz", 1, Fraction(1, 4), BitExpr.bit(0)), ("h", 1), ("measure", 1, 1)]
    told = GateList(d, b.operations, 2)
    for m in product((0, 1), repeat=2):
        maps = kraus(d, dict(enumerate(m)))
        for column in range(4):
            psi, weight = told.run(np.eye(4)[column], list(m))
            assert np.isclose(np.linalg.norm(maps[:, column]) ** 2, 16 * weight)  # four spiders with one edge
            if weight > 1e-9:
                assert np.isclose(abs(np.vdot(psi, maps[:, column])), np.linalg.norm(maps[:, column]))


def test_the_links_of_the_remote_cz_make_a_cz():
    """The placed graph as a diagram, halves included; byproducts as the text states them."""
    p = parse_text(GSM[2])
    b = DiagramBuilder()
    names = ("a", "b")
    spiders = [b.vertex(VertexKind.Z) for _ in names]
    for name, v in zip(names, spiders, strict=True):
        b.edge(b.input(name), v)
    halves = []
    for _ in range(2):  # measured in X: a Z-spider of phase pi * outcome
        bit = b.outcome()
        v = b.vertex(VertexKind.Z, Phase.of_bit(bit))
        b.bind_outcome(bit, v)
        halves.append(v)
    b.edge(*halves, hadamard=True)
    terminals = [*spiders, *halves]
    for s, t in p.joins.tolist():
        b.edge(terminals[s], terminals[t], hadamard=True)
    for v, bit, name in ((spiders[0], 1, "a"), (spiders[1], 0, "b")):  # Z on v0 by l0.b, on v1 by l0.a
        fix = b.vertex(VertexKind.Z, Phase.of_bit(bit))
        b.edge(v, fix)
        b.edge(fix, b.output(name))
    d = b.build()
    assert all(x.kind == BitKind.OUTCOME for x in d.bits)
    cz = np.diag([1, 1, 1, -1])
    scale = abs(kraus(d, {0: 0, 1: 0})[0, 0])
    for m in product((0, 1), repeat=2):
        k = kraus(d, dict(enumerate(m)))
        assert np.allclose(k * np.exp(-1j * np.angle(k[0, 0])), scale * cz)


def test_the_node_programs_of_the_specification_obey_its_rules():
    programs = tuple(read_program(text) for text in QASM)
    assert [p.node for p in programs] == ["n0", "n1"]
    manifest = Manifest(
        nodes=[ManifestNode(name=p.node, model=p.model, program=f"{p.node}.qasm", data=1, comm=1) for p in programs],
        links=[ManifestLink(id="l0", nodes=("n0", "n1"))],
        messages=[
            ManifestMessage(id="m0", sender="n1", receiver="n0"),
            ManifestMessage(id="m1", sender="n0", receiver="n1"),
        ],
        inputs=[ManifestPlace(name=x, node=n, qubit=0) for x, n in zip("ab", ("n0", "n1"), strict=True)],
        outputs=[ManifestPlace(name=x, node=n, qubit=0) for x, n in zip("ab", ("n0", "n1"), strict=True)],
        registers=[],
        outcomes=[],
        source_digest="",
    )
    assert Manifest.model_validate(json.loads(manifest.model_dump_json())) == manifest
    network = Network(
        nodes=tuple(Node(name=p.node, data=1, comm=1) for p in programs), links=(NetworkLink(nodes=("n0", "n1")),)
    )
    Distribution(programs, manifest, network).verify_structure()


def test_every_clause_is_one_paragraph_with_its_own_id():
    for name in ("ir.md", "program.md", "network.md"):
        text = read_spec(name)
        ids = re.findall(r"^\[([A-Z]+-[0-9]+)\] ", text, re.MULTILINE)
        assert ids
        assert len(ids) == len(set(ids))
        paragraphs = re.split(r"\n\s*\n", text)
        assert sum(p.startswith("[") for p in paragraphs) == len(ids)
        known = set(ids) | set(
            re.findall(
                r"^\[([A-Z]+-[0-9]+)\] ",
                "".join(
                    read_spec(n) + "\n" for n in ("ir.md", "program.md", "network.md", "pattern.md", "diagnostics.md")
                ),
                re.MULTILINE,
            )
        )
        assert set(re.findall(r"\[([A-Z]+-[0-9]+)\]", text)) <= known
