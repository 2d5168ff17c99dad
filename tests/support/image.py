"""The image without an engine: what its Dockerfile copies and installs, from the context that .dockerignore leaves.

Its packages are those of this environment, and its user is one that may write nowhere but in its own folders.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
NOBODY = 65534
# It may read what it likes, since this environment may lie in root's home, but write only what is its own.
_AS_NOBODY = (
    *("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"),
    *(f"--{kind}=-all,+dac_read_search" for kind in ("bounding-set", "inh-caps", "ambient-caps")),
)


@dataclass(frozen=True, slots=True)
class Image:
    """The installed image: `root` stands for its file system's."""

    root: Path

    @property
    def state(self) -> Path:
        """Its volume /state."""
        return self.root / "state"

    @property
    def home(self) -> Path:
        """Its user's home."""
        return self.root / "home"

    @property
    def workdir(self) -> Path:
        """Where the Dockerfile's WORKDIR puts every process."""
        return self.root / "opt" / "store-monitor"

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The image's ENV and more, with its volume where `root` has it."""
        (line,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
        own = dict(assignment.split("=", 1) for assignment in line.split())
        placed = {name: re.sub(r"(^| )/state/", rf"\1{self.state}/", value) for name, value in {**own, **more}.items()}
        return {"PATH": f"{self.root / 'venv' / 'bin'}:/usr/bin:/bin", "HOME": str(self.home), **placed}

    def command(self, arguments: Sequence[str]) -> list[str]:
        """A command as the image's user runs it; as this process's where that isn't root."""
        return [*(_AS_NOBODY if os.geteuid() == 0 else ()), *arguments]

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            self.command(arguments),
            env=self.environment(environment),
            cwd=self.workdir,
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
        )


@contextmanager
def installed_image() -> Iterator[Image]:
    """The image in a folder that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="store-monitor-image-") as folder:
        image = Image(Path(folder))
        image.root.chmod(0o755)
        copy_context(image.root / "context")
        _copy_as_the_dockerfile_does(image.root / "context", image.workdir)
        install(image.workdir, image.root / "venv")
        for own in (image.state, image.home):
            own.mkdir()
            if os.geteuid() == 0:
                os.chown(own, NOBODY, NOBODY)
        yield image


def copy_context(to: Path) -> None:
    """What `docker build` is sent. Only the forms of .dockerignore that are used are understood: *, !NAME, **/NAME."""
    first, *lines = (ROOT / ".dockerignore").read_text().split()
    assert first == "*"
    left_out = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    names = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert lines == [f"!{name}" for name in names] + [f"**/{name}" for name in left_out]
    to.mkdir()
    for source in (ROOT / name for name in names):
        if source.is_dir():
            shutil.copytree(source, to / source.name, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copy(source, to)


def _copy_as_the_dockerfile_does(context: Path, workdir: Path) -> None:
    workdir.mkdir(parents=True)
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, target = line.split()
        for source in (context / name for name in sources):
            if source.is_dir():
                shutil.copytree(source, workdir / target, symlinks=True)
            else:
                shutil.copy(source, workdir / target)


def install(source: Path, venv: Path) -> None:
    """`pip install` a source into a new environment, which finds everything else in this one; without any index."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    (packages / "others.pth").write_text(
        sysconfig.get_path("purelib")
    )  # the .pth files of that folder don't count then
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "--quiet"]
    options = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run([*pip, "install", *options, str(source)], check=True, env=environment)
