"""Helpers of the rules: refusing with a clause, and the vectorised questions that several rules ask."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from gossamer.diagnostics import InputError, Span

Long = NDArray[np.int64]

#: The time of an event that does not occur.
NEVER = np.int64(-1)


def fail(code: str, message: str, help: str | None = None, span: Span | None = None) -> NoReturn:
    raise InputError(code, message, help=help, span=span)


def first_true(mask: NDArray[np.bool_]) -> int:
    """Index of the first true entry, or -1."""
    if not mask.size:
        return -1
    i = int(np.argmax(mask))
    return i if bool(mask[i]) else -1


def repeated(values: NDArray[Any]) -> int:
    """Some value that occurs twice, or -1."""
    if values.size < 2:
        return -1
    s = np.sort(values)
    i = first_true(s[1:] == s[:-1])
    return int(s[i]) if i >= 0 else -1


def check_column(
    code: str,
    name: str,
    column: NDArray[Any],
    dtype: type[np.generic],
    shape: tuple[int | None, ...],
    limit: int | None,
) -> None:
    """A column has its type and shape, and its entries are in ``range(limit)``."""
    if not isinstance(column, np.ndarray) or column.dtype != np.dtype(dtype):
        fail(code, f"column '{name}' must be of type {np.dtype(dtype).name}")
    if column.ndim != len(shape) or any(s is not None and s != c for s, c in zip(shape, column.shape, strict=True)):
        want = ", ".join("any" if s is None else str(s) for s in shape)
        fail(code, f"column '{name}' has shape {column.shape}, expected ({want})")
    if limit is not None and column.size and (int(column.min()) < 0 or int(column.max()) >= limit):
        bad = int(column.min()) if int(column.min()) < 0 else int(column.max())
        fail(code, f"column '{name}' holds {bad}, which is not in 0..{limit - 1}")


def contains(sorted_keys: Long, keys: Long) -> NDArray[np.bool_]:
    if not sorted_keys.size:
        return np.zeros(keys.shape, np.bool_)
    at = np.minimum(np.searchsorted(sorted_keys, keys), sorted_keys.size - 1)
    return np.asarray(sorted_keys[at] == keys)
