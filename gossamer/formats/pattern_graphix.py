"""A measurement pattern as a ``Pattern`` of graphix.

graphix has parities of outcomes for domains, numbers for angles and no classical part; what needs more is refused (PR-16). It is
imported when it is asked for.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gossamer.diagnostics import InputError, MissingPackage
from gossamer.ir.diagram import BitKind
from gossamer.ir.pattern import Basis, Clifford, CorrectX, CorrectZ, Entangle, Measure, Pattern, Prepare
from gossamer.ir.phase import BitExpr

CODE = "PR-16"


def to_graphix(pattern: Pattern) -> Any:
    """The same pattern as an object of graphix; nodes keep their numbers, results are dropped (the outcomes are there).

    Raises
    ------
    InputError
        ``PR-16`` for an angle that depends on bits or symbols (see :mod:`gossamer.ir.fixed_angles`), and for a domain that is no parity of outcomes.
    MissingPackage
        ``TL-9`` without graphix.
    """
    words = _Words(pattern)
    measured = {c.node: words.measurement(c) for c in pattern.commands if isinstance(c, Measure)}
    corrected = {
        i: words.parity(c.domain) for i, c in enumerate(pattern.commands) if isinstance(c, CorrectX | CorrectZ)
    }
    try:
        from graphix import Pattern as GraphixPattern
        from graphix import command
        from graphix.clifford import Clifford as Turn
    except ModuleNotFoundError as error:
        raise MissingPackage("TL-9", "patterns of graphix need the package 'graphix'",
                             help="pip install 'gossamer[engines]'") from error  # fmt: skip
    out = GraphixPattern(input_nodes=list(pattern.inputs))
    for i, c in enumerate(pattern.commands):
        match c:
            case Prepare(node):
                out.add(command.N(node))
            case Entangle(a, b):
                out.add(command.E((a, b)))
            case CorrectX(node) | CorrectZ(node):
                nodes, always = corrected[i]
                letter = "X" if isinstance(c, CorrectX) else "Z"
                if always:
                    out.add(command.C(node, getattr(Turn, letter)))
                if nodes:
                    out.add(getattr(command, letter)(node, nodes))
            case Clifford(node, gates):
                product = Turn.I
                for gate in gates:
                    product = getattr(Turn, gate.upper()) @ product
                out.add(command.C(node, product))
            case Measure(node):
                basis, angle, s, t = measured[node]
                out.add(command.M(node, _measurement(basis, angle), s, t))
    out.reorder_output_nodes(list(pattern.outputs))
    return out


def _measurement(basis: Basis, angle: Fraction) -> Any:
    from graphix.measurements import Measurement

    kind = getattr(Measurement, basis.value)
    if basis.is_pauli:
        return -kind if angle == 1 else kind
    return kind(float(angle))


class _Words:
    """Domains as sets of nodes."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.known: dict[int, tuple[frozenset[int], bool]] = {}

    def parity(self, expr: BitExpr) -> tuple[set[int], bool]:
        """Nodes whose outcomes have the parity ``expr``, and whether it is negated."""
        if not expr.is_parity:
            raise InputError(CODE, f"the domain {expr} is no parity", help="graphix knows sets of nodes only")
        nodes: frozenset[int] = frozenset()
        negated = frozenset() in expr.monomials
        for b in expr.bits:
            more, flip = self.bit(b)
            nodes, negated = nodes ^ more, negated ^ flip
        return set(nodes), negated

    def bit(self, b: int) -> tuple[frozenset[int], bool]:
        if b not in self.known:
            bit = self.pattern.bits[b]
            if bit.kind == BitKind.OUTCOME:
                self.known[b] = frozenset((bit.vertex,)), False
            elif bit.expr is not None:
                nodes, negated = self.parity(bit.expr)
                self.known[b] = frozenset(nodes), negated
            else:
                raise InputError(
                    CODE,
                    f"graphix has no classical inputs such as '{bit.name or f'b{b}'}'",
                    help="give it a value first",
                )
        return self.known[b]

    def measurement(self, m: Measure) -> tuple[Basis, Fraction, set[int], set[int]]:
        """Basis, angle and domains; corrections that are always made are in the angle."""
        if not m.angle.is_constant:
            raise InputError(CODE, f"the angle {m.angle} of node {m.node} depends on bits or symbols",
                             help="graphix adapts angles by domains only")  # fmt: skip
        (s, x), (t, z) = self.parity(m.s_domain), self.parity(m.t_domain)
        angle = m.angle.constant
        match m.basis:
            case Basis.XY:
                angle = (-angle if x else angle) + z
            case Basis.YZ:
                angle = (-angle if z else angle) + x
            case Basis.XZ:
                angle = (-angle if x != z else angle) + x
            case Basis.X:
                angle += z
            case Basis.Y:
                angle += x != z
            case Basis.Z:
                angle += x
        return m.basis, angle % 2, s, t
