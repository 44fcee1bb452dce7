"""The manifest in pieces: what each program's file says of it, and the manifest that the files of all programs give (clause PR-18).

A manifest says how programs belong together. Links, messages and results can be read off the programs; what cannot stands in the
excerpt of each (:class:`gossamer.ir.program.Excerpt`). The module guarantees that the manifest of programs that carry their excerpts comes
back, equal in every field; its links and messages come back in the order of their ids, shorter ones first, which is the order in which a
compiled manifest has them. Whether the programs make sense together is a matter of other clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from gossamer.diagnostics import InputError
from gossamer.ir.network import MAX_QUBITS
from gossamer.ir.program import (
    Ebit,
    Excerpt,
    Manifest,
    ManifestBit,
    ManifestLink,
    ManifestMessage,
    ManifestNode,
    ManifestPlace,
    ManifestRegister,
    NodeProgram,
    Recv,
    Send,
)

CODE = "PR-18"
#: Registers have so many bits together, and a source so many outcomes, at most: a short text may not ask for a long list.
MAX_PLACES = 10**7

T = TypeVar("T")


def excerpts_of(manifest: Manifest) -> dict[str, Excerpt]:
    """For each node of a manifest what its program's file has to say of it.

    Examples
    --------
    >>> m = Manifest(nodes=[ManifestNode(name=n, model="circuit", program=f"{n}.qasm", data=1, comm=1) for n in "ab"],
    ...     links=[ManifestLink("l0", ("b", "a"))], messages=[], inputs=[ManifestPlace(name="q", node="a", qubit=0)], outputs=[],
    ...     registers=[], outcomes=[], source_digest="12")
    >>> [(e.index, e.of, e.inputs, sorted(e.first)) for e in excerpts_of(m).values()]
    [(0, 2, ((0, 0, 'q'),), []), (1, 2, (), ['l0'])]
    """
    registers = tuple((r.name, len(r.bits)) for r in manifest.registers)
    first: dict[str, list[str]] = {}
    for link in manifest.links:
        first.setdefault(link.nodes[0], []).append(link.id)
    inputs, outputs = _by_node(manifest.inputs), _by_node(manifest.outputs)
    outcomes, postselected = _bits_by_node(manifest.outcomes), _bits_by_node(manifest.postselected)
    return {
        node.name: Excerpt(
            index,
            len(manifest.nodes),
            manifest.source_digest,
            len(manifest.outcomes),
            registers,
            tuple(inputs.get(node.name, ())),
            tuple(outputs.get(node.name, ())),
            frozenset(first.get(node.name, ())),
            tuple(sorted(outcomes.get(node.name, ()))),
            tuple(sorted(postselected.get(node.name, ()))),
        )
        for index, node in enumerate(manifest.nodes)
    }


def _by_node(places: Iterable[ManifestPlace]) -> dict[str, list[tuple[int, int, str]]]:
    out: dict[str, list[tuple[int, int, str]]] = {}
    for i, place in enumerate(places):
        out.setdefault(place.node, []).append((i, place.qubit, place.name))
    return out


def _bits_by_node(bits: Iterable[ManifestBit | None]) -> dict[str, list[tuple[int, int]]]:
    out: dict[str, list[tuple[int, int]]] = {}
    for i, place in enumerate(bits):
        if place is not None:
            out.setdefault(place.node, []).append((place.bit, i))
    return out


def with_excerpts(programs: Sequence[NodeProgram], manifest: Manifest) -> tuple[NodeProgram, ...]:
    """The programs, each with its excerpt of the manifest."""
    excerpts = excerpts_of(manifest)
    return tuple(replace(p, excerpt=excerpts[p.node]) for p in programs)


def check_excerpts(programs: Iterable[NodeProgram], manifest: Manifest) -> None:
    """Excerpts that are there say what the manifest says.

    Raises
    ------
    InputError
        ``PR-18``, with the field in which they differ.
    """
    excerpts: dict[str, Excerpt] = {}
    for p in programs:
        if p.excerpt is None:
            continue
        excerpts = excerpts or excerpts_of(manifest)
        wanted = excerpts.get(p.node)
        if p.excerpt == wanted:
            continue
        fields = [f for f in Excerpt.__slots__ if getattr(wanted, f, None) != getattr(p.excerpt, f)]
        _fail(
            f"the program of {p.node} and the manifest disagree on: {', '.join(map(_words, fields))}",
            "are they of one compile? `gossamer manifest` writes the manifest of the programs",
        )


def _words(field: str) -> str:
    return {"index": "the order of nodes", "of": "the number of nodes", "first": "the order of a link's nodes"}.get(
        field, field.replace("_", " ")
    )


def assemble(programs: Sequence[NodeProgram], files: Sequence[str]) -> Manifest:
    """The manifest of programs that carry their excerpts, in any order.

    Parameters
    ----------
    files
        The name of each program's file.

    Raises
    ------
    InputError
        ``PR-18`` if an excerpt or a whole program is missing, or two programs contradict each other.

    Examples
    --------
    >>> m = Manifest(nodes=[ManifestNode(name=n, model="circuit", program=f"{n}.qasm", data=1, comm=1) for n in "ab"],
    ...     links=[ManifestLink("l0", ("b", "a"))], messages=[], inputs=[ManifestPlace(name="q", node="a", qubit=0)], outputs=[],
    ...     registers=[], outcomes=[], source_digest="12")
    >>> ends = [NodeProgram(n, "circuit", 1, 1, 0, (Ebit("l0", peer, 1),)) for n, peer in ("ab", "ba")]
    >>> assemble(with_excerpts(ends, m)[::-1], ["b.qasm", "a.qasm"]) == m
    True
    """
    if not programs:
        _fail("there is no program")
    parts: list[tuple[Excerpt, NodeProgram, str]] = []
    for p, file in zip(programs, files, strict=True):
        if p.excerpt is None:
            _fail(f"the program of {p.node} says nothing of the manifest", "compile again")
        parts.append((p.excerpt, p, file))
    parts.sort(key=lambda part: part[0].index)
    head = parts[0][0]
    for e, p, _ in parts:
        for field in ("of", "source_digest", "outcome_count", "registers"):
            if getattr(e, field) != getattr(head, field):
                _fail(
                    f"the programs of {parts[0][1].node} and {p.node} disagree on the {field.replace('_', ' ')}",
                    "they are of two compiles",
                )
    if [e.index for e, _, _ in parts] != list(range(head.of)):
        there = {e.index for e, _, _ in parts}
        missing = next((i for i in range(min(head.of, len(parts) + 1)) if i not in there), None)
        which = "one of them is there twice" if missing is None else f"number {missing} (from 0) is not there"
        _fail(
            f"{len(parts)} programs of a distribution over {head.of} nodes: {which}", "name the files of all programs"
        )
    if head.outcome_count + sum(size for _, size in head.registers) > MAX_PLACES:
        _fail(f"registers and outcomes have more than {MAX_PLACES} bits together")
    for _, p, _ in parts:
        if max(p.data, p.comm) > MAX_QUBITS:
            _fail(f"the program of {p.node} has more than {MAX_QUBITS} qubits of a kind")
    names = [p.node for _, p, _ in parts]
    if len(set(names)) != len(names):
        _fail("two programs are for the same node")
    nodes = [ManifestNode(name=p.node, model=p.model, program=file, data=p.data, comm=p.comm) for _, p, file in parts]
    outcomes: list[ManifestBit | None] = [None] * head.outcome_count
    for p, bit, i in [(p, *pair) for e, p, _ in parts for pair in e.outcomes]:
        if i >= len(outcomes) or outcomes[i] is not None:
            _fail(f"{p.node}: outcome {i} is there twice, or the source has no so many")
        outcomes[i] = ManifestBit(node=p.node, bit=bit)
    return Manifest(
        nodes=nodes,
        links=_links(parts),
        messages=_messages(programs),
        inputs=_listed("input", [(i, ManifestPlace(name=name, node=p.node, qubit=q)) for e, p, _ in parts for i, q, name in e.inputs]),
        outputs=_listed("output", [(i, ManifestPlace(name=name, node=p.node, qubit=q)) for e, p, _ in parts for i, q, name in e.outputs]),
        registers=_registers(head.registers, programs),
        outcomes=outcomes,
        postselected=_listed("postselected bit", [(i, ManifestBit(node=p.node, bit=bit)) for e, p, _ in parts for bit, i in e.postselected]),
        source_digest=head.source_digest,
    )  # fmt: skip


def _listed(what: str, entries: list[tuple[int, T]]) -> list[T]:
    """The entries in the order of their indices, which have to be 0, 1, ..."""
    entries.sort(key=lambda entry: entry[0])
    for wanted, (i, _) in enumerate(entries):
        if i != wanted:
            _fail(f"{what} {min(i, wanted)} is there twice, or in no program")
    return [entry for _, entry in entries]


def _links(parts: Sequence[tuple[Excerpt, NodeProgram, str]]) -> list[ManifestLink]:
    ends: dict[str, list[tuple[bool, str, str]]] = {}
    for e, p, _ in parts:
        for op in p.instructions:
            if isinstance(op, Ebit):
                ends.setdefault(op.link, []).append((op.link in e.first, p.node, op.peer))
        for link in e.first:
            if link not in ends:
                _fail(f"{p.node} is named first by link {link}, which it never asks for")
    out = []
    for link in sorted(ends, key=_by_length):
        pair = sorted(ends[link], reverse=True)
        if len(pair) != 2 or [end[0] for end in pair] != [True, False]:
            _fail(f"link {link} has not one first end and one other end")
        (_, a, peer_of_a), (_, b, peer_of_b) = pair
        if (a, b) != (peer_of_b, peer_of_a):
            _fail(f"link {link} joins {a} to {peer_of_a} and {b} to {peer_of_b}")
        out.append(ManifestLink(link, (a, b)))
    return out


def _messages(programs: Iterable[NodeProgram]) -> list[ManifestMessage]:
    sent: dict[str, tuple[str, str]] = {}
    received: dict[str, tuple[str, str]] = {}
    for p in programs:
        for op in p.instructions:
            if isinstance(op, Send):
                there, way = sent, (p.node, op.peer)
            elif isinstance(op, Recv):
                there, way = received, (op.peer, p.node)
            else:
                continue
            if op.message in there:
                _fail(f"message {op.message} is {'sent' if there is sent else 'received'} twice")
            there[op.message] = way
    if sent != received:
        odd = min(m for m in sent.keys() | received.keys() if sent.get(m) != received.get(m))
        _fail(f"message {odd} is not received where, and from whom, it is sent")
    return [ManifestMessage(m, *sent[m]) for m in sorted(sent, key=_by_length)]


def _registers(declared: Sequence[tuple[str, int]], programs: Iterable[NodeProgram]) -> list[ManifestRegister]:
    cells: Mapping[str, list[ManifestBit | None]] = {name: [None] * size for name, size in declared}
    if len(cells) != len(declared):
        _fail("two registers have the same name")
    for p in programs:
        for bit, result in p.results:
            name, _, index = result[:-1].rpartition("[")
            i = int(index)
            if name not in cells or i >= len(cells[name]) or cells[name][i] is not None:
                _fail(f"{p.node}: result {result} is there twice, or the source has none of that name")
            cells[name][i] = ManifestBit(node=p.node, bit=bit)
    return [ManifestRegister(name=name, bits=bits) for name, bits in cells.items()]


def _by_length(name: str) -> tuple[int, str]:
    return len(name), name


def _fail(message: str, help: str | None = None) -> NoReturn:
    raise InputError(CODE, message, help=help)
