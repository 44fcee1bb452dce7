"""A toy pass: a Z-spider of phase 0 with two plain edges is a piece of wire."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gossamer.ir.diagram import BitKind, Diagram, VertexKind


@dataclass(frozen=True)
class Fuse:
    """Pass: ``Diagram`` -> ``Diagram`` without Z-spiders that do nothing (identity removal)."""

    limit: int = 1000

    def run(self, diagram: Diagram) -> Diagram:
        for _ in range(self.limit):
            v = self.idle(diagram)
            if v is None:
                return diagram
            diagram = self.without(diagram, v)
        return diagram

    @staticmethod
    def idle(d: Diagram) -> int | None:
        bound = {b.vertex for b in d.bits if b.kind == BitKind.OUTCOME}
        for v in np.flatnonzero(d.kind == VertexKind.Z).tolist():
            at = [e for e, ends in enumerate(d.edges.tolist()) if v in ends]
            plain = len(at) == 2 and not d.hadamard[at].any() and all(a != b for a, b in d.edges[at].tolist())
            if plain and v not in bound and d.phase_of(v).is_zero:
                return v
        return None

    @staticmethod
    def without(d: Diagram, v: int) -> Diagram:
        at = [e for e, ends in enumerate(d.edges.tolist()) if v in ends]
        far = [a if b == v else b for a, b in d.edges[at].tolist()]
        edges = np.vstack([np.delete(d.edges, at, axis=0), [far]])
        new = np.arange(d.num_vertices) - (np.arange(d.num_vertices) > v)
        return replace(
            d,
            kind=np.delete(d.kind, v),
            phase=np.delete(d.phase, v),
            edges=new[edges].astype(np.int32),
            hadamard=np.append(np.delete(d.hadamard, at), False),
            inputs=new[d.inputs].astype(np.int32),
            outputs=new[d.outputs].astype(np.int32),
            bits=tuple(replace(b, vertex=int(new[b.vertex])) if b.kind == BitKind.OUTCOME else b for b in d.bits),
            spans={},
            delays={},
        )
