"""The rooms of the project and the arrows between them: imports point down only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("stream_app", "api", "producers")
DOMAIN = "stream_app.domain"
SHARED = (  # what the API and the producers may use of stream_app
    DOMAIN,
    "stream_app.codec",
    "stream_app.topics",
    "stream_app.topic_ids",
    "stream_app.record_batches",
    "stream_app.dead_letters",
    "stream_app.settings",
    "stream_app.errors",
    "stream_app.http_names",
    "stream_app.metrics",
    "stream_app.replay_progress",
    "stream_app.atomic_file",
    "stream_app.logs",
    "stream_app.log_ends",
    "stream_app.unreadable_batch",
    "stream_app.process_ends",
    "stream_app.given_up",
    "stream_app.system_refusals",
    "stream_app.terminal",
)
TOP = ("stream_app.local", "stream_app.cli")  # may import everything, and nothing imports them


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports(path: Path) -> set[str]:
    """The project's own modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ROOMS}


def is_in(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


MODULES = sorted(modules().items())


def allowed(module: str) -> tuple[str, ...]:
    """What a module of the product may import of the project."""
    if is_in(module, TOP):
        return ROOMS
    if is_in(module, (DOMAIN,)):
        return (DOMAIN,)
    if is_in(module, ("api",)):
        return ("api", *SHARED)
    if is_in(module, ("producers",)):
        return ("producers", *SHARED)
    return ("stream_app",)


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_module_imports_only_what_lies_below_it(module: str, path: Path) -> None:
    strangers = {name for name in imports(path) if not is_in(name, allowed(module))}

    assert not strangers, f"{module} may not import {sorted(strangers)}"


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_nothing_below_imports_the_command_line_or_the_local_supervisor(module: str, path: Path) -> None:
    if is_in(module, TOP):
        return

    assert not {name for name in imports(path) if is_in(name, TOP)}


def test_domain_uses_no_io_no_clock_and_no_framework() -> None:
    impure = {"asyncio", "socket", "subprocess", "time", "os", "pathlib", "faust", "aiokafka", "rocksdict", "structlog"}
    found = {
        (module, name.split(".")[0])
        for module, path in MODULES
        if is_in(module, (DOMAIN,))
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported_names(node)
        if name.split(".")[0] in impure
    }

    assert found == set()


def test_no_import_hides_inside_a_function() -> None:
    hidden = [
        f"{module}:{inner.lineno}"
        for module, path in MODULES
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_modules_import_each_other_without_a_cycle() -> None:
    known = modules()
    graph = {
        module: {_nearest(name, known) for name in imports(path)} - {module, None} for module, path in known.items()
    }
    settled: set[str] = set()
    while ready := {module for module, needs in graph.items() if module not in settled and needs <= settled}:
        settled |= ready

    assert sorted(graph.keys() - settled) == []


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _nearest(name: str, known: dict[str, Path]) -> str | None:
    """The module that an imported name stands in."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None
