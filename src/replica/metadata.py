"""The model of ``paper.yaml``: everything declarative about a paper, checked before any job starts."""

import math
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from replica.catalog import SCALES
from replica.error import ReplicaError

SEED_LIMIT = 2**32
NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Loader(yaml.CSafeLoader):
    """YAML 1.2 as DVC reads it: 1e-3 is a number; no, on, 010 and 12:30 are not truth values, octals and minutes."""

    yaml_implicit_resolvers: ClassVar[dict] = {}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: _float(loader.construct_scalar(node)))


def _float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").replace(".nan", "nan"))


def read_yaml(text: str) -> Any:
    """The value of a YAML 1.2 text.  Raises yaml.YAMLError; a key that stands twice is refused, not overwritten."""
    node = yaml.compose(text, Loader=_Loader)
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, yaml.MappingNode):
            keys = [key.value for key, _ in current.value]
            if repeated := sorted({key for key in keys if keys.count(key) > 1}):
                raise yaml.YAMLError(f"line {current.start_mark.line + 1}: the key {repeated[0]!r} stands twice")
            pending += [value for _, value in current.value]
        elif isinstance(current, yaml.SequenceNode):
            pending += current.value
    return yaml.load(text, Loader=_Loader)


def kind_of(value: Any) -> str:
    """The type of a parameter value in words: number (whole or not), word, truth value, or a list of one of them."""
    if isinstance(value, bool):
        return "truth value"
    if isinstance(value, int):
        return "whole number"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "word"
    if isinstance(value, list):
        kinds = {kind_of(item) for item in value}
        if kinds == {"whole number", "number"}:
            kinds = {"number"}
        return f"list of {kinds.pop()}s" if len(kinds) == 1 else f"list of mixed things ({', '.join(sorted(kinds))})"
    return type(value).__name__


def _as_floats(value: Any) -> Any:
    return [_as_floats(item) for item in value] if isinstance(value, list) else float(value)


def _leaves(value: Any) -> list:
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]


def _seed_problem(name: str, value: Any) -> str | None:
    """What is wrong with the value of a parameter that holds seeds, by its name, if anything."""
    if name != "seeds" and not name.endswith("_seeds"):
        return None
    bad = [seed for seed in _leaves(value) if not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT]
    return f"got {bad[0]!r}, a seed is a whole number from 0 to 2**32 - 1" if bad else None


class Parameter(BaseModel):
    """One row of the parameters: what it is, and its value at the three scales."""

    model_config = ConfigDict(extra="forbid", strict=True)

    unit: str = Field(description='"1" where dimensionless, "" for words')
    about: str = Field(min_length=1)
    source: str = Field(min_length=1, description="the paper, or: chosen here")
    min: int | float | None = None
    max: int | float | None = None
    repeats: bool = Field(False, description="the list may hold a value twice")
    smoke: Any
    laptop: Any
    paper: Any

    @model_validator(mode="after")
    def _one_kind(self) -> "Parameter":
        if empty := [scale for scale in SCALES if getattr(self, scale) == []]:
            raise ValueError(f"{empty[0]}: the list is empty; expected one value or more")
        kinds = {scale: kind_of(getattr(self, scale)) for scale in SCALES}
        if set(kinds.values()) in ({"whole number", "number"}, {"list of whole numbers", "list of numbers"}):
            for scale in SCALES:
                setattr(self, scale, _as_floats(getattr(self, scale)))
        elif len(set(kinds.values())) > 1:
            raise ValueError(f"has different types at the three scales: {kinds}; expected one type")
        elif kinds["smoke"] in {"number", "list of numbers"}:
            for scale in SCALES:
                setattr(self, scale, _as_floats(getattr(self, scale)))
        for scale in SCALES:
            self._check(scale, getattr(self, scale))
        return self

    def _check(self, scale: str, value: Any) -> None:
        kind = kind_of(value)
        if "mixed" in kind or not any(word in kind for word in ("number", "word", "truth value")):
            raise ValueError(f"{scale}: got {kind}; expected a number, a word, a truth value or a list of one of these")
        if isinstance(value, list) and not self.repeats:
            repeated = [item for i, item in enumerate(value) if item in value[:i]]
            if repeated:
                raise ValueError(
                    f"{scale}: {repeated[0]!r} stands twice in the list; list it once, or say repeats: true in the row"
                )
        for leaf in _leaves(value):
            if isinstance(leaf, float) and not math.isfinite(leaf):
                raise ValueError(f"{scale}: got {leaf}, expected finite numbers")
            if isinstance(leaf, bool | str):
                continue
            if self.min is not None and leaf < self.min:
                raise ValueError(f"{scale}: got {leaf}, expected at least {self.min} (the row's min)")
            if self.max is not None and leaf > self.max:
                raise ValueError(f"{scale}: got {leaf}, expected at most {self.max} (the row's max)")


class Resources(BaseModel):
    """What a stage needs of a machine."""

    model_config = ConfigDict(extra="forbid", strict=True)

    mem_mb: Annotated[int, Field(gt=0)]
    runtime: Annotated[int, Field(gt=0, description="minutes")]


class PaperFile(BaseModel):
    """``paper.yaml``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1)
    authors: list[str] = Field(min_length=1)
    venue: str
    year: int = Field(ge=1800, le=2100)
    doi: str | None = None
    arxiv: str | None = None
    seed_document: str | None = Field(None, description="the document of the commission in which the abstract stands")
    precision: Literal["float32", "float64"]
    deviations: list[str] = []
    memory: str = Field("", description="memory and run time at paper scale, worked out")
    resources: dict[str, dict[Literal["smoke", "laptop", "paper"], Resources]] = {}
    parameters: dict[str, Parameter]

    @model_validator(mode="after")
    def _names_and_seeds(self) -> "PaperFile":
        for name, row in self.parameters.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"parameters.{name}: a name is small letters, digits and _, as it becomes an argument")
            for scale in SCALES:
                if problem := _seed_problem(name, getattr(row, scale)):
                    raise ValueError(f"parameters.{name}.{scale}: {problem}")
        return self


def _problems(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing":
            message = "is missing"
        elif problem["type"] == "extra_forbidden":
            message = "is not a known key"
        elif problem["type"] != "value_error":
            message = f"got {problem['input']!r}; {message[0].lower()}{message[1:]}"
        lines.append(f"{where}: {message}" if where else message)
    return "; ".join(lines)


def read_paper_file(text: str, path: Path | str) -> dict[str, Any]:
    """``paper.yaml`` as plain values.  Raises ReplicaError with file, field, what was got and what was expected."""
    try:
        values = read_yaml(text)
    except yaml.YAMLError as error:
        raise ReplicaError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ReplicaError(f"{path}: got {kind_of(values)}, expected the keys title, authors, ..., parameters")
    try:
        return PaperFile.model_validate(values).model_dump()
    except ValidationError as error:
        raise ReplicaError(f"{path}: {_problems(error)}") from None


def with_value(row: dict[str, Any], scale: str, value: Any, name: str) -> dict[str, Any]:
    """A parameter's row with another value at one scale, checked like the file.  Raises ReplicaError."""
    try:
        changed = Parameter.model_validate(row | {scale: value}).model_dump()
    except ValidationError as error:
        raise ReplicaError(f"{name}: {_problems(error)}") from None
    if problem := _seed_problem(name, changed[scale]):
        raise ReplicaError(f"{name}: {problem}")
    return changed
