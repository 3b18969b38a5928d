r"""The little LaTeX of an optimizer's wrappers as MathML, for pages that typeset offline.

    to_mathml(r"g_t \leftarrow g_t + \sigma z_t")

Only what those lines use is known; anything else is refused with its name, never shown wrongly. (What
comes from SymPy expressions is printed as MathML by SymPy itself.)
"""

from __future__ import annotations

import re

from toylands._words import did_you_mean, show

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[0-9]+(?:\.[0-9]+)?|[a-zA-Z]|[{}_^]|[-+=/(),|<>]|\s+|[^\s]")
#: commands that are one letter, and those that are one sign
_LETTERS = {
    "theta": "θ", "rho": "ρ", "eta": "η", "sigma": "σ", "lambda": "λ", "delta": "δ", "gamma": "γ",
    "nabla": "∇",
}  # fmt: skip
_SIGNS = {
    "leftarrow": "←", "sim": "∼", "dots": "…", "|": "‖", "cdot": "·", "le": "≤", "ge": "≥",
}  # fmt: skip
_WORDS = ("min", "max", "mean", "sign")
_SPACES = {"quad": "1em", ",": "0.17em", ";": "0.28em"}


def to_mathml(text: str) -> str:
    r"""A line of LaTeX as a MathML element.

    Args:
        text: letters, numbers, signs, scripts, Greek letters, \left and \right, \sqrt, \bar, \text
            and \operatorname.

    Raises:
        ValueError: for a command it does not know, naming it.
    """
    tokens = _TOKEN.findall(text)
    row, at = _row(tokens, 0, closed=False)
    if at != len(tokens):
        raise ValueError(f"latex: {show(text)} has a closing brace too many.")
    return f'<math display="block">{row}</math>'


def _row(tokens: list[str], at: int, *, closed: bool) -> tuple[str, int]:
    """Everything up to the closing brace, or to the end, as one row."""
    parts: list[str] = []
    while at < len(tokens) and tokens[at] != "}":
        if tokens[at].isspace():
            at += 1
            continue
        made, at = _atom(tokens, at)
        scripts: dict[str, str] = {}
        while at < len(tokens) and tokens[at] in "_^":
            scripts[tokens[at]], at = _atom(tokens, at + 1)
        parts.append(_scripted(made, scripts))
    if closed and at == len(tokens):
        raise ValueError("latex: a brace is not closed.")
    return f"<mrow>{''.join(parts)}</mrow>", at


def _scripted(made: str, scripts: dict[str, str]) -> str:
    low, high = scripts.get("_"), scripts.get("^")
    if low and high:
        return f"<msubsup>{made}{low}{high}</msubsup>"
    if low:
        return f"<msub>{made}{low}</msub>"
    return f"<msup>{made}{high}</msup>" if high else made


def _atom(tokens: list[str], at: int) -> tuple[str, int]:
    """One letter, number, sign, command or braced group."""
    if at == len(tokens):
        raise ValueError("latex: the line ends where something is missing.")
    token = tokens[at]
    if token == "{":
        row, end = _row(tokens, at + 1, closed=True)
        return row, end + 1
    if token.startswith("\\"):
        return _command(tokens, at)
    if token[0].isdigit():
        return f"<mn>{token}</mn>", at + 1
    if token.isalpha():
        return f"<mi>{token}</mi>", at + 1
    signs = {"-": "−", "<": "&lt;", ">": "&gt;"}
    return f"<mo>{signs.get(token, token)}</mo>", at + 1


def _command(tokens: list[str], at: int) -> tuple[str, int]:
    name = tokens[at][1:]
    if name in _LETTERS:
        return f"<mi>{_LETTERS[name]}</mi>", at + 1
    if name in _SIGNS:
        return f"<mo>{_SIGNS[name]}</mo>", at + 1
    if name in _WORDS:
        return f"<mi>{name}</mi>", at + 1
    if name in _SPACES:
        return f'<mspace width="{_SPACES[name]}"></mspace>', at + 1
    if name in ("left", "right"):  # MathML stretches brackets by itself
        return _atom(tokens, at + 1)
    if name in ("text", "operatorname"):
        end = tokens.index("}", at)
        words = "".join(tokens[at + 2 : end])
        return (f"<mtext>{words}</mtext>" if name == "text" else f"<mi>{words}</mi>"), end + 1
    if name in ("sqrt", "bar"):
        inside, end = _atom(tokens, at + 1)
        if name == "sqrt":
            return f"<msqrt>{inside}</msqrt>", end
        return f'<mover accent="true">{inside}<mo>¯</mo></mover>', end
    known = {*_LETTERS, *_SIGNS, *_WORDS, "left", "right", "text", "operatorname", "sqrt", "bar"}
    raise ValueError(f"latex: \\{name} is not known here.{did_you_mean(name, sorted(known))}")
