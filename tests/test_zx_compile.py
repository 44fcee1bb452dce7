"""ZX-diagrams of the corpus, compiled on two nodes: every one that has a flow and keeps few vertices alive verifies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import gossamer
from gossamer.cli import call
from gossamer.diagnostics import GossamerError
from gossamer.ir.compose import symbols
from gossamer.ir.phase import Phase
from gossamer.ir.wires import WireBuilder
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
            if symbols(diagram):
                diagram = gossamer.read(path, bind=dict.fromkeys(symbols(diagram), "pi/3"))
                seen["bound"] += 1
            graph = to_open_graph(diagram)
        except GossamerError:
            seen["refused"] += 1
            continue
        seen["flow"] += 1
        if count_live(graph) > MOST:
            seen["too large"] += 1
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
    assert seen["bound"] >= 4
    assert seen["flow"] >= 88
    assert seen["verified"] == seen["flow"] - seen["too large"] >= 48


@pytest.mark.clause("PR-12")
@pytest.mark.parametrize("to", ["json", "tikz", "gsm", "gsmj"])
def test_a_symbol_is_given_its_value_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str
) -> None:
    """Without a value node programs cannot hold it; the refusal says how to give it one."""
    w = WireBuilder()
    q = w.add_input("q")
    w.h(q)
    w.rz(q, Phase.of_symbol("theta", 2))
    w.h(q)
    w.output(q, "q")
    source, out = tmp_path / f"turn.{to}", tmp_path / "out"
    source.write_text(gossamer.convert(w.build(), "zx" if to == "json" else to))
    assert call(["compile", str(source), "-n", "2", "-o", str(out)]) == 1
    assert "--bind theta=pi/4" in capsys.readouterr().err
    bind = ["--bind", "theta=pi/8"]
    assert call(["compile", str(source), "-n", "2", "-o", str(out), *bind]) == 0
    assert call(["verify", str(out), "--against", str(source), *bind]) == 0
    assert call(["verify", str(out), "--against", str(source), "--bind", "theta=pi/3"]) == 4
    assert call(["inspect", str(source), "--bind", "phi=1"]) == 1
    assert "AL-5" in capsys.readouterr().err
