"""Runs of a suite: each row compiled by the command line in a process of its own, so that its time and memory are its own.

What is measured of a row: ebits counted in the emitted programs (`gossamer.bench.count`), the bound and the verdict of the check from the report,
CPU seconds (all processes of the compile, loading included) and peak memory from the operating system. A row that fails says why and does not
stop the others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gossamer.bench.circuits import CIRCUITS
from gossamer.bench.count import count_ebits
from gossamer.bench.peers import Adapter, PeerFile, Result, is_count
from gossamer.bench.suite import Job
from gossamer.conversion import convert
from gossamer.diagnostics import GossamerError
from gossamer.ir.network import Network
from gossamer.ir.network_text import resolve_network
from gossamer.sources import count_wires, read


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes
    ----------
    circuit, network, seed, variant : what was run
    qubits, nodes : of the circuit, of the network
    ebits : counted in the emitted programs; None if the run failed, and then ``error`` says why
    bound : a lower bound, where one is known
    peers : the results of other compilers
    seconds : CPU seconds of the whole command
    memory : its peak memory in bytes
    check, holds : how the programs were checked, and whether they do what the source does (None: structure only)
    errors : what peers said that gave no result
    """

    circuit: str
    network: str
    seed: int
    qubits: int = 0
    nodes: int = 0
    ebits: int | None = None
    bound: int | None = None
    peers: tuple[Result, ...] = ()
    seconds: float = 0.0
    memory: int = 0
    check: str = ""
    holds: bool | None = None
    error: str = ""
    errors: tuple[str, ...] = ()
    variant: str = ""

    @property
    def best(self) -> Result | None:
        """The best peer; the first of those that are equal."""
        return min(self.peers, key=lambda r: r.ebits, default=None)


@dataclass(frozen=True)
class Options:
    """What holds for all rows."""

    effort: int = 1
    pipeline: str | None = None
    timeout: float = 3600.0


def run_job(job: Job, seed: int, options: Options, file: PeerFile | None, adapters: Sequence[Adapter]) -> Row:
    """Compile one circuit for one network, and ask the peers."""
    row = Row(job.circuit, job.network, seed, variant=job.variant.name)
    with tempfile.TemporaryDirectory(prefix="gossamer-bench-") as here:
        source = job.source
        if source is None:
            source = Path(here, job.circuit + ".qasm")
            source.write_text(CIRCUITS[job.circuit](), encoding="utf-8")
        try:
            diagram = read(source)
            qubits = count_wires(diagram)
            network = resolve_network(job.network, qubits)
        except GossamerError as error:
            return _with(row, error=f"[{error.code}] {error.diagnostic.message}")
        except (MemoryError, RecursionError) as error:
            return _with(row, error=f"cannot be read: {type(error).__name__}")
        row = _with(row, qubits=qubits, nodes=network.size)
        found = list(file.results(job.circuit, network)) if file is not None else []
        errors = []
        # Peers take as many communication qubits as they like.
        limited = any(node.comm is not None for node in network.nodes)
        for adapter in () if limited else adapters:
            try:
                answer = adapter.ask(_job(source, network, seed), options.timeout)
            except GossamerError as error:
                answer = {"error": f"the circuit is no OpenQASM 2: {error.diagnostic.message}"}
            if is_count(answer.get("ebits")):
                found.append(Result(adapter.name, answer["ebits"]))
            else:
                errors.append(f"{adapter.name}: {answer.get('error', 'no result')}"[:200])
        row = _with(row, peers=tuple(found), errors=tuple(errors))
        out = Path(here, "out")
        command = [
            sys.executable,
            "-m",
            "gossamer",
            "compile",
            str(source),
            "-n",
            job.network,
            "-o",
            str(out),
            "--json",
        ]
        command += job.variant.arguments(options.effort, options.pipeline, seed)
        done = measured(command, options.timeout)
        row = _with(row, seconds=done.seconds, memory=done.memory)
        if done.code != 0:
            lines = done.err.strip().splitlines() or ["no word"]
            return _with(row, error="out of time" if done.killed else f"exit {done.code}: {lines[0][:200]}")
        try:
            report = json.loads(done.out)
            verified = report["verified"] or {}
            return _with(
                row,
                ebits=count_ebits(out),
                bound=report["bound"],
                check=verified.get("method", ""),
                holds=verified.get("holds"),
            )
        except (ValueError, KeyError, OSError) as error:
            return _with(row, error=f"the output cannot be counted: {error}"[:200])


def _with(row: Row, **changes: Any) -> Row:
    from dataclasses import replace

    return replace(row, **changes)


def _job(source: Path, network: Network, seed: int) -> dict[str, Any]:
    """A job for an adapter; the circuit as OpenQASM 2, as it is where it is that."""
    text = source.read_text(encoding="utf-8-sig")
    if "OPENQASM 2" not in text:
        text = convert(source, "qasm2")
    return {
        "circuit": text,
        "nodes": network.size,
        "capacity": min(node.data for node in network.nodes),
        "links": [[a, b] for b in range(network.size) for a in network.neighbours[b] if a < b],
        "seed": seed,
    }


@dataclass(frozen=True)
class Done:
    """A process that has ended."""

    code: int
    out: str
    err: str
    seconds: float
    memory: int
    killed: bool


def measured(command: Sequence[str], timeout: float) -> Done:
    """Run a command and measure what the operating system says it took.

    Examples
    --------
    >>> done = measured([sys.executable, "-c", "print(1)"], 60)
    >>> done.code, done.out.strip(), done.seconds > 0, done.memory > 1_000_000
    (0, '1', True, True)
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        killed = threading.Event()

        def stop() -> None:
            killed.set()
            with suppress(ProcessLookupError):
                os.kill(process.pid, 9)

        timer = threading.Timer(timeout, stop)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        return Done(
            process.returncode,
            _text_of(out),
            _text_of(err),
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * unit,
            killed.is_set(),
        )


def _text_of(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


def run_all(
    jobs: Sequence[Job],
    seeds: Sequence[int],
    options: Options,
    file: PeerFile | None,
    adapters: Sequence[Adapter],
) -> Iterator[Row]:
    """All rows, one by one, in the order of the suite."""
    for job in jobs:
        for seed in seeds:
            # Peers stand beside the first variant only: they know nothing of the others.
            yield run_job(job, seed, options, file, adapters if job.variant == jobs[0].variant else ())
