"""NetQASM applications as data: what each node's host does, and the texts of the subroutines that it hands to its quantum node controller.

NetQASM has no instruction for messages: a node's program is a list of steps of its host, which sends and receives bits and has subroutines run. A
subroutine is text. What it needs from outside (bits of earlier steps, ids of nodes) stands in it as templates, ``{m3}`` and ``{node_bob}``; what it
measures it returns as the array at address 0. Here are the data, angles as NetQASM writes them, and the preamble. Clauses NQ-*.

References
----------
A. Dahlberg et al., "NetQASM - a low-level instruction set architecture for hybrid quantum-classical programs in a quantum internet", Quantum Sci.
Technol. 7, 035023 (2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

Flavour = Literal["vanilla", "nv", "trapped_ion"]

#: The largest numerator and exponent of an angle: both are one byte.
MAX_IMMEDIATE = 255
#: The first line of a subroutine.
HEADER = "# NETQASM 2.0"


@dataclass(frozen=True, slots=True)
class Run:
    """Have a subroutine executed; ``reads`` are the bits that fill its templates, ``writes`` those that it returns, in order."""

    text: str
    reads: tuple[int, ...] = ()
    writes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """Send the parity of bits to the host of another node; never blocks."""

    peer: str
    bits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hear:
    """Block until the next message of another node's host is there, then store it in ``bit``."""

    peer: str
    bit: int


HostStep: TypeAlias = Run | Tell | Hear


@dataclass(frozen=True, slots=True)
class Role:
    """One node.

    Attributes
    ----------
    name : of the node
    flavour : the instructions that its subroutines may hold
    qubits : how many virtual qubits it has; they are numbered from 0
    steps : what its host does, in order
    results : pairs (bit, ``"register[index]"``) of the bits that it reports
    """

    name: str
    flavour: Flavour
    qubits: int
    steps: tuple[HostStep, ...]
    results: tuple[tuple[int, str], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The subroutines, in the order in which they are run."""
        return tuple(step.text for step in self.steps if isinstance(step, Run))


@dataclass(frozen=True, slots=True)
class Application:
    """The roles, which of them share pairs, and how far rounded angles can take the probabilities of the results from the exact ones.

    Attributes
    ----------
    roles : in the order of the manifest
    pairs : pairs of names that share EPR pairs; the first one creates, the second one receives
    rounded : how many rotations are not exactly those of the node programs
    error : a bound on the total variation distance between the results' distribution and the exact one; 0 if all angles are exact
    """

    roles: tuple[Role, ...]
    pairs: tuple[tuple[str, str], ...]
    rounded: int = 0
    error: float = 0.0

    def sockets(self, name: str) -> tuple[str, ...]:
        """The peers with which a node shares EPR pairs; the index of one is the id of the EPR socket.

        Examples
        --------
        >>> Application((), (("a", "b"), ("b", "c"))).sockets("b")
        ('a', 'c')
        """
        return tuple(b if a == name else a for a, b in self.pairs if name in (a, b))


def angle_terms(angle: Fraction, bits: int) -> tuple[list[tuple[int, int]], Fraction]:
    """Pairs (n, d) whose rotations by ``n pi / 2^d`` make up one by ``angle``, and how far they are from it.

    An angle that is a multiple of ``1/2^255`` is exact; any other is rounded to the next multiple of ``1/2^bits``. Since n is one byte, there is a
    pair for every eight binary digits that are not all 0.

    Parameters
    ----------
    angle
        In multiples of pi; whole turns are left out.

    Examples
    --------
    >>> angle_terms(Fraction(-1, 4), 31)
    ([(7, 2)], Fraction(0, 1))
    >>> angle_terms(Fraction(257, 512), 31)
    ([(1, 9), (1, 1)], Fraction(0, 1))
    >>> angle_terms(Fraction(1, 3), 4)
    ([(5, 4)], Fraction(1, 48))
    """
    angle %= 2
    exact = angle.denominator & (angle.denominator - 1) == 0 and angle.denominator.bit_length() <= MAX_IMMEDIATE + 1
    near = angle if exact else Fraction(round(angle * 2**bits), 2**bits)
    error = abs(angle - near)
    near %= 2
    numerator, exponent = near.numerator, near.denominator.bit_length() - 1
    terms = []
    while numerator:
        if numerator & MAX_IMMEDIATE:
            terms.append((numerator & MAX_IMMEDIATE, exponent))
        numerator >>= 8
        exponent -= 8
    return terms, error
