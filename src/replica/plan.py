"""What the Snakefile asks: the papers and scale of this run, and for each rule its inputs, fingerprint and resources.

Every function that a rule uses takes ``wildcards`` only; with more in its signature Snakemake would not use its answer
to decide what is stale.
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from replica import catalog, machine
from replica.error import ReplicaError
from replica.fingerprint import Fingerprints

KEYS = {"scale", "papers", "shards"}
DEFAULT_MEM_MB = 1500  # an interpreter with JAX and xarray, and some hundred MB of data
DEFAULT_RUNTIME = 15  # minutes
ADOPTING = "REPLICA_ADOPTING"
KINDS = ("results", "figures")


class Plan:
    """The run that a configuration asks for.  Raises ReplicaError where it asks for what does not exist."""

    def __init__(self, config: dict[str, Any], root: Path = catalog.ROOT):
        if unknown := sorted(set(config) - KEYS):
            raise ReplicaError(f"--config {unknown[0]}=...: there is no such key (keys: {', '.join(sorted(KEYS))})")
        self.scale = config.get("scale", "laptop")
        if self.scale not in catalog.SCALES:
            raise ReplicaError(
                f"--config scale={self.scale}: there is no such scale (scales: {', '.join(catalog.SCALES)})"
            )
        shards = config.get("shards", 1)
        if not isinstance(shards, int) or isinstance(shards, bool) or shards < 1:
            raise ReplicaError(f"--config shards={shards}: expected a whole number from 1")
        self.shards_wanted = shards
        wanted = config.get("papers") or []
        wanted = wanted.split(",") if isinstance(wanted, str) else list(wanted)
        os.environ["PYTHONPATH"] = str(root / "src")  # jobs run the code that planned them
        cache = catalog.cache_of(root)
        self.papers = catalog.load([str(slug) for slug in wanted], root, cache)
        self.fingerprints = Fingerprints(self.papers, root, cache)
        # Adopting means to give Snakemake records of what the files at hand were made from, not of today's sources.
        self.adopting = ADOPTING in os.environ
        self.judged: list[tuple[str, str]] = []  # claims that are part of this run
        self.drawn: list[tuple[str, str, str]] = []
        self.cluster = False
        self.memory: int | None = None  # MB that local jobs share; None on a cluster, whose scheduler knows
        self.oversized: set[str] = set()
        self._mend_dates()

    def meet(self, workflow: Any) -> None:
        """Take in where the jobs run: here, or on a cluster (jobs of a cluster are planned a second time there)."""
        if workflow.global_resources["_nodes"].value is not None or not workflow.is_main_process:
            self.cluster = True
            if " " in sys.executable:
                raise ReplicaError(
                    f"{sys.executable}: Snakemake starts the jobs of a cluster by this path without quoting it, and it "
                    "holds a space; move the project to a path without"
                )
            return
        # Local jobs share the memory of this machine; without a limit Snakemake runs as many as there are cores.
        self.memory = machine.memory_mb()
        if "mem_mb" not in workflow.global_resources:
            workflow.register_resource("mem_mb", self.memory)

    def _mend_dates(self) -> None:
        """Date files that lie in the future (another machine's clock) to now: Snakemake throws away what is older."""
        now = time.time()
        for folder in (f"{kind}/{scale}/{slug}" for kind in KINDS for scale in catalog.SCALES for slug in self.papers):
            try:
                late = [entry.path for entry in os.scandir(folder) if entry.stat().st_mtime > now]
            except OSError:
                continue
            for path in late:
                with contextlib.suppress(OSError):
                    os.utime(path, (now, now))
                    print(f"replica: {path} was dated in the future; it is dated to now", file=sys.stderr)

    # --- names, for the constraints of wildcards

    def _one_of(self, names: set[str]) -> str:
        return "|".join(sorted(names)) or "(?!)"

    @property
    def wildcards(self) -> dict[str, str]:
        papers = self.papers.values()
        return {
            "scale": "|".join(catalog.SCALES),
            "paper": self._one_of(set(self.papers)),
            "stage": self._one_of({name for p in papers for name in p.stages}),
            "figure": self._one_of({name for p in papers for name in p.figures}),
            "shard": "[0-9]+of[0-9]+",
        }

    # --- targets

    def stores(self, slug: str) -> list[str]:
        return [str(catalog.store_path(self.scale, slug, name)) for name in self.papers[slug].stages]

    def figures(self, slug: str) -> list[str]:
        return [
            str(path) for name in self.papers[slug].figures for path in catalog.figure_paths(self.scale, slug, name)
        ]

    def claims(self, slug: str) -> list[str]:
        return [str(catalog.claims_path(self.scale, slug))] if self.papers[slug].claims else []

    def products(self, slug: str) -> list[str]:
        """Everything that is made of a paper."""
        return [*self.stores(slug), *self.claims(slug), *self.figures(slug)]

    def all_products(self) -> list[str]:
        return [path for slug in self.papers for path in self.products(slug)]

    def all_figures(self) -> list[str]:
        return [path for slug in self.papers for path in self.figures(slug)]

    def all_claims(self) -> list[str]:
        return [path for slug in self.papers for path in self.claims(slug)]

    # --- stages

    def _known(self, wildcards: Any, kind: str, name: str) -> Any:
        paper = self.papers[wildcards.paper]
        return paper, paper.function(kind, name)

    def _paths(self, paper: Any, function: Any, scale: str) -> list[str]:
        return [str(catalog.store_path(scale, paper.slug, name)) for name in paper.stages_read(function)]

    def stage_reads(self, wildcards: Any) -> list[str]:
        paper, function = self._known(wildcards, "stages", wildcards.stage)
        return self._paths(paper, function, wildcards.scale)

    def shards(self, wildcards: Any) -> list[str]:
        """Files of the shards of a stage: none where it is not split, or where one job computes it."""
        paper, _ = self._known(wildcards, "stages", wildcards.stage)
        count = min(self.shards_wanted, len(paper.blocks(wildcards.stage, wildcards.scale)))
        folder = Path("results/.shards", wildcards.scale, paper.slug, wildcards.stage)
        return [str(folder / f"{k}of{count}.zarr.zip") for k in range(1, count + 1)] if count > 1 else []

    def stage_fingerprint(self, wildcards: Any) -> str:
        self._known(wildcards, "stages", wildcards.stage)
        if self.adopting:
            return self._recorded(catalog.store_path(wildcards.scale, wildcards.paper, wildcards.stage))
        return self.fingerprints.stage(wildcards.paper, wildcards.stage, wildcards.scale)

    def _needs(self, wildcards: Any) -> dict[str, int]:
        paper = self.papers[wildcards.paper]
        return (paper.about["resources"].get(wildcards.stage) or {}).get(wildcards.scale) or {}

    def mem_mb(self, wildcards: Any) -> int:
        need = self._needs(wildcards).get("mem_mb", DEFAULT_MEM_MB)
        name = f"{wildcards.paper} {wildcards.stage}"
        if self.memory and need > self.memory and name not in self.oversized:
            self.oversized.add(name)
            print(f"replica: {name} asks for {need} MB, this machine has {self.memory} MB", file=sys.stderr)
        return need

    def runtime(self, wildcards: Any) -> int:
        return self._needs(wildcards).get("runtime", DEFAULT_RUNTIME)

    def gpu(self, wildcards: Any) -> int:
        """A cluster is asked for a GPU at paper scale only; the smaller scales run on any of its nodes."""
        _, function = self._known(wildcards, "stages", wildcards.stage)
        return int(bool(function.marks.get("gpu")) and (wildcards.scale == "paper" or not self.cluster))

    # --- claims and figures

    def claims_read(self, wildcards: Any) -> list[str]:
        paper = self.papers[wildcards.paper]
        self.judged.append((wildcards.scale, paper.slug))
        names = dict.fromkeys(name for claim in paper.claims.values() for name in paper.stages_read(claim))
        return [str(catalog.store_path(wildcards.scale, paper.slug, name)) for name in names]

    def claims_fingerprint(self, wildcards: Any) -> str:
        if self.adopting:
            return self._recorded(catalog.claims_path(wildcards.scale, wildcards.paper))
        return self.fingerprints.claims(wildcards.paper, wildcards.scale)

    def figure_reads(self, wildcards: Any) -> list[str]:
        paper, function = self._known(wildcards, "figures", wildcards.figure)
        self.drawn.append((wildcards.scale, paper.slug, wildcards.figure))
        return self._paths(paper, function, wildcards.scale)

    def figure_fingerprint(self, wildcards: Any) -> str:
        self._known(wildcards, "figures", wildcards.figure)
        if self.adopting:
            return self._recorded(*catalog.figure_paths(wildcards.scale, wildcards.paper, wildcards.figure))
        return self.fingerprints.figure(wildcards.paper, wildcards.figure, wildcards.scale)

    def _recorded(self, *paths: Path) -> str:
        from replica.job import recorded_fingerprint

        found = {recorded_fingerprint(path) or "unknown" for path in paths}
        return found.pop() if len(found) == 1 else "unknown"

    # --- before and after a run

    def notice(self, records: Path = Path(".snakemake/metadata")) -> None:
        """Print a line in a fresh clone, whose results Snakemake has no records of."""
        if self.adopting or records.exists() or not any(Path(path).exists() for path in self.all_products()):
            return
        print(
            "replica: there are results here that Snakemake has no records of (a fresh clone?); "
            "'replica adopt' compares them with today's sources, so that only what is stale is made again",
            file=sys.stderr,
        )

    def report(self) -> None:
        """Print the verdicts of the papers that were part of this run, and where their figures are."""
        sys.stdout.flush()
        by_scale: dict[str, list[str]] = {}
        for scale, slug in dict.fromkeys(self.judged):
            by_scale.setdefault(scale, []).append(slug)
        for scale, papers in by_scale.items():
            command = [sys.executable, "-m", "replica", "claims", *papers, "--scale", scale, "--brief"]
            subprocess.run(command, check=False)
        for scale, slug, figure in dict.fromkeys(self.drawn):
            print(catalog.figure_paths(scale, slug, figure)[1])


def make_plan(config: dict[str, Any]) -> Plan:
    """The plan of a configuration, or one paragraph about what is wrong and the end of the program."""
    try:
        plan = Plan(config)
    except ReplicaError as error:
        print(f"replica: {error}", file=sys.stderr)
        sys.exit(1)
    plan.notice()
    return plan
