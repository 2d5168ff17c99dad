"""Finished reports in a bucket of Amazon's S3, of what speaks like it, or of Google's Cloud Storage.

obstore reads endpoint and credentials from the clouds' own environment variables (AWS_*, GOOGLE_*).
"""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import GCSStore, S3Store

from api.report_request import MEDIA_TYPES
from api.report_storage import ReportMetadata, ReportsFolder
from api.report_store import ReportStoreError
from stream_app.atomic_file import replacing
from stream_app.errors import ConfigurationError

_SCHEMES: dict[str, type[S3Store] | type[GCSStore]] = {"s3": S3Store, "gs": GCSStore}
# Of one request: enough for a hiccup. One that hangs ends after 30 s (obstore's default) and isn't repeated here:
# whoever uploads begins anew.
_REQUEST_RETRIES = 2
_REQUEST_RETRY_TIME = timedelta(seconds=10)
_PARTS_AT_ONCE = 4  # of 5 MiB each, which are all that an upload holds in memory
_CHUNK_BYTES = 1 << 20


class ObjectStore:
    """A bucket, below a prefix: `<id>.csv` or `.jsonl`, and `<id>.json` with what is known of it."""

    def __init__(self, folder: ReportsFolder, address: str, link_ttl: timedelta) -> None:
        """Raises ConfigurationError; the bucket itself is first asked for with the first report."""
        self._folder = folder
        self._address = address
        self._link_ttl = link_ttl
        self._bucket = _bucket(address)
        self._fetching = asyncio.Lock()  # two fetches of one report would share a temporary file

    @property
    def address(self) -> str:
        """The address as it was given."""
        return self._address

    async def keep(self, report: ReportMetadata) -> None:
        """Upload the file, in parts where it is large, and then the metadata: where they are, all of it is there."""
        path = self._folder.path(report)
        if not path.is_file():
            raise ReportStoreError(str(path), "the local copy is gone", is_refusal=True)
        metadata = msgspec.json.format(msgspec.json.encode(report))
        with self._answering():
            await obstore.put_async(
                self._bucket,
                _file_name(report),
                path,
                attributes={
                    "Content-Type": MEDIA_TYPES[report.format],
                    "Content-Disposition": f'attachment; filename="{_file_name(report)}"',
                },
                max_concurrency=_PARTS_AT_ONCE,
            )
            await obstore.put_async(
                self._bucket, _metadata_name(report), metadata, attributes={"Content-Type": "application/json"}
            )

    async def link(self, report: ReportMetadata) -> str | None:
        """A signed link, None for a report of before that isn't in this bucket."""
        if report.kept_in != self._address:
            return None
        with self._answering():
            return await obstore.sign_async(self._bucket, "GET", _file_name(report), expires_in=self._link_ttl)

    async def fetch(self, report: ReportMetadata) -> None:
        """Download the file, whole or not at all."""
        path = self._folder.path(report)
        async with self._fetching:
            if path.exists() or report.kept_in != self._address:
                return
            with self._answering():
                try:
                    found = await obstore.get_async(self._bucket, _file_name(report))
                except FileNotFoundError:
                    return
                digest = hashlib.sha256()
                with replacing(path) as file:
                    async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
                        digest.update(chunk)
                        file.write(chunk)
                    if digest.hexdigest() != report.sha256:
                        raise ReportStoreError(self._address, f"{_file_name(report)} is not what was uploaded")

    async def remove(self, report: ReportMetadata) -> None:
        """Remove the metadata first: a file without them is of no report."""
        for name in (_metadata_name(report), _file_name(report)):
            with self._answering():
                try:
                    await obstore.delete_async(self._bucket, name)
                except FileNotFoundError:  # Google says so, S3 doesn't
                    continue

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise ReportStoreError(self._address, _in_words(error), is_refusal=True) from error
        except (BaseError, OSError) as error:
            raise ReportStoreError(self._address, _in_words(error)) from error


def _bucket(address: str) -> S3Store | GCSStore:
    try:
        return _SCHEMES[address.partition(":")[0]].from_url(
            address, retry_config={"max_retries": _REQUEST_RETRIES, "retry_timeout": _REQUEST_RETRY_TIME}
        )
    except (BaseError, OSError, ValueError) as error:
        raise ConfigurationError(f"REPORT_STORE={address} can't be used: {_in_words(error)}") from error


def _file_name(report: ReportMetadata) -> str:
    return f"{report.report_id}.{report.format}"


def _metadata_name(report: ReportMetadata) -> str:
    return f"{report.report_id}.json"


def _in_words(error: Exception) -> str:
    """What obstore says, without the dump of its internals that follows."""
    return str(error).partition("\n")[0]
