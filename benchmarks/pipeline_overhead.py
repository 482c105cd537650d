"""What the pipeline itself costs: over the jobs of the last run, the time that was not spent on computation.

    ./run snakemake --cores all --forceall
    ./run python benchmarks/pipeline_overhead.py [SCALE]

Reads what every job says in its log and what Snakemake measured of it.  Wall times of jobs that ran side by side are
summed.
"""

import csv
import re
import sys
from pathlib import Path

TOOK = re.compile(r"took [\d.]+ s: ([\d.]+) s computing, ([\d.]+) s compiling, ([\d.]+) s start and files")


def main(scale: str = "laptop") -> None:
    print("| | jobs | wall, s | computing | compiling | start, imports, files | overhead | CPU, s |")
    print("|---|---|---|---|---|---|---|---|")
    for folder in sorted(Path("logs", scale).iterdir()):
        rows = {"stages": [0.0] * 6, "judging and drawing": [0.0] * 6}
        for measured in folder.glob("*.tsv"):
            with measured.open() as file:
                job = next(csv.DictReader(file, delimiter="\t"))
            wall = float(job["s"])
            took = TOOK.search(measured.with_suffix(".log").read_text(encoding="utf-8"))
            computing, compiling = (float(took[1]), float(took[2])) if took else (0.0, 0.0)
            row = rows["stages" if took else "judging and drawing"]
            for i, value in enumerate((1, wall, computing, compiling, wall - computing - compiling)):
                row[i] += value
            row[5] += float(job["cpu_time"])
        for kind, (jobs, wall, computing, compiling, rest, cpu) in rows.items():
            share = f"{(wall - computing) / wall:.0%}" if wall and kind == "stages" else ""
            numbers = f"{wall:.1f} | {computing:.1f} | {compiling:.1f} | {rest:.1f} | {share} | {cpu:.1f}"
            print(f"| {folder.name}, {kind} | {jobs:.0f} | {numbers} |")


main(*sys.argv[1:])
