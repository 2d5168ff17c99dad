"""What dead letters look like in the terminal; whatever came from outside is escaped, so that it can't draw there."""

from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream_app.dead_letters import DeadLetter, FileSource, Source
from stream_app.domain.rejection import REMEDIES, Reason
from stream_app.local.dead_letter_box import DeadLetterBox
from stream_app.local.retry import Retried

_RAW_SHOWN = 60


def show_dead_letters(box_: DeadLetterBox, limit: int, console: Console) -> None:
    """The newest letters as a table, at most `limit`, and the counts of all by reason."""
    if box_.strangers:
        console.print(f"{box_.strangers} records of the topic are no dead letters; they are left out.")
    if not box_.filed:
        console.print("No dead letters.")
        return
    shown = box_.newest(limit).filed
    title = "newest first" if len(shown) == len(box_.filed) else f"the newest {len(shown)} of {len(box_.filed)}"
    table = _table(f"Dead letters, {title}", "time", "reason", "source", "raw", "in words")
    for filed in shown:
        letter = filed.letter
        table.add_row(
            Text(printable(letter.time[:19].replace("T", " "))),
            Text(printable(letter.reason), no_wrap=True),
            Text(printable(source_text(letter.source)), overflow="fold"),
            Text(raw_text(letter), overflow="fold"),
            Text(printable(letter.sentence), overflow="fold"),
        )
    console.print(table)
    console.print(_counts("By reason", Counter(filed.letter.reason for filed in box_.filed)))


def show_retried(retried: Retried, console: Console) -> None:
    """What was sent, what is refused still, and what was kept."""
    console.print(f"{retried.sent} sent again, acknowledged, and cleared.", highlight=False)
    console.print(f"{retried.refused.total()} still refused.", highlight=False)
    if retried.refused:
        console.print(_counts("Still refused, by reason", retried.refused))
    console.print(f"{retried.kept.total()} kept, not tried.", highlight=False)
    for why, count in retried.kept.most_common():
        console.print(f"  {count}: {why.value}", highlight=False, soft_wrap=True)


def source_text(source: Source) -> str:
    """`file:row`, or `topic/partition/offset`."""
    if isinstance(source, FileSource):
        return f"{source.file}:{source.row}"
    return f"{source.topic}/{source.partition}/{source.offset}"


def raw_text(letter: DeadLetter) -> str:
    """The beginning of the raw input in one line, and how long the whole is where that is more."""
    if letter.is_null:
        return "(null)"
    text = printable(letter.raw[:_RAW_SHOWN])
    more = "…" if letter.is_cut or len(letter.raw) > _RAW_SHOWN else ""
    kind = "base64 " if letter.encoding == "base64" else ""
    whole = f" ({letter.raw_bytes:,} bytes)" if letter.raw_bytes is not None else ""
    return f"{kind}{text}{more}{whole}"


def printable(text: str) -> str:
    """The text with whatever a terminal would act on as an escape sequence."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = _table(title, "reason", "letters", "what to do")
    for reason, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        remedy = REMEDIES[Reason(reason)] if reason in set(Reason) else ""
        table.add_row(Text(printable(reason)), f"{count:,}", Text(remedy))
    return table


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
