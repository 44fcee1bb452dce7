"""The folder of a NetQASM application: it appears whole, in the SDK's layout, and its host parts run as they are, each in a thread of its own."""

from __future__ import annotations

import json
import py_compile
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import gossamer
from gossamer.backends.netqasm import application
from gossamer.cli import call

CX = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
STAR = """OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg a[1]; creg c[3];
ry(1.0) q[0]; cx q[0],q[1]; cx q[0],q[2]; h q[0]; measure q[0] -> a[0]; if(a==1) z q[1]; cx q[1],q[2]; h q[1]; measure q -> c;"""


def written(tmp_path: Path, text: str, network: str) -> tuple[gossamer.CompiledProgram, Path]:
    program = gossamer.compile(text, network, effort=0)
    program.save(tmp_path / "out")
    assert call(["convert", str(tmp_path / "out"), str(tmp_path / "app"), "-t", "netqasm"]) == 0
    return program, tmp_path / "app"


def test_what_the_folder_holds(tmp_path: Path) -> None:
    program, app = written(tmp_path, CX, "2:qubits=1")
    files = {path.name: path.read_text() for path in app.iterdir()}
    assert files == program.application() == gossamer.application(tmp_path / "out")
    assert json.loads(files["gossamer.json"])["files"] == sorted(files)
    for path in app.glob("*.py"):
        py_compile.compile(str(path), cfile=str(tmp_path / "compiled"), doraise=True)
    from netqasm.lang.parsing.text import parse_text_subroutine

    for path in app.glob("*.nqasm"):
        texts = path.read_text().split("# NETQASM 2.0")
        assert len(texts) > 2
        assert all(parse_text_subroutine("# NETQASM 2.0" + text).instructions for text in texts[1:])


def test_netqasm_reads_its_own_files(tmp_path: Path) -> None:
    """With the loaders of netqasm's command line."""
    from netqasm.runtime.application import network_cfg_from_path
    from netqasm.runtime.env import load_app_files, load_roles_config

    program, app = written(tmp_path, STAR, "3:qubits=1")
    network = network_cfg_from_path(str(app))
    assert network is not None
    assert [node.name for node in network.nodes] == ["n0", "n1", "n2"]
    assert [len(node.qubits) for node in network.nodes] == [p.data + p.comm for p in program.programs]
    assert len(network.links) == 2
    assert load_roles_config(str(app / "roles.yaml")) == {f"n{i}": f"n{i}" for i in range(3)}
    assert load_app_files(str(app)) == {f"n{i}": f"app_n{i}.py" for i in range(3)}


def test_names_that_mean_something_in_yaml(tmp_path: Path) -> None:
    network = tmp_path / "net.yaml"
    network.write_text(
        'nodes: [{name: "on", data: 1}, {name: "null", data: 1}]\nlinks: [{nodes: ["on", "null"], quantum: {}}]\n'
    )
    _, app = written(tmp_path, CX, str(network))
    assert yaml.safe_load((app / "roles.yaml").read_text()) == {"on": "on", "null": "null"}
    assert [node["name"] for node in yaml.safe_load((app / "network.yaml").read_text())["nodes"]] == ["on", "null"]


@pytest.mark.clause("TL-4")
def test_files_of_others_are_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, app = written(tmp_path, CX, "2:qubits=1")
    convert = ["convert", str(tmp_path / "out"), str(app), "-t", "netqasm{bits=20}"]
    assert call(convert) == 0  # ours, and nothing else
    (app / "notes.txt").write_text("mine")
    assert call(convert) == 1
    assert "holds files that are not ours: 'notes.txt'" in capsys.readouterr().err
    assert (app / "notes.txt").read_text() == "mine"
    assert call([*convert, "--force"]) == 0
    assert not (app / "notes.txt").exists()
    for target in (tmp_path / "out", tmp_path):  # an output folder is no application, and the other way round
        assert call(["convert", str(tmp_path / "out"), str(target), "-t", "netqasm"]) == 1
        assert "holds no gossamer.json of ours" in capsys.readouterr().err
    source = tmp_path / "s.qasm"
    source.write_text(CX)
    assert call(["compile", str(source), "-n", "2", "-o", str(app)]) == 1
    assert "holds no manifest of ours" in capsys.readouterr().err


@pytest.mark.parametrize(
    "marker",
    [
        "{",
        "[]",
        '{"format": "gossamer-application/1"}',
        '{"format": 3, "files": []}',
        '{"format": "other", "files": ["x"]}',
    ],
)
def test_a_broken_marker_is_not_ours(tmp_path: Path, marker: str) -> None:
    gossamer.compile(CX, "2:qubits=1", effort=0).save(tmp_path / "out")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "gossamer.json").write_text(marker)
    assert call(["convert", str(tmp_path / "out"), str(tmp_path / "app"), "-t", "netqasm"]) == 1
    assert [path.name for path in (tmp_path / "app").iterdir()] == ["gossamer.json"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["{out}", "{app}", "-t", "netqasm{bits=256}"], "TL-7"),
        (["{out}", "{app}", "-t", "netqasm{flavour=photons}"], "TL-7"),
        (["{out}", "{app}", "-t", "netqasm{colour=1}"], "TL-7"),
        (["{out}", "{app}", "-t", "netqasm{bits}"], "TL-6"),
        (["{out}", "{app}", "-t", "netqasm,netqasm"], "TL-7"),
        (["{out}", "{app}", "-t", "netqasm", "--merge"], "TL-7"),
        (["{out}", "{app}.qasm", "--merge", "--force"], "TL-7"),
        (["{out}", "-", "-t", "netqasm"], "TL-5"),
        (["{out}/manifest.json", "{app}", "-t", "netqasm"], "TL-2"),
        (["nowhere", "{app}", "-t", "netqasm"], "TL-2"),
    ],
)
def test_wrong_calls(arguments: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gossamer.compile(CX, "2:qubits=1", effort=0).save(tmp_path / "out")
    given = [a.replace("{out}", str(tmp_path / "out")).replace("{app}", str(tmp_path / "app")) for a in arguments]
    assert call(["convert", *given]) == 2
    assert f"error[{code}]" in capsys.readouterr().err
    assert not (tmp_path / "app").exists()


def test_changed_programs_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is checked before anything is made of it."""
    gossamer.compile(CX, "2:qubits=1", effort=0).save(tmp_path / "out")
    path = tmp_path / "out" / "n0.qasm"
    before = path.read_text()
    changes = [
        ("cz data[0], comm[0];", "cz data[0], data[1];"),
        ("to=n1", "to=n2"),
        ("id=l0", "id=l1"),
        ("m[0] = measure comm[0];", ""),
    ]
    for old, new in changes:
        assert old in before
        path.write_text(before.replace(old, new, 1))
        for command in (
            ["convert", str(tmp_path / "out"), str(tmp_path / "app"), "-t", "netqasm"],
            ["run", str(tmp_path / "out"), "--engine", "netqasm"],
        ):
            assert call(command) == 1, (old, new)
            assert "error[PR-" in capsys.readouterr().err
    assert not (tmp_path / "app").exists()


def test_rounded_angles_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; rx(pi/3) q[0]; measure q -> c;'
    _, app = written(tmp_path, source, "1")
    assert "note: 1 rotations are rounded to multiples of pi/2^31" in capsys.readouterr().err
    described = json.loads((app / "gossamer.json").read_text())
    assert described["rounded"] == 1
    assert 0 < described["error"] < 1e-9
    assert "1 rotations are rounded" in (app / "README.md").read_text()
    assert call(["convert", str(tmp_path / "out"), str(app), "-t", "netqasm{bits=3}"]) == 1
    assert "error[NQ-2]" in capsys.readouterr().err


# ---- the host parts run ---------------------------------------------------------------------------------------------------


@pytest.fixture
def _modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """netqasm's loader puts folders on the path and imports what is in them: take that back."""
    path = list(sys.path)
    monkeypatch.setenv("NETQASM_SIMULATOR", "debug")
    yield
    sys.path[:] = path
    for name in [name for name in sys.modules if name.startswith("app_")]:
        del sys.modules[name]


@pytest.mark.parametrize(("text", "network"), [(CX, "2:qubits=1"), (STAR, "3:qubits=1")], ids=["two", "three"])
@pytest.mark.usefixtures("_modules")
def test_the_host_parts_run_in_threads(
    text: str, network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the SDK's connection and its sockets between threads; the controllers are those of the engine. The counts are those of our runtime."""
    from netqasm.backend.messages import (
        InitNewAppMessage,
        OpenEPRSocketMessage,
        SubroutineMessage,
        deserialize_host_msg,
    )
    from netqasm.lang.parsing import deserialize
    from netqasm.runtime.app_config import AppConfig
    from netqasm.runtime.application import app_instance_from_path
    from netqasm.sdk import external
    from netqasm.sdk.connection import BaseNetQASMConnection
    from netqasm.sdk.network import NetworkInfo

    from gossamer.engines.netqasm_executor import FLAVOURS, controllers

    program, folder = written(tmp_path, text, network)
    app = application(program.programs, program.manifest)
    names = [role.name for role in app.roles]
    lock = threading.Lock()
    world: list[Any] = []

    class Info(NetworkInfo):  # type: ignore[misc]
        @classmethod
        def get_node_id_for_app(cls, app_name: str) -> int:
            return names.index(app_name)

        @classmethod
        def get_node_name_for_app(cls, app_name: str) -> str:
            return app_name

    class Connection(BaseNetQASMConnection):  # type: ignore[misc]
        def _get_network_info(self) -> type[NetworkInfo]:
            return Info

        @property
        def shared_memory(self) -> Any:
            return world[names.index(self.app_name)].memory

        def _commit_serialized_message(self, raw_msg: bytes, block: bool = True, callback: Any = None) -> None:
            controller, role = world[names.index(self.app_name)], app.roles[names.index(self.app_name)]
            message = deserialize_host_msg(raw_msg)
            if isinstance(message, InitNewAppMessage):
                assert message.max_qubits == role.qubits
            elif isinstance(message, OpenEPRSocketMessage):
                controller.link.setup_epr_socket(
                    message.epr_socket_id, message.remote_node_id, message.remote_epr_socket_id
                )
            elif isinstance(message, SubroutineMessage):
                running = controller.execute_subroutine(
                    deserialize(message.subroutine, flavour=FLAVOURS[role.flavour]())
                )
                deadline = time.monotonic() + 60
                while time.monotonic() < deadline:
                    with lock:
                        if next(running, "done") == "done":
                            return
                    time.sleep(0.001)
                raise AssertionError("a subroutine waits for ever")

    monkeypatch.setattr(external, "NetQASMConnection", Connection)
    monkeypatch.setattr(BaseNetQASMConnection, "_app_ids", {})
    instance = app_instance_from_path(str(folder))
    assert instance.party_alloc == {name: name for name in names}
    rng = np.random.default_rng(4)
    found: Counter[str] = Counter()
    shots = 40
    with ThreadPoolExecutor(len(names)) as pool:
        for _ in range(shots):
            world[:] = controllers(app, rng)
            futures = [
                pool.submit(p.entry, app_config=AppConfig(p.party, p.party, p.entry, None, {}))
                for p in instance.app.programs
            ]
            results: dict[str, int] = {}
            for future in futures:
                results |= future.result(timeout=90)
            found[
                " ".join(
                    "".join(str(results[f"{r.name}[{i}]"]) for i in reversed(range(len(r.bits))))
                    for r in reversed(program.manifest.registers)
                )
            ] += 1
    from tests.test_histograms import chi_square_p

    assert chi_square_p(dict(found), program.run(4000, seed=1).counts, 5 * (shots + 4000) // shots) > 1e-3


def test_a_wrong_name_is_answered_with_printers_and_applications(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.qasm").write_text("OPENQASM 2.0; qreg q[1];")
    assert call(["convert", str(tmp_path / "a.qasm"), str(tmp_path / "app"), "-t", "netqsm"]) == 2
    assert "known: gsm, qasm" in (said := capsys.readouterr().err)
    assert "of the programs of an output folder: netqasm" in said
