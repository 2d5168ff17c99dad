"""The policies: what a store was where no poll says it."""

from tests.spec.example import Example, Subject

NEVER = ()

BEFORE = Subject(
    "Policies: before the first poll",
    "Expected minutes are up, down and unknown. `default` says down before the first poll; these say otherwise.",
    (
        Example(
            name="optimistic_before_the_first_poll",
            rule="`optimistic`: up before the first poll.",
            why="up until 11:20, then down for 40 minutes",
            polls=("11:20 inactive",),
            policy="optimistic",
            expected={"hour": (20, 40), "day": (1400, 40), "week": (10040, 40)},
        ),
        Example(
            name="backfill_active",
            rule="`backfill`: the first poll's status holds before it too.",
            why="first `active`: up until 11:50",
            polls=("11:20 active", "11:50 inactive"),
            policy="backfill",
            expected={"hour": (50, 10), "week": (10070, 10)},
        ),
        Example(
            name="backfill_inactive",
            rule="That goes for `inactive` as well.",
            why="first `inactive`: down until 11:50",
            polls=("11:20 inactive", "11:50 active"),
            policy="backfill",
            expected={"hour": (10, 50), "week": (10, 10070)},
            sla_case="state before the first event taken from that event",
        ),
        Example(
            name="backfill_needs_no_guess",
            rule="With a poll before the window there is nothing to fill.",
            why="down since 10:00, up since 11:20",
            polls=("10:00 inactive", "11:20 active"),
            policy="backfill",
            expected={"hour": (40, 20)},
        ),
        Example(
            name="measured_before_the_first_poll",
            rule="`measured`: unknown before the first poll; percentages are of what is known.",
            why="unknown until 11:20; up 40 of 40 known minutes",
            polls=("11:20 active",),
            policy="measured",
            expected={"hour": (40, 0, 20), "day": (40, 0, 1400)},
            columns={"uptime_percent_last_hour": "100.0", "estimated_from": "measured"},
            sla_case="unknown at first reduces the time that counts",
        ),
        Example(
            name="measured_inside_hours",
            rule="Closed minutes are not unknown, they are nothing.",
            why="open 09:00 to 11:30; unknown until 11:00, then 30 minutes up",
            polls=("11:00 active",),
            hours=("Wed 09:00-11:30",),
            policy="measured",
            expected={"day": (30, 0, 120)},
        ),
        *(
            Example(
                name=f"never_polled_by_{policy}",
                rule=f"`{policy}`: a store that was never polled is {'up' if minutes[0] else 'unknown'}.",
                why="60 minutes, all alike",
                polls=NEVER,
                policy=policy,
                expected={"hour": minutes},
            )
            for policy, minutes in {
                "optimistic": (60, 0, 0),
                "backfill": (0, 0, 60),
                "measured": (0, 0, 60),
                "max_gap": (0, 0, 60),
                "nearest": (0, 0, 60),
                "poll_hours": (0, 0, 60),
            }.items()
        ),
        *(
            Example(
                name=f"no_policy_{label}",
                rule=f"`{policy}` is no policy, and refused.",
                why=why,
                policy=policy,
                refused="unknown_policy",
            )
            for label, policy, why in (
                ("with_minutes", "optimistic:60", "only `max_gap` takes minutes"),
                ("of_no_minutes", "max_gap:0", "a poll counts for one minute at least"),
                ("of_more_than_a_week", "max_gap:10081", "a week, 10080 minutes, is the most"),
                ("of_that_name", "pessimistic", "no policy has this name"),
            )
        ),
    ),
)

MAX_GAP = Subject(
    "Policies: max_gap",
    "A status is trusted for no more than the given minutes after its poll; what no poll covers is unknown.",
    (
        Example(
            name="max_gap_ends_trust",
            rule="A status is trusted for no longer than the gap.",
            why="11:00 counts until 11:30; 11:30 to 11:50 is unknown; 10 minutes down",
            polls=("11:00 active", "11:50 inactive"),
            policy="max_gap:30",
            expected={"hour": (30, 10, 20)},
            columns={"uptime_percent_last_hour": "75.0", "estimated_from": "max_gap:30"},
            sla_case="unknown in between reduces the time that counts",
        ),
        Example(
            name="max_gap_just_reached",
            rule="Polls as far apart as the gap leave nothing unknown.",
            why="11:00 counts until 11:30, 11:30 until 12:00",
            polls=("11:00 active", "11:30 active"),
            policy="max_gap:30",
            expected={"hour": (60, 0, 0)},
        ),
        Example(
            name="max_gap_exceeded_by_a_minute",
            rule="One minute more, and that minute is unknown.",
            why="11:00 counts until 11:30, unknown up to 11:31, then up for 29 minutes",
            polls=("11:00 active", "11:31 active"),
            policy="max_gap:30",
            expected={"hour": (59, 0, 1)},
        ),
        Example(
            name="max_gap_after_the_last_poll",
            rule="A store whose poller died is neither up nor down.",
            why="11:00 counts until 11:30, nothing comes after",
            polls=("11:00 active",),
            policy="max_gap:30",
            expected={"hour": (30, 0, 30)},
        ),
        Example(
            name="max_gap_from_the_polls_minute",
            rule="The gap is counted from the poll's minute, not its second.",
            why="11:00:59 counts from 11:00 until 11:30",
            polls=("11:00:59 inactive",),
            policy="max_gap:30",
            expected={"hour": (0, 30, 30)},
        ),
        Example(
            name="max_gap_of_one_minute",
            rule="With a gap of one minute each poll counts for its own minute.",
            why="one minute up, one down",
            polls=("11:10 active", "11:40 inactive"),
            policy="max_gap:1",
            expected={"hour": (1, 1, 58)},
        ),
        Example(
            name="max_gap_reaches_into_the_window",
            rule="A poll before the window reaches into it as far as its gap goes.",
            why="10:50 counts until 11:20",
            polls=("10:50 active",),
            policy="max_gap:30",
            expected={"hour": (20, 0, 40)},
        ),
        Example(
            name="max_gap_by_default",
            rule="`max_gap` without minutes is 120.",
            why="08:30 counts until 10:30",
            polls=("08:30 active",),
            policy="max_gap",
            expected={"hour": (0, 0, 60), "day": (120, 0, 1320)},
            columns={"estimated_from": "max_gap"},
        ),
        Example(
            name="max_gap_runs_while_closed",
            rule="The gap runs on while the store is closed.",
            why="09:50 counts until 11:20: 10 minutes before closing at 10:00, 20 after opening at 11:00; of 120 open "
            "minutes 90 are unknown",
            polls=("09:50 active",),
            hours=("Wed 09:00-10:00", "Wed 11:00-12:00"),
            policy="max_gap:90",
            expected={"day": (30, 0, 90)},
        ),
        Example(
            name="max_gap_splits_an_outage",
            rule="What is unknown ends an outage.",
            why="down 10:00 to 10:30 and 11:00 to 11:30, with 30 unknown minutes between",
            polls=("10:00 inactive", "11:00 inactive"),
            policy="max_gap:30",
            expected={"hour": (0, 30, 30), "day": (0, 60, 1380)},
            columns={"outages_last_week": "2", "longest_outage_last_week": "30"},
        ),
    ),
)
