"""Every test runs with the settings of a job: one core for each numerical library, rank promotion refused.

``write_toy`` makes a small project with two papers; ``built`` is one that snakemake has built, to copy and edit.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from replica import machine

ROOT = Path(__file__).resolve().parents[1]
machine.pin(ROOT / ".cache")
os.environ["JAX_PLATFORMS"] = "cpu"

HOUSE = ["Snakefile", "params.yaml", "environment.yml", "profiles", "workflow"]

YAML = """\
title: A toy
authors: [Nobody]
venue: none
year: 2026
precision: float64
parameters:
  seeds: {unit: "1", about: seeds, source: chosen here, smoke: [0], laptop: [0, 1, 2, 3, 4], paper: [0]}
  length: {unit: "1", about: a length, source: chosen here, min: 1, smoke: 3, laptop: 4, paper: 5}
  rate: {unit: "1/s", about: a rate, source: chosen here, smoke: 1e-3, laptop: 1e-3, paper: 1.0e-3}
"""

STAGES = '''\
"""Stages of a toy."""
import numpy as np
import xarray as xr
from replica.numerics import {module}, seeding
from replica.paper import stage

_FACTOR = 2.0

def _scaled(values):
    return {module}.transform(values) * _FACTOR

@stage(split="seeds", block=2)
def draws(seeds, length):
    """Random numbers."""
    values = np.stack([seeding.generator("{slug}", s).standard_normal(length) for s in seeds])
    return xr.Dataset(
        {{"value": (("seeds", "x"), values, {{"units": "1", "long_name": "value"}})}},
        coords={{"seeds": seeds, "x": ("x", np.arange(length), {{"units": "1", "long_name": "place"}})}},
    )

@stage
def line(rate):
    """A line."""
    return xr.Dataset({{"line": ((), rate * 1.0, {{"units": "1/s", "long_name": "line"}})}})

@stage
def summary(draws, rate):
    """Their means."""
    mean = draws.value.mean("x")
    return xr.Dataset({{
        "average": ("seeds", _scaled(mean.values), {{"units": "1", "long_name": "mean"}}),
        "shifted": ("seeds", mean.values + 100, {{"units": "1", "long_name": "shifted mean"}}),
    }}, coords={{"seeds": draws.seeds}})
'''

CLAIMS = '''\
"""Claims of a toy."""
from replica.paper import claim
from replica.verdict import below, judge

@claim("C1", core=True, source="abstract")
def mean_is_small(summary):
    """The mean is small."""
    return judge(below(10), measured=summary.average, control=summary.shifted, control_is="shifted by 100",
                 expected=0.0, expected_source="symmetry")

@claim("C2", source="text")
def line_is_low(line, summary):
    """The line is low."""
    return judge(below(1), measured=line.line, control=summary.shifted, control_is="the shifted mean",
                 expected=1e-3, expected_source="the parameter")
'''

FIGURES = '''\
"""Figures of a toy."""
from replica.style import panels, points

def _label(axis, word):
    axis.set(xlabel=word)

def means(summary):
    """The means."""
    figure, (axis,) = panels()
    points(axis, summary.seeds, summary.average)
    _label(axis, "seed")
    return figure

def lines(line):
    """The line."""
    figure, (axis,) = panels()
    axis.axhline(float(line.line))
    return figure
'''


class Project:
    """A folder with the house and some papers, and the commands in it."""

    def __init__(self, path: Path):
        self.path = path
        self.papers = path / "src/replica/papers"
        self.numerics = path / "src/replica/numerics"

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        variables = os.environ | {"PYTHONPATH": str(self.path / "src")} | environment
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.path, env=variables, capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def snakemake(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return self.run("snakemake", *arguments, **options)

    def replica(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return self.run("replica", *arguments, **options)

    def plan(self, *arguments: str) -> set[str]:
        """What snakemake would make, each as "paper name": of a stage, a shard, claims or a figure."""
        done = self.snakemake("--dry-run", *arguments)
        text = done.stdout + done.stderr
        jobs = re.findall(r"^Job \d+: (\w+): (?:computing|drawing|judging the) (?:shard (\w+) of )?(\w+) ", text, re.M)
        return {" ".join(filter(None, (paper, name, shard))) for paper, shard, name in jobs}

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.path / path
        text = file.read_text()
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new))

    def copy(self, path: Path) -> "Project":
        shutil.copytree(self.path, path, symlinks=True)
        return Project(path)


def write_toy(path: Path) -> Project:
    path.mkdir(parents=True, exist_ok=True)
    for name in HOUSE:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, path / name)
    project = Project(path)
    project.numerics.mkdir(parents=True)
    for source in (ROOT / "src/replica").glob("*.py"):
        shutil.copy2(source, path / "src/replica" / source.name)
    shutil.copy2(ROOT / "src/replica/numerics/seeding.py", project.numerics)
    (project.numerics / "__init__.py").touch()
    (project.numerics / "shared.py").write_text(
        '"""Shared."""\n\n\ndef identity(x):\n    """x itself."""\n    return x\n'
    )
    for module in ("first", "second"):
        (project.numerics / f"{module}.py").write_text(
            '"""A method."""\n\nfrom replica.numerics.shared import identity\n\n\n'
            'def transform(x):\n    """Nothing yet."""\n    return identity(x)  # as it is\n'
        )
    (project.numerics / "unused.py").write_text('"""Read by nobody."""\n')
    for slug, module in (("toy_a", "first"), ("toy_b", "second")):
        folder = project.papers / slug
        folder.mkdir(parents=True)
        (folder / "paper.yaml").write_text(YAML)
        (folder / "stages.py").write_text(STAGES.format(slug=slug, module=module))
        (folder / "claims.py").write_text(CLAIMS)
        (folder / "figures.py").write_text(FIGURES)
    (project.papers / "__init__.py").touch()
    return project


@pytest.fixture
def toy(tmp_path: Path) -> Project:
    """A project with two papers, nothing built."""
    return write_toy(tmp_path / "a project")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = write_toy(tmp_path_factory.mktemp("built") / "a project")
    project.snakemake("--cores", "2")
    return project


@pytest.fixture
def built(built_once: Project, tmp_path: Path) -> Project:
    """A copy of a built project, to be edited."""
    return built_once.copy(tmp_path / "a project")
