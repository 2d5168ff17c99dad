"""Calendar messages with exceptions and planned maintenance."""

from tests.spec.example import LONG_BEFORE, Example, Subject, on_date, planned, weekly

DAYTIME = weekly("daily 09:00-17:00")
ROUND_THE_CLOCK = weekly()

EXCEPTIONS = Subject(
    "Exceptions",
    "A calendar message can give a date its own hours. The day is Tuesday 12:00 to Wednesday 12:00.",
    (
        Example(
            name="a_plain_calendar_message",
            rule="A plain message holds for all time.",
            why="Tuesday 12:00 to 17:00 and Wednesday 09:00 to 12:00",
            messages=(DAYTIME,),
            expected={"hour": (60, 0), "day": (480, 0)},
        ),
        Example(
            name="a_closed_date",
            rule="An exception without hours closes its date.",
            why="only Tuesday 12:00 to 17:00 is left",
            messages=({**DAYTIME, "exceptions": [on_date("2023-01-25")]},),
            expected={"hour": (0, 0), "day": (300, 0)},
        ),
        Example(
            name="other_hours_on_a_date",
            rule="An exception's hours stand in place of the weekday's.",
            why="Tuesday 12:00 to 17:00, Wednesday 10:00 to 11:30",
            messages=({**DAYTIME, "exceptions": [on_date("2023-01-25", "10:00-11:30")]},),
            expected={"hour": (30, 0), "day": (390, 0)},
        ),
        Example(
            name="several_hours_on_a_date",
            rule="An exception's hours add up like a weekday's.",
            why="Tuesday 300; Wednesday 08:00 to 09:00 and 10:00 to 10:30",
            messages=({**DAYTIME, "exceptions": [on_date("2023-01-25", "10:00-10:30", "08:00-09:00")]},),
            expected={"day": (390, 0)},
        ),
        Example(
            name="the_night_before_a_closed_date",
            rule="A night that began the evening before runs into a closed date.",
            why="Tuesday 22:00 to Wednesday 02:00 began on Tuesday",
            messages=({**weekly("daily 22:00-02:00"), "exceptions": [on_date("2023-01-25")]},),
            expected={"day": (240, 0)},
        ),
        Example(
            name="the_night_of_a_closed_date",
            rule="The night that would begin on a closed date is closed, past midnight too.",
            why="Tuesday is closed, and with it Wednesday 00:00 to 02:00",
            messages=({**weekly("daily 22:00-02:00"), "exceptions": [on_date("2023-01-24")]},),
            expected={"day": (0, 0)},
        ),
        Example(
            name="a_longer_night",
            rule="An exception's hours may run past midnight.",
            why="Tuesday 20:00 to Wednesday 03:00",
            messages=({**weekly("daily 22:00-02:00"), "exceptions": [on_date("2023-01-24", "20:00-03:00")]},),
            expected={"day": (420, 0)},
        ),
        Example(
            name="an_exception_of_a_store_open_24x7",
            rule="An exception holds for a store without weekly hours too.",
            why="Tuesday 12:00 to 24:00, Wednesday 10:00 to 11:00: 720 + 60",
            messages=({**ROUND_THE_CLOCK, "exceptions": [on_date("2023-01-25", "10:00-11:00")]},),
            expected={"hour": (0, 0), "day": (780, 0)},
        ),
        Example(
            name="an_exceptions_date_is_local",
            rule="An exception's date is the store's local one.",
            why="Tuesday 18:00 to 22:00 in Chicago is Wednesday 00:00 to 04:00 UTC",
            messages=({**weekly("daily 18:00-22:00", zone="America/Chicago"), "exceptions": [on_date("2023-01-24")]},),
            expected={"day": (0, 0), "week": (6 * 240, 0)},
        ),
    ),
)

MAINTENANCE = Subject(
    "Planned maintenance",
    "Minutes of planned maintenance count as closed. The stores of these examples are open 24x7.",
    (
        *(
            Example(
                name=f"maintenance_{label}",
                rule=rule,
                why=why,
                messages=({**ROUND_THE_CLOCK, "maintenance": [planned(start, end)]},),
                expected={"hour": (minutes, 0)},
                sla_case=case,
            )
            for label, rule, start, end, minutes, why, case in (
                ("inside", "Maintenance is outside business hours.", "11:10", "11:30", 40, "60 - 20", ""),
                (
                    *("of_everything", "A window that maintenance covers has no minutes.", "10:00", "13:00", 0),
                    *("11:00 to 12:00 is all inside 10:00 to 13:00", "downtime that covers the whole window"),
                ),
                (
                    *("from_before", "Maintenance that began before the window counts from its start.", "10:30"),
                    *("11:15", 45, "11:00 to 11:15 is closed", "downtime that begins before the window"),
                ),
                (
                    *("past_t", "Maintenance that ends after T counts up to T.", "11:45", "12:30", 45),
                    *("11:45 to 12:00 is closed", "downtime that ends after the window"),
                ),
                (
                    *("up_to_the_window", "Maintenance that ends with the window's start takes nothing.", "10:00"),
                    *("11:00", 60, "11:00 is open again", "downtime that ends on the window's start"),
                ),
                (
                    *("from_t", "Nor does maintenance that begins at T.", "12:00", "13:00", 60),
                    *("11:59 is still open", "downtime that begins on the window's end"),
                ),
                (
                    *("with_seconds", "Its start is floored to the minute, its end ceiled.", "11:10:30", "11:19:30"),
                    *(50, "11:10 to 11:20 is closed", ""),
                ),
            )
        ),
        Example(
            name="maintenance_hides_the_change",
            rule="A status that changes during maintenance holds when it ends.",
            why="up 11:00 to 11:10; closed to 11:30; down since 11:20, so 11:30 to 12:00",
            polls=(*LONG_BEFORE, "11:20 inactive"),
            messages=({**ROUND_THE_CLOCK, "maintenance": [planned("11:10", "11:30")]},),
            expected={"hour": (10, 30)},
        ),
        Example(
            name="maintenance_around_an_outage",
            rule="Of an outage only the minutes outside maintenance count.",
            why="down 11:12 to 11:30, of which 11:18 to 11:24 is open; 60 - 12 - 12 - 6 = 30 up",
            polls=(*LONG_BEFORE, "11:12 inactive", "11:30 active"),
            messages=({**ROUND_THE_CLOCK, "maintenance": [planned("11:06", "11:18"), planned("11:24", "11:36")]},),
            expected={"hour": (30, 6)},
            sla_case="overlapping downtimes and problems",
        ),
        Example(
            name="outage_and_maintenance_from_before",
            rule="Outage and maintenance may both have begun before the window.",
            why="closed until 11:48, down since 10:48: 12 minutes of 11:48 to 12:00",
            polls=("10:48 inactive",),
            messages=({**ROUND_THE_CLOCK, "maintenance": [planned("10:36", "11:48")]},),
            expected={"hour": (0, 12)},
            sla_case="problem before the window, with a downtime",
        ),
        Example(
            name="overlapping_maintenance",
            rule="Where spans of maintenance overlap or touch a minute is taken once.",
            why="all is closed but 11:24 to 11:36",
            polls=("10:48 inactive",),
            messages=(
                {
                    **ROUND_THE_CLOCK,
                    "maintenance": [
                        *(planned("10:36", "11:00"), planned("10:48", "11:12"), planned("11:00", "11:24")),
                        *(planned("11:36", "12:00"), planned("11:48", "12:12")),
                    ],
                },
            ),
            expected={"hour": (0, 12)},
            sla_case="problem before the window, with overlapping downtimes",
        ),
        Example(
            name="maintenance_over_closing_time",
            rule="Maintenance over closed hours takes only what was open.",
            why="open 11:00 to 11:30 of the hour, closed from 11:15",
            messages=({**weekly("Wed 09:00-11:30"), "maintenance": [planned("11:15", "11:45")]},),
            expected={"hour": (15, 0)},
        ),
        Example(
            name="maintenance_under_calendar_windows",
            rule="Maintenance is in UTC, whatever the store's zone.",
            why="Chicago's Tuesday is 06:00 UTC to 06:00 UTC: 24 hours less one; the second maintenance lies after it",
            polls=("2023-01-17 00:00 active",),
            messages=(
                {
                    **weekly(zone="America/Chicago"),
                    "maintenance": [planned("10:00", "11:00", "2023-01-24"), planned("06:00", "07:00")],
                },
            ),
            policy="calendar",
            expected={"hour": (60, 0), "day": (1380, 0)},
        ),
    ),
)
