"""S3 by moto and by versitygw, Google's storage by fake-gcs-server, each with an empty bucket."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.store_servers.gcs_front import gcs_front
from tests.support.waiting import comes_true

BUCKET = "reports"
KEY, SECRET = "a-key", "a-secret"
BIN = Path(__file__).parents[3] / ".venv-stores" / "bin"
_MAKE_KEY = """
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
key = rsa.generate_private_key(65537, 2048)
print(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
"""


@dataclass(slots=True)
class StoreServer:
    """A server; `address` is the REPORT_STORE, `environment` the cloud's variables of a client."""

    command: Sequence[str]
    url: str
    address: str
    environment: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Return when it answers."""
        assert Path(self.command[0]).exists(), "the servers of object stores are missing: run `make stores`"
        self._process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert comes_true(self._answers, 20), f"{self.command[0]} doesn't answer"

    def kill(self) -> None:
        """As by kill -9; what has ended already is fine."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def freeze(self) -> None:
        """Connections are taken, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            httpx.get(self.url, timeout=1)
        except httpx.TransportError:
            return False
        return True


@contextmanager
def moto() -> Iterator[StoreServer]:
    """S3 in memory; it checks neither signatures nor when they expire."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with _running(StoreServer(command, url, f"s3://{BUCKET}/of/moto", s3_environment(url))) as server:
        httpx.put(f"{url}/{BUCKET}").raise_for_status()
        yield server


@contextmanager
def versitygw(folder: Path) -> Iterator[StoreServer]:
    """S3 over a folder, which outlives the process; it checks every signature, and its time."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    objects, attributes = folder / "objects", folder / "attributes"
    for made in (objects / BUCKET, attributes):
        made.mkdir(parents=True)
    credentials = ["--access", KEY, "--secret", SECRET]
    backend = ["posix", "--sidecar", str(attributes), str(objects)]
    command = [str(BIN / "versitygw"), *credentials, "--port", f"127.0.0.1:{port}", *backend]
    with _running(StoreServer(command, url, f"s3://{BUCKET}/of/versitygw", s3_environment(url))) as server:
        yield server


@contextmanager
def google() -> Iterator[StoreServer]:
    """Google's storage in memory: no uploads in parts, and neither tokens nor signatures are checked."""
    port, front_port = free_port(), free_port()
    url, front = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{front_port}"
    where = ["-host", "127.0.0.1", "-port", str(port), "-public-host", f"127.0.0.1:{front_port}"]
    command = [str(BIN / "fake-gcs-server"), "-backend", "memory", "-scheme", "http", *where]
    key = subprocess.run([BIN / "python", "-c", _MAKE_KEY], check=True, capture_output=True, text=True).stdout
    account = {"client_email": "reports@example.com", "private_key": key, "private_key_id": "1", "gcs_base_url": front}
    environment = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}
    with (
        _running(StoreServer(command, url, f"gs://{BUCKET}/of/google", environment)) as server,
        gcs_front(front_port, url),
    ):
        httpx.post(f"{url}/storage/v1/b", json={"name": BUCKET}).raise_for_status()
        yield server


def s3_environment(url: str) -> dict[str, str]:
    """What a client of an S3 server at that URL needs."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def _running(server: StoreServer) -> Iterator[StoreServer]:
    try:
        server.start()
        yield server
    finally:
        server.kill()
