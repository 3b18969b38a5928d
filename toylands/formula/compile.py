"""Everything about compilation, in one place: settings, signatures, pointers, the kernel compiler.

Kernels and rules are C functions over raw pointers. The loops that call them (in
`toylands.formula.evaluate` and `toylands.dynamics.loop`) receive their addresses as plain integers, so
they compile once, stay in numba's disk cache, and never recompile when a landscape or an optimizer is
swapped. numba is imported with this module, that is: with the first evaluation, not with toylands.
"""

from __future__ import annotations

import functools
import importlib
import math
import re
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from toylands.formula import scalars
from toylands.formula.caches import kept, kept_c
from toylands.formula.division import quotient
from toylands.formula.memory import undisturbed
from toylands.formula.waiting import FORMULA, Wait

if numba.config.DISABLE_JIT:
    raise RuntimeError(
        "NUMBA_DISABLE_JIT is set: toylands computes in compiled code only. Unset it, and start again."
    )

#: IEEE semantics everywhere (division by zero gives infinity, no exception). Nothing of `fastmath`: fused
#: multiply-add rounds once where two operations round twice, so that chaotic walks would go other ways on
#: processors with and without it, or with vectors of another width.
SETTINGS: dict[str, Any] = {"error_model": "numpy"}

f8 = types.float64
i8 = types.int64
doubles = types.CPointer(f8)
longs = types.CPointer(i8)
void = types.void

KERNEL = types.void(i8, i8, doubles, doubles, doubles, i8, longs, i8, doubles, doubles)
RULE = f8(i8, i8, i8, f8, f8, doubles, doubles, doubles, doubles, doubles)
PRECONDITION = types.void(i8, i8, i8, doubles, doubles, doubles, doubles)

#: how far an angle may be for `quick_sin` and `quick_cos`
FAR = 1e6

#: how many kernels and rules were compiled in this process (tests watch it)
compiled = 0
#: how many of them are remembered, so that the same source is compiled once
KEPT = 1_024
_compiling = threading.RLock()


def loop(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a hot loop: compiled for one signature, without the GIL, kept in the disk cache."""

    @undisturbed()
    def decorate(function: Callable[..., Any]) -> Any:
        return kept(function, signature, nogil=True, **SETTINGS)

    return decorate


def inline(result: Any, *arguments: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a helper that hot loops call, with its types.

    One fixed signature (numba would compile one more for every mix of literals it is called with) and
    no entry points for Python or C: this halves the time of a first run on a fresh machine.
    """

    @undisturbed()
    def decorate(function: Callable[..., Any]) -> Any:
        bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        return kept(function, result(*arguments), nogil=True, **bare, **SETTINGS)

    return decorate


def woven(function: Callable[..., Any]) -> Any:
    """Decorate a helper that is written into its caller before anything is compiled.

    An inlined one is optimised by itself first, which can keep its caller's loop from being vectorised.
    """
    return numba.njit(inline="always", **SETTINGS)(function)


class Stage:
    """A part of a loop that only some jobs need: compiled (or loaded) when first asked for its address."""

    #: a second thread waits: were it to compile too, the first one's code would be freed while in use
    _lock = threading.RLock()

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self._function, self._signature = function, signature
        self._made: Any = None

    @property
    def compiled(self) -> Any:
        """The compiled C function; it lives as long as the stage."""
        if self._made is None:
            with self._lock, undisturbed():
                if self._made is None:
                    self._made = kept_c(self._function, self._signature, **SETTINGS)
        return self._made

    @property
    def address(self) -> int:
        """Where the compiled C function is."""
        return int(self.compiled.address)


#: all that were decorated, so that they can be compiled before anybody waits for them
stages: list[Stage] = []


def stage(signature: Any) -> Callable[[Callable[..., Any]], Stage]:
    """Decorate a part of a loop that is called by address, see `Stage`."""

    def decorate(function: Callable[..., Any]) -> Stage:
        stages.append(Stage(function, signature))
        return stages[-1]

    return decorate


# --- raw memory -----------------------------------------------------------------------------------


@intrinsic
def peek(typingctx: Any, address: Any, i: Any) -> Any:
    """The float64 number i of the memory at an integer address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.DoubleType().as_pointer())
        return builder.load(builder.gep(pointer, [args[1]]))

    return f8(i8, i8), generate


@intrinsic
def poke(typingctx: Any, address: Any, i: Any, value: Any) -> Any:
    """Write the float64 number i of the memory at an integer address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.DoubleType().as_pointer())
        builder.store(args[2], builder.gep(pointer, [args[1]]))
        return context.get_dummy_value()

    return types.void(i8, i8, f8), generate


@intrinsic
def peek_long(typingctx: Any, address: Any, i: Any) -> Any:
    """The int64 number i of the memory at an integer address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(pointer, [args[1]]))

    return i8(i8, i8), generate


@intrinsic
def poke_long(typingctx: Any, address: Any, i: Any, value: Any) -> Any:
    """Write the int64 number i of the memory at an integer address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        builder.store(args[2], builder.gep(pointer, [args[1]]))
        return context.get_dummy_value()

    return types.void(i8, i8, i8), generate


def caller(signature: Any) -> Any:
    """An intrinsic that calls the function of this signature at an integer address.

    Pointers are passed as integer addresses too and cast at the call.
    """
    plain = [
        i8 if isinstance(argument, types.CPointer) else argument for argument in signature.args
    ]

    @intrinsic
    def call(typingctx: Any, address: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            values = cgutils.unpack_tuple(builder, args[1])
            wanted = [context.get_value_type(argument) for argument in signature.args]
            cast = [
                builder.inttoptr(value, kind) if isinstance(kind, ir.PointerType) else value
                for value, kind in zip(values, wanted, strict=True)
            ]
            nothing = signature.return_type == types.void
            given = ir.VoidType() if nothing else context.get_value_type(signature.return_type)
            pointer = ir.FunctionType(given, wanted).as_pointer()
            result = builder.call(builder.inttoptr(args[0], pointer), cast)
            return context.get_dummy_value() if nothing else result

        return signature.return_type(i8, types.Tuple(plain)), generate

    return call


call_kernel = caller(KERNEL)
call_rule = caller(RULE)
call_precondition = caller(PRECONDITION)


# --- memory inside kernels: every output row is its own alias scope --------------------------------
# LLVM vectorises a loop only when it knows that stores do not touch what is loaded. Rows of one block
# never overlap, and saying so here (scoped noalias metadata) spares run-time checks, which LLVM gives
# up on beyond a handful of rows.


def _scopes(module: Any, rows: int) -> list[Any]:
    domain = module.add_metadata([ir.MetaDataString(module, "toylands rows")])
    return [
        module.add_metadata([ir.MetaDataString(module, f"row {r}"), domain]) for r in range(rows)
    ]


def _annotate(instruction: Any, module: Any, rows: int, own: int | None) -> None:
    scopes = _scopes(module, rows)
    if own is not None:
        instruction.set_metadata("alias.scope", module.add_metadata([scopes[own]]))
    others = [scope for r, scope in enumerate(scopes) if r != own]
    if others:
        instruction.set_metadata("noalias", module.add_metadata(others))


@functools.cache
def loader(rows: int, own: int | None = None) -> Any:
    """`load(pointer, i)` of memory that none of the `rows` output rows overlaps (but for `own`)."""

    @intrinsic
    def load(typingctx: Any, pointer: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = builder.load(builder.gep(args[0], [args[1]]))
            _annotate(value, builder.module, rows, own)
            return value

        return f8(doubles, i8), generate

    return load


@functools.cache
def storer(rows: int, own: int) -> Any:
    """`store(pointer, i, value)` into output row `own` of `rows`."""

    @intrinsic
    def store(typingctx: Any, pointer: Any, i: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            instruction = builder.store(args[2], builder.gep(args[0], [args[1]]))
            _annotate(instruction, builder.module, rows, own)
            return context.get_dummy_value()

        return types.void(doubles, i8, f8), generate

    return store


@intrinsic
def index_at(typingctx: Any, pointer: Any, i: Any) -> Any:
    """The sample number i of an index list."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.gep(args[0], [args[1]]))

    return i8(longs, i8), generate


@intrinsic
def multiply_words(typingctx: Any, a: Any, b: Any) -> Any:
    """The 64-bit product of the low 32 bits of two integers (said so that it vectorises)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, long = ir.IntType(32), ir.IntType(64)
        return builder.mul(*(builder.zext(builder.trunc(arg, word), long) for arg in args))

    return i8(i8, i8), generate


@intrinsic
def gather(typingctx: Any, total: Any, value: Any) -> Any:
    """total + value, for a sum of which no digit is used: only whether it is finite, 0, or too large.

    Its terms may be added in any order, so that it vectorises; how depends on the processor.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(*args, flags=("reassoc",))

    return f8(f8, f8), generate


@functools.cache
def wide() -> bool:
    """Whether this processor has vectors of 512 bits that do not slow down its clock (since 2019)."""
    return bool(binding.get_host_cpu_features().get("avx512vbmi2"))


@intrinsic
def widen(typingctx: Any) -> Any:
    """Let the function in which this is called use the widest vectors.

    LLVM keeps to half of the width on Intel's processors, for the sake of the first ones that had it all.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if wide():  # llvmlite knows no attributes with a value
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


# --- what generated code may call --------------------------------------------------------------------

NAMESPACE: dict[str, Any] = {
    "sqrt": math.sqrt,
    "abs": abs,
    "nan": math.nan,
    "FAR": FAR,
    "index_at": index_at,
    "gather": gather,
    "widen": widen,
    "quotient": quotient,
}


#: functions that are our own plain arithmetic, and their modules: no C library decides a digit
OWN = {
    **dict.fromkeys(("exp", "expm1", "sinh", "cosh", "tanh"), "exponentials"),
    **dict.fromkeys(("log", "log1p", "pow"), "logarithms"),
    **dict.fromkeys(("sin", "cos", "tan", "quick_sin", "quick_cos"), "angles"),
    **dict.fromkeys(("asin", "acos", "atan"), "inverse"),
    **dict.fromkeys(("erf", "erfc"), "error_function"),
}


def own(name: str) -> Any:
    """Our own compiled function of this name; its module is imported when a formula first needs it."""
    return getattr(importlib.import_module(f"toylands.formula.{OWN[name]}"), name)


@functools.cache
def scalar(name: str) -> Any:
    """The compiled function of this name in `toylands.formula.scalars`, made of our own functions."""
    text = getattr(scalars, name)
    ours = {called: own(called) for called in text.__code__.co_names if called in OWN}
    function = FunctionType(text.__code__, {**vars(scalars), **ours}, name)
    return inline(f8, *[f8] * function.__code__.co_argcount)(function)


def compile_source(source: str, entry: str, rows: int, signature: Any) -> Any:
    """Compile generated source to a C function; keep the returned object alive while it is used.

    The same source is compiled once: whoever writes a formula again (a cell run again, an explorer that
    reads it from its scene) gets the function there is. LLVM gives back nothing of what it used for one,
    about half a megabyte, so the last `KEPT` of them are remembered, whether still used or not.

    Args:
        source: Python text defining `entry`, made by this package from expressions (never from
            what a user typed).
        entry: the name of the function in it.
        rows: how many output rows it stores.
        signature: one of the signatures above.
    """
    with _compiling:  # a second thread that asks for the same waits for it
        return _compiled(source, entry, rows, signature)


@functools.lru_cache(maxsize=KEPT)
def _compiled(source: str, entry: str, rows: int, signature: Any) -> Any:
    global compiled
    namespace = dict(NAMESPACE)
    called = set(re.findall(r"\b[a-z_]\w*(?=\()", source))
    namespace |= {name: scalar(name) for name in called & set(scalars.__all__)}
    namespace |= {name: own(name) for name in called & set(OWN)}
    namespace["load"] = loader(rows)
    for r in range(rows):
        namespace[f"store_{r}"] = storer(rows, r)
        namespace[f"fetch_{r}"] = loader(rows, r)
    exec(compile(source, f"<toylands {entry}>", "exec"), namespace)
    compiled += 1
    with undisturbed(), Wait(FORMULA) as wait:
        wait.begin()
        return numba.cfunc(signature, **SETTINGS)(namespace[entry])
