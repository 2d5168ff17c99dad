"""What FastAPI's OpenAPI document lacks: an example of every body and parameter, and the header of every answer."""

from collections.abc import Iterator
from typing import Any

from api.documented_problems import Problem
from api.request_limits import REQUEST_ID

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/"
_REQUEST_ID = {
    "description": "The caller's, where it sent one that can stand in a log, else a new one.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$", "examples": ["5f2b8c1e9d3a4f60"]},
}
# FastAPI's own shape of errors, which no answer here has.
_FOREIGN = ("HTTPValidationError", "ValidationError")


class NoExampleError(Exception):
    """A field says neither an example nor a default."""


def completed(document: Json) -> Json:
    """The document, changed in place; raises NoExampleError."""
    components = document["components"]
    schemas = components["schemas"]
    for name in _FOREIGN:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    components["headers"] = {REQUEST_ID: _REQUEST_ID}
    for operation in _operations(document):
        _without_foreign_errors(operation["responses"])
        for parameter in operation.get("parameters", []):
            parameter["schema"] = _without_null(parameter["schema"])
            parameter["example"] = example_of(parameter["schema"], schemas)
        for content in _contents(operation):
            if "examples" not in content:
                content["examples"] = {"example": {"value": example_of(content["schema"], schemas)}}
        for response in operation["responses"].values():
            response.setdefault("headers", {})[REQUEST_ID] = {"$ref": f"#/components/headers/{REQUEST_ID}"}
    return document


def example_of(schema: Json, schemas: Json) -> Any:
    """A value as the schema's own examples, or those of its fields, show it; raises NoExampleError."""
    match schema:
        case {"$ref": str(reference), **others} if "default" not in others:
            return example_of(schemas[reference.removeprefix(_REFERENCE)], schemas)
        case {"examples": [first, *_]}:
            return first
        case {"const": value} | {"default": value} | {"enum": [value, *_]}:
            return value
        case {"anyOf": [first, *_]}:
            return example_of(first, schemas)
        case {"type": "object", "properties": properties}:
            return {name: example_of(field, schemas) for name, field in properties.items()}
        case {"type": "array", "items": items}:
            return [example_of(items, schemas)]
    raise NoExampleError(f"no example of {schema}")


def _operations(document: Json) -> Iterator[Json]:
    for path in document["paths"].values():
        yield from path.values()


def _contents(operation: Json) -> Iterator[Json]:
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from holder.get("content", {}).values()


def _without_foreign_errors(responses: Json) -> None:
    foreign = {"$ref": f"{_REFERENCE}HTTPValidationError"}
    if responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema") == foreign:
        del responses["422"]


def _without_null(schema: Json) -> Json:
    """A parameter is left out rather than null."""
    match schema:
        case {"anyOf": [only, {"type": "null"}], **others}:
            return {**only, **others}
    return schema
