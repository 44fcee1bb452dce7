"""The whole of a benchmark: rows, progress, and the files that it writes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gossamer.bench.chart import to_svg
from gossamer.bench.peers import Adapter, PeerFile
from gossamer.bench.run import Options, Row, run_all
from gossamer.bench.suite import Suite
from gossamer.bench.tables import lines_of, means, ratio, to_csv, to_markdown
from gossamer.diagnostics import InputError


def run_suite(
    suite: Suite,
    output: Path,
    seeds: Sequence[int],
    options: Options,
    file: PeerFile | None,
    adapters: Sequence[Adapter],
) -> list[Row]:
    """Run a suite and write ``results.csv``, ``results.md`` and ``ebits.svg``.

    The CSV is written anew after every row, and an interruption leaves all three with the rows so far.

    Raises
    ------
    InputError
        ``TL-5`` if the folder cannot be made or written to.
    """
    from gossamer.folder import write_file

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("TL-5", f"cannot write into '{output}': {error.strerror}") from error
    rows: list[Row] = []
    settings = options.pipeline or f"effort {options.effort}"
    title = f"Benchmark '{suite.name}'"
    about = f"Settings: {settings}, {_in_words(seeds)}."
    try:
        with _progress(len(suite.jobs) * len(seeds)) as say:
            for row in run_all(suite.jobs, seeds, options, file, adapters):
                rows.append(row)
                write_file(output / "results.csv", to_csv(rows))
                say(row)
    finally:
        first = [line for line in lines_of(rows) if line.variant == rows[0].variant]
        write_file(output / "results.csv", to_csv(rows))
        write_file(output / "results.md", to_markdown(rows, title, about))
        write_file(output / "ebits.svg", to_svg(first, title))
    return rows


def _in_words(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def summary_of(rows: Sequence[Row]) -> list[str]:
    """The sentences that end a benchmark."""
    failed = sum(row.ebits is None for row in rows)
    wrong = sum(row.holds is False for row in rows)
    first = [line for line in lines_of(rows) if line.variant == rows[0].variant] if rows else []
    return [*means(first), f"{len(rows)} rows, {failed} failed, {wrong} wrong."]


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Row], None]]:
    """A bar on a terminal, else a line for each row, on stderr."""
    if not sys.stderr.isatty():
        count = 0

        def line(row: Row) -> None:
            nonlocal count
            count += 1
            print(f"[{count}/{total}] {_one(row)}", file=sys.stderr, flush=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)

        def advance(row: Row) -> None:
            bar.console.print(_one(row), highlight=False)
            bar.update(task, advance=1)

        yield advance


def _one(row: Row) -> str:
    if row.ebits is None:
        return f"{_what(row)}: {row.error}"
    best = row.best
    above = ratio(row.ebits, best.ebits) if best else None
    peer = f", {best.peer} {best.ebits}" + (f" (ratio {above:.2f})" if above is not None else "") if best else ""
    bound = "" if row.bound is None else f", at least {row.bound}"
    return f"{_what(row)}: {row.ebits} ebits{peer}{bound}, {row.seconds:.1f} s"


def _what(row: Row) -> str:
    return ", ".join(filter(None, [f"{row.circuit} on {row.network}", row.variant, f"seed {row.seed}"]))
