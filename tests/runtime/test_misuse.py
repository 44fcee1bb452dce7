"""Programs that make no sense, and deadlocks: each a diagnostic with its clause, never an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from gossamer.diagnostics import InputError
from gossamer.ir.phase import Phase
from gossamer.ir.program import (
    Conditional,
    Ebit,
    Gate,
    ManifestBit,
    ManifestLink,
    ManifestMessage,
    ManifestPlace,
    ManifestRegister,
    Measure,
    Recv,
    Reset,
    Send,
)
from gossamer.runtime.run import run
from tests.runtime.world import World


def good() -> World:
    """A link, a message each way and results: the misuse cases change one thing in it."""
    w = World(nodes=("alice", "bob", "carol"))
    w.gate("alice", "h", 0)
    w.gate("bob", "h", 0)
    w.link_cz("alice", 0, "bob", 0)
    w.register("c", ("alice", w.measure("alice", 0)), ("bob", w.measure("bob", 0)))
    w.inputs = [("alice", 0), ("bob", 1)]
    w.outputs = [("alice", 1), ("bob", 1)]
    return w


def test_the_unchanged_program_runs() -> None:
    assert sum(run(*good().build(), shots=10).counts.values()) == 10


def append(node: str, *ops: Any) -> Callable[[World], None]:
    return lambda w: w.ops[node].extend(ops)


def insert(node: str, *ops: Any) -> Callable[[World], None]:
    return lambda w: w.ops[node].__setitem__(slice(0, 0), ops)


def replace_op(node: str, kind: type, **fields: Any) -> Callable[[World], None]:
    def change(w: World) -> None:
        index = next(i for i, op in enumerate(w.ops[node]) if isinstance(op, kind))
        w.ops[node][index] = replace(w.ops[node][index], **fields)

    return change


def drop(node: str, kind: type) -> Callable[[World], None]:
    def change(w: World) -> None:
        w.ops[node].remove(next(op for op in w.ops[node] if isinstance(op, kind)))

    return change


BAD: list[tuple[str, str, Callable[[World], None]]] = [
    ("PR-2", "unknown gate 'ccx'", insert("alice", Gate("ccx", (0, 1)))),
    ("PR-2", "qubit 3 does not exist", insert("alice", Gate("h", (3,)))),
    ("PR-2", "qubit -1 does not exist", insert("alice", Gate("h", (-1,)))),
    ("PR-2", "qubit 9 does not exist", insert("alice", Reset(9))),
    ("PR-2", "qubit 3 does not exist", replace_op("alice", Ebit, qubit=3)),
    ("PR-2", "cz needs 2 distinct qubits", insert("alice", Gate("cz", (1, 1)))),
    ("PR-2", "cz needs 2 distinct qubits", insert("alice", Gate("cz", (1,)))),
    ("PR-2", "rz takes one constant angle", insert("alice", Gate("rz", (1,)))),
    ("PR-2", "rz takes one constant angle", insert("alice", Gate("rz", (1,), Phase.of_symbol("t")))),
    ("PR-2", "rz takes one constant angle", insert("alice", Gate("rz", (1,), Phase.of_bit(0)))),
    ("PR-2", "h takes no angle", insert("alice", Gate("h", (1,), Phase(Fraction(1, 2))))),
    ("PR-2", "bit 7 does not exist", append("alice", Measure(1, 7))),
    ("PR-2", "bit -1 does not exist", append("alice", Conditional(((-1, True),), ()))),
    ("PR-2", "without a condition", append("alice", Conditional((), (Gate("h", (1,)),)))),
    ("PR-2", "names a bit twice", replace_op("alice", Send, bits=(0, 0))),
    ("PR-3", "the manifest has no link l9", replace_op("alice", Ebit, link="l9")),
    ("PR-3", "unknown peer mallory", replace_op("alice", Ebit, peer="mallory")),
    ("PR-3", "peer of link l0 is bob", replace_op("alice", Ebit, peer="carol")),
    ("PR-3", "cannot be used by carol", append("carol", Ebit("l0", "alice", 2))),
    ("PR-3", "used a second time by alice", append("alice", Ebit("l0", "bob", 2))),
    ("PR-3", "link l0 is never used by the program of bob", drop("bob", Ebit)),
    ("PR-4", "the manifest has no message m9", replace_op("alice", Send, message="m9")),
    ("PR-4", "unknown peer mallory", replace_op("alice", Send, peer="mallory")),
    ("PR-4", "peer of message m0 is bob", replace_op("alice", Send, peer="carol")),
    ("PR-4", "peer of message m1 is bob", replace_op("alice", Recv, peer="carol")),
    (
        "PR-4",
        "message m0 cannot be received by carol",
        lambda w: w.ops["carol"].append(Recv("m0", "alice", w.new_bit("carol"))),
    ),
    ("PR-4", "message m1 cannot be sent by alice", append("alice", Send("m1", "bob", (0,)))),
    ("PR-4", "sent a second time by alice", append("alice", Send("m0", "bob", (0,)))),
    ("PR-4", "received a second time by bob", lambda w: w.ops["bob"].append(Recv("m0", "alice", w.new_bit("bob")))),
    ("PR-4", "message m0 is never sent by the program of alice", drop("alice", Send)),
    ("PR-4", "message m1 is never received by the program of alice", drop("alice", Recv)),
    ("PR-5", "bit 0 is read before it is written", insert("alice", Conditional(((0, True),), (Gate("h", (0,)),)))),
    ("PR-5", "bit 0 is written a second time", append("alice", Measure(1, 0))),
    ("PR-8", "qubit 0 is used after its measurement", append("alice", Gate("h", (0,)))),
    ("PR-8", "qubit 0 is used after its measurement", append("alice", Conditional(((0, True),), (Gate("z", (0,)),)))),
    ("PR-8", "qubit 0 is used after its measurement", lambda w: w.ops["alice"].append(Measure(0, w.new_bit("alice")))),
    ("PR-8", "holds an input and is reset", insert("alice", Reset(0))),
    ("PR-8", "which is measured at the end", lambda w: w.outputs.append(("alice", 0))),
    ("PR-7", "an ebit on data qubit 1", replace_op("alice", Ebit, qubit=1)),
    ("PR-7", "communication qubit 2 is still in use", insert("alice", Gate("h", (2,)))),
    ("PR-6", "points to bit 5 of carol, which is never written", lambda w: w.register("d", ("carol", 5))),
    ("PR-6", "names a register twice", lambda w: w.register("c", ("alice", 0))),
    ("PR-9", "which is no data qubit", lambda w: w.outputs.append(("alice", 2))),
    ("PR-9", "which is no data qubit", lambda w: w.inputs.append(("mallory", 0))),
    ("PR-9", "two inputs sit on one qubit", lambda w: w.inputs.append(("alice", 0))),
]


@pytest.mark.parametrize(("code", "words", "change"), BAD, ids=[f"{k}-{c}" for k, (c, _, _) in enumerate(BAD)])
def test_bad_programs(code: str, words: str, change: Callable[[World], None]) -> None:
    w = good()
    change(w)
    with pytest.raises(InputError) as caught:
        run(*w.build(), shots=10)
    assert caught.value.code == code
    assert words in caught.value.diagnostic.message


def test_a_place_on_a_negative_qubit() -> None:
    w = good()
    programs, manifest = w.build()
    outputs = [ManifestPlace(name="o", node="alice", qubit=-1)]
    with pytest.raises(InputError) as caught:
        run(programs, manifest.model_copy(update={"outputs": outputs}))
    assert caught.value.code == "PR-9"


def test_results_of_program_and_manifest_must_agree() -> None:
    programs, manifest = good().build()
    with pytest.raises(InputError) as caught:
        run([replace(programs[0], results=()), *programs[1:]], manifest)
    assert caught.value.code == "PR-6"


SAME_NAME = [ManifestPlace(name="o", node="alice", qubit=1), ManifestPlace(name="o", node="bob", qubit=1)]

MANIFESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("PR-1", "has no node alice", {"nodes": []}),
    ("PR-3", "names a link twice", {"links": [ManifestLink(id="l0", nodes=("alice", "bob"))] * 2}),
    ("PR-3", "not two nodes of the manifest", {"links": [ManifestLink(id="l0", nodes=("alice", "zoe"))]}),
    ("PR-3", "not two nodes of the manifest", {"links": [ManifestLink(id="l0", nodes=("bob", "bob"))]}),
    ("PR-4", "not two nodes of the manifest", {"messages": [ManifestMessage(id="m0", sender="bob", receiver="bob")]}),
    ("PR-4", "names a message twice", {"messages": [ManifestMessage(id="m0", sender="bob", receiver="alice")] * 2}),
    ("PR-6", "source outcome 0 points to bit 0 of carol", {"outcomes": [ManifestBit(node="carol", bit=0)]}),
    ("PR-9", "two outputs have the same name", {"outputs": SAME_NAME}),
    ("TL-12", "nothing to count", {"registers": []}),
    ("TL-12", "nothing to count", {"registers": [ManifestRegister(name="e", bits=[])]}),
]


@pytest.mark.parametrize(("code", "words", "update"), MANIFESTS)
def test_bad_manifests(code: str, words: str, update: dict[str, Any]) -> None:
    programs, manifest = good().build()
    with pytest.raises(InputError) as caught:
        run(programs, manifest.model_copy(update=update))
    assert caught.value.code == code
    assert words in caught.value.diagnostic.message


def test_a_program_is_missing_or_there_twice() -> None:
    programs, manifest = good().build()
    for wrong in (programs[:2], [*programs, programs[0]], []):
        with pytest.raises(InputError) as caught:
            run(wrong, manifest)
        assert caught.value.code == "PR-1"


@pytest.mark.parametrize("sizes", [{"data": -1}, {"comm": 10**12}, {"bits": 10**12}, {"bits": -1}])
def test_sizes_are_bounded(sizes: dict[str, int]) -> None:
    programs, manifest = good().build()
    node = manifest.nodes[0].model_copy(update={k: v for k, v in sizes.items() if k != "bits"})
    with pytest.raises(InputError) as caught:
        run(
            [replace(programs[0], **sizes), *programs[1:]],
            manifest.model_copy(update={"nodes": [node, *manifest.nodes[1:]]}),
        )
    assert caught.value.code == "PR-1"


def test_another_node_model_is_refused() -> None:
    programs, manifest = good().build()
    nodes = [n.model_copy(update={"model": "abacus"}) for n in manifest.nodes]
    with pytest.raises(InputError) as caught:
        run([replace(p, model="abacus") for p in programs], manifest.model_copy(update={"nodes": nodes}))
    assert caught.value.code == "PR-1"


# ---- deadlocks ----------------------------------------------------------------------------------------------------------


def deadlock(w: World) -> str:
    with pytest.raises(InputError) as caught:
        run(*w.build())
    assert caught.value.code == "PR-10"
    return caught.value.diagnostic.message


def reported() -> World:
    w = World(nodes=("alice", "bob", "carol"))
    w.register("c", ("carol", w.measure("carol", 0)))
    return w


def test_two_nodes_wait_for_each_others_message() -> None:
    w = reported()
    w.messages = [
        ManifestMessage(id="m0", sender="alice", receiver="bob"),
        ManifestMessage(id="m1", sender="bob", receiver="alice"),
    ]
    w.ops["alice"] = [Recv("m1", "bob", w.new_bit("alice")), Send("m0", "bob", (0,))]
    w.ops["bob"] = [Recv("m0", "alice", w.new_bit("bob")), Send("m1", "alice", (0,))]
    message = deadlock(w)
    assert "alice, instruction 0 waits for message m1 from bob" in message
    assert "bob, instruction 0 waits for message m0 from alice" in message
    assert "carol" not in message


def test_links_asked_for_in_opposite_order() -> None:
    w = World(data=1, comm=2, nodes=("alice", "bob"))
    w.register("c", ("alice", w.new_bit("alice")))
    w.links = [ManifestLink(id=f"l{k}", nodes=("alice", "bob")) for k in (0, 1)]
    w.ops["alice"] = [Ebit("l0", "bob", 1), Ebit("l1", "bob", 2), Measure(0, 0)]
    w.ops["bob"] = [Gate("h", (0,)), Ebit("l1", "alice", 1), Ebit("l0", "alice", 2)]
    message = deadlock(w)
    assert "alice, instruction 0 waits for bob at link l0" in message
    assert "bob, instruction 1 waits for alice at link l1" in message


def test_a_link_waits_for_a_message_behind_the_link() -> None:
    w = reported()
    w.links = [ManifestLink(id="l0", nodes=("alice", "bob"))]
    w.messages = [ManifestMessage(id="m0", sender="alice", receiver="bob")]
    w.ops["alice"] = [Ebit("l0", "bob", 2), Measure(0, w.new_bit("alice")), Send("m0", "bob", (0,))]
    w.ops["bob"] = [Recv("m0", "alice", w.new_bit("bob")), Ebit("l0", "alice", 2)]
    message = deadlock(w)
    assert "alice, instruction 0 waits for bob at link l0" in message
    assert "bob, instruction 0 waits for message m0 from alice" in message


def test_a_ring_of_three() -> None:
    w = World(data=1, comm=1, nodes=("alice", "bob", "carol"))
    w.register("c", ("alice", w.new_bit("alice")))
    ring = [("alice", "bob"), ("bob", "carol"), ("carol", "alice")]
    w.links = [ManifestLink(id=f"l{k}", nodes=pair) for k, pair in enumerate(ring)]
    bits = {n: w.new_bit(n) for n in w.nodes}
    for k, (a, b) in enumerate(ring):
        w.ops[a] += [Ebit(f"l{k}", b, 1), Measure(1, bits[a])]
    for k, (a, b) in enumerate(ring):
        w.ops[b].append(Ebit(f"l{k}", a, 1))
    w.ops["alice"].append(Measure(0, 0))
    message = deadlock(w)
    assert message.count("waits for") == 3


def test_a_message_may_wait_in_the_mailbox() -> None:
    """Sends do not block and order between different messages is free."""
    w = World()
    w.gate("a", "x", 0)
    first, second = w.measure("a", 0), w.measure("a", 1)
    one, zero = w.send("a", "b", first), w.send("a", "b", second)
    w.ops["b"].reverse()
    w.register("c", ("b", one), ("b", zero))
    assert run(*w.build(), shots=5).counts == {"01": 5}
