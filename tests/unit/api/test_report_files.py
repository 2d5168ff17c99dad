"""A report's file on its way out: whole, or an error before the answer has begun."""

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from api.problems import add_problem_handlers
from api.report_files import negotiated_answer, report_file
from api.report_request import Format
from api.report_storage import ReportMetadata, ReportState

CONTENT = b"store_id,uptime_last_hour\na,60\n"


def report(path: Path) -> ReportMetadata:
    path.write_bytes(CONTENT)
    return ReportMetadata(
        report_id="0" * 32,
        state=ReportState.COMPLETE,
        triggered_at="2023-01-25T18:14:01.112Z",
        requested_as_of=None,
        allow_stale=False,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
    )


def download(
    path: Path, *, goes: bool, wanted: Format = Format.CSV, headers: dict[str, str] | None = None
) -> httpx.Response:
    """The answer for a file that goes, or doesn't, once it has been looked at."""
    app = FastAPI()
    add_problem_handlers(app)
    kept = report(path)

    @app.get("/")
    def get(request: Request) -> Response:
        found = report_file(path, kept, wanted, guards_formulas=False)
        if goes and wanted is not Format.CSV:
            path.unlink()
        answer = negotiated_answer(found, request)
        if goes:
            path.unlink(missing_ok=True)
        return answer

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.get("/", headers={"Accept-Encoding": "identity", **(headers or {})})

    return asyncio.run(ask())


@pytest.mark.parametrize("part", [{}, {"Range": "bytes=0-3"}, {"Range": "bytes=0-1,4-5"}])
def test_file_that_goes_before_it_is_opened_is_an_error(tmp_path: Path, part: dict[str, str]) -> None:
    answer = download(tmp_path / "report", goes=True, headers=part)

    assert (answer.status_code, answer.json()["code"]) == (410, "report_file_gone")


def test_file_that_goes_before_it_is_converted_is_an_error(tmp_path: Path) -> None:
    answer = download(tmp_path / "report", goes=True, wanted=Format.JSON_LINES)

    assert (answer.status_code, answer.json()["code"]) == (410, "report_file_gone")


def test_file_that_stays_is_sent(tmp_path: Path) -> None:
    assert download(tmp_path / "report", goes=False).content == CONTENT
    assert download(tmp_path / "report", goes=False, headers={"Range": "bytes=0-3"}).content == CONTENT[:4]


def test_file_that_somebody_else_has_changed_is_not_the_report(tmp_path: Path) -> None:
    path = tmp_path / "report"
    kept = report(path)
    path.write_bytes(CONTENT[:-5])

    with pytest.raises(Exception, match="removed or changed"):
        report_file(path, kept, None, guards_formulas=False)
