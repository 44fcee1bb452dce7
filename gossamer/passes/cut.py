"""`cut`: a program is rewritten because that lowers what its placement costs, not because it has fewer gates.

Local complementations and pivots remove spiders, and extraction makes a circuit of what is left: which of them, and in what order, decides
how many packets cross between nodes. The pass goes round: it places a circuit, rewrites it knowing where its wires stand, places
it again. Rewriting is twofold. The whole reduced diagram is extracted again, gates within a node costing less; and *windows*, some
gates on some wires, are taken out, reduced by steps that are drawn at random, extracted, put back, and kept by
annealing if fewer copies of packets are needed. The first circuit is the program as it stands, or the best one that is extracted. Every step keeps a gflow and the instrument; what comes out has a causal flow. Equal arguments
give an equal result: budgets are numbers of windows and gates, never a clock.

References
----------
Local complementation and pivots keep gflow; extraction: Backens, Miller-Bakewell, de Felice, Lobski, van de Wetering, Quantum 5, 421 (2021),
arXiv:2003.01664. Simplification by annealing over them: Fischbach, Talkington et al., arXiv:2312.06004. Windows of circuits, resynthesised: Patel,
Younis, Iancu, de Jong, ASPLOS 2022.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.ir.diagram import Diagram
from gossamer.ir.network import Network
from gossamer.ir.wires import WireBuilder
from gossamer.passes.graph_like import to_open_graph
from gossamer.passes.packets import Nodes, circuit_of, count_copies, packets
from gossamer.passes.placement_graph import problem_from_graph
from gossamer.passes.placement_search import default_moves, search, search_from
from gossamer.passes.search_options import SearchOptions
from gossamer.rewriting.circuit import DIAGONAL, NO_PHASE, Framed, Op, cancel, circuit_to_diagram, give_frames
from gossamer.rewriting.extract import PLANS, Weights
from gossamer.rewriting.extract_placed import extract_placed
from gossamer.rewriting.strategies import edge_cost, simplify
from gossamer.rewriting.teleport import teleport_phases

#: Diagrams with more vertices stay as they are.
MAX_VERTICES = 6_000
#: Rounds, and windows in each, by effort.
ROUNDS = (1, 1, 1, 4)
WINDOWS = (50, 150, 300, 1500)
#: Windows times gates of one round: large circuits get fewer windows.
MAX_WORK = 2_000_000
#: How many of the extractions that one choice of places gives are placed anew.
PLACED = 4
#: Sizes of windows, in wires and in gates.
WIRES, GATES = (2, 3, 4, 5, 6, 8), (10, 20, 40, 80, 160)
#: What a two-qubit gate costs beside a copy, and the temperatures between which windows are annealed, in copies.
GATE = 0.02
HOT, COLD = 0.5, 0.05
#: What a gate within a node costs in an extraction, drawn from these.
PRICES = (0.1, 0.15, 0.3, 0.4, 0.6)


@dataclass(frozen=True)
class Cut(SearchOptions):
    """Pass: ``Diagram``, ``Network`` -> ``Diagram``. Keeps the instrument; gives a causal flow where it changes anything.

    The diagram stays as it is where no circuit was found that a search with few moves places for less.

    Attributes
    ----------
    effort : 0 to 3, how many rounds and windows
    seed : of its random numbers
    """

    def run(self, diagram: Diagram, network: Network) -> Diagram:
        return _Search(network, self.effort, self.seed, self.objective).run(diagram)


@dataclass
class _Circuit:
    """A circuit with its places, and the reduced diagram that it was extracted from."""

    gates: list[Framed]
    nodes: Nodes
    cost: int
    reduced: Diagram


class _Search:
    def __init__(self, network: Network, effort: int, seed: int, objective: str = "ebits") -> None:
        self.network, self.effort, self.seed, self.objective = network, effort, seed, objective
        self.random = random.Random(seed)

    def run(self, diagram: Diagram) -> Diagram:
        if len(self.network.nodes) < 2 or diagram.num_vertices > MAX_VERTICES:
            return diagram
        found: list[_Circuit] = []
        as_given = _circuit_as_given(diagram)
        if as_given is not None:
            found += self.placed(as_given, None, diagram)
        for reduced in reductions(diagram):
            gates = extract_placed(reduced, [0] * len(reduced.outputs), near=1.0, weights=Weights(), seed=self.seed)
            if gates is not None:
                found += self.placed(gates, None, reduced)
        if not found:
            return diagram
        found.sort(key=lambda one: one.cost)
        best = min((self.extracted(one) for one in found[: 1 + self.effort]), key=lambda one: one.cost)
        for _ in range(ROUNDS[self.effort]):
            if best.cost == 0:
                break
            best = self.improved(best)
        if best.cost >= self.cost_of(diagram):
            return diagram
        return circuit_to_diagram(give_frames(best.gates), diagram)

    # ---- places ------------------------------------------------------------------------------------------------------

    def placed(self, gates: list[Framed], nodes: Nodes | None, reduced: Diagram) -> list[_Circuit]:
        """The circuit with places, searched for from the given nodes on if they fit; none if it does not fit."""
        made = packets(gates, self.network, self.objective)
        problem = made.problem
        moves, found = default_moves(problem, 1) // 32, None
        if nodes is not None:
            found = search_from(problem, made.place(nodes), moves=moves, seed=self.seed)
        if found is None:
            try:
                found = search(problem, moves=moves, seed=self.seed)
            except NetworkInfeasible:
                return []
        return [_Circuit(gates, made.nodes(found.place), found.cost, reduced)]

    def cost_of(self, diagram: Diagram) -> float:
        """What the diagram costs as it is, searched as briefly."""
        try:
            problem = problem_from_graph(to_open_graph(diagram), self.network, self.objective)
            return search(problem, moves=default_moves(problem, 1) // 32, seed=self.seed).cost
        except (InputError, NetworkInfeasible):
            return math.inf

    # ---- the whole circuit -------------------------------------------------------------------------------------------

    def extracted(self, start: _Circuit) -> _Circuit:
        """The best of several extractions of the same reduced diagram, where the ends of wires stand."""
        best = start
        for _ in range(1 + self.effort):
            tried: list[tuple[int, int, list[Framed], Nodes]] = []
            for weights in (*PLANS[: 2 + self.effort], *(self.weights() for _ in range(self.effort))):
                for backwards, end in ((False, Op.OUTPUT), (True, Op.INPUT)):
                    ends = _ends(best, end)
                    price, seed = self.random.choice(PRICES), self.random.randrange(1 << 30)
                    gates = extract_placed(
                        start.reduced, ends, near=price, weights=weights, seed=seed, backwards=backwards
                    )
                    if gates is not None:
                        nodes = _stay(gates, ends, end)
                        tried.append((count_copies(gates, nodes), len(tried), gates, nodes))
            tried.sort(key=lambda one: one[:2])
            again = [one for _, _, gates, nodes in tried[:PLACED] for one in self.placed(gates, nodes, start.reduced)]
            better = min(again, key=lambda one: one.cost, default=best)
            if better.cost >= best.cost:
                break
            best = better
        return best

    def weights(self) -> Weights:
        return Weights(self.random.random(), 0.2 * self.random.random(), 0.3)

    # ---- windows -----------------------------------------------------------------------------------------------------

    def improved(self, start: _Circuit) -> _Circuit:
        """Anneal windows, then place again; the better one of before and after."""
        now = best = (start.gates, start.nodes)
        cost = least = _price(*now)
        windows = min(WINDOWS[self.effort], MAX_WORK // (1 + len(start.gates)))
        for i in range(windows):
            found = self.rewritten(*now)
            if found is None:
                continue
            new = _price(*found)
            heat = HOT * (COLD / HOT) ** (i / windows)
            if new <= cost or self.random.random() < math.exp((cost - new) / heat):
                now, cost = found, new
                if cost < least:
                    best, least = now, cost
        again = [*self.placed(*best, start.reduced), *self.placed(cancel(best[0]), None, start.reduced)]
        return min([start, *again], key=lambda one: one.cost)

    def rewritten(self, gates: list[Framed], nodes: Nodes) -> tuple[list[Framed], Nodes] | None:
        """The circuit with one window written anew; None where nothing came of it."""
        begin, wires, chosen = choose_window(gates, self.random, self.random.choice(WIRES), self.random.choice(GATES))
        if len(chosen) < 4:
            return None
        inside = set(chosen)
        old = [(gates[i], nodes[i]) for i in chosen]
        made = self.resynthesised(wires, old)
        if made is None:
            return None
        window, moved, turned = made
        before, places = gates[:begin], nodes[:begin]
        if any(a != b for a, b in moved.items()):
            pairs = [_on(g, moved, at) for g, at in zip(before, places, strict=True)]
            before, places = [g for g, _ in pairs], [at for _, at in pairs]
        after = [i for i in range(begin, len(gates)) if i not in inside]
        rest = [
            replace(g, bases=tuple(b ^ (w in turned) for w, b in zip(g.wires, g.bases, strict=True)))
            if turned.intersection(g.wires)
            else g
            for g in (gates[i] for i in after)
        ]
        return (
            [*before, *window, *rest],
            [*places, *_carry_over(old, window, moved), *(nodes[i] for i in after)],
        )

    def resynthesised(
        self, wires: list[int], old: list[tuple[Framed, tuple[int, ...]]]
    ) -> tuple[list[Framed], dict[int, int], set[int]] | None:
        """Other gates for a window: the gates, the wire that each wire comes from, and the wires whose basis is the other one after it."""
        number = {w: i for i, w in enumerate(wires)}
        ends = [[Framed(op, (i,), (0,), NO_PHASE, i) for i in range(len(wires))] for op in (Op.INPUT, Op.OUTPUT)]
        inner = [replace(g, wires=tuple(number[w] for w in g.wires)) for g, _ in old]
        diagram = circuit_to_diagram(give_frames([*ends[0], *inner, *ends[1]]), _bare_wires(len(wires)))
        reduced = self.reduced(diagram)
        backwards = self.random.random() < 0.5
        at: dict[int, int] = {}
        for g, places in old if not backwards else reversed(old):
            at.update(zip(g.wires, places, strict=True))
        gates = extract_placed(
            reduced,
            [at[w] for w in wires],
            near=self.random.choice(PRICES),
            weights=self.weights(),
            seed=self.random.randrange(1 << 30),
            backwards=backwards,
        )
        if gates is None or any(g.op == Op.PLUS for g in gates):
            return None
        last = {g.wires[0]: g for g in gates if g.op == Op.OUTPUT}
        name = {w: wires[g.number] for w, g in last.items()}
        moved = {wires[g.number]: name[g.wires[0]] for g in gates if g.op == Op.INPUT}
        turned = {name[w] for w, g in last.items() if g.bases[0]}
        inner = [_on(g, name)[0] for g in gates if g.op in DIAGONAL]
        return inner, moved, turned

    def reduced(self, diagram: Diagram) -> Diagram:
        """The window reduced by local complementations and pivots, taken where they raise the number of edges by little, more or less."""
        if self.random.random() < 0.15:
            return simplify(diagram, "full")
        slack, noise = self.random.choice((0, 0, 1, 1, 2, 3)), self.random.choice((0, 1, 2))
        return simplify(
            diagram,
            "guarded",
            cost=lambda graph, rule, match: edge_cost(graph, rule, match) - slack + self.random.randint(-noise, noise),
        )


def reductions(diagram: Diagram) -> Iterator[Diagram]:
    """The diagram as far as it can be reduced in several ways, each with a gflow if it had one."""
    teleported = teleport_phases(diagram)
    yield teleported
    guarded = simplify(teleported, "guarded")
    yield guarded
    yield simplify(guarded, "guarded", cost=lambda graph, rule, match: edge_cost(graph, rule, match) - 1)
    yield simplify(diagram, "full")


def _circuit_as_given(diagram: Diagram) -> list[Framed] | None:
    try:
        return circuit_of(to_open_graph(diagram))
    except InputError:
        return None


def choose_window(
    gates: list[Framed], rng: random.Random, most_wires: int, most_gates: int
) -> tuple[int, list[int], list[int]]:
    """Gates that can be brought together: the place of the first, their wires, and the places of all.

    A wire that meets a gate outside the window is closed from there on, so what is chosen can come before all else from the first one on.
    Measurements, ends, and rotations that depend on bits stay outside.
    """
    joins = [i for i, g in enumerate(gates) if len(g.wires) == 2 and not g.phase.bits]
    if not joins:
        return 0, [], []
    begin = rng.choice(joins)
    wires: set[int] = set()
    passed: set[int] = set()  # wires outside on which a gate has been passed over
    closed: set[int] = set()
    chosen: list[int] = []
    for i in range(begin, len(gates)):
        g = gates[i]
        mine = set(g.wires)
        may = g.op in DIAGONAL and not g.phase.bits and not mine & closed and not (mine - wires) & passed
        if may and (
            mine <= wires or (len(mine) == 2 and len(wires | mine) <= most_wires and (mine & wires or not wires))
        ):
            wires |= mine
            chosen.append(i)
            if len(chosen) == most_gates:
                break
        else:
            closed |= mine & wires
            passed |= mine - wires
            if wires <= closed:
                break
    return begin, sorted(wires), chosen


def _bare_wires(number: int) -> Diagram:
    w = WireBuilder()
    ends = [w.add_input(f"q{i}") for i in range(number)]
    for i, end in enumerate(ends):
        w.output(end, f"q{i}")
    return w.build()


def _on(gate: Framed, name: dict[int, int], nodes: tuple[int, ...] = (-1, -1)) -> tuple[Framed, tuple[int, ...]]:
    """The gate, and its nodes, on wires of other names, the lower one first."""
    legs = sorted(zip((name.get(w, w) for w in gate.wires), gate.bases, nodes, strict=False))
    wires, bases, nodes = zip(*legs, strict=True)
    return Framed(gate.op, wires, bases, gate.phase, gate.number), nodes


def _carry_over(old: list[tuple[Framed, tuple[int, ...]]], window: list[Framed], moved: dict[int, int]) -> Nodes:
    """The nodes of a window's new gates: each wire is where it was as far along; one that came from another changes over halfway."""
    was: dict[int, list[int]] = {}
    for g, places in old:
        for w, node in zip(g.wires, places, strict=True):
            was.setdefault(w, []).append(node)
    on = {w: was[w] for w in moved}
    for source, w in moved.items():
        if source != w:
            on[w] = was[source][: (len(was[source]) + 1) // 2] + was[w][len(was[w]) // 2 :]
    total: dict[int, int] = {}
    for g in window:
        for w in g.wires:
            total[w] = total.get(w, 0) + 1
    seen = dict.fromkeys(total, 0)
    out: Nodes = []
    for g in window:
        out.append(tuple(on[w][seen[w] * len(on[w]) // total[w]] for w in g.wires))
        for w in g.wires:
            seen[w] += 1
    return out


def _ends(circuit: _Circuit, op: Op) -> list[int]:
    """The nodes of the inputs or outputs."""
    at = {g.number: places[0] for g, places in zip(circuit.gates, circuit.nodes, strict=True) if g.op == op}
    return [at[i] for i in range(len(at))]


def _stay(gates: list[Framed], ends: list[int], op: Op) -> Nodes:
    """The nodes of a circuit where each wire stays where it ends (or begins); measured ones on the first."""
    home = {g.wires[0]: ends[g.number] for g in gates if g.op == op}
    return [tuple(home.get(w, 0) for w in g.wires) for g in gates]


def _price(gates: list[Framed], nodes: Nodes) -> float:
    return count_copies(gates, nodes) + GATE * sum(len(g.wires) == 2 for g in gates)
