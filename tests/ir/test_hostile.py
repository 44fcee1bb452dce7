"""Text made to hurt: each is one clear refusal, in bounded memory and time (all cases in one process of their own)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

M = 999_000
HEAD = "gossamer diagram 1\n"

#: name -> (expected code, Python expression of the text)
CASES = {
    "many terms": ("GSM-1", "HEAD + 'v0 = Z(' + '+'.join(['1'] * (M // 2)) + ')'"),
    "many different terms": ("PH-4", "inputs(20000) + 'v0 = Z(' + '+'.join(f'b{i}' for i in range(19000)) + ')'"),
    "a product of many bits": ("PH-4", "inputs(33000) + 'v0 = Z(' + '*'.join(f'b{i}' for i in range(33000)) + ')'"),
    "a long XOR": ("GSM-1", "HEAD + 'b0 = ' + '^'.join(['1'] * (M // 2))"),
    "a long AND": ("GSM-1", "HEAD + 'b0 = ' + '&'.join(['1'] * (M // 2))"),
    "deep parentheses": ("GSM-2", "HEAD + 'v0 = Z' + '(' * M"),
    "deep braces": ("GSM-2", "HEAD + '{' * M"),
    "a huge number": ("GSM-5", "HEAD + 'v0 = Z(' + '9' * M + ')'"),
    "a huge index": ("GSM-5", "HEAD + 'v0 - v' + '9' * M"),
    "a large index": ("GSM-3", "HEAD + 'v0 - v2147483647'"),
    "a huge scalar": ("GSM-5", "HEAD + 'scalar 1 * sqrt2^' + '9' * M + ' * exp(0)'"),
    "growing denominators": ("PH-4", "HEAD + 'v0 = Z(' + '+'.join(f'1/{10**390 + i}' for i in range(2400)) + ')'"),
    "a long name": ("IR-9", "HEAD + 'v0 = Z(' + 'a' * M + ')'"),
    "a string without end": ("GSM-2", "HEAD + 'v0 = input 0 \"' + 'a' * M"),
    "escapes without end": ("GSM-2", "HEAD + 'v0 = input 0 \"' + '\\\\' * M"),
    "quotes": ("GSM-1", "HEAD + '\"' * M"),
    "a long order": ("GSM-1", "'gossamer open-graph 1\\norder ' + 'v0 ' * (M // 3)"),
    "many attributes": ("GSM-1", "'gossamer open-graph 1\\nv0 = XY(0) ' + '-> v0 ' * (M // 6)"),
    "registers": ("GSM-1", 'HEAD + \'register "c" 4000000\\nregister "d" 1\''),
    "a cycle of two": ("IR-5", "HEAD + 'b0 = b1\\nb1 = b0'"),
    "a bit of itself": ("IR-5", "HEAD + 'b0 = b0'"),
    "a long cycle": ("IR-5", "HEAD + '\\n'.join(f'b{i} = b{(i + 1) % 50000}' for i in range(50000))"),
    "a vertex twice": ("GSM-3", "HEAD + 'v0 = Z(0)\\nv0 = Z(0)'"),
    "a bit twice": ("GSM-3", "HEAD + 'b0 = 1\\nb0 = 1'"),
    "blank lines": ("GSM-3", "'\\n' * 2_000_000"),
    "spaces": ("GSM-2", "HEAD + ' ' * M + 'x'"),
    "many loops": ("GSM-3", "HEAD + 'v0 = Z(0)\\n' + 'v0 - v0\\n' * 50000 + 'v0 - v7'"),
    "JSON: deep": ("GSMJ-1", "'[' * M"),
    "JSON: a huge number": ("GSMJ-1", "'{\"version\": ' + '9' * M + '}'"),
    "JSON: many wrong keys": ("GSMJ-2", "'{' + ','.join(f'\"k{i}\":1' for i in range(50000)) + '}'"),
    "JSON: huge register": (
        "GSMJ-1",
        '\'{"gossamer":"diagram","version":1,"kind":"u1:","phase":"u1:","phases":[],"edges":"u1:","hadamard":"",'
        '"inputs":[],"outputs":[],"registers":[["c",2147483647,[]]]}\'',
    ),
}

CHILD = """
import json, resource, sys, time
from gossamer.diagnostics import InputError
from gossamer.ir.compact import parse_compact
from gossamer.ir.text import parse_text
HEAD, M = "gossamer diagram 1\\n", 999_000
def inputs(n):
    return HEAD + "".join(f'b{i} = input "x{i}"\\n' for i in range(n))
for warm in (HEAD + "v0 = Z(0)", HEAD + "b0 = b0 +"):
    try: parse_text(warm)
    except InputError: pass
def peak():
    try:  # ru_maxrss of a child starts with the memory of the process that it was forked from
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
for name, text in json.load(sys.stdin).items():
    text = eval(text)  # of this test's own table
    start = time.process_time()
    try:
        (parse_compact if name.startswith("JSON") else parse_text)(text, "x")
        code, shown = "accepted", ""
    except InputError as error:
        code, shown = error.code, str(error)
    seconds = time.process_time() - start
    print(json.dumps([name, code, len(shown), seconds, peak()]))
"""


@pytest.fixture(scope="module")
def outcomes():
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps({name: text for name, (_, text) in CASES.items()}),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    return {row[0]: row[1:] for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", CASES)
def test_refused_at_once(outcomes, name):
    code, shown, seconds, memory = outcomes[name]
    assert code == CASES[name][0]
    assert shown < 2000, "a hostile line must not flood the terminal"
    assert memory < 300 * 2**20, "the most that the process has held so far"
    assert seconds < 3, "of processor time; a tenth of it on an idle machine"
