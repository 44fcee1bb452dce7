"""ZX-diagrams of the corpus, compiled on two nodes: every one that has a flow and keeps few vertices alive verifies."""

from __future__ import annotations

from collections import Counter

import pytest

import gossamer
from gossamer.diagnostics import GossamerError
from gossamer.ir.compose import symbols
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.steps import count_live
from tests.shared import SHARED, needs_shared

FILES = sorted(p for p in (SHARED / "corpus" / "zx").rglob("*") if p.is_file())
MOST = 14


def compile_on_two(names: tuple[str, ...] = ()) -> Counter[str]:
    """What became of the files whose names start with one of ``names`` (of all, if there are none)."""
    seen: Counter[str] = Counter()
    for path in FILES:
        if names and not path.name.startswith(names):
            continue
        try:
            diagram = gossamer.read(path)
            graph = to_open_graph(diagram)
        except GossamerError:
            seen["refused"] += 1
            continue
        seen["flow"] += 1
        if count_live(graph) > MOST or symbols(diagram):
            seen["not tried"] += 1
            continue
        program = gossamer.compile(diagram, "2", effort=0)
        verdict = program.verdict if program.verdict.holds is not None else program.verify()
        assert verdict.holds is True, (path.name, verdict)
        seen["verified"] += 1
        seen["on ancillas"] += any(label not in (0, 1, 6) for label in graph.label.tolist())
    return seen


@needs_shared
def test_small_diagrams_compile_on_two_nodes():
    seen = compile_on_two(("doc__", "mod5_4", "random_", "cliffordT_s3", "QFT8"))
    assert seen["verified"] >= 20
    assert seen["on ancillas"] >= 5


@needs_shared
@pytest.mark.nightly
def test_every_diagram_with_flow_compiles_on_two_nodes():
    seen = compile_on_two()
    assert seen["flow"] >= 88
    assert seen["verified"] >= 47
