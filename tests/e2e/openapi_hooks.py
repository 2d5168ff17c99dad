"""What schemathesis needs to be told of this API: bodies of lines are sent as they are."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """A text as it is; whatever else is tried, as JSON."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()
