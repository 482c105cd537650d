# Judging gives every claim of a paper its verdict; it writes its file whatever the verdicts are.


rule judge:
    input:
        plan.claims_read,
    output:
        "results/{scale}/{paper}/claims.json",
    log:
        "logs/{scale}/{paper}/claims.log",
    benchmark:
        "logs/{scale}/{paper}/claims.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=5,
        gpu=0,
    params:
        fingerprint=plan.claims_fingerprint,
    message:
        "{wildcards.paper}: judging the claims ({wildcards.scale})."
    shell:
        "python -m replica judge {wildcards.paper} --scale {wildcards.scale}"
        " --fingerprint {params.fingerprint} --out {output} > {log} 2>&1"
        " || sh workflow/last_word.sh $? {log} {resources.mem_mb}"
