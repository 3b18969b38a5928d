"""A small Jupyter server extension: send every kernel message at once.

A dragged slider exchanges many small messages. Without TCP_NODELAY the operating system holds each back
until the previous one is acknowledged, and the browser acknowledges late: stalls of 40 ms. This
extension switches the delay off when a kernel's websocket opens. Installing toylands switches it on for
every Jupyter server of the environment (`jupyter_server_config.json` beside this file); everything also
works without it.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "toylands.lab.server"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    from jupyter_server.services.kernels import websocket

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
