"""The program of one MBQC node as a measurement pattern of its own.

What comes from other nodes is an input of the pattern: a half-ebit is an input vertex, a half of ``|Phi+>`` as the network hands it out (the H of the
first-named end is a command), and a bit that is received is a classical input, unless its value is given. What goes to other nodes is reported: each
message is a register. Clause PR-16.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gossamer.backends.mbqc_merge import PatternWriter
from gossamer.diagnostics import InputError, UsageError
from gossamer.ir.diagram import Bit, BitKind, Register
from gossamer.ir.pattern import Pattern
from gossamer.ir.phase import BitExpr
from gossamer.ir.program import Ebit, Instruction, Manifest, NodeProgram, Recv, Send


def part(
    programs: Sequence[NodeProgram], manifest: Manifest, node: str, given: Mapping[str, int] | None = None
) -> Pattern:
    """The pattern of one node.

    Parameters
    ----------
    given
        The values, 0 or 1, of messages that the node receives, by their id; each of the others is a classical input.

    Raises
    ------
    InputError
        ``PR-16`` if the node is no MBQC node, or has postselected outcomes.
    UsageError
        ``TL-7`` for a node that is not there, for a message that it does not receive, and for a value that is no bit.

    Examples
    --------
    >>> from gossamer.ir.pattern import Entangle, Measure, Prepare
    >>> from gossamer.ir.program import ManifestNode, Observe
    >>> m = Manifest(nodes=[ManifestNode(name="a", model="mbqc", program="a.pattern.json", data=1, comm=1)], links=[], messages=[],
    ...     inputs=[], outputs=[], registers=[], outcomes=[], source_digest="")
    >>> code = (Ebit("l", "b", 1), Recv("m", "b", 0), Observe(Measure(1, t_domain=BitExpr.bit(0)), 1), Send("n", "b", (1,)))
    >>> print(part([NodeProgram("a", "mbqc", 1, 1, 2, code)], m, "a"))
    input 0 "link l"
    b0 = input "message m"
    M 0 XY 0 t: b0 -> b1
    register "message n": b1
    >>> print(part([NodeProgram("a", "mbqc", 1, 1, 2, code)], m, "a", {"m": 1}))
    input 0 "link l"
    M 0 XY 0 t: 1 -> b0
    register "message n": b0
    """
    program = next((p for p in programs if p.node == node), None)
    if program is None:
        raise UsageError("TL-7", f"there is no node '{node}'", help=f"the nodes: {', '.join(p.node for p in programs)}")
    given = dict(given or {})
    received = [op.message for op in program.instructions if isinstance(op, Recv)]
    for message, value in given.items():
        if message not in received:
            raise UsageError("TL-7", f"{node} receives no message '{message}'",
                             help=f"it receives: {', '.join(received) or 'none'}")  # fmt: skip
        if value not in (0, 1):
            raise UsageError("TL-7", f"the message '{message}' is a bit, not {value}")
    if any(place.node == node for place in manifest.postselected):
        raise InputError("PR-16", f"a pattern cannot throw runs away, and {node} has postselected outcomes")
    return _Part(program, manifest, given).run()


class _Part(PatternWriter):
    def __init__(self, program: NodeProgram, manifest: Manifest, given: Mapping[str, int]) -> None:
        super().__init__([program])
        self.program, self.manifest, self.given = program, manifest, given
        self.registers: list[Register] = []

    def run(self) -> Pattern:
        own = self.program.node
        places = [p for p in self.manifest.inputs if p.node == own]
        inputs = [self.new_node(own, p.qubit) for p in places]
        names = [p.name for p in places]
        halves = [op.link for op in self.program.instructions if isinstance(op, Ebit)]
        self.half = {link: self.new_node() for link in halves}
        for op in self.program.instructions:
            self.step(own, op)
        left = [p for p in self.manifest.outputs if p.node == own]
        outputs = [self.node.pop((own, p.qubit)) for p in left]
        self.forget_the_rest()
        for register in self.manifest.registers:
            for i, place in enumerate(register.bits):
                if place is not None and place.node == own:
                    self.registers.append(Register(f"{register.name}[{i}]", (self.value[own, place.bit],)))
        return Pattern(
            inputs=(*inputs, *self.half.values()),
            outputs=tuple(outputs),
            commands=tuple(self.commands),
            bits=tuple(self.bits),
            registers=tuple(self.registers),
            input_names=(*names, *(f"link {link}" for link in halves)),
            output_names=tuple(p.name for p in left),
        )

    def talk(self, own: str, op: Instruction) -> None:
        match op:
            case Send(message, _, bits):
                self.registers.append(Register(f"message {message}", (self.parity(own, bits),)))
            case Recv(message, _, bit) if message in self.given:
                self.value[own, bit] = BitExpr.const(self.given[message])
            case Recv(message, _, bit):
                self.bits.append(Bit(BitKind.INPUT, name=f"message {message}"))
                self.value[own, bit] = BitExpr.bit(len(self.bits) - 1)
            case Ebit(link, _, qubit):
                self.node[own, qubit] = self.half[link]
