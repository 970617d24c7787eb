"""Small changes of a module that its tests should notice."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final, cast, override

_GONE: Final = ast.Pass()
"""In the place of a member of a list: take it out."""

_OPERATORS: Final[dict[type[ast.AST], type[ast.AST]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
}  # fmt: skip
_LEFT_ALONE: Final = (ast.Assert, ast.TypeAlias, ast.Import, ast.ImportFrom)
_NO_BEHAVIOUR: Final = frozenset({"annotation", "returns", "decorator_list"})
_CONDITIONS: Final = frozenset({"test", "ifs", "guard"})
_DECLARATIONS: Final = frozenset({"__all__", "__slots__"})
_BLOCKS: Final = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor,
    ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change; once applied, the tree stays changed."""

    parent: ast.AST
    field: str
    index: int | None
    new: ast.AST
    lines: range
    """What tests have to run over to have a chance."""

    @property
    def _old(self) -> ast.AST:
        member: Any = getattr(self.parent, self.field)
        node: ast.AST = member if self.index is None else member[self.index]
        return node

    def apply(self) -> None:
        """Change the tree that it was found in."""
        member: Any = getattr(self.parent, self.field)
        new = ast.fix_missing_locations(ast.copy_location(self.new, self._old))
        if self.index is None:
            setattr(self.parent, self.field, new)
        elif self.new is _GONE:
            del member[self.index]
        else:
            member[self.index] = new

    @override
    def __str__(self) -> str:
        """Return the changed part, before and after."""
        if isinstance(self.new, ast.expr | ast.stmt) and self.new is not _GONE:
            before, after = self._old, cast("ast.AST", self.new)
        else:
            before, after = self.parent, deepcopy(self.parent)
            replace(self, parent=after).apply()
        return f"{ast.unparse(before)[:120]} -> {ast.unparse(after)[:120]}"


def mutants(tree: ast.AST) -> list[Mutant]:
    """Return all changes of a module, in the order of its text."""
    return list(_within(tree, range(0), raising=False))


def _within(node: ast.AST, lines: range, *, raising: bool) -> Iterator[Mutant]:
    for field, value in ast.iter_fields(node):
        if field in _NO_BEHAVIOUR:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ():
            yield from _at(node, field, index, child, lines, raising=raising)
        if not isinstance(value, list):
            yield from _at(node, field, None, value, lines, raising=raising)


def _at(
    node: ast.AST,
    field: str,
    index: int | None,
    child: Any,
    lines: range,
    *,
    raising: bool,
) -> Iterator[Mutant]:
    """Return the changes of one child, and of all below it."""
    if not isinstance(child, ast.AST) or _is_left_alone(child):
        return
    if isinstance(node, _BLOCKS) or not lines:
        first = getattr(child, "lineno", getattr(node, "lineno", 0))
        lines = range(first, (getattr(child, "end_lineno", None) or first) + 1)
    raising = raising or isinstance(child, ast.Raise)
    for new in _instead(field, child, raising=raising):
        yield Mutant(node, field, index, new, lines)
    yield from _within(child, lines, raising=raising)


def _is_left_alone(node: ast.AST) -> bool:
    """Tell declarations, texts for readers, and what only type checkers see."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _DECLARATIONS:
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return isinstance(node, _LEFT_ALONE)


def _instead(field: str, node: ast.AST, *, raising: bool) -> Iterator[ast.AST]:
    """Return what may stand in a node's place."""
    if operator := _OPERATORS.get(type(node)):
        yield operator()
    if field in _CONDITIONS and isinstance(node, ast.expr) and not _is_turned(node):
        yield ast.UnaryOp(ast.Not(), node)
    match node:
        case ast.Constant(value=value):
            if (changed := _changed(value, raising=raising)) is not None:
                yield ast.Constant(changed)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Return(value=value) if value and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=targets) if not any(
            isinstance(target, ast.Name | ast.Tuple) for target in targets
        ):
            yield ast.Pass()
        case ast.keyword():
            yield _GONE
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _is_turned(condition: ast.expr) -> bool:
    """Return whether a condition is turned round by another change already."""
    match condition:
        case ast.Compare(ops=[op]):
            return not isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _changed(value: object, *, raising: bool) -> bool | float | str | bytes | None:
    """Return another constant; the texts of exceptions are for readers."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() if not raising:
            return f"XX{value}"
        case bytes():
            return b"XX" + value
    return None
