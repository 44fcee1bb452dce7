"""Each code that the package can print is the id of a clause, and each clause stands in the specification once."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import gossamer
from gossamer.specification import find_clause, spec_folder

_CODE = re.compile(r"[A-Z]{2,5}-\d+")


def _codes() -> set[str]:
    """Codes that stand as whole strings in the source of the package."""
    out = set()
    for path in Path(gossamer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                out.add(node.value)
    return out


@pytest.mark.parametrize("code", sorted(_codes()))
def test_a_code_can_be_explained(code: str) -> None:
    clause = find_clause(code)
    assert clause is not None
    assert len(clause) > len(code) + 20


def test_no_id_is_given_to_two_clauses() -> None:
    ids = Counter(
        found
        for path in spec_folder().glob("*.md")
        for found in re.findall(r"^\W*\[([A-Z]+-\d+)\]", path.read_text(), re.MULTILINE)
    )
    assert [name for name, number in ids.items() if number > 1] == []
    assert len(ids) > 60
