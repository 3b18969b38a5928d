"""Exercises of lesson 2: curvature, sharp and flat."""

from __future__ import annotations

import numpy as np

from toylands import landscapes
from toylands.classroom.exercises import Task, exercise
from toylands.classroom.identity import Personal


@exercise("2.1", "Curvature along a direction")
def curvature_along(mine: Personal) -> Task:
    """The quadratic form of the Hessian, on a rotated bowl."""
    steep, angle = mine.between(6, 15, 1), mine.between(15, 35, 5)
    # The direction is never at twice the angle: the x axis would do, too.
    heading = angle + mine.pick([28.0, 37.0, 43.0])
    land = landscapes.get("rotated_bowl")(a=steep, b=1, angle=angle)
    hessian = land.hessian((0.0, 0.0))
    c, s = np.cos(np.radians(heading)), np.sin(np.radians(heading))
    d, across = np.array([c, s]), np.array([-s, c])
    in_radians = np.array([np.cos(heading), np.sin(heading)])
    return Task(
        "What is the curvature of this bowl along the direction that makes an angle of "
        f"{heading:g} degrees with the x axis?",
        given={"land": land, "degrees": heading},
        answer=d @ hessian @ d,
        rtol=2e-3,
        wrong=[
            (steep, "that is the largest curvature; your direction is not the steepest one"),
            (1.0, "that is the smallest curvature"),
            (across @ hessian @ across, "that is the curvature across your direction"),
            (np.linalg.norm(hessian @ d), "that is the length of H @ d; multiply by d once more: "
             "d @ H @ d"),
            (steep * c**2 + s**2, "that would be a bowl along the axes; this one is turned"),
            (hessian[0, 0], "that is the curvature along the x axis"),
            (hessian[1, 1], "that is the curvature along the y axis"),
            (2 * (d @ hessian @ d), "a factor 2 too much: d @ H @ d is the curvature already"),
            (d @ hessian @ d / 2, "that is the factor of s² in the loss: half of it"),
            (in_radians @ hessian @ in_radians, "np.cos and np.sin take radians: use "
             "np.radians(degrees)"),
        ],
        praise="every direction has its number, and the Hessian holds them all",
    )  # fmt: skip


@exercise("2.2", "What a shake costs")
def shake(mine: Personal) -> Task:
    """Half the trace of Hessian times covariance, for noise that leans."""
    land = landscapes.get("rotated_bowl")(a=mine.between(6, 15, 1), b=1, angle=mine.pick([30, 60]))
    along, across = mine.between(0.02, 0.06, 0.01), mine.between(0.07, 0.12, 0.01)
    covariance = np.array([[along, 0.03], [0.03, across]])
    hessian, hessian_top = land.hessian((0.0, 0.0)), land.spectrum((0.0, 0.0)).eigenvalues[-1]
    return Task(
        "At the bottom of this bowl the parameters are shaken by noise with mean 0 and covariance "
        "C. By how much does the loss rise on average?",
        given={"land": land, "C": covariance},
        answer=np.trace(hessian @ covariance) / 2,
        rtol=2e-3,
        wrong=[
            (np.trace(hessian @ covariance), "a factor 1/2 is missing"),
            (np.diag(hessian) @ np.diag(covariance) / 2, "that uses the diagonals only, or * in "
             "place of @; the entries off the diagonal count too"),
            (np.trace(hessian) * np.trace(covariance) / 4, "that holds for noise that is equally "
             "strong in all directions; this one is not"),
            (np.trace(hessian) * np.trace(covariance) / 2, "multiply the matrices first, H @ C, and "
             "take the trace of the product"),
            (np.trace(hessian) / 2, "the strength of the noise is missing"),
            (np.trace(hessian @ covariance @ covariance) / 2, "C holds squares already, as sigma² "
             "does: do not square it again"),
            (hessian_top * np.trace(covariance) / 2, "the largest eigenvalue is for the worst "
             "shake; the average asks for the trace of H @ C"),
            (np.linalg.det(hessian @ covariance) / 2, "that is a determinant; the average needs "
             "the trace"),
        ],
        praise="exact, because the bowl is quadratic; the noise need not even be Gaussian",
    )  # fmt: skip


@exercise("2.3", "When the flat well wins")
def equal_depth(mine: Personal) -> Task:
    """The noise at which a sharp deep well and a flat shallow one are equally deep."""
    a1, s1 = mine.between(1.1, 1.5, 0.05), mine.between(0.2, 0.35, 0.01)
    s2 = mine.between(0.6, 0.9, 0.02)
    land = landscapes.get("gaussian_wells")(a1=a1, s1=s1, a2=1, s2=s2)
    square = s1**2 * s2**2 * (a1 - 1) / (s2**2 - a1 * s1**2)
    return Task(
        f"Your sharp well has depth {a1:g} and width {s1:g}, your flat one depth 1 and width "
        f"{s2:g}. Noise of size sigma leaves of each depth the fraction s²/(s² + sigma²). At which "
        "sigma are the two wells, each taken alone, equally deep?",
        given={"land": land, "a1": a1, "s1": s1, "a2": 1.0, "s2": s2},
        answer=np.sqrt(square),
        rtol=1e-3,
        wrong=[
            (square, "that is sigma²; take the root"),
            (s1 * s2 * (a1 - 1) / (s2 - a1 * s1), "the widths enter squared"),
            (np.sqrt(s1 * s2 * (a1 - 1) / (s2 - a1 * s1)), "the widths enter squared"),
            (s1 * s2 * np.sqrt((a1 - 1) / (s2**2 - s1**2)), "nearly: multiply out once more, and "
             "keep each depth with its width"),
            (s1, "there the sharp well has lost half its depth, which is too much already"),
        ],
        praise="beyond it the flat well is deeper, although it was shallower",
    )  # fmt: skip


@exercise("2.4", "The gentle side")
def gentle_side(mine: Personal) -> Task:
    """Where the average of two shifted valleys is lowest."""
    s = mine.between(0.5, 2, 0.05)
    land = landscapes.get("asymmetric_valley_1d")
    return Task(
        "You choose a point x of the valley exp(x) - x - 1. Then the valley is shifted by "
        f"{s:g}, to the right or to the left with equal odds. Which x has the lowest expected "
        "loss?",
        given={"land": land, "shift": s},
        answer=-np.log(np.cosh(s)),
        rtol=2e-3,
        wrong=[
            (np.log(np.cosh(s)), "the size is right, but that is the steep side"),
            (0.0, "that is the bottom without a shift"),
            (-s, "that suits only one of the two shifts"),
            (s, "that suits only one of the two shifts, and it lies on the steep side"),
            (-np.cosh(s), "nearly: exp(x) times cosh(shift) has to be 1, so take a logarithm"),
            (-np.log10(np.cosh(s)), "the right idea, but take the natural logarithm"),
            (-(s**2) / 2, "that is the first term of a series; look for the exact value"),
        ],
        praise="the steep wall costs more than the gentle one, so you keep away from it",
    )  # fmt: skip
