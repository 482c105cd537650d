# A figure is drawn from stores, as PDF and PNG.


rule draw:
    input:
        plan.figure_reads,
    output:
        pdf="figures/{scale}/{paper}/{figure}.pdf",
        png="figures/{scale}/{paper}/{figure}.png",
    log:
        "logs/{scale}/{paper}/figure-{figure}.log",
    benchmark:
        "logs/{scale}/{paper}/figure-{figure}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=5,
        gpu=0,
    params:
        fingerprint=plan.figure_fingerprint,
    message:
        "{wildcards.paper}: drawing {wildcards.figure} ({wildcards.scale})."
    shell:
        "python -m replica draw {wildcards.paper} {wildcards.figure} --scale {wildcards.scale}"
        " --fingerprint {params.fingerprint} --pdf {output.pdf} --png {output.png} > {log} 2>&1"
        " || sh workflow/last_word.sh $? {log} {resources.mem_mb}"
