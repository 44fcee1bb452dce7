"""Statevector engine: replays a trace for many shots at once, exactly, on the qubits that are live and no others.

The leading axis of the state is the *branch*: one distinct history of measurement outcomes, with the number of shots that share
it. A run starts as one branch with all shots, and a measurement splits a branch only where the drawn shots disagree, so what happens
before the first random outcome is computed once. Branches are cut into batches that bound memory. Single-qubit gates are gathered in a
2x2 matrix for each qubit (and branch, where conditions differ) and reach the amplitudes together with the next entangling gate or
measurement; a qubit that was never entangled has no axis at all. Outcomes are drawn from the reduced density matrix in double
precision, and each branch is scaled to norm 1 by the weight that was measured, so rounding does not add up.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.runtime import kernels
from gossamer.runtime.kernels import Complex, Index
from gossamer.runtime.tally import Tally
from gossamer.runtime.trace import Apply, Conditions, Evaluate, Join, Observe, Pair, Parity, Trace, evaluate

#: More live qubits than this are refused: 2**26 amplitudes are half a gigabyte in single precision.
MAX_LIVE = 26
#: A batch is cut when it would hold more amplitudes than this (it stays in a processor's cache) ...
BATCH_AMPLITUDES = 1 << 20
#: ... or more bits than this.
BATCH_BITS = 1 << 26
#: Threads together keep their states within this many bytes (one thread may need more) ...
BATCH_MEMORY = 1 << 31
#: ... and there are at most so many of them.
MAX_WORKERS = 16
#: Above this many amplitude updates, compiled kernels repay their import.
NUMBA_WORK = 10**8

_S = 1 / math.sqrt(2)
_FIXED: dict[str, NDArray[np.complex128]] = {
    "h": np.array([[_S, _S], [_S, -_S]], complex),
    "x": np.array([[0, 1], [1, 0]], complex),
    "z": np.array([[1, 0], [0, -1]], complex),
    "s": np.array([[1, 0], [0, 1j]], complex),
    "sdg": np.array([[1, 0], [0, -1j]], complex),
}


def one_qubit_matrix(name: str, angle: Fraction) -> NDArray[np.complex128]:
    """The 2x2 matrix of a gate; ``angle`` in multiples of pi.

    Examples
    --------
    >>> one_qubit_matrix("rz", Fraction(1, 2)).diagonal().round(3).tolist()
    [(1+0j), 1j]
    """
    if name in _FIXED:
        return _FIXED[name]
    if name == "rz":  # up to a global phase, which no conditional can turn into a relative one: a branch is one state
        return np.array([[1, 0], [0, _unit(angle)]], complex)
    if name == "rx":
        c, s = _unit(angle / 2).real, _unit(angle / 2).imag
        return np.array([[c, -1j * s], [-1j * s, c]], complex)
    raise ValueError(f"no single-qubit gate '{name}'")


def _unit(angle: Fraction) -> complex:
    """exp(i pi angle), exact at multiples of 1/2."""
    if angle.denominator <= 2:
        return (1, 1j, -1, -1j)[int(angle * 2) % 4]
    t = float(angle % 2) * math.pi
    return complex(math.cos(t), math.sin(t))


@dataclass(slots=True)
class _Batch:
    """Branches that are replayed together: shots of each, bits, amplitudes, gathered single-qubit gates."""

    shots: Index
    bits: NDArray[np.uint8]  # (slots, branches)
    state: Complex  # (branches, 2**len(axes))
    axes: list[int]  # qubit of each axis, the most significant first
    rng: np.random.Generator  # its own stream, so that the order in which batches are run plays no part
    gathered: dict[int, NDArray[np.complex128]] = field(default_factory=dict)  # qubit -> (1 or branches, 2, 2)
    at: int = 0

    def stride(self, qubit: int) -> int:
        return 1 << (len(self.axes) - 1 - self.axes.index(qubit))

    def part(self, which: slice, rng: np.random.Generator) -> _Batch:
        gathered = {q: m if len(m) == 1 else m[which] for q, m in self.gathered.items()}
        bits = np.ascontiguousarray(self.bits[:, which])
        return _Batch(self.shots[which], bits, self.state[which], list(self.axes), rng, gathered, self.at)


def estimate_work(trace: Trace, shots: int) -> int:
    """Amplitude updates of a run, if each measurement doubles the branches until there are as many as shots."""
    total, live, branches = 0, 0, 1
    for op in trace.operations:
        if isinstance(op, Join):
            live += 1
        elif isinstance(op, Pair):
            live += 2
        elif isinstance(op, Parity | Evaluate) or (isinstance(op, Apply) and len(op.qubits) == 1):
            continue
        total += branches << live
        if isinstance(op, Observe):
            live = max(live - 1, 0)
            branches = min(2 * branches, shots)
    return total


def _workers(trace: Trace, itemsize: int) -> int:
    """Threads to use: the processors of this process, as long as three states for each fit in a few gigabytes."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, MAX_WORKERS, BATCH_MEMORY // (3 * itemsize << trace.peak)))


class StateVector:
    """Replays traces.

    Parameters
    ----------
    dtype
        ``complex64`` (default) or ``complex128`` for the amplitudes.
    compiled
        Use the numba kernels; None: where the estimated work repays it.

    Examples
    --------
    >>> from gossamer.runtime.trace import Apply, Observe, Trace
    >>> trace = Trace((Apply("x", (0,), Fraction(0)), Observe(0, 0)), 1, 1, {("a", 0): 0}, 0, 0)
    >>> bits, shots = StateVector().sample(trace, 100, seed=1)
    >>> bits.tolist(), shots.tolist()
    ([[1]], [100])
    """

    def __init__(self, dtype: type[np.complexfloating[Any, Any]] = np.complex64, compiled: bool | None = None) -> None:
        self.dtype = np.dtype(dtype)
        self.compiled = compiled
        self.kernels: ModuleType = kernels
        # An outcome less likely than this is rounding noise of an impossible one and is never drawn.
        self.noise = 1e-6 if self.dtype == np.complex64 else 1e-12

    def sample(self, trace: Trace, shots: int, seed: int, keep: Index | None = None) -> tuple[NDArray[np.uint8], Index]:
        """Outcomes of ``shots`` runs: the values (slots, branches) of the slots ``keep`` (all if None), and the shots of each column.

        Columns are distinct and ascending. Same trace, shots, seed and precision: same answer, however many threads there are.
        """
        if trace.peak > MAX_LIVE:
            raise ValueError(f"{trace.peak} live qubits; at most {MAX_LIVE} fit")
        use = self.compiled if self.compiled is not None else estimate_work(trace, shots) > NUMBA_WORK
        if use:
            from gossamer.runtime import kernels_numba

            self.kernels = kernels_numba
        else:
            self.kernels = kernels
        wanted = np.arange(trace.slots) if keep is None else keep
        todo = [
            _Batch(
                np.array([shots], np.int64),
                np.zeros((trace.slots, 1), np.uint8),
                np.ones((1, 1), self.dtype),
                [],
                np.random.default_rng(seed),
            )
        ]
        tally = Tally(len(wanted))
        workers = _workers(trace, self.dtype.itemsize) if use else 1
        with ThreadPoolExecutor(workers) if workers > 1 else nullcontext() as pool:
            running: set[Future[tuple[_Batch, list[_Batch]]]] = set()
            while todo or running:
                if pool is None:
                    results = [self._replay(trace, todo.pop())]
                else:
                    while todo and len(running) < workers:
                        running.add(pool.submit(self._replay, trace, todo.pop()))
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    results = [future.result() for future in done]
                for batch, pieces in results:
                    if pieces:
                        # The piece with the fewest shots goes first: at most log2(shots) generations of pieces ever wait.
                        todo.extend(sorted(pieces, key=lambda b: -int(b.shots.sum())))
                    else:
                        tally.add(batch.bits[wanted], batch.shots)
        tally.merge()
        return tally.result()

    # -- one batch

    def _replay(self, trace: Trace, batch: _Batch) -> tuple[_Batch, list[_Batch]]:
        """Run a batch to its end, or to the place where it must be cut (then with its pieces)."""
        while batch.at < len(trace.operations):
            op = trace.operations[batch.at]
            if isinstance(op, Apply):
                self._apply(batch, op)
            elif isinstance(op, Parity):
                batch.bits[op.slot] = np.bitwise_xor.reduce(batch.bits[list(op.sources)], axis=0) if op.sources else 0
            elif isinstance(op, Evaluate):
                batch.bits[op.slot] = evaluate(batch.bits, op)
            else:
                grows = 1 if isinstance(op, Join) else 2 if isinstance(op, Pair) else 0
                pieces = self._cut(batch, trace, grows)
                if pieces:
                    return batch, pieces
                if isinstance(op, Join):
                    self._join(batch, op.qubit)
                elif isinstance(op, Pair):
                    self._pair(batch, op)
                else:
                    self._observe(batch, op)
            batch.at += 1
        return batch, []

    def _cut(self, batch: _Batch, trace: Trace, grows: int) -> list[_Batch]:
        branches = len(batch.shots)
        fits = max(1, min(BATCH_AMPLITUDES >> (len(batch.axes) + grows), BATCH_BITS // (trace.slots + 1)))
        if branches <= fits:
            return []
        pieces = -(-branches // fits)
        edges = [branches * k // pieces for k in range(pieces + 1)]
        streams = batch.rng.spawn(pieces)
        return [batch.part(slice(lo, hi), rng) for (lo, hi), rng in zip(pairwise(edges), streams, strict=True)]

    def _apply(self, batch: _Batch, op: Apply) -> None:
        holds = _holds(batch.bits, op.conditions)
        if holds is not None and not holds.any():
            return
        if len(op.qubits) == 1:
            matrix = one_qubit_matrix(op.name, op.angle)[None]
            if holds is not None and not holds.all():
                matrix = np.where(holds[:, None, None], matrix, np.eye(2))
            before = batch.gathered.get(op.qubits[0])
            batch.gathered[op.qubits[0]] = matrix if before is None else matrix @ before
            return
        for q in op.qubits:
            self._flush(batch, q)
        # rzz up to a global phase
        odd = _unit(op.angle) if op.name == "rzz" else 1
        phases = np.array([[1, odd, odd, 1 if op.name == "rzz" else -1]], complex)
        if holds is not None and not holds.all():
            phases = np.where(holds[:, None], phases, 1)
        low, high = sorted(batch.stride(q) for q in op.qubits)
        self.kernels.apply_phases(batch.state, high, low, phases)

    def _flush(self, batch: _Batch, qubit: int) -> None:
        """Bring the gathered gates of a qubit to the amplitudes, unless they commute with the diagonal gate to come."""
        matrix = batch.gathered.get(qubit)
        if matrix is not None and (matrix[:, 0, 1].any() or matrix[:, 1, 0].any()):
            self.kernels.apply_matrix(batch.state, batch.stride(qubit), matrix)
            del batch.gathered[qubit]

    def _join(self, batch: _Batch, qubit: int) -> None:
        matrix = batch.gathered.pop(qubit, None)
        column = np.array([[1, 0]], complex) if matrix is None else matrix[:, :, 0]
        new = np.multiply(column.astype(self.dtype)[:, :, None], batch.state[:, None, :])
        batch.state = new.reshape(len(batch.shots), -1)
        batch.axes.insert(0, qubit)

    def _pair(self, batch: _Batch, op: Pair) -> None:
        branches, size = batch.state.shape
        new = np.zeros((branches, 4, size), self.dtype)
        np.multiply(batch.state, self.dtype.type(_S), out=new[:, 0])
        new[:, 3] = new[:, 0]
        batch.state = new.reshape(branches, -1)
        batch.axes[:0] = [op.first, op.second]

    def _observe(self, batch: _Batch, op: Observe) -> None:
        branches = len(batch.shots)
        matrix = batch.gathered.pop(op.qubit, None)
        joint = op.qubit in batch.axes
        if not joint:
            column = np.array([[1, 0]], complex) if matrix is None else matrix[:, :, 0]
            column = np.broadcast_to(column, (branches, 2))
            weight = np.abs(column) ** 2
        else:
            rho = self.kernels.density(batch.state, batch.stride(op.qubit))
            m = np.eye(2, dtype=complex)[None] if matrix is None else matrix
            m = np.broadcast_to(m, (branches, 2, 2))
            cross = m[:, :, 0] * m[:, :, 1].conj() * (rho[:, 2] + 1j * rho[:, 3])[:, None]
            weight = np.abs(m[:, :, 0]) ** 2 * rho[:, :1] + np.abs(m[:, :, 1]) ** 2 * rho[:, 1:2] + 2 * cross.real
            weight = np.maximum(weight, 0)
        likely = weight[:, 1] / weight.sum(axis=1)
        likely = np.round(likely, 6 if self.dtype == np.complex64 else 12)  # so that all kernels draw the same samples
        likely[likely < self.noise] = 0
        likely[likely > 1 - self.noise] = 1
        ones = batch.rng.binomial(batch.shots, likely)
        # Branch k goes on as outcome 0 with shots - ones shots and as outcome 1 with the rest; empty branches go.
        share = np.stack([batch.shots - ones, ones], axis=1)
        source, outcome = np.nonzero(share)
        batch.shots = share[source, outcome]
        if len(source) != branches or bool((source != np.arange(branches)).any()):
            batch.bits = batch.bits[:, source]
            batch.gathered = {q: g if len(g) == 1 else g[source] for q, g in batch.gathered.items()}
            if not joint:
                batch.state = batch.state[source]
        if op.slot is not None:
            batch.bits[op.slot] = outcome
        if joint:
            row = m[source, outcome] / np.sqrt(weight[source, outcome])[:, None]
            batch.state = self.kernels.project(batch.state, batch.stride(op.qubit), source, row)
            batch.axes.remove(op.qubit)


def _holds(bits: NDArray[np.uint8], conditions: Conditions) -> NDArray[np.bool_] | None:
    """For which branches all conditions hold; None if there are none."""
    if not conditions:
        return None
    holds = np.ones(bits.shape[1], bool)
    for slot, value in conditions:
        holds &= bits[slot] == value
    return holds
