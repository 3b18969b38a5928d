"""The explorer's browser code as one text.

The modules in `js/` are ordinary ES modules, so that node can test them one by one. A widget ships a
single text, in which relative imports do not resolve: the modules are pasted in order, without their
imports of each other and without `export`, behind the palette that Python and JavaScript share.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
ORDER = (
    "geometry",
    "clipping",
    "codec",
    "marks",
    "trails",
    "player",
    "stage",
    "stage2d",
    "mesh",
    "stage3d",
    "charts",
    "parts",
    "numbers",
    "controls",
    "panels",
    "predict",
    "hub",
    "transport",
    "header",
    "help",
    "more",
    "surroundings",
    "keys",
    "explorer",
)
_IMPORT = re.compile(r"^import\s[^;]*?from\s+\"\./[a-z0-9]+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


def palette_text() -> str:
    """The shared palette as a JavaScript constant."""
    palette = (_HERE.parent / "palette.json").read_text(encoding="utf-8")
    return f"const PALETTE = {palette.strip()};\n"


@cache
def script() -> str:
    """All modules in one ES module text, whose default export renders the widget.

    Raises:
        ValueError: when a module still imports or exports something after pasting.
    """
    parts = [palette_text()]
    for name in ORDER:
        text = (_HERE / "js" / f"{name}.js").read_text(encoding="utf-8")
        text = _EXPORT.sub("", _IMPORT.sub("", text))
        left = [line for line in text.splitlines() if re.match(r"(import|export)\b", line)]
        if left and not (name == ORDER[-1] and left == ["export default { render };"]):
            raise ValueError(f"{name}.js: cannot be pasted because of {left[0]!r}.")
        parts.append(f"// --- {name}.js\n{text}")
    return "\n".join(parts)


@cache
def starter() -> str:
    """What a widget starts with: a few lines that load `script` once a page, whatever is run again.

    A page keeps every module it has loaded until it is left, so a cell that is run two hundred times
    would keep two hundred copies. Nor does it forget the models of closed widgets: what is large in them
    is dropped.
    """
    name = "toylands_" + hashlib.sha256(script().encode()).hexdigest()[:16]
    return f"""\
const HEAVY = ["code", "catalog", "walks", "terrain", "basin", "details", "_esm", "_css"];
const load = (text) => import(URL.createObjectURL(new Blob([text], {{ type: "text/javascript" }})));
export default {{
  initialize({{ model }}) {{
    return () => {{
      for (const name of HEAVY) model.set(name, null);
      model.set("seq", model.get("seq")); // no change: it forgets the values before
    }};
  }},
  async render(context) {{
    const code = await (globalThis.{name} ??= load(context.model.get("code")));
    return code.default.render(context);
  }},
}};
"""


@cache
def style() -> str:
    """The explorer's style sheet."""
    return (_HERE / "explorer.css").read_text(encoding="utf-8")
