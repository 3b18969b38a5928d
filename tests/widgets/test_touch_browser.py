"""The explorer under a finger: sliders, the start, the surface, the charts, and the page's own scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lab import Notebook, Server
from view import RACE, View, show

pytestmark = pytest.mark.browser


class Hand:
    """Fingers on the screen, at page coordinates."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, *ways: tuple[tuple[float, float], tuple[float, float]], moves: int = 8) -> None:
        """Move one or more fingers, each from a point to another, and lift them."""
        self._send("touchStart", *(start for start, _ in ways))
        for k in range(1, moves + 1):
            places = (
                (a[0] + (b[0] - a[0]) * k / moves, a[1] + (b[1] - a[1]) * k / moves)
                for a, b in ways
            )
            self._send("touchMove", *places)
            self.page.wait_for_timeout(20)
        self._send("touchEnd")


@pytest.fixture(scope="module")
def tablet(lab_server: Server, chromium: Any) -> Iterator[Notebook]:
    """A notebook on a screen with touch."""
    with Notebook.opened(lab_server, chromium, ["1"], has_touch=True) as opened:
        yield opened


def box_of(view: View, testid: str) -> dict[str, float]:
    """Where a part is on the screen, scrolled into sight."""
    part = view.find(testid).first
    part.scroll_into_view_if_needed()
    return dict(part.bounding_box())


def test_a_finger_drags_the_rate(tablet: Notebook) -> None:
    view = show(tablet, RACE)
    box = box_of(view, "lr")
    seq, middle = view.seq, box["y"] + box["height"] / 2
    at = float(view.find("lr").evaluate("(s) => (s.value - s.min) / (s.max - s.min)"))
    x = box["x"] + 8 + at * (box["width"] - 16)
    Hand(tablet.page).drag(((x, middle), (x - 60, middle)))
    view.shown(seq)
    assert view.scene()["lr"] < 5e-4
    assert tablet.faults() == []


def test_a_finger_drags_the_start(tablet: Notebook) -> None:
    view = show(tablet, RACE)
    box = box_of(view, "stage")
    seq, before = view.seq, view.scene()["start"]
    place = (box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    Hand(tablet.page).drag((place, (place[0] + 60, place[1] - 40)))
    view.shown(seq)
    first, second = view.scene()["start"]
    assert [first, second] != before
    assert 0 < first < 1
    # A tap is enough, too.
    seq = view.seq
    tablet.page.touchscreen.tap(place[0] - 50, place[1])
    view.shown(seq)
    assert view.scene()["start"][0] < 0
    assert tablet.faults() == []


def test_fingers_turn_and_zoom_the_surface(tablet: Notebook) -> None:
    view = show(tablet, RACE + ", show={'three_d': True}")
    view.wait_for("stage", "3d")
    box = box_of(view, "stage")
    start = view.scene()["start"]
    hand = Hand(tablet.page)
    middle = (box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"])
    still = view.pixels()
    hand.drag((middle, (middle[0] + 120, middle[1])))
    turned = view.pixels()
    assert (abs(still - turned).max(axis=2) > 20).mean() > 0.05
    left, right = (middle[0] - 30, middle[1]), (middle[0] + 30, middle[1])
    hand.drag((left, (left[0] - 70, left[1])), (right, (right[0] + 70, right[1])))
    zoomed = view.pixels()
    assert (abs(zoomed - turned).max(axis=2) > 20).mean() > 0.05
    tablet.settle()
    assert view.scene()["start"] == start
    assert tablet.faults() == []


def test_a_finger_scrubs_the_charts_and_scrolls_the_page_beside_them(tablet: Notebook) -> None:
    view = show(tablet, RACE)
    box = box_of(view, "charts")
    hand = Hand(tablet.page)
    x, y = box["x"] + 0.75 * box["width"], box["y"] + 0.3 * box["height"]
    hand.drag(((x, y), (x - 0.3 * box["width"], y)))
    assert 50 < view.frame < 250
    top = "() => document.querySelector('[data-testid=explorer]').getBoundingClientRect().top"
    before = tablet.page.evaluate(top)
    sentence = box_of(view, "explain")
    place = (sentence["x"] + 100, sentence["y"] + 10)
    hand.drag((place, (place[0], place[1] - 200)))
    assert tablet.page.evaluate(top) < before - 50
    assert tablet.faults() == []
