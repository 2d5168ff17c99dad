"""What was taken of each input file: its rows and stores, the stores that it alone has, and what is assumed of them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress, islice

import numpy as np
from numpy.typing import NDArray

from producers.input_kinds import HOURS, POLLS, ZONES, Title
from stream_app.domain.zones import DEFAULT_ZONE
from stream_app.replay_progress import Assumed, InputSummary, KindSummary

EXAMPLES = 3
_IDS_AT_ONCE = 200_000

Hashes = NDArray[np.int64]
"""Stores by the hashes of their ids, sorted: 8 bytes a store, where a set of ids takes 100 and a fifth of the CPU of a
replay of a million stores. Two of a million stores have one hash once in 30 million replays.
"""

_NONE = np.empty(0, np.int64)


class InputTally:
    """Counts the valid rows of each file, and which stores they are of."""

    def __init__(self) -> None:
        self._files: dict[Title, str] = {}
        self._rows: dict[Title, int] = {}
        self._calendars: dict[Title, Collection[str]] = {}
        self._refused: dict[Title, Collection[str]] = {}
        self._polled = _PolledStores(_NONE)

    def begin(self, title: Title, file: str) -> None:
        """Turn to a file of a kind; that of the polls comes last."""
        self._files[title] = file
        self._rows[title] = 0
        if title == POLLS.title:
            self._polled = _PolledStores(_union(map(_hashes, self._calendars.values())))

    def add_calendar_rows(
        self, title: Title, rows: int, store_ids: Collection[str], refused: Collection[str] = ()
    ) -> None:
        """Count valid rows; `store_ids`, each once, are of all valid rows so far, and `refused` of all others."""
        self._rows[title] += rows
        self._calendars[title] = store_ids
        self._refused[title] = refused

    def add_polls(self, store_ids: Sequence[str]) -> None:
        """Count valid polls."""
        self._rows[POLLS.title] += len(store_ids)
        self._polled.add(store_ids)

    def summary(self) -> InputSummary:
        """What was counted, by kind."""
        polls, hours, zones = (self._summary(kind.title) for kind in (POLLS, HOURS, ZONES))
        return InputSummary(
            polls,
            hours,
            zones,
            always_open=self._assumed(HOURS.title),
            default_zone=self._assumed(ZONES.title),
        )

    def _assumed(self, title: Title) -> Assumed:
        """The stores of all files that have nothing valid of a kind."""
        known = _union(map(self._stores, self._files))
        lacking = known[~_are_in(known, self._stores(title))]
        refused = int(_are_in(lacking, np.sort(_hashes(self._refused.get(title, ())))).sum())
        return Assumed(len(lacking) - refused, refused)

    def _summary(self, title: Title) -> KindSummary | None:
        if title not in self._files:
            return None
        others = [self._stores(other) for other in self._files if other != title]
        stores = self._stores(title)
        alone = int((~_are_in(stores, _union(others))).sum()) if others else 0
        examples = self._examples(title, _union(others)) if alone else []
        return KindSummary(self._files[title], self._rows[title], len(stores), alone, examples)

    def _stores(self, title: Title) -> Hashes:
        return self._polled.stores() if title == POLLS.title else np.sort(_hashes(self._calendars.get(title, ())))

    def _examples(self, title: Title, others: Hashes) -> list[str]:
        """The first stores, in the file's order, that are none of the others."""
        if title == POLLS.title:
            return self._polled.examples
        store_ids = self._calendars[title]
        return list(islice(compress(store_ids, ~_are_in(_hashes(store_ids), others)), EXAMPLES))


class _PolledStores:
    """The stores that polls are of, and the first of them that no calendar is of."""

    def __init__(self, known: Hashes) -> None:
        self.examples: list[str] = []
        self._known = known
        self._stores = _NONE
        self._waiting: list[Hashes] = []
        self._count = 0

    def add(self, store_ids: Sequence[str]) -> None:
        """Take in the ids of some polls; few at once, so that they are still in the CPU's cache."""
        hashes = np.sort(_hashes(store_ids))
        if len(self._known) and len(self.examples) < EXAMPLES:
            self._add_examples(store_ids, hashes[~_are_in(hashes, self._known)])
        self._waiting.append(hashes)
        self._count += len(hashes)
        if self._count >= _IDS_AT_ONCE:
            self.stores()

    def stores(self) -> Hashes:
        """All stores so far."""
        stores = _union(self._waiting)
        stores = stores[~_are_in(stores, self._stores)]
        self._stores = np.sort(np.concatenate((self._stores, stores)), kind="stable")
        self._waiting, self._count = [], 0
        return self._stores

    def _add_examples(self, store_ids: Sequence[str], unknown: Hashes) -> None:
        wanted = set(unknown.tolist())
        if wanted:
            found = dict.fromkeys([*self.examples, *(ident for ident in store_ids if hash(ident) in wanted)])
            self.examples = list(found)[:EXAMPLES]


def in_words(summary: InputSummary) -> list[str]:
    """A line for each file, and one for the stores that it alone has."""
    kinds = ((summary.polls, "poll", ""), (summary.hours, "row", " of hours"), (summary.zones, "zone", ""))
    lines = [line for kind, *words in kinds if kind is not None for line in _lines(kind, *words)]
    return [
        *lines,
        *_assumptions(summary.always_open, "Open around the clock", "hours"),
        *_assumptions(summary.default_zone, f"In {DEFAULT_ZONE}", "a time zone"),
    ]


def _assumptions(assumed: Assumed, default: str, what: str) -> Iterator[str]:
    total = assumed.not_given + assumed.all_refused
    if not total:
        return
    reasons = [f"{assumed.not_given:,} without {what}"] if assumed.not_given else []
    if assumed.all_refused:
        reasons.append(f"{assumed.all_refused:,} with every row refused")
    yield f"{default} by default, as far as these files go: {_count(total, 'store')} ({', '.join(reasons)})"


def _lines(kind: KindSummary, one: str, more_of_it: str) -> list[str]:
    lines = [f"{kind.file}: {_count(kind.rows, one)}{more_of_it} of {_count(kind.stores, 'store')}"]
    if kind.alone:
        verb = "is" if kind.alone == 1 else "are"
        more = ", ..." if kind.alone > len(kind.examples) else ""
        examples = ", ".join(map(repr, kind.examples))
        lines.append(f"  {_count(kind.alone, 'store')} {verb} in no other file: {examples}{more}")
    return lines


def _count(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _hashes(store_ids: Collection[str]) -> Hashes:
    return np.fromiter(map(hash, store_ids), np.int64, len(store_ids))


def _union(several: Iterable[Hashes]) -> Hashes:
    stores = np.sort(np.concatenate([_NONE, *several]))  # np.unique takes ten times as long
    return stores[np.concatenate(([True], stores[1:] != stores[:-1]))] if len(stores) else stores


def _are_in(some: Hashes, others: Hashes) -> NDArray[np.bool_]:
    """Which of some stores are among others, which are sorted."""
    if not len(others):
        return np.zeros(len(some), np.bool_)
    places = np.searchsorted(others, some)
    found: NDArray[np.bool_] = others[np.minimum(places, len(others) - 1)] == some
    return found
