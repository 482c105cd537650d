"""A first version of a paper: four files that pass every check and run as they stand."""

import re

from replica import catalog
from replica.error import ReplicaError

PAPER = """\
title: The circular law
authors: [Your Name]
venue: in preparation
year: 2026
precision: float64
deviations: []
parameters:
  seeds:
    {unit: "1", about: independent matrices, source: chosen here, smoke: [0, 1], laptop: [0, 1, 2, 3], paper: [0, 1, 2]}
  units:
    {unit: "1", about: size N, source: chosen here, min: 2, smoke: [20, 40], laptop: [100, 200, 400], paper: [400, 800]}
  gain:
    {unit: "1", about: √N times the deviation of an entry, source: chosen here, smoke: 1.5, laptop: 1.5, paper: 1.5}
"""

STAGES = '''\
"""Stages: every public function computes a dataset; its arguments name the parameters and stages that it reads."""

import numpy as np
import xarray as xr

from replica.numerics import seeding
from replica.paper import label, stage


def _radius(matrix: np.ndarray) -> float:
    return float(np.max(np.abs(np.linalg.eigvals(matrix))))


@stage(split="seeds", block=2)
def spectral_radius(seeds, units, gain):
    """Spectral radius of Gaussian matrices with entries of variance g²/N, and of variance g² for the control."""
    radius = np.empty((len(seeds), len(units)))
    unscaled = np.empty_like(radius)
    for i, seed in enumerate(seeds):
        for j, n in enumerate(units):
            entries = gain * seeding.generator("@SLUG@", "spectral_radius", seed, n).standard_normal((n, n))
            radius[i, j] = _radius(entries / np.sqrt(n))
            unscaled[i, j] = _radius(entries)
    return xr.Dataset(
        {
            "radius": (("seeds", "units"), radius, label("spectral radius")),
            "unscaled_radius": (("seeds", "units"), unscaled, label("radius, not scaled")),
        },
        coords={"seeds": seeds, "units": units},
    )
'''

CLAIMS = '''\
"""Claims: every public function applies one criterion to a measurement and to its negative control."""

from replica.paper import claim
from replica.verdict import Against, judge, within


@claim("C1", core=True, source="abstract")
def radius_is_the_gain(spectral_radius, gain):
    """The spectral radius of a large Gaussian random matrix is its gain."""
    return judge(
        within(rel=0.2),
        measured=Against(spectral_radius.radius.isel(units=-1), gain),
        control=Against(spectral_radius.unscaled_radius.isel(units=-1), gain),
        control_is="entries whose variance is not divided by N",
        expected=gain,
        expected_source="circular law",
    )
'''

FIGURES = '''\
"""Figures: every public function draws one; its docstring is the caption."""

from replica.style import panels, points


def radius_against_size(spectral_radius, gain):
    """Spectral radius against matrix size: circular law (line), matrices (points, standard deviation over seeds)."""
    figure, (axis,) = panels()
    radius = spectral_radius.radius
    axis.axhline(gain, color="black", label="circular law")
    points(axis, radius.units, radius.mean("seeds"), radius.std("seeds"), label="matrices")
    axis.set(xlabel="matrix size $N$", ylabel="spectral radius", ylim=(0, None), xscale="log")
    axis.legend(loc="lower right")
    return figure
'''


def create(slug: str) -> None:
    """Write the files of a paper.  Raises ReplicaError for a name that cannot be one, or that is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug):
        raise ReplicaError(f"{slug!r} cannot be a paper's name; expected author, year and a word: clark2023_dimension")
    if slug in {"all", "figures", "claims", "stage", "shard", "judge", "draw", "results", "logs", "tests"}:
        raise ReplicaError(f"{slug!r} is the name of something else in the workflow; expected author, year and a word")
    folder = catalog.ROOT / catalog.PAPERS / slug
    if folder.exists():
        raise ReplicaError(f"{catalog.PAPERS / slug} exists already")
    folder.mkdir(parents=True)
    for name, text in {"paper.yaml": PAPER, "stages.py": STAGES, "claims.py": CLAIMS, "figures.py": FIGURES}.items():
        (folder / name).write_text(text.replace("@SLUG@", slug), encoding="utf-8")
    print(
        f"{catalog.PAPERS / slug}: paper.yaml, stages.py, claims.py, figures.py\n"
        f"try it:       snakemake {slug} --cores all --config scale=smoke\n"
        f"judge it:     snakemake {slug} --cores all\n"
        f"version it:   replica dvc"
    )
