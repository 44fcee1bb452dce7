"""Codes, clauses and tests: each code that the package can print is a clause, each clause stands once and has a violation in a test."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import gossamer
from gossamer.diagnostics import GossamerError, InputError, UsageError
from gossamer.formats.circuit_program import read_program
from gossamer.specification import find_clause, spec_folder
from tests.conftest import FILES, MARKED

_CODE = re.compile(r"[A-Z]{2,5}-\d+")
TESTS = Path(__file__).parent

#: Clauses that nothing can violate with an error of that code: why, and the test that holds the clause instead.
EXCEPTED: dict[str, tuple[str, str]] = {
    "GSM-6": ("a property of the printer and the parser", "ir/test_text.py::test_every_level_comes_back"),
    "GSMJ-4": ("a property of the printer and the parser", "ir/test_compact.py::test_diagrams_come_back"),
    "PH-1": ("a definition: the form is unique", "ir/test_phase.py::test_expressions_are_equal_iff_their_truth_tables_are"),
    "PH-2": ("a definition: the form is unique", "ir/test_phase.py::test_phases_are_equal_iff_their_values_are"),
    "PH-3": ("a definition", "ir/test_semantics.py::test_conditional_cp_keep_and_reset"),
    "SEM-3": ("a definition", "test_distribution.py::test_any_placement_reproduces_the_source"),
    "SEM-4": ("a definition", "test_distribution.py::test_any_placement_reproduces_the_source"),
    "SEM-5": ("a definition", "ir/test_simple.py::test_resolving_keeps_every_map"),
    "SEM-6": ("a definition", "ir/test_compose.py::test_laws"),
    "SEM-7": ("a definition", "ir/test_canonical.py::test_numbering_does_not_matter"),
    "OG-14": ("names IR clauses, which are the codes", "ir/test_verify.py::test_violations_are_refused_with_their_clause"),
    "PT-11": ("a definition", "ir/test_pattern.py::test_the_diagram_of_a_pattern_is_its_instrument"),
    "NW-4": ("says where presets are; an unknown one is NW-2", "test_network.py::test_a_preset_is_a_network_and_says_what_it_is"),
    "NW-9": ("a definition", "test_distribution.py::test_any_placement_reproduces_the_source"),
    "NW-17": ("a definition; costs out of bounds are NW-3", "passes/test_weights.py::test_weights_are_the_costs_up_to_a_factor"),
    "TL-11": ("says what a report holds", "test_cli.py::test_compile_json_is_the_report_and_the_times"),
}  # fmt: skip


def _codes() -> set[str]:
    """Codes that stand as whole strings in the source of the package."""
    out = set()
    for path in Path(gossamer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                out.add(node.value)
    return out


def _clauses() -> list[str]:
    return [
        found
        for path in sorted(spec_folder().rglob("*.md"))
        for found in re.findall(r"^\W*\[([A-Z]+-\d+)\]", path.read_text(), re.MULTILINE)
    ]


@pytest.mark.parametrize("name", sorted(_codes() | set(_clauses())))
def test_a_code_can_be_explained(name: str) -> None:
    clause = find_clause(name)
    assert clause is not None
    assert len(clause) > len(name) + 20


def test_no_id_is_given_to_two_clauses() -> None:
    assert [name for name, number in Counter(_clauses()).items() if number > 1] == []
    assert len(_clauses()) > 100


def test_every_clause_has_a_test_that_violates_it(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    marked = request.config.stash[MARKED]
    wanted = {str(p) for p in TESTS.rglob("test_*.py")}
    if not wanted <= request.config.stash[FILES]:  # a part of the suite: collect all of it beside
        out = tmp_path / "clauses.json"
        subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:xdist", str(TESTS)],
            env={**os.environ, "GOSSAMER_CLAUSES": str(out)},
            cwd=TESTS.parent,
            capture_output=True,
            check=False,
        )
        marked = json.loads(out.read_text())
    clauses = set(_clauses())
    assert sorted(clauses - set(marked) - set(EXCEPTED)) == [], "clauses without a test that violates them"
    assert sorted(set(marked) - clauses) == [], "tests of clauses that do not exist"
    assert sorted(set(EXCEPTED) - clauses) == [], "exceptions for clauses that do not exist"
    assert sorted(set(EXCEPTED) & set(marked)) == [], "exceptions that are none"


@pytest.mark.parametrize("clause", EXCEPTED)
def test_an_excepted_clause_names_a_test_that_exists(clause: str) -> None:
    reason, test = EXCEPTED[clause]
    path, _, function = test.partition("::")
    names = {node.name for node in ast.walk(ast.parse((TESTS / path).read_text())) if isinstance(node, ast.FunctionDef)}
    assert reason
    assert function in names


# --- violations that have no better home -----------------------------------------------------------------------------------


@pytest.mark.clause("TL-1")
def test_a_compile_without_a_place_to_write_to(capsys: pytest.CaptureFixture[str]) -> None:
    from gossamer.cli import call

    source = TESTS.parent / "examples" / "grover.qasm"
    assert call(["compile", str(source), "-n", "2"]) == UsageError.exit_code
    assert "error[TL-1]" in capsys.readouterr().err


@pytest.mark.clause("TL-15")
def test_no_memory_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from gossamer.cli import call

    def hungry(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr("gossamer.passes.graph_like.GraphLike.run", hungry)
    assert call(["compile", str(TESTS.parent / "examples" / "grover.qasm"), "-n", "2", "--json"]) == 1
    assert "error[TL-15]" in capsys.readouterr().err


@pytest.mark.clause("PR-11")
def test_a_program_text_outside_the_printed_form() -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n@gossamer.node n0\nqubit[1] data;\nswap data[0], data[0];\n'
    with pytest.raises(InputError) as caught:
        read_program(text)
    assert caught.value.code == "PR-11"


def test_a_mark_is_not_taken_on_trust() -> None:
    """The fixture of conftest fails a marked test in which nothing of the code is raised."""
    from tests.conftest import clause_is_violated

    class Node:
        @staticmethod
        def iter_markers(name: str) -> list[pytest.Mark]:
            return [pytest.mark.clause("NW-13").mark]

    class Request:
        node = Node

    for code, fails in (("NW-13", False), ("NW-12", True)):
        with pytest.MonkeyPatch.context() as patch:
            steps = clause_is_violated.__wrapped__(Request, patch)  # type: ignore[attr-defined]
            next(steps)
            GossamerError(code, "no")
            if fails:
                with pytest.raises(AssertionError, match="NW-13"):
                    next(steps, None)
            else:
                next(steps, None)
