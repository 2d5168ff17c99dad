"""Pictures are to scale, say the same in words, and escape what they are given."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.pictures import HEAT_STEPS, HeatCell, Tick, day_strip, heat_level, heat_map, strip
from api.pages.store_rows import in_words
from stream_app.domain.live_status import Status
from stream_app.domain.timeline import StatusRun, minutes_by_status

FIRST = 28_000_000
_BAR = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z")


@st.composite
def weeks(draw: st.DrawFn) -> list[StatusRun]:
    """Runs that follow each other without a gap, as timelines are."""
    at, found = FIRST, []
    for status, length in draw(st.lists(st.tuples(st.sampled_from(Status), st.integers(1, 2000)), min_size=1)):
        found.append(StatusRun(status, at, at + length))
        at += length
    return found


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own markup, and well-formed is what is tested


def bars(svg: str) -> dict[str, list[tuple[int, int]]]:
    """The bars of each kind: where they begin and how wide they are, after a check that each is closed."""
    found = {}
    for path in parsed(svg).iter("path"):
        drawn = [tuple(map(int, bar)) for bar in _BAR.findall(path.get("d", ""))]
        assert all(width == back for _, _, width, _, back in drawn)
        found[path.get("class", "")] = [(x, width) for x, _, width, _, _ in drawn]
    return found


@given(weeks())
def test_a_strip_is_to_scale_to_the_minute(runs: list[StatusRun]) -> None:
    svg = strip(runs, FIRST, runs[-1].end, "words")

    assert parsed(svg).get("viewBox") == f"0 0 {runs[-1].end - FIRST} 100"
    expected: dict[str, list[tuple[int, int]]] = {}
    for run in runs:
        expected.setdefault(str(run.status), []).append((run.start - FIRST, run.end - run.start))
    assert bars(svg) == expected


@given(weeks())
def test_the_widths_of_a_picture_add_up_to_the_minutes_of_each_status(runs: list[StatusRun]) -> None:
    drawn = bars(day_strip(runs, [], FIRST, runs[-1].end, "words"))

    for status, minutes in minutes_by_status(runs).items():
        assert sum(width for _, width in drawn.get(str(status), [])) == minutes
    opened = sum(run.end - run.start for run in runs if run.status is not Status.CLOSED)
    assert sum(width for _, width in drawn.get("open", [])) == opened


@given(weeks())
def test_the_words_beside_a_picture_name_every_status_in_it(runs: list[StatusRun]) -> None:
    said = in_words(runs)

    assert all((f"{run.status.value} " in said) for run in runs)


def test_polls_are_ticks_active_ones_below() -> None:
    svg = day_strip([], [Tick(FIRST + 5, is_active=True), Tick(FIRST + 9, is_active=False)], FIRST, FIRST + 60, "x")

    assert 'd="M5 90V100"' in svg
    assert 'd="M9 0V10"' in svg


def test_every_status_has_a_height_or_a_pattern_of_its_own() -> None:
    runs = [StatusRun(status, FIRST + at, FIRST + at + 1) for at, status in enumerate(Status)]
    paths = {path.get("class"): path for path in parsed(strip(runs, FIRST, FIRST + 4, "x")).iter("path")}
    shapes = {name: (_BAR.findall(path.get("d", ""))[0][1], path.get("fill")) for name, path in paths.items()}

    assert len(set(shapes.values())) == len(Status)


def test_what_a_picture_is_given_in_words_is_escaped() -> None:
    svg = strip([], FIRST, FIRST + 1, '"><script>alert(1)</script>')

    assert "<script>" not in svg
    assert parsed(svg).get("aria-label") == '"><script>alert(1)</script>'


def test_an_hour_in_which_nothing_is_known_is_drawn_as_none() -> None:
    svg = heat_map([HeatCell(None, "Monday: no store was open"), HeatCell(0.0, "all up")], 2, "heat")

    assert 'class="none"' in svg
    assert 'class="h0"' in svg
    assert "<title>Monday: no store was open</title>" in svg


@pytest.mark.parametrize(("share", "level"), [(0.0, 0), (0.001, 1), (0.02, 1), (0.021, 2), (1.0, len(HEAT_STEPS))])
def test_the_level_of_an_hour_counts_the_steps_below_it(share: float, level: int) -> None:
    assert heat_level(share) == level


@given(st.floats(0, 1))
def test_the_mark_in_an_hour_is_as_large_as_its_share_of_downtime(share: float) -> None:
    inner = [rect for rect in parsed(heat_map([HeatCell(share, "x")], 1, "x")).iter("rect") if rect.get("class")]

    side = float(inner[0].get("width", "0")) if inner else 0.0
    assert abs((side / 9) ** 2 - share) < 0.02
