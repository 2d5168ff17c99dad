"""The report that `up` shows, also where the API is killed and brought back before it is there."""

from stream_app.local.api_client import ApiAwayError, ApiClient, ReportFailedError

_INTERRUPTED = "interrupted"  # what the API says of a report that was running when it ended


class FirstReport:
    """One report, triggered again each time that the API's end interrupts it; the supervisor bounds how often."""

    def __init__(self, client: ApiClient, as_of: str | None) -> None:
        self._client = client
        self._as_of = as_of
        self._report_id: str | None = None

    def content(self) -> tuple[str, bytes] | None:
        """What the report stands on, in words, and its CSV; None while it isn't there.

        Raises ApiUnreachableError, ApiRefusedError, ReportFailedError.
        """
        try:
            if self._report_id is None:
                self._report_id = self._client.trigger_report(as_of=self._as_of)
            if self._client.report_status(self._report_id) is None:
                return None
            return self._client.report_basis(self._report_id), self._client.download(self._report_id)
        except ApiAwayError:
            return None
        except ReportFailedError as error:
            if error.code != _INTERRUPTED:
                raise
            self._report_id = None
            return None
