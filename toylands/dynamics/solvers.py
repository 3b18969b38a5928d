"""Steps from the exact Hessian: H^-1 g for Newton, |H|^-1 g for its saddle-free form.

Small dense problems, one per walker of a block. Where H is singular the result is not finite, and the
run reports it as divergence.
"""

from __future__ import annotations

import math

import numba

from toylands.formula.compile import PRECONDITION, f8, i8, inline, stage, void


@inline(void, f8[::1], f8[::1], i8)
def _eliminate(a, b, d):  # type: ignore[no-untyped-def]
    """Solve a x = b in place (Gaussian elimination with partial pivoting); a is d x d, flat."""
    for column in range(d):
        pivot = column
        for row in range(column + 1, d):
            if abs(a[row * d + column]) > abs(a[pivot * d + column]):
                pivot = row
        if pivot != column:
            for k in range(d):
                swap = a[column * d + k]
                a[column * d + k] = a[pivot * d + k]
                a[pivot * d + k] = swap
            swap = b[column]
            b[column] = b[pivot]
            b[pivot] = swap
        for row in range(column + 1, d):
            factor = a[row * d + column] / a[column * d + column]
            for k in range(column, d):
                a[row * d + k] -= factor * a[column * d + k]
            b[row] -= factor * b[column]
    for row in range(d - 1, -1, -1):
        total = b[row]
        for k in range(row + 1, d):
            total -= a[row * d + k] * b[k]
        b[row] = total / a[row * d + row]


@inline(void, f8[::1], f8[::1], i8)
def _rotate(a, v, d):  # type: ignore[no-untyped-def]
    """Diagonalise symmetric a in place by Jacobi rotations; v collects the eigenvectors (columns).

    [Golub and Van Loan, Matrix Computations, section 8.5]
    """
    for i in range(d):
        for j in range(d):
            v[i * d + j] = 1.0 if i == j else 0.0
    for _ in range(60):
        off, size = 0.0, 0.0
        for i in range(d):
            size += a[i * d + i] ** 2
            for j in range(i + 1, d):
                off += a[i * d + j] ** 2
        if not off > 1e-34 * size:
            break
        for p in range(d - 1):
            for q in range(p + 1, d):
                apq = a[p * d + q]
                if apq == 0.0:
                    continue
                tau = (a[q * d + q] - a[p * d + p]) / (2.0 * apq)
                t = (1.0 if tau >= 0 else -1.0) / (abs(tau) + math.sqrt(1.0 + tau * tau))
                c = 1.0 / math.sqrt(1.0 + t * t)
                s = t * c
                for k in range(d):
                    left, right = a[k * d + p], a[k * d + q]
                    a[k * d + p] = c * left - s * right
                    a[k * d + q] = s * left + c * right
                for k in range(d):
                    left, right = a[p * d + k], a[q * d + k]
                    a[p * d + k] = c * left - s * right
                    a[q * d + k] = s * left + c * right
                    left, right = v[k * d + p], v[k * d + q]
                    v[k * d + p] = c * left - s * right
                    v[k * d + q] = s * left + c * right


@stage(PRECONDITION)
def newton_step(n, ld, d, hessian, g, damping, scratch):  # type: ignore[no-untyped-def]
    """g <- (H + damping I)^-1 g for every walker of a block."""
    a = numba.carray(scratch, d * d + d)
    h = numba.carray(hessian, d * d * ld)
    gradient = numba.carray(g, d * ld)
    shift = numba.carray(damping, n)
    for i in range(n):
        for k in range(d * d):
            a[k] = h[k * ld + i]
        for j in range(d):
            a[j * d + j] += shift[i]
            a[d * d + j] = gradient[j * ld + i]
        _eliminate(a, a[d * d :], d)
        for j in range(d):
            gradient[j * ld + i] = a[d * d + j]


@stage(PRECONDITION)
def saddle_free_step(n, ld, d, hessian, g, damping, scratch):  # type: ignore[no-untyped-def]
    """g <- V (|Lambda| + damping)^-1 V^T g for every walker of a block."""
    a = numba.carray(scratch, 2 * d * d)
    h = numba.carray(hessian, d * d * ld)
    gradient = numba.carray(g, d * ld)
    shift = numba.carray(damping, n)
    v = a[d * d :]
    for i in range(n):
        for k in range(d * d):
            a[k] = h[k * ld + i]
        _rotate(a, v, d)
        for j in range(d):
            along = 0.0
            for k in range(d):
                along += v[k * d + j] * gradient[k * ld + i]
            # The off-diagonal part of a is no longer needed: keep the scaled components there.
            a[j * d + j] = along / (abs(a[j * d + j]) + shift[i])
        for j in range(d):
            total = 0.0
            for k in range(d):
                total += v[j * d + k] * a[k * d + k]
            gradient[j * ld + i] = total
