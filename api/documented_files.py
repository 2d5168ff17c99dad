"""A report's file as an answer, for the OpenAPI document."""

from typing import Any

from api.documented_problems import Responses

_CSV = """\
store_id,uptime_last_hour,uptime_last_day,uptime_last_week,downtime_last_hour,downtime_last_day,downtime_last_week
8419537941919820732,60,11.0,77.0,0,1.0,7.0
"""
_JSON_LINES = """\
{"store_id":"8419537941919820732","uptime_last_hour":60,"uptime_last_day":11.0,"uptime_last_week":77.0,\
"downtime_last_hour":0,"downtime_last_day":1.0,"downtime_last_week":7.0}
"""


def _text(example: str) -> dict[str, Any]:
    return {"schema": {"type": "string"}, "examples": {"example": {"value": example}}}


def _header(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", "examples": [example]}}


_ETAG = {"ETag": _header("The SHA-256 of the bytes, with a suffix for each other way to send them.", '"9f86d081884c"')}
_AS_FILE = {
    **_ETAG,
    "Content-Disposition": _header("The name to save it under.", 'attachment; filename="0f8fad5b.csv"'),
}
_CONTENT = {"text/csv": _text(_CSV), "application/x-ndjson": _text(_JSON_LINES)}
_PARTS = {**_CONTENT, "multipart/byteranges": _text("--…\nContent-Range: bytes 0-8/4211\n\nstore_id,\n--…--")}

WHOLE: dict[str, Any] = {"description": "The file.", "content": _CONTENT, "headers": _AS_FILE}
# Beside an answer in JSON, which has none of a file's headers.
WHOLE_OR_JSON: dict[str, Any] = {"description": "Where it is, or the file.", "content": _CONTENT}
PART: Responses = {206: {"description": "The part that Range asks for.", "content": _PARTS, "headers": _ETAG}}
UNCHANGED: Responses = {304: {"description": "The caller has these bytes.", "headers": _ETAG}}
