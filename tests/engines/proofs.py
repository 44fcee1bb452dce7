"""A source and the merged circuit of its programs as outside checkers take them: two texts, and where inputs, results and outputs are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

import gossamer
from gossamer.backends.circuit_merge import merge
from tests.engines.deferred import read
from tests.engines.flows import flows

ROOT = Path(__file__).resolve().parents[2]


class Pair(TypedDict):
    """``inputs`` and ``outputs`` are the numbers of qubits, of the source and of the merged circuit."""

    source: str
    merged: str
    registers: list[tuple[str, int]]
    inputs: tuple[list[int], list[int]]
    outputs: tuple[list[int], list[int]]


def pair_of(source: str, program: gossamer.CompiledProgram) -> Pair:
    """The text of a source in OpenQASM 2, and of the merged circuit in OpenQASM 3, which says in comments which qubits are whose."""
    text, m = program.circuit(), program.manifest
    a, b = read({"source": source, "merged": text})
    named = [{f"{r.name}[{i}]": c.find_bit(q).index for r in c.qregs for i, q in enumerate(r)} for c in (a, b)]
    qubits = [
        named[1][word] for line in text.splitlines() if line.startswith("// ") for word in line.split(": ")[1].split()
    ]
    places = merge(program.programs, m).manifest.outputs
    return {
        "source": source,
        "merged": text,
        "registers": [(r.name, len(r.bits)) for r in m.registers],
        "inputs": ([named[0][x.name] for x in m.inputs], list(range(len(m.inputs)))),
        "outputs": ([named[0][x.name] for x in m.outputs], sorted(qubits[x.qubit] for x in places)),
    }


def qcec_says(pairs: list[Pair]) -> list[tuple[str, int]]:
    """For each pair what mqt-qcec finds, and how many qubits the circuits have with everything deferred."""
    command = [sys.executable, "-m", "tests.engines.qcec_child"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(pairs), capture_output=True, text=True, check=False)
    found = [tuple(json.loads(line)) for line in done.stdout.splitlines() if line.startswith("[")]
    assert done.returncode == 0, done.stderr
    assert len(found) == len(pairs), done.stdout
    return found


def flows_say(pair: Pair) -> str:
    """``equivalent`` if the two have the same stabiliser flows from inputs to results and outputs, ``not_equivalent`` if not."""
    try:
        first, second = (
            flows(c, pair["inputs"][i], pair["registers"], pair["outputs"][i]) for i, c in enumerate(read(pair))
        )
    except NotImplementedError as error:
        return f"not applicable: {error}"
    return "equivalent" if first == second else "not_equivalent"
