"""Fuzz every reader, one after the other: ``python -m tests.fuzz [--runs N] [NAME ...]``; the exit code is 1 if anything was found."""

from __future__ import annotations

import argparse
import subprocess
import sys

from tests.fuzz.campaign import FINDINGS
from tests.fuzz.targets import targets


def main() -> int:
    known = targets()
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzz the readers of text, guided by coverage (needs atheris)."
    )
    parser.add_argument("--runs", type=int, default=100_000, help="inputs in all (default: 100000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the fuzzer (default: 1)")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all without a name")
    given = parser.parse_args()
    names = given.names or list(known)
    shares = sum(known[name].share for name in names)
    failed = []
    for name in names:
        runs = max(1, round(given.runs * known[name].share / shares))
        command = [sys.executable, "-m", "tests.fuzz.campaign", name, f"-atheris_runs={runs}", f"-seed={given.seed}"]
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, errors="replace")
        if done.returncode:
            failed.append(name)
            print(done.stderr[-5000:], file=sys.stderr)
    found = sorted(FINDINGS.glob("*.txt"))
    print(*(f"finding: {path}" for path in found), sep="\n")
    return bool(found or failed)


if __name__ == "__main__":
    sys.exit(main())
