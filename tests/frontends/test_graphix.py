"""graphix itself: its objects are read, and in each branch its simulator ends in the state that our maps give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gossamer
from gossamer.formats.graphix_json import graphix_open_graph, graphix_pattern
from gossamer.formats.json_places import JsonText
from gossamer.ir.pattern import to_diagram
from gossamer.ir.phase import Phase
from gossamer.ir.semantics import kraus
from tests.graphix_process import graphix_says

CHILD = Path(__file__).parent / "graphix_child.py"


def top(text: str):
    return JsonText(text, "x.json", "PT-12", "PT-13").parse()


def check_branch(text: str, results: dict, real: list, imaginary: list) -> None:
    pattern = graphix_pattern(top(text))
    diagram = to_diagram(pattern)
    bit_of = {str(bit.vertex): i for i, bit in enumerate(pattern.bits)}
    assert set(results) <= set(bit_of)  # the others are those of states in general position
    outcomes = dict.fromkeys(bit_of.values(), False) | {bit_of[v]: bool(x) for v, x in results.items()}
    size = 2 ** len(pattern.inputs)
    found = kraus(diagram, outcomes, np.full(size, size**-0.5)).ravel()
    wanted = np.array(real) + 1j * np.array(imaginary)
    assert np.linalg.norm(wanted) == pytest.approx(1)
    assert np.linalg.norm(found) > 1e-9  # a branch that happens
    assert abs(np.vdot(found, wanted)) == pytest.approx(np.linalg.norm(found), rel=1e-7)


def test_graphix_ends_in_our_state():
    (phases, graph, bare, refusal), *branches = graphix_says(CHILD, -1, 12)
    assert phases[1] == "7/4 + 2*theta + 1*b0"
    assert refusal == "TL-2 a measurement of graphix is a object, which is not known here"
    assert graphix_open_graph(top(graph)).cliffords == {2: ("s",)}
    assert graphix_open_graph(top(bare)).measured[0][1] == Phase.of_symbol("angle_0")
    assert gossamer.compile(graph, "2").verdict.holds is True
    assert len(branches) == 12
    for line in branches:
        check_branch(*line)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(4))
def test_graphix_ends_in_our_state_nightly(seed):
    branches = graphix_says(CHILD, seed, 60)
    assert len(branches) == 60
    for line in branches:
        check_branch(*line)


def test_files_need_no_graphix():
    path = CHILD.parent / "patterns" / "lit_dkp_cnot4.pattern.json"
    script = f"import sys, gossamer; gossamer.read({str(path)!r}); print('graphix' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.strip() == "False"
