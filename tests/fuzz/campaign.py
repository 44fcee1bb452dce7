"""Fuzz one reader, guided by coverage: ``python -m tests.fuzz.campaign NAME -atheris_runs=N [options of libFuzzer]``.

A finding does not end the campaign: the input and the traceback are kept, one for each place in the code that failed.
"""

from __future__ import annotations

import faulthandler
import hashlib
import random
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

#: Where findings are kept.
FINDINGS = Path("out/fuzz")


def main(name: str, options: list[str]) -> None:
    import atheris

    instrumented = [
        f"gossamer.{part}" for part in ("frontends", "formats", "ir", "pipeline", "diagnostics")
    ]  # nothing that numba compiles
    with atheris.instrument_imports(
        include=instrumented,
        exclude=["gossamer.ir.dense_kernels", "gossamer.passes.placement_kernels", "gossamer.runtime"],
    ):
        from tests.fuzz import targets as kit

        kit.shrink_limits()
        seeds = kit.targets()[name].all_seeds()
        for text in seeds:  # imports, tables and parsers are made before bounds hold
            with suppress(Exception):  # it comes again
                kit.check(name, text)

    from tests.fuzz.guard import Guard, OutOfBounds, limit_memory

    guard = Guard(kit.folder())
    limit_memory()
    counts: Counter[str] = Counter()
    found: dict[str, int] = {}
    begin = last = time.time()

    def one(data: bytes) -> None:
        nonlocal last
        text = data.decode("utf-8", "replace")
        try:
            with guard.holding():
                outcome = kit.check(name, text)
        except (Exception, OutOfBounds) as error:
            outcome = "finding"
            keep(data, error)
        counts[outcome] += 1
        if time.time() - last > 60:
            last = time.time()
            print(summary(), flush=True)

    def keep(data: bytes, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if "/gossamer/" in f.filename]
        where = (
            "hang"
            if isinstance(error, OutOfBounds)
            else f"{ours[-1].filename}:{ours[-1].lineno}"
            if ours
            else "targets"
        )
        key = hashlib.sha256(
            f"{type(error).__name__} {where} {str(error)[:20] if not ours else ''}".encode()
        ).hexdigest()[:10]
        found[key] = found.get(key, 0) + 1
        if found[key] <= 3:
            FINDINGS.mkdir(parents=True, exist_ok=True)
            stem = FINDINGS / f"{name}-{key}-{found[key]}"
            stem.with_suffix(".input").write_bytes(data)
            stem.with_suffix(".txt").write_text(
                "".join(traceback.format_exception(error)[-12:]), encoding="utf-8", errors="replace"
            )

    def summary() -> str:
        total = sum(counts.values())
        read, findings = counts["read"], counts["finding"]
        return f"{name}: {total} inputs in {time.time() - begin:.0f} s ({time.process_time():.0f} s of CPU), {read} read, {total - read - findings} refused ({len(counts) - 1} codes), {findings} findings at {len(found)} places"

    def mutator(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        return kit.changed(name, data, rng, lambda d: atheris.Mutate(d, max_size))[:max_size]

    def crossover(a: bytes, b: bytes, max_size: int, seed: int) -> bytes:
        from tests.fuzz.mutate import cross

        rng = random.Random(seed)
        return cross(a.decode("utf-8", "replace"), b.decode("utf-8", "replace"), rng).encode("utf-8", "replace")[
            :max_size
        ]

    corpus = Path(mkdtemp(prefix="gossamer-fuzz-seeds-"))
    for i, text in enumerate(seeds):
        (corpus / f"{i:04}").write_bytes(text.encode("utf-8", "surrogateescape"))
    import atexit

    atexit.register(lambda: print("done:", summary(), dict(sorted(counts.items())), flush=True))
    faulthandler.disable()
    FINDINGS.mkdir(parents=True, exist_ok=True)
    libfuzzer = [
        f"-max_len={kit.MAX_LENGTH}",
        "-len_control=0",
        "-timeout=600",
        "-rss_limit_mb=3000",
        "-print_final_stats=1",
        "-verbosity=0",
        f"-artifact_prefix={FINDINGS}/{name}-",
    ]
    atheris.Setup(
        [sys.argv[0], *libfuzzer, *options, str(corpus)], one, custom_mutator=mutator, custom_crossover=crossover
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
