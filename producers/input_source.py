"""The text of an input: out of a file or a pipe, compressed or not, in the encoding that its first bytes tell."""

import gzip
import io
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Self, TextIO, cast

from producers.input_errors import UnreadableInputError
from producers.input_kinds import is_plainly_other
from producers.workbook import is_workbook, workbook_as_csv

READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, UnicodeError)
"""Of a file that is gone, cut or damaged; zipfile says NotImplementedError for packing that it doesn't know."""

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MAX_LAYERS = 3  # a .csv.gz in a .zip; more is a bomb
_MARKS = (  # UTF-32's first: its mark of little-endian begins with that of UTF-16
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xc3\xaf\xc2\xbb\xc2\xbf", "utf-8"),  # a mark that was taken for text and encoded again
)


@dataclass(frozen=True, slots=True)
class InputSource:
    """An input that can be read several times: what comes out of a pipe or a workbook is kept in `spool` for that."""

    path: Path
    spool: IO[bytes] | None = None

    @classmethod
    def of(cls, path: Path) -> Self:
        """The source at a path; a pipe is read to its end at once. Raises UnreadableInputError."""
        return (cls(path) if path.is_file() else cls(path, _spooled(path))).as_text()

    def as_text(self) -> Self:
        """The source itself, or the CSV that a workbook stands for; raises UnreadableInputError."""
        with self._named_errors(), self._unpacked() as (_, stream):
            return replace(self, spool=workbook_as_csv(stream, self.path)) if is_workbook(stream) else self

    @property
    def size(self) -> int:
        """Bytes of the file, compressed if it is."""
        return os.fstat(self.spool.fileno()).st_size if self.spool else self.path.stat().st_size

    @property
    def is_misnamed(self) -> bool:
        """Whether it is named as compressed without being it."""
        with self._named_errors(), self._binary() as file:
            return self.path.suffix.lower() in {".gz", ".zip"} and not file.read(4).startswith((_GZIP, _ZIP))

    @contextmanager
    def opened(self) -> Iterator[tuple[BinaryIO, TextIO]]:
        """The file's bytes, for how far the reading is, and its text behind the byte-order marks.

        Bytes that are no text in the encoding become lone surrogates, which the domain refuses.
        Raises UnreadableInputError.
        """
        with self._named_errors(), self._unpacked() as (binary, stream):
            encoding, marks = _encoding(_peek(stream, 64))
            stream.read(marks)
            errors = "surrogateescape" if encoding == "utf-8" else "surrogatepass"
            with io.TextIOWrapper(stream, encoding, errors, newline="") as text:
                yield binary, text

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except READ_ERRORS as error:
            raise UnreadableInputError(self.path, error) from error

    @contextmanager
    def _unpacked(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The bytes of the file, and of what is packed in it."""
        with ExitStack() as stack:
            binary = stream = stack.enter_context(self._binary())
            for _ in range(_MAX_LAYERS):
                if _peek(stream, 2).startswith(_GZIP):
                    stream = stack.enter_context(cast("BinaryIO", gzip.GzipFile(fileobj=stream)))
                elif _peek(stream, 4).startswith(_ZIP) and not is_workbook(stream):
                    stream = stack.enter_context(self._only_file_in(stack.enter_context(zipfile.ZipFile(stream))))
                else:
                    break
            yield binary, stream

    def _binary(self) -> BinaryIO:
        if self.spool is None:
            return self.path.open("rb")
        file = os.fdopen(os.dup(self.spool.fileno()), "rb")  # which can be closed, and the spool stays
        file.seek(0)
        return file

    def _only_file_in(self, archive: zipfile.ZipFile) -> BinaryIO:
        files = [info for info in archive.infolist() if _may_be_data(info)]
        if len(files) != 1:
            names = f"several files ({', '.join(info.filename for info in files)})" if files else "no table"
            raise UnreadableInputError(self.path, f"it holds {names}. Unpack it, and name the folder")
        if files[0].flag_bits & 1:
            raise UnreadableInputError(self.path, "it is encrypted. Unpack it, and name the folder")
        return cast("BinaryIO", archive.open(files[0]))


def _may_be_data(info: zipfile.ZipInfo) -> bool:
    """Not a folder, nor what macOS adds to every archive, nor plainly something else."""
    path = PurePosixPath(info.filename)
    is_extra = path.name.startswith(".") or "__MACOSX" in path.parts or is_plainly_other(path.name)
    return not (info.is_dir() or is_extra)


def _spooled(path: Path) -> IO[bytes]:
    """All that comes out of a pipe, in a temporary file: it is read more than once, which a pipe can't be."""
    try:
        with path.open("rb") as pipe:
            spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source that holds it
            shutil.copyfileobj(pipe, spool)
            spool.flush()
            return spool
    except OSError as error:
        raise UnreadableInputError(path, error) from error


def _peek(stream: BinaryIO, count: int) -> bytes:
    return cast("io.BufferedReader", stream).peek(count)[:count]


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding of a text that begins so, and how many bytes its byte-order marks take."""
    encoding = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if encoding is None:
        return _encoding_without_mark(head), 0
    marks = [mark for mark, of_mark in _MARKS if of_mark == encoding]
    end = 0
    while mark := next((mark for mark in marks if head.startswith(mark, end)), None):
        end += len(mark)
    return encoding, end


def _encoding_without_mark(head: bytes) -> str:
    """A header is ASCII, so that its zero bytes tell UTF-16."""
    zeros = [byte == 0 for byte in head[:4]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else "utf-8"
