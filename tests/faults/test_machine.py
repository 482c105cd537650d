"""Whatever the shell, the home folder and the place say, a job computes the same bits."""

import os
import shutil
import subprocess
import sys

import pytest

STAGE = '''
@stage
def line(rate):
    """Numbers from every part of JAX and NumPy that a setting could change."""
    import jax
    import jax.numpy as jnp
    a = jax.random.normal(seeding.key("toy", 1), (300, 300))
    b = np.linalg.svd(seeding.generator("toy", 1).standard_normal((300, 300)))[1]
    values = jnp.concatenate([(a @ a).sum(0), jnp.exp(a[0]), a.sum(0), jnp.asarray(b)])
    return xr.Dataset({"line": ("x", np.asarray(values), {"units": "1/s", "long_name": "line"})})
'''
STORE = "results/laptop/toy_a/line.zarr.zip"
SETTINGS = [
    {"JAX_THREEFRY_PARTITIONABLE": "false"},
    {"JAX_ENABLE_X64": "0"},
    {"JAX_DEFAULT_MATMUL_PRECISION": "bfloat16"},
    {"JAX_DEFAULT_PRNG_IMPL": "rbg"},
    {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"},
    {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "NPROC": "2"},
    {"OPENBLAS_NUM_THREADS": "8", "OMP_NUM_THREADS": "8", "NPROC": "8"},
    {"JAX_COMPILATION_CACHE_DIR": "/proc/nowhere"},
]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "XLA_", "NPROC", "O"))}


def compute(project, **environment: str) -> bytes:
    (project.path / STORE).unlink(missing_ok=True)
    command = [sys.executable, "-m", "replica", "stage", "toy_a", "line", "--out", STORE]
    variables = PLAIN | {"PYTHONPATH": str(project.path / "src")} | environment
    subprocess.run(command, cwd=project.path, env=variables, check=True, capture_output=True)
    return (project.path / STORE).read_bytes()


@pytest.fixture
def numbers(toy):
    stages = (toy.papers / "toy_a/stages.py").read_text()
    start, end = stages.index("@stage\ndef line"), stages.index("@stage\ndef summary")
    (toy.papers / "toy_a/stages.py").write_text(stages[:start] + STAGE.lstrip() + "\n" + stages[end:])
    return toy


def test_no_setting_of_the_shell_changes_a_bit(numbers):
    expected = compute(numbers)
    for setting in SETTINGS:
        assert compute(numbers, **setting) == expected, setting


def test_losing_or_damaging_the_compilation_cache_changes_no_bit(numbers):
    expected = compute(numbers)
    entries = [p for p in (numbers.path / ".cache/jax").rglob("*") if p.is_file() and not p.name.startswith(".")]
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:50])
    assert compute(numbers) == expected
    shutil.rmtree(numbers.path / ".cache")
    assert compute(numbers) == expected


def test_matplotlibrc_in_the_folder_changes_no_figure(built):
    png, pdf = (built.path / f"figures/laptop/toy_a/means.{kind}" for kind in ("png", "pdf"))
    before = png.read_bytes(), pdf.read_bytes()
    (built.path / "matplotlibrc").write_text("text.usetex: True\nsavefig.dpi: 30\nfont.size: 20\naxes.facecolor: red\n")
    png.unlink()
    built.snakemake("figures", "--cores", "1")
    assert (png.read_bytes(), pdf.read_bytes()) == before


def test_a_moved_project_runs_its_own_code(built):
    deep = built.path.parent / ("a long name " * 12) / "copy"
    deep.parent.mkdir()
    copy = built.copy(deep)
    assert len(str(deep)) > 160
    copy.edit("src/replica/papers/toy_a/stages.py", "rate * 1.0", "rate * 1.5")
    copy.snakemake("results/laptop/toy_a/line.zarr.zip", "--cores", "1", PYTHONPATH=str(built.path / "src"))
    assert (copy.path / STORE).read_bytes() != (built.path / STORE).read_bytes()
    assert built.plan() == set()


def test_a_killed_job_says_that_memory_ran_out(toy):
    toy.edit(
        "src/replica/papers/toy_a/stages.py",
        '"""A line."""',
        '"""A line."""\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)',
    )
    done = toy.snakemake(STORE, "--cores", "1", check=False)
    assert done.returncode == 1
    assert "killed, most likely because memory ran out: it asked for 1500 MB" in done.stdout + done.stderr
    assert "resources in paper.yaml" in (toy.path / "logs/laptop/toy_a/line.log").read_text()
    assert not (toy.path / STORE).exists()


PRECISIONS = """
import sys
from replica import catalog, job, machine
from replica.error import ReplicaError
machine.pin(catalog.ROOT / ".cache")
import jax
from replica.fingerprint import Fingerprints
from replica.papers.toy_a import stages
from replica.store import write
papers = catalog.load()
for slug in sys.argv[1:]:
    dataset = job.compute(papers[slug], "line", "laptop", None)
    fingerprint = Fingerprints(papers).stage(slug, "line", "laptop")
    write(dataset, catalog.ROOT / f"{slug}.zarr.zip", job.attributes(papers[slug], "line", "laptop", fingerprint))
jax.config.update("jax_enable_x64", False)
try:
    stages.line(1.0)
except ReplicaError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("order", [("toy_a", "toy_b"), ("toy_b", "toy_a"), ("toy_a", "toy_b", "toy_a")])
def test_precision_stays_with_its_paper(numbers, order):
    shutil.copy2(numbers.papers / "toy_a/stages.py", numbers.papers / "toy_b/stages.py")
    numbers.edit("src/replica/papers/toy_b/paper.yaml", "precision: float64", "precision: float32")
    stores = [f"results/laptop/{slug}/line.zarr.zip" for slug in set(order)]
    numbers.snakemake(*stores, "--cores", "2")
    command = [sys.executable, "-c", PRECISIONS, *order]
    variables = PLAIN | {"PYTHONPATH": str(numbers.path / "src"), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=numbers.path, env=variables, capture_output=True, text=True, check=False)
    assert done.stderr.endswith(
        "toy_a computes in float64, but JAX is set to float32 here: call stage 'line' "
        "within `with jax.enable_x64(True):`\n"
    )
    for store in stores:
        slug = store.split("/")[2]
        assert (numbers.path / store).read_bytes() == (numbers.path / f"{slug}.zarr.zip").read_bytes(), slug


@pytest.mark.parametrize("home", ["/nonexistent", "/proc"])
def test_run_goes_on_without_a_home(home, tmp_path):
    """Snakemake keeps a cache below the home folder; where that cannot be written, ./run gives it another."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    variables = {k: v for k, v in os.environ.items() if k != "XDG_CACHE_HOME"} | {"HOME": home}
    done = subprocess.run(
        [os.path.join(root, "run"), "sh", "-c", 'mkdir -p "$HOME/.cache" && echo "$HOME"'],
        env=variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == os.path.join(root, ".cache/home")
