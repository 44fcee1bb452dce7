"""Processor seconds of each stage and peak memory of whole compiles, from 10^3 to 10^6 two-qubit gates, and how they grow.

    python benchmarks/scale.py [--shapes S ...] [--sizes GATES:QUBITS:NODES ...] [--effort E ...] [--check structural|default] [-o FILE.csv|.md]

Each compile is the command line in a process of its own, interpreter and imports included (``other``). Times are processor time, of both threads
of the search, so that a machine with other work on it gives about the same figures; compiled code is loaded from its cache, which a first
small compile fills. Only the structural check is made, unless ``--check default`` asks for the one that the command makes. ``peak`` is the largest resident set of that process. The exponent is the slope of log(seconds) over log(gates) between
the smallest and the largest size of a shape from 10^4 gates on, and between neighbours. With ``-o`` the rows are written to a file as well, after each compile; there ``peak_STAGE`` is the largest resident set up to the end
of that stage.

Shapes: ``layered`` (rotations and a brickwork of CZ on a line, as variational circuits have), ``local`` (random gates between near qubits), ``adder``
(ripple-carry adders of Cuccaro et al., quant-ph/0410184, over windows of the register), ``random`` (random gates between any two qubits).
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

Gates = Iterator[tuple[str, tuple[int, ...]]]
_CLIFFORD_T = ("h", "t", "s", "tdg", "x")


def _angle(rng: random.Random) -> str:
    return f"{rng.randrange(1, 64)}*pi/32"


def layered(qubits: int, rng: random.Random) -> Gates:
    while True:
        for q in range(qubits):
            yield f"ry({_angle(rng)})", (q,)
            yield f"rz({_angle(rng)})", (q,)
        for first in (0, 1):
            for q in range(first, qubits - 1, 2):
                yield "cz", (q, q + 1)


def local(qubits: int, rng: random.Random) -> Gates:
    while True:
        a = rng.randrange(qubits)
        b = a + rng.choice((-3, -2, -1, 1, 2, 3))
        if 0 <= b < qubits:
            yield from _dressed(a, b, rng)


def adder(qubits: int, rng: random.Random) -> Gates:
    def toffoli(a: int, b: int, c: int) -> Gates:
        yield "h", (c,)
        for control, phase in ((b, "tdg"), (a, "t"), (b, "tdg"), (a, "t")):
            yield "cx", (control, c)
            yield phase, (c,)
        yield from (("t", (b,)), ("h", (c,)), ("cx", (a, b)), ("t", (a,)), ("tdg", (b,)), ("cx", (a, b)))

    while True:
        bits = rng.randrange(1, max(2, min(32, (qubits - 2) // 2) + 1))
        base = rng.randrange(qubits - 2 * bits - 1)
        carry, b, a = base, range(base + 1, base + 2 * bits, 2), range(base + 2, base + 2 * bits + 1, 2)
        high = base + 2 * bits + 1
        ins = [carry, *a[:-1]]
        for i in range(bits):  # the carry runs up
            yield from (("cx", (a[i], b[i])), ("cx", (a[i], ins[i])))
            yield from toffoli(ins[i], b[i], a[i])
        yield "cx", (a[-1], high)
        for i in reversed(range(bits)):  # and is taken back
            yield from toffoli(ins[i], b[i], a[i])
            yield from (("cx", (a[i], ins[i])), ("cx", (ins[i], b[i])))
        yield f"rz({_angle(rng)})", (high,)


def random_pairs(qubits: int, rng: random.Random) -> Gates:
    while True:
        yield from _dressed(*rng.sample(range(qubits), 2), rng)


def _dressed(a: int, b: int, rng: random.Random) -> Gates:
    yield f"rz({_angle(rng)})", (a,)
    yield rng.choice(_CLIFFORD_T), (b,)
    yield (rng.choice(("cx", "cz")), (a, b)) if rng.random() < 0.9 else (f"rzz({_angle(rng)})", (a, b))


SHAPES: dict[str, Callable[[int, random.Random], Gates]] = {
    "layered": layered,
    "local": local,
    "adder": adder,
    "random": random_pairs,
}


def source(shape: str, gates: int, qubits: int, seed: int = 0) -> str:
    """OpenQASM 2 with that many two-qubit gates; every qubit of small circuits may be left alone, in large ones hardly any is."""
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];"]
    for name, at in SHAPES[shape](qubits, random.Random(seed)):
        lines.append(f"{name} {','.join(f'q[{q}]' for q in at)};")
        gates -= len(at) == 2
        if not gates:
            break
    return "\n".join(lines) + "\n"


# ---- one compile -----------------------------------------------------------------------------------------------------

#: The functions whose processor time is a stage's; none of them calls another one.
STAGES = {
    "read": ("gossamer.sources:_parse",),
    "graph": ("gossamer.passes.graph_like:GraphLike.run",),
    "partition": ("gossamer.passes.partition_pass:Partition.run",),
    "links": ("gossamer.passes.links:Links.run",),
    "lower": ("gossamer.backends.circuit:Circuit.run",),
    "verify": ("gossamer.pipeline:verify_value", "gossamer.portfolio:verify_value"),
    "check": ("gossamer.api:verify_programs",),
    "report": ("gossamer.api:_report", "gossamer.api:_bound", "gossamer.api:with_digest"),
    "print": ("gossamer.compiled:CompiledProgram.save",),
}


def child(check: str, arguments: list[str]) -> None:
    """Run the command line; print what each stage took to standard error."""
    from gossamer import cli

    if check == "structural":
        from gossamer import api

        made = api.verify_programs
        api.verify_programs = lambda programs, manifest, source, method, *rest, **options: made(  # type: ignore[assignment]
            programs, manifest, source, "structural", *rest, **options
        )
    seconds = dict.fromkeys(STAGES, 0.0)
    peaks = {f"peak_{stage}": 0.0 for stage in STAGES}
    for stage, names in STAGES.items():
        for name in names:
            module, _, path = name.partition(":")
            *outer, last = path.split(".")
            owner = reduce(getattr, outer, importlib.import_module(module))
            setattr(owner, last, timed(getattr(owner, last), seconds, peaks, stage))
    code = cli.call(arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = used.ru_utime + used.ru_stime
    figures = {
        **seconds,
        "other": total - sum(seconds.values()),
        "total": total,
        "peak": used.ru_maxrss / 1024,
        **peaks,
    }
    print(json.dumps(figures), file=sys.stderr)
    raise SystemExit(code)


def timed(
    function: Callable[..., Any], seconds: dict[str, float], peaks: dict[str, float], stage: str
) -> Callable[..., Any]:
    def run(*args: Any, **options: Any) -> Any:
        begin = time.process_time()
        try:
            return function(*args, **options)
        finally:
            seconds[stage] += time.process_time() - begin
            peaks[f"peak_{stage}"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    return run


def compiled(shape: str, gates: int, qubits: int, nodes: str, effort: int, check: str) -> dict[str, float]:
    """Seconds of each stage, ``total``, ``peak`` in MB, and ``ebits``."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "source.qasm", Path(folder) / "out"
        path.write_text(source(shape, gates, qubits))
        command = [sys.executable, __file__, "--child", check, "compile", str(path), "-n", nodes, "-o", str(out)]
        done = subprocess.run(
            [*command, "--effort", str(effort)],
            capture_output=True, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{shape}, {gates} gates: exit code {done.returncode}\n{done.stderr}")
        row: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
        report = json.loads((out / "report.json").read_text())
        return row | {"ebits": report["ebits"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--sizes", nargs="+", default=["1000:50:4", "10000:100:8", "100000:200:8"])
    parser.add_argument("--effort", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--check", choices=("structural", "default"), default="structural")
    parser.add_argument("-o", "--output", type=Path, help="a file for the rows: .csv or .md")
    options = parser.parse_args()
    columns = [*STAGES, "other", "total"]
    compiled("layered", 20, 10, "2", 0, options.check)
    print(f"{'':32}" + "".join(f"{c:>10}" for c in columns) + f"{'exponent':>10}{'peak MB':>9}{'ebits':>9}")
    rows: list[dict[str, Any]] = []
    for shape in options.shapes:
        for effort in options.effort:
            line: list[dict[str, Any]] = []
            for size in options.sizes:
                gates, qubits, nodes = size.split(":")
                row = compiled(shape, int(gates), int(qubits), nodes, effort, options.check)
                what = {"shape": shape, "gates": int(gates), "qubits": int(qubits), "nodes": nodes, "effort": effort}
                line.append(what | {"exponent": exponent(*line[-1:], what | row)} | row)
                rows.append(line[-1])
                name = f"{shape} {gates} q{qubits} n{nodes} e{effort}"
                print(
                    f"{name:32}" + "".join(f"{row[c]:10.2f}" for c in columns)
                    + f"{line[-1]['exponent']:>10}{row['peak']:9.0f}{row['ebits']:9.0f}",
                    flush=True,
                )  # fmt: skip
                if options.output is not None:
                    write(options.output, rows)
            large = [row for row in line if row["gates"] >= 10_000]
            if len(large) > 2:
                print(f"{shape} e{effort}: exponent {exponent(large[0], large[-1])} "
                      f"from {large[0]['gates']} to {large[-1]['gates']} gates")  # fmt: skip


def exponent(*ends: dict[str, Any]) -> str:
    """The slope of log(seconds) over log(gates) between two rows; nothing where there is one, or both are of one size."""
    if len(ends) < 2 or ends[0]["gates"] == ends[1]["gates"]:
        return ""
    a, b = ends
    return f"{math.log(b['total'] / a['total']) / math.log(b['gates'] / a['gates']):.2f}"


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """All rows, as CSV with every column or as a Markdown table with those that matter most."""
    if path.suffix == ".md":
        names = ["shape", "gates", "qubits", "nodes", "effort", *STAGES, "total", "exponent", "peak", "ebits"]
        lines = [names, ["---"] * len(names), *([shown(row[name]) for name in names] for row in rows)]
        path.write_text("".join(f"| {' | '.join(line)} |\n" for line in lines))
        return
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if value < 100 else f"{value:.0f}"
    return str(value)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        main()
