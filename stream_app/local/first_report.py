"""The report that `up` shows: also where the API is killed meanwhile, or no poll has come yet."""

import time
from collections.abc import Callable

from stream_app.local.api_client import ApiAwayError, ApiClient, ReportFailedError

_INTERRUPTED = "interrupted"  # what the API says of a report that was running when it ended
_NO_POLLS = "no_polls"
_LOOK_EVERY_S = 1.0


class NoPollsError(ReportFailedError):
    """There is no poll yet that the report could take its time from."""


class FirstReport:
    """One report, triggered again each time that the API's end interrupts it; the supervisor bounds how often."""

    def __init__(
        self, client: ApiClient, as_of: str | None, polls_topic: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.report_id: str | None = None
        self.lacks_polls = False
        self._client = client
        self._as_of = as_of
        self._polls_topic = polls_topic
        self._clock = clock
        self._looked_at = float("-inf")
        self._position = 0

    def content(self) -> tuple[str, bytes] | None:
        """What the report stands on, in words, and its CSV; None while it isn't there.

        Raises ApiUnreachableError, ApiRefusedError, ReportFailedError, and of these NoPollsError.
        """
        try:
            if self.report_id is None:
                self.report_id = self._client.trigger_report(as_of=self._as_of)
            if self._client.report_status(self.report_id) is None:
                return None
            return self._client.report_basis(self.report_id), self._client.download(self.report_id)
        except ApiAwayError:
            return None
        except ReportFailedError as error:
            if error.code == _NO_POLLS:
                self._withdraw(error.report_id)
                raise NoPollsError(error.report_id, error.code, error.reason) from error
            if error.code != _INTERRUPTED:
                raise
            self.report_id = None
            return None

    def content_after_a_poll(self) -> tuple[str, bytes] | None:
        """The report as soon as there is a poll, None until then: records that are all refused make none.

        Raises ApiUnreachableError, ApiRefusedError, ReportFailedError.
        """
        if self.report_id is None and not self._has_new_records():
            return None
        try:
            return self.content()
        except NoPollsError:
            return None

    def _has_new_records(self) -> bool:
        """Whether records of polls were taken in since the last look, at most one look a second."""
        if self._clock() < self._looked_at + _LOOK_EVERY_S:
            return False
        self._looked_at = self._clock()
        before, self._position = self._position, self._client.position_in(self._polls_topic)
        return self._position > before

    def _withdraw(self, report_id: str) -> None:
        """A report that came too early is nobody's: it would only stand among the failed ones."""
        self.report_id, self.lacks_polls = None, True
        self._client.delete_report(report_id)
