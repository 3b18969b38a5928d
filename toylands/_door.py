"""Arguments checked at the door of a function, by what its annotations say.

    @door
    def floor(lr: float, curvature: float, batch: int | None = None) -> float: ...

    floor("a", 1.0)     # TypeError: floor: lr='a' must be a number.

A function says once, in its signature, what it takes; with `@door` that is checked before it begins,
so that a wrong value never ends as an error from somewhere inside. Ranges (above 0, at most 1) are the
function's own business. `Numbers` is the annotation of an argument that may be a number, a list or an array
of real numbers.

Every layer may import this module; of toylands it imports the words of messages only.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple, ParamSpec, TypeAlias, TypeVar

import numpy as np

from toylands._words import show

P = ParamSpec("P")
R = TypeVar("R")

#: real numbers in any shape: a number, a list, an array
Numbers: TypeAlias = Any

#: what a class of ours is called in a message, and what makes one
MADE_BY = {
    "Alignment": "an alignment, as toylands.geometry.align returns it",
    "BasinVolume": "a volume, as toylands.geometry.basin_volumes returns them",
    "Basins": "a basin map, as toylands.basins returns it",
    "Census": "a census, as toylands.geometry.census returns it",
    "Conserved": "what toylands.geometry.conserved returns",
    "Convexity": "what toylands.geometry.convexity returns",
    "EnsembleError": "what toylands.geometry.ensemble_error returns",
    "Interpolation": "a line, as toylands.geometry.interpolate returns it",
    "Definition": "a definition (landscapes are made by toylands.landscape)",
    "Kicks": "what toylands.geometry.kicks returns",
    "Landscape": "a landscape such as toylands.landscapes.rosenbrock",
    "LowLossPath": "a path, as toylands.geometry.bezier_path returns it",
    "Matching": "a matching, as toylands.geometry.match_units returns it",
    "Network": "a network, as toylands.networks.mlp returns it",
    "NoiseResponse": "what toylands.geometry.noise_response returns",
    "Optimizer": "an optimizer such as toylands.gd(0.1)",
    "RandomCurvatures": "what toylands.geometry.random_curvatures returns",
    "RandomHessians": "what toylands.geometry.random_hessians returns",
    "SampledPlane": "a plane, as toylands.geometry.sample_plane returns it",
    "Schedule": "a schedule such as toylands.schedules.cosine(300)",
    "SpectralDensity": "a spectrum, as toylands.geometry.spectral_density returns it",
    "Sweep": "a sweep, as toylands.sweep returns it",
    "Ticket": "a ticket, as toylands.geometry.find_ticket returns it",
    "Trajectory": "one walk (a Trajectory), as toylands.descend returns it",
    "TrajectoryPCA": "what toylands.geometry.trajectory_pca returns",
    "WorstCase": "what toylands.geometry.worst_case returns",
}
_NUMBER, _WHOLE, _NUMBERS = "a number", "a whole number", "real numbers in a list or an array"


class Kind(NamedTuple):
    """What an argument may be: in words, and a test that returns "" or why the value does not fit.

    The test's answer "." means that the words say it all.
    """

    words: str
    fault: Callable[[Any], str]


def door(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a function by its annotations, which are read at the first call.

    Raises:
        TypeError, ValueError: from the function made, naming the argument, its value and what was expected.
    """
    signature = inspect.signature(function)
    names = tuple(signature.parameters)
    owner = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]

    @functools.cache
    def kinds() -> dict[str, Kind]:
        return {
            name: kind
            for name, parameter in signature.parameters.items()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            and isinstance(parameter.annotation, str)
            and (
                kind := _SEED
                if (name, parameter.annotation) == ("seed", "int")
                else kind_of(parameter.annotation)
            )
            is not None
        }

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        wanted = kinds()
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            kind = wanted.get(name)
            if kind is not None and (why := kind.fault(value)):
                raise refusal(owner, name, value, kind.words, why)
        return function(*args, **kwargs)

    return checked


def refusal(owner: str, name: str, value: Any, words: str, why: str = ".") -> Exception:
    """Return the error for an argument that is not what it must be."""
    shown = repr(float(value)) if isinstance(value, float) else show(value)  # 10.0 is not 10 here
    if why == ".":
        return TypeError(f"{owner}: {name}={shown} must be {words}.{_hint(name, words, value)}")
    return ValueError(f"{owner}: {name}={shown} {why}; it must be {words}.")


def _hint(name: str, words: str, value: Any) -> str:
    """Return the nearest right choice, where the value shows what was meant."""
    called = getattr(value, "__name__", None)
    if words == MADE_BY["Optimizer"] and callable(value) and isinstance(called, str):
        return f" {called} makes optimizers; call it first: {called}(lr=0.1)."
    if words == MADE_BY["Landscape"] and isinstance(value, str):
        return " Turn text into one with toylands.landscape(...)."
    if words == MADE_BY["Trajectory"] and type(value).__name__ in ("Swarm", "Race"):
        return f" Choose one of its walks, for example {name}[0]."
    if words == _WHOLE and isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        number = float(value)
        return f" Did you mean {round(number)}?" if abs(number) < 1e15 else ""
    return ""


# ------------------------------------------------------------------------------ what a value is


def number_fault(value: Any) -> str:
    """Return "" for one real number, NaN and infinity included, otherwise why it is none."""
    if type(value) is float or (type(value) is int and -_LARGE < value < _LARGE):
        return ""
    if isinstance(value, bool | np.bool_ | str | bytes | list | tuple) or np.shape(value):
        return "."
    return numbers_fault(value)


def whole_fault(value: Any) -> str:
    """Return "" for a whole number of at most 64 bits, otherwise why it is none."""
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        return "."
    try:
        number = value.__index__()
    except TypeError:  # an array of several numbers
        return "."
    return "" if -_LARGE <= number < _LARGE else "is too large"


def numbers_fault(value: Any) -> str:
    """Return "" for real numbers in any shape, otherwise why they are none."""
    return numbers_in(value)[1]


def numbers_in(value: Any) -> tuple[np.ndarray, str]:
    """Return real numbers as an array, and "" or why they are none (the array is then empty).

    Missing entries of a masked array are no numbers; what lies under the mask is nobody's data.
    """
    if getattr(value, "mask", None) is not None and np.ma.is_masked(value):
        return _NONE, "has missing (masked) entries"
    try:
        array = np.asarray(value)
        if array.dtype.kind in "fiub":
            return array, ""
        if array.dtype.kind == "O" and _convertible(array):
            return array.astype(float), ""
    except OverflowError:
        return _NONE, "is too large for a floating-point number (at most 1.8e308)"
    except (TypeError, ValueError, RecursionError):
        pass
    return _NONE, "."


_LARGE = 2**63
_NONE = np.empty(0)


def _convertible(array: np.ndarray) -> bool:
    """Whether an array of objects holds numbers: large integers, fractions, those of SymPy or mpmath."""
    return all(
        isinstance(part, Real) or (hasattr(part, "__float__") and not isinstance(part, np.ndarray))
        for part in array.flat
    )


def text_fault(value: Any) -> str:
    """Return "" for text that can be written, otherwise why it cannot."""
    if not isinstance(value, str):
        return "."
    try:
        value.encode()
    except UnicodeEncodeError:
        return "contains half a character (a surrogate)"
    return ""


def _instance(name: str) -> Kind:
    # By name, so that no class needs to be imported to find that a value is not one.
    def fault(value: Any) -> str:
        return "" if any(one.__name__ == name for one in type(value).__mro__) else "."

    return Kind(MADE_BY[name], fault)


def _plain(words: str, test: Callable[[Any], bool]) -> Kind:
    return Kind(words, lambda value: "" if test(value) else ".")


_KINDS: dict[str, Kind] = {
    "None": _plain("None", lambda value: value is None),
    "bool": _plain("True or False", lambda value: isinstance(value, bool | np.bool_)),
    "int": Kind(_WHOLE, whole_fault),
    "float": Kind(_NUMBER, number_fault),
    "str": Kind("text", text_fault),
    "Numbers": Kind(_NUMBERS, numbers_fault),
    "np.ndarray": Kind(_NUMBERS, numbers_fault),
    "ArrayLike": Kind(_NUMBERS, numbers_fault),
    "Mapping": _plain("a dictionary", lambda value: isinstance(value, Mapping)),
    "dict": _plain("a dictionary", lambda value: isinstance(value, Mapping)),
    "Callable": _plain("a function", callable),
}
#: a seed is a number, whatever else it may be: NumPy has no negative ones
_SEED = Kind(
    "a whole number, 0 or more",
    lambda value: whole_fault(value) or ("is negative" if value < 0 else ""),
)
_SEVERAL = ("Sequence", "Iterable", "list")


@functools.cache
def kind_of(annotation: str) -> Kind | None:
    """Return what an annotation asks for, or None where it allows everything."""
    return _read(ast.parse(annotation, mode="eval").body)


def _read(node: ast.expr) -> Kind | None:
    if isinstance(node, ast.BinOp):  # A | B
        return _either(_read(node.left), _read(node.right))
    if isinstance(node, ast.Subscript):
        base = ast.unparse(node.value)
        if base in _SEVERAL:
            return _several(_read(node.slice))
        if base == "tuple":
            return _row(node.slice)
        return _KINDS.get(base)
    name = ast.unparse(node)
    return _KINDS.get(name) or (_instance(name) if name in MADE_BY else None)


def _either(first: Kind | None, second: Kind | None) -> Kind | None:
    if first is None or second is None:
        return None

    def fault(value: Any) -> str:
        faults = (first.fault(value), second.fault(value))
        return "" if "" in faults else max(faults, key=len)

    between = ", or" if ", each" in first.words else " or"
    return Kind(f"{first.words}{between} {second.words}", fault)


def _several(inside: Kind | None, count: int | None = None) -> Kind:
    words = "a list" if count is None else f"{count} values"
    words += "" if inside is None else f", each {inside.words}"

    def fault(value: Any) -> str:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            return "."
        if isinstance(value, np.ndarray) and value.ndim == 0:
            return "."
        if not isinstance(value, Sequence | np.ndarray | set | frozenset):
            return ""  # to look inside an iterator would use it up
        if isinstance(value, np.ndarray) and np.ma.is_masked(value):
            return "has missing (masked) entries"
        if count is not None and len(value) != count:
            return "."
        return next((why for part in value if inside and (why := inside.fault(part))), "")

    return Kind(words, fault)


def _row(node: ast.expr) -> Kind:
    """A tuple: `tuple[int, int]` or `tuple[int, ...]`."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    inside = _read(parts[0])
    endless = isinstance(parts[-1], ast.Constant) and parts[-1].value is Ellipsis
    return _several(inside, None if endless else len(parts))
