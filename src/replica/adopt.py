"""Putting a project right that Snakemake has no records of (a fresh clone, a pull), or that a kill left locked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from replica import catalog, job
from replica.error import ReplicaError
from replica.fingerprint import Fingerprints
from replica.plan import ADOPTING
from replica.table import states


def _snakemake(*arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReplicaError(f"{' '.join(command[2:])} ended with an error:\n{done.stdout}{done.stderr}")


def adopt(scale: str) -> None:
    """Give Snakemake records of the files there are, with the fingerprints that these carry.

    Nothing is computed and nothing is recorded for a file that is absent or damaged, so that the next run makes the
    missing, the stale, the damaged and what reads them, and nothing else.
    """
    from replica import store

    papers = catalog.load()
    fingerprints = Fingerprints(papers)
    targets: list[Path] = []
    damaged: list[str] = []
    counts = {"current": 0, "stale": 0, "missing": 0}
    notes: list[str] = []
    for slug, paper in papers.items():
        for kind, functions in states(paper, fingerprints, scale).items():
            for name, state in functions.items():
                if kind == "figures":
                    paths = catalog.figure_paths(scale, slug, name)
                else:
                    paths = (
                        catalog.store_path(scale, slug, name) if kind == "stages" else catalog.claims_path(scale, slug),
                    )
                if kind == "stages" and not state.startswith("missing"):
                    try:
                        store.verify(paths[0])
                    except ReplicaError as error:
                        damaged.append(str(error))
                        continue
                word = state.split(":")[0].split(" ")[0]
                if word == "damaged":
                    damaged.append(f"{' or '.join(map(str, paths))} carries no fingerprint that can be read")
                    continue
                counts[word] += 1
                if word == "missing":
                    notes.append(f"missing  {paths[0]}")
                    continue
                if word == "stale":
                    notes.append(f"stale    {paths[0]} ({state.removeprefix('stale: ')})")
                targets += paths
    if targets:
        _snakemake(
            *map(str, targets), "--touch", "--forceall", "--cores", "1", "--quiet", "all", "--nolock", **{ADOPTING: "1"}
        )
    for note in notes:
        print(note)
    for message in damaged:
        job.complain(message)
    print(
        f"adopted at {scale} scale: {counts['current']} current, {counts['stale']} stale, "
        f"{counts['missing']} missing, {len(damaged)} damaged"
    )
    if damaged:
        raise ReplicaError("remove the damaged files, or fetch them again, and adopt once more")


def _running() -> list[str]:
    """Processes of Snakemake or of a job of it that work in this folder."""
    import psutil

    here = os.getcwd()
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        ours = any(Path(word).name == "snakemake" for word in words[:3]) or words[1:3] == ["-m", "replica"]
        if ours and process.info["cwd"] == here and process.info["pid"] != os.getpid() and "unlock" not in words:
            found.append(f"{process.info['pid']} ({' '.join(words[1:6])})")
    return found


def unlock() -> None:
    """Remove the lock and the leftovers of a run that was killed.  Raises ReplicaError while one is under way."""
    if running := _running():
        raise ReplicaError(
            f"a run or a job of one is under way: {'; '.join(running)}; wait for it, or stop it with kill PID"
        )
    _snakemake("--unlock")
    for folder in ("results", "figures"):
        for leftover in Path(folder).rglob(".replica-*"):
            shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)
    print("unlocked: the next snakemake run goes on where the last one ended")
