# Replica: every stage, claim and figure of every paper.
#
#   snakemake --cores all                          everything at laptop scale
#   snakemake --cores all --config scale=smoke     everything, small: too small to judge
#   snakemake clark2023_dimension --cores all      one paper
#   snakemake figures --cores all                  the figures, and what they read
#   snakemake claims --cores all                   the verdicts; ends with an error where one is vacuous
#   snakemake figures/laptop/clark2023_dimension/dimension_against_gain.pdf --cores all
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")


configfile: Path(workflow.basedir) / "params.yaml"


# The code that runs is the code beside this file, in a copied checkout and in a temporary copy of DVC too.
sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from replica.plan import make_plan

plan = make_plan(config)
plan.meet(workflow)


wildcard_constraints:
    **plan.wildcards,


rule all:
    default_target: True
    input:
        plan.all_products(),


rule figures:
    input:
        plan.all_figures(),


include: "workflow/rules/stage.smk"
include: "workflow/rules/judge.smk"
include: "workflow/rules/draw.smk"
include: "workflow/rules/report.smk"
