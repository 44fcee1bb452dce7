"""The hint of an infeasible compile: it names a change, the change does, and no smaller one of its kind does."""

from __future__ import annotations

import re

import pytest

import gossamer
from gossamer.diagnostics import NetworkInfeasible
from gossamer.ir.network import Network
from gossamer.ir.network_text import parse_network, resolve_network

GHZ = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[4]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3];'
#: Every two qubits meet, so the middle of a line has to pass links on.
DENSE = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; h q; ' + "".join(
    f"crz(pi/{a + b + 3}) q[{a}],q[{b}]; h q[{a}];" for a in range(3) for b in range(3) if a != b
)


def apply(network: Network, hint: str) -> tuple[Network, list[tuple[str, str, int]]]:
    """The network as a reader of the hint would change it, and what was changed."""
    found = re.findall(r"(data|comm): (\d+) on (\w+) \(now (\d+)\)", hint)
    assert found, hint
    nodes = list(network.nodes)
    for kind, new, name, old in found:
        i = network.index[name]
        assert getattr(nodes[i], kind) == int(old)
        nodes[i] = nodes[i].model_copy(update={kind: int(new)})
    return network.with_nodes(nodes), [(kind, name, int(new) - int(old)) for kind, new, name, old in found]


@pytest.mark.clause("NW-13")
@pytest.mark.parametrize(
    ("source", "network", "size"),
    [
        (GHZ, "2:qubits=1", 2),
        (GHZ, "3:qubits=1", 1),
        (GHZ, "1:qubits=1", 3),
        (GHZ, "4:qubits=1,comm=0", None),
        (DENSE, "line:3:qubits=1,comm=1", 1),
        (DENSE, "line:3:qubits=1,comm=0", None),
        (DENSE, "2:qubits=1,comm=1", 1),
    ],
)
def test_the_hint_does(source: str, network: str, size: int | None) -> None:
    given = resolve_network(network)
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(source, given)
    help = caught.value.diagnostic.help or ""
    assert help.startswith("the smallest change found that does: ")
    changed, what = apply(given, help)
    uniform = re.search(r"; or (\S+) on every node$", help)
    assert (uniform is not None) == (given.size > 1)
    if uniform is not None:  # as a shorthand: the last setting of a kind is the new one
        shape, _, settings = network.rpartition(":")
        values = dict(x.split("=") for x in [*settings.split(","), *uniform[1].split(",")])
        alike = f"{shape}:" + ",".join(f"{key}={value}" for key, value in values.items())
        assert gossamer.compile(source, alike).report["verified"]["holds"] is True
    if size is not None:
        assert sum(n for _, _, n in what) == size
    assert gossamer.compile(source, changed).report["verified"]["holds"] is True
    for kind, name, n in what:  # nothing of it can be left out
        less = list(changed.nodes)
        i = changed.index[name]
        less[i] = less[i].model_copy(update={kind: getattr(less[i], kind) - 1})
        assert n >= 1
        with pytest.raises(NetworkInfeasible):
            gossamer.compile(source, changed.with_nodes(less))


@pytest.mark.clause("NW-13")
def test_the_hint_on_the_command_line(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    from pathlib import Path

    from gossamer.cli import call

    folder = Path(str(tmp_path))
    (folder / "ghz.qasm").write_text(GHZ)
    (folder / "net.yaml").write_text("nodes: [{name: a, data: 1}, {name: b, data: 2}]\nlinks: [{nodes: [a, b]}]\n")
    assert call(["compile", str(folder / "ghz.qasm"), "-n", str(folder / "net.yaml"), "-o", str(folder / "out")]) == 3
    said = capsys.readouterr().err
    assert "needs 4 data qubits" in said or "holds 4 qubits" in said
    assert "data: 2 on a (now 1)" in said
    assert not (folder / "out").exists()


#: Three gates that a rewritten diagram does not have.
SWAP = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; t q[0]; cx q[0],q[1]; cx q[1],q[0]; cx q[0],q[1]; h q[1]; measure q -> c;'


@pytest.mark.clause("NW-13")
@pytest.mark.parametrize("network", ["2:qubits=1,comm=0", "1+1mixed:qubits=1,comm=0"])
def test_a_pipeline_that_fits_is_named(network: str) -> None:
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(SWAP, network, effort=0)
    found = re.search(
        r"; or with -p (\S+) the program fits into the network as it is$", caught.value.diagnostic.help or ""
    )
    assert found is not None
    assert gossamer.compile(SWAP, network, pipeline=found[1]).report["verified"]["holds"] is True
    with pytest.raises(NetworkInfeasible) as caught:  # a pipeline of one's own is not called into question
        gossamer.compile(SWAP, network, pipeline="graph-like,partition{effort=0},links,lower")
    assert "-p" not in (caught.value.diagnostic.help or "")


def test_a_program_too_large_for_trials_gets_the_message_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gossamer.remedy.MAX_VERTICES", 3)
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(GHZ, "2:qubits=1")
    assert (caught.value.diagnostic.help or "").startswith("add nodes")


def test_a_node_with_a_map_does_not_grow() -> None:
    """Another qubit would have no place in its map; a node without one takes it, and where there is none there is no such hint."""
    text = "nodes: [{name: a, data: 1, comm: 1, coupling: [[0, 1]]}, {name: b, data: 2, comm: 1OTHER}]\nlinks: [{nodes: [a, b]}]"
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(GHZ, parse_network(text.replace("OTHER", "")))
    assert caught.value.diagnostic.help == "the smallest change found that does: data: 3 on b (now 2)"
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(GHZ, parse_network(text.replace("OTHER", ", coupling: [[0, 1], [1, 2]]")))
    assert (caught.value.diagnostic.help or "").startswith("add nodes")


def test_gates_that_lack_are_no_matter_of_qubits() -> None:
    network = parse_network("nodes: [{name: a, data: 4, gates: [rz, sx]}]")
    with pytest.raises(NetworkInfeasible) as caught:
        gossamer.compile(GHZ, network)
    assert caught.value.code == "NW-15"
    assert "smallest change" not in (caught.value.diagnostic.help or "")
