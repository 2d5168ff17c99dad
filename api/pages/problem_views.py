"""What the page of dead letters shows."""

from dataclasses import dataclass

from api.dead_letter_tail import MAX_OFFSETS, Tail
from api.pages.wording import Moment, count, moment_of
from stream_app.dead_letters import DeadLetter, FileSource, Source
from stream_app.domain.rejection import REMEDIES, SENTENCES, Reason
from stream_app.log_ends import told


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason, how often, and what to do about it."""

    reason: str
    number: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One refused input."""

    at: Moment
    reason: str
    source: str
    raw: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problems:
    """The page; `reach` says what is counted, `held_back` what keeps more from being read."""

    total: str
    reach: str
    reasons: list[ReasonRow]
    letters: list[LetterRow]
    held_back: list[str]


def problems(tail: Tail) -> Problems:
    """Counts with the most frequent first, and the newest letters."""
    return Problems(
        total=count(tail.counts.total(), "refused input"),
        reach=_reach(tail),
        reasons=[
            _reason(reason, number)
            for reason, number in sorted(tail.counts.items(), key=lambda entry: (-entry[1], entry[0]))
        ],
        letters=[_letter(letter) for letter in tail.newest],
        held_back=told(tail.open_transactions),
    )


def _reach(tail: Tail) -> str:
    if tail.open_transactions:
        return f"of what can be read of the newest {MAX_OFFSETS:,} records of the topic"
    return "all that the topic holds" if tail.is_whole else f"of the newest {MAX_OFFSETS:,} records of the topic"


def _reason(reason: str, number: int) -> ReasonRow:
    """A newer version's reasons, which may be in the topic too, have no words here."""
    known = Reason(reason) if reason in set(Reason) else None
    words = ("", "") if known is None else (_quoted(SENTENCES[known]), _quoted(REMEDIES[known]))
    return ReasonRow(reason, f"{number:,}", *words)


def _letter(letter: DeadLetter) -> LetterRow:
    return LetterRow(
        moment_of(letter.time), letter.reason, _source(letter.source), _raw(letter), _quoted(_visible(letter.sentence))
    )


def _quoted(text: str) -> str:
    """Markdown's marks for code as quotes."""
    return text.replace("`", '"')


def _source(source: Source) -> str:
    if isinstance(source, FileSource):
        return _visible(f"{source.file}, row {source.row:,}")
    return f"{source.topic}, partition {source.partition}, offset {source.offset:,}"


def _raw(letter: DeadLetter) -> str:
    if letter.is_null:
        return "(no value)"
    more = "" if letter.raw_bytes is None else f"… ({count(letter.raw_bytes, 'byte')})"
    return f"{'base64 ' if letter.encoding == 'base64' else ''}{_visible(letter.raw)}{more}"


def _visible(text: str) -> str:
    """Control characters, and those that turn the direction of text, as escapes."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
