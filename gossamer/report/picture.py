"""`Picture`: dots, lines and bands on a grid, and how they are written as SVG or as a page of HTML.

The data knows nothing of diagrams, the writer nothing of layouts. All text is escaped, for names come from sources that nobody vouches for;
the same picture gives the same bytes. Colours follow the ZX-calculus (green Z, red X, yellow H, blue dashed Hadamard edges), and
shapes say the same again (round, square, small square), so that no one has to tell red from green; the picture brings its own light
background, so it reads on a dark page too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

#: Pixels for one step of the grid to the right and down, and around the picture.
STEP, DOWN, MARGIN = 60, 72, 46
#: A text of at most so many characters stands inside its dot; one of more than the second number is cut (its tooltip is not).
MAX_INSIDE, MAX_TEXT, MAX_TITLE = 7, 22, 300


class Shape(Enum):
    Z = "z"
    X = "x"
    H = "h"
    INPUT = "input"
    OUTPUT = "output"
    LINK = "half"


class Stroke(Enum):
    PLAIN = "plain"
    HADAMARD = "hadamard"
    LINK = "link"


@dataclass(frozen=True)
class Dot:
    """Something at a place: ``text`` is its phase or name, ``tag`` what else is to be read beside it, ``title`` the tooltip."""

    x: float
    y: float
    shape: Shape
    text: str = ""
    tag: str = ""
    title: str = ""


@dataclass(frozen=True)
class Line:
    """A line between the dots number ``a`` and ``b``; ``bend`` moves its middle to the side, in steps of the grid."""

    a: int
    b: int
    stroke: Stroke
    text: str = ""
    bend: float = 0.0


@dataclass(frozen=True)
class Band:
    """A strip over the whole width, from ``top`` to ``bottom``."""

    top: float
    bottom: float
    text: str


@dataclass(frozen=True)
class Picture:
    """What is drawn; ``notes`` stand below it."""

    dots: Sequence[Dot]
    lines: Sequence[Line]
    bands: Sequence[Band] = ()
    title: str = ""
    notes: Sequence[str] = ()


_STYLE = """
text{font-family:DejaVu Sans,Verdana,sans-serif;font-size:12px;fill:#111}
.small{font-size:10px}.end{font-weight:bold}.tag{font-size:10px;fill:#5b2a86}.note{font-size:11px;fill:#333}
.halo{fill:none;stroke:#fff;stroke-width:3px;stroke-opacity:.85;stroke-linejoin:round}
.z{fill:#c8f7c5;stroke:#0b6b2b;stroke-width:1.6}.x{fill:#ff9d94;stroke:#8a1309;stroke-width:1.6}
.h{fill:#ffe95c;stroke:#6b5c00;stroke-width:1.4}.end-dot{fill:#111}.half{fill:#ffd9a0;stroke:#a65300;stroke-width:1.6}
.plain{stroke:#222;stroke-width:1.5;fill:none}.hadamard{stroke:#0a58ca;stroke-width:1.8;stroke-dasharray:5 3;fill:none}
.link{stroke:#d97706;stroke-width:5;fill:none;stroke-linecap:round}
.back{fill:#fff}
"""
_BANDS = ("#e8f1fb", "#fdf0e3", "#eaf6ea", "#f6eaf4", "#fbf8dc", "#e6f5f5")


def to_svg(picture: Picture) -> str:
    """The picture as one SVG document.

    Examples
    --------
    >>> svg = to_svg(Picture([Dot(0, 0, Shape.Z, "<&>"), Dot(1, 0, Shape.X)], [Line(0, 1, Stroke.HADAMARD)]))
    >>> svg.startswith("<svg"), "&lt;&amp;&gt;" in svg, svg.count('class="hadamard"')
    (True, True, 1)
    """
    return "\n".join(_svg(picture)) + "\n"


def to_html(picture: Picture) -> str:
    """The same SVG in a page that needs nothing else.

    Examples
    --------
    >>> to_html(Picture([], [], title="a<b")).splitlines()[4]
    '<title>a&lt;b</title>'
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{_text(picture.title)}</title>\n"
        "<style>body{margin:1em;background:#fff}svg{max-width:100%;height:auto}</style>\n</head>\n"
        f"<body>\n{to_svg(picture)}</body>\n</html>\n"
    )


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML has no way to write."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text), quote=True)


def _cut(text: str, most: int = MAX_TEXT) -> str:
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


class _Frame:
    """From the grid to pixels: room on the left for names of inputs and bands, on the right for those of outputs."""

    def __init__(self, picture: Picture) -> None:
        xs = [d.x for d in picture.dots] or [0.0]
        ys = [d.y for d in picture.dots] or [0.0]
        ys += [y for b in picture.bands for y in (b.top, b.bottom)]
        names = [len(_cut(d.text)) for d in picture.dots if d.shape in (Shape.INPUT, Shape.OUTPUT)]
        side = max(MARGIN + 7.5 * max(names, default=0), 2 * MARGIN if picture.bands else 0.0)
        self.left = side - STEP * min(xs)
        self.top = MARGIN - DOWN * min(ys)
        texts = [7.0 * len(_cut(note, 100)) for note in picture.notes] + [
            9.0 * len(_cut(b.text)) for b in picture.bands
        ]
        self.width = max(STEP * (max(xs) - min(xs)) + 2 * side, max(texts, default=0.0) + MARGIN)
        self.floor = DOWN * (max(ys) - min(ys)) + 2 * MARGIN
        self.height = self.floor + 17 * len(picture.notes)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + STEP * x, self.top + DOWN * y


def _svg(picture: Picture) -> Iterator[str]:
    frame = _Frame(picture)
    w, h = _n(frame.width), _n(frame.height)
    title = _text(_cut(picture.title, MAX_TITLE))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        f'aria-label="{title}">'
    )
    yield f"<title>{title}</title>"
    yield f"<style>{_STYLE}</style>"
    yield f'<rect class="back" width="{w}" height="{h}"/>'
    for i, band in enumerate(picture.bands):
        _, top = frame.at(0, band.top)
        yield (
            f'<rect class="band" x="4" y="{_n(top)}" width="{_n(frame.width - 8)}" '
            f'height="{_n(DOWN * (band.bottom - band.top))}" rx="8" fill="{_BANDS[i % len(_BANDS)]}"/>'
        )
        yield f'<text class="end" x="12" y="{_n(top + 18)}">{_text(_cut(band.text))}</text>'
    for line in picture.lines:
        yield _stroke(frame, line, picture.dots[line.a], picture.dots[line.b])
    for number, dot in enumerate(picture.dots):
        yield from _dot(frame, number, dot)
    for line in picture.lines:
        if line.text:
            _, (x, y) = _curve(frame, line, picture.dots[line.a], picture.dots[line.b])
            yield from _haloed("end", x + 9, y + 4, _cut(line.text), "start")
    for i, note in enumerate(picture.notes):
        yield f'<text class="note" x="12" y="{_n(frame.floor - 6 + 17 * i)}">{_text(_cut(note, 100))}</text>'
    yield "</svg>"


def _curve(frame: _Frame, line: Line, a: Dot, b: Dot) -> tuple[tuple[float, float], tuple[float, float]]:
    """The control point of a bent line, and the point halfway along it."""
    (x, y), (u, v) = frame.at(a.x, a.y), frame.at(b.x, b.y)
    length = max(1e-9, float((u - x) ** 2 + (v - y) ** 2) ** 0.5)
    mx, my, off = (x + u) / 2, (y + v) / 2, 2 * STEP * line.bend
    cx, cy = mx + off * (v - y) / length, my - off * (u - x) / length
    return (cx, cy), ((mx + cx) / 2, (my + cy) / 2)


def _stroke(frame: _Frame, line: Line, a: Dot, b: Dot) -> str:
    (x, y), (u, v) = frame.at(a.x, a.y), frame.at(b.x, b.y)
    mark = f'class="{line.stroke.value}" data-edge="{line.a} {line.b}"'
    if not line.bend:
        return f'<line {mark} x1="{_n(x)}" y1="{_n(y)}" x2="{_n(u)}" y2="{_n(v)}"/>'
    (cx, cy), _ = _curve(frame, line, a, b)
    return f'<path {mark} d="M{_n(x)} {_n(y)}Q{_n(cx)} {_n(cy)} {_n(u)} {_n(v)}"/>'


def _haloed(kind: str, x: float, y: float, text: str, anchor: str) -> Iterator[str]:
    """A text on a pale copy of its outline, so that lines below it do not cross it out."""
    for name, hidden in ((f"{kind} halo", ' aria-hidden="true"'), (kind, "")):
        yield f'<text class="{name}"{hidden} x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{_text(text)}</text>'


def _dot(frame: _Frame, number: int, dot: Dot) -> Iterator[str]:
    x, y = frame.at(dot.x, dot.y)
    text = _cut(dot.text)
    yield f'<g data-dot="{number}"><title>{_text(_cut(dot.title or dot.text, MAX_TITLE))}</title>'
    if dot.shape in (Shape.INPUT, Shape.OUTPUT):
        left = dot.shape == Shape.INPUT
        yield f'<circle class="end-dot" cx="{_n(x)}" cy="{_n(y)}" r="3.5"/>'
        yield (
            f'<text class="end" x="{_n(x - 9 if left else x + 9)}" y="{_n(y + 4)}" '
            f'text-anchor="{"end" if left else "start"}">{_text(text)}</text></g>'
        )
        return
    inside = 0 < len(text) <= MAX_INSIDE and dot.shape != Shape.LINK
    tall = 13.0 if inside else 6.0 if dot.shape == Shape.LINK else 7.5
    wide = max(tall, 3.3 * len(text) + 5) if inside else tall
    corner = 2.0 if dot.shape in (Shape.X, Shape.H) else tall
    yield (
        f'<rect class="{dot.shape.value}" x="{_n(x - wide)}" y="{_n(y - tall)}" width="{_n(2 * wide)}" '
        f'height="{_n(2 * tall)}" rx="{_n(corner)}"/>'
    )
    if inside:
        small = ' class="small"' if len(text) > 2 else ""
        yield f'<text{small} x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle">{_text(text)}</text>'
    elif text:
        yield from _haloed("small", x, y - 13, text, "middle")
    if dot.tag:
        yield from _haloed("tag", x, y + (26 if inside else 20), _cut(dot.tag), "middle")
    yield "</g>"
