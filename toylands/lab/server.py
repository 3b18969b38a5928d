"""A small Jupyter server extension: send every kernel message at once, and say where to go.

A dragged slider exchanges many small messages. Without TCP_NODELAY the operating system holds each back
until the previous one is acknowledged, and the browser acknowledges late: stalls of 40 ms. This
extension switches the delay off when a kernel's websocket opens. Installing toylands switches it on for
every Jupyter server of the environment (`jupyter_server_config.json` beside this file); everything also
works without it.

A server that `toylands lab` starts writes its warnings and errors only. In place of its log it says, once
it has started, what a newcomer needs: the address, and how to stop.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

#: set by `toylands lab` for the server that it starts
GREETS = "TOYLANDS_LAB_GREETS"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "toylands.lab.server"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    from jupyter_server.services.kernels import websocket

    if os.environ.pop(GREETS, None):  # not for the servers that a terminal of this one may start
        _greet(serverapp)
    handler: Any = websocket.KernelWebsocketHandler

    if getattr(handler, "toylands_nodelay", False):
        return
    opened = handler.open

    async def open_without_delay(self: Any, kernel_id: str) -> Any:
        self.set_nodelay(True)
        return await opened(self, kernel_id)

    handler.open = open_without_delay
    handler.toylands_nodelay = True
    serverapp.log.info("toylands: kernel messages are sent without delay.")


def _greet(serverapp: Any) -> None:
    """Write the address as soon as the server runs, instead of the server's own announcement."""
    no_browser = []

    def wanted(record: logging.LogRecord) -> bool:
        if record.funcName == "launch_browser":  # the server warns that there is none: we say it
            no_browser.append(record)
            return False
        token = serverapp.identity_provider.token
        announces = record.levelno == logging.CRITICAL and token and token in record.getMessage()
        # That a notebook "is not trusted" is so for every lesson until it is first saved.
        return not announces and record.funcName not in ("mark_trusted_cells", "check_and_sign")

    def write() -> None:
        browser = serverapp.open_browser and not no_browser
        token = bool(serverapp.identity_provider.token)
        sys.stdout.write(
            greeting(_address(serverapp), browser=browser, root=is_root(), token=token)
        )
        sys.stdout.flush()

    serverapp.log.addFilter(wanted)
    serverapp.io_loop.add_callback(write)


def is_root() -> bool:
    """Whether the administrator runs this, which Jupyter refuses unless it is told that it is meant."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _address(serverapp: Any) -> str:
    """The address for a browser; on a server for other machines, also the one for them."""
    here = serverapp.ip in ("", "localhost", "127.0.0.1", "::1")
    return str(serverapp.local_url if here else serverapp.display_url)


def greeting(address: str, *, browser: bool, root: bool = False, token: bool = True) -> str:
    """What is written when the server has started; the address stands alone, and last.

    Args:
        address: of the first lesson, with the token.
        browser: whether the server opens it.
        root: whether the server runs as the administrator (it then listens on this machine only).
        token: whether an address needs a token.
    """
    lines = ["JupyterLab is running. To stop it, press Ctrl+C in this terminal."]
    if root:
        only = " and answers only who has the token in its address" if token else ""
        lines.append(f"It runs as root, so it listens on this machine only{only}.")
    go = "It opens in your browser; if not, open this address there:"
    lines.append(go if browser else "Open this address in a browser:")
    return "\n".join([*lines, "", f"    {address}", ""])
