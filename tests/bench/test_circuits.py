"""The built-in circuits do what they are called after, at sizes that can be written down, and are the same text each time."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

import gossamer
from gossamer.bench import circuits
from gossamer.bench.circuits import CIRCUITS
from gossamer.ir.semantics import branches


def matrix_of(text: str) -> np.ndarray:
    """The unitary, up to a phase; rows are outputs, qubit 0 most significant."""
    ((_, k),) = branches(gossamer.read(text))
    return k / np.linalg.norm(k, 2)


@pytest.mark.parametrize("name", CIRCUITS)
def test_each_circuit_is_read(name):
    text = CIRCUITS[name]()
    assert text == CIRCUITS[name]()
    figures = gossamer.inspect(gossamer.read(text))
    assert figures["qubits"] == int(name.rsplit("_", 1)[1])
    assert name.startswith(("ghz", "bv", "clifford")) == figures["clifford"]


def test_the_text_is_the_same_everywhere():
    """Random circuits depend on nothing but their size: these bytes are what results were published for."""
    digest = hashlib.sha256("".join(CIRCUITS[name]() for name in sorted(CIRCUITS)).encode()).hexdigest()
    assert digest[:16] == "97c0f0d65897f556"


def test_fourier():
    """Without the swaps the bits of the result are in reverse order."""
    n = 4
    u = matrix_of(circuits.qft(n))
    reverse = [int(f"{i:0{n}b}"[::-1], 2) for i in range(2**n)]
    want = np.array([[np.exp(2j * math.pi * reverse[y] * x / 2**n) for x in range(2**n)] for y in range(2**n)]) / 2 ** (
        n / 2
    )
    assert np.allclose(abs(np.vdot(want, u)), 2**n)


def test_ghz_and_bernstein_vazirani():
    first = matrix_of(circuits.ghz(3))[:, 0]
    assert np.allclose(np.abs(first) ** 2, [0.5, 0, 0, 0, 0, 0, 0, 0.5])
    found = np.abs(matrix_of(circuits.bv(4))[:, 0]) ** 2
    assert math.isclose(found[0b1111], 1)  # all bits of the secret, and the answer qubit back in |1>


@pytest.mark.parametrize("n", [6, 8])
def test_the_adder_adds(n):
    """Qubits: carry, b0, a0, b1, a1, ..., carry out; b becomes a + b."""
    u = np.abs(matrix_of(circuits.cuccaro(n)))
    bits = (n - 2) // 2
    for a in range(2**bits):
        for b in range(2**bits):
            state = [0] * n
            for i in range(bits):
                state[1 + 2 * i], state[2 + 2 * i] = b >> i & 1, a >> i & 1
            want = list(state)
            for i in range(bits):
                want[1 + 2 * i] = (a + b) >> i & 1
            want[-1] = (a + b) >> bits
            column = int("".join(map(str, state)), 2)
            assert u[int("".join(map(str, want)), 2), column] > 0.999


def test_graphs_of_qaoa_are_cubic():
    pairs = [line.split()[1] for line in circuits.qaoa(16).splitlines() if line.startswith("rzz")]
    degree = [sum(f"q[{i}]" in pair for pair in pairs) for i in range(16)]
    assert degree == [3] * 16
    assert len(set(pairs)) == 24
