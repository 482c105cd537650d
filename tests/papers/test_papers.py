"""Every paper: it runs at smoke scale in one process, and its committed results are those of today's sources."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from replica import catalog, job
from replica.fingerprint import Fingerprints

PAPERS = catalog.load()
FINGERPRINTS = Fingerprints(PAPERS)


@pytest.mark.parametrize("slug", PAPERS)
def test_it_runs_at_smoke_scale(slug, tmp_path):
    paper, datasets = PAPERS[slug], {}
    for stage in paper.stages:
        datasets[stage] = job.compute(paper, stage, "smoke", datasets.__getitem__)
        assert datasets[stage].nbytes < 5e7
    report = job.judge(paper, "smoke", datasets.__getitem__, "f" * 32)
    assert {claim["verdict"] for claim in report["claims"].values()} <= {"not judged"}
    json.loads(job.as_json(report))
    for figure in paper.figures:
        pdf, png = tmp_path / f"{figure}.pdf", tmp_path / f"{figure}.png"
        job.draw(paper, figure, "smoke", datasets.__getitem__, "f" * 32, pdf, png)
        assert job.recorded_fingerprint(pdf) == job.recorded_fingerprint(png) == "f" * 32


@pytest.mark.parametrize("slug", PAPERS)
def test_its_committed_verdicts_are_of_todays_sources(slug):
    path = catalog.ROOT / catalog.claims_path("laptop", slug)
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["fingerprint"] == FINGERPRINTS.claims(slug, "laptop"), f"run: snakemake {slug} --cores all"
    assert set(report["claims"]) == set(PAPERS[slug].claims)
    assert "vacuous" not in {claim["verdict"] for claim in report["claims"].values()}


@pytest.mark.parametrize("slug", PAPERS)
def test_its_committed_figures_are_of_todays_sources(slug):
    for figure in PAPERS[slug].figures:
        _, png = catalog.figure_paths("laptop", slug, figure)
        found = job.recorded_fingerprint(catalog.ROOT / png)
        assert found == FINGERPRINTS.figure(slug, figure, "laptop"), f"run: snakemake {png} --cores all"
        assert (catalog.ROOT / png).stat().st_size < 100_000


def test_nothing_else_lies_in_the_results_in_git():
    listed = subprocess.run(["git", "ls-files", "results", "figures"], cwd=catalog.ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    expected = {str(catalog.claims_path("laptop", slug)) for slug in PAPERS}
    expected |= {str(catalog.figure_paths("laptop", s, f)[1]) for s, paper in PAPERS.items() for f in paper.figures}
    assert set(listed.stdout.split()) == expected


@pytest.mark.parametrize("slug", PAPERS)
def test_paper_yaml_names_no_place_of_this_machine(slug):
    for path in (catalog.ROOT / catalog.PAPERS / slug).iterdir():
        if path.is_file():
            assert not re.search(r"/(home|root|work|tmp|Users)/", path.read_text(encoding="utf-8")), path


def test_precision_does_not_leak_from_one_paper_into_the_next():
    import jax
    import jax.numpy as jnp

    for paper in PAPERS.values():
        with job.precision_of(paper):
            assert jnp.ones(2).dtype == paper.about["precision"]
        assert jnp.ones(2).dtype == "float32"
    assert jax.config.jax_default_matmul_precision == "highest"
    assert Path(jax.config.jax_compilation_cache_dir).is_relative_to(catalog.ROOT / ".cache")
