"""mutmut, which leaves decorated code alone, made to change the methods of dataclasses and cached functions too.

Usage: python -m tests.support.mutation run|results|show ..., as the command `mutmut`. Leans on the internals of
mutmut 3.7 (mutation/file_mutation.py), whose version the lock file holds.
"""

from collections.abc import Iterable, Sequence

import libcst as cst
from mutmut.__main__ import cli
from mutmut.mutation import file_mutation

DECORATORS = {"dataclass", "cache", "lru_cache", "property"}  # they work on a changed function as on the given one

_arrange = file_mutation.function_trampoline_arrangement
_skips = file_mutation.MutationVisitor._skip_node_and_children


def skip_node_and_children(visitor: file_mutation.MutationVisitor, node: cst.CSTNode) -> bool:
    """What isn't changed: decorators themselves, and functions and classes under any other one."""
    if isinstance(node, cst.Decorator):
        return True
    if isinstance(node, cst.FunctionDef | cst.ClassDef) and _are_known(node.decorators):
        return False
    return bool(_skips(visitor, node))


def arrange(
    function: cst.FunctionDef, mutants: Iterable[file_mutation.Mutation], class_name: str | None
) -> tuple[Sequence[cst.CSTNode], Sequence[cst.CSTNode], Sequence[cst.CSTNode], Sequence[str]]:
    """The function that chooses keeps the decorators; those that it chooses from are called as they stand."""
    before, functions, after, names = _arrange(function, mutants, class_name)
    if _are_known(function.decorators):
        functions = [functions[0], *(copy.with_changes(decorators=()) for copy in functions[1:])]
    return before, functions, after, names


def _are_known(decorators: Sequence[cst.Decorator]) -> bool:
    return bool(decorators) and all(_name(decorator) in DECORATORS for decorator in decorators)


def _name(decorator: cst.Decorator) -> str:
    called = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
    return called.value if isinstance(called, cst.Name) else ""


if __name__ == "__main__":
    file_mutation.MutationVisitor._skip_node_and_children = skip_node_and_children
    file_mutation.function_trampoline_arrangement = arrange
    cli()
