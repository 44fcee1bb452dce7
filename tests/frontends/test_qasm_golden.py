"""Each file of ``golden/`` is refused with the very text beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.diagnostics import InputError
from gossamer.frontends.qasm import read_qasm

FILES = sorted((Path(__file__).parent / "golden").glob("*.qasm"))


def test_there_are_enough() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_qasm(path.read_text(encoding="utf-8"), path.name)
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text(encoding="utf-8")
