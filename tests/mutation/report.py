"""Table of a mutation run: ``python -m tests.mutation.report``; fails below 85 % killed in a module.

Killed are mutants that a test fails on, that crash the interpreter or that do not come to an end.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

WANTED = 0.85
FOLDER = Path("mutants")
#: What mutmut's exit codes say; anything else is a fault of the run itself.
STATUS = {0: "survived", 1: "killed", 3: "killed", 33: "survived", -11: "killed", None: "not run"}
HANG = (-24, -9, 24, 36, 152, 255)


def tally() -> dict[str, Counter[str]]:
    """Mutants of each module by what became of them."""
    out: dict[str, Counter[str]] = {}
    for path in sorted(FOLDER.glob("gossamer/**/*.py.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"].values()
        name = str(path.relative_to(FOLDER / "gossamer")).removesuffix(".py.meta")
        if codes:
            out[name] = Counter("timeout" if c in HANG else STATUS.get(c, "fault") for c in codes)
    return out


def main() -> int:
    short = []
    print(f"{'module':24}{'mutants':>8}{'killed':>8}{'timeout':>8}{'survived':>9}{'score':>8}")
    for name, n in tally().items():
        score = (n["killed"] + n["timeout"]) / n.total()
        other = {k: v for k, v in n.items() if k in ("not run", "fault")}
        print(f"{name:24}{n.total():8}{n['killed']:8}{n['timeout']:8}{n['survived']:9}{score:8.1%}", other or "")
        if score < WANTED:
            short.append(name)
    if short:
        print(f"below {WANTED:.0%}: {', '.join(short)}")
    return bool(short)


if __name__ == "__main__":
    sys.exit(main())
