"""Rules with their screens and without: the same verdict, down to the message, on programs with something wrong in them."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import gossamer
from gossamer.diagnostics import InputError
from gossamer.ir.program import Conditional, Distribution, Ebit, Gate, Measure, Recv, Reset, Send
from gossamer.ir.rules.programs import PROGRAM_RULES
from gossamer.ir.verify import verify_distribution


@cache
def _compiled() -> Distribution:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[5]; creg c[5]; h q; ' + "".join(
        f"cx q[{i}],q[{j}]; t q[{j}];" for i in range(5) for j in range(5) if i != j
    )
    return gossamer.compile(
        text + "reset q[0]; h q[0]; measure q -> c;", "3:qubits=2", effort=0, check=False
    ).distribution


def _verdict(distribution: Distribution) -> tuple[str, str] | None:
    try:
        verify_distribution(distribution)
    except InputError as error:
        return error.code, error.diagnostic.message
    return None


def _broken(rng: random.Random) -> Distribution:
    """The programs with one instruction of one of them changed, moved, doubled or left out."""
    d = _compiled()
    k = rng.randrange(len(d.programs))
    p = d.programs[k]
    code: list[Any] = list(p.instructions)
    i, j = rng.randrange(len(code)), rng.randrange(len(code))
    op = code[i]
    qubit, bit = rng.randrange(-1, p.data + p.comm + 1), rng.randrange(-1, p.bits + 1)
    match rng.randrange(5):
        case 0:
            code[i], code[j] = code[j], code[i]
        case 1:
            del code[i]
        case 2:
            code.insert(j, op)
        case 3:
            code.insert(i, rng.choice([Measure(qubit, bit), Reset(qubit), Gate("h", (qubit,)), Gate("no", (qubit,)), Send("m0", "n1", (bit, bit)),
                                       Conditional((), (Gate("x", (qubit,)),)), Conditional(((bit, True),), (Gate("x", (qubit,)),))]))  # fmt: skip
        case _:
            changed = {
                Gate: lambda: replace(op, qubits=(*op.qubits[1:], qubit)),
                Measure: lambda: Measure(qubit, op.bit) if i % 2 else Measure(op.qubit, bit),
                Conditional: lambda: replace(op, conditions=((bit, True), *op.conditions[1:])),
                Send: lambda: replace(op, bits=(*op.bits[1:], bit)),
                Recv: lambda: replace(op, bit=bit),
                Ebit: lambda: replace(op, qubit=qubit),
                Reset: lambda: Reset(qubit),
            }
            code[i] = changed[type(op)]()
    programs = (*d.programs[:k], replace(p, instructions=tuple(code)), *d.programs[k + 1 :])
    return Distribution(programs, d.manifest, d.network)


@pytest.mark.parametrize("seed", range(10))
def test_a_screen_never_lets_anything_pass(seed: int) -> None:
    rng = random.Random(seed)
    codes = set()
    for _ in range(60):
        fast = _broken(rng)
        slow = Distribution(fast.programs, fast.manifest, fast.network)
        slow.__dict__["columns"] = (None,) * len(fast.programs)  # as where a number is too large for them
        assert _verdict(fast) == _verdict(slow)
        codes.add(_verdict(fast))
    assert len(codes) > 20


def test_what_is_well_formed_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    d = _compiled()
    assert _verdict(d) is None
    looked: list[int] = []
    monkeypatch.setattr("gossamer.ir.rules.programs.bits_read", lambda op: looked.append(1) or ())
    monkeypatch.setattr("gossamer.ir.rules.programs.qubits_of", lambda op: looked.append(1) or ())
    for rule in PROGRAM_RULES:
        rule(d)
    assert not looked


def test_numbers_beyond_the_tables_are_refused_all_the_same() -> None:
    d = _compiled()
    p = d.programs[0]
    programs = (replace(p, instructions=(Gate("h", (1 << 40,)), *p.instructions)), *d.programs[1:])
    assert _verdict(Distribution(programs, d.manifest, d.network)) == (
        "PR-2",
        f"{p.node}, instruction 0: qubit {1 << 40} does not exist",
    )
