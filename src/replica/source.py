"""Python source read without importing it: functions and their signatures, marks, imports, and code without its prose.

Everything here is a function of the text of one file, so the answers are kept in a cache under the hash of that text.
"""

import ast
import hashlib
import json
import os
import symtable
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

CACHE_LIMIT = 5000  # entries; an older cache starts again


def _nodes_without_prose(tree: ast.Module) -> ast.Module:
    """Remove docstrings; comments and formatting are gone from a syntax tree already."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return tree


def _dump(node: Any) -> Any:
    """A tree as nested lists, without positions and empty fields: the same for every Python that can parse the text."""
    if isinstance(node, ast.AST):
        fields = (
            (name, _dump(value)) for name, value in ast.iter_fields(node) if name not in {"ctx", "kind", "type_comment"}
        )
        return [type(node).__name__, *([name, value] for name, value in fields if value not in (None, []))]
    if isinstance(node, list):
        return [_dump(item) for item in node]
    return node if isinstance(node, str | int | bool) or node is None else repr(node)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def _names(node: ast.AST, context: type) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _globals(table: symtable.SymbolTable) -> set[str]:
    """Names that a function or class takes from its module, in itself and in everything nested in it."""
    names = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return names.union(*(_globals(child) for child in table.get_children()))


def _reads(statement: ast.stmt, tables: dict[tuple[str, int], symtable.SymbolTable]) -> set[str]:
    """Names of its module that a top-level statement uses."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return _names(statement, ast.Load)
    table = tables[statement.name, statement.lineno]
    # Decorators, defaults, bases and annotations belong to the module's scope, not to the function's.
    outside = [*statement.decorator_list]
    if isinstance(statement, ast.ClassDef):
        outside += [*statement.bases, *statement.keywords]
    else:
        arguments = statement.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        outside += [a.annotation for a in every if a.annotation] + [d for d in arguments.kw_defaults if d]
        outside += [*arguments.defaults, *([statement.returns] if statement.returns else [])]
    return _globals(table).union(*(_names(node, ast.Load) for node in outside))


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a top-level statement binds."""
    names = _names(statement, ast.Store) if not isinstance(statement, ast.FunctionDef | ast.ClassDef) else set()
    for node in ast.walk(statement) if isinstance(statement, ast.If | ast.Try | ast.With | ast.For) else [statement]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names


def _is_public_function(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_")


def _only(statement: ast.stmt, used: set[str]) -> ast.stmt:
    """An import statement without the names that nothing uses."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return statement
    kept = [a for a in statement.names if (a.asname or a.name).split(".")[0] in used]
    kept.sort(key=lambda a: a.name)
    if isinstance(statement, ast.Import):
        return ast.Import(kept)
    return ast.ImportFrom(statement.module, kept, statement.level)


def _imports(statements: Iterable[ast.AST]) -> list[str]:
    """Dotted names that are imported: ``from a import b`` gives ``a.b``, a module or a name in module ``a``."""
    found = set()
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                found |= {f"{module}.{alias.name}" for alias in node.names}
    return sorted(found)


def _marks(function: ast.FunctionDef) -> dict[str, Any]:
    """Arguments of the decorators ``@stage(...)`` and ``@claim(...)``; other decorators are left alone.

    Raises ValueError where an argument is not written out as a literal.
    """
    for decorator in function.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", None)
        if name in {"stage", "claim"}:
            try:
                marks = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
                positional = [ast.literal_eval(argument) for argument in call.args]
            except ValueError:
                raise ValueError(
                    f"the arguments of @{name} are read without running the file: write them as literals"
                ) from None
            if positional:
                marks["id"] = positional[0]
            return {"mark": name, **marks}
    return {}


def _control(function: ast.FunctionDef) -> str | None:
    """What is wrong with the negative control of a claim, if anything."""
    calls = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) == "judge" or getattr(node.func, "attr", None) == "judge")
    ]
    if not calls:
        return "does not call judge(...)"
    for call in calls:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if "control" not in given:
            return "has no negative control: give judge(..., control=...) data for which the same criterion must fail"
        if not any(isinstance(node, ast.Name | ast.Attribute) for node in ast.walk(given["control"])):
            return "writes its control as a literal: a control is computed, from a stage that the claim reads"
    return None


def analyse(text: str) -> dict[str, Any]:
    """What a paper's module says: per public function its signature, statement, marks, code hash and imports.

    The code of a function is what it can reach in its module: private helpers, constants and imports that it uses, but
    not the other public functions.  A mention of one of those is reported as a problem.  Raises SyntaxError.
    """
    tree = ast.parse(text)
    tables = {(t.get_name(), t.get_lineno()): t for t in symtable.symtable(text, "module", "exec").get_children()}
    docs = {s.name: ast.get_docstring(s) or "" for s in tree.body if isinstance(s, ast.FunctionDef)}
    tree = _nodes_without_prose(tree)
    public = {s.name: s for s in tree.body if _is_public_function(s)}
    binders: dict[str, list[ast.stmt]] = {}
    loose = []  # statements that bind nothing, such as a call: they act on everything
    for statement in tree.body:
        names = _bound(statement)
        if not names and not isinstance(statement, ast.Pass):
            loose.append(statement)
        for name in names:
            binders.setdefault(name, []).append(statement)

    functions = {}
    for name, function in public.items():
        problems = []
        reached: list[ast.stmt] = [function, *loose]
        used: set[str] = set()
        pending = list(reached)
        while pending:
            new = _reads(pending.pop(), tables) - used
            used |= new
            for other in new - {name}:
                if other in public:
                    problems.append(
                        f"mentions {other}, another public function: a function reads what its arguments name"
                    )
                    continue
                for statement in binders.get(other, []):
                    if statement not in reached:
                        reached.append(statement)
                        pending.append(statement)
        kept = [_only(statement, used) for statement in tree.body if statement in reached]
        arguments = function.args
        if arguments.vararg or arguments.kwarg or arguments.defaults or any(arguments.kw_defaults):
            problems.append(
                "takes *args, **kwargs or defaults: its arguments are the names of what it reads, nothing else"
            )
        try:
            marks = _marks(function)
        except ValueError as error:
            problems.append(str(error))
            marks = {}
        functions[name] = {
            "line": function.lineno,
            "reads": [a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]],
            "doc": docs[name],
            "marks": marks,
            "code": _hash([_dump(statement) for statement in kept]),
            "imports": _imports(kept),
            "control": _control(function),
            "problems": sorted(set(problems)),
        }
    return {"functions": functions, "imports": _imports(tree.body)}


def digest(text: str) -> dict[str, Any]:
    """Hash of a whole module's code without its prose, and what it imports.  Raises SyntaxError."""
    tree = _nodes_without_prose(ast.parse(text))
    return {"code": _hash(_dump(tree.body)), "imports": _imports(tree.body)}


class Cache:
    """Answers kept by the hash of what they were computed from.  Losing the file costs time, never a result."""

    def __init__(self, path: Path | None):
        self.path = path
        self.changed = False
        try:
            self.entries: dict[str, Any] = json.loads(path.read_text()) if path else {}
        except (OSError, ValueError):
            self.entries = {}
        # The answers depend on this file too.
        self.own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()

    def get(self, question: str, text: str, answer: Any) -> Any:
        """``answer()``, or what it said for the same question and text before."""
        key = hashlib.sha256(f"{self.own}\0{question}\0{text}".encode()).hexdigest()
        if key not in self.entries:
            self.entries[key] = answer()
            self.changed = True
        return self.entries[key]

    def save(self) -> None:
        """Write the cache if anything was added; a folder that cannot be written is no error."""
        if not (self.changed and self.path):
            return
        entries = self.entries if len(self.entries) <= CACHE_LIMIT else {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.path.parent, suffix=".tmp", delete=False) as file:
                json.dump(entries, file)
            os.replace(file.name, self.path)
            self.changed = False
        except OSError:
            pass


def python_files(folder: Path) -> Iterator[Path]:
    """Python files below a folder, sorted."""
    yield from sorted(folder.rglob("*.py"))
