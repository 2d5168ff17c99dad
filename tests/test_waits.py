"""Every wait of the worker and the API stands in the table that says who ends it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
RECORD = ROOT / "docs" / "decisions" / "0015-who-ends-every-wait.md"
SUPERVISOR = ROOT / "stream_app" / "local"  # its waits are for processes, and end with a kill
MADE = {"Event", "Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Barrier", "Queue", "create_future"}
CALLED = {"wait", "wrap_future"}

Wait = tuple[str, str]  # module, and the name of what it waits by


def waits_of(path: Path) -> Iterator[Wait]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target, value in _assigned(node):
                if _name(value) in MADE:
                    yield path.stem, _name(target)
        elif isinstance(node, ast.Call) and _name(node) in CALLED and _is_of_asyncio(node.func):
            yield path.stem, f"asyncio.{_name(node)}"


def waits_in_the_code() -> set[Wait]:
    paths = [path for room in ("stream_app", "api") for path in (ROOT / room).rglob("*.py")]
    return {wait for path in paths if not path.is_relative_to(SUPERVISOR) for wait in waits_of(path)}


def waits_in_the_table() -> set[Wait]:
    rows = re.findall(r"^\| ([a-z_, ]+) \| `([\w.]+)` \|", RECORD.read_text(), re.MULTILINE)
    return {(module, by) for modules, by in rows for module in modules.split(", ")}


def test_waits_of_the_code_are_those_of_the_table() -> None:
    assert waits_in_the_code() == waits_in_the_table()


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each target with its value, those of `a, b = c, d` one by one."""
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        elif node.value is not None:
            yield target, node.value


def _name(node: ast.expr) -> str:
    """The last part of a dotted name, or of what is called."""
    match node:
        case ast.Call(func=func):
            return _name(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _is_of_asyncio(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "asyncio"
