"""dvc.yaml, written from the papers.

One stage a paper, with literal paths: DVC cannot interpolate lists, and ``${scale}`` in a path would make it delete the
other scales.  Its command is snakemake; ``dvc commit`` after a run of snakemake records what is there and runs nothing.
"""

from pathlib import Path
from typing import Any

import yaml

from replica import catalog
from replica.catalog import Paper
from replica.error import ReplicaError
from replica.fingerprint import Fingerprints
from replica.job import write_text

FILE = Path("dvc.yaml")
HEAD = "# Written by `replica dvc` from the papers' files; a test holds it current. Do not edit by hand.\n"


class _Dumper(yaml.SafeDumper):
    """Writes a value that stands several times out each time."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def stage_of(paper: Paper, fingerprints: Fingerprints, scale: str) -> dict[str, Any]:
    """What DVC is told of a paper at one scale."""
    functions = [f for kind in catalog.FILES for f in getattr(paper, kind).values()]
    modules = fingerprints.closure(
        ["replica.style", "replica.verdict", *(name for f in functions for name in f.imports)]
    )
    source = Path("src")
    files = [catalog.PAPERS / paper.slug / name for name in catalog.FILES.values()]
    for module in modules:
        path = source.joinpath(*module.split("."))
        files.append(path / "__init__.py" if (catalog.ROOT / path).is_dir() else path.with_suffix(".py"))
    figures = [catalog.figure_paths(scale, paper.slug, name) for name in paper.figures]
    kept = {"persist": True}  # Snakemake decides what is made again; DVC must not delete it first
    in_git = {"cache": False, "persist": True}
    stores = [catalog.store_path(scale, paper.slug, name) for name in paper.stages]
    return {
        "desc": paper.about["title"],
        # A temporary copy that DVC makes for an experiment has results, and no records of Snakemake.
        "cmd": f"replica adopt --if-needed --scale {scale}"
        f" && snakemake {paper.slug} --cores all --config scale={scale}",
        "params": [{str(catalog.PAPERS / paper.slug / "paper.yaml"): ["parameters", "precision"]}],
        "deps": sorted(map(str, files)),
        "outs": [{str(path): kept} for path in sorted([*stores, *(pdf for pdf, _ in figures)])],
        "metrics": [{str(catalog.claims_path(scale, paper.slug)): in_git}] if paper.claims else [],
        "plots": [{str(png): in_git} for _, png in sorted(figures)],
    }


def text_of(scales: dict[str, list[str]]) -> str:
    """dvc.yaml for the laptop scale of all papers, and for further scales of some: {"paper": [slugs]}."""
    papers = catalog.load()
    fingerprints = Fingerprints(papers)
    stages = {slug: stage_of(paper, fingerprints, "laptop") for slug, paper in papers.items()}
    for scale, slugs in scales.items():
        for slug in slugs:
            if slug not in papers:
                raise ReplicaError(f"there is no paper {slug!r} (papers: {', '.join(papers)})")
            stages[f"{slug}@{scale}"] = stage_of(papers[slug], fingerprints, scale)
    for stage in stages.values():
        for key in [key for key, value in stage.items() if value == []]:
            del stage[key]
    return HEAD + yaml.dump({"stages": stages}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _tracked() -> dict[str, list[str]]:
    """Further scales that dvc.yaml holds already."""
    try:
        stages = yaml.safe_load((catalog.ROOT / FILE).read_text(encoding="utf-8"))["stages"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
    found: dict[str, list[str]] = {}
    for name in stages:
        slug, separator, scale = name.partition("@")
        if separator and slug in catalog.slugs():
            found.setdefault(scale, []).append(slug)
    return found


def write(track: str | None, slugs: list[str], check: bool) -> None:
    """Write dvc.yaml, or say whether it is current.  Raises ReplicaError."""
    scales = _tracked()
    if track is not None:
        if track != "paper":
            raise ReplicaError(f"--track {track}: laptop is always versioned, smoke never; expected paper")
        if not slugs:
            raise ReplicaError("name the papers whose paper scale is to be versioned: replica dvc SLUG --track paper")
        scales["paper"] = sorted({*scales.get("paper", []), *slugs})
    text = text_of(scales)
    path = catalog.ROOT / FILE
    if check:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            raise ReplicaError("dvc.yaml is not what the papers say; run: replica dvc")
        return
    write_text(text, path)
    print(f"{FILE}: {text.count(chr(10) + '    cmd:')} stages; record the results with: dvc commit --force")
