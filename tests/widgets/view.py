"""One explorer on a notebook's page: what a student sees of it, and what a hand does to it."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from lab import ROOT, Notebook

PALETTE = json.loads((ROOT / "toylands" / "palette.json").read_text(encoding="utf-8"))
#: shown by a cell of this notebook as `explorer`; an explorer shown before is closed
CELL = """\
import json
import toylands as tl
if "explorer" in globals():
    explorer.close()
explorer = tl.explore({arguments})
explorer
"""

_SHOWN = """([n, after]) => {
    const root = document.querySelectorAll('[data-testid="explorer"]')[n];
    if (!root || !root.dataset.seq) return false;
    const { seq, drawnSeq, final } = root.dataset;
    return Number(seq) > after && seq === drawnSeq && final === "true";
}"""


def rgb(color: str) -> np.ndarray:
    """The three channels of '#0072B2'."""
    return np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)])


class View:
    """One view of an explorer; `n` counts the explorers on the page."""

    def __init__(self, notebook: Notebook, n: int = 0) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.n = n
        self.root = self.page.get_by_test_id("explorer").nth(n)

    def find(self, testid: str) -> Any:
        """The element with this data-testid inside this view."""
        return self.root.get_by_test_id(testid)

    def data(self, name: str) -> str:
        """A data attribute of the root."""
        return str(self.root.get_attribute(f"data-{name}"))

    @property
    def seq(self) -> int:
        """The number of the newest picture that has come."""
        return int(self.data("seq"))

    @property
    def frame(self) -> int:
        """The frame shown."""
        return int(self.data("frame"))

    def shown(self, after: int = 0) -> View:
        """Wait until a complete picture newer than `after` is drawn."""
        self.notebook.wait(_SHOWN, [self.n, after])
        return self

    def wait_for(self, name: str, value: str) -> None:
        """Wait until a data attribute of the root has this value."""
        self.notebook.wait(
            """([n, name, value]) => document.querySelectorAll('[data-testid="explorer"]')[n]
                .getAttribute(`data-${name}`) === value""",
            [self.n, name, value],
        )

    def two_frames(self) -> None:
        """Wait until what was asked for has been painted."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def scene(self) -> dict[str, Any]:
        """The scene as the kernel knows it."""
        text = self.notebook.execute("print(json.dumps(explorer.scene))")
        return dict(json.loads(text))

    # --- pixels -----------------------------------------------------------------------------------

    def pixels(self, testid: str = "stage-box") -> np.ndarray:
        """A screenshot of a part, shape (height, width, 3)."""
        from PIL import Image

        self.two_frames()
        picture = Image.open(io.BytesIO(self.find(testid).first.screenshot()))
        return np.asarray(picture.convert("RGB")).astype(int)

    def trail(self, family: str) -> np.ndarray:
        """Where on the stage the colour of an optimizer is: a mask, shape (height, width)."""
        color = rgb(PALETTE["optimizers"][family]["color"])
        mask: np.ndarray = np.abs(self.pixels() - color).max(axis=2) <= 16
        return mask

    # --- hands ------------------------------------------------------------------------------------

    def drag_slider(self, testid: str, to: float, *, moves: int = 10) -> None:
        """Drag a slider's thumb with the mouse to a fraction of its width, and release it."""
        slider = self.find(testid)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        part = float(slider.evaluate("(s) => (s.value - s.min) / (s.max - s.min)"))
        thumb = 16.0

        def place(fraction: float) -> float:
            return float(box["x"] + thumb / 2 + fraction * (box["width"] - thumb))

        y = box["y"] + box["height"] / 2
        self.page.mouse.move(place(part), y)
        self.page.mouse.down()
        for k in range(1, moves + 1):
            self.page.mouse.move(place(part + (to - part) * k / moves), y)
            self.two_frames()
        self.page.mouse.up()

    def type_number(self, testid: str, text: str) -> None:
        """Type into the exact box of a number and press Enter."""
        box = self.find(f"{testid}-box")
        box.fill(text)
        box.press("Enter")

    def press(self, key: str, times: int = 1) -> None:
        """Press a key where the focus is."""
        for _ in range(times):
            self.page.keyboard.press(key)


def show(notebook: Notebook, arguments: str) -> View:
    """Run `tl.explore(arguments)` in the notebook's first cell and wait for its first picture."""
    notebook.set_sources(CELL.format(arguments=arguments))
    notebook.run_all()
    return View(notebook).shown()
