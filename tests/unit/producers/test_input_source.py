"""Text out of files and pipes, packed or not, in any encoding that their first bytes tell."""

import gzip
import os
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.input_errors import MissingColumnsError, UnreadableInputError
from producers.input_kinds import POLLS
from producers.input_table import InputTable
from producers.poll_rows import read_polls
from stream_app.dead_letters import decode_dead_letter

TEXT = 'store_id,status,timestamp_utc\n1,active,now\n"ü, b",on,then\n'
ROWS = [(["1", "ü, b"], ["active", "on"], ["now", "then"])]


def columns(path: Path) -> list[tuple[list[str], ...]]:
    return [chunk.columns for chunk in InputTable.check(path, POLLS).chunks()]


def zipped(files: Mapping[str, bytes]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


@contextmanager
def pipe_with(content: bytes) -> Iterator[Path]:
    """A pipe out of which the content comes, once."""
    read_end, write_end = os.pipe()

    def feed() -> None:
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(content)

    feeder = threading.Thread(target=feed)
    feeder.start()
    yield Path(f"/dev/fd/{read_end}")
    feeder.join()
    os.close(read_end)


@pytest.mark.parametrize(
    ("encoding", "marks"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-8", b"\xef\xbb\xbf" * 3),
        ("utf-8", "\ufeff".encode().decode("latin-1").encode()),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-le", b"\xff\xfe" * 2),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-32-le", b"\xff\xfe\0\0"),
        ("utf-32-be", b"\0\0\xfe\xff"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_first_bytes_tell_the_encoding(
    tmp_path: Path, encoding: str, marks: bytes, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(pack(marks + TEXT.encode(encoding)))
    assert columns(path) == ROWS


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("first_line", ["", "sep={}\n", '"sep={}"\n'])
def test_the_header_tells_the_separator(tmp_path: Path, separator: str, first_line: str) -> None:
    path = tmp_path / "a.csv"
    rows = ["store_id,status,timestamp_utc", '1,"a{}b",now', "2,on,then"]
    path.write_text(first_line.format(separator) + "\n".join(rows).replace(",", separator).format(separator))
    assert columns(path) == [(["1", "2"], [f"a{separator}b", "on"], ["now", "then"])]


@given(
    st.lists(st.sampled_from(["region", "check id", "note"]), max_size=3, unique=True),
    st.permutations(["store_id", "status", "timestamp_utc"]),
    st.sampled_from([str, str.upper, str.title, " {} ".format, '"{}"'.format]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_a_header_is_known_in_any_order_spelling_and_encoding(
    tmp_path_factory: pytest.TempPathFactory,
    extra: list[str],
    names: list[str],
    spelling: Callable[[str], str],
    separator: str,
    encoding: str,
) -> None:
    path = tmp_path_factory.mktemp("headers") / "a"
    cells = [*extra, *names]
    path.write_text("\n".join(separator.join(row) for row in (map(spelling, cells), cells)), encoding, newline="")
    assert columns(path) == [(["store_id"], ["status"], ["timestamp_utc"])]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(TEXT.encode(), mtime=0),
        gzip.compress(TEXT[:40].encode(), mtime=0) + gzip.compress(TEXT[40:].encode(), mtime=0),
        zipped({"polls.csv": TEXT.encode()}),
        zipped({"polls.csv.gz": gzip.compress(TEXT.encode(), mtime=0)}),
        zipped({"a/": b"", "a/polls.csv": TEXT.encode(), "__MACOSX/a/._polls.csv": b"\0\5", "a/README.md": b"#"}),
    ],
    ids=["gzip", "gzip in parts", "zip", "gzip in zip", "zip of macOS"],
)
@pytest.mark.parametrize("name", ["polls.csv", "polls.csv.gz", "polls.zip", "polls"])
def test_what_is_packed_is_known_by_its_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert columns(tmp_path / name) == ROWS


def test_a_zip_of_several_files_names_them(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"polls.csv": b"", "hours.csv": b""}))
    with pytest.raises(UnreadableInputError, match=r"several files \(polls.csv, hours.csv\). Unpack it"):
        InputTable.check(tmp_path / "a.zip", POLLS)


def test_an_encrypted_zip_says_so(tmp_path: Path) -> None:
    content = bytearray(zipped({"polls.csv": TEXT.encode()}))
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UnreadableInputError, match="it is encrypted"):
        InputTable.check(tmp_path / "a.zip", POLLS)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda content: zipped({"a.csv": content})])
def test_a_pipe_is_read_whole_and_more_than_once(pack: Callable[[bytes], bytes]) -> None:
    content = pack((TEXT + "2,active,now\n" * 50_000).encode())
    with pipe_with(content) as path:
        table = InputTable.check(path, POLLS)
        first, second = ([chunk.columns for chunk in table.chunks()] for _ in range(2))
    assert sum(len(chunk[0]) for chunk in first) == 50_002
    assert first == second
    assert table.size == len(content)


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"a.csv": content})], ids=["gzip", "zip"])
def test_rows_before_the_cut_of_a_file_come_whole_and_then_its_error(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    rows = [f"{number * 7919 % 100_003},active,time {number * 104_729 % 1_000_003}" for number in range(100_000)]
    content = bytearray(pack("\n".join(["store_id,status,timestamp_utc", *rows]).encode()))
    path = tmp_path / "polls.gz"
    if content.startswith(b"PK"):
        content[len(content) // 2] ^= 0xFF  # the list of a zip's files is at its end: a cut one isn't opened at all
        path.write_bytes(content)
    else:
        path.write_bytes(content[: len(content) // 2])
    read: list[str] = []

    def read_all() -> None:
        for chunk in InputTable.check(path, POLLS).chunks():
            read.extend(map(",".join, zip(*chunk.columns, strict=True)))

    with pytest.raises(UnreadableInputError, match=r"polls.gz can't be read past line \d") as caught:
        read_all()
    assert 1000 < len(read) < len(rows)
    assert caught.value.line == len(read) + 1
    if content.startswith(b"\x1f"):
        assert read == rows[: len(read)]


@pytest.mark.parametrize("name", ["polls.csv.gz", "polls.csv.zip"])
def test_a_file_that_is_named_as_compressed_and_is_not_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x08\0\0nothing")
    with pytest.raises(UnreadableInputError, match="named as compressed, and isn't"):
        InputTable.check(tmp_path / name, POLLS)


def test_invisible_characters_of_a_header_are_shown_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("store\u200b_id,status,timestamp_utc\n", encoding="utf-8")
    with pytest.raises(MissingColumnsError, match=r"Columns found: 'store\\u200b_id', status"):
        InputTable.check(tmp_path / "a.csv", POLLS)


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [("cp1252", "Café,active,now".encode("cp1252")), ("utf-16", "Café,active,now".encode())],
)
def test_the_letter_of_a_row_holds_its_bytes_or_its_text_as_utf_8(tmp_path: Path, encoding: str, raw: bytes) -> None:
    path = tmp_path / "polls.csv"
    path.write_bytes("store_id,status,timestamp_utc\r\nCafé,active,now\r\n".encode(encoding))
    (polls,) = read_polls(InputTable.check(path, POLLS))
    letter = decode_dead_letter(polls.rejected[0].dead_letter(0)[1])
    assert letter.raw_input == raw


def test_bytes_of_another_encoding_are_called_that(tmp_path: Path) -> None:
    path = tmp_path / "polls.csv"
    path.write_bytes("store_id,status,timestamp_utc\nCafé,active,2023-01-25 12:00:00\n".encode("cp1252"))
    (polls,) = read_polls(InputTable.check(path, POLLS))
    sentence = polls.rejected[0].rejected.sentence
    assert "0xe9" in sentence
    assert "UTF-8" in sentence
    assert "Windows-1252" in sentence
    assert "longer" not in sentence
