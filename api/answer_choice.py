"""What a caller wants to read: said by `?format=`, else by the Accept header, else not at all."""

from collections.abc import Iterator, Sequence
from enum import StrEnum


class Wanted(StrEnum):
    """Whether a caller asked for where a report is, or for the report itself in one of its formats."""

    JSON = "json"
    CSV = "csv"
    JSON_LINES = "jsonl"


MEDIA_TYPES = {
    "application/json": Wanted.JSON,
    "text/csv": Wanted.CSV,
    "application/x-ndjson": Wanted.JSON_LINES,
    "application/jsonl": Wanted.JSON_LINES,
}


def wanted(query: Wanted | None, accept: str) -> Wanted | None:
    """None where nothing is asked for; `*/*` and kinds that aren't served count as nothing.

    Of several kinds the one with the greatest weight (RFC 9110, 12.5.1), of equal ones the first.
    """
    if query is not None:
        return query
    named = [(weight, kind) for kind, weight in _weights(accept) if kind in MEDIA_TYPES and weight > 0]
    return MEDIA_TYPES[max(named, key=lambda found: found[0])[1]] if named else None


class Coding(StrEnum):
    """How the bytes of an answer are packed; of two that a caller likes equally the first is taken."""

    ZSTD = "zstd"
    GZIP = "gzip"
    IDENTITY = "identity"


_PACKINGS = (Coding.ZSTD, Coding.GZIP)


def coding_for(accept_encoding: str, packings: Sequence[Coding] = _PACKINGS) -> Coding:
    """Of some packings and none the one with the greatest weight (RFC 9110, 12.5.3), none refused with a weight of 0.

    Packing has to be asked for by name, or by `*` where bytes as they are were refused. Where everything was refused,
    they go as they are rather than not at all.
    """
    given = {coding.removeprefix("x-"): weight for coding, weight in _weights(accept_encoding)}
    others = given.get("*", 0.0)
    is_plain_refused = given.get(Coding.IDENTITY, 0.0 if given.get("*") == 0 else 1.0) == 0
    weights = {coding: given.get(coding, others if is_plain_refused else 0.0) for coding in packings}
    best = max(weights, key=weights.__getitem__)
    return best if weights[best] > 0 and weights[best] >= given.get(Coding.IDENTITY, 0.0) else Coding.IDENTITY


def _weights(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        given = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
        yield name, _weight(given[-1]) if given else 1.0


def _weight(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdecimal() and text.isascii() else 0.0
