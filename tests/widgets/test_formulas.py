"""What the inside panel typesets: the equations that run, whole, and in order."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest

import toylands as tl
from toylands.optimizers import Optimizer
from toylands.widgets import formulas, latex

GD = tl.gd(0.1)
STEP = "θt+1=θt−ηtgt"
#: typed by hand from the papers' equations
LINES = {
    "newton": (tl.newton(), ["gt←(Ht+δI)−1gt", STEP]),
    "saddle_free": (tl.saddle_free_newton(), ["gt←(|Ht|+δI)−1gt", STEP]),
    "langevin": (tl.langevin(0.1, 0.01), [STEP, "θt+1←θt+1+2ηtTzt,zt∼N(0,I)"]),
    "sam": (
        tl.sam(GD, rho=0.05),
        ["gt=∇L(θt+ρ∇L(θt)/(‖∇L(θt)‖+10−12))", STEP],
    ),
    "extragradient": (tl.extragradient(0.1), ["gt=∇L(θt−ηt∇L(θt))", STEP]),
    "noise": (tl.noise(GD, 0.1), ["gt←gt+σzt,zt∼N(0,I)", STEP]),
    "clip_norm": (tl.clip_norm(GD, 1.0), ["gt←gtmin(1,c/(‖gt‖+10−6))", STEP]),
    "clip_value": (tl.clip_value(GD, 1.0), ["gt←min(max(gt,−c),c)", STEP]),
    "weight_decay": (tl.weight_decay(GD, 0.1), ["gt←gt+λθt", STEP]),
    "swa": (tl.swa(GD), [STEP, "θ¯t+1=mean(θs,…,θt+1)"]),
    "ema": (tl.ema(GD), [STEP, "θ¯t+1=γθ¯t+(1−γ)θt+1"]),
    "reset": (
        tl.reset_on_conflict(tl.momentum(0.1)),
        ["memory←0 where it fought gt for too long", "bt=gt+bt−1β", "θt+1=θt−btηt"],
    ),
    # From the outside in, as the gradient passes them.
    "both": (
        tl.clip_norm(tl.weight_decay(GD, 0.1), 1.0),
        ["gt←gtmin(1,c/(‖gt‖+10−6))", "gt←gt+λθt", STEP],
    ),
}


def parsed(text: str) -> ElementTree.Element:
    """A formula as XML, without the names that only HTML knows."""
    names = r"&(?!lt;|gt;|amp;)[A-Za-z]+;"
    plain = re.sub(names, lambda found: html.unescape(found[0]), text)
    return ElementTree.fromstring(plain.replace("\u2062", ""))  # invisible times


def flat(text: str) -> str:
    """A formula as one line of text, the way it is read aloud."""
    return "".join(parsed(text).itertext()).replace("-", "−")


@pytest.mark.parametrize("name", LINES)
def test_the_lines_are_those_of_the_paper(name: str) -> None:
    opt, lines = LINES[name]
    assert [flat(text) for text in formulas.update_equations(opt)] == lines


@pytest.mark.parametrize("name", sorted(tl.optimizers.available(wrappers=True)))
def test_every_wrapper_changes_the_equations(name: str) -> None:
    numbers = {"clip_norm": (1.0,), "clip_value": (1.0,), "weight_decay": (0.1,), "noise": (0.1,)}
    wrapped = tl.optimizers.get(name)(tl.momentum(0.1), *numbers.get(name, ()))
    plain = formulas.update_equations(tl.momentum(0.1))
    shown = formulas.update_equations(wrapped)
    assert len(shown) == len(plain) + 1
    assert [line for line in shown if line in plain] == plain


@pytest.mark.parametrize("name", sorted(tl.optimizers.available(wrappers=False)))
def test_every_optimizer_can_be_typeset(name: str) -> None:
    factory = tl.optimizers.get(name)
    numbers = {"temperature": 0.01} if name == "langevin" else {}
    opt: Optimizer = factory(lr=0.1, **numbers)
    shown = formulas.update_equations(opt)
    assert len(shown) == len(opt.latex)
    for text in shown:
        assert parsed(text).tag == "math"


def test_scripts_roots_and_bars_have_their_elements() -> None:
    root = ElementTree.fromstring(latex.to_mathml(r"x_i^2 + \sqrt{a b} + \bar\theta_{t+1}"))
    assert [child.tag for child in root[0]] == ["msubsup", "mo", "msqrt", "mo", "msub"]
    assert [child.tag for child in root[0][4]] == ["mover", "mrow"]
    assert "".join(root[0][2].itertext()) == "ab"


@pytest.mark.parametrize(
    ("text", "words"),
    [(r"\thet_t", r"theta"), (r"{a", "not closed"), (r"a}", "too many"), (r"a_", "ends")],
)
def test_what_is_unknown_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        latex.to_mathml(text)


def test_a_choice_is_typeset_as_cases_and_no_name_of_ours_is_shown() -> None:
    text = formulas.update_equations(tl.optimistic_gd(0.1))[-1]
    assert "<mtable" in text
    assert flat(text).count("choice") == 0
    for land in tl.catalogue():
        if land.dim in (1, 2):
            for key, shown in formulas.landscape_formulas(land).items():
                own = {"choice", "maximum", "minimum", "absolute", "log1p", "expm1", "sech2"}
                words = {node.text for node in parsed(shown).iter("mi")}
                assert not own & words, (land.name, key)


def test_only_rules_of_adams_kind_correct_their_bias() -> None:
    known = {
        name: tl.optimizers.get(name) for name in ("adam", "adamw", "amsgrad", "lion", "rmsprop")
    }
    assert {name: formulas.corrects_bias(make(0.1).rule) for name, make in known.items()} == {
        "adam": True, "adamw": True, "amsgrad": True, "lion": False, "rmsprop": False,
    }  # fmt: skip


def test_two_underscores_are_no_power() -> None:
    text = formulas.landscape_formulas(tl.landscape("x__y**3"))["loss"]
    assert "<msup><mi>x__y</mi><mn>3</mn></msup>" in text
