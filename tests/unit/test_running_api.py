"""Which API a command asks, and that it is never another service's."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stream_app.local.file_lock import FileLock
from stream_app.local.running_api import ApiNotThereError, NoServiceRunsError, find_api
from stream_app.local.running_directories import SeveralRunningError


@contextmanager
def answering(instance: str) -> Iterator[str]:
    """A server that answers /health/live with this name; its URL."""

    class Live(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"status": "ok", "instance": instance}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with HTTPServer(("127.0.0.1", 0), Live) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def write_address(state_dir: Path, url: str, instance: str) -> None:
    state_dir.mkdir(parents=True, exist_ok=True)
    (state_dir / "api.json").write_text(json.dumps({"url": url, "pid": 1, "instance": instance}))


def test_the_api_that_wrote_its_address_is_asked(tmp_path: Path) -> None:
    with answering("mine") as url:
        write_address(tmp_path, url, "mine")

        assert find_api(None, tmp_path).url == url


def test_another_service_on_the_port_of_a_killed_one_is_not_asked(tmp_path: Path) -> None:
    with answering("another") as url:
        write_address(tmp_path, url, "mine")

        with pytest.raises(NoServiceRunsError, match=f"no `store-monitor up` runs on {tmp_path}"):
            find_api(None, tmp_path)


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "a file", "an address of no use"])
def test_where_no_service_runs_that_is_said_with_the_directory(tmp_path: Path, left: str) -> None:
    state_dir = tmp_path / "state"
    if left == "a file":
        state_dir.touch()
    elif left != "nothing":
        state_dir.mkdir()
    if left == "an address of no use":
        (state_dir / "api.json").write_text("{}")

    with pytest.raises(NoServiceRunsError, match=str(state_dir)):
        find_api(None, state_dir)


def test_an_api_that_is_on_its_way_back_is_told_from_none(tmp_path: Path) -> None:
    write_address(tmp_path, "http://127.0.0.1:1", "mine")
    lock = FileLock.acquire(tmp_path / "up.lock", wait_s=0)

    with pytest.raises(ApiNotThereError, match=r"logs/api\.log"):
        find_api(None, tmp_path)

    lock.close()


def test_without_a_directory_the_only_one_is_asked_and_of_several_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoServiceRunsError, match="--api URL"):
        find_api(None, None)

    with answering("one") as one, answering("two") as two:
        write_address(Path(".store-monitor/one"), one, "one")
        write_address(Path(".store-monitor/killed"), two, "killed")
        assert find_api(None, None).url == one

        write_address(Path(".store-monitor/two"), two, "two")
        with pytest.raises(SeveralRunningError, match=r"store-monitor/one, .*two"):
            find_api(None, None)


def test_an_address_that_is_given_is_asked_whatever_runs_here(tmp_path: Path) -> None:
    assert find_api("http://elsewhere:8000/", tmp_path).url == "http://elsewhere:8000"
