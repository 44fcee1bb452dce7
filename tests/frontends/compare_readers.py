"""Compare the meaning of the corpus's circuits with that of other readers: the whole instrument, measured branches included.

For each file of up to ten qubits that is accepted, the first other reader that accepts it too says what it means: for each value of the
classical registers the Kraus operators, compared as completely positive maps, global phases aside. `python -m tests.frontends.compare_readers`
prints how many were compared and by which reader, and for the others why not; the nightly test runs it.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gossamer.diagnostics import GossamerError
from gossamer.frontends.objects import read_pytket_json
from gossamer.frontends.qasm import read_qasm
from gossamer.frontends.qc import read as read_qc
from gossamer.ir.diagram import Diagram
from tests.frontends.independent import NotComparable, compare_reading, is_small, of_qiskit, readers
from tests.shared import SHARED

LIMIT = 10  # qubits
#: Files that the other reader reads wrongly, and how.
PEER_IS_WRONG = {
    "qasm3/amazon-braket-default-simulator-python/amazon-braket+amazon-braket-default-simulator-python__test_unit_tests_braket_default_simulator_test_mcm__test_flush_with_zero_shots_L4426.qasm": "pyqasm drops the assignment 'result = b;'",
}
KINDS = ("qasm2", "qasm3", "qc", "tketjson")
_OURS = {"qasm2": read_qasm, "qasm3": read_qasm, "qc": read_qc, "tketjson": read_pytket_json}


@dataclass
class Result:
    """``same`` counts files by kind and reader, ``open`` those without a comparison by kind and reason."""

    same: Counter[tuple[str, str]] = field(default_factory=Counter)
    open: Counter[tuple[str, str]] = field(default_factory=Counter)
    different: list[tuple[str, str]] = field(default_factory=list)
    not_compared: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(n for (k, _), n in self.same.items() if k == kind)


def compare_circuit(diagram: Diagram, circuit: Any) -> bool:
    """Whether a diagram means what a circuit of Qiskit means."""
    return compare_reading(diagram, of_qiskit(circuit))


def compare(text: str, kind: str) -> tuple[str, bool]:
    """The reader that was compared with, and whether the meanings agree; NotComparable with the reasons if there is none."""
    diagram = _OURS[kind](text)
    if len(diagram.inputs) > LIMIT:
        raise NotComparable("more than 10 qubits")
    reasons = []
    for name, read in readers(kind).items():
        try:
            reading = read(text)
            how = name if is_small(diagram, len(reading.qubits)) else f"{name}, on a random state"
            return how, compare_reading(diagram, reading)
        except NotComparable as why:
            reasons.append(str(why))
    telling = [r for r in reasons if r != "refused"]
    raise NotComparable(telling[0] if telling else "refused by all readers")


def rows(kinds: tuple[str, ...] = KINDS) -> Iterator[dict[str, str]]:
    """The rows of the corpus."""
    with (SHARED / "corpus/manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] in kinds:
                yield row


def main(kinds: tuple[str, ...] = KINDS, *, step: int = 1, max_bytes: int = 100_000) -> Result:
    """Compare every ``step``-th file."""
    result = Result()
    for row in [r for r in rows(kinds) if int(r["bytes"] or 0) <= max_bytes][::step]:
        kind = row["kind"]
        if row["qubits"].isdigit() and int(row["qubits"]) > LIMIT:
            result.open[kind, "more than 10 qubits"] += 1
            continue
        text = (SHARED / "corpus" / row["path"]).read_text(encoding="utf-8")
        try:
            reader, same = compare(text, kind)
        except GossamerError:
            result.open[kind, "refused here"] += 1
        except NotComparable as why:
            result.open[kind, str(why)] += 1
            result.not_compared.append((row["path"], str(why)))
        else:
            if same:
                result.same[kind, reader] += 1
            elif row["path"] in PEER_IS_WRONG:
                result.open[kind, PEER_IS_WRONG[row["path"]]] += 1
            else:
                result.different.append((row["path"], reader))
    return result


if __name__ == "__main__":
    done = main(tuple(sys.argv[1:]) or KINDS)
    for (kind, reader), count in sorted(done.same.items()):
        print(f"{kind}: {count} equal to {reader}")
    for (kind, reason), count in sorted(done.open.items()):
        print(f"{kind}: {count} not compared: {reason}")
    print(*(f"not compared: {path} ({why})" for path, why in done.not_compared), sep="\n")
    print(*(f"DIFFERENT: {path} ({reader})" for path, reader in done.different), sep="\n")
