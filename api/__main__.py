"""The API process: `python -m api`, configured by the environment (stream_app/settings.py)."""

import gc
import signal
import socket
import sys
from functools import partial
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from api.bounded_protocol import BoundedHttp, BoundedWebSocket, ConnectionLimits, connection_limits
from api.listening import listen, url_of, write_address
from api.main import create_app
from stream_app.errors import StoreMonitorError
from stream_app.logs import configure_logs
from stream_app.process_ends import end
from stream_app.settings import load_settings

log = structlog.get_logger()

_GRACE_S = 5
_MAX_SUBSCRIPTION_BYTES = 64 << 10  # of a WebSocket's message


class ApiServer(uvicorn.Server):
    """uvicorn on a socket of ours, which says where it is for as long as it answers."""

    def __init__(
        self, app: FastAPI, listening: socket.socket, address_file: Path | None, limits: ConnectionLimits
    ) -> None:
        config = uvicorn.Config(
            app,
            http=partial(BoundedHttp, limits=limits),  # type: ignore[arg-type]  # it is called, never looked into
            ws=partial(BoundedWebSocket, limits=limits),  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
            ws_max_size=_MAX_SUBSCRIPTION_BYTES,
            ws_per_message_deflate=False,  # a compressor a client, for messages of 150 bytes
        )
        super().__init__(config)
        self._app = app
        self._socket = listening
        self._address_file = address_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer requests, then tell where."""
        await super().startup(sockets)
        if not self.started:  # the lifespan failed, which uvicorn has logged
            return
        _keep_what_there_is()
        url = url_of(self._socket)
        if self._address_file is not None:
            write_address(self._address_file, url, self._app.state.instance)
        log.info("api.listening", url=url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take the address back, end the streams, then answer what is under way."""
        if self._address_file is not None:
            self._address_file.unlink(missing_ok=True)
        await self._app.state.services.push.close()
        await super().shutdown(sockets)
        log.info("api.stopped")


def main() -> None:
    """Serve until SIGTERM or SIGINT; exits as process_ends.py says where it can't begin."""
    # uvicorn raises the signal that stopped it again once everything is closed: that is the end, not an accident.
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    try:
        settings = load_settings()
        configure_logs(settings.log_level)
        listening = listen(settings.api_host, settings.api_port)
        app = create_app(settings)
    except StoreMonitorError as error:
        end("api", error)
    limits = connection_limits(settings)
    ApiServer(app, listening, settings.api_address_file, limits).run([listening])


def _keep_what_there_is() -> None:
    """Take what the start has made out of every later collection: it stays, and a look at all of it holds up pushes."""
    gc.collect()
    gc.freeze()


def _exit(*_: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
