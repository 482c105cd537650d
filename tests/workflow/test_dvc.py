"""DVC versions what snakemake made, and brings it back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def versioned(built):
    """The built project under git and DVC, its results recorded and committed."""
    for name in (".gitignore", ".dvcignore"):
        shutil.copy2(ROOT / name, built.path / name)
    git(built, "init", "-q")
    built.run("dvc", "init", "-q")
    built.run("dvc", "config", "core.analytics", "false")
    built.replica("dvc")
    built.run("dvc", "commit", "--force")
    git(built, "add", "-A")
    git(built, "commit", "-qm", "results")
    return built


def git(project, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", *arguments]
    return subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=True).stdout


def test_results_are_recorded_and_come_back(versioned):
    assert "up to date" in versioned.run("dvc", "status").stdout
    assert git(versioned, "status", "--short") == ""
    tracked = set(git(versioned, "ls-files", "results", "figures").split())
    assert "results/laptop/toy_a/claims.json" in tracked and "figures/laptop/toy_a/means.png" in tracked
    assert not [name for name in tracked if name.endswith((".zip", ".pdf"))]
    store = versioned.path / "results/laptop/toy_a/line.zarr.zip"
    content = store.read_bytes()
    store.unlink()
    versioned.run("dvc", "checkout")
    assert store.read_bytes() == content
    versioned.replica("adopt")
    assert versioned.plan() == set()


def test_the_scale_of_a_paper_can_be_versioned_too(versioned):
    versioned.replica("dvc", "toy_a", "--track", "paper")
    stages = yaml.safe_load((versioned.path / "dvc.yaml").read_text())["stages"]
    assert set(stages) == {"toy_a", "toy_b", "toy_a@paper"}
    assert "results/paper/toy_a/claims.json" in stages["toy_a@paper"]["metrics"][0]
    versioned.replica("dvc", "--check")
    refused = versioned.replica("dvc", "toy_a", "--track", "smoke", check=False)
    assert refused.returncode == 1 and "smoke never" in refused.stderr


def test_an_experiment_changes_a_parameter_and_runs_the_code_of_its_copy(versioned):
    """In a temporary copy, with an edit that is not committed: the workspace's results stay as they were."""
    (versioned.path / "bin").mkdir()
    for name in ("snakemake", "replica"):
        script = versioned.path / "bin" / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="$PWD/src" exec "{sys.executable}" -m {name} "$@"\n')
        script.chmod(0o755)
    versioned.edit("src/replica/papers/toy_a/stages.py", "rate * 1.0", "rate * 2.0")
    before = {p: p.read_bytes() for p in versioned.path.glob("results/laptop/*/*")}
    parameter = "src/replica/papers/toy_a/paper.yaml:parameters.rate.laptop=0.25"
    path = f"{versioned.path / 'bin'}:{os.environ['PATH']}"
    versioned.run("dvc", "exp", "run", "--temp", "--name", "quarter", "-S", parameter, "toy_a", PATH=path)
    assert {p: p.read_bytes() for p in versioned.path.glob("results/laptop/*/*")} == before
    [experiment] = git(versioned, "for-each-ref", "--format=%(refname)", "refs/exps/**/quarter").split()
    report = git(versioned, "show", f"{experiment}:results/laptop/toy_a/claims.json")
    assert yaml.safe_load(report)["claims"]["line_is_low"]["value"] == 0.5
