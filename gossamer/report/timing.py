"""How long the programs take and how well they work, from the figures of the network: `makespan` and `fidelity` of the report.

The schedule is the one that the programs' order leaves no choice in (``spec/network.md``, NW-14): each node issues its instructions in
order, an instruction starts as soon as its qubits are free and its bits are known, a receive and an ebit hold the node up until the
message or the pair is there, and a link makes one pair after the other. The fidelity is the product of those of all components used and
of the decay of waiting qubits: the estimate that is usual where no simulation is made. A figure that is needed and absent makes the
result None, with a note that names it; nothing is guessed. Which figures an instruction has is said by ``gossamer.ir.figures``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

from gossamer.diagnostics import UsageError
from gossamer.ir.figures import components, figures_of, memory_fidelity
from gossamer.ir.network import Network, NetworkLink, Node, QuantumChannel
from gossamer.ir.pattern import Prepare
from gossamer.ir.program import (
    Compute,
    Conditional,
    Distribution,
    Ebit,
    Instruction,
    Measure,
    Observe,
    Recv,
    Reset,
    Send,
    bits_read,
    qubits_of,
)


class _Absent(Exception):
    """A figure is needed that the network does not give."""


@dataclass
class Schedule:
    """When the last instruction ends, and for each node how long (seconds) each state that its qubits held waited in all."""

    makespan: Fraction = Fraction(0)
    waits: dict[str, list[Fraction]] = field(default_factory=dict)


def estimate(distribution: Distribution) -> dict[str, Any]:
    """``makespan`` in seconds and ``fidelity``; each is None where a figure is absent, and then ``..._note`` says which.

    Notes are given only where the network has figures at all.
    """
    out: dict[str, Any] = {"makespan": None, "fidelity": None}
    network = distribution.network
    figures = _has_figures(network)
    plan: Schedule | None = None
    try:
        plan = make_schedule(distribution)
        out["makespan"] = float(plan.makespan)
    except _Absent as absent:
        if figures:
            out["makespan_note"] = str(absent)
    try:
        out["fidelity"] = rounded_fidelity(_log_fidelity(distribution, plan, out.get("makespan_note")))
    except _Absent as absent:
        if figures:
            out["fidelity_note"] = str(absent)
    return out


def loss(distribution: Distribution, objective: str) -> float:
    """What the programs take or lose, the less the better: for ``time`` the makespan, for ``fidelity`` its logarithm with the sign changed.

    Raises
    ------
    UsageError
        ``NW-18`` for a figure that is needed and absent.
    """
    try:
        if objective == "time":
            return float(make_schedule(distribution).makespan)
        decays = any(node.t1 is not None or node.t2 is not None for node in distribution.network.nodes)
        log = _log_fidelity(distribution, make_schedule(distribution) if decays else None, None)
        return -float(f"{log:.12g}")  # the last digits of a logarithm differ from machine to machine
    except _Absent as absent:
        raise UsageError("NW-18", f"the objective '{objective}' cannot be computed: {absent}",
                         help="give the figure, or leave the objective out") from absent  # fmt: skip


def rounded_fidelity(log: float) -> float:
    """A fidelity from its logarithm, to nine digits: the last ones differ from machine to machine.

    Examples
    --------
    >>> rounded_fidelity(0.0), rounded_fidelity(-0.5)
    (1.0, 0.60653066)
    """
    return float(f"{math.exp(log):.9g}")


def _has_figures(network: Network) -> bool:
    """Whether the network says anything of its hardware."""
    hardware = ("gates", "preparation", "measurement", "reset", "t1", "t2", "coupling")
    return any(getattr(node, name) is not None for node in network.nodes for name in hardware) or any(
        link.classical is not None or link.quantum not in (None, QuantumChannel(cost=link.cost))
        for link in network.links
    )


def make_schedule(distribution: Distribution) -> Schedule:
    """The schedule of the programs; exact."""
    return _Scheduler(distribution).run()


# ---- figures ---------------------------------------------------------------------------------------------------------


def _duration(node: Node, one: Instruction) -> Fraction:
    total = Fraction(0)
    for component in components(one):
        duration = figures_of(node, component).duration
        if duration is None:
            raise _Absent(f"node '{node.name}' gives no duration of {component}")
        total += duration
    return total


def latencies(network: Network) -> dict[tuple[str, str], Fraction]:
    """How long a message takes between any two nodes: the least sum over paths of classical links; empty if that is not known.

    Examples
    --------
    >>> from gossamer.ir.network_text import parse_network
    >>> net = parse_network('''
    ... nodes: [{name: a, data: 1}, {name: b, data: 1}, {name: c, data: 1}]
    ... links:
    ...   - {nodes: [a, b], quantum: {}, classical: {latency: 1us}}
    ...   - {nodes: [b, c], quantum: {}, classical: {latency: 2us}}
    ... ''')
    >>> latencies(net)["a", "c"]
    Fraction(3, 1000000)
    """
    links = network.classical or {}
    around: list[list[tuple[int, Fraction]]] = [[] for _ in network.nodes]
    for pair, channel in links.items():
        a, b = sorted(pair)
        if channel.latency is None:
            return {}
        around[a].append((b, channel.latency))
        around[b].append((a, channel.latency))
    out: dict[tuple[str, str], Fraction] = {}
    for start, node in enumerate(network.nodes):
        done: set[int] = set()
        todo = [(Fraction(0), start)]
        while todo:
            time, x = heappop(todo)
            if x not in done:
                done.add(x)
                out[node.name, network.nodes[x].name] = time
                for y, step in around[x]:
                    heappush(todo, (time + step, y))
    return out


# ---- the schedule ----------------------------------------------------------------------------------------------------


class _Scheduler:
    def __init__(self, distribution: Distribution) -> None:
        self.programs = distribution.programs
        self.network = distribution.network
        self.nodes = [self.network.nodes[self.network.index[p.node]] for p in self.programs]
        self.at = [0] * len(self.programs)
        self.clock = [Fraction(0)] * len(self.programs)  # when the node may issue its next instruction
        self.free: list[dict[int, Fraction]] = [{} for _ in self.programs]  # qubit -> end of what acts on it last
        self.known: list[dict[int, Fraction]] = [{} for _ in self.programs]  # bit -> when it is known
        # qubit with a state -> since when it waits, and how long that state has waited before
        self.carries: list[dict[int, tuple[Fraction, Fraction]]] = [{} for _ in self.programs]
        self.arrivals: dict[str, Fraction] = {}  # message -> when it is there
        self.asked: dict[str, tuple[int, Fraction]] = {}  # link -> (program, time) of the end that came first
        self.links = {frozenset(link.nodes): link for link in self.network.links}
        self.busy: dict[frozenset[str], Fraction] = {}  # link of the network -> until when it makes a pair
        self.plan = Schedule(waits={p.node: [] for p in self.programs})
        manifest = distribution.manifest
        self.outputs = {(x.node, x.qubit) for x in manifest.outputs}
        for i, p in enumerate(self.programs):
            self.carries[i] = {x.qubit: (Fraction(0), Fraction(0)) for x in manifest.inputs if x.node == p.node}
        self._latency: dict[tuple[str, str], Fraction] | None = None

    def run(self) -> Schedule:
        progress = True
        while progress:
            progress = False
            for i, program in enumerate(self.programs):
                while self.at[i] < len(program.instructions) and self.step(i, program.instructions[self.at[i]]):
                    self.at[i] += 1
                    progress = True
        for i, program in enumerate(self.programs):
            if self.at[i] < len(program.instructions):
                raise ValueError("the programs wait for each other")
            for qubit, (since, waited) in sorted(self.carries[i].items()):
                kept = (program.node, qubit) in self.outputs
                self.plan.waits[program.node].append(waited + (self.plan.makespan - since if kept else 0))
        return self.plan

    def step(self, i: int, one: Instruction) -> bool:
        """Do an instruction of program ``i``; False if it has to wait for another program first."""
        match one:
            case Conditional(_, body):
                start = self.ready(i, one)
                for gate in body:
                    start = self.act(i, gate, start)
            case Send(message, peer, _):
                self.arrivals[message] = self.ready(i, one) + self.latency(self.programs[i].node, peer)
                self.end(self.arrivals[message])
            case Recv(message, _, bit):
                if message not in self.arrivals:
                    return False
                self.clock[i] = self.known[i][bit] = max(self.clock[i], self.arrivals[message])
            case Ebit():
                return self.ebit(i, one)
            case Compute(bit):
                self.known[i][bit] = self.ready(i, one)
            case _:
                self.act(i, one, self.ready(i, one))
        return True

    def ready(self, i: int, one: Instruction) -> Fraction:
        """When the node may issue the instruction and knows the bits that it reads."""
        return max([self.clock[i], *(self.known[i][b] for b in bits_read(one))])

    def act(self, i: int, one: Instruction, earliest: Fraction) -> Fraction:
        """Use the qubits as soon as they are free; gives the time at which it is done."""
        qubits = qubits_of(one)
        start = max([earliest, *(self.free[i].get(q, Fraction(0)) for q in qubits)])
        done = start + _duration(self.nodes[i], one)
        for q in qubits:
            since, waited = self.carries[i].pop(q, (start, Fraction(0)))
            if not isinstance(one, Reset):  # what a reset forgets need not have been kept so long
                waited += start - since
            if isinstance(one, Prepare):
                self.carries[i][q] = (done, Fraction(0))
            elif isinstance(one, Measure | Observe | Reset):
                self.plan.waits[self.programs[i].node].append(waited)
            else:
                self.carries[i][q] = (done, waited)
            self.free[i][q] = done
        if isinstance(one, Measure | Observe):
            self.known[i][one.bit] = done
        self.end(done)
        return done

    def ebit(self, i: int, one: Ebit) -> bool:
        now = max(self.clock[i], self.free[i].get(one.qubit, Fraction(0)))
        if one.link not in self.asked:
            self.asked[one.link] = (i, now)
            return False
        j, other = self.asked[one.link]
        if j == i:
            return False
        peer = self.programs[j].instructions[self.at[j]]
        assert isinstance(peer, Ebit)  # the first end stands at its ebit until the second one comes
        ends = frozenset((self.programs[i].node, self.programs[j].node))
        start = max(now, other, self.busy.get(ends, Fraction(0)))
        done = start + _pair_time(self.links.get(ends), one.link)
        self.busy[ends] = done
        for k, qubit in ((i, one.qubit), (j, peer.qubit)):
            self.clock[k] = self.free[k][qubit] = done
            self.carries[k][qubit] = (done, Fraction(0))
        self.at[j] += 1
        self.end(done)
        return True

    def latency(self, sender: str, receiver: str) -> Fraction:
        if self._latency is None:
            self._latency = latencies(self.network)
        if (sender, receiver) not in self._latency:
            raise _Absent("the network does not name classical links with a latency for all messages")
        return self._latency[sender, receiver]

    def end(self, time: Fraction) -> None:
        self.plan.makespan = max(self.plan.makespan, time)


def _pair_time(link: NetworkLink | None, name: str) -> Fraction:
    """From asking for a pair to having it: one over the rate, and the latency, if one is given."""
    channel = None if link is None else link.quantum
    if channel is None or channel.rate is None:
        raise _Absent(f"the network gives no rate for link {name}")
    return 1 / Fraction(channel.rate) + (channel.latency or 0)


# ---- the fidelity ----------------------------------------------------------------------------------------------------


def _log_fidelity(distribution: Distribution, plan: Schedule | None, why: str | None) -> float:
    """The logarithm of the product; conditional gates count as if they were always done."""
    network = distribution.network
    links = {frozenset(link.nodes): link for link in network.links}
    log = 0.0
    for program in distribution.programs:
        node = network.nodes[network.index[program.node]]
        for component in (x for one in program.instructions for x in components(one)):
            fidelity = figures_of(node, component).fidelity
            if fidelity is None:
                raise _Absent(f"node '{node.name}' gives no fidelity of {component}")
            log += math.log(fidelity)
        if node.t1 is not None or node.t2 is not None:
            if plan is None:
                raise _Absent(f"how long the qubits of '{node.name}' wait is not known: {why}")
            log += sum(math.log(memory_fidelity(node, wait)) for wait in plan.waits[node.name])
    for use in distribution.manifest.links:
        link = links.get(frozenset(use.nodes))
        channel = None if link is None else link.quantum
        if channel is None or channel.fidelity is None:
            raise _Absent(f"the network gives no fidelity of the pairs of '{use.nodes[0]}' and '{use.nodes[1]}'")
        log += math.log(channel.fidelity)
    return log
