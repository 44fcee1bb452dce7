"""Where the vertices of a diagram go: on wires if it has the shape of a circuit, by springs between fixed ends if not.

Positions are in steps of a grid, x to the right, y down. Everything is deterministic. Stands on ``ir`` and networkx.

References
----------
Springs: Fruchterman, Reingold, *Graph drawing by force-directed placement*, Software: Practice and Experience 21, 1129 (1991).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.diagram import BitKind, Diagram, VertexKind

Place = tuple[float, float]
Points = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: More edges than this share that fit no wire, and the diagram is not drawn as a circuit.
MAX_STRAY = 0.12
#: Dots are at least so far apart, in steps, where there are few enough to look at all pairs.
CLOSE, MAX_PAIRED = 0.9, 600


class Grid:
    """Columns and rows: what is joined by an upright line stands in one column, and no such line passes through another dot.

    A *group* is a set of dots in one column; it may still move to the right while each of them is the last of its row.

    Examples
    --------
    >>> grid = Grid()
    >>> grid.put(0, 0); grid.put(1, 0); grid.put(2, 1, beside=[1])
    >>> [grid.x[v] for v in range(3)]
    [0, 1, 1]
    """

    def __init__(self) -> None:
        self.x: dict[int, int] = {}
        self.row: dict[int, float] = {}
        self.last: dict[float, int] = {}  # row -> the dot that was put there last
        self._group: dict[int, list[int]] = {}
        self._taken: dict[int, dict[int, tuple[float, float]]] = {}  # column -> first of group -> rows it spans

    def put(self, v: int, row: float, beside: Iterable[int] = (), after: int = -1) -> None:
        """Put ``v`` on a row, behind the last dot there, in a column with ``beside`` as far as that can be; not before ``after``."""
        first = max(after, self.x[self.last[row]] + 1 if row in self.last else 0)
        self.row[v], self.last[row] = row, v
        self._set([v], first)
        for u in beside:
            self.align(u, v)

    def align(self, *dots: int) -> bool:
        """Bring dots into one column; False if one of them cannot move."""
        groups = list({id(self._group[v]): self._group[v] for v in dots}.values())
        if len(groups) < 2:
            return True
        members = [v for group in groups for v in group]
        column = max(self.x[v] for v in members)
        stuck = [g for g in groups if any(self.last[self.row[v]] != v for v in g)]
        if any(self.x[g[0]] != column for g in stuck):
            return False
        for group in groups:
            self._taken[self.x[group[0]]].pop(group[0])
        if stuck and not self.is_free(column, *self._span(members)):
            for group in groups:
                self._set(group, self.x[group[0]])
            return False
        self._set(members, column)
        return True

    def reserve(self, key: int, column: int, top: float, bottom: float) -> None:
        """Keep a part of a column free for something that is not on a row."""
        self._taken.setdefault(column, {})[key] = top, bottom

    def is_free(self, column: int, top: float, bottom: float) -> bool:
        """Whether nothing stands in a column between two rows, these included."""
        return all(low < top or bottom < high for high, low in self._taken.get(column, {}).values())

    def _span(self, members: Sequence[int]) -> tuple[float, float]:
        rows = [self.row[v] for v in members]
        return min(rows), max(rows)

    def _set(self, members: list[int], column: int) -> None:
        span = self._span(members)
        while not self.is_free(column, *span):
            column += 1
        for v in members:
            self._group[v], self.x[v] = members, column
        self._taken.setdefault(column, {})[members[0]] = span

    def move_alone(self, v: int, column: int) -> bool:
        """Put a dot that is in no group with others into a free place of another column of its row; False if it cannot."""
        if len(self._group[v]) > 1 or not self.is_free(column, self.row[v], self.row[v]):
            return False
        self._taken[self.x[v]].pop(v)
        self._set([v], column)
        return True


def place_diagram(diagram: Diagram) -> list[Place]:
    """A place for each vertex: inputs on the left, outputs on the right.

    Examples
    --------
    >>> from gossamer.ir.wires import WireBuilder
    >>> w = WireBuilder(); a, b = w.add_input("a"), w.add_input("b"); w.cx(a, b); _ = w.output(a, "a"), w.output(b, "b")
    >>> place_diagram(w.build())
    [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    """
    return place_on_wires(diagram) or place_by_springs(diagram)


def place_on_wires(diagram: Diagram) -> list[Place] | None:
    """Rows are wires, columns time; None if too many edges would be neither along a wire nor upright."""
    near = neighbours(diagram)
    outcomes = {b.vertex for b in diagram.bits if b.kind == BitKind.OUTCOME}
    gadgets = find_gadgets(diagram, near, outcomes)  # hub -> leaf
    leaves = set(gadgets.values())
    ends = {*diagram.inputs.tolist(), *diagram.outputs.tolist()}
    grid = Grid()
    free: list[int] = []  # rows that may be used again, the latest last
    rows = len(diagram.inputs)
    off: dict[int, Place] = {}  # what is on no row
    straight: set[tuple[int, int]] = set()
    for row, v in enumerate(diagram.inputs.tolist()):
        grid.put(v, row)
    for v in range(diagram.num_vertices):
        if v in ends or v in leaves:
            continue
        if v in gadgets:
            legs = [u for u in near[v] if u != gadgets[v]]
            if any(u not in grid.row for u in legs):
                return None
            grid.align(*legs)
            off |= _place_gadget(grid, v, gadgets[v], legs)
            straight |= {(u, v) for u in legs} | {(v, gadgets[v])}
            continue
        before = [u for u in near[v] if u < v and u in grid.row]
        along = [u for u in before if grid.last[grid.row[u]] == u and u not in outcomes][:1]
        if along:
            at = grid.row[along[0]]
        elif free:
            at = free.pop()
        else:
            at, rows = rows, rows + 1
        others = [u for u in before if u not in along]
        grid.put(v, at, others)
        straight |= {(u, v) for u in along} | {(u, v) for u in others if grid.x[u] == grid.x[v]}
        if v in outcomes:
            free.append(int(at))
    _draw_near(grid, near, ends)
    width = max([*grid.x.values(), *(int(x) for x, _ in off.values())], default=0) + 1
    taken = set()
    for v in diagram.outputs.tolist():
        u = near[v][0] if near[v] else -1
        if u in grid.row and grid.last[grid.row[u]] == u and grid.row[u] not in taken:
            at = grid.row[u]
            straight.add((min(u, v), max(u, v)))
        else:
            at, rows = rows, rows + 1
        taken.add(at)
        off[v] = (width, at)
    stray = sum((min(a, b), max(a, b)) not in straight for a, b in diagram.edges.tolist())
    if stray > MAX_STRAY * diagram.num_edges:
        return None
    return [off[v] if v in off else (grid.x[v], grid.row[v]) for v in range(diagram.num_vertices)]


def _place_gadget(grid: Grid, hub: int, leaf: int, legs: list[int]) -> dict[int, Place]:
    """Hub and leaf go to the right of the legs, between two rows, where nothing passes."""
    column = max(grid.x[u] for u in legs) + 1
    row = min(grid.row[u] for u in legs) + (0.5 if len(legs) > 1 else -0.5)
    while not grid.is_free(column, row - 0.2, row + 0.2):
        column += 1
    grid.reserve(hub, column, row - 0.2, row + 0.2)
    return {hub: (column - 0.55, row), leaf: (column, row)}


def _draw_near(grid: Grid, near: list[list[int]], ends: set[int]) -> None:
    """A state goes next to what it is used for."""
    for v in sorted(grid.x):
        if v in ends or len(near[v]) != 1:
            continue
        u = near[v][0]
        if u > v and grid.row.get(u) == grid.row[v]:
            for column in range(grid.x[u] - 1, grid.x[v], -1):
                if grid.move_alone(v, column):
                    break


def neighbours(diagram: Diagram) -> list[list[int]]:
    """Of each vertex, sorted, each once, itself left out."""
    near: list[set[int]] = [set() for _ in range(diagram.num_vertices)]
    for a, b in diagram.edges.tolist():
        if a != b:
            near[a].add(b)
            near[b].add(a)
    return [sorted(n) for n in near]


def find_gadgets(diagram: Diagram, near: list[list[int]], outcomes: set[int]) -> dict[int, int]:
    """Hubs of phase gadgets and their leaves: the leaf comes after the hub, and the hub after its legs."""
    kind = diagram.kind.tolist()
    found: dict[int, int] = {}
    for leaf, legs in enumerate(near):
        if len(legs) != 1 or leaf in outcomes or kind[leaf] != VertexKind.Z:
            continue
        hub = legs[0]
        if kind[hub] != VertexKind.Z or hub > leaf or len(near[hub]) < 2 or hub in outcomes or hub in found:
            continue
        if all(u < hub and kind[u] != VertexKind.INPUT for u in near[hub] if u != leaf):
            found[hub] = leaf
    return {hub: leaf for hub, leaf in found.items() if not any(u in found for u in near[hub])}


def place_by_springs(diagram: Diagram) -> list[Place]:
    """Ends in order on both sides, what is next to them in their rows, the rest where edges are short, leaves at what they hang on."""
    import networkx as nx

    n = diagram.num_vertices
    near = neighbours(diagram)
    inputs, outputs = diagram.inputs.tolist(), diagram.outputs.tolist()
    ends = {*inputs, *outputs}
    leaves = {v for v in range(n) if len(near[v]) == 1 and v not in ends and len(near[near[v][0]]) > 1}
    inner = [v for v in range(n) if v not in ends and v not in leaves]
    area = 2.4 * n
    height = max(max(len(inputs), len(outputs), 1) - 1.0, 0.6 * area**0.5)
    width = max(4.0, area / max(height, 1.0))
    fixed = _sides(near, inputs, outputs, ends | leaves, width, height)
    left, right = _distances(near, inputs), _distances(near, outputs)
    where = {}
    for i, v in enumerate(inner):
        share = left[v] / (left[v] + right[v]) if left[v] + right[v] else 0.5
        golden = (0.618034 * (i + 1)) % 1 - 0.5  # spread evenly, the same every time
        where[v] = ((share - 0.5) * width * 0.8, golden * height)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from([*fixed, *(v for v in inner if v not in fixed)])
    graph.add_edges_from((v, w) for v in graph for w in near[v] if v < w and w in graph)
    where |= fixed
    if len(graph) > len(fixed):
        apart = 0.9 * (width * height / len(graph)) ** 0.5
        keep = list(fixed) or None
        found = nx.spring_layout(
            graph, k=apart, pos=where, fixed=keep, iterations=200 if n <= 400 else 60, seed=1, scale=None
        )
        where = {v: (float(x), float(y)) for v, (x, y) in found.items()}
    points = np.zeros((n, 2))
    for v, (x, y) in where.items():
        limit = width / 2 if v in fixed else width / 2 - 1.2
        points[v] = min(max(x, -limit), limit), min(max(y, -height / 2 - 0.5), height / 2 + 0.5)
    done = np.array([v not in leaves for v in range(n)], bool)
    points[done] = _apart(points[done], np.array([v in fixed for v in range(n) if v not in leaves], bool))
    _hang(points, near, sorted(leaves), done)
    if n:
        points -= points.min(axis=0)
    return [(round(float(x), 2), round(float(y), 2)) for x, y in points]


def _sides(
    near: list[list[int]], inputs: list[int], outputs: list[int], not_inner: set[int], width: float, height: float
) -> dict[int, Place]:
    """Places of the ends, and of each vertex that is the first or last on a wire."""
    out: dict[int, Place] = {}
    for ends, side in ((inputs, -1), (outputs, 1)):
        for i, v in enumerate(ends):
            y = height * (i / (len(ends) - 1) - 0.5) if len(ends) > 1 else 0.0
            out[v] = (side * width / 2, y)
            for u in near[v]:
                if u not in not_inner and u not in out:
                    out[u] = (side * (width / 2 - 1), y)
    return out


def _distances(near: list[list[int]], start: list[int]) -> list[int]:
    out = [-1] * len(near)
    for v in start:
        out[v] = 0
    queue = list(start)
    for v in queue:
        for w in near[v]:
            if out[w] < 0:
                out[w] = out[v] + 1
                queue.append(w)
    far = max(out, default=0) + 1
    return [far if d < 0 else d for d in out]


def _hang(points: Points, near: list[list[int]], leaves: list[int], done: Mask) -> None:
    """Put each leaf a step from its neighbour, in the direction that has most room and no edge."""
    angles = np.arange(16) * (np.pi / 8)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for v in leaves:
        u = near[v][0]
        places = points[u] + 0.95 * around
        others = done.copy()
        others[u] = False
        gap = np.sqrt(((places[:, None, :] - points[others][None, :, :]) ** 2).sum(axis=2))
        score = np.minimum(gap.min(axis=1, initial=9.0), 1.2)
        for w in near[u]:
            if w != v and done[w]:
                towards = points[w] - points[u]
                score -= 0.25 * np.maximum(0.0, around @ towards / max(1e-9, float(np.hypot(*towards))) - 0.8)
        points[v] = places[int(np.argmax(np.round(score, 6)))]
        done[v] = True


def _apart(points: Points, fixed: Mask) -> Points:
    """Push dots away from one another until none are closer than a label needs."""
    n = len(points)
    if n > MAX_PAIRED:
        return points
    for _ in range(80):
        diff = points[:, None, :] - points[None, :, :]
        distance = np.sqrt((diff**2).sum(axis=2))
        np.fill_diagonal(distance, 9.0)
        close = distance < CLOSE
        if not close.any():
            break
        push = np.where(close, (CLOSE - distance) / 2 / np.maximum(distance, 1e-3), 0.0)
        step = (diff * push[:, :, None]).sum(axis=1)
        step += np.where(close.any(axis=1), 1e-3 * (np.arange(n) % 7 - 3), 0.0)[:, None]
        points = points + step * ~fixed[:, None]
    return points
