"""Compiled loops of the flow finder: GF(2) elimination on packed rows, and the layers of causal, generalised and Pauli flow.

A row is an array of 64-bit words, bit ``j`` is bit ``j % 64`` of word ``j // 64``. The tests hold slow twins of all of them, or
try everything. Import this module inside functions only: numba compiles on first use and keeps the result on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True}
_ONE = np.uint64(1)
#: Words of a row that are treated together where rows are added from tables.
_STRIP = 32


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def flip_bits(matrix: Any, row: Any, column: Any) -> None:
    """Flip the bits at the places ``(row[i], column[i])``."""
    for i in range(row.size):
        j = column[i]
        matrix[row[i], j >> 6] ^= _ONE << np.uint64(j & 63)


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def add_rows(target: Any, to: Any, source: Any, row: Any) -> None:
    """Add row ``row[i]`` of the source to row ``to[i]`` of the target (which may be wider)."""
    for i in range(row.size):
        for k in range(source.shape[1]):
            target[to[i], k] ^= source[row[i], k]


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def transpose(matrix: Any, columns: int) -> Any:
    """The transpose of a packed matrix with that many columns.

    Blocks of 64 by 64 bits are transposed in place by exchanging their off-diagonal quarters, then those of the quarters, ...
    """
    rows = matrix.shape[0]
    out = np.zeros((columns, (rows + 63) // 64), np.uint64)
    block = np.empty(64, np.uint64)
    for top in range(0, rows, 64):
        for w in range((columns + 63) // 64):
            some = np.uint64(0)
            for i in range(64):
                block[i] = matrix[top + i, w] if top + i < rows else np.uint64(0)
                some |= block[i]
            if not some:
                continue
            half, mask = 32, np.uint64(0xFFFFFFFF)  # the lower halves of groups of 2 * half bits
            while half:
                for i in range(64):
                    if not i & half:
                        swap = ((block[i] >> np.uint64(half)) ^ block[i + half]) & mask
                        block[i] ^= swap << np.uint64(half)
                        block[i + half] ^= swap
                half >>= 1
                mask ^= mask << np.uint64(half)
            for j in range(min(64, columns - 64 * w)):
                out[64 * w + j, top >> 6] = block[j]
    return out


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def count_bits(matrix: Any, words: int) -> Any:
    """The number of bits that are set in the first words of each row."""
    out = np.zeros(matrix.shape[0], np.int64)
    for i in range(matrix.shape[0]):
        for w in range(words):
            x = matrix[i, w]
            while x:
                x &= x - _ONE
                out[i] += 1
    return out


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def rows_to_csr(matrix: Any, value: Any) -> Any:
    """``(start, members)``: for each row ``value[j]`` for the bits ``j`` that are set."""
    start = np.zeros(matrix.shape[0] + 1, np.int32)
    count = count_bits(matrix, matrix.shape[1])
    for i in range(matrix.shape[0]):
        start[i + 1] = start[i] + count[i]
    members = np.empty(start[-1], np.int32)
    at = 0
    for i in range(matrix.shape[0]):
        for w in range(matrix.shape[1]):
            x, j = matrix[i, w], 64 * w
            while x:
                if x & _ONE:
                    members[at] = value[j]
                    at += 1
                x >>= _ONE
                j += 1
    return start, members


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def reduce_rows(matrix: Any, columns: int) -> Any:
    """Reduced row echelon form of the first ``columns`` columns, in place and without its order of rows: each column with a pivot has one
    bit, in a row of its own. The rest of each row goes along. Returns the row of each column's pivot, or -1.

    64 columns are eliminated at a time. Their one word of each row tells which rows must be added to which, and the rows are
    added once for all 64, eight at a time from tables where that is less work (the method of the four Russians: Arlazarov,
    Dinic, Kronrod, Faradzhev, Soviet Math. Dokl. 11, 1209, 1970).
    """
    rows, words = matrix.shape
    pivot = np.full(columns, -1, np.int64)
    taken = np.zeros(rows, np.bool_)
    used = np.empty(words, np.int64)
    table = np.zeros((8, 256, _STRIP), np.uint64)
    total_row = np.empty(_STRIP, np.uint64)
    for w in range((columns + 63) // 64):
        word = matrix[:, w].copy()
        added = np.zeros(rows, np.uint64)  # which of the block's pivot rows, as they were, each row has to be given
        source = np.empty(64, np.int64)  # those rows; they begin from nothing and are given themselves
        count = 0
        for c in range(64 * w, min(64 * w + 64, columns)):
            shift = np.uint64(c & 63)
            r = 0
            while r < rows and (taken[r] or not (word[r] >> shift) & _ONE):
                r += 1
            if r == rows:
                continue
            taken[r] = True
            pivot[c] = r
            source[count] = r
            added[r] |= _ONE << np.uint64(count)
            count += 1
            lead, terms = word[r], added[r]
            for i in range(rows):
                if (word[i] >> shift) & _ONE and i != r:
                    word[i] ^= lead
                    added[i] ^= terms
        # The old pivot rows, in the words where any of them is not zero.
        width = 0
        for k in range(w, words):
            for p in range(count):
                if matrix[source[p], k]:
                    used[width] = k
                    width += 1
                    break
        old = np.empty((count, width), np.uint64)
        for p in range(count):
            for k in range(width):
                old[p, k] = matrix[source[p], used[k]]
                matrix[source[p], used[k]] = 0
        total = 0
        for i in range(rows):
            x = added[i]
            while x:
                x &= x - _ONE
                total += 1
        groups = (count + 7) // 8
        if total <= groups * (256 + rows):
            for i in range(rows):
                for p in range(count):
                    if (added[i] >> np.uint64(p)) & _ONE:
                        for k in range(width):
                            matrix[i, used[k]] ^= old[p, k]
            continue
        for begin in range(0, width, _STRIP):  # so that the tables stay in the cache
            size = min(_STRIP, width - begin)
            for p in range(count):
                g, half = p >> 3, 1 << (p & 7)
                for j in range(half):
                    for k in range(size):
                        table[g, half + j, k] = table[g, j, k] ^ old[p, begin + k]
            for i in range(rows):
                if added[i]:
                    for k in range(size):
                        total_row[k] = 0
                    for g in range(groups):
                        which = np.int64((added[i] >> np.uint64(8 * g)) & np.uint64(255))
                        if which:
                            for k in range(size):
                                total_row[k] ^= table[g, which, k]
                    for k in range(size):
                        matrix[i, used[begin + k]] ^= total_row[k]
    return pivot


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def _relations(system: Any, free: int, slots: int) -> Any:
    """Make each row a relation among the rows as given: eliminate the first ``free`` columns, forwards only.

    A row that serves as pivot becomes the content of a *slot* (its bit is counted from column ``slots``); every other row
    ends up free of the first columns, with a bit for each slot that was added to it. Returns the slot of each row, or -1.
    """
    rows, words = system.shape
    slot_of = np.full(rows, -1, np.int64)
    slot = 0
    for c in range(free):
        w, shift = c >> 6, np.uint64(c & 63)
        r = 0
        while r < rows and (slot_of[r] >= 0 or not (system[r, w] >> shift) & _ONE):
            r += 1
        if r == rows:
            continue
        slot_of[r] = slot
        j = slots + slot
        system[r, j >> 6] |= _ONE << np.uint64(j & 63)
        for i in range(rows):
            if slot_of[i] < 0 and (system[i, w] >> shift) & _ONE:
                for k in range(w, words):
                    system[i, k] ^= system[r, k]
        slot += 1
    return slot_of


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def find_layers(
    system: Any, free: int, vertices: int, row_start: Any, pending: Any, wait_start: Any, waits: Any, hopeless: Any
) -> Any:
    """The layer of each vertex, as late as it can be; -1 for those that are never corrected.

    Parameters
    ----------
    system : uint64[q, ...]: for each order demand the ``free`` choices that touch it (from bit 0), then, from the next whole
        word on, the vertices whose correction touches it, then room for ``free`` bits. Destroyed.
    vertices : how many of the vertices have correction sets; those from there on need none (outputs that wait)
    row_start : int[all + 1]: the demands of vertex ``v`` are the rows ``row_start[v]:row_start[v+1]``
    pending : int[all]: how many vertices must come after ``v`` and are not solved yet (changed)
    wait_start, waits : for each ``v`` the vertices that must come before it
    hopeless : bool[all]: vertices that have no correction at all

    Notes
    -----
    ``v`` can be solved when some choice of the free bits meets all demands of the vertices that are not solved, that is, when
    every relation among those demands (a set of rows whose free parts add up to zero) is met by the vertex's own column. The
    relations are kept as a basis, and a demand that falls away takes one relation with it.
    """
    total = pending.size
    first = (free + 63) // 64
    words = (vertices + 63) // 64
    slots = 64 * (first + words)
    slot_of = _relations(system, free, slots)
    layer = np.full(total, -1, np.int32)
    alive = np.empty(system.shape[0], np.int64)
    place = np.full(system.shape[0], -1, np.int64)
    count = 0
    for q in range(system.shape[0]):
        if slot_of[q] < 0:
            place[q] = count
            alive[count] = q
            count += 1
    fresh = np.empty(total, np.int64)
    depth = 0
    while True:
        depth += 1
        found = 0
        for w in range(words):
            wanted = np.uint64(0)
            for v in range(64 * w, min(64 * w + 64, vertices)):
                if layer[v] < 0 and pending[v] == 0 and not hopeless[v]:
                    wanted |= _ONE << np.uint64(v & 63)
            i = 0
            while wanted and i < count:
                wanted &= ~system[alive[i], first + w]
                i += 1
            if wanted:
                for v in range(64 * w, min(64 * w + 64, vertices)):
                    if (wanted >> np.uint64(v & 63)) & _ONE:
                        fresh[found] = v
                        found += 1
        for v in range(vertices, total):
            if layer[v] < 0 and pending[v] == 0:
                fresh[found] = v
                found += 1
        if found == 0:
            return layer
        for f in range(found):
            v = fresh[f]
            layer[v] = depth
            for k in range(wait_start[v], wait_start[v + 1]):
                pending[waits[k]] -= 1
            for q in range(row_start[v], row_start[v + 1]):
                gone = q
                if slot_of[q] >= 0:  # another row takes its slot, if one has a relation to it
                    j = slots + slot_of[q]
                    w, shift = j >> 6, np.uint64(j & 63)
                    gone = -1
                    for i in range(count):
                        r = alive[i]
                        if (system[r, w] >> shift) & _ONE:
                            if gone < 0:
                                gone = r
                                system[r, w] ^= _ONE << shift
                            else:
                                for k in range(first, system.shape[1]):
                                    system[r, k] ^= system[gone, k]
                    if gone < 0:
                        continue
                    slot_of[gone] = slot_of[q]
                    slot_of[q] = -1
                count -= 1
                last = alive[count]
                alive[place[gone]] = last
                place[last] = place[gone]
                place[gone] = -1


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def choose(system: Any, free: int, row_start: Any, order: Any, layer: Any, correction: Any, choice: Any) -> None:
    """Add to each vertex's correction the choices that its layer needs.

    Parameters
    ----------
    system : as for :func:`find_layers`, whole; destroyed
    order : the vertices from the highest layer to the lowest
    correction : uint64[vertices, ...] (changed); ``choice`` : uint64[free, ...], what each free bit adds
    """
    first = (free + 63) // 64
    words = system.shape[1]
    row_of = np.full(free, -1, np.int64)  # the row whose leading choice this is; those rows are kept reduced
    begin = 0
    while begin < order.size:
        end = begin
        while end < order.size and layer[order[end]] == layer[order[begin]]:
            v = order[end]
            end += 1
            for q in range(row_start[v], row_start[v + 1]):
                for c in range(free):
                    if row_of[c] >= 0 and (system[q, c >> 6] >> np.uint64(c & 63)) & _ONE:
                        for k in range(words):
                            system[q, k] ^= system[row_of[c], k]
                lead = 0
                while lead < free and not (system[q, lead >> 6] >> np.uint64(lead & 63)) & _ONE:
                    lead += 1
                if lead == free:
                    continue
                for c in range(free):
                    r = row_of[c]
                    if r >= 0 and (system[r, lead >> 6] >> np.uint64(lead & 63)) & _ONE:
                        for k in range(words):
                            system[r, k] ^= system[q, k]
                row_of[lead] = q
        for e in range(begin, end):
            v = order[e]
            if v >= correction.shape[0]:
                continue
            for c in range(free):
                if row_of[c] >= 0 and (system[row_of[c], first + (v >> 6)] >> np.uint64(v & 63)) & _ONE:
                    for k in range(correction.shape[1]):
                        correction[v, k] ^= choice[c, k]
        begin = end


@njit(**_OPTIONS)  # type: ignore[untyped-decorator]
def find_causal_layers(
    start: Any,
    neighbour: Any,
    hub: Any,
    corrector: Any,
    first: Any,
    pending: Any,
    wait_start: Any,
    waits: Any,
    free: Any,
) -> Any:
    """``(layer, successor)`` of the causal flow, as late as can be; layer -1 for vertices that are never corrected.

    Parameters
    ----------
    hub : bool[n], corrected by themselves; ``corrector`` : bool[n], may correct others (no input)
    first : the vertices of layer 0
    free : bool[n], vertices that need no correction; ``pending``, ``wait_start``, ``waits`` as in :func:`find_layers`
    """
    n = hub.size
    layer = np.full(n, -1, np.int32)
    successor = np.full(n, -1, np.int32)
    open_count = start[1:] - start[:-1]  # neighbours that are not solved
    open_sum = np.zeros(n, np.int64)  # the sum of their numbers: the number itself when one is left
    for v in range(n):
        for k in range(start[v], start[v + 1]):
            open_sum[v] += neighbour[k]
    queue = np.empty(n, np.int32)
    queued = np.zeros(n, np.bool_)
    tail = 0
    for i in range(first.size):
        queue[tail] = first[i]
        queued[first[i]] = True
        tail += 1
    head, depth = 0, 0
    while head < tail or depth == 0:
        end = tail
        for i in range(head, end):
            u = queue[i]
            layer[u] = depth
            for k in range(start[u], start[u + 1]):
                w = neighbour[k]
                open_count[w] -= 1
                open_sum[w] -= u
            for k in range(wait_start[u], wait_start[u + 1]):
                pending[waits[k]] -= 1
        # Whoever can be solved now became so through a vertex of this layer: itself, its neighbour, or one that it held back.
        for i in range(head, end):
            u = queue[i]
            for k in range(start[u] - 1, start[u + 1]):
                w = u if k < start[u] else neighbour[k]
                v = -1
                if layer[w] >= 0 and open_count[w] == 1 and corrector[w]:
                    v = open_sum[w]
                    if hub[v] or free[v] or queued[v]:
                        continue
                    if pending[v] == 0:
                        successor[v] = w
                elif layer[w] < 0 and hub[w] and open_count[w] == 0 and not queued[w]:
                    v = w
                    if pending[v] == 0:
                        successor[v] = v
                if v >= 0 and pending[v] == 0:
                    queued[v] = True
                    queue[tail] = v
                    tail += 1
            for k in range(wait_start[u], wait_start[u + 1]):
                v = waits[k]
                if pending[v] != 0 or queued[v]:
                    continue
                if hub[v]:
                    if open_count[v] != 0:
                        continue
                    successor[v] = v
                elif not free[v]:
                    for j in range(start[v], start[v + 1]):
                        w = neighbour[j]
                        if layer[w] >= 0 and open_count[w] == 1 and corrector[w]:
                            successor[v] = w
                            break
                    if successor[v] < 0:
                        continue
                queued[v] = True
                queue[tail] = v
                tail += 1
        if depth == 0:  # nobody's turn brings in a hub without neighbours
            for v in range(n):
                if hub[v] and start[v] == start[v + 1] and pending[v] == 0 and not queued[v]:
                    successor[v] = v
                    queued[v] = True
                    queue[tail] = v
                    tail += 1
        head = end
        depth += 1
    return layer, successor
