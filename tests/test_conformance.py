"""The conformance kit from outside: somebody else's package passes, and one that gets it wrong is told which law it breaks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from gossamer.conformance import LAWS, LawBroken, check_backend, check_frontend, check_pass
from gossamer.conformance.strategies import (
    any_diagrams,
    circuits,
    diagrams,
    flow_graphs,
    open_graphs,
    patterns,
    placements,
    programs,
)
from gossamer.diagnostics import InputError
from gossamer.ir import pattern as mbqc
from gossamer.ir.diagram import BitKind, Diagram
from gossamer.ir.flow import find_flow
from gossamer.ir.open_graph import OpenGraph

PLUGINS = Path(__file__).parent / "plugins"


def install(plugin: Path, site: Path) -> None:
    """What an installer does with a pure package, without a network: copy it, and write the entry points of its pyproject."""
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]
    package = project["name"].replace("-", "_")
    shutil.copytree(plugin / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    info = site / f"{package}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def conformance(plugin: str, tmp_path: Path, chosen: str) -> subprocess.CompletedProcess[str]:
    install(PLUGINS / plugin, tmp_path / "site")
    paths = [str(tmp_path / "site"), str(Path(__file__).parents[1])]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--pyargs",
            "gossamer.conformance",
            "-q",
            "-k",
            chosen,
            "--tb=short",
            "-p",
            "no:xdist",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_package_from_outside_passes(tmp_path):
    done = conformance("toy", tmp_path, "toy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout, done.stdout  # frontend, pass, backend, node model, and no other


WRONG = {
    "wrong-language": "frontend/meaning",
    "wrong-order": "pass/meaning",
    "wrong-sign": "backend/meaning",
    "wrong-correction": "backend/meaning",
    "wrong-message": "backend/valid",
}


def test_a_wrong_package_is_told_which_law_it_breaks(tmp_path):
    done = conformance("wrong", tmp_path, "(test_frontend or test_pass or test_backend) and wrong")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{len(WRONG)} failed" in done.stdout
    for name, law in WRONG.items():
        found = re.search(rf"'{name}' breaks the law (\S+) \(", done.stdout)
        assert found, f"{name} was not caught:\n{done.stdout}"
        assert found[1] == law
    assert "in the result c = " in done.stdout  # where the instruments differ
    assert "array(" not in done.stdout  # examples are shown in the text forms
    assert "[PR-4]" in done.stdout  # the message that went to the wrong node
    example = done.stdout.split("'wrong-sign' breaks the law")[1].split("example:")[1]
    assert "gossamer placed 1" in example
    vertices = set(re.findall(r"^E? *v(\d+) =", example.split("node n0:")[0], re.MULTILINE))
    assert len(vertices) <= 3, example  # a minimal example


# --- every law can be broken ---------------------------------------------------------------------------------------------


def diagram_twice() -> Callable[[str, str], Diagram]:
    from gossamer.frontends.gsm import read

    seen: list[int] = []

    def other(text: str, file: str) -> Diagram:
        from dataclasses import replace

        from gossamer.ir.scalar import Scalar

        seen.append(1)
        return replace(read(text, file), scalar=Scalar(len(seen)))

    return other


def crash(text: str, file: str) -> Diagram:
    return [][1]  # type: ignore[no-any-return]


def strange_code(text: str, file: str) -> Diagram:
    raise InputError("ZZ-1", "no")


def always_refuses(text: str, file: str) -> Diagram:
    raise InputError("QASM-1", "no")


@pytest.mark.parametrize(
    ("read", "law"),
    [
        (crash, "frontend/refusal"),
        (strange_code, "frontend/refusal"),
        (always_refuses, "frontend/meaning"),
        (lambda text, file: 7, "frontend/valid"),
        (diagram_twice(), "frontend/deterministic"),
    ],
)
def test_laws_of_frontends_can_be_broken(read, law):
    from gossamer.conformance.kit import gsm_samples

    with pytest.raises(LawBroken) as caught:
        check_frontend(read, gsm_samples(), examples=5)
    assert caught.value.law == law


class Crash:
    def run(self, *values: object) -> object:
        raise ZeroDivisionError


class Refuses:
    def run(self, *values: object) -> object:
        raise InputError("OG-1", "no")


class Changes:
    def run(self, graph):
        graph.order[:] = graph.order[::-1].copy()
        return graph


class Invalid:
    def run(self, graph):
        from dataclasses import replace

        return replace(graph, order=graph.order[:0])


class Renames:
    def run(self, graph):
        from dataclasses import replace

        return replace(graph, output_names=tuple(n + "x" for n in graph.output_names))


class Different:
    count = 0

    def run(self, graph):
        from dataclasses import replace

        from gossamer.ir.phase import Phase

        Different.count += 1
        return replace(graph, phases=(*graph.phases, Phase(Different.count / 1000)))


@pytest.mark.parametrize(
    ("one", "law"),
    [
        (Crash, "pass/refusal"),
        (Refuses, "pass/refusal"),
        (Changes, "pass/pure"),
        (Invalid, "pass/valid"),
        (Renames, "pass/interface"),
        (Different, "pass/deterministic"),
    ],
)
def test_laws_of_passes_can_be_broken(one, law):
    with pytest.raises(LawBroken) as caught:
        check_pass(one(), takes=("graph",), examples=20)
    assert caught.value.law == law


class WrongNames:
    def run(self, placed):
        from dataclasses import replace

        from gossamer.backends.circuit import lower

        made = lower(placed)
        places = [p.model_copy(update={"name": p.name + "x"}) for p in made.manifest.outputs]
        return replace(made, manifest=made.manifest.model_copy(update={"outputs": places}))


@pytest.mark.parametrize(("one", "law"), [(Crash, "backend/refusal"), (WrongNames, "backend/interface")])
def test_laws_of_backends_can_be_broken(one, law):
    with pytest.raises(LawBroken) as caught:
        check_backend(one(), examples=10)
    assert caught.value.law == law
    assert caught.value.law in LAWS


# --- strategies ----------------------------------------------------------------------------------------------------------

ONCE = settings(
    max_examples=2000, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def outcomes(d: Diagram) -> int:
    return sum(b.kind == BitKind.OUTCOME for b in d.bits)


@pytest.mark.parametrize("kind", ["gflow", "pauli"])
def test_open_graphs_are_drawn_whose_simplest_flow_is(kind: str) -> None:
    weaker = ["causal", "gflow", "pauli"]

    def has(flow: str, g: OpenGraph) -> bool:
        ends = sorted({*g.outputs.tolist(), *np.flatnonzero(g.outcome >= 0).tolist()})
        return find_flow(flow, g.label, g.edges, g.inputs, ends) is not None

    g = find(
        flow_graphs(),
        lambda g: not any(has(k, g) for k in weaker[: weaker.index(kind)]),
        settings=settings(ONCE, phases=[Phase.generate]),
    )
    assert has("pauli", g)


@pytest.mark.nightly
def test_examples_shrink_to_few_vertices_then_clifford_then_no_outcomes():
    d = find(diagrams(), lambda d: d.num_edges >= 4, settings=ONCE)
    assert d.num_vertices <= 8
    assert d.is_clifford
    assert outcomes(d) == 0
    assert find(diagrams(), lambda d: not d.is_clifford, settings=ONCE).num_vertices <= 4
    e = find(any_diagrams(), lambda d: d.num_vertices >= 3, settings=ONCE)
    assert (e.num_vertices, e.is_clifford, outcomes(e)) == (3, True, 0)
    for graphs in (open_graphs(), flow_graphs()):
        g = find(graphs, lambda g: g.num_vertices >= 3, settings=ONCE)
        assert g.num_vertices == 3
        assert not g.bits
    p = find(placements(), lambda p: p.num_links >= 1, settings=ONCE)
    assert p.graph.num_vertices <= 3
    m = find(patterns(), lambda m: len(m.commands) >= 2, settings=ONCE)
    assert not m.bits
    assert len({v for c in m.commands for v in ([c.a, c.b] if isinstance(c, mbqc.Entangle) else [c.node])}) <= 2
    m = find(patterns(), lambda m: m.bits, settings=ONCE)
    assert (len(m.commands) <= 2, len(m.bits), m.registers) == (True, 1, ())
    c = find(circuits(), lambda c: c.diagram.bits, settings=ONCE)
    assert (c.wires, len(c.operations)) == (1, 1)
    q = find(programs(), lambda q: q.manifest.messages, settings=ONCE)
    assert sum(len(p.instructions) for p in q.programs) <= 4


QUICK = settings(
    max_examples=60, derandomize=True, deadline=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
)  # fmt: skip


@QUICK
@given(any_diagrams(input_bits=True))
def test_any_diagrams_are_valid(d):
    d.verify()


@QUICK
@given(placements(max_ebits=1))
def test_placements_are_valid_and_keep_to_their_ebits(p):
    p.verify()
    assert p.num_links <= 1


@QUICK
@given(patterns(clifford=True))
def test_clifford_patterns_are_valid_and_clifford(m):
    m.verify()
    assert mbqc.to_diagram(m).is_clifford


@QUICK
@given(programs())
def test_programs_are_valid(d):
    d.verify_structure()
