"""What each form of a program takes in ebits: the table that shows what rewriting, and gathering by parities, is good for.

    python benchmarks/forms.py [--network TEXT] [--effort E] [--seed N] [NAME ...]

Each form is compiled alone, with the whole search of the effort, and counted in the programs that come out; the last column is what the
pass ``forms`` keeps of them by itself. ``given`` is the program without any rewriting: the ablation of all the others. A point stands
for a form that is refused or does not fit. Reads ``../shared/baselines`` and says so plainly where it is absent.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import gossamer
from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.portfolio import FORMS

CIRCUITS = Path(__file__).resolve().parents[2] / "shared" / "baselines" / "qasm"


def ebits(path: Path, network: str, effort: int, seed: int, forms: str | None) -> int | None:
    try:
        report = gossamer.compile(path, network, effort=effort, seed=seed, forms=forms).report
    except (InputError, NetworkInfeasible):
        return None
    return int(report["ebits"]) if report["verified"]["holds"] else None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--network", default="4")
    parser.add_argument("--effort", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not CIRCUITS.is_dir():
        print("the baselines are absent: expected qasm/ in shared/baselines beside the checkout", file=sys.stderr)
        return 1
    columns: list[str | None] = [*(form.name for form in FORMS), None]
    print(f"{'circuit':14}", *(f"{name or 'forms':>16}" for name in columns), f"{'CPU s':>8}")
    for name in options.names or sorted(path.stem for path in CIRCUITS.glob("*.qasm")):
        begin = time.process_time()
        found = [
            ebits(CIRCUITS / f"{name}.qasm", options.network, options.effort, options.seed, form) for form in columns
        ]
        cells = (f"{'.' if cost is None else cost:>16}" for cost in found)
        print(f"{name:14}", *cells, f"{time.process_time() - begin:>8.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
