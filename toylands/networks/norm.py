"""Normalisation of a layer: y = n + b, n = (z - mean)/sigma, sigma^2 = variance + eps."""

from __future__ import annotations

import math

from toylands.formula.compile import i8, inline, peek, peek_long, poke, stage, void
from toylands.networks.description import BATCH_NORM, BIAS, EPS, FIRST, NORM, NUMBERS, UNITS
from toylands.networks.plan import (
    ACT,
    DELTA,
    DOWN,
    INVERSE,
    LD,
    MEAN,
    MEANS,
    NORMALISE,
    NORMED,
    ONES,
    PROJECT,
    REAL,
    SAMPLES,
    SPREAD,
    T_DELTA,
    T_NORMED,
    T_Z,
    THETA,
    TURN,
    call_means,
    dot,
    fill,
    row,
)


@stage(MEANS)
def means(net, plan, left, right, units, u):  # type: ignore[no-untyped-def]
    """Means of left * right (of left alone when right is 0) into the row MEAN.

    Over the samples, for unit u (batch), or over the units, for every sample (layer).
    """
    mean, ld, samples = peek_long(plan, MEAN), peek_long(plan, LD), peek_long(plan, SAMPLES)
    if peek_long(net, NORM) == BATCH_NORM:
        at, real = 8 * ld * u, peek_long(plan, REAL)
        factors = peek_long(plan, ONES) if right == 0 else right + at
        fill(mean, samples, dot(left + at, factors, real) / real)
    elif u == 0:
        fill(mean, samples, 0.0)
        for k in range(units):
            at = 8 * ld * k
            for s in range(samples):
                factor = 1.0 if right == 0 else peek(right + at, s)
                poke(mean, s, peek(mean, s) + peek(left + at, s) * factor)
        for s in range(samples):
            poke(mean, s, peek(mean, s) / units)


@inline(void, *[i8] * 5)
def _centre(net, plan, source, target, units):  # type: ignore[no-untyped-def]
    """A layer's rows minus their means."""
    mean, samples = peek_long(plan, MEAN), peek_long(plan, SAMPLES)
    for u in range(units):
        at = 8 * peek_long(plan, LD) * u
        call_means(net, (net, plan, source, 0, units, u))
        for s in range(samples):
            poke(target + at, s, peek(source + at, s) - peek(mean, s))


@stage(NORMALISE)
def normalise(net, plan, layer):  # type: ignore[no-untyped-def]
    """n and 1/sigma of a layer's rows z, which become y."""
    ld, samples, mean = peek_long(plan, LD), peek_long(plan, SAMPLES), peek_long(plan, MEAN)
    units, first, bias = peek_long(layer, UNITS), peek_long(layer, FIRST), peek_long(layer, BIAS)
    z, normed, inverse = row(plan, ACT, first), row(plan, NORMED, first), row(plan, INVERSE, first)
    spread, eps = peek_long(plan, SPREAD), peek(peek_long(net, NUMBERS), EPS)
    _centre(net, plan, z, normed, units)
    for u in range(units):
        at = 8 * ld * u
        call_means(net, (net, plan, normed, normed, units, u))
        if peek_long(net, NORM) == BATCH_NORM or u == 0:
            for s in range(samples):
                poke(spread, s, 1.0 / math.sqrt(peek(mean, s) + eps))
        for s in range(samples):
            poke(inverse + at, s, peek(spread, s))
    for u in range(units):
        at = 8 * ld * u
        begin = peek(peek_long(plan, THETA), bias + u) if bias >= 0 else 0.0
        for s in range(samples):
            n = peek(normed + at, s) * peek(inverse + at, s)
            poke(normed + at, s, n)
            poke(z + at, s, begin + n)


@stage(PROJECT)
def project(net, plan, layer, from_block, to_block):  # type: ignore[no-untyped-def]
    """(v - mean v - n mean(n v))/sigma: the derivative of n along v, and its own transpose."""
    ld, samples, mean = peek_long(plan, LD), peek_long(plan, SAMPLES), peek_long(plan, MEAN)
    units, first, real = peek_long(layer, UNITS), peek_long(layer, FIRST), peek_long(plan, REAL)
    normed, inverse = row(plan, NORMED, first), row(plan, INVERSE, first)
    source, target = row(plan, from_block, first), row(plan, to_block, first)
    _centre(net, plan, source, target, units)
    for u in range(units):
        at = 8 * ld * u
        call_means(net, (net, plan, source, normed, units, u))
        for s in range(samples):
            inside = peek(target + at, s) - peek(normed + at, s) * peek(mean, s)
            poke(target + at, s, inside * peek(inverse + at, s))
        if peek_long(net, NORM) == BATCH_NORM:  # padding is no part of the batch
            fill(target + at + 8 * real, samples - real, 0.0)


@stage(TURN)
def turn(net, plan, layer):  # type: ignore[no-untyped-def]
    """The rest of the derivative of dL/dz = project(dL/dy) along the direction, for project moves, too.

    It is minus (mean(n z')/sigma) dL/dz, minus (n' mean(n dL/dy) + n mean(n' dL/dy))/sigma.
    """
    ld, mean, real = peek_long(plan, LD), peek_long(plan, MEAN), peek_long(plan, REAL)
    units, first = peek_long(layer, UNITS), peek_long(layer, FIRST)
    normed, inverse = row(plan, NORMED, first), row(plan, INVERSE, first)
    down, delta = row(plan, DOWN, first), row(plan, DELTA, first)
    moved, t_z = row(plan, T_NORMED, first), row(plan, T_Z, first)
    target = row(plan, T_DELTA, first)
    for term in range(3):
        left = normed if term < 2 else moved
        right = t_z if term == 0 else down
        factor = delta if term == 0 else moved if term == 1 else normed
        for u in range(units):
            at = 8 * ld * u
            call_means(net, (net, plan, left, right, units, u))
            for s in range(real):
                change = peek(mean, s) * peek(factor + at, s) * peek(inverse + at, s)
                poke(target + at, s, peek(target + at, s) - change)
