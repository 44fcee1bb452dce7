"""Reading a folder: only the manifest and the programs, and nothing outside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gossamer.diagnostics import InputError
from gossamer.formats.circuit_program import print_program
from gossamer.runtime import folder as folder_module
from gossamer.runtime.run import load, run
from tests.runtime.world import random_world

PROGRAM = """OPENQASM 3.0;
include "stdgates.inc";
"""


def manifest(**changes: Any) -> dict[str, Any]:
    node = {"name": "n0", "model": "circuit", "program": "n0.qasm", "data": 1, "comm": 0}
    node.update(changes.pop("node", {}))
    data: dict[str, Any] = {
        "format": "gossamer-manifest/1",
        "nodes": [node],
        "links": [],
        "messages": [],
        "inputs": [],
        "outputs": [],
        "registers": [],
        "outcomes": [],
        "source_digest": "",
    }
    return {**data, **changes}


def write(folder: Path, data: Any) -> Path:
    text = data if isinstance(data, str) else json.dumps(data)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load(folder)
    assert caught.value.code == "PR-1"
    assert words in caught.value.diagnostic.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "Invalid JSON"),
        ("", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ("[]", "manifest.json"),
        ("null", "manifest.json"),
        (manifest(extra=1), "extra"),
        (manifest(format="gossamer-manifest/2"), "format"),
        (manifest(nodes=[{"name": "n0"}]), "nodes.0.model"),
        (manifest(node={"data": "many"}), "nodes.0.data"),
        (manifest(links=[{"id": "l0", "nodes": ["a"]}]), "links.0.nodes"),
        (manifest(node={"program": "../n0.qasm"}), "not a plain file name"),
        (manifest(node={"program": "sub/n0.qasm"}), "not a plain file name"),
        (manifest(node={"program": "/etc/passwd"}), "not a plain file name"),
        (manifest(node={"program": "sub\\n0.qasm"}), "not a plain file name"),
        (manifest(node={"program": ".."}), "not a plain file name"),
        (manifest(node={"program": ""}), "not a plain file name"),
        (manifest(node={"program": "n0\u0000.qasm"}), "not a plain file name"),
        (manifest(node={"program": "x" * 300}), "not a plain file name"),
        (manifest(node={"model": "abacus"}), "is of model 'abacus'"),
        (manifest(), "does not exist"),
    ],
)
def test_bad_manifests(tmp_path: Path, data: Any, words: str) -> None:
    refused(write(tmp_path, data), words)


def test_no_folder_no_manifest_no_text(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "is not a folder")
    refused(tmp_path, "does not exist")
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe")
    refused(tmp_path, "not UTF-8")
    refused(tmp_path / "manifest.json", "is not a folder")


def test_two_nodes_with_one_program(tmp_path: Path) -> None:
    data = manifest()
    data["nodes"] = [data["nodes"][0], {**data["nodes"][0], "name": "n1"}]
    refused(write(tmp_path, data), "share one program file")


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    write(inside, manifest())
    (tmp_path / "secret").write_text(PROGRAM)
    (inside / "n0.qasm").symlink_to(tmp_path / "secret")
    refused(inside, "is a link out of the folder")
    (inside / "n0.qasm").unlink()
    (inside / "n0.qasm").symlink_to("n0.qasm")
    refused(inside, "cannot read")


def test_what_is_no_file(tmp_path: Path) -> None:
    write(tmp_path, manifest())
    (tmp_path / "n0.qasm").mkdir()
    refused(tmp_path, "is not a regular file")
    (tmp_path / "n0.qasm").rmdir()
    os.mkfifo(tmp_path / "n0.qasm")  # opening it would wait for ever
    refused(tmp_path, "is not a regular file")


def test_long_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_BYTES", 10)
    refused(write(tmp_path, manifest()), "at most 10 are read")


@pytest.mark.parametrize("seed", range(6))
def test_a_written_folder_runs_as_the_programs_in_memory(tmp_path: Path, seed: int) -> None:
    programs, data = random_world(seed, clifford=False).build()
    write(tmp_path, data.model_dump(mode="json"))
    for node, program in zip(data.nodes, programs, strict=True):
        (tmp_path / node.program).write_text(print_program(program), encoding="utf-8")
    (tmp_path / "source.gsm").write_text("not read")
    again, manifest_again = load(tmp_path)
    assert manifest_again == data
    assert run(again, manifest_again, shots=300).counts == run(programs, data, shots=300).counts
