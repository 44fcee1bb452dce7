"""Circuits of stim: they sample what the programs do, their detectors are certain and complete, noise on links fires them as often as it should (PR-19)."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import stim

import gossamer
from gossamer.backends.circuit_merge import merge
from gossamer.cli import call
from gossamer.diagnostics import GossamerError, InputError
from gossamer.formats.stim_print import certain_parities, members_of, print_stim
from gossamer.ir.network import Network, Node
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, Distribution, Gate, Manifest, ManifestNode, Measure, NodeProgram, Reset
from tests.shared import corpus, needs_shared
from tests.test_histograms import chi_square_p, simulate

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NETWORKS = ("2:qubits=3", "3mbqc", "1+1mbqc", "2mixed", "line:3:qubits=3,comm=2", "1+1mixed", "2+2mbqc")
GHZ = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; x q[2]; measure q -> c;'
#: A Bell pair whose two parities are measured over and over; of those, only the last one is reported.
ZZ = "reset a; cx q[0],a[0]; cx q[1],a[0]; measure a[0] -> s[0];"
XX = "reset a; h a; cx a[0],q[0]; cx a[0],q[1]; h a; measure a[0] -> s[0];"
CHECKED = (
    'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; qreg a[1]; creg s[1]; creg c[2]; h q[0]; cx q[0],q[1];'
    + f"{ZZ} {XX} {ZZ} {XX} measure q -> c;"
)


def clifford_circuit(seed: int) -> str:
    """Clifford gates, measurements, resets and Paulis under a condition; ends with all qubits measured."""
    rng = random.Random(seed)
    n = rng.randint(2, 4)
    lines = [f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{n}]; creg a[1]; creg b[1]; creg c[{n}];']
    for _ in range(rng.randint(8, 18)):
        i, j = rng.sample(range(n), 2)
        pauli = f"{rng.choice('xyz')} q[{i}];"
        lines.append(
            rng.choice(
                [f"{rng.choice(['h', 's', 'sdg', 'x', 'sx'])} q[{i}];"] * 3
                + [f"{rng.choice(['cx', 'cz', 'swap', 'cy'])} q[{i}],q[{j}];"] * 4
                + [f"measure q[{i}] -> {rng.choice('ab')}[0];", f"reset q[{i}];"]
                + [f"if({rng.choice('ab')}=={rng.randrange(2)}) {pauli}"] * 2
            )
        )
    return "\n".join([*lines, "measure q -> c;"])


def counts_of(circuit: stim.Circuit, registers: list[tuple[str, int]], shots: int, seed: int) -> dict[str, int]:
    """Samples of stim, as keys of a histogram: each result is found by the tag of its measurement."""
    place: dict[str, int] = {}
    at = 0
    for instruction in circuit:
        if instruction.name == "M":
            for name in instruction.tag.split():
                assert name not in place
                place[name] = at
            at += len(instruction.targets_copy())
    assert at == circuit.num_measurements
    samples = circuit.compile_sampler(seed=seed).sample(shots)
    keys: Counter[str] = Counter()
    for row in samples:
        words = [
            "".join(
                str(int(row[place[f"{name}[{i}]"]])) if f"{name}[{i}]" in place else "0" for i in reversed(range(size))
            )
            for name, size in reversed(registers)
            if size
        ]
        keys[" ".join(words)] += 1
    return dict(keys)


def rank(rows: list[int]) -> int:
    """Over GF(2), rows as numbers."""
    basis: dict[int, int] = {}
    for row in rows:
        while row and row.bit_length() in basis:
            row ^= basis[row.bit_length()]
        if row:
            basis[row.bit_length()] = row
    return len(basis)


def check(program: gossamer.CompiledProgram, seed: int) -> stim.Circuit:
    """What has to hold of every circuit of stim that is made of programs."""
    circuit = stim.Circuit(program.circuit("stim"))
    assert stim.Circuit(str(circuit)) == circuit
    circuit.detector_error_model()  # stim refuses a detector or observable that is not certain
    flips = circuit.compile_detector_sampler(seed=seed).sample(200, append_observables=True)
    assert not flips.any()
    # Outcomes that are drawn, as vectors over GF(2), differ by what is not certain: their rank says how many parities are.
    samples = circuit.compile_sampler(seed=seed).sample(circuit.num_measurements + 40)
    differences = [int("".join(map(str, row)), 2) for row in (samples ^ samples[0]).astype(int).tolist()]
    certain = circuit.num_measurements - rank(differences)
    # A result that is computed of outcomes has a record of its own, which those determine.
    merged = merge(program.programs, program.manifest)
    at = len(merged.report["owners"]) - 1
    bits = {op.bit for op in merged.programs[0].instructions if isinstance(op, Measure) and op.qubit == at}
    computed = (
        bits & {bit for bit, _ in merged.programs[0].results} if merged.report["owners"][at][1] == "parity" else set()
    )
    assert circuit.num_observables + circuit.num_detectors == certain - len(computed)
    return circuit


@pytest.mark.parametrize("seed", range(14))
def test_samples_are_those_of_the_source_and_parities_are_all_there(seed: int) -> None:
    text, network = clifford_circuit(seed), NETWORKS[seed % len(NETWORKS)]
    program = gossamer.compile(text, network, seed=seed, effort=0)
    circuit = check(program, seed)
    registers = [(r.name, len(r.bits)) for r in program.manifest.registers]
    ours = program.run(2000, seed=seed).counts
    assert chi_square_p(counts_of(circuit, registers, 2000, seed), ours) > 1e-3
    assert chi_square_p(counts_of(circuit, registers, 2000, seed + 1), simulate(text, seed)) > 1e-3


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 200))
def test_samples_are_those_of_the_source_nightly(seed: int) -> None:
    text, network = clifford_circuit(seed), NETWORKS[seed % len(NETWORKS)]
    program = gossamer.compile(text, network, seed=seed, effort=seed % 2)
    circuit = check(program, seed)
    registers = [(r.name, len(r.bits)) for r in program.manifest.registers]
    assert chi_square_p(counts_of(circuit, registers, 2000, seed), simulate(text, seed)) > 1e-3


@needs_shared
@pytest.mark.nightly
@pytest.mark.parametrize(("i", "path"), list(enumerate(corpus("qasm2/dqc-papers/"))), ids=str)
def test_published_protocols_have_a_circuit_of_stim(i: int, path: Path) -> None:
    check(gossamer.compile(path, NETWORKS[i % len(NETWORKS)], effort=0), i)


def test_the_parities_of_a_ghz_state() -> None:
    circuit = stim.Circuit(gossamer.compile(GHZ, "3:qubits=1").circuit("stim"))
    assert (circuit.num_detectors, circuit.num_observables) == (0, 2)
    tags = [i.tag for i in circuit if i.name == "OBSERVABLE_INCLUDE"]
    assert len(tags) == len(set(tags)) == 2
    assert set(tags) <= {
        "c[0] ^ c[1] = 0",
        "c[0] ^ c[2] = 1",
        "c[1] ^ c[0] = 0",
        "c[2] ^ c[0] = 1",
        "c[1] ^ c[2] = 1",
        "c[2] ^ c[1] = 1",
    }


def expected_rates(circuit: stim.Circuit, p: float) -> np.ndarray:
    """How often each detector and observable flips, by enumeration: each link has one of 15 errors with probability p/15 each, and a
    flip is the parity of what the errors do one by one, which noiseless circuits with one Pauli put in tell."""
    links = [i for i, op in enumerate(circuit) if op.name == "DEPOLARIZE2"]
    total = circuit.num_detectors + circuit.num_observables
    even = np.ones(total)
    for at in links:
        a, b = (t.value for t in circuit[at].targets_copy())
        odd = np.zeros(total)
        for first, second in itertools.product("IXYZ", repeat=2):
            changed = stim.Circuit()
            for i, op in enumerate(circuit):
                if op.name != "DEPOLARIZE2":
                    changed.append(op)
                elif i == at:
                    for pauli, qubit in ((first, a), (second, b)):
                        if pauli != "I":
                            changed.append(f"{pauli}_ERROR", [qubit], 1.0)
            odd += p / 15 * changed.compile_detector_sampler(seed=1).sample(1, append_observables=True)[0]
        even *= 1 - 2 * odd
    return (1 - even) / 2


@pytest.mark.parametrize(
    ("text", "network"),
    [(GHZ, "3:qubits=1"), (GHZ, "3mbqc:qubits=2"), (CHECKED, "2:qubits=2"), (CHECKED, "1+1mbqc:qubits=2")],
)
def test_noise_on_links_fires_them_as_often_as_it_should(text: str, network: str) -> None:
    p, shots = 0.06, 40_000
    program = gossamer.compile(text, network, effort=0)
    assert program.report["ebits"] >= 1
    circuit = stim.Circuit(program.circuit("stim", link_noise=p))
    assert sum(i.name == "DEPOLARIZE2" for i in circuit) == len(program.links)
    assert {i.tag for i in circuit if i.name == "DEPOLARIZE2"} == {f"link {link['id']}" for link in program.links}
    assert circuit.num_detectors == (3 if text is CHECKED else 0)  # what three rounds measured and nobody reports
    circuit.detector_error_model()
    assert not circuit.without_noise().compile_detector_sampler(seed=1).sample(100, append_observables=True).any()
    found = circuit.compile_detector_sampler(seed=2).sample(shots, append_observables=True).mean(axis=0)
    wanted = expected_rates(circuit, p)
    assert wanted[: circuit.num_detectors].max(initial=1) > 0.02
    assert wanted.max() > 0.02
    assert np.all(np.abs(found - wanted) <= 5 * np.sqrt(wanted * (1 - wanted) / shots) + 1e-9)


def test_the_same_noise_in_the_density_matrix_of_another_simulator() -> None:
    """A GHZ state over one noisy link: eight of the fifteen errors flip the parity of the two sides."""
    p = 0.3
    circuit = stim.Circuit(gossamer.compile(GHZ, "2:qubits=2", effort=0).circuit("stim", link_noise=p))
    rates = circuit.compile_detector_sampler(seed=3).sample(60_000, append_observables=True).mean(axis=0)
    assert rates.max() == pytest.approx(p * 8 / 15, abs=0.01)


def test_parities_are_found_in_any_circuit_of_stim() -> None:
    circuit = stim.Circuit("H 0\nCX 0 1\nM 0\nCX rec[-1] 1\nM 1\nMPP X0*Z1\nMPP X0*Z1")
    assert [members_of(v) for v in certain_parities(circuit).vectors()] == [[1], [2, 3]]


T = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg a[2]; creg c[2]; h q; measure q -> a; '


@pytest.mark.clause("PR-19")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (T + "t q[0]; h q[0]; measure q -> c;", "is not a Clifford gate"),
        (T + "if(a==3) x q[0]; measure q -> c;", "asks for 2 bits at one time"),
        (T.replace("a[2]", "a[1]").replace("q -> a", "q[0] -> a[0]") + "h q; if(a==1) s q[1]; h q; measure q -> c;", "which is no Pauli gate"),
    ],
)  # fmt: skip
def test_what_is_no_clifford_circuit_with_paulis_is_refused(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gossamer.compile(text, "2:qubits=2", effort=0).save(tmp_path / "out")
    assert call(["convert", str(tmp_path / "out"), str(tmp_path / "all.stim"), "--merge"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error[PR-19]: ")
    assert words in error
    assert not (tmp_path / "all.stim").exists()


@pytest.mark.clause("PR-19")
def test_what_would_take_too_long_is_refused() -> None:
    with pytest.raises(InputError, match="are too many") as caught:
        certain_parities(stim.Circuit("M 99999\nM 0"))
    assert caught.value.code == "PR-19"


def test_the_command_line_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    program = gossamer.compile(GHZ, "3:qubits=1")
    program.save(out)
    assert call(["convert", str(out), str(tmp_path / "a.stim"), "--merge", "--link-noise", "0.01"]) == 0
    text = (tmp_path / "a.stim").read_text()
    assert (
        text == program.circuit("stim", link_noise=0.01) == gossamer.convert(out, "stim", merge=True, link_noise=0.01)
    )
    assert "DEPOLARIZE2[link l0](0.01)" in text
    assert stim.Circuit(text).without_noise() == stim.Circuit(program.circuit("stim")).without_noise()
    capsys.readouterr()
    for arguments, words in (
        (
            ["convert", out, tmp_path / "a.qasm", "--merge", "--link-noise", "0.01"],
            "circuits in the format 'qasm' have no noise",
        ),
        (["convert", out, tmp_path / "b.stim", "--merge", "--link-noise", "1"], "a probability from 0 to 15/16"),
        (["convert", out, tmp_path / "b.stim", "--merge", "--link-noise", "nan"], "a probability from 0 to 15/16"),
        (["convert", EXAMPLES / "ghz.qasm", tmp_path / "b.stim", "--link-noise", "0.1"], "a source has no links"),
    ):
        assert call([str(a) for a in arguments]) == 2
        assert words in capsys.readouterr().err
    assert call(["convert", str(EXAMPLES / "ghz.qasm"), str(tmp_path / "c.stim")]) == 0
    assert stim.Circuit((tmp_path / "c.stim").read_text()).num_observables >= 1


def test_constants_and_negations_of_computed_bits() -> None:
    """What no compile writes today: X on the qubit of parities, and a condition that asks for 0."""
    code = (
        Gate("h", (0,)), Measure(0, 0), Reset(2), Gate("x", (2,)), Conditional(((0, True),), (Gate("x", (2,)),)), Measure(2, 1),
        Conditional(((1, False),), (Gate("rx", (1,), Phase(1)), Gate("y", (1,)))), Measure(1, 2),
    )  # fmt: skip
    node = ManifestNode(name="all", model="circuit", program="all.qasm", data=3, comm=0)
    m = Manifest(
        nodes=[node], links=[], messages=[], inputs=[], outputs=[], registers=[], outcomes=[], source_digest=""
    )
    program = NodeProgram("all", "circuit", 3, 0, 3, code, ((1, "c[1]"), (2, "c[0]")))
    network = Network(nodes=(Node(name="all", data=3),), links=())
    one = Distribution((program,), m, network, {"owners": [("a", "data"), ("a", "data"), ("", "parity")]})
    circuit = stim.Circuit(print_stim(one))
    samples = circuit.compile_sampler(seed=1).sample(50)
    assert set(map(tuple, samples.astype(int).tolist())) == {
        (0, 0, 1),
        (1, 0, 0),
    }  # X and Y together flip nothing; c[1] is 1 - b0
    with pytest.raises(GossamerError):
        print_stim(one, link_noise=-0.1)
