"""What a symmetry conserves, exactly: under gradient flow, and in one step of gradient descent.

    product_flow_end(2, 0.25)                        # (2.044, 0.489): u^2 - v^2 as at the start
    difference_of_squares_after(3.9375, 0.1, -0.5)   # one step of GD: times 1 - lr^2 r^2
    permuted_copies((1000,))                         # (4.02387, 2567): 1000! copies of every minimum

A differentiable symmetry with direction field xi has <grad L, xi> = 0, so that along the flow
<theta', xi> = 0: a translation keeps w1 - w2, a scaling u^2 - v^2, a rescaling |w|^2, a rotation the
angle. Steps of finite size keep the first and the last; the other two drift by order lr^2.
[Kunin et al. 2021]
"""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, hypot, isfinite, log1p, sqrt

from toylands._door import door
from toylands._words import show
from toylands.optimizers.optimizer import check_count
from toylands.theory._digits import shrunk


def _number(owner: str, name: str, value: float, *, least: float = float("-inf")) -> float:
    number = float(value)
    if not isfinite(number) or number < least:
        wanted = (
            "a finite number" if least == float("-inf") else f"a finite number from {least:g} on"
        )
        raise ValueError(f"{owner}: {name}={show(value)} must be {wanted}.")
    return number


@door
def product_flow_end(u: float, v: float, target: float = 1.0) -> tuple[float, float]:
    """Where gradient flow on (uv - s)^2/2 ends: on the hyperbola uv = s, with u^2 - v^2 unchanged.

    With C = u^2 - v^2 the end has u^2 = (C + sqrt(C^2 + 4 s^2))/2 and v^2 = u^2 - C. It lies on the branch
    of the sign of u + v (for s < 0, of u - v). [Du, Hu and Lee 2018]

    Args:
        u, v: the start.
        target: s, not 0.

    Raises:
        ValueError: for a start from which the flow runs into the saddle (v = -u, or v = u for s < 0).
    """
    u, v = (_number("product_flow_end", name, x) for name, x in (("u", u), ("v", v)))
    s = _number("product_flow_end", "target", target)
    if s == 0:
        raise ValueError("product_flow_end: target=0 must differ from 0: its minima are both axes.")
    mirror = 1.0 if s > 0 else -1.0
    v *= mirror
    if u + v == 0:
        raise ValueError(
            f"product_flow_end: the flow from ({show(u)}, {show(mirror * v)}) ends at the saddle (0, 0); "
            "move the start a little to either side."
        )
    # The larger square is a sum; the smaller follows from the product, without cancellation.
    charge = (u - v) * (u + v)
    large = sqrt((abs(charge) + product_flow_sharpness(charge, abs(s))) / 2)
    small = abs(s) / large
    side = 1.0 if u + v > 0 else -1.0
    end = (large, small) if charge >= 0 else (small, large)
    return side * end[0], side * mirror * end[1]


@door
def product_flow_sharpness(charge: float, target: float = 1.0) -> float:
    """The sharpness u^2 + v^2 where uv = s and u^2 - v^2 = C: sqrt(C^2 + 4 s^2).

    The flattest minimum is the balanced one, C = 0. [Du, Hu and Lee 2018]

    Args:
        charge: C, conserved by gradient flow.
        target: s.
    """
    c = _number("product_flow_sharpness", "charge", charge)
    return hypot(c, 2 * _number("product_flow_sharpness", "target", target))


@door
def difference_of_squares_after(charge: float, lr: float, residual: float) -> float:
    """u^2 - v^2 after one step of gradient descent on r^2/2 with r = uv - s: C (1 - lr^2 r^2).

    So gradient descent balances the layers a little; the flow does not. Halving lr makes the change
    four times smaller. [elementary; Kunin et al. 2021]

    Args:
        charge: C = u^2 - v^2 before the step.
        lr: the learning rate, 0 or more.
        residual: r before the step.
    """
    owner = "difference_of_squares_after"
    lr = _number(owner, "lr", lr, least=0.0)
    step = lr * _number(owner, "residual", residual)
    return _number(owner, "charge", charge) * ((1 - step) * (1 + step))


@door
def squared_norm_after(squared_norm: float, lr: float, grad_norm: float) -> float:
    """|w|^2 after one step of gradient descent on scale-invariant weights: |w|^2 + lr^2 |g|^2.

    The gradient is orthogonal to w. Only the direction counts, and it moves as with a learning rate
    lr/|w|^2 at length 1 (`effective_lr`). [van Laarhoven 2017]

    Args:
        squared_norm: |w|^2 before the step, 0 or more.
        lr: the learning rate, 0 or more.
        grad_norm: |g| at the point before the step, 0 or more.
    """
    owner = "squared_norm_after"
    given = (("squared_norm", squared_norm), ("lr", lr), ("grad_norm", grad_norm))
    n, lr, g = (_number(owner, name, value, least=0.0) for name, value in given)
    return n + (lr * g) ** 2


@door
def effective_lr(lr: float, norm: float) -> float:
    """The learning rate that has the same effect at length 1 as lr at length |w|: lr/|w|^2.

    For weights whose length does not matter: the gradient is 1/|w| of that at length 1, and a step of
    fixed length turns w by 1/|w| of it. [van Laarhoven 2017; Arora, Li and Lyu 2019]

    Args:
        lr: the learning rate, 0 or more.
        norm: |w|, above 0.
    """
    lr = _number("effective_lr", "lr", lr, least=0.0)
    if not _number("effective_lr", "norm", norm, least=0.0):
        raise ValueError("effective_lr: norm=0 must be above 0: a zero vector has no direction.")
    return lr / float(norm) / float(norm)


@door
def sum_after(start: float, target: float, lr: float, steps: int, filters: int = 2) -> float:
    """The sum of K filters after so many steps of gradient descent on (sum - s)^2/2.

    It is s + (start - s)(1 - K lr)^steps: stable for lr below 2/K, while every difference of two filters
    stays what it was. [elementary; Kunin et al. 2021]

    Args:
        start: the sum at the start.
        target: s.
        lr: the learning rate, 0 or more.
        steps: how many, 0 or more.
        filters: K, 1 or more.
    """
    steps = check_count("sum_after", "steps", steps, least=0)
    count = check_count("sum_after", "filters", filters, least=1)
    s = _number("sum_after", "target", target)
    lr = _number("sum_after", "lr", lr, least=0.0)
    kept, start = shrunk(count * lr, steps), _number("sum_after", "start", start)
    if count * lr > 0.5:
        return s + (start - s) * kept
    return start * kept - s * expm1(steps * log1p(-count * lr))


@door
def difference_after(start: float, lr: float, steps: int, *, decay: float = 0.0) -> float:
    """The difference of two summed filters after so many steps: d (1 - lr decay)^steps.

    Without weight decay it is conserved, whatever the mini-batches: the loss of every sample has the
    symmetry. Weight decay has not, and makes the filters equal in the end. [Kunin et al. 2021]

    Args:
        start: d, the difference at the start.
        lr: the learning rate, 0 or more.
        steps: how many, 0 or more.
        decay: the weight decay, 0 or more (decay |w|^2/2 in the loss, or decoupled: the same here).
    """
    steps = check_count("difference_after", "steps", steps, least=0)
    lr, decay = (
        _number("difference_after", name, value, least=0.0)
        for name, value in (("lr", lr), ("decay", decay))
    )
    return _number("difference_after", "start", start) * shrunk(lr * decay, steps)


@door
def difference_variance(lr: float, sigma: float, steps: int) -> float:
    """The variance of the difference of two summed filters whose gradients have noise of their own.

    Each step adds two independent kicks of variance (lr sigma)^2: 2 lr^2 sigma^2 steps in all. The noise
    of mini-batches is the same for both filters and adds nothing. [elementary]

    Args:
        lr: the learning rate, 0 or more.
        sigma: the standard deviation of the noise in each gradient component, 0 or more.
        steps: how many, 0 or more.
    """
    owner = "difference_variance"
    steps = check_count(owner, "steps", steps, least=0)
    lr, sigma = (
        _number(owner, name, value, least=0.0) for name, value in (("lr", lr), ("sigma", sigma))
    )
    return 2 * (lr * sigma) ** 2 * steps


@door
def permuted_copies(widths: Sequence[int], *, sign_flips: bool = False) -> tuple[float, int]:
    """How many weight settings give the same network by swapping units, as (mantissa, power of ten).

    The product of n! over the hidden layers; for odd activations such as tanh, with free outgoing weights,
    times 2^n, since the signs around each unit may be flipped together. The count is exact before it is
    rounded to a float, and it is for a generic network: with equal units there are fewer.
    [Hecht-Nielsen 1990; Chen, Lu and Hecht-Nielsen 1993]

    Args:
        widths: the units of each hidden layer, 1 or more each.
        sign_flips: count the sign flips, too.
    """
    from decimal import Context, Decimal
    from math import factorial, prod

    sizes = [check_count("permuted_copies", "widths", width, least=1) for width in widths]
    total = prod(factorial(n) * (2**n if sign_flips else 1) for n in sizes)
    rounded = Context(prec=30).create_decimal(Decimal(total))
    power = rounded.adjusted()
    return float(rounded.scaleb(-power)), power
