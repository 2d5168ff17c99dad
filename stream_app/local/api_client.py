"""A small client of the running API, for the command line."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from stream_app.errors import StoreMonitorError

_TIMEOUT_S = 10.0
_ASK_AGAIN_S = 0.1


class ApiUnreachableError(StoreMonitorError):
    """No API answers at the address."""

    def __init__(self, url: str, cause: Exception) -> None:
        self.url = url
        super().__init__(f"no store-monitor API answers at {url} ({cause}): is `store-monitor up` running?")


class ApiAwayError(ApiUnreachableError):
    """Nothing listens at the address, or what did broke off: its process has ended, or not begun yet."""


class ApiRefusedError(StoreMonitorError):
    """The API answered with a problem (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        super().__init__(f"{detail} ({code}, HTTP {status})")


class ReportFailedError(StoreMonitorError):
    """The report ended as Failed."""

    def __init__(self, report_id: str, code: str, reason: str) -> None:
        self.report_id = report_id
        self.code = code
        self.reason = reason
        super().__init__(f"report {report_id} failed with {code}: {reason}")


class ReportStatus(msgspec.Struct):
    """What GET /get_report/{id} answers."""

    status: str
    url: str | None = None
    code: str | None = None
    reason: str | None = None


class _Alive(msgspec.Struct):
    instance: str


class ApiClient:
    """Calls one API; every call raises ApiUnreachableError or ApiRefusedError where it isn't answered as asked."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, timeout=_TIMEOUT_S)

    def instance(self) -> str | None:
        """By what name the process there tells itself from others; None where none answers, or not as an API does."""
        try:
            answer = self._http.get("/health/live")
            return msgspec.json.decode(answer.content, type=_Alive).instance
        except (httpx.TransportError, msgspec.MsgspecError):
            return None

    def readiness(self) -> dict[str, Any] | None:
        """The body of /health/ready, 200 or 503; None while nothing answers yet. Raises ApiRefusedError."""
        try:
            answer = self._http.get("/health/ready")
        except httpx.TransportError:
            return None
        if answer.status_code not in {httpx.codes.OK, httpx.codes.SERVICE_UNAVAILABLE}:
            raise _refusal(answer)
        body: dict[str, Any] = answer.json()
        return body

    def position_in(self, topic: str) -> int:
        """How many offsets of a topic are in the state, over all partitions; 0 while that can't be said."""
        partitions = (self.readiness() or {}).get("partitions", [])
        return sum(each["position"] or 0 for each in partitions if each["topic"] == topic)

    def store(self, store_id: str, as_of: str | None) -> dict[str, Any]:
        """One store's live status."""
        body: dict[str, Any] = self._call(
            "GET", f"/stores/{quote(store_id, safe='')}", {"as_of": as_of} if as_of else {}
        ).json()
        return body

    def trigger_report(self, **asked: str | None) -> str:
        """Ask for a report, by the query parameters of POST /trigger_report that aren't None; its id."""
        answer = self._call("POST", "/trigger_report", {name: value for name, value in asked.items() if value})
        return str(answer.json()["report_id"])

    def report_status(self, report_id: str) -> ReportStatus | None:
        """None while it runs; raises ReportFailedError."""
        answer = self._call("GET", f"/get_report/{report_id}", {})
        status = msgspec.json.decode(answer.content, type=ReportStatus)
        if status.status == "Failed":
            raise ReportFailedError(report_id, status.code or "unknown", status.reason or "no reason was given")
        return status if status.status == "Complete" else None

    def wait_for_report(self, report_id: str) -> None:
        """Until the report is complete; the API itself bounds how long one can run. Raises ReportFailedError."""
        while self.report_status(report_id) is None:
            time.sleep(_ASK_AGAIN_S)

    def delete_report(self, report_id: str) -> None:
        """Have a finished or failed report forgotten."""
        self._call("DELETE", f"/reports/{report_id}", {})

    def report_basis(self, report_id: str) -> str:
        """What a complete report stands on, for people: `As of …; polls from … to ….`."""
        report = self._call("GET", f"/reports/{report_id}", {}).json()
        first, last = report["counts"].get("first_poll"), report["counts"].get("last_poll")
        polls = "no polls" if first is None else f"polls from {first} to {last}"
        return f"As of {report['as_of']}; {polls}."

    def download(self, report_id: str) -> bytes:
        """The bytes of a complete report."""
        return self._call("GET", f"/reports/{report_id}/download", {}).content

    def _call(self, method: str, path: str, params: Mapping[str, str]) -> httpx.Response:
        try:
            answer = self._http.request(method, path, params=params)
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise ApiAwayError(self.url, error) from error
        except httpx.TransportError as error:
            raise ApiUnreachableError(self.url, error) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> ApiRefusedError:
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    detail = problem.get("detail") or problem.get("title") or answer.reason_phrase
    return ApiRefusedError(answer.status_code, str(problem.get("code", "unknown")), str(detail))
