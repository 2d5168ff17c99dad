"""The files of a partition's database: whether they can be trusted, and how they are given up.

A database that can't be is deleted and rebuilt from the changelog, which is the truth. One that turns out damaged while
it is in use is condemned by a file beside it, for the next start to delete.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import structlog

from stream_app.codec.table import FAUST_OFFSET_KEY, META_KEY, PartitionMeta, decode_meta
from stream_app.database import Database
from stream_app.errors import StateError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a database has to come from: this partition of this changelog, which ends at offset `end` for readers.

    `changelog_id` is Kafka's own id of the topic, None where Kafka tells none.
    """

    changelog: str
    partition: int
    end: int
    changelog_id: str | None = None


def why_untrusted(database: Database, expected: Provenance) -> str | None:
    """Why a database must not be used, None where it may; it may be empty. Reads all of it, a second a million keys."""
    try:
        meta = offset = None
        for key, value in database.scan(b""):
            if key == META_KEY:
                meta = decode_meta(value)
            elif key == FAUST_OFFSET_KEY:
                offset = int(value)
    except (StateError, ValueError) as error:
        return str(error)
    return _why_foreign(meta, offset, expected)


def _why_foreign(meta: PartitionMeta | None, offset: int | None, expected: Provenance) -> str | None:
    if offset is None:
        return None if meta is None else "it has values, but no changelog offset"
    if meta is not None and meta.changelog not in {None, expected.changelog}:
        return f"it is a copy of {meta.changelog}, not of {expected.changelog}"
    if meta is not None and meta.partition not in {None, expected.partition}:
        return f"it is partition {meta.partition}, not {expected.partition}"
    if offset >= expected.end and not (meta is not None and has_outlived(meta, offset, expected)):
        return f"it stands at changelog offset {offset}, but the changelog ends at {expected.end}"
    return None


def has_outlived(meta: PartitionMeta, offset: int, expected: Provenance) -> bool:
    """Whether a database is of a changelog that was deleted since: its offset says nothing about the new one.

    One that doesn't know its changelog's id yet is taken for that where it is ahead of the changelog.
    """
    if expected.changelog_id is None:
        return False
    if meta.changelog_id is None:
        return meta.changelog is not None and offset >= expected.end
    return meta.changelog_id != expected.changelog_id


def condemn(path: Path, reason: str) -> None:
    """Have the next start delete the database at `path`."""
    _mark(path).write_text(reason)
    log.error("database.condemned", path=str(path), reason=reason)


def condemned(path: Path) -> str | None:
    """Why an earlier run condemned the database at `path`; None where none did."""
    mark = _mark(path)
    return mark.read_text() if mark.exists() else None


def remove(path: Path, reason: str) -> None:
    """Delete the database at `path`, which nobody has open."""
    log.error("database.removed", path=str(path), reason=reason)
    if path.exists():
        shutil.rmtree(path)
    _mark(path).unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.condemned")
