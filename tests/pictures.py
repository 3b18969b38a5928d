"""Make the pictures that the README shows; run it after a change of the explorer or of the plots.

    python tests/pictures.py              # all of assets/
    python tests/pictures.py explorer     # only assets/explorer.png

The race comes from `toylands demo`, the explorer from a real JupyterLab in a real Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "widgets"))

from lab import Notebook, Server, browser  # noqa: E402
from PIL import Image  # noqa: E402
from view import show  # noqa: E402

from toylands.cli import main as toylands  # noqa: E402

ASSETS = ROOT / "assets"
# The same start, three methods, two valleys.
SCENE = (
    "tl.landscapes.himmelblau, [tl.gd(0.01), tl.momentum(0.004, beta=0.8), tl.adam(0.2)], "
    "start=(0.1, -0.7), steps=80, show={'quadratic': False}"
)
WIDTH, HEIGHT = 1240, 1500


def explorer() -> None:
    """The explorer's map, curves and controls, light, at twice the resolution of the page."""
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        options = {"viewport": {"width": WIDTH, "height": HEIGHT}, "device_scale_factor": 2}
        with (
            browser() as chromium,
            Notebook.opened(server, chromium, ["1"], **options) as notebook,
        ):
            view = show(notebook, SCENE)
            view.two_frames()
            place = view.root.bounding_box()
            below = view.find("explain").bounding_box()
            high = below["y"] + below["height"] - place["y"] + 14
            clip = {"x": place["x"], "y": place["y"], "width": place["width"], "height": high}
            shot = Image.open(io.BytesIO(notebook.page.screenshot(clip=clip))).convert("RGB")
            shot.quantize(256).save(ASSETS / "explorer.png", optimize=True)
            assert notebook.faults() == []


def race() -> None:
    """The animation of `toylands demo`."""
    with tempfile.TemporaryDirectory() as folder:
        toylands(["demo", "--out", folder])
        shutil.copy(Path(folder) / "race.gif", ASSETS)


PICTURES = {"explorer": explorer, "race": race}


def main() -> None:
    """Make the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], metavar="PICTURE")
    for name in parser.parse_args().names or PICTURES:
        PICTURES[name]()


if __name__ == "__main__":
    main()
