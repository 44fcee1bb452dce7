"""Run by tests in a process of its own: published protocols and small published circuits on MBQC nodes, run by the engine graphix.

    python graphix_corpus_child.py SEED COUNT

The protocols come in OpenQASM 2 and in their twins in OpenQASM 3. For each of the first COUNT one line: its name, a source in OpenQASM 2 that
means the same, the network, and the counts, or the diagnostic with which it is refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gossamer
from gossamer.diagnostics import GossamerError
from tests.shared import corpus
from tests.test_histograms import protocol

SHOTS = 100


def main(seed: int, count: int) -> None:
    rows: list[tuple[str, str, str | Path]] = []
    for path in corpus("qasm2/dqc-papers/"):
        rows.append((path.stem, protocol(path), protocol(path)))
        twin = path.parents[2] / "qasm3" / "dqc-papers" / f"{path.stem}.v3.qasm"
        rows.append((twin.stem, path.read_text(encoding="utf-8"), twin))
    for path in corpus("qasm2/QASMBench/", max_qubits=5, label="valid"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "measure" in text:
            rows.append((path.stem, text, text))
    for i, (name, text, source) in enumerate(rows[:count]):
        network = ("2mbqc", "3mbqc", "4mbqc")[i % 3]
        program = gossamer.compile(source, network, seed=seed, effort=0, check=False)
        found: object
        try:
            found = program.run(SHOTS, seed=seed + i, engine="graphix").counts
        except GossamerError as error:
            found = str(error).splitlines()[0]
        print(json.dumps([name, text, network, found]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
