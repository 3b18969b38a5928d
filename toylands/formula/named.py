"""Copies of what a function was made into: a definition or a rule is shared, and pickled by its name.

    pickle.loads(pickle.dumps(tl.landscapes.rosenbrock(b=5)))    # the same definition, b = 5

A formula is Python code, which no pickle holds. As with functions, the pickle says where it is defined:
reading it needs the module, or the notebook cell, that defined it.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Callable
from typing import Any


def place(function: Callable[..., Any], what: str, mine: Callable[[Any], bool]) -> tuple[str, str]:
    """Return (module, name) of the module-level name that holds what was made of `function`.

    Raises:
        PicklingError: when there is none, or something else has its name by now.
    """
    module, name = function.__module__, function.__name__
    if mine(getattr(sys.modules.get(module), name, None)):
        return module, name
    raise pickle.PicklingError(
        f"{what} {name} cannot be pickled: no name of a module or a notebook holds it (any more). Give it "
        "a name at the top level, or keep its numbers (path, loss, ...) instead; copy.deepcopy works."
    )


def found(module: str, name: str, part: str) -> Any:
    """Return the part ("definition", "rule") of what a module calls `name`, or the whole for "".

    Raises:
        AttributeError: when the module has no such name.
    """
    value = getattr(importlib.import_module(module), name, None)
    if value is None or not hasattr(value, part or "__class__"):
        raise AttributeError(
            f"the pickle needs {name}, which {module} does not define here: run the cell, or import the "
            "module, that defines it first."
        )
    return getattr(value, part) if part else value
