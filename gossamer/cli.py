"""The command line: typer commands, each a few lines over the API.

Data goes to stdout, diagnostics and progress to stderr. The module guarantees the exit codes of ``spec/diagnostics.md`` [TL-1], that no
traceback is shown without ``--debug``, and that ``--help`` imports nothing heavy: every command imports what it needs.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gossamer._version import __version__
from gossamer.diagnostics import GossamerError, InputError, InternalError, LeftOut, Rounded, UsageError
from gossamer.progress import Listener

if TYPE_CHECKING:
    from gossamer.registry import Kind

app = typer.Typer(
    help="Distribute quantum programs over the nodes of a network, run them, and verify them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
network_app = typer.Typer(help="Networks: presets, files and shorthands.", no_args_is_help=True)
app.add_typer(network_app, name="network")

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A source file; - is stdin.", show_default=False)]
NetworkText = Annotated[
    str, typer.Argument(metavar="NETWORK", help="A file, a preset, or a shorthand such as line:4.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
From = Annotated[str | None, typer.Option("-f", "--from", help="Format of the source; without it, its ending decides.")]
MeasureAll = Annotated[
    bool, typer.Option("--measure-all", help="Measure every quantum output into the register 'meas'.")
]
Bind = Annotated[
    list[str] | None,
    typer.Option(
        "--bind",
        metavar="NAME=VALUE",
        help="The value of an input or symbol of the source, e.g. theta=pi/4; may be repeated.",
    ),
]
Opaque = Annotated[
    list[str] | None,
    typer.Option("--opaque", metavar="NAME=FILE", help="The file that defines an opaque gate; may be repeated."),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every random choice.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error (allowed anywhere).")] = False,
) -> None:
    pass  # --debug is taken out of the arguments by main, because it must work even where parsing them fails


@app.command()
def compile(
    source: Source,
    network: Annotated[
        str, typer.Option("-n", "--network", help="A network file, a preset, or a shorthand: 4, line:4, grid:2x3.")
    ],
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="DIR", help="The folder to write; may be left out with --json."),
    ] = None,
    pipeline: Annotated[
        str | None,
        typer.Option(
            "-p",
            "--pipeline",
            help="Passes with options, instead of the default ones; or min-space, min-nodes, min-depth.",
        ),
    ] = None,
    objective: Annotated[str, typer.Option("--objective", help="What decides: ebits, time or fidelity.")] = "ebits",
    effort: Annotated[int, typer.Option("--effort", min=0, max=3, help="How long to search, 0 to 3.")] = 1,
    seed: Seed = 0,
    forms: Annotated[
        str | None,
        typer.Option(
            "--forms", metavar="NAME,...", help="The forms of the program to compare, instead of those of the effort."
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--place", metavar="QUBIT=NODE", help="Where a qubit, or a register, begins; may be repeated."),
    ] = None,
    end: Annotated[
        list[str] | None,
        typer.Option("--end", metavar="QUBIT=NODE", help="Where a qubit, or a register, ends; may be repeated."),
    ] = None,
    final: Annotated[
        str, typer.Option("--final", help="Where other qubits end: free, or same: where they began.")
    ] = "free",
    measure_all: MeasureAll = False,
    format: From = None,
    bind: Bind = None,
    opaque: Opaque = None,
    postselect: Annotated[
        bool,
        typer.Option("--postselect", help="Where nothing corrects an outcome, throw runs away; without it, refuse."),
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Write the programs of MBQC nodes as one pattern too: merged.pattern.json.")
    ] = False,
    as_json: AsJson = False,
    force: Annotated[bool, typer.Option("--force", help="Replace DIR even if it is not an earlier output.")] = False,
) -> None:
    """Distribute SOURCE over the nodes of a network: one program for each node."""
    from gossamer import api
    from gossamer.compiled import summary
    from gossamer.folder import check_target
    from gossamer.pipeline import MODES

    if output is None and not as_json:
        raise UsageError("TL-1", "there is nowhere to write to", help="add -o DIR (or --json to see the report only)")
    if merge and output is None:
        raise UsageError("TL-1", "--merge writes a file, and there is nowhere to write to", help="add -o DIR")
    if pipeline is not None and pipeline not in MODES and (effort, seed) != (1, 0):
        raise UsageError(
            "TL-7", "--effort and --seed set options of the default pipeline", help="set them in the text after -p"
        )
    if output is not None:
        check_target(Path(output), force=force)
    if merge:  # before the work, not after it; a model does not depend on the number of wires
        for node in api.resolve_network(network, wires=1).nodes:
            if node.model != "mbqc":
                raise InputError("PR-16", f"{node.name} is of model '{node.model}', so the programs are no pattern",
                                 help="for one circuit of nodes of any model: gossamer convert DIR all.qasm --merge")  # fmt: skip
    with _progress() as progress:
        program = api.compile(
            _read(source, format, bind, opaque),
            network,
            pipeline=pipeline,
            objective=objective,
            effort=effort,
            seed=seed,
            forms=forms,
            place=_pairs(place, "--place", "QUBIT=NODE"),
            end=_pairs(end, "--end", "QUBIT=NODE"),
            final=final,
            measure_all=measure_all,
            postselect=postselect,
            progress=progress,
        )
    if output is not None:
        program.save(output, force=force, merge=merge)
    if as_json:
        _print_json(program.report | {"seconds": program.seconds})
    else:
        _print_table(summary(program.report))
        for figure in ("makespan", "fidelity"):
            if f"{figure}_note" in program.report:
                print(f"note: {figure}: {program.report[f'{figure}_note']}", file=sys.stderr)
    if program.verdict is not None and program.verdict.holds is None:
        print(
            f"note: checked by {program.verdict.method} only: the meaning of the programs is not verified",
            file=sys.stderr,
        )


@app.command()
def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that compile wrote.", show_default=False)],
    shots: Annotated[int, typer.Option("--shots", help="How often to run.")] = 1024,
    seed: Seed = 0,
    engine: Annotated[
        str | None,
        typer.Option("--engine", help="The simulator, see gossamer engines; without it, the one of ours that fits."),
    ] = None,
    measure_all: MeasureAll = False,
    as_json: AsJson = False,
) -> None:
    """Run the node programs in DIR against each other and count the results."""
    from dataclasses import asdict

    from gossamer import api

    with _progress() as progress:
        progress("run", None)
        result = api.run(directory, shots, seed=seed, engine=engine, measure_all=measure_all)
    if as_json:
        found = asdict(result)
        if result.accepted is None:
            del found["accepted"]
        _print_json(found)
    else:
        if result.accepted is not None:
            print(f"note: {result.accepted} of {shots} runs were accepted", file=sys.stderr)
        _print_histogram(result.counts, shots if result.accepted is None else max(1, result.accepted))


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that compile wrote.", show_default=False)],
    against: Annotated[
        str | None, typer.Option("--against", metavar="SOURCE", help="The source; without it, DIR/source.gsm.")
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="exact, stabiliser, rewriting, sampled or structural.")
    ] = None,
    network: Annotated[
        str | None, typer.Option("-n", "--network", help="Hold the programs to this network and its hardware as well.")
    ] = None,
    measure_all: MeasureAll = False,
    format: From = None,
    bind: Bind = None,
    opaque: Opaque = None,
    as_json: AsJson = False,
) -> int:
    """Check that the node programs in DIR do what the source does."""
    from gossamer import api

    with _progress() as progress:
        progress("verify", None)
        source = None if against is None else _read(against, format, bind, opaque)
        verdict = api.verify(directory, source, method=method, measure_all=measure_all, network=network)
    if as_json:
        _print_json(verdict.as_dict())
    else:
        _print_table(verdict.as_dict())
    if verdict.holds is None and method == "structural":
        return 0
    return 0 if verdict.holds else 4


@app.command()
def convert(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="A source file; - is stdin; with --merge or for an application an output folder.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="The file to write; - is stdout; for an application a folder.", show_default=False
        ),
    ],
    format: From = None,
    bind: Bind = None,
    opaque: Opaque = None,
    to: Annotated[
        str | None,
        typer.Option(
            "-t",
            "--to",
            help="Format of OUT; without it, its ending decides. An application has options: netqasm{bits=31,digits=6}.",
        ),
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("-p", "--pipeline", help="Passes that rewrite the diagram first, such as simplify.")
    ] = None,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="IN is an output folder: write the programs of all its nodes as one circuit."),
    ] = False,
    link_noise: Annotated[
        float | None,
        typer.Option("--link-noise", metavar="P", help="Of stim: a depolarising error on each Bell pair, so likely."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the folder OUT even if it is not an earlier application.")
    ] = False,
) -> None:
    """Write IN in another format, or the programs of an output folder as an application that another system runs."""
    from gossamer import conversion
    from gossamer.folder import APPLICATION, check_target, write_file, write_folder
    from gossamer.registry import by_extension, registered

    if to is not None and to.partition("{")[0].strip() in registered("applications"):
        if format or bind or opaque or pipeline or merge or link_noise is not None:
            raise UsageError("TL-7", "an application is made of the programs of a folder as they are",
                             help="leave out the options of sources")  # fmt: skip
        if output == "-":
            raise UsageError("TL-5", "an application is a folder, and standard output is none", help="name a folder")
        check_target(Path(output), force=force, marker=APPLICATION)
        with _notes():
            files = conversion.application(source, to)
        write_folder(Path(output), files, force=force, marker=APPLICATION)
        return
    if force:
        raise UsageError("TL-7", "--force replaces the folder of an application, and the output is a file")

    if to is None:
        to = "gsm" if output == "-" else by_extension("printers", Path(output).name).name
    if merge and (format or bind or opaque):
        raise UsageError("TL-7", "--merge takes the programs of a folder, and these have neither inputs nor a format")
    with _notes():
        value = source if merge or os.path.isdir(source) else _read(source, format, bind, opaque)
        text = conversion.convert(value, to, pipeline=pipeline, merge=merge, link_noise=link_noise)
    if output == "-":
        sys.stdout.write(text)
    else:
        write_file(Path(output), text)


@app.command()
def manifest(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="The programs of all nodes of one compile.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write; - is stdout.")
    ] = Path("-"),
) -> None:
    """Write the manifest that the programs of all nodes give, where manifest.json is lost."""
    from gossamer.compiled import print_manifest, rebuild_manifest
    from gossamer.folder import write_file

    text = print_manifest(rebuild_manifest(files))
    if str(output) == "-":
        sys.stdout.write(text)
    else:
        write_file(output, text)


@app.command()
def inspect(
    source: Annotated[
        str, typer.Argument(metavar="IN|DIR", help="A source file or an output folder; - is stdin.", show_default=False)
    ],
    format: From = None,
    bind: Bind = None,
    opaque: Opaque = None,
    as_json: AsJson = False,
) -> None:
    """Figures of a source or of an output folder."""
    from gossamer import conversion

    figures = conversion.inspect(source if os.path.isdir(source) else _read(source, format, bind, opaque))
    if as_json:
        _print_json(figures)
    else:
        _print_table(figures)


@app.command()
def draw(
    source: Annotated[
        str, typer.Argument(metavar="IN|DIR", help="A source file or an output folder; - is stdin.", show_default=False)
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="The file to write: .svg, or .html.", show_default=False),
    ],
    format: From = None,
    bind: Bind = None,
    opaque: Opaque = None,
) -> None:
    """Draw a diagram, or the placed graph of an output folder."""
    from gossamer import conversion
    from gossamer.folder import write_file

    if output.suffix.lower() not in (".svg", ".html"):
        raise UsageError(
            "TL-2", f"no picture for files that end in '{output.suffix[:20]}'", help="known endings: .svg, .html"
        )
    value = source if os.path.isdir(source) else _read(source, format, bind, opaque)
    write_file(output, conversion.draw(value, page=output.suffix.lower() == ".html"))


@app.command()
def bench(
    suite: Annotated[
        Path | None,
        typer.Argument(metavar="[SUITE]", help="A suite (YAML); without it, the built-in one.", show_default=False),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="The folder for CSV, Markdown and SVG.")
    ] = Path("bench"),
    circuits: Annotated[
        Path | None, typer.Option("--circuits", metavar="DIR", help="A folder of circuits, instead of the suite's.")
    ] = None,
    peers: Annotated[
        Path | None,
        typer.Option("--peers", metavar="FILE", help="Results of other compilers (JSON), instead of the suite's."),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            "--peer", metavar="NAME", help="Ask an installed peer too: NAME, NAME=FILE, NAME@PYTHON; may be repeated."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PATTERN", help="Circuits of these names only; may be repeated."),
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("-p", "--pipeline", help="Passes with options, instead of the default ones.")
    ] = None,
    effort: Annotated[int, typer.Option("--effort", min=0, max=3, help="How long to search, 0 to 3.")] = 1,
    seed: Seed = 0,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="Run each row with so many seeds.")] = 1,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=10_000_000, help="Seconds that a row, and a peer, may take.")
    ] = 3600,
) -> int:
    """Compile circuits for networks, count, check, and compare with other compilers."""
    from gossamer.bench.command import run_suite, summary_of
    from gossamer.bench.peers import find_adapter, read_peers
    from gossamer.bench.run import Options
    from gossamer.bench.suite import built_in, read_suite

    if timeout != timeout:  # not a number, which no range refuses
        raise UsageError("TL-7", "a timeout is a number of seconds")
    chosen = built_in() if suite is None else read_suite(suite, circuits)
    if only:
        chosen = chosen.only(only)
    file = peers or chosen.peers
    known = None if file is None else read_peers(file)
    adapters = [find_adapter(text) for text in peer or ()]
    seeds = range(seed, seed + repeat)
    rows = run_suite(chosen, output, seeds, Options(effort, pipeline, timeout), known, adapters)
    print("\n".join([*summary_of(rows), f"written to {output}"]))
    return 4 if any(row.holds is False for row in rows) else 1 if any(row.ebits is None for row in rows) else 0


@network_app.command("list")
def network_list(as_json: AsJson = False) -> None:
    """The presets."""
    from gossamer.ir.network_text import presets

    if as_json:
        _print_json(presets())
    else:
        _print_table(presets())


Wires = Annotated[
    int | None, typer.Option("--wires", min=0, help="Quantum wires of the program, for a shorthand without qubits=.")
]


@network_app.command("show")
def network_show(network: NetworkText, wires: Wires = None, as_json: AsJson = False) -> None:
    """NETWORK as YAML, or as JSON."""
    from gossamer.api import resolve_network
    from gossamer.ir.network_text import print_network

    found = resolve_network(network, wires)
    if as_json:
        _print_json(found.model_dump(mode="json"))
    else:
        sys.stdout.write(print_network(found))


@network_app.command("check")
def network_check(network: NetworkText, wires: Wires = None) -> None:
    """Say whether NETWORK is one, and what it holds."""
    from gossamer.api import resolve_network

    found = resolve_network(network, wires)
    data = sum(node.data for node in found.nodes)
    quantum = sum(link.is_quantum for link in found.links)
    classical = f" and {len(found.classical)} classical" if found.classical else ""
    print(
        f"ok: {found.size} nodes, {quantum} quantum{classical} links, {data} data qubits, "
        f"at most {int(found.distance.max())} hops apart"
    )


@network_app.command("schema")
def network_schema() -> None:
    """The JSON Schema of network files."""
    from gossamer.ir.network import Network

    _print_json(Network.model_json_schema())


@app.command()
def passes(as_json: AsJson = False) -> None:
    """The passes that a pipeline may name, with their options."""
    from dataclasses import fields

    from gossamer.registry import describe, find

    rows = describe("passes")
    for row in rows:
        row["options"] = {f.name: f.default for f in fields(find("passes", row["name"]).load())}
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        options = ",".join(f"{key}={value}" for key, value in row["options"].items())
        print(f"{row['name']:<12} {row['summary']}" + (f"  {{{options}}}" if options else ""))


@app.command()
def backends(as_json: AsJson = False) -> None:
    """The node models and what they print."""
    _list("backends", as_json)


@app.command()
def engines(as_json: AsJson = False) -> None:
    """The simulators that run node programs."""
    _list("engines", as_json)


@app.command()
def frontends(as_json: AsJson = False) -> None:
    """The source formats and their file endings."""
    _list("frontends", as_json)


@app.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a diagnostic.", show_default=False)],
) -> None:
    """The clause of the specification behind an error code."""
    from gossamer.specification import find_clause

    clause = find_clause(code)
    if clause is None:
        raise UsageError(
            "TL-10",
            f"no clause has the id '{code[:40]}'",
            help="ids look like NW-3; diagnostics print theirs in brackets",
        )
    print(clause)


# ---- input and output -----------------------------------------------------------------------------------------------


def _read(source: str, format: str | None, bind: list[str] | None, opaque: list[str] | None) -> Any:
    from gossamer import sources

    values = _pairs(bind, "--bind", "NAME=VALUE")
    definitions = {name: Path(file) for name, file in _pairs(opaque, "--opaque", "NAME=FILE").items()}
    if source != "-":
        return sources.read(Path(source), format, bind=values, opaque=definitions)
    if format is None:
        raise UsageError("TL-2", "the format of stdin is not known", help="name it with -f, for example -f qasm")
    text = sources.decode(sys.stdin.buffer.read(sources.MAX_SOURCE_BYTES + 1), "<stdin>")
    return sources.read(text if "\n" in text else text + "\n", format, name="<stdin>", bind=values, opaque=definitions)


def _pairs(texts: list[str] | None, option: str, form: str) -> dict[str, str]:
    out: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError("TL-7", f"'{text[:80]}' is not {form}", help=f"write {option} {form}")
        if name in out:
            raise UsageError("TL-7", f"{option} gives '{name[:80]}' twice")
        out[name] = value
    return out


def _list(kind: Kind, as_json: bool) -> None:
    from gossamer.registry import describe

    rows = describe(kind)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(f"{row['name']:<12} {row['summary']}  {' '.join(row.get('extensions', ()))}".rstrip())


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(value, indent=2, sort_keys=True))


def _print_table(rows: Mapping[str, Any]) -> None:
    width = max((len(key) for key in rows), default=0)
    for key, value in rows.items():
        print(f"{key:<{width}}  {_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_plain(item) for item in value) or "none"
    return (
        {None: "unknown", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _print_histogram(counts: Mapping[str, int], shots: int) -> None:
    most = max(counts.values(), default=1)
    for key in sorted(counts):
        bar = "#" * max(1, round(40 * counts[key] / most))
        print(f"{key}  {counts[key]:>{len(str(shots))}}  {100 * counts[key] / shots:5.1f} %  {bar}")


@contextmanager
def _progress() -> Iterator[Listener]:
    """A bar with what is being done, on a terminal only; it moves to and fro where nobody knows how much is done."""
    if not sys.stderr.isatty():
        yield lambda what, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(20), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(what: str, done: float | None) -> None:
            bar.update(task, description=what, total=None if done is None else 1.0, completed=done or 0.0)

        yield show


@contextmanager
def _notes() -> Iterator[None]:
    """What is said on the way about the result, on standard error behind it."""
    from warnings import catch_warnings, simplefilter

    with catch_warnings(record=True) as notes:
        simplefilter("always", LeftOut)
        simplefilter("always", Rounded)
        yield
    for note in notes:
        if issubclass(note.category, LeftOut | Rounded):
            print(f"note: {note.message}", file=sys.stderr)


# ---- errors and exit codes ------------------------------------------------------------------------------------------

_CLICK_ERROR: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


#: Errors of a full disk or a failing device.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with suppress(ValueError):  # not in the main thread: whoever calls us owns the signals
        signal.signal(signal.SIGTERM, _terminate)  # so that half-written output is cleaned up
    # For numpy, which is not there yet: matrices are small here, and its threads, which wait for each other by spinning, do harm on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(call(given))


def call(arguments: Sequence[str]) -> int:
    """Run one command; print what it has to say; return its exit code [TL-1]."""
    debug = "--debug" in arguments
    return _guarded([a for a in arguments if a != "--debug"], debug)


def _guarded(arguments: list[str], debug: bool) -> int:
    try:
        code = app(args=arguments, prog_name="gossamer", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except _CLICK_ERROR as error:
        error.show()  # type: ignore[attr-defined]
        return int(getattr(error, "exit_code", 2))
    except GossamerError as error:
        return _report(error, debug)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return _reader_gone()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # click has met it first
            return _reader_gone()
        raise
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _report_bug(error, debug)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered cannot be written either
        return _report(InputError("TL-5", f"cannot write the output: {error.strerror}"), debug)
    except MemoryError:
        return _report(InputError("TL-15", "out of memory", help="the program is too large for this machine"), debug)
    except Exception as error:
        return _report_bug(error, debug)


def _reader_gone() -> int:
    """The reader of our output has closed it: no error, nothing more to say; the code is the one that a shell gives for SIGPIPE."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    return 141


def _report_bug(error: Exception, debug: bool) -> int:
    bug = InternalError(
        "TL-14",
        f"{type(error).__name__}: {error}",
        help="this is a bug; --debug shows where, please report it with the source",
    )
    bug.__cause__ = error
    return _report(bug, debug)


def _report(error: GossamerError, debug: bool) -> int:
    if debug:
        import traceback

        if error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        print("Traceback (most recent call last):", file=sys.stderr)
        traceback.print_tb(error.__traceback__)
    print(error, file=sys.stderr)
    return error.exit_code


def _terminate(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
