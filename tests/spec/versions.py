"""Calendar messages that replace each other, and those with versions."""

from tests.spec.example import Example, Subject, on_date, version, weekly

DAYTIME = weekly("daily 09:00-17:00")
UNTIL_NOW = version(None, "daily 09:00-17:00")

VERSIONS = Subject(
    "Hours that change",
    "A calendar message can hold versions, each from a UTC time on. The day is Tuesday 12:00 to Wednesday 12:00.",
    (
        Example(
            name="a_change_of_hours_keeps_the_past",
            rule="A change of hours never rewrites the past.",
            why="Tuesday 12:00 to 17:00 as it was; Wednesday 09:00 to 11:00",
            messages=({"versions": [UNTIL_NOW, version("2023-01-25T00:00:00Z", "daily 09:00-11:00")]},),
            expected={"hour": (0, 0), "day": (420, 0)},
        ),
        Example(
            name="a_change_in_mid_evening",
            rule="Each minute is judged by the version in force at it: in mid-evening too.",
            why="18:00 to 20:00 by the old hours (18:00 to 24:00), 20:00 to 22:00 by the new (19:00 to 22:00)",
            messages=(
                {
                    "versions": [
                        version(None, "daily 18:00-24:00"),
                        version("2023-01-24T20:00:00Z", "daily 19:00-22:00"),
                    ]
                },
            ),
            expected={"day": (240, 0)},
        ),
        Example(
            name="a_night_that_ends_early",
            rule="A night ends where a version takes over that has none.",
            why="Tuesday 22:00 to 01:00, then 10:00 to 11:00",
            messages=(
                {
                    "versions": [
                        version(None, "daily 22:00-04:00"),
                        version("2023-01-25T01:00:00Z", "daily 10:00-11:00"),
                    ]
                },
            ),
            expected={"day": (240, 0)},
        ),
        Example(
            name="a_night_that_begins_late",
            rule="And a version with nights begins in the middle of one.",
            why="01:00 to 04:00 of the night that its hours would have begun on Tuesday",
            messages=(
                {
                    "versions": [
                        version(None, "daily 10:00-11:00"),
                        version("2023-01-25T01:00:00Z", "daily 22:00-04:00"),
                    ]
                },
            ),
            expected={"hour": (0, 0), "day": (180, 0)},
        ),
        Example(
            name="a_version_in_another_zone",
            rule="A version brings its own zone.",
            why="Tuesday 09:00 to 17:00 in Chicago is 15:00 to 23:00 UTC",
            messages=(
                {
                    "versions": [
                        UNTIL_NOW,
                        version("2023-01-24T00:00:00Z", "daily 09:00-17:00", zone="America/Chicago"),
                    ]
                },
            ),
            expected={"day": (480, 0)},
            columns={"zone": "America/Chicago"},
        ),
        Example(
            name="a_version_still_to_come",
            rule="A version that begins after T changes nothing.",
            why="Tuesday 11:59 to 17:00 and Wednesday 09:00 to 11:59, in UTC as before: 301 + 179",
            messages=({"versions": [UNTIL_NOW, version("2023-01-25T12:00:00Z", zone="Asia/Tokyo")]},),
            as_of="2023-01-25 11:59",
            expected={"hour": (60, 0), "day": (480, 0)},
            columns={"zone": "UTC"},
        ),
        Example(
            name="a_version_from_t_on",
            rule="One that begins at T shows its zone already, and changes none of the minutes before.",
            why="Tuesday 12:00 to 17:00 and Wednesday 09:00 to 12:00 in UTC: 300 + 180",
            messages=({"versions": [UNTIL_NOW, version("2023-01-25T12:00:00Z", zone="Asia/Tokyo")]},),
            expected={"hour": (60, 0), "day": (480, 0)},
            columns={"zone": "Asia/Tokyo"},
        ),
        Example(
            name="before_the_first_version",
            rule="Before the earliest version the defaults hold: 24x7.",
            why="Tuesday 12:00 to 24:00, Wednesday 09:00 to 12:00: 720 + 180",
            messages=({"versions": [version("2023-01-25T00:00:00Z", "daily 09:00-17:00")]},),
            expected={"day": (900, 0)},
        ),
        Example(
            name="a_version_in_mid_minute",
            rule="A version holds for the whole minute that it begins in.",
            why="open 24x7 until 11:30, then closed on Wednesdays",
            messages=({"versions": [version(None), version("2023-01-25T11:30:45Z", "Mon 09:00-10:00")]},),
            expected={"hour": (30, 0)},
        ),
        Example(
            name="versions_in_any_order",
            rule="Versions count by their time, in whatever order they stand.",
            why="the first example again, the other way round",
            messages=({"versions": [version("2023-01-25T00:00:00Z", "daily 09:00-11:00"), UNTIL_NOW]},),
            expected={"hour": (0, 0), "day": (420, 0)},
        ),
        Example(
            name="three_versions",
            rule="Each of several versions holds up to the next.",
            why="Tuesday 12:00 to 17:00, 18:00 to 20:00, and Wednesday 10:00 to 12:00 (London): 300 + 120 + 120",
            messages=(
                {
                    "versions": [
                        UNTIL_NOW,
                        version("2023-01-24T18:00:00Z", "daily 09:00-20:00", zone="Africa/Abidjan"),
                        version("2023-01-25T00:00:00Z", "daily 10:00-13:00", zone="Europe/London"),
                        version("2023-02-01T00:00:00Z", zone="Asia/Tokyo"),
                    ]
                },
            ),
            expected={"hour": (60, 0), "day": (540, 0)},
            columns={"zone": "Europe/London"},
        ),
        Example(
            name="an_exception_across_versions",
            rule="An exception holds in every version.",
            why="Wednesday 10:00 to 11:40 by both; Tuesday 12:00 to 17:00 by the first",
            messages=(
                {
                    "versions": [UNTIL_NOW, version("2023-01-25T11:00:00Z", "daily 08:00-20:00")],
                    "exceptions": [on_date("2023-01-25", "10:00-11:40")],
                },
            ),
            expected={"hour": (40, 0), "day": (400, 0)},
        ),
    ),
)

MESSAGES = Subject(
    "Calendar messages",
    "One message holds everything about a store; the last valid one counts.",
    (
        Example(
            name="the_last_message_counts",
            rule="A new message replaces the one before, for all time.",
            why="Wednesday 09:00 to 10:00; Tuesday 12:00 to 17:00 is forgotten",
            messages=(DAYTIME, weekly("daily 09:00-10:00")),
            expected={"day": (60, 0)},
        ),
        Example(
            name="a_tombstone",
            rule="A tombstone (null) returns a store to the defaults.",
            why="24x7 in Chicago",
            messages=(weekly("Mon 09:00-10:00"), None),
            expected={"hour": (60, 0), "week": (10080, 0)},
            columns={"zone": "America/Chicago"},
        ),
        Example(
            name="a_tombstone_without_polls",
            rule="After a tombstone, a store without polls is no longer known.",
            why="the report has no row for it",
            polls=(),
            messages=(DAYTIME, None),
            is_known=False,
        ),
        *(
            Example(
                name=f"refused_{reason}",
                rule=f"{rule} refuses the whole message; the last valid one stays.",
                why="09:00 to 17:00 as the valid message says: Tuesday 300, Wednesday 180",
                messages=(DAYTIME, message),
                expected={"day": (480, 0)},
                rejections=(reason,),
            )
            for reason, rule, message in (
                ("unknown_zone", "A zone that doesn't exist", weekly("daily 09:00-10:00", zone="Mars/Olympus")),
                (
                    "bad_day",
                    "One row of hours with a bad weekday",
                    {"hours": [*DAYTIME["hours"], {"day": 7, "start": "09:00", "end": "10:00"}]},
                ),
                ("bad_hours", "One row of hours with a bad time", weekly("Mon 09:00-10:00", "Tue 09:00-25:00")),
                ("mixed_calendar", "Hours beside versions", {**DAYTIME, "versions": [UNTIL_NOW]}),
                ("no_versions", "An empty list of versions", {"versions": []}),
                (
                    *("repeated_version", "A version that begins in the same minute as another"),
                    {"versions": [version("2023-01-25T00:00:00Z"), version("2023-01-25T00:00:59Z", "Mon 09:00-10:00")]},
                ),
                (
                    *("bad_date", "An exception on a date that doesn't exist"),
                    {**DAYTIME, "exceptions": [on_date("2023-02-29")]},
                ),
                (
                    *("repeated_date", "Two exceptions on one date"),
                    {**DAYTIME, "exceptions": [on_date("2023-01-25"), on_date("2023-01-25", "10:00-11:00")]},
                ),
                (
                    *("bad_maintenance", "Maintenance that ends when it begins"),
                    {"maintenance": [{"from": "2023-01-25T10:00:00Z", "to": "2023-01-25T10:00:00Z"}]},
                ),
            )
        ),
    ),
)
