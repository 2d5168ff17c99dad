"""The file of a finished report as an HTTP answer."""

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

import zstandard
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.answer_choice import Coding, coding_for
from api.report_columns import report_columns
from api.report_conversion import converted
from api.report_request import MEDIA_TYPES, Format
from api.report_storage import ReportMetadata
from api.stored_file import StoredFile, file_gone

_GZIP_WBITS = 31  # zlib's own code for a gzip header and trailer; it carries no time, so equal reports are equal bytes


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A finished report's file, and how it is to be sent."""

    path: Path
    stat: os.stat_result
    report: ReportMetadata
    format: Format
    guards_formulas: bool = False

    @property
    def name(self) -> str:
        """To save it under."""
        return f"{self.report.report_id}.{self.format}"

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
        columns = () if self.stat.st_size else report_columns(self.report)
        return converted(self.path, self.report.format, self.format, columns, guards_formulas=self._is_guarded)

    @property
    def _is_guarded(self) -> bool:
        return self.guards_formulas and self.format is Format.CSV


def report_file(path: Path, report: ReportMetadata, file_format: Format | None, *, guards_formulas: bool) -> ReportFile:
    """The file in a format, by default its own. Raises ProblemError (410) where it was removed behind our back."""
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise file_gone(path) from error
    if stat.st_size != report.bytes:
        raise file_gone(path)
    return ReportFile(path, stat, report, file_format or report.format, guards_formulas)


def plain_answer(file: ReportFile, headers: dict[str, str] | None = None) -> Response:
    """All of the file, as a download; parts of it on request (RFC 9110, 14), where the bytes are those on the disk."""
    named = {"ETag": f'"{file.etag}"', **(headers or {})}
    if not file.is_stored:
        return _streamed(file, file.content(), named)
    return StoredFile(
        file.path,
        headers=named,
        media_type=MEDIA_TYPES[file.format],
        filename=file.name,
        stat_result=file.stat,
    )


def negotiated_answer(file: ReportFile, request: Request) -> Response:
    """As plain_answer, compressed where that is accepted, and nothing where the caller has these bytes already."""
    is_part = "range" in request.headers  # of the bytes as they are stored
    coding = Coding.IDENTITY if is_part else coding_for(request.headers.get("accept-encoding", ""))
    etag = f'"{file.etag}"' if coding is Coding.IDENTITY else f'"{file.etag}-{coding}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding"}
    if _has(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if coding is Coding.IDENTITY:
        return plain_answer(file, headers)
    content = _stored(file.path) if file.is_stored else file.content()
    headers["Content-Encoding"] = coding
    return _streamed(file, _packed(content, _PACKERS[coding]()), headers)


def _streamed(file: ReportFile, content: Iterator[bytes], headers: dict[str, str]) -> StreamingResponse:
    """The first bytes are made before the answer begins, so that a file which has gone can still be said to have."""
    try:
        begun = chain([next(content, b"")], content)
    except FileNotFoundError as error:
        raise file_gone(file.path) from error
    disposition = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    media_type = MEDIA_TYPES[file.format]
    return StreamingResponse(begun, media_type=media_type, headers={**headers, **disposition})


def _has(if_none_match: str | None, etag: str) -> bool:
    """RFC 9110, 13.1.2: any of a list, by weak comparison."""
    given = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in given or given == ["*"]


def _stored(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 16):
            yield chunk


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


_PACKERS: Mapping[Coding, Callable[[], _Packer]] = {
    Coding.GZIP: lambda: zlib.compressobj(level=6, wbits=_GZIP_WBITS),
    Coding.ZSTD: lambda: zstandard.ZstdCompressor(level=3).compressobj(),
}


def _packed(content: Iterable[bytes], packing: _Packer) -> Iterator[bytes]:
    for chunk in content:
        if packed := packing.compress(chunk):
            yield packed
    yield packing.flush()
