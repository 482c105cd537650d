"""What a user types: targets, configurations, exploring, verdicts; and what is said when it cannot be."""

import json
import re
from pathlib import Path

import pytest

from replica import timing

ROOT = Path(__file__).resolve().parents[2]

REFUSED = [
    (("--config", "scale=huge"), "there is no such scale (scales: smoke, laptop, paper)"),
    (("--config", "scales=smoke"), "there is no such key (keys: papers, scale, shards)"),
    (("--config", "papers=toy_x"), "there is no paper 'toy_x' in src/replica/papers (papers: toy_a, toy_b)"),
    (("--config", "papers=[toy_a,toy_x]"), "there is no paper 'toy_x'"),
    (("--config", "shards=0"), "shards=0: expected a whole number from 1"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_an_unknown_key_or_value_is_refused(toy, arguments, message):
    done = toy.snakemake("--dry-run", *arguments, check=False)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert message in said and "Traceback" not in said and 'File "' not in said


def test_a_fault_in_a_paper_stops_before_any_job(toy):
    toy.edit("src/replica/papers/toy_a/figures.py", "def lines(line)", "def lines(spectra)")
    done = toy.snakemake("--cores", "1", check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (
        "toy_a/figures.py" in done.stderr and "reads 'spectra', which is neither a stage nor a parameter" in done.stderr
    )
    assert not (toy.path / "results").exists()


TARGETS = [
    (("toy_a",), {"toy_a draws", "toy_a line", "toy_a summary", "toy_a claims", "toy_a means", "toy_a lines"}),
    (
        ("figures", "--config", "papers=toy_b"),
        {"toy_b draws", "toy_b line", "toy_b summary", "toy_b means", "toy_b lines"},
    ),
    (("claims", "--config", "papers=[toy_b]"), {"toy_b draws", "toy_b line", "toy_b summary", "toy_b claims"}),
    (("figures/laptop/toy_a/lines.pdf",), {"toy_a line", "toy_a lines"}),
    (("results/paper/toy_a/line.zarr.zip",), {"toy_a line"}),
]


@pytest.mark.parametrize(("arguments", "jobs"), TARGETS, ids=[" ".join(a) for a, _ in TARGETS])
def test_targets(toy, arguments, jobs):
    assert toy.plan(*arguments) == jobs


@pytest.mark.parametrize(
    "target", ["results/laptop/toy_a/spectrum.zarr.zip", "toy_c", "figures/laptop/toy_a/nothing.pdf"]
)
def test_an_unknown_target_has_no_rule(toy, target):
    done = toy.snakemake(target, "--dry-run", check=False)
    assert done.returncode == 1 and "MissingRuleException" in done.stdout and "Traceback" not in done.stdout


def test_after_a_build_verdicts_and_figures_are_printed(built):
    (built.path / "results/laptop/toy_a/claims.json").unlink()
    (built.path / "figures/laptop/toy_a/lines.png").unlink()
    said = built.snakemake("toy_a", "--cores", "1").stdout
    assert "toy_a, laptop scale: 2 holds" in said and "figures/laptop/toy_a/lines.png" in said


def test_every_rule_is_clean(built):
    assert "good condition" in built.snakemake("--lint").stderr


def test_list_says_what_is_stale_and_why(built):
    built.edit("src/replica/papers/toy_a/paper.yaml", "laptop: 4", "laptop: 6")
    said = built.replica("list", "toy_a").stdout
    assert "stale: changed parameters length" in said and "stale: it reads draws" in said
    assert "current" in said and "C1" in said and "mean_is_small" in said
    assert "stale" not in built.replica("list", "toy_b").stdout


def test_claims_as_table_and_as_json(built):
    said = built.replica("claims").stdout
    assert said.count("holds") >= 4 and "≤ 10" in said
    report = json.loads(built.replica("claims", "toy_a", "--json").stdout)["toy_a"]
    assert report["scale"] == "laptop" and set(report["claims"]) == {"mean_is_small", "line_is_low"}
    claim = report["claims"]["mean_is_small"]
    assert claim["id"] == "C1" and claim["core"] and claim["verdict"] == "holds" and claim["n"] == 5
    assert claim["control"]["what"] == "shifted by 100" and claim["control"]["value"] > 90


def test_a_vacuous_claim_ends_with_an_error_every_time_and_keeps_the_report(built):
    built.edit("src/replica/papers/toy_a/claims.py", "below(10)", "below(1000)")
    for _ in range(2):
        done = built.snakemake("claims", "--cores", "1", check=False)
        assert done.returncode == 1
        assert "vacuous" in done.stdout + done.stderr and "C1 mean_is_small" in done.stdout + done.stderr
        report = json.loads((built.path / "results/laptop/toy_a/claims.json").read_text())
        assert report["claims"]["mean_is_small"]["verdict"] == "vacuous"
    built.snakemake("--cores", "1")
    assert built.plan() == set()


def test_exploring_changes_only_what_the_value_reaches_and_leaves_results_alone(built, tmp_path):
    before = {p: p.read_bytes() for p in built.path.glob("results/laptop/*/*")}
    out = tmp_path / "my.zarr.zip"
    said = built.replica("stage", "toy_a", "summary", "--set", "length=7", "--out", str(out)).stdout
    assert "draws: computed for this call" in said
    assert built.replica("trace", str(out)).stdout.count('"length": 7') == 0  # summary does not name it
    said = built.replica("stage", "toy_a", "summary", "--set", "rate=0.5", "--out", str(out)).stdout
    assert "computed for this call" not in said
    assert {p: p.read_bytes() for p in built.path.glob("results/laptop/*/*")} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stage", "toy_x", "line"), "there is no paper 'toy_x'"),
        (("stage", "toy_a", "curve"), "toy_a has no stage 'curve' (stages: "),
        (("stage", "toy_a", "line"), "say where the dataset goes: --out line.zarr.zip"),
        (
            ("stage", "toy_a", "line", "--set", "rat=1", "--out", "x.zarr.zip"),
            "expected NAME=VALUE with a parameter of toy_a",
        ),
        (("stage", "toy_a", "line", "--set", "length=-1", "--out", "x.zarr.zip"), "got -1, expected at least 1"),
        (("stage", "toy_a", "draws", "--set", "seeds=[3, 3]", "--out", "x.zarr.zip"), "3 stands twice"),
        (("stage", "toy_a", "draws", "--set", "seeds=[-1]", "--out", "x.zarr.zip"), "a seed is a whole number from 0"),
        (("stage", "toy_a", "draws", "--shard", "4of3", "--out", "x.zarr.zip"), "expected 1of3 to 3of3"),
        (("stage", "toy_a", "line", "--scale", "big", "--out", "x.zarr.zip"), "there is no scale 'big'"),
        (
            ("stage", "toy_a", "line", "--fingerprint", "0", "--out", "x.zarr.zip"),
            "were edited while this run was under way",
        ),
        (("draw", "toy_a", "curve"), "toy_a has no figure 'curve' (figures: means, lines)"),
        (("judge", "toy_a"), "summary.zarr.zip does not exist; snakemake makes it"),
        (("trace", "nothing.zarr.zip"), "does not exist"),
        (("new", "Bad-Name"), "cannot be a paper's name"),
        (("new", "toy_a"), "exists already"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_said_in_one_paragraph(toy, arguments, message):
    done = toy.replica(*arguments, check=False)
    assert done.returncode == 1
    assert message in done.stderr and "Traceback" not in done.stderr


def test_a_variable_without_units_is_refused_with_its_place(toy):
    toy.edit("src/replica/papers/toy_a/stages.py", '{"units": "1/s", "long_name": "line"}', '{"long_name": "line"}')
    done = toy.snakemake("results/laptop/toy_a/line.zarr.zip", "--cores", "1", check=False)
    said = (toy.path / "logs/laptop/toy_a/line.log").read_text()
    assert done.returncode == 1 and "stages.py: the result of stage 'line': variable 'line' has no units" in said
    assert "Traceback" not in said


def test_a_new_paper_passes_every_check_and_runs(toy):
    toy.replica("new", "mine2026_circular")
    toy.snakemake("mine2026_circular", "--cores", "2", "--config", "scale=smoke")
    report = json.loads((toy.path / "results/smoke/mine2026_circular/claims.json").read_text())
    assert report["claims"]["radius_is_the_gain"]["verdict"] == "not judged"
    settings = str(ROOT / "pyproject.toml")
    for what in (["check"], ["format", "--check"]):
        toy.run("ruff", *what, "--config", settings, "src/replica/papers/mine2026_circular")
    toy.snakemake("results/laptop/mine2026_circular/claims.json", "--cores", "2")
    report = json.loads((toy.path / "results/laptop/mine2026_circular/claims.json").read_text())
    assert report["claims"]["radius_is_the_gain"]["verdict"] == "holds"


def test_local_jobs_share_the_memory_of_the_machine_and_a_larger_one_is_named(toy):
    toy.edit(
        "src/replica/papers/toy_a/paper.yaml",
        "parameters:\n",
        "resources: {line: {laptop: {mem_mb: 900000000, runtime: 1}}}\nparameters:\n",
    )
    said = toy.snakemake("results/laptop/toy_a/line.zarr.zip", "--cores", "2", "--dry-run")
    assert "toy_a line asks for 900000000 MB, this machine has" in said.stderr
    done = toy.snakemake("results/laptop/toy_a/line.zarr.zip", "--cores", "2")
    assert "Provided resources: mem_mb=" in done.stderr


def test_time_counts_once_where_intervals_overlap():
    assert timing.length([(5, 6), (0, 2), (1, 3), (1.5, 1.8)]) == 4
    assert timing.length([]) == 0


def test_the_log_of_a_stage_says_what_it_took(built):
    for stage in ("draws", "line", "summary"):
        log = built.path / f"logs/laptop/toy_a/{stage}.log"
        total, *parts = map(
            float, re.search(r"took ([\d.]+) s: ([\d.]+) s .*, ([\d.]+) s .*, ([\d.]+) s", log.read_text()).groups()
        )
        assert total == pytest.approx(sum(parts), abs=0.03) and min(parts) >= 0
