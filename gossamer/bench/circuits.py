"""Circuits that a benchmark can always run: made here, as OpenQASM 2, the same text each time.

Written for this project (Apache-2.0), after the constructions that are cited; random ones are drawn with fixed seeds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from functools import partial


def _text(qubits: int, lines: Iterable[str]) -> str:
    return "\n".join(["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];", *lines]) + "\n"


def qft(n: int) -> str:
    """The Fourier transform without its swaps; Coppersmith, IBM RC 19642 (1994)."""
    lines = []
    for i in range(n):
        lines.append(f"h q[{i}];")
        lines += [f"cu1(pi/{2 ** (j - i)}) q[{j}],q[{i}];" for j in range(i + 1, n)]
    return _text(n, lines)


def ghz(n: int) -> str:
    """Greenberger, Horne, Zeilinger (1989), as a chain of CNOTs.

    Examples
    --------
    >>> ghz(2).splitlines()[-2:]
    ['h q[0];', 'cx q[0],q[1];']
    """
    return _text(n, ["h q[0];", *(f"cx q[{i}],q[{i + 1}];" for i in range(n - 1))])


def bv(n: int) -> str:
    """Bernstein, Vazirani, SIAM J. Comput. 26, 1411 (1997), all bits of the secret set; no final measurements."""
    return _text(
        n,
        [
            f"x q[{n - 1}];",
            *(f"h q[{i}];" for i in range(n)),
            *(f"cx q[{i}],q[{n - 1}];" for i in range(n - 1)),
            *(f"h q[{i}];" for i in range(n)),
        ],
    )


def qaoa(n: int) -> str:
    """One layer of QAOA for the maximum cut of a random 3-regular graph; Farhi, Goldstone, Gutmann, arXiv:1411.4028."""
    rng = random.Random(n)
    while True:  # pair up three points of each vertex until the graph has no loop and no double edge
        points = [v for v in range(n) for _ in range(3)]
        rng.shuffle(points)
        edges = {(min(a, b), max(a, b)) for a, b in zip(points[::2], points[1::2], strict=True) if a != b}
        if len(edges) == 3 * n // 2:
            break
    lines = [f"h q[{i}];" for i in range(n)]
    lines += [f"rzz(0.7) q[{a}],q[{b}];" for a, b in sorted(edges)]
    return _text(n, [*lines, *(f"rx(0.4) q[{i}];" for i in range(n))])


def cuccaro(n: int) -> str:
    """The ripple-carry adder of Cuccaro, Draper, Kutin, Moulton, quant-ph/0410184; Toffolis over Clifford+T."""
    bits = (n - 2) // 2
    a, b = [2 + 2 * i for i in range(bits)], [1 + 2 * i for i in range(bits)]
    triples = [(0, b[0], a[0])] + [(a[i - 1], b[i], a[i]) for i in range(1, bits)]
    lines = []
    for x, y, z in triples:
        lines += [f"cx q[{z}],q[{y}];", f"cx q[{z}],q[{x}];", *_toffoli(x, y, z)]
    lines.append(f"cx q[{a[-1]}],q[{2 * bits + 1}];")
    for x, y, z in reversed(triples):
        lines += [*_toffoli(x, y, z), f"cx q[{z}],q[{x}];", f"cx q[{x}],q[{y}];"]
    return _text(n, lines)


def _toffoli(a: int, b: int, c: int) -> list[str]:
    """Nielsen, Chuang (2000), figure 4.9."""
    word = f"h {c}; cx {b},{c}; tdg {c}; cx {a},{c}; t {c}; cx {b},{c}; tdg {c}; cx {a},{c}; t {b}; t {c}; h {c}; cx {a},{b}; t {a}; tdg {b}; cx {a},{b}"
    out = []
    for gate in word.split("; "):
        name, qubits = gate.split(" ")
        out.append(f"{name} {','.join(f'q[{q}]' for q in qubits.split(','))};")
    return out


def ising(n: int, steps: int = 5) -> str:
    """Trotter steps of the Ising chain in a transverse field; Lloyd, Science 273, 1073 (1996)."""
    lines = [f"h q[{i}];" for i in range(n)]
    for _ in range(steps):
        for first in (0, 1):
            lines += [f"rzz(0.2) q[{i}],q[{i + 1}];" for i in range(first, n - 1, 2)]
        lines += [f"rx(0.3) q[{i}];" for i in range(n)]
    return _text(n, lines)


def clifford(n: int) -> str:
    """Random layers of H, S and CZ on random pairs, n deep; scrambling Clifford circuits as in Gottesman, quant-ph/9807006."""
    rng = random.Random(n)
    lines = []
    for _ in range(n):
        lines += [f"{rng.choice(['h', 's', 'sdg'])} q[{i}];" for i in range(n)]
        order = rng.sample(range(n), n)
        lines += [f"cz q[{a}],q[{b}];" for a, b in zip(order[::2], order[1::2], strict=True)]
    return _text(n, lines)


def volume(n: int, depth: int = 8) -> str:
    """Layers of random two-qubit blocks on random pairs, three CNOTs each; Cross et al., PRA 100, 032328 (2019)."""
    rng = random.Random(n)
    lines = []

    def turn(q: int) -> str:
        angles = ",".join(f"{rng.uniform(-math.pi, math.pi):.6f}" for _ in range(3))
        return f"u3({angles}) q[{q}];"

    for _ in range(depth):
        order = rng.sample(range(n), n)
        for a, b in zip(order[::2], order[1::2], strict=True):
            for control, target in ((a, b), (b, a), (a, b)):
                lines += [turn(a), turn(b), f"cx q[{control}],q[{target}];"]
            lines += [turn(a), turn(b)]
    return _text(n, lines)


#: Name -> what makes it.
CIRCUITS: dict[str, Callable[[], str]] = {
    f"{name}_{n}": partial(make, n)
    for name, make, sizes in (
        ("qft", qft, (16, 32)),
        ("ghz", ghz, (64,)),
        ("bv", bv, (64,)),
        ("qaoa", qaoa, (16, 32, 64)),
        ("cuccaro", cuccaro, (16, 32)),
        ("ising", ising, (64,)),
        ("clifford", clifford, (16, 32)),
        ("volume", volume, (16,)),
    )
    for n in sizes
}
CIRCUITS["volume_32"] = partial(volume, 32, 32)
