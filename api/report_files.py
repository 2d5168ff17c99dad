"""The file of a finished report as an HTTP answer."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.answer_choice import takes_gzip
from api.problems import ProblemError
from api.report_conversion import converted
from api.report_request import Format
from api.report_storage import ReportMetadata
from api.stored_file import StoredFile

MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSON_LINES: "application/x-ndjson"}

_GZIP_WBITS = 31  # zlib's own code for a gzip header and trailer; it carries no time, so equal reports are equal bytes


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A finished report's file, and how it is to be sent."""

    path: Path
    report: ReportMetadata
    format: Format
    guards_formulas: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether the bytes are those on the disk."""
        return self.format is self.report.format and not self._is_guarded

    @property
    def etag(self) -> str:
        """The bytes' own name, without quotes: another one for each way to send them."""
        changed = f"-{self.format}" if self.format is not self.report.format else ""
        return f"{self.report.sha256}{changed}{'-guarded' if self._is_guarded else ''}"

    def content(self) -> Iterator[bytes]:
        """The bytes, where they aren't those on the disk."""
        return converted(self.path, self.report.format, self.format, guards_formulas=self._is_guarded)

    @property
    def _is_guarded(self) -> bool:
        return self.guards_formulas and self.format is Format.CSV


def report_file(path: Path, report: ReportMetadata, file_format: Format | None, *, guards_formulas: bool) -> ReportFile:
    """The file in a format, by default its own. Raises ProblemError (410) where it was removed behind our back."""
    if not path.exists():
        raise ProblemError(410, "report_file_gone", f"the file of report {report.report_id} was removed")
    return ReportFile(path, report, file_format or report.format, guards_formulas)


def plain_answer(file: ReportFile, headers: dict[str, str] | None = None) -> Response:
    """All of the file, as a download; parts of it on request (RFC 9110, 14), where the bytes are those on the disk."""
    named = {"ETag": f'"{file.etag}"', **(headers or {})}
    name = f"{file.report.report_id}.{file.format}"
    media_type = MEDIA_TYPES[file.format]
    if file.is_stored:
        return StoredFile(file.path, headers=named, media_type=media_type, filename=name, stat_result=file.path.stat())
    return _streamed(file.content(), name, media_type, named)


def negotiated_answer(file: ReportFile, request: Request) -> Response:
    """As plain_answer, compressed where that is accepted, and nothing where the caller has these bytes already."""
    is_compressed = takes_gzip(request.headers.get("accept-encoding", "")) and "range" not in request.headers
    etag = f'"{file.etag}{"-gzip" if is_compressed else ""}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding"}
    if _has(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if not is_compressed:
        return plain_answer(file, headers)
    content = _stored(file.path) if file.is_stored else file.content()
    headers["Content-Encoding"] = "gzip"
    return _streamed(_gzip(content), f"{file.report.report_id}.{file.format}", MEDIA_TYPES[file.format], headers)


def _streamed(content: Iterator[bytes], name: str, media_type: str, headers: dict[str, str]) -> StreamingResponse:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content, media_type=media_type, headers={**headers, **disposition})


def _has(if_none_match: str | None, etag: str) -> bool:
    """RFC 9110, 13.1.2: any of a list, by weak comparison."""
    given = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in given or given == ["*"]


def _stored(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 16):
            yield chunk


def _gzip(content: Iterable[bytes]) -> Iterator[bytes]:
    packing = zlib.compressobj(level=6, wbits=_GZIP_WBITS)
    for chunk in content:
        if packed := packing.compress(chunk):
            yield packed
    yield packing.flush()
