"""The file of a report: refused early, written whole, and never a device's end."""

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from stream_app.local.output_file import OutputFileRefusedError, OutputNotWrittenError, check_output, write_output

KEPT = "it is /reports/1.csv"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/proc/report.csv", "it can't be written"),
        ("no/such/folder.csv", "there is no directory"),
        ("/", "that is a directory"),
        ("x" * 256, "choose a shorter name"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(OutputFileRefusedError, match=reason) as refused:
        check_output("--report", tmp_path / name)

    assert str(refused.value).startswith(f"--report {tmp_path / name}: ")


def test_looking_leaves_nothing_behind_and_an_earlier_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("before")

    check_output("--report", tmp_path / "report.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]
    assert (tmp_path / "report.csv").read_text() == "before"


def test_a_file_that_outgrows_its_limit_is_named_and_the_earlier_one_stays(tmp_path: Path) -> None:
    """The limit stands in for a full disk: write(2) refuses in the same place, and names no file either."""
    (tmp_path / "report.csv").write_text("before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputNotWrittenError) as failed:
            write_output(tmp_path / "report.csv", b"x" * 2000, KEPT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert str(failed.value).startswith(f"{tmp_path / 'report.csv'} can't be written ({os.strerror(errno.EFBIG)}")
    assert str(failed.value).endswith(f"The report isn't lost: {KEPT}")
    assert (tmp_path / "report.csv").read_text() == "before"


def test_a_full_device_is_named() -> None:
    check_output("--report", Path("/dev/full"))

    with pytest.raises(OutputNotWrittenError, match=r"/dev/full can't be written \(No space left on device: make room"):
        write_output(Path("/dev/full"), b"x", KEPT)

    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_device_stays_a_device_and_a_link_a_link(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "link").symlink_to(tmp_path / "file")

    for name in ("null", "link"):
        check_output("--report", tmp_path / name)
        write_output(tmp_path / name, b"report", KEPT)

    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"report"
