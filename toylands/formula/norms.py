"""Lengths of vectors whose squares do not fit into a 64-bit number."""

from __future__ import annotations

import numpy as np


def norm(vectors: np.ndarray) -> np.ndarray:
    """The Euclidean length over the last axis, shape (...), from 1e-308 to 1e308; NaN for NaN."""
    vectors = np.asarray(vectors, dtype=float)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        plain = np.linalg.norm(vectors, axis=-1)
        odd = (plain < 1e-145) | (plain > 1e150)
        if not np.any(odd):
            return np.asarray(plain)
        largest = np.abs(vectors).max(axis=-1, initial=0.0)
        safe = np.where((largest > 0) & (largest < np.inf), largest, 1.0)
        scaled = safe * np.linalg.norm(vectors / safe[..., None], axis=-1)
        return np.asarray(np.where(odd, np.where(largest == safe, scaled, largest), plain))
