"""Which columns a report has, told by what is recorded of it."""

from collections.abc import Sequence

from api.as_of import parse_as_of
from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import ReportRequest
from api.report_storage import ReportMetadata
from stream_app.codec.table import PartitionMeta

_NO_STORES = PartitionContent(PartitionMeta({}), [], [], {})


def report_columns(report: ReportMetadata) -> Sequence[str]:
    """The names of a complete report's columns: those of the same report about no stores."""
    asked = ReportRequest(policy=report.policy, columns=report.columns, range=report.range, windows=report.windows)
    return list(fleet_report([_NO_STORES], asked, parse_as_of(report.as_of or "")))
