"""Flows by trying everything: the definitions as they are written, over Python sets. The slow twin of the finder and the checker."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from gossamer.ir.open_graph import Label

XY, YZ, XZ, X, Y, Z, OUTPUT = Label
PLANES = {XY: XY, YZ: YZ, XZ: XZ, X: XY, Y: XY, Z: YZ, OUTPUT: OUTPUT}


@dataclass(frozen=True)
class Case:
    label: tuple[Label, ...]
    edges: tuple[tuple[int, int], ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    before: tuple[tuple[int, int], ...] = ()

    @property
    def graph(self) -> tuple[list[Label], list[tuple[int, int]], list[int], list[int]]:
        return list(self.label), list(self.edges), list(self.inputs), list(self.outputs)

    def neighbours(self, v: int) -> set[int]:
        return {b for a, b in self.edges if a == v} | {a for a, b in self.edges if b == v}

    def odd(self, of: set[int]) -> set[int]:
        out: set[int] = set()
        for v in of:
            out ^= self.neighbours(v)
        return out

    def labels(self, kind: str) -> list[Label]:
        return [label if kind == "pauli" else PLANES[label] for label in self.label]


def own_axioms(kind: str, case: Case, v: int, g: set[int]) -> bool:
    """What v demands of its own set: C1, G3 to G5, P4 to P9."""
    if kind == "causal" and len(g) != 1:
        return False
    x, z = v in g, v in case.odd(g)
    label = case.labels(kind)[v]
    if kind == "causal" and label == XZ:
        return False
    return {XY: z and not x, XZ: x and z, YZ: x and not z, X: z, Z: x, Y: x != z}[label]


def later(kind: str, case: Case, v: int, g: set[int]) -> frozenset[int]:
    """The vertices that v has to come before: C2 and C3, G1 and G2, P1 to P3."""
    odd, out = case.odd(g), set()
    for w, label in enumerate(case.labels(kind)):
        if w != v and (
            (w in g and label not in (X, Y))
            or (w in odd and label not in (Y, Z))
            or (label == Y and (w in g) != (w in odd))
        ):
            out.add(w)
    return frozenset(out)


def layers(case: Case, after: dict[int, frozenset[int]]) -> list[int] | None:
    """The latest layers for this order, None if it has a cycle."""
    n = len(case.label)
    follow = [set(after.get(v, ())) | {b for a, b in case.before if a == v} for v in range(n)]
    out = [-1] * n
    for depth in range(n + 1):
        ready = [
            v
            for v in range(n)
            if out[v] < 0
            and all(out[w] >= 0 for w in follow[v])
            and (depth > 0 or (v in case.outputs and not follow[v]))
        ]
        for v in ready:
            out[v] = depth
    return None if min(out, default=0) < 0 else out


def latest_layers(kind: str, case: Case) -> list[int] | None:
    """For each vertex the smallest layer that any flow has for it; None if there is no flow."""
    allowed = [v for v in range(len(case.label)) if v not in case.inputs]
    sets = [set(c) for k in range(len(allowed) + 1) for c in combinations(allowed, k)]
    measured = [v for v in range(len(case.label)) if v not in case.outputs]
    options: list[list[frozenset[int]]] = []
    for v in measured:
        found = {later(kind, case, v, g) for g in sets if own_axioms(kind, case, v, g)}
        options.append([f for f in found if not any(g < f for g in found)])  # asking for more never helps
    best: list[int] | None = None
    for chosen in product(*options):
        got = layers(case, dict(zip(measured, chosen, strict=True)))
        if got is not None:
            best = got if best is None else [min(a, b) for a, b in zip(best, got, strict=True)]
    return best


def check(kind: str, case: Case, correction: dict[int, set[int]], layer: list[int]) -> bool:
    """Is this a flow?"""
    for v in range(len(case.label)):
        if v in case.outputs:
            if correction.get(v):
                return False
            continue
        g = correction[v]
        if g & set(case.inputs) or not own_axioms(kind, case, v, g):
            return False
        if any(layer[v] <= layer[w] for w in later(kind, case, v, g)):
            return False
    return all(layer[a] > layer[b] for a, b in case.before)


def is_focused(kind: str, case: Case, correction: dict[int, set[int]]) -> bool:
    """Simmons' focused sets: the effect of g(v) on each other measured w commutes with the part of w's measurement that no order helps."""
    for v, g in correction.items():
        odd = case.odd(g)
        for w, label in enumerate(case.labels(kind)):
            if w == v or w in case.outputs:
                continue
            if label in (XY, X) and w in odd:
                return False
            if label in (XZ, YZ, Z) and w in g:
                return False
            if label == Y and (w in g) != (w in odd):
                return False
    return True


def draw(
    rng: random.Random,
    n: int,
    labels: tuple[Label, ...],
    *,
    density: float = 0.5,
    order: int = 0,
    boundary: bool = True,
) -> Case:
    """A random labelled open graph; some outputs keep a label of a measurement (source outcomes)."""
    edges = tuple((a, b) for a in range(n) for b in range(a + 1, n) if rng.random() < density)
    vertices = list(range(n))
    rng.shuffle(vertices)
    k = rng.randint(0, n) if boundary else 0
    outputs = tuple(vertices[:k])
    inputs = tuple(rng.sample(vertices, rng.randint(0, min(k, n))))
    label = tuple(rng.choice((OUTPUT, OUTPUT, *labels)) if v in outputs else rng.choice(labels) for v in range(n))
    pairs = []
    for _ in range(order):
        a, b = rng.sample(range(n), 2) if n > 1 else (0, 0)
        if label[a] != OUTPUT:
            pairs.append((a, b))
    return Case(label, edges, inputs, outputs, tuple(pairs))


def cases(seed: int, count: int, largest: int, labels: tuple[Label, ...], order: int) -> Iterator[Case]:
    rng = random.Random(seed)
    for _ in range(count):
        yield draw(
            rng, rng.randint(1, largest), labels, density=rng.choice((0.3, 0.5, 0.8)), order=rng.randint(0, order)
        )
