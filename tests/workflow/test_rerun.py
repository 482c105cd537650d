"""What an edit makes again: exactly what depends on it."""

import os
import subprocess
from pathlib import Path

import pytest

SUMMARY_A = {"toy_a summary", "toy_a claims", "toy_a means"}
SUMMARY_B = {"toy_b summary", "toy_b claims", "toy_b means"}
PAPER = "src/replica/papers/toy_a/"
NUMERICS = "src/replica/numerics/"

EDITS = {
    "one numerics module": (NUMERICS + "first.py", "return identity(x)", "return identity(x) + 0.0", SUMMARY_A),
    "a module that modules import": (NUMERICS + "shared.py", "return x\n", "return 1 * x\n", SUMMARY_A | SUMMARY_B),
    "a module that nothing imports": (NUMERICS + "unused.py", "nobody.", 'nobody."""\nX = 1\n"""', set()),
    "a docstring of a module": (NUMERICS + "first.py", "Nothing yet.", "Something else.", set()),
    "a comment": (NUMERICS + "first.py", "# as it is", "# unchanged", set()),
    "formatting": (NUMERICS + "first.py", "identity(x)", "identity( x )", set()),
    "a stage": (PAPER + "stages.py", "rate * 1.0", "rate * 1.5", {"toy_a line", "toy_a claims", "toy_a lines"}),
    "a stage's docstring": (PAPER + "stages.py", "A line.", "A straight line.", set()),
    "a constant of one stage": (PAPER + "stages.py", "_FACTOR = 2.0", "_FACTOR = 3.0", SUMMARY_A),
    "one claim": (PAPER + "claims.py", "below(10)", "below(11)", {"toy_a claims"}),
    "a claim's statement": (PAPER + "claims.py", "The mean is small.", "The mean is low.", {"toy_a claims"}),
    "one figure": (PAPER + "figures.py", "axis.axhline(", "axis.axvline(", {"toy_a lines"}),
    "a caption": (PAPER + "figures.py", "The means.", "All means.", set()),
    "a helper of one figure": (PAPER + "figures.py", "xlabel=word", "ylabel=word", {"toy_a means"}),
    "the style": (
        "src/replica/style.py",
        "DPI = 110",
        "DPI = 100",
        {f"toy_{p} {f}" for p in "ab" for f in ("means", "lines")},
    ),
    "the criteria": (
        "src/replica/verdict.py",
        "FRAGILE_BELOW = 2.0",
        "FRAGILE_BELOW = 3.0",
        {"toy_a claims", "toy_b claims"},
    ),
    "a parameter": (PAPER + "paper.yaml", "laptop: 4", "laptop: 6", SUMMARY_A | {"toy_a draws"}),
    "a parameter of another scale": (PAPER + "paper.yaml", "paper: 5", "paper: 6", set()),
    "what a parameter is about": (PAPER + "paper.yaml", "about: a length", "about: the length", set()),
    "the form of a number": (PAPER + "paper.yaml", "laptop: 1e-3", "laptop: 0.001", set()),
    "a rule's text": ("workflow/rules/stage.smk", "python -m replica stage", "python  -m replica stage", set()),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_reruns_what_depends_on_it_and_its_reverse_nothing(built, what):
    path, old, new, expected = EDITS[what]
    built.edit(path, old, new)
    assert built.plan() == expected
    if what in {"one numerics module", "a parameter"}:  # once for code, once for data
        built.edit(path, new, old)
        assert built.plan() == set()


def test_dates_and_a_checkout_rerun_nothing(built):
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(built.path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A", "src"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    built.edit(NUMERICS + "first.py", "identity(x)", "identity(x) + 1")
    subprocess.run([*git, "stash", "-q"], check=True)
    for number, file in enumerate(sorted(built.path.glob("[rf]*/laptop/*/*"), reverse=True)):
        os.utime(file, (1.6e9 + number, 1.6e9 + number))
    assert built.plan() == set()


def test_files_dated_in_the_future_are_used_and_kept(built):
    stores = sorted(built.path.glob("results/laptop/*/*.zip"))
    before = [store.read_bytes() for store in stores]
    for store in stores:
        os.utime(store, (4e9, 4e9))
    figure = built.path / "figures/laptop/toy_a/means.png"
    drawn = figure.read_bytes()
    figure.unlink()
    built.snakemake("figures", "--cores", "2")
    assert figure.read_bytes() == drawn
    assert [store.read_bytes() for store in stores] == before


@pytest.mark.parametrize("shards", [2, 3, 64])
def test_shards_change_no_bit_and_rerun_nothing(built, shards):
    store = built.path / "results/laptop/toy_a/draws.zarr.zip"
    before = store.read_bytes()
    assert built.plan("--config", f"shards={shards}") == set()
    store.unlink()
    built.snakemake("results/laptop/toy_a/draws.zarr.zip", "--cores", "2", "--config", f"shards={shards}")
    assert store.read_bytes() == before
    assert built.plan() == set()
    assert not list((built.path / "results/.shards").rglob("*.zip"))


def test_a_changed_stage_reruns_with_shards_too(built):
    built.edit(PAPER + "paper.yaml", "laptop: 4", "laptop: 6")
    plan = built.plan("--config", "shards=3")
    shards = {f"toy_a draws {k}of3" for k in (1, 2, 3)}
    assert plan == SUMMARY_A | {"toy_a draws"} | shards


def test_scales_lie_side_by_side(built):
    laptop = {p: p.read_bytes() for p in built.path.glob("*/laptop/*/*")}
    built.snakemake("toy_a", "--cores", "2", "--config", "scale=smoke")
    assert (built.path / "results/smoke/toy_a/claims.json").exists()
    assert {p: p.read_bytes() for p in built.path.glob("*/laptop/*/*")} == laptop
    assert built.plan() == set()
    report = built.replica("claims", "toy_a", "--scale", "smoke", "--against", "laptop").stdout
    assert "not judged" in report and "holds" in report


def test_two_rebuilds_give_the_same_bytes(built, tmp_path: Path):
    other = built.copy(tmp_path / "elsewhere")
    for folder in (".snakemake", "results", "figures", ".cache"):
        subprocess.run(["rm", "-rf", str(other.path / folder)], check=True)
    other.snakemake("--cores", "2")
    files = sorted(p.relative_to(built.path) for p in built.path.glob("[rf]*/laptop/*/*"))
    assert len(files) == 2 * (3 + 1 + 4)
    assert [f for f in files if (built.path / f).read_bytes() != (other.path / f).read_bytes()] == []
