"""Layers optimised one by one, all at once or in turn, on the product (uv - s)^2/2.

layerwise((2, 0.25), steps=4)                       # all at once: (4, 0.5), (2, 0.25), for ever
layerwise((2, 0.25), steps=2, at_once=False)        # in turn: solved by the first update
coupling([[4, 2], [2, 1]])                          # 1: as coupled as two blocks can be
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands._door import Numbers, door
from toylands._words import show
from toylands.optimizers.optimizer import check_count


@door
def layerwise(start: Numbers, steps: int, s: float = 1.0, *, at_once: bool = True) -> np.ndarray:
    """Set each of two layers to its own optimum, given the other; all points, shape (steps+1, 2).

    The optimum of u given v is s/v. At once (Jacobi) the product p = uv becomes s^2/p: a cycle of
    two that never converges. In turn (Gauss-Seidel), u first and then v, the first update already
    solves the problem. [Bertsekas and Tsitsiklis 1989]

    Raises:
        ValueError: for a start that is not two finite numbers other than 0, or s = 0.
    """
    steps = check_count("layerwise", "steps", steps, least=0)
    at = np.asarray(start, dtype=float)
    if at.shape != (2,) or not np.isfinite(at).all() or not at.all():
        raise ValueError(f"layerwise: start={show(start)} must be two finite numbers other than 0.")
    if not np.isfinite(s) or s == 0:
        raise ValueError(f"layerwise: s={show(s)} must be a finite number other than 0.")
    path = [at]
    for _ in range(steps):
        u, v = path[-1]
        new_u = s / v
        path.append(np.array([new_u, s / u if at_once else s / new_u]))
    return np.array(path)


@door
def coupling(hessian: Numbers) -> float:
    """H_uv/sqrt(H_uu H_vv) of a 2 by 2 Hessian: the correlation of two layers.

    At most 1 in size where no eigenvalue is negative; 0 for layers that can be optimised independently.
    On the minima of the product uv it is 1 (or -1).
    """
    h = _blocks("coupling", hessian)
    return float(h[0, 1] / np.sqrt(h[0, 0] * h[1, 1]))


@door
def block_rates(hessian: Numbers, *, at_once: bool = True) -> np.ndarray:
    """The eigenvalues of one round of layer-by-layer optimisation of a quadratic, ascending.

    At once: of -D^-1 (H - D) with D the diagonal, plus and minus the `coupling` c. In turn: 0 and
    c^2. An error shrinks when they are below 1 in size. [Bertsekas and Tsitsiklis 1989]
    """
    h = _blocks("block_rates", hessian)
    solved = np.diag(np.diag(h)) if at_once else np.tril(h)
    return np.sort(np.linalg.eigvals(np.linalg.solve(solved, solved - h)).real)


def _blocks(owner: str, hessian: Any) -> np.ndarray:
    h = np.asarray(hessian, dtype=float)
    if h.shape != (2, 2) or not (np.diag(h) > 0).all() or h[0, 1] != h[1, 0]:
        raise ValueError(
            f"{owner}: hessian={show(hessian)} must be a symmetric 2 by 2 matrix with a diagonal "
            "above 0."
        )
    return h
