"""Goals that move: landscapes made for `time_varying=`, to see what a velocity does that is out of date.

    up = {"slope": [-1.0] * 100 + [1.0] * 60}
    tl.descend(tl.landscapes.landslide_1d, tl.momentum(0.1), steps=160, time_varying=up).path[-60:]
    change = {"goal": lambda t: 8 if t < 16 else -8}
    tl.descend(tl.landscapes.moved_goal, tl.momentum(0.1), time_varying=change)

In the explorer, moving the dial of the goal during a run does the same.
"""

from __future__ import annotations

from toylands.formula import dial, landscape, minimum, sqrt


@landscape(
    view=((-10, 10),),
    start=(0.0,),
    source="elementary; O'Donoghue and Candes 2015 for the restart",
    tags=("time_varying", "momentum", "linear", "unbounded"),
    lesson=9,
    levels="linear",
    critical=[],
    slope=dial(-1.0, -2, 2, label="slope of the ground"),
)
def landslide_1d(x, *, slope):
    """A slope that can be turned over: it falls to the right for slope < 0, to the left above.

    Run momentum down it until the accumulated gradient b has saturated at slope/(1 - beta), then
    change the sign: for floor(ln 2/ln(1/beta)) steps b still points the old way and the loss rises,
    with a large beta for a long distance. The conflict is <b, g> < 0; resetting b makes the very
    next step right.
    """
    return slope * x


@landscape(
    view=((-10, 10), (-3, 3)),
    start=(-9.0, 2.0),
    source="elementary; O'Donoghue and Candes 2015 for the restart",
    tags=("time_varying", "momentum", "convex"),
    lesson=9,
    levels="linear",
    critical=lambda goal: [minimum((goal, 0), 0.0)],
    goal=dial(8.0, -8, 8, label="where the goal is"),
)
def moved_goal(x, y, *, goal):
    """A valley with a goal that can be moved along it; far from the goal its floor has slope 1.

    When the goal jumps behind a walker with momentum, the velocity it has gathered carries it on,
    away from the goal, until it is used up. Near the goal a healthy ball rings and its velocity
    conflicts with the gradient half of the time, so one step of conflict does not show that the goal
    has moved; a long run of them does.
    """
    return sqrt(1 + (x - goal) ** 2) - 1 + y**2 / 2
