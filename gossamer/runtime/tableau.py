"""Stabiliser engine: replays the trace of a Clifford program of any size with stim.

Where every conditional is a Pauli gate on one condition, the whole trace becomes one stim circuit with classically controlled
Paulis and all shots are drawn in bulk. Otherwise (a conditional S, say, or a conjunction) each distinct history of outcomes is followed
by a tableau simulator of its own. A trace that is not Clifford is refused with a reason; nothing is rounded to a Clifford gate.

References
----------
Gidney, "Stim: a fast stabilizer circuit simulator", Quantum 5, 497 (2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gossamer.runtime.kernels import Index
from gossamer.runtime.tally import Tally
from gossamer.runtime.trace import Apply, Evaluate, Observe, Pair, Parity, Trace

if TYPE_CHECKING:
    import stim

#: Bits that one bulk sample may hold (bytes of memory).
_BULK = 1 << 26

_PLAIN = {"h": "H", "x": "X", "z": "Z", "s": "S", "sdg": "S_DAG", "cz": "CZ"}
#: Name, number of quarter turns -> stim's name, up to a global phase.
_TURNS = {
    "rz": ("I", "S", "Z", "S_DAG"),
    "rx": ("I", "SQRT_X", "X", "SQRT_X_DAG"),
    "rzz": ("I", "SQRT_ZZ", "ZZ", "SQRT_ZZ_DAG"),
}


def stim_name(op: Apply) -> str | None:
    """Stim's name of the gate up to a global phase (``I``: does nothing, ``ZZ``: Z on both); None if it is not Clifford.

    Examples
    --------
    >>> from fractions import Fraction
    >>> stim_name(Apply("rz", (0,), Fraction(3, 2))), stim_name(Apply("rz", (0,), Fraction(1, 4)))
    ('S_DAG', None)
    """
    if op.name in _PLAIN:
        return _PLAIN[op.name]
    turns = op.angle * 2
    return _TURNS[op.name][int(turns) % 4] if turns.denominator == 1 else None


def find_non_clifford(trace: Trace) -> str | None:
    """The reason why stabilisers do not apply, or None.

    Examples
    --------
    >>> from fractions import Fraction
    >>> find_non_clifford(Trace((Apply("rx", (0,), Fraction(1, 8)),), 1, 0, {}, 0, 0))
    'rx(1/8 pi) is not a Clifford gate'
    """
    for op in trace.operations:
        if isinstance(op, Apply) and stim_name(op) is None:
            return f"{op.name}({op.angle} pi) is not a Clifford gate"
    return None


def _paulis(op: Apply) -> list[tuple[str, int]] | None:
    """The gate as X and Z on single qubits, or None."""
    name = stim_name(op)
    if name == "I":
        return []
    if name in ("X", "Z"):
        return [(name, op.qubits[0])]
    return [("Z", q) for q in op.qubits] if name == "ZZ" else None


class Stabilizer:
    """Replays Clifford traces.

    Examples
    --------
    >>> from fractions import Fraction
    >>> trace = Trace((Apply("x", (0,), Fraction(0)), Observe(0, 0)), 1, 1, {("a", 0): 0}, 0, 0)
    >>> bits, shots = Stabilizer().sample(trace, 100, seed=1)
    >>> int(bits.min()), int(shots.sum())
    (1, 100)
    """

    def sample(self, trace: Trace, shots: int, seed: int, keep: Index | None = None) -> tuple[NDArray[np.uint8], Index]:
        """As :meth:`gossamer.runtime.statevector.StateVector.sample`.

        Raises
        ------
        ValueError
            If the trace is not Clifford.
        """
        reason = find_non_clifford(trace)
        if reason is not None:
            raise ValueError(reason)
        wanted = np.arange(trace.slots) if keep is None else keep
        circuit = _bulk_circuit(trace)
        if circuit is not None:
            return _sample_bulk(trace, circuit, shots, seed, wanted)
        return _sample_histories(trace, shots, seed, wanted)


# ---- one circuit for all shots ------------------------------------------------------------------------------------------


def _bulk_circuit(trace: Trace) -> stim.Circuit | None:
    """The trace as one circuit, or None if a conditional is more than a Pauli on one bit or a bit more than a parity."""
    import stim

    conditional = [op for op in trace.operations if isinstance(op, Apply) and op.conditions]
    if any(len(op.conditions) != 1 or _paulis(op) is None for op in conditional):
        return None
    if any(isinstance(op, Evaluate) for op in trace.operations):
        return None
    circuit = stim.Circuit()
    records: dict[int, frozenset[int]] = {}  # slot -> the measurements whose parity it is
    made = 0
    for op in trace.operations:
        if isinstance(op, Pair):
            circuit.append("H", [op.first])
            circuit.append("CX", [op.first, op.second])
        elif isinstance(op, Observe):
            circuit.append("MR", [op.qubit])  # the reset makes the next use find |0>
            if op.slot is not None:
                records[op.slot] = frozenset((made,))
            made += 1
        elif isinstance(op, Parity):
            parity: frozenset[int] = frozenset()
            for source in op.sources:
                parity ^= records[source]
            records[op.slot] = parity
        elif isinstance(op, Apply) and op.conditions:
            ((slot, value),) = op.conditions
            for name, qubit in _paulis(op) or ():
                for record in sorted(records[slot]):
                    circuit.append("C" + name, [stim.target_rec(record - made), qubit])
                if not value:
                    circuit.append(name, [qubit])
        elif isinstance(op, Apply):
            plain = stim_name(op)
            assert plain is not None  # the caller has refused what is not Clifford
            circuit.append("Z" if plain == "ZZ" else plain, op.qubits)
    return circuit


def _sample_bulk(
    trace: Trace, circuit: stim.Circuit, shots: int, seed: int, wanted: Index
) -> tuple[NDArray[np.uint8], Index]:
    sampler = circuit.compile_sampler(seed=seed)
    size = max(1, min(shots, _BULK // (circuit.num_measurements + trace.slots + 1)))
    tally = Tally(len(wanted))
    for start in range(0, shots, size):
        drawn = sampler.sample(min(size, shots - start)).T
        bits = np.zeros((trace.slots, drawn.shape[1]), np.uint8)
        made = 0
        for op in trace.operations:
            if isinstance(op, Observe):
                if op.slot is not None:
                    bits[op.slot] = drawn[made]
                made += 1
            elif isinstance(op, Parity):
                bits[op.slot] = np.bitwise_xor.reduce(bits[list(op.sources)], axis=0) if op.sources else 0
        tally.add(bits[wanted], np.ones(bits.shape[1], np.int64))
    tally.merge()
    return tally.result()


# ---- one tableau for each history ---------------------------------------------------------------------------------------


def _sample_histories(trace: Trace, shots: int, seed: int, wanted: Index) -> tuple[NDArray[np.uint8], Index]:
    """Depth first over the tree of outcomes; a history with more than one shot is followed once until its shots part."""
    import stim

    rng = np.random.default_rng(seed)
    names = [stim_name(op) if isinstance(op, Apply) else None for op in trace.operations]
    start = stim.TableauSimulator()
    start.set_num_qubits(trace.qubits)
    todo = [(0, start, bytearray(trace.slots), shots)]
    results: dict[bytes, int] = {}
    while todo:
        at, simulator, bits, left = todo.pop()
        while at < len(trace.operations):
            op = trace.operations[at]
            if isinstance(op, Apply):
                if all(bits[slot] == value for slot, value in op.conditions):
                    _do(simulator, names[at], op.qubits)
            elif isinstance(op, Pair):
                simulator.h(op.first)
                simulator.cx(op.first, op.second)
            elif isinstance(op, Parity):
                bits[op.slot] = sum(bits[source] for source in op.sources) & 1
            elif isinstance(op, Evaluate):
                bits[op.slot] = sum(all(bits[k] for k in term) for term in op.terms) & 1
            elif isinstance(op, Observe):
                side = simulator.peek_z(op.qubit)
                ones = int(rng.binomial(left, 0.5)) if side == 0 else left if side < 0 else 0
                # The smaller part goes first, so at most log2(shots) parts wait.
                outcome = 0 if ones == 0 else 1 if ones == left else int(ones < left - ones)
                if 0 < ones < left:
                    other = simulator.copy()
                    waiting = bytearray(bits)
                    _collapse(other, op, waiting, 1 - outcome)
                    todo.append((at + 1, other, waiting, left - ones if outcome else ones))
                    left = ones if outcome else left - ones
                _collapse(simulator, op, bits, outcome)
            at += 1
        key = bytes(bits[k] for k in wanted)
        results[key] = results.get(key, 0) + left
    keys = sorted(results)
    table = np.array([list(k) for k in keys], np.uint8).reshape(len(keys), len(wanted)).T
    return table, np.array([results[k] for k in keys], np.int64)


def _collapse(simulator: stim.TableauSimulator, op: Observe, bits: bytearray, outcome: int) -> None:
    simulator.postselect_z(op.qubit, desired_value=bool(outcome))
    if outcome:
        simulator.x(op.qubit)
    if op.slot is not None:
        bits[op.slot] = outcome


def _do(simulator: stim.TableauSimulator, name: str | None, qubits: tuple[int, ...]) -> None:
    if name == "ZZ":
        simulator.z(*qubits)
    elif name == "CZ":
        simulator.cz(*qubits)
    elif name == "SQRT_X":
        simulator.sqrt_x(*qubits)
    elif name == "SQRT_X_DAG":
        simulator.sqrt_x_dag(*qubits)
    elif name in ("SQRT_ZZ", "SQRT_ZZ_DAG"):
        # CZ and S on both: diag(1, i, i, -i*i) = diag(1, i, i, 1).
        simulator.cz(*qubits)
        (simulator.s if name == "SQRT_ZZ" else simulator.s_dag)(*qubits)
    elif name != "I":
        {"H": simulator.h, "X": simulator.x, "Z": simulator.z, "S": simulator.s, "S_DAG": simulator.s_dag}[name or ""](
            *qubits
        )
