"""What a route declares is all that it takes: other query parameters and other kinds of bodies are refused."""

from collections.abc import Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute

from api.problems import ProblemError

JSON = "application/json"
_PAGES = "/ui"
# What mail programs, messengers and advertisers append to links that people pass on.
_TRACKERS = ("utm_", "fbclid", "gclid", "msclkid", "mc_")


async def only_declared(request: Request) -> None:
    """Raise ProblemError: 422 for a query parameter that the route has not, 415 for a body of another kind."""
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    check_parameters(request, set(_query_names(route.dependant)), has_body=route.body_field is not None)
    _check_media_type(request, _media_types(route))


def check_parameters(asked: HTTPConnection, known: set[str], *, has_body: bool = False) -> None:
    """Raise ProblemError (422), naming the nearest parameter that there is, for one that there is not."""
    is_page = asked.url.path == "/" or asked.url.path.startswith(_PAGES)
    for name in asked.query_params:
        if name not in known and not (is_page and name.startswith(_TRACKERS)):
            raise ProblemError(422, "unknown_parameter", _sentence(name, known, has_body=has_body))


def _sentence(name: str, known: set[str], *, has_body: bool) -> str:
    shown = f"`{name[:64]}`"
    spelt = {each.replace("_", ""): each for each in sorted(known)}
    near = get_close_matches(name.lower().replace("_", "").replace("-", ""), spelt, n=1)
    if near:
        return f"there is no parameter {shown}: did you mean `{spelt[near[0]]}`?"
    others = f"those of this path are {', '.join(sorted(known))}" if known else "this path takes none"
    return f"there is no parameter {shown}: {others}{', its body may have it' if has_body else ''}"


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for each in dependant.dependencies:
        yield from _query_names(each)


def _media_types(route: APIRoute) -> tuple[str, ...]:
    """Empty where the route takes no body, or none that is JSON."""
    described = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return tuple(described) or ((JSON,) if route.body_field is not None else ())


def _check_media_type(request: Request, media_types: tuple[str, ...]) -> None:
    """Raise ProblemError (415): what a form or a page's text can be sent as must never be read as JSON."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if not media_types or not has_body:
        return
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = given.startswith("application/") and given.endswith("+json")
    if given in media_types or (is_json and JSON in media_types):
        return
    kinds = " or ".join(media_types)
    detail = f"the body is sent as {given[:128] or 'nothing that is named'}, not as {kinds}"
    raise ProblemError(415, "unsupported_media_type", f"{detail}: add the header `Content-Type: {media_types[0]}`")
