"""What is read from files and the command line, made to hurt: networks, pipelines, node programs, manifests, placed graphs, patterns, vectors.

Each case is one clear refusal with the code of a clause, in bounded memory and time. All run in one process of their own, so that its
peak is theirs. Diagrams have theirs in ``tests/ir/test_hostile.py``, sources in OpenQASM under ``tests/frontends``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

#: (reader, name) -> (expected code, Python expression of the text, where M is about the longest that is read)
CASES = {
    ("network", "deep lists"): ("NW-1", "'[' * M"),
    ("network", "deep maps"): ("NW-1", "'{a: ' * (M // 4)"),
    ("network", "deep blocks"): ("NW-1", "'\\n'.join(' ' * i + 'a:' for i in range(1400))"),
    ("network", "deep sequences"): ("NW-1", "'- ' * (M // 2)"),
    ("network", "a bomb of aliases"): (
        "NW-1",
        "'a: &a [1]\\n' + '\\n'.join(f'{chr(98 + i)}: &{chr(98 + i)} [' + ','.join(['*' + chr(97 + i)] * 9) + ']' for i in range(20))",
    ),
    ("network", "two documents"): ("NW-1", "NODES + '---\\n' + NODES"),
    ("network", "a tag"): ("NW-1", "'nodes: !!python/object/apply:os.system [true]'"),
    ("network", "one comment"): ("NW-3", "'#' * M"),
    ("network", "too long"): ("NW-1", "NODES + '#' * (M + 1000)"),
    ("network", "a key twice"): ("NW-1", "NODES.replace('data', 'name')"),
    ("network", "many keys"): ("NW-3", "''.join(f'k{i}: 1\\n' for i in range(90_000))"),
    ("network", "many nodes"): (
        "NW-10",
        "'nodes:\\n' + ''.join(f'- {{name: n{i}, data: 1}}\\n' for i in range(35_000))",
    ),
    ("network", "nodes of one name"): ("NW-10", "NODES.replace('bob', 'alice')"),
    ("network", "one link many times"): ("NW-11", "NODES + '- {nodes: [alice, bob]}\\n' * 35_000"),
    ("network", "a huge number"): ("NW-3", "NODES.replace('data: 1', 'data: ' + '9' * (M - 200), 1)"),
    ("network", "a number out of range"): ("NW-3", "NODES.replace('data: 1', 'data: 99999999999999999999')"),
    ("network", "a number in base 60"): ("NW-3", "NODES.replace('data: 1', 'data: ' + ':'.join(['59'] * 300_000), 1)"),
    ("network", "a long name"): ("NW-3", "NODES.replace('alice', 'a' * (M // 2), 1)"),
    ("network", "text without end"): ("NW-1", "'nodes: \"' + 'a' * (M - 10)"),
    ("network", "escapes"): ("NW-1", "'nodes: \"' + '\\\\x' * (M // 3)"),
    ("network", "control characters"): ("NW-1", "'nodes: \\x00'"),
    ("shorthand", "a huge number"): ("NW-5", "'9' * M"),
    ("shorthand", "a huge setting"): ("NW-5", "'4:qubits=' + '9' * M"),
    ("shorthand", "a large grid"): ("NW-10", "'grid:99999x99999'"),
    ("shorthand", "a large number"): ("NW-5", "'99999999'"),
    ("shorthand", "one setting many times"): ("NW-5", "'4:' + 'qubits=1,' * (M // 10)"),
    ("shorthand", "colons"): ("NW-5", "':' * M"),
    ("pipeline", "a long name"): ("TL-6", "'a' * M"),
    ("pipeline", "many passes"): ("TL-6", "'graph-like,' * (M // 11) + 'x'"),
    ("pipeline", "an option many times"): ("TL-6", "'partition{' + 'seed=1,' * 1000 + 'seed=1}'"),
    ("pipeline", "an unknown pass many times"): ("TL-6", "'x,' * 4000 + 'x'"),
    ("pipeline", "a huge option"): ("TL-6", "'partition{seed=' + '9' * 9000 + '}'"),
    ("pipeline", "deep braces"): ("TL-6", "'partition' + '{' * M"),
    ("pipeline", "a huge number"): ("TL-6", "'partition{seed=' + '9' * M + '}'"),
    ("pipeline", "one option many times"): ("TL-6", "'partition{' + 'seed=1,' * 100_000 + 'seed=1}'"),
    ("pipeline", "an unknown option many times"): ("TL-6", "'partition{' + 'sed=1,' * 100_000 + 'sed=1}'"),
    ("program", "deep blocks"): ("QASM-12", "HEAD + 'if (m[0]) {' * 50_000"),
    ("program", "deep conditions"): ("QASM-12", "HEAD + 'if (' + '(' * M"),
    ("program", "deep negations"): ("QASM-12", "HEAD + 'if (' + '!' * M + 'm[0]) x data[0];'"),
    ("program", "deep angles"): ("QASM-12", "HEAD + 'rz(' + '(' * M"),
    ("program", "signs"): ("QASM-12", "HEAD + 'rz(' + '-' * M + 'pi) data[0];'"),
    ("program", "a long sum"): ("QASM-12", "HEAD + 'rz(' + '+'.join(['pi'] * (M // 3)) + ') data[0];'"),
    ("program", "powers"): ("QASM-11", "HEAD + 'rz(9**9**9**9**9) data[0];'"),
    ("program", "a huge angle"): ("QASM-12", "HEAD + 'rz(' + '9' * M + ') data[0];'"),
    ("program", "a huge exponent"): ("QASM-11", "HEAD + 'rz(1e999999999) data[0];'"),
    ("program", "a huge register"): ("QASM-12", "'OPENQASM 3.0;\\nqubit[' + '9' * M + '] data;'"),
    ("program", "a large register"): ("PR-11", "HEAD.replace('qubit[1] data', 'qubit[999999999999] data')"),
    ("program", "a register twice"): ("PR-11", "HEAD + 'qubit[1] data;'"),
    ("program", "a long annotation"): ("PR-11", "HEAD + '@gossamer.link ' + 'id=l0 ' * (M // 6) + '\\nreset data[0];'"),
    ("program", "many annotations"): ("PR-11", "HEAD + '@gossamer.result c[0]\\n' * 45_000 + 'reset data[0];'"),
    ("program", "a definition of itself"): ("PR-11", "HEAD + 'gate a q { a q; }\\na data[0];'"),
    ("program", "a bomb of definitions"): (
        "PR-11",
        "HEAD + 'gate g0 q { x q; }\\n' + ''.join(f'gate g{i + 1} q {{' + f'g{i} q;' * 9 + '}\\n' for i in range(30)) + 'g30 data[0];'",
    ),
    ("program", "a comment without end"): ("PR-11", "HEAD + '/*' * (M // 2)"),
    ("program", "text without end"): ("PR-11", "HEAD + 'include \"' + 'a' * M"),
    ("manifest", "deep lists"): ("PR-1", "'[' * M"),
    ("manifest", "deep maps"): ("PR-1", "'{\"nodes\":' * (M // 9)"),
    ("manifest", "a huge number"): ("PR-1", "'{\"format\": ' + '9' * M + '}'"),
    ("manifest", "many wrong keys"): ("PR-1", "'{' + ','.join(f'\"k{i}\":1' for i in range(50_000)) + '}'"),
    ("manifest", "no number"): ("PR-1", "MANIFEST.replace('1', 'NaN')"),
    ("manifest", "many nodes"): (
        "PR-1",
        'MANIFEST.replace(\'"nodes": []\', \'"nodes": [\' + \',\'.join(f\'{{"name":"n{i}","model":"circuit","program":"n.qasm","data":1,"comm":0}}\' for i in range(10_000)) + \']\')',
    ),
    ("manifest", "a path"): (
        "PR-1",
        'MANIFEST.replace(\'"nodes": []\', \'"nodes": [{"name":"n","model":"circuit","program":"../../../etc/passwd","data":1,"comm":0}]\')',
    ),
    ("manifest", "a huge capacity"): (
        "PR-1",
        'MANIFEST.replace(\'"nodes": []\', \'"nodes": [{"name":"n","model":"circuit","program":"n","data":\' + \'9\' * 4000 + \',"comm":0}]\')',
    ),
    ("placed", "a node twice"): ("GSM-3", "PLACED + 'node n0 circuit data 1\\n' * 2"),
    ("placed", "many nodes"): ("GSM-1", "PLACED + ''.join(f'node n{i} circuit data 1\\n' for i in range(50_000))"),
    ("placed", "a huge capacity"): ("GSM-5", "PLACED + 'node n0 circuit data ' + '9' * M"),
    ("placed", "joins of nothing"): (
        "GSM-3",
        "PLACED + 'node n0 circuit data 1\\n' + ''.join(f'j{i} = v{i} ~ l{i}.a\\n' for i in range(40_000))",
    ),
    ("placed", "one event many times"): (
        "PL-4",
        "PLACED + 'node n0 circuit data 1\\nv0 = OUTPUT(0) output 0 \"q\" @ n0\\norder v0\\n' + 'prepare v0\\n' * 60_000",
    ),
    ("placed", "ranges without end"): ("GSM-3", "PLACED + 'order v0..v2147483647'"),
    ("placed", "backward ranges"): ("GSM-3", "PLACED + 'order v9..v1'"),
    ("placed", "links of one node"): (
        "LK-1",
        "PLACED + 'node n0 circuit data 1\\nv0 = OUTPUT(0) output 0 \"q\" @ n0\\norder v0\\n' + ''.join(f'l{i} = n0 - n0\\n' for i in range(40_000))",
    ),
    ("pattern", "inputs twice"): ("PT-1", "Pattern((7,) * 200_000, (), ())"),
    ("pattern", "many domains"): (
        "PT-8",
        "Pattern((), (), (*(Prepare(i) for i in range(40_000)), *(Measure(i, s_domain=BitExpr.bit(39_999)) for i in range(40_000))), outcomes(range(40_000)))",
    ),
    ("pattern", "a long chain of bits"): (
        "PT-8",
        "Pattern((0,), (0,), (CorrectX(0, BitExpr.bit(50_000)),), (*outcomes([1]), *(Bit(BitKind.DERIVED, expr=BitExpr.bit(i)) for i in range(50_000))), input_names=('q',), output_names=('q',))",
    ),
    ("pattern", "a cycle of bits"): (
        "IR-5",
        "Pattern((), (), (), (Bit(BitKind.DERIVED, expr=BitExpr.bit(1)), Bit(BitKind.DERIVED, expr=BitExpr.bit(0))))",
    ),
    ("pattern", "a long word"): (
        "PT-10",
        "Pattern((0,), (0,), (Clifford(0, ('h',) * M),), input_names=('q',), output_names=('q',))",
    ),
    ("vector", "a bomb of aliases"): (
        "VEC-1",
        "'a: &a [1]\\n' + ''.join(f'b{i}: &b{i} [*a, *a]\\n' for i in range(9))",
    ),
    ("vector", "deep lists"): ("VEC-1", "'[' * M"),
    ("vector", "deep sequences"): ("VEC-1", "'- ' * (M // 2)"),
}

CHILD = """
import json, resource, sys, tempfile, time
from pathlib import Path
from gossamer.conformance.vectors import parse_vector
from gossamer.diagnostics import GossamerError
from gossamer.formats.circuit_program import read_program
from gossamer.ir.diagram import Bit, BitKind
from gossamer.ir.network_text import parse_network, resolve_network
from gossamer.ir.pattern import *
from gossamer.ir.phase import BitExpr
from gossamer.ir.text import parse_text
from gossamer.pipeline import check_levels, parse_pipeline
from gossamer.runtime.folder import load
M = 999_000
NODES = "nodes:\\n- {name: alice, data: 1}\\n- {name: bob, data: 1}\\nlinks:\\n- {nodes: [alice, bob]}\\n"
HEAD = 'OPENQASM 3.0;\\ninclude "stdgates.inc";\\n@gossamer.node n0\\ngate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }\\nqubit[1] data;\\nbit[1] m;\\n'
PLACED = "gossamer placed 1\\n"
MANIFEST = json.dumps({"format": "gossamer-manifest/1", **{k: [] for k in
    ("nodes", "links", "messages", "inputs", "outputs", "registers", "outcomes")}, "source_digest": "1"})
folder = Path(tempfile.mkdtemp())
def manifest(text):
    (folder / "manifest.json").write_text(text)
    load(folder)
READERS = {
    "network": parse_network, "shorthand": resolve_network, "pipeline": parse_pipeline, "program": read_program, "manifest": manifest,
    "placed": parse_text, "pattern": Pattern.verify, "vector": parse_vector,
}
for reader, text in (("network", NODES), ("shorthand", "4:qubits=1"), ("pipeline", "graph-like"), ("program", HEAD), ("placed", "gossamer diagram 1")):
    READERS[reader](text)
def peak():
    try:  # ru_maxrss of a child starts with the memory of the process that it was forked from
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
for (reader, name), expression in json.load(sys.stdin):
    value = eval(expression)  # of this test's own table
    start = time.process_time()
    try:
        READERS[reader](value)
        code, shown = "accepted", ""
    except GossamerError as error:
        code, shown = error.code, str(error)
    except BaseException as error:
        code, shown = type(error).__name__, str(error)
    print(json.dumps([reader, name, code, len(shown), time.process_time() - start, peak(), shown[:300]]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes():
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([[list(key), text] for key, (_, text) in CASES.items()]),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    return {(row[0], row[1]): row[2:] for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_refused_at_once(outcomes, case):
    code, length, seconds, memory, shown = outcomes[case]
    assert code == CASES[case][0], shown
    assert length < 2000, "hostile input must not flood the terminal"
    assert memory < 300 * 2**20, "the most that the process has held so far"
    assert seconds < 3, "of processor time; a fraction of it on an idle machine"
