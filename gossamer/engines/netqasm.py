"""Engine ``netqasm``: the subroutines of the NetQASM application, executed by the executor of NetQASM's own package, one shot after another.

What is executed are the texts that ``convert -t netqasm`` writes, on one executor for each node, all of them over one simulator
(``gossamer.engines.netqasm_executor``); what the hosts do between is done here. Nothing of our runtime is used. netqasm is imported when the engine
is used.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gossamer.backends.netqasm import application
from gossamer.diagnostics import InputError
from gossamer.engines.outside import imports_for, key_of
from gossamer.formats.netqasm import Application, Role, Run, Tell
from gossamer.ir.program import Manifest, NodeProgram

if TYPE_CHECKING:
    from gossamer.engines.netqasm_executor import Controller, Texts


def sample(programs: Sequence[NodeProgram], manifest: Manifest, shots: int, seed: int) -> dict[str, int]:
    """Counts of the manifest's registers, under the keys that Qiskit prints.

    Raises
    ------
    InputError
        ``NQ-1`` to ``NQ-3`` for programs that are no NetQASM application.
    MissingPackage
        ``TL-9`` without netqasm.
    UsageError
        ``RES-1`` if too many qubits are in use at one time.

    Examples
    --------
    >>> import gossamer
    >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; cx q[0],q[1]; measure q -> c;'
    >>> program = gossamer.compile(text, "2:qubits=1")
    >>> sample(program.programs, program.manifest, 10, 1)
    {'11': 10}
    """
    app = application(programs, manifest)
    with imports_for("netqasm"):
        from gossamer.engines.netqasm_executor import Texts
    texts, rng = Texts(app), np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    for _ in range(shots):
        bits = run_once(app, texts, rng)
        held = ([b is not None and bits[b.node][b.bit] for b in register.bits] for register in manifest.registers)
        counts[key_of(held)] += 1
    return dict(counts)


def run_once(app: Application, texts: Texts, rng: np.random.Generator) -> dict[str, dict[int, int]]:
    """The bits of each node after one run of an application.

    Raises
    ------
    InputError
        ``PR-10`` if its hosts wait for each other.
    """
    from gossamer.engines.netqasm_executor import controllers

    hosts = _Hosts(texts)
    bits: dict[str, dict[int, int]] = {role.name: {} for role in app.roles}
    running = [
        hosts.host(role, controller, bits[role.name])
        for role, controller in zip(app.roles, controllers(app, rng), strict=True)
    ]
    while running:
        before = hosts.moves
        for host in list(running):
            if next(host, None) is None:
                running.remove(host)
                hosts.moves += 1
        if hosts.moves == before:
            raise InputError("PR-10", "deadlock: the hosts of the NetQASM application wait for each other")
    return bits


class _Hosts:
    """What the hosts share: the texts, the messages on their way, and how many steps were taken in all."""

    def __init__(self, texts: Texts) -> None:
        self.texts, self.moves = texts, 0
        self.messages: dict[tuple[str, str], deque[int]] = {}  # from, to

    def host(self, role: Role, controller: Controller, bits: dict[int, int]) -> Iterator[str]:
        """One node; yields the name of what it waits for, as often as it is asked while that is not there."""
        for k, step in enumerate(role.steps):
            if isinstance(step, Run):
                subroutine = self.texts.filled(role.name, k, tuple(bits[b] for b in step.reads))
                pairs = controller.pairs
                for _ in controller.execute_subroutine(subroutine):
                    self.moves += controller.pairs - pairs
                    pairs = controller.pairs
                    yield "pair"
                bits.update(zip(step.writes, controller.returned(len(step.writes)), strict=True))
            elif isinstance(step, Tell):
                parity = sum(bits[b] for b in step.bits) % 2
                self.messages.setdefault((role.name, step.peer), deque()).append(parity)
            else:
                channel = self.messages.setdefault((step.peer, role.name), deque())
                while not channel:
                    yield "message"
                bits[step.bit] = channel.popleft()
            self.moves += 1
