"""Every spelling of a time and of hours that is read, and texts that differ from one by a character or two."""

from hypothesis import strategies as st

_TWO = "{:02}".format
_TIME_ALPHABET = st.sampled_from("0123456789-:.,/ TtZzUuCcGgMmWwAaPp+é\uff11")


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def _changed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The texts with one or two characters taken out, put in or replaced."""

    def change(text: str, edits: list[tuple[int, int, str]]) -> str:
        for at, length, by in edits:
            place = at % (len(text) + 1)
            text = text[:place] + by + text[place + length :]
        return text

    edit = st.tuples(st.integers(0, 40), st.integers(0, 2), st.one_of(st.just(""), _TIME_ALPHABET))
    return st.builds(change, texts, st.lists(edit, min_size=1, max_size=2))


_SPACES = st.sampled_from(("", " ", "  "))
_HALF = _joined(_SPACES, st.sampled_from(("AM", "PM", "am", "pm", "a.m.", "P.M.", "p.m", "Am.")))
_FRACTION = st.one_of(
    st.just(""),
    st.builds(lambda mark, digits: mark + digits, st.sampled_from(".,"), st.text("0123456789", min_size=1, max_size=9)),
)
_SIXTY = st.one_of(st.sampled_from((0, 1, 30, 59)), st.integers(0, 61)).map(_TWO)
_SECONDS = st.one_of(st.just(""), _joined(st.just(":"), _SIXTY, _FRACTION))
_HOUR = st.one_of(st.integers(0, 25).map(str), st.integers(0, 25).map(_TWO))
_CLOCK = _joined(_HOUR, st.just(":"), _SIXTY, _SECONDS)
_DATE = st.one_of(
    st.dates().map(lambda day: day.isoformat()),
    st.dates().map(lambda day: f"{day.year:04}-{day.month}-{day.day}"),
    st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    st.dates().map(lambda day: "{:04}-W{:02}-{}".format(*day.isocalendar())),
    st.dates().map(lambda day: "{:04}w{:02}{}".format(*day.isocalendar())),
    st.sampled_from(("2023-02-29", "1970-01-01", "1969-12-31", "9999-12-31", "2023-W53-1", "2020-W53-7", "0000-01-01")),
)
_RUN_TOGETHER = st.one_of(
    _joined(st.integers(0, 25).map(_TWO), _SIXTY), _joined(st.integers(0, 25).map(_TWO), _SIXTY, _SIXTY, _FRACTION)
)
_OFFSET = st.builds(
    lambda sign, hours, minutes: f"{sign}{hours:02}{minutes}",
    st.sampled_from("+-"),
    st.one_of(st.just(0), st.integers(0, 24)),
    st.sampled_from(("", "00", ":00", ":30", "45", ":60", ":19:32", "001530")),
)
_ZONE = st.one_of(
    st.just(""),
    _joined(_SPACES, st.sampled_from(("UTC", "Z", "z", "utc", "GMT"))),
    _joined(_SPACES, _OFFSET),
    _joined(_SPACES, _OFFSET, _SPACES, st.sampled_from(("UTC", "Z"))),
)
_TIMES = _joined(
    st.sampled_from(("", " ")),
    _DATE,
    st.sampled_from(("T", "t", " ", "  ")),
    st.one_of(_CLOCK, _RUN_TOGETHER, _joined(_CLOCK, _HALF)),
    _ZONE,
    st.sampled_from(("", " ")),
)
_DOTTED = _joined(_HOUR, st.just("."), _SIXTY, st.just("."), _SIXTY, _FRACTION)
_LOOSE = st.one_of(_HOUR, _joined(_HOUR, st.sampled_from((":", ".")), _SIXTY), _CLOCK, _DOTTED)
_MIDNIGHTS = st.sampled_from(("24:00", "24:00:00.0", "24.00.00", "24:00:01"))
_CLOCKS = st.one_of(
    _CLOCK, _DOTTED, _joined(_LOOSE, _HALF), st.sampled_from(("24:00", "24:00:00.0", "24.00.00", "24:00:01"))
)

SPELLED_TIMES = st.one_of(_TIMES, _changed(_TIMES))
SPELLED_CLOCKS = st.one_of(_CLOCKS, _LOOSE, _changed(_CLOCKS))
