"""The pages' own files: a stylesheet, scripts and an icon, served from memory under names that change with them."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources

_MEDIA_TYPES = {  # not those of the host's mime.types
    ".css": "text/css; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, also compressed."""

    media_type: str
    content: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file by its name."""
    found: dict[str, Asset] = {}
    for file in resources.files("api.pages").joinpath("static").iterdir():
        media_type = _MEDIA_TYPES.get(file.name[file.name.rfind(".") :])
        if media_type is not None:
            content = file.read_bytes()
            found[file.name] = Asset(media_type, content, gzip.compress(content, mtime=0))
    return found


@cache
def version() -> str:
    """Changes with any of the files: scripts import each other by relative names, so all stand in one folder of it."""
    everything = sha256()
    for name, asset in sorted(assets().items()):
        everything.update(name.encode() + b"\0" + asset.content)
    return everything.hexdigest()[:12]


def asset_url(name: str) -> str:
    """Where a file is for as long as it stays what it is."""
    return f"/ui/static/{version()}/{name}"
