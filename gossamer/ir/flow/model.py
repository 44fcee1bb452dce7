"""What a flow is and what one is found for: :class:`Flow`, :class:`FlowKind`, and the columns of the problem, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gossamer.diagnostics import InputError
from gossamer.ir.diagram import Int
from gossamer.ir.open_graph import Label


class FlowKind(IntEnum):
    """The three kinds of flow, each a special case of the next; ``str()`` is the kind's name."""

    CAUSAL = 0
    GFLOW = 1
    PAULI = 2

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, kind: FlowKind | str | int) -> FlowKind:
        """The kind with that name (``"causal"``, ``"gflow"``, ``"pauli"``) or number; refused with FL-1 if there is none.

        Examples
        --------
        >>> FlowKind.of("gflow") is FlowKind.GFLOW
        True
        """
        try:
            return cls[kind.upper()] if isinstance(kind, str) else cls(kind)
        except (KeyError, ValueError):
            raise InputError("FL-1", f"no kind of flow is called {kind!r}", help="causal, gflow or pauli") from None


#: No classical order.
NO_PAIRS: Int = np.zeros((0, 2), np.int32)
NO_PAIRS.flags.writeable = False

#: A label seen as a measurement plane: what causal flow and gflow know.
PLANE_OF = np.array(
    [Label.XY, Label.YZ, Label.XZ, Label.XY, Label.XY, Label.YZ, Label.OUTPUT],
    np.uint8,
)


@dataclass(frozen=True, eq=False)
class Flow:
    """Who corrects whom, and an order.

    Attributes
    ----------
    kind : the definition that holds (``spec/flow.md``)
    start : int32[n+1]; ``g(v)`` is ``members[start[v]:start[v+1]]``: empty for outputs
    members : int32[...], each correction set sorted
    layer : int32[n]; ``v`` is measured before ``w`` if ``layer[v] > layer[w]``; vertices of one layer are in no order. Outputs
        that no classical order holds back are layer 0, the last

    Examples
    --------
    >>> from gossamer.ir.flow import find_flow
    >>> flow = find_flow("causal", [Label.XY, Label.OUTPUT], [[0, 1]], [0], [1])
    >>> flow.correction(0), flow.layer.tolist(), str(flow.kind)
    ([1], [1, 0], 'causal')
    """

    kind: FlowKind
    start: Int
    members: Int
    layer: Int

    def correction(self, v: int) -> list[int]:
        """``g(v)``, sorted."""
        return [int(w) for w in self.members[self.start[v] : self.start[v + 1]]]

    @property
    def depth(self) -> int:
        """The number of layers that measure: rounds, if each layer is measured at one time."""
        return int(self.layer.max(initial=0))

    def order(self) -> Int:
        """The vertices in an order of measurement (layer by layer, by number inside a layer), outputs last: int32[n]."""
        return np.argsort(-self.layer, kind="stable").astype(np.int32)


def refuse(message: str, help: str | None = None) -> NoReturn:
    raise InputError("FL-1", message, help=help)


def _column(name: str, values: ArrayLike | Sequence[Any], width: int | None, limit: int) -> Int:
    array = np.asarray(values)
    if array.size == 0:
        array = np.zeros((0, width) if width else 0, np.int32)
    if array.dtype.kind not in "iu" or array.ndim != (2 if width else 1) or (width and array.shape[1] != width):
        refuse(f"'{name}' must be whole numbers of shape ({'k, 2' if width else 'k'})")
    if array.size and (int(array.min()) < 0 or int(array.max()) >= limit):
        bad = int(array.min()) if int(array.min()) < 0 else int(array.max())
        refuse(f"'{name}' holds {bad}, which is not in 0..{limit - 1}")
    return np.ascontiguousarray(array, np.int32)


@dataclass(frozen=True, eq=False)
class FlowProblem:
    """A labelled open graph without phases, as the finder and the checker want it. Make one with :meth:`of`."""

    kind: FlowKind
    label: NDArray[np.uint8]
    edges: Int
    is_input: NDArray[np.bool_]
    is_output: NDArray[np.bool_]
    before: Int

    @classmethod
    def of(
        cls,
        kind: FlowKind | str | int,
        label: ArrayLike,
        edges: ArrayLike,
        inputs: ArrayLike,
        outputs: ArrayLike,
        before: ArrayLike,
    ) -> FlowProblem:
        """Checked columns (FL-1); for kinds without Pauli labels the labels become planes."""
        kind = FlowKind.of(kind)
        labels = _column("label", label, None, len(Label)).astype(np.uint8)
        n = labels.size
        ends = _column("edges", edges, 2, n)
        loops = np.flatnonzero(ends[:, 0] == ends[:, 1])
        if loops.size:
            refuse(f"the edge v{int(ends[loops[0], 0])} - v{int(ends[loops[0], 0])} is a loop")
        low, high = ends.min(axis=1, initial=n), ends.max(axis=1, initial=0)
        keys = np.sort(low.astype(np.int64) * n + high)
        twice = np.flatnonzero(keys[1:] == keys[:-1])
        if twice.size:
            v, w = divmod(int(keys[twice[0]]), n)
            refuse(f"the edge v{v} - v{w} occurs twice", "two parallel Hadamard edges cancel")
        flags = []
        for name, listed in (("inputs", inputs), ("outputs", outputs)):
            column = _column(name, listed, None, n)
            flag = np.zeros(n, np.bool_)
            flag[column] = True
            if int(flag.sum()) != column.size:
                refuse(f"a vertex is listed twice in '{name}'")
            flags.append(flag)
        unlisted = np.flatnonzero((labels == Label.OUTPUT) & ~flags[1])
        if unlisted.size:
            refuse(f"v{int(unlisted[0])} is labelled OUTPUT but is not listed in 'outputs'")
        if kind != FlowKind.PAULI:
            labels = PLANE_OF[labels]
        return cls(kind, labels, ends, flags[0], flags[1], _column("before", before, 2, n))

    @property
    def num_vertices(self) -> int:
        return int(self.label.size)

    @cached_property
    def adjacency(self) -> tuple[Int, Int]:
        """Neighbours in CSR form: ``neighbour[start[v]:start[v+1]]``, sorted."""
        return pairs_to_csr(
            np.concatenate([self.edges[:, 0], self.edges[:, 1]]),
            np.concatenate([self.edges[:, 1], self.edges[:, 0]]),
            self.num_vertices,
        )


def pairs_to_csr(key: Int, value: Int, n: int) -> tuple[Int, Int]:
    """``(start[n+1], values)``: the values that go with each key, sorted."""
    start = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(key, minlength=n), out=start[1:])
    return start, value[np.lexsort((value, key))].astype(np.int32)
