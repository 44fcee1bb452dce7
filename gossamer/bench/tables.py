"""What a benchmark prints: CSV with one line for each run, Markdown with one for each circuit and network, geometric means."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gossamer.bench.run import Row

COLUMNS = ("circuit", "network", "variant", "seed", "qubits", "nodes", "ebits", "best_peer", "which_peer", "ratio", "bound", "ratio_to_bound",
           "cpu_seconds", "peak_megabytes", "check", "holds", "error", "peers", "peer_errors")  # fmt: skip


def ratio(ours: float | None, other: float | None) -> float | None:
    """``ours / other``; 1 where both are 0, None where it has no value.

    Examples
    --------
    >>> ratio(3, 4), ratio(0, 0), ratio(2, 0), ratio(None, 3)
    (0.75, 1.0, None, None)
    """
    if ours is None or other is None or (other == 0 and ours != 0):
        return None
    return 1.0 if other == 0 else ours / other


def geometric_mean(values: Iterable[float | None]) -> tuple[float | None, int]:
    """The geometric mean of what has a logarithm, and of how many it is.

    Examples
    --------
    >>> geometric_mean([2.0, 8.0, None, 0.0])
    (4.0, 2)
    """
    logs = [math.log(v) for v in values if v]
    return (math.exp(sum(logs) / len(logs)) if logs else None), len(logs)


def to_csv(rows: Iterable[Row]) -> str:
    """One line for each run."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        best = row.best
        peer = best.ebits if best else None
        table.writerow(
            [
                row.circuit,
                row.network,
                row.variant,
                row.seed,
                row.qubits,
                row.nodes,
                _cell(row.ebits),
                _cell(peer),
                best.peer if best else "",
                _cell(ratio(row.ebits, peer)),
                _cell(row.bound),
                _cell(ratio(row.ebits, row.bound)),
                f"{row.seconds:.2f}",
                f"{row.memory / 1e6:.0f}",
                row.check,
                _holds(row),
                row.error,
                "; ".join(f"{r.peer} {r.ebits}" for r in row.peers),
                "; ".join(row.errors),
            ]
        )
    return out.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"


def _holds(row: Row) -> str:
    return "" if row.ebits is None else {True: "yes", False: "no", None: "structure only"}[row.holds]


@dataclass(frozen=True)
class Line:
    """All runs of a circuit on a network together; ebits, seconds and memory are means, peers and bounds the best of them."""

    circuit: str
    network: str
    ebits: float | None
    spread: str
    peer: int | None
    which: str
    bound: int | None
    seconds: float
    memory: float
    check: str
    error: str
    variant: str = ""


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """The lines of the table, in the order in which they were run."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.circuit, row.network, row.variant), []).append(row)
    out = []
    for (circuit, network, variant), runs in groups.items():
        found = [r.ebits for r in runs if r.ebits is not None]
        best = min((r.best for r in runs if r.best is not None), key=lambda r: r.ebits, default=None)
        bounds = [r.bound for r in runs if r.bound is not None]
        checks = dict.fromkeys(f"{r.check}{'' if r.holds else f' ({_holds(r)})'}" for r in runs if r.ebits is not None)
        out.append(
            Line(
                circuit,
                network,
                sum(found) / len(found) if found else None,
                f"{min(found)} to {max(found)}" if found and min(found) < max(found) else "",
                best.ebits if best else None,
                best.peer if best else "",
                min(bounds) if len(bounds) == len(runs) else None,
                sum(r.seconds for r in runs) / len(runs),
                max(r.memory for r in runs),
                ", ".join(checks),
                "; ".join(dict.fromkeys(r.error for r in runs if r.error)),
                variant,
            )
        )
    return out


def to_markdown(rows: Sequence[Row], title: str, settings: str) -> str:
    """The table for people, with geometric means and with what went wrong."""
    everything = lines_of(rows)
    variants = list(dict.fromkeys(line.variant for line in everything))
    lines = [line for line in everything if line.variant == variants[0]]
    out = [
        f"# {title}",
        "",
        settings,
        "",
        "Ebits are counted in the emitted programs; a bound holds for the places of the run.",
        "",
    ]
    out.append("| circuit | network | ebits | best peer | | ratio | bound | to bound | CPU s | MB | check |")
    out.append("|---|---|--:|--:|---|--:|--:|--:|--:|--:|---|")
    for line in lines:
        ebits = "failed" if line.ebits is None else f"{line.ebits:g}" + (f" ({line.spread})" if line.spread else "")
        above = ratio(line.ebits, line.peer)
        out.append(
            f"| {_safe(line.circuit)} | {_safe(line.network)} | {ebits} | {_show(line.peer)} | {_safe(line.which)} "
            f"| {_show(above)}{' **above**' if above and above > 1 else ''} | {_show(line.bound)} | {_show(ratio(line.ebits, line.bound))} "
            f"| {line.seconds:.1f} | {line.memory / 1e6:.0f} | {line.check} |"
        )
    out += ["", *means(lines)]
    networks = list(dict.fromkeys(line.network for line in lines))
    if len(networks) > 1:
        for network in networks:
            out += ["", f"On {network}:", "", *means([line for line in lines if line.network == network])]
    limits = limits_of(lines)
    if limits:
        out += ["", "## What limits cost", "", *limited(limits)]
    if len(variants) > 1:
        out += ["", "## Variants", "", f"Above is '{variants[0]}'. The same with:", "", *compared(everything, variants)]
    failed = [
        f"- {line.circuit} on {line.network}{line.variant and f' ({line.variant})'}: {line.error}"
        for line in everything
        if line.error
    ]
    silent = dict.fromkeys(f"- {row.circuit} on {row.network}: {text}" for row in rows for text in row.errors)
    for heading, found in (("Failed", failed), ("Peers without a result", list(silent))):
        if found:
            out += ["", f"## {heading}", "", *found]
    return "\n".join(out) + "\n"


def limits_of(lines: Sequence[Line]) -> list[tuple[Line, str, Line]]:
    """Lines on a network with a limit of communication qubits (``4:comm=2``), the limit, and the same circuit's on the network without it."""
    of = {(line.circuit, line.network): line for line in lines}
    found = []
    for (circuit, network), line in of.items():
        shape, _, options = network.rpartition(":")
        rest = [option for option in options.split(",") if not option.startswith("comm=")]
        free = of.get((circuit, ":".join([shape, ",".join(rest)] if rest else [shape])))
        if free is not None and free is not line:
            limit = next(option for option in options.split(",") if option.startswith("comm="))
            found.append((line, limit, free))
    return found


def limited(limits: Sequence[tuple[Line, str, Line]]) -> list[str]:
    """A table of what limits cost: ebits without one and with each, and geometric means of the ratio."""
    names = list(dict.fromkeys(limit for _, limit, _ in limits))
    of = {(free.circuit, free.network, limit): line for line, limit, free in limits}
    frees = {(free.circuit, free.network): free for _, _, free in limits}
    out = [f"| circuit | network | no limit | {' | '.join(names)} |", f"|---|---|--:|{'--:|' * len(names)}"]
    for (circuit, network), free in frees.items():
        cells = [_ebits(of.get((circuit, network, name))) for name in names]
        out.append(f"| {_safe(circuit)} | {_safe(network)} | {_ebits(free)} | {' | '.join(cells)} |")
    means = []
    for name in names:
        mean, count = geometric_mean(ratio(a.ebits, b.ebits) for a, limit, b in limits if limit == name)
        means.append("" if mean is None else f"{mean:.2f} ({count} rows)")
    return [*out, f"| **geometric mean of the ratio** | | | {' | '.join(means)} |"]


def _ebits(line: Line | None) -> str:
    return "" if line is None else "failed" if line.ebits is None else f"{line.ebits:g}"


def _safe(text: str) -> str:
    """A text that ends no cell and no line of a table."""
    return " ".join(text.replace("|", "\\|").split())


def compared(lines: Sequence[Line], variants: Sequence[str]) -> list[str]:
    """A table of the ebits of each variant, with geometric means over the first: what is won or lost by what a variant changes."""
    of = {(line.circuit, line.network, line.variant): line for line in lines}
    rows = dict.fromkeys((line.circuit, line.network) for line in lines)
    out = [f"| circuit | network | {' | '.join(map(_safe, variants))} |", f"|---|---|{'--:|' * len(variants)}"]
    ratios: list[list[float | None]] = [[] for _ in variants]
    for circuit, network in rows:
        found = [of.get((circuit, network, variant)) for variant in variants]
        cells = [_ebits(x) for x in found]
        out.append(f"| {_safe(circuit)} | {_safe(network)} | {' | '.join(cells)} |")
        for values, x in zip(ratios, found, strict=True):
            values.append(ratio(x.ebits if x else None, found[0].ebits if found[0] else None))
    means = [geometric_mean(values)[0] for values in ratios]
    return [*out, f"| **geometric mean of the ratio** | | {' | '.join(_show(mean) for mean in means)} |"]


def means(lines: Sequence[Line]) -> list[str]:
    """Geometric means and counts, as sentences."""
    against = [ratio(line.ebits, line.peer) for line in lines if line.peer]
    to_bound = [ratio(line.ebits, line.bound) for line in lines]
    out = []
    for what, values in (("best peer", against), ("bound", to_bound)):
        mean, count = geometric_mean(values)
        if mean is not None:
            above = (
                f"; above it in {sum(v is not None and v > 1 for v in values)}"
                if what == "best peer"
                else f"; at it in {values.count(1.0)}"
            )
            out.append(f"Geometric mean of ours / {what}: {mean:.3f} over {count} rows{above}.")
    seconds = sorted(line.seconds for line in lines)
    if seconds:
        out.append(f"CPU seconds: median {seconds[len(seconds) // 2]:.1f}, most {seconds[-1]:.1f}.")
    return out


def _show(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.2f}"
