#!/usr/bin/env bash
# One share of a long ds2 command for each pod of an indexed Kubernetes job (see job.yaml):
#   kubernetes.sh decode runs/a test.jsonl -o hyp.jsonl
# JOB_COMPLETION_INDEX counts from 0 and is Kubernetes' own; SHARES is job.yaml's `completions` again.
set -euo pipefail

exec ${DS2:-ds2} "$@" --shard "$((${JOB_COMPLETION_INDEX:?not an indexed job} + 1))/${SHARES:?how many completions}"
