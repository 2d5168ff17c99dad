"""Whether a form was sent from a page of this service: a foreign page must not make a browser begin reports."""

from fastapi import Request

from api.problems import ProblemError


def check_same_origin(request: Request) -> None:
    """Raise ProblemError (403) for a request that a browser sends for another site's page.

    Every browser says where a form comes from: in Sec-Fetch-Site (Fetch Metadata), older ones in Origin. A client that
    says neither is told of the API, which is for programs.
    """
    site = request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if site == "same-origin" or (site is None and request.headers.get("origin") == own):
        return
    raise ProblemError(403, "foreign_form", "this form was not sent from a page of this service: programs use /reports")
