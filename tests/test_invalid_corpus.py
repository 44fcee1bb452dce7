"""Each broken or hostile file of the public corpus does what its manifest says: refused with a diagnostic or accepted, within its bounds.

Every file is read in a process of its own, with the CPU time and the memory of the manifest; nothing outside of the file's folder is opened and
nothing is compiled or run. Formats that nothing registered reads are skipped, and the reason says which.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer import sources
from gossamer.diagnostics import UsageError
from gossamer.registry import by_extension
from tests.shared import SHARED, needs_shared

FOLDER = SHARED / "corpus/invalid"
_UNITS = {"MB": 10**6, "GB": 10**9}
#: What each word of the manifest allows.
ALLOWED = {
    "accept": {"accept"}, "reject": {"reject"}, "either": {"accept", "reject"}, "reject-or-accept": {"accept", "reject"},
    "reject-or-lazy": {"accept", "reject"},
}  # fmt: skip
#: Folders whose files have an ending that says something else.
FORMAT = {"mbqc": "pattern"}
#: Files whose reading is decided otherwise here, and why.
DECIDED: dict[str, tuple[str, str]] = {}


def _rows(folder: str) -> list[dict[str, str]]:
    with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["path"].startswith(f"{folder}/")]


def _is_read(path: str) -> bool:
    try:
        by_extension("frontends", Path(path).name)
    except UsageError:
        return False
    return True


def _limits(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)s/(\d+)(MB|GB)", text)
    assert match is not None, text
    return int(match[1]), int(match[2]) * _UNITS[match[3]]


@needs_shared
@pytest.mark.skipif(sys.platform != "linux", reason="bounds of processes are those of Linux")
@pytest.mark.parametrize("folder", ["qasm2", "qasm3", "encoding", "mbqc", "zx"])
def test_as_the_manifest_says(folder: str) -> None:
    rows = [row for row in _rows(folder) if folder in FORMAT or _is_read(row["path"])]
    if not rows:
        endings = ", ".join(sorted({Path(row["path"]).suffix for row in _rows(folder)}))
        pytest.skip(f"nothing that is registered reads {endings}")
    controls = [FOLDER / row["path"] for row in rows if "ok_control" in row["path"]]
    for control in controls:
        sources.read(control, FORMAT.get(folder))
    lines = [json.dumps([str(FOLDER / row["path"]), *_limits(row["limit"])]) for row in rows]
    done = subprocess.run(
        [sys.executable, "-m", "tests.invalid_child", FORMAT.get(folder, ""), *map(str, controls)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(rows), done.stderr[-2000:]
    assert not done.stderr
    wrong = {}
    for row, result in zip(rows, results, strict=True):
        seconds, size = _limits(row["limit"])
        expected = {DECIDED[row["path"]][0]} if row["path"] in DECIDED else ALLOWED[row["expected"]]
        text = result["text"]
        flaws = [
            result["outcome"] not in expected and f"{result['outcome']} {result['code']}, not {row['expected']}",
            result["seconds"] > seconds and f"{result['seconds']:.1f} s of CPU",
            result["bytes"] > size and f"{result['bytes'] / 1e6:.0f} MB",
            len(text) > 2000 and f"a message of {len(text)} characters",
            "root:" in text and "the message holds what a file outside says",
            not all(c.isprintable() or c == "\n" for c in text) and "a message that is not printable",
            result["outcome"] == "reject"
            and not re.fullmatch(r"(QASM|TL)-\d+|[A-Z]{2,4}-\d+", result["code"])
            and "a code that is none",
            *result["seen"],
        ]
        if any(flaws):
            wrong[row["path"]] = [f for f in flaws if f]
    assert wrong == {}
