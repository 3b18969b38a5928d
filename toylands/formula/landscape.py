"""The `Landscape` record and the `@landscape` decorator that makes one from a formula.

    land = tl.landscape("x**2 + k*y**2", k=10)
    land.loss((1, 2)), land.grad((1, 2)), land.hessian((1, 2))   # exact
    land(k=50)                                                    # another slope, nothing recompiled

Values, derivatives and facts of a landscape are here; the parts it is made of are in `definition`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from toylands._door import door, numbers_in
from toylands._words import did_you_mean, one_of, show
from toylands.formula import stationary
from toylands.formula.declare import CriticalPoint, Declared, beyond
from toylands.formula.definition import Definition, check_column, check_lengths, define


class Spectrum(NamedTuple):
    """Eigenvalues (ascending, shape (..., d)) and eigenvectors (columns, shape (..., d, d))."""

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray


class Landscape:
    """A loss surface with exact derivatives. Make one with `landscape`; vary it by calling it.

    Every method takes points `theta` of shape (..., d) and broadcasts over the leading axes; for a
    one-dimensional landscape a plain number is a point too. Calling the landscape with parameter
    values (or data columns) returns a variant: ``rosenbrock(b=10)``. Parameters may be arrays, one
    value per walker, that broadcast against the leading axes.

    Attributes:
        name, title, doc: how it is called; its one-sentence and its full description.
        coordinates, dim: names of the coordinates and their number d.
        dials: the parameters' defaults and ranges; `parameters`: their current values.
        view, start: the default window, ((low, high), ...) per coordinate, and default start.
        data: the dataset's columns, for a landscape that is a mean over samples.
        players: for a game, the sign each coordinate puts before its gradient; otherwise None.
        kink: where no gradient exists, in words; None where it exists everywhere.
        source, tags, lessons, levels: reference, search words, lessons, spacing of contour levels.
    """

    @door
    def __init__(
        self,
        definition: Definition,
        parameters: Mapping[str, Any] | None = None,
        data: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.definition = definition
        self.parameters: dict[str, Any] = dict(
            parameters or {name: dial.default for name, dial in definition.dials.items()}
        )
        self.data: dict[str, np.ndarray] = dict(data or definition.columns)
        self.name = definition.name
        self.doc = definition.doc
        self.title = definition.doc.strip().split("\n\n")[0].replace("\n", " ").strip()
        self.coordinates = definition.coordinates
        self.dim = len(definition.coordinates)
        self.dials = definition.dials
        self.view = definition.view
        self.start = definition.start
        self.source = definition.source
        self.tags = definition.tags
        self.lessons = definition.lessons
        self.levels = definition.levels
        self.players = definition.players
        self.kink = definition.kink
        self.__doc__ = definition.doc

    # --- variants ---------------------------------------------------------------------------------

    def __call__(self, **changes: Any) -> Landscape:
        """The same landscape with other parameter values or data columns; nothing recompiles.

        Raises:
            ValueError: for an unknown name (with the nearest right one) or a value that is not a
                finite number.
        """
        parameters, data = dict(self.parameters), dict(self.data)
        for name, value in changes.items():
            if name in parameters:
                parameters[name] = _parameter(self.name, name, value)
            elif name in data:
                data[name] = check_column(self.name, name, value)
            else:
                choices = [*parameters, *data]
                known = one_of(choices, "and") if choices else "no parameters"
                raise ValueError(
                    f"{self.name} has no parameter {name!r}; it has {known}."
                    + did_you_mean(name, choices)
                )
        check_lengths(self.name, data)
        return Landscape(self.definition, parameters, data)

    # --- values -----------------------------------------------------------------------------------

    def loss(self, theta: Any) -> np.ndarray:
        """The loss at points of shape (..., d), shape (...)."""
        return self._evaluate(theta, 0)[0]

    def grad(self, theta: Any) -> np.ndarray:
        """The exact gradient at points of shape (..., d), same shape."""
        field = self._evaluate(theta, 1)[1]
        return field if self.players is None else field * np.array(self.players, dtype=float)

    def hessian(self, theta: Any) -> np.ndarray:
        """The exact Hessian at points of shape (..., d), shape (..., d, d)."""
        jacobian = self.jacobian(theta)
        if self.players is None:
            return jacobian
        return jacobian * np.array(self.players, dtype=float)[:, None]

    def field(self, theta: Any) -> np.ndarray:
        """What gradient descent subtracts: the gradient, or for a game each player's own sign on it."""
        return self._evaluate(theta, 1)[1]

    def jacobian(self, theta: Any) -> np.ndarray:
        """The Jacobian of `field`, shape (..., d, d): the Hessian, or a game's signed Hessian."""
        return self._evaluate(theta, 2)[1]

    def third(self, theta: Any) -> np.ndarray:
        """The exact third derivatives at points of shape (..., d), shape (..., d, d, d)."""
        third = self._evaluate(theta, 3)[1]
        if self.players is None:
            return third
        return third * np.array(self.players, dtype=float)[:, None, None]

    def inside(self, theta: Any) -> np.ndarray:
        """Whether the loss is real at points of shape (..., d), shape (...).

        It is not where the formula takes the logarithm of 0 or less, or an even root of a negative number.
        """
        real = ~np.isnan(self.loss(theta))
        if self.definition.has_domain:
            real = real & ~np.isnan(self._evaluate(theta, -1)[0])
        return real

    def spectrum(self, theta: Any) -> Spectrum:
        """Eigenvalues (ascending) and eigenvectors of the exact Hessian at points (..., d).

        Where the Hessian is not finite, so is its spectrum (NaN).
        """
        hessian = self.hessian(theta)
        finite = np.isfinite(hessian).all(axis=(-2, -1))
        safe = np.where(finite[..., None, None], hessian, 0.0)
        values, vectors = np.linalg.eigh(safe)
        return Spectrum(
            np.where(finite[..., None], values, np.nan),
            np.where(finite[..., None, None], vectors, np.nan),
        )

    def sample_loss(self, theta: Any, index: Any) -> np.ndarray:
        """The mean loss over the samples `index` (one number or several), for points (..., d)."""
        return self._evaluate(theta, 0, self._samples(index))[0]

    def sample_grad(self, theta: Any, index: Any) -> np.ndarray:
        """The gradient of the mean loss over the samples `index`, for points (..., d)."""
        field = self._evaluate(theta, 1, self._samples(index))[1]
        return field if self.players is None else field * np.array(self.players, dtype=float)

    # --- facts ------------------------------------------------------------------------------------

    @property
    def latex(self) -> Any:
        """LaTeX of the formula the kernels run: `.loss`, `.grad`, `.hessian`."""
        from toylands.formula.latex import Latex

        return Latex(self.definition.derivation)

    @property
    def expression(self) -> Any:
        """The formula as a SymPy expression in the coordinates and parameters."""
        return self.definition.derivation.loss

    @property
    def declared(self) -> list[Declared]:
        """The critical points this landscape claims to have with its current parameters."""
        several = [name for name, value in self.parameters.items() if np.ndim(value)]
        if several:
            raise ValueError(
                f"{self.name} has one {several[0]!r} per walker, so its critical points differ from "
                f"walker to walker: choose one, {self.name}({several[0]}=...)."
            )
        critical = self.definition.critical
        values = {**self.parameters, **self.data}
        names = inspect.signature(critical).parameters if callable(critical) else ()
        given = {name: values[name] for name in names}
        if all(d.low <= self.parameters[name] <= d.high for name, d in self.dials.items()):
            critical = critical(**given) if callable(critical) else critical
        else:
            with beyond():
                try:
                    critical = critical(**given) if callable(critical) else critical
                except (ArithmeticError, ValueError):  # the formulas for them have no value here
                    critical = []
            critical = stationary.confirmed(self, critical)
        for point in critical:
            if len(point.point) != self.dim:
                raise ValueError(
                    f"{self.name}: the declared {point.kind} {show(point.point)} must have "
                    f"{self.dim} coordinate{'s' * (self.dim > 1)} ({', '.join(self.coordinates)})."
                )
            if (point.kind == "equilibrium") != (self.players is not None):
                raise ValueError(
                    f"{self.name} is {'no' if self.players is None else 'a'} game, so its critical "
                    f"point {show(point.point)} cannot be declared as {point.kind}; a game has "
                    "equilibria and only a game has."
                )
        return list(critical)

    @property
    def critical_points(self) -> list[CriticalPoint]:
        """The declared critical points, refined by Newton's method and classified exactly.

        A point at a kink, where no gradient exists, is returned as declared, with a NaN spectrum.
        """
        declared = self.declared
        if not declared:  # most networks: do not compile their Hessian for nothing
            return []
        points = np.array([one.point for one in declared], dtype=float).reshape(-1, self.dim)
        smooth = np.isfinite(self.grad(points)).all(axis=-1)
        smooth &= np.isfinite(self.hessian(points)).all(axis=(-2, -1))
        exact = iter(self._described(self._refined(points[smooth])))
        return [
            next(exact)
            if known
            else CriticalPoint(
                point, float(self.loss(point)), one.kind, 0, np.full(self.dim, np.nan), self.dim
            )
            for one, point, known in zip(declared, points, smooth, strict=True)
        ]

    @property
    def minima(self) -> list[CriticalPoint]:
        """The critical points that are minima, or points of a valley of minima."""
        return [point for point in self.critical_points if point.kind in ("minimum", "valley")]

    @property
    def goals(self) -> list[CriticalPoint]:
        """Where walks are expected to end: the minima; in a game, the equilibria that are not unstable."""
        if self.players is None:
            return self.minima
        return [point for point in self.critical_points if point.flow != "unstable"]

    def classify(self, theta: Any) -> str:
        """What a stationary point is: "minimum", "saddle", "maximum", "valley", "ridge", "plateau".

        Decided by the exact Hessian alone. An eigenvalue counts as zero when the rounding errors of the
        Hessian's entries could have made it, those of the point included: one unit in the last place
        of each coordinate, and the distance to where two more of Newton's steps lead. The errors are
        bounds from a running error analysis of the formula (of a network, which has none, estimates), and
        the answer does not depend on the units of the coordinates. So "minimum", "saddle" and "maximum"
        are certain; "valley", "ridge" and "plateau" mean that the Hessian alone does not decide.

        For a game the answer is "equilibrium", and `critical_point` tells what the flow does there.
        Where the Hessian is not finite the answer is "kink", and where there is no loss "undefined".
        """
        return self.critical_point(theta).kind

    def critical_point(self, theta: Any) -> CriticalPoint:
        """Describe a stationary point: loss, kind, index, eigenvalues. It is not moved."""
        return self._described(self.points(theta).reshape(1, self.dim))[0]

    def _described(self, points: np.ndarray) -> list[CriticalPoint]:
        """Describe stationary points, shape (N, d)."""
        eigenvalues, losses = self.spectrum(points).eigenvalues, self.loss(points)
        signs, finite = stationary.curvature(self, points, stationary.distance(self, points))
        kinds = [kind if known else "kink" for kind, known in zip(signs.kinds, finite, strict=True)]
        flows: list[Any] = [None] * len(points)
        rates = flows if self.players is None else self.flow_rates(points)
        if self.players is not None:
            flows, kinds = stationary.flows(self, points), ["equilibrium"] * len(points)
        there = self.inside(points)
        kinds = [kind if inside else "undefined" for kind, inside in zip(kinds, there, strict=True)]
        return [
            CriticalPoint(*row)
            for row in zip(
                points, losses.tolist(), kinds, np.where(finite, signs.negative, 0).tolist(),
                eigenvalues, np.where(finite, signs.flat, self.dim).tolist(), flows, rates,
                strict=True,
            )
        ]  # fmt: skip

    def flow_rates(self, theta: Any) -> np.ndarray:
        """The eigenvalues of the flow theta' = -field at points of shape (..., d), complex, same shape.

        Without players they are minus the Hessian's eigenvalues. Ordered by their real parts, the
        fastest decay first; NaN where the Jacobian is not finite.
        """
        jacobian = -self.jacobian(theta)
        finite = np.isfinite(jacobian).all(axis=(-2, -1))
        rates = np.linalg.eigvals(np.where(finite[..., None, None], jacobian, 0.0))
        return np.sort_complex(np.where(finite[..., None], rates, np.nan))

    def newton_step(self, theta: Any) -> np.ndarray:
        """What Newton's method subtracts at points of shape (..., d), same shape; NaN at kinks.

        Directions in which the Hessian vanishes (see `classify`) are left alone. In a game the
        players' signs cancel.
        """
        points = self.points(theta)
        return stationary.newton_step(self, points.reshape(-1, self.dim)).reshape(points.shape)

    def refine(self, theta: Any, *, iterations: int = 80) -> np.ndarray:
        """Newton's method on the gradient from a nearby point, shape (d,), to rounding error.

        Directions in which the Hessian vanishes (see `classify`) are left alone, so a point of a valley
        stays put.
        """
        return self._refined(self.points(theta).reshape(1, self.dim), iterations)[0]

    def _refined(self, points: np.ndarray, iterations: int = 80) -> np.ndarray:
        """The same for several points, shape (N, d)."""
        return stationary.refined(self, points, iterations)

    # --- inside -----------------------------------------------------------------------------------

    def points(self, theta: Any, what: str = "theta") -> np.ndarray:
        """Check points and return them as float64 of shape (..., d).

        Raises:
            ValueError: when the last axis is not d long. TypeError: when they are not real numbers.
        """
        array, why = numbers_in(theta)
        if why:
            clause = f" {why} and" if why != "." else ""
            raise TypeError(
                f"{self.name}: {what}={show(theta)}{clause} is not an array of real numbers of shape "
                f"(..., {self.dim})."
            )
        array = array.astype(np.float64, copy=False)
        if array.ndim == 0 and self.dim == 1:
            array = array.reshape(1)
        if array.ndim == 0 or array.shape[-1] != self.dim:
            raise ValueError(
                f"{self.name} has {self.dim} coordinate{'s' if self.dim > 1 else ''} "
                f"({', '.join(self.coordinates)}), but {what} has shape {array.shape}; expected "
                f"(..., {self.dim})."
            )
        return array

    def parameter_rows(self, shape: tuple[int, ...]) -> np.ndarray:
        """Parameter values as rows: (P, 1) when they are plain numbers, else (P, N) for the points."""
        values = list(self.parameters.values())
        if not any(isinstance(value, np.ndarray) for value in values):
            return np.array(values, dtype=float).reshape(len(values), 1)
        try:
            rows = [np.broadcast_to(value, shape).reshape(-1) for value in values]
        except ValueError:
            sizes = {name: np.shape(v) for name, v in self.parameters.items() if np.ndim(v)}
            raise ValueError(
                f"{self.name}: parameter shapes {sizes} do not match points of shape {shape}."
            ) from None
        return np.ascontiguousarray(rows, dtype=float)

    def data_rows(self) -> np.ndarray:
        """The dataset's columns as rows, shape (C, samples); (0, 0) for none."""
        if not self.data:
            return np.empty((0, 0))
        return np.ascontiguousarray(list(self.data.values()), dtype=float)

    @property
    def samples(self) -> int:
        """The number of samples in the dataset; 0 for a landscape without data."""
        return self.data_rows().shape[1]

    def _samples(self, index: Any) -> np.ndarray:
        if not self.data:
            raise ValueError(
                f"{self.name} has no data: it is one formula, not a mean over samples."
            )
        chosen = np.atleast_1d(np.asarray(index))
        if chosen.dtype.kind not in "iu" or chosen.ndim != 1 or not len(chosen):
            raise TypeError(
                f"{self.name}: index={show(index)} is not a sample number or a list of them."
            )
        if chosen.min() < 0 or chosen.max() >= self.samples:
            raise ValueError(
                f"{self.name} has samples 0 to {self.samples - 1}, but index={show(index)}."
            )
        return chosen.astype(np.int64)

    def _evaluate(self, theta: Any, order: int, index: np.ndarray | None = None) -> tuple[Any, Any]:
        from toylands.formula.evaluate import evaluate

        points = self.points(theta)
        lead = points.shape[:-1]
        sizes = {name: np.shape(v) for name, v in self.parameters.items() if np.ndim(v)}
        if sizes:
            try:
                lead = np.broadcast_shapes(lead, *sizes.values())
            except ValueError:
                raise ValueError(
                    f"{self.name}: parameters of shape {sizes} do not broadcast against points of "
                    f"shape {lead} + ({self.dim},)."
                ) from None
            points = np.broadcast_to(points, (*lead, self.dim))
        flat = np.ascontiguousarray(points.reshape(-1, self.dim))
        rows = self.parameter_rows(lead)
        kernel = self.definition.kernel(order, loss=order <= 0, shared=rows.shape[1] == 1)
        if index is None:
            index = np.arange(self.samples)
        width = self.dim**order if order > 0 else 0
        loss, out = evaluate(
            kernel, flat, rows, self.data_rows(), index, width, want_loss=order <= 0
        )
        return (
            None if loss is None else loss.reshape(lead)[()],
            None if out is None else out.reshape(*lead, *(self.dim,) * order),
        )

    def __repr__(self) -> str:
        first = self.definition.columns
        other = {n: v for n, v in self.data.items() if not np.array_equal(v, first[n])}
        given = (self.parameters | other).items()
        return f"{self.name}({', '.join(f'{name}={show(value)}' for name, value in given)})"

    def _repr_markdown_(self) -> str:
        inside = ", ".join(self.coordinates)
        return f"**{self!r}**: {self.title}\n\n$$L({inside}) = {self.latex.loss}$$"


def _parameter(landscape_name: str, name: str, value: Any) -> Any:
    array, why = numbers_in(value)
    if why == "." or array.dtype.kind == "b":
        raise TypeError(f"{landscape_name}: {name}={show(value)} is not a number.")
    if why:
        raise ValueError(f"{landscape_name}: {name}={show(value)} {why}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{landscape_name}: {name}={show(value)} is not finite.")
    return float(array) if array.ndim == 0 else array.astype(float)


def landscape(formula: str | None = None, /, **options: Any) -> Any:
    """Make a landscape: as a decorator over a formula, or directly from text.

    As a decorator the function's positional arguments are the coordinates and its keyword-only
    arguments the parameters (each given a `dial` here) or data columns:

        @landscape(view=((-2, 2), (-2, 2)), k=dial(10.0, 1, 100))
        def bowl(x, y, *, k):
            "A bowl, k times steeper in y."
            return (x**2 + k*y**2)/2

    From text, names given as numbers are parameters and all other names are coordinates, in
    alphabetical order unless `coordinates` says otherwise: ``landscape("x**2 + k*y**2", k=10)``.

    Args:
        formula: text, or None for the decorator.
        **options: `view` ((low, high) per coordinate), `start`, `source`, `tags`, `lesson`, `levels`
            ("linear", "log" or "quantile"), `critical` (declared critical points, or a function of
            the parameters returning them), `data` (columns; the formula is then per sample and the
            loss its mean), `players` (a game: +1 or -1 per coordinate), `kink` (words); for text
            also `name` and `coordinates`; and every parameter by name.

    Raises:
        ValueError, TypeError: naming what is wrong in the definition and what was expected.
    """
    formula = options.pop("formula", None) if formula is None else formula
    if formula is not None:
        from toylands.formula.text import from_text

        if callable(formula):
            raise TypeError(
                "write the decorator with parentheses: @landscape(...), even when empty."
            )
        return from_text(formula, **options)

    def decorate(function: Callable[..., Any]) -> Landscape:
        return Landscape(define(function, **options))

    return decorate
