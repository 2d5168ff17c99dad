"""What a process was refused, from the words of those that were."""

from pathlib import Path

import pytest

from stream_app.local.machine import NoSpaceLeftError, cause_of, check_space

JAVA = (
    ("Error occurred during initialization of VM\nCould not reserve enough space for 786432KB object heap", "memory"),
    ("Failed to allocate initial concurrent mark overflow mark stack.", "memory"),
    ("# There is insufficient memory for the Java Runtime Environment to continue.", "memory"),
    ("Terminating due to java.lang.OutOfMemoryError: Java heap space", "memory"),
    ("java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory", "threads"),
    ("java.io.IOException: Too many open files", "open files"),
    ("java.io.IOException: No space left on device", "no space left on device"),
    ("java.io.IOException: Disk quota exceeded", "quota"),
    ("java.nio.file.FileSystemException: /s/kafka: Read-only file system", "read-only"),
)


@pytest.mark.parametrize(("words", "named"), JAVA, ids=[named for _, named in JAVA])
def test_what_the_machine_refused_is_named(tmp_path: Path, words: str, named: str) -> None:
    log = f"INFO starting\n{words}\n\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)"

    cause = cause_of(log, tmp_path)

    assert cause is not None
    assert named in cause
    assert "\n" not in cause


def test_other_ends_have_no_cause_of_the_machine_s(tmp_path: Path) -> None:
    assert cause_of("java.lang.RuntimeException: No readable meta.properties files found.", tmp_path) is None


def test_disk_with_room_is_enough(tmp_path: Path) -> None:
    check_space(tmp_path)


def test_full_disk_s_error_names_the_folder_and_what_it_needs(tmp_path: Path) -> None:
    assert str(NoSpaceLeftError(tmp_path, 4 << 20)).startswith(
        f"no space left on device: {tmp_path} has 4.0 MB free and needs 32 MB"
    )
