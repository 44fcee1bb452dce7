"""Clauses and their tests: a test is marked with the clauses that it holds a violation of, and must see their codes raised.

``@pytest.mark.clause("NW-13")`` marks one; a test with a parameter called ``code`` is marked with its value. The mark is not taken on
trust: unless an error of that code is made while the test runs, the test fails. ``tests/test_codes.py`` asks for one for each clause.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.diagnostics import GossamerError

# Tests run side by side, on matrices that are small: threads of the algebra library would only wait for each other. Before numpy is there.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_CODE = re.compile(r"[A-Z]{2,5}-\d+")
MARKED = pytest.StashKey[dict[str, list[str]]]()
FILES = pytest.StashKey[set[str]]()


def pytest_itemcollected(item: pytest.Item) -> None:
    code = item.callspec.params.get("code") if hasattr(item, "callspec") else None
    if isinstance(code, str) and _CODE.fullmatch(code):
        item.add_marker(pytest.mark.clause(code))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what is marked, before ``-k`` and ``-m`` deselect."""
    marked: dict[str, list[str]] = {}
    for item in items:
        for mark in item.iter_markers("clause"):
            for code in mark.args:
                marked.setdefault(code, []).append(item.nodeid)
    config.stash[MARKED] = marked
    config.stash[FILES] = {str(item.path) for item in items}
    if "GOSSAMER_CLAUSES" in os.environ:
        Path(os.environ["GOSSAMER_CLAUSES"]).write_text(json.dumps(marked))


@pytest.fixture(autouse=True)
def clause_is_violated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    wanted = {code for mark in request.node.iter_markers("clause") for code in mark.args}
    if not wanted:
        yield
        return
    seen: set[str] = set()
    make = GossamerError.__init__

    def record(self: GossamerError, code: str, *args: object, **more: object) -> None:
        seen.add(code)
        make(self, code, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(GossamerError, "__init__", record)
    yield
    assert wanted <= seen, f"marked with {sorted(wanted)}, but raised {sorted(seen)} only"
