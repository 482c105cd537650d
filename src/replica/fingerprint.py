"""What a result depends on, as one hash.

code that a function can reach (docstrings, comments and formatting removed) + the parameters that it names + the
fingerprints of the stages that it reads + FORMAT.  Claims add ``verdict`` and their statements, figures add ``style``.
Versions of packages are recorded in the stores, not hashed.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from replica import catalog
from replica.catalog import Function, Paper
from replica.error import ReplicaError
from replica.source import digest, python_files

# Raise by one when a change of the pipeline's modules (catalog, store, runner) changes what stores or claims.json hold.
FORMAT = 1


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


class Fingerprints:
    """Fingerprints of the papers of one tree.  Nothing is imported; every file is read once."""

    def __init__(self, papers: dict[str, Paper], root: Path = catalog.ROOT, source_cache: Any = None):
        self.papers = papers
        store = source_cache or catalog.cache_of(root)
        self.modules = {}
        package = root / "src/replica"
        for path in [*python_files(package / "numerics"), package / "verdict.py", package / "style.py"]:
            parts = path.relative_to(root / "src").with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            try:
                self.modules[name] = store.get("module", text, lambda text=text: digest(text))
            except SyntaxError as error:
                raise ReplicaError(f"{path.relative_to(root)}:{error.lineno}: {error.msg}") from None
        store.save()
        self.stage = cache(self._stage)  # type: ignore[method-assign]
        self.claims = cache(self._claims)  # type: ignore[method-assign]
        self.figure = cache(self._figure)  # type: ignore[method-assign]

    def _module_of(self, imported: str) -> str | None:
        """The module in a dotted name: itself, or the module that holds the name."""
        if imported in self.modules:
            return imported
        parent = imported.rpartition(".")[0]
        return parent if parent in self.modules else None

    def closure(self, imports: Iterable[str]) -> list[str]:
        """Modules of numerics (and verdict, style) that imports lead to, sorted."""
        found: set[str] = set()
        pending = [module for name in imports if (module := self._module_of(name))]
        while pending:
            module = pending.pop()
            if module not in found:
                found.add(module)
                pending += [m for name in self.modules[module]["imports"] if (m := self._module_of(name))]
        return sorted(found)

    def _code(self, functions: Iterable[Function], extra: Iterable[str] = ()) -> list:
        functions = list(functions)
        modules = self.closure([*extra, *(name for f in functions for name in f.imports)])
        return [[f.name, f.code] for f in functions] + [[m, self.modules[m]["code"]] for m in modules]

    def _reads(self, slug: str, functions: Iterable[Function], scale: str) -> dict[str, Any]:
        paper = self.papers[slug]
        reads: dict[str, Any] = {}
        for function in functions:
            for name in function.reads:
                if name in paper.stages:
                    reads[name] = self.stage(slug, name, scale)
                else:
                    row = paper.parameters[name]
                    reads[name] = {"value": row[scale], "unit": row["unit"]}
        return reads

    def _stage(self, slug: str, stage: str, scale: str) -> str:
        paper = self.papers[slug]
        function = paper.stages[stage]
        precision = paper.about["precision"]
        return _hash([FORMAT, precision, self._code([function]), self._reads(slug, [function], scale)])

    def _claims(self, slug: str, scale: str) -> str:
        functions = list(self.papers[slug].claims.values())
        statements = {f.name: f.doc for f in functions}
        code = self._code(functions, ["replica.verdict"])
        return _hash([FORMAT, scale, code, statements, self._reads(slug, functions, scale)])

    def _figure(self, slug: str, figure: str, scale: str) -> str:
        function = self.papers[slug].figures[figure]
        return _hash([FORMAT, self._code([function], ["replica.style"]), self._reads(slug, [function], scale)])
