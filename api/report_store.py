"""Where finished reports are kept for those who asked for them; the local folder is the simplest such place.

Whatever it is, the computation writes to the local folder first, and that copy stays as long as the report: conversions
and parts are served from it.
"""

from typing import Protocol

from api.report_storage import ReportMetadata, ReportsFolder
from stream_app.errors import StoreMonitorError


class ReportStoreError(StoreMonitorError):
    """The store did not do what it was asked for; `is_refusal` says that trying again wouldn't help."""

    def __init__(self, address: str, what: str, *, is_refusal: bool = False) -> None:
        self.address = address
        self.is_refusal = is_refusal
        super().__init__(f"{address}: {what}")


class ReportStore(Protocol):
    """Keeps the file of each finished report, and its metadata beside it. Every method raises ReportStoreError."""

    @property
    def address(self) -> str | None:
        """What tells this store from others, as `kept_in` of a report; None is the local folder alone."""

    async def keep(self, report: ReportMetadata) -> None:
        """Take in what the local folder has of a finished report, in place of what may be here."""

    async def link(self, report: ReportMetadata) -> str | None:
        """A link that gives the file to whoever has it, for a while; None where only the API can serve it."""

    async def fetch(self, report: ReportMetadata) -> None:
        """Bring the file back into the local folder, where it is missing there and the store has it."""

    async def remove(self, report: ReportMetadata) -> None:
        """Remove everything of a report, if there is anything."""


class LocalStore:
    """The local folder alone: what is finished is there already."""

    address = None

    def __init__(self, folder: ReportsFolder) -> None:
        self._folder = folder

    async def keep(self, report: ReportMetadata) -> None:
        """See that it is there."""
        path = self._folder.path(report)
        if not path.is_file():
            raise ReportStoreError(str(path), "the file is gone", is_refusal=True)

    async def link(self, report: ReportMetadata) -> str | None:  # noqa: ARG002 - as every store's
        """None: the API serves it."""
        return None

    async def fetch(self, report: ReportMetadata) -> None:
        """There is no other place to look."""

    async def remove(self, report: ReportMetadata) -> None:
        """Remove the file; its metadata are the folder's own."""
        self._folder.discard(report)
