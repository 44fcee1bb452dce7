"""A chart of a benchmark as SVG: for each circuit and network our ebits, the best peer's, and the bound, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from gossamer.bench.tables import Line

LEFT, WIDTH, ROW, TOP, BOTTOM = 250, 560, 20, 64, 40
#: Kind of mark -> what it is, and its shape at (x, y).
MARKS = {
    "bound": ("lower bound", '<path class="bound" d="M{x:.1f} {top:.1f}V{low:.1f}"/>'),
    "peer": ("best peer", '<rect class="peer" x="{left:.1f}" y="{edge:.1f}" width="9" height="9"/>'),
    "ours": ("Gossamer", '<circle class="ours" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'),
}
STYLE = """text{font-family:DejaVu Sans,Verdana,sans-serif;font-size:11px;fill:#111}.title{font-size:14px}.end{text-anchor:end}
.mid{text-anchor:middle}.back{fill:#fff}.grid{stroke:#ddd}.ours{fill:#0a58ca}.peer{fill:none;stroke:#b02a37;stroke-width:1.8}
.bound{stroke:#333;stroke-width:2.4}.span{stroke:#bbb}"""


def to_svg(lines: Sequence[Line], title: str) -> str:
    """The chart; the same lines give the same bytes.

    Examples
    --------
    >>> line = Line("ghz", "4", 3.0, "", 4, "p", 3, 1.0, 1.0, "exact", "")
    >>> svg = to_svg([line], "<a>")
    >>> svg.count("<circle"), "&lt;a&gt;" in svg
    (2, True)
    """
    shown = [line for line in lines if line.ebits is not None]
    most = max([1.0, *(v for line in shown for v in (line.ebits, line.peer, line.bound) if v is not None)])
    decades = max(1, math.ceil(math.log10(most)))
    height = TOP + ROW * len(shown) + BOTTOM

    def across(value: float) -> float:
        return LEFT + WIDTH * (math.log10(max(value, 0.7)) + 0.2) / (decades + 0.2)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 40}" height="{height}" viewBox="0 0 {LEFT + WIDTH + 40} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="back" width="{LEFT + WIDTH + 40}" height="{height}"/>',
        f'<text class="title" x="12" y="24">{escape(title)}</text>',
    ]
    for i, (name, mark) in enumerate(MARKS.values()):
        x = LEFT + 130.0 * i
        out.append(_mark(mark, x, 42) + f'<text x="{x + 12:.0f}" y="46">{name}</text>')
    for power in range(decades + 1):
        x = across(10**power)
        out.append(f'<path class="grid" d="M{x:.1f} {TOP - 8}V{height - BOTTOM}"/>')
        out.append(f'<text class="mid" x="{x:.1f}" y="{height - BOTTOM + 16}">{10**power}</text>')
    out.append(f'<text class="mid" x="{LEFT + WIDTH / 2}" y="{height - 8}">ebits</text>')
    for i, line in enumerate(shown):
        y = TOP + ROW * i + ROW / 2
        out.append(
            f'<text class="end" x="{LEFT - 12}" y="{y + 4:.1f}">{escape(f"{line.circuit} on {line.network}"[:40])}</text>'
        )
        values = {"bound": line.bound, "peer": line.peer, "ours": line.ebits}
        there = [across(v) for v in values.values() if v is not None]
        out.append(f'<path class="span" d="M{min(there):.1f} {y:.1f}H{max(there):.1f}"/>')
        out += [_mark(MARKS[kind][1], across(value), y) for kind, value in values.items() if value is not None]
    return "\n".join([*out, "</svg>"]) + "\n"


def _mark(shape: str, x: float, y: float) -> str:
    return shape.format(x=x, y=y, top=y - 6, low=y + 6, left=x - 4.5, edge=y - 4.5)
