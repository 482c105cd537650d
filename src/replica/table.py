"""Tables for a terminal: papers, verdicts, where a file comes from."""

import json
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from replica import catalog
from replica.catalog import Paper
from replica.error import ReplicaError
from replica.fingerprint import Fingerprints
from replica.job import recorded_fingerprint

COLOURS = {"holds": "green", "fails": "red", "vacuous": "magenta", "not judged": "yellow"}
SHOWN_AT_MOST = 4  # numbers of a list in a table; claims.json has all


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    return console


def read_claims(scale: str, slug: str) -> dict[str, Any] | None:
    """The report of a paper, None where there is none.  Raises ReplicaError where it cannot be read."""
    path = catalog.claims_path(scale, slug)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ReplicaError(f"{path} is damaged ({error}); remove it and run: snakemake claims --cores all") from None


def shown(value: Any) -> str:
    """A value in few characters: three digits, the first numbers of a list, the parts of a conjunction by name."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    items = [shown(item) for item in value]
    return "[" + ", ".join(items[:SHOWN_AT_MOST] + (["…"] if len(items) > SHOWN_AT_MOST else [])) + "]"


def print_claims(
    reports: dict[str, dict[str, Any]],
    *,
    brief: bool = False,
    against: dict[str, dict[str, Any] | None] | None = None,
    scales: tuple[str | None, str | None] = (None, None),
) -> None:
    """The verdict table of some papers."""
    console = _console()
    for slug, report in reports.items():
        counts: dict[str, int] = {}
        for claim in report["claims"].values():
            counts[claim["verdict"]] = counts.get(claim["verdict"], 0) + 1
        title = f"{slug}, {report['scale']} scale: {', '.join(f'{n} {verdict}' for verdict, n in counts.items())}"
        grid = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
        other = (against or {}).get(slug)
        grid.add_column("claim", no_wrap=True)
        grid.add_column("verdict", no_wrap=True)
        if other is not None:
            grid.add_column(f"at {scales[1]}", no_wrap=True)
        grid.add_column("statement", ratio=3)
        grid.add_column("value", ratio=2)
        if other is not None:
            grid.add_column(f"value at {scales[1]}", ratio=2)
        grid.add_column("expected", ratio=2)
        if not brief:
            grid.add_column("criterion", ratio=3)
        grid.add_column("control", ratio=2)
        grid.add_column("margin", justify="right")
        for name, claim in report["claims"].items():
            margin = "" if claim["margin"] is None else f"{claim['margin']:.1f}{' fragile' if claim['fragile'] else ''}"
            verdict = claim["verdict"] + (f" ({claim['reason']})" if claim["reason"] and not brief else "")
            row = [f"{claim['id']}{'*' if claim['core'] else ''}", Text(verdict, COLOURS[claim["verdict"]])]
            beside = other["claims"].get(name) if other else None
            if other is not None:
                row.append(Text(beside["verdict"], COLOURS[beside["verdict"]]) if beside else "")
            row += [claim["statement"], shown(claim["value"])]
            if other is not None:
                row.append(shown(beside["value"]) if beside else "")
            row.append(shown(claim["expected"]))
            if not brief:
                row.append(claim["criterion"])
            grid.add_row(*row, shown(claim["control"]["value"]), margin)
        console.print(grid)
    if reports:
        console.print("* core claim; margin: distance to the nearest bound in units of the spread, fragile below 2")


def _state(paths: tuple[Path, ...], today: str) -> str:
    if absent := [path for path in paths if not path.exists()]:
        return f"missing ({absent[0]})"
    recorded = {recorded_fingerprint(path) for path in paths}
    if recorded == {today}:
        return "current"
    return "damaged" if None in recorded else "stale"


def states(paper: Paper, fingerprints: Fingerprints, scale: str) -> dict[str, dict[str, str]]:
    """Per kind and name: current, missing, stale with the reason, damaged."""
    slug = paper.slug
    result: dict[str, dict[str, str]] = {"stages": {}, "claims": {}, "figures": {}}

    def because(state: str, path: Path, function: Any) -> str:
        if state != "stale":
            return state
        upstream = [s for s in paper.stages_read(function) if result["stages"].get(s) != "current"]
        if upstream:
            return f"stale: it reads {', '.join(upstream)}"
        if path.name.endswith(".zarr.zip"):
            from replica.store import attributes_of

            then, now = attributes_of(path)["parameters"], paper.values(function, scale)
            if changed := [name for name in now if then.get(name) != now[name]]:
                return f"stale: changed parameters {', '.join(changed)}"
        return "stale: changed code"

    for name, function in paper.stages.items():
        path = catalog.store_path(scale, slug, name)
        result["stages"][name] = because(_state((path,), fingerprints.stage(slug, name, scale)), path, function)
    if paper.claims:
        path = catalog.claims_path(scale, slug)
        state = _state((path,), fingerprints.claims(slug, scale))
        every = dict.fromkeys(s for f in paper.claims.values() for s in paper.stages_read(f))
        if state == "stale" and (old := [s for s in every if result["stages"][s] != "current"]):
            state = f"stale: they read {', '.join(old)}"
        result["claims"]["claims.json"] = state
    for name, function in paper.figures.items():
        paths = catalog.figure_paths(scale, slug, name)
        result["figures"][name] = because(_state(paths, fingerprints.figure(slug, name, scale)), paths[0], function)
    return result


def print_list(papers: dict[str, Paper], fingerprints: Fingerprints, scale: str) -> None:
    console = _console()
    for slug, paper in papers.items():
        state = states(paper, fingerprints, scale)
        console.print(f"[bold]{slug}[/bold]  {paper.about['title']} ({paper.about['year']})")
        for kind in ("stages", "figures"):
            console.print(f"  {kind}")
            for name, word in state[kind].items():
                function = getattr(paper, kind)[name]
                reads = f"  reads {', '.join(function.reads)}" if function.reads else ""
                console.print(f"    {name:32} [{'green' if word == 'current' else 'yellow'}]{word}[/]{reads}")
        console.print(f"  claims{'':28} " + (state["claims"].get("claims.json") or "none"))
        for name, function in paper.claims.items():
            console.print(f"    {function.marks['id']:6} {name}")


def print_trace(file: Path) -> None:
    """Say what a lone file was made from."""
    if not file.exists():
        raise ReplicaError(f"{file} does not exist")
    recorded = recorded_fingerprint(file)
    if recorded is None:
        raise ReplicaError(f"{file} carries no fingerprint of Replica, or is damaged")
    console = _console()
    console.print(f"{file}\nfingerprint {recorded}")
    if file.name.endswith(".zarr.zip"):
        from replica.store import attributes_of

        console.print(json.dumps(attributes_of(file), indent=1))
    papers = catalog.load()
    fingerprints = Fingerprints(papers)
    for slug, paper in papers.items():
        for scale in catalog.SCALES:
            today = {f"stage {n}": fingerprints.stage(slug, n, scale) for n in paper.stages}
            today["claims"] = fingerprints.claims(slug, scale)
            today |= {f"figure {n}": fingerprints.figure(slug, n, scale) for n in paper.figures}
            for what, value in today.items():
                if value == recorded:
                    console.print(f"today's sources make it: {slug} {what} at {scale} scale")
                    return
    console.print("today's sources do not make it: another version of the code or other parameters did")
