"""Questions about whole programs, answered on their tables: may a rule be broken here at all?

A screen is a twin of a rule that only says "certainly not" (True) or "perhaps" (False). Rules over millions of instructions ask it first; where the answer is
"perhaps", the rule itself looks at the instructions one by one, and says which of them breaks it and how. So a screen may be too strict, never too
lenient, and words that it does not know (commands of a pattern) make it say "perhaps".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.diagram import Int
from gossamer.ir.program import NodeProgram
from gossamer.ir.program_columns import COMMAND, CONDITIONAL, EBIT, MEASURE, OBSERVE, OTHER, RESET, Columns

_PATTERN = (COMMAND, OBSERVE, OTHER)


def operands_exist(p: NodeProgram, c: Columns) -> bool:
    """Of the operands of all instructions but gates as such: they exist, conditions and messages have some and name none twice."""
    if np.isin(c.kind, _PATTERN).any():
        return False
    conditions = np.bincount(c.read_at, minlength=len(c.kind))
    pairs = c.read_at.astype(np.int64) << 32 | c.read
    return (
        _within(c.qubit, p.data + p.comm)
        and _within(c.read, p.bits)
        and _within(c.written, p.bits)
        and not bool((conditions[c.where(CONDITIONAL)] == 0).any())
        and len(np.unique(pairs)) == len(pairs)
    )


def bits_are_written_once_and_first(c: Columns) -> bool:
    """Each bit is written at most once, and before it is read."""
    by = np.argsort(c.written, kind="stable")
    written, at = c.written[by], c.write_at[by]
    if (written[1:] == written[:-1]).any():
        return False
    if not len(c.read):
        return True
    found = np.searchsorted(written, c.read)
    there = found < len(written)
    found = found[there]
    return bool(there.all() and (written[found] == c.read).all() and (at[found] < c.read_at).all())


def qubits_are_free(p: NodeProgram, c: Columns, inputs: set[int], outputs: set[int]) -> bool:
    """No data qubit is used between its measurement and a reset, no output measured at the end, no input reset before it is used."""
    if np.isin(c.kind, _PATTERN).any():
        return False
    data = (c.qubit < p.data) & (c.kind[c.at] != EBIT)
    by = np.argsort(c.qubit[data], kind="stable")
    qubit, kind = c.qubit[data][by], c.kind[c.at[data][by]]
    same: NDArray[np.bool_] = qubit[1:] == qubit[:-1]
    if (same & (kind[:-1] == MEASURE) & (kind[1:] != RESET)).any():
        return False
    first, last = np.append(True, ~same), np.append(~same, True)
    if not len(qubit):
        return True
    return not (inputs.intersection(qubit[first & (kind == RESET)].tolist())
                or outputs.intersection(qubit[last & (kind == MEASURE)].tolist()))  # fmt: skip


def _within(values: Int, limit: int) -> bool:
    return not len(values) or bool(values.min() >= 0 and values.max() < limit)
