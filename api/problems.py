"""Errors as RFC 9457 problem details (application/problem+json), each with a stable `code`."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.allowed_methods import allowed_methods
from api.as_of import AsOfNotRetainedError, BadAsOfError
from api.feed_position import BadEventIdError
from api.kafka_ends import KafkaUnavailableError, TopicsUnusableError
from api.known_reports import IdempotencyKeyReusedError
from api.record_sender import NotAcknowledgedError
from api.report_request import BadReportRequestError
from api.report_storage import ReportsFolderError
from api.report_store import ReportStoreError
from api.reports import ReportNotFailedError, TooManyReportsError
from stream_app.errors import StateError, StoreMonitorError

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is a problem: HTTP status, stable code, what was wrong in words, and headers that help."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        super().__init__(detail)


class BodyTooLongError(HTTPException):
    """A request's body is longer than may be read; FastAPI lets no other class through while it reads one."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(413, f"a body may have {max_bytes} bytes")


_UNFORESEEN = (500, "internal_error")
# The errors of the project that a request can end in; the first class that fits counts.
_ERRORS: tuple[tuple[type[StoreMonitorError], int, str], ...] = (
    (BadAsOfError, 422, "bad_as_of"),
    (BadEventIdError, 422, "bad_event_id"),
    (AsOfNotRetainedError, 422, "as_of_not_retained"),
    (KafkaUnavailableError, 503, KafkaUnavailableError.code),
    (TopicsUnusableError, 503, TopicsUnusableError.code),
    (ReportsFolderError, 503, "storage_failed"),
    (ReportStoreError, 503, "storage_failed"),
    (ReportNotFailedError, 409, "report_not_failed"),
    (TooManyReportsError, 503, "too_many_reports"),
    (IdempotencyKeyReusedError, 422, "idempotency_key_reused"),
    (StateError, 503, "state_unreadable"),
    (StoreMonitorError, *_UNFORESEEN),
)
FORESEEN: tuple[type[Exception], ...] = (
    ProblemError,
    StoreMonitorError,
    RequestValidationError,
    HTTPException,
)


def add_problem_handlers(app: FastAPI) -> None:
    """Let every error of the app, foreseen or not, leave as a problem."""
    for kind in FORESEEN:
        app.exception_handler(kind)(_of_foreseen_error)
    app.exception_handler(Exception)(_of_unknown_error)


def problem_of(error: Exception) -> ProblemError:
    """What a foreseen error says to the caller; another one is the service's own fault."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, BadReportRequestError):
        return ProblemError(422, error.code, str(error))
    if isinstance(error, NotAcknowledgedError):
        return ProblemError(503, KafkaUnavailableError.code, str(error), {"Retry-After": "5"})
    if isinstance(error, HTTPException):
        return _of_framework(error)
    if isinstance(error, RequestValidationError):
        wrong = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        return ProblemError(422, "invalid_request", wrong)
    status, code = next(((status, code) for kind, status, code in _ERRORS if isinstance(error, kind)), _UNFORESEEN)
    return ProblemError(status, code, str(error))


def problem_body(problem: ProblemError) -> dict[str, str | int]:
    """The members of RFC 9457, and the code."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }


def problem_answer(problem: ProblemError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem as it leaves."""
    return JSONResponse(problem_body(problem), problem.status, headers or problem.headers, MEDIA_TYPE)


def _of_framework(error: HTTPException) -> ProblemError:
    """What the framework refuses itself: no such path, not with this method, or a body that isn't text."""
    if isinstance(error, BodyTooLongError):
        return ProblemError(413, "body_too_long", error.detail)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return ProblemError(422, "invalid_request", error.detail)
    return ProblemError(error.status_code, HTTPStatus(error.status_code).name.lower(), error.detail)


async def _of_foreseen_error(request: Request, error: Exception) -> JSONResponse:
    problem = problem_of(error)
    has_methods = problem.status == HTTPStatus.METHOD_NOT_ALLOWED
    return problem_answer(problem, {"Allow": allowed_methods(request)} if has_methods else None)


async def _of_unknown_error(_: Request, error: Exception) -> JSONResponse:
    """The traceback goes to the server's log, not to the caller."""
    return problem_answer(unforeseen(error))


def unforeseen(error: Exception) -> ProblemError:
    """The service's own fault, as far as a caller is told."""
    return ProblemError(500, "internal_error", f"{type(error).__name__}, see the API's log")
