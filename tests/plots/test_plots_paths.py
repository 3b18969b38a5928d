"""Trails on the map: data, looks, starts and ends, divergence, ensembles, averages, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import toylands as tl
from toylands.plots import contour, paths, style
from toylands.plots.exits import Labels
from toylands.plots.terrain import terrain
from toylands.plots.trails import as_runs, cut, marks_every, trail, window_of
from toylands.plots.words import notes_of

L = tl.landscapes
Find = Callable[[Any, str], list[Any]]


def test_a_trail_is_the_path_of_the_run(race: Any, by_gid: Find, data: Any) -> None:
    ax = paths(race)
    trails = by_gid(ax, "trail")
    assert len(trails) == 4
    for line, run in zip(trails[:3], race, strict=False):
        assert data(line) == pytest.approx(run.path)


def test_trails_have_the_looks_of_their_optimizers(race: Any, by_gid: Find) -> None:
    ax = paths(race)
    looks = style.styles(run.optimizer for run in race)
    assert [line.get_color() for line in by_gid(ax, "trail")] == [s.color for s in looks]
    assert [line.get_color() for line in by_gid(ax, "trail outline")] == [s.outline for s in looks]
    ends = by_gid(ax, "end")
    assert [end.get_marker() for end in ends] == ["o", "s", "D"]
    for line, below in zip(by_gid(ax, "trail"), by_gid(ax, "trail outline"), strict=True):
        assert below.get_linewidth() > line.get_linewidth() + 1
        assert below.get_zorder() < line.get_zorder()


def test_dashes_are_drawn(by_gid: Find) -> None:
    runs = tl.race(L.rosenbrock, [tl.gd(0.001), tl.adamw(0.01)], steps=5)
    ax = paths(runs)
    plain, dashed = by_gid(ax, "trail")
    assert plain.get_linestyle() == "-"
    assert dashed.get_linestyle() == "--"
    on, off = style.style_of("adamw").dash
    scaled = np.array(dashed._dash_pattern[1]) / dashed.get_linewidth()
    assert scaled == pytest.approx([on, off])


def test_ends_show_whether_the_run_converged(finished: Any, by_gid: Find) -> None:
    from matplotlib.colors import to_hex

    running = tl.descend(finished.landscape, tl.adam(0.01), start=(1.0, -0.5), steps=5)
    filled, hollow = by_gid(paths([finished, running]), "end")
    assert to_hex(filled.get_markerfacecolor()).upper() == style.style_of("gd").color
    assert to_hex(hollow.get_markerfacecolor()).upper() == "#FFFFFF"
    assert to_hex(hollow.get_markeredgecolor()).upper() == style.style_of("adam").color
    assert np.column_stack(filled.get_data())[0] == pytest.approx(finished.end)


def test_the_start_is_marked(race: Any, by_gid: Find, data: Any) -> None:
    for mark in by_gid(paths(race), "start"):
        assert data(mark)[0] == pytest.approx(L.rosenbrock.start)


def test_the_legend_names_the_run_and_its_end(race: Any, texts: Any) -> None:
    found = texts(paths(race).figure)
    step = race[3].status.step
    assert found[:4] == [
        "gd(lr=0.001)\nrunning",
        "momentum(lr=0.0008)\nrunning",
        "adam(lr=0.05)\nrunning",
        f"gd(lr=0.01)\ndiverged at step {step}",
    ]
    assert found[4:] == ["start", "minimum"]


def test_many_runs_get_a_short_legend(texts: Any) -> None:
    runs = tl.race(L.rosenbrock, [tl.gd(0.0001 * (n + 1)) for n in range(9)], steps=3)
    assert texts(paths(runs).figure)[0] == "gd(lr=0.0001): running"


def test_the_picture_says_what_is_held_equal(race: Any) -> None:
    note = notes_of(paths(race))
    assert "a = 1, b = 100" in note
    assert "60 steps each, 1 gradient evaluation a step, start (−1.2, 1)" in note
    assert "each with its own lr, exact gradients, a mark every 5 steps" in note


def test_marks_are_a_fixed_number_of_steps_apart(race: Any, by_gid: Find, data: Any) -> None:
    run = race[0]
    (marks,) = by_gid(paths(run, marks=20), "marks")
    assert data(marks) == pytest.approx(run.path[::20])
    assert by_gid(paths(run, marks=0), "marks") == []
    assert "mark" not in notes_of(paths(run, marks=0))


def test_marks_of_a_thinned_run_count_steps(by_gid: Find, data: Any) -> None:
    run = tl.descend(L.rosenbrock, tl.gd(0.001), steps=60, every=5)
    (marks,) = by_gid(paths(run, marks=10), "marks")
    assert data(marks) == pytest.approx(run.path[::2])
    assert "a mark every 10 steps" in notes_of(paths(run, marks=10))
    with pytest.raises(ValueError, match=r"marks=7: expected .* multiple of the run's every=5"):
        paths(run, marks=7)


@pytest.mark.parametrize(
    ("points", "every"), [(2, 1), (30, 1), (31, 2), (61, 5), (151, 10), (301, 20), (10**6, 50000)]
)
def test_marks_follow_one_two_five(points: int, every: int) -> None:
    class Run:
        path = np.zeros((points, 2))

    assert marks_every([Run()]) == every
    assert points <= 30 * every


# -------------------------------------------------------------------------------- divergence


def test_a_diverged_run_leaves_with_an_arrow_and_its_step(race: Any, by_gid: Find) -> None:
    ax = paths(race)
    (arrow,) = by_gid(ax, "exit arrow")
    (label,) = by_gid(ax, "exit label")
    assert label.get_text() == f"diverged, step {race[3].status.step}"
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    x, y = arrow.xy
    on_frame = [np.isclose(x, x0), np.isclose(x, x1), np.isclose(y, y0), np.isclose(y, y1)]
    assert any(on_frame)
    assert x0 <= x <= x1
    assert y0 <= y <= y1
    # The arrow points along the step on which the run leaves.
    path = race[3].path
    inside = [(x0 <= p[0] <= x1) and (y0 <= p[1] <= y1) for p in path]
    last = max(n for n, is_in in enumerate(inside) if is_in)
    step = path[last + 1] - path[last]
    shown = np.array(arrow.xy) - path[last]
    assert np.cross([*shown, 0], [*step, 0])[2] == pytest.approx(0, abs=1e-9 * np.abs(step).max())
    assert shown @ step > 0


def test_nothing_of_a_diverged_run_is_drawn_outside(race: Any, by_gid: Find, data: Any) -> None:
    ax = paths(race)
    line = data(by_gid(ax, "trail")[3])
    assert np.abs(race[3].path).max() > 1e3
    assert line[:, 0].min() >= ax.get_xlim()[0] - 1e-9
    assert line[:, 0].max() <= ax.get_xlim()[1] + 1e-9
    assert (by_gid(ax, "end")[-1].get_marker()) != "o" or len(by_gid(ax, "end")) == 3


def test_a_diverged_run_does_not_widen_the_window(race: Any) -> None:
    assert window_of(list(race), L.rosenbrock, (0, 1)) == L.rosenbrock.view


def test_a_finite_run_that_ends_outside_says_so(by_gid: Find) -> None:
    run = tl.descend(L.rosenbrock, tl.momentum(0.0008), steps=60)
    ax = paths(run, view=((-1.5, -0.9), (0.9, 1.3)))
    assert not (-1.5 <= run.end[0] <= -0.9)
    (label,) = by_gid(ax, "exit label")
    assert label.get_text() == "outside at step 60, running"
    assert by_gid(ax, "end") == []


def test_a_run_that_leaves_the_domain_inside_the_frame_gets_its_arrow(by_gid: Find) -> None:
    land = tl.landscape("sqrt(x) + y**2", view=((-1, 2), (-1, 1)))
    run = tl.descend(land, tl.gd(1.0), start=(0.5, 0.5), steps=20)
    assert str(run.status) == "left the domain at step 1"
    assert [t.get_text() for t in by_gid(paths(run), "exit label")] == ["left the domain, step 1"]


def test_the_window_grows_to_hold_finite_runs_but_only_so_far() -> None:
    land = tl.landscape("x**2 + y**2", view=((-1, 1), (-1, 1)))
    near = tl.descend(land, tl.gd(0.1), start=(1.4, 0.0), steps=3)
    far = tl.descend(land, tl.gd(0.1), start=(9.0, 0.0), steps=3)
    (x0, x1), y = window_of([near], land, (0, 1))
    assert (x0, y) == (-1, (-1, 1))
    assert 1.4 < x1 < 1.5
    assert window_of([far], land, (0, 1))[0] == (-1, 2)


BOX = np.array([[0.0, 1.0], [0.0, 1.0]])


def test_cutting_keeps_a_path_that_stays() -> None:
    path = np.array([[0.1, 0.1], [0.5, 0.9], [1.0, 0.0]])
    shown, leaves = cut(path, BOX)
    assert shown.tolist() == path.tolist()
    assert not leaves


def test_cutting_ends_on_the_wall() -> None:
    shown, leaves = cut(np.array([[0.5, 0.5], [2.5, 1.5]]), BOX)
    assert shown.tolist() == [[0.5, 0.5], [1.0, 0.75]]
    assert leaves


def test_cutting_keeps_excursions_that_return() -> None:
    path = np.array([[0.5, 0.5], [5.0, 5.0], [0.5, 0.6], [0.5, -7.0], [0.0, -99.0]])
    shown, leaves = cut(path, BOX)
    assert shown.tolist() == [[0.5, 0.5], [5.0, 5.0], [0.5, 0.6], [0.5, 0.0]]
    assert leaves


def test_cutting_survives_enormous_coordinates() -> None:
    shown, leaves = cut(np.array([[0.5, 0.5], [1e300, -1e300]]), BOX)
    assert shown.tolist() == [[0.5, 0.5], [1.0, 0.0]]
    assert leaves


def test_labels_at_the_frame_do_not_cover_one_another(by_gid: Find) -> None:
    runs = tl.race(L.rosenbrock, [tl.gd(0.01 + 0.0001 * n) for n in range(4)], steps=30)
    ax = paths(runs)
    labels = by_gid(ax, "exit label")
    assert len(labels) == 4
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in labels]
    for n, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[n + 1 :])


def test_label_places_stay_inside_the_frame() -> None:
    ax = contour(L.rosenbrock)
    frame = ax.get_window_extent()
    for tip in [(2, 3), (-2, -1), (2, -1), (-2, 3), (0, 3)]:
        _, dy, side = Labels(ax).place(np.array(tip), np.zeros(2), "diverged, step 7")
        y = ax.transData.transform(tip)[1] + dy * ax.figure.dpi / 72
        assert frame.y0 < y < frame.y1
        assert side == ("right" if tip[0] > 0 else "left")


# ---------------------------------------------------------------------------- kinds of input


def test_one_run_a_race_a_list_and_a_swarm_are_drawn(race: Any) -> None:
    assert as_runs(race[0]) == [race[0]]
    assert as_runs(race) == list(race)
    assert as_runs(list(race)[:2]) == list(race)[:2]
    swarm = tl.descend(L.rosenbrock, tl.gd(0.001), start=np.zeros((5, 2)), steps=3)
    assert len(as_runs(swarm)) == 5


def test_a_large_swarm_is_an_ensemble(by_gid: Find, texts: Any) -> None:
    starts = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    swarm = tl.descend(L.himmelblau, tl.gd(0.01), start=starts, steps=100)
    ax = paths(swarm)
    trails = by_gid(ax, "trail")
    assert len(trails) == 20
    assert {line.get_color() for line in trails} == {style.style_of("gd").color}
    assert max(line.get_linewidth() for line in trails) < 1
    assert by_gid(ax, "marks") == []
    assert texts(ax.figure)[0] == "gd, 20 walkers\n20 converged"
    assert "20 starts" in notes_of(ax)


def test_averaged_weights_are_a_trail_of_their_own(by_gid: Find, texts: Any, data: Any) -> None:
    opt = tl.swa(tl.noise(tl.gd(0.001), sigma=5.0), start=20)
    run = tl.descend(L.rosenbrock, opt, steps=60, seed=1)
    ax = paths(run)
    assert texts(ax.figure)[1] == "average weights of swa\nrunning"
    known = run.average[np.isfinite(run.average).all(axis=1)]
    walk, average = by_gid(ax, "trail")
    assert data(walk) == pytest.approx(run.path)
    assert data(average) == pytest.approx(known)
    assert walk.get_color() != average.get_color()
    assert len(by_gid(ax, "start")) == 1
    assert "60 steps, 1 gradient" in notes_of(ax)


def test_a_map_that_is_there_is_drawn_on(race: Any, by_gid: Find) -> None:
    ax = contour(L.rosenbrock, view=((-2, 2), (-1, 2)), title="Mine")
    before = len(by_gid(ax, "terrain"))
    assert paths(race, ax) is ax
    assert len(by_gid(ax, "terrain")) == before == 1
    assert ax.get_ylim() == (-1, 2)
    assert ax.get_title(loc="left") == "Mine"
    assert len(by_gid(ax, "trail")) == 4


def test_empty_axes_get_a_map(race: Any, by_gid: Find) -> None:
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    ax = figure.add_subplot()
    assert paths(race, ax) is ax
    assert len(by_gid(ax, "terrain")) == 1
    assert len(figure.axes) == 1  # no colour bar unless asked for
    assert ax.get_legend() is not None


def test_a_run_of_one_coordinate_lies_on_the_curve(by_gid: Find, data: Any) -> None:
    land = L.double_well_1d
    run = tl.descend(land, tl.gd(0.01), steps=30)
    (line,) = by_gid(paths(run), "trail")
    x, z = data(line).T
    assert x == pytest.approx(run.path[:, 0])
    assert z == pytest.approx(run.loss)


def test_a_run_of_three_coordinates_is_projected(by_gid: Find, data: Any) -> None:
    run = tl.descend(L.uvw_product, tl.gd(0.05), steps=40)
    ax = paths(run, coordinates=("w", "u"))
    (line,) = by_gid(ax, "trail")
    assert data(line) == pytest.approx(run.path[:, [2, 0]])
    assert "projected onto the slice" in notes_of(ax)
    assert "slice at v = " in notes_of(ax)


def test_trails_are_cut_in_the_coordinates_shown() -> None:
    run = tl.descend(L.uvw_product, tl.gd(0.05), steps=40)
    ground = terrain(L.uvw_product, coordinates=("w", "u"), at=run.end, grid=5)
    assert trail(run, ground).flat == pytest.approx(run.path[:, [2, 0]])


MOVING = tl.landscape("(x - c)**2 + y**2", c=0, view=((-1, 4), (-2, 2)))


def moved(opt: Any, centers: Any, steps: int = 10, **options: Any) -> Any:
    return tl.descend(
        MOVING, opt, start=(0, 1), steps=steps, time_varying={"c": centers}, **options
    )


def test_a_landscape_that_moves_is_shown_at_the_last_step(by_gid: Find) -> None:
    ax = paths(moved(tl.gd(0.1), np.linspace(0, 3, 11)))
    (shown,) = by_gid(ax, "terrain")
    lowest = next(path for path in shown.get_paths() if len(path.vertices))
    assert lowest.vertices.mean(axis=0) == pytest.approx([3, 0], abs=0.15)
    note = notes_of(ax)
    assert "c = 3" in note
    assert "the landscape moves: c from 0 to 3; the map shows the last step" in note


def test_runs_may_share_a_motion_at_different_lengths() -> None:
    centers = np.linspace(0, 3, 11)
    fine = moved(tl.gd(0.1), centers)
    coarse = moved(tl.adam(0.1), centers, every=5)
    lost = moved(tl.gd(1e7), centers)
    assert lost.status.kind == "diverged"
    paths([fine, coarse, lost])


def test_runs_under_different_motions_are_refused() -> None:
    one, two = moved(tl.gd(0.1), np.linspace(0, 3, 11)), moved(tl.adam(0.1), np.linspace(0, 2, 11))
    with pytest.raises(ValueError, match=r"moves differently under gd\(lr=0.1\) and under adam"):
        paths([one, two])


def test_on_a_drawn_curve_that_moved_points_lie_at_the_loss_they_had(
    by_gid: Find, data: Any
) -> None:
    land = tl.landscape("(x - c)**2", c=0, view=((-1, 4),))
    run = tl.descend(land, tl.gd(0.1), start=0, steps=4, time_varying={"c": [0, 1, 2, 3, 3]})
    (line,) = by_gid(paths(run, contour(land(c=3))), "trail")
    assert data(line)[:, 1] == pytest.approx(run.loss)


# ------------------------------------------------------------------------------------ errors


def test_runs_on_different_landscapes_are_refused() -> None:
    one = tl.descend(L.rosenbrock, tl.gd(0.001), steps=3)
    two = tl.descend(L.rosenbrock(b=10), tl.gd(0.001), steps=3)
    with pytest.raises(
        ValueError, match=r"rosenbrock\(a=1, b=100\) and rosenbrock\(a=1, b=10\): .* ax="
    ):
        paths([one, two])


@pytest.mark.parametrize("wrong", [3, "race", [1, 2], L.rosenbrock])
def test_what_is_no_run_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected trajectories, as returned by descend or race"):
        paths(wrong)


def test_no_run_is_refused() -> None:
    with pytest.raises(ValueError, match="no trajectory to draw: expected at least one"):
        paths([])


# ------------------------------------------------------------------------------------ names


def test_the_legend_says_what_differs_and_the_notes_what_does_not(texts: Any) -> None:
    starts = [(-1.2, 1.0), (0.5, 2.0), (1.5, 0.25)]
    runs = [tl.descend(L.rosenbrock, tl.gd(0.001), at, steps=3) for at in starts]
    ax = paths(runs)
    assert [text.split("\n")[0] for text in texts(ax.figure)[:3]] == [
        "from (−1.2, 1)", "from (0.5, 2)", "from (1.5, 0.25)",
    ]  # fmt: skip
    assert "gd(lr=0.001) for all" in notes_of(ax)
    assert texts(paths(runs, labels=["a", "b", "c"]).figure)[0] == "a\nrunning"
    with pytest.raises(ValueError, match=r"labels=\['a'\]: expected one text for each of 3 runs"):
        paths(runs, labels=["a"])


def test_a_swarm_has_one_label(texts: Any) -> None:
    swarm = tl.descend(L.rosenbrock, tl.gd(0.001), np.tile([1.0, 2.0], (20, 1)), steps=2)
    assert texts(paths(swarm).figure)[0] == "gd, 20 walkers\n20 running"
    assert texts(paths(swarm, labels="mine").figure)[0] == "mine, 20 walkers\n20 running"
    with pytest.raises(ValueError, match="one entry of the legend"):
        paths(swarm, labels=["a", "b"])


def test_ends_on_a_curve_of_solutions(by_gid: Find, data: Any) -> None:
    land = tl.landscape("(u*v - 1)**2/2", view=((0.1, 3), (0.1, 3)))
    runs = [tl.descend(land, opt, (2, 0.25), steps=400) for opt in (tl.gd(0.05), tl.adam(0.02))]
    ax = paths(runs, solutions=True)
    _, curve = by_gid(ax, "solutions")  # both ends lie on one curve: it is drawn once
    assert np.abs(np.prod(data(curve), axis=1) - 1).max() < 1e-6
    with pytest.raises(ValueError, match="no run ends on a curve"):
        paths(tl.descend(L.rosenbrock, tl.gd(0.001), steps=3), solutions=True)
