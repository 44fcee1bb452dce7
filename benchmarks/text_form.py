"""Seconds and characters of the two forms of a diagram, and of its digest.

    python benchmarks/text_form.py [--lines N]

The diagram is a chain of spiders with some conditions: half of the lines of its text are vertices and half are edges. What is promised
is that 100 000 lines of the text form parse in less than 10 s on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gossamer.ir.canonical import digest
from gossamer.ir.compact import parse_compact, print_compact
from gossamer.ir.diagram import Diagram
from gossamer.ir.phase import BitExpr, Phase
from gossamer.ir.text import parse_text, print_text
from gossamer.ir.wires import WireBuilder


def chain(lines: int) -> Diagram:
    w = WireBuilder()
    q = w.add_input("q")
    known = 0
    while len(w.builder.kinds) < lines // 2 - 2:
        i = len(w.builder.kinds)
        if i % 100 == 50:
            known = w.measure(q, keep=True)
        elif i % 10 == 7 and known:
            w.rx(q, Phase(Fraction(1, 4)).times(BitExpr.bit(known)))
        else:
            w.h(q)
            w.rz(q, Phase(Fraction(1 + i % 7, 4)))
    w.output(q, "q")
    return w.build()


def timed(what: str, act: Callable[[], Any]) -> Any:
    start = time.process_time()
    out = act()
    size = f"{len(out):>12,} characters" if isinstance(out, str) else ""
    print(f"{what:<16}{time.process_time() - start:8.3f} s {size}")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=100_000)
    diagram = chain(parser.parse_args().lines)
    text = timed("print .gsm", lambda: print_text(diagram))
    same = timed("parse .gsm", lambda: parse_text(text)) == diagram
    compact = timed("print .gsmj", lambda: print_compact(diagram))
    same = same and timed("parse .gsmj", lambda: parse_compact(compact)) == diagram
    timed("digest", lambda: digest(diagram))
    print(f"{text.count(chr(10)):,} lines; both come back: {same}")


if __name__ == "__main__":
    main()
