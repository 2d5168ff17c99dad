"""docs/policies.md: the policies, and the columns of the extended report, as tables."""

from stream_app.domain.policy import POLICIES
from tests.support.markdown import markdown_table

COLUMN_MEANINGS = {
    ("store_id",): "the store",
    ("uptime_last_hour", "downtime_last_hour"): "whole minutes",
    ("uptime_last_day", "uptime_last_week", "downtime_last_day", "downtime_last_week"): "hours to two places",
    ("unknown_last_hour",): "whole minutes of business time that the policy calls neither up nor down",
    ("unknown_last_day", "unknown_last_week"): "the same in hours to two places",
    ("business_minutes_last_hour", "business_minutes_last_day", "business_minutes_last_week"): "whole minutes that the "
    "store was open: up + down + unknown, exactly",
    ("uptime_percent_last_hour", "uptime_percent_last_day", "uptime_percent_last_week"): "uptime of what is known "
    "(up + down), in percent to two places; empty where nothing is",
    ("outages_last_week",): "how many outages: runs of down minutes in business time, which closed hours neither count "
    "in nor end, and unknown minutes do end; empty under `poll_hours`, which gives minutes no status",
    ("longest_outage_last_week",): "business minutes of the longest outage, 0 for none; empty under `poll_hours`",
    ("last_poll_utc", "last_status"): "time and status of the newest poll up to T, not floored; empty for none",
    ("zone",): "the zone in force at T",
    ("polls_last_week",): "minutes of the week in which a poll fell, inside business hours or not",
    ("estimated_from",): "the policy's name",
    ("hours_from", "zone_from"): "`given`; `assumed` where there was none, so that the store counts as open around the "
    "clock, or as in America/Chicago; `refused` where there was some and none of it could be read, which comes to the "
    "same minutes",
    ("calendar_rows_refused",): "rows of hours and zones that were refused since the store's last valid calendar",
}


def policies_table() -> str:
    """Every policy: its name, its four parts, and its rule."""
    rows = (
        [
            f"`{named.name}`",
            named.policy.before.value,
            named.policy.between.value,
            "none" if named.policy.max_gap is None else f"{named.policy.max_gap} min",
            named.policy.windows.value,
            named.sentence,
        ]
        for named in POLICIES.values()
    )
    return markdown_table(("policy", "before", "between", "max_gap", "windows", "in words"), rows)


def columns_table() -> str:
    """The columns of the extended report, in their order."""
    rows = ([", ".join(f"`{name}`" for name in names), meaning] for names, meaning in COLUMN_MEANINGS.items())
    return markdown_table(("column", "meaning"), rows)
