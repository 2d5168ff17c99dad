"""The OpenAPI document says everything of every operation, and its examples are what it says."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.documented_problems import ANYWHERE, EXAMPLES
from api.main import create_app
from api.openapi import NoExampleError, example_of
from stream_app.settings import Settings

Json = dict[str, Any]

PROBLEM = "application/problem+json"
FILES = {"text/csv", "application/x-ndjson"}
HTTP_API = Path(__file__).parents[3] / "docs" / "http-api.md"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Json:
    app = create_app(Settings.model_validate({"REPORTS_DIR": str(tmp_path_factory.mktemp("reports"))}))
    return app.openapi()


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def bodies(operation: Json) -> Iterator[tuple[str, str, Json]]:
    """Where, in which media type, what: of the request and of every answer."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media_type, content
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            yield status, media_type, content


def wrong(document: Json, schema: Json, value: object) -> list[str]:
    """What keeps a value from being what a schema of the document says."""
    whole = {**schema, "components": document["components"]}
    return [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


def test_every_operation_says_what_it_does(document: Json) -> None:
    silent = [
        name
        for name, operation in operations(document)
        if not (operation.get("summary") and operation.get("description") and operation.get("tags"))
    ]

    assert document["openapi"].startswith("3.1")
    assert silent == []


def test_every_parameter_is_described_bounded_and_shown(document: Json) -> None:
    unclear = [
        f"{name} {parameter['name']}"
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if not parameter.get("description") or wrong(document, parameter["schema"], parameter["example"])
    ]
    unbounded = [
        f"{name} {parameter['name']}"
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["in"] != "path" and parameter["schema"].get("type") in {"string", "integer"}
        if not ({"maxLength", "maximum", "enum"} & parameter["schema"].keys() or parameter["required"])
    ]

    assert (unclear, unbounded) == ([], [])


def test_every_body_has_examples_that_are_what_its_schema_says(document: Json) -> None:
    bad = [
        (name, where, media_type, wrong(document, content["schema"], example["value"]))
        for name, operation in operations(document)
        for where, media_type, content in bodies(operation)
        for example in content.get("examples", {}).values() or [{"value": NotImplemented}]
        if example["value"] is NotImplemented or wrong(document, content["schema"], example["value"])
    ]

    assert bad == []


def test_every_answer_but_the_empty_ones_has_a_body_and_the_request_s_id(document: Json) -> None:
    answers = [
        (name, status, response)
        for name, operation in operations(document)
        for status, response in operation["responses"].items()
    ]

    assert [(name, status) for name, status, found in answers if "X-Request-ID" not in found["headers"]] == []
    assert {status for _, status, response in answers if not response.get("content")} == {"204", "304"}


def test_every_error_is_a_problem_but_for_what_the_compatible_forms_say(document: Json) -> None:
    own = {
        (name.split()[1].split("/")[1], status, media_type)
        for name, operation in operations(document)
        for status, media_type, _ in bodies(operation)
        if status.isdigit() and int(status) >= HTTPStatus.BAD_REQUEST and media_type != PROBLEM
    }

    assert own == {
        ("api", "400", "application/json"),  # form a
        ("get_report", "410", "application/json"),  # form e
        ("health", "503", "application/json"),  # not ready, and why
    }


def test_every_operation_says_what_may_go_wrong_anywhere(document: Json) -> None:
    for name, operation in operations(document):
        said = {
            code
            for status, media_type, content in bodies(operation)
            if media_type == PROBLEM
            for code, example in content["examples"].items()
            if example["value"]["code"] == code and str(example["value"]["status"]) == status
        }
        assert set(ANYWHERE) <= said, name
        asks = [parameter for parameter in operation.get("parameters", []) if parameter["in"] != "path"]
        assert {"422", "400"} & operation["responses"].keys() or not asks, name


def test_files_are_named_by_their_media_types(document: Json) -> None:
    with_files = {
        name
        for name, operation in operations(document)
        if {media_type for status, media_type, _ in bodies(operation) if status == "200"} >= FILES
    }

    assert with_files == {
        "GET /get_report",
        "GET /get_report/{report_id}",
        "POST /store/get_report/",
        "GET /reports/{report_id}/download",
    }


def test_docs_table_of_codes_has_every_code_with_its_status() -> None:
    table = HTTP_API.read_text().partition("| code | status | meaning |")[2].partition("\n\n")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    documented = {code.strip(" `"): int(row[2]) for row in rows for code in row[1].split(",")}
    of_the_framework = {"not_found": 404, "method_not_allowed": 405}

    assert documented == {code: problem.status for code, problem in EXAMPLES.items()} | of_the_framework


def test_field_without_an_example_is_refused() -> None:
    with pytest.raises(NoExampleError):
        example_of({"type": "object", "properties": {"a": {"type": "string"}}}, {})
