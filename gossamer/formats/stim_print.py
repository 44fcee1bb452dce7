"""A Clifford program as a circuit of stim, with detectors and observables, so that noise on its links can be studied.

Feed-forward becomes classically controlled Paulis (``CX rec[-1] 3``). What has to be computed of several bits is not measured on a qubit as
elsewhere: stim flips a Pauli once for each record. The observables are the parities of results that are certain without noise, the
detectors the other parities of outcomes that are; both are exact, since they are found as stabiliser flows. Clause PR-19.

References
----------
Gidney, "Stim: a fast stabilizer circuit simulator", Quantum 5, 497 (2021); McEwen, Bacon and Gidney, "Relaxing hardware requirements for
surface code circuits using time-dynamics", Quantum 7, 1172 (2023), for stabiliser flows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

from gossamer.diagnostics import InputError, UsageError
from gossamer.ir.elementary import spell_out
from gossamer.ir.program import Conditional, Distribution, Gate, Measure, Reset

if TYPE_CHECKING:
    import stim

CODE = "PR-19"
#: Above it a depolarising channel on two qubits is none.
MAX_NOISE = 15 / 16
#: Flows of a circuit take time that grows with qubits squared times measurements; above this product none are looked for.
MAX_WORK = 4 * 10**9

#: Under these names stim has gates of ours, up to a global phase.
_NAMES = {
    "h": "H", "x": "X", "y": "Y", "z": "Z", "s": "S", "sdg": "S_DAG", "sx": "SQRT_X", "cz": "CZ", "cx": "CX", "swap": "SWAP", "ms": "SQRT_XX",
}  # fmt: skip
#: The same, of rotations by 0, 1, 2 and 3 quarter turns.
_TURNS = {
    "rz": ("I", "S", "Z", "S_DAG"),
    "rx": ("I", "SQRT_X", "X", "SQRT_X_DAG"),
    "ry": ("I", "SQRT_Y", "Y", "SQRT_Y_DAG"),
    "rzz": ("I", "SQRT_ZZ", "ZZ", "SQRT_ZZ_DAG"),
    "rxx": ("I", "SQRT_XX", "XX", "SQRT_XX_DAG"),
}
#: Paulis that a condition may decide on, and which one it is on each qubit.
_PAULIS = {"I": "", "X": "X", "Y": "Y", "Z": "Z", "ZZ": "Z", "XX": "X"}


def print_stim(distribution: Distribution, *, link_noise: float = 0.0) -> str:
    """The text of a circuit of stim: the one program of a distribution, quantum inputs in ``|0>``.

    Parameters
    ----------
    distribution
        Of one node, such as :func:`gossamer.backends.circuit_merge.merge` gives it.
    link_noise
        The probability of ``DEPOLARIZE2`` on each Bell pair, 0 to 15/16.

    Raises
    ------
    InputError
        ``PR-19`` if a gate is not Clifford, or what a condition asks for is no parity, or what it decides no Pauli; or if the program is too large.
    UsageError
        ``TL-7`` if ``link_noise`` is no such probability.

    Examples
    --------
    >>> from gossamer.ir.network import Network, Node
    >>> from gossamer.ir.program import Manifest, ManifestBit, ManifestNode, ManifestRegister, NodeProgram
    >>> code = (Gate("h", (0,)), Gate("cx", (0, 1)), Measure(0, 0), Conditional(((0, True),), (Gate("x", (1,)),)), Measure(1, 1))
    >>> node = ManifestNode(name="a", model="circuit", program="a.qasm", data=2, comm=0)
    >>> m = Manifest(nodes=[node], links=[], messages=[], inputs=[], outputs=[], outcomes=[], source_digest="",
    ...     registers=[ManifestRegister(name="c", bits=[ManifestBit(node="a", bit=1)])])
    >>> one = Distribution((NodeProgram("a", "circuit", 2, 0, 2, code, ((1, "c[0]"),)),), m, Network(nodes=(Node(name="a", data=2),), links=()))
    >>> print(print_stim(one), end="")
    H 0
    CX 0 1
    M 0
    CX rec[-1] 1
    M[c[0\\C] 1
    OBSERVABLE_INCLUDE[c[0\\C = 0](0) rec[-1]
    """
    if not 0 <= link_noise <= MAX_NOISE:
        raise UsageError("TL-7", f"the noise of a link is a probability from 0 to 15/16, not {link_noise}")
    return f"{_Writer(distribution, link_noise).circuit()}\n"


#: Stands among the records of a parity for the constant 1.
_ONE = -1


class _Writer:
    def __init__(self, distribution: Distribution, noise: float) -> None:
        import stim

        self.stim = stim
        (self.program,) = distribution.programs
        self.noise = noise
        self.pairs: dict[int, str] = distribution.report.get("pairs", {})
        owners = distribution.report.get("owners", [])
        self.parity = len(owners) - 1 if owners and owners[-1][1] == "parity" else None
        self.out = stim.Circuit()
        self.records: dict[int, frozenset[int]] = {}  # bit -> the measurements of stim whose parity it is
        self.measured: dict[int, int] = {}  # bit -> its own measurement, if it has one
        self.collected: frozenset[int] = frozenset()  # what the qubit of parities would hold
        self.results: dict[int, list[str]] = {}
        for bit, name in self.program.results:
            self.results.setdefault(bit, []).append(name)

    def circuit(self) -> stim.Circuit:
        for i, op in enumerate(self.program.instructions):
            link = self.pairs.get(i)
            match op:
                case Gate("x", (qubit,)) if qubit == self.parity:
                    self.collected ^= {_ONE}
                case Gate():
                    self.gate(op, "" if link is None else f"link {link}")
                    if link is not None and self.noise:
                        self.add("DEPOLARIZE2", op.qubits, (self.noise,), f"link {link}")
                case Reset(qubit) if qubit == self.parity:
                    self.collected = frozenset()
                case Reset(qubit):
                    self.add("R", [qubit])
                case Measure(qubit, bit) if qubit == self.parity:
                    self.records[bit] = self.collected
                case Measure(qubit, bit):
                    self.measure(qubit, bit)
                    self.records[bit] = frozenset((self.measured[bit],))
                case Conditional(conditions, body):
                    self.when(conditions, body)
                case _:
                    _refuse(f"{type(op).__name__} has no form in stim")
        certain = certain_parities(self.out.without_noise())
        self.report_parities()
        self.declare(certain)
        return self.out

    def add(self, name: str, targets: Sequence[int], arguments: Sequence[float] = (), tag: str = "") -> None:
        self.out.append(self.stim.CircuitInstruction(name, targets, arguments, tag=tag))

    def measure(self, qubit: int, bit: int) -> None:
        self.measured[bit] = self.out.num_measurements
        self.add("M", [qubit], (), " ".join(self.results.get(bit, ())))

    def gate(self, gate: Gate, tag: str) -> None:
        for one in (gate,) if gate.name in _NAMES or gate.name in _TURNS else spell_out([gate]):
            name = stim_name(one)
            if name is None:
                _refuse(f"{one.name} by {one.angle} of a half turn is not a Clifford gate")
            if name in ("ZZ", "XX"):
                self.add(name[0], one.qubits)
            elif name != "I":
                self.add(name, one.qubits, (), tag)

    def when(self, conditions: Sequence[tuple[int, bool]], body: Iterable[Gate]) -> None:
        """Paulis under a condition: one flip for each record whose parity decides."""
        paulis: list[tuple[str, int]] = []
        for gate in body:
            name = stim_name(gate)
            if name not in _PAULIS:
                _refuse(f"a condition decides on {gate.name}, which is no Pauli gate")
            paulis += [(_PAULIS[name], q) for q in gate.qubits if name != "I"]
        if not paulis:
            return
        if len(conditions) != 1:
            _refuse(f"a condition asks for {len(conditions)} bits at one time, which is no parity")
        ((bit, wanted),) = conditions
        decides = self.records[bit] ^ (frozenset() if wanted else {_ONE})
        for pauli, qubit in paulis:
            if qubit == self.parity:
                self.collected ^= decides
            else:
                self.flip(pauli, qubit, decides)

    def flip(self, pauli: str, qubit: int, parity: frozenset[int]) -> None:
        for record in sorted(parity):
            if record == _ONE:
                self.add(pauli, [qubit])
            else:
                self.out.append(f"C{pauli}", [self.target(record), qubit])

    def target(self, record: int) -> stim.GateTarget:
        return self.stim.target_rec(record - self.out.num_measurements)

    def report_parities(self) -> None:
        """A result that is computed of outcomes gets a record of its own, on the qubit of no node."""
        for bit in sorted(self.results.keys() - self.measured.keys()):
            assert self.parity is not None
            self.add("R", [self.parity])
            self.flip("X", self.parity, self.records[bit])
            self.measure(self.parity, bit)

    def declare(self, certain: Basis) -> None:
        """Observables: parities of results; detectors: what else is certain."""
        values = self.out.without_noise().reference_sample()
        told, taken = Basis(), Basis()  # the results of which some parity is certain; the parities that are declared
        bits = sorted(self.results, key=lambda bit: self.measured[bit])
        count = 0
        for i, bit in enumerate(bits):
            parity, those = certain.reduced(mask_of(self.records[bit])), 1 << i
            parity, those = told.reduced_with(parity, those)
            if parity:
                told.add(parity, those)
                continue
            together = sorted((bits[k] for k in range(i + 1) if those >> k & 1), key=lambda b: self.results[b])
            full = 0
            for b in together:
                full ^= mask_of(self.records[b])
            if not taken.add(full):
                continue  # the same outcomes are reported a second time, or none
            records = [self.measured[b] for b in together]
            value = sum(int(values[r]) for r in records) % 2
            tag = f"{' ^ '.join(self.results[b][0] for b in together)} = {value}"
            self.out.append(
                self.stim.CircuitInstruction("OBSERVABLE_INCLUDE", [self.target(r) for r in records], [count], tag=tag)
            )
            count += 1
        for parity in certain.vectors():
            if taken.add(parity):
                self.out.append("DETECTOR", [self.target(r) for r in members_of(parity)])


def stim_name(gate: Gate) -> str | None:
    """What stim calls the gate; None if it has no name, or it is not Clifford."""
    if gate.name not in _TURNS:
        return _NAMES.get(gate.name)
    assert gate.angle is not None
    quarters = gate.angle.constant * 2
    return _TURNS[gate.name][int(quarters) % 4] if quarters.denominator == 1 else None


# ---- parities, as sets of records: bit k of a number is record k ---------------------------------------------------------


class Basis:
    """A basis over GF(2), each vector with a second one that goes along; no two of the first have the same highest bit."""

    def __init__(self) -> None:
        self.by_length: dict[int, tuple[int, int]] = {}

    def reduced_with(self, vector: int, beside: int) -> tuple[int, int]:
        """The vector minus what is in the span, highest bits first, and what goes along with it."""
        rest = 0
        while vector:
            found = self.by_length.get(vector.bit_length())
            if found is None:
                top = 1 << (vector.bit_length() - 1)
                rest, vector = rest | top, vector ^ top
            else:
                vector, beside = vector ^ found[0], beside ^ found[1]
        return rest, beside

    def reduced(self, vector: int) -> int:
        return self.reduced_with(vector, 0)[0]

    def add(self, vector: int, beside: int = 0) -> bool:
        """Add a vector; whether it was independent."""
        vector, beside = self.reduced_with(vector, beside)
        if vector:
            self.by_length[vector.bit_length()] = vector, beside
        return bool(vector)

    def vectors(self) -> list[int]:
        """By their highest bits, which stand in no other one."""
        tops = [1 << (length - 1) for length in sorted(self.by_length)]
        return [top | self.reduced(self.by_length[top.bit_length()][0] ^ top) for top in tops]


def mask_of(records: Iterable[int]) -> int:
    return sum(1 << r for r in records if r != _ONE)


def members_of(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def certain_parities(circuit: stim.Circuit) -> Basis:
    """The parities of measurements that are the same in every run: flows from nothing to nothing.

    Raises
    ------
    InputError
        ``PR-19`` if the circuit is too large.

    Examples
    --------
    >>> import stim
    >>> [members_of(v) for v in certain_parities(stim.Circuit("H 0\\nCX 0 1\\nM 0 1\\nR 2\\nM 2")).vectors()]
    [[0, 1], [2]]
    """
    import numpy as np
    import stim

    n, m = circuit.num_qubits, circuit.num_measurements
    if n * n * m > MAX_WORK:
        _refuse(f"{n} qubits and {m} measurements are too many to look for parities that are certain")
    begun = stim.Circuit()
    begun.append("R", range(n))
    beside, out = Basis(), Basis()
    for flow in (begun + circuit).flow_generators():
        ends = 0
        for pauli in (flow.input_copy(), flow.output_copy()):
            for half in pauli.to_numpy(bit_packed=True):
                ends = ends << 8 * len(half) | int.from_bytes(np.asarray(half).tobytes(), "little")
        ends, parity = beside.reduced_with(ends, mask_of(flow.measurements_copy()))
        if ends:
            beside.add(ends, parity)
        else:
            out.add(parity)
    return out


def _refuse(message: str) -> NoReturn:
    raise InputError(
        CODE,
        message,
        help="stim takes Clifford gates and Paulis that parities of outcomes decide on; `run` takes others",
    )
