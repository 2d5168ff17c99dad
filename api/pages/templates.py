"""The templates: every value is escaped, a missing one is an error."""

import asyncio
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from api.pages.assets import asset_url


@cache
def environment() -> Environment:
    """Jinja's, over the templates of this package."""
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset_url
    return made


async def rendered(name: str, **values: object) -> str:
    """A template's HTML, made in a thread: a page of fifty stores takes milliseconds that the event loop needs."""
    template: Template = environment().get_template(name)
    return await asyncio.to_thread(template.render, values)
