"""A worker's tables, read while it writes them: one RocksDB secondary a database.

The rules of reading were found by trying (rocksdict 0.3.29): two gets, or a snapshot(), on a secondary can show
two checkpoints at once, one iterator never does; a database that was deleted and made anew under an open secondary
gives the old data for ever, without an error; opening where there is none creates a folder; and `items()` ends early,
in silence, at a corrupted block, which an iterator's `status()` tells of.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import structlog
from rocksdict import AccessType, BlockBasedOptions, Cache, Options, Rdict, RdictIter

from api.one_iterator import get, items
from api.partition_content import PartitionContent, PartitionScan
from stream_app.codec import refusals
from stream_app.codec.table import CALENDAR_PREFIX, FAUST_OFFSET_KEY, META_KEY, PartitionMeta, decode_meta
from stream_app.errors import StateError

log = structlog.get_logger()

NOTHING_APPLIED = -1  # the changelog offset of a database that holds nothing of the changelog yet

_AFTER_OWN_KEYS = b"\1"  # store ids have no control characters
_KEYS_ESTIMATE = "rocksdb.estimate-num-keys"
_BLOCK_CACHE_BYTES = 8 << 20
_LOG_BYTES = 1 << 20


class DatabaseUnreadableError(StateError):
    """RocksDB could not read a partition's database."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        super().__init__(f"the database {path} can't be read: {what}")


class Secondary:
    """One worker's database of one partition; read-only, and only as new as the last catch_up().

    `folder` is RocksDB's own for this secondary: no two may share one.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._database: Rdict | None = None
        self._identity: bytes | None = None
        self._problem: str | None = None
        self._meta: PartitionMeta | None = None
        self._changelog_offset = NOTHING_APPLIED
        self._is_unreadable = False

    @property
    def meta(self) -> PartitionMeta | None:
        """The partition's meta at the last catch-up, None where there is no database."""
        return self._meta

    @property
    def changelog_offset(self) -> int:
        """How far in the changelog the database is; of two databases of a partition the greater one is the newer."""
        return self._changelog_offset

    @property
    def is_unreadable(self) -> bool:
        """There is a database, but not one that can be read."""
        return self._is_unreadable

    @property
    def problem(self) -> str | None:
        """Why there is no meta."""
        return self._problem

    def catch_up(self) -> None:
        """See what the worker has written by now; a database that appears, goes, or is made anew is noticed here.

        Holds the GIL for its length (some milliseconds under load). What fails stands in `problem`, and is tried anew
        at the next call.
        """
        before = self._problem
        self._is_unreadable = False
        try:
            self._follow()
        except (StateError, OSError) as error:
            if str(error) != before:
                log.warning("secondary.unreadable", path=str(self._path), reason=str(error))
            self._drop(str(error))
            self._is_unreadable = True

    def read_all(self) -> PartitionContent | None:
        """Everything, in one iterator; None where there is no database, or none that is whole.

        Raises StateError, DatabaseUnreadableError.
        """
        scan = self.scan(sys.maxsize)
        return None if scan is None else next(scan.slices)

    def scan(self, stores: int) -> PartitionScan | None:
        """Everything a slice of so many stores at a time, all as one iterator sees it; None and raises as read_all."""
        if self._database is None:
            return None
        with self._unreadable():
            iterator = self._database.iter()
            meta = get(iterator, META_KEY)
            keys = self._database.property_int_value(_KEYS_ESTIMATE) or 0
        return None if meta is None else PartitionScan(decode_meta(meta), keys, self._slices(iterator, meta, stores))

    def read_stores(self, store_ids: Iterable[str]) -> PartitionContent | None:
        """What read_all would hold of these stores, in one iterator too; those it has nothing of are left out."""
        if self._database is None:
            return None
        keys = sorted({store_id.encode() for store_id in store_ids})
        with self._unreadable():
            iterator = self._database.iter()
            meta = get(iterator, META_KEY)
            calendars = {key: get(iterator, CALENDAR_PREFIX + key) for key in keys}
            refused = {key: get(iterator, refusals.PREFIX + key) for key in keys}
            values = {key: get(iterator, key) for key in keys}
        if meta is None:
            return None
        polled = _present(values)
        return PartitionContent(
            decode_meta(meta), [*polled], [*polled.values()], _present(calendars), _present(refused)
        )

    def close(self) -> None:
        """Let go of the files."""
        self._drop(None)

    def _follow(self) -> None:
        identity = self._identity_on_disk()
        if identity is None or identity != self._identity:
            self._drop(f"there is no database at {self._path}")
        if identity is None:
            return
        with self._unreadable():
            if self._database is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._database = Rdict(str(self._path), _options(), access_type=AccessType.secondary(str(self._folder)))
                self._identity = identity
            self._database.try_catch_up_with_primary()
            iterator = self._database.iter()
            meta, offset = get(iterator, META_KEY), get(iterator, FAUST_OFFSET_KEY)
        if self._identity_on_disk() != identity:
            self._drop(f"the database {self._path} is being made anew")
        elif meta is None:
            self._meta, self._changelog_offset = None, NOTHING_APPLIED
            self._problem = f"the database {self._path} has no positions yet: it is new, or read from the changelog"
        else:
            self._meta, self._changelog_offset, self._problem = decode_meta(meta), _decode_offset(offset), None

    def _identity_on_disk(self) -> bytes | None:
        """RocksDB's id of the database, another one each time it is made; None where there is none, or no whole one."""
        if not (self._path / "CURRENT").exists():
            return None
        try:
            return (self._path / "IDENTITY").read_bytes() or None
        except FileNotFoundError:
            return None

    def _drop(self, problem: str | None) -> None:
        if self._database is not None:
            self._database.close()
        self._database = self._identity = self._meta = None
        self._changelog_offset = NOTHING_APPLIED
        self._problem = problem

    def _slices(self, iterator: RdictIter, meta: bytes, stores: int) -> Iterator[PartitionContent]:
        """Ids and values, and in each slice calendars and refusals up to the next id, in the same order."""
        store: bytes | None = _AFTER_OWN_KEYS
        first = b""
        while store is not None:
            with self._unreadable():
                values = items(iterator, store, None, stores)
                store = iterator.key() if iterator.valid() else None
                calendars, refused = (
                    _under(iterator, prefix, first, store) for prefix in (CALENDAR_PREFIX, refusals.PREFIX)
                )
            values.pop(FAUST_OFFSET_KEY, None)
            first = store or first
            yield PartitionContent(decode_meta(meta), [*values], [*values.values()], calendars, refused)

    @contextmanager
    def _unreadable(self) -> Iterator[None]:
        """Give RocksDB's errors a class: rocksdict raises a bare Exception for each of them."""
        try:
            yield
        except Exception as error:
            if type(error) is not Exception:
                raise
            raise DatabaseUnreadableError(self._path, str(error)) from error


def _present(values: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    return {key: value for key, value in values.items() if value is not None}


def _under(iterator: RdictIter, prefix: bytes, first: bytes, end: bytes | None) -> dict[bytes, bytes]:
    """What stands under a prefix that ends with a slash, by store: first <= id < end, or all from the first on."""
    following = prefix[:-1] + b"0" if end is None else prefix + end  # 0 is the byte behind the slash
    return {key.removeprefix(prefix): value for key, value in items(iterator, prefix + first, following).items()}


def _decode_offset(value: bytes | None) -> int:
    """Faust's own value: the offset in decimal digits."""
    if value is None:
        return NOTHING_APPLIED
    if not value.isdigit():
        raise StateError(f"the changelog offset {value[:64]!r} is no number: is this a store-monitor table?")
    return int(value)


def _options() -> Options:
    """What a secondary needs: every file kept open, since the worker deletes files that it has compacted."""
    options = Options(raw_mode=True)
    options.set_max_open_files(-1)
    # Each catch-up would start 15 threads and wait for them, though it seldom finds a file to open: three quarters of
    # its time, and much more where the CPU is busy.
    options.set_max_file_opening_threads(1)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(_LOG_BYTES)
    options.set_stats_dump_period_sec(0)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(_BLOCK_CACHE_BYTES))
    options.set_block_based_table_factory(blocks)
    return options
