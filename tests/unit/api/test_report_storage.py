"""The folder of reports: files are there whole or not at all, and foreign ones are left alone."""

from pathlib import Path

import pytest

from api.report_storage import ReportMetadata, ReportsFolder, ReportsFolderError, ReportState
from stream_app.atomic_file import replacing

ID = "0f8fad5bd9cb469fa16570867728950e"


def metadata(report_id: str = ID, state: ReportState = ReportState.RUNNING) -> ReportMetadata:
    return ReportMetadata(
        report_id=report_id, state=state, triggered_at="2023-01-25T00:00:00Z", requested_as_of=None, allow_stale=False
    )


def test_metadata_come_back_as_they_were_saved_last(tmp_path: Path) -> None:
    storage = ReportsFolder(tmp_path / "reports")
    storage.save(metadata())
    storage.save(metadata(state=ReportState.COMPLETE))

    assert ReportsFolder(tmp_path / "reports").load_all() == [metadata(state=ReportState.COMPLETE)]


def test_foreign_and_broken_files_are_passed_over_and_left(tmp_path: Path) -> None:
    storage = ReportsFolder(tmp_path)
    other = ID.replace("0", "1")
    contents = {f"{other}.json": "{", f"{ID.replace('0', '2')}.json": "{}", "notes.json": "{}", f"{ID}.txt": ""}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    storage.save(metadata())
    renamed = tmp_path / f"{ID.replace('0', '3')}.json"
    renamed.write_bytes((tmp_path / f"{ID}.json").read_bytes())

    assert [report.report_id for report in storage.load_all()] == [ID]
    assert {name: (tmp_path / name).read_text() for name in contents} == contents


def test_unfinished_csv_is_discarded_with_its_part(tmp_path: Path) -> None:
    storage = ReportsFolder(tmp_path)
    storage.path(metadata()).write_text("old")
    (tmp_path / f".{ID}.csv.part").write_text("half")

    storage.discard(metadata())

    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ReportsFolderError, match="REPORTS_DIR"):
        ReportsFolder(tmp_path / "file")


def test_file_that_fails_half_way_leaves_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")

    def fail_half_way() -> None:
        with replacing(path) as file:
            file.write(b"new")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail_half_way()

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
