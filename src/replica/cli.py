"""``replica ...``: what a user asks of the results, and what the rules run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from replica import catalog, job, machine, table, timing
from replica.error import ReplicaError
from replica.fingerprint import Fingerprints

app = typer.Typer(
    name="replica",
    help="Re-runs papers and judges their claims. Everything is built with snakemake; this looks at what was built.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Scale = Annotated[str, typer.Option(help=f"one of {', '.join(catalog.SCALES)}")]
Papers = Annotated[list[str] | None, typer.Argument(help="papers; all where none is named", show_default=False)]
Fingerprint = Annotated[
    str | None, typer.Option(help="the fingerprint that the caller expects; refused where the sources say another")
]


def _scale(scale: str) -> str:
    if scale not in catalog.SCALES:
        raise ReplicaError(f"there is no scale {scale!r} (scales: {', '.join(catalog.SCALES)})")
    return scale


def _paper(slug: str) -> tuple[catalog.Paper, Fingerprints]:
    papers = catalog.load([slug])
    return papers[slug], Fingerprints(papers)


def _today(found: str, expected: str | None, what: str) -> str:
    if expected is not None and found != expected:
        raise ReplicaError(f"the sources of {what} were edited while this run was under way; run snakemake again")
    return found


def _pin(*, gpu: bool = False) -> None:
    if not gpu:
        os.environ["JAX_PLATFORMS"] = "cpu"
    if dropped := machine.pin(catalog.ROOT / ".cache"):
        print(f"replica: not used, since they would change numbers: {', '.join(dropped)}")


@app.command("list")
def list_papers(papers: Papers = None, scale: Scale = "laptop") -> None:
    """Papers with their stages, claims and figures, and which of these are stale and why."""
    loaded = catalog.load(papers)
    table.print_list(loaded, Fingerprints(loaded), _scale(scale))


@app.command()
def claims(
    papers: Papers = None,
    scale: Scale = "laptop",
    against: Annotated[str | None, typer.Option(help="show the verdicts of this scale beside")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print what claims.json holds")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="one line a claim")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="print only what is vacuous, and end with an error then")
    ] = False,
) -> None:
    """The verdict on every claim, with its number."""
    found = {slug: table.read_claims(_scale(scale), slug) for slug in catalog.load(papers)}
    reports = {slug: report for slug, report in found.items() if report}
    if as_json:
        print(json.dumps(reports, indent=1, ensure_ascii=False))
        return
    vacuous = [
        f"{slug} {claim['id']} {name}: the control ({claim['control']['what']}) passes too"
        for slug, report in reports.items()
        for name, claim in report["claims"].items()
        if claim["verdict"] == "vacuous"
    ]
    if check:
        if vacuous:
            raise ReplicaError("vacuous claims, whose criterion cannot tell: " + "; ".join(vacuous))
        return
    if missing := [slug for slug, report in found.items() if not report]:
        job.complain(f"no verdicts at scale {scale} of {', '.join(missing)}; snakemake claims --cores all makes them")
    other = {slug: table.read_claims(_scale(against), slug) for slug in reports} if against else None
    table.print_claims(reports, brief=brief, against=other, scales=(scale, against))


@app.command()
def trace(file: Path) -> None:
    """What a lone file was made from: paper, parameters, versions, and whether today's sources would make it again."""
    table.print_trace(file)


@app.command()
def stage(
    paper: str,
    name: str,
    shards: Annotated[
        list[Path] | None, typer.Argument(help="finished shards, to be joined (used by the workflow)")
    ] = None,
    scale: Scale = "laptop",
    out: Annotated[Path | None, typer.Option(help="the file to write: NAME.zarr.zip")] = None,
    set_values: Annotated[
        list[str] | None, typer.Option("--set", help='another value of a parameter: "gain=[1.7]"')
    ] = None,
    shard: Annotated[str | None, typer.Option(help="only this part of a split stage: 2of4")] = None,
    fingerprint: Fingerprint = None,
) -> None:
    """Run a stage, with other parameters if you like, and what it reads where that changes; results/ stays as it is."""
    found, fingerprints = _paper(paper)
    function = found.function("stages", name)
    _scale(scale)
    if out is None:
        raise ReplicaError(f"say where the dataset goes: --out {name}.zarr.zip")
    if not out.name.endswith(".zarr.zip"):
        raise ReplicaError(f"--out {out}: expected a name that ends in .zarr.zip")
    if set_values:
        if fingerprint or shards:
            raise ReplicaError("--set is for exploring; it does not go with --fingerprint or shards")
        found = _with_values(found, scale, set_values)
        fingerprints = Fingerprints({paper: found})
    _pin(gpu=bool(function.marks.get("gpu")))
    from replica import store

    ours = _today(fingerprints.stage(paper, name, scale), fingerprint, f"{paper} {name}")
    inputs = job.Inputs(found, scale, fingerprints)
    if shards:
        parts = [store.load(path, paper, name, scale, ours) for path in shards]
        dataset = job.join([part.drop_attrs(deep=False) for part in parts], found, name)
    else:
        read = inputs if fingerprint else _exploring(found, scale, fingerprints, inputs)
        dataset = job.compute(found, name, scale, read, shard)
    store.write(dataset, out, job.attributes(found, name, scale, ours))
    print(f"{out}: {', '.join(f'{dim} {size}' for dim, size in dataset.sizes.items()) or 'numbers only'}")
    print(timing.report())


def _with_values(paper: catalog.Paper, scale: str, settings: list[str]) -> catalog.Paper:
    from dataclasses import replace

    from replica.metadata import read_yaml, with_value

    parameters = dict(paper.parameters)
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator or name not in parameters:
            raise ReplicaError(
                f"--set {setting!r}: expected NAME=VALUE with a parameter of {paper.slug} ({', '.join(parameters)})"
            )
        parameters[name] = with_value(parameters[name], scale, read_yaml(text), name)
    return replace(paper, parameters=parameters)


def _exploring(paper: catalog.Paper, scale: str, fingerprints: Fingerprints, inputs: job.Inputs) -> Any:
    """Datasets from results/ where these are the right ones, computed in memory otherwise."""
    known: dict[str, Any] = {}

    def read(stage: str) -> Any:
        if stage not in known:
            path = catalog.store_path(scale, paper.slug, stage)
            if job.recorded_fingerprint(path) == fingerprints.stage(paper.slug, stage, scale):
                known[stage] = inputs(stage)
            else:
                print(f"{paper.slug} {stage}: computed for this call; results/ holds it for other values or not at all")
                known[stage] = job.compute(paper, stage, scale, read)
        return known[stage]

    return read


@app.command()
def judge(
    paper: str,
    scale: Scale = "laptop",
    out: Annotated[Path, typer.Option(help="the file to write")] = Path("claims.json"),
    fingerprint: Fingerprint = None,
) -> None:
    """Judge the claims of a paper from its stores."""
    found, fingerprints = _paper(paper)
    _pin()
    ours = _today(fingerprints.claims(paper, _scale(scale)), fingerprint, f"{paper} claims")
    report = job.judge(found, scale, job.Inputs(found, scale, fingerprints), ours)
    job.write_text(job.as_json(report), out)
    table.print_claims({paper: report}, brief=False)


@app.command()
def draw(
    paper: str,
    figure: str,
    scale: Scale = "laptop",
    pdf: Annotated[Path | None, typer.Option(help="default: FIGURE.pdf")] = None,
    png: Annotated[Path | None, typer.Option(help="default: FIGURE.png")] = None,
    fingerprint: Fingerprint = None,
) -> None:
    """Draw a figure from the paper's stores."""
    found, fingerprints = _paper(paper)
    found.function("figures", figure)
    _pin()
    ours = _today(fingerprints.figure(paper, figure, _scale(scale)), fingerprint, f"{paper} {figure}")
    read = job.Inputs(found, scale, fingerprints)
    pdf, png = pdf or Path(f"{figure}.pdf"), png or Path(f"{figure}.png")
    job.draw(found, figure, scale, read, ours, pdf, png)
    print(f"{pdf}\n{png}")


@app.command()
def adopt(
    scale: Scale = "laptop",
    if_needed: Annotated[bool, typer.Option("--if-needed", help="only where Snakemake has no records yet")] = False,
) -> None:
    """Take the results of a fresh clone or a pull for what they are: snakemake then makes again only what is stale."""
    from replica.adopt import adopt as run

    if if_needed and Path(".snakemake/metadata").exists():
        return
    run(_scale(scale))


@app.command()
def unlock() -> None:
    """After a kill: let the next run go on. Refused while a run is under way."""
    from replica.adopt import unlock as run

    run()


@app.command()
def dvc(
    track: Annotated[str | None, typer.Option(help="another scale to version: paper")] = None,
    papers: Papers = None,
    check: Annotated[bool, typer.Option("--check", help="only say whether dvc.yaml is current")] = False,
) -> None:
    """Write dvc.yaml from the papers: what is versioned, one stage a paper."""
    from replica.versioning import write

    write(track, papers or [], check)


@app.command()
def new(slug: str) -> None:
    """Start a paper: four files that pass every check and run as they stand."""
    from replica.scaffold import create

    create(slug)


def main() -> None:
    try:
        app()
    except ReplicaError as error:
        job.complain(str(error))
        sys.exit(1)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
