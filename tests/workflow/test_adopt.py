"""A fresh clone, a partial pull, a kill: what one command puts right."""

import os
import shutil
import signal
import subprocess
import sys
import time
from random import Random

import pytest

from replica import store


@pytest.fixture
def clone(built):
    """The built project as a clone sees it: no records of Snakemake, dates in any order."""
    shutil.rmtree(built.path / ".snakemake")
    files = sorted(built.path.glob("[rf]*/laptop/*/*"))
    Random(1).shuffle(files)
    for number, file in enumerate(files):
        os.utime(file, (1.7e9 + number, 1.7e9 + number))
    return built


def test_without_adopting_dates_decide_and_a_line_says_so(clone):
    done = clone.snakemake("--dry-run")
    assert "replica adopt" in done.stderr
    assert clone.plan() != set()


def test_an_adopted_clone_is_idle(clone):
    said = clone.replica("adopt").stdout
    assert "12 current, 0 stale, 0 missing, 0 damaged" in said
    assert clone.plan() == set()
    assert "12 current" in clone.replica("adopt").stdout


def test_one_stale_store_is_found_with_all_that_reads_it(clone):
    clone.edit("src/replica/papers/toy_a/stages.py", "rate * 1.0", "rate * 1.5")
    said = clone.replica("adopt").stdout
    assert "line.zarr.zip (changed code)" in said and "9 current, 3 stale" in said
    assert clone.plan() == {"toy_a line", "toy_a claims", "toy_a lines"}
    clone.edit("src/replica/papers/toy_a/stages.py", "rate * 1.5", "rate * 1.0")
    assert clone.plan() == set()


def test_a_changed_parameter_is_named(clone):
    clone.edit("src/replica/papers/toy_a/paper.yaml", "laptop: 4", "laptop: 6")
    assert "draws.zarr.zip (changed parameters length)" in clone.replica("adopt").stdout
    assert clone.plan() == {"toy_a draws", "toy_a summary", "toy_a claims", "toy_a means"}


def test_what_is_missing_is_made_and_what_is_pulled_later_is_judged_by_itself(clone):
    path = clone.path / "results/laptop/toy_a/summary.zarr.zip"
    kept = path.read_bytes()
    path.unlink()
    assert "11 current, 0 stale, 1 missing" in clone.replica("adopt").stdout
    assert "toy_a summary" in clone.plan()
    path.write_bytes(kept)
    assert "12 current" in clone.replica("adopt").stdout
    assert clone.plan() == set()


def test_a_pulled_store_of_an_older_version_is_not_taken_for_todays(clone):
    path = clone.path / "results/laptop/toy_a/line.zarr.zip"
    with store.open_file(path) as dataset:
        data = dataset.load()
    old = store.attributes_of(path) | {"fingerprint": "0" * 32}
    path.unlink()
    clone.replica("adopt")
    store.write(data, path, old)
    assert "toy_a line" in clone.plan()
    clone.replica("adopt")
    assert clone.plan() == {"toy_a line", "toy_a claims", "toy_a lines"}


def test_a_damaged_store_is_named(clone):
    path = clone.path / "results/laptop/toy_a/draws.zarr.zip"
    content = bytearray(path.read_bytes())
    content[content.index(b"\x28\xb5\x2f\xfd") + 8] ^= 1  # behind the start of a compressed chunk
    path.write_bytes(content)
    done = clone.replica("adopt", check=False)
    assert done.returncode == 1
    assert "draws.zarr.zip is damaged" in done.stderr and "11 current, 0 stale, 0 missing, 1 damaged" in done.stdout
    assert "Traceback" not in done.stderr


def test_adopting_nothing_records_nothing(toy):
    assert "0 current, 0 stale, 12 missing" in toy.replica("adopt").stdout
    assert len(toy.plan()) == 12


def _start(project, *arguments):
    variables = os.environ | {"PYTHONPATH": str(project.path / "src")}
    command = [sys.executable, "-m", "snakemake", *arguments]
    return subprocess.Popen(
        command, cwd=project.path, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_after_a_kill_one_command_lets_the_next_run_go_on(toy):
    slow = 'import time\n    print("asleep", flush=True)\n    time.sleep(60)\n    return xr.Dataset({"line"'
    toy.edit("src/replica/papers/toy_a/stages.py", 'return xr.Dataset({"line"', slow)
    run = _start(toy, "results/laptop/toy_a/line.zarr.zip", "--cores", "1")
    log = toy.path / "logs/laptop/toy_a/line.log"
    deadline = time.monotonic() + 60
    while not (log.exists() and "asleep" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.2)
    refused = toy.replica("unlock", check=False)
    assert refused.returncode == 1 and str(run.pid) in refused.stderr
    run.send_signal(signal.SIGKILL)
    run.wait()
    toy.edit("src/replica/papers/toy_a/stages.py", "time.sleep(60)", "time.sleep(0)")
    locked = toy.snakemake("results/laptop/toy_a/line.zarr.zip", "--cores", "1", check=False)
    assert locked.returncode != 0  # the fault bites
    orphans = toy.replica("unlock", check=False)
    assert orphans.returncode == 1 and "replica stage toy_a line" in orphans.stderr
    subprocess.run(["pkill", "-f", "replica stage toy_a line"], check=True)
    time.sleep(1)
    toy.replica("unlock")
    toy.snakemake("results/laptop/toy_a/line.zarr.zip", "--cores", "1")
    assert toy.plan("results/laptop/toy_a/line.zarr.zip") == set()
