# A stage computes a dataset; where it is split and shards are asked for, its shards are computed side by side first.


rule stage:
    input:
        reads=plan.stage_reads,
        shards=plan.shards,
    output:
        "results/{scale}/{paper}/{stage}.zarr.zip",
    log:
        "logs/{scale}/{paper}/{stage}.log",
    benchmark:
        "logs/{scale}/{paper}/{stage}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=plan.mem_mb,
        runtime=plan.runtime,
        gpu=plan.gpu,
    params:
        fingerprint=plan.stage_fingerprint,
    message:
        "{wildcards.paper}: computing {wildcards.stage} ({wildcards.scale})."
    shell:
        "python -m replica stage {wildcards.paper} {wildcards.stage} --scale {wildcards.scale}"
        " --fingerprint {params.fingerprint} --out {output} {input.shards} > {log} 2>&1"
        " || sh workflow/last_word.sh $? {log} {resources.mem_mb}"


rule shard:
    input:
        # The joined store compares the content of what was read; a shard is only made where the store needs it.
        reads=ancient(plan.stage_reads),
    output:
        temp("results/.shards/{scale}/{paper}/{stage}/{shard}.zarr.zip"),
    log:
        "logs/{scale}/{paper}/{stage}-{shard}.log",
    benchmark:
        "logs/{scale}/{paper}/{stage}-{shard}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=plan.mem_mb,
        runtime=plan.runtime,
        gpu=plan.gpu,
    params:
        fingerprint=plan.stage_fingerprint,
    message:
        "{wildcards.paper}: computing shard {wildcards.shard} of {wildcards.stage} ({wildcards.scale})."
    shell:
        "python -m replica stage {wildcards.paper} {wildcards.stage} --scale {wildcards.scale}"
        " --fingerprint {params.fingerprint} --shard {wildcards.shard} --out {output} > {log} 2>&1"
        " || sh workflow/last_word.sh $? {log} {resources.mem_mb}"
