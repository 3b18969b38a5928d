"""What only a fresh process shows: import time, time to a first trajectory, memory, recompilation.

Every program is one a user could type. It prints one line of JSON: seconds and bytes, measured
inside; `wall` is added here, from before the interpreter starts to the result (its end is not waited for).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from toylands.bench.problems import MissingError

_CLOCK = """
import json, sys, time
def peak():
    try:  # of this program alone: what getrusage tells may come from the process that started it
        with open("/proc/self/status") as lines:
            return next(1024*int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024*most
begin = time.perf_counter()
"""

_REPORT = """
done, clock = time.perf_counter(), time.time()
answer = {"import": imported - begin, "after": done - imported, "peak": peak()}
print(json.dumps(answer | {"done": clock}))
"""

_OURS = """
import toylands as tl
imported = time.perf_counter()
run = tl.descend(tl.landscapes.rosenbrock, tl.adam(lr=0.01), start=(-1.2, 1.0), steps=300)
assert run.path.shape == (301, 2)
"""

_JAX = """
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
imported = time.perf_counter()
def loss(z):
    return (1 - z[0])**2 + 100*(z[1] - z[0]**2)**2
def step(carry, t):
    z, m, v = carry
    g = jax.grad(loss)(z)
    m, v = 0.9*m + 0.1*g, 0.999*v + 0.001*g*g
    z = z - 0.01*(m/(1 - 0.9**t))/(jnp.sqrt(v/(1 - 0.999**t)) + 1e-8)
    return (z, m, v), z
start, zero, t = jnp.array([-1.2, 1.0]), jnp.zeros(2), jnp.arange(1.0, 301.0)
path = jax.jit(lambda z: jax.lax.scan(step, (z, zero, zero), t)[1])(start).block_until_ready()
assert path.shape == (300, 2)
"""

_TORCH = """
import torch
imported = time.perf_counter()
z = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
opt = torch.optim.Adam([z], lr=0.01)
path = []
for _ in range(300):
    opt.zero_grad()
    ((1 - z[0])**2 + 100*(z[1] - z[0]**2)**2).backward()
    opt.step()
    path.append(z.detach().clone())
assert len(path) == 300
"""

_NETWORK = """
import toylands as tl
imported = time.perf_counter()
net = tl.networks.mlp((2, 12, 12, 1), data=tl.networks.two_moons(100))
assert net.grad(net.start).shape == (205,)
assert net.hessian(net.start).shape == (205, 205)
"""

_PROGRAMS = {"toylands": _OURS, "network": _NETWORK, "JAX": _JAX, "torch": _TORCH}

_SWAP = """
import json, time
import toylands as tl
from numba.core import event
class Compilations(event.Listener):
    count = 0
    def on_start(self, happening):  # every compilation begins with this pass, whatever it is for
        Compilations.count += "translate_bytecode" in str(happening.data)
    def on_end(self, happening):
        pass
event.register("numba:run_pass", Compilations())
results = {}
def measure(name, land, opt):
    before, begin = Compilations.count, time.perf_counter()
    tl.descend(land, opt, start=(-1.2, 1.0), steps=300)
    seconds = time.perf_counter() - begin
    results[name] = {"seconds": seconds, "compiled": Compilations.count - before}
valley, hills = tl.landscapes.rosenbrock, tl.landscapes.himmelblau
measure("first run of a landscape with gd", valley, tl.gd(1e-3))
measure("first run of another with adam", hills, tl.adam(1e-2))
measure("the same again", valley, tl.gd(1e-3))
measure("swap the rate", valley, tl.gd(2e-4))
measure("swap a parameter of the landscape", valley(b=10.0), tl.gd(1e-3))
measure("swap the optimizer", valley, tl.adam(1e-2))
measure("swap a hyper-parameter", valley, tl.adam(1e-2, beta1=0.8))
measure("swap the landscape", hills, tl.gd(1e-3))
print(json.dumps(results))
"""

#: what may compile: it was never used before in the process
FIRST_USES = ("first run of a landscape with gd", "first run of another with adam")


def trial(name: str, cache: str | None = None) -> dict[str, float]:
    """Run the first trajectory of `name` in a fresh process.

    Args:
        name: "toylands", "JAX" or "torch"; "network" for a network's gradient and Hessian instead.
        cache: numba's cache folder; by default the usual one.

    Returns:
        Seconds `import`, `after` it and `wall` in all (with the start of Python), and `peak` bytes of memory.
    """
    begin = time.time()  # a clock that the other process has too
    answer: dict[str, float] = _python(_CLOCK + _PROGRAMS[name] + _REPORT, cache)
    return answer | {"wall": answer.pop("done") - begin}


def swaps() -> dict[str, dict[str, float]]:
    """Swap the rate, a parameter, the optimizer and the landscape in a fresh process.

    Returns:
        For each swap its `seconds` and how many functions were `compiled`.
    """
    answer: dict[str, dict[str, float]] = _python(_SWAP, None)
    return answer


def empty_cache() -> tempfile.TemporaryDirectory[str]:
    """A folder for numba's cache with nothing in it, as on a fresh machine."""
    return tempfile.TemporaryDirectory(prefix="toylands-bench-")


def _python(program: str, cache: str | None) -> Any:
    home = str(Path(__file__).parents[2])
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH")) if part)
    environment = os.environ | {"PYTHONPATH": path}
    if cache:
        environment["NUMBA_CACHE_DIR"] = cache
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        last = answer.stderr.strip().splitlines()[-1:] or ["no message"]
        if "ModuleNotFoundError" in last[0]:
            raise MissingError("not installed")
        raise RuntimeError(f"a benchmark program failed: {answer.stderr.strip()}")
    return json.loads(answer.stdout.strip().splitlines()[-1])
