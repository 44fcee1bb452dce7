"""The triage of files that are refused, held against what the reader does: each file has its code and its reason."""

from __future__ import annotations

import csv
from pathlib import Path

from gossamer.diagnostics import GossamerError
from gossamer.frontends.qasm import read_qasm
from tests.shared import SHARED, needs_shared

TABLES = Path(__file__).parent / "triage"
#: Readers that give files a meaning; the others look at the grammar only.
SEMANTIC = {"qk2", "qk2_strict", "qk2_legacy", "pyzx", "pytket"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome(path: str) -> str:
    source = SHARED / "corpus" / path
    try:
        read_qasm(source.read_text(encoding="utf-8"), source.name, folder=source.parent)
    except GossamerError as error:
        return error.code
    return "accepted"


@needs_shared
def test_openqasm2_files() -> None:
    """203 of 222 files are accepted by a reader that gives them a meaning: all but 2 of these are accepted here."""
    files = [
        r
        for r in rows(SHARED / "corpus/manifest.csv")
        if r["kind"] == "qasm2" and r["origin"] == "file" and r["negative_test_context"] == "0"
    ]
    with_meaning = {r["path"] for r in files if SEMANTIC & set(r["accepted_by"].split())}
    assert (len(files), len(with_meaning)) == (222, 203)
    table = {row["path"]: row["code"] for row in rows(TABLES / "qasm2_files.csv")}
    assert {path: code for r in files if (code := outcome(path := r["path"])) != "accepted"} == table
    assert sorted(table.keys() & with_meaning) == [
        "qasm2/qe-qasm/tests__src__adder_n4.qasm",
        "qasm2/staq/misc__bad.qasm",
    ]
    assert all(len(row["why"]) > 20 for row in rows(TABLES / "qasm2_files.csv"))


@needs_shared
def test_openqasm3_files_that_only_the_grammar_accepts() -> None:
    wanted = {
        r["path"]
        for r in rows(SHARED / "corpus/manifest.csv")
        if r["kind"] == "qasm3" and r["negative_test_context"] == "0" and r["label"] == "syntax-ok-only"
    }
    table = {row["path"]: row["code"] for row in rows(TABLES / "qasm3_grammar_only.csv")}
    assert table.keys() == wanted
    assert {path: outcome(path) for path in wanted} == table
