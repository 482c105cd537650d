"""The papers' folders, read without importing them.

A paper is ``paper.yaml``, ``stages.py``, ``claims.py`` and ``figures.py``.  Public functions are stages, claims and
figures; the names of their arguments say which parameters and stages they read.
"""

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import replica
from replica.error import ReplicaError
from replica.source import Cache, analyse

ROOT = Path(replica.__file__).resolve().parents[2]  # of the tree whose code is running
PAPERS = Path("src/replica/papers")
SCALES = ("smoke", "laptop", "paper")
FILES = {"stages": "stages.py", "claims": "claims.py", "figures": "figures.py"}
MAY_IMPORT = ("replica.numerics", "replica.paper", "replica.style", "replica.verdict")
STAGE_MARKS = {"split", "block", "gpu", "nan"}
CLAIM_MARKS = {"id", "core", "source", "refutes"}


@dataclass(frozen=True)
class Function:
    """A stage, claim or figure as its source says it."""

    name: str
    line: int
    reads: tuple[str, ...]
    doc: str
    marks: dict[str, Any]
    code: str  # hash of the code it can reach in its module
    imports: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """One paper: what paper.yaml says, and its functions."""

    slug: str
    about: dict[str, Any]  # paper.yaml without the parameters
    parameters: dict[str, dict[str, Any]]
    stages: dict[str, Function] = field(default_factory=dict)  # in an order in which they can run
    claims: dict[str, Function] = field(default_factory=dict)
    figures: dict[str, Function] = field(default_factory=dict)

    def function(self, kind: str, name: str) -> Function:
        """A stage, claim or figure (``kind``: "stages", "claims", "figures") by its name.  Raises ReplicaError."""
        functions = getattr(self, kind)
        if name not in functions:
            raise ReplicaError(f"{self.slug} has no {kind[:-1]} '{name}' ({kind}: {', '.join(functions) or 'none'})")
        return functions[name]

    def stages_read(self, function: Function) -> list[str]:
        """Stages that a function reads, in the order of its arguments."""
        return [name for name in function.reads if name in self.stages]

    def values(self, function: Function, scale: str) -> dict[str, Any]:
        """Parameters that a function reads, with their values."""
        return {name: self.parameters[name][scale] for name in function.reads if name in self.parameters}

    def upstream(self, function: Function) -> list[str]:
        """All stages that a function needs, directly or not, in an order in which they can run."""
        needed = set(self.stages_read(function))
        for name in reversed(self.stages):
            if name in needed:
                needed |= set(self.stages_read(self.stages[name]))
        return [name for name in self.stages if name in needed]

    def blocks(self, stage: str, scale: str) -> list[list]:
        """Values of the parameter over which a stage is split, in blocks of its fixed size; [] where it is not."""
        split = self.stages[stage].marks.get("split")
        if split is None:
            return []
        values = self.parameters[split][scale]
        size = self.stages[stage].marks.get("block", 1)
        return [values[start : start + size] for start in range(0, len(values), size)]


def store_path(scale: str, slug: str, stage: str) -> Path:
    return Path("results", scale, slug, f"{stage}.zarr.zip")


def claims_path(scale: str, slug: str) -> Path:
    return Path("results", scale, slug, "claims.json")


def figure_paths(scale: str, slug: str, figure: str) -> tuple[Path, Path]:
    """PDF and PNG of a figure."""
    return Path("figures", scale, slug, f"{figure}.pdf"), Path("figures", scale, slug, f"{figure}.png")


def slugs(root: Path = ROOT) -> list[str]:
    """The papers there are: folders with a paper.yaml."""
    return sorted(path.parent.name for path in (root / PAPERS).glob("*/paper.yaml"))


def cache_of(root: Path = ROOT) -> Cache:
    return Cache(root / ".cache" / "catalog.json")


def load(wanted: list[str] | None = None, root: Path = ROOT, cache: Cache | None = None) -> dict[str, Paper]:
    """Read and check the papers (all, or those wanted).  Raises ReplicaError."""
    known = slugs(root)
    for slug in wanted or []:
        if slug not in known:
            raise ReplicaError(f"there is no paper {slug!r} in {PAPERS} (papers: {', '.join(known) or 'none'})")
    keep = cache is None
    cache = cache or cache_of(root)
    papers = {slug: _read(slug, root, cache) for slug in wanted or known}
    if keep:
        cache.save()
    return papers


def _read(slug: str, root: Path, cache: Cache) -> Paper:
    texts = {}
    for name in ("paper.yaml", *FILES.values()):
        path = root / PAPERS / slug / name
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except OSError:
            raise ReplicaError(
                f"{PAPERS / slug / name}: the file is missing; a paper is paper.yaml, {', '.join(FILES.values())}"
            ) from None
    plain = cache.get(f"paper {slug}", "\0".join(texts.values()), lambda: _checked(slug, texts))
    functions = {
        kind: {
            name: Function(name, f["line"], tuple(f["reads"]), f["doc"], f["marks"], f["code"], tuple(f["imports"]))
            for name, f in plain[kind].items()
        }
        for kind in FILES
    }
    return Paper(slug, plain["about"], plain["parameters"], **functions)


def _checked(slug: str, texts: dict[str, str]) -> dict[str, Any]:
    from replica.metadata import read_paper_file  # pydantic, only where a paper is not in the cache

    folder = PAPERS / slug
    about = read_paper_file(texts["paper.yaml"], folder / "paper.yaml")
    parameters = about.pop("parameters")
    functions = {}
    for kind, name in FILES.items():
        try:
            module = analyse(texts[name])
        except SyntaxError as error:
            raise ReplicaError(f"{folder / name}:{error.lineno}: {error.msg}") from None
        functions[kind] = module["functions"]
        for imported in module["imports"]:
            if imported.startswith((".", "replica")) and not f"{imported}.".startswith(
                tuple(f"{m}." for m in MAY_IMPORT)
            ):
                raise ReplicaError(
                    f"{folder / name}: imports {imported}; a paper imports {', '.join(MAY_IMPORT)} only "
                    "(what two papers need moves to numerics)"
                )
    plain = {"about": about, "parameters": parameters, **functions}
    if both := sorted(set(plain["stages"]) & set(parameters)):
        raise ReplicaError(
            f"{folder}: '{both[0]}' is both a parameter and a stage; an argument of that name is unclear"
        )
    for kind in FILES:
        for name, function in functions[kind].items():
            for problem in _function_problems(kind, name, function, plain, slug):
                raise ReplicaError(f"{folder / FILES[kind]}:{function['line']}: {kind[:-1]} '{name}' {problem}")
    _check_names(folder, plain)
    try:
        graph = {name: set(f["reads"]) & set(plain["stages"]) for name, f in plain["stages"].items()}
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ReplicaError(
            f"{folder / 'stages.py'}: stages read each other in a circle: {' <- '.join(error.args[1])}"
        ) from None
    plain["stages"] = {name: plain["stages"][name] for name in order}
    return plain


def _function_problems(kind: str, name: str, function: dict, plain: dict, slug: str):
    """Problems of one function, first the ones that explain the others."""
    yield from function["problems"]
    stages, parameters, marks = plain["stages"], plain["parameters"], function["marks"]
    for read in function["reads"]:
        if read not in stages and read not in parameters:
            yield (
                f"reads '{read}', which is neither a stage nor a parameter of {slug} "
                f"(stages: {', '.join(stages) or 'none'}; parameters: {', '.join(parameters) or 'none'})"
            )
    if kind == "stages":
        if marks.get("mark") != "stage":
            yield "has no mark; expected @stage above a stage, or a name that begins with _ for a helper"
        if unknown := set(marks) - STAGE_MARKS - {"mark"}:
            yield f"has @stage({', '.join(sorted(unknown))}=...); known are {', '.join(sorted(STAGE_MARKS))}"
        split = marks.get("split")
        if split is not None:
            if split not in function["reads"] or split not in parameters:
                yield f"is split over '{split}', not a parameter that it reads ({', '.join(function['reads'])})"
            elif not isinstance(parameters[split]["laptop"], list):
                yield f"is split over '{split}', which is not a list in paper.yaml"
        block = marks.get("block", 1)
        if not isinstance(block, int) or block < 1:
            yield f"has block={block!r}; expected a whole number from 1"
    if kind == "claims":
        if marks.get("mark") != "claim":
            yield 'has no mark; expected @claim("ID", core=..., source="...")'
        if unknown := set(marks) - CLAIM_MARKS - {"mark"}:
            yield f"has @claim({', '.join(sorted(unknown))}=...); known are {', '.join(sorted(CLAIM_MARKS))}"
        if not marks.get("id") or not marks.get("source"):
            yield 'needs an id and a source: @claim("ID", source="...")'
        if function["control"]:
            yield function["control"]
    if kind != "stages" and not function["doc"]:
        yield f"has no docstring; it is the {'statement' if kind == 'claims' else 'caption'}"


def _check_names(folder: Path, plain: dict) -> None:
    if "claims" in plain["stages"]:
        raise ReplicaError(
            f"{folder / 'stages.py'}: a stage cannot be called 'claims', the name of the file of verdicts"
        )
    ids: dict[str, str] = {}
    for name, claim in plain["claims"].items():
        other = ids.setdefault(claim["marks"]["id"], name)
        if other != name:
            raise ReplicaError(
                f"{folder / 'claims.py'}: claims '{other}' and '{name}' have the same id {claim['marks']['id']!r}"
            )
    for stage in plain["about"]["resources"]:
        if stage not in plain["stages"]:
            raise ReplicaError(
                f"{folder / 'paper.yaml'}: resources.{stage}: no such stage (stages: {', '.join(plain['stages'])})"
            )
