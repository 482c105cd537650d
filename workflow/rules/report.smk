# What a user asks for by name, and what is said at the end.


# Reads the verdicts every time it is asked for, and ends with an error where a negative control passes.
rule claims:
    input:
        plan.all_claims(),
    log:
        f"logs/{plan.scale}/claims.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
        gpu=0,
    params:
        papers=list(plan.papers),
        scale=plan.scale,
    message:
        "Reading the verdicts ({params.scale})."
    shell:
        "python -m replica claims {params.papers} --scale {params.scale} --check > {log} 2>&1"


for slug in plan.papers:

    rule:
        name:
            slug
        input:
            plan.products(slug),


onsuccess:
    plan.report()
