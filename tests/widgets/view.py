"""One explorer on a notebook's page: what a student sees of it, and what a hand does to it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from lab import ROOT, Notebook

PALETTE = json.loads((ROOT / "toylands" / "palette.json").read_text(encoding="utf-8"))
#: what an explorer shows unless a test asks for something else
RACE = "tl.landscapes.rosenbrock, [tl.gd(1e-3), tl.adam(1e-3)], lr=1e-3"
#: shown by a cell of this notebook as `explorer`; an explorer shown before is closed
CELL = """\
import json
import toylands as tl
if "explorer" in globals():
    explorer.close()
explorer = tl.explore({arguments})
explorer
"""

# Texts whose contrast against what is behind them is below WCAG's 4.5 (3 when large).
_FAINT = """(root) => {
    const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const channels = (css) => {
        paint.clearRect(0, 0, 1, 1); paint.fillStyle = css; paint.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const behind = (e) => {
        const layers = [];
        for (let n = e; n; n = n.parentElement) {
            const layer = channels(getComputedStyle(n).backgroundColor);
            layers.push(layer);
            if (layer[3] === 1) break;
        }
        let [r, g, b] = [255, 255, 255];
        for (const [x, y, z, a] of layers.reverse())
            [r, g, b] = [r + (x - r) * a, g + (y - g) * a, b + (z - b) * a];
        return [r, g, b];
    };
    const light = (c) => {
        const [r, g, b] = c.map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const wrong = [];
    for (const e of root.querySelectorAll('*')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        const value = e.matches('input[type=text], select') && e.value;
        if (!(own || value) || !e.checkVisibility() || e.disabled) continue;
        if (e.closest('fieldset:disabled, .tl-hidden, [aria-hidden=true]')) continue;
        const style = getComputedStyle(e);
        const [r, g, b, a] = channels(style.color);
        const back = behind(e);
        const front = [r, g, b].map((v, k) => back[k] + (v - back[k]) * a);
        const [hi, lo] = [light(front), light(back)].sort((p, q) => q - p);
        const ratio = (hi + 0.05) / (lo + 0.05);
        const big = parseFloat(style.fontSize) >= 24 ||
            (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
        if (ratio < (big ? 3 : 4.5))
            wrong.push(`${ratio.toFixed(2)}: ${e.tagName} ${(e.value ?? e.textContent).slice(0, 40)}`);
    }
    return wrong;
    }"""

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

    def unfold(self) -> View:
        """Open "More"."""
        self.find("more").evaluate("(fold) => { fold.open = true; }")
        return self

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

    def faint(self) -> list[str]:
        """Texts that are hard to read, each with its contrast."""
        found: list[str] = self.root.evaluate(_FAINT)
        return found

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


Shown = Callable[..., View]


def show(notebook: Notebook, arguments: str, *, unfold: bool = True) -> View:
    """Run `tl.explore(arguments)` in the notebook's first cell and wait for its first picture.

    `unfold` opens "More", where all that is not on the first screen lies.
    """
    notebook.set_sources(CELL.format(arguments=arguments))
    notebook.run_all()
    view = View(notebook).shown()
    return view.unfold() if unfold else view
