"""Reads the LaTeX of a formula back into numbers: what a student sees, evaluated by nobody's code.

    read(r"\\frac{x^{2}}{2} - \\cos{\\left(x \\right)}", {"x": mpf(1)})

A recursive descent over the text alone; it shares nothing with SymPy's printer or with the kernels.
It understands what formulas here are made of: sums, juxtaposed products, fractions, powers, roots,
named functions, absolute values, cases, and the mean over samples of a landscape over data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import mpmath as mp
from mpmath import mpf

FUNCTIONS: dict[str, Any] = {
    r"\sin": mp.sin, r"\cos": mp.cos, r"\tan": mp.tan,
    r"\sinh": mp.sinh, r"\cosh": mp.cosh, r"\tanh": mp.tanh,
    r"\exp": mp.exp, r"\log": mp.log, r"\Phi": mp.ncdf,
    r"\sigma": lambda z: 1 / (1 + mp.exp(-z)),
    r"\operatorname{erf}": mp.erf, r"\operatorname{sign}": mp.sign,
    r"\operatorname{sech}": mp.sech,
    r"\operatorname{asin}": mp.asin, r"\operatorname{acos}": mp.acos,
    r"\operatorname{atan}": mp.atan,
    r"\operatorname{softplus}": lambda z: mp.log(1 + mp.exp(z)),
    r"\operatorname{relu}": lambda z: max(z, mpf(0)),
}  # fmt: skip
GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "mu", "nu",
    "rho", "sigma", "tau", "phi", "psi", "omega",
}  # fmt: skip
RELATIONS: dict[str, Any] = {
    "<": lambda a, b: a < b, r"\leq": lambda a, b: a <= b,
    ">": lambda a, b: a > b, r"\geq": lambda a, b: a >= b,
}  # fmt: skip
BRACKETS = {"(": ")", "{": "}", r"\left|": r"\right|"}
MEAN = r"\frac{1}{N} \sum_{i=1}^{N} "
TOKEN = re.compile(
    r"\\(?:operatorname|text|begin|end)\{[^}]*\}|\\(?:left|right)\||\\[A-Za-z]+|\\\\|\\:|[\d.]+|\S"
)


def symbol(name: str) -> str:
    """How a name is typeset: words are upright, w1 is w_{1}, kappa is the Greek letter."""
    letters, _, below = name.partition("_")
    trailing = re.fullmatch(r"([A-Za-z]+)(\d+)", letters)
    if trailing and not below:
        letters, below = trailing.groups()
    if letters in GREEK:
        letters = "\\" + letters
    elif len(letters) > 1:
        letters = f"\\mathrm{{{letters}}}"
    return f"{letters}_{{{below}}}" if below else letters


class Reader:
    """One pass over a formula, with the values of its symbols."""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        names = sorted(((symbol(name), value) for name, value in values.items()), key=_longest)
        self.values = {f"@{n}": value for n, (_, value) in enumerate(names)}
        for n, (typeset, _) in enumerate(names):
            bare = re.escape(typeset)
            text = re.sub(rf"(?<![A-Za-z\\@]){bare}(?![A-Za-z]|_\{{)", f" @{n} ", text)
        pattern = re.compile(rf"@\d+|{TOKEN.pattern}")
        self.tokens = [t for t in pattern.findall(text) if t not in (r"\left", r"\right", r"\:")]
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected is not None and token != expected):
            around = " ".join(self.tokens[max(0, self.at - 5) : self.at + 5])
            raise SyntaxError(f"expected {expected or 'more'}, found {token!r} near {around}")
        self.at += 1
        return token

    def whole(self) -> Any:
        value = self.sum()
        if self.peek():
            self.take("the end")
        return value

    def sum(self) -> Any:
        total = -self.product() if self.accept("-") else self.product()
        while self.peek() in ("+", "-"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        return total

    def accept(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def product(self) -> Any:
        value = self.power()
        while self.peek() == r"\cdot" or self.starts_a_factor(self.peek()):
            self.accept(r"\cdot")
            value = value * self.power()
        return value

    def starts_a_factor(self, token: str) -> bool:
        return bool(
            token in ("(", "{", "e", r"\left|", r"\frac", r"\sqrt", r"\pi", r"\begin{cases}")
            or token in FUNCTIONS
            or token[:1] == "@"
            or token[:1].isdigit()
        )

    def power(self) -> Any:
        value = self.atom()
        return value ** self.group() if self.accept("^") else value

    def group(self) -> Any:
        if self.peek() != "{":
            return mpf(self.take())
        self.take("{")
        value = self.sum()
        self.take("}")
        return value

    def atom(self) -> Any:
        token = self.take()
        if token[0] == "@":
            return self.values[token]
        if token[0].isdigit():
            return mpf(token)
        if token in BRACKETS:
            value = self.sum()
            self.take(BRACKETS[token])
            return abs(value) if token == r"\left|" else value
        if token in ("e", r"\pi"):
            return mp.e if token == "e" else mp.pi
        if token == r"\frac":
            above = self.group()
            return above / self.group()
        if token == r"\sqrt":
            degree = 2
            if self.accept("["):
                degree = int(self.take())
                self.take("]")
            return mp.root(self.group(), degree)
        if token == r"\begin{cases}":
            return self.cases()
        if token in FUNCTIONS:
            exponent = self.group() if self.accept("^") else 1
            return FUNCTIONS[token](self.atom()) ** exponent
        raise SyntaxError(
            f"unknown {token!r} near {' '.join(self.tokens[self.at - 5 : self.at + 5])}"
        )

    def cases(self) -> Any:
        """The value of the first case whose condition holds."""
        chosen = None
        while True:
            value = self.sum()
            self.take("&")
            if self.take() == r"\text{otherwise}":
                holds = True
            else:  # the token was \text{for}
                left, relation = self.sum(), self.take()
                holds = RELATIONS[relation](left, self.sum())
            if holds and chosen is None:
                chosen = value
            if self.accept(r"\end{cases}"):
                return chosen
            self.take("\\\\")


def _longest(named: tuple[str, Any]) -> int:
    return -len(named[0])


def read(
    text: str, values: Mapping[str, Any], data: Mapping[str, Sequence[Any]] | None = None
) -> Any:
    """The value of a formula; for one over data, the mean over its samples."""
    if not data:
        return Reader(text, values).whole()
    if not text.startswith(MEAN):
        raise SyntaxError(f"a formula over data should start with {MEAN}, found {text[:40]}")
    rows = [
        {f"{column}_i": value for column, value in zip(data, row, strict=True)}
        for row in zip(*data.values(), strict=True)
    ]
    return mp.fsum(Reader(text[len(MEAN) :], {**values, **row}).whole() for row in rows) / len(rows)
