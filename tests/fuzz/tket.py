"""Small circuits of pytket to start from: one for each way in which its JSON holds an operation."""

from __future__ import annotations

import json


def seeds() -> tuple[str, ...]:
    import numpy as np
    from pytket.circuit import (
        Bit,
        CircBox,
        Circuit,
        CustomGateDef,
        Op,
        OpType,
        PauliExpBox,
        QControlBox,
        StabiliserAssertionBox,
        ToffoliBox,
        Unitary1qBox,
        Unitary2qBox,
    )
    from pytket.pauli import Pauli
    from sympy import Symbol

    a = Symbol("a")
    turn = CustomGateDef.define("turn", Circuit(1).Rz(a, 0), [a])
    flip = ToffoliBox([([False, False], [True, True]), ([True, True], [False, False])])

    def new() -> Circuit:
        return Circuit(3, 3)

    circuits = [
        Circuit(2, 1).H(0).Rz(0.25, 0).CX(0, 1).Measure(1, 0).X(0, condition_bits=[0], condition_value=1),
        new().U3(0.1, 0.2, 0.3, 0).TK1(0.1, 0.2, 0.3, 1).PhasedX(0.1, 0.2, 2),
        new().add_gate(OpType.CnX, [0, 1, 2]).add_gate(OpType.CnRy, 0.3, [0, 1, 2]),
        new().XXPhase(0.1, 0, 1).ZZMax(1, 2).ISWAPMax(0, 2).TK2(0.1, 0.2, 0.3, 0, 1),
        new().CSWAP(0, 1, 2).CCX(0, 1, 2).ECR(0, 1).CV(0, 1),
        new().SWAP(0, 1).add_barrier([0, 1, 2]).Reset(1).Measure(1, 1),
        new().Measure(0, 0).X(1, condition_bits=[0, 1], condition_value=2),
        new().add_circbox(CircBox(Circuit(2).H(0).CX(0, 1)), [2, 0]),
        new().add_pauliexpbox(PauliExpBox([Pauli.X, Pauli.Z], 0.3), [0, 1]),
        new().add_unitary1qbox(Unitary1qBox(np.eye(2)), 0),
        new().add_unitary2qbox(Unitary2qBox(np.eye(4)), 0, 1),
        new().add_c_setbits([True, False], [0, 1]).add_c_copybits([0, 1], [1, 2]),
        new().add_c_xor(0, 1, 2).add_c_and(0, 1, 1).add_c_not(0, 0),
        new().add_c_range_predicate(1, 2, [0, 1], 2).add_c_predicate([True, False], [0], 1),
        new().add_c_transform([0, 1, 3, 2], [0, 1]),
        new().add_clexpr_from_logicexp(Bit(0) & Bit(1) | Bit(2), [Bit(0)]),
        new().add_custom_gate(turn, [0.3], [0]).Rx(a, 0).add_phase(0.25),
        new().add_qcontrolbox(QControlBox(Op.create(OpType.Ry, 0.3), 1), [0, 1]),
        new().add_toffolibox(flip, [0, 1]),
        Circuit(3, 3).add_gate(OpType.Phase, [0.3], []).add_gate(OpType.NPhasedX, [0.3, 0.1], [0, 1]),
    ]
    asserted = Circuit(3)
    asserted.add_assertion(StabiliserAssertionBox(["XX", "ZZ"]), [0, 1], ancilla=2)
    return tuple(json.dumps(c.to_dict()) for c in (*circuits, asserted))
