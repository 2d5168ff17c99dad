"""The invented business hours of a sample: weeks as restaurants keep them, with every oddity of the real files."""

from collections.abc import Sequence

import numpy as np

from producers.sample_stores import StoreBlock

DAYS_PER_WEEK = 7
KINDS_OF_WEEK = 24  # no multiple of 5, so that each kind comes with all weekdays and with fewer
WEEKS = 20 * KINDS_OF_WEEK

Row = tuple[int, str, str]  # weekday, start, end

_OPENINGS = ("06:00:00", "07:00:00", "08:00:00", "09:00:00", "10:00:00", "10:30:00", "11:00:00", "11:00:00", "11:30:00")
_CLOSINGS = ("19:00:00", "20:00:00", "20:30:00", "21:00:00", "21:30:00", "22:00:00", "22:30:00", "23:00:00", "20:45:00")
_ENDS_OF_DAY = ("23:59:59", "23:59:00")
_NIGHT_ENDS = ("00:30:00", "01:00:00", "02:00:00", "03:00:00")


def hours_lines(block: StoreBlock, weeks: Sequence[Sequence[Row]], random: np.random.Generator) -> list[str]:
    """The block's rows of menu_hours.csv ends of lines included."""
    chosen = random.integers(len(weeks), size=len(block.ids)).tolist()
    return [
        f"{store_id},{day},{start},{end}\n"
        for store_id, has_hours, week in zip(block.ids, block.has_hours.tolist(), chosen, strict=True)
        if has_hours
        for day, start, end in weeks[week]
    ]


def invented_weeks(random: np.random.Generator) -> list[list[Row]]:
    """Weeks that stores can have; a fifth of them leave out some weekdays."""
    weeks = []
    for number in range(WEEKS):
        days: Sequence[int] = range(DAYS_PER_WEEK)
        if number % 5 == 0:
            days = sorted(random.permutation(DAYS_PER_WEEK)[: random.integers(4, DAYS_PER_WEEK)].tolist())
        weeks.append(_week(number % KINDS_OF_WEEK, days, random))
    return weeks


def _week(kind: int, days: Sequence[int], random: np.random.Generator) -> list[Row]:
    opening, closing = _pick(_OPENINGS, random), _pick(_CLOSINGS, random)
    end_of_day, night_end = _pick(_ENDS_OF_DAY, random), _pick(_NIGHT_ENDS, random)
    match kind:
        case 0 | 1 | 2 | 3:
            rows = [(day, "00:00:00", end_of_day) for day in days]
        case 4 | 5:  # nights as two rows
            rows = [(day, opening, end_of_day) for day in days]
            rows += [((day + 1) % DAYS_PER_WEEK, "00:00:00", night_end) for day in days]
        case 6:  # nights as one row
            rows = [(day, opening, night_end) for day in days]
        case 7:
            rows = [row for day in days for row in ((day, "11:00:00", "14:30:00"), (day, "17:00:00", closing))]
        case 8:  # two that touch, and a minute alone
            rows = [row for day in days[:-1] for row in ((day, opening, "15:00:00"), (day, "15:00:00", closing))]
            rows += [(days[-1], "00:00:00", "00:01:00")]
        case 9 | 10 | 11 | 12:
            rows = [(day, opening, end_of_day) for day in days]
        case _:
            rows = [(day, opening, closing) for day in days]
    return rows


def _pick(texts: Sequence[str], random: np.random.Generator) -> str:
    return texts[int(random.integers(len(texts)))]
