"""The smallest change of a network that lets a program in: found by trying, for the hint of an infeasible compile [NW-13].

A trial runs the passes after the first one that looks at the network. What is lacking is taken from the errors, qubit by qubit, until a
trial succeeds; then single qubits elsewhere are tried, and what is not needed is taken back. These trials make few moves (effort 0); what
is found is tried with the very passes of the compile, so that a network with the change does compile. The number of trials is
bounded, the smaller the larger the diagram is, and never the time by a clock, so the hint is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gossamer.diagnostics import GossamerError, InputError, NetworkInfeasible
from gossamer.pipeline import MODES, default_pipeline, parse_pipeline, run_pipeline, with_hardware

if TYPE_CHECKING:
    from gossamer.ir.diagram import Diagram
    from gossamer.ir.network import Network
    from gossamer.pipeline import Step

#: Larger diagrams get no hint: a trial would take too long.
MAX_VERTICES = 20_000
MAX_TRIALS = 32
#: Larger ones are not compiled again by other pipelines.
MAX_COMPILED = 5_000
#: Trials times vertices, beyond the first few trials.
MAX_WORK = 60_000


@dataclass(frozen=True)
class Change:
    """More qubits for some nodes.

    Attributes
    ----------
    more : (node, kind) -> how many more, the kind ``data`` or ``comm``
    network : the network with the change
    alike : where all nodes have the same number of qubits, what each could have instead, the same for all; by kind
    """

    more: dict[tuple[int, str], int]
    network: Network
    alike: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = []
        for (node, kind), number in sorted(self.more.items()):
            new = self.network.nodes[node]
            size = getattr(new, kind)
            parts.append(f"{kind}: {size} on {new.name} (now {size - number})")
        text = ", ".join(parts)
        if self.alike:
            words = {"data": "qubits", "comm": "comm"}
            text += (
                "; or " + ",".join(f"{words[kind]}={n}" for kind, n in sorted(self.alike.items())) + " on every node"
            )
        return text


def find_change(steps: tuple[Step, ...], diagram: Diagram, network: Network, error: NetworkInfeasible) -> Change | None:
    """The smallest change that was found, None if none was.

    Parameters
    ----------
    steps
        The passes of the compile that ended with ``error``.

    Examples
    --------
    >>> from gossamer.frontends.qasm import read
    >>> from gossamer.ir.network_text import parse_network
    >>> from gossamer.pipeline import default_pipeline, parse_pipeline, run_pipeline
    >>> diagram, steps = read("OPENQASM 2.0; qreg q[3]; CX q[0], q[1];", "<text>"), parse_pipeline(default_pipeline())
    >>> net = parse_network("nodes: [{name: a, data: 1}, {name: b, data: 1}]\\nlinks: [{nodes: [a, b]}]")
    >>> try: run_pipeline(steps, diagram, net)
    ... except NetworkInfeasible as error: print(find_change(steps, diagram, net, error))
    data: 2 on a (now 1); or qubits=2 on every node
    """
    if error.code != "NW-13" or diagram.num_vertices > MAX_VERTICES:
        return None
    try:
        return _Search(steps, diagram, network).run(error)
    except InputError:  # the source has another flaw, which no network mends
        return None


def find_mode(
    diagram: Diagram, network: Network, error: NetworkInfeasible, *, effort: int, seed: int, used: str | None,
    places: Mapping[str, str] | None = None,
) -> str | None:  # fmt: skip
    """The name of another pipeline by which the program fits into the network as it is; None if there is none.

    Parameters
    ----------
    used
        The name of the pipeline that ended with ``error``, None for the default one.
    places
        Where qubits have to begin and end, see :func:`gossamer.pipeline.default_pipeline`.

    Examples
    --------
    >>> from gossamer.frontends.qasm import read
    >>> from gossamer.ir.network_text import resolve_network
    >>> net = resolve_network("2:qubits=1,comm=0")
    >>> swap = "OPENQASM 2.0; qreg q[2]; creg c[2]; CX q[0], q[1]; CX q[1], q[0]; CX q[0], q[1]; measure q -> c;"
    >>> find_mode(read(swap, "<text>"), net, NetworkInfeasible("NW-13", ""), effort=0, seed=0, used=None)
    'min-nodes'
    """
    if error.code != "NW-13" or diagram.num_vertices > MAX_COMPILED:
        return None
    tried = {default_pipeline(effort, seed, network=network, mode=used, places=places)}
    for mode in MODES:
        try:
            text = default_pipeline(effort, seed, network=network, mode=mode, places=places)
            if text in tried:
                continue
            tried.add(text)
            run_pipeline(with_hardware(parse_pipeline(text), network, given=False), diagram, network)
        except GossamerError:  # not of this network's models, or with a flaw of its own
            continue
        return mode
    return None


class _Search:
    def __init__(self, steps: tuple[Step, ...], diagram: Diagram, network: Network) -> None:
        self.steps, self.network = steps, network
        self.values: dict[str, Any] = {"diagram": diagram}
        self.left = min(MAX_TRIALS, max(4, MAX_WORK // max(1, diagram.num_vertices)))
        while self.steps and "network" not in self.steps[0].registration.takes:
            step, *rest = self.steps
            self.values[step.registration.gives] = step.make().run(*(self.values[x] for x in step.registration.takes))
            self.steps = tuple(rest)
        self.quick = tuple(_with_few_moves(step) for step in self.steps)

    def run(self, error: NetworkInfeasible) -> Change | None:
        more = self.enough({}, error, self.quick)
        if more is not None and sum(more.values()) > 1:
            more = self.smaller(more)
        if more is not None and (lacking := self.trial(more, self.steps)) is not None:
            more = self.enough(more, lacking, self.steps)
        return None if more is None else Change(more, self.changed(more), self.alike(error))

    def enough(
        self, more: dict[tuple[int, str], int], lacking: NetworkInfeasible | None, steps: tuple[Step, ...]
    ) -> dict[tuple[int, str], int] | None:
        """The change and what is lacking beside it, until nothing is."""
        more = dict(more)
        while lacking is not None:
            place = self.place_of(lacking)
            if place is None or self.left <= 0:
                return None
            (node, kind), number = place
            more[node, kind] = more.get((node, kind), 0) + number
            lacking = self.trial(more, steps)
        return more

    def alike(self, error: NetworkInfeasible) -> dict[str, int]:
        """What every node would need, if all shall have the same; nothing if they have not the same now, or if no trial succeeds."""
        nodes, k = self.network.nodes, self.network.size
        if (
            k == 1
            or len({(node.model, node.data, node.comm, node.coupling) for node in nodes}) > 1
            or nodes[0].coupling
        ):
            return {}
        each: dict[str, int] = {}
        lacking: NetworkInfeasible | None = error
        for _ in range(min(self.left, MAX_TRIALS // 4)):
            if lacking is None or lacking.lacks is None:
                break
            name, kind, number = lacking.lacks
            each[kind] = each.get(kind, 0) + (number if name is not None else -(-number // k))
            lacking = self.trial({(i, kind): n for kind, n in each.items() for i in range(k)}, self.steps)
        return {} if lacking is not None else {kind: getattr(nodes[0], kind) + n for kind, n in each.items()}

    def place_of(self, error: NetworkInfeasible) -> tuple[tuple[int, str], int] | None:
        """Where something is lacking, what, and how much. Data qubits that lack anywhere are given to the smallest node."""
        if error.lacks is None:
            return None
        name, kind, number = error.lacks
        anywhere = range(self.network.size) if name is None else [self.network.index[name]]
        nodes = [i for i in anywhere if self.can_grow(i, kind)]
        node = min(nodes, key=lambda i: (self.network.nodes[i].data, i), default=None)
        return None if node is None else ((node, kind), number)

    def smaller(self, more: dict[tuple[int, str], int]) -> dict[tuple[int, str], int]:
        """One qubit anywhere, if that does; else the change without what it does not need."""
        kinds = {kind for _, kind in more}
        singles = [(node, kind) for kind in sorted(kinds) for node in range(self.network.size)]
        for place in singles[: self.left // 2]:
            if self.can_grow(*place) and self.trial({place: 1}, self.quick) is None:
                return {place: 1}
        for place in list(more):
            while more.get(place) and self.left > MAX_TRIALS // 4:
                less = {key: n - (key == place) for key, n in more.items() if n - (key == place)}
                if self.trial(less, self.quick) is not None:
                    break
                more = less
        return more

    def can_grow(self, node: int, kind: str) -> bool:
        """Whether more qubits have a meaning there: not where there are any number, nor where a map says how each is coupled."""
        return getattr(self.network.nodes[node], kind) is not None and self.network.nodes[node].coupling is None

    def changed(self, more: dict[tuple[int, str], int]) -> Network:
        nodes = list(self.network.nodes)
        for (node, kind), number in more.items():
            nodes[node] = nodes[node].model_copy(update={kind: getattr(nodes[node], kind) + number})
        return self.network.with_nodes(nodes)

    def trial(self, more: dict[tuple[int, str], int], steps: tuple[Step, ...]) -> NetworkInfeasible | None:
        """The error of the passes on the changed network, None if it holds the program."""
        self.left -= 1
        values = self.values | {"network": self.changed(more)}
        try:
            for step in steps:
                one = step.make()
                values[step.registration.gives] = one.run(*(values[level] for level in step.registration.takes))
        except NetworkInfeasible as error:
            return error
        return None


def _with_few_moves(step: Step) -> Step:
    """The step with the least effort, if it has one."""
    if step.registration.name not in ("partition", "forms"):
        return step
    return replace(step, options=(*(pair for pair in step.options if pair[0] != "effort"), ("effort", 0)))
