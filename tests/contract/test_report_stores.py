"""The stores of finished reports: the same cases on the local folder, on two servers of S3, and on one of Google's.

What the emulators can't show: moto checks no signature, which versitygw does; fake-gcs-server checks none either, and
takes no uploads in parts.
"""

import asyncio
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import obstore
import pytest
from obstore.store import from_url

from api.object_store import ObjectStore
from api.report_storage import ReportMetadata, ReportsFolder, ReportState
from api.report_store import LocalStore, ReportStore, ReportStoreError
from stream_app.errors import ConfigurationError
from tests.support.store_servers.running import StoreServer, free_port, google, moto, s3_environment, versitygw
from tests.support.waiting import comes_true

LINK_TTL = timedelta(minutes=1)
LARGE = os.urandom(12 << 20)
KINDS = ("local", "moto", "versitygw", "google")
OBJECT_STORES = KINDS[1:]


@dataclass(frozen=True, slots=True)
class Place:
    """A store and the local folder before it."""

    folder: ReportsFolder
    store: ReportStore
    is_local: bool

    def written(self, content: bytes, report_id: str = "0f8fad5bd9cb469fa16570867728950e") -> ReportMetadata:
        """A finished report in the local folder."""
        report = ReportMetadata(
            report_id=report_id,
            state=ReportState.COMPLETE,
            triggered_at="2023-01-25T12:00:00.000Z",
            requested_as_of=None,
            allow_stale=False,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            kept_in=self.store.address,
        )
        self.folder.path(report).write_bytes(content)
        return report

    def kept(self, content: bytes) -> ReportMetadata:
        """A finished report that the store has."""
        report = self.written(content)
        asyncio.run(self.store.keep(report))
        return report

    def read_back(self, report: ReportMetadata) -> bytes:
        """What the store has of it: the local copy is lost where it is only a copy."""
        if not self.is_local:
            self.folder.path(report).unlink(missing_ok=True)
        asyncio.run(self.store.fetch(report))
        return self.folder.path(report).read_bytes()

    def linked(self, report: ReportMetadata) -> str:
        """The signed link."""
        link = asyncio.run(self.store.link(report))
        assert link is not None
        return link


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], StoreServer | None]]:
    """Those that were asked for, each started once."""
    kinds: dict[str, Callable[[], AbstractContextManager[StoreServer | None]]] = {
        "local": nullcontext,
        "moto": moto,
        "versitygw": lambda: versitygw(tmp_path_factory.mktemp("versitygw")),
        "google": google,
    }
    begun: dict[str, tuple[AbstractContextManager[StoreServer | None], StoreServer | None]] = {}

    def server(kind: str) -> StoreServer | None:
        if kind not in begun:
            context = kinds[kind]()
            begun[kind] = (context, context.__enter__())
        return begun[kind][1]

    yield server
    for context, _ in begun.values():
        context.__exit__(None, None, None)


@pytest.fixture
def place(
    request: pytest.FixtureRequest,
    servers: Callable[[str], StoreServer | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    """A store of the kind that the test names, empty but for the tests before."""
    server, folder = servers(request.param), ReportsFolder(tmp_path)
    if server is None:
        return Place(folder, LocalStore(folder), is_local=True)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return Place(folder, ObjectStore(folder, f"{server.address}/{tmp_path.name}", LINK_TTL), is_local=False)


on_every_store = pytest.mark.parametrize("place", KINDS, indirect=True)
on_object_stores = pytest.mark.parametrize("place", OBJECT_STORES, indirect=True)


@on_every_store
def test_what_was_kept_comes_back_byte_for_byte(place: Place) -> None:
    report = place.kept(b"store_id\n\xc3\xbc\n")

    assert place.read_back(report) == b"store_id\n\xc3\xbc\n"


@pytest.mark.parametrize(
    "place",
    [
        "local",
        "moto",
        "versitygw",
        pytest.param(
            "google", marks=pytest.mark.xfail(reason="fake-gcs-server takes no parts", raises=ReportStoreError)
        ),
    ],
    indirect=True,
)
def test_large_report_comes_back_byte_for_byte(place: Place) -> None:
    report = place.kept(LARGE)

    assert place.read_back(report) == LARGE


@on_every_store
def test_what_is_kept_again_takes_the_place_of_what_was_there(place: Place) -> None:
    place.kept(b"old")

    assert place.read_back(place.kept(b"new")) == b"new"


@on_every_store
def test_report_without_a_file_is_refused(place: Place) -> None:
    report = place.written(b"")
    place.folder.path(report).unlink()

    with pytest.raises(ReportStoreError, match="gone") as refused:
        asyncio.run(place.store.keep(report))
    assert refused.value.is_refusal


@on_every_store
def test_what_was_removed_does_not_come_back(place: Place) -> None:
    report = place.kept(b"bytes")
    asyncio.run(place.store.remove(report))

    with pytest.raises(FileNotFoundError):
        place.read_back(report)


@on_every_store
def test_what_was_never_kept_can_be_removed(place: Place) -> None:
    report = place.written(b"bytes")
    asyncio.run(place.store.remove(report))

    with pytest.raises(FileNotFoundError):
        place.read_back(report)


@on_every_store
def test_copy_that_is_there_is_not_fetched_again(place: Place) -> None:
    report = place.kept(b"bytes")
    place.folder.path(report).write_bytes(b"newer")
    asyncio.run(place.store.fetch(report))

    assert place.folder.path(report).read_bytes() == b"newer"


@pytest.mark.parametrize("place", ["local"], indirect=True)
def test_local_folder_gives_no_links(place: Place) -> None:
    assert asyncio.run(place.store.link(place.kept(b"bytes"))) is None


@on_object_stores
def test_signed_link_gives_the_file_by_its_name_to_curl(place: Place, tmp_path: Path) -> None:
    link = place.linked(place.kept(b"store_id\n"))
    command = ["curl", "-sSf", "-D", str(tmp_path / "head"), "-o", str(tmp_path / "body"), link]
    subprocess.run(command, check=True, timeout=20)
    head = (tmp_path / "head").read_text().lower()

    assert (tmp_path / "body").read_bytes() == b"store_id\n"
    assert "content-type: text/csv; charset=utf-8" in head
    assert 'attachment; filename="0f8fad5bd9cb469fa16570867728950e.csv"' in head


@on_object_stores
def test_metadata_stand_beside_the_file(place: Place) -> None:
    report = place.kept(b"bytes")
    assert place.store.address is not None
    found = obstore.get(from_url(place.store.address), f"{report.report_id}.json").bytes()

    assert msgspec.json.decode(bytes(found), type=ReportMetadata) == report


@on_object_stores
def test_report_that_another_store_has_is_left_to_it(place: Place) -> None:
    report = msgspec.structs.replace(place.kept(b"bytes"), kept_in="s3://elsewhere")

    assert asyncio.run(place.store.link(report)) is None
    with pytest.raises(FileNotFoundError):
        place.read_back(report)


@on_object_stores
def test_bytes_that_were_changed_in_the_store_are_not_taken(place: Place) -> None:
    report = msgspec.structs.replace(place.kept(b"bytes"), sha256=hashlib.sha256(b"others").hexdigest())

    with pytest.raises(ReportStoreError, match="not what was uploaded"):
        place.read_back(report)
    assert not place.folder.path(report).exists()


@pytest.mark.parametrize("place", ["versitygw"], indirect=True)
def test_link_is_refused_once_it_has_expired_or_was_changed(place: Place) -> None:
    assert place.store.address is not None
    brief = ObjectStore(place.folder, place.store.address, timedelta(seconds=2))
    report = place.kept(b"bytes")
    good, short = place.linked(report), asyncio.run(brief.link(report))
    assert short is not None

    assert (status(good), status(short)) == (200, 200)
    assert comes_true(lambda: status(short) == 403, 10)
    assert (status(good), status(good.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))) == (200, 403)


@pytest.mark.parametrize("place", ["versitygw"], indirect=True)
def test_wrong_secret_is_a_refusal_that_names_the_store(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = ObjectStore(place.folder, str(place.store.address), LINK_TTL)

    with pytest.raises(ReportStoreError, match="s3://reports/of/versitygw") as refused:
        asyncio.run(store.keep(place.written(b"bytes")))
    assert refused.value.is_refusal
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("place", ["local"], indirect=True)
def test_store_that_is_away_may_come_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_environment(f"http://127.0.0.1:{free_port()}").items():
        monkeypatch.setenv(name, value)
    store = ObjectStore(place.folder, "s3://reports", LINK_TTL)

    with pytest.raises(ReportStoreError, match="s3://reports: ") as away:
        asyncio.run(store.keep(place.written(b"bytes")))
    assert not away.value.is_refusal


def test_credentials_that_cannot_be_read_end_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "nowhere.json"))

    with pytest.raises(ConfigurationError, match="REPORT_STORE=gs://reports can't be used"):
        ObjectStore(ReportsFolder(tmp_path), "gs://reports", LINK_TTL)


def status(link: str) -> int:
    """What curl gets."""
    assert urlsplit(link).hostname == "127.0.0.1"
    command = ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", link]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=20).stdout)
