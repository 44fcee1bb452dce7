"""Where the public corpus and the baselines lie, if they are there; tests that need them say plainly when they are not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared (corpus and baselines) is absent: nothing was checked"
)


def corpus(prefix: str, *, max_qubits: int | None = None, label: str | None = None) -> list[Path]:
    """Files of the corpus below ``prefix``, in the order of its manifest; empty if it is absent."""
    manifest = SHARED / "corpus" / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["path"].startswith(prefix)]
    if label is not None:
        rows = [row for row in rows if row["label"] == label]
    if max_qubits is not None:
        rows = [row for row in rows if row["qubits"].isdigit() and int(row["qubits"]) <= max_qubits]
    return [SHARED / "corpus" / row["path"] for row in rows]
