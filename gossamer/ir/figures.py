"""What a node's hardware says of an instruction: the components that it uses, how long each takes and how well it works.

A component is a gate by its name, ``preparation``, ``measurement`` or ``reset``. The commands of a pattern use components too: N a preparation,
E a ``cz``, M a measurement in whatever basis, X and Z these gates, C the gates that are its letters (``spec/network.md``, NW-14).

References
----------
Average fidelity of relaxation and dephasing over a time t, (3 + exp(-t/T1) + 2 exp(-t/T2)) / 6: from the Pauli transfer matrix by
M. A. Nielsen, Phys. Lett. A 303, 249 (2002).
"""

from __future__ import annotations

import math
from fractions import Fraction

from gossamer.ir.network import Figures, NativeGate, Node
from gossamer.ir.pattern import Clifford, CorrectX, CorrectZ, Entangle, Prepare
from gossamer.ir.program import Conditional, Gate, Instruction, Measure, Observe, Reset

#: Components that are no gates: fields of a node.
NO_GATES = ("preparation", "measurement", "reset")


def components(one: Instruction) -> tuple[str, ...]:
    """The components that an instruction uses, one after another; a condition uses all gates of its body.

    Examples
    --------
    >>> components(Entangle(0, 1)), components(Clifford(0, ("h", "s"))), components(Prepare(0))
    (('cz',), ('h', 's'), ('preparation',))
    """
    match one:
        case Gate(name):
            return (name,)
        case Conditional(_, body):
            return tuple(gate.name for gate in body)
        case Prepare():
            return ("preparation",)
        case Entangle():
            return ("cz",)
        case CorrectX():
            return ("x",)
        case CorrectZ():
            return ("z",)
        case Clifford(_, letters):
            return letters
        case Measure() | Observe():
            return ("measurement",)
        case Reset():
            return ("reset",)
        case _:
            return ()


def figures_of(node: Node, component: str) -> Figures | NativeGate:
    """The figures of a component; those that the node does not give are None.

    Examples
    --------
    >>> ion = Node(name="a", data=1, gates=(NativeGate(name="cz", duration="1ms"),))
    >>> figures_of(ion, "cz").duration, figures_of(ion, "reset").duration
    (Fraction(1, 1000), None)
    """
    found: Figures | NativeGate | None
    match component:
        case "preparation":
            found = node.preparation
        case "measurement":
            found = node.measurement
        case "reset":
            found = node.reset
        case _:
            found = next((gate for gate in node.gates or () if gate.name == component), None)
    return found or Figures()


def memory_fidelity(node: Node, wait: Fraction) -> float:
    """Average fidelity of a qubit of the node that waits for so many seconds.

    Examples
    --------
    >>> memory_fidelity(Node(name="a", data=1), Fraction(1))
    1.0
    >>> round(memory_fidelity(Node(name="a", data=1, t2="1s"), Fraction(1)), 4)  # (3 + 1 + 2/e) / 6
    0.7893
    """
    if node.t1 is None:
        rate1, rate2 = Fraction(0), 1 / node.t2 if node.t2 else Fraction(0)
    else:
        rate1 = 1 / node.t1
        rate2 = rate1 / 2 if node.t2 is None else 1 / node.t2
    return (3 + math.exp(-float(wait * rate1)) + 2 * math.exp(-float(wait * rate2))) / 6
