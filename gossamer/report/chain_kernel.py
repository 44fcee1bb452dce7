"""The compiled loop behind `gossamer.report.counts.longest_chain`: programs side by side, each as far as it gets.

Import it inside functions only: numba compiles on first use and keeps the result on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

#: What an instruction does besides touching qubits and reading bits.
ACT, SEND, RECV, EBIT, COMPUTE = range(5)


@njit(cache=True, nogil=True)
def run(
    word: Any, partner: Any, written: Any, touch_start: Any, part: Any, qubit: Any, read_start: Any, read: Any, begin: Any,
    free: Any, known: Any, sent: Any, asked: Any, ebit: Any,
) -> Any:  # fmt: skip
    """Whether all programs come to their ends; ``free`` and ``known`` are the times when qubits are free and bits known.

    Instructions of all programs stand one after the other, those of program i from ``begin[i]`` on; qubits and bits are numbered through.
    ``partner`` is the number of a message or link; ``sent`` and ``asked`` are -1 at the start, the latter also holds where the first end stands.
    """
    programs = len(begin) - 1
    at = begin[:-1].copy()
    progress = True
    while progress:
        progress = False
        for i in range(programs):
            start = at[i]
            while at[i] < begin[i + 1]:
                x = at[i]
                waits = 0
                for r in range(read_start[x], read_start[x + 1]):
                    waits = max(waits, known[read[r]])
                kind = word[x]
                if kind == RECV:
                    if sent[partner[x]] < 0:
                        break
                    known[written[x]] = sent[partner[x]]
                elif kind == SEND:
                    sent[partner[x]] = waits
                elif kind == COMPUTE:
                    known[written[x]] = waits
                elif kind == EBIT:
                    first = asked[partner[x]]
                    if first < 0:
                        asked[partner[x]] = x
                    if first < 0 or begin[i] <= first < begin[i + 1]:
                        break
                    mine, theirs = qubit[touch_start[x]], qubit[touch_start[first]]
                    done = max(free[mine], free[theirs]) + ebit
                    free[mine] = free[theirs] = done
                    j = np.searchsorted(begin, first, side="right") - 1
                    at[j] += 1  # it stands at its ebit until the second end comes
                else:
                    t, end = touch_start[x], touch_start[x + 1]
                    while t < end:
                        last = t
                        while last < end and part[last] == part[t]:
                            waits = max(waits, free[qubit[last]])
                            last += 1
                        waits += 1
                        for u in range(t, last):
                            free[qubit[u]] = waits
                        t = last
                    if written[x] >= 0:
                        known[written[x]] = waits
                at[i] += 1
            progress |= at[i] > start
    return (at >= begin[1:]).all()
