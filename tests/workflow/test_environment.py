"""The environment: one lock, which pyproject.toml, the conda route and any machine agree with."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {
    "requirements.lock": ["dev", "slurm"],
    "requirements-gpu.lock": ["dev", "slurm", "gpu"],
}


def versions(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", (ROOT / lock).read_text(), re.M):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_satisfies_the_project(lock):
    locked = versions(lock)
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(need for extra in LOCKS[lock] for need in extras[extra])]
    for requirement in map(Requirement, wanted):
        found = locked[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in found), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_is_hashed_and_names_no_host_or_path(lock):
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^]]*\])?==.*\\$\n    --hash=sha256:", text, re.M)
    assert len(pins) == sum(map(len, versions(lock).values()))
    assert not re.search(r"https?://|file:|/home|/root|index-url|find-links", text)


def test_the_environment_is_the_locked_one():
    """The versions that this test runs with are those of the lock."""
    from importlib.metadata import version

    locked = versions("requirements.lock")
    for name in ("snakemake", "dvc", "xarray", "zarr", "jax", "jaxlib", "numpy", "seaborn", "matplotlib", "pandas"):
        assert version(name) in locked[name]


def test_the_conda_route_leads_to_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    specs = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    for spec in specs:
        MatchSpec(spec)
    assert "python=3.11" in specs and "pip" in specs
    [pip] = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == ["--require-hashes", "-r requirements.lock"]
    assert PROJECT["requires-python"] == ">=3.11"


def test_dvc_yaml_is_what_the_papers_say():
    from replica.versioning import FILE, HEAD, text_of

    assert (ROOT / FILE).read_text() == text_of({}), "run: replica dvc"
    assert HEAD.startswith("#")


def test_every_command_of_the_readme_has_its_targets_before_its_options():
    """--config and --default-resources swallow a target that follows them."""
    for line in re.findall(r"^(?:\./run )?snakemake .*$", (ROOT / "README.md").read_text(), re.M):
        words = line.split("#")[0].split()
        words = words[words.index("snakemake") + 1 :]
        after_config = words[words.index("--config") + 1 :] if "--config" in words else []
        assert all("=" in word for word in after_config), line


def test_run_uses_the_environment_that_is_there(tmp_path):
    """./run sets nothing up again, and answers from the tree that it stands in."""
    done = subprocess.run(
        [ROOT / "run", "python", "-c", "import replica; print(replica.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    if (ROOT / ".venv/replica.stamp").exists():
        assert "setting up" not in done.stderr
    assert done.stdout.strip() == str(ROOT / "src/replica/__init__.py")
    assert Path(sys.prefix).name == ".venv" or "conda" in sys.prefix
