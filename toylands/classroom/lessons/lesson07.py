"""Exercises of lesson 7: too many parameters."""

from __future__ import annotations

import math

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


@exercise("7.1", "Where gradient descent ends")
def end_of_gradient_descent(mine: Personal) -> Task:
    """The end of gradient descent on a line of solutions, from a start that is not the origin."""
    p, q = mine.pick([1.5, 1.7, 1.9]), mine.pick([2.8, 3.3, 3.8])
    y = mine.between(4.3, 5.9, 0.2)
    a, b = mine.between(-0.75, -0.35, 0.1), mine.between(-0.7, -0.3, 0.1)
    r, size = y - p * a - q * b, p * p + q * q
    t = r / size
    along = r / (p + q)
    return Task(
        f"Gradient descent starts at a = {a:g}, b = {b:g} and fits {p:g} a + {q:g} b = {y:g} with a "
        "small rate. Give a and b at the end, a first.",
        given={"land": landscapes.get("one_equation")(p=p, q=q, y=y), "start": (a, b)},
        answer=(a + t * p, b + t * q),
        rtol=2e-3,
        wrong=[
            ((p * y / size, q * y / size), "that is the end from the origin; your walk starts "
             "elsewhere"),
            ((a + along, b + along), "that is Adam's end: it makes equal steps in both weights, "
             "gradient descent does not"),
            ((y / (p + q), y / (p + q)), "that is Adam's end from the origin; asked is gradient "
             "descent from your start"),
            ((a + r / p, b), "only a has moved; every step changes both weights, in a fixed ratio"),
            ((a, b + r / q), "only b has moved; every step changes both weights, in a fixed ratio"),
            ((a + r * p, b + r * q), "the direction is right, but this is far beyond the line; divide "
             "by the squared length of the direction"),
            ((a + r * p / math.sqrt(size), b + r * q / math.sqrt(size)), "the direction is right; "
             "divide by its squared length, not by its length"),
            ((a - t * p, b - t * q), "the walk goes towards the line, not away from it: a sign"),
            ((a + p * y / size, b + q * y / size), "what is missing at the start is not y: the start "
             "has a value already"),
            ((a + t * q, b + t * p), "the step in a is in proportion to the factor of a"),
            ((a - t * q, b + t * p), "that moves along the line of solutions; a step goes across it"),
            ((a + t * p / 2, b + t * q / 2), "that is half of the way; the loss there is not 0"),
            ((a + 2 * t * p, b + 2 * t * q), "that is twice the way: beyond the line"),
            ((a + 0.03 * r * p, b + 0.03 * r * q), "that is one step with rate 0.03; asked is where "
             "the walk ends"),
            ((a, b), "that is the start; its loss is not 0"),
            ((t * p, t * q), "that is the way; add it to the start"),
            ((0.6, 0.8), "that is the end in the lesson; your equation and start are others"),
        ],
        praise="the nearest solution: the way is at a right angle to the line",
    )  # fmt: skip


@exercise("7.2", "Where Adam ends")
def end_of_adam(mine: Personal) -> Task:
    """The first weight at the end of Adam, from the origin."""
    p, q = mine.pick([1.4, 2.3, 2.6]), mine.pick([3.2, 3.7, 4.3])
    y = mine.between(5.1, 5.9, 0.1)
    size = p * p + q * q
    return Task(
        f"Adam starts at (0, 0) and fits {p:g} a + {q:g} b = {y:g} until the loss is 0. What is a at "
        "the end?",
        given={"land": landscapes.get("one_equation")(p=p, q=q, y=y)},
        answer=y / (p + q),
        rtol=2e-3,
        wrong=[
            (p * y / size, "that is a at the end of gradient descent, the solution of least norm; "
             "Adam takes another direction"),
            (q * y / size, "that is b at the end of gradient descent; asked is a, and for Adam"),
            (y / math.sqrt(size), "that is the length of the shortest solution, where gradient "
             "descent ends"),
            (math.sqrt(2) * y / (p + q), "that is the length of both weights together; asked is a"),
            (y / p, "then a does all the work alone; but Adam moves both weights"),
            (y / q, "then b would do all the work alone; but Adam moves both weights"),
            (y / 2, "the sum of both weights is not y: each counts with its factor"),
            (y / (2 * p), "you let each weight do half of the work; but the steps are equal, not the "
             "work"),
            (y / (2 * q), "that is b if each weight does half of the work; but the steps are equal, "
             "not the work"),
            (p * y / (p + q), "that is the part of y that a contributes; divide by its factor"),
            (q * y / (p + q), "that is the part of y that b contributes; asked is a itself"),
            (y / (p * q), "the factors add, they do not multiply"),
            (y / size, "the squares belong to gradient descent; Adam sees the signs only"),
            ((y / p + y / q) / 2, "that is a mean of two solutions that use one weight; which point "
             "of the line has equal weights?"),
            (y * (p + q) / size, "nearly the formula of gradient descent; put a = b into the equation"),
            (2 * y / (p + q), "that is the sum of both weights; asked is a"),
            (5 / 7, "that is Adam's end in the lesson; your equation is another"),
            (0.6, "that is the end of gradient descent in the lesson; asked is Adam, and your equation"),
        ],
        praise="equal steps in both weights, so equal weights",
    )  # fmt: skip


@exercise("7.3", "How lazy")
def growth_of_the_kernel(mine: Personal) -> Task:
    """By which factor the tangent kernel of a network of finite width grows."""
    m, y = mine.pick([12, 14, 16, 18, 22]), mine.pick([1.7, 2.3, 2.6, 2.9, 3.1])
    share = y * y / m
    return Task(
        f"A network as in section 4, of width m = {m}, starts at f = 0 and learns the target {y:g}. By "
        "which factor has its tangent kernel grown at the end? (Four decimals.)",
        given={"land": landscapes.get("lazy_network")(m=m, y=y), "m": m, "target": y},
        answer=math.sqrt(1 + share),
        rtol=1e-4,
        wrong=[
            (2 * math.sqrt(1 + share), "that is the kernel at the end; divide by the kernel at the "
             "start"),
            (math.sqrt(1 + share) - 1, "that is by how much of its size it has grown; asked is the "
             "factor"),
            (1 + share, "the root is missing"),
            (math.sqrt(1 + y / m), "the output counts squared"),
            (math.sqrt(1 + share / m), "the width counts once, not squared"),
            (math.sqrt(1 + y * y / math.sqrt(m)), "under this root stands m itself, not its root"),
            (math.sqrt(1 + 4 / m), "that is for the target 2, as in the lesson"),
            (math.sqrt(1 + y * y / 100), "that is for the width 100, as in the lesson"),
            (1.0, "that is the limit of infinite width; yours is finite"),
            (1 + share / 2, "that is the first term of an approximation; take the root itself"),
            (math.sqrt(share), "the 1 under the root is missing"),
            (1 / math.sqrt(1 + share), "the other way round: the end over the start"),
            (math.sqrt(1 + m / (y * y)), "y squared over m, not m over y squared"),
            (math.sqrt(1 + share / 4), "that is when half of the target is reached; asked is the end"),
            (math.sqrt(1 + 2 * share), "there is no 2 under the root"),
            (math.sqrt(1 - share), "plus under the root: the kernel grows"),
            (y / math.sqrt(2), "that is how far the weights move in the limit of infinite width"),
            (1 / math.sqrt(m), "that is the curvature of the output; asked is the growth of the kernel"),
        ],
        praise="the wider, the less the kernel changes",
    )  # fmt: skip
