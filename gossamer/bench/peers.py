"""Other compilers: their results from a file, and adapters that ask an installed one.

A file of results is JSON: ``{"results": [{"peer", "circuit", "k", "topo", "cap", "ebits", ...}, ...]}``; ``topo`` is ``a2a`` or ``line``. A result counts
beside ours if the peer's nodes had no more data qubits than ours, and ours have no limit of communication qubits. An adapter is a program of its own (the peer may need another environment than
ours): it reads a job ``{"circuit": OpenQASM 2, "nodes", "capacity", "links", "seed"}`` on standard input and prints
``{"ebits": n}``, ``{"missing": package}`` or ``{"error": text}``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gossamer.diagnostics import InputError, MissingPackage, UsageError
from gossamer.ir.network import Network
from gossamer.registry import registered

MAX_BYTES = 64_000_000
MAX_COUNT = 10**15
#: Two qubits, one gate: is the peer there at all?
_PROBE = {"circuit": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; cx q[0],q[1];', "nodes": 2, "capacity": 2, "links": [[0, 1]], "seed": 0}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What a peer asks for, in its own definition of cost."""

    peer: str
    ebits: int


def is_count(value: Any, *, whole: bool = True) -> bool:
    """Whether a value of JSON is a number of something; ``whole``: an integer.

    Examples
    --------
    >>> is_count(3), is_count(True), is_count(-1), is_count(2.5), is_count(2.5, whole=False)
    (True, False, False, False, True)
    """
    kinds = int if whole else int | float
    return isinstance(value, kinds) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT


class PeerFile:
    """The results of a file."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.rows: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
        for row in rows:
            if row.get("ebits") is not None and row.get("status", "ok") == "ok":
                self.rows.setdefault((row["circuit"], row["k"], row["topo"]), []).append(row)

    def results(self, circuit: str, network: Network) -> list[Result]:
        """All that count beside a run of ours.

        Examples
        --------
        >>> from gossamer.ir.network_text import resolve_network
        >>> file = PeerFile([{"peer": "p", "circuit": "c", "k": 2, "topo": "a2a", "cap": 3, "ebits": 5}])
        >>> file.results("c", resolve_network("2:qubits=3")), file.results("c", resolve_network("2:qubits=2"))
        ([Result(peer='p', ebits=5)], [])
        """
        if any(node.comm is not None for node in network.nodes):
            return []  # no peer was limited so
        room = min(node.data for node in network.nodes)
        return [
            Result(row["peer"], round(row["ebits"]))
            for row in self.rows.get((circuit, network.size, shape_of(network)), ())
            if row.get("cap") is None or row["cap"] <= room
        ]


def shape_of(network: Network) -> str:
    """``a2a``, ``line``, or empty for another shape."""
    degrees = sorted(len(near) for near in network.neighbours)
    if degrees == [network.size - 1] * network.size:
        return "a2a"
    if degrees == [1, 1] + [2] * (network.size - 2) and int(network.distance.max()) == network.size - 1:
        return "line"
    return ""


def read_peers(path: Path) -> PeerFile:
    """Read a file of results.

    Raises
    ------
    InputError
        BN-4.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError("BN-4", f"'{path}' has more than {MAX_BYTES} bytes")
        rows = json.loads(path.read_text(encoding="utf-8"))["results"]
        for row in rows:
            if not all(isinstance(row[key], str) for key in ("peer", "circuit", "topo")) or not is_count(row["k"]):
                raise TypeError("a result names peer, circuit, k and topo")
            for key in ("ebits", "cap"):
                if row.get(key) is not None and not is_count(row[key], whole=False):
                    raise TypeError(f"{key} is a number that is not negative")
        return PeerFile(rows)
    except OSError as error:
        raise InputError("BN-4", f"cannot read '{path}': {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            "BN-4", f"'{path}' holds no results of peers ({error})", help='{"results": [{"peer", "circuit", "k", "topo", "ebits"}]}'
        ) from None  # fmt: skip


@dataclass(frozen=True)
class Adapter:
    """A peer that is asked in the same run.

    Attributes
    ----------
    name : its column
    command : the program
    """

    name: str
    command: tuple[str, ...]

    def ask(self, job: dict[str, Any], timeout: float) -> dict[str, Any]:
        """The answer to one job; what goes wrong is an answer with ``error``."""
        try:
            out, err = self._run(json.dumps(job), timeout)
        except subprocess.TimeoutExpired:
            return {"error": f"no answer in {timeout:g} s"}
        except OSError as error:
            return {"error": f"{self.command[0]}: {error.strerror}"}
        try:
            answer = json.loads(out.strip().splitlines()[-1])
            return answer if isinstance(answer, dict) else {"error": "no answer"}
        except (ValueError, IndexError, RecursionError):
            return {"error": (err.strip().splitlines() or ["no answer"])[-1][:200]}

    def _run(self, text: str, timeout: float) -> tuple[str, str]:
        """What the program prints; whatever stops it stops all that it has started, too, since that would hold the pipes open."""
        with subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            try:
                return process.communicate(text, timeout)
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise


def find_adapter(text: str) -> Adapter:
    """The adapter that ``NAME``, ``NAME=FILE``, ``NAME@PYTHON`` or ``NAME=FILE@PYTHON`` names, after a trial.

    Raises
    ------
    UsageError
        ``TL-7`` for a name that is not registered, or a program that does not answer.
    MissingPackage
        ``TL-9`` if the peer is not installed.
    """
    rest, _, python = text.partition("@")
    name, _, file = rest.partition("=")
    if not file:
        if name not in registered("peers"):
            raise UsageError(
                "TL-7", f"there is no peer '{name[:40]}'",
                help=f"known: {', '.join(registered('peers'))}; or NAME=FILE for an adapter of your own",
            )  # fmt: skip
        spec = find_spec(registered("peers")[name].target.partition(":")[0])
        assert spec is not None
        assert spec.origin is not None
        file = spec.origin
    adapter = Adapter(name, (python or sys.executable, file))
    answer = adapter.ask(_PROBE, 120)
    if "missing" in answer:
        raise MissingPackage(
            "TL-9", f"the peer '{name}' needs the package '{answer['missing']}'",
            help=f"install it: pip install {name}; or name a Python that has it: {name}@/path/to/python",
        )  # fmt: skip
    if not is_count(answer.get("ebits")):
        raise UsageError("TL-7", f"the peer '{name}' does not answer: {answer.get('error', answer)}")
    return adapter
