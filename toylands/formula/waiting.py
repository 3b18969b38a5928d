"""A compile that takes longer than a second says so in one sentence, and takes it back when it is done.

In a terminal that is a line on standard error, which is erased again. In a notebook it is an output of the
cell that runs, which is emptied again (what a kernel writes to standard error looks like a fault there).
Elsewhere, as in a script whose output goes into a file, nothing is said.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

#: seconds of compiling before anything is said
PATIENCE = 1.0
#: seconds without compiling after which the next compile is a wait of its own
PAUSE = 1.0

LOOPS = "toylands compiles its loops, once on this computer; this can take half a minute."
FORMULA = "toylands compiles this formula; a long one takes some seconds."


class _Line:
    """A line of a terminal. It is erased at once, since the next thing written goes there."""

    linger = 0.0

    def show(self, words: str) -> None:
        sys.stderr.write(f"\r{words}")
        sys.stderr.flush()

    def hide(self, words: str) -> None:
        sys.stderr.write(f"\r{' ' * len(words)}\r")
        sys.stderr.flush()


class _Output:
    """An output of a notebook's cell.

    It stays for a moment, since another part may follow, but no longer than the cell runs: some programs
    that run notebooks take no notice of what comes after it.
    """

    linger = 0.5

    def __init__(self, shell: Any, finish: Callable[[], None]) -> None:
        self._shell = shell
        self._identity = {"display_id": uuid.uuid4().hex}
        self._finish = lambda *_: finish()

    def show(self, words: str) -> None:
        data = {"text/plain": words, "text/html": f'<span style="opacity:.7">{words}</span>'}
        self._shell.display_pub.publish(data=data, transient=self._identity)
        self._shell.events.register("post_run_cell", self._finish)

    def hide(self, words: str) -> None:
        self._shell.display_pub.publish(data={}, transient=self._identity, update=True)
        self._shell.events.unregister("post_run_cell", self._finish)


def _place() -> Any:
    """Where somebody who waits can be told; None for nowhere."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        # What a moved slider asks for belongs to no cell; the explorer itself says that it computes.
        asked = getattr(shell.display_pub, "parent_header", None) or {}
        return shell if asked.get("msg_type") == "execute_request" else None
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None


class _Notice:
    """The one sentence of this process: who compiles, since when, and what is shown."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._at_work = 0
        self._spent = 0.0  # seconds of compiling, without a pause in between
        self._began = self._ended = -PAUSE
        self._shown: tuple[Any, str] | None = None
        self._timer: threading.Timer | None = None

    def begin(self, words: str) -> None:
        with self._lock:
            self._at_work += 1
            if self._at_work > 1:
                return
            self._stop()
            place = _place()
            self._began = time.monotonic()
            if self._began - self._ended > PAUSE:
                self._spent = 0.0
            if place is not None and self._shown is None:
                self._after(PATIENCE - self._spent, self._show, words, place)

    def end(self) -> None:
        with self._lock:
            self._at_work -= 1
            if self._at_work:
                return
            self._stop()
            self._ended = time.monotonic()
            self._spent += self._ended - self._began
            if self._shown is not None:
                self._after(self._shown[0].linger, self._hide)

    def _show(self, words: str, place: Any) -> None:
        with self._lock:
            if self._shown is None and self._at_work:
                made = _Line() if place is sys.stderr else _Output(place, self._hide)
                self._shown = (made, words)
                made.show(words)

    def _hide(self) -> None:
        with self._lock:
            if self._shown is not None and not self._at_work:
                self._stop()
                (made, words), self._shown = self._shown, None
                made.hide(words)

    def _after(self, seconds: float, act: Any, *arguments: Any) -> None:
        """Do it then; what is published later belongs to the cell that runs now."""
        if seconds <= 0:
            act(*arguments)
            return
        context = contextvars.copy_context()
        self._timer = threading.Timer(seconds, context.run, (act, *arguments))
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


_notice = _Notice()


class Wait:
    """Around something that may have to be compiled; `begin` says that it has to.

    with Wait(LOOPS) as wait:
        ...
        wait.begin()
        ...
    """

    def __init__(self, words: str) -> None:
        self._words = words
        self._begun = False

    def begin(self) -> None:
        """From now on it is compiled."""
        if not self._begun:
            self._begun = True
            _notice.begin(self._words)

    def __enter__(self) -> Wait:
        return self

    def __exit__(self, *_: object) -> None:
        if self._begun:
            self._begun = False
            _notice.end()
