"""`run`: node programs in, a histogram of the source's classical registers out.

The programs run as actors (``gossamer.runtime.actors``) and their joint trace is replayed by an engine: ``statevector`` for up to 26
live qubits, ``stim`` for Clifford programs of any size. An engine from outside (``gossamer.engines``) is given the programs instead. The manifest says which node bits are reported. Inputs start in |0>.
This module stands above the engines and below the API; it opens no file (``load`` does, in ``gossamer.runtime.folder``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InputError, UsageError
from gossamer.ir import pattern
from gossamer.ir.program import WORDS, Manifest, ManifestBit, ManifestRegister, Measure, NodeProgram, Observe
from gossamer.runtime.actors import run_actors
from gossamer.runtime.folder import load
from gossamer.runtime.kernels import Index
from gossamer.runtime.reorder import reorder
from gossamer.runtime.statevector import MAX_LIVE, StateVector, estimate_work
from gossamer.runtime.tableau import Stabilizer, find_non_clifford
from gossamer.runtime.trace import Trace
from gossamer.runtime.validate import check_programs

__all__ = ["ENGINES", "RunResult", "load", "measure_outputs", "run"]

#: Names of engines: single precision, double precision, stabilisers.
ENGINES = ("statevector", "statevector128", "stim")
#: Above this many amplitude updates a Clifford program goes to stim rather than to the statevector.
_CLIFFORD_WORK = 10**7
#: Above this many amplitude updates the search for a better order is worth its time.
_REORDER_WORK = 10**6


@dataclass(frozen=True)
class RunResult:
    """Histogram of a run.

    Parameters
    ----------
    counts
        Keys as Qiskit prints them: last register first, a space between registers, the highest index leftmost.
    registers
        ``[name, size]`` in source order.
    engine
        One of :data:`ENGINES`, or the name of an engine from outside.
    seconds
        Wall-clock time of the run.
    peak_live
        The most qubits that had to be held jointly at one time (qubits never entangled do not count); None for an engine from outside.
    accepted
        How many of the shots ``counts`` are of: those in which every postselected bit was 0; None where nothing is postselected.
    """

    counts: dict[str, int]
    registers: list[tuple[str, int]]
    shots: int
    seed: int
    engine: str
    seconds: float
    peak_live: int | None
    accepted: int | None = None


class _Engine(Protocol):
    def sample(
        self, trace: Trace, shots: int, seed: int, keep: Index | None = None
    ) -> tuple[NDArray[np.uint8], Index]: ...


#: An engine from outside: programs, manifest, shots and seed in, counts of the manifest's registers out (keys as in :class:`RunResult`).
Outside: TypeAlias = Callable[[Sequence[NodeProgram], Manifest, int, int], dict[str, int]]


def run(
    programs: Sequence[NodeProgram],
    manifest: Manifest,
    *,
    shots: int = 1024,
    seed: int = 0,
    engine: str | None = None,
    measure_all: bool = False,
    outside: Outside | None = None,
) -> RunResult:
    """Run node programs and count the reported bits.

    Parameters
    ----------
    shots
        How often.
    seed
        Same programs, shots, seed and engine: same counts.
    engine
        One of :data:`ENGINES`; None chooses.
    measure_all
        Measure each output place in Z as well, into a register ``meas`` whose index i is the i-th output.
    outside
        The function of the engine that ``engine`` names, where it is none of ours.

    Raises
    ------
    InputError
        A broken clause of the programs (PR-*), no result to count (TL-12), or no engine that fits (RES-1).
    UsageError
        Unknown engine, an engine that cannot run this program (RES-1), or no shots.

    Examples
    --------
    >>> from gossamer.ir.program import Gate, ManifestNode
    >>> program = NodeProgram("a", "circuit", 1, 0, 1, (Gate("x", (0,)), Measure(0, 0)), ((0, "c[0]"),))
    >>> node = ManifestNode(name="a", model="circuit", program="a.qasm", data=1, comm=0)
    >>> register = ManifestRegister(name="c", bits=[ManifestBit(node="a", bit=0), None])
    >>> manifest = Manifest(nodes=[node], links=[], messages=[], inputs=[], outputs=[], registers=[register], outcomes=[],
    ...                     source_digest="")
    >>> run([program], manifest, shots=5).counts
    {'01': 5}
    """
    start = time.perf_counter()
    if shots < 1:
        raise UsageError("TL-7", f"a run needs at least one shot, not {shots}")
    if seed < 0:
        raise UsageError("TL-7", f"a seed is not negative: {seed}")
    if outside is None and engine is not None and engine not in ENGINES:
        raise UsageError("TL-7", f"there is no engine '{engine[:80]}'", help=f"known: {', '.join(ENGINES)}")
    if measure_all:
        programs, manifest = measure_outputs(programs, manifest)
    registers = [(r.name, len(r.bits)) for r in manifest.registers]
    if not any(size for _, size in registers):
        raise InputError(
            "TL-12", "the program reports no measured bit, so there is nothing to count", help="use --measure-all"
        )
    if outside is not None:
        check_programs(programs, manifest)
        found = dict(sorted(outside(programs, manifest, shots, seed).items()))
        return RunResult(found, registers, shots, seed, str(engine), time.perf_counter() - start, None)
    trace = run_actors(programs, manifest)
    name, trace = _choose(trace, shots, engine)
    chosen: _Engine
    if name == "stim":
        chosen = Stabilizer()
    else:
        chosen = StateVector(np.complex128 if name == "statevector128" else np.complex64)
    places = [trace.slot_of[b.node, b.bit] if b is not None else None for r in manifest.registers for b in r.bits]
    zero = [trace.slot_of[b.node, b.bit] for b in manifest.postselected]
    keep = np.array(sorted({p for p in (*places, *zero) if p is not None}), np.int64)
    bits, weights = chosen.sample(trace, shots, seed, keep)
    accepted = None
    if zero:
        good = ~bits[np.searchsorted(keep, zero)].any(axis=0)
        bits, weights = bits[:, good], weights[good]
        accepted = int(weights.sum())
    counts = _count(bits, weights, keep, places, registers)
    return RunResult(counts, registers, shots, seed, name, time.perf_counter() - start, trace.peak, accepted)


def measure_outputs(programs: Sequence[NodeProgram], manifest: Manifest) -> tuple[tuple[NodeProgram, ...], Manifest]:
    """The same programs with a measurement of each output place at the end, reported in a new register ``meas``.

    Raises
    ------
    InputError
        TL-12 if there is no output.
    """
    if not manifest.outputs:
        raise InputError("TL-12", "the program has no output that could be measured")
    taken = {r.name for r in manifest.registers}
    name = next(n for n in ("meas", *(f"meas{k}" for k in range(len(taken)))) if n not in taken)
    by_node = {p.node: replace(p, excerpt=None) for p in programs}  # it speaks of the manifest as it was
    bits: list[ManifestBit | None] = []
    for i, place in enumerate(manifest.outputs):
        p = by_node.get(place.node)
        if p is None:
            raise InputError("PR-9", f"output {place.name} sits on {place.node}, which has no program")
        by_node[place.node] = replace(
            p,
            bits=p.bits + 1,
            instructions=(*p.instructions, _in_z(p.model, place.qubit, p.bits)),
            results=(*p.results, (p.bits, f"{name}[{i}]")),
        )
        bits.append(ManifestBit(node=place.node, bit=p.bits))
    registers = [*manifest.registers, ManifestRegister(name=name, bits=bits)]
    return tuple(by_node.values()), manifest.model_copy(update={"outputs": [], "registers": registers})


def _in_z(model: str, qubit: int, bit: int) -> Measure | Observe:
    """A measurement in Z in the words of a model."""
    if Measure in WORDS.get(model, (Measure,)):
        return Measure(qubit, bit)
    return Observe(pattern.Measure(qubit, pattern.Basis.Z), bit)


def _choose(trace: Trace, shots: int, engine: str | None) -> tuple[str, Trace]:
    """The engine to use and the trace in the order that suits it; refuses an engine that cannot give the right answer."""
    reason = find_non_clifford(trace)
    if engine == "stim" and reason is not None:
        raise UsageError("RES-1", f"engine stim cannot run this program: {reason}", help="leave --engine out")
    work = estimate_work(trace, shots)
    if engine == "stim" or (engine is None and reason is None and (trace.peak > MAX_LIVE or work > _CLIFFORD_WORK)):
        return "stim", trace
    if trace.peak > MAX_LIVE or work > _REORDER_WORK:
        trace = reorder(trace)
    if trace.peak <= MAX_LIVE:
        return engine or "statevector", trace
    too_large = f"{trace.peak} qubits are live at one time, and a statevector holds at most {MAX_LIVE}"
    if engine is not None:
        way = "use --engine stim" if reason is None else None
        raise UsageError("RES-1", f"engine {engine} cannot run this program: {too_large}", help=way)
    raise InputError(
        "RES-1",
        f"no engine can run this program: {too_large}, and {reason}",
        help="a schedule or placement with fewer live qubits may fit; Clifford programs run at any size",
    )


def _count(
    bits: NDArray[np.uint8],
    weights: Index,
    keep: Index,
    places: Sequence[int | None],
    registers: Sequence[tuple[str, int]],
) -> dict[str, int]:
    """Sum the shots of equal results; keys are sorted."""
    row_of = {int(slot): k for k, slot in enumerate(keep)}
    columns: list[int | None] = [None if p is None else row_of[p] for p in places]
    order: list[int | str | None] = []  # what stands where in a key: a row, a constant 0 or a space
    first = 0
    for _, size in registers:
        if size:
            order = [*reversed(columns[first : first + size]), *([" "] if order else []), *order]
        first += size
    text = np.full((bits.shape[1], len(order)), ord("0"), np.uint8)
    for k, what in enumerate(order):
        if isinstance(what, str):
            text[:, k] = ord(what)
        elif what is not None:
            text[:, k] += bits[what]
    distinct, inverse = np.unique(text, axis=0, return_inverse=True)
    totals = np.zeros(len(distinct), np.int64)
    np.add.at(totals, inverse.reshape(-1), weights)
    return {row.tobytes().decode("ascii"): int(total) for row, total in zip(distinct, totals, strict=True)}
