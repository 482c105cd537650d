#!/bin/sh
# last_word.sh STATUS LOG MEM_MB: what a job's log says at the end where the job was killed and could not say it.
# Ends with the status it was given.
if [ "$1" -eq 137 ]; then
    echo "replica: the job was killed, most likely because memory ran out: it asked for $3 MB. Ask for more under" \
        "resources in paper.yaml (or --set-resources RULE:mem_mb=...), or run fewer jobs at once (--cores 1)." >>"$2"
fi
exit "$1"
