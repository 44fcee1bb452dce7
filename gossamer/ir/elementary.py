"""Gates of node programs as elementary ones, by the definitions of ``gossamer.ir.gates``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.ir.gates import MADE_OF
from gossamer.ir.phase import Phase
from gossamer.ir.program import Gate


def spell_out(gates: Iterable[Gate]) -> Iterator[Gate]:
    """The gates with each that is not elementary replaced by its parts.

    Examples
    --------
    >>> [(g.name, g.qubits) for g in spell_out([Gate("cx", (4, 2)), Gate("z", (0,))])]
    [('h', (2,)), ('cz', (4, 2)), ('h', (2,)), ('z', (0,))]
    """
    for gate in gates:
        if gate.name not in MADE_OF:
            yield gate
            continue
        for name, positions, angle in MADE_OF[gate.name]:
            qubits = tuple(gate.qubits[i] for i in positions)
            if angle is None:
                yield Gate(name, qubits)
            elif isinstance(angle, tuple):
                yield Gate(name, qubits, gate.angles[angle[0]] + Phase(angle[1]))
            else:
                yield Gate(name, qubits, Phase(angle))
