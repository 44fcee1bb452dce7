"""Engine ``graphix``: the programs of MBQC nodes as one pattern, simulated by graphix itself, its outcomes drawn at random in each shot.

Nothing of our runtime is used. graphix is imported when the engine is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gossamer.backends.mbqc_merge import merge
from gossamer.diagnostics import UsageError
from gossamer.engines.outside import key_of
from gossamer.formats.pattern_graphix import to_graphix
from gossamer.ir.diagram import BitKind
from gossamer.ir.fixed_angles import with_fixed_angles
from gossamer.ir.pattern import Pattern
from gossamer.ir.program import Manifest, NodeProgram

#: More nodes at one time than this are not simulated.
MAX_SPACE = 24


def sample(programs: Sequence[NodeProgram], manifest: Manifest, shots: int, seed: int) -> dict[str, int]:
    """Counts of the manifest's registers, under the keys that Qiskit prints.

    Raises
    ------
    InputError
        ``PR-16`` if the programs are no pattern, or none of graphix.
    MissingPackage
        ``TL-9`` without graphix.
    UsageError
        ``RES-1`` if too many nodes of the pattern are there at one time.
    """
    import numpy as np

    pattern = with_fixed_angles(merge(programs, manifest))
    made = to_graphix(pattern)
    space = made.max_space()
    if space > MAX_SPACE:
        raise UsageError(
            "RES-1",
            f"engine graphix cannot run this program: {space} nodes of the pattern are there at one time, and at most {MAX_SPACE} are simulated",
            help="leave --engine out",
        )
    from graphix.simulator import DefaultMeasureMethod, PatternSimulator
    from graphix.states import BasicStates

    rng = np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    for _ in range(shots):
        measured = DefaultMeasureMethod()
        PatternSimulator(made, measure_method=measured).run(input_state=BasicStates.ZERO, rng=rng)
        counts[_key(pattern, measured.results)] += 1
    return dict(counts)


def _key(pattern: Pattern, results: Mapping[int, int]) -> str:
    """What the registers hold, as a key of counts."""
    bits: dict[int, bool] = {}
    for i, bit in enumerate(pattern.bits):
        if bit.kind == BitKind.OUTCOME:
            assert bit.vertex is not None
            bits[i] = bool(results[bit.vertex])
        else:
            assert bit.expr is not None, "a program has no classical inputs"
            bits[i] = bit.expr.evaluate(bits)
    return key_of([expr.evaluate(bits) for expr in register.bits] for register in pattern.registers)
