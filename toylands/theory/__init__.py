"""What is known exactly: closed forms and recursions that an experiment is compared with.

    tl.theory.noise.floor(...)       # one module per subject

Every function computes its answer from the formula that its docstring states, with its source; none
of them runs an optimizer.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from toylands._words import missing

__all__ = sorted(
    module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise missing("toylands.theory", name, __all__)


def __dir__() -> list[str]:
    return __all__
