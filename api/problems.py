"""Errors as RFC 9457 problem details (application/problem+json), each with a stable `code`."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.as_of import AsOfNotRetainedError, BadAsOfError
from api.kafka_ends import KafkaUnavailableError, TopicsUnusableError
from api.report_request import BadReportRequestError
from api.report_storage import ReportsFolderError
from stream_app.errors import StateError, StoreMonitorError

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is a problem: HTTP status, stable code, and what was wrong in words."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(detail)


# The errors of the project that a request can end in; the first class that fits counts.
_ERRORS: tuple[tuple[type[StoreMonitorError], int, str], ...] = (
    (BadAsOfError, 422, "bad_as_of"),
    (AsOfNotRetainedError, 422, "as_of_not_retained"),
    (KafkaUnavailableError, 503, KafkaUnavailableError.code),
    (TopicsUnusableError, 503, TopicsUnusableError.code),
    (ReportsFolderError, 503, "storage_failed"),
    (StateError, 503, "state_unreadable"),
    (StoreMonitorError, 500, "internal_error"),
)


def add_problem_handlers(app: FastAPI) -> None:
    """Let every error of the app, foreseen or not, leave as a problem."""
    app.exception_handler(ProblemError)(_of_problem)
    app.exception_handler(BadReportRequestError)(_of_bad_report)
    app.exception_handler(StoreMonitorError)(_of_known_error)
    app.exception_handler(RequestValidationError)(_of_invalid_request)
    app.exception_handler(HTTPException)(_of_http_error)
    app.exception_handler(Exception)(_of_unknown_error)


def _answer(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


async def _of_problem(_: Request, error: ProblemError) -> JSONResponse:
    return _answer(error.status, error.code, error.detail)


async def _of_bad_report(_: Request, error: BadReportRequestError) -> JSONResponse:
    return _answer(422, error.code, str(error))


async def _of_known_error(_: Request, error: StoreMonitorError) -> JSONResponse:
    status, code = next((status, code) for kind, status, code in _ERRORS if isinstance(error, kind))
    return _answer(status, code, str(error))


async def _of_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    wrong = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
    return _answer(422, "invalid_request", wrong)


async def _of_http_error(_: Request, error: HTTPException) -> JSONResponse:
    """What the framework refuses itself: no such path, or not with this method."""
    code = HTTPStatus(error.status_code).name.lower()
    return _answer(error.status_code, code, str(error.detail), dict(error.headers or {}))


async def _of_unknown_error(_: Request, error: Exception) -> JSONResponse:
    """The traceback goes to the server's log, not to the caller."""
    return _answer(500, "internal_error", f"{type(error).__name__}, see the API's log")
