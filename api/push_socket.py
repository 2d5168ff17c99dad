"""The WebSocket: the client says what it wants, then gets the events that a stream of Server-Sent Events would give."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from api.declared import check_parameters
from api.dependencies import Services
from api.feed_position import BadEventIdError
from api.problems import ProblemError, problem_answer, problem_of
from api.push_routes import check_feed, parsed_position, parsed_store
from api.push_schemas import SocketSubscription
from api.pushed import Pushed, closed
from api.report_lookup import known_report
from api.report_stream import follow_report
from api.status_event import Selection
from api.write_limit import SEND_WITHIN_S, WriteLimit

log = structlog.get_logger()

SUBSCRIBED_WITHIN_S = 10.0
_NORMAL, _GOING_AWAY, _REFUSED, _TRY_AGAIN = 1000, 1001, 1008, 1013

router = APIRouter()


@router.websocket("/ws")
async def serve_socket(socket: WebSocket) -> None:
    """One client."""
    services: Services = socket.app.state.services
    try:
        check_parameters(socket, set())
        with services.push.place():
            await socket.accept()
            await _serve(socket, services)
    except ProblemError as error:
        await socket.send_denial_response(problem_answer(error))


async def _serve(socket: WebSocket, services: Services) -> None:
    try:
        async with asyncio.timeout(SUBSCRIBED_WITHIN_S):
            pushed = await _pushed(services, await socket.receive_text())
    except TimeoutError:
        await _refuse(socket, _REFUSED, "not_subscribed", f"no subscription came within {SUBSCRIBED_WITHIN_S:g} s")
    except (ValidationError, KeyError) as error:  # KeyError: starlette's, of a binary message
        await _refuse(socket, _REFUSED, "bad_subscription", f"the message is no subscription: {error}")
    except (ProblemError, BadEventIdError) as error:
        problem = problem_of(error)
        await _refuse(socket, _TRY_AGAIN if problem.status >= 500 else _REFUSED, problem.code, problem.detail)  # noqa: PLR2004 - the service's fault
    except WebSocketDisconnect:
        return
    else:
        await services.push.until_either(_write(socket, pushed, services), _gone(socket))


async def _pushed(services: Services, message: str) -> AsyncIterator[Pushed]:
    """What a subscription asks for; raises ValidationError, ProblemError and BadEventIdError."""
    asked = SocketSubscription.model_validate_json(message)
    if asked.report_id is not None:
        report = known_report(services, asked.report_id)
        heartbeat_s = services.statuses.heartbeat_s
        return follow_report(services.reports, report, asked.last_event_id, heartbeat_s, services.push.closing)
    store_id = None if asked.store_id is None else parsed_store(asked.store_id)
    position = parsed_position(asked.last_event_id)
    await check_feed(services)
    return services.statuses.follow(Selection(store_id, asked.status, asked.q or None), position)


async def _write(socket: WebSocket, pushed: AsyncIterator[Pushed], services: Services) -> None:
    try:
        async with aclosing(pushed) as events:  # type: ignore[type-var]  # they are generators
            with WriteLimit() as limit:
                async for each in events:
                    await limit.wait_for(_send(socket, each.texts))
        await socket.close(_GOING_AWAY if services.push.closing.is_set() else _NORMAL)
    except WebSocketDisconnect:
        return


async def _send(socket: WebSocket, texts: Sequence[str]) -> None:
    for text in texts:
        await socket.send_text(text)


async def _gone(socket: WebSocket) -> None:
    """Return once the client has gone away; one that subscribes a second time is sent away."""
    message = await socket.receive()
    if message["type"] != "websocket.disconnect":
        await _refuse(socket, _REFUSED, "already_subscribed", "a socket takes one subscription; open another")


async def _refuse(socket: WebSocket, close_code: int, reason: str, detail: str) -> None:
    """A last event, and the end."""
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            await socket.send_text(closed(reason, detail).text)
            await socket.close(close_code, reason)
    except (TimeoutError, WebSocketDisconnect):
        log.info("push.cut_off", reason=reason)
